//! Words that derived columns inherit from what they are made of.

use std::collections::{BTreeMap, BTreeSet};

use weft_model::{Code, Column, Diagnostic, Domain, DomainName, PortRef};

use crate::Principals;
use crate::declassifications::Declassification;
use crate::names::{expanded, tags_of, tags_within};
use crate::restrictions::{PUBLIC, Restrictions, lies_under};

/// A word, and the column that hands it down.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Inherited {
    pub word: String,
    pub port: PortRef,
    pub column: String,
}

/// What derived columns have to carry, by the rules of one revision, and what stewards took away.
///
/// Ask [`missing`](Self::missing) about every derived column, then [`settle`](Self::settle) what became of the
/// declassifications.
#[derive(Debug)]
pub struct Inheritance<'r> {
    mesh: Option<&'r Restrictions>,
    principals: &'r Principals,
    domains: &'r BTreeMap<DomainName, Domain>,
    signed: Vec<Signed<'r>>,
}

/// A declassification, and what became of it.
#[derive(Debug)]
struct Signed<'r> {
    entry: &'r Declassification,
    /// Those of its words that a column would have had to carry.
    wanted: BTreeSet<&'r str>,
    /// Domains whose words it names and for whom its steward may not speak.
    beyond: BTreeSet<DomainName>,
}

impl<'r> Inheritance<'r> {
    pub(crate) fn new(
        mesh: Option<&'r Restrictions>,
        principals: &'r Principals,
        declassifications: &'r [Declassification],
        domains: &'r BTreeMap<DomainName, Domain>,
    ) -> Self {
        let signed = |entry| Signed { entry, wanted: BTreeSet::new(), beyond: BTreeSet::new() };
        Inheritance { mesh, principals, domains, signed: declassifications.iter().map(signed).collect() }
    }

    /// Whether a column that carries some such word hands anything down.
    pub fn hands_down(&self, column: &Column) -> bool {
        tags_of(column).chain(tags_within(column)).any(|word| self.asks_for_mask(word))
    }

    /// What `column` of `port` inherits from the columns that it is made of and neither carries nor was freed of, each
    /// word once for each column that hands it down. A word is carried if the column, or a part of it, has it or one
    /// beneath it.
    pub fn missing(&mut self, port: &PortRef, column: &Column, made_of: &[(&PortRef, &Column)]) -> Vec<Inherited> {
        let carried = expanded(tags_of(column).chain(tags_within(column)));
        let mut missing = BTreeSet::new();
        for (from, source) in made_of {
            for word in tags_of(source).chain(tags_within(source)) {
                if self.asks_for_mask(word) && !carried.contains(word) && !self.is_lifted(port, column, word, from) {
                    let (port, column) = ((*from).clone(), source.name.clone());
                    missing.insert(Inherited { word: word.to_owned(), port, column });
                }
            }
        }
        missing.into_iter().collect()
    }

    /// What is wrong with declassifications: signatures that do not reach, which are errors, and words that no column
    /// would have had to carry, which are warnings. `is_there` says whether a column is; `None` where nobody knows what
    /// it is made of.
    pub fn settle(self, is_there: impl Fn(&PortRef, &str) -> Option<bool>) -> Vec<Diagnostic> {
        let mut told = Vec::new();
        for signed in self.signed {
            let entry = signed.entry;
            for domain in &signed.beyond {
                told.push(beyond(entry, domain));
            }
            let idle = entry.tags.iter().filter(|(tag, _)| !signed.wanted.contains(tag.as_str()));
            let Some(is_there) = is_there(&entry.port, &entry.column) else { continue };
            if !is_there {
                let message = format!("there is no column `{}.{}`", entry.port, entry.column);
                let warning = Diagnostic::warning(Code::DECLASSIFICATION_IDLE, entry.place.clone(), message);
                told.push(warning.help("name a column of a port that a query makes, or take the entry out"));
                continue;
            }
            told.extend(idle.map(|(tag, place)| {
                let message = format!("`{}.{}` would not have to carry `{tag}` anyway", entry.port, entry.column);
                let warning = Diagnostic::warning(Code::DECLASSIFICATION_IDLE, place.clone(), message);
                warning.help("take the word out")
            }));
        }
        told
    }

    /// Whether the word is on the `clear` list; without restrictions, whether it is `public`.
    fn asks_for_mask(&self, word: &str) -> bool {
        let Some(mesh) = self.mesh else { return word != PUBLIC };
        let is_masked = mesh.masks.iter().any(|mask| mask.is_for(word));
        is_masked || !mesh.clear.iter().any(|clear| lies_under(word, clear))
    }

    fn is_lifted(&mut self, port: &PortRef, column: &Column, word: &str, from: &PortRef) -> bool {
        let (domains, principals) = (self.domains, self.principals);
        let mut is_lifted = false;
        let about = |signed: &&mut Signed<'_>| signed.entry.port == *port && signed.entry.column == column.name;
        for signed in self.signed.iter_mut().filter(about) {
            let entry = signed.entry;
            let covering = entry.tags.iter().map(|(tag, _)| tag.as_str()).filter(|tag| lies_under(word, tag));
            let covering: Vec<&str> = covering.collect();
            if covering.is_empty() {
                continue;
            }
            signed.wanted.extend(covering);
            if may_speak(&entry.steward, domains.get(&from.domain), principals) {
                is_lifted = true;
            } else {
                signed.beyond.insert(from.domain.clone());
            }
        }
        is_lifted
    }
}

/// Whether the user is a steward of the domain, or in the group that owns it.
fn may_speak(user: &str, domain: Option<&Domain>, principals: &Principals) -> bool {
    let Some(domain) = domain else { return false };
    let owns = || principals.find(user).is_some_and(|principal| principal.groups.contains(&domain.owner));
    domain.stewards.iter().any(|steward| steward == user) || owns()
}

fn beyond(entry: &Declassification, domain: &DomainName) -> Diagnostic {
    let message = format!("`{}` does not answer for `{domain}`, from which the words come", entry.steward);
    let told = Diagnostic::error(Code::DECLASSIFICATION_INVALID, entry.steward_place.clone(), message);
    told.help(format!("have a steward or owner of `{domain}` sign it; until then the entry takes nothing away"))
}

#[cfg(test)]
mod tests;
