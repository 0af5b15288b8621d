//! `[traces]`: where traces are sent.

use std::collections::HashMap;

use schemars::JsonSchema;
use toml::Spanned;
use toml::de::DeTable;
use weft_model::{Code, Diagnostic};

use super::Reader;
use crate::traces::TraceSettings;

/// A collector that takes traces by OTLP, as Protobuf over HTTP. One that is down holds nothing up: what it misses is lost.
#[derive(Debug, JsonSchema)]
#[schemars(deny_unknown_fields)]
#[expect(dead_code, reason = "describes the file; the reader keeps the places of what it reads")]
pub(super) struct TracesTable {
    /// URL that takes traces, with its path, which is `/v1/traces` for most.
    endpoint: String,
    /// Which part is sent of the traces that begin here, such as `10 %`; of those that a client began, what it says.
    /// Default: `100 %`.
    sampled: Option<String>,
    /// File with what is sent along, a line `NAME: VALUE` for each header. Default: none.
    headers: Option<String>,
}

pub(super) const TRACES_KEYS: [&str; 3] = ["endpoint", "sampled", "headers"];

impl Reader<'_> {
    pub(super) fn traces_of(&mut self, table: &DeTable<'_>) -> Option<TraceSettings> {
        let help = "write `[traces]`, and below it `endpoint`";
        let (traces, span) = self.table_of(table, "traces", &TRACES_KEYS, help)?;
        self.demand(traces, "`traces`", &span, &["endpoint"]);
        let (sampled, headers) = (self.sampled_of(traces), self.headers_of(traces));
        let endpoint = self.text_of(traces, "endpoint")?;
        let is_web = url::Url::parse(&endpoint).is_ok_and(|url| ["http", "https"].contains(&url.scheme()));
        if !is_web {
            let place = self.place(traces.get("endpoint").map_or(0..0, Spanned::span));
            let problem =
                Diagnostic::error(Code::VALUE_NOT_ALLOWED, place, format!("`{endpoint}` is no URL of the web"));
            self.problems.push(problem.help("write one such as `http://127.0.0.1:4318/v1/traces`"));
        }
        Some(TraceSettings { endpoint, sampled, headers })
    }

    /// The part of traces that is sent, from 0 to 1.
    fn sampled_of(&mut self, traces: &DeTable<'_>) -> f64 {
        let Some(text) = self.text_of(traces, "sampled") else { return 1.0 };
        let percent = text.strip_suffix('%').and_then(|number| number.trim().parse::<f64>().ok());
        if let Some(percent) = percent.filter(|percent| (0.0..=100.0).contains(percent)) {
            return percent / 100.0;
        }
        let place = self.place(traces.get("sampled").map_or(0..0, Spanned::span));
        let problem = Diagnostic::error(Code::VALUE_NOT_ALLOWED, place, format!("`{text}` is no part of a whole"));
        self.problems.push(problem.help("write it from `0 %` to `100 %`"));
        1.0
    }

    /// The headers in the file that `headers` names.
    fn headers_of(&mut self, traces: &DeTable<'_>) -> HashMap<String, String> {
        let Some(file) = self.text_of(traces, "headers") else { return HashMap::new() };
        let line =
            |line: &str| line.split_once(':').map(|(name, value)| (name.trim().to_owned(), value.trim().to_owned()));
        let (message, help) = match std::fs::read_to_string(&file) {
            Ok(text) => match text.lines().filter(|line| !line.trim().is_empty()).map(line).collect() {
                Some(headers) => return headers,
                // What stands there is secret.
                None => (format!("`{file}` has a line that is no header"), "write `NAME: VALUE` on each line"),
            },
            Err(error) => {
                (format!("cannot read `{file}`: {error}"), "`headers` names a file with a line for each header")
            }
        };
        let place = self.place(traces.get("headers").map_or(0..0, Spanned::span));
        self.problems.push(Diagnostic::error(Code::VALUE_NOT_ALLOWED, place, message).help(help));
        HashMap::new()
    }
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use crate::config::read;
    use crate::config::tests::check;

    #[test]
    fn traces_are_a_table_of_where_and_how_many() {
        let settings =
            read("weft.toml", "mesh = \"m\"\n[traces]\nendpoint = \"http://c/v1/traces\"\nsampled = \"5 %\"\n");
        let traces = settings.unwrap().traces.unwrap();
        assert_eq!((traces.endpoint.as_str(), traces.sampled), ("http://c/v1/traces", 0.05));
        check(
            "mesh = \"m\"\n[traces]\nendpoint = \"ftp://c\"\nsampled = \"all\"\nheader = \"f\"\n",
            expect![[r#"
                weft.toml:3:12 W0108 `ftp://c` is no URL of the web
                help: write one such as `http://127.0.0.1:4318/v1/traces`
                weft.toml:4:11 W0108 `all` is no part of a whole
                help: write it from `0 %` to `100 %`
                weft.toml:5:1 W0107 unknown key `header`
                help: did you mean `headers`?
            "#]],
        );
    }
}
