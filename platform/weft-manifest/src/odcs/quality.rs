//! Quality rules: what must hold of the data.

use weft_model::Code;

use crate::bitol::{AuthoritativeDefinition, CustomProperty, StableId};
use crate::form::yaml::{Node, Value};
use crate::form::{Number, OrVariable, Reader, listed};

words! {
    /// How a rule is written.
    pub enum QualityType as "a type of quality rule", VALUE_NOT_ALLOWED {
        Text = "text",
        Library = "library",
        Sql = "sql",
        Custom = "custom",
    }
}

words! {
    /// Which side of quality a rule looks at.
    pub enum Dimension as "a dimension of quality", VALUE_NOT_ALLOWED {
        Accuracy = "accuracy",
        Completeness = "completeness",
        Conformity = "conformity",
        Consistency = "consistency",
        Coverage = "coverage",
        Timeliness = "timeliness",
        Uniqueness = "uniqueness",
    }
}

words! {
    /// What a library rule counts.
    pub enum Metric as "a metric", VALUE_NOT_ALLOWED {
        NullValues = "nullValues",
        MissingValues = "missingValues",
        InvalidValues = "invalidValues",
        DuplicateValues = "duplicateValues",
        RowCount = "rowCount",
    }
}

record! {
    /// One rule. Library and SQL rules have exactly one operator, `mustBe` and the like.
    pub struct DataQuality as "quality rule" {
        id: Option<StableId>,
        name: Option<String>,
        description: Option<String>,
        /// `library` where it is left out.
        r#type: Option<OrVariable<QualityType>>,
        dimension: Option<OrVariable<Dimension>>,
        /// info, warning or error.
        severity: Option<String>,
        business_impact: Option<String>,
        method: Option<String>,
        /// rows or percent.
        unit: Option<String>,
        schedule: Option<String>,
        scheduler: Option<String>,
        tags: Option<Vec<String>>,
        metric: Option<OrVariable<Metric>>,
        /// The word for `metric` before 3.1.
        rule: Option<String>,
        arguments: Option<serde_json::Map<String, serde_json::Value>>,
        /// SQL that returns one number or boolean.
        query: Option<String>,
        engine: Option<String>,
        implementation: Option<serde_json::Value>,
        must_be: Option<serde_json::Value>,
        must_not_be: Option<serde_json::Value>,
        must_be_greater_than: Option<Number>,
        must_be_greater_or_equal_to: Option<Number>,
        must_be_less_than: Option<Number>,
        must_be_less_or_equal_to: Option<Number>,
        must_be_between: Option<Vec<Number>>,
        must_not_be_between: Option<Vec<Number>>,
        authoritative_definitions: Option<Vec<AuthoritativeDefinition>>,
        custom_properties: Option<Vec<CustomProperty>>,
    }
    then keys_fit_the_type;
}

/// Severities under which a rule that fails lets the data pass. Any other word blocks, and so does none.
const LENIENT: &[&str] = &["info", "warning", "warn", "low", "minor", "trivial"];

impl DataQuality {
    /// Whether data that break the rule pass all the same.
    pub(crate) fn only_warns(&self) -> bool {
        let severity = self.severity.as_deref().unwrap_or_default().trim().to_lowercase();
        LENIENT.contains(&severity.as_str())
    }
}

const OPERATORS: &[&str] = &[
    "mustBe",
    "mustNotBe",
    "mustBeGreaterThan",
    "mustBeGreaterOrEqualTo",
    "mustBeLessThan",
    "mustBeLessOrEqualTo",
    "mustBeBetween",
    "mustNotBeBetween",
];

const LIBRARY: &[&str] = &["metric", "rule", "arguments"];
const SQL: &[&str] = &["query"];
const CUSTOM: &[&str] = &["engine", "implementation"];

fn keys_fit_the_type(rule: &DataQuality, node: &Node, reader: &mut Reader<'_>) {
    let has_metric = node.get("metric").is_some();
    let is_old_library = reader.lenient && node.get("rule").is_some();
    if matches!(rule.r#type, Some(OrVariable::Variable(_))) {
        return;
    }
    let told = rule.r#type.as_ref().and_then(OrVariable::known);
    let is_library = has_metric || is_old_library || told == Some(QualityType::Library);
    let (word, own, required): (&str, &[&str], &[&str]) = match told {
        _ if is_library => ("library", LIBRARY, if is_old_library { &[] } else { &["metric"] }),
        Some(QualityType::Sql) => ("sql", SQL, SQL),
        Some(QualityType::Custom) => ("custom", CUSTOM, CUSTOM),
        _ => ("text", &[], &[]),
    };
    for key in required.iter().filter(|key| node.get(key).is_none()) {
        reader.report(Code::KEY_MISSING, node.head(), format!("key `{key}` is missing in a {word} rule")).help =
            Some(format!("add `{key}:`"));
    }
    let takes_operator = matches!(word, "library" | "sql");
    for entry in node.entries() {
        let key = entry.key.as_str();
        let is_foreign = [LIBRARY, SQL, CUSTOM].concat().contains(&key) && !own.contains(&key);
        if is_foreign || (OPERATORS.contains(&key) && !takes_operator) {
            let type_is_told = rule.r#type.is_some();
            let problem = reader.report(Code::KEY_UNKNOWN, entry.key_span, format!("a {word} rule has no key `{key}`"));
            problem.help = match key {
                "query" if !type_is_told => Some("say `type: sql`".to_owned()),
                "engine" | "implementation" if !type_is_told => Some("say `type: custom`".to_owned()),
                "rule" if !type_is_told => Some("`rule` is called `metric` now".to_owned()),
                _ => None,
            };
        }
        if matches!(key, "mustBeBetween" | "mustNotBeBetween") {
            two_different_numbers(&entry.value, reader);
        }
        if key == "implementation" && !matches!(entry.value.value, Value::Text(_) | Value::Object(_)) {
            reader.wrong_type(&entry.value, "text or an object");
        }
    }
    let operators: Vec<&str> = OPERATORS.iter().copied().filter(|operator| node.get(operator).is_some()).collect();
    match operators.as_slice() {
        _ if !takes_operator => {}
        // A rule of version 3.0 such as `validValues` says what must be by its name.
        [] if is_old_library => {}
        [_] => {}
        [] => {
            reader.report(Code::KEY_MISSING, node.head(), format!("a {word} rule needs an operator")).help =
                Some(format!("add one of {}", listed(OPERATORS)));
        }
        several => {
            let message = format!("a rule has one operator, and this one has {}", listed(several));
            reader.report(Code::VALUE_NOT_ALLOWED, node.head(), message).help =
                Some("write two rules, or `mustBeBetween`".to_owned());
        }
    }
}

fn two_different_numbers(node: &Node, reader: &mut Reader<'_>) {
    if !matches!(node.value, Value::List(_)) {
        return;
    }
    let fits = matches!(node.items(), [a, b] if a.value != b.value);
    if !fits {
        reader.report(Code::VALUE_NOT_ALLOWED, node.span, "a range is two different numbers").help =
            Some("write `[1, 10]`".to_owned());
    }
}
