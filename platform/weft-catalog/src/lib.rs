//! What is published, by whom, from what, in which state: releases, runs, checks, lineage.
//!
//! [`Catalog`] is what the controller writes to and the engine resolves names in. Whoever answers
//! a person asks a [`CatalogView`] instead: it holds one principal and leaves out whatever that
//! principal may not discover.

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

mod answers;
mod audit;
mod catalog;
mod decisions;
mod deliveries;
mod dialect;
mod drawing;
mod error;
mod flows;
mod foretold;
mod graph;
mod inspect;
mod layout;
mod levels;
mod line;
mod lineage;
mod moment;
mod offending;
mod outbox;
mod releases;
mod requests;
mod run;
mod runs;
#[cfg(test)]
mod sample;
mod search;
mod settings;
mod sight;
mod store;
mod tally;
mod traffic;
mod trail;
mod training_sets;
mod usage;
mod usage_views;
mod view;
mod views;

pub use audit::AuditVerdict;
pub use catalog::{Catalog, CopiedTable, Lead};
pub use decisions::{Asked, DecisionRecord, HIDDEN};
pub use deliveries::{DeadLetter, PendingDelivery, Settlement, WebhookState};
pub use drawing::{LineageBox, LineageCluster, LineageDrawing};
pub use error::{CatalogError, Unreached};
pub use foretold::{Foreseen, Foretold};
pub use graph::{LineageLevel, LineageLink, LineageNode, LineageView};
pub use inspect::{Lack, SharedState, TableState, inspect_file, inspect_shared};
pub use offending::OffendingRows;
pub use outbox::{EVENT_KINDS, OutboxEvent};
pub use requests::{AccessRequest, RequestState, Terms, Verdict};
pub use run::{
    CheckOutcome, CheckRecord, CheckSeverity, Run, RunCheck, RunDiagnostic, RunStatus, RunStep, StepStatus,
    product_of_file,
};
pub use search::{SearchFilters, SearchHit, SearchKind, SearchMatch, SearchQuestion, SearchView};
pub use tally::{QueryRecord, ReadRecord};
pub use traffic::{Served, Traffic};
pub use training_sets::{HeldTable, Made, TrainingSet};
pub use usage_views::{ColumnUsage, DayUsage, PortUsage, QueryView, ReadView, TrafficView};
pub use view::{
    CatalogView, ContractView, EventView, Given, HomeView, KnownColumn, Need, OwnProduct, PortState, RequestView,
    Story, StoryStep, WantedAccess,
};
pub use views::{
    ArchivedPortView, CheckView, ColumnEdge, ColumnView, DecisionView, DomainView, ForeignKey, InputView, LineageEdge,
    Part, PortVersionView, PortView, ProductView, ReleaseView, RolledBackView, RunView,
};
