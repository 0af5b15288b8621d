//! A run: one attempt to bring the mesh to a revision, and what came of it.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use weft_model::{Diagnostic, PortRef, ProductRef, Revision, Severity, TrafficLevel};

use crate::OffendingRows;

/// How far a run has come, or how it ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum RunStatus {
    Running,
    /// Everything that the revision asks for is served.
    Succeeded,
    /// Some products are served as the revision asks, others stay as they were.
    Partial,
    /// The revision is not applied: its rules or the mesh's own file have errors.
    Refused,
    /// Nothing of what the revision asks for came about.
    Failed,
}

/// How far a step has come, or how it ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum StepStatus {
    Pending,
    Running,
    Succeeded,
    Failed,
    /// Not tried, because something that it reads failed.
    Skipped,
}

macro_rules! words {
    ($name:ident: $($variant:ident = $word:literal),+) => {
        impl $name {
            /// The word that people and the database use.
            pub fn as_str(self) -> &'static str {
                match self {
                    $($name::$variant => $word),+
                }
            }

            pub(crate) fn parse(text: &str) -> Option<Self> {
                match text {
                    $($word => Some($name::$variant),)+
                    _ => None,
                }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }
    };
}

words!(RunStatus: Running = "running", Succeeded = "succeeded", Partial = "partial", Refused = "refused",
    Failed = "failed");
words!(StepStatus: Pending = "pending", Running = "running", Succeeded = "succeeded", Failed = "failed",
    Skipped = "skipped");

/// One attempt to bring the mesh to a revision.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Run {
    /// Unique; names the run everywhere.
    pub id: String,
    pub revision: Revision,
    /// `Name <e-mail>` as the commit says; `None` where the revision is no commit.
    pub author: Option<String>,
    /// When it was committed, as the commit says.
    pub committed_at: Option<DateTime<Utc>>,
    /// What is known of its signature: `none`, or as in `ssh unverified`.
    pub signature: Option<String>,
    pub started_at: DateTime<Utc>,
    /// `None` while it runs.
    pub ended_at: Option<DateTime<Utc>>,
    pub status: RunStatus,
    /// Content address of the plan; `None` where it did not come to one.
    pub plan: Option<String>,
    /// In the order in which people read them.
    pub diagnostics: Vec<RunDiagnostic>,
    /// In the order in which they are done.
    pub steps: Vec<RunStep>,
}

/// A problem in the revision's files, as kept with the run that met it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunDiagnostic {
    /// `W0101` and the like.
    pub code: String,
    pub severity: Severity,
    pub message: String,
    /// Path in the repository.
    pub file: String,
    pub line: u32,
    pub column: u32,
    pub help: Option<String>,
    /// The product whose file this is; `None` for files of a domain or of the mesh.
    pub product: Option<ProductRef>,
}

impl From<&Diagnostic> for RunDiagnostic {
    /// Keeps the diagnostic's own place; the product is read from its path.
    fn from(diagnostic: &Diagnostic) -> Self {
        RunDiagnostic {
            code: diagnostic.code.to_string(),
            severity: diagnostic.severity,
            message: diagnostic.message.clone(),
            file: diagnostic.place.file.clone(),
            line: diagnostic.place.line,
            column: diagnostic.place.column,
            help: diagnostic.help.clone(),
            product: product_of_file(&diagnostic.place.file),
        }
    }
}

/// One step of a run's plan. `message` may name files and columns and never holds a value of a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunStep {
    pub port: PortRef,
    /// What the plan does to the port: `create`, `refresh` and the like.
    pub change: String,
    pub status: StepStatus,
    pub message: Option<String>,
    pub rows: Option<u64>,
    pub table_version: Option<u64>,
    pub started_at: Option<DateTime<Utc>>,
    pub ended_at: Option<DateTime<Utc>>,
    pub duration_ms: Option<u64>,
}

/// The product in whose folder `products/<domain>/<product>/` a file lies.
pub fn product_of_file(file: &str) -> Option<ProductRef> {
    let mut parts = file.strip_prefix("products/")?.split('/');
    let (domain, product, _file) = (parts.next()?, parts.next()?, parts.next()?);
    Some(ProductRef { domain: domain.parse().ok()?, product: product.parse().ok()? })
}

/// How a check came out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum CheckOutcome {
    Passed,
    Failed,
    /// The check could not be made.
    Unknown,
}

words!(CheckOutcome: Passed = "passed", Failed = "failed", Unknown = "unknown");

/// What a breach means.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum CheckSeverity {
    /// The commit is refused.
    Blocks,
    /// It is recorded and shown.
    Warns,
}

words!(CheckSeverity: Blocks = "blocks", Warns = "warns");

/// What one check of a contract found out about one table: at the gate before the table was committed, or by the clock.
#[derive(Clone, Debug, PartialEq)]
pub struct CheckRecord {
    pub port: PortRef,
    /// `schema`, `required`, `primary_key`, …; with `column` unique within a run and port.
    pub name: String,
    /// `None` for a check of the whole table.
    pub column: Option<String>,
    pub outcome: CheckOutcome,
    pub failing_rows: Option<u64>,
    /// For people; never holds a value of a row.
    pub message: Option<String>,
    pub at: DateTime<Utc>,
    /// The number that was compared; `None` where there was none.
    pub measured: Option<f64>,
    /// What it had to be, in words.
    pub threshold: Option<String>,
    /// `None` where it was recorded before this was kept, as with what the check cost.
    pub severity: Option<CheckSeverity>,
    /// Bytes of columns that were read for it; 0 where the log told.
    pub scanned_bytes: Option<u64>,
    pub duration_ms: Option<u64>,
    pub sample: Option<OffendingRows>,
}

impl CheckRecord {
    /// Whether it is about the queries that read the port, and not about its rows.
    pub fn is_of_traffic(&self) -> bool {
        TrafficLevel::is_name(&self.name)
    }
}

/// A check and the run in which it was made; none for what the clock found out since.
#[derive(Clone, Debug, PartialEq)]
pub struct RunCheck {
    pub run: Option<String>,
    pub check: CheckRecord,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_belongs_to_the_product_in_whose_folder_it_lies() {
        let of = |file| product_of_file(file).map(|p| p.to_string());
        assert_eq!(of("products/fleet/aircraft/product.odps.yaml"), Some("fleet.aircraft".to_owned()));
        assert_eq!(of("products/fleet/aircraft/contracts/planes.odcs.yaml"), Some("fleet.aircraft".to_owned()));
        assert_eq!(of("products/fleet/domain.yaml"), None);
        assert_eq!(of("products/fleet/Air-craft/x.yaml"), None);
        assert_eq!(of("governance/principals.yaml"), None);
    }
}
