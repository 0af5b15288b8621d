//! What a contract promises of rows beyond their types: one number each, and what that number must be.

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::{Number, Value};

use crate::PortRef;

/// One promise, checked on the table as it would be before a commit exists.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct QualityCheck {
    /// Unique within the contract together with the column: the rule's id or name, else the key that demands it.
    pub name: String,
    /// The column that it is about; `None` for the table as a whole.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub column: Option<String>,
    pub measure: Measure,
    pub must: Threshold,
    /// Whether a breach keeps the commit from being; one that does not is recorded and shown.
    pub blocks: bool,
}

/// What is counted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", tag = "of")]
pub enum Measure {
    /// All rows.
    Rows,
    /// Rows in which the column is NULL.
    Nulls,
    /// Rows in which the column is NULL or one of these.
    Missing { values: Vec<Value> },
    /// Rows in which the column is not NULL and fails one of the tests.
    Invalid { tests: Vec<ValueTest> },
    /// Tuples of these columns that occur more than once; those with a NULL do not count.
    Duplicates { columns: Vec<String> },
    /// Rows whose values in these columns are together in no row of the target; those with a NULL do not count.
    /// No target: what is referred to is served by no port.
    Unmatched { columns: Vec<String>, target: Option<ForeignKeyTarget> },
    /// What a query returns: one number, or a condition, which is 1 or 0. The table goes by any of `names` there.
    Sql { query: String, names: Vec<String> },
}

/// What a foreign key refers to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ForeignKeyTarget {
    /// The port that serves it; `None` for the table that the key stands in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub port: Option<PortRef>,
    /// As many as the key has, in its order.
    pub columns: Vec<String>,
}

/// What a value must be like.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum ValueTest {
    OneOf(Vec<Value>),
    /// A regular expression that is found somewhere in the text.
    Pattern(String),
    /// In characters.
    LengthAtLeast(u64),
    LengthAtMost(u64),
    AtLeast(Value),
    AtMost(Value),
    Above(Value),
    Below(Value),
    MultipleOf(Number),
    /// Elements of a list, entries of a map.
    ItemsAtLeast(u64),
    ItemsAtMost(u64),
    /// No element of a list twice.
    ItemsDiffer,
}

/// What the number must be. A range holds its ends.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Threshold {
    pub is: Comparison,
    /// Whether it is a share of all rows, in per cent; of no rows it is 0.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub percent: bool,
}

/// How a measured number is compared.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Comparison {
    Equal(Number),
    NotEqual(Number),
    Above(Number),
    AtLeast(Number),
    Below(Number),
    AtMost(Number),
    Between(Number, Number),
    NotBetween(Number, Number),
}

impl QualityCheck {
    /// What it is recorded to be about: the columns of a key, and none for a query, which may read any.
    pub fn columns(&self) -> Vec<&str> {
        match &self.measure {
            Measure::Duplicates { columns } | Measure::Unmatched { columns, .. } => {
                columns.iter().map(String::as_str).collect()
            }
            Measure::Sql { .. } => Vec::new(),
            _ => self.column.iter().map(String::as_str).collect(),
        }
    }

    /// Whether its number is one of rows, or of values, that are not as they must be.
    pub fn counts_failures(&self) -> bool {
        !matches!(self.measure, Measure::Rows | Measure::Sql { .. })
    }
}

impl Threshold {
    /// That nothing is found.
    pub fn none() -> Self {
        Threshold { is: Comparison::Equal(0.into()), percent: false }
    }

    /// The number that is compared, of `count` among `rows`.
    pub fn measured(&self, count: f64, rows: u64) -> f64 {
        match (self.percent, rows) {
            (false, _) => count,
            (true, 0) => 0.0,
            (true, rows) => 100.0 * count / rows as f64,
        }
    }

    /// Whether a measured number is as it must be.
    pub fn holds(&self, measured: f64) -> bool {
        let number = |number: &Number| number.as_f64().unwrap_or(f64::NAN);
        match &self.is {
            Comparison::Equal(n) => measured == number(n),
            Comparison::NotEqual(n) => measured != number(n),
            Comparison::Above(n) => measured > number(n),
            Comparison::AtLeast(n) => measured >= number(n),
            Comparison::Below(n) => measured < number(n),
            Comparison::AtMost(n) => measured <= number(n),
            Comparison::Between(a, b) => (number(a)..=number(b)).contains(&measured),
            Comparison::NotBetween(a, b) => !(number(a)..=number(b)).contains(&measured),
        }
    }
}

impl fmt::Display for Threshold {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.is {
            Comparison::Equal(n) => write!(f, "must be {n}")?,
            Comparison::NotEqual(n) => write!(f, "must not be {n}")?,
            Comparison::Above(n) => write!(f, "must be above {n}")?,
            Comparison::AtLeast(n) => write!(f, "must be at least {n}")?,
            Comparison::Below(n) => write!(f, "must be below {n}")?,
            Comparison::AtMost(n) => write!(f, "must be at most {n}")?,
            Comparison::Between(a, b) => write!(f, "must be {a} to {b}, both included")?,
            Comparison::NotBetween(a, b) => write!(f, "must be outside of {a} to {b}")?,
        }
        f.write_str(if self.percent { " %" } else { "" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_holds_its_ends_and_a_share_of_nothing_is_zero() {
        let between = Threshold { is: Comparison::Between(1.into(), 3.into()), percent: false };
        assert_eq!([0.0, 1.0, 2.0, 3.0, 4.0].map(|n| between.holds(n)), [false, true, true, true, false]);
        let outside = Threshold { is: Comparison::NotBetween(1.into(), 3.into()), percent: false };
        assert_eq!([0.0, 1.0, 3.0, 4.0].map(|n| outside.holds(n)), [true, false, false, true]);
        let share = Threshold { is: Comparison::Below(5.into()), percent: true };
        assert_eq!((share.measured(1.0, 20), share.measured(1.0, 0)), (5.0, 0.0));
        assert!(!share.holds(share.measured(1.0, 20)) && share.holds(share.measured(1.0, 0)));
        assert_eq!(share.to_string(), "must be below 5 %");
    }
}
