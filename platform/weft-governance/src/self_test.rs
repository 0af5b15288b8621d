//! Questions with known answers, asked before any policies are put in force.
//!
//! They guard against a casbin that decides otherwise than the one these policies were written for.

use crate::PolicyError;
use crate::decider::{Context, Decider, Question, Slice};
use crate::row::{self, Scope};

const ALLOW: &str = "p, role:reader, dom:a, obj:a.t, read, *, -, allow\n";
const DENY: &str = "p, role:any, dom:any, obj:any, read, *, -, deny\n";
const HOLD: &str = "g, user:u, role:reader, dom:a\n";

/// Asks every question.
pub(crate) fn run() -> Result<(), PolicyError> {
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

    expect("a wrong effect is no effect", decides(&decider, "permit") == Some(false))?;
    for effect in ["permit", "Deny", "ALLOW", ""] {
        expect("a wrong effect is refused", is_refused(&ALLOW.replace(", allow", &format!(", {effect}"))))?;
    }
    for kind in ["p2", "g3", "P", ""] {
        expect("an unknown kind of row is refused", is_refused(&ALLOW.replacen('p', kind, 1)))?;
    }
    Ok(())
}

/// Whether `user:u` may read; `None` if the rows are refused or casbin fails.
fn may_read(decider: &Decider, rows: &str, domain: &str, object: &str) -> Option<bool> {
    let (rows, trouble) = row::read("self-test", rows, Scope::Mesh);
    if !trouble.is_empty() {
        return None;
    }
    let policies = rows.policies.iter().map(row::PolicyRow::terms).collect();
    let roles = rows.roles.into_iter().map(|row| vec![row.member, row.role, row.domain]).collect();
    ask(decider, policies, roles, domain, object)
}

/// What casbin makes of an effect that reading would have refused.
fn decides(decider: &Decider, effect: &str) -> Option<bool> {
    let row = ["user:u", "dom:a", "obj:a.t", "read", "*", "-", effect].map(str::to_owned).to_vec();
    ask(decider, vec![row], Vec::new(), "dom:a", "obj:a.t")
}

fn ask(
    decider: &Decider,
    policies: Vec<Vec<String>>,
    roles: Vec<Vec<String>>,
    domain: &str,
    object: &str,
) -> Option<bool> {
    let containments =
        crate::names::containers(object).map(|above| vec![object.to_owned(), above.to_owned()]).collect();
    let context = Context { purpose: "" };
    let question = Question { subject: "user:u", domain, object, action: "read", context };
    decider.decide(Slice { policies, roles, containments }, &question).ok().map(|verdict| verdict.allowed)
}

fn is_refused(rows: &str) -> bool {
    let (rows, trouble) = row::read("self-test", rows, Scope::Mesh);
    rows.len() == 0 && trouble.iter().any(weft_model::Diagnostic::is_error)
}

#[cfg(test)]
mod tests {
    #[test]
    fn this_casbin_passes() {
        super::run().unwrap();
    }
}
