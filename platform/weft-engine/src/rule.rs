//! A contract's own SQL, run on a table that nobody may see yet, for the gate.
//!
//! Runs as the platform, without policies, over that one table and no other, and yields one number.

use std::sync::Arc;

use arrow::array::AsArray;
use arrow::compute::cast;
use arrow::datatypes::{DataType, Float64Type};
use datafusion::catalog::MemoryCatalogProviderList;
use datafusion::execution::SessionStateBuilder;
use datafusion::physical_plan::execute_stream;
use futures::TryStreamExt;
use weft_model::PortRef;
use weft_storage::TableVersion;

use crate::measure::candidate;
use crate::namespace::{put, put_at};
use crate::{Engine, Limits, QueryError, statement};

/// What a query of a contract came to.
#[derive(Clone, Debug, PartialEq)]
pub enum Found {
    Number(f64),
    /// No row, or NULL.
    Nothing,
    /// It names this table, which is not the contract's own.
    Elsewhere(String),
    /// It cannot be planned or run, or returns something else; and why. Holds no value of a row.
    Failed(String),
}

impl Engine {
    /// The one number that `sql` returns over `table`, which goes by any of `names` there, in whatever case; a
    /// condition is 1 or 0. Held to [`Limits::for_transforms`] but for the time, which is for the caller to watch.
    pub(crate) async fn number_of(&self, table: &TableVersion, names: &[String], sql: &str) -> Found {
        let answered = self.number_within(table, names, sql, &Limits::for_transforms()).await;
        answered.unwrap_or_else(|error| Found::Failed(error.to_string()))
    }

    async fn number_within(
        &self,
        table: &TableVersion,
        names: &[String],
        sql: &str,
        limits: &Limits,
    ) -> Result<Found, QueryError> {
        let query = statement::parse(sql, limits)?;
        let planning = |error| QueryError::from_planning(&error);
        let base = self.platform_state()?;
        let candidate = candidate(table);
        let catalogs = MemoryCatalogProviderList::new();
        for name in statement::tables_of(&base, &query)? {
            if !names.iter().any(|own| own.eq_ignore_ascii_case(&name)) {
                return Ok(Found::Elsewhere(name));
            }
            let options = &base.config_options().catalog;
            match name.parse::<PortRef>() {
                Ok(port) => put(&catalogs, &port, Arc::clone(&candidate)),
                Err(_) => {
                    let place = (options.default_catalog.as_str(), options.default_schema.as_str(), name.as_str());
                    put_at(&catalogs, place, Arc::clone(&candidate))
                }
            }
            .map_err(planning)?;
        }
        let mut state = SessionStateBuilder::new_from_existing(base).with_catalog_list(Arc::new(catalogs)).build();
        let plan = statement::logical_plan(&state, query).await?;
        let physical = statement::physical_plan(&mut state, &plan, limits).await?;
        let running = |error| QueryError::from_running(&error, limits.memory_bytes_max);
        let mut batches = execute_stream(physical, state.task_ctx()).map_err(running)?;
        let mut found = None;
        while let Some(batch) = batches.try_next().await.map_err(running)? {
            let [column] = batch.columns() else {
                return Err(QueryError::Invalid { problem: "the query returns more than one column".to_owned() });
            };
            let numbers = cast(column, &DataType::Float64).map_err(|error| running(error.into()))?;
            for number in numbers.as_primitive::<Float64Type>() {
                if found.is_some() {
                    return Err(QueryError::Invalid { problem: "the query returns more than one row".to_owned() });
                }
                found = Some(number.map_or(Found::Nothing, Found::Number));
            }
        }
        Ok(found.unwrap_or(Found::Nothing))
    }
}
