//! Serves one file of Arrow's from memory to whoever calls `DoGet`, with any ticket: what the wire alone
//! takes, to be measured against other servers.
//!
//! `bare FILE PORT`: the batches as they lie in the file. Prints `ready` once it listens on loopback.
#![expect(clippy::print_stdout, reason = "says when it listens")]

use std::convert::Infallible;
use std::error::Error;
use std::fs::File;
use std::future::{Ready, pending, ready};
use std::net::SocketAddr;

use arrow::datatypes::SchemaRef;
use arrow::ipc::reader::FileReader;
use arrow::record_batch::RecordBatch;
use http::{HeaderValue, Request, Response};
use hyper::body::Incoming;
use tokio::net::TcpListener;
use weft_flight::Body;

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

    let listener = TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], port))).await?;
    println!("ready {}", listener.local_addr()?);
    let connections = futures::stream::unfold(listener, |listener| async move {
        let (connection, _) = listener.accept().await.ok()?;
        connection.set_nodelay(true).ok()?;
        Some((connection, listener))
    });
    weft_flight::serve(Bare { schema, batches }, connections, pending()).await;
    Ok(())
}
