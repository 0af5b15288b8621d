//! JSON Schemas of the files that this crate reads.
#![allow(dead_code, reason = "the types are read by the schema generator only")]

use std::collections::BTreeMap;

use schemars::{JsonSchema, SchemaGenerator, generate::SchemaSettings};
use serde::Serialize;

use crate::standards::StandardsFile;

/// The kinds of file that [`schema`] knows.
pub const SCHEMA_KINDS: &[&str] = &["principals", "case", "restrictions", "approvals", "declassifications", "standard"];

/// The JSON Schema (draft 2020-12) of a file kind; `None` for a kind of another crate.
pub fn schema(kind: &str) -> Option<serde_json::Value> {
    let generator: SchemaGenerator = SchemaSettings::draft2020_12().into_generator();
    match kind {
        "principals" => Some(generator.into_root_schema_for::<PrincipalsFile>().to_value()),
        "approvals" => Some(generator.into_root_schema_for::<ApprovalsFile>().to_value()),
        "restrictions" => Some(generator.into_root_schema_for::<RestrictionsFile>().to_value()),
        "declassifications" => Some(generator.into_root_schema_for::<DeclassificationsFile>().to_value()),
        "case" => Some(generator.into_root_schema_for::<CasesFile>().to_value()),
        "standard" => Some(generator.into_root_schema_for::<StandardsFile>().to_value()),
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
    /// Who this is in a few words: then one may sign in as them by choosing, where `weft up` serves the mesh without TLS
    /// on this machine alone. For users only.
    demo: Option<String>,
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
    Explain,
    BreakGlass,
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

/// `governance/approvals.yaml`: which requests for access are approved without anybody looking at them.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Approvals", deny_unknown_fields)]
#[serde(rename_all = "camelCase")]
struct ApprovalsFile {
    #[schemars(default)]
    auto_approve: Vec<ApprovalEntry>,
}

/// A request is approved if it is covered in every respect.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "ApprovalRule", deny_unknown_fields)]
#[serde(rename_all = "camelCase")]
struct ApprovalEntry {
    id: String,
    /// Every word on each column that is asked for is one of these, or lies under one.
    classifications: Vec<String>,
    /// The asker owns one of these domains, is its steward, or its service.
    domains: Vec<String>,
    purposes: Vec<String>,
    /// For so many days at most; 90 where nothing is said.
    #[schemars(default)]
    days_max: Option<u32>,
}

/// `governance/restrictions.yaml` and `products/<domain>/<product>/restrictions.yaml`: what is hidden or
/// masked unless an exemption is granted.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Restrictions", deny_unknown_fields)]
#[serde(rename_all = "camelCase")]
struct RestrictionsFile {
    /// Words that ask for no mask; in the mesh's file only.
    #[schemars(default)]
    clear: Vec<String>,
    #[schemars(default)]
    masks: Vec<MaskEntry>,
    #[schemars(default)]
    row_filters: Vec<RowFilterEntry>,
}

/// A mask, for columns that carry `tag` or for one column of a port.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "MaskRule", deny_unknown_fields)]
struct MaskEntry {
    id: String,
    #[schemars(default)]
    tag: Option<String>,
    #[schemars(default)]
    port: Option<String>,
    /// With points between for a part of a column; `[]` stands for elements, `{}` for a map's values.
    #[schemars(default)]
    column: Option<String>,
    mask: MaskEntryForm,
    #[schemars(default)]
    exempt: Option<ExemptEntry>,
}

#[derive(Serialize, JsonSchema)]
#[serde(untagged)]
enum MaskEntryForm {
    Word(MaskWord),
    Form(MaskMap),
}

#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum MaskWord {
    Null,
    PartialEmail,
    Hash,
}

#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum MaskMap {
    Constant(serde_json::Value),
    Hash(HashScope),
    Round(u64),
    Truncate(TruncateTo),
    Prefix(u32),
}

#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum HashScope {
    Product,
    Group,
    Mesh,
}

#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum TruncateTo {
    Year,
    Quarter,
    Month,
    Day,
}

#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum ExemptEntry {
    Unmask,
    SeeAllRows,
}

/// A condition on rows, for one port, or for ports that carry `tag` or lie in `domain`.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "RowFilter", deny_unknown_fields)]
struct RowFilterEntry {
    id: String,
    #[schemars(default)]
    port: Option<String>,
    #[schemars(default)]
    tag: Option<String>,
    #[schemars(default)]
    domain: Option<String>,
    /// True for the rows that are shown: `carrier = $principal.carrier AND NOT (cancelled = TRUE)`.
    when: String,
    #[schemars(default)]
    exempt: Option<ExemptEntry>,
}

/// `governance/declassifications.yaml`: columns that need not carry words of what they are made of.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Declassifications")]
struct DeclassificationsFile(Vec<DeclassificationEntry>);

#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Declassification", deny_unknown_fields)]
struct DeclassificationEntry {
    /// The derived column: `domain.product.port.column`.
    column: String,
    /// Classifications and tags that it need not carry, each with those beneath it.
    #[schemars(length(min = 1))]
    tags: Vec<String>,
    /// What the computation takes away, in a sentence.
    #[schemars(length(min = 1))]
    reason: String,
    /// A user who is a steward, or in the owner group, of the domains that the words come from.
    steward: String,
    /// The day on which it was decided: `YYYY-MM-DD`, not in the future.
    #[schemars(regex(pattern = r"^\d{4}-\d{2}-\d{2}$"))]
    on: String,
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
        let declassifications = schema("declassifications").unwrap();
        let known = crate::declassifications::DECLASSIFICATION_KEYS;
        assert_eq!(keys(&declassifications["$defs"]["Declassification"]), known);
        let case = schema("case").unwrap();
        assert_eq!(keys(&case["$defs"]["Case"]), crate::cases::CASE_KEYS);
        assert_eq!(case["$defs"]["Case"]["required"].as_array().unwrap().len(), 5);
        let approvals = schema("approvals").unwrap();
        assert_eq!(keys(&approvals), crate::approvals::FILE_KEYS);
        assert_eq!(keys(&approvals["$defs"]["ApprovalRule"]), crate::approvals::RULE_KEYS);
        let actions = case["$defs"]["Action"]["enum"].as_array().unwrap();
        assert_eq!(actions.iter().map(|a| a.as_str().unwrap()).collect::<Vec<_>>(), Action::ALL.map(Action::as_str));
    }

    #[test]
    fn the_schema_of_standards_and_their_reader_know_the_same_rules() {
        use crate::standards::{COMMON_KEYS, RULES, is_about_domains};

        let schema = schema("standard").unwrap();
        // A section or rule that may be left out is a choice of its definition and null.
        let definition = |property: &serde_json::Value| {
            let name = property["anyOf"][0]["$ref"].as_str().unwrap().rsplit('/').next().unwrap().to_owned();
            schema["$defs"][name].clone()
        };
        let sorted = |mut names: Vec<String>| {
            names.sort();
            names
        };
        assert_eq!(sorted(keys(&schema)), sorted(RULES.iter().map(|(section, _)| (*section).to_owned()).collect()));
        for (section, rules) in RULES {
            let of_section = definition(&schema["properties"][section]);
            assert_eq!(sorted(keys(&of_section)), sorted(rules.iter().map(|(rule, _)| (*rule).to_owned()).collect()));
            for (rule, parameters) in *rules {
                let common = COMMON_KEYS.iter().filter(|key| **key != "statuses" || !is_about_domains(section, rule));
                let known = common.chain(*parameters).map(|key| (*key).to_owned()).collect();
                assert_eq!(
                    sorted(keys(&definition(&of_section["properties"][rule]))),
                    sorted(known),
                    "{section}.{rule}"
                );
            }
        }
    }

    #[test]
    fn every_kind_has_a_schema_and_no_other_has() {
        assert!(SCHEMA_KINDS.iter().all(|kind| schema(kind).is_some()));
        assert!(schema("product").is_none());
    }
}
