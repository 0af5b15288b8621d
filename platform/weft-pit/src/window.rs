//! Rows of a history on their way to their moments: some hundred thousand are gathered, and those of keys that lie near
//! each other are looked up after one another.
//!
//! Looked up as they come, each row would wait for memory twice. A frame's moments are more than a processor keeps near,
//! but those of a few keys are not.

use arrow::array::RecordBatch;

use crate::candidates::Arrival;
use crate::frame::Sought;

/// So many rows are gathered.
const ROWS: usize = 512 << 10;
/// Keys are dealt out to at most so many places.
const PLACES_BITS: u32 = 10;

/// Rows that were gathered, and the batches that they are of. What it holds is used again for the next rows.
#[derive(Default)]
pub(crate) struct Window {
    /// The columns that are joined; rows that are sought name their batch by its place here.
    pub(crate) batches: Vec<RecordBatch>,
    pub(crate) sought: Vec<Sought>,
    pub(crate) arrivals: Vec<Arrival>,
    /// As long as the longest that was dealt; what it holds is nothing.
    dealt: Vec<Sought>,
    /// What it takes beside its batches, once its rows have arrived.
    pub(crate) bytes: usize,
}

impl Window {
    /// How many bytes more it takes for the rows that came since this was asked last.
    pub(crate) fn grown(&mut self) -> usize {
        let bytes = self.sought.len() * (2 * size_of::<Sought>() + size_of::<Arrival>());
        let grown = bytes.saturating_sub(self.bytes);
        self.bytes += grown;
        grown
    }

    pub(crate) fn is_full(&self) -> bool {
        self.sought.len() >= ROWS
    }

    /// The number of the batch that comes next.
    pub(crate) fn next_batch(&self) -> u32 {
        u32::try_from(self.batches.len()).unwrap_or(u32::MAX)
    }

    /// Begins anew.
    pub(crate) fn clear(&mut self) {
        self.batches.clear();
        self.sought.clear();
        self.arrivals.clear();
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
