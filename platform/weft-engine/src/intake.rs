//! Rows on their way in: seeds and sources, brought to the columns of a contract.

use std::collections::HashMap;
use std::sync::Arc;

use arrow::datatypes::SchemaRef;
use arrow::record_batch::RecordBatch;
use bytes::Bytes;
use datafusion::catalog::TableProvider;
use datafusion::error::DataFusionError;
use datafusion::execution::{SendableRecordBatchStream, SessionState};
use datafusion::logical_expr::{Expr, cast, ident, try_cast};
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use datafusion::prelude::{DataFrame, SessionContext};
use futures::stream::BoxStream;
use futures::{StreamExt, TryStreamExt};
use weft_model::{Code, Column};
use weft_storage::{
    FileKind, Finding, SourceLimits, StorageError, arrow_schema, arrow_type, is_unanswered, memory_table,
    nullable_schema, source_table,
};

use crate::Engine;

/// Where rows come from.
#[derive(Clone, Debug)]
pub enum Intake {
    /// A file of the repository; its name tells the compression by its ending.
    Bytes { name: String, kind: FileKind, bytes: Bytes },
    /// Whatever lies at an object-store URL.
    Url { url: String, kind: FileKind, options: HashMap<String, String>, limits: SourceLimits },
}

/// Why one file of several cannot be taken. Holds no value of a row, and nothing of the address but the file's name.
#[derive(Debug, thiserror::Error)]
#[error("file `{name}`: {problem}")]
pub struct UnreadableFile {
    pub name: String,
    pub code: Code,
    pub problem: String,
}

impl Engine {
    /// The rows of each of `files`, named ones, one after the other as [`load_in_parts`](Self::load_in_parts) gives
    /// them; each is opened when its turn comes. The first that cannot be read ends the rows with an [`UnreadableFile`].
    pub fn load_each(self: &Arc<Self>, files: Vec<(String, Intake)>, columns: &[Column]) -> SendableRecordBatchStream {
        let schema = nullable_schema(&arrow_schema(columns));
        let (engine, columns, shape) = (Arc::clone(self), Arc::new(columns.to_vec()), Arc::clone(&schema));
        let opened = futures::stream::iter(files).then(move |file| {
            let (engine, columns, shape) = (Arc::clone(&engine), Arc::clone(&columns), Arc::clone(&shape));
            async move { engine.load_one(Arc::new(file), columns, shape).await }
        });
        Box::pin(RecordBatchStreamAdapter::new(schema, opened.try_flatten()))
    }

    async fn load_one(
        self: Arc<Self>,
        file: Arc<(String, Intake)>,
        columns: Arc<Vec<Column>>,
        shape: SchemaRef,
    ) -> Result<BoxStream<'static, Result<RecordBatch, DataFusionError>>, DataFusionError> {
        let rows = self.load(&file.1, &columns).await.map_err(|error| unreadable(&file.0, &error))?;
        let shaped = rows.map(move |batch| Ok(RecordBatch::try_new(Arc::clone(&shape), batch?.columns().to_vec())?));
        let told = shaped.or_else(move |error: DataFusionError| {
            let (engine, file, columns) = (Arc::clone(&self), Arc::clone(&file), Arc::clone(&columns));
            async move {
                let findings = engine.misfits(&file.1, &columns).await.unwrap_or_default();
                Err(match findings.is_empty() {
                    true => unreadable(&file.0, &rows_error(error)),
                    false => unreadable(&file.0, &StorageError::Refused { findings }),
                })
            }
        });
        Ok(told.boxed())
    }

    /// The rows of `intake` as the contract's columns: found by name, cast strictly, in the
    /// contract's order. Columns may stand in any order in the file. They come in parts that are to be read at the same
    /// time, each in the order of its file.
    ///
    /// # Errors
    ///
    /// [`StorageError::Refused`] if columns are missing or not in the contract; else as the file or
    /// store gives them. A value that does not fit its type fails its part.
    pub async fn load_in_parts(
        &self,
        intake: &Intake,
        columns: &[Column],
    ) -> Result<Vec<SendableRecordBatchStream>, StorageError> {
        self.cast(intake, columns).await?.execute_stream_partitioned().await.map_err(rows_error)
    }

    /// The same rows in one stream.
    async fn load(&self, intake: &Intake, columns: &[Column]) -> Result<SendableRecordBatchStream, StorageError> {
        self.cast(intake, columns).await?.execute_stream().await.map_err(rows_error)
    }

    async fn cast(&self, intake: &Intake, columns: &[Column]) -> Result<DataFrame, StorageError> {
        let (state, table) = self.open(intake).await?;
        let findings = compare(&table, columns);
        if !findings.is_empty() {
            return Err(StorageError::Refused { findings });
        }
        let wanted = columns
            .iter()
            .map(|column| cast(ident(&column.name), arrow_type(&column.data_type)).alias(&column.name))
            .collect::<Vec<Expr>>();
        frame(state, table).and_then(|frame| frame.select(wanted)).map_err(rows_error)
    }

    /// Which columns of `intake` hold values that do not fit their types, and how many of them:
    /// for telling the author after [`load_in_parts`](Self::load_in_parts) failed. Names no value.
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

/// What is told of a file that is not what its format says.
const AS_ITS_FORMAT: &str = "it cannot be read as its format says";

fn unreadable(name: &str, error: &StorageError) -> DataFusionError {
    match error {
        StorageError::Refused { findings } => {
            let texts: Vec<&str> = findings.iter().map(|finding| finding.message.as_str()).collect();
            let code = findings.first().map_or(Code::DATA_SCHEMA, |finding| finding.code);
            unreadable_as(name, code, texts.join("; "))
        }
        StorageError::Rows { source } if !is_unanswered(source.as_ref()) => {
            unreadable_as(name, Code::DATA_UNREADABLE, AS_ITS_FORMAT.to_owned())
        }
        other => unreadable_as(name, other.code(), "its store cannot be read".to_owned()),
    }
}

fn unreadable_as(name: &str, code: Code, problem: String) -> DataFusionError {
    DataFusionError::External(Box::new(UnreadableFile { name: name.to_owned(), code, problem }))
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
