//! The wiring diagram: every part of a running mesh, and what it is given.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use rustls::ServerConfig;
use tokio::net::TcpListener;
use tokio::sync::watch;
use url::Url;
use uuid::Uuid;
use weft_catalog::{AuditVerdict, Catalog};
use weft_engine::{Engine, MaskKey};
use weft_governance::Policies;
use weft_http::{Doors, Site};
use weft_identity::{
    Authenticator, BrowserSessions, Directory, HookSecret, Oidc, ProviderTokens, TicketSeal, TokenSigner,
};
use weft_manifest::source::{self, RevisionSource};
use weft_model::{Clock, Principal};
use weft_notice::{Pace, Relay};
use weft_reconcile::{Controller, Environment, Progress};
use weft_storage::{SourceLimits, Warehouse};

use crate::environment;
use crate::handed::Handed;
use crate::home::{self, Address, Home};
use crate::running::{Door, Mesh};
use crate::settings::Settings;
use crate::start_error::StartError;
use crate::tls::{Secured, Tls};
use crate::{mask_key, numbers};

/// How often, and for how long at most, is looked which keys a leader has.
const KEYS_EVERY: Duration = Duration::from_millis(200);
const KEYS_MAX: Duration = Duration::from_secs(30);

impl Mesh {
    /// Starts a mesh: takes the home, proves the store and takes it over, brings back what was served and opens the
    /// doors. They answer from here on with what was served before; `GET /health/ready` answers
    /// well only after [`Mesh::first_reconcile`].
    ///
    /// # Errors
    ///
    /// If something that a mesh cannot be without is not there; nothing is left running.
    pub async fn start(
        settings: Settings,
        clock: Arc<dyn Clock>,
        progress: Arc<dyn Progress>,
    ) -> Result<Mesh, StartError> {
        Mesh::start_on(Handed::default(), settings, clock, progress).await
    }

    /// As [`Mesh::start`], with the doors on sockets that were handed over.
    pub(crate) async fn start_on(
        handed: Handed,
        settings: Settings,
        clock: Arc<dyn Clock>,
        progress: Arc<dyn Progress>,
    ) -> Result<Mesh, StartError> {
        if settings.tls.is_none() {
            loopback_only(&[settings.http, settings.flight])?;
        }
        weft_governance::ensure_decides_right()?;
        let metrics = numbers::handle();
        let started_at = clock.now();
        let held = Home::at(&settings.home).lock()?;
        let home = held.home().clone();

        let keys = home.keys();
        let source: Arc<dyn RevisionSource> = source::open(&settings.mesh, &home.mirrors())?.into();
        let warehouse = warehouse(&settings, &home)?.with_kept_bytes(weft_engine::kept_bytes(settings.memory_max));
        let catalog = Arc::new(catalog(&settings, &home, Arc::clone(&clock)).await?);
        tokio::spawn(look_through_record(Arc::clone(&catalog)));
        let searched = Arc::clone(&catalog);
        tokio::task::spawn_blocking(move || {
            // Whoever searches first tries again.
            if let Err(error) = searched.ready_search() {
                tracing::warn!(%error, "search is not ready");
            }
        });
        let policies = Arc::new(Policies::granting(catalog.grants()));
        let signer = TokenSigner::open_or_create(&keys)?;
        let directory = Arc::new(InForce(Arc::clone(&policies)));
        let mut authenticator =
            Authenticator::signing(signer, directory, Arc::clone(&clock)).with_rates(settings.rates);
        if let Some(provider) = settings.oidc.as_ref().filter(|provider| !provider.audiences.is_empty()) {
            let tokens = ProviderTokens::new(provider, Arc::clone(&clock));
            let tokens = tokens.map_err(|error| StartError::Oidc { reason: error.reason() })?;
            authenticator = authenticator.with_provider(tokens.follow());
        }
        let authenticator = Arc::new(authenticator);
        let mask_key = mask_key::open_or_create(&keys)?;
        let (hook, seal) = (HookSecret::open_or_create(&keys)?, TicketSeal::open_or_create(&keys)?);
        let engine = Engine::new(weft_engine::Parts {
            catalog: Arc::clone(&catalog),
            policies: Arc::clone(&policies),
            warehouse: warehouse.clone(),
            clock: Arc::clone(&clock),
            limits: settings.limits.clone(),
            spill: home.spill(),
            mask_key: MaskKey::new(mask_key),
        });
        engine.guard_memory(settings.memory_max);
        let controller = Controller::new(weft_reconcile::Parts {
            source: Arc::clone(&source),
            catalog: Arc::clone(&catalog),
            policies: Arc::clone(&policies),
            warehouse: warehouse.clone(),
            engine: Arc::clone(&engine),
            clock: Arc::clone(&clock),
            progress,
            sources: SourceLimits { local_files: true, options: settings.store.clone() },
        });
        let environment = settings.environment.clone().map(|name| Environment::new(name, environment::value_of));
        let controller = Arc::new(controller.within(environment.unwrap_or_default()));

        warehouse.prove_put_if_absent().await?;
        let digest = home::digest_of(&keys).map_err(|source| StartError::Folder { folder: keys.clone(), source })?;
        if !controller.enter(&digest).await? {
            same_keys(&catalog, &keys, &digest).await?;
        }

        let http = listener(handed.http, settings.http).await?;
        let flight = listener(handed.flight, settings.flight).await?;
        let tls = settings.tls.clone().map(Tls::open).transpose()?;
        let mut address = address(&http, &flight, tls.is_some())?;
        let ready = watch::Sender::new(false);
        let url = settings.public_url.clone().unwrap_or_else(|| address.http.clone());
        let mut site = Site::new(url, &settings.base_path);
        let redirect = format!("{}/auth/callback", site.address());
        let oidc = settings.oidc.clone().map(|provider| Oidc::new(provider, redirect)).transpose();
        let oidc = oidc.map_err(|error| StartError::Oidc { reason: error.reason() })?.map(Arc::new);
        address.http.push_str(site.base());
        site.environment.clone_from(&settings.environment);
        let relay = weft_notice::Parts {
            catalog: Arc::clone(&catalog),
            clock: Arc::clone(&clock),
            source: site.address(),
            pace: Pace::default(),
        };
        // Before the first reconcile, so that new webhooks hear of what it publishes.
        let relay = Relay::new(relay, settings.webhooks.clone()).await?;
        // Whoever can reach another address, or a proxy before this one, is not known to sit at this machine.
        site.is_demo = settings.offers_demo && settings.tls.is_none();
        let doors = Doors {
            catalog: Arc::clone(&catalog),
            policies,
            engine: Arc::clone(&engine),
            authenticator: Arc::clone(&authenticator),
            clock: Arc::clone(&clock),
            ready: ready.subscribe(),
            hook,
            pushed: controller.pushed(),
            controller: Arc::clone(&controller),
            flight: address.flight.clone(),
            metrics,
            sessions: BrowserSessions::default(),
            oidc,
            site: Arc::new(site),
            started_at,
        };
        let doors = [
            Door::http(secured(http, tls.clone(), Tls::http)?, weft_http::router(doors)),
            Door::flight(
                secured(flight, tls, Tls::flight)?,
                weft_flight::Service::new(engine, authenticator, seal, clock),
            ),
        ];
        let mut mesh = Mesh::new(held, address, controller, catalog, source, ready, doors).draining(settings.drain);
        mesh.relay(relay);
        Ok(mesh)
    }
}

/// Says so if somebody has tampered with the record of decisions since it was written.
async fn look_through_record(catalog: Arc<Catalog>) {
    match catalog.verify_audit().await {
        Ok(AuditVerdict::Sound { rows, .. }) => tracing::info!(rows, "the record of decisions is as it was written"),
        Ok(AuditVerdict::Broken { seq }) => {
            metrics::counter!("weft_audit_broken_total").increment(1);
            tracing::error!(seq, "the record of decisions was changed: this row does not follow from the one before");
        }
        Err(error) => tracing::error!(%error, "the record of decisions cannot be looked through"),
    }
}

/// The principals of the policies in force.
struct InForce(Arc<Policies>);

impl Directory for InForce {
    fn principal(&self, name: &str) -> Option<Principal> {
        self.0.principals().find(name)
    }

    fn has_group(&self, name: &str) -> bool {
        self.0.principals().has_group(name)
    }
}

/// The catalog: a file of the home, or a Postgres database that other nodes have open too.
pub(crate) async fn catalog(settings: &Settings, home: &Home, clock: Arc<dyn Clock>) -> Result<Catalog, StartError> {
    let Some(shared) = &settings.catalog else { return Ok(Catalog::open(&home.catalog(), clock).await?) };
    // What a node is called tells the others where it answers, and no two starts have the same name.
    let at = settings.public_url.clone().unwrap_or_else(|| settings.http.to_string());
    let host = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    let node = format!("{at} on {} ({})", host.trim(), Uuid::now_v7().simple());
    Ok(Catalog::connect(&shared.url, shared.password.as_deref(), node, clock).await?)
}

/// Sees to it that a node has the keys of whoever leads: else a token, a ticket or a masked value of one would be nothing to
/// another. Of the keys, the catalog is told a digest, which a leader that has just begun notes before anything else.
async fn same_keys(catalog: &Catalog, keys: &Path, digest: &str) -> Result<(), StartError> {
    let noted = async {
        loop {
            match catalog.keys().await? {
                Some(noted) => return Ok::<_, StartError>(noted),
                None => tokio::time::sleep(KEYS_EVERY).await,
            }
        }
    };
    let noted = tokio::time::timeout(KEYS_MAX, noted).await.map_err(|_| StartError::NoKeys)??;
    match noted == digest {
        true => Ok(()),
        false => Err(StartError::Keys { folder: keys.to_owned() }),
    }
}

pub(crate) fn warehouse(settings: &Settings, home: &Home) -> Result<Warehouse, StartError> {
    let url = match &settings.warehouse {
        Some(url) => url.clone(),
        None => {
            let folder = home.warehouse();
            std::fs::create_dir_all(&folder).map_err(|source| StartError::Folder { folder: folder.clone(), source })?;
            let folder = folder.canonicalize().map_err(|source| StartError::Folder { folder, source })?;
            Url::from_directory_path(folder).map_err(|()| StartError::Relative)?.into()
        }
    };
    Ok(Warehouse::open(&url, &settings.store)?)
}

/// Tokens do not travel in the clear.
pub(crate) fn loopback_only(addresses: &[SocketAddr]) -> Result<(), StartError> {
    match addresses.iter().find(|address| !address.ip().is_loopback()) {
        Some(address) => Err(StartError::NotLoopback { address: *address }),
        None => Ok(()),
    }
}

pub(crate) async fn bind(address: SocketAddr) -> Result<TcpListener, StartError> {
    TcpListener::bind(address).await.map_err(|source| StartError::Bind { address, source })
}

/// The socket that was handed over, or else one of the process's own.
async fn listener(handed: Option<std::net::TcpListener>, address: SocketAddr) -> Result<TcpListener, StartError> {
    let Some(socket) = handed else { return bind(address).await };
    tracing::info!(%address, "a door takes over the socket that was handed to the process");
    let taken = socket.set_nonblocking(true).and_then(|()| TcpListener::from_std(socket));
    taken.map_err(|source| StartError::Bind { address, source })
}

/// The connections of a listener, on the terms of one door.
fn secured(
    listener: TcpListener,
    tls: Option<Tls>,
    of_door: fn(&Tls) -> Arc<ServerConfig>,
) -> Result<Secured, StartError> {
    Secured::new(listener, tls.map(|tls| move || of_door(&tls))).map_err(unbound)
}

fn address(http: &TcpListener, flight: &TcpListener, tls: bool) -> Result<Address, StartError> {
    let (http_scheme, flight_scheme) = if tls { ("https", "grpc+tls") } else { ("http", "grpc") };
    let of = |listener: &TcpListener| listener.local_addr().map_err(unbound);
    Ok(Address {
        http: format!("{http_scheme}://{}", of(http)?),
        flight: format!("{flight_scheme}://{}", of(flight)?),
        pid: std::process::id(),
    })
}

fn unbound(source: std::io::Error) -> StartError {
    StartError::Bind { address: SocketAddr::from(([0, 0, 0, 0], 0)), source }
}
