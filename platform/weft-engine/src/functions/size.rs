//! How many bytes the values of an array take, without looking at each where that can be helped.

use std::ops::Range;

use arrow::array::{Array, ArrayRef, AsArray, OffsetSizeTrait, StructArray};
use arrow::datatypes::{BinaryViewType, DataType, StringViewType};

/// Bytes of the values in these rows, all their elements included.
pub(super) fn bytes(values: &dyn Array, rows: Range<usize>) -> usize {
    let count = rows.len();
    match values.data_type() {
        DataType::Null => 0,
        DataType::Boolean => count,
        DataType::Utf8 => of_offsets(values.as_string::<i32>().value_offsets(), rows),
        DataType::LargeUtf8 => of_offsets(values.as_string::<i64>().value_offsets(), rows),
        DataType::Binary => of_offsets(values.as_binary::<i32>().value_offsets(), rows),
        DataType::LargeBinary => of_offsets(values.as_binary::<i64>().value_offsets(), rows),
        DataType::Utf8View => of_views(values.as_byte_view::<StringViewType>().views(), rows),
        DataType::BinaryView => of_views(values.as_byte_view::<BinaryViewType>().views(), rows),
        DataType::FixedSizeBinary(width) => count.saturating_mul(usize::try_from(*width).unwrap_or(0)),
        DataType::List(_) => {
            let list = values.as_list::<i32>();
            of_elements(list.value_offsets(), list.values(), rows)
        }
        DataType::LargeList(_) => {
            let list = values.as_list::<i64>();
            of_elements(list.value_offsets(), list.values(), rows)
        }
        DataType::FixedSizeList(_, width) => {
            let width = usize::try_from(*width).unwrap_or(0);
            bytes(values.as_fixed_size_list().values(), rows.start * width..rows.end * width)
        }
        DataType::Map(..) => {
            let map = values.as_map();
            let entries: &StructArray = map.entries();
            let inner = within(map.value_offsets(), rows);
            bytes(entries, inner)
        }
        DataType::Struct(_) => values.as_struct().columns().iter().map(|column| bytes(column, rows.clone())).sum(),
        DataType::Dictionary(_, _) => {
            let dictionary = values.as_any_dictionary();
            let all = dictionary.values();
            let keys = dictionary.normalized_keys();
            let of_key = |key: &usize| bytes(all, *key..*key + 1);
            keys.get(rows).map_or(0, |keys| if all.is_empty() { 0 } else { keys.iter().map(of_key).sum() })
        }
        other => count.saturating_mul(other.primitive_width().unwrap_or(16)),
    }
}

/// Elements of the list in this row; one for what is no list.
pub(super) fn elements(values: &dyn Array, row: usize) -> usize {
    match values.data_type() {
        DataType::List(_) => within(values.as_list::<i32>().value_offsets(), row..row + 1).len(),
        DataType::LargeList(_) => within(values.as_list::<i64>().value_offsets(), row..row + 1).len(),
        DataType::FixedSizeList(_, width) => usize::try_from(*width).unwrap_or(0),
        DataType::Map(..) => within(values.as_map().value_offsets(), row..row + 1).len(),
        _ => 1,
    }
}

fn within<O: OffsetSizeTrait>(offsets: &[O], rows: Range<usize>) -> Range<usize> {
    let at = |row: usize| offsets.get(row).map_or(0, |offset| offset.as_usize());
    at(rows.start)..at(rows.end).max(at(rows.start))
}

fn of_offsets<O: OffsetSizeTrait>(offsets: &[O], rows: Range<usize>) -> usize {
    within(offsets, rows).len()
}

fn of_views(views: &[u128], rows: Range<usize>) -> usize {
    // The length of a value is in the lowest four bytes of its view.
    let length = |view: &u128| usize::try_from(*view & u128::from(u32::MAX)).unwrap_or(usize::MAX);
    views.get(rows).map_or(0, |views| views.iter().map(length).sum())
}

fn of_elements<O: OffsetSizeTrait>(offsets: &[O], inner: &ArrayRef, rows: Range<usize>) -> usize {
    bytes(inner, within(offsets, rows))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::array::{Int64Array, ListArray, StringArray, StringViewArray};
    use arrow::datatypes::Int64Type;

    use super::*;

    #[test]
    fn the_bytes_of_some_rows_are_those_of_their_values() {
        let texts = StringArray::from(vec![Some("a"), None, Some("bcd"), Some("é")]);
        assert_eq!(bytes(&texts, 0..4), 6);
        assert_eq!(bytes(&texts, 2..3), 3);
        let sliced = texts.slice(2, 2);
        assert_eq!(bytes(&sliced, 1..2), 2);
        let views = StringViewArray::from(vec!["a", "a text of more than twelve bytes"]);
        assert_eq!(bytes(&views, 0..2), 33);
        assert_eq!(bytes(&Int64Array::from(vec![1, 2, 3]), 1..3), 16);
        let structs: ArrayRef = Arc::new(StructArray::try_from(vec![("a", Arc::new(texts) as ArrayRef)]).unwrap());
        assert_eq!(bytes(&structs, 2..4), 5);
    }

    #[test]
    fn a_lists_elements_are_counted_row_by_row() {
        let lists = ListArray::from_iter_primitive::<Int64Type, _, _>(vec![
            Some(vec![Some(1), None, Some(3)]),
            None,
            Some(vec![]),
            Some(vec![Some(4)]),
        ]);
        assert_eq!((0..4).map(|row| elements(&lists, row)).collect::<Vec<_>>(), [3, 0, 0, 1]);
        assert_eq!(bytes(&lists, 0..1), 24);
        assert_eq!(bytes(&lists.slice(3, 1), 0..1), 8);
    }
}
