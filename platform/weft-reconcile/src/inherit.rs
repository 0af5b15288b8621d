//! Whether derived columns carry the words of what they are made of.

use std::collections::BTreeMap;

use weft_governance::{Inherited, Rules};
use weft_model::{
    Code, Column, ColumnLineage, DataProduct, Declared, Diagnostic, Domain, DomainName, Outline, OutputPort, Place,
    PortRef, ProductRef, Published, parallel,
};

use crate::lineage;
use crate::sql_check::{Offers, column_place};

/// Holds every derived column against what it inherits, and the declassifications against what they are about. A product
/// one of whose columns claims less counts as broken from then on.
///
/// Of a part of the mesh that does not hold the mesh's rules nothing is said, since they alone tell which words count.
pub(crate) fn check(
    declared: &mut Declared,
    published: &Published,
    rules: &Rules,
    outline: &Outline,
) -> Vec<Diagnostic> {
    if declared.is_part && !rules.has_restrictions() {
        return Vec::new();
    }
    let domains = domains(declared, published);
    let mut inheritance = rules.inheritance(&domains);
    let offers = Offers::of(declared, published);
    let words = Words { declared, published, offers: &offers };
    let hands_down = |input: &PortRef| words.columns(input).any(|column| inheritance.hands_down(column));
    // What no input hands down need not be looked for.
    let heirs = declared.products.iter().filter(|product| product.inputs.iter().any(|input| hands_down(&input.port)));
    let heirs: Vec<&DataProduct> = heirs.collect();
    let traced = parallel::map(&heirs, |product| match recorded(product, published, &offers) {
        Some(known) => known,
        None => lineage::of_product(product, &offers.inputs_of(product)),
    });
    let mut found = Vec::new();
    let mut broken: Vec<ProductRef> = Vec::new();
    for (product, traced) in heirs.iter().zip(&traced) {
        let before = found.len();
        for (output, lineage) in traced {
            let port = product.port_ref(output);
            for column in &output.contract.columns {
                let made_of = words.made_of(lineage, column);
                let missing = inheritance.missing(&port, column, &made_of);
                if !missing.is_empty() {
                    let at = claimed_at(outline, product, output, column);
                    found.push(claims_less(at, &port, output, column, &missing));
                }
            }
        }
        if found.len() > before {
            broken.push(product.name.clone());
        }
    }
    found.extend(inheritance.settle(|port, column| is_there(declared, port, column)));
    for product in broken {
        declared.mark_broken(&product);
    }
    found
}

/// The lineage that the release of a product holds, where nothing changed of which it was made since.
fn recorded<'a>(
    product: &'a DataProduct,
    published: &Published,
    offers: &Offers<'_>,
) -> Option<Vec<(&'a OutputPort, ColumnLineage)>> {
    let release = published.releases.get(&product.name).filter(|_| offers.were_good_for(product))?;
    let known = |output: &'a OutputPort| {
        let lineage = release.ports.get(&output.name).map(|port| port.lineage.clone()).unwrap_or_default();
        let is_known = output.transform.sql().is_none() || !lineage.is_empty();
        is_known.then_some((output, lineage))
    };
    product.outputs.iter().map(known).collect()
}

/// Every domain as it is declared, else as it is served.
fn domains(declared: &Declared, published: &Published) -> BTreeMap<DomainName, Domain> {
    let served = published.releases.values().map(|release| &release.domain);
    served.chain(declared.domains.values()).map(|domain| (domain.name.clone(), domain.clone())).collect()
}

/// Whether the column is there; `None` where its product stays as it is served, or may be elsewhere.
fn is_there(declared: &Declared, port: &PortRef, column: &str) -> Option<bool> {
    match declared.port(port) {
        Some((_, output)) => Some(output.contract.column(column).is_some()),
        None if declared.is_part || declared.broken.contains(&port.product_ref()) => None,
        None => Some(false),
    }
}

/// Where the words on the columns of inputs stand.
struct Words<'a> {
    declared: &'a Declared,
    published: &'a Published,
    offers: &'a Offers<'a>,
}

impl<'a> Words<'a> {
    /// The port as declared; else as it is served, and as it would be declared were it not rolled back, for the words of
    /// both hold.
    fn outputs(&self, port: &PortRef) -> impl Iterator<Item = &'a OutputPort> {
        let declared = self.offers.declared(port);
        let held = self.declared.held.iter().find(|product| product.name == port.product_ref());
        let held = held.and_then(|product| product.output(&port.port));
        let served = self.published.port(port).and_then(|(release, _)| release.product.output(&port.port));
        let others = if declared.is_some() { [None, None] } else { [held, served] };
        declared.into_iter().chain(others.into_iter().flatten())
    }

    fn columns(&self, port: &PortRef) -> impl Iterator<Item = &'a Column> {
        self.outputs(port).flat_map(|output| &output.contract.columns)
    }

    /// The columns whose values go into those of `column`.
    fn made_of<'l>(&self, lineage: &'l ColumnLineage, column: &Column) -> Vec<(&'l PortRef, &'a Column)> {
        let sources = lineage.direct(&column.name);
        let named = |source: &'l weft_model::ColumnSource| {
            let columns = self.outputs(&source.port).filter_map(|output| output.contract.column(&source.column));
            columns.map(|column| (&source.port, column)).collect::<Vec<_>>()
        };
        sources.flat_map(named).collect()
    }
}

/// Where the contract says how sensitive the column is; else where it names the column.
fn claimed_at(outline: &Outline, product: &DataProduct, output: &OutputPort, column: &Column) -> Place {
    let file = &output.contract.file;
    let product = outline.products.iter().find(|known| known.name == product.name);
    let tables = product.into_iter().flat_map(|product| &product.contracts).flat_map(|contract| &contract.tables);
    let mut columns = tables.flat_map(|table| &table.columns);
    let written =
        columns.find(|known| !known.is_within && known.path == column.name && known.part.name.place.file == *file);
    let place = |written: &weft_model::ColumnOutline| match &written.classification {
        Some(classification) => classification.place.clone(),
        None => written.part.name.place.clone(),
    };
    written.map_or_else(|| Place::start_of(file), place)
}

fn claims_less(at: Place, port: &PortRef, output: &OutputPort, column: &Column, missing: &[Inherited]) -> Diagnostic {
    let (file, sql) = output.transform.sql().unwrap_or_default();
    let from: Vec<String> = missing.iter().map(|of| format!("`{}` of `{}.{}`", of.word, of.port, of.column)).collect();
    let mut words: Vec<String> = missing.iter().map(|of| format!("`{}`", of.word)).collect();
    let mut owners: Vec<String> = missing.iter().map(|of| format!("`{}`", of.port.domain)).collect();
    for list in [&mut words, &mut owners] {
        list.sort();
        list.dedup();
    }
    let (words, owners) = (words.join(", "), owners.join(" and "));
    let message =
        format!("`{port}.{}` claims less than what `{file}` makes it of: it lacks {}", column.name, from.join(", "));
    Diagnostic::error(Code::CLAIMS_LESS, at, message)
        .labelled(format!("lacks {words}"))
        .also(column_place(file, sql, &column.name), "made here")
        .help(format!(
            "carry {words} as classification or tag; or have who answers for {owners} declassify the column in \
             `governance/declassifications.yaml`"
        ))
}

#[cfg(test)]
mod tests;
