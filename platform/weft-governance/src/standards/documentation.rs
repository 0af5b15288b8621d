//! Words that explain what there is.

use weft_model::{Code, Outline, Place, Written};

use super::Standard;
use super::finding::{Findings, shown};

/// What must be explained.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Explained {
    Domain,
    Port,
    Table,
    Column,
    /// The part of a document's description under this key, in products and contracts.
    Part(&'static str),
}

/// A text that must be there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Text {
    pub(super) of: Explained,
    /// In characters, without white space around them.
    pub(super) length_min: usize,
}

impl Text {
    pub(super) fn check(&self, standard: &Standard, outline: &Outline, findings: &mut Findings) {
        let mut judge = |whose: &dyn Fn() -> String, text: Option<&Written>, around: &Place, key: &str| {
            let length = text.map_or(0, |text| text.text.trim().chars().count());
            if length >= self.length_min {
                return;
            }
            let message = match length {
                0 => format!("{} has no {key}", whose()),
                _ => format!(
                    "the {key} of {} has {length} characters, and the standard asks for {}",
                    whose(),
                    self.length_min
                ),
            };
            let place = text.map_or(around, |text| &text.place);
            findings.extend(standard.finding(Code::STANDARD_DOCUMENTATION, place, message, help(key)));
        };
        match self.of {
            Explained::Domain => {
                for domain in standard.domains(outline) {
                    let whose = || format!("domain `{}`", domain.name);
                    judge(&whose, domain.description.as_ref(), &domain.head, "description");
                }
            }
            Explained::Port => {
                for port in standard.products(outline).flat_map(|product| &product.ports) {
                    let whose = || format!("port `{}`", shown(&port.name.text));
                    judge(&whose, port.description.as_ref(), &port.name.place, "description");
                }
            }
            Explained::Table => {
                for table in standard.tables(outline).map(|table| &table.part) {
                    let whose = || format!("table `{}`", shown(&table.name.text));
                    judge(&whose, table.description.as_ref(), &table.name.place, "description");
                }
            }
            Explained::Column => {
                for column in standard.columns(outline).filter(|column| !column.part.name.text.is_empty()) {
                    let whose = || format!("column `{}`", shown(&column.path));
                    judge(&whose, column.part.description.as_ref(), &column.part.name.place, "description");
                }
            }
            Explained::Part(key) => {
                let products = standard
                    .products(outline)
                    .filter_map(|product| Some((format!("product `{}`", product.name), product.document.as_ref()?)));
                let contracts =
                    standard.contracts(outline).map(|(_, contract)| ("the contract".to_owned(), &contract.document));
                for (whose, document) in products.chain(contracts) {
                    let text = match key {
                        "purpose" => &document.purpose,
                        "usage" => &document.usage,
                        _ => &document.limitations,
                    };
                    let around = document.description.as_ref().unwrap_or(&document.head);
                    judge(&|| whose.clone(), text.as_ref(), around, key);
                }
            }
        }
    }
}

fn help(key: &str) -> String {
    match key {
        "purpose" => "say under `description:` in `purpose:` what the data are for",
        "usage" => "say under `description:` in `usage:` how the data are meant to be used",
        "limitations" => "say under `description:` in `limitations:` what the data cannot be used for",
        _ => "say in `description:` what a reader has to know, in a sentence",
    }
    .to_owned()
}
