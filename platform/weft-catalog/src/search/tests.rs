use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use weft_governance::{MeshFacts, PolicySnapshot, PortFacts};
use weft_model::{Column, DataType, ManifestTree, Release, Revision};

use super::*;
use crate::Catalog;
use crate::sample::{clock, noon, release};

const PRINCIPALS: &str = "
users:
  - {name: ana, groups: [analysts], attributes: {}}
  - {name: pia, groups: [operators], attributes: {}}
  - {name: nobody, groups: [], attributes: {}}
services: []
groups:
  - {name: analysts}
  - {name: operators}
";

/// `ana` reads refunds but for one column, knows that there is another one of which a row hides even that; she knows of one
/// port of orders. `pia` knows of everything.
const POLICIES: &str = "\
g, group:analysts, role:analyst, dom:any
g, group:operators, role:operator, dom:any
p, role:analyst, dom:sales, obj:sales.refunds, read, *, -, allow
p, role:analyst, dom:sales, obj:sales.refunds.lines.margin_eur, read, *, -, deny
p, role:analyst, dom:sales, obj:sales.refunds.lines.fraud_score, discover, *, -, deny
p, role:analyst, dom:sales, obj:sales.refunds.lines.fraud_score, read, *, -, deny
p, role:analyst, dom:sales, obj:sales.orders.lines, discover, *, -, allow
p, role:operator, dom:any, obj:any, discover, *, -, allow
";

fn column(name: &str, description: &str) -> Column {
    Column {
        name: name.to_owned(),
        description: description.to_owned(),
        data_type: DataType::String,
        required: false,
        unique: false,
        primary_key_position: None,
        classification: Some("public".to_owned()),
        tags: vec![],
        parts: vec![],
    }
}

/// A release of the product of `ports`, each with its columns.
fn of(number: u64, purpose: &str, ports: &[(&str, &[(&str, &str)])]) -> Release {
    let names: Vec<&str> = ports.iter().map(|(name, _)| *name).collect();
    let mut release = release(number, &names, &[]);
    release.product.purpose = purpose.to_owned();
    release.domain.stewards = vec!["omar".to_owned()];
    release.domain.contact = Some(format!("{}@example.com", release.domain.name));
    for (output, (_, columns)) in release.product.outputs.iter_mut().zip(ports) {
        output.contract.columns = columns.iter().map(|(name, text)| column(name, text)).collect();
    }
    release
}

fn releases() -> Vec<Release> {
    vec![
        of(
            1,
            "One row per refund",
            &[(
                "sales.refunds.lines",
                &[
                    ("refund_amount", "Value in euro"),
                    ("refundReason", "Why it was given back"),
                    ("margin_eur", "What is left of the sale"),
                    ("fraud_score", "How suspicious it is"),
                ],
            )],
        ),
        of(
            1,
            "One row per order line",
            &[
                ("sales.orders.lines", &[("order_id", "Number of the order"), ("amount", "Value in euro")]),
                ("sales.orders.secrets", &[("watchlist", "Names of suspects")]),
            ],
        ),
        of(1, "Money as it is booked", &[("finance.ledger.entries", &[("refund_amt", "Booked refunds")])]),
    ]
}

fn policies(releases: &[Release]) -> Arc<PolicySnapshot> {
    let tree = ManifestTree::of_texts([
        ("governance/model.conf", include_str!("../../../../governance/model.conf")),
        ("governance/policies/test.csv", POLICIES),
        ("governance/principals.yaml", PRINCIPALS),
    ]);
    let (rules, diagnostics) = weft_governance::read(&tree);
    assert!(!rules.refused(), "{diagnostics:?}");
    let mut facts = MeshFacts::default();
    for release in releases {
        facts.domains.insert(release.product.name.domain.clone());
        facts.tags.insert(release.product.name.clone(), BTreeSet::new());
        for output in &release.product.outputs {
            let columns = output.contract.columns.clone();
            let port = PortFacts { columns, ..PortFacts::default() };
            facts.ports.insert(release.product.port_ref(output), port);
        }
    }
    Arc::new(rules.compile(&Revision::new("rev1"), &facts).unwrap())
}

struct Mesh {
    catalog: Catalog,
    policies: Arc<PolicySnapshot>,
}

impl Mesh {
    async fn new() -> Self {
        let catalog = Catalog::open_in_memory(clock()).await.unwrap();
        catalog.publish(releases()).await.unwrap();
        Mesh { catalog, policies: policies(&releases()) }
    }

    fn view(&self, name: &str) -> CatalogView {
        let principal = self.policies.principals().find(name).unwrap();
        self.catalog.view(self.policies.clone(), &principal, noon())
    }

    fn ask(&self, name: &str, question: &SearchQuestion) -> SearchView {
        self.view(name).search(question).unwrap()
    }

    fn found(&self, name: &str, q: &str, kind: Option<SearchKind>) -> Vec<String> {
        self.ask(name, &question(q, kind)).hits.into_iter().map(|hit| hit.id).collect()
    }
}

fn question(q: &str, kind: Option<SearchKind>) -> SearchQuestion {
    let filters = SearchFilters { kind, ..SearchFilters::default() };
    SearchQuestion { q: q.to_owned(), filters, after: None, limit: 50 }
}

const COLUMNS: Option<SearchKind> = Some(SearchKind::Column);

#[tokio::test]
async fn exact_names_come_first_then_beginnings_then_parts_then_texts() {
    let mesh = Mesh::new().await;
    let found = mesh.found("pia", "amount", COLUMNS);
    assert_eq!(found, ["sales.orders.lines.amount", "sales.refunds.lines.refund_amount"]);
    let found = mesh.found("pia", "refund", COLUMNS);
    assert_eq!(
        found,
        ["finance.ledger.entries.refund_amt", "sales.refunds.lines.refund_amount", "sales.refunds.lines.refundReason",]
    );
    assert_eq!(mesh.found("pia", "refund reason", COLUMNS), ["sales.refunds.lines.refundReason"]);
    assert_eq!(mesh.found("pia", "refundamount", COLUMNS), ["sales.refunds.lines.refund_amount"]);
    assert_eq!(mesh.found("pia", "sales.orders.lines.order_id", COLUMNS)[0], "sales.orders.lines.order_id");
    assert_eq!(mesh.found("pia", "ledger refund", COLUMNS), ["finance.ledger.entries.refund_amt"]);
    assert_eq!(mesh.found("pia", "suspicious", COLUMNS), ["sales.refunds.lines.fraud_score"]);
    assert_eq!(mesh.found("pia", "sales", COLUMNS), [""; 0], "what it is a part of alone finds nothing");
}

#[tokio::test]
async fn products_tell_what_of_them_was_found_and_where_the_words_stand() {
    let mesh = Mesh::new().await;
    let view = mesh.ask("pia", &question("refund amount", None));
    let hit = &view.hits[0];
    assert_eq!((hit.id.as_str(), hit.kind, hit.columns_total), ("sales.refunds", SearchKind::Product, 4));
    let told = |hit: &SearchHit| {
        let each = hit
            .matched
            .iter()
            .map(|m| format!("{} {}: {} {:?}", m.field, m.of.clone().unwrap_or_default(), m.text, m.offsets));
        each.collect::<Vec<_>>()
    };
    assert_eq!(
        told(hit),
        [
            "column lines.refund_amount: refund_amount [(0, 13)]",
            "name : refunds [(0, 6)]",
            "column lines.refundReason: refundReason [(0, 6)]",
            "title : The refunds [(4, 10)]",
            "description : One row per refund [(12, 18)]",
        ]
    );
    assert_eq!(hit.more_matches, 0);
    // The words of the ledger stand in nothing together, and not all of them stand there at all.
    assert_eq!(view.hits.len(), 1);
    assert_eq!(mesh.found("pia", "booked refund", None), ["finance.ledger"]);
    assert_eq!(
        mesh.found("pia", "sales", None),
        ["sales.orders", "sales.refunds", "contact:sales@example.com", "group:sales_team"]
    );
}

#[tokio::test]
async fn letters_may_be_wrong_where_nothing_is_written_so() {
    let mesh = Mesh::new().await;
    let view = mesh.ask("pia", &question("refnud amuont", None));
    assert_eq!(view.hits[0].id, "sales.refunds");
    assert_eq!(view.did_you_mean.as_deref(), Some("refund amount"));
    let view = mesh.ask("pia", &question("amount", None));
    assert_eq!(view.did_you_mean, None);
    let view = mesh.ask("pia", &question("wacthlsit", None));
    assert_eq!((view.total, view.did_you_mean.as_deref()), (1, Some("watchlist")));
    // Ana may know of no such thing, so that it is not told even to somebody who guesses.
    let view = mesh.ask("ana", &question("wacthlsit", None));
    assert_eq!((view.total, view.did_you_mean), (0, None));
}

#[tokio::test]
async fn a_column_that_is_hidden_is_found_by_who_may_know_of_it_alone() {
    let mesh = Mesh::new().await;
    let margin = mesh.ask("ana", &question("margin", COLUMNS));
    assert_eq!((margin.total, margin.hits[0].can_query, margin.can_query), (1, false, 0));
    for q in ["fraud_score", "fraud", "suspicious", "fruad_score"] {
        let view = mesh.ask("ana", &question(q, None));
        assert_eq!(
            (view.total, view.kinds.iter().map(|(_, n)| n).sum::<u64>(), view.did_you_mean),
            (0, 0, None),
            "{q}"
        );
    }
    let refunds = mesh.ask("ana", &question("refunds", None));
    assert_eq!((refunds.hits[0].columns_readable, refunds.hits[0].columns_total), (2, 3));
    assert_eq!(mesh.found("ana", "", COLUMNS).len(), 5);
}

#[tokio::test]
async fn counts_are_of_what_is_found_and_may_be_discovered() {
    let mesh = Mesh::new().await;
    let counted = |name: &str, question: &SearchQuestion| {
        let view = mesh.ask(name, question);
        let kinds: Vec<u64> = view.kinds.iter().map(|(_, count)| *count).collect();
        let domains: Vec<_> = view.domains.iter().map(|(domain, count)| format!("{domain} {count}")).collect();
        assert_eq!(view.total, view.hits.len() as u64);
        (view.total, kinds, domains.join(", "), view.can_query)
    };
    let told =
        |total, kinds: [u64; 4], domains: &str, can_query| (total, kinds.to_vec(), domains.to_owned(), can_query);
    assert_eq!(counted("pia", &question("", None)), told(8, [3, 4, 8, 5], "finance 4, sales 5", 0));
    assert_eq!(counted("ana", &question("", None)), told(5, [2, 2, 5, 3], "sales 5", 1));
    assert_eq!(counted("nobody", &question("", None)), told(0, [0; 4], "", 0));
    assert_eq!(counted("ana", &question("amount", None)), told(2, [2, 0, 2, 0], "sales 2", 1));
    assert_eq!(counted("ana", &question("amount", COLUMNS)), told(2, [2, 0, 2, 0], "sales 2", 1));
    let only = |can_query, domain: Option<&str>| {
        let domain = domain.map(|domain| domain.parse().unwrap());
        SearchQuestion { filters: SearchFilters { kind: COLUMNS, domain, can_query }, ..question("amount", None) }
    };
    assert_eq!(counted("ana", &only(Some(true), None)), told(1, [1, 0, 1, 0], "sales 1", 1));
    assert_eq!(counted("ana", &only(Some(false), None)), told(1, [1, 0, 1, 0], "sales 1", 1));
    assert_eq!(counted("ana", &only(None, Some("finance"))), told(0, [0; 4], "sales 2", 0));
}

#[tokio::test]
async fn parts_of_an_answer_add_up_to_it() {
    let mesh = Mesh::new().await;
    for (q, kind) in [("", None), ("", COLUMNS), ("refund", COLUMNS), ("sales", None)] {
        let whole = mesh.found("pia", q, kind);
        for limit in 1..=3 {
            let (mut parts, mut after) = (Vec::new(), None);
            loop {
                let view = mesh.ask("pia", &SearchQuestion { after, limit, ..question(q, kind) });
                assert_eq!(view.total, whole.len() as u64);
                parts.extend(view.hits.into_iter().map(|hit| hit.id));
                after = view.next;
                if after.is_none() {
                    break;
                }
            }
            assert_eq!(parts, whole, "{q} by {limit}");
        }
    }
    let after = Some("nonsense".to_owned());
    let refused = mesh.view("pia").search(&SearchQuestion { after, ..question("", None) });
    assert!(matches!(refused, Err(CatalogError::SearchInvalid { .. })));
}

#[tokio::test]
async fn what_is_released_anew_is_found_by_its_new_words_alone() {
    let mesh = Mesh::new().await;
    assert_eq!(mesh.found("pia", "booked", None), ["finance.ledger"]);
    let mut next = of(2, "Money as it is booked", &[("finance.ledger.entries", &[("posting", "Posted refunds")])]);
    next.product.name = "finance.ledger".parse().unwrap();
    mesh.catalog.publish(vec![next.clone()]).await.unwrap();
    mesh.catalog.ready_search().unwrap();
    assert_eq!(mesh.found("pia", "posting", COLUMNS), ["finance.ledger.entries.posting"]);
    assert_eq!(mesh.found("pia", "refund_amt", COLUMNS), [""; 0]);
    mesh.catalog.publish(vec![crate::sample::tombstone(&next)]).await.unwrap();
    mesh.catalog.ready_search().unwrap();
    assert_eq!(mesh.found("pia", "posting", None), [""; 0]);
    assert_eq!(mesh.found("pia", "ledger", None), [""; 0]);
}

/// The same mesh for somebody to whom what is hidden does not exist: no answer may differ.
#[tokio::test]
async fn what_may_not_be_discovered_changes_no_answer() {
    let mesh = Mesh::new().await;
    let seen: BTreeMap<&str, &[&str]> = BTreeMap::from([
        ("sales.refunds", &["refund_amount", "refundReason", "margin_eur"] as &[&str]),
        ("sales.orders", &["order_id", "amount"]),
    ]);
    let mut without: Vec<Release> =
        releases().into_iter().filter(|release| seen.contains_key(release.product.name.to_string().as_str())).collect();
    for release in &mut without {
        release.ports.retain(|port, _| port.as_str() != "secrets");
        release.product.outputs.retain(|output| output.name.as_str() != "secrets");
        let kept = seen[release.product.name.to_string().as_str()];
        for output in &mut release.product.outputs {
            output.contract.columns.retain(|column| kept.contains(&column.name.as_str()));
        }
    }
    let other = Catalog::open_in_memory(clock()).await.unwrap();
    other.publish(without.clone()).await.unwrap();
    let other = Mesh { catalog: other, policies: policies(&without) };
    let texts = releases().into_iter().flat_map(|release| {
        let product = release.product;
        let of_columns = |output: &weft_model::OutputPort| {
            output.contract.columns.iter().map(|c| format!("{} {}", c.name, c.description)).collect::<Vec<_>>()
        };
        let parts: Vec<String> = product.outputs.iter().flat_map(of_columns).collect();
        [product.name.to_string(), product.purpose].into_iter().chain(parts)
    });
    let words: BTreeSet<String> = texts.flat_map(|text| words::words(&text)).map(|word| word.text).collect();
    assert!(words.len() > 30);
    let mut asked: Vec<String> = vec![String::new(), "fraud amount".into(), "finance team".into(), "omar".into()];
    for word in &words {
        let mut letters: Vec<char> = word.chars().collect();
        asked.extend([word.clone(), format!("{word} amount"), word.chars().take(3).collect()]);
        if letters.len() > 3 {
            letters.swap(1, 2);
            asked.push(letters.iter().collect());
            asked.push(letters.iter().skip(1).collect());
        }
    }
    for q in asked {
        for kind in [None, Some(SearchKind::Product), Some(SearchKind::Port), COLUMNS, Some(SearchKind::Person)] {
            for can_query in [None, Some(true)] {
                let filters = SearchFilters { kind, domain: None, can_query };
                let question = SearchQuestion { q: q.clone(), filters, after: None, limit: 2 };
                let (told, expected) = (mesh.ask("ana", &question), other.ask("ana", &question));
                assert_eq!(told, expected, "{question:?}");
            }
        }
    }
}
