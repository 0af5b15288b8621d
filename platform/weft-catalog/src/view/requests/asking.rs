//! Asking for access: what can be asked for, and who will decide.

use std::collections::BTreeSet;

use chrono::{DateTime, Days, SubsecRound as _, TimeDelta, Utc};
use weft_governance::{AskedAccess, ObjectRef};
use weft_model::{Action, Column, Contract, ContractRole, DomainName, PortRef, Release};

use super::{CatalogView, RequestView, invalid, is_said, note_is_short};
use crate::error::CatalogError;
use crate::requests::{AccessRequest, Terms, What};

/// For how long access is asked for where nobody says, and at most.
const DAYS: Days = Days::new(90);
const LASTS_MAX: TimeDelta = TimeDelta::days(366);
/// How many requests of one principal may wait for a decision.
const WAITING_MAX: usize = 100;
/// For how long a request in an emergency stands; its hour begins with its approval.
const EMERGENCY: TimeDelta = TimeDelta::days(1);

/// What somebody wants to be let see.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WantedAccess {
    pub port: PortRef,
    /// Empty for the whole port. Any order; each counts once.
    pub columns: Vec<String>,
    /// One that the product allows; needed where it allows some.
    pub purpose: Option<String>,
    /// Ninety days from now if absent. In an emergency access ends an hour after approval at the latest.
    pub until: Option<DateTime<Utc>>,
    pub note: String,
    /// A role of the port's contract; the first one that lets read if absent.
    pub role: Option<String>,
    /// In an emergency: all rows too, for an hour at most, approved by two.
    pub break_glass: bool,
}

impl CatalogView {
    /// Asks for access, as the principal. What a rule approves is granted when this returns.
    ///
    /// # Errors
    ///
    /// [`CatalogError::NotFound`] where the port may not be discovered, or a column of it;
    /// [`CatalogError::RequestInvalid`] where the terms are none that there are; trouble with the database.
    pub async fn request_access(&self, wanted: WantedAccess) -> Result<RequestView, CatalogError> {
        let (terms, rule) = self.terms_of(wanted, None)?;
        self.ask(terms, rule).await
    }

    /// Asks for what an earlier request gave once more, to a later end: a request of its own.
    ///
    /// # Errors
    ///
    /// As [`request_access`](Self::request_access); also where the request is another's or gave nothing.
    pub async fn extend(
        &self,
        id: &str,
        until: Option<DateTime<Utc>>,
        note: String,
    ) -> Result<RequestView, CatalogError> {
        let book = self.catalog.requests();
        let request = self.seen_in(&book, id)?;
        self.is_theirs(request, "extends")?;
        let state = request.state_at(self.sight.at);
        if !matches!(state, "approved" | "expired") || request.asked.break_glass {
            return Err(CatalogError::RequestDecided { id: id.to_owned(), state });
        }
        let asked = &request.asked;
        let wanted = WantedAccess {
            port: asked.port.clone(),
            columns: asked.columns.clone(),
            purpose: asked.purpose.clone(),
            until,
            note,
            role: asked.role.clone(),
            break_glass: false,
        };
        let (terms, rule) = self.terms_of(wanted, Some(id.to_owned()))?;
        self.ask(terms, rule).await
    }

    async fn ask(&self, terms: Terms, rule: Option<String>) -> Result<RequestView, CatalogError> {
        let asker = self.sight.principal.subject();
        let asked = self.catalog.change_requests(move |book, now| {
            if terms.until <= now {
                return Err(invalid("the end of access lies in the past".to_owned()));
            }
            let waits = |request: &&AccessRequest| request.asker == asker && request.waits_for().is_some();
            if book.requests().filter(waits).count() >= WAITING_MAX {
                return Err(invalid(format!(
                    "{WAITING_MAX} requests of yours wait; withdraw some, or let them be decided"
                )));
            }
            let id = book.next_id();
            let mut events = vec![(id.clone(), asker.clone(), What::Requested(Box::new(terms)))];
            if let Some(rule) = rule {
                let approved = What::Approved { columns: None, until: None, note: String::new(), rule: Some(rule) };
                events.push((id, asker, approved));
            }
            Ok(events)
        });
        Ok(self.request_view(&asked.await?))
    }

    /// What is asked for in full, and the rule that approves it.
    fn terms_of(&self, wanted: WantedAccess, extends: Option<String>) -> Result<(Terms, Option<String>), CatalogError> {
        let WantedAccess { port, columns, purpose, until, note, role, break_glass } = wanted;
        let release = self.released(&port)?;
        let contract = self.contract(&port)?;
        note_is_short(&note)?;
        let columns = self.named_columns(&port, contract, &columns)?;
        let allowed = &release.product.purposes;
        match &purpose {
            Some(purpose) if !allowed.contains(purpose) => return Err(invalid(not_for(release, Some(purpose)))),
            None if !allowed.is_empty() => return Err(invalid(not_for(release, None))),
            _ => {}
        }
        let now = self.sight.at;
        if break_glass {
            is_said(&note, "break glass")?;
            let object = ObjectRef::Port(port.clone());
            if !self.sight.decide(Action::BreakGlass, object).is_allowed() {
                let problem = format!("no policy lets {} break glass for {port}", self.sight.principal.name);
                return Err(CatalogError::ApproverRefused { problem });
            }
        }
        let lasts = if break_glass { now + EMERGENCY } else { now.checked_add_days(DAYS).unwrap_or(now) };
        // Nobody asks for parts of a second.
        let until = until.unwrap_or_else(|| lasts.trunc_subsecs(0));
        if until <= now {
            return Err(invalid("the end of access lies in the past".to_owned()));
        }
        // An emergency is counted from approval.
        if !break_glass && until - now > LASTS_MAX {
            return Err(invalid(format!("access lasts {} days at most; it can be extended", LASTS_MAX.num_days())));
        }
        let role = role_of(contract, role.as_deref(), &port)?;
        let levels = levels(role, release, break_glass);
        let terms = Terms {
            contract: contract.key.clone(),
            purpose,
            until,
            note,
            role: role.map(|role| role.name.clone()),
            levels,
            break_glass,
            extends,
            provider: release.domain.owner.clone(),
            columns,
            port,
        };
        let rule = if break_glass { None } else { self.approved_by_rule(&terms, contract) };
        Ok((terms, rule))
    }

    fn approved_by_rule(&self, terms: &Terms, contract: &Contract) -> Option<String> {
        let is_asked = |column: &&Column| terms.columns.is_empty() || terms.columns.contains(&column.name);
        let columns: Vec<&Column> = contract.columns.iter().filter(is_asked).collect();
        let domains = self.works_for();
        let lasts = terms.until - self.sight.at;
        let asked = AskedAccess { domains: &domains, columns: &columns, purpose: terms.purpose.as_deref(), lasts };
        self.sight.policies.approval_rule(&asked).map(|line| line.to_string())
    }

    /// The domains that the principal owns, is a steward of, or is the service of.
    fn works_for(&self) -> BTreeSet<DomainName> {
        let name = &self.sight.principal.name;
        let is_theirs = |release: &&Release| self.answers_for(release) || release.domain.service.as_ref() == Some(name);
        self.published.releases.values().filter(is_theirs).map(|release| release.domain.name.clone()).collect()
    }

    /// The columns in the order of the contract. One of which the principal may not know is none.
    fn named_columns(
        &self,
        port: &PortRef,
        contract: &Contract,
        wanted: &[String],
    ) -> Result<Vec<String>, CatalogError> {
        let known: Vec<&str> = contract
            .columns
            .iter()
            .filter(|column| self.sight.knows_column(port, column))
            .map(|column| column.name.as_str())
            .collect();
        if let Some(other) = wanted.iter().find(|name| !known.contains(&name.as_str())) {
            return Err(invalid(format!("{port} has no column `{other}`; it has {}", known.join(", "))));
        }
        Ok(known.into_iter().filter(|name| wanted.iter().any(|wanted| wanted == name)).map(str::to_owned).collect())
    }
}

fn not_for(release: &Release, purpose: Option<&str>) -> String {
    let (product, allowed) = (&release.product.name, release.product.purposes.join(", "));
    match (purpose, allowed.as_str()) {
        (Some(purpose), "") => format!("{product} is not for `{purpose}`: it names no purposes, so give none"),
        (Some(purpose), _) => format!("{product} is not for `{purpose}`; it is for {allowed}"),
        (None, _) => format!("{product} is for {allowed}: say for which of them"),
    }
}

fn role_of<'c>(
    contract: &'c Contract,
    name: Option<&str>,
    port: &PortRef,
) -> Result<Option<&'c ContractRole>, CatalogError> {
    let lets_read = |role: &&ContractRole| role.access.as_deref().is_none_or(|access| access == "read");
    match name {
        None => Ok(contract.roles.iter().find(lets_read)),
        Some(name) => {
            let names: Vec<&str> = contract.roles.iter().map(|role| role.name.as_str()).collect();
            let other = || invalid(format!("the contract of {port} has no role `{name}`; it has {}", names.join(", ")));
            contract.roles.iter().find(|role| role.name == name).map(Some).ok_or_else(other)
        }
    }
}

/// Who decides. Where the contract does not say: the group that owns the domain, or its stewards. In an emergency two
/// persons do, each of whom may be any of those.
fn levels(role: Option<&ContractRole>, release: &Release, break_glass: bool) -> Vec<Vec<String>> {
    let domain = &release.domain;
    let of_domain: Vec<String> = [&domain.owner].into_iter().chain(&domain.stewards).cloned().collect();
    let named = role.into_iter().flat_map(|role| [&role.first_approver, &role.second_approver]).flatten();
    let mut levels: Vec<Vec<String>> = named.map(|name| vec![name.clone()]).collect();
    if levels.is_empty() {
        levels.push(of_domain.clone());
    }
    if break_glass {
        let any: BTreeSet<String> = levels.into_iter().flatten().chain(of_domain).collect();
        let any: Vec<String> = any.into_iter().collect();
        return vec![any.clone(), any];
    }
    levels
}
