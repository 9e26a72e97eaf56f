use super::Limits;
use super::testing::{Running, call, request, soon, start};
use bytes::Bytes;
use http::{Request, Response, StatusCode};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper_util::rt::{TokioExecutor, TokioIo};
use std::time::Duration;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

const SHORT: Duration = Duration::from_millis(50);

/// A stream as its client has it.
struct Heard {
    response: Response<Incoming>,
    text: String,
    // Over HTTP/2 the connection ends with its last client.
    _client: Option<hyper::client::conn::http2::SendRequest<Full<Bytes>>>,
}

impl Heard {
    async fn open(server: &Running, request: Request<Full<Bytes>>) -> Self {
        let stream = TcpStream::connect(server.address).await.unwrap();
        let handshake = hyper::client::conn::http1::handshake(TokioIo::new(stream));
        let (mut client, connection) = handshake.await.unwrap();
        tokio::spawn(connection);
        Self {
            response: soon(client.send_request(request)).await.unwrap(),
            text: String::new(),
            _client: None,
        }
    }

    async fn open2(server: &Running, path: &str) -> Self {
        let stream = TcpStream::connect(server.address).await.unwrap();
        let io = TokioIo::new(stream);
        let handshake = hyper::client::conn::http2::handshake(TokioExecutor::new(), io);
        let (mut client, connection) = handshake.await.unwrap();
        tokio::spawn(connection);
        let request = Request::get(format!("http://localhost{path}"));
        let request = request.body(Full::default()).unwrap();
        Self {
            response: soon(client.send_request(request)).await.unwrap(),
            text: String::new(),
            _client: Some(client),
        }
    }

    /// Reads until the text is there so many times.
    async fn until(&mut self, text: &str, times: usize) {
        soon(async {
            while self.text.matches(text).count() < times {
                let frame = self.response.body_mut().frame().await;
                let frame = frame.expect("the stream goes on").unwrap();
                self.text
                    .push_str(std::str::from_utf8(frame.data_ref().unwrap()).unwrap());
            }
        })
        .await;
    }

    /// Reads to the end.
    async fn end(self) -> String {
        let rest = soon(self.response.into_body().collect()).await.unwrap();
        self.text + std::str::from_utf8(&rest.to_bytes()).unwrap()
    }
}

fn limits() -> Limits {
    Limits {
        heartbeat: Duration::from_secs(600),
        ..Limits::default()
    }
}

#[tokio::test]
async fn messages_arrive_as_server_sent_events_on_both_versions() {
    let server = start(limits()).await;
    let mut one = Heard::open(&server, request("GET", "/events?3")).await;
    let headers = one.response.headers();
    assert_eq!(one.response.status(), StatusCode::OK);
    assert_eq!(headers["content-type"], "text/event-stream; charset=utf-8");
    assert_eq!(headers["cache-control"], "no-store");
    assert!(headers.contains_key("x-request-id"));
    let mut two = Heard::open2(&server, "/events").await;
    one.until("\n\n", 1).await;
    assert_eq!(one.text, "retry: 2000\nid: 0\n\n");
    server.app.events.send_replace(2);
    one.until("\n\n", 3).await;
    assert_eq!(
        one.text,
        "retry: 2000\nid: 0\n\nid: 1\nevent: test\ndata: xxx\n\nid: 2\nevent: test\ndata: xxx\n\n"
    );
    two.until("\n\n", 3).await;
    assert!(
        two.text.ends_with("id: 2\nevent: test\ndata: x\n\n"),
        "{}",
        two.text
    );
    // Who names the last one goes on behind it.
    let mut again = request("GET", "/events");
    again
        .headers_mut()
        .insert("last-event-id", "1".parse().unwrap());
    let mut again = Heard::open(&server, again).await;
    again.until("\n\n", 2).await;
    assert_eq!(
        again.text,
        "retry: 2000\nid: 1\n\nid: 2\nevent: test\ndata: x\n\n"
    );
}

#[tokio::test]
async fn what_is_not_opened_says_why() {
    let server = start(limits()).await;
    for (query, status) in [
        ("invalid", 400),
        ("nobody", 401),
        ("not", 403),
        ("nothing", 404),
        ("full", 503),
    ] {
        let answer = server
            .send(request("GET", &format!("/events?{query}")))
            .await;
        assert_eq!(answer.status(), status, "{query}");
        assert_eq!(answer.headers()["retry-after"], "7");
        assert_eq!(
            answer.headers().contains_key("www-authenticate"),
            status == 401
        );
        let said: serde_json::Value = serde_json::from_slice(answer.body()).unwrap();
        assert_eq!(said["code"], "test");
    }
    for method in ["POST", "HEAD", "OPTIONS"] {
        let answer = server.send(request(method, "/events")).await;
        assert_eq!(answer.status(), StatusCode::METHOD_NOT_ALLOWED, "{method}");
        assert_eq!(answer.headers()["allow"], "GET");
    }
    let mut twice = request("GET", "/events");
    for id in ["1", "2"] {
        twice
            .headers_mut()
            .append("last-event-id", id.parse().unwrap());
    }
    assert_eq!(server.send(twice).await.status(), StatusCode::BAD_REQUEST);
    server.app.listeners(0).await;
}

#[tokio::test]
async fn a_quiet_stream_beats_and_is_not_idle() {
    let limits = Limits {
        heartbeat: SHORT,
        idle_time: SHORT,
        header_time: SHORT,
        body_time: SHORT,
        write_time: Duration::from_secs(10),
        ..Limits::default()
    };
    let server = start(limits).await;
    let mut one = Heard::open(&server, request("GET", "/events")).await;
    let mut two = Heard::open2(&server, "/events").await;
    // Much longer than any of those, and more than twice.
    one.until("\n:\n", 10).await;
    two.until("\n:\n", 10).await;
    server.app.events.send_replace(1);
    one.until("event: test", 1).await;
    two.until("event: test", 1).await;
}

#[tokio::test]
async fn a_listener_that_counts_no_more_hears_no_more() {
    let limits = Limits {
        heartbeat: SHORT,
        ..Limits::default()
    };
    let server = start(limits).await;
    let mut one = Heard::open(&server, request("GET", "/events")).await;
    one.until("\n:\n", 1).await;
    server.app.events.send_replace(usize::MAX);
    one.end().await;
    server.app.listeners(0).await;
}

#[tokio::test]
async fn a_client_that_hangs_up_is_no_listener_any_more() {
    let server = start(limits()).await;
    let one = Heard::open(&server, request("GET", "/events")).await;
    let two = Heard::open2(&server, "/events").await;
    server.app.listeners(2).await;
    drop(one);
    server.app.listeners(1).await;
    drop(two);
    server.app.listeners(0).await;
}

#[tokio::test]
async fn streams_hold_no_permit_of_a_call_and_end_with_the_drain() {
    let limits = Limits {
        concurrent_calls: 1,
        drain: Duration::from_secs(600),
        ..limits()
    };
    let server = start(limits).await;
    let one = Heard::open(&server, request("GET", "/events")).await;
    let two = Heard::open2(&server, "/events").await;
    server.app.listeners(2).await;
    assert_eq!(server.send(call("{}")).await.status(), StatusCode::OK);
    server.shutdown.cancel();
    one.end().await;
    two.end().await;
    assert_eq!(server.stop().await.left, 0);
}

/// Messages for somebody who takes none are few, and then there is nobody.
#[tokio::test]
async fn a_listener_that_takes_nothing_is_cut() {
    const BYTES: usize = 256 * 1024;
    let limits = Limits {
        write_time: SHORT,
        ..limits()
    };
    let server = start(limits).await;
    let mut stream = TcpStream::connect(server.address).await.unwrap();
    let head = format!("GET /events?{BYTES} HTTP/1.1\r\nhost: localhost\r\n\r\n");
    stream.write_all(head.as_bytes()).await.unwrap();
    let two = Heard::open2(&server, &format!("/events?{BYTES}")).await;
    server.app.listeners(2).await;
    server.app.events.send_replace(10_000);
    server.app.listeners(0).await;
    let (_, given) = *server.app.listening.borrow();
    // What the kernel holds of a connection, and ours; not what there is.
    assert!(given < 200, "{given} messages went somewhere");
    drop((stream, two));
}
