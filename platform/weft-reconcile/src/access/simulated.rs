//! What texts in the place of those in force would do to access.

use std::collections::BTreeMap;

use weft_governance::{AccessEffect, Authorizer};
use weft_model::{Code, Diagnostic, ManifestTree, Revision};

use super::AccessState;
use crate::{Controller, Known, Plan, ReconcileError, check, plan};

/// What would change.
#[derive(Debug)]
pub struct Simulated {
    /// The revision over which the texts were laid.
    pub revision: Revision,
    pub effects: Vec<AccessEffect>,
}

/// What texts would come to.
#[derive(Debug)]
pub struct PlannedOver {
    /// The revision over which they were laid.
    pub revision: Revision,
    /// Whether they would be refused as a whole.
    pub refused: bool,
    /// In the order in which people read them.
    pub diagnostics: Vec<Diagnostic>,
    pub plan: Plan,
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
        let _permit = self.simulating.acquire().await.map_err(|_| ReconcileError::Task)?;
        let (tree, known) = self.in_force(&files).await?;
        let revision = tree.revision.clone();
        let effects = tokio::task::spawn_blocking(move || {
            let before = AccessState::served(&tree, &known)?;
            let after = laid_over(&tree, files);
            let after = AccessState::declared(&after, &known).0?;
            Some(before.effects(&after, known.now))
        });
        let effects = effects.await.map_err(|_| ReconcileError::Task)?;
        Ok(Simulated { revision, effects: effects.ok_or(SimulateError::Refused)? })
    }

    /// What would be done, and who would gain and lose access, if `files` took the place of those of the revision in
    /// force: what `weft plan` would print of a commit with them. Changes nothing; runs unit tests of transforms.
    ///
    /// # Errors
    ///
    /// If a path is none of a mesh's, or the revision in force cannot be read.
    pub async fn plan_over(&self, files: BTreeMap<String, Option<String>>) -> Result<PlannedOver, SimulateError> {
        let _permit = self.simulating.acquire().await.map_err(|_| ReconcileError::Task)?;
        let (before, known) = self.in_force(&files).await?;
        let after = laid_over(&before, files);
        let checked = check(&after, &known).await;
        let plan = plan(&checked.declared, &known, &checked.reviews);
        let effects = match (AccessState::served(&before, &known), AccessState::of_checked(&checked, &known)) {
            (Some(before), Some(after)) => before.effects(&after, known.now),
            _ => Vec::new(),
        };
        let refused = checked.is_refused();
        Ok(PlannedOver { revision: before.revision, refused, diagnostics: checked.diagnostics, plan, effects })
    }

    /// One file of the revision whose rules are in force, and which that is; `None` where it holds no such text.
    ///
    /// # Errors
    ///
    /// If the revision cannot be read.
    pub async fn text_in_force(&self, path: &str) -> Result<Option<(Revision, String)>, ReconcileError> {
        let policies = self.parts.policies.current();
        if policies.epoch() == 0 || !is_of_mesh(path) {
            return Ok(None);
        }
        let tree = self.tree(policies.policy_revision()).await?;
        Ok(tree.text(path).map(|text| (tree.revision.clone(), text.to_string())))
    }

    /// The texts in force, and what is known beside them; `files` are to be laid over them.
    async fn in_force(&self, files: &BTreeMap<String, Option<String>>) -> Result<(ManifestTree, Known), SimulateError> {
        if let Some(path) = files.keys().find(|path| !is_of_mesh(path)) {
            return Err(SimulateError::Path { path: path.clone() });
        }
        let policies = self.parts.policies.current();
        if policies.epoch() == 0 {
            return Err(SimulateError::Nothing);
        }
        let tree = self.tree(policies.policy_revision()).await?;
        let known = Known::in_catalog(&self.parts.catalog, &tree, self.parts.clock.now());
        let known = known.await.map_err(ReconcileError::from)?;
        Ok((tree, known))
    }
}

fn is_of_mesh(path: &str) -> bool {
    let is_below = ["products/", "governance/"].iter().any(|folder| path.starts_with(folder)) || path == "mesh.yaml";
    is_below && path.split('/').all(|part| !matches!(part, "" | "." | ".."))
}

fn laid_over(tree: &ManifestTree, files: BTreeMap<String, Option<String>>) -> ManifestTree {
    tree.clone().with_texts(files)
}
