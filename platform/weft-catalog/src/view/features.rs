//! Feature views and services, as far as the principal may know of their columns.

use weft_model::{FeaturePart, FeatureService, FeatureView, OutputPort, PortRef, Release};

use super::CatalogView;

impl CatalogView {
    /// What the port is as a feature view, with the features that the principal may know of; `None` also where it may
    /// not know by what rows are found, or of no feature.
    pub(super) fn feature_view(&self, port: &PortRef, output: &OutputPort) -> Option<FeatureView> {
        let view = output.feature_view.as_ref()?;
        let shown = self.reading_of(port, &output.contract.columns).columns(&output.contract.columns);
        let knows = |name: &String| {
            let is_known = |column| self.sight.knows_column(port, column);
            shown.iter().any(|column| column.name == *name) || output.contract.column(name).is_some_and(is_known)
        };
        let mut found_by = view.entity.iter().chain([&view.event_time]).chain(&view.created_time);
        if !found_by.all(knows) {
            return None;
        }
        let features: Vec<String> = view.features.iter().filter(|name| knows(name)).cloned().collect();
        (!features.is_empty()).then(|| FeatureView { features, ..view.clone() })
    }

    /// The services of a product. Each part names its features; those that the principal may not know of are left out,
    /// and so is a service of which nothing is left.
    pub(super) fn feature_services(&self, release: &Release) -> Vec<FeatureService> {
        let services = release.product.features.iter().map(|service| FeatureService {
            name: service.name.clone(),
            description: service.description.clone(),
            parts: service.parts.iter().filter_map(|part| self.feature_part(part)).collect(),
        });
        services.filter(|service| !service.parts.is_empty()).collect()
    }

    fn feature_part(&self, part: &FeaturePart) -> Option<FeaturePart> {
        let (release, _) = self.published.port(&part.view).filter(|_| self.sees_port(&part.view))?;
        let known = self.feature_view(&part.view, release.product.output(&part.view.port)?)?.features;
        let features: Vec<String> = match part.features.is_empty() {
            true => known,
            false => part.features.iter().filter(|name| known.contains(name)).cloned().collect(),
        };
        (!features.is_empty()).then(|| FeaturePart { features, ..part.clone() })
    }
}
