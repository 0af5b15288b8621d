//! Many queries over many meshes, and what they came to.

use std::collections::BTreeMap;
use std::fmt;

use fastrand::Rng;
use weft_testkit::Manifests;

use crate::compare::{Outcome, outcome};
use crate::manifests;
use crate::query::{FEATURES, Maker, Manner, Query};
use crate::rows::{Row, both_worlds};
use crate::rules::Table;
use crate::world::World;

/// Queries to one pair of meshes.
const QUERIES_PER_MESH: usize = 250;

/// What to prove.
#[derive(Clone, Debug)]
pub struct Plan {
    pub seed: u64,
    pub queries: usize,
    /// As whom to ask. `asker` must see no difference; `owner` sees everything, and so must see some.
    pub who: &'static str,
}

/// What came of it.
#[derive(Clone, Debug, Default)]
pub struct Report {
    pub queries: usize,
    /// Queries that answered rows.
    pub with_rows: usize,
    pub failed: usize,
    pub by_feature: BTreeMap<&'static str, usize>,
    /// How often each code was answered, with one text of it.
    pub failures: BTreeMap<&'static str, (usize, String)>,
    pub differences: usize,
    /// The first differences, each shrunk as far as it went.
    pub found: Vec<String>,
}

/// Runs the plan. Panics where a mesh cannot be built.
pub async fn prove(plan: &Plan) -> Report {
    let mut report = Report::default();
    let mut mesh = 0;
    while report.queries < plan.queries {
        let seed = plan.seed.wrapping_add(mesh);
        let left = plan.queries - report.queries;
        one_mesh(seed, left.min(QUERIES_PER_MESH), plan.who, &mut report).await;
        mesh += 1;
    }
    report
}

/// Two meshes that one seed makes, and queries that must not tell them apart.
pub struct Pair {
    tables: Vec<Table>,
    /// The files of each.
    pub manifests: [Manifests; 2],
    /// Bytes of a table's file at most; as many as come if absent.
    file_bytes: Option<u64>,
    queries: Vec<Query>,
}

impl Pair {
    /// The meshes of `seed`, and so many queries.
    pub fn of(seed: u64, queries: usize) -> Self {
        let mut rng = Rng::with_seed(seed);
        let tables: Vec<Table> = ["t1", "t2", "t3"].map(|name| Table::any(&mut rng, name)).into();
        let rows: Vec<[Vec<Row>; 2]> = tables.iter().map(|table| both_worlds(&mut rng, table)).collect();
        // One file, or as many as there are few rows.
        let file_bytes = rng.bool().then_some(1);
        let manifests = [0, 1].map(|which: usize| {
            let tables: Vec<(Table, Vec<Row>)> =
                tables.iter().zip(&rows).map(|(table, rows)| (table.clone(), rows[which].clone())).collect();
            manifests::write(&tables)
        });
        let all: Vec<&Table> = tables.iter().collect();
        let queries = (0..queries).map(|_| Maker::new(&mut rng, &all).query()).collect();
        Pair { tables, manifests, file_bytes, queries }
    }

    /// The queries without parameters as SQL, each with whether the order of its rows says something.
    pub fn statements(&self) -> Vec<(String, bool)> {
        let plain = self.queries.iter().filter(|query| !matches!(query.manner, Manner::Prepared(_)));
        plain.map(|query| (query.sql(), query.has_ordered_rows())).collect()
    }
}

async fn one_mesh(seed: u64, queries: usize, who: &str, report: &mut Report) {
    let Pair { tables, manifests: [here, there], file_bytes, queries } = Pair::of(seed, queries);
    let (one, other) = (World::build(here, file_bytes).await, World::build(there, file_bytes).await);
    let sessions = [one.session(who), other.session(who)];
    for query in queries {
        let outcomes = [outcome(&sessions[0], &query).await, outcome(&sessions[1], &query).await];
        report.note(&query, &outcomes[0]);
        if outcomes[0] != outcomes[1] {
            report.differences += 1;
            if report.found.len() < 3 {
                let whole = format!("{}\nhere:  {:?}\nthere: {:?}", query.sql(), outcomes[0], outcomes[1]);
                let told = tell(seed, &tables, shrunk(query, &sessions).await, &sessions).await;
                report.found.push(format!("{whole}\nshrunk, {told}"));
            }
        }
    }
}

/// The smallest query that still tells the worlds apart, found by dropping clauses.
async fn shrunk(mut query: Query, sessions: &[weft_engine::Session; 2]) -> Query {
    'smaller: loop {
        for smaller in query.smaller() {
            if outcome(&sessions[0], &smaller).await != outcome(&sessions[1], &smaller).await {
                query = smaller;
                continue 'smaller;
            }
        }
        return query;
    }
}

async fn tell(seed: u64, tables: &[Table], query: Query, sessions: &[weft_engine::Session; 2]) -> String {
    let one = outcome(&sessions[0], &query).await;
    let other = outcome(&sessions[1], &query).await;
    let named = tables.iter().filter(|table| query.sql().contains(table.name));
    let rules: Vec<String> = named.map(|table| format!("{table:?}")).collect();
    format!("seed {seed}\n{}\n{}\nhere:  {one:?}\nthere: {other:?}", rules.join("\n"), query.sql())
}

impl Report {
    fn note(&mut self, query: &Query, outcome: &Outcome) {
        self.queries += 1;
        self.with_rows += usize::from(outcome.has_rows());
        if let Outcome::Failed { code, text } = outcome {
            self.failed += 1;
            let known = self.failures.entry(code).or_insert_with(|| (0, format!("{text}\n    {}", query.sql())));
            known.0 += 1;
        }
        for feature in &query.features {
            *self.by_feature.entry(feature).or_default() += 1;
        }
    }

    /// Adds what another part of the same plan came to.
    pub fn add(&mut self, other: Report) {
        self.queries += other.queries;
        self.with_rows += other.with_rows;
        self.failed += other.failed;
        self.differences += other.differences;
        self.found.extend(other.found);
        for (feature, count) in other.by_feature {
            *self.by_feature.entry(feature).or_default() += count;
        }
        for (code, (count, text)) in other.failures {
            self.failures.entry(code).or_insert((0, text)).0 += count;
        }
    }

    /// What keeps the report from proving anything: too few rows, or operators too rare.
    pub fn weaknesses(&self) -> Vec<String> {
        let mut weak = Vec::new();
        if self.with_rows * 100 < self.queries * 60 {
            weak.push(format!("only {} of {} queries answer rows", self.with_rows, self.queries));
        }
        for feature in FEATURES {
            let count = self.by_feature.get(feature).copied().unwrap_or(0);
            if count * 100 < self.queries {
                weak.push(format!("{feature} occurs in {count} of {} queries only", self.queries));
            }
        }
        weak
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let share = |count: usize| 100.0 * count as f64 / self.queries.max(1) as f64;
        for (feature, count) in &self.by_feature {
            writeln!(f, "  {feature:<16} {:>5.1} %", share(*count))?;
        }
        for (code, (count, text)) in &self.failures {
            writeln!(f, "  {code} {count} times, such as: {text}")?;
        }
        for found in &self.found {
            writeln!(f, "\nDIFFERENCE, {found}\n")?;
        }
        write!(
            f,
            "{} queries, {} differences, {:.1} % with rows",
            self.queries,
            self.differences,
            share(self.with_rows)
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(flavor = "multi_thread")]
    async fn the_asker_cannot_tell_the_worlds_apart() {
        let report = prove(&Plan { seed: 1, queries: 2_000, who: "asker" }).await;
        assert_eq!(report.differences, 0, "{report}");
        assert_eq!(report.weaknesses(), Vec::<String>::new(), "{report}");
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn whoever_sees_everything_can() {
        let report = prove(&Plan { seed: 1, queries: 250, who: "owner" }).await;
        assert!(report.differences > 50, "the harness sees no difference where there is one: {report}");
    }
}
