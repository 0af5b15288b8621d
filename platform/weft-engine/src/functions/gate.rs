//! Refuses calls that are not on offer, before anything is planned.

use std::ops::ControlFlow;

use sqlparser::ast::{
    BinaryOperator, Expr, Function, FunctionArg, FunctionArgExpr, FunctionArguments, Ident, ObjectName, TableFactor,
    Value, Visit, Visitor,
};

use super::list::{is_on_offer, nearest};
use super::{is_series, pattern};
use crate::QueryError;

/// Bytes of the text between the values that `string_agg` joins.
const DELIMITER_BYTES_MAX: usize = 1_000;
/// Centroids of an approximation: memory is taken for all of them at once.
const CENTROIDS_MAX: u64 = 10_000;

/// Refuses a statement that calls what is not on offer.
pub(crate) fn ensure_allowed<S: Visit>(statement: &S) -> Result<(), QueryError> {
    match statement.visit(&mut Calls) {
        ControlFlow::Break(error) => Err(error),
        ControlFlow::Continue(()) => Ok(()),
    }
}

struct Calls;

impl Visitor for Calls {
    type Break = QueryError;

    fn pre_visit_expr(&mut self, expr: &Expr) -> ControlFlow<QueryError> {
        let checked = match expr {
            Expr::Function(function) => ensure_call(function),
            Expr::BinaryOp { op, right, .. } if matches_a_pattern(op) => ensure_pattern(right),
            Expr::RLike { pattern, .. } | Expr::SimilarTo { pattern, .. } => ensure_pattern(pattern),
            _ => Ok(()),
        };
        checked.map_or_else(ControlFlow::Break, ControlFlow::Continue)
    }

    fn pre_visit_table_factor(&mut self, factor: &TableFactor) -> ControlFlow<QueryError> {
        let TableFactor::Table { name, args: Some(arguments), .. } = factor else {
            return ControlFlow::Continue(());
        };
        // These are computed while planning, before anything holds them to bounds.
        let is_plain = arguments.args.iter().all(|argument| match argument {
            FunctionArg::Unnamed(FunctionArgExpr::Expr(expr)) => is_constant(expr),
            _ => false,
        });
        if is_series(&name.to_string()) && !is_plain {
            let problem = "a series takes constants only: numbers, dates, timestamps and intervals".to_owned();
            return ControlFlow::Break(QueryError::Invalid { problem });
        }
        ControlFlow::Continue(())
    }
}

fn ensure_call(function: &Function) -> Result<(), QueryError> {
    let name = name_of(&function.name);
    if !is_on_offer(&name) {
        let hint = match nearest(&name) {
            Some(nearest) => format!("; did you mean `{nearest}`?"),
            None => String::new(),
        };
        return Err(QueryError::FunctionNotAllowed { function: name, hint });
    }
    match name.as_str() {
        "string_agg" => ensure_delimiter(function),
        "approx_percentile_cont" => ensure_centroids(function, 2),
        "approx_percentile_cont_with_weight" => ensure_centroids(function, 3),
        _ => Ok(()),
    }
}

/// The name as the planner looks it up.
fn name_of(name: &ObjectName) -> String {
    let part = |ident: &Ident| match ident.quote_style {
        Some(_) => ident.value.clone(),
        None => ident.value.to_ascii_lowercase(),
    };
    let parts: Vec<String> =
        name.0.iter().map(|ident| ident.as_ident().map_or_else(|| ident.to_string(), part)).collect();
    parts.join(".")
}

fn arguments(function: &Function) -> Vec<&Expr> {
    let FunctionArguments::List(list) = &function.args else { return Vec::new() };
    list.args
        .iter()
        .filter_map(|argument| match argument {
            FunctionArg::Unnamed(FunctionArgExpr::Expr(expr))
            | FunctionArg::Named { arg: FunctionArgExpr::Expr(expr), .. }
            | FunctionArg::ExprNamed { arg: FunctionArgExpr::Expr(expr), .. } => Some(expr),
            _ => None,
        })
        .collect()
}

/// The text between two values is added once for each row.
fn ensure_delimiter(function: &Function) -> Result<(), QueryError> {
    match arguments(function).get(1).copied().map(text_of) {
        None => Ok(()),
        Some(Some(text)) if text.len() <= DELIMITER_BYTES_MAX => Ok(()),
        Some(_) => {
            let problem =
                format!("`string_agg` takes a constant text of at most {DELIMITER_BYTES_MAX} bytes as its delimiter");
            Err(QueryError::Invalid { problem })
        }
    }
}

/// From the argument `first` on, or one earlier WITHIN GROUP, come numbers of centroids.
fn ensure_centroids(function: &Function, first: usize) -> Result<(), QueryError> {
    let first = if function.within_group.is_empty() { first } else { first - 1 };
    let is_small = |expr: &&Expr| match expr {
        Expr::Value(value) => match &value.value {
            Value::Number(number, _) => number.to_string().parse::<u64>().is_ok_and(|number| number <= CENTROIDS_MAX),
            _ => false,
        },
        _ => false,
    };
    if arguments(function).into_iter().skip(first).all(|expr| is_small(&expr)) {
        return Ok(());
    }
    let problem = format!("the number of centroids is a constant of at most {CENTROIDS_MAX}");
    Err(QueryError::Invalid { problem })
}

fn matches_a_pattern(op: &BinaryOperator) -> bool {
    matches!(
        op,
        BinaryOperator::PGRegexMatch
            | BinaryOperator::PGRegexIMatch
            | BinaryOperator::PGRegexNotMatch
            | BinaryOperator::PGRegexNotIMatch
            | BinaryOperator::Regexp
    )
}

/// Patterns of operators are constants; `regexp_like` also takes those of a column, a few at a time.
fn ensure_pattern(expr: &Expr) -> Result<(), QueryError> {
    match text_of(expr) {
        Some(text) => pattern::ensure_one(text),
        None => {
            let problem = "a pattern is a constant text here; `regexp_like` takes others".to_owned();
            Err(QueryError::Invalid { problem })
        }
    }
}

fn text_of(expr: &Expr) -> Option<&str> {
    match expr {
        Expr::Value(value) => match &value.value {
            Value::SingleQuotedString(text) | Value::EscapedStringLiteral(text) => Some(text),
            _ => None,
        },
        Expr::Nested(inner) => text_of(inner),
        _ => None,
    }
}

/// Numbers, texts and what SQL writes with a word before a text.
fn is_constant(expr: &Expr) -> bool {
    match expr {
        Expr::Value(_) | Expr::TypedString(_) => true,
        Expr::UnaryOp { expr, .. } | Expr::Nested(expr) => is_constant(expr),
        Expr::Interval(interval) => is_constant(&interval.value),
        Expr::Cast { expr, data_type, .. } => {
            is_constant(expr) && !matches!(data_type, sqlparser::ast::DataType::Array(_))
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use sqlparser::dialect::GenericDialect;
    use sqlparser::parser::Parser;

    use super::*;

    fn check(sql: &str) -> Option<String> {
        let statements = Parser::parse_sql(&GenericDialect {}, sql).unwrap();
        ensure_allowed(&statements).err().map(|error| format!("{} {error}", error.code()))
    }

    #[test]
    fn what_is_on_offer_passes_in_any_spelling() {
        for sql in [
            "select COUNT(*), Sum(x) over (), length('a'), current_date, \"abs\"(1), unnest([1])",
            "select extract(year from now()), substring('a' from 1), position('a' in 'b'), trim('a')",
            "select string_agg(x, ', ') from t",
            "select approx_percentile_cont(0.5, 200) within group (order by x) from t",
            "select x ~ '^a', x similar to 'a' from generate_series(1, 10)",
            "select * from generate_series(date '2020-01-01', date '2020-02-01', interval '1 day')",
        ] {
            assert_eq!(check(sql), None, "{sql}");
        }
    }

    #[test]
    fn what_is_not_on_offer_is_refused_wherever_it_stands() {
        for call in ["input_file_name()", "version()", "\"ABS\"(1)", "pg_catalog.abs(1)", "array_transform(a, x -> x)"]
        {
            for sql in [
                format!("select {call}"),
                format!("with a as (select 1 where {call} = 1) select 1"),
                format!("select 1 from t join u on {call} = 1 group by {call} order by {call}"),
                format!("select sum(x) filter (where {call} = 1) over (partition by {call}) from t"),
                format!("values ({call})"),
                format!("select 1 limit {call}"),
            ] {
                assert!(check(&sql).is_some_and(|error| error.starts_with("W0215")), "{sql}");
            }
        }
        assert_eq!(
            check("select lenght('a')").unwrap(),
            "W0215 no function `lenght` is on offer; did you mean `length`?"
        );
        assert_eq!(check("select no_such_thing()").unwrap(), "W0215 no function `no_such_thing` is on offer");
    }

    #[test]
    fn arguments_that_take_memory_at_once_are_held_to_constants() {
        for sql in [
            "select string_agg(x, repeat('a', 1000)) from t",
            "select string_agg(x, y) from t",
            "select approx_percentile_cont(x, 0.5, 1000000000) from t",
            "select approx_percentile_cont(x, 0.5, 1000 * 1000) from t",
            "select approx_percentile_cont(0.5, 1000000000) within group (order by x) from t",
            "select approx_percentile_cont_with_weight(x, w, 0.5, 1000000000) from t",
            "select x ~ y from t",
            "select x !~* (y || 'a') from t",
            "select x similar to y from t",
            "select * from generate_series(1, cardinality(cast(null as bigint[1000000000])))",
            "select * from generate_series(1, cast(null as bigint[1000000000]))",
        ] {
            assert!(check(sql).is_some(), "{sql}");
        }
    }
}
