//! Which columns of offending rows may be kept with the record of a check.

use weft_model::{Column, Contract, QualityCheck};

/// Classifications under which values may be kept.
const OPEN: [&str; 2] = ["public", "internal"];

/// Words of a tag that keep values out, whatever the classification says.
const SENSITIVE: [&str; 7] = ["pii", "personal", "personal_data", "confidential", "restricted", "sensitive", "secret"];

/// The columns of an offending row that may be kept: the key's and those that `check` is about, as far as they are
/// classified as public or internal and nothing within them, or said of the whole port, is sensitive. What nobody
/// classified is left out.
pub(crate) fn columns<'c>(contract: &'c Contract, check: &'c QualityCheck) -> Vec<&'c str> {
    if contract.tags.iter().any(|tag| is_sensitive(tag)) {
        return Vec::new();
    }
    let mut kept: Vec<&str> = Vec::new();
    for name in contract.primary_key().into_iter().chain(check.columns()) {
        let is_kept = contract.column(name).is_some_and(may_be_kept);
        if is_kept && !kept.contains(&name) {
            kept.push(name);
        }
    }
    kept
}

fn may_be_kept(column: &Column) -> bool {
    let is_open = |classification: &Option<String>| {
        classification.as_ref().is_some_and(|word| OPEN.iter().any(|open| word.eq_ignore_ascii_case(open)))
    };
    let mut parts = column.parts.iter();
    is_open(&column.classification)
        && !column.tags.iter().any(|tag| is_sensitive(tag))
        && parts.all(|part| {
            (part.classification.is_none() || is_open(&part.classification))
                && !part.tags.iter().any(|tag| is_sensitive(tag))
        })
}

/// Whether the tag, or one that it lies under, is a sensitive one.
fn is_sensitive(tag: &str) -> bool {
    tag.split(['.', ':', '/']).any(|word| SENSITIVE.iter().any(|sensitive| word.eq_ignore_ascii_case(sensitive)))
}

#[cfg(test)]
mod tests {
    use weft_model::quality_check::{Measure, Threshold};
    use weft_model::{ColumnPart, ContractKey, DataType};

    use super::*;

    fn column(name: &str, key: Option<u32>, classification: Option<&str>, tags: &[&str]) -> Column {
        Column {
            name: name.to_owned(),
            description: String::new(),
            data_type: DataType::String,
            required: false,
            unique: false,
            primary_key_position: key,
            classification: classification.map(str::to_owned),
            tags: tags.iter().map(|&tag| tag.to_owned()).collect(),
            parts: Vec::new(),
        }
    }

    fn contract(columns: Vec<Column>, tags: &[&str]) -> Contract {
        Contract {
            key: ContractKey { id: "c".to_owned(), version: "1.0.0".parse().unwrap() },
            file: String::new(),
            status: None,
            purpose: String::new(),
            tags: tags.iter().map(|&tag| tag.to_owned()).collect(),
            columns,
            checks: Vec::new(),
            service_levels: Vec::new(),
            traffic_levels: Vec::new(),
            roles: Vec::new(),
            document: String::new(),
        }
    }

    #[track_caller]
    fn check(about: Column, tags: &[&str], kept: &[&str]) {
        let check = QualityCheck {
            name: "x".to_owned(),
            column: Some(about.name.clone()),
            measure: Measure::Nulls,
            must: Threshold::none(),
            blocks: true,
        };
        let contract = contract(vec![column("id", Some(1), Some("public"), &[]), about], tags);
        assert_eq!(columns(&contract, &check), kept);
    }

    #[test]
    fn the_key_and_the_column_are_kept_where_nothing_about_them_is_sensitive() {
        check(column("a", None, Some("Internal"), &["gate"]), &["flights"], &["id", "a"]);
        check(column("a", None, Some("public"), &["pii.email"]), &[], &["id"]);
        check(column("a", None, Some("confidential"), &[]), &[], &["id"]);
        check(column("a", None, None, &[]), &[], &["id"]);
        check(column("a", None, Some("public"), &[]), &["Restricted"], &[]);
        let part =
            ColumnPart { path: vec!["mail".to_owned()], classification: Some("personal".to_owned()), tags: vec![] };
        check(Column { parts: vec![part], ..column("a", None, Some("public"), &[]) }, &[], &["id"]);
    }
}
