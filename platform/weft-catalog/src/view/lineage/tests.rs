use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use weft_governance::{MeshFacts, PolicySnapshot};
use weft_model::{ColumnLineage, ColumnSource, Dependence, ManifestTree, Release, Revision};

use crate::sample::{clock, noon, release};
use crate::{Catalog, CatalogView, LineageLevel};

/// `pia` knows of everything; `ana` of all but `fleet`, and of `departures` she has no column `delay`; `cole` knows of
/// `punctuality` alone.
const POLICIES: &str = "\
g, group:operators, role:operator, dom:any
g, group:analysts, role:analyst, dom:any
g, group:others, role:other, dom:any
p, role:operator, dom:any, obj:any, discover, *, -, allow
p, role:analyst, dom:aviation, obj:aviation, read, *, -, allow
p, role:analyst, dom:aviation, obj:aviation.flights.departures.delay, read, *, -, deny
p, role:analyst, dom:punctuality, obj:punctuality, discover, *, -, allow
p, role:other, dom:punctuality, obj:punctuality, discover, *, -, allow
";

const PRINCIPALS: &str = "users:\n- {name: ana, groups: [analysts]}\n- {name: pia, groups: [operators]}\n\
                          - {name: cole, groups: [others]}\ngroups:\n- {name: analysts}\n- {name: operators}\n- {name: others}\n";

/// The release with columns of these names.
fn with_columns(mut release: Release, names: &[&str]) -> Release {
    for output in &mut release.product.outputs {
        let column = output.contract.columns[0].clone();
        let named = |name: &&str| weft_model::Column { name: (*name).to_owned(), ..column.clone() };
        output.contract.columns = names.iter().map(named).collect();
    }
    release
}

fn source(port: &str, column: &str, how: Dependence) -> ColumnSource {
    ColumnSource { port: port.parse().unwrap(), column: column.to_owned(), how: BTreeSet::from([how]) }
}

/// `departures` (delay, carrier) and `planes` (seats) go into `daily` (mean, carrier), and that into `card` (mean).
async fn mesh() -> Catalog {
    use Dependence::{Aggregation, GroupBy, Identity, Transformation};

    let (departures, planes, daily) =
        ("aviation.flights.departures", "fleet.aircraft.planes", "punctuality.delays.daily");
    let mut of_daily = with_columns(release(1, &[daily], &[departures, planes]), &["mean", "carrier"]);
    let columns = BTreeMap::from([
        ("mean".to_owned(), vec![source(departures, "delay", Aggregation), source(planes, "seats", Transformation)]),
        ("carrier".to_owned(), vec![source(departures, "carrier", Identity)]),
    ]);
    let rows = vec![source(departures, "carrier", GroupBy), source(departures, "delay", Dependence::Filter)];
    of_daily
        .ports
        .values_mut()
        .for_each(|port| port.lineage = ColumnLineage { columns: columns.clone(), rows: rows.clone() });
    let mut of_card = with_columns(release(1, &["punctuality.carriers.card"], &[daily]), &["mean"]);
    let columns = BTreeMap::from([("mean".to_owned(), vec![source(daily, "mean", Identity)])]);
    of_card
        .ports
        .values_mut()
        .for_each(|port| port.lineage = ColumnLineage { columns: columns.clone(), rows: Vec::new() });
    let catalog = Catalog::open_in_memory(clock()).await.unwrap();
    let flights = with_columns(release(1, &[departures], &[]), &["delay", "carrier"]);
    let aircraft = with_columns(release(1, &[planes], &[]), &["seats"]);
    catalog.publish(vec![flights, aircraft, of_daily, of_card]).await.unwrap();
    catalog
}

fn see(catalog: &Catalog, name: &str) -> CatalogView {
    let tree = ManifestTree::of_texts([
        ("governance/model.conf", include_str!("../../../../../governance/model.conf")),
        ("governance/policies/test.csv", POLICIES),
        ("governance/principals.yaml", PRINCIPALS),
    ]);
    let (rules, told) = weft_governance::read(&tree);
    assert!(!rules.refused(), "{told:?}");
    let domains = ["aviation", "fleet", "punctuality"].map(|domain| domain.parse().unwrap());
    let facts = MeshFacts { domains: BTreeSet::from(domains), ..MeshFacts::default() };
    let policies: Arc<PolicySnapshot> = Arc::new(rules.compile(&Revision::new("rev1"), &facts).unwrap());
    let principal = policies.principals().find(name).unwrap();
    catalog.view(policies, &principal, noon())
}

fn edges(view: &CatalogView) -> Vec<String> {
    let told = view.column_lineage().into_iter().map(|edge| {
        let how: Vec<&str> = edge.how.iter().map(|how| how.as_str()).collect();
        format!(
            "{}.{} -> {}.{} {}",
            edge.from.port,
            edge.from_column,
            edge.to.port,
            edge.to_column.as_deref().unwrap_or("*"),
            how.join("+")
        )
    });
    told.collect()
}

/// The nodes around `focus` with their steps, or the answer that there is none.
fn around(view: &CatalogView, focus: &str, level: LineageLevel, up: u32, down: u32) -> Result<Vec<String>, String> {
    let found = view.lineage_around(&focus.parse().unwrap(), level, (up, down)).map_err(|error| error.to_string())?;
    Ok(found.nodes.iter().map(|(node, steps)| format!("{node} {steps}")).collect())
}

#[tokio::test]
async fn who_may_know_everything_is_told_every_edge() {
    let catalog = mesh().await;
    assert_eq!(
        edges(&see(&catalog, "pia")),
        [
            "departures.carrier -> daily.* group_by",
            "departures.carrier -> daily.carrier identity",
            "departures.delay -> daily.* filter",
            "departures.delay -> daily.mean aggregation",
            "planes.seats -> daily.mean transformation",
            "daily.mean -> card.mean identity",
        ]
    );
}

#[tokio::test]
async fn a_hidden_column_and_a_port_that_may_not_be_discovered_are_in_no_edge() {
    let catalog = mesh().await;
    let expected = [
        "departures.carrier -> daily.* group_by",
        "departures.carrier -> daily.carrier identity",
        "daily.mean -> card.mean identity",
    ];
    assert_eq!(edges(&see(&catalog, "ana")), expected);
    assert_eq!(edges(&see(&catalog, "cole")), ["daily.mean -> card.mean identity"]);
}

#[tokio::test]
async fn the_graph_goes_as_far_as_it_is_asked_and_no_further_than_may_be_seen() {
    use LineageLevel::{Column, Port, Product};

    let catalog = mesh().await;
    let (pia, ana) = (see(&catalog, "pia"), see(&catalog, "ana"));
    let focus = "punctuality.delays.daily.mean";
    let told = around(&pia, focus, Column, 1, 1).unwrap();
    assert_eq!(
        told,
        [
            "aviation.flights.departures.carrier -1",
            "aviation.flights.departures.delay -1",
            "fleet.aircraft.planes.seats -1",
            "punctuality.delays.daily 0",
            "punctuality.delays.daily.mean 0",
            "punctuality.carriers.card.mean 1",
        ]
    );
    assert_eq!(
        around(&ana, focus, Column, 1, 0).unwrap(),
        ["aviation.flights.departures.carrier -1", "punctuality.delays.daily 0", "punctuality.delays.daily.mean 0"]
    );
    assert_eq!(
        around(&pia, focus, Port, 5, 5).unwrap(),
        [
            "aviation.flights.departures -1",
            "fleet.aircraft.planes -1",
            "punctuality.delays.daily 0",
            "punctuality.carriers.card 1"
        ]
    );
    assert_eq!(
        around(&ana, "punctuality.carriers", Product, 5, 5).unwrap(),
        ["aviation.flights -2", "punctuality.delays -1", "punctuality.carriers 0"]
    );
}

#[tokio::test]
async fn what_is_unknown_and_what_may_not_be_known_get_one_answer() {
    let catalog = mesh().await;
    let ana = see(&catalog, "ana");
    for (there, not_there) in [
        ("fleet.aircraft", "fleet.nothing"),
        ("fleet.aircraft.planes", "fleet.aircraft.nothing"),
        ("fleet.aircraft.planes.seats", "fleet.aircraft.planes.nothing"),
        ("aviation.flights.departures.delay", "aviation.flights.departures.nothing"),
    ] {
        let answer = |focus: &str| around(&ana, focus, LineageLevel::Column, 1, 1).unwrap_err().replace(focus, "it");
        assert_eq!(answer(there), answer(not_there), "{there}");
    }
}
