//! What the names in rows may refer to.

use std::collections::BTreeSet;

use weft_model::{Code, Diagnostic, MajorVersion, ManifestTree, Place, PortRef, PrincipalKind, ProductRef};

use crate::names::nearest;
use crate::principals::{PRINCIPALS_FILE, Principals};
use crate::row::{ANY_TAG, Origin, RowSet, Scope};
use crate::{MeshFacts, PortFacts};

/// What a tree holds by its paths alone.
pub(super) struct Known<'a> {
    /// `None` where they could not be read.
    principals: Option<&'a Principals>,
    domains: BTreeSet<&'a str>,
    products: BTreeSet<String>,
}

impl<'a> Known<'a> {
    pub(super) fn of(tree: &'a ManifestTree, principals: Option<&'a Principals>) -> Self {
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
    pub(super) fn check(&self, rows: &RowSet, around: &RowSet, scope: Scope<'_>) -> Vec<Diagnostic> {
        let mut diagnostics = Vec::new();
        let held: BTreeSet<&str> = rows.roles.iter().chain(&around.roles).map(|row| row.role.as_str()).collect();
        let declared: BTreeSet<&str> =
            rows.containments.iter().chain(&around.containments).map(|row| row.container.as_str()).collect();
        for row in &rows.policies {
            diagnostics.extend(self.who(&row.subject, &row.origin));
            let is_role = row.subject.starts_with("role:") && row.subject != "role:any";
            if is_role && self.principals.is_some() && !held.contains(row.subject.as_str()) {
                let message = format!("no `g` row gives anyone `{}`", row.subject);
                diagnostics.push(Diagnostic::warning(Code::POLICY_NAME_UNKNOWN, row.origin.field(1), message));
            }
            diagnostics.extend(self.domain(&row.domain, &row.origin, 2));
            if row.object != "obj:any" && !declared.contains(row.object.as_str()) {
                diagnostics.extend(outside(&row.domain, &row.object, &row.origin));
                diagnostics.extend(self.object(&row.object, &row.origin, 3, scope));
            }
        }
        for row in &rows.roles {
            diagnostics.extend(self.who(&row.member, &row.origin));
            diagnostics.extend(self.domain(&row.domain, &row.origin, 3));
        }
        for row in &rows.containments {
            if !declared.contains(row.object.as_str()) {
                diagnostics.extend(self.object(&row.object, &row.origin, 1, scope));
            }
        }
        diagnostics
    }

    fn who(&self, term: &str, origin: &Origin) -> Option<Diagnostic> {
        let (kind, name) = term.split_once(':')?;
        let principals = self.principals?;
        let has_kind = |kind| principals.kind_of(name) == Some(kind);
        let names: Vec<&str> = match kind {
            "user" if !has_kind(PrincipalKind::User) => principals.of_kind(PrincipalKind::User).collect(),
            "service" if !has_kind(PrincipalKind::Service) => principals.of_kind(PrincipalKind::Service).collect(),
            "group" if !principals.has_group(name) => principals.groups().map(|(name, _)| name).collect(),
            _ => return None,
        };
        let message = format!("there is no {kind} `{name}`");
        let help = match nearest(name, names) {
            Some(near) => format!("did you mean `{kind}:{near}`?"),
            None => format!("declare it in `{PRINCIPALS_FILE}`"),
        };
        Some(Diagnostic::error(Code::POLICY_NAME_UNKNOWN, origin.field(1), message).help(help))
    }

    fn domain(&self, term: &str, origin: &Origin, field: usize) -> Option<Diagnostic> {
        let name = term.strip_prefix("dom:")?;
        if name == "any" || self.domains.contains(name) {
            return None;
        }
        let place = origin.field(field);
        let mut unknown = Diagnostic::warning(Code::POLICY_NAME_UNKNOWN, place, format!("there is no domain `{name}`"));
        if let Some(near) = nearest(name, self.domains.iter().copied()) {
            unknown = unknown.help(format!("did you mean `dom:{near}`?"));
        }
        Some(unknown)
    }

    fn object(&self, term: &str, origin: &Origin, field: usize, scope: Scope<'_>) -> Option<Diagnostic> {
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
        let unknown = make(Code::POLICY_NAME_UNKNOWN, origin.field(field), message);
        let products = self.products.iter().map(String::as_str);
        Some(match nearest(product.as_deref().unwrap_or(name), products) {
            Some(near) => unknown.help(format!("did you mean `obj:{near}`?")),
            None => unknown,
        })
    }
}

/// A row whose object lies outside its domain can never match.
fn outside(domain: &str, object: &str, origin: &Origin) -> Option<Diagnostic> {
    let (domain, object) = (domain.strip_prefix("dom:")?, object.strip_prefix("obj:")?);
    if domain == "any" || object.split('.').next() == Some(domain) {
        return None;
    }
    let message = format!("`{object}` is not in the domain `{domain}`, so the row never matches");
    let unmatched = Diagnostic::error(Code::POLICY_ROW, origin.field(3), message);
    Some(unmatched.help("write the object's own domain, or `dom:any`"))
}

/// Tags and columns in rows that the mesh does not have. An error in a domain's file, a warning in
/// one of the mesh, since their owners may take them away.
pub(super) fn against(
    facts: &MeshFacts,
    vocabulary: &BTreeSet<String>,
    rows: &RowSet,
    scope: Scope<'_>,
) -> Vec<Diagnostic> {
    let make = match scope {
        Scope::Mesh => Diagnostic::warning,
        Scope::Domain(_) => Diagnostic::error,
    };
    let declared: BTreeSet<&str> = rows.containments.iter().map(|row| row.container.as_str()).collect();
    let mut diagnostics = Vec::new();
    let mut tell = |place: Place, message: String, near: Option<String>| {
        let mut unknown = make(Code::POLICY_NAME_UNKNOWN, place, message);
        if let Some(near) = near {
            unknown = unknown.help(format!("did you mean `{near}`?"));
        }
        diagnostics.push(unknown);
    };
    for row in &rows.policies {
        if row.tag != ANY_TAG && !vocabulary.contains(&row.tag) {
            let near = nearest(&row.tag, vocabulary.iter().map(String::as_str)).map(str::to_owned);
            tell(row.origin.field(5), format!("nothing carries the tag `{}`", row.tag), near);
        }
        if !declared.contains(row.object.as_str())
            && let Some((message, near)) = unknown_part(facts, &row.object)
        {
            tell(row.origin.field(3), message, near);
        }
    }
    for row in &rows.containments {
        if !declared.contains(row.object.as_str())
            && let Some((message, near)) = unknown_part(facts, &row.object)
        {
            tell(row.origin.field(1), message, near);
        }
    }
    diagnostics
}

/// What is wrong with the port or column that `term` names, and a name that may have been meant.
/// Nothing of products that no facts are known of: something else is wrong with those.
fn unknown_part(facts: &MeshFacts, term: &str) -> Option<(String, Option<String>)> {
    let name = term.strip_prefix("obj:")?;
    let mut parts = name.splitn(4, '.');
    let (domain, product) = (parts.next()?, parts.next()?);
    let (port, column) = (parts.next()?, parts.next());
    let of: ProductRef = format!("{domain}.{product}").parse().ok()?;
    let ports = facts.ports_of(&of);
    if ports.is_empty() {
        return None;
    }
    let is_meant = |(known, facts): &&(&PortRef, &PortFacts)| {
        let version = facts.major.as_ref();
        known.port.as_str() == port || version.and_then(MajorVersion::own_name).is_some_and(|own| own.as_str() == port)
    };
    let Some((found, _)) = ports.iter().find(is_meant) else {
        let near = nearest(port, ports.iter().map(|(known, _)| known.port.as_str()));
        let near = near.map(|near| format!("obj:{domain}.{product}.{near}"));
        return Some((format!("there is no port `{domain}.{product}.{port}`"), near));
    };
    let column = column?;
    // A row may name a column that another version of the port has.
    let versions = facts.called(found);
    let columns = versions.iter().flat_map(|(_, port)| &port.columns);
    let names: Vec<String> = columns.map(|column| column.name.to_lowercase()).collect();
    if names.iter().any(|name| name == column) {
        return None;
    }
    let near = nearest(column, names.iter().map(String::as_str));
    let near = near.map(|near| format!("obj:{domain}.{product}.{port}.{near}"));
    Some((format!("`{domain}.{product}.{port}` has no column `{column}`"), near))
}
