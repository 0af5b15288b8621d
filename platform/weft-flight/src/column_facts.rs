//! What Flight SQL's clients want to know of a column beside its Arrow type.

use arrow::datatypes::{DataType, Field, Schema};
use weft_engine::TableEntry;

/// The columns of a table, each with the facts that drivers show: whose column it is, and how SQL
/// speaks of its type.
pub(crate) fn described(table: &TableEntry) -> Schema {
    let fields = table.schema.fields().iter().map(|field| with_facts(field, table));
    Schema::new_with_metadata(fields.collect::<Vec<Field>>(), table.schema.metadata().clone())
}

fn with_facts(field: &Field, table: &TableEntry) -> Field {
    let (precision, scale) = digits(field.data_type());
    let yes_or_no = |yes: bool| if yes { "1" } else { "0" }.to_owned();
    let is_text = matches!(field.data_type(), DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View);
    let facts = [
        ("CATALOG_NAME", Some(table.domain.clone())),
        ("DB_SCHEMA_NAME", Some(table.product.clone())),
        ("TABLE_NAME", Some(table.port.clone())),
        ("TYPE_NAME", type_name(field.data_type()).map(str::to_owned)),
        ("PRECISION", precision.map(|digits| digits.to_string())),
        ("SCALE", scale.map(|digits| digits.to_string())),
        ("IS_AUTO_INCREMENT", Some(yes_or_no(false))),
        ("IS_CASE_SENSITIVE", Some(yes_or_no(is_text))),
        ("IS_READ_ONLY", Some(yes_or_no(true))),
        ("IS_SEARCHABLE", Some(yes_or_no(!field.data_type().is_nested()))),
    ];
    let mut metadata = field.metadata().clone();
    let named = facts.into_iter().filter_map(|(name, fact)| Some((format!("ARROW:FLIGHT:SQL:{name}"), fact?)));
    metadata.extend(named);
    field.clone().with_metadata(metadata)
}

/// The name among those of `GetXdbcTypeInfo`; nested types have none.
fn type_name(data_type: &DataType) -> Option<&'static str> {
    Some(match data_type {
        DataType::Boolean => "BOOLEAN",
        DataType::Int8 => "TINYINT",
        DataType::Int16 => "SMALLINT",
        DataType::Int32 => "INTEGER",
        DataType::Int64 => "BIGINT",
        DataType::Float32 => "REAL",
        DataType::Float64 => "DOUBLE",
        DataType::Decimal128(..) | DataType::Decimal256(..) => "DECIMAL",
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => "VARCHAR",
        DataType::Binary | DataType::LargeBinary | DataType::BinaryView | DataType::FixedSizeBinary(_) => "BYTEA",
        DataType::Date32 => "DATE",
        DataType::Time32(_) | DataType::Time64(_) => "TIME",
        DataType::Timestamp(..) => "TIMESTAMP",
        _ => return None,
    })
}

/// Digits in all and after the point, of numbers.
fn digits(data_type: &DataType) -> (Option<u8>, Option<i8>) {
    match data_type {
        DataType::Int8 => (Some(3), Some(0)),
        DataType::Int16 => (Some(5), Some(0)),
        DataType::Int32 => (Some(10), Some(0)),
        DataType::Int64 => (Some(19), Some(0)),
        DataType::Float32 => (Some(7), None),
        DataType::Float64 => (Some(15), None),
        DataType::Decimal128(precision, scale) | DataType::Decimal256(precision, scale) => {
            (Some(*precision), Some(*scale))
        }
        _ => (None, None),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use expect_test::{Expect, expect};

    use super::*;

    #[track_caller]
    fn check(data_type: DataType, expected: Expect) {
        let field = Field::new("c", data_type, true).with_metadata([("own".to_owned(), "kept".to_owned())].into());
        let table = TableEntry {
            domain: "sales".to_owned(),
            product: "orders".to_owned(),
            port: "lines".to_owned(),
            kind: "TABLE",
            schema: Arc::new(Schema::new(vec![field])),
            primary_key: Vec::new(),
            foreign_keys: Vec::new(),
            description: String::new(),
        };
        let described = described(&table);
        let mut facts: Vec<_> = described.field(0).metadata().iter().collect();
        facts.sort();
        let shown = facts.iter().map(|(name, fact)| {
            format!("{}={fact}", name.trim_start_matches("ARROW:FLIGHT:SQL:").to_ascii_lowercase())
        });
        expected.assert_eq(&shown.collect::<Vec<_>>().join(" "));
    }

    #[test]
    fn a_column_is_described_by_its_table_and_its_type() {
        check(
            DataType::Decimal128(15, 2),
            expect![
                "catalog_name=sales db_schema_name=orders is_auto_increment=0 is_case_sensitive=0 is_read_only=1 is_searchable=1 precision=15 scale=2 table_name=lines type_name=DECIMAL own=kept"
            ],
        );
        check(
            DataType::Utf8,
            expect![
                "catalog_name=sales db_schema_name=orders is_auto_increment=0 is_case_sensitive=1 is_read_only=1 is_searchable=1 table_name=lines type_name=VARCHAR own=kept"
            ],
        );
        check(
            DataType::List(Arc::new(Field::new("item", DataType::Int64, true))),
            expect![
                "catalog_name=sales db_schema_name=orders is_auto_increment=0 is_case_sensitive=0 is_read_only=1 is_searchable=0 table_name=lines own=kept"
            ],
        );
    }
}
