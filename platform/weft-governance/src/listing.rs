//! The rules in force, one by one, as people read them.

use std::collections::BTreeMap;

use weft_model::{DomainName, Place};

use crate::grants::Grant;
use crate::restrictions::{FilterTarget, MaskTarget, Restrictions};
use crate::row::{ANY_TAG, PolicyRow, RoleRow};
use crate::row_condition::NO_CONDITION;
use crate::{PolicyLine, PolicySnapshot};

/// One rule, as people read it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListedRule {
    pub line: PolicyLine,
    /// `allow`, `deny`, `role`, `mask`, `filter` or `grant`.
    pub kind: &'static str,
    /// Whom it speaks of, as policies write it; `everyone` where it is about columns or rows.
    pub who: String,
    /// Of what: an object, a tag or columns; a role for `role`.
    pub what: String,
    pub action: Option<String>,
    /// When it holds; `None` for always.
    pub when: Option<String>,
    /// The domain in whose rules it stands; `None` for the mesh's own, and for grants.
    pub domain: Option<DomainName>,
    /// The domain that it speaks of; `None` for every one.
    pub about: Option<DomainName>,
    pub sentence: String,
}

impl PolicySnapshot {
    /// Every rule in order of file and line, then what was granted on request.
    pub fn listed(&self) -> Vec<ListedRule> {
        let mut rules: BTreeMap<(String, u32, String), ListedRule> = BTreeMap::new();
        let mut add = |rule: ListedRule| {
            let (file, line) =
                rule.line.place.as_ref().map(|(file, line)| (file.to_string(), *line)).unwrap_or_default();
            rules.insert((file, line, format!("{} {} {}", rule.line.text, rule.who, rule.what)), rule);
        };
        self.rows().iter().for_each(|row| add(of_row(row)));
        self.role_rows().for_each(|row| add(of_role(row)));
        for restrictions in self.all_restrictions() {
            of_restrictions(restrictions).for_each(&mut add);
        }
        let granted = self.grants().all.iter().map(of_grant);
        rules.into_values().collect::<Vec<_>>().into_iter().chain(granted).collect()
    }
}

fn of_row(row: &PolicyRow) -> ListedRule {
    let when = (row.condition != NO_CONDITION).then(|| row.condition.clone());
    let tagged = (row.tag != ANY_TAG).then(|| format!(" as far as it is tagged {}", row.tag));
    let (about, kind) = (about(&row.domain), if row.allows { "allow" } else { "deny" });
    let verb = if row.allows { "may" } else { "may not" };
    let within = about.as_ref().map(|domain| format!(" of {domain}")).unwrap_or_default();
    let only = when.as_ref().map(|when| format!(", {when}")).unwrap_or_default();
    let object = if row.object == "obj:any" { "everything".to_owned() } else { row.object.clone() };
    let sentence =
        format!("{} {verb} {} {object}{within}{}{only}.", row.subject, row.action, tagged.unwrap_or_default());
    ListedRule {
        domain: written_in(&row.origin.line),
        line: row.origin.line.clone(),
        kind,
        who: row.subject.clone(),
        what: if row.tag == ANY_TAG { row.object.clone() } else { format!("{} {}", row.object, row.tag) },
        action: Some(row.action.clone()),
        when,
        about,
        sentence,
    }
}

fn of_role(row: &RoleRow) -> ListedRule {
    let about = about(&row.domain);
    let within = about.as_ref().map_or_else(|| "every domain".to_owned(), ToString::to_string);
    ListedRule {
        domain: written_in(&row.origin.line),
        line: row.origin.line.clone(),
        kind: "role",
        who: row.member.clone(),
        what: row.role.clone(),
        action: None,
        when: None,
        about,
        sentence: format!("{} is {} in {within}.", row.member, row.role),
    }
}

fn of_restrictions(restrictions: &Restrictions) -> impl Iterator<Item = ListedRule> + '_ {
    let masks = restrictions.masks.iter().map(|rule| {
        let what = match &rule.target {
            MaskTarget::Tag(tag) => format!("tag:{tag}"),
            MaskTarget::Column { port, path } => format!("{port}.{}", path.join(".")),
        };
        let sentence = format!("Columns of {what} are masked by {}, but for whom it exempts.", rule.id);
        of_restriction(&rule.place, &rule.id, "mask", what, None, sentence)
    });
    let filters = restrictions.filters.iter().map(|filter| {
        let what = match &filter.target {
            FilterTarget::Port(port) => port.to_string(),
            FilterTarget::Mesh { tag, domain } => {
                let (tag, domain) =
                    (tag.as_ref().map(|t| format!("tag:{t}")), domain.as_ref().map(ToString::to_string));
                tag.into_iter().chain(domain).collect::<Vec<_>>().join(" in ")
            }
        };
        let sentence = format!("Of {what} rows are seen where {}, but for whom it exempts.", filter.text);
        of_restriction(&filter.place, &filter.id, "filter", what, Some(filter.text.clone()), sentence)
    });
    masks.chain(filters)
}

fn of_restriction(
    place: &Place,
    id: &str,
    kind: &'static str,
    what: String,
    when: Option<String>,
    sentence: String,
) -> ListedRule {
    let line = PolicyLine { place: Some((place.file.as_str().into(), place.line)), text: id.into() };
    let domain = written_in(&line);
    let about = domain.clone();
    ListedRule { line, kind, who: "everyone".to_owned(), what, action: None, when, domain, about, sentence }
}

fn of_grant(grant: &Grant) -> ListedRule {
    let what = match grant.columns.as_slice() {
        [] => grant.port.to_string(),
        columns => format!("{}.{{{}}}", grant.port, columns.join(",")),
    };
    let purpose = grant.purpose.as_ref().map(|purpose| format!("for {purpose} ")).unwrap_or_default();
    let until = grant.until.format("%Y-%m-%d %H:%M UTC");
    let when = format!("{purpose}until {until}");
    ListedRule {
        line: PolicyLine { place: None, text: format!("{}: {} reads {what} {when}", grant.id, grant.subject).into() },
        kind: "grant",
        who: grant.subject.clone(),
        sentence: format!("{} reads {what} in clear {when}, as {} granted.", grant.subject, grant.id),
        what,
        action: Some("read".to_owned()),
        when: Some(when),
        domain: None,
        about: Some(grant.port.domain.clone()),
    }
}

/// The domain of `dom:sales`; none of `dom:any`.
fn about(domain: &str) -> Option<DomainName> {
    domain.strip_prefix("dom:").filter(|name| *name != "any")?.parse().ok()
}

/// The domain below whose folder the line stands.
fn written_in(line: &PolicyLine) -> Option<DomainName> {
    let (file, _) = line.place.as_ref()?;
    file.strip_prefix("products/")?.split('/').next()?.parse().ok()
}
