//! `make prove`: the proof at length.

#![allow(clippy::print_stdout, clippy::print_stderr)]

use std::process::ExitCode;

use weft_prove::{Plan, Report, prove};

/// Arguments: how many queries, and the seed to begin with.
#[tokio::main]
async fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1).map(|argument| argument.parse::<u64>());
    let (Some(Ok(queries)), Some(Ok(seed)), None) =
        (arguments.next().or(Some(Ok(100_000))), arguments.next().or(Some(Ok(1))), arguments.next())
    else {
        eprintln!("usage: weft-prove [QUERIES [SEED]]");
        return ExitCode::from(2);
    };
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
