//! Tables for people: names and types above, numbers to the right, a footer apart.

use std::time::Duration;

use arrow::array::RecordBatch;
use arrow::datatypes::{DataType, Schema};
use arrow::error::ArrowError;
use arrow::util::display::FormatOptions;
use comfy_table::{Attribute, Cell, CellAlignment, ContentArrangement, Table, presets};

use super::cells::Cells;
use super::diagnostics::counted;
use crate::cli::Look;

const NULL: &str = "NULL";

/// Rows with a header of names and types. A table without columns is an empty text.
pub fn rows(schema: &Schema, batches: &[RecordBatch], look: Look) -> Result<String, ArrowError> {
    let mut table = framed(look);
    table.set_header(schema.fields().iter().map(|field| {
        let text = format!("{}\n{}", field.name(), type_name(field.data_type()));
        Cell::new(text).set_alignment(alignment(field.data_type()))
    }));
    let options = FormatOptions::default();
    for batch in batches {
        let cells = Cells::of(batch, &options)?;
        for row in 0..batch.num_rows() {
            let mut drawn = Vec::with_capacity(batch.num_columns());
            for (value, array) in cells.row(row).zip(batch.columns()) {
                let cell = match value? {
                    None => Cell::new(NULL).add_attribute(Attribute::Dim),
                    Some(text) => Cell::new(visible(&text)),
                };
                drawn.push(cell.set_alignment(alignment(array.data_type())));
            }
            table.add_row(drawn);
        }
    }
    Ok(finished(&table))
}

/// A list with a header in capitals and no frame, as `weft products list` prints it.
pub fn list(header: &[&str], rows: &[Vec<String>], look: Look) -> String {
    let mut table = Table::new();
    table.load_preset(presets::NOTHING).set_content_arrangement(ContentArrangement::Disabled);
    paint(&mut table, look);
    table.set_header(header.iter().map(|word| Cell::new(word.to_uppercase())));
    for row in rows {
        table.add_row(row.iter().map(|text| Cell::new(visible(text))));
    }
    for column in table.column_iter_mut() {
        column.set_padding((0, 2));
    }
    finished(&table)
}

/// `3 rows · 0.31 s`.
pub fn footer(rows: usize, elapsed: Duration) -> String {
    format!("{} · {:.2} s", counted(rows, "row"), elapsed.as_secs_f64())
}

/// The type as people write it: `i64`, `string`, `decimal(12,2)`.
pub fn type_name(data_type: &DataType) -> String {
    match data_type {
        DataType::Null => "null".to_owned(),
        DataType::Boolean => "bool".to_owned(),
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => "string".to_owned(),
        DataType::Binary | DataType::LargeBinary | DataType::BinaryView | DataType::FixedSizeBinary(_) => {
            "bytes".to_owned()
        }
        DataType::Int8 | DataType::Int16 | DataType::Int32 | DataType::Int64 => numbered('i', data_type),
        DataType::UInt8 | DataType::UInt16 | DataType::UInt32 | DataType::UInt64 => numbered('u', data_type),
        DataType::Float16 | DataType::Float32 | DataType::Float64 => numbered('f', data_type),
        DataType::Decimal32(precision, scale)
        | DataType::Decimal64(precision, scale)
        | DataType::Decimal128(precision, scale)
        | DataType::Decimal256(precision, scale) => format!("decimal({precision},{scale})"),
        DataType::Date32 | DataType::Date64 => "date".to_owned(),
        DataType::Time32(_) | DataType::Time64(_) => "time".to_owned(),
        DataType::Timestamp(_, None) => "timestamp".to_owned(),
        DataType::Timestamp(_, Some(zone)) => format!("timestamp({zone})"),
        DataType::Interval(_) | DataType::Duration(_) => "interval".to_owned(),
        DataType::List(item) | DataType::LargeList(item) | DataType::FixedSizeList(item, _) => {
            format!("list({})", type_name(item.data_type()))
        }
        DataType::Struct(fields) => {
            let fields: Vec<String> =
                fields.iter().map(|field| format!("{} {}", field.name(), type_name(field.data_type()))).collect();
            format!("struct({})", fields.join(", "))
        }
        DataType::Dictionary(_, values) => type_name(values),
        other => other.to_string().to_lowercase(),
    }
}

fn numbered(letter: char, data_type: &DataType) -> String {
    let bits = data_type.primitive_width().unwrap_or_default() * 8;
    format!("{letter}{bits}")
}

fn alignment(data_type: &DataType) -> CellAlignment {
    if data_type.is_numeric() { CellAlignment::Right } else { CellAlignment::Left }
}

fn framed(look: Look) -> Table {
    let mut table = Table::new();
    table.load_preset("││──├─┼┤│    ┬┴┌┐└┘");
    match look.terminal {
        true => table
            .set_content_arrangement(ContentArrangement::Dynamic)
            .set_width(u16::try_from(look.width).unwrap_or(u16::MAX)),
        false => table.set_content_arrangement(ContentArrangement::Disabled),
    };
    paint(&mut table, look);
    table
}

fn paint(table: &mut Table, look: Look) {
    match look.colour {
        true => table.enforce_styling(),
        false => table.force_no_tty(),
    };
}

/// Control characters in data would drive the reader's terminal: they are shown, not sent.
fn visible(text: &str) -> String {
    if !text.chars().any(char::is_control) {
        return text.to_owned();
    }
    text.chars().map(|c| if c.is_control() { c.escape_default().to_string() } else { c.to_string() }).collect()
}

fn finished(table: &Table) -> String {
    table.lines().map(|line| format!("{}\n", line.trim_end())).collect()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::array::{ArrayRef, Decimal128Array, Float64Array, Int64Array, NullArray, StringArray};
    use expect_test::expect;

    use super::*;

    fn batch() -> RecordBatch {
        let money = Decimal128Array::from(vec![Some(1250), None]).with_precision_and_scale(12, 2).unwrap();
        let columns: [(&str, ArrayRef); 5] = [
            ("origin", Arc::new(StringArray::from(vec![Some("EWR"), None]))),
            ("n", Arc::new(Int64Array::from(vec![120_835, 7]))),
            ("share", Arc::new(Float64Array::from(vec![0.25, 12.0]))),
            ("fee", Arc::new(money)),
            ("none", Arc::new(NullArray::new(2))),
        ];
        RecordBatch::try_from_iter_with_nullable(columns.map(|(name, array)| (name, array, true))).unwrap()
    }

    #[test]
    fn a_table_has_names_types_and_numbers_to_the_right() {
        let batch = batch();
        expect![[r#"
            ┌────────┬────────┬───────┬───────────────┬──────┐
            │ origin │      n │ share │           fee │ none │
            │ string │    i64 │   f64 │ decimal(12,2) │ null │
            ├────────┼────────┼───────┼───────────────┼──────┤
            │ EWR    │ 120835 │  0.25 │         12.50 │ NULL │
            │ NULL   │      7 │  12.0 │          NULL │ NULL │
            └────────┴────────┴───────┴───────────────┴──────┘
        "#]]
        .assert_eq(&rows(&batch.schema(), &[batch], Look::PLAIN).unwrap());
    }

    #[test]
    fn colour_changes_no_word() {
        let batch = batch();
        let look = Look { colour: true, ..Look::PLAIN };
        let coloured = rows(&batch.schema(), std::slice::from_ref(&batch), look).unwrap();
        assert!(coloured.contains('\u{1b}'));
        let plain = rows(&batch.schema(), &[batch], Look::PLAIN).unwrap();
        assert_eq!(anstream::adapter::strip_str(&coloured).to_string(), plain);
    }

    #[test]
    fn data_does_not_drive_the_terminal() {
        let array: ArrayRef = Arc::new(StringArray::from(vec!["a\u{1b}[31mb\nc"]));
        let batch = RecordBatch::try_from_iter([("text", array)]).unwrap();
        let drawn = rows(&batch.schema(), &[batch], Look::PLAIN).unwrap();
        assert!(drawn.contains(r"a\u{1b}[31mb\nc"), "{drawn}");
    }

    #[test]
    fn no_rows_are_a_header_alone() {
        let batch = batch().slice(0, 0);
        expect![[r#"
            ┌────────┬─────┬───────┬───────────────┬──────┐
            │ origin │   n │ share │           fee │ none │
            │ string │ i64 │   f64 │ decimal(12,2) │ null │
            ├────────┼─────┼───────┼───────────────┼──────┤
            └────────┴─────┴───────┴───────────────┴──────┘
        "#]]
        .assert_eq(&rows(&batch.schema(), &[batch], Look::PLAIN).unwrap());
        assert_eq!(footer(0, Duration::from_millis(4)), "0 rows · 0.00 s");
        assert_eq!(footer(1, Duration::from_millis(314)), "1 row · 0.31 s");
    }

    #[test]
    fn a_list_has_a_header_in_capitals() {
        let rows = [vec!["sales.orders".to_owned(), "3.2.0".to_owned()], vec!["crm.a".to_owned(), "10".to_owned()]];
        expect![[r#"
            PRODUCT       VERSION
            sales.orders  3.2.0
            crm.a         10
        "#]]
        .assert_eq(&list(&["product", "version"], &rows, Look::PLAIN));
    }
}
