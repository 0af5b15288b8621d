//! What came of a reconcile.

use std::time::Duration;

use weft_model::{Code, Diagnostic, PortRef, Revision};

use crate::Plan;

/// What a revision became.
#[derive(Clone, Debug)]
pub struct Report {
    pub revision: Revision,
    pub plan: Plan,
    /// One for each step of the plan, in its order; empty where the revision was refused.
    pub outcomes: Vec<Outcome>,
    /// Of all files, in the order in which people read them.
    pub diagnostics: Vec<Diagnostic>,
    /// Errors in `governance/` or `mesh.yaml`: nothing of the revision was applied.
    pub refused: bool,
}

impl Report {
    /// Whether everything that the revision asks for is served.
    pub fn is_complete(&self) -> bool {
        let applied = self.outcomes.iter().all(|outcome| outcome.status == OutcomeStatus::Applied);
        applied && !self.refused && !self.diagnostics.iter().any(Diagnostic::is_error)
    }
}

/// How a step ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OutcomeStatus {
    /// It is served.
    Applied,
    /// The contract does not hold on the rows; nothing was committed.
    Refused,
    /// Something that it reads, or another port of its product, did not come about.
    Skipped,
    Failed,
}

/// What came of one step.
#[derive(Clone, Debug)]
pub struct Outcome {
    pub port: PortRef,
    /// `create`, `refresh`, `redescribe` or `retire`.
    pub change: &'static str,
    pub status: OutcomeStatus,
    /// Set unless applied.
    pub code: Option<Code>,
    /// For the port's owner; never holds a value of a row.
    pub message: Option<String>,
    pub rows: Option<u64>,
    pub table_version: Option<u64>,
    pub elapsed: Duration,
}

impl Outcome {
    /// Whether the platform was kept from it by something that may pass, and not by rows or queries.
    pub(crate) fn was_hindered(&self) -> bool {
        self.status == OutcomeStatus::Failed && self.code.as_ref().is_some_and(may_pass)
    }
}

/// Whether what has that code may pass without anybody changing anything.
pub(crate) fn may_pass(code: &Code) -> bool {
    [Code::STORE_UNAVAILABLE, Code::STORE_CONFLICT, Code::AUDIT_UNAVAILABLE, Code::CATALOG_UNAVAILABLE].contains(code)
}

/// Is told how a reconcile comes along. Calls must return at once.
pub trait Progress: Send + Sync {
    /// A step begins.
    fn started(&self, port: &PortRef, change: &str);
    /// A step ended.
    fn ended(&self, port: &PortRef, outcome: &Outcome);
}

/// Tells nobody.
#[derive(Clone, Copy, Debug)]
pub struct Silent;

impl Progress for Silent {
    fn started(&self, _: &PortRef, _: &str) {}
    fn ended(&self, _: &PortRef, _: &Outcome) {}
}
