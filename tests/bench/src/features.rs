//! Point-in-time joins, beside engines that have them.

use std::fs;
use std::process::Command;

use crate::mesh_of_tables::Mesh;
use crate::python::{self, run};
use crate::tpch::driver_over;

/// Runs `peers/features.py` over generated histories, which are made where they are not yet. It prints what it measures,
/// and keeps it in a file.
pub(crate) fn measure(options: &[String]) {
    let peers = python::python("venv", "requirements.txt");
    let data = python::folder().join("histories");
    let whole = data.join("whole");
    if !whole.exists() {
        run(Command::new(&peers).arg(python::scripts().join("histories.py")).arg(&data));
        fs::write(whole, "").unwrap();
    }
    let mesh = Mesh::of_histories(&data);
    let feast = python::python("venv-feast", "../interop/requirements-feast.txt");
    run(driver_over(&peers, "features", mesh.path(), &peers).arg("--feast").arg(feast).args(options));
}
