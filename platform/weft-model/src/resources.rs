//! What the runs of a port may take.

use serde::{Deserialize, Serialize};

/// Most memory that a port may ask for.
pub const MEMORY_BYTES_MAX: u64 = 4 << 30;
/// Longest time that a port may ask for.
pub const TIME_MS_MAX: u64 = 6 * 3_600_000;
/// Most tries after the first.
pub const RETRIES_MAX: u32 = 10;

/// Bounds on one run of a port; the platform's own where it says nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Resources {
    /// Bytes that the operators of one query may hold before they spill.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub memory_bytes: Option<u64>,
    /// How long one query may run, in milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time_ms: Option<u64>,
    /// How often a run is tried again where a store failed.
    #[serde(default)]
    pub retries: u32,
}

/// The bytes that a number and a unit of size say, such as `512 MiB`; units of thousands are told from those of 1,024.
pub fn bytes(text: &str) -> Option<u64> {
    const UNITS: [(&str, u64); 7] = [
        ("B", 1),
        ("kB", 1_000),
        ("MB", 1_000_000),
        ("GB", 1_000_000_000),
        ("KiB", 1 << 10),
        ("MiB", 1 << 20),
        ("GiB", 1 << 30),
    ];
    let text = text.trim();
    let unit_at = text.find(|c: char| c.is_alphabetic())?;
    let number: f64 = text.get(..unit_at)?.trim().parse().ok()?;
    let unit = text.get(unit_at..)?;
    let (_, factor) = UNITS.iter().find(|(word, _)| word.eq_ignore_ascii_case(unit))?;
    (number > 0.0 && number.is_finite()).then(|| (number * *factor as f64).round() as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_a_number_and_a_unit() {
        assert_eq!(bytes("2 GiB"), Some(2 << 30));
        assert_eq!(bytes("1.5gb"), Some(1_500_000_000));
        assert_eq!(bytes("512MiB"), Some(512 << 20));
        assert_eq!([bytes("2"), bytes("GiB"), bytes("-1 GiB"), bytes("2 cows")], [None; 4]);
    }
}
