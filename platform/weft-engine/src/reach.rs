//! How far a change of an input reaches through a query.

use std::collections::BTreeSet;

use datafusion::common::tree_node::TreeNodeRecursion;
use datafusion::common::{Column, JoinType};
use datafusion::error::Result;
use datafusion::logical_expr::{Aggregate, Distinct, Join, LogicalPlan};
use weft_model::PortRef;

/// What follows from rows that came to an input, or went, for the query's answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reach {
    /// Nothing: the query does not read it.
    Nowhere,
    /// Rows come to the answer, or go, each from one of them: the query over these rows alone yields them.
    Rows,
    /// The answer changes only in rows whose time the query over these rows alone yields.
    Times,
    /// It can change anywhere.
    Anywhere,
}

/// How far a change of `port` reaches in the answer of `plan`, whose rows are told apart by the column `time`, if
/// any. `plan` is as analysed, not optimised.
pub(crate) fn reach(plan: &LogicalPlan, port: &PortRef, time: Option<&str>) -> Result<Reach> {
    let needed = time.map(|time| plan.schema().columns().into_iter().filter(|column| column.name == time).collect());
    of_node(plan, &port.to_string(), needed.as_ref())
}

/// `needed` are the columns from which the time follows; without them groups reach anywhere.
fn of_node(plan: &LogicalPlan, port: &str, needed: Option<&BTreeSet<Column>>) -> Result<Reach> {
    if subqueries_read(plan, port)? {
        return Ok(Reach::Anywhere);
    }
    match plan {
        LogicalPlan::TableScan(scan) if scan.table_name.to_string() == port => Ok(Reach::Rows),
        LogicalPlan::Projection(projection) => {
            let below = needed.map(|needed| {
                let columns = plan.schema().columns();
                let made = columns.iter().zip(&projection.expr).filter(|(column, _)| needed.contains(column));
                made.flat_map(|(_, expr)| expr.column_refs().into_iter().cloned()).collect()
            });
            of_node(&projection.input, port, below.as_ref())
        }
        LogicalPlan::SubqueryAlias(alias) => {
            let below = needed.map(|needed| {
                let pairs = plan.schema().columns().into_iter().zip(alias.input.schema().columns());
                pairs.filter(|(column, _)| needed.contains(column)).map(|(_, below)| below).collect()
            });
            of_node(&alias.input, port, below.as_ref())
        }
        // A condition on groups may keep from sight what only part of a group would show.
        LogicalPlan::Filter(filter) => Ok(rows_alone(of_node(&filter.input, port, needed)?)),
        LogicalPlan::Sort(sort) if sort.fetch.is_none() => of_node(&sort.input, port, needed),
        LogicalPlan::Unnest(unnest) => Ok(rows_alone(of_node(&unnest.input, port, None)?)),
        LogicalPlan::Join(join) => of_join(join, port),
        LogicalPlan::Union(union) => {
            let mut reaches = BTreeSet::new();
            for input in &union.inputs {
                reaches.insert(rows_alone(of_node(input, port, None)?));
            }
            // A branch that does not read it would yield all of its rows again.
            Ok(if reaches.len() > 1 { Reach::Anywhere } else { reaches.pop_last().unwrap_or(Reach::Nowhere) })
        }
        LogicalPlan::Aggregate(aggregate) => of_groups(aggregate, plan, port, needed),
        LogicalPlan::Distinct(Distinct::All(input)) => Ok(match of_node(input, port, None)? {
            Reach::Rows if needed.is_some_and(|needed| !needed.is_empty()) => Reach::Times,
            Reach::Rows => Reach::Anywhere,
            other => other,
        }),
        other => Ok(if reads(other, port)? { Reach::Anywhere } else { Reach::Nowhere }),
    }
}

/// The side whose rows all stand for themselves may change; where rows of the other are missing, others appear.
fn of_join(join: &Join, port: &str) -> Result<Reach> {
    let (left, right) = (of_node(&join.left, port, None)?, of_node(&join.right, port, None)?);
    Ok(match (join.join_type, left, right) {
        (_, Reach::Nowhere, Reach::Nowhere) => Reach::Nowhere,
        (JoinType::Inner | JoinType::Left | JoinType::LeftSemi | JoinType::LeftAnti, left, Reach::Nowhere) => {
            rows_alone(left)
        }
        (JoinType::Inner | JoinType::Right | JoinType::RightSemi | JoinType::RightAnti, Reach::Nowhere, right) => {
            rows_alone(right)
        }
        _ => Reach::Anywhere,
    })
}

/// A change reaches the groups of the rows that changed, and these have the times of those rows where the time is
/// made of what groups are made by.
fn of_groups(
    aggregate: &Aggregate,
    plan: &LogicalPlan,
    port: &str,
    needed: Option<&BTreeSet<Column>>,
) -> Result<Reach> {
    let below = of_node(&aggregate.input, port, None)?;
    let columns = plan.schema().columns();
    let grouped: BTreeSet<&Column> = columns.iter().take(aggregate.group_expr.len()).collect();
    let by_time =
        needed.is_some_and(|needed| !needed.is_empty() && needed.iter().all(|column| grouped.contains(column)));
    let has_sets =
        aggregate.group_expr.iter().any(|expr| matches!(expr, datafusion::logical_expr::Expr::GroupingSet(_)));
    Ok(match below {
        Reach::Nowhere => Reach::Nowhere,
        Reach::Rows if by_time && !has_sets => Reach::Times,
        _ => Reach::Anywhere,
    })
}

fn rows_alone(reach: Reach) -> Reach {
    if reach == Reach::Times { Reach::Anywhere } else { reach }
}

/// Whether a query within one of the node's own expressions reads the port.
fn subqueries_read(plan: &LogicalPlan, port: &str) -> Result<bool> {
    let mut found = false;
    plan.apply_subqueries(|subquery| {
        found |= reads(subquery, port)?;
        Ok(TreeNodeRecursion::Continue)
    })?;
    Ok(found)
}

fn reads(plan: &LogicalPlan, port: &str) -> Result<bool> {
    let mut found = false;
    plan.apply_with_subqueries(|node| {
        found |= matches!(node, LogicalPlan::TableScan(scan) if scan.table_name.to_string() == port);
        Ok(if found { TreeNodeRecursion::Stop } else { TreeNodeRecursion::Continue })
    })?;
    Ok(found)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::sync::Arc;

    use arrow::datatypes::{DataType, Field, Schema, SchemaRef};

    use super::*;
    use crate::ContractPlanner;

    /// How far `a.b.flights` reaches, by rows alone and where rows are told apart by `day`.
    #[track_caller]
    fn check(sql: &str, rows: Reach, times: Reach) {
        let flights: SchemaRef = Arc::new(Schema::new(vec![
            Field::new("day", DataType::Date32, false),
            Field::new("plane", DataType::Utf8, true),
            Field::new("delay", DataType::Float64, true),
        ]));
        let planes: SchemaRef = Arc::new(Schema::new(vec![
            Field::new("plane", DataType::Utf8, false),
            Field::new("seats", DataType::Int64, true),
        ]));
        let port: PortRef = "a.b.flights".parse().unwrap();
        let inputs = BTreeMap::from([(port.clone(), flights), ("a.b.planes".parse().unwrap(), planes)]);
        let reach = |time| ContractPlanner::new().reach(sql, &inputs, &port, time).unwrap();
        assert_eq!((reach(None), reach(Some("day"))), (rows, times), "{sql}");
    }

    #[test]
    fn a_query_that_takes_row_after_row_reaches_rows() {
        use Reach::{Nowhere, Rows};
        check("select day, delay * 2 as d from a.b.flights where delay > 0", Rows, Rows);
        check("with f as (select * from a.b.flights) select day from f order by day", Rows, Rows);
        check("select day, seats from a.b.flights f join a.b.planes p on p.plane = f.plane", Rows, Rows);
        check("select day, seats from a.b.flights f left join a.b.planes p using (plane)", Rows, Rows);
        check("select day from a.b.flights where plane not in (select plane from a.b.planes)", Rows, Rows);
        check("select day from a.b.flights where delay > 9 union all select day from a.b.flights", Rows, Rows);
        check("select seats from a.b.planes", Nowhere, Nowhere);
    }

    #[test]
    fn a_query_that_groups_by_time_reaches_times() {
        use Reach::{Anywhere, Times};
        check("select day, count(*) from a.b.flights group by day", Anywhere, Times);
        check("select distinct day from a.b.flights", Anywhere, Times);
        check(
            "select cast(day as timestamp) as day, plane, avg(delay) from a.b.flights group by 1, 2",
            Anywhere,
            Times,
        );
        check(
            "with d as (select day, seats from a.b.flights join a.b.planes using (plane)) \
             select d.day, sum(seats) as seats from d group by d.day",
            Anywhere,
            Times,
        );
    }

    #[test]
    fn whatever_else_reaches_anywhere() {
        use Reach::Anywhere;
        for sql in [
            "select max(day) as day, plane from a.b.flights group by plane",
            "select day, count(*) from a.b.flights group by day having count(*) > 10",
            "select day, count(*) from a.b.flights group by grouping sets ((day), ())",
            "select day, sum(delay) over (partition by plane order by day) as s from a.b.flights",
            "select day, delay from a.b.flights order by delay limit 10",
            "select day, delay from a.b.flights where delay > (select avg(delay) from a.b.flights)",
            "select plane from a.b.planes union all select plane from a.b.flights",
            "select f.day from a.b.flights f join a.b.flights g on f.plane = g.plane",
            "select f.day, seats from a.b.planes p left join a.b.flights f on p.plane = f.plane",
            "select cast('2013-01-01' as date) as day from a.b.planes where plane not in (select plane from a.b.flights)",
            "select day from a.b.flights except select day from a.b.flights where delay > 0",
            "select day, n from (select day, count(*) as n from a.b.flights group by day) where n > 3",
        ] {
            check(sql, Anywhere, Anywhere);
        }
    }
}
