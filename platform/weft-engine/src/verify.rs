//! Refuses a physical plan that reads storage outside a barrier.
//!
//! The second half of a pair: the namespace hands out only governed tables, and this checks the
//! finished plan for whatever slipped past it.

use std::sync::Arc;

use datafusion::datasource::memory::MemorySourceConfig;
use datafusion::datasource::source::DataSourceExec;
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::filter::FilterExec;

use crate::QueryError;
use crate::barrier::{Below, Seal, SecurityBarrierExec};

/// Leaves that hold no stored rows: constants, and numbers made on the fly.
const HARMLESS_LEAVES: [&str; 4] = ["EmptyExec", "PlaceholderRowExec", "LazyMemoryExec", "WorkTableExec"];

/// What may stand between a table's barrier and its storage.
const BELOW_A_TABLE: [&str; 6] =
    ["DataSourceExec", "RepartitionExec", "CooperativeExec", "FilterExec", "ProjectionExec", "GlobalLimitExec"];

/// Lets a plan pass only if every leaf that reads storage has a barrier with this seal above it.
pub(crate) fn ensure_governed(plan: &Arc<dyn ExecutionPlan>, seal: &Seal) -> Result<(), QueryError> {
    let mut open = vec![plan];
    while let Some(node) = open.pop() {
        if let Some(barrier) = node.downcast_ref::<SecurityBarrierExec>() {
            if barrier.seal() != seal {
                return Err(refused(node.name(), "has another principal's seal"));
            }
            ensure_condition(barrier)?;
            match barrier.below() {
                Below::View => open.push(barrier.input()),
                Below::Table => ensure_plain(barrier)?,
            }
        } else if node.children().is_empty() && !is_harmless(node.as_ref()) {
            return Err(refused(node.name(), "reads storage outside governance"));
        } else {
            open.extend(node.children());
        }
    }
    Ok(())
}

/// Lets a plan pass only if none of its leaves reads storage.
pub(crate) fn ensure_storeless(plan: &Arc<dyn ExecutionPlan>) -> Result<(), QueryError> {
    let mut open = vec![plan];
    while let Some(node) = open.pop() {
        if node.children().is_empty() && !is_harmless(node.as_ref()) {
            return Err(refused(node.name(), "reads storage where there is none"));
        }
        open.extend(node.children());
    }
    Ok(())
}

/// Where rows are hidden, the filter that hides them stands directly below the barrier.
fn ensure_condition(barrier: &SecurityBarrierExec) -> Result<(), QueryError> {
    let Some(condition) = barrier.condition() else { return Ok(()) };
    match barrier.input().downcast_ref::<FilterExec>() {
        Some(filter) if filter.predicate() == condition => Ok(()),
        _ => Err(refused(barrier.name(), "lost the condition on its rows")),
    }
}

/// Below a table's barrier stand only nodes that the table's own scan puts there.
fn ensure_plain(barrier: &SecurityBarrierExec) -> Result<(), QueryError> {
    let mut open = vec![barrier.input()];
    while let Some(node) = open.pop() {
        if !BELOW_A_TABLE.contains(&node.name()) && !is_harmless(node.as_ref()) {
            return Err(refused(node.name(), "stands below a table's barrier"));
        }
        open.extend(node.children());
    }
    Ok(())
}

fn is_harmless(node: &dyn ExecutionPlan) -> bool {
    let constants = node
        .downcast_ref::<DataSourceExec>()
        .is_some_and(|scan| scan.data_source().downcast_ref::<MemorySourceConfig>().is_some());
    constants || HARMLESS_LEAVES.contains(&node.name())
}

fn refused(node: &str, what: &str) -> QueryError {
    tracing::error!(node, what, "a plan was refused");
    metrics::counter!("weft_barrier_refusals_total").increment(1);
    QueryError::Internal { invariant: format!("plan node `{node}` {what}") }
}

#[cfg(test)]
mod tests {
    use arrow::datatypes::Schema;
    use datafusion::datasource::listing::PartitionedFile;
    use datafusion::datasource::physical_plan::{FileScanConfigBuilder, ParquetSource};
    use datafusion::execution::object_store::ObjectStoreUrl;
    use datafusion::physical_plan::coalesce_partitions::CoalescePartitionsExec;

    use super::*;

    fn storage_leaf() -> Arc<dyn ExecutionPlan> {
        let source = Arc::new(ParquetSource::new(Arc::new(Schema::empty())));
        let config = FileScanConfigBuilder::new(ObjectStoreUrl::local_filesystem(), source)
            .with_file(PartitionedFile::new("secret.parquet", 1))
            .build();
        DataSourceExec::from_data_source(config)
    }

    fn seal(subject: &str) -> Seal {
        Seal { subject: subject.to_owned(), purpose: None, policy_epoch: 1 }
    }

    fn barrier(below: Below, input: Arc<dyn ExecutionPlan>) -> Arc<dyn ExecutionPlan> {
        Arc::new(SecurityBarrierExec::open("a.b.c".to_owned(), seal("user:ana"), below, Vec::new(), input).unwrap())
    }

    #[test]
    fn storage_without_a_barrier_is_refused() {
        let plan: Arc<dyn ExecutionPlan> = Arc::new(CoalescePartitionsExec::new(storage_leaf()));
        assert!(ensure_governed(&plan, &seal("user:ana")).is_err());
        assert!(ensure_storeless(&plan).is_err());
    }

    #[test]
    fn storage_below_a_barrier_passes_for_its_own_principal_only() {
        let plan = barrier(Below::Table, storage_leaf());
        assert!(ensure_governed(&plan, &seal("user:ana")).is_ok());
        assert!(ensure_governed(&plan, &seal("user:omar")).is_err());
        assert!(ensure_governed(&plan, &Seal { policy_epoch: 2, ..seal("user:ana") }).is_err());
        let purpose = Some("modelling".to_owned());
        assert!(ensure_governed(&plan, &Seal { purpose, ..seal("user:ana") }).is_err());
    }

    #[test]
    fn a_views_barrier_does_not_cover_storage() {
        assert!(ensure_governed(&barrier(Below::View, storage_leaf()), &seal("user:ana")).is_err());
        let nested = barrier(Below::View, barrier(Below::Table, storage_leaf()));
        assert!(ensure_governed(&nested, &seal("user:ana")).is_ok());
    }

    #[test]
    fn what_a_scan_does_not_make_may_not_stand_below_a_tables_barrier() {
        let odd: Arc<dyn ExecutionPlan> = Arc::new(CoalescePartitionsExec::new(storage_leaf()));
        assert!(ensure_governed(&barrier(Below::Table, odd), &seal("user:ana")).is_err());
    }
}
