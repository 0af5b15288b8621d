//! What comes beside SQL, as every door reads it.

use chrono::{DateTime, Utc};

use crate::portion::PORTIONS_MAX;
use crate::{Portion, SessionOptions};

const PURPOSE_CHARS_MAX: usize = 200;

impl SessionOptions {
    /// The header, on every door, that says what an answer is for.
    pub const PURPOSE_HEADER: &'static str = "x-weft-purpose";

    /// The header, on every door, that pins all tables to one instant.
    pub const AS_OF_HEADER: &'static str = "x-weft-as-of";

    /// The header of Flight SQL that asks for an answer in so many endpoints.
    pub const ENDPOINTS_HEADER: &'static str = "x-weft-endpoints";

    /// Reads into how many endpoints an answer is cut.
    ///
    /// # Errors
    ///
    /// A text for whoever asked, which says how many there may be.
    pub fn read_endpoints(text: &str) -> Result<Vec<Portion>, String> {
        let portions = text.trim().parse().ok().and_then(Portion::all);
        portions.ok_or_else(|| format!("an answer has 1 to {PORTIONS_MAX} endpoints"))
    }

    /// Reads a purpose.
    ///
    /// # Errors
    ///
    /// A text for whoever asked, which says what a purpose looks like.
    pub fn read_purpose(text: &str) -> Result<String, String> {
        if text.chars().count() > PURPOSE_CHARS_MAX || text.chars().any(char::is_control) {
            return Err(format!(
                "a purpose has {PURPOSE_CHARS_MAX} characters at most and no control characters among them"
            ));
        }
        Ok(text.to_owned())
    }

    /// Reads an instant as RFC 3339 writes it.
    ///
    /// # Errors
    ///
    /// A text for whoever asked, which says what an instant looks like.
    pub fn read_as_of(text: &str) -> Result<DateTime<Utc>, String> {
        DateTime::parse_from_rfc3339(text)
            .map(|instant| instant.to_utc())
            .map_err(|_| "an instant is written as in RFC 3339: `2026-01-31T12:00:00Z`".to_owned())
    }
}
