//! What can go wrong with stores and tables.

use object_store::ObjectStore;
use object_store::path::Path;
use weft_model::Code;

use crate::fault::fault;
use crate::gate::{Finding, Unjudged};
use crate::is_unanswered;

/// Why storage did not do what was asked. Texts may hold URLs and paths: they are for operators
/// and logs, not for people who query.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StorageError {
    #[error("`{url}` is not the URL of an object store: {problem}; use file://, s3://, gs://, az:// or memory://")]
    Url { url: String, problem: String },

    /// Two racing creates of one object both succeeded.
    #[error(
        "the store at `{url}` lets a second writer overwrite an object that must be new (it ignores put-if-absent); \
         writing is refused: use a store with conditional puts"
    )]
    PutIfAbsentIgnored { url: String },

    #[error("the store at `{url}` cannot be used: {source}")]
    Store {
        url: String,
        #[source]
        source: object_store::Error,
    },

    #[error("table `{location}`: {}", in_a_line(.source))]
    Table {
        location: String,
        #[source]
        source: Box<deltalake::DeltaTableError>,
    },

    /// A table whose log is damaged, at a place that was found.
    #[error("table `{location}`: {problem} ({})", in_a_line(.source))]
    Log {
        location: String,
        problem: String,
        #[source]
        source: Box<deltalake::DeltaTableError>,
    },

    #[error("table `{location}` uses {feature}, which is not supported here")]
    Feature { location: String, feature: String },

    /// A table that somebody else wrote, which cannot be read right.
    #[error("table `{location}`: {problem}")]
    Foreign { location: String, problem: String },

    #[error("table `{location}` was changed by another writer; nothing was written")]
    Conflict { location: String },

    /// Another controller took the warehouse over.
    #[error(
        "the warehouse at `{url}` was taken over by another controller, which started after this one (its fencing \
         token is newer than {token}); this one writes nothing any more"
    )]
    Fenced { url: String, token: u64 },

    /// Only an empty warehouse is filled from a copy.
    #[error("the warehouse at `{url}` holds something already")]
    NotEmpty { url: String },

    /// The gate's judge found that the contract would not hold. Never empty.
    #[error("{}", summary(.findings))]
    Refused { findings: Vec<Finding> },

    /// The gate's judge could not find out whether the contract holds.
    #[error(transparent)]
    Unjudged(#[from] Unjudged),

    /// The rows to be written could not be produced.
    #[error("{source}")]
    Rows {
        #[source]
        source: Box<datafusion::error::DataFusionError>,
    },

    #[error("object `{path}` is not what the platform wrote there: {problem}")]
    Corrupt { path: String, problem: String },
}

/// What a library says of a table, without the places in its sources and the values of its own that may follow.
fn in_a_line(error: &deltalake::DeltaTableError) -> String {
    const CHARACTERS_MAX: usize = 300;
    let text = error.to_string();
    let line = text.lines().next().unwrap_or_default();
    let line = line.split_once(" ParsedLogPath {").map_or(line, |(before, _)| before);
    match line.char_indices().nth(CHARACTERS_MAX) {
        Some((end, _)) => format!("{}…", line.get(..end).unwrap_or_default()),
        None => line.to_owned(),
    }
}

fn summary(findings: &[Finding]) -> String {
    let texts: Vec<&str> = findings.iter().map(|finding| finding.message.as_str()).collect();
    texts.join("; ")
}

impl StorageError {
    /// The stable code.
    pub fn code(&self) -> Code {
        match self {
            StorageError::Url { .. } => Code::STORE_URL,
            StorageError::PutIfAbsentIgnored { .. } => Code::STORE_NOT_SAFE,
            StorageError::Conflict { .. } | StorageError::NotEmpty { .. } => Code::STORE_CONFLICT,
            StorageError::Fenced { .. } => Code::STORE_FENCED,
            StorageError::Refused { findings } => findings.first().map_or(Code::DATA_SCHEMA, |finding| finding.code),
            StorageError::Unjudged(unjudged) => unjudged.code,
            StorageError::Rows { source } if !is_unanswered(source.as_ref()) => Code::DATA_UNREADABLE,
            StorageError::Foreign { .. } => Code::DATA_UNREADABLE,
            StorageError::Rows { .. }
            | StorageError::Store { .. }
            | StorageError::Table { .. }
            | StorageError::Log { .. }
            | StorageError::Feature { .. }
            | StorageError::Corrupt { .. } => Code::STORE_UNAVAILABLE,
        }
    }

    /// What came of opening the table that lies in `folder` of `store`: with what of its log is at fault, where that can
    /// be found.
    pub(crate) async fn of_log(
        location: &str,
        source: deltalake::DeltaTableError,
        store: &dyn ObjectStore,
        folder: &Path,
    ) -> Self {
        match fault(store, folder).await {
            Some(problem) => StorageError::Log { location: location.to_owned(), problem, source: Box::new(source) },
            None => StorageError::table(location, source),
        }
    }

    pub(crate) fn table(location: &str, source: deltalake::DeltaTableError) -> Self {
        StorageError::Table { location: location.to_owned(), source: Box::new(source) }
    }
}
