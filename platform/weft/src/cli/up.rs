//! `weft up` and `weft serve`: a mesh from its start to a signal.

use std::fs;
use std::path::Path;

use super::arguments::{Configured, Up};
use super::{Exit, Failure, Look, block_on, exit_of, terminal};
use crate::handed::Handed;
use crate::home::Home;
use crate::render::diagnostics::{self, Sources};
use crate::settings::{self, Settings};
use crate::start_error::StartError;
use crate::traces::Tracing;
use crate::{config, environment, lifecycle, log};

pub(super) fn up(arguments: Up) -> Result<(), Failure> {
    // Removed when this function ends, whichever way.
    let passing = arguments.ephemeral.then(tempfile::tempdir).transpose();
    let passing = passing.map_err(|error| Failure::io("cannot make a temporary home", &error))?;
    let home = passing.as_ref().map_or(arguments.home.home, |folder| folder.path().to_owned());
    let settings = Settings {
        mesh: arguments.mesh,
        home,
        catalog: None,
        warehouse: arguments.warehouse,
        http: arguments.http,
        flight: arguments.flight,
        public_url: None,
        oidc: None,
        base_path: String::new(),
        offers_demo: true,
        tls: None,
        webhooks: Vec::new(),
        environment: arguments.environment,
        store: environment::store_options(),
        traces: None,
        memory_max: arguments.memory_max,
        drain: settings::DRAIN,
        limits: weft_engine::Limits::within(arguments.memory_max),
        rates: weft_identity::RateSettings::DEFAULT,
    };
    if passing.is_none() {
        refuse_memory(&settings)?;
    }
    run(settings, Handed::default())
}

pub(super) fn serve(arguments: &Configured) -> Result<(), Failure> {
    let settings = settings_of(arguments)?;
    refuse_memory(&settings)?;
    // Before the log is opened, with which the process gets threads.
    let handed = Handed::take(&settings).map_err(|error| failure(&error.into()))?;
    run(settings, handed)
}

/// What a configuration file says. Its problems are told.
pub(super) fn settings_of(arguments: &Configured) -> Result<Settings, Failure> {
    let file = arguments.config.display().to_string();
    let text =
        fs::read_to_string(&arguments.config).map_err(|error| Failure::io(format!("cannot read `{file}`"), &error))?;
    match config::read(&file, &text) {
        Ok(settings) => Ok(Settings { store: environment::store_options(), ..settings }),
        Err(problems) => {
            let shown = diagnostics::text(&problems, &Lone { file, text: text.into() }, Look::of_stderr());
            terminal::note(shown.trim_end());
            Err(Failure::silent(Exit::Problems))
        }
    }
}

/// Makes the home that a mesh with these settings works in, and its log. Hold what it gives until the end.
pub(super) fn prepare_for(settings: &Settings) -> Result<Tracing, Failure> {
    let home = Home::at(&settings.home);
    prepare(home.root())
        .and_then(|()| log::to_file(&home.logs(), settings.traces.as_ref()))
        .map_err(|error| Failure::io(format!("cannot write to the home `{}`", home.root().display()), &error))
}

fn run(settings: Settings, handed: Handed) -> Result<(), Failure> {
    let _tracing = prepare_for(&settings)?;
    block_on(async { lifecycle::run(settings, handed).await.map_err(|error| failure(&error)) })
}

/// Tables in memory are gone with the process, and a home that stays would go on naming them.
fn refuse_memory(settings: &Settings) -> Result<(), Failure> {
    match settings.warehouse.as_deref().is_some_and(|url| url.starts_with("memory:")) {
        true => Err(Failure::usage(
            "a warehouse in memory is gone after the end, and the home would go on naming its tables",
        )
        .help("start with `weft up --ephemeral`, or name another warehouse")),
        false => Ok(()),
    }
}

/// Makes the home. What it holds belongs to no repository, even where it lies in one.
fn prepare(root: &Path) -> std::io::Result<()> {
    if root.is_dir() {
        return Ok(());
    }
    fs::create_dir_all(root)?;
    fs::write(root.join(".gitignore"), "*\n")
}

/// Why a mesh did not start, as a person reads it.
pub(super) fn failure(error: &StartError) -> Failure {
    tracing::error!(%error, "the mesh did not start");
    let exit = error.code().map_or(Exit::Problems, exit_of);
    Failure { code: error.code(), help: error.help(), ..Failure::new(exit, error.to_string()) }
}

/// One file that is in no tree.
struct Lone {
    file: String,
    text: std::sync::Arc<str>,
}

impl Sources for Lone {
    fn text(&self, file: &str) -> Option<std::sync::Arc<str>> {
        (file == self.file).then(|| self.text.clone())
    }

    fn shown(&self, file: &str) -> String {
        file.to_owned()
    }
}
