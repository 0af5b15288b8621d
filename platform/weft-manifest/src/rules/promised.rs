//! The service levels of a contract that the clock measures, as they hold for one of its tables.

use weft_model::duration::seconds_of;
use weft_model::{Aging, ServiceLevel, TrafficLevel};

use super::service_levels::{Amount, known_amount, meaning};
use crate::mesh::column_type::stored_name;
use crate::odcs::{self, DataContract, SchemaObject};

/// What `contract` promises of `table` over time, each thing once: of two limits the stricter one. A latency of
/// historical data is none, nor is a retention without a column, which says when data go and not how old rows are.
pub(crate) fn promised(contract: &DataContract, table: &SchemaObject) -> Vec<ServiceLevel> {
    let is_only = contract.schema.as_ref().is_none_or(|tables| tables.len() == 1);
    let mut levels: Vec<ServiceLevel> = Vec::new();
    let of_data = |level: &&odcs::ServiceLevel| !level.is_historical() && !level.is_of_answers();
    for level in contract.sla_properties.iter().flatten().filter(of_data) {
        let Some((of, below)) = aging(level) else { continue };
        for column in measured_on(level, contract, table, is_only) {
            match levels.iter_mut().find(|known| known.of == of && known.column == column) {
                Some(known) => known.below = known.below.min(below),
                None if of == Aging::Retention && column.is_none() => {}
                None => levels.push(ServiceLevel { of, column, below }),
            }
        }
    }
    levels
}

/// What `contract` promises of the queries that read `table`: of each kind the strictest, of latency the strictest for
/// each percentile. A throughput that nobody can measure gives way to one that can be.
pub(crate) fn promised_of_traffic(contract: &DataContract, table: &SchemaObject) -> Vec<TrafficLevel> {
    let is_only = contract.schema.as_ref().is_none_or(|tables| tables.len() == 1);
    let mut levels: Vec<TrafficLevel> = Vec::new();
    for level in contract.sla_properties.iter().flatten() {
        let Some(told) = of_traffic(level) else { continue };
        if measured_on(level, contract, table, is_only).is_empty() {
            continue;
        }
        match levels.iter_mut().find(|known| known.name() == told.name()) {
            Some(known) => tighten(known, told),
            None => levels.push(told),
        }
    }
    levels
}

fn of_traffic(level: &odcs::ServiceLevel) -> Option<TrafficLevel> {
    // To the millionth that lies next.
    let share = |percent: f64| (percent * f64::from(TrafficLevel::WHOLE / 100)).round() as u32;
    let told = match known_amount(level)? {
        ("availability", Amount::Share(percent)) => TrafficLevel::Availability { least: share(percent) },
        ("errorRate", Amount::Share(percent)) => TrafficLevel::ErrorRate { most: share(percent) },
        ("latency", amount) => {
            TrafficLevel::Latency { percentile: level.percentile()?, most_ms: amount.milliseconds()? }
        }
        ("throughput", Amount::Rate(number)) => {
            let least_rows_a_day =
                level.unit.as_deref().and_then(times_a_day).map(|times| (number * times).ceil() as u64);
            TrafficLevel::Throughput { least_rows_a_day }
        }
        _ => return None,
    };
    Some(told)
}

/// How often a day it is that `unit` counts rows: `rows/s`, `records per minute`. `None` for what counts anything else.
fn times_a_day(unit: &str) -> Option<f64> {
    let unit = unit.trim().to_lowercase();
    let (counted, time) = unit.split_once('/').or_else(|| unit.split_once(" per "))?;
    let is_rows = ["row", "rows", "record", "records"].contains(&counted.trim());
    Some(seconds_of("day")? / seconds_of(time.trim())?).filter(|_| is_rows)
}

/// Makes `known` as strict as `other`, a level of the same name.
fn tighten(known: &mut TrafficLevel, other: TrafficLevel) {
    match (known, other) {
        (TrafficLevel::Availability { least }, TrafficLevel::Availability { least: other }) => {
            *least = other.max(*least)
        }
        (TrafficLevel::ErrorRate { most }, TrafficLevel::ErrorRate { most: other }) => *most = other.min(*most),
        (TrafficLevel::Latency { most_ms, .. }, TrafficLevel::Latency { most_ms: other, .. }) => {
            *most_ms = other.min(*most_ms);
        }
        (TrafficLevel::Throughput { least_rows_a_day }, TrafficLevel::Throughput { least_rows_a_day: other }) => {
            *least_rows_a_day = other.max(*least_rows_a_day)
        }
        _ => {}
    }
}

fn aging(level: &odcs::ServiceLevel) -> Option<(Aging, u64)> {
    let of = match meaning(level)? {
        ("latency" | "freshness", below) => (Aging::Freshness, below?),
        ("retention", below) => (Aging::Retention, below?),
        _ => return None,
    };
    Some(of)
}

/// The stored columns of the table on which a level is measured, `None` for the table itself; empty where it is about
/// another table.
fn measured_on(
    level: &odcs::ServiceLevel,
    contract: &DataContract,
    table: &SchemaObject,
    is_only: bool,
) -> Vec<Option<String>> {
    let Some(element) = level.element.as_ref().or(contract.sla_default_element.as_ref()) else { return vec![None] };
    let of_name = |name: &str| {
        let within = name.strip_prefix(table.name.as_str()).and_then(|rest| rest.strip_prefix('.'));
        let paths = [is_only.then_some(name), within];
        let column = paths.into_iter().flatten().find_map(|path| stored(table, path));
        column.map(Some).or_else(|| (name == table.name).then_some(None))
    };
    element.split(',').filter_map(|name| of_name(name.trim())).collect()
}

/// The stored name of the column, or of the column and the part within it, that the contract calls `path`.
fn stored(table: &SchemaObject, path: &str) -> Option<String> {
    let (outer, inner) = path.split_once('.').map_or((path, None), |(outer, inner)| (outer, Some(inner)));
    let properties = || table.properties.iter().flatten();
    let named = |wanted: &str| properties().find(|property| property.name.as_deref() == Some(wanted));
    if let Some(whole) = named(path) {
        return stored_name(whole).map(str::to_owned);
    }
    Some(format!("{}.{}", stored_name(named(outer)?)?, inner?))
}

#[cfg(test)]
mod tests {
    use weft_model::{ManifestTree, TrafficLevel};

    use crate::form::{self, Document, Opened};
    use crate::odcs::DataContract;

    /// What a contract of these service levels promises of its table `flights`.
    #[track_caller]
    fn promised<T>(levels: &str, told: impl Fn(&DataContract, &crate::odcs::SchemaObject) -> Vec<T>) -> Vec<T> {
        let contract = format!(
            "apiVersion: v3.2.0\nkind: DataContract\nid: x\nversion: 1.0.0\nschema:\n  - name: flights\n    properties:\n      \
             - {{name: left, physicalName: left_at, logicalType: timestamp}}\n      - {{name: day, logicalType: date}}\n{levels}"
        );
        let tree = ManifestTree::of_texts([("x.odcs.yaml", contract.as_str())]);
        let Opened::Tree { source, root, .. } = form::open(&tree, "x.odcs.yaml", &mut Vec::new()) else { panic!() };
        let document: Document<DataContract> =
            form::read(source, root, false, "ODCS 3.2", false, &mut Vec::new()).unwrap();
        let table = document.value.schema.as_ref().unwrap().first().unwrap();
        told(&document.value, table)
    }

    #[track_caller]
    fn check(levels: &str, expected: &[&str]) {
        let told = |level: weft_model::ServiceLevel| {
            format!("{} {} {}", level.of.as_str(), level.column.as_deref().unwrap_or("-"), level.below)
        };
        let promised: Vec<String> = promised(levels, super::promised).into_iter().map(told).collect();
        assert_eq!(promised, expected, "{levels}");
    }

    /// What such a contract promises of queries.
    #[track_caller]
    fn check_traffic(levels: &str, expected: &[TrafficLevel]) {
        assert_eq!(promised(levels, super::promised_of_traffic), expected, "{levels}");
    }

    #[test]
    fn shares_rates_and_percentiles_are_promises_about_queries() {
        check_traffic("", &[]);
        check_traffic(
            "slaProperties:\n  - {property: av, value: 99.95, unit: percent}\n  - {property: errorrate, value: '0.1 %'}\n  \
             - {property: throughput, value: 2, unit: rows per second}",
            &[
                TrafficLevel::Availability { least: 999_500 },
                TrafficLevel::ErrorRate { most: 1_000 },
                TrafficLevel::Throughput { least_rows_a_day: Some(172_800) },
            ],
        );
        check_traffic(
            "slaProperties: [{property: throughput, value: 10, unit: MB/s}]",
            &[TrafficLevel::Throughput { least_rows_a_day: None }],
        );
        check_traffic("slaProperties: [{property: availability, value: '${AV}', unit: percent}]", &[]);
        check_traffic("slaProperties: [{property: availability, value: 99, element: other}]", &[]);
        check_traffic(
            "slaDefaultElement: day\nslaProperties: [{property: availability, value: 99}]",
            &[TrafficLevel::Availability { least: 990_000 }],
        );
    }

    #[test]
    fn a_latency_is_of_answers_where_it_names_a_percentile_and_of_data_otherwise() {
        let level = |value: &str| format!("{{property: latency, {value}}}");
        let percentile = |p: &str| format!("customProperties: [{{property: percentile, vendor: weft, value: {p}}}]");
        let of_answers = level(&format!("value: 500, unit: ms, {}", percentile("95")));
        let slower = level(&format!("value: PT1S, {}", percentile("95")));
        let rarer = level(&format!("value: 2, unit: s, {}", percentile("99.9")));
        let levels =
            format!("slaProperties:\n  - {slower}\n  - {of_answers}\n  - {rarer}\n  - {}", level("value: P1D"));
        check(&levels, &["freshness - 86400000"]);
        check_traffic(
            &levels,
            &[
                TrafficLevel::Latency { percentile: 950_000, most_ms: 500 },
                TrafficLevel::Latency { percentile: 999_000, most_ms: 2_000 },
            ],
        );
        let other = level("value: P1D, customProperties: [{property: percentile, vendor: other, value: 95}]");
        check(&format!("slaProperties: [{other}]"), &["freshness - 86400000"]);
    }

    #[test]
    fn of_two_promises_about_queries_the_stricter_one_holds() {
        check_traffic(
            "slaProperties:\n  - {property: av, value: 99}\n  - {property: av, value: 99.9, driver: operational}\n  \
             - {property: er, value: 1}\n  - {property: er, value: 2, driver: operational}\n  \
             - {property: th, value: 10, unit: MB/s}\n  - {property: th, value: 1, unit: rows/h}",
            &[
                TrafficLevel::Availability { least: 999_000 },
                TrafficLevel::ErrorRate { most: 10_000 },
                TrafficLevel::Throughput { least_rows_a_day: Some(24) },
            ],
        );
    }

    #[test]
    fn latency_and_retention_are_measured_on_the_columns_that_they_name() {
        check("", &[]);
        check("slaProperties: [{property: ly, value: 4, unit: h}]", &["freshness - 14400000"]);
        check("slaProperties: [{property: latency, value: PT4H, element: flights}]", &["freshness - 14400000"]);
        check(
            "slaProperties: [{property: Freshness, value: PT1S, element: 'flights.left, day'}]",
            &["freshness left_at 1000", "freshness day 1000"],
        );
        check(
            "slaDefaultElement: left\nslaProperties:\n  - {property: re, value: 1, unit: s}\n  - {property: av, value: 99, unit: percent}",
            &["retention left_at 1000"],
        );
        check("slaProperties: [{property: latency, value: P1D, element: other.left}]", &[]);
        check("slaProperties: [{property: latency, value: '${LAG}', unit: h, element: left}]", &[]);
        check("slaProperties: [{property: retention, value: P1D}]", &[]);
    }

    #[test]
    fn of_two_limits_the_stricter_one_holds() {
        check(
            "slaProperties:\n  - {property: latency, value: PT2S, driver: analytics}\n  - {property: ly, value: PT1S}\n  \
             - {property: latency, value: PT3S, driver: regulatory}",
            &["freshness - 1000"],
        );
    }

    #[test]
    fn what_is_historical_does_not_grow_stale() {
        let level = |historical: &str| {
            format!(
                "slaProperties:\n  - {{property: latency, value: P1D, customProperties: [{{property: historical, vendor: {historical}}}]}}"
            )
        };
        check(&level("weft, value: true"), &[]);
        check(&level("weft, value: false"), &["freshness - 86400000"]);
        check(&level("other, value: true"), &["freshness - 86400000"]);
    }
}
