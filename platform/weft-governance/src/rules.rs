//! All rules of a revision, as far as they could be understood.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::sync::Arc;

use chrono::NaiveDate;
use weft_model::{
    Code, Content, Diagnostic, Domain, DomainName, FileEntry, ManifestTree, Place, ProductRef, Revision, parallel,
};

use crate::approvals::{self, ApprovalRule};
use crate::cases::{self, Case};
use crate::declassifications::{self, DECLASSIFICATIONS_FILE, Declassification};
use crate::kept::KeptRules;
use crate::names::containers;
use crate::principals::{self, PRINCIPALS_FILE, Principals};
use crate::restrictions::{self, Restrictions, Whose};
use crate::ring::{self, DEPTH_MAX, Trouble};
use crate::row::{self, Origin, RowSet, Scope};
use crate::snapshot::{Parts, PolicyError, PolicySnapshot};
use crate::standards::{self, Standards};
use crate::{Inheritance, MeshFacts, ObjectRef, model, self_test};

mod known;

use known::Known;

/// Most rows that the policies of a mesh may have.
const ROWS_MAX: usize = 100_000;

const POLICIES: &str = "governance/policies/";
const CASES: &str = "governance/cases/";
const STANDARDS: &str = "governance/standards/";
const RESTRICTIONS_FILE: &str = "governance/restrictions.yaml";

/// The rules of one revision: principals, policies, restrictions, cases and standards.
#[derive(Clone, Debug)]
pub struct Rules {
    mesh: RowSet,
    domains: BTreeMap<DomainName, DomainRules>,
    principals: Arc<Principals>,
    /// `None` where the mesh has no such file, which is not the same as an empty one.
    mesh_restrictions: Option<Arc<Restrictions>>,
    restrictions: BTreeMap<ProductRef, ProductRules>,
    cases: Vec<Case>,
    standards: Standards,
    approvals: Vec<ApprovalRule>,
    declassifications: Vec<Declassification>,
    refused: bool,
}

/// What is known of one product's `restrictions.yaml`.
#[derive(Clone, Debug)]
enum ProductRules {
    Good {
        text: Arc<str>,
        restrictions: Arc<Restrictions>,
    },
    /// The file has errors; these are the restrictions of an earlier revision.
    Kept {
        restrictions: Arc<Restrictions>,
    },
    /// The file has errors, and no earlier restrictions are known: nothing of the product may be read.
    Broken,
}

/// What is known of one domain's `access.csv`.
#[derive(Clone, Debug)]
enum DomainRules {
    Good {
        text: Arc<str>,
        rows: RowSet,
    },
    /// The file has errors; these are the rows of an earlier revision.
    Kept {
        rows: RowSet,
    },
    /// The file has errors, and no earlier rows are known: nothing in the domain is open.
    Broken,
}

/// Reads the rules of `tree`. Total: what could not be understood is told, and counts as an error
/// of the mesh ([`Rules::refused`]) or of one domain, whose rows are then to be [kept](Rules::keep).
///
/// A revision without a folder `governance/` has no principals and denies everything.
pub fn read(tree: &ManifestTree) -> (Rules, Vec<Diagnostic>) {
    let mut diagnostics = unread_files(tree);
    let mut principals = Principals::default();
    let mut mesh = RowSet::default();
    let mut cases = Vec::new();

    if let Some(text) = text_of(tree, PRINCIPALS_FILE, &mut diagnostics) {
        let (found, trouble) = principals::read(&text);
        principals = found;
        diagnostics.extend(trouble);
    }
    // Where it is not known who there is, nobody can be called unknown.
    let in_error = |told: &Diagnostic| told.is_error() && told.place.file == PRINCIPALS_FILE;
    let are_principals_known = !tree.is_part && !diagnostics.iter().any(in_error);
    if let Some(text) = text_of(tree, model::MODEL_FILE, &mut diagnostics) {
        diagnostics.extend(model::check(&text));
    } else if tree.under("governance/").next().is_some() && tree.file(model::MODEL_FILE).is_none() {
        let place = Place::start_of(model::MODEL_FILE);
        let missing = Diagnostic::error(Code::FILE_MISSING, place, "the folder `governance/` holds no access model");
        diagnostics.push(missing.help("take the model from `weft init repo`"));
    }
    for file in paths(tree, POLICIES, &[".csv"]) {
        if let Some(text) = text_of(tree, file, &mut diagnostics) {
            let (rows, trouble) = row::read(file, &text, Scope::Mesh);
            diagnostics.extend(trouble);
            mesh.append(rows);
        }
    }
    for file in paths(tree, CASES, &[".yaml", ".yml"]) {
        if let Some(text) = text_of(tree, file, &mut diagnostics) {
            let (found, trouble) = cases::read(file, &text, are_principals_known.then_some(&principals));
            diagnostics.extend(trouble);
            cases.extend(found);
        }
    }
    let mut standards = Standards::default();
    for file in paths(tree, STANDARDS, &[".yaml", ".yml"]) {
        if let Some(text) = text_of(tree, file, &mut diagnostics) {
            let (found, trouble) = standards::read(file, &text);
            diagnostics.extend(trouble);
            standards.append(found);
        }
    }
    let mut approvals = Vec::new();
    if let Some(text) = text_of(tree, approvals::APPROVALS_FILE, &mut diagnostics) {
        let (found, trouble) = approvals::read(&text);
        diagnostics.extend(trouble);
        approvals = found;
    }
    let mut mesh_restrictions = None;
    if let Some(text) = text_of(tree, RESTRICTIONS_FILE, &mut diagnostics) {
        let (found, trouble) = restrictions::read(RESTRICTIONS_FILE, &text, Whose::Mesh);
        diagnostics.extend(trouble);
        mesh_restrictions = Some(Arc::new(found));
    }
    let mut declassifications = Vec::new();
    if let Some(text) = text_of(tree, DECLASSIFICATIONS_FILE, &mut diagnostics) {
        let (found, trouble) = declassifications::read(&text, are_principals_known.then_some(&principals));
        diagnostics.extend(trouble);
        declassifications = found;
    }
    let known = Known::of(tree, are_principals_known.then_some(&principals));
    diagnostics.extend(known.check(&mesh, &RowSet::default(), Scope::Mesh));
    diagnostics.extend(rings(&RowSet::default(), &mesh));
    if mesh.len() > ROWS_MAX {
        let message = format!("the policies have {} rows and may have {ROWS_MAX}", mesh.len());
        diagnostics.push(Diagnostic::error(Code::POLICY_ROW, Place::start_of(POLICIES.trim_end_matches('/')), message));
    }
    let refused = diagnostics.iter().any(|told| told.is_error() && told.place.file.starts_with("governance/"));

    let mut domains = BTreeMap::new();
    let mut count = mesh.len();
    let files = access_files(tree, &mut diagnostics);
    let read = parallel::map(&files, |(domain, file)| {
        let mut trouble = Vec::new();
        let text = text_of(tree, file, &mut trouble);
        let mut rows = RowSet::default();
        if let Some(text) = &text {
            let (found, told) = row::read(file, text, Scope::Domain(domain));
            trouble.extend(told);
            trouble.extend(known.check(&found, &mesh, Scope::Domain(domain)));
            trouble.extend(rings(&mesh, &found));
            rows = found;
        }
        (text, rows, trouble)
    });
    for ((domain, file), (text, rows, mut trouble)) in files.into_iter().zip(read) {
        if count + rows.len() > ROWS_MAX {
            let message = format!("with this file the policies of the mesh have more than {ROWS_MAX} rows");
            trouble.push(Diagnostic::error(Code::POLICY_ROW, Place::start_of(&*file), message));
        }
        let rules = match text {
            Some(text) if !trouble.iter().any(Diagnostic::is_error) => {
                count += rows.len();
                DomainRules::Good { text, rows }
            }
            _ => DomainRules::Broken,
        };
        domains.insert(domain, rules);
        diagnostics.extend(trouble);
    }
    let mut restrictions = BTreeMap::new();
    let files = restrictions_files(tree, &mut diagnostics);
    let read = parallel::map(&files, |(product, file)| {
        let mut trouble = Vec::new();
        let read = text_of(tree, file, &mut trouble).map(|text| {
            let (found, told) = restrictions::read(file, &text, Whose::Product(product));
            trouble.extend(told);
            ProductRules::Good { text, restrictions: Arc::new(found) }
        });
        (read, trouble)
    });
    for ((product, _), (read, trouble)) in files.into_iter().zip(read) {
        let is_good = !trouble.iter().any(Diagnostic::is_error);
        restrictions.insert(product, read.filter(|_| is_good).unwrap_or(ProductRules::Broken));
        diagnostics.extend(trouble);
    }
    weft_model::diagnostic::sort(&mut diagnostics);
    let principals = Arc::new(principals);
    let rules = Rules {
        mesh,
        domains,
        principals,
        mesh_restrictions,
        restrictions,
        cases,
        standards,
        approvals,
        declassifications,
        refused,
    };
    (rules, diagnostics)
}

impl Rules {
    /// Something in `governance/` has errors, so the revision must not be applied.
    pub fn refused(&self) -> bool {
        self.refused
    }

    /// What the mesh asks of its manifests.
    pub fn standards(&self) -> &Standards {
        &self.standards
    }

    /// What derived columns inherit, in a mesh of these `domains`.
    pub fn inheritance<'r>(&'r self, domains: &'r BTreeMap<DomainName, Domain>) -> Inheritance<'r> {
        Inheritance::new(self.mesh_restrictions.as_deref(), &self.principals, &self.declassifications, domains)
    }

    /// Whether the mesh says which words ask for a mask.
    pub fn has_restrictions(&self) -> bool {
        self.mesh_restrictions.is_some()
    }

    /// Checks that no declassification is signed on a day that is still to come. One that is makes the rules
    /// [refused](Self::refused).
    pub fn check_declassifications(&mut self, today: NaiveDate) -> Vec<Diagnostic> {
        let early = self.declassifications.iter().filter(|entry| entry.on > today);
        let told: Vec<Diagnostic> = early.map(|entry| entry.of_a_day_to_come(today)).collect();
        self.refused |= !told.is_empty();
        told
    }

    /// Everyone that the revision knows.
    pub fn principals(&self) -> &Principals {
        &self.principals
    }

    /// The domains that have an `access.csv`, broken or not, in order of name.
    pub fn domains(&self) -> impl Iterator<Item = &DomainName> {
        self.domains.keys()
    }

    /// The domain's `access.csv` as written, if it was read without errors: the text to keep for
    /// the day on which a later one is broken.
    pub fn access_text(&self, domain: &DomainName) -> Option<&str> {
        match self.domains.get(domain)? {
            DomainRules::Good { text, .. } => Some(text),
            DomainRules::Kept { .. } | DomainRules::Broken => None,
        }
    }

    /// Domains whose `access.csv` has errors and whose earlier text has not been given to
    /// [`keep`](Self::keep) yet. Nothing in them is open until then.
    pub fn broken_domains(&self) -> impl Iterator<Item = &DomainName> {
        self.domains.iter().filter(|(_, rules)| matches!(rules, DomainRules::Broken)).map(|(domain, _)| domain)
    }

    /// Puts the last good text of a domain's `access.csv` back in the place of one that is broken or
    /// gone; does nothing for a domain that was read well. Names in it that are gone by now do no harm
    /// and are no obstacle.
    ///
    /// True if the domain's rows are known now; false if `text` itself is not good, so that the
    /// domain stays closed.
    pub fn keep(&mut self, domain: &DomainName, text: &str) -> bool {
        if matches!(self.domains.get(domain), Some(DomainRules::Good { .. } | DomainRules::Kept { .. })) {
            return true;
        }
        let (rows, mut trouble) = row::read(&access_file(domain), text, Scope::Domain(domain));
        trouble.extend(rings(&self.mesh, &rows));
        let good = !trouble.iter().any(Diagnostic::is_error);
        self.domains.insert(domain.clone(), if good { DomainRules::Kept { rows } } else { DomainRules::Broken });
        good
    }

    /// The products that have a `restrictions.yaml`, broken or not, in order of name.
    pub fn restricted_products(&self) -> impl Iterator<Item = &ProductRef> {
        self.restrictions.keys()
    }

    /// The product's `restrictions.yaml` as written, if nothing was found wrong with it: the text to
    /// keep for the day on which a later one is broken.
    pub fn restrictions_text(&self, product: &ProductRef) -> Option<&str> {
        match self.restrictions.get(product)? {
            ProductRules::Good { text, .. } => Some(text),
            ProductRules::Kept { .. } | ProductRules::Broken => None,
        }
    }

    /// Products whose `restrictions.yaml` has errors and whose earlier text has not been given to
    /// [`keep_restrictions`](Self::keep_restrictions) yet. Nothing of them may be read until then.
    pub fn broken_restrictions(&self) -> impl Iterator<Item = &ProductRef> {
        self.restrictions.iter().filter(|(_, rules)| matches!(rules, ProductRules::Broken)).map(|(name, _)| name)
    }

    /// Puts the last good text of a product's `restrictions.yaml` back in the place of one that is broken
    /// or gone, as [`keep`](Self::keep) does for a domain. What in it no longer fits the product's
    /// columns makes the product unreadable, never clear.
    pub fn keep_restrictions(&mut self, product: &ProductRef, text: &str) -> bool {
        if matches!(self.restrictions.get(product), Some(ProductRules::Good { .. } | ProductRules::Kept { .. })) {
            return true;
        }
        let (found, trouble) = restrictions::read(&restrictions_file(product), text, Whose::Product(product));
        let good = !trouble.iter().any(Diagnostic::is_error);
        let rules = if good { ProductRules::Kept { restrictions: Arc::new(found) } } else { ProductRules::Broken };
        self.restrictions.insert(product.clone(), rules);
        good
    }

    /// Checks restrictions and rows against the ports, columns and tags of the mesh. What has errors
    /// now counts as if it had been read with errors: the mesh's restrictions make the rules
    /// [refused](Self::refused), those of a product and the rows of a domain are to be kept.
    pub fn check_restrictions(&mut self, facts: &MeshFacts) -> Vec<Diagnostic> {
        let mut diagnostics = Vec::new();
        let carried = facts.vocabulary();
        if let Some(restrictions) = &self.mesh_restrictions {
            diagnostics.extend(restrictions.check(Whose::Mesh, facts, &carried, &self.principals));
            self.refused |= diagnostics.iter().any(Diagnostic::is_error);
        }
        for (product, rules) in &mut self.restrictions {
            if let ProductRules::Good { restrictions, .. } = rules {
                let trouble = restrictions.check(Whose::Product(product), facts, &carried, &self.principals);
                if trouble.iter().any(Diagnostic::is_error) {
                    *rules = ProductRules::Broken;
                }
                diagnostics.extend(trouble);
            }
        }
        let vocabulary = self.vocabulary(carried);
        diagnostics.extend(known::against(facts, &vocabulary, &self.mesh, Scope::Mesh));
        for (domain, rules) in &mut self.domains {
            if let DomainRules::Good { rows, .. } = rules {
                let trouble = known::against(facts, &vocabulary, rows, Scope::Domain(domain));
                if trouble.iter().any(Diagnostic::is_error) {
                    *rules = DomainRules::Broken;
                }
                diagnostics.extend(trouble);
            }
        }
        weft_model::diagnostic::sort(&mut diagnostics);
        diagnostics
    }

    /// The rows of the mesh, and those of each domain whose own file of this revision holds.
    pub(crate) fn own_rows(&self) -> impl Iterator<Item = &RowSet> {
        let of_domains = self.domains.values().filter_map(|rules| match rules {
            DomainRules::Good { rows, .. } => Some(rows),
            DomainRules::Kept { .. } | DomainRules::Broken => None,
        });
        std::iter::once(&self.mesh).chain(of_domains)
    }

    /// The restrictions of the mesh, and of each product whose own file of this revision holds.
    pub(crate) fn own_restrictions(&self) -> impl Iterator<Item = (Option<&ProductRef>, &Restrictions)> {
        let of_products = self.restrictions.iter().filter_map(|(product, rules)| match rules {
            ProductRules::Good { restrictions, .. } => Some((Some(product), restrictions.as_ref())),
            ProductRules::Kept { .. } | ProductRules::Broken => None,
        });
        self.mesh_restrictions.iter().map(|mesh| (None, mesh.as_ref())).chain(of_products)
    }

    /// Every tag that means something: those in restrictions, and those that something carries.
    pub(crate) fn vocabulary(&self, carried: BTreeSet<String>) -> BTreeSet<String> {
        let mut all = carried;
        let of_products = self.restrictions.values().filter_map(ProductRules::restrictions);
        for restrictions in self.mesh_restrictions.iter().chain(of_products) {
            all.extend(crate::names::expanded(restrictions.vocabulary()));
        }
        all.extend(["public", "internal", "confidential", "restricted"].map(str::to_owned));
        all
    }

    /// Makes the snapshot that decides by these rules, of the mesh that `facts` describes.
    ///
    /// # Errors
    ///
    /// If the rules are [refused](Self::refused), too many, or the built-in self-test fails.
    pub fn compile(&self, revision: &Revision, facts: &MeshFacts) -> Result<PolicySnapshot, PolicyError> {
        if self.refused {
            return Err(PolicyError::Refused);
        }
        self_test::ensure_decides_right()?;
        let mut rows = vec![&self.mesh];
        let mut closed = BTreeMap::new();
        for (domain, rules) in &self.domains {
            match rules {
                DomainRules::Good { rows: own, .. } | DomainRules::Kept { rows: own } => rows.push(own),
                DomainRules::Broken => {
                    let file = access_file(domain);
                    let why = format!("`{file}` has errors and no earlier version of it is known");
                    closed.insert(domain.clone(), why);
                }
            }
        }
        let count = rows.iter().map(|rows| rows.len()).sum();
        if count > ROWS_MAX {
            return Err(PolicyError::TooManyRows { rows: count, rows_max: ROWS_MAX });
        }
        let mut product_restrictions = BTreeMap::new();
        let mut closed_products = BTreeMap::new();
        for (product, rules) in &self.restrictions {
            match rules.restrictions() {
                Some(restrictions) => {
                    product_restrictions.insert(product.clone(), restrictions.clone());
                }
                None => {
                    let file = restrictions_file(product);
                    let why = format!("`{file}` has errors and no earlier version of it is known");
                    closed_products.insert(product.clone(), why);
                }
            }
        }
        PolicySnapshot::new(Parts {
            revision: revision.clone(),
            principals: self.principals.clone(),
            rows,
            facts,
            closed,
            mesh_restrictions: self.mesh_restrictions.clone(),
            product_restrictions,
            closed_products,
            approvals: self.approvals.clone(),
            kept: self.kept(),
        })
    }

    fn kept(&self) -> KeptRules {
        let domains = self.domains.iter().filter(|(_, rules)| matches!(rules, DomainRules::Kept { .. }));
        let products = self.restrictions.iter().filter(|(_, rules)| matches!(rules, ProductRules::Kept { .. }));
        KeptRules::of(
            domains.map(|(domain, _)| domain.clone()).collect(),
            products.map(|(product, _)| product.clone()).collect(),
        )
    }

    #[cfg(test)]
    pub(crate) fn all_rows(&self) -> RowSet {
        let mut all = self.mesh.clone();
        for rules in self.domains.values() {
            if let DomainRules::Good { rows, .. } | DomainRules::Kept { rows } = rules {
                all.append(rows.clone());
            }
        }
        all
    }

    /// Asks `snapshot` every case. A case that comes out otherwise is an error at the case.
    ///
    /// Where a domain's rows or a product's restrictions are not those of this revision, cases about
    /// them are not asked: one broken file must not hold up the rest of the mesh.
    pub fn run_cases(&self, snapshot: &PolicySnapshot) -> Vec<Diagnostic> {
        let asked = self.cases.iter().filter(|case| self.is_of_this_revision(case.object()));
        asked.filter_map(|case| case.run(snapshot, &self.principals)).collect()
    }

    fn is_of_this_revision(&self, object: &ObjectRef) -> bool {
        let (domain, product) = match object {
            ObjectRef::Domain(domain) => (domain, None),
            ObjectRef::Product(product) => (&product.domain, Some(product.clone())),
            ObjectRef::Port(port) => (&port.domain, Some(port.product_ref())),
            ObjectRef::Platform(_) => return true,
        };
        let rows = self.domains.get(domain).is_none_or(|rules| matches!(rules, DomainRules::Good { .. }));
        let restrictions = product.and_then(|product| self.restrictions.get(&product));
        rows && restrictions.is_none_or(|rules| matches!(rules, ProductRules::Good { .. }))
    }
}

impl ProductRules {
    fn restrictions(&self) -> Option<&Arc<Restrictions>> {
        match self {
            ProductRules::Good { restrictions, .. } | ProductRules::Kept { restrictions } => Some(restrictions),
            ProductRules::Broken => None,
        }
    }
}

fn restrictions_file(product: &ProductRef) -> String {
    format!("products/{}/{}/restrictions.yaml", product.domain, product.product)
}

fn restrictions_files(tree: &ManifestTree, diagnostics: &mut Vec<Diagnostic>) -> Vec<(ProductRef, String)> {
    let mut found = Vec::new();
    for (path, _) in tree.under("products/") {
        let Some((folder, "restrictions.yaml" | "restrictions.yml")) = path.rsplit_once('/') else { continue };
        let product = folder.strip_prefix("products/").map(|name| name.replace('/', ".").parse::<ProductRef>());
        match product {
            Some(Ok(product)) if path.ends_with(".yaml") => found.push((product, path.to_owned())),
            _ => {
                let message = "nothing reads this file";
                let help = "restrictions stand in a product's folder, `products/DOMAIN/PRODUCT/restrictions.yaml`";
                diagnostics.push(Diagnostic::error(Code::FILE_STRAY, Place::start_of(path), message).help(help));
            }
        }
    }
    found
}

fn access_file(domain: &DomainName) -> String {
    format!("products/{domain}/access.csv")
}

fn access_files(tree: &ManifestTree, diagnostics: &mut Vec<Diagnostic>) -> Vec<(DomainName, String)> {
    let mut found = Vec::new();
    for (path, _) in tree.under("products/") {
        let Some(folder) = path.strip_prefix("products/").and_then(|rest| rest.strip_suffix("/access.csv")) else {
            continue;
        };
        match folder.parse::<DomainName>() {
            Ok(domain) if domain.is_reserved() => {
                let message = format!("the domain `{domain}` is the platform's own");
                diagnostics.push(Diagnostic::error(Code::NAME_RESERVED, Place::start_of(path), message));
            }
            Ok(domain) => found.push((domain, path.to_owned())),
            Err(_) => {
                let message = "access rows stand directly in a domain's folder, `products/DOMAIN/access.csv`";
                diagnostics.push(Diagnostic::error(Code::FILE_STRAY, Place::start_of(path), message));
            }
        }
    }
    found
}

fn paths<'a>(tree: &'a ManifestTree, folder: &'a str, endings: &'a [&str]) -> impl Iterator<Item = &'a str> {
    tree.under(folder)
        .map(|(path, _)| path)
        .filter(|path| path.get(folder.len()..).is_some_and(|rest| !rest.contains('/')))
        .filter(|path| endings.iter().any(|ending| path.ends_with(ending)))
}

/// The text at `path`; `None` (with a diagnostic, unless there is no such file) if there is none.
fn text_of(tree: &ManifestTree, path: &str, diagnostics: &mut Vec<Diagnostic>) -> Option<Arc<str>> {
    let FileEntry { content, .. } = tree.file(path)?;
    let (code, message) = match content {
        Content::Text(text) => return Some(text.clone()),
        Content::NotUtf8 { valid_up_to } => {
            (Code::NOT_UTF8, format!("the file is not UTF-8 from byte {valid_up_to} on"))
        }
        Content::TooLarge => (Code::DOCUMENT_BOUNDS, "the file is too large to be read".to_owned()),
        Content::Link => (Code::PATH_OUTSIDE, "the file is a link, and links are not followed".to_owned()),
        Content::Data => (Code::WRONG_TYPE, "the file is not a text file".to_owned()),
    };
    diagnostics.push(Diagnostic::error(code, Place::start_of(path), message));
    None
}

/// Files that would be rules but that nothing reads: a rule must never be without effect unnoticed.
fn unread_files(tree: &ManifestTree) -> Vec<Diagnostic> {
    let mut diagnostics = Vec::new();
    for (path, _) in tree.under("governance/") {
        let rest = path.strip_prefix("governance/").unwrap_or(path);
        let is_direct = |folder: &str| rest.strip_prefix(folder).is_some_and(|name| !name.contains('/'));
        let read = match rest {
            "model.conf"
            | "principals.yaml"
            | "restrictions.yaml"
            | "approvals.yaml"
            | "declassifications.yaml"
            | "decisions.txt" => true,
            _ if rest.ends_with(".md") => true,
            _ if is_direct("policies/") => rest.ends_with(".csv"),
            _ if is_direct("cases/") || is_direct("standards/") => rest.ends_with(".yaml") || rest.ends_with(".yml"),
            _ => false,
        };
        if !read {
            let is_like_a_rule = [".csv", ".yaml", ".yml", ".conf"].iter().any(|ending| path.ends_with(ending));
            let make = if is_like_a_rule { Diagnostic::error } else { Diagnostic::warning };
            let stray = make(Code::FILE_STRAY, Place::start_of(path), "nothing reads this file");
            let help = "`governance/` holds model.conf, principals.yaml, restrictions.yaml, approvals.yaml, declassifications.yaml, \
                        policies/*.csv, cases/*.yaml, standards/*.yaml";
            diagnostics.push(stray.help(help));
        }
    }
    diagnostics
}

/// Rings and chains that are too long, told at rows of `rows`; `around` are rows that hold too.
fn rings(around: &RowSet, rows: &RowSet) -> Vec<Diagnostic> {
    let mut diagnostics = Vec::new();
    let all_roles: Vec<_> =
        around.roles.iter().map(|row| (row, false)).chain(rows.roles.iter().map(|row| (row, true))).collect();
    let domains: BTreeSet<&str> = all_roles.iter().map(|(row, _)| row.domain.as_str()).collect();
    let mut told: HashSet<&Origin> = HashSet::new();
    for domain in domains {
        let holding: Vec<_> =
            all_roles.iter().filter(|(row, _)| row.domain == domain || row.domain == "dom:any").collect();
        let edges: Vec<(&str, &str)> =
            holding.iter().map(|(row, _)| (row.member.as_str(), row.role.as_str())).collect();
        for trouble in ring::trouble(&edges) {
            let (Trouble::Ring(index) | Trouble::TooDeep(index)) = trouble;
            if let Some((row, true)) = holding.get(index)
                && told.insert(&row.origin)
            {
                diagnostics.push(ring_diagnostic(&trouble, &row.origin, "role"));
            }
        }
    }

    let all: Vec<_> = around
        .containments
        .iter()
        .map(|row| (row, false))
        .chain(rows.containments.iter().map(|row| (row, true)))
        .collect();
    let mut edges: Vec<(&str, &str)> =
        all.iter().map(|(row, _)| (row.object.as_str(), row.container.as_str())).collect();
    let named: BTreeSet<&str> = edges.iter().flat_map(|(low, high)| [*low, *high]).collect();
    for name in named {
        let chain: Vec<&str> = std::iter::once(name).chain(containers(name)).collect();
        edges.extend(chain.windows(2).filter_map(|pair| Some((*pair.first()?, *pair.get(1)?))));
    }
    for trouble in ring::trouble(&edges) {
        let (Trouble::Ring(index) | Trouble::TooDeep(index)) = trouble;
        if let Some((row, true)) = all.get(index) {
            diagnostics.push(ring_diagnostic(&trouble, &row.origin, "object"));
        }
    }
    diagnostics
}

fn ring_diagnostic(trouble: &Trouble, origin: &Origin, what: &str) -> Diagnostic {
    let message = match trouble {
        Trouble::Ring(_) => format!("this row is part of a ring: the {what} comes to hold itself"),
        Trouble::TooDeep(_) => format!("with this row a chain of {what}s is longer than {DEPTH_MAX}"),
    };
    Diagnostic::error(Code::POLICY_ROW, origin.place(), message).help("take one row of the chain out")
}

#[cfg(test)]
mod tests;
