//! What is wrong in an author's text, where, and what to do about it.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::Code;

/// How bad a diagnostic is. Ordered: an error outranks a warning, and that a mere remark.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    Info,
    Warning,
    Error,
}

impl Severity {
    /// `info`, `warning` or `error`.
    pub fn as_str(self) -> &'static str {
        match self {
            Severity::Info => "info",
            Severity::Warning => "warning",
            Severity::Error => "error",
        }
    }
}

/// A stretch of a file. Lines and columns count from 1, columns in characters; the end is the
/// first character that no longer belongs to it. `bytes` is the same stretch as byte offsets.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place {
    pub file: String,
    pub line: u32,
    pub column: u32,
    pub end_line: u32,
    pub end_column: u32,
    pub bytes: (usize, usize),
}

impl Place {
    /// The very beginning of `file`: for trouble with a file as a whole.
    pub fn start_of(file: impl Into<String>) -> Self {
        Place { file: file.into(), line: 1, column: 1, end_line: 1, end_column: 1, bytes: (0, 0) }
    }

    /// The bytes `start..end` of `text`, which is the content of `file`. Offsets beyond the text
    /// or within a character are moved to the nearest border before them.
    pub fn of_bytes(file: impl Into<String>, text: &str, start: usize, end: usize) -> Self {
        let start = text.floor_char_boundary(start);
        let end = text.floor_char_boundary(end.max(start));
        let (line, column) = line_and_column(text, start);
        let (end_line, end_column) = line_and_column(text, end);
        Place { file: file.into(), line, column, end_line, end_column, bytes: (start, end) }
    }

    /// The word (up to white space, comma or bracket) at a line and column (characters, from 1)
    /// of `text`.
    pub fn of_word_at(file: impl Into<String>, text: &str, line: u32, column: u32) -> Self {
        let line_start: usize = text.split_inclusive('\n').take((line.max(1) - 1) as usize).map(str::len).sum();
        let rest = text.get(line_start..).unwrap_or("");
        let skip: usize = rest.chars().take((column.max(1) - 1) as usize).map(char::len_utf8).sum();
        let start = line_start + skip;
        let word = text.get(start..).unwrap_or("");
        let length = word.find(|c: char| c.is_whitespace() || ",()[];".contains(c)).unwrap_or(word.len());
        Place::of_bytes(file, text, start, start + length.max(1))
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}", self.file, self.line, self.column)
    }
}

/// Words at a second place that belongs to the same problem.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Label {
    pub place: Place,
    pub text: String,
}

/// One problem in an author's text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    pub code: Code,
    pub severity: Severity,
    /// Lower case, no full stop, the author's words in backticks.
    pub message: String,
    pub place: Place,
    /// What to write at `place` in a source frame; empty for none.
    pub label: String,
    /// Further places, such as the first of two declarations.
    pub others: Vec<Label>,
    /// The next thing to do.
    pub help: Option<String>,
}

impl Diagnostic {
    /// An error at `place`.
    pub fn error(code: Code, place: Place, message: impl Into<String>) -> Self {
        Diagnostic {
            code,
            severity: Severity::Error,
            message: message.into(),
            place,
            label: String::new(),
            others: Vec::new(),
            help: None,
        }
    }

    /// A warning at `place`.
    pub fn warning(code: Code, place: Place, message: impl Into<String>) -> Self {
        Diagnostic { severity: Severity::Warning, ..Diagnostic::error(code, place, message) }
    }

    /// With words under the marked stretch.
    #[must_use]
    pub fn labelled(mut self, text: impl Into<String>) -> Self {
        self.label = text.into();
        self
    }

    /// With the next thing to do.
    #[must_use]
    pub fn help(mut self, text: impl Into<String>) -> Self {
        self.help = Some(text.into());
        self
    }

    /// With a second place.
    #[must_use]
    pub fn also(mut self, place: Place, text: impl Into<String>) -> Self {
        self.others.push(Label { place, text: text.into() });
        self
    }

    /// Whether this is an error.
    pub fn is_error(&self) -> bool {
        self.severity == Severity::Error
    }
}

/// `file:line:column CODE message`, and the help on a line of its own.
impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} {}", self.place, self.code, self.message)?;
        if let Some(help) = &self.help {
            write!(f, "\nhelp: {help}")?;
        }
        Ok(())
    }
}

/// Puts diagnostics in the order in which people read them: by file, then place, then code.
pub fn sort(diagnostics: &mut [Diagnostic]) {
    diagnostics.sort_by(|a, b| (&a.place, a.code, &a.message).cmp(&(&b.place, b.code, &b.message)));
}

fn line_and_column(text: &str, offset: usize) -> (u32, u32) {
    let before = text.get(..offset).unwrap_or(text);
    let line = before.bytes().filter(|b| *b == b'\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap_or("").chars().count() + 1;
    (u32::try_from(line).unwrap_or(u32::MAX), u32::try_from(column).unwrap_or(u32::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_count_characters_and_offsets_count_bytes() {
        let place = Place::of_bytes("a.yaml", "né: x\nä: ö\n", 11, 13);
        assert_eq!((place.line, place.column, place.end_column), (2, 4, 5));
    }

    #[test]
    fn a_word_is_found_by_line_and_column() {
        let place = Place::of_word_at("q.sql", "SELECT a,\n  bad_column, c", 2, 3);
        assert_eq!(place.bytes, (12, 22));
    }
}
