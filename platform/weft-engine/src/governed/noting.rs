//! Which columns of a table a query counts as reading.

use std::sync::Arc;

use arrow::array::{ArrayRef, Int64Array, RecordBatch, StringArray};
use datafusion::catalog::MemoryCatalogProviderList;
use datafusion::datasource::MemTable;
use datafusion::execution::SessionStateBuilder;
use weft_governance::{Comparison, Literal, Mask, RowPredicate};
use weft_model::PortRef;

use super::{GovernedTable, Noted};
use crate::Limits;
use crate::barrier::{Below, Seal};
use crate::engine::base_state;
use crate::entitlement::Entitlements;
use crate::mask_values::MaskKey;
use crate::namespace::put;
use crate::read::Read;
use crate::statement::physical_plan;
use crate::terms::Terms;

/// What `sql` reads of `a.b.staff` (`region`, `ssn`, which is masked, `pay`), with and without a
/// condition on `region` that hides rows; both must be the same. `None` where it does not read it.
async fn read(sql: &str) -> Option<String> {
    let text = |value: &str| Arc::new(StringArray::from(vec![value])) as ArrayRef;
    let pay: ArrayRef = Arc::new(Int64Array::from(vec![1]));
    let batch = RecordBatch::try_from_iter([("region", text("east")), ("ssn", text("1")), ("pay", pay)]).unwrap();
    let column = vec!["region".to_owned()];
    let east = RowPredicate::Compare { column, comparison: Comparison::Equal, value: Literal::Text("east".to_owned()) };
    let port: PortRef = "a.b.staff".parse().unwrap();
    let mut answers = Vec::new();
    for conditions in [vec![], vec![east]] {
        let inner = Arc::new(MemTable::try_new(batch.schema(), vec![vec![batch.clone()]]).unwrap());
        let terms = Terms::with(conditions, vec![(vec!["ssn".to_owned()], Mask::Prefix { characters: 1 })], None);
        let fitted = terms.fit(&batch.schema(), &Entitlements::default(), &MaskKey::new([1; 32])).unwrap();
        let seal = Seal { subject: "user:cole".to_owned(), purpose: None, policy_epoch: 7 };
        let read = Read::default();
        let table = GovernedTable::new(port.to_string(), inner, fitted, Below::Table, seal)
            .noted(Some(Noted { port: port.clone(), read: read.clone() }));
        let catalogs = MemoryCatalogProviderList::new();
        put(&catalogs, &port, Arc::new(table)).unwrap();
        let mut state =
            SessionStateBuilder::new_from_existing(base_state()).with_catalog_list(Arc::new(catalogs)).build();
        let plan = state.create_logical_plan(sql).await.unwrap();
        physical_plan(&mut state, &plan, &Limits::default()).await.unwrap();
        let columns = read.taken().remove(&port);
        answers.push(columns.map(|columns| columns.into_iter().collect::<Vec<_>>().join(" ")));
    }
    assert_eq!(answers[0], answers[1], "{sql}: a hidden row changes what counts as read");
    answers.remove(0)
}

#[tokio::test]
async fn a_column_is_read_where_it_is_shown_or_decides() {
    for (sql, columns) in [
        ("SELECT * FROM a.b.staff", Some("pay region ssn")),
        ("SELECT pay FROM a.b.staff", Some("pay")),
        ("SELECT pay FROM a.b.staff WHERE region = 'west'", Some("pay region")),
        ("SELECT pay FROM a.b.staff WHERE upper(region) = 'WEST'", Some("pay region")),
        ("SELECT pay FROM a.b.staff ORDER BY ssn", Some("pay ssn")),
        ("SELECT count(*) FROM a.b.staff GROUP BY region", Some("region")),
        ("SELECT l.pay FROM a.b.staff l JOIN (VALUES (1)) r (n) ON l.ssn = CAST(r.n AS VARCHAR)", Some("pay ssn")),
        ("SELECT l.pay FROM a.b.staff l JOIN a.b.staff r ON l.pay = r.pay WHERE r.region = 'west'", Some("pay region")),
        ("SELECT 1 WHERE 5 > (SELECT max(pay) FROM a.b.staff)", Some("pay")),
        ("WITH q AS (SELECT * FROM a.b.staff) SELECT ssn FROM q", Some("ssn")),
        // The table is read, and no column of it.
        ("SELECT count(*) FROM a.b.staff", Some("")),
        ("SELECT 1 FROM a.b.staff LIMIT 1", Some("")),
        // Nothing is left that reads the table.
        ("SELECT pay FROM a.b.staff WHERE false", None),
    ] {
        assert_eq!(read(sql).await.as_deref(), columns, "{sql}");
    }
}
