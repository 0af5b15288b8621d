//! Receivers to which nothing goes, or nothing any more, and what is sent to the others.

use super::receiver::{Manner, Receiver};
use super::{Running, SECRET, catalog, fast, pending, ticking, turn, until, webhook};
use crate::{Interest, Secret, Secrets, Webhook};

fn orders() -> impl Iterator<Item = String> {
    ["sales.orders".to_owned()].into_iter()
}

#[tokio::test]
async fn a_receiver_that_is_gone_is_disabled_until_it_is_configured_otherwise() {
    let receiver = Receiver::start(SECRET, |_| Manner::Answer(410, "")).await;
    let clock = ticking();
    let catalog = catalog(&clock).await;
    let running = Running::start(&catalog, &clock, fast(3), vec![webhook(&receiver.url())]).await;
    turn(&catalog, orders(), true).await;
    until(&catalog, || async { catalog.webhook("house").await.unwrap().unwrap().disabled.is_some() }).await;
    running.task.await.unwrap();
    assert_eq!(receiver.came().len(), 1);

    receiver.behave(|_| Manner::Take(200));
    turn(&catalog, orders(), false).await;
    let running = Running::start(&catalog, &clock, fast(3), vec![webhook(&receiver.url())]).await;
    running.task.await.unwrap();
    assert_eq!(receiver.came().len(), 1, "it stays disabled over a restart");

    let wanted = Webhook { generation: 1, ..webhook(&receiver.url()) };
    let running = Running::start(&catalog, &clock, fast(3), vec![wanted]).await;
    receiver.has_taken(2).await;
    running.stop().await;
    let outcomes: Vec<_> = receiver.taken().iter().map(|taken| taken.event()["data"]["outcome"].clone()).collect();
    assert_eq!(outcomes, ["failed", "passed"], "what happened meanwhile is told too");
}

#[tokio::test]
async fn nobody_is_sent_on_to_another_place() {
    let receiver = Receiver::start(SECRET, |_| Manner::Answer(307, "location: /elsewhere\r\n")).await;
    let clock = ticking();
    let catalog = catalog(&clock).await;
    let running = Running::start(&catalog, &clock, fast(2), vec![webhook(&receiver.url())]).await;
    turn(&catalog, orders(), true).await;
    until(&catalog, || async { !catalog.dead_letters("house", 1).await.unwrap().is_empty() }).await;
    running.stop().await;
    assert_eq!(catalog.dead_letters("house", 1).await.unwrap()[0].problem, "it answered 307");
    assert!(receiver.came().iter().all(|request| request.path == "/hook"));
}

#[tokio::test]
async fn private_addresses_are_not_connected_to_whatever_they_are_called() {
    let receiver = Receiver::start(SECRET, |_| Manner::Take(200)).await;
    let port = receiver.address.port();
    for (host, problem) in [
        ("127.0.0.1", "its address 127.0.0.1 is private"),
        ("[::ffff:127.0.0.1]", "its address ::ffff:127.0.0.1 is private"),
        ("localhost", "it cannot be reached: its name stands for private addresses alone"),
    ] {
        let clock = ticking();
        let catalog = catalog(&clock).await;
        let url = crate::address(&format!("https://{host}:{port}/hook"), false).unwrap();
        let refused = Webhook { url, allows_private: false, ..webhook(&receiver.url()) };
        let running = Running::start(&catalog, &clock, fast(2), vec![refused]).await;
        turn(&catalog, orders(), true).await;
        until(&catalog, || async { !catalog.dead_letters("house", 1).await.unwrap().is_empty() }).await;
        running.stop().await;
        assert_eq!(catalog.dead_letters("house", 1).await.unwrap()[0].problem, problem);
    }
    assert_eq!(receiver.connections(), 0);
}

#[tokio::test]
async fn while_a_secret_changes_receivers_with_either_take_what_is_sent() {
    const NEW: &str = "whsec_AfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    let (old, new) =
        (Receiver::start(SECRET, |_| Manner::Take(200)).await, Receiver::start(NEW, |_| Manner::Take(200)).await);
    let clock = ticking();
    let catalog = catalog(&clock).await;
    let both = Secrets::fixed([NEW, SECRET].map(|text| Secret::parse(text).unwrap()).to_vec());
    let of = |name: &str, receiver: &Receiver, secrets: &Secrets| Webhook {
        name: name.into(),
        secrets: secrets.clone(),
        ..webhook(&receiver.url())
    };
    let webhooks = vec![of("house", &old, &both), of("other", &new, &both)];
    let running = Running::start(&catalog, &clock, fast(3), webhooks).await;
    turn(&catalog, orders(), true).await;
    old.has_taken(1).await;
    new.has_taken(1).await;
    running.stop().await;
    let request = &old.taken()[0];
    assert_eq!(request.headers["webhook-signature"].split(' ').count(), 2);
    assert_eq!(request.headers["content-type"], "application/cloudevents+json");
    assert_eq!(request.event()["source"], "https://mesh.example.org");

    // A receiver that knows another secret takes nothing.
    let only = Secrets::fixed(vec![Secret::parse(NEW).unwrap()]);
    let running = Running::start(&catalog, &clock, fast(2), vec![of("house", &old, &only)]).await;
    turn(&catalog, orders(), false).await;
    until(&catalog, || async { !catalog.dead_letters("house", 1).await.unwrap().is_empty() }).await;
    running.stop().await;
    assert_eq!(old.taken().len(), 1);
    assert!(catalog.webhook("other").await.unwrap().is_none(), "what is not configured any more is forgotten");
}

#[tokio::test]
async fn a_webhook_hears_of_what_it_asked_for_from_then_on() {
    let receiver = Receiver::start(SECRET, |_| Manner::Take(200)).await;
    let clock = ticking();
    let catalog = catalog(&clock).await;
    turn(&catalog, orders(), true).await;
    let interest = Interest { products: vec!["sales.orders".parse().unwrap()], ..Interest::default() };
    let wanted = Webhook { interest, ..webhook(&receiver.url()) };
    let running = Running::start(&catalog, &clock, fast(3), vec![wanted]).await;
    turn(&catalog, ["sales.orders", "sales.others"].map(str::to_owned).into_iter(), false).await;
    turn(&catalog, ["sales.orders", "sales.others"].map(str::to_owned).into_iter(), true).await;
    receiver.has_taken(2).await;
    until(&catalog, || async { pending(&catalog).await == 0 }).await;
    running.stop().await;
    let told: Vec<String> = receiver
        .taken()
        .iter()
        .map(|taken| format!("{} {}", taken.event()["subject"], taken.event()["data"]["outcome"]))
        .collect();
    assert_eq!(told, ["\"sales.orders.lines\" \"passed\"", "\"sales.orders.lines\" \"failed\""]);
}
