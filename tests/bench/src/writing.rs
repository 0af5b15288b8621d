//! What making tables costs: refreshes, merges, appends and intervals, each beside a public tool that does the same.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Instant;

use arrow::array::{Float64Array, Int64Array, RecordBatch, StringArray};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use async_trait::async_trait;
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use tempfile::TempDir;
use weft_model::{Code, ContractKey, PortRef, Revision};
use weft_storage::{Candidate, CommitJudge, CommitNote, Layout, TableChange, Unjudged, Verdict, Warehouse};
use weft_testkit::TestMesh;

use crate::line;
use crate::mesh_of_tables::{Mesh, TEN_RULES};
use crate::peers::Peers;

/// How often each is done, side by side with its peer; the median counts.
const ROUNDS: usize = 5;

/// Each comparison, or the one of this name alone.
pub(crate) async fn measure(only: Option<&str>) {
    let wanted = |one: &str| only.is_none_or(|only| only == one);
    let mut peers = Peers::start();
    if only != Some("appends") {
        over_a_mesh(&mut peers, wanted).await;
    }
    if wanted("appends") {
        forget_peak();
        appends(&mut peers).await;
        println!("appends: at most {:.0} MiB", peak_memory_mib());
    }
}

async fn over_a_mesh(peers: &mut Peers, wanted: impl Fn(&str) -> bool) {
    let mesh = Mesh::over(&peers.folder);
    let running = TestMesh::start(mesh.path()).await;
    assert!(running.first.is_complete(), "{:#?}", running.first.outcomes);

    let refreshes = [
        ("wide", "wide refresh over Sail's CTAS", 0.85),
        ("aggregate", "aggregating refresh over DuckDB with deltalake", 1.0),
    ];
    for (port, what, goal) in refreshes.into_iter().filter(|(port, ..)| wanted(port)) {
        compare(what, goal, peers, port, async |round| {
            mesh.touch(port, round);
            refreshed(&running, port).await
        })
        .await;
    }
    if wanted("checked") {
        checked(&mesh, &running).await;
    }
    for (keys, goal) in [("clustered", 0.2), ("spread", 0.8)].into_iter().filter(|(keys, _)| wanted(keys)) {
        let what = format!("merge of 60,000 changes into 6 M rows, keys {keys}, over deltalake");
        compare(&what, goal, peers, keys, async |round| {
            mesh.incoming(&format!("{keys}{round}.parquet"));
            refreshed(&running, "merged").await
        })
        .await;
    }
    if wanted("intervals") {
        intervals(&mesh, &running).await;
    }
    running.stop().await;
}

/// Does both, turn by turn, and prints the ratio of their medians.
async fn compare(what: &str, goal: f64, peers: &mut Peers, peer: &str, mut ours: impl AsyncFnMut(usize) -> f64) {
    let (mut own, mut theirs) = (Vec::new(), Vec::new());
    forget_peak();
    // The first round fills the caches of both.
    for round in 0..=ROUNDS {
        let (one, other) = (ours(round).await, peers.seconds(peer));
        if round > 0 {
            own.push(one);
            theirs.push(other);
        }
    }
    let (own, theirs) = (median(own), median(theirs));
    println!("{what}: {own:.3} s, the peer {theirs:.3} s, at most {:.0} MiB of our own", peak_memory_mib());
    line(what, own / theirs, goal, "x");
}

/// Seconds of the step that brings `port` up to date.
async fn refreshed(mesh: &TestMesh, port: &str) -> f64 {
    let report = mesh.reconcile().await;
    assert!(report.is_complete(), "{:#?}", report.outcomes);
    let outcome = report.outcomes.iter().find(|outcome| outcome.port.port.as_str() == port).expect("a step");
    outcome.elapsed.as_secs_f64()
}

/// The wide refresh again, under a contract with ten rules.
async fn checked(mesh: &Mesh, running: &TestMesh) {
    let (mut with, mut without) = (Vec::new(), Vec::new());
    forget_peak();
    for round in 0..=ROUNDS {
        mesh.touch("checked", round);
        let checked = refreshed(running, "checked").await;
        mesh.touch("wide", 100 + round);
        let plain = refreshed(running, "wide").await;
        if round > 0 {
            with.push(checked);
            without.push(plain);
        }
    }
    let (with, without) = (median(with), median(without));
    let peak = peak_memory_mib();
    println!("wide refresh with {TEN_RULES} rules: {with:.3} s, without {without:.3} s, at most {peak:.0} MiB");
    line("gate on a full refresh with ten rules, more than without", 100.0 * (with / without - 1.0), 10.0, "%");
}

/// 1 % of the rows come late, within 25 of the table's days: these intervals are made anew.
async fn intervals(mesh: &Mesh, running: &TestMesh) {
    let mut parts = Vec::new();
    forget_peak();
    for round in 0..ROUNDS {
        mesh.late(&format!("late{round}.parquet"));
        parts.push(refreshed(running, "by_day").await);
    }
    let part_peak = peak_memory_mib();
    let mut wholes = Vec::new();
    for round in 0..3 {
        mesh.touch("by_day", round);
        wholes.push(refreshed(running, "by_day").await);
    }
    let (part, whole) = (median(parts), median(wholes));
    println!("intervals with 1 % of the rows: {part:.3} s, at most {part_peak:.0} MiB; all of them {whole:.3} s");
    line("refresh of intervals that hold 1 %, of the full refresh", 100.0 * part / whole, 3.0, "%");
}

/// Lets each commit be of which it is known how many rows there would be.
struct Counts;

#[async_trait]
impl CommitJudge for Counts {
    async fn judge(&self, candidate: &Candidate) -> Result<Verdict, Unjudged> {
        let unknown = || Unjudged::new(Code::INTERNAL, "rows are not known");
        candidate.table.rows().map(|_| Verdict::default()).ok_or_else(unknown)
    }
}

/// Appends of 1,000 rows, the commits from 250 to 300, through the gate.
async fn appends(peers: &mut Peers) {
    let folder = TempDir::new().unwrap();
    let url: String = url::Url::from_directory_path(folder.path()).unwrap().into();
    let warehouse = Warehouse::open(&url, &std::collections::HashMap::new()).unwrap();
    let mut own = Vec::new();
    for n in 0..300 {
        let began = Instant::now();
        append(&warehouse, n).await;
        own.push(began.elapsed().as_secs_f64());
    }
    let theirs: Vec<f64> = (0..5).map(|_| peers.seconds("append") / 10.0).collect();
    let (early, late) = (median(own[1..51].to_vec()), median(own[250..].to_vec()));
    let theirs = median(theirs);
    println!(
        "append of 1,000 rows: commits 1 to 50 {:.2} ms, 250 to 300 {:.2} ms, the peer {:.2} ms",
        early * 1e3,
        late * 1e3,
        theirs * 1e3
    );
    line("append of 1,000 rows, commits 250 to 300, over deltalake", late / theirs, 0.15, "x");
    line("the same over commits 1 to 50 (flat)", late / early, 1.5, "x");
}

async fn append(warehouse: &Warehouse, n: i64) {
    let schema: SchemaRef = Arc::new(Schema::new(vec![
        Field::new("id", DataType::Int64, true),
        Field::new("amount", DataType::Float64, true),
        Field::new("name", DataType::Utf8, true),
    ]));
    let batch = RecordBatch::try_new(
        Arc::clone(&schema),
        vec![
            Arc::new(Int64Array::from_iter_values(n * 1_000..n * 1_000 + 1_000)),
            Arc::new(Float64Array::from(vec![1.5; 1_000])),
            Arc::new(StringArray::from(vec!["a name"; 1_000])),
        ],
    );
    let rows = RecordBatchStreamAdapter::new(Arc::clone(&schema), futures::stream::iter([Ok(batch.unwrap())]));
    let upon = u64::try_from(n).unwrap().checked_sub(1);
    let change = TableChange { upon, layout: Layout::InOrder, ..TableChange::replace(vec![Box::pin(rows)]) };
    let port: PortRef = "a.b.c".parse().unwrap();
    let note = CommitNote {
        port,
        contract: ContractKey { id: "c".to_owned(), version: "1.0.0".parse().unwrap() },
        revision: Revision::new("r"),
        plan: "p".to_owned(),
        fingerprint: n.to_string(),
        release: u64::try_from(n).unwrap() + 1,
        upon,
        inputs: BTreeMap::new(),
    };
    warehouse.change("a/b/c", schema, change, &note, Arc::new(Counts)).await.expect("it lands");
}

fn median(mut numbers: Vec<f64>) -> f64 {
    numbers.sort_by(f64::total_cmp);
    numbers[numbers.len() / 2]
}

/// Lets the peak of memory be counted from here on.
fn forget_peak() {
    // Where that is not to be had, peaks are those since the beginning.
    let _ = std::fs::write("/proc/self/clear_refs", "5");
}

/// The most memory that this process held since [`forget_peak`].
fn peak_memory_mib() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kib = line.and_then(|line| line.split_whitespace().next()?.parse::<f64>().ok());
    kib.unwrap_or(f64::NAN) / 1024.0
}
