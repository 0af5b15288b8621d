//! Releases and runs for tests.

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::{DateTime, TimeZone, Utc};
use weft_model::{
    ArchivedPort, Clock, Column, ColumnLineage, Contract, ContractKey, DataProduct, DataType, Domain, InputPort,
    OutputPort, PortName, PortRef, PortRelease, Release, Resources, Revision, Transform,
};

use crate::run::{Run, RunDiagnostic, RunStatus, RunStep, StepStatus};

#[derive(Debug)]
pub(crate) struct Noon;

impl Clock for Noon {
    fn now(&self) -> DateTime<Utc> {
        noon()
    }
}

pub(crate) fn clock() -> Arc<dyn Clock> {
    Arc::new(Noon)
}

pub(crate) fn noon() -> DateTime<Utc> {
    Utc.with_ymd_and_hms(2026, 3, 1, 12, 0, 0).unwrap()
}

pub(crate) fn at(second: u64) -> DateTime<Utc> {
    noon() + chrono::Duration::nanoseconds(1_000_000_001 * i64::try_from(second).unwrap())
}

pub(crate) fn revision(text: &str) -> Revision {
    Revision::new(text)
}

/// The release that ends the product of `last`, whose data are kept until the second 1000.
pub(crate) fn tombstone(last: &Release) -> Release {
    let archived = |(port, table): (&PortName, &PortRelease)| {
        let archived = ArchivedPort { table: table.clone(), contract_version: semver(1), kept_until: Some(at(1000)) };
        (port.clone(), archived)
    };
    let (number, archived) = (last.number + 1, last.ports.iter().map(archived).collect());
    let (revision, plan) = (revision(&format!("rev{number}")), format!("plan{number}"));
    Release { number, revision, plan, at: at(number), ports: BTreeMap::new(), archived, ..last.clone() }
}

/// Release `number` of the product of `ports`, which are full names; `inputs` too.
pub(crate) fn release(number: u64, ports: &[&str], inputs: &[&str]) -> Release {
    let ports: Vec<PortRef> = ports.iter().map(|port| port.parse().unwrap()).collect();
    let name = ports[0].product_ref();
    let sql = format!("select 1 from {}", inputs.join(", "));
    let transform = if inputs.is_empty() {
        Transform::Seed { path: "data.csv".into(), format: weft_model::SeedFormat::Csv, content: "c".into() }
    } else {
        Transform::Full { file: "transforms/q.sql".into(), sql }
    };
    let key = |port: &PortRef| ContractKey { id: port.to_string(), version: semver(1) };
    let table = |number: u64| PortRelease {
        location: Some("tables/a".into()),
        table_version: Some(number),
        fingerprint: format!("f{number}"),
        rows: Some(100 + number),
        bytes: Some(4096),
        inputs: BTreeMap::new(),
        refreshed_at: None,
        lineage: ColumnLineage::default(),
    };
    Release {
        number,
        revision: revision(&format!("rev{number}")),
        plan: format!("plan{number}"),
        at: at(number),
        domain: Domain {
            name: name.domain.clone(),
            description: format!("all about {}", name.domain),
            owner: format!("{}_team", name.domain),
            stewards: vec![],
            service: None,
            contact: None,
        },
        rolled_back: None,
        archived: BTreeMap::new(),
        ports: ports.iter().map(|port| (port.port.clone(), table(number))).collect::<BTreeMap<_, _>>(),
        product: DataProduct {
            file: format!("products/{}/{}/product.odps.yaml", name.domain, name.product),
            id: name.to_string(),
            title: Some(format!("The {}", name.product)),
            version: Some(format!("1.{number}.0")),
            status: Some("active".into()),
            purpose: "to test".into(),
            tags: vec![],
            purposes: vec![],
            overrides: vec![],
            features: vec![],
            inputs: inputs
                .iter()
                .map(|input| input.parse::<PortRef>().unwrap())
                .map(|port| InputPort { name: port.port.to_string(), contract: key(&port), port })
                .collect(),
            outputs: ports
                .iter()
                .map(|port| OutputPort {
                    name: port.port.clone(),
                    description: format!("rows of {}", port.port),
                    contract: contract(key(port)),
                    transform: transform.clone(),
                    schedule: None,
                    resources: Resources::default(),
                    major: None,
                    feature_view: None,
                })
                .collect(),
            name,
        },
    }
}

fn semver(major: u64) -> semver::Version {
    semver::Version::new(major, 0, 0)
}

fn contract(key: ContractKey) -> Contract {
    let column = Column {
        name: "id".into(),
        description: "what tells rows apart".into(),
        data_type: DataType::String,
        required: true,
        unique: true,
        primary_key_position: Some(1),
        classification: None,
        tags: vec![],
        parts: vec![],
    };
    Contract {
        key,
        checks: Vec::new(),
        service_levels: Vec::new(),
        traffic_levels: Vec::new(),
        roles: Vec::new(),
        file: "c.odcs.yaml".into(),
        status: None,
        purpose: String::new(),
        tags: vec![],
        columns: vec![column],
        document: String::new(),
    }
}

pub(crate) fn run(id: &str, second: u64, steps: &[(&str, StepStatus)], files: &[&str]) -> Run {
    Run {
        id: id.into(),
        revision: revision("rev1"),
        author: Some("Ana <ana@example.com>".into()),
        committed_at: Some(at(second)),
        signature: Some("ssh unverified".into()),
        started_at: at(second),
        ended_at: Some(at(second + 1)),
        status: RunStatus::Partial,
        plan: Some("plan1".into()),
        diagnostics: files
            .iter()
            .map(|file| RunDiagnostic {
                code: "W0101".into(),
                severity: weft_model::Severity::Error,
                message: "expected `:`".into(),
                file: (*file).into(),
                line: 3,
                column: 7,
                help: None,
                product: crate::product_of_file(file),
            })
            .collect(),
        steps: steps
            .iter()
            .map(|(port, status)| RunStep {
                port: port.parse().unwrap(),
                change: "create".into(),
                status: *status,
                message: None,
                rows: Some(7),
                table_version: Some(0),
                started_at: Some(at(second)),
                ended_at: Some(at(second)),
                duration_ms: Some(12),
            })
            .collect(),
    }
}
