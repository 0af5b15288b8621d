//! Who may read, and how sensitive it is.

use weft_model::compatibility::{Change, Rule, Sign};

use super::pairs::{Pair, pairs};
use super::scope::{Scope, one_line};
use crate::odcs::Role;

/// Common words for classes, from the least sensitive on. A word that is not among them is taken
/// for sensitive: an organisation's own words are more often warnings than not.
const CLASSES: &[&[&str]] = &[
    &["public", "open"],
    &["internal", "private"],
    &["confidential", "personal", "personal_data", "personal-data", "pii", "sensitive"],
    &["restricted", "secret", "special", "phi", "pci", "highly_confidential", "highly-confidential", "top_secret"],
];

/// How sensitive a class is; what carries none counts as public.
fn rank(class: Option<&str>) -> Option<usize> {
    let Some(class) = class else { return Some(0) };
    let word = class.trim().to_lowercase();
    CLASSES.iter().position(|words| words.contains(&word.as_str()))
}

/// Whether not everyone who may read the rest may read this.
pub(super) fn is_sensitive(class: &str) -> bool {
    rank(Some(class)).is_none_or(|rank| rank >= 2)
}

/// A column that becomes more or less sensitive. Between words of one rank, or a word that has
/// none, masks may start to apply: that counts as raised.
pub(super) fn classification(old: Option<&str>, new: Option<&str>, scope: &Scope, found: &mut Vec<Change>) {
    if old == new {
        return;
    }
    let rule = match (rank(old), rank(new)) {
        (Some(before), Some(after)) if before > after => Rule::ClassificationLowered,
        (Some(0), Some(0)) => Rule::TextChanged,
        // A class of the organisation's own is taken off.
        (None, Some(0)) => Rule::ClassificationLowered,
        _ => Rule::ClassificationRaised,
    };
    found.push(scope.aspect(rule, "classification", old.map(one_line), new.map(one_line)));
}

/// Changes of the roles that may be granted; `whose` says where they stand.
pub(super) fn roles(old: Option<&[Role]>, new: Option<&[Role]>, whose: &str, scope: &Scope, found: &mut Vec<Change>) {
    let id = |role: &Role| role.id.as_ref().map(|id| id.0.clone());
    let name = |role: &Role| Some(role.role.clone());
    for pair in pairs(old, new, &[&id, &name]) {
        match pair {
            Pair::Both(old, new) if old == new => {}
            Pair::Both(old, new) => role(old, new, whose, scope, found),
            Pair::Removed(old) => {
                found.push(scope.change(Rule::RoleRemoved, Sign::Removed).aspect(format!("{whose}role {}", old.role)));
            }
            Pair::Added(new) => {
                found.push(scope.change(Rule::RoleChanged, Sign::Added).aspect(format!("{whose}role {}", new.role)));
            }
        }
    }
}

fn role(old: &Role, new: &Role, whose: &str, scope: &Scope, found: &mut Vec<Change>) {
    let name = |aspect: &str| format!("{aspect} of {whose}role {}", old.role);
    if old.role != new.role {
        found.push(scope.aspect(Rule::RoleRemoved, &name("name"), Some(old.role.clone()), Some(new.role.clone())));
    }
    if old.access != new.access {
        // Those who hold the role hold other rights than were granted.
        found.push(scope.aspect(Rule::RoleRemoved, &name("access"), old.access.clone(), new.access.clone()));
    }
    let approvers = [
        ("firstLevelApprovers", &old.first_level_approvers, &new.first_level_approvers),
        ("secondLevelApprovers", &old.second_level_approvers, &new.second_level_approvers),
    ];
    for (aspect, before, after) in approvers {
        if before != after {
            found.push(scope.aspect(Rule::RoleChanged, &name(aspect), before.clone(), after.clone()));
        }
    }
    if (&old.description, &old.custom_properties) != (&new.description, &new.custom_properties) {
        found.push(scope.change(Rule::TextChanged, Sign::Changed).aspect(name("description")));
    }
}
