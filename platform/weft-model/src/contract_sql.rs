//! The SQL that a contract holds: queries of quality rules, and what measures and dimensions compute.

use std::sync::Arc;

use crate::{Column, Place, PortRef, ProductRef};

/// A piece of SQL of a contract, its placeholders filled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ContractSql {
    /// The product in whose folder the contract lies.
    pub product: ProductRef,
    pub role: SqlRole,
    /// What a person would call what it belongs to: `rule x`, a column.
    pub noun: String,
    pub text: WrittenSql,
    /// The tables of the contract, shared by all of its SQL.
    pub tables: Arc<Vec<ContractTable>>,
    /// The one that it stands in, by its index.
    pub table: usize,
}

/// What a contract's SQL is to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SqlRole {
    /// A query for one number or boolean.
    Rule,
    /// A query for one column that aggregates its table.
    Measure,
    /// A query for one column with a value for each row.
    Dimension,
    /// As a dimension, but of a column that is stored: it may be written for the tables that the rows
    /// come from, so that it need not be understood.
    Column,
}

/// A table of a contract.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ContractTable {
    pub name: String,
    pub physical_name: Option<String>,
    /// The port that it is offered as, if it is known.
    pub port: Option<PortRef>,
    /// `None` where not all of its columns are understood.
    pub columns: Option<Vec<Column>>,
}

/// SQL with the way back to where it is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WrittenSql {
    pub sql: String,
    file: String,
    /// The whole file.
    text: Arc<str>,
    // INVARIANT: one for each byte of `sql`: where it, or what it stands for, is in `text`.
    offsets: Vec<usize>,
}

impl WrittenSql {
    /// An empty text of the file at `file`, which holds `text`.
    pub fn new(file: impl Into<String>, text: Arc<str>) -> Self {
        WrittenSql { sql: String::new(), file: file.into(), text, offsets: Vec::new() }
    }

    /// Adds what stands for something at byte `offset` of the file.
    pub fn push(&mut self, sql: &str, offset: usize) {
        self.sql.push_str(sql);
        self.offsets.resize(self.sql.len(), offset);
    }

    /// The place in the file of the bytes `start..end` of the SQL.
    pub fn place(&self, start: usize, end: usize) -> Place {
        let last = self.offsets.last().copied().unwrap_or_default();
        let from = self.offsets.get(start).copied().unwrap_or(last);
        let to = self.offsets.get(end.saturating_sub(1)).copied().unwrap_or(last);
        Place::of_bytes(&self.file, &self.text, from, to.max(from) + 1)
    }

    /// The place in the file of all of the SQL.
    pub fn place_of_all(&self) -> Place {
        self.place(0, self.sql.len())
    }
}
