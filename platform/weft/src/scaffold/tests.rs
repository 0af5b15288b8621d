use std::collections::BTreeMap;

use expect_test::expect;
use weft_model::ManifestTree;
use weft_reconcile::Known;

use super::*;

/// Everything that is wrong with a mesh of these files.
async fn problems(files: &Files) -> Vec<String> {
    let texts: BTreeMap<&str, &str> = files.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
    let tree = ManifestTree::of_texts(texts);
    let checked = weft_reconcile::check(&tree, &Known::nothing()).await;
    checked.diagnostics.iter().map(ToString::to_string).collect()
}

#[tokio::test]
async fn a_new_mesh_with_a_domain_and_a_product_has_no_problems() {
    let mut files = mesh();
    assert_eq!(problems(&files).await, Vec::<String>::new());
    let sales: DomainName = "sales".parse().unwrap();
    files.extend(domain(&sales));
    let principals = with_principals_of(&sales, &files[PRINCIPALS_FILE]).unwrap();
    files.insert(PRINCIPALS_FILE.to_owned(), principals);
    let guess = columns_of_csv(EXAMPLE).unwrap();
    files.extend(product(&sales, &"orders".parse().unwrap(), EXAMPLE, &guess));
    assert_eq!(problems(&files).await, Vec::<String>::new());
}

#[test]
fn keys_types_and_personal_data_are_guessed_for_a_person_to_confirm() {
    let text = "member_id,email,joined_on,points,active\n1,a@x.example,2026-01-02,1.5,true\n2,,2026-01-03,2,false\n";
    let guess = columns_of_csv(text).unwrap();
    assert_eq!((guess.key(), guess.personal(), guess.count()), (Some("member_id"), vec!["email"], 5));
    expect![[r#"
        properties:
              - name: member_id
                description: What member_id says.
                logicalType: integer
                physicalType: bigint
                required: true
                unique: true
                primaryKey: true # guessed: confirm it
                primaryKeyPosition: 1
                classification: internal
              - name: email
                description: What email says.
                logicalType: string
                physicalType: string
                classification: personal # guessed from its name: confirm it
              - name: joined_on
                description: What joined_on says.
                logicalType: date
                physicalType: date
                required: true
                classification: internal
              - name: points
                description: What points says.
                logicalType: number
                physicalType: double
                required: true
                classification: internal
              - name: active
                description: What active says.
                logicalType: boolean
                physicalType: boolean
                required: true
                classification: internal
    "#]]
    .assert_eq(&format!("properties:\n{}", guess.to_properties()));
    assert!(columns_of_csv("").is_err());
}

#[test]
fn principals_are_put_into_lists_and_the_rest_stays_as_it_is() {
    let text = "# Who.\nusers:\n  - {name: ana}\nservices: [] # none yet\ngroups:\n  - {name: people}\n";
    expect![[r#"
        # Who.
        users:
          - {name: ana}
        services:
          - {name: sales-jobs, groups: [], attributes: {}}
        groups:
          - {name: sales-owners, description: Owns the domain `sales`.}
          - {name: people}
    "#]]
    .assert_eq(&with_principals_of(&"sales".parse().unwrap(), text).unwrap());
    assert_eq!(with_principals_of(&"sales".parse().unwrap(), "groups: [{name: people}]\n"), None);
}
