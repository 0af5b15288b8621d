//! Values for a query's parameters.

use arrow::record_batch::RecordBatch;
use datafusion::common::ParamValues;
use datafusion::common::metadata::ScalarAndMetadata;
use datafusion::scalar::ScalarValue;

use crate::QueryError;

/// Values for `?` and `$n`, from left to right. They are values only: no text in them is ever SQL.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Parameters {
    /// None given: right for a query without parameters.
    #[default]
    None,
    /// One value for each parameter.
    Positional(Vec<ScalarValue>),
}

impl Parameters {
    /// Takes the values of a batch's only row, a column for each parameter.
    ///
    /// # Errors
    ///
    /// [`QueryError::Parameters`] if there is more than one row, or none though there are columns.
    pub fn from_batch(batch: &RecordBatch) -> Result<Self, QueryError> {
        if batch.num_columns() == 0 {
            return Ok(Parameters::None);
        }
        if batch.num_rows() != 1 {
            let problem = format!("a query takes one row of parameters, and {} were given", batch.num_rows());
            return Err(QueryError::Parameters { problem });
        }
        let values: Result<Vec<_>, _> =
            batch.columns().iter().map(|column| ScalarValue::try_from_array(column, 0)).collect();
        let unusable = |e: datafusion::error::DataFusionError| QueryError::Parameters { problem: e.strip_backtrace() };
        Ok(Parameters::Positional(values.map_err(unusable)?))
    }

    pub(crate) fn for_query(&self, wanted: usize) -> Result<Option<ParamValues>, QueryError> {
        let given = match self {
            Parameters::None => 0,
            Parameters::Positional(values) => values.len(),
        };
        if given != wanted {
            let problem = format!("the query has {wanted} parameters, and {given} values were given");
            return Err(QueryError::Parameters { problem });
        }
        Ok(match self {
            Parameters::Positional(values) if wanted > 0 => {
                Some(ParamValues::List(values.iter().cloned().map(ScalarAndMetadata::from).collect()))
            }
            _ => None,
        })
    }
}
