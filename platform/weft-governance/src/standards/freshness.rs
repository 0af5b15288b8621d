//! Service levels that contracts must promise, and how long they may be.

use weft_model::{Code, Outline};

use super::Standard;
use super::finding::{Findings, shown};

/// A length of time that a rule names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Length {
    pub(super) milliseconds: u64,
    pub(super) written: String,
}

/// A service level that a contract must state, and its bounds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Bounds {
    pub(super) property: &'static str,
    pub(super) least: Option<Length>,
    pub(super) most: Option<Length>,
}

impl Bounds {
    pub(super) fn check(&self, standard: &Standard, outline: &Outline, findings: &mut Findings) {
        for (_, contract) in standard.contracts(outline) {
            let mut stated =
                contract.service_levels.iter().filter(|level| self.is_stated_by(level.property)).peekable();
            if stated.peek().is_none() {
                let place = contract.service_levels_at.as_ref().unwrap_or(&contract.document.head);
                let message = format!("the contract states no `{}`", self.property);
                findings.extend(standard.finding(Code::STANDARD_FRESHNESS, place, message, self.example()));
            }
            for level in stated {
                let Some(length) = level.milliseconds else { continue };
                let (message, help) = match (&self.least, &self.most) {
                    (_, Some(most)) if length > most.milliseconds => (
                        format!(
                            "`{}` is longer than the {} that the standard allows",
                            level.property,
                            shown(&most.written)
                        ),
                        format!("promise {} or less", shown(&most.written)),
                    ),
                    (Some(least), _) if length < least.milliseconds => (
                        format!(
                            "`{}` is shorter than the {} that the standard asks for",
                            level.property,
                            shown(&least.written)
                        ),
                        format!("promise {} or more", shown(&least.written)),
                    ),
                    _ => continue,
                };
                findings.extend(standard.finding(Code::STANDARD_FRESHNESS, &level.value.place, message, help));
            }
        }
    }

    /// The standard's word for how far data lag is latency; older contracts say freshness.
    fn is_stated_by(&self, property: &str) -> bool {
        property == self.property || (self.property == "latency" && property == "freshness")
    }

    fn example(&self) -> String {
        let length = self.most.as_ref().or(self.least.as_ref()).map_or("P1D", |length| &length.written);
        format!("add to `slaProperties`: `{{property: {}, value: {}}}`", self.property, shown(length))
    }
}
