//! How large a query becomes once each name in it is put in the place of what it stands for.
//!
//! Planners do just that: WITH names are planned anew at each use, and a condition on a computed
//! column moves down as a condition on what the column is computed from. Twenty names that each use
//! the one before twice are a million tables, and twenty columns `x + x as x` a million terms.

use std::collections::HashMap;
use std::ops::ControlFlow;
use std::rc::Rc;

use sqlparser::ast::{
    Expr, Ident, ObjectName, Query, Select, SelectItem, SetExpr, Statement, TableFactor, TableWithJoins, Visit,
    Visitor, visit_relations,
};

use crate::bounds::ensure;
use crate::{Limits, QueryError};

/// Refuses a query that would multiply beyond measure.
pub(crate) fn ensure_within(statement: &Statement, limits: &Limits) -> Result<(), QueryError> {
    let mut tables = Tables { product: 1 };
    let _: ControlFlow<()> = statement.visit(&mut tables);
    ensure("uses of WITH names when written out", tables.product, limits.tables_written_out_max)?;
    let Statement::Query(query) = statement else { return Ok(()) };
    let mut sizes = Sizes { largest: Extent::ONE };
    sizes.of_query(query, &Names::default(), &Columns::new());
    ensure("terms in one column when written out", sizes.largest.terms, limits.column_written_out_max)?;
    ensure("operators that stand on each other when written out", sizes.largest.levels, limits.levels_written_out_max)
}

/// How often tables stand in the query once every WITH name is written out. Where queries with WITH
/// stand in each other, the product: never less than what it comes to.
struct Tables {
    product: usize,
}

impl Visitor for Tables {
    type Break = ();

    fn pre_visit_query(&mut self, query: &Query) -> ControlFlow<()> {
        let Some(with) = &query.with else { return ControlFlow::Continue(()) };
        let mut sizes: HashMap<String, usize> = HashMap::new();
        for cte in &with.cte_tables {
            // One that reads no table is still written out at each use.
            let size = written_out(cte.query.as_ref(), &sizes).max(1);
            sizes.insert(cte.alias.name.value.to_lowercase(), size);
        }
        let total = written_out(query.body.as_ref(), &sizes);
        self.product = self.product.saturating_mul(total.max(1));
        ControlFlow::Continue(())
    }
}

fn written_out<Q: Visit>(part: &Q, sizes: &HashMap<String, usize>) -> usize {
    let mut total: usize = 0;
    let _: ControlFlow<()> = visit_relations(part, |name| {
        let size = sizes.get(&name.to_string().to_lowercase()).copied().unwrap_or(1);
        total = total.saturating_add(size);
        ControlFlow::Continue(())
    });
    total
}

/// How large an expression is once the columns in it are written out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Extent {
    /// Columns and constants in it.
    terms: usize,
    /// How deep its operators stand on each other.
    levels: usize,
}

impl Extent {
    const ONE: Extent = Extent { terms: 1, levels: 1 };

    /// The larger of both in each way.
    fn max(self, other: Extent) -> Extent {
        Extent { terms: self.terms.max(other.terms), levels: self.levels.max(other.levels) }
    }

    fn largest(extents: impl Iterator<Item = Extent>) -> Extent {
        extents.fold(Extent::ONE, Extent::max)
    }
}

/// The extent of each column of a table by its name; one that is not named is a plain column.
type Columns = HashMap<String, Extent>;

/// The WITH names in scope.
type Names = HashMap<String, Rc<Columns>>;

/// Follows columns through sub-queries and WITH names. Where it cannot be told which of two columns
/// is meant, the larger one counts.
struct Sizes {
    largest: Extent,
}

impl Sizes {
    /// `outer` are the columns of the query around this one, which it may name too.
    fn of_query(&mut self, query: &Query, names: &Names, outer: &Columns) -> Columns {
        let mut names = names.clone();
        for cte in query.with.iter().flat_map(|with| &with.cte_tables) {
            let columns = self.of_query(&cte.query, &names, outer);
            let renamed = renamed(columns, cte.alias.columns.iter().map(|column| &column.name));
            names.insert(key(&cte.alias.name), Rc::new(renamed));
        }
        self.of_body(&query.body, &names, outer)
    }

    fn of_body(&mut self, body: &SetExpr, names: &Names, outer: &Columns) -> Columns {
        match body {
            SetExpr::Select(select) => self.of_select(select, names, outer),
            SetExpr::Query(query) => self.of_query(query, names, outer),
            SetExpr::SetOperation { left, right, .. } => {
                let left = self.of_body(left, names, outer);
                let right = self.of_body(right, names, outer);
                // Columns of the right side go by place, not by name: the largest may be any of them.
                let largest = Extent::largest(right.values().copied());
                let mut columns: Columns = left.into_iter().map(|(name, size)| (name, size.max(largest))).collect();
                if largest != Extent::ONE {
                    add(&mut columns, ANY.to_owned(), largest);
                }
                columns
            }
            _ => Columns::new(),
        }
    }

    fn of_select(&mut self, select: &Select, names: &Names, outer: &Columns) -> Columns {
        let mut below = outer.clone();
        for from in &select.from {
            self.of_joined(from, names, &mut below);
        }
        let mut columns = Columns::new();
        for item in &select.projection {
            match item {
                SelectItem::UnnamedExpr(expr) => {
                    let size = self.of_expr(expr, &below, names);
                    // It may be called by the text of the expression, quoted, in whatever spelling.
                    add(&mut columns, last_name(expr).unwrap_or_else(|| ANY.to_owned()), size);
                }
                SelectItem::ExprWithAlias { expr, alias } => {
                    let size = self.of_expr(expr, &below, names);
                    add(&mut columns, key(alias), size);
                }
                SelectItem::ExprWithAliases { expr, aliases } => {
                    let size = self.of_expr(expr, &below, names);
                    aliases.iter().for_each(|alias| add(&mut columns, key(alias), size));
                }
                _ => {
                    below.iter().for_each(|(name, size)| add(&mut columns, name.clone(), *size));
                }
            }
        }
        let conditions = [&select.selection, &select.having, &select.qualify];
        for condition in conditions.into_iter().flatten() {
            self.of_expr(condition, &below, names);
            self.of_expr(condition, &columns, names);
        }
        columns
    }

    fn of_joined(&mut self, from: &TableWithJoins, names: &Names, below: &mut Columns) {
        self.of_factor(&from.relation, names, below);
        for join in &from.joins {
            self.of_factor(&join.relation, names, below);
        }
    }

    fn of_factor(&mut self, factor: &TableFactor, names: &Names, below: &mut Columns) {
        let (columns, alias) = match factor {
            TableFactor::Table { name, alias, .. } => (named(name, names), alias),
            TableFactor::Derived { subquery, alias, .. } => (self.of_query(subquery, names, below), alias),
            TableFactor::NestedJoin { table_with_joins, alias } => {
                let mut inner = Columns::new();
                self.of_joined(table_with_joins, names, &mut inner);
                (inner, alias)
            }
            TableFactor::UNNEST { array_exprs, alias, .. } => {
                let size = Extent::largest(array_exprs.iter().map(|expr| self.of_expr(expr, below, names)));
                (Columns::from([(ANY.to_owned(), size)]), alias)
            }
            TableFactor::Pivot { table, alias, .. } | TableFactor::Unpivot { table, alias, .. } => {
                let mut inner = Columns::new();
                self.of_factor(table, names, &mut inner);
                (inner, alias)
            }
            _ => return,
        };
        let new_names = alias.iter().flat_map(|alias| &alias.columns).map(|column| &column.name);
        for (name, size) in renamed(columns, new_names) {
            add(below, name, size);
        }
    }

    /// How many columns of tables the expression names once those of sub-queries are written out.
    fn of_expr(&mut self, expr: &Expr, below: &Columns, names: &Names) -> Extent {
        let mut terms =
            Terms { sizes: self, below, names, within: 0, level: 0, extent: Extent { terms: 0, levels: 0 } };
        let _: ControlFlow<()> = expr.visit(&mut terms);
        let extent = terms.extent.max(Extent::ONE);
        self.largest = self.largest.max(extent);
        extent
    }
}

/// Adds up one expression.
struct Terms<'a> {
    sizes: &'a mut Sizes,
    below: &'a Columns,
    names: &'a Names,
    /// How many queries around the place that is visited belong to the expression.
    within: usize,
    /// How many expressions stand around the place that is visited.
    level: usize,
    extent: Extent,
}

impl Terms<'_> {
    fn add(&mut self, part: Extent) {
        self.extent.terms = self.extent.terms.saturating_add(part.terms);
        self.extent.levels = self.extent.levels.max(self.level.saturating_add(part.levels));
    }
}

impl Visitor for Terms<'_> {
    type Break = ();

    fn pre_visit_query(&mut self, query: &Query) -> ControlFlow<()> {
        if self.within == 0 {
            let columns = self.sizes.of_query(query, self.names, self.below);
            self.add(Extent::largest(columns.values().copied()));
        }
        self.within += 1;
        ControlFlow::Continue(())
    }

    fn post_visit_query(&mut self, _: &Query) -> ControlFlow<()> {
        self.within -= 1;
        ControlFlow::Continue(())
    }

    fn pre_visit_expr(&mut self, expr: &Expr) -> ControlFlow<()> {
        let any = || self.below.get(ANY).copied().unwrap_or(Extent::ONE);
        match expr {
            _ if self.within > 0 => {}
            Expr::Identifier(ident) => self.add(self.below.get(&key(ident)).copied().unwrap_or_else(any)),
            // `t.c` and `c.field` alike: whichever part is a column that is known.
            Expr::CompoundIdentifier(parts) => {
                let known = parts.iter().filter_map(|part| self.below.get(&key(part))).copied();
                self.add(known.reduce(Extent::max).unwrap_or_else(any));
            }
            Expr::Value(_) => self.add(Extent::ONE),
            _ => {}
        }
        self.level += 1;
        ControlFlow::Continue(())
    }

    fn post_visit_expr(&mut self, _: &Expr) -> ControlFlow<()> {
        self.level -= 1;
        ControlFlow::Continue(())
    }
}

/// Stands for the columns whose name is not known.
const ANY: &str = "";

fn add(columns: &mut Columns, name: String, size: Extent) {
    let known = columns.entry(name).or_insert(Extent::ONE);
    *known = size.max(*known);
}

fn named(name: &ObjectName, names: &Names) -> Columns {
    match name.0.as_slice() {
        [only] => only
            .as_ident()
            .and_then(|ident| names.get(&key(ident)))
            .map(|columns| Columns::clone(columns))
            .unwrap_or_default(),
        _ => Columns::new(),
    }
}

/// New names go by place, and places are not followed: each may be the largest.
fn renamed<'a>(columns: Columns, new_names: impl Iterator<Item = &'a Ident>) -> Columns {
    let largest = Extent::largest(columns.values().copied());
    let mut renamed: Columns = new_names.map(|name| (key(name), largest)).collect();
    if renamed.is_empty() {
        return columns;
    }
    renamed.extend(columns);
    renamed
}

fn last_name(expr: &Expr) -> Option<String> {
    match expr {
        Expr::Identifier(ident) => Some(key(ident)),
        Expr::CompoundIdentifier(parts) => parts.last().map(key),
        _ => None,
    }
}

fn key(ident: &Ident) -> String {
    ident.value.to_lowercase()
}

#[cfg(test)]
mod tests {
    use sqlparser::dialect::GenericDialect;
    use sqlparser::parser::Parser;

    use super::*;

    fn check(sql: &str) -> Option<&'static str> {
        let statements = Parser::parse_sql(&GenericDialect {}, sql).unwrap();
        match ensure_within(&statements[0], &Limits::default()) {
            Ok(()) => None,
            Err(QueryError::TooLarge { unit, .. }) => Some(unit),
            Err(other) => panic!("{other}"),
        }
    }

    /// Each step reads the one before, the first reads `t`.
    fn chain(steps: usize, step: impl Fn(&str) -> String) -> String {
        let named = |i: usize| if i == 0 { "t".to_owned() } else { format!("a{i}") };
        let ctes: Vec<String> = (1..=steps).map(|i| format!("{} as ({})", named(i), step(&named(i - 1)))).collect();
        format!("with {} select * from {}", ctes.join(", "), named(steps))
    }

    const TABLES: Option<&str> = Some("uses of WITH names when written out");
    const TERMS: Option<&str> = Some("terms in one column when written out");

    #[test]
    fn names_that_multiply_tables_are_refused() {
        for step in [
            "select x from {} union all select x from {}",
            "select * from {}, {}",
            "select x from {} where x in (select x from {})",
        ] {
            assert_eq!(check(&chain(8, |below| step.replace("{}", below))), None, "{step}");
            assert_eq!(check(&chain(24, |below| step.replace("{}", below))), TABLES, "{step}");
            let within = format!("select * from ({}) q", chain(24, |below| step.replace("{}", below)));
            assert_eq!(check(&within), TABLES, "{step}");
        }
    }

    #[test]
    fn columns_that_multiply_are_refused() {
        for step in [
            "select x + x as x from {}",
            "select struct(x, x) as x from {}",
            "select x || x x, 1 as y from {} where y > 1",
            "select * from (select [q.x, q.x] as x from {} q) r",
            "select (select x + x) as x from {}",
            "select case when x then x end as x from {} join u on true",
            "select max(x) + min(x) as x from {} group by y",
            "select x + x as x from {} union select 1",
        ] {
            assert_eq!(check(&chain(10, |below| step.replace("{}", below))), None, "{step}");
            assert_eq!(check(&chain(40, |below| step.replace("{}", below))), TERMS, "{step}");
        }
    }

    #[test]
    fn operators_that_pile_up_from_name_to_name_are_refused() {
        let step = |below: &str| format!("select x{} as x from {below}", " + 1".repeat(400));
        assert_eq!(check(&chain(4, step)), None);
        assert_eq!(check(&chain(8, step)), Some("operators that stand on each other when written out"));
        let calls = |below: &str| format!("select {}x{} as x from {below}", "abs(".repeat(40), ")".repeat(40));
        assert_eq!(check(&chain(100, calls)), Some("operators that stand on each other when written out"));
    }

    #[test]
    fn nested_queries_multiply_like_named_ones() {
        let nested = (0..18).fold("t".to_owned(), |below, _| format!("(select x + x as x from {below} q)"));
        assert_eq!(check(&format!("select * from {nested} q where x > 1")), TERMS);
    }

    #[test]
    fn a_long_chain_that_hands_columns_on_passes() {
        assert_eq!(check(&chain(100, |below| format!("select x, y, x + y as z from {below}"))), None);
        assert_eq!(check(&chain(100, |below| format!("select *, 1 as one from {below} where x > 1"))), None);
    }
}
