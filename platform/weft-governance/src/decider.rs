//! The only place where casbin is called: one decision over a slice of the policies.
//!
//! What is known to go wrong in casbin is fenced in here: duplicates are taken out before they
//! reach it, the model is ours, no rows are loaded by it, an error or a panic is an error.

use std::collections::{BTreeSet, HashMap};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use casbin::function_map::OperatorFunction;
use casbin::rhai::{Dynamic, Map};
use casbin::{CoreApi, DefaultEffector, DefaultModel, EffectKind, Effector, EffectorStream, Enforcer, Model};
use chrono::{DateTime, Utc};
use futures::FutureExt;
use parking_lot::Mutex;
use serde::Serialize;

use crate::model::MODEL;
use crate::names::is_tag;
use crate::row::ANY_TAG;
use crate::row_condition::{Circumstances, NO_CONDITION, RowCondition};

/// Why casbin gave no answer. Whoever gets this must deny.
#[derive(Debug, thiserror::Error)]
pub(crate) enum DeciderError {
    #[error("casbin failed: {0}")]
    Casbin(#[from] casbin::Error),
    #[error("casbin waited where nothing is to be waited for")]
    Waited,
    #[error("casbin panicked")]
    Panicked,
    #[error("casbin's answer is not what its own matches say")]
    Inconsistent,
}

/// The model, read once and copied for each decision.
#[derive(Clone)]
pub(crate) struct Decider {
    model: DefaultModel,
}

/// The policies that one decision is made from. Any order; duplicates do no harm.
#[derive(Debug, Default)]
pub(crate) struct Slice {
    /// `p` rows in the form of the model.
    pub(crate) policies: Vec<Vec<String>>,
    /// `g` rows: member, role, domain.
    pub(crate) roles: Vec<Vec<String>>,
    /// `g2` rows: object, container.
    pub(crate) containments: Vec<Vec<String>>,
}

/// What is asked, in the terms of the model.
#[derive(Clone, Debug)]
pub(crate) struct Question<'a> {
    pub(crate) subject: &'a str,
    pub(crate) domain: &'a str,
    pub(crate) object: &'a str,
    pub(crate) action: &'a str,
    pub(crate) context: Context<'a>,
}

/// Verified facts for tags and conditions; the model's `r.ctx`. No numbers: casbin's are 32 bits.
#[derive(Clone, Debug, Serialize, Hash)]
pub(crate) struct Context<'a> {
    purpose_granted: bool,
    /// Empty where none was given.
    purpose: &'a str,
    /// RFC 3339.
    at: String,
    tags: &'a BTreeSet<String>,
}

impl<'a> Context<'a> {
    /// `tags` are what the object carries, with every tag that those lie under.
    pub(crate) fn new(circumstances: Circumstances<'a>, tags: &'a BTreeSet<String>) -> Self {
        let Circumstances { purpose_granted, purpose, at } = circumstances;
        Context { purpose_granted, purpose: purpose.unwrap_or_default(), at: at.to_rfc3339(), tags }
    }
}

/// Casbin's answer, and which of the slice's `p` rows it took it from.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Verdict {
    pub(crate) allowed: bool,
    /// Indices into [`Slice::policies`] of the rows that matched and allow.
    pub(crate) allowing: Vec<usize>,
    /// The same for rows that deny; casbin stops at the first.
    pub(crate) denying: Vec<usize>,
}

impl Decider {
    pub(crate) fn new() -> Result<Self, DeciderError> {
        let model = DefaultModel::from_str(MODEL).now_or_never().ok_or(DeciderError::Waited)??;
        Ok(Decider { model })
    }

    /// Decides `question` from `slice` alone. Never waits; may be called inside a runtime.
    pub(crate) fn decide(&self, slice: Slice, question: &Question<'_>) -> Result<Verdict, DeciderError> {
        catch_unwind(AssertUnwindSafe(|| self.enforce(slice, question))).unwrap_or(Err(DeciderError::Panicked))
    }

    fn enforce(&self, slice: Slice, question: &Question<'_>) -> Result<Verdict, DeciderError> {
        let mut model = self.model.clone();
        // Casbin holds rows as a set: of several equal ones only the first counts its place.
        let mut places: Vec<Vec<usize>> = Vec::new();
        let mut known: HashMap<Vec<String>, usize> = HashMap::new();
        for (index, row) in slice.policies.into_iter().enumerate() {
            match known.get(&row) {
                Some(place) => places.get_mut(*place).into_iter().for_each(|same| same.push(index)),
                None => {
                    known.insert(row.clone(), places.len());
                    places.push(vec![index]);
                    model.add_policy("p", "p", row);
                }
            }
        }
        for row in slice.roles {
            model.add_policy("g", "g", row);
        }
        for row in slice.containments {
            model.add_policy("g", "g2", row);
        }
        let mut enforcer = Enforcer::new_raw(model, ()).now_or_never().ok_or(DeciderError::Waited)??;
        enforcer.add_function("tagMatch", OperatorFunction::Arg2(tag_match));
        enforcer.add_function("condHolds", OperatorFunction::Arg2(condition_holds));
        let effects = Arc::new(Mutex::new(Vec::new()));
        enforcer.set_effector(Box::new(Recording { effects: effects.clone() }));
        enforcer.build_role_links()?;

        let Question { subject, domain, object, action, ref context } = *question;
        let allowed = enforcer.enforce((subject, domain, object, action, context))?;

        let effects = std::mem::take(&mut *effects.lock());
        let rows_with = |wanted: EffectKind| -> Vec<usize> {
            let hits = effects.iter().zip(&places).filter(|(effect, _)| **effect == wanted);
            hits.flat_map(|(_, same)| same.iter().copied()).collect()
        };
        let (allowing, denying) = (rows_with(EffectKind::Allow), rows_with(EffectKind::Deny));
        if allowed != (!allowing.is_empty() && denying.is_empty()) {
            return Err(DeciderError::Inconsistent);
        }
        Ok(Verdict { allowed, allowing, denying })
    }
}

/// What the matcher takes for no truth value at all, which fails the whole decision. To answer false
/// instead would lose a row that denies.
const TROUBLE: Dynamic = Dynamic::UNIT;

/// Whether the object carries the tag that a row asks for.
fn tag_match(context: Dynamic, tag: Dynamic) -> Dynamic {
    let Ok(tag) = tag.as_immutable_string_ref() else { return TROUBLE };
    if *tag == ANY_TAG {
        return Dynamic::TRUE;
    }
    if !is_tag(&tag) {
        return TROUBLE;
    }
    let Ok(context) = context.as_map_ref() else { return TROUBLE };
    let Some(Ok(carried)) = context.get("tags").map(Dynamic::as_array_ref) else { return TROUBLE };
    let mut found = false;
    for own in carried.iter() {
        match own.as_immutable_string_ref() {
            Ok(own) => found |= *own == *tag,
            Err(_) => return TROUBLE,
        }
    }
    found.into()
}

/// Whether the condition of a row holds.
fn condition_holds(context: Dynamic, condition: Dynamic) -> Dynamic {
    let Ok(condition) = condition.as_immutable_string_ref() else { return TROUBLE };
    if *condition == NO_CONDITION {
        return Dynamic::TRUE;
    }
    let Some(condition) = RowCondition::read(&condition) else { return TROUBLE };
    let Ok(context) = context.as_map_ref() else { return TROUBLE };
    holds(&condition, &context).map_or(TROUBLE, Dynamic::from)
}

/// `None` where a fact is not there, or is of another type.
fn holds(condition: &RowCondition<'_>, context: &Map) -> Option<bool> {
    let purpose = context.get("purpose")?.as_immutable_string_ref().ok()?;
    let at = context.get("at")?.as_immutable_string_ref().ok()?;
    let circumstances = Circumstances {
        purpose_granted: context.get("purpose_granted")?.as_bool().ok()?,
        purpose: Some(purpose.as_str()).filter(|purpose| !purpose.is_empty()),
        at: DateTime::parse_from_rfc3339(&at).ok()?.with_timezone(&Utc),
    };
    Some(condition.holds(&circumstances))
}

/// Casbin's own effector, with a note of what each row came to.
struct Recording {
    effects: Arc<Mutex<Vec<EffectKind>>>,
}

impl Effector for Recording {
    fn new_stream(&self, expression: &str, rows: usize) -> Box<dyn EffectorStream> {
        let inner = DefaultEffector.new_stream(expression, rows);
        Box::new(RecordingStream { inner, effects: self.effects.clone() })
    }
}

struct RecordingStream {
    inner: Box<dyn EffectorStream>,
    effects: Arc<Mutex<Vec<EffectKind>>>,
}

impl EffectorStream for RecordingStream {
    fn next(&self) -> bool {
        self.inner.next()
    }

    fn push_effect(&mut self, effect: EffectKind) -> bool {
        self.effects.lock().push(effect);
        self.inner.push_effect(effect)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::row_condition::PURPOSE_GRANTED;

    fn decide(tag: &str, condition: &str, effect: &str) -> Result<bool, DeciderError> {
        let row = |tag: &str, condition: &str, effect: &str| {
            ["role:any", "dom:any", "obj:any", "read", tag, condition, effect].map(str::to_owned).to_vec()
        };
        let policies = vec![row(ANY_TAG, NO_CONDITION, "allow"), row(tag, condition, effect)];
        let tags = BTreeSet::from(["pii".to_owned(), "pii.email".to_owned()]);
        let at = DateTime::UNIX_EPOCH;
        let context = Context::new(Circumstances { purpose_granted: false, purpose: Some("billing"), at }, &tags);
        let question = Question { subject: "user:u", domain: "dom:a", object: "obj:a.t", action: "read", context };
        let slice = Slice { policies, ..Slice::default() };
        Decider::new().unwrap().decide(slice, &question).map(|verdict| verdict.allowed)
    }

    #[test]
    fn a_deny_that_cannot_be_evaluated_fails_the_decision() {
        assert!(decide("", "-", "deny").is_err());
        assert!(decide("Pii", "-", "deny").is_err());
        assert!(decide("pii", "mfa_fresh", "deny").is_err());
        assert!(decide("*", "", "deny").is_err());
    }

    #[test]
    fn tags_and_conditions_decide_whether_a_deny_counts() {
        assert_eq!(decide("pii", "-", "deny").ok(), Some(false));
        assert_eq!(decide("pii.email", "-", "deny").ok(), Some(false));
        assert_eq!(decide("pii.email.work", "-", "deny").ok(), Some(true));
        assert_eq!(decide("pi", "-", "deny").ok(), Some(true));
        assert_eq!(decide("pii", PURPOSE_GRANTED, "deny").ok(), Some(true));
        assert_eq!(decide("pii", "purpose:billing", "deny").ok(), Some(false));
        assert_eq!(decide("pii", "purpose:audit", "deny").ok(), Some(true));
        assert_eq!(decide("pii", "purpose:billing+until:1970-01-01", "deny").ok(), Some(false));
        assert_eq!(decide("pii", "until:1969-12-31", "deny").ok(), Some(true));
    }
}
