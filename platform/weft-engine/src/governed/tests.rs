use arrow::array::{ArrayRef, Int64Array, RecordBatch, StringArray};
use arrow::util::pretty::pretty_format_batches;
use datafusion::catalog::{MemoryCatalogProviderList, TableProvider};
use datafusion::datasource::MemTable;
use datafusion::execution::SessionStateBuilder;
use expect_test::expect;
use weft_governance::{Comparison, Literal, Mask, RowPredicate};

use super::*;
use crate::Limits;
use crate::barrier::hides_rows;
use crate::engine::base_state;
use crate::entitlement::Entitlements;
use crate::mask_values::MaskKey;
use crate::namespace::put;
use crate::statement::physical_plan;
use crate::terms::Terms;
use crate::verify::ensure_governed;

/// Staff in the east, whom the asker may see, and in the west, whom it may not: half of each batch.
fn staff(hidden: &[(&str, i64)]) -> RecordBatch {
    let seen = [("123-45", 100), ("678-90", 200), ("111-22", 300)];
    let west = hidden.iter().map(|(ssn, pay)| ("west", *ssn, *pay));
    let rows: Vec<(&str, &str, i64)> = seen.iter().map(|(ssn, pay)| ("east", *ssn, *pay)).chain(west).collect();
    let texts = |of: fn(&(&'static str, &str, i64)) -> String| -> ArrayRef {
        Arc::new(
            rows.iter()
                .map(|row| Some(of(&(if row.0 == "east" { "east" } else { "west" }, row.1, row.2))))
                .collect::<StringArray>(),
        )
    };
    let pay: ArrayRef = Arc::new(Int64Array::from_iter_values(rows.iter().map(|row| row.2)));
    RecordBatch::try_from_iter([
        ("region", texts(|row| row.0.to_owned())),
        ("ssn", texts(|row| row.1.to_owned())),
        ("pay", pay),
        ("boss", texts(|row| format!("{}@{}.example", row.1, row.0))),
    ])
    .unwrap()
}

fn seal() -> Seal {
    Seal { subject: "user:cole".to_owned(), purpose: None, policy_epoch: 7 }
}

fn only_east() -> RowPredicate {
    let column = vec!["region".to_owned()];
    RowPredicate::Compare { column, comparison: Comparison::Equal, value: Literal::Text("east".to_owned()) }
}

/// Answers `sql` over a table `a.b.staff` of `batch`, or says how it failed.
async fn answer(sql: &str, batch: &RecordBatch, terms: &Terms) -> Result<String, String> {
    let inner: Arc<dyn TableProvider> =
        Arc::new(MemTable::try_new(batch.schema(), vec![vec![batch.clone()], vec![batch.clone()]]).unwrap());
    let fitted = terms.fit(&inner.schema(), &Entitlements::default(), &MaskKey::new([1; 32])).unwrap();
    let is_closed = fitted.condition.is_some();
    let table = GovernedTable::new("a.b.staff".to_owned(), inner, fitted, Below::Table, seal());
    let catalogs = MemoryCatalogProviderList::new();
    put(&catalogs, &"a.b.staff".parse().unwrap(), Arc::new(table)).unwrap();
    let state = SessionStateBuilder::new_from_existing(base_state()).with_catalog_list(Arc::new(catalogs)).build();
    let run = async {
        let mut state = state;
        let plan = state.create_logical_plan(sql).await?;
        let plan = physical_plan(&mut state, &plan, &Limits::default()).await?;
        ensure_governed(&plan, &seal()).map_err(|error| DataFusionError::External(error.into()))?;
        assert_eq!(hides_rows(&plan), is_closed, "{sql}");
        let batches = datafusion::physical_plan::collect(plan, state.task_ctx()).await?;
        let mut lines: Vec<String> = pretty_format_batches(&batches)?.to_string().lines().map(str::to_owned).collect();
        lines.sort();
        Ok(lines.join("\n"))
    };
    run.await.map_err(|error: DataFusionError| error.strip_backtrace())
}

const PROBES: [&str; 19] = [
    "SELECT * FROM a.b.staff WHERE CASE WHEN pay = 999 THEN CAST(ssn AS BIGINT) ELSE 1 END > 0",
    "SELECT count(*) FROM a.b.staff",
    "SELECT count(*), min(pay), max(ssn), sum(pay) FROM a.b.staff",
    "SELECT region, count(*) FROM a.b.staff GROUP BY region",
    "SELECT pay FROM a.b.staff WHERE 1000 / (pay - 999) <> 0",
    "SELECT region FROM a.b.staff GROUP BY region HAVING CAST(max(ssn) AS BIGINT) > 0",
    "SELECT * FROM (SELECT ssn FROM a.b.staff UNION SELECT ssn FROM a.b.staff) WHERE CASE WHEN ssn LIKE 'S%' THEN CAST(ssn AS BIGINT) > 0 ELSE true END",
    "SELECT * FROM (SELECT ssn, row_number() OVER (PARTITION BY ssn ORDER BY pay) AS n FROM a.b.staff) WHERE CASE WHEN ssn LIKE 'S%' THEN CAST(ssn AS BIGINT) ELSE 1 END > 0",
    "SELECT DISTINCT ssn FROM a.b.staff WHERE CASE WHEN ssn LIKE 'S%' THEN CAST(ssn AS BIGINT) ELSE 1 END > 0",
    "WITH s AS (SELECT ssn FROM a.b.staff ORDER BY ssn) SELECT * FROM s WHERE CASE WHEN ssn LIKE 'S%' THEN CAST(ssn AS BIGINT) ELSE 1 END > 0",
    "SELECT ssn FROM a.b.staff WHERE ssn IN (SELECT ssn FROM a.b.staff WHERE 1 / (pay - 999) < 5)",
    "SELECT l.ssn FROM a.b.staff l JOIN a.b.staff r ON l.pay = r.pay AND 1 / (l.pay - 999) < 5",
    "SELECT ssn FROM a.b.staff ORDER BY pay, ssn LIMIT 2",
    "SELECT ssn FROM a.b.staff ORDER BY pay DESC, ssn DESC LIMIT 1 OFFSET 1",
    "SELECT max(pay) FROM a.b.staff WHERE region <> 'east'",
    "SELECT count(*) FROM a.b.staff WHERE pay BETWEEN 150 AND 999",
    "SELECT 1 FROM a.b.staff",
    "SELECT (SELECT max(pay) FROM a.b.staff) + pay FROM a.b.staff WHERE pay < 250",
    "SELECT ssn FROM a.b.staff WHERE EXISTS (SELECT 1 FROM a.b.staff s WHERE s.pay = 999)",
];

#[tokio::test]
async fn hidden_rows_change_nothing_that_is_answered() {
    let worlds =
        [staff(&[("west-1", 5), ("west-2", 6), ("west-3", 7)]), staff(&[("SECRET", 999), ("S", 0), ("", i64::MAX)])];
    let terms = Terms::with(vec![only_east()], vec![], None);
    for sql in PROBES {
        let one = answer(sql, &worlds[0], &terms).await;
        assert_eq!(one, answer(sql, &worlds[1], &terms).await, "{sql}");
        let (Ok(said) | Err(said)) = one;
        assert!(!["west", "SECRET", "999", "S@"].iter().any(|secret| said.contains(secret)), "{sql}: {said}");
    }
}

/// Whether `b` of `a AND b` is looked at for a row that `a` drops would depend on how many rows of its
/// batch `a` keeps, and so on hidden ones.
#[tokio::test]
async fn a_condition_fails_on_rows_that_need_it_only() {
    let terms = Terms::with(vec![only_east()], vec![], None);
    let batch = staff(&[("SECRET", 999)]);
    for (sql, holds) in [
        ("SELECT pay FROM a.b.staff WHERE ssn = '123-45' AND 1 / (pay - 200) < 5", true),
        ("SELECT pay FROM a.b.staff WHERE ssn = '678-90' OR 1 / (pay - 200) < 5", true),
        ("SELECT ssn = '123-45' AND 1 / (pay - 200) < 5 AS fine FROM a.b.staff", true),
        (
            "SELECT count(*) FROM a.b.staff l JOIN a.b.staff r ON l.ssn = r.ssn AND l.pay + r.pay < 250 AND \
             1 / (r.pay + l.pay - 400) < 5",
            true,
        ),
        ("SELECT pay FROM a.b.staff WHERE ssn = '678-90' AND 1 / (pay - 200) < 5", false),
        ("SELECT pay FROM a.b.staff WHERE 1 / (pay - 200) < 5 AND ssn = '123-45'", false),
    ] {
        let answer = answer(sql, &batch, &terms).await;
        assert_eq!(answer.is_ok(), holds, "{sql}: {answer:?}");
    }
}

#[tokio::test]
async fn a_recursive_query_reads_a_closed_table_each_time_anew() {
    let terms = Terms::with(vec![only_east()], vec![], None);
    let sql = "WITH RECURSIVE r AS (SELECT 1 AS n UNION ALL \
               SELECT r.n + 1 FROM r JOIN a.b.staff s ON s.pay = r.n * 100) SELECT count(*) AS n, max(n) AS most FROM r";
    // Each of the three rows is there twice.
    let answer = answer(sql, &staff(&[("SECRET", 400)]), &terms).await.unwrap();
    assert!(answer.contains("| 15 | 4    |"), "{answer}");
}

#[tokio::test]
async fn conditions_add_up_and_null_hides_the_row() {
    let batch = staff(&[("x", 1)]);
    let count = "SELECT count(*) AS n FROM a.b.staff";
    let at_least = |pay| RowPredicate::Compare {
        column: vec!["pay".to_owned()],
        comparison: Comparison::GreaterOrEqual,
        value: Literal::Integer(pay),
    };
    let rows = async |conditions| answer(count, &batch, &Terms::with(conditions, vec![], None)).await.unwrap();
    assert!(rows(vec![only_east()]).await.contains("| 6 |"));
    assert!(rows(vec![only_east(), at_least(200)]).await.contains("| 4 |"));
    assert!(rows(vec![RowPredicate::Unknown]).await.contains("| 0 |"));
    assert!(rows(vec![RowPredicate::Not(Box::new(RowPredicate::Unknown))]).await.contains("| 0 |"));
    assert!(rows(vec![RowPredicate::Any(vec![RowPredicate::Unknown, only_east()])]).await.contains("| 6 |"));
}

#[tokio::test]
async fn whatever_is_asked_of_a_masked_column_is_asked_of_the_mask() {
    let batch = staff(&[]);
    let terms = Terms::with(vec![], vec![(vec!["boss".to_owned()], Mask::PartialEmail)], None);
    let mask = async |sql: &str| answer(sql, &batch, &terms).await.unwrap();
    expect![[r#"
        +-------------------+----------+
        +-------------------+----------+
        +-------------------+----------+
        | 1***@east.example | 4        |
        | 6***@east.example | 2        |
        | boss              | count(*) |"#]]
    .assert_eq(&mask("SELECT boss, count(*) FROM a.b.staff GROUP BY boss").await);
    let none = mask("SELECT count(*) AS n FROM a.b.staff WHERE boss LIKE '123%'").await;
    assert!(none.contains("| 0 |"), "{none}");
    let joined = mask("SELECT count(*) AS n FROM a.b.staff l JOIN a.b.staff r ON l.boss = r.boss").await;
    assert!(joined.contains("| 20 |"), "{joined}");
}

#[tokio::test]
async fn what_is_hidden_of_a_table_has_no_name() {
    let batch = staff(&[]);
    let shown = ["region", "pay"].map(str::to_owned).into();
    let terms = Terms::with(vec![], vec![], Some(shown));
    assert!(answer("SELECT * FROM a.b.staff", &batch, &terms).await.unwrap().contains("| region | pay |"));
    assert!(answer("SELECT ssn FROM a.b.staff", &batch, &terms).await.is_err());
}

#[test]
fn terms_that_do_not_fit_leave_the_table_closed() {
    let schema = staff(&[]).schema();
    let fit = |terms: Terms| terms.fit(&schema, &Entitlements::default(), &MaskKey::new([1; 32]));
    let mask = |path: &[&str], mask| {
        Terms::with(vec![], vec![(path.iter().map(|name| (*name).to_owned()).collect(), mask)], None)
    };
    assert!(fit(mask(&["salary"], Mask::Null)).is_err());
    assert!(fit(mask(&["pay"], Mask::PartialEmail)).is_err());
    assert!(fit(mask(&["pay"], Mask::Round { to: 10 })).is_ok());
    let value = Literal::Text("east".to_owned());
    let wrong = RowPredicate::Compare { column: vec!["pay".to_owned()], comparison: Comparison::Equal, value };
    assert!(fit(Terms::with(vec![wrong], vec![], None)).is_err());
    let lookup = RowPredicate::InPort {
        column: vec!["region".to_owned()],
        port: "a.b.regions".parse().unwrap(),
        of: "region".to_owned(),
        only: Box::new(RowPredicate::All(vec![])),
    };
    assert!(fit(Terms::with(vec![lookup], vec![], None)).is_err());
}
