//! Whether what a mesh needs is there, asked before it is started. Nothing is started, and nothing is left behind.

mod catalog;
mod clock;
mod doors;
mod home;
mod mesh;
mod oidc;
mod store;
mod tls;
mod webhooks;

use std::sync::Arc;
use std::time::Duration;

use weft_model::{Clock, Code};

use crate::home::Home;
use crate::settings::Settings;
use crate::start_error::StartError;

/// How long each answer from elsewhere is waited for.
const ANSWER_MAX: Duration = Duration::from_secs(10);

/// One thing that was looked at.
#[derive(Clone, Debug)]
pub(crate) struct Finding {
    pub(crate) what: &'static str,
    pub(crate) found: Found,
}

/// What was found.
#[derive(Clone, Debug)]
pub(crate) enum Found {
    /// It works, and how.
    Well(String),
    /// It was not looked at, and why.
    NotAsked(String),
    Wrong(Trouble),
}

/// What does not work, and what to do.
#[derive(Clone, Debug)]
pub(crate) struct Trouble {
    pub(crate) code: Option<Code>,
    pub(crate) message: String,
    pub(crate) help: Option<String>,
}

impl Trouble {
    fn new(message: impl Into<String>, help: impl Into<String>) -> Self {
        Trouble { code: None, message: message.into(), help: Some(help.into()) }
    }
}

impl From<StartError> for Trouble {
    fn from(error: StartError) -> Self {
        let code = error.code();
        let help = error.help().or_else(|| code.map(|code| format!("`weft explain {code}` says more")));
        Trouble { code, message: error.to_string(), help }
    }
}

type Looked = Result<Found, Trouble>;

/// Looks at everything that a mesh with these settings needs, in the order in which it needs it.
pub(crate) async fn look(settings: &Settings, clock: Arc<dyn Clock>) -> Vec<Finding> {
    let home = Home::at(&settings.home);
    let held = home::holder(&home);
    let shared = match &settings.catalog {
        Some(shared) => Some((shared, catalog::ask(shared, &*clock).await)),
        None => None,
    };
    let mut findings = vec![
        of("home", held.clone().and_then(|held| home::writable(&home, held.as_deref()))),
        of("disk", home::room(&home)),
        of("mesh", mesh::mesh(settings).await),
        of("store", store::store(settings, &home).await),
    ];
    match &shared {
        None => findings.push(of("catalog", catalog::file(&home, Arc::clone(&clock)).await)),
        Some((_, Err(trouble))) => findings.push(of("catalog", Err(trouble.clone()))),
        Some((shared, Ok(state))) => findings.extend([
            of("catalog", catalog::database(shared, state)),
            of("rights", catalog::rights(state)),
            of("lead", Ok(catalog::lead(state))),
        ]),
    }
    let state = shared.as_ref().and_then(|(_, asked)| asked.as_ref().ok());
    findings.extend([
        of("doors", doors::doors(settings, held.ok().flatten().as_deref()).await),
        of("tls", tls::tls(settings, clock.now())),
        of("oidc", oidc::oidc(settings, &clock).await),
        of("clock", clock::skew(settings, &*clock, state).await),
    ]);
    findings.extend(webhooks::webhooks(settings).await.into_iter().map(|looked| of("webhook", looked)));
    findings
}

fn of(what: &'static str, looked: Looked) -> Finding {
    Finding { what, found: looked.unwrap_or_else(Found::Wrong) }
}
