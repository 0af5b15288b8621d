//! Rows for programs: CSV, JSON, Arrow and Parquet, written batch by batch.

use std::io::Write;

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use arrow::error::ArrowError;
use arrow::ipc::writer::StreamWriter;
use arrow::json::writer::{JsonArray, WriterBuilder};
use arrow::util::display::FormatOptions;
use parquet::arrow::ArrowWriter;
use parquet::errors::ParquetError;

use super::cells::Cells;

/// A format that is written as the rows come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// RFC 4180 with a header; lines end in LF; NULL is an empty field.
    Csv,
    /// One array of objects; NULL is `null`.
    Json,
    /// An Arrow IPC stream.
    Arrow,
    /// One Parquet file.
    Parquet,
}

impl Format {
    /// Whether a terminal cannot show it.
    pub fn is_binary(self) -> bool {
        matches!(self, Format::Arrow | Format::Parquet)
    }
}

/// Why rows could not be written.
#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    #[error(transparent)]
    Stream(#[from] std::io::Error),
    #[error("a value cannot be written in this format: {0}")]
    Value(String),
}

impl From<ArrowError> for WriteError {
    fn from(error: ArrowError) -> Self {
        match error {
            ArrowError::IoError(_, source) => WriteError::Stream(source),
            other => WriteError::Value(other.to_string()),
        }
    }
}

impl From<ParquetError> for WriteError {
    fn from(error: ParquetError) -> Self {
        match error {
            ParquetError::External(source) => match source.downcast::<std::io::Error>() {
                Ok(source) => WriteError::Stream(*source),
                Err(source) => WriteError::Value(source.to_string()),
            },
            other => WriteError::Value(other.to_string()),
        }
    }
}

/// Writes batches of one schema to `W`. What is written is complete only after
/// [`finish`](RowWriter::finish).
pub struct RowWriter<W: Write + Send> {
    to: To<W>,
}

enum To<W: Write + Send> {
    Csv(W),
    Json(arrow::json::Writer<W, JsonArray>),
    Arrow(StreamWriter<W>),
    Parquet(Box<ArrowWriter<W>>),
}

impl<W: Write + Send> RowWriter<W> {
    /// Begins; a header, where the format has one, is written at once.
    pub fn begin(format: Format, schema: &SchemaRef, mut out: W) -> Result<Self, WriteError> {
        let to = match format {
            Format::Csv => {
                let names: Vec<String> = schema.fields().iter().map(|field| quoted(field.name())).collect();
                writeln!(out, "{}", names.join(","))?;
                To::Csv(out)
            }
            Format::Json => To::Json(WriterBuilder::new().with_explicit_nulls(true).build::<_, JsonArray>(out)),
            Format::Arrow => To::Arrow(StreamWriter::try_new(out, schema)?),
            Format::Parquet => To::Parquet(Box::new(ArrowWriter::try_new(out, schema.clone(), None)?)),
        };
        Ok(RowWriter { to })
    }

    /// Writes one batch.
    pub fn write(&mut self, batch: &RecordBatch) -> Result<(), WriteError> {
        match &mut self.to {
            To::Csv(out) => csv(out, batch),
            To::Json(writer) => Ok(writer.write(batch)?),
            To::Arrow(writer) => Ok(writer.write(batch)?),
            To::Parquet(writer) => Ok(writer.write(batch)?),
        }
    }

    /// Ends, and gives back what was written to.
    pub fn finish(self) -> Result<W, WriteError> {
        let mut out = match self.to {
            To::Csv(out) => out,
            To::Json(mut writer) => {
                writer.finish()?;
                let mut out = writer.into_inner();
                out.write_all(b"\n")?;
                out
            }
            To::Arrow(mut writer) => {
                writer.finish()?;
                writer.into_inner()?
            }
            To::Parquet(writer) => writer.into_inner()?,
        };
        out.flush()?;
        Ok(out)
    }
}

fn csv(out: &mut impl Write, batch: &RecordBatch) -> Result<(), WriteError> {
    let options = FormatOptions::default();
    let cells = Cells::of(batch, &options)?;
    let mut line = String::new();
    for row in 0..batch.num_rows() {
        line.clear();
        for (position, value) in cells.row(row).enumerate() {
            if position > 0 {
                line.push(',');
            }
            line.push_str(&quoted(&value?.unwrap_or_default()));
        }
        line.push('\n');
        out.write_all(line.as_bytes())?;
    }
    Ok(())
}

/// The field as RFC 4180 wants it: in quotes where a reader would otherwise misread it.
fn quoted(text: &str) -> String {
    if text.contains([',', '"', '\n', '\r']) { format!("\"{}\"", text.replace('"', "\"\"")) } else { text.to_owned() }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::array::{ArrayRef, Int64Array, StringArray};
    use arrow::ipc::reader::StreamReader;
    use expect_test::expect;

    use super::*;

    fn batch() -> RecordBatch {
        let columns: [(&str, ArrayRef); 2] = [
            ("say, what", Arc::new(StringArray::from(vec![Some("a \"b\", c"), Some("two\nlines"), None]))),
            ("n", Arc::new(Int64Array::from(vec![Some(1), None, Some(3)]))),
        ];
        RecordBatch::try_from_iter_with_nullable(columns.map(|(name, array)| (name, array, true))).unwrap()
    }

    fn written(format: Format, batches: &[RecordBatch]) -> Vec<u8> {
        let mut writer = RowWriter::begin(format, &batch().schema(), Vec::new()).unwrap();
        batches.iter().for_each(|batch| writer.write(batch).unwrap());
        writer.finish().unwrap()
    }

    #[test]
    fn csv_is_quoted_where_it_must_be_and_ends_lines_in_lf() {
        let text = String::from_utf8(written(Format::Csv, &[batch()])).unwrap();
        assert!(!text.contains('\r'));
        expect![[r#"
            "say, what",n
            "a ""b"", c",1
            "two
            lines",
            ,3
        "#]]
        .assert_eq(&text);
    }

    #[test]
    fn json_is_one_array_over_all_batches() {
        let text = String::from_utf8(written(Format::Json, &[batch().slice(0, 1), batch().slice(1, 2)])).unwrap();
        expect![[r#"
            [{"say, what":"a \"b\", c","n":1},{"say, what":"two\nlines","n":null},{"say, what":null,"n":3}]
        "#]]
        .assert_eq(&text);
        assert_eq!(written(Format::Json, &[]), b"[]\n");
    }

    #[test]
    fn arrow_and_parquet_read_back_as_written() {
        let bytes = written(Format::Arrow, &[batch()]);
        let read: Vec<RecordBatch> =
            StreamReader::try_new(bytes.as_slice(), None).unwrap().map(Result::unwrap).collect();
        assert_eq!(read, [batch()]);
        let bytes = bytes::Bytes::from(written(Format::Parquet, &[batch()]));
        let mut reader = parquet::arrow::arrow_reader::ParquetRecordBatchReader::try_new(bytes, 1024).unwrap();
        assert_eq!(reader.next().unwrap().unwrap(), batch());
    }
}
