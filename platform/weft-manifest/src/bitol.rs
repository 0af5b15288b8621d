//! Blocks that ODPS and ODCS share.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};
use weft_model::Code;

use crate::form::yaml::{Node, Value};
use crate::form::{FromNode, Reader};

/// A technical identifier that stays when names change. Unique within its list.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct StableId(pub String);

impl FromNode for StableId {
    const WORD: &'static str = "text";

    fn from_node(node: &Node, reader: &mut Reader<'_>) -> Option<Self> {
        let text = String::from_node(node, reader)?;
        if text.is_empty() || text.contains(|c: char| c.is_whitespace() || ".#/\\@!%&^".contains(c)) {
            let problem = reader.report(
                Code::VALUE_NOT_ALLOWED,
                node.span,
                format!("`{}` is not a stable id", crate::form::clipped(&text)),
            );
            problem.help = Some("use letters, digits, - and _".to_owned());
            return None;
        }
        Some(StableId(text))
    }
}

impl JsonSchema for StableId {
    fn schema_name() -> Cow<'static, str> {
        "StableId".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "pattern": r"^[^\s.#/\\@!%&^]+$" })
    }
}

record! {
    /// A value that the standard does not know, such as Weft's `transform`.
    pub struct CustomProperty as "custom property" {
        id: Option<StableId>,
        property: String,
        value: serde_json::Value,
        description: Option<String>,
        /// Whose property this is: `weft` for those that Weft reads.
        vendor: Option<String>,
    }
}

record! {
    /// A link to a page that defines what is meant.
    pub struct AuthoritativeDefinition as "authoritative definition" {
        id: Option<StableId>,
        url: String,
        r#type: String,
        description: Option<String>,
    }
}

record! {
    /// Another word for the same thing.
    pub struct Synonym as "synonym" {
        id: Option<StableId>,
        synonym: String,
        description: Option<String>,
        /// A BCP 47 tag.
        locale: Option<String>,
        source: Option<String>,
        status: Option<String>,
        custom_properties: Option<Vec<CustomProperty>>,
    }
}

record! {
    /// What a product or contract is for, in prose.
    pub struct Description as "description" {
        purpose: Option<String>,
        limitations: Option<String>,
        usage: Option<String>,
        authoritative_definitions: Option<Vec<AuthoritativeDefinition>>,
        custom_properties: Option<Vec<CustomProperty>>,
    }
}

record! {
    /// A canonical question, and its verified answer if it has one.
    pub struct VerifiedStatement as "verified statement" {
        id: Option<StableId>,
        question: String,
        answer: Option<String>,
        authoritative_definitions: Option<Vec<AuthoritativeDefinition>>,
        tags: Option<Vec<String>>,
        custom_properties: Option<Vec<CustomProperty>>,
    }
}

record! {
    /// What an agent must not do with the thing.
    pub struct ContextConstraint as "constraint" {
        id: Option<StableId>,
        constraint: String,
        authoritative_definitions: Option<Vec<AuthoritativeDefinition>>,
        tags: Option<Vec<String>>,
        custom_properties: Option<Vec<CustomProperty>>,
    }
}

record! {
    /// Guidance for agents and tools.
    pub struct Context as "context" {
        instructions: Option<String>,
        verified_statements: Option<Vec<VerifiedStatement>>,
        constraints: Option<Vec<ContextConstraint>>,
    }
}

/// Guidance as ODCS writes it: in full, or instructions alone.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum ContextOrText {
    Instructions(String),
    Context(Context),
}

impl FromNode for ContextOrText {
    const WORD: &'static str = "text or an object";

    fn from_node(node: &Node, reader: &mut Reader<'_>) -> Option<Self> {
        match &node.value {
            Value::Text(text) => Some(ContextOrText::Instructions(text.clone())),
            Value::Object(_) => Context::from_node(node, reader).map(ContextOrText::Context),
            _ => {
                reader.wrong_type(node, Self::WORD);
                None
            }
        }
    }
}

record! {
    /// Someone who works on the product or contract.
    pub struct TeamMember as "team member" {
        id: Option<StableId>,
        username: String,
        name: Option<String>,
        description: Option<String>,
        role: Option<String>,
        /// ISO 8601 date.
        date_in: Option<String>,
        /// ISO 8601 date.
        date_out: Option<String>,
        replaced_by_username: Option<String>,
        tags: Option<Vec<String>>,
        custom_properties: Option<Vec<CustomProperty>>,
        authoritative_definitions: Option<Vec<AuthoritativeDefinition>>,
    }
}
