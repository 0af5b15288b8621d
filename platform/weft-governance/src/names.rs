//! The words that policies are made of.

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
