//! What somebody may have meant: words of what that one may discover, and no others.

use super::find::sees;
use super::index::Indexed;
use super::marks::{places_of, terms_near};
use super::seen::Eyes;
use super::spot::Sought;
use super::words::distance;
use crate::error::CatalogError;

/// From how many characters on a word is taken for another one, and for one that differs in two letters.
const ONE_WRONG_MIN: usize = 3;
const TWO_WRONG_MIN: usize = 5;

/// The question with words that are found in the place of those that are not; `None` where no word comes near to one
/// of these, or there is none.
pub(super) fn suggest(index: &Indexed, eyes: &Eyes<'_>, sought: &Sought) -> Result<Option<String>, CatalogError> {
    let mut words = Vec::new();
    for word in &sought.words {
        words.push(match word.with_typos {
            true => match nearest(index, eyes, &word.text)? {
                Some(other) => other,
                None => return Ok(None),
            },
            false => word.text.clone(),
        });
    }
    let is_other = sought.words.iter().any(|word| word.with_typos);
    Ok(is_other.then(|| words.join(" ")))
}

/// The word that is nearest to `word` among those that stand in something seen; of several, the one that stands in a name,
/// then the first in order.
fn nearest(index: &Indexed, eyes: &Eyes<'_>, word: &str) -> Result<Option<String>, CatalogError> {
    let wrong = match word.chars().count() {
        ..ONE_WRONG_MIN => return Ok(None),
        ONE_WRONG_MIN..TWO_WRONG_MIN => 1,
        _ => 2,
    };
    let fields = [index.fields.parts, index.fields.title, index.fields.text];
    let mut near = Vec::new();
    for (rank, field) in fields.into_iter().enumerate() {
        for term in terms_near(index, field, word, wrong)? {
            if let Some(distance) = distance(word, &term, wrong) {
                near.push((distance, rank, term, field));
            }
        }
    }
    near.sort_by(|(a, one, first, _), (b, other, second, _)| (a, one, first).cmp(&(b, other, second)));
    near.dedup_by(|a, b| (a.1, &a.2) == (b.1, &b.2));
    for (_, _, term, field) in near {
        if places_of(index, field, &term)?.into_iter().any(|place| sees(eyes, place)) {
            return Ok(Some(term));
        }
    }
    Ok(None)
}
