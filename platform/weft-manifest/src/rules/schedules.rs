//! When something happens: cron expressions and time zones.

use chrono_tz::Tz;
use serde_json::Value as Json;
use weft_model::{Code, Cron, Diagnostic, Place};

use super::findings::Findings;
use super::tables::ContractText;
use crate::form::{Spot, clipped, has_variable};
use crate::odps::DataProductDocument;

/// A field of a cron expression: its word, its bounds, and names for its values from the least on.
struct CronField {
    word: &'static str,
    least: u32,
    most: u32,
    names: &'static [&'static str],
}

const MONTHS: &[&str] = &["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"];
const DAYS: &[&str] = &["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"];
const SECOND: CronField = CronField { word: "second", least: 0, most: 59, names: &[] };
const FIELDS: &[CronField] = &[
    CronField { word: "minute", least: 0, most: 59, names: &[] },
    CronField { word: "hour", least: 0, most: 23, names: &[] },
    CronField { word: "day of the month", least: 1, most: 31, names: &[] },
    CronField { word: "month", least: 1, most: 12, names: MONTHS },
    CronField { word: "day of the week", least: 0, most: 7, names: DAYS },
];
const WORDS: &[&str] = &["@yearly", "@annually", "@monthly", "@weekly", "@daily", "@midnight", "@hourly"];

pub(super) fn contract(contract: &ContractText<'_>, findings: &mut Findings) {
    for rule in contract.rules() {
        scheduled(rule.spot, rule.quality.scheduler.as_deref(), rule.quality.schedule.as_deref(), findings);
    }
    for (spot, level) in contract.root.each("slaProperties", &contract.value.sla_properties) {
        scheduled(spot, level.scheduler.as_deref(), level.schedule.as_deref(), findings);
    }
    for field in contract.fields() {
        let options = field.property.logical_type_options.as_ref();
        if let Some(zone) = options.and_then(|options| options.default_timezone.as_deref()) {
            time_zone(zone, || field.option("defaultTimezone"), findings);
        }
    }
}

pub(super) fn product(root: Spot<'_>, product: &DataProductDocument, findings: &mut Findings) {
    for (spot, port) in root.each("outputPorts", &product.output_ports) {
        for (spot, property) in spot.each("customProperties", &port.custom_properties) {
            if property.vendor.as_deref() != Some("weft") || property.property != "schedule" {
                continue;
            }
            let place = |key: &str| spot.get("value").unwrap_or(spot).at(key);
            if let Some(cron) = property.value.get("cron").and_then(Json::as_str) {
                expression(cron, || place("cron"), findings);
                comes(cron, || place("cron"), findings);
            }
            if let Some(zone) = property.value.get("timezone").and_then(Json::as_str) {
                time_zone(zone, || place("timezone"), findings);
            }
        }
    }
}

fn scheduled(spot: Spot<'_>, scheduler: Option<&str>, schedule: Option<&str>, findings: &mut Findings) {
    // Another scheduler has words of its own.
    if let (Some(scheduler), Some(schedule)) = (scheduler, schedule)
        && scheduler.eq_ignore_ascii_case("cron")
    {
        expression(schedule, || spot.at("schedule"), findings);
    }
}

fn expression(text: &str, place: impl Fn() -> Place, findings: &mut Findings) {
    if has_variable(text) {
        return;
    }
    if let Err(why) = parse(text) {
        findings.push(
            Diagnostic::error(
                Code::SCHEDULE_INVALID,
                place(),
                format!("`{}` is no cron expression: {why}", clipped(text)),
            )
            .help("write minute, hour, day of the month, month and day of the week, such as `0 6 * * MON`"),
        );
    }
}

/// Reports a well-formed expression by which nothing ever happens.
fn comes(text: &str, place: impl Fn() -> Place, findings: &mut Findings) {
    if let (Ok(()), Err(why)) = (parse(text), text.parse::<Cron>()) {
        let help = "name a day that is in the calendar, such as `0 6 1 * *`";
        findings.push(Diagnostic::error(Code::SCHEDULE_INVALID, place(), why.to_string()).help(help));
    }
}

fn parse(text: &str) -> Result<(), String> {
    let text = text.trim();
    if text.starts_with('@') {
        return if WORDS.contains(&text) { Ok(()) } else { Err(format!("there is no `{}`", clipped(text))) };
    }
    let parts: Vec<&str> = text.split_whitespace().take(9).collect();
    let (seconds, parts) = match parts.as_slice() {
        [seconds, rest @ ..] if rest.len() == 5 => (Some(*seconds), rest),
        all if all.len() == 5 => (None, all),
        all => return Err(format!("it has {} fields, and 5 are wanted", all.len())),
    };
    if let Some(seconds) = seconds {
        field(&SECOND, seconds)?;
    }
    FIELDS.iter().zip(parts).try_for_each(|(known, part)| field(known, part))
}

fn field(field: &CronField, text: &str) -> Result<(), String> {
    let wrong = || format!("`{}` is no {}", clipped(text), field.word);
    for part in text.split(',') {
        let (range, step) = part.split_once('/').map_or((part, None), |(range, step)| (range, Some(step)));
        if step.is_some_and(|step| !step.parse::<u32>().is_ok_and(|step| step >= 1 && step <= field.most)) {
            return Err(wrong());
        }
        if matches!(range, "*" | "?") {
            continue;
        }
        let ends: Vec<Option<u32>> = range.split('-').map(|value| field.value(value)).collect();
        match ends.as_slice() {
            [Some(_)] => {}
            [Some(from), Some(to)] if from <= to => {}
            _ => return Err(wrong()),
        }
    }
    Ok(())
}

impl CronField {
    fn value(&self, text: &str) -> Option<u32> {
        if let Some(index) = self.names.iter().position(|name| name.eq_ignore_ascii_case(text)) {
            return u32::try_from(index).ok().map(|index| index + self.least);
        }
        text.parse().ok().filter(|value| (self.least..=self.most).contains(value))
    }
}

fn time_zone(text: &str, place: impl Fn() -> Place, findings: &mut Findings) {
    if has_variable(text) || text.parse::<Tz>().is_ok() {
        return;
    }
    let zones = chrono_tz::TZ_VARIANTS.iter().map(|zone| zone.name());
    let help =
        findings.guess(text, zones, || "write a name of the IANA list, such as `Europe/Paris` or `Etc/UTC`".to_owned());
    let message = format!("there is no time zone `{}`", clipped(text));
    findings.push(Diagnostic::error(Code::SCHEDULE_INVALID, place(), message).help(help));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cron_expressions_have_five_fields_or_six_with_seconds() {
        for text in ["0 20 * * *", "*/15 8-18 * * MON-FRI", "0 0 1,15 JAN ?", "30 0 6 * * 7", "@daily", "5/10 * * * *"]
        {
            assert_eq!(parse(text), Ok(()), "{text}");
        }
        for text in ["", "60 * * * *", "* * * *", "* * * * * * *", "@often", "* 5-2 * * *", "*/0 * * * *", "a * * * *"]
        {
            assert!(parse(text).is_err(), "{text}");
        }
    }
}
