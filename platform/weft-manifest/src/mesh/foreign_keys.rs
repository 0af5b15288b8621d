//! Foreign keys as checks: from a column of a port to columns of whichever port serves what it refers to.

use std::collections::BTreeMap;

use weft_model::quality_check::{ForeignKeyTarget, Measure, QualityCheck, Threshold};
use weft_model::{ContractKey, PortRef};

use super::column_type::stored_name;
use super::contract::{self, ContractFile};
use super::product::Draft;
use super::checks;
use crate::form::Document;
use crate::odcs::DataContract;
use crate::rules::{self, Side};

/// What a check is called whose relationship has no id.
const NAME: &str = "foreignKey";

/// A table of a contract: the contract's key and the table's place in it.
type TableKey<'d> = (&'d ContractKey, usize);

/// Gives each port the checks of its foreign keys.
///
/// A key is checked as a tuple where all of its columns are stored ones. A key to what no port serves blocks nothing:
/// no rows could ever meet it.
pub(super) fn resolve(drafts: &mut [Draft]) {
    let found = {
        let contracts: Vec<(&Draft, &ContractFile, &Document<DataContract>)> = drafts
            .iter()
            .flat_map(|draft| draft.contracts.iter().map(move |contract| (draft, contract)))
            .filter_map(|(draft, contract)| Some((draft, contract, contract.document.as_ref()?)))
            .collect();
        let documents: Vec<_> =
            contracts.iter().map(|(_, contract, document)| (contract.file.as_str(), *document)).collect();
        let keys = rules::foreign_keys(&documents);
        if keys.is_empty() {
            return;
        }
        let served = served(&contracts);
        let table = |side: &Side<'_>| {
            let (_, contract, _) = contracts.get(side.contract)?;
            Some((contract.key.as_ref()?, side.table))
        };
        let mut found: BTreeMap<PortRef, Vec<QualityCheck>> = BTreeMap::new();
        for key in &keys {
            let (Some(own), Some(columns)) = (table(&key.from), stored(&key.from)) else { continue };
            let target = key.to.as_ref().and_then(|to| {
                let (of, columns) = (table(to)?, stored(to)?);
                let port = if of == own { None } else { Some(served.get(&of)?.last()?.clone()) };
                Some(ForeignKeyTarget { port, columns })
            });
            for port in served.get(&own).into_iter().flatten() {
                found.entry(port.clone()).or_default().push(check(key.id, columns.clone(), target.clone()));
            }
        }
        found
    };
    for draft in drafts {
        let product = draft.name.clone();
        for output in &mut draft.outputs {
            if let Some(found) = found.get(&product.port(&output.name)) {
                output.contract.checks.extend(found.iter().cloned());
                checks::name_apart(&mut output.contract.checks);
            }
        }
    }
}

fn check(id: Option<&str>, columns: Vec<String>, target: Option<ForeignKeyTarget>) -> QualityCheck {
    QualityCheck {
        name: id.unwrap_or(NAME).to_owned(),
        column: match columns.as_slice() {
            [column] => Some(column.clone()),
            _ => None,
        },
        blocks: target.is_some(),
        measure: Measure::Unmatched { columns, target },
        must: Threshold::none(),
    }
}

/// The ports that serve each table, under all of their names.
fn served<'d>(
    contracts: &[(&'d Draft, &'d ContractFile, &'d Document<DataContract>)],
) -> BTreeMap<TableKey<'d>, Vec<PortRef>> {
    let mut served = BTreeMap::new();
    for (draft, contract, document) in contracts {
        let Some(key) = &contract.key else { continue };
        let (Some(names), Some(written)) = (draft.offers.get(key), draft.port_under(key)) else { continue };
        let Some(table) = contract::table_of_port(document, written) else { continue };
        served.insert((key, table), names.iter().map(|name| draft.name.port(name)).collect());
    }
    served
}

/// The names of the columns as they are stored; `None` where one of them is computed when it is asked for.
fn stored(side: &Side<'_>) -> Option<Vec<String>> {
    let name = |property: &&crate::odcs::Property| {
        stored_name(property).filter(|_| contract::is_stored(property)).map(str::to_owned)
    };
    side.columns.iter().map(name).collect()
}
