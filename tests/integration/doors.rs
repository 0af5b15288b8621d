//! What a restricted table shows through each door, in each form of a query.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow::array::{ArrayRef, Int64Array, StringArray};
use weft::clock::SystemClock;
use weft_model::{Clock, Code};
use weft_testkit::TestMesh;

use crate::asking::{Door, answer_at, ask, ask_at, bound, client, fetch, told, written};
use crate::guarded::{SECRETS, guarded};

async fn start() -> TestMesh {
    let mesh = TestMesh::start(guarded().path()).await;
    assert!(mesh.first.is_complete(), "{:#?}", mesh.first);
    mesh
}

/// Statements and what `ana` is answered, through whatever door.
const ANSWERS: [(&str, &str); 17] = [
    (
        "select order_id, region, email from sales.orders.lines order by order_id",
        "1,EU,a***@example.com\n2,EU,b***@example.com\n4,EU,d***@example.com\n5,EU,e***@example.com\n\
         7,EU,g***@example.com\n8,EU,h***@example.com",
    ),
    ("select count(*) from sales.orders.lines", "6"),
    ("select min(order_id), max(order_id) from sales.orders.lines", "1,8"),
    ("with l as (select * from sales.orders.lines) select count(*), min(region), max(region) from l", "6,EU,EU"),
    ("select count(*) from (select * from sales.orders.lines where region = 'US') q", "0"),
    ("select (select count(*) from sales.orders.lines)", "6"),
    ("select 1 where exists (select 1 from sales.orders.lines where region = 'US')", ""),
    ("select count(*) from sales.orders.lines where order_id in (select order_id from sales.orders.lines)", "6"),
    ("select region from sales.orders.lines union select region from sales.seen.recent", "EU"),
    ("select count(*) from sales.orders.lines a join sales.seen.recent b on a.email = b.email", "6"),
    ("select max(n) from (select row_number() over (order by email) n from sales.orders.lines) q", "6"),
    // The view is read on the reader's own terms.
    ("select count(*), max(email) from sales.seen.recent", "6,h***@example.com"),
    // Predicates act on what is shown.
    ("select count(*) from sales.orders.lines where email = 'anna@example.com'", "0"),
    ("select count(*) from sales.orders.lines where amount % 10 <> 0", "0"),
    // What would fail on a hidden row does not.
    ("select count(*) from sales.orders.lines where 10 / (order_id - 3) > -100", "6"),
    (
        "select count(*) from sales.orders.lines where case when region = 'US' then cast(email as bigint) else 1 end > 0",
        "6",
    ),
    ("select order_id from sales.orders.lines order by order_id desc limit 1", "8"),
];

#[tokio::test]
async fn every_door_shows_permitted_rows_and_values_only() {
    let mesh = start().await;
    for door in Door::ALL {
        for (sql, expected) in ANSWERS {
            let answer = ask_at(door, &mesh, "ana", None, sql).await;
            assert_eq!(answer.as_deref(), Ok(expected), "{door:?}: {sql}");
        }
        let columns = answer_at(door, &mesh, "ana", None, "select * from sales.orders.lines").await.unwrap();
        let names: Vec<_> = columns[0].schema().fields().iter().map(|field| field.name().clone()).collect();
        assert_eq!(names, ["order_id", "region", "email", "amount"], "{door:?}");
    }
    mesh.stop().await;
}

#[tokio::test]
async fn a_hidden_column_is_told_like_one_that_is_not_there() {
    let mesh = start().await;
    for door in Door::ALL {
        let of = |column: &str| format!("select {column} from sales.orders.lines");
        let hidden = ask_at(door, &mesh, "ana", None, &of("note")).await.unwrap_err();
        let absent = ask_at(door, &mesh, "ana", None, &of("nota")).await.unwrap_err();
        assert_eq!(hidden.replace("note", "nota"), absent, "{door:?}");
    }
    mesh.stop().await;
}

#[tokio::test]
async fn exemptions_and_missing_attributes_hold_on_every_door() {
    let mesh = start().await;
    let sql = "select count(*), max(amount), max(note), min(email) from sales.orders.lines";
    let rows = "select count(*) from sales.orders.lines";
    for door in Door::ALL {
        let all = ask_at(door, &mesh, "olga", None, sql).await;
        assert_eq!(all.as_deref(), Ok("10,6601,SECRET j,anna@example.com"), "{door:?}");
        assert_eq!(ask_at(door, &mesh, "vera", None, rows).await.as_deref(), Ok("0"), "{door:?}");
        assert!(ask_at(door, &mesh, "nobody", None, rows).await.unwrap_err().starts_with("W0202 "), "{door:?}");
    }
    mesh.stop().await;
}

#[tokio::test]
async fn no_refusal_and_no_plan_tells_of_what_is_hidden() {
    let mesh = start().await;
    for door in Door::ALL {
        for sql in [
            "select cast(email as bigint) from sales.orders.lines",
            "select 1 / (amount - 100) from sales.orders.lines where order_id = 1",
            "select to_date(email) from sales.orders.lines",
            "select * from sales.orders.lines where region = 'US' and cast(email as int) = 1",
            "explain select email from sales.orders.lines where amount > 5 and email like 'x%'",
            "explain verbose select count(*) from sales.orders.lines",
            "explain analyze select * from sales.orders.lines",
            "explain select * from sales.seen.recent",
            "show tables",
            "describe sales.orders.lines",
            "select * from information_schema.views",
            "select * from sales.orders.lines where absent = 1",
        ] {
            let said = ask_at(door, &mesh, "ana", None, sql).await.unwrap_or_else(|refusal| refusal);
            for secret in SECRETS.iter().copied().chain([".parquet", "file:", "Statistics", "region = Utf8", "note"]) {
                assert!(!said.contains(secret), "{door:?}: {sql} tells `{secret}`: {said}");
            }
        }
    }
    mesh.stop().await;
}

#[tokio::test]
async fn a_prepared_statement_with_parameters_is_bound_to_the_same_terms() {
    let mesh = start().await;
    let number = |n: i64| -> ArrayRef { Arc::new(Int64Array::from(vec![n])) };
    let text = |t: &str| -> ArrayRef { Arc::new(StringArray::from(vec![t])) };
    let sql = "select count(*) from sales.orders.lines where order_id >= ?";
    assert_eq!(bound(&mesh, "ana", sql, vec![number(3)]).await.as_deref(), Ok("4"));
    let sql = "select count(*) from sales.orders.lines where region = $1 or email = $2";
    assert_eq!(bound(&mesh, "ana", sql, vec![text("US"), text("anna@example.com")]).await.as_deref(), Ok("0"));
    assert_eq!(bound(&mesh, "olga", sql, vec![text("US"), text("anna@example.com")]).await.as_deref(), Ok("5"));

    // What a statement says of itself leaves hidden columns out.
    let mut client = client(&mesh, "ana").await;
    let statement =
        client.prepare("select * from sales.orders.lines where order_id = ?".to_owned(), None).await.unwrap();
    let names: Vec<_> = statement.dataset_schema().unwrap().fields().iter().map(|f| f.name().clone()).collect();
    assert_eq!(names, ["order_id", "region", "email", "amount"]);
    mesh.stop().await;
}

#[tokio::test]
async fn a_purpose_opens_what_depends_on_it_through_every_door() {
    let mesh = start().await;
    let sql = "select count(*) from sales.orders.lines";
    for door in Door::ALL {
        for purpose in [None, Some("curiosity")] {
            let refusal = ask_at(door, &mesh, "mo", purpose, sql).await.unwrap_err();
            assert!(refusal.starts_with("W0301 "), "{door:?}: {refusal}");
        }
        assert_eq!(ask_at(door, &mesh, "mo", Some("modelling"), sql).await.as_deref(), Ok("6"), "{door:?}");
    }
    // `SET` holds for the session of a handshake, and there only.
    let mut session = client(&mesh, "mo").await;
    session.handshake("mo", &mesh.token("mo")).await.unwrap();
    assert!(session.execute(sql.to_owned(), None).await.is_err());
    session.execute("SET weft.purpose = 'modelling'".to_owned(), None).await.unwrap();
    let info = session.execute(sql.to_owned(), None).await.unwrap();
    assert_eq!(written(&fetch(&mut session, info).await.unwrap()), "6");
    assert!(ask(&mesh, "mo", sql).await.is_err());
    mesh.stop().await;
}

#[tokio::test]
async fn metadata_lists_what_may_be_discovered_and_no_hidden_column() {
    let mesh = start().await;
    let tables = |name: &'static str| {
        let mesh = &mesh;
        async move {
            let mut client = client(mesh, name).await;
            let wanted = arrow_flight::sql::CommandGetTables { include_schema: true, ..Default::default() };
            let info = client.get_tables(wanted).await.map_err(told).unwrap();
            let batches = fetch(&mut client, info).await.unwrap();
            let mut found = BTreeMap::new();
            for batch in &batches {
                let column = |n: usize| batch.column(n).as_any().downcast_ref::<StringArray>().unwrap().clone();
                let schemas = batch.column(4).as_any().downcast_ref::<arrow::array::BinaryArray>().unwrap();
                for row in 0..batch.num_rows() {
                    let name = format!("{}.{}.{}", column(0).value(row), column(1).value(row), column(2).value(row));
                    let schema = arrow_flight::IpcMessage(schemas.value(row).to_vec().into());
                    let schema = arrow::datatypes::Schema::try_from(schema).unwrap();
                    let columns: Vec<String> = schema.fields().iter().map(|field| field.name().clone()).collect();
                    if !name.starts_with("system.") {
                        found.insert(name, columns.join(","));
                    }
                }
            }
            found
        }
    };
    assert_eq!(tables("nobody").await, BTreeMap::new());
    let of_ana = tables("ana").await;
    assert_eq!(of_ana["sales.orders.lines"], "order_id,region,email,amount");
    assert_eq!(of_ana.len(), 3);
    assert_eq!(tables("olga").await["sales.orders.lines"], "order_id,region,email,amount,note");
    let shown = ask(&mesh, "ana", "select * from system.mesh.columns").await.unwrap();
    assert!(!shown.contains("note") && shown.contains("email"), "{shown}");
    mesh.stop().await;
}

#[tokio::test]
async fn the_catalogs_pages_tell_no_count_of_rows_that_are_hidden() {
    let mesh = start().await;
    let page = |name: &'static str| {
        let url = format!("{}/api/v1/ports/sales/orders/lines", mesh.http());
        let request = reqwest::Client::new().get(url).bearer_auth(mesh.token(name));
        async move { request.send().await.unwrap().json::<serde_json::Value>().await.unwrap() }
    };
    let (ana, olga) = (page("ana").await, page("olga").await);
    assert_eq!((&ana["rows"], &ana["bytes"]), (&serde_json::Value::Null, &serde_json::Value::Null), "{ana}");
    assert_eq!(olga["rows"], 10, "{olga}");
    mesh.stop().await;
}

#[tokio::test]
async fn a_service_makes_tables_of_the_whole_or_not_at_all() {
    let mesh = start().await;
    assert_eq!(ask(&mesh, "ana", "select orders from sales.totals.overall").await.as_deref(), Ok("10"));
    mesh.stop().await;

    for exemption in ["unmask", "see_all_rows"] {
        let manifests = guarded();
        let row = format!("p, service:sales-jobs, dom:sales, obj:sales, {exemption}, *, -, allow\n");
        manifests.edit("products/sales/access.csv", &row, "");
        let mesh = TestMesh::start(manifests.path()).await;
        let overall = mesh.first.outcomes.iter().find(|outcome| outcome.port.to_string() == "sales.totals.overall");
        let overall = overall.unwrap_or_else(|| panic!("{:#?}", mesh.first));
        assert_eq!(overall.code, Some(Code::SERVICE_RESTRICTED), "{exemption}: {overall:?}");
        let refusal = ask(&mesh, "olga", "select orders from sales.totals.overall").await.unwrap_err();
        assert!(refusal.starts_with("W0202 "), "{refusal}");
        assert_eq!(ask(&mesh, "ana", "select count(*) from sales.orders.lines").await.as_deref(), Ok("6"));
        mesh.stop().await;
    }
}

#[tokio::test]
async fn what_is_found_to_be_personal_today_is_masked_in_every_release() {
    let manifests = guarded();
    let contract = "products/sales/orders/contracts/lines.odcs.yaml";
    manifests.edit(contract, "tags: [pii.email]", "classification: public");
    let mesh = TestMesh::start(manifests.path()).await;
    let sql = "select email from sales.orders.lines where order_id = 1";
    assert_eq!(ask(&mesh, "ana", sql).await.as_deref(), Ok("anna@example.com"));
    let then = SystemClock.now().to_rfc3339_opts(chrono::SecondsFormat::Millis, true);

    manifests.edit(contract, "classification: public\n      - name: amount", "tags: [pii.email]\n      - name: amount");
    // The new release does not come about: its data break the contract.
    manifests.edit("products/sales/orders/data/lines.csv", "2,EU,bert", "two,EU,bert");
    let report = mesh.reconcile().await;
    assert!(!report.refused && !report.is_complete(), "{report:?}");
    assert_eq!(ask(&mesh, "ana", sql).await.as_deref(), Ok("a***@example.com"));

    let pinned = crate::asking::request(&mesh, "ana", sql).header("x-weft-as-of", then).send().await.unwrap();
    let answer: serde_json::Value = pinned.json().await.unwrap();
    assert_eq!(answer["rows"], serde_json::json!([["a***@example.com"]]), "{answer}");
    mesh.stop().await;
}
