//! Connections to the database for one purpose: callers wait for a place in turn, and hear at once while it does not answer.

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use sqlx::any::{AnyConnectOptions, AnyPoolOptions};
use sqlx::pool::PoolConnection;
use sqlx::{Any, AnyPool, Error, Transaction};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;
use weft_circuit::Circuit;

use crate::error::{CatalogError, Doing};

/// After how many attempts it is not asked any more: each was made again and again by then, or has waited for seconds.
const FAILURES: u32 = 1;

/// How often it is asked whether it answers again.
const PROBE_EVERY: Duration = Duration::from_secs(1);

/// How long a caller waits for a place before somebody looks whether those who have one wait for ever, and how long in all.
const DOUBT_AFTER: Duration = Duration::from_secs(3);
const QUEUE_MAX: Duration = Duration::from_secs(30);

/// How long the database has for a connection that shows whether it answers.
const ANSWER_MAX: Duration = Duration::from_secs(3);

/// Most callers that wait for a place; others are refused at once.
const WAITING_MAX: usize = 1_024;

/// Some connections of one kind.
#[derive(Clone, Debug)]
pub(crate) struct Line {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    current: ArcSwap<Connections>,
    /// How others are made of which none has met the trouble that those of now have; `None` where these are the database.
    anew: Option<(AnyPoolOptions, AnyConnectOptions)>,
    /// How a transaction begins that shows whether the database does its work.
    begin: &'static str,
    circuit: Circuit,
    waiting: Semaphore,
    /// Whoever looks whether those who have a place wait for ever: one at a time.
    doubting: Semaphore,
}

/// INVARIANT: as many places as connections, so that whoever has a place waits for nobody but the database.
#[derive(Debug)]
struct Connections {
    pool: AnyPool,
    places: Arc<Semaphore>,
}

/// A place on a line, from which it is given back with the value.
#[derive(Debug)]
pub(crate) struct Place {
    connections: Arc<Connections>,
    _held: OwnedSemaphorePermit,
}

impl Line {
    /// The connections of `pool`. `target` is what the line is called where its state is shown.
    pub(crate) fn over(target: &'static str, pool: AnyPool, begin: &'static str) -> Self {
        Line::of(target, Connections::of(pool), begin, None)
    }

    /// Connections that are made when they are needed, and given up for others after the database did not answer.
    pub(crate) fn lazy(
        target: &'static str,
        pool: AnyPoolOptions,
        options: AnyConnectOptions,
        begin: &'static str,
    ) -> Self {
        let first = Connections::of(pool.clone().connect_lazy_with(options.clone()));
        Line::of(target, first, begin, Some((pool, options)))
    }

    fn of(
        target: &'static str,
        first: Connections,
        begin: &'static str,
        anew: Option<(AnyPoolOptions, AnyConnectOptions)>,
    ) -> Self {
        let circuit = Circuit::new(target, FAILURES, PROBE_EVERY);
        let (current, waiting) = (ArcSwap::from_pointee(first), Semaphore::new(WAITING_MAX));
        Line { inner: Arc::new(Inner { current, anew, begin, circuit, waiting, doubting: Semaphore::new(1) }) }
    }

    /// A connection, and the place that it is held by.
    pub(crate) async fn connection(&self, doing: &'static str) -> Result<(PoolConnection<Any>, Place), CatalogError> {
        let place = self.place().await?;
        let connection = self.noted(&place, place.connections.pool.acquire().await).doing(doing)?;
        Ok((connection, place))
    }

    /// A transaction of its own, and the place that it is held by.
    pub(crate) async fn transaction(
        &self,
        begin: &'static str,
        doing: &'static str,
    ) -> Result<(Transaction<'static, Any>, Place), CatalogError> {
        let place = self.place().await?;
        let transaction = self.noted(&place, place.connections.pool.begin_with(begin).await).doing(doing)?;
        Ok((transaction, place))
    }

    /// Notes what came of asking the database, from `place`, for something that it always has. What comes late of
    /// connections that were given up says nothing of those of now.
    pub(crate) fn noted<T>(&self, place: &Place, came: Result<T, Error>) -> Result<T, Error> {
        came.inspect_err(|error| {
            if is_unanswered(error) && Arc::ptr_eq(&place.connections, &self.inner.current.load()) {
                self.note_failure(error);
            }
        })
    }

    /// Waits for the connections to end.
    pub(crate) async fn close(&self) {
        self.inner.current.load_full().pool.close().await;
    }

    /// Waits for a place in turn.
    async fn place(&self) -> Result<Place, CatalogError> {
        let _waits = self.inner.waiting.try_acquire().map_err(|_| CatalogError::Busy)?;
        loop {
            if self.inner.circuit.is_open() {
                return Err(CatalogError::Away);
            }
            let connections = self.inner.current.load_full();
            let mut place = pin!(Arc::clone(&connections.places).acquire_owned());
            let came = match timeout(DOUBT_AFTER, &mut place).await {
                Ok(came) => came,
                Err(_) => {
                    self.doubt().await;
                    timeout(QUEUE_MAX, place).await.map_err(|_| self.busy())?
                }
            };
            // Else the database does not answer, or there are other connections by now.
            if let Ok(_held) = came {
                return Ok(Place { connections, _held });
            }
        }
    }

    /// Looks whether those who have the places may wait for an answer that never comes.
    async fn doubt(&self) {
        let Ok(_alone) = self.inner.doubting.try_acquire() else { return };
        let Some((pool, options)) = &self.inner.anew else { return };
        let other = pool.clone().connect_lazy_with(options.clone());
        if !matches!(timeout(ANSWER_MAX, other.acquire()).await, Ok(Ok(_))) {
            self.note_failure(&"nothing comes back from it");
        }
    }

    /// What is said to who waited for too long. If a connection that was lost without a word is to blame, it holds its
    /// place for ever, so that others are needed.
    fn busy(&self) -> CatalogError {
        if self.inner.anew.is_some() {
            self.note_failure(&"its connections do not come free");
        }
        CatalogError::Busy
    }

    fn note_failure(&self, reason: &dyn std::fmt::Display) {
        if self.inner.circuit.note_failure(reason) {
            if self.inner.anew.is_some() {
                // Whoever waits for a place hears of it.
                self.inner.current.load().places.close();
            }
            let line = self.clone();
            tokio::spawn(async move { line.inner.circuit.until_it_answers(|| line.answers_again()).await });
        }
    }

    /// Whether it answers, so that it may be asked again: by new connections, where there can be such.
    async fn answers_again(&self) -> bool {
        let now = self.inner.current.load_full();
        let Some((pool, options)) = &self.inner.anew else {
            let Ok(_place) = now.places.acquire().await else { return false };
            return now.pool.begin_with(self.inner.begin).await.is_ok();
        };
        let others = Connections::of(pool.clone().connect_lazy_with(options.clone()));
        if others.pool.begin_with(self.inner.begin).await.is_err() {
            return false;
        }
        self.inner.current.store(Arc::new(others));
        true
    }
}

impl Connections {
    fn of(pool: AnyPool) -> Self {
        let places = usize::try_from(pool.options().get_max_connections()).unwrap_or(1);
        Connections { pool, places: Arc::new(Semaphore::new(places)) }
    }
}

/// Whether that is no answer of the database's, or that it is not ready to give one: SQLite because somebody else holds
/// it for longer than is waited, Postgres because it starts or ends.
fn is_unanswered(error: &Error) -> bool {
    match error {
        Error::Io(_) | Error::Tls(_) | Error::Protocol(_) | Error::PoolTimedOut | Error::WorkerCrashed => true,
        Error::Database(error) => {
            error.code().is_some_and(|code| ["5", "261", "57P01", "57P02", "57P03"].contains(&&*code))
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests;
