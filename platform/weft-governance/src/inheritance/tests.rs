use proptest::prelude::*;
use weft_model::ManifestTree;

use super::*;
use crate::sample::{column, with_part};
use crate::{Rules, read};

const RESTRICTIONS: &str = "clear: [public, internal]\nmasks:\n- {id: pii, tag: pii, mask: \"null\"}\n- {id: c, tag: confidential, mask: \"null\"}\n";
const PRINCIPALS: &str = "users:\n- {name: lena, groups: [loyal]}\n- {name: stella}\n- {name: omar, groups: [flying]}\n\
                          groups:\n- {name: loyal}\n- {name: flying}\n";

fn rules(files: &[(&str, &str)]) -> Rules {
    let model = ("governance/model.conf", include_str!("../../../../governance/model.conf"));
    let tree = ManifestTree::of_texts([model, ("governance/principals.yaml", PRINCIPALS)].iter().chain(files).copied());
    let (rules, told) = read(&tree);
    assert_eq!(told, []);
    rules
}

fn domains() -> BTreeMap<DomainName, Domain> {
    let domain = |name: &str, owner: &str, stewards: &[&str]| {
        let name: DomainName = name.parse().unwrap();
        let stewards = stewards.iter().map(|steward| (*steward).to_owned()).collect();
        let (description, owner) = (String::new(), owner.to_owned());
        (name.clone(), Domain { name, description, owner, stewards, service: None, contact: None })
    };
    [domain("loyalty", "loyal", &["stella"]), domain("air", "flying", &[])].into()
}

fn port(name: &str) -> PortRef {
    name.parse().unwrap()
}

/// The words that a column carrying `own` lacks if it is made of one that carries `made_of`.
fn lacks(rules: &Rules, own: &[&str], made_of: &Column) -> Vec<String> {
    let domains = domains();
    let from = port("loyalty.members.profiles");
    let column = column("derived", own);
    let missing = rules.inheritance(&domains).missing(&port("air.stats.daily"), &column, &[(&from, made_of)]);
    missing.into_iter().map(|inherited| inherited.word).collect()
}

#[test]
fn every_word_that_asks_for_a_mask_is_inherited() {
    let rules = rules(&[("governance/restrictions.yaml", RESTRICTIONS)]);
    let lacks = |own: &[&str], made_of: &[&str]| lacks(&rules, own, &column("source", made_of));
    assert_eq!(lacks(&["public"], &["confidential", "pii.email", "internal"]), ["confidential", "pii.email"]);
    assert_eq!(lacks(&[], &["internal"]), [""; 0], "a word on the clear list asks for none");
    assert_eq!(lacks(&[], &["secret"]), ["secret"], "a word that nobody listed is masked");
    assert_eq!(lacks(&["pii.email"], &["pii"]), [""; 0], "a word stands for those above it");
    assert_eq!(lacks(&["pii"], &["pii.email"]), ["pii.email"], "and not for those beneath");
}

#[test]
fn words_within_a_column_count_on_both_sides() {
    let rules = rules(&[("governance/restrictions.yaml", RESTRICTIONS)]);
    let address = with_part(column("address", &["internal"]), "street", "pii.location");
    assert_eq!(lacks(&rules, &["internal"], &address), ["pii.location"]);
    let domains = domains();
    let from = port("loyalty.members.profiles");
    let missing = rules.inheritance(&domains).missing(&port("air.stats.daily"), &address, &[(&from, &address)]);
    assert_eq!(missing, []);
}

#[test]
fn without_restrictions_all_but_public_is_inherited() {
    let rules = rules(&[]);
    assert_eq!(lacks(&rules, &["public"], &column("source", &["internal", "public"])), ["internal"]);
}

/// What the column lacks after `text` was signed, and what is told of the signatures.
fn signed(text: &str, own: &[&str], made_of: &[&str]) -> (Vec<String>, Vec<String>) {
    let files = [("governance/restrictions.yaml", RESTRICTIONS), ("governance/declassifications.yaml", text)];
    let rules = rules(&files);
    let domains = domains();
    let mut inheritance = rules.inheritance(&domains);
    let (from, to) = (port("loyalty.members.profiles"), port("air.stats.daily"));
    let missing = inheritance.missing(&to, &column("n", own), &[(&from, &column("points", made_of))]);
    let told = inheritance.settle(|port, column| (*port == to).then_some(column == "n"));
    let told = told.iter().map(|told| format!("{} {} {}", told.place, told.code, told.message)).collect();
    (missing.into_iter().map(|inherited| inherited.word).collect(), told)
}

fn entry(column: &str, tags: &str, steward: &str) -> String {
    format!("- column: {column}\n  tags: {tags}\n  reason: r\n  steward: {steward}\n  on: 2026-11-26\n")
}

#[test]
fn a_steward_or_an_owner_of_the_words_domain_takes_them_away_and_nobody_else() {
    for steward in ["lena", "stella"] {
        let text = entry("air.stats.daily.n", "[confidential]", steward);
        assert_eq!(
            signed(&text, &["internal"], &["confidential", "pii.email"]),
            (vec!["pii.email".to_owned()], vec![])
        );
    }
    let (missing, told) = signed(&entry("air.stats.daily.n", "[confidential]", "omar"), &[], &["confidential"]);
    assert_eq!(missing, ["confidential"]);
    assert_eq!(
        told,
        [
            "governance/declassifications.yaml:4:12 W0457 `omar` does not answer for `loyalty`, from which the words come"
        ]
    );
}

#[test]
fn a_word_stands_for_those_beneath_it() {
    let (missing, told) = signed(&entry("air.stats.daily.n", "[pii]", "lena"), &[], &["pii.email"]);
    assert_eq!((missing, told), (vec![], vec![]));
}

#[test]
fn what_takes_nothing_away_is_told() {
    let idle = |text: &str, own: &[&str]| signed(text, own, &["confidential"]).1;
    assert_eq!(
        idle(&entry("air.stats.daily.n", "[confidential, pii]", "lena"), &[]),
        ["governance/declassifications.yaml:2:24 W0458 `air.stats.daily.n` would not have to carry `pii` anyway"]
    );
    assert_eq!(
        idle(&entry("air.stats.daily.n", "[confidential]", "lena"), &["confidential"]),
        [
            "governance/declassifications.yaml:2:10 W0458 `air.stats.daily.n` would not have to carry `confidential` anyway"
        ]
    );
    assert_eq!(
        idle(&entry("air.stats.daily.m", "[confidential]", "lena"), &["confidential"]),
        ["governance/declassifications.yaml:1:11 W0458 there is no column `air.stats.daily.m`"]
    );
    assert_eq!(idle(&entry("air.stats.other.n", "[pii]", "lena"), &[]), [""; 0], "what it is made of nobody knows");
}

#[test]
fn a_signature_of_a_day_to_come_refuses_the_revision() {
    let text = entry("air.stats.daily.n", "[pii]", "lena");
    let mut rules = rules(&[("governance/declassifications.yaml", &text)]);
    assert_eq!(rules.check_declassifications("2026-11-26".parse().unwrap()), []);
    assert!(!rules.refused());
    let told = rules.check_declassifications("2026-11-25".parse().unwrap());
    assert_eq!(
        told.iter().map(|told| format!("{} {}", told.place, told.code)).collect::<Vec<_>>(),
        ["governance/declassifications.yaml:5:7 W0457"]
    );
    assert!(rules.refused());
}

proptest! {
    /// The law: who carries all of it lacks nothing; who carries more never lacks more; and what is lacking cures it.
    #[test]
    fn carrying_what_is_lacking_is_enough(
        own in proptest::collection::vec("(pii|pii\\.email|confidential|internal|x)", 0..4),
        made_of in proptest::collection::vec("(pii|pii\\.email|confidential|internal|x|x\\.y)", 0..4),
        more in proptest::collection::vec("(pii|pii\\.email|x\\.y)", 0..2),
    ) {
        let rules = rules(&[("governance/restrictions.yaml", RESTRICTIONS)]);
        let texts = |words: &[String]| -> Vec<String> { words.to_vec() };
        let lacks = |own: Vec<String>| {
            let own: Vec<&str> = own.iter().map(String::as_str).collect();
            let made_of: Vec<&str> = made_of.iter().map(String::as_str).collect();
            lacks(&rules, &own, &column("source", &made_of))
        };
        prop_assert_eq!(lacks(texts(&made_of)), Vec::<String>::new());
        let before = lacks(texts(&own));
        let after = lacks([texts(&own), texts(&more)].concat());
        prop_assert!(after.iter().all(|word| before.contains(word)));
        prop_assert_eq!(lacks([texts(&own), before].concat()), Vec::<String>::new());
    }
}
