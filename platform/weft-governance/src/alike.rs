//! Principals that decide alike: what of one is looked at at all.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use weft_model::{AttributeValue, Column, PortRef, Principal};

use crate::PolicySnapshot;
use crate::restrictions::Mentions;

/// What of a principal the rules on one port look at. Where this is equal, decisions on that port are equal.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Standing {
    /// Of the subjects that rows on the port name, those that the principal is or holds.
    held: Vec<String>,
    /// The attributes that restrictions compare with.
    attributes: BTreeMap<String, AttributeValue>,
    /// Where restrictions look at them.
    groups: Option<BTreeSet<String>>,
    /// Where restrictions look at it, or something is granted to just this principal.
    subject: Option<String>,
}

impl Standing {
    pub(crate) fn holds(&self, subject: &str) -> bool {
        subject == "role:any" || self.held.iter().any(|held| held == subject)
    }
}

/// What the rules on one port look at.
pub(crate) struct Looked<'s> {
    subjects: BTreeSet<&'s str>,
    mentions: Mentions,
    /// Those to whom something is granted besides the rules.
    granted: BTreeSet<&'s str>,
}

impl<'s> Looked<'s> {
    pub(crate) fn at(snapshot: &'s PolicySnapshot, port: &PortRef, columns: &[Column]) -> Self {
        let subjects = snapshot.rows_on_port(port, columns).into_iter().map(|row| row.subject.as_str()).collect();
        let (mesh, product) = snapshot.restrictions_for(port);
        let mut mentions = Mentions::default();
        for restrictions in mesh.into_iter().chain(product) {
            restrictions.note_mentions(&mut mentions);
        }
        Looked { subjects, mentions, granted: snapshot.granted_on(port) }
    }

    /// What of `principal`, who holds `held` in the port's domain, is looked at.
    pub(crate) fn standing(&self, principal: &Principal, held: &HashSet<String>) -> Standing {
        let attributes = self.mentions.attributes.iter().filter_map(|name| {
            let value = principal.attributes.get(name)?;
            Some((name.clone(), value.clone()))
        });
        let subject = principal.subject();
        let is_named = self.mentions.name || self.granted.contains(subject.as_str());
        Standing {
            held: self.subjects.iter().filter(|subject| held.contains(**subject)).map(|s| (*s).to_owned()).collect(),
            attributes: attributes.collect(),
            groups: self.mentions.groups.then(|| principal.groups.clone()),
            subject: is_named.then_some(subject),
        }
    }
}
