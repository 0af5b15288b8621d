//! Standards: what a mesh asks of its manifests beyond what the open standards demand.
//!
//! [`read`] takes the files in `governance/standards/` apart, [`Standards::check`] holds manifests
//! against them. A module each for what is asked: names, people, sensitivity, freshness, words.

mod classification;
mod document;
mod documentation;
mod finding;
mod freshness;
mod naming;
mod ownership;
mod schema;

#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use weft_model::{Code, Diagnostic, DocumentOutline, DomainName, DomainOutline, Outline, Place, Severity};

use crate::Principals;
use crate::names::nearest;
use classification::{Personal, Vocabulary};
use finding::Findings;

pub(crate) use document::read;
#[cfg(test)]
pub(crate) use document::{COMMON_KEYS, RULES, is_about_domains};
pub(crate) use schema::StandardsFile;

/// The standards of a mesh, from all files of one revision.
#[derive(Clone, Debug, Default)]
pub struct Standards {
    rules: Vec<Standard>,
}

/// One rule: what it asks, of which manifests, and how bad it is to break it.
#[derive(Clone, Debug)]
pub(crate) struct Standard {
    /// Section and rule as written, such as `naming.columns`.
    name: String,
    demand: Demand,
    /// `None` for a rule that is switched off.
    severity: Option<Severity>,
    /// The only domains that it is for; empty for all.
    domains: Vec<(DomainName, Place)>,
    /// The only statuses that it is for; empty for all.
    statuses: BTreeSet<String>,
    /// Why, in the words of who wrote the rule.
    because: Option<String>,
    /// Where the rule is written.
    place: Place,
}

#[derive(Clone, Debug)]
enum Demand {
    Name(naming::Naming),
    People(ownership::Ownership),
    Words(Vocabulary),
    Personal(Personal),
    Classified,
    ServiceLevel(freshness::Bounds),
    Text(documentation::Text),
}

impl Standards {
    pub(crate) fn append(&mut self, rules: Vec<Standard>) {
        self.rules.extend(rules);
    }

    /// Holds the manifests of `outline` against every rule. Findings of one file beyond a bound are
    /// only counted. In no particular order.
    ///
    /// `told` is what reading the manifests found: where a rule says how columns that look like
    /// personal data are judged, it takes the place of what was said of them there.
    pub fn check(&self, outline: &Outline, principals: &Principals, told: &mut Vec<Diagnostic>) -> Vec<Diagnostic> {
        let mut judged: BTreeSet<Place> = BTreeSet::new();
        let mut findings = Findings::default();
        for standard in &self.rules {
            standard.check(outline, principals, &self.words(), &mut judged, &mut findings);
        }
        if !judged.is_empty() {
            told.retain(|told| told.code != Code::CLASSIFICATION || !judged.contains(&told.place));
        }
        findings.into_diagnostics()
    }

    /// The words of every vocabulary in force.
    fn words(&self) -> Vec<&str> {
        let in_force = self.rules.iter().filter(|standard| standard.severity.is_some());
        let vocabularies = in_force.filter_map(|standard| match &standard.demand {
            Demand::Words(vocabulary) => Some(vocabulary),
            _ => None,
        });
        vocabularies.flat_map(Vocabulary::words).collect()
    }
}

impl Standard {
    fn check(
        &self,
        outline: &Outline,
        principals: &Principals,
        words: &[&str],
        judged: &mut BTreeSet<Place>,
        findings: &mut Findings,
    ) {
        self.domains_are_there(outline, findings);
        if let Demand::Personal(personal) = &self.demand {
            personal.check(self, outline, words, judged, findings);
        }
        if self.severity.is_none() {
            return;
        }
        match &self.demand {
            Demand::Name(naming) => naming.check(self, outline, findings),
            Demand::People(ownership) => ownership.check(self, outline, principals, findings),
            Demand::Words(vocabulary) => vocabulary.check(self, outline, findings),
            Demand::Personal(_) => {}
            Demand::Classified => classification::every_column(self, outline, words, findings),
            Demand::ServiceLevel(bounds) => bounds.check(self, outline, findings),
            Demand::Text(text) => text.check(self, outline, findings),
        }
    }

    fn is_for(&self, domain: &DomainName) -> bool {
        self.domains.is_empty() || self.domains.iter().any(|(name, _)| name == domain)
    }

    fn is_for_status(&self, document: Option<&DocumentOutline>) -> bool {
        let status = document.and_then(|document| document.status.as_deref());
        self.statuses.is_empty() || status.is_some_and(|status| self.statuses.contains(status))
    }

    fn domains<'o>(&self, outline: &'o Outline) -> impl Iterator<Item = &'o DomainOutline> {
        outline.domains.iter().filter(|domain| self.is_for(&domain.name))
    }

    /// A rule for a domain that is not there is without effect, which is told.
    fn domains_are_there(&self, outline: &Outline, findings: &mut Findings) {
        for (name, place) in &self.domains {
            let known = || outline.domains.iter().map(|domain| &domain.name);
            let of_products = outline.products.iter().map(|product| &product.name.domain);
            if known().chain(of_products).any(|domain| domain == name) {
                continue;
            }
            let message = format!("there is no domain `{name}`, so the rule has no effect there");
            let mut unknown = Diagnostic::warning(Code::STANDARD_INVALID, place.clone(), message);
            unknown.help =
                nearest(name.as_str(), known().map(DomainName::as_str)).map(|n| format!("did you mean `{n}`?"));
            findings.push(unknown);
        }
    }
}
