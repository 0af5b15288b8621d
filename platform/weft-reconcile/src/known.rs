//! What is known of the mesh before a revision is judged.

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use weft_catalog::{Catalog, CatalogError};
use weft_governance::Grants;
use weft_model::{DomainName, ManifestTree, ObservedRead, PortRef, ProductRef, Published, Release};
use weft_storage::Listing;

/// Whoever read a port within this time counts as one of its readers.
const READERS_OF_LAST: TimeDelta = TimeDelta::days(30);

/// The last good texts of rules that one domain or product is responsible for: they hold on where the
/// present text is broken.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Kept {
    /// Each domain's `access.csv`.
    pub access: BTreeMap<DomainName, String>,
    /// Each product's `restrictions.yaml`.
    pub restrictions: BTreeMap<ProductRef, String>,
}

impl Kept {
    /// The texts that `catalog` keeps.
    ///
    /// # Errors
    ///
    /// If it cannot be read.
    pub async fn in_catalog(catalog: &Catalog) -> Result<Self, CatalogError> {
        Ok(Kept { access: catalog.access_texts().await?, restrictions: catalog.restrictions_texts().await? })
    }
}

/// What a revision is judged against.
#[derive(Clone, Debug, Default)]
pub struct Known {
    pub published: Arc<Published>,
    pub kept: Kept,
    /// Everything released so far, newest first, of the products whose contracts change.
    pub history: BTreeMap<ProductRef, Vec<Release>>,
    /// What was read in the last thirty days.
    pub reads: Vec<ObservedRead>,
    /// When a port that is brought up to date by a clock was last found to be so, where nothing was done to it.
    pub looked: BTreeMap<PortRef, DateTime<Utc>>,
    /// What is granted besides the rules.
    pub grants: Arc<Grants>,
    /// What lies at the sources of ports, of those that were looked at.
    pub sources: BTreeMap<PortRef, Listing>,
    pub now: DateTime<Utc>,
}

impl Known {
    /// A mesh in which nothing is published and nobody reads anything, long ago.
    pub fn nothing() -> Self {
        Known::default()
    }

    /// The same at `now`.
    pub fn nothing_at(now: DateTime<Utc>) -> Self {
        Known { now, ..Known::default() }
    }

    /// What `catalog` knows of whoever reads what is published.
    pub(crate) async fn of_readers(catalog: &Catalog, now: DateTime<Utc>) -> Result<Self, CatalogError> {
        let reads = catalog.reads_since(now - READERS_OF_LAST).await?;
        Ok(Known { published: catalog.published(), reads, ..Known::nothing_at(now) })
    }

    /// What `catalog` knows that matters to the revision of `tree`.
    ///
    /// # Errors
    ///
    /// If it cannot be read.
    pub async fn in_catalog(catalog: &Catalog, tree: &ManifestTree, now: DateTime<Utc>) -> Result<Self, CatalogError> {
        let published = catalog.published();
        let changed = published.releases.values().filter(|release| changes_a_contract(release, tree));
        let mut history = BTreeMap::new();
        for release in changed {
            history.insert(release.product.name.clone(), catalog.releases(&release.product.name).await?);
        }
        let reads = catalog.reads_since(now - READERS_OF_LAST).await?;
        let kept = Kept::in_catalog(catalog).await?;
        let (looked, sources) = (catalog.looked_at().await?, BTreeMap::new());
        let grants = catalog.grants().current();
        Ok(Known { published, kept, history, reads, looked, grants, sources, now })
    }
}

/// Whether the tree holds other texts of the contracts than those that the release was made under.
fn changes_a_contract(release: &Release, tree: &ManifestTree) -> bool {
    let contracts = release.product.outputs.iter().map(|output| &output.contract);
    contracts.into_iter().any(|contract| {
        let text = tree.text(&contract.file);
        text.is_none_or(|text| text.as_ref() != contract.document)
    })
}
