//! Schemas, dictionaries and batches as messages of Arrow's IPC format.

use std::collections::VecDeque;
use std::slice;

use arrow::array::{Array, ArrayData};
use arrow::buffer::Buffer;
use arrow::compute::concat_batches;
use arrow::datatypes::{DataType, SchemaRef};
use arrow::error::ArrowError;
use arrow::ipc;
use arrow::ipc::writer::{
    DictionaryHandling, DictionaryTracker, DictionaryUpdate, EncodedData, IpcDataGenerator, IpcWriteContext,
    IpcWriteOptions,
};
use arrow::record_batch::RecordBatch;
use flatbuffers::{FlatBufferBuilder, UnionWIPOffset, WIPOffset};

use crate::columns::{self, Columns};
use crate::message::Message;
use crate::rope::Rope;

/// So many bytes are copied to make one message of several batches: it spares client and server the work that goes
/// with a message.
const COPIED_BYTES_MAX: usize = 1 << 20;

/// Encodes the batches of one stream.
///
/// Buffers go into messages as they lie in memory. Types that [`columns::covers`] does not name are
/// left to Arrow's own writer, which copies. A dictionary is sent before the first batch that needs
/// it and again only when it has changed.
pub(crate) struct Encoder {
    dictionaries: DictionaryTracker,
    has_dictionaries: bool,
    /// Whether all columns can be written without copies.
    as_they_lie: bool,
    /// Bytes that a message should not take more of.
    message_bytes: usize,
    options: IpcWriteOptions,
    context: IpcWriteContext,
}

impl Encoder {
    /// An encoder for messages of about `message_bytes` at most, and the message that begins its stream.
    pub(crate) fn new(schema: &SchemaRef, message_bytes: usize) -> (Self, Message) {
        let mut dictionaries = DictionaryTracker::new(false);
        let options = IpcWriteOptions::default().with_dictionary_handling(DictionaryHandling::Resend);
        let generator = IpcDataGenerator::default();
        let told = generator.schema_to_bytes_with_dictionary_tracker(schema, &mut dictionaries, &options);
        let mut types = schema.fields().iter().map(|field| field.data_type());
        let has_dictionaries = types.any(|data_type| matches!(data_type, DataType::Dictionary(..)));
        let as_they_lie = schema.fields().iter().all(|field| columns::covers(field.data_type()));
        let context = IpcWriteContext::default();
        let encoder = Encoder { dictionaries, has_dictionaries, as_they_lie, message_bytes, options, context };
        (encoder, Message::from(told))
    }

    /// How many bytes of batches to hand over together: as many as go into a message, and fewer where they are copied.
    /// None where columns have dictionaries, of which each batch may have its own.
    pub(crate) fn together_bytes_max(&self) -> usize {
        match (self.has_dictionaries, self.as_they_lie) {
            (true, _) => 0,
            (false, true) => self.message_bytes,
            (false, false) => COPIED_BYTES_MAX.min(self.message_bytes),
        }
    }

    /// Adds the messages that bring `batches`: one for all where they may go together, and several for one that would
    /// be too large.
    ///
    /// # Errors
    ///
    /// If Arrow cannot write what the batches hold.
    pub(crate) fn encode(
        &mut self,
        batches: &[RecordBatch],
        messages: &mut VecDeque<Message>,
    ) -> Result<(), ArrowError> {
        match batches {
            [_, _, ..] if self.together_bytes_max() > 0 => {
                if self.as_they_lie {
                    messages.push_back(batch_message(batches)?);
                    return Ok(());
                }
                self.encode_one(concat_batches(batches[0].schema_ref(), batches)?, messages)
            }
            _ => batches.iter().try_for_each(|batch| self.encode_one(batch.clone(), messages)),
        }
    }

    fn encode_one(&mut self, batch: RecordBatch, messages: &mut VecDeque<Message>) -> Result<(), ArrowError> {
        let mut pieces = vec![batch];
        while let Some(batch) = pieces.pop() {
            let parts = bytes_of(&batch).div_ceil(self.message_bytes).min(batch.num_rows());
            if parts < 2 {
                self.encode_whole(&batch, messages)?;
            } else if self.as_they_lie {
                // The last first, since the next piece is taken from the end.
                pieces.extend(cut(&batch, parts).into_iter().rev());
            } else {
                // How large slices of such types come out is known too roughly to cut them again.
                cut(&batch, parts).iter().try_for_each(|part| self.encode_whole(part, messages))?;
            }
        }
        Ok(())
    }

    fn encode_whole(&mut self, batch: &RecordBatch, messages: &mut VecDeque<Message>) -> Result<(), ArrowError> {
        if self.as_they_lie {
            self.encode_dictionaries(batch, messages)?;
            messages.push_back(batch_message(slice::from_ref(batch))?);
            return Ok(());
        }
        let generator = IpcDataGenerator::default();
        let (dictionaries, rows) = generator.encode(batch, &mut self.dictionaries, &self.options, &mut self.context)?;
        messages.extend(dictionaries.into_iter().chain([rows]).map(Message::from));
        Ok(())
    }

    fn encode_dictionaries(&mut self, batch: &RecordBatch, messages: &mut VecDeque<Message>) -> Result<(), ArrowError> {
        let ids = self.dictionaries.dict_id().to_vec();
        let encoded = batch.columns().iter().filter(|column| matches!(column.data_type(), DataType::Dictionary(..)));
        for (id, column) in ids.into_iter().zip(encoded) {
            match self.dictionaries.insert_column(id, column, DictionaryHandling::Resend)? {
                DictionaryUpdate::None => {}
                DictionaryUpdate::Delta(added) => messages.push_back(dictionary_message(id, &added, true)?),
                DictionaryUpdate::New | DictionaryUpdate::Replaced => {
                    messages.push_back(dictionary_message(id, &column.to_data().child_data()[0], false)?);
                }
            }
        }
        Ok(())
    }
}

impl From<EncodedData> for Message {
    fn from(encoded: EncodedData) -> Self {
        Message { header: encoded.ipc_message, body: Rope::from(Buffer::from(encoded.arrow_data)) }
    }
}

/// About the bytes that a batch takes in messages.
pub(crate) fn bytes_of(batch: &RecordBatch) -> usize {
    batch.columns().iter().map(|column| columns::bytes_of(&column.to_data())).sum()
}

fn cut(batch: &RecordBatch, parts: usize) -> Vec<RecordBatch> {
    let rows = batch.num_rows().div_ceil(parts);
    (0..batch.num_rows()).step_by(rows).map(|at| batch.slice(at, rows.min(batch.num_rows() - at))).collect()
}

/// One message of all the batches.
fn batch_message(batches: &[RecordBatch]) -> Result<Message, ArrowError> {
    let mut columns = Columns::default();
    for at in 0..batches.first().map_or(0, RecordBatch::num_columns) {
        let parts: Vec<ArrayData> = batches.iter().map(|batch| batch.column(at).to_data()).collect();
        columns.write(&parts)?;
    }
    let rows = batches.iter().map(RecordBatch::num_rows).sum();
    Ok(message(columns, rows, |_, batch| (ipc::MessageHeader::RecordBatch, batch.as_union_value())))
}

fn dictionary_message(id: i64, values: &ArrayData, is_delta: bool) -> Result<Message, ArrowError> {
    let mut columns = Columns::default();
    columns.write(slice::from_ref(values))?;
    Ok(message(columns, values.len(), |builder, batch| {
        let mut dictionary = ipc::DictionaryBatchBuilder::new(builder);
        dictionary.add_id(id);
        dictionary.add_data(batch);
        dictionary.add_isDelta(is_delta);
        (ipc::MessageHeader::DictionaryBatch, dictionary.finish().as_union_value())
    }))
}

fn message(
    columns: Columns,
    rows: usize,
    header: impl for<'a> FnOnce(
        &mut FlatBufferBuilder<'a>,
        WIPOffset<ipc::RecordBatch<'a>>,
    ) -> (ipc::MessageHeader, WIPOffset<UnionWIPOffset>),
) -> Message {
    use bytes::Buf as _;

    let (nodes, buffers, body) = columns.finish();
    let mut builder = FlatBufferBuilder::with_capacity(256 + 16 * (nodes.len() + buffers.len()));
    let (nodes, buffers) = (builder.create_vector(&nodes), builder.create_vector(&buffers));
    let mut batch = ipc::RecordBatchBuilder::new(&mut builder);
    batch.add_length(rows as i64);
    batch.add_nodes(nodes);
    batch.add_buffers(buffers);
    let batch = batch.finish();
    let (kind, header) = header(&mut builder, batch);
    let mut message = ipc::MessageBuilder::new(&mut builder);
    message.add_version(ipc::MetadataVersion::V5);
    message.add_header_type(kind);
    message.add_bodyLength(body.remaining() as i64);
    message.add_header(header);
    let message = message.finish();
    builder.finish(message, None);
    Message { header: builder.finished_data().to_vec(), body }
}

#[cfg(test)]
mod tests;
