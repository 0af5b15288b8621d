//! Columns of a table found in a file that may name, order and type them otherwise.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::datatypes::{DataType, Field, FieldRef, Schema, SchemaRef};
use datafusion::common::ScalarValue;
use datafusion::common::tree_node::{Transformed, TransformedResult as _, TreeNode as _};
use datafusion::error::{DataFusionError, Result};
use datafusion::logical_expr::ColumnarValue;
use datafusion::physical_expr::PhysicalExpr;
use datafusion::physical_expr::expressions::{Column, lit};
use datafusion::physical_expr_adapter::{PhysicalExprAdapter, PhysicalExprAdapterFactory};

use crate::foreign_table::reshaped::{Mapping, bare_field, fits, reshaped};

/// How columns of a table are found in its files.
#[derive(Debug)]
pub(super) struct Adapted {
    pub(super) mapping: Mapping,
    /// The columns of files as the log declares them, with what it says of each.
    pub(super) declared: SchemaRef,
}

impl PhysicalExprAdapterFactory for Adapted {
    fn create(&self, _: SchemaRef, file: SchemaRef) -> Result<Arc<dyn PhysicalExprAdapter>> {
        let is_numbered = |field: &FieldRef| self.mapping.is_known_of(field);
        if !file.fields().is_empty() && !file.fields().iter().any(is_numbered) {
            let problem = "its columns have no numbers, and the table's are found by number";
            return Err(DataFusionError::Execution(problem.to_owned()));
        }
        Ok(Arc::new(InFile { mapping: self.mapping, declared: Arc::clone(&self.declared), file }))
    }
}

#[derive(Debug)]
struct InFile {
    mapping: Mapping,
    declared: SchemaRef,
    file: SchemaRef,
}

impl PhysicalExprAdapter for InFile {
    fn rewrite(&self, expr: Arc<dyn PhysicalExpr>) -> Result<Arc<dyn PhysicalExpr>> {
        let adapt = |expr: Arc<dyn PhysicalExpr>| match expr.downcast_ref::<Column>() {
            Some(column) => Ok(Transformed::yes(self.column(column)?)),
            None => Ok(Transformed::no(expr)),
        };
        expr.transform(adapt).data()
    }
}

impl InFile {
    fn column(&self, column: &Column) -> Result<Arc<dyn PhysicalExpr>> {
        let wanted = self.declared.field_with_name(column.name())?;
        let Some(place) = self.mapping.place(self.file.fields(), wanted) else {
            return Ok(lit(ScalarValue::try_from(bare_field(wanted).data_type())?));
        };
        let found = self.file.field(place);
        fits(found.data_type(), wanted.data_type(), self.mapping)
            .map_err(|problem| DataFusionError::Execution(format!("column `{}` {problem}", column.name())))?;
        Ok(Arc::new(Reshaped {
            child: Arc::new(Column::new(found.name(), place)),
            wanted: Arc::new(wanted.clone()),
            given: Arc::new(bare_field(wanted)),
            mapping: self.mapping,
        }))
    }
}

/// A column of a file as the table has it.
#[derive(Debug, Eq)]
struct Reshaped {
    child: Arc<dyn PhysicalExpr>,
    wanted: FieldRef,
    given: FieldRef,
    mapping: Mapping,
}

impl PartialEq for Reshaped {
    fn eq(&self, other: &Self) -> bool {
        self.child.eq(&other.child) && self.wanted == other.wanted && self.mapping == other.mapping
    }
}

impl Hash for Reshaped {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.child.hash(state);
        self.wanted.hash(state);
    }
}

impl fmt::Display for Reshaped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} as {}", self.child, self.wanted.name())
    }
}

impl PhysicalExpr for Reshaped {
    fn data_type(&self, _: &Schema) -> Result<DataType> {
        Ok(self.given.data_type().clone())
    }

    fn nullable(&self, _: &Schema) -> Result<bool> {
        Ok(self.given.is_nullable())
    }

    fn return_field(&self, _: &Schema) -> Result<Arc<Field>> {
        Ok(Arc::clone(&self.given))
    }

    fn evaluate(&self, batch: &RecordBatch) -> Result<ColumnarValue> {
        let values = self.child.evaluate(batch)?.into_array(batch.num_rows())?;
        let shaped = reshaped(&values, self.wanted.data_type(), self.mapping);
        let told = |error| {
            tracing::debug!(column = self.wanted.name(), %error, "a value of a data file is none of its table");
            let problem = format!("column `{}` holds a value that is none of its type", self.wanted.name());
            DataFusionError::Execution(problem)
        };
        Ok(ColumnarValue::Array(shaped.map_err(told)?))
    }

    fn children(&self) -> Vec<&Arc<dyn PhysicalExpr>> {
        vec![&self.child]
    }

    fn with_new_children(self: Arc<Self>, mut children: Vec<Arc<dyn PhysicalExpr>>) -> Result<Arc<dyn PhysicalExpr>> {
        let child = children.pop().ok_or_else(|| DataFusionError::Internal("a column lost its file's".to_owned()))?;
        let Reshaped { wanted, given, mapping, .. } = self.as_ref();
        Ok(Arc::new(Reshaped { child, wanted: Arc::clone(wanted), given: Arc::clone(given), mapping: *mapping }))
    }

    fn fmt_sql(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.child.fmt_sql(f)
    }
}
