//! One immutable state of the policies, and the decisions it gives.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet, VecDeque};
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use parking_lot::RwLock;
use weft_model::{Action, DomainName, Principal, Revision};

use crate::decider::{Context, Decider, DeciderError, Question, Slice};
use crate::names::containers;
use crate::row::{PolicyRow, RowSet};
use crate::{AccessRequest, Authorizer, Decision, ObjectRef, Principals};

/// Decisions that a snapshot remembers; at this number it forgets them all and begins anew.
const REMEMBERED_MAX: usize = 10_000;

/// Why a revision's rules could not be put in force.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PolicyError {
    #[error("the rules in `governance/` have errors")]
    Refused,
    #[error("the policies have {rows} rows and may have {rows_max}")]
    TooManyRows { rows: usize, rows_max: usize },
    /// Casbin does not decide as it must: a bug, ours or casbin's. Nothing is put in force.
    #[error("the built-in self-test failed: {test}")]
    SelfTest { test: &'static str },
    #[error("the access model cannot be prepared: {reason}")]
    Model { reason: String },
}

/// The policies of one revision, ready to decide.
///
/// Immutable but for what it remembers of its own answers.
pub struct PolicySnapshot {
    revision: Revision,
    epoch: u64,
    principals: Arc<Principals>,
    decider: Option<Decider>,
    policies: Vec<PolicyRow>,
    by_target: HashMap<String, HashMap<String, HashMap<String, Vec<usize>>>>,
    roles: HashMap<String, RoleGraph>,
    /// For a domain that the revision does not speak of: what holds in every domain.
    roles_elsewhere: RoleGraph,
    containments: HashMap<String, Vec<String>>,
    closed: BTreeMap<String, String>,
    remembered: RwLock<Remembered>,
}

/// Member to roles.
type RoleGraph = HashMap<String, Vec<String>>;

type Asked = (Action, ObjectRef, Option<String>);

#[derive(Default)]
struct Remembered {
    count: usize,
    by_principal: HashMap<Principal, HashMap<Asked, Decision>>,
}

/// The rules that a snapshot is made of.
pub(crate) struct Parts<'a> {
    pub(crate) revision: Revision,
    pub(crate) principals: Arc<Principals>,
    pub(crate) rows: Vec<&'a RowSet>,
    pub(crate) domains: BTreeSet<DomainName>,
    /// Domains in which nothing is open, and why.
    pub(crate) closed: BTreeMap<DomainName, String>,
}

impl PolicySnapshot {
    pub(crate) fn new(parts: Parts<'_>) -> Result<Self, PolicyError> {
        let decider = Decider::new().map_err(|error| PolicyError::Model { reason: error.to_string() })?;
        let mut snapshot = PolicySnapshot::closed(parts.revision);
        snapshot.decider = Some(decider);
        snapshot.principals = parts.principals;
        snapshot.closed = parts.closed.into_iter().map(|(domain, why)| (format!("dom:{domain}"), why)).collect();
        snapshot.policies = parts.rows.iter().flat_map(|rows| rows.policies.iter().cloned()).collect();
        for (index, row) in snapshot.policies.iter().enumerate() {
            let objects = snapshot.by_target.entry(row.domain.clone()).or_default();
            let actions = objects.entry(row.object.clone()).or_default();
            actions.entry(row.action.clone()).or_default().push(index);
        }
        for row in parts.rows.iter().flat_map(|rows| &rows.containments) {
            snapshot.containments.entry(row.object.clone()).or_default().push(row.container.clone());
        }
        // Casbin knows no roles of every domain: those are held in each domain by itself.
        let roles = || parts.rows.iter().flat_map(|rows| &rows.roles);
        let mut domains: BTreeSet<String> = parts.domains.iter().map(|domain| format!("dom:{domain}")).collect();
        domains.insert("dom:system".to_owned());
        domains.extend(roles().map(|row| row.domain.clone()).filter(|domain| domain != "dom:any"));
        for row in roles().filter(|row| row.domain == "dom:any") {
            snapshot.roles_elsewhere.entry(row.member.clone()).or_default().push(row.role.clone());
        }
        for domain in domains {
            snapshot.roles.insert(domain, snapshot.roles_elsewhere.clone());
        }
        for row in roles().filter(|row| row.domain != "dom:any") {
            let graph = snapshot.roles.entry(row.domain.clone()).or_default();
            graph.entry(row.member.clone()).or_default().push(row.role.clone());
        }
        Ok(snapshot)
    }

    /// A snapshot that denies everything: no policies are in force.
    pub(crate) fn closed(revision: Revision) -> Self {
        PolicySnapshot {
            revision,
            epoch: 0,
            principals: Arc::default(),
            decider: None,
            policies: Vec::new(),
            by_target: HashMap::new(),
            roles: HashMap::new(),
            roles_elsewhere: HashMap::new(),
            containments: HashMap::new(),
            closed: BTreeMap::new(),
            remembered: RwLock::default(),
        }
    }

    /// Which one this is in the life of the process: rises with every change of policies. 0 before
    /// the snapshot is put in force.
    pub fn epoch(&self) -> u64 {
        self.epoch
    }

    pub(crate) fn with_epoch(mut self, epoch: u64) -> Self {
        self.epoch = epoch;
        self
    }

    /// The principals of the same revision.
    pub fn principals(&self) -> &Arc<Principals> {
        &self.principals
    }

    fn settle(&self, request: &AccessRequest<'_>) -> Result<Decision, DeciderError> {
        let decision = self.settle_as(request, request.action)?;
        let open = !decision.is_allowed() && decision.because().is_empty();
        if request.action == Action::Discover && open {
            let reading = self.settle_as(request, Action::Read)?;
            return Ok(if reading.is_allowed() { reading } else { decision });
        }
        Ok(decision)
    }

    fn settle_as(&self, request: &AccessRequest<'_>, action: Action) -> Result<Decision, DeciderError> {
        let Some(decider) = &self.decider else {
            return Ok(Decision::deny("no policies are in force yet"));
        };
        let (domain, object) = (request.object.domain_term(), request.object.object_term());
        if let Some(why) = self.closed.get(&domain) {
            return Ok(Decision::deny(why.as_str()));
        }
        let containments = self.containments_above(&object);
        let candidates = self.candidates(&domain, &object, &containments, action);
        if candidates.is_empty() {
            return Ok(Decision::unmatched());
        }
        let subject = request.principal.subject();
        let slice = Slice {
            policies: candidates.iter().map(|row| row.terms()).collect(),
            roles: self.roles_above(request.principal, &subject, &domain),
            containments,
        };
        let context = Context { purpose: request.purpose.unwrap_or_default() };
        let question =
            Question { subject: &subject, domain: &domain, object: &object, action: action.as_str(), context };
        let verdict = decider.decide(slice, &question)?;
        let lines = |indices: &[usize]| {
            indices.iter().filter_map(|index| candidates.get(*index)).map(|row| row.origin.line.clone()).collect()
        };
        Ok(match verdict.allowed {
            true => Decision::allowed_by(lines(&verdict.allowing)),
            false => Decision::denied_by(lines(&verdict.denying)),
        })
    }

    /// The rows that may speak of `object` or anything around it: everything but the subject fits.
    fn candidates(&self, domain: &str, object: &str, above: &[Vec<String>], action: Action) -> Vec<&PolicyRow> {
        let mut objects: HashSet<&str> = above.iter().filter_map(|row| row.get(1)).map(String::as_str).collect();
        objects.extend([object, "obj:any"]);
        let mut found: BTreeSet<usize> = BTreeSet::new();
        for by_object in [domain, "dom:any"].into_iter().filter_map(|domain| self.by_target.get(domain)) {
            for by_action in objects.iter().filter_map(|object| by_object.get(*object)) {
                for rows in [action.as_str(), "*"].into_iter().filter_map(|action| by_action.get(action)) {
                    found.extend(rows);
                }
            }
        }
        found.into_iter().filter_map(|index| self.policies.get(index)).collect()
    }

    /// `g2` rows from `object` upwards: the containers in its name, and those that rows declare.
    fn containments_above(&self, object: &str) -> Vec<Vec<String>> {
        climb([object.to_owned()], |object| {
            let by_name = containers(object).next().map(str::to_owned);
            by_name.into_iter().chain(self.containments.get(object).into_iter().flatten().cloned()).collect()
        })
    }

    /// `g` rows from the principal upwards: its groups, its roles, and theirs.
    fn roles_above(&self, principal: &Principal, subject: &str, domain: &str) -> Vec<Vec<String>> {
        let graph = self.roles.get(domain).unwrap_or(&self.roles_elsewhere);
        let mut rows = climb([subject.to_owned()], |member| {
            let mut holds = graph.get(member).cloned().unwrap_or_default();
            if member == subject {
                holds.extend(principal.groups.iter().map(|group| format!("group:{group}")));
            }
            holds
        });
        for row in &mut rows {
            row.push(domain.to_owned());
        }
        rows
    }

    fn recall(&self, request: &AccessRequest<'_>, asked: &Asked) -> Option<Decision> {
        self.remembered.read().by_principal.get(request.principal)?.get(asked).cloned()
    }

    fn remember(&self, request: &AccessRequest<'_>, asked: Asked, decision: &Decision) {
        let mut remembered = self.remembered.write();
        if remembered.count >= REMEMBERED_MAX {
            *remembered = Remembered::default();
        }
        remembered.count += 1;
        let answers = remembered.by_principal.entry(request.principal.clone()).or_default();
        answers.insert(asked, decision.clone());
    }
}

/// Every edge that is reached from `start`, as rows of two; each node once.
fn climb(start: [String; 1], above: impl Fn(&str) -> Vec<String>) -> Vec<Vec<String>> {
    let mut seen: HashSet<String> = start.iter().cloned().collect();
    let mut waiting = VecDeque::from(start);
    let mut edges = Vec::new();
    while let Some(node) = waiting.pop_front() {
        for next in above(&node) {
            edges.push(vec![node.clone(), next.clone()]);
            if seen.insert(next.clone()) {
                waiting.push_back(next);
            }
        }
    }
    edges
}

impl Authorizer for PolicySnapshot {
    fn policy_revision(&self) -> &Revision {
        &self.revision
    }

    fn decide(&self, request: &AccessRequest<'_>) -> Decision {
        let asked = (request.action, request.object.clone(), request.purpose.map(str::to_owned));
        if let Some(decision) = self.recall(request, &asked) {
            return decision;
        }
        match catch_unwind(AssertUnwindSafe(|| self.settle(request))) {
            Ok(Ok(decision)) => {
                self.remember(request, asked, &decision);
                decision
            }
            Ok(Err(error)) => {
                tracing::error!(%error, object = %request.object, action = %request.action, "a decision failed");
                Decision::deny(format!("the decision failed, which denies: {error}"))
            }
            Err(_) => {
                tracing::error!(object = %request.object, action = %request.action, "a decision panicked");
                Decision::deny("the decision failed, which denies: panic")
            }
        }
    }
}

impl fmt::Debug for PolicySnapshot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PolicySnapshot")
            .field("revision", &self.revision)
            .field("epoch", &self.epoch)
            .field("policies", &self.policies.len())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
impl PolicySnapshot {
    /// Decides over every row at once, without index, slice or memory: what the slice must equal.
    pub(crate) fn decide_in_full(&self, request: &AccessRequest<'_>, action: Action) -> Result<bool, String> {
        let (domain, object) = (request.object.domain_term(), request.object.object_term());
        let subject = request.principal.subject();
        let mut roles: Vec<Vec<String>> = Vec::new();
        for (domain, graph) in &self.roles {
            for (member, held) in graph {
                roles.extend(held.iter().map(|role| vec![member.clone(), role.clone(), domain.clone()]));
            }
        }
        roles.extend(
            request
                .principal
                .groups
                .iter()
                .map(|group| vec![subject.clone(), format!("group:{group}"), domain.clone()]),
        );
        let mut containments: Vec<Vec<String>> = Vec::new();
        for (object, around) in &self.containments {
            containments.extend(around.iter().map(|container| vec![object.clone(), container.clone()]));
        }
        let mut named: BTreeSet<String> = containments.iter().flatten().cloned().collect();
        named.insert(object.clone());
        for name in named {
            let chain: Vec<&str> = std::iter::once(name.as_str()).chain(containers(&name)).collect();
            containments.extend(chain.windows(2).map(|pair| vec![pair[0].to_owned(), pair[1].to_owned()]));
        }
        let policies = self.policies.iter().map(PolicyRow::terms).collect();
        let context = Context { purpose: "" };
        let question =
            Question { subject: &subject, domain: &domain, object: &object, action: action.as_str(), context };
        let decider = self.decider.as_ref().ok_or("no decider")?;
        let verdict = decider.decide(Slice { policies, roles, containments }, &question);
        verdict.map(|verdict| verdict.allowed).map_err(|error| error.to_string())
    }
}
