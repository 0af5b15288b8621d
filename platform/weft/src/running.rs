//! A mesh that runs: its doors, its controller, and how it ends.

use std::convert::Infallible;
use std::future::Future;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::connect_info::Connected;
use axum::extract::{ConnectInfo, Request};
use axum::middleware::map_request;
use axum::serve::IncomingStream;
use futures::future::BoxFuture;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use weft_catalog::Catalog;
use weft_http::Peer;
use weft_manifest::source::{RevisionSource, SourceError};
use weft_model::Revision;
use weft_notice::Relay;
use weft_reconcile::{Controller, ReconcileError, Report};
use weft_storage::Vacuumed;

use crate::home::{Address, HeldHome};
use crate::settings;
use crate::start_error::StartError;
use crate::tls::{Secured, Wire};

/// How often the relay looks whether this node leads.
const LOOK_EVERY: Duration = Duration::from_millis(500);

/// A mesh that runs in this process, from [`Mesh::start`] to [`Mesh::stop`]. Dropped without
/// `stop`, its doors close at once.
pub struct Mesh {
    held: HeldHome,
    address: Address,
    controller: Arc<Controller>,
    catalog: Arc<Catalog>,
    source: Arc<dyn RevisionSource>,
    ready: watch::Sender<bool>,
    last: Option<Revision>,
    tasks: JoinSet<()>,
    stop: CancellationToken,
    drain: Duration,
}

/// What was done when a mesh began to serve.
#[derive(Debug)]
pub enum Begun {
    /// It was brought to its newest revision.
    Reconciled(Box<Report>),
    /// Another node does that.
    LooksOn,
    /// The newest revision cannot be had, so that it serves what it served before.
    Stale(SourceError),
}

impl Mesh {
    pub(crate) fn new(
        held: HeldHome,
        address: Address,
        controller: Arc<Controller>,
        catalog: Arc<Catalog>,
        source: Arc<dyn RevisionSource>,
        ready: watch::Sender<bool>,
        doors: [Door; 2],
    ) -> Self {
        let stop = CancellationToken::new();
        let mut tasks = JoinSet::new();
        for door in doors {
            tasks.spawn((door.serve)(stop.clone()));
        }
        Mesh { held, address, controller, catalog, source, ready, last: None, tasks, stop, drain: settings::DRAIN }
    }

    /// The same mesh, which waits for so long for what is under way when it stops.
    #[must_use]
    pub(crate) fn draining(self, drain: Duration) -> Self {
        Mesh { drain, ..self }
    }

    /// How long it waits for what is under way when it stops.
    pub(crate) fn drain(&self) -> Duration {
        self.drain
    }

    /// Where the doors are.
    pub fn address(&self) -> &Address {
        &self.address
    }

    /// What is served, and what became of each revision.
    pub fn catalog(&self) -> &Arc<Catalog> {
        &self.catalog
    }

    /// For people: where revisions come from.
    pub fn describe_source(&self) -> String {
        self.source.describe()
    }

    /// Brings the mesh to its newest revision. From then on it is ready, whatever became of single
    /// products, and clients on this machine find it through its home.
    ///
    /// # Errors
    ///
    /// For trouble of the platform's own; the mesh is not ready then.
    pub async fn first_reconcile(&mut self) -> Result<Report, StartError> {
        let report = self.reconcile().await?;
        self.last = Some(report.revision.clone());
        self.open_up()?;
        Ok(report)
    }

    /// What is done at the start: the [first reconcile](Mesh::first_reconcile) where this node leads the mesh. Where
    /// another does, or takes the lead over meanwhile, the rules of the newest revision are put in force. Where the
    /// repository cannot be had from elsewhere, what was served before is served on.
    ///
    /// # Errors
    ///
    /// As [`first_reconcile`](Mesh::first_reconcile).
    pub async fn begin(&mut self) -> Result<Begun, StartError> {
        let led = match self.catalog.leads() {
            true => Some(self.controller.while_leading(self.reconcile()).await),
            false => None,
        };
        let begun = match led {
            Some(Ok(report)) => {
                self.last = Some(report.revision.clone());
                Begun::Reconciled(Box::new(report))
            }
            Some(Err(ReconcileError::Source(error)))
                if error.is_of_remote() && self.catalog.published().revision.is_some() =>
            {
                Begun::Stale(error)
            }
            Some(Err(error)) if !self.controller.is_overtaken(&error) => return Err(error.into()),
            Some(Err(_)) | None => {
                self.controller.look_on(&mut None).await;
                Begun::LooksOn
            }
        };
        self.open_up()?;
        Ok(begun)
    }

    /// From here on clients are let in.
    fn open_up(&self) -> Result<(), StartError> {
        self.held.announce(&self.address)?;
        self.ready.send_replace(true);
        Ok(())
    }

    /// Brings the mesh to its newest revision.
    ///
    /// # Errors
    ///
    /// As [`Controller::reconcile`].
    pub async fn reconcile(&self) -> Result<Report, ReconcileError> {
        let revision = self.controller.newest().await?;
        self.reconcile_to(&revision).await
    }

    /// Puts the mesh's tables in order, as [`Controller::tidy`] does by itself from time to time.
    ///
    /// # Errors
    ///
    /// As [`Controller::tidy`].
    pub async fn tidy(&self) -> Result<Vacuumed, ReconcileError> {
        self.controller.tidy().await
    }

    /// Measures what is served against its service levels, as [`Controller::monitor`] does by itself from time to time.
    ///
    /// # Errors
    ///
    /// As [`Controller::monitor`].
    pub async fn monitor(&self) -> Result<(), ReconcileError> {
        self.controller.monitor().await
    }

    /// Brings the mesh to `revision`.
    ///
    /// # Errors
    ///
    /// As [`Controller::reconcile`].
    pub async fn reconcile_to(&self, revision: &Revision) -> Result<Report, ReconcileError> {
        self.controller.reconcile(revision).await
    }

    /// Brings the mesh to its newest revision if that is another than that of the first reconcile, or the clock gives
    /// it another meaning by now.
    ///
    /// # Errors
    ///
    /// As [`Controller::catch_up`].
    pub async fn catch_up(&self) -> Result<Option<Report>, ReconcileError> {
        self.controller.catch_up(&mut self.last.clone()).await
    }

    /// Follows revisions newer than that of the first reconcile until the mesh stops, and tells of
    /// each. Where another controller takes the warehouse over, `overtaken` hears of it: no revision is
    /// followed from then on, and what was published is served on.
    pub fn follow(
        &mut self,
        told: impl Fn(&Report) + Send + Sync + 'static,
        overtaken: impl FnOnce(&ReconcileError) + Send + 'static,
    ) {
        let (controller, last, stop) = (Arc::clone(&self.controller), self.last.clone(), self.stop.clone());
        if self.catalog.is_shared() {
            self.tasks.spawn(async move {
                stop.run_until_cancelled(controller.take_part(last, told)).await;
            });
            return;
        }
        self.tasks.spawn(async move {
            // A reconcile that is cut off is taken up again by the next start.
            if let Some(error) = stop.run_until_cancelled(controller.follow(last, told)).await {
                overtaken(&error);
            }
        });
    }

    /// Tells webhooks of events until the mesh stops, while this node leads it.
    pub(crate) fn relay(&mut self, relay: Relay) {
        let (catalog, stop) = (Arc::clone(&self.catalog), self.stop.clone());
        self.tasks.spawn(async move {
            while !stop.is_cancelled() {
                let leads = catalog.leads();
                let told = async {
                    if leads {
                        relay.run(stop.child_token()).await;
                    }
                    // Nobody is told any more until that changes.
                    lead_turned(&catalog, leads).await;
                };
                tokio::select! {
                    () = told => {}
                    () = lead_turned(&catalog, leads) => {}
                    () = stop.cancelled() => {}
                }
            }
        });
    }

    /// Stops accepting, waits for what is under way as long as the settings say, and lets go of the home.
    pub async fn stop(mut self) {
        self.stop.cancel();
        self.ready.send_replace(false);
        let drained = async { while self.tasks.join_next().await.is_some() {} };
        if tokio::time::timeout(self.drain, drained).await.is_err() {
            tracing::warn!("requests were still under way after {} s and are cut off", self.drain.as_secs());
        }
        self.tasks.shutdown().await;
        if let Err(error) = self.catalog.resign().await {
            tracing::warn!(%error, "the lead could not be let go; it ends by itself");
        }
        self.catalog.close().await;
    }
}

/// Waits until this node leads where it did not, or does not any more where it did.
async fn lead_turned(catalog: &Catalog, leads: bool) {
    let mut ticks = tokio::time::interval(LOOK_EVERY);
    while catalog.leads() == leads {
        ticks.tick().await;
    }
}

/// The other end of a connection of the HTTP door.
#[derive(Clone, Copy)]
struct End(IpAddr);

impl Connected<IncomingStream<'_, Secured>> for End {
    fn connect_info(connection: IncomingStream<'_, Secured>) -> Self {
        End(connection.remote_addr().ip())
    }
}

async fn of_peer(ConnectInfo(End(address)): ConnectInfo<End>, mut request: Request) -> Request {
    request.extensions_mut().insert(Peer(address));
    request
}

/// Serves until the token is cancelled.
type Serve = Box<dyn FnOnce(CancellationToken) -> BoxFuture<'static, ()> + Send>;

/// Connections and what answers on it, until told to stop.
pub(crate) struct Door {
    serve: Serve,
}

impl Door {
    pub(crate) fn http(connections: Secured, router: Router) -> Self {
        Door::of("http", move |stop| async move {
            let service = router.layer(map_request(of_peer)).into_make_service_with_connect_info::<End>();
            axum::serve(connections, service).with_graceful_shutdown(stop.cancelled_owned()).await
        })
    }

    pub(crate) fn flight(connections: Secured, service: weft_flight::Service) -> Self {
        Door::of("flight", move |stop| async move {
            weft_flight::serve(
                move |connection: &Wire| service.of_peer(connection.peer()),
                connections,
                stop.cancelled_owned(),
            )
            .await;
            Ok::<(), Infallible>(())
        })
    }

    fn of<F, E>(name: &'static str, serve: impl FnOnce(CancellationToken) -> F + Send + 'static) -> Self
    where
        F: Future<Output = Result<(), E>> + Send + 'static,
        E: std::fmt::Display,
    {
        let serve = move |stop: CancellationToken| {
            let served = serve(stop);
            let told = async move {
                if let Err(error) = served.await {
                    tracing::error!(door = name, %error, "a door closed");
                }
            };
            Box::pin(told) as BoxFuture<'static, ()>
        };
        Door { serve: Box::new(serve) }
    }
}
