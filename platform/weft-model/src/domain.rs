//! A team's part of the mesh.

use serde::{Deserialize, Serialize};

use crate::DomainName;

/// What `domain.yaml` says: who owns the domain and which service runs its transforms.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Domain {
    pub name: DomainName,
    pub description: String,
    /// A group of principals.
    pub owner: String,
    pub stewards: Vec<String>,
    /// Name of the service principal as which transforms run; without one they do not run.
    pub service: Option<String>,
    pub contact: Option<String>,
}
