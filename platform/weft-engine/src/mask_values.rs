//! The masks of single values.

use std::fmt::{self, Write};
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, ArrowPrimitiveType, AsArray, PrimitiveArray, StringArray};
use arrow::buffer::{Buffer, OffsetBuffer};
use arrow::compute::{is_null, nullif};
use arrow::datatypes::{
    DataType, Date32Type, Decimal128Type, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type,
    TimeUnit, TimestampMicrosecondType,
};
use arrow::error::ArrowError;
use chrono::{DateTime, Datelike, Days, NaiveDate};
use datafusion::scalar::ScalarValue;
use hmac::{Hmac, Mac};
use sha2::Sha256;
use weft_governance::{DatePart, Mask};

use crate::predicate::scalar;

/// The platform's key for masks that hash. Never printed.
#[derive(Clone, PartialEq, Eq)]
pub struct MaskKey([u8; 32]);

impl MaskKey {
    /// Takes the key's bytes.
    pub fn new(bytes: [u8; 32]) -> Self {
        MaskKey(bytes)
    }

    /// A keyed hash of `value` within `salt`.
    fn hash(&self, salt: &str, value: &[u8]) -> [u8; 32] {
        // HMAC takes a key of any length.
        let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(&self.0) else { return [0; 32] };
        mac.update(&(salt.len() as u64).to_le_bytes());
        mac.update(salt.as_bytes());
        mac.update(value);
        mac.finalize().into_bytes().into()
    }
}

impl fmt::Debug for MaskKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MaskKey(…)")
    }
}

/// A mask, made for columns of one type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ValueMask {
    kind: Kind,
    data_type: DataType,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Kind {
    Constant(ScalarValue),
    Hash {
        salt: String,
        key: MaskKey,
    },
    PartialEmail,
    Prefix {
        characters: usize,
    },
    /// In units of the column's last digit.
    Round {
        to: i128,
    },
    Truncate {
        to: DatePart,
    },
}

impl Hash for ValueMask {
    fn hash<H: Hasher>(&self, state: &mut H) {
        std::mem::discriminant(&self.kind).hash(state);
        self.data_type.hash(state);
    }
}

impl ValueMask {
    /// `mask` for columns of `data_type`. NULL is no mask of values: see [`crate::masks::Masker`].
    ///
    /// # Errors
    ///
    /// In words for the log, if the mask does not fit the type.
    pub(crate) fn new(mask: &Mask, data_type: &DataType, key: &MaskKey) -> Result<Self, String> {
        let misfit = || format!("mask {mask:?} does not fit type {data_type}");
        let is_number = data_type.is_integer() || data_type.is_floating();
        let kind = match (mask, data_type) {
            (Mask::Constant(value), _) => Kind::Constant(scalar(value, data_type)?),
            (Mask::Hash { salt }, DataType::Utf8 | DataType::Int64) => {
                Kind::Hash { salt: salt.clone(), key: key.clone() }
            }
            (Mask::PartialEmail, DataType::Utf8) => Kind::PartialEmail,
            (Mask::Prefix { characters }, DataType::Utf8) => Kind::Prefix { characters: *characters as usize },
            (Mask::Round { to }, DataType::Decimal128(_, scale)) => {
                let unit = u32::try_from(*scale).ok().and_then(|scale| 10_i128.checked_pow(scale));
                Kind::Round { to: unit.and_then(|unit| unit.checked_mul(i128::from(*to))).ok_or_else(misfit)? }
            }
            (Mask::Round { to }, _) if is_number => Kind::Round { to: i128::from(*to) },
            (Mask::Truncate { to }, DataType::Date32 | DataType::Timestamp(TimeUnit::Microsecond, _)) => {
                Kind::Truncate { to: *to }
            }
            _ => return Err(misfit()),
        };
        match kind {
            Kind::Round { to } if to <= 0 => Err(misfit()),
            kind => Ok(ValueMask { kind, data_type: data_type.clone() }),
        }
    }

    /// The masked values. Fails for no value, only for an array of another type.
    pub(crate) fn apply(&self, array: &ArrayRef) -> Result<ArrayRef, ArrowError> {
        if *array.data_type() != self.data_type {
            return Err(ArrowError::SchemaError("a mask meets a type that it was not made for".to_owned()));
        }
        match &self.kind {
            Kind::Constant(value) => {
                let everywhere =
                    value.to_array_of_size(array.len()).map_err(|error| ArrowError::ExternalError(error.into()))?;
                nullif(&everywhere, &is_null(array)?)
            }
            Kind::Hash { salt, key } => Ok(match &self.data_type {
                DataType::Int64 => mapped::<Int64Type>(array, |value| number_of(key.hash(salt, &value.to_le_bytes()))),
                _ => texts(array, |text, shown| {
                    let hash = key.hash(salt, text.as_bytes());
                    shown.write_str(&hex::encode(hash.get(..16).unwrap_or_default()))
                })?,
            }),
            Kind::PartialEmail => texts(array, partial_email),
            Kind::Prefix { characters } => texts(array, |text, shown| prefix(text, *characters, shown)),
            Kind::Round { to } => self.rounded(array, *to),
            Kind::Truncate { to } => Ok(match &self.data_type {
                DataType::Date32 => mapped::<Date32Type>(array, |days| truncated_days(days, *to)),
                DataType::Timestamp(_, zone) => {
                    let shown = array
                        .as_primitive::<TimestampMicrosecondType>()
                        .unary::<_, TimestampMicrosecondType>(|micros| truncated_micros(micros, *to));
                    Arc::new(shown.with_timezone_opt(zone.clone()))
                }
                _ => return Err(ArrowError::SchemaError("a date mask on what is no date".to_owned())),
            }),
        }
    }

    fn rounded(&self, array: &ArrayRef, to: i128) -> Result<ArrayRef, ArrowError> {
        // The step of whole numbers was read as one.
        let whole = i64::try_from(to).unwrap_or(i64::MAX);
        Ok(match &self.data_type {
            DataType::Int8 => mapped::<Int8Type>(array, |v| floor(v, whole, i8::MIN)),
            DataType::Int16 => mapped::<Int16Type>(array, |v| floor(v, whole, i16::MIN)),
            DataType::Int32 => mapped::<Int32Type>(array, |v| floor(v, whole, i32::MIN)),
            DataType::Int64 => mapped::<Int64Type>(array, |v| floor(v, whole, i64::MIN)),
            DataType::Float32 => mapped::<Float32Type>(array, |v| (v / to as f32).floor() * to as f32),
            DataType::Float64 => mapped::<Float64Type>(array, |v| (v / to as f64).floor() * to as f64),
            DataType::Decimal128(precision, scale) => {
                let lowest = 1 - 10_i128.checked_pow(u32::from(*precision)).unwrap_or(i128::MAX);
                let shown = array.as_primitive::<Decimal128Type>().unary::<_, Decimal128Type>(|value| {
                    value.checked_sub(value.rem_euclid(to)).map_or(lowest, |shown| shown.max(lowest))
                });
                Arc::new(shown.with_precision_and_scale(*precision, *scale)?)
            }
            _ => return Err(ArrowError::SchemaError("rounding of what is no number".to_owned())),
        })
    }
}

fn mapped<T: ArrowPrimitiveType>(array: &ArrayRef, shown: impl Fn(T::Native) -> T::Native) -> ArrayRef {
    let shown: PrimitiveArray<T> = array.as_primitive::<T>().unary(shown);
    Arc::new(shown)
}

/// Each text as `show` writes it, all into one buffer.
fn texts(array: &ArrayRef, show: impl Fn(&str, &mut String) -> fmt::Result) -> Result<ArrayRef, ArrowError> {
    let array = array.as_string::<i32>();
    let mut shown = String::with_capacity(array.value_data().len() + array.len() * 4);
    let mut ends = Vec::with_capacity(array.len() + 1);
    ends.push(0);
    for text in array {
        if let Some(text) = text {
            show(text, &mut shown).map_err(|error| ArrowError::ExternalError(error.into()))?;
        }
        ends.push(i32::try_from(shown.len()).map_err(|_| ArrowError::OffsetOverflowError(shown.len()))?);
    }
    let values = Buffer::from_vec(shown.into_bytes());
    Ok(Arc::new(StringArray::try_new(OffsetBuffer::new(ends.into()), values, array.nulls().cloned())?))
}

/// A number that is not negative, from a hash.
fn number_of(hash: [u8; 32]) -> i64 {
    let mut first = [0; 8];
    first.copy_from_slice(hash.first_chunk::<8>().unwrap_or(&[0; 8]));
    i64::from_le_bytes(first) & i64::MAX
}

/// Down to a multiple, or to the `lowest` value where the type does not reach so far.
fn floor<T: Into<i64> + TryFrom<i64>>(value: T, to: i64, lowest: T) -> T {
    let value = value.into();
    value.checked_sub(value.rem_euclid(to)).and_then(|shown| T::try_from(shown).ok()).unwrap_or(lowest)
}

fn partial_email(text: &str, shown: &mut String) -> fmt::Result {
    match text.split_once('@') {
        Some((name, domain)) if !name.is_empty() && !domain.is_empty() && !domain.contains('@') => {
            shown.write_str(beginning(name, 1))?;
            shown.write_str("***@")?;
            shown.write_str(domain)
        }
        _ => shown.write_str("***"),
    }
}

/// The first characters, but never all of them.
fn prefix(text: &str, characters: usize, shown: &mut String) -> fmt::Result {
    let mut beginning = beginning(text, characters);
    if beginning.len() == text.len() {
        beginning = text.char_indices().next_back().and_then(|(last, _)| text.get(..last)).unwrap_or_default();
    }
    shown.write_str(beginning)?;
    shown.write_str("***")
}

/// The first characters, or all if there are no more.
fn beginning(text: &str, characters: usize) -> &str {
    let end = text.char_indices().nth(characters).map_or(text.len(), |(end, _)| end);
    text.get(..end).unwrap_or_default()
}

fn truncated(day: NaiveDate, to: DatePart) -> Option<NaiveDate> {
    let month = match to {
        DatePart::Day => return Some(day),
        DatePart::Month => day.month(),
        DatePart::Quarter => day.month0() / 3 * 3 + 1,
        DatePart::Year => 1,
    };
    NaiveDate::from_ymd_opt(day.year(), month, 1)
}

/// Days beyond the calendar go to the end of the type.
fn truncated_days(days: i32, to: DatePart) -> i32 {
    let epoch = NaiveDate::default();
    let distance = Days::new(u64::from(days.unsigned_abs()));
    let day = if days < 0 { epoch.checked_sub_days(distance) } else { epoch.checked_add_days(distance) };
    let shown = day.and_then(|day| truncated(day, to)).map(|day| day.signed_duration_since(epoch).num_days());
    shown.and_then(|days| i32::try_from(days).ok()).unwrap_or(if days < 0 { i32::MIN } else { i32::MAX })
}

/// Instants beyond the calendar go to the end of the type.
fn truncated_micros(micros: i64, to: DatePart) -> i64 {
    let day = DateTime::from_timestamp_micros(micros).and_then(|instant| truncated(instant.date_naive(), to));
    let shown = day.and_then(|day| day.and_hms_opt(0, 0, 0)).map(|midnight| midnight.and_utc().timestamp_micros());
    shown.unwrap_or(if micros < 0 { i64::MIN } else { i64::MAX })
}

#[cfg(test)]
mod tests {
    use arrow::array::{Date32Array, Decimal128Array, Int8Array, Int64Array, TimestampMicrosecondArray};
    use expect_test::expect;
    use weft_governance::Literal;

    use super::*;

    fn shown(mask: Mask, values: ArrayRef) -> String {
        let mask = ValueMask::new(&mask, values.data_type(), &MaskKey::new([7; 32])).unwrap();
        let shown = mask.apply(&values).unwrap();
        assert_eq!(shown.data_type(), values.data_type());
        let options = arrow::util::display::FormatOptions::default().with_null("NULL");
        let format = arrow::util::display::ArrayFormatter::try_new(&shown, &options).unwrap();
        (0..shown.len()).map(|row| format.value(row).to_string()).collect::<Vec<_>>().join(" | ")
    }

    fn words(words: &[&str]) -> ArrayRef {
        let some = words.iter().map(|word| Some(*word)).chain([None]);
        Arc::new(some.collect::<StringArray>())
    }

    #[test]
    fn texts_lose_what_is_secret() {
        let mails = words(&["ana@sky.example", "ä@x", "@x", "no mail", "a@b@c", "a@", ""]);
        expect!["a***@sky.example | ä***@x | *** | *** | *** | *** | *** | NULL"]
            .assert_eq(&shown(Mask::PartialEmail, mails));
        expect!["äb*** | a*** | *** | *** | NULL"]
            .assert_eq(&shown(Mask::Prefix { characters: 2 }, words(&["äbc", "ab", "a", ""])));
        expect!["x | x | NULL"]
            .assert_eq(&shown(Mask::Constant(Literal::Text("x".to_owned())), words(&["one", "two"])));
    }

    #[test]
    fn hashes_are_equal_within_a_salt_only() {
        let hash = |salt: &str| shown(Mask::Hash { salt: salt.to_owned() }, words(&["a", "a", "b"]));
        let one = hash("one");
        let parts: Vec<&str> = one.split(" | ").collect();
        assert_eq!(parts[0], parts[1]);
        assert_ne!(parts[0], parts[2]);
        assert_eq!(parts[0].len(), 32);
        assert_ne!(one, hash("two"));
        let numbers = shown(Mask::Hash { salt: "one".to_owned() }, Arc::new(Int64Array::from(vec![1, -1])));
        assert!(numbers.split(" | ").all(|number| number.parse::<i64>().unwrap() >= 0), "{numbers}");
    }

    #[test]
    fn numbers_go_down_to_a_multiple_and_never_fail() {
        let round = |to, values| shown(Mask::Round { to }, values);
        expect!["0 | 10 | -10 | -9223372036854775808"]
            .assert_eq(&round(10, Arc::new(Int64Array::from(vec![7, 10, -1, i64::MIN]))));
        expect!["-128 | 100"].assert_eq(&round(100, Arc::new(Int8Array::from(vec![-128, 127]))));
        let money = Decimal128Array::from(vec![12_345, -1, -9_999_999]).with_precision_and_scale(7, 2).unwrap();
        expect!["100.00 | -100.00 | -99999.99"].assert_eq(&round(100, Arc::new(money)));
    }

    #[test]
    fn dates_go_back_to_the_beginning_and_never_fail() {
        let days = Date32Array::from(vec![19_000, -1]);
        let truncate = |to, values| shown(Mask::Truncate { to }, values);
        let far = shown(Mask::Truncate { to: DatePart::Year }, Arc::new(Date32Array::from(vec![i32::MAX, i32::MIN])));
        assert_eq!(
            far,
            shown(Mask::Truncate { to: DatePart::Day }, Arc::new(Date32Array::from(vec![i32::MAX, i32::MIN])))
        );
        expect!["2022-01-01 | 1969-01-01"].assert_eq(&truncate(DatePart::Year, Arc::new(days.clone())));
        expect!["2022-01-01 | 1969-10-01"].assert_eq(&truncate(DatePart::Quarter, Arc::new(days)));
        let instants = TimestampMicrosecondArray::from(vec![1_700_000_000_000_000]).with_timezone("UTC");
        expect!["2023-11-14T00:00:00Z"].assert_eq(&truncate(DatePart::Day, Arc::new(instants)));
    }
}
