//! Some of the rows that a check found wanting.

use std::fmt;

use serde_json::{Map, Value};

/// Rows that a check found wanting, a few of them, as far as their columns may be kept. Not empty, nor is any of them.
///
/// Holds values: they are for the eyes of who may read the port's rows, and a `Debug` text tells only how many there
/// are.
#[derive(Clone, PartialEq, Eq)]
pub struct OffendingRows(Vec<Map<String, Value>>);

impl OffendingRows {
    /// The rows; `None` where there are none, or where they have no columns.
    pub fn of(rows: Vec<Map<String, Value>>) -> Option<Self> {
        let is_told = !rows.is_empty() && rows.iter().all(|row| !row.is_empty());
        is_told.then_some(OffendingRows(rows))
    }

    /// A JSON list with an object for each row.
    pub fn to_json(&self) -> String {
        Value::from(self.0.iter().cloned().map(Value::Object).collect::<Vec<_>>()).to_string()
    }

    /// The rows, each a name and a value for every column.
    pub fn into_rows(self) -> Vec<Map<String, Value>> {
        self.0
    }

    pub(crate) fn from_json(text: &str) -> Option<Self> {
        OffendingRows::of(serde_json::from_str(text).ok()?)
    }

    /// The same rows with those columns alone; `None` where none is left.
    pub(crate) fn with_columns(mut self, is_shown: impl Fn(&str) -> bool) -> Option<Self> {
        for row in &mut self.0 {
            row.retain(|column, _| is_shown(column));
        }
        OffendingRows::of(self.0)
    }
}

impl fmt::Debug for OffendingRows {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "OffendingRows({})", self.0.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_lose_columns_and_no_value_is_in_a_debug_text() {
        let rows = OffendingRows::from_json(r#"[{"id":1,"mail":"a@b"},{"id":2,"mail":null}]"#).unwrap();
        assert_eq!(format!("{rows:?}"), "OffendingRows(2)");
        let ids = rows.clone().with_columns(|column| column == "id").unwrap();
        assert_eq!(ids.to_json(), r#"[{"id":1},{"id":2}]"#);
        assert_eq!(OffendingRows::from_json(&ids.to_json()), Some(ids));
        assert_eq!(rows.with_columns(|_| false), None);
        assert_eq!(OffendingRows::from_json("[]"), None);
    }
}
