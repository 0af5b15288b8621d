//! What somebody is told of a port's columns before anything is read.

use weft_model::{Action, Column};

use super::{PolicySnapshot, total};
use crate::reading::Reading;
use crate::{AccessRequest, Authorizer, ObjectRef, Told};

impl PolicySnapshot {
    pub(super) fn told(&self, request: &AccessRequest<'_>, columns: &[Column]) -> Told {
        let nothing = || Told { readable: false, unknown: (0..columns.len()).collect(), hidden: Vec::new() };
        let ObjectRef::Port(port) = &request.object else { return nothing() };
        if self.closed_for(&request.object).is_some() || !self.discovers(request) {
            return nothing();
        }
        let settle = || {
            let columns = self.columns_as_read(port, columns);
            let asker = self.asker(request.principal, &request.object);
            let mut reading = Reading::new(self, &asker, port, self.circumstances(request));
            let (opened, hidden) = reading.open(&columns)?;
            let unknown = reading.unknown(&columns)?;
            let is_hidden = |name: &str| opened.is_allowed() && hidden.iter().any(|(column, _)| column == name);
            let places = (0..).zip(columns.iter()).filter(|(_, column)| is_hidden(&column.name));
            let hidden = places.map(|(place, _)| place).filter(|place| !unknown.contains(place)).collect();
            Ok(Told { readable: opened.is_allowed() && !self.is_closed(request), unknown, hidden })
        };
        total(request, settle).unwrap_or_else(|_| nothing())
    }

    fn discovers(&self, request: &AccessRequest<'_>) -> bool {
        self.decide(&AccessRequest { action: Action::Discover, ..request.clone() }).is_allowed()
    }

    /// Whether nobody reads the object at this time, whatever rows say; how old the policies are left aside.
    fn is_closed(&self, request: &AccessRequest<'_>) -> bool {
        let ObjectRef::Port(port) = &request.object else { return true };
        self.rules.retired.contains(port) || self.rules.closed_products.contains_key(&port.product_ref())
    }
}
