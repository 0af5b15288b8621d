//! `make bench`: what governance, queries and serving cost. Prints a line for each goal and asserts nothing. An
//! argument names the part to measure: `commands`, `decisions`, `access`, `catalog`, `scans`, `scan`, `queries`, `serving`, `features`, `egress`, `sessions [MINUTES]`,
//! `large` or `writing [LINE]`. Without one all is measured but the last three, and what is known of queries and serving is
//! written into `platform/docs/performance`, as `record` does by itself. Parts that `peers/*.py` measures take its options,
//! such as `queries --scale 2 --rounds 9`.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout)]
#![expect(clippy::disallowed_methods, reason = "plain DataFusion, to compare with")]

use mimalloc::MiMalloc;

mod access;
mod catalog;
mod commands;
mod decisions;
mod features;
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
    if wanted("access") {
        access::measure();
    }
    if wanted("catalog") {
        catalog::measure().await;
    }
    if wanted("scans") {
        scans::measure().await;
    }
    if wanted("scan") {
        scan::measure().await;
    }
    if wanted("queries") {
        tpch::drive("queries", "1", more);
    }
    if wanted("serving") {
        tpch::drive("serving", "1", more);
    }
    if wanted("features") {
        features::measure(more);
    }
    match part {
        "sessions" => tpch::drive("sessions", "1", more),
        "egress" => features::egress(more),
        "large" => tpch::drive_once("large", "10", more),
        "writing" => writing::measure(more.first().map(String::as_str)).await,
        "all" | "record" => python::record(),
        _ => {}
    }
}
