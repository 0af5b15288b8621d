//! Which port's rows go into which, as manifests and queries tell.

use weft_model::{DataProduct, PortRef};

/// What goes into the ports of `product`, as pairs of a port and one of those: each declared input, and each other port of the product,
/// goes into the ports whose query names it. An input that no query names by its full name goes
/// into every port that has a query.
pub(crate) fn edges(product: &DataProduct) -> Vec<(PortRef, PortRef)> {
    let queries: Vec<(PortRef, String)> = product
        .outputs
        .iter()
        .filter_map(|output| Some((product.port_ref(output), plain(output.transform.sql()?.1))))
        .collect();
    let mut edges = Vec::new();
    for input in &product.inputs {
        let name = input.port.to_string();
        let named = queries.iter().any(|(_, sql)| names(sql, &name));
        let readers = queries.iter().filter(|(_, sql)| !named || names(sql, &name));
        edges.extend(readers.map(|(to, _)| (input.port.clone(), to.clone())));
    }
    for from in product.outputs.iter().map(|output| product.port_ref(output)) {
        let name = from.to_string();
        let readers = queries.iter().filter(|(to, sql)| *to != from && names(sql, &name));
        edges.extend(readers.map(|(to, _)| (from.clone(), to.clone())));
    }
    edges
}

/// The query in lower case, without the quotes and white space that SQL allows within a full name.
fn plain(sql: &str) -> String {
    let mut plain = String::with_capacity(sql.len());
    let mut gap = false;
    for c in sql.chars().filter(|c| *c != '"').flat_map(char::to_lowercase) {
        if c.is_whitespace() {
            gap = true;
            continue;
        }
        if gap && c != '.' && !plain.ends_with('.') {
            plain.push(' ');
        }
        gap = false;
        plain.push(c);
    }
    plain
}

/// Whether `name` stands in `sql` as a whole name.
fn names(sql: &str, name: &str) -> bool {
    let part = |c: char| c.is_alphanumeric() || c == '_' || c == '.';
    sql.match_indices(name).any(|(start, found)| {
        let before = sql.get(..start).and_then(|text| text.chars().next_back());
        let mut after = sql.get(start + found.len()..).unwrap_or("").chars();
        // A dot behind the name leads to one of its columns.
        let ends = after.next().is_none_or(|c| !part(c) || c == '.');
        before.is_none_or(|c| !part(c)) && ends
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_found_however_it_is_quoted_and_spaced_and_only_whole() {
        let found = |sql: &str| names(&plain(sql), "fleet.aircraft.planes");
        assert!(found("select * from fleet.aircraft.planes"));
        assert!(found("SELECT * FROM \"fleet\" . \"aircraft\".\n\"planes\" p"));
        assert!(found("select fleet.aircraft.planes.tailnum from fleet.aircraft.planes"));
        assert!(!found("select * from fleet.aircraft.planes_old"));
        assert!(!found("select * from my_fleet.aircraft.planes"));
        assert!(!found("select * from other.fleet.aircraft.planes"));
    }
}
