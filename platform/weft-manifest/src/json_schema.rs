//! The JSON Schema of each kind of file, from the same types that read it.

use schemars::JsonSchema;
use schemars::generate::SchemaSettings;
use schemars::transform::{Transform, transform_subschemas};
use serde_json::Value as Json;

use crate::domain_file::DomainFile;
use crate::features_file::FeaturesFile;
use crate::mesh_file::MeshFile;
use crate::odcs::DataContract;
use crate::odps::DataProductDocument;
use crate::test_file::TestFile;

/// Kinds of file that [`schema`] knows.
pub const SCHEMA_KINDS: &[&str] = &["product", "contract", "domain", "mesh", "test", "features"];

/// The JSON Schema of a kind of file; `None` for a kind that is not one of [`SCHEMA_KINDS`].
pub fn schema(kind: &str) -> Option<Json> {
    match kind {
        "product" => Some(schema_of::<DataProductDocument>()),
        "contract" => Some(schema_of::<DataContract>()),
        "domain" => Some(schema_of::<DomainFile>()),
        "mesh" => Some(schema_of::<MeshFile>()),
        "test" => Some(schema_of::<TestFile>()),
        "features" => Some(schema_of::<FeaturesFile>()),
        _ => None,
    }
}

fn schema_of<T: JsonSchema>() -> Json {
    let settings = SchemaSettings::draft2020_12().with_transform(LeftOutNotNull);
    settings.into_generator().into_root_schema_for::<T>().to_value()
}

/// A key that may be left out may not be null: the standards tell the two apart.
#[derive(Clone, Debug)]
struct LeftOutNotNull;

impl Transform for LeftOutNotNull {
    fn transform(&mut self, schema: &mut schemars::Schema) {
        transform_subschemas(self, schema);
        let Some(object) = schema.as_object_mut() else { return };
        if let Some(Json::Object(properties)) = object.get_mut("properties") {
            properties.values_mut().for_each(drop_null);
        }
    }
}

fn drop_null(property: &mut Json) {
    let Json::Object(object) = property else { return };
    if let Some(Json::Array(types)) = object.get_mut("type")
        && types.len() == 2
    {
        types.retain(|word| word != "null");
        if let [only] = types.as_slice() {
            let only = only.clone();
            object.insert("type".to_owned(), only);
        }
    }
    if let Some(Json::Array(choices)) = object.get_mut("anyOf")
        && choices.len() == 2
    {
        choices.retain(|choice| choice.get("type").is_none_or(|word| word != "null"));
        if let [Json::Object(only)] = choices.as_slice() {
            let only = only.clone();
            object.remove("anyOf");
            object.extend(only);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_has_a_closed_schema_with_its_required_keys() {
        for kind in SCHEMA_KINDS {
            let schema = schema(kind).unwrap();
            assert_eq!(schema["additionalProperties"], false, "{kind}");
        }
        assert_eq!(schema("none"), None);
        let contract = schema("contract").unwrap();
        assert_eq!(contract["required"], serde_json::json!(["version", "apiVersion", "kind", "id"]));
        assert_eq!(contract["properties"]["status"]["type"], "string");
        assert_eq!(contract["properties"]["schema"]["type"], "array");
        let text = contract.to_string();
        assert!(text.contains("primaryKeyPosition") && text.contains("logicalTypeOptions"));
    }
}
