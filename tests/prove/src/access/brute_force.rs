//! Who sees what, asked one decision at a time.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use weft_governance::{
    AccessEffect, AccessRequest, Authorizer, Decision, ObjectRef, Obligation, Roster, RosterMember, RosterQuestion,
    RowsSeen, Sight, SightChange,
};
use weft_model::{Action, PortRef, Principal, PrincipalKind};

use super::states::State;

/// One change, as both ways to find it tell it: whom it is about, port, purpose, column (none for rows), and what.
pub(super) type Told = (String, String, Option<String>, Option<String>, &'static str);

/// Every decision on reading.
pub(super) struct Everyone {
    decisions: BTreeMap<Asked, Answer>,
    purposes: BTreeMap<PortRef, BTreeSet<String>>,
}

/// Principal, port and purpose.
type Asked = (String, PortRef, Option<String>);

/// A decision, and the columns that it is about.
type Answer = (Decision, Vec<String>);

/// What one principal sees of one column.
#[derive(Clone, Debug, PartialEq)]
enum Shown {
    Nothing,
    Clear,
    /// Under these masks, by path.
    Masked(Vec<String>),
}

impl Everyone {
    pub(super) fn asked(state: &State, at: DateTime<Utc>) -> Self {
        let mut decisions = BTreeMap::new();
        let mut purposes = BTreeMap::new();
        for (port, side) in &state.facts.ports {
            let allowed = state.facts.purposes.get(&port.product_ref()).cloned().unwrap_or_default();
            let asked = [None, Some("billing"), Some("fraud"), Some("unheard_of")];
            for principal in state.snapshot.principals().iter() {
                for purpose in asked {
                    let object = ObjectRef::Port(port.clone());
                    let request = AccessRequest { principal, action: Action::Read, object, purpose, at };
                    let decision = state.snapshot.decide_read(&request, &side.columns);
                    let columns = side.columns.iter().map(|column| column.name.clone()).collect();
                    let key = (principal.subject(), port.clone(), purpose.map(str::to_owned));
                    decisions.insert(key, (decision, columns));
                }
            }
            purposes.insert(port.clone(), allowed);
        }
        Everyone { decisions, purposes }
    }

    /// How `told` differs from what was decided; `None` where it does not.
    pub(super) fn unlike_roster(&self, told: &Roster, question: &RosterQuestion<'_>, state: &State) -> Option<String> {
        let mut seen = BTreeSet::new();
        for group in &told.groups {
            for member in &group.members {
                let principal = state.snapshot.principals().find(&member.name)?;
                if !seen.insert(principal.subject()) {
                    return Some(format!("{} is told twice", member.name));
                }
                let key = (principal.subject(), question.port.clone(), question.purpose.map(str::to_owned));
                let (decision, columns) = &self.decisions[&key];
                if group.because != decision.because() {
                    return Some(format!("{}: {:?} and not {:?}", member.name, group.because, decision.because()));
                }
                let wanted = columns.iter().filter(|name| question.column.is_none_or(|column| *name == column));
                let told: Vec<_> = group.seen.columns.iter().map(|seen| (&seen.name, shown_of(&seen.sight))).collect();
                let is: Vec<_> = wanted.map(|name| (name, shown(decision, name))).collect();
                if told != is || rows_of(&group.seen.rows) != rows(decision) {
                    return Some(format!("{}: {:?} and not {is:?}", member.name, group.seen));
                }
                if let Some(wrong) = wrong_path(member, &principal, question.port, state) {
                    return Some(format!("{}: {wrong}", member.name));
                }
            }
        }
        let all = state.snapshot.principals().iter().count();
        (seen.len() != all).then(|| format!("{} of {all} principals", seen.len()))
    }

    /// Every change from these decisions to those.
    pub(super) fn difference(&self, after: &Everyone) -> BTreeSet<Told> {
        let keys: BTreeSet<_> = self.decisions.keys().chain(after.decisions.keys()).collect();
        let mut told = BTreeSet::new();
        for (who, port, purpose) in keys {
            let of = |side: &Self| side.purposes.get(port).cloned().unwrap_or_default();
            // Rows and grants name these besides.
            let is_named = |purpose: &String| purpose != "unheard_of";
            let is_asked =
                |purpose: &String| of(self).contains(purpose) || of(after).contains(purpose) || is_named(purpose);
            if purpose.as_ref().is_some_and(|purpose| !is_asked(purpose)) {
                continue;
            }
            let plain = self.changes(after, who, port, None);
            for (column, what) in self.changes(after, who, port, purpose.clone()) {
                if purpose.is_none() || !plain.contains(&(column.clone(), what)) {
                    told.insert((who.clone(), port.to_string(), purpose.clone(), column, what));
                }
            }
        }
        told
    }

    fn changes(
        &self,
        after: &Everyone,
        who: &str,
        port: &PortRef,
        purpose: Option<String>,
    ) -> BTreeSet<(Option<String>, &'static str)> {
        let key = (who.to_owned(), port.clone(), purpose);
        let (before, after) = (self.decisions.get(&key), after.decisions.get(&key));
        let columns: BTreeSet<&String> = before.into_iter().chain(after).flat_map(|(_, columns)| columns).collect();
        let mut changes = BTreeSet::new();
        for column in columns {
            let shown = |side: Option<&Answer>| match side {
                Some((decision, columns)) if columns.contains(column) => shown(decision, column),
                _ => Shown::Nothing,
            };
            let what = match (shown(before), shown(after)) {
                (Shown::Nothing, Shown::Clear) => "gains",
                (Shown::Nothing, Shown::Masked(_)) => "gains masked",
                (Shown::Clear | Shown::Masked(_), Shown::Nothing) => "loses",
                (Shown::Masked(_), Shown::Clear) => "clears",
                (Shown::Clear, Shown::Masked(_)) => "masks",
                (Shown::Masked(was), Shown::Masked(is)) if was != is => "masks otherwise",
                _ => continue,
            };
            changes.insert((Some(column.clone()), what));
        }
        let both = before.zip(after).map(|((before, _), (after, _))| (rows(before), rows(after)));
        if let Some((Some(was), Some(is))) = both
            && was != is
        {
            let what = match (was.is_subset(&is), is.is_subset(&was)) {
                (true, _) => "fewer rows",
                (_, true) => "more rows",
                _ => "other rows",
            };
            changes.insert((None, what));
        }
        changes
    }
}

/// What a simulation tells, one principal and column at a time.
pub(super) fn told(effects: &[AccessEffect]) -> BTreeSet<Told> {
    let mut told = BTreeSet::new();
    for effect in effects {
        let what = match &effect.change {
            SightChange::Gains { masks: None } => "gains",
            SightChange::Gains { masks: Some(_) } => "gains masked",
            SightChange::Clears => "clears",
            SightChange::RowsWiden { .. } => "more rows",
            SightChange::MasksOtherwise { .. } => "masks otherwise",
            SightChange::RowsDiffer => "other rows",
            SightChange::RowsNarrow => "fewer rows",
            SightChange::Masks { .. } => "masks",
            SightChange::Loses => "loses",
        };
        let people = effect.people.iter().map(|name| format!("user:{name}"));
        let who = people.chain(effect.services.iter().map(|name| format!("service:{name}")));
        let or_none = |names: &[String]| -> Vec<Option<String>> {
            if names.is_empty() { vec![None] } else { names.iter().cloned().map(Some).collect() }
        };
        for who in who {
            for purpose in or_none(&effect.purposes) {
                for column in or_none(&effect.columns) {
                    let is_new =
                        told.insert((who.clone(), effect.port.to_string(), purpose.clone(), column.clone(), what));
                    assert!(is_new, "told twice: {who} {effect:?}");
                }
            }
        }
    }
    told
}

fn shown(decision: &Decision, column: &str) -> Shown {
    if !decision.is_allowed() {
        return Shown::Nothing;
    }
    let mut masks = Vec::new();
    for imposed in decision.obligations() {
        match &imposed.obligation {
            Obligation::HideColumn { column: hidden } if hidden == column => return Shown::Nothing,
            Obligation::MaskColumn { path, mask } if path[0] == column => {
                masks.push(format!("{} {mask:?}", path[1..].join(".")));
            }
            _ => {}
        }
    }
    if masks.is_empty() { Shown::Clear } else { Shown::Masked(masks) }
}

fn shown_of(sight: &Sight) -> Shown {
    match sight {
        Sight::Clear => Shown::Clear,
        Sight::Masked(masks) => {
            Shown::Masked(masks.iter().map(|seen| format!("{} {:?}", seen.part.join("."), seen.mask)).collect())
        }
        Sight::Hidden(_) | Sight::Denied => Shown::Nothing,
    }
}

/// The conditions on rows; none where the port may not be read.
fn rows(decision: &Decision) -> Option<BTreeSet<String>> {
    let condition = |imposed: &weft_governance::Imposed| match &imposed.obligation {
        Obligation::KeepRows(condition) => Some(format!("{condition:?}")),
        _ => None,
    };
    decision.is_allowed().then(|| decision.obligations().iter().filter_map(condition).collect())
}

fn rows_of(seen: &RowsSeen) -> Option<BTreeSet<String>> {
    match seen {
        RowsSeen::None => None,
        RowsSeen::All => Some(BTreeSet::new()),
        RowsSeen::Some(kept) => Some(kept.iter().map(|kept| format!("{:?}", kept.condition)).collect()),
    }
}

/// A path that does not lead from the principal to its rule by groups that it is in and roles that are given.
fn wrong_path(member: &RosterMember, principal: &Principal, port: &PortRef, state: &State) -> Option<String> {
    if (member.kind, &member.name) != (principal.kind, &principal.name) || member.kind > PrincipalKind::Service {
        return Some("is somebody else".to_owned());
    }
    member.paths.iter().find_map(|path| {
        let mut at = principal.subject();
        for step in &path.chain {
            let is_member = step.holds.strip_prefix("group:").is_some_and(|group| principal.groups.contains(group));
            let is_step = step.member == at
                && (is_member && at == principal.subject()
                    || state.gives(&step.member, &step.holds, port.domain.as_str()));
            if !is_step {
                return Some(format!("no step {step:?}"));
            }
            at.clone_from(&step.holds);
        }
        let leads = at == path.subject || (path.subject == "role:any" && path.chain.is_empty());
        let is_of_rule = path.rule.text.contains(&path.subject) || path.rule.place.is_none();
        (!leads || !is_of_rule).then(|| format!("{path:?} leads elsewhere"))
    })
}
