//! Rules as files become decisions, and standards that judge manifests. The only crate that knows casbin.
//!
//! [`read`] takes the rules of a revision, strictly and totally; [`Standards::check`] holds manifests
//! against those that ask for more than the open standards; [`Rules::compile`] makes an
//! immutable [`PolicySnapshot`] of them; [`Policies`] holds the one in force. Whoever wants
//! something asks an [`Authorizer`] and gets a [`Decision`], and only this crate can build one that
//! allows. Whatever is not clear is denied.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

mod alike;
mod approvals;
mod cases;
mod contract_place;
mod decider;
mod decision;
mod declassifications;
mod explain;
mod facts;
mod grants;
mod inheritance;
mod kept;
mod lint;
mod listing;
mod matrix;
mod membership;
mod model;
mod names;
mod policies;
mod principals;
mod reading;
mod reclassified;
mod request;
mod restrictions;
mod ring;
mod roster;
mod row;
mod row_condition;
mod rules;
mod schema;
mod seen;
mod self_test;
mod simulate;
mod snapshot;
mod standards;
mod yaml;

pub use approvals::AskedAccess;
pub use decision::{
    ColumnPath, Comparison, DatePart, Decision, Imposed, Literal, Mask, Obligation, PolicyLine, RowPredicate,
};
pub use explain::{Change, Draft, Evidence, EvidenceKind, Explanation, NearMiss, Sees};
pub use facts::{MeshFacts, PortFacts};
pub use grants::{Grant, GrantBook, Grants};
pub use inheritance::{Inheritance, Inherited};
pub use lint::lint;
pub use listing::ListedRule;
pub use matrix::decisions_matrix;
pub use membership::Membership;
pub use policies::Policies;
pub use principals::Principals;
pub use request::{AccessRequest, Authorizer, ObjectRef, Told};
pub use roster::{Roster, RosterGroup, RosterMember, RosterPath, RosterQuestion, roster};
pub use rules::{Rules, read};
pub use schema::{SCHEMA_KINDS, schema};
pub use seen::{ColumnSeen, MaskSeen, RowsKept, RowsSeen, Seen, Sight};
pub use self_test::ensure_decides_right;
pub use simulate::{AccessCause, AccessEffect, MeshState, SightChange, simulate};
pub use snapshot::{PolicyError, PolicySnapshot};
pub use standards::Standards;

#[cfg(test)]
mod reference;
#[cfg(test)]
mod sample;
