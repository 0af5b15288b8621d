//! All rules of a revision, as far as they could be understood.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::sync::Arc;

use weft_model::{Code, Content, Diagnostic, DomainName, FileEntry, ManifestTree, Place, PrincipalKind, Revision};

use crate::cases::{self, Case};
use crate::names::{containers, nearest};
use crate::principals::{self, PRINCIPALS_FILE, Principals};
use crate::ring::{self, DEPTH_MAX, Trouble};
use crate::row::{self, Origin, RowSet, Scope};
use crate::snapshot::{Parts, PolicyError, PolicySnapshot};
use crate::{model, self_test};

/// Most rows that the policies of a mesh may have.
const ROWS_MAX: usize = 100_000;

const POLICIES: &str = "governance/policies/";
const CASES: &str = "governance/cases/";

/// The rules of one revision: principals, policies and cases.
#[derive(Clone, Debug)]
pub struct Rules {
    mesh: RowSet,
    domains: BTreeMap<DomainName, DomainRules>,
    principals: Arc<Principals>,
    cases: Vec<Case>,
    refused: bool,
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
            let (found, trouble) = cases::read(file, &text, &principals);
            diagnostics.extend(trouble);
            cases.extend(found);
        }
    }
    let known = Known::of(tree, &principals);
    diagnostics.extend(known.check(&mesh, &RowSet::default(), Scope::Mesh));
    diagnostics.extend(rings(&RowSet::default(), &mesh));
    if mesh.len() > ROWS_MAX {
        let message = format!("the policies have {} rows and may have {ROWS_MAX}", mesh.len());
        diagnostics.push(Diagnostic::error(Code::POLICY_ROW, Place::start_of(POLICIES.trim_end_matches('/')), message));
    }
    let refused = diagnostics.iter().any(|told| told.is_error() && told.place.file.starts_with("governance/"));

    let mut domains = BTreeMap::new();
    let mut count = mesh.len();
    for (domain, file) in access_files(tree, &mut diagnostics) {
        let mut trouble = Vec::new();
        let text = text_of(tree, &file, &mut trouble);
        let mut rows = RowSet::default();
        if let Some(text) = &text {
            let (found, told) = row::read(&file, text, Scope::Domain(&domain));
            trouble.extend(told);
            trouble.extend(known.check(&found, &mesh, Scope::Domain(&domain)));
            trouble.extend(rings(&mesh, &found));
            if count + found.len() > ROWS_MAX {
                let message = format!("with this file the policies of the mesh have more than {ROWS_MAX} rows");
                trouble.push(Diagnostic::error(Code::POLICY_ROW, Place::start_of(&*file), message));
            }
            rows = found;
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
    weft_model::diagnostic::sort(&mut diagnostics);
    (Rules { mesh, domains, principals: Arc::new(principals), cases, refused }, diagnostics)
}

impl Rules {
    /// Something in `governance/` has errors, so the revision must not be applied.
    pub fn refused(&self) -> bool {
        self.refused
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

    /// Puts the last good text of a broken domain back in the place of the broken one; does nothing
    /// for a domain that was read well or has no file. Names in it that are gone by now do no harm
    /// and are no obstacle.
    ///
    /// True if the domain's rows are known now; false if `text` itself is not good, so that the
    /// domain stays closed.
    pub fn keep(&mut self, domain: &DomainName, text: &str) -> bool {
        if !matches!(self.domains.get(domain), Some(DomainRules::Broken)) {
            return self.domains.contains_key(domain);
        }
        let (rows, mut trouble) = row::read(&access_file(domain), text, Scope::Domain(domain));
        trouble.extend(rings(&self.mesh, &rows));
        let good = !trouble.iter().any(Diagnostic::is_error);
        if good {
            self.domains.insert(domain.clone(), DomainRules::Kept { rows });
        }
        good
    }

    /// Makes the snapshot that decides by these rules, in the domains that the revision declares.
    ///
    /// # Errors
    ///
    /// If the rules are [refused](Self::refused), too many, or the built-in self-test fails.
    pub fn compile(&self, revision: &Revision, domains: &BTreeSet<DomainName>) -> Result<PolicySnapshot, PolicyError> {
        if self.refused {
            return Err(PolicyError::Refused);
        }
        self_test::run()?;
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
        let domains = domains.iter().chain(self.domains.keys()).cloned().collect();
        PolicySnapshot::new(Parts {
            revision: revision.clone(),
            principals: self.principals.clone(),
            rows,
            domains,
            closed,
        })
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
    pub fn run_cases(&self, snapshot: &PolicySnapshot) -> Vec<Diagnostic> {
        self.cases.iter().filter_map(|case| case.run(snapshot, &self.principals)).collect()
    }
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
            "model.conf" | "principals.yaml" | "decisions.txt" => true,
            _ if rest.ends_with(".md") => true,
            _ if is_direct("policies/") => rest.ends_with(".csv"),
            _ if is_direct("cases/") => rest.ends_with(".yaml") || rest.ends_with(".yml"),
            _ => false,
        };
        let later = rest == "restrictions.yaml" || rest.starts_with("standards/");
        if later {
            diagnostics.push(not_built_yet(path));
        } else if !read {
            let is_like_a_rule = [".csv", ".yaml", ".yml", ".conf"].iter().any(|ending| path.ends_with(ending));
            let make = if is_like_a_rule { Diagnostic::error } else { Diagnostic::warning };
            let stray = make(Code::FILE_STRAY, Place::start_of(path), "nothing reads this file");
            diagnostics
                .push(stray.help("`governance/` holds model.conf, principals.yaml, policies/*.csv, cases/*.yaml"));
        }
    }
    for (path, _) in tree.under("products/") {
        if path.ends_with("/restrictions.yaml") {
            diagnostics.push(not_built_yet(path));
        }
    }
    diagnostics
}

fn not_built_yet(path: &str) -> Diagnostic {
    Diagnostic::error(Code::FILE_STRAY, Place::start_of(path), "rules of this kind are not built yet")
        .help("this version would not keep them; take the file out until then")
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
    Diagnostic::error(Code::POLICY_ROW, origin.place.clone(), message).help("take one row of the chain out")
}

/// What the names in rows may refer to.
struct Known<'a> {
    principals: &'a Principals,
    domains: BTreeSet<&'a str>,
    products: BTreeSet<String>,
}

impl<'a> Known<'a> {
    fn of(tree: &'a ManifestTree, principals: &'a Principals) -> Self {
        let mut domains = BTreeSet::from(["system"]);
        let mut products = BTreeSet::new();
        for (path, _) in tree.under("products/") {
            let mut parts = path.split('/').skip(1);
            if let (Some(domain), Some(product)) = (parts.next(), parts.next()) {
                domains.insert(domain);
                if parts.next().is_some() {
                    products.insert(format!("{domain}.{product}"));
                }
            }
        }
        Known { principals, domains, products }
    }

    /// Names that do not exist. Who may do something is an error everywhere; a domain or product
    /// that is not there is only a warning in a file of the mesh, since its owner may take it away.
    fn check(&self, rows: &RowSet, around: &RowSet, scope: Scope<'_>) -> Vec<Diagnostic> {
        let mut diagnostics = Vec::new();
        let held: BTreeSet<&str> = rows.roles.iter().chain(&around.roles).map(|row| row.role.as_str()).collect();
        let declared: BTreeSet<&str> =
            rows.containments.iter().chain(&around.containments).map(|row| row.container.as_str()).collect();
        for row in &rows.policies {
            diagnostics.extend(self.who(&row.subject, &row.origin));
            if row.subject.starts_with("role:") && row.subject != "role:any" && !held.contains(row.subject.as_str()) {
                let message = format!("no `g` row gives anyone `{}`", row.subject);
                diagnostics.push(Diagnostic::warning(Code::POLICY_NAME_UNKNOWN, row.origin.field(1), message));
            }
            diagnostics.extend(self.domain(&row.domain, row.origin.field(2)));
            if row.object != "obj:any" && !declared.contains(row.object.as_str()) {
                diagnostics.extend(outside(&row.domain, &row.object, row.origin.field(3)));
                diagnostics.extend(self.object(&row.object, row.origin.field(3), scope));
            }
        }
        for row in &rows.roles {
            diagnostics.extend(self.who(&row.member, &row.origin));
            diagnostics.extend(self.domain(&row.domain, row.origin.field(3)));
        }
        for row in &rows.containments {
            if !declared.contains(row.object.as_str()) {
                diagnostics.extend(self.object(&row.object, row.origin.field(1), scope));
            }
        }
        diagnostics
    }

    fn who(&self, term: &str, origin: &Origin) -> Option<Diagnostic> {
        let (kind, name) = term.split_once(':')?;
        let has_kind = |kind| self.principals.kind_of(name) == Some(kind);
        let names: Vec<&str> = match kind {
            "user" if !has_kind(PrincipalKind::User) => self.principals.of_kind(PrincipalKind::User).collect(),
            "service" if !has_kind(PrincipalKind::Service) => self.principals.of_kind(PrincipalKind::Service).collect(),
            "group" if !self.principals.has_group(name) => self.principals.groups().map(|(name, _)| name).collect(),
            _ => return None,
        };
        let message = format!("there is no {kind} `{name}`");
        let help = match nearest(name, names) {
            Some(near) => format!("did you mean `{kind}:{near}`?"),
            None => format!("declare it in `{PRINCIPALS_FILE}`"),
        };
        Some(Diagnostic::error(Code::POLICY_NAME_UNKNOWN, origin.field(1), message).help(help))
    }

    fn domain(&self, term: &str, place: Place) -> Option<Diagnostic> {
        let name = term.strip_prefix("dom:")?;
        if name == "any" || self.domains.contains(name) {
            return None;
        }
        let mut unknown = Diagnostic::warning(Code::POLICY_NAME_UNKNOWN, place, format!("there is no domain `{name}`"));
        if let Some(near) = nearest(name, self.domains.iter().copied()) {
            unknown = unknown.help(format!("did you mean `dom:{near}`?"));
        }
        Some(unknown)
    }

    fn object(&self, term: &str, place: Place, scope: Scope<'_>) -> Option<Diagnostic> {
        let name = term.strip_prefix("obj:")?;
        let mut parts = name.split('.');
        let domain = parts.next()?;
        let product = parts.next().filter(|_| domain != "system").map(|product| format!("{domain}.{product}"));
        let message = match &product {
            _ if !self.domains.contains(domain) => format!("there is no domain `{domain}`"),
            Some(product) if !self.products.contains(product) => format!("there is no product `{product}`"),
            _ => return None,
        };
        let make = match scope {
            Scope::Mesh => Diagnostic::warning,
            Scope::Domain(_) => Diagnostic::error,
        };
        let unknown = make(Code::POLICY_NAME_UNKNOWN, place, message);
        let products = self.products.iter().map(String::as_str);
        Some(match nearest(product.as_deref().unwrap_or(name), products) {
            Some(near) => unknown.help(format!("did you mean `obj:{near}`?")),
            None => unknown,
        })
    }
}

/// A row whose object lies outside its domain can never match.
fn outside(domain: &str, object: &str, place: Place) -> Option<Diagnostic> {
    let (domain, object) = (domain.strip_prefix("dom:")?, object.strip_prefix("obj:")?);
    if domain == "any" || object.split('.').next() == Some(domain) {
        return None;
    }
    let message = format!("`{object}` is not in the domain `{domain}`, so the row never matches");
    Some(Diagnostic::error(Code::POLICY_ROW, place, message).help("write the object's own domain, or `dom:any`"))
}

#[cfg(test)]
mod tests;
