use std::sync::atomic::{AtomicBool, Ordering};

use weft_model::PortRef;

use super::*;
use crate::sample::at;

type Written = (Vec<(Reads, Times)>, Vec<QueryRecord>);

/// Keeps what is written to it, unless it is told to fail.
#[derive(Default)]
struct Paper {
    tally: Tally,
    fails: AtomicBool,
    written: Mutex<Vec<Written>>,
}

impl Ledger for Paper {
    async fn write(&self, reads: &[(Reads, Times)], queries: &[QueryRecord]) -> Result<(), CatalogError> {
        if self.fails.load(Ordering::Relaxed) {
            return Err(CatalogError::Stopped);
        }
        self.written.lock().push((reads.to_vec(), queries.to_vec()));
        Ok(())
    }

    fn tally(&self) -> &Tally {
        &self.tally
    }
}

impl Paper {
    /// Every count that was written: column, queries and seconds of the first and the last.
    fn counts(&self) -> Vec<(String, u64, DateTime<Utc>, DateTime<Utc>)> {
        let written = self.written.lock();
        let reads = written.iter().flat_map(|(reads, _)| reads);
        reads
            .map(|(reads, times)| {
                (reads.column.clone().unwrap_or_default(), times.queries, times.first_at, times.last_at)
            })
            .collect()
    }
}

fn record(second: u64, columns: &[&str]) -> ReadRecord {
    let port: PortRef = "fleet.aircraft.planes".parse().unwrap();
    let columns = columns.iter().map(|column| (*column).to_owned()).collect();
    let ports = BTreeMap::from([(port, columns)]);
    ReadRecord { at: at(second), principal: "user:ana".to_owned(), purpose: None, ports }
}

fn query(n: usize) -> QueryRecord {
    QueryRecord {
        query: n.to_string(),
        at: at(1),
        principal: "user:ana".to_owned(),
        purpose: None,
        door: Some("http"),
        trace: None,
        outcome: "ok",
        duration_ms: 1,
        rows: 1,
        served: Served::Aside,
        ports: BTreeSet::new(),
    }
}

/// Things are noted outside of a runtime, so that nothing is written but where a test says so.
fn block_on<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(work)
}

#[test]
fn reads_of_one_kind_are_one_count_and_the_port_itself_is_counted_once_a_query() {
    let paper = Arc::new(Paper::default());
    note_reads(&paper, record(3, &["engines", "seats"]));
    note_reads(&paper, record(1, &["seats"]));
    note_reads(&paper, record(2, &[]));
    block_on(flush(paper.as_ref())).unwrap();
    let expected = [("", 3, 1, 3), ("engines", 1, 3, 3), ("seats", 2, 1, 3)];
    let expected = expected.map(|(column, queries, first, last)| (column.to_owned(), queries, at(first), at(last)));
    assert_eq!(paper.counts(), expected);
    block_on(flush(paper.as_ref())).unwrap();
    assert_eq!(paper.written.lock().len(), 1, "nothing is written twice");
}

#[test]
fn what_cannot_be_written_is_written_later_together_with_what_came_since() {
    let paper = Arc::new(Paper::default());
    paper.fails.store(true, Ordering::Relaxed);
    note_reads(&paper, record(2, &["seats"]));
    note_query(&paper, query(1));
    assert!(block_on(flush(paper.as_ref())).is_err());
    note_reads(&paper, record(1, &["seats"]));
    note_query(&paper, query(2));
    paper.fails.store(false, Ordering::Relaxed);
    block_on(flush(paper.as_ref())).unwrap();
    let expected = ["", "seats"].map(|column| (column.to_owned(), 2, at(1), at(2)));
    assert_eq!(paper.counts(), expected);
    let written = paper.written.lock();
    let queries: Vec<_> = written.iter().flat_map(|(_, queries)| queries).map(|query| query.query.as_str()).collect();
    assert_eq!(queries, ["1", "2"]);
}

#[test]
fn what_there_is_no_room_for_is_dropped_and_the_rest_is_written_in_pieces() {
    let paper = Arc::new(Paper::default());
    let columns: Vec<String> = (0..WAITING_MAX).map(|n| format!("c{n:06}")).collect();
    let columns: Vec<&str> = columns.iter().map(String::as_str).collect();
    note_reads(&paper, record(1, &columns));
    // A count that is there already takes no room.
    note_reads(&paper, record(2, &["c000000"]));
    (0..=WAITING_MAX).for_each(|n| note_query(&paper, query(n)));
    block_on(flush(paper.as_ref())).unwrap();
    let counts = paper.counts();
    assert_eq!(counts.len(), WAITING_MAX);
    assert!(!counts.iter().any(|(column, ..)| Some(column.as_str()) == columns.last().copied()));
    assert_eq!(counts[1], ("c000000".to_owned(), 2, at(1), at(2)));
    let written = paper.written.lock();
    assert!(written.iter().all(|(reads, queries)| reads.len() <= BATCH_MAX && queries.len() <= BATCH_MAX));
    assert_eq!(written.iter().map(|(_, queries)| queries.len()).sum::<usize>(), WAITING_MAX);
}
