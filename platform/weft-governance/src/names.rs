//! The words that policies are made of.

use weft_model::Place;

/// Longest name of a principal, group or role.
const NAME_BYTES_MAX: usize = 128;

/// Whether `text` can be the name of a principal, group or role.
pub(crate) fn is_name(text: &str) -> bool {
    let legal = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b"_.@-".contains(&b);
    !text.is_empty() && text.len() <= NAME_BYTES_MAX && text.bytes().all(legal)
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
