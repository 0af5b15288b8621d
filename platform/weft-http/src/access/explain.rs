//! Why somebody sees something, or does not.

use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use weft_catalog::{CatalogError, CatalogView, DecisionView};
use weft_engine::SessionOptions;
use weft_governance::{
    AccessRequest, Authorizer, Change, Draft, Explanation, ObjectRef, Obligation, PolicyLine, PolicySnapshot,
};
use weft_model::{Action, Contract, PortRef, Principal};
use weft_wire as wire;

use super::{line, may_know_who};
use crate::Doors;
use crate::asked;
use crate::caller::Caller;
use crate::problem::Problem;

/// Explains what the caller sees, or what somebody else does to whoever may ask about others.
#[utoipa::path(post, path = "/v1/access/explain", tag = "access",
    request_body = wire::ExplainRequest,
    responses((status = 200, body = wire::Explanations)))]
pub(crate) async fn explain(
    State(doors): State<Doors>,
    Caller(principal): Caller,
    body: Bytes,
) -> Result<Json<wire::Explanations>, Problem> {
    let request: wire::ExplainRequest = asked::body(&body, "question")?;
    let asking = Asking { doors: &doors, view: doors.view(&principal), principal: &principal };
    let items = match &request.explain_id {
        Some(id) if request == (wire::ExplainRequest { explain_id: Some(id.clone()), ..Default::default() }) => {
            asking.recorded(id).await?
        }
        Some(_) => return Err(Problem::malformed("`explainId` goes with nothing else")),
        None => vec![asking.asked(&request).await?],
    };
    Ok(Json(wire::Explanations { items }))
}

struct Asking<'a> {
    doors: &'a Doors,
    view: CatalogView,
    principal: &'a Principal,
}

impl Asking<'_> {
    /// A question of one's own.
    async fn asked(&self, asked: &wire::ExplainRequest) -> Result<wire::Explanation, Problem> {
        let port = asked.port.as_ref().ok_or_else(|| Problem::malformed("name a `port`, or give an `explainId`"))?;
        self.view.contract(port)?;
        let policies = self.doors.policies.current();
        let who = match &asked.who {
            Some(name) if *name != self.principal.name => {
                if !may_know_who(self.doors, &self.view, self.principal, port) {
                    return Err(Problem::not_told_of_others(port));
                }
                let unknown = || CatalogError::NotFound { kind: "principal", name: name.clone() };
                policies.principals().find(name).ok_or_else(unknown)?
            }
            _ => self.principal.clone(),
        };
        let request = AccessRequest {
            principal: &who,
            action: Action::Read,
            object: ObjectRef::Port(port.clone()),
            purpose: asked.purpose.as_deref(),
            at: asked.at.unwrap_or_else(|| self.doors.clock.now()),
        };
        self.explained(&policies, &request, port, asked.column.as_deref()).await
    }

    async fn explained(
        &self,
        policies: &PolicySnapshot,
        request: &AccessRequest<'_>,
        port: &PortRef,
        column: Option<&str>,
    ) -> Result<wire::Explanation, Problem> {
        let contract = self.view.contract(port)?;
        // Whatever instant is asked about, what may be known is decided now.
        if let Some(name) = column
            && !self.view.may_know(port, name)?
        {
            return Err(CatalogError::NotFound { kind: "column", name: format!("{port}.{name}") }.into());
        }
        let explained = policies.explain(request, contract, column).ok_or_else(Problem::internal)?;
        // To oneself less is told of the rules than to those who answer for them.
        let is_told_all = may_know_who(self.doors, &self.view, self.principal, port);
        let percent = if is_told_all { self.percent_of_rows(policies, request, port, contract).await } else { None };
        Ok(explanation(if is_told_all { explained } else { explained.for_asker() }, percent))
    }

    /// Which share of the rows is seen: for a caller who sees all of them, and may count them.
    async fn percent_of_rows(
        &self,
        policies: &PolicySnapshot,
        request: &AccessRequest<'_>,
        port: &PortRef,
        contract: &Contract,
    ) -> Option<u8> {
        let decision = policies.decide_read(request, &contract.columns);
        let own = AccessRequest { principal: self.principal, ..request.clone() };
        let sees_all = policies.decide_read(&own, &contract.columns);
        if !decision.hides_rows() || !sees_all.is_allowed() || sees_all.hides_rows() {
            return None;
        }
        let conditions = decision.obligations().iter().filter_map(|imposed| match &imposed.obligation {
            Obligation::KeepRows(condition) => Some(condition),
            _ => None,
        });
        let conditions: Vec<_> = conditions.collect();
        let purpose = request.purpose.map(str::to_owned);
        let options = SessionOptions { purpose, door: Some("http"), ..SessionOptions::default() };
        let session = self.doors.engine.session(self.principal.clone(), options);
        // What cannot be counted is left open; the explanation stands without it.
        session.percent_kept(port, &conditions).await.ok().flatten()
    }

    /// What was decided for a query. One that nobody asked, or somebody else, is not there.
    async fn recorded(&self, id: &str) -> Result<Vec<wire::Explanation>, Problem> {
        let decisions = self.view.decisions_of(id).await?;
        if decisions.is_empty() {
            return Err(CatalogError::NotFound { kind: "explanation", name: id.to_owned() }.into());
        }
        let policies = self.doors.policies.current();
        let reads = decisions.iter().filter(|decision| decision.action == Action::Read.as_str());
        let mut explained = Vec::new();
        for decision in reads {
            explained.push(self.of_decision(&policies, decision).await?);
        }
        Ok(explained)
    }

    /// What was decided, explained anew where the same rules are in force, else as it was recorded.
    async fn of_decision(
        &self,
        policies: &PolicySnapshot,
        decision: &DecisionView,
    ) -> Result<wire::Explanation, Problem> {
        let gone = || Problem::from(CatalogError::NotFound { kind: "port", name: decision.object.clone() });
        let port: PortRef = decision.object.parse().map_err(|_| gone())?;
        let name = decision.principal.split_once(':').map_or("", |(_, name)| name);
        let who = if decision.principal == self.principal.subject() {
            Some(self.principal.clone())
        } else {
            policies.principals().find(name)
        };
        match who {
            Some(who) if *policies.policy_revision() == decision.policy_revision => {
                let request = AccessRequest {
                    principal: &who,
                    action: Action::Read,
                    object: ObjectRef::Port(port.clone()),
                    purpose: decision.purpose.as_deref(),
                    at: decision.at,
                };
                self.explained(policies, &request, &port, None).await
            }
            _ => Ok(as_recorded(decision, port, name)),
        }
    }
}

fn as_recorded(decision: &DecisionView, port: PortRef, name: &str) -> wire::Explanation {
    let link = |kind: &str, text: &String| wire::Evidence {
        kind: kind.to_owned(),
        line: wire::RuleLine { file: None, line: None, text: text.clone() },
        revision: Some(decision.policy_revision.clone()),
        decides: true,
    };
    let masks: Vec<String> = decision.masks.iter().map(|(column, mask)| format!("{column}: {mask}")).collect();
    let rules = decision.because.iter().map(|text| link("rule", text));
    let evidence = rules.chain(masks.iter().map(|text| link("mask", text)));
    let evidence: Vec<_> = evidence.chain(decision.filters.iter().map(|text| link("filter", text))).collect();
    let may = if decision.allowed { "was let read" } else { "was not let read" };
    wire::Explanation {
        principal: decision.principal.clone(),
        purpose: decision.purpose.clone(),
        at: decision.at,
        policy_revision: decision.policy_revision.clone(),
        grants_epoch: decision.grants_epoch,
        sees: if decision.allowed { "readable" } else { "denied" }.to_owned(),
        hides_rows: !decision.filters.is_empty(),
        percent_of_rows: None,
        sentence: format!("{name} {may} {port}, under policies that are no longer in force."),
        evidence,
        near: Vec::new(),
        change: None,
        recorded: true,
        column: None,
        port,
    }
}

fn explanation(explained: Explanation, percent_of_rows: Option<u8>) -> wire::Explanation {
    wire::Explanation {
        sees: explained.sees.as_str().to_owned(),
        principal: explained.principal,
        port: explained.port,
        column: explained.column,
        purpose: explained.purpose,
        at: explained.at,
        policy_revision: explained.policy_revision,
        grants_epoch: explained.grants_epoch,
        hides_rows: explained.hides_rows,
        percent_of_rows,
        sentence: explained.sentence,
        evidence: explained
            .evidence
            .into_iter()
            .map(|link| wire::Evidence {
                kind: link.kind.as_str().to_owned(),
                line: line(&PolicyLine {
                    place: link.place.map(|(file, number)| (file.into(), number)),
                    text: link.text.into(),
                }),
                revision: link.revision,
                decides: link.decides,
            })
            .collect(),
        near: explained
            .near
            .into_iter()
            .map(|miss| wire::NearMiss {
                line: line(&miss.line),
                would: miss.would.as_str().to_owned(),
                met: miss.met,
                failed: miss.failed,
            })
            .collect(),
        change: explained.change.map(change),
        recorded: false,
    }
}

fn change(change: Change) -> wire::Change {
    match change {
        Change::Purpose(purpose) => wire::Change::Purpose { purpose },
        Change::Request(draft) => wire::Change::Request { request: drafted(draft) },
        Change::Rule(text) => wire::Change::Rule { text },
    }
}

fn drafted(draft: Draft) -> wire::NewRequest {
    let Draft { port, columns, purpose, until } = draft;
    let (note, role, break_glass) = (String::new(), None, false);
    wire::NewRequest { port, columns, purpose, until: Some(until), note, role, break_glass }
}
