//! In which form rows are wanted.

use axum::http::HeaderMap;
use axum::http::header::ACCEPT;
use weft_wire::ARROW_STREAM;

use crate::problem::Problem;

/// In which form rows leave.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SqlFormat {
    Json,
    Arrow,
}

impl SqlFormat {
    /// The form that the header `accept` likes best; JSON where it says nothing.
    pub(crate) fn wanted(headers: &HeaderMap) -> Result<SqlFormat, Problem> {
        let mut best: Option<(SqlFormat, f32)> = None;
        let mut asked = false;
        for range in headers.get_all(ACCEPT).iter().filter_map(|value| value.to_str().ok()).flat_map(|v| v.split(',')) {
            asked = true;
            let (media, weight) = weighed(range);
            let Some(format) = SqlFormat::of(&media) else { continue };
            if weight > 0.0 && best.is_none_or(|(_, most)| weight > most) {
                best = Some((format, weight));
            }
        }
        match best {
            Some((format, _)) => Ok(format),
            None if asked => Err(Problem::not_acceptable()),
            None => Ok(SqlFormat::Json),
        }
    }

    pub(crate) fn media_type(self) -> &'static str {
        match self {
            SqlFormat::Json => "application/json",
            SqlFormat::Arrow => ARROW_STREAM,
        }
    }

    fn of(media: &str) -> Option<SqlFormat> {
        match media {
            "*/*" | "application/*" | "application/json" => Some(SqlFormat::Json),
            ARROW_STREAM => Some(SqlFormat::Arrow),
            _ => None,
        }
    }
}

/// A media range in lower case, and how much it is liked.
fn weighed(range: &str) -> (String, f32) {
    let mut parts = range.split(';').map(str::trim);
    let media = parts.next().unwrap_or_default().to_ascii_lowercase();
    let weight = parts.find_map(|part| part.strip_prefix("q=").or_else(|| part.strip_prefix("Q=")));
    (media, weight.map_or(1.0, |weight| weight.parse().unwrap_or(0.0)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(accept: &[&str], expected: Option<SqlFormat>) {
        let mut headers = HeaderMap::new();
        for value in accept {
            headers.append(ACCEPT, value.parse().unwrap());
        }
        assert_eq!(SqlFormat::wanted(&headers).ok(), expected, "{accept:?}");
    }

    #[test]
    fn the_form_liked_best_is_taken() {
        check(&[], Some(SqlFormat::Json));
        check(&["*/*"], Some(SqlFormat::Json));
        check(&["text/html, application/*;q=0.8"], Some(SqlFormat::Json));
        check(&["application/vnd.apache.arrow.stream"], Some(SqlFormat::Arrow));
        check(&["Application/Vnd.Apache.Arrow.Stream, */*;q=0.1"], Some(SqlFormat::Arrow));
        check(&["application/json;q=0.5", "application/vnd.apache.arrow.stream;q=0.4"], Some(SqlFormat::Json));
        check(&["text/html"], None);
        check(&["application/json;q=0"], None);
        check(&["application/json;q=much"], None);
    }
}
