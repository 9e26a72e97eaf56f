//! Slow clients in their thousands leave service to others intact.

use crate::program::{DEADLINE, Daemon, Home};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream, UnixStream};
use tokio::task::JoinSet;
use tokio::time::timeout;

/// How long attackers may last: their deadline, and the time that a busy machine takes.
const LONGEST: Duration = Duration::from_secs(180);

/// Clients of each kind.
const EACH: usize = 1_000;

const ATTACKER: &str = "127.0.0.2:0";
const OTHER: &str = "127.0.0.1:0";

const HEALTH: &[u8] = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";

async fn connected(from: &str, to: SocketAddr) -> TcpStream {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind(from.parse().unwrap()).unwrap();
    timeout(DEADLINE, socket.connect(to))
        .await
        .unwrap()
        .unwrap()
}

/// Whether a call is answered on a connection.
async fn answered(mut stream: impl AsyncRead + AsyncWrite + Unpin) -> bool {
    let mut said = Vec::new();
    let call = async {
        stream.write_all(HEALTH).await?;
        stream.read_to_end(&mut said).await
    };
    let done = timeout(DEADLINE, call).await.expect("an answer or an end");
    done.is_ok() && said.starts_with(b"HTTP/1.1 200")
}

/// Says nothing until it is hung up on.
async fn silent(mut stream: TcpStream) {
    let _ = stream.read(&mut [0; 64]).await;
}

/// Sends the headers of a call byte by byte until it is hung up on.
async fn trickling(mut stream: TcpStream) {
    let start = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nX-Slow: ";
    for byte in start.iter().chain(std::iter::repeat(&b'x')) {
        if stream.write_all(&[*byte]).await.is_err() {
            return;
        }
        let mut said = [0; 64];
        let pause = Duration::from_millis(500);
        if timeout(pause, stream.read(&mut said)).await.is_ok() {
            return;
        }
    }
}

struct Besieged {
    _home: Home,
    _daemon: Daemon,
    address: SocketAddr,
    socket: PathBuf,
    attackers: JoinSet<()>,
    gone: Arc<AtomicUsize>,
}

/// A daemon with this configuration, and all the attackers connected to it.
async fn besieged(config: &str) -> Besieged {
    let room = customer_lockbox::http::make_room(&customer_lockbox::http::Limits {
        connections: 2 * EACH,
        ..Default::default()
    });
    assert_eq!(room, None, "this test needs as many files itself");
    let home = Home::new();
    let file = home.file("lockboxd.toml");
    std::fs::write(&file, config).unwrap();
    let mut daemon = home.serve(&["--config", file.to_str().unwrap()]);
    let address = daemon.address().parse().unwrap();
    let daemon = daemon.ready();
    let mut attackers = JoinSet::new();
    let gone = Arc::new(AtomicUsize::new(0));
    for number in 0..2 * EACH {
        let stream = connected(ATTACKER, address).await;
        let gone = Arc::clone(&gone);
        attackers.spawn(async move {
            if number % 2 == 0 {
                silent(stream).await;
            } else {
                trickling(stream).await;
            }
            gone.fetch_add(1, Ordering::SeqCst);
        });
    }
    Besieged {
        socket: home.data().join("lockboxd.sock"),
        _home: home,
        _daemon: daemon,
        address,
        attackers,
        gone,
    }
}

impl Besieged {
    async fn others_are_served(&self) {
        for _ in 0..20 {
            assert!(answered(connected(OTHER, self.address).await).await);
            assert!(answered(UnixStream::connect(&self.socket).await.unwrap()).await);
        }
    }

    /// Waits until all attackers have been hung up on.
    async fn attackers_are_gone(&mut self) {
        let all = async { while self.attackers.join_next().await.is_some() {} };
        timeout(LONGEST, all).await.expect("every connection ends");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn silent_and_trickling_clients_of_one_address_take_only_its_own_places() {
    let mut siege = besieged("[timeouts]\nfirst_byte = 5\nheader = 5\n").await;
    siege.others_are_served().await;
    siege.attackers_are_gone().await;
    // The address is welcome again.
    assert!(answered(connected(ATTACKER, siege.address).await).await);
    siege.others_are_served().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_thousand_hanging_connections_leave_service_to_others_and_end_at_their_deadlines() {
    let config = "[limits]\nconnections = 4096\nconnections_per_peer = 4096\n\
                  [timeouts]\nfirst_byte = 60\nheader = 60\n";
    let mut siege = besieged(config).await;
    siege.others_are_served().await;
    let gone = siege.gone.load(Ordering::SeqCst);
    assert_eq!(gone, 0, "all of them hung while others were served");
    siege.attackers_are_gone().await;
    siege.others_are_served().await;
}

/// The daemon under a limit of open files, as `ulimit` sets it.
fn limited(home: &Home, ulimit: &str) -> Daemon {
    let mut command = std::process::Command::new("sh");
    let script = format!("ulimit {ulimit} && exec \"$@\"");
    command.args(["-c", &script, "sh", env!("CARGO_BIN_EXE_lockboxd")]);
    command.args(home.serve_args(&[]));
    Daemon::spawn(command)
}

#[test]
fn the_daemon_opens_as_many_files_as_it_may_and_says_where_that_is_too_few() {
    let home = Home::new();
    let daemon = limited(&home, "-Sn 300").ready();
    let limits = std::fs::read_to_string(format!("/proc/{}/limits", daemon.id())).unwrap();
    let files = limits
        .lines()
        .find(|line| line.starts_with("Max open files"));
    let numbers: Vec<&str> = files.unwrap().split_whitespace().skip(3).take(2).collect();
    assert_eq!(numbers[0], numbers[1], "the soft limit is the hard one");
    assert_eq!(daemon.stop().status.code(), Some(0));

    let mut daemon = limited(&home, "-n 300");
    let told = daemon.logs("LimitNOFILE");
    assert!(told.contains("300") && told.contains("1344"), "{told}");
    assert_eq!(daemon.ready().stop().status.code(), Some(0));
}
