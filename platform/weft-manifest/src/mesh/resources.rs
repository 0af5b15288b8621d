//! What the runs of a port may take: the property `resources` of an output port.

use weft_model::resources::{MEMORY_BYTES_MAX, RETRIES_MAX, TIME_MS_MAX, bytes};
use weft_model::{Code, Diagnostic, Resources, duration};

use crate::form::yaml::Node;
use crate::form::{Document, FromNode, Reader, Step, clipped};
use crate::odps::{DataProductDocument, OutputPort};
use crate::weft_properties::ResourcesProperty;

/// What the port at `index` asks for; what cannot be read is reported and left to the platform.
pub(super) fn read(
    document: &Document<DataProductDocument>,
    (index, port): (usize, &OutputPort),
    problems: &mut Vec<Diagnostic>,
) -> Resources {
    let properties = port.custom_properties.as_deref().unwrap_or_default().iter().enumerate();
    let ours = properties.filter(|(_, it)| it.vendor.as_deref() == Some("weft") && it.property == "resources");
    let mut resources = Resources::default();
    for (nth, (i, _)) in ours.enumerate() {
        let path = |key: &'static str| {
            [Step::Key("outputPorts"), index.into(), Step::Key("customProperties"), i.into(), Step::Key(key)]
        };
        if nth > 0 {
            let message = format!("port `{}` has two `resources`", clipped(&port.name));
            let place = document.place(&path("property"));
            problems.push(Diagnostic::error(Code::RESOURCES_INVALID, place, message).help("keep one of the two"));
            continue;
        }
        let Some(node) = document.node(&path("value")) else { continue };
        let mut reader = Reader::new(&document.source, "Weft");
        let property = ResourcesProperty::from_node(node, &mut reader);
        problems.extend(reader.finish().0);
        if let Some(property) = property {
            resources = amounts(&property, |key, message| {
                let place = document.source.place(node.get(key).map_or(node.head(), Node::head));
                let help = "write it like `{memory: 2 GiB, time: PT1H, retries: 3}`";
                problems.push(Diagnostic::error(Code::RESOURCES_INVALID, place, message).help(help));
            });
        }
    }
    resources
}

fn amounts(property: &ResourcesProperty, mut refuse: impl FnMut(&str, String)) -> Resources {
    let mut amount = |key: &str, text: Option<&str>, read: fn(&str) -> Option<u64>, most: (u64, &str)| {
        let text = text?;
        match read(text) {
            Some(amount) if amount > 0 && amount <= most.0 => return Some(amount),
            Some(_) => refuse(key, format!("`{}` is not between nothing and {}", clipped(text), most.1)),
            None => refuse(key, format!("`{}` is no amount of {key}", clipped(text))),
        }
        None
    };
    let memory_bytes = amount("memory", property.memory.as_deref(), bytes, (MEMORY_BYTES_MAX, "4 GiB"));
    let time_ms = amount("time", property.time.as_deref(), duration::milliseconds, (TIME_MS_MAX, "six hours"));
    let retries = match property.retries.map(u32::try_from) {
        None => 0,
        Some(Ok(retries)) if retries <= RETRIES_MAX => retries,
        Some(_) => {
            refuse("retries", format!("a run is tried again at most {RETRIES_MAX} times"));
            0
        }
    };
    Resources { memory_bytes, time_ms, retries }
}

#[cfg(test)]
mod tests {
    use chrono::NaiveDate;
    use weft_model::ManifestTree;

    use super::*;

    /// What is told of a port with these resources, and what is read.
    fn read(resources: &str) -> (Vec<String>, Option<Resources>) {
        let product = format!(
            "apiVersion: v1.1.0\nkind: DataProduct\nid: trips\nstatus: draft\noutputPorts:\n- name: rows\n  \
             contractId: rows\n  version: 1.0.0\n  customProperties:\n  \
             - {{property: transform, vendor: weft, value: {{kind: full}}}}\n  \
             - {{property: resources, vendor: weft, value: {resources}}}\n"
        );
        let contract = "apiVersion: v3.2.0\nkind: DataContract\nid: rows\nversion: 1.0.0\nstatus: draft\n\
                        schema:\n- name: rows\n  properties:\n  - {name: n, logicalType: integer}\n";
        let tree = ManifestTree::of_texts([
            ("products/air/domain.yaml", "domain: air\nowner: owners\nservice: jobs\n"),
            ("products/air/trips/product.odps.yaml", product.as_str()),
            ("products/air/trips/contracts/rows.odcs.yaml", contract),
            ("products/air/trips/transforms/rows.sql", "SELECT 1 AS n"),
        ]);
        let (declared, problems) = crate::read(&tree, NaiveDate::MIN);
        let told = problems.iter().filter(|told| told.is_error() && told.code == Code::RESOURCES_INVALID);
        let told = told.map(|told| told.message.clone()).collect();
        (told, declared.products.first().map(|product| product.outputs[0].resources.clone()))
    }

    #[test]
    fn amounts_are_read_and_those_beyond_the_platforms_own_are_told() {
        let asked = Resources { memory_bytes: Some(2 << 30), time_ms: Some(3_600_000), retries: 3 };
        assert_eq!(read("{memory: 2 GiB, time: PT1H, retries: 3}"), (vec![], Some(asked)));
        let told = |resources: &str| read(resources).0;
        assert_eq!(told("{memory: plenty}"), ["`plenty` is no amount of memory"]);
        assert_eq!(told("{memory: 5 GiB}"), ["`5 GiB` is not between nothing and 4 GiB"]);
        assert_eq!(told("{time: 7 h}"), ["`7 h` is not between nothing and six hours"]);
        assert_eq!(told("{retries: 11}"), ["a run is tried again at most 10 times"]);
    }
}
