//! The SQL of contracts, made ready to be planned: placeholders filled, each byte with its way back.

use std::sync::Arc;

use weft_model::{ContractSql, ContractTable, ProductRef, SqlRole, WrittenSql};

use super::column_type::stored_name;
use super::contract::{self, ContractFile};
use super::product::Draft;
use crate::form::{Document, OrVariable, Spot, clipped, has_variable};
use crate::odcs::{DataContract, DataQuality, Property, QualityType, SchemaObject, SemanticType};

/// The SQL of a product's contracts without errors.
pub(super) fn of_draft(draft: &Draft) -> Vec<ContractSql> {
    let sound = draft.contracts.iter().filter(|contract| contract.is_sound);
    sound.flat_map(|contract| of_contract(draft, contract)).collect()
}

fn of_contract(draft: &Draft, contract: &ContractFile) -> Vec<ContractSql> {
    let Some(document) = &contract.document else { return Vec::new() };
    let objects = document.spot().each("schema", &document.value.schema);
    let tables = Arc::new(tables(draft, contract, document));
    let mut found = Collected { product: &draft.name, tables, table: 0, found: Vec::new() };
    for (table, (spot, object)) in objects.into_iter().enumerate() {
        found.table = table;
        for (spot, rule) in spot.each("quality", &object.quality) {
            found.rule(spot, rule, object, None);
        }
        for (spot, property) in spot.each("properties", &object.properties) {
            for (spot, rule) in spot.each("quality", &property.quality) {
                found.rule(spot, rule, object, stored_name(property));
            }
            found.logic(spot, property, object);
        }
    }
    found.found
}

fn tables(draft: &Draft, contract: &ContractFile, document: &Document<DataContract>) -> Vec<ContractTable> {
    let port = contract.key.as_ref().and_then(|key| draft.offers.get(key)?.last());
    let objects = document.value.schema.as_deref().unwrap_or_default();
    let table = |(index, object): (usize, &SchemaObject)| {
        let mut problems = Vec::new();
        let columns = contract::columns(document, index, object, &mut problems);
        let is_offered = |port: &&weft_model::PortName| objects.len() == 1 || object.name == port.as_str();
        ContractTable {
            name: object.name.clone(),
            physical_name: object.physical_name.clone(),
            port: port.filter(is_offered).map(|port| draft.name.port(port)),
            columns: columns.filter(|_| problems.is_empty()),
        }
    };
    objects.iter().enumerate().map(table).collect()
}

struct Collected<'a> {
    product: &'a ProductRef,
    tables: Arc<Vec<ContractTable>>,
    /// The table whose SQL is collected, by its index.
    table: usize,
    found: Vec<ContractSql>,
}

impl Collected<'_> {
    fn rule(&mut self, spot: Spot<'_>, rule: &DataQuality, object: &SchemaObject, column: Option<&str>) {
        let is_sql = rule.r#type.as_ref().and_then(OrVariable::known) == Some(QualityType::Sql);
        let Some(query) = spot.get("query").filter(|_| is_sql) else { return };
        let mut text = WrittenSql::new(&query.source.file, Arc::clone(&query.source.text));
        fill(&mut text, query, &object.name, column);
        let name = rule.id.as_ref().map(|id| id.0.as_str()).or(rule.name.as_deref());
        let noun = name.map_or_else(|| "the rule".to_owned(), |name| format!("rule `{}`", clipped(name)));
        self.push(SqlRole::Rule, noun, text);
    }

    fn logic(&mut self, spot: Spot<'_>, property: &Property, object: &SchemaObject) {
        let role = match property.semantic_type.as_ref().and_then(OrVariable::known) {
            Some(SemanticType::Measure) => SqlRole::Measure,
            Some(SemanticType::Dimension) => SqlRole::Dimension,
            Some(SemanticType::Column) => SqlRole::Column,
            None => return,
        };
        let Some(logic) = spot.get("transformLogic").filter(|logic| logic.node.text().is_some()) else { return };
        let start = logic.node.span.start;
        let mut text = WrittenSql::new(&logic.source.file, Arc::clone(&logic.source.text));
        text.push("SELECT (", start);
        fill(&mut text, logic, &object.name, stored_name(property));
        // On a line of its own, so that a comment at the end of the expression ends too.
        text.push(&format!("\n) FROM {}", quoted(&object.name)), start);
        let name = property.name.as_deref().unwrap_or_default();
        self.push(role, format!("`{}`", clipped(name)), text);
    }

    fn push(&mut self, role: SqlRole, noun: String, text: WrittenSql) {
        // What a variable stands for is not known here.
        if !has_variable(&text.sql) {
            let (product, tables) = (self.product.clone(), Arc::clone(&self.tables));
            self.found.push(ContractSql { product, role, noun, text, tables, table: self.table });
        }
    }
}

/// Adds the SQL at `spot` with names for its placeholders: `{object}` and `{property}` by any of their
/// names, with or without a `$` before them.
fn fill(text: &mut WrittenSql, spot: Spot<'_>, table: &str, column: Option<&str>) {
    let sql = spot.node.text().unwrap_or_default();
    let offsets = offsets(sql, &spot.source.text, spot.node.span.start, spot.node.span.end);
    pieces(sql, table, column, |piece, at| {
        text.push(piece, offsets.get(at).copied().unwrap_or(spot.node.span.start));
    });
}

/// The SQL with names for its placeholders.
pub(super) fn filled(sql: &str, table: &str, column: Option<&str>) -> String {
    let mut filled = String::with_capacity(sql.len());
    pieces(sql, table, column, |piece, _| filled.push_str(piece));
    filled
}

/// Yields the SQL with names for its placeholders, piece by piece, each with where it begins in `sql`.
fn pieces(sql: &str, table: &str, column: Option<&str>, mut push: impl FnMut(&str, usize)) {
    let mut at = 0;
    while let Some(rest) = sql.get(at..).filter(|rest| !rest.is_empty()) {
        if let Some((length, name)) = placeholder(rest, table, column) {
            let around = |c: Option<char>| c.filter(|c| matches!(c, '"' | '\'' | '`'));
            let before = around(sql.get(..at).and_then(|before| before.chars().next_back()));
            let after = around(rest.get(length..).and_then(|after| after.chars().next()));
            let is_quoted = before.is_some() && before == after;
            push(&if is_quoted { name.to_owned() } else { quoted(name) }, at);
            at += length;
        } else {
            let length = rest.chars().next().map_or(1, char::len_utf8);
            push(rest.get(..length).unwrap_or_default(), at);
            at += length;
        }
    }
}

/// The length of the placeholder at the start of `rest`, and the name that it stands for.
fn placeholder<'n>(rest: &str, table: &'n str, column: Option<&'n str>) -> Option<(usize, &'n str)> {
    let braced = rest.strip_prefix('$').unwrap_or(rest).strip_prefix('{')?;
    let (word, after) = braced.split_once('}')?;
    let name = match word {
        "object" | "table" | "model" | "schema" => Some(table),
        "property" | "column" | "field" => column,
        _ => None,
    };
    Some((rest.len() - after.len(), name?))
}

fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// For each byte of a scalar's `value` where it stands in the `text` that it is written in at
/// `start..end`, in whichever of YAML's styles: what YAML takes away between two characters is white
/// space, quotes and escapes.
fn offsets(value: &str, text: &str, start: usize, end: usize) -> Vec<usize> {
    let raw = text.get(start..end).unwrap_or_default();
    let mut offsets = Vec::with_capacity(value.len());
    let mut at = 0;
    for c in value.chars() {
        if !c.is_whitespace() {
            // A character that is written by its number is not found: it stands where the last one did.
            let found = raw.get(at..).and_then(|rest| rest.find(c));
            at += found.unwrap_or_default();
        }
        offsets.extend(std::iter::repeat_n(start + at, c.len_utf8()));
        let is_here = raw.get(at..).is_some_and(|rest| rest.starts_with(c));
        at += if is_here { c.len_utf8() } else { 0 };
    }
    offsets
}

#[cfg(test)]
mod tests {
    use weft_model::ManifestTree;

    /// The SQL of a contract, and for each word of it where it is written.
    #[track_caller]
    fn check(properties: &str, expected: &[(&str, &[&str])]) {
        let contract = format!(
            "apiVersion: v3.2.0\nkind: DataContract\nid: x\nversion: 1.0.0\nschema:\n  - name: Flights\n{properties}\n"
        );
        let file = "products/air/flights/contracts/Flights.odcs.yaml";
        let (declared, problems) = crate::read_apart(&ManifestTree::of_texts([(file, contract.as_str())]));
        assert!(problems.iter().all(|problem| problem.place.file != file), "{problems:?}");
        let found: Vec<&str> = declared.contract_sql.iter().map(|sql| sql.text.sql.as_str()).collect();
        assert_eq!(found, expected.iter().map(|(sql, _)| *sql).collect::<Vec<_>>());
        for (sql, (_, words)) in declared.contract_sql.iter().zip(expected) {
            for word in *words {
                let at = sql.text.sql.find(word).unwrap();
                let (start, end) = sql.text.place(at, at + word.len()).bytes;
                assert_eq!(&contract[start..end], *word);
            }
        }
    }

    #[test]
    fn placeholders_are_filled_and_each_word_knows_where_it_is_written() {
        check(
            "    quality:\n      - type: sql\n        query: |-\n          SELECT COUNT(*) -- all\n          FROM {object}\n          WHERE delay - 1 > 0\n        mustBe: 0\n    properties:\n      - {name: delay, logicalType: number}",
            &[("SELECT COUNT(*) -- all\nFROM \"Flights\"\nWHERE delay - 1 > 0", &["COUNT", "FROM", "delay", "0"])],
        );
        check(
            "    properties:\n      - name: delay\n        logicalType: number\n        quality:\n          - {type: sql, query: 'SELECT COUNT(*) FROM ${table} WHERE ${column} = ''a'' OR \"{column}\" <> 1', mustBe: 0}\n          - type: sql\n            query: >-\n              SELECT MAX({property})\n              FROM {object}\n            mustBe: 0\n          - {type: sql, query: \"SELECT\\n \\\"delay\\\" FROM {object} LIMIT 1\", mustBe: 0}",
            &[
                ("SELECT COUNT(*) FROM \"Flights\" WHERE \"delay\" = 'a' OR \"delay\" <> 1", &["WHERE", "OR", "<> 1"]),
                ("SELECT MAX(\"delay\") FROM \"Flights\"", &["MAX", "FROM"]),
                ("SELECT\n \"delay\" FROM \"Flights\" LIMIT 1", &["SELECT", "FROM", "LIMIT"]),
            ],
        );
    }

    #[test]
    fn what_a_measure_and_a_dimension_compute_becomes_a_query_of_their_table() {
        check(
            "    properties:\n      - {name: delay, logicalType: number}\n      - {name: mean, logicalType: number, semanticType: measure, transformLogic: AVG(delay)}\n      - {name: late, logicalType: boolean, semanticType: dimension, transformLogic: delay > 15 -- minutes}\n      - {name: doubled, logicalType: number, transformLogic: delay * 2}",
            &[
                ("SELECT (AVG(delay)\n) FROM \"Flights\"", &["AVG", "delay"]),
                ("SELECT (delay > 15 -- minutes\n) FROM \"Flights\"", &["delay", "15"]),
            ],
        );
    }

    #[test]
    fn what_holds_a_variable_is_left_alone() {
        check(
            "    quality: [{type: sql, query: 'SELECT COUNT(*) FROM {object} WHERE d > ${LEAST:-1}', mustBe: 0}]\n    properties:\n      - {name: delay, logicalType: number}",
            &[],
        );
    }
}
