//! Which share of a port's rows a condition keeps, as one who sees them all may know.

use arrow::array::AsArray;
use arrow::datatypes::Int64Type;
use futures::TryStreamExt;
use weft_governance::{Comparison, Literal, RowPredicate};
use weft_model::PortRef;

use crate::{Parameters, QueryError, Session};

impl Session {
    /// How many of a hundred rows of `port` all of `conditions` keep, rounded down; `None` where there are no rows.
    /// The rows are those that this principal sees, so whoever is not to know of others gets no other number.
    ///
    /// # Errors
    ///
    /// As [`query`](Session::query); also where a condition looks values up in a port that the principal may not read.
    pub async fn percent_kept(&self, port: &PortRef, conditions: &[&RowPredicate]) -> Result<Option<u8>, QueryError> {
        let conditions: Vec<String> = conditions.iter().map(|condition| written(condition)).collect();
        let sql = format!("SELECT count(*) FILTER (WHERE {}), count(*) FROM {port}", all(&conditions, "AND", "TRUE"));
        let batches: Vec<_> = self.query(&sql, Parameters::default()).await?.try_collect().await?;
        let number = |column: usize| -> Option<i64> {
            let values = batches.first()?.columns().get(column)?.as_primitive_opt::<Int64Type>()?;
            (values.len() == 1).then(|| values.value(0))
        };
        let (Some(kept), Some(rows)) = (number(0), number(1)) else { return Ok(None) };
        Ok(kept.checked_mul(100).and_then(|kept| kept.checked_div(rows)).and_then(|percent| u8::try_from(percent).ok()))
    }
}

/// The condition as SQL.
fn written(condition: &RowPredicate) -> String {
    let parts = |parts: &[RowPredicate]| parts.iter().map(written).collect::<Vec<_>>();
    match condition {
        RowPredicate::Compare { column, comparison, value } => {
            format!("({} {} {})", path(column), sign(*comparison), literal(value))
        }
        RowPredicate::In { values, .. } if values.is_empty() => "FALSE".to_owned(),
        RowPredicate::In { column, values } => {
            let values: Vec<String> = values.iter().map(literal).collect();
            format!("({} IN ({}))", path(column), values.join(", "))
        }
        RowPredicate::InPort { column, port, of, only } => {
            format!("({} IN (SELECT {} FROM {port} WHERE {}))", path(column), quoted(of), written(only))
        }
        RowPredicate::IsNull { column } => format!("({} IS NULL)", path(column)),
        RowPredicate::All(conditions) => all(&parts(conditions), "AND", "TRUE"),
        RowPredicate::Any(conditions) => all(&parts(conditions), "OR", "FALSE"),
        RowPredicate::Not(condition) => format!("(NOT {})", written(condition)),
        // Neither true nor false; so is a condition that this version has no word for, which keeps nothing.
        _ => "CAST(NULL AS BOOLEAN)".to_owned(),
    }
}

fn all(conditions: &[String], between: &str, of_none: &str) -> String {
    match conditions {
        [] => of_none.to_owned(),
        conditions => format!("({})", conditions.join(&format!(" {between} "))),
    }
}

fn sign(comparison: Comparison) -> &'static str {
    match comparison {
        Comparison::Equal => "=",
        Comparison::NotEqual => "<>",
        Comparison::Less => "<",
        Comparison::LessOrEqual => "<=",
        Comparison::Greater => ">",
        Comparison::GreaterOrEqual => ">=",
    }
}

/// A column, or a field within one.
fn path(path: &[String]) -> String {
    let (column, fields) = path.split_first().map_or(("", &[][..]), |(column, fields)| (column.as_str(), fields));
    let fields: String = fields.iter().map(|field| format!("[{}]", text(field))).collect();
    format!("{}{fields}", quoted(column))
}

fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

fn text(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

fn literal(value: &Literal) -> String {
    match value {
        Literal::Boolean(value) => value.to_string(),
        Literal::Integer(value) => value.to_string(),
        Literal::Number(value) => format!("CAST({} AS DOUBLE)", text(&value.to_string())),
        Literal::Text(value) => text(value),
        Literal::Date(value) => format!("DATE '{value}'"),
        Literal::Timestamp(value) => format!("TIMESTAMP '{}'", value.to_rfc3339()),
        _ => "NULL".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_condition_is_written_so_that_it_says_the_same() {
        let compare = |value| RowPredicate::Compare {
            column: vec!["a\"b".to_owned(), "it's".to_owned()],
            comparison: Comparison::LessOrEqual,
            value,
        };
        let condition = RowPredicate::All(vec![
            RowPredicate::Any(vec![compare(Literal::Text("o'x".to_owned())), RowPredicate::Unknown]),
            RowPredicate::Not(Box::new(RowPredicate::In { column: vec!["c".to_owned()], values: Vec::new() })),
        ]);
        let expected = "(((\"a\"\"b\"['it''s'] <= 'o''x') OR CAST(NULL AS BOOLEAN)) AND (NOT FALSE))";
        assert_eq!(written(&condition), expected);
        assert_eq!(written(&RowPredicate::All(Vec::new())), "TRUE");
    }
}
