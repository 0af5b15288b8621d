//! What texts in the place of those in force would do to access.

use std::collections::BTreeMap;

use weft_governance::{AccessEffect, Authorizer};
use weft_model::{Code, ManifestTree, Revision};

use super::AccessState;
use crate::{Controller, Known, ReconcileError};

/// What would change.
#[derive(Debug)]
pub struct Simulated {
    /// The revision over which the texts were laid.
    pub revision: Revision,
    pub effects: Vec<AccessEffect>,
}

/// Why it is not known what would change.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SimulateError {
    #[error("`{path}` is not the path of a manifest or rule: they lie below `products/` and `governance/`")]
    Path { path: String },
    #[error("with these files the rules would be refused; `weft validate` and `weft policy test` tell why")]
    Refused,
    #[error("no policies are in force yet")]
    Nothing,
    #[error(transparent)]
    Trouble(#[from] ReconcileError),
}

impl SimulateError {
    /// The stable code.
    pub fn code(&self) -> Code {
        match self {
            SimulateError::Path { .. } => Code::REQUEST_INVALID,
            SimulateError::Refused => Code::POLICY_ROW,
            SimulateError::Nothing => Code::NOT_READY,
            SimulateError::Trouble(trouble) => trouble.code(),
        }
    }
}

impl Controller {
    /// Who would gain and who would lose what, if `files` took the place of those of the revision in force (`None`: if
    /// one were gone). Changes nothing, plans no query and runs no test.
    ///
    /// # Errors
    ///
    /// If a path is none of a mesh's, the rules would be refused, or the revision in force cannot be read.
    pub async fn simulate(&self, files: BTreeMap<String, Option<String>>) -> Result<Simulated, SimulateError> {
        if let Some(path) = files.keys().find(|path| !is_of_mesh(path)) {
            return Err(SimulateError::Path { path: path.clone() });
        }
        let _permit = self.simulating.acquire().await.map_err(|_| ReconcileError::Task)?;
        let policies = self.parts.policies.current();
        if policies.epoch() == 0 {
            return Err(SimulateError::Nothing);
        }
        let revision = policies.policy_revision().clone();
        let tree = self.tree(&revision).await?;
        let known = Known::in_catalog(&self.parts.catalog, &tree, self.parts.clock.now());
        let known = known.await.map_err(ReconcileError::from)?;
        let effects = tokio::task::spawn_blocking(move || {
            let before = AccessState::served(&tree, &known)?;
            let after = laid_over(&tree, files);
            let after = AccessState::declared(&after, &known).0?;
            Some(before.effects(&after, known.now))
        });
        let effects = effects.await.map_err(|_| ReconcileError::Task)?;
        Ok(Simulated { revision, effects: effects.ok_or(SimulateError::Refused)? })
    }
}

fn is_of_mesh(path: &str) -> bool {
    let is_below = ["products/", "governance/"].iter().any(|folder| path.starts_with(folder)) || path == "mesh.yaml";
    is_below && path.split('/').all(|part| !matches!(part, "" | "." | ".."))
}

fn laid_over(tree: &ManifestTree, files: BTreeMap<String, Option<String>>) -> ManifestTree {
    tree.clone().with_texts(files)
}
