//! What the server keeps for clients behind opaque ids.

use std::collections::HashMap;
use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use parking_lot::Mutex;
use uuid::Uuid;
use weft_model::Clock;

const SWEEP_EVERY: TimeDelta = TimeDelta::seconds(30);

/// How much may be kept, and for how long.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bounds {
    /// Time without use after which an entry is forgotten.
    pub(crate) idle_max: TimeDelta,
    /// Time after which an entry is forgotten however much it is used.
    pub(crate) age_max: TimeDelta,
    /// Entries of one owner, and bytes of these.
    pub(crate) per_owner: Size,
    /// Entries of all owners, and bytes of these.
    pub(crate) in_all: Size,
}

/// A number of entries and of bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Size {
    pub(crate) entries: usize,
    pub(crate) bytes: usize,
}

/// Values by owner and random id. What exceeds a bound pushes out what was used least recently: of
/// the same owner, or, where all is full, of the owner who holds the most. So nobody can push out
/// what belongs to someone who holds less.
#[derive(Debug)]
pub(crate) struct Handles<T> {
    bounds: Bounds,
    clock: Arc<dyn Clock>,
    shelves: Mutex<Shelves<T>>,
}

#[derive(Debug)]
struct Shelves<T> {
    by_owner: HashMap<String, Shelf<T>>,
    held: Size,
    turns: u64,
    swept: DateTime<Utc>,
}

#[derive(Debug)]
struct Shelf<T> {
    entries: HashMap<String, Entry<T>>,
    bytes: usize,
    /// Entries that had to go before their time.
    pushed_out: u64,
}

#[derive(Debug)]
struct Entry<T> {
    value: T,
    bytes: usize,
    made: DateTime<Utc>,
    used: DateTime<Utc>,
    // Grows with every use, whatever the clock says.
    turn: u64,
}

impl<T: Clone> Handles<T> {
    pub(crate) fn new(bounds: Bounds, clock: Arc<dyn Clock>) -> Self {
        let swept = clock.now();
        let shelves = Shelves { by_owner: HashMap::new(), held: Size::default(), turns: 0, swept };
        Handles { bounds, clock, shelves: Mutex::new(shelves) }
    }

    /// Keeps `value`, which takes about `bytes`, for `owner`, and gives its id: 32 hex digits that
    /// nobody can guess.
    pub(crate) fn insert(&self, owner: &str, bytes: usize, value: T) -> String {
        let id = Uuid::new_v4().simple().to_string();
        let now = self.clock.now();
        let mut shelves = self.shelves.lock();
        shelves.sweep(now, &self.bounds);
        shelves.put(owner, &id, bytes, value, now, now);
        shelves.make_room(owner, &id, &self.bounds);
        id
    }

    /// What `owner` keeps under `id`, which counts as a use.
    pub(crate) fn get(&self, owner: &str, id: &str) -> Option<T> {
        let now = self.clock.now();
        let mut shelves = self.shelves.lock();
        shelves.used(owner, id, now, &self.bounds).map(|entry| entry.value.clone())
    }

    /// When what `owner` keeps under `id` is forgotten if it is not used until then.
    pub(crate) fn ends(&self, owner: &str, id: &str) -> Option<DateTime<Utc>> {
        let shelves = self.shelves.lock();
        let entry = shelves.by_owner.get(owner)?.entries.get(id)?;
        Some((entry.used + self.bounds.idle_max).min(entry.made + self.bounds.age_max))
    }

    /// Puts what `change` makes of the value, and the bytes it takes, in the place of what `owner`
    /// keeps under `id`. Whether there was such a thing.
    pub(crate) fn update(&self, owner: &str, id: &str, change: impl FnOnce(&T) -> (usize, T)) -> bool {
        let now = self.clock.now();
        let mut shelves = self.shelves.lock();
        let Some(entry) = shelves.used(owner, id, now, &self.bounds) else { return false };
        let ((bytes, value), made) = (change(&entry.value), entry.made);
        shelves.put(owner, id, bytes, value, made, now);
        shelves.make_room(owner, id, &self.bounds);
        true
    }

    /// Forgets what `owner` keeps under `id`, and gives it back.
    pub(crate) fn remove(&self, owner: &str, id: &str) -> Option<T> {
        let now = self.clock.now();
        let entry = self.shelves.lock().take(owner, id)?;
        (!entry.is_over(now, &self.bounds)).then_some(entry.value)
    }
}

impl<T> Shelves<T> {
    fn used(&mut self, owner: &str, id: &str, now: DateTime<Utc>, bounds: &Bounds) -> Option<&Entry<T>> {
        self.turns += 1;
        let turn = self.turns;
        let entry = self.by_owner.get_mut(owner)?.entries.get_mut(id)?;
        if entry.is_over(now, bounds) {
            return None;
        }
        (entry.used, entry.turn) = (now, turn);
        Some(entry)
    }

    fn put(&mut self, owner: &str, id: &str, bytes: usize, value: T, made: DateTime<Utc>, now: DateTime<Utc>) {
        self.take(owner, id);
        self.turns += 1;
        let entry = Entry { value, bytes, made, used: now, turn: self.turns };
        let empty = || Shelf { entries: HashMap::new(), bytes: 0, pushed_out: 0 };
        let shelf = self.by_owner.entry(owner.to_owned()).or_insert_with(empty);
        shelf.entries.insert(id.to_owned(), entry);
        shelf.bytes += bytes;
        self.held = Size { entries: self.held.entries + 1, bytes: self.held.bytes + bytes };
    }

    fn take(&mut self, owner: &str, id: &str) -> Option<Entry<T>> {
        let shelf = self.by_owner.get_mut(owner)?;
        let entry = shelf.entries.remove(id)?;
        shelf.bytes -= entry.bytes;
        self.held = Size { entries: self.held.entries - 1, bytes: self.held.bytes - entry.bytes };
        if shelf.entries.is_empty() {
            self.by_owner.remove(owner);
        }
        Some(entry)
    }

    /// Pushes out what exceeds the bounds, but never what `owner` keeps under `id`.
    fn make_room(&mut self, owner: &str, id: &str, bounds: &Bounds) {
        while self.by_owner.get(owner).is_some_and(|shelf| exceeds(shelf.size(), bounds.per_owner)) {
            if !self.drop_oldest(owner.to_owned(), id) {
                break;
            }
        }
        while exceeds(self.held, bounds.in_all) {
            let most = self.by_owner.iter().max_by_key(|(_, shelf)| (shelf.bytes, shelf.entries.len()));
            let Some(most) = most.map(|(owner, _)| owner.clone()) else { break };
            if !self.drop_oldest(most, id) {
                break;
            }
        }
    }

    fn drop_oldest(&mut self, owner: String, kept: &str) -> bool {
        let oldest = self.by_owner.get(&owner).and_then(|shelf| {
            let others = shelf.entries.iter().filter(|(id, _)| *id != kept);
            others.min_by_key(|(_, entry)| entry.turn).map(|(id, _)| id.clone())
        });
        let is_dropped = oldest.is_some_and(|id| self.take(&owner, &id).is_some());
        if let Some(shelf) = self.by_owner.get_mut(&owner).filter(|_| is_dropped) {
            shelf.pushed_out += 1;
            tell(&owner, shelf.pushed_out);
        }
        is_dropped
    }

    /// Forgets what is over, once a while.
    fn sweep(&mut self, now: DateTime<Utc>, bounds: &Bounds) {
        if now.signed_duration_since(self.swept).abs() < SWEEP_EVERY {
            return;
        }
        self.swept = now;
        let over: Vec<(String, String)> = self
            .by_owner
            .iter()
            .flat_map(|(owner, shelf)| shelf.entries.iter().map(move |(id, entry)| (owner, id, entry)))
            .filter(|(_, _, entry)| entry.is_over(now, bounds))
            .map(|(owner, id, _)| (owner.clone(), id.clone()))
            .collect();
        for (owner, id) in over {
            self.take(&owner, &id);
        }
    }
}

impl<T> Shelf<T> {
    fn size(&self) -> Size {
        Size { entries: self.entries.len(), bytes: self.bytes }
    }
}

impl<T> Entry<T> {
    fn is_over(&self, now: DateTime<Utc>, bounds: &Bounds) -> bool {
        now.signed_duration_since(self.used) > bounds.idle_max || now.signed_duration_since(self.made) > bounds.age_max
    }
}

/// Counts what is forgotten for want of room, and logs it so seldom that nobody fills the log with it.
fn tell(owner: &str, pushed_out: u64) {
    metrics::counter!("weft_flight_handles_pushed_out_total").increment(1);
    if pushed_out.is_power_of_two() {
        tracing::warn!(owner, pushed_out, "tickets or statements of a principal were forgotten, since it has too many");
    }
}

fn exceeds(size: Size, bound: Size) -> bool {
    size.entries > bound.entries || size.bytes > bound.bytes
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicI64, Ordering};

    use super::*;

    #[derive(Debug, Default)]
    struct Hand(AtomicI64);

    impl Clock for Hand {
        fn now(&self) -> DateTime<Utc> {
            DateTime::from_timestamp(1_800_000_000 + self.0.load(Ordering::Relaxed), 0).unwrap()
        }
    }

    fn handles(per_owner: usize, in_all: usize) -> (Handles<&'static str>, Arc<Hand>) {
        let clock = Arc::new(Hand::default());
        let bounds = Bounds {
            idle_max: TimeDelta::seconds(60),
            age_max: TimeDelta::seconds(600),
            per_owner: Size { entries: per_owner, bytes: 1_000 },
            in_all: Size { entries: in_all, bytes: 2_000 },
        };
        (Handles::new(bounds, clock.clone()), clock)
    }

    #[test]
    fn only_the_owner_finds_what_was_kept() {
        let (handles, _) = handles(9, 9);
        let id = handles.insert("user:ana", 1, "select 1");
        assert_eq!(id.len(), 32);
        assert_eq!(handles.get("user:ana", &id), Some("select 1"));
        assert_eq!(handles.get("user:omar", &id), None);
        assert_eq!(handles.get("service:ana", &id), None);
        assert!(!handles.update("user:omar", &id, |_| (1, "select 2")));
        assert_eq!(handles.remove("user:omar", &id), None);
        assert_eq!(handles.remove("user:ana", &id), Some("select 1"));
        assert_eq!(handles.get("user:ana", &id), None);
    }

    #[test]
    fn an_entry_lives_as_long_as_it_is_used() {
        let (handles, clock) = handles(9, 9);
        let id = handles.insert("a", 1, "x");
        for _ in 0..5 {
            clock.0.fetch_add(60, Ordering::Relaxed);
            assert_eq!(handles.get("a", &id), Some("x"));
            assert_eq!(handles.ends("a", &id), Some(clock.now() + TimeDelta::seconds(60)));
        }
        assert_eq!(handles.ends("b", &id), None);
        clock.0.fetch_add(61, Ordering::Relaxed);
        assert_eq!(handles.get("a", &id), None);
        assert!(!handles.update("a", &id, |_| (1, "y")));
        assert_eq!(handles.remove("a", &id), None);
    }

    #[test]
    fn no_entry_outlives_its_age_however_much_it_is_used() {
        let (handles, clock) = handles(9, 9);
        let id = handles.insert("a", 1, "x");
        for _ in 0..10 {
            clock.0.fetch_add(60, Ordering::Relaxed);
            assert!(handles.update("a", &id, |_| (1, "y")));
        }
        assert_eq!(handles.ends("a", &id), Some(clock.now()));
        clock.0.fetch_add(1, Ordering::Relaxed);
        assert_eq!(handles.get("a", &id), None);
    }

    #[test]
    fn an_owner_who_keeps_too_much_loses_what_was_used_least_recently() {
        let (handles, _) = handles(2, 9);
        let (first, second) = (handles.insert("a", 1, "1"), handles.insert("a", 1, "2"));
        let other = handles.insert("b", 1, "b");
        assert!(handles.get("a", &first).is_some());
        let third = handles.insert("a", 1, "3");
        assert_eq!(handles.get("a", &second), None);
        assert!(handles.get("a", &first).is_some() && handles.get("a", &third).is_some());
        assert!(handles.get("b", &other).is_some());
    }

    #[test]
    fn bytes_are_bounded_like_entries() {
        let (handles, _) = handles(9, 9);
        let first = handles.insert("a", 600, "1");
        let second = handles.insert("a", 600, "2");
        assert_eq!(handles.get("a", &first), None);
        assert!(handles.update("a", &second, |_| (900, "2 again")));
        assert_eq!(handles.get("a", &second), Some("2 again"));
    }

    #[test]
    fn when_all_is_full_whoever_holds_most_gives_way() {
        let (handles, _) = handles(3, 4);
        let small = handles.insert("b", 1, "b");
        let greedy: Vec<_> = (0..3).map(|_| handles.insert("a", 1, "a")).collect();
        let late = handles.insert("c", 1, "c");
        assert_eq!(handles.get("a", &greedy[0]), None);
        assert!(handles.get("b", &small).is_some() && handles.get("c", &late).is_some());
        assert!(handles.get("a", &greedy[2]).is_some());
    }

    #[test]
    fn what_is_over_is_swept_out_and_counts_no_more() {
        let (handles, clock) = handles(9, 9);
        for _ in 0..5 {
            handles.insert("a", 100, "x");
        }
        clock.0.fetch_add(61, Ordering::Relaxed);
        handles.insert("b", 7, "y");
        assert_eq!(handles.shelves.lock().held, Size { entries: 1, bytes: 7 });
        assert_eq!(handles.shelves.lock().by_owner.len(), 1);
    }

    #[test]
    fn a_clock_that_goes_back_ends_nothing() {
        let (handles, clock) = handles(9, 9);
        let id = handles.insert("a", 1, "x");
        clock.0.fetch_sub(3_600, Ordering::Relaxed);
        assert_eq!(handles.get("a", &id), Some("x"));
    }
}
