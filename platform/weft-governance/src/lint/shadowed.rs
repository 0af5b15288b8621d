//! Rows that another row leaves nothing to say.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use weft_model::{Code, Diagnostic};

use super::Told;
use crate::restrictions::lies_under;
use crate::row::{ANY_TAG, PolicyRow};
use crate::row_condition::RowCondition;
use crate::{PolicySnapshot, Rules};

/// `p` rows of this revision that say only what another row says of at least as much, or that allow what another
/// always denies; but for those that are `told` already.
pub(super) fn rows(rules: &Rules, snapshot: &PolicySnapshot, told: &Told) -> Vec<Diagnostic> {
    let own: HashSet<*const PolicyRow> = rules.own_rows().flat_map(|rows| &rows.policies).map(Arc::as_ptr).collect();
    let mut widths = Widths { snapshot, reached: HashMap::new() };
    let rows = snapshot.rows().iter().enumerate();
    let rows = rows.filter(|(place, row)| !told.contains(place) && own.contains(&Arc::as_ptr(row)));
    rows.filter_map(|(place, row)| widths.shadow_of(place, row)).collect()
}

struct Widths<'s> {
    snapshot: &'s PolicySnapshot,
    /// What a subject holds in a domain.
    reached: HashMap<(&'s str, &'s str), HashSet<String>>,
}

impl<'s> Widths<'s> {
    fn shadow_of(&mut self, place: usize, row: &'s PolicyRow) -> Option<Diagnostic> {
        // Whatever stands on one of these holds for the object of `row` too.
        let around = self.snapshot.rows_on(&self.snapshot.around(&row.object));
        let mut wider = None;
        for (other_place, other) in around {
            if other_place == place || !self.covers(other, row) {
                continue;
            }
            if row.allows && !other.allows {
                return Some(told(row, other, "this row allows nothing", "denied here, whatever it allows"));
            }
            // Of two that say the same the first stays.
            let say_the_same = row.object == other.object && self.covers(row, other);
            let stays = other_place < place || !say_the_same;
            if row.allows == other.allows && stays {
                wider = wider.or(Some(other));
            }
        }
        wider.map(|other| told(row, other, "this row says nothing new", "said here already"))
    }

    /// Whether `wide` matches whatever `row` matches, where it is about an object that holds the one of `row`.
    fn covers(&mut self, wide: &'s PolicyRow, row: &'s PolicyRow) -> bool {
        (wide.domain == row.domain || wide.domain == "dom:any")
            && (wide.action == row.action || wide.action == "*")
            && is_implied(&wide.condition, &row.condition)
            && (wide.tag == ANY_TAG || lies_under(&row.tag, &wide.tag))
            && (wide.subject == row.subject || wide.subject == "role:any" || self.is_held(&wide.subject, row))
    }

    /// Whether whoever is the subject of `row` holds `role` where the row counts.
    fn is_held(&mut self, role: &str, row: &'s PolicyRow) -> bool {
        let snapshot = self.snapshot;
        let reached = || snapshot.reached(&row.subject, &row.domain);
        self.reached.entry((&row.subject, &row.domain)).or_insert_with(reached).contains(role)
    }
}

fn told(row: &PolicyRow, other: &PolicyRow, what: &str, why: &str) -> Diagnostic {
    Diagnostic::warning(Code::RULE_SHADOWED, row.origin.place(), what).also(other.origin.place(), why)
}

/// Whether `wide` holds wherever `condition` does.
fn is_implied(wide: &str, condition: &str) -> bool {
    let (Some(wide), Some(condition)) = (RowCondition::read(wide), RowCondition::read(condition)) else { return false };
    (!wide.purpose_granted || condition.purpose_granted)
        && (wide.purpose.is_none() || wide.purpose == condition.purpose)
        && wide.until.is_none_or(|until| condition.until.is_some_and(|other| other <= until))
}
