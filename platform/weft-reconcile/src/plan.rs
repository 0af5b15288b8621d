//! The plan: what must happen for the mesh to match the manifests.

use chrono::{DateTime, NaiveDate, Utc};
use serde::Serialize;
use weft_model::{
    DataProduct, Declared, OutputPort, PortName, PortRef, ProductRef, Published, Release, Revision, Transform,
};

use crate::due::Timetable;
use crate::fingerprint::{Fingerprints, hash};
use crate::retire::kept_until;
use crate::{AccessChange, Known, Review, RuleLine, Verdict, Waiting};

/// What must happen, in order, for the mesh to match the manifests at `revision`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Plan {
    pub revision: Revision,
    /// A product comes after everything it reads; retirements come last. Ports that stay as they
    /// are have no step.
    pub steps: Vec<Step>,
    /// What changes in contracts that are served, and whom it hits. A refused one has no step.
    pub reviews: Vec<Review>,
    /// Lines of policies, restrictions and groups that come and go; filled by [`Plan::with_rules`].
    pub rules: Vec<RuleLine>,
    /// Who gains and who loses access; filled by [`Plan::with_access`].
    pub access: Vec<AccessChange>,
    /// The ports that stay as they are.
    pub unchanged: Vec<PortRef>,
    /// Products that stay as they were rolled back, in order of name.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub held: Vec<Held>,
    /// The ports among them that have yet to take in what changed around them, and until when they wait.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub waiting: Vec<Waiting>,
    /// The ports whose tick has come and for which there is nothing to do.
    #[serde(skip)]
    pub(crate) in_order: Vec<PortRef>,
    /// When the same revision means something else by the clock alone.
    #[serde(skip)]
    pub(crate) next: Option<DateTime<Utc>>,
}

/// A product that was rolled back, and is declared as it was then: it changes with the next commit to it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Held {
    pub product: ProductRef,
    /// Number of the release that it serves again.
    pub rolled_back_to: u64,
}

/// One thing that happens to one port.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Step {
    pub port: PortRef,
    pub change: Change,
    /// What the port is to be made from; absent where it is retired.
    pub fingerprint: Option<String>,
    /// The release that it takes the place of; none where the product is not served yet.
    pub replaces: Option<u64>,
    /// Rows and bytes of the table as it is served, which is what a rebuild rewrites.
    pub rows: Option<u64>,
    pub bytes: Option<u64>,
    /// Which other name the port takes from which day on, where it is to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub switch: Option<(PortName, NaiveDate)>,
    /// Until which day the data of a retired port are kept at least; none where they are for ever.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kept_until: Option<NaiveDate>,
}

/// What happens to a port.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Change {
    /// It is not served yet.
    Create,
    /// Its rows are made anew.
    Refresh(RefreshReason),
    /// What its inputs gained is brought into its rows.
    Increment,
    /// Its rows stay, and are held against a contract that demands other things of the same columns.
    Evolve,
    /// It is served from a table of its product that is there already, as when a version takes another name.
    Adopt,
    /// Its rows stay; what is said of it changes.
    Redescribe,
    /// It is no longer served. Its data stay as long as its contract says.
    Retire,
}

/// Why rows are made anew. Where several hold, the first of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum RefreshReason {
    ContractChanged,
    TransformChanged,
    InputChanged,
}

impl Change {
    /// The word for it: `create`, `refresh`, `increment`, `evolve`, `adopt`, `redescribe`, `retire`.
    pub fn as_str(self) -> &'static str {
        match self {
            Change::Create => "create",
            Change::Refresh(_) => "refresh",
            Change::Increment => "increment",
            Change::Evolve => "evolve",
            Change::Adopt => "adopt",
            Change::Redescribe => "redescribe",
            Change::Retire => "retire",
        }
    }

    /// What happens, in a few words.
    pub fn reason(self) -> &'static str {
        self.sign_and_reason().1
    }

    /// `+`, `~` or `-`, and what happens in words.
    pub(crate) fn sign_and_reason(self) -> (char, &'static str) {
        match self {
            Change::Create => ('+', "created"),
            Change::Refresh(RefreshReason::ContractChanged) => ('~', "rebuilt: its contract changes"),
            Change::Refresh(RefreshReason::TransformChanged) => ('~', "rebuilt: its transform changes"),
            Change::Refresh(RefreshReason::InputChanged) => ('~', "rebuilt: an input changes"),
            Change::Increment => ('~', "brought up to date with its inputs"),
            Change::Evolve => ('~', "evolved: its rows stay and are checked anew"),
            Change::Adopt => ('~', "served from a table that is there, rows stay"),
            Change::Redescribe => ('~', "described anew, rows stay"),
            Change::Retire => ('-', "no longer served"),
        }
    }
}

impl Plan {
    /// A plan that does nothing.
    pub fn of_nothing(revision: Revision) -> Self {
        Plan {
            revision,
            steps: Vec::new(),
            reviews: Vec::new(),
            rules: Vec::new(),
            access: Vec::new(),
            unchanged: Vec::new(),
            held: Vec::new(),
            waiting: Vec::new(),
            in_order: Vec::new(),
            next: None,
        }
    }

    /// The same plan, with what `rules` changes about who may see what.
    #[must_use]
    pub fn with_rules(self, rules: Vec<RuleLine>) -> Self {
        Plan { rules, ..self }
    }

    /// The same plan, with who gains and who loses access by it.
    #[must_use]
    pub fn with_access(self, access: Vec<AccessChange>) -> Self {
        Plan { access, ..self }
    }

    /// Whether nothing is to be done.
    pub fn is_empty(&self) -> bool {
        self.steps.is_empty()
    }

    /// Whether some change is refused.
    pub fn is_refused(&self) -> bool {
        self.reviews.iter().any(|review| review.verdict == Verdict::Refused)
    }

    /// The plan's content address: the same steps from the same releases to the same revision have the
    /// same. Who reads what is no part of it, since that changes with every query, and neither is how
    /// long data are kept, since that changes with every day.
    pub fn id(&self) -> String {
        let steps: Vec<Step> = self.steps.iter().map(|step| Step { kept_until: None, ..step.clone() }).collect();
        let text = serde_json::json!({ "revision": self.revision, "steps": steps });
        hash(&text).chars().take(16).collect()
    }
}

/// Works out the steps from what is `known` to be published to `declared`.
///
/// Pure and total: same values, same plan. Products with errors stay as they are published, and so do ports whose
/// time has not come; `reviews` say what of it concerns readers.
pub fn plan(declared: &Declared, known: &Known, reviews: &[Review]) -> Plan {
    let (published, now) = (known.published.as_ref(), known.now);
    let Timetable { fingerprints, waiting, in_order, next } = Timetable::of(declared, known);
    let known = Fingerprints { known: &fingerprints, published, sources: &known.sources };
    let mut steps = Vec::new();
    let mut unchanged = Vec::new();
    for product in &declared.products {
        let before = published.releases.get(&product.name);
        let described_anew = before.is_some_and(|release| is_described_anew(release, product, declared));
        for output in &product.outputs {
            let port = product.port_ref(output);
            let fingerprint = fingerprints.get(&port).cloned();
            let change = change(before, product, &port, fingerprint.as_deref(), &known);
            match change.or(described_anew.then_some(Change::Redescribe)) {
                Some(change) => {
                    steps.push(Step { switch: switch(output), ..Step::new(port, change, fingerprint, before) });
                }
                None => unchanged.push(port),
            }
        }
    }
    steps.extend(retirements(declared, published, now));
    let (revision, reviews) = (declared.revision.clone(), reviews.to_vec());
    let held = held(declared, published);
    let (rules, access) = (Vec::new(), Vec::new());
    Plan { revision, steps, reviews, rules, access, unchanged, held, waiting, in_order, next }
}

impl Step {
    fn new(port: PortRef, change: Change, fingerprint: Option<String>, before: Option<&Release>) -> Self {
        let served = before.and_then(|release| release.ports.get(&port.port));
        let (rows, bytes) = (served.and_then(|port| port.rows), served.and_then(|port| port.bytes));
        let replaces = before.map(|release| release.number);
        Step { port, change, fingerprint, replaces, rows, bytes, switch: None, kept_until: None }
    }
}

fn switch(output: &OutputPort) -> Option<(PortName, NaiveDate)> {
    let version = output.major.as_ref().filter(|version| version.of != output.name)?;
    Some((version.of.clone(), version.switch?))
}

fn change(
    before: Option<&Release>,
    product: &DataProduct,
    port: &PortRef,
    fingerprint: Option<&str>,
    known: &Fingerprints<'_>,
) -> Option<Change> {
    let served = before.and_then(|release| Some((release, release.ports.get(&port.port)?)));
    if served.is_some_and(|(_, served)| fingerprint == Some(served.fingerprint.as_str())) {
        return None;
    }
    if let (Some(release), Some(fingerprint)) = (before, fingerprint)
        && release.table_made_from(fingerprint).is_some()
    {
        return Some(Change::Adopt);
    }
    let Some((release, served)) = served else { return Some(Change::Create) };
    let (old, new) = (release.product.output(&port.port)?, product.output(&port.port)?);
    if served.table_version.is_some()
        && has_same_columns(old, new)
        && known.of(product, new, &old.contract) == served.made_from()
    {
        return Some(Change::Evolve);
    }
    if served.table_version.is_some() && goes_on(old, new) {
        return Some(Change::Increment);
    }
    Some(Change::Refresh(if old.contract.columns != new.contract.columns {
        RefreshReason::ContractChanged
    } else if old.transform != new.transform {
        RefreshReason::TransformChanged
    } else {
        RefreshReason::InputChanged
    }))
}

/// Whether two contracts of a port demand columns of the same names and types, in the same order.
fn has_same_columns(old: &OutputPort, new: &OutputPort) -> bool {
    let (old, new) = (&old.contract.columns, &new.contract.columns);
    old.len() == new.len()
        && old.iter().zip(new).all(|(old, new)| (&old.name, &old.data_type) == (&new.name, &new.data_type))
}

/// Whether the table goes on from what it holds: its inputs alone differ, or it holds what cannot be made again.
fn goes_on(old: &OutputPort, new: &OutputPort) -> bool {
    let is_same_kind = old.transform.kind() == new.transform.kind();
    let keeps_history = matches!(
        new.transform,
        Transform::Append { .. } | Transform::Files { merge: None, .. } | Transform::Scd2 { .. }
    );
    new.transform.is_incremental()
        && is_same_kind
        && has_same_columns(old, new)
        && (keeps_history || (old.transform == new.transform && old.contract.columns == new.contract.columns))
}

/// Whether the product, or its domain, is declared in other words than it is published.
fn is_described_anew(release: &Release, product: &DataProduct, declared: &Declared) -> bool {
    let domain = declared.domains.get(&product.name.domain);
    release.product != *product || domain.is_some_and(|domain| release.domain != *domain)
}

/// The products that were set aside since they were rolled back.
fn held(declared: &Declared, published: &Published) -> Vec<Held> {
    let held = declared.held.iter().filter_map(|product| {
        let release = published.releases.get(&product.name)?;
        Some(Held { product: product.name.clone(), rolled_back_to: release.made_by() })
    });
    let mut held: Vec<Held> = held.collect();
    held.sort_by(|a, b| a.product.cmp(&b.product));
    held
}

/// Ports that are served and no longer declared, unless their product merely has errors.
fn retirements(declared: &Declared, published: &Published, now: DateTime<Utc>) -> Vec<Step> {
    let gone = declared.no_longer(published).into_iter();
    gone.filter_map(|port| {
        let (release, table) = published.port(&port)?;
        let kept_until = kept_until(release, &port.port, table, now).map(|until| until.date_naive());
        Some(Step { kept_until, ..Step::new(port, Change::Retire, None, Some(release)) })
    })
    .collect()
}

mod text;

#[cfg(test)]
pub(crate) mod tests;
