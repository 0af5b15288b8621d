//! Service levels and price.

use crate::bitol::{AuthoritativeDefinition, CustomProperty, StableId};
use crate::form::{Number, Scalar};

/// The custom property of vendor `weft` with which a latency says that it is not measured.
pub(crate) const HISTORICAL: &str = "historical";

record! {
    /// A service level that readers may rely on.
    pub struct ServiceLevel as "SLA property" {
        id: Option<StableId>,
        /// latency, frequency, retention, availability and so on.
        property: String,
        value: Scalar,
        value_ext: Option<Scalar>,
        unit: Option<String>,
        /// The column measured, as `object.property`.
        element: Option<String>,
        /// regulatory, analytics or operational.
        driver: Option<String>,
        description: Option<String>,
        scheduler: Option<String>,
        schedule: Option<String>,
        custom_properties: Option<Vec<CustomProperty>>,
        authoritative_definitions: Option<Vec<AuthoritativeDefinition>>,
    }
}

impl ServiceLevel {
    /// Whether the custom property `historical` says that no newer rows will come.
    pub(crate) fn is_historical(&self) -> bool {
        let says = |property: &CustomProperty| {
            property.vendor.as_deref() == Some("weft")
                && property.property == HISTORICAL
                && property.value.as_bool() == Some(true)
        };
        self.custom_properties.iter().flatten().any(says)
    }
}

record! {
    /// What reading costs.
    pub struct Pricing as "price" {
        id: Option<StableId>,
        price_amount: Option<Number>,
        price_currency: Option<String>,
        price_unit: Option<String>,
    }
}
