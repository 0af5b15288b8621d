//! How long a version of a contract is supported.

use chrono::NaiveDate;
use weft_model::ManifestTree;

use super::comparison::document;
use crate::form::Scalar;

const FILE: &str = "contract";

/// The last day on which readers may rely on the contract whose text this is: the later one of its
/// `endOfSupport` and `endOfLife`. `None` where it names none, or cannot be read.
pub fn supported_until(text: &str) -> Option<NaiveDate> {
    // Most contracts name none, and reading one takes a while.
    if !text.to_lowercase().contains("end") {
        return None;
    }
    let contract = document(&ManifestTree::of_texts([(FILE, text)]), FILE, &mut Vec::new())?;
    let ends = contract.sla_properties.iter().flatten().filter(|level| {
        matches!(level.property.trim().to_lowercase().as_str(), "endofsupport" | "es" | "endoflife" | "el")
    });
    ends.filter_map(|level| match &level.value {
        Scalar::Text(text) => text.get(..10)?.parse::<NaiveDate>().ok(),
        _ => None,
    })
    .max()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_later_end_counts() {
        let contract = |levels: &str| {
            format!("apiVersion: v3.2.0\nkind: DataContract\nid: a\nversion: 1.0.0\nslaProperties: [{levels}]\n")
        };
        let support = "{property: endOfSupport, value: 2026-12-31}";
        let life = "{property: el, value: '2027-06-30T00:00:00Z'}";
        let until = |levels: &str| supported_until(&contract(levels)).map(|day| day.to_string());
        assert_eq!(until(support).as_deref(), Some("2026-12-31"));
        assert_eq!(until(&format!("{support}, {life}")).as_deref(), Some("2027-06-30"));
        assert_eq!(until("{property: latency, value: 1, unit: d}"), None);
    }
}
