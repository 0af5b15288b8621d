//! What an answer rests on, link by link.

use weft_model::{DomainName, Principal, Revision};

use super::{Inquiry, Sees};
use crate::contract_place;
use crate::names::{tags_of, tags_within};
use crate::row::PolicyRow;
use crate::row_condition::RowCondition;
use crate::{Obligation, PolicyLine};

/// One link of the chain from who asks to what decides.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Evidence {
    pub kind: EvidenceKind,
    pub text: String,
    /// File and line, where it stands in one.
    pub place: Option<(String, u32)>,
    /// The revision in which that line stands.
    pub revision: Option<Revision>,
    /// Whether the answer is as it is because of this one.
    pub decides: bool,
}

/// What a link is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum EvidenceKind {
    /// Who asks.
    Identity,
    /// What for.
    Purpose,
    /// A group that the asker is in.
    Group,
    /// A role that the asker holds.
    Role,
    /// What was granted at run time.
    Grant,
    /// Words that the column carries.
    Tag,
    /// A row that allows or denies.
    Rule,
    /// A row that exempts from a restriction.
    Exemption,
    /// A mask.
    Mask,
    /// A row filter.
    Filter,
    /// Something in the platform's own words.
    Platform,
}

impl EvidenceKind {
    /// The word for it, in `snake_case`.
    pub fn as_str(self) -> &'static str {
        match self {
            EvidenceKind::Identity => "identity",
            EvidenceKind::Purpose => "purpose",
            EvidenceKind::Group => "group",
            EvidenceKind::Role => "role",
            EvidenceKind::Grant => "grant",
            EvidenceKind::Tag => "tag",
            EvidenceKind::Rule => "rule",
            EvidenceKind::Exemption => "exemption",
            EvidenceKind::Mask => "mask",
            EvidenceKind::Filter => "filter",
            EvidenceKind::Platform => "platform",
        }
    }
}

/// The chain, in order; the kinds of [`EvidenceKind`] come in the order in which it names them, memberships before
/// the row that they lead to.
pub(super) fn of(inquiry: &Inquiry<'_>, sees: &Sees) -> Vec<Evidence> {
    let mut chain = Chain { inquiry, links: Vec::new() };
    chain.identity();
    chain.purpose();
    chain.words();
    let restricts = inquiry.decision.obligations().iter().any(|imposed| inquiry.concerns(imposed));
    let lines = inquiry.deciding_rows();
    if lines.is_empty() {
        let what = inquiry.term();
        let text = format!("no row lets {} read {}", inquiry.request.principal.name, what.trim_start_matches("obj:"));
        chain.push(EvidenceKind::Rule, text, None, true);
    }
    for line in &lines {
        // What is only masked is open, and that is not what decides.
        chain.row(line, EvidenceKind::Rule, !restricts || matches!(sees, Sees::Denied | Sees::Hidden));
    }
    for lifted in inquiry.lifted.iter().filter(|lifted| inquiry.is_about(lifted.path.as_deref())) {
        for line in &lifted.because {
            chain.row(line, EvidenceKind::Exemption, false);
        }
        let text = format!("{}, which does not hold here", lifted.restriction.text);
        chain.push(kind_of(lifted.path.is_some()), text, lifted.restriction.place.clone(), false);
    }
    chain.restrictions();
    chain.links
}

fn kind_of(is_mask: bool) -> EvidenceKind {
    if is_mask { EvidenceKind::Mask } else { EvidenceKind::Filter }
}

struct Chain<'c, 'i> {
    inquiry: &'c Inquiry<'i>,
    links: Vec<Evidence>,
}

impl Chain<'_, '_> {
    fn push(&mut self, kind: EvidenceKind, text: String, place: Option<(std::sync::Arc<str>, u32)>, decides: bool) {
        use crate::Authorizer as _;
        let revision = place.is_some().then(|| self.inquiry.snapshot.policy_revision().clone());
        let place = place.map(|(file, line)| (file.to_string(), line));
        let link = Evidence { kind, text, place, revision, decides };
        match self.links.iter_mut().find(|known| known.kind == link.kind && known.text == link.text) {
            Some(known) => known.decides |= decides,
            None => self.links.push(link),
        }
    }

    fn identity(&mut self) {
        let Principal { groups, .. } = self.inquiry.request.principal;
        let subject = self.inquiry.request.principal.subject();
        let text = match groups.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
            [] => format!("{subject}, in no group"),
            groups => format!("{subject}, in {}", groups.join(", ")),
        };
        self.push(EvidenceKind::Identity, text, None, false);
    }

    fn purpose(&mut self) {
        let product = self.inquiry.port.product_ref();
        let allowed: Vec<&str> = self.inquiry.snapshot.purposes_of(&product).collect();
        let text = match self.inquiry.request.purpose {
            Some(purpose) if allowed.contains(&purpose) => format!("{purpose}, which the product allows"),
            Some(purpose) if allowed.is_empty() => format!("{purpose}; the product allows none in particular"),
            Some(purpose) => format!("{purpose}, which is none of {}", allowed.join(", ")),
            None if allowed.is_empty() => return,
            None => format!("none given; the product allows {}", allowed.join(", ")),
        };
        self.push(EvidenceKind::Purpose, text, None, false);
    }

    /// The words on the column, at their line in the contract.
    fn words(&mut self) {
        let Some(column) = &self.inquiry.column else { return };
        let mut words: Vec<&str> = tags_of(column).chain(tags_within(column)).collect();
        words.dedup();
        let text = match words.as_slice() {
            [] => format!("{}: not classified", column.name),
            words => format!("{}: {}", column.name, words.join(", ")),
        };
        let contract = self.inquiry.contract;
        let line = contract_place::line_of_words(&contract.document, &self.inquiry.port.port, &column.name);
        let place = line.map(|line| (contract.file.as_str().into(), line));
        self.push(EvidenceKind::Tag, text, place, false);
    }

    /// A row, after what makes the asker the one that it speaks of.
    fn row(&mut self, line: &PolicyLine, kind: EvidenceKind, decides: bool) {
        let Inquiry { snapshot, request, port, asker, .. } = self.inquiry;
        let rows = snapshot.rows_about(&self.inquiry.term(), &asker.subject);
        let row = rows.into_iter().find(|row| row.origin.line == *line);
        let Some(row) = row else {
            let kind = if line.place.is_some() { kind } else { EvidenceKind::Platform };
            return self.push(kind, line.text.to_string(), line.place.clone(), decides);
        };
        self.memberships(row, request.principal, &port.domain);
        let kind = if line.place.is_some() { kind } else { EvidenceKind::Grant };
        let text = match RowCondition::read(&row.condition).and_then(|condition| condition.purpose) {
            Some(purpose) if kind == EvidenceKind::Grant => format!("{}, for {purpose}", line.text),
            _ => line.text.to_string(),
        };
        self.push(kind, text, line.place.clone(), decides);
    }

    fn memberships(&mut self, row: &PolicyRow, principal: &Principal, domain: &DomainName) {
        let way = self.inquiry.snapshot.memberships(principal, Some(domain), &row.subject).unwrap_or_default();
        for step in way {
            let (kind, text) = match &step.line {
                None => (EvidenceKind::Group, format!("{} is in {}", step.member, step.holds)),
                Some(line) => (EvidenceKind::Role, line.text.to_string()),
            };
            self.push(kind, text, step.line.and_then(|line| line.place), false);
        }
    }

    /// The masks and filters that hold. What hides the column that is asked about is a row, which stands there already.
    fn restrictions(&mut self) {
        let inquiry = self.inquiry;
        for imposed in inquiry.decision.obligations().iter().filter(|imposed| inquiry.concerns(imposed)) {
            let kind = match &imposed.obligation {
                Obligation::KeepRows(_) => EvidenceKind::Filter,
                Obligation::MaskColumn { .. } => EvidenceKind::Mask,
                Obligation::HideColumn { .. } if inquiry.column.is_some() => continue,
                Obligation::HideColumn { .. } => EvidenceKind::Rule,
            };
            let by = &imposed.by;
            let text = match &imposed.obligation {
                Obligation::HideColumn { column } => format!("{column}: {}", by.text),
                Obligation::MaskColumn { path, .. } if inquiry.column.is_none() => {
                    format!("{}: {}", path.join("."), by.text)
                }
                _ => by.text.to_string(),
            };
            self.push(kind, text, by.place.clone(), true);
        }
    }
}
