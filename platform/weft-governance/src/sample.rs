//! Facts of small meshes, for tests.

use weft_model::{Column, ColumnPart, DataType};

use crate::{MeshFacts, PortFacts};

/// A mesh of these ports, each with the tags of its contract and its columns; products allow no
/// purpose.
pub(crate) fn facts(ports: &[(&str, &[&str], Vec<Column>)]) -> MeshFacts {
    let mut facts = MeshFacts::default();
    for (name, tags, columns) in ports {
        let port: weft_model::PortRef = name.parse().unwrap();
        facts.domains.insert(port.domain.clone());
        facts.tags.entry(port.product_ref()).or_default();
        let tags = tags.iter().map(|tag| (*tag).to_owned()).collect();
        facts.ports.insert(port, PortFacts { tags, columns: columns.clone(), major: None });
    }
    facts
}

/// A column of texts; the first of `tags` is its classification.
pub(crate) fn column(name: &str, tags: &[&str]) -> Column {
    Column {
        name: name.to_owned(),
        description: String::new(),
        data_type: DataType::String,
        required: false,
        unique: false,
        primary_key_position: None,
        classification: tags.first().map(|tag| (*tag).to_owned()),
        tags: tags.iter().skip(1).map(|tag| (*tag).to_owned()).collect(),
        parts: Vec::new(),
    }
}

/// The same column with a part that carries a tag.
pub(crate) fn with_part(mut column: Column, path: &str, tag: &str) -> Column {
    let path = path.split('.').map(str::to_owned).collect();
    column.parts.push(ColumnPart { path, classification: None, tags: vec![tag.to_owned()] });
    column
}
