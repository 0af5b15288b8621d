//! Carrying out a plan: product by product, inputs first.

use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroUsize;
use std::time::Instant;

use arrow::datatypes::SchemaRef;
use futures::StreamExt;
use futures::stream::FuturesUnordered;
use parking_lot::Mutex;
use weft_catalog::CheckRecord;
use weft_model::{
    Code, DataProduct, Declared, Diagnostic, Domain, InputRelease, OutputPort, PortName, PortRef, PortRelease,
    ProductRef, Published, Release,
};
use weft_storage::arrow_schema;

use crate::beside::{targets, targets_first};
use crate::build::{Order, Unbuilt};
use crate::caught::caught;
use crate::controller::Controller;
use crate::fingerprint::inputs_of;
use crate::report::{Outcome, OutcomeStatus};
use crate::retire::archived;
use crate::{Change, Known, Plan, ReconcileError, Step, lineage};

/// What applying a plan came to.
#[derive(Debug, Default)]
pub(crate) struct Applied {
    /// In the order of the plan.
    pub(crate) outcomes: Vec<Outcome>,
    pub(crate) checks: Vec<CheckRecord>,
    /// What was met on the way and stopped nothing.
    pub(crate) warnings: Vec<Diagnostic>,
}

/// What all products of one plan are built by.
#[derive(Clone, Copy)]
struct Round<'a> {
    plan: &'a Plan,
    plan_id: &'a str,
    declared: &'a Declared,
    known: &'a Known,
    /// How many products are built side by side at most.
    lanes: usize,
}

/// One product of which something changes.
struct Work<'a> {
    product: &'a DataProduct,
    domain: &'a Domain,
    steps: Vec<&'a Step>,
}

impl Controller {
    /// Does the steps of `plan`, which was made of what is `known`. One product's failure stops only those that read
    /// it. Products none of which reads another are built side by side, as many as there are cores.
    ///
    /// # Errors
    ///
    /// Only if the catalog or the store cannot be written any more.
    #[tracing::instrument(skip_all, fields(steps = plan.steps.len()))]
    pub(crate) async fn apply(
        &self,
        plan: &Plan,
        declared: &Declared,
        known: &Known,
    ) -> Result<Applied, ReconcileError> {
        let work = work_of(plan, declared);
        let cores = std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
        let (plan_id, lanes) = (plan.id(), cores.min(work.len()));
        let round = Round { plan, plan_id: &plan_id, declared, known, lanes };
        let mut failed: BTreeSet<PortRef> = BTreeSet::new();
        let mut begun = vec![false; work.len()];
        let mut built: Vec<Option<Applied>> = work.iter().map(|_| None).collect();
        let mut running = FuturesUnordered::new();
        loop {
            while running.len() < lanes
                && let Some(next) = ready(&work, &begun, &built)
            {
                if let (Some(begun), Some(work)) = (begun.get_mut(next), work.get(next)) {
                    *begun = true;
                    running.push(self.apply_product(round, next, work, failed.clone()));
                }
            }
            let Some(made) = running.next().await else { break };
            let (place, made) = made?;
            let missing = made.outcomes.iter().filter(|outcome| outcome.status != OutcomeStatus::Applied);
            failed.extend(missing.map(|outcome| outcome.port.clone()));
            if let Some(built) = built.get_mut(place) {
                *built = Some(made);
            }
        }
        let mut applied = Applied::default();
        for made in built.into_iter().flatten() {
            applied.outcomes.extend(made.outcomes);
            applied.checks.extend(made.checks);
            applied.warnings.extend(made.warnings);
        }
        applied.outcomes.extend(self.retire_products(plan, declared).await?);
        if !plan.in_order.is_empty() {
            self.parts.catalog.set_looked_at(&plan.in_order, known.now).await?;
        }
        Ok(applied)
    }

    /// Builds what changes of a product and releases it, or leaves it as it was. Gives its `place` back.
    async fn apply_product(
        &self,
        round: Round<'_>,
        place: usize,
        work: &Work<'_>,
        failed: BTreeSet<PortRef>,
    ) -> Result<(usize, Applied), ReconcileError> {
        let Round { plan, plan_id, declared, known, lanes } = round;
        let Work { product, domain, steps } = work;
        let (mut checks, mut warnings) = (Vec::new(), Vec::new());
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
                        is_promised: before.is_some_and(|release| keeps_contract(release, output)),
                        goes_on: before
                            .and_then(|release| release.ports.get(&output.name))
                            .filter(|_| matches!(step.change, Change::Evolve | Change::Increment))
                            .map(|served| (step.change, served)),
                        inputs: inputs_now(product, output, &self.parts.catalog.published()),
                        input_schemas: schemas_of(product, &self.parts.catalog.published()),
                        listing: known.sources.get(&step.port),
                        warnings: Mutex::default(),
                        lanes,
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
            return Ok((place, Applied { outcomes, checks, warnings }));
        }
        let schemas = schemas_of(product, &self.parts.catalog.published());
        for (output, lineage) in lineage::of_product(product, &schemas) {
            if let Some(port) = ports.get_mut(&output.name) {
                port.lineage = lineage;
            }
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
            product: DataProduct::clone(product),
            domain: Domain::clone(domain),
            rolled_back: None,
            archived: before.map(|before| archived(before, gone, at)).unwrap_or_default(),
            ports,
        };
        // One that was left behind by a run that broke off may be this very release: it is served by now.
        let left_behind = before.filter(|before| published.releases.get(&product.name) != Some(*before));
        if !left_behind.is_some_and(|before| before.repeats(&release)) {
            self.publish(release).await?;
        }
        Ok((place, Applied { outcomes, checks, warnings }))
    }
}

/// The products of which something changes, each after those that it reads.
fn work_of<'a>(plan: &'a Plan, declared: &'a Declared) -> Vec<Work<'a>> {
    let products = declared.products.iter().filter_map(|product| {
        let steps: Vec<&Step> = steps_of(plan, &product.name).collect();
        let domain = declared.domains.get(&product.name.domain)?;
        (!steps.is_empty()).then_some(Work { product, domain, steps })
    });
    products.collect()
}

/// The first product that is not begun, and that neither reads one that is not built yet nor refers by a foreign key to
/// one of those before it. Foreign keys may go round in a ring, so later ones are not waited for.
fn ready(work: &[Work<'_>], begun: &[bool], built: &[Option<Applied>]) -> Option<usize> {
    let unbuilt: BTreeMap<&ProductRef, usize> = work
        .iter()
        .zip(built)
        .enumerate()
        .filter(|(_, (_, built))| built.is_none())
        .map(|(place, (work, _))| (&work.product.name, place))
        .collect();
    let reads = |product: &DataProduct| product.inputs.iter().any(|i| unbuilt.contains_key(&i.port.product_ref()));
    let refers = |place: usize, product: &DataProduct| {
        targets(product).any(|target| unbuilt.get(&target.product_ref()).is_some_and(|other| *other < place))
    };
    let waits = |place: usize, product: &DataProduct| reads(product) || refers(place, product);
    let mut all = work.iter().zip(begun).enumerate();
    all.find(|(place, (work, begun))| !**begun && !waits(*place, work.product)).map(|(place, _)| place)
}

/// Whether the port is served under a contract that demands just what this one demands of rows.
fn keeps_contract(release: &Release, output: &OutputPort) -> bool {
    release.product.output(&output.name).is_some_and(|old| {
        let (old, new) = (&old.contract, &output.contract);
        old.columns == new.columns && old.checks == new.checks
    })
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan;
    use crate::plan::tests::{declared, product};

    #[test]
    fn products_that_read_none_that_is_unbuilt_are_ready_in_the_order_of_the_plan() {
        let declared = declared(vec![product("a", &[], "1"), product("b", &["a"], "1"), product("c", &[], "1")]);
        let plan = plan(&declared, &Known::nothing(), &[]);
        let work = work_of(&plan, &declared);
        let mut begun = vec![false; 3];
        let mut built: Vec<Option<Applied>> = vec![None, None, None];
        assert_eq!(ready(&work, &begun, &built), Some(0));
        begun[0] = true;
        assert_eq!(ready(&work, &begun, &built), Some(2), "`b` reads `a`, which is not built yet");
        begun[2] = true;
        assert_eq!(ready(&work, &begun, &built), None);
        built[0] = Some(Applied::default());
        assert_eq!(ready(&work, &begun, &built), Some(1));
    }
}
