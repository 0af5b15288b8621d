//! What of a principal restrictions look at.

use std::collections::BTreeSet;

use super::condition::{Condition, Value, ValueKind};
use super::document::Restrictions;
use super::mask::{MaskForm, Salt};

/// What of a principal can make a difference to its restrictions.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Mentions {
    pub(crate) attributes: BTreeSet<String>,
    pub(crate) groups: bool,
    pub(crate) name: bool,
}

impl Restrictions {
    /// Adds what conditions and masks of the file look at.
    pub(crate) fn note_mentions(&self, mentions: &mut Mentions) {
        mentions.groups |= self.masks.iter().any(|rule| rule.mask == MaskForm::Hash(Salt::Group));
        self.filters.iter().for_each(|filter| mentions.note(&filter.when));
    }
}

impl Mentions {
    fn note(&mut self, condition: &Condition) {
        match condition {
            Condition::Constant(_) | Condition::IsNull { .. } => {}
            Condition::Compare { value, .. } => self.note_value(value),
            Condition::Among { values, .. } => values.iter().for_each(|value| self.note_value(value)),
            Condition::AmongAttribute { attribute, .. } => self.note_name(&attribute.name),
            Condition::AmongPort { lookup, .. } => self.note(&lookup.only),
            Condition::All(parts) | Condition::Any(parts) => parts.iter().for_each(|part| self.note(part)),
            Condition::Not(inner) => self.note(inner),
        }
    }

    fn note_value(&mut self, value: &Value) {
        if let ValueKind::Attribute(name) = &value.kind {
            self.note_name(name);
        }
    }

    /// `name` and `groups` may also be attributes, by where they stand.
    fn note_name(&mut self, name: &str) {
        self.name |= name == "name";
        self.groups |= name == "groups";
        self.attributes.insert(name.to_owned());
    }
}
