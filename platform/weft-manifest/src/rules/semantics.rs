//! What part a column plays in analysis, as far as can be said without planning its SQL.

use weft_model::{Code, Diagnostic};

use super::findings::Findings;
use super::tables::{ContractText, Field};
use crate::form::{OrVariable, clipped, has_variable};
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
    let logic = field.property.transform_logic.as_deref().unwrap_or_default();
    // An aggregate is a call, whatever else stands around it.
    if !logic.contains('(') && !has_variable(logic) {
        let (at, message) = if logic.trim().is_empty() {
            (place(), format!("{} is a measure and does not say what it computes", field.noun()))
        } else {
            let message = format!("{} is a measure, and `{}` is no aggregate", field.noun(), clipped(logic));
            (field.spot.at("transformLogic"), message)
        };
        findings.push(
            Diagnostic::error(Code::SEMANTIC_TYPE, at, message)
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
