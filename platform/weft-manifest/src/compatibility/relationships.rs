//! Foreign keys of columns and tables.

use weft_model::compatibility::{Change, Rule};

use super::pairs::{Pair, pairs};
use super::scope::Scope;
use crate::odcs::{PropertyRelationship, References, SchemaRelationship};

/// A foreign key without regard to where it is written.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Link {
    id: Option<String>,
    /// Empty for a column's own: then it is the column.
    from: String,
    to: String,
    rest: String,
}

/// Changes of a column's foreign keys.
pub(super) fn of_column(
    old: Option<&[PropertyRelationship]>,
    new: Option<&[PropertyRelationship]>,
    scope: &Scope,
    found: &mut Vec<Change>,
) {
    let link = |written: &PropertyRelationship| Link {
        id: written.id.clone(),
        from: String::new(),
        to: columns(&written.to),
        rest: format!("{:?}", written.custom_properties),
    };
    changes(links(old, link), links(new, link), scope, found);
}

/// Changes of a table's foreign keys.
pub(super) fn of_table(
    old: Option<&[SchemaRelationship]>,
    new: Option<&[SchemaRelationship]>,
    scope: &Scope,
    found: &mut Vec<Change>,
) {
    let link = |written: &SchemaRelationship| Link {
        id: written.id.clone(),
        from: columns(&written.from),
        to: columns(&written.to),
        rest: format!("{:?}", written.custom_properties),
    };
    changes(links(old, link), links(new, link), scope, found);
}

fn links<T>(written: Option<&[T]>, link: impl Fn(&T) -> Link) -> Vec<Link> {
    written.unwrap_or_default().iter().map(link).collect()
}

fn columns(references: &References) -> String {
    match references {
        References::One(column) => column.clone(),
        References::Several(columns) => columns.join(", "),
    }
}

fn changes(old: Vec<Link>, new: Vec<Link>, scope: &Scope, found: &mut Vec<Change>) {
    let id = |link: &Link| link.id.clone();
    let ends = |link: &Link| Some(format!("{} → {}", link.from, link.to));
    // What points from the same columns points elsewhere now.
    let from = |link: &Link| Some(link.from.clone());
    for pair in pairs(Some(&old), Some(&new), &[&id, &ends, &from]) {
        let change = match pair {
            Pair::Both(old, new) if old == new => continue,
            Pair::Both(old, new) if (&old.from, &old.to) == (&new.from, &new.to) => {
                scope.aspect(Rule::TextChanged, "relationship", Some(ends_of(old)), Some(ends_of(new)))
            }
            Pair::Both(old, new) => {
                scope.aspect(Rule::RelationshipMoved, "relationship", Some(ends_of(old)), Some(ends_of(new)))
            }
            Pair::Removed(old) => scope.aspect(Rule::RelationshipRemoved, "relationship", Some(ends_of(old)), None),
            Pair::Added(new) => scope.aspect(Rule::RelationshipAdded, "relationship", None, Some(ends_of(new))),
        };
        found.push(change);
    }
}

fn ends_of(link: &Link) -> String {
    if link.from.is_empty() { format!("to {}", link.to) } else { format!("{} to {}", link.from, link.to) }
}
