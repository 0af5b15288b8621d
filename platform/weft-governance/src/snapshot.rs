//! One immutable state of the policies, and the decisions it gives.

mod about;
mod compiled;
mod memory;
mod told;
mod versions;

use std::borrow::Cow;
use std::collections::{BTreeSet, HashSet, VecDeque};
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use chrono::{DateTime, TimeDelta, Utc};
use parking_lot::RwLock;
use weft_model::{Action, Column, PortRef, Principal, ProductRef, Revision};

use compiled::{Compiled, PortSide, RoleGraph, holds_restricted};
use memory::{Asked, AskedRead, Moment, Remembered};

pub(crate) use compiled::Parts;

use crate::approvals::AskedAccess;
use crate::decider::{Context, DeciderError, Question, Slice};
use crate::grants::{GrantRows, Grants};
use crate::kept::KeptRules;
use crate::names::containers;
use crate::reading::Reading;
use crate::reclassified::{reclassified, with_words_of};
use crate::restrictions::Restrictions;
use crate::row::{ANY_TAG, PolicyRow, RoleRow};
use crate::row_condition::Circumstances;
use crate::{AccessRequest, Authorizer, Decision, ObjectRef, PolicyLine, Principals, Told};

/// How long after the policies were last known to be current restricted data stay open.
const TIME_TO_LIVE: TimeDelta = TimeDelta::hours(1);

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

/// The policies of one revision and what was granted besides, ready to decide.
///
/// Immutable but for what it remembers of its own answers.
pub struct PolicySnapshot {
    epoch: u64,
    rules: Arc<Compiled>,
    grants: Arc<Grants>,
    granted: GrantRows,
    /// The instants at which rows begin or cease to count, in order.
    turns: Vec<DateTime<Utc>>,
    kept: KeptRules,
    /// Seconds of the epoch at which the policies were last known to be current. `None` outside
    /// [`crate::Policies`], where nothing grows old.
    confirmed: Option<Arc<AtomicI64>>,
    remembered: RwLock<Remembered<Asked, Decision>>,
    readings: RwLock<Remembered<AskedRead, (Vec<Column>, Decision)>>,
}

/// A principal as one domain sees it.
pub(crate) struct Asker {
    pub(crate) subject: String,
    pub(crate) domain: String,
    /// `g` rows from the subject upwards.
    roles: Vec<Vec<String>>,
    /// The subject, and everything that those rows lead to.
    pub(crate) held: HashSet<String>,
}

impl PolicySnapshot {
    /// Nothing is granted beside what the rules say: see [`with_grants`](Self::with_grants).
    pub(crate) fn new(mut parts: Parts<'_>) -> Result<Self, PolicyError> {
        let kept = std::mem::take(&mut parts.kept);
        Ok(PolicySnapshot { kept, ..PolicySnapshot::of(Arc::new(Compiled::new(parts)?), Arc::default(), 0) })
    }

    /// A snapshot that denies everything: no policies are in force.
    pub(crate) fn closed(revision: Revision) -> Self {
        PolicySnapshot::of(Arc::new(Compiled::closed(revision)), Arc::default(), 0)
    }

    fn of(rules: Arc<Compiled>, grants: Arc<Grants>, epoch: u64) -> Self {
        let granted = GrantRows::of(&grants, |port| rules.term_of(port));
        let mut turns: Vec<_> = rules.ends.iter().copied().chain(grants.turns()).collect();
        turns.sort_unstable();
        turns.dedup();
        PolicySnapshot {
            epoch,
            rules,
            grants,
            granted,
            turns,
            kept: KeptRules::default(),
            confirmed: None,
            remembered: RwLock::default(),
            readings: RwLock::default(),
        }
    }

    /// The same rules, under which `grants` and no others count besides.
    #[must_use]
    pub fn with_grants(&self, grants: Arc<Grants>, epoch: u64) -> Self {
        let (kept, confirmed) = (self.kept.clone(), self.confirmed.clone());
        PolicySnapshot { kept, confirmed, ..PolicySnapshot::of(Arc::clone(&self.rules), grants, epoch) }
    }

    /// What was granted at run time and counts besides the rules.
    pub fn grants(&self) -> &Arc<Grants> {
        &self.grants
    }

    /// Which one this is in the life of the process: rises with every change of policies and of grants. 0 before
    /// the snapshot is put in force.
    pub fn epoch(&self) -> u64 {
        self.epoch
    }

    /// Puts the snapshot into the life of a process in the place of `before`, where `confirmed` holds
    /// the time at which the policies were last known to be current, in seconds.
    pub(crate) fn in_force(mut self, before: &PolicySnapshot, confirmed: Arc<AtomicI64>) -> Self {
        self.kept.follow(&before.kept, confirmed.load(Ordering::SeqCst));
        self.confirmed = Some(confirmed);
        self
    }

    /// The principals of the same revision.
    pub fn principals(&self) -> &Arc<Principals> {
        &self.rules.principals
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
        if let Some(closed) = self.closed_for(&request.object) {
            return Ok(closed);
        }
        let asker = self.asker(request.principal, &request.object);
        let circumstances = self.circumstances(request);
        if let (Action::Read, ObjectRef::Port(port)) = (action, &request.object) {
            return Ok(Reading::new(self, &asker, port, circumstances).open(self.columns(port))?.0);
        }
        let none = BTreeSet::new();
        let tags = match &request.object {
            ObjectRef::Port(port) => self.port_tags(port),
            ObjectRef::Product(product) => self.rules.product_tags.get(product),
            ObjectRef::Domain(_) | ObjectRef::Platform(_) => Some(&none),
        };
        let object = match &request.object {
            ObjectRef::Port(port) => self.term_of(port),
            object => object.object_term(),
        };
        self.consult(&asker, &object, action, tags, circumstances)
    }

    /// A deny where nothing around the object is open.
    fn closed_for(&self, object: &ObjectRef) -> Option<Decision> {
        if self.rules.decider.is_none() {
            return Some(Decision::deny("no policies are in force yet"));
        }
        self.rules.closed.get(&object.domain_term()).map(|why| Decision::deny(why.as_str()))
    }

    /// Decides from the rows that may speak of `object`, which carries `tags` (expanded); `None` where
    /// those are not known.
    pub(crate) fn consult(
        &self,
        asker: &Asker,
        object: &str,
        action: Action,
        tags: Option<&BTreeSet<String>>,
        circumstances: Circumstances<'_>,
    ) -> Result<Decision, DeciderError> {
        let containments = self.containments_above(object);
        let mut candidates = self.candidates(asker, object, &containments, action);
        let rows = self.granted.of_subject(&asker.subject).iter();
        candidates.extend(rows.filter(|row| row.counts_at(circumstances.at)).map(|row| &row.row).filter(|row| {
            row.action == action.as_str() && (row.object == object || is_among(&row.object, &containments))
        }));
        if candidates.is_empty() {
            return Ok(Decision::unmatched());
        }
        let none = BTreeSet::new();
        if tags.is_none() && candidates.iter().any(|row| !row.allows && row.tag != ANY_TAG) {
            return Ok(Decision::deny("a line denies by tag, and the tags of the object are not known"));
        }
        let Some(decider) = &self.rules.decider else {
            return Ok(Decision::deny("no policies are in force yet"));
        };
        let slice = Slice {
            policies: candidates.iter().map(|row| row.terms()).collect(),
            roles: asker.roles.clone(),
            containments,
        };
        let context = Context::new(circumstances, tags.unwrap_or(&none));
        let Asker { subject, domain, .. } = asker;
        let question = Question { subject, domain, object, action: action.as_str(), context };
        let verdict = decider.decide(slice, &question)?;
        let lines = |indices: &[usize]| {
            indices.iter().filter_map(|index| candidates.get(*index)).map(|row| row.origin.line.clone()).collect()
        };
        Ok(match verdict.allowed {
            true => Decision::allowed_by(lines(&verdict.allowing)),
            false => Decision::denied_by(lines(&verdict.denying)),
        })
    }

    /// The rules that may speak of `object` or anything around it: all but tag and condition fits.
    fn candidates(&self, asker: &Asker, object: &str, above: &[Vec<String>], action: Action) -> Vec<&PolicyRow> {
        let mut objects: BTreeSet<&str> = above.iter().filter_map(|row| row.get(1)).map(String::as_str).collect();
        objects.extend([object, "obj:any"]);
        let rows = objects.into_iter().filter_map(|object| self.rules.by_object.get(object)).flatten();
        let fits = |row: &PolicyRow| {
            (row.domain == asker.domain || row.domain == "dom:any")
                && (row.action == action.as_str() || row.action == "*")
                && (row.subject == "role:any" || asker.held.contains(&row.subject))
        };
        let mut found: Vec<usize> =
            rows.copied().filter(|index| self.rules.policies.get(*index).is_some_and(|row| fits(row))).collect();
        found.sort_unstable();
        found.into_iter().filter_map(|index| self.rules.policies.get(index)).map(Arc::as_ref).collect()
    }

    /// Every row that speaks of `object` or anything around it, whoever it is for; those of grants are `subject`'s.
    pub(crate) fn rows_about(&self, object: &str, subject: &str) -> Vec<&PolicyRow> {
        let around = self.around(object);
        let rows = self.rows_on(&around).into_iter().map(|(_, row)| row);
        rows.chain(self.granted_rows(subject).filter(|row| around.contains(&row.object))).collect()
    }

    /// The purposes that a product allows, in order.
    pub(crate) fn purposes_of(&self, product: &ProductRef) -> impl Iterator<Item = &str> {
        self.rules.purposes.get(product).into_iter().flatten().map(String::as_str)
    }

    /// The tags that rows of these terms ask for, `*` left out.
    pub(crate) fn tags_asked_for(&self, asker: &Asker, object: &str, action: Action) -> BTreeSet<&str> {
        let rows = self.candidates(asker, object, &self.containments_above(object), action);
        rows.into_iter().map(|row| row.tag.as_str()).filter(|tag| *tag != ANY_TAG).collect()
    }

    /// Whether some row speaks of just this object, or puts it into another.
    pub(crate) fn names(&self, object: &str) -> bool {
        let rules = &self.rules;
        rules.by_object.contains_key(object) || rules.containments.contains_key(object) || self.granted.names(object)
    }

    /// `g2` rows from `object` upwards: the containers in its name, and those that rows declare.
    fn containments_above(&self, object: &str) -> Vec<Vec<String>> {
        climb([object.to_owned()], |object| {
            let by_name = containers(object).next().map(str::to_owned);
            by_name.into_iter().chain(self.rules.containments.get(object).into_iter().flatten().cloned()).collect()
        })
    }

    pub(crate) fn asker(&self, principal: &Principal, object: &ObjectRef) -> Asker {
        let (subject, domain) = (principal.subject(), object.domain_term());
        // Casbin knows no roles of every domain: those count as held in the one that is asked about.
        let mut roles = climb([subject.clone()], |member| {
            let mut holds: Vec<String> = self.roles_of(member, &domain).map(|row| row.role.clone()).collect();
            if member == subject {
                holds.extend(principal.groups.iter().map(|group| format!("group:{group}")));
            }
            holds
        });
        let held = roles.iter().flatten().chain([&subject]).cloned().collect();
        for row in &mut roles {
            row.push(domain.clone());
        }
        Asker { subject, domain, roles, held }
    }

    /// The rows that give `member` a role in `domain`, there alone or everywhere.
    pub(crate) fn roles_of<'s>(&'s self, member: &'s str, domain: &str) -> impl Iterator<Item = &'s RoleRow> + use<'s> {
        let here = self.rules.roles.get(domain).and_then(|graph| graph.get(member));
        here.into_iter().chain(self.rules.roles_anywhere.get(member)).flatten()
    }

    /// Tags of a port with those that they lie under; `None` for a port that is not known.
    pub(crate) fn port_tags(&self, port: &PortRef) -> Option<&BTreeSet<String>> {
        self.rules.ports.get(port).map(|side| &side.tags)
    }

    /// The columns of a port as they were known when the policies were compiled; none of one that is not known.
    pub fn columns(&self, port: &PortRef) -> &[Column] {
        self.rules.ports.get(port).map_or(&[], |side| &side.columns)
    }

    /// The columns under which `port` was released, with the words that hold for them now.
    pub(crate) fn columns_as_read<'c>(&self, port: &PortRef, columns: &'c [Column]) -> Cow<'c, [Column]> {
        let now = self.columns(port);
        // What was released under this name in other columns may be another version of the port.
        let others = if columns == now { Vec::new() } else { self.columns_of_versions(port) };
        with_words_of(reclassified(columns, now), &others)
    }

    /// Whether data of `port` carry the tag `restricted`, or one under it, as far as is known now.
    pub fn is_restricted(&self, port: &PortRef) -> bool {
        self.rules.ports.get(port).is_none_or(|side| side.restricted)
    }

    /// The restrictions of the mesh and of the port's product.
    pub(crate) fn restrictions_for(&self, port: &PortRef) -> (Option<&Restrictions>, Option<&Restrictions>) {
        (
            self.rules.mesh_restrictions.as_deref(),
            self.rules.product_restrictions.get(&port.product_ref()).map(Arc::as_ref),
        )
    }

    /// Whether `object` is in the mesh as this revision has it.
    pub(crate) fn knows(&self, object: &ObjectRef) -> bool {
        match object {
            ObjectRef::Port(port) => self.rules.ports.contains_key(port) && !self.rules.retired.contains(port),
            ObjectRef::Product(product) => {
                self.rules.product_tags.contains_key(product) || self.rules.purposes.contains_key(product)
            }
            ObjectRef::Domain(_) | ObjectRef::Platform(_) => true,
        }
    }

    pub(crate) fn circumstances<'r>(&self, request: &AccessRequest<'r>) -> Circumstances<'r> {
        let purpose_granted = self.purpose_granted(&request.object, request.purpose);
        Circumstances { purpose_granted, purpose: request.purpose, at: request.at }
    }

    /// All that counts of what a request is for and when it is asked, as long as the day is the same.
    fn moment(&self, request: &AccessRequest<'_>) -> Moment {
        let purpose_granted = self.purpose_granted(&request.object, request.purpose);
        let is_named = |purpose: &&str| self.rules.named_purposes.contains(*purpose) || self.granted.is_for(purpose);
        Moment {
            purpose_granted,
            purpose: request.purpose.filter(is_named).map(str::to_owned),
            turn: self.turn(request.at),
        }
    }

    fn purpose_granted(&self, object: &ObjectRef, purpose: Option<&str>) -> bool {
        let product = match object {
            ObjectRef::Port(port) => port.product_ref(),
            ObjectRef::Product(product) => product.clone(),
            ObjectRef::Domain(_) | ObjectRef::Platform(_) => return false,
        };
        purpose
            .is_some_and(|purpose| self.rules.purposes.get(&product).is_some_and(|granted| granted.contains(purpose)))
    }

    /// A deny of reading where the port is retired, the product is closed, or its data are restricted and the policies may
    /// be out of date.
    fn withheld(&self, request: &AccessRequest<'_>, columns: &[Column]) -> Option<Decision> {
        let ObjectRef::Port(port) = &request.object else { return None };
        if request.action != Action::Read {
            return None;
        }
        if self.rules.retired.contains(port) {
            return Some(Decision::deny("the port is retired: nothing declares it any more"));
        }
        if let Some(why) = self.rules.closed_products.get(&port.product_ref()) {
            return Some(Decision::deny(why.as_str()));
        }
        let confirmed = self.confirmed.as_ref()?.load(Ordering::SeqCst);
        let confirmed = self.kept.confirmed(port).map_or(confirmed, |kept| kept.min(confirmed));
        let age = request.at.timestamp().saturating_sub(confirmed);
        let restricted = || self.rules.ports.get(port).is_some_and(|side| side.restricted) || holds_restricted(columns);
        if age <= TIME_TO_LIVE.num_seconds() || !restricted() {
            return None;
        }
        Some(Decision::deny("restricted data are closed: the policies were not confirmed to be current for an hour"))
    }

    fn settle_reading(&self, request: &AccessRequest<'_>, port: &PortRef, columns: &[Column]) -> Decision {
        if let Some(closed) = self.closed_for(&request.object) {
            return closed;
        }
        let asker = self.asker(request.principal, &request.object);
        Reading::new(self, &asker, port, self.circumstances(request)).terms(request, columns)
    }
}

fn is_among(object: &str, containments: &[Vec<String>]) -> bool {
    containments.iter().filter_map(|row| row.get(1)).any(|container| container == object)
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
        &self.rules.revision
    }

    fn decide(&self, request: &AccessRequest<'_>) -> Decision {
        if let Some(denied) = self.withheld(request, &[]) {
            return denied;
        }
        let asked = (request.action, request.object.clone(), self.moment(request));
        if let Some(decision) = self.remembered.read().get(request.principal, &asked) {
            return decision.clone();
        }
        match total(request, || self.settle(request)) {
            Ok(decision) => {
                self.remembered.write().put(request.principal, asked, decision.clone());
                decision
            }
            Err(denied) => denied,
        }
    }

    fn decide_read(&self, request: &AccessRequest<'_>, columns: &[Column]) -> Decision {
        let ObjectRef::Port(port) = &request.object else {
            return Decision::deny("only ports have rows to read");
        };
        if request.action != Action::Read {
            return Decision::deny("terms are for reading");
        }
        let columns = self.columns_as_read(port, columns);
        let columns = columns.as_ref();
        if let Some(denied) = self.withheld(request, columns) {
            return denied;
        }
        let asked = (port.clone(), self.moment(request), request.at.date_naive());
        if let Some((for_columns, decision)) = self.readings.read().get(request.principal, &asked)
            && for_columns == columns
        {
            return decision.clone();
        }
        match total(request, || Ok(self.settle_reading(request, port, columns))) {
            Ok(decision) => {
                self.readings.write().put(request.principal, asked, (columns.to_vec(), decision.clone()));
                decision
            }
            Err(denied) => denied,
        }
    }

    fn decide_column(&self, request: &AccessRequest<'_>, column: &Column) -> Decision {
        let ObjectRef::Port(port) = &request.object else {
            return Decision::deny("only ports have columns");
        };
        let settle = || {
            if let Some(closed) = self.closed_for(&request.object) {
                return Ok(closed);
            }
            let asker = self.asker(request.principal, &request.object);
            Reading::new(self, &asker, port, self.circumstances(request)).column(column, request.action)
        };
        self.withheld(request, &[]).unwrap_or_else(|| total(request, settle).unwrap_or_else(|denied| denied))
    }

    fn columns_told(&self, request: &AccessRequest<'_>, columns: &[Column]) -> Told {
        self.told(request, columns)
    }

    fn turn(&self, at: DateTime<Utc>) -> usize {
        self.turns.partition_point(|turn| *turn <= at)
    }

    fn approval_rule(&self, asked: &AskedAccess<'_>) -> Option<PolicyLine> {
        self.rules.approvals.iter().find(|rule| rule.covers(asked)).map(|rule| rule.line.clone())
    }
}

/// Runs `settle`, and makes a deny of whatever goes wrong in it.
fn total<T>(request: &AccessRequest<'_>, settle: impl FnOnce() -> Result<T, DeciderError>) -> Result<T, Decision> {
    match catch_unwind(AssertUnwindSafe(settle)) {
        Ok(Ok(decision)) => Ok(decision),
        Ok(Err(error)) => {
            tracing::error!(%error, object = %request.object, action = %request.action, "a decision failed");
            Err(Decision::deny(format!("the decision failed, which denies: {error}")))
        }
        Err(_) => {
            tracing::error!(object = %request.object, action = %request.action, "a decision panicked");
            Err(Decision::deny("the decision failed, which denies: panic"))
        }
    }
}

impl fmt::Debug for PolicySnapshot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PolicySnapshot")
            .field("revision", &self.rules.revision)
            .field("epoch", &self.epoch)
            .field("policies", &self.rules.policies.len())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
impl PolicySnapshot {
    /// Decides over every row at once, without index, slice or memory: what the slice must equal.
    pub(crate) fn decide_in_full(
        &self,
        request: &AccessRequest<'_>,
        object: &str,
        action: Action,
        tags: &BTreeSet<String>,
    ) -> Result<bool, String> {
        let domain = request.object.domain_term();
        let subject = request.principal.subject();
        let mut roles: Vec<Vec<String>> = Vec::new();
        let graphs = self.rules.roles.iter().chain([(&domain, &self.rules.roles_anywhere)]);
        for (domain, graph) in graphs {
            for (member, held) in graph {
                roles.extend(held.iter().map(|row| vec![member.clone(), row.role.clone(), domain.clone()]));
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
        for (object, around) in &self.rules.containments {
            containments.extend(around.iter().map(|container| vec![object.clone(), container.clone()]));
        }
        let mut named: BTreeSet<String> = containments.iter().flatten().cloned().collect();
        named.insert(object.to_owned());
        for name in named {
            let chain: Vec<&str> = std::iter::once(name.as_str()).chain(containers(&name)).collect();
            containments.extend(chain.windows(2).map(|pair| vec![pair[0].to_owned(), pair[1].to_owned()]));
        }
        let granted = self.granted.of_subject(&subject).iter().filter(|row| row.counts_at(request.at));
        let rows = self.rules.policies.iter().map(Arc::as_ref).chain(granted.map(|row| &row.row));
        let policies = rows.map(PolicyRow::terms).collect();
        let context = Context::new(self.circumstances(request), tags);
        let question = Question { subject: &subject, domain: &domain, object, action: action.as_str(), context };
        let decider = self.rules.decider.as_ref().ok_or("no decider")?;
        let verdict = decider.decide(Slice { policies, roles, containments }, &question);
        verdict.map(|verdict| verdict.allowed).map_err(|error| error.to_string())
    }
}
