//! Domains that have a repository of their own, as `mesh.yaml` lists them.

use std::collections::BTreeSet;

use weft_model::{Code, Diagnostic, DomainName, ManifestTree, OwnRepository, Place};

use super::{MESH_FILE, open_as};
use crate::form::{Document, clipped, listed};
use crate::mesh_file::{DomainSource, MeshFile};
use crate::source::{is_url, without_password};

/// A domain, and where the repository is that it has for itself. Its URL may hold a password, so it is not shown.
pub(crate) struct DomainRepository {
    pub(crate) name: DomainName,
    pub(crate) source: DomainSource,
    /// Of its `repository` in `mesh.yaml`.
    pub(crate) place: Place,
}

/// What the text of a `mesh.yaml` says of them. Entries with errors, and all where the file cannot be read, are left
/// out: [`read`] tells these.
pub(crate) fn of_text(text: &str) -> Vec<DomainRepository> {
    let tree = ManifestTree::of_texts([(MESH_FILE, text)]);
    let document: Option<Document<MeshFile>> = open_as(&tree, MESH_FILE, "mesh.yaml", &mut Vec::new());
    document
        .filter(|document| !document.has_errors)
        .map(|document| read(&document, &mut Vec::new()))
        .unwrap_or_default()
}

/// Reads the domains. Every problem that is found is an error; of two with one name the first counts.
pub(super) fn read(document: &Document<MeshFile>, problems: &mut Vec<Diagnostic>) -> Vec<DomainRepository> {
    let mut read: Vec<(DomainRepository, Place)> = Vec::new();
    for (spot, domain) in document.spot().each("domains", &document.value.domains) {
        let (at_name, place) = (spot.at("name"), spot.at("repository"));
        let name: DomainName = match domain.name.parse() {
            Ok(name) => name,
            Err(error) => {
                let error: weft_model::NameError = error;
                problems.push(Diagnostic::error(Code::NAME_ILLEGAL, at_name, error.to_string()));
                continue;
            }
        };
        if name.is_reserved() {
            let message = format!("the domain name `{name}` is the platform's own");
            problems
                .push(Diagnostic::error(Code::NAME_RESERVED, at_name, message).help("give the domain another name"));
        } else if let Some((_, first)) = read.iter().find(|(other, _)| other.name == name) {
            problems.push(
                Diagnostic::error(Code::ID_TWICE, at_name, format!("domain `{name}` is written twice"))
                    .also(first.clone(), "first written here")
                    .help("keep the one whose repository counts"),
            );
        } else if !is_url(&domain.repository) {
            let message = format!("`{}` is no URL of a git repository", clipped(&without_password(&domain.repository)));
            problems.push(Diagnostic::error(Code::VALUE_NOT_ALLOWED, place, message).help(
                "write `https://…`, `ssh://…`, `git@host:path` or `file:///…`; another branch than the default goes to `branch:`",
            ));
        } else {
            read.push((DomainRepository { name, source: domain.clone(), place }, at_name));
        }
    }
    read.into_iter().map(|(domain, _)| domain).collect()
}

/// Reports domains that stand in the mesh's own repository besides.
pub(super) fn stand_once(tree: &ManifestTree, domains: &[DomainRepository], problems: &mut Vec<Diagnostic>) {
    for DomainRepository { name, place, .. } in domains {
        let folder = format!("products/{name}/");
        if tree.repository_of(name).is_none() && tree.under(&folder).next().is_some() {
            let message = format!("domain `{name}` has a repository of its own, and `{folder}` stands here as well");
            problems.push(
                Diagnostic::error(Code::NAME_TWICE, place.clone(), message)
                    .help("remove the folder, or this entry: one of them is the domain"),
            );
        }
    }
}

/// What the repositories hold besides their domains, which is nothing to the mesh. A domain whose repository
/// speaks in another's name is at fault, and among those given back.
pub(super) fn hold_back(
    tree: &ManifestTree,
    domains: &[DomainRepository],
    problems: &mut Vec<Diagnostic>,
) -> BTreeSet<DomainName> {
    let mut at_fault = BTreeSet::new();
    for DomainRepository { name, .. } in domains {
        let Some(OwnRepository { place, strange }) = tree.repository_of(name) else { continue };
        let start = || Place::start_of(format!("products/{name}/domain.yaml"));
        let (others, rest): (Vec<&String>, Vec<&String>) =
            strange.iter().partition(|path| path.starts_with("products/"));
        if !others.is_empty() {
            let message =
                format!("the repository `{place}` of domain `{name}` holds what is not its own: {}", few(&others));
            problems.push(Diagnostic::error(Code::DOMAIN_OUTSIDE, start(), message).help(format!(
                "take it out of that repository; until then nothing comes of it, and `{name}` stays as it is served"
            )));
            at_fault.insert(name.clone());
        }
        if !rest.is_empty() {
            let message = format!("nothing reads {} in the repository `{place}` of domain `{name}`", few(&rest));
            problems.push(
                Diagnostic::warning(Code::DOMAIN_OUTSIDE, start(), message)
                    .help("rules and `mesh.yaml` count in the mesh's own repository alone"),
            );
        }
    }
    at_fault
}

/// Warns of the domains of which nothing is here. Gives back whether there are any.
pub(super) fn unseen(tree: &ManifestTree, domains: &[DomainRepository], problems: &mut Vec<Diagnostic>) -> bool {
    let is_here =
        |name| tree.repository_of(name).is_some() || tree.under(&format!("products/{name}/")).next().is_some();
    let missing: Vec<&DomainRepository> = domains.iter().filter(|domain| !is_here(&domain.name)).collect();
    for DomainRepository { name, place, .. } in &missing {
        let message =
            format!("domain `{name}` is in a repository of its own that is not here, so it was not looked at");
        problems.push(
            Diagnostic::warning(Code::DOMAIN_UNSEEN, place.clone(), message)
                .help("`weft plan` fetches it into the home; `--home DIR` says where that is"),
        );
    }
    !missing.is_empty()
}

/// The first three, and how many more.
fn few(paths: &[&String]) -> String {
    match paths.split_at_checked(3) {
        Some((first, rest)) if !rest.is_empty() => format!("{}, with {} more", listed(first), rest.len()),
        _ => listed(paths),
    }
}
