//! Regular expressions, held to bounds: they are compiled, and large ones take memory and time.

use std::collections::BTreeSet;

use arrow::array::StringArray;

use crate::QueryError;

/// Bytes of a pattern.
const PATTERN_BYTES_MAX: usize = 1_000;
/// Characters of a pattern once its `{n}` are written out.
const PATTERN_STEPS_MAX: usize = 20_000;
/// Different patterns in one batch of rows: each is compiled and kept.
const PATTERNS_MAX: usize = 16;

/// Refuses patterns that are too long, or too many.
pub(super) fn ensure_bounded(patterns: Option<&StringArray>) -> Result<(), QueryError> {
    let Some(patterns) = patterns else { return Ok(()) };
    let mut seen: BTreeSet<&str> = BTreeSet::new();
    for pattern in patterns.iter().flatten() {
        if seen.insert(pattern) {
            ensure_one(pattern)?;
            if seen.len() > PATTERNS_MAX {
                return Err(too_much("the number of different patterns", "patterns", PATTERNS_MAX));
            }
        }
    }
    Ok(())
}

/// Refuses a pattern that is too long, also once it is written out.
pub(super) fn ensure_one(pattern: &str) -> Result<(), QueryError> {
    if pattern.len() > PATTERN_BYTES_MAX {
        return Err(too_much("a pattern", "bytes", PATTERN_BYTES_MAX));
    }
    if steps(pattern) > PATTERN_STEPS_MAX {
        return Err(too_much("a pattern with its repetitions written out", "characters", PATTERN_STEPS_MAX));
    }
    Ok(())
}

fn too_much(what: &str, unit: &'static str, limit: usize) -> QueryError {
    QueryError::ResultBounds { what: what.to_owned(), unit, limit: limit as u64 }
}

/// How long a text can become when what a pattern finds in it is replaced.
///
/// Finds do not overlap: each `$1` in the replacement adds the text once at most, and what stands
/// between is added once for each find.
pub(super) fn replaced(text_bytes: usize, replacement: &str, everywhere: bool) -> usize {
    let finds = if everywhere { text_bytes.saturating_add(1) } else { 1 };
    let references = replacement.bytes().filter(|byte| matches!(byte, b'$' | b'\\')).count();
    finds.saturating_mul(replacement.len()).saturating_add(text_bytes.saturating_mul(references.saturating_add(1)))
}

/// About how many characters the pattern has once `{n}` is written out.
pub(super) fn steps(pattern: &str) -> usize {
    let (mut outer, mut group, mut last) = (Vec::new(), 0_usize, 0_usize);
    let mut rest = pattern.chars();
    while let Some(c) = rest.next() {
        match c {
            '\\' => {
                rest.next();
                (group, last) = (group.saturating_add(1), 1);
            }
            '(' => {
                outer.push(std::mem::take(&mut group));
                last = 0;
            }
            ')' => {
                last = group.saturating_add(1);
                group = outer.pop().unwrap_or(0).saturating_add(last);
            }
            '{' => {
                let inside: String = rest.by_ref().take_while(|c| *c != '}').collect();
                let most = inside.split(',').filter_map(|n| n.trim().parse::<usize>().ok()).max().unwrap_or(1);
                let written = last.saturating_mul(most.max(1));
                group = group.saturating_sub(last).saturating_add(written);
                last = written;
            }
            _ => (group, last) = (group.saturating_add(1), 1),
        }
    }
    outer.into_iter().fold(group, usize::saturating_add)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn repetitions_multiply() {
        assert!(ensure_one(r"^\d{4}-\d{2}-\d{2}T[0-9]{1,9}$").is_ok());
        assert!(ensure_one(r"[a-z0-9]{1,63}(\.[a-z0-9]{1,63}){0,10}").is_ok());
        assert!(ensure_one("(((a{100}){100}){100})").is_err());
        assert!(ensure_one("a{1000}{1000}").is_err());
        assert!(ensure_one("(ab{200}c){200}").is_err());
        assert!(ensure_one(&"a".repeat(2_000)).is_err());
        assert!(ensure_one("({{}}((").is_ok());
    }

    #[test]
    fn many_patterns_in_one_batch_are_refused() {
        let patterns = |n: usize| (0..1_000).map(|i| Some((i % n).to_string())).collect::<StringArray>();
        assert!(ensure_bounded(Some(&patterns(16))).is_ok());
        assert!(ensure_bounded(Some(&patterns(17))).is_err());
    }

    #[test]
    fn a_replacement_counts_each_reference_once_over_the_text() {
        assert_eq!(replaced(10, "x", false), 1 + 10);
        assert_eq!(replaced(10, "x", true), 11 + 10);
        assert_eq!(replaced(10, r"\1", false), 2 + 20);
    }
}
