//! What a CSV file seems to hold: its columns, their types, a key, and what may be personal.

use std::collections::HashSet;
use std::fmt::Write as _;
use std::sync::Arc;

use arrow::csv::ReaderBuilder;
use arrow::csv::reader::Format;
use arrow::datatypes::{DataType, TimeUnit};
use arrow::util::display::{ArrayFormatter, FormatOptions};

/// Parts of names that personal data often have.
const PERSONAL: [&str; 14] = [
    "address",
    "birth",
    "city",
    "dob",
    "email",
    "first_name",
    "full_name",
    "ip_addr",
    "last_name",
    "passport",
    "phone",
    "postcode",
    "ssn",
    "street",
];

/// Why a file cannot be begun from.
#[derive(Debug, thiserror::Error)]
#[error("this is no CSV file with a header: {problem}")]
pub struct ScaffoldError {
    problem: String,
}

/// The columns that a file seems to have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Guess {
    columns: Vec<Column>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Column {
    name: String,
    logical: &'static str,
    physical: &'static str,
    is_key: bool,
    is_filled: bool,
    is_personal: bool,
}

impl Guess {
    /// Names of the columns that may be personal, in order.
    pub fn personal(&self) -> Vec<&str> {
        self.columns.iter().filter(|column| column.is_personal).map(|column| column.name.as_str()).collect()
    }

    /// How many columns there are.
    pub fn count(&self) -> usize {
        self.columns.len()
    }

    /// The column that tells rows apart, where one seems to.
    pub fn key(&self) -> Option<&str> {
        self.columns.iter().find(|column| column.is_key).map(|column| column.name.as_str())
    }

    /// The properties of a contract's schema.
    pub(super) fn to_properties(&self) -> String {
        let mut text = String::new();
        for column in &self.columns {
            let Column { name, logical, physical, .. } = column;
            let _ = write!(
                text,
                "      - name: {name}\n        description: What {name} says.\n        logicalType: {logical}\n        \
                 physicalType: {physical}\n"
            );
            if column.is_filled {
                text.push_str("        required: true\n");
            }
            if column.is_key {
                text.push_str("        unique: true\n        primaryKey: true # guessed: confirm it\n        primaryKeyPosition: 1\n");
            }
            text.push_str(match column.is_personal {
                true => "        classification: personal # guessed from its name: confirm it\n",
                false => "        classification: internal\n",
            });
        }
        text
    }
}

/// Guesses from all rows of a CSV file with a header.
///
/// # Errors
///
/// If it is none.
pub fn columns_of_csv(text: &str) -> Result<Guess, ScaffoldError> {
    let failed = |error: arrow::error::ArrowError| ScaffoldError { problem: error.to_string() };
    let format = Format::default().with_header(true);
    let (schema, _) = format.infer_schema(text.as_bytes(), None).map_err(failed)?;
    if schema.fields().is_empty() {
        return Err(ScaffoldError { problem: "it has no columns".to_owned() });
    }
    let schema = Arc::new(schema);
    let reader = ReaderBuilder::new(Arc::clone(&schema)).with_header(true).build(text.as_bytes()).map_err(failed)?;
    let count = schema.fields().len();
    let (mut filled, mut distinct, mut rows) = (vec![true; count], vec![HashSet::new(); count], 0);
    for batch in reader {
        let batch = batch.map_err(failed)?;
        rows += batch.num_rows();
        for ((column, filled), seen) in batch.columns().iter().zip(&mut filled).zip(&mut distinct) {
            *filled &= column.null_count() == 0;
            let options = FormatOptions::default();
            let values = ArrayFormatter::try_new(column.as_ref(), &options).map_err(failed)?;
            seen.extend((0..column.len()).map(|row| values.value(row).to_string()));
        }
    }
    let mut columns: Vec<Column> = Vec::new();
    for ((field, is_filled), seen) in schema.fields().iter().zip(filled).zip(distinct) {
        let (logical, physical) = types(field.data_type());
        let may_be_key = rows > 0 && is_filled && seen.len() == rows && matches!(logical, "integer" | "string");
        let is_key = may_be_key && columns.iter().all(|column| !column.is_key);
        let name = field.name().trim().to_owned();
        let lower = name.to_lowercase();
        let is_personal = PERSONAL.iter().any(|part| lower.contains(part));
        columns.push(Column { name, logical, physical, is_key, is_filled: is_filled && rows > 0, is_personal });
    }
    Ok(Guess { columns })
}

fn types(data_type: &DataType) -> (&'static str, &'static str) {
    match data_type {
        DataType::Boolean => ("boolean", "boolean"),
        DataType::Int64 => ("integer", "bigint"),
        DataType::Float64 => ("number", "double"),
        DataType::Date32 => ("date", "date"),
        DataType::Timestamp(
            TimeUnit::Second | TimeUnit::Millisecond | TimeUnit::Microsecond | TimeUnit::Nanosecond,
            _,
        ) => ("timestamp", "timestamp"),
        _ => ("string", "string"),
    }
}
