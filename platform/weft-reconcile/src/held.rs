//! Products that were rolled back: what is served stays until a commit changes them.

use weft_model::{DataProduct, Declared, ProductRef, Published};

use crate::fingerprint::hash;

/// Sets aside the products that were rolled back and that `declared` declares as they were declared then.
///
/// To be done before anything else is made of `declared`, so that whatever reads them is planned against what
/// they serve.
pub(crate) fn set_aside(declared: &mut Declared, published: &Published) {
    let held = declared.products.iter().filter(|product| is_held(product, published));
    let held: Vec<ProductRef> = held.map(|product| product.name.clone()).collect();
    for product in held {
        declared.hold(&product);
    }
}

fn is_held(product: &DataProduct, published: &Published) -> bool {
    let back = published.releases.get(&product.name).and_then(|release| release.rolled_back.as_ref());
    back.and_then(|back| back.held.as_ref()).is_some_and(|held| *held == digest(product))
}

/// Equal for products that are declared alike, and for no others.
pub(crate) fn digest(product: &DataProduct) -> String {
    // Whatever a release says of its product has a JSON form.
    hash(&serde_json::to_value(product).unwrap_or_default())
}
