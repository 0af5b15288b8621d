//! Unit tests of transforms: what `tests/*.yaml` of a product says, held to its ports and inputs.

mod csv;
mod rows;
mod value;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use chrono::{DateTime, TimeZone, Utc};
use weft_model::{
    Code, Contract, Diagnostic, ManifestTree, OutputPort, PortRef, ProductRef, TestRow, Transform, TransformTest,
};

use super::open_as;
use super::product::Draft;
use crate::form::{Document, Spot, clipped, listed, nearest};
use crate::test_file::TestFile;
use rows::RowsReader;

/// Reads every test in a product's folder, for its form.
pub(super) fn read_all(tree: &ManifestTree, folder: &str, problems: &mut Vec<Diagnostic>) -> Vec<Document<TestFile>> {
    let tests = format!("{folder}tests/");
    let files = tree.under(&tests).filter(|(path, _)| path.ends_with(".yaml"));
    let here = files.filter(|(path, _)| path.strip_prefix(tests.as_str()).is_some_and(|name| !name.contains('/')));
    here.filter_map(|(path, _)| open_as(tree, path, "a test", problems)).collect()
}

/// Holds the tests to the ports that they speak of. A test with an error is left out, and its product
/// counts as broken by the place of that error. In order of file.
pub(super) fn resolve(tree: &ManifestTree, drafts: &[Draft], problems: &mut Vec<Diagnostic>) -> Vec<TransformTest> {
    let by_name: BTreeMap<&ProductRef, &Draft> = drafts.iter().map(|draft| (&draft.name, draft)).collect();
    let mut resolved = Vec::new();
    for draft in drafts {
        for document in draft.tests.iter().filter(|document| !document.has_errors) {
            let before = problems.len();
            let test = Resolving { tree, drafts: &by_name, draft, document, root: document.spot() }.test(problems);
            resolved.extend(test.filter(|_| problems.len() == before));
        }
    }
    resolved.sort_by(|a, b| a.file.cmp(&b.file));
    resolved
}

/// The instant that a test's query takes for now where the test names none: 1 January 2026, 00:00 UTC.
fn instant_of_tests() -> DateTime<Utc> {
    Utc.with_ymd_and_hms(2026, 1, 1, 0, 0, 0).single().unwrap_or_default()
}

struct Resolving<'a> {
    tree: &'a ManifestTree,
    drafts: &'a BTreeMap<&'a ProductRef, &'a Draft>,
    draft: &'a Draft,
    document: &'a Document<TestFile>,
    root: Spot<'a>,
}

impl<'a> Resolving<'a> {
    fn test(&self, problems: &mut Vec<Diagnostic>) -> Option<TransformTest> {
        let written = &self.document.value;
        let output = self.output(problems);
        let at = self.at(problems);
        let given = self.given(problems);
        let output = output?;
        let port = self.draft.name.port(&output.name);
        let expect = self.root.get("expect")?;
        let expected = self.rows(expect, &port, Some(&output.contract), problems)?;
        let columns = expected.columns_of_each(problems)?;
        Some(TransformTest {
            product: self.draft.name.clone(),
            port: output.name.clone(),
            file: self.document.source.file.clone(),
            expects_at: self.document.source.place(key_span(self.root, "expect")),
            at: at?,
            in_order: written.in_order == Some(true),
            given: given?,
            expected: expected.rows,
            columns,
        })
    }

    /// The port that the test is about. `None` as well where the port is not understood itself.
    fn output(&self, problems: &mut Vec<Diagnostic>) -> Option<&'a OutputPort> {
        let written = self.document.value.port.as_str();
        let place = self.root.at("port");
        if let Some(output) = self.draft.outputs.iter().find(|output| output.name.as_str() == written) {
            if output.transform.sql().is_some() {
                return Some(output);
            }
            let made = match &output.transform {
                Transform::Source { .. } => "is read from files at a URL",
                _ => "is read from a file",
            };
            problems.push(
                Diagnostic::error(
                    Code::TEST_PORT,
                    place,
                    format!("port `{written}` {made}, so it has no query to test"),
                )
                .help("test a port that a query makes: of kind `full` or `view`"),
            );
            return None;
        }
        let document = self.draft.document.as_ref()?;
        let ports = document.value.output_ports.as_deref().unwrap_or_default();
        let names: Vec<&str> = ports.iter().map(|port| port.name.as_str()).collect();
        // A port that is there, but with errors, is told as such.
        if !names.contains(&written) && !document.has_errors {
            let last = written.rsplit('.').next().unwrap_or(written);
            let help = match nearest(last, names.iter().copied()) {
                Some(near) if near == last => format!("write `port: {near}`"),
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("its ports are {}", listed(&names)),
            };
            let message = format!("product `{}` has no port `{}`", self.draft.name, clipped(written));
            problems.push(Diagnostic::error(Code::TEST_PORT, place, message).help(help));
        }
        None
    }

    fn at(&self, problems: &mut Vec<Diagnostic>) -> Option<DateTime<Utc>> {
        let Some(written) = self.document.value.at.as_deref() else { return Some(instant_of_tests()) };
        match DateTime::parse_from_rfc3339(written) {
            Ok(instant) => Some(instant.to_utc()),
            Err(_) => {
                let message = format!("`{}` is no instant", clipped(written));
                problems.push(
                    Diagnostic::error(Code::TEXT_FORMAT, self.root.at("at"), message)
                        .help("write a date, a time and its offset, such as `2026-01-31T12:00:00Z`"),
                );
                None
            }
        }
    }

    /// The rows of each input. `None` where one cannot be read.
    fn given(&self, problems: &mut Vec<Diagnostic>) -> Option<BTreeMap<PortRef, Vec<TestRow>>> {
        let Some(given) = self.root.get("given") else { return Some(BTreeMap::new()) };
        let mut all = Some(BTreeMap::new());
        for entry in given.node.entries() {
            let input = self.draft.inputs.iter().flatten().find(|input| input.port.to_string() == entry.key);
            let Some(input) = input else {
                // Which port an input is may not be known; that is told at the input.
                if self.draft.inputs.iter().all(Option::is_some) {
                    problems.push(self.no_input(&entry.key, self.document.source.place(entry.key_span)));
                }
                all = None;
                continue;
            };
            let contract = self.contract(&input.port);
            let rows = given.get(&entry.key).and_then(|spot| self.rows(spot, &input.port, contract, problems));
            match (rows, &mut all) {
                (Some(rows), Some(all)) => drop(all.insert(input.port.clone(), rows.rows)),
                _ => all = None,
            }
        }
        all
    }

    fn no_input(&self, written: &str, place: weft_model::Place) -> Diagnostic {
        let inputs: Vec<String> = self.draft.inputs.iter().flatten().map(|input| input.port.to_string()).collect();
        let by_its_name = self.draft.inputs.iter().flatten().find(|input| input.name == written);
        let help = match (by_its_name, nearest(written, inputs.iter().map(String::as_str))) {
            (Some(input), _) => format!("write `{}`, as the query does", input.port),
            (None, Some(near)) => format!("did you mean `{near}`?"),
            (None, None) if inputs.is_empty() => "the product declares no input: take `given` out".to_owned(),
            (None, None) => format!("its inputs are {}", listed(&inputs)),
        };
        let message = format!("`{}` is no input of product `{}`", clipped(written), self.draft.name);
        Diagnostic::error(Code::TEST_INPUT, place, message).help(help)
    }

    /// The contract of an input, if its product is read well enough to know.
    fn contract(&self, port: &PortRef) -> Option<&'a Contract> {
        let upstream = self.drafts.get(&port.product_ref())?;
        upstream.outputs.iter().find(|output| output.name == port.port).map(|output| &output.contract)
    }

    fn rows(
        &self,
        spot: Spot<'a>,
        port: &PortRef,
        contract: Option<&Contract>,
        problems: &mut Vec<Diagnostic>,
    ) -> Option<rows::RowsOfPort> {
        let columns = contract.map(|contract| contract.columns.as_slice());
        RowsReader { tree: self.tree, port, columns }.read(spot, problems)
    }
}

fn key_span(object: Spot<'_>, key: &str) -> crate::form::yaml::Span {
    let entry = object.node.entries().iter().find(|entry| entry.key == key);
    entry.map_or(object.node.head(), |entry| entry.key_span)
}
