//! The frame of entities: all its rows, and the moments of each key in order of time.

use arrow::array::RecordBatch;
use arrow::compute::concat;
use datafusion::common::{Result, exec_err};

use crate::keys::{Keys, has_no_key};
use crate::times::Times;

/// The rows of a frame, as they came, and where their moments are.
///
/// A moment is a row that has a key and a time. Moments are numbered such that those of one key follow each other in
/// order of time: what is known at one of them is known at the next ones too.
pub(crate) struct Frame {
    pub(crate) batches: Vec<RecordBatch>,
    pub(crate) keys: Keys,
    /// The time of each moment.
    times: Vec<i64>,
    /// Where the moments of each key begin, and at last where those of the last key end.
    begins: Vec<u32>,
    /// The moment of each row of the frame; [`NO_MOMENT`] where it has none.
    moment_of: Vec<u32>,
    /// The first and the last of all times.
    span: Option<(i64, i64)>,
}

const NO_MOMENT: u32 = u32::MAX;

/// So many rows at most are looked up at the same time.
pub(crate) const TOGETHER: usize = 256;

/// A row of the history that looks for its first moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Sought {
    /// The first time at which it is known.
    pub(crate) from: i64,
    pub(crate) group: u32,
    /// Which row of its window it is.
    pub(crate) row: u32,
}

/// Keys and times of one batch of the frame.
pub(crate) struct Moments {
    pub(crate) keys: Vec<arrow::array::ArrayRef>,
    pub(crate) time: arrow::array::ArrayRef,
}

impl Frame {
    pub(crate) fn new(batches: Vec<RecordBatch>, moments: &[Moments], key_count: usize) -> Result<Self> {
        let rows: usize = batches.iter().map(RecordBatch::num_rows).sum();
        if rows >= NO_MOMENT as usize {
            return exec_err!("a frame of an ASOF JOIN has fewer than {NO_MOMENT} rows");
        }
        let joined = |of: &dyn Fn(&Moments) -> Option<&arrow::array::ArrayRef>| {
            let parts: Vec<&dyn arrow::array::Array> = moments.iter().filter_map(of).map(AsRef::as_ref).collect();
            concat(&parts)
        };
        if moments.is_empty() {
            let keys = Keys::One;
            return Ok(Frame {
                batches,
                keys,
                times: Vec::new(),
                begins: vec![0, 0],
                moment_of: Vec::new(),
                span: None,
            });
        }
        let columns: Result<Vec<_>, _> = (0..key_count).map(|key| joined(&|of| of.keys.get(key))).collect();
        let (keys, count, group_of) = Keys::number(&columns?, rows)?;
        let times = Times::of(&joined(&|of| Some(&of.time))?)?;

        let mut begins = vec![0_u32; count + 1];
        let mut of_moments: Vec<(u32, i64, u32)> = Vec::with_capacity(rows);
        for (row, group) in (0_u32..).zip(&group_of).filter(|(_, group)| !has_no_key(**group)) {
            let Some(time) = times.get(row as usize) else { continue };
            of_moments.push((*group, time, row));
            if let Some(count) = begins.get_mut(*group as usize + 1) {
                *count += 1;
            }
        }
        for at in 1..begins.len() {
            begins[at] += begins[at - 1];
        }
        let ordered = in_order(of_moments, &begins);
        let mut moment_of = vec![NO_MOMENT; rows];
        for (moment, (_, row)) in (0_u32..).zip(&ordered) {
            moment_of[*row as usize] = moment;
        }
        let times: Vec<i64> = ordered.into_iter().map(|(time, _)| time).collect();
        let span = times.iter().min().copied().zip(times.iter().max().copied());
        Ok(Frame { batches, keys, times, begins, moment_of, span })
    }

    pub(crate) fn moments(&self) -> usize {
        self.times.len()
    }

    /// How many keys there are.
    pub(crate) fn key_count(&self) -> usize {
        self.begins.len() - 1
    }

    /// The first and the last moment; `None` where there is none.
    pub(crate) fn span(&self) -> Option<(i64, i64)> {
        self.span
    }

    /// Calls `found` with each row that some moment comes up to: with the first such moment, and its time. Takes
    /// [`TOGETHER`] rows at most.
    ///
    /// Moments lie far apart in memory. All rows are looked up in steps, each step for all of them: the processor fetches
    /// for the next rows while it waits for one.
    pub(crate) fn first_moments(&self, sought: &[Sought], mut found: impl FnMut(&Sought, u32, i64)) {
        let mut ranges = [(0_u32, 0_u32); TOGETHER];
        for (range, row) in ranges.iter_mut().zip(sought) {
            let ends = self.begins.get(row.group as usize..).and_then(|rest| rest.get(..2));
            *range = ends.map_or((0, 0), |ends| (ends[0], ends[1]));
        }
        for ((begin, end), row) in ranges.iter_mut().zip(sought) {
            let middle = *begin + (*end - *begin) / 2;
            match self.times.get(middle as usize) {
                Some(time) if middle < *end && *time < row.from => *begin = middle + 1,
                _ => *end = middle,
            }
        }
        for ((begin, end), row) in ranges.iter().zip(sought) {
            // What stands at the end was compared already, or is another key's.
            let between = self.times.get(*begin as usize..*end as usize).unwrap_or(&[]);
            let first = *begin + between.partition_point(|time| *time < row.from) as u32;
            let last = self.begins.get(row.group as usize + 1).copied().unwrap_or_default();
            if let Some(time) = self.times.get(first as usize).filter(|_| first < last) {
                found(row, first, *time);
            }
        }
    }

    /// The moments of each key, one key after the other.
    pub(crate) fn of_each_key(&self) -> impl Iterator<Item = std::ops::Range<usize>> {
        self.begins.windows(2).map(|ends| ends[0] as usize..ends[1] as usize)
    }

    pub(crate) fn time(&self, moment: usize) -> i64 {
        self.times.get(moment).copied().unwrap_or_default()
    }

    /// The moment of a row, if it has one.
    pub(crate) fn moment_of(&self, row: usize) -> Option<usize> {
        self.moment_of.get(row).filter(|moment| **moment != NO_MOMENT).map(|moment| *moment as usize)
    }

    /// What the frame takes of memory beside its batches.
    pub(crate) fn bytes(&self) -> usize {
        self.times.len() * 8 + self.begins.len() * 4 + self.moment_of.len() * 4 + self.keys.bytes()
    }
}

/// Time and row of each moment, by key and time: dealt out to the keys first, which is less than to sort them all.
fn in_order(of_moments: Vec<(u32, i64, u32)>, begins: &[u32]) -> Vec<(i64, u32)> {
    let mut next = begins.to_vec();
    let mut ordered = vec![(0_i64, 0_u32); of_moments.len()];
    for (group, time, row) in of_moments {
        let place = &mut next[group as usize];
        ordered[*place as usize] = (time, row);
        *place += 1;
    }
    for ends in begins.windows(2) {
        ordered[ends[0] as usize..ends[1] as usize].sort_unstable();
    }
    ordered
}
