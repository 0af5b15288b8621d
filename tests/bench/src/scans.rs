//! How much longer a governed scan takes than one by plain DataFusion over the same files.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use arrow::array::{ArrayRef, Int64Array, RecordBatch, StringArray};
use datafusion::prelude::{ParquetReadOptions, SessionConfig, SessionContext};
use futures::TryStreamExt;
use parquet::arrow::ArrowWriter;
use weft_engine::Parameters;
use weft_testkit::Manifests;

use crate::{in_process, line};

const ROWS: i64 = 3_000_000;
const ROUNDS: usize = 9;
const SUMS: &str = "count(*), sum(n0), sum(n1), sum(n2), sum(n3), max(t0), max(t1), max(t2)";

pub(crate) async fn measure() {
    let mesh = mesh();
    let running = in_process::start(mesh.path(), "asker").await;
    let compare = async |what: &str, goal: f64, product: &str, filter: &str| {
        let plain = plain(&running.tables.join("b").join(product).join("rows"), product).await;
        let ungoverned = format!("SELECT {SUMS} FROM {product} {filter}");
        let governed = format!("SELECT {SUMS} FROM b.{product}.rows");
        let (mut with, mut without) = (Vec::new(), Vec::new());
        for round in 0..=ROUNDS {
            let began = Instant::now();
            plain.sql(&ungoverned).await.unwrap().collect().await.unwrap();
            let middle = Instant::now();
            let answer = running.session.query(&governed, Parameters::None).await.unwrap();
            answer.try_collect::<Vec<_>>().await.unwrap();
            // The first round fills the caches of both.
            if round > 0 {
                without.push(middle - began);
                with.push(middle.elapsed());
            }
        }
        let (with, without) = (median(with), median(without));
        println!("{what}: governed {with:.1?}, plain {without:.1?}");
        line(what, with.as_secs_f64() / without.as_secs_f64(), goal, "x");
    };
    compare("governed over plain scan: partition-aligned filter", 1.15, "aligned", "WHERE region = 'r3'").await;
    compare("governed over plain scan: random filter", 1.6, "random", "WHERE bucket < 5").await;
    compare("governed over plain scan: masks on 3 of 10 columns", 1.3, "masked", "").await;
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times[times.len() / 2]
}

/// Plain DataFusion over the files of a table, with the engine's settings.
pub(crate) async fn plain(table: &Path, name: &str) -> SessionContext {
    let mut config = SessionConfig::new();
    config = config.set_bool("datafusion.execution.parquet.schema_force_view_types", false);
    let context = SessionContext::new_with_config(config);
    let files = ParquetReadOptions::default();
    context.register_parquet(name, table.to_str().expect("a path in UTF-8"), files).await.expect("the table's files");
    context
}

/// A mesh of three equal tables that are governed differently.
fn mesh() -> Manifests {
    let manifests = Manifests::empty();
    manifests
        .write("governance/model.conf", include_str!("../../../governance/model.conf"))
        .write("governance/principals.yaml", PRINCIPALS)
        .write("governance/restrictions.yaml", "clear: [public]\n")
        .write("products/b/domain.yaml", "domain: b\ndescription: Measured.\nowner: people\n")
        .write("governance/policies/everyone.csv", "p, role:any, dom:any, obj:b, read, *, -, allow\n");
    let seed = seed();
    for (n, (name, restrictions)) in PRODUCTS.iter().enumerate() {
        let folder = format!("products/b/{name}");
        manifests
            .write(&format!("{folder}/product.odps.yaml"), product(n, name))
            .write(&format!("{folder}/contracts/rows.odcs.yaml"), contract(n))
            .write(&format!("{folder}/restrictions.yaml"), restrictions)
            .write(&format!("{folder}/data/rows.parquet"), &seed);
    }
    manifests
}

const PRINCIPALS: &str = "\
users:
  - {name: asker, groups: [people], attributes: {region: r3}}
services: []
groups:
  - {name: people}
";

const PRODUCTS: [(&str, &str); 3] = [
    ("aligned", "rowFilters:\n  - {id: own, port: rows, when: region = $principal.region}\n"),
    ("random", "rowFilters:\n  - {id: half, port: rows, when: bucket < 5}\n"),
    (
        "masked",
        "masks:\n  - {id: m1, port: rows, column: n1, mask: {round: 10}}\n  \
         - {id: m2, port: rows, column: t1, mask: {prefix: 3}}\n  - {id: m3, port: rows, column: t2, mask: \"null\"}\n",
    ),
];

/// Ten columns: `region` in order, so that row groups hold one each; `bucket` in none.
fn seed() -> Vec<u8> {
    let numbers = |of: &dyn Fn(i64) -> i64| Arc::new((0..ROWS).map(of).collect::<Int64Array>()) as ArrayRef;
    let texts =
        |of: &dyn Fn(i64) -> String| Arc::new((0..ROWS).map(|n| Some(of(n))).collect::<StringArray>()) as ArrayRef;
    let mixed = |n: i64| n.wrapping_mul(0x9E3_779B_97F4_A7C1).rotate_left(31).wrapping_mul(0x94D_049B) >> 8;
    let batch = RecordBatch::try_from_iter([
        ("id", numbers(&|n| n)),
        ("region", texts(&|n| format!("r{}", n * 6 / ROWS))),
        ("bucket", numbers(&|n| mixed(n).rem_euclid(10))),
        ("n0", numbers(&|n| mixed(n) % 1_000)),
        ("n1", numbers(&|n| mixed(n + 1) % 1_000)),
        ("n2", numbers(&|n| mixed(n + 2) % 1_000)),
        ("n3", numbers(&|n| n % 97)),
        ("t0", texts(&|n| format!("text {}", n % 1_000))),
        ("t1", texts(&|n| format!("word {}", mixed(n) % 10_000))),
        ("t2", texts(&|n| format!("name {}", n % 100))),
    ])
    .unwrap();
    let mut bytes = Vec::new();
    let mut writer = ArrowWriter::try_new(&mut bytes, batch.schema(), None).unwrap();
    writer.write(&batch).unwrap();
    writer.close().unwrap();
    bytes
}

fn product(n: usize, name: &str) -> String {
    format!(
        "apiVersion: v1.1.0\nkind: DataProduct\nid: 7a8f0f0e-5a0a-4c57-9a37-1c9f6d6b00{n}1\nname: {name}\n\
         version: 1.0.0\nstatus: active\ndomain: b\ndescription: {{purpose: To be measured.}}\noutputPorts:\n  \
         - name: rows\n    description: Rows.\n    type: tables\n    \
         contractId: 7a8f0f0e-5a0a-4c57-9a37-1c9f6d6b00{n}2\n    version: 1.0.0\n    customProperties:\n      \
         - property: transform\n        vendor: weft\n        \
         value: {{kind: seed, seed: {{path: data/rows.parquet, format: parquet}}}}\n"
    )
}

fn contract(n: usize) -> String {
    let mut text = format!(
        "apiVersion: v3.2.0\nkind: DataContract\nid: 7a8f0f0e-5a0a-4c57-9a37-1c9f6d6b00{n}2\nname: Rows\n\
         version: 1.0.0\ndescription: {{purpose: To be measured.}}\nschema:\n  - name: rows\n    \
         physicalType: table\n    description: Rows.\n    properties:\n"
    );
    for name in ["id", "region", "bucket", "n0", "n1", "n2", "n3", "t0", "t1", "t2"] {
        let kind = match name {
            "region" | "t0" | "t1" | "t2" => "logicalType: string",
            _ => "logicalType: integer, physicalType: bigint",
        };
        text.push_str(&format!("      - {{name: {name}, description: A column., classification: public, {kind}}}\n"));
    }
    text
}
