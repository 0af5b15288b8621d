//! Changes that a product makes although they break readers: the property `overrides` of its root.

use chrono::NaiveDate;
use weft_model::{Code, Diagnostic, Override};

use crate::form::yaml::{Node, Value};
use crate::form::{self, Document, FromNode, Reader, Step};
use crate::odps::DataProductDocument;
use crate::weft_properties::OverrideProperty;

const PROPERTY: &str = "overrides";

/// The overrides in the order written, over all properties of that name. What is none is reported.
pub(super) fn read(document: &Document<DataProductDocument>, problems: &mut Vec<Diagnostic>) -> Vec<Override> {
    let mut reader = Reader::new(&document.source, "Weft");
    let mut overrides = Vec::new();
    for (index, property) in document.value.custom_properties.iter().flatten().enumerate() {
        if property.vendor.as_deref() != Some("weft") || property.property != PROPERTY {
            continue;
        }
        let path = [Step::Key("customProperties"), index.into(), Step::Key("value")];
        let Some(node) = document.node(&path) else { continue };
        let Value::List(items) = &node.value else {
            reader.wrong_type(node, "a list");
            continue;
        };
        overrides.extend(items.iter().filter_map(|item| one(item, &mut reader)));
    }
    problems.extend(reader.finish().0);
    overrides
}

fn one(node: &Node, reader: &mut Reader<'_>) -> Option<Override> {
    let OverrideProperty { change, reason, approver, until } = OverrideProperty::from_node(node, reader)?;
    let mut is_whole = true;
    for (key, text) in [("change", &change), ("reason", &reason), ("approver", &approver)] {
        if text.trim().is_empty() {
            let span = node.get(key).map_or(node.head(), |value| value.span);
            let problem = reader.report(Code::VALUE_NOT_ALLOWED, span, format!("an override's `{key}` is empty"));
            problem.help = Some("say which change, why, who allowed it, and until when".to_owned());
            is_whole = false;
        }
    }
    let Ok(until) = NaiveDate::parse_from_str(&until, "%Y-%m-%d") else {
        let span = node.get("until").map_or(node.head(), |value| value.span);
        let message = format!("`{}` is not a date", form::clipped(&until));
        reader.report(Code::VALUE_NOT_ALLOWED, span, message).help =
            Some("write the last day on which it counts, such as `2026-12-31`".to_owned());
        return None;
    };
    is_whole.then_some(Override { change, reason, approver, until })
}
