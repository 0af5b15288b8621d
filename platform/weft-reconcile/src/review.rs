//! What a revision changes in contracts that are served, whom it hits, and whether it may.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use semver::Version;
use serde::Serialize;
use weft_manifest::compatibility::{Comparison, compare_files, supported_until};
use weft_model::compatibility::{Bump, Change, Grade, Readership, Rule, graded, minimum_bump};
use weft_model::{Contract, DataProduct, OutputPort, Override, PortRef, Release};

use crate::consumers::{Consumer, Consumers, Reader};

/// What one revision changes in the contract of a port that is served.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Review {
    pub port: PortRef,
    pub from: Version,
    /// The same as `from` where the port goes away.
    pub to: Version,
    pub verdict: Verdict,
    /// Why it is refused; none otherwise.
    pub refusals: Vec<Refusal>,
    /// The part of the version that must rise at least, overridden changes aside.
    pub minimum_bump: Option<Bump>,
    /// In the order of the contract; what breaks readers of older versions alone comes last.
    pub changes: Vec<ReviewedChange>,
}

/// What comes of the changes. Ordered: what is refused outranks the rest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Every reader may stay as they are.
    Safe,
    /// It breaks readers, and says so by its version or an override.
    Breaking,
    /// The product stays as it is published.
    Refused,
}

/// Why a change is refused.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "reason", rename_all = "snake_case")]
pub enum Refusal {
    /// It breaks readers, and the version does not rise to a new major one.
    Breaking { changes: Vec<String> },
    /// The version does not rise as far as the changes ask.
    Version { minimum: Bump },
    /// A column becomes less sensitive, and nobody answers for it.
    Declassified { changes: Vec<String> },
    /// A port goes away that is still read.
    Removed { readers: usize },
}

/// A change, and whom it hits.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ReviewedChange {
    /// The change as an override names it: `departures.gate type`.
    pub name: String,
    #[serde(flatten)]
    pub change: Change,
    /// The version whose readers see the change: the one that is served, or an older one.
    pub since: Version,
    /// Whoever must look at it. Nobody where it breaks nothing and warns of nothing.
    pub consumers: Vec<Consumer>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub overridden: Option<Override>,
}

impl ReviewedChange {
    fn is_allowed(&self) -> bool {
        self.overridden.is_some()
    }
}

/// What a contract is reviewed with.
pub(crate) struct Reviewer<'a> {
    pub(crate) consumers: &'a Consumers,
    /// Every release of the product, newest first.
    pub(crate) history: &'a [Release],
    pub(crate) today: NaiveDate,
}

impl Reviewer<'_> {
    /// The review of `output` against what `served` serves. `None` where nothing is served under its
    /// name, or its contract is the very same text; also where what was published holds no text to
    /// compare with.
    pub(crate) fn review(&self, served: &Release, product: &DataProduct, output: &OutputPort) -> Option<Review> {
        let port = product.port_ref(output);
        let (old, new) = (&served.product.output(&output.name)?.contract, &output.contract);
        if old.document == new.document {
            return None;
        }
        let readers = self.consumers.of_port(&port);
        let comparison = compare(old, new)?;
        let reviewed = |comparison: &Comparison, since: &Version| {
            let changes = graded(&comparison.changes, &together(readers));
            let named = changes.into_iter().map(|change| {
                let name = name_of(&output.name.to_string(), &change);
                ReviewedChange {
                    consumers: hit_by(&change, readers),
                    overridden: self.overridden(product, &name),
                    since: since.clone(),
                    name,
                    change,
                }
            });
            named.collect::<Vec<_>>()
        };
        let mut changes = reviewed(&comparison, &old.key.version);
        for older in self.supported(old, &output.name.to_string()) {
            let Some(comparison) = compare(older, new) else { continue };
            let breaking = reviewed(&comparison, &older.key.version).into_iter().filter(|c| c.change.breaks());
            let unknown: Vec<_> =
                breaking.filter(|b| changes.iter().all(|c| c.name != b.name || !c.change.breaks())).collect();
            changes.extend(unknown);
        }
        let counts = |c: &&ReviewedChange| c.since == old.key.version && !c.is_allowed() && !protects(&c.change);
        let counted: Vec<Change> = changes.iter().filter(counts).map(|c| c.change.clone()).collect();
        let minimum = minimum_bump(&counted);
        let refusals = match is_in_development(old) {
            true => Vec::new(),
            false => refusals(&changes, minimum, Bump::between(&old.key.version, &new.key.version)),
        };
        let verdict = match changes.iter().any(|c| c.change.breaks()) {
            _ if !refusals.is_empty() => Verdict::Refused,
            true => Verdict::Breaking,
            false => Verdict::Safe,
        };
        let (from, to) = (old.key.version.clone(), new.key.version.clone());
        Some(Review { port, from, to, verdict, refusals, minimum_bump: minimum, changes })
    }

    /// The review of a port that goes away. `None` where nobody reads it: then nothing breaks.
    pub(crate) fn removal(&self, served: &Release, output: &OutputPort, allowed: &[Override]) -> Option<Review> {
        let port = served.product.port_ref(output);
        let readers = self.consumers.of_port(&port);
        if readers.is_empty() {
            return None;
        }
        let name = output.name.to_string();
        let overridden = allowed.iter().find(|o| o.change == name && o.until >= self.today).cloned();
        let has_ended = supported_until(&output.contract.document).is_some_and(|end| end < self.today);
        let version = output.contract.key.version.clone();
        let may_go = overridden.is_some() || has_ended || is_in_development(&output.contract);
        let refusals = if may_go { Vec::new() } else { vec![Refusal::Removed { readers: readers.len() }] };
        let verdict = if refusals.is_empty() { Verdict::Breaking } else { Verdict::Refused };
        let change = Change::new(
            Rule::TableRemoved,
            weft_model::compatibility::Sign::Removed,
            weft_model::compatibility::Subject { table: Some(name.clone()), ..Default::default() },
        );
        let consumers = readers.iter().map(|reader| reader.consumer.clone()).collect();
        let changes = vec![ReviewedChange { name, change, since: version.clone(), consumers, overridden }];
        let minimum_bump = Some(Bump::Major);
        Some(Review { port, from: version.clone(), to: version, verdict, refusals, minimum_bump, changes })
    }

    /// Earlier versions that readers may still hold: of the same major one, and not past their support.
    fn supported<'r>(&'r self, served: &Contract, port: &str) -> Vec<&'r Contract> {
        let mut found: BTreeMap<&Version, &Contract> = BTreeMap::new();
        let outputs = self.history.iter().flat_map(|release| &release.product.outputs);
        for contract in outputs.filter(|output| output.name.as_str() == port).map(|output| &output.contract) {
            let version = &contract.key.version;
            let is_of_this_major = version.major == served.key.version.major && *version != served.key.version;
            let is_supported = supported_until(&contract.document).is_none_or(|end| end >= self.today);
            if is_of_this_major && is_supported && !contract.document.is_empty() {
                found.entry(version).or_insert(contract);
            }
        }
        found.into_values().rev().collect()
    }

    fn overridden(&self, product: &DataProduct, name: &str) -> Option<Override> {
        product.overrides.iter().find(|o| o.change.trim() == name && o.until >= self.today).cloned()
    }
}

fn compare(old: &Contract, new: &Contract) -> Option<Comparison> {
    if old.document.is_empty() {
        return None;
    }
    compare_files((&old.file, &old.document), (&new.file, &new.document)).ok()
}

/// `draft` and `proposed` contracts promise nothing yet.
fn is_in_development(contract: &Contract) -> bool {
    matches!(contract.status.as_deref(), Some("draft" | "proposed"))
}

/// Whether a change says how sensitive data are. Masks follow it at once, and no version may stand in the
/// way of that.
fn protects(change: &Change) -> bool {
    matches!(change.aspect.as_str(), "classification" | "tags") && change.rule != Rule::ClassificationLowered
}

fn refusals(changes: &[ReviewedChange], minimum: Option<Bump>, bump: Option<Bump>) -> Vec<Refusal> {
    let open = || changes.iter().filter(|change| !change.is_allowed());
    let names = |these: Vec<&ReviewedChange>| these.into_iter().map(|change| change.name.clone()).collect::<Vec<_>>();
    let breaking = names(open().filter(|c| c.change.breaks()).collect());
    let lowered = names(open().filter(|c| c.change.rule == Rule::ClassificationLowered).collect());
    let mut refusals = Vec::new();
    if !breaking.is_empty() && bump != Some(Bump::Major) {
        refusals.push(Refusal::Breaking { changes: breaking });
    } else if let Some(minimum) = minimum.filter(|minimum| bump.is_none_or(|bump| bump < *minimum)) {
        refusals.push(Refusal::Version { minimum });
    }
    if !lowered.is_empty() {
        refusals.push(Refusal::Declassified { changes: lowered });
    }
    refusals
}

/// What all readers read together.
fn together(readers: &[Reader]) -> Readership {
    let mut all = Readership::default();
    for Reader { reads, .. } in readers {
        all.columns.extend(reads.columns.iter().cloned());
        all.exhaustive.extend(reads.exhaustive.iter().cloned());
        all.wildcard |= reads.wildcard;
        all.own_service_level |= reads.own_service_level;
        all.lent_credentials |= reads.lent_credentials;
    }
    all
}

/// Those who must look at a change: it is at least a warning to consumers, and about what they read.
fn hit_by(change: &Change, readers: &[Reader]) -> Vec<Consumer> {
    if change.grades.consumers < Grade::Warning {
        return Vec::new();
    }
    let hit = readers.iter().filter(|reader| match change.subject.column {
        Some(_) => reader.reads.is_concerned_by(change),
        None => true,
    });
    hit.map(|reader| reader.consumer.clone()).collect()
}

/// `departures.gate`, `departures.gate type`, `departures freshness`.
fn name_of(port: &str, change: &Change) -> String {
    let subject = match &change.subject.column {
        Some(column) => format!("{port}.{column}"),
        None => port.to_owned(),
    };
    if change.aspect.is_empty() { subject } else { format!("{subject} {}", change.aspect) }
}
