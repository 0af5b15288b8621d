//! Connections as they come to a listener.

use std::time::Duration;

use futures::Stream;
use tokio::net::{TcpListener, TcpStream};

// What keeps connections from being taken on (too many open files) does not pass at once.
const PAUSE: Duration = Duration::from_millis(500);

/// The connections that come to `listener`, without end. Each sends what it is given at once.
pub(crate) fn connections(listener: TcpListener) -> impl Stream<Item = TcpStream> + Send {
    futures::stream::unfold(listener, |listener| async move {
        loop {
            match listener.accept().await {
                Ok((connection, _)) => {
                    if let Err(error) = connection.set_nodelay(true) {
                        tracing::debug!(%error, "a connection broke off before it was taken on");
                        continue;
                    }
                    return Some((connection, listener));
                }
                Err(error) if of_the_client(&error) => {}
                Err(error) => {
                    tracing::warn!(%error, "no connection can be taken on");
                    tokio::time::sleep(PAUSE).await;
                }
            }
        }
    })
}

/// Whether the trouble is that of one client, and the next can be taken on at once.
fn of_the_client(error: &std::io::Error) -> bool {
    use std::io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset)
}
