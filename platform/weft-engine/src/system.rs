//! The platform's own tables: `system.mesh.*`, `system.audit.*` and `system.usage.*`, each made anew for the principal that asks.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow::array::{ArrayRef, BooleanArray, Float64Array, Int64Array, StringArray, TimestampMicrosecondArray};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef, TimeUnit};
use arrow::error::ArrowError;
use arrow::record_batch::RecordBatch;
use chrono::{DateTime, Utc};
use datafusion::catalog::TableProvider;
use datafusion::datasource::MemTable;
use datafusion::error::DataFusionError;
use serde_json::json;
use weft_catalog::{CatalogError, CatalogView};
use weft_model::{InputRelease, PortRef};

use crate::{QueryError, TableEntry, information_schema};

/// Type of a system table's column; all of them may be NULL where the description says so.
#[derive(Clone, Copy)]
enum Kind {
    Text,
    Number,
    Real,
    Flag,
    Instant,
}

/// A cell of a system table.
enum Cell {
    Text(Option<String>),
    Number(Option<i64>),
    Real(Option<f64>),
    Flag(bool),
    Instant(Option<DateTime<Utc>>),
}

struct SystemTable {
    /// `mesh`, `audit` or `usage`: what SQL calls a schema.
    product: &'static str,
    name: &'static str,
    description: &'static str,
    columns: &'static [(&'static str, Kind)],
}

use Kind::{Flag, Instant, Number, Real, Text};

const TABLES: [SystemTable; 13] = [
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

async fn rows(table: &str, view: &CatalogView) -> Result<Vec<Vec<Cell>>, CatalogError> {
    Ok(match table {
        "checks" => checks(view).await?,
        "columns" => columns(view),
        "decisions" => decisions(view).await?,
        "domains" => domains(view),
        "grants" => grants(view),
        "lineage" => lineage(view),
        "ports" => ports(view),
        "products" => products(view),
        "queries" => queries(view).await?,
        "reads" => reads(view).await?,
        "releases" => releases(view).await?,
        "requests" => requests(view),
        "runs" => runs(view).await?,
        _ => Vec::new(),
    })
}

fn domains(view: &CatalogView) -> Vec<Vec<Cell>> {
    let row = |d: weft_catalog::DomainView| {
        vec![text(d.name), text(d.description), text(d.owner), maybe(d.contact), number(d.products.len() as u64)]
    };
    view.domains().into_iter().map(row).collect()
}

fn products(view: &CatalogView) -> Vec<Vec<Cell>> {
    let row = |p: weft_catalog::ProductView| {
        vec![
            text(p.name.domain),
            text(p.name.product),
            maybe(p.title),
            maybe(p.version),
            maybe(p.status),
            text(p.owner),
            number(p.release),
            text(p.revision),
            Cell::Instant(Some(p.at)),
            text(p.purpose),
        ]
    };
    view.products(None).into_iter().map(row).collect()
}

fn ports(view: &CatalogView) -> Vec<Vec<Cell>> {
    let row = |p: weft_catalog::PortView| {
        vec![
            text(p.port.domain),
            text(p.port.product),
            text(p.port.port),
            text(p.kind),
            text(p.contract.id),
            text(p.contract.version),
            count(p.rows),
            count(p.bytes),
            count(p.table_version),
            Cell::Flag(p.readable),
            Cell::Instant(Some(p.at)),
            text(p.description),
        ]
    };
    view.ports().into_iter().map(row).collect()
}

fn columns(view: &CatalogView) -> Vec<Vec<Cell>> {
    let row = |c: weft_catalog::ColumnView| {
        vec![
            text(c.port.domain),
            text(c.port.product),
            text(c.port.port),
            text(c.column.name),
            number(u64::from(c.position)),
            text(c.column.data_type),
            Cell::Flag(c.column.required),
            count(c.column.primary_key_position.map(u64::from)),
            maybe(c.column.classification),
            Cell::Flag(c.masked),
            text(c.column.description),
        ]
    };
    view.columns().into_iter().map(row).collect()
}

fn lineage(view: &CatalogView) -> Vec<Vec<Cell>> {
    let nothing = || maybe(None);
    let ports = view.lineage().into_iter().map(|edge| {
        let release = number(edge.release);
        vec![text(edge.from), text(edge.to), nothing(), nothing(), nothing(), nothing(), release]
    });
    let columns = view.column_lineage().into_iter().flat_map(|edge| {
        let row = |how: &weft_model::Dependence| {
            vec![
                text(&edge.from),
                text(&edge.to),
                text(&edge.from_column),
                maybe(edge.to_column.clone()),
                text(how.kind()),
                text(how.as_str()),
                number(edge.release),
            ]
        };
        edge.how.iter().map(row).collect::<Vec<_>>()
    });
    ports.chain(columns).collect()
}

fn requests(view: &CatalogView) -> Vec<Vec<Cell>> {
    let row = |r: weft_catalog::RequestView| {
        let waits_for = r.request.waits_for().map(|level| level.join(" or "));
        let asked = r.request.asked;
        let decided = r.request.decided.iter();
        let decided: Vec<String> = decided
            .map(|verdict| format!("{} by {} at {}", verdict.what, verdict.by, verdict.at.to_rfc3339()))
            .collect();
        vec![
            text(r.request.id),
            Cell::Instant(Some(r.request.at)),
            text(r.request.asker),
            text(asked.port),
            lines(asked.columns),
            maybe(asked.purpose),
            Cell::Instant(Some(asked.until)),
            maybe(asked.role),
            text(r.state),
            maybe(waits_for),
            lines(decided),
            text(asked.note),
        ]
    };
    view.requests().into_iter().map(row).collect()
}

fn grants(view: &CatalogView) -> Vec<Vec<Cell>> {
    let row = |r: weft_catalog::RequestView| {
        let grant = r.request.grant?;
        Some(vec![
            text(grant.id),
            text(grant.subject),
            text(grant.port),
            lines(grant.columns),
            maybe(grant.purpose),
            Cell::Instant(Some(grant.since)),
            Cell::Instant(Some(grant.until)),
            lines(grant.approved_by),
            Cell::Flag(grant.break_glass),
            text(r.state),
        ])
    };
    view.grants().into_iter().filter_map(row).collect()
}

async fn releases(view: &CatalogView) -> Result<Vec<Vec<Cell>>, CatalogError> {
    let mut rows = Vec::new();
    for release in view.releases().await? {
        let back = release.rolled_back.as_ref();
        let (to, reason) = (back.map(|back| back.to), back.map(|back| back.reason.clone()));
        let reason = reason.filter(|reason| !reason.is_empty());
        for port in release.ports {
            rows.push(vec![
                text(&release.product),
                number(release.number),
                text(port.port),
                count(port.table_version),
                count(port.rows),
                text(&release.revision),
                text(&release.plan),
                Cell::Flag(release.current),
                Cell::Instant(Some(release.at)),
                Cell::Flag(false),
                Cell::Instant(None),
                count(to),
                maybe(reason.clone()),
                maybe(inputs(&port.inputs)),
            ]);
        }
        for port in release.archived {
            rows.push(vec![
                text(&release.product),
                number(release.number),
                text(port.port),
                count(port.table_version),
                count(None),
                text(&release.revision),
                text(&release.plan),
                Cell::Flag(false),
                Cell::Instant(Some(release.at)),
                Cell::Flag(true),
                Cell::Instant(port.kept_until),
                count(to),
                maybe(reason.clone()),
                maybe(None),
            ]);
        }
    }
    Ok(rows)
}

/// `{"sales.orders.lines": {"release": 3, "tableVersion": 2}}`; `None` where a port was made from no other.
fn inputs(inputs: &BTreeMap<PortRef, InputRelease>) -> Option<String> {
    let told = |input: &InputRelease| json!({ "release": input.release, "tableVersion": input.table_version });
    let told: BTreeMap<String, _> = inputs.iter().map(|(port, input)| (port.to_string(), told(input))).collect();
    (!told.is_empty()).then(|| json!(told).to_string())
}

async fn checks(view: &CatalogView) -> Result<Vec<Vec<Cell>>, CatalogError> {
    let row = |c: weft_catalog::CheckView| {
        vec![
            maybe(c.run),
            text(c.port),
            text(c.name),
            maybe(c.column),
            text(c.outcome.as_str()),
            count(c.failing_rows),
            maybe(c.message),
            Cell::Instant(Some(c.at)),
            Cell::Real(c.measured),
            maybe(c.threshold),
            maybe(c.severity.map(|severity| severity.to_string())),
            count(c.scanned_bytes),
            count(c.duration_ms),
            maybe(c.sample.map(|rows| rows.to_json())),
        ]
    };
    Ok(view.checks().await?.into_iter().map(row).collect())
}

async fn runs(view: &CatalogView) -> Result<Vec<Vec<Cell>>, CatalogError> {
    let mut rows = Vec::new();
    for run in view.runs().await? {
        let head = |kind: &str| {
            vec![
                text(&run.id),
                text(&run.revision),
                text(run.status.as_str()),
                Cell::Instant(Some(run.started_at)),
                Cell::Instant(run.ended_at),
                text(kind),
            ]
        };
        let made = || [maybe(run.author.clone()), maybe(run.signature.clone())];
        for step in &run.steps {
            let mut row = head("step");
            row.extend([
                text(&step.port),
                text(&step.change),
                text(step.status.as_str()),
                maybe(None),
                maybe(step.message.clone()),
                maybe(None),
                count(None),
                count(None),
                count(step.rows),
                count(step.table_version),
            ]);
            row.extend(made());
            rows.push(row);
        }
        for problem in &run.diagnostics {
            let mut row = head("problem");
            row.extend([
                maybe(None),
                maybe(None),
                text(problem.severity.as_str()),
                text(&problem.code),
                text(&problem.message),
                text(&problem.file),
                number(u64::from(problem.line)),
                number(u64::from(problem.column)),
                count(None),
                count(None),
            ]);
            row.extend(made());
            rows.push(row);
        }
        if run.steps.is_empty() && run.diagnostics.is_empty() {
            let mut row = head("run");
            row.extend((0..6).map(|_| maybe(None)));
            row.extend((0..4).map(|_| count(None)));
            row.extend(made());
            rows.push(row);
        }
    }
    Ok(rows)
}

async fn decisions(view: &CatalogView) -> Result<Vec<Vec<Cell>>, CatalogError> {
    let row = |d: weft_catalog::DecisionView| {
        vec![
            count(d.seq),
            Cell::Instant(Some(d.at)),
            text(d.query),
            text(d.principal),
            text(d.action),
            text(d.object),
            maybe(d.purpose),
            text(if d.allowed { "allowed" } else { "denied" }),
            lines(d.because),
            lines(d.masks.into_iter().map(|(column, mask)| format!("{column}: {mask}")).collect()),
            lines(d.filters),
            text(d.policy_revision),
            number(d.policy_epoch),
            number(d.grants_epoch),
            maybe(d.hash),
        ]
    };
    Ok(view.decisions().await?.into_iter().map(row).collect())
}

async fn queries(view: &CatalogView) -> Result<Vec<Vec<Cell>>, CatalogError> {
    let row = |q: weft_catalog::QueryView| {
        let ports: Vec<String> = q.ports.iter().map(ToString::to_string).collect();
        vec![
            text(q.query),
            Cell::Instant(Some(q.at)),
            text(q.principal),
            maybe(q.purpose),
            maybe(q.door),
            maybe(q.trace),
            text(q.outcome),
            number(q.duration_ms),
            number(q.rows),
            maybe((!ports.is_empty()).then(|| ports.join("\n"))),
        ]
    };
    Ok(view.queries().await?.into_iter().map(row).collect())
}

async fn reads(view: &CatalogView) -> Result<Vec<Vec<Cell>>, CatalogError> {
    let row = |r: weft_catalog::ReadView| {
        vec![
            text(r.port),
            maybe(r.column),
            text(r.principal),
            maybe(r.purpose),
            text(r.day),
            number(r.queries),
            Cell::Instant(Some(r.first_at)),
            Cell::Instant(Some(r.last_at)),
        ]
    };
    Ok(view.reads().await?.into_iter().map(row).collect())
}

fn text(value: impl ToString) -> Cell {
    Cell::Text(Some(value.to_string()))
}

fn maybe(value: Option<String>) -> Cell {
    Cell::Text(value)
}

/// One a line; nothing where there are none.
fn lines(lines: Vec<String>) -> Cell {
    maybe((!lines.is_empty()).then(|| lines.join("\n")))
}

fn number(value: u64) -> Cell {
    count(Some(value))
}

fn count(value: Option<u64>) -> Cell {
    Cell::Number(value.map(|n| i64::try_from(n).unwrap_or(i64::MAX)))
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
