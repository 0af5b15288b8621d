//! How the rows that came differ from those expected, as a person reads it.

use std::collections::HashMap;
use std::fmt::Write as _;

use arrow::array::{Array as _, AsArray};
use arrow::datatypes::{DataType, Float32Type, Float64Type};
use arrow::record_batch::RecordBatch;
use arrow::util::display::{ArrayFormatter, FormatOptions};
use weft_model::PortRef;

/// Most rows of either side that are shown.
const ROWS_SHOWN: usize = 5;
/// Most characters of a value that are shown.
const VALUE_SHOWN: usize = 60;
/// How far apart two floating-point numbers may be that count as one, in parts of the larger.
const NEAR: f64 = 1e-9;
/// Most rows that are compared with each other where none is quite the same.
const COMPARED_MAX: usize = 500;

/// What is expected and does not come, and what comes and is not expected.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Difference {
    names: Vec<String>,
    missing: Vec<Row>,
    unexpected: Vec<Row>,
    /// The first row that stands elsewhere than expected, where the rows as such are those expected.
    misplaced: Option<(usize, Row, Row)>,
}

/// A value as it is compared and shown; NULL is `None`.
#[derive(Clone, Debug, PartialEq)]
struct Cell {
    text: Option<String>,
    number: Option<f64>,
}

type Row = Vec<Cell>;

/// The difference between two tables of the same columns; `None` where there is none. Without
/// `in_order`, rows may come in any.
pub(super) fn between(expected: &RecordBatch, found: &RecordBatch, in_order: bool) -> Option<Difference> {
    let names = expected.schema().fields().iter().map(|field| field.name().clone()).collect();
    let (expected, found) = (rows(expected), rows(found));
    let is_same = |a: &Row, b: &Row| a.iter().zip(b).all(|(a, b)| a.is_same(b));
    let (missing, unexpected) = unmatched(&expected, &found, is_same);
    if !missing.is_empty() || !unexpected.is_empty() {
        return Some(Difference { names, missing, unexpected, misplaced: None });
    }
    let pairs = || expected.iter().zip(&found).enumerate();
    let (index, (wanted, came)) = pairs().find(|(_, (a, b))| in_order && !is_same(a, b))?;
    let misplaced = Some((index + 1, wanted.clone(), came.clone()));
    Some(Difference { names, missing, unexpected, misplaced })
}

impl Difference {
    /// The difference of `port`: one line that says what, then rows that are missing (`-`) and rows that
    /// are not expected (`+`).
    pub(super) fn told_of(&self, port: &PortRef) -> String {
        if let Some((index, wanted, came)) = &self.misplaced {
            let (wanted, came) = (self.shown(wanted), self.shown(came));
            return format!("the rows of `{port}` come in another order, from row {index} on\n- {wanted}\n+ {came}");
        }
        let rows = |count: usize| if count == 1 { "1 row".to_owned() } else { format!("{count} rows") };
        let mut text = match (self.missing.len(), self.unexpected.len()) {
            (missing, 0) => format!("`{port}` comes without {} that the test expects", rows(missing)),
            (0, unexpected) => format!("`{port}` comes with {} that the test does not expect", rows(unexpected)),
            (missing, unexpected) => format!(
                "`{port}` comes without {} that the test expects, and with {} that it does not",
                rows(missing),
                rows(unexpected)
            ),
        };
        if let ([wanted], [came]) = (self.missing.as_slice(), self.unexpected.as_slice()) {
            let differing = self.names.iter().zip(wanted.iter().zip(came)).filter(|(_, (a, b))| !a.is_same(b));
            let differing: Vec<String> = differing.map(|(name, _)| format!("`{name}`")).collect();
            let _ = write!(text, ": they differ in {}", differing.join(", "));
        }
        for (sign, rows) in [('-', &self.missing), ('+', &self.unexpected)] {
            for row in rows.iter().take(ROWS_SHOWN) {
                let _ = write!(text, "\n{sign} {}", self.shown(row));
            }
            if rows.len() > ROWS_SHOWN {
                let _ = write!(text, "\n{sign} … and {} more", rows.len() - ROWS_SHOWN);
            }
        }
        text
    }

    fn shown(&self, row: &Row) -> String {
        if row.is_empty() {
            return "a row, of which no column is named".to_owned();
        }
        let cells = self.names.iter().zip(row).map(|(name, cell)| {
            let text = cell.text.as_deref().unwrap_or("NULL");
            match text.char_indices().nth(VALUE_SHOWN) {
                Some((end, _)) => format!("{name}: {}…", text.get(..end).unwrap_or_default()),
                None => format!("{name}: {text}"),
            }
        });
        cells.collect::<Vec<_>>().join(", ")
    }
}

impl Cell {
    fn is_same(&self, other: &Cell) -> bool {
        match (self.number, other.number) {
            (Some(a), Some(b)) => a.total_cmp(&b).is_eq() || (a - b).abs() <= NEAR * a.abs().max(b.abs()),
            _ => self.text == other.text,
        }
    }
}

/// The rows of either side that have none on the other.
fn unmatched(expected: &[Row], found: &[Row], is_same: impl Fn(&Row, &Row) -> bool) -> (Vec<Row>, Vec<Row>) {
    let key = |row: &Row| format!("{:?}", row.iter().map(|cell| &cell.text).collect::<Vec<_>>());
    let mut by_key: HashMap<String, Vec<usize>> = HashMap::new();
    for (index, row) in found.iter().enumerate().rev() {
        by_key.entry(key(row)).or_default().push(index);
    }
    let mut is_taken = vec![false; found.len()];
    let mut take = |index: usize| is_taken.get_mut(index).is_some_and(|taken| !std::mem::replace(taken, true));
    let left: Vec<&Row> =
        expected.iter().filter(|row| !by_key.get_mut(&key(row)).and_then(Vec::pop).is_some_and(&mut take)).collect();
    let mut unexpected: Vec<&Row> =
        found.iter().zip(&is_taken).filter(|(_, taken)| !**taken).map(|(row, _)| row).collect();
    let mut missing = Vec::new();
    for (index, row) in left.into_iter().enumerate() {
        let near = unexpected.iter().take(COMPARED_MAX).position(|other| index < COMPARED_MAX && is_same(row, other));
        match near {
            Some(at) => drop(unexpected.remove(at)),
            None => missing.push(row.clone()),
        }
    }
    (missing, unexpected.into_iter().cloned().collect())
}

fn rows(table: &RecordBatch) -> Vec<Row> {
    let options = FormatOptions::default();
    let mut rows: Vec<Row> = vec![Vec::with_capacity(table.num_columns()); table.num_rows()];
    for column in table.columns() {
        // A type without a form to show is shown by its name; contracts have none such.
        let formatter = ArrayFormatter::try_new(column, &options).ok();
        let is_text = matches!(column.data_type(), DataType::Utf8);
        for (index, row) in rows.iter_mut().enumerate() {
            if column.is_null(index) {
                row.push(Cell { text: None, number: None });
                continue;
            }
            let shown = formatter.as_ref().map_or_else(String::new, |formatter| formatter.value(index).to_string());
            let text = if is_text { format!("'{}'", shown.replace('\'', "''")) } else { shown };
            let number = match column.data_type() {
                DataType::Float64 => Some(column.as_primitive::<Float64Type>().value(index)),
                DataType::Float32 => Some(f64::from(column.as_primitive::<Float32Type>().value(index))),
                _ => None,
            };
            row.push(Cell { text: Some(text), number });
        }
    }
    rows
}
