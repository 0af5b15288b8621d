//! Words on a column and on the parts within it: fields of an object, items of an array, values of
//! a map.

use weft_model::ColumnPart;

use super::column_type::stored_name;
use crate::odcs::Property;

/// The words of a column and of its parts.
#[derive(Debug, Default)]
pub(super) struct Words {
    /// Without the column's classification.
    pub(super) tags: Vec<String>,
    /// Those that carry a word, outer before inner and in the order written; no path twice.
    pub(super) parts: Vec<ColumnPart>,
}

/// Collects the words of `column`.
///
/// A map's keys cannot be masked apart from the map, so whatever is said of a key, its
/// classification included, counts as tags of the map.
pub(super) fn of(column: &Property) -> Words {
    let mut parts = Vec::new();
    let tags = words_of(column, &[], &mut parts);
    parts.retain(|part| part.classification.is_some() || !part.tags.is_empty());
    Words { tags, parts }
}

/// Keeps the first of equal words.
pub(super) fn distinct(tags: &mut Vec<String>) {
    let mut seen = std::collections::HashSet::new();
    tags.retain(|tag| seen.insert(tag.clone()));
}

/// The tags of the property at `path`; adds what is below it to `parts`.
fn words_of(property: &Property, path: &[String], parts: &mut Vec<ColumnPart>) -> Vec<String> {
    let mut tags = property.tags.clone().unwrap_or_default();
    if let Some(map) = &property.map {
        let mut inside = Vec::new();
        tags.extend(map.key.classification.clone());
        tags.extend(words_of(&map.key, &[], &mut inside));
        tags.extend(inside.into_iter().flat_map(|part| part.classification.into_iter().chain(part.tags)));
    }
    distinct(&mut tags);
    let fields = property.properties.iter().flatten().map(|field| (stored_name(field).unwrap_or_default(), field));
    let items = property.items.iter().map(|item| ("[]", item.as_ref()));
    let values = property.map.iter().map(|map| ("{}", &map.value));
    for (name, below) in fields.chain(items).chain(values) {
        let path = [path, &[name.to_owned()]].concat();
        let place = parts.len();
        parts.push(ColumnPart {
            path: path.clone(),
            classification: below.classification.clone(),
            tags: Vec::new(),
        });
        let tags = words_of(below, &path, parts);
        if let Some(part) = parts.get_mut(place) {
            part.tags = tags;
        }
    }
    tags
}
