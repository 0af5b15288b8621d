//! The meshes that writing and reading are measured on: TPC-H's tables from Parquet files, and ports made from them.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use weft_testkit::Manifests;

/// How many rules the contract of `checked` has.
pub(crate) const TEN_RULES: usize = 10;

/// Names and physical types.
type Columns = &'static [(&'static str, &'static str)];

const LINEITEM: Columns = &[
    ("l_orderkey", "bigint"),
    ("l_partkey", "bigint"),
    ("l_suppkey", "bigint"),
    ("l_linenumber", "int"),
    ("l_quantity", "decimal(15,2)"),
    ("l_extendedprice", "decimal(15,2)"),
    ("l_discount", "decimal(15,2)"),
    ("l_tax", "decimal(15,2)"),
    ("l_returnflag", "string"),
    ("l_linestatus", "string"),
    ("l_shipdate", "date"),
    ("l_commitdate", "date"),
    ("l_receiptdate", "date"),
    ("l_shipinstruct", "string"),
    ("l_shipmode", "string"),
    ("l_comment", "string"),
];
const ORDERS: Columns = &[
    ("o_orderkey", "bigint"),
    ("o_custkey", "bigint"),
    ("o_orderstatus", "string"),
    ("o_totalprice", "decimal(15,2)"),
    ("o_orderdate", "date"),
    ("o_orderpriority", "string"),
    ("o_clerk", "string"),
    ("o_shippriority", "int"),
    ("o_comment", "string"),
];
const CUSTOMER: Columns = &[
    ("c_custkey", "bigint"),
    ("c_name", "string"),
    ("c_address", "string"),
    ("c_nationkey", "bigint"),
    ("c_phone", "string"),
    ("c_acctbal", "decimal(15,2)"),
    ("c_mktsegment", "string"),
    ("c_comment", "string"),
];
const SUPPLIER: Columns = &[
    ("s_suppkey", "bigint"),
    ("s_name", "string"),
    ("s_address", "string"),
    ("s_nationkey", "bigint"),
    ("s_phone", "string"),
    ("s_acctbal", "decimal(15,2)"),
    ("s_comment", "string"),
];
const NATION: Columns =
    &[("n_nationkey", "bigint"), ("n_name", "string"), ("n_regionkey", "bigint"), ("n_comment", "string")];
const REGION: Columns = &[("r_regionkey", "bigint"), ("r_name", "string"), ("r_comment", "string")];
const PART: Columns = &[
    ("p_partkey", "bigint"),
    ("p_name", "string"),
    ("p_mfgr", "string"),
    ("p_brand", "string"),
    ("p_type", "string"),
    ("p_size", "int"),
    ("p_container", "string"),
    ("p_retailprice", "decimal(15,2)"),
    ("p_comment", "string"),
];
const PARTSUPP: Columns = &[
    ("ps_partkey", "bigint"),
    ("ps_suppkey", "bigint"),
    ("ps_availqty", "int"),
    ("ps_supplycost", "decimal(15,2)"),
    ("ps_comment", "string"),
];
/// All of TPC-H: each table's columns, none of which may be null, and its key.
const TPCH: [(&str, Columns, &[&str]); 8] = [
    ("lineitem", LINEITEM, &["l_orderkey", "l_linenumber"]),
    ("orders", ORDERS, &["o_orderkey"]),
    ("customer", CUSTOMER, &["c_custkey"]),
    ("supplier", SUPPLIER, &["s_suppkey"]),
    ("nation", NATION, &["n_nationkey"]),
    ("region", REGION, &["r_regionkey"]),
    ("part", PART, &["p_partkey"]),
    ("partsupp", PARTSUPP, &["ps_partkey", "ps_suppkey"]),
];
const FRAME: Columns = &[("row", "bigint"), ("entity", "bigint"), ("at", "timestamp")];
const HISTORY: Columns =
    &[("entity", "bigint"), ("at", "timestamp"), ("created", "timestamp"), ("v1", "double"), ("v2", "bigint")];
const WIDE: Columns =
    &[("o_custkey", "bigint"), ("o_orderdate", "date"), ("o_orderpriority", "string"), ("s_name", "string")];
const AGGREGATE: Columns = &[
    ("c_custkey", "bigint"),
    ("n_name", "string"),
    ("o_year", "int"),
    ("lines", "bigint"),
    ("price", "decimal(38,2)"),
];

const WIDE_SQL: &str = "SELECT l.*, o.o_custkey, o.o_orderdate, o.o_orderpriority, s.s_name FROM b.lineitem.rows l \
    JOIN b.orders.rows o ON o.o_orderkey = l.l_orderkey JOIN b.supplier.rows s ON s.s_suppkey = l.l_suppkey";
const AGGREGATE_SQL: &str = "SELECT c.c_custkey, n.n_name, CAST(date_part('year', o.o_orderdate) AS INT) AS o_year, \
    count(*) AS lines, CAST(sum(l.l_extendedprice) AS DECIMAL(38, 2)) AS price \
    FROM b.lineitem.rows l JOIN b.orders.rows o ON o.o_orderkey = l.l_orderkey \
    JOIN b.customer.rows c ON c.c_custkey = o.o_custkey JOIN b.nation.rows n ON n.n_nationkey = c.c_nationkey \
    WHERE l.l_returnflag <> 'A' GROUP BY c.c_custkey, n.n_name, date_part('year', o.o_orderdate)";

/// Five that the log can tell, and five for which rows are read.
const RULES: &[(&str, &str)] = &[
    ("l_orderkey", "logicalTypeOptions: {minimum: 1}"),
    ("l_shipdate", "logicalTypeOptions: {minimum: '1990-01-01', maximum: '2000-01-01'}"),
    ("l_linenumber", "logicalTypeOptions: {minimum: 1, maximum: 7}"),
    ("l_quantity", "logicalTypeOptions: {minimum: 1}"),
    ("l_linestatus", "logicalTypeOptions: {minLength: 1}"),
    ("l_discount", "logicalTypeOptions: {maximum: 1}"),
    (
        "l_returnflag",
        "quality: [{type: library, metric: invalidValues, arguments: {validValues: [A, N, R]}, mustBe: 0}]",
    ),
    ("o_orderpriority", "quality: [{type: library, metric: nullValues, mustBe: 0}]"),
];

/// The manifests, and where the data lie.
pub(crate) struct Mesh {
    manifests: Manifests,
    data: PathBuf,
}

impl Mesh {
    pub(crate) fn path(&self) -> &Path {
        self.manifests.path()
    }

    /// The eight tables of TPC-H in `data` as products, which `reader` may read; nothing is made from them.
    pub(crate) fn of_tpch(data: &Path) -> Self {
        let mesh = Self::governed(data);
        for (name, columns, key) in TPCH {
            mesh.product(name, "rows", &mesh.file(&format!("{name}.parquet")), &[]);
            mesh.contract(name, "rows", columns, key, "strict");
        }
        mesh
    }

    /// Frames and histories in `data` as products, which `reader` may read.
    pub(crate) fn of_histories(data: &Path) -> Self {
        let mesh = Self::governed(data);
        for name in ["frame", "frame50"] {
            mesh.source(name, "rows", FRAME, &format!("{name}.parquet"));
        }
        for name in ["view0", "view1", "view2", "view50"] {
            mesh.source(name, "rows", HISTORY, &format!("{name}.parquet"));
        }
        mesh
    }

    /// The tables in `data` that writing is measured on, and what is made from them.
    pub(crate) fn over(data: &Path) -> Self {
        let mesh = Self::governed(data);
        let tables = [
            ("lineitem", LINEITEM),
            ("orders", ORDERS),
            ("customer", CUSTOMER),
            ("supplier", SUPPLIER),
            ("nation", NATION),
        ];
        for (name, columns) in tables {
            mesh.source(name, "rows", columns, &format!("tpch/{name}.parquet"));
        }
        let wide = [LINEITEM, WIDE].concat();
        mesh.made("wide", "{kind: full}", &wide, "", WIDE_SQL, &["lineitem", "orders", "supplier"]);
        mesh.made(
            "aggregate",
            "{kind: full}",
            AGGREGATE,
            "",
            AGGREGATE_SQL,
            &["lineitem", "orders", "customer", "nation"],
        );
        mesh.made("checked", "{kind: full}", &wide, "rules", WIDE_SQL, &["lineitem", "orders", "supplier"]);
        mesh.source("arrived", "rows", LINEITEM, "tpch/lineitem.parquet");
        mesh.made("incoming", "{kind: append}", LINEITEM, "", "SELECT * FROM b.arrived.rows", &["arrived"]);
        mesh.made(
            "merged",
            "{kind: by_key}",
            LINEITEM,
            "key",
            "SELECT * FROM b.incoming.incoming",
            &["incoming.incoming"],
        );
        mesh.source("came", "rows", LINEITEM, "by_day.parquet");
        mesh.made("events", "{kind: append}", LINEITEM, "", "SELECT * FROM b.came.rows", &["came"]);
        let by_day = "{kind: by_time, time: {column: l_shipdate, interval: P1D}}";
        mesh.made("by_day", by_day, LINEITEM, "required", "SELECT * FROM b.events.events", &["events.events"]);
        mesh
    }

    /// No product yet; whoever is known may read what comes.
    fn governed(data: &Path) -> Self {
        let mesh = Mesh { manifests: Manifests::empty(), data: data.canonicalize().unwrap() };
        mesh.manifests
            .write("governance/model.conf", include_str!("../../../governance/model.conf"))
            .write("governance/restrictions.yaml", "clear: [public]\n")
            .write("governance/principals.yaml", principals())
            .write(
                "governance/policies/all.csv",
                "p, role:any, dom:any, obj:b, read, *, -, allow\np, role:any, dom:any, obj:b, discover, *, -, allow\n",
            )
            .write("products/b/domain.yaml", "domain: b\ndescription: Measured.\nowner: people\nservice: jobs\n");
        mesh
    }

    /// Changes the query of a port in nothing but its text.
    pub(crate) fn touch(&self, port: &str, round: usize) {
        let file = format!("products/b/{port}/transforms/{port}.sql");
        let sql = self.manifests.text(&file);
        let sql = sql.split(" -- ").next().unwrap_or_default().trim().to_owned();
        self.manifests.write(&file, format!("{sql} -- {round}\n"));
    }

    /// Lets `incoming` gain the rows of another file.
    pub(crate) fn incoming(&self, file: &str) {
        self.source("arrived", "rows", LINEITEM, file);
    }

    /// Lets `events` gain the rows of another file.
    pub(crate) fn late(&self, file: &str) {
        self.source("came", "rows", LINEITEM, file);
    }

    fn source(&self, product: &str, port: &str, columns: &[(&str, &str)], file: &str) {
        self.product(product, port, &self.file(file), &[]);
        self.contract(product, port, columns, &[], "");
    }

    /// The transform that takes the rows of a file.
    fn file(&self, file: &str) -> String {
        let url = url::Url::from_file_path(self.data.join(file)).unwrap();
        format!("{{kind: source, source: {{url: '{url}', format: parquet}}}}")
    }

    fn made(&self, port: &str, transform: &str, columns: &[(&str, &str)], kind: &str, sql: &str, inputs: &[&str]) {
        self.product(port, port, transform, inputs);
        let key: &[&str] = if kind == "key" { &["l_orderkey", "l_linenumber"] } else { &[] };
        self.contract(port, port, columns, key, kind);
        self.manifests.write(&format!("products/b/{port}/transforms/{port}.sql"), sql);
    }

    fn product(&self, product: &str, port: &str, transform: &str, inputs: &[&str]) {
        let mut text = format!(
            "apiVersion: v1.1.0\nkind: DataProduct\nid: p-{product}\nname: {product}\nversion: 1.0.0\n\
             status: active\ndomain: b\ndescription: {{purpose: Measured.}}\n"
        );
        if !inputs.is_empty() {
            text.push_str("inputPorts:\n");
        }
        for input in inputs {
            let (product, port) = input.split_once('.').unwrap_or((input, "rows"));
            let _ = writeln!(text, "  - {{name: {product}, contractId: c-{product}-{port}, version: 1.0.0}}");
        }
        let _ = write!(
            text,
            "outputPorts:\n  - name: {port}\n    description: Rows.\n    type: tables\n    contractId: c-{product}-{port}\n    \
             version: 1.0.0\n    customProperties:\n      - property: transform\n        vendor: weft\n        value: {transform}\n"
        );
        self.manifests.write(&format!("products/b/{product}/product.odps.yaml"), text);
    }

    fn contract(&self, product: &str, port: &str, columns: &[(&str, &str)], key: &[&str], kind: &str) {
        let mut text = format!(
            "apiVersion: v3.2.0\nkind: DataContract\nid: c-{product}-{port}\nname: {port}\nversion: 1.0.0\n\
             description: {{purpose: Measured.}}\nschema:\n  - name: {port}\n    physicalType: table\n    description: Rows.\n"
        );
        if kind == "rules" {
            text.push_str("    quality:\n      - {type: library, metric: rowCount, mustBeGreaterThan: 1000000}\n");
        }
        text.push_str("    properties:\n");
        for (name, physical) in columns {
            let logical = match *physical {
                "bigint" | "int" => "integer",
                "string" => "string",
                "date" => "date",
                "timestamp" => "timestamp",
                _ => "number",
            };
            let _ = writeln!(
                text,
                "      - name: {name}\n        description: A column.\n        classification: public\n        \
                 logicalType: {logical}\n        physicalType: {physical}"
            );
            let place = key.iter().position(|key| key == name);
            if let Some(place) = place {
                let _ = writeln!(text, "        primaryKey: true\n        primaryKeyPosition: {}", place + 1);
            }
            if place.is_some() || kind == "strict" || (kind == "required" && *name == "l_shipdate") {
                text.push_str("        required: true\n");
            }
            for (_, rule) in RULES.iter().filter(|(column, _)| kind == "rules" && column == name) {
                let _ = writeln!(text, "        {rule}");
            }
        }
        self.manifests.write(&format!("products/b/{product}/contracts/{port}.odcs.yaml"), text);
    }
}

/// `reader` and fifty more like it.
fn principals() -> String {
    let mut text = "users:\n  - {name: reader, groups: [people], attributes: {}}\n".to_owned();
    for n in 0..50 {
        let _ = writeln!(text, "  - {{name: reader{n}, groups: [people], attributes: {{}}}}");
    }
    text + "services:\n  - {name: jobs, groups: [], attributes: {}}\ngroups:\n  - {name: people}\n"
}
