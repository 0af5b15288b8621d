//! What is read and written again is the same document.

use std::fs;
use std::path::{Path, PathBuf};

use serde::Serialize;
use serde_json::Value as Json;
use weft_model::{Diagnostic, ManifestTree};

use crate::form::{self, Document, FromNode, Opened};
use crate::odcs::{self, DataContract};
use crate::odps::DataProductDocument;

fn documents(folder: &str) -> Vec<PathBuf> {
    let folder = Path::new(folder);
    let found = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut found: Vec<PathBuf> = found.filter(|path| path.extension().is_some_and(|end| end == "yaml")).collect();
    found.sort();
    assert!(found.len() > 3, "{}", folder.display());
    found
}

/// The document as its text has it and as the native types write it, and what is told of its form.
fn written_again<T: FromNode + Serialize>(path: &Path) -> (Json, Option<Json>, Vec<Diagnostic>) {
    let text = fs::read_to_string(path).unwrap();
    let tree = ManifestTree::of_texts([("document.yaml", text.as_str())]);
    let mut problems = Vec::new();
    let Opened::Tree { source, root, has_errors } = form::open(&tree, "document.yaml", &mut problems) else {
        panic!("{}: {problems:?}", path.display());
    };
    let is_old = !text.contains("v3.2.0") && !text.contains("v3.1.0");
    let root = odcs::upgraded(root);
    let before = form::json(&root);
    let document: Option<Document<T>> = form::read(source, root, has_errors, "test", is_old, &mut problems);
    (before, document.map(|document| serde_json::to_value(&document.value).unwrap()), problems)
}

#[track_caller]
fn check(path: &Path) {
    let is_contract = path.to_str().unwrap().ends_with(".odcs.yaml");
    let (before, after, problems) =
        if is_contract { written_again::<DataContract>(path) } else { written_again::<DataProductDocument>(path) };
    assert_eq!(problems, vec![], "{}", path.display());
    similar(&before, &after.unwrap(), &path.display().to_string());
}

#[track_caller]
fn similar(before: &Json, after: &Json, at: &str) {
    match (before, after) {
        (Json::Object(a), Json::Object(b)) => {
            let keys =
                |map: &serde_json::Map<String, Json>| map.keys().cloned().collect::<std::collections::BTreeSet<_>>();
            assert_eq!(keys(a), keys(b), "{at}");
            a.iter().for_each(|(key, value)| similar(value, &b[key], &format!("{at}/{key}")));
        }
        (Json::Array(a), Json::Array(b)) => {
            assert_eq!(a.len(), b.len(), "{at}");
            a.iter().zip(b).enumerate().for_each(|(i, (a, b))| similar(a, b, &format!("{at}/{i}")));
        }
        _ => assert_eq!(before, after, "{at}"),
    }
}

#[test]
fn documents_of_every_version_are_written_again_as_they_were() {
    documents("tests/documents").iter().for_each(|path| check(path));
}

#[test]
fn documents_that_break_a_rule_are_written_again_as_they_were() {
    documents("tests/rules").iter().for_each(|path| check(path));
}

#[test]
fn a_document_of_version_2_becomes_one_of_version_3() {
    let path = Path::new("tests/documents/version-2.odcs.yaml");
    let (_, contract, problems) = written_again::<DataContract>(path);
    assert_eq!(problems, vec![]);
    let contract: DataContract = serde_json::from_value(contract.unwrap()).unwrap();
    assert_eq!(
        (contract.id.as_str(), contract.status.as_deref()),
        ("53581432-6c55-4ba2-a65f-72344a91553a", Some("active"))
    );
    assert_eq!((contract.domain.as_deref(), contract.data_product.as_deref()), (Some("seller"), Some("my quantum")));
    let channels: Vec<&str> = contract.support.iter().flatten().map(|item| item.channel.as_str()).collect();
    assert_eq!(channels, ["product-dl@example.com", "#product-help"]);
    let table = &contract.schema.as_ref().unwrap()[0];
    assert_eq!((table.name.as_str(), table.physical_name.as_deref()), ("tbl", Some("tbl_1")));
    let columns = table.properties.as_ref().unwrap();
    let told: Vec<_> = columns.iter().map(|c| (c.name.as_deref().unwrap(), c.required, c.primary_key)).collect();
    let expected = [
        ("txn_ref_dt", Some(true), Some(false)),
        ("rcvr_id", Some(false), Some(true)),
        ("rcvr_cntry_code", Some(true), Some(false)),
    ];
    assert_eq!(told, expected);
    assert_eq!(columns[2].logical_type(), Some(odcs::LogicalType::Number));
    let rule = &columns[2].quality.as_ref().unwrap()[0];
    assert_eq!((rule.engine.as_deref(), rule.scheduler.as_deref()), (Some("Elevate"), Some("cron")));
    let kept: Vec<&str> = contract.custom_properties.iter().flatten().map(|p| p.property.as_str()).collect();
    assert!(kept.contains(&"sourceSystem") && kept.contains(&"refRulesetName"), "{kept:?}");
}
