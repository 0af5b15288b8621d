use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use arrow::array::{ArrayRef, Date32Array, Float64Array, Int64Array, ListArray, RecordBatch, StringArray};
use arrow::datatypes::{Int64Type, Schema, SchemaRef};
use arrow::util::display::array_value_to_string;
use datafusion::catalog::MemoryCatalogProviderList;
use datafusion::datasource::MemTable;
use datafusion::prelude::SessionContext;
use weft_model::{ColumnLineage, ColumnSource, PortRef};

use crate::ContractPlanner;
use crate::engine::base_state;
use crate::namespace::put;

const FLIGHTS: &str = "a.b.flights";
const PLANES: &str = "a.b.planes";

/// The two inputs with some rows. `other` has other values in that column, and as many rows.
fn tables(other: Option<(&str, &str, usize)>) -> BTreeMap<PortRef, RecordBatch> {
    let flights: Vec<(&str, ArrayRef)> = vec![
        ("day", Arc::new(Date32Array::from(vec![1, 1, 2, 2, 3]))),
        ("plane", Arc::new(StringArray::from(vec![Some("x"), Some("y"), Some("x"), None, Some("z")]))),
        ("delay", Arc::new(Float64Array::from(vec![Some(5.0), None, Some(-3.0), Some(40.0), Some(7.0)]))),
        ("carrier", Arc::new(StringArray::from(vec!["AA", "UA", "AA", "DL", "UA"]))),
    ];
    let lists = [Some(vec![Some(1), Some(2)]), Some(vec![]), Some(vec![Some(3)])];
    let planes: Vec<(&str, ArrayRef)> = vec![
        ("plane", Arc::new(StringArray::from(vec!["x", "y", "w"]))),
        ("seats", Arc::new(Int64Array::from(vec![Some(100), Some(200), None]))),
        ("checks", Arc::new(ListArray::from_iter_primitive::<Int64Type, _, _>(lists))),
    ];
    let batch = |table: &str, columns: Vec<(&str, ArrayRef)>| {
        let columns = columns.into_iter().map(|(name, values)| match other {
            Some((of, column, kind)) if of == table && column == name => (name, changed(&values, kind), true),
            _ => (name, values, true),
        });
        (table.parse().unwrap(), RecordBatch::try_from_iter_with_nullable(columns).unwrap())
    };
    [batch(FLIGHTS, flights), batch(PLANES, planes)].into()
}

/// The same number of values of that type: turned round, all one of them, or moved on by one.
fn changed(values: &ArrayRef, kind: usize) -> ArrayRef {
    let length = values.len();
    let at = |i: usize| match kind {
        0 => length - 1 - i,
        1 => 0,
        _ => (i + 1) % length,
    };
    let order = arrow::array::UInt64Array::from_iter_values((0..length).map(|i| at(i) as u64));
    arrow::compute::take(values, &order, None).unwrap()
}

fn schemas() -> BTreeMap<PortRef, SchemaRef> {
    tables(None).into_iter().map(|(port, batch)| (port, without_names(&batch))).collect()
}

fn without_names(batch: &RecordBatch) -> SchemaRef {
    Arc::new(Schema::new(batch.schema().fields().iter().map(|field| field.as_ref().clone()).collect::<Vec<_>>()))
}

fn lineage(sql: &str) -> ColumnLineage {
    ContractPlanner::new().lineage(sql, &schemas()).unwrap_or_else(|problem| panic!("{sql}: {problem:?}"))
}

fn told(sources: &[ColumnSource]) -> String {
    let one = |source: &ColumnSource| {
        let how: Vec<&str> = source.how.iter().map(|how| how.as_str()).collect();
        format!("{}.{} {}", source.port.port, source.column, how.join("+"))
    };
    sources.iter().map(one).collect::<Vec<_>>().join(", ")
}

/// The columns in order of name, then what decides on rows.
#[track_caller]
fn check(sql: &str, columns: &[(&str, &str)], rows: &str) {
    let found = lineage(sql);
    let told_columns: Vec<_> = found.columns.iter().map(|(name, of)| (name.as_str(), told(of))).collect();
    let expected: Vec<_> = columns.iter().map(|(name, of)| (*name, (*of).to_owned())).collect();
    assert_eq!((told_columns, told(&found.rows)), (expected, rows.to_owned()), "{sql}");
}

#[test]
fn a_value_is_made_of_what_its_expression_takes_in() {
    check(
        "select day, plane as p from a.b.flights",
        &[("day", "flights.day identity"), ("p", "flights.plane identity")],
        "",
    );
    check("select delay * 2 as d from a.b.flights", &[("d", "flights.delay transformation")], "");
    check("select cast(delay as bigint) as d from a.b.flights", &[("d", "flights.delay transformation")], "");
    check("select delay > 9 as late from a.b.flights", &[("late", "flights.delay transformation")], "");
    check(
        "select plane || carrier as k from a.b.flights",
        &[("k", "flights.carrier transformation, flights.plane transformation")],
        "",
    );
    check("select 1 as one, 'x' as x from a.b.flights", &[("one", ""), ("x", "")], "");
}

#[test]
fn a_condition_that_chooses_is_no_value() {
    check(
        "select case when delay > 9 then plane else carrier end as c from a.b.flights",
        &[("c", "flights.carrier transformation, flights.delay conditional, flights.plane transformation")],
        "",
    );
    check(
        "select case carrier when 'AA' then 1 else 2 end as c from a.b.flights",
        &[("c", "flights.carrier conditional")],
        "",
    );
    check(
        "select c + 1 as d from (select case when delay > 9 then 1 else 2 end as c from a.b.flights) as t",
        &[("d", "flights.delay conditional")],
        "",
    );
}

#[test]
fn what_is_joined_as_of_a_moment_is_joined_by_all_that_is_compared() {
    check(
        "select f.carrier as c, g.delay as d from a.b.flights f asof join a.b.flights g
         match_condition (f.day > g.day) on f.plane = g.plane",
        &[("c", "flights.carrier identity"), ("d", "flights.delay identity")],
        "flights.day join, flights.plane join",
    );
}

#[test]
fn an_aggregate_is_made_of_its_arguments_and_count_of_nothing() {
    check(
        "select carrier, count(*) as n, avg(delay) as mean from a.b.flights where day > '1970-01-02' group by carrier",
        &[("carrier", "flights.carrier identity"), ("mean", "flights.delay aggregation"), ("n", "")],
        "flights.carrier group_by, flights.day filter",
    );
    check("select count(*) filter (where delay > 9) as late from a.b.flights", &[("late", "flights.delay filter")], "");
    let distinct = "select count(distinct plane) as n from a.b.flights";
    check(distinct, &[("n", "flights.plane aggregation")], "flights.plane group_by");
    check(
        "select carrier, sum(delay) + 1 as s from a.b.flights group by carrier having count(plane) > 1",
        &[("carrier", "flights.carrier identity"), ("s", "flights.delay aggregation")],
        "flights.carrier group_by, flights.plane filter",
    );
    check(
        "select array_agg(plane order by day) as planes from a.b.flights",
        &[("planes", "flights.day sort, flights.plane aggregation")],
        "",
    );
}

#[test]
fn windows_sorts_and_limits_tell_what_they_look_at() {
    check(
        "select rank() over (partition by carrier order by delay) as r, sum(delay) over (partition by day) as s from a.b.flights",
        &[
            ("r", "flights.carrier window, flights.delay window"),
            ("s", "flights.day window, flights.delay aggregation"),
        ],
        "",
    );
    check(
        "select lag(plane) over (order by day) as before from a.b.flights",
        &[("before", "flights.day window, flights.plane transformation")],
        "",
    );
    check(
        "select plane from a.b.flights order by delay limit 2",
        &[("plane", "flights.plane identity")],
        "flights.delay sort",
    );
}

#[test]
fn joins_decide_on_rows_and_so_do_sub_queries_in_conditions() {
    check(
        "select f.day, p.seats from a.b.flights f left join a.b.planes p on f.plane = p.plane",
        &[("day", "flights.day identity"), ("seats", "planes.seats identity")],
        "flights.plane join, planes.plane join",
    );
    check(
        "select day from a.b.flights where plane in (select plane from a.b.planes where seats > 150)",
        &[("day", "flights.day identity")],
        "flights.plane filter, planes.plane filter, planes.seats filter",
    );
    check(
        "select day from a.b.flights f where not exists (select 1 from a.b.planes p where p.plane = f.plane)",
        &[("day", "flights.day identity")],
        "flights.plane filter, planes.plane filter",
    );
}

#[test]
fn a_sub_query_in_a_value_counts_for_that_value() {
    let found =
        lineage("select day, (select max(seats) from a.b.planes p where p.plane = f.plane) as most from a.b.flights f");
    assert_eq!(told(&found.columns["day"]), "flights.day identity");
    let most: Vec<_> = found.direct("most").map(|source| source.column.as_str()).collect();
    assert_eq!(most, ["seats"]);
    let found = lineage("select (select avg(seats) from a.b.planes where checks is not null) as mean from a.b.flights");
    assert_eq!(found.direct("mean").map(|source| source.column.as_str()).collect::<Vec<_>>(), ["seats"]);
    let known = "select exists (select 1 from a.b.planes p where p.plane = f.plane) as known from a.b.flights f";
    check(known, &[("known", "flights.plane filter, planes.plane filter")], "");
    let known = "select plane in (select plane from a.b.planes) as known from a.b.flights";
    check(known, &[("known", "flights.plane transformation, planes.plane transformation")], "");
}

#[test]
fn set_operations_take_each_side_in_its_place() {
    check(
        "select plane as p from a.b.flights union all select plane from a.b.planes where seats > 9",
        &[("p", "flights.plane identity, planes.plane identity")],
        "planes.seats filter",
    );
    check(
        "select distinct carrier from a.b.flights",
        &[("carrier", "flights.carrier identity")],
        "flights.carrier group_by",
    );
    check(
        "select plane from a.b.flights except select plane from a.b.planes",
        &[("plane", "flights.plane identity")],
        "flights.plane filter+group_by, planes.plane filter",
    );
}

#[test]
fn lists_that_become_rows_decide_how_many_there_are() {
    check(
        "select plane, unnest(checks) as item from a.b.planes",
        &[("item", "planes.checks transformation"), ("plane", "planes.plane identity")],
        "planes.checks join",
    );
}

#[test]
fn what_is_not_understood_depends_on_everything() {
    let found = lineage(
        "with recursive n as (select seats, 1 as depth from a.b.planes union all select seats + 1, depth + 1 from n where depth < 3) \
         select depth from n",
    );
    let direct: BTreeSet<&str> = found.direct("depth").map(|source| source.column.as_str()).collect();
    assert!(direct.contains("seats"), "{found:?}");
}

/// Queries of every shape, none of which depends on the order of rows.
const SHAPES: &[&str] = &[
    "select day, delay + 1 as d, carrier from a.b.flights where delay > 0",
    "select carrier, count(*) as n, count(plane) as planes, sum(delay) as s, min(day) as first from a.b.flights group by carrier",
    "select count(*) as n, count(*) filter (where delay > 6) as late from a.b.flights",
    "select carrier, day, sum(delay) as s, grouping(day) as g from a.b.flights group by rollup (carrier, day)",
    "select f.day, p.seats, f.carrier from a.b.flights f join a.b.planes p on f.plane = p.plane and p.seats > f.delay",
    "select f.day, p.seats from a.b.flights f full join a.b.planes p using (plane)",
    "select p.plane, f.day from a.b.planes p left join a.b.flights f on p.plane = f.plane where f.delay is null",
    "select f.carrier, g.carrier as other from a.b.flights f cross join a.b.flights g where f.day < g.day",
    "select day from a.b.flights where plane in (select plane from a.b.planes where seats > 150)",
    "select day from a.b.flights where plane not in (select plane from a.b.planes where seats > 150)",
    "select carrier from a.b.flights f where exists (select 1 from a.b.planes p where p.plane = f.plane and p.seats > 90)",
    "select carrier from a.b.flights f where delay > 6 or exists (select 1 from a.b.planes p where p.plane = f.plane)",
    "select carrier from a.b.flights where delay > 6 or plane in (select plane from a.b.planes)",
    "select carrier from a.b.flights f where delay > (select avg(g.delay) from a.b.flights g where g.carrier = f.carrier) or day > '1970-01-03'",
    "select day, (select max(seats) from a.b.planes p where p.plane = f.plane) as most from a.b.flights f",
    "select day, (select count(*) from a.b.planes p where p.plane = f.plane) as n from a.b.flights f",
    "select plane as p, 1 as side from a.b.flights where delay > 0 union all select plane, 2 from a.b.planes",
    "select plane from a.b.flights union select plane from a.b.planes where seats > 100",
    "select plane from a.b.flights intersect select plane from a.b.planes",
    "select plane, day from a.b.flights except select plane, day from a.b.flights where delay > 0",
    "select distinct carrier, day > '1970-01-02' as late from a.b.flights",
    "select distinct on (carrier) carrier, delay from a.b.flights order by carrier, day, delay",
    "select plane, day from a.b.flights order by delay desc nulls last limit 2",
    "select carrier, rank() over (partition by carrier order by delay) as r, sum(delay) over (partition by day) as s from a.b.flights",
    "select carrier from (select carrier, row_number() over (partition by carrier order by day, delay) as r from a.b.flights) as t where r = 1",
    "with late as (select * from a.b.flights where delay > 4), n as (select carrier, count(*) as n from late group by carrier) \
     select l.day, n.n from late l join n on n.carrier = l.carrier",
    "select plane, unnest(checks) as item from a.b.planes",
    "select count(*) as n from (select unnest(checks) as item from a.b.planes) as t",
    "select v.name, f.day from a.b.flights f join (values ('AA', 'American'), ('UA', 'United')) as v(code, name) on v.code = f.carrier",
    "select case when delay > 4 then plane when carrier = 'AA' then carrier else 'none' end as c, day from a.b.flights",
    "select coalesce(plane, carrier) as c, nullif(carrier, 'AA') as d from a.b.flights",
    "select array_agg(plane order by day, delay, plane) as planes, max(carrier) as last from a.b.flights",
    "select carrier, avg(delay) as mean from a.b.flights group by carrier having count(distinct plane) > 1",
    "with recursive n as (select seats, 1 as depth from a.b.planes union all select seats + 1, depth + 1 from n where depth < 3) \
     select seats, depth from n",
    "select p.plane, t.n from a.b.planes p cross join lateral (select count(*) as n from a.b.flights f where f.plane = p.plane) as t",
    "select sum(f.delay) filter (where p.seats > 150) as s, median(f.delay) as m from a.b.flights f left join a.b.planes p using (plane)",
    "select carrier, string_agg(plane, ',' order by plane) as planes from a.b.flights where plane is not null group by carrier",
    "select c from (select carrier as c, delay from a.b.flights where day = '1970-01-02') as t where delay is null",
];

/// The columns of the answer, each with its values in order.
async fn answer(sql: &str, tables: BTreeMap<PortRef, RecordBatch>) -> BTreeMap<String, Vec<String>> {
    let catalogs = MemoryCatalogProviderList::new();
    for (port, batch) in tables {
        let table = MemTable::try_new(batch.schema(), vec![vec![batch]]).unwrap();
        put(&catalogs, &port, Arc::new(table)).unwrap();
    }
    let mut state = base_state();
    state.register_catalog_list(Arc::new(catalogs));
    let plan = state.create_logical_plan(sql).await.unwrap_or_else(|error| panic!("{sql}: {error}"));
    let rows = SessionContext::new_with_state(state).execute_logical_plan(plan).await.unwrap().collect().await;
    let rows = rows.unwrap_or_else(|error| panic!("{sql}: {error}"));
    let mut columns: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for batch in rows {
        for (field, values) in batch.schema().fields().iter().zip(batch.columns()) {
            let values = (0..values.len()).map(|i| array_value_to_string(values, i).unwrap());
            columns.entry(field.name().clone()).or_default().extend(values);
        }
    }
    columns.values_mut().for_each(|values| values.sort());
    columns
}

/// The law: other values in a column that an answer's column does not depend on leave it as it is.
#[tokio::test]
async fn a_column_that_is_not_told_of_changes_nothing() {
    let mut told_apart = 0;
    for sql in SHAPES {
        let lineage = lineage(sql);
        let before = answer(sql, tables(None)).await;
        for (table, batch) in tables(None) {
            for field in batch.schema().fields() {
                let is_it = |source: &ColumnSource| source.port == table && source.column == *field.name();
                if lineage.rows.iter().any(is_it) {
                    continue;
                }
                for kind in 0..3 {
                    let after = answer(sql, tables(Some((&table.to_string(), field.name(), kind)))).await;
                    for (column, sources) in &lineage.columns {
                        if !sources.iter().any(is_it) {
                            told_apart += 1;
                            assert_eq!(
                                before.get(column),
                                after.get(column),
                                "{column} and {table}.{}: {sql}",
                                field.name()
                            );
                        }
                    }
                }
            }
        }
    }
    assert!(told_apart > 500, "{told_apart} columns were looked at");
}

/// Each of twenty sub-queries adds a step to the value and a condition on the rows; as deep as a query may be, on a
/// stack as threads that plan have it.
#[test]
fn a_deep_query_is_followed_to_its_end() {
    let mut sql = "select delay as d, day as k from a.b.flights".to_owned();
    for _ in 0..20 {
        sql = format!("select d + 1 as d, k from ({sql}) as t where k > '1970-01-01'");
    }
    let followed = move || {
        check(&sql, &[("d", "flights.delay transformation"), ("k", "flights.day identity")], "flights.day filter");
    };
    std::thread::Builder::new().stack_size(16 << 20).spawn(followed).unwrap().join().unwrap();
}
