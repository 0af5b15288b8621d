//! What the gate asks of a contract, check by check, and how it tells what does not hold. No text holds a value of a row.

use std::collections::BTreeSet;

use weft_model::quality_check::{Measure, QualityCheck, Threshold};
use weft_model::{Code, Contract};

/// One check, and the code of its breach.
#[derive(Clone, Debug)]
pub(crate) struct Demand {
    pub(crate) check: QualityCheck,
    pub(crate) code: Code,
}

/// All that a contract asks of rows: required columns, the key as a tuple, unique columns, then its own checks. A sole
/// key column that is unique too is asked for once.
pub(crate) fn demanded_by(contract: &Contract) -> Vec<Demand> {
    let key = contract.primary_key();
    let required = contract.columns.iter().filter(|column| column.required);
    let required = required.map(|column| built_in("required", Some(&column.name), Measure::Nulls, Code::DATA_REQUIRED));
    let unique = contract.columns.iter().filter(|column| column.unique && key != [column.name.as_str()]);
    let unique = unique.map(|column| {
        let measure = Measure::Duplicates { columns: vec![column.name.clone()] };
        built_in("unique", Some(&column.name), measure, Code::DATA_KEY)
    });
    let columns: Vec<String> = key.iter().map(|&column| column.to_owned()).collect();
    let key =
        (!columns.is_empty()).then(|| built_in("primary_key", None, Measure::Duplicates { columns }, Code::DATA_KEY));
    let own = contract.checks.iter().map(|check| Demand { check: check.clone(), code: Code::DATA_QUALITY });
    let mut demands: Vec<Demand> = required.chain(key).chain(unique).chain(own).collect();
    record_apart(&mut demands);
    demands
}

/// A contract may give a rule the name of what it demands otherwise, and each is recorded by name and columns.
fn record_apart(demands: &mut [Demand]) {
    let mut taken = BTreeSet::new();
    for Demand { check, .. } in demands {
        let (plain, columns) = (check.name.clone(), check.columns().join(", "));
        let mut count = 1;
        while !taken.insert((check.name.clone(), columns.clone())) {
            count += 1;
            check.name = format!("{plain} {count}");
        }
    }
}

fn built_in(name: &str, column: Option<&String>, measure: Measure, code: Code) -> Demand {
    let column = column.cloned();
    Demand {
        check: QualityCheck { name: name.to_owned(), column, measure, must: Threshold::none(), blocks: true },
        code,
    }
}

impl Demand {
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

#[cfg(test)]
mod tests {
    use weft_model::quality_check::ForeignKeyTarget;
    use weft_model::{Column, ContractKey, DataType};

    use super::*;

    fn column(name: &str, key: Option<u32>) -> Column {
        Column {
            name: name.to_owned(),
            description: String::new(),
            data_type: DataType::String,
            required: key.is_some(),
            unique: true,
            primary_key_position: key,
            classification: None,
            tags: Vec::new(),
            parts: Vec::new(),
        }
    }

    fn rule(name: &str, column: Option<&str>, measure: Measure) -> QualityCheck {
        let column = column.map(str::to_owned);
        QualityCheck { name: name.to_owned(), column, measure, must: Threshold::none(), blocks: false }
    }

    #[test]
    fn a_contract_asks_each_thing_once_and_under_a_name_of_its_own() {
        let repeated = || Measure::Duplicates { columns: vec!["b".to_owned()] };
        let contract = Contract {
            key: ContractKey { id: "c".to_owned(), version: "1.0.0".parse().unwrap() },
            file: String::new(),
            status: None,
            purpose: String::new(),
            tags: Vec::new(),
            columns: vec![column("a", Some(1)), column("b", None)],
            checks: vec![
                rule("required", Some("a"), Measure::Nulls),
                rule("unique", None, repeated()),
                rule("unique", Some("b"), repeated()),
            ],
            service_levels: Vec::new(),
            traffic_levels: Vec::new(),
            roles: Vec::new(),
            document: String::new(),
        };
        let demands = demanded_by(&contract);
        let told = demands
            .iter()
            .map(|demand| format!("{} {} {}", demand.code, demand.check.name, demand.check.columns().join(", ")));
        assert_eq!(
            told.collect::<Vec<_>>(),
            [
                "W0602 required a",
                "W0603 primary_key a",
                "W0603 unique b",
                "W0605 required 2 a",
                "W0605 unique 2 b",
                "W0605 unique 3 b",
            ]
        );
    }

    #[test]
    fn a_breach_of_a_foreign_key_says_of_how_many_rows_and_of_what() {
        let target = Some(ForeignKeyTarget { port: "a.b.c".parse().ok(), columns: vec!["x".to_owned()] });
        let measure = Measure::Unmatched { columns: vec!["y".to_owned()], target };
        let demand = Demand { check: rule("foreignKey", Some("y"), measure), code: Code::DATA_QUALITY };
        assert_eq!(
            demand.breach(Some(2.0)),
            "column `y`: check `foreignKey` counts 2 rows whose (y) has no match in (x) of `a.b.c`, and must be 0; the rule warns only"
        );
    }
}
