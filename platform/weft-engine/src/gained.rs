//! The part of an input that came, or went, between two of its versions, in place of the whole.

use std::sync::Arc;

use arrow::datatypes::{DataType, Field, FieldRef, SchemaRef};
use datafusion::catalog::TableProvider;
use datafusion::common::Column;
use datafusion::datasource::provider_as_source;
use datafusion::error::Result;
use datafusion::functions_aggregate::expr_fn::sum;
use datafusion::functions_nested::expr_fn::gen_series;
use datafusion::logical_expr::{Expr, LogicalPlanBuilder, ident, lit};
use weft_storage::{TableFile, TableVersion};

use crate::view::ViewScan;

/// How often a row came more than it went, while the parts are compared.
const COUNT: &str = "weft.count";

/// The rows that `now` has and `before` has not, each as often as it has more of them.
///
/// Files that both have are not read. Where files only came, their rows are the answer; where files went too, as when
/// a table was written anew, rows are compared.
#[derive(Clone, Debug)]
pub struct Gained {
    came: Arc<TableVersion>,
    went: Arc<TableVersion>,
}

impl Gained {
    /// What came between the two.
    pub fn between(before: &TableVersion, now: &TableVersion) -> Self {
        let only = |of: &TableVersion, files: Vec<TableFile>| Arc::new(of.of_files(files));
        Gained { came: only(now, now.files_besides(before)), went: only(before, before.files_besides(now)) }
    }

    /// Whether no file came, so that no row did.
    pub fn is_nothing(&self) -> bool {
        self.came.files.is_empty()
    }

    /// Whether rows can be compared: maps cannot.
    pub fn is_comparable(&self) -> bool {
        let has_map = |schema: &SchemaRef| {
            schema.flattened_fields().iter().any(|field| matches!(field.data_type(), DataType::Map(..)))
        };
        self.went.files.is_empty() || !has_map(&self.came.schema)
    }

    /// What the files that came hold.
    pub(crate) fn came(&self) -> Arc<TableVersion> {
        Arc::clone(&self.came)
    }

    /// What the files that went held; `None` where none went, and where a column came or went in between, so that no
    /// row is one that was there before.
    pub(crate) fn went(&self) -> Option<Arc<TableVersion>> {
        let differs = |field: &FieldRef| {
            self.came.schema.field_with_name(field.name()).ok().map(Field::data_type) != Some(field.data_type())
        };
        let is_same = self.came.schema.fields().len() == self.went.schema.fields().len()
            && !self.went.schema.fields().iter().any(differs);
        (is_same && !self.went.files.is_empty()).then(|| Arc::clone(&self.went))
    }
}

/// The rows of `came` that are not in `went`, each as often as there are more of them.
pub(crate) fn difference(came: Arc<dyn TableProvider>, went: Arc<dyn TableProvider>) -> Result<Arc<dyn TableProvider>> {
    let columns: Vec<Expr> = came.schema().fields().iter().map(|field| ident(field.name())).collect();
    let side = |table: Arc<dyn TableProvider>, count: i64| {
        let counted = columns.iter().cloned().chain([lit(count).alias(COUNT)]);
        LogicalPlanBuilder::scan("part", provider_as_source(table), None)?.project(counted)?.build()
    };
    let together = LogicalPlanBuilder::from(side(came, 1)?).union(side(went, -1)?)?;
    let by_row = together.aggregate(columns.clone(), [sum(ident(COUNT)).alias(COUNT)])?;
    let more = by_row.filter(ident(COUNT).gt(lit(0_i64)))?;
    let copies = gen_series(lit(1_i64), ident(COUNT), lit(1_i64)).alias(COUNT);
    let copied = more.project(columns.iter().cloned().chain([copies]))?;
    let one_by_one = copied.unnest_column(Column::new_unqualified(COUNT))?;
    Ok(Arc::new(ViewScan::of(one_by_one.project(columns)?.build()?)))
}
