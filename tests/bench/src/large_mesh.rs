//! A mesh of a thousand products, as domains write them: contracts of fifteen columns, queries over inputs of two
//! domains, roles, row filters and masks.

use std::fmt::Write as _;

use weft_testkit::Manifests;

pub(crate) const PRODUCTS: usize = 1_000;
const DOMAINS: usize = 20;
/// Of each domain's products, how many are read from files; the others are made by queries.
const SEEDS: usize = 10;

/// Writes the mesh.
pub(crate) fn write() -> Manifests {
    let manifests = Manifests::empty();
    manifests
        .write("governance/model.conf", include_str!("../../../governance/model.conf"))
        .write("governance/principals.yaml", principals())
        .write("governance/restrictions.yaml", include_str!("../../../governance/restrictions.yaml"))
        .write("governance/policies/roles.csv", "g, group:analysts, role:analyst, dom:any\n");
    for domain in 0..DOMAINS {
        let folder = format!("products/d{domain}");
        manifests
            .write(
                &format!("{folder}/domain.yaml"),
                format!(
                    "domain: d{domain}\ndescription: Orders of region {domain} and what is made of them.\n\
                     owner: d{domain}-owners\nstewards: [steward]\nservice: d{domain}-jobs\n"
                ),
            )
            .write(&format!("{folder}/access.csv"), access(domain));
    }
    for n in 0..PRODUCTS {
        let folder = folder(n);
        manifests
            .write(&format!("{folder}/product.odps.yaml"), product(n))
            .write(&format!("{folder}/contracts/rows.odcs.yaml"), contract(n))
            .write(&format!("{folder}/restrictions.yaml"), restrictions())
            .write(&format!("{folder}/about.md"), "# Orders\n\nWhat was ordered, and by whom.\n");
        match inputs(n) {
            None => manifests.write(&format!("{folder}/data/rows.csv"), seed(n)),
            Some(inputs) => manifests.write(&format!("{folder}/transforms/rows.sql"), query(inputs)),
        };
    }
    manifests
}

/// The query of a product that others do not read, and a part of it that can be changed.
pub(crate) fn a_leaf() -> (String, &'static str, &'static str) {
    (format!("{}/transforms/rows.sql", folder(PRODUCTS - 1)), "a.status <> 'void'", "a.status <> 'held'")
}

fn place(n: usize) -> (usize, usize) {
    (n % DOMAINS, n / DOMAINS)
}

fn folder(n: usize) -> String {
    let (domain, product) = place(n);
    format!("products/d{domain}/p{product}")
}

/// What a product reads: one of its own domain and one of the next, both written before it.
fn inputs(n: usize) -> Option<[usize; 2]> {
    let (domain, product) = place(n);
    let product = (product >= SEEDS).then_some(product)?;
    let other = (domain + 1) % DOMAINS;
    Some([(product / 2) * DOMAINS + domain, (product / 3) * DOMAINS + other])
}

fn port(n: usize) -> String {
    let (domain, product) = place(n);
    format!("d{domain}.p{product}.rows")
}

fn contract_id(n: usize) -> String {
    format!("7a8f0f0e-5a0a-4c57-9a37-1c9f6d6c{n:04}")
}

fn principals() -> String {
    let mut text = "users:\n".to_owned();
    for user in 0..100 {
        let _ = writeln!(text, "  - {{name: u{user}, groups: [analysts], attributes: {{region: r{}}}}}", user % 6);
    }
    text.push_str("  - {name: steward, groups: [], attributes: {}}\nservices:\n");
    for domain in 0..DOMAINS {
        let _ = writeln!(text, "  - {{name: d{domain}-jobs, groups: [], attributes: {{}}}}");
    }
    text.push_str("groups:\n  - {name: analysts}\n");
    for domain in 0..DOMAINS {
        let _ = writeln!(text, "  - {{name: d{domain}-owners}}");
    }
    text
}

fn access(domain: usize) -> String {
    let (own, next) =
        (format!("service:d{domain}-jobs"), format!("service:d{}-jobs", (domain + DOMAINS - 1) % DOMAINS));
    let mut text = format!("g, group:d{domain}-owners, role:owner, dom:d{domain}\n");
    for product in 0..PRODUCTS / DOMAINS {
        let object = format!("dom:d{domain}, obj:d{domain}.p{product}");
        for who in ["role:owner", "role:analyst", &own, &next] {
            let _ = writeln!(text, "p, {who}, {object}, discover, *, -, allow\np, {who}, {object}, read, *, -, allow");
        }
        for who in [&own, &next] {
            let _ = writeln!(
                text,
                "p, {who}, {object}, see_all_rows, *, -, allow\np, {who}, {object}, unmask, *, -, allow"
            );
        }
    }
    text
}

fn restrictions() -> &'static str {
    "rowFilters:\n  - {id: own-region, port: rows, when: region = $principal.region, exempt: see_all_rows}\n\
     masks:\n  - {id: note, port: rows, column: note, mask: {prefix: 3}}\n"
}

fn product(n: usize) -> String {
    let (domain, product) = place(n);
    let mut text = format!(
        "apiVersion: v1.1.0\nkind: DataProduct\nid: 7a8f0f0e-5a0a-4c57-9a37-1c9f6d6b{n:04}\nname: Orders {product}\n\
         version: 1.0.0\nstatus: active\ndomain: d{domain}\ntype: aggregate\ntags: [orders]\ndescription:\n  \
         purpose: What was ordered in region {domain}, and by whom.\n  usage: For reports and for other products.\n  \
         limitations: Orders that are older than a year are not held.\n"
    );
    let inputs = inputs(n);
    if let Some(inputs) = inputs {
        text.push_str("inputPorts:\n");
        for (name, input) in ["first", "second"].iter().zip(inputs) {
            let _ = writeln!(text, "  - name: {name}\n    contractId: {}\n    version: 1.0.0", contract_id(input));
        }
    }
    let _ = write!(
        text,
        "outputPorts:\n  - name: rows\n    description: One row per order.\n    type: tables\n    contractId: {}\n    \
         version: 1.0.0\n    customProperties:\n      - property: transform\n        vendor: weft\n        value:\n",
        contract_id(n)
    );
    text.push_str(match inputs {
        None => "          kind: seed\n          seed: {path: data/rows.csv, format: csv}\n",
        Some(_) => "          kind: full\n          sql: transforms/rows.sql\n",
    });
    let _ = write!(text, "team:\n  name: d{domain}-owners\n  members:\n    - username: steward\n      role: owner\n");
    let _ = write!(text, "support:\n  - channel: orders\n    url: mailto:orders@example.com\n    tool: email\n");
    text
}

/// Name, logical type, physical type, classification and further keys of each column.
const COLUMNS: [(&str, &str, &str, &str, &str); 15] = [
    (
        "order_id",
        "integer",
        "bigint",
        "public",
        "required: true, unique: true, primaryKey: true, primaryKeyPosition: 1",
    ),
    (
        "region",
        "string",
        "string",
        "public",
        "required: true, logicalTypeOptions: {maxLength: 8, pattern: '^r[0-9]+$'}",
    ),
    ("customer", "string", "string", "internal", "required: true, tags: [pii.name]"),
    ("email", "string", "string", "internal", "tags: [pii.email], logicalTypeOptions: {format: email}"),
    ("ordered_at", "timestamp", "timestamp", "public", "required: true"),
    ("shipped_on", "date", "date", "public", "examples: ['2026-01-31']"),
    ("status", "string", "string", "public", "enum: [{value: open}, {value: sent}, {value: void}, {value: held}]"),
    ("items", "integer", "bigint", "public", "logicalTypeOptions: {format: i64, minimum: 0}"),
    ("amount", "number", "'decimal(12,2)'", "internal", "examples: [12.5]"),
    ("discount", "number", "double", "internal", "logicalTypeOptions: {format: f64, minimum: 0, maximum: 1}"),
    ("weight", "number", "double", "public", "description: Weight in kilograms."),
    ("is_gift", "boolean", "boolean", "public", "examples: [true]"),
    ("carrier", "string", "string", "public", "businessName: Carrier"),
    ("depot", "integer", "bigint", "public", "logicalTypeOptions: {format: i64}"),
    ("note", "string", "string", "internal", "businessName: Note"),
];

fn contract(n: usize) -> String {
    let (domain, product) = place(n);
    let mut text = format!(
        "apiVersion: v3.2.0\nkind: DataContract\nid: {}\nname: Orders {product}\nversion: 1.0.0\nstatus: active\n\
         domain: d{domain}\ntags: [orders]\ndescription:\n  purpose: What was ordered in region {domain}.\n  \
         usage: Add amounts up by region and day.\n  limitations: Orders that are older than a year are not held.\n\
         servers:\n  - {{server: mesh, type: custom, description: Served by the mesh.}}\nschema:\n  - name: rows\n    \
         id: rows\n    physicalType: table\n    description: One row per order.\n    \
         dataGranularityDescription: One row per order.\n    quality:\n      - id: row_count\n        \
         description: There is always something.\n        type: library\n        metric: rowCount\n        \
         mustBeGreaterThan: 0\n        dimension: completeness\n        severity: error\n      - id: shipped_later\n        \
         description: Nothing is sent before it is ordered.\n        type: sql\n        \
         query: SELECT COUNT(*) FROM {{object}} WHERE shipped_on < CAST(ordered_at AS DATE)\n        mustBe: 0\n        \
         dimension: consistency\n        severity: error\n    properties:\n",
        contract_id(n)
    );
    for (name, logical, physical, classification, more) in COLUMNS {
        let description = if more.starts_with("description") { "" } else { "description: A fact of the order., " };
        let _ = writeln!(
            text,
            "      - {{name: {name}, {description}logicalType: {logical}, physicalType: {physical}, \
             classification: {classification}, {more}}}"
        );
    }
    let _ = write!(
        text,
        "slaProperties:\n  - {{property: frequency, value: 1, unit: d}}\n  - {{property: latency, value: 2, unit: d, \
         element: rows.ordered_at}}\n  - {{property: retention, value: 1, unit: y, element: rows.ordered_at}}\n\
         team:\n  name: d{domain}-owners\n  members:\n    - username: steward\n      role: owner\n\
         roles:\n  - {{role: analyst, access: read, firstLevelApprovers: d{domain}-owners}}\n"
    );
    text
}

fn seed(n: usize) -> String {
    let header: Vec<&str> = COLUMNS.iter().map(|(name, ..)| *name).collect();
    format!(
        "{}\n{n},r1,Ada,ada@example.com,2026-01-30T10:00:00,2026-01-31,open,2,12.50,0.1,3.5,true,post,7,fragile\n",
        header.join(",")
    )
}

fn query([first, second]: [usize; 2]) -> String {
    format!(
        "-- Orders with what is known of their customers elsewhere.\n\
         WITH known AS (\n    SELECT order_id, MAX(carrier) AS carrier, SUM(items) AS items, MAX(depot) AS depot\n    \
         FROM {}\n    WHERE discount < 0.5\n    GROUP BY order_id\n)\n\
         SELECT\n    a.order_id,\n    a.region,\n    a.customer,\n    LOWER(a.email) AS email,\n    a.ordered_at,\n    \
         COALESCE(a.shipped_on, CAST(a.ordered_at AS DATE)) AS shipped_on,\n    a.status,\n    \
         CAST(a.items + COALESCE(k.items, 0) AS BIGINT) AS items,\n    \
         CAST(a.amount * 1.19 AS DECIMAL(12, 2)) AS amount,\n    a.discount,\n    \
         CASE WHEN a.weight < 0 THEN NULL ELSE a.weight END AS weight,\n    a.is_gift,\n    \
         COALESCE(k.carrier, a.carrier) AS carrier,\n    CAST(k.depot AS BIGINT) AS depot,\n    \
         CONCAT(a.note, ' ', a.status) AS note\n\
         FROM {} AS a\nLEFT JOIN known AS k ON k.order_id = a.order_id\nWHERE a.status <> 'void'\n",
        port(second),
        port(first)
    )
}
