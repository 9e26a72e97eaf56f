//! Servers on their core: the daemon, and the bare one.

use crate::machine::{SERVER, cpu, on_core, resident, stopwatch};
use crate::{bare, client};
use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::Duration;

/// A server that runs; ended with the guard.
pub struct Server {
    child: Child,
    // Held open: a server that prints into a closed pipe would fail.
    _output: BufReader<ChildStdout>,
    pub address: SocketAddr,
    /// From its start until it said that it listens.
    pub listening: Duration,
}

impl Server {
    fn start(mut command: Command) -> Self {
        let began = stopwatch();
        let mut child = command
            .stdout(Stdio::piped())
            .stdin(Stdio::null())
            .spawn()
            .unwrap();
        let mut output = BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        output.read_line(&mut line).unwrap();
        let listening = began.elapsed();
        let address = line
            .trim()
            .strip_prefix("listening on http://")
            .unwrap_or_else(|| panic!("the server said '{line}'"))
            .parse()
            .unwrap();
        Self {
            child,
            _output: output,
            address,
            listening,
        }
    }

    /// The daemon on a data directory, with the configuration that it would have in production,
    /// except that no limit stands in the way of one client that sends everything, and that it
    /// posts to receivers on this machine.
    pub fn daemon(dir: &Path) -> Self {
        Self::daemon_with(dir, "")
    }

    /// The same, with more lines in its configuration.
    pub fn daemon_with(dir: &Path, more: &str) -> Self {
        let config = dir.join("bench.toml");
        std::fs::write(
            &config,
            format!(
                "[limits]\nconcurrent_calls = 1024\ncalls_per_second = 1_000_000\n\
                 [egress]\nallow = [\"127.0.0.1\"]\n{more}"
            ),
        )
        .unwrap();
        let log = std::fs::File::create(dir.join("bench.log")).unwrap();
        // Another daemon, or a script that starts this one under a profiler.
        let program = std::env::var_os("LOCKBOX_BENCH_DAEMON")
            .unwrap_or_else(|| env!("CARGO_BIN_EXE_lockboxd").into());
        let mut command = on_core(SERVER, Path::new(&program));
        command
            .args(["serve", "--listen", "127.0.0.1:0", "--data-dir"])
            .arg(dir)
            .arg("--config")
            .arg(config)
            .stderr(log);
        Self::start(command)
    }

    /// The bare server.
    pub fn bare(body: &str) -> Self {
        let mut command = on_core(SERVER, &std::env::current_exe().unwrap());
        command.args([bare::ROLE, body]);
        Self::start(command)
    }

    pub fn resident(&self) -> f64 {
        resident(self.child.id(), "VmRSS:")
    }

    /// The most that it has had.
    pub fn most_resident(&self) -> f64 {
        resident(self.child.id(), "VmHWM:")
    }

    /// The processor time that it has used.
    pub fn cpu(&self) -> Duration {
        cpu(&self.child.id().to_string())
    }

    /// One round of load.
    pub async fn load(&self, stop: client::Stop, make: &client::Make) -> client::Round {
        let process = self.child.id().to_string();
        client::load(self.address, stop, make.clone(), || cpu(&process)).await
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // As its service manager would: it drains, and closes its database.
        let _ = Command::new("kill")
            .arg(self.child.id().to_string())
            .status();
        let _ = self.child.wait();
    }
}
