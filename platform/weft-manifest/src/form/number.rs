//! A number that is written again as it was read.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};

use super::yaml::{Node, Value};
use super::{FromNode, Reader};

/// Any finite number; a whole one stays whole.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Number(serde_json::Number);

impl Number {
    /// The number as it was read.
    pub fn exact(&self) -> &serde_json::Number {
        &self.0
    }

    /// The value, rounded to what a double holds.
    pub fn value(&self) -> f64 {
        self.0.as_f64().unwrap_or_default()
    }
}

impl FromNode for Number {
    const WORD: &'static str = "a number";

    fn from_node(node: &Node, reader: &mut Reader<'_>) -> Option<Self> {
        let number = match &node.value {
            Value::Integer(number) => Some((*number).into()),
            Value::Float(number) => serde_json::Number::from_f64(*number),
            _ => None,
        };
        if number.is_none() {
            reader.wrong_type(node, Self::WORD);
        }
        number.map(Number)
    }
}

impl JsonSchema for Number {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Number".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "number" })
    }
}
