//! One product's folder → a draft: everything that can be said without looking at other products.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use weft_model::{
    Code, Contract, ContractKey, DataProduct, Diagnostic, Domain, DomainName, FeatureService, InputPort, ManifestTree,
    OutputPort, Override, Place, PortName, PortRef, ProductOutline, ProductRef,
};

use super::contract::{self, ContractFile};
use super::folders::PRODUCT_FILE;
use super::side_by_side::{self, Named};
use super::{
    feature_services, feature_views, open_as, overrides, purposes, resources, schedule, tags, transform,
    transform_tests,
};
use crate::form::{Document, Spot, Step, listed, nearest};
use crate::odps::{DataProductDocument, OutputPort as Port};
use crate::rules::{self, Scope};
use crate::test_file::TestFile;

/// Most ports of one product, inputs and outputs each.
pub(super) const PORTS_MAX: usize = 500;

/// A product as far as its own folder tells.
#[derive(Debug)]
pub(super) struct Draft {
    pub(super) name: ProductRef,
    pub(super) file: String,
    pub(super) document: Option<Document<DataProductDocument>>,
    pub(super) contracts: Vec<ContractFile>,
    /// The names under which each contract is offered, those of ports with errors among them.
    pub(super) offers: BTreeMap<ContractKey, Vec<PortName>>,
    pub(super) outputs: Vec<OutputPort>,
    /// In the order written; `None` where the upstream port could not be found.
    pub(super) inputs: Vec<Option<InputPort>>,
    /// What the data may be asked for, as far as it is well written.
    purposes: Vec<String>,
    /// Changes that are allowed although they break readers, as far as they are well written.
    overrides: Vec<Override>,
    /// Features that are asked for together, as far as they could be found.
    pub(super) features: Vec<FeatureService>,
    /// Unit tests of its transforms, as written.
    pub(super) tests: Vec<Document<TestFile>>,
}

impl Draft {
    /// The documents of the folder that could be read, to be walked.
    pub(super) fn spots(&self) -> impl Iterator<Item = Spot<'_>> {
        let contracts = self.contracts.iter().filter_map(|contract| contract.document.as_ref()).map(Document::spot);
        self.document.as_ref().map(Document::spot).into_iter().chain(contracts)
    }

    /// Whether a query of the product names `port`.
    pub(super) fn reads(&self, port: &PortRef) -> bool {
        self.outputs.iter().filter_map(|output| output.transform.sql()).any(|(_, sql)| port.is_named_in(sql))
    }

    /// What the product's document calls the port that it offers under a contract.
    pub(super) fn port_under(&self, key: &ContractKey) -> Option<&str> {
        let ports = self.document.as_ref()?.value.output_ports.as_deref()?;
        let is_under = |port: &&Port| {
            let version = port.version.as_deref().and_then(|version| semver::Version::parse(version).ok());
            port.contract_id.as_ref() == Some(&key.id) && version.as_ref() == Some(&key.version)
        };
        ports.iter().find(is_under).map(|port| port.name.as_str())
    }

    /// What the folder's documents say, for standards to judge.
    pub(super) fn outline(&self) -> ProductOutline {
        let document = self.document.as_ref().filter(|document| !document.has_errors);
        let contracts = self.contracts.iter().filter_map(|contract| contract.document.as_ref());
        let contracts = contracts.filter(|contract| !contract.has_errors).map(rules::outline::contract).collect();
        rules::outline::product(&self.name, document, contracts)
    }

    /// The product, if every part of it was found; and the documents that it was read from, which nobody needs.
    pub(super) fn into_product(self) -> (Option<DataProduct>, Documents) {
        let (document, inputs) = (self.document, self.inputs.into_iter().collect::<Option<_>>());
        let documents = (self.contracts, self.tests);
        let (Some(document), Some(inputs)) = (document.map(|document| document.value), inputs) else {
            return (None, documents);
        };
        let product = DataProduct {
            name: self.name,
            file: self.file,
            id: document.id,
            title: document.name,
            version: document.version,
            status: document.status,
            purpose: document.description.and_then(|description| description.purpose).unwrap_or_default(),
            tags: document.tags.unwrap_or_default(),
            purposes: self.purposes,
            overrides: self.overrides,
            features: self.features,
            inputs,
            outputs: self.outputs,
        };
        (Some(product), documents)
    }
}

/// What a draft holds of documents.
type Documents = (Vec<ContractFile>, Vec<Document<TestFile>>);

/// Reads one product's folder. Reports all problems that can be seen from the folder alone.
pub(super) fn read(
    tree: &ManifestTree,
    name: &ProductRef,
    folder: &str,
    (scope, today): (Scope, NaiveDate),
    problems: &mut Vec<Diagnostic>,
) -> Draft {
    let file = format!("{folder}{PRODUCT_FILE}");
    let mut draft = Draft {
        name: name.clone(),
        file: file.clone(),
        document: None,
        contracts: contract::read_all(tree, folder, scope, problems),
        offers: BTreeMap::new(),
        outputs: Vec::new(),
        inputs: Vec::new(),
        purposes: Vec::new(),
        overrides: Vec::new(),
        features: Vec::new(),
        tests: transform_tests::read_all(tree, folder, problems),
    };
    if tree.file(&file).is_none() {
        problems.push(
            Diagnostic::error(
                Code::FILE_MISSING,
                Place::start_of(&file),
                format!("product `{name}` has no `{PRODUCT_FILE}`"),
            )
            .help(format!("write `{file}`, or move the folder out of `products/{}`", name.domain)),
        );
    } else {
        draft.document = open_as(tree, &file, "ODPS 1.1", problems);
    }
    let Some(document) = &draft.document else {
        check_contracts_without_ports(&mut draft, scope, problems);
        return draft;
    };
    let has_others = tree.under(folder).any(|(path, _)| path != file);
    if scope == Scope::Alone && !has_others {
        judge_alone(document, problems);
        return draft;
    }
    rules::judge_product(document, problems);
    domain_is_the_folders(document, name, problems);
    root_properties_are_known(document, problems);
    draft.purposes = purposes::read(document, problems);
    draft.overrides = overrides::read(document, problems);
    let ports = document.value.output_ports.as_deref().unwrap_or_default();
    if ports.is_empty() && !document.has_errors {
        let place = document.place(&[Step::Key("outputPorts")]);
        problems.push(
            Diagnostic::error(Code::KEY_MISSING, place, "the product offers no port")
                .help("add `outputPorts:` with at least one port"),
        );
    }
    if !ports_are_few_enough(document, problems) {
        return draft;
    }
    let names = side_by_side::read(document, today, problems);
    let mut outputs = Vec::new();
    let mut offers = BTreeMap::new();
    for (index, (port, named)) in ports.iter().zip(names).enumerate() {
        let found = port_contract(document, index, port, &mut draft.contracts, problems);
        let offered = found.as_ref().and_then(|(_, contract)| contract.as_ref());
        let made = transform::read(tree, folder, document, (index, port), offered, problems);
        let resources = resources::read(document, (index, port), problems);
        let when = schedule::read(document, (index, port), made.as_ref(), problems);
        let feature_view = feature_views::read(document, (index, port), offered, problems);
        let (Some(Named { names, major }), Some((key, contract))) = (named, found) else { continue };
        offers.insert(key, names.clone());
        if let (Some(mut contract), Some(transform)) = (contract, made) {
            contract.tags.extend(port.tags.iter().flatten().cloned());
            tags::distinct(&mut contract.tags);
            let description = port.description.clone().unwrap_or_else(|| contract.purpose.clone());
            let output = |name| OutputPort {
                name,
                description: description.clone(),
                contract: contract.clone(),
                transform: transform.clone(),
                schedule: when.clone(),
                resources: resources.clone(),
                major: major.clone(),
                feature_view: feature_view.clone(),
            };
            outputs.extend(names.into_iter().map(output));
        }
    }
    draft.offers = offers;
    draft.outputs = outputs;
    input_names_are_taken_once(document, problems);
    check_contracts_without_ports(&mut draft, scope, problems);
    draft
}

/// Reports what is wrong with a product's document by itself.
pub(super) fn judge_alone(document: &Document<DataProductDocument>, problems: &mut Vec<Diagnostic>) {
    rules::judge_product(document, problems);
    root_properties_are_known(document, problems);
    purposes::read(document, problems);
    overrides::read(document, problems);
    feature_services::written(document, problems);
    if ports_are_few_enough(document, problems) {
        input_names_are_taken_once(document, problems);
        output_names_are_taken_once(document, problems);
    }
}

/// Each port is one of its name and version: versions of one port stand side by side.
fn output_names_are_taken_once(document: &Document<DataProductDocument>, problems: &mut Vec<Diagnostic>) {
    let mut seen: BTreeMap<(&str, Option<&str>), usize> = BTreeMap::new();
    for (index, port) in document.value.output_ports.iter().flatten().enumerate() {
        let first = *seen.entry((&port.name, port.version.as_deref())).or_insert(index);
        if first != index {
            let place = |i: usize| document.place(&[Step::Key("outputPorts"), i.into(), Step::Key("name")]);
            let version = port.version.as_deref().map(|version| format!(" {version}")).unwrap_or_default();
            let name = crate::form::clipped(&port.name);
            let message = format!("port `{name}`{version} is already declared at line {}", place(first).line);
            problems.push(
                Diagnostic::error(Code::NAME_TWICE, place(index), message)
                    .also(place(first), "first declared here")
                    .help("give each port its own name, or raise the version of one"),
            );
        }
    }
}

fn ports_are_few_enough(document: &Document<DataProductDocument>, problems: &mut Vec<Diagnostic>) -> bool {
    let outputs = document.value.output_ports.as_ref().map_or(0, Vec::len);
    let inputs = document.value.input_ports.as_ref().map_or(0, Vec::len);
    for (key, count) in [("outputPorts", outputs), ("inputPorts", inputs)] {
        if count > PORTS_MAX {
            let message = format!("the product has {count} `{key}` and {PORTS_MAX} are read at most");
            let place = document.place(&[Step::Key(key)]);
            problems.push(Diagnostic::error(Code::DOCUMENT_BOUNDS, place, message).help("split the product"));
        }
    }
    outputs.max(inputs) <= PORTS_MAX
}

fn domain_is_the_folders(document: &Document<DataProductDocument>, name: &ProductRef, problems: &mut Vec<Diagnostic>) {
    if let Some(domain) = document.value.domain.as_deref().filter(|domain| *domain != name.domain.as_str()) {
        let message = format!("the folder's domain is `{}` and the product says `{domain}`", name.domain);
        problems.push(
            Diagnostic::error(Code::VALUE_NOT_ALLOWED, document.place(&[Step::Key("domain")]), message)
                .help(format!("write `domain: {}`, or move the folder", name.domain)),
        );
    }
}

fn root_properties_are_known(document: &Document<DataProductDocument>, problems: &mut Vec<Diagnostic>) {
    for (index, property) in document.value.custom_properties.iter().flatten().enumerate() {
        if property.vendor.as_deref() == Some("weft") {
            let at = document.place(&[Step::Key("customProperties"), index.into(), Step::Key("property")]);
            property_is_known(&property.property, &["purposes", "features", "overrides"], at, problems);
        }
    }
}

/// Reports a property of vendor `weft` that Weft does not know.
pub(super) fn property_is_known(property: &str, known: &[&str], place: Place, problems: &mut Vec<Diagnostic>) {
    if known.contains(&property) {
        return;
    }
    let help = match nearest(property, known.iter().copied()) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("with `vendor: weft` there are {} here", listed(known)),
    };
    let message = format!("Weft knows no property `{}` here", crate::form::clipped(property));
    problems.push(Diagnostic::error(Code::KEY_UNKNOWN, place, message).help(help));
}

/// The contract that a port names; the contract itself is `None` where its text has errors.
fn port_contract(
    document: &Document<DataProductDocument>,
    index: usize,
    port: &Port,
    contracts: &mut [ContractFile],
    problems: &mut Vec<Diagnostic>,
) -> Option<(ContractKey, Option<Contract>)> {
    let at = |key: &'static str| document.place(&[Step::Key("outputPorts"), index.into(), Step::Key(key)]);
    let beside = contracts.iter().find(|contract| contract.stem() == port.name);
    let Some(id) = &port.contract_id else {
        if document.node(&[Step::Key("outputPorts"), index.into(), Step::Key("contractId")]).is_none() {
            let mut problem =
                Diagnostic::error(Code::KEY_MISSING, at("name"), format!("port `{}` names no contract", port.name));
            problem.help = Some(match beside.and_then(|contract| contract.id.as_deref()) {
                Some(id) => format!("add `contractId: {id}`"),
                None => format!("write `contracts/{}.odcs.yaml` and add `contractId:` with its id", port.name),
            });
            problems.push(problem);
        }
        return None;
    };
    let same_id: Vec<usize> =
        (0..contracts.len()).filter(|i| contracts.get(*i).is_some_and(|c| c.id.as_ref() == Some(id))).collect();
    if same_id.is_empty() {
        // The contract may well be there, in a file that could not be read: that is told already.
        if contracts.iter().any(|contract| contract.id.is_none()) {
            return None;
        }
        let message = format!("no contract of this product has the id `{id}`");
        let mut problem = Diagnostic::error(Code::CONTRACT_UNKNOWN, at("contractId"), message)
            .labelled("no such contract in `contracts/`");
        let ids = contracts.iter().filter_map(|contract| contract.id.as_deref());
        problem.help = Some(match (beside.and_then(|c| c.id.as_deref()), nearest(id, ids)) {
            (Some(beside), _) => format!("`contracts/{}.odcs.yaml` has the id `{beside}`", port.name),
            (None, Some(near)) => format!("did you mean `{near}`?"),
            (None, None) => format!("write `contracts/{}.odcs.yaml` with `id: {id}`", port.name),
        });
        problems.push(problem);
        return None;
    }
    let Some(version) = &port.version else {
        if document.node(&[Step::Key("outputPorts"), index.into(), Step::Key("version")]).is_none() {
            let written = same_id.iter().find_map(|i| contracts.get(*i)?.version.clone());
            let message = format!("port `{}` does not say which version of its contract it offers", port.name);
            problems.push(
                Diagnostic::error(Code::KEY_MISSING, at("name"), message)
                    .help(format!("add `version: {}`", written.as_deref().unwrap_or("1.0.0"))),
            );
        }
        return None;
    };
    let found =
        same_id.iter().copied().find(|i| contracts.get(*i).is_some_and(|c| c.version.as_ref() == Some(version)));
    let Some(found) = found.and_then(|i| contracts.get_mut(i)) else {
        let written: Vec<&str> = same_id.iter().filter_map(|i| contracts.get(*i)?.version.as_deref()).collect();
        // A version that is none is told already, in the contract.
        let are_versions = same_id.iter().all(|i| contracts.get(*i).is_some_and(|c| c.key.is_some()));
        if are_versions {
            let message = format!("contract `{id}` has no version `{version}`");
            problems.push(
                Diagnostic::error(Code::CONTRACT_UNKNOWN, at("version"), message)
                    .help(format!("the contract is at {}: raise one of the two", listed(&written))),
            );
        }
        return None;
    };
    if found.is_offered {
        let message = format!("contract `{id}` {version} is offered by another port of this product already");
        problems.push(
            Diagnostic::error(Code::NAME_TWICE, at("contractId"), message)
                .help("write a contract of its own for each port: readers find a port by its contract"),
        );
        return None;
    }
    if let Some(written) = &found.document {
        rules::agrees_with_contract(document, port, at("contractId"), written, problems);
    }
    let contract = found.contract_for(&port.name, problems);
    found.key.clone().map(|key| (key, contract))
}

fn input_names_are_taken_once(document: &Document<DataProductDocument>, problems: &mut Vec<Diagnostic>) {
    let mut seen: BTreeMap<(&str, Option<&str>), usize> = BTreeMap::new();
    for (index, input) in document.value.input_ports.iter().flatten().enumerate() {
        let first = *seen.entry((&input.name, input.version.as_deref())).or_insert(index);
        if first != index {
            let place = |i: usize| document.place(&[Step::Key("inputPorts"), i.into(), Step::Key("name")]);
            let message = format!("input port `{}` is already declared at line {}", input.name, place(first).line);
            problems.push(
                Diagnostic::error(Code::NAME_TWICE, place(index), message)
                    .also(place(first), "first declared here")
                    .help("keep one of the two"),
            );
        }
    }
}

fn check_contracts_without_ports(draft: &mut Draft, scope: Scope, problems: &mut Vec<Diagnostic>) {
    let ports_are_known = draft.document.as_ref().is_some_and(|document| !document.has_errors);
    let document = draft.document.as_ref();
    let ports = document.and_then(|document| document.value.output_ports.as_deref()).unwrap_or_default();
    let is_named = |id: &String| ports.iter().any(|port| port.contract_id.as_ref() == Some(id));
    for contract in &mut draft.contracts {
        if contract.is_offered {
            continue;
        }
        if scope == Scope::Alone {
            contract.judge_tables(problems);
        } else {
            let stem = contract.stem().to_owned();
            contract.contract_for(&stem, problems);
        }
        if ports_are_known && contract.id.as_ref().is_some_and(|id| !is_named(id)) {
            let message = "no port of the product is offered under this contract";
            problems.push(
                Diagnostic::warning(Code::FILE_STRAY, Place::start_of(&contract.file), message)
                    .help("name it in an output port by `contractId` and `version`, or delete the file"),
            );
        }
    }
}

/// A transform that runs SQL needs a service to run as.
pub(super) fn services_are_named(
    drafts: &[Draft],
    domains: &BTreeMap<DomainName, Domain>,
    problems: &mut Vec<Diagnostic>,
) {
    for draft in drafts {
        let Some(domain) = domains.get(&draft.name.domain).filter(|domain| domain.service.is_none()) else { continue };
        let runs_sql = |output: &&OutputPort| output.transform.sql().is_some();
        if let Some(output) = draft.outputs.iter().find(runs_sql) {
            let port: PortRef = draft.name.port(&output.name);
            let message = format!("domain `{}` names no service, so the query of `{port}` cannot run", domain.name);
            problems.push(
                Diagnostic::error(Code::DOMAIN_INCOMPLETE, Place::start_of(&draft.file), message)
                    .help(format!("add `service:` to `products/{}/domain.yaml`", domain.name)),
            );
        }
    }
}
