//! Instants as text whose order is their order in time.

use chrono::{DateTime, SecondsFormat, Utc};

use crate::error::CatalogError;

pub(crate) fn to_text(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Nanos, true)
}

pub(crate) fn from_text(text: &str) -> Result<DateTime<Utc>, CatalogError> {
    match DateTime::parse_from_rfc3339(text) {
        Ok(at) => Ok(at.with_timezone(&Utc)),
        Err(_) => Err(CatalogError::corrupt("time", text)),
    }
}

pub(crate) fn from_optional(text: Option<String>) -> Result<Option<DateTime<Utc>>, CatalogError> {
    text.as_deref().map(from_text).transpose()
}
