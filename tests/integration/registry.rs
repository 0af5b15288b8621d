//! Every path into the engine stands in `platform/ARCHITECTURE.md`, and there are no others.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use crate::meshes::repository;

/// What the engine offers to other crates beside names of types. All of it that answers from
/// somebody's data is reached by one of [`ENTRIES`]; a new item wants a decision whether it is one.
const OFFERED: [&str; 38] = [
    "ContractPlanner::check",
    "ContractPlanner::check_contract",
    "ContractPlanner::columns_read",
    "ContractPlanner::lineage",
    "ContractPlanner::new",
    "ContractPlanner::reach",
    "Engine::cancel",
    "Engine::gathered",
    "Engine::guard_memory",
    "Engine::history",
    "Engine::load_each",
    "Engine::load_in_parts",
    "Engine::measure",
    "Engine::merge",
    "Engine::misfits",
    "Engine::new",
    "Engine::offending",
    "Engine::outside",
    "Engine::policy_epoch",
    "Engine::queries_bytes",
    "Engine::queries_running",
    "Engine::rearranged",
    "Engine::session",
    "Engine::upload",
    "Engine::without_rows",
    "Session::describe",
    "Session::percent_kept",
    "Session::pinned",
    "Session::principal",
    "Session::query",
    "Session::query_in_parts",
    "Session::schema_of",
    "Session::tables",
    "Session::view",
    "foreign_rows",
    "kept_bytes",
    "resident_bytes",
    "try_query",
];

/// Texts that only a call into the engine holds, apart from the one that opens a session: that is the
/// only way to SQL, and `Engine::session` the only way to it.
const ENTRIES: [&str; 15] = [
    "engine.gathered(",
    "engine.history(",
    "engine.load_each(",
    "engine.load_in_parts(",
    "engine.measure(",
    "engine.merge(",
    "engine.misfits(",
    "engine.offending(",
    "engine.outside(",
    "engine.rearranged(",
    "engine.without_rows(",
    "ContractPlanner::new",
    " foreign_rows(",
    " try_query(",
    "Engine::new(",
];

#[test]
fn every_path_into_the_engine_is_listed() {
    let (listed, found) = (listed(), found());
    assert!(!found.is_empty());
    let unlisted: Vec<_> = found.difference(&listed).collect();
    assert!(
        unlisted.is_empty(),
        "new doors into the engine: {unlisted:?}. Add a row to the section `Doors` of platform/ARCHITECTURE.md \
         that says where identity comes from and where access is decided, and a test to doors.rs that shows \
         that restrictions hold there"
    );
    let gone: Vec<_> = listed.difference(&found).collect();
    assert!(gone.is_empty(), "platform/ARCHITECTURE.md lists doors that are not there: {gone:?}");
}

#[test]
fn the_engine_offers_nothing_that_this_suite_does_not_know() {
    let mut offered = BTreeSet::new();
    for file in sources(&repository().join("platform/weft-engine/src")) {
        offered.extend(public(&product_code(&file)));
    }
    let known: BTreeSet<String> = OFFERED.iter().map(|&name| name.to_owned()).collect();
    assert_eq!(offered, known, "what the engine offers, on the left; what this suite knows, on the right");
}

/// The crates that may hold an engine are few, and nobody else plans anything.
#[test]
fn nothing_but_the_engine_makes_plans_of_its_own() {
    for file in sources(&repository().join("platform")) {
        let inside = |part: &str| file.components().any(|component| component.as_os_str() == part);
        if inside("weft-engine") || inside("weft-testkit") {
            continue;
        }
        let text = product_code(&file);
        for planner in
            ["SessionContext", "SessionStateBuilder", "statement_to_plan", "create_physical_plan", "execute_stream"]
        {
            assert!(!text.contains(planner), "{} speaks of `{planner}`", file.display());
        }
    }
}

/// The doors in the text, as `crate/src/file.rs` and function.
fn listed() -> BTreeSet<(String, String)> {
    let text = fs::read_to_string(repository().join("platform/ARCHITECTURE.md")).unwrap();
    let section = text.split("\n## ").find(|section| section.starts_with("Doors\n")).expect("the section `Doors`");
    let rows = section.lines().filter(|line| line.starts_with("| ") && !line.starts_with("| door"));
    let mut listed = BTreeSet::new();
    for row in rows {
        let cells: Vec<&str> = row.trim_matches('|').split('|').map(str::trim).collect();
        let [_, place, identity, decision] = cells.as_slice() else { panic!("four cells: {row}") };
        assert!(!identity.is_empty() && !decision.is_empty(), "a door without identity or decision: {row}");
        let mut words = place.split('`').filter(|word| !word.trim().is_empty() && !word.trim().starts_with(','));
        let file = words.next().expect("a place").to_owned();
        listed.extend(words.map(|function| (file.clone(), function.to_owned())));
    }
    listed
}

/// Functions outside of the engine that call into it.
fn found() -> BTreeSet<(String, String)> {
    let platform = repository().join("platform");
    let mut found = BTreeSet::new();
    for file in sources(&platform) {
        let name = file.strip_prefix(&platform).unwrap().display().to_string();
        if name.starts_with("weft-engine/") {
            continue;
        }
        let mut function = String::new();
        for line in product_code(&file).lines().filter(|line| !line.trim_start().starts_with("//")) {
            if let Some(named) = declared(line) {
                function = named;
            }
            if ENTRIES.iter().any(|entry| line.contains(entry)) || opens_session(line) {
                found.insert((name.clone(), function.clone()));
            }
        }
    }
    found
}

/// Whether a line opens a session, whatever the engine is called there. Without an argument, and of
/// `self`, it is another's method.
fn opens_session(line: &str) -> bool {
    line.match_indices(".session(").any(|(at, call)| {
        let (before, after) = (&line[..at], &line[at + call.len()..]);
        !before.ends_with("self") && !after.starts_with(')')
    })
}

/// The text of a file without its tests.
fn product_code(file: &Path) -> String {
    let text = fs::read_to_string(file).unwrap();
    text.split("\n#[cfg(test)]\nmod ").next().unwrap_or_default().to_owned()
}

/// Sources below a folder, without those that are tests only.
fn sources(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if path.is_dir() && name != "tests" {
            found.extend(sources(&path));
        } else if name.ends_with(".rs") && name != "tests.rs" && name != "sample.rs" {
            found.push(path);
        }
    }
    found
}

/// What the text of one file offers: functions, and methods of `ContractPlanner`, `Engine` and `Session`.
fn public(text: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut subject = None;
    for line in text.lines() {
        if line.starts_with("impl") {
            subject = ["ContractPlanner", "Engine", "Session"]
                .into_iter()
                .find(|name| line.starts_with(&format!("impl {name} {{")));
        }
        let Some(name) = declared(line) else { continue };
        if line.starts_with("pub fn ") || line.starts_with("pub async fn ") {
            found.insert(name);
        } else if let (Some(subject), true) =
            (subject, line.starts_with("    pub fn ") || line.starts_with("    pub async fn "))
        {
            found.insert(format!("{subject}::{name}"));
        }
    }
    found
}

/// The function that a line begins.
fn declared(line: &str) -> Option<String> {
    let (before, rest) = line.trim_start().split_once("fn ")?;
    let words =
        ["", "pub ", "pub(crate) ", "pub(super) ", "async ", "pub async ", "pub(crate) async ", "pub(super) async "];
    let name: String = rest.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
    (words.contains(&before) && !name.is_empty()).then_some(name)
}
