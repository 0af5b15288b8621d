//! Two contracts side by side, for people and for programs.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde::Serialize;
use serde_json::{Value as Json, json};
use weft_model::compatibility::{Bump, Change, Grade, Rule, minimum_bump};
use weft_model::{Code, Diagnostic, ManifestTree, Place};

use super::{changes, version};
use crate::form::yaml::Node;
use crate::form::{self, Opened};
use crate::odcs::{self, DataContract};

/// Everything that differs between two contracts, and what their versions say of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Comparison {
    /// The contracts' versions as they are written.
    pub old_version: String,
    pub new_version: String,
    /// Whether some change is an error for consumers.
    pub breaking: bool,
    /// The part of the version that must rise at least; `None` where nothing changes.
    pub minimum_bump: Option<Bump>,
    /// The part that does rise; `None` where it does not, or a version is no semantic one.
    pub bump: Option<Bump>,
    pub changes: Vec<Change>,
}

impl Comparison {
    /// Compares two contracts. Total.
    pub fn of(old: &DataContract, new: &DataContract) -> Self {
        let changes = changes(old, new);
        let bump = version(old).zip(version(new)).and_then(|(old, new)| Bump::between(&old, &new));
        Comparison {
            old_version: old.version.clone(),
            new_version: new.version.clone(),
            breaking: changes.iter().any(Change::breaks),
            minimum_bump: minimum_bump(&changes),
            bump,
            changes,
        }
    }

    /// Whether the version rises as far as the changes ask.
    pub fn is_version_enough(&self) -> bool {
        self.minimum_bump.is_none_or(|minimum| self.bump.is_some_and(|bump| bump >= minimum))
    }

    /// For people: a line a change, what breaks first, and what the version must become if it
    /// does not rise enough.
    pub fn to_text(&self) -> String {
        if self.changes.is_empty() {
            return "no changes\n".to_owned();
        }
        let tables: std::collections::BTreeSet<_> =
            self.changes.iter().filter_map(|c| c.subject.table.as_ref()).collect();
        let names_tables = tables.len() > 1;
        let width = self.changes.iter().map(|change| label(change).len()).max().unwrap_or_default().max(6);
        let mut lines: Vec<_> = self.changes.iter().collect();
        lines.sort_by_key(|change| std::cmp::Reverse(change.grades.consumers == Grade::Error));
        let mut text = String::new();
        for change in lines {
            let _ = writeln!(text, "{:width$} {}", label(change), line(change, names_tables));
        }
        if let (false, Some(minimum)) = (self.is_version_enough(), self.minimum_bump) {
            let rises = self.bump.map_or("no higher version", Bump::as_str);
            let _ = writeln!(
                text,
                "\nversion {} → {} is {rises}; these changes ask for {}",
                self.old_version,
                self.new_version,
                minimum.as_str()
            );
        }
        text
    }
}

/// In a word what the change means to those who read: `BREAKING`, `access`, `sla`, `warning`, `safe`.
pub fn label(change: &Change) -> &'static str {
    let is_service = matches!(
        change.rule,
        Rule::ServiceLooser
            | Rule::ServiceTighter
            | Rule::ServiceChanged
            | Rule::RetentionShorter
            | Rule::RetentionLonger
    );
    match change.grades.consumers {
        Grade::Error => "BREAKING",
        _ if change.grades.access_holders == Grade::Error => "access",
        _ if is_service => "sla",
        Grade::Warning => "warning",
        Grade::Info | Grade::None => "safe",
    }
}

/// `+ margin_eur decimal(12,2)`, `~ description of net_eur`, `~ freshness 07:00 → 06:00`.
pub fn line(change: &Change, names_table: bool) -> String {
    let table = change.subject.table.as_deref();
    let prefix = table.filter(|_| names_table && change.subject.column.is_some());
    let column = change.subject.column.as_deref().map(|column| match prefix {
        Some(table) => format!("{table}.{column}"),
        None => column.to_owned(),
    });
    let subject = column.or_else(|| table.map(str::to_owned));
    let sign = change.sign.as_str();
    let name = match (change.aspect.as_str(), subject) {
        ("", Some(subject)) if change.subject.column.is_none() => format!("table {subject}"),
        ("", subject) => subject.unwrap_or_default(),
        (aspect, Some(subject)) => format!("{aspect} of {subject}"),
        (aspect, None) => aspect.to_owned(),
    };
    // Texts and whole structures are too long for a line; that they changed is enough.
    let is_shown = |value: &&String| !value.is_empty() && !value.starts_with(['[', '{']);
    let is_text = matches!(change.aspect.as_str(), "description" | "granularity" | "transformLogic");
    let (before, after) = (change.before.as_ref().filter(is_shown), change.after.as_ref().filter(is_shown));
    let values = match (before, after) {
        _ if is_text || before == after => String::new(),
        (Some(before), Some(after)) => format!(" {before} → {after}"),
        (Some(value), None) | (None, Some(value)) => format!(" {value}"),
        (None, None) => String::new(),
    };
    format!("{sign} {name}{values}")
}

/// Two texts of which at least one is no contract.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{} cannot be read as a contract", if *.is_old { "the old text" } else { "the new text" })]
pub struct Unreadable {
    /// Whether it is the old text; the new one otherwise.
    pub is_old: bool,
    /// Why, each at its place. Never empty.
    pub problems: Vec<Diagnostic>,
}

/// Compares the texts of two contracts (YAML or JSON).
///
/// # Errors
///
/// If one of them has errors of form, since what was not understood cannot be compared. Rules of
/// meaning are not looked at.
pub fn compare_texts(old: &str, new: &str) -> Result<Comparison, Unreadable> {
    compare_files(("old", old), ("new", new))
}

/// Compares two files, each given as name and text; problems are told under those names.
///
/// # Errors
///
/// As [`compare_texts`].
pub fn compare_files(old: (&str, &str), new: (&str, &str)) -> Result<Comparison, Unreadable> {
    let read =
        |(file, text): (&str, &str), is_old: bool| read(file, text).map_err(|problems| Unreadable { is_old, problems });
    Ok(Comparison::of(&read(old, true)?, &read(new, false)?))
}

fn read(file: &str, text: &str) -> Result<DataContract, Vec<Diagnostic>> {
    let tree = ManifestTree::of_texts([(file, text)]);
    let mut problems = Vec::new();
    let contract = document(&tree, file, &mut problems);
    problems.retain(Diagnostic::is_error);
    match contract {
        Some(contract) if problems.is_empty() => Ok(contract),
        _ if problems.is_empty() => {
            Err(vec![Diagnostic::error(Code::WRONG_TYPE, Place::start_of(file), "this is no contract")])
        }
        _ => Err(problems),
    }
}

/// The contract in `file`, its form alone looked at. `None` where it could not be read, which is
/// reported.
pub(super) fn document(tree: &ManifestTree, file: &str, problems: &mut Vec<Diagnostic>) -> Option<DataContract> {
    let Opened::Tree { source, root, has_errors } = form::open(tree, file, problems) else { return None };
    let root = odcs::upgraded(root);
    let api_version = root.get("apiVersion").and_then(Node::text).unwrap_or_default();
    let lenient = !matches!(api_version, "v3.2.0" | "v3.1.0");
    form::read(source, root, has_errors, "ODCS 3.2", lenient, problems).map(|document| document.value)
}

/// The comparison of the two files of one name.
#[derive(Clone, Debug)]
pub struct Pair {
    /// The file's name, the same in both folders.
    pub file: String,
    pub outcome: Result<Comparison, Unreadable>,
}

/// Two folders of contracts side by side.
#[derive(Clone, Debug, Default)]
pub struct Folders {
    /// By file name, in byte order.
    pub pairs: Vec<Pair>,
    /// Files that one folder has alone.
    pub only_old: Vec<String>,
    pub only_new: Vec<String>,
}

/// Compares the files of one name in two folders, given as name and text.
pub fn compare_folders(old: &BTreeMap<String, String>, new: &BTreeMap<String, String>) -> Folders {
    let both = old.iter().filter_map(|(file, text)| Some((file, text, new.get(file)?)));
    let lone = |these: &BTreeMap<String, String>, others: &BTreeMap<String, String>| {
        these.keys().filter(|file| !others.contains_key(*file)).cloned().collect()
    };
    Folders {
        pairs: both
            .map(|(file, old, new)| Pair { file: file.clone(), outcome: compare_files((file, old), (file, new)) })
            .collect(),
        only_old: lone(old, new),
        only_new: lone(new, old),
    }
}

impl Folders {
    /// Whether some pair breaks a reader.
    pub fn is_breaking(&self) -> bool {
        self.pairs.iter().any(|pair| pair.outcome.as_ref().is_ok_and(|comparison| comparison.breaking))
    }

    /// Whether every file could be read.
    pub fn is_readable(&self) -> bool {
        self.pairs.iter().all(|pair| pair.outcome.is_ok())
    }

    /// For programs: `pairs`, each a comparison with `file`, or a `file` with `problem`; then the
    /// names that one folder has alone.
    pub fn to_json(&self) -> Json {
        let pair = |pair: &Pair| match &pair.outcome {
            Ok(comparison) => {
                let mut value = json!(comparison);
                if let Json::Object(keys) = &mut value {
                    keys.insert("file".to_owned(), json!(pair.file));
                }
                value
            }
            Err(unreadable) => {
                let problems: Vec<String> = unreadable.problems.iter().map(ToString::to_string).collect();
                json!({ "file": pair.file, "problem": unreadable.to_string(), "problems": problems })
            }
        };
        let pairs: Vec<Json> = self.pairs.iter().map(pair).collect();
        json!({ "pairs": pairs, "only_old": self.only_old, "only_new": self.only_new })
    }

    /// For people: each pair that changes under its file's name.
    pub fn to_text(&self) -> String {
        let mut text = String::new();
        for pair in &self.pairs {
            match &pair.outcome {
                Ok(comparison) if comparison.changes.is_empty() => {}
                Ok(comparison) => {
                    let _ = writeln!(text, "{}\n{}", pair.file, comparison.to_text());
                }
                Err(unreadable) => {
                    let _ = writeln!(text, "{}: {unreadable}", pair.file);
                }
            }
        }
        for (sign, files) in [("-", &self.only_old), ("+", &self.only_new)] {
            for file in files {
                let _ = writeln!(text, "{sign} {file}");
            }
        }
        if text.is_empty() { "no changes\n".to_owned() } else { text }
    }
}
