//! The JSON Schema of a file of standards.
#![allow(dead_code, reason = "the types are read by the schema generator only")]

use schemars::JsonSchema;
use serde::Serialize;

/// `governance/standards/*.yaml`: what the mesh asks of its manifests. A file may hold any of the
/// sections, and several files may state one rule, each for manifests of its own.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Standards", deny_unknown_fields)]
pub(crate) struct StandardsFile {
    #[schemars(default)]
    naming: Option<NamingSection>,
    #[schemars(default)]
    ownership: Option<OwnershipSection>,
    #[schemars(default)]
    classification: Option<ClassificationSection>,
    #[schemars(default)]
    freshness: Option<FreshnessSection>,
    #[schemars(default)]
    documentation: Option<DocumentationSection>,
}

/// What things are called.
#[derive(Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
struct NamingSection {
    #[schemars(default)]
    domains: Option<DomainNameRule>,
    /// By the folder of each.
    #[schemars(default)]
    products: Option<NameRule>,
    /// Output ports.
    #[schemars(default)]
    ports: Option<NameRule>,
    #[schemars(default)]
    tables: Option<NameRule>,
    /// Columns and what lies within them.
    #[schemars(default)]
    columns: Option<NameRule>,
}

/// Who answers for what.
#[derive(Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
struct OwnershipSection {
    /// A domain's owner is a group of `governance/principals.yaml`.
    #[schemars(default)]
    owner: Option<DomainRule>,
    /// A domain names stewards.
    #[schemars(default)]
    stewards: Option<DomainCountRule>,
    /// A domain names a contact.
    #[schemars(default)]
    contact: Option<ContactRule>,
    /// A product names people of its team.
    #[schemars(default)]
    team: Option<CountRule>,
    /// A product names support channels.
    #[schemars(default)]
    support: Option<CountRule>,
    /// Each role of a contract names who grants it.
    #[schemars(default)]
    approvers: Option<ApproversRule>,
}

/// How sensitive columns are.
#[derive(Serialize, JsonSchema)]
#[schemars(deny_unknown_fields, rename_all = "camelCase")]
struct ClassificationSection {
    /// Each classification is one of these words.
    #[schemars(default)]
    vocabulary: Option<VocabularyRule>,
    /// A column whose name looks like personal data has a classification.
    #[schemars(default)]
    personal: Option<PersonalRule>,
    /// Every column has a classification.
    #[schemars(default)]
    every_column: Option<Rule>,
}

/// Service levels that every contract states, and how long they may be.
#[derive(Serialize, JsonSchema)]
#[schemars(deny_unknown_fields, rename_all = "camelCase")]
struct FreshnessSection {
    /// How far data may lag; `freshness` in a contract counts as latency.
    #[schemars(default)]
    latency: Option<LengthRule>,
    #[schemars(default)]
    frequency: Option<LengthRule>,
    #[schemars(default)]
    retention: Option<LengthRule>,
    #[schemars(default)]
    time_to_detect: Option<LengthRule>,
    #[schemars(default)]
    time_to_notify: Option<LengthRule>,
    #[schemars(default)]
    time_to_repair: Option<LengthRule>,
}

/// Words that explain what there is.
#[derive(Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
struct DocumentationSection {
    #[schemars(default)]
    domains: Option<DomainTextRule>,
    #[schemars(default)]
    ports: Option<TextRule>,
    #[schemars(default)]
    tables: Option<TextRule>,
    #[schemars(default)]
    columns: Option<TextRule>,
    /// What the data are for, in products and contracts.
    #[schemars(default)]
    purpose: Option<TextRule>,
    #[schemars(default)]
    usage: Option<TextRule>,
    #[schemars(default)]
    limitations: Option<TextRule>,
}

/// How bad it is to break a rule: an error holds the product back.
#[derive(Serialize, JsonSchema)]
#[schemars(rename_all = "lowercase")]
enum Severity {
    Error,
    Warning,
    Info,
    /// The rule is not applied.
    Off,
}

#[derive(Serialize, JsonSchema)]
#[schemars(rename_all = "lowercase")]
enum Status {
    Proposed,
    Draft,
    Active,
    Deprecated,
    Retired,
}

/// Declares a rule: its own parameters, and what every rule may say.
macro_rules! rule {
    ($name:ident { $($(#[$meta:meta])* $field:ident: $type:ty,)* }) => {
        rule!($name with {
            /// The only statuses of products and contracts that the rule is for.
            #[schemars(default)]
            statuses: Vec<Status>,
            $($(#[$meta])* $field: $type,)*
        });
    };
    ($name:ident with { $($(#[$meta:meta])* $field:ident: $type:ty,)* }) => {
        #[derive(Serialize, JsonSchema)]
        #[schemars(deny_unknown_fields, rename_all = "camelCase")]
        struct $name {
            severity: Severity,
            /// The only domains that the rule is for.
            #[schemars(default)]
            domains: Vec<String>,
            /// Why, in a sentence; shown where the rule is broken.
            #[schemars(default)]
            because: Option<String>,
            $($(#[$meta])* $field: $type,)*
        }
    };
}

rule!(Rule {});
rule!(DomainRule with {});
rule!(NameRule {
    /// A regular expression that the whole name matches.
    pattern: String,
    /// In characters.
    #[schemars(default, range(min = 1))]
    length_max: Option<u64>,
});
rule!(DomainNameRule with {
    /// A regular expression that the whole name matches.
    pattern: String,
    /// In characters.
    #[schemars(default, range(min = 1))]
    length_max: Option<u64>,
});
rule!(CountRule {
    /// How many there must be; 1 where it is left out.
    #[schemars(default, range(min = 1))]
    least: Option<u64>,
});
rule!(DomainCountRule with {
    /// How many there must be; 1 where it is left out.
    #[schemars(default, range(min = 1))]
    least: Option<u64>,
});
rule!(ContactRule with {
    /// A regular expression that the whole contact matches.
    #[schemars(default)]
    pattern: Option<String>,
});
rule!(ApproversRule {
    /// 1 asks for first-level approvers, 2 for those of the second level too; 1 where it is left out.
    #[schemars(default, range(min = 1, max = 2))]
    levels: Option<u64>,
});
rule!(VocabularyRule {
    #[schemars(length(min = 1))]
    words: Vec<String>,
});
rule!(PersonalRule {
    /// Regular expressions, each for whole names that tell of a person besides those known everywhere.
    #[schemars(default)]
    names: Vec<String>,
});
rule!(LengthRule {
    /// A duration such as `P1D` or `PT4H`, or a number with a unit such as `36 h`.
    #[schemars(default)]
    min: Option<String>,
    /// As `min`.
    #[schemars(default)]
    max: Option<String>,
});
rule!(TextRule {
    /// In characters; 1 where it is left out.
    #[schemars(default, range(min = 1))]
    length_min: Option<u64>,
});
rule!(DomainTextRule with {
    /// In characters; 1 where it is left out.
    #[schemars(default, range(min = 1))]
    length_min: Option<u64>,
});
