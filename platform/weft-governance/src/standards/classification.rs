//! How sensitive columns are, in the words of the mesh.

use std::collections::BTreeSet;

use regex::Regex;
use weft_model::{Code, Outline, Place};

use super::Standard;
use super::finding::{Findings, shown};
use crate::names::nearest;

/// The words by which columns may be classified.
#[derive(Clone, Debug)]
pub(super) struct Vocabulary {
    /// In the order written.
    pub(super) words: Vec<String>,
}

impl Vocabulary {
    pub(super) fn words(&self) -> impl Iterator<Item = &str> {
        self.words.iter().map(String::as_str)
    }

    pub(super) fn check(&self, standard: &Standard, outline: &Outline, findings: &mut Findings) {
        for column in standard.columns(outline) {
            let Some(written) = column.classification.as_ref().filter(|word| !word.text.contains("${")) else {
                continue;
            };
            if self.words.contains(&written.text) {
                continue;
            }
            let message = format!("`{}` is not a classification of this mesh", shown(&written.text));
            let lower = written.text.to_lowercase();
            let help = match nearest(&lower, self.words()) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("write one of {}", listed(&self.words().collect::<Vec<_>>())),
            };
            findings.extend(standard.finding(Code::CLASSIFICATION, &written.place, message, help));
        }
    }
}

/// Columns that look like personal data must say how sensitive they are.
#[derive(Clone, Debug)]
pub(super) struct Personal {
    /// Names, each as a whole, that tell of a person besides those known everywhere.
    pub(super) names: Vec<Regex>,
}

impl Personal {
    /// Every column that the rule is for is put among the `judged`, even where the rule is off.
    pub(super) fn check(
        &self,
        standard: &Standard,
        outline: &Outline,
        words: &[&str],
        judged: &mut BTreeSet<Place>,
        findings: &mut Findings,
    ) {
        for column in standard.columns(outline).filter(|column| !column.is_classified) {
            let name = &column.part.name;
            if column.looks_personal || self.names.iter().any(|known| known.is_match(&name.text)) {
                judged.insert(name.place.clone());
                let path = shown(&column.path);
                let message = format!("column `{path}` looks like personal data and has no classification");
                findings.extend(standard.finding(Code::CLASSIFICATION, &name.place, message, classify(words)));
            }
        }
    }
}

/// Every column must say how sensitive it is, by a word of its own or of what it is part of.
pub(super) fn every_column(standard: &Standard, outline: &Outline, words: &[&str], findings: &mut Findings) {
    // What lies within a column is told of with the column.
    let columns = standard.tables(outline).flat_map(|table| &table.columns).filter(|column| !column.is_within);
    for column in columns.filter(|column| column.classification.is_none()) {
        let message = format!("column `{}` has no classification", shown(&column.path));
        let finding = standard.finding(Code::CLASSIFICATION, &column.part.name.place, message, classify(words));
        findings.extend(finding);
    }
}

fn classify(words: &[&str]) -> String {
    match words {
        [] => "add `classification:`, such as `personal`, or `public` if it tells of nobody".to_owned(),
        words => format!("add `classification:` with one of {}", listed(words)),
    }
}

fn listed(words: &[&str]) -> String {
    words.iter().map(|word| format!("`{}`", shown(word))).collect::<Vec<_>>().join(", ")
}
