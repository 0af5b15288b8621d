//! Listening sockets that a service manager such as systemd hands to the process, for its doors to take over.

use std::fmt;
use std::io;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::os::fd::OwnedFd;

use listenfd::ListenFd;
use weft_model::Code;

use crate::environment;
use crate::settings::Settings;

/// The sockets that were handed over. A door without one binds its own.
#[derive(Debug, Default)]
pub(crate) struct Handed {
    pub(crate) http: Option<TcpListener>,
    pub(crate) flight: Option<TcpListener>,
}

/// A door, as a socket for it is called and as the key of the configuration is that says its address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DoorName {
    /// REST and the pages of the catalog.
    Http,
    /// Flight SQL.
    Flight,
}

impl fmt::Display for DoorName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            DoorName::Http => "http",
            DoorName::Flight => "flight",
        })
    }
}

/// What was handed over in place of a listening socket of TCP, as a message says it.
type OtherKind = &'static str;

impl Handed {
    /// Takes over what was handed to this very process (`LISTEN_PID`, `LISTEN_FDS`, `LISTEN_FDNAMES`), and takes the
    /// variables away. None is left to be taken by a second call. Must be called while the process has one thread.
    ///
    /// # Errors
    ///
    /// If one of them is of no use: no door has its name, it is no listening socket of TCP, or the settings have the
    /// door at another address. The first such socket is told.
    pub(crate) fn take(settings: &Settings) -> Result<Handed, HandedError> {
        let own = std::process::id().to_string();
        // Variables that were left over by somebody else say nothing of the descriptors of this process.
        if environment::value_of("LISTEN_PID").is_none_or(|process| process != own) {
            return Ok(Handed::default());
        }
        let names = environment::value_of("LISTEN_FDNAMES").unwrap_or_default();
        let mut sockets = ListenFd::from_env();
        let mut handed = Handed::default();
        for (place, name) in (0..sockets.len()).zip(names.split(':').chain(std::iter::repeat(""))) {
            handed.put(name, listener(&mut sockets, place), settings)?;
        }
        Ok(handed)
    }

    /// Gives a socket to the door of that name.
    fn put(
        &mut self,
        name: &str,
        socket: Result<TcpListener, OtherKind>,
        settings: &Settings,
    ) -> Result<(), HandedError> {
        let (door, place, configured) = match name {
            "http" => (DoorName::Http, &mut self.http, settings.http),
            "flight" => (DoorName::Flight, &mut self.flight, settings.flight),
            _ => return Err(HandedError::Name { name: name.to_owned() }),
        };
        if place.is_some() {
            return Err(HandedError::Twice { door });
        }
        let socket = socket.map_err(|kind| HandedError::Kind { door, kind })?;
        let address = socket.local_addr().map_err(|source| HandedError::Io { door, source })?;
        if !agrees(address, configured) {
            return Err(HandedError::Address { door, address, configured });
        }
        *place = Some(socket);
        Ok(())
    }
}

/// Whether a door that is configured there may be here. Port 0 is any.
fn agrees(address: SocketAddr, configured: SocketAddr) -> bool {
    address.ip() == configured.ip() && [0, address.port()].contains(&configured.port())
}

/// The listening socket at a place.
fn listener(sockets: &mut ListenFd, place: usize) -> Result<TcpListener, OtherKind> {
    if let Ok(Some(socket)) = sockets.take_tcp_listener(place) {
        return unconnected(socket);
    }
    if let Ok(Some(_)) = sockets.take_udp_socket(place) {
        return Err("a UDP socket");
    }
    if let Ok(Some(_)) = sockets.take_unix_listener(place) {
        return Err("a Unix socket");
    }
    if let Ok(Some(_)) = sockets.take_unix_datagram(place) {
        return Err("a Unix socket of datagrams");
    }
    Err("no socket of TCP")
}

/// A connection (`Accept=yes`) is of the kind of a listening socket; what tells it is that it has another end.
fn unconnected(socket: TcpListener) -> Result<TcpListener, OtherKind> {
    let socket = TcpStream::from(OwnedFd::from(socket));
    match socket.peer_addr() {
        Ok(_) => Err("a connection"),
        Err(_) => Ok(TcpListener::from(OwnedFd::from(socket))),
    }
}

/// Why a socket that was handed over is of no use. Nothing is served then: whoever hands sockets over wants the doors there.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum HandedError {
    #[error("a socket {} was handed over, and no door is called so", called(name))]
    Name { name: String },

    #[error("two sockets `{door}` were handed over, and the door has one")]
    Twice { door: DoorName },

    #[error("what was handed over as the socket `{door}` is {kind}, and the door listens for connections of TCP")]
    Kind { door: DoorName, kind: &'static str },

    #[error("the socket `{door}` that was handed over listens on {address}, and the key `{door}` says {configured}")]
    Address { door: DoorName, address: SocketAddr, configured: SocketAddr },

    #[error("the socket `{door}` that was handed over cannot be used: {source}")]
    Io {
        door: DoorName,
        #[source]
        source: io::Error,
    },
}

impl HandedError {
    /// The stable code.
    pub fn code(&self) -> Code {
        Code::SOCKET_UNFIT
    }

    /// The next thing to do.
    pub fn help(&self) -> String {
        match self {
            HandedError::Name { .. } => {
                "write `FileDescriptorName=http` or `FileDescriptorName=flight` into its .socket unit".to_owned()
            }
            HandedError::Twice { .. } => {
                "leave it one `ListenStream=`: `[::]:PORT` takes connections by IPv4 too".to_owned()
            }
            HandedError::Kind { .. } => {
                "write `ListenStream=ADDRESS:PORT` into its .socket unit, and no `Accept=yes`".to_owned()
            }
            HandedError::Address { door, address, configured } => format!(
                "write `{door} = \"{address}\"` into the configuration, or `ListenStream={configured}` into its \
                 .socket unit"
            ),
            HandedError::Io { .. } => "restart its .socket unit".to_owned(),
        }
    }
}

fn called(name: &str) -> String {
    if name.is_empty() { "without a name".to_owned() } else { format!("`{name}`") }
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use super::*;

    fn bound() -> TcpListener {
        TcpListener::bind("127.0.0.1:0").unwrap()
    }

    fn at(address: SocketAddr) -> Settings {
        Settings { http: address, ..Settings::local("m", "h") }
    }

    #[track_caller]
    fn check(error: &HandedError, expected: Expect) {
        expected.assert_eq(&format!("{} {error}\nhelp: {}\n", error.code(), error.help()));
    }

    #[test]
    fn each_door_has_the_socket_of_its_name() {
        let (http, flight) = (bound(), bound());
        let (at_http, at_flight) = (http.local_addr().unwrap(), flight.local_addr().unwrap());
        let mut handed = Handed::default();
        handed.put("flight", Ok(flight), &at(at_http)).unwrap();
        handed.put("http", Ok(http), &at(at_http)).unwrap();
        assert_eq!(handed.http.unwrap().local_addr().unwrap(), at_http);
        assert_eq!(handed.flight.unwrap().local_addr().unwrap(), at_flight);
    }

    #[test]
    fn a_socket_must_be_where_the_configuration_has_the_door() {
        let agree = |one: &str, other: &str| agrees(one.parse().unwrap(), other.parse().unwrap());
        assert!(agree("127.0.0.1:8080", "127.0.0.1:8080"));
        assert!(agree("[::]:8080", "[::]:0"), "port 0 is any");
        assert!(!agree("127.0.0.1:8080", "127.0.0.1:8081"));
        assert!(!agree("[::]:8080", "0.0.0.0:8080"), "it takes more than was asked for");

        let (address, configured) = ("0.0.0.0:443".parse().unwrap(), "127.0.0.1:8080".parse().unwrap());
        check(
            &HandedError::Address { door: DoorName::Http, address, configured },
            expect![[r#"
                W0913 the socket `http` that was handed over listens on 0.0.0.0:443, and the key `http` says 127.0.0.1:8080
                help: write `http = "0.0.0.0:443"` into the configuration, or `ListenStream=127.0.0.1:8080` into its .socket unit
            "#]],
        );
    }

    #[test]
    fn a_socket_of_no_door_is_refused() {
        let refused = |name: &str| Handed::default().put(name, Ok(bound()), &Settings::local("m", "h")).unwrap_err();
        check(
            &refused("weft-http.socket"),
            expect![[r#"
                W0913 a socket `weft-http.socket` was handed over, and no door is called so
                help: write `FileDescriptorName=http` or `FileDescriptorName=flight` into its .socket unit
            "#]],
        );
        assert_eq!(refused("").to_string(), "a socket without a name was handed over, and no door is called so");
    }

    #[test]
    fn a_door_takes_one_socket() {
        let mut handed = Handed::default();
        let settings = Settings::local("m", "h");
        handed.put("http", Ok(bound()), &settings).unwrap();
        check(
            &handed.put("http", Ok(bound()), &settings).unwrap_err(),
            expect![[r#"
                W0913 two sockets `http` were handed over, and the door has one
                help: leave it one `ListenStream=`: `[::]:PORT` takes connections by IPv4 too
            "#]],
        );
    }

    #[test]
    fn a_connection_is_no_socket_to_listen_on() {
        let listener = bound();
        let one = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        let kind = unconnected(TcpListener::from(OwnedFd::from(one))).unwrap_err();
        check(
            &Handed::default().put("flight", Err(kind), &Settings::local("m", "h")).unwrap_err(),
            expect![[r#"
                W0913 what was handed over as the socket `flight` is a connection, and the door listens for connections of TCP
                help: write `ListenStream=ADDRESS:PORT` into its .socket unit, and no `Accept=yes`
            "#]],
        );
        assert!(unconnected(listener).is_ok());
    }
}
