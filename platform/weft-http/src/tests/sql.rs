//! SQL over HTTP: the forms of answers, what is refused and how, and how queries end.

use axum::body::BodyDataStream;
use futures::StreamExt;

use super::*;

const LONG: &str = "select value from generate_series(1, 900000)";

impl Mesh {
    async fn post(&self, name: &str, headers: &[(&str, &str)], body: &Value) -> Answer {
        let response = self.respond(name, headers, body).await;
        let (status, headers) = (response.status(), response.headers().clone());
        let body = axum::body::to_bytes(response.into_body(), 64 << 20).await.unwrap();
        Answer { status, headers, body: String::from_utf8(body.to_vec()).unwrap() }
    }

    async fn respond(&self, name: &str, headers: &[(&str, &str)], body: &Value) -> axum::response::Response {
        let mut request = Request::post("/api/v1/sql").header("authorization", format!("Bearer {}", self.token(name)));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        self.router.clone().oneshot(request.body(Body::from(body.to_string())).unwrap()).await.unwrap()
    }

    async fn delete(&self, name: &str, id: &str) -> Answer {
        let bearer = format!("Bearer {}", self.token(name));
        self.send(Request::delete(format!("/api/v1/sql/{id}")).header("authorization", bearer)).await
    }
}

fn sql(text: &str) -> Value {
    json!({ "sql": text })
}

#[tokio::test]
async fn an_answer_tells_its_columns_and_then_its_rows() {
    let mesh = mesh().await;
    let text = "select 1 as a, 'it''s' as b, cast(1.5 as decimal(12, 2)) as c, null as d, date '2026-03-01' as e \
                union all select 2, null, null, null, null order by a";
    let mut answer = mesh.post("ana", &[], &sql(text)).await;
    let id = answer.headers["x-weft-query-id"].to_str().unwrap().to_owned();
    assert_eq!((id.len(), &answer.headers["content-type"]), (32, &"application/json".parse().unwrap()));
    answer.body = answer.body.replace(&id, "<id>");
    assert_eq!(answer.status.as_u16(), 200);
    expect![[r#"
        {"id":"<id>","columns":[{"name":"a","type":"Int64","nullable":false},{"name":"b","type":"Utf8","nullable":true},{"name":"c","type":"Decimal128(12, 2)","nullable":true},{"name":"d","type":"Null","nullable":true},{"name":"e","type":"Date32","nullable":true}],"rows":[
        [1,"it's","1.50",null,"2026-03-01"],
        [2,null,null,null,null]],"terms":[],"truncated":false,"problem":null}
    "#]]
    .assert_eq(&answer.body);
    serde_json::from_str::<weft_wire::SqlAnswer>(&answer.body).unwrap();
}

#[tokio::test]
async fn an_answer_without_rows_still_tells_its_columns() {
    let mesh = mesh().await;
    let answer = mesh.post("ana", &[], &sql("select 1 as a where false")).await.json();
    assert_eq!((&answer["columns"][0]["name"], &answer["rows"]), (&json!("a"), &json!([])));
}

#[tokio::test]
async fn who_asks_for_arrow_gets_a_stream_of_it() {
    let mesh = mesh().await;
    let accept = [("accept", "application/vnd.apache.arrow.stream")];
    let response = mesh.respond("ana", &accept, &sql(LONG)).await;
    assert_eq!(response.headers()["content-type"], "application/vnd.apache.arrow.stream");
    let body = axum::body::to_bytes(response.into_body(), 64 << 20).await.unwrap();
    let reader = arrow::ipc::reader::StreamReader::try_new(body.as_ref(), None).unwrap();
    assert_eq!(reader.map(|batch| batch.unwrap().num_rows()).sum::<usize>(), 900_000);
    let answer = mesh.post("ana", &[("accept", "text/html")], &sql("select 1")).await;
    assert_eq!((answer.status.as_u16(), &answer.json()["code"]), (406, &json!("W0906")));
}

#[tokio::test]
async fn parameters_are_values_and_nothing_else() {
    let mesh = mesh().await;
    let body = json!({"sql": "select ? as a, $1 as b", "parameters": [1]});
    assert_eq!(mesh.post("ana", &[], &body).await.json()["code"], "W0214");
    let body = json!({"sql": "select ? || '!' as a, ? + 1 as b", "parameters": ["'; drop table x", 2]});
    assert_eq!(mesh.post("ana", &[], &body).await.json()["rows"], json!([["'; drop table x!", 3]]));
    let body = json!({"sql": "select ?", "parameters": [[1]]});
    assert_eq!(mesh.post("ana", &[], &body).await.json()["code"], "W0214");
}

#[tokio::test]
async fn a_limit_cuts_the_answer_and_says_so() {
    let mesh = mesh().await;
    for (limit, rows, truncated) in [(0, 0, true), (2, 2, true), (3, 3, false), (4, 3, false)] {
        let body = json!({"sql": "select * from (values (1), (2), (3)) t", "limit": limit});
        let answer = mesh.post("ana", &[], &body).await.json();
        let got = (answer["rows"].as_array().unwrap().len(), answer["truncated"].as_bool());
        assert_eq!(got, (rows, Some(truncated)), "limit {limit}");
    }
}

#[tokio::test]
async fn what_comes_beside_the_sql_is_checked() {
    let mesh = mesh().await;
    let purpose = [("x-weft-purpose", "billing")];
    assert_eq!(mesh.post("ana", &purpose, &json!({"sql": "select 1", "purpose": "billing"})).await.status, 200);
    for (headers, body) in [
        (&purpose[..], json!({"sql": "select 1", "purpose": "audit"})),
        (&[("x-weft-as-of", "yesterday")], sql("select 1")),
        (&[("x-weft-purpose", "a"), ("x-weft-purpose", "a")], sql("select 1")),
        (&[], json!({"sql": "select 1", "asOf": "2026-03-01"})),
        (&[], json!({"sql": "select 1", "purpose": "x".repeat(201)})),
        (&[], json!({"sql": "select 1", "principal": "omar"})),
        (&[], json!({"parameters": []})),
        (&[], json!("select 1")),
    ] {
        let answer = mesh.post("ana", headers, &body).await;
        assert_eq!((answer.status.as_u16(), &answer.json()["code"]), (400, &json!("W0906")), "{body}");
    }
}

#[tokio::test]
async fn a_refused_query_is_a_problem_with_the_code_that_the_other_door_gives() {
    let mesh = mesh().await;
    for (text, status, code) in [
        ("select", 400, "W0201"),
        ("select * from fleet.aircraft.absent", 404, "W0202"),
        ("select 1; select 2", 403, "W0204"),
        ("drop table fleet.aircraft.planes", 403, "W0204"),
        ("set weft.purpose = 'x'", 403, "W0204"),
        ("select 1 / (value - 1) from generate_series(1, 2)", 400, "W0213"),
    ] {
        let answer = mesh.post("ana", &[], &sql(text)).await;
        let problem = answer.json();
        assert_eq!((answer.status.as_u16(), problem["code"].as_str()), (status, Some(code)), "{text}: {problem}");
        assert_eq!(answer.headers["content-type"], "application/problem+json");
        assert_eq!(problem["trace_id"].as_str().unwrap().len(), 32);
    }
}

#[tokio::test]
async fn a_hidden_table_is_told_like_one_that_is_not_there() {
    let mesh = mesh().await;
    let of = |table: &str| sql(&format!("select * from loyalty.members.{table}"));
    let hidden = mesh.post("ana", &[], &of("profiles")).await;
    let absent = mesh.post("ana", &[], &of("absent00")).await;
    assert_eq!(hidden.but_for("profiles"), absent.but_for("absent00"));
    assert_eq!(hidden.json()["code"], "W0202");
}

#[tokio::test]
async fn nobody_asks_without_a_token() {
    let mesh = mesh().await;
    let request = Request::post("/api/v1/sql").body(Body::from(sql("select 1").to_string())).unwrap();
    assert_eq!(mesh.router.clone().oneshot(request).await.unwrap().status(), 401);
    assert_eq!(mesh.send(Request::delete("/api/v1/sql/x")).await.status, 401);
    assert_eq!(mesh.post("mallory", &[], &sql("select 1")).await.status, 401);
}

#[tokio::test]
async fn a_query_that_fails_after_its_head_has_left_says_so_at_the_end() {
    let mesh = mesh().await;
    let text = "select 1 / (value - 900000) as a, repeat('x', 20) as b from generate_series(1, 900000)";
    let answer = mesh.post("ana", &[], &sql(text)).await;
    assert_eq!(answer.status.as_u16(), 200);
    let answer: weft_wire::SqlAnswer = serde_json::from_str(&answer.body).unwrap();
    assert!(!answer.rows.is_empty());
    let problem = answer.problem.unwrap();
    assert_eq!((problem.code.as_str(), problem.trace_id.len()), ("W0213", 32));

    // A stream of Arrow is broken off, so that a part is never taken for the whole.
    let accept = [("accept", "application/vnd.apache.arrow.stream")];
    let mut body: BodyDataStream = mesh.respond("ana", &accept, &sql(text)).await.into_body().into_data_stream();
    let mut last = Ok(axum::body::Bytes::new());
    while let Some(piece) = body.next().await {
        last = piece;
    }
    assert!(last.is_err());
}

#[tokio::test]
async fn a_query_is_cancelled_by_its_own_principal_only() {
    let mesh = mesh().await;
    let response = mesh.respond("ana", &[], &sql(LONG)).await;
    let id = response.headers()["x-weft-query-id"].to_str().unwrap().to_owned();
    let (other, unknown) = (mesh.delete("nobody", &id).await, mesh.delete("nobody", &"0".repeat(32)).await);
    assert_eq!(other.but_for(&id), unknown.but_for(&"0".repeat(32)));
    assert_eq!(other.status, 404);
    assert_eq!(mesh.delete("ana", &id).await.status, 204);
    let body = axum::body::to_bytes(response.into_body(), 64 << 20).await.unwrap();
    let answer: weft_wire::SqlAnswer = serde_json::from_slice(&body).unwrap();
    assert_eq!(answer.problem.map(|problem| problem.code).as_deref(), Some("W0212"));
    assert_eq!(mesh.delete("ana", &id).await.status, 404);
}

#[tokio::test]
async fn whoever_hangs_up_cancels() {
    let mesh = mesh().await;
    // One more than anybody may have under way would be refused.
    let mut held = Vec::new();
    while let response = mesh.respond("ana", &[], &sql(LONG)).await
        && response.status() == 200
    {
        held.push(response);
        assert!(held.len() < 100);
    }
    let refused = mesh.post("ana", &[], &sql("select 1")).await;
    assert_eq!((refused.status.as_u16(), &refused.json()["code"]), (429, &json!("W0216")));
    assert_eq!(mesh.post("nobody", &[], &sql("select 1")).await.status, 200);
    drop(held);
    assert_eq!(mesh.post("ana", &[], &sql("select 1")).await.status, 200);
}

#[tokio::test]
async fn a_query_that_takes_too_long_ends_with_a_clear_problem() {
    let mesh = mesh().await;
    let text = "select count(*) from generate_series(1, 900000) a, generate_series(1, 900000) b where a.value * b.value % 7 = 3";
    let answer = mesh.post("ana", &[], &sql(text)).await;
    assert_eq!((answer.status.as_u16(), &answer.json()["code"]), (504, &json!("W0210")), "{}", answer.body);
}
