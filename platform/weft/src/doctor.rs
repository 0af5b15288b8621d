//! Whether what a mesh needs is there, asked before it is started. Nothing is started, and nothing is left behind.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use tempfile::{TempDir, tempdir_in, tempfile_in};
use url::Url;
use weft_catalog::Catalog;
use weft_identity::{Oidc, ProviderTokens};
use weft_manifest::source::{self, SourceError};
use weft_model::{Clock, Code};
use weft_storage::Warehouse;

use crate::assemble::{bind, loopback_only};
use crate::home::{Home, HomeError};
use crate::settings::Settings;
use crate::start_error::StartError;
use crate::tls::Tls;

/// How long each answer from elsewhere is waited for. A repository may have to be fetched as a whole.
const ANSWER_MAX: Duration = Duration::from_secs(10);
const FETCH_MAX: Duration = Duration::from_secs(120);
/// With less room than this a home is as good as full.
const ROOM_LEAST: u64 = 1 << 30;
/// Tokens are taken as good and as expired so much too early or too late.
const SKEW_MAX_SECONDS: i64 = 30;

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
    let held = holder(&home);
    let of = |what, looked: Looked| Finding { what, found: looked.unwrap_or_else(Found::Wrong) };
    vec![
        of("home", held.clone().and_then(|held| writable(&home, held.as_deref()))),
        of("disk", room(&home)),
        of("mesh", mesh(settings).await),
        of("store", store(settings, &home).await),
        of("catalog", catalog(&home, Arc::clone(&clock)).await),
        of("doors", doors(settings, held.ok().flatten().as_deref()).await),
        of("tls", tls(settings)),
        of("oidc", oidc(settings, &clock).await),
        of("clock", skew(settings, &*clock).await),
    ]
}

/// Which mesh has this home, if one runs.
fn holder(home: &Home) -> Result<Option<String>, Trouble> {
    if !home.root().is_dir() {
        return Ok(None);
    }
    match home.lock() {
        Ok(_) => Ok(None),
        Err(HomeError::Held { pid, .. }) => {
            Ok(Some(pid.map_or_else(|| "another process".to_owned(), |pid| format!("process {pid}"))))
        }
        Err(error) => Err(StartError::Home(error).into()),
    }
}

fn writable(home: &Home, held: Option<&str>) -> Looked {
    let shown = home.root().display();
    if let Some(holder) = held {
        return Ok(Found::Well(format!("`{shown}` is the home of {holder}, which runs")));
    }
    let folder = there(home.root());
    match tempfile_in(&folder) {
        Ok(_) if folder == home.root() => Ok(Found::Well(format!("`{shown}` can be written to"))),
        Ok(_) => Ok(Found::Well(format!("`{shown}` is not there yet and can be made"))),
        Err(error) => Err(Trouble::new(
            format!("`{}` cannot be written to: {error}", folder.display()),
            "give it to the user that Weft runs as, or name another `home`",
        )),
    }
}

/// The folder, or the nearest above it that is there.
fn there(folder: &Path) -> PathBuf {
    let absolute = std::path::absolute(folder).unwrap_or_else(|_| folder.to_owned());
    absolute.ancestors().find(|folder| folder.is_dir()).unwrap_or(Path::new("/")).to_owned()
}

fn room(home: &Home) -> Looked {
    let folder = there(home.root());
    let trouble = |error: io::Error| {
        Trouble::new(format!("`{}` cannot be asked: {error}", folder.display()), "name another `home`")
    };
    let stat = rustix::fs::statvfs(&folder).map_err(|error| trouble(error.into()))?;
    let free = stat.f_bavail.saturating_mul(stat.f_frsize);
    let gib = format!("{:.1} GiB are free for `{}`", free as f64 / (1_u64 << 30) as f64, home.root().display());
    match free >= ROOM_LEAST {
        true => Ok(Found::Well(gib)),
        false => {
            Err(Trouble::new(gib, "make room for at least 1 GiB: queries spill there, and the catalog grows there"))
        }
    }
}

async fn mesh(settings: &Settings) -> Looked {
    let passing = passing()?;
    let (mesh, mirrors) = (settings.mesh.clone(), passing.path().to_owned());
    let newest = tokio::task::spawn_blocking(move || {
        let source = source::open(&mesh, &mirrors)?;
        Ok::<_, SourceError>((source.describe(), source.newest()?))
    });
    let late = || {
        let message = format!("`{}` brought no revision within {} s", settings.mesh, FETCH_MAX.as_secs());
        Trouble::new(message, "see whether `git ls-remote` answers there, as the user that Weft runs as")
    };
    let newest = tokio::time::timeout(FETCH_MAX, newest).await.map_err(|_| late())?;
    let newest = newest.map_err(|error| Trouble::new(error.to_string(), "please report this"))?;
    let (described, revision) = newest.map_err(|error| Trouble::from(StartError::Source(error)))?;
    Ok(Found::Well(format!("{described}: the newest revision is {}", revision.short())))
}

/// A folder that is gone with its value.
fn passing() -> Result<TempDir, Trouble> {
    tempfile::tempdir()
        .map_err(|error| Trouble::new(format!("no temporary folder can be made: {error}"), "make room in it"))
}

/// Tables of a home that is not there yet will lie where a folder can be made.
async fn store(settings: &Settings, home: &Home) -> Looked {
    let mut _passing = None;
    let url = match &settings.warehouse {
        Some(url) => url.clone(),
        None => {
            let folder = tempdir_in(there(home.root())).map_err(|error| {
                Trouble::new(
                    format!("no folder for tables can be made: {error}"),
                    "name another `home` or a `warehouse`",
                )
            })?;
            let url = Url::from_directory_path(folder.path()).map(String::from).unwrap_or_default();
            _passing = Some(folder);
            url
        }
    };
    let warehouse =
        Warehouse::open(&url, &settings.store).map_err(|error| Trouble::from(StartError::Storage(error)))?;
    let shown = settings.warehouse.as_deref().unwrap_or("the folder for tables");
    match tokio::time::timeout(ANSWER_MAX, warehouse.prove_put_if_absent()).await {
        Ok(Ok(())) => Ok(Found::Well(format!("{shown} creates an object for one of two alone (put-if-absent)"))),
        Ok(Err(error)) => Err(StartError::Storage(error).into()),
        Err(_) => Err(Trouble::new(
            format!("{shown} gave no answer within {} s", ANSWER_MAX.as_secs()),
            "see whether the address is right, and whether this machine may reach it",
        )),
    }
}

async fn catalog(home: &Home, clock: Arc<dyn Clock>) -> Looked {
    let file = home.catalog();
    if !file.exists() {
        return Ok(Found::NotAsked("there is none yet: the first start makes it".to_owned()));
    }
    let catalog =
        Catalog::open_read_only(&file, clock).await.map_err(|error| Trouble::from(StartError::Catalog(error)))?;
    let served = catalog.published().releases.len();
    catalog.close().await;
    Ok(Found::Well(format!("`{}` serves {served} products", file.display())))
}

async fn doors(settings: &Settings, held: Option<&str>) -> Looked {
    let addresses = [settings.http, settings.flight];
    if settings.tls.is_none() {
        loopback_only(&addresses).map_err(Trouble::from)?;
    }
    if let Some(holder) = held {
        return Ok(Found::NotAsked(format!("{holder} has them")));
    }
    for address in addresses {
        bind(address).await.map_err(Trouble::from)?;
    }
    Ok(Found::Well(format!("{} and {} are free", settings.http, settings.flight)))
}

fn tls(settings: &Settings) -> Looked {
    let Some(files) = settings.tls.clone() else {
        return Ok(Found::NotAsked("none is configured: the doors listen on loopback alone".to_owned()));
    };
    let shown = files.certificate.display().to_string();
    Tls::open(files).map_err(|error| Trouble::from(StartError::Tls(error)))?;
    Ok(Found::Well(format!("`{shown}` and its key belong together")))
}

async fn oidc(settings: &Settings, clock: &Arc<dyn Clock>) -> Looked {
    let Some(provider) = settings.oidc.clone() else {
        return Ok(Found::NotAsked("no identity provider is configured".to_owned()));
    };
    let issuer = provider.issuer.clone();
    let unusable = |error: &dyn std::fmt::Display| {
        Trouble::new(
            format!("`{issuer}` cannot be used: {error}"),
            "`issuer` is the URL below which `.well-known/openid-configuration` lies, and says the same of itself",
        )
    };
    let tokens = ProviderTokens::new(&provider, Arc::clone(clock)).map_err(|error| unusable(&error))?;
    let takes_tokens = !provider.audiences.is_empty();
    let asked = Oidc::new(provider, "https://localhost/auth/callback".to_owned()).map_err(|error| unusable(&error))?;
    asked.begin("/".to_owned()).await.map_err(|error| unusable(&error))?;
    if !takes_tokens {
        return Ok(Found::Well(format!(
            "`{issuer}` describes itself; none of its tokens is taken, since `audience` is empty"
        )));
    }
    let keys = tokens.ask().await.map_err(|error| {
        Trouble::new(
            format!("`{issuer}` cannot be used: {}", error.reason()),
            "its `jwks_uri` must publish, without a redirect, a key of RSA, P-256, P-384 or Ed25519 for signatures",
        )
    })?;
    Ok(Found::Well(format!("`{issuer}` describes itself and publishes {keys} keys")))
}

/// How far this machine's clock is from that of the identity provider.
async fn skew(settings: &Settings, clock: &dyn Clock) -> Looked {
    let Some(provider) = &settings.oidc else {
        return Ok(Found::NotAsked("there is no identity provider to compare it with".to_owned()));
    };
    let Some(theirs) = date_of(&provider.issuer).await else {
        return Ok(Found::NotAsked(format!("`{}` does not say what time it is", provider.issuer)));
    };
    let seconds = (clock.now() - theirs).num_seconds();
    let shown = format!("{seconds:+} s from that of `{}`", provider.issuer);
    match seconds.abs() <= SKEW_MAX_SECONDS {
        true => Ok(Found::Well(shown)),
        false => {
            Err(Trouble::new(shown, "have both follow a time server: tokens are good from one instant to another"))
        }
    }
}

/// The time that a server says when it answers.
async fn date_of(url: &str) -> Option<DateTime<Utc>> {
    let http = reqwest::Client::builder().timeout(ANSWER_MAX).build().ok()?;
    let answer = http.get(url).send().await.ok()?;
    let date = answer.headers().get(reqwest::header::DATE)?.to_str().ok()?;
    DateTime::parse_from_rfc2822(date).ok().map(|date| date.to_utc())
}
