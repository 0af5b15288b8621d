//! Several major versions of a port: what rules say of it holds for each.

use weft_model::{Column, MajorVersion, PortRef};

use super::{Compiled, PolicySnapshot, PortSide};
use crate::ObjectRef;

impl Compiled {
    /// Lets what rows say of the name that versions share, and of columns below it, hold for `port` too, which is
    /// one of them.
    pub(super) fn hold_for_version(&mut self, port: &PortRef, version: &MajorVersion) {
        let own = self.term_of(port);
        let shared = ObjectRef::Port(PortRef { port: version.of.clone(), ..port.clone() }).object_term();
        if own == shared {
            return;
        }
        let below = format!("{shared}.");
        let objects = self.by_object.keys().chain(self.containments.keys());
        let columns = objects.filter_map(|object| Some((object, object.strip_prefix(&below)?)));
        let columns = columns.map(|(object, column)| (format!("{own}.{column}"), object.clone()));
        for (object, container) in columns.collect::<Vec<_>>().into_iter().chain([(own, shared)]) {
            let containers = self.containments.entry(object).or_default();
            if !containers.contains(&container) {
                containers.push(container);
            }
        }
    }

    /// The port as rows write it. One of several versions goes by its own name, under whichever it is asked for,
    /// so that what rows say of that name holds on the day of a switch as it did before.
    pub(crate) fn term_of(&self, port: &PortRef) -> String {
        let own = self.ports.get(port).and_then(|side| side.major.as_ref()?.own_name());
        let port = own.map_or_else(|| port.clone(), |own| PortRef { port: own, ..port.clone() });
        ObjectRef::Port(port).object_term()
    }
}

impl PolicySnapshot {
    /// The port as rows write it: see [`Compiled::term_of`].
    pub(crate) fn term_of(&self, port: &PortRef) -> String {
        self.rules.term_of(port)
    }

    /// Which version of which port `port` is, where several stand side by side.
    pub(crate) fn major(&self, port: &PortRef) -> Option<&MajorVersion> {
        self.rules.ports.get(port)?.major.as_ref()
    }

    /// The columns of every port that shares its name with `port`, itself among them; none where it is no version.
    pub(crate) fn columns_of_versions(&self, port: &PortRef) -> Vec<&[Column]> {
        let Some(version) = self.major(port) else { return Vec::new() };
        let shares = |(name, side): &(&PortRef, &PortSide)| {
            (&name.domain, &name.product) == (&port.domain, &port.product)
                && side.major.as_ref().is_some_and(|other| other.of == version.of)
        };
        self.rules.ports.iter().filter(shares).map(|(_, side)| side.columns.as_slice()).collect()
    }
}
