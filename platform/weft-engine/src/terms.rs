//! On what terms a table may be read, and what that makes of its columns.

use std::collections::BTreeSet;
use std::sync::Arc;

use arrow::datatypes::{Schema, SchemaRef};
use datafusion::logical_expr::Expr;
use datafusion::logical_expr::utils::conjunction;
use weft_governance::{ColumnPath, Decision, Mask, Obligation, RowPredicate};
use weft_model::Column;

use crate::QueryError;
use crate::entitlement::Entitlements;
use crate::mask_values::MaskKey;
use crate::masks::Masker;
use crate::predicate;

/// The terms of an allowing decision, sorted by what they act on.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Terms {
    /// A row must pass each.
    conditions: Vec<RowPredicate>,
    masks: Vec<(ColumnPath, Mask)>,
    /// Columns that are shown, of those the table has; every one where absent.
    columns: Option<BTreeSet<String>>,
}

impl Terms {
    /// The terms of `decision` on a table whose contract has `columns`. What the table has besides
    /// is not shown: nobody has classified it.
    ///
    /// # Errors
    ///
    /// [`QueryError::Denied`] for a deny, and for a term that is not known here: one that is not
    /// applied must not be ignored.
    pub(crate) fn of(table: &str, decision: &Decision, columns: &[Column]) -> Result<Self, QueryError> {
        if !decision.is_allowed() {
            return Err(QueryError::Denied { table: table.to_owned() });
        }
        let mut shown: BTreeSet<String> = columns.iter().map(|column| column.name.clone()).collect();
        let mut terms = Terms { conditions: Vec::new(), masks: Vec::new(), columns: None };
        for imposed in decision.obligations() {
            match &imposed.obligation {
                Obligation::KeepRows(condition) => terms.conditions.push(condition.clone()),
                Obligation::MaskColumn { path, mask } => terms.masks.push((path.clone(), mask.clone())),
                Obligation::HideColumn { column } => {
                    shown.remove(column);
                }
                other => {
                    return Err(unreadable(table, &format!("an obligation that the engine does not know: {other:?}")));
                }
            }
        }
        terms.columns = Some(shown);
        Ok(terms)
    }

    /// The terms of the platform's own tables, which are made for one principal from the start.
    pub(crate) fn of_platform_table() -> Self {
        Terms { conditions: Vec::new(), masks: Vec::new(), columns: None }
    }

    #[cfg(test)]
    pub(crate) fn with(
        conditions: Vec<RowPredicate>,
        masks: Vec<(ColumnPath, Mask)>,
        columns: Option<BTreeSet<String>>,
    ) -> Self {
        Terms { conditions, masks, columns }
    }

    /// Which rows may be seen; a row must pass every one.
    pub(crate) fn conditions(&self) -> &[RowPredicate] {
        &self.conditions
    }

    /// Fits the terms to a table.
    ///
    /// # Errors
    ///
    /// In words for the log, if they do not fit. Then the table is not readable.
    pub(crate) fn fit(&self, schema: &Schema, entitled: &Entitlements, key: &MaskKey) -> Result<Fitted, String> {
        if let Some((path, _)) = self.masks.iter().find(|(path, _)| !has_column(schema, path)) {
            return Err(format!("a mask names `{}`, which the table does not have", path.join(".")));
        }
        let mut columns = Vec::new();
        for (index, field) in schema.fields().iter().enumerate() {
            if self.columns.as_ref().is_some_and(|shown| !shown.contains(field.name())) {
                continue;
            }
            let masks: Vec<(&[String], &Mask)> = self
                .masks
                .iter()
                .filter_map(|(path, mask)| path.split_first().map(|(name, below)| (name, below, mask)))
                .filter(|(name, _, _)| *name == field.name())
                .map(|(_, below, mask)| (below, mask))
                .collect();
            columns.push(ShownColumn { index, masker: Masker::new(field.data_type(), &masks, key)? });
        }
        let mut names = Vec::new();
        self.conditions.iter().for_each(|condition| predicate::columns_of(condition, &mut names));
        let read_by_conditions = names.iter().filter_map(|name| schema.index_of(name).ok()).collect();
        let conditions: Result<Vec<Expr>, String> =
            self.conditions.iter().map(|condition| predicate::expression(condition, schema, entitled)).collect();
        let shown = columns.iter().map(|column| column.masker.field(schema.field(column.index)));
        Ok(Fitted {
            schema: Arc::new(Schema::new(shown.collect::<Vec<_>>())),
            columns,
            condition: conjunction(conditions?),
            read_by_conditions,
        })
    }
}

fn has_column(schema: &Schema, path: &[String]) -> bool {
    path.first().is_some_and(|name| schema.index_of(name).is_ok())
}

/// A table whose terms cannot be applied is one that may not be read.
pub(crate) fn unreadable(table: &str, why: &str) -> QueryError {
    tracing::error!(table, why, "the terms on a table cannot be applied, so it is closed");
    QueryError::Denied { table: table.to_owned() }
}

/// Terms that fit a table.
#[derive(Debug)]
pub(crate) struct Fitted {
    /// The table as it is shown: without hidden columns, without metadata.
    pub(crate) schema: SchemaRef,
    /// One for each field of `schema`.
    pub(crate) columns: Vec<ShownColumn>,
    /// Present if rows may be hidden: true for those that are shown.
    pub(crate) condition: Option<Expr>,
    /// Places, in the table, of the columns that `condition` reads.
    pub(crate) read_by_conditions: BTreeSet<usize>,
}

/// A column that is shown.
#[derive(Clone, Debug)]
pub(crate) struct ShownColumn {
    /// Its place in the table.
    pub(crate) index: usize,
    pub(crate) masker: Masker,
}

impl Fitted {
    /// Whether the column of that name is shown with its own values.
    pub(crate) fn is_clear(&self, name: &str) -> bool {
        self.schema
            .index_of(name)
            .ok()
            .and_then(|place| self.columns.get(place))
            .is_some_and(|column| column.masker.is_clear())
    }
}
