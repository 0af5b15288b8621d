use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use bytes::Buf;
use futures::Stream;
use http_body_util::BodyExt;

use super::*;

fn message(byte: u8) -> Message {
    Message { header: vec![byte], body: Rope::from(Buffer::from(vec![byte; 8])) }
}

/// Counts the messages that were asked for, and notes its own end.
struct Source {
    asked: Arc<AtomicUsize>,
    ended: Option<tokio::sync::oneshot::Sender<()>>,
}

impl Source {
    fn endless() -> (Rows, Arc<AtomicUsize>, tokio::sync::oneshot::Receiver<()>) {
        let (sender, ended) = tokio::sync::oneshot::channel();
        let asked = Arc::new(AtomicUsize::new(0));
        (Box::pin(Source { asked: Arc::clone(&asked), ended: Some(sender) }), asked, ended)
    }
}

impl Stream for Source {
    type Item = Result<Message, Status>;

    fn poll_next(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.asked.fetch_add(1, Ordering::SeqCst);
        Poll::Ready(Some(Ok(message(1))))
    }
}

impl Drop for Source {
    fn drop(&mut self) {
        let _ = self.ended.take().map(|ended| ended.send(()));
    }
}

fn rows(messages: Vec<Result<Message, Status>>) -> Rows {
    Box::pin(futures::stream::iter(messages))
}

async fn read(body: Body) -> (usize, HeaderMap) {
    let read = body.collect().await.unwrap();
    let trailers = read.trailers().cloned().unwrap();
    (read.aggregate().remaining(), trailers)
}

#[tokio::test]
async fn all_messages_come_and_then_how_they_ended() {
    let frame = message(1).into_frame().remaining();
    let (bytes, trailers) = read(Body::rows(rows((0..5).map(|_| Ok(message(1))).collect()))).await;
    assert_eq!((bytes, trailers["grpc-status"].as_bytes()), (5 * frame, b"0".as_slice()));

    let mut refused = Status::not_found("W0202 no");
    refused.metadata_mut().insert("x-weft-trace-id", "abc".parse().unwrap());
    let (bytes, trailers) = read(Body::rows(rows(vec![Ok(message(1)), Err(refused), Ok(message(1))]))).await;
    assert_eq!((bytes, trailers["grpc-status"].as_bytes()), (frame, b"5".as_slice()));
    assert_eq!(trailers["grpc-message"], "W0202%20no");
    assert_eq!(trailers["x-weft-trace-id"], "abc");
}

#[tokio::test]
async fn the_schema_travels_with_rows_that_are_there_and_does_not_wait_for_others() {
    let frame = message(1).into_frame().remaining();
    let mut body = Body::rows(rows(vec![Ok(message(1)), Ok(message(2))]));
    let first = body.frame().await.unwrap().unwrap().into_data().unwrap();
    assert_eq!(first.remaining(), 2 * frame);

    let never = futures::stream::iter([Ok(message(1))]).chain(futures::stream::pending());
    let mut body = Body::rows(Box::pin(never));
    let first = body.frame().await.unwrap().unwrap().into_data().unwrap();
    assert_eq!(first.remaining(), frame);
}

#[tokio::test]
async fn who_does_not_read_stops_the_work_and_who_goes_away_ends_it() {
    let (rows, asked, ended) = Source::endless();
    let mut body = Body::rows(rows);
    for taken in 1..20 {
        body.frame().await.unwrap().unwrap();
        // The schema and the first rows are one frame.
        assert_eq!(asked.load(Ordering::SeqCst), taken + 1);
    }
    drop(body);
    ended.await.unwrap();
}
