//! What breaks a standard, within bounds.

use std::collections::BTreeMap;

use weft_model::{Code, ColumnOutline, ContractOutline, Diagnostic, Outline, Place, ProductOutline, TableOutline};

use super::Standard;

/// Most findings that are told of one file.
const FINDINGS_MAX: usize = 200;
/// Longest name that a message repeats in full.
const SHOWN_MAX: usize = 80;

/// Findings by file, in the order found. Beyond [`FINDINGS_MAX`] of one file they are counted only.
#[derive(Debug, Default)]
pub(super) struct Findings {
    files: BTreeMap<String, (Vec<Diagnostic>, usize)>,
}

impl Findings {
    pub(super) fn push(&mut self, finding: Diagnostic) {
        let (found, beyond) = self.files.entry(finding.place.file.clone()).or_default();
        if found.len() < FINDINGS_MAX {
            found.push(finding);
        } else {
            *beyond += 1;
            // Whether the file has an error must not depend on which findings are told.
            if let Some(last) = found.last_mut().filter(|last| !last.is_error() && finding.is_error()) {
                *last = finding;
            }
        }
    }

    pub(super) fn into_diagnostics(self) -> Vec<Diagnostic> {
        let mut all = Vec::new();
        for (mut found, beyond) in self.files.into_values() {
            if let (Some(last), true) = (found.last_mut(), beyond > 0) {
                let help = format!("there are {beyond} more findings of standards in this file: mend these first");
                last.help = Some(help);
            }
            all.append(&mut found);
        }
        all
    }
}

impl Extend<Diagnostic> for Findings {
    fn extend<T: IntoIterator<Item = Diagnostic>>(&mut self, found: T) {
        found.into_iter().for_each(|finding| self.push(finding));
    }
}

impl Standard {
    /// Tells that something at `place` breaks this rule. Nothing for a rule that is switched off.
    pub(super) fn finding(&self, code: Code, place: &Place, message: String, help: String) -> Option<Diagnostic> {
        let severity = self.severity?;
        let demanded = match &self.because {
            Some(because) => format!("`{}` asks for it: {because}", self.name),
            None => format!("`{}` asks for it", self.name),
        };
        let finding = Diagnostic { severity, ..Diagnostic::error(code, place.clone(), message) };
        Some(finding.help(help).also(self.place.clone(), demanded))
    }

    /// The contracts that the rule is for, each with its product.
    pub(super) fn contracts<'o>(
        &self,
        outline: &'o Outline,
    ) -> impl Iterator<Item = (&'o ProductOutline, &'o ContractOutline)> {
        let products = outline.products.iter().filter(|product| self.is_for(&product.name.domain));
        let contracts = products.flat_map(|product| product.contracts.iter().map(move |contract| (product, contract)));
        contracts.filter(|(_, contract)| self.is_for_status(Some(&contract.document)))
    }

    /// The products that the rule is for.
    pub(super) fn products<'o>(&self, outline: &'o Outline) -> impl Iterator<Item = &'o ProductOutline> {
        let products = outline.products.iter().filter(|product| self.is_for(&product.name.domain));
        products.filter(|product| self.is_for_status(product.document.as_ref()))
    }

    /// The tables of the contracts that the rule is for.
    pub(super) fn tables<'o>(&self, outline: &'o Outline) -> impl Iterator<Item = &'o TableOutline> {
        self.contracts(outline).flat_map(|(_, contract)| &contract.tables)
    }

    /// The columns of the contracts that the rule is for, and what lies within them.
    pub(super) fn columns<'o>(&self, outline: &'o Outline) -> impl Iterator<Item = &'o ColumnOutline> {
        self.tables(outline).flat_map(|table| &table.columns)
    }
}

/// A name or word of an author's as a message shows it.
pub(super) fn shown(text: &str) -> String {
    let mut characters = text.chars();
    let head: String = characters.by_ref().take(SHOWN_MAX).filter(|c| !c.is_control()).collect();
    if characters.next().is_some() { format!("{head}…") } else { head }
}
