//! What a person who started a mesh reads on standard error while it works.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use indicatif::{MultiProgress, ProgressBar, ProgressStyle};
use owo_colors::{OwoColorize, Style};
use weft_manifest::source::SourceError;
use weft_model::{Code, Diagnostic, PortRef};
use weft_reconcile::{Outcome, OutcomeStatus, Progress, ReconcileError, Report};

use crate::cli::{Look, note};
use crate::render::diagnostics::counted;

/// Ticks of a bar a second: enough to see that something moves.
const TICKS_EVERY: Duration = Duration::from_millis(100);
const PORT_WIDTH: usize = 36;

/// Tells a person how the mesh comes along: one line for each step that ended, and on a terminal
/// also what is under way.
pub(crate) struct Notes {
    look: Look,
    bars: MultiProgress,
    running: Mutex<BTreeMap<PortRef, ProgressBar>>,
}

impl Notes {
    pub(crate) fn new(look: Look) -> Self {
        Notes { look, bars: MultiProgress::new(), running: Mutex::default() }
    }

    /// Where revisions come from.
    pub(crate) fn reading(&self, source: &str) {
        self.line(&format!("Reading {source}"));
    }

    /// What the first reconcile came to.
    pub(crate) fn reconciled(&self, report: &Report, elapsed: Duration) {
        self.line(&format!("{}{}", problems(report, self.look), summary(report, elapsed)));
    }

    /// What a later revision came to.
    pub(crate) fn followed(&self, report: &Report) {
        let elapsed = report.outcomes.iter().map(|outcome| outcome.elapsed).sum();
        self.line(&format!("{}{}", problems(report, self.look), summary(report, elapsed)));
    }

    /// That another controller writes the warehouse from now on.
    pub(crate) fn overtaken(&self, error: &ReconcileError) {
        let help = "stop one of the two; started again, this one takes the warehouse over";
        self.line(&format!("error[{}]: {error}\n  help: {help}", error.code()));
    }

    /// That this node serves what another one brings about.
    pub(crate) fn looks_on(&self) {
        self.line("Another node leads the mesh; this one serves what is published");
    }

    /// That what was served before is served on, since nothing newer can be had.
    pub(crate) fn stale(&self, error: &SourceError) {
        self.line(&format!(
            "warning[{}]: {error}\n  help: what was served before is served on meanwhile",
            error.code()
        ));
    }

    pub(crate) fn stopping(&self, drain: Duration) {
        self.line(&format!("Stopping: waiting up to {} s for what is under way", drain.as_secs()));
    }

    /// A line above the bars.
    fn line(&self, text: &str) {
        self.bars.suspend(|| note(text));
    }
}

impl Progress for Notes {
    fn started(&self, port: &PortRef, change: &str) {
        if !self.look.terminal {
            return;
        }
        let bar = self.bars.add(ProgressBar::new_spinner());
        if let Ok(style) = ProgressStyle::with_template("  {spinner} {msg}  {elapsed}") {
            bar.set_style(style);
        }
        bar.set_message(format!("{port:<PORT_WIDTH$} {change}", port = port.to_string()));
        bar.enable_steady_tick(TICKS_EVERY);
        self.running.lock().unwrap_or_else(PoisonError::into_inner).insert(port.clone(), bar);
    }

    fn ended(&self, port: &PortRef, outcome: &Outcome) {
        let bar = self.running.lock().unwrap_or_else(PoisonError::into_inner).remove(port);
        if let Some(bar) = bar {
            bar.finish_and_clear();
        }
        self.line(&step(outcome, self.look));
    }
}

/// `  ✓ aviation.flights.departures   created   336776 rows   1.2 s`; for what did not come about
/// the reason is on a line of its own.
fn step(outcome: &Outcome, look: Look) -> String {
    let (sign, word) = match outcome.status {
        OutcomeStatus::Applied => (painted("✓", Style::new().green(), look), done(outcome.change)),
        OutcomeStatus::Refused => (painted("✗", Style::new().red(), look), "refused"),
        OutcomeStatus::Failed => (painted("✗", Style::new().red(), look), "failed"),
        OutcomeStatus::Skipped => (painted("–", Style::new().yellow(), look), "skipped"),
    };
    let rows = outcome.rows.map_or_else(String::new, |rows| format!("{rows} rows"));
    let seconds = outcome.elapsed.as_secs_f64();
    let mut text =
        format!("  {sign} {:<PORT_WIDTH$} {word:<11} {rows:>14}  {seconds:>5.1} s", outcome.port.to_string());
    if outcome.status != OutcomeStatus::Applied {
        let code = outcome.code.map_or_else(String::new, |code| format!("{code} "));
        text.push_str(&format!("\n      {code}{}", outcome.message.as_deref().unwrap_or("no reason is known")));
    }
    if outcome.status == OutcomeStatus::Refused && outcome.code.is_some_and(|code| OF_ROWS.contains(&code)) {
        text.push_str(&format!("\n      which rows, for who may see them: {}", samples(&outcome.port)));
    }
    text
}

/// Codes of refusals that rows are at fault for, of which checks keep some.
const OF_ROWS: [Code; 3] = [Code::DATA_REQUIRED, Code::DATA_KEY, Code::DATA_QUALITY];

/// What to ask for the rows that checks of the port found wanting, those of the last run first.
fn samples(port: &PortRef) -> String {
    format!(
        "select check_name, failing_rows, sample from system.mesh.checks where port = '{port}' and outcome = 'failed' \
         order by at desc"
    )
}

fn done(change: &str) -> &'static str {
    match change {
        "create" => "created",
        "refresh" => "rebuilt",
        "redescribe" => "redescribed",
        "retire" => "retired",
        _ => "done",
    }
}

/// Each problem with its file and line, and a line break after each. Empty for none.
fn problems(report: &Report, look: Look) -> String {
    let sign = |diagnostic: &Diagnostic| match diagnostic.is_error() {
        true => painted("✗", Style::new().red(), look),
        false => painted("!", Style::new().yellow(), look),
    };
    report.diagnostics.iter().map(|diagnostic| format!("  {} {}\n", sign(diagnostic), told(diagnostic))).collect()
}

fn told(diagnostic: &Diagnostic) -> String {
    diagnostic.to_string().replace('\n', "\n      ")
}

/// One line: what the revision became, and what that left as it was.
fn summary(report: &Report, elapsed: Duration) -> String {
    let revision = format!("revision {}", report.revision.short());
    let seconds = format!("({:.1} s)", elapsed.as_secs_f64());
    if report.refused {
        let errors = report.diagnostics.iter().filter(|diagnostic| diagnostic.is_error()).count();
        return format!(
            "✗ {revision} refused: {}; what is published stays as it is {seconds}",
            counted(errors, "error")
        );
    }
    let with = |status| report.outcomes.iter().filter(|outcome| outcome.status == status).count();
    let applied = with(OutcomeStatus::Applied);
    let missed = report.outcomes.len() - applied;
    let mut text =
        format!("{revision}: {} changed, {} unchanged", counted(applied, "port"), report.plan.unchanged.len());
    if missed > 0 {
        text.push_str(&format!(", {missed} not made: what was published of them stays"));
    }
    if !report.plan.held.is_empty() {
        text.push_str(&format!(", {} held as rolled back", counted(report.plan.held.len(), "product")));
    }
    format!("{text} {seconds}")
}

fn painted(text: &str, style: Style, look: Look) -> String {
    if look.colour { text.style(style).to_string() } else { text.to_owned() }
}

#[cfg(test)]
mod tests {
    use expect_test::expect;
    use weft_model::{Place, Revision};
    use weft_reconcile::Plan;

    use super::*;

    fn outcome(status: OutcomeStatus) -> Outcome {
        let is_applied = status == OutcomeStatus::Applied;
        Outcome {
            port: "aviation.flights.departures".parse().unwrap(),
            change: "create",
            status,
            code: (!is_applied).then_some(Code::DATA_REQUIRED),
            message: (!is_applied).then(|| "column `carrier` is required and 3 rows hold NULL".to_owned()),
            rows: is_applied.then_some(336_776),
            table_version: None,
            elapsed: Duration::from_millis(1_240),
        }
    }

    fn report(outcomes: Vec<Outcome>, refused: bool) -> Report {
        let revision = Revision::new("4f2c1aa0b5de4f2c1aa0b5de4f2c1aa0b5de0000");
        let place = Place { line: 3, column: 7, ..Place::start_of("products/a/b/transforms/c.sql") };
        Report {
            plan: Plan::of_nothing(revision.clone()),
            revision,
            outcomes,
            diagnostics: vec![Diagnostic::error(Code::SQL_SYNTAX, place, "no statement").help("write one")],
            refused,
        }
    }

    #[test]
    fn a_step_is_one_line_and_a_reason() {
        let steps = [OutcomeStatus::Applied, OutcomeStatus::Refused, OutcomeStatus::Skipped]
            .map(|status| format!("{}\n", step(&outcome(status), Look::PLAIN)));
        // The first line sets how far the others stand in.
        expect![[r#"
            steps
              ✓ aviation.flights.departures          created        336776 rows    1.2 s
              ✗ aviation.flights.departures          refused                       1.2 s
                  W0602 column `carrier` is required and 3 rows hold NULL
                  which rows, for who may see them: select check_name, failing_rows, sample from system.mesh.checks where port = 'aviation.flights.departures' and outcome = 'failed' order by at desc
              – aviation.flights.departures          skipped                       1.2 s
                  W0602 column `carrier` is required and 3 rows hold NULL
        "#]]
        .assert_eq(&format!("steps\n{}", steps.concat()));
    }

    #[test]
    fn a_report_names_file_and_line_and_what_stays() {
        let steps = vec![outcome(OutcomeStatus::Applied), outcome(OutcomeStatus::Failed)];
        let told =
            |report: &Report| format!("{}{}\n", problems(report, Look::PLAIN), summary(report, Duration::from_secs(2)));
        expect![[r#"
              ✗ products/a/b/transforms/c.sql:3:7 W0201 no statement
                  help: write one
            revision 4f2c1aa0b5de: 1 port changed, 0 unchanged, 1 not made: what was published of them stays (2.0 s)
        "#]]
        .assert_eq(&told(&report(steps, false)));
        expect![[r#"
              ✗ products/a/b/transforms/c.sql:3:7 W0201 no statement
                  help: write one
            ✗ revision 4f2c1aa0b5de refused: 1 error; what is published stays as it is (2.0 s)
        "#]]
        .assert_eq(&told(&report(Vec::new(), true)));
    }
}
