//! What runs came to, through one principal's eyes.

use weft_model::{Code, ProductRef, Severity};

use super::{CatalogView, HISTORY_MAX, unknown};
use crate::error::CatalogError;
use crate::run::{Run, RunStatus, RunStep, StepStatus};
use crate::runs;
use crate::sight::Reading;
use crate::views::{Part, RunView};

/// How many runs are read at a time while looking for those that may be seen.
const RUNS_AT_A_TIME: i64 = 100;

/// How the codes of problems in rows begin; their texts hold numbers of rows.
const DATA_CODES: &str = "W06";

/// How the step is called that ends a port.
const RETIRE: &str = "retire";

impl CatalogView {
    /// The newest runs, newest first.
    pub async fn runs(&self) -> Result<Vec<RunView>, CatalogError> {
        let mut transaction = self.catalog.store().read().await?;
        let newest = runs::newest(&mut transaction, None, HISTORY_MAX).await?;
        Ok(newest.into_iter().filter_map(|run| self.run_view(run)).collect())
    }

    /// At most `limit` (at least one) runs that began before the run `after`, newest first; from
    /// the newest on without `after`, and none after a run that is unknown or not seen.
    pub async fn runs_after(&self, after: Option<&str>, limit: usize) -> Result<Part<RunView>, CatalogError> {
        let limit = limit.max(1);
        let mut transaction = self.catalog.store().read().await?;
        let mut before = None;
        if let Some(id) = after {
            let run = runs::find(&mut transaction, id).await?;
            match run.and_then(|run| self.run_view(run)) {
                Some(run) => before = Some((run.started_at, run.id)),
                None => return Ok(Part { items: Vec::new(), next: None }),
            }
        }
        let mut items: Vec<RunView> = Vec::new();
        loop {
            let batch = runs::newest(&mut transaction, before.as_ref(), RUNS_AT_A_TIME).await?;
            let Some(last) = batch.last() else { return Ok(Part { items, next: None }) };
            before = Some((last.started_at, last.id.clone()));
            for run in batch.into_iter().filter_map(|run| self.run_view(run)) {
                if items.len() == limit {
                    let next = items.last().map(|run| run.id.clone());
                    return Ok(Part { items, next });
                }
                items.push(run);
            }
        }
    }

    /// The run of that id.
    ///
    /// # Errors
    ///
    /// [`CatalogError::NotFound`] where it is unknown or nothing of it is seen, or trouble with
    /// the database.
    pub async fn run(&self, id: &str) -> Result<RunView, CatalogError> {
        let mut transaction = self.catalog.store().read().await?;
        let run = runs::find(&mut transaction, id).await?;
        run.and_then(|run| self.run_view(run)).ok_or_else(|| unknown("run", id))
    }

    pub(super) fn run_view(&self, mut run: Run) -> Option<RunView> {
        let whole = self.sight.mesh_runs();
        let is_told = |step: &RunStep| step.change == RETIRE && self.is_told_of_ends(&step.port.domain, None);
        run.steps.retain(|step| self.sees_port(&step.port) || is_told(step));
        run.diagnostics.retain(|diagnostic| match &diagnostic.product {
            Some(product) => self.sight.product_itself(product) && (whole || self.shows_every_column(product)),
            None => whole,
        });
        if !whole && run.steps.is_empty() && run.diagnostics.is_empty() {
            return None;
        }
        for step in &mut run.steps {
            let reading = self.reading(&step.port);
            step.rows = step.rows.filter(|_| reading.every_row);
            let knows_others = whole || self.knows_inputs(&step.port.product_ref());
            step.message = step.message.take().map(|message| told(message, &reading, whole, knows_others));
        }
        for diagnostic in &mut run.diagnostics {
            let is_told = whole || diagnostic.product.as_ref().is_some_and(|product| self.knows_inputs(product));
            if !is_told && names_others(&diagnostic.code) {
                (diagnostic.message, diagnostic.help) = (diagnostic.code.clone(), None);
            }
        }
        Some(RunView {
            status: if whole { run.status } else { status_of_seen(&run) },
            plan: run.plan.filter(|_| whole),
            author: run.author.filter(|_| whole),
            committed_at: run.committed_at.filter(|_| whole),
            signature: run.signature.filter(|_| whole),
            id: run.id,
            revision: run.revision,
            started_at: run.started_at,
            ended_at: run.ended_at,
            diagnostics: run.diagnostics,
            steps: run.steps,
        })
    }

    /// Whether every port that the product is made from may be discovered: what went wrong with it may
    /// name them.
    fn knows_inputs(&self, product: &ProductRef) -> bool {
        let served = self.published.releases.get(product);
        served.is_some_and(|release| release.product.inputs.iter().all(|input| self.sees_port(&input.port)))
    }

    /// Whether no column of the product's ports is hidden: problems in its files name columns.
    fn shows_every_column(&self, product: &ProductRef) -> bool {
        let served = self.published.releases.get(product);
        let mut ports = served.into_iter().flat_map(|release| release.ports.keys()).map(|port| product.port(port));
        ports.all(|port| self.reading(&port).shows_every_column())
    }
}

/// A step's message as far as `reading` allows: its code alone where the words may tell of rows,
/// columns or other products' ports that are not for this principal.
fn told(message: String, reading: &Reading, oversees: bool, knows_others: bool) -> String {
    let code = message.split(' ').next().unwrap_or_default();
    let tells_of_rows = code.starts_with(DATA_CODES);
    let allows = reading.is_whole() || (oversees && !tells_of_rows);
    if allows && (knows_others || !names_others(code)) { message } else { code.to_owned() }
}

/// Whether the words of a problem with this code may name ports of other products.
fn names_others(code: &str) -> bool {
    const CODES: [Code; 11] = [
        Code::TABLE_UNKNOWN,
        Code::SQL_INVALID,
        Code::SQL_INPUT_UNDECLARED,
        Code::ACCESS_DENIED,
        Code::POLICY_CASE_FAILED,
        Code::RESTRICTION_TARGET,
        Code::RESTRICTION_TYPE,
        Code::SERVICE_RESTRICTED,
        Code::INPUT_UNKNOWN,
        Code::PRODUCT_CYCLE,
        Code::INPUT_BROKEN,
    ];
    CODES.iter().any(|known| known.as_str() == code)
}

/// How a run came out for someone who sees only these of its steps and diagnostics: the run's own
/// status would tell of the others.
fn status_of_seen(run: &Run) -> RunStatus {
    if run.ended_at.is_none() {
        return RunStatus::Running;
    }
    let well = |step: &RunStep| step.status == StepStatus::Succeeded;
    let errors = run.diagnostics.iter().any(|diagnostic| diagnostic.severity == Severity::Error);
    match (errors || !run.steps.iter().all(well), run.steps.iter().any(well)) {
        (false, _) => RunStatus::Succeeded,
        (true, true) => RunStatus::Partial,
        (true, false) => RunStatus::Failed,
    }
}
