//! `governance/cases/*.yaml`: what the policies are meant to decide, in the words of who wrote them.

use weft_model::{Action, Code, Diagnostic, NameError, Place};

use crate::names::nearest;
use crate::yaml::{Node, Reader};
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
            cases.extend(read_case(&mut reader, item, principals));
        }
    }
    (cases, reader.diagnostics)
}

/// Every problem of a case is told, so each field is read before any is missed.
fn read_case(reader: &mut Reader<'_>, item: &Node, principals: &Principals) -> Option<Case> {
    let [who, action, what, purpose, expected, because] = reader.mapping(item, CASE_KEYS)?;
    let place = reader.place(expected.unwrap_or(item));
    let who = read_who(reader, who, item, principals);
    let action = read_text(reader, action, "action", item)
        .and_then(|(node, text)| text.parse().map_err(|()| one_of(reader, node, text, "`discover` or `read`")).ok());
    let what = read_text(reader, what, "what", item).and_then(|(node, text)| {
        text.parse().map_err(|e: NameError| reader.error(Code::NAME_ILLEGAL, node, e.to_string())).ok()
    });
    let purpose = purpose.and_then(|node| reader.text(node)).map(str::to_owned);
    let allowed = read_text(reader, expected, "expected", item).and_then(|(node, text)| match text {
        "allow" => Some(true),
        "deny" => Some(false),
        other => {
            one_of(reader, node, other, "`allow` or `deny`");
            None
        }
    });
    let because = read_text(reader, because, "because", item).map(|(_, text)| text.to_owned());
    Some(Case { who: who?, action: action?, what: what?, purpose, allowed: allowed?, because: because?, place })
}

fn read_who(reader: &mut Reader<'_>, node: Option<&Node>, item: &Node, principals: &Principals) -> Option<String> {
    let (node, name) = read_text(reader, node, "who", item)?;
    if principals.kind_of(name).is_some() {
        return Some(name.to_owned());
    }
    let place = reader.place(node);
    let mut unknown = Diagnostic::error(Code::POLICY_NAME_UNKNOWN, place, format!("there is no principal `{name}`"));
    if let Some(near) = nearest(name, principals.iter().map(|principal| principal.name.as_str())) {
        unknown = unknown.help(format!("did you mean `{near}`?"));
    }
    reader.diagnostics.push(unknown);
    None
}

fn read_text<'n>(
    reader: &mut Reader<'_>,
    node: Option<&'n Node>,
    key: &str,
    item: &Node,
) -> Option<(&'n Node, &'n str)> {
    let node = reader.required(node, key, item)?;
    Some((node, reader.text(node)?))
}

fn one_of(reader: &mut Reader<'_>, node: &Node, found: &str, words: &str) {
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
