//! How things are to be called.

use regex::Regex;
use weft_model::{Code, Outline, Place};

use super::Standard;
use super::finding::{Findings, shown};

/// What is named.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Named {
    Domain,
    Product,
    Port,
    Table,
    Column,
}

/// What a name must look like.
#[derive(Clone, Debug)]
pub(super) struct Naming {
    pub(super) of: Named,
    /// Matches a whole name.
    pub(super) pattern: Regex,
    /// The pattern as written.
    pub(super) written: String,
    /// In characters.
    pub(super) length_max: Option<usize>,
}

impl Naming {
    pub(super) fn check(&self, standard: &Standard, outline: &Outline, findings: &mut Findings) {
        let mut judge = |noun: &str, name: &str, full: &str, place: &Place| {
            if !name.is_empty() && !name.contains("${") && !self.fits(name) {
                let (message, help) = self.words(noun, name, full);
                findings.extend(standard.finding(Code::STANDARD_NAMING, place, message, help));
            }
        };
        match self.of {
            Named::Domain => {
                standard.domains(outline).for_each(|d| judge("domain", d.name.as_str(), d.name.as_str(), &d.head));
            }
            Named::Product => {
                for product in standard.products(outline) {
                    let Some(document) = &product.document else { continue };
                    judge("product", product.name.product.as_str(), &product.name.to_string(), &document.head);
                }
            }
            Named::Port => {
                let ports = standard.products(outline).flat_map(|product| &product.ports);
                ports.for_each(|port| judge("port", &port.name.text, &port.name.text, &port.name.place));
            }
            Named::Table => {
                let names = standard.tables(outline).map(|table| &table.part.name);
                names.for_each(|name| judge("table", &name.text, &name.text, &name.place));
            }
            Named::Column => {
                let columns = standard.columns(outline);
                columns
                    .for_each(|column| judge("column", &column.part.name.text, &column.path, &column.part.name.place));
            }
        }
    }

    fn fits(&self, name: &str) -> bool {
        self.is_short_enough(name) && self.pattern.is_match(name)
    }

    fn is_short_enough(&self, name: &str) -> bool {
        self.length_max.is_none_or(|most| name.chars().count() <= most)
    }

    fn words(&self, noun: &str, name: &str, full: &str) -> (String, String) {
        let full = shown(full);
        let other = snake_case(name);
        let rename = match noun {
            "domain" | "product" => format!("rename the folder to `{other}`"),
            _ => format!("rename it to `{other}`"),
        };
        if self.pattern.is_match(name) {
            let most = self.length_max.unwrap_or_default();
            let message = format!("the name of {noun} `{full}` is longer than {most} characters");
            return (message, format!("find a name of {most} characters or fewer"));
        }
        let message = format!("{noun} `{full}` is not named as `{}` asks", shown(&self.written));
        let help =
            if self.fits(&other) { rename } else { "find a name that matches the pattern as a whole".to_owned() };
        (message, help)
    }
}

/// `DepTime`, `depTime` and `dep-time` are `dep_time`.
fn snake_case(name: &str) -> String {
    let mut snake = String::new();
    let mut was_lower = false;
    for c in name.chars() {
        let begins = !c.is_alphanumeric() || (c.is_uppercase() && was_lower);
        if begins && !snake.is_empty() && !snake.ends_with('_') {
            snake.push('_');
        }
        was_lower = c.is_lowercase() || c.is_numeric();
        if c.is_alphanumeric() {
            snake.extend(c.to_lowercase());
        }
    }
    snake.trim_end_matches('_').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_proposed_name_has_its_words_apart() {
        for name in ["DepTime", "depTime", "dep-time", "dep__time", "DEP_TIME", "_dep_time_"] {
            assert_eq!(snake_case(name), "dep_time", "{name}");
        }
    }
}
