//! `governance/declassifications.yaml`: words that columns need not carry although what they are made of does.

use chrono::NaiveDate;
use weft_model::{Code, Diagnostic, Place, PortRef, PrincipalKind};

use crate::Principals;
use crate::names::{is_tag, nearest};
use crate::yaml::{Node, Reader, Value};

pub(crate) const DECLASSIFICATIONS_FILE: &str = "governance/declassifications.yaml";
pub(crate) const DECLASSIFICATION_KEYS: [&str; 5] = ["column", "tags", "reason", "steward", "on"];

/// Why some words of what a column is made of need not hold for it, and who says so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Declassification {
    pub(crate) port: PortRef,
    pub(crate) column: String,
    /// Never empty. A word stands for those beneath it too.
    pub(crate) tags: Vec<(String, Place)>,
    pub(crate) steward: String,
    pub(crate) on: NaiveDate,
    /// Where the column is named.
    pub(crate) place: Place,
    pub(crate) steward_place: Place,
    pub(crate) on_place: Place,
}

impl Declassification {
    /// What is wrong with one that is signed later than `today`.
    pub(crate) fn of_a_day_to_come(&self, today: NaiveDate) -> Diagnostic {
        let message = format!("{} is still to come: today is {today}", self.on);
        let told = Diagnostic::error(Code::DECLASSIFICATION_INVALID, self.on_place.clone(), message);
        told.help("write the day on which it was decided")
    }
}

/// Reads the file; an entry with errors is left out and told. Nobody is called unknown without `principals`.
pub(crate) fn read(text: &str, principals: Option<&Principals>) -> (Vec<Declassification>, Vec<Diagnostic>) {
    let mut reader = Reader::new(DECLASSIFICATIONS_FILE, text);
    let mut found: Vec<Declassification> = Vec::new();
    if let Some(document) = reader.parse() {
        for item in reader.list(&document) {
            let Some(entry) = read_entry(&mut reader, item, principals) else { continue };
            let is_known = |other: &&Declassification| (&other.port, &other.column) == (&entry.port, &entry.column);
            if let Some(first) = found.iter().find(is_known) {
                let message = format!("`{}.{}` is declassified twice", entry.port, entry.column);
                let told = Diagnostic::error(Code::DECLASSIFICATION_INVALID, entry.place.clone(), message);
                reader.diagnostics.push(told.also(first.place.clone(), "first here"));
                continue;
            }
            found.push(entry);
        }
    }
    (found, reader.diagnostics)
}

/// Every problem is told, so each field is read before any is missed.
fn read_entry(reader: &mut Reader<'_>, item: &Node, principals: Option<&Principals>) -> Option<Declassification> {
    let [column, tags, reason, steward, on] = reader.mapping(item, DECLASSIFICATION_KEYS)?;
    let column_node = reader.required(column, "column", item);
    let address = column_node.and_then(|node| read_address(reader, node));
    let tags = reader.required(tags, "tags", item).map(|node| read_tags(reader, node)).unwrap_or_default();
    let reason = reader.required(reason, "reason", item).and_then(|node| read_reason(reader, node));
    let steward_node = reader.required(steward, "steward", item);
    let steward = steward_node.and_then(|node| read_steward(reader, node, principals));
    let on_node = reader.required(on, "on", item);
    let on = on_node.and_then(|node| read_day(reader, node));
    let ((port, column), ()) = (address?, reason?);
    let (place, steward_place, on_place) =
        (reader.place(column_node?), reader.place(steward_node?), reader.place(on_node?));
    let (steward, on) = (steward?, on?);
    (!tags.is_empty()).then_some(Declassification { port, column, tags, steward, on, place, steward_place, on_place })
}

fn invalid<T>(reader: &mut Reader<'_>, node: &Node, message: &str, help: &str) -> Option<T> {
    let told = Diagnostic::error(Code::DECLASSIFICATION_INVALID, reader.place(node), message);
    reader.diagnostics.push(told.help(help));
    None
}

fn read_address(reader: &mut Reader<'_>, node: &Node) -> Option<(PortRef, String)> {
    let text = reader.text(node)?;
    let mut dots = text.match_indices('.').map(|(at, _)| at);
    let named = dots.nth(2).and_then(|at| Some((text.get(..at)?.parse().ok()?, text.get(at + 1..)?.to_owned())));
    match named.filter(|(_, column): &(PortRef, String)| !column.is_empty()) {
        Some(address) => Some(address),
        None => {
            let message = format!("`{text}` is not the full name of a column");
            invalid(reader, node, &message, "write domain.product.port.column")
        }
    }
}

fn read_tags(reader: &mut Reader<'_>, node: &Node) -> Vec<(String, Place)> {
    let mut tags = Vec::new();
    for node in reader.list(node) {
        let Some(text) = reader.text(node) else { continue };
        if is_tag(text) {
            tags.push((text.to_owned(), reader.place(node)));
        } else {
            let message = format!("`{text}` is no tag");
            let _: Option<()> = invalid(reader, node, &message, "parts of a-z, 0-9, `_` and `-`, joined by dots");
        }
    }
    if reader.list(node).is_empty() {
        let help = "name the classifications and tags that the column need not carry";
        let _: Option<()> = invalid(reader, node, "no word is named", help);
    }
    tags
}

fn read_reason(reader: &mut Reader<'_>, node: &Node) -> Option<()> {
    if !reader.text(node)?.trim().is_empty() {
        return Some(());
    }
    invalid(reader, node, "the reason is empty", "say what the computation takes away, in a sentence")
}

fn read_steward(reader: &mut Reader<'_>, node: &Node, principals: Option<&Principals>) -> Option<String> {
    let name = reader.text(node)?;
    let Some(principals) = principals else { return Some(name.to_owned()) };
    if principals.kind_of(name) == Some(PrincipalKind::User) {
        return Some(name.to_owned());
    }
    let help = match nearest(name, principals.of_kind(PrincipalKind::User)) {
        Some(near) => format!("did you mean `{near}`?"),
        None => "name a user of `governance/principals.yaml`".to_owned(),
    };
    invalid(reader, node, &format!("there is no user `{name}`"), &help)
}

fn read_day(reader: &mut Reader<'_>, node: &Node) -> Option<NaiveDate> {
    let text = match &node.value {
        Value::Text(_) => reader.text(node)?,
        _ => "",
    };
    match text.parse() {
        Ok(day) => Some(day),
        Err(_) => invalid(reader, node, "this is not a day", "write YYYY-MM-DD"),
    }
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use super::*;

    const PRINCIPALS: &str = "users:\n- name: lena\nservices:\n- name: jobs\n";

    #[track_caller]
    fn check(text: &str, expected: Expect) {
        let (principals, _) = crate::principals::read(PRINCIPALS);
        let (_, mut told) = read(text, Some(&principals));
        weft_model::diagnostic::sort(&mut told);
        expected.assert_eq(&told.iter().map(|told| format!("{told}\n")).collect::<String>());
    }

    #[test]
    fn an_entry_says_what_and_who_and_where() {
        let text =
            "- column: a.b.c.d.e\n  tags: [pii, confidential]\n  reason: A count.\n  steward: lena\n  on: 2026-11-26\n";
        let (found, told) = read(text, None);
        assert_eq!(told, []);
        let [entry] = found.as_slice() else { panic!("{found:?}") };
        assert_eq!((entry.port.to_string().as_str(), entry.column.as_str()), ("a.b.c", "d.e"));
        assert_eq!(
            entry.tags.iter().map(|(tag, place)| (tag.as_str(), place.line)).collect::<Vec<_>>(),
            [("pii", 2), ("confidential", 2)]
        );
        assert_eq!(
            (entry.steward.as_str(), entry.on.to_string().as_str(), entry.place.line),
            ("lena", "2026-11-26", 1)
        );
    }

    #[test]
    fn an_empty_file_declassifies_nothing() {
        for text in ["", "# none\n", "[]\n"] {
            assert_eq!(read(text, None), (Vec::new(), Vec::new()), "{text:?}");
        }
    }

    #[test]
    fn every_problem_is_told_at_its_place() {
        check(
            "- column: a.b.c\n  tags: []\n  reason: ' '\n  steward: jobs\n  on: 26.11.2026\n  because: x\n\
             - {column: a.b.c.d, tags: [Pii], reason: r, steward: lenna, on: 2026}\n\
             - {tags: [pii]}\n\
             - {column: a.b.c.d, tags: [pii], reason: r, steward: lena, on: 2026-11-26}\n\
             - {column: a.b.c.d, tags: [pii], reason: r, steward: lena, on: 2026-11-26}\n",
            expect![[r#"
                governance/declassifications.yaml:1:11 W0457 `a.b.c` is not the full name of a column
                help: write domain.product.port.column
                governance/declassifications.yaml:2:9 W0457 no word is named
                help: name the classifications and tags that the column need not carry
                governance/declassifications.yaml:3:11 W0457 the reason is empty
                help: say what the computation takes away, in a sentence
                governance/declassifications.yaml:4:12 W0457 there is no user `jobs`
                help: name a user of `governance/principals.yaml`
                governance/declassifications.yaml:5:7 W0457 this is not a day
                help: write YYYY-MM-DD
                governance/declassifications.yaml:6:3 W0107 key `because` is not known here
                help: known keys: column, tags, reason, steward, on
                governance/declassifications.yaml:7:28 W0457 `Pii` is no tag
                help: parts of a-z, 0-9, `_` and `-`, joined by dots
                governance/declassifications.yaml:7:54 W0457 there is no user `lenna`
                help: did you mean `lena`?
                governance/declassifications.yaml:7:65 W0457 this is not a day
                help: write YYYY-MM-DD
                governance/declassifications.yaml:8:3 W0106 key `column` is missing
                governance/declassifications.yaml:8:3 W0106 key `on` is missing
                governance/declassifications.yaml:8:3 W0106 key `reason` is missing
                governance/declassifications.yaml:8:3 W0106 key `steward` is missing
                governance/declassifications.yaml:10:12 W0457 `a.b.c.d` is declassified twice
            "#]],
        );
    }
}
