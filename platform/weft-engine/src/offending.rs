//! Some of the rows that a check counts, for the record of checks.
//!
//! The one way in which values of a table that nobody may see yet leave the gate: few, of columns that the caller
//! names, and for a record that shows them to those alone who may read them.

use arrow::array::Array;
use arrow::datatypes::DataType;
use arrow::record_batch::RecordBatch;
use arrow::util::display::{ArrayFormatter, FormatOptions};
use datafusion::error::DataFusionError;
use datafusion::logical_expr::{Expr, SortExpr, ident};
use datafusion::prelude::DataFrame;
use serde_json::{Map, Value};
use weft_catalog::OffendingRows;
use weft_model::quality_check::{Measure, QualityCheck};

use crate::measure::{Measurable, Unmeasured, collected, counted};
use crate::{Engine, Limits};

/// Most rows that are taken.
const ROWS_MAX: usize = 5;

/// Most characters of a value that are taken.
const CHARACTERS_MAX: usize = 200;

impl Engine {
    /// Some of the rows that `check` counts, of each the `columns` that it can tell, in order of these. Of repeated
    /// values the tuple, once. `None` where it counts no single rows, and where they cannot be told.
    pub async fn offending(&self, of: Measurable<'_>, check: &QualityCheck, columns: &[&str]) -> Option<OffendingRows> {
        let longest = Limits::for_transforms().running_max;
        let told = tokio::time::timeout(longest, self.told(of, check, columns)).await;
        // What went wrong may name a value, and is not told.
        let rows =
            told.ok().and_then(|told| told.map_err(|_| tracing::warn!(port = %of.port, "rows cannot be told")).ok());
        rows.and_then(OffendingRows::of)
    }

    async fn told(
        &self,
        of: Measurable<'_>,
        check: &QualityCheck,
        columns: &[&str],
    ) -> Result<Vec<Map<String, Value>>, DataFusionError> {
        let in_words = |error: Unmeasured| DataFusionError::Execution(error.why);
        let frame = match &check.measure {
            Measure::Rows | Measure::Sql { .. } => return Ok(Vec::new()),
            Measure::Duplicates { columns } => self.repeated(of, columns).map_err(in_words)?,
            Measure::Unmatched { columns, target } => self.unmatched(of, columns, target.as_ref()).map_err(in_words)?,
            Measure::Nulls | Measure::Missing { .. } | Measure::Invalid { .. } => {
                self.candidate(of.table)?.filter(counted(of.table, check)?)?
            }
        };
        let is_there = |column: &&&str| frame.schema().has_column_with_unqualified_name(column);
        let shown: Vec<&str> = columns.iter().filter(is_there).copied().collect();
        if shown.is_empty() {
            return Ok(Vec::new());
        }
        let order = shown.iter().filter(|column| can_be_ordered(&frame, column));
        let order: Vec<SortExpr> = order.map(|column| ident(*column).sort(true, true)).collect();
        let mut few = frame.select(shown.iter().map(|column| ident(*column)).collect::<Vec<Expr>>())?;
        if !order.is_empty() {
            few = few.sort(order)?;
        }
        let (batches, _) = collected(few.limit(0, Some(ROWS_MAX))?).await?;
        let mut rows = Vec::new();
        for batch in &batches {
            rows.extend(rows_of(batch)?);
        }
        Ok(rows)
    }
}

fn can_be_ordered(frame: &DataFrame, column: &str) -> bool {
    let field = frame.schema().field_with_unqualified_name(column);
    field.is_ok_and(|field| !field.data_type().is_nested())
}

fn rows_of(batch: &RecordBatch) -> Result<Vec<Map<String, Value>>, DataFusionError> {
    let mut rows = vec![Map::new(); batch.num_rows()];
    let options = FormatOptions::default();
    for (column, field) in batch.columns().iter().zip(batch.schema().fields()) {
        let formatter = ArrayFormatter::try_new(column.as_ref(), &options)?;
        for (index, row) in rows.iter_mut().enumerate() {
            let value = match column.is_null(index) {
                true => Value::Null,
                false => value(column.data_type(), &formatter.value(index).try_to_string()?),
            };
            row.insert(field.name().clone(), value);
        }
    }
    Ok(rows)
}

/// Whole numbers and flags as such, everything else as text.
fn value(data_type: &DataType, text: &str) -> Value {
    let own = match data_type {
        DataType::Boolean => text.parse().ok().map(Value::Bool),
        data_type if data_type.is_integer() => text.parse::<i64>().ok().map(Value::from),
        _ => None,
    };
    own.unwrap_or_else(|| match text.char_indices().nth(CHARACTERS_MAX) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()).into(),
        None => text.into(),
    })
}
