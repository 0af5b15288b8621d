//! The judge at the gate: the contract, asked of the table as it would be.

use std::sync::Arc;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use parking_lot::Mutex;
use weft_catalog::{CheckOutcome, CheckRecord};
use weft_engine::{Engine, Found};
use weft_model::quality_check::Measure;
use weft_model::{Clock, Code, Contract, PortRef, QualityCheck};
use weft_storage::{Candidate, CommitJudge, Finding, Verdict, arrow_schema};

/// Judges commits to one port's table by its contract, and keeps what it found out.
pub(crate) struct ContractJudge {
    engine: Arc<Engine>,
    clock: Arc<dyn Clock>,
    port: PortRef,
    contract: Contract,
    checks: Mutex<Vec<CheckRecord>>,
}

impl ContractJudge {
    pub(crate) fn new(engine: Arc<Engine>, clock: Arc<dyn Clock>, port: PortRef, contract: Contract) -> Self {
        ContractJudge { engine, clock, port, contract, checks: Mutex::new(Vec::new()) }
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

    /// NULLs in a required column: from the log where it knows, else by reading.
    async fn required(&self, candidate: &Candidate, column: &str) -> Result<u64, String> {
        match candidate.table.nulls(column) {
            Some(nulls) => Ok(nulls),
            None => self.engine.nulls(&candidate.table, column).await,
        }
    }

    /// The uniqueness rules: the key as a tuple, and each unique column. A sole key column that is
    /// unique too is asked once.
    fn keys(&self) -> Vec<(&'static str, Vec<&str>)> {
        let key = self.contract.primary_key();
        let unique = self.contract.columns.iter().filter(|c| c.unique).map(|c| ("unique", vec![c.name.as_str()]));
        let mut rules: Vec<(&'static str, Vec<&str>)> = unique.filter(|(_, columns)| *columns != key).collect();
        if !key.is_empty() {
            rules.insert(0, ("primary_key", key));
        }
        rules
    }

    /// What the contract's own checks find, those that block as findings.
    async fn quality(&self, candidate: &Candidate, at: DateTime<Utc>) -> Result<Vec<Finding>, String> {
        let checks = &self.contract.checks;
        if checks.is_empty() {
            return Ok(Vec::new());
        }
        let answers = self.engine.measure(&candidate.table, &self.port.to_string(), checks).await?;
        let rows = candidate.table.rows().ok_or("the log does not tell how many rows there are")?;
        let mut findings = Vec::new();
        for (check, answer) in checks.iter().zip(answers) {
            let column = recorded_column(check);
            let column = column.as_deref();
            let count = match answer {
                Found::Number(count) => Some(count),
                Found::Nothing => None,
                Found::Elsewhere(table) => {
                    let message = format!("the query reads `{table}`, and only the table itself can be asked yet");
                    self.record(&check.name, column, CheckOutcome::Unknown, None, Some(message), at);
                    continue;
                }
                Found::Failed(why) => {
                    let message = format!("check `{}` could not be made: {why}", check.name);
                    self.record(&check.name, column, CheckOutcome::Unknown, None, Some(message.clone()), at);
                    let column = check.column.clone();
                    findings.extend(check.blocks.then_some(Finding { code: Code::DATA_QUALITY, message, column }));
                    continue;
                }
            };
            let measured = count.map(|count| check.must.measured(count, rows));
            let holds = measured.is_some_and(|measured| check.must.holds(measured));
            let breach = (!holds).then(|| breach(check, measured));
            let outcome = if holds { CheckOutcome::Passed } else { CheckOutcome::Failed };
            let counts_rows = !matches!(check.measure, Measure::Rows | Measure::Sql { .. });
            let failing = count.filter(|_| counts_rows).map(|count| count as u64);
            self.record(&check.name, column, outcome, failing, breach.clone(), at);
            let message = breach.filter(|_| check.blocks);
            findings.extend(message.map(|message| Finding {
                code: Code::DATA_QUALITY,
                message,
                column: check.column.clone(),
            }));
        }
        Ok(findings)
    }

    fn note(&self, name: &str, column: Option<&str>, failing: u64, message: Option<String>, at: DateTime<Utc>) {
        let outcome = if failing == 0 { CheckOutcome::Passed } else { CheckOutcome::Failed };
        self.record(name, column, outcome, Some(failing), message, at);
    }

    fn record(
        &self,
        name: &str,
        column: Option<&str>,
        outcome: CheckOutcome,
        failing_rows: Option<u64>,
        message: Option<String>,
        at: DateTime<Utc>,
    ) {
        self.checks.lock().push(CheckRecord {
            port: self.port.clone(),
            name: name.to_owned(),
            column: column.map(str::to_owned),
            outcome,
            failing_rows,
            message,
            at,
        });
    }
}

/// What a check is recorded to be about: all columns of repeated values, and none for a query, which may read any.
fn recorded_column(check: &QualityCheck) -> Option<String> {
    match &check.measure {
        Measure::Duplicates { columns } => Some(columns.join(", ")),
        Measure::Sql { .. } => None,
        _ => check.column.clone(),
    }
}

/// `column \`delay\`: check \`minimum\` counts 3 rows, and must be 0`. Holds no value of a row.
fn breach(check: &QualityCheck, measured: Option<f64>) -> String {
    let of = check.column.as_ref().map(|column| format!("column `{column}`: ")).unwrap_or_default();
    let what = match (&check.measure, measured) {
        (_, None) => "returns nothing".to_owned(),
        (Measure::Sql { .. }, Some(measured)) => format!("returns {measured}"),
        (_, Some(measured)) if check.must.percent => format!("counts {measured:.2} % of the rows"),
        (Measure::Duplicates { .. }, Some(measured)) => format!("counts {measured} values that occur more than once"),
        (_, Some(1.0)) => "counts 1 row".to_owned(),
        (_, Some(measured)) => format!("counts {measured} rows"),
    };
    let consequence = if check.blocks { "" } else { "; the rule warns only" };
    format!("{of}check `{}` {what}, and {}{consequence}", check.name, check.must)
}

#[async_trait]
impl CommitJudge for ContractJudge {
    async fn judge(&self, candidate: &Candidate) -> Result<Verdict, String> {
        let at = self.clock.now();
        self.checks.lock().clear();
        let mut findings = self.schema(candidate);
        self.note("schema", None, findings.len() as u64, findings.first().map(|f| f.message.clone()), at);
        if !findings.is_empty() {
            // The other checks name columns that may not be there.
            return Ok(Verdict { findings });
        }
        for column in self.contract.columns.iter().filter(|column| column.required) {
            let nulls = self.required(candidate, &column.name).await?;
            let message = (nulls > 0).then(|| format!("required column `{}` is NULL in {nulls} rows", column.name));
            self.note("required", Some(&column.name), nulls, message.clone(), at);
            findings.extend(message.map(|message| Finding {
                code: Code::DATA_REQUIRED,
                message,
                column: Some(column.name.clone()),
            }));
        }
        for (rule, columns) in self.keys() {
            let repeated = self.engine.repeated(&candidate.table, &columns).await?;
            let names = columns.join(", ");
            let what = if rule == "primary_key" { "primary key" } else { "unique column" };
            let message =
                (repeated > 0).then(|| format!("{what} ({names}) has {repeated} values that occur more than once"));
            self.note(rule, Some(&names), repeated, message.clone(), at);
            findings.extend(message.map(|message| Finding {
                code: Code::DATA_KEY,
                message,
                column: Some(names.clone()),
            }));
        }
        findings.extend(self.quality(candidate, at).await?);
        Ok(Verdict { findings })
    }
}
