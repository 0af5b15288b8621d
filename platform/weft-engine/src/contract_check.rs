//! SQL planned against contracts, before any table exists.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use arrow::datatypes::SchemaRef;
use datafusion::catalog::MemoryCatalogProviderList;
use datafusion::common::tree_node::{TreeNode, TreeNodeRecursion};
use datafusion::datasource::empty::EmptyTable;
use datafusion::error::DataFusionError;
use datafusion::execution::SessionState;
use datafusion::logical_expr::LogicalPlan;
use futures::FutureExt;
use weft_model::{Code, ColumnLineage, PortRef};

use crate::engine::base_state;
use crate::namespace::{put, put_at};
use crate::{Limits, QueryError, Reach, column_lineage, reach, statement};

/// What a query would yield and reads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QueryShape {
    pub schema: SchemaRef,
    /// The ports that it names.
    pub reads: BTreeSet<PortRef>,
}

/// What is wrong with a query, and where in its text. Lines and columns count from 1.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SqlProblem {
    pub code: Code,
    pub message: String,
    pub line: u32,
    pub column: u32,
    /// Where it ends, if that is known: the first place that no longer belongs to it.
    pub end: Option<(u32, u32)>,
    pub help: Option<String>,
}

/// What a query within a contract would yield.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ContractQueryShape {
    pub schema: SchemaRef,
    /// The inputs that it names.
    pub reads: BTreeSet<PortRef>,
    /// Most rows that it can yield, as far as its form tells.
    pub rows_max: Option<usize>,
    /// Whether it makes one row of many, apart from what it asks in sub-queries.
    pub aggregates: bool,
    /// Whether it looks at rows beside each other.
    pub has_windows: bool,
}

/// The tables that a query may name.
struct Tables<'a> {
    own: &'a BTreeMap<String, SchemaRef>,
    inputs: &'a BTreeMap<PortRef, SchemaRef>,
}

struct Planned {
    /// As written.
    plan: LogicalPlan,
    /// With types settled.
    analysed: LogicalPlan,
    reads: BTreeSet<PortRef>,
}

/// Plans queries over contracts, one after another: settings and functions are made once for all of them.
#[derive(Debug)]
pub struct ContractPlanner {
    state: SessionState,
}

impl Default for ContractPlanner {
    fn default() -> Self {
        ContractPlanner::new()
    }
}

impl ContractPlanner {
    /// A planner with the functions that every session has, and without a table.
    pub fn new() -> Self {
        ContractPlanner { state: base_state() }
    }

    /// Plans `sql` over tables that have these schemas and no rows. Nothing is run, and nothing of it stays.
    ///
    /// # Errors
    ///
    /// The first problem that keeps the query from being planned, a table outside `inputs` among them.
    pub fn check(&mut self, sql: &str, inputs: &BTreeMap<PortRef, SchemaRef>) -> Result<QueryShape, SqlProblem> {
        let planned = self.plan(sql, &Tables { own: &BTreeMap::new(), inputs })?;
        Ok(QueryShape { schema: Arc::clone(planned.analysed.schema().inner()), reads: planned.reads })
    }

    /// The ports that a query names, each with those of its columns that its answer depends on. Takes longer
    /// than [`check`](Self::check).
    ///
    /// # Errors
    ///
    /// As [`check`](Self::check).
    pub fn columns_read(
        &mut self,
        sql: &str,
        inputs: &BTreeMap<PortRef, SchemaRef>,
    ) -> Result<BTreeMap<PortRef, BTreeSet<String>>, SqlProblem> {
        let planned = self.plan(sql, &Tables { own: &BTreeMap::new(), inputs })?;
        let optimised = self.state.optimize(&planned.analysed).map_err(|error| planning(&error, sql))?;
        let mut reads = planned.reads.into_iter().map(|port| (port, BTreeSet::new())).collect();
        columns_read(&optimised, &mut reads).map_err(|error| planning(&error, sql))?;
        Ok(reads)
    }

    /// What each column of the answer depends on, by the optimised plan. Takes longer than [`check`](Self::check).
    ///
    /// # Errors
    ///
    /// As [`check`](Self::check).
    pub fn lineage(&mut self, sql: &str, inputs: &BTreeMap<PortRef, SchemaRef>) -> Result<ColumnLineage, SqlProblem> {
        let planned = self.plan(sql, &Tables { own: &BTreeMap::new(), inputs })?;
        let optimised = self.state.optimize(&planned.analysed).map_err(|error| planning(&error, sql))?;
        column_lineage::column_lineage(&optimised).map_err(|error| planning(&error, sql))
    }

    /// As [`check`](Self::check), with tables of the contract's `own` beside the inputs. These are found by
    /// their names in whatever case.
    ///
    /// # Errors
    ///
    /// The first problem that keeps the query from being planned; [`Code::SQL_INPUT_UNDECLARED`] for a table
    /// that is neither.
    pub fn check_contract(
        &mut self,
        sql: &str,
        own: &BTreeMap<String, SchemaRef>,
        inputs: &BTreeMap<PortRef, SchemaRef>,
    ) -> Result<ContractQueryShape, SqlProblem> {
        let Planned { plan, analysed, reads } = self.plan(sql, &Tables { own, inputs })?;
        let (mut aggregates, mut has_windows) = (false, false);
        // What this closure does cannot fail.
        let _ = plan.apply(|node| {
            aggregates |= matches!(node, LogicalPlan::Aggregate(_));
            has_windows |= matches!(node, LogicalPlan::Window(_));
            Ok(TreeNodeRecursion::Continue)
        });
        let schema = Arc::clone(analysed.schema().inner());
        Ok(ContractQueryShape { schema, reads, rows_max: plan.max_rows(), aggregates, has_windows })
    }

    /// How far a change of `port` reaches in the answer, whose rows are told apart by the column `time`, if any.
    ///
    /// # Errors
    ///
    /// As [`check`](Self::check).
    pub fn reach(
        &mut self,
        sql: &str,
        inputs: &BTreeMap<PortRef, SchemaRef>,
        port: &PortRef,
        time: Option<&str>,
    ) -> Result<Reach, SqlProblem> {
        let planned = self.plan(sql, &Tables { own: &BTreeMap::new(), inputs })?;
        reach::reach(&planned.analysed, port, time).map_err(|error| planning(&error, sql))
    }

    fn plan(&mut self, sql: &str, tables: &Tables<'_>) -> Result<Planned, SqlProblem> {
        let limits = Limits::for_transforms();
        let query = statement::parse(sql, &limits).map_err(|error| problem(&error, sql))?;
        if query.parameters > 0 {
            return Err(at_start(Code::QUERY_PARAMETERS, "there are no parameters here".to_owned()));
        }
        let names = statement::tables_of(&self.state, &query).map_err(|error| problem(&error, sql))?;
        let catalogs = MemoryCatalogProviderList::new();
        let mut reads = BTreeSet::new();
        for name in names {
            let own = tables.own.iter().find(|(own, _)| own.eq_ignore_ascii_case(&name));
            if let Some((_, schema)) = own {
                let table = Arc::new(EmptyTable::new(Arc::clone(schema)));
                let options = &self.state.config_options().catalog;
                put_at(&catalogs, (&options.default_catalog, &options.default_schema, &name), table)
                    .map_err(|error| planning(&error, sql))?;
                continue;
            }
            let declared = name.parse::<PortRef>().ok().and_then(|port| Some((tables.inputs.get(&port)?, port)));
            let Some((schema, port)) = declared else {
                return Err(undeclared(sql, &name, tables));
            };
            let table = Arc::new(EmptyTable::new(Arc::clone(schema)));
            put(&catalogs, &port, table).map_err(|error| planning(&error, sql))?;
            reads.insert(port);
        }
        self.state.register_catalog_list(Arc::new(catalogs));
        // Tables in memory are there at once: nothing is waited for.
        let Some(plan) = self.state.statement_to_plan(query.statement).now_or_never() else {
            return Err(at_start(Code::INTERNAL, "planning over contracts waits for something".to_owned()));
        };
        let plan = plan.map_err(|error| planning(&error, sql))?;
        let plan = statement::settled(plan).map_err(|error| problem(&error, sql))?;
        // Types are settled by analysis, which also finds what planning alone lets pass; optimising changes neither.
        let analysed = self.state.analyzer().execute_and_check(plan.clone(), self.state.config_options(), |_, _| {});
        let analysed = analysed.map_err(|error| planning(&error, sql))?;
        Ok(Planned { plan, analysed, reads })
    }
}

/// Adds the columns that a plan takes from each of the tables. They are few only in an optimised plan.
fn columns_read(plan: &LogicalPlan, reads: &mut BTreeMap<PortRef, BTreeSet<String>>) -> Result<(), DataFusionError> {
    plan.apply_with_subqueries(|node| {
        if let LogicalPlan::TableScan(scan) = node
            && let Ok(port) = scan.table_name.to_string().parse::<PortRef>()
            && let Some(columns) = reads.get_mut(&port)
        {
            let filtered =
                scan.filters.iter().flat_map(|filter| filter.column_refs()).map(|column| column.name.clone());
            let yielded = scan.projected_schema.fields().iter().map(|field| field.name().clone());
            columns.extend(yielded.chain(filtered));
        }
        Ok(TreeNodeRecursion::Continue)
    })?;
    Ok(())
}

fn undeclared(sql: &str, name: &str, tables: &Tables<'_>) -> SqlProblem {
    let (line, column) = find(sql, name).unwrap_or((1, 1));
    let inputs: Vec<String> = tables.inputs.keys().map(PortRef::to_string).collect();
    let own: Vec<String> = tables.own.keys().cloned().collect();
    let known = if own.is_empty() { inputs } else { [own, inputs].concat() };
    let known = if known.is_empty() { "none".to_owned() } else { known.join(", ") };
    let (what, help) = if tables.own.is_empty() {
        ("which is no input port of the product", "declare an input port for it, or read one of those declared")
    } else {
        ("which is neither a table of the contract nor an input of the product", "read one of those that are")
    };
    SqlProblem {
        code: Code::SQL_INPUT_UNDECLARED,
        message: format!("the query reads `{name}`, {what}"),
        line,
        column,
        end: Some((line, column + u32::try_from(name.len()).unwrap_or(0))),
        help: Some(format!("{help}: {known}")),
    }
}

fn planning(error: &DataFusionError, sql: &str) -> SqlProblem {
    let mut found = problem(&QueryError::from_planning(error), sql);
    if let Some(diagnostic) = error.diagnostic() {
        if let Some(span) = diagnostic.span {
            let small = |n: u64| u32::try_from(n).unwrap_or(1);
            (found.line, found.column) = (small(span.start.line), small(span.start.column));
            found.end = Some((small(span.end.line), small(span.end.column)));
        }
        let help: Vec<&str> = diagnostic
            .notes
            .iter()
            .map(|note| note.message.as_str())
            .chain(diagnostic.helps.iter().map(|help| help.message.as_str()))
            .collect();
        found.message.clone_from(&diagnostic.message);
        found.help = if help.is_empty() { found.help } else { Some(help.join("; ")) };
    }
    found
}

fn problem(error: &QueryError, sql: &str) -> SqlProblem {
    match error {
        QueryError::Syntax { line, column, problem } => SqlProblem {
            code: error.code(),
            message: problem.clone(),
            line: u32::try_from(*line).unwrap_or(1),
            column: u32::try_from(*column).unwrap_or(1),
            end: None,
            help: None,
        },
        QueryError::UnknownColumn { problem } => {
            let quoted = problem.split(['\'', '"', '`']).nth(1).unwrap_or_default();
            let word = problem.split("No field named ").nth(1).and_then(|rest| rest.split(". ").next());
            let place = word.and_then(|word| find(sql, word)).or_else(|| find(sql, quoted));
            let (line, column) = place.unwrap_or((1, 1));
            SqlProblem { line, column, ..at_start(error.code(), problem.clone()) }
        }
        other => at_start(other.code(), other.to_string()),
    }
}

fn at_start(code: Code, message: String) -> SqlProblem {
    SqlProblem { code, message, line: 1, column: 1, end: None, help: None }
}

/// Where `word` first stands in the text.
fn find(sql: &str, word: &str) -> Option<(u32, u32)> {
    if word.is_empty() {
        return None;
    }
    sql.lines().enumerate().find_map(|(index, line)| {
        let at = line.find(word)?;
        let column = line.get(..at)?.chars().count();
        Some((u32::try_from(index + 1).ok()?, u32::try_from(column + 1).ok()?))
    })
}

#[cfg(test)]
mod tests {
    use arrow::datatypes::{DataType, Field, Schema};

    use super::*;

    fn check(sql: &str) -> Result<String, String> {
        let schema = Schema::new(vec![
            Field::new("carrier", DataType::Utf8, false),
            Field::new("delay", DataType::Float64, true),
        ]);
        let inputs = BTreeMap::from([("a.b.flights".parse().unwrap(), Arc::new(schema) as SchemaRef)]);
        match ContractPlanner::new().check(sql, &inputs) {
            Ok(shape) => Ok(shape
                .schema
                .fields()
                .iter()
                .map(|field| format!("{} {}", field.name(), field.data_type()))
                .collect::<Vec<_>>()
                .join(", ")),
            Err(p) => Err(format!("{}:{} {} {}", p.line, p.column, p.code, p.message)),
        }
    }

    #[test]
    fn a_query_over_its_inputs_has_a_shape() {
        let sql = "select carrier, count(*) as flights, avg(delay) as d from a.b.flights group by carrier";
        assert_eq!(check(sql), Ok("carrier Utf8, flights Int64, d Float64".to_owned()));
    }

    #[test]
    fn an_unknown_column_is_found_in_the_text() {
        let answer = check("select carrier,\n       delays\nfrom a.b.flights");
        assert!(matches!(&answer, Err(text) if text.starts_with("2:8 W0203")), "{answer:?}");
    }

    #[test]
    fn a_table_that_is_no_input_is_refused() {
        let answer = check("select 1\nfrom a.b.secrets");
        assert!(matches!(&answer, Err(text) if text.starts_with("2:6 W0207")), "{answer:?}");
    }

    #[test]
    fn a_query_of_a_contract_reads_its_own_tables_in_any_case_and_tells_its_shape() {
        let schema: SchemaRef = Arc::new(Schema::new(vec![Field::new("delay", DataType::Float64, true)]));
        let own = BTreeMap::from([("Flights".to_owned(), schema)]);
        let shape = |sql| {
            let shape = ContractPlanner::new().check_contract(sql, &own, &BTreeMap::new());
            shape
                .map(|s| (s.rows_max.is_some_and(|rows| rows < 2), s.aggregates, s.has_windows))
                .map_err(|p| p.code.as_str())
        };
        assert_eq!(shape("select count(*) from flights"), Ok((true, true, false)));
        assert_eq!(shape("select count(*) = 0 from \"Flights\" having count(*) > 1"), Ok((true, true, false)));
        assert_eq!(shape("select 1 + (select max(delay) from flights)"), Ok((true, false, false)));
        assert_eq!(shape("select delay from flights limit 1"), Ok((true, false, false)));
        assert_eq!(shape("select count(*) from flights group by delay"), Ok((false, true, false)));
        assert_eq!(shape("select sum(delay) over () from flights"), Ok((false, false, true)));
        assert_eq!(shape("select count(*) from others"), Err("W0207"));
        assert_eq!(shape("select count(dealy) from flights"), Err("W0203"));
    }

    #[test]
    fn types_that_do_not_go_together_are_refused() {
        let answer = check("select carrier + interval '1 day' as x from a.b.flights");
        assert!(matches!(&answer, Err(text) if text.contains("W0205")), "{answer:?}");
    }
}
