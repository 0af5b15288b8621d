//! The judge at the gate: the contract, asked of the table as it would be.

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use parking_lot::Mutex;
use serde_json::{Value, json};
use weft_catalog::{CheckOutcome, CheckRecord, CheckSeverity};
use weft_engine::{Beside, Engine, Found, Measurable, Measured};
use weft_model::{Clock, Code, Contract, PortRef, QualityCheck};
use weft_storage::{Candidate, CommitJudge, Finding, Unjudged, Verdict, arrow_schema};

use crate::breach::{Demand, demanded_by};
use crate::sampled;

/// Judges commits to one port's table by its contract, and keeps what it found out.
pub(crate) struct ContractJudge {
    engine: Arc<Engine>,
    clock: Arc<dyn Clock>,
    port: PortRef,
    contract: Contract,
    /// What its checks may look into.
    beside: BTreeMap<PortRef, Beside>,
    /// Whether the rows that stay were held to just this contract when they came.
    is_promised: bool,
    checks: Mutex<Vec<CheckRecord>>,
}

impl ContractJudge {
    pub(crate) fn new(
        engine: Arc<Engine>,
        clock: Arc<dyn Clock>,
        port: PortRef,
        contract: Contract,
        beside: BTreeMap<PortRef, Beside>,
    ) -> Self {
        ContractJudge { engine, clock, port, contract, beside, is_promised: false, checks: Mutex::new(Vec::new()) }
    }

    /// The same judge, for commits that leave rows in place which were held to just this contract when they came.
    pub(crate) fn of_promised(self, is_promised: bool) -> Self {
        ContractJudge { is_promised, ..self }
    }

    /// The checks of the last commit judged.
    pub(crate) fn take_checks(&self) -> Vec<CheckRecord> {
        std::mem::take(&mut self.checks.lock())
    }

    /// Names, order, types and nullability, column by column.
    fn schema(&self, candidate: &Candidate) -> Vec<Finding> {
        let wanted = arrow_schema(&self.contract.columns);
        let given = &candidate.table.schema;
        let mut findings = Vec::new();
        if wanted.fields().len() != given.fields().len() {
            findings.push(Finding {
                code: Code::DATA_SCHEMA,
                message: format!(
                    "the table has {} columns, and the contract {}",
                    given.fields().len(),
                    wanted.fields().len()
                ),
                column: None,
            });
        }
        for (shall, is) in wanted.fields().iter().zip(given.fields()) {
            let same = shall.name() == is.name()
                && shall.data_type().equals_datatype(is.data_type())
                && shall.is_nullable() == is.is_nullable();
            if !same {
                findings.push(Finding {
                    code: Code::DATA_SCHEMA,
                    message: format!(
                        "column `{}` is {} `{}` in the table, and the contract says {}",
                        shall.name(),
                        is.data_type(),
                        is.name(),
                        shall.data_type()
                    ),
                    column: Some(shall.name().clone()),
                });
            }
        }
        findings
    }

    fn record_schema(&self, findings: &[Finding], at: DateTime<Utc>) {
        let outcome = if findings.is_empty() { CheckOutcome::Passed } else { CheckOutcome::Failed };
        self.checks.lock().push(CheckRecord {
            port: self.port.clone(),
            name: "schema".to_owned(),
            column: None,
            outcome,
            failing_rows: Some(findings.len() as u64),
            message: findings.first().map(|finding| finding.message.clone()),
            at,
            measured: None,
            threshold: None,
            severity: Some(CheckSeverity::Blocks),
            scanned_bytes: Some(0),
            duration_ms: None,
            sample: None,
        });
    }

    /// What the contract asks of rows and does not find, as far as it blocks.
    async fn rows(&self, candidate: &Candidate, at: DateTime<Utc>) -> Result<Vec<Finding>, Unjudged> {
        let demands = demanded_by(&self.contract);
        if demands.is_empty() {
            return Ok(Vec::new());
        }
        let fresh = self.is_promised.then_some(candidate);
        let of = Measurable { table: &candidate.table, port: &self.port, beside: &self.beside, fresh };
        let checks: Vec<QualityCheck> = demands.iter().map(|demand| demand.check.clone()).collect();
        let too_long = |why| Unjudged::new(Code::QUERY_DEADLINE, why);
        let measured = self.engine.measure(of, &checks).await.map_err(too_long)?;
        let untold = || Unjudged::new(Code::INTERNAL, "the log does not tell how many rows there are");
        let rows = candidate.table.rows().ok_or_else(untold)?;
        let (mut findings, mut unjudged) = (Vec::new(), None);
        for (demand, measured) in demands.iter().zip(measured) {
            let mut record = self.record(demand, &measured, rows, at);
            if record.outcome == CheckOutcome::Failed {
                record.sample = self.sample(of, &demand.check).await;
            }
            match (record.message.clone().filter(|_| demand.check.blocks), measured.found.hindrance()) {
                (Some(message), Some(code)) => unjudged = Some(Unjudged::new(code, message)),
                (Some(message), None) => {
                    findings.push(Finding { code: demand.code, message, column: demand.column() });
                }
                (None, _) => {}
            }
            self.checks.lock().push(record);
        }
        match unjudged.filter(|_| findings.is_empty()) {
            Some(unjudged) => Err(unjudged),
            None => Ok(findings),
        }
    }

    /// What came of one check, without the rows that it found. It has a message unless it passed.
    fn record(&self, demand: &Demand, measured: &Measured, rows: u64, at: DateTime<Utc>) -> CheckRecord {
        let check = &demand.check;
        let (count, unknown) = match &measured.found {
            Found::Number(count) => (Some(*count), None),
            Found::Nothing => (None, None),
            Found::Failed(unmeasured) => (None, Some(demand.unknown(&unmeasured.why))),
        };
        let number = count.map(|count| check.must.measured(count, rows));
        let holds = number.is_some_and(|number| check.must.holds(number));
        let (outcome, message) = match (unknown, holds) {
            (Some(why), _) => (CheckOutcome::Unknown, Some(why)),
            (None, true) => (CheckOutcome::Passed, None),
            (None, false) => (CheckOutcome::Failed, Some(demand.breach(number))),
        };
        let columns = check.columns();
        CheckRecord {
            port: self.port.clone(),
            name: check.name.clone(),
            column: (!columns.is_empty()).then(|| columns.join(", ")),
            outcome,
            failing_rows: count.filter(|_| check.counts_failures()).map(|count| count as u64),
            message,
            at,
            measured: number,
            threshold: Some(check.must.to_string()),
            severity: Some(if check.blocks { CheckSeverity::Blocks } else { CheckSeverity::Warns }),
            scanned_bytes: Some(measured.scanned_bytes),
            duration_ms: u64::try_from(measured.elapsed.as_millis()).ok(),
            sample: None,
        }
    }

    async fn sample(&self, of: Measurable<'_>, check: &QualityCheck) -> Option<weft_catalog::OffendingRows> {
        let columns = sampled::columns(&self.contract, check);
        if columns.is_empty() { None } else { self.engine.offending(of, check, &columns).await }
    }
}

#[async_trait]
impl CommitJudge for ContractJudge {
    async fn judge(&self, candidate: &Candidate) -> Result<Verdict, Unjudged> {
        let at = self.clock.now();
        self.checks.lock().clear();
        let findings = self.schema(candidate);
        self.record_schema(&findings, at);
        if !findings.is_empty() {
            // The other checks name columns that may not be there.
            return Ok(Verdict { findings });
        }
        Ok(Verdict { findings: self.rows(candidate, at).await? })
    }

    fn checks(&self) -> Option<Value> {
        let checks = self.checks.lock();
        let told = checks.iter().map(|check| {
            json!({
                "name": check.name, "column": check.column, "outcome": check.outcome, "measured": check.measured,
            })
        });
        Some(told.collect())
    }
}
