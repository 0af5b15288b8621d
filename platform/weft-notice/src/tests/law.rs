//! What must hold whatever receivers do: none lost, none forged, none before what came before it.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use super::receiver::{Manner, Receiver};
use super::{Running, SECRET, catalog, fast, pending, ticking, turn, until, webhook};
use crate::Pace;

const PRODUCTS: usize = 100;
const TURNS: usize = 100;

fn products() -> impl Iterator<Item = String> {
    (0..PRODUCTS).map(|number| format!("sales.p{number}"))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_ten_thousand_events_with_every_fifth_try_failing_none_is_lost_or_forged_or_out_of_order() {
    let seed = 20_261_127;
    let mut random = fastrand::Rng::with_seed(seed);
    let receiver = Receiver::start(SECRET, move |_| match random.u32(..100) {
        0..4 => Manner::Answer(500, ""),
        4..7 => Manner::Answer(503, "retry-after: 1\r\n"),
        7..10 => Manner::Drop,
        10..13 => Manner::TakeAndDrop,
        13 => Manner::Hang,
        14 => Manner::TakeAndHang,
        15..20 => Manner::Garble,
        _ => Manner::Take(204),
    })
    .await;
    let clock = ticking();
    let catalog = catalog(&clock).await;
    let pace = Pace { at_once: 32, ..fast(30) };
    let running = Running::start(&catalog, &clock, pace, vec![webhook(&receiver.url())]).await;
    for turns in 0..TURNS {
        turn(&catalog, products(), turns % 2 == 0).await;
    }
    receiver.knows(PRODUCTS * TURNS).await;
    until(&catalog, || async { pending(&catalog).await == 0 }).await;
    running.stop().await;

    let state = catalog.webhook("house").await.unwrap().unwrap();
    assert_eq!((state.dead_letters, state.disabled), (0, None), "seed {seed}");
    let mut seen = BTreeSet::new();
    let mut newest: BTreeMap<String, i64> = BTreeMap::new();
    let taken = receiver.taken();
    for request in &taken {
        // Receivers drop what they have already.
        if !seen.insert(request.id().to_owned()) {
            continue;
        }
        let event = request.event();
        assert_eq!(event["id"], request.id());
        let number: i64 = request.id().split('-').next().unwrap().parse().unwrap();
        let before = newest.insert(event["subject"].as_str().unwrap().to_owned(), number);
        assert!(before.is_none_or(|before| before < number), "seed {seed}: {number} came after {before:?}");
    }
    assert_eq!(seen.len(), PRODUCTS * TURNS, "seed {seed}");
    assert!(taken.len() > seen.len(), "some came twice");
    let tries = receiver.came().len();
    assert!(tries > PRODUCTS * TURNS * 11 / 10, "{tries} tries");
}

#[tokio::test]
async fn what_was_sent_and_not_noted_is_sent_again_with_the_same_id() {
    let receiver = Receiver::start(SECRET, |_| Manner::TakeAndHang).await;
    let clock = ticking();
    let catalog = catalog(&clock).await;
    let pace = Pace { deadline: Duration::from_secs(60), ..fast(3) };
    let dies = Running::start(&catalog, &clock, pace.clone(), vec![webhook(&receiver.url())]).await;
    turn(&catalog, ["sales.orders".to_owned()].into_iter(), true).await;
    turn(&catalog, ["sales.orders".to_owned()].into_iter(), false).await;
    receiver.has_taken(1).await;
    dies.task.abort();
    assert!(dies.task.await.unwrap_err().is_cancelled());

    receiver.behave(|_| Manner::Take(200));
    let running = Running::start(&catalog, &clock, pace, vec![webhook(&receiver.url())]).await;
    receiver.has_taken(3).await;
    until(&catalog, || async { pending(&catalog).await == 0 }).await;
    running.stop().await;
    let ids: Vec<String> = receiver.taken().iter().map(|request| request.id().to_owned()).collect();
    assert_eq!(ids.len(), 3);
    assert_eq!(ids[0], ids[1]);
    assert!(ids[1] != ids[2]);
}

#[tokio::test]
async fn poison_becomes_a_dead_letter_and_holds_up_its_own_product_alone_and_not_for_ever() {
    let is_poison =
        |event: &serde_json::Value| event["subject"] == "sales.bad.lines" && event["data"]["outcome"] == "failed";
    let receiver = Receiver::start(SECRET, move |request| match is_poison(&request.event()) {
        true => Manner::Answer(500, ""),
        false => Manner::Take(200),
    })
    .await;
    let clock = ticking();
    let catalog = catalog(&clock).await;
    let running = Running::start(&catalog, &clock, fast(4), vec![webhook(&receiver.url())]).await;
    for is_late in [true, false] {
        turn(&catalog, ["sales.bad", "sales.good"].map(str::to_owned).into_iter(), is_late).await;
    }
    receiver.has_taken(3).await;
    until(&catalog, || async { pending(&catalog).await == 0 }).await;
    running.stop().await;
    let taken: Vec<String> = receiver.taken().iter().map(|request| request.event()["subject"].to_string()).collect();
    assert_eq!(taken, ["\"sales.good.lines\"", "\"sales.good.lines\"", "\"sales.bad.lines\""]);
    let dead = catalog.dead_letters("house", 10).await.unwrap();
    assert_eq!(dead.len(), 1);
    assert_eq!((dead[0].lane.as_str(), dead[0].tries, dead[0].problem.as_str()), ("sales.bad", 4, "it answered 500"));

    // Another generation is another configuration: what is dead is told anew.
    receiver.behave(|_| Manner::Take(200));
    let again = crate::Webhook { generation: 1, ..webhook(&receiver.url()) };
    let running = Running::start(&catalog, &clock, fast(4), vec![again]).await;
    receiver.has_taken(4).await;
    until(&catalog, || async { pending(&catalog).await == 0 }).await;
    running.stop().await;
    assert!(catalog.dead_letters("house", 10).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_receiver_that_is_down_is_asked_seldom_and_gets_everything_once_it_is_back() {
    let receiver = Receiver::start(SECRET, |_| Manner::Answer(503, "")).await;
    let clock = ticking();
    let catalog = catalog(&clock).await;
    let pace = Pace { failures_max: 3, at_once: 1, probe_every: Duration::from_millis(50), ..fast(40) };
    let running = Running::start(&catalog, &clock, pace, vec![webhook(&receiver.url())]).await;
    let began = std::time::Instant::now();
    turn(&catalog, products().take(20), true).await;
    until(&catalog, || async { receiver.came().len() >= 6 }).await;
    assert!(began.elapsed() >= Duration::from_millis(3 * 50), "three in a row, and then one at a time");
    receiver.behave(|_| Manner::Take(200));
    receiver.has_taken(20).await;
    running.stop().await;
}
