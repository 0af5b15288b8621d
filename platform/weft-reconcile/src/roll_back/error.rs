//! Why a product was not rolled back.

use weft_model::{Code, PortName, PortRef, ProductRef};
use weft_storage::Lost;

use crate::{Consumer, ReconcileError};

/// Why a product was not rolled back. What it serves has not changed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RollBackError {
    #[error("`{0}` is not served")]
    NotServed(ProductRef),

    #[error("`{product}` has no release {number}")]
    NoRelease { product: ProductRef, number: u64 },

    #[error("release {number} ended `{product}` and serves nothing")]
    Tombstone { product: ProductRef, number: u64 },

    #[error("`{product}` serves what release {number} served already")]
    Served { product: ProductRef, number: u64 },

    #[error("`{product}` served nothing else before release {number}")]
    NothingBefore { product: ProductRef, number: u64 },

    /// What is retired is read by nobody: rules of today do not speak of it.
    #[error("release {number} serves `{port}`, which was retired since")]
    Retired { number: u64, port: PortName },

    #[error("the view `{port}` of release {number} reads `{input}`, which is not served any more")]
    ReadsNothing { number: u64, port: PortName, input: PortRef },

    #[error("the table of `{port}` is not complete any more as release {number} serves it: {lost}")]
    Incomplete { number: u64, port: PortName, lost: Lost },

    /// Allowed if whoever asks says so. Never empty.
    #[error("rolling back to release {number} breaks who reads the product today")]
    Breaks { number: u64, breaks: Vec<Break> },

    #[error(transparent)]
    Trouble(#[from] ReconcileError),
}

/// A difference between what is served and what would be that breaks readers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Break {
    /// As a plan writes it: `- lines.note string`.
    pub change: String,
    /// Those who read what is different; empty where nobody was seen to.
    pub readers: Vec<Consumer>,
}

impl RollBackError {
    /// The stable code.
    pub fn code(&self) -> Code {
        match self {
            RollBackError::NotServed(_) => Code::NOT_FOUND,
            RollBackError::NoRelease { .. }
            | RollBackError::Tombstone { .. }
            | RollBackError::Served { .. }
            | RollBackError::NothingBefore { .. }
            | RollBackError::Retired { .. }
            | RollBackError::ReadsNothing { .. } => Code::ROLL_BACK_TARGET,
            RollBackError::Incomplete { .. } => Code::RELEASE_INCOMPLETE,
            RollBackError::Breaks { .. } => Code::ROLL_BACK_BREAKING,
            RollBackError::Trouble(error) => error.code(),
        }
    }
}
