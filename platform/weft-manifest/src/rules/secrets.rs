//! Credentials, which have no place in a repository.

use weft_model::{Code, Diagnostic};

use super::findings::Findings;
use crate::form::Spot;
use crate::form::yaml::Value;

/// Keys, and names of custom properties, whose value is a credential.
const SECRET_NAMES: &[&str] = &[
    "password",
    "passwd",
    "secret",
    "secretkey",
    "secretaccesskey",
    "clientsecret",
    "apikey",
    "accesstoken",
    "privatekey",
    "accountkey",
    "sastoken",
    "connectionstring",
];

/// How those names end, to pass over most others at once.
const SECRET_ENDS: &[&str] = &["password", "passwd", "secret", "key", "token", "string"];

/// The shortest credential of a known service.
const WORD_BYTES_MIN: usize = 20;

/// What credentials of known services begin with, and how many letters and digits follow at least.
const PREFIXES: &[(&str, usize, &str)] = &[
    ("AKIA", 16, "an AWS access key"),
    ("ASIA", 16, "an AWS access key"),
    ("ghp_", 30, "a GitHub token"),
    ("gho_", 30, "a GitHub token"),
    ("github_pat_", 30, "a GitHub token"),
    ("glpat-", 20, "a GitLab token"),
    ("xoxb-", 20, "a Slack token"),
    ("xoxp-", 20, "a Slack token"),
    ("sk_live_", 16, "a Stripe key"),
    ("AIza", 35, "a Google key"),
];

pub(super) fn check(root: Spot<'_>, findings: &mut Findings) {
    below(root, None, findings);
}

fn below(spot: Spot<'_>, name: Option<&str>, findings: &mut Findings) {
    match &spot.node.value {
        Value::Text(text) => {
            if let Some(what) = credential(text).or_else(|| named_so(name, text)) {
                findings.push(
                    Diagnostic::error(Code::SECRET_WRITTEN, spot.place(), format!("this looks like {what}"))
                        .help("take it out, change it where it is used, and write a variable such as `${PASSWORD}`"),
                );
            }
        }
        Value::List(items) => items.iter().for_each(|item| below(Spot { node: item, ..spot }, name, findings)),
        Value::Object(entries) => {
            let property = spot.node.get("property").and_then(|node| node.text());
            for entry in entries {
                let name = match property {
                    Some(property) if entry.key == "value" => property,
                    _ => entry.key.as_str(),
                };
                below(Spot { node: &entry.value, ..spot }, Some(name), findings);
            }
        }
        Value::Null | Value::Boolean(_) | Value::Integer(_) | Value::Float(_) => {}
    }
}

fn named_so(name: Option<&str>, text: &str) -> Option<&'static str> {
    let name = name?;
    let ends = |end: &&str| {
        name.len()
            .checked_sub(end.len())
            .and_then(|at| name.get(at..))
            .is_some_and(|rest| rest.eq_ignore_ascii_case(end))
    };
    if !SECRET_ENDS.iter().any(ends) {
        return None;
    }
    let name: String = name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect();
    // What is filled in elsewhere is no secret: `${env.password}`, `{{ password }}`.
    let is_filled_in = text.contains("${") || text.contains("{{") || text.trim().is_empty();
    (SECRET_NAMES.contains(&name.as_str()) && !is_filled_in).then_some("a password or key")
}

/// What kind of credential a text holds, if it holds one.
fn credential(text: &str) -> Option<&'static str> {
    if text.len() < 8 {
        return None;
    }
    if text.contains("-----BEGIN ") && text.contains("PRIVATE KEY-----") {
        return Some("a private key");
    }
    let is_part = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    for word in text.split(|c: char| !is_part(c)).filter(|word| word.len() >= WORD_BYTES_MIN) {
        for (prefix, length, what) in PREFIXES {
            if word.strip_prefix(prefix).is_some_and(|rest| rest.len() >= *length) {
                return Some(what);
            }
        }
    }
    if has_password(text) {
        return Some("a URL with a password");
    }
    if !text.contains('=') {
        return None;
    }
    let assigned = ["password=", "pwd=", "accountkey=", "sharedaccesskey=", "client_secret="];
    let lower = text.to_lowercase();
    let is_assigned = |key: &&str| {
        let value = lower.split_once(*key).map(|(_, rest)| rest.split([';', '&', ' ', '"', '\'']).next().unwrap_or(""));
        value.is_some_and(|value| value.len() >= 4 && !value.starts_with(['$', '{', '<', '*', '?', ':']))
    };
    assigned.iter().any(is_assigned).then_some("a connection text with a password")
}

/// Whether a URL in the text has a user with a password before its host.
fn has_password(text: &str) -> bool {
    text.split("://").skip(1).any(|rest| {
        let authority = rest.split(['/', '?', '#', ' ', '"', '\'']).next().unwrap_or_default();
        let user = authority.rsplit_once('@').map(|(user, _)| user);
        let password = user.and_then(|user| user.split_once(':')).map(|(_, password)| password);
        password.is_some_and(|password| !password.is_empty() && !password.starts_with(['$', '{', '<', '*']))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credentials_are_told_and_places_for_them_are_not() {
        let key = format!("-----BEGIN RSA {} KEY-----", "PRIVATE");
        let aws = format!("key {}{}", "AKIA", "ABCDEFGHIJKLMNOP");
        for text in [key.as_str(), &aws, "postgres://ann:s3cr3t@db/x", "Server=db;Password=hunter22;"] {
            assert!(credential(text).is_some(), "{text}");
        }
        let plain = [
            "postgres://ann@db/x",
            "postgres://ann:${PASSWORD}@db/x",
            "Server=db;Password=${PASSWORD};",
            "mailto:ann@example.com",
            "password=",
            "a sentence on how the password= is left out",
        ];
        for text in plain {
            assert_eq!(credential(text), None, "{text}");
        }
        assert!(named_so(Some("client-secret"), "abc").is_some());
        assert_eq!(named_so(Some("password"), "${env.password}"), None);
        assert_eq!(named_so(Some("passwordPolicy"), "strong"), None);
    }
}
