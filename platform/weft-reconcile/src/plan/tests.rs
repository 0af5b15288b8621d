use std::collections::BTreeMap;

use chrono::DateTime;
use proptest::prelude::*;
use weft_model::{
    Column, ColumnLineage, ColumnPart, Contract, ContractKey, DataType, Domain, InputPort, ManifestTree, OutputPort,
    PortRelease, RolledBack, SeedFormat, Transform,
};

use super::*;

/// A product `d.<name>` with one port `out`, made from `inputs` by SQL, or a seed where there are none.
pub(crate) fn product(name: &str, inputs: &[&str], comment: &str) -> DataProduct {
    let contract = |of: &str| ContractKey { id: of.to_owned(), version: semver::Version::new(1, 0, 0) };
    let full = |of: &str| -> PortRef { format!("d.{of}.out").parse().unwrap() };
    let transform = if inputs.is_empty() {
        Transform::Seed { path: format!("{name}.csv"), format: SeedFormat::Csv, content: comment.to_owned() }
    } else {
        let from = inputs.iter().map(|input| full(input).to_string()).collect::<Vec<_>>().join(", ");
        Transform::Full { file: format!("{name}.sql"), sql: format!("select * from {from} -- {comment}") }
    };
    let column = Column {
        name: "id".to_owned(),
        description: String::new(),
        data_type: DataType::String,
        required: true,
        unique: false,
        primary_key_position: Some(1),
        classification: None,
        tags: Vec::new(),
        parts: Vec::new(),
    };
    DataProduct {
        name: format!("d.{name}").parse().unwrap(),
        file: format!("products/d/{name}/product.odps.yaml"),
        id: name.to_owned(),
        title: None,
        version: None,
        status: None,
        purpose: String::new(),
        tags: Vec::new(),
        purposes: Vec::new(),
        overrides: Vec::new(),
        features: Vec::new(),
        inputs: inputs
            .iter()
            .map(|input| InputPort { name: (*input).to_owned(), contract: contract(input), port: full(input) })
            .collect(),
        outputs: vec![OutputPort {
            name: "out".parse().unwrap(),
            description: String::new(),
            contract: Contract {
                key: contract(name),
                file: String::new(),
                status: None,
                purpose: String::new(),
                tags: Vec::new(),
                columns: vec![column],
                checks: Vec::new(),
                service_levels: Vec::new(),
                traffic_levels: Vec::new(),
                roles: Vec::new(),
                document: String::new(),
            },
            transform,
            schedule: None,
            resources: weft_model::Resources::default(),
            major: None,
            feature_view: None,
        }],
    }
}

pub(crate) fn domain() -> Domain {
    Domain {
        name: "d".parse().unwrap(),
        description: String::new(),
        owner: "owners".to_owned(),
        stewards: Vec::new(),
        service: Some("jobs".to_owned()),
        contact: None,
    }
}

pub(crate) fn declared(products: Vec<DataProduct>) -> Declared {
    let mut declared = Declared::empty(Revision::new("r1"));
    declared.domains.insert("d".parse().unwrap(), domain());
    declared.products = products;
    declared
}

/// What is served once the plan from `published` to `declared` is applied.
fn apply(declared: &Declared, published: &Published) -> Published {
    let mut after = published.clone();
    let plan = plan(declared, &serving(published), &[]);
    for step in &plan.steps {
        let name = step.port.product_ref();
        let Some(product) = declared.product(&name) else {
            after.releases.remove(&name);
            continue;
        };
        let mut ports = after.releases.get(&name).map_or_else(BTreeMap::new, |release| release.ports.clone());
        let port = PortRelease {
            location: None,
            table_version: None,
            fingerprint: step.fingerprint.clone().unwrap_or_default(),
            rows: None,
            bytes: None,
            inputs: BTreeMap::new(),
            refreshed_at: None,
            lineage: ColumnLineage::default(),
        };
        ports.insert(step.port.port.clone(), port);
        let release = Release {
            number: 1,
            revision: declared.revision.clone(),
            plan: plan.id(),
            at: DateTime::UNIX_EPOCH,
            product: product.clone(),
            rolled_back: None,
            archived: BTreeMap::new(),
            domain: domain(),
            ports,
        };
        after.releases.insert(name, release);
    }
    after
}

/// A mesh that serves `published`, long ago.
fn serving(published: &Published) -> Known {
    Known { published: std::sync::Arc::new(published.clone()), ..Known::nothing() }
}

fn changes(declared: &Declared, published: &Published) -> Vec<String> {
    let plan = plan(declared, &serving(published), &[]);
    plan.steps.iter().map(|step| format!("{} {}", step.change.as_str(), step.port)).collect()
}

#[test]
fn what_is_new_is_created_inputs_first() {
    let wanted = declared(vec![product("a", &[], "1"), product("b", &["a"], "1")]);
    assert_eq!(changes(&wanted, &Published::default()), ["create d.a.out", "create d.b.out"]);
}

#[test]
fn a_change_reaches_what_reads_it_and_nothing_else() {
    let chain = |comment| {
        declared(vec![
            product("a", &[], comment),
            product("b", &["a"], "1"),
            product("c", &["b"], "1"),
            product("z", &[], "1"),
        ])
    };
    let served = apply(&chain("1"), &Published::default());
    assert_eq!(changes(&chain("2"), &served), ["refresh d.a.out", "refresh d.b.out", "refresh d.c.out"]);
}

#[test]
fn other_words_about_a_product_rebuild_nothing() {
    let before = declared(vec![product("a", &[], "1")]);
    let served = apply(&before, &Published::default());
    let mut after = before;
    after.products[0].purpose = "said better".to_owned();
    assert_eq!(changes(&after, &served), ["redescribe d.a.out"]);
}

#[test]
fn another_classification_or_purpose_reaches_the_release_and_rebuilds_nothing() {
    let before = declared(vec![product("a", &[], "1"), product("b", &["a"], "1")]);
    let served = apply(&before, &Published::default());
    let mut after = before;
    let a = &mut after.products[0];
    a.purposes.push("modelling".to_owned());
    let contract = &mut a.outputs[0].contract;
    contract.tags.push("legal_hold".to_owned());
    contract.columns[0].classification = Some("personal".to_owned());
    contract.columns[0].tags.push("pii".to_owned());
    let path = vec!["[]".to_owned()];
    contract.columns[0].parts.push(ColumnPart { path, classification: None, tags: vec!["pii".to_owned()] });
    assert_eq!(changes(&after, &served), ["redescribe d.a.out"]);
    let served = apply(&after, &served);
    let release = &served.releases[&"d.a".parse().unwrap()];
    assert_eq!(release.product, after.products[0]);
}

#[test]
fn another_feature_view_or_service_reaches_the_release_and_rebuilds_nothing() {
    let before = declared(vec![product("a", &[], "1"), product("b", &["a"], "1")]);
    let served = apply(&before, &Published::default());
    let view = |ttl_ms| weft_model::FeatureView {
        entity: vec!["id".to_owned()],
        event_time: "at".to_owned(),
        created_time: None,
        ttl_ms,
        features: vec!["delay".to_owned()],
    };
    let mut of_view = before.clone();
    of_view.products[0].outputs[0].feature_view = Some(view(None));
    assert_eq!(changes(&of_view, &served), ["redescribe d.a.out"]);
    let served = apply(&of_view, &served);
    assert_eq!(changes(&of_view, &served), Vec::<String>::new());
    of_view.products[0].outputs[0].feature_view = Some(view(Some(86_400_000)));
    assert_eq!(changes(&of_view, &served), ["redescribe d.a.out"]);

    let part = |prefix: Option<&str>| weft_model::FeaturePart {
        view: "d.a.out".parse().unwrap(),
        features: Vec::new(),
        keys: BTreeMap::new(),
        prefix: prefix.map(str::to_owned),
    };
    let mut of_service = of_view;
    let served = apply(&of_service, &served);
    let service = |prefix| weft_model::FeatureService {
        name: "delays".parse().unwrap(),
        description: String::new(),
        parts: vec![part(prefix)],
    };
    of_service.products[1].features = vec![service(None)];
    assert_eq!(changes(&of_service, &served), ["redescribe d.b.out"]);
    let served = apply(&of_service, &served);
    of_service.products[1].features = vec![service(Some("before"))];
    assert_eq!(changes(&of_service, &served), ["redescribe d.b.out"]);
    let served = apply(&of_service, &served);
    assert_eq!(served.releases[&"d.b".parse().unwrap()].product, of_service.products[1]);
}

#[test]
fn a_product_with_errors_stays_and_one_that_is_gone_is_retired() {
    let served = apply(&declared(vec![product("a", &[], "1"), product("b", &["a"], "1")]), &Published::default());
    let mut broken = declared(vec![product("b", &["a"], "1")]);
    broken.broken.insert("d.a".parse().unwrap());
    assert_eq!(changes(&broken, &served), Vec::<String>::new());
    assert_eq!(changes(&declared(vec![product("a", &[], "1")]), &served), ["retire d.b.out"]);
}

/// What `served` serves once `d.a` is rolled back from what `declared` declares.
fn rolled_back(declared: &Declared, served: &Published, to: &Published) -> Published {
    let name: ProductRef = "d.a".parse().unwrap();
    let mut after = served.clone();
    let back = RolledBack {
        to: 1,
        from: 2,
        by: "user:olga".to_owned(),
        reason: String::new(),
        held: Some(crate::held::digest(declared.product(&name).unwrap())),
    };
    after.releases.insert(name.clone(), Release { number: 3, rolled_back: Some(back), ..to.releases[&name].clone() });
    after
}

/// `declared` as it is planned over `published`.
fn set_aside(declared: &Declared, published: &Published) -> Declared {
    let mut declared = declared.clone();
    crate::held::set_aside(&mut declared, published);
    declared
}

#[test]
fn a_product_that_was_rolled_back_is_held_and_what_reads_it_is_made_of_what_it_serves() {
    let chain = |comment| declared(vec![product("a", &[], comment), product("b", &["a"], "1"), product("c", &[], "1")]);
    let good = apply(&chain("good"), &Published::default());
    let bad = apply(&chain("bad"), &good);
    let served = rolled_back(&chain("bad"), &bad, &good);
    let wanted = set_aside(&chain("bad"), &served);
    assert_eq!(changes(&wanted, &served), ["refresh d.b.out"]);
    let plan = plan(&wanted, &serving(&served), &[]);
    let held = "  = d.a   held: rolled back to release 1; changes with the next commit to the product\n";
    assert!(plan.to_text(false).contains(held), "{}", plan.to_text(false));
    assert_eq!(
        serde_json::to_value(&plan).unwrap()["held"],
        serde_json::json!([{"product": "d.a", "rolled_back_to": 1}])
    );

    let after = apply(&wanted, &served);
    let reader: ProductRef = "d.b".parse().unwrap();
    assert!(after.releases[&reader].serves_as(&good.releases[&reader]));
    assert!(changes(&wanted, &after).is_empty());
}

#[test]
fn a_commit_to_the_product_alone_lifts_the_hold() {
    let mesh = |a, c| declared(vec![product("a", &[], a), product("b", &["a"], "1"), product("c", &[], c)]);
    let good = apply(&mesh("good", "1"), &Published::default());
    let bad = apply(&mesh("bad", "1"), &good);
    let served = rolled_back(&mesh("bad", "1"), &bad, &good);
    let served = apply(&set_aside(&mesh("bad", "1"), &served), &served);

    let other = set_aside(&mesh("bad", "2"), &served);
    assert_eq!((changes(&other, &served), other.held.len()), (vec!["refresh d.c.out".to_owned()], 1));
    let mended = set_aside(&mesh("mended", "1"), &served);
    assert_eq!(changes(&mended, &served), ["refresh d.a.out", "refresh d.b.out"]);
    assert!(plan(&mended, &serving(&served), &[]).held.is_empty());
    let reverted = set_aside(&mesh("good", "1"), &served);
    assert!(changes(&reverted, &served).is_empty(), "it serves what is declared already");
}

#[test]
fn a_held_product_that_is_declared_no_more_is_retired() {
    let all = declared(vec![product("a", &[], "bad"), product("c", &[], "1")]);
    let good = apply(&declared(vec![product("a", &[], "good"), product("c", &[], "1")]), &Published::default());
    let served = rolled_back(&all, &apply(&all, &good), &good);
    let gone = set_aside(&declared(vec![product("c", &[], "1")]), &served);
    assert_eq!(changes(&gone, &served), ["retire d.a.out"]);
}

#[test]
fn a_retirement_says_what_is_kept_and_until_when() {
    let retired = |retention: &str, rows: Option<u64>| {
        let mut gone = product("b", &[], "1");
        gone.outputs[0].contract.document =
            format!("apiVersion: v3.2.0\nkind: DataContract\nid: b\nversion: 1.0.0\nslaProperties: [{retention}]\n");
        let mut served = apply(&declared(vec![product("a", &[], "1"), gone]), &Published::default());
        for port in served.releases.values_mut().flat_map(|release| release.ports.values_mut()) {
            (port.rows, port.table_version) = (rows, rows.map(|_| 3));
        }
        let wanted = declared(vec![product("a", &[], "1")]);
        let on = |day: &str| {
            let now = format!("{day}T12:00:00Z").parse().unwrap();
            plan(&wanted, &Known { now, ..serving(&served) }, &[])
        };
        assert_eq!(on("2026-11-26").id(), on("2026-11-27").id(), "a day is no part of what is planned");
        let text = on("2026-11-26").to_text(false);
        text.lines().nth(1).unwrap_or_default().trim().to_owned()
    };
    let year = "{property: retention, value: P1Y}";
    assert_eq!(retired(year, Some(336_776)), "- out  no longer served, 336,776 rows kept until 2027-11-26");
    assert_eq!(retired("", Some(1)), "- out  no longer served, 1 row kept");
    assert_eq!(retired(year, None), "- out  no longer served");
}

proptest! {
    /// Whatever was served before, a plan that is applied leaves nothing to do, and the same two
    /// values give the same plan.
    #[test]
    fn a_plan_that_is_applied_is_done(before in meshes(), after in meshes()) {
        let served = apply(&before, &Published::default());
        prop_assert_eq!(plan(&after, &serving(&served), &[]), plan(&after, &serving(&served), &[]));
        let served = apply(&after, &served);
        prop_assert!(plan(&after, &serving(&served), &[]).is_empty());
    }
}

/// Meshes of up to five products, each reading some of those before it.
fn meshes() -> impl Strategy<Value = Declared> {
    prop::collection::vec((any::<u8>(), 0..3_u8), 0..5).prop_map(|drawn| {
        let names = ["a", "b", "c", "e", "f"];
        let products = drawn.iter().enumerate().map(|(i, (mask, comment))| {
            let inputs: Vec<&str> = (0..i).filter(|j| mask & (1 << j) != 0).map(|j| names[j]).collect();
            product(names[i], &inputs, &comment.to_string())
        });
        declared(products.collect())
    })
}

#[test]
fn queries_that_ran_over_the_same_columns_are_not_planned_again() {
    let told = |declared: &Declared, published: &Published| {
        crate::sql_check::check(&ManifestTree::of_texts([]), &mut declared.clone(), published).len()
    };
    let mut products = vec![product("a", &[], "1"), product("b", &["a"], "1")];
    // Whether it is planned shows by what is told of it.
    products[1].outputs[0].transform =
        Transform::Full { file: "b.sql".to_owned(), sql: "select nothing from d.a.out".to_owned() };
    let wanted = declared(products.clone());
    assert_eq!(told(&wanted, &Published::default()), 1);
    let served = apply(&wanted, &Published::default());
    assert_eq!(told(&wanted, &served), 0);
    let mut narrower = products.clone();
    narrower[0].outputs[0].contract.columns[0].data_type = DataType::Boolean;
    assert_eq!(told(&declared(narrower), &served), 1, "an input has other columns");
    products[1].outputs[0].contract.columns[0].data_type = DataType::Boolean;
    assert_eq!(told(&declared(products), &served), 1, "the contract is another");
}
