//! Places for the boxes of a directed graph, from left to right.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::panic::catch_unwind;
use std::thread;

use rust_sugiyama::configure::{Config, RankingType};
use rust_sugiyama::from_vertices_and_edges;

/// Between boxes that lie over each other, and between columns of them.
const GAP: f64 = 16.0;
const COLUMN_GAP: f64 = 72.0;
/// The layering recurses as deep as the graph is long and as a column is high.
const STACK_BYTES: usize = 256 << 20;
/// Above so many boxes and edges together, neighbours are not swapped one by one to save crossings; and above so many,
/// crossings are not looked at.
const SWAPPED_MAX: usize = 600;
const UNTANGLED_MAX: usize = 12_000;

/// A box: its upper left corner and its size.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Placed {
    pub(crate) x: f64,
    pub(crate) y: f64,
    pub(crate) width: f64,
    pub(crate) height: f64,
}

/// A place for each box, which is given by its width and height, such that none lies over another and every edge leads to
/// the right as far as edges go in no ring. `steps` says in which column a box would lie by itself.
///
/// The same boxes and edges in the same order get the same places. Takes processor time and blocks.
pub(crate) fn lay_out(sizes: &[(f64, f64)], edges: &[(usize, usize)], steps: &[i64]) -> Vec<Placed> {
    let stacks = Stacks::new(sizes, edges);
    let (sizes_of_stacks, edges_of_stacks) = stacks.graph(sizes, edges);
    if sizes_of_stacks.len() + edges_of_stacks.len() > UNTANGLED_MAX {
        return in_columns(sizes, steps);
    }
    let layered = thread::scope(|scope| {
        let work = || catch_unwind(|| layered(&sizes_of_stacks, &edges_of_stacks)).unwrap_or_default();
        let thread = thread::Builder::new().stack_size(STACK_BYTES).spawn_scoped(scope, work);
        thread.ok().and_then(|thread| thread.join().ok()).flatten()
    });
    layered.map_or_else(|| in_columns(sizes, steps), |places| stacks.unstacked(&places, sizes))
}

/// Boxes by their sizes, and the edges between them.
type Graph = (Vec<(f64, f64)>, Vec<(usize, usize)>);

/// Boxes that come from the same ones and go into the same ones lie over each other as one high box: what a hundred
/// tables are made into is laid out as fast as what one is made into, and looks in order.
struct Stacks {
    /// The boxes of each stack in the order given, and the stack of each box.
    boxes: Vec<Vec<usize>>,
    of: Vec<usize>,
}

impl Stacks {
    fn new(sizes: &[(f64, f64)], edges: &[(usize, usize)]) -> Self {
        let mut around: Vec<(BTreeSet<usize>, BTreeSet<usize>)> = vec![Default::default(); sizes.len()];
        for (from, to) in edges {
            around.get_mut(*from).map(|(_, after)| after.insert(*to));
            around.get_mut(*to).map(|(before, _)| before.insert(*from));
        }
        let mut stacks = Stacks { boxes: Vec::new(), of: Vec::new() };
        let mut known: HashMap<(BTreeSet<usize>, BTreeSet<usize>), usize> = HashMap::new();
        for (one, neighbours) in around.into_iter().enumerate() {
            let stack = *known.entry(neighbours).or_insert(stacks.boxes.len());
            if stack == stacks.boxes.len() {
                stacks.boxes.push(Vec::new());
            }
            stacks.of.push(stack);
            if let Some(boxes) = stacks.boxes.get_mut(stack) {
                boxes.push(one);
            }
        }
        stacks
    }

    /// The size of each stack, and the edges between them.
    fn graph(&self, sizes: &[(f64, f64)], edges: &[(usize, usize)]) -> Graph {
        let size = |boxes: &Vec<usize>| {
            let around = boxes.iter().filter_map(|one| sizes.get(*one));
            let all = around.fold((0.0, -GAP), |all: (f64, f64), one| (all.0.max(one.0), all.1 + one.1 + GAP));
            (all.0, all.1.max(0.0))
        };
        let between = edges.iter().filter_map(|(from, to)| Some((*self.of.get(*from)?, *self.of.get(*to)?)));
        (self.boxes.iter().map(size).collect(), between.collect::<BTreeSet<_>>().into_iter().collect())
    }

    /// The place of each box within that of its stack.
    fn unstacked(&self, places: &[Placed], sizes: &[(f64, f64)]) -> Vec<Placed> {
        let mut tops: Vec<f64> = places.iter().map(|stack| stack.y).collect();
        let place = |(stack, (width, height)): (&usize, &(f64, f64))| {
            let (x, y) = places.get(*stack).zip(tops.get(*stack)).map_or((0.0, 0.0), |(stack, top)| (stack.x, *top));
            if let Some(top) = tops.get_mut(*stack) {
                *top = y + height + GAP;
            }
            Placed { x, y, width: *width, height: *height }
        };
        self.of.iter().zip(sizes).map(place).collect()
    }
}

/// By layers after Sugiyama; `None` where that gives no place to some box.
fn layered(sizes: &[(f64, f64)], edges: &[(usize, usize)]) -> Option<Vec<Placed>> {
    // It draws from the top to the bottom: width and height change places, and back again below.
    let vertices: Vec<(u32, (f64, f64))> =
        (0..).zip(sizes).map(|(id, (width, height))| (id, (*height, width + COLUMN_GAP - GAP))).collect();
    let edges: Option<Vec<(u32, u32)>> = edges
        .iter()
        .filter(|(from, to)| from != to)
        .map(|(from, to)| Some((u32::try_from(*from).ok()?, u32::try_from(*to).ok()?)))
        .collect();
    let edges = edges?;
    let is_small = vertices.len() + edges.len() <= SWAPPED_MAX;
    let config = Config {
        vertex_spacing: GAP,
        ranking_type: RankingType::MinimizeEdgeLength,
        transpose: is_small,
        ..Config::default()
    };
    let mut placed: Vec<Option<Placed>> = vec![None; sizes.len()];
    let mut top = 0.0;
    for (component, _, _) in from_vertices_and_edges(&vertices, &edges, &config) {
        let mut boxes: Vec<(usize, Placed)> = Vec::new();
        // Layers are told by their middle; within one, boxes begin at the same line.
        let mut widest: BTreeMap<u64, f64> = BTreeMap::new();
        for (id, (_, along)) in &component {
            let widest = widest.entry(along.to_bits()).or_default();
            *widest = widest.max(sizes.get(*id)?.0);
        }
        for (id, (across, along)) in component {
            let (width, height) = *sizes.get(id)?;
            let x = along - widest.get(&along.to_bits())? / 2.0;
            boxes.push((id, Placed { x, y: across - height / 2.0, width, height }));
        }
        let least = |of: fn(&Placed) -> f64| boxes.iter().map(|(_, placed)| of(placed)).fold(f64::INFINITY, f64::min);
        let (left, up) = (least(|placed| placed.x), least(|placed| placed.y));
        let mut bottom = top;
        for (id, placed_box) in boxes {
            let moved = Placed { x: placed_box.x - left, y: placed_box.y - up + top, ..placed_box };
            bottom = f64::max(bottom, moved.y + moved.height);
            *placed.get_mut(id)? = Some(moved);
        }
        top = bottom + GAP * 2.0;
    }
    placed.into_iter().collect()
}

/// Each box in the column of its step, over each other in the order given.
fn in_columns(sizes: &[(f64, f64)], steps: &[i64]) -> Vec<Placed> {
    let mut columns: BTreeMap<i64, (f64, f64)> = BTreeMap::new();
    for ((width, _), step) in sizes.iter().zip(steps) {
        let widest = columns.entry(*step).or_default();
        widest.0 = widest.0.max(*width);
    }
    let mut left = 0.0;
    for (widest, _) in columns.values_mut() {
        let width = *widest;
        *widest = left;
        left += width + COLUMN_GAP;
    }
    let place = |((width, height), step): (&(f64, f64), &i64)| {
        let (x, y) = columns.get(step).copied().unwrap_or_default();
        columns.insert(*step, (x, y + height + GAP));
        Placed { x, y, width: *width, height: *height }
    };
    sizes.iter().zip(steps).map(place).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn apart(placed: &[Placed]) -> bool {
        let overlap = |a: &Placed, b: &Placed| {
            a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height
        };
        placed.iter().enumerate().all(|(at, one)| placed.iter().skip(at + 1).all(|other| !overlap(one, other)))
    }

    #[test]
    fn edges_lead_to_the_right_and_boxes_lie_apart() {
        let sizes: Vec<(f64, f64)> = (0..40).map(|n| (100.0 + f64::from(n % 7) * 20.0, 40.0)).collect();
        let edges: Vec<(usize, usize)> =
            (1..40).flat_map(|n| [(n / 3, n), (n / 2, n)]).filter(|(a, b)| a != b).collect();
        let placed = lay_out(&sizes, &edges, &[0; 40]);
        assert!(apart(&placed), "{placed:#?}");
        for (from, to) in &edges {
            assert!(placed[*from].x + placed[*from].width < placed[*to].x, "{from} {to}");
        }
        assert!(placed.iter().all(|placed| placed.x >= 0.0 && placed.y >= 0.0));
        assert_eq!(lay_out(&sizes, &edges, &[0; 40]), placed, "the same again");
    }

    #[test]
    fn rings_single_boxes_and_no_boxes_have_places_too() {
        assert_eq!(lay_out(&[], &[], &[]), []);
        let placed = lay_out(&[(10.0, 10.0); 5], &[(0, 1), (1, 2), (2, 0), (3, 3)], &[0; 5]);
        assert_eq!(placed.len(), 5);
        assert!(apart(&placed), "{placed:#?}");
    }

    #[test]
    fn long_chains_and_high_columns_do_not_exhaust_the_stack() {
        let chain: Vec<(usize, usize)> = (1..1_500).map(|n| (n - 1, n)).collect();
        assert_eq!(lay_out(&[(50.0, 20.0); 1_500], &chain, &[0; 1_500]).len(), 1_500);
        let fan: Vec<(usize, usize)> = (1..1_500).map(|n| (n, 0)).collect();
        assert!(apart(&lay_out(&[(50.0, 20.0); 1_500], &fan, &[0; 1_500])));
    }

    #[test]
    fn boxes_with_the_same_neighbours_lie_over_each_other_in_order() {
        let sizes: Vec<(f64, f64)> = (0..9).map(|n| (60.0 + f64::from(n), 20.0)).collect();
        let edges: Vec<(usize, usize)> = (0..7).flat_map(|n| [(n, 7), (n, 8)]).collect();
        let placed = lay_out(&sizes, &edges, &[0; 9]);
        assert!(apart(&placed), "{placed:#?}");
        for (above, below) in placed[..7].iter().zip(&placed[1..7]) {
            assert_eq!((above.x, above.y + above.height + GAP), (below.x, below.y));
        }
        assert_eq!(placed[7].x, placed[8].x, "both are made of the same");
    }

    #[test]
    fn what_is_too_much_to_untangle_lies_in_columns() {
        let steps: Vec<i64> = (0..13_000).map(|n| n % 3 - 1).collect();
        let edges: Vec<(usize, usize)> = (1..13_000).map(|n| (n / 2, n)).collect();
        let placed = lay_out(&vec![(50.0, 20.0); 13_000], &edges, &steps);
        assert_eq!((placed[0].x, placed[1].x, placed[2].x), (0.0, 122.0, 244.0));
        assert_eq!((placed[0].y, placed[3].y), (0.0, 36.0));
    }
}
