use std::sync::Arc;

use arrow::array::{
    ArrayRef, BinaryArray, BooleanArray, Decimal128Array, Decimal256Array, DictionaryArray, FixedSizeBinaryArray,
    FixedSizeListArray, Float64Array, GenericListArray, Int8Array, Int32Array, Int64Array, IntervalMonthDayNanoArray,
    LargeBinaryArray, LargeStringArray, MapArray, NullArray, OffsetSizeTrait, RecordBatchOptions, RunArray,
    StringArray, StringViewArray, StructArray, TimestampMicrosecondArray, UnionArray,
};
use arrow::buffer::{NullBuffer, OffsetBuffer, ScalarBuffer};
use arrow::compute::concat_batches;
use arrow::datatypes::{Field, Fields, Int32Type, IntervalMonthDayNano, Schema, UnionFields, i256};
use arrow_flight::FlightData;
use arrow_flight::decode::FlightRecordBatchStream;
use bytes::Buf as _;
use fastrand::Rng;
use futures::TryStreamExt;
use futures::executor::block_on;
use prost::Message as _;

use super::*;

const MESSAGE_BYTES: usize = 2 << 20;

/// What a client reads of the frames of `messages`.
fn read(messages: Vec<Message>) -> Vec<RecordBatch> {
    let mut wire = Rope::default();
    messages.into_iter().for_each(|message| wire.append(message.into_frame()));
    let mut read = Vec::new();
    while wire.has_remaining() {
        assert_eq!(wire.get_u8(), 0);
        let bytes = wire.get_u32() as usize;
        read.push(Ok(FlightData::decode(wire.copy_to_bytes(bytes)).unwrap()));
    }
    let read = FlightRecordBatchStream::new_from_flight_data(futures::stream::iter(read));
    block_on(read.try_collect()).unwrap()
}

fn encoded(batches: &[RecordBatch]) -> Vec<Message> {
    let (mut encoder, begin) = Encoder::new(&batches[0].schema(), MESSAGE_BYTES);
    let mut messages = VecDeque::from([begin]);
    batches.iter().for_each(|batch| encoder.encode(slice::from_ref(batch), &mut messages).unwrap());
    messages.into()
}

/// All of `batches` in one message after that of the schema.
fn together(batches: &[RecordBatch]) -> Vec<Message> {
    let (mut encoder, begin) = Encoder::new(&batches[0].schema(), MESSAGE_BYTES);
    let mut messages = VecDeque::from([begin]);
    encoder.encode(batches, &mut messages).unwrap();
    messages.into()
}

#[track_caller]
fn check(batches: &[RecordBatch]) {
    let schema = batches[0].schema();
    let read = read(encoded(batches));
    assert!(read.iter().all(|batch| batch.schema() == schema));
    let (sent, read) = (concat_batches(&schema, batches).unwrap(), concat_batches(&schema, &read).unwrap());
    assert_eq!(sent, read);
}

fn one(column: ArrayRef) -> RecordBatch {
    let field = Field::new("c", column.data_type().clone(), true);
    RecordBatch::try_new(Arc::new(Schema::new(vec![field])), vec![column]).unwrap()
}

fn nulls(rng: &mut Rng, rows: usize) -> Option<NullBuffer> {
    match rng.u8(..3) {
        0 => None,
        1 => Some(NullBuffer::new_valid(rows)),
        _ => Some((0..rows).map(|_| rng.bool()).collect()),
    }
}

fn word(rng: &mut Rng) -> String {
    (0..rng.usize(..9)).map(|_| rng.char('a'..'ω')).collect()
}

fn words(rng: &mut Rng, rows: usize) -> Vec<Option<String>> {
    (0..rows).map(|_| (rng.u8(..4) > 0).then(|| word(rng))).collect()
}

fn lists<O: OffsetSizeTrait>(rng: &mut Rng, rows: usize, depth: usize) -> ArrayRef {
    let lengths: Vec<usize> = (0..rows).map(|_| rng.usize(..4)).collect();
    let values = column(rng, lengths.iter().sum(), depth);
    let field = Arc::new(Field::new("item", values.data_type().clone(), true));
    let offsets = OffsetBuffer::<O>::from_lengths(lengths);
    Arc::new(GenericListArray::new(field, offsets, values, nulls(rng, rows)))
}

fn structures(rng: &mut Rng, rows: usize, depth: usize) -> StructArray {
    let columns: Vec<ArrayRef> = (0..2).map(|_| column(rng, rows, depth)).collect();
    let fields: Fields = columns
        .iter()
        .enumerate()
        .map(|(n, column)| Field::new(format!("f{n}"), column.data_type().clone(), true))
        .collect();
    StructArray::new(fields, columns, nulls(rng, rows))
}

fn maps(rng: &mut Rng, rows: usize, depth: usize) -> ArrayRef {
    let lengths: Vec<usize> = (0..rows).map(|_| rng.usize(..3)).collect();
    let all = lengths.iter().sum();
    let keys: ArrayRef = Arc::new(StringArray::from_iter_values((0..all).map(|_| word(rng))));
    let values = column(rng, all, depth);
    let fields = Fields::from(vec![
        Field::new("keys", DataType::Utf8, false),
        Field::new("values", values.data_type().clone(), true),
    ]);
    let entries = StructArray::new(fields.clone(), vec![keys, values], None);
    let field = Arc::new(Field::new("entries", DataType::Struct(fields), false));
    Arc::new(MapArray::new(field, OffsetBuffer::from_lengths(lengths), entries, nulls(rng, rows), false))
}

/// A column of a type that is written as it lies, with nested ones `depth` deep at most.
fn column(rng: &mut Rng, rows: usize, depth: usize) -> ArrayRef {
    let kinds = if depth == 0 { 15 } else { 20 };
    match rng.u8(..kinds) {
        0 => Arc::new(NullArray::new(rows)),
        1 => Arc::new(BooleanArray::new((0..rows).map(|_| rng.bool()).collect(), nulls(rng, rows))),
        2 => Arc::new(Int8Array::new((0..rows).map(|_| rng.i8(..)).collect(), nulls(rng, rows))),
        3 => Arc::new(Int32Array::new((0..rows).map(|_| rng.i32(..)).collect(), nulls(rng, rows))),
        4 => Arc::new(Int64Array::new((0..rows).map(|_| rng.i64(..)).collect(), nulls(rng, rows))),
        5 => Arc::new(Float64Array::new((0..rows).map(|_| rng.f64()).collect(), nulls(rng, rows))),
        6 => Arc::new(
            Decimal128Array::new((0..rows).map(|_| rng.i64(..).into()).collect(), nulls(rng, rows))
                .with_precision_and_scale(30, 2)
                .unwrap(),
        ),
        7 => Arc::new(Decimal256Array::new(
            (0..rows).map(|_| i256::from_i128(rng.i64(..).into())).collect(),
            nulls(rng, rows),
        )),
        8 => Arc::new(
            TimestampMicrosecondArray::new((0..rows).map(|_| rng.i64(..)).collect(), nulls(rng, rows))
                .with_timezone("UTC"),
        ),
        9 => Arc::new(IntervalMonthDayNanoArray::new(
            (0..rows).map(|_| IntervalMonthDayNano::new(rng.i32(..), rng.i32(..), rng.i64(..))).collect(),
            nulls(rng, rows),
        )),
        10 => Arc::new(StringArray::from(words(rng, rows))),
        11 => Arc::new(LargeStringArray::from(words(rng, rows))),
        12 => Arc::new(BinaryArray::from_iter(words(rng, rows))),
        13 => Arc::new(LargeBinaryArray::from_iter(words(rng, rows))),
        14 => {
            let bytes: Vec<u8> = (0..rows * 3).map(|_| rng.u8(..)).collect();
            Arc::new(FixedSizeBinaryArray::new(3, Buffer::from(bytes), nulls(rng, rows)))
        }
        15 => lists::<i32>(rng, rows, depth - 1),
        16 => lists::<i64>(rng, rows, depth - 1),
        17 => {
            let values = column(rng, rows * 2, depth - 1);
            let field = Arc::new(Field::new("item", values.data_type().clone(), true));
            Arc::new(FixedSizeListArray::new(field, 2, values, nulls(rng, rows)))
        }
        18 => Arc::new(structures(rng, rows, depth - 1)),
        _ => maps(rng, rows, depth - 1),
    }
}

/// Slices of the batch that begin and end anywhere, bits of a byte among them.
fn slices(rng: &mut Rng, batch: &RecordBatch) -> Vec<RecordBatch> {
    (0..4)
        .map(|_| {
            let start = rng.usize(..=batch.num_rows());
            batch.slice(start, rng.usize(..=batch.num_rows() - start))
        })
        .collect()
}

#[test]
fn what_a_client_reads_is_what_was_sent_whatever_its_type_and_slice() {
    for seed in 0..600 {
        let rng = &mut Rng::with_seed(seed);
        let rows = rng.usize(..70);
        let columns: Vec<ArrayRef> = (0..3).map(|_| column(rng, rows, 2)).collect();
        let named = columns.into_iter().enumerate().map(|(n, column)| (format!("c{n}"), column, true));
        let batch = RecordBatch::try_from_iter_with_nullable(named).unwrap();
        assert!(batch.schema().fields().iter().all(|field| columns::covers(field.data_type())), "seed {seed}");
        let slices = slices(rng, &batch);
        let sent = [&[batch], &slices[..]].concat();
        check(&sent);
        let read = read(together(&sent));
        assert_eq!(read, [concat_batches(&sent[0].schema(), &sent).unwrap()], "seed {seed}");
    }
}

#[test]
fn large_buffers_go_out_where_they_lie() {
    let rng = &mut Rng::with_seed(7);
    let numbers = [1, 2].map(|_| Int64Array::from_iter_values((0..10_000).map(|_| rng.i64(..))));
    let places = [0, 1].map(|n| numbers[n].values().inner().as_ptr());
    let mut frame = together(&numbers.map(|numbers| one(Arc::new(numbers)))).remove(1).into_frame();
    let mut slices = [std::io::IoSlice::new(&[]); 8];
    let filled = frame.chunks_vectored(&mut slices);
    assert!(places.iter().all(|place| slices[..filled].iter().any(|slice| slice.as_ptr() == *place)));
    frame.advance(frame.remaining());
}

#[test]
fn of_a_slice_no_more_goes_out_than_the_slice() {
    let texts: ArrayRef = Arc::new(StringArray::from_iter_values((0..100_000).map(|n| n.to_string())));
    let lists: ArrayRef = Arc::new(GenericListArray::<i32>::new(
        Arc::new(Field::new("item", DataType::Utf8, true)),
        OffsetBuffer::from_lengths(vec![10; 10_000]),
        texts,
        None,
    ));
    let slice = one(lists).slice(5_000, 10);
    assert!(bytes_of(&slice) < 2_000);
    let messages = encoded(std::slice::from_ref(&slice));
    assert!(messages[1].body.remaining() < 2_000);
    check(&[slice]);
}

#[test]
fn a_dictionary_is_sent_once_and_again_when_it_has_changed() {
    let coded = |values: &[&str], keys: &[i32]| {
        let values: ArrayRef = Arc::new(StringArray::from(values.to_vec()));
        one(Arc::new(DictionaryArray::<Int32Type>::new(Int32Array::from(keys.to_vec()), values)))
    };
    let first = coded(&["a", "b"], &[0, 1, 1]);
    let batches = [first.slice(0, 1), first.slice(1, 2), coded(&["a", "b"], &[1]), coded(&["c"], &[0]), first];
    let kinds: Vec<_> = encoded(&batches)
        .iter()
        .map(|message| arrow::ipc::root_as_message(&message.header).unwrap().header_type())
        .collect();
    use ipc::MessageHeader as Kind;
    let [batch, dictionary] = [Kind::RecordBatch, Kind::DictionaryBatch];
    assert_eq!(kinds, [Kind::Schema, dictionary, batch, batch, batch, dictionary, batch, dictionary, batch]);
    for messages in [encoded(&batches), together(&batches)] {
        assert_eq!(read(messages), batches);
    }
}

#[test]
fn what_is_not_written_as_it_lies_is_left_to_arrow() {
    let text: ArrayRef = Arc::new(StringArray::from(vec!["a", "b", "c"]));
    let number: ArrayRef = Arc::new(Int32Array::from(vec![1, 2, 3]));
    let coded: ArrayRef = Arc::new(DictionaryArray::<Int32Type>::from_iter(["x", "y", "x"]));
    let fields = |column: &ArrayRef| Fields::from(vec![Field::new("f", column.data_type().clone(), true)]);
    let union = UnionFields::try_new(
        vec![0, 1],
        vec![Field::new("t", DataType::Utf8, true), Field::new("n", DataType::Int32, true)],
    );
    let columns: Vec<ArrayRef> = vec![
        Arc::new(StringViewArray::from_iter_values(["short", "and one that is longer than a view", ""])),
        Arc::new(StructArray::new(fields(&coded), vec![coded], None)),
        Arc::new(RunArray::try_new(&Int32Array::from(vec![2, 3]), &StringArray::from(vec!["p", "q"])).unwrap()),
        Arc::new(
            UnionArray::try_new(union.unwrap(), ScalarBuffer::from(vec![0, 1, 0]), None, vec![text, number]).unwrap(),
        ),
    ];
    for column in columns {
        assert!(!columns::covers(column.data_type()), "{}", column.data_type());
        let batch = one(column);
        let schema = batch.schema();
        let sent = [batch.clone(), batch.slice(1, 2)];
        for messages in [encoded(&sent), together(&sent)] {
            let read = read(messages);
            assert_eq!(concat_batches(&schema, &read).unwrap(), concat_batches(&schema, &sent).unwrap());
        }
    }
}

#[test]
fn what_is_too_large_for_one_message_comes_in_several() {
    let texts = (0..9_000).map(|n| "x".repeat(if n % 100 == 0 { 100_000 } else { 10 }));
    let batch = one(Arc::new(StringArray::from_iter_values(texts)));
    let messages = encoded(std::slice::from_ref(&batch));
    assert!(messages.len() > 4);
    assert!(messages.iter().all(|message| message.body.remaining() < MESSAGE_BYTES + 1_000));
    check(&[batch]);
    check(&[one(Arc::new(StringArray::from(vec!["x".repeat(3 * MESSAGE_BYTES).as_str(), "y"])))]);
}

#[test]
fn rows_without_columns_are_counted() {
    let options = RecordBatchOptions::new().with_row_count(Some(7));
    let batch = RecordBatch::try_new_with_options(Arc::new(Schema::empty()), Vec::new(), &options).unwrap();
    assert_eq!(read(encoded(&[batch]))[0].num_rows(), 7);
}
