//! One port under one state of the rules.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use chrono::{DateTime, Utc};
use weft_model::compatibility::Sign;
use weft_model::{Action, Column, DomainName, PortRef, Principal};

use super::{AccessCause, Everyone, Known, MeshState, SightChange};
use crate::alike::{Looked, Standing};
use crate::names::{column_term, expanded, tags_of, tags_within};
use crate::row::{ANY_TAG, PolicyRow};
use crate::row_condition::{Circumstances, RowCondition};
use crate::seen::{RowsSeen, Seen, Sight};
use crate::{AccessRequest, Authorizer, Membership, ObjectRef, PolicyLine};

/// What everyone holds in one domain, before and after.
pub(super) struct Domain<'a> {
    pub(super) name: DomainName,
    pub(super) are_roles_same: bool,
    states: [MeshState<'a>; 2],
    everyone: Vec<Known<'a>>,
    /// Worked out once somebody asks.
    held: Option<Vec<(HashSet<String>, HashSet<String>)>>,
}

impl<'a> Domain<'a> {
    pub(super) fn of(name: &DomainName, before: MeshState<'a>, after: MeshState<'a>, everyone: &Everyone<'a>) -> Self {
        let are_roles_same = before.snapshot.gives_the_same_roles(after.snapshot, name);
        let (states, everyone) = ([before, after], everyone.all.clone());
        Domain { name: name.clone(), are_roles_same, states, everyone, held: None }
    }

    /// What each of everyone holds, in their order.
    pub(super) fn held(&mut self) -> &[(HashSet<String>, HashSet<String>)] {
        let ([before, after], name) = (self.states, &self.name);
        let held = |state: MeshState<'_>, principal: Option<&Principal>| {
            principal.map(|principal| state.snapshot.held_in(principal, name)).unwrap_or_default()
        };
        let everyone = &self.everyone;
        self.held
            .get_or_insert_with(|| everyone.iter().map(|(was, is)| (held(before, *was), held(after, *is))).collect())
    }
}

/// One port under one state of the rules.
pub(super) struct Side<'a> {
    state: MeshState<'a>,
    port: PortRef,
    at: DateTime<Utc>,
    /// None where the port is not there.
    columns: Option<&'a [Column]>,
    looked: Looked<'a>,
    /// The rows on each column that is named in one, and, under the empty name, those on the port.
    rows: BTreeMap<String, Vec<&'a PolicyRow>>,
    seen: BTreeMap<(Standing, Option<String>), Seen>,
}

impl<'a> Side<'a> {
    pub(super) fn of(state: MeshState<'a>, port: &PortRef, at: DateTime<Utc>) -> Self {
        let columns = state.facts.ports.get(port).map(|side| side.columns.as_slice());
        let looked = Looked::at(state.snapshot, port, columns.unwrap_or_default());
        let mut rows = BTreeMap::new();
        if let Some(columns) = columns {
            rows.insert(String::new(), rows_on(state, port, &state.snapshot.term_of(port)));
            for column in columns {
                let object = column_term(&state.snapshot.term_of(port), &column.name);
                if state.snapshot.names(&object) {
                    rows.insert(column.name.clone(), rows_on(state, port, &object));
                }
            }
        }
        Side { state, port: port.clone(), at, columns, looked, rows, seen: BTreeMap::new() }
    }

    pub(super) fn columns(&self) -> &'a [Column] {
        self.columns.unwrap_or_default()
    }

    /// Whether nothing that decides on the port, but for who asks and what they hold, is otherwise in `other`.
    pub(super) fn says_the_same(&self, other: &Self) -> bool {
        fn terms<'r>(rows: &'r BTreeMap<String, Vec<&PolicyRow>>) -> BTreeMap<&'r str, BTreeSet<Vec<String>>> {
            rows.iter().map(|(column, rows)| (column.as_str(), rows.iter().map(|row| row.terms()).collect())).collect()
        }
        let words = |columns: &'a [Column]| -> Vec<_> {
            columns.iter().map(|c| (&c.name, &c.data_type, &c.classification, &c.tags, &c.parts)).collect()
        };
        let purposes = |side: &Self| side.state.facts.purposes.get(&side.port.product_ref()).cloned();
        let (here, there) = (self.state.snapshot, other.state.snapshot);
        self.columns.map(words) == other.columns.map(words)
            && purposes(self) == purposes(other)
            && here.knows_alike(there, &self.port)
            && here.grants() == there.grants()
            && terms(&self.rows) == terms(&other.rows)
    }

    pub(super) fn standing(&self, principal: &Principal, held: &HashSet<String>) -> Standing {
        self.looked.standing(principal, held)
    }

    /// The purposes that the product allows, and those that rows on the port and grants name.
    pub(super) fn purposes(&self) -> impl Iterator<Item = &str> {
        let allowed = self.state.facts.purposes.get(&self.port.product_ref()).into_iter().flatten();
        let rows = self.rows.values().flatten();
        let named = rows.filter_map(|row| RowCondition::read(&row.condition)?.purpose);
        allowed.map(String::as_str).chain(named).chain(self.state.snapshot.purposes_granted_on(&self.port))
    }

    fn is_granted(&self, purpose: Option<&str>) -> bool {
        let purposes = self.state.facts.purposes.get(&self.port.product_ref());
        purpose.is_some_and(|purpose| purposes.is_some_and(|purposes| purposes.contains(purpose)))
    }

    /// How somebody of this standing, `principal` for one, sees the port.
    pub(super) fn seen(&mut self, principal: &Principal, standing: &Standing, purpose: Option<&str>) -> Seen {
        let key = (standing.clone(), purpose.map(str::to_owned));
        if let Some(seen) = self.seen.get(&key) {
            return seen.clone();
        }
        let object = ObjectRef::Port(self.port.clone());
        let request = AccessRequest { principal, action: Action::Read, object, purpose, at: self.at };
        let columns = self.columns();
        let seen = Seen::of(&self.state.snapshot.decide_read(&request, columns), columns);
        self.seen.insert(key, seen.clone());
        seen
    }

    /// Rows of one of these actions that may speak for somebody of this standing about the column, or the port.
    fn speaking(
        &self,
        standing: Option<&Standing>,
        column: Option<&str>,
        purpose: Option<&str>,
        action: Action,
    ) -> Vec<&'a PolicyRow> {
        let Some(standing) = standing else { return Vec::new() };
        let tags = self.tags(column);
        let circumstances = Circumstances { purpose_granted: self.is_granted(purpose), purpose, at: self.at };
        let of_column = column.and_then(|column| self.rows.get(column)).or_else(|| self.rows.get(""));
        let speaks = |row: &&&PolicyRow| {
            (row.action == action.as_str() || row.action == "*")
                && (row.tag == ANY_TAG || tags.contains(&row.tag))
                && RowCondition::read(&row.condition).is_some_and(|condition| condition.holds(&circumstances))
                && standing.holds(&row.subject)
        };
        of_column.into_iter().flatten().filter(speaks).copied().collect()
    }

    /// Tags of the port, and of the column or of all of them.
    fn tags(&self, column: Option<&str>) -> BTreeSet<String> {
        let meant = self.columns().iter().filter(|known| column.is_none_or(|column| known.name == column));
        let own = expanded(meant.flat_map(|column| tags_of(column).chain(tags_within(column))));
        own.into_iter().chain(self.state.snapshot.port_tags(&self.port).into_iter().flatten().cloned()).collect()
    }
}

fn rows_on<'a>(state: MeshState<'a>, port: &PortRef, object: &str) -> Vec<&'a PolicyRow> {
    let domain = format!("dom:{}", port.domain);
    let rows = state.snapshot.rows_on(&state.snapshot.around(object)).into_iter().map(|(_, row)| row);
    rows.filter(|row| row.domain == domain || row.domain == "dom:any").collect()
}

/// One side of a change, as somebody sees it whom it is about.
#[derive(Clone, Copy)]
pub(super) struct Sided<'s, 'a> {
    pub(super) side: &'s Side<'a>,
    /// None where there is no such principal.
    pub(super) who: Option<(&'s Principal, &'s Standing)>,
    pub(super) seen: Option<&'s Seen>,
}

impl<'a> Sided<'_, 'a> {
    /// The rows of one of these actions that may speak for this principal, by their terms.
    fn rows(
        &self,
        column: Option<&str>,
        purpose: Option<&str>,
        action: Action,
    ) -> BTreeMap<Vec<String>, &'a PolicyRow> {
        let standing = self.who.map(|(_, standing)| standing);
        let speaking = self.side.speaking(standing, column, purpose, action);
        speaking.into_iter().map(|row| (row.terms(), row)).collect()
    }
}

/// The lines that a change comes from: rows that come to speak for these principals or do so no more, and the rows by
/// which they come to hold, or hold no more, what those speak of; where there are none, the restrictions that come and
/// go; where there are none either, the rows that stand.
pub(super) fn because(
    change: &SightChange,
    column: Option<&str>,
    purpose: Option<&str>,
    [before, after]: [Sided<'_, '_>; 2],
) -> Vec<AccessCause> {
    let (action, is_more) = match change {
        SightChange::Gains { .. } => (Action::Read, true),
        SightChange::Loses => (Action::Read, false),
        SightChange::Clears => (Action::Unmask, true),
        SightChange::Masks { .. } | SightChange::MasksOtherwise { .. } => (Action::Unmask, false),
        SightChange::RowsWiden { .. } => (Action::SeeAllRows, true),
        SightChange::RowsNarrow | SightChange::RowsDiffer => (Action::SeeAllRows, false),
    };
    let (old, new) = (before.rows(column, purpose, action), after.rows(column, purpose, action));
    let mut causes = Vec::new();
    for (terms, row) in new.iter().filter(|(terms, row)| row.allows == is_more && !old.contains_key(*terms)) {
        causes.extend(come_about(row, terms, after, before, Sign::Added));
    }
    for (terms, row) in old.iter().filter(|(terms, row)| row.allows != is_more && !new.contains_key(*terms)) {
        causes.extend(come_about(row, terms, before, after, Sign::Removed));
    }
    if causes.is_empty() {
        causes = restrictions_between(restricting(before.seen, column), restricting(after.seen, column));
    }
    if causes.is_empty() {
        let standing = if is_more { &new } else { &old };
        causes.extend(standing.values().filter(|row| row.allows).map(|row| stands(row)));
    }
    causes.sort_by(|a, b| (a.sign.is_none(), a).cmp(&(b.sign.is_none(), b)));
    causes.dedup();
    causes
}

/// Why `row`, with these `terms`, speaks for somebody on one side and not on the `other`: it is not there, or whoever it
/// is does not hold there what it speaks of.
fn come_about(
    row: &PolicyRow,
    terms: &[String],
    one: Sided<'_, '_>,
    other: Sided<'_, '_>,
    sign: Sign,
) -> Vec<AccessCause> {
    let is_there = other.side.rows.values().flatten().any(|there| there.terms() == terms);
    if !is_there {
        return vec![AccessCause { sign: Some(sign), line: row.origin.line.clone() }];
    }
    let domain = &one.side.port.domain;
    let way = one.who.and_then(|(who, _)| one.side.state.snapshot.memberships(who, Some(domain), &row.subject));
    let elsewhere = |step: &Membership| other.side.state.snapshot.gives(&step.member, &step.holds, domain);
    let steps = way.into_iter().flatten().filter(|step| !elsewhere(step));
    let lines = steps.filter_map(|step| step.line).map(|line| AccessCause { sign: Some(sign), line });
    lines.chain([stands(row)]).collect()
}

fn stands(row: &PolicyRow) -> AccessCause {
    AccessCause { sign: None, line: row.origin.line.clone() }
}

/// Restrictions that come, and those that go.
fn restrictions_between(old: BTreeSet<PolicyLine>, new: BTreeSet<PolicyLine>) -> Vec<AccessCause> {
    let only = |of: &BTreeSet<PolicyLine>, not: &BTreeSet<PolicyLine>, sign: Sign| -> Vec<AccessCause> {
        let found = of.iter().filter(|line| !not.iter().any(|other| other.text == line.text));
        found.map(|line| AccessCause { sign: Some(sign), line: line.clone() }).collect()
    };
    let mut causes = only(&new, &old, Sign::Added);
    causes.extend(only(&old, &new, Sign::Removed));
    causes
}

/// What keeps a column from being seen in clear, or, without one, rows from being seen.
fn restricting(seen: Option<&Seen>, column: Option<&str>) -> BTreeSet<PolicyLine> {
    let Some(seen) = seen else { return BTreeSet::new() };
    match column {
        Some(column) => match seen.sight(column) {
            Some(Sight::Masked(masks)) => masks.iter().map(|mask| mask.by.clone()).collect(),
            Some(Sight::Hidden(by)) => BTreeSet::from([by.clone()]),
            _ => BTreeSet::new(),
        },
        None => match &seen.rows {
            RowsSeen::Some(kept) => kept.iter().map(|kept| kept.by.clone()).collect(),
            RowsSeen::None | RowsSeen::All => BTreeSet::new(),
        },
    }
}
