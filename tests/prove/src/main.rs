//! `make prove`: the proofs at length.

#![allow(clippy::print_stdout, clippy::print_stderr)]

use std::process::ExitCode;

use weft_prove::{AccessReport, Plan, Report, prove, prove_access};

/// Arguments: how many queries, and the seed to begin with; or `access`, how many pairs of states, and the seed.
#[tokio::main]
async fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (is_access, numbers) = match arguments.split_first() {
        Some((first, rest)) if first == "access" => (true, rest),
        _ => (false, arguments.as_slice()),
    };
    let most = if is_access { 10_000 } else { 100_000 };
    match numbers.iter().map(|number| number.parse::<u64>()).collect::<Result<Vec<_>, _>>().as_deref() {
        Ok([]) => run(is_access, most, 1).await,
        Ok([count]) => run(is_access, *count, 1).await,
        Ok([count, seed]) => run(is_access, *count, *seed).await,
        _ => {
            eprintln!("usage: weft-prove [QUERIES [SEED]]\n       weft-prove access [CASES [SEED]]");
            ExitCode::from(2)
        }
    }
}

async fn run(is_access: bool, count: u64, seed: u64) -> ExitCode {
    if is_access { access(count, seed) } else { two_worlds(count, seed).await }
}

/// Whether rosters and simulations are what deciding one by one comes to, on all cores.
fn access(cases: u64, seed: u64) -> ExitCode {
    let workers = std::thread::available_parallelism().map_or(2, usize::from) as u64;
    let share = cases.div_ceil(workers);
    let parts: Vec<_> = (0..workers)
        .map(|n| (seed + n * share, share.min(cases.saturating_sub(n * share))))
        .map(|(from, count)| std::thread::spawn(move || prove_access(from, count)))
        .collect();
    let mut report = AccessReport::default();
    for part in parts {
        match part.join() {
            Ok(part) => report.add(part),
            Err(_) => return ExitCode::FAILURE,
        }
    }
    println!("{report}");
    report.differences.iter().for_each(|difference| println!("DIFFERENT: {difference}"));
    if report.differences.is_empty() && report.is_telling() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

async fn two_worlds(queries: u64, seed: u64) -> ExitCode {
    let queries = usize::try_from(queries).unwrap_or(usize::MAX);
    let workers = std::thread::available_parallelism().map_or(2, usize::from);
    let (next, mut running) = (std::sync::Arc::new(std::sync::atomic::AtomicU64::new(0)), tokio::task::JoinSet::new());
    let meshes = queries.div_ceil(250) as u64;
    for _ in 0..workers {
        let next = std::sync::Arc::clone(&next);
        running.spawn(async move {
            let mut mine = Report::default();
            loop {
                let mesh = next.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
                if mesh >= meshes {
                    return mine;
                }
                mine.add(prove(&Plan { seed: seed + mesh, queries: 250, who: "asker" }).await);
                if mesh % 20 == 19 {
                    eprintln!("{} of {queries} queries", (mesh + 1) * 250);
                }
            }
        });
    }
    let mut report = Report::default();
    while let Some(part) = running.join_next().await {
        match part {
            Ok(part) => report.add(part),
            Err(error) => {
                eprintln!("a worker stopped: {error}");
                return ExitCode::FAILURE;
            }
        }
    }
    println!("{report}");
    let weaknesses = report.weaknesses();
    weaknesses.iter().for_each(|weakness| println!("WEAK: {weakness}"));
    if report.differences == 0 && weaknesses.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
