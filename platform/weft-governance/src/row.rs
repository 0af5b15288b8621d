//! Rows of policy files, read strictly: what is not understood is never skipped.

use std::collections::HashMap;
use std::sync::Arc;

use weft_model::{Action, Code, Diagnostic, DomainName, Place};

use crate::PolicyLine;
use crate::names::{is_name, is_tag, nearest, place_on_line, width};
use crate::row_condition::{NO_CONDITION, PURPOSE_GRANTED, RowCondition};

/// Actions that the access model knows and this version does not decide.
const ACTIONS_OF_LATER: [&str; 4] = ["write", "approve", "declassify", "erase"];

/// In the place of a tag: any object, whatever tags it carries.
pub(crate) const ANY_TAG: &str = "*";

/// Whose file it is, and so what it may speak of.
#[derive(Clone, Copy)]
pub(crate) enum Scope<'a> {
    Mesh,
    Domain(&'a DomainName),
}

/// Where a row stands, for people and for the audit log.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Origin {
    pub(crate) line: PolicyLine,
    /// Column of the row's first character and its byte in the file.
    column: u32,
    start: usize,
}

impl Origin {
    /// Of a row that stands in no file.
    pub(crate) fn of_platform(text: &str) -> Self {
        Origin { line: PolicyLine { place: None, text: text.into() }, column: 1, start: 0 }
    }

    /// From the first field to the last.
    pub(crate) fn place(&self) -> Place {
        let (file, number) = self.file();
        place_on_line(file, number, self.column, self.start, &self.line.text)
    }

    /// The place of field `index`, counted from 0 for the kind of row. Places are worked out when
    /// something is told, since rows are many and problems few.
    pub(crate) fn field(&self, index: usize) -> Place {
        let (file, number) = self.file();
        let (mut start, mut column) = (self.start, self.column);
        for (at, part) in self.line.text.split(',').enumerate() {
            if at == index {
                let margin = part.len() - part.trim_start().len();
                let margin_width = part.get(..margin).map_or(0, width);
                return place_on_line(file, number, column + margin_width, start + margin, part.trim());
            }
            start += part.len() + 1;
            column += width(part) + 1;
        }
        self.place()
    }

    fn file(&self) -> (&str, u32) {
        self.line.place.as_ref().map_or(("", 1), |(file, line)| (file, *line))
    }
}

/// `p`: `subject` may (or may not) do `action` to `object` in `domain`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PolicyRow {
    pub(crate) subject: String,
    pub(crate) domain: String,
    pub(crate) object: String,
    pub(crate) action: String,
    pub(crate) tag: String,
    pub(crate) condition: String,
    pub(crate) allows: bool,
    pub(crate) origin: Origin,
}

impl PolicyRow {
    /// The row as casbin takes it.
    pub(crate) fn terms(&self) -> Vec<String> {
        let effect = if self.allows { "allow" } else { "deny" };
        [&self.subject, &self.domain, &self.object, &self.action, &self.tag, &self.condition]
            .into_iter()
            .map(String::as_str)
            .chain([effect])
            .map(str::to_owned)
            .collect()
    }
}

/// `g`: `member` holds `role` in `domain`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct RoleRow {
    pub(crate) member: String,
    pub(crate) role: String,
    pub(crate) domain: String,
    pub(crate) origin: Origin,
}

/// `g2`: `object` lies in `container`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ContainmentRow {
    pub(crate) object: String,
    pub(crate) container: String,
    pub(crate) origin: Origin,
}

/// The rows of one or more files, in the order written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct RowSet {
    pub(crate) policies: Vec<Arc<PolicyRow>>,
    pub(crate) roles: Vec<RoleRow>,
    pub(crate) containments: Vec<ContainmentRow>,
}

impl RowSet {
    pub(crate) fn len(&self) -> usize {
        self.policies.len() + self.roles.len() + self.containments.len()
    }

    pub(crate) fn append(&mut self, mut other: RowSet) {
        self.policies.append(&mut other.policies);
        self.roles.append(&mut other.roles);
        self.containments.append(&mut other.containments);
    }
}

/// Reads one file. A row with a problem is told and left out.
///
/// One row a line, fields apart by commas, white space around them without meaning. Blank lines and
/// lines that begin with `#` are for people. There is no quoting: no field can hold a comma.
pub(crate) fn read(file: &str, text: &str, scope: Scope<'_>) -> (RowSet, Vec<Diagnostic>) {
    let shared: Arc<str> = file.into();
    let mut rows = RowSet::default();
    let mut diagnostics = Vec::new();
    let mut seen: HashMap<Vec<&str>, Origin> = HashMap::new();
    let mut start = 0;
    for (number, raw) in (1u32..).zip(text.split_inclusive('\n')) {
        let line = raw.trim();
        if !line.is_empty() && !line.starts_with('#') {
            let fields: Vec<&str> = line.split(',').map(str::trim).collect();
            let margin = raw.len() - raw.trim_start().len();
            let origin = Origin {
                line: PolicyLine { place: Some((shared.clone(), number)), text: line.into() },
                column: 1 + raw.get(..margin).map_or(0, width),
                start: start + margin,
            };
            if let Some(first) = seen.get(&fields) {
                let twice = Diagnostic::warning(Code::POLICY_ROW, origin.place(), "this row is written twice");
                diagnostics.push(twice.also(first.place(), "first here"));
            } else {
                let mut row = RowReader { scope, fields: &fields, origin: &origin, diagnostics: &mut diagnostics };
                row.read_into(&mut rows);
                seen.insert(fields, origin);
            }
        }
        start += raw.len();
    }
    (rows, diagnostics)
}

struct RowReader<'r, 'a> {
    scope: Scope<'r>,
    fields: &'r [&'a str],
    origin: &'r Origin,
    diagnostics: &'r mut Vec<Diagnostic>,
}

impl RowReader<'_, '_> {
    fn read_into(&mut self, rows: &mut RowSet) {
        let before = self.diagnostics.len();
        let kind = self.text(0).to_owned();
        match kind.as_str() {
            "p" => {
                if let Some(row) = self.policy().filter(|_| self.diagnostics.len() == before) {
                    rows.policies.push(Arc::new(row));
                }
            }
            "g" => {
                if let Some(row) = self.role().filter(|_| self.diagnostics.len() == before) {
                    rows.roles.push(row);
                }
            }
            "g2" => {
                if let Some(row) = self.containment().filter(|_| self.diagnostics.len() == before) {
                    rows.containments.push(row);
                }
            }
            _ => self.problem(0, format!("`{kind}` is no kind of row"), "a row begins with `p`, `g` or `g2`"),
        }
    }

    fn policy(&mut self) -> Option<PolicyRow> {
        self.arity(8, "p, SUBJECT, DOMAIN, OBJECT, ACTION, TAG, CONDITION, EFFECT")?;
        let subject = self.subject(1);
        let domain = self.domain(2, true);
        let object = self.object(3, true);
        let action = self.action(4);
        let tag = self.tag(5);
        let condition = self.condition(6);
        let allows = self.effect(7);
        Some(PolicyRow {
            subject: subject?,
            domain: domain?,
            object: object?,
            action: action?,
            tag: tag?,
            condition: condition?,
            allows: allows?,
            origin: self.origin.clone(),
        })
    }

    fn role(&mut self) -> Option<RoleRow> {
        self.arity(4, "g, MEMBER, ROLE, DOMAIN")?;
        let member = self.member(1);
        let role = self.granted_role(2);
        let domain = self.domain(3, true);
        Some(RoleRow { member: member?, role: role?, domain: domain?, origin: self.origin.clone() })
    }

    fn containment(&mut self) -> Option<ContainmentRow> {
        self.arity(3, "g2, OBJECT, CONTAINER")?;
        let object = self.object(1, false);
        let container = self.object(2, false);
        Some(ContainmentRow { object: object?, container: container?, origin: self.origin.clone() })
    }

    fn arity(&mut self, wanted: usize, form: &str) -> Option<()> {
        if self.fields.len() == wanted {
            return Some(());
        }
        let message = format!("the row has {} fields and needs {wanted}", self.fields.len());
        let place = self.origin.place();
        self.diagnostics.push(Diagnostic::error(Code::POLICY_ROW, place, message).help(format!("write `{form}`")));
        None
    }

    fn subject(&mut self, at: usize) -> Option<String> {
        let text = self.prefixed(at, &["user", "service", "group", "role"])?;
        if text == "role:any" && matches!(self.scope, Scope::Domain(_)) {
            self.outside(at, "`role:any` means everyone in the mesh, which a domain's file may not speak for");
            return None;
        }
        Some(text)
    }

    fn member(&mut self, at: usize) -> Option<String> {
        let text = self.prefixed(at, &["user", "service", "group", "role"])?;
        if text == "role:any" {
            self.problem(at, "everyone cannot be made to hold a role", "name `role:any` in a `p` row of its own");
            return None;
        }
        Some(text)
    }

    fn granted_role(&mut self, at: usize) -> Option<String> {
        if self.text(at).starts_with("group:") {
            let help = "groups are filled in `governance/principals.yaml`; give the member a role instead";
            self.problem(at, "a policy cannot put anyone into a group", help);
            return None;
        }
        let text = self.prefixed(at, &["role"])?;
        if text == "role:any" {
            self.problem(at, "everyone holds `role:any` already", "take the row out");
            return None;
        }
        Some(text)
    }

    fn domain(&mut self, at: usize, may_be_any: bool) -> Option<String> {
        let text = self.prefixed(at, &["dom"])?;
        if may_be_any && text == "dom:any" {
            if let Scope::Domain(own) = self.scope {
                self.outside(at, format!("a domain's file speaks of its own domain only, `dom:{own}`"));
                return None;
            }
            return Some(text);
        }
        let name = text.strip_prefix("dom:").unwrap_or_default();
        if name.parse::<DomainName>().is_err() {
            self.problem(at, format!("`{name}` cannot be the name of a domain"), "use a-z, 0-9 and _");
            return None;
        }
        match self.scope {
            Scope::Domain(own) if own.as_str() != name => {
                self.outside(at, format!("a domain's file speaks of its own domain only, `dom:{own}`"));
                None
            }
            _ => Some(text),
        }
    }

    fn object(&mut self, at: usize, may_be_any: bool) -> Option<String> {
        let text = self.prefixed(at, &["obj"])?;
        if text == "obj:any" {
            if let Scope::Domain(own) = self.scope {
                self.outside(at, format!("a domain's file speaks of its own objects only, `obj:{own}` and below"));
                return None;
            }
            if !may_be_any {
                self.problem(at, "everything cannot stand in a `g2` row", "name an object");
                return None;
            }
            return Some(text);
        }
        let name = text.strip_prefix("obj:").unwrap_or_default();
        if name.split('.').any(str::is_empty) {
            self.problem(at, format!("`{name}` is not the name of an object"), "write `obj:domain.product.port`");
            return None;
        }
        match self.scope {
            Scope::Domain(own) if name.split('.').next() != Some(own.as_str()) => {
                self.outside(at, format!("a domain's file speaks of its own objects only, `obj:{own}` and below"));
                None
            }
            _ => Some(text),
        }
    }

    fn action(&mut self, at: usize) -> Option<String> {
        let text = self.text(at).to_owned();
        if text == "*" || text.parse::<Action>().is_ok() {
            return Some(text);
        }
        if ACTIONS_OF_LATER.contains(&text.as_str()) {
            let message = format!("action `{text}` is not built yet");
            self.problem(at, message, "take the row out until then");
        } else {
            let known = Action::ALL.map(Action::as_str);
            let help = match nearest(&text, known) {
                Some(near) => format!("did you mean `{near}`?"),
                None => "actions: `discover`, `read`, `unmask`, `see_all_rows`, `explain`, `break_glass`, or `*` for every one".to_owned(),
            };
            self.problem(at, format!("`{text}` is no action"), help);
        }
        None
    }

    fn tag(&mut self, at: usize) -> Option<String> {
        let text = self.text(at).to_owned();
        if text == ANY_TAG || is_tag(&text) {
            return Some(text);
        }
        let help = "write `*`, or a tag such as `pii.email`: parts of a-z, 0-9, _ and -, joined by dots";
        self.problem(at, format!("`{text}` is no tag"), help);
        None
    }

    fn condition(&mut self, at: usize) -> Option<String> {
        let text = self.text(at).to_owned();
        if RowCondition::read(&text).is_some() {
            return Some(text);
        }
        let help = match nearest(&text, [PURPOSE_GRANTED]) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!(
                "conditions: `{PURPOSE_GRANTED}`, `purpose:NAME`, `until:2027-01-31`, several joined by `+`, or \
                 `{NO_CONDITION}` for none"
            ),
        };
        self.problem(at, format!("`{text}` is no condition"), help);
        None
    }

    fn effect(&mut self, at: usize) -> Option<bool> {
        match self.text(at) {
            "allow" => Some(true),
            "deny" => Some(false),
            other => {
                let message = format!("`{other}` is no effect");
                self.problem(at, message, "write `allow` or `deny`");
                None
            }
        }
    }

    fn prefixed(&mut self, at: usize, prefixes: &[&str]) -> Option<String> {
        let text = self.text(at).to_owned();
        let (prefix, name) = text.split_once(':').unwrap_or(("", &text));
        if prefixes.contains(&prefix) && is_name(name) {
            return Some(text);
        }
        let forms: Vec<String> = prefixes.iter().map(|prefix| format!("`{prefix}:NAME`")).collect();
        let help = format!("write {}, NAME of a-z, 0-9, _ . @ and -", forms.join(" or "));
        self.problem(at, format!("`{text}` is not understood here"), help);
        None
    }

    fn text(&self, at: usize) -> &str {
        self.fields.get(at).copied().unwrap_or_default()
    }

    fn problem(&mut self, at: usize, message: impl Into<String>, help: impl Into<String>) {
        let place = self.origin.field(at);
        self.diagnostics.push(Diagnostic::error(Code::POLICY_ROW, place, message).help(help));
    }

    fn outside(&mut self, at: usize, message: impl Into<String>) {
        let place = self.origin.field(at);
        self.diagnostics.push(
            Diagnostic::error(Code::POLICY_OUTSIDE_DOMAIN, place, message)
                .help("what concerns more than one domain belongs into `governance/policies/`"),
        );
    }
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use super::*;

    #[track_caller]
    fn check(text: &str, scope: Scope<'_>, expected: Expect) {
        let (_, diagnostics) = read("a.csv", text, scope);
        expected.assert_eq(&diagnostics.iter().map(|d| format!("{d}\n")).collect::<String>());
    }

    #[test]
    fn rows_are_read_whatever_the_white_space() {
        let text = "# who may read\r\n\n p,role:x , dom:sales,obj:sales.orders,read,*,-,allow \r\ng, user:ana, role:x, dom:any\ng2, obj:sales.orders, obj:sales.open";
        let (rows, diagnostics) = read("a.csv", text, Scope::Mesh);
        assert_eq!(diagnostics, []);
        assert_eq!((rows.policies.len(), rows.roles.len(), rows.containments.len()), (1, 1, 1));
        let row = &rows.policies[0];
        assert_eq!(row.terms(), ["role:x", "dom:sales", "obj:sales.orders", "read", "*", "-", "allow"]);
        assert_eq!(row.origin.line.to_string(), "a.csv:3: p,role:x , dom:sales,obj:sales.orders,read,*,-,allow");
    }

    #[test]
    fn nothing_that_is_not_understood_is_skipped() {
        let text = "\
p2, role:x, dom:any, obj:any, read, *, -, deny
p, role:x, dom:any, obj:any, read, *, -, Deny
p, role:x, dom:any, obj:any, read, *, -
p, role:x, dom:any, obj:any, read, *, -, deny, more
p, x, dom:Any, obj:a..b, reed, PII, mfa_fresh, permit
p, role:any, dom:any, obj:any, erase, pii..x, purpose_grantd, allow
p, \"role:x\", dom:any, obj:any, read, *, -, allow # why
g, user:ana, group:x, dom:any
g, role:any, role:x, dom:any
g2, obj:any, obj:x
nonsense
";
        check(
            text,
            Scope::Mesh,
            expect![[r#"
                a.csv:1:1 W0302 `p2` is no kind of row
                help: a row begins with `p`, `g` or `g2`
                a.csv:2:42 W0302 `Deny` is no effect
                help: write `allow` or `deny`
                a.csv:3:1 W0302 the row has 7 fields and needs 8
                help: write `p, SUBJECT, DOMAIN, OBJECT, ACTION, TAG, CONDITION, EFFECT`
                a.csv:4:1 W0302 the row has 9 fields and needs 8
                help: write `p, SUBJECT, DOMAIN, OBJECT, ACTION, TAG, CONDITION, EFFECT`
                a.csv:5:4 W0302 `x` is not understood here
                help: write `user:NAME` or `service:NAME` or `group:NAME` or `role:NAME`, NAME of a-z, 0-9, _ . @ and -
                a.csv:5:7 W0302 `dom:Any` is not understood here
                help: write `dom:NAME`, NAME of a-z, 0-9, _ . @ and -
                a.csv:5:16 W0302 `a..b` is not the name of an object
                help: write `obj:domain.product.port`
                a.csv:5:26 W0302 `reed` is no action
                help: did you mean `read`?
                a.csv:5:32 W0302 `PII` is no tag
                help: write `*`, or a tag such as `pii.email`: parts of a-z, 0-9, _ and -, joined by dots
                a.csv:5:37 W0302 `mfa_fresh` is no condition
                help: conditions: `purpose_granted`, `purpose:NAME`, `until:2027-01-31`, several joined by `+`, or `-` for none
                a.csv:5:48 W0302 `permit` is no effect
                help: write `allow` or `deny`
                a.csv:6:32 W0302 action `erase` is not built yet
                help: take the row out until then
                a.csv:6:39 W0302 `pii..x` is no tag
                help: write `*`, or a tag such as `pii.email`: parts of a-z, 0-9, _ and -, joined by dots
                a.csv:6:47 W0302 `purpose_grantd` is no condition
                help: did you mean `purpose_granted`?
                a.csv:7:4 W0302 `"role:x"` is not understood here
                help: write `user:NAME` or `service:NAME` or `group:NAME` or `role:NAME`, NAME of a-z, 0-9, _ . @ and -
                a.csv:7:44 W0302 `allow # why` is no effect
                help: write `allow` or `deny`
                a.csv:8:14 W0302 a policy cannot put anyone into a group
                help: groups are filled in `governance/principals.yaml`; give the member a role instead
                a.csv:9:4 W0302 everyone cannot be made to hold a role
                help: name `role:any` in a `p` row of its own
                a.csv:10:5 W0302 everything cannot stand in a `g2` row
                help: name an object
                a.csv:11:1 W0302 `nonsense` is no kind of row
                help: a row begins with `p`, `g` or `g2`
            "#]],
        );
    }

    #[test]
    fn a_domains_file_speaks_of_its_own_domain_only() {
        let sales: DomainName = "sales".parse().unwrap();
        let text = "\
p, role:x, dom:sales, obj:sales, read, *, -, allow
p, role:x, dom:any, obj:any, read, *, -, allow
p, role:any, dom:sales, obj:sales, read, *, -, allow
p, role:x, dom:fleet, obj:fleet.planes, read, *, -, allow
p, role:x, dom:sales, obj:salesforce.x, read, *, -, allow
g, user:ana, role:x, dom:any
g2, obj:sales.orders, obj:fleet
";
        check(
            text,
            Scope::Domain(&sales),
            expect![[r#"
            a.csv:2:12 W0304 a domain's file speaks of its own domain only, `dom:sales`
            help: what concerns more than one domain belongs into `governance/policies/`
            a.csv:2:21 W0304 a domain's file speaks of its own objects only, `obj:sales` and below
            help: what concerns more than one domain belongs into `governance/policies/`
            a.csv:3:4 W0304 `role:any` means everyone in the mesh, which a domain's file may not speak for
            help: what concerns more than one domain belongs into `governance/policies/`
            a.csv:4:12 W0304 a domain's file speaks of its own domain only, `dom:sales`
            help: what concerns more than one domain belongs into `governance/policies/`
            a.csv:4:23 W0304 a domain's file speaks of its own objects only, `obj:sales` and below
            help: what concerns more than one domain belongs into `governance/policies/`
            a.csv:5:23 W0304 a domain's file speaks of its own objects only, `obj:sales` and below
            help: what concerns more than one domain belongs into `governance/policies/`
            a.csv:6:22 W0304 a domain's file speaks of its own domain only, `dom:sales`
            help: what concerns more than one domain belongs into `governance/policies/`
            a.csv:7:23 W0304 a domain's file speaks of its own objects only, `obj:sales` and below
            help: what concerns more than one domain belongs into `governance/policies/`
        "#]],
        );
    }

    #[test]
    fn a_row_written_twice_is_a_warning() {
        let row = "p, role:x, dom:any, obj:any, read, *, -, allow\n";
        let (rows, diagnostics) = read("a.csv", &row.repeat(2), Scope::Mesh);
        assert_eq!(rows.policies.len(), 1);
        assert_eq!(diagnostics.len(), 1);
        assert!(!diagnostics[0].is_error());
    }
}
