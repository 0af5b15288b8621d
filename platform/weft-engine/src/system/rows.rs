//! The rows of the platform's own tables, as a principal may see them.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde_json::json;
use weft_catalog::{CatalogError, CatalogView};
use weft_model::{InputRelease, PortRef};

/// A cell of a system table.
pub(super) enum Cell {
    Text(Option<String>),
    Number(Option<i64>),
    Real(Option<f64>),
    Flag(bool),
    Instant(Option<DateTime<Utc>>),
}

/// The rows of the table of that name, each with a cell for each column.
pub(super) async fn rows(table: &str, view: &CatalogView) -> Result<Vec<Vec<Cell>>, CatalogError> {
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
        "service_levels" => service_levels(view).await?,
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

async fn service_levels(view: &CatalogView) -> Result<Vec<Vec<Cell>>, CatalogError> {
    let row = |t: weft_catalog::TrafficView| {
        vec![
            text(t.port),
            Cell::Instant(Some(t.since)),
            Cell::Real(t.availability),
            Cell::Real(t.error_rate),
            count(t.latency_p50_ms),
            count(t.latency_p95_ms),
            count(t.latency_p99_ms),
            Cell::Real(t.rows_a_second),
            count(t.queries),
            count(t.failed),
        ]
    };
    Ok(view.traffic().await?.into_iter().map(row).collect())
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
