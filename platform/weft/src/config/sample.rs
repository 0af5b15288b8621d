//! `deploy/config/weft.toml`: every key with what it means and its default, as the code has it.

use expect_test::expect_file;
use serde_json::Value;

use super::oidc::OIDC_KEYS;
use super::rates::RATES_KEYS;
use super::tls::TLS_KEYS;
use super::traces::TRACES_KEYS;
use super::webhooks::WEBHOOK_KEYS;
use super::{KEYS, read, schema};

const HEAD: &str = "\
# Configuration of `weft serve --config weft.toml`.
#
# A key that is commented out has its default; what stands there is a value that it may have. Relative paths are relative
# to the folder that `weft` is started in. Secrets stand in files of their own, which keys name.
";

/// A value that each key may have, in TOML.
const VALUES: [(&str, &str); 30] = [
    ("mesh", "https://git.example.org/data/mesh.git"),
    ("home", "/var/lib/weft"),
    ("catalog", "postgres://weft@db.example.org/weft?sslmode=verify-full"),
    ("catalog_password", "/etc/weft/catalog-password"),
    ("warehouse", "s3://example-warehouse/weft"),
    ("http", "127.0.0.1:8080"),
    ("base_path", "/weft"),
    ("public_url", "https://mesh.example.org"),
    ("flight", "127.0.0.1:8815"),
    ("environment", "production"),
    ("memory_max", "8 GiB"),
    ("drain_seconds", "10"),
    ("certificate", "/etc/weft/certificate.pem"),
    ("key", "/etc/weft/key.pem"),
    ("client_ca", "/etc/weft/clients.pem"),
    ("issuer", "https://identity.example.org"),
    ("client_id", "weft"),
    ("client_secret", "/etc/weft/oidc-secret"),
    ("name_claim", "preferred_username"),
    ("name", "Example"),
    ("audience", "[\"weft\", \"https://mesh.example.org\"]"),
    ("principals", "claims"),
    ("groups_claim", "groups"),
    ("attributes", "{ carrier = \"https://example.org/carrier\" }"),
    ("requests_per_second", "5000"),
    ("requests_burst", "10000"),
    ("refusals_per_minute", "1000"),
    ("endpoint", "http://127.0.0.1:4318/v1/traces"),
    ("sampled", "10 %"),
    ("headers", "/etc/weft/traces-headers"),
];

/// A value that each key of a webhook may have, as TOML has it.
const WEBHOOK_VALUES: [(&str, &str); 8] = [
    ("name", r#""house""#),
    ("url", r#""https://hooks.example.org/weft""#),
    ("secrets", r#"["/etc/weft/webhook-secret"]"#),
    ("events", r#"["release", "check.failed"]"#),
    ("domains", r#"["sales"]"#),
    ("products", r#"["fleet.aircraft"]"#),
    ("allow_private", "false"),
    ("generation", "0"),
];

/// The file as the code would have it.
fn sample() -> String {
    let schema = schema();
    let mut text = HEAD.to_owned();
    // What follows a table in TOML is in it, so tables come last.
    for key in KEYS.iter().filter(|key| !["tls", "oidc", "rates", "traces", "webhooks"].contains(key)) {
        // Nothing else must be said.
        let mark = if *key == "mesh" { "" } else { "# " };
        text += &entry(&schema, key, mark);
    }
    let tables = [
        ("tls", &TLS_KEYS[..], "TlsTable"),
        ("oidc", &OIDC_KEYS[..], "OidcTable"),
        ("rates", &RATES_KEYS[..], "RatesTable"),
        ("traces", &TRACES_KEYS[..], "TracesTable"),
    ];
    for (table, keys, name) in tables {
        let described = &schema["$defs"][name];
        text += &format!("\n{}{}# [{table}]\n", comment(&schema["properties"][table]), comment(described));
        text += &keys.iter().map(|key| entry(described, key, "# ")).collect::<String>();
    }
    let described = &schema["$defs"]["WebhookTable"];
    text += &format!("\n{}{}# [[webhooks]]\n", comment(&schema["properties"]["webhooks"]), comment(described));
    for key in WEBHOOK_KEYS {
        let (_, value) = WEBHOOK_VALUES.iter().find(|(known, _)| *known == key).expect("each key has a value");
        text += &format!("\n{}# {key} = {value}\n", comment(&described["properties"][key]));
    }
    text
}

fn entry(of: &Value, key: &str, mark: &str) -> String {
    let (_, value) = VALUES.iter().find(|(known, _)| *known == key).unwrap_or_else(|| panic!("no value for {key}"));
    // Lists, tables and numbers stand as they are.
    let is_text = !value.starts_with(['[', '{']) && value.parse::<u64>().is_err();
    let value = if is_text { format!("\"{value}\"") } else { (*value).to_owned() };
    format!("\n{}{mark}{key} = {value}\n", comment(&of["properties"][key]))
}

/// What the schema says of a key or a table.
fn comment(of: &Value) -> String {
    let text = of["description"].as_str().expect("each key says what it means");
    text.lines().map(|line| format!("# {line}\n")).collect()
}

#[test]
fn the_file_in_deploy_names_every_key_as_the_code_has_it() {
    // `UPDATE_EXPECT=1 cargo test --release --workspace the_file_in_deploy` writes it anew.
    expect_file!["../../../../deploy/config/weft.toml"].assert_eq(&sample());
}

#[test]
fn every_value_in_the_file_is_allowed() {
    let said = sample().replace("# [", "[");
    let is_key = |line: &&str| {
        !line.starts_with("# ")
            || VALUES.iter().chain(&WEBHOOK_VALUES).any(|(key, _)| line.starts_with(&format!("# {key} = ")))
    };
    let text: String = said.lines().filter(is_key).map(|line| format!("{}\n", line.trim_start_matches("# "))).collect();
    let problems = read("weft.toml", &text).err().unwrap_or_default();
    // Only the files with secrets are not there.
    let told: Vec<String> = problems.iter().map(|problem| problem.message.clone()).collect();
    assert!(told.iter().all(|told| told.starts_with("cannot read `/etc/weft/")), "{told:?}\n{text}");
    assert_eq!(told.len(), 4);
}
