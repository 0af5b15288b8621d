//! The service levels of a contract that the clock measures, as they hold for one of its tables.

use weft_model::{Aging, ServiceLevel};

use super::service_levels::meaning;
use crate::mesh::column_type::stored_name;
use crate::odcs::{self, DataContract, SchemaObject};

/// What `contract` promises of `table` over time, each thing once: of two limits the stricter one. A latency of
/// historical data is none, nor is a retention without a column, which says when data go and not how old rows are.
pub(crate) fn promised(contract: &DataContract, table: &SchemaObject) -> Vec<ServiceLevel> {
    let is_only = contract.schema.as_ref().is_none_or(|tables| tables.len() == 1);
    let mut levels: Vec<ServiceLevel> = Vec::new();
    for level in contract.sla_properties.iter().flatten().filter(|level| !level.is_historical()) {
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
    use weft_model::ManifestTree;

    use crate::form::{self, Document, Opened};
    use crate::odcs::DataContract;

    /// What a contract of these service levels promises of its table `flights`.
    #[track_caller]
    fn check(levels: &str, expected: &[&str]) {
        let contract = format!(
            "apiVersion: v3.2.0\nkind: DataContract\nid: x\nversion: 1.0.0\nschema:\n  - name: flights\n    properties:\n      \
             - {{name: left, physicalName: left_at, logicalType: timestamp}}\n      - {{name: day, logicalType: date}}\n{levels}"
        );
        let tree = ManifestTree::of_texts([("x.odcs.yaml", contract.as_str())]);
        let Opened::Tree { source, root, .. } = form::open(&tree, "x.odcs.yaml", &mut Vec::new()) else { panic!() };
        let document: Document<DataContract> =
            form::read(source, root, false, "ODCS 3.2", false, &mut Vec::new()).unwrap();
        let table = document.value.schema.as_ref().unwrap().first().unwrap();
        let told = |level: weft_model::ServiceLevel| {
            format!("{} {} {}", level.of.as_str(), level.column.as_deref().unwrap_or("-"), level.below)
        };
        let promised: Vec<String> = super::promised(&document.value, table).into_iter().map(told).collect();
        assert_eq!(promised, expected, "{levels}");
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
