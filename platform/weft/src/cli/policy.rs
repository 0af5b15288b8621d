//! `weft policy lint` and `test`: the rules by themselves, the cases of `governance/cases`, and who may do what.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Instant;

use weft_governance::{MeshFacts, PolicySnapshot, Rules};
use weft_model::{Clock, Code, Diagnostic, ManifestTree, Published};

use super::arguments::Policy;
use super::{Exit, Failure, Look, terminal};
use crate::clock::SystemClock;
use crate::home::Home;
use crate::mesh_folder::{self, TreeSources};
use crate::render::diagnostics::{self, counted};

const MATRIX_FILE: &str = "governance/decisions.txt";

pub(super) fn policy(command: &Policy) -> Result<(), Failure> {
    match command {
        Policy::Lint { mesh, home } => lint(mesh, &Home::at(&home.home)),
        Policy::Test { mesh, write, home } => test(mesh, *write, &Home::at(&home.home)),
    }
}

fn lint(mesh: &Path, home: &Home) -> Result<(), Failure> {
    let (tree, root) = working_tree(mesh, home)?;
    let Read { facts, rules, mut problems, is_whole } = read(&tree);
    // What a product with errors would need is not to be called idle.
    if is_whole && !problems.iter().any(Diagnostic::is_error) {
        problems.extend(idle(&tree, &rules, &facts)?);
    }
    tell(&problems, &tree, &root);
    let errors = problems.iter().filter(|problem| problem.is_error()).count();
    let warnings = problems.len() - errors;
    let files = tree.under("governance/").count() + rules.domains().count() + rules.restricted_products().count();
    let found = format!("{}, {}", counted(errors, "error"), counted(warnings, "warning"));
    terminal::print(&format!("{found} in {}\n", counted(files, "rule file")))?;
    if errors > 0 { Err(Failure::silent(Exit::Problems)) } else { Ok(()) }
}

fn test(mesh: &Path, write: bool, home: &Home) -> Result<(), Failure> {
    let began = Instant::now();
    let (tree, root) = working_tree(mesh, home)?;
    let (matrix, problems) = decide(&tree)?;
    tell(&problems, &tree, &root);
    let Some(matrix) = matrix else { return Err(Failure::silent(Exit::Problems)) };
    terminal::print(&matrix)?;
    let cases = tree.under("governance/cases/").count();
    let files = counted(cases, "file");
    let errors = problems.iter().filter(|problem| problem.is_error()).count();
    let elapsed = began.elapsed().as_secs_f64();
    terminal::note(&format!("{} in {files} of cases ({elapsed:.2} s)", counted(errors, "error")));
    if errors > 0 {
        return Err(Failure::silent(Exit::Problems));
    }
    if tree.is_part || problems.iter().any(|problem| problem.code == Code::DOMAIN_UNSEEN) {
        terminal::note(&format!("this is a part of the mesh, so `{MATRIX_FILE}` is left as it is"));
        return Ok(());
    }
    keep(&tree, &root, &matrix, write)
}

fn working_tree(mesh: &Path, home: &Home) -> Result<(ManifestTree, PathBuf), Failure> {
    let coded = |error: weft_manifest::source::SourceError| Failure::coded(error.code(), error.to_string());
    let root = mesh_folder::root_of(mesh).unwrap_or_else(|| mesh.to_owned());
    Ok((mesh_folder::working_tree(mesh, home).map_err(coded)?, root))
}

fn tell(problems: &[Diagnostic], tree: &ManifestTree, root: &Path) {
    if !problems.is_empty() {
        let sources = TreeSources::new(tree, root, &mesh_folder::current());
        terminal::note(&diagnostics::text(problems, &sources, Look::of_stderr()));
    }
}

/// The rules of a tree.
struct Read {
    /// What they are about.
    facts: MeshFacts,
    rules: Rules,
    /// Every problem of them; and which domains are not here.
    problems: Vec<Diagnostic>,
    /// Whether everything that they are about could be read.
    is_whole: bool,
}

fn read(tree: &ManifestTree) -> Read {
    let (declared, told) = weft_manifest::read(tree, SystemClock.now().date_naive());
    let is_whole = !told.iter().any(Diagnostic::is_error);
    let (mut rules, mut problems) = weft_governance::read(tree);
    problems.extend(told.into_iter().filter(|told| told.code == Code::DOMAIN_UNSEEN));
    let facts = MeshFacts::of(&declared, &Published::default());
    problems.extend(rules.check_restrictions(&facts));
    Read { facts, rules, problems, is_whole }
}

/// Rules without effect. Of rules without errors alone.
fn idle(tree: &ManifestTree, rules: &Rules, facts: &MeshFacts) -> Result<Vec<Diagnostic>, Failure> {
    Ok(weft_governance::lint(rules, &compile(tree, rules, facts)?, facts, SystemClock.now()))
}

fn compile(tree: &ManifestTree, rules: &Rules, facts: &MeshFacts) -> Result<PolicySnapshot, Failure> {
    rules
        .compile(&tree.revision, facts)
        .map_err(|error| Failure::new(Exit::Problems, format!("the rules do not compile: {error}")))
}

/// Compares the matrix with the one in the mesh, or writes it there.
fn keep(tree: &ManifestTree, root: &Path, matrix: &str, write: bool) -> Result<(), Failure> {
    let kept = tree.text(MATRIX_FILE).map(AsRef::as_ref);
    if kept == Some(matrix) {
        return Ok(());
    }
    if !write {
        let what = if kept.is_some() { "is not what the policies decide now" } else { "is missing" };
        return Err(Failure::new(Exit::Problems, format!("`{MATRIX_FILE}` {what}"))
            .help("look at what changes and take it over with `weft policy test --write`"));
    }
    fs::write(root.join(MATRIX_FILE), matrix)
        .map_err(|error| Failure::io(format!("cannot write `{MATRIX_FILE}`"), &error))?;
    terminal::note(&format!("wrote {MATRIX_FILE}"));
    Ok(())
}

/// The matrix of the rules in `tree`, and every problem of rules and cases. No matrix where the
/// rules do not hold together.
fn decide(tree: &ManifestTree) -> Result<(Option<String>, Vec<Diagnostic>), Failure> {
    let Read { facts, rules, mut problems, .. } = read(tree);
    if rules.refused() || problems.iter().any(Diagnostic::is_error) {
        return Ok((None, problems));
    }
    let snapshot = compile(tree, &rules, &facts)?;
    problems.extend(rules.run_cases(&snapshot).into_iter().filter(|told| told.is_error() || !facts.is_part));
    Ok((Some(weft_governance::decisions_matrix(&snapshot, rules.principals(), &facts)), problems))
}
