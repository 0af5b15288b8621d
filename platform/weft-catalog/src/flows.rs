//! Which ports' rows go into which, of all that is served: put in order once, and again where something was released.

use std::collections::{BTreeSet, HashMap};
use std::fmt;
use std::sync::Arc;

use parking_lot::Mutex;
use weft_model::{PortRef, ProductRef, Published, Release};

use crate::lineage;

/// Pairs of ports: rows of the first go into the second.
type Edges = Arc<[(PortRef, PortRef)]>;

/// What goes into what, whoever may know of it.
#[derive(Default)]
pub(crate) struct Flows {
    published: Arc<Published>,
    /// With the number of the release that says so.
    of_product: HashMap<ProductRef, (u64, Edges)>,
    before: HashMap<PortRef, Vec<PortRef>>,
    after: HashMap<PortRef, Vec<PortRef>>,
    /// Ports of which columns or rows depend on columns of the port.
    read_by: HashMap<PortRef, BTreeSet<PortRef>>,
    /// Products that declare a port of the product as an input.
    readers: HashMap<ProductRef, BTreeSet<ProductRef>>,
}

impl Flows {
    fn of(published: Arc<Published>, known: &Flows) -> Self {
        let mut flows = Flows { published: Arc::clone(&published), ..Flows::default() };
        for (name, release) in &published.releases {
            let known = known.of_product.get(name).filter(|(number, _)| *number == release.number);
            let edges = match known {
                Some((_, edges)) => Arc::clone(edges),
                None => lineage::edges(&release.product).into(),
            };
            for (from, to) in edges.iter() {
                flows.before.entry(to.clone()).or_default().push(from.clone());
                flows.after.entry(from.clone()).or_default().push(to.clone());
            }
            for input in &release.product.inputs {
                flows.readers.entry(input.port.product_ref()).or_default().insert(name.clone());
            }
            for (port, table) in &release.ports {
                let to = name.port(port);
                for source in table.lineage.columns.values().flatten().chain(&table.lineage.rows) {
                    let readers = flows.read_by.entry(source.port.clone()).or_default();
                    if !readers.contains(&to) {
                        readers.insert(to.clone());
                    }
                }
            }
            flows.of_product.insert(name.clone(), (release.number, edges));
        }
        for ports in flows.before.values_mut().chain(flows.after.values_mut()) {
            ports.sort();
            ports.dedup();
        }
        flows
    }

    /// What goes into the port, in order.
    pub(crate) fn before(&self, port: &PortRef) -> &[PortRef] {
        self.before.get(port).map_or(&[], Vec::as_slice)
    }

    /// What the port goes into, in order.
    pub(crate) fn after(&self, port: &PortRef) -> &[PortRef] {
        self.after.get(port).map_or(&[], Vec::as_slice)
    }

    /// The ports whose queries use columns of the port, in order.
    pub(crate) fn read_by(&self, port: &PortRef) -> impl Iterator<Item = &PortRef> {
        self.read_by.get(port).into_iter().flatten()
    }

    /// The products that declare ports of the product as inputs, in order.
    pub(crate) fn readers(&self, product: &ProductRef) -> impl Iterator<Item = &ProductRef> {
        self.readers.get(product).into_iter().flatten()
    }

    /// Every edge with the release that says so.
    pub(crate) fn all(&self) -> impl Iterator<Item = (&Release, &PortRef, &PortRef)> {
        let releases = self.published.releases.values();
        releases.flat_map(move |release| {
            let edges = self.of_product.get(&release.product.name).into_iter().flat_map(|(_, edges)| edges.iter());
            edges.map(move |(from, to)| (release, from, to))
        })
    }
}

/// The flows of what was asked about last.
#[derive(Default)]
pub(crate) struct KnownFlows {
    last: Mutex<Arc<Flows>>,
}

impl KnownFlows {
    /// The flows of `published`. Takes processor time where something was released since they were asked for.
    pub(crate) fn of(&self, published: &Arc<Published>) -> Arc<Flows> {
        let known = Arc::clone(&self.last.lock());
        if Arc::ptr_eq(&known.published, published) {
            return known;
        }
        let flows = Arc::new(Flows::of(Arc::clone(published), &known));
        *self.last.lock() = Arc::clone(&flows);
        flows
    }
}

impl fmt::Debug for KnownFlows {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KnownFlows").finish_non_exhaustive()
    }
}
