//! Ports whose rows say what was known of an entity at a time: the property `featureView` of an output port.

use std::collections::BTreeMap;

use weft_model::{Code, Column, Contract, DataType, Diagnostic, FeatureView, Place, duration};

use crate::form::yaml::Node;
use crate::form::{Document, FromNode, Reader, Step, clipped, nearest};
use crate::odps::{DataProductDocument, OutputPort};
use crate::weft_properties::FeatureViewProperty;

const PROPERTY: &str = "featureView";
/// Longest time to live: a hundred years.
const TTL_MS_MAX: u64 = 36_525 * 86_400_000;

/// The view that the port at `index` is, which is offered under `contract`. `None` where it is none, or cannot be one,
/// which is reported.
pub(super) fn read(
    document: &Document<DataProductDocument>,
    (index, port): (usize, &OutputPort),
    contract: Option<&Contract>,
    problems: &mut Vec<Diagnostic>,
) -> Option<FeatureView> {
    let mut found = None;
    for (i, property) in port.custom_properties.iter().flatten().enumerate() {
        if property.vendor.as_deref() != Some("weft") || property.property != PROPERTY {
            continue;
        }
        let path = |key: &'static str| {
            [Step::Key("outputPorts"), index.into(), Step::Key("customProperties"), i.into(), Step::Key(key)]
        };
        if found.is_some() {
            let message = format!("port `{}` is two feature views", clipped(&port.name));
            let place = document.place(&path("property"));
            problems.push(
                Diagnostic::error(Code::FEATURE_VIEW, place, message)
                    .help("keep one of the two; a second view is a port of its own, of kind `view`"),
            );
            continue;
        }
        found = document.node(&path("value"));
    }
    let node = found?;
    let mut reader = Reader::new(&document.source, "Weft");
    let property = FeatureViewProperty::from_node(node, &mut reader);
    let (told, _) = reader.finish();
    let is_sound = told.is_empty();
    problems.extend(told);
    let (property, contract) = (property.filter(|_| is_sound)?, contract?);
    Making { document, node, contract, parts: BTreeMap::new(), problems }.view(&property)
}

struct Making<'a> {
    document: &'a Document<DataProductDocument>,
    node: &'a Node,
    contract: &'a Contract,
    /// What each column is to the view: it is one thing only.
    parts: BTreeMap<&'a str, &'static str>,
    problems: &'a mut Vec<Diagnostic>,
}

impl<'a> Making<'a> {
    fn view(mut self, property: &FeatureViewProperty) -> Option<FeatureView> {
        let before = self.problems.len();
        self.entity(&property.entity);
        if let Some(column) = self.moment("eventTime", "the event time", &property.event_time)
            && !column.required
        {
            let message = format!("the event time `{}` may be NULL, so that a row holds at no time", column.name);
            let help = format!("add `required: true` to it in `{}`", self.contract.file);
            self.refuse(self.place("eventTime", None), message, help);
        }
        if let Some(name) = &property.created_time {
            self.moment("createdTime", "the created time", name);
        }
        let ttl_ms = property.ttl.as_deref().and_then(|text| self.time_to_live(text));
        let features = self.features(property.features.as_deref());
        (self.problems.len() == before).then(|| FeatureView {
            entity: property.entity.clone(),
            event_time: property.event_time.clone(),
            created_time: property.created_time.clone(),
            ttl_ms,
            features,
        })
    }

    fn entity(&mut self, names: &[String]) {
        if names.is_empty() {
            let message = "the view names no column that tells of which entity a row speaks".to_owned();
            self.refuse(self.place("entity", None), message, "name one or several, as `entity: [carrier]`".to_owned());
        }
        for (i, name) in names.iter().enumerate() {
            let place = self.place("entity", Some(i));
            let Some(column) = self.take(name, "part of the entity", &place) else { continue };
            let tells_apart = !matches!(
                column.data_type,
                DataType::Float32 | DataType::Float64 | DataType::List(_) | DataType::Struct(_) | DataType::Map { .. }
            );
            if !tells_apart {
                let message = format!("column `{name}` is {}, by which no entity can be found", column.data_type);
                let help = "entities are told by values that are equal or not: texts, whole numbers, dates".to_owned();
                self.refuse(place, message, help);
            }
        }
    }

    /// The column called `name`, if it tells an instant.
    fn moment(&mut self, key: &str, part: &'static str, name: &str) -> Option<&'a Column> {
        let place = self.place(key, None);
        let column = self.take(name, part, &place)?;
        let (message, help) = match column.data_type {
            DataType::Date | DataType::Timestamp { utc: true } => return Some(column),
            DataType::Timestamp { utc: false } => (
                format!("{part} `{name}` is a wall-clock reading, and of which time zone nobody can tell"),
                format!(
                    "make it an instant, with `logicalTypeOptions: {{timezone: true}}` in `{}`",
                    self.contract.file
                ),
            ),
            _ => (
                format!("{part} `{name}` is {}, and must be a date or a timestamp", column.data_type),
                "name another column".to_owned(),
            ),
        };
        self.refuse(place, message, help);
        None
    }

    fn time_to_live(&mut self, text: &str) -> Option<u64> {
        let (message, help) = match duration::milliseconds(text) {
            Some(0) => (
                format!("rows that count for `{}` count at no time", clipped(text)),
                "leave `ttl` out where rows count for ever",
            ),
            Some(length) if length > TTL_MS_MAX => (
                format!("`{}` is more than a hundred years", clipped(text)),
                "leave `ttl` out where rows count for ever",
            ),
            Some(length) => return Some(length),
            None => (format!("`{}` is not a length of time", clipped(text)), "write it as `P1D` or `36 h`"),
        };
        self.refuse(self.place("ttl", None), message, help.to_owned());
        None
    }

    /// The columns named, or all that have no part in the view yet.
    fn features(&mut self, named: Option<&[String]>) -> Vec<String> {
        let features: Vec<String> = match named {
            Some(names) => {
                for (i, name) in names.iter().enumerate() {
                    let place = self.place("features", Some(i));
                    self.take(name, "a feature", &place);
                }
                names.to_vec()
            }
            None => {
                let columns = self.contract.columns.iter().map(|column| &column.name);
                columns.filter(|name| !self.parts.contains_key(name.as_str())).cloned().collect()
            }
        };
        if features.is_empty() {
            let message = "the view has no features".to_owned();
            let help = "features are columns of the contract that are neither entity nor time".to_owned();
            self.refuse(self.place("features", None), message, help);
        }
        features
    }

    /// The contract's column of that name, which is `part` from now on and may have been none before.
    fn take(&mut self, name: &str, part: &'static str, place: &Place) -> Option<&'a Column> {
        let Some(column) = self.contract.column(name) else {
            let help = match nearest(name, self.contract.columns.iter().map(|column| column.name.as_str())) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("name a column of `{}`", self.contract.file),
            };
            self.refuse(place.clone(), format!("the contract has no column `{}`", clipped(name)), help);
            return None;
        };
        if let Some(other) = self.parts.insert(&column.name, part) {
            let message = match other == part {
                true => format!("column `{name}` is named twice"),
                false => format!("column `{name}` is {other}, and cannot be {part} as well"),
            };
            self.refuse(place.clone(), message, "take it out of one of the two places".to_owned());
            return None;
        }
        Some(column)
    }

    fn place(&self, key: &str, item: Option<usize>) -> Place {
        let value = self.node.get(key);
        let node = item.and_then(|item| value?.items().get(item)).or(value);
        self.document.source.place(node.unwrap_or(self.node).head())
    }

    fn refuse(&mut self, place: Place, message: String, help: String) {
        self.problems.push(Diagnostic::error(Code::FEATURE_VIEW, place, message).help(help));
    }
}

#[cfg(test)]
mod tests {
    use chrono::NaiveDate;
    use weft_model::ManifestTree;

    use super::*;

    /// What is told of a port with this feature view, and the view that is read.
    fn read(view: &str) -> (Vec<String>, Option<FeatureView>) {
        let product = format!(
            "apiVersion: v1.1.0\nkind: DataProduct\nid: weather\nstatus: draft\noutputPorts:\n- name: hourly\n  \
             contractId: hourly\n  version: 1.0.0\n  customProperties:\n  \
             - {{property: transform, vendor: weft, value: {{kind: full}}}}\n{view}"
        );
        let contract = "apiVersion: v3.2.0\nkind: DataContract\nid: hourly\nversion: 1.0.0\nstatus: draft\n\
                        schema:\n- name: hourly\n  properties:\n\
                        \x20 - {name: origin, logicalType: string, required: true}\n\
                        \x20 - {name: height, logicalType: number}\n\
                        \x20 - {name: at, logicalType: timestamp, required: true}\n\
                        \x20 - {name: local, logicalType: timestamp, physicalType: timestamp_ntz, required: true}\n\
                        \x20 - {name: written, logicalType: timestamp}\n\
                        \x20 - {name: wind_speed, logicalType: number}\n\
                        \x20 - {name: gusts, logicalType: array, items: {logicalType: number}}\n";
        let tree = ManifestTree::of_texts([
            ("products/air/domain.yaml", "domain: air\nowner: owners\nservice: jobs\n"),
            ("products/air/weather/product.odps.yaml", product.as_str()),
            ("products/air/weather/contracts/hourly.odcs.yaml", contract),
            ("products/air/weather/transforms/hourly.sql", "SELECT 1"),
        ]);
        let (declared, problems) = crate::read(&tree, NaiveDate::MIN);
        let told = problems.iter().map(|told| {
            assert!(told.is_error() && told.place.file.ends_with("product.odps.yaml"), "{told:?}");
            let help = told.help.as_deref().unwrap_or_default();
            format!("{}:{} {} {} ({help})", told.place.line, told.place.column, told.code, told.message)
        });
        let port = declared.products.first().and_then(|product| product.outputs.first());
        (told.collect(), port.and_then(|port| port.feature_view.clone()))
    }

    fn property(value: &str) -> String {
        format!("  - {{property: featureView, vendor: weft, value: {value}}}\n")
    }

    #[track_caller]
    fn refused(value: &str, wanted: &[&str]) {
        let (told, view) = read(&property(value));
        assert_eq!((told, view), (wanted.iter().map(|w| (*w).to_owned()).collect(), None));
    }

    #[test]
    fn a_port_says_of_which_entity_at_which_time_its_rows_speak() {
        let view = "{entity: [origin], eventTime: at, createdTime: written, ttl: 36 h, features: [wind_speed, height]}";
        let (told, view) = read(&property(view));
        assert_eq!(told, Vec::<String>::new());
        let texts = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
        let wanted = FeatureView {
            entity: texts(&["origin"]),
            event_time: "at".to_owned(),
            created_time: Some("written".to_owned()),
            ttl_ms: Some(129_600_000),
            features: texts(&["wind_speed", "height"]),
        };
        assert_eq!(view, Some(wanted));
    }

    #[test]
    fn every_column_without_another_part_is_a_feature_where_none_are_named() {
        let (told, view) = read(&property("{entity: [origin], eventTime: at, createdTime: written}"));
        assert_eq!(told, Vec::<String>::new());
        let view = view.unwrap();
        assert_eq!(view.features, ["height", "local", "wind_speed", "gusts"]);
        assert_eq!(view.ttl_ms, None);
        assert_eq!(read(""), (Vec::new(), None), "a port is no view of itself");
    }

    #[test]
    fn columns_are_of_the_contract_and_each_is_one_thing() {
        refused(
            "{entity: [orign], eventTime: at}",
            &["11:60 W0443 the contract has no column `orign` (did you mean `origin`?)"],
        );
        refused(
            "{entity: [], eventTime: at}",
            &["11:59 W0443 the view names no column that tells of which entity a row speaks \
               (name one or several, as `entity: [carrier]`)"],
        );
        refused(
            "{entity: [origin, origin], eventTime: at}",
            &["11:68 W0443 column `origin` is named twice (take it out of one of the two places)"],
        );
        refused(
            "{entity: [origin], eventTime: at, createdTime: at, features: [origin, wind_speed, wind_speed]}",
            &[
                "11:97 W0443 column `at` is the event time, and cannot be the created time as well \
                 (take it out of one of the two places)",
                "11:112 W0443 column `origin` is part of the entity, and cannot be a feature as well \
                 (take it out of one of the two places)",
                "11:132 W0443 column `wind_speed` is named twice (take it out of one of the two places)",
            ],
        );
        refused(
            "{entity: [origin], eventTime: at, features: []}",
            &["11:94 W0443 the view has no features \
               (features are columns of the contract that are neither entity nor time)"],
        );
    }

    #[test]
    fn entities_are_told_apart_and_times_are_instants() {
        let help = "(entities are told by values that are equal or not: texts, whole numbers, dates)";
        refused(
            "{entity: [height, gusts], eventTime: at}",
            &[
                &format!("11:60 W0443 column `height` is double, by which no entity can be found {help}"),
                &format!("11:68 W0443 column `gusts` is array<double>, by which no entity can be found {help}"),
            ],
        );
        refused(
            "{entity: [origin], eventTime: local}",
            &["11:80 W0443 the event time `local` is a wall-clock reading, and of which time zone nobody can tell \
               (make it an instant, with `logicalTypeOptions: {timezone: true}` in \
               `products/air/weather/contracts/hourly.odcs.yaml`)"],
        );
        refused(
            "{entity: [origin], eventTime: written, createdTime: height}",
            &[
                "11:80 W0443 the event time `written` may be NULL, so that a row holds at no time \
                 (add `required: true` to it in `products/air/weather/contracts/hourly.odcs.yaml`)",
                "11:102 W0443 the created time `height` is double, and must be a date or a timestamp \
                 (name another column)",
            ],
        );
    }

    #[test]
    fn a_time_to_live_is_a_length_that_is_not_nothing() {
        let check = |ttl: &str, wanted: &str| {
            refused(&format!("{{entity: [origin], eventTime: at, ttl: {ttl}}}"), &[&format!("11:89 W0443 {wanted}")]);
        };
        check("soon", "`soon` is not a length of time (write it as `P1D` or `36 h`)");
        check("0 h", "rows that count for `0 h` count at no time (leave `ttl` out where rows count for ever)");
        check("P101Y", "`P101Y` is more than a hundred years (leave `ttl` out where rows count for ever)");
    }

    #[test]
    fn a_port_is_one_view_and_its_form_is_told_like_any_other() {
        let view = property("{entity: [origin], eventTime: at}");
        let (told, view) = read(&format!("{view}{view}"));
        let wanted = "12:16 W0443 port `hourly` is two feature views \
                      (keep one of the two; a second view is a port of its own, of kind `view`)";
        assert_eq!((told, view), (vec![wanted.to_owned()], None));
        refused(
            "{entity: origin, eventTime: at}",
            &[
                "11:59 W0105 `entity` must be a list, and this is text (write each item on a line of its own, after `- `)",
            ],
        );
        refused(
            "{entity: [origin], eventime: at}",
            &[
                "11:51 W0106 key `eventTime` is missing in feature view (add `eventTime:` (text))",
                "11:69 W0107 unknown key `eventime` in feature view (did you mean `eventTime`?)",
            ],
        );
    }
}
