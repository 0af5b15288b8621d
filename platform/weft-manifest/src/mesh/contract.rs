//! One contract's file → the terms of a port.

use std::collections::BTreeMap;

use semver::Version;
use weft_model::{Code, Column, Contract, ContractKey, ContractRole, DataType, Diagnostic, ManifestTree};

use super::checks;
use super::column_type::{self, Place as At};
use super::tags;
use crate::form::yaml::Node;
use crate::form::{self, Document, Opened, OrVariable, SourceText, Step, listed};
use crate::odcs::{self, DataContract, Property, SchemaObject, SemanticType};
use crate::rules::{self, Scope};

const SUFFIX: &str = ".odcs.yaml";

/// A contract's file as far as it could be read.
#[derive(Debug)]
pub(super) struct ContractFile {
    pub(super) file: String,
    /// The id as written, even where the rest has errors.
    pub(super) id: Option<String>,
    /// The version as written, even where the rest has errors.
    pub(super) version: Option<String>,
    /// Id and version, where both can be read.
    pub(super) key: Option<ContractKey>,
    /// Where the id stands.
    pub(super) id_place: weft_model::Place,
    /// Whether a port of the product has asked for it.
    pub(super) is_offered: bool,
    pub(super) document: Option<Document<DataContract>>,
    /// Whether neither its form nor what it says has an error.
    pub(super) is_sound: bool,
}

impl ContractFile {
    /// The file's name without its suffix: by convention the port's name.
    pub(super) fn stem(&self) -> &str {
        let name = self.file.rsplit('/').next().unwrap_or(&self.file);
        name.strip_suffix(SUFFIX).unwrap_or(name)
    }

    /// The terms for the port called `port`. `None` where the text has errors, which are reported.
    pub(super) fn contract_for(&mut self, port: &str, problems: &mut Vec<Diagnostic>) -> Option<Contract> {
        self.is_offered = true;
        let document = self.document.as_ref()?;
        let before = problems.len();
        let found = schema_object(document, port, problems);
        let columns = found.and_then(|(index, object)| {
            let path = [Step::Key("schema"), Step::Item(index)];
            if !document.has_errors && !object.properties.iter().flatten().any(is_stored) {
                let message = format!("the schema of `{port}` has no columns");
                problems.push(
                    Diagnostic::error(Code::CONTRACT_SCHEMA_MISSING, document.place(&path), message)
                        .help("add `properties:`, one for each column"),
                );
            }
            columns(document, index, object, problems)
        });
        let is_new_error = problems.iter().skip(before).any(Diagnostic::is_error);
        let key = self.key.clone().filter(|_| self.is_sound && !is_new_error)?;
        let value = &document.value;
        let purpose = value.description.as_ref().and_then(|description| description.purpose.clone());
        let columns = columns?;
        let checks = found.map(|(_, object)| checks::of(object, &columns)).unwrap_or_default();
        let service_levels = found.map(|(_, object)| rules::promised(value, object)).unwrap_or_default();
        let traffic_levels = found.map(|(_, object)| rules::promised_of_traffic(value, object)).unwrap_or_default();
        let table = found.and_then(|(_, object)| object.tags.as_ref());
        let mut tags: Vec<String> = value.tags.iter().chain(table).flatten().cloned().collect();
        tags::distinct(&mut tags);
        Some(Contract {
            key,
            file: self.file.clone(),
            status: value.status.clone(),
            purpose: purpose.unwrap_or_default(),
            tags,
            columns,
            checks,
            service_levels,
            traffic_levels,
            roles: value.roles.iter().flatten().map(role).collect(),
            document: document.source.text.to_string(),
        })
    }

    /// Reports the problems of every table, for a contract that no port is known to stand under.
    pub(super) fn judge_tables(&mut self, problems: &mut Vec<Diagnostic>) {
        self.is_offered = true;
        let Some(document) = &self.document else { return };
        for (index, object) in document.value.schema.iter().flatten().enumerate() {
            columns(document, index, object, problems);
        }
    }
}

fn role(role: &odcs::Role) -> ContractRole {
    ContractRole {
        name: role.role.clone(),
        access: role.access.clone(),
        first_approver: role.first_level_approvers.clone(),
        second_approver: role.second_level_approvers.clone(),
    }
}

/// Reads every contract of a product's folder.
pub(super) fn read_all(
    tree: &ManifestTree,
    folder: &str,
    scope: Scope,
    problems: &mut Vec<Diagnostic>,
) -> Vec<ContractFile> {
    let contracts = format!("{folder}contracts/");
    let files = tree.under(&contracts).filter(|(path, _)| path.ends_with(SUFFIX));
    files.map(|(path, _)| read(tree, path, scope, problems)).collect()
}

/// Reports the problems of a contract that belongs to no product.
pub(super) fn read_lone(tree: &ManifestTree, file: &str, problems: &mut Vec<Diagnostic>) {
    read(tree, file, Scope::Alone, problems).judge_tables(problems);
}

fn read(tree: &ManifestTree, file: &str, scope: Scope, problems: &mut Vec<Diagnostic>) -> ContractFile {
    let mut contract = ContractFile {
        file: file.to_owned(),
        id: None,
        version: None,
        key: None,
        id_place: weft_model::Place::start_of(file),
        is_offered: false,
        document: None,
        is_sound: false,
    };
    let Opened::Tree { source, root, has_errors } = form::open(tree, file, problems) else { return contract };
    let root = odcs::upgraded(root);
    let written = |key: &str| root.get(key).and_then(Node::text).map(str::to_owned);
    (contract.id, contract.version) = (written("id"), written("version"));
    if let Some(id) = root.get("id") {
        contract.id_place = source.place(id.span);
    }
    let before = problems.len();
    let version = contract.version.as_deref().and_then(|text| semantic(text, &root, &source, problems));
    contract.key = contract.id.clone().zip(version).map(|(id, version)| ContractKey { id, version });
    let api_version = root.get("apiVersion").and_then(Node::text).unwrap_or_default();
    let lenient = !matches!(api_version, "v3.2.0" | "v3.1.0");
    contract.document = form::read(source, root, has_errors, "ODCS 3.2", lenient, problems);
    if let Some(document) = &contract.document {
        rules::judge_contract(document, scope, problems);
        contract.is_sound = !document.has_errors && !problems.iter().skip(before).any(Diagnostic::is_error);
    }
    contract
}

fn semantic(text: &str, root: &Node, source: &SourceText, problems: &mut Vec<Diagnostic>) -> Option<Version> {
    let problem = match Version::parse(text) {
        Ok(version) => return Some(version),
        // A variable is told as one.
        Err(_) if form::has_variable(text) => return None,
        Err(error) => error,
    };
    let place = source.place(root.get("version").map_or(root.head(), |node| node.span));
    let message = format!("`{}` is not a semantic version: {problem}", form::clipped(text));
    let plain = text.trim_start_matches(['v', 'V']);
    let padded = format!("{plain}{}", ".0".repeat(2_usize.saturating_sub(plain.matches('.').count())));
    let mut diagnostic = Diagnostic::error(Code::CONTRACT_VERSION, place, message);
    diagnostic.help = Some(match Version::parse(&padded) {
        Ok(version) => format!("write `version: {version}`"),
        Err(_) => "write three numbers, such as `version: 1.0.0`".to_owned(),
    });
    problems.push(diagnostic);
    None
}

/// Whether a property is a column that a table holds: a measure is computed when it is asked for.
pub(super) fn is_stored(property: &Property) -> bool {
    property.semantic_type.as_ref().and_then(OrVariable::known) != Some(SemanticType::Measure)
}

/// The columns of the table at `index` that are stored. Reports those that cannot be.
pub(super) fn columns(
    document: &Document<DataContract>,
    index: usize,
    object: &SchemaObject,
    problems: &mut Vec<Diagnostic>,
) -> Option<Vec<Column>> {
    let properties = object.properties.as_deref().filter(|properties| properties.iter().any(is_stored))?;
    let path = vec![Step::Key("schema"), Step::Item(index), Step::Key("properties")];
    let at = At { document, path };
    if !column_type::are_few_enough(properties, &at, problems) {
        return None;
    }
    let positions = key_positions(properties, &at, problems);
    let mut columns = Vec::new();
    for (i, property) in properties.iter().enumerate().filter(|(_, property)| is_stored(property)) {
        let here = at.item(i);
        let Some(name) = column_type::stored_name(property) else { continue };
        let Some(data_type) = column_type::read(property, &here, problems) else { continue };
        let primary_key_position = positions.get(&i).copied();
        if primary_key_position.is_some()
            && matches!(data_type, DataType::List(_) | DataType::Struct(_) | DataType::Map { .. })
        {
            problems.push(
                Diagnostic::error(
                    Code::PRIMARY_KEY_POSITIONS,
                    here.key("primaryKey"),
                    format!("key column `{name}` is of type {data_type}"),
                )
                .help("a key is made of single values"),
            );
        }
        let words = tags::of(property);
        columns.push(Column {
            name: name.to_owned(),
            description: property.description.clone().unwrap_or_default(),
            data_type,
            required: property.required == Some(true) || primary_key_position.is_some(),
            unique: property.unique == Some(true),
            primary_key_position,
            classification: property.classification.clone(),
            tags: words.tags,
            parts: words.parts,
        });
    }
    Some(columns)
}

/// The table of the contract that the port called `port` serves, by its index.
pub(super) fn table_of_port(document: &Document<DataContract>, port: &str) -> Option<usize> {
    let objects = document.value.schema.as_deref().unwrap_or_default();
    let is_named = |object: &SchemaObject| object.name == port || object.physical_name.as_deref() == Some(port);
    objects.iter().position(is_named).or((objects.len() == 1).then_some(0))
}

fn schema_object<'d>(
    document: &'d Document<DataContract>,
    port: &str,
    problems: &mut Vec<Diagnostic>,
) -> Option<(usize, &'d SchemaObject)> {
    let objects = document.value.schema.as_deref().unwrap_or_default();
    if let Some(index) = table_of_port(document, port) {
        return objects.get(index).map(|object| (index, object));
    }
    if objects.is_empty() && document.has_errors {
        return None;
    }
    let place = document.place(&[Step::Key("schema")]);
    let names: Vec<&str> = objects.iter().map(|object| object.name.as_str()).collect();
    problems.push(match names.as_slice() {
        [] => Diagnostic::error(
            Code::CONTRACT_SCHEMA_MISSING,
            place,
            format!("the contract has no schema for port `{port}`"),
        )
        .help(format!("add `schema:` with an object `{port}` and its `properties`")),
        names => {
            let message = format!("the contract has no schema called `{port}`, and it has {}", listed(names));
            Diagnostic::error(Code::CONTRACT_SCHEMA_MISSING, place, message)
                .help("name one of them as the port, or keep only one")
        }
    });
    None
}

/// The place of each key column in the key, by its index.
fn key_positions(properties: &[Property], at: &At<'_>, problems: &mut Vec<Diagnostic>) -> BTreeMap<usize, u32> {
    let keyed: Vec<usize> = (0..properties.len())
        .filter(|i| properties.get(*i).is_some_and(|property| property.primary_key == Some(true)))
        .collect();
    let written = |property: &Property| property.primary_key_position.filter(|position| *position != -1);
    for (i, property) in properties.iter().enumerate() {
        if property.primary_key != Some(true) && written(property).is_some() {
            let name = property.name.as_deref().unwrap_or_default();
            let message = format!("`{name}` has a place in the primary key and is no part of it");
            problems.push(
                Diagnostic::error(Code::PRIMARY_KEY_POSITIONS, at.item(i).key("primaryKeyPosition"), message)
                    .help("add `primaryKey: true`, or take the position out"),
            );
        }
    }
    let mut positions = BTreeMap::new();
    let mut holders: BTreeMap<u32, usize> = BTreeMap::new();
    for i in &keyed {
        let Some(property) = properties.get(*i) else { continue };
        let name = property.name.as_deref().unwrap_or_default();
        let count = keyed.len();
        let position = match written(property) {
            None if count == 1 => 1,
            None => {
                let message = format!("the key has {count} columns and `{name}` does not say its place");
                problems.push(
                    Diagnostic::error(Code::PRIMARY_KEY_POSITIONS, at.item(*i).key("primaryKey"), message)
                        .help(format!("add `primaryKeyPosition:`, 1 to {count}")),
                );
                continue;
            }
            Some(position) => match u32::try_from(position) {
                Ok(position) if position >= 1 && position as usize <= count => position,
                _ => {
                    let message = format!("`{name}` stands at place {position} of a key of {count}");
                    problems.push(
                        Diagnostic::error(Code::PRIMARY_KEY_POSITIONS, at.item(*i).key("primaryKeyPosition"), message)
                            .help(format!("positions go from 1 to {count}")),
                    );
                    continue;
                }
            },
        };
        if let Some(first) = holders.insert(position, *i) {
            let message = format!("two columns stand at place {position} of the key");
            problems.push(
                Diagnostic::error(Code::PRIMARY_KEY_POSITIONS, at.item(*i).key("primaryKeyPosition"), message)
                    .also(at.item(first).key("primaryKeyPosition"), "the first stands here")
                    .help(format!("positions go from 1 to {count}, each once")),
            );
        }
        positions.insert(*i, position);
    }
    positions
}
