//! Search: products, ports, columns and people by words, as far as one principal may discover them.
//!
//! The index knows everything; nothing of it is in an answer, a count, an order or a suggestion that the principal may
//! not discover. So points are given by how well words fit and never by how often they occur, and a word counts as
//! misspelt where it stands in nothing that is seen.

mod find;
mod index;
mod marks;
mod people;
mod seen;
mod spot;
mod suggest;
mod tell;
mod words;

use std::str::FromStr;

use weft_model::DomainName;

pub(crate) use index::{Indexed, SearchIndex};
pub(crate) use seen::Seers;
pub use tell::{SearchHit, SearchMatch};

use crate::CatalogView;
use crate::error::CatalogError;
use find::{Found, Item, ItemName};
use people::Person;
use seen::Eyes;
use spot::Sought;

/// What kind of thing is found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SearchKind {
    Product,
    Port,
    Column,
    Person,
}

impl SearchKind {
    /// Every kind, in the order in which they are told.
    pub const ALL: [SearchKind; 4] = [SearchKind::Product, SearchKind::Port, SearchKind::Column, SearchKind::Person];

    /// The word that REST uses.
    pub fn as_str(self) -> &'static str {
        match self {
            SearchKind::Product => "product",
            SearchKind::Port => "port",
            SearchKind::Column => "column",
            SearchKind::Person => "person",
        }
    }
}

impl FromStr for SearchKind {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        SearchKind::ALL.into_iter().find(|kind| kind.as_str() == text).ok_or(())
    }
}

/// What is wanted of all that is found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SearchFilters {
    /// Without one, products in which anything is found, and people.
    pub kind: Option<SearchKind>,
    pub domain: Option<DomainName>,
    /// Only what the principal may query, or only what it may not.
    pub can_query: Option<bool>,
}

impl SearchFilters {
    fn passes_query(&self, can_query: bool) -> bool {
        self.can_query.is_none_or(|wanted| wanted == can_query)
    }
}

/// A question by words.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SearchQuestion {
    /// Every word must fit; without any text everything is found.
    pub q: String,
    pub filters: SearchFilters,
    /// The `next` of the part before.
    pub after: Option<String>,
    pub limit: usize,
}

/// What is found, as far as the principal may discover it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SearchView {
    /// The best first, then by name.
    pub hits: Vec<SearchHit>,
    /// How many there are in all.
    pub total: u64,
    /// How many of each kind there are, whichever is asked for; in the order of [`SearchKind::ALL`].
    pub kinds: Vec<(SearchKind, u64)>,
    /// How many there are in each domain, whichever is asked for, in order of name; none where there are none.
    pub domains: Vec<(DomainName, u64)>,
    /// How many of them the principal may query.
    pub can_query: u64,
    /// The question in words that are found, where some of its words are not.
    pub did_you_mean: Option<String>,
    /// What to pass as `after` for what comes next; `None` at the end.
    pub next: Option<String>,
}

impl CatalogView {
    /// Looks for products, ports, columns and people by words. Takes processor time rather than waits: the first question
    /// of all reads everything that is served, and a principal's first question decides on all that it finds.
    ///
    /// What was published a moment ago may not be found yet.
    ///
    /// # Errors
    ///
    /// [`CatalogError::SearchInvalid`] where `after` is no cursor; trouble with the index.
    pub fn search(&self, question: &SearchQuestion) -> Result<SearchView, CatalogError> {
        let index = self.catalog.search_index()?;
        let eyes = Eyes::new(&self.sight, &self.published, &index, self.catalog.seers());
        let people = people::people(&index, &eyes);
        let words = words::asked(&question.q);
        let (found, sought) = if words.is_empty() {
            let is_anything_wanted = question.q.trim().is_empty();
            let all = || find::find_all(&index, &eyes, &people, &question.filters);
            (if is_anything_wanted { all() } else { Found::default() }, Sought::default())
        } else {
            let (marked, sought) = find::mark(&index, &eyes, &people, &words, &words::squeezed(&question.q))?;
            (find::find(&index, &eyes, &people, (&marked, &sought), &question.filters), sought)
        };
        let did_you_mean = match sought.words.iter().any(|word| word.with_typos) {
            true => suggest::suggest(&index, &eyes, &sought)?,
            false => None,
        };
        let total = found.items.len() as u64;
        let (kinds, domains, can_query) = (found.kinds, found.domains, found.can_query);
        let items = from_cursor(&index, &eyes, &people, found.items, question.after.as_deref())?;
        let (page, more) = page(items, question.limit.max(1));
        let hits = page.iter().filter_map(|item| self.hit(&index, &eyes, &people, &sought, item.what));
        let hits: Vec<SearchHit> = hits.collect();
        // A cursor names what was shown, and no place in a contract: those count columns that are not told of.
        let last = page.last().zip(hits.last()).filter(|_| more);
        let next = last.map(|(item, hit)| format!("{}.{}", item.points, hit.id));
        Ok(SearchView {
            hits,
            total,
            kinds: SearchKind::ALL.into_iter().zip(kinds).collect(),
            domains: domains.into_iter().collect(),
            can_query,
            did_you_mean,
            next,
        })
    }
}

/// The first `limit` items in order, and whether more follow.
fn page(mut items: Vec<Item>, limit: usize) -> (Vec<Item>, bool) {
    let more = items.len() > limit;
    if more {
        items.select_nth_unstable_by_key(limit, Item::key);
        items.truncate(limit);
    }
    items.sort_unstable_by_key(Item::key);
    (items, more)
}

/// Those items that come after the one that the cursor names, whether or not that one is still there.
fn from_cursor(
    index: &Indexed,
    eyes: &Eyes<'_>,
    people: &[Person],
    mut items: Vec<Item>,
    cursor: Option<&str>,
) -> Result<Vec<Item>, CatalogError> {
    let Some(cursor) = cursor else { return Ok(items) };
    let (points, name) = read_cursor(cursor).ok_or_else(|| CatalogError::SearchInvalid {
        problem: "`after` is not the `next` of an answer to a search".to_owned(),
    })?;
    let points = std::cmp::Reverse(points);
    match find::order_of(index, eyes, people, &name) {
        Ok(order) => items.retain(|item| item.key() > (points, order)),
        Err(order) => items.retain(|item| item.key() >= (points, order)),
    }
    Ok(items)
}

/// `POINTS.ID`.
fn read_cursor(cursor: &str) -> Option<(u16, ItemName)> {
    let (points, id) = cursor.split_once('.')?;
    let is_person = id.split_once(':').is_some_and(|(kind, _)| !kind.contains('.'));
    let name = if is_person { ItemName::Person(id.to_owned()) } else { ItemName::Part(id.parse().ok()?) };
    Some((points.parse().ok()?, name))
}

#[cfg(test)]
mod tests;
