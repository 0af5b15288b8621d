//! Access that is asked for, decided on and enforced, and the same reasons through each door.

use std::sync::Arc;

use chrono::Duration;
use reqwest::StatusCode;
use serde_json::{Value, json};
use tempfile::TempDir;
use weft::Settings;
use weft_testkit::{FixedClock, Manifests, TestMesh};

use crate::asking::{Door, ask_at, client, fetch, told, written};
use crate::guarded::guarded;

const LINES: &str = "sales.orders.lines";
const FIRST: &str = "select email from sales.orders.lines where order_id = 1";
const CLEAR: &str = "anna@example.com";
const MASKED: &str = "a***@example.com";

async fn start(manifests: &Manifests) -> (TestMesh, Arc<FixedClock>) {
    let clock = Arc::new(FixedClock::at("2026-06-01T12:00:00Z"));
    let home = TempDir::new().unwrap();
    let settings = Settings::local(manifests.path().display().to_string(), home.path());
    let mesh = TestMesh::start_with(settings, home, clock.clone()).await.unwrap();
    assert!(mesh.first.is_complete(), "{:#?}", mesh.first);
    (mesh, clock)
}

/// What the server answers to `body` at a path below `/api/v1/access`.
async fn post(mesh: &TestMesh, name: &str, path: &str, body: Value) -> (StatusCode, Value) {
    let request = reqwest::Client::new().post(format!("{}/api/v1/access/{path}", mesh.http()));
    answer(request.bearer_auth(mesh.token(name)).json(&body)).await
}

async fn get(mesh: &TestMesh, name: &str, path: &str) -> (StatusCode, Value) {
    answer(reqwest::Client::new().get(format!("{}/api/v1/access/{path}", mesh.http())).bearer_auth(mesh.token(name)))
        .await
}

async fn answer(request: reqwest::RequestBuilder) -> (StatusCode, Value) {
    let response = request.send().await.unwrap();
    (response.status(), response.json().await.unwrap())
}

fn wanted(columns: &[&str]) -> Value {
    json!({"port": LINES, "columns": columns, "purpose": "modelling", "note": "to model"})
}

async fn asked(mesh: &TestMesh, name: &str, body: Value) -> String {
    let (status, made) = post(mesh, name, "requests", body).await;
    assert_eq!(status, StatusCode::CREATED, "{made}");
    made["id"].as_str().unwrap().to_owned()
}

async fn decided(mesh: &TestMesh, name: &str, id: &str, verb: &str, body: Value) -> (StatusCode, String) {
    let (status, made) = post(mesh, name, &format!("requests/{id}/{verb}"), body).await;
    (status, made["code"].as_str().or(made["state"].as_str()).unwrap_or_default().to_owned())
}

#[tokio::test]
async fn what_is_approved_is_what_the_next_query_sees_until_its_very_end() {
    let (mesh, clock) = start(&guarded()).await;
    // One connection, open from before the request to after its end.
    let mut ana = client(&mesh, "ana").await;
    ana.set_header("x-weft-purpose", "modelling");
    let mut first = async || {
        let info = ana.execute(FIRST.to_owned(), None).await.map_err(told)?;
        fetch(&mut ana, info).await.map(|rows| written(&rows)).map_err(told)
    };
    assert_eq!(first().await.as_deref(), Ok(MASKED));

    let id = asked(&mesh, "ana", wanted(&["email"])).await;
    assert_eq!(first().await.as_deref(), Ok(MASKED), "asking gives nothing");
    for (name, expected) in [("ana", StatusCode::FORBIDDEN), ("mo", StatusCode::NOT_FOUND)] {
        assert_eq!(decided(&mesh, name, &id, "approve", json!({})).await.0, expected, "{name}");
    }
    assert_eq!(decided(&mesh, "olga", &id, "approve", json!({})).await, (StatusCode::OK, "approved".to_owned()));
    assert_eq!(first().await.as_deref(), Ok(CLEAR), "at once, on the open connection");
    let unfit = ask_at(Door::Statement, &mesh, "ana", None, FIRST).await;
    assert_eq!(unfit.as_deref(), Ok(MASKED), "for its purpose alone");
    assert_eq!(ask_at(Door::RestJson, &mesh, "vera", Some("modelling"), FIRST).await.as_deref(), Ok(""), "hers alone");
    let all = ask_at(Door::Statement, &mesh, "ana", Some("modelling"), "select count(*) from sales.orders.lines").await;
    assert_eq!(all.as_deref(), Ok("6"), "row filters hold as before");

    let (_, request) = get(&mesh, "ana", &format!("requests/{id}")).await;
    assert_eq!(request["grant"]["until"], "2026-08-30T12:00:00Z", "ninety days");
    clock.advance(Duration::days(90) - Duration::nanoseconds(1));
    assert_eq!(
        first().await.as_deref().map_err(|e| e.as_str()),
        Err("W0801 credentials are missing or not valid"),
        "an old token"
    );
    let mut later = client(&mesh, "ana").await;
    later.set_header("x-weft-purpose", "modelling");
    let info = later.execute(FIRST.to_owned(), None).await.unwrap();
    assert_eq!(written(&fetch(&mut later, info).await.unwrap()), CLEAR, "to its last moment");
    clock.advance(Duration::nanoseconds(1));
    let info = later.execute(FIRST.to_owned(), None).await.unwrap();
    assert_eq!(written(&fetch(&mut later, info).await.unwrap()), MASKED, "and not a moment longer");

    let question = json!({"port": LINES, "column": "email", "purpose": "modelling"});
    let (_, explained) = post(&mesh, "ana", "explain", question).await;
    let near = explained["items"][0]["near"].as_array().unwrap();
    let ended = near.iter().any(|miss| miss["failed"].to_string().contains("it ended on 2026-08-30"));
    assert!(ended, "{explained:#}");
    mesh.stop().await;
}

#[tokio::test]
async fn a_grant_that_is_revoked_or_given_up_ends_at_once() {
    let (mesh, _) = start(&guarded()).await;
    let see = async || ask_at(Door::RestJson, &mesh, "ana", Some("modelling"), FIRST).await.unwrap();
    let approved = async || {
        let id = asked(&mesh, "ana", wanted(&["email"])).await;
        decided(&mesh, "olga", &id, "approve", json!({})).await;
        assert_eq!(see().await, CLEAR);
        id
    };
    let id = approved().await;
    assert_eq!(decided(&mesh, "olga", &id, "revoke", json!({})).await.1, "W0320", "not without a reason");
    assert_eq!(decided(&mesh, "ana", &id, "revoke", json!({"note": "x"})).await.1, "W0322");
    assert_eq!(decided(&mesh, "olga", &id, "revoke", json!({"note": "no more"})).await.1, "revoked");
    assert_eq!(see().await, MASKED);
    assert_eq!(decided(&mesh, "olga", &id, "approve", json!({})).await, (StatusCode::CONFLICT, "W0321".to_owned()));

    let id = approved().await;
    assert_eq!(decided(&mesh, "ana", &id, "withdraw", json!({})).await.1, "withdrawn");
    assert_eq!(see().await, MASKED);

    // What came of it is in the tables of the platform, for those whom it concerns.
    let states = "select request, principal, state from system.mesh.grants order by request";
    let expected = "REQ-1,user:ana,revoked\nREQ-2,user:ana,withdrawn";
    for (name, rows) in [("ana", expected), ("olga", expected), ("mo", "")] {
        assert_eq!(ask_at(Door::Statement, &mesh, name, None, states).await.as_deref(), Ok(rows), "{name}");
    }
    mesh.stop().await;
}

#[tokio::test]
async fn who_decides_may_give_less_and_grants_survive_a_restart() {
    let (mesh, clock) = start(&guarded()).await;
    let id = asked(&mesh, "ana", wanted(&["email", "amount"])).await;
    let more = json!({"columns": ["email", "region"]});
    assert_eq!(decided(&mesh, "olga", &id, "approve", more).await.1, "W0320", "not more than was asked");
    let less = json!({"columns": ["amount"], "until": "2026-06-02T00:00:00Z", "note": "no addresses"});
    assert_eq!(decided(&mesh, "olga", &id, "approve", less).await.1, "approved");
    let sql = "select email, amount from sales.orders.lines where order_id = 1";
    assert_eq!(
        ask_at(Door::RestJson, &mesh, "ana", Some("modelling"), sql).await.as_deref(),
        Ok("a***@example.com,101")
    );

    let manifests = guarded();
    let home = mesh.stop().await;
    let settings = Settings::local(manifests.path().display().to_string(), home.path());
    let mesh = TestMesh::start_with(settings, home, clock.clone()).await.unwrap();
    assert_eq!(
        ask_at(Door::RestJson, &mesh, "ana", Some("modelling"), sql).await.as_deref(),
        Ok("a***@example.com,101")
    );
    clock.advance(Duration::hours(12));
    assert_eq!(
        ask_at(Door::RestJson, &mesh, "ana", Some("modelling"), sql).await.as_deref(),
        Ok("a***@example.com,100")
    );
    mesh.stop().await;
}

#[tokio::test]
async fn a_request_on_bad_terms_is_refused_with_what_there_is_instead() {
    let (mesh, _) = start(&guarded()).await;
    for (body, status, says) in [
        (json!({"port": LINES, "columns": ["nota"], "purpose": "modelling"}), 422, "has no column `nota`"),
        // A deny keeps even the name of a column from being known.
        (json!({"port": LINES, "columns": ["email"]}), 422, "is for modelling: say for which"),
        (json!({"port": LINES, "purpose": "marketing"}), 422, "is not for `marketing`; it is for modelling"),
        (json!({"port": LINES, "purpose": "modelling", "until": "2026-06-01T12:00:00Z"}), 422, "lies in the past"),
        (json!({"port": LINES, "purpose": "modelling", "until": "2028-06-01T12:00:00Z"}), 422, "366 days at most"),
        (json!({"port": LINES, "purpose": "modelling", "role": "king"}), 422, "has no role `king`"),
        (json!({"port": LINES, "purpose": "modelling", "breakGlass": true}), 422, "say why"),
        (json!({"port": LINES, "purpose": "modelling", "breakGlass": true, "note": "fire"}), 403, "break glass"),
        (json!({"port": "sales.orders.absent", "purpose": "modelling"}), 404, "no port `sales.orders.absent`"),
        (json!({"port": LINES, "purpos": "modelling"}), 400, "unknown field"),
    ] {
        let (answered, problem) = post(&mesh, "ana", "requests", body.clone()).await;
        assert_eq!(answered.as_u16(), status, "{body}: {problem}");
        assert!(problem["detail"].as_str().unwrap().contains(says), "{body}: {problem}");
    }
    // To whom the port is not there, it is not there.
    let absent = post(&mesh, "nobody", "requests", json!({"port": "sales.orders.absent"})).await;
    let there = post(&mesh, "nobody", "requests", json!({"port": LINES})).await;
    assert_eq!((absent.0, absent.1["detail"].as_str()), (there.0, Some("no port `sales.orders.absent`")));
    assert_eq!(get(&mesh, "nobody", "requests").await.1["items"], json!([]));
    mesh.stop().await;
}

#[tokio::test]
async fn a_refusal_is_explained_alike_by_its_id_through_each_door() {
    let manifests = guarded();
    let (mesh, _) = start(&manifests).await;
    // Without a purpose `mo` may not read.
    let mut mo = client(&mesh, "mo").await;
    let refused = mo.execute(FIRST.to_owned(), None).await.unwrap_err();
    let arrow_flight::error::FlightError::Tonic(status) = refused else {
        panic!("a status");
    };
    assert!(status.message().starts_with("W0301 "), "{status:?}");
    let of_flight = status.metadata().get("x-weft-explain-id").unwrap().to_str().unwrap().to_owned();
    let (_, problem) = answer(crate::asking::request(&mesh, "mo", FIRST)).await;
    let of_http = problem["explain_id"].as_str().unwrap().to_owned();

    let mut found = Vec::new();
    for question in [json!({"explainId": of_flight}), json!({"explainId": of_http}), json!({"port": LINES})] {
        let (status, explained) = post(&mesh, "mo", "explain", question).await;
        assert_eq!(status, StatusCode::OK, "{explained}");
        let item = &explained["items"][0];
        assert_eq!((item["sees"].as_str(), item["principal"].as_str()), (Some("denied"), Some("user:mo")));
        assert_eq!(item["change"], json!({"kind": "purpose", "purpose": "modelling"}));
        found.push((item["evidence"].clone(), item["near"].clone()));
    }
    assert!(found.iter().all(|one| *one == found[0]), "{found:#?}");

    // Another's query is none to ask about, and what is not told apart stays so.
    let (status, _) = post(&mesh, "ana", "explain", json!({"explainId": of_flight})).await;
    assert_eq!(status, StatusCode::NOT_FOUND);
    assert_eq!(post(&mesh, "ana", "explain", json!({"port": LINES, "who": "mo"})).await.0, StatusCode::FORBIDDEN);
    let (_, told) = post(&mesh, "olga", "explain", json!({"port": LINES, "column": "email", "who": "ana"})).await;
    assert_eq!(told["items"][0]["sees"], "masked");
    let decides = told["items"][0]["evidence"]
        .as_array()
        .unwrap()
        .iter()
        .find(|link| link["kind"] == "mask" && link["decides"] == true);
    assert_eq!(decides.unwrap()["file"], "governance/restrictions.yaml", "{told:#}");
    mesh.stop().await;
}

/// The guarded mesh, where two decide: the owners, then `vera`; and `ana` may break glass.
fn two_levels() -> Manifests {
    let mesh = guarded();
    let contract = "products/sales/orders/contracts/lines.odcs.yaml";
    let roles =
        "roles:\n  - {role: reader, access: read, firstLevelApprovers: sales-owners, secondLevelApprovers: vera}\n";
    mesh.write(contract, format!("{}{roles}", mesh.text(contract)));
    let access = "products/sales/access.csv";
    let row = "p, user:ana, dom:sales, obj:sales, break_glass, *, -, allow\n";
    mesh.write(access, format!("{}{row}", mesh.text(access)));
    mesh
}

#[tokio::test]
async fn where_two_levels_are_named_two_different_persons_decide() {
    let (mesh, _) = start(&two_levels()).await;
    let see = async || ask_at(Door::RestJson, &mesh, "ana", Some("modelling"), FIRST).await.unwrap();
    let id = asked(&mesh, "ana", wanted(&["email"])).await;
    assert_eq!(decided(&mesh, "vera", &id, "approve", json!({})).await.1, "W0322", "not before the first");
    assert_eq!(decided(&mesh, "olga", &id, "approve", json!({})).await.1, "requested");
    assert_eq!(see().await, MASKED, "one of two");
    assert_eq!(decided(&mesh, "olga", &id, "approve", json!({})).await.1, "W0322", "not twice");
    assert_eq!(decided(&mesh, "vera", &id, "approve", json!({})).await.1, "approved");
    assert_eq!(see().await, CLEAR);
    let own = asked(&mesh, "olga", wanted(&["email"])).await;
    assert_eq!(decided(&mesh, "olga", &own, "approve", json!({})).await.1, "W0322", "nobody on their own");
    let (_, request) = get(&mesh, "olga", &format!("requests/{id}")).await;
    let by: Vec<&str> = request["decisions"].as_array().unwrap().iter().map(|d| d["by"].as_str().unwrap()).collect();
    assert_eq!(by, ["user:olga", "user:vera"]);
    mesh.stop().await;
}

#[tokio::test]
async fn who_breaks_glass_sees_all_for_an_hour_and_every_statement_is_marked() {
    let (mesh, clock) = start(&two_levels()).await;
    let count = "select count(*), min(email) from sales.orders.lines";
    let see = async || ask_at(Door::RestJson, &mesh, "ana", Some("modelling"), count).await.unwrap();
    assert_eq!(see().await, "6,a***@example.com");
    let emergency = json!({"port": LINES, "purpose": "modelling", "breakGlass": true, "note": "the site is down"});
    let id = asked(&mesh, "ana", emergency).await;
    assert_eq!(decided(&mesh, "vera", &id, "approve", json!({})).await.1, "requested", "either comes first");
    assert_eq!(decided(&mesh, "vera", &id, "approve", json!({})).await.1, "W0322", "not one person twice");
    // The hour begins with the second approval.
    clock.advance(Duration::minutes(30));
    assert_eq!(decided(&mesh, "olga", &id, "approve", json!({})).await.1, "approved");
    assert_eq!(see().await, "10,anna@example.com");
    let marked = "select count(*) from system.audit.decisions where because like '%break-glass grant%'";
    assert_eq!(ask_at(Door::RestJson, &mesh, "ana", None, marked).await.as_deref(), Ok("1"));
    clock.advance(Duration::minutes(59));
    assert_eq!(
        ask_at(Door::RestJson, &mesh, "ana", Some("modelling"), count).await.as_deref(),
        Ok("10,anna@example.com")
    );
    clock.advance(Duration::minutes(1));
    let later = ask_at(Door::RestJson, &mesh, "ana", Some("modelling"), count).await;
    assert_eq!(later.as_deref(), Ok("6,a***@example.com"));
    assert_eq!(decided(&mesh, "ana", &id, "extend", json!({})).await.1, "W0321", "an emergency is not prolonged");
    mesh.stop().await;
}

#[tokio::test]
async fn a_rule_in_git_approves_what_it_covers_and_nothing_else() {
    let manifests = guarded();
    manifests.write(
        "governance/approvals.yaml",
        "autoApprove:\n  - {id: amounts, classifications: [public], domains: [sales], purposes: [modelling], daysMax: 30}\n",
    );
    let domain = "products/sales/domain.yaml";
    manifests.write(domain, format!("{}stewards: [vera]\n", manifests.text(domain)));
    let (mesh, _) = start(&manifests).await;
    let state = async |name: &str, columns: &[&str], until: &str| {
        let body = json!({"port": LINES, "columns": columns, "purpose": "modelling", "until": until});
        post(&mesh, name, "requests", body).await.1
    };
    let made = state("vera", &["amount"], "2026-06-30T12:00:00Z").await;
    assert_eq!(made["state"], "approved", "{made}");
    assert_eq!(made["decisions"][0]["by"], "governance/approvals.yaml:2: automatic approval amounts");
    for (name, columns, until) in [
        ("ana", ["amount"], "2026-06-30T12:00:00Z"),
        ("vera", ["email"], "2026-06-30T12:00:00Z"),
        ("vera", ["amount"], "2026-07-02T12:00:00Z"),
    ] {
        assert_eq!(state(name, &columns, until).await["state"], "requested", "{name} {columns:?} {until}");
    }
    mesh.stop().await;
}

#[tokio::test]
async fn what_was_decided_under_rules_of_the_past_is_told_as_it_was_recorded() {
    let manifests = guarded();
    let (mesh, clock) = start(&manifests).await;
    let (_, problem) = answer(crate::asking::request(&mesh, "mo", FIRST)).await;
    let question = json!({"explainId": problem["explain_id"]});
    assert_eq!(post(&mesh, "mo", "explain", question.clone()).await.1["items"][0]["recorded"], false);

    let access = "products/sales/access.csv";
    let row = "p, role:modeller, dom:sales, obj:sales.orders.lines, read, *, -, allow\n";
    manifests.write(access, format!("{}{row}", manifests.text(access)));
    clock.advance(Duration::seconds(1));
    assert!(mesh.reconcile().await.is_complete());
    let now = post(&mesh, "mo", "explain", json!({"port": LINES})).await.1;
    assert_eq!(now["items"][0]["sees"], "readable");
    let then = post(&mesh, "mo", "explain", question).await.1;
    assert_eq!(
        (&then["items"][0]["sees"], &then["items"][0]["recorded"]),
        (&json!("denied"), &json!(true)),
        "{then:#}"
    );
    mesh.stop().await;
}

#[tokio::test]
async fn the_share_of_rows_is_told_to_who_sees_them_all() {
    let (mesh, _) = start(&guarded()).await;
    let about = |who: &str| json!({"port": LINES, "who": who});
    let percent = async |asker: &str, who: &str| {
        post(&mesh, asker, "explain", about(who)).await.1["items"][0]["percentOfRows"].clone()
    };
    assert_eq!(percent("olga", "ana").await, json!(60));
    assert_eq!(percent("olga", "vera").await, json!(0));
    assert_eq!(percent("olga", "olga").await, json!(null));
    assert_eq!(percent("ana", "ana").await, json!(null));
    let (_, told) = post(&mesh, "ana", "explain", about("ana")).await;
    assert!(!told.to_string().contains("region ="), "what rows are compared with is not told to her: {told:#}");
    mesh.stop().await;
}
