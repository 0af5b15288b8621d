use expect_test::{Expect, expect};

use super::*;

/// A run with as many errors and warnings, and steps in these states.
fn run(status: RunStatus, errors: usize, warnings: usize, states: &[StepStatus]) -> RunView {
    let at = DateTime::UNIX_EPOCH;
    let told = |severity| RunDiagnostic {
        code: "W0101".into(),
        severity,
        message: "no".into(),
        file: "products/a/b/product.odps.yaml".into(),
        line: 1,
        column: 1,
        help: None,
        product: None,
    };
    let step = |status: &StepStatus| RunStep {
        port: "a.b.c".parse().unwrap(),
        change: "create".into(),
        status: *status,
        message: None,
        rows: None,
        table_version: None,
        started_at: Some(at),
        ended_at: Some(at + chrono::TimeDelta::milliseconds(1500)),
        duration_ms: Some(1500),
    };
    let errors = std::iter::repeat_n(Severity::Error, errors).chain(std::iter::repeat_n(Severity::Warning, warnings));
    RunView {
        id: "run1".into(),
        revision: Revision::new("4f2c1aa0a1b2c3d4e5f60718293a4b5c6d7e8f90"),
        author: None,
        committed_at: None,
        signature: None,
        started_at: at,
        ended_at: (status != RunStatus::Running).then_some(at),
        status,
        plan: None,
        diagnostics: errors.map(told).collect(),
        steps: states.iter().map(step).collect(),
    }
}

#[track_caller]
fn check(run: &RunView, expected: Expect) {
    let steps = steps(run);
    let lines = steps.iter().map(|step| format!("{} {}: {}\n", step.name, step.state, step.detail));
    expected.assert_eq(&format!("{} {}\n{}", state(run.status), sentence(run), lines.collect::<String>()));
}

#[test]
fn a_commit_that_is_live_went_all_the_way() {
    use StepStatus::Succeeded;
    check(
        &run(RunStatus::Succeeded, 0, 1, &[Succeeded, Succeeded]),
        expect![[r#"
            live All of it is live.
            fetched done: read 4f2c1aa0a1b2
            valid done: 1 warning
            policies done: the commit's rules are in force
            planned done: 2 steps
            tables done: 2 of 2 done
            live done: readers see all of it
        "#]],
    );
}

#[test]
fn a_refused_commit_stops_where_it_is_not_valid() {
    check(
        &run(RunStatus::Refused, 2, 0, &[]),
        expect![[r#"
            refused It was refused and nothing was changed: what was served before stays live.
            fetched done: read 4f2c1aa0a1b2
            valid failed: 2 errors
            policies skipped: the commit was refused
            planned skipped: the commit was refused
            tables skipped: the commit was refused
            live failed: readers see what was served before
        "#]],
    );
}

#[test]
fn a_product_with_errors_is_left_out_and_the_rules_hold() {
    check(
        &run(RunStatus::Failed, 1, 0, &[]),
        expect![[r#"
            failed Nothing of it came about: what was served before stays live.
            fetched done: read 4f2c1aa0a1b2
            valid failed: 1 error
            policies done: the commit's rules are in force
            planned skipped: what it changes has errors
            tables skipped: what it changes has errors
            live failed: readers see what was served before
        "#]],
    );
}

#[test]
fn a_table_that_fails_is_told_beside_those_that_did_not() {
    use StepStatus::{Failed, Skipped, Succeeded};
    check(
        &run(RunStatus::Partial, 0, 0, &[Succeeded, Failed, Skipped]),
        expect![[r#"
            partial A part of it is live; of the rest what was served before stays live.
            fetched done: read 4f2c1aa0a1b2
            valid done: nothing to object to
            policies done: the commit's rules are in force
            planned done: 3 steps
            tables failed: 1 of 3 done
            live failed: readers see a part of it
        "#]],
    );
}

#[test]
fn while_it_runs_what_comes_later_waits() {
    use StepStatus::{Pending, Running};
    check(
        &run(RunStatus::Running, 0, 0, &[Running, Pending]),
        expect![[r#"
            running It is being carried out; until then what was served before stays live.
            fetched done: read 4f2c1aa0a1b2
            valid done: nothing to object to
            policies done: the commit's rules are in force
            planned done: 2 steps
            tables running: 0 of 2 done
            live waiting: 
        "#]],
    );
}
