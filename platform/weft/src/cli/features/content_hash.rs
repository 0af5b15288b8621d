//! What rows hold, whatever order they are in: `platform/docs/features/content-hash.md` says how it is reckoned.

use std::fmt;
use std::str::FromStr;

use arrow::array::{Array, ArrayRef, AsArray, RecordBatch};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Date32Type, Decimal128Type, Float64Type, Int64Type, TimeUnit, UInt64Type};
use arrow::error::ArrowError;

const OF_NULL: u64 = 0x6E75_6C6C_6E75_6C6C;
const OF_NAN: u64 = 0x7FF8_0000_0000_0000;
const GOLDEN: u64 = 0x9E37_79B9_7F4A_7C15;
const P: u64 = 0x0100_0000_01B3;

/// The hash of a set of rows; that of two sets together is [`with`](ContentHash::with).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct ContentHash([u64; 2]);

impl ContentHash {
    /// Adds the rows of a batch.
    ///
    /// # Errors
    ///
    /// For columns of a type that has no hash: maps, unions and intervals.
    pub(super) fn add(&mut self, batch: &RecordBatch) -> Result<(), ArrowError> {
        let columns: Vec<Vec<u64>> = batch.columns().iter().map(bits).collect::<Result<_, _>>()?;
        for (lane, sum) in self.0.iter_mut().enumerate() {
            let seeds: Vec<u64> = (0..columns.len()).map(|column| seed(lane, column)).collect();
            for row in 0..batch.num_rows() {
                let of_row = columns.iter().zip(&seeds).fold(0_u64, |sum, (column, seed)| {
                    let bits = column.get(row).copied().unwrap_or(OF_NULL);
                    sum.wrapping_add(mix(bits ^ seed))
                });
                *sum = sum.wrapping_add(mix(of_row));
            }
        }
        Ok(())
    }

    /// The hash of both sets together.
    pub(super) fn with(self, other: ContentHash) -> ContentHash {
        ContentHash([self.0[0].wrapping_add(other.0[0]), self.0[1].wrapping_add(other.0[1])])
    }
}

impl fmt::Display for ContentHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}{:016x}", self.0[0], self.0[1])
    }
}

impl FromStr for ContentHash {
    type Err = std::num::ParseIntError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (first, second) = text.split_at_checked(16).unwrap_or(("", text));
        Ok(ContentHash([u64::from_str_radix(first, 16)?, u64::from_str_radix(second, 16)?]))
    }
}

fn mix(mut x: u64) -> u64 {
    x ^= x >> 30;
    x = x.wrapping_mul(0xBF58_476D_1CE4_E5B9);
    x ^= x >> 27;
    x = x.wrapping_mul(0x94D0_49BB_1331_11EB);
    x ^ (x >> 31)
}

fn seed(lane: usize, n: usize) -> u64 {
    mix(GOLDEN.wrapping_mul((2 * n + lane + 1) as u64))
}

/// Of things in an order.
fn in_a_row(things: impl ExactSizeIterator<Item = u64>) -> u64 {
    let sum = mix(things.len() as u64);
    things
        .fold((sum, 1_u64), |(sum, power), thing| (sum.wrapping_add(thing.wrapping_mul(power)), power.wrapping_mul(P)))
        .0
}

fn of_bytes(bytes: &[u8]) -> u64 {
    in_a_row(bytes.iter().map(|byte| u64::from(*byte) + 1))
}

/// A number for each value of a column.
fn bits(column: &ArrayRef) -> Result<Vec<u64>, ArrowError> {
    let as_type = |to: &DataType| cast(column, to);
    let each = |array: &dyn Array, of: &dyn Fn(usize) -> u64| -> Vec<u64> {
        (0..array.len()).map(|row| if array.is_null(row) { OF_NULL } else { of(row) }).collect()
    };
    Ok(match column.data_type() {
        DataType::Null => vec![OF_NULL; column.len()],
        DataType::Boolean => each(column, &|row| u64::from(column.as_boolean().value(row))),
        DataType::UInt64 => each(column, &|row| column.as_primitive::<UInt64Type>().value(row)),
        kind if kind.is_integer() => {
            let numbers = as_type(&DataType::Int64)?;
            each(&numbers, &|row| numbers.as_primitive::<Int64Type>().value(row).cast_unsigned())
        }
        kind if kind.is_floating() => {
            let numbers = as_type(&DataType::Float64)?;
            each(&numbers, &|row| match numbers.as_primitive::<Float64Type>().value(row) {
                number if number.is_nan() => OF_NAN,
                0.0 => 0,
                number => number.to_bits(),
            })
        }
        DataType::Decimal32(precision, scale)
        | DataType::Decimal64(precision, scale)
        | DataType::Decimal128(precision, scale) => {
            let numbers = as_type(&DataType::Decimal128(*precision, *scale))?;
            let of_scale = mix(i64::from(*scale).cast_unsigned());
            each(&numbers, &|row| {
                let number = numbers.as_primitive::<Decimal128Type>().value(row).cast_unsigned();
                let (low, high) = (number as u64, (number >> 64) as u64);
                low.wrapping_add(mix(high)).wrapping_add(of_scale)
            })
        }
        DataType::Date32 => {
            each(column, &|row| i64::from(column.as_primitive::<Date32Type>().value(row)).cast_unsigned())
        }
        DataType::Timestamp(unit, _) | DataType::Time32(unit) | DataType::Time64(unit) | DataType::Duration(unit) => {
            let numbers = match unit {
                TimeUnit::Second | TimeUnit::Millisecond if matches!(column.data_type(), DataType::Time32(_)) => {
                    cast(&as_type(&DataType::Int32)?, &DataType::Int64)?
                }
                _ => as_type(&DataType::Int64)?,
            };
            let micros = |number: i64| match unit {
                TimeUnit::Second => number.wrapping_mul(1_000_000),
                TimeUnit::Millisecond => number.wrapping_mul(1_000),
                TimeUnit::Microsecond => number,
                TimeUnit::Nanosecond => number.div_euclid(1_000),
            };
            each(&numbers, &|row| micros(numbers.as_primitive::<Int64Type>().value(row)).cast_unsigned())
        }
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => {
            let texts = as_type(&DataType::LargeUtf8)?;
            each(&texts, &|row| of_bytes(texts.as_string::<i64>().value(row).as_bytes()))
        }
        DataType::Binary | DataType::LargeBinary | DataType::BinaryView | DataType::FixedSizeBinary(_) => {
            let texts = as_type(&DataType::LargeBinary)?;
            each(&texts, &|row| of_bytes(texts.as_binary::<i64>().value(row)))
        }
        DataType::List(field) | DataType::LargeList(field) | DataType::FixedSizeList(field, _) => {
            let lists = as_type(&DataType::LargeList(field.clone()))?;
            let lists = lists.as_list::<i64>();
            let elements = bits(lists.values())?;
            each(lists, &|row| {
                let offsets = lists.value_offsets();
                let range = offsets[row] as usize..offsets[row + 1] as usize;
                in_a_row(elements.get(range).unwrap_or_default().iter().map(|element| mix(*element)))
            })
        }
        DataType::Struct(_) => {
            let structs = column.as_struct();
            let fields: Vec<Vec<u64>> = structs.columns().iter().map(bits).collect::<Result<_, _>>()?;
            each(structs, &|row| {
                let of_field =
                    |(at, field): (usize, &Vec<u64>)| mix(field.get(row).copied().unwrap_or(OF_NULL) ^ seed(0, at));
                fields.iter().enumerate().map(of_field).fold(0, u64::wrapping_add)
            })
        }
        DataType::Dictionary(_, values) => return bits(&as_type(values)?),
        other => {
            return Err(ArrowError::NotYetImplemented(format!("values of type {other} have no content hash")));
        }
    })
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::datatypes::{Field, Schema};
    use arrow::json::ReaderBuilder;
    use serde_json::{Value as Json, json};

    use super::*;

    const EXAMPLES: &str = include_str!("../../../../docs/features/content-hash.json");

    fn data_type(name: &str) -> DataType {
        match name {
            "int64" => DataType::Int64,
            "int32" => DataType::Int32,
            "bool" => DataType::Boolean,
            "date32" => DataType::Date32,
            "timestamp" => DataType::Timestamp(TimeUnit::Microsecond, None),
            "float64" => DataType::Float64,
            "utf8" => DataType::Utf8,
            "decimal:2" => DataType::Decimal128(38, 2),
            "list<float64>" => DataType::List(Arc::new(Field::new("item", DataType::Float64, true))),
            other => panic!("{other}"),
        }
    }

    /// The rows of an example; unscaled decimals, days and microseconds are cast from whole numbers.
    fn batch(example: &Json) -> RecordBatch {
        let types: Vec<&str> = example["types"].as_array().unwrap().iter().map(|name| name.as_str().unwrap()).collect();
        let rows = example["rows"].as_array().unwrap();
        let columns: Vec<(String, ArrayRef)> = types
            .iter()
            .enumerate()
            .map(|(at, name)| {
                let values: Vec<&Json> = rows.iter().map(|row| &row[at]).collect();
                (format!("c{at}"), column(name, &values))
            })
            .collect();
        RecordBatch::try_from_iter_with_nullable(columns.into_iter().map(|(name, array)| (name, array, true))).unwrap()
    }

    fn column(name: &str, values: &[&Json]) -> ArrayRef {
        use arrow::array::{Date32Array, Decimal128Array, Float64Array, TimestampMicrosecondArray};
        match name {
            "date32" => Arc::new(values.iter().map(|v| v.as_i64().map(|v| v as i32)).collect::<Date32Array>()),
            "timestamp" => Arc::new(values.iter().map(|v| v.as_i64()).collect::<TimestampMicrosecondArray>()),
            "decimal:2" => {
                let numbers = values.iter().map(|v| v.as_str().map(|v| v.parse::<i128>().unwrap()));
                Arc::new(numbers.collect::<Decimal128Array>().with_precision_and_scale(38, 2).unwrap())
            }
            "float64" => {
                Arc::new(values.iter().map(|v| v.as_f64().or(v.as_str().map(|_| f64::NAN))).collect::<Float64Array>())
            }
            _ => {
                let schema = Arc::new(Schema::new(vec![Field::new("c", data_type(name), true)]));
                let mut decoder = ReaderBuilder::new(schema).build_decoder().unwrap();
                let rows: Vec<Json> = values.iter().map(|value| json!({"c": value})).collect();
                decoder.serialize(&rows).unwrap();
                decoder.flush().unwrap().map_or_else(
                    || arrow::array::new_empty_array(&data_type(name)),
                    |batch| Arc::clone(batch.column(0)),
                )
            }
        }
    }

    #[test]
    fn the_examples_of_the_page_come_out() {
        let examples: Vec<Json> = serde_json::from_str(EXAMPLES).unwrap();
        assert!(examples.len() > 10);
        for example in &examples {
            let mut hash = ContentHash::default();
            hash.add(&batch(example)).unwrap();
            assert_eq!(hash.to_string(), example["hash"].as_str().unwrap(), "{}", example["what"]);
            assert_eq!(hash.to_string().parse(), Ok(hash));
        }
    }

    #[test]
    fn neither_order_nor_cuts_count_and_each_value_does() {
        let examples: Vec<Json> = serde_json::from_str(EXAMPLES).unwrap();
        let rows = batch(examples.last().unwrap());
        let mut whole = ContentHash::default();
        whole.add(&rows).unwrap();
        let (mut first, mut second) = (ContentHash::default(), ContentHash::default());
        second.add(&rows.slice(0, 1)).unwrap();
        first.add(&rows.slice(1, 2)).unwrap();
        assert_eq!(first.with(second), whole);
        assert_ne!(first, whole);
    }
}
