//! Rolling back: a product serves an earlier release again, by a release of its own. No table is written.

mod error;
mod target;

use std::collections::BTreeSet;
use std::sync::atomic::Ordering;

use futures::{StreamExt, TryStreamExt, stream};
use weft_manifest::compatibility::line;
use weft_model::{DataProduct, Declared, ProductRef, Release, RolledBack, Transform};

use crate::consumers::Consumers;
use crate::controller::Controller;
use crate::fingerprint::inputs_of;
use crate::held::digest;
use crate::retire::archived;
use crate::review::Reviewer;
use crate::{Known, ReconcileError};

pub use error::{Break, RollBackError};

/// How many release objects are asked for at the same time.
const ASKED_AT_A_TIME: usize = 32;

/// What is asked of a roll-back.
#[derive(Clone, Debug)]
pub struct RollBack {
    pub product: ProductRef,
    /// Number of the release to serve again; without one, the last that served something else.
    pub to: Option<u64>,
    /// Who asks, as policies write it.
    pub by: String,
    pub reason: String,
    /// Whether it may break who reads the product today.
    pub accepts_breaking: bool,
}

impl Controller {
    /// Serves an earlier release of a product again, from one instant on, and gives the release by which it does.
    ///
    /// Waits until a revision that is being carried out is done. Whoever [follows](Self::follow) revisions carries
    /// out the present one once more afterwards, so that what reads the product is made of what it serves now.
    /// The product itself stays as it is until a commit changes it. Not to be dropped half-way: what was written and
    /// not served yet is taken up by the next start.
    ///
    /// # Errors
    ///
    /// If there is no such release, or it may not or cannot be served again; nothing has changed then.
    pub async fn roll_back(&self, wanted: RollBack) -> Result<Release, RollBackError> {
        let _alone = self.alone().await?;
        let product = &wanted.product;
        let number = self.next_number(product).await?;
        let published = self.parts.catalog.published();
        let served = published.releases.get(product).ok_or_else(|| RollBackError::NotServed(product.clone()))?;
        let history = self.parts.catalog.releases(product).await.map_err(ReconcileError::from)?;
        let target = target::find(served, &history, wanted.to)?;

        let declared = self.declared_now(product).await;
        target::ensure_not_retired(target, served, &history, declared.as_ref())?;
        self.ensure_readable(target)?;
        self.ensure_complete(target).await?;
        if !wanted.accepts_breaking {
            self.ensure_breaks_nobody(served, target).await?;
        }
        let at = self.parts.clock.now();
        let held = target::holds(target, &history).then(|| match (&declared, &served.rolled_back) {
            (Some(declared), _) => digest(declared),
            (None, Some(RolledBack { held: Some(held), .. })) => held.clone(),
            (None, _) => digest(&served.product),
        });
        let back = RolledBack { to: target.number, from: served.number, by: wanted.by, reason: wanted.reason, held };
        let release = Release {
            number,
            revision: target.revision.clone(),
            plan: target.plan.clone(),
            at,
            rolled_back: Some(back),
            product: target.product.clone(),
            // Whose the product is stays as it is.
            domain: served.domain.clone(),
            archived: archived(served, |port| !target.ports.contains_key(port), at),
            ports: target.ports.clone(),
        };
        self.publish(release.clone()).await?;
        tracing::info!(%product, number, to = target.number, "a product was rolled back");
        metrics::counter!("weft_roll_backs_total").increment(1);
        self.was_rolled_back.store(true, Ordering::SeqCst);
        self.pushed().notify_one();
        Ok(release)
    }

    /// Serves roll-backs that were written and not served yet when a process died.
    pub(crate) async fn take_up_roll_backs(&self) -> Result<(), ReconcileError> {
        let published = self.parts.catalog.published();
        let asked = published.releases.keys().cloned().map(|product| async move {
            let number = self.parts.catalog.next_release_number(&product).await?;
            Ok::<_, ReconcileError>(self.parts.warehouse.release(&product, number).await?)
        });
        let found: Vec<Option<Release>> = stream::iter(asked).buffer_unordered(ASKED_AT_A_TIME).try_collect().await?;
        let found = found.into_iter().flatten().filter(|release| release.rolled_back.is_some());
        for release in found {
            tracing::info!(product = %release.product.name, number = release.number, "a roll-back is taken up");
            self.parts.catalog.publish(vec![release]).await?;
        }
        Ok(())
    }

    /// The product as the revision that was applied last declares it; `None` where it has errors there, or that
    /// revision cannot be read just now.
    async fn declared_now(&self, product: &ProductRef) -> Option<DataProduct> {
        let revision = self.parts.catalog.published().revision.clone()?;
        match self.tree(&revision).await {
            Ok(tree) => {
                let (declared, _) = weft_manifest::read(&tree, self.parts.clock.now().date_naive());
                declared.product(product).cloned()
            }
            Err(error) => {
                tracing::warn!(%revision, %error, "a product is rolled back without a look at its manifest");
                None
            }
        }
    }

    /// Refuses a release with a view of something that is not there any more.
    fn ensure_readable(&self, target: &Release) -> Result<(), RollBackError> {
        let published = self.parts.catalog.published();
        let views = target.product.outputs.iter().filter(|output| matches!(output.transform, Transform::View { .. }));
        for output in views {
            if let Some(input) = inputs_of(&target.product, output).find(|input| published.port(input).is_none()) {
                let (port, input) = (output.name.clone(), input.clone());
                return Err(RollBackError::ReadsNothing { number: target.number, port, input });
            }
        }
        Ok(())
    }

    /// Refuses a release of which some table cannot be read whole any more.
    async fn ensure_complete(&self, target: &Release) -> Result<(), RollBackError> {
        for (port, table) in &target.ports {
            let (Some(location), Some(version)) = (&table.location, table.table_version) else { continue };
            if let Some(lost) = self.parts.warehouse.lost(location, version).await.map_err(ReconcileError::from)? {
                return Err(RollBackError::Incomplete { number: target.number, port: port.clone(), lost });
            }
        }
        Ok(())
    }

    /// Refuses a release whose contracts would break who reads what is served.
    async fn ensure_breaks_nobody(&self, served: &Release, target: &Release) -> Result<(), RollBackError> {
        let catalog = &self.parts.catalog;
        let known = Known::of_readers(catalog, self.parts.clock.now()).await.map_err(ReconcileError::from)?;
        // Whoever reads it now, reads it as it is published.
        let mut nothing = Declared::empty(served.revision.clone());
        nothing.broken.extend(known.published.releases.keys().cloned());
        let changed = BTreeSet::from([&served.product.name]);
        let consumers = Consumers::of(&nothing, &known, &changed);
        let reviewer = Reviewer { consumers: &consumers, history: &[], today: known.now.date_naive() };
        let outputs = target.product.outputs.iter();
        let changes = outputs.filter_map(|output| reviewer.review(served, &target.product, output));
        let gone = served.product.outputs.iter().filter(|output| target.product.output(&output.name).is_none());
        let gone = gone.filter_map(|output| reviewer.removal(served, output, &[]));
        let breaks = changes.chain(gone).flat_map(|review| review.changes).filter(|found| found.change.breaks());
        let breaks: Vec<Break> =
            breaks.map(|found| Break { change: line(&found.change, true), readers: found.consumers }).collect();
        match breaks.is_empty() {
            true => Ok(()),
            false => Err(RollBackError::Breaks { number: target.number, breaks }),
        }
    }
}
