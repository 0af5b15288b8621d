//! Foreign keys as what they compare: columns of one table, and those of another in whichever contract.

use crate::form::Document;
use crate::odcs::{DataContract, Property};

use super::Scope;
use super::relationships::{Columns, Relationship, Shelf, all, external};
use super::tables::{ContractText, Field};

/// One foreign key of a contract.
#[derive(Clone, Debug)]
pub(crate) struct ForeignKey<'d> {
    /// What it is called, where it has an id.
    pub(crate) id: Option<&'d str>,
    pub(crate) from: Side<'d>,
    /// As many columns as `from` has, in its order. `None` where no table of these contracts has all of them.
    pub(crate) to: Option<Side<'d>>,
}

/// Columns of one table.
#[derive(Clone, Debug)]
pub(crate) struct Side<'d> {
    /// The contract, by its index.
    pub(crate) contract: usize,
    /// The table within the contract, by its index.
    pub(crate) table: usize,
    pub(crate) columns: Vec<&'d Property>,
}

/// The foreign keys of all `contracts`, which come with their paths, in their order. Those from parts of columns, and
/// those whose sides do not match, are left out.
pub(crate) fn of_contracts<'d>(contracts: &[(&'d str, &'d Document<DataContract>)]) -> Vec<ForeignKey<'d>> {
    let shelf = Shelf::of(contracts);
    let mut found = Vec::new();
    for (index, (file, document)) in contracts.iter().enumerate() {
        if !document.source.text.contains("relationships") {
            continue;
        }
        let contract = ContractText::of(document, Scope::Mesh);
        let own = Columns::of(&contract);
        for relationship in all(&contract) {
            let Some(from) = from_side(&relationship, index, &own) else { continue };
            if relationship.to.len() != from.columns.len() {
                continue;
            }
            let to = to_side(&relationship, (index, file), &own, &shelf, contracts);
            found.push(ForeignKey { id: relationship.spot.get("id").and_then(|id| id.node.text()), from, to });
        }
    }
    found
}

fn from_side<'d>(relationship: &Relationship<'_, 'd>, contract: usize, own: &Columns<'_, 'd>) -> Option<Side<'d>> {
    if let Some(field) = relationship.column {
        return side(contract, &[(relationship.table, field)]);
    }
    let named = relationship.from.iter().map(|(_, name)| own.find(name)).collect::<Option<Vec<_>>>()?;
    side(contract, &named)
}

fn to_side<'d>(
    relationship: &Relationship<'_, 'd>,
    (index, file): (usize, &str),
    own: &Columns<'_, 'd>,
    shelf: &Shelf<'d>,
    contracts: &[(&'d str, &'d Document<DataContract>)],
) -> Option<Side<'d>> {
    let mut names = Vec::new();
    let mut of = index;
    for (_, name) in &relationship.to {
        let (other, within) = match external(name) {
            Some((other, within)) => (shelf.find(file, other)?, within),
            None => (index, *name),
        };
        if !names.is_empty() && of != other {
            return None;
        }
        of = other;
        names.push(within);
    }
    if of == index {
        let named = names.iter().map(|name| own.find(name)).collect::<Option<Vec<_>>>()?;
        return side(of, &named);
    }
    let contract = ContractText::of(contracts.get(of)?.1, Scope::Mesh);
    let columns = Columns::of(&contract);
    let named = names.iter().map(|name| columns.find(name)).collect::<Option<Vec<_>>>()?;
    side(of, &named)
}

/// The columns as a side, if they are columns of one table and none is a part of another.
fn side<'d>(contract: usize, fields: &[(usize, &Field<'d>)]) -> Option<Side<'d>> {
    let (table, _) = *fields.first()?;
    let is_column = |(of, field): &(usize, &Field<'d>)| *of == table && field.outer.is_none();
    fields.iter().all(is_column).then(|| Side {
        contract,
        table,
        columns: fields.iter().map(|(_, field)| field.property).collect(),
    })
}
