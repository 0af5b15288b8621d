//! A mesh whose one table is filtered and masked, and what must never leave it.

use weft_testkit::{Manifests, minimal_mesh};

/// Part of each value that stands in hidden rows or below masks, and nowhere else.
pub(crate) const SECRETS: [&str; 4] = ["far-away", "SECRET", "anna@", "6601"];

/// `sales.orders.lines`: ten rows, six of them of region EU, which is what `ana` (EU) sees of it;
/// `vera` has no region, `olga` owns it all, `mo` reads for the purpose `modelling` only. E-mails are
/// masked by tag, amounts rounded by the product's own rule, and `note` is hidden by a deny.
/// `sales.seen.recent` is a view over it and `sales.totals.overall` a table made of it.
pub(crate) fn guarded() -> Manifests {
    let mesh = minimal_mesh();
    mesh.write("governance/principals.yaml", PRINCIPALS)
        .write("governance/restrictions.yaml", MESH_RESTRICTIONS)
        .write("products/sales/access.csv", ACCESS)
        .write("products/sales/orders/restrictions.yaml", RESTRICTIONS)
        .write("products/sales/orders/contracts/lines.odcs.yaml", contract("0002", "lines", LINES))
        .write("products/sales/orders/data/lines.csv", ROWS)
        .write("products/sales/seen/product.odps.yaml", product("2", "seen", "recent", "view"))
        .write("products/sales/seen/contracts/recent.odcs.yaml", contract("0022", "recent", RECENT))
        .write("products/sales/seen/transforms/recent.sql", "SELECT order_id, region, email FROM sales.orders.lines\n")
        .write("products/sales/totals/product.odps.yaml", product("1", "totals", "overall", "full"))
        .write("products/sales/totals/contracts/overall.odcs.yaml", contract("0012", "overall", OVERALL))
        .write("products/sales/totals/transforms/overall.sql", OVERALL_SQL);
    let manifest = "products/sales/orders/product.odps.yaml";
    let purposes = "customProperties:\n  - {property: purposes, vendor: weft, value: [modelling]}\n";
    mesh.write(manifest, format!("{}{purposes}", mesh.text(manifest)));
    mesh
}

const PRINCIPALS: &str = "\
users:
  - {name: ana, groups: [analysts], attributes: {region: EU}}
  - {name: vera, groups: [analysts], attributes: {}}
  - {name: olga, groups: [sales-owners], attributes: {}}
  - {name: mo, groups: [modellers], attributes: {region: EU}}
  - {name: nobody, groups: [], attributes: {}}
services:
  - {name: sales-jobs, groups: [], attributes: {}}
groups:
  - {name: analysts}
  - {name: modellers}
  - {name: sales-owners}
";

const ACCESS: &str = "\
g, group:analysts, role:analyst, dom:sales
p, role:analyst, dom:sales, obj:sales, discover, *, -, allow
p, role:analyst, dom:sales, obj:sales, read, *, -, allow
p, role:analyst, dom:sales, obj:sales.orders.lines.note, read, *, -, deny
g, group:modellers, role:modeller, dom:sales
p, role:modeller, dom:sales, obj:sales, discover, *, -, allow
p, role:modeller, dom:sales, obj:sales, read, *, purpose_granted, allow
g, group:sales-owners, role:owner, dom:sales
p, role:owner, dom:sales, obj:sales, *, *, -, allow
p, service:sales-jobs, dom:sales, obj:sales, discover, *, -, allow
p, service:sales-jobs, dom:sales, obj:sales, read, *, -, allow
p, service:sales-jobs, dom:sales, obj:sales, unmask, *, -, allow
p, service:sales-jobs, dom:sales, obj:sales, see_all_rows, *, -, allow
";

const MESH_RESTRICTIONS: &str = "\
clear: [public]
masks:
  - {id: e-mail, tag: pii.email, mask: partial_email}
";

const RESTRICTIONS: &str = r#"
rowFilters:
  - {id: own-region, port: lines, when: "region = $principal.region", exempt: see_all_rows}
masks:
  - {id: amount, port: lines, column: amount, mask: {round: 10}, exempt: unmask}
"#;

const ROWS: &str = "\
order_id,region,email,amount,note
1,EU,anna@example.com,101,SECRET a
2,EU,bert@example.com,102,SECRET b
3,US,cleo@far-away.example,6601,SECRET c
4,EU,dora@example.com,104,SECRET d
5,EU,emil@example.com,105,SECRET e
6,US,finn@far-away.example,6601,SECRET f
7,EU,gina@example.com,107,SECRET g
8,EU,hugo@example.com,108,SECRET h
9,US,ines@far-away.example,6601,SECRET i
10,US,jack@far-away.example,6601,SECRET j
";

const LINES: &[(&str, &str, &str)] = &[
    ("order_id", "bigint", ""),
    ("region", "string", ""),
    ("email", "string", "pii.email"),
    ("amount", "bigint", ""),
    ("note", "string", ""),
];
const RECENT: &[(&str, &str, &str)] =
    &[("order_id", "bigint", ""), ("region", "string", ""), ("email", "string", "pii.email")];
const OVERALL: &[(&str, &str, &str)] = &[("orders", "bigint", ""), ("amount", "bigint", "")];
const OVERALL_SQL: &str = "\
SELECT
    count(*) AS orders,
    sum(amount) AS amount
FROM sales.orders.lines
";

pub(crate) fn contract(id: &str, port: &str, columns: &[(&str, &str, &str)]) -> String {
    let mut text = format!(
        "apiVersion: v3.2.0\nkind: DataContract\nid: 7a8f0f0e-5a0a-4c57-9a37-1c9f6d6a{id}\nname: {port}\n\
         version: 1.0.0\ndescription:\n  purpose: To test.\nschema:\n  - name: {port}\n    \
         physicalType: table\n    description: Rows.\n    properties:\n"
    );
    for (name, kind, tag) in columns {
        let logical = if *kind == "bigint" { "integer" } else { "string" };
        let words = if tag.is_empty() { "classification: public".to_owned() } else { format!("tags: [{tag}]") };
        text.push_str(&format!(
            "      - name: {name}\n        description: What it says.\n        logicalType: {logical}\n        \
             physicalType: {kind}\n        {words}\n"
        ));
    }
    text
}

pub(crate) fn product(n: &str, name: &str, port: &str, kind: &str) -> String {
    format!(
        "apiVersion: v1.1.0\nkind: DataProduct\nid: 7a8f0f0e-5a0a-4c57-9a37-1c9f6d6a00{n}1\nname: {name}\n\
         version: 1.0.0\nstatus: active\ndomain: sales\ndescription:\n  purpose: To test.\ninputPorts:\n  \
         - name: lines\n    contractId: 7a8f0f0e-5a0a-4c57-9a37-1c9f6d6a0002\n    version: 1.0.0\noutputPorts:\n  \
         - name: {port}\n    description: Rows.\n    type: tables\n    \
         contractId: 7a8f0f0e-5a0a-4c57-9a37-1c9f6d6a00{n}2\n    version: 1.0.0\n    customProperties:\n      \
         - property: transform\n        vendor: weft\n        value: {{kind: {kind}, sql: transforms/{port}.sql}}\n"
    )
}
