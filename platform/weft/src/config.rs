//! The configuration file of `weft serve`: TOML with the names of the flags as keys.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::num::NonZeroU32;
use std::path::PathBuf;

use schemars::JsonSchema;
use toml::Spanned;
use toml::de::{DeTable, DeValue};
use weft_identity::{OidcSettings, RateSettings};
use weft_model::{Code, Diagnostic, Place};

use crate::settings::{self, FLIGHT, HTTP, Settings, SharedCatalog};
use crate::tls::TlsFiles;
use crate::traces::TraceSettings;
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
}

/// Files in PEM. They are looked at each second, and taken anew when they have changed.
#[derive(Debug, JsonSchema)]
#[schemars(deny_unknown_fields)]
#[expect(dead_code, reason = "describes the file; the reader keeps the places of what it reads")]
struct TlsTable {
    /// File with the server's certificate, and after it those that vouch for it.
    certificate: String,
    /// File with the private key of the first certificate.
    key: String,
    /// File with certificates of which one must vouch for each client. Default: clients show none.
    client_ca: Option<String>,
}

/// An identity provider that speaks OpenID Connect. It sends browsers back to `auth/callback` below `public_url` and
/// `base_path`; its tokens are taken as bearers on every door.
#[derive(Debug, JsonSchema)]
#[schemars(deny_unknown_fields)]
#[expect(dead_code, reason = "describes the file; the reader keeps the places of what it reads")]
struct OidcTable {
    /// URL of the provider, below which it describes itself.
    issuer: String,
    /// As which client the provider knows this mesh.
    client_id: String,
    /// File with the secret of that client. Default: none, for a public client.
    client_secret: Option<String>,
    /// The claim that holds the name of a principal: `preferred_username`, `email` or `sub`. Default: `preferred_username`.
    name_claim: Option<String>,
    /// Name of the provider on the page to sign in. Default: the host of `issuer`.
    name: Option<String>,
    /// For whom a bearer token must be meant, one of these; none is taken where the list is empty. Default: `client_id`.
    audience: Option<Vec<String>>,
    /// Who is a principal: whoever stands in `governance/principals.yaml` (`files`), or whoever the provider vouches for
    /// besides, with groups and attributes from its claims (`claims`). Default: `files`.
    principals: Option<String>,
    /// The claim with a list of groups; those that `governance/principals.yaml` declares count. Default: none.
    groups_claim: Option<String>,
    /// Names of attributes and the claims that hold them; a list where both have one name. Default: none.
    attributes: Option<AttributesTable>,
}

/// A collector that takes traces by OTLP, as Protobuf over HTTP. One that is down holds nothing up: what it misses is lost.
#[derive(Debug, JsonSchema)]
#[schemars(deny_unknown_fields)]
#[expect(dead_code, reason = "describes the file; the reader keeps the places of what it reads")]
struct TracesTable {
    /// URL that takes traces, with its path, which is `/v1/traces` for most.
    endpoint: String,
    /// Which part is sent of the traces that begin here, such as `10 %`; of those that a client began, what it says.
    /// Default: `100 %`.
    sampled: Option<String>,
    /// File with what is sent along, a line `NAME: VALUE` for each header. Default: none.
    headers: Option<String>,
}

#[derive(Debug, JsonSchema)]
#[schemars(untagged)]
#[expect(dead_code, reason = "describes the file; the reader keeps the places of what it reads")]
enum AttributesTable {
    OneName(Vec<String>),
    Names(std::collections::BTreeMap<String, String>),
}

/// Numbers of at least 1, for this server alone. Beyond them HTTP answers with 429, and Flight SQL with `RESOURCE_EXHAUSTED`.
#[derive(Debug, JsonSchema)]
#[schemars(deny_unknown_fields)]
#[expect(dead_code, reason = "describes the file; the reader keeps the places of what it reads")]
struct RatesTable {
    /// Requests of one principal in a second, on all doors together, over a longer time. Default: 5000.
    requests_per_second: Option<u32>,
    /// How many of them may come at once. Default: 10000.
    requests_burst: Option<u32>,
    /// Credentials from one address in a minute that do not hold. Default: 1000.
    refusals_per_minute: Option<u32>,
}

const KEYS: [&str; 16] = [
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
];
const OIDC_KEYS: [&str; 9] = [
    "issuer",
    "client_id",
    "client_secret",
    "name_claim",
    "name",
    "audience",
    "principals",
    "groups_claim",
    "attributes",
];
const TRACES_KEYS: [&str; 3] = ["endpoint", "sampled", "headers"];
const RATES_KEYS: [&str; 3] = ["requests_per_second", "requests_burst", "refusals_per_minute"];
const TLS_KEYS: [&str; 3] = ["certificate", "key", "client_ca"];

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
        limits: weft_engine::Limits::within(memory_max),
        rates: reader.rates_of(&table),
    };
    let mut problems = reader.problems;
    weft_model::diagnostic::sort(&mut problems);
    if problems.is_empty() { Ok(settings) } else { Err(problems) }
}

struct Reader<'a> {
    file: &'a str,
    text: &'a str,
    problems: Vec<Diagnostic>,
}

impl Reader<'_> {
    fn place(&self, span: std::ops::Range<usize>) -> Place {
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

    fn tls_of(&mut self, table: &DeTable<'_>) -> Option<TlsFiles> {
        let value: &Spanned<DeValue<'_>> = table.get("tls")?;
        let DeValue::Table(tls) = value.get_ref() else {
            let message = format!("`tls` is a table, this is {}", article(value.get_ref().type_str()));
            let problem = Diagnostic::error(Code::WRONG_TYPE, self.place(value.span()), message);
            self.problems.push(problem.help("write `[tls]`, and below it `certificate` and `key`"));
            return None;
        };
        self.refuse_unknown(tls, &TLS_KEYS);
        for key in ["certificate", "key"].into_iter().filter(|key| !tls.contains_key(*key)) {
            let message = format!("the key `{key}` of `tls` is missing");
            let problem = Diagnostic::error(Code::KEY_MISSING, self.place(value.span()), message);
            self.problems.push(problem.help(format!("write `{key} = \"FILE\"`, a file in PEM")));
        }
        let certificate = self.text_of(tls, "certificate").map(PathBuf::from);
        let key = self.text_of(tls, "key").map(PathBuf::from);
        let client_ca = self.text_of(tls, "client_ca").map(PathBuf::from);
        Some(TlsFiles { certificate: certificate?, key: key?, client_ca })
    }

    fn oidc_of(&mut self, table: &DeTable<'_>) -> Option<OidcSettings> {
        let value: &Spanned<DeValue<'_>> = table.get("oidc")?;
        let DeValue::Table(oidc) = value.get_ref() else {
            let message = format!("`oidc` is a table, this is {}", article(value.get_ref().type_str()));
            let problem = Diagnostic::error(Code::WRONG_TYPE, self.place(value.span()), message);
            self.problems.push(problem.help("write `[oidc]`, and below it `issuer` and `client_id`"));
            return None;
        };
        self.refuse_unknown(oidc, &OIDC_KEYS);
        for key in ["issuer", "client_id"].into_iter().filter(|key| !oidc.contains_key(*key)) {
            let message = format!("the key `{key}` of `oidc` is missing");
            self.problems.push(Diagnostic::error(Code::KEY_MISSING, self.place(value.span()), message));
        }
        let (issuer, client_id) = (self.text_of(oidc, "issuer"), self.text_of(oidc, "client_id"));
        let secret = self.secret_of(oidc, "client_secret");
        let claims = self.claims_of(oidc);
        let audience = self.texts_of(oidc, "audience");
        let host = issuer.as_ref().and_then(|issuer| Some(url::Url::parse(issuer).ok()?.host_str()?.to_owned()));
        let name = self.text_of(oidc, "name").or(host).unwrap_or_default();
        let (issuer, client_id) = (issuer?, client_id?);
        let audiences = audience.unwrap_or_else(|| vec![client_id.clone()]);
        Some(OidcSettings { name, issuer, client_id, client_secret: secret, audiences, claims })
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

    fn traces_of(&mut self, table: &DeTable<'_>) -> Option<TraceSettings> {
        let value: &Spanned<DeValue<'_>> = table.get("traces")?;
        let DeValue::Table(traces) = value.get_ref() else {
            let message = format!("`traces` is a table, this is {}", article(value.get_ref().type_str()));
            let problem = Diagnostic::error(Code::WRONG_TYPE, self.place(value.span()), message);
            self.problems.push(problem.help("write `[traces]`, and below it `endpoint`"));
            return None;
        };
        self.refuse_unknown(traces, &TRACES_KEYS);
        if !traces.contains_key("endpoint") {
            let message = "the key `endpoint` of `traces` is missing";
            self.problems.push(Diagnostic::error(Code::KEY_MISSING, self.place(value.span()), message));
        }
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

    fn rates_of(&mut self, table: &DeTable<'_>) -> RateSettings {
        let Some(value) = table.get("rates") else { return RateSettings::DEFAULT };
        let DeValue::Table(rates) = value.get_ref() else {
            let message = format!("`rates` is a table, this is {}", article(value.get_ref().type_str()));
            let problem = Diagnostic::error(Code::WRONG_TYPE, self.place(value.span()), message);
            self.problems.push(problem.help(format!("write `[rates]`, and below it {}", RATES_KEYS.join(", "))));
            return RateSettings::DEFAULT;
        };
        self.refuse_unknown(rates, &RATES_KEYS);
        let mut number = |key: &str, default| self.number_of(rates, key).unwrap_or(default);
        RateSettings {
            requests_per_second: number("requests_per_second", RateSettings::DEFAULT.requests_per_second),
            requests_burst: number("requests_burst", RateSettings::DEFAULT.requests_burst),
            refusals_per_minute: number("refusals_per_minute", RateSettings::DEFAULT.refusals_per_minute),
        }
    }

    fn number_of(&mut self, table: &DeTable<'_>, key: &str) -> Option<NonZeroU32> {
        let value = table.get(key)?;
        let number = match value.get_ref() {
            DeValue::Integer(number) => {
                u32::from_str_radix(number.as_str(), number.radix()).ok().and_then(NonZeroU32::new)
            }
            _ => None,
        };
        if number.is_none() {
            let message = format!("`{key}` is a whole number from 1 to {}", u32::MAX);
            let problem = Diagnostic::error(Code::VALUE_NOT_ALLOWED, self.place(value.span()), message);
            self.problems.push(problem.help(format!("write `{key} = 1000`")));
        }
        number
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
mod webhooks;

#[cfg(test)]
mod sample;

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use super::*;

    #[track_caller]
    fn check(text: &str, expected: Expect) {
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
            help: the keys are mesh, home, catalog, catalog_password, warehouse, http, base_path, public_url, flight, tls, oidc, webhooks, rates, environment, traces, memory_max
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
    fn tls_is_a_table_of_files() {
        let text = "mesh = \"m\"\n[tls]\ncertificate = \"c.pem\"\nkey = \"k.pem\"\nclient_ca = \"ca.pem\"\n";
        let files = read("weft.toml", text).unwrap().tls.unwrap();
        assert_eq!((files.certificate, files.key), (PathBuf::from("c.pem"), PathBuf::from("k.pem")));
        assert_eq!(files.client_ca, Some(PathBuf::from("ca.pem")));
        check(
            "mesh = \"m\"\n[tls]\ncert = \"c.pem\"\nkey = 1\n",
            expect![[r#"
                weft.toml:2:1 W0106 the key `certificate` of `tls` is missing
                help: write `certificate = "FILE"`, a file in PEM
                weft.toml:3:1 W0107 unknown key `cert`
                help: the keys are certificate, key, client_ca
                weft.toml:4:7 W0105 `key` is a string, this is an integer
            "#]],
        );
        check(
            "mesh = \"m\"\ntls = true\n",
            expect![[r#"
                weft.toml:2:7 W0105 `tls` is a table, this is a boolean
                help: write `[tls]`, and below it `certificate` and `key`
            "#]],
        );
    }

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

    #[test]
    fn rates_are_a_table_of_numbers() {
        let rates = read("weft.toml", "mesh = \"m\"\n[rates]\nrequests_burst = 7\n").unwrap().rates;
        assert_eq!(rates, RateSettings { requests_burst: 7.try_into().unwrap(), ..RateSettings::DEFAULT });
        check(
            "mesh = \"m\"\n[rates]\nrequests_burst = 0\nrefusals_per_minute = \"few\"\nrequests = 1\n",
            expect![[r#"
                weft.toml:3:18 W0108 `requests_burst` is a whole number from 1 to 4294967295
                help: write `requests_burst = 1000`
                weft.toml:4:23 W0108 `refusals_per_minute` is a whole number from 1 to 4294967295
                help: write `refusals_per_minute = 1000`
                weft.toml:5:1 W0107 unknown key `requests`
                help: the keys are requests_per_second, requests_burst, refusals_per_minute
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
