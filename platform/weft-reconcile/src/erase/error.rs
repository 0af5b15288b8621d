//! Why nothing was erased.

use weft_engine::QueryError;
use weft_model::{Code, PortName, PortRef};

use crate::ReconcileError;
use crate::build::Unbuilt;

/// Why nothing was erased.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EraseError {
    #[error("`{port}` is not served")]
    NotServed { port: PortRef },

    #[error("`{port}` is a view, which holds no rows: erase them in what it reads ({reads})")]
    View { port: PortRef, reads: String },

    /// Two names of one table at different versions: without the rows of the one the other cannot be read.
    #[error(
        "`{other}` is served from version {version} of the same table, of which files would go: change its contract or \
         transform first, so that it gets a table of its own"
    )]
    Shared { other: PortName, version: u64 },

    /// Holds no value of a row.
    #[error("the condition cannot be asked of `{port}`: {problem}")]
    Condition { port: PortRef, problem: String },

    /// The table stays as it is, such as where the contract would not hold without the rows.
    #[error("{message}")]
    Unbuilt { code: Code, message: String },

    #[error(transparent)]
    Trouble(#[from] ReconcileError),
}

impl EraseError {
    /// The stable code.
    pub fn code(&self) -> Code {
        match self {
            EraseError::NotServed { .. } => Code::NOT_FOUND,
            EraseError::View { .. } | EraseError::Shared { .. } | EraseError::Condition { .. } => Code::ERASURE_INVALID,
            EraseError::Unbuilt { code, .. } => *code,
            EraseError::Trouble(error) => error.code(),
        }
    }

    /// What is told of a condition over the rows of `port`.
    pub(super) fn of_condition(port: &PortRef, error: &QueryError) -> Self {
        match error.code() {
            code @ (Code::INTERNAL | Code::STORE_UNAVAILABLE | Code::QUERY_MEMORY) => {
                tracing::warn!(%port, %error, "rows that are to be erased were not found");
                EraseError::Unbuilt { code, message: error.to_string() }
            }
            _ => EraseError::Condition { port: port.clone(), problem: error.to_string() },
        }
    }
}

impl From<Unbuilt> for EraseError {
    fn from(unbuilt: Unbuilt) -> Self {
        EraseError::Unbuilt { code: unbuilt.code, message: unbuilt.message }
    }
}
