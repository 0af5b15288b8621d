//! Documents of older versions in the shape of the newest.
//!
//! Version 2.2 had another shape altogether; version 3.0 wrote the arguments of a rule beside it.
//!
//! Keys get their new names, values that are left empty go, and what version 3 has no key for is
//! kept as a custom property. Every value stays where it stands in the text, so that problems are
//! told at the place where the author wrote it.

use super::{DataContract, DataQuality, Dimension, LogicalType, Pricing, Property, Role, SchemaObject, ServiceLevel};
use crate::bitol::{Description, TeamMember};
use crate::form::yaml::{Entry, Node, Span, Value};
use crate::form::{Word, key_of};

/// What becomes of one kind of object.
struct Shape {
    /// Keys with a new name.
    renamed: &'static [(&'static str, &'static str)],
    /// The fields that version 3 has, as Rust calls them.
    fields: &'static [&'static str],
    /// Whether it can hold custom properties.
    is_open: bool,
}

const CONTRACT: Shape = Shape {
    renamed: &[
        ("uuid", "id"),
        ("datasetDomain", "domain"),
        ("quantumName", "dataProduct"),
        ("datasetName", "name"),
        ("dataset", "schema"),
        ("stakeholders", "team"),
        ("slaDefaultColumn", "slaDefaultElement"),
    ],
    fields: DataContract::KEYS,
    is_open: true,
};

const TABLE: Shape = Shape {
    renamed: &[("table", "name"), ("dataGranularity", "dataGranularityDescription"), ("columns", "properties")],
    fields: SchemaObject::KEYS,
    is_open: true,
};

const COLUMN: Shape = Shape {
    renamed: &[
        ("column", "name"),
        ("isPrimaryKey", "primaryKey"),
        ("isPrimary", "primaryKey"),
        ("isUnique", "unique"),
        ("isNullable", "required"),
        ("partitionStatus", "partitioned"),
        ("criticalDataElementStatus", "criticalDataElement"),
        ("encryptedColumnName", "encryptedName"),
        ("transformSourceTables", "transformSourceObjects"),
        ("sampleValues", "examples"),
    ],
    fields: Property::KEYS,
    is_open: true,
};

const RULE: Shape = Shape {
    renamed: &[
        ("code", "name"),
        ("toolName", "engine"),
        ("toolRuleName", "implementation"),
        ("scheduleCronExpression", "schedule"),
    ],
    fields: DataQuality::KEYS,
    is_open: true,
};

const MEMBER: Shape = Shape { renamed: &[("comment", "description")], fields: TeamMember::KEYS, is_open: true };
const LEVEL: Shape = Shape { renamed: &[("column", "element")], fields: ServiceLevel::KEYS, is_open: true };
const ROLE: Shape = Shape { renamed: &[], fields: Role::KEYS, is_open: true };
const PRICE: Shape = Shape { renamed: &[], fields: Pricing::KEYS, is_open: false };
const DESCRIPTION: Shape = Shape { renamed: &[], fields: Description::KEYS, is_open: true };

/// The document in the shape of the newest version; one that has it already as it is.
pub(crate) fn upgraded(mut root: Node) -> Node {
    let version = root.get("apiVersion").and_then(Node::text).unwrap_or_default();
    if version.starts_with("v3.0.") {
        at(&mut root, "schema", |tables| each(tables, arguments_below));
        return root;
    }
    if !version.starts_with("v2.") {
        return root;
    }
    let mut contract = reshaped(root, &CONTRACT);
    let Value::Object(entries) = &mut contract.value else { return contract };
    support(entries);
    for entry in entries.iter_mut() {
        let value = &mut entry.value;
        match entry.key.as_str() {
            "status" => status(value),
            "description" => description(value),
            "schema" => each(value, table),
            "team" => each(value, |member| reshape(member, &MEMBER)),
            "roles" => each(value, |role| reshape(role, &ROLE)),
            "slaProperties" => each(value, |level| reshape(level, &LEVEL)),
            "price" => reshape(value, &PRICE),
            _ => {}
        }
    }
    contract
}

fn table(node: &mut Node) {
    reshape(node, &TABLE);
    at(node, "properties", |columns| each(columns, column));
    at(node, "quality", |rules| each(rules, rule));
}

fn column(node: &mut Node) {
    let is_nullable = node.get("isNullable").is_some();
    reshape(node, &COLUMN);
    if is_nullable {
        at(node, "required", |value| {
            if let Value::Boolean(flag) = &mut value.value {
                *flag = !*flag;
            }
        });
    }
    at(node, "logicalType", |value| {
        if let Some(word) = value.text().and_then(logical_type) {
            value.value = Value::Text(word.as_str().to_owned());
        }
    });
    to_custom_properties(node, "logicalType", |word| LogicalType::of_word(word).is_none());
    at(node, "quality", |rules| each(rules, rule));
}

/// The logical type that a word of version 2 means: it had no list of words.
fn logical_type(word: &str) -> Option<LogicalType> {
    Some(match word.to_lowercase().as_str() {
        "string" | "text" | "varchar" | "char" => LogicalType::String,
        "integer" | "int" | "long" | "bigint" | "smallint" => LogicalType::Integer,
        "number" | "double" | "float" | "decimal" | "numeric" => LogicalType::Number,
        "boolean" | "bool" => LogicalType::Boolean,
        "date" => LogicalType::Date,
        "timestamp" | "datetime" => LogicalType::Timestamp,
        "array" | "list" => LogicalType::Array,
        "object" | "struct" | "record" => LogicalType::Object,
        _ => return None,
    })
}

fn rule(node: &mut Node) {
    // Version 2 called every rule `dataQuality`, and named the tool that runs it.
    if let Value::Object(entries) = &mut node.value {
        entries.retain(|entry| entry.key != "type");
    }
    let is_cron = node.get("scheduleCronExpression").is_some_and(|value| value.value != Value::Null);
    reshape(node, &RULE);
    to_custom_properties(node, "dimension", |word| Dimension::of_word(word).is_none());
    let has = |key: &str| node.get(key).is_some();
    let kind = if has("engine") && has("implementation") { "custom" } else { "text" };
    let (has_scheduler, span) = (has("scheduler"), node.head());
    if kind == "text" {
        to_custom_properties(node, "engine", |_| true);
        to_custom_properties(node, "implementation", |_| true);
    }
    let Value::Object(entries) = &mut node.value else { return };
    entries.push(text_entry("type", kind, span));
    if is_cron && !has_scheduler {
        entries.push(text_entry("scheduler", "cron", span));
    }
}

/// Puts what a rule of version 3.0 counts by, which stands beside the rule there, into its arguments.
fn arguments_below(node: &mut Node) {
    at(node, "quality", |rules| each(rules, arguments));
    at(node, "properties", |parts| each(parts, arguments_below));
    at(node, "items", arguments_below);
}

fn arguments(rule: &mut Node) {
    let Value::Object(entries) = &mut rule.value else { return };
    if entries.iter().any(|entry| entry.key == "arguments") || entries.iter().all(|entry| entry.key != "rule") {
        return;
    }
    let is_argument = |entry: &Entry| matches!(entry.key.as_str(), "validValues" | "pattern" | "missingValues");
    let (inside, rest): (Vec<Entry>, Vec<Entry>) = std::mem::take(entries).into_iter().partition(is_argument);
    *entries = rest;
    if let Some(first) = inside.first() {
        let (key_span, span) = (first.key_span, first.value.span);
        let value = Node { span, value: Value::Object(inside) };
        entries.push(Entry { key: "arguments".to_owned(), key_span, value });
    }
}

fn status(value: &mut Node) {
    if value.text() == Some("current") {
        value.value = Value::Text("active".to_owned());
    }
}

fn description(value: &mut Node) {
    if let Value::Text(_) = &value.value {
        let (span, purpose) = (value.span, value.clone());
        let entry = Entry { key: "purpose".to_owned(), key_span: span, value: purpose };
        *value = Node { span, value: Value::Object(vec![entry]) };
    }
    reshape(value, &DESCRIPTION);
}

/// Makes support channels of the three keys by which version 2 told where to ask.
fn support(entries: &mut Vec<Entry>) {
    const CHANNELS: &[(&str, &str)] =
        &[("productDl", "email"), ("productSlackChannel", "slack"), ("productFeedbackUrl", "")];
    if entries.iter().any(|entry| entry.key == "support") {
        return;
    }
    let mut channels = Vec::new();
    let custom = entries.iter_mut().find(|entry| entry.key == "customProperties");
    let Some(Value::List(properties)) = custom.map(|entry| &mut entry.value.value) else { return };
    properties.retain(|property| {
        let name = property.get("property").and_then(Node::text).unwrap_or_default();
        let known = CHANNELS.iter().find(|(key, _)| *key == name);
        let (Some((_, tool)), Some(value)) = (known, property.get("value").filter(|value| value.text().is_some()))
        else {
            return true;
        };
        let span = value.span;
        let mut channel = vec![Entry { key: "channel".to_owned(), key_span: span, value: value.clone() }];
        if tool.is_empty() {
            channel.push(Entry { key: "url".to_owned(), key_span: span, value: value.clone() });
        } else {
            channel.push(text_entry("tool", tool, span));
        }
        channels.push(Node { span, value: Value::Object(channel) });
        false
    });
    if let Some(first) = channels.first() {
        let span = first.span;
        entries.push(Entry {
            key: "support".to_owned(),
            key_span: span,
            value: Node { span, value: Value::List(channels) },
        });
    }
}

fn each(list: &mut Node, change: impl FnMut(&mut Node)) {
    if let Value::List(items) = &mut list.value {
        items.iter_mut().for_each(change);
    }
}

fn at(node: &mut Node, key: &str, change: impl FnOnce(&mut Node)) {
    if let Value::Object(entries) = &mut node.value
        && let Some(entry) = entries.iter_mut().find(|entry| entry.key == key)
    {
        change(&mut entry.value);
    }
}

fn reshape(node: &mut Node, shape: &Shape) {
    let span = node.span;
    let taken = std::mem::replace(node, Node { span, value: Value::Null });
    *node = reshaped(taken, shape);
}

/// The object with its keys renamed, without what is empty, and with unknown keys put aside.
fn reshaped(node: Node, shape: &Shape) -> Node {
    let Node { span, value: Value::Object(entries) } = node else { return node };
    let is_field = |key: &str| shape.fields.iter().any(|field| key_of(field) == key);
    let taken: Vec<String> = entries.iter().map(|entry| entry.key.clone()).filter(|key| is_field(key)).collect();
    let mut kept: Vec<Entry> = Vec::new();
    let mut aside = Vec::new();
    for mut entry in entries {
        // A service level may have no value, which version 3 writes as null too.
        if entry.value.value == Value::Null && entry.key != "value" {
            continue;
        }
        if let Value::List(items) = &mut entry.value.value {
            items.retain(|item| item.value != Value::Null);
        }
        let renamed = shape.renamed.iter().find(|(old, _)| *old == entry.key).map(|(_, new)| *new);
        if let Some(new) =
            renamed.filter(|new| !taken.iter().any(|key| key == new) && kept.iter().all(|e| e.key != *new))
        {
            entry.key = new.to_owned();
        }
        if is_field(&entry.key) || !shape.is_open {
            kept.push(entry);
        } else {
            aside.push(custom_property(entry));
        }
    }
    let mut node = Node { span, value: Value::Object(kept) };
    put_aside(&mut node, aside);
    node
}

/// Moves a word that version 3 does not have to the custom properties.
fn to_custom_properties(node: &mut Node, key: &str, is_foreign: impl Fn(&str) -> bool) {
    let Value::Object(entries) = &mut node.value else { return };
    let found = entries.iter().position(|entry| entry.key == key && entry.value.text().is_some_and(&is_foreign));
    if let Some(index) = found {
        let property = custom_property(entries.remove(index));
        put_aside(node, vec![property]);
    }
}

fn put_aside(node: &mut Node, properties: Vec<Node>) {
    let (Value::Object(entries), Some(first)) = (&mut node.value, properties.first()) else { return };
    let span = first.span;
    match entries.iter_mut().find(|entry| entry.key == "customProperties") {
        Some(Entry { value: Node { value: Value::List(items), .. }, .. }) => items.extend(properties),
        // What stands there is no list, which is told when it is read.
        Some(_) => {}
        None => {
            let value = Node { span, value: Value::List(properties) };
            entries.push(Entry { key: "customProperties".to_owned(), key_span: span, value });
        }
    }
}

fn custom_property(entry: Entry) -> Node {
    let span = entry.key_span;
    let property = text_entry("property", &entry.key, span);
    let value = Entry { key: "value".to_owned(), key_span: span, value: entry.value };
    Node { span, value: Value::Object(vec![property, value]) }
}

fn text_entry(key: &str, text: &str, span: Span) -> Entry {
    Entry { key: key.to_owned(), key_span: span, value: Node { span, value: Value::Text(text.to_owned()) } }
}
