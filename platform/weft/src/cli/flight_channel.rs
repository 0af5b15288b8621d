//! A channel to a Flight SQL door, with TLS where its URL says so.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use arrow_flight::flight_service_client::FlightServiceClient;
use arrow_flight::sql::client::FlightSqlServiceClient;
use hyper_util::rt::TokioIo;
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, RootCertStore};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tonic::transport::{Channel, Endpoint, Error, Uri};
use tower::service_fn;

use super::Failure;
use super::connection::Connection;

const CONNECT_MAX: Duration = Duration::from_secs(5);
/// Longest message that a server may send: one batch of rows.
const MESSAGE_BYTES_MAX: usize = 256 << 20;

/// A client of the door of a connection's server, with its token.
pub(super) async fn client(connection: &Connection) -> Result<FlightSqlServiceClient<Channel>, Failure> {
    let url = connection.flight().await?;
    let channel = open(&url).await.map_err(|error| connection.unreachable(&error))?;
    let inner = FlightServiceClient::new(channel).max_decoding_message_size(MESSAGE_BYTES_MAX);
    let mut client = FlightSqlServiceClient::new_from_inner(inner);
    client.set_token(connection.token().to_owned());
    Ok(client)
}

/// Connects to `url`, an `http://` or `https://` address. A server with TLS shows a certificate that
/// this machine trusts, or one that `SSL_CERT_FILE` names the authority of.
async fn open(url: &str) -> Result<Channel, Error> {
    let Some(place) = url.strip_prefix("https://") else {
        let endpoint = Endpoint::from_shared(url.to_owned())?;
        return endpoint.connect_timeout(CONNECT_MAX).tcp_nodelay(true).connect().await;
    };
    let endpoint = Endpoint::from_shared(format!("http://{place}"))?;
    endpoint.connect_timeout(CONNECT_MAX).connect_with_connector(service_fn(secured)).await
}

async fn secured(uri: Uri) -> io::Result<TokioIo<TlsStream<TcpStream>>> {
    let host = uri.host().unwrap_or_default().trim_matches(['[', ']']).to_owned();
    let connection = TcpStream::connect((host.as_str(), uri.port_u16().unwrap_or(443))).await?;
    connection.set_nodelay(true)?;
    let name = ServerName::try_from(host).map_err(io::Error::other)?;
    let connector = TlsConnector::from(Arc::new(config().map_err(io::Error::other)?));
    Ok(TokioIo::new(connector.connect(name, connection).await?))
}

fn config() -> Result<ClientConfig, rustls::Error> {
    let mut roots = RootCertStore::empty();
    let trusted = rustls_native_certs::load_native_certs();
    roots.add_parsable_certificates(trusted.certs);
    let builder = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()));
    let mut config = builder.with_safe_default_protocol_versions()?.with_root_certificates(roots).with_no_client_auth();
    config.alpn_protocols = vec![b"h2".to_vec()];
    Ok(config)
}
