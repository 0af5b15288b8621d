//! Counts on tables that nobody may see yet, for the gate.
//!
//! Runs as the platform, without policies, and yields counts only: no row leaves.

use std::sync::Arc;

use datafusion::error::DataFusionError;
use datafusion::functions_aggregate::expr_fn::count;
use datafusion::logical_expr::{Expr, ident};
use datafusion::prelude::{DataFrame, SessionContext, lit};
use weft_storage::{TableVersion, nullable_schema};

use crate::Engine;

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

    fn candidate(&self, table: &TableVersion) -> Result<DataFrame, DataFusionError> {
        // What the table promises is still to be checked, so its columns are read as if each may be NULL.
        let table = TableVersion { schema: nullable_schema(&table.schema), ..table.clone() };
        let state = self.platform_state()?;
        SessionContext::new_with_state(state).read_table(weft_storage::scan(Arc::new(table)))
    }
}
