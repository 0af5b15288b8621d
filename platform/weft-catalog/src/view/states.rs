//! How ports fare, many at a time: whether they are late, and which checks do not hold.

use std::collections::{BTreeMap, BTreeSet};

use weft_model::PortRef;

use super::CatalogView;
use super::checks::of_clock;
use crate::error::CatalogError;
use crate::run::CheckOutcome;
use crate::{levels, runs};

/// The check that tells how late rows are.
const FRESHNESS: &str = "freshness";

/// How a port fares, as far as the principal may know.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PortState {
    /// Whether its rows are later than promised; `None` where nothing is promised, or known.
    pub is_late: Option<bool>,
    /// Checks that did not hold when the port was judged last, and promises that do not hold now.
    pub failed_checks: u64,
}

impl CatalogView {
    /// How each of `ports` fares. Those of which nothing is known are not in it.
    ///
    /// # Errors
    ///
    /// Trouble with the database alone.
    pub async fn states_of(&self, ports: &BTreeSet<PortRef>) -> Result<BTreeMap<PortRef, PortState>, CatalogError> {
        let mut transaction = self.catalog.store().read().await?;
        let names: Vec<String> = ports.iter().map(PortRef::to_string).collect();
        let mut checks = runs::last_failed(&mut transaction, &names).await?;
        let levels = levels::all(&mut transaction).await?;
        drop(transaction);
        checks.extend(levels.into_iter().filter(|level| ports.contains(&level.port)).map(of_clock));
        let mut states: BTreeMap<PortRef, PortState> = BTreeMap::new();
        for check in checks.into_iter().filter_map(|check| self.check_view(check)) {
            let has_failed = check.outcome == CheckOutcome::Failed;
            let state = states.entry(check.port).or_default();
            state.failed_checks += u64::from(has_failed);
            if check.run.is_none() && check.name == FRESHNESS && check.outcome != CheckOutcome::Unknown {
                state.is_late = Some(has_failed || state.is_late == Some(true));
            }
        }
        Ok(states)
    }
}
