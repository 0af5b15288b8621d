//! How a product's output ports are called: one name each, but where major versions stand side by side.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use semver::Version;
use weft_model::side_by_side::names_on;
use weft_model::{Code, Diagnostic, MajorVersion, PortName};

use crate::form::yaml::Value;
use crate::form::{self, Document, Step};
use crate::odps::DataProductDocument;

/// The property of an output port that says from when on its version has the port's name.
pub(super) const SWITCH: &str = "switch";

/// The names of a port that has any.
pub(super) struct Named {
    /// Not empty; more than one where a version is served under its own name and the port's.
    pub(super) names: Vec<PortName>,
    /// Set where there are other major versions, or a day is written for this one.
    pub(super) major: Option<MajorVersion>,
}

/// The names of every output port, in order. `None` for one without a legal name or that is declared before.
pub(super) fn read(
    document: &Document<DataProductDocument>,
    today: NaiveDate,
    problems: &mut Vec<Diagnostic>,
) -> Vec<Option<Named>> {
    let ports = document.value.output_ports.as_deref().unwrap_or_default();
    let at_name = |index: usize| document.place(&[Step::Key("outputPorts"), index.into(), Step::Key("name")]);
    let mut first: BTreeMap<(&str, u64), usize> = BTreeMap::new();
    let mut versions: Vec<(usize, MajorVersion)> = Vec::new();
    for (index, port) in ports.iter().enumerate() {
        let switch = switch(document, index, problems);
        // A version that is none is told where the contract is looked for.
        let number = port.version.as_deref().and_then(|version| Version::parse(version).ok()).map_or(0, |v| v.major);
        let seen = *first.entry((port.name.as_str(), number)).or_insert(index);
        if seen != index {
            let message = format!("port `{}` is already declared at line {}", port.name, at_name(seen).line);
            problems.push(
                Diagnostic::error(Code::NAME_TWICE, at_name(index), message)
                    .also(at_name(seen), "first declared here")
                    .help("give each port its own name; only major versions of one stand side by side"),
            );
            continue;
        }
        match port.name.parse::<PortName>() {
            Ok(of) => versions.push((index, MajorVersion { of, number, switch })),
            Err(error) => problems.push(
                Diagnostic::error(Code::NAME_ILLEGAL, at_name(index), error.to_string())
                    .help("a port is a table in SQL: name it like one"),
            ),
        }
    }
    let (places, versions): (Vec<usize>, Vec<MajorVersion>) = versions.into_iter().unzip();
    let names = names_on(&versions, today);
    let mut taken: BTreeMap<PortName, usize> = BTreeMap::new();
    let mut named: Vec<Option<Named>> = ports.iter().map(|_| None).collect();
    for ((index, version), names) in places.into_iter().zip(&versions).zip(names) {
        let is_one_of_several = versions.iter().filter(|other| other.of == version.of).count() > 1;
        let major = (is_one_of_several || version.switch.is_some()).then(|| version.clone());
        // A version's own name is kept for it, whether it has it today or not.
        let own = major.as_ref().and_then(MajorVersion::own_name);
        let kept: BTreeSet<&PortName> = names.iter().chain(&own).collect();
        for name in kept {
            if let Some(other) = taken.insert(name.clone(), index) {
                let message = format!("`{name}` is the name of a version of `{}` as well", version.of);
                problems.push(
                    Diagnostic::error(Code::NAME_TWICE, at_name(index), message)
                        .also(at_name(other), "the other")
                        .help("give one of the two ports another name"),
                );
            }
        }
        if names.is_empty() {
            let message = format!("`{}_v{}` is too long for the name of a version", version.of, version.number);
            problems.push(Diagnostic::error(Code::NAME_ILLEGAL, at_name(index), message).help("shorten the name"));
            continue;
        }
        if let Some(place) = named.get_mut(index) {
            *place = Some(Named { names, major });
        }
    }
    named
}

/// The day on which the version of the port at `index` takes the port's name.
fn switch(document: &Document<DataProductDocument>, index: usize, problems: &mut Vec<Diagnostic>) -> Option<NaiveDate> {
    let port = document.value.output_ports.as_deref().unwrap_or_default().get(index)?;
    let is_switch = |property: &crate::bitol::CustomProperty| {
        property.vendor.as_deref() == Some("weft") && property.property == SWITCH
    };
    let at = port.custom_properties.iter().flatten().position(is_switch)?;
    let path = [Step::Key("outputPorts"), index.into(), Step::Key("customProperties"), at.into(), Step::Key("value")];
    let node = document.node(&path)?;
    let day = match &node.value {
        Value::Text(text) => NaiveDate::parse_from_str(text, "%Y-%m-%d").ok(),
        _ => None,
    };
    if day.is_none() {
        let written = form::clipped(document.source.written(node.span));
        problems.push(
            Diagnostic::error(Code::VALUE_NOT_ALLOWED, document.place(&path), format!("`{written}` is not a date"))
                .help("write the day from which on the port serves this version, such as `2026-12-31`"),
        );
    }
    day
}
