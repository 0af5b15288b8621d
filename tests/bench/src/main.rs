//! `make bench`: what governance costs. Prints a line for each goal and asserts nothing.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout)]
#![expect(clippy::disallowed_methods, reason = "plain DataFusion, to compare with")]

mod commands;
mod decisions;
mod large_mesh;
mod scans;

/// Prints one measurement beside its goal.
fn line(what: &str, value: f64, goal: f64, unit: &str) {
    let verdict = if value <= goal { "ok" } else { "MISSED" };
    println!("{what:<66} {value:>9.3} {unit:<3} goal {goal:>6} {unit:<3} {verdict}");
}

#[tokio::main]
async fn main() {
    commands::measure().await;
    decisions::measure();
    scans::measure().await;
}
