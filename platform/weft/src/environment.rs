//! What is taken from environment variables: options of object stores, and the values of variables that
//! `mesh.yaml` allows manifests. (Arguments read `WEFT_SERVER`, `WEFT_TOKEN` and `WEFT_ENVIRONMENT`.)

use std::collections::HashMap;

const PREFIXES: [&str; 3] = ["AWS_", "AZURE_", "GOOGLE_"];

/// Options for object stores from variables such as `AWS_ENDPOINT_URL`, under lower-case names.
#[expect(clippy::disallowed_methods, reason = "the binary reads the environment and passes on what it found")]
pub fn store_options() -> HashMap<String, String> {
    options_of(
        std::env::vars_os().filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?))),
    )
}

/// The value of one variable, as long as it is a text.
#[expect(clippy::disallowed_methods, reason = "the binary reads the environment and passes on what it found")]
pub fn value_of(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

fn options_of(variables: impl Iterator<Item = (String, String)>) -> HashMap<String, String> {
    let mut options: HashMap<String, String> = variables
        .filter(|(name, value)| PREFIXES.iter().any(|prefix| name.starts_with(prefix)) && !value.is_empty())
        .map(|(name, value)| (name.to_lowercase(), value))
        .collect();
    let endpoint = options.get("aws_endpoint_url").or_else(|| options.get("aws_endpoint"));
    if endpoint.is_some_and(|url| url.starts_with("http://")) {
        options.entry("aws_allow_http".to_owned()).or_insert_with(|| "true".to_owned());
    }
    options
}

#[cfg(test)]
mod tests {
    use super::*;

    fn options(variables: &[(&str, &str)]) -> Vec<(String, String)> {
        let variables = variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        let mut options: Vec<_> = options_of(variables).into_iter().collect();
        options.sort();
        options
    }

    #[test]
    fn only_variables_of_stores_are_taken_and_plain_http_is_allowed_where_it_is_asked_for() {
        let given =
            [("AWS_ENDPOINT_URL", "http://127.0.0.1:5000"), ("AWS_REGION", ""), ("HOME", "/root"), ("WEFT_TOKEN", "x")];
        let expected = [("aws_allow_http", "true"), ("aws_endpoint_url", "http://127.0.0.1:5000")];
        assert_eq!(options(&given), expected.map(|(name, value)| (name.to_owned(), value.to_owned())));
    }

    #[test]
    fn https_allows_no_http() {
        let given = [("AWS_ENDPOINT", "https://store.example"), ("GOOGLE_SERVICE_ACCOUNT", "key.json")];
        assert!(!options(&given).iter().any(|(name, _)| name == "aws_allow_http"));
    }
}
