//! On which terms a query read what it read, as far as whoever asked may know.

use weft_catalog::{CatalogView, HIDDEN};
use weft_engine::AppliedTerms;
use weft_wire as wire;

/// Of ports, and of columns that are left out, those alone of which the caller may know.
pub(crate) fn told(view: &CatalogView, terms: Vec<AppliedTerms>) -> Vec<wire::SqlTerms> {
    terms.into_iter().filter_map(|terms| of_port(view, terms)).collect()
}

fn of_port(view: &CatalogView, terms: AppliedTerms) -> Option<wire::SqlTerms> {
    let AppliedTerms { port, mut masks, filters } = terms;
    let known = view.known_columns(&port).ok()?;
    let is_known = |name: &String| known.iter().any(|known| known.column.name == *name);
    let hidden = masks.iter().filter(|(name, mask)| *mask == HIDDEN && is_known(name)).map(|(name, _)| name.clone());
    let hidden = hidden.collect();
    masks.retain(|_, mask| mask != HIDDEN);
    Some(wire::SqlTerms { port, masks, hidden, filters })
}
