//! What goes over HTTP: the JSON of `/api/v1`, one type for server and command line.
//!
//! Keys are camelCase. A reader must accept keys that it does not know, since later versions add
//! some. Times are RFC 3339 in UTC. An optional value that is not there is `null`.

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

mod access;
mod backfill;
mod check;
mod connect;
mod erasure;
mod event;
mod feature;
mod home;
mod lineage;
mod ops;
mod page;
mod plan;
mod policy;
mod port;
mod principal;
mod problem;
mod product;
mod release;
mod revision;
mod run;
mod search;
mod session;
mod sql;
mod training_set;
mod usage;

pub use access::{
    Change, Decided, Evidence, ExplainRequest, Explanation, Explanations, Granted, NearMiss, NewRequest, Request,
    RequestDecision, Roster, RosterColumn, RosterGroup, RosterMember, RosterMembership, RosterPath, RosterRequest,
    RuleLine, SimulateRequest, Simulated, SimulatedChange,
};
pub use backfill::{Backfill, BackfillRequest};
pub use check::Check;
pub use connect::{Connection, Connections};
pub use erasure::ErasureRequest;
pub use event::Event;
pub use feature::{FeaturePart, FeatureService, FeatureView};
pub use home::{ChangeNear, Domain, Home, Need, OwnProduct};
pub use lineage::{
    Lineage, LineageCluster, LineageClusterEdge, LineageEdge, LineageNode, LineagePlace, LineageState, LineageStep,
};
pub use ops::{DeniedLine, Light, Ops, QueryLine};
pub use page::Page;
pub use plan::{PlanRequest, Planned, PlannedStep};
pub use policy::{FileText, Policies, PolicyRule};
pub use port::{Column, Contract, ContractRole, ForeignKey, Port, PortSummary, Quality};
pub use principal::Me;
pub use problem::{PROBLEM_JSON, Problem};
pub use product::{ContractId, DomainSummary, Input, Product, ProductSummary};
pub use release::{Release, ReleasedPort, RollBackRequest, RolledBack};
pub use revision::{RevisionStep, RevisionStory};
pub use run::{Run, RunDiagnostic, RunStep};
pub use search::{SearchAnswer, SearchCount, SearchFacets, SearchHit, SearchMatch};
pub use session::{DemoPrincipal, OidcSignIn, Session, SignIn, SignInRequest, Token, TokenRequest};
pub use sql::{
    ARROW_STREAM, EXPLAIN_ID_HEADER, QUERY_ID_HEADER, SqlAnswer, SqlColumn, SqlRequest, SqlTerms, TERMS_KEY,
};
pub use training_set::{HeldTable, TrainingSet, TrainingSetRequest};
pub use usage::{Usage, UsageColumn, UsageDay};

#[cfg(test)]
mod tests;
