//! Groups that nobody asks for are not made.
//!
//! A query that holds rows against a total over their like, such as those of a few parts against the average of each
//! part, groups a whole table and then looks up few of its groups. Here the rows of all other groups are left out
//! before they are grouped: what is joined with a group on its key says which keys there can be.

use datafusion::common::{Column, NullEquality};
use datafusion::error::Result;
use datafusion::logical_expr::{
    Aggregate, Expr, Join, JoinConstraint, JoinType, LogicalPlan, LogicalPlanBuilder, SubqueryAlias,
};

use super::Graph;
use crate::cardinality::Estimate;

/// It is worth it where no more than this share of the groups is left, by keys of no more than this share of a table:
/// how many keys a table has is often guessed too high, and then all of another table would seem few.
const WORTH_IT: f64 = 0.25;

/// Keys, in the one column of a plan.
struct Few {
    plan: LogicalPlan,
    key: Column,
    distinct: f64,
}

impl Graph {
    /// The same graph, in which parts that group rows do so for keys alone that can be asked for; and whether there are
    /// such parts.
    pub(super) fn with_fewer_groups(mut self) -> Result<(Graph, bool)> {
        let mut any = false;
        for place in 0..self.tables.len() + self.keepers.len() {
            let Some(plan) = self.part(place).filter(|plan| groups(plan)) else { continue };
            let mut fewer = None;
            for (own, other) in self.keys_of(place, plan) {
                let few = self.few(place, &other)?;
                fewer = few.map(|few| among(plan, &own, &few)).transpose()?.flatten();
                if fewer.is_some() {
                    break;
                }
            }
            if let Some(fewer) = fewer {
                self.set_part(place, fewer);
                any = true;
            }
        }
        Ok((self, any))
    }

    fn part(&self, place: usize) -> Option<&LogicalPlan> {
        let keeper = || Some(&self.keepers.get(place.checked_sub(self.tables.len())?)?.plan);
        self.tables.get(place).or_else(keeper)
    }

    fn set_part(&mut self, place: usize, plan: LogicalPlan) {
        let tables = self.tables.len();
        if let Some(part) = self.tables.get_mut(place) {
            *part = plan;
        } else if let Some(keeper) = place.checked_sub(tables).and_then(|keeper| self.keepers.get_mut(keeper)) {
            keeper.plan = plan;
        }
    }

    /// The columns of a part that must equal something else for its rows to count, and what.
    fn keys_of(&self, place: usize, plan: &LogicalPlan) -> Vec<(Column, Expr)> {
        let pairs = match place.checked_sub(self.tables.len()).and_then(|keeper| self.keepers.get(keeper)) {
            Some(keeper) => &keeper.on,
            None => &self.equalities,
        };
        let both = pairs.iter().flat_map(|(a, b)| [(a, b), (b, a)]);
        let own = both.filter_map(|(own, other)| match own {
            Expr::Column(column) if plan.schema().has_column(column) => Some((column.clone(), other.clone())),
            _ => None,
        });
        own.collect()
    }

    /// The fewest keys that some part has in what must equal `key`.
    fn few(&self, but: usize, key: &Expr) -> Result<Option<Few>> {
        let mut equal = vec![key.clone()];
        let mut next = 0;
        let mut best: Option<(f64, &LogicalPlan, &Column)> = None;
        let kept = self.keepers.iter().filter(|keeper| keeper.kind == JoinType::LeftSemi);
        let pairs: Vec<_> = self.equalities.iter().chain(kept.flat_map(|keeper| &keeper.on)).collect();
        while let Some(one) = equal.get(next).cloned() {
            next += 1;
            for (a, b) in &pairs {
                let other = if *a == one { b } else { a };
                if (*a == one || *b == one) && !equal.contains(other) {
                    equal.push(other.clone());
                }
            }
        }
        for one in &equal {
            let Expr::Column(column) = one else { continue };
            for place in (0..self.tables.len() + self.keepers.len()).filter(|place| *place != but) {
                let plan = self.part(place).filter(|plan| is_some_of_a_table(plan) && plan.schema().has_column(column));
                let Some((plan, estimate)) = plan.and_then(|plan| Some((plan, Estimate::of(plan)?))) else { continue };
                let distinct = estimate.distinct(one);
                if best.is_none_or(|(least, ..)| distinct < least) {
                    best = Some((distinct, plan, column));
                }
            }
        }
        let Some((distinct, plan, column)) = best else { return Ok(None) };
        let name = format!("__few_{but}");
        let key = Column::new(Some(name.clone()), column.name());
        let plan = LogicalPlanBuilder::from(plan.clone()).project([Expr::Column(column.clone())])?;
        Ok(Some(Few { plan: plan.alias(name)?.build()?, key, distinct }))
    }
}

/// Whether `plan` is made of groups.
fn groups(plan: &LogicalPlan) -> bool {
    match plan {
        LogicalPlan::Aggregate(_) => true,
        LogicalPlan::SubqueryAlias(alias) => groups(&alias.input),
        LogicalPlan::Projection(projection) => groups(&projection.input),
        LogicalPlan::Filter(filter) => groups(&filter.input),
        _ => false,
    }
}

/// Whether `plan` is a few rows of one table, which are the same however often they are read.
fn is_some_of_a_table(plan: &LogicalPlan) -> bool {
    let mut table = plan;
    while let Some(inner) = table.inputs().first() {
        table = inner;
    }
    let few = Estimate::of(plan).zip(Estimate::of(table)).is_some_and(|(few, all)| few.rows <= all.rows * WORTH_IT);
    few && is_plain(plan)
}

/// Whether `plan` reads one table, and nothing in it is drawn by lot.
fn is_plain(plan: &LogicalPlan) -> bool {
    plan.expressions().iter().all(|expr| !expr.is_volatile())
        && match plan {
            LogicalPlan::TableScan(_) => true,
            LogicalPlan::SubqueryAlias(alias) => is_plain(&alias.input),
            LogicalPlan::Projection(projection) => is_plain(&projection.input),
            LogicalPlan::Filter(filter) => is_plain(&filter.input),
            _ => false,
        }
}

/// The same plan without the groups of which `key` is not among `few`; nothing where it does not group by `key`, or
/// where that leaves out too little.
fn among(plan: &LogicalPlan, key: &Column, few: &Few) -> Result<Option<LogicalPlan>> {
    let Some(place) = plan.schema().maybe_index_of_column(key) else { return Ok(None) };
    match plan {
        LogicalPlan::SubqueryAlias(alias) => {
            let Some(inner) = alias.input.schema().columns().into_iter().nth(place) else { return Ok(None) };
            let fewer = among(&alias.input, &inner, few)?;
            let aliased = |input: LogicalPlan| SubqueryAlias::try_new(input.into(), alias.alias.clone());
            Ok(fewer.map(aliased).transpose()?.map(LogicalPlan::SubqueryAlias))
        }
        LogicalPlan::Projection(projection) => match projection.expr.get(place).cloned().map(Expr::unalias) {
            Some(Expr::Column(inner)) => over(plan, among(&projection.input, &inner, few)?),
            _ => Ok(None),
        },
        LogicalPlan::Filter(filter) => over(plan, among(&filter.input, key, few)?),
        LogicalPlan::Aggregate(aggregate) => match aggregate.group_expr.get(place) {
            Some(Expr::Column(inner)) => grouped(aggregate, inner, few),
            _ => Ok(None),
        },
        _ => Ok(None),
    }
}

/// The same node over another input, where there is one.
fn over(plan: &LogicalPlan, input: Option<LogicalPlan>) -> Result<Option<LogicalPlan>> {
    input.map(|input| plan.with_new_exprs(plan.expressions(), vec![input])).transpose()
}

fn grouped(aggregate: &Aggregate, key: &Column, few: &Few) -> Result<Option<LogicalPlan>> {
    let groups = Estimate::of(&aggregate.input).map(|rows| rows.distinct(&Expr::Column(key.clone())));
    if !groups.is_some_and(|groups| few.distinct <= groups * WORTH_IT) {
        return Ok(None);
    }
    let on = vec![(Expr::Column(key.clone()), Expr::Column(few.key.clone()))];
    let (left, right) = (aggregate.input.clone(), few.plan.clone().into());
    let (on_what, nulls) = (JoinConstraint::On, NullEquality::NullEqualsNothing);
    let kept = Join::try_new(left, right, on, None, JoinType::LeftSemi, on_what, nulls, false)?;
    let (groups, totals) = (aggregate.group_expr.clone(), aggregate.aggr_expr.clone());
    Aggregate::try_new(LogicalPlan::Join(kept).into(), groups, totals).map(|made| Some(LogicalPlan::Aggregate(made)))
}

#[cfg(test)]
mod tests;
