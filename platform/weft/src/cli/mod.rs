//! The command line: one file a command, thin over the library.

mod access;
mod apply;
mod arguments;
mod backfill;
mod backup;
mod completions;
mod connect;
mod connection;
mod diff;
mod doctor;
mod erase;
mod explain;
mod failure;
mod features;
mod flight_channel;
mod flight_failure;
mod found;
mod hook;
mod init;
mod lineage;
mod origin;
mod plan;
mod policy;
mod products;
mod query;
mod release;
mod schema;
mod terminal;
mod test;
mod token;
mod up;
mod validate;

use std::process::ExitCode;

use clap::Parser;

pub use failure::{Exit, Failure, exit_of};
pub use terminal::{Look, note};

use arguments::{Arguments, Command, Hook};

/// Runs the command that the process was started with.
pub fn run() -> ExitCode {
    end_in_a_text_on_panic();
    let Arguments { command } = Arguments::parse();
    match dispatch(command) {
        Ok(()) => Exit::Ok.into(),
        Err(failure) => {
            terminal::report(&failure);
            failure.exit.into()
        }
    }
}

fn dispatch(command: Command) -> Result<(), Failure> {
    match command {
        Command::Up(arguments) => up::up(arguments),
        Command::Serve(arguments) => up::serve(&arguments),
        Command::Doctor(arguments) => doctor::doctor(&arguments),
        Command::Backup(arguments) => backup::backup(&arguments),
        Command::Restore(arguments) => backup::restore(&arguments),
        Command::Init(command) => init::init(&command),
        Command::Hook(Hook::Install { home }) => hook::install(&home.home),
        Command::Validate(arguments) => validate::validate(&arguments),
        Command::Test(arguments) => test::test(&arguments),
        Command::Plan(arguments) => plan::plan(&arguments),
        Command::Apply(arguments) => apply::apply(&arguments),
        Command::Diff(arguments) => diff::diff(&arguments),
        Command::Query(arguments) => query::query(&arguments),
        Command::Products(command) => products::products(command),
        Command::Lineage(arguments) => lineage::lineage(&arguments),
        Command::Connect(arguments) => connect::connect(&arguments),
        Command::Release(command) => release::release(command),
        Command::Backfill(arguments) => backfill::backfill(&arguments),
        Command::Erase(arguments) => erase::erase(&arguments),
        Command::Features(command) => features::features(&command),
        Command::Policy(command) => policy::policy(&command),
        Command::Access(command) => access::access(command),
        Command::Token(arguments) => token::token(&arguments),
        Command::Schema(arguments) => schema::schema(&arguments.kind),
        Command::Explain(arguments) => explain::explain(&arguments.code),
        Command::Completions(arguments) => completions::completions(arguments.shell),
    }
}

/// Runs a command that waits for things.
fn block_on<T>(future: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        // Expressions are evaluated by recursion, as deep as a query's bounds let them be.
        .thread_stack_size(16 << 20)
        .enable_all()
        .build()
        .map_err(|error| Failure::io("cannot start", &error).exit(Exit::Bug))?;
    let result = runtime.block_on(future);
    // Blocking work that nobody waits for any more (a git fetch) must not hold up the end.
    runtime.shutdown_background();
    result
}

/// A panic in a command is a bug of Weft's own: the process says so and ends with its own code. One
/// in a server's task is told by whoever started that task, and the server goes on.
fn end_in_a_text_on_panic() {
    std::panic::set_hook(Box::new(|panic| {
        if weft_storage::is_of_failed_upload(panic) {
            return;
        }
        let place = panic.location().map_or_else(String::new, |place| format!(" at {place}"));
        let payload = panic.payload();
        let text =
            payload.downcast_ref::<&str>().copied().or_else(|| payload.downcast_ref::<String>().map(String::as_str));
        terminal::note(&format!(
            "error[{}]: this is a bug of Weft's own: {}{place}\n  help: please report it with what you did; your files are as they were",
            weft_model::Code::INTERNAL,
            text.unwrap_or("no more is known"),
        ));
        tracing::error!(place, text, "panic");
        if std::thread::current().name() == Some("main") {
            std::process::exit(Exit::Bug as i32);
        }
    }));
}
