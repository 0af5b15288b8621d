//! Counts on tables that nobody may see yet, for the gate.
//!
//! Runs as the platform, without policies, and yields counts only: no row leaves.

use std::cmp::Ordering;
use std::sync::Arc;

use arrow::array::AsArray;
use arrow::datatypes::{DataType, Int64Type};
use datafusion::catalog::TableProvider;
use datafusion::error::DataFusionError;
use datafusion::functions_aggregate::expr_fn::count;
use datafusion::logical_expr::{Expr, ident};
use datafusion::prelude::{DataFrame, SessionContext, lit, when};
use serde_json::Value;
use weft_model::quality_check::{Measure, QualityCheck, ValueTest};
use weft_storage::{TableFile, TableVersion, nullable_schema};

use crate::rule::Found;
use crate::value_test::{fails, is_one_of};
use crate::{Engine, Limits};

impl Engine {
    /// How many rows of `table` have NULL in `column`.
    pub async fn nulls(&self, table: &TableVersion, column: &str) -> Result<u64, String> {
        let counted = async {
            let frame = self.candidate(table)?.filter(ident(column).is_null())?;
            frame.count().await
        };
        counted.await.map(|rows| rows as u64).map_err(|error: DataFusionError| error.strip_backtrace())
    }

    /// How many different values of `columns`, taken as a tuple, occur more than once. Tuples with a
    /// NULL in them do not count.
    pub async fn repeated(&self, table: &TableVersion, columns: &[&str]) -> Result<u64, String> {
        let counted = async {
            let key: Vec<Expr> = columns.iter().map(|column| ident(*column)).collect();
            let mut frame = self.candidate(table)?;
            for part in &key {
                frame = frame.filter(part.clone().is_not_null())?;
            }
            let grouped = frame.aggregate(key, vec![count(lit(1)).alias("occurrences")])?;
            grouped.filter(ident("occurrences").gt(lit(1)))?.count().await
        };
        counted.await.map(|tuples| tuples as u64).map_err(|error: DataFusionError| error.strip_backtrace())
    }

    /// What each of `checks` finds in `table`, in their order: a number of rows, of tuples for duplicates, or what
    /// a query returns. In queries the table goes by `name` too.
    ///
    /// Whatever the log tells is taken from there. What is left of conditions on single rows is counted in one
    /// pass over the columns concerned; duplicates and queries take a pass each. All of it is held to the time
    /// that a transform may take.
    ///
    /// # Errors
    ///
    /// In words, where that time is over.
    pub async fn measure(
        &self,
        table: &TableVersion,
        name: &str,
        checks: &[QualityCheck],
    ) -> Result<Vec<Found>, String> {
        let longest = Limits::for_transforms().running_max;
        let found = tokio::time::timeout(longest, self.measure_all(table, name, checks)).await;
        found.map_err(|_| format!("the checks took longer than {} seconds", longest.as_secs()))
    }

    async fn measure_all(&self, table: &TableVersion, name: &str, checks: &[QualityCheck]) -> Vec<Found> {
        let number = |count: u64| Found::Number(count as f64);
        let mut found: Vec<Found> = Vec::with_capacity(checks.len());
        let mut conditions: Vec<(usize, Expr)> = Vec::new();
        for check in checks {
            let one = match (told_by_log(table, check), &check.measure) {
                (Some(count), _) => number(count),
                (None, Measure::Duplicates { columns }) => {
                    let columns: Vec<&str> = columns.iter().map(String::as_str).collect();
                    self.repeated(table, &columns).await.map_or_else(Found::Failed, number)
                }
                (None, Measure::Sql { query, names }) => {
                    let names: Vec<String> = names.iter().cloned().chain([name.to_owned()]).collect();
                    self.number_of(table, &names, query).await
                }
                (None, _) => match counted(table, check) {
                    Ok(condition) => {
                        conditions.push((found.len(), condition));
                        Found::Nothing
                    }
                    Err(error) => Found::Failed(error.strip_backtrace()),
                },
            };
            found.push(one);
        }
        let all = conditions.iter().map(|(_, condition)| condition.clone()).collect();
        let counts = match self.rows_where(table, all).await {
            Ok(counts) => counts.into_iter().map(number).collect(),
            // One that cannot be evaluated is not to be the end of the others.
            Err(_) => {
                let mut one_by_one = Vec::new();
                for (_, condition) in &conditions {
                    let one = self.rows_where(table, vec![condition.clone()]).await;
                    let one = one.map(|counts| counts.into_iter().sum());
                    one_by_one.push(one.map_or_else(|error| Found::Failed(error.strip_backtrace()), number));
                }
                one_by_one
            }
        };
        for ((index, _), count) in conditions.iter().zip(counts) {
            found.iter_mut().skip(*index).take(1).for_each(|found| found.clone_from(&count));
        }
        found
    }

    /// How many rows meet each of the conditions.
    async fn rows_where(&self, table: &TableVersion, conditions: Vec<Expr>) -> Result<Vec<u64>, DataFusionError> {
        if conditions.is_empty() {
            return Ok(Vec::new());
        }
        let frame = self.candidate(table)?;
        let counts = conditions.into_iter().enumerate().map(|(index, condition)| {
            let row = when(condition, lit(1)).end()?;
            Ok(count(row).alias(format!("c{index}")))
        });
        let counts = counts.collect::<Result<Vec<Expr>, DataFusionError>>()?;
        let batches = frame.aggregate(Vec::new(), counts)?.collect().await?;
        let columns = batches.iter().flat_map(|batch| batch.columns());
        let numbers = columns.map(|column| column.as_primitive::<Int64Type>().iter().flatten().sum::<i64>());
        Ok(numbers.map(|number| u64::try_from(number).unwrap_or(0)).collect())
    }

    fn candidate(&self, table: &TableVersion) -> Result<DataFrame, DataFusionError> {
        SessionContext::new_with_state(self.platform_state()?).read_table(candidate(table))
    }
}

/// The table as the gate reads it. What it promises is still to be checked, so each column may be NULL.
pub(crate) fn candidate(table: &TableVersion) -> Arc<dyn TableProvider> {
    weft_storage::scan(Arc::new(TableVersion { schema: nullable_schema(&table.schema), ..table.clone() }))
}

/// What a check counts, where the log knows: rows, NULLs, and values that cannot be out of bounds.
fn told_by_log(table: &TableVersion, check: &QualityCheck) -> Option<u64> {
    let column = check.column.as_deref();
    match &check.measure {
        Measure::Rows => table.rows(),
        Measure::Nulls => table.nulls(column?),
        Measure::Invalid { tests } => {
            let column = column?;
            let data_type = table.schema.field_with_name(column).ok()?.data_type();
            let is_told = data_type.is_integer() || *data_type == DataType::Date32;
            let hold = |file: &TableFile| tests.iter().all(|test| holds_by_log(file, column, test));
            (is_told && table.files.iter().all(hold)).then_some(0)
        }
        Measure::Missing { .. } | Measure::Duplicates { .. } | Measure::Sql { .. } => None,
    }
}

/// Whether the least and the greatest value of a file show that none of its values fails the test.
fn holds_by_log(file: &TableFile, column: &str, test: &ValueTest) -> bool {
    if file.rows.is_some() && file.nulls(column) == file.rows {
        return true;
    }
    let Some((least, greatest)) = file.bounds(column) else { return false };
    match test {
        ValueTest::AtLeast(bound) => compare(&least, bound).is_some_and(Ordering::is_ge),
        ValueTest::Above(bound) => compare(&least, bound).is_some_and(Ordering::is_gt),
        ValueTest::AtMost(bound) => compare(&greatest, bound).is_some_and(Ordering::is_le),
        ValueTest::Below(bound) => compare(&greatest, bound).is_some_and(Ordering::is_lt),
        _ => false,
    }
}

/// Whole numbers, and dates as ISO 8601 writes them; `None` for whatever else.
fn compare(one: &Value, other: &Value) -> Option<Ordering> {
    match (one, other) {
        (Value::Number(one), Value::Number(other)) => Some(one.as_i64()?.cmp(&other.as_i64()?)),
        (Value::String(one), Value::String(other)) => {
            let date = |text: &String| text.parse::<chrono::NaiveDate>().ok();
            Some(date(one)?.cmp(&date(other)?))
        }
        _ => None,
    }
}

/// The condition on the rows that a check counts.
fn counted(table: &TableVersion, check: &QualityCheck) -> Result<Expr, DataFusionError> {
    let field = || match &check.column {
        Some(column) => Ok(table.schema.field_with_name(column)?),
        None => Err(DataFusionError::Plan(format!("check `{}` names no column", check.name))),
    };
    Ok(match &check.measure {
        Measure::Rows | Measure::Duplicates { .. } | Measure::Sql { .. } => lit(true),
        Measure::Nulls => ident(field()?.name()).is_null(),
        Measure::Missing { values } => {
            let field = field()?;
            ident(field.name()).is_null().or(is_one_of(field, values))
        }
        Measure::Invalid { tests } => fails(field()?, tests)?,
    })
}
