//! `governance/cases/*.yaml`: what the policies are meant to decide, in the words of who wrote them.

use weft_model::{Action, Code, Diagnostic, Place};

use crate::names::nearest;
use crate::yaml::Reader;
use crate::{AccessRequest, Authorizer, ObjectRef, PolicySnapshot, Principals};

pub(crate) const CASE_KEYS: [&str; 6] = ["who", "action", "what", "purpose", "expected", "because"];

/// One question with its answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Case {
    who: String,
    action: Action,
    what: ObjectRef,
    purpose: Option<String>,
    allowed: bool,
    because: String,
    place: Place,
}

/// Reads one file of cases; what could not be understood is left out and told.
pub(crate) fn read(file: &str, text: &str, principals: &Principals) -> (Vec<Case>, Vec<Diagnostic>) {
    let mut reader = Reader::new(file, text);
    let mut cases = Vec::new();
    if let Some(document) = reader.parse() {
        for item in reader.list(&document) {
            let Some([who, action, what, purpose, expected, because]) = reader.mapping(item, CASE_KEYS) else {
                continue;
            };
            let who = reader.required(who, "who", item).and_then(|node| {
                let name = reader.text(node)?;
                if principals.find(name).is_none() {
                    let place = reader.place(node);
                    let message = format!("there is no principal `{name}`");
                    let mut unknown = Diagnostic::error(Code::POLICY_NAME_UNKNOWN, place, message);
                    if let Some(near) = nearest(name, principals.iter().map(|p| p.name.as_str())) {
                        unknown = unknown.help(format!("did you mean `{near}`?"));
                    }
                    reader.diagnostics.push(unknown);
                    return None;
                }
                Some(name.to_owned())
            });
            let action = reader.required(action, "action", item).and_then(|node| {
                let text = reader.text(node)?;
                text.parse().map_err(|()| one_of(&mut reader, node, text, "`discover` or `read`")).ok()
            });
            let what = reader.required(what, "what", item).and_then(|node| {
                let text = reader.text(node)?;
                text.parse::<ObjectRef>()
                    .map_err(|error| reader.error(Code::NAME_ILLEGAL, node, error.to_string()))
                    .ok()
            });
            let purpose = purpose.and_then(|node| reader.text(node)).map(str::to_owned);
            let allowed = reader.required(expected, "expected", item).and_then(|node| match reader.text(node)? {
                "allow" => Some(true),
                "deny" => Some(false),
                other => {
                    one_of(&mut reader, node, other, "`allow` or `deny`");
                    None
                }
            });
            let because =
                reader.required(because, "because", item).and_then(|node| reader.text(node)).map(str::to_owned);
            let place = expected.map_or_else(|| reader.place(item), |node| reader.place(node));
            if let (Some(who), Some(action), Some(what), Some(allowed), Some(because)) =
                (who, action, what, allowed, because)
            {
                cases.push(Case { who, action, what, purpose, allowed, because, place });
            }
        }
    }
    (cases, reader.diagnostics)
}

fn one_of(reader: &mut Reader<'_>, node: &crate::yaml::Node, found: &str, words: &str) {
    reader.error(Code::VALUE_NOT_ALLOWED, node, format!("expected {words}, found `{found}`"));
}

impl Case {
    /// Asks `snapshot`; a diagnostic where the answer is another one.
    pub(crate) fn run(&self, snapshot: &PolicySnapshot, principals: &Principals) -> Option<Diagnostic> {
        let principal = principals.find(&self.who)?;
        let request = AccessRequest {
            principal: &principal,
            action: self.action,
            object: self.what.clone(),
            purpose: self.purpose.as_deref(),
            // No policy depends on the time, so any instant gives the same answer.
            at: chrono::DateTime::UNIX_EPOCH,
        };
        let decision = snapshot.decide(&request);
        if decision.is_allowed() == self.allowed {
            return None;
        }
        let (may, expected) = if self.allowed { ("may not", "allow") } else { ("may", "deny") };
        let message = format!(
            "`{}` {may} {} `{}`, and the case expects {expected}: {}",
            self.who, self.action, self.what, self.because
        );
        let lines: Vec<String> = decision.because().iter().map(ToString::to_string).collect();
        let help = match lines.as_slice() {
            [] => "no policy line speaks for it".to_owned(),
            lines => format!("decided by {}", lines.join("; ")),
        };
        Some(Diagnostic::error(Code::POLICY_CASE_FAILED, self.place.clone(), message).help(help))
    }
}
