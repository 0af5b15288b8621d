//! What a query's decisions leave behind: a line in the log each, and a row in the record.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use parking_lot::Mutex;
use serde::{Deserialize, Serialize};
use weft_catalog::{Asked, Catalog, DecisionRecord};
use weft_governance::{AccessRequest, Authorizer, Decision, PolicySnapshot};
use weft_model::{Action, Column, DataProduct, OutputPort, PortName, PortRef};

use crate::QueryError;

/// The tag of data that is shown only once its record is on disk.
const RESTRICTED: &str = "restricted";

/// The decisions that were taken for one query so far. Clones are one list.
#[derive(Clone, Debug)]
pub(crate) struct Decided {
    query: Arc<str>,
    taken: Arc<Mutex<Taken>>,
}

/// On which terms a query read one port.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AppliedTerms {
    pub port: PortRef,
    /// By column: the mask in words, or that the column is left out, as the record of decisions has it.
    pub masks: BTreeMap<String, String>,
    /// Ids of the row filters that hold.
    pub filters: Vec<String>,
}

#[derive(Debug, Default)]
struct Taken {
    records: Vec<DecisionRecord>,
    /// Whether restricted data was opened.
    is_restricted: bool,
}

impl Decided {
    /// None yet, for the query of that id, or the question about one that is not run.
    pub(crate) fn of(query: &str) -> Self {
        Decided { query: query.into(), taken: Arc::default() }
    }

    /// Notes a decision on `port`. What the principal may discover is not worth a row, what it may
    /// not is; a decision taken again for the same query is noted once.
    pub(crate) fn note(
        &self,
        request: &AccessRequest<'_>,
        port: &PortRef,
        policies: &PolicySnapshot,
        decision: &Decision,
    ) {
        if request.action == Action::Discover && decision.is_allowed() {
            return;
        }
        let asked = Asked {
            at: request.at,
            query: &self.query,
            principal: request.principal,
            purpose: request.purpose,
            policy_revision: policies.policy_revision(),
            policy_epoch: policies.epoch(),
            grants_epoch: policies.grants().epoch,
        };
        let record = DecisionRecord::of(&asked, request.action, port, decision);
        let mut taken = self.taken.lock();
        if !taken.records.contains(&record) {
            log(&record);
            taken.records.push(record);
        }
    }

    /// Notes that the query opens `port` of `product`, which may say that its data is restricted, as
    /// may what is known of it now.
    pub(crate) fn note_opened(&self, product: &DataProduct, port: &PortName, is_known_as_restricted: bool) {
        if is_known_as_restricted || product.output(port).is_none_or(|output| is_restricted(product, output)) {
            self.taken.lock().is_restricted = true;
        }
    }

    /// The ports that may be read by what was decided so far, and was not handed to the record yet.
    pub(crate) fn readable(&self) -> BTreeSet<PortRef> {
        let taken = self.taken.lock();
        let read = taken.records.iter().filter(|record| record.allowed && record.action == Action::Read);
        read.filter_map(|record| record.object.parse().ok()).collect()
    }

    /// What was masked, left out or filtered, port by port.
    pub(crate) fn terms(&self) -> Vec<AppliedTerms> {
        let taken = self.taken.lock();
        let limited = taken.records.iter().filter(|record| !record.masks.is_empty() || !record.filters.is_empty());
        let terms = limited.filter_map(|record| {
            let (masks, filters) = (record.masks.clone(), record.filters.clone());
            Some(AppliedTerms { port: record.object.parse().ok()?, masks, filters })
        });
        terms.collect()
    }

    /// Hands the decisions to the record, before any row flows. Waits until they are on disk where
    /// the query opens restricted data.
    ///
    /// # Errors
    ///
    /// [`QueryError::Unrecorded`] where it waits in vain.
    pub(crate) async fn record(&self, catalog: &Catalog) -> Result<(), QueryError> {
        let taken = std::mem::take(&mut *self.taken.lock());
        if !taken.is_restricted {
            catalog.note_decisions(taken.records);
            return Ok(());
        }
        catalog.record_decisions(&taken.records).await.map_err(|error| {
            tracing::error!(%error, "restricted data stays closed: its decisions cannot be recorded");
            QueryError::Unrecorded
        })
    }

    /// Hands on those that deny: for questions about a query that is not run.
    pub(crate) fn record_denials(&self, catalog: &Catalog) {
        let mut taken = std::mem::take(&mut *self.taken.lock());
        taken.records.retain(|record| !record.allowed);
        catalog.note_decisions(taken.records);
    }
}

/// Names of columns and the words of rules are told; no value of a row is in them.
fn log(record: &DecisionRecord) {
    let outcome = if record.allowed { "allowed" } else { "denied" };
    metrics::counter!("weft_decisions_total", "action" => record.action.as_str(), "outcome" => outcome).increment(1);
    metrics::counter!("weft_masked_columns_total").increment(record.masks.len() as u64);
    let masks: Vec<String> = record.masks.iter().map(|(column, mask)| format!("{column}: {mask}")).collect();
    tracing::info!(
        query = record.query,
        principal = record.principal,
        action = record.action.as_str(),
        object = record.object,
        purpose = record.purpose,
        allowed = record.allowed,
        because = record.because.join("; "),
        masks = masks.join("; "),
        filters = record.filters.join("; "),
        policy_revision = record.policy_revision.short(),
        policy_epoch = record.policy_epoch,
        "access decided",
    );
}

fn is_restricted(product: &DataProduct, output: &OutputPort) -> bool {
    let contract = &output.contract;
    let is_tag =
        |tag: &String| tag == RESTRICTED || tag.strip_prefix(RESTRICTED).is_some_and(|rest| rest.starts_with('.'));
    let on_column = |column: &Column| {
        let parts = column.parts.iter();
        column.classification.iter().chain(&column.tags).any(is_tag)
            || parts.flat_map(|part| part.classification.iter().chain(&part.tags)).any(is_tag)
    };
    product.tags.iter().chain(&contract.tags).any(is_tag) || contract.columns.iter().any(on_column)
}
