//! Entities from a file: uploaded as a table of the caller's own, and kept beside the training set.

use std::fs;
use std::io::{Cursor, Seek};
use std::path::Path;
use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::csv::ReaderBuilder;
use arrow::csv::reader::Format;
use arrow::error::ArrowError;
use arrow_flight::sql::client::FlightSqlServiceClient;
use arrow_flight::sql::{CommandStatementIngest, TableDefinitionOptions, TableExistsOption, TableNotExistOption};
use futures::stream;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use sha2::{Digest, Sha256};
use tonic::transport::Channel;

use super::super::flight_failure::of_flight;
use super::super::{Exit, Failure};

/// So many rows of a CSV file say of which types its columns are.
const ROWS_LOOKED_AT: usize = 10_000;

/// A file of entities.
#[derive(Clone, Debug)]
pub(super) struct FrameFile {
    /// `csv` or `parquet`.
    ending: String,
    bytes: Vec<u8>,
}

impl FrameFile {
    pub(super) fn read(path: &Path) -> Result<Self, Failure> {
        let shown = path.display();
        let ending = path.extension().and_then(|ending| ending.to_str()).unwrap_or_default().to_ascii_lowercase();
        if !["csv", "parquet"].contains(&ending.as_str()) {
            return Err(Failure::usage(format!("`{shown}` is neither a CSV nor a Parquet file by its name")));
        }
        let bytes = fs::read(path).map_err(|error| Failure::io(format!("cannot read `{shown}`"), &error))?;
        Ok(FrameFile { ending, bytes })
    }

    pub(super) fn sha256(&self) -> String {
        sha256(&self.bytes)
    }

    /// The name that the copy beside the training set has.
    pub(super) fn name(&self) -> String {
        format!("entities.{}", self.ending)
    }

    /// The name of the uploaded table: files of another content have another.
    pub(super) fn table(&self) -> String {
        format!("frame_{}", self.sha256().get(..16).unwrap_or_default())
    }

    /// Keeps a copy in a folder.
    pub(super) fn keep(&self, folder: &Path) -> Result<(), Failure> {
        super::place::write(&folder.join(self.name()), &self.bytes)
    }

    /// Brings the rows to the server, in the place of those of the same name.
    pub(super) async fn upload(&self, client: &FlightSqlServiceClient<Channel>) -> Result<(), Failure> {
        let batches = self
            .batches()
            .map_err(|error| Failure::new(Exit::Problems, format!("the entities cannot be read: {error}")))?;
        let command = CommandStatementIngest {
            table_definition_options: Some(TableDefinitionOptions {
                if_not_exist: TableNotExistOption::Create.into(),
                if_exists: TableExistsOption::Replace.into(),
            }),
            table: self.table(),
            schema: None,
            catalog: None,
            temporary: true,
            transaction_id: None,
            options: Default::default(),
        };
        let rows = stream::iter(batches.into_iter().map(Ok));
        client.clone().execute_ingest(command, rows).await.map(drop).map_err(of_flight)
    }

    fn batches(&self) -> Result<Vec<RecordBatch>, ArrowError> {
        if self.ending == "parquet" {
            let bytes = bytes::Bytes::from(self.bytes.clone());
            return ParquetRecordBatchReaderBuilder::try_new(bytes)?.build()?.collect();
        }
        let mut bytes = Cursor::new(&self.bytes);
        let (schema, _) = Format::default().with_header(true).infer_schema(&mut bytes, Some(ROWS_LOOKED_AT))?;
        bytes.rewind()?;
        ReaderBuilder::new(Arc::new(schema)).with_header(true).build(bytes)?.collect()
    }
}

/// As 64 hexadecimal digits.
pub(super) fn sha256(bytes: &[u8]) -> String {
    hex::encode(Sha256::digest(bytes))
}

#[cfg(test)]
mod tests {
    use arrow::datatypes::DataType;

    use super::*;

    #[test]
    fn columns_of_a_csv_file_have_the_types_of_their_values() {
        let bytes = b"origin,at,n\nJFK,2013-07-01T12:00:00,1\nEWR,2013-07-01T13:00:00,2\n".to_vec();
        let file = FrameFile { ending: "csv".to_owned(), bytes };
        let batches = file.batches().unwrap();
        assert_eq!(batches.iter().map(RecordBatch::num_rows).sum::<usize>(), 2);
        let types: Vec<_> = batches[0].schema().fields().iter().map(|field| field.data_type().clone()).collect();
        assert!(matches!(types[1], DataType::Timestamp(..)), "{types:?}");
        assert_eq!((&types[0], &types[2]), (&DataType::Utf8, &DataType::Int64));
    }
}
