//! Why a query gave no rows.

use datafusion::error::DataFusionError;
use weft_model::Code;

use crate::Redacted;

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

    /// A service may read the table on terms only, and what it makes must stand for the whole.
    #[error(
        "`{table}` may be read on terms only (row filters, masks or hidden columns), and what is made of it is \
         read by others; exempt the service from them, by `unmask` and `see_all_rows`"
    )]
    Restricted { table: String },

    /// What was decided must be on record before restricted data is shown, and cannot be recorded.
    #[error("restricted data stays closed: the record of decisions cannot be written at the moment")]
    Unrecorded,

    /// A function that is not on the list of those on offer.
    #[error("no function `{function}` is on offer{hint}")]
    FunctionNotAllowed { function: String, hint: String },

    /// The principal has as many queries under way as it may.
    #[error("you have {limit} queries under way, which is as many as one may have; ask again when one of them ended")]
    TooManyQueries { limit: usize },

    /// A value, a series or an answer would be larger than what is computed here.
    #[error("{what} would be larger than the limit of {limit} {unit}")]
    ResultBounds { what: String, unit: &'static str, limit: u64 },

    /// The process was short of memory, and this query was the newest.
    #[error("the platform is short of memory and ended the newest query, which is this one; ask again a little later")]
    Shed,

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
            QueryError::Restricted { .. } => Code::SERVICE_RESTRICTED,
            QueryError::Unrecorded => Code::AUDIT_UNAVAILABLE,
            QueryError::FunctionNotAllowed { .. } => Code::FUNCTION_NOT_ALLOWED,
            QueryError::TooManyQueries { .. } => Code::QUERY_TOO_MANY,
            QueryError::ResultBounds { .. } => Code::RESULT_BOUNDS,
            QueryError::Shed => Code::QUERY_MEMORY,
            QueryError::Internal { .. } => Code::INTERNAL,
        }
    }

    /// Whether the platform failed whoever asked: not what was asked, by whom, nor a limit on it was in the way. For the
    /// service levels of the ports that the query reads.
    pub(crate) fn is_of_platform(&self) -> bool {
        matches!(
            self,
            QueryError::Storage { .. } | QueryError::Unrecorded | QueryError::Shed | QueryError::Internal { .. }
        )
    }

    /// The error of a plan that could not be made.
    ///
    /// What DataFusion says about names and types may be passed on, since the asker may see these
    /// anyway. What it says about values, storage or itself goes to the log.
    pub(crate) fn from_planning(error: &DataFusionError) -> Self {
        if let Some(own) = QueryError::within(error) {
            return own;
        }
        match error.find_root() {
            DataFusionError::SchemaError(schema, _) => QueryError::UnknownColumn { problem: first_line(schema) },
            DataFusionError::SQL(sql, _) => QueryError::Invalid { problem: first_line(sql) },
            DataFusionError::Plan(text) | DataFusionError::NotImplemented(text) => {
                QueryError::Invalid { problem: first_line(text) }
            }
            DataFusionError::Internal(text) => QueryError::Internal { invariant: text.clone() },
            DataFusionError::ArrowError(arrow, _) => {
                tracing::info!(error = %Redacted(error), "a constant of a query cannot be computed");
                QueryError::Invalid { problem: format!("a constant cannot be computed: {}", kind_of(arrow)) }
            }
            DataFusionError::Execution(_) => {
                tracing::info!(error = %Redacted(error), "a constant of a query cannot be computed");
                QueryError::Invalid { problem: "a constant cannot be computed".to_owned() }
            }
            DataFusionError::ObjectStore(_)
            | DataFusionError::ParquetError(_)
            | DataFusionError::IoError(_)
            | DataFusionError::External(_) => {
                tracing::error!(error = %Redacted(error), "storage failed while a query was planned");
                QueryError::Storage { table: "a table of the query".to_owned() }
            }
            other => {
                tracing::error!(error = %Redacted(other), "a query cannot be planned");
                QueryError::Invalid { problem: "it uses what this engine does not know".to_owned() }
            }
        }
    }

    /// The error of a query that failed while it ran. Values may stand in the engine's text, so none
    /// of it is passed on.
    pub(crate) fn from_running(error: &DataFusionError, memory_bytes_max: usize) -> Self {
        if let Some(own) = QueryError::within(error) {
            return own;
        }
        match error.find_root() {
            _ if weft_storage::is_unanswered(error) => QueryError::Storage { table: "a table of the query".to_owned() },
            DataFusionError::ResourcesExhausted(_) => QueryError::OverMemory { limit_bytes: memory_bytes_max },
            DataFusionError::ArrowError(arrow, _) => QueryError::Failed { problem: kind_of(arrow).to_owned() },
            DataFusionError::Execution(_) => QueryError::Failed { problem: "an expression failed".to_owned() },
            DataFusionError::ObjectStore(_) | DataFusionError::ParquetError(_) | DataFusionError::IoError(_) => {
                QueryError::Storage { table: "a table of the query".to_owned() }
            }
            other => QueryError::Internal { invariant: first_line(other.strip_backtrace()) },
        }
    }

    /// The same error without its kind where that would tell which of several failing rows came first,
    /// which may be a matter of hidden ones between them.
    pub(crate) fn of_any_row(self) -> Self {
        match self {
            QueryError::Failed { .. } => QueryError::Failed { problem: "an expression failed".to_owned() },
            other => other,
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
    text.lines().next().unwrap_or_default().trim_end_matches('.').replace(".. ", ". ")
}

#[cfg(test)]
mod tests {
    use arrow::error::ArrowError;

    use super::*;

    #[test]
    fn the_platform_answers_for_its_own_trouble_and_for_no_askers() {
        let text = String::new;
        let own = [
            QueryError::Storage { table: text() },
            QueryError::Unrecorded,
            QueryError::Shed,
            QueryError::Internal { invariant: text() },
        ];
        assert!(own.iter().all(QueryError::is_of_platform));
        let of_askers = [
            QueryError::Syntax { line: 1, column: 1, problem: text() },
            QueryError::UnknownTable { table: text() },
            QueryError::UnknownColumn { problem: text() },
            QueryError::Denied { table: text() },
            QueryError::NotAQuery { what: text() },
            QueryError::Invalid { problem: text() },
            QueryError::TooLarge { unit: "bytes", size: 2, limit: 1 },
            QueryError::Deadline { seconds: 1 },
            QueryError::OverMemory { limit_bytes: 1 },
            QueryError::Cancelled,
            QueryError::Parameters { problem: text() },
            QueryError::Failed { problem: text() },
            QueryError::Restricted { table: text() },
            QueryError::FunctionNotAllowed { function: text(), hint: text() },
            QueryError::TooManyQueries { limit: 1 },
            QueryError::ResultBounds { what: text(), unit: "bytes", limit: 1 },
        ];
        assert!(!of_askers.iter().any(QueryError::is_of_platform));
    }

    #[test]
    fn a_value_in_the_engines_words_never_reaches_the_asker() {
        let secret = || "Cannot cast string 'SECRET' to value of Int64 type".to_owned();
        let errors = || {
            [
                DataFusionError::from(ArrowError::CastError(secret())),
                DataFusionError::from(ArrowError::ParseError(secret())),
                DataFusionError::from(ArrowError::ComputeError(secret())),
                DataFusionError::from(ArrowError::InvalidArgumentError(secret())),
                DataFusionError::from(ArrowError::DivideByZero),
                DataFusionError::Execution(secret()),
                DataFusionError::External(secret().into()),
                DataFusionError::IoError(std::io::Error::other(secret())),
                DataFusionError::Internal(secret()),
                DataFusionError::ResourcesExhausted(secret()),
                DataFusionError::Configuration(secret()),
            ]
        };
        for error in errors().into_iter().chain(errors().map(|e| e.context("SECRET"))) {
            for shown in [QueryError::from_planning(&error), QueryError::from_running(&error, 1)] {
                assert!(!shown.to_string().contains("SECRET"), "{error:?} became {shown}");
            }
        }
    }

    #[test]
    fn our_own_error_comes_back_whole_however_deep_it_travelled() {
        let own = || QueryError::ResultBounds { what: "a value".to_owned(), unit: "bytes", limit: 1 };
        let wrapped = DataFusionError::from(own()).context("while folding");
        let through_arrow = DataFusionError::from(ArrowError::ExternalError(Box::new(DataFusionError::from(own()))));
        let shared = DataFusionError::Shared(std::sync::Arc::new(own().into()));
        for error in [wrapped, through_arrow, shared] {
            assert!(matches!(QueryError::from_planning(&error), QueryError::ResultBounds { .. }), "{error:?}");
            assert!(matches!(QueryError::from_running(&error, 1), QueryError::ResultBounds { .. }), "{error:?}");
        }
    }
}
