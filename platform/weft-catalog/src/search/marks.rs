//! Which documents a word finds, and how well it fits each.

use tantivy::query::FuzzyTermQuery;
use tantivy::schema::{Field, IndexRecordOption};
use tantivy::{DocId, Term};

use super::index::{Indexed, Place, Segment};
use super::words::{finds_by_beginning, fit, wrong_max};
use crate::error::CatalogError;

/// How well one word fits each document; 0 where it does not.
pub(super) struct Marks {
    /// By part of the index, then by document.
    fits: Vec<Vec<u8>>,
}

impl Marks {
    /// What `word` finds as it is written, or as the beginning of a longer one.
    pub(super) fn of(index: &Indexed, word: &str) -> Result<Self, CatalogError> {
        let fields = index.fields;
        let mut marks = Marks::none(index);
        let sorts = [
            (fields.around, fit::AROUND, fit::AROUND),
            (fields.text, fit::TEXT_WORD, fit::TEXT_BEGINNING),
            (fields.title, fit::TITLE_WORD, fit::TITLE_BEGINNING),
            (fields.parts, fit::PART, fit::PART_BEGINNING),
            (fields.name, fit::NAME, fit::NAME_BEGINNING),
        ];
        for (segment, fits) in index.segments.iter().zip(&mut marks.fits) {
            for (field, whole, beginning) in sorts {
                for_terms_from(segment, field, word, &mut |term, postings| {
                    let is_whole = term.len() == word.len();
                    if is_whole || finds_by_beginning(word) {
                        mark(fits, postings, if is_whole { whole } else { beginning });
                    }
                })?;
            }
        }
        Ok(marks)
    }

    /// Adds what `word` finds with letters wrong.
    pub(super) fn add_typos(&mut self, index: &Indexed, word: &str) -> Result<(), CatalogError> {
        let fields = index.fields;
        let sorts = [
            (fields.text, fit::TEXT_TYPO),
            (fields.title, fit::TITLE_TYPO),
            (fields.parts, fit::NAME_TYPO),
            (fields.name, fit::NAME_TYPO),
        ];
        for (segment, fits) in index.segments.iter().zip(&mut self.fits) {
            for (field, fit) in sorts {
                for_terms_near(segment, field, word, wrong_max(word), &mut |_, postings| mark(fits, postings, fit))?;
            }
        }
        Ok(())
    }

    /// What is called just `whole`, which is squeezed, by its name or by its full name.
    pub(super) fn named(index: &Indexed, whole: &str) -> Result<Self, CatalogError> {
        let mut marks = Marks::none(index);
        for (segment, fits) in index.segments.iter().zip(&mut marks.fits) {
            for (field, fit) in [(index.fields.name, fit::NAME), (index.fields.full_name, fit::FULL_NAME)] {
                for_term(segment, field, whole, &mut |postings| mark(fits, postings, fit))?;
            }
        }
        Ok(marks)
    }

    fn none(index: &Indexed) -> Self {
        let fits = index.segments.iter().map(|segment| vec![0; segment.places.len()]).collect();
        Marks { fits }
    }

    /// How well the word fits the documents of one part of the index, in their order.
    pub(super) fn of_segment(&self, segment: usize) -> &[u8] {
        self.fits.get(segment).map_or(&[], Vec::as_slice)
    }

    /// Where it finds something, whoever may know of that.
    pub(super) fn places<'m>(&'m self, index: &'m Indexed) -> impl Iterator<Item = Place> + 'm {
        let segments = index.segments.iter().zip(&self.fits);
        segments.flat_map(|(segment, fits)| {
            let found = fits.iter().zip(segment.places.iter()).zip(0..).filter(|((fit, _), _)| **fit > 0);
            found.filter(|(_, document)| segment.is_alive(*document)).map(|((_, place), _)| *place)
        })
    }
}

impl Segment {
    /// Whether the document is not of a release that was replaced.
    pub(super) fn is_alive(&self, document: DocId) -> bool {
        self.reader.alive_bitset().is_none_or(|alive| alive.is_alive(document))
    }
}

/// Where `term` stands as a word of `field`, whoever may know of that.
pub(super) fn places_of(index: &Indexed, field: Field, term: &str) -> Result<Vec<Place>, CatalogError> {
    let mut found = Vec::new();
    for segment in &index.segments {
        for_term(segment, field, term, &mut |documents| {
            let alive = documents.iter().filter(|document| segment.is_alive(**document));
            found.extend(alive.filter_map(|document| segment.places.get(*document as usize)));
        })?;
    }
    Ok(found)
}

/// The terms of `field` that are at most `wrong` letters away from `word`.
pub(super) fn terms_near(index: &Indexed, field: Field, word: &str, wrong: u8) -> Result<Vec<String>, CatalogError> {
    let mut terms = Vec::new();
    for segment in &index.segments {
        let mut take = |term: &[u8], _: &[DocId]| {
            let term = String::from_utf8_lossy(term);
            if terms.last().is_none_or(|last| *last != term) {
                terms.push(term.into_owned());
            }
        };
        for_terms_near(segment, field, word, wrong, &mut take)?;
    }
    Ok(terms)
}

fn mark(fits: &mut [u8], documents: &[DocId], fit: u8) {
    for document in documents {
        if let Some(place) = fits.get_mut(*document as usize) {
            *place = (*place).max(fit);
        }
    }
}

type OnTerm<'f> = dyn FnMut(&[u8], &[DocId]) + 'f;

fn for_terms_from(segment: &Segment, field: Field, word: &str, found: &mut OnTerm<'_>) -> Result<(), CatalogError> {
    let inverted = segment.reader.inverted_index(field)?;
    let mut stream = inverted.terms().range().ge(word.as_bytes()).into_stream()?;
    while stream.advance() && stream.key().starts_with(word.as_bytes()) {
        let mut postings = inverted.read_block_postings_from_terminfo(stream.value(), IndexRecordOption::Basic)?;
        while !postings.docs().is_empty() {
            found(stream.key(), postings.docs());
            postings.advance();
        }
    }
    Ok(())
}

fn for_terms_near(
    segment: &Segment,
    field: Field,
    word: &str,
    wrong: u8,
    found: &mut OnTerm<'_>,
) -> Result<(), CatalogError> {
    if wrong == 0 {
        return Ok(());
    }
    let near = FuzzyTermQuery::new(Term::from_field_text(field, word), wrong, true).automaton()?;
    let inverted = segment.reader.inverted_index(field)?;
    let mut stream = inverted.terms().search(near).into_stream()?;
    while stream.advance() {
        let mut postings = inverted.read_block_postings_from_terminfo(stream.value(), IndexRecordOption::Basic)?;
        while !postings.docs().is_empty() {
            found(stream.key(), postings.docs());
            postings.advance();
        }
    }
    Ok(())
}

fn for_term(segment: &Segment, field: Field, term: &str, found: &mut dyn FnMut(&[DocId])) -> Result<(), CatalogError> {
    let inverted = segment.reader.inverted_index(field)?;
    if let Some(info) = inverted.terms().get(term.as_bytes())? {
        let mut postings = inverted.read_block_postings_from_terminfo(&info, IndexRecordOption::Basic)?;
        while !postings.docs().is_empty() {
            found(postings.docs());
            postings.advance();
        }
    }
    Ok(())
}
