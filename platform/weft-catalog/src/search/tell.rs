//! What was found, with all that a list shows of it.

use weft_model::{DomainName, OutputPort, PortRef, ProductRef, Release};

use super::SearchKind;
use super::find::{What, can_query};
use super::index::{Indexed, Place};
use super::people::Person;
use super::seen::{Eyes, SeenPort, SeenProduct};
use super::spot::{Sort, Sought, Spot, spot};
use crate::CatalogView;

/// Most places that are told of why a thing was found; of others, how many there are.
const MATCHES_MAX: usize = 8;

/// Something found, as the principal may see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SearchHit {
    pub kind: SearchKind,
    /// The full name; of a person with what it is: `group:sales-owners`.
    pub id: String,
    pub title: Option<String>,
    pub description: String,
    /// `None` for a person; so are port, column and owner.
    pub product: Option<ProductRef>,
    pub port: Option<PortRef>,
    pub column: Option<String>,
    /// The first one for a person who answers for several.
    pub domain: DomainName,
    pub owner: Option<String>,
    /// Whether the principal may read it, or some port of it, if perhaps not every row or column.
    pub can_query: bool,
    /// Columns that the principal reads in clear, and those that it may know of.
    pub columns_readable: u64,
    pub columns_total: u64,
    /// Why it was found, the best first. Empty where nothing was asked for by words.
    pub matched: Vec<SearchMatch>,
    /// How many other columns, ports and texts of it match.
    pub more_matches: u64,
}

/// Where words stand in something found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SearchMatch {
    /// `name`, `title`, `description`, `tag`, `owner` or `domain` of the thing itself; `port` or `column` for the name of
    /// a part of it, `portDescription`, `columnDescription` and so on for what else is said of that.
    pub field: &'static str,
    /// The part of it that this is about: `lines`, `lines.net_eur`.
    pub of: Option<String>,
    pub text: String,
    /// From where to where, in UTF-16 code units; in order, apart from each other.
    pub offsets: Vec<(u64, u64)>,
}

struct Texts<'s> {
    sought: &'s Sought,
    found: Vec<(u32, SearchMatch)>,
}

impl Texts<'_> {
    fn spot(&self, text: &str, sort: Sort) -> Option<Spot> {
        spot(self.sought, text, sort)
    }

    fn take(&mut self, field: &'static str, of: Option<String>, text: &str, spot: Spot) {
        let matched = SearchMatch { field, of, text: text.to_owned(), offsets: spot.offsets.clone() };
        self.found.push((spot.weight(), matched));
    }

    /// Takes what is found in a text of the thing itself.
    fn look(&mut self, field: &'static str, text: &str, sort: Sort) {
        if let Some(spot) = self.spot(text, sort) {
            self.take(field, None, text, spot);
        }
    }

    /// Takes the best of what is found in the texts of a part of the thing.
    fn look_at_part<'t>(
        &mut self,
        of: impl Fn() -> String,
        texts: impl Iterator<Item = (&'static str, &'t str, Sort)>,
    ) {
        let spots = texts.filter_map(|(field, text, sort)| Some((field, text, self.spot(text, sort)?)));
        let mut best: Option<(&'static str, &'t str, Spot)> = None;
        for (field, text, spot) in spots {
            if best.as_ref().is_none_or(|(_, _, best)| best.weight() < spot.weight()) {
                best = Some((field, text, spot));
            }
        }
        if let Some((field, text, spot)) = best {
            self.take(field, Some(of()), text, spot);
        }
    }

    fn told(mut self) -> (Vec<SearchMatch>, u64) {
        self.found.sort_by_key(|(weight, _)| std::cmp::Reverse(*weight));
        let more = self.found.len().saturating_sub(MATCHES_MAX) as u64;
        (self.found.into_iter().take(MATCHES_MAX).map(|(_, matched)| matched).collect(), more)
    }
}

impl CatalogView {
    /// What a list shows of `what`; `None` where it is not there after all.
    pub(super) fn hit(
        &self,
        index: &Indexed,
        eyes: &Eyes<'_>,
        people: &[Person],
        sought: &Sought,
        what: What,
    ) -> Option<SearchHit> {
        match what {
            What::Person(number) => people.get(number).and_then(|person| hit_of_person(sought, person)),
            What::Product(slot) => {
                let (seen, release) = (eyes.product(slot)?, index.release(slot)?);
                Some(self.hit_of_product(release, &seen, sought))
            }
            What::Part(place) => {
                let (seen, release) = (eyes.product(place.slot)?, index.release(place.slot)?);
                self.hit_of_part(release, &seen, place, sought)
            }
        }
    }

    fn hit_of_product(&self, release: &Release, seen: &SeenProduct, sought: &Sought) -> SearchHit {
        let product = &release.product;
        let mut texts = Texts { sought, found: Vec::new() };
        texts.look("name", product.name.product.as_str(), Sort::Name);
        texts.look("title", product.title.as_deref().unwrap_or_default(), Sort::Title);
        texts.look("description", &product.purpose, Sort::Text);
        product.tags.iter().for_each(|tag| texts.look("tag", tag, Sort::Title));
        texts.look("domain", product.name.domain.as_str(), Sort::Title);
        texts.look("owner", &release.domain.owner, Sort::Title);
        let (mut readable, mut total) = (0, 0);
        for (at, port) in seen.ports() {
            let Some(output) = product.outputs.get(at) else { continue };
            look_at_port(&mut texts, output);
            look_at_columns(&mut texts, output, port);
            let counts = self.column_counts(&product.port_ref(output), output, port);
            (readable, total) = (readable + counts.0, total + counts.1);
        }
        let (matched, more_matches) = texts.told();
        SearchHit {
            kind: SearchKind::Product,
            id: product.name.to_string(),
            title: product.title.clone(),
            description: product.purpose.clone(),
            product: Some(product.name.clone()),
            port: None,
            column: None,
            domain: product.name.domain.clone(),
            owner: Some(release.domain.owner.clone()),
            can_query: seen.is_readable(),
            columns_readable: readable,
            columns_total: total,
            matched,
            more_matches,
        }
    }

    fn hit_of_part(&self, release: &Release, seen: &SeenProduct, place: Place, sought: &Sought) -> Option<SearchHit> {
        let (at, product) = (place.port()?, &release.product);
        let (output, port) = (product.outputs.get(at)?, seen.port(at)?);
        let name = product.port_ref(output);
        let mut texts = Texts { sought, found: Vec::new() };
        let column = match place.column() {
            Some(column) => Some(output.contract.columns.get(column)?),
            None => None,
        };
        let (columns_readable, columns_total) = match column {
            Some(column) => {
                let reading = self.reading_of(&name, &output.contract.columns);
                let is_clear =
                    reading.readable && !reading.hidden.contains(&column.name) && !reading.masks(&column.name);
                texts.look("name", &column.name, Sort::Name);
                texts.look("description", &column.description, Sort::Text);
                let words = column.classification.iter().chain(&column.tags);
                words.for_each(|tag| texts.look("tag", tag, Sort::Title));
                (u64::from(is_clear), 1)
            }
            None => {
                texts.look("name", output.name.as_str(), Sort::Name);
                texts.look("description", &output.description, Sort::Text);
                texts.look("description", &output.contract.purpose, Sort::Text);
                output.contract.tags.iter().for_each(|tag| texts.look("tag", tag, Sort::Title));
                self.column_counts(&name, output, port)
            }
        };
        let (matched, more_matches) = texts.told();
        Some(SearchHit {
            kind: if column.is_some() { SearchKind::Column } else { SearchKind::Port },
            id: column.map_or_else(|| name.to_string(), |column| format!("{name}.{}", column.name)),
            title: None,
            description: column.map_or(&output.description, |column| &column.description).clone(),
            product: Some(product.name.clone()),
            column: column.map(|column| column.name.clone()),
            domain: name.domain.clone(),
            port: Some(name),
            owner: Some(release.domain.owner.clone()),
            can_query: can_query(seen, place),
            columns_readable,
            columns_total,
            matched,
            more_matches,
        })
    }

    /// How many columns are read in clear, and how many are known.
    fn column_counts(&self, port: &PortRef, output: &OutputPort, seen: &SeenPort) -> (u64, u64) {
        let columns = &output.contract.columns;
        let reading = self.reading_of(port, columns);
        let is_clear = |at: usize, name: &str| {
            seen.reads(at) && reading.readable && !reading.hidden.contains(name) && !reading.masks(name)
        };
        let [known, _] = seen.counts(columns.len());
        let clear = columns.iter().enumerate().filter(|(at, column)| is_clear(*at, &column.name)).count();
        (clear as u64, known as u64)
    }
}

fn look_at_port(texts: &mut Texts<'_>, output: &OutputPort) {
    let own = [
        ("port", output.name.as_str(), Sort::Name),
        ("portDescription", output.description.as_str(), Sort::Text),
        ("portDescription", output.contract.purpose.as_str(), Sort::Text),
    ];
    let tags = output.contract.tags.iter().map(|tag| ("portTag", tag.as_str(), Sort::Title));
    texts.look_at_part(|| output.name.to_string(), own.into_iter().chain(tags));
}

fn look_at_columns(texts: &mut Texts<'_>, output: &OutputPort, port: &SeenPort) {
    for (_, column) in output.contract.columns.iter().enumerate().filter(|(at, _)| port.knows(*at)) {
        let own = [
            ("column", column.name.as_str(), Sort::Name),
            ("columnDescription", column.description.as_str(), Sort::Text),
        ];
        let words = column.classification.iter().chain(&column.tags);
        let words = words.map(|word| ("columnTag", word.as_str(), Sort::Title));
        texts.look_at_part(|| format!("{}.{}", output.name, column.name), own.into_iter().chain(words));
    }
}

fn hit_of_person(sought: &Sought, person: &Person) -> Option<SearchHit> {
    let mut texts = Texts { sought, found: Vec::new() };
    texts.look("name", &person.name, Sort::Name);
    let (matched, more_matches) = texts.told();
    Some(SearchHit {
        kind: SearchKind::Person,
        id: person.id.clone(),
        title: Some(person.name.clone()),
        description: person.description(),
        product: None,
        port: None,
        column: None,
        domain: person.roles.keys().next()?.clone(),
        owner: None,
        can_query: false,
        columns_readable: 0,
        columns_total: 0,
        matched,
        more_matches,
    })
}
