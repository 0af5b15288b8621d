//! `system.information_schema.*`, which `information_schema.*` stands for: what the asker may know of
//! tables and columns. Never a definition, a path or a number of rows.

use std::collections::BTreeSet;
use std::sync::Arc;

use arrow::array::{ArrayRef, Int64Array, StringArray};
use arrow::datatypes::{DataType, Field, Schema};
use arrow::error::ArrowError;
use arrow::record_batch::RecordBatch;
use weft_catalog::CatalogView;

use crate::{TableEntry, tables};

/// The name of the schema, next to `mesh` and `audit`.
pub(crate) const SCHEMA: &str = "information_schema";

/// The rows of the table of that name. `None` where there is none.
pub(crate) fn batch(table: &str, view: &CatalogView) -> Option<Result<RecordBatch, ArrowError>> {
    let entries = tables::entries_of(view);
    Some(match table {
        "schemata" => schemata(&entries),
        "tables" => listed(&entries),
        "columns" => columns(&entries),
        "views" => views(&entries),
        _ => return None,
    })
}

fn schemata(entries: &[TableEntry]) -> Result<RecordBatch, ArrowError> {
    let schemas: BTreeSet<(&str, &str)> =
        entries.iter().map(|entry| (entry.domain.as_str(), entry.product.as_str())).collect();
    texts(&["catalog_name", "schema_name"], schemas.iter().map(|(domain, product)| [Some(*domain), Some(*product)]))
}

fn listed(entries: &[TableEntry]) -> Result<RecordBatch, ArrowError> {
    let kind = |entry: &TableEntry| match entry.kind {
        "TABLE" => "BASE TABLE",
        other => other,
    };
    texts(
        &["table_catalog", "table_schema", "table_name", "table_type"],
        entries.iter().map(|entry| {
            let [domain, product, port] = names(entry);
            [domain, product, port, Some(kind(entry))]
        }),
    )
}

/// Views by name alone: what they are made of is their owner's.
fn views(entries: &[TableEntry]) -> Result<RecordBatch, ArrowError> {
    texts(
        &["table_catalog", "table_schema", "table_name", "view_definition"],
        entries.iter().filter(|entry| entry.kind == "VIEW").map(|entry| {
            let [domain, product, port] = names(entry);
            [domain, product, port, None]
        }),
    )
}

fn columns(entries: &[TableEntry]) -> Result<RecordBatch, ArrowError> {
    let (mut rows, mut types, mut positions) = (Vec::new(), Vec::new(), Vec::new());
    for entry in entries {
        for (position, field) in (1..).zip(entry.schema.fields()) {
            let [domain, product, port] = names(entry);
            let nullable = if field.is_nullable() { "YES" } else { "NO" };
            rows.push([domain, product, port, Some(field.name().as_str()), Some(nullable), None]);
            types.push(field.data_type().to_string());
            positions.push(position);
        }
    }
    let names = ["table_catalog", "table_schema", "table_name", "column_name", "is_nullable", "column_default"];
    let of_texts = texts(&names, rows.into_iter())?;
    let mut fields: Vec<Field> = of_texts.schema().fields().iter().map(|field| field.as_ref().clone()).collect();
    let mut arrays: Vec<ArrayRef> = of_texts.columns().to_vec();
    fields.insert(4, Field::new("data_type", DataType::Utf8, true));
    arrays.insert(4, Arc::new(StringArray::from(types)));
    fields.insert(4, Field::new("ordinal_position", DataType::Int64, true));
    arrays.insert(4, Arc::new(Int64Array::from(positions)));
    RecordBatch::try_new(Arc::new(Schema::new(fields)), arrays)
}

fn names(entry: &TableEntry) -> [Option<&str>; 3] {
    [Some(&entry.domain), Some(&entry.product), Some(&entry.port)]
}

fn texts<'a, const N: usize>(
    names: &[&str; N],
    rows: impl Iterator<Item = [Option<&'a str>; N]>,
) -> Result<RecordBatch, ArrowError> {
    let rows: Vec<[Option<&str>; N]> = rows.collect();
    let fields: Vec<Field> = names.iter().map(|name| Field::new(*name, DataType::Utf8, true)).collect();
    let column = |i: usize| -> ArrayRef {
        Arc::new(rows.iter().map(|row| row.get(i).copied().flatten()).collect::<StringArray>())
    };
    RecordBatch::try_new(Arc::new(Schema::new(fields)), (0..N).map(column).collect())
}

#[cfg(test)]
mod tests {
    use arrow::util::pretty::pretty_format_batches;
    use expect_test::{Expect, expect};

    use super::*;

    fn entries() -> Vec<TableEntry> {
        let entry = |port: &str, kind: &'static str, fields: Vec<Field>| TableEntry {
            domain: "flights".to_owned(),
            product: "delays".to_owned(),
            port: port.to_owned(),
            kind,
            schema: Arc::new(Schema::new(fields)),
            primary_key: Vec::new(),
            foreign_keys: Vec::new(),
            description: String::new(),
        };
        let field = Field::new("carrier", DataType::Utf8, false);
        vec![entry("departures", "TABLE", vec![field]), entry("worst", "VIEW", Vec::new())]
    }

    #[track_caller]
    fn check(made: Result<RecordBatch, ArrowError>, expected: Expect) {
        expected.assert_eq(&pretty_format_batches(&[made.unwrap()]).unwrap().to_string());
    }

    #[test]
    fn tables_and_columns_are_told_by_name_and_views_without_their_making() {
        check(
            schemata(&entries()),
            expect![[r"
                +--------------+-------------+
                | catalog_name | schema_name |
                +--------------+-------------+
                | flights      | delays      |
                +--------------+-------------+"]],
        );
        check(
            listed(&entries()),
            expect![[r"
                +---------------+--------------+------------+------------+
                | table_catalog | table_schema | table_name | table_type |
                +---------------+--------------+------------+------------+
                | flights       | delays       | departures | BASE TABLE |
                | flights       | delays       | worst      | VIEW       |
                +---------------+--------------+------------+------------+"]],
        );
        check(
            columns(&entries()),
            expect![[r"
                +---------------+--------------+------------+-------------+------------------+-----------+-------------+----------------+
                | table_catalog | table_schema | table_name | column_name | ordinal_position | data_type | is_nullable | column_default |
                +---------------+--------------+------------+-------------+------------------+-----------+-------------+----------------+
                | flights       | delays       | departures | carrier     | 1                | Utf8      | NO          |                |
                +---------------+--------------+------------+-------------+------------------+-----------+-------------+----------------+"]],
        );
        check(
            views(&entries()),
            expect![[r"
                +---------------+--------------+------------+-----------------+
                | table_catalog | table_schema | table_name | view_definition |
                +---------------+--------------+------------+-----------------+
                | flights       | delays       | worst      |                 |
                +---------------+--------------+------------+-----------------+"]],
        );
    }
}
