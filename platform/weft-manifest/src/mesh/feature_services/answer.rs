//! The columns that a service answers with, none of which has another's name.

use std::collections::BTreeMap;

use weft_model::{Code, Diagnostic, Place};

use super::{Choice, FEATURES_MAX};

/// The names in an answer, whatever their case.
pub(super) struct Answer {
    features: BTreeMap<String, Place>,
    /// Columns of the frame, by which entities are found.
    frame: Vec<String>,
}

impl Answer {
    pub(super) fn new() -> Self {
        Answer { features: BTreeMap::new(), frame: Vec::new() }
    }

    /// Adds the features of a choice, and reports the first whose name is taken.
    pub(super) fn add(&mut self, choice: &Choice<'_>, problems: &mut Vec<Diagnostic>) {
        if let Some(view) = choice.found {
            let by = view.entity.iter().map(|column| choice.keys.get(column).unwrap_or(column));
            self.frame.extend(by.map(|column| column.to_lowercase()));
        }
        let all = || choice.found.iter().flat_map(|view| &view.features).map(|column| (column, &choice.place));
        let named = choice.columns.iter().flatten().map(|(column, place)| (column, place));
        let mut is_told = false;
        for (column, place) in named.chain(all().filter(|_| choice.columns.is_none())) {
            let name = match &choice.prefix {
                Some(prefix) => format!("{prefix}__{column}"),
                None => column.clone(),
            };
            match self.features.insert(name.to_lowercase(), place.clone()) {
                Some(first) if !is_told => {
                    let message = format!("two columns of the answer would be called `{name}`");
                    problems.push(
                        Diagnostic::error(Code::FEATURE_SERVICE, place.clone(), message)
                            .also(first, "the first of them")
                            .help("take one out, or write it as `{view: …, features: […], prefix: WORD}`"),
                    );
                    is_told = true;
                }
                _ => {}
            }
        }
    }

    pub(super) fn is_too_long(&self) -> bool {
        self.features.len() > FEATURES_MAX
    }

    /// Reports every feature that has the name of a column by which entities are found.
    pub(super) fn tell_of_frame(mut self, problems: &mut Vec<Diagnostic>) {
        for column in &self.frame {
            let Some(place) = self.features.remove(column) else { continue };
            let message = format!("feature `{column}` has the name of a column that entities are found by");
            problems.push(
                Diagnostic::error(Code::FEATURE_SERVICE, place, message)
                    .help("write it as `{view: …, features: […], prefix: WORD}`"),
            );
        }
    }
}
