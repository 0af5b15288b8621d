//! A contract's own SQL, run on a table that nobody may see yet, for the gate.
//!
//! Runs as the platform, without policies, over that one table and those inputs that its maker may read whole, and
//! yields one number.

use std::sync::Arc;

use arrow::array::AsArray;
use arrow::compute::cast;
use arrow::datatypes::{DataType, Float64Type};
use datafusion::catalog::{MemoryCatalogProviderList, TableProvider};
use datafusion::execution::SessionStateBuilder;
use datafusion::physical_plan::execute_stream;
use futures::TryStreamExt;
use weft_model::PortRef;

use crate::measure::{Found, Measurable, Unmeasured, candidate, scanned_bytes};
use crate::namespace::{put, put_at};
use crate::statement::QueryText;
use crate::{Engine, Limits, QueryError, statement};

/// A table, by the name that a query gives it.
type NamedTable = (String, Arc<dyn TableProvider>);

impl Engine {
    /// The one number that `sql` returns over the table, which goes by its port's name and any of `names` there, in
    /// whatever case, and over inputs; a condition is 1 or 0. With it, how many bytes were read. Held to
    /// [`Limits::for_transforms`] but for the time, which is for the caller to watch.
    pub(crate) async fn number_of(
        &self,
        of: Measurable<'_>,
        names: &[String],
        sql: &str,
    ) -> Result<(Found, u64), Unmeasured> {
        let limits = Limits::for_transforms();
        let query = statement::parse(sql, &limits)?;
        let tables = self.tables_of_rule(of, names, &query)?;
        Ok(self.number_within(query, tables, &limits).await?)
    }

    /// The tables that a query names, by these names.
    fn tables_of_rule(
        &self,
        of: Measurable<'_>,
        names: &[String],
        query: &QueryText,
    ) -> Result<Vec<NamedTable>, Unmeasured> {
        let own = of.port.to_string();
        let named = statement::tables_of(self.base(), query)?;
        let table = |name: String| {
            if names.iter().chain([&own]).any(|own| own.eq_ignore_ascii_case(&name)) {
                return Ok((name, candidate(of.table)));
            }
            let beside = name.parse::<PortRef>().ok().and_then(|port| of.beside.get(&port));
            match beside.filter(|beside| beside.is_input).map(|beside| &beside.table) {
                Some(Ok(table)) => Ok((name, weft_storage::scan(Arc::clone(table)))),
                Some(Err(why)) => Err(why.clone()),
                None => {
                    let why = format!("`{name}` is neither the table itself nor an input of the product");
                    Err(Unmeasured::because(why))
                }
            }
        };
        named.into_iter().map(table).collect()
    }

    async fn number_within(
        &self,
        query: QueryText,
        tables: Vec<NamedTable>,
        limits: &Limits,
    ) -> Result<(Found, u64), QueryError> {
        let planning = |error| QueryError::from_planning(&error);
        let base = self.platform_state()?;
        let catalogs = MemoryCatalogProviderList::new();
        for (name, table) in tables {
            let options = &base.config_options().catalog;
            match name.parse::<PortRef>() {
                Ok(port) => put(&catalogs, &port, table),
                Err(_) => put_at(&catalogs, (&options.default_catalog, &options.default_schema, &name), table),
            }
            .map_err(planning)?;
        }
        let mut state = SessionStateBuilder::new_from_existing(base).with_catalog_list(Arc::new(catalogs)).build();
        let plan = statement::logical_plan(&state, query).await?;
        let physical = statement::physical_plan(&mut state, &plan, limits).await?;
        let running = |error| QueryError::from_running(&error, limits.memory_bytes_max);
        let mut batches = execute_stream(Arc::clone(&physical), state.task_ctx()).map_err(running)?;
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
        Ok((found.unwrap_or(Found::Nothing), scanned_bytes(physical.as_ref())))
    }
}
