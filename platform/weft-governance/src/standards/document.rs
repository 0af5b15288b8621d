//! `governance/standards/*.yaml`: rules by section and name, each with parameters and a severity.

use std::collections::BTreeSet;

use regex::{Regex, RegexBuilder};
use weft_model::{Code, Diagnostic, DomainName, NameError, Place, Severity, duration};

use super::classification::{Personal, Vocabulary};
use super::documentation::{Explained, Text};
use super::freshness::{Bounds, Length};
use super::naming::{Named, Naming};
use super::ownership::Ownership;
use super::{Demand, Standard};
use crate::yaml::{Entry, Node, Reader, Value};

/// Most bytes that a compiled pattern may take.
const COMPILED_BYTES_MAX: usize = 1 << 20;
/// The five words of the open standards.
const STATUSES: [&str; 5] = ["proposed", "draft", "active", "deprecated", "retired"];
const SEVERITIES: [&str; 4] = ["error", "warning", "info", "off"];

/// What every rule says or may say. Of these, rules about domains have no `statuses`.
pub(crate) const COMMON_KEYS: [&str; 4] = ["severity", "domains", "statuses", "because"];

/// A rule's name and its parameters.
type RuleKeys = (&'static str, &'static [&'static str]);

/// Rules by section.
pub(crate) const RULES: &[(&str, &[RuleKeys])] = &[
    (
        "naming",
        &[
            ("domains", &["pattern", "lengthMax"]),
            ("products", &["pattern", "lengthMax"]),
            ("ports", &["pattern", "lengthMax"]),
            ("tables", &["pattern", "lengthMax"]),
            ("columns", &["pattern", "lengthMax"]),
        ],
    ),
    (
        "ownership",
        &[
            ("owner", &[]),
            ("stewards", &["least"]),
            ("contact", &["pattern"]),
            ("team", &["least"]),
            ("support", &["least"]),
            ("approvers", &["levels"]),
        ],
    ),
    ("classification", &[("vocabulary", &["words"]), ("personal", &["names"]), ("everyColumn", &[])]),
    (
        "freshness",
        &[
            ("latency", &["min", "max"]),
            ("frequency", &["min", "max"]),
            ("retention", &["min", "max"]),
            ("timeToDetect", &["min", "max"]),
            ("timeToNotify", &["min", "max"]),
            ("timeToRepair", &["min", "max"]),
        ],
    ),
    (
        "documentation",
        &[
            ("domains", &["lengthMin"]),
            ("ports", &["lengthMin"]),
            ("tables", &["lengthMin"]),
            ("columns", &["lengthMin"]),
            ("purpose", &["lengthMin"]),
            ("usage", &["lengthMin"]),
            ("limitations", &["lengthMin"]),
        ],
    ),
];

/// Whether a rule is about domains, which have no status.
pub(crate) fn is_about_domains(section: &str, rule: &str) -> bool {
    rule == "domains" || (section == "ownership" && matches!(rule, "owner" | "stewards" | "contact"))
}

/// Reads one file. A rule with errors is left out and told; every problem is told in one pass.
pub(crate) fn read(file: &str, text: &str) -> (Vec<Standard>, Vec<Diagnostic>) {
    let mut reader = Reader::new(file, text);
    let mut standards = Vec::new();
    let document = reader.parse().filter(|document| !matches!(document.value, Value::Null));
    let sections: Vec<&str> = RULES.iter().map(|(section, _)| *section).collect();
    let written = document.as_ref().and_then(|document| reader.entries(document, &sections)).unwrap_or_default();
    for (section, _, node) in written {
        let Some((_, rules)) = RULES.iter().find(|(name, _)| *name == section) else { continue };
        let names: Vec<&str> = rules.iter().map(|(name, _)| *name).collect();
        for (rule, key, node) in reader.entries(node, &names).unwrap_or_default() {
            let Some((_, parameters)) = rules.iter().find(|(name, _)| *name == rule) else { continue };
            standards.extend(read_rule(&mut reader, section, (rule, key, node), parameters));
        }
    }
    (standards, reader.diagnostics)
}

fn read_rule(
    reader: &mut Reader<'_>,
    section: &'static str,
    (rule, key, node): Entry<'_>,
    parameters: &[&'static str],
) -> Option<Standard> {
    let before = reader.diagnostics.len();
    let common = COMMON_KEYS.iter().filter(|key| **key != "statuses" || !is_about_domains(section, rule));
    let keys: Vec<&str> = common.chain(parameters).copied().collect();
    let entries = reader.entries(node, &keys)?;
    let get = |key: &str| entries.iter().find(|(name, ..)| *name == key).map(|(_, _, value)| *value);

    // Every key is read before any is missed, so that all problems are told at once.
    let severity = reader.required(get("severity"), "severity", key);
    let severity = severity.and_then(|node| read_severity(reader, node));
    let domains = get("domains").map_or_else(Vec::new, |node| read_domains(reader, node));
    let statuses = get("statuses").map_or_else(BTreeSet::new, |node| {
        let words = reader.list(node).iter();
        words.filter_map(|word| reader.one_of(word, "a status", &STATUSES)).map(str::to_owned).collect()
    });
    let because = get("because").and_then(|node| reader.text(node)).map(str::to_owned);
    let demand = read_demand(reader, section, rule, key, &get);
    let is_sound = reader.diagnostics.len() == before;
    Some(Standard {
        name: format!("{section}.{rule}"),
        demand: demand.filter(|_| is_sound)?,
        severity: severity?,
        domains,
        statuses,
        because,
        place: reader.place(key),
    })
}

fn read_demand<'n>(
    reader: &mut Reader<'_>,
    section: &str,
    rule: &'static str,
    key: &Node,
    get: &dyn Fn(&str) -> Option<&'n Node>,
) -> Option<Demand> {
    let least = |reader: &mut Reader<'_>, key: &str| get(key).map_or(Some(1), |node| at_least_one(reader, node));
    Some(match (section, rule) {
        ("naming", _) => {
            let of = match rule {
                "domains" => Named::Domain,
                "products" => Named::Product,
                "ports" => Named::Port,
                "tables" => Named::Table,
                _ => Named::Column,
            };
            let length_max = get("lengthMax").and_then(|node| at_least_one(reader, node));
            let pattern = reader.required(get("pattern"), "pattern", key)?;
            let (pattern, written) = read_pattern(reader, pattern)?;
            Demand::Name(Naming { of, pattern, written, length_max })
        }
        ("ownership", _) => Demand::People(match rule {
            "owner" => Ownership::Owner,
            "stewards" => Ownership::Stewards { least: least(reader, "least")? },
            "contact" => Ownership::Contact {
                pattern: match get("pattern") {
                    Some(node) => Some(read_pattern(reader, node)?),
                    None => None,
                },
            },
            "team" => Ownership::Team { least: least(reader, "least")? },
            "support" => Ownership::Support { least: least(reader, "least")? },
            _ => Ownership::Approvers { levels: least(reader, "levels")? },
        }),
        ("classification", "vocabulary") => {
            let words = reader.required(get("words"), "words", key)?;
            Demand::Words(Vocabulary { words: read_words(reader, words) })
        }
        ("classification", "personal") => {
            let names = get("names").map_or(&[][..], |node| reader.list(node)).iter();
            Demand::Personal(Personal {
                names: names.filter_map(|node| read_pattern(reader, node)).map(|(pattern, _)| pattern).collect(),
            })
        }
        ("classification", _) => Demand::Classified,
        ("freshness", property) => {
            let least = get("min").and_then(|node| read_length(reader, node));
            let most = get("max").and_then(|node| read_length(reader, node));
            if let (Some(low), Some(high), Some(node)) = (&least, &most, get("max"))
                && low.milliseconds > high.milliseconds
            {
                let message = format!("no length lies between {} and {}", low.written, high.written);
                reader.error(Code::STANDARD_INVALID, node, message);
            }
            Demand::ServiceLevel(Bounds { property, least, most })
        }
        (_, rule) => Demand::Text(Text {
            of: match rule {
                "domains" => Explained::Domain,
                "ports" => Explained::Port,
                "tables" => Explained::Table,
                "columns" => Explained::Column,
                part => Explained::Part(part),
            },
            length_min: least(reader, "lengthMin")?,
        }),
    })
}

/// `None` within for a rule that is off.
fn read_severity(reader: &mut Reader<'_>, node: &Node) -> Option<Option<Severity>> {
    Some(match reader.one_of(node, "a severity", &SEVERITIES)? {
        "error" => Some(Severity::Error),
        "warning" => Some(Severity::Warning),
        "info" => Some(Severity::Info),
        _ => None,
    })
}

fn read_domains(reader: &mut Reader<'_>, node: &Node) -> Vec<(DomainName, Place)> {
    let mut domains = Vec::new();
    for node in reader.list(node) {
        let Some(text) = reader.text(node) else { continue };
        match text.parse::<DomainName>() {
            Ok(name) => domains.push((name, reader.place(node))),
            Err(error) => {
                let error: NameError = error;
                reader.error(Code::NAME_ILLEGAL, node, error.to_string());
            }
        }
    }
    domains
}

/// A pattern that a name must match as a whole, and the text of it.
fn read_pattern(reader: &mut Reader<'_>, node: &Node) -> Option<(Regex, String)> {
    let text = reader.text(node)?;
    // Without the pattern by itself, an unpaired bracket could be made good by those around it.
    let compiled = Regex::new(text)
        .and_then(|_| RegexBuilder::new(&format!("^(?:{text})$")).size_limit(COMPILED_BYTES_MAX).build());
    match compiled {
        Ok(pattern) => Some((pattern, text.to_owned())),
        Err(error) => {
            let why = match &error {
                regex::Error::CompiledTooBig(_) => "it is too large to run".to_owned(),
                other => plain(&other.to_string()),
            };
            reader.error(Code::STANDARD_INVALID, node, format!("the pattern does not compile: {why}"));
            None
        }
    }
}

/// The last line of the library's message, which says what is wrong.
fn plain(message: &str) -> String {
    message.lines().last().unwrap_or(message).trim_start_matches("error: ").to_owned()
}

fn read_words(reader: &mut Reader<'_>, node: &Node) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    for node in reader.list(node) {
        let Some(word) = reader.text(node) else { continue };
        if words.iter().any(|known| known == word) {
            reader.error(Code::STANDARD_INVALID, node, format!("`{word}` is written twice"));
        }
        words.push(word.to_owned());
    }
    if words.is_empty() {
        reader.error(Code::STANDARD_INVALID, node, "a vocabulary without words allows no classification");
    }
    words
}

fn read_length(reader: &mut Reader<'_>, node: &Node) -> Option<Length> {
    let text = reader.text(node)?;
    let Some(milliseconds) = duration::milliseconds(text) else {
        let place = reader.place(node);
        let help = "write a duration such as `P1D` or `PT4H`, or a number with a unit such as `36 h`";
        let message = format!("`{text}` is not a length of time");
        reader.diagnostics.push(Diagnostic::error(Code::STANDARD_INVALID, place, message).help(help));
        return None;
    };
    Some(Length { milliseconds, written: text.to_owned() })
}

fn at_least_one(reader: &mut Reader<'_>, node: &Node) -> Option<usize> {
    let count = reader.count(node)?;
    if count == 0 {
        reader.error(Code::STANDARD_INVALID, node, "0 asks for nothing: write `severity: off` to switch the rule off");
        return None;
    }
    Some(count)
}
