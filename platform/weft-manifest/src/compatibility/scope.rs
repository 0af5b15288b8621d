//! Where in the contracts a comparison stands, and what it has found.

use serde::Serialize;
use serde_json::{Map, Value as Json};
use weft_model::compatibility::{Change, Rule, Sign, Subject};

use super::pairs::{self, Pair};
use super::shift::Shift;
use crate::bitol::CustomProperty;
use crate::form::{Scalar, clipped};

/// A contract, a table, or a column at any depth.
#[derive(Clone, Debug, Default)]
pub(super) struct Scope {
    table: Option<String>,
    /// Names from the table down to here.
    path: Vec<String>,
    /// The same as SQL names them.
    stored: Vec<String>,
}

impl Scope {
    /// The table called `name`.
    pub(super) fn table(name: &str) -> Scope {
        Scope { table: Some(name.to_owned()), ..Scope::default() }
    }

    /// The part of this called `name`, stored as `stored`.
    pub(super) fn inside(&self, name: &str, stored: &str) -> Scope {
        let mut inner = self.clone();
        inner.path.push(name.to_owned());
        inner.stored.push(stored.to_owned());
        inner
    }

    /// Whether this is a column of a table, not a part of one.
    pub(super) fn is_top_level(&self) -> bool {
        self.path.len() == 1
    }

    /// A change of something here.
    pub(super) fn change(&self, rule: Rule, sign: Sign) -> Change {
        let path = |names: &[String]| (!names.is_empty()).then(|| names.join("."));
        let (column, stored) = (path(&self.path), path(&self.stored));
        let stored = stored.filter(|stored| Some(stored) != column.as_ref());
        Change::new(rule, sign, Subject { table: self.table.clone(), column, stored })
    }

    /// A change of one aspect from one value to another; its sign says which of them are there.
    pub(super) fn aspect(&self, rule: Rule, aspect: &str, before: Option<String>, after: Option<String>) -> Change {
        let sign = match (&before, &after) {
            (None, Some(_)) => Sign::Added,
            (Some(_), None) => Sign::Removed,
            _ => Sign::Changed,
        };
        self.change(rule, sign).aspect(aspect).from_to(before, after)
    }

    /// A change of a bound or pattern, if it moves anything.
    pub(super) fn bound(
        &self,
        shift: Shift,
        aspect: &str,
        before: Option<String>,
        after: Option<String>,
    ) -> Option<Change> {
        shift.bound_rule().map(|rule| self.aspect(rule, aspect, before, after))
    }

    /// What differs between two records in keys that no rule of its own has `judged`: text.
    pub(super) fn rest<T: Serialize + PartialEq>(&self, old: &T, new: &T, judged: &[&str], found: &mut Vec<Change>) {
        if old == new {
            return;
        }
        let (old, new) = (keys_of(old), keys_of(new));
        let added = new.keys().filter(|key| !old.contains_key(*key));
        for key in old.keys().chain(added).filter(|key| !judged.contains(&key.as_str())) {
            let (before, after) = (old.get(key), new.get(key));
            if before != after {
                found.push(self.aspect(Rule::TextChanged, key, before.map(written), after.map(written)));
            }
        }
    }

    /// What differs between two lists of custom properties. Another unit is another meaning.
    pub(super) fn custom_properties(
        &self,
        old: Option<&[CustomProperty]>,
        new: Option<&[CustomProperty]>,
        found: &mut Vec<Change>,
    ) {
        let id = |property: &CustomProperty| property.id.as_ref().map(|id| id.0.clone());
        let name = |property: &CustomProperty| Some(property.property.clone());
        for pair in pairs::pairs(old, new, &[&id, &name]) {
            let (name, before, after) = match pair {
                Pair::Both(old, new) if old == new => continue,
                Pair::Both(old, new) => (&new.property, Some(written(&old.value)), Some(written(&new.value))),
                Pair::Removed(old) => (&old.property, Some(written(&old.value)), None),
                Pair::Added(new) => (&new.property, None, Some(written(&new.value))),
            };
            let is_other = before.is_some() && after.is_some() && before != after;
            let rule = if is_other && is_unit(name) { Rule::MeaningChanged } else { Rule::TextChanged };
            found.push(self.aspect(rule, name, before, after));
        }
    }
}

/// A record's keys and values as the standard writes them; none of what is absent.
pub(super) fn keys_of<T: Serialize>(record: &T) -> Map<String, Json> {
    match serde_json::to_value(record) {
        Ok(Json::Object(keys)) => keys,
        _ => Map::new(),
    }
}

fn is_unit(property: &str) -> bool {
    let word: String = property.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_lowercase();
    matches!(word.as_str(), "unit" | "unitofmeasure" | "uom" | "currency" | "timezone")
}

/// A value as people read it, on one line.
pub(super) fn written(value: &Json) -> String {
    match value {
        Json::String(text) => one_line(text),
        other => clipped(&other.to_string()),
    }
}

/// A single value as people read it.
pub(super) fn scalar(value: &Scalar) -> String {
    match value {
        Scalar::Null => "null".to_owned(),
        Scalar::Boolean(flag) => flag.to_string(),
        Scalar::Integer(number) => number.to_string(),
        Scalar::Number(number) => number.to_string(),
        Scalar::Text(text) => one_line(text),
    }
}

/// A text on one line, cut short where it is long.
pub(super) fn one_line(text: &str) -> String {
    clipped(&text.split_whitespace().collect::<Vec<_>>().join(" "))
}
