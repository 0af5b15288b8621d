//! Why a query gave no rows.

use datafusion::error::DataFusionError;
use weft_model::Code;

/// Why a query gave no rows. The message is for whoever asked; what the engine itself said is
/// logged under the query's id and never part of it.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum QueryError {
    #[error("line {line}, column {column}: {problem}")]
    Syntax { line: u64, column: u64, problem: String },

    /// Also the answer for a table that the principal may not know about.
    #[error("no table `{table}`")]
    UnknownTable { table: String },

    #[error("{problem}")]
    UnknownColumn { problem: String },

    #[error("you may not read `{table}`")]
    Denied { table: String },

    #[error("{what} is not allowed here: only queries are")]
    NotAQuery { what: String },

    #[error("the query cannot be planned: {problem}")]
    Invalid { problem: String },

    #[error("the query has {size} {unit}, and its limit is {limit}")]
    TooLarge { unit: &'static str, size: usize, limit: usize },

    #[error("the query took longer than {seconds} s")]
    Deadline { seconds: u64 },

    #[error("the query needs more memory than its limit of {limit_bytes} bytes")]
    OverMemory { limit_bytes: usize },

    #[error("the query was cancelled")]
    Cancelled,

    #[error("{problem}")]
    Parameters { problem: String },

    /// A value could not be computed. The text names no value.
    #[error("a value could not be computed: {problem}")]
    Failed { problem: String },

    /// The table is there and may be read, but storage did not give it.
    #[error("`{table}` cannot be read at the moment")]
    Storage { table: String },

    /// A bug of ours, refused rather than served.
    #[error("the query was refused by a safety check; the platform's log says more under its trace id")]
    Internal { invariant: String },
}

impl QueryError {
    /// The stable code.
    pub fn code(&self) -> Code {
        match self {
            QueryError::Syntax { .. } => Code::SQL_SYNTAX,
            QueryError::UnknownTable { .. } => Code::TABLE_UNKNOWN,
            QueryError::UnknownColumn { .. } => Code::COLUMN_UNKNOWN,
            QueryError::Denied { .. } => Code::ACCESS_DENIED,
            QueryError::NotAQuery { .. } => Code::STATEMENT_NOT_ALLOWED,
            QueryError::Invalid { .. } => Code::SQL_INVALID,
            QueryError::TooLarge { .. } => Code::QUERY_BOUNDS,
            QueryError::Deadline { .. } => Code::QUERY_DEADLINE,
            QueryError::OverMemory { .. } => Code::QUERY_MEMORY,
            QueryError::Cancelled => Code::QUERY_CANCELLED,
            QueryError::Parameters { .. } => Code::QUERY_PARAMETERS,
            QueryError::Failed { .. } => Code::QUERY_FAILED,
            QueryError::Storage { .. } => Code::STORE_UNAVAILABLE,
            QueryError::Internal { .. } => Code::INTERNAL,
        }
    }

    /// The error of a plan that could not be made. Planning sees names and types that the asker may
    /// see anyway, so DataFusion's words are passed on.
    pub(crate) fn from_planning(error: &DataFusionError) -> Self {
        if let Some(own) = QueryError::within(error) {
            return own;
        }
        match error.find_root() {
            DataFusionError::SchemaError(schema, _) => QueryError::UnknownColumn { problem: first_line(schema) },
            DataFusionError::SQL(sql, _) => QueryError::Invalid { problem: first_line(sql) },
            DataFusionError::Internal(text) => QueryError::Internal { invariant: text.clone() },
            other => QueryError::Invalid { problem: first_line(other.strip_backtrace()) },
        }
    }

    /// The error of a query that failed while it ran. Values may stand in the engine's text, so none
    /// of it is passed on.
    pub(crate) fn from_running(error: &DataFusionError, memory_bytes_max: usize) -> Self {
        if let Some(own) = QueryError::within(error) {
            return own;
        }
        match error.find_root() {
            DataFusionError::ResourcesExhausted(_) => QueryError::OverMemory { limit_bytes: memory_bytes_max },
            DataFusionError::ArrowError(arrow, _) => QueryError::Failed { problem: kind_of(arrow).to_owned() },
            DataFusionError::Execution(_) => QueryError::Failed { problem: "an expression failed".to_owned() },
            DataFusionError::ObjectStore(_) | DataFusionError::ParquetError(_) | DataFusionError::IoError(_) => {
                QueryError::Storage { table: "a table of the query".to_owned() }
            }
            other => QueryError::Internal { invariant: first_line(other.strip_backtrace()) },
        }
    }

    /// One of ours that travelled through DataFusion.
    fn within(error: &DataFusionError) -> Option<Self> {
        match error.find_root() {
            DataFusionError::External(inner) => inner.downcast_ref::<QueryError>().cloned(),
            DataFusionError::Shared(inner) => QueryError::within(inner),
            _ => None,
        }
    }
}

impl From<QueryError> for DataFusionError {
    fn from(error: QueryError) -> Self {
        DataFusionError::External(Box::new(error))
    }
}

/// What kind of computation failed, without a value in it.
fn kind_of(error: &arrow::error::ArrowError) -> &'static str {
    use arrow::error::ArrowError;
    match error {
        ArrowError::DivideByZero => "division by zero",
        ArrowError::ArithmeticOverflow(_) => "a number is too large for its type",
        ArrowError::CastError(_) => "a value does not fit the type it is cast to",
        ArrowError::ParseError(_) => "a text cannot be read as the type it is cast to",
        _ => "an expression failed",
    }
}

fn first_line(text: impl ToString) -> String {
    let text = text.to_string();
    text.lines().next().unwrap_or_default().trim_end_matches('.').to_owned()
}
