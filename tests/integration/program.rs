//! The real program in processes of its own: started, spoken to, stopped.

use serde_json::Value;
use std::io::{BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::time::Duration;
use tempfile::TempDir;

/// The longest that any test waits for anything; generous, as machines are slow at times.
pub const DEADLINE: Duration = Duration::from_secs(60);

/// The program with these arguments, and nothing of ours in its environment.
pub fn lockboxd<S: AsRef<std::ffi::OsStr>>(args: &[S]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_lockboxd"));
    for name in [
        "LOCKBOX_URL",
        "LOCKBOX_TOKEN",
        "LOCKBOX_DATA_DIR",
        "LOCKBOX_LISTEN",
        "LOCKBOX_CA",
        "LOCKBOX_CLIENT_CERTIFICATE",
        "LOCKBOX_CLIENT_KEY",
    ] {
        command.env_remove(name);
    }
    command.args(args).stdin(Stdio::null());
    command
}

/// What a command did.
#[derive(Debug)]
pub struct Done {
    /// Its exit code.
    pub code: i32,
    /// Its standard output.
    pub out: String,
    /// Its standard error.
    pub err: String,
}

impl Done {
    /// Standard output as JSON.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error}: {self:#?}"))
    }
}

/// Says that a test can show nothing on this machine.
pub fn skipped(why: &str) {
    // Past the capture of a test that passes; tests/run.sh adds up such lines.
    let _ = writeln!(
        std::io::stderr(),
        "\nskipped, {why}\n0 passed, 0 failed, 1 skipped"
    );
}

/// Runs a command to its end.
#[track_caller]
pub fn finish(mut command: Command) -> Done {
    let child = command
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let (sender, receiver) = mpsc::channel();
    let id = child.id();
    std::thread::spawn(move || sender.send(child.wait_with_output()));
    let Ok(output) = receiver.recv_timeout(DEADLINE) else {
        signal(id, "KILL");
        panic!("{command:?} did not end in time");
    };
    let output = output.unwrap();
    Done {
        code: output.status.code().unwrap_or(-1),
        out: String::from_utf8(output.stdout).unwrap(),
        err: String::from_utf8(output.stderr).unwrap(),
    }
}

/// Runs the program to its end.
#[track_caller]
pub fn run<S: AsRef<std::ffi::OsStr>>(args: &[S]) -> Done {
    finish(lockboxd(args))
}

/// Runs the program, which must succeed.
#[track_caller]
pub fn ok<S: AsRef<std::ffi::OsStr>>(args: &[S]) -> Done {
    let done = run(args);
    assert_eq!(done.code, 0, "{done:#?}");
    done
}

/// Sends a signal.
pub fn signal(id: u32, name: &str) {
    let sent = Command::new("sh")
        .args(["-c", &format!("kill -{name} {id}")])
        .status()
        .unwrap();
    assert!(sent.success(), "kill -{name} {id}");
}

/// A data directory with a provider, and the token of its administrator.
pub struct Home {
    dir: TempDir,
    /// The administrator's token.
    pub root: String,
}

impl Home {
    /// A data directory made by `lockboxd init`.
    pub fn new() -> Self {
        Self::init(&[])
    }

    /// As [`Home::new`], with more arguments of `init`.
    pub fn init(more: &[&str]) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let data = dir.path().join("data");
        let mut args = vec![
            "init",
            "--data-dir",
            data.to_str().unwrap(),
            "--admin",
            "root@fabrikam.example",
            "--output",
            "token",
        ];
        args.extend(more);
        let root = ok(&args).out.trim().to_owned();
        Self { dir, root }
    }

    /// The data directory.
    pub fn data(&self) -> PathBuf {
        self.dir.path().join("data")
    }

    /// A file beside the data directory.
    pub fn file(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// `lockboxd serve` on a free port.
    pub fn serve(&self, more: &[&str]) -> Daemon {
        Daemon::start(&self.serve_args(more))
    }

    /// The arguments of [`Home::serve`].
    pub fn serve_args(&self, more: &[&str]) -> Vec<String> {
        let data = self.data();
        let mut args = vec![
            "serve".to_owned(),
            "--data-dir".to_owned(),
            data.display().to_string(),
            "--listen".to_owned(),
            "127.0.0.1:0".to_owned(),
        ];
        args.extend(more.iter().map(|arg| (*arg).to_owned()));
        args
    }

    /// `lockboxd call` through the socket; its params as JSON.
    pub fn call(&self, token: &str, method: &str, params: &Value) -> Done {
        let mut command = lockboxd(&["call", method, &params.to_string()]);
        command.env("LOCKBOX_DATA_DIR", self.data());
        if !token.is_empty() {
            command.env("LOCKBOX_TOKEN", token);
        }
        finish(command)
    }

    /// A call that must succeed.
    #[track_caller]
    pub fn result(&self, token: &str, method: &str, params: &Value) -> Value {
        let done = self.call(token, method, params);
        assert_eq!(done.code, 0, "{method}: {done:#?}");
        done.json()
    }

    /// A tenant that its administrator has claimed: the claim code and the administrator's token.
    pub fn tenant(&self, name: &str, admin: &str) -> (String, String) {
        let params = serde_json::json!({"name": name, "adminAddress": admin});
        let made = self.result(&self.root, "tenant.create", &params);
        let code = made["claimCode"].as_str().unwrap().to_owned();
        let mut enroll = lockboxd(&["enroll", &code, "--output", "token"]);
        enroll.env("LOCKBOX_DATA_DIR", self.data());
        let done = finish(enroll);
        assert_eq!(done.code, 0, "{done:#?}");
        (code, done.out.trim().to_owned())
    }
}

/// A program that runs on until it is told to end.
pub struct Daemon {
    child: Child,
    out: Receiver<String>,
    err: Receiver<String>,
    /// All of standard output so far.
    pub said: Vec<String>,
    /// All of standard error so far.
    pub logged: Vec<String>,
}

impl Daemon {
    /// Starts the program.
    pub fn start<S: AsRef<std::ffi::OsStr>>(args: &[S]) -> Self {
        Self::spawn(lockboxd(args))
    }

    /// Starts a command whose standard error nobody reads: the pipe is closed at once.
    pub fn spawn_deaf(mut command: Command) -> Self {
        let mut child = command
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let out = lines(child.stdout.take().unwrap());
        drop(child.stderr.take());
        Self {
            child,
            out,
            err: lines(std::io::empty()),
            said: Vec::new(),
            logged: Vec::new(),
        }
    }

    /// Starts a command.
    pub fn spawn(mut command: Command) -> Self {
        let mut child = command
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let out = lines(child.stdout.take().unwrap());
        let err = lines(child.stderr.take().unwrap());
        Self {
            child,
            out,
            err,
            said: Vec::new(),
            logged: Vec::new(),
        }
    }

    /// The first line of standard output from here on that holds this text.
    #[track_caller]
    pub fn says(&mut self, text: &str) -> String {
        until(&self.out, &mut self.said, text)
    }

    /// The first line of standard error from here on that holds this text.
    #[track_caller]
    pub fn logs(&mut self, text: &str) -> String {
        until(&self.err, &mut self.logged, text)
    }

    /// The address that `serve` prints, such as `127.0.0.1:40123`.
    #[track_caller]
    pub fn address(&mut self) -> String {
        let line = self.says("listening on http://");
        line.rsplit('/').next().unwrap().to_owned()
    }

    /// Waits until it serves, also on its socket.
    #[track_caller]
    pub fn ready(mut self) -> Self {
        self.says("listening on unix:");
        self
    }

    /// Its process.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Sends SIGTERM and waits for the end.
    pub fn stop(mut self) -> Ended {
        signal(self.id(), "TERM");
        self.wait()
    }

    /// Kills it, as nothing can prevent; it is gone when this returns.
    pub fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Waits for the end.
    pub fn wait(&mut self) -> Ended {
        // Both streams end with the process, at the latest.
        let (out, err) = (rest(&self.out), rest(&self.err));
        self.said.extend(out);
        self.logged.extend(err);
        Ended {
            status: self.child.wait().unwrap(),
            said: std::mem::take(&mut self.said),
            logged: std::mem::take(&mut self.logged),
        }
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        // It may have ended before.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// How a program ended.
#[derive(Debug)]
pub struct Ended {
    /// Its status.
    pub status: ExitStatus,
    /// All of its standard output.
    pub said: Vec<String>,
    /// All of its standard error.
    pub logged: Vec<String>,
}

fn lines(stream: impl Read + Send + 'static) -> Receiver<String> {
    let (sender, receiver) = mpsc::channel();
    std::thread::spawn(move || {
        for line in BufReader::new(stream).lines() {
            let Ok(line) = line else { return };
            if sender.send(line).is_err() {
                return;
            }
        }
    });
    receiver
}

#[track_caller]
fn until(lines: &Receiver<String>, seen: &mut Vec<String>, text: &str) -> String {
    loop {
        match lines.recv_timeout(DEADLINE) {
            Ok(line) => {
                seen.push(line.clone());
                if line.contains(text) {
                    return line;
                }
            }
            Err(error) => panic!("no line with '{text}' ({error}) after {seen:#?}"),
        }
    }
}

#[track_caller]
fn rest(lines: &Receiver<String>) -> Vec<String> {
    let mut found = Vec::new();
    loop {
        match lines.recv_timeout(DEADLINE) {
            Ok(line) => found.push(line),
            Err(mpsc::RecvTimeoutError::Disconnected) => return found,
            Err(mpsc::RecvTimeoutError::Timeout) => panic!("no end after {found:#?}"),
        }
    }
}

/// Files under a directory.
pub fn files(dir: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path));
        } else {
            found.push(path);
        }
    }
    found
}
