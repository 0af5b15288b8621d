//! What the log may hold of an error of DataFusion's.

use std::fmt;

use datafusion::error::DataFusionError;

use crate::QueryError;

/// An error of DataFusion's as the log may hold it: of which kind it is, and what it says only where that cannot be a
/// value of a row or a literal of somebody's SQL.
#[derive(Debug)]
pub struct Redacted<'a>(pub &'a DataFusionError);

impl fmt::Display for Redacted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.find_root() {
            DataFusionError::ObjectStore(error) => write!(f, "object store: {error}"),
            DataFusionError::IoError(error) => write!(f, "input or output: {error}"),
            DataFusionError::ParquetError(error) => write!(f, "Parquet: {error}"),
            DataFusionError::ResourcesExhausted(text) => write!(f, "resources exhausted: {text}"),
            DataFusionError::ArrowError(..) => f.write_str("an expression of Arrow's; its text may hold values"),
            DataFusionError::Execution(_) => f.write_str("an expression; its text may hold values"),
            DataFusionError::SQL(..) => f.write_str("SQL; its text may hold literals"),
            DataFusionError::Plan(_) | DataFusionError::SchemaError(..) => {
                f.write_str("a plan; its text may hold literals")
            }
            DataFusionError::NotImplemented(_) => f.write_str("something is not built; its text may hold literals"),
            DataFusionError::External(own) => match own.downcast_ref::<QueryError>() {
                Some(own) => write!(f, "{}", own.code()),
                None => f.write_str("another library; its text may hold values"),
            },
            DataFusionError::Shared(inner) => Redacted(inner).fmt(f),
            _ => f.write_str("the engine; its text may hold values"),
        }
    }
}

#[cfg(test)]
mod tests {
    use arrow::error::ArrowError;

    use super::*;

    #[test]
    fn no_value_of_a_row_gets_into_the_log() {
        for error in [
            DataFusionError::from(ArrowError::CastError("cannot cast 'ana@example.org' to Int64".to_owned())),
            DataFusionError::Execution("ana@example.org is no number".to_owned()),
            DataFusionError::Plan("no function of 'ana@example.org'".to_owned()),
            DataFusionError::Internal("ana@example.org".to_owned()),
            DataFusionError::External("ana@example.org".into()),
        ] {
            let told = Redacted(&error.context("while ana@example.org was read")).to_string();
            assert!(!told.contains("ana"), "{told}");
        }
    }
}
