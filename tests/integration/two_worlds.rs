//! The two worlds of the proof, asked through the doors that people and programs use.

use arrow::array::RecordBatch;
use arrow_flight::error::FlightError;
use weft_prove::Pair;
use weft_testkit::TestMesh;

use crate::asking::{Door, answer_at, client, fetch, told, written};

const SEEDS: [u64; 3] = [11, 12, 13];
const QUERIES: usize = 60;

/// What a Flight SQL client is told before the first row, and then the rows.
async fn flight(mesh: &TestMesh, sql: &str) -> Result<(String, Vec<RecordBatch>), FlightError> {
    let mut client = client(mesh, "asker").await;
    let info = client.execute(sql.to_owned(), None).await?;
    let facts = format!(
        "{:?} records {} bytes {} ordered {} endpoints {}",
        info.schema,
        info.total_records,
        info.total_bytes,
        info.ordered,
        info.endpoint.len()
    );
    Ok((facts, fetch(&mut client, info).await?))
}

fn lines(batches: &[RecordBatch], is_ordered: bool) -> String {
    let mut lines: Vec<String> = written(batches).lines().map(str::to_owned).collect();
    if !is_ordered {
        lines.sort();
    }
    lines.join("\n")
}

#[tokio::test(flavor = "multi_thread")]
async fn no_door_tells_two_worlds_apart() {
    let (mut with_rows, mut asked) = (0, 0);
    for seed in SEEDS {
        let pair = Pair::of(seed, QUERIES);
        let [here, there] = [&pair.manifests[0], &pair.manifests[1]].map(|manifests| manifests.path());
        let worlds = [TestMesh::start(here).await, TestMesh::start(there).await];
        for (sql, is_ordered) in pair.statements() {
            let mut answers = Vec::new();
            for mesh in &worlds {
                let by_flight = flight(mesh, &sql).await.map_err(told);
                let by_flight = by_flight.map(|(facts, batches)| (facts, lines(&batches, is_ordered)));
                let by_rest = answer_at(Door::RestArrow, mesh, "asker", None, &sql).await;
                answers.push((by_flight, by_rest.map(|batches| lines(&batches, is_ordered))));
            }
            assert_eq!(answers[0], answers[1], "seed {seed}: {sql}");
            asked += 1;
            with_rows += usize::from(matches!(&answers[0].0, Ok((_, rows)) if !rows.is_empty()));
        }
        for mesh in worlds {
            mesh.stop().await;
        }
    }
    assert!(with_rows * 100 >= asked * 60, "only {with_rows} of {asked} queries answer rows");
}
