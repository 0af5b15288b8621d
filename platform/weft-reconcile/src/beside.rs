//! The tables beside a port's own that its checks may look into: as they are served, and as far as whoever makes the
//! port may read them whole.

use std::collections::BTreeMap;
use std::sync::Arc;

use weft_engine::{Beside, Limits, Parameters, SessionOptions, Unmeasured};
use weft_model::quality_check::Measure;
use weft_model::{DataProduct, PortName, PortRef, PortRelease};
use weft_storage::TableVersion;

use crate::Step;
use crate::build::Order;
use crate::controller::Controller;
use crate::report::may_pass;

impl Controller {
    /// What the checks of the port may look into. Ports of the same product are those of `made`, which the release
    /// will serve, else as they are served.
    ///
    /// A count of matches tells of the other table's rows, so the domain's service must be allowed to read it whole,
    /// as for a transform; that is decided, and put on record, by asking for no rows of it.
    pub(crate) async fn beside(
        &self,
        order: &Order<'_>,
        made: &BTreeMap<PortName, PortRelease>,
    ) -> BTreeMap<PortRef, Beside> {
        let mut beside = BTreeMap::new();
        let published = self.parts.catalog.published();
        for (port, is_input) in looked_into(order) {
            let own = made.get(&port.port).filter(|_| port.product_ref() == order.product.name);
            let found = own.or_else(|| published.port(&port).map(|(_, released)| released));
            let table = match found {
                Some(released) => self.table_beside(order, &port, released).await,
                None => Err(Unmeasured::because(format!("`{port}` is not served yet"))),
            };
            beside.insert(port, Beside { table, is_input });
        }
        beside
    }

    async fn table_beside(
        &self,
        order: &Order<'_>,
        port: &PortRef,
        released: &PortRelease,
    ) -> Result<Arc<TableVersion>, Unmeasured> {
        let (Some(location), Some(version)) = (&released.location, released.table_version) else {
            return Err(Unmeasured::because(format!("`{port}` is a view, and only tables can be looked into")));
        };
        if port.product_ref() != order.product.name {
            self.may_look_into(order, port).await?;
        }
        self.parts.warehouse.table(location, version).await.map_err(|error| {
            tracing::error!(%port, %error, "a released table cannot be opened");
            Unmeasured { why: format!("`{port}` cannot be opened"), hindrance: Some(error.code()).filter(may_pass) }
        })
    }

    /// Whether the domain's service may read all of the port.
    async fn may_look_into(&self, order: &Order<'_>, port: &PortRef) -> Result<(), Unmeasured> {
        let Some(name) = order.domain.service.as_deref() else {
            let why = format!("domain `{}` names no service that could read `{port}`", order.domain.name);
            return Err(Unmeasured::because(why));
        };
        let service = self.parts.policies.principals().service(name);
        let unknown = || Unmeasured::because(format!("`{name}` is not in governance/principals.yaml"));
        let service = service.ok_or_else(unknown)?;
        let options = SessionOptions {
            limits: Some(Limits::for_transforms()),
            unrestricted: true,
            door: Some("check"),
            ..SessionOptions::default()
        };
        let session = self.parts.engine.session(service, options);
        let asked = session.query(&format!("SELECT 1 FROM {port} LIMIT 0"), Parameters::None).await;
        asked.map(drop).map_err(|error| {
            let Unmeasured { why, hindrance } = error.into();
            Unmeasured { why: format!("`{name}` cannot look into it: {why}"), hindrance }
        })
    }
}

/// The other ports that checks of the port name, and whether each is an input that queries may name.
fn looked_into(order: &Order<'_>) -> BTreeMap<PortRef, bool> {
    let mut ports = BTreeMap::new();
    for check in &order.output.contract.checks {
        match &check.measure {
            Measure::Unmatched { target: Some(target), .. } => {
                if let Some(port) = &target.port {
                    ports.entry(port.clone()).or_insert(false);
                }
            }
            Measure::Sql { query, .. } => {
                let inputs = order.product.inputs.iter().map(|input| &input.port);
                ports.extend(inputs.filter(|port| port.is_named_in(query)).map(|port| (port.clone(), true)));
            }
            _ => {}
        }
    }
    ports
}

/// The steps in an order in which a port comes after those of the product that its foreign keys refer to, as far as
/// there is one; else as they come.
pub(crate) fn targets_first<'a>(product: &DataProduct, steps: &[&'a Step]) -> Vec<&'a Step> {
    let mut left: Vec<&Step> = steps.to_vec();
    let mut ordered = Vec::new();
    while !left.is_empty() {
        let waits = |step: &&Step| {
            let others = left.iter().filter(|other| other.port != step.port);
            others.into_iter().any(|other| refers_to(product, &step.port, &other.port))
        };
        let next = left.iter().position(|step| !waits(step)).unwrap_or(0);
        ordered.push(left.remove(next));
    }
    ordered
}

/// The ports that foreign keys of the product refer to.
pub(crate) fn targets(product: &DataProduct) -> impl Iterator<Item = &PortRef> {
    product.outputs.iter().flat_map(|output| &output.contract.checks).filter_map(|check| match &check.measure {
        Measure::Unmatched { target: Some(target), .. } => target.port.as_ref(),
        _ => None,
    })
}

/// Whether a foreign key of one port of the product is one to the other.
fn refers_to(product: &DataProduct, port: &PortRef, other: &PortRef) -> bool {
    let checks = product.output(&port.port).map(|output| output.contract.checks.as_slice()).unwrap_or_default();
    checks.iter().any(|check| match &check.measure {
        Measure::Unmatched { target: Some(target), .. } => target.port.as_ref() == Some(other),
        _ => false,
    })
}
