//! Everything that can be said of a revision before anything is done.

use std::collections::BTreeSet;
use std::path::Path;

use weft_governance::{MeshFacts, PolicySnapshot, Rules};
use weft_model::{
    Code, DataProduct, Declared, Diagnostic, DomainName, ManifestTree, Place, ProductRef, Published, Severity, parallel,
};

use crate::known::Kept;
use crate::{Known, Review, compatible, contract_sql, held, inherit, sql_check, transform_tests};

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
/// the rows of their tests, holds the manifests against the mesh's own standards and derived columns against
/// what they inherit, compares what changes with what is served, and asks the rules their own cases. Does nothing to anything; total.
///
/// Where the present text of a domain's or product's rules is broken, the one that was kept holds;
/// inputs that are broken now are taken as published. A product whose changes are refused is broken, and one that
/// was rolled back and not changed since counts as such.
#[tracing::instrument(skip_all)]
pub async fn check(tree: &ManifestTree, known: &Known) -> Checked {
    let today = known.now.date_naive();
    let (manifests, (mut rules, trouble)) =
        parallel::both(|| weft_manifest::read_with_outline(tree, today), || weft_governance::read(tree));
    let (mut declared, outline, mut diagnostics) = manifests;
    declared.hold_back(&known.published);
    held::set_aside(&mut declared, &known.published);
    diagnostics.extend(sql_check::check(tree, &mut declared, &known.published));
    diagnostics.extend(contract_sql::check(&mut declared, &known.published));
    diagnostics.extend(transform_tests::check(&mut declared, &known.published).await);
    let findings = rules.standards().check(&outline, rules.principals(), &mut diagnostics);
    break_products(&mut declared, &findings);
    diagnostics.extend(findings);
    diagnostics.extend(trouble);
    diagnostics.extend(rules.check_declassifications(today));
    diagnostics.extend(inherit::check(&mut declared, &known.published, &rules, &outline));
    let (reviews, refused) = compatible::check(tree, &mut declared, known);
    diagnostics.extend(refused);
    let (rules, snapshot, trouble) = policies(rules, tree, &declared, &known.published, &known.kept);
    diagnostics.extend(trouble);
    weft_model::diagnostic::sort(&mut diagnostics);
    diagnostics.dedup();
    Checked { declared, rules, snapshot, reviews, diagnostics }
}

/// A product of which a standard finds an error stays as last published, as does every product of a
/// domain of whose own file it finds one.
fn break_products(declared: &mut Declared, findings: &[Diagnostic]) {
    let files: BTreeSet<&str> =
        findings.iter().filter(|told| told.is_error()).map(|told| told.place.file.as_str()).collect();
    let is_broken = |product: &DataProduct| {
        let domain = format!("products/{}/domain.yaml", product.name.domain);
        let folder = product.file.rsplit_once('/').map_or("", |(folder, _)| folder);
        files.contains(domain.as_str()) || files.iter().any(|file| Path::new(file).starts_with(folder))
    };
    let broken: Vec<ProductRef> = declared.products.iter().filter(|p| is_broken(p)).map(|p| p.name.clone()).collect();
    for product in broken {
        declared.mark_broken(&product);
    }
}

/// The rules, completed by those that were `kept`, and, where they have no errors and their cases
/// hold, the snapshot that decides by them.
pub(crate) fn policies(
    rules: Rules,
    tree: &ManifestTree,
    declared: &Declared,
    published: &Published,
    kept: &Kept,
) -> (Rules, Option<PolicySnapshot>, Vec<Diagnostic>) {
    let (rules, snapshot, mut diagnostics) = compiled(rules, tree, declared, published, kept);
    let failed = snapshot.as_ref().map(|snapshot| failed_cases(&rules, snapshot, declared)).unwrap_or_default();
    let holds = !failed.iter().any(Diagnostic::is_error);
    diagnostics.extend(failed);
    (rules, snapshot.filter(|_| holds), diagnostics)
}

/// What the rules' own cases find wrong.
pub(crate) fn failed_cases(rules: &Rules, snapshot: &PolicySnapshot, declared: &Declared) -> Vec<Diagnostic> {
    let mut failed = rules.run_cases(snapshot);
    // In a part of the mesh it is no news that some of what the cases are about is not here.
    failed.retain(|told| told.is_error() || !declared.is_part);
    failed
}

/// The rules, completed by those that were `kept`, and, where they have no errors, the snapshot that would decide by
/// them.
pub(crate) fn compiled(
    mut rules: Rules,
    tree: &ManifestTree,
    declared: &Declared,
    published: &Published,
    kept: &Kept,
) -> (Rules, Option<PolicySnapshot>, Vec<Diagnostic>) {
    let mut diagnostics = Vec::new();
    let facts = MeshFacts::of(declared, published);
    diagnostics.extend(rules.check_restrictions(&facts));
    // What is gone from the manifests and stays all the same, since it is still read, keeps its rules.
    let stays = |name: &&ProductRef| {
        published.releases.get(*name).is_some_and(|release| tree.file(&release.product.file).is_none())
    };
    let staying: BTreeSet<&ProductRef> = declared.broken.iter().filter(stays).collect();
    let domains = staying.iter().map(|product| &product.domain).filter(|name| !declared.domains.contains_key(*name));
    let broken: BTreeSet<DomainName> = rules.broken_domains().chain(domains).cloned().collect();
    // A product whose restrictions are broken, and were never good, is closed.
    let products = rules.broken_restrictions().chain(staying).cloned().collect();
    keep(&mut rules, kept, &broken, &products);
    let snapshot = match rules.compile(&tree.revision, &facts) {
        Ok(snapshot) => Some(snapshot),
        Err(error) => {
            if !rules.refused() {
                diagnostics.push(uncompiled(&error));
            }
            None
        }
    };
    (rules, snapshot, diagnostics)
}

/// Puts the last good texts, where there are any, in the place of those of `domains` and `products`.
pub(crate) fn keep(rules: &mut Rules, kept: &Kept, domains: &BTreeSet<DomainName>, products: &BTreeSet<ProductRef>) {
    for domain in domains {
        if let Some(text) = kept.access.get(domain) {
            rules.keep(domain, text);
        }
    }
    for product in products {
        if let Some(text) = kept.restrictions.get(product) {
            rules.keep_restrictions(product, text);
        }
    }
}

fn uncompiled(error: &weft_governance::PolicyError) -> Diagnostic {
    Diagnostic {
        severity: Severity::Error,
        ..Diagnostic::error(Code::POLICY_ROW, Place::start_of("governance/policies"), error.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STANDARDS: &str = "\
naming:
  columns: {severity: error, pattern: '[a-z_]+'}
ownership:
  contact: {severity: error, domains: [sea]}
documentation:
  columns: {severity: warning}
";

    fn mesh(column_of_air: &str, standards: &str) -> ManifestTree {
        let mut texts = vec![
            ("governance/model.conf".to_owned(), include_str!("../../../governance/model.conf").to_owned()),
            ("governance/standards/s.yaml".to_owned(), standards.to_owned()),
        ];
        for (domain, column) in [("air", column_of_air), ("land", "flight"), ("sea", "flight")] {
            let file = |name: &str| format!("products/{domain}/{name}");
            let owner = format!("domain: {domain}\nowner: {domain}-owners\nservice: jobs\n");
            let product = format!(
                "apiVersion: v1.1.0\nkind: DataProduct\nid: {domain}\nstatus: draft\noutputPorts:\n\
                 - name: rows\n  contractId: {domain}-rows\n  version: 1.0.0\n  customProperties:\n  \
                 - {{property: transform, vendor: weft, value: {{kind: view}}}}\n"
            );
            let contract = format!(
                "apiVersion: v3.2.0\nkind: DataContract\nid: {domain}-rows\nversion: 1.0.0\nstatus: draft\n\
                 schema:\n- name: rows\n  properties:\n  - name: {column}\n    logicalType: string\n"
            );
            texts.extend([
                (file("domain.yaml"), owner),
                (file("trips/product.odps.yaml"), product),
                (file("trips/contracts/rows.odcs.yaml"), contract),
                (file("trips/transforms/rows.sql"), format!("SELECT 'a' AS \"{column}\"")),
            ]);
        }
        ManifestTree::of_texts(texts.iter().map(|(path, text)| (path.as_str(), text.as_str())))
    }

    async fn told(tree: &ManifestTree) -> (Vec<String>, bool, Vec<String>) {
        let checked = check(tree, &Known::nothing()).await;
        let told = checked.diagnostics.iter();
        let told = told.map(|told| format!("{} {} {}", told.severity.as_str(), told.place, told.code)).collect();
        (checked.declared.broken.iter().map(ToString::to_string).collect(), checked.is_refused(), told)
    }

    #[tokio::test]
    async fn an_error_of_a_standard_holds_its_product_back_and_nothing_else() {
        let (broken, refused, told) = told(&mesh("Flight", STANDARDS)).await;
        assert_eq!((broken.as_slice(), refused), (&["air.trips".to_owned(), "sea.trips".to_owned()][..], false));
        assert_eq!(
            told,
            [
                "error products/air/trips/contracts/rows.odcs.yaml:9:11 W0460",
                "warning products/air/trips/contracts/rows.odcs.yaml:9:11 W0463",
                "warning products/land/trips/contracts/rows.odcs.yaml:9:11 W0463",
                "error products/sea/domain.yaml:1:9 W0461",
                "warning products/sea/trips/contracts/rows.odcs.yaml:9:11 W0463",
            ]
        );
    }

    #[tokio::test]
    async fn a_file_of_standards_with_an_error_refuses_the_revision() {
        let (_, refused, told) = told(&mesh("flight", "naming: {columns: {severity: error}}")).await;
        assert_eq!(
            (refused, told.as_slice()),
            (true, &["error governance/standards/s.yaml:1:10 W0106".to_owned()][..])
        );
    }
}
