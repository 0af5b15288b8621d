//! What checks look into beside their own table, what they record, and who sees which rows they found.

use weft_model::Code;
use weft_reconcile::{Change, OutcomeStatus, Report};
use weft_testkit::{Manifests, TestMesh, minimal_mesh};

use crate::asking::ask;

const SEED: &str = "products/sales/orders/data/lines.csv";
const LINES: &str = "products/sales/orders/contracts/lines.odcs.yaml";
const STOCK: &str = "p, service:sales-jobs, dom:stock, obj:stock, discover, *, -, allow\n\
                     p, service:sales-jobs, dom:stock, obj:stock, read, *, -, allow\n";

/// A product of one seed.
fn product(id: &str, domain: &str, port: &str) -> String {
    format!(
        "apiVersion: v1.1.0\nkind: DataProduct\nid: {id}\nname: {id}\nversion: 1.0.0\nstatus: active\ndomain: {domain}\n\
         description:\n  purpose: To be referred to.\noutputPorts:\n  - name: {port}\n    description: Rows.\n    type: tables\n    \
         contractId: {id}-contract\n    version: 1.0.0\n    customProperties:\n      - property: transform\n        vendor: weft\n        \
         value:\n          kind: seed\n          seed: {{path: data/{port}.csv, format: csv}}\n"
    )
}

/// A contract of one table with these properties.
fn contract(id: &str, port: &str, properties: &str) -> String {
    format!(
        "apiVersion: v3.2.0\nkind: DataContract\nid: {id}-contract\nname: {port}\nversion: 1.0.0\nstatus: active\n\
         description:\n  purpose: To be referred to.\nservers:\n  - {{server: mesh, type: custom}}\nteam:\n  name: owners\n  \
         members:\n    - username: ana\nschema:\n  - id: {port}\n    name: {port}\n    physicalType: table\n    description: Rows.\n    \
         properties:\n{properties}"
    )
}

/// The minimal mesh with an article in each order, which `stock.items.list` of another domain is to have, and an
/// order before it in its own table.
fn with_articles() -> Manifests {
    let mesh = minimal_mesh();
    let article = "      - {id: article, name: article, description: Its number., logicalType: string, \
                   physicalType: string, primaryKey: true, primaryKeyPosition: 1}\n";
    mesh.write("products/stock/domain.yaml", "domain: stock\ndescription: What there is.\nowner: sales-owners\n")
        .write("products/stock/access.csv", STOCK)
        .write("products/stock/items/product.odps.yaml", product("items", "stock", "list"))
        .write("products/stock/items/contracts/list.odcs.yaml", contract("items", "list", article))
        .write("products/stock/items/data/list.csv", "article\nA\nB\n")
        .write(SEED, "order_id,amount,article,before\n1,10.50,A,\n2,20.00,B,1\n3,,,2\n");
    let columns = "      - name: article
        description: What was ordered.
        logicalType: string
        physicalType: string
        relationships:
          - {type: foreignKey, to: ../../../stock/items/contracts/list.odcs.yaml#schema/list/properties/article}
      - name: before
        description: The order before it.
        logicalType: integer
        physicalType: bigint
        relationships:
          - {id: earlier, type: foreignKey, to: lines.order_id}
";
    mesh.write(LINES, format!("{}{columns}", mesh.text(LINES)));
    mesh
}

#[track_caller]
fn refused(report: &Report, message: &str) {
    let outcome = report.outcomes.iter().find(|outcome| outcome.port.to_string() == "sales.orders.lines");
    let outcome = outcome.expect("a step of the port");
    assert_eq!((outcome.status, outcome.code), (OutcomeStatus::Refused, Some(Code::DATA_QUALITY)), "{report:?}");
    assert_eq!(outcome.message.as_deref(), Some(message));
}

#[tokio::test]
async fn a_foreign_key_is_met_by_the_rows_that_another_product_serves() {
    let manifests = with_articles();
    // What is referred to is made first, although nothing reads it.
    let mesh = TestMesh::start(manifests.path()).await;
    assert!(mesh.first.is_complete(), "{:?}", mesh.first);
    let checks = "select check_name, column_name, outcome, failing_rows, measured, threshold, severity, scanned_bytes > 0 \
                  from system.mesh.checks where column_name in ('article', 'before') order by 1";
    let expected =
        "earlier,before,passed,0,0.0,must be 0,blocks,true\nforeignKey,article,passed,0,0.0,must be 0,blocks,true";
    assert_eq!(ask(&mesh, "ana", checks).await.as_deref(), Ok(expected));

    manifests.write(SEED, "order_id,amount,article,before\n1,10.50,A,\n2,20.00,C,7\n3,,,2\n");
    refused(
        &mesh.reconcile().await,
        "column `article`: check `foreignKey` counts 1 row whose (article) has no match in (article) of \
         `stock.items.list`, and must be 0; column `before`: check `earlier` counts 1 row whose (before) has no match \
         in (order_id) of the table itself, and must be 0",
    );
    assert_eq!(ask(&mesh, "ana", "select count(*) from sales.orders.lines").await.unwrap(), "3");

    // The released version counts, which the very same run may have made.
    manifests
        .write("products/stock/items/data/list.csv", "article\nA\nB\nC\n")
        .write(SEED, "order_id,amount,article,before\n1,10.50,A,\n2,20.00,C,1\n");
    assert!(mesh.reconcile().await.is_complete());
    mesh.stop().await;
}

#[tokio::test]
async fn a_foreign_key_into_what_the_domains_service_may_not_read_is_unknown_and_refused() {
    let manifests = with_articles();
    manifests.write("products/stock/access.csv", "p, role:analyst, dom:stock, obj:stock, discover, *, -, allow\n");
    let mesh = TestMesh::start(manifests.path()).await;
    refused(
        &mesh.first,
        "check `foreignKey` could not be made: `sales-jobs` cannot look into it: no table `stock.items.list`",
    );
    manifests.write("products/stock/access.csv", STOCK);
    assert!(mesh.reconcile().await.is_complete());

    // Neither what is hidden nor what is masked is told by way of matches.
    let restricted = "governance/restrictions.yaml";
    manifests
        .write(restricted, "rowFilters:\n  - {id: some, tag: stock, when: article = 'A', exempt: see_all_rows}\n")
        .edit("products/stock/items/contracts/list.odcs.yaml", "status: active", "status: active\ntags: [stock]")
        .write(SEED, "order_id,amount,article,before\n1,10.50,B,\n");
    let report = mesh.reconcile().await;
    let told = report.outcomes.iter().find_map(|outcome| outcome.message.clone()).unwrap_or_default();
    assert!(told.contains("`sales-jobs` cannot look into it") && !told.contains("counts"), "{report:?}");
    manifests.remove(restricted);
    manifests.write("products/stock/access.csv", "").write(SEED, "order_id,amount,article,before\n1,10.50,A,\n");
    assert!(!mesh.reconcile().await.is_complete());
    let unknown = "select outcome, failing_rows is null, measured is null, sample is null from system.mesh.checks \
                   where check_name = 'foreignKey' order by at desc limit 1";
    assert_eq!(ask(&mesh, "ana", unknown).await.as_deref(), Ok("unknown,true,true,true"));
    mesh.stop().await;
}

#[tokio::test]
async fn a_foreign_key_within_a_product_means_the_table_that_the_same_run_has_made() {
    let manifests = with_articles();
    let manifest = "products/sales/orders/product.odps.yaml";
    let (_, port) = product("heads", "sales", "heads")
        .split_once("outputPorts:\n")
        .map(|(a, b)| (a.to_owned(), b.to_owned()))
        .unwrap();
    let head = "      - {id: article, name: article, description: Its number., logicalType: string, \
                physicalType: string, unique: true}\n";
    manifests
        .write(manifest, format!("{}{port}", manifests.text(manifest)))
        .write("products/sales/orders/contracts/heads.odcs.yaml", contract("heads", "heads", head))
        .write("products/sales/orders/data/heads.csv", "article\nA\nB\n")
        .edit(LINES, "../../../stock/items/contracts/list.odcs.yaml#schema/list", "heads.odcs.yaml#schema/heads");
    let mesh = TestMesh::start(manifests.path()).await;
    assert!(mesh.first.is_complete(), "{:?}", mesh.first);
    manifests
        .write("products/sales/orders/data/heads.csv", "article\nA\nD\n")
        .write(SEED, "order_id,amount,article,before\n1,10.50,D,\n");
    assert!(mesh.reconcile().await.is_complete());
    manifests
        .write("products/sales/orders/data/heads.csv", "article\nA\n")
        .write(SEED, "order_id,amount,article,before\n1,9.50,D,\n");
    let report = mesh.reconcile().await;
    refused(
        &report,
        "column `article`: check `foreignKey` counts 1 row whose (article) has no match in (article) of \
         `sales.orders.heads`, and must be 0",
    );
    mesh.stop().await;
}

#[tokio::test]
async fn a_key_of_several_columns_is_met_as_a_tuple_and_a_null_in_it_exempts_the_row() {
    let manifests = minimal_mesh();
    let columns = "      - {name: part, description: Of the order., logicalType: integer, physicalType: bigint}
      - {name: whole, description: What it is a part of., logicalType: integer, physicalType: bigint}
    relationships:
      - {id: within, type: foreignKey, from: [lines.whole, lines.part], to: [lines.order_id, lines.part]}
";
    manifests
        .write(LINES, format!("{}{columns}", manifests.text(LINES)))
        .write(SEED, "order_id,amount,part,whole\n1,1.00,7,\n2,1.00,7,1\n3,1.00,,9\n");
    let mesh = TestMesh::start(manifests.path()).await;
    assert!(mesh.first.is_complete(), "{:?}", mesh.first);
    manifests.write(SEED, "order_id,amount,part,whole\n1,1.00,7,\n2,1.00,8,1\n");
    refused(
        &mesh.reconcile().await,
        "check `within` counts 1 row whose (whole, part) has no match in (order_id, part) of the table itself, and must be 0",
    );
    mesh.stop().await;
}

/// The mesh with a table of totals over the orders, and a rule of it.
fn with_totals(rule: &str) -> Manifests {
    let mesh = minimal_mesh();
    let (head, tail) = product("totals", "sales", "overall")
        .split_once("outputPorts:")
        .map(|(a, b)| (a.to_owned(), b.to_owned()))
        .unwrap();
    let input = "inputPorts:\n  - {name: lines, contractId: 7a8f0f0e-5a0a-4c57-9a37-1c9f6d6a0002, version: 1.0.0}\n";
    let tail =
        tail.replace("kind: seed", "kind: full").replace("          seed: {path: data/overall.csv, format: csv}\n", "");
    let amount = format!(
        "      - {{name: amount, description: All of it., logicalType: number, physicalType: 'decimal(22,2)'}}\n    quality:\n      \
         - {{id: same, type: sql, query: \"{rule}\", mustBe: 0}}\n"
    );
    mesh.write("products/sales/totals/product.odps.yaml", format!("{head}{input}outputPorts:{tail}"))
        .write("products/sales/totals/contracts/overall.odcs.yaml", contract("totals", "overall", &amount))
        .write(
            "products/sales/totals/transforms/overall.sql",
            "SELECT sum(amount) AS amount FROM sales.orders.lines\n",
        );
    mesh
}

#[tokio::test]
async fn a_rule_in_sql_may_name_the_inputs_of_its_product() {
    let rule = "SELECT (SELECT SUM(amount) FROM sales.orders.lines) - SUM(amount) FROM {object}";
    let manifests = with_totals(rule);
    let mesh = TestMesh::start(manifests.path()).await;
    assert!(mesh.first.is_complete(), "{:?}", mesh.first);
    let same = "select outcome, measured, threshold from system.mesh.checks where check_name = 'same'";
    assert_eq!(ask(&mesh, "ana", same).await.as_deref(), Ok("passed,0.0,must be 0"));
    manifests.edit(
        "products/sales/totals/transforms/overall.sql",
        "sum(amount)",
        "CAST(sum(amount) + 1 AS DECIMAL(22,2))",
    );
    let report = mesh.reconcile().await;
    let told = report.outcomes.first().and_then(|outcome| outcome.message.as_deref());
    assert_eq!(told, Some("check `same` returns -1, and must be 0"));
    mesh.stop().await;
}

#[tokio::test]
async fn a_rule_in_sql_that_names_another_table_or_a_view_is_told_before_anything_is_made() {
    for (rule, told) in [
        (
            "SELECT COUNT(*) FROM stock.items.list",
            "W0426 rule `same` cannot be computed: the query reads `stock.items.list`, which is neither a table of the \
             contract nor an input of the product",
        ),
        ("SELECT COUNT(*) FROM sales.orders.lines", "W0426 rule `same` reads `sales.orders.lines`, which is a view"),
    ] {
        let manifests = with_totals(rule);
        manifests
            .edit("products/sales/orders/product.odps.yaml", "kind: seed", "kind: view")
            .edit(
                "products/sales/orders/product.odps.yaml",
                "          seed: {path: data/lines.csv, format: csv}\n",
                "",
            )
            .write(
                "products/sales/orders/transforms/lines.sql",
                "SELECT CAST(1 AS BIGINT) AS order_id, CAST(1 AS DECIMAL(12,2)) AS amount\n",
            );
        let mesh = TestMesh::start(manifests.path()).await;
        let found: Vec<String> = mesh.first.diagnostics.iter().map(ToString::to_string).collect();
        assert!(found.iter().any(|found| found.contains(told)), "{found:#?}");
        mesh.stop().await;
    }
}

#[tokio::test]
async fn a_commit_says_in_its_own_log_what_its_checks_measured() {
    let mesh = TestMesh::start(with_articles().path()).await;
    assert!(mesh.first.is_complete(), "{:?}", mesh.first);
    let log = mesh.home().join("warehouse/sales/orders/lines/_delta_log/00000000000000000000.json");
    let log = std::fs::read_to_string(log).unwrap();
    let info = log.lines().find(|line| line.starts_with("{\"commitInfo\"")).expect("a commit info");
    let info: serde_json::Value = serde_json::from_str(info).unwrap();
    let checks = info["commitInfo"]["weft.checks"].as_array().expect("the checks");
    let told: Vec<String> = checks.iter().map(ToString::to_string).collect();
    assert!(
        told.contains(&r#"{"name":"schema","column":null,"outcome":"passed","measured":null}"#.to_owned()),
        "{told:?}"
    );
    assert!(
        told.contains(&r#"{"name":"foreignKey","column":"article","outcome":"passed","measured":0.0}"#.to_owned()),
        "{told:?}"
    );
    assert!(info["commitInfo"]["weft.fingerprint"].is_string());
    mesh.stop().await;
}

/// The minimal mesh with two rules that warn: `ana` sees all, `fil` not every row, `mara` no order's number.
fn with_samples() -> Manifests {
    let mesh = minimal_mesh();
    mesh.write(
        "governance/principals.yaml",
        "users:\n  - {name: ana, groups: [analysts], attributes: {}}\n  - {name: fil, groups: [filtered], attributes: {}}\n  \
         - {name: mara, groups: [masked], attributes: {}}\nservices:\n  - {name: sales-jobs, groups: [], attributes: {}}\n\
         groups:\n  - {name: analysts}\n  - {name: filtered}\n  - {name: masked}\n  - {name: sales-owners}\n",
    )
    .write("governance/restrictions.yaml", "clear: [public]\nmasks: []\n")
    .write(
        "products/sales/orders/restrictions.yaml",
        "rowFilters:\n  - {id: large, port: lines, when: amount > 15, exempt: see_all_rows}\nmasks:\n  \
         - {id: number, port: lines, column: order_id, mask: \"null\", exempt: unmask}\n",
    )
    .write(
        "products/sales/access.csv",
        "g, group:analysts, role:analyst, dom:sales\ng, group:filtered, role:filtered, dom:sales\n\
         g, group:masked, role:masked, dom:sales\n\
         p, role:analyst, dom:sales, obj:sales, *, *, -, allow\n\
         p, role:filtered, dom:sales, obj:sales, discover, *, -, allow\np, role:filtered, dom:sales, obj:sales, read, *, -, allow\n\
         p, role:filtered, dom:sales, obj:sales, unmask, *, -, allow\n\
         p, role:masked, dom:sales, obj:sales, discover, *, -, allow\np, role:masked, dom:sales, obj:sales, read, *, -, allow\n\
         p, role:masked, dom:sales, obj:sales, see_all_rows, *, -, allow\n",
    )
    .edit(LINES, "required: true", "classification: public\n        required: true")
    .edit(
        LINES,
        "physicalType: decimal(12,2)",
        "physicalType: decimal(12,2)\n        classification: public\n        quality:\n          \
         - {id: known, metric: nullValues, mustBe: 0, severity: warning}",
    )
    .edit(
        LINES,
        "unique: true",
        "unique: true\n        quality:\n          \
         - {id: small, metric: invalidValues, arguments: {validValues: [1]}, mustBe: 0, severity: warning}",
    );
    mesh
}

#[tokio::test]
async fn offending_rows_are_shown_to_those_who_read_them_in_clear_and_to_nobody_else() {
    let manifests = with_samples();
    let mesh = TestMesh::start(manifests.path()).await;
    assert!(mesh.first.is_complete(), "{:?}", mesh.first);
    let samples =
        "select check_name, severity, sample from system.mesh.checks where check_name in ('known', 'small') order by 1";
    let all = r#"known,warns,[{"order_id":3,"amount":null}]
small,warns,[{"order_id":2},{"order_id":3}]"#;
    assert_eq!(ask(&mesh, "ana", samples).await.as_deref(), Ok(all));
    // Her own decision leaves the number out, and with it the check of numbers.
    assert_eq!(ask(&mesh, "mara", samples).await.as_deref(), Ok(r#"known,warns,[{"amount":null}]"#));
    assert_eq!(ask(&mesh, "fil", samples).await.as_deref(), Ok(""));

    // Of a column that is no longer public nothing is kept, whoever asks.
    manifests.edit(LINES, "classification: public\n        required", "classification: confidential\n        required");
    manifests.write(SEED, "order_id,amount\n1,10.50\n7,20.00\n8,\n");
    assert!(mesh.reconcile().await.is_complete());
    let newest = "select check_name, sample from system.mesh.checks where check_name in ('known', 'small') order by at desc, 1 limit 2";
    assert_eq!(ask(&mesh, "ana", newest).await.as_deref(), Ok("known,[{\"amount\":null}]\nsmall,"));

    // No message, log or event says what the rows hold: only the record does.
    let messages = "select count(*) from system.mesh.checks where message like '%order_id\":%'";
    assert_eq!(ask(&mesh, "ana", messages).await.as_deref(), Ok("0"));
    mesh.stop().await;
}

/// The body and media type of the port's checks over REST.
async fn report(mesh: &TestMesh, name: &str, form: &str) -> (String, String) {
    let url = format!("{}/api/v1/ports/sales/orders/lines/checks{form}", mesh.http());
    let answer = reqwest::Client::new().get(url).bearer_auth(mesh.token(name)).send().await.unwrap();
    let media = answer.headers()["content-type"].to_str().unwrap().to_owned();
    (answer.text().await.unwrap(), media)
}

#[tokio::test]
async fn checks_of_a_port_are_told_as_a_page_and_as_reports_to_who_may_see_them() {
    let mesh = TestMesh::start(with_samples().path()).await;
    let page = |text: String| serde_json::from_str::<serde_json::Value>(&text).unwrap();
    let of = |page: &serde_json::Value, name: &str| {
        page["items"].as_array().unwrap().iter().find(|check| check["name"] == name).cloned()
    };
    let ana = page(report(&mesh, "ana", "").await.0);
    let known = of(&ana, "known").expect("a check");
    assert_eq!(known["sample"], serde_json::json!([{ "order_id": 3, "amount": null }]));
    assert_eq!((&known["measured"], &known["severity"]), (&serde_json::json!(1.0), &serde_json::json!("warns")));
    let mara = page(report(&mesh, "mara", "").await.0);
    assert_eq!(of(&mara, "known").expect("a check")["sample"], serde_json::json!([{ "amount": null }]));
    assert_eq!(of(&mara, "small"), None);
    assert_eq!(of(&page(report(&mesh, "fil", "").await.0), "known"), None);

    let document = page(report(&mesh, "ana", "?format=oors").await.0);
    assert_eq!(document["kind"], "ObservabilityResults");
    assert!(document["results"].as_array().unwrap().iter().any(|result| result["status"] == "warn"));
    let (xml, media) = report(&mesh, "ana", "?format=junit").await;
    assert_eq!(media, "application/xml");
    assert!(xml.contains("<testcase classname=\"sales.orders.lines\" name=\"known (amount)\""), "{xml}");
    assert!(report(&mesh, "ana", "?format=pdf").await.0.contains("none of json, oors and junit"));
    mesh.stop().await;
}

#[tokio::test]
async fn offending_rows_of_a_refused_commit_are_shown_while_the_port_is_served() {
    let manifests = minimal_mesh();
    manifests.edit(LINES, "required: true", "classification: public\n        required: true");
    let mesh = TestMesh::start(manifests.path()).await;
    assert!(mesh.first.is_complete(), "{:?}", mesh.first);
    manifests.write(SEED, "order_id,amount\n1,10.50\n1,20.00\n2,\n2,\n3,\n");
    assert!(!mesh.reconcile().await.is_complete());
    let sample = "select sample from system.mesh.checks where check_name = 'primary_key' and outcome = 'failed'";
    assert_eq!(ask(&mesh, "ana", sample).await.as_deref(), Ok(r#"[{"order_id":1},{"order_id":2}]"#));
    mesh.stop().await;
}

/// A mesh of one table of ten million rows: their numbers from 1, and a day each in the year 2020.
fn with_millions(keys_of_id: &str) -> Manifests {
    let mesh = minimal_mesh();
    let manifest = "products/sales/orders/product.odps.yaml";
    let properties = format!(
        "      - name: id\n        description: From 1.\n        logicalType: integer\n        physicalType: bigint\n        \
         {keys_of_id}\n      - name: day\n        description: In 2020.\n        logicalType: date\n        physicalType: date\n        \
         logicalTypeOptions: {{minimum: '2020-01-01', maximum: '2020-12-31'}}\n    quality:\n      \
         - {{id: all, metric: rowCount, mustBe: 10000000}}\n"
    );
    let of_lines = contract("x", "lines", &properties).replace("x-contract", "7a8f0f0e-5a0a-4c57-9a37-1c9f6d6a0002");
    mesh.edit(manifest, "kind: seed", "kind: full")
        .edit(manifest, "          seed: {path: data/lines.csv, format: csv}\n", "")
        .write(LINES, of_lines)
        .write(
            "products/sales/orders/transforms/lines.sql",
            "SELECT value AS id, DATE '2020-01-01' + CAST(value % 366 AS INT) AS day FROM generate_series(1, 10000000)\n",
        );
    mesh
}

#[tokio::test]
async fn row_counts_nulls_and_bounds_of_ten_million_rows_read_no_data() {
    let bounds = "required: true\n        logicalTypeOptions: {minimum: 1, maximum: 10000000}\n        \
                  quality: [{id: filled, metric: nullValues, mustBe: 0}]";
    let manifests = with_millions(bounds);
    let mesh = TestMesh::start(manifests.path()).await;
    assert!(mesh.first.is_complete(), "{:?}", mesh.first);
    let checks = "select count(*), sum(scanned_bytes) from system.mesh.checks where outcome = 'passed'";
    assert_eq!(ask(&mesh, "ana", checks).await.as_deref(), Ok("8,0"));

    // Where there is no data to read, the log is all that can answer.
    let table = mesh.home().join("warehouse/sales/orders/lines");
    let files = std::fs::read_dir(&table).unwrap().map(|entry| entry.unwrap().path());
    let data: Vec<_> = files.filter(|file| file.extension().is_some_and(|kind| kind == "parquet")).collect();
    assert!(!data.is_empty());
    data.iter().for_each(|file| std::fs::remove_file(file).unwrap());
    let manifest = "products/sales/orders/product.odps.yaml";
    let raise = |from: &str, to: &str| {
        for (file, before) in [(LINES, "name: lines\n"), (manifest, "0002\n    ")] {
            manifests.edit(file, &format!("{before}version: {from}"), &format!("{before}version: {to}"));
        }
    };
    raise("1.0.0", "1.1.0");
    manifests.edit(LINES, "maximum: '2020-12-31'", "maximum: '2021-01-01'").edit(LINES, "minimum: 1,", "minimum: 0,");
    let report = mesh.reconcile().await;
    assert!(report.is_complete(), "{report:?}");
    assert_eq!(report.plan.steps[0].change, Change::Evolve);

    // A rule that no bounds can answer looks for the data, and does not find them.
    raise("1.1.0", "1.2.0");
    manifests.edit(LINES, "{minimum: 0, maximum: 10000000}", "{minimum: 0, maximum: 10000000, multipleOf: 1}");
    let report = mesh.reconcile().await;
    let told = report.outcomes.first().and_then(|outcome| outcome.message.clone()).unwrap_or_default();
    assert!(told.starts_with("check `multipleOf` could not be made: "), "{report:?}");
    mesh.stop().await;
}
