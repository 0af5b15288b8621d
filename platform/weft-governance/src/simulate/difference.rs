//! What differs between two ways to see a port.

use super::{Atom, SightChange};
use crate::seen::{MaskSeen, RowsSeen, Seen, Sight};

/// What changes for whoever saw a port as `before` and sees it as `after`; `None` where there is nobody or nothing to
/// see. Columns first, in the order of the port, then rows.
pub(super) fn difference(before: Option<&Seen>, after: Option<&Seen>) -> Vec<Atom> {
    let columns = |seen: Option<&Seen>| -> Vec<String> {
        seen.into_iter().flat_map(|seen| &seen.columns).map(|column| column.name.clone()).collect()
    };
    let mut names = columns(after);
    for name in columns(before) {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    let sight = |seen: Option<&Seen>, name: &str| seen.and_then(|seen| seen.sight(name)).cloned();
    let mut changes: Vec<Atom> = Vec::new();
    for name in names {
        let change = column(sight(before, &name), sight(after, &name));
        changes.extend(change.map(|change| (change, Some(name))));
    }
    if let (Some(before), Some(after)) = (before, after) {
        changes.extend(rows(&before.rows, &after.rows).map(|change| (change, None)));
    }
    changes
}

fn column(before: Option<Sight>, after: Option<Sight>) -> Option<SightChange> {
    let (before, after) = (before.filter(Sight::is_open), after.filter(Sight::is_open));
    let masks = after.as_ref().and_then(Sight::masks);
    match (before, after) {
        (None, None) => None,
        (None, Some(_)) => Some(SightChange::Gains { masks }),
        (Some(_), None) => Some(SightChange::Loses),
        (Some(Sight::Masked(was)), Some(Sight::Masked(is))) if are_same(&was, &is) => None,
        (Some(Sight::Masked(_)), Some(_)) => Some(match masks {
            Some(masks) => SightChange::MasksOtherwise { masks },
            None => SightChange::Clears,
        }),
        (Some(_), Some(_)) => masks.map(|masks| SightChange::Masks { masks }),
    }
}

fn are_same(before: &[MaskSeen], after: &[MaskSeen]) -> bool {
    let pairs = || before.iter().zip(after);
    before.len() == after.len() && pairs().all(|(was, is)| (&was.part, &was.mask) == (&is.part, &is.mask))
}

fn rows(before: &RowsSeen, after: &RowsSeen) -> Option<SightChange> {
    match (before, after) {
        (RowsSeen::None, _) | (_, RowsSeen::None) | (RowsSeen::All, RowsSeen::All) => None,
        (RowsSeen::Some(_), RowsSeen::All) => Some(SightChange::RowsWiden { is_all: true }),
        (RowsSeen::All, RowsSeen::Some(_)) => Some(SightChange::RowsNarrow),
        (RowsSeen::Some(was), RowsSeen::Some(is)) => {
            let is_among = |one: &crate::seen::RowsKept, all: &[crate::seen::RowsKept]| {
                all.iter().any(|other| other.condition == one.condition)
            };
            let keeps_all = was.iter().all(|one| is_among(one, is));
            let adds_none = is.iter().all(|one| is_among(one, was));
            match (keeps_all, adds_none) {
                (true, true) => None,
                (true, false) => Some(SightChange::RowsNarrow),
                (false, true) => Some(SightChange::RowsWiden { is_all: false }),
                (false, false) => Some(SightChange::RowsDiffer),
            }
        }
    }
}
