//! The monitor: whether what is served is as fresh, goes as soon, and is answered as well, as contracts promise. Time alone
//! makes the difference, so the clock asks, and nothing waits for the answer or fails by it.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use weft_catalog::{CheckOutcome, CheckRecord, CheckSeverity, Traffic};
use weft_model::{Aging, PortRef, PortRelease, Published, Release, ServiceLevel, TimeRange};

use crate::controller::Controller;
use crate::{ReconcileError, traffic};

/// How often it looks.
const LOOK_EVERY: Duration = Duration::from_secs(60);

/// How old the record of a verdict may grow that stays the same, and with it the age that was measured.
const RECORD_EVERY: TimeDelta = TimeDelta::minutes(10);

/// The times in columns of table versions, by location, version and column, as far as the log tells. What is there
/// need not be read again: a version never changes.
pub(crate) type Memo = BTreeMap<(String, u64, String), Option<TimeRange>>;

/// When what a level is about took place, in milliseconds since 1970-01-01 UTC.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Seen {
    /// The oldest and the newest.
    Times(i64, i64),
    /// No row has a time.
    Nothing,
    /// Nobody can tell, and why.
    Untold(String),
}

/// While it is there, this process watches service levels. Then it is another node's to say how they are.
struct Watching;

impl Watching {
    fn tell(levels: usize, missed: usize) {
        metrics::gauge!("weft_service_levels").set(levels as f64);
        metrics::gauge!("weft_service_levels_missed").set(missed as f64);
    }
}

impl Drop for Watching {
    fn drop(&mut self) {
        Watching::tell(0, 0);
    }
}

impl Controller {
    /// Measures every service level of what is served, by the clock, the releases, the Delta logs and how queries went; no
    /// data are read.
    /// What cannot be measured is recorded as such. The catalog is written to where a verdict differs from that of
    /// before, and from time to time.
    ///
    /// # Errors
    ///
    /// Only if the catalog cannot be read or written.
    pub async fn monitor(&self) -> Result<(), ReconcileError> {
        let catalog = &self.parts.catalog;
        let (published, now) = (catalog.published(), self.parts.clock.now());
        let (before, looked) = (catalog.service_levels().await?, catalog.looked_at().await?);
        let mut memo = Memo::new();
        let mut made = Vec::new();
        for promise in promises(&published) {
            let seen = match &promise.level.column {
                Some(column) => self.times_in(promise.served, column, &mut memo).await,
                None => promise.refreshed(looked.get(&promise.port).copied()),
            };
            made.push(verdict(promise.port, promise.level, &seen, now));
        }
        *self.monitored.lock() = memo;
        made.extend(self.of_traffic(&published, now).await?);
        let mut gone: BTreeMap<_, CheckRecord> = before.into_iter().map(|check| (key(&check), check)).collect();
        let mut news = Vec::new();
        Watching::tell(made.len(), made.iter().filter(|check| check.outcome == CheckOutcome::Failed).count());
        for check in made {
            let before = gone.remove(&key(&check));
            tell(before.as_ref(), &check);
            if is_due(before.as_ref(), &check) {
                news.push(check);
            }
        }
        let gone: Vec<CheckRecord> = gone.into_values().collect();
        Ok(catalog.record_service_levels(&news, &gone).await?)
    }

    /// What queries say of the promises about them. Where there is no such promise nothing is asked.
    async fn of_traffic(&self, published: &Published, now: DateTime<Utc>) -> Result<Vec<CheckRecord>, ReconcileError> {
        let promises = traffic::promises(published);
        if promises.is_empty() {
            return Ok(Vec::new());
        }
        let ports = self.parts.catalog.traffic_since(Traffic::since(now)).await?;
        let none = Traffic::default();
        let verdict = |(port, level)| {
            let traffic = ports.get(&port).unwrap_or(&none);
            traffic::verdict(port, level, traffic, now)
        };
        Ok(promises.into_iter().map(verdict).collect())
    }

    /// Looks as long as it is polled.
    pub(crate) async fn watch(&self) -> Infallible {
        let _watching = Watching;
        let mut ticks = tokio::time::interval(LOOK_EVERY);
        ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            ticks.tick().await;
            if let Err(error) = self.monitor().await {
                tracing::warn!(%error, "service levels could not be looked at");
            }
        }
    }

    async fn times_in(&self, served: &PortRelease, column: &str, memo: &mut Memo) -> Seen {
        let (Some(location), Some(version)) = (&served.location, served.table_version) else { return Seen::of_view() };
        let key = (location.clone(), version, column.to_owned());
        let known = self.monitored.lock().get(&key).copied();
        let times = match known {
            Some(times) => times,
            None => match self.parts.warehouse.table(location, version).await {
                Ok(table) => table.times(column),
                Err(error) => return Seen::Untold(format!("the table cannot be looked at: {error}")),
            },
        };
        memo.insert(key, times);
        Seen::of_column(column, times)
    }
}

/// A service level of a port that is served.
struct Promise<'a> {
    port: PortRef,
    level: &'a ServiceLevel,
    release: &'a Release,
    served: &'a PortRelease,
}

/// Every service level that holds now. A view keeps no rows, so it promises of none when they go.
fn promises(published: &Published) -> impl Iterator<Item = Promise<'_>> {
    published.releases.values().flat_map(|release| {
        release.ports.iter().flat_map(move |(name, served)| {
            let levels = release.product.output(name).map(|output| output.contract.service_levels.as_slice());
            let port = release.product.name.port(name);
            let holds = |level: &&ServiceLevel| level.of == Aging::Freshness || served.table_version.is_some();
            let levels = levels.unwrap_or_default().iter().filter(holds);
            levels.map(move |level| Promise { port: port.clone(), level, release, served }).collect::<Vec<_>>()
        })
    })
}

impl Promise<'_> {
    /// When the port was brought up to date, or was found to be last.
    fn refreshed(&self, looked: Option<DateTime<Utc>>) -> Seen {
        if self.served.table_version.is_none() {
            return Seen::of_view();
        }
        let made = self.served.refreshed_at.unwrap_or(self.release.at);
        let at = looked.map_or(made, |looked| looked.max(made)).timestamp_millis();
        Seen::Times(at, at)
    }
}

impl Seen {
    fn of_view() -> Self {
        Seen::Untold("a view has no log: ask the same of the tables that it reads".to_owned())
    }

    fn of_column(column: &str, times: Option<TimeRange>) -> Self {
        match times {
            None => Seen::Untold(format!("the log does not tell the times in `{column}`")),
            Some(TimeRange { from, to }) if from >= to => Seen::Nothing,
            Some(TimeRange { from, to }) => Seen::Times(from, to - 1),
        }
    }
}

/// What the clock says of a level at `now`. The message holds no age, so that it stays the same while the verdict does.
fn verdict(port: PortRef, level: &ServiceLevel, seen: &Seen, now: DateTime<Utc>) -> CheckRecord {
    let age = match (seen, level.of) {
        (Seen::Times(_, newest), Aging::Freshness) => Some(now.timestamp_millis().saturating_sub(*newest)),
        (Seen::Times(oldest, _), Aging::Retention) => Some(now.timestamp_millis().saturating_sub(*oldest)),
        (Seen::Nothing | Seen::Untold(_), _) => None,
    };
    let limit = length(level.below);
    let column = level.column.as_deref().unwrap_or_default();
    let late = || match (level.of, &level.column) {
        (Aging::Freshness, None) => format!("it was not brought up to date within {limit}"),
        (Aging::Freshness, Some(_)) => format!("no row has a `{column}` within the last {limit}"),
        (Aging::Retention, _) => format!("there are rows whose `{column}` is {limit} ago or more"),
    };
    let holds = |age: i64| i128::from(age) < i128::from(level.below);
    let (outcome, message) = match (seen, age) {
        (Seen::Untold(why), _) => (CheckOutcome::Unknown, Some(why.clone())),
        (_, Some(age)) if holds(age) => (CheckOutcome::Passed, None),
        // Nothing is new, and nothing is too old.
        (_, None) if level.of == Aging::Retention => (CheckOutcome::Passed, None),
        _ => (CheckOutcome::Failed, Some(late())),
    };
    CheckRecord {
        port,
        name: level.of.as_str().to_owned(),
        column: level.column.clone(),
        outcome,
        failing_rows: None,
        message,
        at: now,
        measured: age.map(|age| age as f64 / 1000.0),
        threshold: Some(format!("must be below {limit}")),
        severity: Some(CheckSeverity::Warns),
        scanned_bytes: Some(0),
        duration_ms: None,
        sample: None,
    }
}

/// Milliseconds as seconds, which ages are measured in.
fn length(milliseconds: u64) -> String {
    format!("{} s", milliseconds as f64 / 1000.0)
}

/// What tells one level from another.
fn key(check: &CheckRecord) -> (PortRef, String, Option<String>) {
    (check.port.clone(), check.name.clone(), check.column.clone())
}

/// Whether a verdict is to be recorded: it is new, it says something else, or the one before was long ago.
fn is_due(before: Option<&CheckRecord>, check: &CheckRecord) -> bool {
    let Some(before) = before else { return true };
    let says = |check: &CheckRecord| (check.outcome, check.message.clone(), check.threshold.clone());
    says(before) != says(check) || (check.at - before.at).abs() >= RECORD_EVERY
}

/// Logs a verdict that turned.
fn tell(before: Option<&CheckRecord>, check: &CheckRecord) {
    let (port, level, message) = (&check.port, &check.name, check.message.as_deref().unwrap_or_default());
    match (before.map_or(CheckOutcome::Passed, |before| before.outcome), check.outcome) {
        (before, now) if before == now => {}
        (CheckOutcome::Unknown, CheckOutcome::Passed) if check.is_of_traffic() => {}
        (_, CheckOutcome::Passed) => tracing::info!(%port, level, "a service level is met again"),
        (_, CheckOutcome::Failed) => tracing::warn!(%port, level, message, "a service level is missed"),
        // Nobody asks at night.
        (_, CheckOutcome::Unknown) if check.is_of_traffic() => {}
        (_, CheckOutcome::Unknown) => tracing::warn!(%port, level, message, "a service level cannot be measured"),
    }
}

#[cfg(test)]
mod tests;
