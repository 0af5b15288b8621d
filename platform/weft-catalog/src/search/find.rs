//! What is found, as far as it may be discovered: in which order, and how many of each kind.

use std::collections::BTreeMap;
use std::sync::Arc;

use weft_model::DomainName;

use super::index::{Indexed, Place};
use super::marks::Marks;
use super::people::Person;
use super::seen::{Eyes, SeenProduct};
use super::spot::{Sort, Sought, SoughtWord, spot};
use super::words::{WORDS_MAX, fit};
use super::{SearchFilters, SearchKind};
use crate::error::CatalogError;
use crate::graph::LineageNode;

/// Points for each step of a fit; what kind of thing was found decides between equal ones.
const POINTS: usize = 10;
/// What a product loses whose words were found, but not together.
const APART: u16 = 30;
/// Where people begin in the order of what was found equally well.
const PEOPLE: u64 = 1 << 62;

/// What was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum What {
    Product(u32),
    /// A port or a column.
    Part(Place),
    /// By its place among the people.
    Person(usize),
}

/// Something found: the better the more points; between equals by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Item {
    pub(super) points: u16,
    pub(super) order: u64,
    pub(super) what: What,
}

impl Item {
    /// Smaller for what comes first.
    pub(super) fn key(&self) -> (std::cmp::Reverse<u16>, u64) {
        (std::cmp::Reverse(self.points), self.order)
    }
}

/// All that was found and may be discovered, and how many there are.
#[derive(Debug, Default)]
pub(super) struct Found {
    /// In no order.
    pub(super) items: Vec<Item>,
    /// By [`SearchKind`], whatever kind is asked for.
    pub(super) kinds: [u64; 4],
    /// Whatever domain is asked for.
    pub(super) domains: BTreeMap<DomainName, u64>,
    /// How many of the items the asker may query, whether or not these are asked for alone.
    pub(super) can_query: u64,
}

/// What was found of one product.
#[derive(Clone, Default)]
struct Tally {
    /// How well each word fits something of the product.
    best: [u8; WORDS_MAX],
    /// Points of the best thing that all words fit.
    points: u16,
    is_found: bool,
    /// How many, and how many of these may be queried.
    ports: [u64; 2],
    columns: [u64; 2],
}

/// Marks of each word of a question.
pub(super) struct Marked {
    words: Vec<Marks>,
    named: Marks,
}

/// Which documents each word finds. A word that stands nowhere in what the asker sees may have letters wrong, whatever
/// else it stands in.
pub(super) fn mark(
    index: &Indexed,
    eyes: &Eyes<'_>,
    people: &[Person],
    words: &[String],
    whole: &str,
) -> Result<(Marked, Sought), CatalogError> {
    let mut sought = Sought { words: Vec::new(), whole: whole.to_owned() };
    let mut marked = Marked { words: Vec::new(), named: Marks::named(index, whole)? };
    for word in words {
        let mut marks = Marks::of(index, word)?;
        let exact = SoughtWord { text: word.clone(), with_typos: false };
        let alone = Sought { words: vec![exact], whole: word.clone() };
        let is_seen = marks.places(index).any(|place| sees(eyes, place))
            || people.iter().any(|person| spot(&alone, &person.name, Sort::Name).is_some());
        if !is_seen {
            marks.add_typos(index, word)?;
        }
        marked.words.push(marks);
        sought.words.push(SoughtWord { text: word.clone(), with_typos: !is_seen });
    }
    Ok((marked, sought))
}

/// Whether somebody may know of what is at that place.
pub(super) fn sees(eyes: &Eyes<'_>, place: Place) -> bool {
    eyes.product(place.slot).is_some_and(|seen| is_told(&seen, place))
}

fn is_told(seen: &SeenProduct, place: Place) -> bool {
    match (place.port(), place.column()) {
        (None, _) => seen.is_discovered(),
        (Some(port), None) => seen.port(port).is_some(),
        (Some(port), Some(column)) => seen.port(port).is_some_and(|port| port.knows(column)),
    }
}

/// Whether a port or column may be read, if perhaps not every row, or under a mask.
pub(super) fn can_query(seen: &SeenProduct, place: Place) -> bool {
    match (place.port(), place.column()) {
        (None, _) => seen.is_readable(),
        (Some(port), None) => seen.port(port).is_some_and(|port| port.readable),
        (Some(port), Some(column)) => seen.port(port).is_some_and(|port| port.reads(column)),
    }
}

/// What `marked` words find, as `filters` want it.
pub(super) fn find(
    index: &Indexed,
    eyes: &Eyes<'_>,
    people: &[Person],
    (marked, sought): (&Marked, &Sought),
    filters: &SearchFilters,
) -> Found {
    let mut tallies = vec![Tally::default(); index.slots.len()];
    let mut found = Found::default();
    eyes.look_at(&touched(index, marked));
    let mut fits = [0_u8; WORDS_MAX];
    // Documents of a product lie together.
    let mut last: (u32, Option<Arc<SeenProduct>>) = (u32::MAX, None);
    for (number, segment) in index.segments.iter().enumerate() {
        let named = marked.named.of_segment(number);
        let columns: Vec<&[u8]> = marked.words.iter().map(|marks| marks.of_segment(number)).collect();
        for (document, place) in segment.places.iter().enumerate() {
            let name = named.get(document).copied().unwrap_or_default();
            let mut is_own = name > 0;
            for (fit, marks) in fits.iter_mut().zip(&columns) {
                *fit = marks.get(document).copied().unwrap_or_default().max(name);
                is_own |= fit::is_own(*fit);
            }
            if !is_own || !segment.is_alive(u32::try_from(document).unwrap_or(u32::MAX)) {
                continue;
            }
            if last.0 != place.slot {
                last = (place.slot, eyes.product(place.slot));
            }
            let Some(seen) = last.1.as_deref().filter(|seen| is_told(seen, *place)) else { continue };
            let Some(tally) = tallies.get_mut(place.slot as usize) else { continue };
            let fits = fits.get(..columns.len()).unwrap_or_default();
            for (best, fit) in tally.best.iter_mut().zip(fits).filter(|(_, fit)| fit::is_own(**fit)) {
                *best = (*best).max(*fit);
            }
            if fits.contains(&0) {
                continue;
            }
            let points = points(fits, kind_of(*place));
            tally.points = tally.points.max(points);
            let can_query = can_query(seen, *place);
            let counts = match (place.port(), place.column()) {
                (None, _) => None,
                (Some(_), None) => Some(&mut tally.ports),
                (Some(_), Some(_)) => Some(&mut tally.columns),
            };
            if let Some([all, queried]) = counts {
                *all += 1;
                *queried += u64::from(can_query);
            }
            if filters.kind == Some(kind_of(*place)) && place.port().is_some() && filters.passes_query(can_query) {
                let order = order(index, *place);
                found.items.push(Item { points, order, what: What::Part(*place) });
            }
        }
    }
    for tally in &mut tallies {
        let fits = tally.best.get(..marked.words.len()).unwrap_or_default();
        if fits.iter().any(|fit| *fit > 0) && !fits.contains(&0) {
            tally.is_found = true;
            let apart = points(fits, SearchKind::Column).saturating_sub(APART);
            tally.points = tally.points.max(apart);
        }
    }
    count(index, eyes, &tallies, filters, &mut found);
    for (number, person) in people.iter().enumerate() {
        let spot = spot(sought, &person.name, Sort::Name).or_else(|| spot(sought, &person.id, Sort::Text));
        if let Some(fits) = spot.map(|spot| spot.fits).filter(|fits| !fits.contains(&0)) {
            // What is called just so comes before what its name is a part of.
            let fits: Vec<u8> =
                fits.into_iter().map(|fit| if fit == fit::NAME { fit } else { fit.min(fit::TITLE_WORD) }).collect();
            take_person(&mut found, filters, (number, person), points(&fits, SearchKind::Person));
        }
    }
    found
}

/// Everything that may be discovered, in order of name.
pub(super) fn find_all(index: &Indexed, eyes: &Eyes<'_>, people: &[Person], filters: &SearchFilters) -> Found {
    let mut tallies = vec![Tally::default(); index.slots.len()];
    let mut found = Found::default();
    eyes.look_at(&index.in_order);
    for slot in index.in_order.iter().copied() {
        let (Some(seen), Some(release)) = (eyes.product(slot), index.release(slot)) else { continue };
        let Some(tally) = tallies.get_mut(slot as usize) else { continue };
        tally.is_found = true;
        for (at, port) in seen.ports() {
            let columns = release.product.outputs.get(at).map_or(0, |output| output.contract.columns.len());
            let [known, read] = port.counts(columns);
            for (counts, more) in
                [(&mut tally.ports, [1, usize::from(port.readable)]), (&mut tally.columns, [known, read])]
            {
                for (sum, more) in counts.iter_mut().zip(more) {
                    *sum += more as u64;
                }
            }
            let places: Vec<Option<Place>> = match filters.kind {
                Some(SearchKind::Port) => vec![Place::of_port(slot, at)],
                Some(SearchKind::Column) => (0..columns).map(|column| Place::of_column(slot, at, column)).collect(),
                _ => Vec::new(),
            };
            for place in places.into_iter().flatten() {
                if is_told(&seen, place) && filters.passes_query(can_query(&seen, place)) {
                    found.items.push(Item { points: 0, order: order(index, place), what: What::Part(place) });
                }
            }
        }
    }
    count(index, eyes, &tallies, filters, &mut found);
    for person in people.iter().enumerate() {
        take_person(&mut found, filters, person, 0);
    }
    found
}

/// Where an item that is named so stands among equals; `Err` with where it would stand where there is none, as far as is
/// seen.
pub(super) fn order_of(index: &Indexed, eyes: &Eyes<'_>, people: &[Person], name: &ItemName) -> Result<u64, u64> {
    let node = match name {
        ItemName::Person(id) => {
            let at = people.binary_search_by(|person| person.id.cmp(id));
            return at.map(|at| PEOPLE + at as u64).map_err(|at| PEOPLE + at as u64);
        }
        ItemName::Part(node) => node,
    };
    let product = node.product();
    let name = |slot: &u32| index.slots.get(*slot as usize);
    let rank = index.in_order.partition_point(|slot| name(slot).is_some_and(|name| *name < product));
    let slot = index.in_order.get(rank).copied().filter(|slot| name(slot) == Some(&product));
    let place = slot.and_then(|slot| place_of(index, slot, node)).filter(|place| sees(eyes, *place));
    place.map(|place| order(index, place)).ok_or((rank as u64) << 32)
}

fn place_of(index: &Indexed, slot: u32, node: &LineageNode) -> Option<Place> {
    let Some(port) = node.port() else { return Some(Place::of_product(slot)) };
    let outputs = &index.release(slot)?.product.outputs;
    let at = outputs.iter().position(|output| output.name == port.port)?;
    let LineageNode::Column(_, name) = node else { return Place::of_port(slot, at) };
    let column = outputs.get(at)?.contract.columns.iter().position(|column| column.name == *name)?;
    Place::of_column(slot, at, column)
}

/// How an item is called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum ItemName {
    Person(String),
    /// A product, port or column.
    Part(LineageNode),
}

/// As [`order_of`] has it.
pub(super) fn order(index: &Indexed, place: Place) -> u64 {
    let rank = index.ranks.get(place.slot as usize).copied().unwrap_or(u32::MAX);
    let one_more = |at: Option<usize>| at.map_or(0, |at| at as u64 + 1);
    u64::from(rank) << 32 | one_more(place.port()) << 16 | one_more(place.column())
}

fn kind_of(place: Place) -> SearchKind {
    match (place.port(), place.column()) {
        (None, _) => SearchKind::Product,
        (Some(_), None) => SearchKind::Port,
        (Some(_), Some(_)) => SearchKind::Column,
    }
}

fn points(fits: &[u8], kind: SearchKind) -> u16 {
    let sum: usize = fits.iter().map(|fit| usize::from(*fit)).sum();
    let for_kind = match kind {
        SearchKind::Product => 3,
        SearchKind::Port | SearchKind::Person => 2,
        SearchKind::Column => 1,
    };
    u16::try_from(sum * POINTS / fits.len().max(1) + for_kind).unwrap_or(u16::MAX)
}

/// The products of which something is found, whoever may know of it.
fn touched(index: &Indexed, marked: &Marked) -> Vec<u32> {
    let mut touched = vec![false; index.slots.len()];
    for (number, segment) in index.segments.iter().enumerate() {
        for marks in marked.words.iter().chain([&marked.named]) {
            for (fit, place) in marks.of_segment(number).iter().zip(segment.places.iter()) {
                if fit::is_own(*fit)
                    && let Some(touched) = touched.get_mut(place.slot as usize)
                {
                    *touched = true;
                }
            }
        }
    }
    (0..).zip(touched).filter(|(_, touched)| *touched).map(|(slot, _)| slot).collect()
}

fn count(index: &Indexed, eyes: &Eyes<'_>, tallies: &[Tally], filters: &SearchFilters, found: &mut Found) {
    for (slot, tally) in (0..).zip(tallies) {
        if !tally.is_found && tally.ports == [0; 2] && tally.columns == [0; 2] {
            continue;
        }
        let (Some(seen), Some(name)) = (eyes.product(slot), index.slots.get(slot as usize)) else { continue };
        let queried = tally.is_found && seen.is_readable();
        let product = [u64::from(tally.is_found), u64::from(queried)];
        let by_kind =
            [(SearchKind::Product, product), (SearchKind::Port, tally.ports), (SearchKind::Column, tally.columns)];
        let wanted = |[all, queried]: [u64; 2]| match filters.can_query {
            None => all,
            Some(true) => queried,
            Some(false) => all - queried,
        };
        let is_in_domain = filters.domain.as_ref().is_none_or(|domain| *domain == name.domain);
        for (kind, counts) in by_kind {
            if is_in_domain && let Some(sum) = found.kinds.get_mut(kind as usize) {
                *sum += wanted(counts);
            }
            if kind == filters.kind.unwrap_or(SearchKind::Product) {
                if wanted(counts) > 0 {
                    *found.domains.entry(name.domain.clone()).or_default() += wanted(counts);
                }
                let [_, queried] = counts;
                found.can_query += if is_in_domain { queried } else { 0 };
                if kind == SearchKind::Product && is_in_domain && wanted(counts) > 0 {
                    let order = order(index, Place::of_product(slot));
                    found.items.push(Item { points: tally.points, order, what: What::Product(slot) });
                }
            }
        }
    }
    // Parts were taken whatever domain they are of.
    if let Some(domain) = &filters.domain {
        let is_in_domain = |slot: u32| index.slots.get(slot as usize).is_some_and(|name| name.domain == *domain);
        found.items.retain(|item| match item.what {
            What::Part(place) => is_in_domain(place.slot),
            What::Product(_) | What::Person(_) => true,
        });
    }
}

/// A person has nothing to query.
fn take_person(found: &mut Found, filters: &SearchFilters, (number, person): (usize, &Person), points: u16) {
    let is_wanted = filters.kind.is_none_or(|kind| kind == SearchKind::Person) && filters.can_query != Some(true);
    let is_in_domain = filters.domain.as_ref().is_none_or(|domain| person.roles.contains_key(domain));
    if is_in_domain
        && filters.can_query != Some(true)
        && let Some(sum) = found.kinds.get_mut(SearchKind::Person as usize)
    {
        *sum += 1;
    }
    if is_wanted {
        for domain in person.roles.keys() {
            *found.domains.entry(domain.clone()).or_default() += 1;
        }
        if is_in_domain {
            found.items.push(Item { points, order: PEOPLE + number as u64, what: What::Person(number) });
        }
    }
}
