use std::path::Path;

use super::*;
use crate::sample::{clock, release};

const LONG: Duration = Duration::from_secs(600);
const OVER: Duration = Duration::ZERO;

async fn node(path: &Path, name: &str) -> Catalog {
    Catalog::open_among_others(path, name, clock()).await.unwrap()
}

fn planes(number: u64) -> weft_model::Release {
    release(number, &["fleet.aircraft.planes"], &[])
}

#[tokio::test]
async fn one_leads_and_each_term_is_given_once() {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("catalog.db");
    let (a, b) = (node(&path, "a").await, node(&path, "b").await);
    assert_eq!(a.lead(LONG).await.unwrap(), Lead::Ours { term: 1, is_new: true });
    assert_eq!(a.lead(LONG).await.unwrap(), Lead::Ours { term: 1, is_new: false });
    assert_eq!(b.lead(LONG).await.unwrap(), Lead::Theirs { leader: "a".into() });
    a.resign().await.unwrap();
    assert_eq!(b.lead(LONG).await.unwrap(), Lead::Ours { term: 2, is_new: true });
    assert_eq!(a.lead(LONG).await.unwrap(), Lead::Theirs { leader: "b".into() });
    b.resign().await.unwrap();
    assert_eq!(a.lead(LONG).await.unwrap(), Lead::Ours { term: 3, is_new: true });
}

#[tokio::test]
async fn whoever_lost_the_lead_changes_nothing_any_more() {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("catalog.db");
    let (a, b) = (node(&path, "a").await, node(&path, "b").await);
    assert!(matches!(a.publish(vec![planes(1)]).await, Err(CatalogError::NotLeading { leader: None })));
    a.lead(OVER).await.unwrap();
    a.publish(vec![planes(1)]).await.unwrap();
    // The lease is over once the database's clock has moved.
    while let Lead::Theirs { .. } = b.lead(LONG).await.unwrap() {}
    let refused = a.publish(vec![planes(2)]).await.unwrap_err();
    assert_eq!(refused.to_string(), "this node does not lead the mesh; `b` does");
    b.publish(vec![planes(2)]).await.unwrap();
}

#[tokio::test]
async fn what_one_publishes_the_other_serves() {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("catalog.db");
    let (a, b) = (node(&path, "a").await, node(&path, "b").await);
    a.lead(LONG).await.unwrap();
    b.refresh().await.unwrap();
    assert!(!b.refresh().await.unwrap(), "nothing has changed");
    a.publish(vec![planes(1)]).await.unwrap();
    a.set_revision(&weft_model::Revision::new("r1")).await.unwrap();
    assert!(b.published().releases.is_empty());
    assert!(b.refresh().await.unwrap());
    assert_eq!(*b.published(), *a.published());
}

#[tokio::test]
async fn a_file_that_nobody_shares_is_always_led() {
    let alone = Catalog::open_in_memory(clock()).await.unwrap();
    assert!(!alone.is_shared());
    alone.ensure_leads().await.unwrap();
    alone.publish(vec![planes(1)]).await.unwrap();
    assert!(!alone.refresh().await.unwrap());
}
