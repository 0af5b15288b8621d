//! Bounds that hold before anything recursive touches the text.
//!
//! A chain of some thousand operators makes a tree that deep, and parsers, planners and even drops
//! walk trees by recursion. So the text is only tokenised, which is a loop, and counted.

use std::collections::HashMap;
use std::ops::ControlFlow;

use sqlparser::ast::{Query, Visit, Visitor, visit_relations};
use sqlparser::dialect::GenericDialect;
use sqlparser::keywords::Keyword;
use sqlparser::tokenizer::{Token, Tokenizer, TokenizerError};

use crate::{Limits, QueryError};

/// How often tables may stand in a query once its WITH names are written out.
const WRITTEN_OUT_MAX: usize = 2_000;

/// Refuses a text that is too large to be parsed safely.
pub(crate) fn ensure_within(sql: &str, limits: &Limits) -> Result<(), QueryError> {
    ensure("bytes", sql.len(), limits.sql_bytes_max)?;
    let tokens = Tokenizer::new(&GenericDialect {}, sql).tokenize().map_err(syntax)?;
    let counted = tokens.iter().filter(|token| !matches!(token, Token::Whitespace(_))).count();
    ensure("tokens", counted, limits.tokens_max)?;
    ensure("operators", tokens.iter().filter(|token| is_operator(token)).count(), limits.operators_max)
}

/// Refuses a query whose WITH names, each put in the place of its use as the planner does, would
/// multiply beyond measure: twenty names that each use the one before twice are a million.
pub(crate) fn ensure_expands_within<Q: Visit>(query: &Q) -> Result<(), QueryError> {
    let mut expansion = Expansion { product: 1 };
    let _: ControlFlow<()> = query.visit(&mut expansion);
    ensure("uses of WITH names when written out", expansion.product, WRITTEN_OUT_MAX)
}

/// How often tables stand in the query once every WITH name is written out. Where queries with WITH
/// stand in each other, the product: never less than what it comes to.
struct Expansion {
    product: usize,
}

impl Visitor for Expansion {
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

fn ensure(unit: &'static str, size: usize, limit: usize) -> Result<(), QueryError> {
    if size > limit { Err(QueryError::TooLarge { unit, size, limit }) } else { Ok(()) }
}

fn syntax(error: TokenizerError) -> QueryError {
    QueryError::Syntax { line: error.location.line, column: error.location.column, problem: error.message }
}

/// Whether the token joins two operands, prefixes one, or nests: everything but names, literals,
/// commas and what closes or separates.
fn is_operator(token: &Token) -> bool {
    match token {
        Token::Word(word) => matches!(
            word.keyword,
            Keyword::AND
                | Keyword::OR
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
                | Keyword::BETWEEN
                | Keyword::IN
                | Keyword::AT
                | Keyword::COLLATE
        ),
        Token::Number(..)
        | Token::SingleQuotedString(_)
        | Token::Comma
        | Token::Whitespace(_)
        | Token::Period
        | Token::RParen
        | Token::LParen
        | Token::SemiColon
        | Token::Placeholder(_)
        | Token::EOF => false,
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(sql: &str) -> Option<&'static str> {
        match ensure_within(sql, &Limits::default()) {
            Ok(()) => None,
            Err(QueryError::TooLarge { unit, .. }) => Some(unit),
            Err(other) => panic!("{other}"),
        }
    }

    #[test]
    fn chains_that_overflow_a_stack_are_refused_whatever_joins_them() {
        for (head, link) in [("select 1 where true", " and true"), ("select 1", "+1"), ("select 'a'", "||'a'")] {
            assert_eq!(check(&format!("{head}{}", link.repeat(3_000))), Some("operators"), "{link}");
        }
        assert_eq!(check(&"select 1 union all ".repeat(5_000)), Some("operators"));
        assert_eq!(check(&format!("select {}1", "- ".repeat(5_000))), Some("operators"));
        assert_eq!(check(&format!("select 1{}", "::int".repeat(5_000))), Some("operators"));
    }

    #[test]
    fn a_long_list_of_values_is_fine() {
        let list = (0..20_000).map(|i| i.to_string()).collect::<Vec<_>>().join(",");
        assert_eq!(check(&format!("select 1 where 1 in ({list})")), None);
    }
}
