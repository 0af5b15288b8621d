//! Tables that a client has brought along to ask about, such as a frame of entities. Each is its principal's own: nobody
//! else sees it, no port is made of it, and it is gone after a day or with the process.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use chrono::{DateTime, TimeDelta, Utc};
use datafusion::catalog::TableProvider;
use datafusion::datasource::MemTable;
use parking_lot::Mutex;
use weft_model::Principal;

use crate::question::fresh_id;
use crate::{Engine, QueryError};

/// What the tables of one principal may take together, and those of all.
const BYTES_MAX: usize = 256 << 20;
const BYTES_MAX_OF_ALL: usize = 1 << 30;
const TABLES_MAX: usize = 100;
const LASTS: TimeDelta = TimeDelta::hours(24);
const NAME_MAX: usize = 63;

/// The uploaded tables of all principals.
#[derive(Debug, Default)]
pub(crate) struct Uploads(Mutex<BTreeMap<(String, String), Upload>>);

/// One uploaded table.
#[derive(Clone, Debug)]
pub(crate) struct Upload {
    /// Another one of the same name has another.
    pub(crate) id: String,
    schema: SchemaRef,
    batches: Vec<RecordBatch>,
    bytes: usize,
    ends: DateTime<Utc>,
}

impl Upload {
    /// The table in the order in which it was uploaded.
    pub(crate) fn table(&self) -> Result<Arc<dyn TableProvider>, QueryError> {
        let table = MemTable::try_new(Arc::clone(&self.schema), vec![self.batches.clone()]);
        table.map(|table| Arc::new(table) as Arc<dyn TableProvider>).map_err(|error| QueryError::from_planning(&error))
    }
}

impl Uploads {
    /// The table of that name, if it is the principal's own.
    pub(crate) fn get(&self, principal: &Principal, name: &str, now: DateTime<Utc>) -> Option<Upload> {
        let key = (principal.subject(), name.to_owned());
        self.0.lock().get(&key).filter(|upload| upload.ends >= now).cloned()
    }
}

impl Engine {
    /// Keeps a table of `principal`'s under a name of one part, for queries of its own, for a day. One of that name is
    /// replaced if `replaces`.
    ///
    /// # Errors
    ///
    /// [`QueryError::Invalid`] for a name that is none or is taken, [`QueryError::TooLarge`] for more than there is room
    /// for.
    pub fn upload(
        &self,
        principal: &Principal,
        (name, replaces): (&str, bool),
        (schema, batches): (SchemaRef, Vec<RecordBatch>),
    ) -> Result<(), QueryError> {
        let is_part = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
        if name.is_empty() || name.len() > NAME_MAX || !name.chars().all(is_part) {
            let problem = format!("an uploaded table has a name of a to z, 0 to 9 and _, {NAME_MAX} at most");
            return Err(QueryError::Invalid { problem });
        }
        let (now, subject) = (self.parts.clock.now(), principal.subject());
        let bytes: usize = batches.iter().map(RecordBatch::get_array_memory_size).sum();
        let mut all = self.uploads.0.lock();
        all.retain(|_, upload| upload.ends >= now);
        let key = (subject.clone(), name.to_owned());
        if !replaces && all.contains_key(&key) {
            return Err(QueryError::Invalid { problem: format!("there is an uploaded table `{name}` already") });
        }
        all.remove(&key);
        let own = || all.iter().filter(|((owner, _), _)| *owner == subject);
        let held = |uploads: &mut dyn Iterator<Item = &Upload>| uploads.map(|upload| upload.bytes).sum::<usize>();
        let (of_own, of_all) = (held(&mut own().map(|(_, upload)| upload)), held(&mut all.values()));
        if of_own + bytes > BYTES_MAX || of_all + bytes > BYTES_MAX_OF_ALL {
            return Err(QueryError::TooLarge {
                unit: "bytes of uploaded tables",
                size: of_own + bytes,
                limit: BYTES_MAX,
            });
        }
        if own().count() >= TABLES_MAX {
            return Err(QueryError::TooLarge { unit: "uploaded tables", size: TABLES_MAX + 1, limit: TABLES_MAX });
        }
        all.insert(key, Upload { id: fresh_id(), schema, batches, bytes, ends: now + LASTS });
        Ok(())
    }
}
