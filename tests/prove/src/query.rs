//! Queries over the generated tables: each made of clauses that can be dropped one by one.

use std::collections::BTreeSet;

use fastrand::Rng;

use crate::rules::{Extra, Table};

/// What a query does, for counting: each must occur often enough to mean something.
pub(crate) const FEATURES: [&str; 19] = [
    "join",
    "subquery",
    "exists",
    "scalar subquery",
    "window",
    "set operation",
    "cast",
    "case",
    "division",
    "aggregate",
    "having",
    "distinct",
    "cte",
    "limit",
    "prepared",
    "explain",
    "view",
    "nested",
    "unnest",
];

/// How a query is put.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Manner {
    Run,
    /// With a value for each `$n`.
    Prepared(Vec<i64>),
    Explain,
    Describe,
}

/// A query by its clauses.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Query {
    pub(crate) manner: Manner,
    with: Vec<String>,
    distinct: bool,
    select: Vec<String>,
    from: String,
    conditions: Vec<String>,
    group_by: bool,
    aggregates: Vec<String>,
    having: Option<String>,
    set: Option<(&'static str, String)>,
    limit: Option<(usize, usize)>,
    ordered: bool,
    pub(crate) features: BTreeSet<&'static str>,
    /// Whether a table in it hides rows.
    pub(crate) hides_rows: bool,
}

impl Query {
    pub(crate) fn sql(&self) -> String {
        let mut sql = String::new();
        if self.manner == Manner::Explain {
            sql.push_str("EXPLAIN ");
        }
        if !self.with.is_empty() {
            sql.push_str(&format!("WITH {} ", self.with.join(", ")));
        }
        let columns: Vec<String> =
            self.select.iter().chain(&self.aggregates).enumerate().map(|(n, item)| format!("{item} AS c{n}")).collect();
        let distinct = if self.distinct { "DISTINCT " } else { "" };
        sql.push_str(&format!("SELECT {distinct}{} FROM {}", columns.join(", "), self.from));
        if !self.conditions.is_empty() {
            sql.push_str(&format!(" WHERE {}", self.conditions.join(" AND ")));
        }
        if self.group_by && !self.select.is_empty() {
            sql.push_str(&format!(" GROUP BY {}", self.select.join(", ")));
        }
        if let Some(having) = &self.having {
            sql.push_str(&format!(" HAVING {having}"));
        }
        if let Some((operator, other)) = &self.set {
            sql.push_str(&format!(" {operator} {other}"));
        }
        if self.ordered {
            let places: Vec<String> = (1..=columns.len()).map(|n| n.to_string()).collect();
            sql.push_str(&format!(" ORDER BY {}", places.join(", ")));
        }
        if let Some((limit, offset)) = self.limit {
            sql.push_str(&format!(" LIMIT {limit} OFFSET {offset}"));
        }
        sql
    }

    /// Whether the order of the answer says something.
    pub(crate) fn is_ordered(&self) -> bool {
        self.ordered || self.manner != Manner::Run && !matches!(self.manner, Manner::Prepared(_))
    }

    /// Whether its rows come in an order of its own where it is run, whatever its manner.
    pub(crate) fn has_ordered_rows(&self) -> bool {
        self.ordered || self.manner == Manner::Explain
    }

    /// The same query with one clause less, in every way.
    pub(crate) fn smaller(&self) -> Vec<Query> {
        let mut all = Vec::new();
        let mut without = |change: &dyn Fn(&mut Query)| {
            let mut query = self.clone();
            change(&mut query);
            if query != *self && query.select.len() + query.aggregates.len() > 0 {
                // What hides rows may be among what was dropped, and borders of batches mean nothing then.
                query.hides_rows = false;
                all.push(query);
            }
        };
        without(&|query| query.limit = None);
        without(&|query| query.ordered = query.limit.is_some());
        without(&|query| query.set = None);
        without(&|query| query.having = None);
        without(&|query| query.distinct = false);
        for n in 0..self.conditions.len() {
            without(&|query| {
                query.conditions.remove(n);
            });
        }
        if self.set.is_none() {
            for n in 0..self.select.len() {
                without(&|query| {
                    query.select.remove(n);
                });
            }
            for n in 0..self.aggregates.len() {
                without(&|query| {
                    query.aggregates.remove(n);
                });
            }
        }
        all
    }
}

/// What expressions may name.
#[derive(Clone)]
struct Scope {
    ints: Vec<String>,
    texts: Vec<String>,
    /// Texts that are digits wherever the asker sees them.
    digits: Vec<String>,
    /// Numbers that are not zero wherever the asker sees them.
    divisors: Vec<String>,
    bools: Vec<String>,
    dates: Vec<String>,
    times: Vec<String>,
    decimals: Vec<String>,
    lists: Vec<String>,
}

impl Scope {
    fn of(table: &Table, alias: &str, features: &mut BTreeSet<&'static str>) -> Self {
        let name = |column: &str| format!("{alias}.{column}");
        let shown = |extra, column: &str| if table.shows(extra) { vec![name(column)] } else { Vec::new() };
        let mut scope = Scope {
            ints: vec![name("id"), name("lvl")],
            texts: vec![name("region")],
            digits: shown(Extra::Num, "num"),
            divisors: shown(Extra::Divisor, "divisor"),
            bools: vec![name("flag")],
            dates: vec![name("day")],
            times: shown(Extra::At, "at"),
            decimals: shown(Extra::Pay, "pay"),
            lists: shown(Extra::Tags, "tags"),
        };
        scope.texts.extend(shown(Extra::Mail, "mail"));
        scope.texts.extend(scope.digits.clone());
        scope.ints.extend(scope.divisors.clone());
        if table.shows(Extra::Detail) {
            features.insert("nested");
            scope.ints.push(format!("{alias}.detail['score']"));
            scope.texts.extend(["zone", "note"].map(|part| format!("{alias}.detail['{part}']")));
        }
        scope
    }

    fn and(mut self, other: Scope) -> Self {
        self.ints.extend(other.ints);
        self.texts.extend(other.texts);
        self.digits.extend(other.digits);
        self.divisors.extend(other.divisors);
        self.bools.extend(other.bools);
        self.dates.extend(other.dates);
        self.times.extend(other.times);
        self.decimals.extend(other.decimals);
        self.lists.extend(other.lists);
        self
    }
}

/// Makes queries over `tables` and the view `v`.
pub(crate) struct Maker<'a> {
    rng: &'a mut Rng,
    tables: &'a [&'a Table],
    features: BTreeSet<&'static str>,
    parameters: Vec<i64>,
    may_bind: bool,
}

impl<'a> Maker<'a> {
    pub(crate) fn new(rng: &'a mut Rng, tables: &'a [&'a Table]) -> Self {
        Maker { rng, tables, features: BTreeSet::new(), parameters: Vec::new(), may_bind: false }
    }

    pub(crate) fn query(mut self) -> Query {
        self.may_bind = self.one_in(12);
        let (mut with, mut set, mut having) = (Vec::new(), None, None);
        let (mut scope, mut from) = self.relation("x", &mut with);
        if self.one_in(4) {
            self.features.insert("join");
            let (other, right) = self.relation("y", &mut with);
            let join = *self.pick(&["JOIN", "LEFT JOIN", "FULL JOIN"]);
            let key = *self.pick(&["id", "lvl", "region"]);
            from = format!("{from} {join} {right} ON x.{key} = y.{key}");
            if self.one_in(3) && join == "JOIN" {
                let more = self.condition(&scope.clone().and(other.clone()), 1);
                from = format!("{from} AND {more}");
            }
            scope = scope.and(other);
        }
        if !scope.lists.is_empty() && self.one_in(10) && !from.contains("JOIN") {
            self.features.insert("unnest");
            let list = self.pick(&scope.lists).clone();
            from = format!("(SELECT x.*, unnest({list}) AS one FROM {from}) AS x");
            scope.texts.push("x.one".to_owned());
        }
        let conditions = (0..self.rng.usize(0..3)).map(|_| self.condition(&scope, 2)).collect();
        let mut select: Vec<String> = (0..self.rng.usize(1..4)).map(|_| self.item(&scope)).collect();
        let (mut group_by, mut aggregates, mut distinct) = (false, Vec::new(), false);
        match self.rng.u8(0..10) {
            0..3 => {
                self.features.insert("aggregate");
                group_by = !self.one_in(4);
                if group_by {
                    select.truncate(2);
                } else {
                    select.clear();
                }
                aggregates = (0..self.rng.usize(1..3)).map(|_| self.aggregate(&scope)).collect();
                if group_by && self.one_in(2) {
                    self.features.insert("having");
                    let aggregate = self.aggregate_of_int(&scope);
                    having = Some(format!("{aggregate} > {}", self.rng.i64(-5..3)));
                }
            }
            3 => {
                self.features.insert("window");
                let (by, int) = (self.column(&scope), self.int(&scope, 1));
                let order = *self.pick(&["x.id, x.lvl, x.region", "x.region, x.id, x.lvl"]);
                let function = self
                    .pick(&["row_number()", "sum({})", "lag({})", "count({})", "max({})", "rank()"])
                    .replace("{}", &int);
                let ties = if from.contains("JOIN") || from.contains("unnest") { None } else { Some(order) };
                select.push(match ties {
                    Some(order) => format!("{function} OVER (PARTITION BY {by} ORDER BY {order})"),
                    None => format!("count({int}) OVER (PARTITION BY {by})"),
                });
            }
            4 => {
                self.features.insert("distinct");
                distinct = true;
            }
            5 => {
                self.features.insert("set operation");
                let operator = *self.pick(&["UNION", "UNION ALL", "EXCEPT", "INTERSECT"]);
                let table = *self.pick(self.tables);
                let inner = Scope::of(table, "z", &mut self.features);
                select = vec![self.int(&scope, 1), self.text(&scope, 1)];
                let (int, text, keep) = (self.int(&inner, 1), self.text(&inner, 1), self.condition(&inner, 1));
                // A chain of both widths: the sides must agree in type.
                select[0] = format!("CAST({} AS BIGINT)", select[0]);
                set = Some((
                    operator,
                    format!("SELECT CAST({int} AS BIGINT), {text} FROM a.p.{} AS z WHERE {keep}", table.name),
                ));
            }
            _ => {}
        }
        let ordered = self.one_in(3);
        let limit = (ordered && self.one_in(2)).then(|| (self.rng.usize(1..30), self.rng.usize(0..4)));
        if limit.is_some() {
            self.features.insert("limit");
        }
        let manner = match self.rng.u8(0..25) {
            _ if !self.parameters.is_empty() => Manner::Prepared(self.parameters.clone()),
            0 => Manner::Explain,
            1 => Manner::Describe,
            _ => Manner::Run,
        };
        match manner {
            Manner::Prepared(_) => self.features.insert("prepared"),
            Manner::Explain => self.features.insert("explain"),
            _ => false,
        };
        let features = self.features;
        let mut query = Query {
            manner,
            with,
            distinct,
            select,
            from,
            conditions,
            group_by,
            aggregates,
            having,
            set,
            limit,
            ordered,
            features,
            hides_rows: false,
        };
        let sql = query.sql();
        let is_read = |table: &Table| {
            sql.contains(&format!("a.p.{}", table.name)) || (table.name == "t1" && sql.contains("a.views.v"))
        };
        query.hides_rows = self.tables.iter().any(|table| table.filter.condition().is_some() && is_read(table));
        query
    }

    fn relation(&mut self, alias: &'static str, with: &mut Vec<String>) -> (Scope, String) {
        if self.one_in(12) {
            self.features.insert("view");
            let name = |column: &str| format!("{alias}.{column}");
            let scope = Scope {
                ints: vec![name("id"), name("twice"), name("safe"), name("lvl")],
                texts: vec![name("region")],
                digits: Vec::new(),
                divisors: vec![name("safe")],
                bools: Vec::new(),
                dates: Vec::new(),
                times: Vec::new(),
                decimals: Vec::new(),
                lists: Vec::new(),
            };
            return (scope, format!("(SELECT *, twice AS lvl FROM a.views.v) AS {alias}"));
        }
        let table = *self.pick(self.tables);
        let scope = Scope::of(table, alias, &mut self.features);
        let name = format!("a.p.{}", table.name);
        let from = match self.rng.u8(0..8) {
            0 => {
                self.features.insert("cte");
                let inner = Scope::of(table, "w", &mut self.features);
                let keep = self.condition(&inner, 1);
                with.push(format!("cte_{alias} AS (SELECT * FROM {name} AS w WHERE {keep})"));
                format!("cte_{alias} AS {alias}")
            }
            1 => {
                self.features.insert("subquery");
                format!("(SELECT * FROM {name} ORDER BY id LIMIT 50) AS {alias}")
            }
            2 => {
                self.features.insert("subquery");
                format!("(SELECT * FROM {name} UNION ALL SELECT * FROM {name}) AS {alias}")
            }
            _ => format!("{name} AS {alias}"),
        };
        (scope, from)
    }

    /// A selected value of any type that can be ordered.
    fn item(&mut self, scope: &Scope) -> String {
        match self.rng.u8(0..10) {
            0..4 => self.int(scope, 2),
            4..7 => self.text(scope, 2),
            7 => self.condition(scope, 1),
            8 if !scope.decimals.is_empty() => format!("{} * 2", self.pick(&scope.decimals)),
            _ => self.column(scope),
        }
    }

    fn column(&mut self, scope: &Scope) -> String {
        let all = [&scope.ints, &scope.texts, &scope.dates, &scope.times, &scope.decimals, &scope.bools];
        let all: Vec<&String> = all.into_iter().flatten().collect();
        (*self.rng.choice(&all).unwrap()).clone()
    }

    fn int(&mut self, scope: &Scope, depth: u8) -> String {
        if depth == 0 {
            return self.pick(&scope.ints).clone();
        }
        match self.rng.u8(0..13) {
            0 if !scope.digits.is_empty() => {
                self.features.insert("cast");
                format!("CAST({} AS BIGINT)", self.pick(&scope.digits))
            }
            1 | 2 if !scope.divisors.is_empty() => {
                self.features.insert("division");
                format!("(1000 / {})", self.pick(&scope.divisors))
            }
            3 => {
                self.features.insert("case");
                let (when, then, other) =
                    (self.condition(scope, depth - 1), self.int(scope, depth - 1), self.int(scope, depth - 1));
                format!("CASE WHEN {when} THEN CAST({then} AS BIGINT) ELSE CAST({other} AS BIGINT) END")
            }
            4 => format!("length({})", self.text(scope, depth - 1)),
            5 => format!("({} + {})", self.pick(&scope.ints), self.rng.u8(0..9)),
            6 if !scope.lists.is_empty() => format!("cardinality({})", self.pick(&scope.lists)),
            7 => format!("coalesce({}, 0)", self.pick(&scope.ints)),
            8 => {
                self.features.insert("scalar subquery");
                let table = *self.pick(self.tables);
                let inner = Scope::of(table, "q", &mut self.features);
                let aggregate = self.aggregate_of_int(&inner);
                format!("(SELECT {aggregate} FROM a.p.{} AS q)", table.name)
            }
            9 if self.may_bind && self.parameters.len() < 3 => {
                self.parameters.push(self.rng.i64(0..9));
                format!("({} + ${})", self.pick(&scope.ints), self.parameters.len())
            }
            _ => self.pick(&scope.ints).clone(),
        }
    }

    fn text(&mut self, scope: &Scope, depth: u8) -> String {
        if depth == 0 {
            return self.pick(&scope.texts).clone();
        }
        match self.rng.u8(0..8) {
            0 => format!("upper({})", self.text(scope, depth - 1)),
            1 => format!("({} || '-' || {})", self.pick(&scope.texts), self.pick(&scope.texts)),
            2 => format!("substr({}, 1, 3)", self.pick(&scope.texts)),
            3 => {
                self.features.insert("cast");
                format!("CAST({} AS VARCHAR)", self.column(scope))
            }
            4 if !scope.lists.is_empty() => format!("{}[1]", self.pick(&scope.lists)),
            _ => self.pick(&scope.texts).clone(),
        }
    }

    fn condition(&mut self, scope: &Scope, depth: u8) -> String {
        let mostly = *self.pick(&[-1_i64, 0, 3, 1_000]);
        match self.rng.u8(0..18) {
            0 => format!("{} > {mostly}", self.int(scope, depth)),
            // What is only computed where the asker's own guard lets it: a leak if the guard sees more.
            1 if !scope.digits.is_empty() => {
                self.features.extend(["case", "cast"]);
                let digits = self.pick(&scope.digits).clone();
                format!("CASE WHEN {digits} LIKE '%T%' THEN CAST({digits} AS BIGINT) ELSE 1 END > 0")
            }
            2 if !scope.divisors.is_empty() => {
                self.features.insert("division");
                format!("100000 / {} <> -7", self.pick(&scope.divisors))
            }
            3 if !scope.digits.is_empty() => {
                self.features.insert("cast");
                format!("CAST({} AS BIGINT) > 10", self.pick(&scope.digits))
            }
            4 => format!("{} LIKE '%{}%'", self.text(scope, depth.min(1)), self.pick(&["1", "r", "e", "S"])),
            5 => format!("{} IN ('r1', 'r2', 'SECRET', '77')", self.pick(&scope.texts)),
            6 => format!("{} IS NOT NULL", self.column(scope)),
            7 if !scope.dates.is_empty() => format!("{} >= DATE '2019-04-20'", self.pick(&scope.dates)),
            8 if depth > 0 => {
                self.features.insert("subquery");
                let table = *self.pick(self.tables);
                let inner = Scope::of(table, "s", &mut self.features);
                let (value, keep) = (self.pick(&inner.ints).clone(), self.condition(&inner, 0));
                let int = self.pick(&scope.ints).clone();
                format!("{int} IN (SELECT {value} FROM a.p.{} AS s WHERE {keep})", table.name)
            }
            9 if depth > 0 => {
                self.features.insert("exists");
                let table = *self.pick(self.tables);
                let inner = Scope::of(table, "e", &mut self.features);
                let keep = self.condition(&inner, 0);
                let outer = self.pick(&scope.ints).clone();
                format!("EXISTS (SELECT 1 FROM a.p.{} AS e WHERE e.lvl <= {outer} AND {keep})", table.name)
            }
            10 if depth > 0 => {
                let (one, other) = (self.condition(scope, depth - 1), self.condition(scope, depth - 1));
                format!("({one} OR {other})")
            }
            11 if depth > 0 => format!("NOT ({})", self.condition(scope, depth - 1)),
            12 if !scope.times.is_empty() => format!("{} > TIMESTAMP '2019-04-20T00:00:00Z'", self.pick(&scope.times)),
            13 if !scope.decimals.is_empty() => {
                format!("{} BETWEEN 0 AND {}", self.pick(&scope.decimals), self.rng.u16(100..700))
            }
            14 if self.may_bind && self.parameters.len() < 3 => {
                self.parameters.push(self.rng.i64(-1..9));
                format!("{} >= ${}", self.pick(&scope.ints), self.parameters.len())
            }
            15 => format!("{} BETWEEN -5 AND 500", self.pick(&scope.ints)),
            _ => format!("{} >= {}", self.pick(&scope.ints), self.rng.i64(-3..3)),
        }
    }

    fn aggregate(&mut self, scope: &Scope) -> String {
        match self.rng.u8(0..7) {
            0 => "count(*)".to_owned(),
            1 => format!("max({})", self.text(scope, 1)),
            2 if !scope.decimals.is_empty() => format!("sum({})", self.pick(&scope.decimals)),
            3 => format!("count(DISTINCT {})", self.column(scope)),
            4 => format!("min({})", self.column(scope)),
            _ => self.aggregate_of_int(scope),
        }
    }

    fn aggregate_of_int(&mut self, scope: &Scope) -> String {
        let int = self.pick(&scope.ints).clone();
        match self.rng.u8(0..6) {
            0 => "count(*)".to_owned(),
            1 => format!("max({int})"),
            2 => format!("min({int})"),
            3 if !scope.digits.is_empty() => {
                self.features.insert("cast");
                format!("max(CAST({} AS BIGINT))", self.pick(&scope.digits))
            }
            4 => format!("sum({int})"),
            _ => format!("count({int})"),
        }
    }

    fn one_in(&mut self, n: u8) -> bool {
        self.rng.u8(0..n) == 0
    }

    fn pick<'t, T>(&mut self, all: &'t [T]) -> &'t T {
        &all[self.rng.usize(0..all.len())]
    }
}
