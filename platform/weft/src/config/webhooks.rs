//! `[[webhooks]]`: whom the mesh tells of what happens in it.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::str::FromStr;

use schemars::JsonSchema;
use toml::Spanned;
use toml::de::{DeTable, DeValue};
use weft_model::{Code, Diagnostic};
use weft_notice::{Interest, NoticeError, Secrets, Webhook};

use super::{Reader, article};

/// A receiver of events, as CloudEvents that are signed as Standard Webhooks has it. It hears of names that it might not
/// see in the mesh: choose `events`, `domains` and `products` by who reads what it gets.
#[derive(Debug, JsonSchema)]
#[schemars(deny_unknown_fields)]
#[expect(dead_code, reason = "describes the file; the reader keeps the places of what it reads")]
pub(super) struct WebhookTable {
    /// Names it in logs and metrics: 1 to 63 of `a-z`, `0-9`, `_` and `-`. No two have the same.
    name: String,
    /// Where events are posted to: `https:`, or `http:` to this machine where `allow_private` says so.
    url: String,
    /// Files that each hold a secret of the receiver, `whsec_` and base64, the newest first. Messages are signed with each.
    secrets: Vec<String>,
    /// Kinds of events, or what they begin with: `release`, `check.failed`. Default: all.
    events: Option<Vec<String>>,
    /// Domains to hear of. Default: all, and what is of no domain, if there are no `products` either.
    domains: Option<Vec<String>>,
    /// Products to hear of, beside those of `domains`: `domain.product`. Default: none.
    products: Option<Vec<String>>,
    /// Whether `url` may lead to this machine or its network. Default: false.
    allow_private: Option<bool>,
    /// A number. Raise it to enable a webhook again that answered 410, and to send its dead letters anew. Default: 0.
    generation: Option<u64>,
}

pub(super) const WEBHOOK_KEYS: [&str; 8] =
    ["name", "url", "secrets", "events", "domains", "products", "allow_private", "generation"];

impl Reader<'_> {
    /// The webhooks that are written without errors.
    pub(super) fn webhooks_of(&mut self, table: &DeTable<'_>) -> Vec<Webhook> {
        let Some(value) = table.get("webhooks") else { return Vec::new() };
        let DeValue::Array(all) = value.get_ref() else {
            let message = format!("`webhooks` are tables, this is {}", article(value.get_ref().type_str()));
            let problem = Diagnostic::error(Code::WRONG_TYPE, self.place(value.span()), message);
            self.problems.push(problem.help("write `[[webhooks]]`, and below it `name`, `url` and `secrets`"));
            return Vec::new();
        };
        let mut names = BTreeSet::new();
        let mut webhooks = Vec::new();
        for value in all.iter() {
            let DeValue::Table(table) = value.get_ref() else {
                let message = format!("a webhook is a table, this is {}", article(value.get_ref().type_str()));
                self.problems.push(Diagnostic::error(Code::WRONG_TYPE, self.place(value.span()), message));
                continue;
            };
            let Some(webhook) = self.webhook_of(table, value.span()) else { continue };
            if names.insert(webhook.name.clone()) {
                webhooks.push(webhook);
            } else {
                self.not_allowed(
                    table,
                    "name",
                    format!("there is another webhook `{}`", webhook.name),
                    "name each its own",
                );
            }
        }
        webhooks
    }

    fn webhook_of(&mut self, table: &DeTable<'_>, span: std::ops::Range<usize>) -> Option<Webhook> {
        self.refuse_unknown(table, &WEBHOOK_KEYS);
        self.demand(table, "a webhook", &span, &["name", "url", "secrets"]);
        let name = self.text_of(table, "name");
        let name = name.filter(|name| is_name(name) || self.bad_name(table, name));
        let allows_private = self.flag_of(table, "allow_private");
        let url = self.text_of(table, "url");
        let url = url.and_then(|url| match weft_notice::address(&url, allows_private) {
            Ok(url) => Some(url),
            Err(error) => {
                // The URL may hold what only its receiver should know.
                let help = match error {
                    NoticeError::NotHttps => {
                        "write `https://…`; `http:` is for this machine alone, with `allow_private = true`"
                    }
                    _ => "write `https://HOST/PATH`",
                };
                self.not_allowed(table, "url", format!("the URL cannot be used: {error}"), help);
                None
            }
        });
        let secrets = self.secrets_of(table);
        let kinds = self.texts_of(table, "events").unwrap_or_default();
        for kind in kinds.iter().filter(|kind| !Interest::is_kind(kind)) {
            let help = format!("the kinds are {}", weft_catalog::EVENT_KINDS.join(", "));
            self.not_allowed(table, "events", format!("no event is of the kind `{kind}`"), &help);
        }
        let interest =
            Interest { kinds, domains: self.names_of(table, "domains"), products: self.names_of(table, "products") };
        let generation = self.count_of(table, "generation");
        Some(Webhook { name: name?, url: url?, secrets: secrets?, interest, allows_private, generation })
    }

    /// Tells that a name is none; gives false.
    fn bad_name(&mut self, table: &DeTable<'_>, name: &str) -> bool {
        let help = "use 1 to 63 of `a-z`, `0-9`, `_` and `-`";
        self.not_allowed(table, "name", format!("`{name}` is no name of a webhook"), help);
        false
    }

    fn secrets_of(&mut self, table: &DeTable<'_>) -> Option<Secrets> {
        let files: Vec<PathBuf> =
            self.texts_of(table, "secrets").unwrap_or_default().into_iter().map(PathBuf::from).collect();
        table.get("secrets")?;
        let help = "each of `secrets` names a file that holds `whsec_`, 24 to 64 bytes in base64, and nothing else";
        if files.is_empty() {
            self.not_allowed(table, "secrets", "`secrets` names no file".to_owned(), help);
            return None;
        }
        match Secrets::in_files(files) {
            Ok(secrets) => Some(secrets),
            Err(error) => {
                self.not_allowed(table, "secrets", error.to_string(), help);
                None
            }
        }
    }

    fn names_of<N: FromStr<Err: std::fmt::Display>>(&mut self, table: &DeTable<'_>, key: &str) -> Vec<N> {
        let mut names = Vec::new();
        for text in self.texts_of(table, key).unwrap_or_default() {
            match text.parse::<N>() {
                Ok(name) => names.push(name),
                Err(error) => self.not_allowed(table, key, error.to_string(), "write names as the mesh has them"),
            }
        }
        names
    }

    fn flag_of(&mut self, table: &DeTable<'_>, key: &str) -> bool {
        let Some(value) = table.get(key) else { return false };
        if let DeValue::Boolean(flag) = value.get_ref() {
            return *flag;
        }
        let message = format!("`{key}` is true or false, this is {}", article(value.get_ref().type_str()));
        self.problems.push(Diagnostic::error(Code::WRONG_TYPE, self.place(value.span()), message));
        false
    }

    fn count_of(&mut self, table: &DeTable<'_>, key: &str) -> u64 {
        let Some(value) = table.get(key) else { return 0 };
        let number = match value.get_ref() {
            DeValue::Integer(number) => u64::from_str_radix(number.as_str(), number.radix()).ok(),
            _ => None,
        };
        number.unwrap_or_else(|| {
            let message = format!("`{key}` is a number from 0 on");
            self.problems.push(Diagnostic::error(Code::WRONG_TYPE, self.place(value.span()), message));
            0
        })
    }

    fn not_allowed(&mut self, table: &DeTable<'_>, key: &str, message: String, help: &str) {
        let place = self.place(table.get(key).map_or(0..0, Spanned::span));
        self.problems.push(Diagnostic::error(Code::VALUE_NOT_ALLOWED, place, message).help(help));
    }
}

fn is_name(text: &str) -> bool {
    let is_legal = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'_' | b'-');
    (1..=63).contains(&text.len()) && text.bytes().all(is_legal)
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use crate::config::read;

    const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

    #[track_caller]
    fn check(webhook: &str, expected: Expect) {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("secret");
        std::fs::write(&file, SECRET).unwrap();
        let folder = folder.path().display().to_string();
        let text = format!("mesh = \"m\"\n[[webhooks]]\n{}", webhook.replace("FOLDER", &folder));
        let shown = match read("weft.toml", &text) {
            Ok(settings) => format!("{:?}\n", settings.webhooks[0].interest),
            Err(problems) => problems.iter().map(|problem| format!("{problem}\n")).collect(),
        };
        assert!(!shown.contains(SECRET));
        expected.assert_eq(&shown.replace(&folder, "FOLDER"));
    }

    #[test]
    fn a_webhook_has_a_name_a_url_and_secrets_and_says_what_it_wants_to_hear() {
        check(
            "name = \"house\"\nurl = \"https://example.org/hook\"\nsecrets = [\"FOLDER/secret\"]\n\
             events = [\"release\"]\ndomains = [\"sales\"]\nproducts = [\"sea.ports\"]\ngeneration = 2\n",
            expect![[r#"
                Interest { kinds: ["release"], domains: [DomainName("sales")], products: [ProductRef { domain: DomainName("sea"), product: ProductName("ports") }] }
            "#]],
        );
    }

    #[test]
    fn every_problem_of_a_webhook_is_told_at_its_place() {
        check(
            "name = \"The house\"\nurl = \"http://example.org/hook\"\nsecrets = [\"FOLDER/none\"]\nevents = [\"sale\"]\n\
             allow_private = \"yes\"\ngeneration = -1\ncolour = 1\n",
            expect![[r#"
                weft.toml:3:8 W0108 `The house` is no name of a webhook
                help: use 1 to 63 of `a-z`, `0-9`, `_` and `-`
                weft.toml:4:7 W0108 the URL cannot be used: it does not begin with `https:`
                help: write `https://…`; `http:` is for this machine alone, with `allow_private = true`
                weft.toml:5:11 W0108 cannot read `FOLDER/none`: No such file or directory (os error 2)
                help: each of `secrets` names a file that holds `whsec_`, 24 to 64 bytes in base64, and nothing else
                weft.toml:6:10 W0108 no event is of the kind `sale`
                help: the kinds are change.breaking, check.failed, grant.revoked, port.deprecated, product.retired, release.published, release.rolled_back, request.approved, request.declined, request.opened, request.withdrawn, run.began, run.ended, service_level.turned
                weft.toml:7:17 W0105 `allow_private` is true or false, this is a string
                weft.toml:8:14 W0105 `generation` is a number from 0 on
                weft.toml:9:1 W0107 unknown key `colour`
                help: the keys are name, url, secrets, events, domains, products, allow_private, generation
            "#]],
        );
    }
}
