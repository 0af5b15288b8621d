//! The walk over one revision: files → domains, products and contracts → what is declared.

mod checks;
pub(crate) mod column_type;
mod contract;
mod contract_sql;
mod environments;
mod feature_services;
mod feature_views;
mod folders;
mod foreign_keys;
mod increments;
mod order;
mod overrides;
mod product;
mod purposes;
mod references;
mod repositories;
mod resources;
mod schedule;
mod side_by_side;
mod tags;
mod transform;
mod transform_tests;

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use weft_model::{Code, Declared, Diagnostic, Domain, DomainName, ManifestTree, Outline, ProductRef, parallel};

use crate::domain_file::DomainFile;
use crate::features_file::{FEATURES_ENDING, FeaturesFile};
use crate::form::{self, Document, FromNode, Opened, Step};
use crate::mesh_file::MeshFile;
use crate::odps::DataProductDocument;
use crate::rules::{self, Scope};
use product::Draft;

pub(crate) use repositories::{DomainRepository, of_text as repositories_of};

const MESH_FILE: &str = "mesh.yaml";

/// Reads every manifest of a revision.
///
/// Total: whatever the texts hold, all that could be understood is declared and everything else is
/// a diagnostic, all of them in one pass, in order of file and place. A product with an error is in
/// `broken` and not in `products`; the others are not touched by it. `refused` is set where
/// `mesh.yaml` has errors. Where major versions of a port stand side by side, they are called as on `today`.
pub fn read(tree: &ManifestTree, today: NaiveDate) -> (Declared, Vec<Diagnostic>) {
    read_in(tree, (Scope::Mesh, today), None)
}

/// Reads every manifest of a revision as [`read`] does, and lays out what they say for standards to judge.
pub fn read_with_outline(tree: &ManifestTree, today: NaiveDate) -> (Declared, Outline, Vec<Diagnostic>) {
    let mut outline = Outline::default();
    let (declared, problems) = read_in(tree, (Scope::Mesh, today), Some(&mut outline));
    (declared, outline, problems)
}

/// Reads a product's folder, or a document within one, that stands in no mesh.
///
/// Tells what [`read`] would, but for what only publishing asks of a document: that an active
/// contract says all that its readers need, that its variables have values, and that those it names
/// are there. Of a product's document without a file beside it, only what it says itself is judged:
/// its ports need no transform, and no name that SQL could use. In order of file and place.
pub fn read_apart(tree: &ManifestTree) -> (Declared, Vec<Diagnostic>) {
    // Nothing is served yet, so no day has come.
    read_in(tree, (Scope::Alone, NaiveDate::MIN), None)
}

fn read_in(
    tree: &ManifestTree,
    (scope, today): (Scope, NaiveDate),
    mut outline: Option<&mut Outline>,
) -> (Declared, Vec<Diagnostic>) {
    let mut problems = Vec::new();
    let mut declared = Declared::empty(tree.revision.clone());
    let mut allowed = Vec::new();
    let mut at_fault = BTreeSet::new();
    declared.is_part = tree.is_part;
    if tree.file(MESH_FILE).is_some() {
        let read: Option<Document<MeshFile>> = open_as(tree, MESH_FILE, "mesh.yaml", &mut problems);
        declared.refused = read.as_ref().is_none_or(|document| document.has_errors);
        if let Some(document) = &read {
            let before = problems.len();
            allowed = environments::read(document, &mut problems);
            let repositories = repositories::read(document, &mut problems);
            repositories::stand_once(tree, &repositories, &mut problems);
            declared.refused |= problems.len() > before;
            at_fault = repositories::hold_back(tree, &repositories, &mut problems);
            declared.is_part |= repositories::unseen(tree, &repositories, &mut problems);
            declared.environments = allowed.iter().map(|of| (of.name.clone(), of.variables.clone())).collect();
        }
    }

    let folders = folders::survey(tree, &mut problems);
    declared.domains = domains(tree, &folders, &mut outline, &mut problems);
    let each: Vec<(&ProductRef, &String)> = folders.products.iter().collect();
    let is_outlined = outline.is_some();
    let read = parallel::map(&each, |(name, folder)| {
        let mut problems = Vec::new();
        let draft = product::read(tree, name, folder, (scope, today), &mut problems);
        if scope == Scope::Mesh {
            draft.spots().for_each(|document| rules::have_values(document, &allowed, &mut problems));
        }
        let outline = is_outlined.then(|| draft.outline());
        let contract_sql = contract_sql::of_draft(&draft);
        (draft, outline, contract_sql, problems)
    });
    let mut drafts: Vec<Draft> = Vec::with_capacity(read.len());
    let mut outlines = Vec::new();
    for (draft, outline, contract_sql, told) in read {
        drafts.push(draft);
        outlines.extend(outline);
        declared.contract_sql.extend(contract_sql);
        problems.extend(told);
    }
    if let Some(outline) = outline {
        outline.products = outlines;
    }
    if scope == Scope::Mesh {
        references::resolve_across_contracts(tree, &drafts, &declared.domains, declared.is_part, &mut problems);
    }
    references::names_are_taken_once(&drafts, &mut problems);
    references::resolve_inputs(&mut drafts, declared.is_part, &mut problems);
    foreign_keys::resolve(&mut drafts);
    feature_services::resolve(&mut drafts, (scope, declared.is_part), &mut problems);
    order::refuse_rings(&drafts, &mut problems);
    product::services_are_named(&drafts, &declared.domains, &mut problems);

    let mut tests = transform_tests::resolve(tree, &drafts, &mut problems);

    let in_trouble = folders::with_errors(&problems);
    let is_broken = |name: &ProductRef, folder: &str| {
        let domain = &name.domain;
        !declared.domains.contains_key(domain) || at_fault.contains(domain) || in_trouble.contains(folder)
    };
    let mut broken: BTreeSet<ProductRef> = folders
        .products
        .iter()
        .filter(|(name, folder)| is_broken(name, folder))
        .map(|(name, _)| name.clone())
        .collect();
    broken.extend(references::wait_for_broken(&drafts, &broken, &mut problems));

    let (products, documents): (Vec<_>, Vec<_>) = drafts.into_iter().map(Draft::into_product).unzip();
    parallel::drop_later(documents);
    let products = products.into_iter().flatten().filter(|product| !broken.contains(&product.name));
    declared.products = order::inputs_first(products.collect());
    let declared_names: BTreeSet<&ProductRef> = declared.products.iter().map(|product| &product.name).collect();
    // A product that is neither declared nor told as broken would be retired: never by accident.
    let lost = folders.products.keys().filter(|name| !declared_names.contains(name)).cloned();
    declared.broken = lost.collect();
    declared.held_back = at_fault;
    tests.retain(|test| declared.product(&test.product).is_some());
    declared.tests = tests;
    weft_model::diagnostic::sort(&mut problems);
    (declared, problems)
}

/// Reads one product, contract, domain or mesh file that stands alone, by its name: form and what
/// it says about itself. References to other files are not followed. In order of place.
///
/// `None` for a file that is no manifest by its name.
pub fn read_lone(tree: &ManifestTree, file: &str) -> Option<Vec<Diagnostic>> {
    let mut problems = Vec::new();
    let name = file.rsplit('/').next().unwrap_or(file);
    match name {
        MESH_FILE => drop(open_as::<MeshFile>(tree, file, "mesh.yaml", &mut problems)),
        "domain.yaml" => drop(open_as::<DomainFile>(tree, file, "domain.yaml", &mut problems)),
        _ if name.ends_with(FEATURES_ENDING) => {
            drop(open_as::<FeaturesFile>(tree, file, "features", &mut problems));
        }
        _ if name.ends_with("odps.yaml") || name.ends_with("odps.yml") => {
            let document: Option<Document<DataProductDocument>> = open_as(tree, file, "ODPS 1.1", &mut problems);
            if let Some(document) = document {
                product::judge_alone(&document, &mut problems);
            }
        }
        _ if name.ends_with("odcs.yaml") || name.ends_with("odcs.yml") => {
            contract::read_lone(tree, file, &mut problems);
        }
        _ => return None,
    }
    weft_model::diagnostic::sort(&mut problems);
    Some(problems)
}

/// The file as a `T`. `None` where it could not be read at all, which is reported.
pub(crate) fn open_as<T: FromNode>(
    tree: &ManifestTree,
    file: &str,
    standard: &'static str,
    problems: &mut Vec<Diagnostic>,
) -> Option<Document<T>> {
    match form::open(tree, file, problems) {
        Opened::Tree { source, root, has_errors } => form::read(source, root, has_errors, standard, false, problems),
        Opened::Unreadable => None,
    }
}

fn domains(
    tree: &ManifestTree,
    folders: &folders::Folders,
    outline: &mut Option<&mut Outline>,
    problems: &mut Vec<Diagnostic>,
) -> BTreeMap<DomainName, Domain> {
    let mut domains = BTreeMap::new();
    for name in &folders.domains {
        let file = format!("products/{name}/domain.yaml");
        if tree.file(&file).is_none() {
            let start = weft_model::Place::start_of(&file);
            problems.push(
                Diagnostic::error(Code::DOMAIN_INCOMPLETE, start, format!("domain `{name}` has no `domain.yaml`"))
                    .help(format!("write `{file}` with `domain: {name}` and `owner:`, the group that owns it")),
            );
            continue;
        }
        let document: Option<Document<DomainFile>> = open_as(tree, &file, "domain.yaml", problems);
        let Some(document) = document else { continue };
        let is_named = document.value.domain == name.as_str();
        if !is_named {
            let place = document.place(&[Step::Key("domain")]);
            let message = format!("the folder is `{name}` and the file speaks of domain `{}`", document.value.domain);
            problems.push(
                Diagnostic::error(Code::VALUE_NOT_ALLOWED, place, message)
                    .help(format!("write `domain: {name}`, or rename the folder")),
            );
        }
        if document.has_errors || !is_named {
            continue;
        }
        if let Some(outline) = outline {
            outline.domains.push(rules::outline::domain(name, &document));
        }
        let file = document.value;
        let domain = Domain {
            name: name.clone(),
            description: file.description.unwrap_or_default(),
            owner: file.owner,
            stewards: file.stewards.unwrap_or_default(),
            service: file.service,
            contact: file.contact,
        };
        domains.insert(name.clone(), domain);
    }
    domains
}
