//! What a product's data may be asked for: the property `purposes` of its root.

use weft_model::{Code, Diagnostic};

use crate::form::yaml::{Node, Value};
use crate::form::{self, Document, Reader, Step};
use crate::odps::DataProductDocument;

const PROPERTY: &str = "purposes";
/// Longest word for a purpose.
const BYTES_MAX: usize = 63;

/// The purposes in the order written, each once. What is none is reported.
pub(super) fn read(document: &Document<DataProductDocument>, problems: &mut Vec<Diagnostic>) -> Vec<String> {
    let mut reader = Reader::new(&document.source, "Weft");
    let mut purposes: Vec<String> = Vec::new();
    let mut is_written = false;
    for (index, property) in document.value.custom_properties.iter().flatten().enumerate() {
        if property.vendor.as_deref() != Some("weft") || property.property != PROPERTY {
            continue;
        }
        let at = |key| document.node(&[Step::Key("customProperties"), index.into(), Step::Key(key)]);
        if is_written {
            if let Some(node) = at("property") {
                let problem = reader.report(Code::NAME_TWICE, node.span, "the product has two lists of purposes");
                problem.help = Some("write all of them in one".to_owned());
            }
            continue;
        }
        is_written = true;
        let Some(node) = at("value") else { continue };
        let Value::List(items) = &node.value else {
            reader.wrong_type(node, "a list");
            continue;
        };
        for purpose in items.iter().filter_map(|item| word(item, &mut reader)) {
            if !purposes.contains(&purpose) {
                purposes.push(purpose);
            }
        }
    }
    problems.extend(reader.finish().0);
    purposes
}

fn word(node: &Node, reader: &mut Reader<'_>) -> Option<String> {
    let Value::Text(text) = &node.value else {
        reader.wrong_type(node, "text");
        return None;
    };
    let is_part = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_' || c == '-';
    if !text.is_empty() && text.len() <= BYTES_MAX && text.chars().all(is_part) {
        return Some(text.clone());
    }
    let message = format!("`{}` is not a purpose", form::clipped(text));
    let problem = reader.report(Code::VALUE_NOT_ALLOWED, node.span, message);
    problem.help = Some(format!("write one word of a to z, 0 to 9, _ and -, {BYTES_MAX} at most"));
    None
}
