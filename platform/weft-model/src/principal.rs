//! Who asks, and what for.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// Whether a principal is a person or a program.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum PrincipalKind {
    User,
    Service,
}

/// A fact about a principal, as verified by whoever signed its credentials.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(untagged)]
pub enum AttributeValue {
    Boolean(bool),
    Integer(i64),
    Text(String),
    Texts(BTreeSet<String>),
}

/// Someone or something that has proved who it is.
///
/// Built from verified credentials, or by the platform for a transform's service; nothing in a
/// request's payload contributes to it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Principal {
    pub kind: PrincipalKind,
    pub name: String,
    #[serde(default)]
    pub groups: BTreeSet<String>,
    #[serde(default)]
    pub attributes: BTreeMap<String, AttributeValue>,
}

impl Principal {
    /// The subject as policies write it: `user:ana`, `service:punctuality-jobs`.
    pub fn subject(&self) -> String {
        match self.kind {
            PrincipalKind::User => format!("user:{}", self.name),
            PrincipalKind::Service => format!("service:{}", self.name),
        }
    }
}

impl fmt::Display for Principal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)
    }
}

/// What a principal wants to do to an object. Policies name them in `snake_case`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Action {
    /// Know that the object exists: name, description, contract.
    Discover,
    /// See its rows.
    Read,
    /// See masked columns in clear.
    Unmask,
    /// See the rows that a row filter hides.
    SeeAllRows,
    /// Ask why others may, or may not, see it.
    Explain,
    /// Ask for all of it at once in an emergency, for an hour at most.
    BreakGlass,
}

impl Action {
    /// Every action, in the order in which a matrix shows them.
    pub const ALL: [Action; 6] =
        [Action::Discover, Action::Read, Action::Unmask, Action::SeeAllRows, Action::Explain, Action::BreakGlass];

    /// The word that policies use.
    pub fn as_str(self) -> &'static str {
        match self {
            Action::Discover => "discover",
            Action::Read => "read",
            Action::Unmask => "unmask",
            Action::SeeAllRows => "see_all_rows",
            Action::Explain => "explain",
            Action::BreakGlass => "break_glass",
        }
    }
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Action {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        Action::ALL.into_iter().find(|action| action.as_str() == text).ok_or(())
    }
}
