//! The words that policies are made of.

use std::collections::BTreeSet;

use weft_model::{Column, Place};

/// Longest name of a principal, group or role.
const NAME_BYTES_MAX: usize = 128;

/// Whether `text` can be the name of a principal, group or role.
pub(crate) fn is_name(text: &str) -> bool {
    let legal = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b"_.@-".contains(&b);
    !text.is_empty() && text.len() <= NAME_BYTES_MAX && text.bytes().all(legal)
}

/// Whether `text` can be a tag: parts of a-z, 0-9, `_` and `-`, joined by dots.
pub(crate) fn is_tag(text: &str) -> bool {
    let legal = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_' || b == b'-';
    text.len() <= NAME_BYTES_MAX && text.split('.').all(|part| !part.is_empty() && part.bytes().all(legal))
}

/// The tags with everything that they lie under: `pii` too for `pii.email`.
pub(crate) fn expanded<'a>(tags: impl IntoIterator<Item = &'a str>) -> BTreeSet<String> {
    let mut all = BTreeSet::new();
    for tag in tags {
        for name in containers(tag).chain([tag]) {
            // Most are there already, and need no text of their own.
            if !all.contains(name) {
                all.insert(name.to_owned());
            }
        }
    }
    all
}

/// Classification and tags of a column, as written; not those of its parts.
pub(crate) fn tags_of(column: &Column) -> impl Iterator<Item = &str> {
    column.classification.iter().chain(&column.tags).map(String::as_str)
}

/// Classification and tags of everything within a column, as written.
pub(crate) fn tags_within(column: &Column) -> impl Iterator<Item = &str> {
    column.parts.iter().flat_map(|part| part.classification.iter().chain(&part.tags)).map(String::as_str)
}

/// A column as policies write it. Policies write names in lower case, and a contract has no two
/// columns that differ in case alone; a dot in a column's name is none to them.
pub(crate) fn column_term(port_term: &str, column: &str) -> String {
    format!("{port_term}.{}", column.to_lowercase().replace('.', "\u{2024}"))
}

/// The name of `known` that is most like `text`, if any is near.
pub(crate) fn nearest<'a>(text: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    known
        .into_iter()
        .map(|candidate| (strsim::damerau_levenshtein(text, candidate), candidate))
        .filter(|(distance, candidate)| *distance <= 1 + candidate.len() / 4)
        .min()
        .map(|(_, candidate)| candidate)
}

/// The objects that contain `object` by its name: `obj:a.b` and `obj:a` for `obj:a.b.c`. Nearest
/// first; empty for a domain.
pub(crate) fn containers(object: &str) -> impl Iterator<Item = &str> {
    object.rmatch_indices('.').filter_map(|(dot, _)| object.get(..dot))
}

/// The place of `marked`, which begins at a known line, column and byte and stays on the line.
/// Unlike [`Place::of_bytes`] it does not read the text from its beginning: files are long, and
/// places many.
pub(crate) fn place_on_line(file: &str, line: u32, column: u32, start: usize, marked: &str) -> Place {
    Place {
        file: file.to_owned(),
        line,
        column,
        end_line: line,
        end_column: column.saturating_add(width(marked)),
        bytes: (start, start + marked.len()),
    }
}

/// Characters in `text`, as columns count them.
pub(crate) fn width(text: &str) -> u32 {
    u32::try_from(text.chars().count()).unwrap_or(u32::MAX)
}
