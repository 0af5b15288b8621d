//! About how many rows a plan brings, and how many distinct values its columns have.
//!
//! Estimates are for choosing between plans that answer the same. They come from what the log tells of tables of
//! which no row is hidden; of any other table nothing is known, and nothing is guessed.

use std::collections::HashMap;

use arrow::datatypes::FieldRef;
use datafusion::catalog::default_table_source::source_as_provider;
use datafusion::common::tree_node::TreeNodeRecursion;
use datafusion::common::{Column, ColumnStatistics, ScalarValue};
use datafusion::logical_expr::expr::{Alias, BinaryExpr, Cast, InList, Like, TryCast};
use datafusion::logical_expr::utils::split_conjunction;
use datafusion::logical_expr::{Between, Expr, JoinType, LogicalPlan, Operator, TableScan};

/// The share of rows that meets a condition of which nothing is known.
const SOME: f64 = 0.25;
/// The share of rows of which a text is like a pattern.
const LIKE: f64 = 0.1;
/// The share of groups that meets a condition on their totals, beside what is known of it: they are asked for as few.
const FEW_GROUPS: f64 = 0.25;
/// About how many bytes a text has.
const TEXT_BYTES: usize = 32;
/// The share of pairs for which one value is less than another.
const LESS: f64 = 0.4;

/// What is known of a plan's rows.
#[derive(Clone, Debug)]
pub(crate) struct Estimate {
    pub(crate) rows: f64,
    columns: HashMap<Column, Values>,
}

/// What is known of a column's values.
#[derive(Clone, Copy, Debug)]
struct Values {
    distinct: f64,
    /// The least and the greatest, of values that can be subtracted.
    bounds: Option<(f64, f64)>,
}

impl Estimate {
    /// Of `plan`; nothing where it reads a table of which nothing is known, or does what is not known here.
    pub(crate) fn of(plan: &LogicalPlan) -> Option<Estimate> {
        match plan {
            LogicalPlan::TableScan(scan) => of_table(scan),
            LogicalPlan::Filter(filter) => {
                let kept = Estimate::of(&filter.input)?.filtered(&filter.predicate);
                let of_groups = matches!(filter.input.as_ref(), LogicalPlan::Aggregate(_));
                Some(if of_groups { kept.of_share(FEW_GROUPS) } else { kept })
            }
            LogicalPlan::SubqueryAlias(alias) => {
                let inner = Estimate::of(&alias.input)?;
                Some(inner.renamed(alias.input.schema().columns(), alias.schema.columns()))
            }
            LogicalPlan::Projection(projection) => {
                let inner = Estimate::of(&projection.input)?;
                let columns = projection.schema.columns().into_iter().zip(&projection.expr);
                let columns = columns.map(|(column, expr)| (column, inner.values(expr))).collect();
                Some(Estimate { rows: inner.rows, columns })
            }
            LogicalPlan::Aggregate(aggregate) => {
                let inner = Estimate::of(&aggregate.input)?;
                let groups: f64 = aggregate.group_expr.iter().map(|expr| inner.values(expr).distinct).product();
                let rows = groups.min(inner.rows).max(1.0);
                let columns = aggregate.schema.columns().into_iter().enumerate().map(|(place, column)| {
                    let known = aggregate.group_expr.get(place).map(|expr| inner.values(expr));
                    (column, known.unwrap_or(Values { distinct: rows, bounds: None }))
                });
                Some(Estimate { rows, columns: columns.collect() })
            }
            LogicalPlan::Join(join) => {
                let (left, right) = (Estimate::of(&join.left)?, Estimate::of(&join.right)?);
                let share = shared(&left, &right, &join.on);
                Some(match join.join_type {
                    JoinType::Inner => left.joined(right, share).filtered_by(join.filter.as_ref()),
                    JoinType::LeftSemi | JoinType::LeftAnti => {
                        let kept = left.share_kept(&right, &join.on, join.filter.is_some(), join.join_type);
                        left.of_share(kept)
                    }
                    _ => left.joined(right, share),
                })
            }
            LogicalPlan::Sort(sort) => Estimate::of(&sort.input),
            LogicalPlan::Repartition(repartition) => Estimate::of(&repartition.input),
            LogicalPlan::Limit(limit) => Estimate::of(&limit.input),
            LogicalPlan::Distinct(distinct) => Estimate::of(distinct.input()),
            _ => None,
        }
    }

    /// About how many distinct values `expr` has.
    pub(crate) fn distinct(&self, expr: &Expr) -> f64 {
        self.values(expr).distinct
    }

    /// The share of rows that meets `predicate`.
    pub(crate) fn share(&self, predicate: &Expr) -> f64 {
        let mut ranges: HashMap<&Column, f64> = HashMap::new();
        let mut share = 1.0;
        for part in split_conjunction(predicate) {
            match self.range(part) {
                // Two bounds on one column: what both leave is what neither takes.
                Some((column, kept)) => {
                    let so_far = ranges.entry(column).or_insert(1.0);
                    *so_far = (*so_far + kept - 1.0).max(0.001);
                }
                None => share *= self.share_of_one(part),
            }
        }
        (share * ranges.values().product::<f64>()).clamp(0.0, 1.0)
    }

    /// The same rows beside those of `other`, of all pairs this share.
    pub(crate) fn joined(self, other: Estimate, share: f64) -> Estimate {
        let rows = (self.rows * other.rows * share).max(1.0);
        let mut columns = self.columns;
        columns.extend(other.columns);
        Estimate { rows, columns }.capped()
    }

    /// The share of rows that a semi join with `other` keeps, or an anti join.
    pub(crate) fn share_kept(&self, other: &Estimate, on: &[(Expr, Expr)], filtered: bool, kind: JoinType) -> f64 {
        let found = on.iter().map(|(here, there)| (other.distinct(there) / self.distinct(here)).min(1.0));
        let found: f64 = found.product::<f64>() * if filtered { 0.7 } else { 1.0 };
        match kind {
            JoinType::LeftAnti => (1.0 - found).clamp(0.1, 1.0),
            _ => found.clamp(0.000_1, 1.0),
        }
    }

    fn filtered(self, predicate: &Expr) -> Estimate {
        let share = self.share(predicate);
        self.of_share(share)
    }

    fn filtered_by(self, predicate: Option<&Expr>) -> Estimate {
        match predicate {
            Some(predicate) => self.filtered(predicate),
            None => self,
        }
    }

    /// This share of the rows, taken anywhere.
    fn of_share(mut self, share: f64) -> Estimate {
        let before = self.rows.max(1.0);
        self.rows = (before * share).max(1.0);
        for values in self.columns.values_mut() {
            let each = before / values.distinct.max(1.0);
            values.distinct = (values.distinct * (1.0 - (1.0 - share).powf(each))).max(1.0);
        }
        self.capped()
    }

    /// No column has more values than there are rows.
    fn capped(mut self) -> Estimate {
        let rows = self.rows.max(1.0);
        self.columns.values_mut().for_each(|values| values.distinct = values.distinct.min(rows));
        self
    }

    fn renamed(mut self, from: Vec<Column>, to: Vec<Column>) -> Estimate {
        let pairs = from.into_iter().zip(to);
        let columns = pairs.filter_map(|(from, to)| Some((to, self.columns.remove(&from)?))).collect();
        Estimate { rows: self.rows, columns }
    }

    fn values(&self, expr: &Expr) -> Values {
        match expr {
            Expr::Alias(Alias { expr, .. }) => self.values(expr),
            Expr::Cast(Cast { expr, .. }) | Expr::TryCast(TryCast { expr, .. }) => {
                Values { bounds: None, ..self.values(expr) }
            }
            Expr::Literal(..) => Values { distinct: 1.0, bounds: None },
            Expr::Column(column) => {
                self.columns.get(column).copied().unwrap_or(Values { distinct: self.rows, bounds: None })
            }
            _ => {
                let read = expr.column_refs();
                let distinct: f64 =
                    read.into_iter().filter_map(|column| self.columns.get(column)).map(|v| v.distinct).product();
                Values { distinct: distinct.min(self.rows).max(1.0), bounds: None }
            }
        }
    }

    /// A bound on one column, and the share of rows within.
    fn range<'a>(&self, predicate: &'a Expr) -> Option<(&'a Column, f64)> {
        let Expr::BinaryExpr(BinaryExpr { left, op, right }) = predicate else { return None };
        let (column, value, op) = match (left.as_ref(), right.as_ref()) {
            (Expr::Column(column), Expr::Literal(value, _)) => (column, value, *op),
            (Expr::Literal(value, _), Expr::Column(column)) => (column, value, op.swap()?),
            _ => return None,
        };
        let (least, greatest) = self.columns.get(column)?.bounds?;
        let below = ((number(value)? - least) / (greatest - least).max(f64::MIN_POSITIVE)).clamp(0.0, 1.0);
        match op {
            Operator::Lt | Operator::LtEq => Some((column, below)),
            Operator::Gt | Operator::GtEq => Some((column, 1.0 - below)),
            _ => None,
        }
    }

    fn share_of_one(&self, predicate: &Expr) -> f64 {
        match predicate {
            Expr::BinaryExpr(BinaryExpr { left, op: Operator::Or, right }) => {
                let (left, right) = (self.share(left), self.share(right));
                left + right - left * right
            }
            Expr::BinaryExpr(BinaryExpr { left, op, right }) => {
                let most = self.distinct(left).max(self.distinct(right)).max(1.0);
                match op {
                    Operator::Eq | Operator::IsNotDistinctFrom => 1.0 / most,
                    Operator::NotEq | Operator::IsDistinctFrom => 1.0 - 1.0 / most,
                    Operator::Lt | Operator::LtEq | Operator::Gt | Operator::GtEq => LESS,
                    _ => SOME,
                }
            }
            Expr::InList(InList { expr, list, negated }) => {
                of(*negated, (list.len() as f64 / self.distinct(expr).max(1.0)).min(1.0))
            }
            Expr::Between(Between { expr, negated, low, high }) => {
                let from = expr.as_ref().clone().gt_eq(low.as_ref().clone());
                let to = expr.as_ref().clone().lt_eq(high.as_ref().clone());
                of(*negated, self.share(&from.and(to)))
            }
            Expr::Like(Like { negated, .. }) => of(*negated, LIKE),
            Expr::Not(inner) => 1.0 - self.share(inner),
            Expr::IsNotNull(_) => 1.0,
            Expr::IsNull(_) => 0.1,
            Expr::Literal(ScalarValue::Boolean(Some(holds)), _) => f64::from(u8::from(*holds)),
            _ => SOME,
        }
    }
}

/// About how many bytes a row of `plan` has in memory.
pub(crate) fn width(plan: &LogicalPlan) -> f64 {
    let bytes = |field: &FieldRef| field.data_type().primitive_width().unwrap_or(TEXT_BYTES);
    plan.schema().fields().iter().map(bytes).sum::<usize>() as f64
}

/// How many rows there are in all the tables that `plan` reads; nothing where that is not known of one.
pub(crate) fn read_at_most(plan: &LogicalPlan) -> Option<f64> {
    let mut rows = Some(0.0);
    let looked = plan.apply_with_subqueries(|node| {
        if let LogicalPlan::TableScan(scan) = node {
            rows = rows.zip(of_table(scan)).map(|(rows, table)| rows + table.rows);
        }
        Ok(if rows.is_some() { TreeNodeRecursion::Continue } else { TreeNodeRecursion::Stop })
    });
    looked.ok().and(rows)
}

/// Of all pairs of rows, the share that meets the equalities `on`. Several equalities between the same two are one
/// key, which has no more values than the smaller side has rows.
pub(crate) fn shared(left: &Estimate, right: &Estimate, on: &[(Expr, Expr)]) -> f64 {
    let most = |(here, there): &(Expr, Expr)| left.distinct(here).max(right.distinct(there)).max(1.0);
    let values: f64 = on.iter().map(most).product();
    let values = if on.len() > 1 { values.min(left.rows.min(right.rows).max(1.0)) } else { values };
    1.0 / values
}

fn of(negated: bool, share: f64) -> f64 {
    if negated { 1.0 - share } else { share }
}

fn of_table(scan: &TableScan) -> Option<Estimate> {
    let known = source_as_provider(&scan.source).ok()?.statistics()?;
    let rows = *known.num_rows.get_value()? as f64;
    let schema = scan.source.schema();
    let places = scan.projection.clone().unwrap_or_else(|| (0..schema.fields().len()).collect());
    let columns = scan.projected_schema.columns().into_iter().zip(places);
    let columns =
        columns.filter_map(|(column, place)| Some((column, of_column(known.column_statistics.get(place)?, rows))));
    Some(Estimate { rows, columns: columns.collect() }.capped())
}

fn of_column(known: &ColumnStatistics, rows: f64) -> Values {
    let bound = |value: &datafusion::common::stats::Precision<ScalarValue>| value.get_value().and_then(number);
    let bounds = bound(&known.min_value).zip(bound(&known.max_value));
    let is_counted =
        matches!(known.min_value.get_value(), Some(value) if !matches!(value, ScalarValue::Decimal128(..)));
    let between = bounds.filter(|_| is_counted).map(|(least, greatest)| greatest - least + 1.0);
    let counted = known.distinct_count.get_value().map(|count| *count as f64);
    let distinct = counted.or(between).unwrap_or_else(|| rows.sqrt());
    Values { distinct: between.map_or(distinct, |most| distinct.min(most)).clamp(1.0, rows.max(1.0)), bounds }
}

/// A value as a number, of kinds of which the difference says how much lies between.
fn number(value: &ScalarValue) -> Option<f64> {
    match value {
        ScalarValue::Int8(Some(n)) => Some(f64::from(*n)),
        ScalarValue::Int16(Some(n)) => Some(f64::from(*n)),
        ScalarValue::Int32(Some(n)) | ScalarValue::Date32(Some(n)) => Some(f64::from(*n)),
        ScalarValue::Int64(Some(n)) => Some(*n as f64),
        ScalarValue::Decimal128(Some(n), _, scale) => Some(*n as f64 / 10_f64.powi(i32::from(*scale))),
        ScalarValue::TimestampMicrosecond(Some(n), _) => Some(*n as f64),
        _ => None,
    }
}
