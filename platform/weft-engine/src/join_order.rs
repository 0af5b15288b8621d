//! In which order tables are joined: the one in which the fewest rows are on the way.
//!
//! The optimiser joins in the order in which a query names its tables. Here the inner joins that lie on each other are
//! taken apart, with the semi and anti joins above them, and every order is weighed by the estimates of
//! [`Estimate`], as is which side of each is built. Where something is not known, the plan stays as it is.

use datafusion::common::NullEquality;
use datafusion::common::tree_node::{Transformed, TransformedResult, TreeNode, TreeNodeRecursion};
use datafusion::error::{DataFusionError, Result};
use datafusion::logical_expr::utils::{conjunction, split_conjunction_owned};
use datafusion::logical_expr::{Expr, Join, JoinConstraint, JoinType, LogicalPlan, LogicalPlanBuilder};

use crate::cardinality::{self, Estimate, shared};

mod fewer_groups;

/// So many tables at most: there are as many ways as pairs of sets of them.
const PARTS_MAX: usize = 10;
/// What a row costs that is put into the table of a join, which one thread makes, over one that is looked up there.
const BUILT: f64 = 3.0;

/// Some of the parts, by their places: tables first, keepers after.
type Set = u32;

/// A plan with its joins in the order that costs least.
pub(crate) struct Arranged {
    pub(crate) plan: LogicalPlan,
    /// Whether any were put together anew.
    pub(crate) is_new: bool,
    /// Whether the first side of each is the one to build.
    pub(crate) is_settled: bool,
}

/// The same plan, arranged.
pub(crate) fn arrange(plan: LogicalPlan) -> Result<Arranged> {
    let mut settled = 0;
    let arranged = arranged(plan, &mut settled)?;
    let mut joins = 0;
    arranged.data.apply_with_subqueries(|node| {
        joins += usize::from(matches!(node, LogicalPlan::Join(_)));
        Ok(TreeNodeRecursion::Continue)
    })?;
    Ok(Arranged { plan: arranged.data, is_new: arranged.transformed, is_settled: joins == settled })
}

/// The same plan; counts the joins of which the sides are settled.
fn arranged(plan: LogicalPlan, settled: &mut usize) -> Result<Transformed<LogicalPlan>> {
    let Some(written) = Graph::of(&plan) else {
        return plan.map_children(|child| arranged(child, settled));
    };
    let (graph, fewer) = written.with_fewer_groups()?;
    let Some(order) = graph.best_order() else {
        return plan.map_children(|child| arranged(child, settled));
    };
    if !fewer && order.is_as_written() {
        *settled += usize::from(matches!(plan, LogicalPlan::Join(_)));
        return plan.map_children(|child| arranged(child, settled));
    }
    let columns = plan.schema().columns();
    *settled += graph.tables.len() + graph.keepers.len() - 1;
    let (joined, _) = graph.arranged(settled)?.put_together(&order)?;
    let joined = LogicalPlanBuilder::from(joined).project(columns.into_iter().map(Expr::Column))?;
    joined.build().map(Transformed::yes)
}

/// What is joined, and on what.
#[derive(Default)]
struct Graph {
    tables: Vec<LogicalPlan>,
    keepers: Vec<Keeper>,
    equalities: Vec<(Expr, Expr)>,
    filters: Vec<Expr>,
}

/// A semi or an anti join: rows that only say which rows of the tables stay.
struct Keeper {
    plan: LogicalPlan,
    kind: JoinType,
    on: Vec<(Expr, Expr)>,
    filter: Option<Expr>,
}

/// A way to join some of the parts.
enum Order {
    Table(usize),
    /// The first is the smaller one.
    Joined(Box<Order>, Box<Order>),
    /// By that keeper, the rows of which are built where they are fewer.
    Kept(Box<Order>, usize, bool),
}

impl Order {
    /// Whether it is the only join there is, with its sides as they are in the text.
    fn is_as_written(&self) -> bool {
        match self {
            Order::Table(_) => true,
            Order::Joined(one, other) => matches!((one.as_ref(), other.as_ref()), (Order::Table(0), Order::Table(1))),
            Order::Kept(inner, keeper, is_built) => *keeper == 0 && !is_built && matches!(**inner, Order::Table(0)),
        }
    }
}

impl Graph {
    /// The joins on top of `plan`, if there are any that can be arranged.
    fn of(plan: &LogicalPlan) -> Option<Graph> {
        let mut graph = Graph::default();
        if !is_join(plan) || !graph.take_apart(plan) {
            return None;
        }
        let parts = graph.tables.len() + graph.keepers.len();
        (2..=PARTS_MAX).contains(&parts).then_some(graph)
    }

    /// Whether all of `plan` is of a kind that can be put together in another order.
    fn take_apart(&mut self, plan: &LogicalPlan) -> bool {
        match plan {
            LogicalPlan::Join(join) if join.null_aware || join.null_equality != NullEquality::NullEqualsNothing => {
                false
            }
            LogicalPlan::Join(join) if join.join_type == JoinType::Inner => {
                self.equalities.extend(join.on.iter().cloned());
                self.filters.extend(join.filter.clone().map(split_conjunction_owned).unwrap_or_default());
                self.take_apart(&join.left) && self.take_apart(&join.right)
            }
            LogicalPlan::Join(join) if matches!(join.join_type, JoinType::LeftSemi | JoinType::LeftAnti) => {
                let (plan, on) = (join.right.as_ref().clone(), join.on.clone());
                self.keepers.push(Keeper { plan, kind: join.join_type, on, filter: join.filter.clone() });
                self.take_apart(&join.left)
            }
            LogicalPlan::Projection(projection)
                if is_join(&projection.input) && projection.expr.iter().all(|expr| matches!(expr, Expr::Column(_))) =>
            {
                self.take_apart(&projection.input)
            }
            LogicalPlan::Filter(filter) if is_join(&filter.input) => {
                self.filters.extend(split_conjunction_owned(filter.predicate.clone()));
                self.take_apart(&filter.input)
            }
            _ => {
                self.tables.push(plan.clone());
                true
            }
        }
    }

    /// The same graph, in which the joins within each part are arranged.
    fn arranged(self, settled: &mut usize) -> Result<Graph> {
        let mut arranged = |plan: LogicalPlan| arranged(plan, settled).data();
        let tables = self.tables.into_iter().map(&mut arranged).collect::<Result<Vec<_>>>()?;
        let keepers = self.keepers.into_iter().map(|keeper| Ok(Keeper { plan: arranged(keeper.plan)?, ..keeper }));
        let keepers = keepers.collect::<Result<Vec<_>>>()?;
        Ok(Graph { tables, keepers, ..self })
    }

    /// The order that costs least, where all is known that it takes.
    fn best_order(&self) -> Option<Order> {
        let weights = Weights::of(self)?;
        let all: Set = (1 << (self.tables.len() + self.keepers.len())) - 1;
        let mut best: Vec<Option<Best>> = (0..=all).map(|_| None).collect();
        for set in 1..=all {
            let found = weights.best_of(self, set, &best);
            if let Some(slot) = best.get_mut(set as usize) {
                *slot = found;
            }
        }
        self.way_of(all, &best)
    }

    fn way_of(&self, set: Set, best: &[Option<Best>]) -> Option<Order> {
        Some(match best.get(set as usize)?.as_ref()?.last {
            Last::Table(place) => Order::Table(place),
            Last::Joined(smaller, other) => {
                Order::Joined(self.way_of(smaller, best)?.into(), self.way_of(other, best)?.into())
            }
            Last::Kept(keeper, is_built) => {
                Order::Kept(self.way_of(set & !self.bit_of(keeper), best)?.into(), keeper, is_built)
            }
        })
    }

    fn bit_of(&self, keeper: usize) -> Set {
        1 << (self.tables.len() + keeper)
    }

    /// The tables that `expr` reads; nothing if it reads anything else.
    fn read_by(&self, expr: &Expr) -> Option<Set> {
        expr.column_refs().into_iter().try_fold(0, |set, column| {
            let place = self.tables.iter().position(|table| table.schema().has_column(column))?;
            Some(set | 1 << place)
        })
    }

    /// The tables that a keeper looks at.
    fn read_by_keeper(&self, keeper: &Keeper) -> Option<Set> {
        let filtered = keeper.filter.iter().flat_map(Expr::column_refs);
        let filtered = filtered.filter(|column| !keeper.plan.schema().has_column(column)).cloned().map(Expr::Column);
        let mut looked_at = keeper.on.iter().map(|(here, _)| here.clone()).chain(filtered);
        looked_at.try_fold(0, |set, expr| Some(set | self.read_by(&expr)?)).filter(|set| *set != 0)
    }

    /// The equalities between two sets, each with the side of the first before that of the second.
    fn between(&self, one: Set, other: Set) -> Vec<(Expr, Expr)> {
        let within = |expr: &Expr, set: Set| self.read_by(expr).is_some_and(|read| read != 0 && read & !set == 0);
        let sorted = |(a, b): &(Expr, Expr)| match () {
            () if within(a, one) && within(b, other) => Some((a.clone(), b.clone())),
            () if within(b, one) && within(a, other) => Some((b.clone(), a.clone())),
            () => None,
        };
        self.equalities.iter().filter_map(sorted).collect()
    }

    /// The conditions that can be asked once two sets are joined, and not before, but for `between` the two.
    fn filters_of(&self, one: Set, other: Set) -> Option<Expr> {
        let is_now = |expr: &&Expr| {
            let read = self.read_by(expr).unwrap_or(Set::MAX);
            read & !(one | other) == 0 && read & !one != 0 && read & !other != 0
        };
        let apart = self.between(one, other);
        let is_apart = |pair: &(Expr, Expr)| {
            apart.iter().any(|(a, b)| *pair == (a.clone(), b.clone()) || *pair == (b.clone(), a.clone()))
        };
        let equalities = self.equalities.iter().filter(|pair| !is_apart(pair)).map(|(a, b)| a.clone().eq(b.clone()));
        let equalities: Vec<Expr> = equalities.collect();
        conjunction(self.filters.iter().chain(&equalities).filter(is_now).cloned())
    }

    /// The plan, and the tables in it.
    fn put_together(&self, order: &Order) -> Result<(LogicalPlan, Set)> {
        let join = |left: LogicalPlan, right: LogicalPlan, on, filter, kind| {
            let (on_what, nulls) = (JoinConstraint::On, NullEquality::NullEqualsNothing);
            Join::try_new(left.into(), right.into(), on, filter, kind, on_what, nulls, false).map(LogicalPlan::Join)
        };
        let missing = || DataFusionError::Internal("a part of a join is not there".to_owned());
        match order {
            Order::Table(place) => Ok((self.tables.get(*place).ok_or_else(missing)?.clone(), 1 << place)),
            Order::Joined(smaller, other) => {
                let ((left, one), (right, two)) = (self.put_together(smaller)?, self.put_together(other)?);
                let (on, filter) = (self.between(one, two), self.filters_of(one, two));
                Ok((join(left, right, on, filter, JoinType::Inner)?, one | two))
            }
            Order::Kept(inner, keeper, is_built) => {
                let (kept, set) = self.put_together(inner)?;
                let Keeper { plan, kind, on, filter } = self.keepers.get(*keeper).ok_or_else(missing)?;
                let (plan, on, filter) = (plan.clone(), on.clone(), filter.clone());
                if !is_built {
                    return Ok((join(kept, plan, on, filter, *kind)?, set));
                }
                let on = on.into_iter().map(|(here, there)| (there, here)).collect();
                Ok((join(plan, kept, on, filter, kind.swap())?, set))
            }
        }
    }
}

fn is_join(plan: &LogicalPlan) -> bool {
    match plan {
        LogicalPlan::Join(_) => true,
        LogicalPlan::Projection(projection) => is_join(&projection.input),
        LogicalPlan::Filter(filter) => is_join(&filter.input),
        _ => false,
    }
}

/// The best way to a set so far.
struct Best {
    cost: f64,
    last: Last,
}

/// The last step of a way.
#[derive(Clone, Copy)]
enum Last {
    Table(usize),
    Joined(Set, Set),
    Kept(usize, bool),
}

/// How many rows sets of parts have.
struct Weights {
    /// Of each table.
    rows: Vec<f64>,
    /// Bytes of a row of each part.
    widths: Vec<f64>,
    /// What is left of all pairs of rows when these tables are joined.
    shares: Vec<(Set, f64)>,
    /// The tables on both sides of each equality.
    equal: Vec<(Set, Set)>,
    /// The tables that a keeper looks at, its rows, and what it leaves.
    keepers: Vec<(Set, f64, f64)>,
}

impl Weights {
    fn of(graph: &Graph) -> Option<Weights> {
        let tables = graph.tables.iter().map(Estimate::of).collect::<Option<Vec<_>>>()?;
        let of_all = |set: Set| {
            let known = tables.iter().enumerate().filter(|(place, _)| set & (1 << place) != 0);
            known.map(|(_, table)| table.clone()).reduce(|one, other| one.joined(other, 1.0))
        };
        let mut shares = Vec::new();
        for one in 0..tables.len() {
            for other in 0..one {
                let on = graph.between(1 << one, 1 << other);
                if !on.is_empty() {
                    shares.push((1 << one | 1 << other, shared(tables.get(one)?, tables.get(other)?, &on)));
                }
            }
        }
        for filter in &graph.filters {
            let read = graph.read_by(filter)?;
            shares.push((read, of_all(read)?.share(filter)));
        }
        let equal = graph.equalities.iter().map(|(a, b)| graph.read_by(a).zip(graph.read_by(b)));
        let equal = equal.collect::<Option<Vec<_>>>()?;
        // One that is not of some tables against others is never asked where tables meet.
        if equal.iter().any(|(a, b)| a & b != 0 || *a == 0 || *b == 0) {
            return None;
        }
        let keepers = graph.keepers.iter().map(|keeper| {
            let own = Estimate::of(&keeper.plan)?;
            let read = graph.read_by_keeper(keeper)?;
            let kept = of_all(read)?.share_kept(&own, &keeper.on, keeper.filter.is_some(), keeper.kind);
            Some((read, own.rows, kept))
        });
        let keepers = keepers.collect::<Option<Vec<_>>>()?;
        let parts = graph.tables.iter().chain(graph.keepers.iter().map(|keeper| &keeper.plan));
        let widths = parts.map(cardinality::width).collect();
        Some(Weights { rows: tables.iter().map(|table| table.rows).collect(), widths, shares, equal, keepers })
    }

    fn rows_of(&self, set: Set) -> f64 {
        let tables = self.rows.iter().enumerate().filter(|(place, _)| set & (1 << place) != 0).map(|(_, rows)| rows);
        let shares = self.shares.iter().filter(|(read, _)| read & !set == 0).map(|(_, share)| share);
        let kept = self.keepers.iter().enumerate().filter(|(place, _)| set & (1 << (self.rows.len() + place)) != 0);
        tables.chain(shares).product::<f64>() * kept.map(|(_, (_, _, share))| share).product::<f64>()
    }

    /// Of the tables in a set, whose rows are joined.
    fn bytes_of(&self, set: Set) -> f64 {
        let tables = self.widths.iter().take(self.rows.len()).enumerate();
        let width: f64 = tables.filter(|(place, _)| set & (1 << place) != 0).map(|(_, width)| width).sum();
        self.rows_of(set) * width
    }

    fn bytes_of_keeper(&self, place: usize, rows: f64) -> f64 {
        self.widths.get(self.rows.len() + place).map_or(f64::INFINITY, |width| rows * width)
    }

    fn best_of(&self, graph: &Graph, set: Set, best: &[Option<Best>]) -> Option<Best> {
        if set.count_ones() == 1 {
            let place = set.trailing_zeros() as usize;
            return (place < self.rows.len()).then_some(Best { cost: 0.0, last: Last::Table(place) });
        }
        let cost_of = |set: Set| best.get(set as usize)?.as_ref().map(|best| best.cost);
        let out = self.rows_of(set);
        let step = |built: f64, probed: f64| BUILT * built + probed + out;
        let mut found: Option<Best> = None;
        let mut offer = |cost: f64, last: Last| {
            if found.as_ref().is_none_or(|found| cost < found.cost) {
                found = Some(Best { cost, last });
            }
        };
        for (place, (read, rows, _)) in self.keepers.iter().enumerate() {
            let rest = set & !graph.bit_of(place);
            if rest != set
                && read & !rest == 0
                && let Some(cost) = cost_of(rest)
            {
                let is_built = self.bytes_of_keeper(place, *rows) < self.bytes_of(rest);
                let kept = self.rows_of(rest);
                let last = if is_built { step(*rows, kept) } else { step(kept, *rows) };
                offer(cost + last, Last::Kept(place, is_built));
            }
        }
        let mut one = (set - 1) & set;
        while one > 0 {
            let other = set & !one;
            if one < other
                && let (Some(a), Some(b)) = (cost_of(one), cost_of(other))
                && self.meet(one, other)
            {
                let (few, many) = (self.rows_of(one), self.rows_of(other));
                let (smaller, larger) = if few <= many { (one, other) } else { (other, one) };
                offer(a + b + step(few.min(many), few.max(many)), Last::Joined(smaller, larger));
            }
            one = (one - 1) & set;
        }
        found
    }

    /// Whether there is something to join two sets on.
    fn meet(&self, one: Set, other: Set) -> bool {
        self.equal.iter().any(|(a, b)| (a & !one == 0 && b & !other == 0) || (b & !one == 0 && a & !other == 0))
    }
}

#[cfg(test)]
mod tests;
