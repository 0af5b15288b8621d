//! Transforms that change a table in part: what their kinds demand of the contract.

use std::collections::BTreeMap;

use weft_model::{
    Code, Column, Contract, DataType, Diagnostic, Interval, Merge, Place, SeedFormat, Transform, VALIDITY, duration,
};

use crate::form::{clipped, listed};
use crate::weft_properties::{TimeProperty, TransformKind, TransformProperty};

/// Where the transform's keys stand, and what its table is to be like.
pub(super) struct Incremental<'a> {
    pub(super) contract: &'a Contract,
    pub(super) place: &'a dyn Fn(&[&str]) -> Place,
    pub(super) problems: &'a mut Vec<Diagnostic>,
}

impl Incremental<'_> {
    /// The transform of `file` with `sql`; `None` where the contract does not allow it, which is reported, or where
    /// the kind is not incremental.
    pub(super) fn make(mut self, property: &TransformProperty, (file, sql): (String, String)) -> Option<Transform> {
        match property.kind {
            TransformKind::Append => Some(Transform::Append { file, sql }),
            TransformKind::ByKey => {
                let (keyed, newest_by) = (self.has_key(property), self.moment(property.time.as_ref()));
                let delete_when = property.delete_when.clone();
                (keyed && newest_by.is_ok()).then(|| Transform::ByKey {
                    file,
                    sql,
                    newest_by: newest_by.unwrap_or_default(),
                    delete_when,
                })
            }
            TransformKind::ByTime => {
                let (column, interval, lookback) = self.intervals(property.time.as_ref())?;
                Some(Transform::ByTime { file, sql, column, interval, lookback })
            }
            TransformKind::Scd2 => {
                let (key, since) = (self.thing(property), self.moment(property.time.as_ref()));
                Some(Transform::Scd2 { file, sql, key: key?, since: since.ok()? })
            }
            TransformKind::Seed | TransformKind::Source | TransformKind::Full | TransformKind::View => None,
        }
    }

    /// The transform that takes each file of a source once.
    pub(super) fn files(
        mut self,
        property: &TransformProperty,
        (url, format, options): (String, SeedFormat, BTreeMap<String, String>),
    ) -> Option<Transform> {
        if property.kind == TransformKind::Append {
            return Some(Transform::Files { url, format, options, merge: None });
        }
        let (keyed, newest_by) = (self.has_key(property), self.moment(property.time.as_ref()));
        let merge = Merge { newest_by: newest_by.ok()?, delete_when: property.delete_when.clone() };
        keyed.then_some(Transform::Files { url, format, options, merge: Some(merge) })
    }

    /// Whether the contract has a primary key, and the transform names no other.
    fn has_key(&mut self, property: &TransformProperty) -> bool {
        let key = self.contract.primary_key();
        if key.is_empty() {
            let help = format!("mark its columns in `{}` with `primaryKey: true`", self.contract.file);
            self.refuse(&["kind"], "rows are merged by the primary key, and the contract has none".to_owned(), &help);
            return false;
        }
        let named = property.key.as_deref().unwrap_or_default();
        let same = named.len() == key.len() && named.iter().all(|column| key.contains(&column.as_str()));
        if property.key.is_some() && !same {
            let message = format!("the key is not the contract's primary key, which is {}", listed(&key));
            self.refuse(&["key"], message, "take `key` out, or change the contract's primary key");
            return false;
        }
        true
    }

    /// The column by which rows of one key are ordered, where one is named.
    fn moment(&mut self, time: Option<&TimeProperty>) -> Result<Option<String>, ()> {
        let Some(time) = time else { return Ok(None) };
        if time.interval.is_some() || time.lookback.is_some() {
            let message = "only a transform of kind `by_time` has intervals".to_owned();
            self.refuse(&["time"], message, "leave `time` with its `column` alone");
            return Err(());
        }
        self.time_column(&time.column).map(Some).ok_or(())
    }

    fn intervals(&mut self, time: Option<&TimeProperty>) -> Option<(String, Interval, u32)> {
        let example = "add `time: {column: COLUMN, interval: P1D}`";
        let Some(time) = time else {
            self.refuse(&["kind"], "intervals need a column of time, and none is named".to_owned(), example);
            return None;
        };
        let column = self.time_column(&time.column);
        if let Some(found) = self.contract.column(&time.column).filter(|found| !found.required) {
            let help = format!("add `required: true` to it in `{}`", self.contract.file);
            let message = format!("column `{}` may be NULL, so that a row belongs to no interval", found.name);
            self.refuse(&["time", "column"], message, &help);
            return None;
        }
        let Some(written) = time.interval.as_deref() else {
            self.refuse(&["time"], "the length of an interval is missing".to_owned(), example);
            return None;
        };
        let interval = match written.parse::<Interval>() {
            Ok(interval) => interval,
            Err(error) => {
                self.refuse(&["time", "interval"], error.to_string(), "months and years differ in length");
                return None;
            }
        };
        let lookback = match time.lookback.as_deref() {
            None => 0,
            Some(text) => match duration::milliseconds(text) {
                Some(length) => length.div_ceil(interval.milliseconds().unsigned_abs()),
                None => {
                    let message = format!("`{}` is not a length of time", clipped(text));
                    self.refuse(&["time", "lookback"], message, "write it as `P2D` or `2 days`");
                    return None;
                }
            },
        };
        Some((column?, interval, u32::try_from(lookback).unwrap_or(u32::MAX)))
    }

    /// The columns that tell one thing from another in a table that keeps its history.
    fn thing(&mut self, property: &TransformProperty) -> Option<Vec<String>> {
        let [from, to] = VALIDITY;
        let is_moment = |column: &&Column| matches!(column.data_type, DataType::Timestamp { .. });
        let has_from = self.contract.column(from).filter(is_moment).is_some();
        let has_to = self.contract.column(to).filter(is_moment).is_some_and(|column| !column.required);
        if !has_from || !has_to {
            let message =
                format!("a table that keeps its history has timestamps `{from}` and `{to}`, and this has not");
            let help =
                format!("add them to `{}`: `{from}` in the primary key, `{to}` not required", self.contract.file);
            self.refuse(&["kind"], message, &help);
            return None;
        }
        let key = self.contract.primary_key();
        let others: Vec<&str> = key.iter().copied().filter(|column| *column != from).collect();
        if others.is_empty() || others.len() == key.len() || others.contains(&to) {
            let message = format!("the primary key must be what tells things apart, and `{from}`");
            let help = format!("mark these columns in `{}` with `primaryKey: true`", self.contract.file);
            self.refuse(&["kind"], message, &help);
            return None;
        }
        let named = property.key.as_deref().unwrap_or_default();
        let same = named.len() == others.len() && named.iter().all(|column| others.contains(&column.as_str()));
        if property.key.is_some() && !same {
            let message = format!("the key is not the contract's primary key without `{from}`: {}", listed(&others));
            self.refuse(&["key"], message, "take `key` out, or change the contract's primary key");
            return None;
        }
        Some(others.into_iter().map(str::to_owned).collect())
    }

    /// The name of a column of dates or times.
    fn time_column(&mut self, name: &str) -> Option<String> {
        let Some(column) = self.contract.column(name) else {
            let message = format!("the contract has no column `{}`", clipped(name));
            let help = format!("name a column of `{}`", self.contract.file);
            self.refuse(&["time", "column"], message, &help);
            return None;
        };
        if !matches!(column.data_type, DataType::Date | DataType::Timestamp { .. }) {
            let message = format!("column `{name}` is {}, and must be a date or a timestamp", column.data_type);
            self.refuse(&["time", "column"], message, "name another column");
            return None;
        }
        Some(name.to_owned())
    }

    fn refuse(&mut self, keys: &[&str], message: String, help: &str) {
        self.problems.push(Diagnostic::error(Code::TRANSFORM_INVALID, (self.place)(keys), message).help(help));
    }
}
