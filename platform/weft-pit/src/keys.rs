//! The keys of a frame, numbered, and the numbers of keys of a history.

use std::collections::HashMap;

use arrow::array::{Array, ArrayRef, AsArray};
use arrow::datatypes::{DataType, Int64Type};
use arrow::row::{RowConverter, SortField};
use datafusion::common::Result;
use datafusion::common::hash_utils::RandomState;

/// Where the numbers of keys lie no wider apart than this many times as they are many, they are looked up by place.
const SPREAD_MAX: u64 = 8;
const ABSENT: u32 = u32::MAX;

/// Which rows have which key. Rows without one, or with NULL in a part of it, have none.
pub(crate) enum Keys {
    /// There are no keys: all rows belong together.
    One,
    Numbers(Numbers),
    Rows(Encoded),
}

/// Keys that are one whole number.
pub(crate) enum Numbers {
    Dense { least: i64, groups: Vec<u32> },
    Sparse(HashMap<i64, u32, RandomState>),
}

/// Keys of several parts or other types, as comparable bytes.
pub(crate) struct Encoded {
    converter: RowConverter,
    groups: HashMap<Box<[u8]>, u32, RandomState>,
}

impl Keys {
    /// Numbers the keys of a frame from zero. Gives with them how many there are, and the number of each row.
    pub(crate) fn number(columns: &[ArrayRef], rows: usize) -> Result<(Keys, usize, Vec<u32>)> {
        match columns {
            [] => Ok((Keys::One, 1, vec![0; rows])),
            [one] if *one.data_type() == DataType::Int64 => {
                let (numbers, count, of) = Numbers::number(one);
                Ok((Keys::Numbers(numbers), count, of))
            }
            several => {
                let fields = several.iter().map(|column| SortField::new(column.data_type().clone())).collect();
                let mut keys = Encoded { converter: RowConverter::new(fields)?, groups: HashMap::default() };
                let encoded = keys.converter.convert_columns(several)?;
                let of = (0..rows).map(|row| {
                    if is_null(several, row) {
                        return ABSENT;
                    }
                    let next = u32::try_from(keys.groups.len()).unwrap_or(ABSENT);
                    match keys.groups.get(encoded.row(row).data()) {
                        Some(known) => *known,
                        None => {
                            keys.groups.insert(encoded.row(row).data().into(), next);
                            next
                        }
                    }
                });
                let of = of.collect();
                let count = keys.groups.len();
                Ok((Keys::Rows(keys), count, of))
            }
        }
    }

    /// Calls `found` with each row, of those that are wanted, whose key the frame has: with what came with it, and the
    /// number of the key.
    pub(crate) fn find<T>(
        &self,
        columns: &[ArrayRef],
        wanted: impl Iterator<Item = (usize, T)>,
        mut found: impl FnMut(usize, T, u32),
    ) -> Result<()> {
        match (self, columns) {
            (Keys::One, _) => wanted.for_each(|(row, with)| found(row, with, 0)),
            (Keys::Numbers(numbers), [one]) => {
                let array = one.as_primitive::<Int64Type>();
                let (values, nulls) = (array.values(), array.nulls());
                for (row, with) in wanted.filter(|(row, _)| nulls.is_none_or(|nulls| nulls.is_valid(*row))) {
                    if let Some(group) = values.get(row).and_then(|value| numbers.get(*value)) {
                        found(row, with, group);
                    }
                }
            }
            (Keys::Rows(keys), several) => {
                let encoded = keys.converter.convert_columns(several)?;
                for (row, with) in wanted.filter(|(row, _)| !is_null(several, *row)) {
                    if let Some(group) = keys.groups.get(encoded.row(row).data()) {
                        found(row, with, *group);
                    }
                }
            }
            (Keys::Numbers(_), _) => {}
        }
        Ok(())
    }

    /// What they take of memory, about.
    pub(crate) fn bytes(&self) -> usize {
        match self {
            Keys::One => 0,
            Keys::Numbers(Numbers::Dense { groups, .. }) => groups.len() * 4,
            Keys::Numbers(Numbers::Sparse(groups)) => groups.capacity() * 17,
            Keys::Rows(keys) => {
                keys.groups.keys().map(|key| key.len() + 16).sum::<usize>() + keys.groups.capacity() * 25
            }
        }
    }
}

/// Whether the row is without a key.
pub(crate) fn has_no_key(group: u32) -> bool {
    group == ABSENT
}

fn is_null(columns: &[ArrayRef], row: usize) -> bool {
    columns.iter().any(|column| column.is_null(row))
}

impl Numbers {
    fn number(column: &ArrayRef) -> (Self, usize, Vec<u32>) {
        let array = column.as_primitive::<Int64Type>();
        let (least, greatest) = (arrow::compute::min(array), arrow::compute::max(array));
        let spread = least.zip(greatest).map(|(least, greatest)| greatest.abs_diff(least));
        let many = u64::try_from(array.len()).unwrap_or(u64::MAX).max(1_024);
        let mut numbers = match spread {
            Some(spread) if spread < many.saturating_mul(SPREAD_MAX) => {
                let places = usize::try_from(spread).map_or(0, |spread| spread + 1);
                Numbers::Dense { least: least.unwrap_or_default(), groups: vec![ABSENT; places] }
            }
            _ => Numbers::Sparse(HashMap::default()),
        };
        let mut count = 0_u32;
        let of = array.iter().map(|value| value.map_or(ABSENT, |value| numbers.get_or_number(value, &mut count)));
        let of = of.collect();
        (numbers, count as usize, of)
    }

    fn get_or_number(&mut self, value: i64, count: &mut u32) -> u32 {
        let place = match self {
            Numbers::Dense { least, groups } => match groups.get_mut(offset(value, *least)) {
                Some(place) => place,
                None => return ABSENT,
            },
            Numbers::Sparse(groups) => groups.entry(value).or_insert(ABSENT),
        };
        if *place == ABSENT {
            *place = *count;
            *count += 1;
        }
        *place
    }

    #[inline]
    fn get(&self, value: i64) -> Option<u32> {
        match self {
            Numbers::Dense { least, groups } => groups.get(offset(value, *least)).copied().filter(|g| *g != ABSENT),
            Numbers::Sparse(groups) => groups.get(&value).copied(),
        }
    }
}

/// How far `value` lies above `least`; too far for any place where it lies below.
fn offset(value: i64, least: i64) -> usize {
    value.checked_sub(least).and_then(|above| usize::try_from(above).ok()).unwrap_or(usize::MAX)
}
