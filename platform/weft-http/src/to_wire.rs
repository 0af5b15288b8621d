//! The catalog's views in the words of the wire.

use weft_catalog::{
    CheckView, DomainView, InputView, PortUsage, PortVersionView, PortView, ProductView, ReleaseView, RolledBackView,
    RunView,
};
use weft_model::{Column, ContractKey, Principal};
use weft_wire as wire;

pub(crate) fn me(principal: Principal, flight: String) -> wire::Me {
    wire::Me { principal: principal.name, kind: principal.kind, groups: principal.groups, flight }
}

pub(crate) fn domain_summary(domain: DomainView) -> wire::DomainSummary {
    let DomainView { name, description, owner, contact, products } = domain;
    wire::DomainSummary { name, description, owner, contact, products }
}

pub(crate) fn product_summary(product: ProductView) -> wire::ProductSummary {
    wire::ProductSummary {
        name: product.name,
        title: product.title,
        version: product.version,
        status: product.status,
        purpose: product.purpose,
        tags: product.tags,
        owner: product.owner,
        release: product.release,
        at: product.at,
        ports: product.ports.into_iter().map(port_summary).collect(),
    }
}

pub(crate) fn product(product: ProductView) -> wire::Product {
    wire::Product {
        name: product.name,
        title: product.title,
        version: product.version,
        status: product.status,
        purpose: product.purpose,
        tags: product.tags,
        owner: product.owner,
        release: product.release,
        revision: product.revision,
        at: product.at,
        ports: product.ports.into_iter().map(port).collect(),
        inputs: product.inputs.into_iter().map(input).collect(),
    }
}

pub(crate) fn port(port: PortView) -> wire::Port {
    wire::Port {
        primary_key: port.primary_key().into_iter().map(str::to_owned).collect(),
        name: port.port,
        description: port.description,
        kind: port.kind.to_owned(),
        contract: contract(port.contract),
        columns: port.columns.into_iter().map(column).collect(),
        readable: port.readable,
        rows: port.rows,
        bytes: port.bytes,
        table_version: port.table_version,
        release: port.release,
        at: port.at,
    }
}

pub(crate) fn release(release: ReleaseView) -> wire::Release {
    let ports = release.ports.into_iter();
    wire::Release {
        product: release.product,
        number: release.number,
        revision: release.revision,
        plan: release.plan,
        at: release.at,
        version: release.version,
        current: release.current,
        retired: release.retired,
        rolled_back: release.rolled_back.map(rolled_back),
        ports: ports
            .map(|PortVersionView { port, table_version, rows, .. }| wire::ReleasedPort {
                name: port,
                table_version,
                rows,
            })
            .collect(),
    }
}

fn rolled_back(back: RolledBackView) -> wire::RolledBack {
    let RolledBackView { to, from, by, reason } = back;
    wire::RolledBack { to, from, by, reason }
}

pub(crate) fn usage(usage: PortUsage) -> wire::Usage {
    let days = usage.days.into_iter();
    let columns = usage.columns.into_iter();
    wire::Usage {
        port: usage.port,
        by_everyone: usage.by_everyone,
        days: days
            .map(|day| wire::UsageDay { day: day.day, queries: day.queries, principals: day.principals })
            .collect(),
        columns: columns
            .map(|column| wire::UsageColumn { name: column.column, queries: column.queries, last_at: column.last_at })
            .collect(),
    }
}

pub(crate) fn run(run: RunView) -> wire::Run {
    let diagnostics = run.diagnostics.into_iter().map(|diagnostic| wire::RunDiagnostic {
        code: diagnostic.code,
        severity: diagnostic.severity,
        message: diagnostic.message,
        file: diagnostic.file,
        line: diagnostic.line,
        column: diagnostic.column,
        help: diagnostic.help,
        product: diagnostic.product,
    });
    let steps = run.steps.into_iter().map(|step| wire::RunStep {
        port: step.port,
        change: step.change,
        status: step.status.to_string(),
        message: step.message,
        rows: step.rows,
        table_version: step.table_version,
        started_at: step.started_at,
        ended_at: step.ended_at,
        duration_ms: step.duration_ms,
    });
    wire::Run {
        diagnostics: diagnostics.collect(),
        steps: steps.collect(),
        id: run.id,
        revision: run.revision,
        author: run.author,
        committed_at: run.committed_at,
        signature: run.signature,
        started_at: run.started_at,
        ended_at: run.ended_at,
        status: run.status.to_string(),
        plan: run.plan,
    }
}

pub(crate) fn check(check: CheckView) -> wire::Check {
    wire::Check {
        run: check.run,
        name: check.name,
        column: check.column,
        outcome: check.outcome.to_string(),
        severity: check.severity.map(|severity| severity.to_string()),
        measured: check.measured.filter(|measured| measured.is_finite()),
        threshold: check.threshold,
        failing_rows: check.failing_rows,
        message: check.message,
        scanned_bytes: check.scanned_bytes,
        duration_ms: check.duration_ms,
        sample: check.sample.map(weft_catalog::OffendingRows::into_rows),
        at: check.at,
    }
}

fn port_summary(port: PortView) -> wire::PortSummary {
    wire::PortSummary {
        name: port.port,
        description: port.description,
        kind: port.kind.to_owned(),
        readable: port.readable,
        rows: port.rows,
    }
}

fn input(input: InputView) -> wire::Input {
    wire::Input { name: input.name, port: input.port, contract: contract(input.contract) }
}

fn contract(key: ContractKey) -> wire::ContractId {
    wire::ContractId { id: key.id, version: key.version.to_string() }
}

fn column(column: Column) -> wire::Column {
    wire::Column {
        name: column.name,
        description: column.description,
        data_type: column.data_type.to_string(),
        required: column.required,
        unique: column.unique,
        primary_key_position: column.primary_key_position,
        classification: column.classification,
        tags: column.tags,
    }
}
