//! Arrow's arrays as the nodes and buffers of an IPC message. The buffers stay where they are.

use arrow::array::{ArrayData, BooleanBufferBuilder, BufferBuilder, OffsetSizeTrait};
use arrow::buffer::Buffer;
use arrow::datatypes::DataType;
use arrow::error::ArrowError;
use arrow::ipc;

use crate::rope::Rope;

// As Arrow recommends, and its own writers do.
const ALIGNMENT: usize = 64;
// What takes less is copied together: a piece of its own costs more than the copy.
const SMALL_BYTES: usize = 4 << 10;

/// Columns as a message tells of them. Of a sliced array no more is sent than the slice, and the arrays that a column
/// has in several batches are sent one after the other, as the one array that they are together.
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
    /// Adds one column, which is all of `parts` one after the other, and what it is made of.
    ///
    /// # Errors
    ///
    /// If its type is none that [`covers`] names, or its offsets would not fit their type.
    pub(crate) fn write(&mut self, parts: &[ArrayData]) -> Result<(), ArrowError> {
        let Some(first) = parts.first() else { return Ok(()) };
        let rows: usize = parts.iter().map(ArrayData::len).sum();
        if matches!(first.data_type(), DataType::Null) {
            self.nodes.push(ipc::FieldNode::new(rows as i64, rows as i64));
            return Ok(());
        }
        let nulls: usize = parts.iter().map(ArrayData::null_count).sum();
        self.nodes.push(ipc::FieldNode::new(rows as i64, nulls as i64));
        self.validity(parts, nulls);
        match first.data_type() {
            DataType::Boolean => self.booleans(parts),
            DataType::FixedSizeBinary(width) => self.values(parts, usize::try_from(*width).unwrap_or(0)),
            DataType::Utf8 | DataType::Binary => self.texts::<i32>(parts)?,
            DataType::LargeUtf8 | DataType::LargeBinary => self.texts::<i64>(parts)?,
            DataType::List(_) | DataType::Map(..) => self.lists::<i32>(parts)?,
            DataType::LargeList(_) => self.lists::<i64>(parts)?,
            DataType::FixedSizeList(_, size) => {
                let size = usize::try_from(*size).unwrap_or(0);
                self.write(&children(parts, 0, |data| (data.offset() * size, data.len() * size)))?;
            }
            // A sliced structure has sliced children.
            DataType::Struct(fields) => {
                (0..fields.len()).try_for_each(|at| self.write(&children(parts, at, |data| (0, data.len()))))?;
            }
            DataType::Dictionary(key, _) => self.values(parts, key.primitive_width().unwrap_or(0)),
            other => match other.primitive_width() {
                Some(width) => self.values(parts, width),
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

    fn validity(&mut self, parts: &[ArrayData], nulls: usize) {
        let bits = match parts {
            // An absent bitmap says that nothing is null.
            _ if nulls == 0 => Buffer::default(),
            [only] => only.nulls().map(|nulls| nulls.inner().sliced()).unwrap_or_default(),
            _ => joined(parts, |bits, part| match part.nulls() {
                Some(nulls) => bits.append_buffer(nulls.inner()),
                None => bits.append_n(part.len(), true),
            }),
        };
        self.push([bits]);
    }

    fn booleans(&mut self, parts: &[ArrayData]) {
        let bits = match parts {
            [only] => only.buffers()[0].bit_slice(only.offset(), only.len()),
            _ => joined(parts, |bits, part| {
                bits.append_packed_range(part.offset()..part.offset() + part.len(), &part.buffers()[0]);
            }),
        };
        self.push([bits]);
    }

    fn values(&mut self, parts: &[ArrayData], width: usize) {
        self.push(
            parts.iter().map(|part| part.buffers()[0].slice_with_length(part.offset() * width, part.len() * width)),
        );
    }

    fn texts<O: OffsetSizeTrait>(&mut self, parts: &[ArrayData]) -> Result<(), ArrowError> {
        self.push([offsets::<O>(parts)?]);
        self.push(parts.iter().map(|part| {
            let (start, len) = span::<O>(part);
            part.buffers()[1].slice_with_length(start, len)
        }));
        Ok(())
    }

    fn lists<O: OffsetSizeTrait>(&mut self, parts: &[ArrayData]) -> Result<(), ArrowError> {
        self.push([offsets::<O>(parts)?]);
        self.write(&children(parts, 0, span::<O>))
    }

    /// Adds one buffer, which is all of `pieces` one after the other.
    fn push(&mut self, pieces: impl IntoIterator<Item = Buffer>) {
        let start = self.bytes;
        for piece in pieces {
            self.bytes += piece.len();
            if piece.len() < SMALL_BYTES {
                self.small.extend_from_slice(&piece);
            } else {
                self.settle();
                self.body.push(piece);
            }
        }
        self.buffers.push(ipc::Buffer::new(start as i64, (self.bytes - start) as i64));
        let padding = self.bytes.next_multiple_of(ALIGNMENT) - self.bytes;
        self.bytes += padding;
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

/// The bits of all arrays one after the other, each added by `add`.
fn joined(parts: &[ArrayData], add: impl Fn(&mut BooleanBufferBuilder, &ArrayData)) -> Buffer {
    let mut bits = BooleanBufferBuilder::new(parts.iter().map(ArrayData::len).sum());
    parts.iter().for_each(|part| add(&mut bits, part));
    bits.finish().into_inner()
}

/// Of the child number `at` of each array so many values from a place on.
fn children(parts: &[ArrayData], at: usize, range: impl Fn(&ArrayData) -> (usize, usize)) -> Vec<ArrayData> {
    let child = |part: &ArrayData| {
        let (start, len) = range(part);
        part.child_data()[at].slice(start, len)
    };
    parts.iter().map(child).collect()
}

/// The offsets of all arrays one after the other, from zero on.
fn offsets<O: OffsetSizeTrait>(parts: &[ArrayData]) -> Result<Buffer, ArrowError> {
    if let [only] = parts
        && let Some(as_they_lie) = offsets_from_zero::<O>(only)
    {
        return Ok(as_they_lie);
    }
    let mut all = BufferBuilder::<O>::new(parts.iter().map(ArrayData::len).sum::<usize>() + 1);
    all.append(O::zero());
    let mut before = 0;
    for part in parts.iter().filter(|part| !part.is_empty()) {
        let (start, len) = span::<O>(part);
        // Those within the part are less than the last, so they fit if it does.
        O::from_usize(before + len).ok_or_else(|| ArrowError::OffsetOverflowError(before + len))?;
        let offsets = &part.buffers()[0].typed_data::<O>()[part.offset() + 1..=part.offset() + part.len()];
        let moved = |offset: &O| O::usize_as(before + offset.as_usize() - start);
        offsets.iter().for_each(|offset| all.append(moved(offset)));
        before += len;
    }
    Ok(all.finish())
}

/// The array's offsets as they lie, if they begin with zero.
fn offsets_from_zero<O: OffsetSizeTrait>(data: &ArrayData) -> Option<Buffer> {
    if data.is_empty() || span::<O>(data).0 != 0 {
        return None;
    }
    let width = size_of::<O>();
    Some(data.buffers()[0].slice_with_length(data.offset() * width, (data.len() + 1) * width))
}
