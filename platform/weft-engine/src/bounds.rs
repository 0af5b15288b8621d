//! Bounds that hold before anything recursive touches the text, and before anything is planned.
//!
//! A chain of some thousand operators makes a tree that deep, and parsers, planners and even drops
//! walk trees by recursion. So the text is first only tokenised, which is a loop, and measured; what
//! passes is parsed, and the tree is counted.

use std::ops::ControlFlow;

use sqlparser::ast::{Expr, GroupByExpr, GroupByWithModifier, Query, Select, SelectItem, Visit, Visitor};
use sqlparser::dialect::GenericDialect;
use sqlparser::keywords::Keyword;
use sqlparser::tokenizer::{Token, TokenWithSpan, Tokenizer, TokenizerError};

use crate::{Limits, QueryError};

/// How deep parentheses, sub-queries and the like may stand in each other.
pub(crate) const NESTING_MAX: usize = 50;

/// How deep those forms may stand in each other that the parser tries to read in more than one way:
/// at a mistake in the innermost it goes through all ways of all of them.
const RETRIED_MAX: usize = 8;

/// Sub-queries within expressions that stand in each other: planning looks at each of them as often
/// as there are ways to choose among those around it.
const SUBQUERIES_DEEP_MAX: usize = 8;

/// WITH names in one query.
const WITH_NAMES_MAX: usize = 256;

/// `*` in one SELECT: each stands for all columns.
const WILDCARDS_MAX: usize = 50;

/// The tokens of a text, for the parser. Refuses a text that is too large to be parsed safely.
pub(crate) fn tokens_within(sql: &str, limits: &Limits) -> Result<Vec<TokenWithSpan>, QueryError> {
    ensure("bytes", sql.len(), limits.sql_bytes_max)?;
    let all = Tokenizer::new(&GenericDialect {}, sql).tokenize_with_location().map_err(syntax)?;
    let tokens = || all.iter().map(|token| &token.token).filter(|token| !matches!(token, Token::Whitespace(_)));
    ensure("tokens", tokens().count(), limits.tokens_max)?;
    ensure("operators", tokens().filter(|token| is_operator(token)).count(), limits.operators_max)?;
    let set_operations = tokens().filter(|token| is_set_operation(token)).count();
    ensure("set operations", set_operations, limits.set_operations_max)?;
    let measured = Measure::of(tokens());
    ensure("levels of nesting", measured.nesting, NESTING_MAX)?;
    ensure("operators that stand on each other", measured.chain, limits.chain_max)?;
    ensure("levels of nesting of CAST, NOT, INTERVAL and the like", measured.retried, RETRIED_MAX)?;
    Ok(all)
}

/// Refuses a query whose parts are too many to be planned in time.
pub(crate) fn ensure_shape<S: Visit>(statement: &S, limits: &Limits) -> Result<(), QueryError> {
    match statement.visit(&mut Shape { limits, subqueries: 0 }) {
        ControlFlow::Break(error) => Err(error),
        ControlFlow::Continue(()) => Ok(()),
    }
}

pub(crate) fn ensure(unit: &'static str, size: usize, limit: usize) -> Result<(), QueryError> {
    if size > limit { Err(QueryError::TooLarge { unit, size, limit }) } else { Ok(()) }
}

fn syntax(error: TokenizerError) -> QueryError {
    QueryError::Syntax { line: error.location.line, column: error.location.column, problem: error.message }
}

/// How deep the tree of a text can be at most.
#[derive(Default)]
struct Measure {
    nesting: usize,
    chain: usize,
    retried: usize,
}

/// What is known at one level of parentheses.
#[derive(Clone, Copy, Default)]
struct Level {
    /// The deepest tree so far between two commas of this level.
    deepest: usize,
    /// Depth of what AND and OR have joined since the last comma.
    joined: usize,
    /// Depth of the operand that is being read.
    operand: usize,
    /// Forms around this place that the parser may read again.
    retried: usize,
    /// Such forms since the operand began.
    retried_here: usize,
}

impl Level {
    fn depth(&self) -> usize {
        self.deepest.max(self.joined + 1).max(self.operand)
    }

    fn separate(&mut self) {
        *self = Level { deepest: self.depth(), retried: self.retried, ..Level::default() };
    }

    fn join(&mut self) {
        (self.joined, self.operand) = (self.joined.max(self.operand) + 1, 0);
        self.retried_here = 0;
    }

    fn hold(&mut self, inner: Level) {
        self.operand = self.operand.max(inner.depth() + 1);
    }
}

impl Measure {
    fn of<'a>(tokens: impl Iterator<Item = &'a Token>) -> Self {
        let (mut measured, mut outer, mut level) = (Measure::default(), Vec::new(), Level::default());
        for token in tokens {
            match token {
                Token::LParen | Token::LBracket | Token::LBrace => {
                    level.operand += usize::from(!matches!(token, Token::LParen));
                    let inner = Level { retried: level.retried + level.retried_here, ..Level::default() };
                    outer.push(std::mem::replace(&mut level, inner));
                    measured.nesting = measured.nesting.max(outer.len());
                }
                Token::RParen | Token::RBracket | Token::RBrace => {
                    let inner = std::mem::replace(&mut level, outer.pop().unwrap_or_default());
                    level.hold(inner);
                    level.retried_here = 0;
                }
                Token::Comma | Token::SemiColon => level.separate(),
                Token::Word(word) if separates(word.keyword) => level.separate(),
                Token::Word(word) if matches!(word.keyword, Keyword::AND | Keyword::OR | Keyword::XOR) => level.join(),
                token if is_operator(token) => level.operand += 1,
                _ => {}
            }
            level.retried_here += usize::from(is_retried(token));
            measured.chain = measured.chain.max(level.depth());
            measured.retried = measured.retried.max(level.retried + level.retried_here);
        }
        measured
    }
}

/// Whether what comes after the word is no operand of what came before.
fn separates(keyword: Keyword) -> bool {
    matches!(
        keyword,
        Keyword::SELECT
            | Keyword::WHERE
            | Keyword::HAVING
            | Keyword::WHEN
            | Keyword::THEN
            | Keyword::ELSE
            | Keyword::JOIN
            | Keyword::ON
            | Keyword::UNION
            | Keyword::INTERSECT
            | Keyword::EXCEPT
    )
}

/// Whether a form begins that the parser reads in more than one way.
fn is_retried(token: &Token) -> bool {
    let Token::Word(word) = token else { return false };
    matches!(
        word.keyword,
        Keyword::ARRAY
            | Keyword::CAST
            | Keyword::CEIL
            | Keyword::CONVERT
            | Keyword::EXTRACT
            | Keyword::FLOOR
            | Keyword::INTERVAL
            | Keyword::MAP
            | Keyword::NOT
            | Keyword::OVERLAY
            | Keyword::POSITION
            | Keyword::PRIOR
            | Keyword::SAFE_CAST
            | Keyword::STRUCT
            | Keyword::SUBSTR
            | Keyword::SUBSTRING
            | Keyword::TRIM
            | Keyword::TRY_CAST
            | Keyword::TRY_CONVERT
    )
}

fn is_set_operation(token: &Token) -> bool {
    matches!(token, Token::Word(word)
        if matches!(word.keyword, Keyword::UNION | Keyword::INTERSECT | Keyword::EXCEPT | Keyword::MINUS))
}

/// Whether the token joins two operands, prefixes one, or nests: everything but names, literals,
/// commas and what closes or separates.
fn is_operator(token: &Token) -> bool {
    match token {
        Token::Word(word) => matches!(
            word.keyword,
            Keyword::AND
                | Keyword::OR
                | Keyword::XOR
                | Keyword::NOT
                | Keyword::UNION
                | Keyword::INTERSECT
                | Keyword::EXCEPT
                | Keyword::JOIN
                | Keyword::SELECT
                | Keyword::CASE
                | Keyword::WHEN
                | Keyword::IS
                | Keyword::LIKE
                | Keyword::ILIKE
                | Keyword::RLIKE
                | Keyword::REGEXP
                | Keyword::SIMILAR
                | Keyword::BETWEEN
                | Keyword::IN
                | Keyword::AT
                | Keyword::COLLATE
                | Keyword::DIV
                | Keyword::OVERLAPS
                | Keyword::INTERVAL
                | Keyword::PRIOR
                | Keyword::CONNECT_BY_ROOT
                | Keyword::NOTNULL
                | Keyword::MEMBER
                | Keyword::EXPLAIN
                | Keyword::DESCRIBE
                | Keyword::DESC
        ),
        Token::Number(..)
        | Token::SingleQuotedString(_)
        | Token::Comma
        | Token::Whitespace(_)
        | Token::Period
        | Token::RParen
        | Token::LParen
        | Token::RBracket
        | Token::RBrace
        | Token::SemiColon
        | Token::Placeholder(_)
        | Token::EOF => false,
        _ => true,
    }
}

/// Counts what multiplies in planning.
struct Shape<'a> {
    limits: &'a Limits,
    /// Sub-queries of expressions around the place that is visited.
    subqueries: usize,
}

impl Shape<'_> {
    fn check(&self, unit: &'static str, size: usize, limit: usize) -> ControlFlow<QueryError> {
        ensure(unit, size, limit).map_or_else(ControlFlow::Break, ControlFlow::Continue)
    }
}

impl Visitor for Shape<'_> {
    type Break = QueryError;

    fn pre_visit_query(&mut self, query: &Query) -> ControlFlow<QueryError> {
        let named = query.with.as_ref().map_or(0, |with| with.cte_tables.len());
        self.check("WITH names", named, WITH_NAMES_MAX)
    }

    fn pre_visit_select(&mut self, select: &Select) -> ControlFlow<QueryError> {
        let joined: usize = select.from.iter().map(|from| 1 + from.joins.len()).sum();
        self.check("tables in one FROM", joined, self.limits.joins_max)?;
        let is_wildcard =
            |item: &&SelectItem| matches!(item, SelectItem::Wildcard(_) | SelectItem::QualifiedWildcard(..));
        self.check("`*` in one SELECT", select.projection.iter().filter(is_wildcard).count(), WILDCARDS_MAX)?;
        self.check("grouping sets", grouping_sets(&select.group_by), self.limits.grouping_sets_max)
    }

    fn pre_visit_expr(&mut self, expr: &Expr) -> ControlFlow<QueryError> {
        if is_subquery(expr) {
            self.subqueries += 1;
            self.check("sub-queries in each other", self.subqueries, SUBQUERIES_DEEP_MAX)?;
        }
        match expr {
            Expr::InList { list, .. } => self.check("values in one IN list", list.len(), self.limits.in_list_max),
            _ => ControlFlow::Continue(()),
        }
    }

    fn post_visit_expr(&mut self, expr: &Expr) -> ControlFlow<QueryError> {
        self.subqueries -= usize::from(is_subquery(expr));
        ControlFlow::Continue(())
    }
}

fn is_subquery(expr: &Expr) -> bool {
    matches!(expr, Expr::Subquery(_) | Expr::Exists { .. } | Expr::InSubquery { .. })
}

/// How many sets of columns a GROUP BY groups by.
fn grouping_sets(group_by: &GroupByExpr) -> usize {
    let (columns, modifiers) = match group_by {
        GroupByExpr::All(modifiers) => (&[][..], modifiers),
        GroupByExpr::Expressions(columns, modifiers) => (columns.as_slice(), modifiers),
    };
    let of_modifier = |modifier: &GroupByWithModifier| match modifier {
        GroupByWithModifier::Rollup => columns.len() + 1,
        GroupByWithModifier::Cube => power_of_two(columns.len()),
        GroupByWithModifier::GroupingSets(expr) => sets_of(expr),
        GroupByWithModifier::Totals => 2,
    };
    columns.iter().map(sets_of).chain(modifiers.iter().map(of_modifier)).fold(1, usize::saturating_mul)
}

fn sets_of(expr: &Expr) -> usize {
    match expr {
        Expr::Rollup(columns) => columns.len() + 1,
        Expr::Cube(columns) => power_of_two(columns.len()),
        Expr::GroupingSets(sets) => {
            let of_set = |set: &Vec<Expr>| set.iter().map(sets_of).fold(1, usize::saturating_mul);
            sets.iter().map(of_set).fold(0, usize::saturating_add)
        }
        _ => 1,
    }
}

fn power_of_two(exponent: usize) -> usize {
    u32::try_from(exponent).ok().and_then(|exponent| 1_usize.checked_shl(exponent)).unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(sql: &str) -> Option<&'static str> {
        match tokens_within(sql, &Limits::default()) {
            Ok(_) => None,
            Err(QueryError::TooLarge { unit, .. }) => Some(unit),
            Err(other) => panic!("{other}"),
        }
    }

    const CHAIN: Option<&str> = Some("operators that stand on each other");

    #[test]
    fn chains_that_overflow_a_stack_are_refused_whatever_joins_them() {
        for (head, link) in [
            ("select 1 where true", " and true"),
            ("select 1 where true", " or a = 1"),
            ("select 1", "+1"),
            ("select 'a'", "||'a'"),
            ("select 1", "::int"),
            ("select a", "[1]"),
            ("select 1", " is distinct from 1"),
            ("select 1", " between 1 and 2"),
            ("select 1", " in (1)"),
            ("select a", ":b"),
            ("select 1", " + (1)"),
            ("select x is", " not null is"),
        ] {
            assert_eq!(check(&format!("{head}{}", link.repeat(3_000))), CHAIN, "{link}");
        }
        for prefix in ["- ", "not ", "+", "~", "interval ", "explain ", "array<", "prior "] {
            assert_eq!(check(&format!("select {}1", prefix.repeat(5_000))), CHAIN, "{prefix}");
        }
        assert_eq!(check(&"explain ".repeat(30_000)), Some("operators"));
    }

    #[test]
    fn forms_that_a_parser_reads_again_and_again_are_few_deep() {
        for (open, close) in [("cast(", " as int)"), ("not (", ")"), ("position(", " in 'a')"), ("array[", "]")] {
            let nested = |deep: usize| check(&format!("select {}1{}", open.repeat(deep), close.repeat(deep)));
            assert_eq!(nested(8), None, "{open}");
            assert_eq!(nested(9), Some("levels of nesting of CAST, NOT, INTERVAL and the like"), "{open}");
        }
        assert_eq!(check(&format!("select 1 where {}", vec!["not a and cast(b as int) = 1"; 40].join(" and "))), None);
        assert_eq!(check(&format!("select {}", vec!["cast(a as int)"; 400].join(", "))), None);
    }

    #[test]
    fn set_operations_are_counted() {
        assert_eq!(check(&"select 1 union all ".repeat(5_000)), Some("set operations"));
        assert_eq!(check(&"select 1 except ".repeat(300)), Some("set operations"));
        assert_eq!(check(&format!("{}select 1", "select 1 union all ".repeat(255))), None);
    }

    #[test]
    fn nesting_is_counted_whatever_nests() {
        for (open, close) in [("(", ")"), ("[", "]"), ("{a: ", "}"), ("f(", ")"), ("(select ", ")")] {
            let sql = format!("select {}1{}", open.repeat(5_000), close.repeat(5_000));
            assert_eq!(check(&sql), Some("levels of nesting"), "{open}");
        }
        assert_eq!(check(&format!("select {}1", "(".repeat(100_000))), Some("levels of nesting"));
    }

    #[test]
    fn chains_within_parentheses_add_up() {
        let inner = |part: &str| format!("({part}{})", " + 1".repeat(100));
        let one = inner("1");
        assert_eq!(check(&format!("select {}", inner(&inner(&one)))), None);
        let six = (0..5).fold(one, |part, _| inner(&part));
        assert_eq!(check(&format!("select {six}")), CHAIN);
    }

    #[test]
    fn what_is_wide_and_flat_passes() {
        let list = (0..20_000).map(|i| i.to_string()).collect::<Vec<_>>().join(",");
        assert_eq!(check(&format!("select 1 where 1 in ({list})")), None);
        let columns = vec!["a + b * c"; 2_000].join(", ");
        assert_eq!(check(&format!("select {columns} from t")), None);
        let cases = "when a = 1 then 2 ".repeat(1_000);
        assert_eq!(check(&format!("select case {cases} end from t")), None);
        let conjuncts = vec!["a = 1"; 450].join(" and ");
        assert_eq!(check(&format!("select 1 from t where {conjuncts}")), None);
    }

    #[test]
    fn an_unbalanced_text_is_measured_all_the_same() {
        assert_eq!(check(&format!("select {}1", ")".repeat(1_000))), CHAIN);
        assert_eq!(check("select ]))1"), None);
    }
}
