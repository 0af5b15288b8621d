//! What one principal may see: the only place of the catalog that asks for decisions.

use std::sync::Arc;

use chrono::{DateTime, Utc};
pub(crate) use weft_governance::Authorizer;
use weft_governance::{AccessRequest, ObjectRef, Obligation};
use weft_model::{Action, PortRef, Principal, ProductRef, Release};

/// Object of the platform that stands for runs as far as they concern the mesh as a whole.
const MESH_RUNS: &str = "system.mesh.runs";

/// What a principal may do with a port's rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reading {
    /// Nothing.
    No,
    /// Some rows, so that a count of all of them is not for this principal.
    SomeRows,
    /// Every row, if perhaps with masks.
    EveryRow,
}

/// One principal's eyes under one state of the policies, at one instant.
#[derive(Clone, Debug)]
pub(crate) struct Sight {
    pub(crate) policies: Arc<dyn Authorizer>,
    pub(crate) principal: Principal,
    pub(crate) at: DateTime<Utc>,
}

impl Sight {
    /// Whether the product is seen: itself, or at least one of the release's ports.
    pub(crate) fn product(&self, release: &Release) -> bool {
        let product = &release.product.name;
        self.product_itself(product) || release.ports.keys().any(|port| self.port(&product.port(port)))
    }

    /// Whether the product as such is seen, with all that concerns none of its ports in particular.
    pub(crate) fn product_itself(&self, product: &ProductRef) -> bool {
        self.decide(Action::Discover, ObjectRef::Product(product.clone())).is_allowed()
    }

    pub(crate) fn port(&self, port: &PortRef) -> bool {
        self.decide(Action::Discover, ObjectRef::Port(port.clone())).is_allowed()
    }

    pub(crate) fn mesh_runs(&self) -> bool {
        self.decide(Action::Discover, ObjectRef::Platform(MESH_RUNS.to_owned())).is_allowed()
    }

    pub(crate) fn reading(&self, port: &PortRef) -> Reading {
        let decision = self.decide(Action::Read, ObjectRef::Port(port.clone()));
        let hides_no_row = |obligation: &Obligation| matches!(obligation, Obligation::MaskColumn { .. });
        match (decision.is_allowed(), decision.obligations().iter().all(hides_no_row)) {
            (false, _) => Reading::No,
            (true, false) => Reading::SomeRows,
            (true, true) => Reading::EveryRow,
        }
    }

    /// `count` where the principal may read every row of `port`.
    pub(crate) fn count(&self, port: &PortRef, count: Option<u64>) -> Option<u64> {
        count.filter(|_| self.reading(port) == Reading::EveryRow)
    }

    fn decide(&self, action: Action, object: ObjectRef) -> weft_governance::Decision {
        let request = AccessRequest { principal: &self.principal, action, object, purpose: None, at: self.at };
        self.policies.decide(&request)
    }
}
