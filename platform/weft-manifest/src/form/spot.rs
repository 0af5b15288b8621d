//! A value of a document together with where it stands, for walking a document that was read.

use std::collections::HashSet;

use weft_model::Place;

use super::SourceText;
use super::yaml::Node;

/// A value of the tree that a document was read from.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Spot<'d> {
    pub(crate) source: &'d SourceText,
    pub(crate) node: &'d Node,
    pub(crate) dropped: &'d HashSet<usize>,
}

impl<'d> Spot<'d> {
    /// The place of this value.
    pub(crate) fn place(self) -> Place {
        self.source.place(self.node.head())
    }

    /// The place of the value at `key`, or of this one where the key is left out.
    pub(crate) fn at(self, key: &str) -> Place {
        self.get(key).unwrap_or(self).place()
    }

    /// The value at `key`.
    pub(crate) fn get(self, key: &str) -> Option<Spot<'d>> {
        self.node.get(key).map(|node| Spot { node, ..self })
    }

    /// The items of a list, as in the typed list: those that could not be read are left out.
    pub(crate) fn items(self) -> impl Iterator<Item = Spot<'d>> {
        let is_read = move |item: &&Node| self.dropped.is_empty() || !self.dropped.contains(&item.span.start);
        self.node.items().iter().filter(is_read).map(move |node| Spot { node, ..self })
    }

    /// The items at `key`, each with its typed value.
    pub(crate) fn each<T>(self, key: &str, typed: &'d Option<Vec<T>>) -> Vec<(Spot<'d>, &'d T)> {
        let items = self.get(key).map(Spot::items).into_iter().flatten();
        items.zip(typed.iter().flatten()).collect()
    }
}
