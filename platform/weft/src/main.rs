//! The `weft` command.

use std::process::ExitCode;

use mimalloc::MiMalloc;

/// Planning makes and drops small things by the million, on many threads.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

fn main() -> ExitCode {
    weft::cli::run()
}
