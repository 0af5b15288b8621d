//! What stands in the place of hidden values: a mask for each column, and for parts within one.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, ListArray, MapArray, StructArray, new_null_array};
use arrow::datatypes::{DataType, Field, FieldRef, Fields};
use arrow::error::ArrowError;
use weft_governance::Mask;

use crate::mask_values::{MaskKey, ValueMask};

/// How one column, or a part of it, is shown.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Masker {
    /// As it is.
    Clear,
    /// NULL in every place.
    Null,
    Values(ValueMask),
    /// Field by field.
    Struct(Vec<Masker>),
    /// Each element.
    List(Box<Masker>),
    /// Each value; keys stay.
    Map(Box<Masker>),
}

impl Masker {
    /// The masks of one column of type `data_type`; each path leads down from the column, and is
    /// empty for the column itself. A mask on the whole takes what is below with it.
    ///
    /// # Errors
    ///
    /// In words for the log, if a path leads nowhere or a mask does not fit the type it meets.
    pub(crate) fn new(data_type: &DataType, masks: &[(&[String], &Mask)], key: &MaskKey) -> Result<Self, String> {
        let mut masker = Masker::Clear;
        // The shortest paths last: they replace what was said of their parts.
        let mut masks = masks.to_vec();
        masks.sort_by_key(|(path, _)| std::cmp::Reverse(path.len()));
        for (path, mask) in masks {
            masker.put(data_type, path, mask, key)?;
        }
        Ok(masker)
    }

    fn put(&mut self, data_type: &DataType, path: &[String], mask: &Mask, key: &MaskKey) -> Result<(), String> {
        let nowhere = |name: &str| format!("a mask names the part `{name}`, which {data_type} does not have");
        let Some((name, below)) = path.split_first() else {
            *self = match mask {
                Mask::Null => Masker::Null,
                other => Masker::Values(ValueMask::new(other, data_type, key)?),
            };
            return Ok(());
        };
        match data_type {
            DataType::Struct(fields) => {
                let at = fields.iter().position(|field| field.name() == name).ok_or_else(|| nowhere(name))?;
                if !matches!(self, Masker::Struct(_)) {
                    *self = Masker::Struct(vec![Masker::Clear; fields.len()]);
                }
                match (self, fields.get(at)) {
                    (Masker::Struct(parts), Some(field)) => match parts.get_mut(at) {
                        Some(part) => part.put(field.data_type(), below, mask, key),
                        None => Err(nowhere(name)),
                    },
                    _ => Err(nowhere(name)),
                }
            }
            DataType::List(element) if name == "[]" => {
                let mut inner = match std::mem::replace(self, Masker::Clear) {
                    Masker::List(inner) => *inner,
                    _ => Masker::Clear,
                };
                inner.put(element.data_type(), below, mask, key)?;
                *self = Masker::List(Box::new(inner));
                Ok(())
            }
            DataType::Map(entries, _) if name == "{}" => {
                let value = value_field(entries).ok_or_else(|| nowhere(name))?;
                let mut inner = match std::mem::replace(self, Masker::Clear) {
                    Masker::Map(inner) => *inner,
                    _ => Masker::Clear,
                };
                inner.put(value.data_type(), below, mask, key)?;
                *self = Masker::Map(Box::new(inner));
                Ok(())
            }
            _ => Err(nowhere(name)),
        }
    }

    pub(crate) fn is_clear(&self) -> bool {
        *self == Masker::Clear
    }

    /// The field as it is shown: of the same type, and nullable where NULL takes a value's place.
    pub(crate) fn field(&self, field: &Field) -> Field {
        let shown = Field::new(field.name(), self.data_type(field.data_type()), field.is_nullable());
        if *self == Masker::Null { shown.with_nullable(true) } else { shown }
    }

    fn data_type(&self, data_type: &DataType) -> DataType {
        match (self, data_type) {
            (Masker::Struct(parts), DataType::Struct(fields)) => {
                DataType::Struct(parts.iter().zip(fields).map(|(part, field)| Arc::new(part.field(field))).collect())
            }
            (Masker::List(inner), DataType::List(element)) => DataType::List(Arc::new(inner.field(element))),
            (Masker::Map(inner), DataType::Map(entries, sorted)) => {
                DataType::Map(Arc::new(shown_entries(inner, entries)), *sorted)
            }
            _ => data_type.clone(),
        }
    }

    /// The values as they are shown. Of the same length; NULL stays NULL. It fails for no value,
    /// only where `array` is not of the type that the mask was made for.
    pub(crate) fn apply(&self, array: &ArrayRef) -> Result<ArrayRef, ArrowError> {
        let misfit = || ArrowError::SchemaError("a mask meets a type that it was not made for".to_owned());
        Ok(match self {
            Masker::Clear => Arc::clone(array),
            Masker::Null => new_null_array(array.data_type(), array.len()),
            Masker::Values(mask) => mask.apply(array)?,
            Masker::Struct(parts) => {
                let values = array.as_struct_opt().filter(|v| v.num_columns() == parts.len()).ok_or_else(misfit)?;
                let shown: Result<Vec<_>, _> =
                    parts.iter().zip(values.columns()).map(|(part, values)| part.apply(values)).collect();
                let DataType::Struct(fields) = self.data_type(array.data_type()) else { return Err(misfit()) };
                Arc::new(StructArray::try_new_with_length(fields, shown?, values.nulls().cloned(), values.len())?)
            }
            Masker::List(inner) => {
                let lists = array.as_list_opt::<i32>().ok_or_else(misfit)?;
                let shown = inner.apply(lists.values())?;
                let DataType::List(element) = self.data_type(array.data_type()) else { return Err(misfit()) };
                Arc::new(ListArray::try_new(element, lists.offsets().clone(), shown, lists.nulls().cloned())?)
            }
            Masker::Map(inner) => {
                let maps = array.as_map_opt().ok_or_else(misfit)?;
                let shown = inner.apply(maps.values())?;
                let DataType::Map(entries, sorted) = self.data_type(array.data_type()) else { return Err(misfit()) };
                let DataType::Struct(fields) = entries.data_type() else { return Err(misfit()) };
                let pairs = StructArray::try_new(fields.clone(), vec![Arc::clone(maps.keys()), shown], None)?;
                Arc::new(MapArray::try_new(entries, maps.offsets().clone(), pairs, maps.nulls().cloned(), sorted)?)
            }
        })
    }
}

fn value_field(entries: &Field) -> Option<&FieldRef> {
    match entries.data_type() {
        DataType::Struct(fields) => fields.get(1),
        _ => None,
    }
}

fn shown_entries(inner: &Masker, entries: &Field) -> Field {
    let DataType::Struct(fields) = entries.data_type() else { return entries.clone() };
    let shown: Fields = fields
        .iter()
        .enumerate()
        .map(|(i, field)| if i == 1 { Arc::new(inner.field(field)) } else { Arc::clone(field) })
        .collect();
    Field::new(entries.name(), DataType::Struct(shown), entries.is_nullable())
}

#[cfg(test)]
mod tests {
    use arrow::array::{Int64Array, StringArray};
    use arrow::buffer::OffsetBuffer;
    use weft_governance::Literal;

    use super::*;

    fn masker(data_type: &DataType, masks: &[(&[&str], Mask)]) -> Result<Masker, String> {
        let owned: Vec<(Vec<String>, Mask)> = masks
            .iter()
            .map(|(path, mask)| (path.iter().map(|name| (*name).to_owned()).collect(), mask.clone()))
            .collect();
        let masks: Vec<(&[String], &Mask)> = owned.iter().map(|(path, mask)| (path.as_slice(), mask)).collect();
        Masker::new(data_type, &masks, &MaskKey::new([7; 32]))
    }

    fn people() -> ArrayRef {
        let name = Arc::new(Field::new("name", DataType::Utf8, false));
        let age = Arc::new(Field::new("age", DataType::Int64, true));
        let names: ArrayRef = Arc::new(StringArray::from(vec!["Ann", "Bob", "Eve"]));
        let ages: ArrayRef = Arc::new(Int64Array::from(vec![Some(1), None, Some(3)]));
        let pairs = StructArray::from(vec![(name, names), (age, ages)]);
        let element = Arc::new(Field::new("element", pairs.data_type().clone(), true));
        let offsets = OffsetBuffer::from_lengths([2, 0, 1]);
        Arc::new(ListArray::new(element, offsets, Arc::new(pairs), None))
    }

    #[test]
    fn parts_of_elements_are_masked_inside() {
        let people = people();
        let masker = masker(people.data_type(), &[(&["[]", "name"], Mask::Null)]).unwrap();
        let shown = masker.apply(&people).unwrap();
        assert_eq!(shown.data_type(), &masker.data_type(people.data_type()));
        let first = shown.as_list::<i32>().values().as_struct().clone();
        assert_eq!(first.column(0).null_count(), 3);
        assert_eq!(first.column(1), people.as_list::<i32>().values().as_struct().column(1));
    }

    #[test]
    fn a_mask_on_the_whole_takes_its_parts_with_it() {
        let people = people();
        let both = masker(people.data_type(), &[(&[], Mask::Null), (&["[]", "age"], Mask::Round { to: 10 })]).unwrap();
        assert_eq!(both, Masker::Null);
        assert_eq!(both.apply(&people).unwrap().null_count(), 3);
    }

    #[test]
    fn what_does_not_fit_is_refused_and_not_left_clear() {
        let people = people();
        for (path, mask) in [
            (vec!["[]", "street"], Mask::Null),
            (vec!["name"], Mask::Null),
            (vec!["[]", "name"], Mask::Round { to: 10 }),
            (vec!["[]", "age"], Mask::Constant(Literal::Text("x".to_owned()))),
            (vec![], Mask::PartialEmail),
        ] {
            assert!(masker(people.data_type(), &[(&path, mask.clone())]).is_err(), "{path:?} {mask:?}");
        }
    }
}
