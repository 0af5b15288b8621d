//! What a query comes to, as far as the asker can tell.

use arrow::util::display::{ArrayFormatter, FormatOptions};
use datafusion::scalar::ScalarValue;
use futures::TryStreamExt;
use weft_engine::{Parameters, Session};

use crate::query::{Manner, Query};

/// The code of a value that could not be computed.
const FAILED: &str = "W0213";

/// Everything that comes back, in a form that is equal if and only if the asker gets the same.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Outcome {
    Rows { schema: String, lines: Vec<String>, batches: Vec<usize> },
    Described(String),
    Failed { code: &'static str, text: String },
}

impl Outcome {
    pub(crate) fn has_rows(&self) -> bool {
        matches!(self, Outcome::Rows { lines, .. } if !lines.is_empty())
    }
}

/// Puts the query to a session.
pub(crate) async fn outcome(session: &Session, query: &Query) -> Outcome {
    let sql = query.sql();
    let answered = match &query.manner {
        Manner::Describe => session.describe(&sql).await.map(|described| Outcome::Described(format!("{described:?}"))),
        Manner::Prepared(values) => {
            let values = values.iter().map(|value| ScalarValue::Int64(Some(*value))).collect();
            rows(session, query, &sql, Parameters::Positional(values)).await
        }
        Manner::Run | Manner::Explain => rows(session, query, &sql, Parameters::None).await,
    };
    answered.unwrap_or_else(|error| {
        let code = error.code().as_str();
        // Which of several failing rows comes first is for threads to say. Where rows are hidden, the
        // text must not tell.
        let text = if code == FAILED && !query.hides_rows { String::new() } else { error.to_string() };
        Outcome::Failed { code, text }
    })
}

async fn rows(
    session: &Session,
    query: &Query,
    sql: &str,
    parameters: Parameters,
) -> Result<Outcome, weft_engine::QueryError> {
    let answer = session.query(sql, parameters).await?;
    let schema = format!("{:?}", answer.schema);
    let batches: Vec<_> = answer.try_collect().await?;
    let mut lines = Vec::new();
    let options = FormatOptions::default().with_null("NULL");
    for batch in &batches {
        let columns: Vec<_> =
            batch.columns().iter().map(|column| ArrayFormatter::try_new(column, &options).unwrap()).collect();
        lines.extend(
            (0..batch.num_rows())
                .map(|row| columns.iter().map(|column| column.value(row).to_string()).collect::<Vec<_>>().join("|")),
        );
    }
    if !query.is_ordered() {
        lines.sort();
    }
    // Where no row is hidden, borders may fall as threads run; where some are, they may not.
    let batches = if query.hides_rows { batches.iter().map(|batch| batch.num_rows()).collect() } else { Vec::new() };
    Ok(Outcome::Rows { schema, lines, batches })
}
