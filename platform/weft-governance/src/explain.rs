//! Why somebody sees a column, or does not: the answer, what it rests on, what nearly changed it, and what would.

mod change;
mod evidence;
mod near;
mod words;

use chrono::{DateTime, Utc};
use weft_model::{Action, Column, Contract, PortRef, Revision};

use crate::decider::DeciderError;
use crate::names::column_term;
use crate::reading::{Lifted, Reading};
use crate::seen::{MaskSeen, Seen, Sight};
use crate::snapshot::Asker;
use crate::{AccessRequest, Authorizer, Decision, Imposed, ObjectRef, Obligation, PolicyLine, PolicySnapshot};

pub use change::{Change, Draft};
pub use evidence::{Evidence, EvidenceKind};
pub use near::NearMiss;

/// Why one principal sees a port, or one column of it, as it does: under one state of the policies, for one purpose,
/// at one instant. Everything in it follows from the same decision that a query would get.
#[derive(Clone, Debug, PartialEq)]
pub struct Explanation {
    /// As policies write it: `user:dana`.
    pub principal: String,
    pub port: PortRef,
    pub column: Option<String>,
    pub purpose: Option<String>,
    pub at: DateTime<Utc>,
    pub policy_revision: Revision,
    pub policy_epoch: u64,
    pub grants_epoch: u64,
    pub sees: Sees,
    /// Whether some rows are hidden; false where nothing is seen at all.
    pub hides_rows: bool,
    /// The answer in one sentence.
    pub sentence: String,
    /// What the answer rests on, from who asks to what decides.
    pub evidence: Vec<Evidence>,
    /// Rules that would show more and do not hold, the nearest first.
    pub near: Vec<NearMiss>,
    /// The least that would show more; `None` where everything is seen, or nothing that can be asked for would.
    pub change: Option<Change>,
}

/// How something is seen.
#[derive(Clone, Debug, PartialEq)]
pub enum Sees {
    /// A port: of its columns, so many in clear, masked and hidden.
    Port { clear: usize, masked: usize, hidden: usize },
    /// A column, as it is.
    Clear,
    /// A column with these masks.
    Masked(Vec<MaskSeen>),
    /// A column that the table does not have for the principal.
    Hidden,
    /// The port may not be read.
    Denied,
}

impl Explanation {
    /// What is told to whoever it is about, who answers for none of the rules: neither what filters compare with what,
    /// nor whom else rules name.
    #[must_use]
    pub fn for_asker(mut self) -> Self {
        for link in self.evidence.iter_mut().filter(|link| link.kind == EvidenceKind::Filter) {
            link.text.truncate(link.text.find(':').unwrap_or(link.text.len()));
        }
        let is_of_others = |miss: &NearMiss| {
            let names_one = miss.subject.starts_with("user:") || miss.subject.starts_with("service:");
            names_one && miss.subject != self.principal
        };
        self.near.retain(|miss| !is_of_others(miss));
        self
    }
}

impl Sees {
    /// The word for it: `readable`, `clear`, `masked`, `hidden`, `denied`.
    pub fn as_str(&self) -> &'static str {
        match self {
            Sees::Port { .. } => "readable",
            Sees::Clear => "clear",
            Sees::Masked(_) => "masked",
            Sees::Hidden => "hidden",
            Sees::Denied => "denied",
        }
    }
}

/// One question and everything that was found out about it.
struct Inquiry<'s> {
    snapshot: &'s PolicySnapshot,
    request: &'s AccessRequest<'s>,
    port: &'s PortRef,
    contract: &'s Contract,
    /// With the words that hold for it now.
    column: Option<Column>,
    asker: Asker,
    decision: Decision,
    /// What rows alone say of the column.
    of_column: Option<Decision>,
    lifted: Vec<Lifted>,
}

impl PolicySnapshot {
    /// Explains how the principal of `request` sees a port that was released under `contract`, or one of its columns.
    /// `None` where the request is not about reading a port, or the contract has no such column.
    ///
    /// The answer is the one that [`decide_read`](Authorizer::decide_read) gives for the same request.
    pub fn explain(
        &self,
        request: &AccessRequest<'_>,
        contract: &Contract,
        column: Option<&str>,
    ) -> Option<Explanation> {
        let ObjectRef::Port(port) = &request.object else { return None };
        if request.action != Action::Read {
            return None;
        }
        let columns = self.columns_as_read(port, &contract.columns);
        let column = match column {
            Some(name) => Some(columns.iter().find(|column| column.name == name)?.clone()),
            None => None,
        };
        let decision = self.decide_read(request, &contract.columns);
        let asker = self.asker(request.principal, &request.object);
        let (of_column, lifted) = self.looked_into(request, port, &asker, &columns, column.as_ref());
        let inquiry = Inquiry { snapshot: self, request, port, contract, column, asker, decision, of_column, lifted };
        Some(inquiry.explained())
    }

    /// What rows say of the column, and which restrictions do not hold. Trouble gives nothing: then the decision is a
    /// deny that says so.
    fn looked_into(
        &self,
        request: &AccessRequest<'_>,
        port: &PortRef,
        asker: &Asker,
        columns: &[Column],
        column: Option<&Column>,
    ) -> (Option<Decision>, Vec<Lifted>) {
        let mut reading = Reading::new(self, asker, port, self.circumstances(request));
        let look = |reading: &mut Reading<'_>| -> Result<Option<Decision>, DeciderError> {
            column.map(|column| reading.ask_column(column)).transpose()
        };
        let of_column = look(&mut reading).ok().flatten();
        reading.terms(request, columns);
        (of_column, reading.lifted())
    }
}

impl Inquiry<'_> {
    fn explained(&self) -> Explanation {
        let sees = self.sees();
        let near = if self.is_seen_whole(&sees) { Vec::new() } else { near::misses(self, &sees) };
        Explanation {
            principal: self.request.principal.subject(),
            port: self.port.clone(),
            column: self.column.as_ref().map(|column| column.name.clone()),
            purpose: self.request.purpose.map(str::to_owned),
            at: self.request.at,
            policy_revision: self.snapshot.policy_revision().clone(),
            policy_epoch: self.snapshot.epoch(),
            grants_epoch: self.snapshot.grants().epoch,
            hides_rows: self.decision.hides_rows(),
            sentence: words::sentence(self, &sees),
            evidence: evidence::of(self, &sees),
            change: change::least(self, &sees, &near),
            near,
            sees,
        }
    }

    fn sees(&self) -> Sees {
        if !self.decision.is_allowed() {
            return Sees::Denied;
        }
        let Some(column) = &self.column else { return self.of_port() };
        match Seen::of(&self.decision, [column]).columns.pop().map(|seen| seen.sight) {
            Some(Sight::Clear) => Sees::Clear,
            Some(Sight::Masked(masks)) => Sees::Masked(masks),
            Some(Sight::Hidden(_)) => Sees::Hidden,
            Some(Sight::Denied) | None => Sees::Denied,
        }
    }

    fn of_port(&self) -> Sees {
        let seen = Seen::of(&self.decision, &self.contract.columns);
        let count = |word: &str| seen.columns.iter().filter(|column| column.sight.as_str() == word).count();
        Sees::Port { clear: count("clear"), masked: count("masked"), hidden: count("hidden") }
    }

    /// How what is asked about is seen under `decision`: the column, or each of the port's.
    fn seen_under(&self, decision: &Decision) -> Seen {
        match &self.column {
            Some(column) => Seen::of(decision, [column]),
            None => Seen::of(decision, &self.contract.columns),
        }
    }

    /// Whether nothing more could be shown than is, rows aside.
    fn is_seen_whole(&self, sees: &Sees) -> bool {
        matches!(sees, Sees::Clear | Sees::Port { masked: 0, hidden: 0, .. })
    }

    /// What the question is about as rows write it.
    fn term(&self) -> String {
        let port = self.snapshot.term_of(self.port);
        self.column.as_ref().map_or_else(|| port.clone(), |column| column_term(&port, &column.name))
    }

    /// The lines of rows that decide: that open what is seen, or close what is not.
    fn deciding_rows(&self) -> Vec<PolicyLine> {
        let of_column = self.of_column.as_ref().filter(|_| self.decision.is_allowed());
        of_column.unwrap_or(&self.decision).because().to_vec()
    }

    /// Whether a term has to do with what is asked about. Rows are everybody's concern.
    fn concerns(&self, imposed: &Imposed) -> bool {
        match &imposed.obligation {
            Obligation::KeepRows(_) => true,
            Obligation::MaskColumn { path, .. } => self.is_about(Some(path)),
            Obligation::HideColumn { column } => self.is_about(Some(std::slice::from_ref(column))),
        }
    }

    fn is_about(&self, path: Option<&[String]>) -> bool {
        let (Some(column), Some(path)) = (&self.column, path) else { return true };
        path.first() == Some(&column.name)
    }
}
