use expect_test::{Expect, expect};
use weft_model::ManifestTree;

use super::*;

const MODEL: &str = include_str!("../../../../governance/model.conf");

const PRINCIPALS: &str = "\
users: [{name: ana, groups: [sellers]}, {name: bo, groups: [sellers]}, {name: lena}]
services: [{name: jobs}]
groups: [{name: sellers}]
";

const ACCESS: &str = "\
p, group:sellers, dom:air, obj:air.trips, read, *, -, allow
p, user:lena, dom:air, obj:air, read, *, -, allow
p, user:lena, dom:air, obj:air, unmask, *, -, allow
";

/// A mesh of one port, `air.trips.rows`, with the columns `flight` and `mail`.
fn mesh(access: &str, columns: &str) -> ManifestTree {
    let product = "apiVersion: v1.1.0\nkind: DataProduct\nid: trips\nstatus: draft\noutputPorts:\n- name: rows\n  \
                   contractId: rows\n  version: 1.0.0\n  customProperties:\n  \
                   - {property: transform, vendor: weft, value: {kind: view}}\n";
    let contract = format!(
        "apiVersion: v3.2.0\nkind: DataContract\nid: rows\nversion: 1.0.0\nstatus: draft\nschema:\n- name: rows\n  \
         properties:\n{columns}"
    );
    ManifestTree::of_texts([
        ("governance/model.conf", MODEL),
        ("governance/principals.yaml", PRINCIPALS),
        ("governance/restrictions.yaml", "clear: [public]\nmasks: [{id: mail, tag: pii, mask: partial_email}]\n"),
        ("products/air/domain.yaml", "domain: air\nowner: sellers\nservice: jobs\n"),
        ("products/air/access.csv", access),
        ("products/air/trips/product.odps.yaml", product),
        ("products/air/trips/contracts/rows.odcs.yaml", &contract),
        ("products/air/trips/transforms/rows.sql", "SELECT 'a' AS flight, 'b' AS mail"),
    ])
}

const FLIGHT: &str = "  - {name: flight, logicalType: string, classification: public}\n";
const MAIL: &str = "  - {name: mail, logicalType: string, classification: pii}\n";

#[track_caller]
fn check(before: &ManifestTree, after: &ManifestTree, expected: Expect) {
    let nothing = Known::nothing();
    let declared = weft_manifest::read(before, nothing.now.date_naive()).0;
    let known = nothing.with_published(&declared);
    let served = AccessState::served(before, &known).unwrap();
    let (state, problems) = AccessState::declared(after, &known);
    let effects = served.effects(&state.unwrap_or_else(|| panic!("{problems:?}")), known.now);
    let changes = effects.into_iter().map(AccessChange::from);
    let told = changes.map(|change| format!("{}\n    {}\n", change.sentence(), change.names(true)));
    expected.assert_eq(&told.collect::<String>());
}

#[test]
fn nothing_changes_by_the_revision_that_is_served() {
    let mesh = mesh(ACCESS, &format!("{FLIGHT}{MAIL}"));
    check(&mesh, &mesh, expect![""]);
}

#[test]
fn who_gains_and_loses_by_a_line_is_told_with_the_line() {
    let columns = format!("{FLIGHT}{MAIL}");
    let after = "\
p, service:jobs, dom:air, obj:air.trips, read, *, -, allow
p, user:lena, dom:air, obj:air, read, *, -, allow
p, user:lena, dom:air, obj:air, unmask, *, -, allow
";
    check(
        &mesh(ACCESS, &columns),
        &mesh(after, &columns),
        expect![[r#"
            + 1 service gains air.trips.rows.flight   (products/air/access.csv:1)
                jobs
            + 1 service gains air.trips.rows.mail, masked (partial_email)   (products/air/access.csv:1)
                jobs
            - 2 people lose air.trips.rows   (was products/air/access.csv:1)
                ana, bo
        "#]],
    );
}

#[test]
fn a_contract_that_classifies_a_column_otherwise_is_told() {
    check(
        &mesh(ACCESS, &format!("{FLIGHT}{MAIL}")),
        &mesh(ACCESS, &format!("{FLIGHT}{}", MAIL.replace("pii", "public"))),
        expect![[r#"
            + 2 people see air.trips.rows.mail in clear   (was governance/restrictions.yaml:2)
                ana, bo
        "#]],
    );
}

#[test]
fn a_port_that_goes_is_lost_by_who_read_it() {
    let before = mesh(ACCESS, &format!("{FLIGHT}{MAIL}"));
    let files = ["product.odps.yaml", "contracts/rows.odcs.yaml", "transforms/rows.sql"];
    let gone = files.map(|file| (format!("products/air/trips/{file}"), None)).into_iter();
    // Its rows go with it: they would name what is not there.
    let gone = gone.chain([("products/air/access.csv".to_owned(), None)]).collect();
    check(
        &before,
        &before.clone().with_texts(gone),
        expect![[r#"
            - 2 people lose air.trips.rows   (was products/air/access.csv:1)
                ana, bo
            - 1 person loses air.trips.rows   (was products/air/access.csv:2)
                lena
        "#]],
    );
}
