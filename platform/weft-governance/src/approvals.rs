//! `governance/approvals.yaml`: which requests for access are approved without anybody looking at them.

use std::collections::BTreeSet;

use chrono::TimeDelta;
use weft_model::{Code, Column, Diagnostic, DomainName};

use crate::PolicyLine;
use crate::names::{is_tag, tags_of, tags_within};
use crate::restrictions::lies_under;
use crate::yaml::{Node, Reader, Value};

pub(crate) const APPROVALS_FILE: &str = "governance/approvals.yaml";
pub(crate) const FILE_KEYS: [&str; 1] = ["autoApprove"];
pub(crate) const RULE_KEYS: [&str; 5] = ["id", "classifications", "domains", "purposes", "daysMax"];

/// For how long access is approved at most where a rule does not say.
const DAYS_MAX: i64 = 90;

/// What somebody asks for, as far as rules of approval go by it.
#[derive(Clone, Debug)]
pub struct AskedAccess<'a> {
    /// The domains that the asker works for.
    pub domains: &'a BTreeSet<DomainName>,
    /// All that would be seen in clear. Not empty.
    pub columns: &'a [&'a Column],
    pub purpose: Option<&'a str>,
    pub lasts: TimeDelta,
}

/// A request is approved if it is covered in every respect.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ApprovalRule {
    pub(crate) line: PolicyLine,
    classifications: BTreeSet<String>,
    domains: BTreeSet<DomainName>,
    purposes: BTreeSet<String>,
    lasts_max: TimeDelta,
}

impl ApprovalRule {
    pub(crate) fn covers(&self, asked: &AskedAccess<'_>) -> bool {
        asked.purpose.is_some_and(|purpose| self.purposes.contains(purpose))
            && asked.domains.iter().any(|domain| self.domains.contains(domain))
            && asked.lasts <= self.lasts_max
            && !asked.columns.is_empty()
            && asked.columns.iter().all(|column| self.covers_column(column))
    }

    /// What is not classified is covered by no rule.
    fn covers_column(&self, column: &Column) -> bool {
        let words: Vec<&str> = tags_of(column).chain(tags_within(column)).collect();
        let is_covered = |word: &&str| self.classifications.iter().any(|above| lies_under(word, above));
        !words.is_empty() && words.iter().all(is_covered)
    }
}

/// Reads the file; what could not be understood is told, and is no rule.
pub(crate) fn read(text: &str) -> (Vec<ApprovalRule>, Vec<Diagnostic>) {
    let mut reader = Reader::new(APPROVALS_FILE, text);
    let mut rules = Vec::new();
    let mut ids = BTreeSet::new();
    let document = reader.parse().filter(|document| !matches!(document.value, Value::Null));
    if let Some([list]) = document.as_ref().and_then(|document| reader.mapping(document, FILE_KEYS)) {
        for item in list.map(|list| reader.list(list)).unwrap_or_default() {
            rules.extend(read_rule(&mut reader, item, &mut ids));
        }
    }
    (rules, reader.diagnostics)
}

/// Every problem is told, so each field is read before any is missed.
fn read_rule(reader: &mut Reader<'_>, item: &Node, ids: &mut BTreeSet<String>) -> Option<ApprovalRule> {
    let [id, classifications, domains, purposes, days] = reader.mapping(item, RULE_KEYS)?;
    let id = reader.required(id, "id", item).and_then(|node| Some((node, reader.text(node)?.to_owned())));
    let id = id.and_then(|(node, id)| {
        let is_new = ids.insert(id.clone());
        if !is_new {
            reader.error(Code::APPROVAL_RULE, node, format!("two rules are called `{id}`"));
        }
        is_new.then_some(id)
    });
    let classifications =
        words(reader, classifications, "classifications", item, |word| is_tag(word).then(|| word.to_owned()));
    let domains = words(reader, domains, "domains", item, |word| word.parse::<DomainName>().ok());
    let purposes = words(reader, purposes, "purposes", item, |word| Some(word.to_owned()));
    let days = match days {
        None => Some(DAYS_MAX),
        Some(node) => match node.value {
            Value::Integer(days @ 1..=366) => Some(days),
            _ => {
                reader.error(Code::APPROVAL_RULE, node, "`daysMax` is a number from 1 to 366");
                None
            }
        },
    };
    let place = reader.place(item);
    let (id, classifications, domains, purposes, days) = (id?, classifications?, domains?, purposes?, days?);
    let text = format!("automatic approval {id}").into();
    let line = PolicyLine { place: Some((APPROVALS_FILE.into(), place.line)), text };
    Some(ApprovalRule { line, classifications, domains, purposes, lasts_max: TimeDelta::days(days) })
}

fn words<T: Ord>(
    reader: &mut Reader<'_>,
    list: Option<&Node>,
    key: &str,
    item: &Node,
    read: impl Fn(&str) -> Option<T>,
) -> Option<BTreeSet<T>> {
    let list = reader.required(list, key, item)?;
    let mut found = BTreeSet::new();
    let mut is_good = matches!(list.value, Value::List(_));
    for node in reader.list(list) {
        let Some(word) = reader.text(node) else {
            is_good = false;
            continue;
        };
        match read(word) {
            Some(word) => {
                found.insert(word);
            }
            None => {
                is_good = false;
                let message = format!("`{word}` is not understood here");
                reader.error(Code::APPROVAL_RULE, node, message);
            }
        }
    }
    if found.is_empty() && is_good {
        reader.error(Code::APPROVAL_RULE, list, format!("`{key}` is empty, so the rule approves nothing"));
    }
    (is_good && !found.is_empty()).then_some(found)
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use super::*;
    use crate::sample::{column, with_part};

    #[track_caller]
    fn check(text: &str, expected: Expect) {
        let (_, diagnostics) = read(text);
        expected.assert_eq(&diagnostics.iter().map(|told| format!("{told}\n")).collect::<String>());
    }

    #[test]
    fn every_problem_is_told_at_its_place() {
        check(
            "autoApprove:\n  - {id: a, classifications: [], domains: [Big], purposes: reporting, daysMax: 0}\n  \
             - {id: a, classifications: [internal], domains: [sales], purposes: [x], who: me}\n  - {}\n",
            expect![[r#"
                governance/approvals.yaml:2:30 W0312 `classifications` is empty, so the rule approves nothing
                governance/approvals.yaml:2:44 W0312 `Big` is not understood here
                governance/approvals.yaml:2:60 W0105 expected a list, found a text
                governance/approvals.yaml:2:80 W0312 `daysMax` is a number from 1 to 366
                governance/approvals.yaml:3:75 W0107 key `who` is not known here
                help: known keys: id, classifications, domains, purposes, daysMax
                governance/approvals.yaml:3:10 W0312 two rules are called `a`
                governance/approvals.yaml:4:5 W0106 key `id` is missing
                governance/approvals.yaml:4:5 W0106 key `classifications` is missing
                governance/approvals.yaml:4:5 W0106 key `domains` is missing
                governance/approvals.yaml:4:5 W0106 key `purposes` is missing
            "#]],
        );
    }

    #[test]
    fn a_rule_covers_what_it_names_in_every_respect() {
        let text = "autoApprove:\n  - {id: a, classifications: [internal, pii], domains: [sales], purposes: [billing], daysMax: 30}\n";
        let (rules, diagnostics) = read(text);
        assert_eq!(diagnostics, []);
        let covers = |column: Column, domain: &str, purpose: Option<&str>, days: i64| {
            let domains = BTreeSet::from([domain.parse().unwrap()]);
            let asked = AskedAccess { domains: &domains, columns: &[&column], purpose, lasts: TimeDelta::days(days) };
            rules[0].covers(&asked)
        };
        let internal = || column("c", &["internal"]);
        assert!(covers(internal(), "sales", Some("billing"), 30));
        assert!(covers(column("c", &["internal", "pii.email"]), "sales", Some("billing"), 1), "lies under a word");
        assert!(!covers(internal(), "sales", Some("billing"), 31), "too long");
        assert!(!covers(internal(), "fleet", Some("billing"), 30), "another domain");
        assert!(!covers(internal(), "sales", Some("other"), 30), "another purpose");
        assert!(!covers(internal(), "sales", None, 30), "no purpose");
        assert!(!covers(column("c", &["internal", "secret"]), "sales", Some("billing"), 30), "another word too");
        assert!(!covers(column("c", &[]), "sales", Some("billing"), 30), "not classified");
        assert!(!covers(with_part(internal(), "x", "secret"), "sales", Some("billing"), 30), "a word within");
    }
}
