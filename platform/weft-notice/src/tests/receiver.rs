//! A receiver of webhooks, which takes what is signed and misbehaves as a test wants it.

use std::collections::{BTreeSet, HashMap};
use std::net::SocketAddr;
use std::sync::Arc;

use parking_lot::Mutex;
use serde_json::Value;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::Secret;

/// What a receiver does with a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Manner {
    /// Takes it if it is signed well, and answers with that status; with 400 if it is not.
    Take(u16),
    /// Answers with that status and headers, and takes nothing.
    Answer(u16, &'static str),
    /// Closes the connection.
    Drop,
    /// Takes it, and closes the connection.
    TakeAndDrop,
    /// Never answers.
    Hang,
    /// Takes it, and never answers.
    TakeAndHang,
    /// Something on the way has changed a byte of the body.
    Garble,
}

/// A request that came.
#[derive(Clone, Debug)]
pub(super) struct Request {
    pub(super) path: String,
    pub(super) headers: HashMap<String, String>,
    pub(super) body: String,
}

impl Request {
    pub(super) fn id(&self) -> &str {
        &self.headers["webhook-id"]
    }

    pub(super) fn event(&self) -> Value {
        serde_json::from_str(&self.body).unwrap()
    }

    fn is_signed_by(&self, secret: &Secret) -> bool {
        let timestamp = self.headers["webhook-timestamp"].parse().unwrap();
        let signature = secret.sign(self.id(), timestamp, &self.body);
        self.headers["webhook-signature"].split(' ').any(|one| one == signature)
    }
}

type Manners = Box<dyn FnMut(&Request) -> Manner + Send>;

struct Inner {
    manners: Mutex<Manners>,
    secret: Secret,
    connections: watch::Sender<usize>,
    /// Every request, in order of arrival.
    came: Mutex<Vec<Request>>,
    /// Those that were taken, doubles among them.
    taken: watch::Sender<Vec<Request>>,
    /// Ids of those that were taken.
    ids: watch::Sender<BTreeSet<String>>,
}

/// Listens on loopback until it is dropped.
pub(super) struct Receiver {
    pub(super) address: SocketAddr,
    inner: Arc<Inner>,
    _task: JoinSet<()>,
}

impl Receiver {
    pub(super) async fn start(secret: &str, manners: impl FnMut(&Request) -> Manner + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let inner = Arc::new(Inner {
            manners: Mutex::new(Box::new(manners)),
            secret: Secret::parse(secret).unwrap(),
            connections: watch::Sender::new(0),
            came: Mutex::default(),
            taken: watch::Sender::new(Vec::new()),
            ids: watch::Sender::new(BTreeSet::new()),
        });
        let mut task = JoinSet::new();
        task.spawn({
            let inner = Arc::clone(&inner);
            async move {
                let mut connections = JoinSet::new();
                while let Ok((stream, _)) = listener.accept().await {
                    inner.connections.send_modify(|count| *count += 1);
                    connections.spawn(converse(stream, Arc::clone(&inner)));
                }
            }
        });
        Receiver { address, inner, _task: task }
    }

    pub(super) fn url(&self) -> String {
        format!("http://{}/hook", self.address)
    }

    pub(super) fn behave(&self, manners: impl FnMut(&Request) -> Manner + Send + 'static) {
        *self.inner.manners.lock() = Box::new(manners);
    }

    pub(super) fn connections(&self) -> usize {
        *self.inner.connections.borrow()
    }

    pub(super) fn came(&self) -> Vec<Request> {
        self.inner.came.lock().clone()
    }

    pub(super) fn taken(&self) -> Vec<Request> {
        self.inner.taken.borrow().clone()
    }

    /// Waits until so many requests were taken.
    pub(super) async fn has_taken(&self, count: usize) {
        let mut taken = self.inner.taken.subscribe();
        let enough = taken.wait_for(|taken| taken.len() >= count);
        tokio::time::timeout(std::time::Duration::from_secs(60), enough).await.expect("in time").unwrap();
    }
}

impl Receiver {
    /// Waits until so many events were taken, doubles aside.
    pub(super) async fn knows(&self, count: usize) {
        let mut ids = self.inner.ids.subscribe();
        let enough = ids.wait_for(|ids| ids.len() >= count);
        tokio::time::timeout(std::time::Duration::from_secs(120), enough).await.expect("in time").unwrap();
    }
}

async fn converse(mut stream: TcpStream, inner: Arc<Inner>) {
    let mut buffer = Vec::new();
    while let Some(request) = next(&mut stream, &mut buffer).await {
        let manner = (inner.manners.lock())(&request);
        inner.came.lock().push(request.clone());
        let request = match manner {
            Manner::Garble => Request { body: request.body.replacen("\"1.0\"", "\"1.1\"", 1), ..request },
            _ => request,
        };
        let is_good = request.is_signed_by(&inner.secret);
        let takes = matches!(manner, Manner::Take(_) | Manner::TakeAndDrop | Manner::TakeAndHang | Manner::Garble);
        if is_good && takes {
            let id = request.id().to_owned();
            inner.taken.send_modify(|taken| taken.push(request));
            inner.ids.send_modify(|ids| {
                ids.insert(id);
            });
        }
        let (status, headers) = match manner {
            Manner::Take(_) | Manner::Garble if !is_good => (400, ""),
            Manner::Take(status) => (status, ""),
            Manner::Garble => (200, ""),
            Manner::Answer(status, headers) => (status, headers),
            Manner::Drop | Manner::TakeAndDrop => return,
            Manner::Hang | Manner::TakeAndHang => std::future::pending().await,
        };
        let answer = format!("HTTP/1.1 {status} so\r\ncontent-length: 2\r\n{headers}\r\nok");
        if stream.write_all(answer.as_bytes()).await.is_err() {
            return;
        }
    }
}

/// The next request of a connection; `None` at its end.
async fn next(stream: &mut TcpStream, buffer: &mut Vec<u8>) -> Option<Request> {
    loop {
        if let Some(request) = whole(buffer) {
            return Some(request);
        }
        if stream.read_buf(buffer).await.ok()? == 0 {
            return None;
        }
    }
}

/// The request at the beginning of `buffer`, taken out of it, if it is there as a whole.
fn whole(buffer: &mut Vec<u8>) -> Option<Request> {
    let head_ends = buffer.windows(4).position(|window| window == b"\r\n\r\n")? + 4;
    let head = String::from_utf8(buffer[..head_ends].to_vec()).unwrap();
    let mut lines = head.lines();
    let path = lines.next()?.split(' ').nth(1)?.to_owned();
    let headers: HashMap<String, String> = lines
        .filter_map(|line| line.split_once(": "))
        .map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()))
        .collect();
    let length: usize = headers["content-length"].parse().unwrap();
    if buffer.len() < head_ends + length {
        return None;
    }
    let body = String::from_utf8(buffer[head_ends..head_ends + length].to_vec()).unwrap();
    buffer.drain(..head_ends + length);
    Some(Request { path, headers, body })
}
