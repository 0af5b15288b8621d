//! Values that a restriction looks up in another port: who is entitled to what, kept as data.

use std::sync::Arc;

use datafusion::functions_aggregate::expr_fn::count;
use datafusion::logical_expr::{ident, lit};
use datafusion::prelude::SessionContext;
use datafusion::scalar::ScalarValue;
use futures::TryStreamExt;
use parking_lot::Mutex;
use weft_governance::RowPredicate;
use weft_model::{PortRef, Published};

use crate::engine::Engine;
use crate::predicate;

/// How many values one lookup may yield: each query that needs them holds them all.
const VALUES_MAX: usize = 100_000;
/// How many lookups are kept for the next query.
const KEPT_MAX: usize = 64;

/// What each lookup of a table's conditions found.
#[derive(Debug, Default)]
pub(crate) struct Entitlements {
    found: Vec<(RowPredicate, Arc<Vec<ScalarValue>>)>,
}

impl Entitlements {
    /// Reads whatever `predicates` look up, from what is `published` now.
    ///
    /// The platform reads here, whoever asks, and its own restrictions on the port do not apply:
    /// rows stay below the barrier, and only whether a value is among them decides about others.
    ///
    /// # Errors
    ///
    /// In words for the log, if a port is not there, is a view, or cannot be read.
    pub(crate) async fn read<'a>(
        engine: &Engine,
        published: &Published,
        predicates: impl Iterator<Item = &'a RowPredicate>,
    ) -> Result<Self, String> {
        let mut lookups = Vec::new();
        predicates.for_each(|predicate| collect(predicate, &mut lookups));
        let mut entitlements = Entitlements::default();
        for lookup in lookups {
            if entitlements.values(lookup).is_none() {
                let values = look_up(engine, published, lookup).await?;
                entitlements.found.push((lookup.clone(), values));
            }
        }
        Ok(entitlements)
    }

    /// The values that `lookup` found, NULL among them where there was one.
    pub(crate) fn values(&self, lookup: &RowPredicate) -> Option<&[ScalarValue]> {
        self.found.iter().find(|(known, _)| known == lookup).map(|(_, values)| values.as_slice())
    }
}

fn collect<'a>(predicate: &'a RowPredicate, lookups: &mut Vec<&'a RowPredicate>) {
    match predicate {
        RowPredicate::InPort { .. } => lookups.push(predicate),
        RowPredicate::All(parts) | RowPredicate::Any(parts) => parts.iter().for_each(|part| collect(part, lookups)),
        RowPredicate::Not(inner) => collect(inner, lookups),
        _ => {}
    }
}

async fn look_up(
    engine: &Engine,
    published: &Published,
    lookup: &RowPredicate,
) -> Result<Arc<Vec<ScalarValue>>, String> {
    let RowPredicate::InPort { port, of, only, .. } = lookup else {
        return Err("a lookup without a port".to_owned());
    };
    let (_, released) = published.port(port).ok_or_else(|| format!("entitlement `{port}` is not published"))?;
    let (Some(location), Some(version)) = (&released.location, released.table_version) else {
        return Err(format!("entitlement `{port}` is not a table"));
    };
    let key = Key { port: port.clone(), location: location.clone(), version, of: of.clone(), only: (**only).clone() };
    if let Some(known) = engine.entitlements.get(&key) {
        return Ok(known);
    }
    let table = engine.parts.warehouse.table(location, version).await.map_err(|error| error.to_string())?;
    let condition = predicate::expression(only, &table.schema, &Entitlements::default())?;
    let read = async {
        let state =
            engine.platform_state().map_err(|error| datafusion::error::DataFusionError::External(error.into()))?;
        let values = SessionContext::new_with_state(state)
            .read_table(weft_storage::scan(table))?
            .filter(condition)?
            .aggregate(vec![ident(of)], vec![count(lit(1))])?
            .select(vec![ident(of)])?
            .limit(0, Some(VALUES_MAX + 1))?;
        let mut found = Vec::new();
        let mut batches = values.execute_stream().await?;
        while let Some(batch) = batches.try_next().await? {
            for row in 0..batch.num_rows() {
                found.push(ScalarValue::try_from_array(batch.column(0), row)?);
            }
        }
        Ok(found)
    };
    let found = read.await.map_err(|error: datafusion::error::DataFusionError| error.strip_backtrace())?;
    if found.len() > VALUES_MAX {
        return Err(format!("entitlement `{port}` has more than {VALUES_MAX} values"));
    }
    let found = Arc::new(found);
    engine.entitlements.keep(key, Arc::clone(&found));
    Ok(found)
}

/// A lookup in one version of a table: what it finds never changes.
#[derive(Clone, Debug, PartialEq)]
struct Key {
    port: PortRef,
    location: String,
    version: u64,
    of: String,
    only: RowPredicate,
}

/// What lookups found, for the queries to come. The oldest is forgotten first.
#[derive(Debug, Default)]
pub(crate) struct KnownEntitlements {
    known: Mutex<Vec<(Key, Arc<Vec<ScalarValue>>)>>,
}

impl KnownEntitlements {
    fn get(&self, key: &Key) -> Option<Arc<Vec<ScalarValue>>> {
        self.known.lock().iter().find(|(known, _)| known == key).map(|(_, values)| Arc::clone(values))
    }

    fn keep(&self, key: Key, values: Arc<Vec<ScalarValue>>) {
        let mut known = self.known.lock();
        if known.len() >= KEPT_MAX {
            known.remove(0);
        }
        known.push((key, values));
    }
}
