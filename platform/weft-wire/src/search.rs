//! What is found by words: `GET /api/v1/search?q=`.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use weft_model::{PortRef, ProductRef};

/// What is found, as far as the asker may discover it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SearchAnswer {
    /// The best first, then by name.
    pub items: Vec<SearchHit>,
    /// How many there are in all.
    pub total: u64,
    pub facets: SearchFacets,
    /// The question in words that are found, where some of its words are not.
    pub did_you_mean: Option<String>,
    /// Milliseconds that it took to find them.
    pub took_ms: Option<f64>,
    /// What to send as `after` to get the next part; `null` at the end.
    pub next: Option<String>,
}

/// Something found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SearchHit {
    /// `product`, `port`, `column` or `person`.
    pub kind: String,
    /// The full name; of a person with what it is: `group:sales-owners`, `user:omar`, `contact:sales@example.com`.
    pub id: String,
    /// The title of a product, the name of a person.
    pub title: Option<String>,
    /// What it is for; of a person, what it answers for.
    pub description: String,
    /// `null` for a person.
    #[schema(value_type = Option<String>)]
    pub product: Option<ProductRef>,
    /// Set for a port or column.
    #[schema(value_type = Option<String>)]
    pub port: Option<PortRef>,
    /// Set for a column.
    pub column: Option<String>,
    /// The first one for a person who answers for several.
    pub domain: String,
    /// The group that owns the domain; `null` for a person.
    pub owner: Option<String>,
    /// Whether the asker may read it, or some port of it, if perhaps not every row or column.
    pub can_query: bool,
    /// How many of its columns the asker reads in clear.
    pub columns_readable: u64,
    /// How many of its columns the asker may know of.
    pub columns_total: u64,
    /// Why it was found, the best first; empty where nothing was asked for by words.
    pub matched: Vec<SearchMatch>,
    /// How many other texts, ports and columns of it match.
    pub more_matches: u64,
}

/// Where words stand in something found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SearchMatch {
    /// `name`, `title`, `description`, `tag`, `owner` or `domain` of the thing itself; `port` or `column` for the name of a
    /// part of it; `portDescription`, `portTag`, `columnDescription` or `columnTag` for what else is said of that.
    pub field: String,
    /// The part of it that this is about: `lines`, `lines.net_eur`. `null` where it is about the thing itself.
    pub of: Option<String>,
    /// The whole text in which the words stand.
    pub text: String,
    /// From where to where, in UTF-16 code units, as JavaScript counts; in order, apart from each other.
    pub offsets: Vec<[u64; 2]>,
}

/// How many there are of what.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SearchFacets {
    /// Of each kind, whichever is asked for. Products are those in which anything is found.
    pub kinds: Vec<SearchCount>,
    /// In each domain, whichever is asked for; those without any are left out.
    pub domains: Vec<SearchCount>,
    /// How many the asker may query, whether or not these are asked for alone.
    pub can_query: u64,
}

/// How many there are of one kind, or in one domain.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SearchCount {
    /// The kind, or the domain.
    pub name: String,
    pub count: u64,
}
