use super::Limits;
use super::testing::{call, raw, request, soon, start, whole};
use bytes::Bytes;
use http_body_util::Full;
use hyper_util::rt::{TokioExecutor, TokioIo};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

const SHORT: Duration = Duration::from_millis(50);

const HEALTH: &[u8] = b"GET /healthz HTTP/1.1\r\nhost: localhost\r\n\r\n";

/// Reads one answer of `/healthz`.
async fn healthy(stream: &mut TcpStream) {
    stream.write_all(HEALTH).await.unwrap();
    let mut said = Vec::new();
    while !said.ends_with(b"{\"status\":\"ok\"}") {
        let read = soon(stream.read_buf(&mut said)).await.unwrap();
        assert!(read > 0, "closed after {}", String::from_utf8_lossy(&said));
    }
}

#[tokio::test]
async fn headers_of_a_later_call_have_the_same_time_as_the_first() {
    let limits = Limits {
        header_time: SHORT,
        ..Limits::default()
    };
    let server = start(limits).await;
    let mut stream = TcpStream::connect(server.address).await.unwrap();
    let mut kept = TcpStream::connect(server.address).await.unwrap();
    healthy(&mut kept).await;
    for _ in 0..2 {
        healthy(&mut stream).await;
    }
    // Byte by byte, without a pause: only the deadline ends it.
    let trickled = soon(async {
        loop {
            if stream.write_all(b"x").await.is_err() {
                return;
            }
            let mut said = [0; 64];
            let read = tokio::time::timeout(Duration::from_millis(5), stream.read(&mut said));
            if let Ok(Ok(0) | Err(_)) = read.await {
                return;
            }
        }
    });
    trickled.await;
    // Silence between calls is bounded by the idle time alone.
    healthy(&mut kept).await;
}

#[tokio::test]
async fn who_takes_no_answer_is_cut() {
    let limits = Limits {
        body_bytes: 64 * 1024 * 1024,
        write_time: SHORT,
        connections: 1,
        ..Limits::default()
    };
    let server = start(limits).await;
    let mut stream = TcpStream::connect(server.address).await.unwrap();
    let size = 32 * 1024 * 1024;
    let head = format!(
        "POST /rpc HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: {size}\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    stream.write_all(&vec![b'x'; size]).await.unwrap();
    server.app.finished(1).await;
    // It is not read from, and its place is given to the next one all the same.
    let other = server.send(request("GET", "/healthz")).await;
    assert_eq!(other.status(), http::StatusCode::OK);
    let mut rest = Vec::new();
    let _ = soon(stream.read_to_end(&mut rest)).await;
    assert!(rest.len() < size, "{}", rest.len());
}

#[tokio::test]
async fn who_takes_an_answer_slowly_gets_all_of_it() {
    let limits = Limits {
        body_bytes: 64 * 1024 * 1024,
        write_time: Duration::from_millis(500),
        ..Limits::default()
    };
    let server = start(limits).await;
    let mut stream = TcpStream::connect(server.address).await.unwrap();
    let size = 16 * 1024 * 1024;
    let head = format!(
        "POST /rpc HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\ncontent-type: application/json\r\ncontent-length: {size}\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    stream.write_all(&vec![b'x'; size]).await.unwrap();
    server.app.finished(1).await;
    let mut taken = 0;
    let mut part = vec![0; 512 * 1024];
    soon(async {
        loop {
            let read = stream.read(&mut part).await.unwrap();
            if read == 0 {
                return;
            }
            taken += read;
            // A pause far below the limit, many times over: longer than the limit altogether.
            let _ =
                tokio::time::timeout(Duration::from_millis(20), std::future::pending::<()>()).await;
        }
    })
    .await;
    assert!(taken > size, "{taken}");
}

type Client = hyper::client::conn::http2::SendRequest<Full<Bytes>>;

/// A client of HTTP/2, and its connection, which ends when the server closes it.
async fn http2(
    address: std::net::SocketAddr,
) -> (Client, tokio::task::JoinHandle<hyper::Result<()>>) {
    let stream = TcpStream::connect(address).await.unwrap();
    let (client, connection) =
        hyper::client::conn::http2::handshake(TokioExecutor::new(), TokioIo::new(stream))
            .await
            .unwrap();
    (client, tokio::spawn(connection))
}

#[tokio::test]
async fn an_idle_connection_of_http2_is_closed_even_if_its_client_lives() {
    let limits = Limits {
        idle_time: SHORT,
        ..Limits::default()
    };
    let server = start(limits).await;
    let (mut client, connection) = http2(server.address).await;
    whole(soon(client.send_request(call("[1]"))).await.unwrap()).await;
    // The client answers every ping, and asks nothing.
    soon(connection).await.unwrap().unwrap();
    drop(client);
}

#[tokio::test]
async fn a_running_call_keeps_its_connection_of_http2() {
    let limits = Limits {
        idle_time: SHORT,
        ..Limits::default()
    };
    let server = start(limits).await;
    let (mut client, _connection) = http2(server.address).await;
    let held = tokio::spawn(client.send_request(call("hold")));
    server.app.started(1).await;
    // Others come and go meanwhile.
    for _ in 0..3 {
        let (_client, other) = http2(server.address).await;
        let (mut client, ended) = http2(server.address).await;
        whole(soon(client.send_request(call("[1]"))).await.unwrap()).await;
        soon(ended).await.unwrap().unwrap();
        other.abort();
    }
    server.app.gate.add_permits(1);
    let held = whole(soon(held).await.unwrap().unwrap()).await;
    assert_eq!(held.body(), "hold");
}

#[tokio::test]
async fn calls_past_the_streams_of_a_connection_wait_for_one() {
    let limits = Limits {
        streams: 2,
        ..Limits::default()
    };
    let server = start(limits).await;
    let (mut client, _connection) = http2(server.address).await;
    // So that the client has seen the settings.
    whole(soon(client.send_request(call("[1]"))).await.unwrap()).await;
    let mut held = Vec::new();
    for _ in 0..2 {
        soon(client.ready()).await.unwrap();
        held.push(tokio::spawn(client.send_request(call("hold"))));
    }
    server.app.started(3).await;
    let third = tokio::spawn(client.send_request(call("[3]")));
    // Another connection is served while the third call waits.
    let (mut other, _other) = http2(server.address).await;
    whole(soon(other.send_request(call("[2]"))).await.unwrap()).await;
    assert_eq!(server.app.seen.lock().unwrap().len(), 4);
    assert!(!third.is_finished());
    server.app.gate.add_permits(2);
    for call in held {
        soon(call).await.unwrap().unwrap();
    }
    let third = whole(soon(third).await.unwrap().unwrap()).await;
    assert_eq!(third.body(), "[3]");
}

#[tokio::test]
async fn headers_of_http2_have_at_most_their_limit() {
    let server = start(Limits::default()).await;
    for (bytes, fits) in [(60 * 1024, true), (66 * 1024, false)] {
        let (mut client, _connection) = http2(server.address).await;
        let mut long = call("[1]");
        long.headers_mut()
            .insert("x-long", "x".repeat(bytes).parse().unwrap());
        let answer = soon(client.send_request(long)).await;
        let status = answer.map(|answer| answer.status().as_u16());
        assert_eq!(
            status.as_ref().ok() == Some(&200),
            fits,
            "{bytes}: {status:?}"
        );
    }
    assert_eq!(server.app.seen.lock().unwrap().len(), 1);
}

/// A frame of HTTP/2.
fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
    let mut frame = length[1..].to_vec();
    frame.extend([kind, flags]);
    frame.extend(stream.to_be_bytes());
    frame.extend(payload);
    frame
}

#[tokio::test]
async fn a_flood_of_calls_that_are_taken_back_ends_the_connection() {
    let server = start(Limits::default()).await;
    let mut bytes = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_vec();
    bytes.extend(frame(4, 0, 0, &[]));
    // POST / over http, from the static table.
    let headers = [0x83, 0x84, 0x86];
    for call in 0..2_000 {
        let stream = 2 * call + 1;
        bytes.extend(frame(1, 4, stream, &headers));
        bytes.extend(frame(3, 0, stream, &8_u32.to_be_bytes()));
    }
    let mut stream = TcpStream::connect(server.address).await.unwrap();
    // The server may hang up while it is still being written to.
    let _ = stream.write_all(&bytes).await;
    let mut said = Vec::new();
    let _ = soon(stream.read_to_end(&mut said)).await;
    // ENHANCE_YOUR_CALM in a GOAWAY, where it got through.
    let calm = said.windows(4).any(|part| part == 11_u32.to_be_bytes());
    assert!(calm || said.len() < 200, "{said:?}");
    assert!(server.app.seen.lock().unwrap().is_empty());
    raw(
        server.address,
        b"GET /healthz HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n",
    )
    .await;
}
