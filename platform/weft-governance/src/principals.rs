//! `governance/principals.yaml`: who there is, in which groups, with which attributes.

use std::collections::{BTreeMap, BTreeSet};

use weft_model::{AttributeValue, Code, Diagnostic, Place, Principal, PrincipalKind};

use crate::names::{is_name, nearest};
use crate::yaml::{Node, Reader, Value};

pub(crate) const PRINCIPALS_FILE: &str = "governance/principals.yaml";
pub(crate) const FILE_KEYS: [&str; 3] = ["users", "services", "groups"];
pub(crate) const PRINCIPAL_KEYS: [&str; 4] = ["name", "groups", "attributes", "demo"];
pub(crate) const GROUP_KEYS: [&str; 2] = ["name", "description"];

/// Everyone the mesh knows by its own files. Names are unique across users and services.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Principals {
    by_name: BTreeMap<String, Principal>,
    groups: BTreeMap<String, String>,
    demo: BTreeMap<String, String>,
}

impl Principals {
    /// The user or service called `name`, with groups and attributes.
    pub fn find(&self, name: &str) -> Option<Principal> {
        self.by_name.get(name).cloned()
    }

    /// The service called `name`; a user of that name is none.
    pub fn service(&self, name: &str) -> Option<Principal> {
        self.by_name.get(name).filter(|principal| principal.kind == PrincipalKind::Service).cloned()
    }

    /// All users and services, in order of name.
    pub fn iter(&self) -> impl Iterator<Item = &Principal> {
        self.by_name.values()
    }

    /// Whether a group of that name is declared.
    pub fn has_group(&self, name: &str) -> bool {
        self.groups.contains_key(name)
    }

    /// All groups with their descriptions (empty where none is written), in order of name.
    pub fn groups(&self) -> impl Iterator<Item = (&str, &str)> {
        self.groups.iter().map(|(name, description)| (name.as_str(), description.as_str()))
    }

    /// Users as whom one may sign in to a demo by choosing them, and who each of them is in a few words, in order of name.
    pub fn demo(&self) -> impl Iterator<Item = (&str, &str)> {
        self.demo.iter().map(|(name, who)| (name.as_str(), who.as_str()))
    }

    pub(crate) fn kind_of(&self, name: &str) -> Option<PrincipalKind> {
        self.by_name.get(name).map(|principal| principal.kind)
    }

    pub(crate) fn of_kind(&self, kind: PrincipalKind) -> impl Iterator<Item = &str> {
        self.iter().filter(move |principal| principal.kind == kind).map(|principal| principal.name.as_str())
    }
}

/// Reads the file; what could not be understood is left out and told.
pub(crate) fn read(text: &str) -> (Principals, Vec<Diagnostic>) {
    let mut reader = Reader::new(PRINCIPALS_FILE, text);
    let mut principals = Principals::default();
    let document = reader.parse();
    if let Some(document) = document.filter(|document| !matches!(document.value, Value::Null))
        && let Some([users, services, groups]) = reader.mapping(&document, FILE_KEYS)
    {
        let mut seen = BTreeMap::new();
        read_groups(&mut reader, groups, &mut principals);
        read_principals(&mut reader, users, PrincipalKind::User, &mut principals, &mut seen);
        read_principals(&mut reader, services, PrincipalKind::Service, &mut principals, &mut seen);
    }
    (principals, reader.diagnostics)
}

fn read_groups(reader: &mut Reader<'_>, list: Option<&Node>, principals: &mut Principals) {
    let mut seen = BTreeMap::new();
    for item in list.map(|node| reader.list(node)).unwrap_or_default() {
        let Some([name, description]) = reader.mapping(item, GROUP_KEYS) else { continue };
        let Some(name) = read_name(reader, name, item, "group", &mut seen) else { continue };
        let description = description.and_then(|node| reader.text(node)).unwrap_or_default();
        principals.groups.insert(name, description.to_owned());
    }
}

fn read_principals(
    reader: &mut Reader<'_>,
    list: Option<&Node>,
    kind: PrincipalKind,
    principals: &mut Principals,
    seen: &mut BTreeMap<String, Place>,
) {
    for item in list.map(|node| reader.list(node)).unwrap_or_default() {
        let Some([name, groups, attributes, demo]) = reader.mapping(item, PRINCIPAL_KEYS) else { continue };
        let name = read_name(reader, name, item, "principal", seen);
        let groups = read_memberships(reader, groups, principals);
        let attributes = read_attributes(reader, attributes);
        let demo = demo.and_then(|node| read_demo(reader, node, kind));
        if let Some(name) = name {
            principals.demo.extend(demo.map(|who| (name.clone(), who)));
            principals.by_name.insert(name.clone(), Principal { kind, name, groups, attributes });
        }
    }
}

fn read_demo(reader: &mut Reader<'_>, node: &Node, kind: PrincipalKind) -> Option<String> {
    if kind == PrincipalKind::Service {
        reader.error(Code::PRINCIPAL_INVALID, node, "nobody signs in as a service".to_owned());
        return None;
    }
    reader.text(node).map(str::to_owned)
}

fn read_name(
    reader: &mut Reader<'_>,
    node: Option<&Node>,
    parent: &Node,
    what: &str,
    seen: &mut BTreeMap<String, Place>,
) -> Option<String> {
    let node = reader.required(node, "name", parent)?;
    let name = reader.text(node)?;
    let place = reader.place(node);
    if !is_name(name) || name == "any" {
        let message = format!("`{name}` cannot be the name of a {what}");
        let help = "use 1 to 128 of a-z, 0-9, _ . @ and -; `any` is reserved";
        reader.diagnostics.push(Diagnostic::error(Code::PRINCIPAL_INVALID, place, message).help(help));
        return None;
    }
    if let Some(first) = seen.get(name) {
        let message = format!("{what} `{name}` is declared twice");
        let diagnostic = Diagnostic::error(Code::PRINCIPAL_INVALID, place, message).also(first.clone(), "first here");
        reader.diagnostics.push(diagnostic.help("users and services share their names; give one of them another"));
        return None;
    }
    seen.insert(name.to_owned(), place);
    Some(name.to_owned())
}

fn read_memberships(reader: &mut Reader<'_>, list: Option<&Node>, principals: &Principals) -> BTreeSet<String> {
    let mut groups = BTreeSet::new();
    for item in list.map(|node| reader.list(node)).unwrap_or_default() {
        let Some(name) = reader.text(item) else { continue };
        if !principals.has_group(name) {
            let message = format!("group `{name}` is not declared");
            let help = match nearest(name, principals.groups().map(|(name, _)| name)) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("declare it under `groups` in `{PRINCIPALS_FILE}`"),
            };
            let place = reader.place(item);
            reader.diagnostics.push(Diagnostic::error(Code::PRINCIPAL_INVALID, place, message).help(help));
        } else if !groups.insert(name.to_owned()) {
            reader.error(Code::PRINCIPAL_INVALID, item, format!("group `{name}` is named twice"));
        }
    }
    groups
}

fn read_attributes(reader: &mut Reader<'_>, node: Option<&Node>) -> BTreeMap<String, AttributeValue> {
    let mut attributes = BTreeMap::new();
    let Some(node) = node else { return attributes };
    let entries: &[(Node, Node)] = match &node.value {
        Value::Map(entries) => entries,
        Value::Null => &[],
        _ => {
            reader.error(Code::WRONG_TYPE, node, "expected a mapping of attributes");
            &[]
        }
    };
    for (key, value) in entries {
        let Some(name) = reader.text(key) else { continue };
        if name.parse::<weft_model::PortName>().is_err() {
            reader.error(Code::PRINCIPAL_INVALID, key, format!("`{name}` cannot be the name of an attribute"));
            continue;
        }
        if let Some(value) = read_attribute(reader, value) {
            attributes.insert(name.to_owned(), value);
        }
    }
    attributes
}

fn read_attribute(reader: &mut Reader<'_>, node: &Node) -> Option<AttributeValue> {
    match &node.value {
        Value::Boolean(value) => Some(AttributeValue::Boolean(*value)),
        Value::Integer(value) => Some(AttributeValue::Integer(*value)),
        Value::Text(value) => Some(AttributeValue::Text(value.clone())),
        Value::List(items) => {
            Some(AttributeValue::Texts(items.iter().filter_map(|item| reader.text(item)).map(str::to_owned).collect()))
        }
        Value::Null | Value::Float | Value::Map(_) => {
            let message = "an attribute is a text, a list of texts, an integer or a boolean";
            reader.error(Code::WRONG_TYPE, node, message);
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use super::*;

    #[track_caller]
    fn check(text: &str, expected: Expect) {
        let (_, mut diagnostics) = read(text);
        weft_model::diagnostic::sort(&mut diagnostics);
        expected.assert_eq(&diagnostics.iter().map(|d| format!("{d}\n")).collect::<String>());
    }

    #[test]
    fn a_principal_is_found_with_groups_and_attributes() {
        let (principals, diagnostics) = read(
            "users:\n  - name: ana\n    groups: [analysts]\n    attributes: {carriers: [AA, UA], level: 3, staff: true, region: EU}\n\
             services:\n  - {name: jobs, groups: []}\ngroups:\n  - {name: analysts, description: They look}\n",
        );
        assert_eq!(diagnostics, []);
        let ana = principals.find("ana").unwrap();
        assert_eq!((ana.kind, ana.subject().as_str()), (PrincipalKind::User, "user:ana"));
        assert_eq!(ana.groups, ["analysts".to_owned()].into());
        assert_eq!(ana.attributes["level"], AttributeValue::Integer(3));
        assert_eq!(ana.attributes["carriers"], AttributeValue::Texts(["AA".to_owned(), "UA".to_owned()].into()));
        assert!(principals.service("jobs").is_some() && principals.service("ana").is_none());
        assert!(principals.has_group("analysts") && !principals.has_group("ana"));
    }

    #[test]
    fn an_empty_file_declares_no_one() {
        for text in ["", "# nobody yet\n", "users:\n", "users: []\ngroups:\n"] {
            let (principals, diagnostics) = read(text);
            assert_eq!((principals.iter().count(), diagnostics), (0, vec![]), "{text:?}");
        }
    }

    #[test]
    fn every_problem_is_told_at_its_place() {
        check(
            r#"
users:
  - name: ana
    groups: [analyst, analysts, analysts]
    group: x
  - name: Bob
  - groups: []
  - name: ana
  - 17
services:
  - name: ana
    attributes: {level: 1.5, Bad: x}
groups:
  - name: analysts
  - name: any
    description: [x]
user: []
"#,
            expect![[r#"
                governance/principals.yaml:4:14 W0306 group `analyst` is not declared
                help: did you mean `analysts`?
                governance/principals.yaml:4:33 W0306 group `analysts` is named twice
                governance/principals.yaml:5:5 W0107 key `group` is not known here
                help: did you mean `groups`?
                governance/principals.yaml:6:11 W0306 `Bob` cannot be the name of a principal
                help: use 1 to 128 of a-z, 0-9, _ . @ and -; `any` is reserved
                governance/principals.yaml:7:5 W0106 key `name` is missing
                governance/principals.yaml:8:11 W0306 principal `ana` is declared twice
                help: users and services share their names; give one of them another
                governance/principals.yaml:9:5 W0105 expected a mapping, found an integer
                governance/principals.yaml:11:11 W0306 principal `ana` is declared twice
                help: users and services share their names; give one of them another
                governance/principals.yaml:12:25 W0105 an attribute is a text, a list of texts, an integer or a boolean
                governance/principals.yaml:12:30 W0306 `Bad` cannot be the name of an attribute
                governance/principals.yaml:15:11 W0306 `any` cannot be the name of a group
                help: use 1 to 128 of a-z, 0-9, _ . @ and -; `any` is reserved
                governance/principals.yaml:17:1 W0107 key `user` is not known here
                help: did you mean `users`?
            "#]],
        );
    }

    #[test]
    fn text_that_is_no_yaml_is_told_with_line_and_column() {
        check(
            "users: [\n",
            expect![[r#"
            governance/principals.yaml:1:8 W0101 unclosed bracket '['
        "#]],
        );
        check(
            "users: []\nusers: []\n",
            expect![[r#"
                governance/principals.yaml:2:1 W0102 the key `users` is written twice
            "#]],
        );
        check(
            "users: *x\n",
            expect![[r#"
            governance/principals.yaml:1:8 W0101 alias references unknown anchor
        "#]],
        );
        check(
            &format!("users: {}{}", "[".repeat(40), "]".repeat(40)),
            expect![[r#"
                governance/principals.yaml:1:23 W0103 the document is too large, too deep or expands too far
            "#]],
        );
    }
}
