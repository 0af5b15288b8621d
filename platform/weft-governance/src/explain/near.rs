//! Rules that would show more, and the condition that fails.

use std::collections::BTreeSet;

use weft_model::{Action, Column};

use super::{Inquiry, Sees};
use crate::PolicyLine;
use crate::names::{expanded, tags_of, tags_within};
use crate::row::{ANY_TAG, PolicyRow};
use crate::row_condition::RowCondition;

/// At most so many are told.
const MISSES_MAX: usize = 5;

/// A rule that would show more and does not hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NearMiss {
    pub line: PolicyLine,
    /// Whom it is for, as rows write it.
    pub subject: String,
    /// What it would do: `read` or `unmask`.
    pub would: Action,
    /// What holds of it.
    pub met: Vec<String>,
    /// What does not. Never empty.
    pub failed: Vec<String>,
}

/// The nearest first: those of which the least fails, and among these in the order of the rules. None where a row
/// denies, for then no other helps.
pub(super) fn misses(inquiry: &Inquiry<'_>, sees: &Sees) -> Vec<NearMiss> {
    let is_closed = matches!(sees, Sees::Denied | Sees::Hidden);
    let is_denied = is_closed && !inquiry.deciding_rows().is_empty();
    if is_denied {
        return Vec::new();
    }
    let action = if is_closed { Action::Read } else { Action::Unmask };
    let tags = tags_of_asked(inquiry);
    let rows = inquiry.snapshot.rows_about(&inquiry.term(), &inquiry.asker.subject);
    let rows = rows.into_iter().filter(|row| row.allows && (row.action == action.as_str() || row.action == "*"));
    let mut found: Vec<NearMiss> = rows.filter_map(|row| miss(inquiry, row, action, &tags)).collect();
    found.sort_by_key(|miss| miss.failed.len());
    found.dedup_by(|a, b| a.line == b.line && a.would == b.would);
    found.truncate(MISSES_MAX);
    found
}

fn miss(inquiry: &Inquiry<'_>, row: &PolicyRow, would: Action, tags: &BTreeSet<String>) -> Option<NearMiss> {
    let who = &inquiry.request.principal.name;
    let (mut met, mut failed) = (Vec::new(), Vec::new());
    let is_here = row.domain == inquiry.asker.domain || row.domain == "dom:any";
    let holds = row.subject == "role:any" || inquiry.asker.held.contains(&row.subject);
    match (holds, is_here) {
        (true, true) => met.push(format!("it is for {}", row.subject)),
        (false, true) => failed.push(format!("{who} is not {}", row.subject)),
        (_, false) => failed.push(format!("it counts in {} alone", row.domain)),
    }
    if row.tag == ANY_TAG || tags.contains(&row.tag) {
        met.push(format!("it covers {}", inquiry.term().trim_start_matches("obj:")));
    } else {
        failed.push(format!("it is for what carries `{}`", row.tag));
    }
    let unmet = RowCondition::read(&row.condition)?.unmet(&inquiry.snapshot.circumstances(inquiry.request));
    if unmet.is_empty() && row.condition != crate::row_condition::NO_CONDITION {
        met.push(format!("its condition `{}` holds", row.condition));
    }
    failed.extend(unmet);
    let line = row.origin.line.clone();
    (!failed.is_empty()).then(|| NearMiss { line, subject: row.subject.clone(), would, met, failed })
}

/// Every word that counts for what is asked about, with those that they lie under.
fn tags_of_asked(inquiry: &Inquiry<'_>) -> BTreeSet<String> {
    let words =
        |column: &Column| -> Vec<String> { tags_of(column).chain(tags_within(column)).map(str::to_owned).collect() };
    let columns: Vec<&Column> = match &inquiry.column {
        Some(column) => vec![column],
        None => inquiry.contract.columns.iter().collect(),
    };
    let own: Vec<String> = columns.into_iter().flat_map(words).collect();
    let mut tags = expanded(own.iter().map(String::as_str));
    tags.extend(inquiry.snapshot.port_tags(inquiry.port).into_iter().flatten().cloned());
    tags
}
