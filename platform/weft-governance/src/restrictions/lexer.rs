//! A condition's text as a row of tokens.

/// Longest text of a condition.
const BYTES_MAX: usize = 16 * 1024;

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Token {
    /// A keyword or the name of a column.
    Word(String),
    /// A name in double quotes.
    Name(String),
    /// A text in single quotes, without them.
    Text(String),
    Integer(i64),
    Number(f64),
    /// `$principal.NAME`.
    Attribute(String),
    Symbol(&'static str),
}

/// A token and its bytes.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Lexeme {
    pub(crate) token: Token,
    pub(crate) start: usize,
    pub(crate) end: usize,
}

impl Lexeme {
    /// Whether it is that sign.
    pub(crate) fn is(&self, symbol: &str) -> bool {
        matches!(self.token, Token::Symbol(found) if found == symbol)
    }
}

/// The longer ones first.
const SYMBOLS: [&str; 13] = ["<=", ">=", "<>", "!=", "=", "<", ">", "(", ")", ",", ".", "+", "-"];

/// The tokens of `text`, or the byte where they end and why.
pub(crate) fn lexemes(text: &str) -> Result<Vec<Lexeme>, (usize, String)> {
    if text.len() > BYTES_MAX {
        return Err((0, format!("the condition has {} bytes, and its limit is {BYTES_MAX}", text.len())));
    }
    let mut found: Vec<Lexeme> = Vec::new();
    let mut at = 0;
    while let Some(rest) = text.get(at..).filter(|rest| !rest.is_empty()) {
        let blank = rest.len() - rest.trim_start().len();
        if blank > 0 {
            at += blank;
            continue;
        }
        let after_value = found.last().is_some_and(|last| {
            matches!(last.token, Token::Word(_) | Token::Name(_) | Token::Text(_) | Token::Attribute(_)) || last.is(")")
        });
        let (token, length) = next(rest, after_value).map_err(|message| (at, message))?;
        found.push(Lexeme { token, start: at, end: at + length });
        at += length;
    }
    Ok(found)
}

/// The token that `rest` begins with, and its length. A sign before digits belongs to them unless a
/// value came before.
fn next(rest: &str, after_value: bool) -> Result<(Token, usize), String> {
    for quote in ['\'', '"'] {
        if let Some((text, length)) = quoted(rest, quote)? {
            return Ok((if quote == '"' { Token::Name(text) } else { Token::Text(text) }, length));
        }
    }
    if let Some(attribute) = rest.strip_prefix("$principal.") {
        let name = leading(attribute, is_word);
        if name.is_empty() {
            return Err("expected the name of an attribute after `$principal.`".to_owned());
        }
        return Ok((Token::Attribute(name.to_owned()), "$principal.".len() + name.len()));
    }
    let sign = usize::from(!after_value && rest.starts_with('-'));
    let digits = leading(rest.get(sign..).unwrap_or_default(), |c| c.is_ascii_digit() || c == '.');
    if digits.starts_with(|c: char| c.is_ascii_digit()) {
        let written = rest.get(..sign + digits.len()).unwrap_or_default();
        let token = match (written.parse::<i64>(), written.parse::<f64>()) {
            (Ok(value), _) => Token::Integer(value),
            (_, Ok(value)) if digits.contains('.') => Token::Number(value),
            _ => return Err(format!("`{written}` is no number, or too large a one")),
        };
        return Ok((token, written.len()));
    }
    let word = leading(rest, is_word);
    if !word.is_empty() {
        return Ok((Token::Word(word.to_owned()), word.len()));
    }
    let symbol = SYMBOLS.into_iter().find(|symbol| rest.starts_with(symbol));
    symbol.map(|symbol| (Token::Symbol(symbol), symbol.len())).ok_or_else(|| {
        let odd: String = rest.chars().take(1).collect();
        format!("`{odd}` has no meaning here")
    })
}

/// A text in quotes, which are written twice within it.
fn quoted(rest: &str, quote: char) -> Result<Option<(String, usize)>, String> {
    let Some(inner) = rest.strip_prefix(quote) else { return Ok(None) };
    let (mut text, mut characters) = (String::new(), inner.char_indices().peekable());
    while let Some((at, c)) = characters.next() {
        if c != quote {
            text.push(c);
        } else if characters.next_if(|(_, next)| *next == quote).is_some() {
            text.push(quote);
        } else {
            return Ok(Some((text, at + 2)));
        }
    }
    Err("a quote is opened and not closed".to_owned())
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

fn leading(text: &str, fits: impl Fn(char) -> bool) -> &str {
    let end = text.find(|c| !fits(c)).unwrap_or(text.len());
    text.get(..end).unwrap_or_default()
}
