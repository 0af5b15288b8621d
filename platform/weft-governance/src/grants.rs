//! What was granted at run time: rows that count besides the files, from an instant to an instant.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use arc_swap::ArcSwap;
use chrono::{DateTime, Utc};
use weft_model::{Action, PortRef};

use crate::names::column_term;
use crate::row::{self, ANY_TAG, Origin, PolicyRow, Scope};
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
}

impl Grant {
    /// The rows as the domain's `access.csv` would have them, for a domain that takes the grant over. `None` where no
    /// file can: for a column whose name rows cannot write.
    pub fn lines(&self) -> Option<Vec<String>> {
        let term = format!("obj:{}", self.port);
        let rows = self.rows(&term);
        let lines: Vec<String> = rows.iter().map(|row| format!("p, {}", row.terms().join(", "))).collect();
        let (read, trouble) = row::read("access.csv", &lines.join("\n"), Scope::Domain(&self.port.domain));
        let is_same = read.policies.iter().map(|row| row.terms()).eq(rows.iter().map(PolicyRow::terms));
        (trouble.is_empty() && is_same).then_some(lines)
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

/// A row of a grant, and when it counts: its condition says so too.
#[derive(Debug)]
pub(crate) struct GrantRow {
    since: DateTime<Utc>,
    until: DateTime<Utc>,
    pub(crate) row: PolicyRow,
}

impl GrantRow {
    pub(crate) fn counts_at(&self, at: DateTime<Utc>) -> bool {
        self.since <= at && at < self.until
    }
}

/// The rows of all grants, by subject.
#[derive(Debug, Default)]
pub(crate) struct GrantRows {
    by_subject: HashMap<String, Vec<GrantRow>>,
    objects: HashSet<String>,
    purposes: HashSet<String>,
}

impl GrantRows {
    /// `term_of` tells how rows write a port.
    pub(crate) fn of(grants: &Grants, term_of: impl Fn(&PortRef) -> String) -> Self {
        let mut all = GrantRows::default();
        for grant in &grants.all {
            let rows = grant.rows(&term_of(&grant.port));
            all.objects.extend(rows.iter().map(|row| row.object.clone()));
            let own = all.by_subject.entry(grant.subject.clone()).or_default();
            let (since, until) = (grant.since, grant.until);
            own.extend(rows.into_iter().map(|row| GrantRow { since, until, row }));
            all.purposes.extend(grant.purpose.clone());
        }
        all
    }

    /// Those of one subject.
    pub(crate) fn of_subject(&self, subject: &str) -> &[GrantRow] {
        self.by_subject.get(subject).map_or(&[], Vec::as_slice)
    }

    /// Whether some grant is for that purpose.
    pub(crate) fn is_for(&self, purpose: &str) -> bool {
        self.purposes.contains(purpose)
    }

    /// Whether some row speaks of just this object.
    pub(crate) fn names(&self, object: &str) -> bool {
        self.objects.contains(object)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grant(columns: &[&str]) -> Grant {
        Grant {
            id: "REQ-1".to_owned(),
            subject: "user:dana".to_owned(),
            port: "sales.orders.lines".parse().unwrap(),
            columns: columns.iter().map(|column| (*column).to_owned()).collect(),
            purpose: Some("billing".to_owned()),
            since: DateTime::UNIX_EPOCH,
            until: "2027-01-31T12:00:00Z".parse().unwrap(),
            approved_by: vec!["user:lena".to_owned()],
            break_glass: false,
        }
    }

    #[test]
    fn a_grant_is_written_as_rows_that_a_file_may_hold() {
        let ends = "*, purpose:billing+until:2027-01-31T12:00:00Z, allow";
        let object = "p, user:dana, dom:sales, obj:sales.orders.lines.email";
        let expected = [format!("{object}, read, {ends}"), format!("{object}, unmask, {ends}")];
        assert_eq!(grant(&["email"]).lines().unwrap(), expected);
        assert_eq!(grant(&[]).lines().unwrap().len(), 2);
    }

    #[test]
    fn a_column_that_no_row_can_name_is_granted_and_not_exported() {
        for name in ["a, b", "a.b", "ü"] {
            assert_eq!(grant(&[name]).lines(), None, "{name}");
        }
    }
}
