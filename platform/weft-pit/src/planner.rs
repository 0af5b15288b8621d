//! From the logical node to the operator.

use std::sync::Arc;

use async_trait::async_trait;
use datafusion::catalog::Session;
use datafusion::common::{DFSchema, Result};
use datafusion::logical_expr::physical_planning_context::PhysicalPlanningContext;
use datafusion::logical_expr::{Expr, LogicalPlan, UserDefinedLogicalNode, UserDefinedLogicalNodeCore};
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_planner::{ExtensionPlanner, PhysicalPlanner};

use crate::exec::{Matching, PitJoinExec};
use crate::node::PitJoinNode;

/// Plans a [`PitJoinNode`] as a [`PitJoinExec`].
#[derive(Clone, Copy, Debug, Default)]
pub struct PitPlanner;

#[async_trait]
impl ExtensionPlanner for PitPlanner {
    async fn plan_extension(
        &self,
        planner: &dyn PhysicalPlanner,
        node: &dyn UserDefinedLogicalNode,
        _: &[&LogicalPlan],
        inputs: &[Arc<dyn ExecutionPlan>],
        session: &dyn Session,
        context: &PhysicalPlanningContext,
    ) -> Result<Option<Arc<dyn ExecutionPlan>>> {
        let (Some(node), [frame, history]) = (node.as_any().downcast_ref::<PitJoinNode>(), inputs) else {
            return Ok(None);
        };
        let physical = |expr: &Expr, schema: &DFSchema| planner.create_physical_expr(expr, schema, session, context);
        let (of_frame, of_history) = (node.frame.schema(), node.history.schema());
        let keys: Result<Vec<_>> =
            node.keys.iter().map(|(one, other)| Ok((physical(one, of_frame)?, physical(other, of_history)?))).collect();
        let matching = Matching {
            keys: keys?,
            frame_time: physical(&node.frame_time, of_frame)?,
            history_time: physical(&node.history_time, of_history)?,
            created: node.created.as_ref().map(|created| physical(created, of_history)).transpose()?,
            by_knowledge: node.by_knowledge,
            strictly: node.strictly,
            ttl: node.ttl,
        };
        let schema = Arc::clone(UserDefinedLogicalNodeCore::schema(node).inner());
        Ok(Some(Arc::new(PitJoinExec::new(Arc::clone(frame), Arc::clone(history), matching, schema)?)))
    }
}
