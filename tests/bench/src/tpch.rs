//! TPC-H's tables as products of a mesh, and the drivers that ask a server for them beside public engines.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::mesh_of_tables::Mesh;
use crate::python::{self, run};

/// Runs `peers/<driver>.py` over the tables at `scale`, or at the one that its options name. It prints what it
/// measures, and keeps it in a file.
pub(crate) fn drive(driver: &str, scale: &str, options: &[String]) {
    let duckdb = python::python("venv-duckdb15", "requirements-duckdb15.txt");
    let mesh = mesh(scale_of(options).unwrap_or(scale));
    let mut command = driver_over(&peers(), driver, mesh.path(), &duckdb);
    run(command.args(["--scale", scale]).args(options));
}

/// `peers/<driver>.py` over a mesh, beside the DuckDB of that interpreter.
pub(crate) fn driver_over(peers: &Path, driver: &str, mesh: &Path, duckdb: &Path) -> Command {
    let mut command = Command::new(peers);
    command
        .arg(python::scripts().join(driver).with_extension("py"))
        .arg("--mesh")
        .arg(mesh)
        .arg("--weft")
        .arg(std::env::current_exe().unwrap().with_file_name("weft"))
        .arg("--folder")
        .arg(python::folder())
        .arg("--duckdb")
        .arg(duckdb);
    command
}

/// As [`drive`], and keeps no table, unless `--keep` is among the options.
pub(crate) fn drive_once(driver: &str, scale: &str, options: &[String]) {
    drive(driver, scale, options);
    if !options.iter().any(|option| option == "--keep") {
        fs::remove_dir_all(tables(scale_of(options).unwrap_or(scale))).unwrap();
    }
}

fn scale_of(options: &[String]) -> Option<&str> {
    let place = options.iter().position(|option| option == "--scale")?;
    options.get(place + 1).map(String::as_str)
}

/// The mesh of the tables at this scale, which are made where they are not yet.
pub(crate) fn mesh(scale: &str) -> Mesh {
    Mesh::of_tpch(&tables(scale))
}

fn peers() -> PathBuf {
    python::python("venv", "requirements.txt")
}

/// The folder of the tables as Parquet files.
fn tables(scale: &str) -> PathBuf {
    let folder = python::folder().join(format!("tpch{scale}"));
    let whole = folder.join("whole");
    if !whole.exists() {
        run(Command::new(peers().with_file_name("tpchgen-cli"))
            .args(["parquet", "--quiet", "--overwrite", "--scale-factor", scale, "--output-dir"])
            .arg(&folder));
        fs::write(whole, "").unwrap();
    }
    folder
}
