//! SQL planned against contracts, before any table exists.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use arrow::datatypes::SchemaRef;
use datafusion::catalog::MemoryCatalogProviderList;
use datafusion::datasource::empty::EmptyTable;
use datafusion::error::DataFusionError;
use datafusion::execution::SessionState;
use futures::FutureExt;
use weft_model::{Code, PortRef};

use crate::engine::base_state;
use crate::namespace::put;
use crate::{Limits, QueryError, statement};

/// What a query would yield and reads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QueryShape {
    pub schema: SchemaRef,
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

/// Plans one query over tables that have these schemas and no rows. Nothing is run. Who has many queries makes a
/// [`ContractPlanner`].
///
/// # Errors
///
/// As [`ContractPlanner::check`].
pub fn check_query(sql: &str, inputs: &BTreeMap<PortRef, SchemaRef>) -> Result<QueryShape, SqlProblem> {
    ContractPlanner::new().check(sql, inputs)
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
        let limits = Limits::for_transforms();
        let query = statement::parse(sql, &limits).map_err(|error| problem(&error, sql))?;
        if query.parameters > 0 {
            return Err(at_start(Code::QUERY_PARAMETERS, "a transform has no parameters".to_owned()));
        }
        let names = statement::tables_of(&self.state, &query).map_err(|error| problem(&error, sql))?;
        let catalogs = MemoryCatalogProviderList::new();
        let mut reads = BTreeSet::new();
        for name in names {
            let declared = name.parse::<PortRef>().ok().and_then(|port| Some((inputs.get(&port)?, port)));
            let Some((schema, port)) = declared else {
                return Err(undeclared(sql, &name, inputs));
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
        statement::ensure_reads_only(&plan).map_err(|error| problem(&error, sql))?;
        // Types are settled by analysis, which also finds what planning alone lets pass; optimising changes neither.
        let analysed = self.state.analyzer().execute_and_check(plan, self.state.config_options(), |_, _| {});
        let plan = analysed.map_err(|error| planning(&error, sql))?;
        Ok(QueryShape { schema: Arc::clone(plan.schema().inner()), reads })
    }
}

fn undeclared(sql: &str, name: &str, inputs: &BTreeMap<PortRef, SchemaRef>) -> SqlProblem {
    let known: Vec<String> = inputs.keys().map(PortRef::to_string).collect();
    let inputs = if known.is_empty() { "none".to_owned() } else { known.join(", ") };
    let (line, column) = find(sql, name).unwrap_or((1, 1));
    SqlProblem {
        code: Code::SQL_INPUT_UNDECLARED,
        message: format!("the query reads `{name}`, which is no input port of the product"),
        line,
        column,
        end: Some((line, column + u32::try_from(name.len()).unwrap_or(0))),
        help: Some(format!("declare an input port for it, or read one of those declared: {inputs}")),
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
        match check_query(sql, &inputs) {
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
    fn types_that_do_not_go_together_are_refused() {
        let answer = check("select carrier + interval '1 day' as x from a.b.flights");
        assert!(matches!(&answer, Err(text) if text.contains("W0205")), "{answer:?}");
    }
}
