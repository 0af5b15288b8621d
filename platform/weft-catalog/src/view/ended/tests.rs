use std::collections::BTreeSet;
use std::sync::Arc;

use weft_governance::{MeshFacts, PolicySnapshot};
use weft_model::{ManifestTree, Revision};

use crate::run::StepStatus;
use crate::sample::{clock, noon, release, run, tombstone};
use crate::{Catalog, CatalogView};

const PRINCIPALS: &str = "
users:
  - {name: ana, groups: [analysts], attributes: {}}
  - {name: omar, groups: [aviation_team], attributes: {}}
  - {name: stella, groups: [], attributes: {}}
  - {name: greta, groups: [governance], attributes: {}}
services: []
groups:
  - {name: analysts}
  - {name: aviation_team}
  - {name: governance}
";

/// Analysts may know of all that aviation offers; its owner and steward have no rights of their own.
const POLICIES: &str = "\
p, group:analysts, dom:aviation, obj:aviation, discover, *, -, allow
p, group:governance, dom:system, obj:system.mesh.releases, read, *, -, allow
";

fn policies() -> Arc<PolicySnapshot> {
    let tree = ManifestTree::of_texts([
        ("governance/model.conf", include_str!("../../../../../governance/model.conf")),
        ("governance/policies/test.csv", POLICIES),
        ("governance/principals.yaml", PRINCIPALS),
    ]);
    let (rules, diagnostics) = weft_governance::read(&tree);
    assert!(!rules.refused(), "{diagnostics:?}");
    let facts = MeshFacts { domains: BTreeSet::from(["aviation".parse().unwrap()]), ..MeshFacts::default() };
    Arc::new(rules.compile(&Revision::new("rev1"), &facts).unwrap())
}

/// `aviation.flights`, which is retired, and `aviation.fares`, of which one port is.
async fn mesh() -> Catalog {
    let catalog = Catalog::open_in_memory(clock()).await.unwrap();
    let with_steward = |mut release: weft_model::Release| {
        release.domain.stewards = vec!["stella".to_owned()];
        release
    };
    let flights = with_steward(release(1, &["aviation.flights.departures"], &[]));
    let fares = with_steward(release(1, &["aviation.fares.now", "aviation.fares.then"], &[]));
    let mut fewer = with_steward(release(2, &["aviation.fares.now"], &[]));
    fewer.archived = tombstone(&fares).archived.into_iter().filter(|(port, _)| port.as_str() == "then").collect();
    let end = tombstone(&flights);
    catalog.publish(vec![flights, end, fares, fewer]).await.unwrap();
    let steps = [("aviation.flights.departures", StepStatus::Succeeded), ("aviation.fares.now", StepStatus::Succeeded)];
    let mut run = run("r1", 10, &steps, &[]);
    run.steps[0].change = "retire".to_owned();
    catalog.record_run(&run).await.unwrap();
    catalog
}

fn see(catalog: &Catalog, name: &str) -> CatalogView {
    let policies = policies();
    let principal = policies.principals().find(name).unwrap();
    catalog.view(policies, &principal, noon())
}

#[tokio::test]
async fn a_retired_product_is_told_to_who_answers_for_it_and_unknown_to_all_others() {
    let catalog = mesh().await;
    let flights = "aviation.flights".parse().unwrap();
    let unknown = ("W0905", "no product `aviation.flights`".to_owned());
    let retired = "`aviation.flights` was retired on 2026-03-01 by revision rev2: data of `departures` are kept until \
                   2026-03-01";
    let retired = ("W0909", retired.to_owned());
    for (name, expected) in [("ana", &unknown), ("omar", &retired), ("stella", &retired), ("greta", &retired)] {
        let error = see(&catalog, name).product_or_end(&flights).await.unwrap_err();
        assert_eq!((error.code().as_str(), error.to_string()), *expected, "{name}");
    }
    let error = see(&catalog, "omar").product_or_end(&"aviation.crews".parse().unwrap()).await.unwrap_err();
    assert_eq!(error.to_string(), "no product `aviation.crews`");
    assert!(see(&catalog, "ana").product_or_end(&"aviation.fares".parse().unwrap()).await.is_ok());

    // Once it is declared again, there is nothing to tell.
    catalog.publish(vec![release(3, &["aviation.flights.departures"], &[])]).await.unwrap();
    let error = see(&catalog, "omar").product_or_end(&flights).await.unwrap_err();
    assert_eq!((error.code().as_str(), error.to_string()), unknown);
}

#[tokio::test]
async fn what_releases_ended_is_in_the_history_of_who_answers_for_it() {
    let catalog = mesh().await;
    let told = async |name: &str| {
        let mut told = Vec::new();
        for release in see(&catalog, name).releases().await.unwrap() {
            let archived = release.archived.iter().map(|port| format!("{} {}", port.port, port.kept_until.is_some()));
            told.push(format!("{}@{} {:?}", release.product, release.number, archived.collect::<Vec<_>>()));
        }
        told
    };
    assert_eq!(
        told("ana").await,
        ["aviation.fares@2 []", "aviation.fares@1 []", "aviation.flights@1 []"],
        "as for whoever may know of the names"
    );
    for name in ["omar", "stella", "greta"] {
        assert_eq!(
            told(name).await,
            [r#"aviation.fares@2 ["then true"]"#, r#"aviation.flights@2 ["departures true"]"#]
        );
    }
    let retired = see(&catalog, "omar").runs().await.unwrap();
    let steps: Vec<_> = retired.iter().flat_map(|run| &run.steps).map(|step| step.port.to_string()).collect();
    assert_eq!(steps, ["aviation.flights.departures"], "of what he may not discover, its end alone");
}
