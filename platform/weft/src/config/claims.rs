//! What of `[oidc]` says which claims are believed.

use std::collections::BTreeMap;

use toml::Spanned;
use toml::de::{DeTable, DeValue};
use weft_identity::{ClaimSettings, FactClaims, NameClaim};
use weft_model::{Code, Diagnostic, PortName};

use super::{Reader, article};

const NAME_CLAIMS: [(&str, NameClaim); 3] =
    [("preferred_username", NameClaim::PreferredUsername), ("email", NameClaim::Email), ("sub", NameClaim::Subject)];
/// Who is a principal, and whether claims say so.
const PRINCIPALS: [(&str, bool); 2] = [("files", false), ("claims", true)];

impl Reader<'_> {
    /// Facts come from claims where both the principals do and a claim of groups is named: one of the two alone is a slip.
    pub(super) fn claims_of(&mut self, oidc: &DeTable<'_>) -> ClaimSettings {
        let name = self.word_of(oidc, "name_claim", &NAME_CLAIMS, "no claim that holds a name").unwrap_or_default();
        let groups = self.text_of(oidc, "groups_claim");
        let attributes = self.attributes_of(oidc);
        let are_claimed =
            self.word_of(oidc, "principals", &PRINCIPALS, "not where principals come from").unwrap_or(false);
        if are_claimed && !oidc.contains_key("groups_claim") {
            let message = "the key `groups_claim` is missing, without which nobody would be in a group";
            let place = self.place(oidc.get("principals").map_or(0..0, Spanned::span));
            let problem = Diagnostic::error(Code::KEY_MISSING, place, message);
            self.problems
                .push(problem.help("write `groups_claim = \"groups\"`, with the provider's name of the claim"));
        }
        for key in ["groups_claim", "attributes"].into_iter().filter(|key| !are_claimed && oidc.contains_key(*key)) {
            let message = format!("`{key}` says nothing while principals come from files");
            let place = self.place(oidc.get(key).map_or(0..0, Spanned::span));
            let problem = Diagnostic::error(Code::VALUE_NOT_ALLOWED, place, message);
            self.problems.push(problem.help("write `principals = \"claims\"` beside it, or leave it away"));
        }
        let facts = groups.filter(|_| are_claimed).map(|groups| FactClaims { groups, attributes });
        ClaimSettings { name, facts }
    }

    /// The texts of a list, if there is one.
    pub(super) fn texts_of(&mut self, table: &DeTable<'_>, key: &str) -> Option<Vec<String>> {
        let value = table.get(key)?;
        let DeValue::Array(items) = value.get_ref() else {
            self.wrong_type(
                value,
                format!("`{key}` is a list of strings, this is {}", article(value.get_ref().type_str())),
            );
            return None;
        };
        let mut texts = Vec::new();
        for item in items {
            match item.get_ref() {
                DeValue::String(text) => texts.push(text.to_string()),
                other => self.wrong_type(item, format!("`{key}` holds strings, this is {}", article(other.type_str()))),
            }
        }
        Some(texts)
    }

    fn attributes_of(&mut self, oidc: &DeTable<'_>) -> BTreeMap<String, String> {
        let Some(value) = oidc.get("attributes") else { return BTreeMap::new() };
        let attributes: BTreeMap<_, _> = match value.get_ref() {
            DeValue::Table(table) => {
                let names: Vec<_> = table.keys().map(|name| name.get_ref().to_string()).collect();
                names.into_iter().filter_map(|name| Some((name.clone(), self.text_of(table, &name)?))).collect()
            }
            _ => self
                .texts_of(oidc, "attributes")
                .unwrap_or_default()
                .into_iter()
                .map(|name| (name.clone(), name))
                .collect(),
        };
        for name in attributes.keys().filter(|name| name.parse::<PortName>().is_err()) {
            let message = format!("`{name}` cannot be the name of an attribute");
            let problem = Diagnostic::error(Code::VALUE_NOT_ALLOWED, self.place(value.span()), message);
            self.problems
                .push(problem.help("write `attributes = { name = \"claim\" }`, with a name of a-z, 0-9 and _"));
        }
        attributes
    }

    /// What the word under `key` stands for.
    fn word_of<T: Copy>(&mut self, table: &DeTable<'_>, key: &str, words: &[(&str, T)], not: &str) -> Option<T> {
        let word = self.text_of(table, key)?;
        let found = words.iter().find(|(known, _)| *known == word).map(|(_, meaning)| *meaning);
        if found.is_none() {
            let place = self.place(table.get(key).map_or(0..0, Spanned::span));
            let known: Vec<_> = words.iter().map(|(known, _)| *known).collect();
            let problem = Diagnostic::error(Code::VALUE_NOT_ALLOWED, place, format!("`{word}` is {not}"));
            self.problems.push(problem.help(format!("use one of {}", known.join(", "))));
        }
        found
    }

    fn wrong_type(&mut self, value: &Spanned<DeValue<'_>>, message: String) {
        let problem = Diagnostic::error(Code::WRONG_TYPE, self.place(value.span()), message);
        self.problems.push(problem);
    }
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use super::super::read;

    const BASE: &str = "mesh = \"m\"\n[oidc]\nissuer = \"https://id.example.org\"\nclient_id = \"weft\"\n";

    #[track_caller]
    fn check(more: &str, expected: Expect) {
        let shown = match read("weft.toml", &format!("{BASE}{more}")) {
            Ok(settings) => {
                let oidc = settings.oidc.unwrap();
                format!("{:?} {:?}", oidc.audiences, oidc.claims)
            }
            Err(problems) => problems.iter().map(|problem| format!("{problem}\n")).collect(),
        };
        expected.assert_eq(&shown);
    }

    #[test]
    fn a_name_alone_is_believed_where_nothing_else_is_said() {
        check("", expect![[r#"["weft"] ClaimSettings { name: PreferredUsername, facts: None }"#]]);
        check(
            "name_claim = \"email\"\naudience = [\"a\", \"b\"]\nprincipals = \"files\"\n",
            expect![[r#"["a", "b"] ClaimSettings { name: Email, facts: None }"#]],
        );
    }

    #[test]
    fn facts_come_from_the_claims_that_are_named() {
        check(
            "principals = \"claims\"\ngroups_claim = \"roles\"\nattributes = [\"carrier\"]\n",
            expect![[
                r#"["weft"] ClaimSettings { name: PreferredUsername, facts: Some(FactClaims { groups: "roles", attributes: {"carrier": "carrier"} }) }"#
            ]],
        );
        check(
            "principals = \"claims\"\ngroups_claim = \"roles\"\nattributes = { carrier = \"https://example.org/c\" }\n",
            expect![[
                r#"["weft"] ClaimSettings { name: PreferredUsername, facts: Some(FactClaims { groups: "roles", attributes: {"carrier": "https://example.org/c"} }) }"#
            ]],
        );
    }

    #[test]
    fn what_would_be_silently_without_effect_is_a_problem() {
        check(
            "principals = \"claims\"\n",
            expect![[r#"
                weft.toml:5:14 W0106 the key `groups_claim` is missing, without which nobody would be in a group
                help: write `groups_claim = "groups"`, with the provider's name of the claim
            "#]],
        );
        check(
            "groups_claim = \"roles\"\nattributes = [\"Carrier\"]\naudience = \"weft\"\nprincipals = \"both\"\n",
            expect![[r#"
                weft.toml:5:16 W0108 `groups_claim` says nothing while principals come from files
                help: write `principals = "claims"` beside it, or leave it away
                weft.toml:6:14 W0108 `Carrier` cannot be the name of an attribute
                help: write `attributes = { name = "claim" }`, with a name of a-z, 0-9 and _
                weft.toml:6:14 W0108 `attributes` says nothing while principals come from files
                help: write `principals = "claims"` beside it, or leave it away
                weft.toml:7:12 W0105 `audience` is a list of strings, this is a string
                weft.toml:8:14 W0108 `both` is not where principals come from
                help: use one of files, claims
            "#]],
        );
    }
}
