//! Trouble of the platform's own while reconciling.

use weft_catalog::CatalogError;
use weft_governance::PolicyError;
use weft_manifest::source::SourceError;
use weft_model::Code;
use weft_storage::StorageError;

/// Why a reconcile could not be carried out at all. Trouble with a manifest or one product's data
/// is not among these: it stands in the report.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReconcileError {
    #[error(transparent)]
    Source(#[from] SourceError),

    #[error(transparent)]
    Catalog(#[from] CatalogError),

    #[error(transparent)]
    Storage(#[from] StorageError),

    #[error("the policies cannot be put in force: {0}")]
    Policy(#[from] PolicyError),

    #[error("a background task ended without an answer")]
    Task,
}

impl ReconcileError {
    /// The stable code.
    pub fn code(&self) -> Code {
        match self {
            ReconcileError::Source(error) => error.code(),
            ReconcileError::Catalog(error) => error.code(),
            ReconcileError::Storage(error) => error.code(),
            ReconcileError::Policy(_) | ReconcileError::Task => Code::INTERNAL,
        }
    }
}
