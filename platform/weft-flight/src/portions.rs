//! Answers in several endpoints. Their tickets say by themselves what they stand for, under a seal: each brings the same
//! rows, in the same order and the same bytes, however often it is fetched, until it expires.

use std::collections::BTreeMap;

use arrow_flight::sql::{ProstMessageExt, TicketStatementQuery};
use arrow_flight::{FlightDescriptor, FlightEndpoint, FlightInfo, Ticket};
use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use parking_lot::Mutex;
use prost::Message;
use prost_types::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::json;
use tonic::Status;
use weft_engine::{AppliedTerms, Pinned, Portion, SessionOptions};
use weft_identity::TicketSeal;
use weft_model::Code;

use crate::caller::Caller;
use crate::session::Terms;
use crate::status::{bug, malformed, no_such_handle, refusal};

/// What a handle begins with that is sealed; others are made of letters and digits alone.
const MARK: &[u8] = b"portion:";
const TICKET: &str = "ticket";
/// How long a ticket may be fetched after it was made or renewed, and how long at all.
const LASTS: TimeDelta = TimeDelta::hours(1);
const LASTS_AT_MOST: TimeDelta = TimeDelta::hours(24);

/// What a ticket says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Said {
    pub(crate) sql: String,
    purpose: Option<String>,
    /// Microseconds since 1970, as all times here: what is read, and what `now()` is.
    as_of: i64,
    portion: Portion,
    /// Uploaded tables that are read, by name, the id of each.
    uploads: BTreeMap<String, String>,
    /// Who asked.
    subject: String,
    /// On which terms tables were read when it was asked. On others the portions would not fit together.
    terms: Vec<AppliedTerms>,
    begun: i64,
    ends: i64,
}

impl Said {
    /// How the engine is asked.
    pub(crate) fn options(&self, caller: &Caller) -> SessionOptions {
        let terms = Terms { purpose: self.purpose.clone(), as_of: DateTime::from_timestamp_micros(self.as_of) };
        let uploads = Some(self.uploads.clone());
        SessionOptions { portion: Some(self.portion), uploads, ..caller.options(&terms) }
    }

    /// Refuses rows that come on other terms than those of the other portions.
    pub(crate) fn ensure_on(&self, terms: &[AppliedTerms]) -> Result<(), Status> {
        if self.terms == terms {
            return Ok(());
        }
        let text = "access has changed since this ticket was made, and with it what its rows show: ask again";
        Err(refusal(Code::NOT_FOUND, text))
    }
}

/// What was fetched and cancelled of the tickets that are about.
#[derive(Debug)]
pub(crate) struct Portions {
    seal: TicketSeal,
    /// By handle, until it ends.
    used: Mutex<BTreeMap<Vec<u8>, Used>>,
}

#[derive(Debug)]
struct Used {
    ends: i64,
    running: Vec<String>,
    is_cancelled: bool,
}

impl Used {
    fn of(said: &Said) -> Self {
        Used { ends: said.ends, running: Vec::new(), is_cancelled: false }
    }
}

impl Portions {
    pub(crate) fn new(seal: TicketSeal) -> Self {
        Portions { seal, used: Mutex::default() }
    }

    /// A flight of as many endpoints as `portions`, of a query that was pinned to `as_of`.
    pub(crate) fn info(
        &self,
        caller: &Caller,
        sql: String,
        (pinned, as_of): (&Pinned, DateTime<Utc>),
        portions: Vec<Portion>,
        (descriptor, now): (FlightDescriptor, DateTime<Utc>),
    ) -> Result<FlightInfo, Status> {
        let mut said = Said {
            sql,
            purpose: caller.terms.purpose.clone(),
            as_of: as_of.timestamp_micros(),
            portion: *portions.first().ok_or_else(|| malformed("an answer has one endpoint at least"))?,
            uploads: pinned.uploads.clone(),
            subject: caller.owner(),
            terms: pinned.terms.clone(),
            begun: now.timestamp_micros(),
            ends: (now + LASTS).timestamp_micros(),
        };
        let told = json!({
            "asOf": as_of.to_rfc3339_opts(SecondsFormat::Micros, true),
            "expires": (now + LASTS).to_rfc3339_opts(SecondsFormat::Micros, true),
            "endpoints": portions.len(),
            "tables": pinned.tables,
            "services": pinned.services,
            "engine": env!("CARGO_PKG_VERSION"),
        });
        let info = FlightInfo::new().try_with_schema(&pinned.description.schema);
        let info = info.map_err(|error| bug("a schema can be encoded", &error))?;
        let info = info.with_descriptor(descriptor).with_total_records(-1).with_total_bytes(-1);
        let mut info = info.with_app_metadata(told.to_string());
        for portion in portions {
            said.portion = portion;
            info = info.with_endpoint(self.endpoint(&said)?);
        }
        Ok(info)
    }

    /// What a handle says, if it is one of these: sealed here, for this caller, and not over.
    pub(crate) fn opened(&self, caller: &Caller, handle: &[u8], now: DateTime<Utc>) -> Option<Result<Said, Status>> {
        let sealed = handle.strip_prefix(MARK)?;
        let said = self.seal.open(sealed).and_then(|said| serde_json::from_slice::<Said>(said).ok());
        let is_cancelled = self.used.lock().get(handle).is_some_and(|used| used.is_cancelled);
        let said = said.filter(|said| said.subject == caller.owner() && said.ends >= now.timestamp_micros());
        Some(said.filter(|_| !is_cancelled).ok_or_else(|| no_such_handle(TICKET)))
    }

    /// Notes that a query runs for a ticket. Whether it may: not if the ticket was cancelled meanwhile.
    pub(crate) fn note(&self, handle: &[u8], said: &Said, query: &str, now: DateTime<Utc>) -> bool {
        let mut used = self.used.lock();
        used.retain(|_, used| used.ends >= now.timestamp_micros());
        let entry = used.entry(handle.to_vec()).or_insert_with(|| Used::of(said));
        entry.running.push(query.to_owned());
        !entry.is_cancelled
    }

    /// Lets nobody fetch the ticket again; gives the ids of what ran for it.
    pub(crate) fn cancel(&self, handle: &[u8], said: &Said) -> Vec<String> {
        let mut used = self.used.lock();
        let entry = used.entry(handle.to_vec()).or_insert_with(|| Used::of(said));
        entry.is_cancelled = true;
        std::mem::take(&mut entry.running)
    }

    /// An endpoint with the same rows that lasts longer, within its age.
    pub(crate) fn renewed(&self, mut said: Said, now: DateTime<Utc>) -> Result<FlightEndpoint, Status> {
        let latest = said.begun.saturating_add(LASTS_AT_MOST.num_microseconds().unwrap_or(i64::MAX));
        said.ends = (now + LASTS).timestamp_micros().min(latest);
        self.endpoint(&said)
    }

    fn endpoint(&self, said: &Said) -> Result<FlightEndpoint, Status> {
        let text = serde_json::to_vec(said).map_err(|error| bug("a ticket can be written", &error))?;
        let mut handle = MARK.to_vec();
        handle.extend(self.seal.seal(&text));
        let ticket = TicketStatementQuery { statement_handle: handle.into() };
        let mut endpoint = FlightEndpoint::new().with_ticket(Ticket::new(ticket.as_any().encode_to_vec()));
        let (seconds, micros) = (said.ends.div_euclid(1_000_000), said.ends.rem_euclid(1_000_000));
        let nanos = i32::try_from(micros * 1_000).unwrap_or_default();
        endpoint.expiration_time = Some(Timestamp { seconds, nanos });
        Ok(endpoint)
    }
}
