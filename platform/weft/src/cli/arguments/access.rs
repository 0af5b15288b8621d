//! What `weft access` takes.

use clap::{Args, Subcommand, ValueEnum};

use super::{HomeArgument, PlanFormat, ServerArguments};

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum Access {
    /// List who sees a port, or one of its columns, and through which path
    Roster(Roster),
    /// Show who gains and who loses access by a change of rules or contracts
    Simulate(Simulate),
    /// Say why somebody sees a port or a column, or does not, and what would change that
    Explain(ExplainAccess),
    /// Ask for access to a port or columns of it
    Request(RequestAccess),
    /// List the requests that concern you, or show one
    Requests(Requests),
    /// Approve a request, as asked or narrower
    Approve(Approve),
    /// Decline a request, and say why
    Decline(Decide),
    /// Take your own request back, or give up the access that it gave
    Withdraw(Decide),
    /// Ask for access that you have, or had, until later
    Extend(Extend),
    /// Take access away before its end, and say why
    Revoke(Decide),
    /// Print what was granted as a patch for `git am`, so that the domain's rules say it
    Export(ExportRequest),
}

#[derive(Debug, Args)]
pub(in crate::cli) struct ExplainAccess {
    /// `domain.product.port`, `domain.product.port.column`, or the id that a refusal or an answer told
    #[arg(value_name = "PORT[.COLUMN]|ID", required_unless_present = "column")]
    pub(in crate::cli) what: Option<String>,
    /// The column to explain, by its full name
    #[arg(long, value_name = "PORT.COLUMN", conflicts_with = "what")]
    pub(in crate::cli) column: Option<String>,
    /// Whom to explain it for [default: whoever asks]
    #[arg(long, value_name = "NAME")]
    pub(in crate::cli) who: Option<String>,
    /// As if asked for this purpose
    #[arg(long, value_name = "P")]
    pub(in crate::cli) purpose: Option<String>,
    /// At this time (RFC 3339) [default: now]
    #[arg(long, value_name = "T")]
    pub(in crate::cli) at: Option<chrono::DateTime<chrono::Utc>>,
    #[arg(long, value_enum, default_value_t = PlanFormat::Text)]
    pub(in crate::cli) format: PlanFormat,
    #[command(flatten)]
    pub(in crate::cli) server: ServerArguments,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct RequestAccess {
    /// `domain.product.port`
    #[arg(value_name = "PORT")]
    pub(in crate::cli) port: weft_model::PortRef,
    /// Names of columns [default: the whole port]
    #[arg(long, value_name = "C,…", value_delimiter = ',')]
    pub(in crate::cli) columns: Vec<String>,
    /// What it is for: one of the purposes that the product allows
    #[arg(long, value_name = "P")]
    pub(in crate::cli) purpose: Option<String>,
    /// The last day, or the instant (RFC 3339) at which access ends [default: 90 days from now]
    #[arg(long, value_name = "DATE", value_parser = end_of)]
    pub(in crate::cli) until: Option<chrono::DateTime<chrono::Utc>>,
    /// Why, in a sentence, for whoever decides
    #[arg(long, value_name = "TEXT", default_value = "")]
    pub(in crate::cli) note: String,
    /// A role of the port's contract [default: the first that lets read]
    #[arg(long, value_name = "ROLE")]
    pub(in crate::cli) role: Option<String>,
    /// In an emergency: all rows too, for an hour at most, approved by two persons
    #[arg(long)]
    pub(in crate::cli) break_glass: bool,
    #[command(flatten)]
    pub(in crate::cli) server: ServerArguments,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct Requests {
    /// One request, with its history
    #[arg(value_name = "ID")]
    pub(in crate::cli) id: Option<String>,
    #[arg(long, value_enum, default_value_t = RequestFormat::Table)]
    pub(in crate::cli) format: RequestFormat,
    #[command(flatten)]
    pub(in crate::cli) server: ServerArguments,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum RequestFormat {
    Table,
    Json,
    /// With an id: a document of the Open Access Agreement Standard
    Oaas,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct Approve {
    #[arg(value_name = "ID")]
    pub(in crate::cli) id: String,
    /// Give these columns alone
    #[arg(long, value_name = "C,…", value_delimiter = ',')]
    pub(in crate::cli) columns: Option<Vec<String>>,
    /// Give it until an earlier day (or instant) than was asked for
    #[arg(long, value_name = "DATE", value_parser = end_of)]
    pub(in crate::cli) until: Option<chrono::DateTime<chrono::Utc>>,
    /// What whoever asked is to know
    #[arg(long, value_name = "TEXT", default_value = "")]
    pub(in crate::cli) note: String,
    #[command(flatten)]
    pub(in crate::cli) server: ServerArguments,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct Decide {
    #[arg(value_name = "ID")]
    pub(in crate::cli) id: String,
    /// Why
    #[arg(long, value_name = "TEXT", default_value = "")]
    pub(in crate::cli) note: String,
    #[command(flatten)]
    pub(in crate::cli) server: ServerArguments,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct Extend {
    #[arg(value_name = "ID")]
    pub(in crate::cli) id: String,
    /// The last day, or the instant (RFC 3339) at which access ends [default: 90 days from now]
    #[arg(long, value_name = "DATE", value_parser = end_of)]
    pub(in crate::cli) until: Option<chrono::DateTime<chrono::Utc>>,
    /// Why, in a sentence, for whoever decides
    #[arg(long, value_name = "TEXT", default_value = "")]
    pub(in crate::cli) note: String,
    #[command(flatten)]
    pub(in crate::cli) server: ServerArguments,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct ExportRequest {
    #[arg(value_name = "ID")]
    pub(in crate::cli) id: String,
    #[command(flatten)]
    pub(in crate::cli) server: ServerArguments,
}

/// An instant, or the end of a day in UTC.
fn end_of(text: &str) -> Result<chrono::DateTime<chrono::Utc>, String> {
    if let Ok(day) = text.parse::<chrono::NaiveDate>() {
        let next = day.succ_opt().ok_or("this day has no next")?;
        return Ok(next.and_time(chrono::NaiveTime::MIN).and_utc());
    }
    text.parse().map_err(|_| "write a day, 2027-01-31, or an instant, 2027-01-31T12:00:00Z".to_owned())
}

#[derive(Debug, Args)]
pub(in crate::cli) struct Roster {
    /// `domain.product.port`, or `domain.product.port.column`
    #[arg(value_name = "PORT[.COLUMN]")]
    pub(in crate::cli) what: String,
    /// As if everyone asked for this purpose
    #[arg(long, value_name = "P")]
    pub(in crate::cli) purpose: Option<String>,
    /// At this time (RFC 3339) [default: now]
    #[arg(long, value_name = "T")]
    pub(in crate::cli) at: Option<chrono::DateTime<chrono::Utc>>,
    #[arg(long, value_enum, default_value_t = RosterFormat::Table)]
    pub(in crate::cli) format: RosterFormat,
    #[command(flatten)]
    pub(in crate::cli) server: ServerArguments,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum RosterFormat {
    Table,
    /// One line for each principal and column
    Csv,
    Json,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct Simulate {
    /// Folder with `products/` and `governance/`, or a git URL
    #[arg(default_value = ".")]
    pub(in crate::cli) mesh: String,
    /// Revision of the mesh that would take effect [default: the files as they are on disk]
    #[arg(long = "ref", value_name = "REF")]
    pub(in crate::cli) revision: Option<String>,
    /// What to compare with: `live`, what the home's catalog says is served, or a revision of the mesh
    #[arg(long, value_name = "live|REF", default_value = "live")]
    pub(in crate::cli) against: String,
    /// Show every name
    #[arg(short, long)]
    pub(in crate::cli) verbose: bool,
    #[arg(long, value_enum, default_value_t = PlanFormat::Text)]
    pub(in crate::cli) format: PlanFormat,
    #[command(flatten)]
    pub(in crate::cli) home: HomeArgument,
}
