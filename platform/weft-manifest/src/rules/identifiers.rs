//! Ids, and names that serve as ids: each once in its list.

use std::collections::HashMap;

use weft_model::{Code, Diagnostic};

use super::findings::Findings;
use super::tables::ContractText;
use crate::form::{Spot, clipped};

/// Keys below which any value may stand, so that an `id` there is the author's own.
pub(super) const FREE: &[&str] = &["value", "arguments", "implementation", "examples", "mustBe", "mustNotBe"];

/// Lists whose `id` names a contract rather than the item.
const OF_CONTRACTS: &[&str] = &["inputContracts"];

/// Lists whose items are told apart by another key too: the list, that key and a word for it.
const NAMED: &[(&str, &str, &str)] = &[
    ("servers", "server", "server"),
    ("roles", "role", "role"),
    ("support", "channel", "support channel"),
    ("members", "username", "team member"),
    ("team", "username", "team member"),
];

pub(super) fn contract(contract: &ContractText<'_>, findings: &mut Findings) {
    below(contract.root, findings);
}

pub(super) fn product(root: Spot<'_>, findings: &mut Findings) {
    below(root, findings);
}

fn below(spot: Spot<'_>, findings: &mut Findings) {
    for entry in spot.node.entries() {
        let (key, here) = (entry.key.as_str(), Spot { node: &entry.value, ..spot });
        // An object under `value` is a map's value; anything else there is an author's own.
        let is_free = FREE.contains(&key) && !(key == "value" && spot.get("key").is_some());
        if is_free {
            continue;
        }
        if !OF_CONTRACTS.contains(&key) {
            once(here, "id", "id", findings);
        }
        for (_, name, word) in NAMED.iter().filter(|(list, ..)| *list == key) {
            once(here, name, word, findings);
        }
        below(here, findings);
    }
    for item in spot.node.items() {
        below(Spot { node: item, ..spot }, findings);
    }
}

fn once(list: Spot<'_>, key: &str, word: &str, findings: &mut Findings) {
    let mut seen: HashMap<&str, Spot<'_>> = HashMap::new();
    for item in list.node.items() {
        let Some(node) = item.get(key) else { continue };
        let Some(text) = node.text() else { continue };
        let here = Spot { node, ..list };
        let Some(first) = seen.insert(text, here) else { continue };
        let message = format!("{word} `{}` is already written at line {}", clipped(text), first.place().line);
        findings.push(
            Diagnostic::error(Code::ID_TWICE, here.place(), message)
                .also(first.place(), "first written here")
                .help(format!("give one of the two {} of its own", if word == "id" { "an id" } else { "a name" })),
        );
        seen.insert(text, first);
    }
}
