//! Counts on tables that nobody may see yet, for the gate.
//!
//! Runs as the platform, without policies, and yields counts only: no row leaves.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use arrow::array::AsArray;
use arrow::datatypes::Int64Type;
use arrow::record_batch::RecordBatch;
use datafusion::catalog::TableProvider;
use datafusion::error::DataFusionError;
use datafusion::functions_aggregate::expr_fn::count;
use datafusion::logical_expr::{Expr, JoinType, ident};
use datafusion::physical_plan::{ExecutionPlan, collect};
use datafusion::prelude::{DataFrame, SessionContext, lit, when};
use weft_model::quality_check::{ForeignKeyTarget, Measure, QualityCheck, Threshold};
use weft_model::{Code, PortRef};
use weft_storage::{Candidate, TableFile, TableVersion, is_unanswered, nullable_schema};

use crate::told_by_log::told_by_log;
use crate::value_test::{fails, is_one_of};
use crate::{Engine, Limits, QueryError};

/// A table that nobody may see yet, and what its checks may look into.
#[derive(Clone, Copy, Debug)]
pub struct Measurable<'a> {
    pub table: &'a TableVersion,
    /// The port that is to serve it, which is a name of it in queries too.
    pub port: &'a PortRef,
    pub beside: &'a BTreeMap<PortRef, Beside>,
    /// What came since the same checks were made of the table; `None` where they were not.
    pub fresh: Option<&'a Candidate>,
}

/// A table of another port that checks may look into.
#[derive(Clone, Debug)]
pub struct Beside {
    /// As it is served, or why it cannot be looked into.
    pub table: Result<Arc<TableVersion>, Unmeasured>,
    /// Whether queries may name it; else only foreign keys do.
    pub is_input: bool,
}

/// What a check came to, and what it took.
#[derive(Clone, Debug, PartialEq)]
pub struct Measured {
    pub found: Found,
    /// Bytes of columns that were read for it; 0 where the log told. Of a pass over the rows that several checks
    /// share each has all.
    pub scanned_bytes: u64,
    /// How long that took.
    pub elapsed: Duration,
}

/// What was found.
#[derive(Clone, Debug, PartialEq)]
pub enum Found {
    Number(f64),
    /// A query returned no row, or NULL.
    Nothing,
    /// The check could not be made.
    Failed(Unmeasured),
}

impl Found {
    /// As that of [`Unmeasured`].
    pub fn hindrance(&self) -> Option<Code> {
        match self {
            Found::Failed(unmeasured) => unmeasured.hindrance,
            Found::Number(_) | Found::Nothing => None,
        }
    }
}

/// Why a check could not be made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unmeasured {
    /// Holds no value of a row.
    pub why: String,
    /// What kept the platform from it, where that may pass: it says nothing of the rows then, and may be made later.
    pub hindrance: Option<Code>,
}

/// A number, and how many bytes were read for it.
type Counted = Result<(Found, u64), Unmeasured>;

impl Engine {
    /// What each of `checks` finds in the table, in their order: a number of rows, of tuples for duplicates, or what
    /// a query returns.
    ///
    /// Whatever the log tells is taken from there. What is left of conditions on single rows is counted in one
    /// pass over the columns concerned; duplicates, foreign keys and queries take a pass each. All of it is held to
    /// the time that a transform may take.
    ///
    /// # Errors
    ///
    /// In words, where that time is over.
    pub async fn measure(&self, of: Measurable<'_>, checks: &[QualityCheck]) -> Result<Vec<Measured>, String> {
        let longest = Limits::for_transforms().running_max;
        let found = tokio::time::timeout(longest, self.measure_all(of, checks)).await;
        found.map_err(|_| format!("the checks took longer than {} seconds", longest.as_secs()))
    }

    async fn measure_all(&self, of: Measurable<'_>, checks: &[QualityCheck]) -> Vec<Measured> {
        let mut measured: Vec<Measured> = Vec::with_capacity(checks.len());
        // Conditions that no row may meet need be looked for in fresh rows alone, where there are others.
        let mut passes: Vec<Pass> = Vec::new();
        for check in checks {
            let began = Instant::now();
            let counted = match (told_by_log(of.table, check), &check.measure) {
                (Some(count), _) => Ok((Found::Number(count as f64), 0)),
                (None, Measure::Duplicates { columns }) => self.rows_of(self.repeated(of, columns)).await,
                (None, Measure::Unmatched { columns, target }) => {
                    self.rows_of(self.unmatched(of, columns, target.as_ref())).await
                }
                (None, Measure::Sql { query, names }) => self.number_of(of, names, query).await,
                (None, _) => match counted(of.table, check) {
                    Ok(condition) => {
                        let were_none = check.blocks && check.must == Threshold::none();
                        let files = of.fresh.filter(|_| were_none).map(|fresh| fresh.brings(&check.columns()));
                        let condition = (measured.len(), condition);
                        match passes.iter_mut().find(|pass| pass.files == files) {
                            Some(pass) => pass.conditions.push(condition),
                            None => passes.push(Pass { files, conditions: vec![condition] }),
                        }
                        Ok((Found::Nothing, 0))
                    }
                    Err(error) => Err(error.into()),
                },
            };
            measured.push(Measured::of(counted, began));
        }
        for pass in passes {
            let table = pass.files.map_or_else(|| of.table.clone(), |files| of.table.of_files(files));
            for (index, found) in self.count_conditions(&table, pass.conditions).await {
                measured.iter_mut().skip(index).take(1).for_each(|place| place.clone_from(&found));
            }
        }
        measured
    }

    /// How many rows meet each of the conditions, in one pass where that can be done.
    async fn count_conditions(&self, table: &TableVersion, conditions: Vec<(usize, Expr)>) -> Vec<(usize, Measured)> {
        let (places, conditions): (Vec<usize>, Vec<Expr>) = conditions.into_iter().unzip();
        let began = Instant::now();
        if let Ok((counts, bytes)) = self.rows_where(table, conditions.clone()).await {
            let of = |count| Measured::of(Ok((Found::Number(count as f64), bytes)), began);
            return places.into_iter().zip(counts.into_iter().map(of)).collect();
        }
        // One that cannot be evaluated is not to be the end of the others.
        let mut one_by_one = Vec::new();
        for (place, condition) in places.into_iter().zip(conditions) {
            let began = Instant::now();
            let counted = self.rows_where(table, vec![condition]).await;
            let counted = counted.map(|(counts, bytes)| (Found::Number(counts.iter().sum::<u64>() as f64), bytes));
            one_by_one.push((place, Measured::of(counted.map_err(Unmeasured::from), began)));
        }
        one_by_one
    }

    /// How many rows meet each of the conditions.
    async fn rows_where(
        &self,
        table: &TableVersion,
        conditions: Vec<Expr>,
    ) -> Result<(Vec<u64>, u64), DataFusionError> {
        if conditions.is_empty() {
            return Ok((Vec::new(), 0));
        }
        let counts = conditions.into_iter().enumerate().map(|(index, condition)| {
            let row = when(condition, lit(1)).end()?;
            Ok(count(row).alias(format!("c{index}")))
        });
        let counts = counts.collect::<Result<Vec<Expr>, DataFusionError>>()?;
        self.numbers(self.candidate(table)?.aggregate(Vec::new(), counts)?).await
    }

    /// How many rows a frame has.
    async fn rows_of(&self, frame: Result<DataFrame, Unmeasured>) -> Counted {
        let (numbers, bytes) = self.numbers(frame?.aggregate(Vec::new(), vec![count(lit(1))])?).await?;
        Ok((Found::Number(numbers.iter().sum::<u64>() as f64), bytes))
    }

    /// The numbers of a frame's only row, and how many bytes were read for it.
    async fn numbers(&self, frame: DataFrame) -> Result<(Vec<u64>, u64), DataFusionError> {
        let (batches, bytes) = collected(frame).await?;
        let columns = batches.iter().flat_map(|batch| batch.columns());
        let numbers = columns.map(|column| column.as_primitive::<Int64Type>().iter().flatten().sum::<i64>());
        Ok((numbers.map(|number| u64::try_from(number).unwrap_or(0)).collect(), bytes))
    }

    /// The values of `columns`, taken as a tuple, that occur more than once. Those with a NULL in them do not count.
    pub(crate) fn repeated(&self, of: Measurable<'_>, columns: &[String]) -> Result<DataFrame, Unmeasured> {
        let key = columns.iter().map(ident).collect();
        // Two rows with the same values are both in files that may hold them, and one of them is fresh.
        let fresh = of.fresh.map(|fresh| fresh.brings(&columns.iter().map(String::as_str).collect::<Vec<_>>()));
        let near = match (fresh, columns.first()) {
            (Some(fresh), Some(first)) => of.table.of_files(of.table.files_near(first, &fresh)),
            _ => of.table.clone(),
        };
        let grouped = filled(self.candidate(&near)?, columns)?;
        let grouped = grouped.aggregate(key, vec![count(lit(1)).alias(OCCURRENCES)])?;
        Ok(grouped.filter(ident(OCCURRENCES).gt(lit(1)))?)
    }

    /// The rows whose values of `columns` are in no row of the target. Those with a NULL in them do not count.
    pub(crate) fn unmatched(
        &self,
        of: Measurable<'_>,
        columns: &[String],
        target: Option<&ForeignKeyTarget>,
    ) -> Result<DataFrame, Unmeasured> {
        let target = target.ok_or_else(|| Unmeasured::because("no port serves what it refers to"))?;
        let table = of.target(target.port.as_ref())?;
        let name = |index: usize| format!("target {index}");
        let context = self.context()?;
        let renamed = target.columns.iter().enumerate().map(|(index, column)| ident(column).alias(name(index)));
        let targets = context.read_table(table)?.select(renamed.collect::<Vec<Expr>>())?;
        let same = columns.iter().enumerate().map(|(index, column)| ident(column).eq(ident(name(index))));
        let rows = filled(context.read_table(candidate(of.table))?, columns)?;
        Ok(rows.join_on(targets, JoinType::LeftAnti, same)?)
    }

    pub(crate) fn candidate(&self, table: &TableVersion) -> Result<DataFrame, DataFusionError> {
        self.context()?.read_table(candidate(table))
    }

    fn context(&self) -> Result<SessionContext, DataFusionError> {
        Ok(SessionContext::new_with_state(self.platform_state()?))
    }
}

/// Conditions on single rows that are counted together, each for the check at this place.
struct Pass {
    /// The files to go through; all of them without.
    files: Option<Vec<TableFile>>,
    conditions: Vec<(usize, Expr)>,
}

/// How often a tuple occurs, under a name that no column is likely to have.
const OCCURRENCES: &str = "how often it occurs";

impl Measured {
    fn of(counted: Counted, began: Instant) -> Self {
        let (found, scanned_bytes) = counted.unwrap_or_else(|why| (Found::Failed(why), 0));
        Measured { found, scanned_bytes, elapsed: began.elapsed() }
    }
}

impl Unmeasured {
    /// For what stays so until somebody changes something.
    pub fn because(why: impl Into<String>) -> Self {
        Unmeasured { why: why.into(), hindrance: None }
    }
}

impl From<DataFusionError> for Unmeasured {
    fn from(error: DataFusionError) -> Self {
        let hindrance = is_unanswered(&error).then_some(Code::STORE_UNAVAILABLE);
        Unmeasured { why: error.strip_backtrace(), hindrance }
    }
}

impl From<QueryError> for Unmeasured {
    fn from(error: QueryError) -> Self {
        let may_pass = matches!(error, QueryError::Storage { .. } | QueryError::Unrecorded);
        Unmeasured { why: error.to_string(), hindrance: may_pass.then(|| error.code()) }
    }
}

impl Measurable<'_> {
    /// The table that a foreign key refers to.
    fn target(&self, port: Option<&PortRef>) -> Result<Arc<dyn TableProvider>, Unmeasured> {
        let Some(port) = port else { return Ok(candidate(self.table)) };
        match self.beside.get(port).map(|beside| &beside.table) {
            Some(Ok(table)) => Ok(weft_storage::scan(Arc::clone(table))),
            Some(Err(why)) => Err(why.clone()),
            None => Err(Unmeasured::because(format!("`{port}` is not at hand"))),
        }
    }
}

/// The table as the gate reads it. What it promises is still to be checked, so each column may be NULL.
pub(crate) fn candidate(table: &TableVersion) -> Arc<dyn TableProvider> {
    weft_storage::scan(Arc::new(table.with_schema(nullable_schema(&table.schema))))
}

/// Rows in which none of the columns is NULL.
fn filled(mut frame: DataFrame, columns: &[String]) -> Result<DataFrame, DataFusionError> {
    for column in columns {
        frame = frame.filter(ident(column).is_not_null())?;
    }
    Ok(frame)
}

/// A frame's rows, and how many bytes were read for them.
pub(crate) async fn collected(frame: DataFrame) -> Result<(Vec<RecordBatch>, u64), DataFusionError> {
    let task = Arc::new(frame.task_ctx());
    let plan = frame.create_physical_plan().await?;
    let batches = collect(Arc::clone(&plan), task).await?;
    Ok((batches, scanned_bytes(plan.as_ref())))
}

/// How many bytes of columns a plan that has ended read.
pub(crate) fn scanned_bytes(plan: &dyn ExecutionPlan) -> u64 {
    let own = plan.metrics().and_then(|metrics| metrics.sum_by_name("bytes_scanned"));
    let own = own.map_or(0, |bytes| bytes.as_usize() as u64);
    own + plan.children().iter().map(|child| scanned_bytes(child.as_ref())).sum::<u64>()
}

/// The condition on the rows that a check counts.
pub(crate) fn counted(table: &TableVersion, check: &QualityCheck) -> Result<Expr, DataFusionError> {
    let field = || match &check.column {
        Some(column) => Ok(table.schema.field_with_name(column)?),
        None => Err(DataFusionError::Plan(format!("check `{}` names no column", check.name))),
    };
    Ok(match &check.measure {
        Measure::Rows | Measure::Duplicates { .. } | Measure::Unmatched { .. } | Measure::Sql { .. } => lit(true),
        Measure::Nulls => ident(field()?.name()).is_null(),
        Measure::Missing { values } => {
            let field = field()?;
            ident(field.name()).is_null().or(is_one_of(field, values))
        }
        Measure::Invalid { tests } => fails(field()?, tests)?,
    })
}
