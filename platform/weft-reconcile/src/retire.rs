//! Retirement: what is no longer declared is served no more, and its last release says what is left of it.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Instant;

use chrono::{DateTime, Utc};
use weft_manifest::compatibility::retention;
use weft_model::{ArchivedPort, Declared, PortName, PortRelease, ProductRef, Release};

use crate::apply::outcome;
use crate::controller::Controller;
use crate::report::{Outcome, OutcomeStatus};
use crate::{Change, Plan, ReconcileError, Step};

impl Controller {
    /// Stops serving products of which nothing is declared any more. Each ends with a tombstone, a
    /// release like any other: the object first, then the flip.
    pub(crate) async fn retire_products(
        &self,
        plan: &Plan,
        declared: &Declared,
    ) -> Result<Vec<Outcome>, ReconcileError> {
        let mut outcomes = Vec::new();
        let retired: Vec<&Step> = plan
            .steps
            .iter()
            .filter(|step| step.change == Change::Retire && declared.product(&step.port.product_ref()).is_none())
            .collect();
        let products: BTreeSet<ProductRef> = retired.iter().map(|step| step.port.product_ref()).collect();
        for product in products {
            let number = self.next_number(&product).await?;
            // A tombstone that was left behind has ended the product by now.
            let Some(last) = self.parts.catalog.published().releases.get(&product).cloned() else { continue };
            let at = self.parts.clock.now();
            let tombstone = Release {
                number,
                revision: plan.revision.clone(),
                plan: plan.id(),
                at,
                domain: declared.domains.get(&product.domain).cloned().unwrap_or_else(|| last.domain.clone()),
                rolled_back: None,
                ports: BTreeMap::new(),
                archived: archived(&last, |_| true, at),
                product: last.product,
            };
            self.publish(tombstone).await?;
        }
        for step in retired {
            let done = outcome(step, OutcomeStatus::Applied, Instant::now());
            self.parts.progress.ended(&step.port, &done);
            outcomes.push(done);
        }
        Ok(outcomes)
    }
}

/// What is left at `at` of the ports of `last` that are `gone`.
pub(crate) fn archived(
    last: &Release,
    gone: impl Fn(&PortName) -> bool,
    at: DateTime<Utc>,
) -> BTreeMap<PortName, ArchivedPort> {
    let ports = last.ports.iter().filter(|(name, _)| gone(name));
    let archived = ports.filter_map(|(name, table)| {
        let port = ArchivedPort {
            table: table.clone(),
            contract_version: last.product.output(name)?.contract.key.version.clone(),
            kept_until: kept_until(last, name, table, at),
        };
        Some((name.clone(), port))
    });
    archived.collect()
}

/// Until when the port's data stay at least if it is served no more from `at` on. `None` for ever, and
/// where it has none.
pub(crate) fn kept_until(
    last: &Release,
    name: &PortName,
    table: &PortRelease,
    at: DateTime<Utc>,
) -> Option<DateTime<Utc>> {
    table.table_version?;
    at.checked_add_signed(retention(&last.product.output(name)?.contract.document)?)
}
