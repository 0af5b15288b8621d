//! The rows of one port in a test, written out in it or in a file beside it.

use std::collections::BTreeSet;

use serde_json::{Map, Value as Json};
use weft_model::{Code, Column, Diagnostic, ManifestTree, PortRef, TestRow};

use super::csv;
use super::value::{misfit, of_cell};
use crate::form::yaml::{Span, Value};
use crate::form::{SourceText, Spot, clipped, json, listed, nearest, text_of};

/// Most rows of one port in a test.
const ROWS_MAX: usize = 10_000;
/// Most problems that are told of the rows of one port.
const PROBLEMS_MAX: usize = 20;

/// What a test says of one port's rows.
#[derive(Debug)]
pub(super) struct RowsOfPort {
    pub(super) rows: Vec<TestRow>,
    /// The columns of each row, in the order written.
    columns: Vec<Vec<String>>,
}

impl RowsOfPort {
    /// The columns that every row names. Reports the first row that names others.
    pub(super) fn columns_of_each(&self, problems: &mut Vec<Diagnostic>) -> Option<Vec<String>> {
        let first = self.columns.first().cloned().unwrap_or_default();
        let as_set = |columns: &[String]| columns.iter().cloned().collect::<BTreeSet<_>>();
        let wanted = as_set(&first);
        for (row, columns) in self.rows.iter().zip(&self.columns) {
            let named = as_set(columns);
            let (missing, extra) = (wanted.difference(&named).next(), named.difference(&wanted).next());
            let (message, help) = match (missing, extra) {
                (Some(column), _) => (
                    format!("this row leaves out `{column}`, which the first row names"),
                    format!("write `{column}: null` where it is NULL, or take the column out of all rows"),
                ),
                (None, Some(column)) => (
                    format!("this row names `{column}`, which the first row leaves out"),
                    format!("name `{column}` in all rows, or in none"),
                ),
                (None, None) => continue,
            };
            problems.push(Diagnostic::error(Code::TEST_ROWS, row.place.clone(), message).help(help));
            return None;
        }
        Some(first)
    }
}

/// A value as written, under its column.
struct Written {
    column: String,
    value: Json,
    column_span: Span,
    span: Span,
}

pub(super) struct RowsReader<'a> {
    pub(super) tree: &'a ManifestTree,
    pub(super) port: &'a PortRef,
    /// The port's columns; `None` where they are not known here.
    pub(super) columns: Option<&'a [Column]>,
}

impl RowsReader<'_> {
    /// The rows that stand at `spot`. `None` where there is something wrong with them, which is reported.
    pub(super) fn read(&self, spot: Spot<'_>, problems: &mut Vec<Diagnostic>) -> Option<RowsOfPort> {
        match &spot.node.value {
            Value::Text(file) => self.in_file(file, spot, problems),
            _ => {
                let rows = spot.items().map(|item| {
                    let written = item.node.entries().iter().map(|entry| Written {
                        column: entry.key.clone(),
                        value: json(&entry.value),
                        column_span: entry.key_span,
                        span: entry.value.head(),
                    });
                    (item.node.head(), written.collect())
                });
                self.checked(spot.source, rows.collect(), problems)
            }
        }
    }

    fn in_file(&self, written: &str, spot: Spot<'_>, problems: &mut Vec<Diagnostic>) -> Option<RowsOfPort> {
        let folder = spot.source.file.rsplit_once('/').map_or("", |(folder, _)| folder);
        let path = format!("{folder}/{written}");
        let Some(_) = self.tree.file(&path) else {
            let message = format!("there is no file `{}`", clipped(&path));
            problems.push(
                Diagnostic::error(Code::FILE_MISSING, spot.place(), message)
                    .help("put the file beside the test, or write the rows out: one map a row"),
            );
            return None;
        };
        let (is_csv, is_json) = (path.ends_with(".csv"), path.ends_with(".json"));
        if !is_csv && !is_json {
            let message = format!("the rows of a test cannot be read from `{}`", clipped(written));
            problems.push(
                Diagnostic::error(Code::TEST_ROWS, spot.place(), message)
                    .help("write them as `*.csv` with a header, or as `*.json` with one object a line"),
            );
            return None;
        }
        let text = text_of(self.tree, &path, problems)?;
        let source = SourceText::new(&path, text);
        let read = if is_csv { self.of_csv(&source) } else { of_json(&source) };
        match read {
            Ok(rows) => self.checked(&source, rows, problems),
            Err((span, message, help)) => {
                let place = source.place(span);
                problems.push(Diagnostic::error(Code::TEST_ROWS, place, message).help(help));
                None
            }
        }
    }

    fn of_csv(&self, source: &SourceText) -> Result<Vec<(Span, Vec<Written>)>, Unread> {
        let records = csv::records(&source.text).map_err(|malformed| {
            (malformed.span, malformed.message.to_owned(), "write a quote within quotes as `\"\"`")
        })?;
        let mut records = records.into_iter();
        let Some(header) = records.next() else {
            return Err((Span::default(), "the file is empty".to_owned(), "begin it with the names of the columns"));
        };
        let names: Vec<(&str, Span)> =
            header.iter().map(|cell| (cell.text.as_deref().unwrap_or_default(), cell.span)).collect();
        let mut seen = BTreeSet::new();
        if let Some((name, span)) = names.iter().find(|(name, _)| !seen.insert(*name)) {
            let message = format!("column `{}` stands in the header twice", clipped(name));
            return Err((*span, message, "give each column a name of its own"));
        }
        let mut rows = Vec::new();
        for record in records {
            let whole = match (record.first(), record.last()) {
                (Some(first), Some(last)) => Span { start: first.span.start, end: last.span.end },
                _ => Span::default(),
            };
            if record.len() != names.len() {
                let message = format!("this row has {} cells, and the header has {}", record.len(), names.len());
                return Err((whole, message, "give each row a cell for each column; an empty one is NULL"));
            }
            let written = record.into_iter().zip(&names).map(|(cell, (name, column_span))| Written {
                column: (*name).to_owned(),
                value: of_cell(cell.text.as_deref(), self.column(name).map(|column| &column.data_type)),
                column_span: *column_span,
                span: cell.span,
            });
            rows.push((whole, written.collect()));
        }
        Ok(rows)
    }

    fn column(&self, name: &str) -> Option<&Column> {
        self.columns?.iter().find(|column| column.name == name)
    }

    /// Holds the rows to the port's columns, as far as these are known.
    fn checked(
        &self,
        source: &SourceText,
        rows: Vec<(Span, Vec<Written>)>,
        problems: &mut Vec<Diagnostic>,
    ) -> Option<RowsOfPort> {
        if let Some((span, _)) = rows.get(ROWS_MAX) {
            let message = format!("a test has {ROWS_MAX} rows of a port at most, and here are {}", rows.len());
            problems.push(
                Diagnostic::error(Code::TEST_ROWS, source.place(*span), message)
                    .help("keep the rows that tell something, a handful of them"),
            );
            return None;
        }
        let mut found = Vec::new();
        let mut told = BTreeSet::new();
        for written in rows.iter().flat_map(|(_, written)| written) {
            let Some(columns) = self.columns else { break };
            match self.column(&written.column) {
                None if told.insert(written.column.as_str()) => found.push(self.no_column(columns, written, source)),
                None => {}
                Some(column) => found.extend(misfit(&written.value, &column.data_type).map(|wanted| {
                    let message = format!("this is no value of column `{}` ({})", column.name, column.data_type);
                    Diagnostic::error(Code::TEST_VALUE, source.place(written.span), message)
                        .help(format!("write {wanted}"))
                })),
            }
            if found.len() >= PROBLEMS_MAX {
                break;
            }
        }
        if !found.is_empty() {
            problems.append(&mut found);
            return None;
        }
        let columns = rows.iter().map(|(_, row)| row.iter().map(|written| written.column.clone()).collect()).collect();
        let rows = rows.into_iter().map(|(span, row)| {
            let object: Map<String, Json> = row.into_iter().map(|written| (written.column, written.value)).collect();
            TestRow { place: source.place(span), json: Json::Object(object).to_string() }
        });
        Some(RowsOfPort { rows: rows.collect(), columns })
    }

    fn no_column(&self, columns: &[Column], written: &Written, source: &SourceText) -> Diagnostic {
        let names: Vec<&str> = columns.iter().map(|column| column.name.as_str()).collect();
        let help = match nearest(&written.column, names.iter().copied()) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("its columns are {}", listed(&names)),
        };
        let message = format!("`{}` has no column `{}`", self.port, clipped(&written.column));
        Diagnostic::error(Code::TEST_COLUMN, source.place(written.column_span), message).help(help)
    }
}

/// Why a file is no rows: where, what, and what to do.
type Unread = (Span, String, &'static str);

fn of_json(source: &SourceText) -> Result<Vec<(Span, Vec<Written>)>, Unread> {
    let mut rows = Vec::new();
    let mut start = 0;
    for line in source.text.split_inclusive('\n') {
        let span = Span { start, end: start + line.trim_end().len() };
        start += line.len();
        if line.trim().is_empty() {
            continue;
        }
        let Ok(object) = serde_json::from_str::<Map<String, Json>>(line) else {
            return Err((span, "this line is no JSON object".to_owned(), "write one object a line: `{\"column\": 1}`"));
        };
        let written = object.into_iter().map(|(column, value)| Written { column, value, column_span: span, span });
        rows.push((span, written.collect()));
    }
    Ok(rows)
}
