//! Tables that keep their history: what is no longer so is closed, what is new is opened.

use arrow::datatypes::SchemaRef;
use datafusion::common::{Column, JoinType, ScalarValue};
use datafusion::error::Result;
use datafusion::execution::SendableRecordBatchStream;
use datafusion::logical_expr::{Expr, Operator, binary_expr, cast, ident, lit};
use datafusion::prelude::{DataFrame, SessionContext};
use weft_model::VALIDITY;
use weft_storage::{TableFile, TableVersion};

use crate::rewritten::{Held, by, columns_of, read, shaped};
use crate::{Engine, Rewritten};

impl Engine {
    /// Brings a table that keeps its history to the state `now`, whose rows have the table's columns without
    /// [`VALIDITY`]: what is no longer so is closed, what is new is opened, since `since` (a column of it) or else
    /// since `at`, in milliseconds since 1970-01-01 UTC.
    pub async fn history(
        &self,
        table: Option<&TableVersion>,
        schema: &SchemaRef,
        now: SendableRecordBatchStream,
        (key, since): (&[&str], Option<&str>),
        at: i64,
    ) -> Result<Rewritten> {
        let held = Held::of(now).await?;
        let context = SessionContext::new_with_state(self.platform_state()?);
        let [from, to] = VALIDITY;
        let kind = |name: &str| schema.field_with_name(name).map(|field| field.data_type().clone());
        let instant = |name: &str| -> Result<Expr> {
            Ok(cast(lit(ScalarValue::TimestampMillisecond(Some(at), None)), kind(name)?))
        };
        let begins = match since {
            Some(since) => cast(ident(since), kind(from)?),
            None => instant(from)?,
        };
        let states: Vec<&str> = states_names(schema).collect();
        let opened_as = |frame: DataFrame| -> Result<DataFrame> {
            let null = lit(ScalarValue::try_from(&kind(to)?)?);
            let all = states.iter().map(|name| ident(*name)).chain([begins.clone().alias(from), null.alias(to)]);
            frame.select(all.collect::<Vec<_>>())?.select(columns_of(schema))
        };
        let now = held.frame(&context)?;
        let Some(table) = table else {
            let opened = opened_as(now)?.sort(by(key))?;
            return Ok(Rewritten { rows: vec![shaped(opened, schema).await?], ..Rewritten::nothing() });
        };
        let open_files: Vec<TableFile> = table.files.iter().filter(|file| file.nulls(to) != Some(0)).cloned().collect();
        let stored = read(&context, &table.of_files(open_files.clone()))?;
        let current = stored.clone().filter(ident(to).is_null())?;
        // A row is the same where all that it says is the same, NULL being NULL.
        let is_same: Vec<Expr> = states.iter().map(|name| not_distinct(of("old", name), of("new", name))).collect();
        let opened =
            now.clone().alias("new")?.join_on(current.clone().alias("old")?, JoinType::LeftAnti, is_same.clone())?;
        let gone = current.clone().alias("old")?.join_on(now.clone().alias("new")?, JoinType::LeftAnti, is_same)?;
        if gone.clone().limit(0, Some(1))?.count().await? == 0 && opened.clone().limit(0, Some(1))?.count().await? == 0
        {
            return Ok(Rewritten::nothing());
        }
        let opened = opened_as(opened)?;
        // The end of what went is the beginning of what came in its place, else this run.
        let beginnings = opened.clone().select(
            key.iter()
                .map(|k| ident(*k).alias(format!("weft.{k}")))
                .chain([ident(from).alias("weft.from")])
                .collect::<Vec<_>>(),
        )?;
        let on: Vec<Expr> = key.iter().map(|k| of("old", k).eq(ident(format!("weft.{k}")))).collect();
        let closed = gone.join_on(beginnings, JoinType::Left, on)?;
        let ending = datafusion::functions::expr_fn::coalesce(vec![ident("weft.from"), instant(from)?]);
        let columns = schema.fields().iter().map(|field| match field.name() == to {
            true => Ok(cast(ending.clone(), kind(to)?).alias(to)),
            false => Ok(of("old", field.name()).alias(field.name())),
        });
        let closed = closed.select(columns.collect::<Result<Vec<_>>>()?)?;
        let keyed: Vec<&str> = key.iter().copied().chain([from]).collect();
        let untouched = apart_from(stored, closed.clone(), &keyed)?;
        let all = untouched.select(columns_of(schema))?.union(closed)?.union(opened)?.sort(by(&keyed))?;
        let rows = vec![shaped(all, schema).await?];
        Ok(Rewritten { without: open_files, rows, ..Rewritten::nothing() })
    }
}

fn of(side: &str, column: &str) -> Expr {
    Expr::Column(Column::new(Some(side), column))
}

fn not_distinct(one: Expr, other: Expr) -> Expr {
    binary_expr(one, Operator::IsNotDistinctFrom, other)
}

/// The rows of `all` that have no key of `others`.
fn apart_from(all: DataFrame, others: DataFrame, key: &[&str]) -> Result<DataFrame> {
    let keys = others.select(key.iter().map(|column| ident(*column)).collect::<Vec<_>>())?;
    let same = key.iter().map(|column| of("old", column).eq(of("new", column)));
    all.alias("old")?.join_on(keys.alias("new")?, JoinType::LeftAnti, same)
}

fn states_names(schema: &SchemaRef) -> impl Iterator<Item = &str> {
    schema.fields().iter().map(|field| field.name().as_str()).filter(|name| !VALIDITY.contains(name))
}
