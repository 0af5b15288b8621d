//! SHOW, DESCRIBE and `information_schema`: questions about tables become queries over the
//! platform's own tables, which hold what the asker may discover and nothing else.

use std::ops::ControlFlow;

use sqlparser::ast::{
    Ident, ObjectName, ObjectNamePart, ShowStatementFilter, ShowStatementFilterPosition, ShowStatementOptions,
    Statement, VisitMut, visit_relations_mut,
};

use crate::QueryError;

/// A query that answers what a statement asks, and the table it asks about.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Instead {
    pub(crate) sql: String,
    /// Must be one that the asker may read.
    pub(crate) table: Option<String>,
}

/// The query in the place of a SHOW or DESCRIBE. `None` for any other statement.
///
/// # Errors
///
/// [`QueryError::NotAQuery`] for those forms that are not on offer.
pub(crate) fn instead_of(statement: &Statement) -> Result<Option<Instead>, QueryError> {
    let instead = match statement {
        Statement::ShowTables { terse: false, history: false, external: false, extended: _, full: _, show_options } => {
            let columns = "table_catalog, table_schema, table_name, table_type";
            listing(show_options, "tables", columns, Some(["table_catalog", "table_schema"]), "table_name")?
        }
        Statement::ShowSchemas { terse: false, history: false, show_options } => {
            let within = Some(["catalog_name", "catalog_name"]);
            listing(show_options, "schemata", "catalog_name, schema_name", within, "schema_name")?
        }
        Statement::ShowDatabases { terse: false, history: false, show_options }
        | Statement::ShowCatalogs { terse: false, history: false, show_options } => {
            listing(show_options, "schemata", "distinct catalog_name", None, "catalog_name")?
        }
        Statement::ShowColumns { extended: _, full: _, show_options } => {
            let table = show_options.show_in.as_ref().and_then(|within| within.parent_name.as_ref());
            columns_of(table.ok_or_else(|| refused("SHOW COLUMNS without a table"))?, show_options)?
        }
        Statement::ExplainTable { table_name, hive_format: None, .. } => columns_of(table_name, &NO_OPTIONS)?,
        _ => return Ok(None),
    };
    Ok(Some(instead))
}

/// Gives each `information_schema.…` its place among the platform's own tables, whatever catalog it
/// is asked of: there is one for all.
pub(crate) fn resolve_information_schema<V: VisitMut>(statement: &mut V) {
    let _: ControlFlow<()> = visit_relations_mut(statement, |name: &mut ObjectName| {
        let parts: Vec<&Ident> = name.0.iter().filter_map(ObjectNamePart::as_ident).collect();
        if let [schema, table] | [_, schema, table] = parts.as_slice()
            && parts.len() == name.0.len()
            && schema.value.eq_ignore_ascii_case("information_schema")
        {
            let own = ["system".to_owned(), "information_schema".to_owned(), table.value.to_ascii_lowercase()];
            name.0 = own.into_iter().map(|part| ObjectNamePart::Identifier(Ident::new(part))).collect();
        }
        ControlFlow::Continue(())
    });
}

const NO_OPTIONS: ShowStatementOptions =
    ShowStatementOptions { show_in: None, starts_with: None, limit: None, limit_from: None, filter_position: None };

/// `columns` of `information_schema.table`, narrowed as the statement says. FROM names a domain, a
/// product, or both with a point between.
fn listing(
    options: &ShowStatementOptions,
    table: &str,
    columns: &str,
    within: Option<[&str; 2]>,
    name: &str,
) -> Result<Instead, QueryError> {
    let mut conditions = filter(options, name)?;
    if let Some(parent) = options.show_in.as_ref().and_then(|within| within.parent_name.as_ref()) {
        let [domain, product] = within.ok_or_else(|| refused("SHOW … FROM here"))?;
        match parts(parent).as_slice() {
            [one] => conditions.push(format!("({domain} = {one} or {product} = {one})")),
            [first, second] => conditions.push(format!("{domain} = {first} and {product} = {second}")),
            _ => return Err(refused("SHOW … FROM a name of more than two parts")),
        }
    }
    let order = columns.trim_start_matches("distinct ").trim_end_matches(", table_type");
    Ok(Instead { sql: query(columns, table, &conditions, order), table: None })
}

fn columns_of(table: &ObjectName, options: &ShowStatementOptions) -> Result<Instead, QueryError> {
    let parts = parts(table);
    let name = table.0.iter().map(plain).collect::<Vec<_>>().join(".");
    let [domain, product, port] = parts.as_slice() else {
        return Err(QueryError::UnknownTable { table: name });
    };
    let mut conditions = filter(options, "column_name")?;
    conditions.push(format!("table_catalog = {domain} and table_schema = {product} and table_name = {port}"));
    let columns = "column_name, data_type, is_nullable";
    Ok(Instead { sql: query(columns, "columns", &conditions, "ordinal_position"), table: Some(name) })
}

fn query(columns: &str, table: &str, conditions: &[String], order: &str) -> String {
    let condition = if conditions.is_empty() { String::new() } else { format!(" where {}", conditions.join(" and ")) };
    format!("select {columns} from system.information_schema.{table}{condition} order by {order}")
}

fn filter(options: &ShowStatementOptions, name: &str) -> Result<Vec<String>, QueryError> {
    if options.starts_with.is_some() || options.limit.is_some() || options.limit_from.is_some() {
        return Err(refused("SHOW with STARTS WITH or LIMIT"));
    }
    Ok(match &options.filter_position {
        None => Vec::new(),
        Some(ShowStatementFilterPosition::Infix(filter) | ShowStatementFilterPosition::Suffix(filter)) => {
            vec![match filter {
                ShowStatementFilter::Like(pattern) => format!("{name} like {}", quoted(pattern)),
                ShowStatementFilter::ILike(pattern) => format!("{name} ilike {}", quoted(pattern)),
                ShowStatementFilter::NoKeyword(pattern) => format!("{name} = {}", quoted(pattern)),
                ShowStatementFilter::Where(condition) => format!("({condition})"),
            }]
        }
    })
}

/// The parts of a name as texts in SQL.
fn parts(name: &ObjectName) -> Vec<String> {
    name.0.iter().map(|part| quoted(&plain(part))).collect()
}

fn plain(part: &ObjectNamePart) -> String {
    part.as_ident().map_or_else(|| part.to_string(), |ident| ident.value.to_ascii_lowercase())
}

fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

fn refused(what: &str) -> QueryError {
    QueryError::NotAQuery { what: what.to_owned() }
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};
    use sqlparser::dialect::GenericDialect;
    use sqlparser::parser::Parser;

    use super::*;

    fn parse(sql: &str) -> Statement {
        Parser::parse_sql(&GenericDialect {}, sql).unwrap().remove(0)
    }

    #[track_caller]
    fn check(sql: &str, expected: Expect) {
        let instead = match instead_of(&parse(sql)) {
            Ok(Some(Instead { sql, table: None })) => sql,
            Ok(Some(Instead { sql, table: Some(table) })) => format!("{sql}; about {table}"),
            Ok(None) => "as it is".to_owned(),
            Err(error) => error.to_string(),
        };
        expected.assert_eq(&instead);
    }

    #[test]
    fn questions_about_tables_become_queries() {
        check(
            "show tables",
            expect![
                "select table_catalog, table_schema, table_name, table_type from system.information_schema.tables order by table_catalog, table_schema, table_name"
            ],
        );
        check(
            "show tables from flights.delays like 'd%'",
            expect![
                "select table_catalog, table_schema, table_name, table_type from system.information_schema.tables where table_name like 'd%' and table_catalog = 'flights' and table_schema = 'delays' order by table_catalog, table_schema, table_name"
            ],
        );
        check(
            "show tables in flights",
            expect![
                "select table_catalog, table_schema, table_name, table_type from system.information_schema.tables where (table_catalog = 'flights' or table_schema = 'flights') order by table_catalog, table_schema, table_name"
            ],
        );
        check(
            "show schemas",
            expect![
                "select catalog_name, schema_name from system.information_schema.schemata order by catalog_name, schema_name"
            ],
        );
        check(
            "show databases",
            expect!["select distinct catalog_name from system.information_schema.schemata order by catalog_name"],
        );
        check(
            "show columns from a.b.c",
            expect![
                "select column_name, data_type, is_nullable from system.information_schema.columns where table_catalog = 'a' and table_schema = 'b' and table_name = 'c' order by ordinal_position; about a.b.c"
            ],
        );
        check(
            "describe a.B.c",
            expect![
                "select column_name, data_type, is_nullable from system.information_schema.columns where table_catalog = 'a' and table_schema = 'b' and table_name = 'c' order by ordinal_position; about a.b.c"
            ],
        );
        check("describe t", expect!["no table `t`"]);
        check("show all", expect!["as it is"]);
        check("show create table a.b.c", expect!["as it is"]);
        check("show functions", expect!["as it is"]);
    }

    #[test]
    fn a_quote_in_a_pattern_or_a_name_stays_in_it() {
        check(
            "show tables like 'a'' or 1 = 1 --'",
            expect![
                "select table_catalog, table_schema, table_name, table_type from system.information_schema.tables where table_name like 'a'' or 1 = 1 --' order by table_catalog, table_schema, table_name"
            ],
        );
        check(
            "show tables from \"a' or 1 = 1 --\"",
            expect![
                "select table_catalog, table_schema, table_name, table_type from system.information_schema.tables where (table_catalog = 'a'' or 1 = 1 --' or table_schema = 'a'' or 1 = 1 --') order by table_catalog, table_schema, table_name"
            ],
        );
    }

    #[test]
    fn there_is_one_information_schema_for_all() {
        for name in
            ["information_schema.tables", "flights.INFORMATION_SCHEMA.Tables", "system.information_schema.tables"]
        {
            let mut statement = parse(&format!("select 1 from {name} join t on exists (select 1 from {name})"));
            resolve_information_schema(&mut statement);
            let own = "system.information_schema.tables";
            let expected = format!("SELECT 1 FROM {own} JOIN t ON EXISTS (SELECT 1 FROM {own})");
            assert_eq!(statement.to_string(), expected);
        }
    }
}
