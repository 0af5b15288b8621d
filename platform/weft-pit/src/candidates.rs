//! What is known best at each moment so far.

use std::cmp::Ordering;
use std::collections::HashMap;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, DynComparator, RecordBatch, RecordBatchOptions, make_comparator, new_null_array};
use arrow::compute::{SortOptions, interleave};
use arrow::datatypes::SchemaRef;

use datafusion::common::Result;
use parking_lot::{Mutex, RwLock, RwLockWriteGuard};

use crate::frame::Frame;

/// Moments are dealt out to so many locks, so that rows of several streams find their places at the same time.
const SHARDS: usize = 16;
/// Batches of which some row is known best are kept until they hold this much more than those rows.
const KEPT_BYTES: usize = 64 << 20;
/// Rows of a batch that is made of rows kept.
const ROWS_TOGETHER: usize = 64 << 10;

/// So many places are looked at at the same time.
const TOGETHER: usize = 256;

/// One row of the history that reaches a moment.
#[derive(Clone, Copy)]
pub(crate) struct Arrival {
    pub(crate) moment: u32,
    /// Which of the batches that arrive together it is of.
    pub(crate) batch: u32,
    pub(crate) row: u32,
    pub(crate) time: i64,
    /// When it was created; the least number where nobody knows.
    pub(crate) created: i64,
}

/// The best row for a moment: how it compares, and where it is.
#[derive(Clone, Copy)]
struct Best {
    time: i64,
    created: i64,
    batch: u32,
    row: u32,
}

const NONE: Best = Best { time: i64::MIN, created: i64::MIN, batch: u32::MAX, row: 0 };

impl Best {
    fn is_none(&self) -> bool {
        self.batch == u32::MAX
    }
}

/// The best row of the history for each moment of a frame.
pub(crate) struct Candidates {
    shards: Vec<Mutex<Vec<Best>>>,
    moments_of_shard: usize,
    kept: RwLock<Kept>,
    schema: SchemaRef,
}

/// Rows of the history that may be shown.
#[derive(Default)]
struct Kept {
    batches: Vec<RecordBatch>,
    bytes: usize,
    /// How much there was after they were last put together.
    bytes_needed: usize,
    times_put_together: u64,
}

impl Candidates {
    pub(crate) fn new(frame: &Frame, schema: SchemaRef) -> Self {
        let moments_of_shard = frame.moments().div_ceil(SHARDS).max(1);
        let shards = (0..SHARDS).map(|shard| {
            let rest = frame.moments().saturating_sub(shard * moments_of_shard);
            Mutex::new(vec![NONE; rest.min(moments_of_shard)])
        });
        Candidates { shards: shards.collect(), moments_of_shard, kept: RwLock::default(), schema }
    }

    /// What all of it takes of memory before anything is kept.
    pub(crate) fn bytes_for(moments: usize) -> usize {
        moments * size_of::<Best>()
    }

    /// What the rows that are kept take of memory.
    pub(crate) fn kept_bytes(&self) -> usize {
        self.kept.read().bytes
    }

    /// Whether to put rows together would free memory.
    pub(crate) fn is_loose(&self) -> bool {
        let kept = self.kept.read();
        kept.bytes > kept.bytes_needed * 2 + KEPT_BYTES
    }

    /// Lets rows of some batches arrive at their moments, and gives how many bytes of these batches nobody needs.
    /// `joined` are their columns that are joined. Arrivals at near moments come after one another, or it takes longer.
    pub(crate) fn arrive(&self, joined: &[RecordBatch], arrivals: &[Arrival]) -> Result<usize> {
        let mut is_kept = vec![false; joined.len()];
        let (first_batch, time_put_together) = {
            let mut kept = self.kept.write();
            let first_batch = u32::try_from(kept.batches.len()).unwrap_or(u32::MAX - 1);
            kept.batches.extend_from_slice(joined);
            // Numbers of batches stand until rows are put together, which waits for this.
            let kept = RwLockWriteGuard::downgrade(kept);
            let mut ties = Ties { batches: &kept.batches, comparators: HashMap::new() };
            let shard = |arrival: &Arrival| arrival.moment as usize / self.moments_of_shard;
            for of_shard in arrivals.chunk_by(|one, other| shard(one) == shard(other)) {
                let Some((number, lock)) = of_shard.first().map(shard).and_then(|at| Some((at, self.shards.get(at)?)))
                else {
                    continue;
                };
                let first = number * self.moments_of_shard;
                let mut bests = lock.lock();
                for rows in of_shard.chunks(TOGETHER) {
                    // Asked for in advance, and all at once, they are there when each is looked at.
                    let fetched = rows.iter().filter_map(|row| bests.get(row.moment as usize - first));
                    std::hint::black_box(fetched.fold(0, |sum: i64, best| sum ^ best.time));
                    for row in rows {
                        let Some(best) = bests.get_mut(row.moment as usize - first) else { continue };
                        let batch = first_batch + row.batch;
                        let new = Best { time: row.time, created: row.created, batch, row: row.row };
                        if ties.compare(&new, best)? == Ordering::Greater {
                            *best = new;
                            if let Some(is_kept) = is_kept.get_mut(row.batch as usize) {
                                *is_kept = true;
                            }
                        }
                    }
                }
            }
            (first_batch, kept.times_put_together)
        };
        let mut kept = self.kept.write();
        if kept.times_put_together != time_put_together {
            // What of them is needed was put together with all else meanwhile.
            return Ok(joined.iter().map(RecordBatch::get_array_memory_size).sum());
        }
        let mut needless = 0;
        for (place, (batch, is_kept)) in (first_batch as usize..).zip(joined.iter().zip(is_kept)) {
            let bytes = batch.get_array_memory_size();
            match kept.batches.get_mut(place) {
                _ if is_kept => kept.bytes += bytes,
                // Its place stays, so that the numbers of others do.
                Some(place) => {
                    *place = RecordBatch::new_empty(batch.schema());
                    needless += bytes;
                }
                None => needless += bytes,
            }
        }
        Ok(needless)
    }

    /// Keeps of the batches those rows alone that are known best, and gives what they take of memory.
    pub(crate) fn put_together(&self) -> Result<usize> {
        let mut kept = self.kept.write();
        let mut shards: Vec<_> = self.shards.iter().map(Mutex::lock).collect();
        let mut places: Vec<&mut Best> =
            shards.iter_mut().flat_map(|shard| shard.iter_mut()).filter(|best| !best.is_none()).collect();
        let mut together = Vec::new();
        for (number, run) in (0_u32..).zip(places.chunks_mut(ROWS_TOGETHER)) {
            let at: Vec<(usize, usize)> = run.iter().map(|best| (best.batch as usize, best.row as usize)).collect();
            together.push(rows_of(&self.schema, &kept.batches, &at)?);
            for (row, best) in (0_u32..).zip(run.iter_mut()) {
                (best.batch, best.row) = (number, row);
            }
        }
        let bytes = together.iter().map(RecordBatch::get_array_memory_size).sum();
        let times_put_together = kept.times_put_together + 1;
        *kept = Kept { batches: together, bytes, bytes_needed: bytes, times_put_together };
        Ok(bytes)
    }

    /// The best rows when everything has arrived: what reached a moment is known at the later ones of its key too, and
    /// what is older than `ttl` is shown at none.
    pub(crate) fn known(self, frame: &Frame, ttl: Option<i64>) -> Result<Known> {
        let mut bests: Vec<Best> = self.shards.into_iter().flat_map(Mutex::into_inner).collect();
        let Kept { mut batches, .. } = self.kept.into_inner();
        let mut ties = Ties { batches: &batches, comparators: HashMap::new() };
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
        let none = batches.len();
        let one = RecordBatchOptions::new().with_row_count(Some(1));
        batches.push(RecordBatch::try_new_with_options(Arc::clone(&self.schema), nothing, &one)?);
        Ok(Known { bests, batches, none, schema: self.schema })
    }
}

/// What is known at each moment.
pub(crate) struct Known {
    bests: Vec<Best>,
    batches: Vec<RecordBatch>,
    /// The batch whose only row is NULL in every column.
    none: usize,
    schema: SchemaRef,
}

impl Known {
    /// The rows that are known at these moments, in their order: NULL where nothing is, or where there is no moment.
    pub(crate) fn at(&self, moments: impl Iterator<Item = Option<usize>>) -> Result<RecordBatch> {
        let place = |moment: Option<usize>| match moment.and_then(|moment| self.bests.get(moment)) {
            Some(best) if !best.is_none() => (best.batch as usize, best.row as usize),
            _ => (self.none, 0),
        };
        rows_of(&self.schema, &self.batches, &moments.map(place).collect::<Vec<_>>())
    }
}

/// Rows by batch and row.
fn rows_of(schema: &SchemaRef, batches: &[RecordBatch], at: &[(usize, usize)]) -> Result<RecordBatch> {
    let columns: Result<Vec<ArrayRef>, _> = (0..schema.fields().len())
        .map(|column| {
            let parts: Vec<&dyn Array> = batches.iter().map(|batch| batch.column(column).as_ref()).collect();
            interleave(&parts, at)
        })
        .collect();
    let options = RecordBatchOptions::new().with_row_count(Some(at.len()));
    Ok(RecordBatch::try_new_with_options(Arc::clone(schema), columns?, &options)?)
}

/// Compares rows, by their values where nothing else tells them apart.
struct Ties<'b> {
    batches: &'b [RecordBatch],
    comparators: HashMap<(u32, u32), Vec<DynComparator>>,
}

impl Ties<'_> {
    #[inline]
    fn compare(&mut self, one: &Best, other: &Best) -> Result<Ordering> {
        if one.time != other.time && !one.is_none() && !other.is_none() {
            return Ok(one.time.cmp(&other.time));
        }
        self.compare_slowly(one, other)
    }

    fn compare_slowly(&mut self, one: &Best, other: &Best) -> Result<Ordering> {
        let by_time =
            other.is_none().cmp(&one.is_none()).then((one.time, one.created).cmp(&(other.time, other.created)));
        if by_time != Ordering::Equal || one.is_none() {
            return Ok(by_time);
        }
        let comparators = match self.comparators.entry((one.batch, other.batch)) {
            std::collections::hash_map::Entry::Occupied(known) => known.into_mut(),
            std::collections::hash_map::Entry::Vacant(place) => {
                place.insert(comparators(self.batches.get(one.batch as usize), self.batches.get(other.batch as usize))?)
            }
        };
        let order = comparators.iter().map(|compare| compare(one.row as usize, other.row as usize));
        Ok(order.fold(Ordering::Equal, Ordering::then))
    }
}

fn comparators(one: Option<&RecordBatch>, other: Option<&RecordBatch>) -> Result<Vec<DynComparator>> {
    let options = SortOptions { descending: false, nulls_first: true };
    let columns = one.zip(other).into_iter().flat_map(|(one, other)| one.columns().iter().zip(other.columns()));
    columns.map(|(one, other)| Ok(make_comparator(one, other, options)?)).collect()
}
