//! Messages as the body of an HTTP response, from the work that makes them to the socket.

use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use arrow::buffer::Buffer;
use arrow::datatypes::SchemaRef;
use arrow::record_batch::RecordBatch;
use bytes::Bytes;
use futures::{Stream, StreamExt};
use http::{HeaderMap, HeaderValue};
use http_body::Frame;
use tokio::sync::mpsc;
use tokio_util::task::AbortOnDropHandle;
use tonic::Status;

use crate::encoding::{self, Rows};
use crate::message::Message;
use crate::rope::Rope;
use crate::status::bug;

// Frames that wait for the socket, beside the one that is being written.
const WAITING_MAX: usize = 2;
// How long the schema waits for rows, to travel with them.
const FIRST_ROWS_WAIT: Duration = Duration::from_millis(5);

/// What a call is answered with.
#[derive(Debug, Default)]
pub struct Body(Kind);

#[derive(Debug, Default)]
enum Kind {
    #[default]
    Empty,
    Whole(tonic::body::Body),
    Rows(Outflow),
}

impl Body {
    /// Sends `batches` of one schema as they come; with [`serve`](crate::serve) this is a server of
    /// Arrow's rows for whoever may call it, and takes large messages.
    pub fn of_batches(
        schema: &SchemaRef,
        batches: impl Stream<Item = Result<RecordBatch, Status>> + Send + 'static,
    ) -> Self {
        Body::rows(encoding::encode(schema, encoding::LARGE_MESSAGE_BYTES, batches))
    }

    /// Sends `rows` as they come and then says how they ended.
    ///
    /// They are made in a task of their own, which is no more than a few messages ahead of the
    /// client and ends when the body is dropped. Must be called within a runtime.
    pub(crate) fn rows(rows: Rows) -> Self {
        let (sender, frames) = mpsc::channel(WAITING_MAX);
        let making = AbortOnDropHandle::new(tokio::spawn(make(rows, sender)));
        Body(Kind::Rows(Outflow { frames, _making: making, ended: false }))
    }
}

impl From<tonic::body::Body> for Body {
    fn from(body: tonic::body::Body) -> Self {
        Body(Kind::Whole(body))
    }
}

impl http_body::Body for Body {
    type Data = Rope;
    type Error = Status;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Rope>, Status>>> {
        match &mut self.get_mut().0 {
            Kind::Empty => Poll::Ready(None),
            Kind::Whole(body) => {
                let frame = ready!(Pin::new(body).poll_frame(cx));
                Poll::Ready(frame.map(|frame| frame.map(|frame| frame.map_data(whole))))
            }
            Kind::Rows(outflow) => outflow.poll(cx).map(|frame| frame.map(Ok)),
        }
    }

    fn is_end_stream(&self) -> bool {
        match &self.0 {
            Kind::Empty => true,
            Kind::Whole(body) => body.is_end_stream(),
            Kind::Rows(outflow) => outflow.ended,
        }
    }
}

#[derive(Debug)]
struct Outflow {
    /// What is no frame is how the rows ended: well, or with a refusal.
    frames: mpsc::Receiver<Result<Rope, Status>>,
    /// Ends with this.
    _making: AbortOnDropHandle<()>,
    ended: bool,
}

impl Outflow {
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Option<Frame<Rope>>> {
        if self.ended {
            return Poll::Ready(None);
        }
        let frame = match ready!(self.frames.poll_recv(cx)) {
            Some(Ok(rope)) => Frame::data(rope),
            Some(Err(status)) => self.end(&status),
            None => self.end(&bug("whoever makes rows says how they end", &"the work was cut off")),
        };
        Poll::Ready(Some(frame))
    }

    fn end(&mut self, status: &Status) -> Frame<Rope> {
        self.ended = true;
        Frame::trailers(trailers(status))
    }
}

/// Makes frames of messages for as long as somebody takes them, and tells how they ended.
async fn make(mut rows: Rows, frames: mpsc::Sender<Result<Rope, Status>>) {
    let Some(begin) = rows.next().await else { return };
    let mut begin = begin.map(Message::into_frame);
    let mut next = None;
    if let Ok(frame) = &mut begin {
        match tokio::time::timeout(FIRST_ROWS_WAIT, rows.next()).await {
            Ok(Some(Ok(first))) => frame.append(first.into_frame()),
            Ok(other) => next = Some(other),
            Err(_) => {}
        }
    }
    let mut frame = begin;
    loop {
        let last = frame.is_err();
        if frames.send(frame).await.is_err() || last {
            return;
        }
        let message = match next.take() {
            Some(message) => message,
            None => rows.next().await,
        };
        frame = message.map_or_else(|| Err(Status::ok("")), |message| message.map(Message::into_frame));
    }
}

fn trailers(status: &Status) -> HeaderMap {
    let mut trailers = HeaderMap::new();
    if let Err(error) = status.add_header(&mut trailers) {
        tracing::warn!(%error, "a status does not fit into trailers");
        trailers.insert(Status::GRPC_STATUS, HeaderValue::from(status.code() as i32));
    }
    trailers
}

fn whole(bytes: Bytes) -> Rope {
    Rope::from(Buffer::from(bytes))
}

#[cfg(test)]
mod tests;
