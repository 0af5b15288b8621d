//! The arguments of every command.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

/// Weft: a data mesh in one binary.
#[derive(Debug, Parser)]
#[command(name = "weft", version, max_term_width = 100, propagate_version = false)]
#[command(
    after_help = "Exit codes: 0 ok · 1 problems in your files · 2 wrong usage · 4 breaking change · 5 denied by policy · \
                        6 cannot reach the server · 7 conflict · 70 a bug of Weft's own"
)]
pub(super) struct Arguments {
    #[command(subcommand)]
    pub(super) command: Command,
}

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Start everything here: server, Flight SQL, reconciling
    Up(Up),
    /// Start everything for production, from a configuration file
    Serve(Serve),
    /// Begin a mesh, a domain or a product
    #[command(subcommand)]
    Init(Init),
    /// Have git check the manifests before each commit or push
    #[command(subcommand)]
    Hook(Hook),
    /// Check manifests, rules and SQL as they are on disk
    Validate(Validate),
    /// Run the unit tests of transforms
    Test(Test),
    /// Show what the committed state of a mesh would change
    Plan(Plan),
    /// Carry out a plan, and exactly that plan
    Apply(Apply),
    /// Show what changes between two contracts, and whom it breaks
    Diff(Diff),
    /// Run a query as one principal
    Query(Query),
    /// Look at the products that you may discover
    #[command(subcommand)]
    Products(Products),
    /// Show what a port or column is made of, and what is made of it
    Lineage(Lineage),
    /// List the releases of a product, or roll it back to one
    #[command(subcommand)]
    Release(Release),
    /// Make a stretch of time of a port of kind `by_time` anew
    Backfill(Backfill),
    /// Erase rows of a port for good, and print a certificate of it
    Erase(Erase),
    /// Check policies
    #[command(subcommand)]
    Policy(Policy),
    /// See who may see what, and what a change of rules would do
    #[command(subcommand)]
    Access(Access),
    /// Print a signed bearer token
    Token(Token),
    /// Print the JSON Schema of a kind of file
    Schema(Schema),
    /// Print the page of an error code
    Explain(Explain),
    /// Print completions for a shell
    Completions(Completions),
}

/// Where local state is kept.
#[derive(Clone, Debug, Args)]
pub(super) struct HomeArgument {
    /// Folder that holds all local state
    #[arg(long, value_name = "DIR", default_value = ".weft")]
    pub(super) home: PathBuf,
}

/// Which server a client command asks, and as whom.
#[derive(Clone, Debug, Args)]
pub(super) struct ServerArguments {
    /// URL of the server's HTTP door [default: the server that runs on --home]
    #[arg(long, value_name = "URL", env = "WEFT_SERVER")]
    pub(super) server: Option<String>,
    /// Ask as this principal, with a token signed by the key in --home
    #[arg(long = "as", value_name = "NAME")]
    pub(super) principal: Option<String>,
    /// Bearer token to ask with, where --as is not given
    #[arg(long, value_name = "TOKEN", env = "WEFT_TOKEN", hide = true, hide_env_values = true)]
    pub(super) token: Option<String>,
    #[command(flatten)]
    pub(super) home: HomeArgument,
}

#[derive(Debug, Args)]
pub(super) struct Up {
    /// Folder with `products/` and `governance/` (a git work tree counts as committed), or a git URL
    #[arg(default_value = ".")]
    pub(super) mesh: String,
    #[command(flatten)]
    pub(super) home: HomeArgument,
    /// Object store for tables: file://, s3://, gs://, az:// or memory:// [default: <home>/warehouse]
    #[arg(long, value_name = "URL")]
    pub(super) warehouse: Option<String>,
    /// Address of the HTTP door; port 0 picks a free one
    #[arg(long, value_name = "ADDR", default_value = crate::settings::HTTP)]
    pub(super) http: SocketAddr,
    /// Address of the Flight SQL door; port 0 picks a free one
    #[arg(long, value_name = "ADDR", default_value = crate::settings::FLIGHT)]
    pub(super) flight: SocketAddr,
    /// Environment of `mesh.yaml` from which variables in manifests take their values
    #[arg(long, value_name = "NAME", env = "WEFT_ENVIRONMENT")]
    pub(super) environment: Option<String>,
    /// Most memory to hold, such as `8 GiB` [default: four fifths of the system's]
    #[arg(long, value_name = "SIZE", value_parser = memory_max)]
    pub(super) memory_max: Option<u64>,
    /// Keep state in a temporary folder that is removed at the end
    #[arg(long, conflicts_with = "home")]
    pub(super) ephemeral: bool,
}

fn memory_max(text: &str) -> Result<u64, &'static str> {
    crate::settings::memory(text).ok_or("write a size of at least 1 GiB, such as `8 GiB`")
}

#[derive(Debug, Args)]
pub(super) struct Serve {
    /// TOML file with the keys mesh, home, warehouse, http, flight, tls, environment and memory_max
    #[arg(long, value_name = "FILE")]
    pub(super) config: PathBuf,
}

#[derive(Debug, Subcommand)]
pub(super) enum Init {
    /// A mesh without a domain
    Repo {
        /// Where it begins
        #[arg(default_value = ".")]
        folder: PathBuf,
    },
    /// A domain of the mesh in this folder, with an owner and a service
    Domain { name: weft_model::DomainName },
    /// A product made from a file or table, whose columns are guessed
    Product {
        /// `domain.product`
        name: weft_model::ProductRef,
        /// A CSV file with a header, a Parquet file, a Delta table's folder, or the URL of one of the
        /// last two [default: a small example]
        #[arg(long, value_name = "FILE|URL")]
        from: Option<String>,
    },
}

#[derive(Debug, Subcommand)]
pub(super) enum Hook {
    /// Write git's pre-commit hook of this repository, or pre-receive where it is bare
    Install {
        #[command(flatten)]
        home: HomeArgument,
    },
}

#[derive(Debug, Args)]
pub(super) struct Validate {
    /// Meshes, folders within one, or lone product and contract files
    #[arg(default_value = ".")]
    pub(super) paths: Vec<PathBuf>,
    #[arg(long, value_enum, default_value_t = ReportFormat::Text)]
    pub(super) format: ReportFormat,
    #[command(flatten)]
    pub(super) home: HomeArgument,
}

#[derive(Debug, Args)]
pub(super) struct Test {
    /// Meshes, or folders and tests within one
    #[arg(default_value = ".")]
    pub(super) paths: Vec<PathBuf>,
    #[arg(long, value_enum, default_value_t = ReportFormat::Text)]
    pub(super) format: ReportFormat,
    #[command(flatten)]
    pub(super) home: HomeArgument,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(super) enum ReportFormat {
    /// Source frames for people
    Text,
    /// An array of objects
    Json,
    /// GitHub annotations
    Github,
    /// A SARIF 2.1.0 log
    Sarif,
    /// A JUnit report
    Junit,
}

#[derive(Debug, Args)]
pub(super) struct Plan {
    /// Folder with `products/` and `governance/`, or a git URL
    #[arg(default_value = ".")]
    pub(super) mesh: String,
    /// What to compare with: `live`, what the home's catalog says is served, or a revision of the mesh
    #[arg(long, value_name = "live|REF", default_value = "live")]
    pub(super) against: String,
    /// Show all changes and readers, what each port is made from, and what stays as it is
    #[arg(short, long)]
    pub(super) verbose: bool,
    #[arg(long, value_enum, default_value_t = PlanFormat::Text)]
    pub(super) format: PlanFormat,
    /// Write the plan to a file as JSON
    #[arg(long, value_name = "FILE")]
    pub(super) out: Option<PathBuf>,
    #[command(flatten)]
    pub(super) home: HomeArgument,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum PlanFormat {
    Text,
    Json,
}

#[derive(Debug, Args)]
pub(super) struct Apply {
    /// A plan made by `weft plan --out FILE` [default: what `weft plan` shows now]
    #[arg(value_name = "FILE")]
    pub(super) file: Option<PathBuf>,
    /// Do not ask
    #[arg(long)]
    pub(super) yes: bool,
    /// Folder with `products/` and `governance/`, or a git URL
    #[arg(long, value_name = "MESH", default_value = ".")]
    pub(super) mesh: String,
    /// Object store for tables, as with `weft up` [default: <home>/warehouse]
    #[arg(long, value_name = "URL")]
    pub(super) warehouse: Option<String>,
    #[command(flatten)]
    pub(super) home: HomeArgument,
}

#[derive(Debug, Subcommand)]
pub(super) enum Access {
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
pub(super) struct ExplainAccess {
    /// `domain.product.port`, `domain.product.port.column`, or the id that a refusal or an answer told
    #[arg(value_name = "PORT[.COLUMN]|ID", required_unless_present = "column")]
    pub(super) what: Option<String>,
    /// The column to explain, by its full name
    #[arg(long, value_name = "PORT.COLUMN", conflicts_with = "what")]
    pub(super) column: Option<String>,
    /// Whom to explain it for [default: whoever asks]
    #[arg(long, value_name = "NAME")]
    pub(super) who: Option<String>,
    /// As if asked for this purpose
    #[arg(long, value_name = "P")]
    pub(super) purpose: Option<String>,
    /// At this time (RFC 3339) [default: now]
    #[arg(long, value_name = "T")]
    pub(super) at: Option<chrono::DateTime<chrono::Utc>>,
    #[arg(long, value_enum, default_value_t = PlanFormat::Text)]
    pub(super) format: PlanFormat,
    #[command(flatten)]
    pub(super) server: ServerArguments,
}

#[derive(Debug, Args)]
pub(super) struct RequestAccess {
    /// `domain.product.port`
    #[arg(value_name = "PORT")]
    pub(super) port: weft_model::PortRef,
    /// Names of columns [default: the whole port]
    #[arg(long, value_name = "C,…", value_delimiter = ',')]
    pub(super) columns: Vec<String>,
    /// What it is for: one of the purposes that the product allows
    #[arg(long, value_name = "P")]
    pub(super) purpose: Option<String>,
    /// The last day, or the instant (RFC 3339) at which access ends [default: 90 days from now]
    #[arg(long, value_name = "DATE", value_parser = end_of)]
    pub(super) until: Option<chrono::DateTime<chrono::Utc>>,
    /// Why, in a sentence, for whoever decides
    #[arg(long, value_name = "TEXT", default_value = "")]
    pub(super) note: String,
    /// A role of the port's contract [default: the first that lets read]
    #[arg(long, value_name = "ROLE")]
    pub(super) role: Option<String>,
    /// In an emergency: all rows too, for an hour at most, approved by two persons
    #[arg(long)]
    pub(super) break_glass: bool,
    #[command(flatten)]
    pub(super) server: ServerArguments,
}

#[derive(Debug, Args)]
pub(super) struct Requests {
    /// One request, with its history
    #[arg(value_name = "ID")]
    pub(super) id: Option<String>,
    #[arg(long, value_enum, default_value_t = RequestFormat::Table)]
    pub(super) format: RequestFormat,
    #[command(flatten)]
    pub(super) server: ServerArguments,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum RequestFormat {
    Table,
    Json,
    /// With an id: a document of the Open Access Agreement Standard
    Oaas,
}

#[derive(Debug, Args)]
pub(super) struct Approve {
    #[arg(value_name = "ID")]
    pub(super) id: String,
    /// Give these columns alone
    #[arg(long, value_name = "C,…", value_delimiter = ',')]
    pub(super) columns: Option<Vec<String>>,
    /// Give it until an earlier day (or instant) than was asked for
    #[arg(long, value_name = "DATE", value_parser = end_of)]
    pub(super) until: Option<chrono::DateTime<chrono::Utc>>,
    /// What whoever asked is to know
    #[arg(long, value_name = "TEXT", default_value = "")]
    pub(super) note: String,
    #[command(flatten)]
    pub(super) server: ServerArguments,
}

#[derive(Debug, Args)]
pub(super) struct Decide {
    #[arg(value_name = "ID")]
    pub(super) id: String,
    /// Why
    #[arg(long, value_name = "TEXT", default_value = "")]
    pub(super) note: String,
    #[command(flatten)]
    pub(super) server: ServerArguments,
}

#[derive(Debug, Args)]
pub(super) struct Extend {
    #[arg(value_name = "ID")]
    pub(super) id: String,
    /// The last day, or the instant (RFC 3339) at which access ends [default: 90 days from now]
    #[arg(long, value_name = "DATE", value_parser = end_of)]
    pub(super) until: Option<chrono::DateTime<chrono::Utc>>,
    /// Why, in a sentence, for whoever decides
    #[arg(long, value_name = "TEXT", default_value = "")]
    pub(super) note: String,
    #[command(flatten)]
    pub(super) server: ServerArguments,
}

#[derive(Debug, Args)]
pub(super) struct ExportRequest {
    #[arg(value_name = "ID")]
    pub(super) id: String,
    #[command(flatten)]
    pub(super) server: ServerArguments,
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
pub(super) struct Roster {
    /// `domain.product.port`, or `domain.product.port.column`
    #[arg(value_name = "PORT[.COLUMN]")]
    pub(super) what: String,
    /// As if everyone asked for this purpose
    #[arg(long, value_name = "P")]
    pub(super) purpose: Option<String>,
    /// At this time (RFC 3339) [default: now]
    #[arg(long, value_name = "T")]
    pub(super) at: Option<chrono::DateTime<chrono::Utc>>,
    #[arg(long, value_enum, default_value_t = RosterFormat::Table)]
    pub(super) format: RosterFormat,
    #[command(flatten)]
    pub(super) server: ServerArguments,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum RosterFormat {
    Table,
    /// One line for each principal and column
    Csv,
    Json,
}

#[derive(Debug, Args)]
pub(super) struct Simulate {
    /// Folder with `products/` and `governance/`, or a git URL
    #[arg(default_value = ".")]
    pub(super) mesh: String,
    /// Revision of the mesh that would take effect [default: the files as they are on disk]
    #[arg(long = "ref", value_name = "REF")]
    pub(super) revision: Option<String>,
    /// What to compare with: `live`, what the home's catalog says is served, or a revision of the mesh
    #[arg(long, value_name = "live|REF", default_value = "live")]
    pub(super) against: String,
    /// Show every name
    #[arg(short, long)]
    pub(super) verbose: bool,
    #[arg(long, value_enum, default_value_t = PlanFormat::Text)]
    pub(super) format: PlanFormat,
    #[command(flatten)]
    pub(super) home: HomeArgument,
}

#[derive(Debug, Args)]
pub(super) struct Diff {
    /// A contract, a folder of contracts, a revision of the mesh in this folder, or `product@version`
    #[arg(value_name = "OLD")]
    pub(super) old: String,
    /// What it becomes
    #[arg(value_name = "NEW")]
    pub(super) new: String,
    #[arg(long, value_enum, default_value_t = DiffFormat::Text)]
    pub(super) format: DiffFormat,
    #[command(flatten)]
    pub(super) home: HomeArgument,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum DiffFormat {
    Text,
    Json,
}

#[derive(Debug, Args)]
pub(super) struct Query {
    /// The query [default: standard input]
    #[arg(conflicts_with = "file")]
    pub(super) sql: Option<String>,
    /// Read the query from a file; `-` is standard input
    #[arg(short, long, value_name = "FILE")]
    pub(super) file: Option<PathBuf>,
    #[arg(long, value_enum, default_value_t = QueryFormat::Table)]
    pub(super) format: QueryFormat,
    /// What the answer is for, where policies ask
    #[arg(long, value_name = "P")]
    pub(super) purpose: Option<String>,
    /// Read the mesh as it was published at this time (RFC 3339)
    #[arg(long, value_name = "T")]
    pub(super) as_of: Option<String>,
    #[command(flatten)]
    pub(super) server: ServerArguments,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum QueryFormat {
    Table,
    Csv,
    Json,
    /// Arrow IPC stream
    Arrow,
    Parquet,
}

#[derive(Debug, Subcommand)]
pub(super) enum Products {
    /// List products
    List {
        #[arg(long, value_enum, default_value_t = PlanFormat::Text)]
        format: PlanFormat,
        #[command(flatten)]
        server: ServerArguments,
    },
    /// Show one product with its ports and columns
    Show {
        /// `domain.product`
        product: weft_model::ProductRef,
        #[arg(long, value_enum, default_value_t = PlanFormat::Text)]
        format: PlanFormat,
        #[command(flatten)]
        server: ServerArguments,
    },
}

#[derive(Debug, Args)]
pub(super) struct Lineage {
    /// `domain.product.port`, with `.column` for one column; `domain.product` for a whole product
    #[arg(value_name = "NAME")]
    pub(super) focus: String,
    /// How many steps to go towards what it is made of
    #[arg(long, value_name = "N", default_value_t = 2)]
    pub(super) up: u32,
    /// How many steps to go towards what is made of it
    #[arg(long, value_name = "N", default_value_t = 2)]
    pub(super) down: u32,
    #[arg(long, value_enum, default_value_t = LineageFormat::Tree)]
    pub(super) format: LineageFormat,
    #[command(flatten)]
    pub(super) server: ServerArguments,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum LineageFormat {
    Tree,
    Json,
    /// For Graphviz
    Dot,
}

#[derive(Debug, Args)]
pub(super) struct Backfill {
    /// `domain.product.port`
    pub(super) port: weft_model::PortRef,
    /// The first time of which the interval is made anew: a date, or RFC 3339
    #[arg(long, value_name = "T")]
    pub(super) from: String,
    /// The time up to which intervals are made anew, itself not among them
    #[arg(long, value_name = "T")]
    pub(super) to: String,
    #[arg(long, value_enum, default_value_t = PlanFormat::Text)]
    pub(super) format: PlanFormat,
    #[command(flatten)]
    pub(super) server: ServerArguments,
}

#[derive(Debug, Args)]
pub(super) struct Erase {
    /// `domain.product.port`
    pub(super) port: weft_model::PortRef,
    /// SQL condition on the columns of the port: rows for which it is true go
    #[arg(long = "where", value_name = "EXPR")]
    pub(super) condition: String,
    /// Only tell what would go
    #[arg(long)]
    pub(super) dry_run: bool,
    /// Do not ask
    #[arg(long, conflicts_with = "dry_run")]
    pub(super) yes: bool,
    #[command(flatten)]
    pub(super) server: ServerArguments,
}

#[derive(Debug, Subcommand)]
pub(super) enum Release {
    /// List every release of a product, the newest first
    List {
        /// `domain.product`
        product: weft_model::ProductRef,
        #[arg(long, value_enum, default_value_t = PlanFormat::Text)]
        format: PlanFormat,
        #[command(flatten)]
        server: ServerArguments,
    },
    /// Serve an earlier release of a product again, until a commit changes the product
    Rollback(Rollback),
}

#[derive(Debug, Args)]
pub(super) struct Rollback {
    /// `domain.product`
    pub(super) product: weft_model::ProductRef,
    /// Number of the release [default: the last one that served something else]
    #[arg(long, value_name = "N")]
    pub(super) to: Option<u64>,
    /// Why, for whoever reads the list of releases
    #[arg(long, value_name = "TEXT", default_value = "", hide_default_value = true)]
    pub(super) reason: String,
    /// Do not ask, even where it breaks who reads the product
    #[arg(long)]
    pub(super) yes: bool,
    #[command(flatten)]
    pub(super) server: ServerArguments,
}

#[derive(Debug, Subcommand)]
pub(super) enum Policy {
    /// Check rules, restrictions and principals, and nothing else
    Lint {
        /// Folder with `products/` and `governance/`
        #[arg(default_value = ".")]
        mesh: PathBuf,
        #[command(flatten)]
        home: HomeArgument,
    },
    /// Run the cases in governance/cases and print who may do what
    Test {
        /// Folder with `products/` and `governance/`
        #[arg(default_value = ".")]
        mesh: PathBuf,
        /// Rewrite governance/decisions.txt
        #[arg(long)]
        write: bool,
        #[command(flatten)]
        home: HomeArgument,
    },
}

#[derive(Debug, Args)]
pub(super) struct Token {
    /// Name of a principal
    pub(super) name: String,
    /// How long the token holds: 30m, 8h, 7d
    #[arg(long, value_name = "TIME", default_value = "8h", value_parser = super::token::lifetime)]
    pub(super) ttl: chrono::Duration,
    #[command(flatten)]
    pub(super) home: HomeArgument,
}

#[derive(Debug, Args)]
pub(super) struct Schema {
    /// product, contract, domain, mesh, test, principals, case, config, …
    pub(super) kind: String,
}

#[derive(Debug, Args)]
pub(super) struct Explain {
    /// W0101 and the like
    pub(super) code: String,
}

#[derive(Debug, Args)]
pub(super) struct Completions {
    #[arg(value_enum)]
    pub(super) shell: clap_complete::Shell,
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_arguments_are_well_formed() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn commands_of_later_issues_are_not_there() {
        for command in ["diff", "access", "features", "doctor", "init"] {
            assert!(Arguments::try_parse_from(["weft", command]).is_err(), "{command}");
        }
    }

    #[test]
    fn a_principal_and_a_home_stand_after_the_query() {
        let arguments = ["weft", "query", "--as", "ana", "select 1", "--home", "h", "--format", "csv"];
        let Ok(Arguments { command: Command::Query(query) }) = Arguments::try_parse_from(arguments) else {
            panic!("not understood")
        };
        assert_eq!(query.sql.as_deref(), Some("select 1"));
        assert_eq!(query.server.principal.as_deref(), Some("ana"));
        assert_eq!(query.server.home.home, PathBuf::from("h"));
    }
}
