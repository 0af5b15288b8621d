//! Search by words, as far as the caller may discover what is found.

use std::time::Instant;

use axum::Json;
use axum::extract::State;
use serde::Deserialize;
use utoipa::IntoParams;
use weft_catalog::{SearchFilters, SearchHit, SearchMatch, SearchQuestion, SearchView};
use weft_wire as wire;

use crate::Doors;
use crate::asked::{self, Queried};
use crate::caller::Caller;
use crate::problem::Problem;

/// Longest text that is searched for.
const CHARS_MAX: usize = 500;
/// Most items of one part, and how many there are where nobody asks.
const ITEMS_MAX: usize = 200;
const ITEMS: usize = 20;

/// What is wanted, all of it text: what is no number gets an answer that says so.
#[derive(Deserialize, IntoParams)]
#[serde(rename_all = "camelCase")]
#[into_params(parameter_in = Query)]
pub(crate) struct Asked {
    /// Words that must all be found; without any, everything is found in order of name.
    #[param(max_length = 500)]
    q: Option<String>,
    /// Of which kind; without one, products in which anything is found, and people.
    #[param(pattern = "^(product|port|column|person)?$")]
    kind: Option<String>,
    /// The domain in which it must be.
    #[param(pattern = "^([a-z][a-z0-9_]{0,62})?$")]
    domain: Option<String>,
    /// Only what the caller may query, or only what it may not.
    #[param(value_type = Option<bool>)]
    can_query: Option<String>,
    /// The `next` of the part before.
    after: Option<String>,
    /// Most items of this part; 20 where nobody says.
    #[param(value_type = Option<u64>, minimum = 1, maximum = 200)]
    limit: Option<String>,
}

/// Finds products, ports, columns and people by words: exact names first, then beginnings and parts of names, then
/// descriptions. Letters may be wrong where nothing is written so.
#[utoipa::path(get, path = "/v1/search", tag = "catalog",
    params(Asked),
    responses((status = 200, body = wire::SearchAnswer)))]
pub(crate) async fn get_search(
    State(doors): State<Doors>,
    Caller(principal): Caller,
    Queried(asked): Queried<Asked>,
) -> Result<Json<wire::SearchAnswer>, Problem> {
    let question = question(asked)?;
    let began = Instant::now();
    let view = doors.view(&principal);
    // The first question of all reads everything that is served.
    let found = tokio::task::spawn_blocking(move || view.search(&question));
    let found = found.await.map_err(|_| Problem::internal())??;
    let took = began.elapsed().as_secs_f64() * 1_000.0;
    Ok(Json(answer(found, (took * 10.0).round() / 10.0)))
}

fn question(asked: Asked) -> Result<SearchQuestion, Problem> {
    let q = asked.q.unwrap_or_default();
    if q.chars().count() > CHARS_MAX {
        return Err(Problem::malformed(format!("`q` is longer than {CHARS_MAX} characters")));
    }
    let limit = asked::number("limit", asked.limit.as_deref(), ITEMS, 1..=ITEMS_MAX)?;
    // A filter that is chosen in a form and left empty is none.
    let given = |text: Option<String>| text.filter(|text| !text.is_empty());
    let kind = given(asked.kind).map(|kind| kind.parse()).transpose();
    let domain = given(asked.domain).map(|domain| domain.parse()).transpose();
    let can_query = given(asked.can_query).map(|can_query| can_query.parse()).transpose();
    let filters = SearchFilters {
        kind: kind.map_err(|()| Problem::malformed("`kind` is product, port, column or person"))?,
        domain: domain.map_err(|_| Problem::malformed("`domain` is not the name of a domain"))?,
        can_query: can_query.map_err(|_| Problem::malformed("`canQuery` is true or false"))?,
    };
    Ok(SearchQuestion { q, filters, after: given(asked.after), limit })
}

fn answer(found: SearchView, took_ms: f64) -> wire::SearchAnswer {
    let count = |name: &str, count| wire::SearchCount { name: name.to_owned(), count };
    wire::SearchAnswer {
        items: found.hits.into_iter().map(hit).collect(),
        total: found.total,
        facets: wire::SearchFacets {
            kinds: found.kinds.into_iter().map(|(kind, number)| count(kind.as_str(), number)).collect(),
            domains: found.domains.into_iter().map(|(domain, number)| count(domain.as_str(), number)).collect(),
            can_query: found.can_query,
        },
        did_you_mean: found.did_you_mean,
        took_ms: Some(took_ms),
        next: found.next,
    }
}

fn hit(hit: SearchHit) -> wire::SearchHit {
    wire::SearchHit {
        kind: hit.kind.as_str().to_owned(),
        id: hit.id,
        title: hit.title,
        description: hit.description,
        product: hit.product,
        port: hit.port,
        column: hit.column,
        domain: hit.domain.to_string(),
        owner: hit.owner,
        can_query: hit.can_query,
        columns_readable: hit.columns_readable,
        columns_total: hit.columns_total,
        matched: hit.matched.into_iter().map(matched).collect(),
        more_matches: hit.more_matches,
    }
}

fn matched(matched: SearchMatch) -> wire::SearchMatch {
    wire::SearchMatch {
        field: matched.field.to_owned(),
        of: matched.of,
        text: matched.text,
        offsets: matched.offsets.into_iter().map(|(start, end)| [start, end]).collect(),
    }
}
