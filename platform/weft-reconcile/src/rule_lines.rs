//! Which lines of policies, restrictions and groups a revision adds and takes away.

use std::collections::BTreeMap;

use serde::Serialize;
use weft_model::ManifestTree;
use weft_model::compatibility::Sign;

/// A line of a file that decides who may see what.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RuleLine {
    pub sign: Sign,
    pub file: String,
    /// Counts from 1, in the text that has the line.
    pub line: usize,
    /// Without the white space around it.
    pub text: String,
}

/// Lines that one tree has and the other has not, by file and line; what goes stands before what
/// comes. Blank lines and comments decide nothing, and neither does the order of lines.
pub fn rule_lines(before: &ManifestTree, after: &ManifestTree) -> Vec<RuleLine> {
    let mut files: Vec<&str> = before.files().chain(after.files()).map(|(path, _)| path).collect();
    files.retain(|path| decides(path));
    files.sort_unstable();
    files.dedup();
    let text = |tree: &ManifestTree, file: &str| tree.text(file).map(|text| text.to_string()).unwrap_or_default();
    let changed = |file: &&str| before.text(file) != after.text(file);
    files.into_iter().filter(changed).flat_map(|file| of_file(file, &text(before, file), &text(after, file))).collect()
}

fn decides(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    path == "governance/principals.yaml"
        || path == "governance/model.conf"
        || (path.starts_with("governance/policies/") && path.ends_with(".csv"))
        || matches!(name, "access.csv" | "restrictions.yaml")
}

fn of_file(file: &str, before: &str, after: &str) -> Vec<RuleLine> {
    let mut counts: BTreeMap<&str, isize> = BTreeMap::new();
    for (_, line) in lines(before) {
        *counts.entry(line).or_default() -= 1;
    }
    for (_, line) in lines(after) {
        *counts.entry(line).or_default() += 1;
    }
    let mut left = counts.clone();
    let mut take = |text: &str, sign: Sign, line: usize, step: isize| {
        let count = left.get_mut(text).filter(|count| count.signum() == step)?;
        *count -= step;
        Some(RuleLine { sign, file: file.to_owned(), line, text: text.to_owned() })
    };
    let mut found: Vec<RuleLine> =
        lines(before).filter_map(|(line, text)| take(text, Sign::Removed, line, -1)).collect();
    // Of equal lines the last one is new.
    let all: Vec<(usize, &str)> = lines(after).collect();
    let mut added: Vec<RuleLine> =
        all.into_iter().rev().filter_map(|(line, text)| take(text, Sign::Added, line, 1)).collect();
    added.reverse();
    found.extend(added);
    found
}

fn lines(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let numbered = text.lines().enumerate().map(|(i, line)| (i + 1, line.trim()));
    numbered.filter(|(_, line)| !line.is_empty() && !line.starts_with('#'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(before: &str, after: &str, expected: &[&str]) {
        let tree = |text| ManifestTree::of_texts([("governance/policies/a.csv", text), ("products/a/x.sql", text)]);
        let told: Vec<String> = rule_lines(&tree(before), &tree(after))
            .iter()
            .map(|rule| format!("{}{}:{} {}", rule.sign.as_str(), rule.file, rule.line, rule.text))
            .collect();
        assert_eq!(told, expected);
    }

    #[test]
    fn lines_that_come_and_go_are_told_and_no_others() {
        check(
            "# a\np, x\np, y\n",
            "p, y\n\np, z\n",
            &["-governance/policies/a.csv:2 p, x", "+governance/policies/a.csv:3 p, z"],
        );
        check("p, x\np, y\n", "p, y\np, x\n# said\n", &[]);
        check("p, x\n", "p, x\np, x\n", &["+governance/policies/a.csv:2 p, x"]);
    }
}
