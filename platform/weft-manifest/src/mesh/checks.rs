//! What a contract's table promises of its rows beyond their types, as checks that a gate can make.

use chrono::NaiveDate;
use serde_json::{Map, Value as Json};
use weft_model::quality_check::{Comparison, Measure, QualityCheck, Threshold, ValueTest};
use weft_model::{Column, DataType};

use super::column_type::stored_name;
use super::{contract, contract_sql};
use crate::form::{Number, OrVariable, Scalar, has_variable};
use crate::odcs::{DataQuality, LogicalType, LogicalTypeOptions, Metric, Property, QualityType, SchemaObject};

/// The checks of a table with these columns: what they demand in their order, then its rules. Rules in words and of
/// other engines are none, and neither is what holds a variable, or what a type gives no meaning to: a length of
/// bytes, bounds on times of day, dates that are not written as ISO 8601 has them.
pub(super) fn of(object: &SchemaObject, columns: &[Column]) -> Vec<QualityCheck> {
    let mut checks: Vec<QualityCheck> = Vec::new();
    for property in object.properties.iter().flatten().filter(|property| contract::is_stored(property)) {
        let Some(column) = columns.iter().find(|column| Some(column.name.as_str()) == stored_name(property)) else {
            continue;
        };
        let (data_type, column) = (&column.data_type, column.name.as_str());
        for (name, test) in demanded(property, data_type) {
            let measure = Measure::Invalid { tests: vec![test] };
            checks.push(QualityCheck {
                name: name.to_owned(),
                column: Some(column.to_owned()),
                measure,
                must: Threshold::none(),
                blocks: true,
            });
        }
        checks.extend(
            property.quality.iter().flatten().filter_map(|rule| of_rule(rule, object, Some((column, data_type)))),
        );
    }
    checks.extend(object.quality.iter().flatten().filter_map(|rule| of_rule(rule, object, None)));
    name_apart(&mut checks);
    checks
}

/// Two rules may have one name, or none.
pub(super) fn name_apart(checks: &mut [QualityCheck]) {
    let mut taken = std::collections::BTreeSet::new();
    for check in checks {
        let plain = check.name.clone();
        let mut count = 1;
        while !taken.insert((check.column.clone(), check.name.clone())) {
            count += 1;
            check.name = format!("{plain} {count}");
        }
    }
}

/// What a column's own keys demand of its values.
fn demanded(property: &Property, data_type: &DataType) -> Vec<(&'static str, ValueTest)> {
    let mut tests = Vec::new();
    if let Some(values) = &property.r#enum {
        let values = values.iter().map(|value| comparable(json(&value.value), data_type)).collect::<Option<_>>();
        tests.extend(values.map(|values| ("enum", ValueTest::OneOf(values))));
    }
    if let Some(options) = &property.logical_type_options {
        tests.extend(of_options(property.logical_type(), data_type, options));
    }
    tests
}

/// A written value as the column's type compares with; `None` for a date or instant that is written otherwise.
fn comparable(value: Json, data_type: &DataType) -> Option<Json> {
    let text = match (&value, data_type) {
        (Json::String(text), DataType::Date | DataType::Timestamp { .. }) => text.trim(),
        _ => return Some(value),
    };
    if *data_type == DataType::Date {
        return Some(text.parse::<NaiveDate>().ok()?.to_string().into());
    }
    let at = crate::rules::moment(text)?;
    Some(at.format("%Y-%m-%dT%H:%M:%S%.f").to_string().into())
}

fn of_options(
    logical_type: Option<LogicalType>,
    data_type: &DataType,
    options: &LogicalTypeOptions,
) -> Vec<(&'static str, ValueTest)> {
    let size = |size: Option<i64>| size.and_then(|size| u64::try_from(size).ok());
    let is_text = matches!(data_type, DataType::String);
    let bound = |bound: &Option<Scalar>| {
        let bound = bound.as_ref().map(json).filter(|bound| !is_text && !bound.is_null() && !bound.is_boolean());
        bound.and_then(|bound| comparable(bound, data_type))
    };
    // Before 3.1 the keys were flags, which made the other bounds exclusive.
    let is_flagged = |flag: &Option<Scalar>| *flag == Some(Scalar::Boolean(true));
    let least = bound(&options.minimum).map(|value| match is_flagged(&options.exclusive_minimum) {
        true => ("minimum", ValueTest::Above(value)),
        false => ("minimum", ValueTest::AtLeast(value)),
    });
    let most = bound(&options.maximum).map(|value| match is_flagged(&options.exclusive_maximum) {
        true => ("maximum", ValueTest::Below(value)),
        false => ("maximum", ValueTest::AtMost(value)),
    });
    let bounds = [
        least,
        most,
        bound(&options.exclusive_minimum).map(|value| ("exclusiveMinimum", ValueTest::Above(value))),
        bound(&options.exclusive_maximum).map(|value| ("exclusiveMaximum", ValueTest::Below(value))),
    ];
    let dimensions = size(options.dimensions).filter(|_| logical_type == Some(LogicalType::Vector));
    let is_bits = options.element_type.as_ref().and_then(OrVariable::known) == Some(crate::odcs::ElementType::Binary);
    let dimensions = dimensions.filter(|_| !is_bits);
    let others = [
        size(options.min_length).filter(|_| is_text).map(|length| ("minLength", ValueTest::LengthAtLeast(length))),
        size(options.max_length).filter(|_| is_text).map(|length| ("maxLength", ValueTest::LengthAtMost(length))),
        options
            .pattern
            .as_deref()
            .filter(|_| is_text)
            .and_then(runnable)
            .map(|pattern| ("pattern", ValueTest::Pattern(pattern))),
        options.multiple_of.as_ref().map(|number| ("multipleOf", ValueTest::MultipleOf(number.exact().clone()))),
        size(options.min_items).map(|items| ("minItems", ValueTest::ItemsAtLeast(items))),
        size(options.max_items).map(|items| ("maxItems", ValueTest::ItemsAtMost(items))),
        (options.unique_items == Some(true)).then_some(("uniqueItems", ValueTest::ItemsDiffer)),
        dimensions.map(|items| ("dimensions at least", ValueTest::ItemsAtLeast(items))),
        dimensions.map(|items| ("dimensions at most", ValueTest::ItemsAtMost(items))),
    ];
    bounds.into_iter().chain(others).flatten().collect()
}

/// A pattern as Rust's regular expressions understand it. Those that they do not are told, and not checked.
fn runnable(pattern: &str) -> Option<String> {
    let pattern = of_ascii(pattern);
    (!has_variable(&pattern) && crate::rules::is_pattern_understood(&pattern)).then_some(pattern)
}

/// The pattern with ECMA-262's meaning of `\d`, `\w` and `\b`, which know ASCII alone.
fn of_ascii(pattern: &str) -> String {
    let mut written = String::with_capacity(pattern.len());
    let mut characters = pattern.chars();
    let mut is_in_class = false;
    while let Some(character) = characters.next() {
        match character {
            '\\' => match characters.next() {
                Some('d') => written.push_str("[0-9]"),
                Some('D') => written.push_str("[^0-9]"),
                Some('w') => written.push_str("[0-9A-Za-z_]"),
                Some('W') => written.push_str("[^0-9A-Za-z_]"),
                Some('b') if !is_in_class => written.push_str(r"(?-u:\b)"),
                Some(other) => written.extend(['\\', other]),
                None => written.push('\\'),
            },
            other => {
                is_in_class = (is_in_class || other == '[') && other != ']';
                written.push(other);
            }
        }
    }
    written
}

fn of_rule(rule: &DataQuality, object: &SchemaObject, of: Option<(&str, &DataType)>) -> Option<QualityCheck> {
    let column = of.map(|(column, _)| column);
    let (measure, word) = match rule.r#type.as_ref().map(OrVariable::known) {
        None | Some(Some(QualityType::Library)) => of_metric(rule, object, of)?,
        Some(Some(QualityType::Sql)) => {
            let query = contract_sql::filled(rule.query.as_deref()?, &object.name, column);
            let names = [Some(&object.name), object.physical_name.as_ref()].into_iter().flatten().cloned();
            (!has_variable(&query)).then(|| (Measure::Sql { query, names: names.collect() }, "sql"))?
        }
        _ => return None,
    };
    let is_share = rule.unit.as_deref().is_some_and(|unit| unit.eq_ignore_ascii_case("percent"));
    let percent = is_share && !matches!(measure, Measure::Rows | Measure::Sql { .. });
    let name = rule.id.as_ref().map(|id| id.0.as_str()).or(rule.name.as_deref()).unwrap_or(word);
    Some(QualityCheck {
        name: name.to_owned(),
        column: column.map(str::to_owned),
        measure,
        must: Threshold { is: comparison(rule)?, percent },
        blocks: !rule.only_warns(),
    })
}

/// What a rule of the library counts, and the word for it.
fn of_metric(
    rule: &DataQuality,
    object: &SchemaObject,
    of: Option<(&str, &DataType)>,
) -> Option<(Measure, &'static str)> {
    let metric = rule.metric.as_ref().and_then(OrVariable::known)?;
    let arguments = rule.arguments.as_ref();
    let values = |key: &str, data_type: &DataType| {
        list(arguments, key).into_iter().map(|value| comparable(value, data_type)).collect::<Option<Vec<Json>>>()
    };
    let measure = match (metric, of) {
        (Metric::RowCount, None) => Measure::Rows,
        (Metric::NullValues, Some(_)) => Measure::Nulls,
        (Metric::MissingValues, Some((_, data_type))) => {
            Measure::Missing { values: values("missingValues", data_type)? }
        }
        (Metric::InvalidValues, Some((_, DataType::Binary))) => return None,
        (Metric::InvalidValues, Some((_, data_type))) => {
            let values = values("validValues", data_type)?;
            let pattern = arguments.and_then(|arguments| arguments.get("pattern")?.as_str()).map(runnable);
            let one_of = (!values.is_empty()).then_some(ValueTest::OneOf(values));
            let tests: Vec<ValueTest> = one_of.into_iter().chain(pattern.flatten().map(ValueTest::Pattern)).collect();
            if tests.is_empty() {
                return None;
            }
            Measure::Invalid { tests }
        }
        (Metric::DuplicateValues, Some((column, _))) => Measure::Duplicates { columns: vec![column.to_owned()] },
        (Metric::DuplicateValues, None) => {
            let properties = object.properties.as_deref().unwrap_or_default();
            let stored = |name: &Json| {
                let named = properties.iter().find(|property| property.name.as_deref() == name.as_str())?;
                stored_name(named).map(str::to_owned)
            };
            Measure::Duplicates { columns: list(arguments, "properties").iter().map(stored).collect::<Option<_>>()? }
        }
        _ => return None,
    };
    Some((measure, metric.as_str()))
}

fn comparison(rule: &DataQuality) -> Option<Comparison> {
    let any = |value: &Option<Json>| match value.as_ref()? {
        Json::Bool(flag) => Some(i32::from(*flag).into()),
        value => value.as_number().cloned(),
    };
    let one = |value: &Option<Number>| value.as_ref().map(|number| number.exact().clone());
    let two = |values: &Option<Vec<Number>>| match values.as_deref() {
        Some([a, b]) => Some((a.exact().clone(), b.exact().clone())),
        _ => None,
    };
    any(&rule.must_be)
        .map(Comparison::Equal)
        .or_else(|| any(&rule.must_not_be).map(Comparison::NotEqual))
        .or_else(|| one(&rule.must_be_greater_than).map(Comparison::Above))
        .or_else(|| one(&rule.must_be_greater_or_equal_to).map(Comparison::AtLeast))
        .or_else(|| one(&rule.must_be_less_than).map(Comparison::Below))
        .or_else(|| one(&rule.must_be_less_or_equal_to).map(Comparison::AtMost))
        .or_else(|| two(&rule.must_be_between).map(|(a, b)| Comparison::Between(a, b)))
        .or_else(|| two(&rule.must_not_be_between).map(|(a, b)| Comparison::NotBetween(a, b)))
}

fn list(arguments: Option<&Map<String, Json>>, key: &str) -> Vec<Json> {
    arguments.and_then(|arguments| arguments.get(key)?.as_array()).cloned().unwrap_or_default()
}

fn json(value: &Scalar) -> Json {
    match value {
        Scalar::Null => Json::Null,
        Scalar::Boolean(flag) => (*flag).into(),
        Scalar::Integer(number) => (*number).into(),
        Scalar::Number(number) => (*number).into(),
        Scalar::Text(text) => text.as_str().into(),
    }
}

#[cfg(test)]
mod tests {
    use weft_model::ManifestTree;

    /// What a table with one column `Delay` of these keys, and these rules, has for checks.
    fn checks(column: &str, table: &str) -> Vec<String> {
        let contract = format!(
            "apiVersion: v3.2.0\nkind: DataContract\nid: x\nversion: 1.0.0\nschema:\n  - name: flights\n    quality:\n{table}\n    \
             properties:\n      - name: Delay\n        logicalType: integer\n{column}\n"
        );
        let tree = ManifestTree::of_texts([("x.odcs.yaml", contract.as_str())]);
        let document: crate::form::Document<crate::odcs::DataContract> =
            super::super::open_as(&tree, "x.odcs.yaml", "ODCS 3.2", &mut Vec::new()).unwrap();
        let told = |check: weft_model::QualityCheck| {
            let measure = serde_json::to_string(&check.measure).unwrap();
            let blocks = if check.blocks { "" } else { ", warns" };
            format!("{} of {}: {measure} {}{blocks}", check.name, check.column.as_deref().unwrap_or("-"), check.must)
        };
        let object = document.value.schema.as_ref().unwrap().first().unwrap();
        let columns = super::super::contract::columns(&document, 0, object, &mut Vec::new()).unwrap();
        super::of(object, &columns).into_iter().map(told).collect()
    }

    #[test]
    fn a_pattern_means_what_ecma_262_says() {
        assert_eq!(super::of_ascii(r"^\d{5}[\w-]\.\b"), r"^[0-9]{5}[[0-9A-Za-z_]-]\.(?-u:\b)");
        assert!(crate::rules::is_pattern_understood(&super::of_ascii(r"^\d{5}[\w-]\.\b")));
    }

    #[test]
    fn instants_are_compared_as_iso_8601_writes_them_and_others_not_at_all() {
        let at = |text: &str, utc| super::comparable(text.into(), &weft_model::DataType::Timestamp { utc });
        assert_eq!(at("2026-01-31 12:00", false), Some("2026-01-31T12:00:00".into()));
        assert_eq!(at("2026-01-31T12:00:00+02:00", true), Some("2026-01-31T10:00:00".into()));
        assert_eq!(at("31.01.2026", false), None);
        assert_eq!(super::comparable("2026-1-31x".into(), &weft_model::DataType::Date), None);
    }

    #[test]
    fn what_a_column_demands_is_a_check_each() {
        let keys = "        physicalName: delay_min\n        enum: [{value: 0}, {value: 10}]\n        \
                    logicalTypeOptions: {minimum: -60, exclusiveMaximum: 1000, multipleOf: 5}";
        assert_eq!(
            checks(keys, "      []"),
            [
                r#"enum of delay_min: {"of":"invalid","tests":[{"oneOf":[0,10]}]} must be 0"#,
                r#"minimum of delay_min: {"of":"invalid","tests":[{"atLeast":-60}]} must be 0"#,
                r#"exclusiveMaximum of delay_min: {"of":"invalid","tests":[{"below":1000}]} must be 0"#,
                r#"multipleOf of delay_min: {"of":"invalid","tests":[{"multipleOf":5}]} must be 0"#,
            ]
        );
    }

    #[test]
    fn a_rule_is_a_check_where_it_counts_something_here() {
        let of_column = "        quality:\n          - {metric: nullValues, unit: percent, mustBeLessThan: 5, severity: Warn}\n          \
                         - {metric: nullValues, mustBe: 0}\n          \
                         - {id: sane, metric: invalidValues, arguments: {validValues: [1], pattern: '^[0-9]'}, mustBe: 0}";
        let of_table = "      - {metric: rowCount, mustBeBetween: [1, 10]}\n      \
                        - {type: sql, query: 'SELECT COUNT(*) = 0 FROM {object} WHERE 1 > 2', mustBe: true}\n      \
                        - {type: sql, query: 'SELECT ${LIMIT}', mustBe: 1}\n      \
                        - {type: text, description: Nothing to count.}\n      \
                        - {type: custom, engine: soda, implementation: x}";
        assert_eq!(
            checks(of_column, of_table),
            [
                r#"nullValues of Delay: {"of":"nulls"} must be below 5 %, warns"#,
                r#"nullValues 2 of Delay: {"of":"nulls"} must be 0"#,
                r#"sane of Delay: {"of":"invalid","tests":[{"oneOf":[1]},{"pattern":"^[0-9]"}]} must be 0"#,
                r#"rowCount of -: {"of":"rows"} must be 1 to 10, both included"#,
                r#"sql of -: {"of":"sql","query":"SELECT COUNT(*) = 0 FROM \"flights\" WHERE 1 > 2","names":["flights"]} must be 1"#,
            ]
        );
    }
}
