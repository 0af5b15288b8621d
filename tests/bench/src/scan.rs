//! What the scan of a Delta table costs in processor time, beside plain DataFusion's listing of the very same files.

use datafusion::prelude::SessionContext;
use futures::TryStreamExt;
use weft_engine::{Parameters, Session};

use crate::{in_process, python, scans, tpch};

const ROUNDS: usize = 7;
/// Whole rows, some columns of all rows, and some rows; nothing is done with what was read.
const READ: [(&str, &str, &str); 3] = [
    ("all columns", "*", ""),
    ("four columns", "l_orderkey, l_extendedprice, l_discount, l_shipdate", ""),
    (
        "a year",
        "l_orderkey, l_extendedprice, l_discount",
        "WHERE l_shipdate BETWEEN DATE '1995-01-01' AND DATE '1995-12-31'",
    ),
];

pub(crate) async fn measure() {
    let mesh = tpch::mesh("1");
    let running = in_process::start(mesh.path(), "reader").await;
    let plain = scans::plain(&running.tables.join("b/lineitem/rows"), "lineitem").await;
    let (mut ratios, mut sums) = (Vec::new(), [[0.0; 2]; READ.len()]);
    for round in 0..=ROUNDS {
        let mut took = [0.0; 2];
        for (n, (_, columns, filter)) in READ.iter().enumerate() {
            let sql = |table: &str| format!("SELECT {columns} FROM {table} {filter}");
            let before = processor_seconds();
            let rows = governed(&running.session, &sql("b.lineitem.rows")).await;
            let middle = processor_seconds();
            assert_eq!(rows, listed(&plain, &sql("lineitem")).await, "both read the same rows");
            let ours = [middle - before, processor_seconds() - middle];
            for of in 0..2 {
                took[of] += ours[of];
                // The first round fills the caches of both.
                sums[n][of] += if round > 0 { ours[of] / ROUNDS as f64 } else { 0.0 };
            }
        }
        if round > 0 {
            ratios.push(took[0] / took[1]);
        }
    }
    for ((what, ..), [ours, theirs]) in READ.iter().zip(sums) {
        println!("scan of lineitem, {what}: {ours:.3} s of processor, the listing {theirs:.3} s");
    }
    ratios.sort_by(f64::total_cmp);
    python::note("scan", "processor time of our scan over a plain listing", ratios[ROUNDS / 2], [1.03, 1.0]);
}

async fn governed(session: &Session, sql: &str) -> usize {
    let rows = session.query(sql, Parameters::None).await.unwrap();
    rows.try_fold(0, async |sum, batch| Ok(sum + batch.num_rows())).await.unwrap()
}

async fn listed(context: &SessionContext, sql: &str) -> usize {
    let rows = context.sql(sql).await.unwrap().execute_stream().await.unwrap();
    rows.try_fold(0, async |sum, batch| Ok(sum + batch.num_rows())).await.unwrap()
}

/// What this process has used, all its threads together, to a hundredth.
fn processor_seconds() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap();
    // The name in parentheses may hold blanks; the 12th and 13th field after it are ticks of a hundredth.
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap().split_whitespace().collect();
    fields[11..13].iter().map(|ticks| ticks.parse::<f64>().unwrap() / 100.0).sum()
}
