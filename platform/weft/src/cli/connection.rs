//! Which server a client command asks, and as whom.

use std::time::Duration;

use serde::Serialize;
use serde::de::DeserializeOwned;
use weft_model::Code;
use weft_wire::{Me, Problem};

use super::arguments::ServerArguments;
use super::token::mint;
use super::{Exit, Failure};
use crate::home::Home;

const CONNECT_MAX: Duration = Duration::from_secs(5);
const TOKEN_TTL: chrono::Duration = chrono::Duration::hours(1);

/// A server that may be asked, and the credentials to ask it with.
#[derive(Debug)]
pub(super) struct Connection {
    http: String,
    /// Known beforehand for a server of the home.
    flight: Option<String>,
    token: String,
    client: reqwest::Client,
}

impl Connection {
    /// Works out server and credentials; asks nobody yet.
    pub(super) fn new(arguments: &ServerArguments) -> Result<Self, Failure> {
        let home = Home::at(&arguments.home.home);
        let (http, flight) = match &arguments.server {
            Some(url) => (url.trim_end_matches('/').to_owned(), None),
            None => {
                let address = home.address().ok_or_else(|| not_running(&home))?;
                (address.http, Some(address.flight))
            }
        };
        if !http.starts_with("http://") && !http.starts_with("https://") {
            return Err(Failure::usage(format!("`{http}` is not the URL of a server")).help("write http://HOST:PORT"));
        }
        let token = match (&arguments.principal, &arguments.token) {
            (Some(name), _) if !home.keys().is_dir() => {
                return Err(Failure::coded(
                    Code::UNAUTHENTICATED,
                    format!("there is no key in `{}` to sign a token for `{name}` with", home.keys().display()),
                )
                .help("`--as` is for a server on this machine: name its home with --home, or set WEFT_TOKEN"));
            }
            (Some(name), _) => mint(&home, name, TOKEN_TTL)?,
            (None, Some(token)) => token.clone(),
            (None, None) => {
                return Err(Failure::coded(Code::UNAUTHENTICATED, "no credentials are given")
                    .help("ask as someone with `--as NAME`, or set WEFT_TOKEN"));
            }
        };
        let client = reqwest::Client::builder()
            .connect_timeout(CONNECT_MAX)
            .no_proxy()
            .build()
            .map_err(|error| Failure::new(Exit::Bug, format!("cannot make a client: {error}")))?;
        Ok(Connection { http, flight, token, client })
    }

    /// The bearer token.
    pub(super) fn token(&self) -> &str {
        &self.token
    }

    /// URL of the Flight SQL door, in the form that a gRPC client takes.
    pub(super) async fn flight(&self) -> Result<String, Failure> {
        let url = match &self.flight {
            Some(url) => url.clone(),
            None => self.get::<Me>("/api/v1/me").await?.flight,
        };
        Ok(match url.split_once("://") {
            Some(("grpc" | "grpc+tcp", rest)) => format!("http://{rest}"),
            Some(("grpc+tls", rest)) => format!("https://{rest}"),
            _ => url,
        })
    }

    /// What the server answers to a GET, as a value.
    pub(super) async fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T, Failure> {
        self.answer(self.client.get(format!("{}{path}", self.http))).await
    }

    /// What the server answers to a POST of `body`, as a value.
    pub(super) async fn post<T: DeserializeOwned>(&self, path: &str, body: &impl Serialize) -> Result<T, Failure> {
        self.answer(self.client.post(format!("{}{path}", self.http)).json(body)).await
    }

    /// What the server answers to a GET, as it is.
    pub(super) async fn text(&self, path: &str) -> Result<String, Failure> {
        let bytes = self.bytes(self.client.get(format!("{}{path}", self.http))).await?;
        String::from_utf8(bytes).map_err(|error| self.no_weft(format!("its answer is no text: {error}")))
    }

    async fn answer<T: DeserializeOwned>(&self, request: reqwest::RequestBuilder) -> Result<T, Failure> {
        let bytes = self.bytes(request).await?;
        serde_json::from_slice(&bytes).map_err(|error| self.no_weft(format!("its answer is not understood: {error}")))
    }

    async fn bytes(&self, request: reqwest::RequestBuilder) -> Result<Vec<u8>, Failure> {
        let request = request.bearer_auth(&self.token);
        let response = request.send().await.map_err(|error| self.unreachable(&error))?;
        let is_answer = response.status().is_success();
        let status = response.status();
        let bytes = response.bytes().await.map_err(|error| self.unreachable(&error))?;
        if !is_answer {
            return Err(match serde_json::from_slice::<Problem>(&bytes) {
                Ok(problem) => of_problem(problem),
                Err(_) => self.no_weft(format!("it answers {status}")),
            });
        }
        Ok(bytes.to_vec())
    }

    /// The failure of a server that does not answer.
    pub(super) fn unreachable(&self, error: &dyn std::error::Error) -> Failure {
        let failure =
            Failure::new(Exit::Unreachable, format!("cannot reach the server at {}: {}", self.http, root_of(error)));
        failure.help("is it running? `weft up` starts one here")
    }

    fn no_weft(&self, why: String) -> Failure {
        Failure::new(
            Exit::Unreachable,
            format!("{} is not a Weft server that this command can talk to: {why}", self.http),
        )
    }
}

/// The failure that a server reported.
pub(super) fn refused(code: Option<Code>, message: &str, trace: Option<String>) -> Failure {
    let failure = match code {
        Some(code) => Failure::coded(code, message),
        None => Failure::new(Exit::Problems, message),
    };
    // A bug of the server's is no bug of this process, but the user can do nothing about it either.
    Failure { trace, ..failure }
}

fn of_problem(problem: Problem) -> Failure {
    let explain = problem.explain_id;
    Failure { explain, ..refused(Code::parse(&problem.code), &problem.detail, Some(problem.trace_id)) }
}

fn not_running(home: &Home) -> Failure {
    Failure::new(Exit::Unreachable, format!("no server is running on the home `{}`", home.root().display())).help(
        "start one with `weft up` (or `weft up MESH --home DIR`) and leave it running,\nor name one with --server URL",
    )
}

fn root_of(error: &dyn std::error::Error) -> String {
    let mut root = error;
    while let Some(source) = root.source() {
        root = source;
    }
    root.to_string()
}
