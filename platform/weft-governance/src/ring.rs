//! Rings and depth in what holds what: roles in roles, objects in objects.

use std::collections::HashMap;

/// Longest chain of rows from a member to a role, or from an object to its outermost container.
pub(crate) const DEPTH_MAX: usize = 8;

/// What is wrong with an edge, by its place among those given.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Trouble {
    /// The edge is part of a ring, or leads from one ring to another.
    Ring(usize),
    /// With this edge a chain is longer than [`DEPTH_MAX`].
    TooDeep(usize),
}

/// Finds rings and chains that are too long among edges `(below, above)`. Linear in their number.
pub(crate) fn trouble(edges: &[(&str, &str)]) -> Vec<Trouble> {
    let above = Trimmed::of(edges.iter().copied());
    let below = Trimmed::of(edges.iter().map(|(below, above)| (*above, *below)));
    let mut found = Vec::new();
    for (index, (low, high)) in edges.iter().enumerate() {
        let in_ring = [low, high].iter().all(|node| above.height(node).is_none() && below.height(node).is_none());
        if in_ring {
            found.push(Trouble::Ring(index));
        } else if above.height(low) == Some(DEPTH_MAX + 1) && above.height(high) == Some(DEPTH_MAX) {
            found.push(Trouble::TooDeep(index));
        }
    }
    found
}

/// Nodes that are not on a ring or below one, with the length of the longest chain above each.
struct Trimmed<'a> {
    heights: HashMap<&'a str, usize>,
}

impl<'a> Trimmed<'a> {
    fn of(edges: impl Iterator<Item = (&'a str, &'a str)> + Clone) -> Self {
        let mut waits_for: HashMap<&str, usize> = HashMap::new();
        let mut children: HashMap<&str, Vec<&str>> = HashMap::new();
        for (low, high) in edges {
            *waits_for.entry(low).or_default() += 1;
            waits_for.entry(high).or_default();
            children.entry(high).or_default().push(low);
        }
        let mut ready: Vec<&str> = waits_for.iter().filter(|(_, open)| **open == 0).map(|(node, _)| *node).collect();
        let mut reached: HashMap<&str, usize> = HashMap::new();
        let mut heights = HashMap::new();
        while let Some(node) = ready.pop() {
            let height = reached.get(node).copied().unwrap_or(0);
            heights.insert(node, height);
            for child in children.get(node).map(Vec::as_slice).unwrap_or_default() {
                let best = reached.entry(child).or_default();
                *best = (*best).max(height + 1);
                if let Some(open) = waits_for.get_mut(child) {
                    *open -= 1;
                    if *open == 0 {
                        ready.push(child);
                    }
                }
            }
        }
        Trimmed { heights }
    }

    fn height(&self, node: &str) -> Option<usize> {
        self.heights.get(node).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tree_is_fine_and_a_ring_is_found_without_what_leads_to_it() {
        assert_eq!(trouble(&[("a", "b"), ("b", "c"), ("d", "b"), ("a", "c")]), []);
        let ring = [("x", "a"), ("a", "b"), ("b", "c"), ("c", "a"), ("c", "y")];
        assert_eq!(trouble(&ring), [Trouble::Ring(1), Trouble::Ring(2), Trouble::Ring(3)]);
        assert_eq!(trouble(&[("a", "a")]), [Trouble::Ring(0)]);
    }

    #[test]
    fn eight_steps_are_allowed_and_nine_are_not() {
        let names: Vec<String> = (0..=10).map(|n| format!("n{n}")).collect();
        let chain = |length: usize| -> Vec<(&str, &str)> {
            names.windows(2).take(length).map(|pair| (pair[0].as_str(), pair[1].as_str())).collect()
        };
        assert_eq!(trouble(&chain(8)), []);
        assert_eq!(trouble(&chain(9)), [Trouble::TooDeep(0)]);
        assert_eq!(trouble(&chain(10)), [Trouble::TooDeep(1)]);
    }

    #[test]
    fn a_chain_of_many_thousands_does_not_exhaust_the_stack() {
        let names: Vec<String> = (0..50_000).map(|n| format!("n{n}")).collect();
        let chain: Vec<(&str, &str)> = names.windows(2).map(|pair| (pair[0].as_str(), pair[1].as_str())).collect();
        assert_eq!(trouble(&chain).len(), 1);
    }
}
