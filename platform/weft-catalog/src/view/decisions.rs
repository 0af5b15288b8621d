//! What was decided, through one principal's eyes.

use std::collections::BTreeMap;

use weft_model::{Action, PortRef, Revision};

use super::{CatalogView, HISTORY_MAX};
use crate::decisions::HIDDEN;
use crate::error::CatalogError;
use crate::views::DecisionView;
use crate::{audit, moment};

/// Object of the platform that stands for the decisions about everyone.
const DECISIONS: &str = "system.audit.decisions";

/// How a row filter is called where a decision names it.
const FILTER: &str = "row filter ";

impl CatalogView {
    /// The newest decisions, newest first: all of them for who may read the platform's own
    /// `system.audit.decisions`, else those about the principal itself.
    pub async fn decisions(&self) -> Result<Vec<DecisionView>, CatalogError> {
        let is_auditor = self.sight.reads_platform(DECISIONS);
        let subject = self.sight.principal.subject();
        self.catalog.settle_decisions().await;
        let mut transaction = self.catalog.store().read().await?;
        let own = (!is_auditor).then_some(subject.as_str());
        let newest = audit::newest(&mut transaction, own, HISTORY_MAX).await?;
        let is_shown = |row: &audit::Row| {
            // A view's reader may not know of the tables below it.
            is_auditor || row.object.parse::<PortRef>().is_ok_and(|port| self.sees_port(&port))
        };
        newest.into_iter().filter(is_shown).map(|row| decision_view(row, is_auditor)).collect()
    }

    /// What was decided for the query of that id, in order, as [`decisions`](Self::decisions) shows it. None where
    /// nobody asked such a query, or somebody else did.
    pub async fn decisions_of(&self, query: &str) -> Result<Vec<DecisionView>, CatalogError> {
        let is_auditor = self.sight.reads_platform(DECISIONS);
        let subject = self.sight.principal.subject();
        self.catalog.settle_decisions().await;
        let mut transaction = self.catalog.store().read().await?;
        let own = (!is_auditor).then_some(subject.as_str());
        let rows = audit::of_query(&mut transaction, query, own).await?;
        let is_known = |row: &audit::Row| row.object.parse::<PortRef>().is_ok_and(|port| self.sees_port(&port));
        rows.into_iter().filter(is_known).map(|row| decision_view(row, is_auditor)).collect()
    }
}

/// Which row filter it is and where it stands, without what it compares with what.
fn without_condition(filter: &str) -> String {
    match filter.split_once(FILTER) {
        Some((place, rest)) => format!("{place}{FILTER}{}", rest.split(':').next().unwrap_or_default()),
        None => filter.to_owned(),
    }
}

fn decision_view(row: audit::Row, is_auditor: bool) -> Result<DecisionView, CatalogError> {
    fn list<T: serde::de::DeserializeOwned>(text: &str) -> Result<T, CatalogError> {
        serde_json::from_str(text).map_err(|_| CatalogError::corrupt("decision", text))
    }
    let is_unknown = row.allowed == 0 && row.action == Action::Discover.as_str();
    let (mut masks, mut filters): (BTreeMap<String, String>, Vec<String>) = (list(&row.masks)?, list(&row.filters)?);
    if !is_auditor {
        masks.retain(|_, mask| mask != HIDDEN);
        filters.iter_mut().for_each(|filter| *filter = without_condition(filter));
    }
    let because = if is_unknown && !is_auditor { Vec::new() } else { list(&row.because)? };
    Ok(DecisionView {
        seq: u64::try_from(row.seq).ok().filter(|_| is_auditor),
        hash: Some(row.hash).filter(|_| is_auditor),
        at: moment::from_text(&row.at)?,
        query: row.query,
        principal: row.principal,
        action: row.action,
        object: row.object,
        purpose: row.purpose,
        allowed: row.allowed == 1,
        because,
        masks,
        filters,
        policy_revision: Revision::new(row.policy_revision),
        policy_epoch: u64::try_from(row.policy_epoch).unwrap_or_default(),
        grants_epoch: row.grants_epoch.and_then(|epoch| u64::try_from(epoch).ok()).unwrap_or_default(),
    })
}
