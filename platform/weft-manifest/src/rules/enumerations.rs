//! The values that a column is limited to.

use std::cmp::Ordering;
use std::collections::HashMap;

use regex::Regex;
use weft_model::{Code, Diagnostic};

use super::bounds::{self, Bounds};
use super::findings::Findings;
use super::patterns;
use super::tables::{ContractText, Field};
use super::values::{self, Reading, Value};
use crate::form::{Scalar, Spot};
use crate::odcs::EnumValue;

pub(super) fn check(contract: &ContractText<'_>, findings: &mut Findings) {
    for field in contract.fields() {
        let values = field.spot.each("enum", &field.property.r#enum);
        if values.is_empty() {
            continue;
        }
        are_different(field, &values, findings);
        let limits = Limits::of(field);
        for (spot, value) in &values {
            match values::read(field, &value.value) {
                Reading::Value(read) => {
                    if let Some(breach) = limits.breach(&read) {
                        let shown = values::shown(&value.value);
                        let message = format!("enum value `{shown}` of {} {breach}", field.noun());
                        findings.push(
                            Diagnostic::warning(Code::ENUM_OUTSIDE_BOUNDS, spot.at("value"), message)
                                .help("mend the value or the bound: no row can have it as the two stand"),
                        );
                    }
                }
                Reading::Unfit(wanted) => {
                    let shown = values::shown(&value.value);
                    let message = format!("enum value `{shown}` of {} is not {wanted}", field.noun());
                    findings.push(
                        Diagnostic::error(Code::VALUE_TYPE, spot.at("value"), message)
                            .help("write a value that the column can have, or mend the column's type"),
                    );
                }
                Reading::Untold => {}
            }
        }
    }
}

fn are_different(field: &Field<'_>, values: &[(Spot<'_>, &EnumValue)], findings: &mut Findings) {
    let is_required = field.property.required == Some(true) || field.property.primary_key == Some(true);
    let mut seen: HashMap<String, Spot<'_>> = HashMap::new();
    for (spot, value) in values {
        if value.value == Scalar::Null && is_required {
            let message = format!("{} is required, and its enum has null", field.noun());
            findings.push(
                Diagnostic::error(Code::ENUM_VALUES, spot.at("value"), message)
                    .help("take null out, or say `required: false`"),
            );
        }
        match seen.get(&identity(&value.value)) {
            Some(first) => {
                let at = first.at("value");
                let shown = values::shown(&value.value);
                let message =
                    format!("enum value `{shown}` of {} is already written at line {}", field.noun(), at.line);
                findings.push(
                    Diagnostic::error(Code::ENUM_VALUES, spot.at("value"), message)
                        .also(at, "first written here")
                        .help("keep one of the two"),
                );
            }
            None => {
                seen.insert(identity(&value.value), *spot);
            }
        }
    }
}

/// Equal for equal values: 1 and 1.0 are, 1 and "1" are not.
fn identity(value: &Scalar) -> String {
    match value {
        Scalar::Null => "null".to_owned(),
        Scalar::Boolean(flag) => format!("flag {flag}"),
        Scalar::Integer(number) => format!("number {number}"),
        Scalar::Number(number) if number.fract() == 0.0 => format!("number {number:.0}"),
        Scalar::Number(number) => format!("number {number}"),
        Scalar::Text(text) => format!("text {text}"),
    }
}

/// What else a column asks of its values.
struct Limits {
    bounds: Bounds,
    pattern: Option<(String, Regex)>,
    length_min: Option<i64>,
    length_max: Option<i64>,
}

impl Limits {
    fn of(field: &Field<'_>) -> Self {
        let Some(options) = &field.property.logical_type_options else {
            return Limits { bounds: Bounds::default(), pattern: None, length_min: None, length_max: None };
        };
        let pattern = options.pattern.as_ref();
        Limits {
            bounds: bounds::of(field, options, |_, _, _| {}),
            pattern: pattern.and_then(|pattern| Some((pattern.clone(), patterns::compiled(pattern)?))),
            length_min: options.min_length,
            length_max: options.max_length,
        }
    }

    /// How a value breaks the limits, if it does.
    fn breach(&self, value: &Value) -> Option<String> {
        if let Value::Text(text) = value {
            let length = i64::try_from(text.chars().count()).unwrap_or(i64::MAX);
            if let Some(least) = self.length_min.filter(|least| length < *least) {
                return Some(format!("is shorter than `minLength` {least}"));
            }
            if let Some(most) = self.length_max.filter(|most| length > *most) {
                return Some(format!("is longer than `maxLength` {most}"));
            }
            if let Some((pattern, _)) = self.pattern.as_ref().filter(|(_, regex)| !regex.is_match(text)) {
                return Some(format!("does not match `pattern` {pattern}"));
            }
        }
        for (bounds, beyond) in [(&self.bounds.lower, Ordering::Less), (&self.bounds.upper, Ordering::Greater)] {
            for bound in bounds {
                let order = value.compare(&bound.value)?;
                if order == beyond || (order == Ordering::Equal && bound.is_exclusive) {
                    return Some(format!("is outside `{}` {}", bound.key, bound.shown));
                }
            }
        }
        None
    }
}
