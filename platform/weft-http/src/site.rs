//! Where the catalog is served, and as what.

use axum::http::HeaderMap;
use axum::http::header::HOST;

/// Where the catalog is served, and as what.
#[derive(Clone, Debug)]
pub struct Site {
    // INVARIANT: empty, or begins with a slash and does not end with one.
    base: String,
    is_secure: bool,
    /// URL of this door without the base path: `http://127.0.0.1:8080`.
    pub url: String,
    /// Name of the mesh, and of its environment, where they have one.
    pub mesh: Option<String>,
    pub environment: Option<String>,
    /// Whether one may sign in by choosing a principal that the mesh marks as one of its demo.
    pub is_demo: bool,
}

impl Site {
    /// A site at `url`, all of whose paths lie below `base`, such as `/weft`; at the root where that is empty.
    pub fn new(url: impl Into<String>, base: &str) -> Self {
        let (url, base) = (url.into(), base.trim_matches('/'));
        let base = if base.is_empty() { String::new() } else { format!("/{base}") };
        Site { base, is_secure: url.starts_with("https:"), url, mesh: None, environment: None, is_demo: false }
    }

    /// What every path begins with: empty, or such as `/weft`.
    pub fn base(&self) -> &str {
        &self.base
    }

    /// The path of the first page: `/`, or such as `/weft/`.
    pub(crate) fn path(&self) -> String {
        format!("{}/", self.base)
    }

    /// Where it is reached: URL and base path.
    pub fn address(&self) -> String {
        format!("{}{}", self.url, self.base)
    }

    /// Whether cookies go over TLS alone.
    pub(crate) fn is_secure(&self) -> bool {
        self.is_secure
    }

    /// Whether a browser on this machine asks, under a name that can mean no other.
    pub(crate) fn is_asked_by_loopback(headers: &HeaderMap) -> bool {
        let host = headers.get(HOST).and_then(|host| host.to_str().ok()).unwrap_or("");
        let name = match host.strip_prefix('[') {
            Some(rest) => rest.split(']').next(),
            None => host.split(':').next(),
        };
        matches!(name, Some("localhost" | "127.0.0.1" | "::1"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_base_is_written_with_or_without_slashes() {
        for (written, base, path) in
            [("", "", "/"), ("/", "", "/"), ("weft", "/weft", "/weft/"), ("/a/b/", "/a/b", "/a/b/")]
        {
            let site = Site::new("http://127.0.0.1:8080", written);
            assert_eq!((site.base(), site.path().as_str()), (base, path), "{written}");
        }
    }

    #[test]
    fn a_name_that_somebody_else_may_hold_is_not_this_machine() {
        let asked = |host: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(HOST, host.parse().unwrap());
            Site::is_asked_by_loopback(&headers)
        };
        for host in ["localhost:8080", "127.0.0.1", "127.0.0.1:9", "[::1]:8080"] {
            assert!(asked(host), "{host}");
        }
        for host in ["evil.example", "localhost.evil.example:8080", "127.0.0.1.evil.example", "10.0.0.1", ""] {
            assert!(!asked(host), "{host}");
        }
        assert!(!Site::is_asked_by_loopback(&HeaderMap::new()));
    }
}
