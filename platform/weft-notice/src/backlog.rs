//! What one webhook has still to be told: which event may go out next.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use chrono::{DateTime, Utc};
use weft_catalog::PendingDelivery;

/// Events in lanes. Of each lane only the first may go out, and only once at a time; of those that may, the one goes first
/// that was tried least, so that what always fails holds up nothing but its lane.
#[derive(Debug, Default)]
pub(crate) struct Backlog {
    // INVARIANT: no lane is empty; each first event is in exactly one of `due`, `waiting` and `out`.
    lanes: BTreeMap<String, VecDeque<PendingDelivery>>,
    /// Tries, event and lane of first events that may go out.
    due: BTreeSet<(u32, i64, String)>,
    /// Time, event and lane of first events that may go out then.
    waiting: BTreeSet<(DateTime<Utc>, i64, String)>,
    /// Lanes whose first event is under way.
    out: BTreeSet<String>,
    /// Of every event, so that the oldest is known: by id.
    times: BTreeMap<i64, DateTime<Utc>>,
}

impl Backlog {
    /// The events of `pending`, which are in order.
    pub(crate) fn of(pending: Vec<PendingDelivery>) -> Self {
        let mut backlog = Backlog::default();
        for delivery in pending {
            backlog.push(delivery);
        }
        backlog
    }

    /// Adds an event that is newer than all others.
    pub(crate) fn push(&mut self, delivery: PendingDelivery) {
        self.times.insert(delivery.event, delivery.at);
        match self.lanes.get_mut(&delivery.lane) {
            Some(lane) => lane.push_back(delivery),
            None => {
                self.waiting.insert((delivery.due_at, delivery.event, delivery.lane.clone()));
                self.lanes.insert(delivery.lane.clone(), VecDeque::from([delivery]));
            }
        }
    }

    /// Number of events, those under way among them.
    pub(crate) fn len(&self) -> usize {
        self.times.len()
    }

    /// When the oldest event happened.
    pub(crate) fn oldest(&self) -> Option<DateTime<Utc>> {
        self.times.first_key_value().map(|(_, at)| *at)
    }

    /// The event that goes out next. Its lane waits until [`remove`](Self::remove) or [`again`](Self::again).
    pub(crate) fn next(&mut self, now: DateTime<Utc>) -> Option<PendingDelivery> {
        while self.waiting.first().is_some_and(|(at, ..)| *at <= now) {
            let Some((_, event, lane)) = self.waiting.pop_first() else { break };
            let tries = self.lanes.get(&lane).and_then(|lane| lane.front()).map_or(0, |first| first.tries);
            self.due.insert((tries, event, lane));
        }
        let (_, _, lane) = self.due.pop_first()?;
        let first = self.lanes.get(&lane)?.front()?.clone();
        self.out.insert(lane);
        Some(first)
    }

    /// When an event may go out that may not yet.
    pub(crate) fn next_at(&self) -> Option<DateTime<Utc>> {
        self.waiting.first().map(|(at, ..)| *at)
    }

    /// The event that is under way in `lane` is gone, delivered or dead: the one behind it is next.
    pub(crate) fn remove(&mut self, lane: &str) {
        if !self.out.remove(lane) {
            return;
        }
        let Some(events) = self.lanes.get_mut(lane) else { return };
        if let Some(gone) = events.pop_front() {
            self.times.remove(&gone.event);
        }
        match events.front() {
            Some(next) => {
                self.waiting.insert((next.due_at, next.event, lane.to_owned()));
            }
            None => {
                self.lanes.remove(lane);
            }
        }
    }

    /// The event that is under way in `lane` was tried so often, and may go out again at `due_at`.
    pub(crate) fn again(&mut self, lane: &str, tries: u32, due_at: DateTime<Utc>) {
        if !self.out.remove(lane) {
            return;
        }
        if let Some(first) = self.lanes.get_mut(lane).and_then(VecDeque::front_mut) {
            (first.tries, first.due_at) = (tries, due_at);
            self.waiting.insert((due_at, first.event, lane.to_owned()));
        }
    }
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::*;
    use crate::tests::noon;

    fn pending(event: i64, lane: &str) -> PendingDelivery {
        let at = noon() + TimeDelta::seconds(event);
        PendingDelivery { event, at, lane: lane.into(), tries: 0, taken_at: at, due_at: noon() }
    }

    fn all_out(backlog: &mut Backlog, now: DateTime<Utc>) -> Vec<i64> {
        std::iter::from_fn(|| backlog.next(now).map(|next| next.event)).collect()
    }

    #[test]
    fn one_event_of_each_lane_is_out_and_the_others_follow() {
        let mut backlog = Backlog::of(vec![pending(1, "a"), pending(2, "a"), pending(3, "b"), pending(4, "a")]);
        assert_eq!(all_out(&mut backlog, noon()), [1, 3]);
        backlog.remove("a");
        assert_eq!(backlog.oldest(), Some(noon() + TimeDelta::seconds(2)));
        assert_eq!(all_out(&mut backlog, noon()), [2]);
        backlog.remove("b");
        assert_eq!(all_out(&mut backlog, noon()), [0_i64; 0]);
        backlog.push(pending(5, "b"));
        assert_eq!(all_out(&mut backlog, noon()), [5]);
        assert_eq!(backlog.len(), 3);
        for _ in 0..3 {
            backlog.remove("a");
            backlog.remove("b");
            all_out(&mut backlog, noon());
        }
        assert_eq!((backlog.len(), backlog.oldest(), backlog.next_at()), (0, None, None));
    }

    #[test]
    fn what_failed_waits_and_then_comes_behind_what_was_tried_less() {
        let mut backlog = Backlog::of(vec![pending(1, "a"), pending(2, "a"), pending(3, "b")]);
        assert_eq!(all_out(&mut backlog, noon()), [1, 3]);
        let later = noon() + TimeDelta::seconds(5);
        backlog.again("a", 1, later);
        backlog.push(pending(4, "c"));
        assert_eq!(all_out(&mut backlog, noon()), [4], "nothing of `a` before it is due");
        assert_eq!(backlog.next_at(), Some(later));
        backlog.push(pending(5, "d"));
        assert_eq!(all_out(&mut backlog, later), [5, 1]);
    }
}
