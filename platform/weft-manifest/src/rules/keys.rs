//! Key columns and partition columns.

use std::collections::BTreeMap;

use weft_model::{Code, Diagnostic};

use super::findings::Findings;
use super::tables::{ContractText, Field, Table};
use crate::odcs::LogicalType;

pub(super) fn check(contract: &ContractText<'_>, findings: &mut Findings) {
    for table in &contract.tables {
        for field in table.columns() {
            if field.property.primary_key == Some(true) && field.property.required == Some(false) {
                let message = format!("{} is part of the key, and says that it may be left out", field.noun());
                findings.push(
                    Diagnostic::warning(Code::PRIMARY_KEY_OPTIONAL, field.spot.at("required"), message)
                        .also(field.spot.at("primaryKey"), "part of the key")
                        .help("write `required: true`: a key column is never null"),
                );
            }
        }
        partitions(table, findings);
    }
}

fn partitions(table: &Table<'_>, findings: &mut Findings) {
    let is_partition = |field: &&Field<'_>| field.property.partitioned == Some(true);
    let count = table.columns().filter(is_partition).count();
    let mut holders: BTreeMap<i64, &Field<'_>> = BTreeMap::new();
    for field in &table.fields {
        let position = field.property.partition_key_position.filter(|position| *position != -1);
        let at_position = || field.spot.at("partitionKeyPosition");
        let mut tell = |place, message: String, help: String| {
            findings.push(Diagnostic::error(Code::PARTITION_KEY, place, message).help(help));
        };
        if !is_partition(&field) {
            if position.is_some() {
                let message = format!("{} has a place among the partition columns and is none", field.noun());
                tell(at_position(), message, "add `partitioned: true`, or take the position out".to_owned());
            }
            continue;
        }
        if let Some(why) = unfit(field) {
            let message = format!("{} cannot part the table: {why}", field.noun());
            tell(field.spot.at("partitioned"), message, "part by a column of single values, such as a date".to_owned());
            continue;
        }
        match position {
            None if count == 1 => {}
            None => {
                let message =
                    format!("there are {count} partition columns and {} does not say its place", field.noun());
                tell(field.spot.at("partitioned"), message, format!("add `partitionKeyPosition:`, 1 to {count}"));
            }
            Some(position) if usize::try_from(position).is_ok_and(|place| (1..=count).contains(&place)) => {
                let Some(first) = holders.insert(position, field) else { continue };
                let message = format!("two columns stand at place {position} of the partition columns");
                findings.push(
                    Diagnostic::error(Code::PARTITION_KEY, at_position(), message)
                        .also(first.spot.at("partitionKeyPosition"), "the first stands here")
                        .help(format!("positions go from 1 to {count}, each once")),
                );
            }
            Some(position) => {
                let message = format!("{} stands at place {position} of {count} partition columns", field.noun());
                tell(at_position(), message, format!("positions go from 1 to {count}"));
            }
        }
    }
}

/// Why a field is no partition column, if it is none.
fn unfit(field: &Field<'_>) -> Option<&'static str> {
    let physical = field.property.physical_type.as_deref().unwrap_or_default().trim().to_lowercase();
    let is_decimal = ["decimal", "numeric", "dec", "number"].iter().any(|word| physical.starts_with(word));
    match field.logical_type {
        _ if field.outer.is_some() => Some("it is a part of another column"),
        _ if !field.is_scalar() => Some("its values are not single values"),
        Some(LogicalType::Number) if !is_decimal => Some("it is a floating-point number"),
        _ => None,
    }
}
