//! The functions on offer in SQL: those listed here and no other.
//!
//! A test fails when a new version of DataFusion brings a name that stands neither here nor in the
//! list of those refused.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, LazyLock};

use datafusion::catalog::TableFunction;
use datafusion::execution::{SessionStateBuilder, SessionStateDefaults};
use datafusion::logical_expr::{AggregateUDF, ScalarUDF, WindowUDF};
use datafusion::optimizer::analyzer::Analyzer;

use super::capped::{Capped, Growth};
use super::concat_operator::ConcatOperator;
use super::rewrite::KeepBounds;
use super::series;

/// Functions of values. Their other names (`length` for `character_length`) come with them.
#[rustfmt::skip]
const SCALAR: &[&str] = &[
    // of any value
    "arrow_typeof", "coalesce", "get_field", "greatest", "least", "named_struct", "nullif", "nvl", "nvl2", "struct",
    "union_extract", "union_tag",
    // of numbers
    "abs", "acos", "acosh", "asin", "asinh", "atan", "atan2", "atanh", "cbrt", "ceil", "cos", "cosh", "cot", "degrees",
    "exp", "factorial", "floor", "gcd", "isnan", "iszero", "lcm", "ln", "log", "log10", "log2", "nanvl", "pi", "power",
    "radians", "random", "round", "signum", "sin", "sinh", "sqrt", "tan", "tanh", "trunc",
    // of dates and times
    "current_date", "current_time", "date_bin", "date_part", "date_trunc", "from_unixtime", "make_date", "make_time",
    "now", "to_date", "to_local_time", "to_time", "to_timestamp", "to_timestamp_micros", "to_timestamp_millis",
    "to_timestamp_nanos", "to_timestamp_seconds", "to_unixtime",
    // of texts
    "ascii", "bit_length", "btrim", "character_length", "chr", "contains", "ends_with", "find_in_set", "initcap",
    "left", "lower", "ltrim", "octet_length", "reverse", "right", "rtrim", "split_part", "starts_with", "strpos",
    "substr", "substr_index", "to_hex", "translate", "upper", "uuid",
    // of bytes
    "decode", "digest", "md5", "sha224", "sha256", "sha384", "sha512",
    // of lists and maps
    "array_add", "array_any_value", "array_avg", "array_compact", "array_dims", "array_distance", "array_distinct",
    "array_element", "array_except", "array_has", "array_intersect", "array_length", "array_max", "array_min",
    "array_ndims", "array_normalize", "array_pop_back", "array_pop_front", "array_position", "array_positions",
    "array_product", "array_remove", "array_remove_all", "array_remove_n", "array_reverse", "array_scale",
    "array_slice", "array_sort", "array_subtract", "array_sum", "arrays_zip", "cardinality", "cosine_distance",
    "empty", "flatten", "inner_product", "map", "map_entries", "map_extract", "map_keys", "map_values",
    "string_to_array",
];

/// Functions of values that are on offer within bounds, for they can make much out of little.
const CAPPED: &[(&str, Growth)] = &[
    ("array_append", Growth::Sum),
    ("array_concat", Growth::Sum),
    ("array_has_all", Growth::Product),
    ("array_has_any", Growth::Product),
    ("array_prepend", Growth::Sum),
    ("array_repeat", Growth::RepeatElement),
    ("array_replace", Growth::ReplaceElement),
    ("array_replace_all", Growth::ReplaceElement),
    ("array_replace_n", Growth::ReplaceElement),
    ("array_resize", Growth::Resize),
    ("array_to_string", Growth::ElementsJoined),
    ("array_union", Growth::Sum),
    ("arrow_cast", Growth::TypeByName),
    ("arrow_try_cast", Growth::TypeByName),
    ("concat", Growth::Sum),
    ("concat_ws", Growth::Joined),
    ("encode", Growth::Twice),
    ("generate_series", Growth::Series),
    ("levenshtein", Growth::Product),
    ("lpad", Growth::Pad),
    ("make_array", Growth::Sum),
    ("overlay", Growth::Sum),
    ("range", Growth::Series),
    ("regexp_count", Growth::Pattern),
    ("regexp_instr", Growth::Pattern),
    ("regexp_like", Growth::Pattern),
    ("regexp_match", Growth::Pattern),
    ("regexp_replace", Growth::ReplacePattern),
    ("repeat", Growth::Repeat),
    ("replace", Growth::Replace),
    ("rpad", Growth::Pad),
    ("to_char", Growth::Format),
];

/// Functions of groups of rows.
#[rustfmt::skip]
const AGGREGATE: &[&str] = &[
    "any_value", "approx_distinct", "approx_median", "approx_percentile_cont", "approx_percentile_cont_with_weight",
    "array_agg", "avg", "bit_and", "bit_or", "bit_xor", "bool_and", "bool_or", "corr", "count", "covar_pop",
    "covar_samp", "first_value", "grouping", "last_value", "max", "median", "min", "nth_value", "percentile_cont",
    "regr_avgx", "regr_avgy", "regr_count", "regr_intercept", "regr_r2", "regr_slope", "regr_sxx", "regr_sxy",
    "regr_syy", "stddev", "stddev_pop", "string_agg", "sum", "var", "var_pop",
];

/// Functions of a window of rows.
const WINDOW: &[&str] = &[
    "cume_dist",
    "dense_rank",
    "first_value",
    "lag",
    "last_value",
    "lead",
    "nth_value",
    "ntile",
    "percent_rank",
    "rank",
    "row_number",
];

/// Where the planner knows a function itself.
const OF_THE_PLANNER: &[&str] = &["unnest"];

/// Everything else that DataFusion has, and why it is not on offer.
#[cfg(test)]
const REFUSED: &[(&str, &str)] = &[
    ("array_any_match", "copies what its lambda captures for each element"),
    ("array_filter", "copies what its lambda captures for each element"),
    ("array_first", "copies what its lambda captures for each element"),
    ("array_transform", "copies what its lambda captures for each element"),
    ("arrow_field", "tells metadata of storage"),
    ("arrow_metadata", "tells metadata of storage"),
    ("cast_to_type", "a cast whose type no bound holds"),
    ("file_row_index", "tells of storage, and of rows that are hidden"),
    ("input_file_name", "tells paths"),
    ("try_cast_to_type", "a cast whose type no bound holds"),
    ("version", "tells of the machine"),
    ("with_metadata", "writes metadata into schemas"),
];

/// What is on offer, made once.
struct OnOffer {
    scalar: Vec<Arc<ScalarUDF>>,
    aggregate: Vec<Arc<AggregateUDF>>,
    window: Vec<Arc<WindowUDF>>,
    table: Vec<Arc<TableFunction>>,
    /// All names under which they can be called.
    names: BTreeSet<String>,
}

static ON_OFFER: LazyLock<OnOffer> = LazyLock::new(OnOffer::new);

impl OnOffer {
    fn new() -> Self {
        let mut scalar = Vec::new();
        for function in SessionStateDefaults::default_scalar_functions() {
            if let Some((_, growth)) = CAPPED.iter().find(|(name, _)| *name == function.name()) {
                scalar.push(Arc::new(Capped::over(function, *growth)));
            } else if SCALAR.contains(&function.name()) {
                scalar.push(function);
            }
        }
        let mut aggregate = SessionStateDefaults::default_aggregate_functions();
        aggregate.retain(|function| AGGREGATE.contains(&function.name()));
        let mut window = SessionStateDefaults::default_window_functions();
        window.retain(|function| WINDOW.contains(&function.name()));
        let mut names: BTreeSet<String> = OF_THE_PLANNER.iter().map(|name| (*name).to_owned()).collect();
        let mut note = |name: &str, aliases: &[String]| {
            names.insert(name.to_owned());
            names.extend(aliases.iter().cloned());
        };
        scalar.iter().for_each(|function| note(function.name(), function.aliases()));
        aggregate.iter().for_each(|function| note(function.name(), function.aliases()));
        window.iter().for_each(|function| note(function.name(), function.aliases()));
        OnOffer { scalar, aggregate, window, table: series::table_functions(), names }
    }
}

/// The builder with the functions that are on offer and no other.
pub(crate) fn on_offer(builder: SessionStateBuilder) -> SessionStateBuilder {
    let on_offer = LazyLock::force(&ON_OFFER);
    let bounded: BTreeMap<String, Arc<ScalarUDF>> = on_offer
        .scalar
        .iter()
        .filter(|function| CAPPED.iter().any(|(name, _)| *name == function.name()))
        .map(|function| (function.name().to_owned(), Arc::clone(function)))
        .collect();
    let concat = Capped::over(Arc::new(ScalarUDF::new_from_impl(ConcatOperator::new())), Growth::Sum);
    let mut rules = Analyzer::new().rules;
    rules.push(Arc::new(KeepBounds::new(bounded, Arc::new(concat))));
    builder
        .with_scalar_functions(on_offer.scalar.iter().cloned().chain([Arc::new(weft_pit::mark())]).collect())
        .with_higher_order_functions(Vec::new())
        .with_aggregate_functions(on_offer.aggregate.clone())
        .with_window_functions(on_offer.window.clone())
        .with_table_function_list(on_offer.table.clone())
        .with_analyzer_rules(rules)
}

/// Whether a call of that function may make a value much longer than those it is given.
pub(crate) fn grows(name: &str) -> bool {
    CAPPED.iter().any(|(capped, growth)| *capped == name && growth.makes_long_values())
}

/// Whether a function of that name is on offer.
pub(super) fn is_on_offer(name: &str) -> bool {
    ON_OFFER.names.contains(name)
}

/// The name on offer that comes nearest.
pub(super) fn nearest(name: &str) -> Option<&'static str> {
    let distance = |known: &&String| datafusion::common::utils::datafusion_strsim::levenshtein(known, name);
    let nearest = ON_OFFER.names.iter().min_by_key(|known| distance(known))?;
    (distance(&nearest) <= name.len().div_ceil(3).min(3)).then_some(nearest.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_function_of_the_engine_is_allowed_or_refused_by_name() {
        let engine: Vec<(&str, BTreeSet<String>, BTreeSet<&str>)> = vec![
            (
                "scalar",
                SessionStateDefaults::default_scalar_functions().iter().map(|f| f.name().to_owned()).collect(),
                SCALAR.iter().copied().chain(CAPPED.iter().map(|(name, _)| *name)).collect(),
            ),
            (
                "higher order",
                SessionStateDefaults::default_higher_order_functions().iter().map(|f| f.name().to_owned()).collect(),
                BTreeSet::new(),
            ),
            (
                "aggregate",
                SessionStateDefaults::default_aggregate_functions().iter().map(|f| f.name().to_owned()).collect(),
                AGGREGATE.iter().copied().collect(),
            ),
            (
                "window",
                SessionStateDefaults::default_window_functions().iter().map(|f| f.name().to_owned()).collect(),
                WINDOW.iter().copied().collect(),
            ),
        ];
        let mut refused = BTreeSet::new();
        for (kind, all, allowed) in engine {
            for name in &allowed {
                assert!(all.contains(*name), "{kind} function `{name}` is allowed, and there is none");
            }
            for name in all {
                let is_refused = REFUSED.iter().any(|(refused, _)| *refused == name);
                assert!(
                    allowed.contains(name.as_str()) != is_refused,
                    "decide about the {kind} function `{name}`: allow it, cap it or refuse it"
                );
                if is_refused {
                    refused.insert(name);
                }
            }
        }
        assert_eq!(refused.len(), REFUSED.len(), "a name is refused that nobody has");
        let tables: Vec<&str> = ON_OFFER.table.iter().map(|function| function.name()).collect();
        assert_eq!(tables, ["generate_series"]);
        assert_eq!(SessionStateDefaults::default_table_functions().len(), 2, "decide about the new table function");
    }

    #[test]
    fn no_refused_function_has_a_name_that_is_on_offer() {
        for (name, _) in REFUSED {
            assert!(!is_on_offer(name), "{name}");
        }
        assert!(is_on_offer("length") && is_on_offer("list_length") && is_on_offer("mean") && is_on_offer("unnest"));
    }

    #[test]
    fn a_misspelt_name_finds_its_neighbour() {
        assert_eq!(nearest("substrr"), Some("substr"));
        assert_eq!(nearest("stdev"), Some("stddev"));
        assert_eq!(nearest("pg_read_file"), None);
    }
}
