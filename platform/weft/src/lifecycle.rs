//! From the command to the signal: start, first reconcile, follow, drain. A service manager such as systemd is told of each.

use std::io::{self, Write};
use std::sync::Arc;
use std::time::Instant;

use sd_notify::NotifyState;
use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::cli::Look;
use crate::clock::SystemClock;
use crate::handed::Handed;
use crate::notes::Notes;
use crate::running::{Begun, Mesh};
use crate::settings::Settings;
use crate::start_error::StartError;

/// Runs a mesh, with its doors on the sockets that were handed over, until the process is told to end (SIGINT or
/// SIGTERM). Prints `ready …` on standard output once the first reconcile is done, and notes for people on standard error.
///
/// # Errors
///
/// If the mesh does not start. What becomes of single products and later revisions is no error.
pub(crate) async fn run(settings: Settings, handed: Handed) -> Result<(), StartError> {
    let began = Instant::now();
    let mut signals = Signals::new()?;
    let notes = Arc::new(Notes::new(Look::of_stderr()));
    let starting = Mesh::start_on(handed, settings, Arc::new(SystemClock), notes.clone());
    let Some(mesh) = signals.unless_told(starting).await else { return Ok(()) };
    let mut mesh = mesh?;
    notes.reading(&mesh.describe_source());
    tell_manager(NotifyState::Status("the first reconcile runs"));

    let Some(begun) = signals.unless_told(mesh.begin()).await else {
        mesh.stop().await;
        return Ok(());
    };
    let begun = match begun {
        Ok(begun) => begun,
        Err(error) => {
            mesh.stop().await;
            return Err(error);
        }
    };
    match &begun {
        Begun::Reconciled(report) => notes.reconciled(report, began.elapsed()),
        Begun::LooksOn => notes.looks_on(),
        Begun::Stale(error) => notes.stale(error),
    }
    announce(&mesh);
    tell_manager(NotifyState::Status("serving"));
    tell_manager(NotifyState::Ready);

    let (following, ending) = (notes.clone(), notes.clone());
    mesh.follow(move |report| following.followed(report), move |error| ending.overtaken(error));
    signals.told().await;
    notes.stopping(mesh.drain());
    tell_manager(NotifyState::Stopping);
    mesh.stop().await;
    Ok(())
}

/// The one line that scripts wait for.
fn announce(mesh: &Mesh) {
    let address = mesh.address();
    let line = format!("ready http={} flight={}\n", address.http, address.flight);
    let mut stdout = io::stdout().lock();
    if let Err(error) = stdout.write_all(line.as_bytes()).and_then(|()| stdout.flush()) {
        // Nobody waits for it; who serves goes on serving.
        tracing::debug!(%error, "standard output is gone");
    }
    tracing::info!(http = address.http, flight = address.flight, "ready");
}

/// Tells whoever started this as a service, where somebody waits for it (`NOTIFY_SOCKET`).
fn tell_manager(state: NotifyState<'_>) {
    if let Err(error) = sd_notify::notify(&[state]) {
        tracing::warn!(%error, "the service manager could not be told");
    }
}

/// What tells the process to end.
struct Signals {
    interrupt: Signal,
    terminate: Signal,
}

impl Signals {
    fn new() -> Result<Self, StartError> {
        let listen = |kind| signal(kind).map_err(|source| StartError::Signals { source });
        Ok(Signals { interrupt: listen(SignalKind::interrupt())?, terminate: listen(SignalKind::terminate())? })
    }

    async fn told(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }

    /// The outcome of `work`, or `None` if the process is told to end before there is one.
    async fn unless_told<T>(&mut self, work: impl Future<Output = T>) -> Option<T> {
        tokio::select! {
            outcome = work => Some(outcome),
            () = self.told() => None,
        }
    }
}
