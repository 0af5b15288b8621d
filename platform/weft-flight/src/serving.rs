//! The door as a server of HTTP/2.

use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use futures::{Stream, StreamExt};
use http::{Request, Response};
use hyper::body::Incoming;
use hyper::server::conn::http2;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::outflow::Body;

const WINDOW_BYTES: u32 = 4 << 20;
const FRAME_BYTES_MAX: u32 = 1 << 20;
const SEND_BUFFER_BYTES: usize = 4 << 20;
const HEADER_BYTES_MAX: u32 = 64 << 10;
const CALLS_PER_CONNECTION_MAX: u32 = 256;
const KEEPALIVE: Duration = Duration::from_secs(60);
const KEEPALIVE_WAIT: Duration = Duration::from_secs(20);
// Who connects and does not call within this time is sent away; clients come back by themselves.
const FIRST_CALL_WAIT: Duration = Duration::from_secs(60);
// How long whoever is sent away has to take notice.
const FAREWELL: Duration = Duration::from_millis(500);

/// Answers the calls of each connection by what `service` makes for it, until `stop` is ready and the calls under way
/// have ended. When it is dropped, all of them end.
pub async fn serve<S, I>(
    service: impl Fn(&I) -> S + Send,
    connections: impl Stream<Item = I> + Send,
    stop: impl Future<Output = ()> + Send,
) where
    S: hyper::service::Service<Request<Incoming>, Response = Response<Body>> + Send + 'static,
    S::Future: Send + 'static,
    S::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
    I: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let stopping = CancellationToken::new();
    let mut served = JoinSet::new();
    let (mut connections, mut stop) = (pin!(connections), pin!(stop));
    loop {
        tokio::select! {
            () = &mut stop => break,
            Some(_) = served.join_next() => {}
            connection = connections.next() => match connection {
                Some(connection) => {
                    served.spawn(serve_one(service(&connection), connection, stopping.clone()));
                }
                None => break,
            }
        }
    }
    stopping.cancel();
    while served.join_next().await.is_some() {}
}

/// Serves one connection until the client or `stopping` ends it.
async fn serve_one<S, I>(service: S, connection: I, stopping: CancellationToken)
where
    S: hyper::service::Service<Request<Incoming>, Response = Response<Body>> + Send + 'static,
    S::Future: Send + 'static,
    S::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
    I: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let called = Arc::new(AtomicBool::new(false));
    let service = Noting { service, called: Arc::clone(&called) };
    let mut served = pin!(http().serve_connection(TokioIo::new(connection), service));
    let silent = async {
        tokio::time::sleep(FIRST_CALL_WAIT).await;
        if called.load(Ordering::Relaxed) {
            std::future::pending::<()>().await;
        }
    };
    let ended = tokio::select! {
        ended = served.as_mut() => Some(ended),
        () = stopping.cancelled() => None,
        () = silent => None,
    };
    let ended = match ended {
        Some(ended) => ended,
        None => {
            served.as_mut().graceful_shutdown();
            if called.load(Ordering::Relaxed) {
                served.await
            } else {
                // There is nothing to wait for, and who never began never ends either.
                tokio::time::timeout(FAREWELL, served).await.unwrap_or(Ok(()))
            }
        }
    };
    if let Err(error) = ended {
        tracing::debug!(%error, "a connection broke off");
    }
}

fn http() -> http2::Builder<TokioExecutor> {
    let mut http = http2::Builder::new(TokioExecutor::new());
    http.timer(TokioTimer::new())
        .initial_stream_window_size(WINDOW_BYTES)
        .initial_connection_window_size(WINDOW_BYTES)
        .max_frame_size(FRAME_BYTES_MAX)
        .max_send_buf_size(SEND_BUFFER_BYTES)
        .max_header_list_size(HEADER_BYTES_MAX)
        .max_concurrent_streams(CALLS_PER_CONNECTION_MAX)
        .keep_alive_interval(KEEPALIVE)
        .keep_alive_timeout(KEEPALIVE_WAIT);
    http
}

/// Notes that a connection is used.
struct Noting<S> {
    service: S,
    called: Arc<AtomicBool>,
}

impl<S: hyper::service::Service<Request<Incoming>>> hyper::service::Service<Request<Incoming>> for Noting<S> {
    type Response = S::Response;
    type Error = S::Error;
    type Future = S::Future;

    fn call(&self, request: Request<Incoming>) -> Self::Future {
        self.called.store(true, Ordering::Relaxed);
        self.service.call(request)
    }
}
