//! Everything that can be said of a revision before anything is done.

use std::collections::BTreeMap;

use weft_catalog::{Catalog, CatalogError};
use weft_governance::{MeshFacts, PolicySnapshot, Rules};
use weft_model::{Code, Declared, Diagnostic, DomainName, ManifestTree, Place, ProductRef, Published, Severity};

use crate::{contract_sql, sql_check, transform_tests};

/// The last good texts of rules that one domain or product is responsible for: they hold on where the
/// present text is broken.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Kept {
    /// Each domain's `access.csv`.
    pub access: BTreeMap<DomainName, String>,
    /// Each product's `restrictions.yaml`.
    pub restrictions: BTreeMap<ProductRef, String>,
}

impl Kept {
    /// The texts that `catalog` keeps.
    ///
    /// # Errors
    ///
    /// If it cannot be read.
    pub async fn in_catalog(catalog: &Catalog) -> Result<Self, CatalogError> {
        Ok(Kept { access: catalog.access_texts().await?, restrictions: catalog.restrictions_texts().await? })
    }
}

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

/// Reads manifests and rules, plans every query of transforms and contracts, runs those of transforms on
/// the rows of their tests, and asks the rules their own cases. Does nothing to anything; total.
///
/// Where the present text of a domain's or product's rules is broken, the one that was `kept` holds;
/// inputs that are broken now are taken as `published`.
pub async fn check(tree: &ManifestTree, published: &Published, kept: &Kept) -> Checked {
    let (mut declared, mut diagnostics) = weft_manifest::read(tree);
    diagnostics.extend(sql_check::check(tree, &mut declared, published).await);
    diagnostics.extend(contract_sql::check(&mut declared, published).await);
    diagnostics.extend(transform_tests::check(&mut declared, published).await);
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
