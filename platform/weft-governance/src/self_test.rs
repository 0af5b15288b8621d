//! Questions with known answers, asked before any policies are put in force.
//!
//! They guard against a casbin that decides otherwise than the one these policies were written for.

use std::collections::BTreeSet;

use chrono::DateTime;
use weft_model::Action;

use crate::PolicyError;
use crate::decider::{Context, Decider, Question, Slice};
use crate::names::{containers, expanded};
use crate::row::{self, Scope};
use crate::row_condition::Circumstances;

const ALLOW: &str = "p, role:reader, dom:a, obj:a.t, read, *, -, allow\n";
const DENY: &str = "p, role:any, dom:any, obj:any, read, *, -, deny\n";
const HOLD: &str = "g, user:u, role:reader, dom:a\n";

/// Asks casbin every question. For the start of a process, and before policies are put in force.
///
/// # Errors
///
/// [`PolicyError::SelfTest`] at the first that it answers otherwise than it must.
pub fn ensure_decides_right() -> Result<(), PolicyError> {
    let decider = Decider::new().map_err(|error| PolicyError::Model { reason: error.to_string() })?;
    let expect = |test: &'static str, holds: bool| if holds { Ok(()) } else { Err(PolicyError::SelfTest { test }) };
    let asks = |rows: &str, domain: &str, object: &str| may_read(&decider, rows, domain, object);

    expect("no rows deny", asks("", "dom:a", "obj:a.t") == Some(false))?;
    expect("an allow allows", asks(&[ALLOW, HOLD].concat(), "dom:a", "obj:a.t") == Some(true))?;
    expect("an allow covers what lies within", asks(&[ALLOW, HOLD].concat(), "dom:a", "obj:a.t.p") == Some(true))?;
    expect("an allow covers nothing else", asks(&[ALLOW, HOLD].concat(), "dom:a", "obj:a.other") == Some(false))?;
    expect("a deny after an allow denies", asks(&[ALLOW, DENY, HOLD].concat(), "dom:a", "obj:a.t") == Some(false))?;
    expect("a deny before an allow denies", asks(&[DENY, ALLOW, HOLD].concat(), "dom:a", "obj:a.t") == Some(false))?;
    expect(
        "a role of one domain is none in another",
        asks(&[&ALLOW.replace("dom:a", "dom:b"), HOLD].concat(), "dom:b", "obj:a.t") == Some(false),
    )?;
    expect("who holds no role is denied", asks(ALLOW, "dom:a", "obj:a.t") == Some(false))?;

    expect("a tag that the object carries matches", asks(&pii("read", "allow"), "dom:a", "obj:a.t") == Some(true))?;
    expect("a tag that it does not carry does not", asks(&legal_hold("allow"), "dom:a", "obj:a.t") == Some(false))?;
    expect(
        "a deny by tag denies what carries the tag",
        asks(&[ALLOW, HOLD, &pii("read", "deny")].concat(), "dom:a", "obj:a.t") == Some(false),
    )?;
    expect(
        "a deny by tag concerns nothing else",
        asks(&[ALLOW, HOLD, &legal_hold("deny")].concat(), "dom:a", "obj:a.t") == Some(true),
    )?;
    let conditional = ALLOW.replace("-, allow", "purpose_granted, allow");
    let granted = |purpose_granted| {
        let rows = [&conditional, HOLD].concat();
        may(&decider, &rows, "dom:a", "obj:a.t", Action::Read, purpose_granted)
    };
    expect("a purpose that is granted opens", granted(true) == Some(true))?;
    expect("a purpose that is not granted opens nothing", granted(false) == Some(false))?;
    let unmasks = |rows: &str| may(&decider, rows, "dom:a", "obj:a.t.c", Action::Unmask, false);
    expect("who may read sees masked values", unmasks(&[ALLOW, HOLD].concat()) == Some(false))?;
    expect("an exemption by tag unmasks", unmasks(&pii("unmask", "allow")) == Some(true))?;
    expect(
        "a denied exemption does not",
        unmasks(&[pii("unmask", "allow"), pii("unmask", "deny")].concat()) == Some(false),
    )?;

    expect("a wrong effect is no effect", decides(&decider, "permit") == Some(false))?;
    for effect in ["permit", "Deny", "ALLOW", ""] {
        expect("a wrong effect is refused", is_refused(&ALLOW.replace(", allow", &format!(", {effect}"))))?;
    }
    for (field, wrong) in [("*, -", "PII, -"), ("*, -", "a..b, -"), ("*, -", "*, mfa_fresh"), ("*, -", ", -")] {
        expect("an unknown tag or condition is refused", is_refused(&ALLOW.replace(field, wrong)))?;
    }
    for kind in ["p2", "g3", "P", ""] {
        expect("an unknown kind of row is refused", is_refused(&ALLOW.replacen('p', kind, 1)))?;
    }
    Ok(())
}

fn pii(action: &str, effect: &str) -> String {
    format!("p, role:any, dom:a, obj:a.t, {action}, pii, -, {effect}\n")
}

fn legal_hold(effect: &str) -> String {
    format!("p, role:any, dom:a, obj:a.t, read, legal_hold, -, {effect}\n")
}

/// Whether `user:u` may read; `None` if the rows are refused or casbin fails.
fn may_read(decider: &Decider, rows: &str, domain: &str, object: &str) -> Option<bool> {
    may(decider, rows, domain, object, Action::Read, false)
}

fn may(
    decider: &Decider,
    rows: &str,
    domain: &str,
    object: &str,
    action: Action,
    purpose_granted: bool,
) -> Option<bool> {
    let (rows, trouble) = row::read("self-test", rows, Scope::Mesh);
    if !trouble.is_empty() {
        return None;
    }
    let policies = rows.policies.iter().map(|row| row.terms()).collect();
    let roles = rows.roles.into_iter().map(|row| vec![row.member, row.role, row.domain]).collect();
    let tags = expanded(["pii.email"]);
    let circumstances = Circumstances { purpose_granted, purpose: None, at: DateTime::UNIX_EPOCH };
    let context = Context::new(circumstances, &tags);
    let question = Question { subject: "user:u", domain, object, action: action.as_str(), context };
    ask(decider, policies, roles, &question)
}

/// What casbin makes of an effect that reading would have refused.
fn decides(decider: &Decider, effect: &str) -> Option<bool> {
    let row = ["user:u", "dom:a", "obj:a.t", "read", "*", "-", effect].map(str::to_owned).to_vec();
    let tags = BTreeSet::new();
    let circumstances = Circumstances { purpose_granted: false, purpose: None, at: DateTime::UNIX_EPOCH };
    let context = Context::new(circumstances, &tags);
    let question = Question { subject: "user:u", domain: "dom:a", object: "obj:a.t", action: "read", context };
    ask(decider, vec![row], Vec::new(), &question)
}

fn ask(
    decider: &Decider,
    policies: Vec<Vec<String>>,
    roles: Vec<Vec<String>>,
    question: &Question<'_>,
) -> Option<bool> {
    // Each object lies directly in the one before its last dot.
    let chain: Vec<&str> = std::iter::once(question.object).chain(containers(question.object)).collect();
    let pairs = chain.iter().zip(chain.iter().skip(1));
    let containments = pairs.map(|(low, high)| vec![(*low).to_owned(), (*high).to_owned()]).collect();
    decider.decide(Slice { policies, roles, containments }, question).ok().map(|verdict| verdict.allowed)
}

fn is_refused(rows: &str) -> bool {
    let (rows, trouble) = row::read("self-test", rows, Scope::Mesh);
    rows.len() == 0 && trouble.iter().any(weft_model::Diagnostic::is_error)
}

#[cfg(test)]
mod tests {
    #[test]
    fn this_casbin_passes() {
        super::ensure_decides_right().unwrap();
    }
}
