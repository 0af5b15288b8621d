//! Times of both sides as whole numbers of one unit.

use arrow::array::{Array, ArrayRef, AsArray};
use arrow::buffer::NullBuffer;
use arrow::datatypes::{DataType, Int64Type, TimeUnit};
use datafusion::common::{Result, ScalarValue, plan_err};

/// What times are compared as: instants of a unit, or whole numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum TimeScale {
    Number,
    Instant(Unit),
}

/// Units of instants, the coarsest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Unit {
    Microsecond,
    Nanosecond,
}

impl TimeScale {
    /// The scale in which times of all these types can be compared without losing any of them.
    pub(crate) fn of(types: &[DataType]) -> Result<Self> {
        let mut scale = None;
        for data_type in types {
            let own = match data_type {
                DataType::Timestamp(TimeUnit::Nanosecond, _) => TimeScale::Instant(Unit::Nanosecond),
                DataType::Timestamp(..) | DataType::Date32 | DataType::Date64 => TimeScale::Instant(Unit::Microsecond),
                integer if integer.is_integer() => TimeScale::Number,
                other => return plan_err!("an ASOF JOIN compares times, or whole numbers, and not {other}"),
            };
            scale = match scale {
                None => Some(own),
                Some(TimeScale::Number) if own != TimeScale::Number => {
                    return plan_err!("an ASOF JOIN compares times with times, and numbers with numbers");
                }
                Some(TimeScale::Instant(_)) if own == TimeScale::Number => {
                    return plan_err!("an ASOF JOIN compares times with times, and numbers with numbers");
                }
                Some(known) => Some(known.max(own)),
            };
        }
        Ok(scale.unwrap_or(TimeScale::Number))
    }

    /// The type that times are cast to. Those without a zone are taken as UTC.
    pub(crate) fn data_type(self) -> DataType {
        match self {
            TimeScale::Number => DataType::Int64,
            TimeScale::Instant(Unit::Microsecond) => DataType::Timestamp(TimeUnit::Microsecond, Some("+00:00".into())),
            TimeScale::Instant(Unit::Nanosecond) => DataType::Timestamp(TimeUnit::Nanosecond, Some("+00:00".into())),
        }
    }

    /// A length of time, or a difference, in units of this scale.
    pub(crate) fn length(self, value: &ScalarValue) -> Result<i64> {
        let unit = match (self, value) {
            (TimeScale::Number, value) => {
                let cast = value.cast_to(&DataType::Int64)?;
                return match cast {
                    ScalarValue::Int64(Some(length)) => Ok(length),
                    _ => plan_err!("a time to live is a length"),
                };
            }
            (TimeScale::Instant(unit), _) => unit,
        };
        let (days, nanoseconds) = match value {
            ScalarValue::IntervalMonthDayNano(Some(interval)) if interval.months == 0 => {
                (i64::from(interval.days), interval.nanoseconds)
            }
            ScalarValue::IntervalDayTime(Some(interval)) => {
                (i64::from(interval.days), i64::from(interval.milliseconds) * 1_000_000)
            }
            ScalarValue::DurationSecond(Some(n)) => (0, n.saturating_mul(1_000_000_000)),
            ScalarValue::DurationMillisecond(Some(n)) => (0, n.saturating_mul(1_000_000)),
            ScalarValue::DurationMicrosecond(Some(n)) => (0, n.saturating_mul(1_000)),
            ScalarValue::DurationNanosecond(Some(n)) => (0, *n),
            _ => return plan_err!("a time to live is an interval of days, hours, minutes or seconds"),
        };
        let (day, shorter) = match unit {
            Unit::Microsecond => (86_400_000_000_i64, nanoseconds / 1_000),
            Unit::Nanosecond => (86_400_000_000_000, nanoseconds),
        };
        Ok(days.saturating_mul(day).saturating_add(shorter))
    }
}

/// An array that was cast to the type of a scale, as its numbers.
pub(crate) fn numbers(array: &ArrayRef) -> Result<ArrayRef> {
    Ok(arrow::compute::cast(array, &DataType::Int64)?)
}

/// The numbers of an array that was cast to the type of a scale.
pub(crate) struct Times {
    values: arrow::buffer::ScalarBuffer<i64>,
    nulls: Option<NullBuffer>,
}

impl Times {
    pub(crate) fn of(array: &ArrayRef) -> Result<Self> {
        let plain = numbers(array)?;
        let numbers = plain.as_primitive::<Int64Type>();
        Ok(Times { values: numbers.values().clone(), nulls: numbers.nulls().cloned() })
    }

    pub(crate) fn get(&self, row: usize) -> Option<i64> {
        let is_null = self.nulls.as_ref().is_some_and(|nulls| nulls.is_null(row));
        self.values.get(row).copied().filter(|_| !is_null)
    }
}
