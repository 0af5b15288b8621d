//! References between products: who offers which contract, and who reads it.

use std::collections::{BTreeMap, BTreeSet};

use semver::Version;
use weft_model::{
    Code, ContractKey, Diagnostic, Domain, DomainName, InputPort, ManifestTree, Place, PortName, PortRef, ProductRef,
};

use super::product::{Draft, PORTS_MAX};
use crate::form::{Step, listed, nearest};
use crate::rules::{self, Directory};

/// Reports contracts, and products, that claim an id or a name that another has.
pub(super) fn names_are_taken_once(drafts: &[Draft], problems: &mut Vec<Diagnostic>) {
    let contracts = drafts.iter().flat_map(|draft| &draft.contracts);
    let keyed = contracts.filter_map(|c| Some((c.key.clone()?.to_string(), c.id_place.clone())));
    taken_once(keyed, |key| format!("contract `{key}`"), "give one of them an id of its own", problems);

    let documents = || drafts.iter().filter_map(|draft| Some((draft, draft.document.as_ref()?)));
    let ids = documents().map(|(_, document)| (document.value.id.clone(), document.place(&[Step::Key("id")])));
    taken_once(ids, |id| format!("product id `{id}`"), "give one of them an id of its own", problems);
    let names = documents().filter_map(|(draft, document)| {
        let name = document.value.name.as_deref()?.trim().to_lowercase();
        Some(((draft.name.domain.clone(), name), document.place(&[Step::Key("name")])))
    });
    taken_once(
        names,
        |(domain, name)| format!("product name `{name}` of domain `{domain}`"),
        "give one of them a name of its own",
        problems,
    );
}

/// Follows what contracts say of one another, and of teams and users. In a part of a mesh, contracts that are
/// not here may be elsewhere.
pub(super) fn resolve_across_contracts(
    tree: &ManifestTree,
    drafts: &[Draft],
    domains: &BTreeMap<DomainName, Domain>,
    is_part: bool,
    problems: &mut Vec<Diagnostic>,
) {
    let contracts = || drafts.iter().flat_map(|draft| draft.contracts.iter().map(move |contract| (draft, contract)));
    let documents: Vec<_> =
        contracts().filter_map(|(_, contract)| Some((contract.file.as_str(), contract.document.as_ref()?))).collect();
    rules::across_contracts(&documents, is_part, problems);
    let Some(directory) = Directory::read(tree) else { return };
    for (draft, contract) in contracts() {
        if let Some(document) = &contract.document {
            directory.knows_approvers(document, domains.get(&draft.name.domain), problems);
        }
    }
}

/// Each of those that claim the same is at fault, so that none can take the place of another.
fn taken_once<K: Ord>(
    claims: impl Iterator<Item = (K, Place)>,
    what: impl Fn(&K) -> String,
    help: &str,
    problems: &mut Vec<Diagnostic>,
) {
    let mut by_key: BTreeMap<K, Vec<Place>> = BTreeMap::new();
    for (key, place) in claims {
        by_key.entry(key).or_default().push(place);
    }
    for (key, places) in by_key.iter().filter(|(_, places)| places.len() > 1) {
        for place in places {
            let Some(other) = places.iter().find(|other| *other != place) else { continue };
            let message = format!("{} is claimed twice, also by `{}`", what(key), other.file);
            problems.push(
                Diagnostic::error(Code::NAME_TWICE, place.clone(), message).also(other.clone(), "the other").help(help),
            );
        }
    }
}

/// Who offers what, over the whole mesh.
struct Offers<'d> {
    ports: BTreeMap<ContractKey, Vec<PortRef>>,
    /// Files of contracts that could not be read, so that nobody knows what they offer.
    unread: Vec<&'d str>,
    /// Ids of contracts that a product with errors holds or names, with that product.
    in_trouble: BTreeMap<&'d str, &'d ProductRef>,
}

impl<'d> Offers<'d> {
    fn of(drafts: &'d [Draft], problems: &[Diagnostic]) -> Self {
        let mut offers = Offers { ports: BTreeMap::new(), unread: Vec::new(), in_trouble: BTreeMap::new() };
        let in_trouble = super::folders::with_errors(problems);
        for draft in drafts {
            let folder = draft.file.strip_suffix(super::folders::PRODUCT_FILE).unwrap_or(&draft.file);
            if in_trouble.contains(folder) {
                let document = draft.document.as_ref();
                let ports = document.and_then(|document| document.value.output_ports.as_deref()).unwrap_or_default();
                let named = ports.iter().filter_map(|port| port.contract_id.as_deref());
                let held = draft.contracts.iter().filter_map(|contract| contract.id.as_deref());
                offers.in_trouble.extend(named.chain(held).map(|id| (id, &draft.name)));
            }
            for (key, ports) in &draft.offers {
                offers.ports.entry(key.clone()).or_default().extend(ports.iter().map(|port| draft.name.port(port)));
            }
            for contract in &draft.contracts {
                match (&contract.key, &contract.id) {
                    (Some(key), _) if draft.offers.contains_key(key) => {}
                    // The product's own file cannot be read: by convention the contract names the port.
                    (Some(key), _) if draft.document.is_none() => {
                        if let Ok(port) = contract.stem().parse::<PortName>() {
                            offers.ports.entry(key.clone()).or_default().push(draft.name.port(&port));
                        }
                    }
                    (Some(_), _) | (None, Some(_)) => {}
                    (None, None) => offers.unread.push(&contract.file),
                }
            }
        }
        for ports in offers.ports.values_mut() {
            ports.sort();
            ports.dedup();
        }
        offers
    }
}

impl Offers<'_> {
    /// The ports that offer a contract: at the very version, else at the highest one that keeps what
    /// that version promised.
    fn of_contract(&self, contract: &ContractKey) -> Option<&[PortRef]> {
        let next = ContractKey { id: contract.id.clone(), version: Version::new(contract.version.major + 1, 0, 0) };
        let exact = self.ports.get(contract);
        let keeps = |key: &&ContractKey| key.version.pre.is_empty() && key.version.major == contract.version.major;
        let higher = || self.ports.range(contract..&next).rev().find(|(key, _)| keeps(key)).map(|(_, ports)| ports);
        exact.or_else(higher).map(Vec::as_slice)
    }
}

/// Finds for each input port the port that offers its contract. In a part of a mesh it may be elsewhere.
pub(super) fn resolve_inputs(drafts: &mut [Draft], is_part: bool, problems: &mut Vec<Diagnostic>) {
    let offers = Offers::of(drafts, problems);
    let resolved: Vec<Vec<Option<InputPort>>> =
        drafts.iter().map(|draft| inputs_of(draft, &offers, is_part, problems)).collect();
    for (draft, inputs) in drafts.iter_mut().zip(resolved) {
        draft.inputs = inputs;
    }
}

fn inputs_of(
    draft: &Draft,
    offers: &Offers<'_>,
    is_part: bool,
    problems: &mut Vec<Diagnostic>,
) -> Vec<Option<InputPort>> {
    let Some(document) = &draft.document else { return Vec::new() };
    let inputs = document.value.input_ports.as_deref().unwrap_or_default();
    let inputs = inputs.get(..PORTS_MAX).unwrap_or(inputs);
    let read = |(index, input): (usize, &crate::odps::InputPort)| {
        let path = |key: &'static str| [Step::Key("inputPorts"), Step::Item(index), Step::Key(key)];
        let place = |key: &'static str| document.place(&path(key));
        let (Some(id), Some(version)) = (&input.contract_id, &input.version) else {
            for (key, value) in [("contractId", &input.contract_id), ("version", &input.version)] {
                if value.is_none() && document.node(&path(key)).is_none() {
                    let message = format!("input port `{}` has no `{key}`, so its upstream is not known", input.name);
                    problems.push(
                        Diagnostic::error(Code::KEY_MISSING, place("name"), message)
                            .help(format!("add `{key}:` of the contract that the input is offered under")),
                    );
                }
            }
            return None;
        };
        let Ok(parsed) = Version::parse(version) else {
            let message = format!("`{}` is not a semantic version", crate::form::clipped(version));
            problems.push(
                Diagnostic::error(Code::CONTRACT_VERSION, place("version"), message)
                    .help("write the upstream contract's version, such as `1.0.0`"),
            );
            return None;
        };
        let contract = ContractKey { id: id.clone(), version: parsed };
        match offers.of_contract(&contract) {
            Some([first, others @ ..]) if others.iter().all(|port| port.product_ref() == first.product_ref()) => {
                // One offer under two names: that which the queries say.
                let said = std::iter::once(first).chain(others).find(|port| draft.reads(port)).unwrap_or(first);
                return Some(InputPort { name: input.name.clone(), contract, port: said.clone() });
            }
            Some(_) => problems.push(
                Diagnostic::warning(
                    Code::INPUT_BROKEN,
                    place("contractId"),
                    format!("contract `{contract}` is offered twice, so this input waits"),
                )
                .help("the product stays as last published until one offer is left"),
            ),
            None => problems.push(not_offered(&contract, offers, is_part, place("contractId"), place("version"))),
        }
        None
    };
    inputs.iter().enumerate().map(read).collect()
}

fn not_offered(
    contract: &ContractKey,
    offers: &Offers<'_>,
    is_part: bool,
    at_id: Place,
    at_version: Place,
) -> Diagnostic {
    let waits = "the product stays as last published until the upstream is mended";
    let versions: Vec<String> =
        offers.ports.keys().filter(|key| key.id == contract.id).map(|key| key.version.to_string()).collect();
    if !versions.is_empty() {
        let message = format!("no port offers contract `{}` at version `{}`", contract.id, contract.version);
        return Diagnostic::error(Code::INPUT_UNKNOWN, at_version, message)
            .labelled("no such version")
            .help(format!("it is offered at {}", listed(&versions)));
    }
    if let Some(product) = offers.in_trouble.get(contract.id.as_str()) {
        let message =
            format!("contract `{}` belongs to product `{product}`, which has errors, so this input waits", contract.id);
        return Diagnostic::warning(Code::INPUT_BROKEN, at_id, message).help(waits);
    }
    if !offers.unread.is_empty() {
        let message =
            format!("contract `{}` may be one of those that cannot be read, so this input waits", contract.id);
        return Diagnostic::warning(Code::INPUT_BROKEN, at_id, message)
            .help(format!("mend {} first", listed(offers.unread.get(..3).unwrap_or(&offers.unread))));
    }
    if is_part {
        let message =
            format!("no domain that is here offers contract `{}`, so what reads it was not looked at", contract.id);
        return Diagnostic::warning(Code::DOMAIN_UNSEEN, at_id, message)
            .help("`weft plan` on the whole mesh says whether another domain does");
    }
    let message = format!("no port of the mesh offers contract `{}`", contract.id);
    let help = match nearest(&contract.id, offers.ports.keys().map(|key| key.id.as_str())) {
        Some(near) => format!("did you mean `{near}`?"),
        None => "name the contract that the upstream product's output port names".to_owned(),
    };
    Diagnostic::error(Code::INPUT_UNKNOWN, at_id, message).labelled("no such contract").help(help)
}

/// Warns of every input whose upstream product has errors. Gives back the products that wait
/// themselves, since an input of theirs could not be found.
pub(super) fn wait_for_broken(
    drafts: &[Draft],
    broken: &BTreeSet<ProductRef>,
    problems: &mut Vec<Diagnostic>,
) -> BTreeSet<ProductRef> {
    let mut waiting = BTreeSet::new();
    for draft in drafts {
        for (index, input) in draft.inputs.iter().enumerate() {
            let Some(input) = input else {
                waiting.insert(draft.name.clone());
                continue;
            };
            let upstream = input.port.product_ref();
            let Some(document) = draft.document.as_ref().filter(|_| broken.contains(&upstream)) else { continue };
            if broken.contains(&draft.name) {
                continue;
            }
            let place = document.place(&[Step::Key("inputPorts"), index.into(), Step::Key("contractId")]);
            problems.push(
                Diagnostic::warning(Code::INPUT_BROKEN, place, format!("upstream product `{upstream}` has errors"))
                    .help("this product goes on with what the upstream last published"),
            );
        }
    }
    waiting
}
