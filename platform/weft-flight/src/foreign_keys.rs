//! Keys from table to table. They are checked when the table that holds them is written, and nothing is changed for them.

use std::sync::Arc;

use arrow::array::{ArrayRef, Int32Array, StringArray, UInt8Array};
use arrow::datatypes::{DataType, Field, Schema};
use arrow::error::ArrowError;
use arrow::record_batch::RecordBatch;
use arrow_flight::sql::{CommandGetCrossReference, CommandGetExportedKeys, CommandGetImportedKeys};
use weft_engine::{ForeignKey, TableEntry};
use weft_model::PortRef;

/// `NO_ACTION` among Flight SQL's rules.
const NO_ACTION: u8 = 3;

/// A table as a request names it; catalog and schema may be left out.
#[derive(Clone, Copy)]
struct Named<'a> {
    domain: Option<&'a str>,
    product: Option<&'a str>,
    port: &'a str,
}

impl Named<'_> {
    fn is(&self, [domain, product, port]: [&str; 3]) -> bool {
        self.domain.is_none_or(|wanted| wanted == domain)
            && self.product.is_none_or(|wanted| wanted == product)
            && self.port == port
    }
}

/// Keys of other tables that refer to the one that is named, in order of those tables.
pub(crate) fn exported(wanted: &CommandGetExportedKeys, tables: &[TableEntry]) -> Result<RecordBatch, ArrowError> {
    let to = Named { domain: wanted.catalog.as_deref(), product: wanted.db_schema.as_deref(), port: &wanted.table };
    batch(keys(tables, |key| to.is(names_of(&key.target))))
}

/// Keys of the table that is named, in order of the tables that they refer to.
pub(crate) fn imported(wanted: &CommandGetImportedKeys, tables: &[TableEntry]) -> Result<RecordBatch, ArrowError> {
    let from = Named { domain: wanted.catalog.as_deref(), product: wanted.db_schema.as_deref(), port: &wanted.table };
    let own: Vec<&TableEntry> = tables.iter().filter(|table| from.is(names(table))).collect();
    let mut keys: Vec<Key<'_>> = own.into_iter().flat_map(keys_of).collect();
    keys.sort_by_key(|(table, key)| (names_of(&key.target), &key.name, names(table)));
    batch(keys)
}

/// Keys of one table that is named which refer to another that is.
pub(crate) fn crossing(wanted: &CommandGetCrossReference, tables: &[TableEntry]) -> Result<RecordBatch, ArrowError> {
    let (domain, product) = (wanted.pk_catalog.as_deref(), wanted.pk_db_schema.as_deref());
    let to = Named { domain, product, port: &wanted.pk_table };
    let (domain, product) = (wanted.fk_catalog.as_deref(), wanted.fk_db_schema.as_deref());
    let from = Named { domain, product, port: &wanted.fk_table };
    let mut keys = keys(tables, |key| to.is(names_of(&key.target)));
    keys.retain(|(table, _)| from.is(names(table)));
    batch(keys)
}

type Key<'a> = (&'a TableEntry, &'a ForeignKey);

fn keys_of(table: &TableEntry) -> impl Iterator<Item = Key<'_>> {
    table.foreign_keys.iter().map(move |key| (table, key))
}

/// In order of the tables that hold them.
fn keys(tables: &[TableEntry], is_wanted: impl Fn(&ForeignKey) -> bool) -> Vec<Key<'_>> {
    let mut keys: Vec<Key<'_>> = tables.iter().flat_map(keys_of).filter(|(_, key)| is_wanted(key)).collect();
    keys.sort_by_key(|(table, key)| (names(table), &key.name));
    keys
}

fn names(table: &TableEntry) -> [&str; 3] {
    [&table.domain, &table.product, &table.port]
}

fn names_of(target: &PortRef) -> [&str; 3] {
    [target.domain.as_str(), target.product.as_str(), target.port.as_str()]
}

/// One column of a key.
struct Row<'a> {
    theirs: [&'a str; 3],
    their_column: &'a str,
    own: [&'a str; 3],
    own_column: &'a str,
    place: i32,
    name: &'a str,
}

fn batch(keys: Vec<Key<'_>>) -> Result<RecordBatch, ArrowError> {
    let rows: Vec<Row<'_>> = keys.into_iter().flat_map(rows).collect();
    let texts = |of: &dyn for<'a> Fn(&Row<'a>) -> &'a str| -> ArrayRef {
        Arc::new(StringArray::from_iter_values(rows.iter().map(of)))
    };
    let rules = || -> ArrayRef { Arc::new(UInt8Array::from(vec![NO_ACTION; rows.len()])) };
    let columns = vec![
        texts(&|row| row.theirs[0]),
        texts(&|row| row.theirs[1]),
        texts(&|row| row.theirs[2]),
        texts(&|row| row.their_column),
        texts(&|row| row.own[0]),
        texts(&|row| row.own[1]),
        texts(&|row| row.own[2]),
        texts(&|row| row.own_column),
        Arc::new(Int32Array::from_iter_values(rows.iter().map(|row| row.place))),
        texts(&|row| row.name),
        Arc::new(StringArray::from(vec![None::<&str>; rows.len()])),
        rules(),
        rules(),
    ];
    RecordBatch::try_new(Arc::new(schema()), columns)
}

fn rows<'a>((table, key): Key<'a>) -> impl Iterator<Item = Row<'a>> {
    let columns = key.columns.iter().zip(&key.target_columns);
    (1..).zip(columns).map(move |(place, (own, theirs))| Row {
        theirs: names_of(&key.target),
        their_column: theirs,
        own: names(table),
        own_column: own,
        place,
        name: &key.name,
    })
}

fn schema() -> Schema {
    let text = |name: &str, nullable: bool| Field::new(name, DataType::Utf8, nullable);
    Schema::new(vec![
        text("pk_catalog_name", true),
        text("pk_db_schema_name", true),
        text("pk_table_name", false),
        text("pk_column_name", false),
        text("fk_catalog_name", true),
        text("fk_db_schema_name", true),
        text("fk_table_name", false),
        text("fk_column_name", false),
        Field::new("key_sequence", DataType::Int32, false),
        text("fk_key_name", true),
        text("pk_key_name", true),
        Field::new("update_rule", DataType::UInt8, false),
        Field::new("delete_rule", DataType::UInt8, false),
    ])
}
