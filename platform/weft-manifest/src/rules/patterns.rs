//! Regular expressions: those of a column and those of quality rules.

use regex::{Regex, RegexBuilder};
use regex_syntax::ast::ErrorKind;
use weft_model::{Code, Diagnostic, Place};

use super::findings::Findings;
use super::tables::ContractText;
use crate::form::{clipped, has_variable};

/// Most bytes that a compiled pattern may take.
const COMPILED_BYTES_MAX: usize = 1 << 20;
/// A pattern that is no longer than this and repeats nothing by number is small once it is compiled, too.
const SMALL_BYTES: usize = 40;

pub(super) fn check(contract: &ContractText<'_>, findings: &mut Findings) {
    for field in contract.fields() {
        let options = field.property.logical_type_options.as_ref();
        if let Some(pattern) = options.and_then(|options| options.pattern.as_deref()) {
            compiles(pattern, || field.option("pattern"), findings);
        }
    }
    for rule in contract.rules() {
        let arguments = rule.quality.arguments.as_ref();
        if let Some(pattern) = arguments.and_then(|arguments| arguments.get("pattern")?.as_str()) {
            let place = || rule.spot.get("arguments").unwrap_or(rule.spot).at("pattern");
            compiles(pattern, place, findings);
        }
    }
}

/// The pattern, to be searched for. `None` for one that does not compile, which is told elsewhere.
pub(super) fn compiled(pattern: &str) -> Option<Regex> {
    RegexBuilder::new(pattern).size_limit(COMPILED_BYTES_MAX).build().ok()
}

/// Whether the pattern is one that is understood. Whether it is too large is told elsewhere.
pub(crate) fn is_understood(pattern: &str) -> bool {
    regex_syntax::Parser::new().parse(pattern).is_ok()
}

fn compiles(pattern: &str, place: impl Fn() -> Place, findings: &mut Findings) {
    if has_variable(pattern) {
        return;
    }
    let problem = match regex_syntax::Parser::new().parse(pattern) {
        Ok(_) => {
            let is_small = pattern.len() <= SMALL_BYTES && !pattern.contains('{');
            if !is_small && compiled(pattern).is_none() {
                let message = format!("pattern `{}` is too large to run", clipped(pattern));
                let help = "repeat less, or check the length by `minLength` and `maxLength`";
                findings.push(Diagnostic::error(Code::PATTERN_INVALID, place(), message).help(help));
            }
            return;
        }
        Err(problem) => problem,
    };
    let foreign = match &problem {
        regex_syntax::Error::Parse(error) => match error.kind() {
            ErrorKind::UnsupportedLookAround => Some("look-around"),
            ErrorKind::UnsupportedBackreference => Some("a back-reference"),
            _ => None,
        },
        _ => None,
    };
    let why = match &problem {
        regex_syntax::Error::Parse(error) => error.kind().to_string(),
        regex_syntax::Error::Translate(error) => error.kind().to_string(),
        _ => "it is not a regular expression".to_owned(),
    };
    findings.push(match foreign {
        Some(what) => {
            let message = format!("pattern `{}` uses {what}, so it is not checked", clipped(pattern));
            Diagnostic::warning(Code::PATTERN_INVALID, place(), message)
                .help("write it without, or as a quality rule of type `sql`")
        }
        None => {
            let message = format!("pattern `{}` does not compile: {why}", clipped(pattern));
            Diagnostic::error(Code::PATTERN_INVALID, place(), message)
                .help("write a regular expression; `\\` stands before a sign that is meant as it is")
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_small_when_written_is_small_when_compiled() {
        for part in [r"\w", r"\D", r"\pL", ".", "a|", "(?i)k"] {
            let pattern = part.repeat(SMALL_BYTES / part.len());
            assert!(compiled(&pattern).is_some(), "{pattern}");
        }
    }
}
