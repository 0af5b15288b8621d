//! The demo mesh as it is written, before anything of it runs.

use std::collections::BTreeSet;
use std::fs;

use chrono::{DateTime, Utc};
use weft_governance::{AccessRequest, Authorizer, MeshFacts, ObjectRef, PolicySnapshot, decisions_matrix};
use weft_model::{Action, PortRef, Published};
use weft_reconcile::{Checked, Known, check};

use crate::meshes::{repository, tree};

#[tokio::test]
async fn the_demo_has_no_errors_and_no_warnings() {
    let told: Vec<String> = demo().await.diagnostics.iter().map(ToString::to_string).collect();
    assert!(told.is_empty(), "{}", told.join("\n"));
}

#[tokio::test]
async fn the_demo_has_six_domains_fourteen_products_and_twenty_ports() {
    let declared = demo().await.declared;
    assert_eq!((declared.domains.len(), declared.products.len()), (6, 14));
    assert_eq!(ports(&demo().await).len(), 20);
}

#[tokio::test]
async fn every_column_of_the_demo_says_what_it_holds() {
    let checked = demo().await;
    for product in &checked.declared.products {
        for output in &product.outputs {
            for column in &output.contract.columns {
                let port = product.port_ref(output);
                assert!(!column.description.trim().is_empty(), "`{port}`.`{}` has no description", column.name);
            }
        }
    }
}

#[tokio::test]
async fn the_matrix_of_decisions_is_the_one_that_the_policies_make() {
    let checked = demo().await;
    let facts = MeshFacts::of(&checked.declared, &Published::default());
    let matrix = decisions_matrix(in_force(&checked), checked.rules.principals(), &facts);
    let kept = fs::read_to_string(repository().join("governance/decisions.txt")).expect("governance/decisions.txt");
    assert_eq!(kept, matrix, "`weft policy test --write` writes it anew");
}

/// Of the departures only those of its carrier, which `governance/decisions.txt` shows.
#[tokio::test]
async fn the_analyst_of_a_carrier_reads_departures_and_nothing_personal() {
    let checked = demo().await;
    let read: Vec<PortRef> =
        ports(&checked).into_iter().filter(|port| may(&checked, "cole", Action::Read, port)).collect();
    assert!(read.iter().any(|port| port.to_string() == "aviation.flights.departures"), "{read:?}");
    assert!(read.iter().all(|port| port.domain.as_str() != "loyalty"), "{read:?}");
}

#[tokio::test]
async fn personal_data_are_read_by_their_owner_and_behind_masks_alone() {
    let checked = demo().await;
    let personal: Vec<PortRef> = ports(&checked).into_iter().filter(|port| port.domain.as_str() == "loyalty").collect();
    assert!(!personal.is_empty());
    for port in personal {
        let principals = checked.rules.principals();
        let readers: BTreeSet<&str> = principals
            .iter()
            .map(|principal| principal.name.as_str())
            .filter(|name| may(&checked, name, Action::Read, &port))
            .filter(|name| !name.ends_with("-jobs"))
            .collect();
        // The analysts see the members themselves behind masks.
        let masked = if port.product.as_str() == "members" { &["ana", "dana"][..] } else { &[] };
        assert_eq!(readers, masked.iter().copied().chain(["lena"]).collect(), "{port}");
    }
}

#[tokio::test]
async fn who_has_no_rights_discovers_nothing() {
    let checked = demo().await;
    for port in ports(&checked) {
        assert!(!may(&checked, "nobody", Action::Discover, &port), "{port}");
    }
}

async fn demo() -> Checked {
    let now = "2026-12-01T00:00:00Z".parse().expect("an instant");
    check(&tree(&repository()), &Known::nothing_at(now)).await
}

fn in_force(checked: &Checked) -> &PolicySnapshot {
    checked.snapshot.as_ref().expect("the demo's rules have no errors")
}

fn ports(checked: &Checked) -> Vec<PortRef> {
    let products = checked.declared.products.iter();
    products.flat_map(|product| product.outputs.iter().map(|output| product.port_ref(output))).collect()
}

fn may(checked: &Checked, name: &str, action: Action, port: &PortRef) -> bool {
    let principals = checked.rules.principals();
    let principal = principals.iter().find(|principal| principal.name == name).expect("a principal of the demo");
    let at = DateTime::<Utc>::UNIX_EPOCH;
    let request = AccessRequest { principal, action, object: ObjectRef::Port(port.clone()), purpose: None, at };
    in_force(checked).decide(&request).is_allowed()
}
