//! JSON Schemas of the files that this crate reads.
#![allow(dead_code, reason = "the types are read by the schema generator only")]

use std::collections::BTreeMap;

use schemars::{JsonSchema, SchemaGenerator, generate::SchemaSettings};
use serde::Serialize;

/// The kinds of file that [`schema`] knows.
pub const SCHEMA_KINDS: &[&str] = &["principals", "case"];

/// The JSON Schema (draft 2020-12) of a file kind; `None` for a kind of another crate.
pub fn schema(kind: &str) -> Option<serde_json::Value> {
    let generator: SchemaGenerator = SchemaSettings::draft2020_12().into_generator();
    match kind {
        "principals" => Some(generator.into_root_schema_for::<PrincipalsFile>().to_value()),
        "case" => Some(generator.into_root_schema_for::<CasesFile>().to_value()),
        _ => None,
    }
}

/// `governance/principals.yaml`: who there is.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Principals", deny_unknown_fields)]
struct PrincipalsFile {
    /// People. Names are unique across users and services.
    #[schemars(default)]
    users: Vec<PrincipalEntry>,
    /// Programs, such as those that run a domain's transforms.
    #[schemars(default)]
    services: Vec<PrincipalEntry>,
    /// Groups that principals may be in.
    #[schemars(default)]
    groups: Vec<GroupEntry>,
}

#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Principal", deny_unknown_fields)]
struct PrincipalEntry {
    /// What tokens name, and policies write after `user:` or `service:`.
    #[schemars(length(min = 1, max = 128), regex(pattern = r"^[a-z0-9_.@-]+$"))]
    name: String,
    /// Declared groups that the principal is in.
    #[schemars(default)]
    groups: Vec<String>,
    /// Facts about the principal, for row filters.
    #[schemars(default)]
    attributes: BTreeMap<String, AttributeEntry>,
}

#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Group", deny_unknown_fields)]
struct GroupEntry {
    #[schemars(length(min = 1, max = 128), regex(pattern = r"^[a-z0-9_.@-]+$"))]
    name: String,
    #[schemars(default)]
    description: String,
}

#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Attribute")]
#[serde(untagged)]
enum AttributeEntry {
    Boolean(bool),
    Integer(i64),
    Text(String),
    Texts(Vec<String>),
}

/// `governance/cases/*.yaml`: what the policies are meant to decide.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Cases")]
struct CasesFile(Vec<CaseEntry>);

#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Case", deny_unknown_fields)]
struct CaseEntry {
    /// A declared user or service.
    who: String,
    action: ActionEntry,
    /// `domain`, `domain.product`, `domain.product.port`, a column below that, or `system.…`.
    what: String,
    /// What the data is wanted for, as a client would declare it.
    #[schemars(default)]
    purpose: Option<String>,
    expected: ExpectedEntry,
    /// Exactly the columns of the port that are masked, wholly or in part.
    #[schemars(default)]
    masked: Option<Vec<String>>,
    /// Whether the reader sees all rows, or a row filter hides some.
    #[schemars(default)]
    rows: Option<RowsEntry>,
    /// Why it should be so, in a sentence; shown when it is not.
    because: String,
}

#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Action")]
#[serde(rename_all = "snake_case")]
enum ActionEntry {
    Discover,
    Read,
    Unmask,
    SeeAllRows,
}

#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Rows")]
#[serde(rename_all = "lowercase")]
enum RowsEntry {
    All,
    Some,
}

#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Expected")]
#[serde(rename_all = "lowercase")]
enum ExpectedEntry {
    Allow,
    Deny,
}

#[cfg(test)]
mod tests {
    use weft_model::Action;

    use super::*;

    fn keys(schema: &serde_json::Value) -> Vec<String> {
        schema["properties"].as_object().unwrap().keys().cloned().collect()
    }

    #[test]
    fn schema_and_reader_know_the_same_keys() {
        let principals = schema("principals").unwrap();
        assert_eq!(keys(&principals), crate::principals::FILE_KEYS);
        assert_eq!(keys(&principals["$defs"]["Principal"]), crate::principals::PRINCIPAL_KEYS);
        assert_eq!(keys(&principals["$defs"]["Group"]), crate::principals::GROUP_KEYS);
        let case = schema("case").unwrap();
        assert_eq!(keys(&case["$defs"]["Case"]), crate::cases::CASE_KEYS);
        assert_eq!(case["$defs"]["Case"]["required"].as_array().unwrap().len(), 5);
        let actions = case["$defs"]["Action"]["enum"].as_array().unwrap();
        assert_eq!(actions.iter().map(|a| a.as_str().unwrap()).collect::<Vec<_>>(), Action::ALL.map(Action::as_str));
    }

    #[test]
    fn every_kind_has_a_schema_and_no_other_has() {
        assert!(SCHEMA_KINDS.iter().all(|kind| schema(kind).is_some()));
        assert!(schema("product").is_none());
    }
}
