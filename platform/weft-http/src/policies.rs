//! The rules in force, as far as the caller may know them.

use axum::Json;
use axum::extract::State;
use weft_governance::{Authorizer, ListedRule};
use weft_model::{Action, DomainName, Principal};
use weft_wire as wire;

use crate::caller::Caller;
use crate::{Doors, access};

/// Lists the rules in force: all of them for who may have anything explained or sees the mesh's own runs; for others
/// the rules about domains that they answer for.
#[utoipa::path(get, path = "/v1/policies", tag = "access", responses((status = 200, body = wire::Policies)))]
pub(crate) async fn get_policies(State(doors): State<Doors>, Caller(principal): Caller) -> Json<wire::Policies> {
    let policies = doors.policies.current();
    let known = Known::of(&doors, &principal);
    let listed = policies.listed();
    let all = listed.len();
    let rules: Vec<wire::PolicyRule> = listed.into_iter().filter(|rule| known.tells(rule)).map(told).collect();
    Json(wire::Policies {
        revision: policies.policy_revision().clone(),
        epoch: policies.epoch(),
        grants_epoch: policies.grants().epoch,
        complete: rules.len() == all,
        rules,
    })
}

/// Of which rules somebody is told.
pub(crate) enum Known {
    All,
    Of(Vec<DomainName>),
}

impl Known {
    pub(crate) fn of(doors: &Doors, principal: &Principal) -> Self {
        let view = doors.view(principal);
        let mut ports = view.port_names();
        if view.sees_mesh_runs() && ports.all(|port| access::is_allowed(doors, principal, &port, Action::Explain)) {
            return Known::All;
        }
        Known::Of(view.answered_domains())
    }

    /// Whether the rules in that file are for them to know.
    pub(crate) fn tells_file(&self, path: &str) -> bool {
        let domain = path.strip_prefix("products/").and_then(|path| path.split_once('/')).map(|(domain, _)| domain);
        match self {
            Known::All => true,
            Known::Of(domains) => domain.is_some_and(|domain| domains.iter().any(|own| own.as_str() == domain)),
        }
    }

    fn tells(&self, rule: &ListedRule) -> bool {
        match self {
            Known::All => true,
            Known::Of(domains) => rule.about.as_ref().is_some_and(|domain| domains.contains(domain)),
        }
    }
}

fn told(rule: ListedRule) -> wire::PolicyRule {
    wire::PolicyRule {
        line: access::line(&rule.line),
        kind: rule.kind.to_owned(),
        who: rule.who,
        what: rule.what,
        action: rule.action,
        when: rule.when,
        domain: rule.domain,
        sentence: rule.sentence,
    }
}
