//! Arrow's arrays as the nodes and buffers of an IPC message. The buffers stay where they are.

use arrow::array::{ArrayData, BufferBuilder, OffsetSizeTrait};
use arrow::buffer::Buffer;
use arrow::datatypes::DataType;
use arrow::error::ArrowError;
use arrow::ipc;

use crate::rope::Rope;

// As Arrow recommends, and its own writers do.
const ALIGNMENT: usize = 64;
// What takes less is copied together: a piece of its own costs more than the copy.
const SMALL_BYTES: usize = 4 << 10;

/// Columns as a message tells of them. Of a sliced array no more is sent than the slice.
#[derive(Debug, Default)]
pub(crate) struct Columns {
    pub(crate) nodes: Vec<ipc::FieldNode>,
    pub(crate) buffers: Vec<ipc::Buffer>,
    body: Rope,
    /// Small buffers and padding that follow on the body.
    small: Vec<u8>,
    bytes: usize,
}

/// Whether arrays of this type can be written here: all but views, unions, runs, and dictionaries
/// that are not the type of a whole column.
pub(crate) fn covers(data_type: &DataType) -> bool {
    match data_type {
        DataType::Dictionary(_, values) => covers_within(values),
        other => covers_within(other),
    }
}

fn covers_within(data_type: &DataType) -> bool {
    match data_type {
        DataType::List(field)
        | DataType::LargeList(field)
        | DataType::Map(field, _)
        | DataType::FixedSizeList(field, _) => covers_within(field.data_type()),
        DataType::Struct(fields) => fields.iter().all(|field| covers_within(field.data_type())),
        DataType::Null | DataType::Boolean | DataType::FixedSizeBinary(_) => true,
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Binary | DataType::LargeBinary => true,
        other => other.primitive_width().is_some(),
    }
}

/// About the bytes that an array takes in a message.
pub(crate) fn bytes_of(data: &ArrayData) -> usize {
    let rows = data.len();
    let nulls = if data.null_count() > 0 { rows.div_ceil(8) } else { 0 };
    let child = |at: usize, start: usize, len: usize| data.child_data()[at].slice(start, len);
    nulls
        + match data.data_type() {
            DataType::Null => 0,
            DataType::Boolean => rows.div_ceil(8),
            DataType::FixedSizeBinary(width) => rows * usize::try_from(*width).unwrap_or(0),
            DataType::Utf8 | DataType::Binary => (rows + 1) * 4 + span::<i32>(data).1,
            DataType::LargeUtf8 | DataType::LargeBinary => (rows + 1) * 8 + span::<i64>(data).1,
            DataType::List(_) | DataType::Map(..) => {
                let (start, len) = span::<i32>(data);
                (rows + 1) * 4 + bytes_of(&child(0, start, len))
            }
            DataType::LargeList(_) => {
                let (start, len) = span::<i64>(data);
                (rows + 1) * 8 + bytes_of(&child(0, start, len))
            }
            DataType::FixedSizeList(_, size) => {
                let size = usize::try_from(*size).unwrap_or(0);
                bytes_of(&child(0, data.offset() * size, rows * size))
            }
            DataType::Struct(_) => data.child_data().iter().map(bytes_of).sum(),
            DataType::Dictionary(key, _) => rows * key.primitive_width().unwrap_or(0),
            other => match other.primitive_width() {
                Some(width) => rows * width,
                None => data.get_slice_memory_size().unwrap_or(0),
            },
        }
}

impl Columns {
    /// Adds one array, and what it is made of.
    ///
    /// # Errors
    ///
    /// If its type is none that [`covers`] names.
    pub(crate) fn write(&mut self, data: &ArrayData) -> Result<(), ArrowError> {
        let rows = data.len();
        if matches!(data.data_type(), DataType::Null) {
            self.nodes.push(ipc::FieldNode::new(rows as i64, rows as i64));
            return Ok(());
        }
        self.nodes.push(ipc::FieldNode::new(rows as i64, data.null_count() as i64));
        self.validity(data);
        match data.data_type() {
            DataType::Boolean => self.push(data.buffers()[0].bit_slice(data.offset(), rows)),
            DataType::FixedSizeBinary(width) => self.values(data, usize::try_from(*width).unwrap_or(0)),
            DataType::Utf8 | DataType::Binary => self.texts::<i32>(data),
            DataType::LargeUtf8 | DataType::LargeBinary => self.texts::<i64>(data),
            DataType::List(_) | DataType::Map(..) => self.lists::<i32>(data)?,
            DataType::LargeList(_) => self.lists::<i64>(data)?,
            DataType::FixedSizeList(_, size) => {
                let size = usize::try_from(*size).unwrap_or(0);
                self.write(&data.child_data()[0].slice(data.offset() * size, rows * size))?;
            }
            // A sliced structure has sliced children.
            DataType::Struct(_) => data.child_data().iter().try_for_each(|child| self.write(child))?,
            DataType::Dictionary(key, _) => self.values(data, key.primitive_width().unwrap_or(0)),
            other => match other.primitive_width() {
                Some(width) => self.values(data, width),
                None => return Err(ArrowError::NotYetImplemented(format!("writing `{other}` as it lies"))),
            },
        }
        Ok(())
    }

    /// Nodes and buffers as they are told, and the bytes of the buffers.
    pub(crate) fn finish(mut self) -> (Vec<ipc::FieldNode>, Vec<ipc::Buffer>, Rope) {
        self.settle();
        (self.nodes, self.buffers, self.body)
    }

    fn validity(&mut self, data: &ArrayData) {
        match data.nulls().filter(|nulls| nulls.null_count() > 0) {
            Some(nulls) => self.push(nulls.inner().sliced()),
            // An absent bitmap says that nothing is null.
            None => self.push(Buffer::default()),
        }
    }

    fn values(&mut self, data: &ArrayData, width: usize) {
        self.push(data.buffers()[0].slice_with_length(data.offset() * width, data.len() * width));
    }

    fn texts<O: OffsetSizeTrait>(&mut self, data: &ArrayData) {
        let (start, len) = span::<O>(data);
        self.push(offsets::<O>(data));
        self.push(data.buffers()[1].slice_with_length(start, len));
    }

    fn lists<O: OffsetSizeTrait>(&mut self, data: &ArrayData) -> Result<(), ArrowError> {
        let (start, len) = span::<O>(data);
        self.push(offsets::<O>(data));
        self.write(&data.child_data()[0].slice(start, len))
    }

    fn push(&mut self, buffer: Buffer) {
        self.buffers.push(ipc::Buffer::new(self.bytes as i64, buffer.len() as i64));
        let padding = buffer.len().next_multiple_of(ALIGNMENT) - buffer.len();
        self.bytes += buffer.len() + padding;
        if buffer.len() < SMALL_BYTES {
            self.small.extend_from_slice(&buffer);
        } else {
            self.settle();
            self.body.push(buffer);
        }
        self.small.resize(self.small.len() + padding, 0);
    }

    fn settle(&mut self) {
        self.body.push(Buffer::from(std::mem::take(&mut self.small)));
    }
}

/// Where the values that the array's offsets speak of start, and how many there are.
fn span<O: OffsetSizeTrait>(data: &ArrayData) -> (usize, usize) {
    if data.is_empty() {
        return (0, 0);
    }
    let offsets = &data.buffers()[0].typed_data::<O>()[data.offset()..=data.offset() + data.len()];
    let (start, end) = (offsets[0].as_usize(), offsets[data.len()].as_usize());
    (start, end - start)
}

/// The array's offsets, from zero on.
fn offsets<O: OffsetSizeTrait>(data: &ArrayData) -> Buffer {
    let width = size_of::<O>();
    if data.is_empty() {
        return Buffer::from(vec![0_u8; width]);
    }
    let all = &data.buffers()[0];
    let offsets = &all.typed_data::<O>()[data.offset()..=data.offset() + data.len()];
    let start = offsets[0];
    if start.as_usize() == 0 {
        return all.slice_with_length(data.offset() * width, size_of_val(offsets));
    }
    let mut rebased = BufferBuilder::<O>::new(offsets.len());
    offsets.iter().for_each(|offset| rebased.append(*offset - start));
    rebased.finish()
}
