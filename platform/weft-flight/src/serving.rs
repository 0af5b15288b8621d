//! The door as a gRPC server.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use arrow_flight::flight_service_server::{FlightService, FlightServiceServer};
use tokio::net::TcpListener;
use tonic::codec::CompressionEncoding;
use tonic::transport::Server;
use tonic::transport::server::TcpIncoming;
use weft_engine::Engine;
use weft_identity::Authenticator;
use weft_model::Clock;

use crate::service::Door;

const MESSAGE_BYTES_MAX: usize = 16 << 20;
const WINDOW_BYTES: u32 = 4 << 20;
const HEADER_BYTES_MAX: u32 = 64 << 10;
const CALLS_PER_CONNECTION_MAX: u32 = 256;
const KEEPALIVE: Duration = Duration::from_secs(60);

/// Flight SQL for whoever `authenticator` believes, answered by `engine`.
///
/// Requests may be compressed by gzip or zstd. Answers are compressed only for clients that ask for
/// zstd: others name gzip as a matter of course, and it costs more than it saves.
pub fn service(
    engine: Arc<Engine>,
    authenticator: Arc<Authenticator>,
    clock: Arc<dyn Clock>,
) -> FlightServiceServer<impl FlightService> {
    FlightServiceServer::new(Door::new(engine, authenticator, clock))
        .max_decoding_message_size(MESSAGE_BYTES_MAX)
        .max_encoding_message_size(usize::MAX)
        .accept_compressed(CompressionEncoding::Gzip)
        .accept_compressed(CompressionEncoding::Zstd)
        .send_compressed(CompressionEncoding::Zstd)
}

/// Serves on `listener` until `stop` is ready and the calls under way have ended.
///
/// # Errors
///
/// If the listener fails.
pub async fn serve(
    service: FlightServiceServer<impl FlightService>,
    listener: TcpListener,
    stop: impl Future<Output = ()>,
) -> Result<(), tonic::transport::Error> {
    let incoming = TcpIncoming::from(listener).with_nodelay(Some(true)).with_keepalive(Some(KEEPALIVE));
    Server::builder()
        .initial_stream_window_size(WINDOW_BYTES)
        .initial_connection_window_size(WINDOW_BYTES)
        .max_concurrent_streams(CALLS_PER_CONNECTION_MAX)
        .http2_keepalive_interval(Some(KEEPALIVE))
        .http2_max_header_list_size(HEADER_BYTES_MAX)
        .add_service(service)
        .serve_with_incoming_shutdown(incoming, stop)
        .await
}
