//! What the daemon costs, beside yardsticks that are measured in the same run: see
//! `benches/README.md`.
//!
//! `cargo bench --bench load` runs every part, `cargo bench --bench load -- get decisions` some.
//! Each figure is a printed line and a row of `target/bench.json`.

// A benchmark that cannot go on stops loudly; it serves nobody meanwhile.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    unreachable_pub,
    missing_docs
)]

mod bare;
mod client;
mod decisions;
mod drain;
mod expiry;
mod machine;
mod people;
mod policy;
mod postgres;
mod prepared;
mod raw;
mod reads;
mod report;
mod rows;
mod scale;
mod seed;
mod servers;
mod shell;
mod start;
mod worlds;

use reads::Read;
use report::Report;
use worlds::Worlds;

/// The parts, in the order in which they run.
const PARTS: [&str; 10] = [
    "get",
    "check",
    "list",
    "decisions",
    "policy",
    "expiry",
    "drain",
    "start",
    "scale",
    "powershell",
];

fn main() {
    let mut arguments: Vec<String> = std::env::args().skip(1).collect();
    // The other lives of this program, pinned to the servers' core: the bare server, and the bare
    // sender.
    if let [role, body] = arguments.as_slice()
        && role == bare::ROLE
    {
        bare::serve(body);
        return;
    }
    if let [role, url, count, secret, body] = arguments.as_slice()
        && role == drain::ROLE
    {
        drain::send(url, count.parse().unwrap(), secret, body);
        return;
    }
    // Cargo says --bench to every benchmark.
    arguments.retain(|argument| argument != "--bench");
    if let Some(unknown) = arguments.iter().find(|a| !PARTS.contains(&a.as_str())) {
        eprintln!(
            "There is no part '{unknown}'; there are: {}.",
            PARTS.join(", ")
        );
        std::process::exit(64);
    }
    let wanted = |part: &str| arguments.is_empty() || arguments.iter().any(|a| a == part);
    machine::check();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .unwrap();
    let mut report = Report::default();
    runtime.block_on(async {
        let mut worlds = Worlds::new();
        for part in PARTS.into_iter().filter(|part| wanted(part)) {
            println!("\n== {part}");
            match part {
                "get" => reads::run(&mut worlds, &mut report, Read::Get).await,
                "check" => reads::run(&mut worlds, &mut report, Read::Check).await,
                "list" => reads::run(&mut worlds, &mut report, Read::List).await,
                "decisions" => decisions::run(&mut worlds, &mut report).await,
                "policy" => policy::run(&mut worlds, &mut report).await,
                "expiry" => expiry::run(&mut worlds, &mut report).await,
                "drain" => drain::run(&mut worlds, &mut report).await,
                "start" => start::run(&mut worlds, &mut report).await,
                "scale" => scale::run(&mut worlds, &mut report).await,
                _ => shell::run(&mut worlds, &mut report).await,
            }
        }
    });
    report.finish();
}
