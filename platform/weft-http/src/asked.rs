//! What a request asks for: names from its path, and how much of a list.

use std::fmt::Display;
use std::ops::RangeInclusive;
use std::str::FromStr;

use axum::extract::{FromRequestParts, Path, Query};
use axum::http::request::Parts;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use utoipa::IntoParams;
use weft_catalog::CatalogError;
use weft_model::{DomainName, PortRef, ProductRef};

use crate::problem::Problem;

/// Longest search text.
const SEARCH_CHARS_MAX: usize = 500;

/// Most items in one part of a list, and how many there are where nobody asks.
const ITEMS_MAX: usize = 1000;

/// A name from the path. What is no legal name gets the answer of a name that nobody knows.
#[derive(Debug)]
pub(crate) struct Named<T>(pub(crate) T);

impl<S: Send + Sync> FromRequestParts<S> for Named<DomainName> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        named("domain", path(parts, state).await?)
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Named<ProductRef> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let (domain, product): (String, String) = path(parts, state).await?;
        named("product", format!("{domain}.{product}"))
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Named<PortRef> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let (domain, product, port): (String, String, String) = path(parts, state).await?;
        named("port", format!("{domain}.{product}.{port}"))
    }
}

/// An id from the path, of whatever form.
#[derive(Debug)]
pub(crate) struct Id(pub(crate) String);

impl<S: Send + Sync> FromRequestParts<S> for Id {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        path(parts, state).await.map(Id)
    }
}

/// What the query string says.
#[derive(Debug)]
pub(crate) struct Queried<T>(pub(crate) T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for Queried<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        match Query::<T>::from_request_parts(parts, state).await {
            Ok(Query(asked)) => Ok(Queried(asked)),
            Err(_) => Err(Problem::malformed("the query string is not well-formed")),
        }
    }
}

/// Which part of a list is wanted.
#[derive(Debug)]
pub(crate) struct Wanted {
    /// Words to search for.
    pub(crate) q: Option<String>,
    /// The `next` of the part before.
    pub(crate) after: Option<String>,
    /// 1 to [`ITEMS_MAX`].
    pub(crate) limit: usize,
}

/// The same as text: what is no number gets an answer that says so.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct WantedQuery {
    /// Words to search for, where the list can be searched.
    #[param(max_length = 500)]
    q: Option<String>,
    /// The `next` of the part before.
    after: Option<String>,
    /// Most items of this part.
    #[param(value_type = Option<u64>, minimum = 1, maximum = 1000)]
    limit: Option<String>,
}

impl<S: Send + Sync> FromRequestParts<S> for Wanted {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let Queried(query) = Queried::<WantedQuery>::from_request_parts(parts, state).await?;
        if query.q.as_ref().is_some_and(|q| q.chars().count() > SEARCH_CHARS_MAX) {
            return Err(Problem::malformed(format!("`q` is longer than {SEARCH_CHARS_MAX} characters")));
        }
        let limit = number("limit", query.limit.as_deref(), ITEMS_MAX, 1..=ITEMS_MAX)?;
        Ok(Wanted { q: query.q, after: query.after, limit })
    }
}

impl Wanted {
    /// The wanted part of a whole list, which is in the order of `key`.
    pub(crate) fn part_of<T>(&self, items: Vec<T>, key: impl Fn(&T) -> String) -> weft_wire::Page<T> {
        let after = self.after.as_deref();
        let mut items: Vec<T> =
            items.into_iter().filter(|item| after.is_none_or(|after| key(item).as_str() > after)).collect();
        let more = items.len() > self.limit;
        items.truncate(self.limit);
        weft_wire::Page { next: items.last().filter(|_| more).map(key), items }
    }
}

/// The number that `text` is; `default` where nothing is said.
pub(crate) fn number<T>(name: &str, text: Option<&str>, default: T, allowed: RangeInclusive<T>) -> Result<T, Problem>
where
    T: Copy + Display + FromStr + PartialOrd,
{
    match text.map(str::parse) {
        None => Ok(default),
        Some(Ok(number)) if allowed.contains(&number) => Ok(number),
        Some(_) => {
            let (least, most) = (allowed.start(), allowed.end());
            Err(Problem::malformed(format!("`{name}` is not a number from {least} to {most}")))
        }
    }
}

/// The body of a request as `what` it is to be.
pub(crate) fn body<T: DeserializeOwned>(body: &[u8], what: &str) -> Result<T, Problem> {
    serde_json::from_slice(body).map_err(|error| Problem::malformed(format!("the body is no {what} as JSON: {error}")))
}

async fn path<T: DeserializeOwned + Send, S: Send + Sync>(parts: &mut Parts, state: &S) -> Result<T, Problem> {
    match Path::<T>::from_request_parts(parts, state).await {
        Ok(Path(value)) => Ok(value),
        Err(_) => Err(Problem::malformed("the path is not UTF-8")),
    }
}

fn named<T: FromStr>(kind: &'static str, name: String) -> Result<Named<T>, Problem> {
    match name.parse() {
        Ok(parsed) => Ok(Named(parsed)),
        Err(_) => Err(CatalogError::NotFound { kind, name }.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_of_a_list_add_up_to_the_list() {
        let all: Vec<String> = ["a.b", "a.b_c", "a.c", "b.a", "c.a"].map(str::to_owned).to_vec();
        for limit in 1..=6 {
            let (mut after, mut seen) = (None, Vec::new());
            loop {
                let part = Wanted { q: None, after, limit }.part_of(all.clone(), Clone::clone);
                seen.extend(part.items);
                after = part.next;
                if after.is_none() {
                    break;
                }
            }
            assert_eq!(seen, all, "limit {limit}");
        }
    }
}
