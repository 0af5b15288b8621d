//! Changes of state as they happen, as far as the principal may know of them.

use chrono::{DateTime, Utc};
use weft_model::{PortRef, ProductRef};

use super::CatalogView;
use crate::error::CatalogError;
use crate::outbox;

/// Most events that are looked through at a time.
const EVENTS_AT_A_TIME: i64 = 500;

/// Something changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EventView {
    /// Rises with time.
    pub id: i64,
    pub at: DateTime<Utc>,
    pub kind: String,
    /// Name of the product or port, id of the run or request.
    pub subject: String,
}

impl CatalogView {
    /// Events after the one of that id, in order, and the id to go on from: that of the last that was looked at, whether
    /// the principal is told of it or not.
    ///
    /// # Errors
    ///
    /// Trouble with the database.
    pub async fn events_after(&self, id: i64) -> Result<(Vec<EventView>, i64), CatalogError> {
        let mut transaction = self.catalog.store().read().await?;
        let told = outbox::after(&mut transaction, id, EVENTS_AT_A_TIME).await?;
        drop(transaction);
        let last = told.last().map_or(id, |event| event.id);
        let mut seen = Vec::new();
        for event in told {
            if self.is_told_of(&event).await? {
                seen.push(event);
            }
        }
        Ok((seen, last))
    }

    /// The id of the newest event; 0 where there is none.
    ///
    /// # Errors
    ///
    /// Trouble with the database.
    pub async fn newest_event(&self) -> Result<i64, CatalogError> {
        let mut transaction = self.catalog.store().read().await?;
        outbox::newest(&mut transaction).await
    }

    async fn is_told_of(&self, event: &EventView) -> Result<bool, CatalogError> {
        let subject = event.subject.as_str();
        match event.kind.split('.').next() {
            Some("release" | "product") => {
                Ok(subject.parse::<ProductRef>().is_ok_and(|name| self.product(&name).is_ok()))
            }
            Some("change" | "check" | "port" | "service_level") => {
                Ok(subject.parse::<PortRef>().is_ok_and(|port| self.sees_port(&port)))
            }
            Some("run") => match self.run(subject).await {
                Ok(_) => Ok(true),
                Err(CatalogError::NotFound { .. }) => Ok(false),
                Err(error) => Err(error),
            },
            Some("request") => Ok(self.request(subject).is_ok()),
            _ => Ok(false),
        }
    }
}
