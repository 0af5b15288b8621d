//! Service levels: their names, values and units, what they measure, and whether they agree.

use std::collections::{HashMap, HashSet};

use chrono::NaiveDateTime;
use weft_model::duration::{iso_seconds, seconds_of};
use weft_model::{Code, Diagnostic};

use super::findings::Findings;
use super::tables::{ContractText, Field, joined};
use super::values;
use crate::bitol::CustomProperty;
use crate::form::{Scalar, Spot, clipped, has_variable, listed};
use crate::odcs::{HISTORICAL, LogicalType, PERCENTILE, ServiceLevel};

/// What kind of value a service level has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Measure {
    /// A length of time: a number with a unit, or an ISO 8601 duration.
    Duration,
    /// A share in percent.
    Share,
    /// A date, with or without a time.
    Moment,
    /// A number with a unit of its own.
    Rate,
    /// A time of day, in words of the author's.
    Free,
}

/// Name, short form and kind of the service levels that are known.
const KNOWN: &[(&str, &str, Measure)] = &[
    ("availability", "av", Measure::Share),
    ("errorRate", "er", Measure::Share),
    ("throughput", "th", Measure::Rate),
    ("generalAvailability", "ga", Measure::Moment),
    ("endOfSupport", "es", Measure::Moment),
    ("endOfLife", "el", Measure::Moment),
    ("retention", "re", Measure::Duration),
    ("frequency", "fy", Measure::Duration),
    ("latency", "ly", Measure::Duration),
    ("freshness", "", Measure::Duration),
    ("timeToDetect", "td", Measure::Duration),
    ("timeToNotify", "tn", Measure::Duration),
    ("timeToRepair", "tr", Measure::Duration),
    ("timeOfAvailability", "", Measure::Free),
];

/// What a service level comes to.
pub(super) enum Amount {
    Seconds(f64),
    /// In percent, 0 to 100.
    Share(f64),
    /// Not negative, in the unit beside it.
    Rate(f64),
    Moment(NaiveDateTime),
    Other,
}

pub(super) fn check(contract: &ContractText<'_>, findings: &mut Findings) {
    let mut told: Vec<(&str, Spot<'_>, Amount)> = Vec::new();
    let elements = Elements::of(contract);
    for (spot, level) in contract.root.each("slaProperties", &contract.value.sla_properties) {
        let Some((name, measure)) = known(&level.property) else {
            if !has_variable(&level.property) {
                findings.push(unknown(spot, &level.property, findings));
            }
            continue;
        };
        match amount(level, measure) {
            // How soon answers begin says nothing of how far rows lag.
            Ok(_) if level.is_of_answers() => {}
            Ok(amount) => told.push((name, spot, amount)),
            Err((key, message, help)) => {
                findings.push(Diagnostic::error(Code::SERVICE_LEVEL, spot.at(key), message).help(help));
            }
        }
        let measured = if level.is_of_answers() { "" } else { name };
        elements.check(spot, "element", level.element.as_deref(), measured, findings);
        for (spot, property) in spot.each("customProperties", &level.custom_properties) {
            findings.extend(own_property(name, spot, property));
        }
    }
    elements.check(contract.root, "slaDefaultElement", contract.value.sla_default_element.as_deref(), "", findings);
    agree(&told, findings);
}

/// The full name of a service level that is known and, where it is a length of time, how long that is.
pub(super) fn meaning(level: &ServiceLevel) -> Option<(&'static str, Option<u64>)> {
    let (name, amount) = known_amount(level)?;
    Some((name, amount.milliseconds()))
}

/// The full name of a service level that is known, and what it comes to.
pub(super) fn known_amount(level: &ServiceLevel) -> Option<(&'static str, Amount)> {
    let (name, measure) = known(&level.property)?;
    Some((name, amount(level, measure).unwrap_or(Amount::Other)))
}

impl Amount {
    pub(super) fn milliseconds(&self) -> Option<u64> {
        match self {
            // A length beyond all bounds stays the longest there is.
            Amount::Seconds(seconds) => Some((seconds * 1000.0).round() as u64),
            _ => None,
        }
    }
}

fn known(property: &str) -> Option<(&'static str, Measure)> {
    let is_named = |name: &str| !name.is_empty() && name.eq_ignore_ascii_case(property.trim());
    KNOWN.iter().find(|(name, short, _)| is_named(name) || is_named(short)).map(|(name, _, measure)| (*name, *measure))
}

fn unknown(spot: Spot<'_>, property: &str, findings: &Findings) -> Diagnostic {
    let names: Vec<&str> = KNOWN.iter().map(|(name, ..)| *name).collect();
    let help = findings.guess(property, names.iter().copied(), || format!("there are {}", listed(&names)));
    let message = format!("`{}` is not a service level that Weft knows", clipped(property));
    Diagnostic::error(Code::SERVICE_LEVEL, spot.at("property"), message).help(help)
}

/// What is wrong with a property of a level, if it is one of Weft's own.
fn own_property(level: &str, spot: Spot<'_>, property: &CustomProperty) -> Option<Diagnostic> {
    if property.vendor.as_deref() != Some("weft") {
        return None;
    }
    if property.property == PERCENTILE {
        return unfit_percentile(level, spot, property);
    }
    if property.property != HISTORICAL {
        let message = format!("Weft knows no property `{}` here", clipped(&property.property));
        let help = format!("with `vendor: weft` there are `{HISTORICAL}` and `{PERCENTILE}` here");
        return Some(Diagnostic::error(Code::KEY_UNKNOWN, spot.at("property"), message).help(help));
    }
    if !matches!(level, "latency" | "freshness") {
        let message = format!("`{level}` is not measured otherwise for historical data");
        let help = "say it of `latency`: that no newer rows will come";
        return Some(Diagnostic::error(Code::SERVICE_LEVEL, spot.at("property"), message).help(help));
    }
    let is_told = property.value.is_boolean();
    let message = format!("`{HISTORICAL}` is neither true nor false");
    (!is_told).then(|| Diagnostic::error(Code::SERVICE_LEVEL, spot.at("value"), message).help("write `value: true`"))
}

/// What is wrong with the share of answers that a level is about.
fn unfit_percentile(level: &str, spot: Spot<'_>, property: &CustomProperty) -> Option<Diagnostic> {
    if level != "latency" {
        let message = format!("`{level}` has no percentile");
        let help = "say it of `latency`: within which time that share of the answers begins";
        return Some(Diagnostic::error(Code::SERVICE_LEVEL, spot.at("property"), message).help(help));
    }
    let message = format!("`{PERCENTILE}` is no number above 0 and below 100");
    let unfit = Diagnostic::error(Code::SERVICE_LEVEL, spot.at("value"), message).help("write `value: 95`");
    property.as_percentile().is_none().then_some(unfit)
}

type Unfit = (&'static str, String, String);

fn amount(level: &ServiceLevel, measure: Measure) -> Result<Amount, Unfit> {
    let property = clipped(&level.property);
    let shown = values::shown(&level.value);
    if has_variable(&shown) || level.unit.as_deref().is_some_and(has_variable) {
        return Ok(Amount::Other);
    }
    let number = number(&level.value);
    let unit = level.unit.as_deref().map(str::trim);
    let unfit = |help: &str| ("value", format!("`{property}` cannot be `{shown}`"), help.to_owned());
    match measure {
        Measure::Free => Ok(Amount::Other),
        Measure::Moment => match &level.value {
            Scalar::Text(text) => values::moment(text).map(Amount::Moment),
            _ => None,
        }
        .ok_or_else(|| unfit("write a date such as `\"2026-01-31\"`, with or without a time")),
        Measure::Share => {
            let plain = shown.trim().trim_end_matches('%').trim().parse::<f64>().ok();
            let Some(share) = plain.filter(|share| (0.0..=100.0).contains(share)) else {
                return Err(unfit("write a share, 0 to 100, with `unit: percent`"));
            };
            match unit {
                None => Ok(Amount::Share(share)),
                Some(unit) if ["percent", "%", "pct"].contains(&unit.to_lowercase().as_str()) => {
                    Ok(Amount::Share(share))
                }
                Some(unit) => Err(bad_unit(&property, unit, "write `unit: percent`")),
            }
        }
        Measure::Rate => number
            .filter(|number| *number >= 0.0)
            .map(Amount::Rate)
            .ok_or_else(|| unfit("write a number, with the unit beside it")),
        Measure::Duration => match (number, unit) {
            // When a schedule says how often, the schedule is judged.
            (None, Some("cron")) => Ok(Amount::Other),
            (None, None) => iso_seconds(shown.trim())
                .map(Amount::Seconds)
                .ok_or_else(|| unfit("write a number with a `unit`, or a duration such as `P1D` or `PT4H`")),
            (None, Some(_)) => Err(unfit("write a number beside the unit, or a duration such as `P1D` alone")),
            (Some(number), _) if number < 0.0 => Err(unfit("a length of time is not negative")),
            (Some(_), None) => Err((
                "value",
                format!("`{property}` is {shown} of no unit"),
                "add `unit:`, one of `s`, `min`, `h`, `d`, `w`, `month` and `y`".to_owned(),
            )),
            (Some(number), Some(unit)) => {
                seconds_of(unit).map(|seconds| Amount::Seconds(number * seconds)).ok_or_else(|| match unit {
                    "m" | "M" => bad_unit(&property, unit, "say which is meant: `min` or `month`"),
                    unit => bad_unit(&property, unit, "use one of `s`, `min`, `h`, `d`, `w`, `month` and `y`"),
                })
            }
        },
    }
}

fn bad_unit(property: &str, unit: &str, help: &str) -> Unfit {
    ("unit", format!("`{}` is not a unit of `{property}`", clipped(unit)), help.to_owned())
}

fn number(value: &Scalar) -> Option<f64> {
    match value {
        Scalar::Integer(number) => Some(*number as f64),
        Scalar::Number(number) => Some(*number),
        Scalar::Text(text) => text.trim().parse().ok().filter(|number: &f64| number.is_finite()),
        Scalar::Null | Scalar::Boolean(_) => None,
    }
}

/// What an element of a service level can be.
struct Elements<'c, 'd> {
    fields: HashMap<String, &'c Field<'d>>,
    tables: HashSet<&'d str>,
}

impl<'c, 'd> Elements<'c, 'd> {
    /// Empty for a contract without tables, or one of which parts may be missing.
    fn of(contract: &'c ContractText<'d>) -> Self {
        let mut elements = Elements { fields: HashMap::new(), tables: HashSet::new() };
        let is_named = contract.value.sla_default_element.is_some()
            || contract.value.sla_properties.iter().flatten().any(|level| level.element.is_some());
        if !contract.is_whole || !is_named {
            return elements;
        }
        for table in &contract.tables {
            elements.tables.insert(&table.object.name);
            for field in &table.fields {
                if contract.tables.len() == 1 {
                    elements.fields.entry(field.path.clone()).or_insert(field);
                }
                elements.fields.entry(joined(&table.object.name, &field.path)).or_insert(field);
            }
        }
        elements
    }

    /// Whether the element is there, and of a type that tells a time where one is measured.
    fn check(&self, spot: Spot<'_>, key: &str, written: Option<&str>, level: &str, findings: &mut Findings) {
        let Some(written) = written.filter(|written| !self.tables.is_empty() && !has_variable(written)) else { return };
        for name in written.split(',').map(str::trim) {
            let Some(field) = self.fields.get(name) else {
                if !self.tables.contains(name) {
                    findings.push(self.unknown(spot, key, name, findings));
                }
                continue;
            };
            let tells_time = matches!(field.logical_type, None | Some(LogicalType::Date | LogicalType::Timestamp));
            if matches!(level, "latency" | "freshness" | "retention") && !tells_time {
                let kind = field.logical_type.map_or("", LogicalType::as_str);
                let message = format!("`{level}` is measured on {}, which is of type `{kind}`", field.noun());
                findings.push(
                    Diagnostic::error(Code::SERVICE_LEVEL_ELEMENT, spot.at(key), message)
                        .also(field.spot.at("logicalType"), "the column's type")
                        .help("name a column of type `date` or `timestamp`"),
                );
            }
        }
    }

    fn unknown(&self, spot: Spot<'_>, key: &str, name: &str, findings: &Findings) -> Diagnostic {
        let is_told = !findings.is_full();
        let mut names: Vec<&str> = self.fields.keys().filter(|_| is_told).map(String::as_str).collect();
        names.sort_unstable();
        let help = findings
            .guess(name, names.into_iter(), || "write `table.column`, by the names of this contract".to_owned());
        let message = format!("the contract has no column `{}`", clipped(name));
        Diagnostic::error(Code::SERVICE_LEVEL_ELEMENT, spot.at(key), message).help(help)
    }
}

/// Whether dates of life come in order, and rows are kept for longer than they may lag.
fn agree(told: &[(&str, Spot<'_>, Amount)], findings: &mut Findings) {
    let moment = |wanted: &str| {
        told.iter().find_map(|(name, spot, amount)| match amount {
            Amount::Moment(at) if *name == wanted => Some((*spot, *at)),
            _ => None,
        })
    };
    let life = ["generalAvailability", "endOfSupport", "endOfLife"];
    for (index, later) in life.iter().enumerate().skip(1) {
        let Some((spot, at)) = moment(later) else { continue };
        let before =
            life.iter().take(index).filter_map(|name| Some((name, moment(name)?))).find(|(_, (_, from))| *from > at);
        if let Some((name, (first, _))) = before {
            findings.push(
                Diagnostic::error(Code::SERVICE_LEVEL_ORDER, spot.at("value"), format!("`{later}` is before `{name}`"))
                    .also(first.at("value"), format!("`{name}`"))
                    .help(
                        "mend one of the dates: general availability, end of support, end of life come in this order",
                    ),
            );
        }
    }
    let seconds = |wanted: &[&str]| {
        told.iter().find_map(|(name, spot, amount)| match amount {
            Amount::Seconds(seconds) if wanted.contains(name) => Some((*name, *spot, *seconds)),
            _ => None,
        })
    };
    if let (Some((_, kept, retention)), Some((name, lag, freshness))) =
        (seconds(&["retention"]), seconds(&["latency", "freshness"]))
        && retention <= freshness
    {
        let message = format!("rows are kept for no longer than `{name}` lets them lag");
        findings.push(
            Diagnostic::error(Code::SERVICE_LEVEL_ORDER, kept.at("value"), message)
                .also(lag.at("value"), format!("`{name}`"))
                .help(format!("keep rows for longer, or make `{name}` shorter")),
        );
    }
}
