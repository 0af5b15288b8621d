//! Starting again: what a process that died, or a catalog that was lost, left behind.

use crate::ReconcileError;
use crate::check::policies;
use crate::controller::Controller;
use crate::known::Kept;

impl Controller {
    /// Takes the warehouse over from whoever wrote it before, makes the catalog whole again and puts the last
    /// policies in force. To be called once, before doors open.
    ///
    /// A catalog without releases is filled from the release objects in the warehouse, and roll-backs that were
    /// written and not served yet are served. Where the
    /// last applied revision can still be read, its policies are put in force, so that a newer
    /// revision with broken rules does not leave the mesh closed.
    ///
    /// # Errors
    ///
    /// If the store or the catalog cannot be used.
    pub async fn recover(&self) -> Result<(), ReconcileError> {
        self.take_over().await?;
        self.put_last_in_force().await
    }

    /// The same but for the policies: for a node that serves already and takes the lead.
    pub(crate) async fn take_over(&self) -> Result<(), ReconcileError> {
        // First, so that nobody else's release comes after what is read here.
        let fence = self.parts.warehouse.take_next_fence().await?;
        metrics::gauge!("weft_leads").set(1);
        tracing::info!(fence, "the warehouse is taken over");
        let ended = self.parts.catalog.end_interrupted_runs().await?;
        if ended > 0 {
            tracing::warn!(runs = ended, "runs that a process left unfinished are marked as failed");
        }
        if self.parts.catalog.is_empty().await? {
            let releases = self.parts.warehouse.releases().await?;
            if !releases.is_empty() {
                tracing::warn!(releases = releases.len(), "the catalog is rebuilt from release objects");
                self.parts.catalog.restore(releases).await?;
            }
        }
        self.take_up_roll_backs().await
    }

    /// Puts the policies of the revision in force that was applied last, where it can be read.
    pub(crate) async fn put_last_in_force(&self) -> Result<(), ReconcileError> {
        let published = self.parts.catalog.published();
        let Some(last) = published.revision.clone() else { return Ok(()) };
        match self.tree(&last).await {
            Ok(tree) => {
                let kept = Kept::in_catalog(&self.parts.catalog).await?;
                // The queries of that revision need no second look: only its rules are put in force.
                let (mut declared, _) = weft_manifest::read(&tree, self.parts.clock.now().date_naive());
                declared.hold_back(&published);
                let (rules, _) = weft_governance::read(&tree);
                let (_, snapshot, _) = policies(rules, &tree, &declared, &published, &kept);
                if let Some(snapshot) = snapshot {
                    self.parts.policies.replace(snapshot);
                }
            }
            Err(error) => tracing::warn!(revision = %last, %error, "the last applied revision cannot be read"),
        }
        Ok(())
    }
}
