//! Where in a text the words of a question stand.

use std::ops::Range;

use super::words::{beginning, distance, finds_by_beginning, fit, squeezed, words, wrong_max};

/// What is looked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Sought {
    pub(super) words: Vec<SoughtWord>,
    /// All of it, squeezed.
    pub(super) whole: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct SoughtWord {
    pub(super) text: String,
    /// Whether it stands nowhere as it is written, so that letters may be wrong.
    pub(super) with_typos: bool,
}

/// What a text is to what it belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sort {
    Name,
    Title,
    Text,
}

/// The words of a question in a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Spot {
    /// How well each word of the question fits.
    pub(super) fits: Vec<u8>,
    /// In order, apart from each other; in UTF-16 code units, which browsers count in.
    pub(super) offsets: Vec<(u64, u64)>,
}

impl Spot {
    /// How well all of it fits.
    pub(super) fn weight(&self) -> u32 {
        self.fits.iter().map(|fit| u32::from(*fit)).sum()
    }
}

/// Where `sought` stands in `text`; `None` where no word of it does.
pub(super) fn spot(sought: &Sought, text: &str, sort: Sort) -> Option<Spot> {
    let tight = if sort == Sort::Name { squeezed(text) } else { String::new() };
    if !may_hold(sought, text, &tight) {
        return None;
    }
    let mut ranges: Vec<Range<usize>> = Vec::new();
    let mut fits = vec![0_u8; sought.words.len()];
    if sort == Sort::Name && !tight.is_empty() && tight == sought.whole {
        ranges.push(0..text.len());
        fits.fill(fit::NAME);
    } else {
        let standing = words(text);
        for (word, best) in sought.words.iter().zip(&mut fits) {
            if sort == Sort::Name && finds_by_beginning(&word.text) && tight.starts_with(&word.text) {
                *best = if tight == word.text { fit::NAME } else { fit::NAME_BEGINNING };
                ranges.push(beginning(text, word.text.len()));
            }
            for stands in &standing {
                let fit = fit_of(word, &stands.text, sort);
                if fit > 0 {
                    *best = (*best).max(fit);
                    let found = if stands.text.starts_with(&word.text) {
                        beginning_of(text, &stands.at, &word.text)
                    } else {
                        stands.at.clone()
                    };
                    ranges.push(found);
                }
            }
        }
    }
    let offsets = in_utf16(text, apart(ranges));
    fits.iter().any(|fit| *fit > 0).then_some(Spot { fits, offsets })
}

/// Whether it is worth while to look closer.
fn may_hold(sought: &Sought, text: &str, tight: &str) -> bool {
    let low = text.to_lowercase();
    sought.words.iter().any(|word| word.with_typos || low.contains(&word.text) || tight.contains(&word.text))
}

fn fit_of(word: &SoughtWord, stands: &str, sort: Sort) -> u8 {
    let [whole, beginning, typo] = match sort {
        Sort::Name => [fit::PART, fit::PART_BEGINNING, fit::NAME_TYPO],
        Sort::Title => [fit::TITLE_WORD, fit::TITLE_BEGINNING, fit::TITLE_TYPO],
        Sort::Text => [fit::TEXT_WORD, fit::TEXT_BEGINNING, fit::TEXT_TYPO],
    };
    if stands == word.text {
        whole
    } else if finds_by_beginning(&word.text) && stands.starts_with(&word.text) {
        beginning
    } else if word.with_typos && distance(&word.text, stands, wrong_max(&word.text)).is_some() {
        typo
    } else {
        0
    }
}

/// The first letters of a word that stands at `at`, as many as `found` has.
fn beginning_of(text: &str, at: &Range<usize>, found: &str) -> Range<usize> {
    let within = beginning(text.get(at.clone()).unwrap_or_default(), found.len());
    at.start + within.start..at.start + within.end
}

/// The same ranges in order, those that touch put together.
fn apart(mut ranges: Vec<Range<usize>>) -> Vec<Range<usize>> {
    ranges.sort_by_key(|range| (range.start, range.end));
    let mut apart: Vec<Range<usize>> = Vec::new();
    for range in ranges {
        match apart.last_mut().filter(|last| last.end >= range.start) {
            Some(last) => last.end = last.end.max(range.end),
            None => apart.push(range),
        }
    }
    apart
}

fn in_utf16(text: &str, ranges: Vec<Range<usize>>) -> Vec<(u64, u64)> {
    let units = |to: usize| text.get(..to).unwrap_or(text).encode_utf16().count() as u64;
    ranges.into_iter().map(|range| (units(range.start), units(range.end))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sought(q: &str, with_typos: bool) -> Sought {
        let words = super::super::words::asked(q);
        let words = words.into_iter().map(|text| SoughtWord { text, with_typos });
        Sought { words: words.collect(), whole: squeezed(q) }
    }

    /// What is found of `q` in `text`, in brackets.
    #[track_caller]
    fn check(q: &str, text: &str, sort: Sort, expected: &str) {
        let mut told: Vec<u16> = text.encode_utf16().collect();
        let spot = spot(&sought(q, q.ends_with('~')), text, sort);
        for (start, end) in spot.iter().flat_map(|spot| &spot.offsets).rev() {
            told.insert(usize::try_from(*end).unwrap(), u16::from(b']'));
            told.insert(usize::try_from(*start).unwrap(), u16::from(b'['));
        }
        let weight = spot.map_or(0, |spot| spot.weight());
        assert_eq!(format!("{} {weight}", String::from_utf16(&told).unwrap()), expected);
    }

    #[test]
    fn names_are_found_whole_by_their_beginning_and_by_their_parts() {
        check("refund amount", "refund_amount", Sort::Name, "[refund_amount] 24");
        check("refundAm", "refund_amount", Sort::Name, "[refund]_[am]ount 20");
        check("refundam", "refund_amount", Sort::Name, "[refund_am]ount 11");
        check("amount", "refund_amount", Sort::Name, "refund_[amount] 10");
        check("amo", "refund_amount", Sort::Name, "refund_[amo]unt 9");
        check("tail num", "tailNum", Sort::Name, "[tailNum] 24");
        check("tails", "tailnum", Sort::Name, "tailnum 0");
        check("x", "refund_x", Sort::Name, "refund_[x] 10");
        check("r", "refund_x", Sort::Name, "refund_x 0");
    }

    #[test]
    fn typos_count_where_they_are_asked_for() {
        check("refnud", "refund_amount", Sort::Name, "refund_amount 0");
        check("refnud~", "refund_amount", Sort::Name, "[refund]_amount 4");
        check("dat~", "a date", Sort::Text, "a [dat]e 5");
        check("dta~", "a date", Sort::Text, "a date 0");
    }

    #[test]
    fn offsets_are_those_of_browsers() {
        check("gate", "𝄞 Größe of the Gate", Sort::Text, "𝄞 Größe of the [Gate] 6");
        check("größe gates", "𝄞 Größe of gates, Gates", Sort::Title, "𝄞 [Größe] of [gates], [Gates] 16");
    }
}
