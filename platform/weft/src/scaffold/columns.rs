//! What a file or table seems to hold: its columns, a key, and what may be personal.

use std::collections::HashSet;
use std::fmt::Write as _;
use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::csv::ReaderBuilder;
use arrow::csv::reader::Format;
use arrow::datatypes::{DataType, Schema};
use arrow::error::ArrowError;
use arrow::util::display::{ArrayFormatter, FormatOptions};

use super::shape::{Shape, quoted};

/// Most rows that are looked at.
const ROWS_MAX: usize = 100_000;

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
#[non_exhaustive]
pub enum ScaffoldError {
    #[error("this is no CSV file with a header: {problem}")]
    Csv { problem: String },

    #[error("there are no columns in it")]
    NoColumns,

    #[error("its rows cannot be read: {problem}")]
    Rows { problem: String },
}

/// The columns that a file seems to have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Guess {
    columns: Vec<Column>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Column {
    name: String,
    shape: Shape,
    is_key: bool,
    is_required: bool,
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
            let name = &column.name;
            let _ = write!(
                text,
                "      - name: {}\n        description: {}\n",
                quoted(name),
                quoted(&format!("What {name} says."))
            );
            column.shape.write(8, &mut text);
            if column.is_required {
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

/// Rows that a guess is made from.
#[derive(Debug)]
pub struct Sample {
    schema: Arc<Schema>,
    rows: usize,
    filled: Vec<bool>,
    /// The values of each column that may be a key; `None` once one came twice.
    distinct: Vec<Option<HashSet<String>>>,
}

impl Sample {
    /// No rows yet, of these columns.
    pub fn of(schema: Arc<Schema>) -> Self {
        let distinct = schema.fields().iter().map(|field| may_be_key(field.data_type()).then(HashSet::new)).collect();
        Sample { rows: 0, filled: vec![true; schema.fields().len()], distinct, schema }
    }

    /// Whether more rows would not be looked at.
    pub fn is_enough(&self) -> bool {
        self.rows >= ROWS_MAX
    }

    /// Looks at some more rows.
    ///
    /// # Errors
    ///
    /// If values of them cannot be written as text.
    pub fn add(&mut self, batch: &RecordBatch) -> Result<(), ScaffoldError> {
        let failed = |error: ArrowError| ScaffoldError::Rows { problem: error.to_string() };
        self.rows += batch.num_rows();
        for ((column, filled), distinct) in batch.columns().iter().zip(&mut self.filled).zip(&mut self.distinct) {
            *filled &= column.null_count() == 0;
            let Some(seen) = distinct.as_mut().filter(|_| *filled) else {
                *distinct = None;
                continue;
            };
            let options = FormatOptions::default();
            let values = ArrayFormatter::try_new(column.as_ref(), &options).map_err(failed)?;
            if !(0..column.len()).all(|row| seen.insert(values.value(row).to_string())) {
                *distinct = None;
            }
        }
        Ok(())
    }

    /// What the rows seem to be, of a file that says itself what its columns hold.
    ///
    /// # Errors
    ///
    /// If there are no columns.
    pub fn guess(&self) -> Result<Guess, ScaffoldError> {
        self.guess_where(|field, _| field.is_nullable())
    }

    fn guess_where(
        &self,
        may_be_null: impl Fn(&arrow::datatypes::Field, bool) -> bool,
    ) -> Result<Guess, ScaffoldError> {
        if self.schema.fields().is_empty() {
            return Err(ScaffoldError::NoColumns);
        }
        let mut columns: Vec<Column> = Vec::new();
        for ((field, filled), distinct) in self.schema.fields().iter().zip(&self.filled).zip(&self.distinct) {
            let tells_apart = self.rows > 0 && *filled && distinct.is_some();
            let is_key = tells_apart && columns.iter().all(|column| !column.is_key);
            let name = field.name().trim().to_owned();
            let lower = name.to_lowercase();
            let is_personal = PERSONAL.iter().any(|part| lower.contains(part));
            let is_required = is_key || !may_be_null(field, *filled && self.rows > 0);
            columns.push(Column { name, shape: Shape::of(field.data_type()), is_key, is_required, is_personal });
        }
        Ok(Guess { columns })
    }
}

/// Guesses from the rows of a CSV file with a header.
///
/// # Errors
///
/// If it is none.
pub fn columns_of_csv(text: &str) -> Result<Guess, ScaffoldError> {
    let failed = |error: ArrowError| ScaffoldError::Csv { problem: error.to_string() };
    let format = Format::default().with_header(true);
    let (schema, _) = format.infer_schema(text.as_bytes(), None).map_err(failed)?;
    let schema = Arc::new(schema);
    let reader = ReaderBuilder::new(Arc::clone(&schema)).with_header(true).build(text.as_bytes()).map_err(failed)?;
    let mut sample = Sample::of(schema);
    for batch in reader {
        sample.add(&batch.map_err(failed)?)?;
    }
    // The file does not say what may be missing; its rows do.
    sample.guess_where(|_, is_filled| !is_filled)
}

fn may_be_key(data_type: &DataType) -> bool {
    data_type.is_integer() || matches!(data_type, DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View)
}
