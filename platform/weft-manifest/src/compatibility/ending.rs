//! How long a version of a contract is supported, and how long its rows are kept.

use chrono::{NaiveDate, TimeDelta};
use weft_model::ManifestTree;

use super::comparison::document;
use super::instants::seconds;
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

/// How long the contract whose text this is keeps rows: the longest `retention` that it states. `None`
/// where it states none, or one that cannot be read: what is not understood ends nothing.
pub fn retention(text: &str) -> Option<TimeDelta> {
    let contract = document(&ManifestTree::of_texts([(FILE, text)]), FILE, &mut Vec::new())?;
    let levels = contract.sla_properties.iter().flatten();
    let stated = levels.filter(|level| matches!(level.property.trim().to_lowercase().as_str(), "retention" | "re"));
    let lengths = stated.map(|level| seconds(&level.value, level.unit.as_deref())).collect::<Option<Vec<_>>>()?;
    let longest = lengths.into_iter().reduce(f64::max).filter(|seconds| *seconds > 0.0)?;
    TimeDelta::try_seconds(longest.ceil() as i64)
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

    #[test]
    fn the_longest_retention_counts_and_one_that_cannot_be_read_ends_nothing() {
        let kept = |levels: &str| {
            let text =
                format!("apiVersion: v3.2.0\nkind: DataContract\nid: a\nversion: 1.0.0\nslaProperties: [{levels}]");
            retention(&text).map(|length| length.num_days())
        };
        let (year, quarter) = ("{property: retention, value: P1Y}", "{property: RE, value: 90, unit: d}");
        assert_eq!(kept(year), Some(365));
        assert_eq!(kept(&format!("{quarter}, {year}")), Some(365));
        assert_eq!(kept(&format!("{year}, {{property: retention, value: '${{KEPT}}'}}")), None);
        assert_eq!(kept("{property: latency, value: 1, unit: d}"), None);
    }
}
