//! What a query would read if it were asked now, pinned, so that it can be asked again later with the same result.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use weft_catalog::HeldTable;
use weft_model::{Action, PortRef};

use crate::audit::AppliedTerms;
use crate::plans::Prepared;
use crate::{Description, QueryError, Session};

/// A query with what it reads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pinned {
    pub description: Description,
    /// By name, each once; tables below views are among them.
    pub tables: Vec<HeldTable>,
    /// Feature services that it names, by name.
    pub services: Vec<PinnedService>,
    /// Uploaded tables that it reads, by name, the id of each.
    pub uploads: BTreeMap<String, String>,
    /// On which terms they are read.
    pub terms: Vec<AppliedTerms>,
}

/// One feature service as a query names it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PinnedService {
    pub service: PortRef,
    /// Number of its product's release.
    pub release: u64,
}

impl Session {
    /// Says what a query would answer, and from which versions of which tables. Decides access, runs nothing.
    ///
    /// # Errors
    ///
    /// As [`describe`](Session::describe).
    pub async fn pinned(&self, sql: &str) -> Result<Pinned, QueryError> {
        self.without_running(sql, |prepared, decided| Pinned {
            description: prepared.description.clone(),
            tables: tables_of(prepared),
            services: services_of(prepared),
            uploads: prepared.basis.uploads.clone(),
            terms: decided.terms(),
        })
        .await
    }
}

fn services_of(prepared: &Prepared) -> Vec<PinnedService> {
    let services = prepared.basis.services.iter();
    services.map(|(service, release)| PinnedService { service: service.clone(), release: *release }).collect()
}

fn tables_of(prepared: &Prepared) -> Vec<HeldTable> {
    let basis = &prepared.basis;
    let read = basis.decided.iter().filter(|(action, ..)| *action == Action::Read);
    let mut tables: Vec<HeldTable> = read
        .filter_map(|(_, port, _)| {
            let (release, released) = basis.published.port(port)?;
            Some(HeldTable {
                port: port.clone(),
                release: release.number,
                table: released.location.clone(),
                table_version: released.table_version,
            })
        })
        .collect();
    tables.sort();
    tables.dedup();
    tables
}
