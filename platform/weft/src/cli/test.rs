//! `weft test`: unit tests of transforms, as they are on disk.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::Instant;

use weft_model::Clock;
use weft_reconcile::{TestOutcome, TestVerdict};

use super::arguments::{ReportFormat, Test};
use super::found::{Found, by_mesh};
use super::{Exit, Failure, Look, block_on, terminal};
use crate::clock::SystemClock;
use crate::home::Home;
use crate::mesh_folder::{self, TreeSources, relative};
use crate::render::diagnostics::{self, Sources, counted};
use crate::render::reports;

pub(super) fn test(arguments: &Test) -> Result<(), Failure> {
    let began = Instant::now();
    let home = Home::at(&arguments.home.home);
    let (mut found, mut outcomes) = (Found::default(), Vec::new());
    for (root, wanted) in by_mesh(&arguments.paths)? {
        let Some(root) = root else {
            let path = wanted.first().map(|path| relative(path, &mesh_folder::current()).display().to_string());
            return Err(Failure::usage(format!("`{}` lies in no mesh", path.unwrap_or_default()))
                .help("give a folder with `products/`, or a folder or test within one"));
        };
        outcomes.extend(of_mesh(&root, &wanted, &home, &mut found)?);
    }
    let diagnostics = &found.diagnostics;
    let passed = outcomes.iter().filter(|outcome| outcome.verdict == TestVerdict::Passed);
    let passed: Vec<String> = passed.map(|outcome| outcome.file.clone()).collect();
    let text = match arguments.format {
        ReportFormat::Text => {
            let frames = diagnostics::text(diagnostics, &found, Look::of_stdout());
            format!("{frames}{} ({:.2} s)\n", summary(&outcomes), began.elapsed().as_secs_f64())
        }
        ReportFormat::Json => diagnostics::json(diagnostics, &found),
        ReportFormat::Github => diagnostics::github(diagnostics, &found),
        ReportFormat::Sarif => reports::sarif(diagnostics, &found),
        ReportFormat::Junit => reports::junit("weft test", diagnostics, &passed, &found),
    };
    terminal::print(&text)?;
    if passed.len() < outcomes.len() { Err(Failure::silent(Exit::Problems)) } else { Ok(()) }
}

/// Runs the tests of one mesh at and below the paths. Files of the outcomes are as the reader can open them.
fn of_mesh(root: &Path, wanted: &[PathBuf], home: &Home, found: &mut Found) -> Result<Vec<TestOutcome>, Failure> {
    let tree =
        mesh_folder::working_tree(root, home).map_err(|error| Failure::coded(error.code(), error.to_string()))?;
    let wanted: Vec<PathBuf> = wanted.iter().map(|path| relative(path, root)).collect();
    let is_wanted = |file: &str| wanted.iter().any(|path| Path::new(file).starts_with(path));
    let today = SystemClock.now().date_naive();
    let tested = block_on(async { Ok(weft_reconcile::test(&tree, today, is_wanted).await) })?;
    let sources = TreeSources::new(&tree, root, &mesh_folder::current());
    found.take(tested.diagnostics, &tree, |file| sources.shown(file));
    let shown =
        tested.outcomes.into_iter().map(|outcome| TestOutcome { file: sources.shown(&outcome.file), ..outcome });
    Ok(shown.collect())
}

/// `3 tests passed in 2 products`, `1 test passed, 1 failed, 1 not run in 2 products`.
fn summary(outcomes: &[TestOutcome]) -> String {
    let count = |verdict| outcomes.iter().filter(|outcome| outcome.verdict == verdict).count();
    let products: BTreeSet<_> = outcomes.iter().map(|outcome| &outcome.product).collect();
    if outcomes.is_empty() {
        return "no tests: a product has them in `tests/*.yaml`".to_owned();
    }
    let mut text = format!("{} passed", counted(count(TestVerdict::Passed), "test"));
    for (verdict, word) in [(TestVerdict::Failed, "failed"), (TestVerdict::NotRun, "not run")] {
        if count(verdict) > 0 {
            text.push_str(&format!(", {} {word}", count(verdict)));
        }
    }
    format!("{text} in {}", counted(products.len(), "product"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_line_counts_what_passed_and_what_did_not() {
        let outcome = |product: &str, verdict| TestOutcome {
            product: product.parse().unwrap(),
            file: "products/a/b/tests/c.yaml".to_owned(),
            verdict,
        };
        let (passed, failed) = (outcome("a.b", TestVerdict::Passed), outcome("a.b", TestVerdict::Failed));
        let left_out = outcome("a.c", TestVerdict::NotRun);
        assert_eq!(summary(std::slice::from_ref(&passed)), "1 test passed in 1 product");
        assert_eq!(
            summary(&[passed.clone(), passed, failed, left_out]),
            "2 tests passed, 1 failed, 1 not run in 2 products"
        );
        assert_eq!(summary(&[]), "no tests: a product has them in `tests/*.yaml`");
    }
}
