//! The words of the mesh: names, products, contracts, principals, diagnostics, codes.
//!
//! Values, and [`parallel`] for many of them: no IO, no async, no Arrow. Everything else in the workspace
//! speaks in these types.

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

pub mod clock;
pub mod code;
pub mod commit;
pub mod compatibility;
pub mod contract;
pub mod contract_sql;
pub mod data_type;
pub mod declared;
pub mod diagnostic;
pub mod domain;
pub mod duration;
pub mod erasure;
pub mod feature;
pub mod interval;
pub mod lineage;
pub mod name;
pub mod observed_read;
pub mod outline;
pub mod parallel;
pub mod principal;
pub mod product;
pub mod published;
pub mod quality_check;
pub mod resources;
pub mod revision;
pub mod schedule;
mod schema;
pub mod service_level;
pub mod side_by_side;
pub mod trace;
pub mod transform_test;
pub mod tree;

pub use clock::Clock;
pub use code::Code;
pub use commit::{Commit, SignatureKind};
pub use contract::{Classification, Column, ColumnPart, Contract, ContractKey, ContractRole};
pub use contract_sql::{ContractSql, ContractTable, SqlRole, WrittenSql};
pub use data_type::{DataType, Field, IntegerFormat};
pub use declared::Declared;
pub use diagnostic::{Diagnostic, Label, Place, Severity};
pub use domain::Domain;
pub use erasure::{DerivedPort, Erasure};
pub use feature::{FeaturePart, FeatureService, FeatureView};
pub use interval::{Interval, IntervalError, TimeRange};
pub use lineage::{ColumnLineage, ColumnSource, Dependence};
pub use name::{DomainName, NameError, PortName, PortRef, ProductName, ProductRef};
pub use observed_read::ObservedRead;
pub use outline::{
    ColumnOutline, ContractOutline, DocumentOutline, DomainOutline, Outline, PartOutline, ProductOutline, RoleOutline,
    ServiceLevelOutline, TableOutline, Written,
};
pub use principal::{Action, AttributeValue, Principal, PrincipalKind};
pub use product::{DataProduct, InputPort, Merge, OutputPort, Override, SeedFormat, Transform, VALIDITY};
pub use published::{ArchivedPort, InputRelease, PortRelease, Published, Release, RolledBack};
pub use quality_check::QualityCheck;
pub use resources::Resources;
pub use revision::Revision;
pub use schedule::{Cron, Schedule, ScheduleError, TimeZone};
pub use service_level::{Aging, ServiceLevel, TrafficLevel};
pub use side_by_side::MajorVersion;
pub use trace::TraceContext;
pub use transform_test::{TestRow, TransformTest};
pub use tree::{Content, FileEntry, ManifestTree, OwnRepository};
