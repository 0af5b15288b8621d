//! Service levels: how fresh, how available, for how long.

use std::cmp::Ordering;

use weft_model::TrafficLevel;
use weft_model::compatibility::{Change, Rule};

use super::instants::compare;
use super::pairs::{Pair, pairs};
use super::scope::{Scope, one_line, scalar};
use crate::odcs::{HISTORICAL, PERCENTILE, ServiceLevel};

/// Which way a level gets better.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Measure {
    /// Freshness, latency, error rate, time to repair: less is better.
    Less,
    /// Availability, throughput: more is better.
    More,
    Retention,
    /// When reading ends.
    EndOfLife,
    EndOfSupport,
    /// A level that the platform does not know.
    Unknown,
}

impl Measure {
    /// Names are read without regard to case; each may have a short form.
    fn of(property: &str) -> Measure {
        match property.trim().to_lowercase().as_str() {
            "freshness" | "latency" | "ly" | "frequency" | "fy" | "errorrate" | "er" | "timetodetect" | "td"
            | "timetonotify" | "tn" | "timetorepair" | "tr" | "timeofavailability" => Measure::Less,
            "availability" | "av" | "throughput" | "th" => Measure::More,
            "retention" | "re" => Measure::Retention,
            "endoflife" | "el" => Measure::EndOfLife,
            "endofsupport" | "es" => Measure::EndOfSupport,
            _ => Measure::Unknown,
        }
    }
}

/// Changes of service levels. One property may be listed twice, for two drivers or elements.
pub(super) fn changes(
    old: (Option<&[ServiceLevel]>, Option<&str>),
    new: (Option<&[ServiceLevel]>, Option<&str>),
    scope: &Scope,
    found: &mut Vec<Change>,
) {
    // An element left out is the contract's default one.
    let settled = |(levels, default): (Option<&[ServiceLevel]>, Option<&str>)| -> Vec<ServiceLevel> {
        let settle = |level: &ServiceLevel| {
            let element = level.element.clone().or(default.map(str::to_owned));
            ServiceLevel { element, ..level.clone() }
        };
        levels.unwrap_or_default().iter().map(settle).collect()
    };
    let (old, new) = (settled(old), settled(new));
    let id = |level: &ServiceLevel| level.id.as_ref().map(|id| id.0.clone());
    // Within which time one share of the answers begins says nothing of another share, nor of data.
    let name = |level: &ServiceLevel| format!("{} {:?}", level.property.trim().to_lowercase(), level.percentile());
    let whole = |level: &ServiceLevel| Some(format!("{} {:?} {:?}", name(level), level.element, level.driver));
    let driver = |level: &ServiceLevel| Some(format!("{} {:?}", name(level), level.driver));
    for pair in pairs(Some(&old), Some(&new), &[&id, &whole, &driver]) {
        match pair {
            Pair::Both(old, new) if old == new => {}
            Pair::Both(old, new) => both(old, new, scope, found),
            Pair::Removed(old) => found.push(scope.aspect(removed(old), &old.property, Some(written(old)), None)),
            Pair::Added(new) => found.push(scope.aspect(added(new), &new.property, None, Some(written(new)))),
        }
    }
}

fn removed(old: &ServiceLevel) -> Rule {
    match Measure::of(&old.property) {
        Measure::Less | Measure::More => Rule::ServiceLooser,
        // Nothing is deleted any more.
        Measure::Retention => Rule::RetentionLonger,
        Measure::EndOfLife | Measure::EndOfSupport | Measure::Unknown => Rule::TextChanged,
    }
}

fn added(new: &ServiceLevel) -> Rule {
    match Measure::of(&new.property) {
        Measure::Less | Measure::More => Rule::ServiceTighter,
        // What was kept is deleted from now on.
        Measure::Retention => Rule::RetentionShorter,
        Measure::EndOfLife | Measure::EndOfSupport => Rule::Deprecated,
        Measure::Unknown => Rule::TextChanged,
    }
}

fn both(old: &ServiceLevel, new: &ServiceLevel, scope: &Scope, found: &mut Vec<Change>) {
    let measure = Measure::of(&new.property);
    let name = &new.property;
    if old.element != new.element {
        let rule = match measure {
            Measure::Less | Measure::More => Rule::ServiceChanged,
            _ => Rule::TextChanged,
        };
        let (before, after) = (old.element.as_deref().map(one_line), new.element.as_deref().map(one_line));
        found.push(scope.aspect(rule, &format!("{name}.element"), before, after));
    }
    let order = compare((&new.value, new.unit.as_deref()), (&old.value, old.unit.as_deref()));
    let rule = match (measure, order) {
        (_, Some(Ordering::Equal)) => Rule::TextChanged,
        (Measure::Less, Some(Ordering::Greater)) | (Measure::More, Some(Ordering::Less)) => Rule::ServiceLooser,
        (Measure::Less | Measure::More, Some(_)) => Rule::ServiceTighter,
        (Measure::Less | Measure::More, None) => Rule::ServiceChanged,
        (Measure::Retention, Some(Ordering::Greater)) => Rule::RetentionLonger,
        (Measure::Retention, _) => Rule::RetentionShorter,
        (Measure::EndOfLife, Some(Ordering::Less) | None) => Rule::EndsEarlier,
        (Measure::EndOfSupport, Some(Ordering::Less) | None) => Rule::Deprecated,
        _ => Rule::TextChanged,
    };
    if (&old.value, &old.unit) != (&new.value, &new.unit) {
        found.push(scope.aspect(rule, name, Some(written(old)), Some(written(new))));
    }
    let mut judged = vec!["property", "value", "unit", "element"];
    if measure == Measure::Less && old.is_historical() != new.is_historical() {
        let rule = if new.is_historical() { Rule::ServiceLooser } else { Rule::ServiceTighter };
        let told = |level: &ServiceLevel| Some(level.is_historical().to_string());
        found.push(scope.aspect(rule, &format!("{name}.{HISTORICAL}"), told(old), told(new)));
        judged.push("customProperties");
    }
    if old.percentile() != new.percentile() {
        let told = |level: &ServiceLevel| level.percentile().map(|share| TrafficLevel::percent(share).to_string());
        found.push(scope.aspect(Rule::ServiceChanged, &format!("{name}.{PERCENTILE}"), told(old), told(new)));
        judged.push("customProperties");
    }
    scope.rest(old, new, &judged, found);
}

/// `24 h`, `07:00`, `2026-12-31`.
fn written(level: &ServiceLevel) -> String {
    let value = scalar(&level.value);
    match &level.unit {
        Some(unit) => format!("{value} {unit}"),
        None => value,
    }
}
