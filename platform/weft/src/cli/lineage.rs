//! `weft lineage NAME`: what a port or column is made of, and what is made of it.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use weft_wire::{Lineage as Found, LineageEdge, LineageStep};

use super::arguments::{Lineage, LineageFormat};
use super::connection::Connection;
use super::products::json;
use super::{Failure, block_on, terminal};
use crate::render::diagnostics::counted;

pub(super) fn lineage(arguments: &Lineage) -> Result<(), Failure> {
    let focus: String = url::form_urlencoded::byte_serialize(arguments.focus.as_bytes()).collect();
    let path = format!("/api/v1/lineage?focus={focus}&up={}&down={}", arguments.up, arguments.down);
    let connection = Connection::new(&arguments.server)?;
    let found: Found = block_on(async { connection.get(&path).await })?;
    match arguments.format {
        LineageFormat::Json => terminal::print(&json(&found)),
        LineageFormat::Dot => terminal::print(&dot(&found)),
        LineageFormat::Tree => {
            terminal::print(&tree(&found))?;
            terminal::note(&summary(&found));
            Ok(())
        }
    }
}

/// Which way a branch of the tree goes from the focus.
#[derive(Clone, Copy)]
enum Way {
    Up,
    Down,
}

/// A line before it is known how wide the names are.
struct Line {
    name: String,
    how: String,
}

/// The focus, below it what goes into it (`◀`) and what it goes into (`▶`), each with what lies behind it. What stands
/// there already is not taken apart again. Names lie in one column, how they are used in the next.
fn tree(found: &Found) -> String {
    let mut lines = vec![Line { name: found.focus.clone(), how: String::new() }];
    let is_focus = |id: &&str| *id == found.focus;
    let starts = found.nodes.iter().filter(|node| node.hops == 0).map(|node| node.id.as_str());
    for start in starts.clone().filter(is_focus).chain(starts.filter(|id| !is_focus(id))) {
        let (up, down) = (by_node(&found.edges, Way::Up), by_node(&found.edges, Way::Down));
        // Beside the focus there are the rows that a column is in, or the ports of a product.
        if !is_focus(&start) && (up.contains_key(start) || down.contains_key(start)) {
            let is_around = found.focus.starts_with(&format!("{start}."));
            let name = if is_around { format!("rows of {start}") } else { start.to_owned() };
            lines.push(Line { name, how: String::new() });
        }
        branches(start, Way::Up, &up, "", &mut BTreeSet::new(), &mut lines);
        branches(start, Way::Down, &down, "", &mut BTreeSet::new(), &mut lines);
    }
    let width = lines.iter().map(|line| line.name.chars().count()).max().unwrap_or(0);
    lines.iter().fold(String::new(), |mut text, line| {
        let _ = writeln!(text, "{}", format!("{:width$}   {}", line.name, line.how).trim_end());
        text
    })
}

/// The edges that lead on from each node.
fn by_node(edges: &[LineageEdge], way: Way) -> BTreeMap<&str, Vec<&LineageEdge>> {
    let mut all: BTreeMap<&str, Vec<&LineageEdge>> = BTreeMap::new();
    for edge in edges {
        let node = match way {
            Way::Up => edge.to.as_str(),
            Way::Down => edge.from.as_str(),
        };
        all.entry(node).or_default().push(edge);
    }
    all
}

fn branches<'e>(
    node: &'e str,
    way: Way,
    by_node: &BTreeMap<&str, Vec<&'e LineageEdge>>,
    indent: &str,
    seen: &mut BTreeSet<&'e str>,
    lines: &mut Vec<Line>,
) {
    let Some(edges) = by_node.get(node) else { return };
    seen.insert(node);
    for (place, edge) in edges.iter().enumerate() {
        let (next, arrow) = match way {
            Way::Up => (edge.from.as_str(), '◀'),
            Way::Down => (edge.to.as_str(), '▶'),
        };
        let is_last = place + 1 == edges.len();
        let corner = if is_last { '└' } else { '├' };
        let is_again = seen.contains(next) && by_node.contains_key(next);
        let again = if is_again { " …" } else { "" };
        lines.push(Line { name: format!("{indent}{corner}{arrow} {next}{again}"), how: words(&edge.how) });
        if !is_again {
            let below = format!("{indent}{} ", if is_last { ' ' } else { '│' });
            branches(next, way, by_node, &below, seen, lines);
        }
    }
}

/// How something is used, in the words of people.
fn words(how: &[LineageStep]) -> String {
    let word = |step: &LineageStep| match step.detail.as_str() {
        "identity" => "as is".to_owned(),
        detail => detail.replace('_', " "),
    };
    how.iter().map(word).collect::<Vec<_>>().join(", ")
}

fn summary(found: &Found) -> String {
    let nodes = found.nodes.iter().filter(|node| node.level == found.level).count();
    let products: BTreeSet<_> = found.nodes.iter().map(|node| &node.product).collect();
    let more = if found.complete { "" } else { " There is more: ask for fewer steps." };
    match found.level.as_str() {
        "product" => format!("{}.{more}", counted(nodes, "product")),
        level => format!("{}, {}.{more}", counted(nodes, level), counted(products.len(), "product")),
    }
}

/// The graph in the language of Graphviz.
fn dot(found: &Found) -> String {
    let mut text = "digraph lineage {\n  rankdir=LR;\n  node [shape=box];\n".to_owned();
    for node in &found.nodes {
        let style = if node.id == found.focus { " [style=bold]" } else { "" };
        let _ = writeln!(text, "  {}{style};", quoted(&node.id));
    }
    for edge in &found.edges {
        let is_indirect = !edge.how.is_empty() && edge.how.iter().all(|step| step.kind == "indirect");
        let mut attributes = Vec::new();
        if !edge.how.is_empty() {
            attributes.push(format!("label={}", quoted(&words(&edge.how))));
        }
        if is_indirect {
            attributes.push("style=dashed".to_owned());
        }
        let attributes = if attributes.is_empty() { String::new() } else { format!(" [{}]", attributes.join(", ")) };
        let _ = writeln!(text, "  {} -> {}{attributes};", quoted(&edge.from), quoted(&edge.to));
    }
    text.push_str("}\n");
    text
}

fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('\\', "\\\\").replace('"', "\\\""))
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use super::*;

    fn edge(from: &str, to: &str, how: &[&str]) -> LineageEdge {
        let step = |detail: &&str| {
            let kind =
                if ["identity", "transformation", "aggregation"].contains(detail) { "direct" } else { "indirect" };
            LineageStep { kind: kind.to_owned(), detail: (*detail).to_owned() }
        };
        let how = how.iter().map(step).collect();
        LineageEdge { from: from.to_owned(), to: to.to_owned(), how, declared_only: false, release: 1 }
    }

    fn node(id: &str, hops: i64) -> weft_wire::LineageNode {
        let names: Vec<&str> = id.splitn(4, '.').collect();
        let column = names.get(3).map(|column| (*column).to_owned());
        weft_wire::LineageNode {
            id: id.to_owned(),
            level: if column.is_some() { "column" } else { "port" }.to_owned(),
            product: names[..2].join(".").parse().unwrap(),
            port: names[..3].join(".").parse().ok(),
            column,
            hops,
            owner: None,
            state: None,
            place: None,
            cluster: None,
        }
    }

    fn found() -> Found {
        Found {
            focus: "sales.orders.lines.net".to_owned(),
            level: "column".to_owned(),
            nodes: vec![
                node("web.shop.clicks.raw", -2),
                node("fx.rates.daily.rate", -1),
                node("web.shop.baskets.amount", -1),
                node("sales.orders.lines", 0),
                node("sales.orders.lines.net", 0),
                node("finance.books.ledger.total", 1),
            ],
            edges: vec![
                edge("fx.rates.daily.rate", "sales.orders.lines.net", &["aggregation", "conditional"]),
                edge("web.shop.baskets.amount", "sales.orders.lines.net", &["transformation"]),
                edge("web.shop.clicks.raw", "web.shop.baskets.amount", &["identity"]),
                edge("web.shop.baskets.amount", "sales.orders.lines", &["filter"]),
                edge("sales.orders.lines.net", "finance.books.ledger.total", &["group_by"]),
            ],
            complete: true,
            graph_version: String::new(),
            clusters: Vec::new(),
            cluster_edges: Vec::new(),
            width: 0,
            height: 0,
        }
    }

    #[track_caller]
    fn check(text: &str, expected: Expect) {
        expected.assert_eq(text);
    }

    #[test]
    fn a_tree_shows_what_goes_in_what_decides_on_rows_and_what_comes_of_it() {
        check(
            &tree(&found()),
            expect![[r#"
                sales.orders.lines.net
                ├◀ fx.rates.daily.rate          aggregation, conditional
                └◀ web.shop.baskets.amount      transformation
                  └◀ web.shop.clicks.raw        as is
                └▶ finance.books.ledger.total   group by
                rows of sales.orders.lines
                └◀ web.shop.baskets.amount      filter
                  └◀ web.shop.clicks.raw        as is
            "#]],
        );
        assert_eq!(summary(&found()), "5 columns, 4 products.");
    }

    #[test]
    fn a_graph_is_for_graphviz() {
        check(
            &dot(&found()),
            expect![[r#"
                digraph lineage {
                  rankdir=LR;
                  node [shape=box];
                  "web.shop.clicks.raw";
                  "fx.rates.daily.rate";
                  "web.shop.baskets.amount";
                  "sales.orders.lines";
                  "sales.orders.lines.net" [style=bold];
                  "finance.books.ledger.total";
                  "fx.rates.daily.rate" -> "sales.orders.lines.net" [label="aggregation, conditional"];
                  "web.shop.baskets.amount" -> "sales.orders.lines.net" [label="transformation"];
                  "web.shop.clicks.raw" -> "web.shop.baskets.amount" [label="as is"];
                  "web.shop.baskets.amount" -> "sales.orders.lines" [label="filter", style=dashed];
                  "sales.orders.lines.net" -> "finance.books.ledger.total" [label="group by", style=dashed];
                }
            "#]],
        );
    }
}
