//! Serves one file of Arrow's from memory to whoever calls `DoGet`, with any ticket: what the wire alone
//! takes, to be measured against other servers.
//!
//! `bare FILE PORT [FOLDER]`: the batches as they lie in the file; with TLS if a folder holds
//! `cert.pem` and `key.pem`. Prints `ready` once it listens on loopback.
#![expect(clippy::print_stdout, reason = "says when it listens")]

use std::convert::Infallible;
use std::error::Error;
use std::fs::File;
use std::future::{Ready, pending, ready};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow::datatypes::SchemaRef;
use arrow::ipc::reader::FileReader;
use arrow::record_batch::RecordBatch;
use futures::StreamExt;
use http::{HeaderValue, Request, Response};
use hyper::body::Incoming;
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::version::TLS13;
use rustls::{CipherSuite, ServerConfig};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;
use weft_flight::Body;

// As the doors of `weft serve` have it.
const SEALED_BYTES: usize = 256 << 10;

#[derive(Clone)]
struct Bare {
    schema: SchemaRef,
    batches: Vec<RecordBatch>,
}

impl hyper::service::Service<Request<Incoming>> for Bare {
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = Ready<Result<Response<Body>, Infallible>>;

    fn call(&self, _: Request<Incoming>) -> Self::Future {
        let batches = self.batches.clone().into_iter().map(Ok);
        let mut response = Response::new(Body::of_batches(&self.schema, futures::stream::iter(batches)));
        response.headers_mut().insert(http::header::CONTENT_TYPE, HeaderValue::from_static("application/grpc"));
        ready(Ok(response))
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let mut next = || arguments.next().ok_or("bare FILE PORT");
    let (file, port) = (next()?, next()?.parse()?);
    let reader = FileReader::try_new_buffered(File::open(file)?, None)?;
    let schema = reader.schema();
    let batches = reader.collect::<Result<Vec<_>, _>>()?;

    let tls = arguments.next().map(|folder| acceptor(&PathBuf::from(folder))).transpose()?;
    let listener = TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], port))).await?;
    println!("ready {}", listener.local_addr()?);
    let connections = futures::stream::unfold(listener, |listener| async move {
        let (connection, _) = listener.accept().await.ok()?;
        connection.set_nodelay(true).ok()?;
        Some((connection, listener))
    });
    let bare = Bare { schema, batches };
    match tls {
        None => weft_flight::serve(move |_| bare.clone(), connections, pending()).await,
        Some(tls) => {
            let secured = connections.then(move |connection| tls.accept(connection));
            let secured = secured.filter_map(async |connection| {
                let mut connection = connection.ok()?;
                connection.get_mut().1.set_buffer_limit(Some(SEALED_BYTES));
                Some(connection)
            });
            weft_flight::serve(move |_| bare.clone(), secured, pending()).await;
        }
    }
    Ok(())
}

fn acceptor(folder: &Path) -> Result<TlsAcceptor, Box<dyn Error>> {
    let certificates = CertificateDer::pem_file_iter(folder.join("cert.pem"))?.collect::<Result<_, _>>()?;
    let key = PrivateKeyDer::from_pem_file(folder.join("key.pem"))?;
    let mut provider = aws_lc_rs::default_provider();
    provider.cipher_suites.retain(|suite| suite.suite() == CipherSuite::TLS13_AES_128_GCM_SHA256);
    let provider = Arc::new(provider);
    let config = ServerConfig::builder_with_provider(provider).with_protocol_versions(&[&TLS13])?;
    let mut config = config.with_no_client_auth().with_single_cert(certificates, key)?;
    config.ignore_client_order = true;
    config.alpn_protocols = vec![b"h2".to_vec()];
    Ok(TlsAcceptor::from(Arc::new(config)))
}
