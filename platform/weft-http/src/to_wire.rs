//! The catalog's views in the words of the wire.

use weft_catalog::{
    CheckOutcome, CheckView, DomainView, ForeignKey, InputView, KnownColumn, OwnProduct, PortUsage, PortVersionView,
    PortView, ProductView, ReleaseView, RolledBackView, RunDiagnostic, RunStep, RunView,
};
use weft_model::{ContractKey, Diagnostic, FeaturePart, FeatureService, FeatureView, Principal, ProductRef};
use weft_wire as wire;

pub(crate) fn me(principal: Principal, flight: String) -> wire::Me {
    wire::Me { principal: principal.name, kind: principal.kind, groups: principal.groups, flight }
}

pub(crate) fn domain_summary(domain: DomainView) -> wire::DomainSummary {
    let DomainView { name, description, owner, contact, products } = domain;
    wire::DomainSummary { name, description, owner, contact, products }
}

pub(crate) fn domain(domain: DomainView, products: Vec<OwnProduct>) -> wire::Domain {
    let DomainView { name, description, owner, contact, .. } = domain;
    wire::Domain { name, description, owner, contact, products: products.into_iter().map(own_product).collect() }
}

/// A product, and how it fares.
pub(crate) fn own_product(own: OwnProduct) -> wire::OwnProduct {
    // How queries went is no matter of being late.
    let is_aging = |check: &&CheckView| check.run.is_none() && !check.is_of_traffic();
    let of_clock: Vec<&CheckView> = own.checks.iter().filter(is_aging).collect();
    let is_late = of_clock.iter().any(|check| check.outcome == CheckOutcome::Failed);
    wire::OwnProduct {
        late: (!of_clock.is_empty()).then_some(is_late),
        quality: quality(&own.checks),
        product: product_summary(own.product),
        consumers: own.consumers as u64,
        queries: own.queries,
    }
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

/// A product; of each port its columns with how they are seen, and what its checks found out.
pub(crate) fn product(product: ProductView, seen: ProductSeen) -> wire::Product {
    let ports = product.ports.into_iter().zip(seen.ports);
    wire::Product {
        feeds: seen.feeds,
        answers: seen.answers,
        purposes: product.purposes,
        file: product.file,
        contact: product.contact,
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
        ports: ports.map(|(view, seen)| port(view, seen)).collect(),
        features: product.features.into_iter().map(feature_service).collect(),
        inputs: product.inputs.into_iter().map(input).collect(),
    }
}

/// What of a product is asked of the catalog besides its view.
pub(crate) struct ProductSeen {
    pub(crate) ports: Vec<PortSeen>,
    pub(crate) feeds: Vec<ProductRef>,
    pub(crate) answers: bool,
}

/// What of a port is asked of the catalog besides its view.
pub(crate) struct PortSeen {
    pub(crate) columns: Vec<KnownColumn>,
    pub(crate) checks: Vec<CheckView>,
}

pub(crate) fn port(port: PortView, seen: PortSeen) -> wire::Port {
    let (of_clock, of_gate): (Vec<CheckView>, Vec<CheckView>) =
        seen.checks.into_iter().partition(|check| check.run.is_none());
    wire::Port {
        primary_key: port.primary_key().into_iter().map(str::to_owned).collect(),
        name: port.port,
        description: port.description,
        kind: port.kind.to_owned(),
        contract: contract(port.contract),
        file: port.file,
        columns: seen.columns.into_iter().map(column).collect(),
        foreign_keys: port.foreign_keys.into_iter().map(foreign_key).collect(),
        feature_view: port.feature_view.map(feature_view),
        readable: port.readable,
        hides_rows: port.hides_rows,
        rows: port.rows,
        bytes: port.bytes,
        table_version: port.table_version,
        release: port.release,
        at: port.at,
        quality: quality(&of_gate),
        service_levels: of_clock.into_iter().map(check).collect(),
    }
}

/// How many checks came out how.
pub(crate) fn quality(checks: &[CheckView]) -> wire::Quality {
    let count = |outcome| checks.iter().filter(|check| check.outcome == outcome).count() as u64;
    wire::Quality {
        passed: count(CheckOutcome::Passed),
        failed: count(CheckOutcome::Failed),
        unknown: count(CheckOutcome::Unknown),
        at: checks.iter().map(|check| check.at).max(),
    }
}

fn feature_view(view: FeatureView) -> wire::FeatureView {
    let FeatureView { entity, event_time, created_time, ttl_ms, features } = view;
    wire::FeatureView { entity, event_time, created_time, ttl_ms, features }
}

fn feature_service(service: FeatureService) -> wire::FeatureService {
    let FeatureService { name, description, parts } = service;
    let parts = parts.into_iter().map(|part| {
        let FeaturePart { view, features, keys, prefix } = part;
        wire::FeaturePart { view, features, keys, prefix }
    });
    wire::FeatureService { name, description, parts: parts.collect() }
}

fn foreign_key(key: ForeignKey) -> wire::ForeignKey {
    let ForeignKey { name, columns, target, target_columns } = key;
    wire::ForeignKey { name, columns, target, target_columns }
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
    wire::Run {
        diagnostics: run.diagnostics.into_iter().map(run_diagnostic).collect(),
        steps: run.steps.into_iter().map(run_step).collect(),
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

pub(crate) fn run_step(step: RunStep) -> wire::RunStep {
    wire::RunStep {
        port: step.port,
        change: step.change,
        status: step.status.to_string(),
        message: step.message,
        rows: step.rows,
        table_version: step.table_version,
        started_at: step.started_at,
        ended_at: step.ended_at,
        duration_ms: step.duration_ms,
    }
}

pub(crate) fn run_diagnostic(diagnostic: RunDiagnostic) -> wire::RunDiagnostic {
    wire::RunDiagnostic {
        code: diagnostic.code,
        severity: diagnostic.severity,
        message: diagnostic.message,
        file: diagnostic.file,
        line: diagnostic.line,
        column: diagnostic.column,
        help: diagnostic.help,
        product: diagnostic.product,
    }
}

/// A problem in texts that nobody committed yet.
pub(crate) fn diagnostic(diagnostic: &Diagnostic) -> wire::RunDiagnostic {
    run_diagnostic(RunDiagnostic::from(diagnostic))
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

fn column(known: KnownColumn) -> wire::Column {
    let KnownColumn { column, sees, masks } = known;
    wire::Column {
        name: column.name,
        description: column.description,
        data_type: column.data_type.to_string(),
        required: column.required,
        unique: column.unique,
        primary_key_position: column.primary_key_position,
        classification: column.classification,
        tags: column.tags,
        sees: sees.to_owned(),
        mask: masks,
    }
}
