//! Which data file is at fault: what cannot be read, or brings a decoder down, is an error that names its file.

use std::any::Any;
use std::fmt;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::error::ArrowError;
use datafusion::error::{DataFusionError, Result};
use datafusion_datasource::morsel::{Morsel, MorselPlan, MorselPlanner};
use futures::stream::BoxStream;
use futures::{FutureExt, StreamExt};
use object_store::path::Path;
use parquet::errors::ParquetError;

/// What the name of a file stands behind in an error's context.
const DATA_FILE: &str = "data file ";

/// The same work on `file`, whose errors name it.
pub(crate) fn named(inner: Box<dyn MorselPlanner>, file: &Path) -> Box<dyn MorselPlanner> {
    Box::new(NamedPlanner { inner, file: Arc::new(file.clone()) })
}

/// The same error with the file that it came of.
pub(crate) fn of_file(error: DataFusionError, file: &Path) -> DataFusionError {
    error.context(format!("{DATA_FILE}`{file}`"))
}

/// Which data file an error came of, and what is wrong with it, without a value of it: "data file `x` is not there";
/// nothing for an error that is no file's.
pub fn damaged_file(error: &DataFusionError) -> Option<String> {
    match error {
        DataFusionError::Context(text, inner) if text.starts_with(DATA_FILE) => {
            Some(format!("{text} {}", problem(inner.find_root())))
        }
        DataFusionError::Context(_, inner) | DataFusionError::Diagnostic(_, inner) => damaged_file(inner),
        DataFusionError::Shared(inner) => damaged_file(inner),
        DataFusionError::Collection(all) => all.iter().find_map(damaged_file),
        _ => None,
    }
}

fn problem(root: &DataFusionError) -> String {
    let of_store = |error: &object_store::Error| match error {
        object_store::Error::NotFound { .. } => "is not there",
        _ => "cannot be read by its store",
    };
    match root {
        DataFusionError::ObjectStore(error) => of_store(error).to_owned(),
        DataFusionError::ParquetError(error) => match error.as_ref() {
            ParquetError::External(inner) => match inner.downcast_ref::<object_store::Error>() {
                Some(error) => of_store(error).to_owned(),
                None => "cannot be read as Parquet".to_owned(),
            },
            // Readers of footers keep no more of a store's error than its text.
            ParquetError::General(text) if text.contains("Object at location") && text.contains("not found") => {
                "is not there".to_owned()
            }
            _ => "cannot be read as Parquet".to_owned(),
        },
        DataFusionError::ArrowError(error, _) if matches!(error.as_ref(), ArrowError::ParquetError(_)) => {
            "cannot be read as Parquet".to_owned()
        }
        // These are texts of our own, of columns and types.
        DataFusionError::Execution(text) => format!("is not as its table says: {text}"),
        _ => "is not as its table says".to_owned(),
    }
}

struct NamedPlanner {
    inner: Box<dyn MorselPlanner>,
    file: Arc<Path>,
}

impl fmt::Debug for NamedPlanner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NamedPlanner").field("file", &self.file).finish_non_exhaustive()
    }
}

impl MorselPlanner for NamedPlanner {
    fn plan(self: Box<Self>) -> Result<Option<MorselPlan>> {
        let NamedPlanner { inner, file } = *self;
        let planned = std::panic::catch_unwind(AssertUnwindSafe(|| inner.plan()));
        let planned = planned.unwrap_or_else(|panic| Err(came_down(panic.as_ref(), &file)));
        let Some(mut plan) = planned.map_err(|error| of_file(error, &file))? else { return Ok(None) };
        let morsel = |inner| Box::new(NamedMorsel { inner, file: Arc::clone(&file) }) as Box<dyn Morsel>;
        let planner = |inner| Box::new(NamedPlanner { inner, file: Arc::clone(&file) }) as Box<dyn MorselPlanner>;
        let (morsels, planners, pending) =
            (plan.take_morsels(), plan.take_ready_planners(), plan.take_pending_planner());
        let plan = MorselPlan::new()
            .with_morsels(morsels.into_iter().map(morsel).collect())
            .with_planners(planners.into_iter().map(planner).collect());
        Ok(Some(match pending {
            Some(pending) => plan.with_pending_planner(async move {
                let planned = AssertUnwindSafe(pending).catch_unwind().await;
                let planned = planned.unwrap_or_else(|panic| Err(came_down(panic.as_ref(), &file)));
                let inner = planned.map_err(|error| of_file(error, &file))?;
                Ok(Box::new(NamedPlanner { inner, file }) as Box<dyn MorselPlanner>)
            }),
            None => plan,
        }))
    }
}

struct NamedMorsel {
    inner: Box<dyn Morsel>,
    file: Arc<Path>,
}

impl fmt::Debug for NamedMorsel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NamedMorsel").field("file", &self.file).finish_non_exhaustive()
    }
}

impl Morsel for NamedMorsel {
    fn into_stream(self: Box<Self>) -> BoxStream<'static, Result<RecordBatch>> {
        let NamedMorsel { inner, file } = *self;
        let batches = AssertUnwindSafe(inner.into_stream()).catch_unwind();
        let batches = batches.map(move |batch| match batch {
            Ok(batch) => batch.map_err(|error| of_file(error, &file)),
            Err(panic) => Err(of_file(came_down(panic.as_ref(), &file), &file)),
        });
        batches.boxed()
    }
}

/// Decoders take some damage for a bug of their own.
fn came_down(panic: &(dyn Any + Send), file: &Path) -> DataFusionError {
    let text = panic.downcast_ref::<String>().map(String::as_str).or_else(|| panic.downcast_ref::<&str>().copied());
    tracing::warn!(%file, text, "the decoder of a data file came down over it");
    DataFusionError::ParquetError(Box::new(ParquetError::General("its decoder came down over it".to_owned())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_told_of_a_file_holds_no_value_of_it() {
        let file = Path::from("sales/t/part 1.parquet");
        let not_found = || object_store::Error::NotFound { path: "x".to_owned(), source: "gone".into() };
        let parquet = |error| DataFusionError::ParquetError(Box::new(error));
        let cast = ArrowError::CastError("Can't cast value 300 to type Int8".to_owned());
        let page = ArrowError::ParquetError("value 300".to_owned());
        let cases = [
            (DataFusionError::ObjectStore(Box::new(not_found())), "is not there"),
            (parquet(ParquetError::External(Box::new(not_found()))), "is not there"),
            (parquet(ParquetError::General(format!("no footer: {}", not_found()))), "is not there"),
            (parquet(ParquetError::General("value 300".to_owned())), "cannot be read as Parquet"),
            (DataFusionError::ArrowError(Box::new(cast), None), "is not as its table says"),
            (DataFusionError::ArrowError(Box::new(page), None), "cannot be read as Parquet"),
        ];
        for (error, expected) in cases {
            let error = DataFusionError::Shared(Arc::new(of_file(error, &file).context("elsewhere")));
            let expected = format!("data file `{file}` {expected}");
            assert_eq!(damaged_file(&error).as_deref(), Some(expected.as_str()));
        }
        assert_eq!(damaged_file(&DataFusionError::Execution("data file `x`".to_owned())), None);
    }
}
