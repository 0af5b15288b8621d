//! Foreign keys as checks: from a column of a port to columns of whichever port serves what it refers to.

use std::collections::BTreeMap;

use weft_model::quality_check::{ForeignKeyTarget, Measure, QualityCheck, Threshold};
use weft_model::{ContractKey, PortRef};

use super::checks;
use super::column_type::stored_name;
use super::contract::{self, ContractFile};
use super::product::Draft;
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

#[cfg(test)]
mod tests {
    use weft_model::ManifestTree;
    use weft_model::quality_check::Measure;

    /// The foreign keys of a product `air.flights`, whose only table has these `keys`, beside one of planes.
    fn found(keys: &str) -> Vec<String> {
        let product = |id: &str, port: &str| {
            format!(
                "apiVersion: v1.1.0\nkind: DataProduct\nid: {id}\noutputPorts:\n  - name: {port}\n    contractId: {id}-c\n    \
                 version: 1.0.0\n    customProperties:\n      - property: transform\n        vendor: weft\n        \
                 value: {{kind: source, source: {{url: 's3://x/y', format: csv}}}}\n"
            )
        };
        let contract = |id: &str, tables: &str| {
            format!("apiVersion: v3.2.0\nkind: DataContract\nid: {id}-c\nversion: 1.0.0\nschema:\n{tables}")
        };
        let planes = "  - id: p\n    name: planes\n    properties:\n      \
                      - {id: n, name: Tail, physicalName: tail, logicalType: string, unique: true}\n      \
                      - {id: y, name: year, logicalType: integer}\n      \
                      - {id: m, name: mean, logicalType: integer, semanticType: measure, transformLogic: AVG(year)}\n";
        let flights = format!(
            "  - name: flights\n    relationships:\n{keys}\n    properties:\n      \
             - {{name: id, logicalType: integer, unique: true}}\n      - {{name: plane, logicalType: string}}\n      \
             - {{name: built, logicalType: integer}}\n  - name: crews\n    properties:\n      \
             - {{name: id, logicalType: integer, unique: true}}\n"
        );
        let tree = ManifestTree::of_texts([
            ("products/air/domain.yaml", "domain: air\nowner: a\n"),
            ("products/air/flights/product.odps.yaml", product("f", "flights").as_str()),
            ("products/air/flights/contracts/flights.odcs.yaml", contract("f", &flights).as_str()),
            ("products/air/planes/product.odps.yaml", product("p", "planes").as_str()),
            ("products/air/planes/contracts/planes.odcs.yaml", contract("p", planes).as_str()),
        ]);
        let (declared, problems) = crate::read(&tree, chrono::NaiveDate::MIN);
        let flights = declared.product(&"air.flights".parse().unwrap());
        let flights = flights.unwrap_or_else(|| panic!("{problems:#?}"));
        let checks = flights.outputs[0].contract.checks.iter();
        let told = |check: &weft_model::QualityCheck| {
            let Measure::Unmatched { columns, target } = &check.measure else { panic!("{check:?}") };
            let target = target.as_ref().map(|target| {
                let port = target.port.as_ref().map_or("itself".to_owned(), ToString::to_string);
                format!("{port} ({})", target.columns.join(", "))
            });
            let blocks = if check.blocks { "blocks" } else { "warns" };
            format!("{} ({}) {} {blocks}", check.name, columns.join(", "), target.unwrap_or("nothing".to_owned()))
        };
        checks.map(told).collect()
    }

    #[test]
    fn a_key_becomes_a_check_against_the_port_that_serves_its_target() {
        let path = "../../planes/contracts/planes.odcs.yaml";
        let keys = format!(
            "      - {{id: made, from: flights.plane, to: '{path}#schema/p/properties/n'}}\n      \
             - {{from: [flights.plane, flights.built], to: [p-c#planes.Tail, p-c#planes.year]}}\n      \
             - {{from: flights.built, to: flights.id}}"
        );
        assert_eq!(
            found(&keys),
            [
                "made (plane) air.planes.planes (tail) blocks",
                "foreignKey (plane, built) air.planes.planes (tail, year) blocks",
                "foreignKey (built) itself (id) blocks",
            ]
        );
    }

    #[test]
    fn a_key_to_what_no_port_serves_only_warns() {
        let keys = "      - {from: flights.built, to: crews.id}\n      - {from: flights.built, to: p-c#planes.mean}";
        assert_eq!(found(keys), ["foreignKey (built) nothing warns", "foreignKey 2 (built) nothing warns"]);
    }
}
