//! The configuration file of `weft serve`: TOML with the names of the flags as keys.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use schemars::JsonSchema;
use toml::Spanned;
use toml::de::{DeTable, DeValue};
use weft_model::{Code, Diagnostic, Place};

use crate::settings::{self, FLIGHT, HTTP, Settings, SharedCatalog};
use oidc::OidcTable;
use rates::RatesTable;
use tls::TlsTable;
use traces::TracesTable;
use webhooks::WebhookTable;

/// What a configuration file may say.
#[derive(Debug, JsonSchema)]
#[schemars(deny_unknown_fields)]
#[expect(dead_code, reason = "describes the file; the reader keeps the places of what it reads")]
struct Config {
    /// Folder with `products/` and `governance/`, or a git URL.
    mesh: String,
    /// Folder that holds all local state. Default: `.weft`.
    home: Option<String>,
    /// URL of a Postgres database that holds the catalog, which several nodes may share: `postgres://user@host/database`,
    /// with `?sslmode=verify-full` for one that is not at this machine. Default: a file in the home.
    catalog: Option<String>,
    /// File with the password for that database. Default: none, or the URL's.
    catalog_password: Option<String>,
    /// URL of the object store for tables. Default: `warehouse/` in the home.
    warehouse: Option<String>,
    /// Address of the HTTP door, `host:port`. Default: `127.0.0.1:8080`.
    http: Option<String>,
    /// What the paths of the HTTP door begin with, such as `/weft`, for a proxy that passes them on. Default: none.
    base_path: Option<String>,
    /// URL under which browsers reach the HTTP door, without `base_path`. Default: `http`, by its own scheme.
    public_url: Option<String>,
    /// Address of the Flight SQL door, `host:port`. Default: `127.0.0.1:8815`.
    flight: Option<String>,
    /// TLS of both doors, without which they listen on loopback only. Default: none.
    tls: Option<TlsTable>,
    /// Who proves identities, beside this server itself. Default: none.
    oidc: Option<OidcTable>,
    /// Whom the mesh tells of what happens in it. Default: nobody.
    webhooks: Option<Vec<WebhookTable>>,
    /// How often one may ask. Default: as each key says.
    rates: Option<RatesTable>,
    /// Environment of `mesh.yaml` from which variables in manifests take their values. Default: none.
    environment: Option<String>,
    /// Where traces are sent. Default: nowhere.
    traces: Option<TracesTable>,
    /// Most memory that the process may hold, such as `8 GiB`. Default: four fifths of the machine's, or of the limit of the
    /// container or service that it runs in where that is less.
    memory_max: Option<String>,
    /// Seconds for which what is under way is waited for when the process is told to end. Whoever ends it must wait some
    /// seconds longer. Default: 10.
    drain_seconds: Option<u32>,
}

const KEYS: [&str; 17] = [
    "mesh",
    "home",
    "catalog",
    "catalog_password",
    "warehouse",
    "http",
    "base_path",
    "public_url",
    "flight",
    "tls",
    "oidc",
    "webhooks",
    "rates",
    "environment",
    "traces",
    "memory_max",
    "drain_seconds",
];
/// The JSON Schema of a configuration file.
pub fn schema() -> serde_json::Value {
    schemars::schema_for!(Config).to_value()
}

/// Reads a configuration. `file` is the name that diagnostics use. Relative paths are relative to
/// the current directory, as with flags.
///
/// # Errors
///
/// Every problem of the text, in order of place; never empty.
pub fn read(file: &str, text: &str) -> Result<Settings, Vec<Diagnostic>> {
    let mut reader = Reader { file, text, problems: Vec::new() };
    let table = match DeTable::parse(text) {
        Ok(table) => table.into_inner(),
        Err(error) => {
            let place = reader.place(error.span().unwrap_or(0..0));
            return Err(vec![Diagnostic::error(
                Code::VALUE_NOT_ALLOWED,
                place,
                format!("not TOML: {}", error.message()),
            )]);
        }
    };
    reader.refuse_unknown(&table, &KEYS);
    let mesh = reader.text_of(&table, "mesh");
    if !table.contains_key("mesh") {
        let message = "the key `mesh` is missing";
        reader.problems.push(
            Diagnostic::error(Code::KEY_MISSING, Place::start_of(file), message)
                .help("write `mesh = \"FOLDER or git URL\"`"),
        );
    }
    let memory_max = reader.memory_of(&table);
    let settings = Settings {
        mesh: mesh.unwrap_or_default(),
        home: reader.text_of(&table, "home").map_or_else(|| PathBuf::from(".weft"), PathBuf::from),
        catalog: reader.catalog_of(&table),
        warehouse: reader.text_of(&table, "warehouse"),
        http: reader.address_of(&table, "http", HTTP),
        public_url: reader.text_of(&table, "public_url"),
        oidc: reader.oidc_of(&table),
        base_path: reader.text_of(&table, "base_path").unwrap_or_default(),
        offers_demo: false,
        flight: reader.address_of(&table, "flight", FLIGHT),
        tls: reader.tls_of(&table),
        webhooks: reader.webhooks_of(&table),
        environment: reader.text_of(&table, "environment"),
        traces: reader.traces_of(&table),
        store: HashMap::new(),
        memory_max,
        drain: reader.drain_of(&table),
        limits: weft_engine::Limits::within(memory_max),
        rates: reader.rates_of(&table),
    };
    let mut problems = reader.problems;
    weft_model::diagnostic::sort(&mut problems);
    if problems.is_empty() { Ok(settings) } else { Err(problems) }
}

/// Bytes of the text, from and to.
type Span = std::ops::Range<usize>;

struct Reader<'a> {
    file: &'a str,
    text: &'a str,
    problems: Vec<Diagnostic>,
}

impl Reader<'_> {
    fn place(&self, span: Span) -> Place {
        Place::of_bytes(self.file, self.text, span.start, span.end)
    }

    fn refuse_unknown(&mut self, table: &DeTable<'_>, keys: &[&str]) {
        for (key, _) in table {
            let name = key.get_ref().as_ref();
            if keys.contains(&name) {
                continue;
            }
            let near = keys.iter().find(|known| strsim::damerau_levenshtein(known, name) <= 2);
            let help = match near {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("the keys are {}", keys.join(", ")),
            };
            let place = self.place(key.span());
            self.problems.push(Diagnostic::error(Code::KEY_UNKNOWN, place, format!("unknown key `{name}`")).help(help));
        }
    }

    fn text_of(&mut self, table: &DeTable<'_>, key: &str) -> Option<String> {
        let value: &Spanned<DeValue<'_>> = table.get(key)?;
        match value.get_ref() {
            DeValue::String(text) => Some(text.to_string()),
            other => {
                let place = self.place(value.span());
                let message = format!("`{key}` is a string, this is {}", article(other.type_str()));
                self.problems.push(Diagnostic::error(Code::WRONG_TYPE, place, message));
                None
            }
        }
    }

    fn catalog_of(&mut self, table: &DeTable<'_>) -> Option<SharedCatalog> {
        let password = self.secret_of(table, "catalog_password");
        let url = self.text_of(table, "catalog")?;
        let known = url::Url::parse(&url).is_ok_and(|url| ["postgres", "postgresql"].contains(&url.scheme()));
        if !known {
            let place = self.place(table.get("catalog").map_or(0..0, Spanned::span));
            // Without the text, in which a password may stand.
            let problem =
                Diagnostic::error(Code::VALUE_NOT_ALLOWED, place, "`catalog` is no URL of a Postgres database");
            self.problems
                .push(problem.help("write `postgres://USER@HOST/DATABASE`, or leave it out for a file in the home"));
        }
        Some(SharedCatalog { url, password })
    }

    /// The table that `key` names, whose keys are known; where there is something else, `help` says what to write.
    fn table_of<'t, 'i>(
        &mut self,
        table: &'t DeTable<'i>,
        key: &str,
        keys: &[&str],
        help: &str,
    ) -> Option<(&'t DeTable<'i>, Span)> {
        let value: &Spanned<DeValue<'i>> = table.get(key)?;
        let DeValue::Table(inner) = value.get_ref() else {
            let message = format!("`{key}` is a table, this is {}", article(value.get_ref().type_str()));
            let problem = Diagnostic::error(Code::WRONG_TYPE, self.place(value.span()), message);
            self.problems.push(problem.help(help));
            return None;
        };
        self.refuse_unknown(inner, keys);
        Some((inner, value.span()))
    }

    /// Tells of each of `keys` that the table at that place lacks. `of` is what messages call the table.
    fn demand(&mut self, table: &DeTable<'_>, of: &str, span: &Span, keys: &[&str]) {
        for key in keys.iter().filter(|key| !table.contains_key(**key)) {
            let message = format!("the key `{key}` of {of} is missing");
            self.problems.push(Diagnostic::error(Code::KEY_MISSING, self.place(span.clone()), message));
        }
    }

    /// The secret in the file that `key` names.
    fn secret_of(&mut self, table: &DeTable<'_>, key: &str) -> Option<String> {
        let file = self.text_of(table, key)?;
        match std::fs::read_to_string(&file) {
            Ok(secret) => Some(secret.trim().to_owned()),
            Err(error) => {
                let place = self.place(table.get(key).map_or(0..0, Spanned::span));
                let message = format!("cannot read `{file}`: {error}");
                let problem = Diagnostic::error(Code::VALUE_NOT_ALLOWED, place, message);
                self.problems
                    .push(problem.help(format!("`{key}` names a file that holds the secret and nothing else")));
                None
            }
        }
    }

    fn memory_of(&mut self, table: &DeTable<'_>) -> Option<u64> {
        let text = self.text_of(table, "memory_max")?;
        let size = settings::memory(&text);
        if size.is_none() {
            let place = self.place(table.get("memory_max").map_or(0..0, Spanned::span));
            let message = format!("`{text}` is not a size of at least 1 GiB");
            let help = "write a number and a unit, such as `8 GiB`";
            self.problems.push(Diagnostic::error(Code::VALUE_NOT_ALLOWED, place, message).help(help));
        }
        size
    }

    fn drain_of(&mut self, table: &DeTable<'_>) -> Duration {
        let seconds = self.number_of(table, "drain_seconds");
        seconds.map_or(settings::DRAIN, |seconds| Duration::from_secs(seconds.get().into()))
    }

    fn address_of(&mut self, table: &DeTable<'_>, key: &str, default: &str) -> SocketAddr {
        let fallback = SocketAddr::from(([127, 0, 0, 1], 0));
        let text = self.text_of(table, key);
        match text.as_deref().unwrap_or(default).parse() {
            Ok(address) => address,
            Err(_) => {
                let span = table.get(key).map_or(0..0, Spanned::span);
                let place = self.place(span);
                let message = format!("`{}` is not an address", text.unwrap_or_default());
                let help = format!("write an IP address and a port, such as `{default}`");
                self.problems.push(Diagnostic::error(Code::VALUE_NOT_ALLOWED, place, message).help(help));
                fallback
            }
        }
    }
}

fn article(word: &str) -> String {
    let article = if word.starts_with(['a', 'e', 'i', 'o', 'u']) { "an" } else { "a" };
    format!("{article} {word}")
}

mod claims;
mod oidc;
mod rates;
mod tls;
mod traces;
mod webhooks;

#[cfg(test)]
mod sample;

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use super::*;

    #[track_caller]
    pub(super) fn check(text: &str, expected: Expect) {
        let shown = match read("weft.toml", text) {
            Ok(settings) => format!("{} {} {} {:?}", settings.mesh, settings.http, settings.flight, settings.warehouse),
            Err(problems) => problems.iter().map(|problem| format!("{problem}\n")).collect(),
        };
        expected.assert_eq(&shown);
    }

    #[test]
    fn what_is_left_out_has_its_default() {
        check("mesh = \"/srv/mesh\"\nhttp = \"127.0.0.1:80\"\n", expect!["/srv/mesh 127.0.0.1:80 127.0.0.1:8815 None"]);
    }

    #[test]
    fn every_problem_is_told_at_its_place() {
        check(
            "hom = \"x\"\ncolour = 1\nwarehouse = 7\nflight = \"here\"\n",
            expect![[r#"
            weft.toml:1:1 W0106 the key `mesh` is missing
            help: write `mesh = "FOLDER or git URL"`
            weft.toml:1:1 W0107 unknown key `hom`
            help: did you mean `home`?
            weft.toml:2:1 W0107 unknown key `colour`
            help: the keys are mesh, home, catalog, catalog_password, warehouse, http, base_path, public_url, flight, tls, oidc, webhooks, rates, environment, traces, memory_max, drain_seconds
            weft.toml:3:13 W0105 `warehouse` is a string, this is an integer
            weft.toml:4:10 W0108 `here` is not an address
            help: write an IP address and a port, such as `127.0.0.1:8815`
        "#]],
        );
        check(
            "mesh = \"x\nhome = 1",
            expect![[r#"
            weft.toml:1:10 W0108 not TOML: invalid basic string, expected `"`
        "#]],
        );
    }

    #[test]
    fn memory_is_a_number_and_a_unit() {
        let settings = read("weft.toml", "mesh = \"m\"\nmemory_max = \"8 GiB\"\n").unwrap();
        assert_eq!((settings.memory_max, settings.limits.memory_bytes_max), (Some(8 << 30), 4 << 30));
        check(
            "mesh = \"m\"\nmemory_max = \"8 MiB\"\n",
            expect![[r#"
                weft.toml:2:14 W0108 `8 MiB` is not a size of at least 1 GiB
                help: write a number and a unit, such as `8 GiB`
            "#]],
        );
    }

    #[test]
    fn the_schema_has_the_keys_that_are_read() {
        let schema = schema();
        let mut keys: Vec<&String> = schema["properties"].as_object().unwrap().keys().collect();
        let mut read = KEYS;
        keys.sort();
        read.sort_unstable();
        assert_eq!(keys, read);
    }
}
