//! Decisions as they are written down.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use weft_governance::{Decision, Literal, Mask, Obligation};
use weft_model::{Action, PortRef, Principal, Revision};

/// What stands for a mask where a column is not there at all.
pub const HIDDEN: &str = "hidden";

/// One decision about data, as the record of decisions holds it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DecisionRecord {
    pub at: DateTime<Utc>,
    /// Id of the query for which it was asked; the log knows it by the same.
    pub query: String,
    /// As policies write it: `user:ana`.
    pub principal: String,
    /// Where the query came in, where that is known.
    pub door: Option<String>,
    pub action: Action,
    /// The dotted name, as the query writes it.
    pub object: String,
    /// What the data was wanted for, as the caller declared it.
    pub purpose: Option<String>,
    pub allowed: bool,
    /// The policy lines that settled it: `file:line: text`.
    pub because: Vec<String>,
    /// Columns, or parts of them, that were masked or left out, and how.
    pub masks: BTreeMap<String, String>,
    /// The restrictions that kept rows back: `file:line: text`.
    pub filters: Vec<String>,
    pub policy_revision: Revision,
    pub policy_epoch: u64,
    /// Which grants counted: the number of the last event that made them.
    pub grants_epoch: u64,
}

/// What one query's decisions have in common.
#[derive(Clone, Debug)]
pub struct Asked<'a> {
    pub at: DateTime<Utc>,
    pub query: &'a str,
    pub principal: &'a Principal,
    pub purpose: Option<&'a str>,
    pub policy_revision: &'a Revision,
    pub policy_epoch: u64,
    pub grants_epoch: u64,
}

impl DecisionRecord {
    /// What is written down of `decision` on doing `action` to `port`.
    pub fn of(asked: &Asked<'_>, action: Action, port: &PortRef, decision: &Decision) -> Self {
        let mut masks = BTreeMap::new();
        let mut filters = Vec::new();
        for imposed in decision.obligations() {
            match &imposed.obligation {
                Obligation::MaskColumn { path, mask } => {
                    masks.insert(path.join("."), mask_text(mask));
                }
                Obligation::HideColumn { column } => {
                    masks.insert(column.clone(), HIDDEN.to_owned());
                }
                _ => filters.push(imposed.by.to_string()),
            }
        }
        DecisionRecord {
            at: asked.at,
            query: asked.query.to_owned(),
            principal: asked.principal.subject(),
            door: None,
            action,
            object: port.to_string(),
            purpose: asked.purpose.map(str::to_owned),
            allowed: decision.is_allowed(),
            because: decision.because().iter().map(ToString::to_string).collect(),
            masks,
            filters,
            policy_revision: asked.policy_revision.clone(),
            policy_epoch: asked.policy_epoch,
            grants_epoch: asked.grants_epoch,
        }
    }
}

/// The mask as restrictions write it.
fn mask_text(mask: &Mask) -> String {
    match mask {
        Mask::Null => "null".to_owned(),
        Mask::Constant(value) => format!("constant {}", literal_text(value)),
        Mask::Hash { salt } => format!("hash under {salt}"),
        Mask::PartialEmail => "partial_email".to_owned(),
        Mask::Prefix { characters } => format!("prefix {characters}"),
        Mask::Round { to } => format!("round {to}"),
        Mask::Truncate { to } => format!("truncate {}", to.as_str()),
        // A kind of mask that this version has no word for.
        other => format!("{other:?}"),
    }
}

fn literal_text(value: &Literal) -> String {
    match value {
        Literal::Boolean(value) => value.to_string(),
        Literal::Integer(value) => value.to_string(),
        Literal::Number(value) => value.to_string(),
        Literal::Text(value) => format!("'{value}'"),
        Literal::Date(value) => value.to_string(),
        Literal::Timestamp(value) => value.to_rfc3339(),
        other => format!("{other:?}"),
    }
}
