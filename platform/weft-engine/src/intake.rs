//! Rows on their way in: seeds and sources, brought to the columns of a contract.

use std::collections::HashMap;
use std::sync::Arc;

use bytes::Bytes;
use datafusion::catalog::TableProvider;
use datafusion::error::DataFusionError;
use datafusion::execution::{SendableRecordBatchStream, SessionState};
use datafusion::logical_expr::{Expr, cast, ident, try_cast};
use datafusion::prelude::{DataFrame, SessionContext};
use weft_model::{Code, Column};
use weft_storage::{FileKind, Finding, SourceLimits, StorageError, arrow_type, memory_table, source_table};

use crate::Engine;

/// Where rows come from.
#[derive(Clone, Debug)]
pub enum Intake {
    /// A file of the repository; its name tells the compression by its ending.
    Bytes { name: String, kind: FileKind, bytes: Bytes },
    /// Whatever lies at an object-store URL.
    Url { url: String, kind: FileKind, options: HashMap<String, String>, limits: SourceLimits },
}

impl Engine {
    /// The rows of `intake` as the contract's columns: found by name, cast strictly, in the
    /// contract's order. Columns may stand in any order in the file.
    ///
    /// # Errors
    ///
    /// [`StorageError::Refused`] if columns are missing or not in the contract; else as the file or
    /// store gives them. A value that does not fit its type fails the stream.
    pub async fn load(&self, intake: &Intake, columns: &[Column]) -> Result<SendableRecordBatchStream, StorageError> {
        let (state, table) = self.open(intake).await?;
        let findings = compare(&table, columns);
        if !findings.is_empty() {
            return Err(StorageError::Refused { findings });
        }
        let wanted: Vec<Expr> = columns
            .iter()
            .map(|column| cast(ident(&column.name), arrow_type(&column.data_type)).alias(&column.name))
            .collect();
        let rows = async { frame(state, table)?.select(wanted)?.execute_stream().await };
        rows.await.map_err(rows_error)
    }

    /// Which columns of `intake` hold values that do not fit their types, and how many of them:
    /// for telling the author after [`load`](Self::load)'s stream failed. Names no value.
    pub async fn misfits(&self, intake: &Intake, columns: &[Column]) -> Result<Vec<Finding>, StorageError> {
        let (state, table) = self.open(intake).await?;
        let measured = async {
            let mut findings = Vec::new();
            let frame = frame(state, table)?;
            for column in columns {
                let fits = try_cast(ident(&column.name), arrow_type(&column.data_type));
                let bad = ident(&column.name).is_not_null().and(fits.is_null());
                let rows = frame.clone().filter(bad)?.count().await?;
                if rows > 0 {
                    findings.push(Finding {
                        code: Code::DATA_SCHEMA,
                        message: format!(
                            "column `{}` holds {rows} values that are no {}",
                            column.name, column.data_type
                        ),
                        column: Some(column.name.clone()),
                    });
                }
            }
            Ok(findings)
        };
        measured.await.map_err(rows_error)
    }

    async fn open(&self, intake: &Intake) -> Result<(SessionState, Arc<dyn TableProvider>), StorageError> {
        let state = self.platform_state().map_err(|error| rows_error(DataFusionError::from(error)))?;
        let table = match intake {
            Intake::Bytes { name, kind, bytes } => memory_table(&state, name, *kind, bytes.clone()).await?,
            Intake::Url { url, kind, options, limits } => source_table(&state, url, *kind, options, limits).await?,
        };
        Ok((state, table))
    }
}

fn frame(state: SessionState, table: Arc<dyn TableProvider>) -> Result<DataFrame, DataFusionError> {
    SessionContext::new_with_state(state).read_table(table)
}

fn rows_error(error: DataFusionError) -> StorageError {
    StorageError::Rows { source: Box::new(error) }
}

/// Columns that the file lacks, and columns that the contract does not have.
fn compare(table: &Arc<dyn TableProvider>, columns: &[Column]) -> Vec<Finding> {
    let schema = table.schema();
    let finding =
        |message: String, column: &str| Finding { code: Code::DATA_SCHEMA, message, column: Some(column.to_owned()) };
    let missing = columns
        .iter()
        .filter(|column| schema.field_with_name(&column.name).is_err())
        .map(|column| finding(format!("the file has no column `{}`", column.name), &column.name));
    let extra = schema
        .fields()
        .iter()
        .filter(|field| !columns.iter().any(|column| &column.name == field.name()))
        .map(|field| finding(format!("the contract has no column `{}`, the file has", field.name()), field.name()));
    missing.chain(extra).collect()
}
