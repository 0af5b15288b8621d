//! `weft doctor`: what a configuration needs, looked at one by one.

use std::fmt::Write;
use std::sync::Arc;

use super::arguments::Configured;
use super::{Exit, Failure, block_on, terminal, up};
use crate::clock::SystemClock;
use crate::doctor::{self, Finding, Found};

pub(super) fn doctor(arguments: &Configured) -> Result<(), Failure> {
    let settings = up::settings_of(arguments)?;
    let findings = block_on(async { Ok(doctor::look(&settings, Arc::new(SystemClock)).await) })?;
    terminal::print(&text(&findings))?;
    let wrong = findings.iter().filter(|finding| matches!(finding.found, Found::Wrong(_))).count();
    match wrong {
        0 => Ok(()),
        wrong => Err(Failure::new(Exit::Problems, format!("{wrong} of {} do not work", findings.len()))
            .help("mend what is marked with a cross, and look again")),
    }
}

/// A line for each finding, and below it what to do where something is wrong.
fn text(findings: &[Finding]) -> String {
    let mut text = String::new();
    for Finding { what, found } in findings {
        // Writing to a text does not fail.
        let _ = match found {
            Found::Well(how) => writeln!(text, "✓ {what:<8} {how}"),
            Found::NotAsked(why) => writeln!(text, "- {what:<8} {why}"),
            Found::Wrong(trouble) => {
                let code = trouble.code.map(|code| format!("{code} ")).unwrap_or_default();
                let help = trouble.help.as_ref().map(|help| format!("\n  help: {help}")).unwrap_or_default();
                writeln!(text, "✗ {what:<8} {code}{}{help}", trouble.message)
            }
        };
    }
    text
}

#[cfg(test)]
mod tests {
    use expect_test::expect;
    use weft_model::Code;

    use super::*;
    use crate::doctor::Trouble;

    #[test]
    fn each_finding_has_a_line_and_trouble_a_way_out() {
        let trouble = Trouble {
            code: Some(Code::REQUEST_INVALID),
            message: "nobody answers".to_owned(),
            help: Some("start it".to_owned()),
        };
        let findings = [
            Finding { what: "store", found: Found::Well("keeps it".to_owned()) },
            Finding { what: "oidc", found: Found::NotAsked("none is configured".to_owned()) },
            Finding { what: "mesh", found: Found::Wrong(trouble) },
        ];
        expect![[r#"
            ✓ store    keeps it
            - oidc     none is configured
            ✗ mesh     W0906 nobody answers
              help: start it
        "#]]
        .assert_eq(&text(&findings));
    }
}
