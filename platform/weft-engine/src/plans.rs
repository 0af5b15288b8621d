//! Plans of queries that were asked before, for whoever asks the same again.
//!
//! A plan is known under everything that it depends on: the text, who asks and what for, the policies, and what is
//! published. It is used again only once every decision that led to it has been taken anew and is the same; whatever
//! depends on the moment is planned each time.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use datafusion::common::tree_node::{TreeNode, TreeNodeRecursion};
use datafusion::datasource::TableType;
use datafusion::execution::SessionState;
use datafusion::logical_expr::{Expr, LogicalPlan, Volatility};
use moka::sync::Cache;
use weft_governance::Decision;
use weft_model::{Action, PortRef, Principal, Published};

use crate::barrier::Seal;
use crate::namespace::Namespace;
use crate::read::Read;
use crate::session::Description;

/// So many plans are known at most.
const PLANS_MAX: u64 = 512;
/// Longer texts are planned each time.
const TEXT_MAX: usize = 16 << 10;

/// So many operators on each other are shallow.
const SHALLOW: usize = 24;

/// Under what a plan is looked up.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Key {
    pub(crate) sql: String,
    pub(crate) principal: Principal,
    pub(crate) purpose: Option<String>,
}

/// A query up to its physical plan, which has a state of its own and is made each time.
pub(crate) struct Prepared {
    pub(crate) state: SessionState,
    /// As it stands in the text.
    pub(crate) asked: LogicalPlan,
    /// Optimised, where nothing is left open.
    pub(crate) optimised: Option<LogicalPlan>,
    /// Whether it is so shallow that any thread can plan it to its end.
    pub(crate) is_shallow: bool,
    /// How many parameters it has.
    pub(crate) parameters: usize,
    pub(crate) explained: bool,
    pub(crate) description: Description,
    /// Where its tables note what is read of them.
    pub(crate) read: Read,
    /// What every barrier in it carries.
    pub(crate) seal: Seal,
    pub(crate) basis: Basis,
}

/// What a plan was made upon.
pub(crate) struct Basis {
    pub(crate) published: Arc<Published>,
    pub(crate) policy_epoch: u64,
    pub(crate) decided: Vec<(Action, PortRef, Decision)>,
    /// Feature services that it names, each with the number of the release that says what they are.
    pub(crate) services: BTreeSet<(PortRef, u64)>,
    /// Uploaded tables that it reads, by name, the id of each.
    pub(crate) uploads: BTreeMap<String, String>,
    /// Whether it reads what is made for one query alone.
    pub(crate) is_fleeting: bool,
}

/// The plans that are known.
#[derive(Debug)]
pub(crate) struct KnownPlans(Cache<Key, Arc<Prepared>>);

impl Default for KnownPlans {
    fn default() -> Self {
        KnownPlans(Cache::new(PLANS_MAX))
    }
}

impl KnownPlans {
    /// Whether there is a plan, whether or not it still stands.
    pub(crate) fn holds(&self, key: &Key) -> bool {
        self.0.contains_key(key)
    }

    /// The plan of the same query, if it would be the same now. Its decisions are taken and noted again.
    pub(crate) fn get(&self, key: &Key, namespace: &Namespace) -> Option<Arc<Prepared>> {
        let found = self.0.get(key).filter(|known| namespace.stands(&known.basis));
        let outcome = if found.is_some() { "hit" } else { "miss" };
        metrics::counter!("weft_known_plans_total", "outcome" => outcome).increment(1);
        found
    }

    /// Notes a plan for the next time, unless it holds for this time alone.
    pub(crate) fn note(&self, key: Key, prepared: &Arc<Prepared>) {
        let holds = !prepared.basis.is_fleeting && !prepared.explained && key.sql.len() <= TEXT_MAX;
        if holds && is_timeless(&prepared.asked) {
            self.0.insert(key, Arc::clone(prepared));
        }
    }
}

impl std::fmt::Debug for Prepared {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Prepared").field("description", &self.description).finish_non_exhaustive()
    }
}

/// Whether operators do not stand deep on each other, in `plan` and in its expressions. What lies below a view is deep.
pub(crate) fn is_shallow(plan: &LogicalPlan) -> bool {
    is_shallow_below(plan, 0)
}

/// As [`is_shallow`], for a plan on which so many operators stand.
fn is_shallow_below(plan: &LogicalPlan, above: usize) -> bool {
    let is_view = matches!(plan, LogicalPlan::TableScan(scan) if scan.source.table_type() == TableType::View);
    above <= SHALLOW
        && !is_view
        && plan.expressions().iter().all(|expr| is_shallow_within(expr, above))
        && plan.inputs().into_iter().all(|input| is_shallow_below(input, above + 1))
}

fn is_shallow_within(expr: &Expr, above: usize) -> bool {
    if above > SHALLOW || matches!(expr, Expr::ScalarSubquery(_) | Expr::InSubquery(_) | Expr::Exists(_)) {
        return false;
    }
    let mut shallow = true;
    let looked = expr.apply_children(|part| {
        shallow = is_shallow_within(part, above + 1);
        Ok(if shallow { TreeNodeRecursion::Continue } else { TreeNodeRecursion::Stop })
    });
    looked.is_ok() && shallow
}

/// Whether nothing in the plan depends on when it is asked, or is drawn by lot.
fn is_timeless(plan: &LogicalPlan) -> bool {
    let mut timeless = true;
    let looked = plan.apply_with_subqueries(|node| {
        node.apply_expressions(|expr| {
            expr.apply(|part| {
                let volatility = match part {
                    Expr::ScalarFunction(function) => function.func.signature().volatility,
                    Expr::AggregateFunction(function) => function.func.signature().volatility,
                    _ => Volatility::Immutable,
                };
                timeless &= volatility == Volatility::Immutable;
                Ok(if timeless { TreeNodeRecursion::Continue } else { TreeNodeRecursion::Stop })
            })
        })
    });
    looked.is_ok() && timeless
}
