//! Rows of a history on their way to their moments: some hundred thousand are gathered, and those of keys that lie near
//! each other are looked up after one another.
//!
//! Looked up as they come, each row would wait for memory twice. A frame's moments are more than a processor keeps near,
//! but those of a few keys are not.

use arrow::array::RecordBatch;

use crate::frame::{Sought, TOGETHER};

/// So many rows are gathered: a batch less than what a list of twice so many as before has room for.
const ROWS: usize = (512 - 32) << 10;
/// Batches of so many rows in all are held for them.
const ROWS_HELD: usize = 8 * ROWS;
/// Keys are dealt out to at most so many places.
const PLACES_BITS: u32 = 10;

/// Rows that were gathered, and the batches that they are of. What it holds is used again for the next rows.
#[derive(Default)]
pub(crate) struct Window {
    /// What is kept of a history's columns.
    pub(crate) batches: Vec<RecordBatch>,
    /// With which row of the window each batch begins.
    begins: Vec<u32>,
    rows_held: usize,
    pub(crate) sought: Vec<Sought>,
    /// The own time of each row, where it does not follow from when the row is known.
    times: Vec<i64>,
    /// As long as the longest that was dealt; what it holds is nothing.
    dealt: Vec<Sought>,
    /// What it takes beside its batches.
    pub(crate) bytes: usize,
    /// Which of how many windows it is that are filled at the same time.
    turn: (usize, usize),
}

impl Window {
    /// The window of one of several streams.
    pub(crate) fn of(stream: usize, streams: usize) -> Self {
        Window { turn: (stream, streams), ..Window::default() }
    }

    /// All rows that are sought, some at a time. Windows of several streams begin with other keys each, so that their rows
    /// do not arrive at the same moments at the same time.
    pub(crate) fn some_at_a_time(&self) -> impl Iterator<Item = &[Sought]> {
        let (stream, streams) = self.turn;
        let chunks = self.sought.len() / TOGETHER * stream / streams.max(1);
        let (later, first) = self.sought.split_at_checked(chunks * TOGETHER).unwrap_or((&[], &self.sought));
        first.chunks(TOGETHER).chain(later.chunks(TOGETHER))
    }

    /// Adds a row of the batch that is added next, known `from` a time.
    #[inline]
    pub(crate) fn seek(&mut self, row: usize, from: i64, group: u32) {
        self.sought.push(Sought { from, group, row: (self.rows_held + row) as u32 });
    }

    /// Adds a row of the batch that is added next, known `from` a time, which has a time of its own.
    #[inline]
    pub(crate) fn seek_with_time(&mut self, row: usize, from: i64, group: u32, time: i64) {
        self.seek(row, from, group);
        self.times.resize(self.rows_held + row, i64::MIN);
        self.times.push(time);
    }

    pub(crate) fn hold(&mut self, batch: RecordBatch) {
        self.begins.push(self.rows_held as u32);
        self.rows_held += batch.num_rows();
        self.batches.push(batch);
    }

    /// How many bytes more it takes for the rows that came since this was asked last.
    pub(crate) fn grown(&mut self) -> usize {
        let bytes = self.sought.len() * 2 * size_of::<Sought>() + self.times.len() * size_of::<i64>();
        let grown = bytes.saturating_sub(self.bytes);
        self.bytes += grown;
        grown
    }

    pub(crate) fn is_full(&self) -> bool {
        self.sought.len() >= ROWS || self.rows_held >= ROWS_HELD
    }

    /// The batch of a row that is sought, and which row of that it is.
    #[inline]
    pub(crate) fn place(&self, row: u32) -> (u32, u32) {
        let batch = self.begins.partition_point(|begin| *begin <= row).saturating_sub(1);
        (batch as u32, row - self.begins.get(batch).copied().unwrap_or_default())
    }

    /// The own time of a row that is sought, where it was added with it.
    #[inline]
    pub(crate) fn time(&self, row: u32) -> Option<i64> {
        self.times.get(row as usize).copied()
    }

    /// Begins anew.
    pub(crate) fn clear(&mut self) {
        self.batches.clear();
        self.begins.clear();
        self.rows_held = 0;
        self.sought.clear();
        self.times.clear();
    }

    /// Puts rows that are sought of near keys beside each other, of `keys` in all.
    pub(crate) fn deal_out(&mut self, keys: usize) {
        let shift = (usize::BITS - keys.leading_zeros()).saturating_sub(PLACES_BITS);
        if self.sought.len() < 1 << PLACES_BITS || keys < 2 {
            return;
        }
        let place = |row: &Sought| (row.group >> shift) as usize;
        let mut next = vec![0_usize; (keys >> shift) + 2];
        for row in &self.sought {
            if let Some(count) = next.get_mut(place(row) + 1) {
                *count += 1;
            }
        }
        for at in 1..next.len() {
            next[at] += next[at - 1];
        }
        if self.dealt.len() < self.sought.len() {
            self.dealt.resize(self.sought.len(), Sought::default());
        }
        for row in &self.sought {
            let at = &mut next[place(row)];
            self.dealt[*at] = *row;
            *at += 1;
        }
        let rows = self.sought.len();
        std::mem::swap(&mut self.sought, &mut self.dealt);
        self.sought.truncate(rows);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_of_near_keys_come_after_one_another_and_none_is_lost() {
        for keys in [1, 2, 900, 1_024, 5_000, 1_000_000] {
            let row =
                |n: u32| Sought { row: n, group: (u64::from(n) * 7_919 % keys as u64) as u32, ..Sought::default() };
            let mut window = Window { sought: (0..20_000).map(row).collect(), ..Window::default() };
            window.deal_out(keys);
            let dealt = &window.sought;
            let mut rows: Vec<u32> = dealt.iter().map(|row| row.row).collect();
            rows.sort_unstable();
            assert_eq!(rows, (0..20_000).collect::<Vec<_>>(), "{keys} keys");
            let near = dealt.windows(2).filter(|pair| pair[0].group.abs_diff(pair[1].group) > keys as u32 / 256 + 1);
            assert!(near.count() < 2_048, "{keys} keys");
        }
    }
}
