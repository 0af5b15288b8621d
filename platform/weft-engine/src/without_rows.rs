//! The rows of a table that meet a condition, as what takes them out.
//!
//! Runs as the platform over one port's own table; what comes of it tells places of rows and no value.

use std::ops::ControlFlow;
use std::sync::Arc;

use arrow::array::{Array as _, AsArray as _, RecordBatch};
use arrow::datatypes::DataType;
use datafusion::common::DFSchema;
use datafusion::common::tree_node::{TreeNode as _, TreeNodeRecursion};
use datafusion::error::{DataFusionError, Result as Computed};
use datafusion::execution::SessionState;
use datafusion::logical_expr::{Expr, ExprSchemable as _};
use datafusion::prelude::SessionContext;
use futures::TryStreamExt as _;
use sqlparser::ast::{ExprWithAlias, Query, Visit as _, Visitor};
use sqlparser::dialect::GenericDialect;
use sqlparser::parser::{Parser, ParserError};
use sqlparser::tokenizer::Token;
use weft_storage::{FilePatch, TableFile, TableVersion, nullable_schema};

use crate::rewritten::in_order;
use crate::{Engine, Limits, QueryError, bounds, functions};

impl Engine {
    /// What takes the rows out of `table` for which `condition` is true, file by file; empty where there are none.
    ///
    /// The condition is one SQL expression over the table's columns alone: without queries within, groups, windows,
    /// parameters, and what differs each time that it is asked. A row for which it is NULL stays.
    ///
    /// # Errors
    ///
    /// What is wrong with the condition, in words that name no value; trouble with files.
    pub async fn without_rows(&self, table: &TableVersion, condition: &str) -> Result<Vec<FilePatch>, QueryError> {
        let state = self.platform_state()?;
        let limits = Limits::for_transforms();
        let schema = nullable_schema(&table.schema);
        let columns = DFSchema::try_from(Arc::clone(&schema)).map_err(|error| QueryError::from_planning(&error))?;
        let condition = planned(&state, condition, &columns, &limits)?;
        let predicate = state.create_physical_expr(condition.clone(), &columns);
        let predicate = predicate.map_err(|error| QueryError::from_planning(&error))?;
        let context = SessionContext::new_with_state(state);
        let mut patches = Vec::new();
        for file in table.files_where(&predicate) {
            let places = places(&context, table, &file, &condition).await;
            let places = places.map_err(|error| QueryError::from_running(&error, limits.memory_bytes_max))?;
            if !places.is_empty() {
                let rows = RecordBatch::new_empty(Arc::clone(&schema));
                patches.push(FilePatch {
                    file,
                    rows,
                    changed: places.into_iter().map(|place| (place, None)).collect(),
                });
            }
        }
        Ok(patches)
    }
}

/// The condition as an expression over `columns`.
fn planned(state: &SessionState, text: &str, columns: &DFSchema, limits: &Limits) -> Result<Expr, QueryError> {
    let expr = parsed(text, limits)?;
    if let ControlFlow::Break(()) = expr.visit(&mut Queries) {
        return Err(refused("a query within the condition is not on offer: it is over the columns of the port alone"));
    }
    bounds::ensure_shape(&expr, limits)?;
    functions::ensure_allowed(&expr)?;
    let planned = state.create_logical_expr_from_sql_expr(ExprWithAlias { expr, alias: None }, columns);
    let planned = planned.map_err(|error| QueryError::from_planning(&error))?;
    ensure_of_one_row(&planned)?;
    match planned.get_type(columns).map_err(|error| QueryError::from_planning(&error))? {
        DataType::Boolean => Ok(planned),
        other => Err(refused(&format!("it is no condition, which is true or false: it comes out as {other}"))),
    }
}

/// The text as one expression and nothing after it.
fn parsed(text: &str, limits: &Limits) -> Result<sqlparser::ast::Expr, QueryError> {
    let tokens = bounds::tokens_within(text, limits)?;
    let dialect = GenericDialect {};
    let parser = Parser::new(&dialect).with_recursion_limit(bounds::NESTING_MAX).with_tokens_with_locations(tokens);
    let mut parser = parser;
    let expr = parser.parse_expr().map_err(|error| match error {
        ParserError::ParserError(text) | ParserError::TokenizerError(text) => refused(&text),
        ParserError::RecursionLimitExceeded => refused("it is nested too deep"),
    })?;
    match parser.peek_token().token {
        Token::EOF => Ok(expr),
        more => Err(refused(&format!("it ends before `{more}`"))),
    }
}

/// Refuses what tells of other rows than one, or tells another thing each time.
fn ensure_of_one_row(condition: &Expr) -> Result<(), QueryError> {
    let mut problem = None;
    let walked = condition.apply(|node| {
        problem = match node {
            Expr::AggregateFunction(_) => Some("an aggregate tells of many rows"),
            Expr::WindowFunction(_) => Some("a window tells of many rows"),
            Expr::Unnest(_) => Some("`unnest` makes rows of its own"),
            Expr::Placeholder(_) => Some("parameters are not on offer: write the value out"),
            node if node.is_volatile_node() => Some("it would tell another thing each time that it is asked"),
            _ => return Ok(TreeNodeRecursion::Continue),
        };
        Ok(TreeNodeRecursion::Stop)
    });
    walked.map_err(|error| QueryError::from_planning(&error))?;
    problem.map_or(Ok(()), |problem| Err(refused(problem)))
}

fn refused(problem: &str) -> QueryError {
    QueryError::Invalid { problem: problem.to_owned() }
}

/// Where in a file the rows lie for which the condition is true, in its order.
async fn places(
    context: &SessionContext,
    table: &TableVersion,
    file: &TableFile,
    condition: &Expr,
) -> Computed<Vec<usize>> {
    let mut answers = in_order(context, table, file, vec![condition.clone()]).await?;
    let (mut places, mut first) = (Vec::new(), 0);
    while let Some(batch) = answers.try_next().await? {
        let answer = batch.columns().first().and_then(|column| column.as_boolean_opt());
        let answer = answer.ok_or_else(|| DataFusionError::Internal("a condition came out as no condition".into()))?;
        let is_true = |place: &usize| answer.is_valid(*place) && answer.value(*place);
        places.extend((0..answer.len()).filter(is_true).map(|place| first + place));
        first += batch.num_rows();
    }
    Ok(places)
}

/// Finds queries within an expression.
struct Queries;

impl Visitor for Queries {
    type Break = ();

    fn pre_visit_query(&mut self, _: &Query) -> ControlFlow<()> {
        ControlFlow::Break(())
    }
}

#[cfg(test)]
mod tests {
    use arrow::datatypes::{Field, Schema};

    use super::*;

    /// `ok`, or what is wrong with the condition over an `id` and a `name`.
    fn check(text: &str) -> String {
        let fields = vec![Field::new("id", DataType::Int64, true), Field::new("name", DataType::Utf8, true)];
        let columns = DFSchema::try_from(Schema::new(fields)).unwrap();
        let state = SessionContext::new().state();
        planned(&state, text, &columns, &Limits::default()).map_or_else(|e| e.to_string(), |_| "ok".to_owned())
    }

    #[test]
    fn a_condition_is_one_expression_over_the_columns_of_one_row() {
        for good in [
            "id = 1",
            "name like 'a%' or id in (1, 2) -- the first two",
            "name is null",
            "true",
            "id + 1 > length(name) and (name <> 'x')",
        ] {
            assert_eq!(check(good), "ok", "{good}");
        }
        for (bad, why) in [
            ("", "Expected"),
            ("id", "no condition"),
            ("null", "no condition"),
            ("id = 1; drop table x", "ends before `;`"),
            ("true) or (true", "ends before `)`"),
            ("id = 1 order by id", "ends before `order`"),
            ("id = 1, true", "ends before `,`"),
            ("id in (select 1)", "a query within"),
            ("exists (select 1)", "a query within"),
            ("id = (select max(id) from t)", "a query within"),
            ("count(*) > 1", "many rows"),
            ("row_number() over (order by id) = 1", "many rows"),
            ("id = $1", "cannot be planned"),
            ("random() < 0.5", "another thing each time"),
            ("version() = 'x'", "no function `version`"),
            ("other = 1", "other"),
            ("t.id = 1", "t.id"),
        ] {
            let told = check(bad);
            assert!(told != "ok" && told.contains(why), "{bad}: {told}");
        }
    }
}
