use super::*;

const PATH: &str = "/api/v1/session";

async fn post(mesh: &Mesh, path: &str, headers: &[(&str, &str)], body: &Value) -> Answer {
    let request = headers.iter().fold(Request::post(path), |request, (name, value)| request.header(*name, *value));
    send_body(&mesh.router, request, body.to_string()).await
}

/// The cookie and the proof of a browser that signs in as Ana.
async fn signed_in(mesh: &Mesh) -> (String, String) {
    let answer = post(mesh, PATH, &[("host", "127.0.0.1:8080")], &json!({"demo": "ana"})).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
    let cookie = answer.headers["set-cookie"].to_str().unwrap();
    for word in ["HttpOnly", "SameSite=Lax", "Path=/"] {
        assert!(cookie.contains(word), "{cookie}");
    }
    (cookie.split(';').next().unwrap().to_owned(), answer.json()["csrf"].as_str().unwrap().to_owned())
}

#[tokio::test]
async fn a_browser_signs_in_asks_and_signs_out() {
    let mesh = mesh().await;
    let before = mesh.send(Request::get(PATH)).await.json();
    assert_eq!((&before["signedIn"], &before["csrf"]), (&json!(false), &Value::Null));
    assert_eq!(before["signIn"]["demo"], json!([{"name": "ana", "description": "Analyst"}]));

    let (cookie, csrf) = signed_in(&mesh).await;
    let session = mesh.send(Request::get(PATH).header("cookie", &cookie)).await.json();
    assert_eq!((&session["me"]["principal"], &session["csrf"]), (&json!("ana"), &json!(csrf)));
    let products = mesh.send(Request::get("/api/v1/products").header("cookie", &cookie)).await;
    assert_eq!(products.json(), mesh.get("/api/v1/products", "ana").await.json());

    let out = Request::delete(PATH).header("cookie", &cookie).header("x-weft-csrf", &csrf);
    assert_eq!(mesh.send(out).await.status, StatusCode::NO_CONTENT);
    let after = mesh.send(Request::get("/api/v1/products").header("cookie", &cookie)).await;
    assert_eq!(after.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn a_page_of_another_site_changes_nothing() {
    let mesh = mesh().await;
    let (cookie, csrf) = signed_in(&mesh).await;
    let sql = json!({"sql": "select 1 a"});
    let (host, own) = (("host", "127.0.0.1:8080"), ("origin", "http://127.0.0.1:8080"));
    let signed = [("cookie", cookie.as_str()), host];
    let with = |more: &[(&'static str, &'static str)]| -> Vec<(&str, &str)> { [&signed, more].concat() };
    for more in [vec![], vec![own], vec![("x-weft-csrf", "guessed")]] {
        let answer = post(&mesh, "/api/v1/sql", &with(&more), &sql).await;
        assert_eq!((answer.status, &answer.json()["code"]), (StatusCode::FORBIDDEN, &json!("W0804")), "{more:?}");
    }
    let proven = [signed[0], signed[1], ("x-weft-csrf", csrf.as_str())];
    let elsewhere = [proven[0], proven[1], proven[2], ("origin", "http://evil.example")];
    assert_eq!(post(&mesh, "/api/v1/sql", &elsewhere, &sql).await.status, StatusCode::FORBIDDEN);
    assert_eq!(post(&mesh, "/api/v1/sql", &proven, &sql).await.status, StatusCode::OK);
    let from_elsewhere = [host, ("origin", "http://evil.example")];
    assert_eq!(post(&mesh, PATH, &from_elsewhere, &json!({"demo": "ana"})).await.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn a_demo_principal_is_chosen_on_this_machine_alone() {
    let mesh = mesh().await;
    for (host, name) in [("catalog.example", "ana"), ("127.0.0.1:8080", "nobody"), ("127.0.0.1:8080", "root")] {
        let answer = post(&mesh, PATH, &[("host", host)], &json!({"demo": name})).await;
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{host} {name}");
    }
    let token = mesh.token("nobody");
    let answer = post(&mesh, PATH, &[("host", "catalog.example")], &json!({"token": token})).await;
    assert_eq!(answer.json()["me"]["principal"], "nobody");
    let both = post(&mesh, PATH, &[("host", "127.0.0.1")], &json!({"token": token, "demo": "ana"})).await;
    assert_eq!(both.status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn a_token_alone_makes_no_token() {
    let mesh = mesh().await;
    let bearer = format!("Bearer {}", mesh.token("ana"));
    let refused = post(&mesh, "/api/v1/tokens", &[("authorization", &bearer)], &json!({})).await;
    assert_eq!((refused.status, &refused.json()["code"]), (StatusCode::FORBIDDEN, &json!("W0301")));
}
