//! SQL over HTTP.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;
use weft_model::PortRef;

use crate::Problem;

/// Media type of an answer as an Arrow IPC stream.
pub const ARROW_STREAM: &str = "application/vnd.apache.arrow.stream";

/// Header of an answer: the query's id, which `DELETE /api/v1/sql/{id}` takes.
pub const QUERY_ID_HEADER: &str = "x-weft-query-id";

/// Header of an answer of which something is masked, left out or filtered: the id by which `POST
/// /api/v1/access/explain` says why.
pub const EXPLAIN_ID_HEADER: &str = "x-weft-explain-id";

/// A query: the body of `POST /api/v1/sql`. Here, unknown keys are refused.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SqlRequest {
    pub sql: String,
    /// Values for `?` or `$n`, from left to right: texts, numbers, truth values or `null`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(value_type = Vec<SqlParameter>)]
    pub parameters: Vec<Value>,
    /// What the answer is for, as the header `x-weft-purpose` says it too.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub purpose: Option<String>,
    /// Reads all tables as they were then, in RFC 3339, as the header `x-weft-as-of` says it too.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub as_of: Option<String>,
    /// Most rows of the answer, which is cut after them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<u64>,
}

/// How a parameter is described; what it is, the engine says.
#[derive(ToSchema)]
#[serde(untagged)]
#[expect(dead_code, reason = "describes JSON; values are read as they are")]
pub(crate) enum SqlParameter {
    Text(String),
    Number(f64),
    Truth(bool),
    Null,
}

/// The answer to a [`SqlRequest`] as JSON. Members come in this order.
///
/// Rows leave while the query runs. One that fails after the first of them says so at the end: where
/// `problem` is not `null`, the rows are a part of the answer only.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SqlAnswer {
    /// Names the query in the log and for cancelling.
    pub id: String,
    pub columns: Vec<SqlColumn>,
    /// A value for each column. Decimals are texts, so that no digit is lost; binary values are
    /// hexadecimal.
    pub rows: Vec<Vec<Value>>,
    /// On which terms tables were read that are not shown as they are; tables below a view that the asker may not know of
    /// are not told.
    pub terms: Vec<SqlTerms>,
    /// Whether there are more rows than the request's `limit`.
    pub truncated: bool,
    pub problem: Option<Problem>,
}

/// Key in the schema's metadata of an Arrow answer: a list of [`SqlTerms`] as JSON.
pub const TERMS_KEY: &str = "weft.terms";

/// On which terms a query read one port.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SqlTerms {
    pub port: PortRef,
    /// How columns are masked, in words, by name.
    pub masks: BTreeMap<String, String>,
    /// Columns that are left out, as far as the asker may know of them.
    pub hidden: Vec<String>,
    /// The rules by which rows are left out.
    pub filters: Vec<String>,
}

/// A column of an answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SqlColumn {
    /// Not always distinct: a join may bring one name twice.
    pub name: String,
    /// As Arrow names it: `Int64`, `Decimal128(12, 2)`.
    #[serde(rename = "type")]
    pub data_type: String,
    pub nullable: bool,
}
