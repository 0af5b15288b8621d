//! What credentials prove: a name, and what an identity provider vouches for besides.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};
use weft_model::AttributeValue;

use crate::token::is_name;

/// More groups than this in one token are a mistake of the provider's settings.
const GROUPS_MAX: usize = 1_000;

/// Which claim of the provider's proof is the name of the principal.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum NameClaim {
    #[default]
    PreferredUsername,
    /// Only where the provider has verified it.
    Email,
    Subject,
}

/// What the claims of a provider say of a principal.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ClaimSettings {
    pub name: NameClaim,
    /// `None` believes a name and no more: everyone must stand in `governance/principals.yaml`.
    pub facts: Option<FactClaims>,
}

/// Which claims are facts about whoever does not stand in `governance/principals.yaml`, and is a user all the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FactClaims {
    /// The claim with a list of groups.
    pub groups: String,
    /// Names of attributes and the claims that hold them.
    pub attributes: BTreeMap<String, String>,
}

/// Whom credentials have proved, before it is known what there is to know of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    pub(crate) name: String,
    pub(crate) proof: Proof,
}

/// What stands behind a name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Proof {
    /// This server: a token that it signed, or a choice that it offered.
    Own,
    /// The identity provider, with facts where the configuration believes those.
    Provider(Option<Facts>),
}

/// Groups and attributes as the provider says them; whether there are such groups is not known here.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Facts {
    pub(crate) groups: BTreeSet<String>,
    pub(crate) attributes: BTreeMap<String, AttributeValue>,
}

impl Identity {
    /// One that this server itself vouches for.
    pub fn own(name: impl Into<String>) -> Self {
        Identity { name: name.into(), proof: Proof::Own }
    }

    /// The name of the principal. Whether there (still) is one is for [`crate::Authenticator::known`] to say.
    pub fn name(&self) -> &str {
        &self.name
    }
}

impl ClaimSettings {
    /// Whom verified `claims` name, and what they say of them. A claim of another form than it should have refuses all of
    /// them; one that is missing is a fact less.
    pub(crate) fn read(&self, claims: &Map<String, Value>) -> Result<Identity, &'static str> {
        let name = self.name.read(claims).ok_or("the claims do not hold the name")?;
        // As `governance/principals.yaml` has it: the word stands for everyone there.
        if !is_name(name) || name == "any" {
            return Err("the claims hold a name that no principal can have");
        }
        let facts = self.facts.as_ref().map(|facts| facts.read(claims)).transpose()?;
        Ok(Identity { name: name.to_owned(), proof: Proof::Provider(facts) })
    }
}

impl NameClaim {
    fn read(self, claims: &Map<String, Value>) -> Option<&str> {
        match self {
            NameClaim::PreferredUsername => claims.get("preferred_username")?.as_str(),
            NameClaim::Email => {
                let is_verified = claims.get("email_verified") == Some(&Value::Bool(true));
                claims.get("email").filter(|_| is_verified)?.as_str()
            }
            NameClaim::Subject => claims.get("sub")?.as_str(),
        }
    }
}

impl FactClaims {
    fn read(&self, claims: &Map<String, Value>) -> Result<Facts, &'static str> {
        let groups = match claims.get(&self.groups) {
            None | Some(Value::Null) => BTreeSet::new(),
            Some(Value::String(group)) => BTreeSet::from([group.clone()]),
            Some(Value::Array(groups)) if groups.len() <= GROUPS_MAX => {
                texts(groups).ok_or("the claim of groups holds something else than texts")?
            }
            Some(_) => return Err("the claim of groups is not a list of texts, or too long a one"),
        };
        let mut attributes = BTreeMap::new();
        for (name, claim) in &self.attributes {
            let value = match claims.get(claim) {
                None | Some(Value::Null) => continue,
                Some(value) => attribute(value).ok_or("a claim is of a type that no attribute has")?,
            };
            attributes.insert(name.clone(), value);
        }
        Ok(Facts { groups, attributes })
    }
}

fn attribute(value: &Value) -> Option<AttributeValue> {
    match value {
        Value::Bool(value) => Some(AttributeValue::Boolean(*value)),
        Value::Number(value) => value.as_i64().map(AttributeValue::Integer),
        Value::String(value) => Some(AttributeValue::Text(value.clone())),
        Value::Array(items) => texts(items).map(AttributeValue::Texts),
        Value::Null | Value::Object(_) => None,
    }
}

fn texts(items: &[Value]) -> Option<BTreeSet<String>> {
    items.iter().map(|item| item.as_str().map(str::to_owned)).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(settings: &ClaimSettings, claims: Value) -> Result<Identity, &'static str> {
        settings.read(claims.as_object().unwrap())
    }

    fn name(claim: NameClaim, claims: Value) -> Option<String> {
        let settings = ClaimSettings { name: claim, facts: None };
        read(&settings, claims).ok().map(|identity| identity.name)
    }

    #[test]
    fn a_name_stands_in_the_claim_that_is_configured_and_is_one_that_a_principal_can_have() {
        let ana = Some("ana".to_owned());
        assert_eq!(name(NameClaim::PreferredUsername, json!({"preferred_username": "ana", "sub": "1"})), ana);
        assert_eq!(name(NameClaim::Subject, json!({"preferred_username": "eva", "sub": "ana"})), ana);
        for nobody in [json!({}), json!({"sub": "ana"}), json!({"preferred_username": 7})] {
            assert_eq!(name(NameClaim::PreferredUsername, nobody.clone()), None, "{nobody}");
        }
        for wrong in ["", "Ana", "user:ana", "any", "a b", "ana\n"] {
            assert_eq!(name(NameClaim::Subject, json!({"sub": wrong})), None, "{wrong}");
        }
    }

    #[test]
    fn an_address_is_a_name_once_the_provider_has_verified_it() {
        let with = |verified: Value| {
            let claims = json!({"email": "ana@example.org", "email_verified": verified});
            name(NameClaim::Email, claims).is_some()
        };
        assert!(with(json!(true)));
        assert!(!with(json!(false)) && !with(json!("true")) && !with(json!(1)) && !with(json!(null)));
        assert_eq!(name(NameClaim::Email, json!({"email": "ana@example.org"})), None);
    }

    #[test]
    fn facts_are_read_where_they_are_configured_and_of_the_types_that_attributes_have() {
        let attributes = [("carrier", "https://example.org/carrier"), ("level", "level"), ("regions", "regions")];
        let attributes = attributes.map(|(name, claim)| (name.to_owned(), claim.to_owned())).into();
        let facts = Some(FactClaims { groups: "groups".to_owned(), attributes });
        let settings = ClaimSettings { name: NameClaim::Subject, facts };
        let claims = json!({"sub": "ana", "groups": ["a", "b", "a"], "https://example.org/carrier": "AA", "level": 3,
            "regions": ["EU", "US"], "other": "x"});
        let Proof::Provider(Some(facts)) = read(&settings, claims).unwrap().proof else { panic!() };
        assert_eq!(facts.groups, ["a".to_owned(), "b".to_owned()].into());
        assert_eq!(facts.attributes["carrier"], AttributeValue::Text("AA".to_owned()));
        assert_eq!(facts.attributes["level"], AttributeValue::Integer(3));
        assert_eq!(facts.attributes["regions"], AttributeValue::Texts(["EU".to_owned(), "US".to_owned()].into()));
        assert_eq!(facts.attributes.len(), 3);

        let few = read(&settings, json!({"sub": "ana", "level": null})).unwrap();
        assert_eq!(few.proof, Proof::Provider(Some(Facts::default())));
        for wrong in [
            json!({"sub": "ana", "groups": {"a": true}}),
            json!({"sub": "ana", "groups": ["a", 7]}),
            json!({"sub": "ana", "groups": vec!["a"; GROUPS_MAX + 1]}),
            json!({"sub": "ana", "level": 1.5}),
            json!({"sub": "ana", "regions": {"EU": 1}}),
        ] {
            assert!(read(&settings, wrong.clone()).is_err(), "{wrong}");
        }
        let unasked = ClaimSettings { name: NameClaim::Subject, facts: None };
        assert_eq!(read(&unasked, json!({"sub": "ana", "groups": 7})).unwrap().proof, Proof::Provider(None));
    }
}
