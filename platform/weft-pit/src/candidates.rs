//! What is known best at each moment so far.

use std::cmp::Ordering;
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, AsArray, DynComparator, RecordBatch, RecordBatchOptions, make_comparator, new_null_array,
};
use arrow::compute::{SortOptions, interleave};
use arrow::datatypes::{DataType, Field, Fields, Int64Type, Schema, SchemaRef};

use datafusion::common::Result;
use parking_lot::{Mutex, RwLock};

use crate::exec::Matching;
use crate::frame::{Frame, TOGETHER};
use crate::window::Window;

/// Moments are dealt out to about so many locks, each for what a thread looks at in one go: threads that come to the same
/// moments wait for each other once, and then one goes ahead.
const SHARDS: usize = 1_024;
const MOMENTS_OF_SHARD_MIN: usize = 64;
/// Batches of which some row is known best are kept until they hold this much more than those rows.
const KEPT_BYTES: usize = 64 << 20;
/// Rows of a batch that is made of rows kept.
const ROWS_TOGETHER: usize = 64 << 10;

/// One row of the history that reaches a moment.
struct Arrival {
    moment: u32,
    /// Which row of its window it is.
    row: u32,
    time: i64,
}

/// The best row for a moment: its time, and where it is.
#[derive(Clone, Copy)]
struct Best {
    time: i64,
    batch: u32,
    row: u32,
}

const NONE: Best = Best { time: i64::MIN, batch: u32::MAX, row: 0 };

impl Best {
    #[inline]
    fn is_none(&self) -> bool {
        self.batch == u32::MAX
    }
}

/// The best row of the history for each moment of a frame.
pub(crate) struct Candidates {
    shards: Vec<Mutex<Vec<Best>>>,
    /// A power of two.
    moments_of_shard: usize,
    /// Held by what arrives, and alone by what gives other numbers to batches.
    numbers: RwLock<()>,
    kept: Mutex<Kept>,
    /// The columns that are shown.
    shown: SchemaRef,
    /// Those that are kept: with when each row was created before them, where that is known.
    schema: SchemaRef,
    by_creation: bool,
}

/// Rows of the history that may be shown.
#[derive(Default)]
struct Kept {
    batches: Vec<RecordBatch>,
    bytes: usize,
    /// How much there was after they were last put together.
    bytes_needed: usize,
}

impl Candidates {
    /// `by_creation` where rows have a time at which they were created.
    pub(crate) fn new(frame: &Frame, shown: SchemaRef, by_creation: bool) -> Self {
        let moments_of_shard = frame.moments().div_ceil(SHARDS).max(MOMENTS_OF_SHARD_MIN).next_power_of_two();
        let shards = (0..frame.moments()).step_by(moments_of_shard).map(|first| {
            let rest = frame.moments() - first;
            Mutex::new(vec![NONE; rest.min(moments_of_shard)])
        });
        let created = by_creation.then(|| Arc::new(Field::new("created", DataType::Int64, true)));
        let fields: Fields = created.into_iter().chain(shown.fields().iter().cloned()).collect();
        let (shards, schema) = (shards.collect(), Arc::new(Schema::new(fields)));
        let (numbers, kept) = (RwLock::default(), Mutex::default());
        Candidates { shards, moments_of_shard, numbers, kept, shown, schema, by_creation }
    }

    /// What is kept of some rows of the history: the columns that are shown, and when the rows were created.
    pub(crate) fn kept_of(&self, shown: &RecordBatch, created: Option<ArrayRef>) -> Result<RecordBatch> {
        let columns = created.into_iter().chain(shown.columns().iter().cloned()).collect();
        let options = RecordBatchOptions::new().with_row_count(Some(shown.num_rows()));
        Ok(RecordBatch::try_new_with_options(Arc::clone(&self.schema), columns, &options)?)
    }

    /// What all of it takes of memory before anything is kept.
    pub(crate) fn bytes_for(moments: usize) -> usize {
        moments * size_of::<Best>()
    }

    /// What the rows that are kept take of memory.
    pub(crate) fn kept_bytes(&self) -> usize {
        self.kept.lock().bytes
    }

    /// Whether to put rows together would free memory.
    pub(crate) fn is_loose(&self) -> bool {
        let kept = self.kept.lock();
        kept.bytes > kept.bytes_needed * 2 + KEPT_BYTES
    }

    /// Lets the rows of a window arrive at their moments, and gives how many bytes of its batches nobody needs. Rows of
    /// near keys come after one another, or it takes longer.
    pub(crate) fn arrive(&self, window: &Window, frame: &Frame, matching: &Matching) -> Result<usize> {
        let mut is_kept = vec![false; window.batches.len()];
        let _numbers = self.numbers.read();
        let first_batch = {
            let mut kept = self.kept.lock();
            kept.batches.extend_from_slice(&window.batches);
            kept.batches.len() - window.batches.len()
        };
        let number = |batch: u32| u32::try_from(first_batch).map_or(u32::MAX - 1, |first| first + batch);
        let mut ties = Ties::new(&self.kept, self.by_creation);
        let mut arrivals: Vec<Arrival> = Vec::with_capacity(TOGETHER);
        let bits = self.moments_of_shard.trailing_zeros();
        let shard = |arrival: &Arrival| arrival.moment as usize >> bits;
        for rows in window.some_at_a_time() {
            arrivals.clear();
            frame.first_moments(rows, |of, moment, at| {
                let time = window.time(of.row).unwrap_or(of.from - i64::from(matching.strictly));
                // Too old for the first moment is too old for all that come after it.
                if matching.ttl.is_none_or(|ttl| time >= at.saturating_sub(ttl)) {
                    arrivals.push(Arrival { moment, row: of.row, time });
                }
            });
            for of_shard in arrivals.chunk_by(|one, other| shard(one) == shard(other)) {
                let first = of_shard.first().map(shard).unwrap_or_default();
                let Some(lock) = self.shards.get(first) else { continue };
                let first = first * self.moments_of_shard;
                let mut bests = lock.lock();
                // Asked for in advance, and all at once, they are there when each is looked at.
                let fetched = of_shard.iter().filter_map(|row| bests.get(row.moment as usize - first));
                std::hint::black_box(fetched.fold(0, |sum: i64, best| sum ^ best.time));
                for Arrival { moment, row, time } in of_shard {
                    let Some(best) = bests.get_mut(*moment as usize - first) else { continue };
                    if *time < best.time && !best.is_none() {
                        continue;
                    }
                    let (batch, row) = window.place(*row);
                    let new = Best { time: *time, batch: number(batch), row };
                    if ties.compare(&new, best)? == Ordering::Greater {
                        *best = new;
                        if let Some(is_kept) = is_kept.get_mut(batch as usize) {
                            *is_kept = true;
                        }
                    }
                }
            }
        }
        let mut kept = self.kept.lock();
        let mut needless = 0;
        for (place, (batch, is_kept)) in (first_batch..).zip(window.batches.iter().zip(is_kept)) {
            let bytes = batch.get_array_memory_size();
            if is_kept {
                kept.bytes += bytes;
                continue;
            }
            needless += bytes;
            // Its place stays, so that the numbers of others do.
            if let Some(place) = kept.batches.get_mut(place) {
                *place = RecordBatch::new_empty(batch.schema());
            }
        }
        Ok(needless)
    }

    /// Keeps of the batches those rows alone that are known best, and gives what they take of memory.
    pub(crate) fn put_together(&self) -> Result<usize> {
        let _numbers = self.numbers.write();
        let mut kept = self.kept.lock();
        let mut shards: Vec<_> = self.shards.iter().map(Mutex::lock).collect();
        let mut places: Vec<&mut Best> =
            shards.iter_mut().flat_map(|shard| shard.iter_mut()).filter(|best| !best.is_none()).collect();
        let mut together = Vec::new();
        for (number, run) in (0_u32..).zip(places.chunks_mut(ROWS_TOGETHER)) {
            let at: Vec<(usize, usize)> = run.iter().map(|best| (best.batch as usize, best.row as usize)).collect();
            together.push(rows_of(&self.schema, &kept.batches, 0, &at)?);
            for (row, best) in (0_u32..).zip(run.iter_mut()) {
                (best.batch, best.row) = (number, row);
            }
        }
        let bytes = together.iter().map(RecordBatch::get_array_memory_size).sum();
        *kept = Kept { batches: together, bytes, bytes_needed: bytes };
        Ok(bytes)
    }

    /// The best rows when everything has arrived: what reached a moment is known at the later ones of its key too, and
    /// what is older than `ttl` is shown at none.
    pub(crate) fn known(self, frame: &Frame, ttl: Option<i64>) -> Result<Known> {
        let mut bests: Vec<Best> = self.shards.into_iter().flat_map(Mutex::into_inner).collect();
        let mut ties = Ties::new(&self.kept, self.by_creation);
        for of_key in frame.of_each_key() {
            let mut last = NONE;
            for best in bests.get_mut(of_key).into_iter().flatten() {
                if ties.compare(&last, best)? == Ordering::Greater {
                    *best = last;
                }
                last = *best;
            }
        }
        if let Some(ttl) = ttl {
            for (moment, best) in bests.iter_mut().enumerate() {
                if best.time < frame.time(moment).saturating_sub(ttl) {
                    *best = NONE;
                }
            }
        }
        let nothing: Vec<ArrayRef> =
            self.schema.fields().iter().map(|field| new_null_array(field.data_type(), 1)).collect();
        let Kept { mut batches, .. } = self.kept.into_inner();
        let none = batches.len();
        let one = RecordBatchOptions::new().with_row_count(Some(1));
        batches.push(RecordBatch::try_new_with_options(Arc::clone(&self.schema), nothing, &one)?);
        Ok(Known { bests, batches, none, shown: self.shown, first_shown: usize::from(self.by_creation) })
    }
}

/// What is known at each moment.
pub(crate) struct Known {
    bests: Vec<Best>,
    batches: Vec<RecordBatch>,
    /// The batch whose only row is NULL in every column.
    none: usize,
    shown: SchemaRef,
    /// Which column of a batch is the first that is shown.
    first_shown: usize,
}

impl Known {
    /// The rows that are known at these moments, in their order: NULL where nothing is, or where there is no moment.
    pub(crate) fn at(&self, moments: impl Iterator<Item = Option<usize>>) -> Result<RecordBatch> {
        let place = |moment: Option<usize>| match moment.and_then(|moment| self.bests.get(moment)) {
            Some(best) if !best.is_none() => (best.batch as usize, best.row as usize),
            _ => (self.none, 0),
        };
        rows_of(&self.shown, &self.batches, self.first_shown, &moments.map(place).collect::<Vec<_>>())
    }
}

/// Rows by batch and row, of their columns from the `first` on.
fn rows_of(schema: &SchemaRef, batches: &[RecordBatch], first: usize, at: &[(usize, usize)]) -> Result<RecordBatch> {
    let columns: Result<Vec<ArrayRef>, _> = (first..first + schema.fields().len())
        .map(|column| {
            let parts: Vec<&dyn Array> = batches.iter().map(|batch| batch.column(column).as_ref()).collect();
            interleave(&parts, at)
        })
        .collect();
    let options = RecordBatchOptions::new().with_row_count(Some(at.len()));
    Ok(RecordBatch::try_new_with_options(Arc::clone(schema), columns?, &options)?)
}

/// Compares rows: by their times, then by when they were created, then by their values. NULL is less than any.
///
/// Batches are asked for where times are equal alone.
struct Ties<'k> {
    kept: &'k Mutex<Kept>,
    by_creation: bool,
    batches: HashMap<u32, RecordBatch>,
    comparators: HashMap<(u32, u32), Vec<DynComparator>>,
}

impl<'k> Ties<'k> {
    fn new(kept: &'k Mutex<Kept>, by_creation: bool) -> Self {
        Ties { kept, by_creation, batches: HashMap::new(), comparators: HashMap::new() }
    }

    #[inline]
    fn compare(&mut self, one: &Best, other: &Best) -> Result<Ordering> {
        if one.time != other.time && !one.is_none() && !other.is_none() {
            return Ok(one.time.cmp(&other.time));
        }
        self.compare_slowly(one, other)
    }

    fn compare_slowly(&mut self, one: &Best, other: &Best) -> Result<Ordering> {
        let mut order = other.is_none().cmp(&one.is_none()).then(one.time.cmp(&other.time));
        if order == Ordering::Equal && self.by_creation && !one.is_none() {
            order = self.created(one).cmp(&self.created(other));
        }
        if order != Ordering::Equal || one.is_none() {
            return Ok(order);
        }
        if !self.comparators.contains_key(&(one.batch, other.batch)) {
            let batches = self.batch(one.batch).cloned().zip(self.batch(other.batch).cloned());
            let comparators = comparators(batches, usize::from(self.by_creation))?;
            self.comparators.insert((one.batch, other.batch), comparators);
        }
        let comparators = self.comparators.get(&(one.batch, other.batch)).into_iter().flatten();
        let order = comparators.map(|compare| compare(one.row as usize, other.row as usize));
        Ok(order.fold(Ordering::Equal, Ordering::then))
    }

    fn batch(&mut self, number: u32) -> Option<&RecordBatch> {
        match self.batches.entry(number) {
            Entry::Occupied(known) => Some(known.into_mut()),
            Entry::Vacant(place) => Some(place.insert(self.kept.lock().batches.get(number as usize)?.clone())),
        }
    }

    /// When a row was created, where there is a column that says so.
    fn created(&mut self, of: &Best) -> Option<i64> {
        let created = self.batch(of.batch)?.columns().first()?.as_primitive_opt::<Int64Type>()?;
        let row = of.row as usize;
        (row < created.len() && created.is_valid(row)).then(|| created.value(row))
    }
}

/// Of all columns from the `first` on.
fn comparators(batches: Option<(RecordBatch, RecordBatch)>, first: usize) -> Result<Vec<DynComparator>> {
    let options = SortOptions { descending: false, nulls_first: true };
    let Some((one, other)) = batches else { return Ok(Vec::new()) };
    let columns = one.columns().iter().zip(other.columns()).skip(first);
    columns.map(|(one, other)| Ok(make_comparator(one, other, options)?)).collect()
}
