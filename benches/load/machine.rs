//! The machine: cores, processes, and what they used.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// The core of the load generator.
pub const GENERATOR: &str = "0";

/// The core of the server under measurement.
pub const SERVER: &str = "1";

/// Clock ticks a second in `/proc`, which Linux fixes for programs.
const TICKS: f64 = 100.0;

/// Whether only to see that everything runs: with `LOCKBOX_BENCH_SMALL` there is a fiftieth of
/// everything, and the figures mean nothing.
pub fn scaled(size: usize) -> usize {
    if std::env::var_os("LOCKBOX_BENCH_SMALL").is_some() {
        size.div_ceil(50)
    } else {
        size
    }
}

/// The stopwatch.
#[allow(clippy::disallowed_methods)] // nothing here is business time
pub fn stopwatch() -> Instant {
    Instant::now()
}

/// Says what is missing before hours are spent.
pub fn check() {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    assert!(cores >= 2, "the generator and the server need a core each");
    let found = Command::new("taskset")
        .arg("-V")
        .stdout(Stdio::null())
        .status();
    assert!(
        found.is_ok(),
        "taskset (Debian package util-linux) is missing"
    );
}

/// A command that runs on some cores only.
pub fn on_core(core: &str, program: &Path) -> Command {
    let mut command = Command::new("taskset");
    command.args(["-c", core]).arg(program);
    command
}

/// Moves a process or a thread, with all its threads where `whole`, to some cores.
pub fn move_to(core: &str, id: u32, whole: bool) {
    let mut command = Command::new("taskset");
    if whole {
        command.arg("-a");
    }
    let status = command
        .args(["-c", "-p", core, &id.to_string()])
        .stdout(Stdio::null())
        .status()
        .unwrap();
    assert!(status.success(), "{id} cannot be moved to core {core}");
}

/// Moves this program to the generator's core, until the guard is dropped.
pub struct Generator;

impl Generator {
    pub fn pinned() -> Self {
        move_to(GENERATOR, std::process::id(), true);
        Self
    }
}

impl Drop for Generator {
    fn drop(&mut self) {
        move_to(&format!("{GENERATOR},{SERVER}"), std::process::id(), true);
    }
}

/// The kernel's number of this thread.
pub fn this_thread() -> u32 {
    let link = std::fs::read_link("/proc/thread-self").unwrap();
    link.file_name().unwrap().to_str().unwrap().parse().unwrap()
}

/// The processor time of a process (or, with `task/N` behind it, of a thread).
pub fn cpu(process: &str) -> Duration {
    let Ok(text) = std::fs::read_to_string(format!("/proc/{process}/stat")) else {
        return Duration::ZERO;
    };
    // The name in parentheses may hold anything.
    let rest = text.rsplit_once(')').unwrap().1;
    let fields: Vec<&str> = rest.split_whitespace().collect();
    let ticks: f64 = fields[11].parse::<f64>().unwrap() + fields[12].parse::<f64>().unwrap();
    Duration::from_secs_f64(ticks / TICKS)
}

/// The processor time of a process and its children.
pub fn cpu_of_family(parent: u32) -> Duration {
    let mut total = cpu(&parent.to_string());
    for entry in std::fs::read_dir("/proc").unwrap().flatten() {
        let name = entry.file_name().into_string().unwrap_or_default();
        let Ok(text) = std::fs::read_to_string(format!("/proc/{name}/stat")) else {
            continue;
        };
        let rest = text.rsplit_once(')').map_or("", |(_, rest)| rest);
        if rest.split_whitespace().nth(1) == Some(&parent.to_string()) {
            total += cpu(&name);
        }
    }
    total
}

/// Resident memory of a process, in megabytes: now (`VmRSS:`), or the most so far (`VmHWM:`).
pub fn resident(process: u32, which: &str) -> f64 {
    let text = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap();
    let line = text.lines().find(|line| line.starts_with(which)).unwrap();
    let kilobytes: f64 = line.split_whitespace().nth(1).unwrap().parse().unwrap();
    kilobytes / 1_024.0
}
