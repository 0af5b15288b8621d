//! Whether a store did not give what it was asked for, which may pass, or what it gave is at fault, which stays.

use std::error::Error;
use std::iter::successors;

use parquet::errors::ParquetError;

/// What readers of Delta logs say before what a store said. That something is not there they tell otherwise.
const READER_OF_LOGS: &str = "Error interacting with object store: ";

/// Whether behind `error` is a store that gave no answer, or refused one. That something is not there is an answer.
pub fn is_unanswered(error: &(dyn Error + 'static)) -> bool {
    successors(Some(error), |&error| error.source()).any(|error| {
        if let Some(error) = error.downcast_ref::<object_store::Error>() {
            return !matches!(error, object_store::Error::NotFound { .. });
        }
        match error.downcast_ref() {
            // Readers of footers keep no more than the text.
            Some(ParquetError::General(text)) => is_of_store(text),
            _ => error.to_string().starts_with(READER_OF_LOGS),
        }
    })
}

/// Whether that is the text of an [`object_store::Error::Generic`].
fn is_of_store(text: &str) -> bool {
    text.split_once("Generic ").is_some_and(|(_, after)| after.contains(" error: "))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::error::ArrowError;
    use datafusion::error::DataFusionError;

    use super::*;

    fn broken_off() -> object_store::Error {
        object_store::Error::Generic { store: "S3", source: "connection reset".into() }
    }

    fn missing() -> object_store::Error {
        object_store::Error::NotFound { path: "a".to_owned(), source: "404".into() }
    }

    #[test]
    fn a_store_that_does_not_answer_is_found_behind_whatever_stands_before_it() {
        let of_parquet = || ParquetError::External(Box::new(broken_off()));
        let footer = ParquetError::General(format!("Failed to fetch metadata for file a: {}", broken_off()));
        let all = [
            DataFusionError::from(broken_off()),
            DataFusionError::from(of_parquet()),
            DataFusionError::from(footer),
            DataFusionError::from(ArrowError::ExternalError(Box::new(of_parquet()))),
            DataFusionError::External(Box::new(broken_off())).context("data file `a`"),
            DataFusionError::Shared(Arc::new(of_parquet().into())),
        ];
        for error in all {
            assert!(is_unanswered(&error), "{error:?}");
        }
    }

    #[test]
    fn what_is_not_there_or_cannot_be_read_is_an_answer() {
        let all = [
            DataFusionError::from(missing()),
            DataFusionError::from(ParquetError::External(Box::new(missing()))),
            DataFusionError::from(ParquetError::General("Invalid Parquet file. Corrupt footer".to_owned())),
            DataFusionError::Execution("column `a` is no number".to_owned()),
        ];
        for error in all {
            assert!(!is_unanswered(&error), "{error:?}");
        }
    }
}
