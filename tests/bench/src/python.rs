//! Environments of Python, in which the public tools are that Weft is measured against.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The folder of this crate's sources, which the scripts lie in.
pub(crate) fn scripts() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("peers")
}

/// The folder for data and environments, beside what is built.
pub(crate) fn folder() -> PathBuf {
    std::env::current_exe().unwrap().ancestors().nth(2).unwrap().join("bench")
}

/// The interpreter of the environment `name`, in which that file of requirements is installed; done where it is not
/// yet, or where the file says something else by now.
pub(crate) fn python(name: &str, requirements: &str) -> PathBuf {
    environment(&["python3", "-m", "venv"], name, requirements)
}

/// The same, of Debian's Python, which brings PyTorch.
pub(crate) fn python_with_torch(name: &str, requirements: &str) -> PathBuf {
    environment(&["/usr/bin/python3", "-m", "venv", "--system-site-packages"], name, requirements)
}

fn environment(making: &[&str], name: &str, requirements: &str) -> PathBuf {
    let environment = folder().join(name);
    let (python, installed) = (environment.join("bin/python"), environment.join("requirements.installed"));
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(requirements);
    let wanted = fs::read_to_string(&file).unwrap();
    if fs::read_to_string(&installed).is_ok_and(|there| there == wanted) {
        return python;
    }
    run(Command::new(making[0]).args(&making[1..]).arg("--clear").arg(&environment));
    let install = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--requirement"];
    run(Command::new(&python).args(install).arg(&file));
    fs::write(&installed, wanted).unwrap();
    python
}

/// Prints a measurement beside what it must be and is aimed to be at most, and keeps it with those of `part`.
pub(crate) fn note(part: &str, what: &str, value: f64, [must, aim]: [f64; 2]) {
    run(Command::new(python("venv", "requirements.txt"))
        .arg(scripts().join("note.py"))
        .arg(folder())
        .args([part, what])
        .args([value, must, aim].map(|number| number.to_string())));
}

/// Writes what was measured last into the documents.
pub(crate) fn record() {
    run(Command::new(python("venv", "requirements.txt")).arg(scripts().join("record.py")).arg(folder()));
}

/// Runs a command to its end.
pub(crate) fn run(command: &mut Command) {
    assert!(command.status().expect("the command starts").success(), "{command:?}");
}
