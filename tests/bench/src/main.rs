//! `make bench`: what governance and writing cost. Prints a line for each goal and asserts nothing. An argument
//! names the part to measure: `commands`, `decisions`, `scans` or `writing`; a second one which line of `writing`.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout)]
#![expect(clippy::disallowed_methods, reason = "plain DataFusion, to compare with")]

use mimalloc::MiMalloc;

mod commands;
mod decisions;
mod large_mesh;
mod mesh_of_tables;
mod peers;
mod scans;
mod writing;

// As the binary has it.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

/// Prints one measurement beside its goal.
fn line(what: &str, value: f64, goal: f64, unit: &str) {
    let verdict = if value <= goal { "ok" } else { "MISSED" };
    println!("{what:<66} {value:>9.3} {unit:<3} goal {goal:>6} {unit:<3} {verdict}");
}

#[tokio::main]
async fn main() {
    let (only, line) = (std::env::args().nth(1), std::env::args().nth(2));
    let wanted = |part: &str| only.as_deref().is_none_or(|only| only == part);
    if wanted("commands") {
        commands::measure().await;
    }
    if wanted("decisions") {
        decisions::measure();
    }
    if wanted("scans") {
        scans::measure().await;
    }
    if wanted("writing") {
        writing::measure(line.as_deref()).await;
    }
}
