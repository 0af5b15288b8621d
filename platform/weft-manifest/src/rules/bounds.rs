//! Bounds on a column's values: each a value of the column's type, and room between them.

use std::cmp::Ordering;

use weft_model::{Code, Diagnostic};

use super::findings::Findings;
use super::tables::{ContractText, Field};
use super::values::{self, Reading, Value};
use crate::form::Scalar;
use crate::odcs::{LogicalType, LogicalTypeOptions};

/// One end of a range.
pub(super) struct Bound {
    pub(super) key: &'static str,
    pub(super) value: Value,
    pub(super) shown: String,
    pub(super) is_exclusive: bool,
}

/// The bounds of a column that can be read.
#[derive(Default)]
pub(super) struct Bounds {
    pub(super) lower: Vec<Bound>,
    pub(super) upper: Vec<Bound>,
}

pub(super) fn check(contract: &ContractText<'_>, findings: &mut Findings) {
    for field in contract.fields() {
        let Some(options) = &field.property.logical_type_options else { continue };
        let bounds = of(field, options, |key, wanted, shown| {
            let message = format!("`{key}` of {} is `{shown}`, which is not {wanted}", field.noun());
            findings.push(
                Diagnostic::error(Code::VALUE_TYPE, field.option(key), message)
                    .help("write a bound that a value of the column can have, or mend the column's type"),
            );
        });
        leave_room(field, &bounds, findings);
        let counts = [
            ("minLength", options.min_length, "maxLength", options.max_length),
            ("minItems", options.min_items, "maxItems", options.max_items),
            ("minProperties", options.min_properties, "maxProperties", options.max_properties),
        ];
        for (low_key, low, high_key, high) in counts {
            if let (Some(low), Some(high)) = (low, high)
                && low > high
            {
                findings.push(crossed(field, (low_key, &low.to_string()), (high_key, &high.to_string())));
            }
        }
    }
}

/// The bounds of `field`; `unfit` is told of each that is no value of the field's type.
pub(super) fn of(
    field: &Field<'_>,
    options: &LogicalTypeOptions,
    mut unfit: impl FnMut(&'static str, &str, &str),
) -> Bounds {
    let mut bounds = Bounds::default();
    let written = [
        ("minimum", &options.minimum, false, true),
        ("exclusiveMinimum", &options.exclusive_minimum, true, true),
        ("maximum", &options.maximum, false, false),
        ("exclusiveMaximum", &options.exclusive_maximum, true, false),
    ];
    for (key, value, is_exclusive, is_lower) in written {
        // A flag is how older versions made the inclusive bound an exclusive one.
        let Some(value) = value.as_ref().filter(|value| !matches!(value, Scalar::Boolean(_))) else { continue };
        let flag = if is_lower { &options.exclusive_minimum } else { &options.exclusive_maximum };
        let is_exclusive = is_exclusive || *flag == Some(Scalar::Boolean(true));
        let shown = values::shown(value);
        match values::read(field, value) {
            Reading::Value(value) => {
                let side = if is_lower { &mut bounds.lower } else { &mut bounds.upper };
                side.push(Bound { key, value, shown, is_exclusive });
            }
            Reading::Unfit(wanted) => unfit(key, &wanted, &shown),
            Reading::Untold => {}
        }
    }
    bounds
}

fn leave_room(field: &Field<'_>, bounds: &Bounds, findings: &mut Findings) {
    for low in &bounds.lower {
        for high in &bounds.upper {
            let is_empty = match low.value.compare(&high.value) {
                Some(Ordering::Greater) => true,
                Some(Ordering::Equal) => low.is_exclusive || high.is_exclusive,
                Some(Ordering::Less) => is_between_neighbours(field, low, high),
                None => false,
            };
            if is_empty {
                findings.push(crossed(field, (low.key, &low.shown), (high.key, &high.shown)));
                return;
            }
        }
    }
}

/// Whether both ends are left out and no whole number lies between.
fn is_between_neighbours(field: &Field<'_>, low: &Bound, high: &Bound) -> bool {
    let (Value::Whole(from), Value::Whole(to)) = (&low.value, &high.value) else { return false };
    field.logical_type == Some(LogicalType::Integer)
        && low.is_exclusive
        && high.is_exclusive
        && to.checked_sub(*from) == Some(1)
}

fn crossed(field: &Field<'_>, low: (&str, &str), high: (&str, &str)) -> Diagnostic {
    let message =
        format!("no value of {} lies between `{}` {} and `{}` {}", field.noun(), low.0, low.1, high.0, high.1);
    Diagnostic::error(Code::BOUNDS_EMPTY, field.option(high.0), message)
        .also(field.option(low.0), "the lower bound")
        .help("raise the upper bound, or lower the lower one")
}
