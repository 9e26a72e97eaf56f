//! The daemon as a service: what systemd is told, and the unit that is put in place.

use crate::program::{DEADLINE, Daemon, Home, finish, lockboxd, signal};
use std::os::unix::net::UnixDatagram;
use std::path::Path;

/// Reads messages until one is this line.
#[track_caller]
fn hears(socket: &UnixDatagram, wanted: &str) {
    let mut heard = Vec::new();
    let mut buffer = [0; 1024];
    loop {
        let length = socket
            .recv(&mut buffer)
            .unwrap_or_else(|error| panic!("no {wanted} ({error}) after {heard:?}"));
        let text = String::from_utf8_lossy(&buffer[..length]).into_owned();
        if text.lines().any(|line| line == wanted) {
            return;
        }
        heard.push(text);
    }
}

#[test]
fn systemd_hears_that_it_is_ready_alive_and_stopping() {
    let home = Home::new();
    let path = home.file("notify");
    let socket = UnixDatagram::bind(&path).unwrap();
    socket.set_read_timeout(Some(DEADLINE)).unwrap();
    let mut command = lockboxd(&home.serve_args(&[]));
    command.env("NOTIFY_SOCKET", &path);
    command.env("WATCHDOG_USEC", "100000");
    let daemon = Daemon::spawn(command);
    hears(&socket, "READY=1");
    for _ in 0..3 {
        hears(&socket, "WATCHDOG=1");
    }
    signal(daemon.id(), "TERM");
    hears(&socket, "STOPPING=1");
    assert!(daemon.ready().wait().status.success());
}

fn service(action: &str, root: &Path, more: &[&str]) -> crate::program::Done {
    let mut command = lockboxd(&["service", action, "--root"]);
    command.arg(root).args(more);
    finish(command)
}

#[test]
fn the_unit_is_put_in_place_and_taken_away_and_settings_stay() {
    let root = tempfile::tempdir().unwrap();
    let unit = root.path().join("etc/systemd/system/lockboxd.service");
    let settings = root.path().join("etc/lockboxd/lockboxd.toml");

    let none = service("uninstall", root.path(), &[]);
    assert_eq!(none.code, 66, "{none:#?}");

    let done = service(
        "install",
        root.path(),
        &["--program", "/opt/lockbox/lockboxd"],
    );
    assert_eq!(done.code, 0, "{done:#?}");
    assert!(done.out.contains("lockboxd init"), "{done:#?}");
    let text = std::fs::read_to_string(&unit).unwrap();
    assert!(
        text.contains("ExecStart=/opt/lockbox/lockboxd serve "),
        "{text}"
    );

    std::fs::write(&settings, "# ours\n").unwrap();
    let again = service("install", root.path(), &[]);
    assert_eq!(again.code, 0, "{again:#?}");
    let text = std::fs::read_to_string(&unit).unwrap();
    assert!(
        text.contains(concat!("ExecStart=", env!("CARGO_BIN_EXE_lockboxd"))),
        "{text}"
    );
    assert_eq!(std::fs::read_to_string(&settings).unwrap(), "# ours\n");

    let gone = service("uninstall", root.path(), &[]);
    assert_eq!(gone.code, 0, "{gone:#?}");
    assert!(!unit.exists() && settings.exists());
}

#[test]
fn a_program_that_a_unit_cannot_start_is_refused() {
    let root = tempfile::tempdir().unwrap();
    for program in ["lockboxd", "/opt/lock box/lockboxd", "/opt/%h/lockboxd"] {
        let done = service("install", root.path(), &["--program", program]);
        assert_eq!(done.code, 64, "{program}: {done:#?}");
        assert!(done.err.contains("--program"), "{program}: {done:#?}");
    }
    assert!(!root.path().join("etc").exists());
}
