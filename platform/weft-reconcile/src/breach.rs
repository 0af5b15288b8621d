//! What the gate asks of a contract, check by check, and how it tells what does not hold. No text holds a value of a row.

use weft_model::quality_check::{Measure, QualityCheck, Threshold};
use weft_model::{Code, Contract};

/// One check, and the code of its breach.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    pub(crate) check: QualityCheck,
    pub(crate) code: Code,
}

/// All that a contract asks of rows: required columns, the key as a tuple, unique columns, then its own checks. A sole
/// key column that is unique too is asked once.
pub(crate) fn asked_by(contract: &Contract) -> Vec<Asked> {
    let key = contract.primary_key();
    let required = contract.columns.iter().filter(|column| column.required);
    let required = required.map(|column| built_in("required", Some(&column.name), Measure::Nulls, Code::DATA_REQUIRED));
    let unique = contract.columns.iter().filter(|column| column.unique && key != [column.name.as_str()]);
    let unique = unique.map(|column| {
        let measure = Measure::Duplicates { columns: vec![column.name.clone()] };
        built_in("unique", Some(&column.name), measure, Code::DATA_KEY)
    });
    let columns: Vec<String> = key.iter().map(|&column| column.to_owned()).collect();
    let key = (!columns.is_empty())
        .then(|| built_in("primary_key", None, Measure::Duplicates { columns }, Code::DATA_KEY));
    let own = contract.checks.iter().map(|check| Asked { check: check.clone(), code: Code::DATA_QUALITY });
    required.chain(key).chain(unique).chain(own).collect()
}

fn built_in(name: &str, column: Option<&String>, measure: Measure, code: Code) -> Asked {
    let column = column.cloned();
    Asked { check: QualityCheck { name: name.to_owned(), column, measure, must: Threshold::none(), blocks: true }, code }
}

impl Asked {
    /// What does not hold, where `measured` is the number that was compared; `None` where there was none.
    pub(crate) fn breach(&self, measured: Option<f64>) -> String {
        let count = measured.unwrap_or_default();
        let names = self.check.columns().join(", ");
        match (self.code, self.check.name.as_str()) {
            (Code::DATA_REQUIRED, _) => format!("required column `{names}` is NULL in {count} rows"),
            (Code::DATA_KEY, name) => {
                let what = if name == "primary_key" { "primary key" } else { "unique column" };
                format!("{what} ({names}) has {count} values that occur more than once")
            }
            _ => of_quality(&self.check, measured),
        }
    }

    /// Why the check could not be made.
    pub(crate) fn unknown(&self, why: &str) -> String {
        format!("check `{}` could not be made: {why}", self.check.name)
    }

    /// What a breach is told to be about.
    pub(crate) fn column(&self) -> Option<String> {
        match self.code {
            Code::DATA_KEY => Some(self.check.columns().join(", ")),
            _ => self.check.column.clone(),
        }
    }
}

/// `column \`delay\`: check \`minimum\` counts 3 rows, and must be 0`.
fn of_quality(check: &QualityCheck, measured: Option<f64>) -> String {
    let of = check.column.as_ref().map(|column| format!("column `{column}`: ")).unwrap_or_default();
    let what = match (&check.measure, measured) {
        (_, None) => "returns nothing".to_owned(),
        (Measure::Sql { .. }, Some(measured)) => format!("returns {measured}"),
        (_, Some(measured)) if check.must.percent => format!("counts {measured:.2} % of the rows"),
        (Measure::Duplicates { .. }, Some(measured)) => format!("counts {measured} values that occur more than once"),
        (Measure::Unmatched { columns, target }, Some(measured)) => {
            let rows = if measured == 1.0 { "1 row".to_owned() } else { format!("{measured} rows") };
            let target = target.as_ref().map(|target| {
                let of = target.port.as_ref().map_or("the table itself".to_owned(), |port| format!("`{port}`"));
                format!("({}) of {of}", target.columns.join(", "))
            });
            format!("counts {rows} whose ({}) has no match in {}", columns.join(", "), target.unwrap_or_default())
        }
        (_, Some(1.0)) => "counts 1 row".to_owned(),
        (_, Some(measured)) => format!("counts {measured} rows"),
    };
    let consequence = if check.blocks { "" } else { "; the rule warns only" };
    format!("{of}check `{}` {what}, and {}{consequence}", check.name, check.must)
}
