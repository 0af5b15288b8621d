mod hooks;
mod openapi;
mod search;
mod sign_in;
mod sql;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, Request, StatusCode};
use axum::routing::get;
use chrono::{DateTime, Duration, TimeZone, Utc};
use expect_test::{Expect, expect};
use metrics_exporter_prometheus::PrometheusBuilder;
use serde_json::{Value, json};
use tokio::sync::{Notify, watch};
use tower::ServiceExt;
use weft_catalog::{Catalog, ReadRecord, Run, RunStatus, RunStep, StepStatus};
use weft_engine::{Engine, Limits, MaskKey, Parts};
use weft_governance::{MeshFacts, Policies};
use weft_identity::{Authenticator, BrowserSessions, Directory, HookSecret, TokenSigner};
use weft_model::{Clock, ManifestTree, Principal, Release, Revision};
use weft_reconcile::{Controller, Silent};
use weft_storage::{SourceLimits, Warehouse};

use crate::{Doors, Site, router};

const POLICIES: &str = "\
g, group:analysts, role:analyst, dom:any
p, role:analyst, dom:fleet, obj:fleet, read, *, -, allow
";

const PRINCIPALS: &str = "
users:
  - {name: ana, groups: [analysts], attributes: {}, demo: Analyst}
  - {name: nobody, groups: [], attributes: {}}
services: []
groups:
  - {name: analysts}
";

#[derive(Debug)]
struct Noon;

impl Clock for Noon {
    fn now(&self) -> DateTime<Utc> {
        noon()
    }
}

fn noon() -> DateTime<Utc> {
    Utc.with_ymd_and_hms(2026, 3, 1, 12, 0, 0).unwrap()
}

struct InForce(Arc<Policies>);

impl Directory for InForce {
    fn principal(&self, name: &str) -> Option<Principal> {
        self.0.principals().find(name)
    }

    fn has_group(&self, name: &str) -> bool {
        self.0.principals().has_group(name)
    }
}

/// A mesh of two products, of which `ana` may see one and `nobody` none.
struct Mesh {
    router: Router,
    signer: TokenSigner,
    ready: watch::Sender<bool>,
    pushed: Arc<Notify>,
    catalog: Arc<Catalog>,
    /// Holds the keys and what queries spill, for as long as the mesh lives.
    home: tempfile::TempDir,
    recorder: metrics_exporter_prometheus::PrometheusRecorder,
}

async fn mesh() -> Mesh {
    let clock: Arc<dyn Clock> = Arc::new(Noon);
    let catalog = Arc::new(Catalog::open_in_memory(clock.clone()).await.unwrap());
    catalog.publish(vec![release("fleet.aircraft", "planes"), release("loyalty.members", "profiles")]).await.unwrap();

    let tree = ManifestTree::of_texts([
        ("governance/model.conf", include_str!("../../../governance/model.conf")),
        ("governance/policies/test.csv", POLICIES),
        ("governance/principals.yaml", PRINCIPALS),
    ]);
    let (rules, diagnostics) = weft_governance::read(&tree);
    assert!(!rules.refused(), "{diagnostics:?}");
    let domains = ["fleet", "loyalty"].map(|domain| domain.parse().unwrap());
    let policies = Arc::new(Policies::granting(catalog.grants()));
    let facts = MeshFacts { domains: BTreeSet::from(domains), ..MeshFacts::default() };
    policies.replace(rules.compile(&Revision::new("rev1"), &facts).unwrap());

    let keys = tempfile::tempdir().unwrap();
    let signer = TokenSigner::open_or_create(keys.path()).unwrap();
    let authenticator = Authenticator::new(signer.verifier(), Arc::new(InForce(policies.clone())), clock.clone());
    let recorder = PrometheusBuilder::new().build_recorder();
    let (sender, ready) = watch::channel(false);
    let pushed = Arc::new(Notify::new());
    let warehouse = Warehouse::open(&format!("file://{}", keys.path().display()), &Default::default());
    let warehouse = warehouse.unwrap();
    let engine = Engine::new(Parts {
        catalog: catalog.clone(),
        policies: policies.clone(),
        warehouse: warehouse.clone(),
        clock: clock.clone(),
        limits: Limits { running_max: std::time::Duration::from_secs(2), ..Limits::default() },
        spill: keys.path().join("spill"),
        mask_key: MaskKey::new([7; 32]),
    });
    let manifests = keys.path().join("mesh");
    std::fs::create_dir_all(manifests.join("products")).unwrap();
    let source = weft_manifest::source::open(manifests.to_str().unwrap(), &keys.path().join("mirrors")).unwrap();
    let controller = Controller::new(weft_reconcile::Parts {
        source: source.into(),
        catalog: catalog.clone(),
        policies: policies.clone(),
        warehouse,
        engine: engine.clone(),
        clock: clock.clone(),
        progress: Arc::new(Silent),
        sources: SourceLimits::default(),
    });
    let mut site = Site::new("http://127.0.0.1:8080", "");
    site.is_demo = true;
    let doors = Doors {
        catalog: catalog.clone(),
        policies,
        engine,
        authenticator: Arc::new(authenticator),
        clock,
        ready,
        hook: HookSecret::open_or_create(keys.path()).unwrap(),
        pushed: pushed.clone(),
        controller: Arc::new(controller),
        flight: "grpc://127.0.0.1:8815".to_owned(),
        metrics: recorder.handle(),
        sessions: BrowserSessions::default(),
        oidc: None,
        site: Arc::new(site),
        started_at: noon(),
    };
    Mesh { router: router(doors), signer, ready: sender, pushed, catalog, home: keys, recorder }
}

fn release(product: &str, port: &str) -> Release {
    let domain = product.split('.').next().unwrap();
    let column = json!({
        "name": "id", "description": "what tells rows apart", "data_type": {"decimal": {"precision": 12, "scale": 2}},
        "required": true, "unique": true, "primary_key_position": 1, "classification": "public", "tags": []
    });
    let output = json!({
        "name": port, "description": "all of them",
        "contract": {"key": {"id": port, "version": "1.2.0"}, "file": "c.odcs.yaml", "status": null, "purpose": "",
            "columns": [column]},
        "transform": {"kind": "seed", "path": "data.csv", "format": "csv", "content": "c"}
    });
    let release = json!({
        "number": 1, "revision": "rev1", "plan": "plan1", "at": "2026-03-01T12:00:00Z",
        "product": {"name": product, "file": "p.odps.yaml", "id": product, "title": null, "version": "1.0.0",
            "status": "active", "purpose": "to test", "tags": ["demo"], "inputs": [], "outputs": [output]},
        "domain": {"name": domain, "description": "a domain", "owner": "owners", "stewards": [], "service": null,
            "contact": null},
        "ports": {port: {"location": "t", "tableVersion": 4, "fingerprint": "f", "rows": 3322, "bytes": 100}}
    });
    serde_json::from_value(release).unwrap()
}

fn run(id: &str, port: &str) -> Run {
    let step = RunStep {
        port: port.parse().unwrap(),
        change: "create".into(),
        status: StepStatus::Succeeded,
        message: None,
        rows: Some(3322),
        table_version: Some(4),
        started_at: Some(noon()),
        ended_at: Some(noon()),
        duration_ms: Some(12),
    };
    Run {
        id: id.into(),
        revision: Revision::new("rev1"),
        author: Some("Ana <ana@example.com>".into()),
        committed_at: Some(noon()),
        signature: Some("none".into()),
        started_at: noon(),
        ended_at: Some(noon()),
        status: RunStatus::Succeeded,
        plan: Some("plan1".into()),
        diagnostics: vec![],
        steps: vec![step],
    }
}

struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    body: String,
}

impl Answer {
    fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|_| panic!("no JSON: {}", self.body))
    }

    /// Status, headers and body, with `<trace>` for the trace id and `<name>` for `name`.
    fn but_for(&self, name: &str) -> String {
        let trace = self.json()["trace_id"].as_str().unwrap().to_owned();
        assert_eq!(trace.len(), 32);
        let mut headers: Vec<_> =
            self.headers.iter().filter(|(name, _)| *name != "content-length").map(|h| format!("{h:?}")).collect();
        headers.sort();
        let explain = self.json()["explain_id"].as_str().unwrap_or("<none>").to_owned();
        let body = self.body.replace(&trace, "<trace>").replace(&explain, "<explain>");
        format!("{} {headers:?} {}", self.status, body.replace(name, "<name>"))
    }
}

impl Mesh {
    fn token(&self, name: &str) -> String {
        self.signer.mint(name, Duration::hours(1), noon()).unwrap()
    }

    async fn get(&self, path: &str, name: &str) -> Answer {
        let bearer = format!("Bearer {}", self.token(name));
        self.send(Request::get(path).header("authorization", bearer)).await
    }

    async fn send(&self, request: axum::http::request::Builder) -> Answer {
        send(&self.router, request).await
    }
}

async fn send(router: &Router, request: axum::http::request::Builder) -> Answer {
    send_body(router, request, Body::empty()).await
}

async fn send_body(router: &Router, request: axum::http::request::Builder, body: impl Into<Body>) -> Answer {
    let response = router.clone().oneshot(request.body(body.into()).unwrap()).await.unwrap();
    let (status, headers) = (response.status(), response.headers().clone());
    let body = axum::body::to_bytes(response.into_body(), 64 << 20).await.unwrap();
    Answer { status, headers, body: String::from_utf8(body.to_vec()).unwrap() }
}

#[track_caller]
fn check(answer: &Answer, status: u16, expected: Expect) {
    let mut value = answer.json();
    if let Some(trace) = value.get_mut("trace_id") {
        *trace = "<trace>".into();
    }
    assert_eq!(answer.status.as_u16(), status, "{value}");
    expected.assert_eq(&serde_json::to_string_pretty(&value).unwrap());
}

#[tokio::test]
async fn an_address_of_which_too_much_was_refused_is_told_when_to_come_back() {
    let mesh = mesh().await;
    let ask = || {
        let request = Request::get("/api/v1/me").header("authorization", "Bearer nonsense");
        mesh.send(request.extension(crate::Peer([10, 0, 0, 9].into())))
    };
    let mut refused = 0;
    let limited = loop {
        let answer = ask().await;
        match answer.status.as_u16() {
            401 => refused += 1,
            _ => break answer,
        }
    };
    assert!(refused >= 1_000);
    assert_eq!((limited.status.as_u16(), limited.headers["retry-after"].to_str().unwrap()), (429, "1"));
    assert_eq!(limited.json()["code"], "W0806");
    assert_eq!(mesh.send(Request::get("/api/v1/me").header("authorization", "Bearer nonsense")).await.status, 401);
}

#[tokio::test]
async fn missing_and_bad_credentials_get_one_answer() {
    let mesh = mesh().await;
    let other = tempfile::tempdir().unwrap();
    let foreign = TokenSigner::open_or_create(other.path()).unwrap();
    let foreign = foreign.mint("ana", Duration::hours(1), noon()).unwrap();
    let expired = mesh.signer.mint("ana", Duration::hours(1), noon() - Duration::hours(3)).unwrap();
    let missing = mesh.send(Request::get("/api/v1/products")).await;
    assert_eq!(missing.headers["www-authenticate"], "Bearer");
    check(
        &missing,
        401,
        expect![[r#"
            {
              "type": "urn:weft:W0801",
              "title": "not authenticated",
              "status": 401,
              "detail": "credentials are missing or not valid",
              "code": "W0801",
              "trace_id": "<trace>"
            }"#]],
    );
    let of_no_one = mesh.token("mallory");
    let good = mesh.token("ana");
    let credentials = [
        "Bearer x".to_owned(),
        "Bearer ".to_owned(),
        format!("Basic {good}"),
        good.clone(),
        format!("Bearer {foreign}"),
        format!("Bearer {expired}"),
        format!("Bearer {of_no_one}"),
    ];
    for credential in &credentials {
        for path in ["/api/v1/products", "/api/v1/me", "/api/v1/products/fleet/aircraft", "/api/v1/no/such"] {
            let answer = mesh.send(Request::get(path).header("authorization", credential)).await;
            assert_eq!(answer.but_for(path), missing.but_for(path), "{credential} {path}");
        }
    }
    let twice = Request::get("/api/v1/me").header("authorization", format!("Bearer {good}"));
    let twice = mesh.send(twice.header("authorization", format!("Bearer {good}"))).await;
    assert_eq!(twice.but_for("-"), missing.but_for("-"));
    let mut wrong_method = mesh.send(Request::delete("/api/v1/me")).await;
    wrong_method.headers.remove("allow");
    assert_eq!(wrong_method.but_for("-"), missing.but_for("-"));
}

#[tokio::test]
async fn hidden_and_unknown_are_one_answer_but_for_the_name() {
    let mesh = mesh().await;
    let runs = [run("hidden-run", "loyalty.members.profiles")];
    mesh.catalog.record_run(&runs[0]).await.unwrap();
    for name in ["nobody", "ana"] {
        for (hidden, unknown) in [("loyalty/members", "no/such"), ("loyalty/members", "fleet/such")] {
            let (h, u) = (hidden.replace('/', "."), unknown.replace('/', "."));
            let hidden = mesh.get(&format!("/api/v1/products/{hidden}"), name).await;
            let unknown = mesh.get(&format!("/api/v1/products/{unknown}"), name).await;
            assert_eq!(hidden.status, StatusCode::NOT_FOUND);
            assert_eq!(hidden.but_for(&h), unknown.but_for(&u));
        }
        for (hidden, unknown) in [("loyalty/members", "no/such"), ("loyalty/members", "No/such")] {
            let (h, u) = (hidden.replace('/', "."), unknown.replace('/', "."));
            let hidden = mesh.get(&format!("/api/v1/products/{hidden}/releases"), name).await;
            let unknown = mesh.get(&format!("/api/v1/products/{unknown}/releases"), name).await;
            assert_eq!(hidden.but_for(&h), unknown.but_for(&u));
        }
        for end in ["", "/checks", "/checks?format=oors", "/checks?format=junit", "/releases", "/usage"] {
            let hidden = mesh.get(&format!("/api/v1/ports/loyalty/members/profiles{end}"), name).await;
            let unknown = mesh.get(&format!("/api/v1/ports/no/such/port{end}"), name).await;
            let illegal = mesh.get(&format!("/api/v1/ports/No/such/port{end}"), name).await;
            assert_eq!(hidden.but_for("loyalty.members.profiles"), unknown.but_for("no.such.port"));
            assert_eq!(hidden.but_for("loyalty.members.profiles"), illegal.but_for("No.such.port"));
        }
        let hidden = mesh.get("/api/v1/runs/hidden-run", name).await;
        let unknown = mesh.get("/api/v1/runs/unknown-run", name).await;
        assert_eq!(hidden.but_for("hidden-run"), unknown.but_for("unknown-run"));
    }
    check(
        &mesh.get("/api/v1/products/loyalty/members", "ana").await,
        404,
        expect![[r#"
            {
              "type": "urn:weft:W0905",
              "title": "not found",
              "status": 404,
              "detail": "no product `loyalty.members`",
              "code": "W0905",
              "trace_id": "<trace>"
            }"#]],
    );
}

#[tokio::test]
async fn the_usage_of_a_port_counts_the_reads_that_the_asker_may_know_of() {
    let mesh = mesh().await;
    for (principal, column) in [("user:ana", Some("id")), ("user:ana", None), ("user:omar", Some("id"))] {
        let columns = column.map(str::to_owned).into_iter().collect();
        let ports = BTreeMap::from([("fleet.aircraft.planes".parse().unwrap(), columns)]);
        let principal = principal.to_owned();
        mesh.catalog.note_reads(ReadRecord { at: noon(), principal, purpose: None, ports });
    }
    check(
        &mesh.get("/api/v1/ports/fleet/aircraft/planes/usage", "ana").await,
        200,
        expect![[r#"
        {
          "port": "fleet.aircraft.planes",
          "byEveryone": false,
          "days": [
            {
              "day": "2026-03-01",
              "queries": 2,
              "principals": 1
            }
          ],
          "columns": [
            {
              "name": "id",
              "queries": 1,
              "lastAt": "2026-03-01T12:00:00Z"
            }
          ]
        }"#]],
    );
}

#[tokio::test]
async fn a_path_that_leads_nowhere_is_not_found() {
    let mesh = mesh().await;
    let outside = mesh.send(Request::get("/no/such?q=1")).await;
    check(
        &outside,
        404,
        expect![[r#"
            {
              "type": "urn:weft:W0905",
              "title": "not found",
              "status": 404,
              "detail": "no page `/no/such`",
              "code": "W0905",
              "trace_id": "<trace>"
            }"#]],
    );
    let inside = mesh.get("/api/v1/no/such", "ana").await;
    assert_eq!(inside.but_for("/api/v1/no/such"), outside.but_for("/no/such"));
    let features = mesh.get("/api/v1/features", "ana").await;
    assert_eq!(features.but_for("/api/v1/features"), outside.but_for("/no/such"));
}

#[tokio::test]
async fn a_method_that_is_not_answered_is_told_which_are() {
    let mesh = mesh().await;
    let bearer = format!("Bearer {}", mesh.token("ana"));
    for path in ["/api/v1/products", "/health/live"] {
        let answer = mesh.send(Request::post(path).header("authorization", &bearer)).await;
        assert_eq!(answer.headers["allow"], "GET,HEAD", "{path}");
        assert_eq!(answer.headers["content-type"], "application/problem+json");
        assert_eq!((answer.status, answer.json()["code"].as_str()), (StatusCode::METHOD_NOT_ALLOWED, Some("W0906")));
    }
}

#[tokio::test]
async fn readiness_comes_with_the_end_of_the_first_reconcile() {
    let mesh = mesh().await;
    assert_eq!(mesh.send(Request::get("/health/live")).await.status, StatusCode::OK);
    let before = mesh.send(Request::get("/health/ready")).await;
    assert_eq!(before.headers["retry-after"], "1");
    check(
        &before,
        503,
        expect![[r#"
            {
              "type": "urn:weft:W0907",
              "title": "not ready",
              "status": 503,
              "detail": "the first reconcile is not done yet; ask again",
              "code": "W0907",
              "trace_id": "<trace>"
            }"#]],
    );
    mesh.ready.send(true).unwrap();
    assert_eq!(mesh.send(Request::get("/health/ready")).await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_panic_fails_one_request_and_tells_nothing() {
    async fn boom() {
        panic!("the secret is 42");
    }
    let router = crate::router::surrounded(Router::new().route("/boom", get(boom)));
    check(
        &send(&router, Request::get("/boom")).await,
        500,
        expect![[r#"
            {
              "type": "urn:weft:W0901",
              "title": "internal error",
              "status": 500,
              "detail": "something went wrong; the log has more under the trace id",
              "code": "W0901",
              "trace_id": "<trace>"
            }"#]],
    );
}

#[tokio::test]
async fn the_trace_of_the_caller_goes_on() {
    let mesh = mesh().await;
    let trace = "0af7651916cd43dd8448eb211c80319c";
    let request = |value: &str| Request::get("/no/such").header("traceparent", value);
    let kept = mesh.send(request(&format!("00-{trace}-b7ad6b7169203331-01"))).await;
    assert_eq!(kept.json()["trace_id"], trace);
    let refused = mesh.send(request(&format!("00-{trace}-b7ad6b7169203331"))).await;
    assert_ne!(refused.json()["trace_id"], trace);
}

#[tokio::test]
async fn callers_are_told_who_they_are() {
    let mesh = mesh().await;
    check(
        &mesh.get("/api/v1/me", "ana").await,
        200,
        expect![[r#"
            {
              "principal": "ana",
              "kind": "user",
              "groups": [
                "analysts"
              ],
              "flight": "grpc://127.0.0.1:8815"
            }"#]],
    );
}

#[tokio::test]
async fn lists_hold_what_the_caller_may_discover() {
    let mesh = mesh().await;
    check(
        &mesh.get("/api/v1/products?q=plane", "ana").await,
        200,
        expect![[r#"
            {
              "items": [
                {
                  "name": "fleet.aircraft",
                  "title": null,
                  "version": "1.0.0",
                  "status": "active",
                  "purpose": "to test",
                  "tags": [
                    "demo"
                  ],
                  "owner": "owners",
                  "release": 1,
                  "at": "2026-03-01T12:00:00Z",
                  "ports": [
                    {
                      "name": "fleet.aircraft.planes",
                      "description": "all of them",
                      "kind": "seed",
                      "readable": true,
                      "rows": 3322
                    }
                  ]
                }
              ],
              "next": null
            }"#]],
    );
    check(
        &mesh.get("/api/v1/domains", "ana").await,
        200,
        expect![[r#"
            {
              "items": [
                {
                  "name": "fleet",
                  "description": "a domain",
                  "owner": "owners",
                  "contact": null,
                  "products": [
                    "aircraft"
                  ]
                }
              ],
              "next": null
            }"#]],
    );
    let none = json!({ "items": [], "next": null });
    assert_eq!(mesh.get("/api/v1/products?q=profiles", "ana").await.json(), none);
    for list in ["products", "domains", "runs"] {
        assert_eq!(mesh.get(&format!("/api/v1/{list}"), "nobody").await.json(), none);
    }
}

#[tokio::test]
async fn a_port_is_shown_with_its_columns_and_a_product_with_its_ports() {
    let mesh = mesh().await;
    let port = mesh.get("/api/v1/ports/fleet/aircraft/planes", "ana").await;
    check(
        &port,
        200,
        expect![[r#"
            {
              "name": "fleet.aircraft.planes",
              "description": "all of them",
              "kind": "seed",
              "contract": {
                "id": "planes",
                "version": "1.2.0"
              },
              "columns": [
                {
                  "name": "id",
                  "description": "what tells rows apart",
                  "type": "decimal(12,2)",
                  "required": true,
                  "unique": true,
                  "primaryKeyPosition": 1,
                  "classification": "public",
                  "tags": [],
                  "sees": "clear",
                  "mask": null
                }
              ],
              "primaryKey": [
                "id"
              ],
              "foreignKeys": [],
              "featureView": null,
              "file": "c.odcs.yaml",
              "readable": true,
              "hidesRows": false,
              "rows": 3322,
              "bytes": 100,
              "tableVersion": 4,
              "release": 1,
              "at": "2026-03-01T12:00:00Z",
              "quality": {
                "passed": 0,
                "failed": 0,
                "unknown": 0,
                "at": null
              },
              "serviceLevels": []
            }"#]],
    );
    let product = mesh.get("/api/v1/products/fleet/aircraft", "ana").await.json();
    assert_eq!(product["ports"], json!([port.json()]));
    assert_eq!(product["revision"], "rev1");
    check(
        &mesh.get("/api/v1/ports/fleet/aircraft/planes/releases", "ana").await,
        200,
        expect![[r#"
            {
              "items": [
                {
                  "product": "fleet.aircraft",
                  "number": 1,
                  "revision": "rev1",
                  "plan": "plan1",
                  "at": "2026-03-01T12:00:00Z",
                  "version": "1.0.0",
                  "current": true,
                  "retired": false,
                  "rolledBack": null,
                  "ports": [
                    {
                      "name": "planes",
                      "tableVersion": 4,
                      "rows": 3322
                    }
                  ]
                }
              ],
              "next": null
            }"#]],
    );
}

#[tokio::test]
async fn runs_are_listed_in_parts_and_shown_step_by_step() {
    let mesh = mesh().await;
    for id in ["r1", "r2", "r3"] {
        mesh.catalog.record_run(&run(id, "fleet.aircraft.planes")).await.unwrap();
    }
    let first = mesh.get("/api/v1/runs?limit=2", "ana").await.json();
    assert_eq!((first["items"][0]["id"].as_str(), first["next"].as_str()), (Some("r3"), Some("r2")));
    let second = mesh.get("/api/v1/runs?limit=2&after=r2", "ana").await.json();
    assert_eq!(second["next"], Value::Null);
    let shown = mesh.get("/api/v1/runs/r1", "ana").await;
    assert_eq!(second["items"], json!([shown.json()]));
    check(
        &shown,
        200,
        expect![[r#"
            {
              "id": "r1",
              "revision": "rev1",
              "author": null,
              "committedAt": null,
              "signature": null,
              "startedAt": "2026-03-01T12:00:00Z",
              "endedAt": "2026-03-01T12:00:00Z",
              "status": "succeeded",
              "plan": null,
              "diagnostics": [],
              "steps": [
                {
                  "port": "fleet.aircraft.planes",
                  "change": "create",
                  "status": "succeeded",
                  "message": null,
                  "rows": 3322,
                  "tableVersion": 4,
                  "startedAt": "2026-03-01T12:00:00Z",
                  "endedAt": "2026-03-01T12:00:00Z",
                  "durationMs": 12
                }
              ]
            }"#]],
    );
}

#[tokio::test]
async fn malformed_requests_are_told_what_is_wrong() {
    let mesh = mesh().await;
    let long = format!("/api/v1/products?q={}", "x".repeat(501));
    for (path, detail) in [
        ("/api/v1/products?limit=0", "`limit` is not a number from 1 to 1000"),
        ("/api/v1/runs?limit=ten", "`limit` is not a number from 1 to 1000"),
        ("/api/v1/products?q=a&q=b", "the query string is not well-formed"),
        ("/api/v1/products/fleet/%FF", "the path is not UTF-8"),
        (&long, "`q` is longer than 500 characters"),
    ] {
        let answer = mesh.get(path, "ana").await;
        assert_eq!((answer.status.as_u16(), answer.json()["detail"].as_str()), (400, Some(detail)), "{path}");
    }
    let bearer = format!("Bearer {}", mesh.token("ana"));
    let long = Request::get("/api/v1/me").header("authorization", bearer).header("content-length", 2 << 20);
    let answer = mesh.send(long).await;
    assert_eq!((answer.status.as_u16(), answer.json()["code"].as_str()), (413, Some("W0906")));
}

#[tokio::test]
async fn every_answer_has_the_headers_that_keep_browsers_in_bounds() {
    let mesh = mesh().await;
    for path in ["/api/v1/me", "/api/v1/no/such", "/health/live", "/metrics"] {
        let answer = mesh.get(path, "ana").await;
        assert_eq!(answer.headers["x-content-type-options"], "nosniff", "{path}");
        assert_eq!(answer.headers["cache-control"], "no-store", "{path}");
        assert_eq!(answer.headers["content-security-policy"], "default-src 'none'; frame-ancestors 'none'", "{path}");
    }
}

#[tokio::test]
async fn metrics_count_requests_by_route_and_name_no_product() {
    let mesh = mesh().await;
    let _guard = metrics::set_default_local_recorder(&mesh.recorder);
    mesh.get("/api/v1/products/fleet/aircraft", "ana").await;
    mesh.get("/api/v1/products/fleet/aircraft", "nobody").await;
    mesh.get("/fleet/aircraft", "ana").await;
    let text = mesh.send(Request::get("/metrics")).await.body;
    let route = r#"method="GET",route="/api/v1/products/{domain}/{product}""#;
    assert!(text.contains(&format!("weft_http_requests_total{{{route},status=\"200\"}} 1")), "{text}");
    assert!(text.contains(&format!("weft_http_requests_total{{{route},status=\"404\"}} 1")), "{text}");
    assert!(!text.contains("fleet") && !text.contains("aircraft"), "{text}");
}
