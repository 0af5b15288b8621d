//! The SQL that contracts hold, planned against their own tables and the inputs of their product.

use std::collections::{BTreeMap, BTreeSet};

use arrow::datatypes::{DataType, SchemaRef};
use weft_engine::{ContractPlanner, ContractQueryShape, SqlProblem};
use weft_model::{
    Code, ContractSql, ContractTable, Declared, Diagnostic, ManifestTree, Place, PortRef, ProductRef, Published,
    SqlRole, parallel,
};
use weft_storage::arrow_schema;

use crate::sql_check::Offers;

/// Judges contracts and products that stand in no mesh: what [`weft_manifest::read_apart`] tells, and what
/// their SQL lacks, as far as tables are concerned that they hold themselves. In order of file and place.
pub fn check_apart(tree: &ManifestTree) -> Vec<Diagnostic> {
    let (declared, mut diagnostics) = weft_manifest::read_apart(tree);
    let mut planner = ContractPlanner::new();
    for sql in &declared.contract_sql {
        let found = judge(&mut planner, sql, None);
        // What else there is to read is not known here.
        let found = found.filter(|(of, _)| *of != Some(Code::SQL_INPUT_UNDECLARED));
        diagnostics.extend(found.map(|(_, found)| found));
    }
    weft_model::diagnostic::sort(&mut diagnostics);
    diagnostics
}

/// Plans the SQL of every contract. A product with an error in one counts as broken from then on.
pub(crate) fn check(declared: &mut Declared, published: &Published) -> Vec<Diagnostic> {
    let offers = Offers::of(declared, published);
    let by_product: Vec<&[ContractSql]> = declared.contract_sql.chunk_by(|a, b| a.product == b.product).collect();
    let work = |planner: &mut ContractPlanner, sql: &&[ContractSql]| {
        let product = sql.first().and_then(|sql| declared.product(&sql.product));
        let schemas = product.map(|product| offers.inputs_of(product)).unwrap_or_default();
        let views = schemas.keys().filter(|port| offers.is_view(port)).cloned().collect();
        let inputs = Inputs { schemas, views };
        let found = sql.iter().filter_map(|sql| judge(planner, sql, Some(&inputs)).map(|found| (sql, found)));
        // Which inputs a product with errors has is not known.
        let known = found.filter(|(_, (of, _))| product.is_some() || *of != Some(Code::SQL_INPUT_UNDECLARED));
        known.map(|(sql, (_, found))| (sql.product.clone(), found)).collect::<Vec<_>>()
    };
    let found = parallel::map_with(&by_product, ContractPlanner::new, work);
    let (broken, diagnostics): (Vec<ProductRef>, Vec<Diagnostic>) = found.into_iter().flatten().unzip();
    for product in broken {
        declared.mark_broken(&product);
    }
    diagnostics
}

/// What a product's SQL may name beside the tables of its contracts.
struct Inputs {
    schemas: BTreeMap<PortRef, SchemaRef>,
    /// Those of them that have no table of their own.
    views: BTreeSet<PortRef>,
}

/// What is wrong with a piece of SQL, if anything is; with the planner's own code, where it is its word. Without
/// inputs it stands in no mesh.
fn judge(
    planner: &mut ContractPlanner,
    sql: &ContractSql,
    inputs: Option<&Inputs>,
) -> Option<(Option<Code>, Diagnostic)> {
    // A table whose columns are not all understood would be told to lack them.
    let own: BTreeMap<String, SchemaRef> = tables(sql, inputs.is_some())?;
    let (text, none) = (&sql.text, BTreeMap::new());
    match planner.check_contract(&text.sql, &own, inputs.map_or(&none, |inputs| &inputs.schemas)) {
        Ok(shape) => {
            let view = inputs.and_then(|inputs| shape.reads.intersection(&inputs.views).next());
            let (message, help) = view.and_then(|view| of_view(sql, view)).or_else(|| misshapen(sql, &shape))?;
            Some((None, Diagnostic::error(code(sql.role), text.place_of_all(), message).help(help)))
        }
        Err(_) if sql.role == SqlRole::Column => None,
        Err(problem) => Some((Some(problem.code), unplanned(sql, problem))),
    }
}

/// A rule is checked when a table is written, over tables that lie beside it.
fn of_view(sql: &ContractSql, view: &PortRef) -> Option<(String, &'static str)> {
    (sql.role == SqlRole::Rule).then(|| {
        let message = format!("{} reads `{view}`, which is a view, and a rule is checked over tables", sql.noun);
        (message, "read an input that is a table")
    })
}

/// Names and columns of the contract's own tables; `None` where some are not known. In a mesh a rule of the table
/// that a port serves knows that table alone: the others are served by none.
fn tables(sql: &ContractSql, is_in_mesh: bool) -> Option<BTreeMap<String, SchemaRef>> {
    let served = |table: &&ContractTable| table.port.is_some();
    let own = sql.tables.get(sql.table).filter(served).filter(|_| is_in_mesh && sql.role == SqlRole::Rule);
    let known = own.map_or(sql.tables.as_slice(), std::slice::from_ref);
    let mut tables = BTreeMap::new();
    for table in known {
        let schema = arrow_schema(table.columns.as_ref()?);
        let port = table.port.as_ref().map(PortRef::to_string);
        let names = [port, table.physical_name.clone(), Some(table.name.clone())];
        tables.extend(names.into_iter().flatten().map(|name| (name, SchemaRef::clone(&schema))));
    }
    Some(tables)
}

fn code(role: SqlRole) -> Code {
    match role {
        SqlRole::Rule => Code::QUALITY_SQL,
        SqlRole::Measure | SqlRole::Dimension | SqlRole::Column => Code::SEMANTIC_TYPE,
    }
}

fn unplanned(sql: &ContractSql, problem: SqlProblem) -> Diagnostic {
    let at = |line, column| Place::of_word_at("", &sql.text.sql, line, column).bytes;
    let (start, mut end) = at(problem.line, problem.column);
    if let Some((line, column)) = problem.end {
        end = end.max(at(line, column).0);
    }
    let message = format!("{} cannot be computed: {}", sql.noun, problem.message);
    let diagnostic = Diagnostic::error(code(sql.role), sql.text.place(start, end), message);
    diagnostic.help(problem.help.unwrap_or_else(|| match sql.role {
        SqlRole::Rule => "write one SELECT over the tables of the contract".to_owned(),
        _ => "write an expression over the columns of its table".to_owned(),
    }))
}

/// How the shape is not that of what the SQL is to be, and what to do.
fn misshapen(sql: &ContractSql, shape: &ContractQueryShape) -> Option<(String, &'static str)> {
    let noun = &sql.noun;
    let columns = shape.schema.fields();
    let one = match columns.iter().as_slice() {
        [one] => one.data_type(),
        _ if sql.role == SqlRole::Column => return None,
        several => {
            let message = format!("{noun} computes {} values, and is to be one", several.len());
            return Some((message, "keep one of them"));
        }
    };
    match sql.role {
        SqlRole::Rule if !matches!(shape.rows_max, Some(0 | 1)) => Some((
            format!("{noun} may return many rows, and one number is compared"),
            "write one aggregate such as `COUNT(*)`, without GROUP BY",
        )),
        SqlRole::Rule if !(one.is_numeric() || matches!(one, DataType::Boolean | DataType::Null)) => Some((
            format!("{noun} returns a value of type {one}, and a number or boolean is compared"),
            "return a count, a share or a condition",
        )),
        SqlRole::Rule => None,
        SqlRole::Measure if shape.aggregates && !shape.has_windows => None,
        SqlRole::Measure => Some((
            format!("{noun} is a measure, and has a value for each row"),
            "write an aggregate over columns of the table, such as `SUM(amount)`",
        )),
        SqlRole::Dimension if shape.aggregates || shape.has_windows => Some((
            format!("{noun} is a dimension, and is computed from many rows"),
            "write an expression over the columns of one row, or say `semanticType: measure`",
        )),
        SqlRole::Column if shape.aggregates => Some((
            format!("{noun} is a column, and an aggregate has no value for each row"),
            "say `semanticType: measure`, or take the aggregate out",
        )),
        SqlRole::Dimension | SqlRole::Column => None,
    }
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use super::*;

    /// What is told of a contract with one table `flights` of `carrier` and `delay` and what more there is.
    fn check(table: &str, columns: &str, expected: Expect) {
        let contract = format!(
            "\
apiVersion: v3.2.0
kind: DataContract
id: flights
version: 1.0.0
schema:
  - name: flights
    quality:{table}
    properties:
      - {{name: carrier, logicalType: string}}
      - {{name: delay, logicalType: number}}
{columns}"
        );
        let file = "products/air/flights/contracts/flights.odcs.yaml";
        let found = check_apart(&ManifestTree::of_texts([(file, contract.as_str())]));
        let own = found.iter().filter(|found| found.place.file == file);
        let told: Vec<String> = own.map(|found| found.to_string().replace(file, "flights")).collect();
        expected.assert_eq(&told.join("\n"));
    }

    fn check_rule(query: &str, expected: Expect) {
        let rule = format!("\n      - {{id: r, type: sql, query: \"{query}\", mustBe: 0}}");
        check(&rule, "", expected);
    }

    #[test]
    fn a_rule_that_returns_one_number_or_boolean_is_sound() {
        for query in [
            "SELECT COUNT(*) FROM {object}",
            "SELECT 100.0 * COUNT(delay) / COUNT(*) FROM flights WHERE carrier <> 'x'",
            "SELECT MAX(delay) > 10 FROM ${table}",
            "WITH late AS (SELECT * FROM {object} WHERE delay > 15) SELECT COUNT(*) FROM late",
            "SELECT COUNT(*) FROM elsewhere",
        ] {
            check_rule(query, expect![""]);
        }
    }

    #[test]
    fn a_column_that_is_not_there_is_told_within_the_query() {
        check_rule(
            "SELECT COUNT(*) FROM {object} WHERE dealy > 1",
            expect![[r#"
            flights:8:72 W0426 rule `r` cannot be computed: column 'dealy' not found
            help: possible column flights.delay"#]],
        );
        let folded = "\n      - type: sql\n        query: >-\n          SELECT COUNT(*)\n          FROM {object}\n          WHERE carrier = 'x'\n            AND dealy > 1\n        mustBe: 0";
        check(
            folded,
            "",
            expect![[r#"
            flights:13:17 W0426 the rule cannot be computed: column 'dealy' not found
            help: possible column flights.delay"#]],
        );
        check_rule(
            "SELECT COUNT(* FROM {object}",
            expect![[r#"
            flights:8:51 W0426 rule `r` cannot be computed: Expected: ), found: FROM
            help: write one SELECT over the tables of the contract"#]],
        );
        check_rule(
            "SELECT nonsense(delay) FROM {object}",
            expect![[r#"
            flights:8:36 W0426 rule `r` cannot be computed: no function `nonsense` is on offer
            help: write one SELECT over the tables of the contract"#]],
        );
    }

    #[test]
    fn a_rule_that_returns_more_or_other_than_a_number_is_told() {
        check_rule(
            "SELECT COUNT(*) FROM {object} GROUP BY carrier",
            expect![[r#"
            flights:8:36 W0426 rule `r` may return many rows, and one number is compared
            help: write one aggregate such as `COUNT(*)`, without GROUP BY"#]],
        );
        check_rule(
            "SELECT MIN(delay), MAX(delay) FROM {object}",
            expect![[r#"
            flights:8:36 W0426 rule `r` computes 2 values, and is to be one
            help: keep one of them"#]],
        );
        check_rule(
            "SELECT MAX(carrier) FROM {object}",
            expect![[r#"
            flights:8:36 W0426 rule `r` returns a value of type Utf8, and a number or boolean is compared
            help: return a count, a share or a condition"#]],
        );
    }

    #[test]
    fn what_measures_and_dimensions_compute_is_told_where_it_is_not_that() {
        let computed = |kind: &str, logic: &str| {
            format!("      - {{name: c, logicalType: number, semanticType: {kind}, transformLogic: \"{logic}\"}}\n")
        };
        for (kind, logic) in [
            ("measure", "SUM(delay) / COUNT(*)"),
            ("dimension", "UPPER(carrier)"),
            ("column", "o.amount * 2"),
            ("column", "delay * 2"),
        ] {
            check(" []", &computed(kind, logic), expect![""]);
        }
        check(
            " []",
            &computed("measure", "UPPER(carrier)"),
            expect![[r#"
            flights:11:79 W0435 `c` is a measure, and has a value for each row
            help: write an aggregate over columns of the table, such as `SUM(amount)`"#]],
        );
        check(
            " []",
            &computed("measure", "SUM(dealy)"),
            expect![[r#"
            flights:11:84 W0435 `c` cannot be computed: column 'dealy' not found
            help: possible column flights.delay"#]],
        );
        check(
            " []",
            &computed("measure", "SUM(delay) / delay"),
            expect![[r#"
            flights:11:93 W0435 `c` cannot be computed: 'flights.delay' must appear in GROUP BY clause because it's not an aggregate expression
            help: Either add 'flights.delay' to GROUP BY clause, or use an aggregate function like ANY_VALUE(flights.delay)"#]],
        );
        check(
            " []",
            &computed("measure", "SUM(delay)), (SUM(delay)"),
            expect![[r#"
            flights:11:79 W0435 `c` cannot be computed: the query cannot be planned: Projections require unique expression names but the expression "sum(flights.delay)" at position 0 and "sum(flights.delay)" at position 1 have the same name. Consider aliasing ("AS") one of them
            help: write an expression over the columns of its table"#]],
        );
        check(
            " []",
            &computed("dimension", "SUM(delay)"),
            expect![[r#"
            flights:11:81 W0435 `c` is a dimension, and is computed from many rows
            help: write an expression over the columns of one row, or say `semanticType: measure`"#]],
        );
        check(
            " []",
            &computed("dimension", "ROW_NUMBER() OVER ()"),
            expect![[r#"
            flights:11:81 W0435 `c` is a dimension, and is computed from many rows
            help: write an expression over the columns of one row, or say `semanticType: measure`"#]],
        );
        check(
            " []",
            &computed("column", "SUM(delay)"),
            expect![[r#"
            flights:11:78 W0435 `c` is a column, and an aggregate has no value for each row
            help: say `semanticType: measure`, or take the aggregate out"#]],
        );
    }
}
