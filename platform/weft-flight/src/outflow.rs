//! Messages as the body of an HTTP response, from the work that makes them to the socket.

use std::fmt;
use std::future::ready;
use std::pin::Pin;
use std::task::{self, Context, Poll};
use std::time::Duration;

use arrow::buffer::Buffer;
use arrow::datatypes::SchemaRef;
use arrow::record_batch::RecordBatch;
use bytes::Bytes;
use futures::stream::BoxStream;
use futures::{Stream, StreamExt};
use http::{HeaderMap, HeaderValue};
use http_body::Frame;
use tonic::Status;

use crate::encoding::{self, Rows};
use crate::message::Message;
use crate::rope::Rope;
use crate::status::bug;

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
        Body::rows(encoding::encode(schema, encoding::LARGEST_MESSAGE_BYTES, batches))
    }

    /// Sends `rows` as they come and then says how they ended.
    ///
    /// They are made when the connection takes more, by whoever sends them, and end when the body is dropped.
    pub(crate) fn rows(rows: Rows) -> Self {
        Body(Kind::Rows(Outflow { frames: frames(rows), ended: false }))
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
                let frame = task::ready!(Pin::new(body).poll_frame(cx));
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

/// What is no frame is how the rows ended: well, or with a refusal. Nothing comes after it.
type Frames = BoxStream<'static, Result<Rope, Status>>;

struct Outflow {
    frames: Frames,
    ended: bool,
}

impl fmt::Debug for Outflow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Outflow").field("ended", &self.ended).finish_non_exhaustive()
    }
}

impl Outflow {
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Option<Frame<Rope>>> {
        if self.ended {
            return Poll::Ready(None);
        }
        let frame = match task::ready!(self.frames.as_mut().poll_next(cx)) {
            Some(Ok(rope)) => Frame::data(rope),
            Some(Err(status)) => self.end(&status),
            None => self.end(&bug("rows say how they end", &"they did not")),
        };
        Poll::Ready(Some(frame))
    }

    fn end(&mut self, status: &Status) -> Frame<Rope> {
        self.ended = true;
        Frame::trailers(trailers(status))
    }
}

/// The messages as frames, of which the first has the first rows beside the schema, if these come soon.
fn frames(rows: Rows) -> Frames {
    let rows = rows.map(|message| message.map(Message::into_frame));
    let ended = futures::stream::once(ready(Err(Status::ok(""))));
    futures::stream::once(begin(rows.chain(ended).boxed())).flatten().boxed()
}

/// The same frames, the first two as one.
async fn begin(mut frames: Frames) -> impl Stream<Item = Result<Rope, Status>> + Send {
    let mut begun = Vec::with_capacity(2);
    begun.extend(frames.next().await);
    if let Some(Ok(schema)) = begun.first_mut() {
        match tokio::time::timeout(FIRST_ROWS_WAIT, frames.next()).await {
            Ok(Some(Ok(rows))) => schema.append(rows),
            Ok(Some(ended)) => begun.push(ended),
            Ok(None) | Err(_) => {}
        }
    }
    futures::stream::iter(begun).chain(frames)
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
