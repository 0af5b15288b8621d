//! Asking for access and deciding on it, as one principal.

use weft_model::{Contract, PortRef, Principal, Release};

use super::{CatalogView, unknown};
use crate::error::CatalogError;
use crate::requests::{self, AccessRequest, Book};

mod asking;
mod deciding;

pub use asking::WantedAccess;
pub use deciding::Given;

/// Objects of the platform that stand for everyone's requests, and everyone's grants.
const REQUESTS: &str = "system.mesh.requests";
const GRANTS: &str = "system.mesh.grants";

/// A request as one principal sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestView {
    pub request: AccessRequest,
    /// `requested`, `approved`, `expired`, `declined`, `withdrawn` or `revoked`.
    pub state: &'static str,
    /// What this principal may do about it: `approve`, `decline`, `withdraw`, `extend`, `revoke`, `export`.
    pub can: Vec<&'static str>,
}

impl CatalogView {
    /// The requests that concern the principal, newest first: its own, those that it decides or has decided on, those
    /// for ports that it answers for; everyone's for who may read the platform's own `system.mesh.requests`.
    pub fn requests(&self) -> Vec<RequestView> {
        let sees_all = self.sight.reads_platform(REQUESTS);
        let book = self.catalog.requests();
        let seen = book.requests().rev().filter(|request| sees_all || self.is_concerned(request));
        seen.map(|request| self.request_view(request)).collect()
    }

    /// The same for those that were approved and so have become grants; everyone's for who may read
    /// `system.mesh.grants`.
    pub fn grants(&self) -> Vec<RequestView> {
        let sees_all = self.sight.reads_platform(GRANTS);
        let book = self.catalog.requests();
        let granted = book.requests().rev().filter(|request| request.grant.is_some());
        let seen = granted.filter(|request| sees_all || self.is_concerned(request));
        seen.map(|request| self.request_view(request)).collect()
    }

    /// The request of that id.
    ///
    /// # Errors
    ///
    /// [`CatalogError::NotFound`] where it is unknown or does not concern the principal.
    pub fn request(&self, id: &str) -> Result<RequestView, CatalogError> {
        let book = self.catalog.requests();
        self.seen_in(&book, id).map(|request| self.request_view(request))
    }

    /// The request as a document of the Open Access Agreement Standard.
    ///
    /// # Errors
    ///
    /// As [`request`](Self::request).
    pub fn agreement(&self, id: &str) -> Result<serde_json::Value, CatalogError> {
        Ok(requests::agreement(self.seen_in(&self.catalog.requests(), id)?))
    }

    /// What was granted as a commit that adds it to the domain's own rules: a patch as `git am` takes it, for whoever
    /// answers for the port.
    ///
    /// # Errors
    ///
    /// As [`request`](Self::request); [`CatalogError::RequestInvalid`] where nothing is granted or the rules say it
    /// already; [`CatalogError::ApproverRefused`] for others; trouble with the database.
    pub async fn exported(&self, id: &str) -> Result<String, CatalogError> {
        let book = self.catalog.requests();
        let request = self.seen_in(&book, id)?;
        if !self.answers_for_product(&request.asked.port.product_ref()) {
            let problem = format!("{id} is exported by whoever answers for {}", request.asked.port.product_ref());
            return Err(CatalogError::ApproverRefused { problem });
        }
        let nothing = |why: &str| CatalogError::RequestInvalid { problem: format!("{id} {why}") };
        if request.state_at(self.sight.at) != "approved" {
            return Err(nothing("grants nothing, so there is nothing to export"));
        }
        let grant = request.grant.as_ref().ok_or_else(|| nothing("grants nothing"))?;
        let texts = self.catalog.access_texts().await?;
        let patch = requests::added(grant, texts.get(&grant.port.domain).map(String::as_str));
        let patch = patch.ok_or_else(|| nothing("names a column that rows of a file cannot write"))?;
        if patch.is_empty() { Err(nothing("is in the domain's rules already")) } else { Ok(patch) }
    }

    fn released(&self, port: &PortRef) -> Result<&Release, CatalogError> {
        let release = self.published.releases.get(&port.product_ref()).filter(|_| self.sees_port(port));
        release.filter(|release| release.ports.contains_key(&port.port)).ok_or_else(|| unknown("port", port))
    }

    /// The contract under which a port is served, for one who may discover it.
    ///
    /// # Errors
    ///
    /// [`CatalogError::NotFound`] alone.
    pub fn contract(&self, port: &PortRef) -> Result<&Contract, CatalogError> {
        let output = self.released(port)?.product.output(&port.port);
        output.map(|output| &output.contract).ok_or_else(|| unknown("port", port))
    }

    /// The request in `book`, if it concerns the principal.
    fn seen_in<'b>(&self, book: &'b Book, id: &str) -> Result<&'b AccessRequest, CatalogError> {
        let found = book.find(id);
        let seen = found.filter(|request| self.is_concerned(request) || self.sight.reads_platform(REQUESTS));
        seen.ok_or_else(|| unknown("request", id))
    }

    fn is_concerned(&self, request: &AccessRequest) -> bool {
        request.asker == self.sight.principal.subject() || self.may_revoke(request)
    }

    /// Whether the principal may decide at some level, or answers for the port.
    fn may_revoke(&self, request: &AccessRequest) -> bool {
        let named = request.asked.levels.iter().any(|level| is_named(&self.sight.principal, level));
        named || self.answers_for_product(&request.asked.port.product_ref())
    }

    fn request_view(&self, request: &AccessRequest) -> RequestView {
        let now = self.sight.at;
        let state = request.state_at(now);
        let is_own = request.asker == self.sight.principal.subject();
        let mut can = Vec::new();
        if self.may_decide(request).is_ok() {
            can.extend(["approve", "decline"]);
        }
        if is_own && matches!(state, "requested" | "approved") {
            can.push("withdraw");
        }
        if is_own && matches!(state, "approved" | "expired") && !request.asked.break_glass {
            can.push("extend");
        }
        if state == "approved" && self.may_revoke(request) {
            can.push("revoke");
        }
        if state == "approved" && self.answers_for_product(&request.asked.port.product_ref()) {
            can.push("export");
        }
        RequestView { request: request.clone(), state, can }
    }
}

fn is_named(principal: &Principal, level: &[String]) -> bool {
    level.iter().any(|name| principal.groups.contains(name) || *name == principal.name)
}

fn invalid(problem: String) -> CatalogError {
    CatalogError::RequestInvalid { problem }
}

/// Longest note.
const NOTE_CHARS_MAX: usize = 1_000;

fn note_is_short(note: &str) -> Result<(), CatalogError> {
    if note.chars().count() > NOTE_CHARS_MAX || note.chars().any(|c| c.is_control() && c != '\n') {
        return Err(invalid(format!("a note is text of at most {NOTE_CHARS_MAX} characters")));
    }
    Ok(())
}

fn is_said(note: &str, verb: &str) -> Result<(), CatalogError> {
    if note.trim().is_empty() {
        return Err(invalid(format!("say why you {verb}, in a note")));
    }
    note_is_short(note)
}
