//! `[rates]`: how often one may ask.

use std::num::NonZeroU32;

use schemars::JsonSchema;
use toml::de::{DeTable, DeValue};
use weft_identity::RateSettings;
use weft_model::{Code, Diagnostic};

use super::Reader;

/// Numbers of at least 1, for this server alone. Beyond them HTTP answers with 429, and Flight SQL with `RESOURCE_EXHAUSTED`.
#[derive(Debug, JsonSchema)]
#[schemars(deny_unknown_fields)]
#[expect(dead_code, reason = "describes the file; the reader keeps the places of what it reads")]
pub(super) struct RatesTable {
    /// Requests of one principal in a second, on all doors together, over a longer time. Default: 5000.
    requests_per_second: Option<u32>,
    /// How many of them may come at once. Default: 10000.
    requests_burst: Option<u32>,
    /// Credentials from one address in a minute that do not hold. Default: 1000.
    refusals_per_minute: Option<u32>,
}

pub(super) const RATES_KEYS: [&str; 3] = ["requests_per_second", "requests_burst", "refusals_per_minute"];

impl Reader<'_> {
    pub(super) fn rates_of(&mut self, table: &DeTable<'_>) -> RateSettings {
        let help = format!("write `[rates]`, and below it {}", RATES_KEYS.join(", "));
        let Some((rates, _)) = self.table_of(table, "rates", &RATES_KEYS, &help) else { return RateSettings::DEFAULT };
        let mut number = |key: &str, default| self.number_of(rates, key).unwrap_or(default);
        RateSettings {
            requests_per_second: number("requests_per_second", RateSettings::DEFAULT.requests_per_second),
            requests_burst: number("requests_burst", RateSettings::DEFAULT.requests_burst),
            refusals_per_minute: number("refusals_per_minute", RateSettings::DEFAULT.refusals_per_minute),
        }
    }

    pub(super) fn number_of(&mut self, table: &DeTable<'_>, key: &str) -> Option<NonZeroU32> {
        let value = table.get(key)?;
        let number = match value.get_ref() {
            DeValue::Integer(number) => {
                u32::from_str_radix(number.as_str(), number.radix()).ok().and_then(NonZeroU32::new)
            }
            _ => None,
        };
        if number.is_none() {
            let message = format!("`{key}` is a whole number from 1 to {}", u32::MAX);
            let problem = Diagnostic::error(Code::VALUE_NOT_ALLOWED, self.place(value.span()), message);
            self.problems.push(problem.help(format!("write `{key} = 1000`")));
        }
        number
    }
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use weft_identity::RateSettings;

    use crate::config::read;
    use crate::config::tests::check;

    #[test]
    fn rates_are_a_table_of_numbers() {
        let rates = read("weft.toml", "mesh = \"m\"\n[rates]\nrequests_burst = 7\n").unwrap().rates;
        assert_eq!(rates, RateSettings { requests_burst: 7.try_into().unwrap(), ..RateSettings::DEFAULT });
        check(
            "mesh = \"m\"\n[rates]\nrequests_burst = 0\nrefusals_per_minute = \"few\"\nrequests = 1\n",
            expect![[r#"
                weft.toml:3:18 W0108 `requests_burst` is a whole number from 1 to 4294967295
                help: write `requests_burst = 1000`
                weft.toml:4:23 W0108 `refusals_per_minute` is a whole number from 1 to 4294967295
                help: write `refusals_per_minute = 1000`
                weft.toml:5:1 W0107 unknown key `requests`
                help: the keys are requests_per_second, requests_burst, refusals_per_minute
            "#]],
        );
    }
}
