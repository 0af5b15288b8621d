//! Point-in-time joins, beside engines that have them.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::mesh_of_tables::Mesh;
use crate::python::{self, run};
use crate::tpch::driver_over;

/// Runs `peers/features.py` over generated histories, which are made where they are not yet, and then `peers/egress.py`.
/// They print what they measure, and keep it in files.
pub(crate) fn measure(options: &[String]) {
    let feast = python::python("venv-feast", "../interop/requirements-feast.txt");
    over_histories("features", "--feast", &feast, options);
    egress(options);
}

/// Runs `peers/egress.py` over one of the histories.
pub(crate) fn egress(options: &[String]) {
    let requirements = "../../platform/clients/python/tests/requirements-torch.txt";
    over_histories("egress", "--torch", &python::python_with_torch("venv-torch", requirements), options);
}

fn over_histories(driver: &str, peer: &str, its_python: &Path, options: &[String]) {
    let peers = python::python("venv", "requirements.txt");
    let data = python::folder().join("histories");
    let whole = data.join("whole");
    if !whole.exists() {
        run(Command::new(&peers).arg(python::scripts().join("histories.py")).arg(&data));
        fs::write(whole, "").unwrap();
    }
    let mesh = Mesh::of_histories(&data);
    run(driver_over(&peers, driver, mesh.path(), &peers).arg(peer).arg(its_python).args(options));
}
