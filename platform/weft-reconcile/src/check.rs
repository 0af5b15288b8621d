//! Everything that can be said of a revision before anything is done.

use weft_governance::{MeshFacts, PolicySnapshot, Rules};
use weft_model::{Code, Declared, Diagnostic, DomainName, ManifestTree, Place, ProductRef, Published, Severity};

use crate::known::Kept;
use crate::{Known, Review, compatible, contract_sql, sql_check, transform_tests};

/// What a revision declares, by which rules, and what is wrong with it.
#[derive(Debug)]
pub struct Checked {
    pub declared: Declared,
    pub rules: Rules,
    /// The rules, ready to decide; `None` where they have errors.
    pub snapshot: Option<PolicySnapshot>,
    /// What changes in contracts that are served, by product.
    pub reviews: Vec<Review>,
    /// In the order in which people read them.
    pub diagnostics: Vec<Diagnostic>,
}

impl Checked {
    /// Whether nothing of the revision may be applied.
    pub fn is_refused(&self) -> bool {
        self.declared.refused || self.snapshot.is_none()
    }
}

/// Reads manifests and rules, plans every query of transforms and contracts, runs those of transforms on
/// the rows of their tests, asks the rules their own cases, and compares what changes with what is served.
/// Does nothing to anything; total.
///
/// Where the present text of a domain's or product's rules is broken, the one that was kept holds;
/// inputs that are broken now are taken as published. A product whose changes are refused is broken.
pub async fn check(tree: &ManifestTree, known: &Known) -> Checked {
    let (mut declared, mut diagnostics) = weft_manifest::read(tree);
    let queries = sql_check::check(tree, &mut declared, &known.published).await;
    diagnostics.extend(queries.diagnostics);
    diagnostics.extend(contract_sql::check(&mut declared, &known.published).await);
    diagnostics.extend(transform_tests::check(&mut declared, &known.published).await);
    let (reviews, refused) = compatible::check(tree, &mut declared, &queries.reads, known).await;
    diagnostics.extend(refused);
    let (rules, snapshot, trouble) = policies(tree, &declared, &known.published, &known.kept);
    diagnostics.extend(trouble);
    weft_model::diagnostic::sort(&mut diagnostics);
    diagnostics.dedup();
    Checked { declared, rules, snapshot, reviews, diagnostics }
}

/// The rules of a revision and, where they have no errors and their cases hold, the snapshot that
/// decides by them.
pub(crate) fn policies(
    tree: &ManifestTree,
    declared: &Declared,
    published: &Published,
    kept: &Kept,
) -> (Rules, Option<PolicySnapshot>, Vec<Diagnostic>) {
    let (mut rules, mut diagnostics) = weft_governance::read(tree);
    let facts = MeshFacts::of(declared, published);
    diagnostics.extend(rules.check_restrictions(&facts));
    let broken: Vec<DomainName> = rules.broken_domains().cloned().collect();
    for domain in broken {
        if let Some(text) = kept.access.get(&domain) {
            rules.keep(&domain, text);
        }
    }
    // A product whose restrictions are broken, and were never good, is closed.
    let broken: Vec<ProductRef> = rules.broken_restrictions().cloned().collect();
    for product in broken {
        if let Some(text) = kept.restrictions.get(&product) {
            rules.keep_restrictions(&product, text);
        }
    }
    let snapshot = match rules.compile(&tree.revision, &facts) {
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
