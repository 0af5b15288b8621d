//! What one principal may see: the only place of the catalog that asks for decisions.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use chrono::{DateTime, Utc};
pub(crate) use weft_governance::Authorizer;
use weft_governance::{AccessRequest, ColumnPath, Decision, Mask, ObjectRef, Obligation, Told};
use weft_model::{Action, Column, DataType, PortRef, Principal, ProductRef, Release};

/// Object of the platform that stands for runs as far as they concern the mesh as a whole.
const MESH_RUNS: &str = "system.mesh.runs";

/// What a principal may see of a port's rows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Reading {
    /// Whether it may be read at all, if perhaps not every row or column.
    pub(crate) readable: bool,
    /// Whether no row is hidden; else a count of all of them is not for this principal.
    pub(crate) every_row: bool,
    /// Columns that the table does not have for this principal.
    pub(crate) hidden: BTreeSet<String>,
    /// Where values are masked: a column's name, and names downwards for a part of it. True where
    /// NULL stands in their place.
    pub(crate) masked: BTreeMap<ColumnPath, bool>,
}

impl Reading {
    fn of(decision: &Decision) -> Self {
        let mut reading =
            Reading { readable: decision.is_allowed(), every_row: decision.is_allowed(), ..Reading::default() };
        for imposed in decision.obligations() {
            match &imposed.obligation {
                Obligation::HideColumn { column } => {
                    reading.hidden.insert(column.clone());
                }
                Obligation::MaskColumn { path, mask } => {
                    reading.masked.insert(path.clone(), *mask == Mask::Null);
                }
                // Of an obligation that is not known here, the worst is assumed.
                _ => reading.every_row = false,
            }
        }
        reading
    }

    /// Whether all of the table is seen in clear.
    pub(crate) fn is_whole(&self) -> bool {
        self.every_row && self.hidden.is_empty() && self.masked.is_empty()
    }

    /// Whether it may be read, and no column is missing for this principal.
    pub(crate) fn shows_every_column(&self) -> bool {
        self.readable && self.hidden.is_empty()
    }

    /// Whether some value of the column is masked.
    pub(crate) fn masks(&self, column: &str) -> bool {
        self.masked.keys().any(|path| path.first().is_some_and(|name| name == column))
    }

    /// The columns as this principal finds them: without those that are hidden, and promising of
    /// masked ones nothing that a mask breaks.
    pub(crate) fn columns(&self, columns: &[Column]) -> Vec<Column> {
        let is_touched = |column: &Column| self.hidden.contains(&column.name) || self.masks(&column.name);
        let keeps_key = !columns.iter().any(|column| column.primary_key_position.is_some() && is_touched(column));
        let seen = columns.iter().filter(|column| !self.hidden.contains(&column.name));
        seen.map(|column| {
            let mut column = column.clone();
            column.primary_key_position = column.primary_key_position.filter(|_| keeps_key);
            column.unique &= !self.masks(&column.name);
            for path in self.masked.iter().filter(|(_, null)| **null).map(|(path, _)| path.as_slice()) {
                match path {
                    [name] if *name == column.name => column.required = false,
                    [name, below @ ..] if *name == column.name => allow_null(&mut column.data_type, below),
                    _ => {}
                }
            }
            column
        })
        .collect()
    }
}

/// Lets the part of `data_type` at `path` hold NULL.
fn allow_null(data_type: &mut DataType, path: &[String]) {
    let Some((name, below)) = path.split_first() else { return };
    let field = match data_type {
        DataType::Struct(fields) => fields.iter_mut().find(|field| field.name == *name),
        DataType::List(item) if name == "[]" => Some(item.as_mut()),
        DataType::Map { value, .. } if name == "{}" => Some(value.as_mut()),
        _ => None,
    };
    match field {
        Some(field) if below.is_empty() => field.nullable = true,
        Some(field) => allow_null(&mut field.data_type, below),
        None => {}
    }
}

/// One principal's eyes under one state of the policies, at one instant.
#[derive(Clone, Debug)]
pub(crate) struct Sight {
    pub(crate) policies: Arc<dyn Authorizer>,
    pub(crate) principal: Principal,
    /// What the answers are for, as the caller declares it.
    pub(crate) purpose: Option<String>,
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

    /// What may be seen of a port whose table has these columns.
    pub(crate) fn reading(&self, port: &PortRef, columns: &[Column]) -> Reading {
        Reading::of(&self.decide_read(port, columns))
    }

    /// The decision on reading a port whose table has these columns.
    pub(crate) fn decide_read(&self, port: &PortRef, columns: &[Column]) -> Decision {
        let request = self.request(Action::Read, ObjectRef::Port(port.clone()));
        self.policies.decide_read(&request, columns)
    }

    /// Whether the principal may read the platform's own `object` whole.
    pub(crate) fn reads_platform(&self, object: &str) -> bool {
        let decision = self.decide(Action::Read, ObjectRef::Platform(object.to_owned()));
        decision.is_allowed() && decision.obligations().is_empty()
    }

    /// Whether the principal may know that a port, which it may discover, has the column: no row denies that.
    pub(crate) fn knows_column(&self, port: &PortRef, column: &Column) -> bool {
        let request = self.request(Action::Discover, ObjectRef::Port(port.clone()));
        let decision = self.policies.decide_column(&request, column);
        decision.is_allowed() || decision.because().is_empty()
    }

    /// What the principal is told of the columns of a port, for looking through many of them.
    pub(crate) fn columns_told(&self, port: &PortRef, columns: &[Column]) -> Told {
        self.policies.columns_told(&self.request(Action::Read, ObjectRef::Port(port.clone())), columns)
    }

    pub(crate) fn decide(&self, action: Action, object: ObjectRef) -> Decision {
        self.policies.decide(&self.request(action, object))
    }

    fn request(&self, action: Action, object: ObjectRef) -> AccessRequest<'_> {
        AccessRequest { principal: &self.principal, action, object, purpose: self.purpose.as_deref(), at: self.at }
    }
}
