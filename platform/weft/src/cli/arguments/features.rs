//! The arguments of `weft features`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::ServerArguments;

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum Features {
    /// Write the training set that a specification describes; goes on where it was broken off
    Extract(Extract),
    /// Fetch a training set again and compare it with what it was
    Replay(Replay),
}

#[derive(Debug, Args)]
pub(in crate::cli) struct Extract {
    /// YAML file with the keys entities, eventTime, features, knowledgeTime, purpose, asOf and output
    pub(in crate::cli) spec: PathBuf,
    /// What the training set is for; that of the specification if left out
    #[arg(long, value_name = "WORD")]
    pub(in crate::cli) purpose: Option<String>,
    /// For how many days the server keeps what the training set was made from; 0 for no longer than it would anyway
    #[arg(long, value_name = "DAYS", default_value_t = 365)]
    pub(in crate::cli) hold: u32,
    #[command(flatten)]
    pub(in crate::cli) server: ServerArguments,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct Replay {
    /// Folder of the training set, or its `training-set.json`
    pub(in crate::cli) set: PathBuf,
    /// Folder to write the rows into again
    #[arg(long, value_name = "DIR")]
    pub(in crate::cli) output: Option<PathBuf>,
    /// What the training set is for; that of the first time if left out
    #[arg(long, value_name = "WORD")]
    pub(in crate::cli) purpose: Option<String>,
    #[command(flatten)]
    pub(in crate::cli) server: ServerArguments,
}
