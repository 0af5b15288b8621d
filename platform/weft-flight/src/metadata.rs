//! What there is to query: domains as catalogs, products as schemas, ports as tables.
//!
//! Every list is made of [`Session::tables`], so nothing shows up that the caller may not discover.

use std::collections::BTreeSet;
use std::sync::Arc;

use arrow::array::{ArrayRef, Int32Array, StringArray};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use arrow::record_batch::RecordBatch;
use arrow_flight::error::FlightError;
use arrow_flight::sql::metadata::{GetCatalogsBuilder, GetDbSchemasBuilder, GetTablesBuilder};
use arrow_flight::sql::{Command, CommandGetDbSchemas, CommandGetPrimaryKeys, CommandGetTableTypes, CommandGetTables};
use tonic::Status;
use weft_engine::{Session, TableEntry};

use crate::like::like;
use crate::status::{bug, unsupported};
use crate::{column_facts, foreign_keys, server_facts};

const TABLE_TYPES: [&str; 3] = ["SYSTEM TABLE", "TABLE", "VIEW"];

/// The columns of the answer to a metadata command.
pub(crate) fn schema(command: &Command) -> Result<SchemaRef, Status> {
    answer(command, Vec::new).map(|batch| batch.schema())
}

/// The answer to a metadata command, in the order that Flight SQL asks for.
pub(crate) fn rows(command: &Command, session: &Session) -> Result<RecordBatch, Status> {
    answer(command, || session.tables())
}

fn answer(command: &Command, tables: impl FnOnce() -> Vec<TableEntry>) -> Result<RecordBatch, Status> {
    let batch = match command {
        Command::CommandGetCatalogs(_) => catalogs(&tables()),
        Command::CommandGetDbSchemas(wanted) => schemas(wanted, &tables()),
        Command::CommandGetTables(wanted) => list(wanted, &tables()),
        Command::CommandGetTableTypes(_) => table_types(),
        Command::CommandGetPrimaryKeys(wanted) => primary_keys(wanted, &tables()),
        Command::CommandGetExportedKeys(wanted) => foreign_keys::exported(wanted, &tables()).map_err(FlightError::from),
        Command::CommandGetImportedKeys(wanted) => foreign_keys::imported(wanted, &tables()).map_err(FlightError::from),
        Command::CommandGetCrossReference(wanted) => {
            foreign_keys::crossing(wanted, &tables()).map_err(FlightError::from)
        }
        Command::CommandGetSqlInfo(wanted) => server_facts::sql_info(&wanted.info),
        Command::CommandGetXdbcTypeInfo(wanted) => server_facts::types(wanted.data_type),
        other => return Err(unsupported(&format!("the command `{}`", other.type_url()))),
    };
    batch.map_err(|error| bug("a metadata answer can be built", &error))
}

fn catalogs(tables: &[TableEntry]) -> Result<RecordBatch, FlightError> {
    let domains: BTreeSet<&str> = tables.iter().map(|table| table.domain.as_str()).collect();
    let mut builder = GetCatalogsBuilder::new();
    domains.into_iter().for_each(|domain| builder.append(domain));
    builder.build()
}

fn schemas(wanted: &CommandGetDbSchemas, tables: &[TableEntry]) -> Result<RecordBatch, FlightError> {
    let products: BTreeSet<(&str, &str)> = tables
        .iter()
        .filter(|table| is(wanted.catalog.as_deref(), &table.domain))
        .filter(|table| matches(wanted.db_schema_filter_pattern.as_deref(), &table.product))
        .map(|table| (table.domain.as_str(), table.product.as_str()))
        .collect();
    let mut builder = GetDbSchemasBuilder::new(None::<String>, None::<String>);
    products.into_iter().for_each(|(domain, product)| builder.append(domain, product));
    builder.build()
}

fn list(wanted: &CommandGetTables, tables: &[TableEntry]) -> Result<RecordBatch, FlightError> {
    let none = None::<String>;
    let mut builder =
        GetTablesBuilder::new(none.clone(), none.clone(), none, Vec::<String>::new(), wanted.include_schema);
    let chosen = tables
        .iter()
        .filter(|table| is(wanted.catalog.as_deref(), &table.domain))
        .filter(|table| matches(wanted.db_schema_filter_pattern.as_deref(), &table.product))
        .filter(|table| matches(wanted.table_name_filter_pattern.as_deref(), &table.port))
        .filter(|table| wanted.table_types.is_empty() || wanted.table_types.iter().any(|kind| kind == table.kind));
    for table in chosen {
        builder.append(&table.domain, &table.product, &table.port, table.kind, &column_facts::described(table))?;
    }
    builder.build()
}

fn table_types() -> Result<RecordBatch, FlightError> {
    let mut builder = CommandGetTableTypes {}.into_builder();
    TABLE_TYPES.into_iter().for_each(|kind| builder.append(kind));
    builder.build()
}

fn primary_keys(wanted: &CommandGetPrimaryKeys, tables: &[TableEntry]) -> Result<RecordBatch, FlightError> {
    let mut keys: Vec<(&TableEntry, &str, i32)> = tables
        .iter()
        .filter(|table| is(wanted.catalog.as_deref(), &table.domain))
        .filter(|table| is(wanted.db_schema.as_deref(), &table.product))
        .filter(|table| wanted.table == table.port)
        .flat_map(|table| (1..).zip(&table.primary_key).map(move |(n, column)| (table, column.as_str(), n)))
        .collect();
    keys.sort_by_key(|(table, _, n)| (&table.domain, &table.product, &table.port, *n));
    let texts = |of: fn(&TableEntry) -> &str| -> ArrayRef {
        Arc::new(StringArray::from_iter_values(keys.iter().map(|(table, ..)| of(table))))
    };
    let schema = Schema::new(vec![
        Field::new("catalog_name", DataType::Utf8, true),
        Field::new("db_schema_name", DataType::Utf8, true),
        Field::new("table_name", DataType::Utf8, false),
        Field::new("column_name", DataType::Utf8, false),
        Field::new("key_name", DataType::Utf8, true),
        Field::new("key_sequence", DataType::Int32, false),
    ]);
    let columns: Vec<ArrayRef> = vec![
        texts(|table| &table.domain),
        texts(|table| &table.product),
        texts(|table| &table.port),
        Arc::new(StringArray::from_iter_values(keys.iter().map(|(_, column, _)| column))),
        Arc::new(StringArray::from(vec![None::<&str>; keys.len()])),
        Arc::new(Int32Array::from_iter_values(keys.iter().map(|(.., n)| *n))),
    ];
    Ok(RecordBatch::try_new(Arc::new(schema), columns)?)
}

/// Whether the filter is absent or the very name.
fn is(filter: Option<&str>, name: &str) -> bool {
    filter.is_none_or(|filter| filter == name)
}

fn matches(pattern: Option<&str>, name: &str) -> bool {
    pattern.is_none_or(|pattern| like(name, pattern))
}

#[cfg(test)]
mod tests {
    use arrow::util::display::array_value_to_string;
    use arrow::util::pretty::pretty_format_batches;
    use arrow_flight::sql::{
        CommandGetCatalogs, CommandGetCrossReference, CommandGetExportedKeys, CommandGetImportedKeys,
        CommandGetSqlInfo, CommandGetXdbcTypeInfo, CommandStatementQuery,
    };
    use expect_test::{Expect, expect};
    use weft_engine::ForeignKey;

    use super::*;

    fn entry(name: &str, kind: &'static str, key: &[&str]) -> TableEntry {
        let mut parts = name.split('.').map(str::to_owned);
        let mut part = || parts.next().unwrap();
        TableEntry {
            domain: part(),
            product: part(),
            port: part(),
            kind,
            schema: Arc::new(Schema::new(vec![Field::new("n", DataType::Int64, false)])),
            primary_key: key.iter().map(|&column| column.to_owned()).collect(),
            foreign_keys: Vec::new(),
            description: String::new(),
        }
    }

    fn tables() -> Vec<TableEntry> {
        vec![
            entry("weather.observations.hourly", "TABLE", &["origin", "time_hour"]),
            entry("aviation.flights.departures", "TABLE", &[]),
            entry("aviation.delays.daily", "VIEW", &["day"]),
            entry("system.mesh.runs", "SYSTEM TABLE", &[]),
        ]
    }

    #[track_caller]
    fn check(command: Command, expected: Expect) {
        let batch = answer(&command, tables).unwrap();
        assert_eq!(schema(&command).unwrap(), batch.schema());
        expected.assert_eq(&pretty_format_batches(&[batch]).unwrap().to_string());
    }

    #[test]
    fn domains_are_catalogs() {
        check(
            Command::CommandGetCatalogs(CommandGetCatalogs {}),
            expect![[r#"
                +--------------+
                | catalog_name |
                +--------------+
                | aviation     |
                | system       |
                | weather      |
                +--------------+"#]],
        );
    }

    #[test]
    fn products_are_schemas_and_may_be_filtered() {
        check(
            Command::CommandGetDbSchemas(CommandGetDbSchemas {
                catalog: Some("aviation".to_owned()),
                db_schema_filter_pattern: Some("f%".to_owned()),
            }),
            expect![[r#"
                +--------------+----------------+
                | catalog_name | db_schema_name |
                +--------------+----------------+
                | aviation     | flights        |
                +--------------+----------------+"#]],
        );
    }

    #[test]
    fn ports_are_tables_in_order_of_name() {
        check(
            Command::CommandGetTables(CommandGetTables::default()),
            expect![[r#"
                +--------------+----------------+------------+--------------+
                | catalog_name | db_schema_name | table_name | table_type   |
                +--------------+----------------+------------+--------------+
                | aviation     | delays         | daily      | VIEW         |
                | aviation     | flights        | departures | TABLE        |
                | system       | mesh           | runs       | SYSTEM TABLE |
                | weather      | observations   | hourly     | TABLE        |
                +--------------+----------------+------------+--------------+"#]],
        );
    }

    #[test]
    fn tables_are_filtered_by_pattern_and_type() {
        check(
            Command::CommandGetTables(CommandGetTables {
                table_name_filter_pattern: Some("d%".to_owned()),
                table_types: vec!["TABLE".to_owned(), "SYSTEM TABLE".to_owned()],
                ..CommandGetTables::default()
            }),
            expect![[r#"
                +--------------+----------------+------------+------------+
                | catalog_name | db_schema_name | table_name | table_type |
                +--------------+----------------+------------+------------+
                | aviation     | flights        | departures | TABLE      |
                +--------------+----------------+------------+------------+"#]],
        );
        let wanted =
            CommandGetTables { catalog: Some(String::new()), include_schema: true, ..CommandGetTables::default() };
        let batch = answer(&Command::CommandGetTables(wanted), tables).unwrap();
        assert_eq!((batch.num_rows(), batch.num_columns()), (0, 5));
    }

    #[test]
    fn primary_keys_are_numbered_from_one() {
        check(
            Command::CommandGetPrimaryKeys(CommandGetPrimaryKeys {
                catalog: Some("weather".to_owned()),
                db_schema: None,
                table: "hourly".to_owned(),
            }),
            expect![[r#"
                +--------------+----------------+------------+-------------+----------+--------------+
                | catalog_name | db_schema_name | table_name | column_name | key_name | key_sequence |
                +--------------+----------------+------------+-------------+----------+--------------+
                | weather      | observations   | hourly     | origin      |          | 1            |
                | weather      | observations   | hourly     | time_hour   |          | 2            |
                +--------------+----------------+------------+-------------+----------+--------------+"#]],
        );
    }

    /// Of three tables, keys to `a.p.dates` and one to its own table.
    fn referring() -> Vec<TableEntry> {
        let key = |name: &str, columns: &[&str], target: &str| ForeignKey {
            name: name.to_owned(),
            columns: columns.iter().map(|&column| column.to_owned()).collect(),
            target: target.parse().unwrap(),
            target_columns: columns.iter().map(|column| format!("{column}_id")).collect(),
        };
        let (dates, own) = ("a.p.dates", "b.q.flights");
        let mut flights = entry("b.q.flights", "TABLE", &[]);
        flights.foreign_keys = vec![key("when", &["day", "hour"], dates), key("before", &["flight"], own)];
        let mut storms = entry("a.q.storms", "TABLE", &[]);
        storms.foreign_keys = vec![key("on", &["day"], dates)];
        vec![flights, entry("a.p.dates", "TABLE", &[]), storms]
    }

    #[track_caller]
    fn refers(command: Command, expected: &[&str]) {
        let batch = answer(&command, referring).unwrap();
        assert_eq!((batch.num_columns(), batch.schema()), (13, schema(&command).unwrap()));
        let shown = |row: usize| {
            let text = |column: usize| array_value_to_string(batch.column(column), row).unwrap();
            let name = |from: usize| (from..from + 4).map(text).collect::<Vec<_>>().join(".");
            format!("{} {} {} of {}", name(4), name(0), text(8), text(9))
        };
        assert_eq!((0..batch.num_rows()).map(shown).collect::<Vec<_>>(), expected);
    }

    #[test]
    fn foreign_keys_are_found_from_either_side() {
        let dates = [
            "a.q.storms.day a.p.dates.day_id 1 of on",
            "b.q.flights.day a.p.dates.day_id 1 of when",
            "b.q.flights.hour a.p.dates.hour_id 2 of when",
        ];
        let exported = |table: &str| {
            Command::CommandGetExportedKeys(CommandGetExportedKeys { table: table.to_owned(), ..Default::default() })
        };
        refers(exported("dates"), &dates);
        refers(exported("storms"), &[]);
        let imported = |catalog: Option<&str>, table: &str| {
            let (catalog, table) = (catalog.map(str::to_owned), table.to_owned());
            Command::CommandGetImportedKeys(CommandGetImportedKeys { catalog, table, ..Default::default() })
        };
        let own = "b.q.flights.flight b.q.flights.flight_id 1 of before";
        refers(imported(None, "flights"), &[dates[1], dates[2], own]);
        refers(imported(Some("a"), "flights"), &[]);
        let crossing = |fk_table: &str, pk_table: &str| {
            let (fk_table, pk_table) = (fk_table.to_owned(), pk_table.to_owned());
            let wanted = CommandGetCrossReference { fk_table, pk_table, ..Default::default() };
            Command::CommandGetCrossReference(wanted)
        };
        refers(crossing("flights", "dates"), &dates[1..]);
        refers(crossing("flights", "flights"), &[own]);
        refers(crossing("dates", "flights"), &[]);
    }

    #[test]
    fn table_types_and_the_servers_facts_need_no_tables() {
        for (command, rows) in [
            (Command::CommandGetTableTypes(CommandGetTableTypes {}), 3),
            (Command::CommandGetSqlInfo(CommandGetSqlInfo { info: vec![0, 3] }), 2),
            (Command::CommandGetXdbcTypeInfo(CommandGetXdbcTypeInfo { data_type: Some(-5) }), 1),
        ] {
            let batch = answer(&command, || panic!("no tables are needed")).unwrap();
            assert_eq!(batch.num_rows(), rows, "{}", command.type_url());
        }
    }

    #[test]
    fn what_is_no_metadata_is_refused() {
        let command = Command::CommandStatementQuery(CommandStatementQuery::default());
        assert_eq!(answer(&command, tables).unwrap_err().code(), tonic::Code::Unimplemented);
    }
}
