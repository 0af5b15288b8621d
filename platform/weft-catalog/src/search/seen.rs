//! What each person may discover of each product, decided once and kept as long as it holds.

use std::fmt;
use std::sync::Arc;

use parking_lot::{Mutex, RwLock};
use weft_model::{Principal, Published, Release};

use super::index::Indexed;
use crate::sight::{Authorizer, Sight};

/// How many people what was decided for is kept of.
const SEERS_MAX: usize = 64;
/// From how many products on it is worth while to decide on several at a time.
const AT_A_TIME_MIN: usize = 32;

/// What one principal may discover of a product.
#[derive(Debug)]
pub(super) struct SeenProduct {
    /// Number of the release that this is about.
    release: u64,
    itself: bool,
    /// By place in the manifest; `None` for those that are not discovered.
    ports: Box<[Option<SeenPort>]>,
}

#[derive(Debug)]
pub(super) struct SeenPort {
    pub(super) readable: bool,
    /// Places of the columns of which nothing is told at all.
    unknown: Box<[u32]>,
    /// Places of columns that the table does not have for the principal.
    hidden: Box<[u32]>,
}

impl SeenProduct {
    /// Decides all that there is to decide of a product.
    fn of(sight: &Sight, release: &Release) -> Self {
        let product = &release.product;
        let outputs = product.outputs.iter();
        let ports: Box<[_]> = outputs
            .map(|output| {
                let port = product.port_ref(output);
                let is_discovered = release.ports.contains_key(&output.name) && sight.port(&port);
                is_discovered.then(|| SeenPort::of(sight, &port, &output.contract.columns))
            })
            .collect();
        SeenProduct { release: release.number, itself: sight.product_itself(&product.name), ports }
    }

    pub(super) fn is_discovered(&self) -> bool {
        self.itself || self.ports.iter().any(Option::is_some)
    }

    pub(super) fn is_readable(&self) -> bool {
        self.ports().any(|(_, port)| port.readable)
    }

    pub(super) fn port(&self, at: usize) -> Option<&SeenPort> {
        self.ports.get(at)?.as_ref()
    }

    /// Those that are discovered, each with its place.
    pub(super) fn ports(&self) -> impl Iterator<Item = (usize, &SeenPort)> {
        self.ports.iter().enumerate().filter_map(|(at, port)| Some((at, port.as_ref()?)))
    }
}

impl SeenPort {
    fn of(sight: &Sight, port: &weft_model::PortRef, columns: &[weft_model::Column]) -> Self {
        let told = sight.columns_told(port, columns);
        let small = |places: Vec<usize>| places.into_iter().filter_map(|place| u32::try_from(place).ok()).collect();
        SeenPort { readable: told.readable, unknown: small(told.unknown), hidden: small(told.hidden) }
    }

    /// Whether the principal may know that the column is there.
    pub(super) fn knows(&self, column: usize) -> bool {
        !among(&self.unknown, column)
    }

    /// Whether the principal reads the column, if perhaps under a mask.
    pub(super) fn reads(&self, column: usize) -> bool {
        self.readable && self.knows(column) && !among(&self.hidden, column)
    }

    /// How many of `columns` columns are known, and how many of these are read.
    pub(super) fn counts(&self, columns: usize) -> [usize; 2] {
        let known = columns.saturating_sub(self.unknown.len());
        [known, if self.readable { known.saturating_sub(self.hidden.len()) } else { 0 }]
    }
}

fn among(places: &[u32], place: usize) -> bool {
    u32::try_from(place).is_ok_and(|place| places.binary_search(&place).is_ok())
}

/// One principal for one purpose under one state of the policies, in one stretch of time.
struct Seer {
    policies: Arc<dyn Authorizer>,
    principal: Principal,
    purpose: Option<String>,
    turn: usize,
    /// By the product's number in the index.
    seen: RwLock<Vec<Option<Arc<SeenProduct>>>>,
}

/// What was decided, for those who asked last.
#[derive(Default)]
pub(crate) struct Seers {
    last: Mutex<Vec<Arc<Seer>>>,
}

impl Seers {
    /// Forgets all that was decided: products have other numbers from now on.
    pub(super) fn forget(&self) {
        self.last.lock().clear();
    }

    fn of(&self, sight: &Sight) -> Arc<Seer> {
        let turn = sight.policies.turn(sight.at);
        let is_same = |seer: &Seer| {
            Arc::ptr_eq(&seer.policies, &sight.policies)
                && seer.turn == turn
                && seer.purpose == sight.purpose
                && seer.principal == sight.principal
        };
        let mut last = self.last.lock();
        let seer = match last.iter().position(|seer| is_same(seer)) {
            Some(at) => last.remove(at),
            None => {
                // Whoever is under other policies asks again under those of now.
                last.retain(|seer| Arc::ptr_eq(&seer.policies, &sight.policies));
                Arc::new(Seer {
                    policies: Arc::clone(&sight.policies),
                    principal: sight.principal.clone(),
                    purpose: sight.purpose.clone(),
                    turn,
                    seen: RwLock::default(),
                })
            }
        };
        last.push(Arc::clone(&seer));
        if last.len() > SEERS_MAX {
            last.remove(0);
        }
        seer
    }
}

/// The index through one principal's eyes: decides on a product when it is first looked at.
pub(super) struct Eyes<'s> {
    sight: &'s Sight,
    index: &'s Indexed,
    published: &'s Published,
    seer: Arc<Seer>,
    looked: RwLock<Vec<Look>>,
}

#[derive(Clone)]
enum Look {
    NotYet,
    Nothing,
    Seen(Arc<SeenProduct>),
}

impl<'s> Eyes<'s> {
    /// `published` was taken before the policies of `sight` were: what is newer in the index is not looked at.
    pub(super) fn new(sight: &'s Sight, published: &'s Published, index: &'s Indexed, seers: &Seers) -> Self {
        let looked = RwLock::new(vec![Look::NotYet; index.slots.len()]);
        Eyes { sight, index, published, seer: seers.of(sight), looked }
    }

    /// What is discovered of the product; `None` where that is nothing.
    pub(super) fn product(&self, slot: u32) -> Option<Arc<SeenProduct>> {
        match self.looked.read().get(slot as usize) {
            Some(Look::NotYet) => {}
            Some(Look::Seen(seen)) => return Some(Arc::clone(seen)),
            Some(Look::Nothing) | None => return None,
        }
        let seen = self.look(slot);
        if let Some(place) = self.looked.write().get_mut(slot as usize) {
            *place = seen.clone().map_or(Look::Nothing, Look::Seen);
        }
        seen
    }

    /// Decides on all of `slots`, many at a time where they are many.
    pub(super) fn look_at(&self, slots: &[u32]) {
        let not_yet: Vec<u32> = {
            let looked = self.looked.read();
            let is_new = |slot: &u32| matches!(looked.get(*slot as usize), Some(Look::NotYet));
            slots.iter().copied().filter(is_new).collect()
        };
        if not_yet.len() < AT_A_TIME_MIN {
            not_yet.iter().for_each(|slot| drop(self.product(*slot)));
        } else {
            weft_model::parallel::map(&not_yet, |slot| drop(self.product(*slot)));
        }
    }

    fn look(&self, slot: u32) -> Option<Arc<SeenProduct>> {
        let release = self.index.release(slot)?;
        let served = self.published.releases.get(&release.product.name)?;
        if release.number > served.number {
            return None;
        }
        let known = self.seer.seen.read().get(slot as usize).cloned().flatten();
        let seen = match known.filter(|seen| seen.release == release.number) {
            Some(known) => known,
            None => {
                let seen = Arc::new(SeenProduct::of(self.sight, release));
                let mut kept = self.seer.seen.write();
                if kept.len() < self.index.slots.len() {
                    kept.resize(self.index.slots.len(), None);
                }
                if let Some(place) = kept.get_mut(slot as usize) {
                    *place = Some(Arc::clone(&seen));
                }
                seen
            }
        };
        seen.is_discovered().then_some(seen)
    }
}

impl fmt::Debug for Seers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Seers").finish_non_exhaustive()
    }
}
