//! That an explanation is the decision, and that what it says would help does.

use std::collections::BTreeSet;
use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use semver::Version;
use weft_governance::{
    AccessRequest, Authorizer, Change, Decision, Draft, Explanation, Grant, Grants, ObjectRef, Obligation, PolicyLine,
    PolicySnapshot, Sees,
};
use weft_model::{Action, Column, Contract, ContractKey, PortRef, Principal};

use super::states::State;

/// What came of explaining everything to everyone.
#[derive(Clone, Debug, Default)]
pub(super) struct Explained {
    pub(super) explanations: u64,
    /// Changes that were tried and did what they promise.
    pub(super) helped: u64,
    pub(super) differences: Vec<String>,
}

/// Explains each column of each port to each principal, for each purpose, and compares.
pub(super) fn everything(state: &State, at: DateTime<Utc>) -> Explained {
    let mut explained = Explained::default();
    let snapshot = &state.snapshot;
    for (port, side) in &state.facts.ports {
        let contract = contract(port, &side.columns);
        for principal in snapshot.principals().iter() {
            // Another one for each, so that all are asked for within few cases.
            let turn = usize::try_from(explained.explanations).unwrap_or_default() % 3;
            for purpose in [None, Some("billing"), Some("fraud")].into_iter().skip(turn).take(1) {
                let asked = Asked { snapshot, principal, port, contract: &contract, purpose };
                for column in contract.columns.iter().map(|column| Some(column.name.as_str())).chain([None]) {
                    explained.explanations += 1;
                    match asked.check(column, at) {
                        Ok(helped) => explained.helped += u64::from(helped),
                        Err(difference) => {
                            let who = principal.subject();
                            explained
                                .differences
                                .push(format!("{who}, {port} {column:?} for {purpose:?}: {difference}"));
                        }
                    }
                }
                explained.differences.extend(asked.ends_exactly());
            }
        }
    }
    explained
}

struct Asked<'a> {
    snapshot: &'a PolicySnapshot,
    principal: &'a Principal,
    port: &'a PortRef,
    contract: &'a Contract,
    purpose: Option<&'a str>,
}

impl Asked<'_> {
    fn request(&self, at: DateTime<Utc>) -> AccessRequest<'_> {
        let object = ObjectRef::Port(self.port.clone());
        AccessRequest { principal: self.principal, action: Action::Read, object, purpose: self.purpose, at }
    }

    fn decision(&self, at: DateTime<Utc>) -> Decision {
        self.snapshot.decide_read(&self.request(at), &self.contract.columns)
    }

    /// Whether a change was promised, and helped.
    fn check(&self, column: Option<&str>, at: DateTime<Utc>) -> Result<bool, String> {
        let explained = self.snapshot.explain(&self.request(at), self.contract, column).ok_or("no explanation")?;
        let decision = self.decision(at);
        let sees = word(&decision, column);
        if explained.sees.as_str() != sees || explained.hides_rows != decision.hides_rows() {
            return Err(format!("explained as {:?}, decided as {sees}", explained.sees));
        }
        if let Some(link) = explained.evidence.iter().find(|link| link.decides && !self.is_known(link, &decision, at)) {
            return Err(format!("decided by what decided nothing: {link:?}"));
        }
        if !explained.evidence.iter().any(|link| link.decides) {
            return Err("nothing decides".to_owned());
        }
        if explained.near.iter().any(|miss| miss.failed.is_empty()) {
            return Err("a near miss that misses nothing".to_owned());
        }
        self.does_it_help(&explained, column, at)
    }

    /// Whether a line that is said to decide is one that the decision itself gives, or a row of the column's.
    fn is_known(&self, link: &weft_governance::Evidence, decision: &Decision, at: DateTime<Utc>) -> bool {
        let Some((file, number)) = &link.place else { return true };
        let is_it = |line: &PolicyLine| line.place.as_ref().is_some_and(|(f, n)| **f == **file && n == number);
        let of_decision = decision.because().iter().chain(decision.obligations().iter().map(|imposed| &imposed.by));
        let columns = self.contract.columns.iter().map(|column| self.snapshot.decide_column(&self.request(at), column));
        of_decision.cloned().chain(columns.flat_map(|decided| decided.because().to_vec())).any(|line| is_it(&line))
    }

    fn does_it_help(&self, explained: &Explanation, column: Option<&str>, at: DateTime<Utc>) -> Result<bool, String> {
        let decision = match &explained.change {
            None | Some(Change::Rule(_)) => return Ok(false),
            Some(Change::Purpose(purpose)) => {
                let request = AccessRequest { purpose: Some(purpose), ..self.request(at) };
                self.snapshot.decide_read(&request, &self.contract.columns)
            }
            Some(Change::Request(draft)) => {
                let all = self.snapshot.grants().all.iter().cloned().chain([granted(self.principal, draft, at)]);
                let snapshot = self.snapshot.with_grants(Arc::new(Grants { epoch: 1, all: all.collect() }), 1);
                let request = AccessRequest { purpose: draft.purpose.as_deref(), ..self.request(at) };
                snapshot.decide_read(&request, &self.contract.columns)
            }
        };
        let is_purpose = matches!(explained.change, Some(Change::Purpose(_)));
        match word(&decision, column) {
            "clear" => Ok(true),
            "readable" if is_whole(&decision) => Ok(true),
            // A purpose that lets see something where nothing was seen is less to ask for than all of it.
            "readable" | "masked" if explained.sees == Sees::Denied && is_purpose => Ok(true),
            sees => Err(format!("{:?} was to help, and gives {sees}", explained.change)),
        }
    }

    /// What a grant adds is there until the instant of its end, and not at it.
    fn ends_exactly(&self) -> Vec<String> {
        let mut differences = Vec::new();
        let none = self.snapshot.with_grants(Arc::default(), 0);
        for grant in self.snapshot.grants().all.iter().filter(|grant| grant.subject == self.principal.subject()) {
            let others = self.snapshot.grants().all.iter().filter(|other| *other != grant).cloned().collect();
            let others = self.snapshot.with_grants(Arc::new(Grants { epoch: 0, all: others }), 0);
            let without =
                |snapshot: &PolicySnapshot, at| snapshot.decide_read(&self.request(at), &self.contract.columns);
            for at in [grant.until, grant.since - TimeDelta::nanoseconds(1)] {
                if shown(&self.decision(at)) != shown(&without(&others, at)) {
                    differences.push(format!("{} counts at {at}, outside its time", grant.id));
                }
            }
            let last = grant.until - TimeDelta::nanoseconds(1);
            let (with, without) = (shown(&self.decision(last)), shown(&without(&none, last)));
            if last >= grant.since && !without.is_subset(&with) {
                differences.push(format!("{} takes something away", grant.id));
            }
        }
        differences
    }
}

/// What is open and in clear, by obligation: what a grant can only add to.
fn shown(decision: &Decision) -> BTreeSet<String> {
    if !decision.is_allowed() {
        return BTreeSet::new();
    }
    let mut shown: BTreeSet<String> = ["id", "mail", "note", "region", "phone", "pay"].map(str::to_owned).into();
    for imposed in decision.obligations() {
        match &imposed.obligation {
            Obligation::MaskColumn { path, .. } => shown.remove(&path[0]),
            Obligation::HideColumn { column } => shown.remove(column),
            _ => false,
        };
    }
    shown
}

fn is_whole(decision: &Decision) -> bool {
    decision.is_allowed()
        && !decision.obligations().iter().any(|imposed| !matches!(imposed.obligation, Obligation::KeepRows(_)))
}

fn word(decision: &Decision, column: Option<&str>) -> &'static str {
    if !decision.is_allowed() {
        return Sees::Denied.as_str();
    }
    let Some(column) = column else { return "readable" };
    let mut word = "clear";
    for imposed in decision.obligations() {
        match &imposed.obligation {
            Obligation::HideColumn { column: hidden } if hidden == column => return "hidden",
            Obligation::MaskColumn { path, .. } if path[0] == column => word = "masked",
            _ => {}
        }
    }
    word
}

fn granted(principal: &Principal, draft: &Draft, at: DateTime<Utc>) -> Grant {
    Grant {
        id: "REQ-99".to_owned(),
        subject: principal.subject(),
        port: draft.port.clone(),
        columns: draft.columns.clone(),
        purpose: draft.purpose.clone(),
        since: at,
        until: draft.until,
        approved_by: Vec::new(),
        break_glass: false,
    }
}

fn contract(port: &PortRef, columns: &[Column]) -> Contract {
    Contract {
        key: ContractKey { id: port.to_string(), version: Version::new(1, 0, 0) },
        file: String::new(),
        status: None,
        purpose: String::new(),
        tags: Vec::new(),
        columns: columns.to_vec(),
        checks: Vec::new(),
        service_levels: Vec::new(),
        traffic_levels: Vec::new(),
        roles: Vec::new(),
        document: String::new(),
    }
}
