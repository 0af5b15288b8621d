//! What a document must mean besides its form: the semantic rules of the standards.
//!
//! Each module holds the rules of one subject. A rule looks at a document that was read, and tells
//! what it finds wrong at its place. Rules that compare names look only at documents without errors
//! of form, since parts of any other may be missing.

mod approvers;
mod bounds;
mod enumerations;
mod findings;
mod foreign_keys;
mod formats;
mod identifiers;
mod keys;
mod lifecycle;
mod names;
mod nesting;
pub(crate) mod outline;
mod patterns;
mod ports;
mod promised;
mod quality;
mod relationships;
mod schedules;
mod secrets;
mod semantics;
mod sensitivity;
mod service_levels;
mod tables;
mod thresholds;
mod values;
mod variables;

use weft_model::Diagnostic;

pub(crate) use approvers::Directory;
pub(crate) use foreign_keys::{Side, of_contracts as foreign_keys};
pub(crate) use lifecycle::agrees_with_contract;
pub(crate) use patterns::is_understood as is_pattern_understood;
pub(crate) use promised::{promised, promised_of_traffic};
pub(crate) use relationships::across_contracts;
pub(crate) use values::moment;
pub(crate) use variables::{EnvironmentText, have_values};

use crate::form::Document;
use crate::odcs::DataContract;
use crate::odps::DataProductDocument;
use findings::Findings;
use tables::ContractText;

/// What a document is held to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Scope {
    /// A part of a mesh, which publishes it.
    Mesh,
    /// A document that stands alone, and is judged by what it says itself.
    Alone,
}

/// Tells what is wrong with a contract.
pub(crate) fn judge_contract(document: &Document<DataContract>, scope: Scope, problems: &mut Vec<Diagnostic>) {
    let contract = ContractText::of(document, scope);
    let mut findings = Findings::new();
    lifecycle::contract(&contract, &mut findings);
    names::check(&contract, &mut findings);
    identifiers::contract(&contract, &mut findings);
    nesting::check(&contract, &mut findings);
    bounds::check(&contract, &mut findings);
    patterns::check(&contract, &mut findings);
    enumerations::check(&contract, &mut findings);
    keys::check(&contract, &mut findings);
    relationships::check(&contract, &mut findings);
    quality::check(&contract, &mut findings);
    service_levels::check(&contract, &mut findings);
    schedules::contract(&contract, &mut findings);
    sensitivity::check(&contract, &mut findings);
    semantics::check(&contract, &mut findings);
    secrets::check(contract.root, &mut findings);
    variables::check(contract.root, &mut findings);
    formats::contract(&contract, &mut findings);
    findings.tell(problems);
}

/// Tells what is wrong with a product's document.
pub(crate) fn judge_product(document: &Document<DataProductDocument>, problems: &mut Vec<Diagnostic>) {
    let root = document.spot();
    let mut findings = Findings::new();
    lifecycle::product(root, &document.value, &mut findings);
    identifiers::product(root, &mut findings);
    ports::check(document, &mut findings);
    schedules::product(root, &document.value, &mut findings);
    secrets::check(root, &mut findings);
    variables::check(root, &mut findings);
    formats::product(root, &document.value, &mut findings);
    findings.tell(problems);
}
