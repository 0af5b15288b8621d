//! What clients ask of the server itself: abilities, limits, words, types.

use arrow::record_batch::RecordBatch;
use arrow_flight::error::FlightError;
use arrow_flight::sql::metadata::{SqlInfoDataBuilder, XdbcTypeInfo, XdbcTypeInfoDataBuilder};
use arrow_flight::sql::{
    Nullable, Searchable, SqlInfo, SqlNullOrdering, SqlSupportedCaseSensitivity, SqlSupportedTransaction, XdbcDataType,
};

/// The facts with these numbers, or all of them. Unknown numbers are left out.
pub(crate) fn sql_info(wanted: &[u32]) -> Result<RecordBatch, FlightError> {
    let mut facts = SqlInfoDataBuilder::new();
    abilities(&mut facts);
    grammar(&mut facts);
    words_and_limits(&mut facts);
    facts.build()?.record_batch(wanted.iter().copied())
}

/// The SQL types there are, or those of one XDBC number.
pub(crate) fn types(data_type: Option<i32>) -> Result<RecordBatch, FlightError> {
    let mut types = XdbcTypeInfoDataBuilder::new();
    for (name, data_type, size, literal) in TYPES {
        let numeric = NUMERIC.contains(&data_type);
        let quote = |end: &str| match literal {
            Literal::Bare => None,
            Literal::Quoted => Some("'".to_owned()),
            Literal::Typed if end == "prefix" => Some(format!("{name} '")),
            Literal::Typed => Some("'".to_owned()),
        };
        types.append(XdbcTypeInfo {
            type_name: name.to_owned(),
            data_type,
            column_size: Some(size),
            literal_prefix: quote("prefix"),
            literal_suffix: quote("suffix"),
            create_params: (data_type == XdbcDataType::XdbcDecimal)
                .then(|| vec!["precision".to_owned(), "scale".to_owned()]),
            nullable: Nullable::NullabilityNullable,
            case_sensitive: data_type == XdbcDataType::XdbcVarchar,
            searchable: Searchable::Full,
            unsigned_attribute: numeric.then_some(false),
            fixed_prec_scale: false,
            auto_increment: numeric.then_some(false),
            local_type_name: Some(name.to_owned()),
            minimum_scale: (data_type == XdbcDataType::XdbcDecimal).then_some(0),
            maximum_scale: (data_type == XdbcDataType::XdbcDecimal).then_some(38),
            sql_data_type: data_type,
            datetime_subcode: None,
            num_prec_radix: numeric.then_some(10),
            interval_precision: None,
        });
    }
    types.build()?.record_batch(data_type)
}

/// What the server does and does not do.
fn abilities(facts: &mut SqlInfoDataBuilder) {
    facts.append(SqlInfo::FlightSqlServerName, "weft");
    facts.append(SqlInfo::FlightSqlServerVersion, env!("CARGO_PKG_VERSION"));
    facts.append(SqlInfo::FlightSqlServerArrowVersion, arrow::ARROW_VERSION);
    facts.append(SqlInfo::FlightSqlServerReadOnly, true);
    facts.append(SqlInfo::FlightSqlServerSql, true);
    facts.append(SqlInfo::FlightSqlServerSubstrait, false);
    facts.append(SqlInfo::FlightSqlServerTransaction, SqlSupportedTransaction::None as i32);
    facts.append(SqlInfo::FlightSqlServerCancel, true);
    facts.append(SqlInfo::FlightSqlServerBulkIngestion, false);
    facts.append(SqlInfo::FlightSqlServerStatementTimeout, 0_i32);
    facts.append(SqlInfo::FlightSqlServerTransactionTimeout, 0_i32);
    facts.append(SqlInfo::SqlDdlCatalog, false);
    facts.append(SqlInfo::SqlDdlSchema, false);
    facts.append(SqlInfo::SqlDdlTable, false);
    facts.append(SqlInfo::SqlSchemasSupportedActions, 0_i32);
    facts.append(SqlInfo::SqlCatalogsSupportedActions, 0_i32);
    facts.append(SqlInfo::SqlSupportedPositionedCommands, 0_i32);
    facts.append(SqlInfo::SqlSelectForUpdateSupported, false);
    facts.append(SqlInfo::SqlStoredProceduresSupported, false);
    facts.append(SqlInfo::SqlDefaultTransactionIsolation, 0_i64);
    facts.append(SqlInfo::SqlTransactionsSupported, false);
    // Forward only.
    facts.append(SqlInfo::SqlSupportedResultSetTypes, 0b10_i32);
    facts.append(SqlInfo::SqlBatchUpdatesSupported, false);
    facts.append(SqlInfo::SqlSavepointsSupported, false);
    facts.append(SqlInfo::SqlNamedParametersSupported, false);
    facts.append(SqlInfo::SqlLocatorsUpdateCopy, false);
}

/// What its SQL can say.
fn grammar(facts: &mut SqlInfoDataBuilder) {
    let case = |case: SqlSupportedCaseSensitivity| i64::from(case as i32);
    facts.append(SqlInfo::SqlIdentifierCase, case(SqlSupportedCaseSensitivity::SqlCaseSensitivityLowercase));
    facts.append(SqlInfo::SqlIdentifierQuoteChar, "\"");
    facts
        .append(SqlInfo::SqlQuotedIdentifierCase, case(SqlSupportedCaseSensitivity::SqlCaseSensitivityCaseInsensitive));
    facts.append(SqlInfo::SqlAllTablesAreSelectable, false);
    facts.append(SqlInfo::SqlNullOrdering, i64::from(SqlNullOrdering::SqlNullsSortedHigh as i32));
    facts.append(SqlInfo::SqlSupportsColumnAliasing, true);
    facts.append(SqlInfo::SqlNullPlusNullIsNull, true);
    facts.append(SqlInfo::SqlSupportsOrderByUnrelated, true);
    // Any columns, and those beyond the select list: bits 0 and 1.
    facts.append(SqlInfo::SqlSupportedGroupBy, 0b11_i32);
    facts.append(SqlInfo::SqlSupportsLikeEscapeClause, true);
    facts.append(SqlInfo::SqlSupportsNonNullableColumns, true);
    // Minimum and core grammar.
    facts.append(SqlInfo::SqlSupportedGrammar, 0b11_i32);
    // Entry level.
    facts.append(SqlInfo::SqlAnsi92SupportedLevel, 0b1_i32);
    // Limited and full outer joins.
    facts.append(SqlInfo::SqlOuterJoinsSupportLevel, 0b110_i32);
    // In comparisons, EXISTS and IN.
    facts.append(SqlInfo::SqlSupportedSubqueries, 0b111_i32);
    facts.append(SqlInfo::SqlCorrelatedSubqueriesSupported, true);
    // UNION and UNION ALL.
    facts.append(SqlInfo::SqlSupportedUnions, 0b11_i32);
}

/// What things are called and how long names may be.
fn words_and_limits(facts: &mut SqlInfoDataBuilder) {
    let none: &[&str] = &[];
    facts.append(SqlInfo::SqlKeywords, none);
    facts.append(SqlInfo::SqlNumericFunctions, none);
    facts.append(SqlInfo::SqlStringFunctions, none);
    facts.append(SqlInfo::SqlSystemFunctions, none);
    facts.append(SqlInfo::SqlDatetimeFunctions, none);
    facts.append(SqlInfo::SqlSearchStringEscape, "\\");
    facts.append(SqlInfo::SqlExtraNameCharacters, "");
    facts.append(SqlInfo::SqlSchemaTerm, "product");
    facts.append(SqlInfo::SqlProcedureTerm, "");
    facts.append(SqlInfo::SqlCatalogTerm, "domain");
    facts.append(SqlInfo::SqlCatalogAtStart, true);
    facts.append(SqlInfo::SqlMaxColumnNameLength, 0_i64);
    facts.append(SqlInfo::SqlDbSchemaNameLength, 63_i64);
    facts.append(SqlInfo::SqlMaxCatalogNameLength, 63_i64);
    facts.append(SqlInfo::SqlMaxTableNameLength, 63_i64);
    facts.append(SqlInfo::SqlMaxStatementLength, 256 * 1024_i64);
}

#[derive(Clone, Copy)]
enum Literal {
    Bare,
    Quoted,
    /// The type's name stands before the quotes.
    Typed,
}

const NUMERIC: [XdbcDataType; 7] = [
    XdbcDataType::XdbcTinyint,
    XdbcDataType::XdbcSmallint,
    XdbcDataType::XdbcInteger,
    XdbcDataType::XdbcBigint,
    XdbcDataType::XdbcReal,
    XdbcDataType::XdbcDouble,
    XdbcDataType::XdbcDecimal,
];

/// Name, number, size in digits or characters, and how a literal is written.
const TYPES: [(&str, XdbcDataType, i32, Literal); 13] = [
    ("BOOLEAN", XdbcDataType::XdbcBit, 1, Literal::Bare),
    ("TINYINT", XdbcDataType::XdbcTinyint, 3, Literal::Bare),
    ("SMALLINT", XdbcDataType::XdbcSmallint, 5, Literal::Bare),
    ("INTEGER", XdbcDataType::XdbcInteger, 10, Literal::Bare),
    ("BIGINT", XdbcDataType::XdbcBigint, 19, Literal::Bare),
    ("REAL", XdbcDataType::XdbcReal, 7, Literal::Bare),
    ("DOUBLE", XdbcDataType::XdbcDouble, 15, Literal::Bare),
    ("DECIMAL", XdbcDataType::XdbcDecimal, 38, Literal::Bare),
    ("VARCHAR", XdbcDataType::XdbcVarchar, i32::MAX, Literal::Quoted),
    ("BYTEA", XdbcDataType::XdbcVarbinary, i32::MAX, Literal::Quoted),
    ("DATE", XdbcDataType::XdbcDate, 10, Literal::Typed),
    ("TIME", XdbcDataType::XdbcTime, 15, Literal::Typed),
    ("TIMESTAMP", XdbcDataType::XdbcTimestamp, 26, Literal::Typed),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_fact_can_be_asked_for_alone_and_all_together() {
        assert!(sql_info(&[]).unwrap().num_rows() > 50);
        assert_eq!(sql_info(&[SqlInfo::FlightSqlServerReadOnly as u32]).unwrap().num_rows(), 1);
        assert_eq!(sql_info(&[9_999_999]).unwrap().num_rows(), 0);
    }

    #[test]
    fn every_type_is_listed() {
        assert_eq!(types(None).unwrap().num_rows(), TYPES.len());
        assert_eq!(types(Some(12_345)).unwrap().num_rows(), 0);
    }
}
