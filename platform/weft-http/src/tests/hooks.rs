use futures::FutureExt;
use hmac::{Hmac, Mac};
use sha2::Sha256;

use super::*;

const PATH: &str = "/api/v1/hooks/git";

async fn push(mesh: &Mesh, headers: &[(&str, &str)], body: &str) -> Answer {
    let request = headers.iter().fold(Request::post(PATH), |request, (name, value)| request.header(*name, *value));
    send_body(&mesh.router, request, body.to_owned()).await
}

/// Whether whoever waits for pushes was woken since the last time.
fn is_woken(mesh: &Mesh) -> bool {
    mesh.pushed.notified().now_or_never().is_some()
}

#[tokio::test]
async fn a_push_that_the_git_host_signed_wakes_and_no_other_does() {
    let mesh = mesh().await;
    let secret = std::fs::read_to_string(mesh.home.path().join("hook.secret")).unwrap();
    let secret = secret.trim();
    let signed = |body: &str| {
        let keyed = <Hmac<Sha256> as Mac>::new_from_slice(secret.as_bytes()).unwrap().chain_update(body);
        hex::encode(keyed.finalize().into_bytes())
    };
    let (body, signature) = ("not even JSON", signed("not even JSON"));
    let github = format!("sha256={signature}");
    let good = [
        ("x-hub-signature-256", github.as_str()),
        ("x-gitea-signature", &signature),
        ("x-forgejo-signature", &signature),
        ("x-gitlab-token", secret),
    ];
    for proof in good {
        assert_eq!(push(&mesh, &[proof], body).await.status, StatusCode::ACCEPTED, "{proof:?}");
        assert!(is_woken(&mesh), "{proof:?}");
    }

    let missing = push(&mesh, &[], body).await;
    assert_eq!(missing.headers["www-authenticate"], "HMAC-SHA256");
    check(
        &missing,
        401,
        expect![[r#"
            {
              "type": "urn:weft:W0950",
              "title": "not authenticated",
              "status": 401,
              "detail": "the push hook is not signed with the secret of this mesh",
              "code": "W0950",
              "trace_id": "<trace>"
            }"#]],
    );
    let (of_other, bearer) = (format!("sha256={}", signed("other")), format!("Bearer {}", mesh.token("ana")));
    let bad: [&[(&str, &str)]; 7] = [
        &[("x-hub-signature-256", &of_other)],
        &[("x-hub-signature-256", &signature)],
        &[("x-hub-signature-256", &github), ("x-hub-signature-256", &github)],
        &[("x-hub-signature-256", &of_other), ("x-gitlab-token", secret)],
        &[("x-gitlab-token", &signature)],
        &[("x-gitlab-token", "")],
        &[("authorization", &bearer)],
    ];
    for proof in bad {
        assert_eq!(push(&mesh, proof, body).await.but_for("-"), missing.but_for("-"), "{proof:?}");
    }
    let long = "x".repeat(2 << 20);
    let too_long = push(&mesh, &[("x-gitlab-token", secret)], &long).await;
    assert_eq!(too_long.status, StatusCode::PAYLOAD_TOO_LARGE);
    assert!(!is_woken(&mesh));
    assert_eq!(mesh.send(Request::get("/api/v1/me")).await.status, StatusCode::UNAUTHORIZED, "all else wants a token");
}
