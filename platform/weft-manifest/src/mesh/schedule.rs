//! When a port is brought up to date: the property `schedule` of an output port.

use weft_model::{Code, Cron, Diagnostic, Place, Schedule, TimeZone, Transform, duration};

use crate::form::yaml::Node;
use crate::form::{Document, FromNode, Reader, Step, clipped, has_variable};
use crate::odps::{DataProductDocument, OutputPort};
use crate::weft_properties::{ScheduleProperty, ScheduleTrigger};

/// The schedule of the port at `index`; `None` where it has none or it cannot be read, which is reported. Whether a
/// cron expression and a time zone are such is told by the rules of the document.
pub(super) fn read(
    document: &Document<DataProductDocument>,
    (index, port): (usize, &OutputPort),
    transform: Option<&Transform>,
    problems: &mut Vec<Diagnostic>,
) -> Option<Schedule> {
    let properties = port.custom_properties.as_deref().unwrap_or_default();
    let ours = |property: &str, vendor: Option<&str>| vendor == Some("weft") && property == "schedule";
    let mut found = None;
    for (i, property) in properties.iter().enumerate() {
        if !ours(&property.property, property.vendor.as_deref()) {
            continue;
        }
        let path = |key: &'static str| {
            [Step::Key("outputPorts"), index.into(), Step::Key("customProperties"), i.into(), Step::Key(key)]
        };
        if found.is_some() {
            let message = format!("port `{}` has two schedules", clipped(&port.name));
            let place = document.place(&path("property"));
            problems.push(Diagnostic::error(Code::SCHEDULE_INVALID, place, message).help("keep one of the two"));
            continue;
        }
        found = document.node(&path("value"));
    }
    let node = found?;
    let mut reader = Reader::new(&document.source, "Weft");
    let property = ScheduleProperty::from_node(node, &mut reader);
    problems.extend(reader.finish().0);
    Making { document, node, transform, problems }.schedule(&property?)
}

struct Making<'a> {
    document: &'a Document<DataProductDocument>,
    node: &'a Node,
    transform: Option<&'a Transform>,
    problems: &'a mut Vec<Diagnostic>,
}

impl Making<'_> {
    fn schedule(mut self, property: &ScheduleProperty) -> Option<Schedule> {
        match (&property.cron, property.on) {
            (Some(cron), None) => self.cron(cron, property),
            (None, Some(ScheduleTrigger::Inputs)) => self.inputs(property),
            (Some(_), Some(_)) => {
                self.refuse("on", "a port is brought up to date by a clock or by its inputs, not both")
            }
            // A word that is no trigger is told already.
            (None, None) if self.node.get("on").is_some() || self.node.get("cron").is_some() => None,
            (None, None) => self.refuse("", "this does not say when the port is brought up to date"),
        }
    }

    fn cron(&mut self, cron: &str, property: &ScheduleProperty) -> Option<Schedule> {
        let zone = property.timezone.as_deref();
        if property.debounce.is_some() {
            return self.refuse("debounce", "ticks of a clock are not waited out");
        }
        if has_variable(cron) || zone.is_some_and(has_variable) {
            return self.refuse("cron", "a schedule cannot hold variables");
        }
        if let Some(kind @ ("seed" | "view")) = self.transform.map(Transform::kind) {
            let message = match kind {
                "seed" => "a seed changes by commits alone",
                _ => "a view is made whenever it is read",
            };
            return self.refuse("cron", &format!("{message}, so there is nothing to do at a tick"));
        }
        let timezone = zone.map_or(Ok(TimeZone::default()), str::parse);
        Some(Schedule::Cron { cron: cron.parse::<Cron>().ok()?, timezone: timezone.ok()? })
    }

    fn inputs(&mut self, property: &ScheduleProperty) -> Option<Schedule> {
        if property.timezone.is_some() {
            return self.refuse("timezone", "only the ticks of a clock have a time zone");
        }
        let reads = self.transform.is_none_or(|made| made.sql().is_some() && !matches!(made, Transform::View { .. }));
        if !reads {
            return self.refuse("on", "the port keeps nothing that is made from inputs");
        }
        let debounce_ms = match property.debounce.as_deref() {
            None => 0,
            Some(text) => match duration::milliseconds(text) {
                Some(milliseconds) => milliseconds,
                None => {
                    let message = format!("`{}` is not a length of time", clipped(text));
                    return self.refuse("debounce", &message);
                }
            },
        };
        Some(Schedule::Inputs { debounce_ms })
    }

    fn refuse(&mut self, key: &str, message: &str) -> Option<Schedule> {
        let help = "write `{cron: 0 6 * * *, timezone: Europe/Paris}` or `{on: inputs, debounce: 10 min}`";
        self.problems.push(Diagnostic::error(Code::SCHEDULE_INVALID, self.place(key), message).help(help));
        None
    }

    fn place(&self, key: &str) -> Place {
        self.document.source.place(self.node.get(key).unwrap_or(self.node).head())
    }
}

#[cfg(test)]
mod tests {
    use chrono::NaiveDate;
    use weft_model::ManifestTree;

    use super::*;

    /// What is told of a port with this transform and schedule, and the schedule that is read.
    fn read(transform: &str, schedule: &str) -> (Vec<String>, Option<Schedule>) {
        let product = format!(
            "apiVersion: v1.1.0\nkind: DataProduct\nid: trips\nstatus: draft\noutputPorts:\n- name: rows\n  \
             contractId: rows\n  version: 1.0.0\n  customProperties:\n  \
             - {{property: transform, vendor: weft, value: {transform}}}\n  \
             - {{property: schedule, vendor: weft, value: {schedule}}}\n"
        );
        let contract = "apiVersion: v3.2.0\nkind: DataContract\nid: rows\nversion: 1.0.0\nstatus: draft\n\
                        schema:\n- name: rows\n  properties:\n  - {name: n, logicalType: integer}\n";
        let tree = ManifestTree::of_texts([
            ("products/air/domain.yaml", "domain: air\nowner: owners\nservice: jobs\n"),
            ("products/air/trips/product.odps.yaml", product.as_str()),
            ("products/air/trips/contracts/rows.odcs.yaml", contract),
            ("products/air/trips/transforms/rows.sql", "SELECT 1 AS n"),
            ("products/air/trips/data/rows.csv", "n\n1\n"),
        ]);
        let (declared, problems) = crate::read(&tree, NaiveDate::MIN);
        let told = problems.iter().filter(|told| told.is_error());
        let told = told.map(|told| format!("{}:{} {} {}", told.place.line, told.place.column, told.code, told.message));
        let port = declared.products.first().and_then(|product| product.outputs.first());
        (told.collect(), port.and_then(|port| port.schedule.clone()))
    }

    #[test]
    fn a_port_has_a_clock_or_waits_for_its_inputs() {
        let (told, schedule) = read("{kind: full}", "{cron: 0 6 * * *, timezone: Europe/Paris}");
        assert_eq!(told, Vec::<String>::new());
        let next = schedule.unwrap().next_tick("2026-11-26T06:00:00Z".parse().unwrap());
        assert_eq!(next, "2026-11-27T05:00:00Z".parse().ok());
        let (told, schedule) = read("{kind: full}", "{on: inputs, debounce: 10 min}");
        assert_eq!((told, schedule), (Vec::new(), Some(Schedule::Inputs { debounce_ms: 600_000 })));
        assert_eq!(read("{kind: full}", "{on: inputs}").1, Some(Schedule::Inputs { debounce_ms: 0 }));
    }

    #[test]
    fn what_is_no_schedule_is_told_at_its_place() {
        let check = |transform: &str, schedule: &str, wanted: &[&str]| {
            let (told, read) = read(transform, schedule);
            assert_eq!(
                (told.as_slice(), read),
                (wanted.iter().map(|w| (*w).to_owned()).collect::<Vec<_>>().as_slice(), None)
            );
        };
        check(
            "{kind: full}",
            "{cron: 0 25 * * *}",
            &["11:54 W0432 `0 25 * * *` is no cron expression: `25` is no hour"],
        );
        check("{kind: full}", "{cron: 0 0 30 2 *}", &["11:54 W0432 `0 0 30 2 *` never comes"]);
        check(
            "{kind: full}",
            "{cron: '${WHEN}'}",
            &[
                "11:54 W0432 a schedule cannot hold variables",
                "11:54 W0438 variable `WHEN` has no value here and no default",
            ],
        );
        check(
            "{kind: full}",
            "{cron: 0 6 * * *, timezone: Europe/Pariss}",
            &["11:75 W0432 there is no time zone `Europe/Pariss`"],
        );
        check("{kind: full}", "{}", &["11:47 W0432 this does not say when the port is brought up to date"]);
        check(
            "{kind: full}",
            "{cron: 0 6 * * *, on: inputs}",
            &["11:69 W0432 a port is brought up to date by a clock or by its inputs, not both"],
        );
        check("{kind: full}", "{on: outputs}", &["11:52 W0432 `outputs` is not a trigger that Weft reads"]);
        check("{kind: full}", "{on: inputs, debounce: soon}", &["11:70 W0432 `soon` is not a length of time"]);
        check(
            "{kind: view}",
            "{cron: 0 6 * * *}",
            &["11:54 W0432 a view is made whenever it is read, so there is nothing to do at a tick"],
        );
        check(
            "{kind: seed, seed: {path: data/rows.csv}}",
            "{on: inputs}",
            &["11:52 W0432 the port keeps nothing that is made from inputs"],
        );
    }
}
