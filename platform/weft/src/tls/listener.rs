//! Connections that have agreed on TLS, or go without where none is asked for.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use futures::{Stream, StreamExt};
use rustls::ServerConfig;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, mpsc};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;
use tokio_util::task::AbortOnDropHandle;

use crate::listening;

// Who does not agree in time is sent away, and no more than so many may be at it at once: connections
// that never say anything hold up nobody for long.
const AGREE_WAIT: Duration = Duration::from_secs(10);
const AGREEING_MAX: usize = 512;
// What is encrypted ahead of the socket, to be written by one call.
const SEALED_BYTES: usize = 256 << 10;
// Connections that have agreed and wait for the door.
const WAITING_MAX: usize = 64;

/// The connections of one door.
#[derive(Debug)]
pub(crate) struct Secured {
    address: SocketAddr,
    connections: mpsc::Receiver<Wire>,
    _accepting: AbortOnDropHandle<()>,
}

impl Secured {
    /// Takes connections of `listener`. Each agrees on TLS as `config` says when it comes, if there
    /// is such a thing. Must be called within a runtime.
    ///
    /// # Errors
    ///
    /// If the listener has no address.
    pub(crate) fn new(
        listener: TcpListener,
        config: Option<impl Fn() -> Arc<ServerConfig> + Send + Sync + 'static>,
    ) -> io::Result<Self> {
        let address = listener.local_addr()?;
        let (sender, connections) = mpsc::channel(WAITING_MAX);
        let accepting = match config {
            None => tokio::spawn(plain(listener, sender)),
            Some(config) => tokio::spawn(agreeing(listener, config, sender)),
        };
        Ok(Secured { address, connections, _accepting: AbortOnDropHandle::new(accepting) })
    }
}

impl Stream for Secured {
    type Item = Wire;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Wire>> {
        self.connections.poll_recv(cx)
    }
}

impl axum::serve::Listener for Secured {
    type Io = Wire;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Wire, SocketAddr) {
        match self.connections.recv().await {
            Some(connection) => {
                // One that has broken off already has no other end; it brings no request either.
                let peer = connection.peer().map_or(self.address, |address| SocketAddr::new(address, 0));
                (connection, peer)
            }
            // The listener is gone; whoever serves is stopped by other means.
            None => std::future::pending().await,
        }
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        Ok(self.address)
    }
}

async fn plain(listener: TcpListener, sender: mpsc::Sender<Wire>) {
    let mut connections = std::pin::pin!(listening::connections(listener));
    while let Some(connection) = connections.next().await {
        if sender.send(Wire::Plain(connection)).await.is_err() {
            return;
        }
    }
}

async fn agreeing(listener: TcpListener, config: impl Fn() -> Arc<ServerConfig>, sender: mpsc::Sender<Wire>) {
    let places = Arc::new(Semaphore::new(AGREEING_MAX));
    let mut connections = std::pin::pin!(listening::connections(listener));
    while let Some(connection) = connections.next().await {
        let Ok(place) = Arc::clone(&places).acquire_owned().await else { return };
        let agreed = TlsAcceptor::from(config()).accept(connection);
        let sender = sender.clone();
        tokio::spawn(async move {
            match tokio::time::timeout(AGREE_WAIT, agreed).await {
                Ok(Ok(mut connection)) => {
                    drop(place);
                    connection.get_mut().1.set_buffer_limit(Some(SEALED_BYTES));
                    let _ = sender.send(Wire::Tls(Box::new(connection))).await;
                }
                Ok(Err(error)) => tracing::debug!(%error, "a client does not agree on TLS"),
                Err(_) => tracing::debug!("a client does not agree on TLS in time"),
            }
        });
    }
}

/// A connection, with or without TLS.
#[derive(Debug)]
pub(crate) enum Wire {
    Plain(TcpStream),
    Tls(Box<TlsStream<TcpStream>>),
}

impl Wire {
    /// The address at the other end, if it has not broken off.
    pub(crate) fn peer(&self) -> Option<IpAddr> {
        let connection = match self {
            Wire::Plain(connection) => connection,
            Wire::Tls(connection) => connection.get_ref().0,
        };
        connection.peer_addr().ok().map(|address| address.ip())
    }
}

macro_rules! on_either {
    ($wire:expr, $io:ident => $call:expr) => {
        match $wire.get_mut() {
            Wire::Plain(io) => {
                let $io = Pin::new(io);
                $call
            }
            Wire::Tls(io) => {
                let $io = Pin::new(io.as_mut());
                $call
            }
        }
    };
}

impl AsyncRead for Wire {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        on_either!(self, io => io.poll_read(cx, buffer))
    }
}

impl AsyncWrite for Wire {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        on_either!(self, io => io.poll_write(cx, bytes))
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        on_either!(self, io => io.poll_write_vectored(cx, slices))
    }

    fn is_write_vectored(&self) -> bool {
        match self {
            Wire::Plain(io) => io.is_write_vectored(),
            Wire::Tls(io) => io.is_write_vectored(),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        on_either!(self, io => io.poll_flush(cx))
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        on_either!(self, io => io.poll_shutdown(cx))
    }
}
