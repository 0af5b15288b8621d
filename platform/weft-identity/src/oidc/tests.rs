//! Signing in while the provider is away.

use super::*;

#[tokio::test]
async fn a_provider_that_does_not_answer_is_left_alone_by_those_who_sign_in() {
    let settings = OidcSettings {
        name: "Provider".to_owned(),
        issuer: "http://127.0.0.1:1".to_owned(),
        client_id: "weft".to_owned(),
        client_secret: None,
        audiences: Vec::new(),
        claims: ClaimSettings::default(),
    };
    let oidc = Oidc::new(settings, "http://127.0.0.1/auth/callback".to_owned()).unwrap();
    let told = async || oidc.begin("/".to_owned()).await.unwrap_err().reason();
    for _ in 0..FAILURES {
        let told = told().await;
        assert!(!told.contains("asked again"), "{told}");
    }
    for _ in 0..100 {
        assert_eq!(told().await, "it did not answer, and is asked again within seconds");
    }
}
