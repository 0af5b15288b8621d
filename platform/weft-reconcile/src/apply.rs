//! Carrying out a plan: product by product, inputs first.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Instant;

use arrow::datatypes::SchemaRef;
use parking_lot::Mutex;
use weft_catalog::CheckRecord;
use weft_model::{
    Code, DataProduct, Declared, Diagnostic, Domain, InputRelease, OutputPort, PortName, PortRef, PortRelease,
    ProductRef, Published, Release,
};
use weft_storage::arrow_schema;

use crate::beside::targets_first;
use crate::build::{Order, Unbuilt};
use crate::caught::caught;
use crate::controller::Controller;
use crate::fingerprint::inputs_of;
use crate::report::{Outcome, OutcomeStatus};
use crate::retire::archived;
use crate::{Change, Known, Plan, ReconcileError, Step};

/// What applying a plan came to.
#[derive(Debug, Default)]
pub(crate) struct Applied {
    pub(crate) outcomes: Vec<Outcome>,
    pub(crate) checks: Vec<CheckRecord>,
    /// What was met on the way and stopped nothing.
    pub(crate) warnings: Vec<Diagnostic>,
}

impl Controller {
    /// Does the steps of `plan`, which was made of what is `known`. One product's failure stops only those that read it.
    ///
    /// # Errors
    ///
    /// Only if the catalog or the store cannot be written any more.
    pub(crate) async fn apply(
        &self,
        plan: &Plan,
        declared: &Declared,
        known: &Known,
    ) -> Result<Applied, ReconcileError> {
        let mut applied = Applied::default();
        let mut failed: BTreeSet<PortRef> = BTreeSet::new();
        let plan_id = plan.id();
        for product in &declared.products {
            let steps: Vec<&Step> = steps_of(plan, &product.name).collect();
            if steps.is_empty() {
                continue;
            }
            let Some(domain) = declared.domains.get(&product.name.domain) else { continue };
            let outcomes = self
                .apply_product(
                    (plan, &plan_id, declared, known),
                    product,
                    domain,
                    &steps,
                    &failed,
                    (&mut applied.checks, &mut applied.warnings),
                )
                .await?;
            failed.extend(
                outcomes.iter().filter(|o| o.status != OutcomeStatus::Applied).map(|outcome| outcome.port.clone()),
            );
            applied.outcomes.extend(outcomes);
        }
        applied.outcomes.extend(self.retire_products(plan, declared).await?);
        if !plan.in_order.is_empty() {
            self.parts.catalog.set_looked_at(&plan.in_order, known.now).await?;
        }
        Ok(applied)
    }

    /// Builds what changes of a product and releases it, or leaves it as it was.
    async fn apply_product(
        &self,
        (plan, plan_id, declared, known): (&Plan, &str, &Declared, &Known),
        product: &DataProduct,
        domain: &Domain,
        steps: &[&Step],
        failed: &BTreeSet<PortRef>,
        (checks, warnings): (&mut Vec<CheckRecord>, &mut Vec<Diagnostic>),
    ) -> Result<Vec<Outcome>, ReconcileError> {
        let published = self.parts.catalog.published();
        let number = self.next_number(&product.name).await?;
        let mut outcomes = Vec::new();
        let mut ports = carried_over(product, steps, &published);
        for step in targets_first(product, steps) {
            self.parts.progress.started(&step.port, step.change.as_str());
            let began = Instant::now();
            let (Some(output), Some(fingerprint)) = (product.output(&step.port.port), &step.fingerprint) else {
                outcomes.push(outcome(step, OutcomeStatus::Applied, began));
                continue;
            };
            let missing = inputs_of(product, output)
                .find(|input| failed.contains(input) || self.parts.catalog.published().port(input).is_none());
            let before = published.releases.get(&product.name);
            let adopted = before.and_then(|release| release.table_made_from(fingerprint));
            let adopted = adopted.or_else(|| ports.values().find(|port| port.fingerprint == *fingerprint)).cloned();
            let built = match (missing, adopted) {
                (Some(input), _) => Err(Unbuilt {
                    code: Code::INPUT_BROKEN,
                    message: format!("waits for `{input}`, which did not come about"),
                    refused: false,
                }),
                // The same table under another name, or under the same one and described anew.
                (None, Some(table)) => Ok(table),
                (None, None) => {
                    let order = Order {
                        revision: &plan.revision,
                        plan: plan_id,
                        release: number,
                        at: known.now,
                        domain,
                        environments: &declared.environments,
                        product,
                        output,
                        fingerprint,
                        goes_on: before
                            .and_then(|release| release.ports.get(&output.name))
                            .filter(|_| matches!(step.change, Change::Evolve | Change::Increment))
                            .map(|served| (step.change, served)),
                        inputs: inputs_now(product, output, &self.parts.catalog.published()),
                        input_schemas: schemas_of(product, &self.parts.catalog.published()),
                        listing: known.sources.get(&step.port),
                        warnings: Mutex::default(),
                    };
                    let (built, made) = caught(self.build(&order, &ports)).await;
                    checks.extend(made);
                    warnings.append(&mut order.warnings.lock());
                    built
                }
            };
            let told = match built {
                Ok(port) => {
                    let mut done = outcome(step, OutcomeStatus::Applied, began);
                    (done.rows, done.table_version) = (port.rows, port.table_version);
                    ports.insert(step.port.port.clone(), port);
                    done
                }
                Err(unbuilt) => {
                    let waits = missing.is_some();
                    let status = match (unbuilt.refused, waits) {
                        (true, _) => OutcomeStatus::Refused,
                        (false, true) => OutcomeStatus::Skipped,
                        (false, false) => OutcomeStatus::Failed,
                    };
                    let mut told = outcome(step, status, began);
                    (told.code, told.message) = (Some(unbuilt.code), Some(unbuilt.message));
                    told
                }
            };
            self.parts.progress.ended(&step.port, &told);
            outcomes.push(told);
        }
        if outcomes.iter().any(|outcome| outcome.status != OutcomeStatus::Applied) {
            hold_back(&mut outcomes);
            return Ok(outcomes);
        }
        let at = self.parts.clock.now();
        // Not `published`: a release that was left behind may have come since.
        let served = self.parts.catalog.published();
        let before = served.releases.get(&product.name);
        let gone = |port: &PortName| !ports.contains_key(port);
        let release = Release {
            number,
            revision: plan.revision.clone(),
            plan: plan_id.to_owned(),
            at,
            product: product.clone(),
            domain: domain.clone(),
            rolled_back: None,
            archived: before.map(|before| archived(before, gone, at)).unwrap_or_default(),
            ports,
        };
        self.publish(release).await?;
        Ok(outcomes)
    }
}

fn steps_of<'a>(plan: &'a Plan, product: &'a ProductRef) -> impl Iterator<Item = &'a Step> {
    plan.steps.iter().filter(move |step| step.port.domain == product.domain && step.port.product == product.product)
}

/// What the port's query reads, as it is released.
pub(crate) fn inputs_now(
    product: &DataProduct,
    output: &OutputPort,
    published: &Published,
) -> BTreeMap<PortRef, InputRelease> {
    inputs_of(product, output)
        .filter_map(|port| {
            let (release, table) = published.port(port)?;
            let (location, table_version) = (table.location.clone(), table.table_version);
            Some((port.clone(), InputRelease { release: release.number, location, table_version }))
        })
        .collect()
}

/// The columns of the product's inputs, as they are released.
pub(crate) fn schemas_of(product: &DataProduct, published: &Published) -> BTreeMap<PortRef, SchemaRef> {
    let ports = product.inputs.iter().map(|input| &input.port);
    let offered =
        |port: &PortRef| Some(arrow_schema(&published.port(port)?.0.product.output(&port.port)?.contract.columns));
    ports.filter_map(|port| Some((port.clone(), offered(port)?))).collect()
}

/// The ports of the product that stay as they are released.
fn carried_over(product: &DataProduct, steps: &[&Step], published: &Published) -> BTreeMap<PortName, PortRelease> {
    let Some(before) = published.releases.get(&product.name) else { return BTreeMap::new() };
    before
        .ports
        .iter()
        .filter(|(name, _)| product.output(name).is_some())
        .filter(|(name, _)| !steps.iter().any(|step| step.port.port == **name))
        .map(|(name, port)| (name.clone(), port.clone()))
        .collect()
}

/// A product is released whole or not at all, so its other ports did not come about either.
fn hold_back(outcomes: &mut [Outcome]) {
    let held = "held back: another port of the product did not come about";
    for outcome in outcomes.iter_mut().filter(|outcome| outcome.status == OutcomeStatus::Applied) {
        outcome.status = OutcomeStatus::Skipped;
        outcome.code = Some(Code::INPUT_BROKEN);
        outcome.message = Some(held.to_owned());
    }
}

pub(crate) fn outcome(step: &Step, status: OutcomeStatus, began: Instant) -> Outcome {
    Outcome {
        port: step.port.clone(),
        change: step.change.as_str(),
        status,
        code: None,
        message: None,
        rows: None,
        table_version: None,
        elapsed: began.elapsed(),
    }
}
