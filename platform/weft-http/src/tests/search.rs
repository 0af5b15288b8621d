use super::*;

#[tokio::test]
async fn what_is_found_says_why_and_is_what_the_caller_may_discover() {
    let mesh = mesh().await;
    let found = mesh.get("/api/v1/search?q=plnaes", "ana").await.json();
    assert_eq!((found["total"].as_u64(), found["didYouMean"].as_str()), (Some(1), Some("planes")), "{found:#}");
    let hit = &found["items"][0];
    assert_eq!((hit["kind"].as_str(), hit["id"].as_str()), (Some("product"), Some("fleet.aircraft")));
    assert_eq!(hit["matched"][0], json!({"field": "port", "of": "planes", "text": "planes", "offsets": [[0, 6]]}));
    let kinds = json!([
        {"name": "product", "count": 1},
        {"name": "port", "count": 1},
        {"name": "column", "count": 0},
        {"name": "person", "count": 0},
    ]);
    assert_eq!(found["facets"]["kinds"], kinds);
    let hidden = mesh.get("/api/v1/search?q=profiles", "ana").await.json();
    assert_eq!((hidden["total"].as_u64(), hidden["didYouMean"].as_str()), (Some(0), None));
    let all = mesh.get("/api/v1/search?kind=product&limit=1", "ana").await.json();
    assert_eq!((all["total"].as_u64(), all["next"].as_str()), (Some(1), None));
    assert_eq!(mesh.get("/api/v1/search?q=planes", "nobody").await.json()["total"], 0);
}

#[tokio::test]
async fn a_question_that_is_none_is_told_so() {
    let mesh = mesh().await;
    let long = "x".repeat(501);
    for query in
        ["kind=dataset", "domain=A.b", "canQuery=perhaps", "limit=0", "limit=201", "after=x", &format!("q={long}")]
    {
        let answer = mesh.get(&format!("/api/v1/search?{query}"), "ana").await;
        assert_eq!(
            (answer.status, answer.json()["code"].as_str()),
            (StatusCode::BAD_REQUEST, Some("W0906")),
            "{query}"
        );
    }
    assert_eq!(mesh.get("/api/v1/search?kind=&domain=&canQuery=&after=&q=", "ana").await.status, StatusCode::OK);
}
