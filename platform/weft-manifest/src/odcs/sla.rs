//! Service levels and price.

use weft_model::TrafficLevel;

use crate::bitol::{AuthoritativeDefinition, CustomProperty, StableId};
use crate::form::{Number, Scalar};

/// The custom property of vendor `weft` with which a latency says that it is not measured.
pub(crate) const HISTORICAL: &str = "historical";

/// The custom property of vendor `weft` with which a latency says that it is about answers, and about which share of them.
pub(crate) const PERCENTILE: &str = "percentile";

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
        self.own(HISTORICAL).any(|property| property.value.as_bool() == Some(true))
    }

    /// The share of answers, in millionths, that a latency is about: more than none and less than all of them. `None` for
    /// a latency of data, which is what the word means by itself, and for what is no share.
    pub(crate) fn percentile(&self) -> Option<u32> {
        self.own(PERCENTILE).find_map(CustomProperty::as_percentile)
    }

    /// Whether it says that it is about answers.
    pub(crate) fn is_of_answers(&self) -> bool {
        self.own(PERCENTILE).next().is_some()
    }

    fn own<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a CustomProperty> {
        let is_own =
            move |property: &&CustomProperty| property.vendor.as_deref() == Some("weft") && property.property == name;
        self.custom_properties.iter().flatten().filter(is_own)
    }
}

impl CustomProperty {
    /// Its value as a percentile, in millionths.
    pub(crate) fn as_percentile(&self) -> Option<u32> {
        let percent = self.value.as_f64().filter(|percent| (0.0..=100.0).contains(percent))?;
        let share = (percent * f64::from(TrafficLevel::WHOLE / 100)).round() as u32;
        (1..TrafficLevel::WHOLE).contains(&share).then_some(share)
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
