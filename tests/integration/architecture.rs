//! The table in `platform/ARCHITECTURE.md` says which crate uses which, and it is so.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::process::Command;

use serde_json::Value;

use crate::meshes::repository;

type Uses = BTreeMap<String, BTreeSet<String>>;

/// The suites use whatever they test.
const SUITES: [&str; 4] = ["weft-bench", "weft-chaos", "weft-integration", "weft-prove"];
/// What only suites use, and so names what they need.
const TESTKIT: &str = "weft-testkit";

#[test]
fn every_crate_uses_what_the_architecture_says_and_nothing_else() {
    let (written, built) = (written(), built());
    assert!(!written.is_empty(), "platform/ARCHITECTURE.md holds the table of crates");
    for (name, uses) in &built {
        let said = written.get(name).unwrap_or_else(|| panic!("`{name}` is missing in platform/ARCHITECTURE.md"));
        assert_eq!(uses, said, "what `{name}` uses: cargo on the left, platform/ARCHITECTURE.md on the right");
    }
    let gone: Vec<_> = written.keys().filter(|name| !built.contains_key(*name)).collect();
    assert!(gone.is_empty(), "platform/ARCHITECTURE.md speaks of crates that are not there: {gone:?}");
}

#[test]
fn a_crate_uses_only_crates_that_stand_above_it_in_the_workspace() {
    let manifest = fs::read_to_string(repository().join("Cargo.toml")).unwrap();
    let order: Vec<String> = manifest
        .lines()
        .filter_map(|line| line.trim().strip_prefix("\"platform/"))
        .map(|rest| rest.trim_end_matches(',').trim_matches('"').to_owned())
        .collect();
    let place = |name: &str| order.iter().position(|other| other == name);
    for (name, uses) in built() {
        for used in uses {
            assert!(place(&used) < place(&name), "`{name}` uses `{used}`, which stands below it");
        }
    }
}

/// Only storage can name an object, only governance casbin, only the catalog its database.
#[test]
fn libraries_with_one_user_have_one_user() {
    let metadata = metadata();
    let users = |library: &str| -> Vec<String> {
        packages(&metadata)
            .filter(|package| dependencies(package).any(|(name, _)| name == library))
            .map(|package| text(package, "name"))
            .filter(|name| name != TESTKIT && !SUITES.contains(&name.as_str()))
            .collect()
    };
    for (library, user) in [
        ("casbin", "weft-governance"),
        ("deltalake", "weft-storage"),
        ("object_store", "weft-storage"),
        ("sqlx", "weft-catalog"),
        ("gix", "weft-manifest"),
        ("jsonwebtoken", "weft-identity"),
    ] {
        assert_eq!(users(library), [user], "{library}");
    }
}

/// Crates and what they use of ours, as the table says.
fn written() -> Uses {
    let text = fs::read_to_string(repository().join("platform/ARCHITECTURE.md")).unwrap();
    let rows = text.lines().filter(|line| line.starts_with("| weft"));
    rows.map(|row| {
        let cells: Vec<&str> = row.trim_matches('|').split('|').map(str::trim).collect();
        let [name, .., uses] = cells.as_slice() else { panic!("a row with too few cells: {row}") };
        let uses = uses.split(',').map(str::trim).filter(|used| *used != "nothing").map(full_name).collect();
        ((*name).to_owned(), uses)
    })
    .collect()
}

fn full_name(short: &str) -> String {
    if short.starts_with("weft") { short.to_owned() } else { format!("weft-{short}") }
}

/// Crates and what they use of ours outside of tests, as cargo says.
fn built() -> Uses {
    let metadata = metadata();
    packages(&metadata)
        .filter(|package| !SUITES.contains(&package["name"].as_str().unwrap_or_default()))
        .map(|package| {
            let ours = dependencies(package).filter(|(name, kind)| name.starts_with("weft") && kind.is_null());
            (text(package, "name"), ours.map(|(name, _)| name.to_owned()).collect())
        })
        .collect()
}

fn metadata() -> Value {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--no-deps", "--offline", "--format-version", "1"])
        .current_dir(repository())
        .output()
        .expect("cargo is there");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).expect("cargo writes JSON")
}

fn packages(metadata: &Value) -> impl Iterator<Item = &Value> {
    metadata["packages"].as_array().into_iter().flatten()
}

/// Name and kind of each dependency; the kind is null for one that is no test's or build's alone.
fn dependencies(package: &Value) -> impl Iterator<Item = (&str, &Value)> {
    let dependencies = package["dependencies"].as_array().into_iter().flatten();
    dependencies.filter_map(|dependency| Some((dependency["name"].as_str()?, &dependency["kind"])))
}

fn text(value: &Value, key: &str) -> String {
    value[key].as_str().unwrap_or_default().to_owned()
}
