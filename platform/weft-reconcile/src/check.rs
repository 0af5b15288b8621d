//! Everything that can be said of a revision before anything is done.

use std::collections::{BTreeMap, BTreeSet};

use weft_governance::{PolicySnapshot, Rules};
use weft_model::{Code, Declared, Diagnostic, DomainName, ManifestTree, Place, Published, Severity};

use crate::sql_check;

/// What a revision declares, by which rules, and what is wrong with it.
#[derive(Debug)]
pub struct Checked {
    pub declared: Declared,
    pub rules: Rules,
    /// The rules, ready to decide; `None` where they have errors.
    pub snapshot: Option<PolicySnapshot>,
    /// In the order in which people read them.
    pub diagnostics: Vec<Diagnostic>,
}

impl Checked {
    /// Whether nothing of the revision may be applied.
    pub fn is_refused(&self) -> bool {
        self.declared.refused || self.snapshot.is_none()
    }
}

/// Reads manifests and rules, plans every query against its inputs' contracts, and asks the rules
/// their own cases. Does nothing to anything; total.
///
/// `kept` are the last good access files of domains whose present one may be broken; inputs that
/// are broken now are taken as `published`.
pub async fn check(tree: &ManifestTree, published: &Published, kept: &BTreeMap<DomainName, String>) -> Checked {
    let (mut declared, mut diagnostics) = weft_manifest::read(tree);
    diagnostics.extend(sql_check::check(tree, &mut declared, published).await);
    let (rules, snapshot, trouble) = policies(tree, &declared, published, kept);
    diagnostics.extend(trouble);
    weft_model::diagnostic::sort(&mut diagnostics);
    diagnostics.dedup();
    Checked { declared, rules, snapshot, diagnostics }
}

/// The rules of a revision and, where they have no errors and their cases hold, the snapshot that
/// decides by them.
pub(crate) fn policies(
    tree: &ManifestTree,
    declared: &Declared,
    published: &Published,
    kept: &BTreeMap<DomainName, String>,
) -> (Rules, Option<PolicySnapshot>, Vec<Diagnostic>) {
    let (mut rules, mut diagnostics) = weft_governance::read(tree);
    let broken: Vec<DomainName> = rules.broken_domains().cloned().collect();
    for domain in broken {
        if let Some(text) = kept.get(&domain) {
            rules.keep(&domain, text);
        }
    }
    let domains: BTreeSet<DomainName> =
        declared.domains.keys().chain(published.releases.keys().map(|name| &name.domain)).cloned().collect();
    let snapshot = match rules.compile(&tree.revision, &domains) {
        Ok(snapshot) => {
            let failed = rules.run_cases(&snapshot);
            let holds = !failed.iter().any(Diagnostic::is_error);
            diagnostics.extend(failed);
            holds.then_some(snapshot)
        }
        Err(error) => {
            if !rules.refused() {
                diagnostics.push(uncompiled(&error));
            }
            None
        }
    };
    (rules, snapshot, diagnostics)
}

fn uncompiled(error: &weft_governance::PolicyError) -> Diagnostic {
    Diagnostic {
        severity: Severity::Error,
        ..Diagnostic::error(Code::POLICY_ROW, Place::start_of("governance/policies"), error.to_string())
    }
}
