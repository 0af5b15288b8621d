use expect_test::expect_file;

use super::*;

#[tokio::test]
async fn the_description_in_the_docs_is_that_of_the_code() {
    let mesh = mesh().await;
    let description = mesh.send(Request::get("/openapi.json")).await.json();
    let text = serde_json::to_string_pretty(&description).unwrap();
    // `UPDATE_EXPECT=1 cargo test --release --workspace description_in_the_docs` writes it anew.
    expect_file!["../../../docs/openapi.json"].assert_eq(&format!("{text}\n"));
}

#[tokio::test]
async fn every_operation_says_what_it_does_and_what_its_problems_are() {
    let mesh = mesh().await;
    let description = mesh.send(Request::get("/openapi.json")).await.json();
    let mut ids = BTreeSet::new();
    for (path, item) in description["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let told = operation["summary"].as_str().or(operation["description"].as_str());
            assert!(told.is_some(), "{method} {path}");
            assert!(operation["responses"]["default"].is_object(), "{method} {path}");
            assert!(
                ids.insert(operation["operationId"].as_str().unwrap().to_owned()),
                "{method} {path} is named twice"
            );
            for part in path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}')) {
                let parameters = operation["parameters"].as_array().unwrap();
                assert!(parameters.iter().any(|known| known["name"] == part && known["required"] == true), "{path}");
            }
        }
    }
    assert!(ids.contains("get_product") && ids.contains("post_sql"), "{ids:?}");
}

#[tokio::test]
async fn an_answer_that_the_caller_has_is_not_sent_again() {
    let mesh = mesh().await;
    let bearer = format!("Bearer {}", mesh.token("ana"));
    let ask = |path: &str, tag: &str| Request::get(path).header("authorization", &bearer).header("if-none-match", tag);
    let first = mesh.send(ask("/api/v1/domains", "\"other\"")).await;
    let tag = first.headers["etag"].to_str().unwrap().to_owned();
    assert_eq!(first.status, StatusCode::OK);
    let again = mesh.send(ask("/api/v1/domains", &format!("\"other\", {tag}"))).await;
    assert_eq!((again.status, again.body.as_str()), (StatusCode::NOT_MODIFIED, ""));
    // What another caller sees is another answer.
    let other = Request::get("/api/v1/domains").header("authorization", format!("Bearer {}", mesh.token("nobody")));
    assert_eq!(mesh.send(other.header("if-none-match", &tag)).await.status, StatusCode::OK);
}
