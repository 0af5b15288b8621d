//! What the columns of a port depend on, by its query and its kind.

use std::collections::{BTreeMap, BTreeSet};

use arrow::datatypes::SchemaRef;
use weft_engine::{ContractPlanner, DELETED};
use weft_model::{ColumnLineage, ColumnSource, DataProduct, Dependence, OutputPort, PortRef, Transform, VALIDITY};
use weft_storage::arrow_schema;

use crate::asked;

/// The lineage of every port of `product`, over inputs of these schemas. Empty for a port that no query makes. A query that
/// cannot be planned makes every column of every column of its inputs, as far as anyone can tell.
pub(crate) fn of_product<'a>(
    product: &'a DataProduct,
    schemas: &BTreeMap<PortRef, SchemaRef>,
) -> Vec<(&'a OutputPort, ColumnLineage)> {
    let mut planner = ContractPlanner::new();
    product.outputs.iter().map(|output| (output, lineage_of(&mut planner, output, schemas))).collect()
}

fn lineage_of(
    planner: &mut ContractPlanner,
    output: &OutputPort,
    inputs: &BTreeMap<PortRef, SchemaRef>,
) -> ColumnLineage {
    let Some((_, sql)) = output.transform.sql() else { return ColumnLineage::default() };
    // Of rows with the same key the newest alone is kept, which is part of the query that is run.
    let asked = match output.transform.merge() {
        Some(_) => asked::changes(output, sql).sql,
        None => sql.to_owned(),
    };
    let Ok(mut found) = planner.lineage(&asked, inputs) else { return of_everything(output, inputs) };
    if let Some(marks) = found.columns.remove(DELETED) {
        found.rows = joined(found.rows, with(marks, Dependence::Filter));
    }
    let names: BTreeSet<&str> = output.contract.columns.iter().map(|column| column.name.as_str()).collect();
    found.columns.retain(|name, _| names.contains(name.as_str()));
    if let Transform::Scd2 { since, .. } = &output.transform {
        let validity = validity(&found, since.as_deref());
        found.columns.extend(VALIDITY.map(|name| (name.to_owned(), validity.clone())));
    }
    found
}

/// Since when a row holds, and until when: what the query says of it, and a change of whatever else it yields.
fn validity(found: &ColumnLineage, since: Option<&str>) -> Vec<ColumnSource> {
    let told = since.and_then(|since| found.columns.get(since)).cloned().unwrap_or_default();
    let changed = found.columns.values().flatten().cloned().collect();
    joined(told, with(changed, Dependence::Conditional))
}

fn of_everything(output: &OutputPort, inputs: &BTreeMap<PortRef, SchemaRef>) -> ColumnLineage {
    let all = |how: Dependence| -> Vec<ColumnSource> {
        let columns = inputs.iter().flat_map(|(port, schema)| schema.fields().iter().map(move |field| (port, field)));
        let source = |(port, field): (&PortRef, &arrow::datatypes::FieldRef)| ColumnSource {
            port: port.clone(),
            column: field.name().clone(),
            how: BTreeSet::from([how]),
        };
        columns.map(source).collect()
    };
    let schema = arrow_schema(&output.contract.columns);
    let columns = schema.fields().iter().map(|field| (field.name().clone(), all(Dependence::Transformation)));
    ColumnLineage { columns: columns.collect(), rows: all(Dependence::Filter) }
}

/// The same columns, on which something depends in this way alone.
fn with(sources: Vec<ColumnSource>, how: Dependence) -> Vec<ColumnSource> {
    sources.into_iter().map(|source| ColumnSource { how: BTreeSet::from([how]), ..source }).collect()
}

/// Both, each column once, in order.
fn joined(one: Vec<ColumnSource>, other: Vec<ColumnSource>) -> Vec<ColumnSource> {
    let mut all: BTreeMap<(PortRef, String), BTreeSet<Dependence>> = BTreeMap::new();
    for source in one.into_iter().chain(other) {
        all.entry((source.port, source.column)).or_default().extend(source.how);
    }
    all.into_iter().map(|((port, column), how)| ColumnSource { port, column, how }).collect()
}

#[cfg(test)]
mod tests {
    use arrow::datatypes::{DataType, Field, Schema};
    use weft_model::ManifestTree;

    use super::*;

    /// The lineage of a port whose product says `transform` of it, with columns `key`, `value` and those named.
    fn told(transform: &str, sql: &str, more: &str) -> Vec<String> {
        let product = format!(
            "apiVersion: v1.1.0\nkind: DataProduct\nid: p\nstatus: draft\noutputPorts:\n- name: rows\n  contractId: p-rows\n  \
             version: 1.0.0\n  customProperties:\n  - {{property: transform, vendor: weft, value: {transform}}}\n"
        );
        let contract = format!(
            "apiVersion: v3.2.0\nkind: DataContract\nid: p-rows\nversion: 1.0.0\nstatus: draft\nschema:\n- name: rows\n  \
             properties:\n  - {{name: key, logicalType: string, required: true, primaryKey: true, primaryKeyPosition: 1}}\n  \
             - {{name: value, logicalType: string}}\n{more}"
        );
        let tree = ManifestTree::of_texts([
            ("products/a/domain.yaml", "domain: a\nowner: o\nservice: s\n"),
            ("products/a/p/product.odps.yaml", product.as_str()),
            ("products/a/p/contracts/rows.odcs.yaml", contract.as_str()),
            ("products/a/p/transforms/rows.sql", sql),
        ]);
        let (declared, told) = weft_manifest::read(&tree, chrono::NaiveDate::default());
        let [product] = declared.products.as_slice() else { panic!("{told:?}") };
        let text = |name: &str| Field::new(name, DataType::Utf8, true);
        let schema = Schema::new(vec![text("id"), text("word"), text("gone"), text("at")]);
        let inputs = BTreeMap::from([("x.y.z".parse().unwrap(), std::sync::Arc::new(schema) as SchemaRef)]);
        let (_, found) = of_product(product, &inputs).remove(0);
        let words = |sources: &[ColumnSource]| {
            let one = |source: &ColumnSource| {
                let how: Vec<&str> = source.how.iter().map(|how| how.as_str()).collect();
                format!("{} {}", source.column, how.join("+"))
            };
            sources.iter().map(one).collect::<Vec<_>>().join(", ")
        };
        let columns = found.columns.iter().map(|(name, sources)| format!("{name}: {}", words(sources)));
        columns.chain([format!("rows: {}", words(&found.rows))]).collect()
    }

    #[test]
    fn a_view_has_lineage_like_a_table() {
        let sql = "SELECT id AS key, upper(word) AS value FROM x.y.z WHERE gone IS NULL";
        let expected = ["key: id identity", "value: word transformation", "rows: gone filter"];
        assert_eq!(told("{kind: view}", sql, ""), expected);
        assert_eq!(told("{kind: full}", sql, ""), expected);
    }

    #[test]
    fn a_query_that_cannot_be_planned_makes_every_column_of_every_column() {
        let found = told("{kind: view}", "SELECT nothing FROM x.y.z", "");
        let all = |how: &str| ["id", "word", "gone", "at"].map(|column| format!("{column} {how}")).join(", ");
        let made = all("transformation");
        assert_eq!(found, [format!("key: {made}"), format!("value: {made}"), format!("rows: {}", all("filter"))]);
    }

    #[test]
    fn what_takes_rows_out_and_what_tells_the_newest_decide_on_rows() {
        let sql = "SELECT id AS key, word AS value, gone, CAST(at AS DATE) AS at FROM x.y.z";
        let more = "  - {name: at, logicalType: date}\n";
        let found = told("{kind: by_key, time: {column: at}, deleteWhen: gone = 'y'}", sql, more);
        assert_eq!(found[..3], ["at: at transformation", "key: id identity", "value: word identity"]);
        assert_eq!(found[3], "rows: at filter, gone filter, id filter");
    }

    #[test]
    fn since_when_a_row_holds_depends_on_every_change_of_it() {
        let more = "  - {name: valid_from, logicalType: timestamp, required: true, primaryKey: true, primaryKeyPosition: 2}\n  \
                    - {name: valid_to, logicalType: timestamp}\n";
        let found = told("{kind: scd2}", "SELECT id AS key, word AS value FROM x.y.z", more);
        assert_eq!(
            found,
            [
                "key: id identity",
                "valid_from: id conditional, word conditional",
                "valid_to: id conditional, word conditional",
                "value: word identity",
                "rows: "
            ]
        );
    }
}
