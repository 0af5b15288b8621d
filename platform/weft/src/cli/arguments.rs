//! The arguments of every command.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

/// Weft: a data mesh in one binary.
mod access;
mod features;

pub(super) use features::{Extract, Features, Replay};

pub(super) use access::{
    Access, Approve, Decide, ExplainAccess, ExportRequest, Extend, RequestAccess, RequestFormat, Requests, Roster,
    RosterFormat, Simulate,
};

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
    Serve(Configured),
    /// Look whether everything is there that a configuration needs, and start nothing
    Doctor(Configured),
    /// Copy catalog, keys and warehouse into a folder, also while the mesh runs
    Backup(Copying),
    /// Fill an empty home, catalog and warehouse from a backup
    Restore(Copying),
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
    /// Print a text that connects some client to a port
    Connect(Connect),
    /// List the releases of a product, or roll it back to one
    #[command(subcommand)]
    Release(Release),
    /// Make a stretch of time of a port of kind `by_time` anew
    Backfill(Backfill),
    /// Erase rows of a port for good, and print a certificate of it
    Erase(Erase),
    /// Make a training set of features as they were known, or the same again
    #[command(subcommand)]
    Features(Features),
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
pub(super) struct Copying {
    /// Folder of the backup
    pub(super) folder: PathBuf,
    /// Configuration file of `weft serve`; without one, --home and --warehouse say which mesh
    #[arg(long, value_name = "FILE", conflicts_with_all = ["home", "warehouse"])]
    config: Option<PathBuf>,
    #[command(flatten)]
    pub(super) home: HomeArgument,
    /// Object store for tables [default: <home>/warehouse]
    #[arg(long, value_name = "URL")]
    pub(super) warehouse: Option<String>,
}

impl Copying {
    pub(super) fn configured(&self) -> Option<Configured> {
        self.config.clone().map(|config| Configured { config })
    }
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
pub(super) struct Configured {
    /// TOML file; the repository's `deploy/config/weft.toml` has every key with its meaning
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
    /// Find products, ports, columns and people by words
    Search {
        #[arg(required = true, value_name = "WORD")]
        words: Vec<String>,
        /// `product`, `port`, `column` or `person`; else products in which anything is found, and people
        #[arg(long)]
        kind: Option<String>,
        /// How many to show
        #[arg(long, value_name = "N", default_value_t = 20)]
        limit: u8,
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

#[derive(Debug, Args)]
pub(super) struct Connect {
    /// `domain.product.port`
    #[arg(value_name = "PORT")]
    pub(super) port: String,
    /// `python`, `polars`, `duckdb`, `jdbc`, `curl` or `weft`
    #[arg(long, value_name = "CLIENT")]
    pub(super) client: String,
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
