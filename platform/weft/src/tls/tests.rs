use std::fs;
use std::net::SocketAddr;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsConnector;

use super::*;

type Authority = CertifiedIssuer<'static, KeyPair>;

fn authority() -> Authority {
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap()
}

/// Certificate and key in PEM, for `localhost`.
fn pair(authority: &Authority) -> (String, String) {
    let key = KeyPair::generate().unwrap();
    let params = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
    (params.signed_by(&key, authority).unwrap().pem(), key.serialize_pem())
}

/// A folder with the files of a server, and who vouches for them.
struct Server {
    folder: TempDir,
    authority: Authority,
}

impl Server {
    fn new() -> Self {
        let server = Server { folder: tempfile::tempdir().unwrap(), authority: authority() };
        let (certificate, key) = pair(&server.authority);
        server.write("certificate.pem", &certificate);
        server.write("key.pem", &key);
        server
    }

    fn write(&self, name: &str, text: &str) {
        fs::write(self.folder.path().join(name), text).unwrap();
    }

    fn files(&self) -> TlsFiles {
        let file = |name: &str| self.folder.path().join(name);
        let client_ca = Some(file("clients.pem")).filter(|file| file.exists());
        TlsFiles { certificate: file("certificate.pem"), key: file("key.pem"), client_ca }
    }
}

fn client(authority: &Authority, shown: Option<(String, String)>) -> TlsConnector {
    let mut roots = RootCertStore::empty();
    roots.add(authority.der().clone()).unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let builder = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    let builder = builder.with_root_certificates(roots);
    let config = match shown {
        None => builder.with_no_client_auth(),
        Some((certificate, key)) => {
            let certificate = CertificateDer::from_pem_slice(certificate.as_bytes()).unwrap();
            let key = PrivateKeyDer::from_pem_slice(key.as_bytes()).unwrap();
            builder.with_client_auth_cert(vec![certificate], key).unwrap()
        }
    };
    TlsConnector::from(Arc::new(config))
}

/// A door that says "well" to each connection that has agreed on TLS.
async fn door(tls: &Tls) -> SocketAddr {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let tls = tls.clone();
    let mut connections = Secured::new(listener, Some(move || tls.flight())).unwrap();
    let address = axum::serve::Listener::local_addr(&connections).unwrap();
    tokio::spawn(async move {
        while let Some(mut connection) = futures::StreamExt::next(&mut connections).await {
            connection.write_all(b"well").await.unwrap();
            connection.shutdown().await.unwrap();
        }
    });
    address
}

/// What the door says, or that it says nothing.
async fn greeted(address: SocketAddr, client: &TlsConnector) -> Option<String> {
    let connection = TcpStream::connect(address).await.unwrap();
    let mut connection = client.connect(ServerName::try_from("localhost").unwrap(), connection).await.ok()?;
    let mut said = String::new();
    connection.read_to_string(&mut said).await.ok()?;
    Some(said)
}

#[tokio::test]
async fn who_agrees_is_let_in_and_who_says_nothing_holds_up_nobody() {
    let server = Server::new();
    let tls = Tls::open(server.files()).unwrap();
    let address = door(&tls).await;
    let silent = TcpStream::connect(address).await.unwrap();
    assert_eq!(greeted(address, &client(&server.authority, None)).await.as_deref(), Some("well"));
    assert_eq!(greeted(address, &client(&authority(), None)).await, None);
    let mut plain = TcpStream::connect(address).await.unwrap();
    plain.write_all(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n").await.unwrap();
    let mut said = Vec::new();
    let _ = plain.read_to_end(&mut said).await;
    assert!(!said.windows(4).any(|bytes| bytes == b"well"));
    drop(silent);
}

#[tokio::test]
async fn clients_show_a_certificate_that_is_vouched_for_where_one_is_asked_for() {
    let (server, clients) = (Server::new(), authority());
    server.write("clients.pem", &clients.pem());
    let tls = Tls::open(server.files()).unwrap();
    let address = door(&tls).await;
    let with = |shown| client(&server.authority, shown);
    assert_eq!(greeted(address, &with(Some(pair(&clients)))).await.as_deref(), Some("well"));
    assert_eq!(greeted(address, &with(None)).await, None);
    assert_eq!(greeted(address, &with(Some(pair(&authority())))).await, None);
}

#[tokio::test]
async fn files_that_change_come_into_force_and_bad_ones_do_not() {
    let server = Server::new();
    let mut followed = Followed::open(server.files()).unwrap();
    let first = followed.current.flight.load_full();
    followed.look();
    assert!(Arc::ptr_eq(&first, &followed.current.flight.load_full()));

    server.write("certificate.pem", "this is no certificate at all");
    followed.look();
    assert!(Arc::ptr_eq(&first, &followed.current.flight.load_full()));

    let (certificate, key) = pair(&server.authority);
    server.write("certificate.pem", &format!("{certificate}\n"));
    followed.look();
    assert!(
        Arc::ptr_eq(&first, &followed.current.flight.load_full()),
        "the new certificate is not that of the old key"
    );
    server.write("key.pem", &format!("{key}\n"));
    followed.look();
    assert!(!Arc::ptr_eq(&first, &followed.current.flight.load_full()));
    assert_eq!(followed.current.http.load().alpn_protocols, [b"http/1.1"]);
}

#[test]
fn files_of_no_use_are_refused_by_name() {
    let server = Server::new();
    let problem = |files: TlsFiles| {
        let error = files::read(&files).unwrap_err();
        assert_eq!(error.code(), weft_model::Code::TLS_FILES);
        error.to_string().replace(server.folder.path().to_str().unwrap(), "/srv")
    };
    let missing = TlsFiles { key: server.folder.path().join("none.pem"), ..server.files() };
    assert!(problem(missing).starts_with("cannot read `/srv/none.pem`: "));
    let swapped = TlsFiles { certificate: server.files().key, ..server.files() };
    assert_eq!(problem(swapped), "`/srv/key.pem` holds no certificate in PEM");
    server.write("other.pem", &pair(&server.authority).1);
    let other = TlsFiles { key: server.folder.path().join("other.pem"), ..server.files() };
    assert!(problem(other).starts_with("`/srv/certificate.pem` is not the certificate of the key in `/srv/other.pem`"));
    server.write("empty.pem", "");
    let nobody = TlsFiles { client_ca: Some(server.folder.path().join("empty.pem")), ..server.files() };
    assert_eq!(problem(nobody), "`/srv/empty.pem` holds no certificate in PEM");
}

#[test]
fn certificates_tell_from_when_until_when_they_are_good() {
    let server = Server::new();
    let key = KeyPair::generate().unwrap();
    let mut params = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
    params.not_before = rcgen::date_time_ymd(2026, 11, 1);
    params.not_after = rcgen::date_time_ymd(2027, 2, 1);
    let short = params.signed_by(&key, &server.authority).unwrap().pem();
    let authority = server.authority.pem();
    server.write("certificate.pem", &format!("{short}{authority}"));
    server.write("clients.pem", &authority);
    let terms = terms(&server.files()).unwrap();
    let day = |time: chrono::DateTime<chrono::Utc>| time.format("%Y-%m-%d").to_string();
    assert_eq!((day(terms[0].from), day(terms[0].until)), ("2026-11-01".to_owned(), "2027-02-01".to_owned()));
    // What vouches for others, which rcgen lets be good for ever, tells too.
    assert_eq!(terms.len(), 3);
    assert_eq!(day(terms[1].until), day(terms[2].until));
    assert!(terms[1].until > terms[0].until);
    assert!(terms[2].file.ends_with("clients.pem"));
}
