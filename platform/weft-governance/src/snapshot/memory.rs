//! What a snapshot remembers of its own answers.

use std::collections::HashMap;
use std::hash::Hash;

use chrono::NaiveDate;
use weft_model::{Action, PortRef, Principal};

use crate::ObjectRef;

/// Answers that are remembered; at this number all are forgotten, and it begins anew.
const REMEMBERED_MAX: usize = 10_000;

/// All that counts of what a request is for and of when it is asked, within one day.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Moment {
    /// Whether the purpose is one that the object is granted for.
    pub(super) purpose_granted: bool,
    /// The purpose, where a row or a grant names it.
    pub(super) purpose: Option<String>,
    /// After how many of the instants at which rows begin or cease to count.
    pub(super) turn: usize,
}

pub(super) type Asked = (Action, ObjectRef, Moment);

/// The day stands for `today()`, the only thing in a restriction that depends on the time.
pub(super) type AskedRead = (PortRef, Moment, NaiveDate);

/// Answers, under everything that they depend on: nothing is told apart by a hash alone.
pub(super) struct Remembered<K, V> {
    count: usize,
    by_principal: HashMap<Principal, HashMap<K, V>>,
}

impl<K, V> Default for Remembered<K, V> {
    fn default() -> Self {
        Remembered { count: 0, by_principal: HashMap::new() }
    }
}

impl<K: Hash + Eq, V> Remembered<K, V> {
    pub(super) fn get(&self, principal: &Principal, asked: &K) -> Option<&V> {
        self.by_principal.get(principal)?.get(asked)
    }

    pub(super) fn put(&mut self, principal: &Principal, asked: K, answer: V) {
        if self.count >= REMEMBERED_MAX {
            *self = Remembered::default();
        }
        self.count += 1;
        self.by_principal.entry(principal.clone()).or_default().insert(asked, answer);
    }
}
