//! What a mesh would serve if a revision were all that was ever published.

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use weft_model::{Declared, PortRelease, Published, Release};

use crate::Known;
use crate::due::Timetable;

impl Known {
    /// A mesh that serves what `declared` declares, released once, and read as `self` knows.
    #[must_use]
    pub fn with_published(self, declared: &Declared) -> Self {
        let published = as_published(declared, self.now);
        let history = published.releases.iter().map(|(name, release)| (name.clone(), vec![release.clone()])).collect();
        Known { published: Arc::new(published), history, ..self }
    }
}

fn as_published(declared: &Declared, at: DateTime<Utc>) -> Published {
    let fingerprints = Timetable::of(declared, &Known::nothing()).fingerprints;
    let mut releases = BTreeMap::new();
    for product in &declared.products {
        let Some(domain) = declared.domains.get(&product.name.domain) else { continue };
        let ports = product.outputs.iter().filter_map(|output| {
            let fingerprint = fingerprints.get(&product.port_ref(output))?.clone();
            let port = PortRelease::of_view(fingerprint);
            Some((output.name.clone(), port))
        });
        let release = Release {
            number: 1,
            revision: declared.revision.clone(),
            plan: String::new(),
            at,
            product: product.clone(),
            domain: domain.clone(),
            rolled_back: None,
            archived: BTreeMap::new(),
            ports: ports.collect(),
        };
        releases.insert(product.name.clone(), release);
    }
    Published { revision: Some(declared.revision.clone()), releases }
}
