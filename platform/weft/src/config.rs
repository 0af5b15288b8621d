//! The configuration file of `weft serve`: TOML with the names of the flags as keys.

use std::net::SocketAddr;
use std::path::PathBuf;

use schemars::JsonSchema;
use toml::Spanned;
use toml::de::{DeTable, DeValue};
use weft_model::{Code, Diagnostic, Place};

use crate::settings::{FLIGHT, HTTP, Settings};

/// What a configuration file may say.
#[derive(Debug, JsonSchema)]
#[schemars(deny_unknown_fields)]
#[expect(dead_code, reason = "describes the file; the reader keeps the places of what it reads")]
struct Config {
    /// Folder with `products/` and `governance/`, or a git URL.
    mesh: String,
    /// Folder that holds all local state. Default: `.weft`.
    home: Option<String>,
    /// URL of the object store for tables. Default: `warehouse/` in the home.
    warehouse: Option<String>,
    /// Address of the HTTP door, `host:port`. Default: `127.0.0.1:8080`.
    http: Option<String>,
    /// Address of the Flight SQL door, `host:port`. Default: `127.0.0.1:8815`.
    flight: Option<String>,
    /// Environment of `mesh.yaml` from which variables in manifests take their values. Default: none.
    environment: Option<String>,
}

const KEYS: [&str; 6] = ["mesh", "home", "warehouse", "http", "flight", "environment"];

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
    reader.refuse_unknown(&table);
    let mesh = reader.text_of(&table, "mesh");
    if !table.contains_key("mesh") {
        let message = "the key `mesh` is missing";
        reader.problems.push(
            Diagnostic::error(Code::KEY_MISSING, Place::start_of(file), message)
                .help("write `mesh = \"FOLDER or git URL\"`"),
        );
    }
    let settings = Settings {
        mesh: mesh.unwrap_or_default(),
        home: reader.text_of(&table, "home").map_or_else(|| PathBuf::from(".weft"), PathBuf::from),
        warehouse: reader.text_of(&table, "warehouse"),
        http: reader.address_of(&table, "http", HTTP),
        flight: reader.address_of(&table, "flight", FLIGHT),
        environment: reader.text_of(&table, "environment"),
        store: std::collections::HashMap::new(),
        limits: weft_engine::Limits::default(),
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

    fn refuse_unknown(&mut self, table: &DeTable<'_>) {
        for (key, _) in table {
            let name = key.get_ref().as_ref();
            if KEYS.contains(&name) {
                continue;
            }
            let near = KEYS.iter().find(|known| strsim::damerau_levenshtein(known, name) <= 2);
            let help = match near {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("the keys are {}", KEYS.join(", ")),
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
            help: the keys are mesh, home, warehouse, http, flight, environment
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
    fn the_schema_has_the_keys_that_are_read() {
        let schema = schema();
        let mut keys: Vec<&String> = schema["properties"].as_object().unwrap().keys().collect();
        let mut read = KEYS;
        keys.sort();
        read.sort_unstable();
        assert_eq!(keys, read);
    }
}
