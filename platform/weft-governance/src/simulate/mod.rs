//! Who gains and who loses what, from one state of the rules to another.

mod difference;
mod side;

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use weft_model::compatibility::Sign;
use weft_model::{PortRef, Principal, PrincipalKind};

use crate::alike::Standing;
use crate::{MeshFacts, PolicyLine, PolicySnapshot};
use difference::difference;
use side::{Domain, Side, Sided};

/// One state of the rules, and of the mesh that they govern.
#[derive(Clone, Copy, Debug)]
pub struct MeshState<'a> {
    pub snapshot: &'a PolicySnapshot,
    pub facts: &'a MeshFacts,
}

/// What changes alike for some principals at one port.
#[derive(Clone, Debug, PartialEq)]
pub struct AccessEffect {
    pub port: PortRef,
    pub change: SightChange,
    /// The columns that it is about, in the order of the port; empty where it is about rows.
    pub columns: Vec<String>,
    /// Whether these are all columns that the port has, where it has the change.
    pub is_whole: bool,
    /// Purposes for which it holds and without which it does not; empty where it holds without any.
    pub purposes: Vec<String>,
    /// Names of users, in order.
    pub people: Vec<String>,
    /// Names of services, in order.
    pub services: Vec<String>,
    pub because: Vec<AccessCause>,
}

/// How what is seen changes.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum SightChange {
    /// Columns are seen that were not; under masks where some are named.
    Gains { masks: Option<String> },
    /// Masked columns come to be seen in clear.
    Clears,
    /// Rows are seen beside those that were.
    RowsWiden { is_all: bool },
    /// Masked columns get other masks.
    MasksOtherwise { masks: String },
    /// Other rows are seen, neither more nor fewer as far as can be told.
    RowsDiffer,
    /// Rows are not seen any more.
    RowsNarrow,
    /// Columns that were seen in clear get masks.
    Masks { masks: String },
    /// Columns are not seen any more.
    Loses,
}

/// A line that a change comes from.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct AccessCause {
    /// Whether the line comes to hold for these principals or holds for them no more; none for a line that stands, where
    /// the mesh around it changes.
    pub sign: Option<Sign>,
    pub line: PolicyLine,
}

/// Who gains and who loses which columns and rows on the way from `before` to `after`, for everyone who is known on
/// either side, at each port that is there on either, without a purpose and with each that its product allows or a row
/// names.
///
/// Equal to comparing, for each of them, [`Authorizer::decide_read`](crate::Authorizer::decide_read) before and after;
/// ports on which nothing that decides differs are not asked about. In order of port, gains first.
pub fn simulate(before: MeshState<'_>, after: MeshState<'_>, at: DateTime<Utc>) -> Vec<AccessEffect> {
    let everyone = Everyone::of(before.snapshot, after.snapshot);
    let ports: BTreeSet<&PortRef> = before.facts.ports.keys().chain(after.facts.ports.keys()).collect();
    let mut effects = Vec::new();
    let mut domain: Option<Domain<'_>> = None;
    for port in ports {
        if domain.as_ref().is_none_or(|domain| domain.name != port.domain) {
            domain = Some(Domain::of(&port.domain, before, after, &everyone));
        }
        if let Some(domain) = &mut domain {
            effects.extend(at_port(port, before, after, &everyone, domain, at));
        }
    }
    effects
}

/// Principals of either side by subject, as each side knows them.
struct Everyone<'a> {
    all: Vec<Known<'a>>,
    are_same: bool,
}

impl<'a> Everyone<'a> {
    fn of(before: &'a PolicySnapshot, after: &'a PolicySnapshot) -> Self {
        let mut all: BTreeMap<String, Known<'_>> = BTreeMap::new();
        for principal in before.principals().iter() {
            all.entry(principal.subject()).or_default().0 = Some(principal);
        }
        for principal in after.principals().iter() {
            all.entry(principal.subject()).or_default().1 = Some(principal);
        }
        let all: Vec<_> = all.into_values().collect();
        Everyone { are_same: all.iter().all(|(before, after)| before == after), all }
    }
}

/// The same principal as each side knows it.
type Known<'a> = (Option<&'a Principal>, Option<&'a Principal>);

/// Everyone whose standing is the same on each side.
struct Class<'a> {
    standings: (Option<Standing>, Option<Standing>),
    /// One of them, who decides for the rest.
    first: Known<'a>,
    members: Members,
}

type Members = BTreeSet<(PrincipalKind, String)>;

/// What changes, and in which column; rows are in none.
type Atom = (SightChange, Option<String>);

fn at_port<'a>(
    port: &PortRef,
    before: MeshState<'a>,
    after: MeshState<'a>,
    everyone: &Everyone<'a>,
    domain: &mut Domain<'a>,
    at: DateTime<Utc>,
) -> Vec<AccessEffect> {
    let (mut old, mut new) = (Side::of(before, port, at), Side::of(after, port, at));
    let are_rules_same = old.says_the_same(&new);
    if are_rules_same && everyone.are_same && domain.are_roles_same {
        return Vec::new();
    }
    let mut classes: BTreeMap<(Option<Standing>, Option<Standing>), Class<'a>> = BTreeMap::new();
    for ((was, is), (held_before, held_after)) in everyone.all.iter().zip(domain.held()) {
        let standing = |side: &Side<'_>, principal: Option<&Principal>, held| Some(side.standing(principal?, held));
        let standings = (standing(&old, *was, held_before), standing(&new, *is, held_after));
        let Some(member) = was.or(*is).filter(|_| !are_rules_same || standings.0 != standings.1) else { continue };
        let empty = || Class { standings: standings.clone(), first: (*was, *is), members: Members::new() };
        let class = classes.entry(standings.clone()).or_insert_with(empty);
        class.members.insert((member.kind, member.name.clone()));
    }
    let mut changes = Changes::default();
    let purposes: BTreeSet<String> = old.purposes().chain(new.purposes()).map(str::to_owned).collect();
    for class in classes.values() {
        changes.note(class, &purposes, &mut old, &mut new);
    }
    changes.effects(port, &old, &new)
}

/// A change of several principals.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Change {
    what: SightChange,
    because: Vec<AccessCause>,
    columns: Vec<String>,
}

/// The changes at one port: whom each is about, without a purpose and with each for which it is another.
#[derive(Default)]
struct Changes {
    all: BTreeMap<Change, BTreeMap<Option<String>, Members>>,
}

impl Changes {
    fn note(&mut self, class: &Class<'_>, purposes: &BTreeSet<String>, old: &mut Side<'_>, new: &mut Side<'_>) {
        let ((was, is), (before, after)) = (class.first, &class.standings);
        let mut plain: Vec<Atom> = Vec::new();
        for purpose in std::iter::once(None).chain(purposes.iter().map(|purpose| Some(purpose.as_str()))) {
            let seen_before = was.zip(before.as_ref()).map(|(who, standing)| old.seen(who, standing, purpose));
            let seen_after = is.zip(after.as_ref()).map(|(who, standing)| new.seen(who, standing, purpose));
            let mut atoms = difference(seen_before.as_ref(), seen_after.as_ref());
            match purpose {
                None => plain.clone_from(&atoms),
                Some(_) => atoms.retain(|atom| !plain.contains(atom)),
            }
            let sides = [
                Sided { side: old, who: was.zip(before.as_ref()), seen: seen_before.as_ref() },
                Sided { side: new, who: is.zip(after.as_ref()), seen: seen_after.as_ref() },
            ];
            let mut alike: BTreeMap<(SightChange, Vec<AccessCause>), Vec<String>> = BTreeMap::new();
            for (what, column) in atoms {
                let because = side::because(&what, column.as_deref(), purpose, sides);
                alike.entry((what, because)).or_default().extend(column);
            }
            for ((what, because), columns) in alike {
                let whom = self.all.entry(Change { what, because, columns }).or_default();
                whom.entry(purpose.map(str::to_owned)).or_default().extend(class.members.iter().cloned());
            }
        }
    }

    /// Of several purposes with which the same changes for the same principals, one effect.
    fn effects(self, port: &PortRef, old: &Side<'_>, new: &Side<'_>) -> Vec<AccessEffect> {
        let mut effects = Vec::new();
        for (Change { what, because, columns }, whom) in self.all {
            let mut by_members: BTreeMap<(bool, Members), Vec<String>> = BTreeMap::new();
            for (purpose, members) in whom {
                by_members.entry((purpose.is_some(), members)).or_default().extend(purpose);
            }
            let of = if what == SightChange::Loses { old } else { new };
            let is_whole = !columns.is_empty() && columns.len() == of.columns().len();
            effects.extend(by_members.into_iter().map(|((_, members), purposes)| {
                let names = |wanted: PrincipalKind| -> Vec<String> {
                    members.iter().filter(|(kind, _)| *kind == wanted).map(|(_, name)| name.clone()).collect()
                };
                AccessEffect {
                    port: port.clone(),
                    change: what.clone(),
                    columns: columns.clone(),
                    is_whole,
                    purposes,
                    people: names(PrincipalKind::User),
                    services: names(PrincipalKind::Service),
                    because: because.clone(),
                }
            }));
        }
        effects
    }
}

#[cfg(test)]
mod tests;
