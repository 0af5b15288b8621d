//! Which folders are domains and products, and which files stand where nothing reads them.

use std::collections::{BTreeMap, BTreeSet};

use weft_model::{Code, Content, Diagnostic, DomainName, ManifestTree, NameError, Place, ProductName, ProductRef};

use crate::features_file::FEATURES_ENDING;

pub(super) const PRODUCT_FILE: &str = "product.odps.yaml";

/// The folders of one revision.
#[derive(Debug, Default)]
pub(super) struct Folders {
    pub(super) domains: BTreeSet<DomainName>,
    /// With the path of each, closing `/` included.
    pub(super) products: BTreeMap<ProductRef, String>,
}

/// Names the domains and products by their folders.
pub(super) fn survey(tree: &ManifestTree, problems: &mut Vec<Diagnostic>) -> Folders {
    let mut folders = Folders::default();
    let mut misnamed: BTreeSet<String> = BTreeSet::new();
    for (path, entry) in tree.under("products/") {
        let parts: Vec<&str> = path.split('/').collect();
        if parts.iter().any(|part| part.starts_with('.')) {
            continue;
        }
        if is_stray(&parts) {
            problems.push(stray(path, parts.last().copied().unwrap_or_default()));
        }
        if matches!(entry.content, Content::Link) && parts.len() <= 3 && !path.ends_with(".yaml") {
            problems.push(
                Diagnostic::error(
                    Code::PATH_OUTSIDE,
                    Place::start_of(path),
                    "this is a symbolic link and links are not followed",
                )
                .help("put the folder itself here"),
            );
            continue;
        }
        let [_, domain, rest @ ..] = parts.as_slice() else { continue };
        if rest.is_empty() {
            continue;
        }
        let domain: DomainName = match named(domain, path, &format!("products/{domain}"), &mut misnamed, problems) {
            Some(domain) => domain,
            None => continue,
        };
        if domain.is_reserved() {
            if misnamed.insert(format!("products/{domain}")) {
                problems.push(
                    Diagnostic::error(
                        Code::NAME_RESERVED,
                        Place::start_of(path),
                        format!("the domain name `{domain}` is the platform's own"),
                    )
                    .help("give the folder another name"),
                );
            }
            continue;
        }
        folders.domains.insert(domain.clone());
        if let [product, _, ..] = rest {
            let folder = format!("products/{domain}/{product}");
            let Some(product) = named::<ProductName>(product, path, &folder, &mut misnamed, problems) else { continue };
            if product.as_str() == "information_schema" {
                if misnamed.insert(folder.clone()) {
                    problems.push(
                        Diagnostic::error(
                            Code::NAME_RESERVED,
                            Place::start_of(path),
                            "the product name `information_schema` is the platform's own",
                        )
                        .help("give the folder another name"),
                    );
                }
                continue;
            }
            folders.products.insert(ProductRef { domain, product }, format!("{folder}/"));
        }
    }
    folders
}

/// The folders of products, closing `/` included, that hold a file with an error.
pub(super) fn with_errors(problems: &[Diagnostic]) -> BTreeSet<&str> {
    let errors = problems.iter().filter(|problem| problem.is_error());
    errors.filter_map(|problem| product_folder(&problem.place.file)).collect()
}

/// The first three parts of a path, with the `/` after each.
fn product_folder(path: &str) -> Option<&str> {
    let (end, _) = path.match_indices('/').nth(2)?;
    path.get(..=end)
}

fn named<N: std::str::FromStr<Err = NameError>>(
    text: &str,
    path: &str,
    folder: &str,
    misnamed: &mut BTreeSet<String>,
    problems: &mut Vec<Diagnostic>,
) -> Option<N> {
    match text.parse() {
        Ok(name) => Some(name),
        Err(error) => {
            if misnamed.insert(folder.to_owned()) {
                problems.push(
                    Diagnostic::error(Code::NAME_ILLEGAL, Place::start_of(path), format!("folder `{folder}`: {error}"))
                        .help("rename the folder"),
                );
            }
            None
        }
    }
}

fn is_stray(parts: &[&str]) -> bool {
    let Some(name) = parts.last() else { return false };
    if !name.ends_with(".yaml") && !name.ends_with(".yml") {
        return false;
    }
    match parts {
        // What `weft features` is given is nothing that a mesh serves.
        [_, _, .., file] if file.ends_with(FEATURES_ENDING) => false,
        [_, _, "domain.yaml"] => false,
        [_, _, _, "product.odps.yaml" | "restrictions.yaml"] => false,
        [_, _, _, "contracts", file] => !file.ends_with(".odcs.yaml"),
        [_, _, _, "tests", file] => !file.ends_with(".yaml"),
        [_, _, _, "data", ..] => false,
        _ => true,
    }
}

fn stray(path: &str, name: &str) -> Diagnostic {
    let read = ["domain.yaml", PRODUCT_FILE, "contracts/<port>.odcs.yaml", "restrictions.yaml", "tests/<name>.yaml"];
    let near = match name {
        _ if name.contains("odcs") => Some("contracts/<port>.odcs.yaml"),
        _ if name.contains("odps") || name.starts_with("product") => Some("<domain>/<product>/product.odps.yaml"),
        "domain.yml" => Some("domain.yaml"),
        _ => None,
    };
    let help = match near {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("what is read here is {}", crate::form::listed(&read)),
    };
    Diagnostic::warning(Code::FILE_STRAY, Place::start_of(path), format!("nothing reads `{name}` in this place"))
        .help(help)
}
