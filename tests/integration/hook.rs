//! Decision hooks: real programs in the real cage.

use customer_lockbox::hook::{
    Answer, ERROR_BYTES, Failure, Hook, OUTPUT_BYTES, OnFailure, Opinion, ask,
};
use std::path::{Path, PathBuf};
use std::time::Duration;
use tempfile::TempDir;

const DAEMON: &str = env!("CARGO_BIN_EXE_lockboxd");

/// A directory with hooks in it, and beside it one that no hook may reach.
struct Host {
    dir: TempDir,
}

impl Host {
    fn new() -> Self {
        let dir = TempDir::new().unwrap();
        std::fs::create_dir(dir.path().join("hooks")).unwrap();
        std::fs::create_dir(dir.path().join("data")).unwrap();
        std::fs::write(dir.path().join("data/lockbox.db"), "secret").unwrap();
        Self { dir }
    }

    fn data(&self) -> PathBuf {
        self.dir.path().join("data")
    }

    fn script(&self, text: &str) -> Hook {
        let program = self.dir.path().join("hooks/hook");
        std::fs::write(&program, text).unwrap();
        // Read, not run: a file that another test's child still has open for writing cannot be.
        let first = text.lines().next().unwrap().trim_start_matches("#!");
        let mut hook = hook(Path::new(first), &[program.to_str().unwrap()]);
        hook.reads = vec![self.dir.path().join("hooks")];
        hook
    }
}

fn hook(program: &Path, arguments: &[&str]) -> Hook {
    Hook {
        program: program.to_owned(),
        arguments: arguments.iter().map(|text| (*text).to_owned()).collect(),
        timeout: Duration::from_secs(60),
        memory_bytes: 512 << 20,
        user: None,
        reads: Vec::new(),
        on_failure: OnFailure::Pass,
    }
}

async fn asked(hook: &Hook, question: &str) -> Result<Answer, Failure> {
    ask(hook, Path::new(DAEMON), question.as_bytes()).await
}

async fn says(host: &Host, body: &str) -> String {
    let script = format!("#!/bin/bash\nexec 3>&1 >&2\n{body}\n");
    match asked(&host.script(&script), "{}").await {
        Ok(answer) => answer.reason,
        Err(failure) => panic!("the hook {failure}"),
    }
}

#[tokio::test]
async fn a_hook_reads_the_question_and_answers() {
    let host = Host::new();
    let mut echo = host.script(
        "#!/bin/bash\nread -r question\necho \"{\\\"decision\\\": \\\"deny\\\", \\\"reason\\\": \\\"$question $*\\\"}\"\n",
    );
    echo.arguments
        .extend(["$(id)".to_owned(), "a b".to_owned()]);
    let answer = asked(&echo, "who").await.unwrap();
    assert_eq!(answer.opinion, Opinion::Deny);
    // No shell has looked at the arguments.
    assert_eq!(answer.reason, "who $(id) a b");
}

#[tokio::test]
async fn a_hook_has_no_environment_and_sees_nothing_of_the_daemons_data() {
    let host = Host::new();
    let data = host.data().display().to_string();
    let seen = says(
        &host,
        &format!(
            "env=$(env | cut -d= -f1 | sort | tr '\\n' ' ')\n\
             read_it=no; cat {data}/lockbox.db && read_it=yes\n\
             list_it=no; ls {data} && list_it=yes\n\
             write_it=no; echo x > {data}/x && write_it=yes\n\
             above=no; echo x > {data}/../x && above=yes\n\
             room=no; echo x > \"$HOME/x\" && room=yes\n\
             echo \"{{\\\"decision\\\": \\\"pass\\\", \\\"reason\\\": \\\"$env$read_it $list_it $write_it $above $room\\\"}}\" >&3"
        ),
    )
    .await;
    assert_eq!(seen, "HOME LANG PATH PWD SHLVL TMPDIR _ no no no no yes");
    assert_eq!(
        std::fs::read_dir(host.data()).unwrap().count(),
        1,
        "nothing was written there"
    );
}

#[tokio::test]
async fn a_hook_runs_as_the_user_that_it_is_given() {
    let host = Host::new();
    let own = std::fs::metadata(host.data()).unwrap();
    let root = std::os::unix::fs::MetadataExt::uid(&own) == 0;
    let mut who = host.script(
        "#!/bin/bash\necho x > x\necho \"{\\\"decision\\\": \\\"pass\\\", \\\"reason\\\": \\\"$(id -u) $(id -G) $(stat -c %u x)\\\"}\"\n",
    );
    who.user = Some((65_533, 65_532));
    std::fs::set_permissions(
        host.dir.path(),
        std::os::unix::fs::PermissionsExt::from_mode(0o755),
    )
    .unwrap();
    match asked(&who, "{}").await {
        Ok(answer) => assert_eq!(answer.reason, "65533 65532 65533"),
        // Only root can choose a user; anybody else is told that it does not work.
        Err(failure) => assert!(
            !root && matches!(failure, Failure::NotStarted(_)),
            "{failure}"
        ),
    }
}

#[tokio::test]
async fn a_hooks_room_is_gone_afterwards() {
    let host = Host::new();
    let room = says(
        &host,
        "echo x > x\necho \"{\\\"decision\\\": \\\"pass\\\", \\\"reason\\\": \\\"$PWD\\\"}\" >&3",
    )
    .await;
    assert!(room.contains("lockbox-hook-"), "{room}");
    assert!(!Path::new(&room).exists(), "{room}");
}

#[tokio::test]
async fn what_a_hook_starts_ends_with_it() {
    let host = Host::new();
    let child = says(
        &host,
        "sleep 1000 > /dev/null 2>&1 3>&1 &\necho \"{\\\"decision\\\": \\\"pass\\\", \\\"reason\\\": \\\"$!\\\"}\" >&3",
    )
    .await;
    let alive = || {
        std::fs::read_to_string(format!("/proc/{child}/stat"))
            .is_ok_and(|stat| !stat.contains(") Z "))
    };
    let gone = async {
        while alive() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(30), gone)
        .await
        .expect("the hook's child to be gone");
}

/// A program that tries in every way to leave the group that is killed at its end, and whose children
/// would live on; they have its path in their command line.
const LEAVES: &str = "#!/usr/bin/python3
import ctypes, json, os, platform, sys, time
libc = ctypes.CDLL(None, use_errno=True)
def call(number, *more):
    return 'done' if libc.syscall(number, *more) >= 0 else os.strerror(ctypes.get_errno())
setsid, setpgid = {'x86_64': (112, 109), 'aarch64': (157, 154)}[platform.machine()]
said = []
for number, more in [(setsid, ()), (setpgid, (0, 0)), (setsid | 1 << 30, ()), (setpgid | 1 << 30, (0, 0))]:
    read, write = os.pipe()
    if os.fork() == 0:
        os.write(write, call(number, *more).encode())
        for one in (0, 1, 2, read, write):
            os.close(one)
        time.sleep(1000)
    said.append(os.read(read, 100).decode())
if sys.argv[1:] == ['hang']:
    time.sleep(1000)
print(json.dumps({'decision': 'pass', 'reason': ', '.join(said)}))
";

#[tokio::test]
async fn nothing_that_a_hook_starts_leaves_it() {
    let host = Host::new();
    let path = host.dir.path().display().to_string();
    let running = || {
        let processes = std::fs::read_dir("/proc").unwrap().filter_map(Result::ok);
        let lines = processes.filter_map(|one| std::fs::read(one.path().join("cmdline")).ok());
        lines
            .filter(|line| String::from_utf8_lossy(line).contains(&path))
            .count()
    };
    let gone = async || {
        let gone = async {
            while running() > 0 {
                tokio::task::yield_now().await;
            }
        };
        let gone = tokio::time::timeout(Duration::from_secs(30), gone).await;
        assert!(gone.is_ok(), "{} still run", running());
    };
    let mut leaves = host.script(LEAVES);
    let answer = asked(&leaves, "{}").await.unwrap();
    let no = "Operation not permitted";
    assert_eq!(answer.reason, [no; 4].join(", "));
    gone().await;
    leaves.arguments.push("hang".to_owned());
    leaves.timeout = Duration::from_secs(2);
    let failed = asked(&leaves, "{}").await;
    assert_eq!(failed, Err(Failure::TimedOut(leaves.timeout)));
    gone().await;
}

#[tokio::test]
async fn a_hook_that_hangs_is_ended() {
    let host = Host::new();
    let mut hangs = host.script("#!/bin/bash\ncat > /dev/null\nsleep 1000\n");
    hangs.timeout = Duration::from_millis(300);
    assert_eq!(
        asked(&hangs, "{}").await,
        Err(Failure::TimedOut(hangs.timeout))
    );
}

#[tokio::test]
async fn a_hook_that_does_not_read_does_not_hang_the_daemon() {
    let host = Host::new();
    let deaf = host.script("#!/bin/bash\necho '{\"decision\": \"pass\"}'\n");
    let question = "x".repeat(1 << 20);
    assert_eq!(
        asked(&deaf, &question).await.unwrap().opinion,
        Opinion::Pass
    );
}

#[tokio::test]
async fn a_hook_writes_so_much_and_no_more() {
    let host = Host::new();
    let padded = |length: usize| {
        let text = "{\"decision\": \"pass\"}";
        format!(
            "#!/bin/bash\nprintf '%s' '{text}'\nprintf '%*s' {} ''\n",
            length - text.len()
        )
    };
    let just = host.script(&padded(OUTPUT_BYTES));
    assert_eq!(asked(&just, "{}").await.unwrap().opinion, Opinion::Pass);
    let over = host.script(&padded(OUTPUT_BYTES + 1));
    assert_eq!(asked(&over, "{}").await, Err(Failure::TooMuch));
    let mut endless = host.script("#!/bin/bash\nyes\n");
    endless.timeout = Duration::from_secs(2);
    assert!(asked(&endless, "{}").await.is_err());
    let loud = host.script(&format!(
        "#!/bin/bash\nhead -c {} /dev/zero >&2\necho '{{\"decision\": \"pass\"}}'\n",
        ERROR_BYTES * 100
    ));
    assert_eq!(asked(&loud, "{}").await.unwrap().opinion, Opinion::Pass);
}

#[tokio::test]
async fn a_hook_that_fails_gives_no_answer() {
    let host = Host::new();
    let fails = host.script("#!/bin/bash\necho '{\"decision\": \"approve\"}'\nexit 3\n");
    assert!(matches!(asked(&fails, "{}").await, Err(Failure::Ended(_))));
    let dies = host.script("#!/bin/bash\necho '{\"decision\": \"approve\"}'\nkill -9 $$\n");
    assert!(matches!(asked(&dies, "{}").await, Err(Failure::Ended(_))));
    let rings =
        host.script("#!/bin/bash\necho '{\"decision\": \"pass\", \"reason\": \"\\u0007\"}'\n");
    assert!(matches!(
        asked(&rings, "{}").await,
        Err(Failure::Nonsense(_))
    ));
    let silent = host.script("#!/bin/bash\n");
    assert!(matches!(
        asked(&silent, "{}").await,
        Err(Failure::Nonsense(_))
    ));
    let missing = hook(&host.dir.path().join("hooks/missing"), &[]);
    assert!(matches!(
        asked(&missing, "{}").await,
        Err(Failure::Ended(_))
    ));
}

#[tokio::test]
async fn a_hook_has_so_much_memory_and_no_more() {
    let host = Host::new();
    let wants = |mib: u64| {
        format!(
            "#!/usr/bin/python3\nx = bytearray({mib} << 20)\nprint('{{\"decision\": \"pass\"}}')\n"
        )
    };
    let mut modest = host.script(&wants(64));
    modest.memory_bytes = 256 << 20;
    assert_eq!(asked(&modest, "{}").await.unwrap().opinion, Opinion::Pass);
    let mut greedy = host.script(&wants(300));
    greedy.memory_bytes = 256 << 20;
    assert!(matches!(asked(&greedy, "{}").await, Err(Failure::Ended(_))));
}

/// The samples, as their own comments set them up.
mod samples {
    use super::*;

    fn sample(name: &str) -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("examples/hooks")
            .join(name)
    }

    fn question(change: impl Fn(&mut serde_json::Value)) -> String {
        let mut question = serde_json::json!({
            "format": "lockbox-hook/1",
            "request": {
                "sentToCustomerDate": "2026-03-02T09:00:00.000Z",
                "serviceRequestNumber": "INC0001",
                "accessLevel": "read",
                "serviceName": "Exchange",
                "durationSeconds": 3600,
            },
        });
        change(&mut question["request"]);
        question.to_string()
    }

    #[tokio::test]
    async fn python_denies_outside_business_hours() {
        let hook = hook(
            &sample("business-hours.py"),
            &["Europe/Zurich", "08:00", "18:00"],
        );
        let at = |sent: &'static str| {
            question(move |request| request["sentToCustomerDate"] = sent.into())
        };
        for (sent, opinion) in [
            ("2026-03-02T06:59:59.000Z", Opinion::Deny),
            ("2026-03-02T07:00:00.000Z", Opinion::Pass),
            ("2026-03-02T16:59:59.000Z", Opinion::Pass),
            ("2026-03-02T17:00:00.000Z", Opinion::Deny),
            ("2026-03-01T10:00:00.000Z", Opinion::Deny),
            ("2026-07-01T06:00:00.000Z", Opinion::Pass),
        ] {
            let answer = asked(&hook, &at(sent)).await.unwrap();
            assert_eq!(answer.opinion, opinion, "{sent}");
        }
    }

    #[tokio::test]
    async fn bash_denies_unknown_tickets() {
        let host = Host::new();
        let tickets = host.dir.path().join("hooks/tickets.txt");
        std::fs::write(&tickets, "INC0001\n").unwrap();
        let mut hook = hook(&sample("known-ticket.sh"), &[tickets.to_str().unwrap()]);
        hook.reads = vec![host.dir.path().join("hooks")];
        let known = asked(&hook, &question(|_| {})).await.unwrap();
        assert_eq!(known.opinion, Opinion::Pass);
        let unknown = question(|request| request["serviceRequestNumber"] = "INC000".into());
        let answer = asked(&hook, &unknown).await.unwrap();
        assert_eq!(answer.opinion, Opinion::Deny);
        assert_eq!(answer.reason, "We know no ticket INC000.");
    }

    #[tokio::test]
    async fn powershell_approves_short_reads() {
        let Some(pwsh) = ["/usr/bin/pwsh", "/usr/local/bin/pwsh"]
            .map(PathBuf::from)
            .into_iter()
            .find(|path| path.exists())
        else {
            panic!("this test needs a pwsh");
        };
        let script = sample("read-only.ps1");
        let mut hook = hook(
            &pwsh,
            &[
                "-NoProfile",
                "-NonInteractive",
                "-File",
                script.to_str().unwrap(),
                "-Services",
                "Exchange,Teams",
            ],
        );
        hook.reads = vec![script.parent().unwrap().to_owned()];
        let short = asked(&hook, &question(|_| {})).await.unwrap();
        assert_eq!(short.opinion, Opinion::Approve);
        let long = question(|request| request["durationSeconds"] = 3601.into());
        assert_eq!(asked(&hook, &long).await.unwrap().opinion, Opinion::Pass);
    }
}
