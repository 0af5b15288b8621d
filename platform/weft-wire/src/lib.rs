//! What goes over HTTP: the JSON of `/api/v1`, one type for server and command line.
//!
//! Keys are camelCase. A reader must accept keys that it does not know, since later versions add
//! some. Times are RFC 3339 in UTC. An optional value that is not there is `null`.

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

mod access;
mod backfill;
mod check;
mod erasure;
mod lineage;
mod page;
mod principal;
mod problem;
mod product;
mod run;
mod sql;
mod usage;

pub use access::{
    Change, Decided, Evidence, ExplainRequest, Explanation, Explanations, Granted, NearMiss, NewRequest, Request,
    RequestDecision, Roster, RosterColumn, RosterGroup, RosterMember, RosterMembership, RosterPath, RosterRequest,
    RuleLine, SimulateRequest, Simulated, SimulatedChange,
};
pub use backfill::{Backfill, BackfillRequest};
pub use check::Check;
pub use erasure::ErasureRequest;
pub use lineage::{Lineage, LineageEdge, LineageNode, LineageStep};
pub use page::Page;
pub use principal::Me;
pub use problem::{PROBLEM_JSON, Problem};
pub use product::{
    Column, ContractId, DomainSummary, Input, Port, PortSummary, Product, ProductSummary, Release, ReleasedPort,
    RollBackRequest, RolledBack,
};
pub use run::{Run, RunDiagnostic, RunStep};
pub use sql::{ARROW_STREAM, EXPLAIN_ID_HEADER, QUERY_ID_HEADER, SqlAnswer, SqlColumn, SqlRequest};
pub use usage::{Usage, UsageColumn, UsageDay};

#[cfg(test)]
mod tests;
