//! A port's query as it is run: with what its kind needs of the rows.

use std::fmt::Write as _;

use arrow::datatypes::SchemaRef;
use datafusion::common::ScalarValue;
use weft_engine::{DELETED, Parameters};
use weft_model::{Column, DataType, Interval, OutputPort, TimeRange, Transform, VALIDITY};
use weft_storage::arrow_schema;

/// One query and the values of its parameters.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    pub(crate) sql: String,
    pub(crate) parameters: Parameters,
}

/// The columns that the port's query yields, of those of its contract.
pub(crate) fn yielded(output: &OutputPort) -> Vec<&Column> {
    let all = output.contract.columns.iter();
    match &output.transform {
        Transform::Scd2 { .. } => all.filter(|column| !VALIDITY.contains(&column.name.as_str())).collect(),
        _ => all.collect(),
    }
}

/// The schema of the rows that are asked for, but for [`DELETED`].
pub(crate) fn schema_of(output: &OutputPort) -> SchemaRef {
    let columns: Vec<Column> = yielded(output).into_iter().cloned().collect();
    arrow_schema(&columns)
}

/// All rows of a table that is made as a whole: of each key the newest, in order of key or time.
pub(crate) fn whole(output: &OutputPort, sql: &str) -> Asked {
    let columns = columns(output);
    if let Some((_, delete_when)) = output.transform.merge() {
        let kept = delete_when.map(|_| format!(" WHERE NOT {}", quoted(DELETED))).unwrap_or_default();
        let order = listed(&output.contract.primary_key());
        let newest = newest(output, sql);
        let sql = format!("SELECT {columns} FROM ({newest}) AS \"weft.kept\"{kept} ORDER BY {order}");
        return Asked { sql, parameters: Parameters::None };
    }
    let sql = match &output.transform {
        Transform::ByTime { column, .. } => {
            format!("SELECT {columns} FROM ({}) AS \"weft.rows\" ORDER BY {}", inner(sql), quoted(column))
        }
        _ => sql.to_owned(),
    };
    Asked { sql, parameters: Parameters::None }
}

/// What a merge puts in: of each key the newest, with [`DELETED`] where rows can be taken out.
pub(crate) fn changes(output: &OutputPort, sql: &str) -> Asked {
    Asked { sql: newest(output, sql), parameters: Parameters::None }
}

/// The rows within `ranges` by `column`, in order of it.
pub(crate) fn within(output: &OutputPort, sql: &str, column: &str, ranges: &[TimeRange]) -> Asked {
    let mut sql = format!("SELECT {} FROM ({}) AS \"weft.rows\" WHERE false", columns(output), inner(sql));
    let mut values = Vec::new();
    let kind = output.contract.column(column).map(|column| &column.data_type);
    for range in ranges {
        let _ = write!(sql, " OR ({0} >= ${1} AND {0} < ${2})", quoted(column), values.len() + 1, values.len() + 2);
        values.extend([instant(range.from, kind), instant(range.to, kind)]);
    }
    let _ = write!(sql, " ORDER BY {}", quoted(column));
    Asked { sql, parameters: Parameters::Positional(values) }
}

/// The beginnings of the intervals in which rows lie by `column`.
pub(crate) fn intervals(sql: &str, column: &str, interval: Interval) -> Asked {
    let first = interval.start_of(0);
    let origin = ScalarValue::TimestampMillisecond(Some(first), None);
    let length = arrow::datatypes::IntervalMonthDayNano::new(0, 0, interval.milliseconds().saturating_mul(1_000_000));
    let sql = format!(
        "SELECT DISTINCT date_bin($1, arrow_cast({}, 'Timestamp(Millisecond, None)'), $2) AS begins \
         FROM ({}) AS \"weft.rows\"",
        quoted(column),
        inner(sql)
    );
    Asked { sql, parameters: Parameters::Positional(vec![ScalarValue::IntervalMonthDayNano(Some(length)), origin]) }
}

/// The query's rows, of those with the same key the newest alone where it can be told, with [`DELETED`].
fn newest(output: &OutputPort, sql: &str) -> String {
    let Some((newest_by, delete_when)) = output.transform.merge() else { return sql.to_owned() };
    let deleted = delete_when
        .map(|condition| format!(", coalesce(\n{condition}\n, false) AS {}", quoted(DELETED)))
        .unwrap_or_default();
    let columns = columns(output);
    let rows = format!("SELECT {columns}{deleted} FROM ({}) AS \"weft.rows\"", inner(sql));
    let Some(newest_by) = newest_by else { return rows };
    let deleted = delete_when.map(|_| format!(", {}", quoted(DELETED))).unwrap_or_default();
    format!(
        "SELECT {columns}{deleted} FROM (SELECT *, row_number() OVER (PARTITION BY {} ORDER BY {} DESC NULLS LAST) \
         AS \"weft.place\" FROM ({rows}) AS \"weft.marked\") AS \"weft.ranked\" WHERE \"weft.place\" = 1",
        listed(&output.contract.primary_key()),
        quoted(newest_by),
    )
}

/// The query's text where it stands in brackets.
fn inner(sql: &str) -> String {
    // A comment at the end must not swallow the bracket.
    format!("{}\n", sql.trim_end().trim_end_matches(';'))
}

fn columns(output: &OutputPort) -> String {
    listed(&yielded(output).iter().map(|column| column.name.as_str()).collect::<Vec<_>>())
}

fn listed(columns: &[&str]) -> String {
    columns.iter().map(|column| quoted(column)).collect::<Vec<_>>().join(", ")
}

fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// An instant as a value of the column's type; a date stands for its midnight.
fn instant(milliseconds: i64, kind: Option<&DataType>) -> ScalarValue {
    let microseconds = Some(milliseconds.saturating_mul(1_000));
    match kind {
        Some(DataType::Date) => ScalarValue::Date32(i32::try_from(milliseconds.div_euclid(86_400_000)).ok()),
        Some(DataType::Timestamp { utc: true }) => ScalarValue::TimestampMicrosecond(microseconds, Some("UTC".into())),
        _ => ScalarValue::TimestampMicrosecond(microseconds, None),
    }
}
