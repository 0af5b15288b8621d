//! The platform's own tables: `system.mesh.*`, `system.audit.*` and `system.usage.*`, each made anew for the principal that asks.

use std::sync::Arc;

use arrow::array::{ArrayRef, BooleanArray, Float64Array, Int64Array, StringArray, TimestampMicrosecondArray};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef, TimeUnit};
use arrow::error::ArrowError;
use arrow::record_batch::RecordBatch;
use datafusion::catalog::TableProvider;
use datafusion::datasource::MemTable;
use datafusion::error::DataFusionError;
use weft_catalog::CatalogView;
use weft_model::PortRef;

use crate::{QueryError, TableEntry, information_schema};

mod rows;

use rows::{Cell, rows};

/// Type of a system table's column; all of them may be NULL where the description says so.
#[derive(Clone, Copy)]
enum Kind {
    Text,
    Number,
    Real,
    Flag,
    Instant,
}

struct SystemTable {
    /// `mesh`, `audit` or `usage`: what SQL calls a schema.
    product: &'static str,
    name: &'static str,
    description: &'static str,
    columns: &'static [(&'static str, Kind)],
}

use Kind::{Flag, Instant, Number, Real, Text};

const TABLES: [SystemTable; 14] = [
    SystemTable {
        product: "audit",
        name: "decisions",
        description: "what was decided about your queries, the newest first; for auditors, about everyone's",
        columns: &[
            ("seq", Number),
            ("at", Instant),
            ("query", Text),
            ("principal", Text),
            ("action", Text),
            ("object", Text),
            ("purpose", Text),
            ("outcome", Text),
            ("because", Text),
            ("masks", Text),
            ("filters", Text),
            ("policy_revision", Text),
            ("policy_epoch", Number),
            ("grants_epoch", Number),
            ("hash", Text),
        ],
    },
    SystemTable {
        product: "mesh",
        name: "checks",
        description: "what the gate found out about each commit, and the clock about what is served",
        columns: &[
            ("run", Text),
            ("port", Text),
            ("check_name", Text),
            ("column_name", Text),
            ("outcome", Text),
            ("failing_rows", Number),
            ("message", Text),
            ("at", Instant),
            ("measured", Real),
            ("threshold", Text),
            ("severity", Text),
            ("scanned_bytes", Number),
            ("duration_ms", Number),
            ("sample", Text),
        ],
    },
    SystemTable {
        product: "mesh",
        name: "columns",
        description: "the columns of every port",
        columns: &[
            ("domain", Text),
            ("product", Text),
            ("port", Text),
            ("column_name", Text),
            ("position", Number),
            ("data_type", Text),
            ("required", Flag),
            ("key_position", Number),
            ("classification", Text),
            ("masked", Flag),
            ("description", Text),
        ],
    },
    SystemTable {
        product: "mesh",
        name: "domains",
        description: "the teams' parts of the mesh",
        columns: &[("domain", Text), ("description", Text), ("owner", Text), ("contact", Text), ("products", Number)],
    },
    SystemTable {
        product: "mesh",
        name: "grants",
        description: "what was granted on request, the newest first; it counts from `since` until before `until`",
        columns: &[
            ("request", Text),
            ("principal", Text),
            ("port", Text),
            ("columns", Text),
            ("purpose", Text),
            ("since", Instant),
            ("until", Instant),
            ("approved_by", Text),
            ("break_glass", Flag),
            ("state", Text),
        ],
    },
    SystemTable {
        product: "mesh",
        name: "lineage",
        description: "which port's rows go into which, and which columns into which: by `kind` as values (direct) or as \
                      what chooses them (indirect), by `detail` how; a row without from_column is about whole ports, and \
                      one without to_column about what decides on the rows of to_port",
        columns: &[
            ("from_port", Text),
            ("to_port", Text),
            ("from_column", Text),
            ("to_column", Text),
            ("kind", Text),
            ("detail", Text),
            ("release", Number),
        ],
    },
    SystemTable {
        product: "mesh",
        name: "ports",
        description: "the tables on offer",
        columns: &[
            ("domain", Text),
            ("product", Text),
            ("port", Text),
            ("kind", Text),
            ("contract", Text),
            ("contract_version", Text),
            ("row_count", Number),
            ("bytes", Number),
            ("table_version", Number),
            ("readable", Flag),
            ("released_at", Instant),
            ("description", Text),
        ],
    },
    SystemTable {
        product: "mesh",
        name: "products",
        description: "the products as they are served now",
        columns: &[
            ("domain", Text),
            ("product", Text),
            ("title", Text),
            ("version", Text),
            ("status", Text),
            ("owner", Text),
            ("release", Number),
            ("revision", Text),
            ("released_at", Instant),
            ("purpose", Text),
        ],
    },
    SystemTable {
        product: "mesh",
        name: "releases",
        description: "every release, the newest first; what a release ended is `retired`, and one that serves an \
                      earlier release again was `rolled_back_to` it; `inputs` is JSON: what the port was made from",
        columns: &[
            ("product", Text),
            ("release", Number),
            ("port", Text),
            ("table_version", Number),
            ("row_count", Number),
            ("revision", Text),
            ("plan", Text),
            ("current", Flag),
            ("at", Instant),
            ("retired", Flag),
            ("kept_until", Instant),
            ("rolled_back_to", Number),
            ("reason", Text),
            ("inputs", Text),
        ],
    },
    SystemTable {
        product: "mesh",
        name: "requests",
        description: "requests for access that concern you, the newest first: yours, and those that you decide on",
        columns: &[
            ("request", Text),
            ("at", Instant),
            ("principal", Text),
            ("port", Text),
            ("columns", Text),
            ("purpose", Text),
            ("until", Instant),
            ("role", Text),
            ("state", Text),
            ("waits_for", Text),
            ("decisions", Text),
            ("note", Text),
        ],
    },
    SystemTable {
        product: "mesh",
        name: "runs",
        description: "what each revision became: a row for each step and each problem",
        columns: &[
            ("run", Text),
            ("revision", Text),
            ("status", Text),
            ("started_at", Instant),
            ("ended_at", Instant),
            ("kind", Text),
            ("port", Text),
            ("step", Text),
            ("outcome", Text),
            ("code", Text),
            ("message", Text),
            ("file", Text),
            ("line", Number),
            ("column", Number),
            ("row_count", Number),
            ("table_version", Number),
            ("author", Text),
            ("signature", Text),
        ],
    },
    SystemTable {
        product: "mesh",
        name: "service_levels",
        description: "how well each port was served by the queries of the last day, from `since` on, whether or not its \
                      contract promises anything: `availability` is the share that the platform did not fail, in percent, \
                      latency the time until half, 95 or 99 of a hundred answers began; how many queries there were, for \
                      who answers for the port",
        columns: &[
            ("port", Text),
            ("since", Instant),
            ("availability", Real),
            ("error_rate", Real),
            ("latency_p50_ms", Number),
            ("latency_p95_ms", Number),
            ("latency_p99_ms", Number),
            ("rows_per_second", Real),
            ("queries", Number),
            ("failed", Number),
        ],
    },
    SystemTable {
        product: "usage",
        name: "queries",
        description: "your queries that have ended, the newest first; for who oversees the mesh, everyone's",
        columns: &[
            ("query", Text),
            ("at", Instant),
            ("principal", Text),
            ("purpose", Text),
            ("door", Text),
            ("trace", Text),
            ("outcome", Text),
            ("duration_ms", Number),
            ("row_count", Number),
            ("ports", Text),
        ],
    },
    SystemTable {
        product: "usage",
        name: "reads",
        description: "how often a port and its columns were read, by the day: by you, of ports you answer for by \
                      everyone; a row without column_name counts every query that read the port",
        columns: &[
            ("port", Text),
            ("column_name", Text),
            ("principal", Text),
            ("purpose", Text),
            ("day", Text),
            ("queries", Number),
            ("first_at", Instant),
            ("last_at", Instant),
        ],
    },
];

/// The system tables for lists of tables, in order of name.
pub(crate) fn entries() -> Vec<TableEntry> {
    TABLES
        .iter()
        .map(|table| TableEntry {
            domain: "system".to_owned(),
            product: table.product.to_owned(),
            port: table.name.to_owned(),
            kind: "SYSTEM TABLE",
            schema: table.schema(),
            primary_key: Vec::new(),
            foreign_keys: Vec::new(),
            description: table.description.to_owned(),
        })
        .collect()
}

/// The system table of that name with the rows that the view's principal may see.
pub(crate) async fn table(name: &PortRef, view: &CatalogView) -> Result<Option<Arc<dyn TableProvider>>, QueryError> {
    if name.domain.as_str() == "system" && name.product.as_str() == information_schema::SCHEMA {
        return described(name, view);
    }
    let is_named = |table: &&SystemTable| table.product == name.product.as_str() && table.name == name.port.as_str();
    let Some(table) = TABLES.iter().find(is_named).filter(|_| name.domain.as_str() == "system") else {
        return Ok(None);
    };
    let unreadable = |error: &dyn std::fmt::Display| {
        tracing::error!(table = table.name, %error, "a system table cannot be made");
        QueryError::Storage { table: name.to_string() }
    };
    let rows = rows(table.name, view).await.map_err(|error| unreadable(&error))?;
    let batch = table.batch(&rows).map_err(|error| unreadable(&error))?;
    let provider = MemTable::try_new(table.schema(), vec![vec![batch]]).map_err(|error| unreadable(&error))?;
    Ok(Some(Arc::new(provider)))
}

/// A table of `information_schema`.
fn described(name: &PortRef, view: &CatalogView) -> Result<Option<Arc<dyn TableProvider>>, QueryError> {
    let Some(batch) = information_schema::batch(name.port.as_str(), view) else { return Ok(None) };
    let made =
        batch.map_err(DataFusionError::from).and_then(|batch| MemTable::try_new(batch.schema(), vec![vec![batch]]));
    let provider = made.map_err(|error| {
        tracing::error!(table = %name, %error, "a system table cannot be made");
        QueryError::Storage { table: name.to_string() }
    })?;
    Ok(Some(Arc::new(provider)))
}

impl SystemTable {
    fn schema(&self) -> SchemaRef {
        let field = |(name, kind): &(&str, Kind)| {
            let data_type = match kind {
                Text => DataType::Utf8,
                Number => DataType::Int64,
                Real => DataType::Float64,
                Flag => DataType::Boolean,
                Instant => DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())),
            };
            Field::new(*name, data_type, true)
        };
        Arc::new(Schema::new(self.columns.iter().map(field).collect::<Vec<_>>()))
    }

    fn batch(&self, rows: &[Vec<Cell>]) -> Result<RecordBatch, ArrowError> {
        let columns = self.columns.iter().enumerate().map(|(i, (_, kind))| column(*kind, i, rows)).collect();
        RecordBatch::try_new(self.schema(), columns)
    }
}

/// Column `i` of the rows. A cell of another kind than the column's counts as NULL.
fn column(kind: Kind, i: usize, rows: &[Vec<Cell>]) -> ArrayRef {
    let cells = rows.iter().map(|row| row.get(i));
    match kind {
        Text => Arc::new(StringArray::from_iter(cells.map(|cell| match cell {
            Some(Cell::Text(value)) => value.as_deref(),
            _ => None,
        }))),
        Number => Arc::new(Int64Array::from_iter(cells.map(|cell| match cell {
            Some(Cell::Number(value)) => *value,
            _ => None,
        }))),
        Real => Arc::new(Float64Array::from_iter(cells.map(|cell| match cell {
            Some(Cell::Real(value)) => *value,
            _ => None,
        }))),
        Flag => Arc::new(BooleanArray::from_iter(cells.map(|cell| match cell {
            Some(Cell::Flag(value)) => Some(*value),
            _ => None,
        }))),
        Instant => {
            let micros = cells.map(|cell| match cell {
                Some(Cell::Instant(value)) => value.map(|at| at.timestamp_micros()),
                _ => None,
            });
            Arc::new(TimestampMicrosecondArray::from_iter(micros).with_timezone("UTC"))
        }
    }
}
