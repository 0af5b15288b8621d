//! The operator that joins.

use std::fmt;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, RecordBatch, RecordBatchOptions};
use arrow::datatypes::SchemaRef;
use datafusion::common::runtime::{JoinSet, SpawnedTask};
use datafusion::common::stats::Precision;
use datafusion::common::tree_node::TreeNodeRecursion;
use datafusion::common::{Result, Statistics, exec_datafusion_err, internal_err};
use datafusion::execution::memory_pool::{MemoryConsumer, MemoryReservation};
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::physical_expr::{Distribution, EquivalenceProperties, PhysicalExpr};
use datafusion::physical_plan::distribution_requirements::InputDistributionRequirements;
use datafusion::physical_plan::execution_plan::EmissionType;
use datafusion::physical_plan::projection::{EmbeddedProjection, ProjectionExec, try_embed_projection};
use datafusion::physical_plan::statistics::{ChildStats, StatisticsArgs};
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use datafusion::physical_plan::{
    DisplayAs, DisplayFormatType, ExecutionPlan, ExecutionPlanProperties, Partitioning, PlanProperties,
};
use futures::{StreamExt, TryStreamExt, stream};
use parking_lot::Mutex;

use crate::candidates::Candidates;
use crate::frame::{Frame, Moments};
use crate::times::{Times, numbers};
use crate::window::Window;

/// How rows are matched; times are numbers of one scale by then.
#[derive(Clone, Debug)]
pub(crate) struct Matching {
    /// Keys of the frame and of the history, in the same order and of the same types.
    pub(crate) keys: Vec<(Arc<dyn PhysicalExpr>, Arc<dyn PhysicalExpr>)>,
    pub(crate) frame_time: Arc<dyn PhysicalExpr>,
    pub(crate) history_time: Arc<dyn PhysicalExpr>,
    pub(crate) created: Option<Arc<dyn PhysicalExpr>>,
    /// Whether a row counts from when it was created on.
    pub(crate) by_knowledge: bool,
    /// Whether a row must be earlier than the moment.
    pub(crate) strictly: bool,
    pub(crate) ttl: Option<i64>,
}

/// Joins to each row of its first input the row of the second that was known at its moment.
///
/// The first input is read to its end and held: each key with its moments in order of time. The second is read once, in
/// whatever order and by several tasks, one for each of its partitions: each row finds the first moment that it reaches, and stays
/// there if nothing newer did. At the end what is known at a moment is handed on to the later ones of its key. So no
/// input is sorted, and what is held is a row of the history for each row of the frame at most.
///
/// The rows of the first input come in their order, in one partition. What does not fit into the memory pool is an error
/// before the first row.
#[derive(Debug)]
pub struct PitJoinExec {
    frame: Arc<dyn ExecutionPlan>,
    history: Arc<dyn ExecutionPlan>,
    matching: Matching,
    shown: Shown,
    /// The columns of the history that are shown, which may all be NULL.
    joined: SchemaRef,
    properties: Arc<PlanProperties>,
}

impl PitJoinExec {
    /// `schema` is that of the frame with that of the history behind it.
    pub(crate) fn new(
        frame: Arc<dyn ExecutionPlan>,
        history: Arc<dyn ExecutionPlan>,
        matching: Matching,
        schema: SchemaRef,
    ) -> Result<Self> {
        let (of_frame, of_history) = (frame.schema().fields().len(), history.schema().fields().len());
        if schema.fields().len() != of_frame + of_history {
            return internal_err!("a point-in-time join shows the columns of both its inputs");
        }
        let shown = Shown {
            of_frame: (0..of_frame).collect(),
            of_history: (0..of_history).collect(),
            order: (0..of_frame + of_history).collect(),
        };
        PitJoinExec::showing(frame, history, matching, shown, schema)
    }

    /// `schema` is that of the columns that are shown.
    fn showing(
        frame: Arc<dyn ExecutionPlan>,
        history: Arc<dyn ExecutionPlan>,
        matching: Matching,
        shown: Shown,
        schema: SchemaRef,
    ) -> Result<Self> {
        let joined = Arc::new(schema.project(&shown.places_of_history())?);
        let properties = Arc::new(PlanProperties::new(
            EquivalenceProperties::new(schema),
            Partitioning::UnknownPartitioning(1),
            EmissionType::Final,
            frame.boundedness(),
        ));
        Ok(PitJoinExec { frame, history, matching, shown, joined, properties })
    }
}

/// Which columns are shown.
#[derive(Clone, Debug)]
struct Shown {
    of_frame: Vec<usize>,
    of_history: Vec<usize>,
    /// In which order: for each column that is shown, its place among those of the frame with those of the history behind
    /// them.
    order: Vec<usize>,
}

impl Shown {
    /// Those at `places` of what is shown, in that order.
    fn only(&self, places: &[usize]) -> Shown {
        let wanted: Vec<usize> = places.iter().filter_map(|place| self.order.get(*place).copied()).collect();
        let mut distinct = wanted.clone();
        distinct.sort_unstable();
        distinct.dedup();
        // Ties between rows of a history go by its columns in their own order, whatever order they are shown in.
        let (before, behind) = distinct.split_at(distinct.partition_point(|place| *place < self.of_frame.len()));
        let taken = |from: &[usize], places: &[usize], offset: usize| {
            places.iter().filter_map(|place| from.get(place - offset).copied()).collect()
        };
        Shown {
            of_frame: taken(&self.of_frame, before, 0),
            of_history: taken(&self.of_history, behind, self.of_frame.len()),
            order: wanted.iter().filter_map(|place| distinct.binary_search(place).ok()).collect(),
        }
    }

    /// Where the columns of the history stand, in the order in which they are taken from it.
    fn places_of_history(&self) -> Vec<usize> {
        let of_history = |place: usize| self.order.iter().position(|one| *one == self.of_frame.len() + place);
        (0..self.of_history.len()).filter_map(of_history).collect()
    }
}

impl EmbeddedProjection for PitJoinExec {
    fn with_projection(&self, projection: Option<Vec<usize>>) -> Result<Self> {
        let places = projection.unwrap_or_else(|| (0..self.schema().fields().len()).collect());
        let schema = Arc::new(self.schema().project(&places)?);
        let (frame, history) = (Arc::clone(&self.frame), Arc::clone(&self.history));
        PitJoinExec::showing(frame, history, self.matching.clone(), self.shown.only(&places), schema)
    }
}

impl DisplayAs for PitJoinExec {
    fn fmt_as(&self, _: DisplayFormatType, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Matching { keys, frame_time, history_time, by_knowledge, strictly, ttl, created } = &self.matching;
        let keys: Vec<String> = keys.iter().map(|(one, other)| format!("{one} = {other}")).collect();
        let order = if *strictly { ">" } else { ">=" };
        write!(f, "PitJoinExec: on=[{}], {frame_time} {order} {history_time}", keys.join(", "))?;
        if let Some(created) = created {
            write!(f, ", {}={created}", if *by_knowledge { "known" } else { "created" })?;
        }
        ttl.map_or(Ok(()), |ttl| write!(f, ", ttl={ttl}"))
    }
}

impl ExecutionPlan for PitJoinExec {
    fn name(&self) -> &'static str {
        "PitJoinExec"
    }

    fn properties(&self) -> &Arc<PlanProperties> {
        &self.properties
    }

    fn children(&self) -> Vec<&Arc<dyn ExecutionPlan>> {
        vec![&self.frame, &self.history]
    }

    fn input_distribution_requirements(&self) -> InputDistributionRequirements {
        InputDistributionRequirements::new(vec![Distribution::SinglePartition, Distribution::UnspecifiedDistribution])
    }

    fn maintains_input_order(&self) -> Vec<bool> {
        vec![true, false]
    }

    fn benefits_from_input_partitioning(&self) -> Vec<bool> {
        vec![false, true]
    }

    fn apply_expressions(
        &self,
        f: &mut dyn FnMut(&Arc<dyn PhysicalExpr>) -> Result<TreeNodeRecursion>,
    ) -> Result<TreeNodeRecursion> {
        let Matching { keys, frame_time, history_time, created, .. } = &self.matching;
        let keys = keys.iter().flat_map(|(one, other)| [one, other]);
        for expr in keys.chain([frame_time, history_time]).chain(created) {
            if f(expr)? == TreeNodeRecursion::Stop {
                return Ok(TreeNodeRecursion::Stop);
            }
        }
        Ok(TreeNodeRecursion::Continue)
    }

    fn with_new_children(self: Arc<Self>, children: Vec<Arc<dyn ExecutionPlan>>) -> Result<Arc<dyn ExecutionPlan>> {
        match <[_; 2]>::try_from(children) {
            Ok([frame, history]) => {
                let (matching, shown) = (self.matching.clone(), self.shown.clone());
                Ok(Arc::new(PitJoinExec::showing(frame, history, matching, shown, self.schema())?))
            }
            Err(_) => internal_err!("a point-in-time join has two inputs"),
        }
    }

    fn execute(&self, partition: usize, context: Arc<TaskContext>) -> Result<SendableRecordBatchStream> {
        if partition != 0 {
            return internal_err!("a point-in-time join has one partition");
        }
        let join = Join {
            matching: self.matching.clone(),
            shown: self.shown.clone(),
            joined: Arc::clone(&self.joined),
            schema: self.schema(),
            batch_rows: context.session_config().batch_size(),
            reservation: Mutex::new(MemoryConsumer::new("PitJoinExec").register(context.memory_pool())),
        };
        let frame = self.frame.execute(0, Arc::clone(&context))?;
        let history = Arc::clone(&self.history);
        let rows = stream::once(async move { join.run(frame, history, context).await }).try_flatten();
        Ok(Box::pin(RecordBatchStreamAdapter::new(self.schema(), rows)))
    }

    fn try_swapping_with_projection(&self, projection: &ProjectionExec) -> Result<Option<Arc<dyn ExecutionPlan>>> {
        try_embed_projection(projection, self)
    }

    fn child_stats_requests(&self, partition: Option<usize>) -> Vec<ChildStats> {
        vec![ChildStats::At(partition), ChildStats::Skip]
    }

    fn statistics_from_inputs(&self, inputs: &[Arc<Statistics>], _: &StatisticsArgs) -> Result<Arc<Statistics>> {
        let mut statistics = Statistics::new_unknown(&self.schema());
        statistics.num_rows = inputs.first().map_or(Precision::Absent, |frame| frame.num_rows);
        Ok(Arc::new(statistics))
    }
}

/// So many batches are made at the same time.
const PARTS_AT_ONCE: usize = 2;

/// Some rows of the frame that are shown together.
#[derive(Clone, Copy, Debug)]
struct Part {
    batch: usize,
    begin: usize,
    rows: usize,
    /// The number of its first row in all of the frame.
    row: usize,
}

/// All rows of the batches, in their order, so many at most together.
fn parts(batches: &[RecordBatch], rows_most: usize) -> Vec<Part> {
    let (mut parts, mut row) = (Vec::new(), 0);
    for (batch, of) in batches.iter().enumerate() {
        for begin in (0..of.num_rows()).step_by(rows_most.max(1)) {
            let rows = rows_most.max(1).min(of.num_rows() - begin);
            parts.push(Part { batch, begin, rows, row });
            row += rows;
        }
    }
    parts
}

/// One run of the operator.
struct Join {
    matching: Matching,
    shown: Shown,
    joined: SchemaRef,
    schema: SchemaRef,
    batch_rows: usize,
    reservation: Mutex<MemoryReservation>,
}

impl Join {
    async fn run(
        self,
        frame: SendableRecordBatchStream,
        history: Arc<dyn ExecutionPlan>,
        context: Arc<TaskContext>,
    ) -> Result<SendableRecordBatchStream> {
        let frame = Arc::new(self.collect(frame).await?);
        self.reservation.lock().try_grow(frame.bytes() + Candidates::bytes_for(frame.moments()))?;
        let by_creation = self.matching.created.is_some();
        let candidates = Arc::new(Candidates::new(&frame, Arc::clone(&self.joined), by_creation));
        let join = Arc::new(self);
        // Of what nobody asks for, at no moment or none of its columns, nothing is read.
        if frame.moments() > 0 && !join.joined.fields().is_empty() {
            join.read_all(&history, &frame, &candidates, &context).await?;
        }
        drop(history);
        let lost = || exec_datafusion_err!("a point-in-time join is still read");
        let candidates = Arc::into_inner(candidates).ok_or_else(lost)?;
        let known = candidates.known(&frame, join.matching.ttl)?;
        let schema = Arc::clone(&join.schema);
        let shown = Arc::new((join, frame, known));
        let parts = stream::iter(parts(&shown.1.batches, shown.0.batch_rows));
        let rows = parts.map(move |part| {
            let shown = Arc::clone(&shown);
            SpawnedTask::spawn(async move {
                let (join, frame, known) = &*shown;
                let rows = frame.batches.get(part.batch).map(|batch| batch.slice(part.begin, part.rows));
                let Some(rows) = rows else { return internal_err!("a part of a frame is not in it") };
                let moments = (part.row..part.row + part.rows).map(|row| frame.moment_of(row));
                let known = known.at(moments)?;
                beside(&join.schema, &join.shown.order, &rows.project(&join.shown.of_frame)?, &known)
            })
        });
        // Where one thread makes them, they are made one after the other all the same.
        let rows = rows
            .buffered(PARTS_AT_ONCE)
            .map(|made| made.map_err(|error| exec_datafusion_err!("a task of a point-in-time join ended: {error}"))?);
        Ok(Box::pin(RecordBatchStreamAdapter::new(schema, rows)))
    }

    /// Lets all of the history arrive: so many of its streams at a time as the session has partitions.
    async fn read_all(
        self: &Arc<Self>,
        history: &Arc<dyn ExecutionPlan>,
        frame: &Arc<Frame>,
        candidates: &Arc<Candidates>,
        context: &Arc<TaskContext>,
    ) -> Result<()> {
        let at_once = context.session_config().target_partitions().max(1);
        let streams = history.output_partitioning().partition_count();
        let mut tasks = JoinSet::new();
        let mut waiting = 0..streams;
        loop {
            while tasks.len() < at_once
                && let Some(stream) = waiting.next()
            {
                let rows = history.execute(stream, Arc::clone(context))?;
                let (join, frame, candidates) = (Arc::clone(self), Arc::clone(frame), Arc::clone(candidates));
                tasks.spawn(async move { join.read(rows, Window::of(stream, streams), &frame, &candidates).await });
            }
            let Some(done) = tasks.join_next().await else { return Ok(()) };
            done.map_err(|error| exec_datafusion_err!("a task of a point-in-time join ended: {error}"))??;
        }
    }

    /// All of the frame, with its keys and times.
    async fn collect(&self, mut rows: SendableRecordBatchStream) -> Result<Frame> {
        let (mut batches, mut moments) = (Vec::new(), Vec::new());
        while let Some(batch) = rows.try_next().await? {
            let keys: Result<Vec<ArrayRef>> = self.matching.keys.iter().map(|(of, _)| column(of, &batch)).collect();
            let of_batch = Moments { keys: keys?, time: column(&self.matching.frame_time, &batch)? };
            // Keys and times are copied once when they are put in order.
            let copied: usize = of_batch.keys.iter().chain([&of_batch.time]).map(|a| a.get_array_memory_size()).sum();
            self.reservation.lock().try_grow(batch.get_array_memory_size() + copied)?;
            batches.push(batch);
            moments.push(of_batch);
        }
        Frame::new(batches, &moments, self.matching.keys.len())
    }

    /// Lets one stream of the history arrive.
    async fn read(
        &self,
        mut rows: SendableRecordBatchStream,
        mut window: Window,
        frame: &Frame,
        candidates: &Candidates,
    ) -> Result<()> {
        while let Some(batch) = rows.next().await {
            let batch = batch?;
            let before = window.sought.len();
            let created = self.matching.created.as_ref().map(|of| numbers(&column(of, &batch)?)).transpose()?;
            self.seek(&batch, created.as_ref(), frame, &mut window)?;
            self.reservation.lock().try_grow(window.grown())?;
            if window.sought.len() == before {
                continue;
            }
            let kept = candidates.kept_of(&batch.project(&self.shown.of_history)?, created)?;
            self.make_room(candidates, kept.get_array_memory_size())?;
            window.hold(kept);
            if window.is_full() {
                self.arrive(&mut window, frame, candidates)?;
            }
        }
        self.arrive(&mut window, frame, candidates)?;
        self.reservation.lock().shrink(window.bytes);
        Ok(())
    }

    /// Lets the rows of a window arrive at their moments.
    fn arrive(&self, window: &mut Window, frame: &Frame, candidates: &Candidates) -> Result<()> {
        window.deal_out(frame.key_count());
        let needless = candidates.arrive(window, frame, &self.matching)?;
        self.reservation.lock().shrink(needless);
        window.clear();
        Ok(())
    }

    /// Reserves memory for one more batch: what is kept needlessly is given up first.
    fn make_room(&self, candidates: &Candidates, bytes: usize) -> Result<()> {
        let reservation = self.reservation.lock();
        if !candidates.is_loose() && reservation.try_grow(bytes).is_ok() {
            return Ok(());
        }
        let before = candidates.kept_bytes();
        let after = candidates.put_together()?;
        reservation.shrink(before.saturating_sub(after).min(reservation.size()));
        reservation.try_grow(bytes)
    }

    /// Adds those rows of the batch to the window that may be known at some moment.
    fn seek(&self, batch: &RecordBatch, created: Option<&ArrayRef>, frame: &Frame, window: &mut Window) -> Result<()> {
        let Some((first, last)) = frame.span() else { return Ok(()) };
        let Matching { keys, history_time, by_knowledge, strictly, ttl, .. } = &self.matching;
        let times = Times::of(&column(history_time, batch)?)?;
        let created = created.filter(|_| *by_knowledge).map(Times::of).transpose()?;
        let oldest = ttl.map_or(i64::MIN, |ttl| first.saturating_sub(ttl));
        // The row's own time, and the first at which it is known; `None` where it is known at no moment.
        let known = |row: usize| {
            let time = times.get(row).filter(|time| *time >= oldest)?;
            let own = time.checked_add(i64::from(*strictly))?;
            let from = match &created {
                Some(created) => own.max(created.get(row)?),
                None => own,
            };
            (from <= last).then_some((time, from))
        };
        let keys: Result<Vec<ArrayRef>> = keys.iter().map(|(_, of)| column(of, batch)).collect();
        let in_time = (0..batch.num_rows()).filter_map(|row| Some((row, known(row)?)));
        frame.keys.find(&keys?, in_time, |row, (time, from), group| match created {
            Some(_) => window.seek_with_time(row, from, group, time),
            None => window.seek(row, from, group),
        })
    }
}

/// The columns of both beside each other, in an order.
fn beside(schema: &SchemaRef, order: &[usize], frame: &RecordBatch, known: &RecordBatch) -> Result<RecordBatch> {
    let columns: Vec<&ArrayRef> = frame.columns().iter().chain(known.columns()).collect();
    let columns = order.iter().filter_map(|place| columns.get(*place).copied().cloned()).collect();
    let options = RecordBatchOptions::new().with_row_count(Some(frame.num_rows()));
    Ok(RecordBatch::try_new_with_options(Arc::clone(schema), columns, &options)?)
}

fn column(of: &Arc<dyn PhysicalExpr>, batch: &RecordBatch) -> Result<ArrayRef> {
    of.evaluate(batch)?.into_array(batch.num_rows())
}
