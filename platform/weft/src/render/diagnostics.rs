//! Diagnostics for people (source frames), programs (JSON) and pull requests (GitHub annotations).

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use miette::{GraphicalReportHandler, GraphicalTheme, LabeledSpan, NamedSource, SourceCode, ThemeStyles};
use serde::Serialize;
use weft_model::{Diagnostic, Place, Severity};

use crate::cli::Look;

/// Where the texts that diagnostics speak of are found, and how their paths are shown.
pub trait Sources {
    /// The text of the file at a place's path; `None` where there is none to show.
    fn text(&self, file: &str) -> Option<Arc<str>>;

    /// The path as the reader can open it.
    fn shown(&self, file: &str) -> String;
}

/// Each diagnostic with the lines of source that it speaks of, a blank line after each. Empty for
/// none.
pub fn text(diagnostics: &[Diagnostic], sources: &dyn Sources, look: Look) -> String {
    let handler = handler(look);
    let mut out = String::new();
    for diagnostic in diagnostics {
        frame(&mut out, &handler, diagnostic, sources);
        out.push('\n');
    }
    out
}

/// One JSON array of all of them, and a line break.
pub fn json(diagnostics: &[Diagnostic], sources: &dyn Sources) -> String {
    let entries: Vec<Entry<'_>> = diagnostics.iter().map(|d| Entry::of(d, sources)).collect();
    let mut out = serde_json::to_string_pretty(&entries).unwrap_or_else(|_| "[]".to_owned());
    out.push('\n');
    out
}

/// One workflow command a line, which GitHub shows beside the line it speaks of.
pub fn github(diagnostics: &[Diagnostic], sources: &dyn Sources) -> String {
    let mut out = String::new();
    for diagnostic in diagnostics {
        let Place { file, line, column, end_line, end_column, .. } = &diagnostic.place;
        let message = match &diagnostic.help {
            Some(help) => format!("{}\n{help}", diagnostic.message),
            None => diagnostic.message.clone(),
        };
        out.push_str(&format!(
            "::{} file={},line={line},col={column},endLine={end_line},endColumn={end_column},title={}::{}\n",
            if diagnostic.severity == Severity::Info { "notice" } else { diagnostic.severity.as_str() },
            escaped_property(&sources.shown(file)),
            diagnostic.code,
            escaped(&message),
        ));
    }
    out
}

/// What was looked at, for the line below the diagnostics.
#[derive(Clone, Copy, Debug)]
pub struct Looked {
    pub products: usize,
    /// Those of them with a diagnostic.
    pub troubled: usize,
    pub files: usize,
    pub elapsed: Duration,
}

/// `2 errors, 0 warnings in 1 of 7 products (412 files, 0.09 s)`, without a line break. Remarks are
/// counted only where there are some.
pub fn summary(diagnostics: &[Diagnostic], looked: Looked) -> String {
    let errors = diagnostics.iter().filter(|d| d.is_error()).count();
    let remarks = diagnostics.iter().filter(|d| d.severity == Severity::Info).count();
    let warnings = diagnostics.len() - errors - remarks;
    let Looked { products, troubled, files, elapsed } = looked;
    let rest = format!("({}, {:.2} s)", counted(files, "file"), elapsed.as_secs_f64());
    if diagnostics.is_empty() {
        return format!("no problems in {} {rest}", counted(products, "product"));
    }
    let within = format!("{troubled} of {}", counted(products, "product"));
    let remarks = if remarks == 0 { String::new() } else { format!(", {}", counted(remarks, "remark")) };
    format!("{}, {}{remarks} in {within} {rest}", counted(errors, "error"), counted(warnings, "warning"))
}

/// `1 file`, `2 files`.
pub fn counted(count: usize, word: &str) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} {word}{plural}")
}

fn handler(look: Look) -> GraphicalReportHandler {
    let mut theme = GraphicalTheme::unicode_nocolor();
    if look.colour {
        theme.styles = ThemeStyles::ansi();
    }
    GraphicalReportHandler::new_themed(theme)
        .with_width(look.width)
        .with_links(false)
        .without_syntax_highlighting()
        .with_break_words(false)
}

fn frame(out: &mut String, handler: &GraphicalReportHandler, diagnostic: &Diagnostic, sources: &dyn Sources) {
    let source = sources.text(&diagnostic.place.file);
    let has_source = source.is_some();
    let framed = Framed::new(diagnostic, sources.shown(&diagnostic.place.file), source);
    // Writing into a string does not fail; a frame that cannot be drawn leaves the plain form.
    if handler.render_report(out, &framed).is_err() {
        out.push_str(&format!("{diagnostic}\n"));
    }
    if !has_source {
        out.push_str(&format!("   at {}\n", at(&diagnostic.place, sources)));
    }
    for other in diagnostic.others.iter().filter(|other| other.place.file != diagnostic.place.file) {
        out.push_str(&format!("  also: {} {}\n", at(&other.place, sources), other.text));
    }
}

fn at(place: &Place, sources: &dyn Sources) -> String {
    format!("{}:{}:{}", sources.shown(&place.file), place.line, place.column)
}

/// A diagnostic in the form that miette draws.
#[derive(Debug)]
struct Framed<'a> {
    diagnostic: &'a Diagnostic,
    source: Option<NamedSource<String>>,
}

impl<'a> Framed<'a> {
    fn new(diagnostic: &'a Diagnostic, name: String, source: Option<Arc<str>>) -> Self {
        // A file that ends in a line break has no last empty line to point into: one is lent.
        let source = source.map(|text| NamedSource::new(name, format!("{text}\n")));
        Framed { diagnostic, source }
    }

    fn within(&self, (start, end): (usize, usize)) -> (usize, usize) {
        let length = self.source.as_ref().map_or(0, |source| source.inner().len().saturating_sub(1));
        let start = start.min(length);
        (start, end.clamp(start, length) - start)
    }
}

impl fmt::Display for Framed<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.diagnostic.message)
    }
}

impl std::error::Error for Framed<'_> {}

impl miette::Diagnostic for Framed<'_> {
    fn code(&self) -> Option<Box<dyn fmt::Display + '_>> {
        Some(Box::new(self.diagnostic.code))
    }

    fn severity(&self) -> Option<miette::Severity> {
        Some(match self.diagnostic.severity {
            Severity::Info => miette::Severity::Advice,
            Severity::Warning => miette::Severity::Warning,
            Severity::Error => miette::Severity::Error,
        })
    }

    fn help(&self) -> Option<Box<dyn fmt::Display + '_>> {
        self.diagnostic.help.as_ref().map(|help| Box::new(help) as Box<dyn fmt::Display>)
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        self.source.as_ref().map(|source| source as &dyn SourceCode)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        self.source.as_ref()?;
        let words = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        let own =
            LabeledSpan::new_primary_with_span(words(&self.diagnostic.label), self.within(self.diagnostic.place.bytes));
        let file = &self.diagnostic.place.file;
        let others = self.diagnostic.others.iter().filter(move |other| &other.place.file == file);
        let others =
            others.map(move |other| LabeledSpan::new_with_span(words(&other.text), self.within(other.place.bytes)));
        Some(Box::new(std::iter::once(own).chain(others)))
    }
}

#[derive(Serialize)]
struct Entry<'a> {
    code: &'a str,
    severity: &'a str,
    message: &'a str,
    file: String,
    line: u32,
    column: u32,
    end_line: u32,
    end_column: u32,
    help: Option<&'a str>,
}

impl<'a> Entry<'a> {
    fn of(diagnostic: &'a Diagnostic, sources: &dyn Sources) -> Self {
        let place = &diagnostic.place;
        Entry {
            code: diagnostic.code.as_str(),
            severity: diagnostic.severity.as_str(),
            message: &diagnostic.message,
            file: sources.shown(&place.file),
            line: place.line,
            column: place.column,
            end_line: place.end_line,
            end_column: place.end_column,
            help: diagnostic.help.as_deref(),
        }
    }
}

fn escaped(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

fn escaped_property(text: &str) -> String {
    escaped(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests;
