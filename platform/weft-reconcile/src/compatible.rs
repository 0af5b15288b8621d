//! Whether a revision may change what is served as it does: every contract against its readers.

use std::collections::HashMap;

use weft_model::compatibility::Bump;
use weft_model::{Code, DataProduct, Declared, Diagnostic, ManifestTree, Place, Published, Release};

use crate::Known;
use crate::consumers::{Consumer, Consumers};
use crate::review::{Refusal, Review, Reviewer, Verdict};

/// Reviews every contract that changes. A product with a refused change counts as broken from then on,
/// one that goes away too.
pub(crate) fn check(tree: &ManifestTree, declared: &mut Declared, known: &Known) -> (Vec<Review>, Vec<Diagnostic>) {
    let changed = changed(declared, &known.published);
    // Who reads is of interest only where something changes.
    if changed.is_empty() {
        return (Vec::new(), Vec::new());
    }
    let names = changed.iter().map(|(release, _)| &release.product.name).collect();
    let consumers = Consumers::of(declared, known, &names);
    let today = known.now.date_naive();
    let (mut reviews, mut diagnostics) = (Vec::new(), Vec::new());
    let mut refused = Vec::new();
    for (served, product) in changed {
        let history = known.history.get(&served.product.name).map(Vec::as_slice).unwrap_or_default();
        let found = of_product(product, served, &Reviewer { consumers: &consumers, history, today });
        for review in &found {
            diagnostics.extend(review.refusals.iter().map(|refusal| told(refusal, review, served, product, tree)));
        }
        if found.iter().any(|review| review.verdict == Verdict::Refused) {
            refused.push(served.product.name.clone());
        }
        reviews.extend(found);
    }
    for name in refused {
        declared.mark_broken(&name);
    }
    (reviews, diagnostics)
}

/// The products that are served and, without errors, declared with other contracts or other ports, or not
/// at all.
fn changed<'a>(declared: &'a Declared, published: &'a Published) -> Vec<(&'a Release, Option<&'a DataProduct>)> {
    let products: HashMap<_, _> = declared.products.iter().map(|product| (&product.name, product)).collect();
    let sound = published.releases.values().filter(|release| !declared.broken.contains(&release.product.name));
    let both = sound.map(|release| (release, products.get(&release.product.name).copied()));
    let is_changed = |(release, product): &(&Release, Option<&DataProduct>)| {
        release.product.outputs.iter().any(|old| {
            let new = product.and_then(|product| product.output(&old.name));
            new.is_none_or(|new| new.contract.document != old.contract.document)
        })
    };
    both.filter(is_changed).collect()
}

fn of_product(product: Option<&DataProduct>, served: &Release, reviewer: &Reviewer<'_>) -> Vec<Review> {
    let outputs = product.map(|product| product.outputs.as_slice()).unwrap_or_default();
    let changed = product
        .into_iter()
        .flat_map(|product| outputs.iter().filter_map(|output| reviewer.review(served, product, output)));
    let gone = served.product.outputs.iter().filter(|old| outputs.iter().all(|output| output.name != old.name));
    let overrides = product.map(|product| product.overrides.as_slice()).unwrap_or_default();
    let gone = gone.filter_map(|output| reviewer.removal(served, output, overrides));
    changed.chain(gone).collect()
}

fn told(
    refusal: &Refusal,
    review: &Review,
    served: &Release,
    product: Option<&DataProduct>,
    tree: &ManifestTree,
) -> Diagnostic {
    let port = &review.port;
    let contract = product.and_then(|product| product.output(&port.port)).map(|output| &output.contract);
    let at_version =
        || contract.map_or_else(|| gone_place(served, tree), |contract| version_place(&contract.file, tree));
    let (from, to) = (&review.from, &review.to);
    let major = weft_model::compatibility::Bump::Major;
    match refusal {
        Refusal::Breaking { changes } => {
            let readers = readers_hit(review, changes);
            let message = format!("this breaks readers of `{port}` {from}: {}", quoted(changes));
            Diagnostic::error(Code::CHANGE_BREAKING, at_version(), message).labelled(readers).help(format!(
                "raise the version to {}, or keep what breaks; who answers for it may add to `customProperties` of \
                 the product: `{}`",
                raised(from, major),
                override_line(changes)
            ))
        }
        Refusal::Version { minimum } => {
            let message = format!("version {from} → {to} of `{port}` is too low for what changes");
            Diagnostic::error(Code::CHANGE_VERSION, at_version(), message)
                .labelled(format!("the changes ask for {}", minimum.as_str()))
                .help(format!("write `version: {}` here and at the port", raised(from, *minimum)))
        }
        Refusal::Declassified { changes } => {
            let message = format!("this makes `{port}` less sensitive: {}", quoted(changes));
            Diagnostic::error(Code::CHANGE_DECLASSIFIED, at_version(), message).help(format!(
                "the data's owner and steward must agree; then add to `customProperties` of the product: `{}`",
                override_line(changes)
            ))
        }
        Refusal::Removed { readers } => {
            let who = if *readers == 1 { "one reader".to_owned() } else { format!("{readers} readers") };
            let message = format!("`{port}` goes away and has {who}");
            Diagnostic::error(Code::CHANGE_REMOVED, gone_place(served, tree), message)
                .labelled(readers_hit(review, &[review.port.port.to_string()]))
                .help("keep it with `status: deprecated` and an SLA property `endOfLife`; once that day is past, it may go")
        }
    }
}

fn quoted(names: &[String]) -> String {
    let shown: Vec<String> = names.iter().take(3).map(|name| format!("`{name}`")).collect();
    let more = names.len().saturating_sub(shown.len());
    let rest = if more > 0 { format!(" and {more} more") } else { String::new() };
    format!("{}{rest}", shown.join(", "))
}

/// Names those that the changes hit, three at most.
fn readers_hit(review: &Review, changes: &[String]) -> String {
    let mut names: Vec<String> = Vec::new();
    for change in review.changes.iter().filter(|change| changes.contains(&change.name)) {
        for consumer in &change.consumers {
            let name = match consumer {
                Consumer::Product { product, .. } => product.to_string(),
                Consumer::Observed { principal, .. } => principal.clone(),
            };
            if !names.contains(&name) {
                names.push(name);
            }
        }
    }
    match names.len() {
        0 => String::new(),
        n @ 1..=3 => format!("hits {}", names.get(..n).unwrap_or_default().join(", ")),
        n => format!("hits {} and {} more", names.get(..3).unwrap_or_default().join(", "), n - 3),
    }
}

fn override_line(changes: &[String]) -> String {
    let change = changes.first().map(String::as_str).unwrap_or_default();
    format!(
        "{{property: overrides, vendor: weft, value: [{{change: {change}, reason: …, approver: …, until: YYYY-MM-DD}}]}}"
    )
}

fn raised(version: &semver::Version, bump: Bump) -> semver::Version {
    match bump {
        Bump::Major => semver::Version::new(version.major + 1, 0, 0),
        Bump::Minor => semver::Version::new(version.major, version.minor + 1, 0),
        Bump::Patch => semver::Version::new(version.major, version.minor, version.patch + 1),
    }
}

/// Where a contract says its version.
fn version_place(file: &str, tree: &ManifestTree) -> Place {
    let Some(text) = tree.text(file) else { return Place::start_of(file) };
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        if line.starts_with("version:") {
            return Place::of_bytes(file, text, start, start + line.trim_end().len());
        }
        start += line.len();
    }
    Place::start_of(file)
}

/// Where a port that is gone would stand: its product's document, else its domain's.
fn gone_place(served: &Release, tree: &ManifestTree) -> Place {
    let domain = format!("products/{}/domain.yaml", served.product.name.domain);
    Place::start_of(if tree.file(&served.product.file).is_some() { &served.product.file } else { &domain })
}

#[cfg(test)]
mod tests;
