//! The log: JSON lines in a file of the home, for operators and for whoever has a trace id.

use std::fs::{self, OpenOptions};
use std::io;
use std::path::Path;
use std::sync::Mutex;

use tracing_subscriber::EnvFilter;

const FILE_NAME: &str = "weft.log";
const FILTER: &str =
    "info,buoyant_kernel=warn,datafusion=warn,deltalake=warn,deltalake_core=warn,sqlx=warn,hyper=warn,h2=warn";

/// Sends everything that is traced in this process to a file in `folder`, behind what is there.
///
/// # Errors
///
/// If the file cannot be written.
pub(crate) fn to_file(folder: &Path) -> io::Result<()> {
    fs::create_dir_all(folder)?;
    let file = OpenOptions::new().create(true).append(true).open(folder.join(FILE_NAME))?;
    let log = tracing_subscriber::fmt()
        .json()
        .flatten_event(true)
        .with_current_span(true)
        .with_span_list(false)
        .with_env_filter(EnvFilter::new(FILTER))
        .with_writer(Mutex::new(file));
    // Whoever traces already (a test) goes on doing so.
    if log.try_init().is_err() {
        tracing::debug!("someone else keeps the log of this process");
    }
    Ok(())
}
