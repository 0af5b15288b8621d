//! Who sees what of a port is told to who answers for it, as queries see it; what a change of rules would do is told to
//! each as far as they may know.

use serde_json::{Value, json};
use weft_testkit::{Manifests, TestMesh};

use crate::asking::ask;
use crate::releases::orders;

const ACCESS: &str = "products/sales/access.csv";
const LINES: &str = "sales.orders.lines";

async fn start(manifests: &Manifests) -> TestMesh {
    let mesh = TestMesh::start(manifests.path()).await;
    assert!(mesh.first.is_complete(), "{:#?}", mesh.first);
    mesh
}

/// What the server answers `name`.
async fn posted(mesh: &TestMesh, name: &str, what: &str, body: &Value) -> (u16, Value) {
    let url = format!("{}/api/v1/access/{what}", mesh.http());
    let response = reqwest::Client::new().post(url).bearer_auth(mesh.token(name)).json(body).send().await.unwrap();
    (response.status().as_u16(), response.json().await.unwrap())
}

/// What each member of a roster sees of each column: `ana order_id clear`.
fn seen(roster: &Value) -> Vec<String> {
    let mut seen = Vec::new();
    for group in roster["groups"].as_array().unwrap() {
        for member in group["members"].as_array().unwrap() {
            for column in group["columns"].as_array().unwrap() {
                let text = |value: &Value| value.as_str().unwrap().to_owned();
                seen.push([&member["name"], &column["name"], &column["sees"]].map(text).join(" "));
            }
        }
    }
    seen.sort();
    seen
}

#[tokio::test]
async fn a_roster_is_told_to_who_answers_for_the_product_and_says_what_queries_say() {
    let manifests = orders();
    let mesh = start(&manifests).await;
    let (status, told) = posted(&mesh, "olga", "roster", &json!({ "port": LINES })).await;
    assert_eq!(status, 200, "{told}");
    let mut asked = 0;
    for line in seen(&told) {
        let [name, column, sees] = line.split(' ').collect::<Vec<_>>().try_into().unwrap();
        if name == "sales-jobs" {
            continue;
        }
        let answer =
            ask(&mesh, name, &format!("select {column} from {LINES} where {column} is not null limit 1")).await;
        assert_eq!(answer.is_ok_and(|rows| !rows.is_empty()), sees == "clear", "{line}");
        asked += 1;
    }
    assert_eq!(asked, 9, "three people and three columns: {told:#}");
    let ana = told["groups"].as_array().unwrap().iter().find(|group| group["members"][0]["name"] == "ana").unwrap();
    let path = &ana["members"][0]["paths"][0];
    assert_eq!(path["subject"], "role:analyst");
    let steps: Vec<&str> =
        path["chain"].as_array().unwrap().iter().map(|step| step["holds"].as_str().unwrap()).collect();
    assert_eq!(steps, ["group:analysts", "role:analyst"]);
    assert_eq!(path["chain"][1]["by"]["file"], ACCESS);

    let (status, told) = posted(&mesh, "ana", "roster", &json!({ "port": LINES })).await;
    assert_eq!((status, told["code"].as_str().unwrap()), (403, "W0301"), "{told}");
    mesh.stop().await;
}

#[tokio::test]
async fn a_port_that_the_asker_may_not_know_of_has_the_answer_of_one_that_is_not_there() {
    let manifests = orders();
    let mesh = start(&manifests).await;
    let answer = async |port: &str| {
        let (status, told) = posted(&mesh, "nobody", "roster", &json!({ "port": port })).await;
        (status, told["code"].clone(), told["detail"].as_str().unwrap().replace("lines", "absent"))
    };
    let hidden = answer(LINES).await;
    assert_eq!(hidden, answer("sales.orders.absent").await);
    assert_eq!((hidden.0, hidden.1.as_str().unwrap()), (404, "W0905"));

    for (body, wanted) in [
        (json!({ "port": LINES, "column": "absent" }), 404),
        (json!({ "port": "lines" }), 400),
        (json!({ "port": LINES, "columns": [] }), 400),
    ] {
        assert_eq!(posted(&mesh, "olga", "roster", &body).await.0, wanted, "{body}");
    }
    mesh.stop().await;
}

#[tokio::test]
async fn whom_the_policies_let_have_it_explained_is_told_too() {
    let manifests = orders();
    let access = manifests.text(ACCESS);
    manifests.write(ACCESS, format!("{access}p, role:analyst, dom:sales, obj:sales.orders, explain, *, -, allow\n"));
    let mesh = start(&manifests).await;
    let status = async |port: &str| posted(&mesh, "ana", "roster", &json!({ "port": port, "purpose": "x" })).await.0;
    assert_eq!([status(LINES).await, status("sales.totals.overall").await], [200, 403]);
    mesh.stop().await;
}

#[tokio::test]
async fn a_simulation_names_people_to_who_answers_counts_them_for_others_and_comes_true() {
    let manifests = orders();
    let mesh = start(&manifests).await;
    let line = "p, user:nobody, dom:sales, obj:sales.orders, read, *, -, allow";
    let after = format!("{}{line}\n", manifests.text(ACCESS));
    let body = json!({ "files": { ACCESS: after } });

    let (status, told) = posted(&mesh, "olga", "simulate", &body).await;
    assert_eq!(status, 200, "{told}");
    let changes = told["changes"].as_array().unwrap();
    assert_eq!(changes.len(), 1, "{told:#}");
    let change = &changes[0];
    assert_eq!((change["port"].as_str(), change["change"].as_str()), (Some(LINES), Some("gains")));
    assert_eq!(change["columns"], json!(["order_id", "amount", "day"]));
    assert_eq!((&change["people"], &change["peopleCount"]), (&json!(["nobody"]), &json!(1)));
    assert_eq!(change["because"][0]["text"], line);

    let (_, told) = posted(&mesh, "ana", "simulate", &body).await;
    let change = &told["changes"][0];
    assert_eq!(
        (&change["people"], &change["because"], &change["peopleCount"]),
        (&json!(null), &json!(null), &json!(1))
    );
    // Who may not know of the port learns nothing, not by granting it to themselves either.
    assert_eq!(posted(&mesh, "nobody", "simulate", &body).await.1["changes"], json!([]));

    assert!(ask(&mesh, "nobody", "select count(*) from sales.orders.lines").await.is_err(), "nothing has changed");
    manifests.write(ACCESS, after);
    assert!(mesh.reconcile().await.is_complete());
    assert!(ask(&mesh, "nobody", "select count(*) from sales.orders.lines").await.is_ok());
    mesh.stop().await;
}

#[tokio::test]
async fn what_cannot_be_laid_over_the_manifests_is_refused() {
    let manifests = orders();
    let mesh = start(&manifests).await;
    for (files, wanted) in [
        (json!({ "README.md": "x" }), (400, "W0906")),
        (json!({ "products/../mesh.yaml": "x" }), (400, "W0906")),
        (json!({ "governance/policies/a.csv": "nonsense\n" }), (409, "W0302")),
    ] {
        let (status, told) = posted(&mesh, "olga", "simulate", &json!({ "files": files })).await;
        assert_eq!((status, told["code"].as_str().unwrap()), wanted, "{told}");
    }
    mesh.stop().await;
}
