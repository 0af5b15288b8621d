//! What was granted at run time: rows that count besides the files, from an instant to an instant.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use arc_swap::ArcSwap;
use chrono::{DateTime, Utc};
use weft_model::{Action, PortRef};

use crate::names::column_term;
use crate::row::{ANY_TAG, Origin, PolicyRow};
use crate::row_condition;

/// That one principal may read columns of one port in clear, for one purpose and for a time.
///
/// It counts as rows that allow: a row that denies overrides it, and restrictions on rows hold as before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grant {
    /// Id of the request that was approved: `REQ-12`.
    pub id: String,
    /// As policies write it: `user:dana`.
    pub subject: String,
    pub port: PortRef,
    /// Names of columns as the contract has them; empty for the whole port.
    pub columns: Vec<String>,
    /// For which purpose alone it counts; for every one where the product allows none in particular.
    pub purpose: Option<String>,
    /// It counts from here on.
    pub since: DateTime<Utc>,
    /// It does not count from here on.
    pub until: DateTime<Utc>,
    /// Who approved it: names, the last one last.
    pub approved_by: Vec<String>,
    /// Granted in an emergency: all rows are seen too, and what is decided by it is marked.
    pub break_glass: bool,
}

/// Everything that was granted and has neither been revoked nor was over when it was read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Grants {
    /// Which state of grants this is: the number of the last event that made it, so that it is the same on
    /// every node that knows the same events.
    pub epoch: u64,
    pub all: Vec<Grant>,
}

/// The grants in force: one state at a time, swapped whole.
///
/// Whoever records grants puts them here; [`crate::Policies`] decides by them from that moment on.
#[derive(Debug, Default)]
pub struct GrantBook {
    current: ArcSwap<Grants>,
}

impl GrantBook {
    /// What is granted now. Never waits.
    pub fn current(&self) -> Arc<Grants> {
        self.current.load_full()
    }

    /// Lets `grants` take the place of what was granted before. For whoever holds the right to record them alone, so
    /// that states come in order.
    pub fn replace(&self, grants: Grants) {
        self.current.store(Arc::new(grants));
    }
}

impl Grants {
    /// The instants at which some grant begins or ceases to count.
    pub(crate) fn turns(&self) -> impl Iterator<Item = DateTime<Utc>> + '_ {
        self.all.iter().flat_map(|grant| [grant.since, grant.until])
    }

    /// Whether some grant is for that purpose.
    pub(crate) fn names(&self, purpose: &str) -> bool {
        self.all.iter().any(|grant| grant.purpose.as_deref() == Some(purpose))
    }
}

impl Grant {
    /// The rows as a domain's `access.csv` would have them, for a domain that takes the grant over.
    pub fn lines(&self) -> Vec<String> {
        let term = format!("obj:{}", self.port);
        self.rows(&term).iter().map(|row| format!("p, {}", row.terms().join(", "))).collect()
    }

    /// The rows that it counts as; `term` is its port as rows write it.
    fn rows(&self, term: &str) -> Vec<PolicyRow> {
        let objects: Vec<String> = match self.columns.as_slice() {
            [] => vec![term.to_owned()],
            columns => columns.iter().map(|column| column_term(term, column)).collect(),
        };
        let mut actions = vec![Action::Read, Action::Unmask];
        if self.break_glass {
            actions.push(Action::SeeAllRows);
        }
        let condition = row_condition::written(self.purpose.as_deref(), self.until);
        let origin = Origin::of_platform(&self.told());
        let row = |object: &str, action: Action| PolicyRow {
            subject: self.subject.clone(),
            domain: format!("dom:{}", self.port.domain),
            object: object.to_owned(),
            action: action.as_str().to_owned(),
            tag: ANY_TAG.to_owned(),
            condition: condition.clone(),
            allows: true,
            origin: origin.clone(),
        };
        let of_object = |object: &String| -> Vec<PolicyRow> {
            // Which rows are seen is a matter of the port as a whole.
            let on = |action: Action| if action == Action::SeeAllRows { term } else { object.as_str() };
            actions.iter().map(|action| row(on(*action), *action)).collect()
        };
        let mut rows: Vec<PolicyRow> = objects.iter().flat_map(of_object).collect();
        rows.dedup();
        rows
    }

    fn told(&self) -> String {
        let kind = if self.break_glass { "break-glass grant" } else { "grant" };
        let until = self.until.to_rfc3339_opts(chrono::SecondsFormat::AutoSi, true);
        format!("{kind} {} until {until}, approved by {}", self.id, self.approved_by.join(" and "))
    }
}

/// A row of a grant, and from when on it counts.
#[derive(Debug)]
pub(crate) struct GrantRow {
    pub(crate) since: DateTime<Utc>,
    pub(crate) row: PolicyRow,
}

/// The rows of all grants, by subject.
#[derive(Debug, Default)]
pub(crate) struct GrantRows {
    by_subject: HashMap<String, Vec<GrantRow>>,
    objects: HashSet<String>,
}

impl GrantRows {
    /// `term_of` tells how rows write a port.
    pub(crate) fn of(grants: &Grants, term_of: impl Fn(&PortRef) -> String) -> Self {
        let mut all = GrantRows::default();
        for grant in &grants.all {
            let rows = grant.rows(&term_of(&grant.port));
            all.objects.extend(rows.iter().map(|row| row.object.clone()));
            let own = all.by_subject.entry(grant.subject.clone()).or_default();
            own.extend(rows.into_iter().map(|row| GrantRow { since: grant.since, row }));
        }
        all
    }

    /// Those of one subject.
    pub(crate) fn of_subject(&self, subject: &str) -> &[GrantRow] {
        self.by_subject.get(subject).map_or(&[], Vec::as_slice)
    }

    /// Whether some row speaks of just this object.
    pub(crate) fn names(&self, object: &str) -> bool {
        self.objects.contains(object)
    }
}
