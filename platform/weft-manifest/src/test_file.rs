//! `tests/*.yaml` of a product: a unit test of one port's query.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json};

use crate::form::yaml::{Node, Value};
use crate::form::{FromNode, Reader};

record! {
    /// A unit test of one port's query: rows of its inputs, and the rows that come out.
    pub struct TestFile as "the test" {
        /// The port of this product whose query is tested, such as `daily`.
        port: String,
        description: Option<String>,
        /// The instant that the query takes for now, such as `2026-01-31T12:00:00Z`;
        /// `2026-01-01T00:00:00Z` if left out.
        at: Option<String>,
        /// Rows of the inputs by their full names, such as `aviation.flights.departures`. An input that is
        /// left out is empty; a column that a row leaves out is NULL.
        given: Option<GivenRows>,
        /// The rows that come out. Only the columns that they name are compared.
        expect: Rows,
        /// Whether the rows must come in this order; else any order will do.
        in_order: Option<bool>,
    }
}

/// Rows of inputs, by the full name of the port.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct GivenRows(pub BTreeMap<String, Rows>);

/// Rows written out, or in a file beside the test.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Rows {
    /// Name of a file below the folder of the test: `*.csv` with a header, or `*.json` with one object a line.
    File(String),
    /// One map a row, from columns to values.
    Written(Vec<Map<String, Json>>),
}

impl FromNode for Rows {
    const WORD: &'static str = "a list of rows, or the name of a file";

    fn from_node(node: &Node, reader: &mut Reader<'_>) -> Option<Self> {
        match &node.value {
            Value::Text(file) => Some(Rows::File(file.clone())),
            Value::List(_) => Vec::from_node(node, reader).map(Rows::Written),
            _ => {
                reader.wrong_type(node, Self::WORD);
                None
            }
        }
    }
}

impl FromNode for GivenRows {
    const WORD: &'static str = "an object";

    fn from_node(node: &Node, reader: &mut Reader<'_>) -> Option<Self> {
        let Value::Object(entries) = &node.value else {
            reader.wrong_type(node, Self::WORD);
            return None;
        };
        let read = entries.iter().filter_map(|entry| Some((entry.key.clone(), Rows::from_node(&entry.value, reader)?)));
        Some(GivenRows(read.collect()))
    }
}
