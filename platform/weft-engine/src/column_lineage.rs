//! Which columns of its inputs each column of a query's answer depends on.
//!
//! Direct is what a value is made of: a column as it stands, whatever an expression, function or aggregate takes in, and
//! the branches of a `CASE`. Indirect is what chooses: the conditions of a `CASE` (conditional), `PARTITION BY` and
//! `ORDER BY` of a window (window), `FILTER` of an aggregate (filter), `ORDER BY` within one (sort). What decides which
//! rows there are concerns every column alike and is told once: conditions (filter), what joins are made by (join), what
//! rows are grouped by or told apart by (group_by), what they are put in order by (sort). A comparison that is itself a
//! value is direct: it tells of the value. `COUNT(*)` is made of nothing.
//!
//! A sub-query in an expression counts with its own rows as part of that expression. What is not understood depends on
//! every column that it could read, never on fewer.

use std::collections::{BTreeMap, BTreeSet};

use datafusion::common::tree_node::{TreeNode, TreeNodeRecursion};
use datafusion::common::{Column, DFSchemaRef, JoinType};
use datafusion::error::Result;
use datafusion::logical_expr::expr::{AggregateFunction, Case, WindowFunction};
use datafusion::logical_expr::utils::grouping_set_to_exprlist;
use datafusion::logical_expr::{
    Aggregate, Distinct, Expr, Join, LogicalPlan, Subquery, TableScan, Union, Unnest, Values, WindowFunctionDefinition,
};
use weft_model::Dependence::{Aggregation, Conditional, Filter, GroupBy, Identity, Sort, Transformation, Window};
use weft_model::{ColumnLineage, ColumnSource, Dependence, PortRef};
use weft_pit::PitJoinNode;

/// What the columns of `plan` depend on, by their names.
pub(crate) fn column_lineage(plan: &LogicalPlan) -> Result<ColumnLineage> {
    let traced = trace(plan, None)?;
    let mut columns: BTreeMap<String, Sources> = BTreeMap::new();
    for (field, sources) in traced.schema.fields().iter().zip(traced.columns) {
        columns.entry(field.name().clone()).or_default().add(sources);
    }
    let columns = columns.into_iter().map(|(name, sources)| (name, sources.told())).collect();
    Ok(ColumnLineage { columns, rows: traced.rows.told() })
}

/// Columns of inputs, and how something depends on each.
#[derive(Clone, Debug, Default)]
struct Sources(BTreeMap<(PortRef, String), BTreeSet<Dependence>>);

impl Sources {
    fn add(&mut self, others: Sources) {
        for (column, how) in others.0 {
            self.0.entry(column).or_default().extend(how);
        }
    }

    fn and(mut self, others: Sources) -> Sources {
        self.add(others);
        self
    }

    /// What depends by `step` on something that depends on these.
    fn by(self, step: Dependence) -> Sources {
        let through = |how: Dependence| match (step.is_direct(), how.is_direct()) {
            (true, true) => how.max(step),
            (true, false) => how,
            (false, _) => step,
        };
        let through_all = |how: BTreeSet<Dependence>| how.into_iter().map(through).collect();
        Sources(self.0.into_iter().map(|(column, how)| (column, through_all(how))).collect())
    }

    fn told(self) -> Vec<ColumnSource> {
        self.0.into_iter().map(|((port, column), how)| ColumnSource { port, column, how }).collect()
    }
}

/// What a part of a plan yields.
struct Traced {
    schema: DFSchemaRef,
    /// In the order of the schema.
    columns: Vec<Sources>,
    /// What decides which rows there are; indirect only.
    rows: Sources,
}

impl Traced {
    fn any(&self) -> Sources {
        self.columns.iter().cloned().fold(self.rows.clone(), Sources::and)
    }
}

/// Where an expression looks its columns up: in the inputs of its node, and, from within a sub-query, in what is around.
struct Scope<'a> {
    inputs: &'a [&'a Traced],
    outer: Option<&'a Scope<'a>>,
}

impl Scope<'_> {
    fn column(&self, column: &Column) -> Option<Sources> {
        self.inputs.iter().find_map(|input| {
            let index = input.schema.maybe_index_of_column(column)?;
            input.columns.get(index).cloned()
        })
    }

    /// The column of whatever is around; of all that is around where it is not found.
    fn outer_column(&self, column: &Column) -> Sources {
        let mut around = self.outer;
        while let Some(scope) = around {
            if let Some(found) = scope.column(column) {
                return found;
            }
            around = scope.outer;
        }
        self.outer.map(Scope::everything).unwrap_or_default().by(Transformation)
    }

    fn everything(&self) -> Sources {
        let here = self.inputs.iter().map(|input| input.any()).fold(Sources::default(), Sources::and);
        here.and(self.outer.map(Scope::everything).unwrap_or_default())
    }

    fn all(&self, exprs: &[Expr]) -> Result<Vec<Sources>> {
        exprs.iter().map(|expr| self.value(expr)).collect()
    }

    /// What some expressions depend on together.
    fn together<'e>(&self, exprs: impl IntoIterator<Item = &'e Expr>) -> Result<Sources> {
        exprs.into_iter().try_fold(Sources::default(), |all, expr| Ok(all.and(self.value(expr)?)))
    }

    /// What the value of `expr` depends on.
    fn value(&self, expr: &Expr) -> Result<Sources> {
        Ok(match expr {
            Expr::Column(column) => match self.column(column) {
                Some(found) => found,
                None => self.everything().by(Transformation),
            },
            Expr::OuterReferenceColumn(_, column) => self.outer_column(column),
            Expr::Alias(alias) => self.value(&alias.expr)?,
            Expr::Case(case) => self.case(case)?,
            Expr::AggregateFunction(function) => self.aggregate(function)?,
            Expr::WindowFunction(function) => self.window(function)?,
            Expr::ScalarSubquery(subquery) => self.subquery(subquery)?,
            Expr::InSubquery(within) => {
                self.value(&within.expr)?.and(self.subquery(&within.subquery)?).by(Transformation)
            }
            Expr::SetComparison(within) => {
                self.value(&within.expr)?.and(self.subquery(&within.subquery)?).by(Transformation)
            }
            // Whether there are rows, whatever is in them.
            Expr::Exists(exists) => trace(&exists.subquery.subquery, Some(self))?.rows,
            #[expect(deprecated, reason = "none is left in a plan, and if one were it would mean everything")]
            Expr::Wildcard { .. } => self.everything().by(Transformation),
            other => self.parts(other)?.by(Transformation),
        })
    }

    /// What the expressions right within `expr` depend on.
    fn parts(&self, expr: &Expr) -> Result<Sources> {
        let mut all = Sources::default();
        expr.apply_children(|part| {
            all.add(self.value(part)?);
            Ok(TreeNodeRecursion::Continue)
        })?;
        Ok(all)
    }

    /// What stands within `expr` besides columns: sub-queries, and what they are in.
    fn beside_columns(&self, expr: &Expr) -> Result<Sources> {
        let mut all = Sources::default();
        expr.apply(|part| {
            all.add(match part {
                Expr::OuterReferenceColumn(_, column) => self.outer_column(column),
                Expr::ScalarSubquery(subquery) => self.subquery(subquery)?,
                Expr::InSubquery(within) => self.subquery(&within.subquery)?,
                Expr::SetComparison(within) => self.subquery(&within.subquery)?,
                Expr::Exists(exists) => self.subquery(&exists.subquery)?,
                _ => Sources::default(),
            });
            Ok(TreeNodeRecursion::Continue)
        })?;
        Ok(all)
    }

    fn case(&self, case: &Case) -> Result<Sources> {
        let branches = case.when_then_expr.iter().map(|(_, then)| then.as_ref()).chain(case.else_expr.as_deref());
        let conditions = case.when_then_expr.iter().map(|(when, _)| when.as_ref()).chain(case.expr.as_deref());
        Ok(self.together(branches)?.by(Transformation).and(self.together(conditions)?.by(Conditional)))
    }

    fn aggregate(&self, function: &AggregateFunction) -> Result<Sources> {
        let of = &function.params;
        let values = self.together(&of.args)?.by(Aggregation);
        let order = self.together(of.order_by.iter().map(|sort| &sort.expr))?.by(Sort);
        Ok(values.and(order).and(self.together(of.filter.as_deref())?.by(Filter)))
    }

    fn window(&self, function: &WindowFunction) -> Result<Sources> {
        let of = &function.params;
        let takes_many = matches!(function.fun, WindowFunctionDefinition::AggregateUDF(_));
        let values = self.together(&of.args)?.by(if takes_many { Aggregation } else { Transformation });
        let order = of.order_by.iter().map(|sort| &sort.expr);
        let beside = self.together(of.partition_by.iter().chain(order))?.by(Window);
        Ok(values.and(beside).and(self.together(of.filter.as_deref())?.by(Filter)))
    }

    /// The value that a sub-query yields, with what decides on its rows.
    fn subquery(&self, subquery: &Subquery) -> Result<Sources> {
        let traced = trace(&subquery.subquery, Some(self))?;
        Ok(traced.any())
    }
}

fn trace(plan: &LogicalPlan, outer: Option<&Scope<'_>>) -> Result<Traced> {
    let schema = || DFSchemaRef::clone(plan.schema());
    Ok(match plan {
        LogicalPlan::TableScan(scan) => of_table(scan, outer)?,
        LogicalPlan::Projection(node) => with_exprs(plan, &node.input, outer, |scope, _| scope.all(&node.expr))?,
        LogicalPlan::Window(node) => with_exprs(plan, &node.input, outer, |scope, input| {
            Ok(input.columns.iter().cloned().chain(scope.all(&node.window_expr)?).collect())
        })?,
        LogicalPlan::Filter(node) => narrowed(&node.input, outer, Filter, [&node.predicate])?,
        LogicalPlan::Sort(node) => narrowed(&node.input, outer, Sort, node.expr.iter().map(|sort| &sort.expr))?,
        LogicalPlan::Limit(node) => {
            let bounds = node.skip.iter().chain(&node.fetch);
            narrowed(&node.input, outer, Filter, bounds.map(AsRef::as_ref))?
        }
        LogicalPlan::Aggregate(node) => of_groups(node, schema(), outer)?,
        LogicalPlan::Distinct(node) => of_distinct(node, schema(), outer)?,
        LogicalPlan::Join(node) => of_join(node, outer)?,
        LogicalPlan::Union(node) => of_union(node, schema(), outer)?,
        LogicalPlan::Extension(node) => match node.node.as_any().downcast_ref::<PitJoinNode>() {
            Some(join) => of_point_in_time(join, schema(), outer)?,
            None => not_understood(plan, outer)?,
        },
        LogicalPlan::Unnest(node) => of_unnest(node, schema(), outer)?,
        LogicalPlan::Values(node) => of_values(node, schema(), outer)?,
        LogicalPlan::SubqueryAlias(node) => Traced { schema: schema(), ..trace(&node.input, outer)? },
        LogicalPlan::Subquery(node) => Traced { schema: schema(), ..trace(&node.subquery, outer)? },
        LogicalPlan::Repartition(node) => Traced { schema: schema(), ..trace(&node.input, outer)? },
        LogicalPlan::EmptyRelation(_) => {
            let columns = schema().fields().iter().map(|_| Sources::default()).collect();
            Traced { schema: schema(), columns, rows: Sources::default() }
        }
        LogicalPlan::RecursiveQuery(_)
        | LogicalPlan::Statement(_)
        | LogicalPlan::Explain(_)
        | LogicalPlan::Analyze(_)
        | LogicalPlan::Dml(_)
        | LogicalPlan::Ddl(_)
        | LogicalPlan::Copy(_)
        | LogicalPlan::DescribeTable(_) => not_understood(plan, outer)?,
    })
}

/// A node that makes its columns of expressions over one input.
fn with_exprs(
    plan: &LogicalPlan,
    input: &LogicalPlan,
    outer: Option<&Scope<'_>>,
    columns: impl FnOnce(&Scope<'_>, &Traced) -> Result<Vec<Sources>>,
) -> Result<Traced> {
    let input = trace(input, outer)?;
    let columns = columns(&Scope { inputs: &[&input], outer }, &input)?;
    Ok(Traced { schema: DFSchemaRef::clone(plan.schema()), columns, rows: input.rows })
}

/// The input, of which `exprs` decide which rows there are, or in which order.
fn narrowed<'e>(
    input: &LogicalPlan,
    outer: Option<&Scope<'_>>,
    by: Dependence,
    exprs: impl IntoIterator<Item = &'e Expr>,
) -> Result<Traced> {
    let mut input = trace(input, outer)?;
    let deciding = Scope { inputs: &[&input], outer }.together(exprs)?.by(by);
    input.rows.add(deciding);
    Ok(input)
}

/// A table that is no port has no columns that anyone knows.
fn of_table(scan: &TableScan, outer: Option<&Scope<'_>>) -> Result<Traced> {
    let port = scan.table_name.to_string().parse::<PortRef>().ok();
    let source = |name: &str| {
        let port = port.clone()?;
        Some(Sources([((port, name.to_owned()), BTreeSet::from([Identity]))].into()))
    };
    let columns = scan.projected_schema.fields().iter().map(|field| source(field.name()).unwrap_or_default());
    let mut table = Traced {
        schema: DFSchemaRef::clone(&scan.projected_schema),
        columns: columns.collect(),
        rows: Sources::default(),
    };
    for filter in &scan.filters {
        // A condition may be about columns that the scan does not yield.
        let named = filter.column_refs().into_iter().filter_map(|column| source(&column.name));
        table.rows.add(named.fold(Sources::default(), Sources::and).by(Filter));
        table.rows.add(Scope { inputs: &[], outer }.beside_columns(filter)?.by(Filter));
    }
    Ok(table)
}

fn of_groups(node: &Aggregate, schema: DFSchemaRef, outer: Option<&Scope<'_>>) -> Result<Traced> {
    let input = trace(&node.input, outer)?;
    let scope = Scope { inputs: &[&input], outer };
    let mut columns = Vec::new();
    for expr in grouping_set_to_exprlist(&node.group_expr)? {
        columns.push(scope.value(expr)?);
    }
    let grouped = columns.iter().cloned().fold(Sources::default(), Sources::and).by(GroupBy);
    if matches!(node.group_expr.first(), Some(Expr::GroupingSet(_))) {
        // The number of the set that a row is of.
        columns.push(Sources::default());
    }
    columns.extend(scope.all(&node.aggr_expr)?);
    let rows = input.rows.and(grouped);
    Ok(Traced { schema, columns, rows })
}

fn of_distinct(node: &Distinct, schema: DFSchemaRef, outer: Option<&Scope<'_>>) -> Result<Traced> {
    let on = match node {
        Distinct::All(input) => {
            let mut input = trace(input, outer)?;
            let told_apart = input.columns.iter().cloned().fold(Sources::default(), Sources::and).by(GroupBy);
            input.rows.add(told_apart);
            return Ok(input);
        }
        Distinct::On(on) => on,
    };
    let input = trace(&on.input, outer)?;
    let scope = Scope { inputs: &[&input], outer };
    let columns = scope.all(&on.select_expr)?;
    let order = scope.together(on.sort_expr.iter().flatten().map(|sort| &sort.expr))?.by(Sort);
    let told_apart = scope.together(&on.on_expr)?.by(GroupBy);
    let rows = input.rows.and(told_apart).and(order);
    Ok(Traced { schema, columns, rows })
}

/// Rows of one side that stay or go by what is on the other are filtered; else the sides come together by the condition.
fn of_join(node: &Join, outer: Option<&Scope<'_>>) -> Result<Traced> {
    let left = trace(&node.left, outer)?;
    // What is joined laterally looks at what stands left of it.
    let right = trace(&node.right, Some(&Scope { inputs: &[&left], outer }))?;
    let scope = Scope { inputs: &[&left, &right], outer };
    let pairs = node.on.iter().flat_map(|(a, b)| [a, b]);
    let condition = scope.together(pairs.chain(&node.filter))?;
    let (by, columns) = match node.join_type {
        JoinType::Inner | JoinType::Left | JoinType::Right | JoinType::Full => {
            (Dependence::Join, left.columns.iter().chain(&right.columns).cloned().collect())
        }
        JoinType::LeftSemi | JoinType::LeftAnti => (Filter, left.columns.clone()),
        JoinType::RightSemi | JoinType::RightAnti => (Filter, right.columns.clone()),
        JoinType::LeftMark | JoinType::RightMark => {
            let side = if node.join_type == JoinType::LeftMark { &left } else { &right };
            let other = if node.join_type == JoinType::LeftMark { &right } else { &left };
            // Whether the other side has such a row is a value like others.
            let mark = condition.clone().by(Transformation).and(other.rows.clone());
            let columns = side.columns.iter().cloned().chain([mark]).collect();
            return Ok(Traced { schema: DFSchemaRef::clone(&node.schema), columns, rows: side.rows.clone() });
        }
    };
    let rows = left.rows.and(right.rows).and(condition.by(by));
    Ok(Traced { schema: DFSchemaRef::clone(&node.schema), columns, rows })
}

/// What is compared decides what comes beside a row, and which rows there are is the frame's.
fn of_point_in_time(node: &PitJoinNode, schema: DFSchemaRef, outer: Option<&Scope<'_>>) -> Result<Traced> {
    let (frame, history) = (trace(node.frame(), outer)?, trace(node.history(), outer)?);
    let condition = Scope { inputs: &[&frame, &history], outer }.together(node.compared())?;
    let columns = frame.columns.iter().chain(&history.columns).cloned().collect();
    let rows = frame.rows.and(history.rows).and(condition.by(Dependence::Join));
    Ok(Traced { schema, columns, rows })
}

fn of_union(node: &Union, schema: DFSchemaRef, outer: Option<&Scope<'_>>) -> Result<Traced> {
    let mut all = Traced { columns: vec![Sources::default(); schema.fields().len()], schema, rows: Sources::default() };
    for input in &node.inputs {
        let input = trace(input, outer)?;
        for (column, sources) in all.columns.iter_mut().zip(input.columns) {
            column.add(sources);
        }
        all.rows.add(input.rows);
    }
    Ok(all)
}

/// A list's elements become rows, so that the list decides how many there are.
fn of_unnest(node: &Unnest, schema: DFSchemaRef, outer: Option<&Scope<'_>>) -> Result<Traced> {
    let input = trace(&node.input, outer)?;
    let is_taken_apart = |index: &usize| {
        node.list_type_columns.iter().any(|(list, _)| list == index) || node.struct_type_columns.contains(index)
    };
    let columns = node.dependency_indices.iter().map(|index| {
        let sources = input.columns.get(*index).cloned().unwrap_or_else(|| input.any());
        if is_taken_apart(index) { sources.by(Transformation) } else { sources }
    });
    let columns = columns.collect();
    let lists = node.list_type_columns.iter().filter_map(|(index, _)| input.columns.get(*index)).cloned();
    let rows = lists.fold(Sources::default(), Sources::and).by(Dependence::Join).and(input.rows);
    Ok(Traced { schema, columns, rows })
}

fn of_values(node: &Values, schema: DFSchemaRef, outer: Option<&Scope<'_>>) -> Result<Traced> {
    let scope = Scope { inputs: &[], outer };
    let mut columns = vec![Sources::default(); schema.fields().len()];
    for row in &node.values {
        for (column, expr) in columns.iter_mut().zip(row) {
            column.add(scope.value(expr)?);
        }
    }
    Ok(Traced { schema, columns, rows: Sources::default() })
}

/// Every column of every table within, and of whatever is around, goes into every column and decides on the rows.
fn not_understood(plan: &LogicalPlan, outer: Option<&Scope<'_>>) -> Result<Traced> {
    let mut all = outer.map(Scope::everything).unwrap_or_default();
    plan.apply_with_subqueries(|node| {
        if let LogicalPlan::TableScan(scan) = node {
            all.add(of_table(scan, None)?.any());
        }
        Ok(TreeNodeRecursion::Continue)
    })?;
    let schema = DFSchemaRef::clone(plan.schema());
    let columns = vec![all.clone().by(Transformation); schema.fields().len()];
    Ok(Traced { schema, columns, rows: all.by(Filter) })
}

#[cfg(test)]
mod tests;
