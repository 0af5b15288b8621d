//! A generated mesh as the files that a team would commit.

use std::fmt::Write as _;

use arrow::array::RecordBatch;
use parquet::arrow::ArrowWriter;
use weft_testkit::Manifests;

use crate::rows::{Row, batch};
use crate::rules::{Extra, Table, Veil, veiled_path};

const PRINCIPALS: &str = "\
users:
  - name: asker
    groups: [people]
    attributes: {region: r1, regions: [r1, r2], level: 5}
  # Sees everything: the two worlds are not the same to it.
  - name: owner
    groups: [people]
    attributes: {}
services:
  - {name: a-jobs, groups: [], attributes: {}}
groups:
  - {name: people}
";

const RESTRICTIONS: &str = "clear: [public]\n";

const GRANTS: &str = "who,region\nasker,r1\nasker,r3\nowner,r9\n,r2\n";

/// The view stands on the first table, and computes what can fail.
const VIEW_SQL: &str =
    "SELECT id, region, lvl * 2 AS twice, 100 / (CASE WHEN id < 0 THEN 0 ELSE 1 END) AS safe FROM a.p.t1\n";

/// Writes the mesh of one world.
pub(crate) fn write(tables: &[(Table, Vec<Row>)]) -> Manifests {
    let manifests = Manifests::empty();
    manifests
        .write("governance/model.conf", include_str!("../../../governance/model.conf"))
        .write("governance/principals.yaml", PRINCIPALS)
        .write("governance/restrictions.yaml", RESTRICTIONS)
        .write("products/a/domain.yaml", "domain: a\ndescription: Generated.\nowner: people\nservice: a-jobs\n")
        .write("products/a/access.csv", access(tables))
        .write("products/a/p/restrictions.yaml", restrictions(tables))
        .write("products/a/grants/data/regions.csv", GRANTS)
        .write("products/a/grants/product.odps.yaml", product(9, "Grants", &["regions"], "csv"))
        .write(
            "products/a/grants/contracts/regions.odcs.yaml",
            contract(&id(9, 1), "regions", "      - {name: who, logicalType: string, classification: public}\n      - {name: region, logicalType: string, classification: public}\n"),
        );
    let names: Vec<&str> = tables.iter().map(|(table, _)| table.name).collect();
    manifests
        .write("products/a/p/product.odps.yaml", product(1, "P", &names, "parquet"))
        .write("products/a/views/product.odps.yaml", VIEW_PRODUCT)
        .write("products/a/views/transforms/v.sql", VIEW_SQL)
        .write("products/a/views/contracts/v.odcs.yaml", contract(&id(8, 1), "v", VIEW_COLUMNS));
    for (n, (table, rows)) in tables.iter().enumerate() {
        manifests
            .write(
                &format!("products/a/p/contracts/{}.odcs.yaml", table.name),
                contract(&id(1, n + 1), table.name, &columns(table)),
            )
            .write(&format!("products/a/p/data/{}.parquet", table.name), parquet(&batch(rows, table)));
    }
    manifests
}

const VIEW_PRODUCT: &str = "\
apiVersion: v1.1.0
kind: DataProduct
id: 7a8f0f0e-5a0a-4c57-9a37-000800000000
name: Views
version: 1.0.0
status: active
domain: a
description: {purpose: Generated.}
inputPorts:
  - {name: t1, contractId: 7a8f0f0e-5a0a-4c57-9a37-000100000001, version: 1.0.0}
outputPorts:
  - name: v
    description: A view.
    type: tables
    contractId: 7a8f0f0e-5a0a-4c57-9a37-000800000001
    version: 1.0.0
    inputContracts: [{id: 7a8f0f0e-5a0a-4c57-9a37-000100000001, version: 1.0.0}]
    customProperties:
      - property: transform
        vendor: weft
        value: {kind: view, sql: transforms/v.sql}
";

const VIEW_COLUMNS: &str =
    "      - {name: id, logicalType: integer, logicalTypeOptions: {format: i64}, classification: public}
      - {name: region, logicalType: string, classification: public}
      - {name: twice, logicalType: integer, logicalTypeOptions: {format: i64}, classification: public}
      - {name: safe, logicalType: integer, logicalTypeOptions: {format: i64}, classification: public}
";

fn id(product: usize, contract: usize) -> String {
    format!("7a8f0f0e-5a0a-4c57-9a37-{product:04}{contract:08}")
}

fn access(tables: &[(Table, Vec<Row>)]) -> String {
    let mut text = String::from(
        "p, user:asker, dom:a, obj:a.p, read, *, -, allow\n\
         p, user:asker, dom:a, obj:a.views, read, *, -, allow\n\
         p, user:owner, dom:a, obj:a, read, *, -, allow\n\
         p, user:owner, dom:a, obj:a, see_all_rows, *, -, allow\n\
         p, user:owner, dom:a, obj:a, unmask, *, -, allow\n\
         p, service:a-jobs, dom:a, obj:a, read, *, -, allow\n\
         p, service:a-jobs, dom:a, obj:a, see_all_rows, *, -, allow\n\
         p, service:a-jobs, dom:a, obj:a, unmask, *, -, allow\n",
    );
    for (table, _) in tables {
        for (column, veil) in table.veils.iter().filter(|(_, veil)| *veil == Veil::Hidden) {
            let _ = veil;
            let path = veiled_path(*column).split('.').next().unwrap();
            writeln!(text, "p, user:asker, dom:a, obj:a.p.{}.{path}, read, *, -, deny", table.name).unwrap();
        }
    }
    text
}

fn restrictions(tables: &[(Table, Vec<Row>)]) -> String {
    let mut text = String::from("masks:\n");
    for (table, _) in tables {
        for (column, veil) in &table.veils {
            if let Some(mask) = veil.mask(*column) {
                let (port, path) = (table.name, veiled_path(*column));
                let id = format!("{port}-{}", path.split('.').next().unwrap());
                writeln!(text, "  - {{id: {id}, port: {port}, column: '{path}', mask: {mask}}}").unwrap();
            }
        }
    }
    text.push_str("rowFilters:\n");
    for (table, _) in tables {
        if let Some(condition) = table.filter.condition() {
            let port = table.name;
            writeln!(text, "  - {{id: {port}-rows, port: {port}, when: \"{condition}\"}}").unwrap();
        }
    }
    text
}

fn product(number: usize, name: &str, ports: &[&str], format: &str) -> String {
    let mut text = format!(
        "apiVersion: v1.1.0\nkind: DataProduct\nid: {}\nname: {name}\nversion: 1.0.0\nstatus: active\ndomain: a\n\
         description: {{purpose: Generated.}}\noutputPorts:\n",
        id(number, 0)
    );
    for (n, port) in ports.iter().enumerate() {
        let ending = if format == "csv" { "csv" } else { "parquet" };
        write!(
            text,
            "  - name: {port}\n    description: Generated.\n    type: tables\n    contractId: {}\n    version: 1.0.0\n    \
             customProperties:\n      - property: transform\n        vendor: weft\n        \
             value: {{kind: seed, seed: {{path: data/{port}.{ending}, format: {format}}}}}\n",
            id(number, n + 1)
        )
        .unwrap();
    }
    text
}

fn contract(id: &str, table: &str, columns: &str) -> String {
    format!(
        "apiVersion: v3.2.0\nkind: DataContract\nid: {id}\nname: Generated\nversion: 1.0.0\n\
         description: {{purpose: Generated.}}\nschema:\n  - name: {table}\n    physicalType: table\n    \
         description: Generated.\n    properties:\n{columns}"
    )
}

fn columns(table: &Table) -> String {
    let mut text = String::new();
    let mut column = |name: &str, of: &str| {
        writeln!(text, "      - {{name: {name}, classification: public, {of}}}").unwrap();
    };
    column("id", "logicalType: integer, logicalTypeOptions: {format: i64}");
    column("region", "logicalType: string");
    column("lvl", "logicalType: integer, logicalTypeOptions: {format: i32}");
    column("flag", "logicalType: boolean");
    column("day", "logicalType: date");
    for extra in &table.extras {
        match extra {
            Extra::Num => column("num", "logicalType: string"),
            Extra::Divisor => column("divisor", "logicalType: integer, logicalTypeOptions: {format: i64}"),
            Extra::Pay => column("pay", "logicalType: number, physicalType: 'decimal(12,2)'"),
            Extra::Mail => column("mail", "logicalType: string"),
            Extra::At => column("at", "logicalType: timestamp, logicalTypeOptions: {timezone: true}"),
            Extra::Detail => column(
                "detail",
                "logicalType: object, properties: [{name: zone, logicalType: string}, \
                 {name: score, logicalType: integer, logicalTypeOptions: {format: i64}}, {name: note, logicalType: string}]",
            ),
            Extra::Tags => column("tags", "logicalType: array, items: {logicalType: string}"),
        }
    }
    text
}

fn parquet(batch: &RecordBatch) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut writer = ArrowWriter::try_new(&mut bytes, batch.schema(), None).unwrap();
    writer.write(batch).unwrap();
    writer.close().unwrap();
    bytes
}
