//! The JSON Schema of each kind of file, from the same types that read it.

use schemars::generate::SchemaSettings;
use schemars::transform::{Transform, transform_subschemas};
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde_json::{Value as Json, json};

use crate::domain_file::DomainFile;
use crate::features_file::FeaturesFile;
use crate::mesh_file::MeshFile;
use crate::odcs::DataContract;
use crate::odps::DataProductDocument;
use crate::test_file::TestFile;
use crate::weft_properties::{
    FeatureServiceProperty, FeatureViewProperty, OverrideProperty, ResourcesProperty, ScheduleProperty,
    TransformProperty,
};

/// Kinds of file that [`schema`] knows.
pub const SCHEMA_KINDS: &[&str] = &["product", "contract", "domain", "mesh", "test", "features"];

/// The JSON Schema of a kind of file; `None` for a kind that is not one of [`SCHEMA_KINDS`].
pub fn schema(kind: &str) -> Option<Json> {
    match kind {
        "product" => Some(product()),
        "contract" => Some(schema_of::<DataContract>()),
        "domain" => Some(schema_of::<DomainFile>()),
        "mesh" => Some(schema_of::<MeshFile>()),
        "test" => Some(schema_of::<TestFile>()),
        "features" => Some(schema_of::<FeaturesFile>()),
        _ => None,
    }
}

fn schema_of<T: JsonSchema>() -> Json {
    generator().into_root_schema_for::<T>().to_value()
}

fn generator() -> SchemaGenerator {
    SchemaSettings::draft2020_12().with_transform(LeftOutNotNull).into_generator()
}

/// The product's schema, in which the values of Weft's own properties have theirs.
fn product() -> Json {
    let mut generator = generator();
    let values = [
        ("transform", generator.subschema_for::<TransformProperty>()),
        ("schedule", generator.subschema_for::<ScheduleProperty>()),
        ("resources", generator.subschema_for::<ResourcesProperty>()),
        ("featureView", generator.subschema_for::<FeatureViewProperty>()),
        ("features", generator.subschema_for::<Vec<FeatureServiceProperty>>()),
        ("overrides", generator.subschema_for::<Vec<OverrideProperty>>()),
        ("purposes", generator.subschema_for::<Vec<String>>()),
    ];
    let mut schema = generator.into_root_schema_for::<DataProductDocument>().to_value();
    let of_value = |(property, value): (&str, Schema)| {
        json!({
            "if": {
                "properties": { "property": { "const": property }, "vendor": { "const": "weft" } },
                "required": ["property", "vendor"],
            },
            "then": { "properties": { "value": value } },
        })
    };
    if let Some(Json::Object(custom)) = schema.pointer_mut("/$defs/CustomProperty") {
        custom.insert("allOf".to_owned(), values.into_iter().map(of_value).collect());
    }
    schema
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

    #[test]
    fn values_of_wefts_own_properties_have_a_schema() {
        let product = schema("product").unwrap();
        let of = |property: &str| {
            let rules = product["$defs"]["CustomProperty"]["allOf"].as_array().unwrap();
            let rule = rules.iter().find(|rule| rule["if"]["properties"]["property"]["const"] == property);
            rule.unwrap()["then"]["properties"]["value"].clone()
        };
        assert_eq!(of("featureView"), json!({ "$ref": "#/$defs/FeatureViewProperty" }));
        assert_eq!(of("features"), json!({ "type": "array", "items": { "$ref": "#/$defs/FeatureServiceProperty" } }));
        let view = &product["$defs"]["FeatureViewProperty"];
        assert_eq!(view["required"], json!(["entity", "eventTime"]));
        assert_eq!(view["properties"]["ttl"]["type"], "string");
    }
}
