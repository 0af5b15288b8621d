//! Tables and columns of a contract.

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};
use weft_model::Code;

use super::DataQuality;
use crate::bitol::{AuthoritativeDefinition, ContextOrText, CustomProperty, StableId, Synonym};
use crate::form::yaml::{Node, Value};
use crate::form::{FromNode, Number, OrVariable, Reader, Scalar, listed};

words! {
    /// The one logical type of a table.
    pub enum ObjectType as "a logical type of a schema object", VALUE_NOT_ALLOWED {
        Object = "object",
    }
}

record! {
    /// A table, topic or file, and its columns.
    pub struct SchemaObject as "schema object" {
        id: Option<StableId>,
        name: String,
        physical_name: Option<String>,
        /// table, view, topic, file and so on.
        physical_type: Option<String>,
        logical_type: Option<OrVariable<ObjectType>>,
        description: Option<String>,
        business_name: Option<String>,
        data_granularity_description: Option<String>,
        deprecated: Option<bool>,
        synonyms: Option<Vec<Synonym>>,
        tags: Option<Vec<String>>,
        #[serde(default)]
        #[schemars(schema_with = "named_properties")]
        properties: Option<Vec<Property>>,
        relationships: Option<Vec<SchemaRelationship>>,
        quality: Option<Vec<DataQuality>>,
        context: Option<ContextOrText>,
        authoritative_definitions: Option<Vec<AuthoritativeDefinition>>,
        custom_properties: Option<Vec<CustomProperty>>,
    }
    then object_properties_are_named;
}

words! {
    /// What a value means, whatever the server stores.
    pub enum LogicalType as "a logical type", VALUE_NOT_ALLOWED {
        String = "string",
        Date = "date",
        Timestamp = "timestamp",
        Time = "time",
        Number = "number",
        Integer = "integer",
        Object = "object",
        Array = "array",
        Boolean = "boolean",
        Map = "map",
        Vector = "vector",
    }
}

words! {
    /// What part a column plays in analysis.
    pub enum SemanticType as "a semantic type", VALUE_NOT_ALLOWED {
        Column = "column",
        Measure = "measure",
        Dimension = "dimension",
    }
}

record! {
    /// A column, or a part of one: a field of an object, the item of an array, a map's key or value.
    pub struct Property as "property" {
        id: Option<StableId>,
        /// Required but for an array's `items` and a map's `key` and `value`.
        name: Option<String>,
        business_name: Option<String>,
        description: Option<String>,
        deprecated: Option<bool>,
        synonyms: Option<Vec<Synonym>>,
        tags: Option<Vec<String>>,
        logical_type: Option<OrVariable<LogicalType>>,
        logical_type_options: Option<LogicalTypeOptions>,
        /// The type in the server's own words; wins where it is more exact.
        physical_type: Option<String>,
        physical_name: Option<String>,
        required: Option<bool>,
        unique: Option<bool>,
        primary_key: Option<bool>,
        /// Counts from 1; -1 for none.
        primary_key_position: Option<i64>,
        partitioned: Option<bool>,
        /// Counts from 1; -1 for none.
        partition_key_position: Option<i64>,
        classification: Option<String>,
        critical_data_element: Option<bool>,
        encrypted_name: Option<String>,
        semantic_type: Option<OrVariable<SemanticType>>,
        transform_source_objects: Option<Vec<String>>,
        transform_logic: Option<String>,
        transform_description: Option<String>,
        examples: Option<Vec<serde_json::Value>>,
        r#enum: Option<Vec<EnumValue>>,
        relationships: Option<Vec<PropertyRelationship>>,
        quality: Option<Vec<DataQuality>>,
        #[serde(default)]
        #[schemars(schema_with = "named_properties")]
        properties: Option<Vec<Property>>,
        items: Option<Box<Property>>,
        map: Option<Box<MapType>>,
        authoritative_definitions: Option<Vec<AuthoritativeDefinition>>,
        custom_properties: Option<Vec<CustomProperty>>,
    }
    then parts_fit_the_type;
}

impl Property {
    /// The logical type, as far as the document tells: that of a variable is its default.
    pub fn logical_type(&self) -> Option<LogicalType> {
        self.logical_type.as_ref().and_then(OrVariable::known)
    }
}

record! {
    /// What a map goes from and to.
    pub struct MapType as "map" {
        key: Property,
        value: Property,
    }
}

words! {
    /// How a vector stores its elements.
    pub enum ElementType as "an element type", VALUE_NOT_ALLOWED {
        Bfloat16 = "bfloat16",
        Binary = "binary",
        Float16 = "float16",
        Float32 = "float32",
        Float64 = "float64",
        Int8 = "int8",
        Uint8 = "uint8",
    }
}

words! {
    /// How the distance of two vectors is measured.
    pub enum DistanceMetric as "a distance metric", VALUE_NOT_ALLOWED {
        Cosine = "cosine",
        DotProduct = "dotProduct",
        Euclidean = "euclidean",
        Hamming = "hamming",
        Manhattan = "manhattan",
    }
}

record! {
    /// Bounds on a column's values. Which keys there may be depends on the logical type.
    pub struct LogicalTypeOptions as "logical type options" {
        min_length: Option<i64>,
        max_length: Option<i64>,
        /// An ECMA-262 regular expression.
        pattern: Option<String>,
        /// A string's meaning, a date's pattern, or the width of a number: i32, f64 and so on.
        format: Option<String>,
        minimum: Option<Scalar>,
        maximum: Option<Scalar>,
        exclusive_minimum: Option<Scalar>,
        exclusive_maximum: Option<Scalar>,
        multiple_of: Option<Number>,
        /// Whether a timestamp is an instant (true) or a wall-clock reading.
        timezone: Option<bool>,
        default_timezone: Option<String>,
        min_properties: Option<i64>,
        max_properties: Option<i64>,
        required: Option<Vec<String>>,
        min_items: Option<i64>,
        max_items: Option<i64>,
        unique_items: Option<bool>,
        dimensions: Option<i64>,
        element_type: Option<OrVariable<ElementType>>,
        distance_metric: Option<OrVariable<DistanceMetric>>,
        normalized: Option<bool>,
        embedding_model: Option<String>,
        embedding_model_version: Option<String>,
    }
}

record! {
    /// One of the values that a column may hold.
    pub struct EnumValue as "enum value" {
        id: Option<StableId>,
        value: Scalar,
        label: Option<String>,
        description: Option<String>,
        tags: Option<Vec<String>>,
        custom_properties: Option<Vec<CustomProperty>>,
        authoritative_definitions: Option<Vec<AuthoritativeDefinition>>,
    }
}

words! {
    /// The one type of a relationship.
    pub enum RelationshipType as "a type of relationship", VALUE_NOT_ALLOWED {
        ForeignKey = "foreignKey",
    }
}

/// One column, or the columns of a composite key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum References {
    One(String),
    Several(Vec<String>),
}

impl FromNode for References {
    const WORD: &'static str = "text or a list";

    fn from_node(node: &Node, reader: &mut Reader<'_>) -> Option<Self> {
        match &node.value {
            Value::Text(text) => Some(References::One(text.clone())),
            Value::List(_) => Vec::from_node(node, reader).map(References::Several),
            _ => {
                reader.wrong_type(node, Self::WORD);
                None
            }
        }
    }
}

record! {
    /// A foreign key of a table.
    pub struct SchemaRelationship as "relationship" {
        id: Option<String>,
        r#type: Option<OrVariable<RelationshipType>>,
        from: References,
        to: References,
        custom_properties: Option<Vec<CustomProperty>>,
    }
}

record! {
    /// A foreign key of one column.
    pub struct PropertyRelationship as "relationship" {
        id: Option<String>,
        r#type: Option<OrVariable<RelationshipType>>,
        to: References,
        custom_properties: Option<Vec<CustomProperty>>,
    }
}

fn named_properties(generator: &mut SchemaGenerator) -> Schema {
    let property = generator.subschema_for::<Property>();
    json_schema!({ "type": "array", "items": { "allOf": [property, { "required": ["name"] }] } })
}

fn object_properties_are_named(_: &SchemaObject, node: &Node, reader: &mut Reader<'_>) {
    properties_are_named(node, reader);
}

fn properties_are_named(node: &Node, reader: &mut Reader<'_>) {
    for item in node.get("properties").map_or(&[][..], Node::items) {
        if matches!(item.value, Value::Object(_)) && item.get("name").is_none() {
            reader.report(Code::KEY_MISSING, item.head(), "key `name` is missing in property").help =
                Some("add `name:` (text)".to_owned());
        }
    }
}

/// Which options say something about a logical type.
fn options_of(logical_type: LogicalType) -> &'static [&'static str] {
    const NUMERIC: &[&str] = &["format", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"];
    match logical_type {
        LogicalType::String => &["minLength", "maxLength", "pattern", "format"],
        LogicalType::Date => &["format", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"],
        LogicalType::Timestamp | LogicalType::Time => {
            &["format", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "timezone", "defaultTimezone"]
        }
        LogicalType::Integer | LogicalType::Number => NUMERIC,
        LogicalType::Object => &["minProperties", "maxProperties", "required"],
        LogicalType::Array => &["minItems", "maxItems", "uniqueItems"],
        LogicalType::Vector => {
            &["dimensions", "elementType", "distanceMetric", "normalized", "embeddingModel", "embeddingModelVersion"]
        }
        LogicalType::Boolean | LogicalType::Map => &[],
    }
}

/// The words for `format` where the standard lists them.
fn formats_of(logical_type: LogicalType) -> Option<&'static [&'static str]> {
    match logical_type {
        LogicalType::Integer => Some(&["i8", "i16", "i32", "i64", "i128", "u8", "u16", "u32", "u64", "u128"]),
        LogicalType::Number => Some(&["f32", "f64"]),
        _ => None,
    }
}

fn parts_fit_the_type(property: &Property, node: &Node, reader: &mut Reader<'_>) {
    properties_are_named(node, reader);
    let Some(logical_type) = property.logical_type() else { return };
    let word = logical_type.as_str();
    let parts = [("properties", LogicalType::Object), ("items", LogicalType::Array), ("map", LogicalType::Map)];
    for (key, wanted) in parts {
        if logical_type != wanted
            && let Some(entry) = node.entries().iter().find(|entry| entry.key == key)
        {
            let message = format!("`{key}` belongs to logical type `{}`, not to `{word}`", wanted.as_str());
            reader.report(Code::KEY_UNKNOWN, entry.key_span, message).help =
                Some(format!("write `logicalType: {}`, or take `{key}` out", wanted.as_str()));
        }
    }
    if logical_type == LogicalType::Map && node.get("map").is_none() {
        reader.report(Code::KEY_MISSING, node.head(), "key `map` is missing in property of type `map`").help =
            Some("add `map:` with a `key` and a `value`".to_owned());
    }
    if let Some(options) = node.get("logicalTypeOptions") {
        options_fit_the_type(logical_type, options, reader);
    }
}

fn options_fit_the_type(logical_type: LogicalType, options: &Node, reader: &mut Reader<'_>) {
    let (word, allowed) = (logical_type.as_str(), options_of(logical_type));
    for entry in options.entries() {
        let key = entry.key.as_str();
        let is_known = LogicalTypeOptions::KEYS.iter().any(|field| crate::form::key_of(field) == key);
        if is_known && !allowed.contains(&key) {
            let message = format!("`{key}` says nothing about logical type `{word}`");
            reader.report(Code::KEY_UNKNOWN, entry.key_span, message).help = Some(match allowed {
                [] => format!("`{word}` has no options"),
                allowed => format!("its options are {}", listed(allowed)),
            });
            continue;
        }
        match (key, logical_type) {
            ("format", _) => {
                if let (Some(formats), Some(text)) = (formats_of(logical_type), entry.value.text())
                    && !formats.contains(&text)
                {
                    reader.not_allowed(Code::VALUE_NOT_ALLOWED, &entry.value, "a format of numbers", text, formats);
                }
            }
            ("minimum" | "maximum" | "exclusiveMinimum" | "exclusiveMaximum", _) => {
                let is_number = matches!(entry.value.value, Value::Integer(_) | Value::Float(_));
                let is_flag = matches!(entry.value.value, Value::Boolean(_)) && key.starts_with("exclusive");
                let wants_number = matches!(logical_type, LogicalType::Integer | LogicalType::Number);
                let fits = if wants_number { is_number } else { entry.value.text().is_some() };
                // Before 3.2 the exclusive bounds were flags on the inclusive ones.
                if !(fits || is_flag && reader.lenient) {
                    reader.wrong_type(&entry.value, if wants_number { "a number" } else { "text" });
                }
            }
            ("minLength" | "maxLength" | "minItems" | "maxItems" | "minProperties" | "maxProperties", _) => {
                at_least(0, &entry.value, key, reader);
            }
            ("dimensions", _) => at_least(1, &entry.value, key, reader),
            _ => {}
        }
    }
    if logical_type == LogicalType::Vector && options.get("dimensions").is_none() {
        reader.report(Code::KEY_MISSING, options.head(), "key `dimensions` is missing in a vector's options").help =
            Some("add `dimensions:` (a whole number)".to_owned());
    }
}

fn at_least(least: i64, node: &Node, key: &str, reader: &mut Reader<'_>) {
    if let Value::Integer(number) = node.value
        && number < least
    {
        reader.report(Code::VALUE_NOT_ALLOWED, node.span, format!("`{key}` is at least {least}"));
    }
}
