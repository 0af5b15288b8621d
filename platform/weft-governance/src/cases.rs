//! `governance/cases/*.yaml`: what the policies are meant to decide, in the words of who wrote them.

use std::collections::BTreeSet;

use weft_model::{Action, Code, Diagnostic, NameError, Place, PortRef};

use crate::names::nearest;
use crate::yaml::{Node, Reader};
use crate::{AccessRequest, Authorizer, Decision, ObjectRef, Obligation, PolicySnapshot, Principals};

pub(crate) const CASE_KEYS: [&str; 8] = ["who", "action", "what", "purpose", "expected", "masked", "rows", "because"];

/// One question with its answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Case {
    who: String,
    action: Action,
    what: ObjectRef,
    /// A column of the port that `what` is.
    column: Option<String>,
    purpose: Option<String>,
    allowed: bool,
    /// Exactly the columns that are masked, or partly.
    masked: Option<BTreeSet<String>>,
    /// Whether no row is hidden.
    all_rows: Option<bool>,
    because: String,
    place: Place,
}

/// Reads one file of cases; what could not be understood is left out and told.
///
/// Names of principals are checked where `principals` is known.
pub(crate) fn read(file: &str, text: &str, principals: Option<&Principals>) -> (Vec<Case>, Vec<Diagnostic>) {
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
fn read_case(reader: &mut Reader<'_>, item: &Node, principals: Option<&Principals>) -> Option<Case> {
    let [who, action, what, purpose, expected, masked, rows, because] = reader.mapping(item, CASE_KEYS)?;
    let place = reader.place(expected.unwrap_or(item));
    let who = read_who(reader, who, item, principals);
    let action = read_text(reader, action, "action", item)
        .and_then(|(node, text)| text.parse().map_err(|()| one_of(reader, node, text, ACTIONS)).ok());
    let what = read_text(reader, what, "what", item).and_then(|(node, text)| {
        read_what(text).map_err(|e: NameError| reader.error(Code::NAME_ILLEGAL, node, e.to_string())).ok()
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
    let reads_port =
        matches!((action, &what, allowed), (Some(Action::Read), Some((ObjectRef::Port(_), None)), Some(true)));
    let is_clear = action.is_some() && what.is_some() && allowed.is_some();
    let misplaced: Vec<&Node> = [masked, rows].into_iter().flatten().filter(|_| is_clear && !reads_port).collect();
    for node in &misplaced {
        let message = "only a case that allows reading a port says what is seen of it";
        reader.error(Code::VALUE_NOT_ALLOWED, node, message);
    }
    let masked = masked.map(|node| {
        let columns = reader.list(node);
        columns.iter().filter_map(|column| reader.text(column)).map(str::to_owned).collect()
    });
    let all_rows = rows.and_then(|node| match reader.text(node)? {
        "all" => Some(true),
        "some" => Some(false),
        other => {
            one_of(reader, node, other, "`all` or `some`");
            None
        }
    });
    let because = read_text(reader, because, "because", item).map(|(_, text)| text.to_owned());
    let (what, column) = what?;
    let (who, action, allowed, because) = (who?, action?, allowed?, because?);
    misplaced.is_empty().then_some(Case {
        who,
        action,
        what,
        column,
        purpose,
        allowed,
        masked,
        all_rows,
        because,
        place,
    })
}

/// An object, or a port and one of its columns.
fn read_what(text: &str) -> Result<(ObjectRef, Option<String>), NameError> {
    let parts: Vec<&str> = text.splitn(4, '.').collect();
    match parts.as_slice() {
        [domain, product, port, column] if *domain != "system" && !column.is_empty() && !column.contains('.') => {
            let port: PortRef = format!("{domain}.{product}.{port}").parse()?;
            Ok((ObjectRef::Port(port), Some((*column).to_owned())))
        }
        _ => Ok((text.parse()?, None)),
    }
}

fn read_who(
    reader: &mut Reader<'_>,
    node: Option<&Node>,
    item: &Node,
    principals: Option<&Principals>,
) -> Option<String> {
    let (node, name) = read_text(reader, node, "who", item)?;
    let Some(principals) = principals.filter(|principals| principals.kind_of(name).is_none()) else {
        return Some(name.to_owned());
    };
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

const ACTIONS: &str = "`discover`, `read`, `unmask`, `see_all_rows`, `explain` or `break_glass`";

impl Case {
    /// What the case is about.
    pub(crate) fn object(&self) -> &ObjectRef {
        &self.what
    }

    /// Asks `snapshot`; a diagnostic where the answer is another one.
    pub(crate) fn run(&self, snapshot: &PolicySnapshot, principals: &Principals) -> Option<Diagnostic> {
        let principal = principals.find(&self.who)?;
        if !snapshot.knows(&self.what) {
            let message = format!("`{}` is not in the mesh, so the case is not asked", self.what);
            return Some(Diagnostic::warning(Code::POLICY_NAME_UNKNOWN, self.place.clone(), message));
        }
        let request = AccessRequest {
            principal: &principal,
            action: self.action,
            object: self.what.clone(),
            purpose: self.purpose.as_deref(),
            // On which terms rows and columns are seen does not depend on the day.
            at: chrono::DateTime::UNIX_EPOCH,
        };
        let columns = match &self.what {
            ObjectRef::Port(port) => snapshot.columns(port),
            _ => &[],
        };
        let decision = match &self.column {
            Some(name) => match columns.iter().find(|column| column.name == *name) {
                Some(column) => snapshot.decide_column(&request, column),
                None => {
                    let message = format!("`{}` has no column `{name}`", self.what);
                    return Some(self.failed(message));
                }
            },
            None if self.action == Action::Read && !columns.is_empty() => snapshot.decide_read(&request, columns),
            None => snapshot.decide(&request),
        };
        if decision.is_allowed() != self.allowed {
            let (may, expected) = if self.allowed { ("may not", "allow") } else { ("may", "deny") };
            let (who, action, what, because) = (&self.who, self.action, self.written(), &self.because);
            let message = format!("`{who}` {may} {action} `{what}`, and the case expects {expected}: {because}");
            let lines: Vec<String> = decision.because().iter().map(ToString::to_string).collect();
            let help = match lines.as_slice() {
                [] => "no policy line speaks for it".to_owned(),
                lines => format!("decided by {}", lines.join("; ")),
            };
            return Some(self.failed(message).help(help));
        }
        self.other_terms(&decision).map(|message| self.failed(message))
    }

    fn other_terms(&self, decision: &Decision) -> Option<String> {
        let (who, what, because) = (&self.who, &self.what, &self.because);
        if let Some(expected) = &self.masked {
            let masked: BTreeSet<String> = decision
                .obligations()
                .iter()
                .filter_map(|imposed| match &imposed.obligation {
                    Obligation::MaskColumn { path, .. } => path.first().cloned(),
                    _ => None,
                })
                .collect();
            if masked != *expected {
                let listed = |names: &BTreeSet<String>| match names.iter().cloned().collect::<Vec<_>>().join(", ") {
                    none if none.is_empty() => "nothing".to_owned(),
                    names => names,
                };
                let (masked, expected) = (listed(&masked), listed(expected));
                let differs = format!("masked for `{who}` in `{what}`: {masked}; the case expects {expected}");
                return Some(format!("{differs}: {because}"));
            }
        }
        let expected = self.all_rows.filter(|all| *all == decision.hides_rows())?;
        let (sees, expects) = if expected { ("not all", "all") } else { ("all", "some") };
        Some(format!("`{who}` sees {sees} rows of `{what}`, and the case expects {expects}: {because}"))
    }

    fn written(&self) -> String {
        match &self.column {
            Some(column) => format!("{}.{column}", self.what),
            None => self.what.to_string(),
        }
    }

    fn failed(&self, message: String) -> Diagnostic {
        Diagnostic::error(Code::POLICY_CASE_FAILED, self.place.clone(), message)
    }
}
