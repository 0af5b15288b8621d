//! One broken manifest among many.

use weft_manifest::source;
use weft_reconcile::{Known, check, plan};
use weft_testkit::{Manifests, minimal_mesh};

const PRODUCTS: usize = 500;
const BROKEN: usize = 250;

/// Breaks one file of a product: what it is called, which file, and its text afterwards.
type Mutation = (&'static str, &'static str, fn(&str) -> String);

const MUTATIONS: [Mutation; 12] = [
    ("a document that ends early", "product.odps.yaml", |text| text[..text.len() / 2].to_owned()),
    ("no YAML", "contracts/lines.odcs.yaml", |text| format!("{text}\n  - : [\n")),
    ("an empty document", "product.odps.yaml", |_| String::new()),
    ("a key that nobody knows", "product.odps.yaml", |text| text.replace("status: active", "statsu: active")),
    ("a key twice", "contracts/lines.odcs.yaml", |text| format!("{text}version: 1.0.0\n")),
    ("a version that is none", "contracts/lines.odcs.yaml", |text| text.replace("version: 1.0.0", "version: one")),
    ("a contract that is not there", "product.odps.yaml", |text| text.replace("contractId: 7", "contractId: 8")),
    ("a file that is not there", "product.odps.yaml", |text| text.replace("data/lines.csv", "data/none.csv")),
    ("a domain that is another", "product.odps.yaml", |text| text.replace("domain: sales", "domain: sails")),
    ("a kind of transform that nobody knows", "product.odps.yaml", |text| text.replace("kind: seed", "kind: sead")),
    ("a type that nobody knows", "contracts/lines.odcs.yaml", |text| text.replace("Type: integer", "Type: integers")),
    ("a port without a name", "product.odps.yaml", |text| text.replace("  - name: lines\n    desc", "  - desc")),
];

/// `sales.orders.lines` so many times, under other names.
fn mesh() -> Manifests {
    let mesh = minimal_mesh();
    let files = ["product.odps.yaml", "contracts/lines.odcs.yaml", "data/lines.csv"];
    let texts = files.map(|file| (file, mesh.text(&format!("products/sales/orders/{file}"))));
    for n in 0..PRODUCTS {
        for (file, text) in &texts {
            let text = text.replace("6a0001", &format!("6b{n:04}")).replace("6a0002", &format!("6c{n:04}"));
            mesh.write(&format!("{}/{file}", folder(n)), text.replace("name: Orders", &format!("name: Orders {n}")));
        }
    }
    mesh.remove("products/sales/orders");
    mesh
}

fn folder(n: usize) -> String {
    format!("products/sales/orders_{n}")
}

/// The products that a first start would make, and the files of what is wrong.
async fn planned(mesh: &Manifests) -> (usize, Vec<String>) {
    let source = source::open_directory(mesh.path()).unwrap();
    let tree = source.tree(&source.newest().unwrap()).unwrap();
    let known = Known::nothing();
    let checked = check(&tree, &known).await;
    assert!(!checked.is_refused(), "{:?}", checked.diagnostics.first());
    let plan = plan(&checked.declared, &known, &checked.reviews);
    let errors = checked.diagnostics.iter().filter(|diagnostic| diagnostic.is_error());
    (plan.steps.len(), errors.map(|error| error.place.file.clone()).collect())
}

#[tokio::test]
async fn of_many_products_exactly_the_broken_one_is_left_out() {
    let mesh = mesh();
    assert_eq!(planned(&mesh).await, (PRODUCTS, Vec::new()));
    for (name, file, mutate) in MUTATIONS {
        let path = format!("{}/{file}", folder(BROKEN));
        let sound = mesh.text(&path);
        let broken = mutate(&sound);
        assert_ne!(broken, sound, "{name}");
        mesh.write(&path, broken);
        let (steps, files) = planned(&mesh).await;
        assert_eq!(steps, PRODUCTS - 1, "{name}: {files:?}");
        let own = |file: &String| file.starts_with(&format!("{}/", folder(BROKEN)));
        assert!(!files.is_empty() && files.iter().all(own), "{name}: {files:?}");
        mesh.write(&path, sound);
    }
}
