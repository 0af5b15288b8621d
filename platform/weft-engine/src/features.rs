//! The table function `features`: features of one or more views, beside the rows of a frame, as they were known at the
//! moment of each.
//!
//! `features(FRAME, 'NAME', …, at => COLUMN)` becomes a query with a point-in-time join for each view, before any name in
//! it is looked up: what may be read of the views is decided as if the asker had written them. A name is that of a
//! feature service or of a port that is a feature view, `domain.product.name`, or of one feature,
//! `domain.product.port:column`.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::ops::ControlFlow;

use sqlparser::ast::{
    Expr, FunctionArg, FunctionArgExpr, Ident, ObjectName, Query, SetExpr, Statement, TableAlias, TableFactor,
    TableFunctionArgs, Value, VisitMut, VisitorMut,
};
use sqlparser::dialect::GenericDialect;
use sqlparser::parser::Parser;
use weft_model::{FeaturePart, FeatureView, PortRef};

use crate::QueryError;

const NAME: &str = "features";
/// Most views of one call: each is a join.
const PARTS_MAX: usize = 100;
const FRAME: &str = "weft_frame";

/// Where features are looked up, as the asker may know of them.
pub(crate) trait FeatureViews {
    /// The parts of a feature service; nothing where there is none, or one of its views may not be known.
    fn service(&self, name: &PortRef) -> Option<Vec<FeaturePart>>;

    /// What makes a port a feature view; nothing where it is none, or may not be known.
    fn view(&self, port: &PortRef) -> Option<FeatureView>;
}

/// Whether a table function of this name is this one.
pub(crate) fn is_features(name: &str) -> bool {
    name.eq_ignore_ascii_case(NAME)
}

/// Writes a query in the place of each call.
///
/// # Errors
///
/// [`QueryError::Invalid`] for a call that is no such call, [`QueryError::UnknownTable`] for a name of nothing.
pub(crate) fn write_out(statement: &mut Statement, views: &dyn FeatureViews) -> Result<(), QueryError> {
    match VisitMut::visit(statement, &mut WritingOut { views }) {
        ControlFlow::Break(error) => Err(error),
        ControlFlow::Continue(()) => Ok(()),
    }
}

struct WritingOut<'a> {
    views: &'a dyn FeatureViews,
}

impl VisitorMut for WritingOut<'_> {
    type Break = QueryError;

    fn post_visit_table_factor(&mut self, factor: &mut TableFactor) -> ControlFlow<QueryError> {
        match self.instead_of(factor) {
            Err(error) => ControlFlow::Break(error),
            Ok(None) => ControlFlow::Continue(()),
            Ok(Some(instead)) => {
                *factor = instead;
                ControlFlow::Continue(())
            }
        }
    }
}

impl WritingOut<'_> {
    fn instead_of(&self, factor: &TableFactor) -> Result<Option<TableFactor>, QueryError> {
        let TableFactor::Table { name, args: Some(arguments), alias, sample, .. } = factor else { return Ok(None) };
        if !is_features(&name.to_string()) {
            return Ok(None);
        }
        let call = Call::read(arguments)?;
        let mut parts = Vec::new();
        for name in &call.names {
            parts.extend(self.parts_of(name)?);
        }
        let parts = together(parts);
        if parts.len() > PARTS_MAX {
            return Err(invalid(format!("features of {} views at once are {PARTS_MAX} at most", parts.len())));
        }
        let mut subquery = self.query(&call, &parts)?;
        if let SetExpr::Select(select) = subquery.body.as_mut()
            && let Some(from) = select.from.first_mut()
        {
            from.relation = call.frame;
        }
        let alias = alias.clone();
        Ok(Some(TableFactor::Derived { lateral: false, subquery, alias, sample: sample.clone() }))
    }

    /// The parts that a name stands for.
    fn parts_of(&self, name: &str) -> Result<Vec<FeaturePart>, QueryError> {
        let unknown = || QueryError::UnknownTable { table: name.to_owned() };
        let (port, feature) = name.split_once(':').map_or((name, None), |(port, feature)| (port, Some(feature)));
        let port: PortRef = port.parse().map_err(|_| unknown())?;
        if let (Some(parts), None) = (self.views.service(&port), feature) {
            return Ok(parts);
        }
        let view = self.views.view(&port).ok_or_else(unknown)?;
        let features = feature.map(str::to_owned).into_iter().collect();
        if let Some(feature) = feature
            && !view.features.iter().any(|known| known == feature)
        {
            let known = view.features.join("`, `");
            return Err(invalid(format!("`{feature}` is no feature of `{port}`, which has `{known}`")));
        }
        Ok(vec![FeaturePart { view: port, features, keys: BTreeMap::new(), prefix: None }])
    }

    /// The query with its frame left open.
    fn query(&self, call: &Call, parts: &[FeaturePart]) -> Result<Box<Query>, QueryError> {
        let mut shown = Vec::new();
        let mut joins = String::new();
        let at = format!("{FRAME}.{}", quoted(&call.at));
        for (nth, part) in parts.iter().enumerate() {
            let unknown = || QueryError::UnknownTable { table: part.view.to_string() };
            let view = self.views.view(&part.view).ok_or_else(unknown)?;
            let table = format!("weft_view_{nth}");
            let of = |column: &str| format!("{table}.{}", quoted(column));
            let chosen = if part.features.is_empty() { &view.features } else { &part.features };
            shown.extend(chosen.iter().map(|feature| (named(part, feature), of(feature), &part.view)));
            let mut matching = format!("{at} >= {}", of(&view.event_time));
            let by_knowledge = view.created_time.as_ref().filter(|_| call.knowledge_time);
            if let Some(created) = by_knowledge {
                let _ = write!(matching, " AND {at} >= {}", of(created));
            }
            if let Some(ttl) = view.ttl_ms {
                let _ = write!(matching, " AND {} >= {at} - INTERVAL '{ttl} milliseconds'", of(&view.event_time));
            }
            let tie = match &view.created_time {
                Some(created) if by_knowledge.is_none() => format!(", {}", of(created)),
                _ => String::new(),
            };
            let keys = view.entity.iter().map(|key| {
                let of_frame = part.keys.get(key).unwrap_or(key);
                format!("{FRAME}.{} = {}", quoted(of_frame), of(key))
            });
            let keys = keys.collect::<Vec<_>>().join(" AND ");
            let name = [part.view.domain.as_str(), part.view.product.as_str(), part.view.port.as_str()].map(quoted);
            let _ = write!(
                joins,
                " LEFT JOIN {} AS {table} ON {keys} AND {}({matching}{tie})",
                name.join("."),
                weft_pit::MARK,
            );
        }
        let shown = apart(shown)?;
        let text = format!("SELECT {FRAME}.*, {} FROM {FRAME}{joins}", shown.join(", "));
        let bug = |problem: String| QueryError::Internal { invariant: format!("`{text}` is a query: {problem}") };
        let mut parser = Parser::new(&GenericDialect {}).try_with_sql(&text).map_err(|error| bug(error.to_string()))?;
        parser.parse_query().map_err(|error| bug(error.to_string()))
    }
}

/// What one call says.
struct Call {
    frame: TableFactor,
    names: Vec<String>,
    at: String,
    knowledge_time: bool,
}

impl Call {
    fn read(arguments: &TableFunctionArgs) -> Result<Call, QueryError> {
        let mut all = arguments.args.iter();
        let frame = match all.next() {
            Some(FunctionArg::Unnamed(FunctionArgExpr::Expr(expr))) => frame(expr)?,
            _ => return Err(misread("the first argument is the frame: a table's name or a query in brackets")),
        };
        let (mut names, mut at, mut knowledge_time) = (Vec::new(), None, true);
        for argument in all {
            let (name, expr) = match argument {
                FunctionArg::Unnamed(FunctionArgExpr::Expr(expr)) => (None, expr),
                FunctionArg::Named { name, arg: FunctionArgExpr::Expr(expr), .. } => (Some(name.value.clone()), expr),
                FunctionArg::ExprNamed { name, arg: FunctionArgExpr::Expr(expr), .. } => (Some(name.to_string()), expr),
                _ => return Err(misread("`*` is no argument")),
            };
            match (name.map(|name| name.to_ascii_lowercase()).as_deref(), expr) {
                (None, Expr::Value(value)) => match &value.value {
                    Value::SingleQuotedString(name) => names.push(name.clone()),
                    other => return Err(misread(&format!("`{other}` is no name of features, which is a text"))),
                },
                (Some("at"), Expr::Identifier(column)) => at = Some(spoken(column)),
                (Some("knowledge_time"), Expr::Value(value)) if matches!(value.value, Value::Boolean(_)) => {
                    knowledge_time = value.value == Value::Boolean(true);
                }
                (Some(name), _) => {
                    let what = "`at` takes a column of the frame and `knowledge_time` true or false";
                    return Err(misread(&format!("`{name}` is not understood: {what}")));
                }
                (None, other) => return Err(misread(&format!("`{other}` is no name of features, which is a text"))),
            }
        }
        if names.is_empty() {
            return Err(misread("it names no features"));
        }
        let at =
            at.ok_or_else(|| misread("`at => COLUMN` is missing: the column of the frame that holds the moment"))?;
        Ok(Call { frame, names, at, knowledge_time })
    }
}

/// The frame as a table, under the name by which it is joined.
fn frame(expr: &Expr) -> Result<TableFactor, QueryError> {
    let text = match expr {
        Expr::Identifier(name) => name.to_string(),
        Expr::CompoundIdentifier(names) => ObjectName::from(names.clone()).to_string(),
        Expr::Subquery(query) => {
            let name = Ident::new(FRAME);
            let alias = Some(TableAlias { explicit: true, name, columns: Vec::new(), at: None });
            return Ok(TableFactor::Derived { lateral: false, subquery: query.clone(), alias, sample: None });
        }
        other => return Err(misread(&format!("`{other}` is no frame: name a table, or write a query in brackets"))),
    };
    let parser = Parser::new(&GenericDialect {}).try_with_sql(&format!("{text} AS {FRAME}"));
    let factor = parser.and_then(|mut parser| parser.parse_table_factor());
    factor.map_err(|error| misread(&format!("`{text}` is no table: {error}")))
}

/// Parts of one view that say the same else are one.
fn together(parts: Vec<FeaturePart>) -> Vec<FeaturePart> {
    let mut found: Vec<FeaturePart> = Vec::new();
    for part in parts {
        let alike = |one: &&mut FeaturePart| {
            (&one.view, &one.keys, &one.prefix) == (&part.view, &part.keys, &part.prefix)
                && one.features.is_empty() == part.features.is_empty()
        };
        match found.iter_mut().find(alike) {
            Some(one) => {
                let more = part.features.into_iter().filter(|feature| !one.features.contains(feature));
                one.features = one.features.iter().cloned().chain(more).collect();
            }
            None => found.push(part),
        }
    }
    found
}

/// What a feature is called in the answer.
fn named(part: &FeaturePart, feature: &str) -> String {
    match &part.prefix {
        Some(prefix) => format!("{prefix}__{feature}"),
        None => feature.to_owned(),
    }
}

/// Features under names of which no two are the same: where two would be, both are called by their ports too.
fn apart(features: Vec<(String, String, &PortRef)>) -> Result<Vec<String>, QueryError> {
    let count = |name: &str| features.iter().filter(|(other, ..)| other == name).count();
    let names: Vec<String> = features
        .iter()
        .map(|(name, _, view)| if count(name) > 1 { format!("{}__{name}", view.port) } else { name.clone() })
        .collect();
    if let Some(name) = names.iter().find(|name| names.iter().filter(|other| other == name).count() > 1) {
        return Err(invalid(format!("two features are called `{name}`: ask for them through a service with prefixes")));
    }
    Ok(features.iter().zip(names).map(|((_, column, _), name)| format!("{column} AS {}", quoted(&name))).collect())
}

fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// The name as the planner looks it up.
fn spoken(name: &Ident) -> String {
    if name.quote_style.is_some() { name.value.clone() } else { name.value.to_ascii_lowercase() }
}

fn misread(problem: &str) -> QueryError {
    let form = "write `features(FRAME, 'domain.product.service', at => COLUMN)`";
    invalid(format!("{problem}; {form}"))
}

fn invalid(problem: String) -> QueryError {
    QueryError::Invalid { problem }
}

#[cfg(test)]
impl FeatureViews for () {
    fn service(&self, _: &PortRef) -> Option<Vec<FeaturePart>> {
        None
    }

    fn view(&self, _: &PortRef) -> Option<FeatureView> {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Air;

    impl FeatureViews for Air {
        fn service(&self, name: &PortRef) -> Option<Vec<FeaturePart>> {
            let part = |prefix: &str, key: &str| FeaturePart {
                view: "air.met.hourly".parse().unwrap(),
                features: vec!["temp".to_owned()],
                keys: BTreeMap::from([("airport".to_owned(), key.to_owned())]),
                prefix: Some(prefix.to_owned()),
            };
            (name.to_string() == "air.ml.delay").then(|| vec![part("origin", "from"), part("dest", "to")])
        }

        fn view(&self, port: &PortRef) -> Option<FeatureView> {
            let view = |created: Option<&str>| FeatureView {
                entity: vec!["airport".to_owned()],
                event_time: "hour".to_owned(),
                created_time: created.map(str::to_owned),
                ttl_ms: Some(3_600_000),
                features: vec!["temp".to_owned(), "wind".to_owned()],
            };
            match port.to_string().as_str() {
                "air.met.hourly" => Some(view(None)),
                "air.met.corrected" => Some(view(Some("written"))),
                _ => None,
            }
        }
    }

    fn written_out(sql: &str) -> Result<String, String> {
        let mut statement = Parser::parse_sql(&GenericDialect {}, sql).unwrap().remove(0);
        write_out(&mut statement, &Air).map_err(|error| error.to_string())?;
        Ok(statement.to_string())
    }

    #[test]
    fn a_service_is_a_join_for_each_of_its_views() {
        let sql = "SELECT * FROM features(air.ops.flights, 'air.ml.delay', at => planned) AS t";
        assert_eq!(
            written_out(sql).unwrap(),
            "SELECT * FROM (SELECT weft_frame.*, weft_view_0.\"temp\" AS \"origin__temp\", \
             weft_view_1.\"temp\" AS \"dest__temp\" FROM air.ops.flights AS weft_frame \
             LEFT JOIN \"air\".\"met\".\"hourly\" AS weft_view_0 ON weft_frame.\"from\" = weft_view_0.\"airport\" AND \
             weft_point_in_time(weft_frame.\"planned\" >= weft_view_0.\"hour\" AND \
             weft_view_0.\"hour\" >= weft_frame.\"planned\" - INTERVAL '3600000 milliseconds') \
             LEFT JOIN \"air\".\"met\".\"hourly\" AS weft_view_1 ON weft_frame.\"to\" = weft_view_1.\"airport\" AND \
             weft_point_in_time(weft_frame.\"planned\" >= weft_view_1.\"hour\" AND \
             weft_view_1.\"hour\" >= weft_frame.\"planned\" - INTERVAL '3600000 milliseconds')) AS t"
        );
    }

    #[test]
    fn what_was_not_known_yet_is_left_out_unless_it_is_asked_for() {
        let by = |more: &str| {
            let sql = format!("SELECT * FROM features((SELECT 1), 'air.met.corrected:wind', at => t{more})");
            written_out(&sql).unwrap()
        };
        assert!(by("").contains("AND weft_frame.\"t\" >= weft_view_0.\"written\" AND"), "{}", by(""));
        assert!(by(", knowledge_time => false").contains("milliseconds', weft_view_0.\"written\")"));
    }

    #[test]
    fn features_of_one_name_are_called_by_their_ports() {
        let sql = "SELECT * FROM features(f, 'air.met.hourly', 'air.met.corrected:temp', at => t)";
        let written = written_out(sql).unwrap();
        for name in ["AS \"hourly__temp\"", "AS \"wind\"", "AS \"corrected__temp\""] {
            assert!(written.contains(name), "{written}");
        }
    }

    #[test]
    fn a_call_that_is_none_is_refused_with_its_form() {
        for (call, problem) in [
            ("features()", "the first argument is the frame"),
            ("features(f, at => t)", "it names no features"),
            ("features(f, 'air.ml.delay')", "`at => COLUMN` is missing"),
            ("features(f, 'air.ml.delay', at => 1)", "`at` is not understood"),
            ("features(f, 'air.ml.delay', 7, at => t)", "`7` is no name of features"),
            ("features(f, 'air.met.hourly:rain', at => t)", "`rain` is no feature of `air.met.hourly`"),
            ("features(f, 'air.met.gone', at => t)", "no table `air.met.gone`"),
            ("features(f, 'nothing', at => t)", "no table `nothing`"),
        ] {
            let told = written_out(&format!("SELECT * FROM {call}")).unwrap_err();
            assert!(told.contains(problem), "{call}: {told}");
        }
    }
}
