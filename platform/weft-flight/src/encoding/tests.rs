use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use arrow::array::{ArrayRef, Int64Array};
use arrow_flight::decode::FlightRecordBatchStream;
use futures::TryStreamExt;
use futures::executor::block_on;

use super::*;

fn numbers(rows: i64) -> RecordBatch {
    RecordBatch::try_from_iter([("n", Arc::new(Int64Array::from_iter_values(0..rows)) as ArrayRef)]).unwrap()
}

/// The rows of each batch that a client reads, and how they end.
fn read(batches: impl Stream<Item = Result<RecordBatch, Status>> + Send + 'static) -> (Vec<usize>, Option<Status>) {
    let messages: Vec<_> = block_on(encode(&numbers(0).schema(), MESSAGE_BYTES, batches).collect());
    let (mut well, mut trouble) = (Vec::new(), None);
    for message in messages {
        assert!(trouble.is_none(), "nothing follows on trouble");
        match message {
            Ok(message) => well.push(Ok(message.into_flight_data())),
            Err(status) => trouble = Some(status),
        }
    }
    let read = FlightRecordBatchStream::new_from_flight_data(futures::stream::iter(well));
    let read: Vec<RecordBatch> = block_on(read.try_collect()).unwrap();
    (read.iter().map(RecordBatch::num_rows).collect(), trouble)
}

#[test]
fn batches_that_are_there_go_together_into_messages_of_the_size_that_is_asked_for() {
    let small = (0..10).map(|_| Ok(numbers(100)));
    assert_eq!(read(futures::stream::iter(small)).0, [1_000]);
    // 2 MiB hold five batches of 50,000 numbers of eight bytes, and one of 300,000 is cut in two.
    let mixed = [100_000, 50_000, 50_000, 50_000, 50_000, 300_000, 10];
    let mixed = mixed.map(|rows| Ok(numbers(rows)));
    assert_eq!(read(futures::stream::iter(mixed)).0, [250_000, 50_000, 150_000, 150_000, 10]);
}

#[test]
fn nobody_waits_for_batches_to_be_put_together() {
    let polls = AtomicUsize::new(0);
    let batches = futures::stream::poll_fn(move |cx| match polls.fetch_add(1, Ordering::Relaxed) {
        n if n >= 8 => std::task::Poll::Ready(None),
        n if n.is_multiple_of(2) => std::task::Poll::Ready(Some(Ok(numbers(10)))),
        _ => {
            cx.waker().wake_by_ref();
            std::task::Poll::Pending
        }
    });
    assert_eq!(read(batches).0, [10; 4]);
}

#[test]
fn trouble_ends_the_rows_after_those_before_it() {
    let batches = [Ok(numbers(1)), Ok(numbers(2)), Err(Status::aborted("enough")), Ok(numbers(3))];
    let (rows, trouble) = read(futures::stream::iter(batches));
    assert_eq!(rows, [3]);
    assert_eq!(trouble.unwrap().message(), "enough");
    let (rows, trouble) = read(futures::stream::iter([Err(Status::aborted("at once"))]));
    assert_eq!((rows.len(), trouble.unwrap().message()), (0, "at once"));
}

#[test]
fn an_empty_answer_is_its_schema() {
    assert_eq!(read(futures::stream::empty()).0, [0_usize; 0]);
    let messages: Vec<_> = block_on(batch(numbers(0)).collect());
    assert_eq!(messages.len(), 1);
}
