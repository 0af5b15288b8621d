//! Queries whose joins do not fit into memory run once more, with joins that spill.
//!
//! A hash join holds one side of its rows as a whole and cannot move it to disk. Where that is more than the query may
//! hold, and no row went out yet, the query is planned again with joins that sort both sides: they take longer, and
//! whatever their rows are, there is room for them.

use std::fmt;
use std::sync::Arc;

use datafusion::error::DataFusionError;
use datafusion::execution::{SendableRecordBatchStream, SessionState};
use datafusion::logical_expr::LogicalPlan;
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::joins::HashJoinExec;
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use futures::{StreamExt, TryStreamExt, stream};

use crate::Redacted;
use crate::barrier::Seal;
use crate::session::Planned;
use crate::{Limits, QueryError, statement, verify};

/// Rows of a batch: of each run that was spilled, merging holds two.
const BATCH_ROWS: usize = 4_096;

/// What it takes to plan a query again.
pub(crate) struct Again {
    state: SessionState,
    optimised: LogicalPlan,
    seal: Seal,
}

impl fmt::Debug for Again {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Again").finish_non_exhaustive()
    }
}

impl Again {
    /// For a query that was planned as `plan`; nothing where no join in it could be of another kind.
    pub(crate) fn of(
        plan: &Arc<dyn ExecutionPlan>,
        state: &SessionState,
        optimised: &LogicalPlan,
        seal: &Seal,
    ) -> Option<Self> {
        // On one thread, which is for few rows, joins are always of the same kind.
        let could_spill = state.config().target_partitions() > 1 && has_hash_join(plan);
        let of = || Again { state: state.clone(), optimised: optimised.clone(), seal: seal.clone() };
        could_spill.then(of)
    }

    /// The same query with joins that spill.
    pub(crate) async fn planned(self, limits: &Limits) -> Result<Planned, QueryError> {
        let Again { mut state, optimised, seal } = self;
        let config = state.config().clone();
        let rows = config.batch_size().min(BATCH_ROWS);
        *state.config_mut() = config.with_batch_size(rows).set_bool("datafusion.optimizer.prefer_hash_join", false);
        let plan = statement::physical_of(&state, &optimised, limits).await?;
        verify::ensure_governed(&plan, &seal)?;
        Ok(Planned { plan, settings: state.config().clone(), again: None })
    }
}

fn has_hash_join(plan: &Arc<dyn ExecutionPlan>) -> bool {
    plan.is::<HashJoinExec>() || plan.children().into_iter().any(has_hash_join)
}

/// The same rows, or those of `again` where there is too little memory for the first of them.
pub(crate) fn or_again(
    mut rows: SendableRecordBatchStream,
    again: impl Future<Output = Result<SendableRecordBatchStream, QueryError>> + Send + 'static,
) -> SendableRecordBatchStream {
    let schema = rows.schema();
    let begun = async move {
        match rows.next().await {
            Some(Err(error)) if matches!(error.find_root(), DataFusionError::ResourcesExhausted(_)) => {
                drop(rows);
                metrics::counter!("weft_queries_again_total").increment(1);
                tracing::info!(error = %Redacted(&error), "a query runs again, with joins that spill");
                again.await.map_err(DataFusionError::from)
            }
            first => {
                let schema = rows.schema();
                let rows = stream::iter(first).chain(rows);
                Ok(Box::pin(RecordBatchStreamAdapter::new(schema, rows)) as SendableRecordBatchStream)
            }
        }
    };
    Box::pin(RecordBatchStreamAdapter::new(schema, stream::once(begun).try_flatten()))
}
