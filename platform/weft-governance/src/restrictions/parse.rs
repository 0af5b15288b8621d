//! The language of conditions: SQL's words for comparing columns with values, and nothing else of it.

use weft_model::{Code, Diagnostic, Place};

use super::condition::{Attribute, ColumnName, Condition, Lookup, Value, ValueKind};
use super::lexer::{Lexeme, Token, lexemes};
use super::typed;
use crate::{Comparison, Literal};

/// How deep parentheses and NOT may nest.
const DEPTH_MAX: usize = 32;

/// Words that cannot be the name of a column unless it stands in double quotes.
const KEYWORDS: [&str; 12] =
    ["and", "or", "not", "in", "is", "null", "between", "true", "false", "date", "timestamp", "where"];

/// A text and where it stands in its file.
pub(crate) struct Source<'a> {
    pub(crate) file: &'a str,
    /// The whole file.
    pub(crate) text: &'a str,
    /// The place of the condition, for what cannot be placed more closely.
    pub(crate) whole: Place,
    /// The condition.
    pub(crate) condition: &'a str,
}

impl Source<'_> {
    /// The place of `start..end` of the condition. YAML may fold and escape: then it is all of it.
    fn place(&self, start: usize, end: usize) -> Place {
        let begin = self.whole.bytes.0;
        let wanted = self.condition.get(start..end);
        [0, 1]
            .into_iter()
            .map(|quote| (begin + quote + start, begin + quote + end))
            .find(|(from, to)| {
                let before = begin + (from - begin - start);
                wanted.is_some_and(|wanted| !wanted.is_empty())
                    && self.text.get(*from..*to) == wanted
                    && self.text.get(before..*from) == self.condition.get(..start)
            })
            .map_or_else(|| self.whole.clone(), |(from, to)| Place::of_bytes(self.file, self.text, from, to))
    }
}

/// What was read, or what is wrong with it.
type Parsed<T> = Result<T, Box<Diagnostic>>;

/// Reads a condition, or says what is wrong with it.
pub(crate) fn parse(source: &Source<'_>) -> Parsed<Condition> {
    let tokens = lexemes(source.condition).map_err(|(at, message)| {
        let place = source.place(at, source.condition.len().min(at + 1));
        Diagnostic::error(Code::RESTRICTION_INVALID, place, message)
    })?;
    let mut parser = Parser { source, tokens, next: 0, depth: 0 };
    let condition = parser.any()?;
    match parser.peek() {
        None => Ok(condition),
        Some(_) => Err(parser.unexpected("`AND`, `OR` or the end")),
    }
}

struct Parser<'a> {
    source: &'a Source<'a>,
    tokens: Vec<Lexeme>,
    next: usize,
    depth: usize,
}

impl Parser<'_> {
    fn any(&mut self) -> Parsed<Condition> {
        let mut parts = vec![self.all()?];
        while self.word("or") {
            parts.push(self.all()?);
        }
        Ok(one_or(parts, Condition::Any))
    }

    fn all(&mut self) -> Parsed<Condition> {
        let mut parts = vec![self.negated()?];
        while self.word("and") {
            parts.push(self.negated()?);
        }
        Ok(one_or(parts, Condition::All))
    }

    fn negated(&mut self) -> Parsed<Condition> {
        self.depth += 1;
        if self.depth > DEPTH_MAX {
            return Err(self.told(format!("the condition nests more than {DEPTH_MAX} deep")));
        }
        let condition = if self.word("not") {
            Condition::Not(Box::new(self.negated()?))
        } else if self.symbol("(") {
            let inner = self.any()?;
            self.expect(")")?;
            inner
        } else {
            self.comparison()?
        };
        self.depth -= 1;
        Ok(condition)
    }

    fn comparison(&mut self) -> Parsed<Condition> {
        for (word, value) in [("true", true), ("false", false)] {
            if self.word(word) {
                return Ok(Condition::Constant(value));
            }
        }
        if let Some(value) = self.value()? {
            let comparison = flipped(self.comparison_sign()?);
            return Ok(Condition::Compare { column: self.column()?, comparison, value });
        }
        let column = self.column()?;
        if self.word("is") {
            let negated = self.word("not");
            if !self.word("null") {
                return Err(self.unexpected("`NULL`"));
            }
            return Ok(not_if(negated, Condition::IsNull { column }));
        }
        let negated = self.word("not");
        if self.word("in") {
            return Ok(not_if(negated, self.among(column)?));
        }
        if self.word("between") {
            let low = self.required_value()?;
            if !self.word("and") {
                return Err(self.unexpected("`AND`"));
            }
            let high = self.required_value()?;
            let least =
                Condition::Compare { column: column.clone(), comparison: Comparison::GreaterOrEqual, value: low };
            let most = Condition::Compare { column, comparison: Comparison::LessOrEqual, value: high };
            return Ok(not_if(negated, Condition::All(vec![least, most])));
        }
        if negated {
            return Err(self.unexpected("`IN` or `BETWEEN`"));
        }
        let comparison = self.comparison_sign()?;
        Ok(Condition::Compare { column, comparison, value: self.required_value()? })
    }

    fn among(&mut self, column: ColumnName) -> Parsed<Condition> {
        if let Some(attribute) = self.attribute() {
            return Ok(Condition::AmongAttribute { column, attribute });
        }
        self.expect("(")?;
        let begins = self.peek_start();
        if let Some(first) = self.value()? {
            let mut values = vec![first];
            while self.symbol(",") {
                values.push(self.required_value()?);
            }
            self.expect(")")?;
            return Ok(Condition::Among { column, values });
        }
        let named = self.column()?;
        let place = self.source.place(begins, self.last_end());
        let lookup = match named.path.as_slice() {
            [domain, product, port, of] => {
                format!("{domain}.{product}.{port}").parse().ok().map(|port| (port, of.clone()))
            }
            _ => None,
        };
        let Some((port, of)) = lookup else {
            let message = format!("`{}` is no column of a port", named.written());
            let told = Diagnostic::error(Code::RESTRICTION_INVALID, place, message);
            return Err(told.help("write values, or `domain.product.port.column`").into());
        };
        let only = if self.word("where") { self.any()? } else { Condition::Constant(true) };
        if has_lookup(&only) {
            let told = Diagnostic::error(Code::RESTRICTION_INVALID, place, "a lookup stands within a lookup");
            return Err(told.help("make a port that holds what both of them find").into());
        }
        self.expect(")")?;
        Ok(Condition::AmongPort { column, lookup: Lookup { port, of, only: Box::new(only), place } })
    }

    fn column(&mut self) -> Parsed<ColumnName> {
        let (begins, mut path) = (self.peek_start(), Vec::new());
        loop {
            match self.peek() {
                Some(Token::Name(name)) => path.push(name.clone()),
                Some(Token::Word(word)) if !path.is_empty() || !is_keyword(word) => path.push(word.clone()),
                _ => return Err(self.unexpected("a column")),
            }
            self.next += 1;
            if !self.symbol(".") {
                return Ok(ColumnName { path, place: self.source.place(begins, self.last_end()) });
            }
        }
    }

    fn required_value(&mut self) -> Parsed<Value> {
        match self.value()? {
            Some(value) => Ok(value),
            None => Err(self.unexpected("a value")),
        }
    }

    fn value(&mut self) -> Parsed<Option<Value>> {
        let begins = self.peek_start();
        if let Some(Attribute { name, place }) = self.attribute() {
            return Ok(Some(Value { kind: ValueKind::Attribute(name), place }));
        }
        let kind = match self.peek().cloned() {
            Some(Token::Text(text)) => self.taken(Literal::Text(text)),
            Some(Token::Integer(value)) => self.taken(Literal::Integer(value)),
            Some(Token::Number(value)) => self.taken(Literal::Number(value)),
            Some(Token::Word(word)) => match word.to_lowercase().as_str() {
                "true" => self.taken(Literal::Boolean(true)),
                "false" => self.taken(Literal::Boolean(false)),
                kind @ ("date" | "timestamp") => {
                    self.next += 1;
                    let read = match self.peek() {
                        Some(Token::Text(text)) if kind == "date" => typed::date(text).map(Literal::Date),
                        Some(Token::Text(text)) => typed::timestamp(text).map(Literal::Timestamp),
                        _ => None,
                    };
                    match read {
                        Some(literal) => self.taken(literal),
                        None => return Err(self.unexpected("a date or time in single quotes, as `'2013-01-31'`")),
                    }
                }
                "today" if self.tokens.get(self.next + 1).is_some_and(|next| next.is("(")) => {
                    self.next += 2;
                    self.expect(")")?;
                    ValueKind::Today { days: self.days()? }
                }
                _ => return Ok(None),
            },
            _ => return Ok(None),
        };
        Ok(Some(Value { kind, place: self.source.place(begins, self.last_end()) }))
    }

    /// `+ 30 days`, `- 1 day` or nothing.
    fn days(&mut self) -> Parsed<i64> {
        let sign = match (self.symbol("+"), self.symbol("-")) {
            (true, _) => 1,
            (_, true) => -1,
            _ => return Ok(0),
        };
        match self.peek().cloned() {
            Some(Token::Integer(days)) if (0..=100_000).contains(&days) => {
                self.next += 1;
                if self.word("days") || self.word("day") {
                    return Ok(sign * days);
                }
                Err(self.unexpected("`days`"))
            }
            _ => Err(self.unexpected("a number of days, 100,000 at most")),
        }
    }

    fn attribute(&mut self) -> Option<Attribute> {
        let Some(Token::Attribute(name)) = self.peek().cloned() else { return None };
        let begins = self.peek_start();
        self.next += 1;
        Some(Attribute { name, place: self.source.place(begins, self.last_end()) })
    }

    fn comparison_sign(&mut self) -> Parsed<Comparison> {
        const SIGNS: [(&str, Comparison); 7] = [
            ("=", Comparison::Equal),
            ("!=", Comparison::NotEqual),
            ("<>", Comparison::NotEqual),
            ("<=", Comparison::LessOrEqual),
            (">=", Comparison::GreaterOrEqual),
            ("<", Comparison::Less),
            (">", Comparison::Greater),
        ];
        match SIGNS.into_iter().find(|(sign, _)| self.symbol(sign)) {
            Some((_, comparison)) => Ok(comparison),
            None => Err(self.unexpected("a comparison: =, !=, <, <=, >, >=, IN, BETWEEN or IS NULL")),
        }
    }

    fn taken(&mut self, literal: Literal) -> ValueKind {
        self.next += 1;
        ValueKind::Literal(literal)
    }

    fn peek(&self) -> Option<&Token> {
        self.tokens.get(self.next).map(|lexeme| &lexeme.token)
    }

    fn peek_start(&self) -> usize {
        self.tokens.get(self.next).map_or(self.source.condition.len(), |lexeme| lexeme.start)
    }

    fn last_end(&self) -> usize {
        self.next.checked_sub(1).and_then(|last| self.tokens.get(last)).map_or(0, |lexeme| lexeme.end)
    }

    /// Takes a word if it comes next.
    fn word(&mut self, word: &str) -> bool {
        let is_next = matches!(self.peek(), Some(Token::Word(found)) if found.eq_ignore_ascii_case(word));
        self.next += usize::from(is_next);
        is_next
    }

    /// Takes a sign if it comes next.
    fn symbol(&mut self, symbol: &str) -> bool {
        let is_next = self.tokens.get(self.next).is_some_and(|lexeme| lexeme.is(symbol));
        self.next += usize::from(is_next);
        is_next
    }

    fn expect(&mut self, symbol: &str) -> Parsed<()> {
        if self.symbol(symbol) { Ok(()) } else { Err(self.unexpected(&format!("`{symbol}`"))) }
    }

    fn unexpected(&self, wanted: &str) -> Box<Diagnostic> {
        let found = match self.tokens.get(self.next) {
            Some(lexeme) => format!("`{}`", self.source.condition.get(lexeme.start..lexeme.end).unwrap_or_default()),
            None => "the end".to_owned(),
        };
        self.told(format!("expected {wanted}, found {found}"))
    }

    fn told(&self, message: String) -> Box<Diagnostic> {
        let place = match self.tokens.get(self.next) {
            Some(lexeme) => self.source.place(lexeme.start, lexeme.end),
            None => self.source.whole.clone(),
        };
        Diagnostic::error(Code::RESTRICTION_INVALID, place, message).into()
    }
}

fn is_keyword(word: &str) -> bool {
    KEYWORDS.iter().any(|keyword| word.eq_ignore_ascii_case(keyword))
}

fn one_or(mut parts: Vec<Condition>, several: impl Fn(Vec<Condition>) -> Condition) -> Condition {
    match (parts.pop(), parts.is_empty()) {
        (Some(only), true) => only,
        (last, _) => {
            parts.extend(last);
            several(parts)
        }
    }
}

fn not_if(negated: bool, condition: Condition) -> Condition {
    if negated { Condition::Not(Box::new(condition)) } else { condition }
}

/// The same comparison with its sides changed.
fn flipped(comparison: Comparison) -> Comparison {
    match comparison {
        Comparison::Less => Comparison::Greater,
        Comparison::LessOrEqual => Comparison::GreaterOrEqual,
        Comparison::Greater => Comparison::Less,
        Comparison::GreaterOrEqual => Comparison::LessOrEqual,
        same @ (Comparison::Equal | Comparison::NotEqual) => same,
    }
}

fn has_lookup(condition: &Condition) -> bool {
    match condition {
        Condition::AmongPort { .. } => true,
        Condition::All(parts) | Condition::Any(parts) => parts.iter().any(has_lookup),
        Condition::Not(inner) => has_lookup(inner),
        _ => false,
    }
}
