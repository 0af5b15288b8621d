//! Where the doors are to listen.

use std::io::ErrorKind;
use std::net::SocketAddr;

use super::{Found, Looked, Trouble};
use crate::assemble::{bind, loopback_only};
use crate::settings::Settings;
use crate::start_error::StartError;

pub(super) async fn doors(settings: &Settings, held: Option<&str>) -> Looked {
    let addresses = [settings.http, settings.flight];
    if settings.tls.is_none() {
        loopback_only(&addresses).map_err(Trouble::from)?;
    }
    if are_one(settings.http, settings.flight) {
        return Err(Trouble::new(
            format!("`http` is {} and `flight` is {}: both doors have one port", settings.http, settings.flight),
            "give each a port of its own, such as 8080 and 8815",
        ));
    }
    if let Some(holder) = held {
        return Ok(Found::NotAsked(format!("{holder} has them")));
    }
    for address in addresses {
        bind(address).await.map_err(taken)?;
    }
    Ok(Found::Well(format!("{} and {} are free", settings.http, settings.flight)))
}

/// Whether no two sockets can listen there at a time. Each door has a free port where it is 0.
fn are_one(http: SocketAddr, flight: SocketAddr) -> bool {
    let overlap = http.ip() == flight.ip() || http.ip().is_unspecified() || flight.ip().is_unspecified();
    http.port() != 0 && http.port() == flight.port() && overlap
}

fn taken(error: StartError) -> Trouble {
    let is_in_use = matches!(&error, StartError::Bind { source, .. } if source.kind() == ErrorKind::AddrInUse);
    let trouble = Trouble::from(error);
    match is_in_use {
        true => Trouble {
            help: Some(
                "another process listens there, which `ss -tlnp` names: give the door another address; or it is systemd \
                 with a .socket unit for this service, and all is well"
                    .to_owned(),
            ),
            ..trouble
        },
        false => trouble,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_doors_are_one_where_no_two_sockets_can_be() {
        let one = |http: &str, flight: &str| are_one(http.parse().unwrap(), flight.parse().unwrap());
        assert!(one("127.0.0.1:8080", "127.0.0.1:8080"));
        assert!(one("0.0.0.0:8080", "127.0.0.1:8080"));
        assert!(one("127.0.0.1:8080", "[::]:8080"));
        assert!(!one("127.0.0.1:8080", "[::1]:8080"));
        assert!(!one("127.0.0.1:8080", "127.0.0.1:8815"));
        assert!(!one("127.0.0.1:0", "127.0.0.1:0"));
    }
}
