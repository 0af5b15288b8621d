//! What can be found, as tantivy keeps it: the words of all that is served, each with where they stand.

use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use arc_swap::ArcSwapOption;
use parking_lot::Mutex;
use tantivy::index::{SegmentId, SegmentReader};
use tantivy::indexer::IndexWriterOptions;
use tantivy::schema::{
    FAST, Field, INDEXED, IndexRecordOption, Schema, SchemaBuilder, TantivyDocument, TextFieldIndexing, TextOptions,
};
use tantivy::{Index, IndexReader, IndexWriter, ReloadPolicy, Term};
use weft_model::{Column, DomainName, OutputPort, ProductRef, Published, Release};

use super::seen::Seers;
use super::words::{squeezed, words};
use crate::error::CatalogError;

/// Bytes that tantivy gathers before it writes a segment.
const GATHERED_BYTES: usize = 64 << 20;

/// Stands for no port, and no column.
const NONE: u64 = 0xffff;

/// The words of what is served, brought up to date behind whoever publishes.
///
/// Nothing is kept before the first question, since most who open a catalog ask none.
#[derive(Default)]
pub(crate) struct SearchIndex {
    writer: Mutex<Option<Writer>>,
    current: ArcSwapOption<Indexed>,
    /// How many changes wait to be followed.
    waiting: AtomicUsize,
    pub(crate) seers: Seers,
}

/// Everything that can be found in one state of what is served.
pub(crate) struct Indexed {
    pub(super) published: Arc<Published>,
    pub(super) fields: Fields,
    pub(super) segments: Vec<Segment>,
    /// Products by the number under which documents name them; some may not be served any more.
    pub(super) slots: Arc<Vec<ProductRef>>,
    /// Numbers of those that are served, in order of name.
    pub(super) in_order: Vec<u32>,
    /// The place of each number in that order; the last one of all for those that are not served.
    pub(super) ranks: Vec<u32>,
    /// Domains in order of name, each with the numbers of its products, the newest release first.
    pub(super) domains: Vec<(DomainName, Vec<u32>)>,
}

/// A part of the index, and what each of its documents is about.
pub(super) struct Segment {
    pub(super) reader: SegmentReader,
    pub(super) places: Arc<Vec<Place>>,
}

/// A product, one of its ports, or a column of one, by their places in its manifest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Place {
    pub(super) slot: u32,
    port: u16,
    column: u16,
}

impl Place {
    pub(super) fn of_product(slot: u32) -> Self {
        Place { slot, port: NONE as u16, column: NONE as u16 }
    }

    pub(super) fn of_port(slot: u32, port: usize) -> Option<Self> {
        Some(Place { port: place(port)?, ..Place::of_product(slot) })
    }

    pub(super) fn of_column(slot: u32, port: usize, column: usize) -> Option<Self> {
        Some(Place { slot, port: place(port)?, column: place(column)? })
    }

    pub(super) fn port(self) -> Option<usize> {
        (u64::from(self.port) != NONE).then_some(usize::from(self.port))
    }

    pub(super) fn column(self) -> Option<usize> {
        (u64::from(self.column) != NONE).then_some(usize::from(self.column))
    }

    fn packed(self) -> u64 {
        u64::from(self.slot) << 32 | u64::from(self.port) << 16 | u64::from(self.column)
    }

    fn unpacked(packed: u64) -> Self {
        Place { slot: (packed >> 32) as u32, port: (packed >> 16) as u16, column: packed as u16 }
    }
}

/// The place as a document holds it; what lies further back than 65,535 cannot be found.
fn place(at: usize) -> Option<u16> {
    u16::try_from(at).ok().filter(|at| u64::from(*at) != NONE)
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Fields {
    slot: Field,
    place: Field,
    /// The name, squeezed.
    pub(super) name: Field,
    /// The name with all that it is a part of, squeezed.
    pub(super) full_name: Field,
    /// Words of the name.
    pub(super) parts: Field,
    /// Words of title, tags, owner, and of the domain for a product.
    pub(super) title: Field,
    /// Words of descriptions.
    pub(super) text: Field,
    /// Words of the names of what it is a part of.
    pub(super) around: Field,
}

impl Fields {
    fn of_schema() -> (Self, Schema) {
        let mut schema = Schema::builder();
        let slot = schema.add_u64_field("slot", INDEXED);
        let place = schema.add_u64_field("place", FAST);
        let words = |schema: &mut SchemaBuilder, name: &str| {
            let indexing = TextFieldIndexing::default()
                .set_tokenizer("whitespace")
                .set_fieldnorms(false)
                .set_index_option(IndexRecordOption::Basic);
            schema.add_text_field(name, TextOptions::default().set_indexing_options(indexing))
        };
        let fields = Fields {
            slot,
            place,
            name: words(&mut schema, "name"),
            full_name: words(&mut schema, "full_name"),
            parts: words(&mut schema, "parts"),
            title: words(&mut schema, "title"),
            text: words(&mut schema, "text"),
            around: words(&mut schema, "around"),
        };
        (fields, schema.build())
    }
}

struct Writer {
    writer: IndexWriter,
    reader: IndexReader,
    fields: Fields,
    slots: Arc<Vec<ProductRef>>,
    slot_of: HashMap<ProductRef, u32>,
    places: HashMap<SegmentId, Arc<Vec<Place>>>,
}

impl SearchIndex {
    /// What can be found now. Makes the index where there is none yet, which takes as long as reading all that is
    /// served; never waits otherwise.
    pub(crate) fn current(&self, published: impl Fn() -> Arc<Published>) -> Result<Arc<Indexed>, CatalogError> {
        match self.current.load_full() {
            Some(current) => Ok(current),
            None => self.follow(published),
        }
    }

    /// Whether somebody has asked before, so that the index is to follow what is served.
    pub(crate) fn is_used(&self) -> bool {
        self.current.load().is_some()
    }

    /// Notes a change. True for whoever is to [`catch_up`](Self::catch_up) then: nobody else is about to.
    pub(crate) fn note_change(&self) -> bool {
        self.waiting.fetch_add(1, Ordering::SeqCst) == 0
    }

    /// Follows what is served until no change waits any more. Blocks.
    pub(crate) fn catch_up(&self, published: impl Fn() -> Arc<Published>) {
        loop {
            let noted = self.waiting.load(Ordering::SeqCst);
            if let Err(error) = self.follow(&published) {
                tracing::error!(%error, "search lags behind what is published");
            }
            if self.waiting.fetch_sub(noted, Ordering::SeqCst) == noted {
                return;
            }
        }
    }

    /// Brings the index to what is served now. Blocks, and one at a time.
    pub(crate) fn follow(&self, published: impl Fn() -> Arc<Published>) -> Result<Arc<Indexed>, CatalogError> {
        let mut guard = self.writer.lock();
        let published = published();
        let current = self.current.load_full();
        if let Some(current) = current.filter(|current| Arc::ptr_eq(&current.published, &published)) {
            return Ok(current);
        }
        // After trouble nothing is known of what the index holds: it is made anew, under numbers of its own.
        let mut writer = match guard.take() {
            Some(writer) => writer,
            None => {
                self.seers.forget();
                Writer::new()?
            }
        };
        let before = self.current.load_full();
        let next = Arc::new(writer.change(before.as_deref().map(|current| current.published.as_ref()), published)?);
        self.current.store(Some(Arc::clone(&next)));
        *guard = Some(writer);
        Ok(next)
    }
}

impl Writer {
    fn new() -> Result<Self, CatalogError> {
        let (fields, schema) = Fields::of_schema();
        let index = Index::create_in_ram(schema);
        let options = IndexWriterOptions::builder()
            .memory_budget_per_thread(GATHERED_BYTES)
            .num_worker_threads(1)
            .num_merge_threads(1)
            .build();
        let writer = index.writer_with_options(options)?;
        let reader = index.reader_builder().reload_policy(ReloadPolicy::Manual).try_into()?;
        let (slots, slot_of, places) = (Arc::default(), HashMap::new(), HashMap::new());
        Ok(Writer { writer, reader, fields, slots, slot_of, places })
    }

    /// Puts what differs between `before` and `published` into the index.
    fn change(&mut self, before: Option<&Published>, published: Arc<Published>) -> Result<Indexed, CatalogError> {
        // Where the writer is new, it holds nothing whatever was found before.
        let nothing = BTreeMap::new();
        let before = before.filter(|_| !self.slot_of.is_empty()).map_or(&nothing, |before| &before.releases);
        for (name, old) in before {
            if published.releases.get(name).is_none_or(|new| new.number != old.number)
                && let Some(slot) = self.slot_of.get(name)
            {
                self.writer.delete_term(Term::from_field_u64(self.fields.slot, u64::from(*slot)));
            }
        }
        for (name, release) in &published.releases {
            if before.get(name).is_none_or(|old| old.number != release.number) {
                let slot = self.slot(name);
                for document in documents(self.fields, slot, release) {
                    self.writer.add_document(document)?;
                }
            }
        }
        self.writer.commit()?;
        self.reader.reload()?;
        let searcher = self.reader.searcher();
        let mut segments = Vec::new();
        for reader in searcher.segment_readers() {
            let places = match self.places.get(&reader.segment_id()) {
                Some(places) => Arc::clone(places),
                None => Arc::new(places_of(reader)?),
            };
            segments.push(Segment { reader: reader.clone(), places });
        }
        self.places = segments.iter().map(|part| (part.reader.segment_id(), Arc::clone(&part.places))).collect();
        let number = |name: &ProductRef| self.slot_of.get(name).copied();
        let in_order: Vec<u32> = published.releases.keys().filter_map(number).collect();
        let mut ranks = vec![u32::MAX; self.slots.len()];
        for (rank, slot) in (0..).zip(&in_order) {
            if let Some(place) = ranks.get_mut(*slot as usize) {
                *place = rank;
            }
        }
        let domains = published.domains().into_iter().map(|(domain, mut releases)| {
            releases.sort_by_key(|release| std::cmp::Reverse(release.at));
            (domain.clone(), releases.into_iter().filter_map(|release| number(&release.product.name)).collect())
        });
        let domains = domains.collect();
        let (fields, slots) = (self.fields, Arc::clone(&self.slots));
        Ok(Indexed { published, fields, segments, slots, in_order, ranks, domains })
    }

    fn slot(&mut self, name: &ProductRef) -> u32 {
        if let Some(slot) = self.slot_of.get(name) {
            return *slot;
        }
        let slot = u32::try_from(self.slots.len()).unwrap_or(u32::MAX);
        Arc::make_mut(&mut self.slots).push(name.clone());
        self.slot_of.insert(name.clone(), slot);
        slot
    }
}

impl Indexed {
    /// The release of that number's product, if it is served.
    pub(super) fn release(&self, slot: u32) -> Option<&Release> {
        self.published.releases.get(self.slots.get(slot as usize)?)
    }
}

fn places_of(reader: &SegmentReader) -> Result<Vec<Place>, CatalogError> {
    let column = reader.fast_fields().u64("place")?.first_or_default_col(u64::MAX);
    Ok((0..reader.max_doc()).map(|document| Place::unpacked(column.get_val(document))).collect())
}

/// All that can be found of a release: the product, its ports and their columns.
fn documents(fields: Fields, slot: u32, release: &Release) -> impl Iterator<Item = TantivyDocument> {
    let product = &release.product;
    let name = &product.name;
    let document = move |place: Place, full_name: &str, around: &str, title: &str, text: &str| {
        let own = match full_name.strip_prefix(around) {
            Some(own) => own.trim_start_matches('.'),
            None => full_name,
        };
        let mut document = TantivyDocument::new();
        document.add_u64(fields.slot, u64::from(place.slot));
        document.add_u64(fields.place, place.packed());
        document.add_text(fields.name, squeezed(own));
        document.add_text(fields.full_name, squeezed(full_name));
        for (field, text) in [(fields.parts, own), (fields.title, title), (fields.text, text), (fields.around, around)]
        {
            document.add_text(field, spaced(text));
        }
        document
    };
    let of_product = document(
        Place::of_product(slot),
        &name.to_string(),
        name.domain.as_str(),
        &product_title(release),
        &product.purpose,
    );
    let ports = product.outputs.iter().enumerate().filter(|(_, output)| release.ports.contains_key(&output.name));
    let of_ports = ports.flat_map(move |(at, output)| {
        let (around, full_name) = (name.to_string(), product.port_ref(output).to_string());
        let of_port = Place::of_port(slot, at)
            .map(|place| document(place, &full_name, &around, &port_title(output), &port_text(output)));
        let of_columns = output.contract.columns.iter().enumerate().filter_map(move |(place, column)| {
            let place = Place::of_column(slot, at, place)?;
            let own = format!("{full_name}.{}", column.name);
            Some(document(place, &own, &full_name, &column_title(column), &column.description))
        });
        of_port.into_iter().chain(of_columns)
    });
    std::iter::once(of_product).chain(of_ports)
}

fn product_title(release: &Release) -> String {
    let product = &release.product;
    let title = product.title.iter().map(String::as_str);
    let others = product.tags.iter().map(String::as_str);
    let own = [product.name.domain.as_str(), release.domain.owner.as_str()];
    title.chain(others).chain(own).collect::<Vec<_>>().join(" ")
}

fn port_title(output: &OutputPort) -> String {
    output.contract.tags.join(" ")
}

fn port_text(output: &OutputPort) -> String {
    format!("{} {}", output.description, output.contract.purpose)
}

fn column_title(column: &Column) -> String {
    column.classification.iter().chain(&column.tags).map(String::as_str).collect::<Vec<_>>().join(" ")
}

/// The words of a text with nothing but spaces between them.
fn spaced(text: &str) -> String {
    let words: Vec<String> = words(text).into_iter().map(|word| word.text).collect();
    words.join(" ")
}

impl fmt::Debug for SearchIndex {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SearchIndex").field("waiting", &self.waiting).finish_non_exhaustive()
    }
}
