//! The rows of an answer on their way out.

use std::io;
use std::sync::Arc;

use arrow::array::Array;
use arrow::datatypes::{FieldRef, SchemaRef};
use arrow::error::ArrowError;
use arrow::ipc::writer::StreamWriter;
use arrow::json::writer::{Encoder, EncoderFactory, EncoderOptions, NullableEncoder, make_encoder};
use arrow::record_batch::RecordBatch;
use arrow::util::display::{ArrayFormatter, FormatOptions};
use axum::body::{Body, Bytes};
use futures::StreamExt;
use weft_engine::{Answer, QueryError};
use weft_wire as wire;

use crate::problem::Problem;
use crate::sql_format::SqlFormat;
use crate::trace::TraceId;

/// Bytes that are held back before the head of the answer leaves. A query that fails within them
/// is answered by a problem and nothing else.
const HELD_BYTES: usize = 1 << 20;

/// An answer, and what of it is written already.
pub(crate) struct SqlRows {
    answer: Answer,
    writer: Writer,
    /// Rows that may still leave.
    remaining: Option<u64>,
    trace: TraceId,
    ended: bool,
}

enum Writer {
    Json { schema: SchemaRef, terms: Vec<u8>, head: Vec<u8>, rows: bool },
    Arrow(Box<StreamWriter<Vec<u8>>>),
}

impl SqlRows {
    pub(crate) fn begin(
        answer: Answer,
        format: SqlFormat,
        limit: Option<u64>,
        terms: &[wire::SqlTerms],
        trace: TraceId,
    ) -> Result<SqlRows, Problem> {
        let writer = Writer::begin(format, &answer, terms)?;
        Ok(SqlRows { answer, writer, remaining: limit, trace, ended: false })
    }

    /// The body: in one piece where it is short, else what there is and a stream of the rest. Dropping
    /// it, or this future, cancels the query.
    pub(crate) async fn into_body(mut self) -> Result<Body, Problem> {
        let mut held = Vec::new();
        while held.len() < HELD_BYTES {
            match self.next().await? {
                Some(bytes) => held.extend(bytes),
                None => return Ok(Body::from(held)),
            }
        }
        let first = futures::stream::iter([Ok(Bytes::from(held))]);
        let rest = futures::stream::unfold(self, |mut rows| async move {
            let piece = match rows.next().await {
                Ok(bytes) => bytes.map(|bytes| Ok(Bytes::from(bytes)))?,
                Err(problem) => rows.cut_short(&problem),
            };
            Some((piece, rows))
        });
        Ok(Body::from_stream(first.chain(rest)))
    }

    /// The next piece of the body, which may be empty; none at the end.
    async fn next(&mut self) -> Result<Option<Vec<u8>>, Problem> {
        if self.ended {
            return Ok(None);
        }
        match self.answer.next().await {
            None => self.end(false).map(Some),
            Some(Err(error)) => Err(error.into()),
            Some(Ok(batch)) => {
                let rows = batch.num_rows() as u64;
                let room = self.remaining.unwrap_or(rows);
                self.remaining = self.remaining.map(|remaining| remaining.saturating_sub(rows));
                let mut bytes = self.writer.rows(&batch.slice(0, rows.min(room) as usize))?;
                if rows > room {
                    bytes.extend(self.end(true)?);
                }
                Ok(Some(bytes))
            }
        }
    }

    fn end(&mut self, truncated: bool) -> Result<Vec<u8>, Problem> {
        self.ended = true;
        self.writer.end(truncated, None)
    }

    /// What ends a body whose head has left already: JSON says what went wrong, a stream of Arrow
    /// lacks its end.
    fn cut_short(&mut self, problem: &Problem) -> Result<Bytes, io::Error> {
        self.ended = true;
        let told = match &self.writer {
            Writer::Json { .. } => self.writer.end(false, Some(problem.to_wire(&self.trace))).ok(),
            Writer::Arrow(_) => None,
        };
        told.map(Bytes::from).ok_or_else(|| io::Error::other("the query failed while its rows went out"))
    }
}

impl Writer {
    fn begin(format: SqlFormat, answer: &Answer, terms: &[wire::SqlTerms]) -> Result<Writer, Problem> {
        match format {
            SqlFormat::Arrow => {
                let told = String::from_utf8(json(&terms)?).map_err(|_| Problem::internal())?;
                let metadata = answer.schema.metadata().clone().into_iter().chain([(wire::TERMS_KEY.to_owned(), told)]);
                let schema = answer.schema.as_ref().clone().with_metadata(metadata.collect());
                let writer = StreamWriter::try_new(Vec::new(), &schema).map_err(unwritten)?;
                Ok(Writer::Arrow(Box::new(writer)))
            }
            SqlFormat::Json => {
                let columns = answer.schema.fields().iter().map(|field| wire::SqlColumn {
                    name: field.name().clone(),
                    data_type: field.data_type().to_string(),
                    nullable: field.is_nullable(),
                });
                let (id, columns) = (json(&answer.id)?, json(&columns.collect::<Vec<_>>())?);
                let head = [b"{\"id\":", id.as_slice(), b",\"columns\":", &columns, b",\"rows\":["].concat();
                Ok(Writer::Json { schema: answer.schema.clone(), terms: json(&terms)?, head, rows: false })
            }
        }
    }

    fn rows(&mut self, batch: &RecordBatch) -> Result<Vec<u8>, Problem> {
        match self {
            Writer::Arrow(writer) => {
                writer.write(batch).map_err(unwritten)?;
                Ok(std::mem::take(writer.get_mut()))
            }
            Writer::Json { schema, head, rows, .. } => {
                let mut out = std::mem::take(head);
                json_rows(schema, batch, rows, &mut out).map_err(unwritten)?;
                Ok(out)
            }
        }
    }

    fn end(&mut self, truncated: bool, problem: Option<wire::Problem>) -> Result<Vec<u8>, Problem> {
        match self {
            Writer::Arrow(writer) => {
                writer.finish().map_err(unwritten)?;
                Ok(std::mem::take(writer.get_mut()))
            }
            Writer::Json { head, terms, .. } => {
                let mut out = std::mem::take(head);
                let (truncated, problem) = (json(&truncated)?, json(&problem)?);
                out.extend(
                    [
                        b"],\"terms\":",
                        terms.as_slice(),
                        b",\"truncated\":",
                        truncated.as_slice(),
                        b",\"problem\":",
                        &problem,
                        b"}\n",
                    ]
                    .concat(),
                );
                Ok(out)
            }
        }
    }
}

/// Writes decimals as texts: readers of JSON take numbers for floats, and lose digits.
#[derive(Debug)]
struct DecimalsAsTexts;

struct Quoted<'a>(ArrayFormatter<'a>);

impl Encoder for Quoted<'_> {
    fn encode(&mut self, row: usize, out: &mut Vec<u8>) {
        // Of digits, a sign and a point there is nothing to escape.
        out.extend(format!("\"{}\"", self.0.value(row)).into_bytes());
    }
}

impl EncoderFactory for DecimalsAsTexts {
    fn make_default_encoder<'a>(
        &self,
        _: &'a FieldRef,
        array: &'a dyn Array,
        _: &'a EncoderOptions,
    ) -> Result<Option<NullableEncoder<'a>>, ArrowError> {
        if !array.data_type().is_decimal() {
            return Ok(None);
        }
        let texts = ArrayFormatter::try_new(array, &PLAIN)?;
        Ok(Some(NullableEncoder::new(Box::new(Quoted(texts)), array.nulls().cloned())))
    }
}

static PLAIN: FormatOptions<'static> = FormatOptions::new();

/// Writes each row as a list; `begun` says whether one stands before them.
fn json_rows(schema: &SchemaRef, batch: &RecordBatch, begun: &mut bool, out: &mut Vec<u8>) -> Result<(), ArrowError> {
    let options = EncoderOptions::default().with_explicit_nulls(true);
    let options = options.with_encoder_factory(Arc::new(DecimalsAsTexts));
    let columns = schema.fields().iter().zip(batch.columns());
    let mut encoders: Vec<_> =
        columns.map(|(field, column)| make_encoder(field, column.as_ref(), &options)).collect::<Result<_, _>>()?;
    for row in 0..batch.num_rows() {
        out.extend(if std::mem::replace(begun, true) { b",\n[".as_slice() } else { b"\n[" });
        for (n, encoder) in encoders.iter_mut().enumerate() {
            if n > 0 {
                out.push(b',');
            }
            if encoder.is_null(row) { out.extend(b"null") } else { encoder.encode(row, out) }
        }
        out.push(b']');
    }
    Ok(())
}

fn json(value: &impl serde::Serialize) -> Result<Vec<u8>, Problem> {
    serde_json::to_vec(value).map_err(|error| {
        tracing::error!(%error, "a part of an answer has no JSON form");
        Problem::internal()
    })
}

/// A type of value that this form of answer cannot hold.
fn unwritten(error: ArrowError) -> Problem {
    tracing::info!(%error, "rows cannot be written");
    QueryError::Failed { problem: "a column's type has no form in this kind of answer".to_owned() }.into()
}
