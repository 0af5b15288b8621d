//! Who stands behind a contract and who may use it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::bitol::{AuthoritativeDefinition, CustomProperty, StableId, TeamMember};
use crate::form::yaml::{Node, Value};
use crate::form::{FromNode, Reader};

record! {
    /// Who works on the contract.
    pub struct Team as "team" {
        id: Option<StableId>,
        name: Option<String>,
        description: Option<String>,
        members: Option<Vec<TeamMember>>,
        tags: Option<Vec<String>>,
        custom_properties: Option<Vec<CustomProperty>>,
        authoritative_definitions: Option<Vec<AuthoritativeDefinition>>,
    }
}

/// A team, or its members alone as contracts before 3.1 wrote them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum TeamOrMembers {
    Team(Box<Team>),
    Members(Vec<TeamMember>),
}

impl FromNode for TeamOrMembers {
    const WORD: &'static str = "an object or a list";

    fn from_node(node: &Node, reader: &mut Reader<'_>) -> Option<Self> {
        match &node.value {
            Value::Object(_) => Box::<Team>::from_node(node, reader).map(TeamOrMembers::Team),
            Value::List(_) => Vec::<TeamMember>::from_node(node, reader).map(TeamOrMembers::Members),
            _ => {
                reader.wrong_type(node, Self::WORD);
                None
            }
        }
    }
}

record! {
    /// A role that may be granted, and who approves it.
    pub struct Role as "role" {
        id: Option<StableId>,
        role: String,
        description: Option<String>,
        access: Option<String>,
        first_level_approvers: Option<String>,
        second_level_approvers: Option<String>,
        custom_properties: Option<Vec<CustomProperty>>,
    }
}

record! {
    /// Where to ask for help.
    pub struct SupportItem as "support channel" {
        id: Option<StableId>,
        channel: String,
        url: Option<String>,
        description: Option<String>,
        tool: Option<String>,
        scope: Option<String>,
        invitation_url: Option<String>,
        custom_properties: Option<Vec<CustomProperty>>,
    }
}
