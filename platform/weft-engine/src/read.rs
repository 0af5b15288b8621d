//! What a query reads, noted where its plan takes hold of the tables.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use parking_lot::Mutex;
use weft_model::PortRef;

/// Ports, each with the columns of it that are read.
pub(crate) type ReadPorts = BTreeMap<PortRef, BTreeSet<String>>;

/// What the plan of one query reads so far. Clones are one list.
///
/// A plan takes hold of each table that is left in it once it is optimised, and says which columns it
/// needs: those that are answered and those that conditions and joins look at. Where counts answer in
/// the place of rows, and where a view stands between, the table has been asked all the same.
#[derive(Clone, Debug, Default)]
pub(crate) struct Read(Arc<Mutex<ReadPorts>>);

impl Read {
    /// Notes that `columns` of `port` are read, perhaps none.
    pub(crate) fn note<'a>(&self, port: &PortRef, columns: impl Iterator<Item = &'a str>) {
        let mut ports = self.0.lock();
        let known = match ports.get_mut(port) {
            Some(known) => known,
            None => ports.entry(port.clone()).or_default(),
        };
        for column in columns {
            if !known.contains(column) {
                known.insert(column.to_owned());
            }
        }
    }

    /// Notes all that was noted in `other`, where it stays.
    pub(crate) fn note_all(&self, other: &Read) {
        for (port, columns) in &*other.0.lock() {
            self.note(port, columns.iter().map(String::as_str));
        }
    }

    /// What was noted, which is forgotten here.
    pub(crate) fn taken(&self) -> ReadPorts {
        std::mem::take(&mut *self.0.lock())
    }
}
