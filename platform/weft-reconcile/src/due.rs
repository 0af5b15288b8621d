//! Whose time has come: which ports take in what changed around them now, and which wait.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};
use serde::Serialize;
use weft_model::{DataProduct, Declared, OutputPort, PortRef, PortRelease, Release, Schedule, Transform};

use crate::Known;
use crate::fingerprint::{Fingerprints, inputs_of};

/// After how long a source that could not be looked at is looked at again.
const LOOK_AGAIN_AFTER: TimeDelta = TimeDelta::minutes(1);

/// A port that is not brought up to date yet although its inputs have changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Waiting {
    pub port: PortRef,
    pub until: DateTime<Utc>,
}

/// What every declared port is to be made from now, and when that will be something else by itself.
#[derive(Debug, Default)]
pub(crate) struct Timetable {
    /// A port that waits keeps the fingerprint under which it is published, so that its readers wait with it.
    pub(crate) fingerprints: BTreeMap<PortRef, String>,
    pub(crate) waiting: Vec<Waiting>,
    /// Ports whose tick has come and for which there is nothing to do.
    pub(crate) in_order: Vec<PortRef>,
    /// When a port's time comes next without a new revision.
    pub(crate) next: Option<DateTime<Utc>>,
}

impl Timetable {
    /// The timetable of `declared`, whose products must come after what they read.
    pub(crate) fn of(declared: &Declared, known: &Known) -> Self {
        let mut table = Timetable::default();
        for product in &declared.products {
            for output in &product.outputs {
                let fingerprint = table.of_port(product, output, known);
                table.fingerprints.insert(product.port_ref(output), fingerprint);
            }
        }
        table
    }

    fn of_port(&mut self, product: &DataProduct, output: &OutputPort, known: &Known) -> String {
        let port = product.port_ref(output);
        self.wake_at(output.schedule.as_ref().and_then(|schedule| schedule.next_tick(known.now)));
        let fingerprints =
            Fingerprints { known: &self.fingerprints, published: &known.published, sources: &known.sources };
        let fresh = fingerprints.of(product, output, &output.contract);
        let served = known.published.port(&port);
        // Rows that were erased are no reason to make them again, and a reason for readers.
        let fresh = match served.filter(|(_, served)| served.made_from() == fresh) {
            Some((_, served)) => served.fingerprint.clone(),
            None => fresh,
        };
        let (Some(schedule), Some((release, served))) = (&output.schedule, served) else { return fresh };
        if fingerprints.is_changed_itself(product, output, release) {
            return fresh;
        }
        let is_source = is_read_from_outside(&output.transform);
        let until = match schedule {
            Schedule::Cron { .. } => waits_for_tick(schedule, known, &port, (release, served)),
            Schedule::Inputs { .. } => waits_for_quiet(schedule, known, &self.fingerprints, inputs_of(product, output)),
        };
        match until {
            Some(until) => {
                self.wake_at(Some(until));
                // What lies at a source is not looked at before its time.
                if fresh != served.fingerprint && !is_source {
                    self.waiting.push(Waiting { port, until });
                }
                served.fingerprint.clone()
            }
            None if is_source && !known.sources.contains_key(&port) => {
                self.wake_at(Some(known.now + LOOK_AGAIN_AFTER));
                served.fingerprint.clone()
            }
            None => {
                if fresh == served.fingerprint && matches!(schedule, Schedule::Cron { .. }) {
                    self.in_order.push(port);
                }
                fresh
            }
        }
    }

    fn wake_at(&mut self, at: Option<DateTime<Utc>>) {
        self.next = [self.next, at].into_iter().flatten().min();
    }
}

/// The ports whose sources are to be looked at: those with a schedule that are due, new, or made otherwise than before.
pub(crate) fn to_look_at<'a>(
    declared: &'a Declared,
    known: &Known,
) -> impl Iterator<Item = (&'a DataProduct, &'a OutputPort)> {
    let nothing = BTreeMap::new();
    let ports =
        declared.products.iter().flat_map(|product| product.outputs.iter().map(move |output| (product, output)));
    let wanted: Vec<_> = ports
        .filter(|(product, output)| {
            let Some(schedule) = output.schedule.as_ref().filter(|_| is_read_from_outside(&output.transform)) else {
                return false;
            };
            let port = product.port_ref(output);
            let Some((release, served)) = known.published.port(&port) else { return true };
            let fingerprints = Fingerprints { known: &nothing, published: &known.published, sources: &known.sources };
            fingerprints.is_changed_itself(product, output, release)
                || waits_for_tick(schedule, known, &port, (release, served)).is_none()
        })
        .collect();
    wanted.into_iter()
}

/// Whether rows come from files or tables that are not the mesh's own.
pub(crate) fn is_read_from_outside(transform: &Transform) -> bool {
    transform.source().is_some()
}

/// The next tick, where the last one is done with.
fn waits_for_tick(
    schedule: &Schedule,
    known: &Known,
    port: &PortRef,
    (release, served): (&Release, &PortRelease),
) -> Option<DateTime<Utc>> {
    let refreshed = served.refreshed_at.unwrap_or(release.at);
    let done = known.looked.get(port).map_or(refreshed, |looked| refreshed.max(*looked));
    let is_done = schedule.last_tick(known.now).is_none_or(|tick| done >= tick);
    // A clock that never ticks again is waited for to the end of time.
    is_done.then(|| schedule.next_tick(known.now).unwrap_or(DateTime::<Utc>::MAX_UTC))
}

/// When the inputs will have been quiet for long enough, where that is still to come.
fn waits_for_quiet<'a>(
    schedule: &Schedule,
    known: &Known,
    fingerprints: &BTreeMap<PortRef, String>,
    inputs: impl Iterator<Item = &'a PortRef>,
) -> Option<DateTime<Utc>> {
    let debounce = schedule.debounce().filter(|debounce| !debounce.is_zero())?;
    let newest = inputs.filter_map(|input| {
        let (release, served) = known.published.port(input)?;
        // One that is to be made anew is released in this very run.
        let moves = fingerprints.get(input).is_some_and(|fresh| *fresh != served.fingerprint);
        Some(if moves { known.now } else { release.at })
    });
    let until = newest.max()?.checked_add_signed(debounce).unwrap_or(DateTime::<Utc>::MAX_UTC);
    (until > known.now).then_some(until)
}

#[cfg(test)]
mod tests;
