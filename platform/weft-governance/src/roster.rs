//! Who sees what of one port, and through which path.

use std::collections::{BTreeMap, HashMap, HashSet};

use chrono::{DateTime, Utc};
use weft_model::{Action, Column, PortRef, Principal, PrincipalKind};

use crate::alike::{Looked, Standing};
use crate::seen::Seen;
use crate::{AccessRequest, Authorizer, Membership, ObjectRef, PolicyLine, PolicySnapshot};

/// Of which port, and of which of its columns, it is asked who sees them.
#[derive(Clone, Debug)]
pub struct RosterQuestion<'a> {
    pub port: &'a PortRef,
    /// The columns of the port's table.
    pub columns: &'a [Column],
    /// The one that is asked about; all of them without it.
    pub column: Option<&'a str>,
    pub purpose: Option<&'a str>,
    pub at: DateTime<Utc>,
}

/// Everyone who is known, by how they see a port.
#[derive(Clone, Debug, PartialEq)]
pub struct Roster {
    /// Those first who come first by name; who sees nothing is in one of them too.
    pub groups: Vec<RosterGroup>,
}

/// Principals that see a port alike, by the same rules.
#[derive(Clone, Debug, PartialEq)]
pub struct RosterGroup {
    pub seen: Seen,
    /// The lines that allow it; where it is denied, the line that denies, and none where nothing allows.
    pub because: Vec<PolicyLine>,
    /// In order of name.
    pub members: Vec<RosterMember>,
}

/// One principal, and what leads from it to the rules.
#[derive(Clone, Debug, PartialEq)]
pub struct RosterMember {
    pub name: String,
    pub kind: PrincipalKind,
    /// One for each line that settled it, in that order, as far as those are lines of policies.
    pub paths: Vec<RosterPath>,
}

/// How a principal comes to be one of those that a line of the policies speaks of.
#[derive(Clone, Debug, PartialEq)]
pub struct RosterPath {
    pub rule: PolicyLine,
    /// Whom the line speaks of: `role:analyst`, `group:owners`, `user:ana`.
    pub subject: String,
    /// From the principal to that subject; empty where the line names the principal, or everyone.
    pub chain: Vec<Membership>,
}

/// How everyone who is known sees the port, and through which path: for each of them what
/// [`Authorizer::decide_read`] comes to. Principals of whom nothing differs that the rules on this port look at are
/// decided once.
pub fn roster(snapshot: &PolicySnapshot, question: &RosterQuestion<'_>) -> Roster {
    let RosterQuestion { port, columns, purpose, at, .. } = *question;
    let looked = Looked::at(snapshot, port, columns);
    let mut alike: BTreeMap<Standing, Vec<(&Principal, HashSet<String>)>> = BTreeMap::new();
    for principal in snapshot.principals().iter() {
        let held = snapshot.held_in(principal, &port.domain);
        alike.entry(looked.standing(principal, &held)).or_default().push((principal, held));
    }
    let mut subjects: HashMap<&PolicyLine, &str> = HashMap::new();
    for row in snapshot.rows_on_port(port, columns) {
        subjects.insert(&row.origin.line, &row.subject);
    }
    let asked = columns.iter().filter(|column| question.column.is_none_or(|wanted| column.name == wanted));
    let group = |members: Vec<(&Principal, HashSet<String>)>| {
        let (first, _) = members.first()?;
        let object = ObjectRef::Port(port.clone());
        let request = AccessRequest { principal: first, action: Action::Read, object, purpose, at };
        let decision = snapshot.decide_read(&request, columns);
        let member = |(principal, _): &(&Principal, HashSet<String>)| RosterMember {
            name: principal.name.clone(),
            kind: principal.kind,
            paths: paths(snapshot, principal, port, decision.because(), &subjects),
        };
        Some(RosterGroup {
            seen: Seen::of(&decision, asked.clone()),
            because: decision.because().to_vec(),
            members: members.iter().map(member).collect(),
        })
    };
    let mut groups: Vec<RosterGroup> = alike.into_values().filter_map(group).collect();
    groups.sort_by(|a, b| first_name(a).cmp(&first_name(b)));
    Roster { groups: merged(groups) }
}

fn first_name(group: &RosterGroup) -> Option<(&str, PrincipalKind)> {
    group.members.first().map(|member| (member.name.as_str(), member.kind))
}

/// Groups that came out the same, though there was something to tell them apart.
fn merged(groups: Vec<RosterGroup>) -> Vec<RosterGroup> {
    let mut merged: Vec<RosterGroup> = Vec::new();
    for group in groups {
        match merged.iter_mut().find(|known| known.seen == group.seen && known.because == group.because) {
            Some(known) => {
                known.members.extend(group.members);
                known.members.sort_by(|a, b| (&a.name, a.kind).cmp(&(&b.name, b.kind)));
            }
            None => merged.push(group),
        }
    }
    merged
}

fn paths(
    snapshot: &PolicySnapshot,
    principal: &Principal,
    port: &PortRef,
    because: &[PolicyLine],
    subjects: &HashMap<&PolicyLine, &str>,
) -> Vec<RosterPath> {
    // What is granted to somebody stands in no file, and leads straight to it.
    let own = principal.subject();
    let is_granted = |rule: &PolicyLine| snapshot.granted_rows(&own).any(|row| row.origin.line == *rule);
    let settled = because.iter().filter_map(|rule| {
        let subject = subjects.get(rule).copied().or_else(|| is_granted(rule).then_some(own.as_str()))?;
        Some((rule, subject))
    });
    let path = |(rule, subject): (&PolicyLine, &str)| {
        let chain = snapshot.memberships(principal, Some(&port.domain), subject)?;
        Some(RosterPath { rule: rule.clone(), subject: subject.to_owned(), chain })
    };
    settled.filter_map(path).collect()
}

#[cfg(test)]
mod tests;
