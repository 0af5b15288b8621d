//! Each call as HTTP brings it: rows go out without copies, all else is tonic's.

use std::convert::Infallible;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use arrow_flight::Ticket;
use arrow_flight::flight_service_server::FlightServiceServer;
use bytes::{Buf, Bytes};
use futures::FutureExt;
use futures::future::BoxFuture;
use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderValue, Method, Request, Response};
use http_body_util::{BodyExt, Limited};
use hyper::body::Incoming;
use prost::Message;
use tonic::Status;
use tonic::codec::CompressionEncoding;
use tonic::codegen::Service as _;
use tonic::metadata::MetadataMap;
use weft_engine::Engine;
use weft_identity::{Authenticator, TicketSeal};
use weft_model::Clock;

use crate::outflow::Body;
use crate::service::{Door, Peer};
use crate::status::malformed;

const MESSAGE_BYTES_MAX: usize = 16 << 20;
// How long the one message of a call may be on its way.
const MESSAGE_WAIT_MAX: Duration = Duration::from_secs(30);
const DO_GET: &str = "/arrow.flight.protocol.FlightService/DoGet";
const ACCEPTS: &str = "grpc-accept-encoding";
const ENCODING: &str = "grpc-encoding";
const TIMEOUT: &str = "grpc-timeout";
const GRPC: HeaderValue = HeaderValue::from_static("application/grpc");

/// Flight SQL as a service of HTTP/2. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Service {
    door: Arc<Door>,
    verbs: FlightServiceServer<Door>,
    peer: Option<Peer>,
}

impl Service {
    /// Flight SQL for whoever `authenticator` believes, answered by `engine`. Tickets of answers in several endpoints
    /// bear `seal`.
    ///
    /// Requests may be compressed by gzip or zstd. Answers are compressed only for clients that ask
    /// for zstd: others name gzip as a matter of course, and it costs more than it saves.
    pub fn new(
        engine: Arc<Engine>,
        authenticator: Arc<Authenticator>,
        seal: TicketSeal,
        clock: Arc<dyn Clock>,
    ) -> Self {
        let door = Arc::new(Door::new(engine, authenticator, seal, clock));
        let verbs = FlightServiceServer::from_arc(Arc::clone(&door))
            .max_decoding_message_size(MESSAGE_BYTES_MAX)
            .max_encoding_message_size(usize::MAX)
            .accept_compressed(CompressionEncoding::Gzip)
            .accept_compressed(CompressionEncoding::Zstd)
            .send_compressed(CompressionEncoding::Zstd);
        Service { door, verbs, peer: None }
    }

    /// The same for the calls of one connection, whose other end has that address.
    #[must_use]
    pub fn of_peer(&self, address: Option<IpAddr>) -> Self {
        Service { peer: address.map(Peer), ..self.clone() }
    }

    async fn rows(self, request: Request<Incoming>) -> Response<Body> {
        let (parts, body) = request.into_parts();
        let headers = MetadataMap::from_headers(parts.headers);
        match self.door.rows_of(&headers, self.peer, ticket(body)).await {
            Err(status) => status.into_http(),
            Ok(rows) => {
                let (headers, rows, _) = rows.into_parts();
                let mut response = Response::new(Body::rows(rows));
                *response.headers_mut() = headers.into_headers();
                response.headers_mut().insert(CONTENT_TYPE, GRPC);
                response
            }
        }
    }
}

impl hyper::service::Service<Request<Incoming>> for Service {
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = BoxFuture<'static, Result<Response<Body>, Infallible>>;

    fn call(&self, mut request: Request<Incoming>) -> Self::Future {
        if let Some(peer) = self.peer {
            request.extensions_mut().insert(peer);
        }
        let wait_max = timeout(request.headers());
        let service = self.clone();
        let answered = async move {
            if goes_without_copies(&request) {
                return Ok(service.rows(request).await);
            }
            let mut verbs = service.verbs;
            Ok(verbs.call(request).await?.map(Body::from))
        };
        match wait_max {
            None => answered.boxed(),
            Some(wait_max) => async move {
                let late = |_| Ok(Status::deadline_exceeded("the call took longer than it was given").into_http());
                tokio::time::timeout(wait_max, answered).await.unwrap_or_else(late)
            }
            .boxed(),
        }
    }
}

/// Whether a call asks for rows in the one way that all clients do: without compression.
fn goes_without_copies(request: &Request<Incoming>) -> bool {
    let headers = request.headers();
    let names = |header: &str, coding: &str| {
        let texts = headers.get_all(header).iter().filter_map(|value| value.to_str().ok());
        texts.flat_map(|text| text.split(',')).any(|named| named.trim() == coding)
    };
    request.method() == Method::POST
        && request.uri().path() == DO_GET
        && (!headers.contains_key(ENCODING) || names(ENCODING, "identity"))
        && !names(ACCEPTS, "zstd")
}

/// Reads the one message of a call.
async fn ticket(body: Incoming) -> Result<Ticket, Status> {
    let whole = Limited::new(body, MESSAGE_BYTES_MAX).collect();
    let whole = tokio::time::timeout(MESSAGE_WAIT_MAX, whole).await;
    let whole = whole.map_err(|_| Status::deadline_exceeded("the message of the call did not come in time"))?;
    let bytes = whole.map_err(|_| malformed("the message of the call is cut off or too large"))?.to_bytes();
    Ticket::decode(message(bytes)?).map_err(|_| malformed("the message of the call is no ticket"))
}

/// The one message in what came: a mark for compression, four bytes of length, and so many bytes.
fn message(mut bytes: Bytes) -> Result<Bytes, Status> {
    let wrong = || malformed("the call does not hold one message");
    if bytes.remaining() < 5 {
        return Err(wrong());
    }
    let (compressed, length) = (bytes.get_u8(), bytes.get_u32());
    if compressed != 0 {
        return Err(malformed("the message of the call is compressed, and no header says how"));
    }
    if u32::try_from(bytes.len()) == Ok(length) { Ok(bytes) } else { Err(wrong()) }
}

/// How long the client gives the call: up to eight digits and a unit.
fn timeout(headers: &HeaderMap) -> Option<Duration> {
    let text = headers.get(TIMEOUT)?.to_str().ok()?;
    let (digits, unit) = text.split_at_checked(text.len().checked_sub(1)?)?;
    if digits.is_empty() || digits.len() > 8 || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let count: u64 = digits.parse().ok()?;
    Some(match unit {
        "H" => Duration::from_secs(count * 3_600),
        "M" => Duration::from_secs(count * 60),
        "S" => Duration::from_secs(count),
        "m" => Duration::from_millis(count),
        "u" => Duration::from_micros(count),
        "n" => Duration::from_nanos(count),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use tonic::Code;

    use super::*;

    #[test]
    fn the_time_of_a_call_is_digits_and_a_unit() {
        let read = |text: &'static str| {
            let mut headers = HeaderMap::new();
            headers.insert(TIMEOUT, HeaderValue::from_static(text));
            timeout(&headers)
        };
        assert_eq!(read("2H"), Some(Duration::from_secs(7_200)));
        assert_eq!(read("3M"), Some(Duration::from_secs(180)));
        assert_eq!(read("99999999S"), Some(Duration::from_secs(99_999_999)));
        assert_eq!(read("10m"), Some(Duration::from_millis(10)));
        assert_eq!(read("10u"), Some(Duration::from_micros(10)));
        assert_eq!(read("10n"), Some(Duration::from_nanos(10)));
        for wrong in ["", "S", "1", "1s", "-1S", "+1S", "123456789S", "1 S"] {
            assert_eq!(read(wrong), None, "{wrong}");
        }
        assert_eq!(timeout(&HeaderMap::new()), None);
    }

    #[test]
    fn a_call_holds_one_message_and_nothing_else() {
        assert_eq!(message(Bytes::from_static(b"\0\0\0\0\x02ab")).unwrap(), "ab");
        assert_eq!(message(Bytes::from_static(b"\0\0\0\0\0")).unwrap(), "");
        let wrong: [&[u8]; 5] = [b"", b"\0\0\0\0", b"\0\0\0\0\x02a", b"\0\0\0\0\x01ab", b"\x01\0\0\0\x02ab"];
        for bytes in wrong {
            assert_eq!(message(Bytes::from_static(bytes)).unwrap_err().code(), Code::InvalidArgument, "{bytes:?}");
        }
    }
}
