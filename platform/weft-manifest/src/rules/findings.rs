//! What the rules find in one document, within bounds.

use weft_model::Diagnostic;

use crate::form;

/// Most findings that are told of one document.
const FINDINGS_MAX: usize = 200;
/// Most names among which a similar one is looked for, and the longest of them.
const GUESSES_MAX: usize = 2_000;
const GUESS_BYTES_MAX: usize = 128;

/// The findings of one document in the order found. Beyond [`FINDINGS_MAX`] they are counted only.
#[derive(Debug, Default)]
pub(super) struct Findings {
    found: Vec<Diagnostic>,
    beyond: usize,
}

impl Findings {
    pub(super) fn new() -> Self {
        Findings::default()
    }

    pub(super) fn push(&mut self, finding: Diagnostic) {
        if !self.is_full() {
            self.found.push(finding);
        } else {
            self.beyond += 1;
        }
    }

    pub(super) fn extend(&mut self, finding: Option<Diagnostic>) {
        finding.into_iter().for_each(|finding| self.push(finding));
    }

    /// Whether what else is found is only counted.
    pub(super) fn is_full(&self) -> bool {
        self.found.len() >= FINDINGS_MAX
    }

    /// `did you mean …?` for the word of `among` that is most like `word`; else `otherwise`.
    pub(super) fn guess<'w>(
        &self,
        word: &str,
        among: impl Iterator<Item = &'w str>,
        otherwise: impl FnOnce() -> String,
    ) -> String {
        // What is only counted needs no words.
        let among = among.filter(|name| name.len() <= GUESS_BYTES_MAX).take(GUESSES_MAX);
        let near = if self.is_full() { None } else { form::nearest(word, among) };
        near.map_or_else(otherwise, |near| format!("did you mean `{near}`?"))
    }

    /// Adds the findings to `problems`.
    pub(super) fn tell(mut self, problems: &mut Vec<Diagnostic>) {
        if let (Some(last), true) = (self.found.last_mut(), self.beyond > 0) {
            last.help = Some(format!("there are {} more problems in this file: mend these first", self.beyond));
        }
        problems.append(&mut self.found);
    }
}
