//! What part a column plays in analysis, as far as can be said without planning its SQL.

use weft_model::{Code, Diagnostic};

use super::findings::Findings;
use super::tables::{ContractText, Field};
use crate::form::OrVariable;
use crate::odcs::SemanticType;

pub(super) fn check(contract: &ContractText<'_>, findings: &mut Findings) {
    for field in contract.fields() {
        if field.property.semantic_type.as_ref().and_then(OrVariable::known) == Some(SemanticType::Measure) {
            measure(field, findings);
        }
    }
}

fn measure(field: &Field<'_>, findings: &mut Findings) {
    let place = || field.spot.at("semanticType");
    if field.property.transform_logic.as_deref().unwrap_or_default().trim().is_empty() {
        let message = format!("{} is a measure and does not say what it computes", field.noun());
        findings.push(
            Diagnostic::error(Code::SEMANTIC_TYPE, place(), message)
                .help("add `transformLogic:` with an aggregate over columns of the table, such as `SUM(amount)`"),
        );
    }
    let stored = [("primaryKey", field.property.primary_key), ("partitioned", field.property.partitioned)];
    for (key, _) in stored.into_iter().filter(|(_, flag)| *flag == Some(true)) {
        let message = format!("{} is a measure, which is computed and not stored, and has `{key}`", field.noun());
        findings.push(
            Diagnostic::error(Code::SEMANTIC_TYPE, field.spot.at(key), message)
                .also(place(), "a measure")
                .help(format!("take `{key}` out, or say `semanticType: column`")),
        );
    }
}
