//! Where messages may go: which URLs, and which addresses behind their names.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use url::{Host, Url};

use crate::{NoticeError, Webhook};

/// The URL of a webhook. It is `https:`; where private addresses are allowed, `http:` to this machine will do.
///
/// # Errors
///
/// If it is none to which a message could go, or should.
pub fn address(text: &str, allows_private: bool) -> Result<Url, NoticeError> {
    let url = Url::parse(text).map_err(|error| NoticeError::Address { reason: error.to_string() })?;
    if !matches!(url.scheme(), "http" | "https") || url.host().is_none() {
        return Err(NoticeError::Address { reason: "write `https://HOST/PATH`".to_owned() });
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(NoticeError::Credentials);
    }
    match url.scheme() == "https" || (allows_private && is_this_machine(&url)) {
        true => Ok(url),
        false => Err(NoticeError::NotHttps),
    }
}

fn is_this_machine(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

impl Webhook {
    /// The addresses to which messages may go now, by the URL and what its host stands for. None is connected to.
    ///
    /// # Errors
    ///
    /// [`NoticeError::Unresolved`] if the host stands for nothing, [`NoticeError::Private`] if it stands for addresses
    /// alone to which messages may not go.
    pub async fn addresses(&self) -> Result<Vec<IpAddr>, NoticeError> {
        let found: Vec<IpAddr> = match self.url.host() {
            Some(Host::Domain(name)) => {
                let found = tokio::net::lookup_host((name, 0)).await;
                found.map_err(|source| NoticeError::Unresolved { source })?.map(|address| address.ip()).collect()
            }
            Some(Host::Ipv4(address)) => vec![IpAddr::V4(address)],
            Some(Host::Ipv6(address)) => vec![IpAddr::V6(address)],
            None => Vec::new(),
        };
        let first = found.first().copied();
        let mut allowed: Vec<IpAddr> =
            found.into_iter().filter(|address| self.allows_private || is_public(*address)).collect();
        allowed.sort();
        allowed.dedup();
        match first {
            Some(address) if allowed.is_empty() => Err(NoticeError::Private { address }),
            _ => Ok(allowed),
        }
    }
}

/// The address that a URL names without a name, where messages may not go to it.
pub(crate) fn refused(url: &Url) -> Option<IpAddr> {
    let address = match url.host()? {
        Host::Domain(_) => return None,
        Host::Ipv4(address) => IpAddr::V4(address),
        Host::Ipv6(address) => IpAddr::V6(address),
    };
    Some(address).filter(|address| !is_public(*address))
}

/// Whether an address is one of the public Internet: neither this machine nor its network, and nothing reserved.
pub(crate) fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    let is_reserved = a == 0
        || (a == 100 && (64..128).contains(&b))
        || (a, b, c) == (192, 0, 0)
        || (a, b, c) == (192, 88, 99)
        || (a == 198 && (18..20).contains(&b))
        || a >= 240;
    !(is_reserved
        || address.is_loopback()
        || address.is_private()
        || address.is_link_local()
        || address.is_multicast()
        || address.is_documentation())
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    let [a, b, c, ..] = address.segments();
    let embedded = |high: u16, low: u16| Ipv4Addr::from((u32::from(high) << 16) | u32::from(low));
    let [.., g, h] = address.segments();
    match a {
        // What translates to IPv4 is judged as what it becomes.
        0 if address.to_ipv4_mapped().is_some() => is_public_v4(embedded(g, h)),
        0x64 if b == 0xff9b && address.segments()[2..6] == [0; 4] => is_public_v4(embedded(g, h)),
        0x2002 => is_public_v4(embedded(b, c)),
        // Protocol assignments (Teredo among them), documentation.
        0x2001 if b < 0x200 || b == 0xdb8 => false,
        0x3fff if b < 0x1000 => false,
        _ => (0x2000..0x4000).contains(&a),
    }
}

/// Looks names up, and leaves out the addresses to which messages may not go. What it gives is connected to: there is no
/// second look-up, which could say otherwise.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PublicOnly;

impl Resolve for PublicOnly {
    fn resolve(&self, name: Name) -> Resolving {
        Box::pin(async move {
            // The port is that of the URL, whatever is written here.
            let found: Vec<SocketAddr> = tokio::net::lookup_host((name.as_str(), 0)).await?.collect();
            let public: Vec<SocketAddr> = found.into_iter().filter(|address| is_public(address.ip())).collect();
            if public.is_empty() {
                return Err("its name stands for private addresses alone".into());
            }
            Ok(Box::new(public.into_iter()) as Addrs)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn private_and_reserved_addresses_are_not_public_however_they_are_written() {
        let private = [
            "0.0.0.0",
            "10.1.2.3",
            "100.64.0.1",
            "127.0.0.1",
            "127.8.9.1",
            "169.254.169.254",
            "172.16.0.1",
            "172.31.255.255",
            "192.0.0.8",
            "192.0.2.1",
            "192.168.1.1",
            "198.18.0.1",
            "203.0.113.9",
            "224.0.0.1",
            "240.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "::7f00:1",
            "::ffff:127.0.0.1",
            "::ffff:10.0.0.1",
            "64:ff9b::a00:1",
            "64:ff9b:1::1",
            "100::1",
            "2001::1",
            "2001:db8::1",
            "2002:7f00:1::",
            "3fff::1",
            "fc00::1",
            "fd12::1",
            "fe80::1",
            "fec0::1",
            "ff02::1",
        ];
        for text in private {
            assert!(!is_public(text.parse().unwrap()), "{text}");
        }
        let public = [
            "1.1.1.1",
            "8.8.8.8",
            "100.128.0.1",
            "172.32.0.1",
            "192.0.1.1",
            "198.20.0.1",
            "223.255.255.254",
            "2606:4700::1111",
            "2001:4860:4860::8888",
            "::ffff:8.8.8.8",
            "64:ff9b::808:808",
            "2002:808:808::1",
        ];
        for text in public {
            assert!(is_public(text.parse().unwrap()), "{text}");
        }
    }

    #[test]
    fn messages_go_by_https_but_on_this_machine_where_that_is_allowed() {
        let told = |text: &str, allows_private: bool| match address(text, allows_private) {
            Ok(url) => url.to_string(),
            Err(error) => error.to_string(),
        };
        assert_eq!(told("https://hooks.example.org/weft", false), "https://hooks.example.org/weft");
        assert_eq!(told("http://127.0.0.1:9/a", true), "http://127.0.0.1:9/a");
        assert_eq!(told("http://localhost/", true), "http://localhost/");
        assert_eq!(told("http://[::1]/", true), "http://[::1]/");
        let plain = "it does not begin with `https:`";
        let refused =
            [("http://127.0.0.1/", false), ("http://10.0.0.1/", true), ("http://localhost.example.org/", true)];
        for (text, allows_private) in refused {
            assert_eq!(told(text, allows_private), plain, "{text}");
        }
        assert_eq!(told("https://ana:secret@example.org/", false), "it holds a name or a password");
        assert!(told("ftp://example.org/", false).starts_with("it is no URL of a host"));
        assert!(told("hooks", false).starts_with("it is no URL of a host"));
    }

    #[test]
    fn an_address_without_a_name_is_looked_at_too() {
        let refused_of = |text: &str| refused(&Url::parse(text).unwrap()).map(|address| address.to_string());
        assert_eq!(refused_of("https://2130706433/").as_deref(), Some("127.0.0.1"), "as a number");
        assert_eq!(refused_of("https://0x7f.1/").as_deref(), Some("127.0.0.1"));
        assert_eq!(refused_of("https://[::ffff:10.0.0.1]/").as_deref(), Some("::ffff:10.0.0.1"));
        assert_eq!(refused_of("https://8.8.8.8/"), None);
        assert_eq!(refused_of("https://example.org/"), None);
    }
    #[tokio::test]
    async fn a_webhook_tells_where_it_leads_without_going_there() {
        let told = async |url: &str, allows_private: bool| {
            let webhook = Webhook {
                name: "house".to_owned(),
                url: Url::parse(url).unwrap(),
                secrets: crate::Secrets::fixed(Vec::new()),
                interest: crate::Interest::default(),
                allows_private,
                generation: 0,
            };
            match webhook.addresses().await {
                Ok(addresses) => addresses.iter().map(ToString::to_string).collect::<Vec<_>>().join(" "),
                Err(error) => error.to_string(),
            }
        };
        assert_eq!(told("https://8.8.8.8/", false).await, "8.8.8.8");
        assert_eq!(told("https://10.0.0.1/", true).await, "10.0.0.1");
        let private = "its host is 10.0.0.1, which is an address of this machine or its network";
        assert_eq!(told("https://10.0.0.1/", false).await, private);
        assert!(told("https://localhost/", false).await.ends_with("an address of this machine or its network"));
        // No part of a name is so long, so nobody need be asked.
        let unknown = format!("https://{}.example/", "x".repeat(64));
        assert!(told(&unknown, false).await.starts_with("its host stands for no address: "));
    }
}
