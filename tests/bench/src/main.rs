//! `make bench`: what governance, queries and writing cost. Prints a line for each goal and asserts nothing. An argument
//! names the part to measure: `commands`, `decisions`, `scans`, `queries [SCALE]` or `writing [LINE]`; without one, all
//! but `writing` are.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout)]
#![expect(clippy::disallowed_methods, reason = "plain DataFusion, to compare with")]

use mimalloc::MiMalloc;

mod commands;
mod decisions;
mod in_process;
mod large_mesh;
mod mesh_of_tables;
mod peers;
mod python;
mod scan;
mod scans;
mod tpch;
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
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (part, more) = arguments.split_first().map_or(("all", &[] as &[_]), |(part, more)| (part.as_str(), more));
    // What runs for long, or needs much room, is measured where it is asked for by name.
    let wanted = |one: &str| part == one || part == "all";
    if wanted("commands") {
        commands::measure().await;
    }
    if wanted("decisions") {
        decisions::measure();
    }
    if wanted("scans") {
        scans::measure().await;
    }
    for driver in ["queries", "serving"] {
        if wanted(driver) {
            let (scale, more) = more.split_first().map_or(("1", more), |(scale, more)| (scale.as_str(), more));
            tpch::drive(driver, scale, more);
        }
    }
    if wanted("scan") {
        scan::measure().await;
    }
    if part == "writing" {
        writing::measure(more.first().map(String::as_str)).await;
    }
}
