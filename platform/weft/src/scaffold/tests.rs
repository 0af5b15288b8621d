use std::collections::BTreeMap;
use std::sync::Arc;

use arrow::array::{ArrayRef, Decimal128Array, Int64Array, RecordBatch, new_null_array};
use arrow::datatypes::{DataType, Field, Fields, Schema, TimeUnit};

use expect_test::expect;
use weft_model::ManifestTree;
use weft_reconcile::Known;

use super::*;

/// Everything that is wrong with a mesh of these files.
async fn problems(files: &Files) -> Vec<String> {
    let texts: BTreeMap<&str, &str> =
        files.iter().filter_map(|(path, content)| Some((path.as_str(), std::str::from_utf8(content).ok()?))).collect();
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
    let principals = with_principals_of(&sales, std::str::from_utf8(&files[PRINCIPALS_FILE]).unwrap()).unwrap();
    files.insert(PRINCIPALS_FILE.to_owned(), principals.into_bytes());
    let guess = columns_of_csv(EXAMPLE).unwrap();
    let seed = Origin::Seed { format: "csv", bytes: EXAMPLE.as_bytes().to_vec() };
    files.extend(product(&sales, &"orders".parse().unwrap(), seed, &guess));
    let source = Origin::Source { format: "delta", url: "s3://lake/sales/payments".to_owned() };
    files.extend(product(&sales, &"payments".parse().unwrap(), source, &typed().guess().unwrap()));
    assert_eq!(problems(&files).await, Vec::<String>::new());
}

/// What is seen of a file that says itself what its columns hold.
fn typed() -> Sample {
    let rows = typed_rows();
    let mut sample = Sample::of(rows.schema());
    sample.add(&rows).unwrap();
    sample
}

fn typed_rows() -> RecordBatch {
    let element = Arc::new(Field::new("element", DataType::Utf8, true));
    let place: Fields =
        vec![Field::new("zip code", DataType::Utf8, false), Field::new("lat", DataType::Float32, true)].into();
    let fields = vec![
        Field::new("day", DataType::Date32, true),
        Field::new("member", DataType::Int64, true),
        Field::new("email: private", DataType::Utf8View, true),
        Field::new("paid", DataType::Decimal128(12, 2), false),
        Field::new("at", DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())), true),
        Field::new("labels", DataType::List(element), true),
        Field::new("place", DataType::Struct(place), true),
    ];
    let schema = Arc::new(Schema::new(fields));
    let rows: Vec<ArrayRef> = schema
        .fields()
        .iter()
        .map(|field| match field.name().as_str() {
            "member" => Arc::new(Int64Array::from(vec![7, 8])) as ArrayRef,
            "paid" => Arc::new(Decimal128Array::from(vec![1, 1]).with_precision_and_scale(12, 2).unwrap()),
            _ => new_null_array(field.data_type(), 2),
        })
        .collect();
    RecordBatch::try_new(schema, rows).unwrap()
}

#[test]
fn a_file_that_says_what_its_columns_hold_is_believed() {
    let guess = typed().guess().unwrap();
    assert_eq!((guess.key(), guess.personal()), (Some("member"), vec!["email: private"]));
    expect![[r#"
        properties:
              - name: day
                description: What day says.
                logicalType: date
                physicalType: date
                classification: internal
              - name: member
                description: What member says.
                logicalType: integer
                physicalType: bigint
                required: true
                unique: true
                primaryKey: true # guessed: confirm it
                primaryKeyPosition: 1
                classification: internal
              - name: "email: private"
                description: "What email: private says."
                logicalType: string
                physicalType: string
                classification: personal # guessed from its name: confirm it
              - name: paid
                description: What paid says.
                logicalType: number
                physicalType: decimal(12,2)
                required: true
                classification: internal
              - name: at
                description: What at says.
                logicalType: timestamp
                physicalType: timestamp
                classification: internal
              - name: labels
                description: What labels says.
                logicalType: array
                items:
                  logicalType: string
                  physicalType: string
                classification: internal
              - name: place
                description: What place says.
                logicalType: object
                properties:
                  - name: zip code
                    logicalType: string
                    physicalType: string
                    required: true
                  - name: lat
                    logicalType: number
                    physicalType: float
                classification: internal
    "#]]
    .assert_eq(&format!("properties:\n{}", guess.to_properties()));
    let mut twice = typed();
    twice.add(&typed_rows()).unwrap();
    assert_eq!(twice.guess().unwrap().key(), None, "a value that comes twice tells nothing apart");
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
