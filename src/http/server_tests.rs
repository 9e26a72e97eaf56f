use super::testing::{Running, call, over_http1, raw, request, soon, start, start_with};
use super::{Drained, Limits};
use http::StatusCode;
use std::net::SocketAddr;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

const HOLD: &[u8] = b"POST /rpc HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: 4\r\n\r\nhold";
const HEALTH: &[u8] = b"GET /healthz HTTP/1.1\r\nhost: localhost\r\n\r\n";

const SHORT: Duration = Duration::from_millis(50);

/// Reads one answer of `/healthz` and leaves the connection open.
async fn healthy(stream: &mut TcpStream) {
    stream.write_all(HEALTH).await.unwrap();
    let mut said = Vec::new();
    while !said.ends_with(b"{\"status\":\"ok\"}") {
        let read = soon(stream.read_buf(&mut said)).await.unwrap();
        assert!(read > 0, "closed after {}", String::from_utf8_lossy(&said));
    }
}

async fn refuses_connections(address: SocketAddr) {
    soon(async {
        while TcpStream::connect(address).await.is_ok() {
            tokio::task::yield_now().await;
        }
    })
    .await;
}

#[tokio::test]
async fn a_client_that_hangs_up_does_not_stop_its_call() {
    // One connection at a time: the next one is served only when the server has let go of this.
    let limits = Limits {
        connections: 1,
        ..Limits::default()
    };
    let server = start(limits).await;
    let mut stream = TcpStream::connect(server.address).await.unwrap();
    stream.write_all(HOLD).await.unwrap();
    server.app.started(1).await;
    drop(stream);
    let other = server.send(request("GET", "/healthz")).await;
    assert_eq!(other.status(), StatusCode::OK);
    assert_eq!(server.app.finished_now(), 0, "the call is still held");
    server.app.gate.add_permits(1);
    server.app.finished(1).await;
}

#[tokio::test]
async fn a_call_keeps_its_permit_after_the_client_has_gone() {
    let limits = Limits {
        connections: 1,
        concurrent_calls: 1,
        ..Limits::default()
    };
    let server = start(limits).await;
    let mut stream = TcpStream::connect(server.address).await.unwrap();
    stream.write_all(HOLD).await.unwrap();
    server.app.started(1).await;
    drop(stream);
    let refused = server.send(call("[1]")).await;
    assert_eq!(refused.status(), StatusCode::SERVICE_UNAVAILABLE);
    server.app.gate.add_permits(1);
    server.app.finished(1).await;
    // The permit comes back after the call has said that it is done.
    let answered = soon(async {
        loop {
            let answer = server.send(call("[1]")).await;
            if answer.status() == StatusCode::OK {
                return answer;
            }
        }
    });
    assert_eq!(answered.await.body(), "[1]");
}

#[tokio::test]
async fn the_drain_waits_for_calls_and_their_answers() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("s");
    let server = start_with(Limits::default(), Some(&path)).await;
    let Running {
        app,
        address,
        shutdown,
        task,
        ..
    } = server;
    let mut idle = TcpStream::connect(address).await.unwrap();
    healthy(&mut idle).await;
    let silent = TcpStream::connect(address).await.unwrap();
    let held = tokio::spawn(async move {
        let stream = TcpStream::connect(address).await.unwrap();
        over_http1(stream, call("hold")).await
    });
    app.started(1).await;
    shutdown.cancel();
    refuses_connections(address).await;
    assert!(tokio::net::UnixStream::connect(&path).await.is_err());
    // Those that wait for nothing are closed at once.
    for mut stream in [idle, silent] {
        let mut rest = Vec::new();
        let _ = soon(stream.read_to_end(&mut rest)).await;
        assert!(rest.is_empty());
    }
    assert!(!task.is_finished());
    assert!(!held.is_finished());
    app.gate.add_permits(1);
    assert_eq!(soon(held).await.unwrap().body(), "hold");
    assert_eq!(soon(task).await.unwrap(), Drained { left: 0 });
}

#[tokio::test]
async fn the_drain_waits_for_a_call_whose_client_has_gone() {
    let limits = Limits {
        connections: 1,
        ..Limits::default()
    };
    let server = start(limits).await;
    let mut stream = TcpStream::connect(server.address).await.unwrap();
    stream.write_all(HOLD).await.unwrap();
    server.app.started(1).await;
    drop(stream);
    server.send(request("GET", "/healthz")).await;
    server.shutdown.cancel();
    refuses_connections(server.address).await;
    assert!(!server.task.is_finished());
    server.app.gate.add_permits(1);
    assert_eq!(soon(server.task).await.unwrap(), Drained { left: 0 });
    assert_eq!(server.app.finished_now(), 1);
}

#[tokio::test]
async fn the_drain_ends_at_its_deadline() {
    let limits = Limits {
        drain: SHORT,
        ..Limits::default()
    };
    let server = start(limits).await;
    let mut stream = TcpStream::connect(server.address).await.unwrap();
    stream.write_all(HOLD).await.unwrap();
    server.app.started(1).await;
    assert_eq!(server.stop().await, Drained { left: 1 });
    // The connection is cut, so that the client knows.
    let mut said = Vec::new();
    let _ = soon(stream.read_to_end(&mut said)).await;
    assert!(said.is_empty());
}

#[tokio::test]
async fn the_drain_ends_at_once_when_it_is_cut() {
    let limits = Limits {
        drain: Duration::from_secs(3_600),
        ..Limits::default()
    };
    let server = start(limits).await;
    let mut stream = TcpStream::connect(server.address).await.unwrap();
    stream.write_all(HOLD).await.unwrap();
    server.app.started(1).await;
    server.shutdown.cancel();
    refuses_connections(server.address).await;
    assert!(!server.task.is_finished());
    server.cut.cancel();
    assert_eq!(soon(server.task).await.unwrap(), Drained { left: 1 });
    let mut said = Vec::new();
    let _ = soon(stream.read_to_end(&mut said)).await;
    assert!(said.is_empty());
}

#[tokio::test]
async fn silence_and_slow_headers_are_cut() {
    let limits = Limits {
        first_byte: SHORT,
        header_time: SHORT,
        ..Limits::default()
    };
    let server = start(limits).await;
    for start in [
        "",
        "P",
        "PRI * HTTP/2.0\r\n",
        "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        "POST /rpc HTTP/1.1\r\n",
        "GET /healthz HTTP/1.1\r\nhost: localhost\r\n",
    ] {
        let said = raw(server.address, start.as_bytes()).await;
        assert!(!said.contains("200 OK"), "{start}: {said}");
    }
    // Who speaks in time stays connected beyond both.
    let mut kept = TcpStream::connect(server.address).await.unwrap();
    healthy(&mut kept).await;
    raw(server.address, b"").await;
    raw(server.address, b"P").await;
    healthy(&mut kept).await;
}

#[tokio::test]
async fn an_idle_connection_is_closed() {
    let limits = Limits {
        idle_time: SHORT,
        ..Limits::default()
    };
    let server = start(limits).await;
    let mut stream = TcpStream::connect(server.address).await.unwrap();
    healthy(&mut stream).await;
    let mut rest = Vec::new();
    let _ = soon(stream.read_to_end(&mut rest)).await;
    assert!(rest.is_empty(), "{}", String::from_utf8_lossy(&rest));
}

#[tokio::test]
async fn connections_past_the_limit_wait_for_a_place() {
    let limits = Limits {
        connections: 2,
        ..Limits::default()
    };
    let server = start(limits).await;
    let mut first = TcpStream::connect(server.address).await.unwrap();
    let mut second = TcpStream::connect(server.address).await.unwrap();
    healthy(&mut first).await;
    healthy(&mut second).await;
    let mut third = TcpStream::connect(server.address).await.unwrap();
    third.write_all(HEALTH).await.unwrap();
    for _ in 0..20 {
        healthy(&mut first).await;
        healthy(&mut second).await;
    }
    let mut nothing = [0; 1];
    let early = third.try_read(&mut nothing).map_err(|error| error.kind());
    assert_eq!(early, Err(std::io::ErrorKind::WouldBlock));
    drop(first);
    let mut said = Vec::new();
    soon(third.read_buf(&mut said)).await.unwrap();
    assert!(said.starts_with(b"HTTP/1.1 200 OK"));
}

/// A connection from one of this machine's other addresses.
async fn connected_from(own: &str, address: SocketAddr) -> TcpStream {
    let socket = tokio::net::TcpSocket::new_v4().unwrap();
    socket.bind(format!("{own}:0").parse().unwrap()).unwrap();
    soon(socket.connect(address)).await.unwrap()
}

#[tokio::test]
async fn a_peer_past_its_connections_is_closed_and_others_are_served() {
    let limits = Limits {
        connections_per_peer: 2,
        ..Limits::default()
    };
    let server = start(limits).await;
    let mut first = connected_from("127.0.0.2", server.address).await;
    let mut second = connected_from("127.0.0.2", server.address).await;
    healthy(&mut first).await;
    healthy(&mut second).await;
    let mut third = connected_from("127.0.0.2", server.address).await;
    let _ = third.write_all(HEALTH).await;
    let mut said = Vec::new();
    let _ = soon(third.read_to_end(&mut said)).await;
    assert!(said.is_empty(), "{}", String::from_utf8_lossy(&said));
    let mut other = connected_from("127.0.0.3", server.address).await;
    healthy(&mut other).await;
    healthy(&mut first).await;
    drop(first);
    // Its place comes back once the server has seen the end.
    soon(async {
        loop {
            let mut again = connected_from("127.0.0.2", server.address).await;
            let mut said = Vec::new();
            if again.write_all(HEALTH).await.is_ok()
                && again.read_buf(&mut said).await.is_ok_and(|read| read > 0)
            {
                return;
            }
        }
    })
    .await;
}

#[tokio::test]
async fn a_full_house_leaves_the_unix_socket_open_and_that_has_its_own_limit() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("s");
    let limits = Limits {
        connections: 1,
        unix_connections: 2,
        connections_per_peer: 1,
        ..Limits::default()
    };
    let server = start_with(limits, Some(&path)).await;
    let mut only = TcpStream::connect(server.address).await.unwrap();
    healthy(&mut only).await;
    // No limit per peer: all of them are the socket's owner.
    let mut open = Vec::new();
    for _ in 0..2 {
        let mut stream = tokio::net::UnixStream::connect(&path).await.unwrap();
        stream.write_all(HEALTH).await.unwrap();
        let mut said = Vec::new();
        soon(stream.read_buf(&mut said)).await.unwrap();
        assert!(said.starts_with(b"HTTP/1.1 200 OK"));
        open.push(stream);
    }
    let mut third = tokio::net::UnixStream::connect(&path).await.unwrap();
    third.write_all(HEALTH).await.unwrap();
    for _ in 0..20 {
        healthy(&mut only).await;
    }
    let mut nothing = [0; 1];
    let early = third.try_read(&mut nothing).map_err(|error| error.kind());
    assert_eq!(early, Err(std::io::ErrorKind::WouldBlock));
    open.pop();
    let mut said = Vec::new();
    soon(third.read_buf(&mut said)).await.unwrap();
    assert!(said.starts_with(b"HTTP/1.1 200 OK"));
}

#[test]
fn limits_have_their_documented_defaults() {
    let limits = Limits::default();
    let seconds = Duration::from_secs;
    assert_eq!((limits.concurrent_calls, limits.connections), (256, 1024));
    assert_eq!(
        (limits.connections_per_peer, limits.unix_connections),
        (256, 64)
    );
    assert_eq!((limits.streams, limits.write_time), (128, seconds(30)));
    assert_eq!(
        (limits.first_byte, limits.header_time),
        (seconds(10), seconds(10))
    );
    assert_eq!((limits.body_time, limits.drain), (seconds(30), seconds(30)));
    assert_eq!(
        (limits.idle_time, limits.header_bytes),
        (seconds(75), 64 * 1024)
    );
}
