//! Which item of the old list is which item of the new one.

use std::collections::{HashMap, VecDeque};

use serde::Serialize;

/// An item of two lists.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Pair<'a, T> {
    Both(&'a T, &'a T),
    Removed(&'a T),
    Added(&'a T),
}

/// How an item is known from one version to the next.
pub(super) type Key<'k, T> = &'k dyn Fn(&T) -> Option<String>;

/// Pairs items that share a key. Earlier keys go first, so that an id finds its item under a new
/// name; an item without a key waits for the next. Old items come in their order, then what is new.
pub(super) fn pairs<'a, T>(old: Option<&'a [T]>, new: Option<&'a [T]>, keys: &[Key<'_, T>]) -> Vec<Pair<'a, T>> {
    let (old, new) = (old.unwrap_or_default(), new.unwrap_or_default());
    let mut partner_of_old: Vec<Option<&T>> = vec![None; old.len()];
    let mut is_taken = vec![false; new.len()];
    for key in keys {
        let mut waiting: HashMap<String, VecDeque<usize>> = HashMap::new();
        for (i, item) in new.iter().enumerate().filter(|(i, _)| is_taken.get(*i) == Some(&false)) {
            if let Some(key) = key(item) {
                waiting.entry(key).or_default().push_back(i);
            }
        }
        for (item, partner) in old.iter().zip(&mut partner_of_old).filter(|(_, partner)| partner.is_none()) {
            let Some(i) = key(item).and_then(|key| waiting.get_mut(&key)?.pop_front()) else { continue };
            *partner = new.get(i);
            if let Some(taken) = is_taken.get_mut(i) {
                *taken = true;
            }
        }
    }
    let kept = old.iter().zip(partner_of_old).map(|(item, partner)| match partner {
        Some(partner) => Pair::Both(item, partner),
        None => Pair::Removed(item),
    });
    let added = new.iter().zip(is_taken).filter(|(_, taken)| !taken).map(|(item, _)| Pair::Added(item));
    kept.chain(added).collect()
}

/// The whole content as a key: for lists whose items have no other.
pub(super) fn content<T: Serialize>(item: &T) -> Option<String> {
    serde_json::to_string(item).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(old: &[(&str, &str)], new: &[(&str, &str)], expected: &str) {
        let id = |item: &(&str, &str)| (!item.0.is_empty()).then(|| item.0.to_owned());
        let name = |item: &(&str, &str)| Some(item.1.to_owned());
        let told: Vec<String> = pairs(Some(old), Some(new), &[&id, &name])
            .into_iter()
            .map(|pair| match pair {
                Pair::Both(old, new) => format!("{}={}", old.1, new.1),
                Pair::Removed(old) => format!("-{}", old.1),
                Pair::Added(new) => format!("+{}", new.1),
            })
            .collect();
        assert_eq!(told.join(" "), expected);
    }

    #[test]
    fn an_id_finds_its_item_under_a_new_name() {
        check(&[("1", "a"), ("2", "b")], &[("2", "c"), ("1", "a")], "a=a b=c");
    }

    #[test]
    fn two_items_that_swap_names_keep_their_ids() {
        check(&[("1", "a"), ("2", "b")], &[("1", "b"), ("2", "a")], "a=b b=a");
    }

    #[test]
    fn without_an_id_on_both_sides_the_name_decides() {
        check(&[("1", "a"), ("", "b")], &[("", "a"), ("2", "b"), ("3", "c")], "a=a b=b +c");
    }

    #[test]
    fn items_of_one_name_pair_in_their_order() {
        check(&[("", "a"), ("", "a")], &[("", "a")], "a=a -a");
    }
}
