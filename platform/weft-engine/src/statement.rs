//! The statement gate: one query, and nothing that changes anything.

use std::collections::BTreeSet;
use std::ops::ControlFlow;
use std::sync::Arc;

use datafusion::common::TableReference;
use datafusion::common::format::ExplainFormat;
use datafusion::common::tree_node::TreeNodeRecursion;
use datafusion::error::DataFusionError;
use datafusion::execution::SessionState;
use datafusion::logical_expr::{Expr as PlanExpr, LogicalPlan};
use datafusion::optimizer::optimize_projections::OptimizeProjections;
use datafusion::optimizer::{Optimizer, OptimizerRule};
use datafusion::physical_plan::ExecutionPlan;
use datafusion::sql::parser::{DFParserBuilder, ExplainStatement, Statement as DfStatement};
use sqlparser::ast::{
    Expr, Query, Select, SetExpr, Statement, TableFactor, Value, Visit, VisitMut, Visitor, VisitorMut,
};
use sqlparser::dialect::GenericDialect;
use sqlparser::parser::ParserError;

use crate::engine::BATCH_ROWS;
use crate::features::{self, FeatureViews, is_features};
use crate::functions::is_series;
use crate::stoppable::stoppable;
use crate::{
    Limits, QueryError, bounds, cardinality, describing, functions, join_order, long_values, row_by_row, written_out,
};

/// Up to so many rows are read by one thread: to deal them out takes longer.
const ROWS_FOR_ONE: f64 = 50_000.0;

/// Rows of a batch of a table that is read as it lies: its way out costs by the batch.
const BATCH_ROWS_READ: usize = 32_768;

/// One query that passed the gate, its parameters numbered `$1`, `$2`, … from left to right.
#[derive(Debug)]
pub(crate) struct QueryText {
    pub(crate) statement: DfStatement,
    /// How many parameters the query has.
    pub(crate) parameters: usize,
    /// Whether its plan is the answer, not its rows.
    pub(crate) explained: bool,
    /// A table that it is about without reading it.
    about: Option<String>,
}

/// Parses what an asker says: a query, EXPLAIN of one, or a question about tables. Its features are those of `views`.
pub(crate) fn parse_asked(sql: &str, limits: &Limits, views: &dyn FeatureViews) -> Result<QueryText, QueryError> {
    let (mut statement, explained) = match single(sql, limits)? {
        DfStatement::Explain(explain) => (explained(explain)?, true),
        DfStatement::Statement(statement) => (*statement, false),
        _ => return Err(QueryError::NotAQuery { what: first_word(sql) }),
    };
    let mut about = None;
    if let Some(instead) = describing::instead_of(&statement)? {
        about = instead.table;
        if let DfStatement::Statement(query) = single(&instead.sql, limits)? {
            statement = *query;
        }
    }
    describing::resolve_information_schema(&mut statement);
    let mut gated = gated(statement, sql, limits, WriteFinder { lets_features: true })?;
    if let DfStatement::Statement(statement) = &mut gated.statement {
        features::write_out(statement, views)?;
    }
    Ok(QueryText { explained, about, ..gated })
}

/// Parses `sql` and lets it pass if it is exactly one query.
pub(crate) fn parse(sql: &str, limits: &Limits) -> Result<QueryText, QueryError> {
    match single(sql, limits)? {
        DfStatement::Statement(statement) => gated(*statement, sql, limits, WriteFinder { lets_features: false }),
        _ => Err(QueryError::NotAQuery { what: first_word(sql) }),
    }
}

/// The one statement in the text.
fn single(sql: &str, limits: &Limits) -> Result<DfStatement, QueryError> {
    let tokens = bounds::tokens_within(sql, limits)?;
    let dialect = GenericDialect {};
    let parser = DFParserBuilder::new(tokens).with_dialect(&dialect).with_recursion_limit(bounds::NESTING_MAX).build();
    let statements = parser.and_then(|mut parser| parser.parse_statements()).map_err(|error| syntax(&error))?;
    let mut statements: Vec<DfStatement> = statements.into();
    match (statements.pop(), statements.is_empty()) {
        (Some(statement), true) => Ok(statement),
        _ => Err(QueryError::NotAQuery { what: "more than one statement, or none,".to_owned() }),
    }
}

/// What an EXPLAIN explains. Of its forms those that run the query, or tell of its machinery, are
/// not on offer.
fn explained(explain: ExplainStatement) -> Result<Statement, QueryError> {
    let refused = |what: &str| Err(QueryError::NotAQuery { what: what.to_owned() });
    let options = explain.options;
    if options.analyze || options.analyze_level.is_some() || options.analyze_categories.is_some() {
        return refused("EXPLAIN ANALYZE");
    }
    if options.verbose || options.show_statistics == Some(true) {
        return refused("EXPLAIN VERBOSE");
    }
    if !matches!(options.format, None | Some(ExplainFormat::Indent)) {
        return refused("EXPLAIN in a format other than INDENT");
    }
    match *explain.statement {
        DfStatement::Statement(statement) if matches!(*statement, Statement::Query(_)) => Ok(*statement),
        _ => refused("EXPLAIN of what is no query"),
    }
}

/// The gate: a query, and nothing in it that writes, calls what is not on offer, or is too large.
fn gated(statement: Statement, sql: &str, limits: &Limits, mut finder: WriteFinder) -> Result<QueryText, QueryError> {
    let mut inner = Box::new(statement);
    if !matches!(*inner, Statement::Query(_)) {
        return Err(QueryError::NotAQuery { what: first_word(sql) });
    }
    if let ControlFlow::Break(what) = inner.visit(&mut finder) {
        return Err(QueryError::NotAQuery { what: what.to_owned() });
    }
    bounds::ensure_shape(inner.as_ref(), limits)?;
    written_out::ensure_within(&inner, limits)?;
    functions::ensure_allowed(inner.as_ref())?;
    weft_pit::say_as_left_joins(&mut inner).map_err(|problem| QueryError::Invalid { problem })?;
    let mut numbering = Numbering::default();
    let _: ControlFlow<()> = VisitMut::visit(inner.as_mut(), &mut numbering);
    let parameters = numbering.count()?;
    Ok(QueryText { statement: DfStatement::Statement(inner), parameters, explained: false, about: None })
}

/// The plan of a query over the tables that `state` knows, held to the second line too.
pub(crate) async fn logical_plan(state: &SessionState, query: QueryText) -> Result<LogicalPlan, QueryError> {
    let plan = state.statement_to_plan(query.statement).await.map_err(|error| QueryError::from_planning(&error))?;
    settled(plan)
}

/// A plan as DataFusion makes it of a text, held to the second line, with the joins that DataFusion does not know.
pub(crate) fn settled(plan: LogicalPlan) -> Result<LogicalPlan, QueryError> {
    ensure_reads_only(&plan)?;
    weft_pit::with_point_in_time(plan).map_err(|error| QueryError::from_planning(&error))
}

/// The plan of a query, optimised; `state` is set to run it: with batches of so few rows that its constants fit beside
/// them, and on one thread where there is little to read.
#[tracing::instrument(name = "optimise", skip_all)]
pub(crate) fn optimised(state: &mut SessionState, plan: &LogicalPlan) -> datafusion::error::Result<LogicalPlan> {
    let plan = state.optimize(plan)?;
    long_values::shorten_batches(state, &plan)?;
    if row_by_row::hides_rows(&plan)? {
        row_by_row::settle(state);
        return row_by_row::row_by_row(plan);
    }
    if cardinality::read_at_most(&plan).is_some_and(|rows| rows <= ROWS_FOR_ONE) {
        *state.config_mut() = state.config().clone().with_target_partitions(1);
    }
    if only_reads(&plan) && state.config().batch_size() == BATCH_ROWS {
        *state.config_mut() = state.config().clone().with_batch_size(BATCH_ROWS_READ);
    }
    let arranged = join_order::arrange(plan)?;
    // Which side is built is decided by the same estimates as the order.
    if arranged.is_settled {
        state.config_mut().options_mut().optimizer.join_reordering = false;
    }
    if !arranged.is_new {
        return Ok(arranged.plan);
    }
    let narrowed: Vec<Arc<dyn OptimizerRule + Send + Sync>> = vec![Arc::new(OptimizeProjections::new())];
    Optimizer::with_rules(narrowed).optimize(arranged.plan, state, |_, _| {})
}

/// Whether rows are shown as they lie, and nothing is made of them.
fn only_reads(plan: &LogicalPlan) -> bool {
    match plan {
        LogicalPlan::TableScan(_) => true,
        LogicalPlan::Projection(projection) => {
            let is_column = |expr: &PlanExpr| matches!(expr.clone().unalias(), PlanExpr::Column(_));
            projection.expr.iter().all(is_column) && only_reads(&projection.input)
        }
        LogicalPlan::SubqueryAlias(alias) => only_reads(&alias.input),
        _ => false,
    }
}

/// The physical plan of one that is optimised, with joins that can be stopped.
#[tracing::instrument(name = "arrange", skip_all)]
pub(crate) async fn physical_of(
    state: &SessionState,
    optimised: &LogicalPlan,
    limits: &Limits,
) -> Result<Arc<dyn ExecutionPlan>, QueryError> {
    let physical = state.query_planner().create_physical_plan(optimised, state).await;
    physical.and_then(|physical| stoppable(physical, limits)).map_err(|error| QueryError::from_planning(&error))
}

/// The plan, optimised and as nodes that run, with joins that can be stopped.
pub(crate) async fn physical_plan(
    state: &mut SessionState,
    plan: &LogicalPlan,
    limits: &Limits,
) -> Result<Arc<dyn ExecutionPlan>, QueryError> {
    let plan = optimised(state, plan).map_err(|error| QueryError::from_planning(&error))?;
    physical_of(state, &plan, limits).await
}

/// The plan, optimised and as nodes that run.
pub(crate) async fn physical_nodes(
    state: &mut SessionState,
    plan: &LogicalPlan,
) -> datafusion::error::Result<Arc<dyn ExecutionPlan>> {
    let plan = optimised(state, plan)?;
    state.query_planner().create_physical_plan(&plan, state).await
}

/// The second line: a plan that is nothing but reading.
fn ensure_reads_only(plan: &LogicalPlan) -> Result<(), QueryError> {
    let refused = |what: &str| DataFusionError::from(QueryError::NotAQuery { what: what.to_owned() });
    plan.apply_with_subqueries(|node| match node {
        LogicalPlan::Dml(_) => Err(refused("a statement that writes")),
        LogicalPlan::Ddl(_) => Err(refused("a statement that defines")),
        LogicalPlan::Copy(_) => Err(refused("COPY")),
        LogicalPlan::Statement(_) => Err(refused("a session statement")),
        LogicalPlan::Explain(_) | LogicalPlan::Analyze(_) => Err(refused("EXPLAIN")),
        LogicalPlan::DescribeTable(_) => Err(refused("DESCRIBE")),
        _ => Ok(TreeNodeRecursion::Continue),
    })
    .map(|_| ())
    .map_err(|error| QueryError::from_planning(&error))
}

/// The tables that the query names or is about, apart from its own WITH names and the one table
/// function.
pub(crate) fn tables_of(state: &SessionState, query: &QueryText) -> Result<BTreeSet<String>, QueryError> {
    let found = state.resolve_table_references(&query.statement).map_err(|error| QueryError::from_planning(&error))?;
    let named = found.iter().map(TableReference::to_string).filter(|name| !is_series(name));
    Ok(named.chain(query.about.clone()).collect())
}

fn syntax(error: &DataFusionError) -> QueryError {
    let text = match error.find_root() {
        DataFusionError::SQL(sql, _) => match sql.as_ref() {
            ParserError::ParserError(text) | ParserError::TokenizerError(text) => text.clone(),
            ParserError::RecursionLimitExceeded => {
                return QueryError::TooLarge {
                    unit: "levels of nesting",
                    size: bounds::NESTING_MAX + 1,
                    limit: bounds::NESTING_MAX,
                };
            }
        },
        other => other.strip_backtrace(),
    };
    // The parser ends its texts with `at Line: 1, Column: 8`.
    let (problem, place) = text.rsplit_once(" at Line: ").unwrap_or((&text, ""));
    let (line, column) = place.split_once(", Column: ").unwrap_or(("1", "1"));
    QueryError::Syntax {
        line: line.parse().unwrap_or(1),
        column: column.trim().parse().unwrap_or(1),
        problem: problem.to_owned(),
    }
}

fn first_word(sql: &str) -> String {
    let word: String = sql.trim_start().chars().take_while(|c| c.is_ascii_alphabetic()).take(20).collect();
    if word.is_empty() { "this".to_owned() } else { word.to_ascii_uppercase() }
}

/// Finds what writes or locks inside of a query.
struct WriteFinder {
    /// Whether features may be asked for: not where a manifest's own query is planned before there are any.
    lets_features: bool,
}

impl WriteFinder {
    fn lets(&self, table_function: &str) -> bool {
        self.lets_features && is_features(table_function)
    }
}

impl Visitor for WriteFinder {
    type Break = &'static str;

    fn pre_visit_query(&mut self, query: &Query) -> ControlFlow<Self::Break> {
        if !query.locks.is_empty() {
            return ControlFlow::Break("a locking clause");
        }
        match query.body.as_ref() {
            SetExpr::Insert(_) | SetExpr::Update(_) | SetExpr::Delete(_) | SetExpr::Merge(_) => {
                ControlFlow::Break("a statement that writes")
            }
            _ => ControlFlow::Continue(()),
        }
    }

    fn pre_visit_select(&mut self, select: &Select) -> ControlFlow<Self::Break> {
        if select.into.is_some() { ControlFlow::Break("SELECT INTO") } else { ControlFlow::Continue(()) }
    }

    fn pre_visit_table_factor(&mut self, factor: &TableFactor) -> ControlFlow<Self::Break> {
        match factor {
            TableFactor::Table { args: Some(_), name, .. }
                if !is_series(&name.to_string()) && !self.lets(&name.to_string()) =>
            {
                ControlFlow::Break("a table function")
            }
            TableFactor::Function { .. } | TableFactor::TableFunction { .. } => ControlFlow::Break("a table function"),
            _ => ControlFlow::Continue(()),
        }
    }
}

/// Numbers `?` from left to right and notes the highest `$n`.
#[derive(Default)]
struct Numbering {
    unnumbered: usize,
    highest: usize,
    malformed: Option<String>,
}

impl Numbering {
    fn count(self) -> Result<usize, QueryError> {
        let problem = match (self.malformed, self.unnumbered, self.highest) {
            (Some(text), _, _) => format!("`{text}` is no parameter: write `?` or `$1`"),
            (None, n, m) if n > 0 && m > 0 => "write all parameters as `?` or all as `$n`, not both".to_owned(),
            (None, n, m) => return Ok(n.max(m)),
        };
        Err(QueryError::Parameters { problem })
    }
}

impl VisitorMut for Numbering {
    type Break = ();

    fn pre_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<()> {
        if let Expr::Value(value) = expr {
            self.number(&mut value.value);
        }
        ControlFlow::Continue(())
    }
}

impl Numbering {
    fn number(&mut self, value: &mut Value) {
        let Value::Placeholder(text) = value else { return };
        if text == "?" {
            self.unnumbered += 1;
            *text = format!("${}", self.unnumbered);
            return;
        }
        match text.strip_prefix('$').and_then(|number| number.parse::<usize>().ok()) {
            Some(number) if (1..=1_000).contains(&number) => self.highest = self.highest.max(number),
            _ => self.malformed = Some(text.clone()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(sql: &str) -> Result<usize, String> {
        parse(sql, &Limits::default()).map(|q| q.parameters).map_err(|e| format!("{} {e}", e.code()))
    }

    #[test]
    fn only_one_query_passes() {
        assert_eq!(check("select 1"), Ok(0));
        assert_eq!(check("with a as (select 1) select * from a;"), Ok(0));
        for sql in [
            "insert into a.b.c select 1",
            "with x as (insert into a.b.c values (1) returning 1) select 1",
            "select 1 into a.b.c",
            "select 1; select 2",
            "",
            "copy (select 1) to '/tmp/x'",
            "create external table t stored as parquet location '/'",
            "create table t as select 1",
            "drop table a.b.c",
            "set datafusion.execution.batch_size = 1",
            "explain analyze copy (select 1) to '/tmp/x'",
            "explain select 1",
            "show tables",
            "describe a.b.c",
            "prepare p as select 1",
            "execute p",
            "select * from a.b.c for update",
            "select * from read_parquet('/etc/passwd')",
            "update a.b.c set x = 1",
            "delete from a.b.c",
            "truncate a.b.c",
        ] {
            let answer = check(sql);
            assert!(
                matches!(&answer, Err(text) if text.starts_with("W0204") || text.starts_with("W0201")),
                "{sql}: {answer:?}"
            );
        }
    }

    #[test]
    fn an_asker_may_also_ask_about_tables_and_plans() {
        let ask = |sql: &str| parse_asked(sql, &Limits::default(), &()).map_err(|e| format!("{} {e}", e.code()));
        for sql in ["select 1", "explain select 1", "explain format indent select 1", "show tables", "describe a.b.c"] {
            assert!(ask(sql).is_ok(), "{sql}");
        }
        assert_eq!(ask("describe a.b.c").unwrap().about.as_deref(), Some("a.b.c"));
        for sql in [
            "explain analyze select 1",
            "explain verbose select 1",
            "explain format tree select 1",
            "explain format graphviz select 1",
            "explain (analyze) select 1",
            "explain show tables",
            "explain insert into a.b.c select 1",
            "explain explain select 1",
            "describe select 1",
            "show all",
            "show variables",
            "show create table a.b.c",
            "show functions",
            "show tables; select 1",
            "set weft = 1",
            "reset all",
        ] {
            let refused = ask(sql).unwrap_err();
            assert!(refused.starts_with("W0204") || refused.starts_with("W0201"), "{sql}: {refused}");
        }
        assert!(ask("show tables where version() = 'x'").unwrap_err().starts_with("W0215"));
        assert!(ask("show tables like 'a'' or true --'").is_ok());
    }

    #[test]
    fn names_that_multiply_are_refused() {
        let doubling = |n: usize| {
            let steps: String = (1..n)
                .map(|i| format!(", a{i} as (select x from a{} union all select x from a{})", i - 1, i - 1))
                .collect();
            format!("with a0 as (select 1 x){steps} select count(*) from a{}", n - 1)
        };
        assert_eq!(check(&doubling(8)), Ok(0));
        assert!(matches!(check(&doubling(24)), Err(text) if text.starts_with("W0209")));
        let within = format!("select * from ({}) q", doubling(24));
        assert!(matches!(check(&within), Err(text) if text.starts_with("W0209")));
    }

    #[test]
    fn parameters_are_numbered_from_left_to_right() {
        assert_eq!(check("select ? where 1 < ? limit ?"), Ok(3));
        assert_eq!(check("select $2, $1, $1"), Ok(2));
        assert!(check("select ?, $1").is_err());
        assert!(check("select $0").is_err());
    }

    #[test]
    fn a_syntax_error_has_its_place() {
        assert_eq!(
            check("select 1 +\n  )"),
            Err("W0201 line 2, column 3: Expected: an expression, found: )".to_owned())
        );
    }
}
