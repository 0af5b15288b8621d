//! Texts as words: what is looked for, and where in a text it stands.

use std::ops::Range;

/// Most words of one question that count.
pub(crate) const WORDS_MAX: usize = 8;
/// Longest word that is kept, in bytes; what is longer is no word that somebody looks for.
const WORD_BYTES_MAX: usize = 64;
/// From how many characters on the beginning of a word finds it.
const BEGINNING_MIN: usize = 2;
/// From how many characters on a word may have one letter wrong, and two.
const ONE_WRONG_MIN: usize = 4;
const TWO_WRONG_MIN: usize = 8;

/// How well a word fits what was found: the greater the better.
pub(crate) mod fit {
    /// Only what it is a part of is called so.
    pub(crate) const AROUND: u8 = 1;
    pub(crate) const TEXT_TYPO: u8 = 2;
    pub(crate) const TITLE_TYPO: u8 = 3;
    pub(crate) const NAME_TYPO: u8 = 4;
    pub(crate) const TEXT_BEGINNING: u8 = 5;
    pub(crate) const TEXT_WORD: u8 = 6;
    pub(crate) const TITLE_BEGINNING: u8 = 7;
    pub(crate) const TITLE_WORD: u8 = 8;
    pub(crate) const PART_BEGINNING: u8 = 9;
    pub(crate) const PART: u8 = 10;
    pub(crate) const NAME_BEGINNING: u8 = 11;
    pub(crate) const NAME: u8 = 12;
    pub(crate) const FULL_NAME: u8 = 13;

    /// Whether it fits something of its own.
    pub(crate) fn is_own(fit: u8) -> bool {
        fit > AROUND
    }
}

/// A word of a text in lower case, and where it stands, in bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Word {
    pub(crate) text: String,
    pub(crate) at: Range<usize>,
}

/// The words of `text` in order: stretches of letters and digits, and the parts of those written in `camelCase`.
/// A stretch that has parts comes as a whole after them.
pub(crate) fn words(text: &str) -> Vec<Word> {
    let mut words = Vec::new();
    for stretch in stretches(text) {
        let parts = parts(text, &stretch);
        let has_parts = parts.len() > 1;
        words.extend(parts.into_iter().map(|part| word(text, part)));
        if has_parts {
            words.push(word(text, stretch));
        }
    }
    words.retain(|word| word.text.len() <= WORD_BYTES_MAX);
    words
}

/// The words of a question, each once, in order; at most [`WORDS_MAX`].
pub(crate) fn asked(text: &str) -> Vec<String> {
    let mut asked: Vec<String> = Vec::new();
    for part in stretches(text).into_iter().flat_map(|stretch| parts(text, &stretch)) {
        let word = word(text, part).text;
        if word.len() <= WORD_BYTES_MAX && !asked.contains(&word) {
            asked.push(word);
        }
    }
    asked.truncate(WORDS_MAX);
    asked
}

/// The letters and digits of `text` in lower case, so that `refund_amount`, `refundAmount` and `refund amount` are one.
pub(crate) fn squeezed(text: &str) -> String {
    text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// The part of `text` of which the first letters and digits, squeezed, are `length` bytes.
pub(crate) fn beginning(text: &str, length: usize) -> Range<usize> {
    let mut taken = 0;
    let mut start = None;
    for (at, c) in text.char_indices().filter(|(_, c)| c.is_alphanumeric()) {
        let start = *start.get_or_insert(at);
        taken += c.to_lowercase().map(char::len_utf8).sum::<usize>();
        if taken >= length {
            return start..at + c.len_utf8();
        }
    }
    start.unwrap_or(0)..text.len()
}

/// How many letters of `word` may be wrong.
pub(crate) fn wrong_max(word: &str) -> u8 {
    match word.chars().count() {
        ..ONE_WRONG_MIN => 0,
        ONE_WRONG_MIN..TWO_WRONG_MIN => 1,
        _ => 2,
    }
}

/// Whether the beginning of a word finds it.
pub(crate) fn finds_by_beginning(word: &str) -> bool {
    word.chars().nth(BEGINNING_MIN - 1).is_some()
}

/// How many letters are wrong, missing, too many or changed places with the next between `a` and `b`; `None` where
/// they are more than `max`.
pub(crate) fn distance(a: &str, b: &str, max: u8) -> Option<u8> {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    if a.len().abs_diff(b.len()) > usize::from(max) {
        return None;
    }
    let mut before_last: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.iter().enumerate() {
        let mut row = vec![i + 1];
        for (j, y) in b.iter().enumerate() {
            let cell = |row: &[usize], at: usize| row.get(at).copied().unwrap_or(usize::MAX / 2);
            let mut least = (cell(&last, j) + usize::from(x != y)).min(cell(&last, j + 1) + 1).min(cell(&row, j) + 1);
            let swapped = i > 0 && j > 0 && a.get(i - 1) == Some(y) && b.get(j - 1) == Some(x);
            if swapped {
                least = least.min(cell(&before_last, j - 1) + 1);
            }
            row.push(least);
        }
        before_last = std::mem::replace(&mut last, row);
    }
    last.last().and_then(|distance| u8::try_from(*distance).ok()).filter(|distance| *distance <= max)
}

fn word(text: &str, at: Range<usize>) -> Word {
    Word { text: text.get(at.clone()).unwrap_or_default().to_lowercase(), at }
}

fn stretches(text: &str) -> Vec<Range<usize>> {
    let mut stretches = Vec::new();
    let mut start = None;
    for (at, c) in text.char_indices() {
        match (start, c.is_alphanumeric()) {
            (None, true) => start = Some(at),
            (Some(begin), false) => {
                stretches.push(begin..at);
                start = None;
            }
            _ => {}
        }
    }
    stretches.extend(start.map(|begin| begin..text.len()));
    stretches
}

/// A stretch where a capital begins a part: `tailNum` is `tail` and `Num`, `HTTPStatus` is `HTTP` and `Status`.
fn parts(text: &str, stretch: &Range<usize>) -> Vec<Range<usize>> {
    let inside: Vec<(usize, char)> =
        text.get(stretch.clone()).unwrap_or_default().char_indices().map(|(at, c)| (stretch.start + at, c)).collect();
    let mut parts = Vec::new();
    let mut begin = stretch.start;
    for around in inside.windows(2) {
        let [(_, before), (at, here)] = around else { continue };
        let after = inside.iter().find(|(other, _)| other > at).map(|(_, c)| *c);
        let rises = !before.is_uppercase() && here.is_uppercase();
        let ends_capitals = before.is_uppercase() && here.is_uppercase() && after.is_some_and(char::is_lowercase);
        if rises || ends_capitals {
            parts.push(begin..*at);
            begin = *at;
        }
    }
    parts.push(begin..stretch.end);
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(text: &str) -> Vec<String> {
        words(text).into_iter().map(|word| word.text).collect()
    }

    #[test]
    fn names_are_cut_at_what_is_no_letter_and_at_capitals() {
        assert_eq!(texts("refund_amount"), ["refund", "amount"]);
        assert_eq!(texts("sales.refunds.v2"), ["sales", "refunds", "v2"]);
        assert_eq!(texts("tailNum"), ["tail", "num", "tailnum"]);
        assert_eq!(texts("HTTPStatusCode"), ["http", "status", "code", "httpstatuscode"]);
        assert_eq!(texts("IDs of Flüge"), ["i", "ds", "ids", "of", "flüge"]);
        assert_eq!(texts("—"), [""; 0]);
        let words = words("One row per Flug-Nr.");
        assert_eq!(words.last().map(|word| word.at.clone()), Some(17..19));
    }

    #[test]
    fn a_question_has_each_word_once_and_no_whole_beside_its_parts() {
        assert_eq!(asked("tailNum TAIL, num"), ["tail", "num"]);
        assert_eq!(asked(" ?! "), [""; 0]);
        assert_eq!(asked("a b c d e f g h i j").len(), WORDS_MAX);
    }

    #[test]
    fn letters_that_change_places_are_one_wrong() {
        assert_eq!(distance("refnud", "refund", 1), Some(1));
        assert_eq!(distance("refund", "refund", 0), Some(0));
        assert_eq!(distance("refun", "refund", 1), Some(1));
        assert_eq!(distance("rfnud", "refund", 1), None);
        assert_eq!(distance("rfnud", "refund", 2), Some(2));
        assert_eq!(distance("gate", "date", 1), Some(1));
        assert_eq!(distance("", "ab", 2), Some(2));
        assert_eq!((wrong_max("id"), wrong_max("gate"), wrong_max("departure")), (0, 1, 2));
    }

    #[test]
    fn names_are_one_however_they_are_written() {
        assert_eq!(squeezed("Refund_Amount"), "refundamount");
        assert_eq!(beginning("refund_amount", 8), 0..9);
        assert_eq!(beginning("__id", 2), 2..4);
    }
}
