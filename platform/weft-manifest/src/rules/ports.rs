//! Ports of one product: each once, and made from inputs that the product names.

use std::collections::{BTreeSet, HashMap};

use weft_model::{Code, Diagnostic};

use super::findings::Findings;
use crate::form::{Document, clipped, has_variable};
use crate::odps::DataProductDocument;

pub(super) fn check(document: &Document<DataProductDocument>, findings: &mut Findings) {
    let (root, product) = (document.spot(), &document.value);
    let inputs: BTreeSet<(&str, &str)> = product
        .input_ports
        .iter()
        .flatten()
        .filter_map(|input| Some((input.contract_id.as_deref()?, input.version.as_deref()?)))
        .collect();
    for (spot, port) in root.each("outputPorts", &product.output_ports) {
        let mut seen: HashMap<(&str, &str), weft_model::Place> = HashMap::new();
        for (spot, contract) in spot.each("inputContracts", &port.input_contracts) {
            let key = (contract.id.as_str(), contract.version.as_str());
            if let Some(first) = seen.insert(key, spot.at("id")) {
                let message = format!("input contract `{}` is named twice", clipped(&contract.id));
                findings.push(
                    Diagnostic::error(Code::NAME_TWICE, spot.at("id"), message)
                        .also(first, "first named here")
                        .help("keep one of the two"),
                );
                continue;
            }
            let is_unknown = !inputs.contains(&key) && !has_variable(key.0) && !has_variable(key.1);
            if is_unknown && !document.has_errors {
                findings.push(undeclared(&inputs, key, spot, findings));
            }
        }
    }
}

fn undeclared(
    inputs: &BTreeSet<(&str, &str)>,
    (id, version): (&str, &str),
    spot: crate::form::Spot<'_>,
    findings: &Findings,
) -> Diagnostic {
    let other = inputs.iter().find(|(known, _)| *known == id).map(|(_, version)| *version);
    let (key, help) = match other {
        Some(other) => ("version", format!("the input port names version `{other}`: name the same")),
        None => (
            "id",
            findings.guess(id, inputs.iter().map(|(id, _)| *id), || {
                "add an input port with this `contractId` and `version`".to_owned()
            }),
        ),
    };
    let message = format!("no input port of the product names contract `{}` {}", clipped(id), clipped(version));
    Diagnostic::error(Code::NAME_TWICE, spot.at(key), message).help(help)
}
