//! Foreign keys: their two sides, and the columns that they name.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use weft_model::{Code, Diagnostic};

use super::Scope;
use super::findings::Findings;
use super::tables::{ContractText, Field, PATH_BYTES_MAX, Table, joined};
use crate::form::{Document, Spot, clipped, listed};
use crate::odcs::{DataContract, References};

/// Most tables from which a ring is looked for.
const STARTS_MAX: usize = 200;

/// One foreign key, with each name and where it stands.
pub(super) struct Relationship<'c, 'd> {
    pub(super) spot: Spot<'d>,
    /// The table that it stands in, by index.
    pub(super) table: usize,
    /// The column that it stands in; for a key of the table, its columns are named.
    pub(super) column: Option<&'c Field<'d>>,
    pub(super) from: Vec<(Spot<'d>, &'d str)>,
    pub(super) to: Vec<(Spot<'d>, &'d str)>,
}

pub(super) fn check(contract: &ContractText<'_>, findings: &mut Findings) {
    let found = all(contract);
    let columns = contract.is_whole.then(|| Columns::of(contract));
    let mut required: BTreeMap<usize, Vec<(usize, Spot<'_>)>> = BTreeMap::new();
    for relationship in &found {
        if !sides_match(relationship, findings) {
            continue;
        }
        let Some(columns) = &columns else { continue };
        let Some((target, is_required)) = names_columns(relationship, columns, findings) else { continue };
        if is_required {
            required.entry(relationship.table).or_default().push((target, relationship.spot));
        }
    }
    no_ring(contract, &required, findings);
}

/// Tells which foreign keys name a column of another contract that is not there. In a part of a mesh the
/// contract may be elsewhere.
pub(crate) fn across_contracts(
    contracts: &[(&str, &Document<DataContract>)],
    is_part: bool,
    problems: &mut Vec<Diagnostic>,
) {
    let mut laid_out: HashMap<&str, ContractText<'_>> = HashMap::new();
    let shelf = Shelf::of(contracts);
    for (file, document) in contracts.iter().filter(|(_, document)| document.source.text.contains("relationships")) {
        let contract = ContractText::of(document, Scope::Mesh);
        let mut findings = Findings::new();
        for relationship in all(&contract) {
            for (spot, name) in &relationship.to {
                let Some((other, within)) = external(name).filter(|(other, _)| !other.contains("://")) else {
                    continue;
                };
                let Some((path, target)) = shelf.find(file, other).and_then(|index| contracts.get(index)) else {
                    if !is_part {
                        findings.push(unknown_contract(*spot, other, contracts, &findings));
                    }
                    continue;
                };
                // What has errors may hold the column all the same.
                if target.has_errors {
                    continue;
                }
                let target = laid_out.entry(path).or_insert_with(|| ContractText::of(target, Scope::Mesh));
                let columns = Columns::of(target);
                match columns.find(within) {
                    Some((_, to)) => types_agree(relationship.column, to.logical_type, *spot, name, &mut findings),
                    None => findings.push(unknown(*spot, within, &columns, &findings)),
                }
            }
            if findings.is_full() {
                break;
            }
        }
        findings.tell(problems);
    }
}

/// The contracts of a mesh by what a reference may call them.
pub(super) struct Shelf<'d> {
    by_id: HashMap<&'d str, usize>,
    by_path: HashMap<&'d str, usize>,
}

impl<'d> Shelf<'d> {
    pub(super) fn of(contracts: &[(&'d str, &'d Document<DataContract>)]) -> Self {
        let mut shelf = Shelf { by_id: HashMap::new(), by_path: HashMap::new() };
        for (index, (path, document)) in contracts.iter().enumerate() {
            // Of several with one id the first counts.
            shelf.by_id.entry(&document.value.id).or_insert(index);
            shelf.by_path.insert(path, index);
        }
        shelf
    }

    /// The contract that the one at `file` calls `other`, by its index.
    pub(super) fn find(&self, file: &str, other: &str) -> Option<usize> {
        let wanted = path_from(file, other);
        self.by_id.get(other).into_iter().chain(self.by_path.get(wanted.as_str())).min().copied()
    }
}

fn unknown_contract(
    spot: Spot<'_>,
    written: &str,
    contracts: &[(&str, &Document<DataContract>)],
    findings: &Findings,
) -> Diagnostic {
    let ids = contracts.iter().map(|(_, document)| document.value.id.as_str());
    let help = findings.guess(written, ids, || "write the path of its file from this file, or its id".to_owned());
    let message = format!("no contract of the mesh is `{}`", clipped(written));
    Diagnostic::error(Code::RELATIONSHIP_TARGET, spot.place(), message).help(help)
}

/// The path from the repository's root of one that is written relative to the file at `from`.
fn path_from(from: &str, written: &str) -> String {
    let mut parts: Vec<&str> = from.split('/').collect();
    parts.pop();
    for part in written.split('/') {
        match part {
            "." | "" => {}
            ".." => drop(parts.pop()),
            part => parts.push(part),
        }
    }
    parts.join("/")
}

pub(super) fn all<'c, 'd>(contract: &'c ContractText<'d>) -> Vec<Relationship<'c, 'd>> {
    let mut found = Vec::new();
    for (index, table) in contract.tables.iter().enumerate() {
        for (spot, relationship) in table.spot.each("relationships", &table.object.relationships) {
            let (from, to) = (named(spot, "from", &relationship.from), named(spot, "to", &relationship.to));
            found.push(Relationship { spot, table: index, column: None, from, to });
        }
        for field in &table.fields {
            for (spot, relationship) in field.spot.each("relationships", &field.property.relationships) {
                let to = named(spot, "to", &relationship.to);
                found.push(Relationship { spot, table: index, column: Some(field), from: Vec::new(), to });
            }
        }
    }
    found
}

fn named<'d>(spot: Spot<'d>, key: &str, references: &'d References) -> Vec<(Spot<'d>, &'d str)> {
    let here = spot.get(key).unwrap_or(spot);
    match references {
        References::One(name) => vec![(here, name)],
        References::Several(names) => here.items().zip(names.iter().map(String::as_str)).collect(),
    }
}

/// The document that a reference names, and the rest of it, where it names another document.
pub(super) fn external(name: &str) -> Option<(&str, &str)> {
    name.split_once('#').filter(|(document, _)| !document.is_empty())
}

fn sides_match(relationship: &Relationship<'_, '_>, findings: &mut Findings) -> bool {
    let from = if relationship.column.is_some() { 1 } else { relationship.from.len() };
    let to = relationship.to.len();
    let at_to = relationship.spot.at("to");
    if from != to {
        let message = format!("the relationship goes from {} to {}", columns(from), columns(to));
        let mut problem = Diagnostic::error(Code::RELATIONSHIP_SIDES, at_to, message)
            .help("name as many columns on one side as on the other, in the same order");
        if relationship.column.is_none() {
            problem = problem.also(relationship.spot.at("from"), "the other side");
        }
        findings.push(problem);
        return false;
    }
    for (key, side) in [("from", &relationship.from), ("to", &relationship.to)] {
        let tables: BTreeSet<&str> = side.iter().map(|(_, name)| table_of(name)).collect();
        if tables.len() > 1 {
            let tables: Vec<&str> = tables.into_iter().collect();
            let message = format!("`{key}` of the relationship names columns of {}", listed(&tables));
            findings.push(
                Diagnostic::error(Code::RELATIONSHIP_SIDES, relationship.spot.at(key), message)
                    .help("name columns of one table, or write a relationship for each"),
            );
            return false;
        }
    }
    true
}

fn columns(count: usize) -> String {
    if count == 1 { "1 column".to_owned() } else { format!("{count} columns") }
}

/// The part of a reference that names the table.
fn table_of(name: &str) -> &str {
    if let Some((document, _)) = external(name) {
        return document;
    }
    if is_by_id(name) {
        return name.find("/properties").and_then(|end| name.get(..end)).unwrap_or(name);
    }
    name.split('.').next().unwrap_or(name)
}

fn is_by_id(name: &str) -> bool {
    name.starts_with(['/', '#']) || name.starts_with("schema/")
}

/// Looks both sides up. Gives back the target's table, and whether the key must be filled.
fn names_columns(
    relationship: &Relationship<'_, '_>,
    columns: &Columns<'_, '_>,
    findings: &mut Findings,
) -> Option<(usize, bool)> {
    let mut from: Vec<Option<&Field<'_>>> = vec![relationship.column];
    if relationship.column.is_none() {
        from = relationship
            .from
            .iter()
            .map(|(spot, name)| columns.told(*spot, name, findings))
            .map(|found| Some(found?.1))
            .collect();
    }
    let is_required = from.iter().all(|field| field.is_some_and(|field| is_filled(field)));
    let mut targets = Vec::new();
    for ((spot, name), from) in relationship.to.iter().zip(&from) {
        if external(name).is_some() {
            continue;
        }
        let Some((table, field)) = columns.told(*spot, name, findings) else { continue };
        types_agree(*from, field.logical_type, *spot, name, findings);
        targets.push((table, field));
    }
    let (table, _) = targets.first()?;
    if targets.len() == relationship.to.len() {
        is_key(relationship, columns.tables.get(*table)?, &targets, findings);
    }
    Some((*table, is_required))
}

fn is_filled(field: &Field<'_>) -> bool {
    field.property.required == Some(true) || field.property.primary_key == Some(true)
}

fn types_agree(
    from: Option<&Field<'_>>,
    to: Option<crate::odcs::LogicalType>,
    spot: Spot<'_>,
    name: &str,
    findings: &mut Findings,
) {
    let (Some(from), Some(to)) = (from, to) else { return };
    let Some(own) = from.logical_type.filter(|own| *own != to) else { return };
    let message = format!(
        "{} is of type `{}` and refers to `{}` of type `{}`",
        from.noun(),
        own.as_str(),
        clipped(name),
        to.as_str()
    );
    findings.push(
        Diagnostic::error(Code::RELATIONSHIP_TARGET, spot.place(), message)
            .also(from.spot.at("logicalType"), "the column's own type")
            .help("give both columns one type, or refer to another column"),
    );
}

/// Warns where a value of the target may stand in several rows.
fn is_key(
    relationship: &Relationship<'_, '_>,
    table: &Table<'_>,
    targets: &[(usize, &Field<'_>)],
    findings: &mut Findings,
) {
    let key: BTreeSet<&str> =
        table.columns().filter(|field| field.property.primary_key == Some(true)).map(|f| f.path.as_str()).collect();
    let named: BTreeSet<&str> = targets.iter().map(|(_, field)| field.path.as_str()).collect();
    let is_unique = targets.iter().any(|(_, field)| field.property.unique == Some(true));
    if is_unique || (!key.is_empty() && key.is_subset(&named)) {
        return;
    }
    let names: Vec<&str> = named.into_iter().collect();
    let message = format!(
        "{} of `{}` is neither a key nor unique, so one value may mean several rows",
        listed(&names),
        clipped(&table.object.name)
    );
    findings.push(
        Diagnostic::warning(Code::RELATIONSHIP_TARGET, relationship.spot.at("to"), message)
            .help("refer to the key of the table, or say `unique: true` there"),
    );
}

fn unknown(spot: Spot<'_>, name: &str, columns: &Columns<'_, '_>, findings: &Findings) -> Diagnostic {
    let known = if is_by_id(name) { &columns.by_id } else { &columns.by_name };
    let is_told = !findings.is_full();
    let mut names: Vec<&str> = known.keys().filter(|_| is_told).map(String::as_str).collect();
    names.sort_unstable();
    let help =
        findings.guess(name.trim_start_matches(['#', '/']), names.into_iter(), || match columns.tables.as_slice() {
            [] => "the contract has no tables".to_owned(),
            _ => "write `table.column`, by the names of this contract".to_owned(),
        });
    let message = format!("the contract has no column `{}`", clipped(name));
    Diagnostic::error(Code::RELATIONSHIP_TARGET, spot.place(), message).help(help)
}

/// The columns of a contract by what a reference may call them.
pub(super) struct Columns<'c, 'd> {
    tables: &'c Vec<Table<'d>>,
    by_name: HashMap<String, (usize, &'c Field<'d>)>,
    by_id: HashMap<String, (usize, &'c Field<'d>)>,
}

impl<'c, 'd> Columns<'c, 'd> {
    pub(super) fn of(contract: &'c ContractText<'d>) -> Self {
        let mut columns = Columns { tables: &contract.tables, by_name: HashMap::new(), by_id: HashMap::new() };
        for (index, table) in contract.tables.iter().enumerate() {
            let mut ids: Vec<Option<String>> = Vec::new();
            let of_table = table.object.id.as_ref().filter(|id| id.0.len() <= PATH_BYTES_MAX);
            let of_table = of_table.map(|id| format!("schema/{}", id.0));
            for field in &table.fields {
                let above = match field.outer {
                    Some(outer) => ids.get(outer).cloned().flatten(),
                    None => of_table.clone(),
                };
                let own = above.zip(field.property.id.as_ref());
                let id = own
                    .filter(|(above, id)| above.len() + id.0.len() <= PATH_BYTES_MAX)
                    .map(|(above, id)| format!("{above}/properties/{}", id.0));
                if let Some(id) = &id {
                    columns.by_id.entry(id.clone()).or_insert((index, field));
                }
                ids.push(id);
                let name = joined(&table.object.name, &field.path);
                columns.by_name.entry(name).or_insert((index, field));
            }
        }
        columns
    }

    pub(super) fn find(&self, name: &str) -> Option<(usize, &'c Field<'d>)> {
        let found =
            if is_by_id(name) { self.by_id.get(name.trim_start_matches(['#', '/'])) } else { self.by_name.get(name) };
        found.copied()
    }

    fn told(&self, spot: Spot<'_>, name: &str, findings: &mut Findings) -> Option<(usize, &'c Field<'d>)> {
        let found = self.find(name);
        if found.is_none() && !crate::form::has_variable(name) {
            findings.push(unknown(spot, name, self, findings));
        }
        found
    }
}

/// Warns of tables whose rows must each have one of the other first.
fn no_ring(contract: &ContractText<'_>, required: &BTreeMap<usize, Vec<(usize, Spot<'_>)>>, findings: &mut Findings) {
    let mut told: BTreeSet<usize> = BTreeSet::new();
    for start in required.keys().take(STARTS_MAX) {
        let Some(ring) = ring_through(*start, required).filter(|ring| !ring.iter().any(|table| told.contains(table)))
        else {
            continue;
        };
        let next = ring.get(1).unwrap_or(start);
        let spot = required.get(start).and_then(|keys| keys.iter().find(|(target, _)| target == next));
        let Some((_, spot)) = spot else { continue };
        let name = |table: &usize| contract.tables.get(*table).map_or("", |table| table.object.name.as_str());
        let names: Vec<String> = ring.iter().map(|table| format!("`{}`", clipped(name(table)))).collect();
        let message = format!("required foreign keys form a ring, so no row can come first: {}", names.join(" → "));
        findings.push(
            Diagnostic::warning(Code::RELATIONSHIP_CYCLE, spot.at("to"), message)
                .help("make one of the columns optional, so that a row can be loaded before what it refers to"),
        );
        told.extend(ring);
    }
}

/// The shortest way from `start` back to itself, both ends included.
fn ring_through(start: usize, required: &BTreeMap<usize, Vec<(usize, Spot<'_>)>>) -> Option<Vec<usize>> {
    let mut came_from: BTreeMap<usize, usize> = BTreeMap::new();
    let mut queue = std::collections::VecDeque::from([start]);
    while let Some(table) = queue.pop_front() {
        for (next, _) in required.get(&table).into_iter().flatten() {
            if *next == start {
                let mut ring = vec![start];
                let mut at = table;
                while at != start {
                    ring.push(at);
                    at = *came_from.get(&at)?;
                }
                ring.push(start);
                ring.reverse();
                return Some(ring);
            }
            if !came_from.contains_key(next) {
                came_from.insert(*next, table);
                queue.push_back(*next);
            }
        }
    }
    None
}
