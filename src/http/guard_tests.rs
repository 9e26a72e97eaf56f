use super::testing::{Running, call, over_http1, raw, request, soon, start, start_trusting, whole};
use super::{Limits, Proxies, Trust, guard};
use bytes::Bytes;
use http::header::{CONTENT_TYPE, HOST, ORIGIN};
use http::{HeaderMap, Request, Response, StatusCode};
use http_body_util::Full;
use hyper_util::rt::{TokioExecutor, TokioIo};
use std::time::Duration;
use tokio::net::{TcpStream, UnixStream};

fn trust() -> Trust {
    let mut proxies = Proxies::default();
    proxies.add("127.0.0.1").unwrap();
    Trust {
        hosts: vec!["lockbox.contoso.com".to_owned(), "192.0.2.7".to_owned()],
        origins: vec!["https://lockbox.contoso.com".to_owned()],
        proxies,
    }
}

/// Every header that an answer may have.
const KNOWN: [&str; 12] = [
    "allow",
    "cache-control",
    "connection",
    "content-length",
    "content-security-policy",
    "content-type",
    "cross-origin-resource-policy",
    "date",
    "referrer-policy",
    "retry-after",
    "x-content-type-options",
    "x-request-id",
];

fn strict(what: &str, headers: &HeaderMap) {
    for name in headers.keys() {
        assert!(KNOWN.contains(&name.as_str()), "{what}: {name}");
    }
    for (name, value) in [
        (
            "content-security-policy",
            "default-src 'none'; frame-ancestors 'none'",
        ),
        ("x-content-type-options", "nosniff"),
        ("referrer-policy", "no-referrer"),
        ("cache-control", "no-store"),
        ("cross-origin-resource-policy", "same-origin"),
    ] {
        let values: Vec<_> = headers.get_all(name).iter().collect();
        assert_eq!(values, [value], "{what}: {name}");
    }
}

fn with(
    mut request: Request<Full<Bytes>>,
    name: &'static str,
    value: &str,
) -> Request<Full<Bytes>> {
    request.headers_mut().insert(name, value.parse().unwrap());
    request
}

#[tokio::test]
async fn every_answer_has_the_strict_headers_and_none_that_is_not_known() {
    let limits = Limits {
        body_bytes: 100,
        body_time: Duration::from_millis(50),
        concurrent_calls: 1,
        ..Limits::default()
    };
    let server = start_trusting(limits, None, trust()).await;
    let mut statuses = std::collections::BTreeSet::new();
    let mut requests = vec![
        call("[1]"),
        call("nothing"),
        call("panic"),
        call(vec![b'x'; 101]),
        with(call("[1]"), "content-type", "text/plain"),
        with(call("[1]"), "origin", "https://evil.example"),
        with(call("[1]"), "origin", "https://lockbox.contoso.com"),
        with(call("[1]"), "host", "evil.example"),
        with(
            with(call("[1]"), "x-forwarded-for", "192.0.2.1"),
            "forwarded",
            "for=192.0.2.2",
        ),
    ];
    for path in [
        "/healthz",
        "/readyz",
        "/openrpc.json",
        "/metrics",
        "/rpc",
        "/",
        "/none",
    ] {
        for method in ["GET", "HEAD", "POST", "OPTIONS", "TRACE", "BREW"] {
            requests.push(request(method, path));
        }
    }
    for request in requests {
        let what = format!("{} {}", request.method(), request.uri());
        let answer = server.send(request).await;
        strict(&what, answer.headers());
        statuses.insert(answer.status().as_u16());
    }
    let server = std::sync::Arc::new(server);
    let holder = std::sync::Arc::clone(&server);
    let before = server.app.finished_now() + 1;
    let held = tokio::spawn(async move { holder.send(call("hold")).await });
    server.app.started(before + 1).await;
    let busy = server.send(call("[1]")).await;
    strict("busy", busy.headers());
    statuses.insert(busy.status().as_u16());
    server.app.gate.add_permits(1);
    held.await.unwrap();
    // A body that stalls.
    let head = "POST /rpc HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: 10\r\n\r\n12345";
    let said = raw(server.address, head.as_bytes()).await;
    let mut lines = said.split("\r\n");
    assert!(lines.next().unwrap().contains(" 408 "), "{said}");
    let headers = lines.take_while(|line| !line.is_empty());
    let headers: HeaderMap = headers
        .map(|line| line.split_once(": ").unwrap())
        .map(|(name, value)| {
            let name: http::HeaderName = name.parse().unwrap();
            (name, value.parse().unwrap())
        })
        .collect();
    strict("408", &headers);
    let expected = [200, 204, 400, 403, 404, 405, 413, 415, 421, 500, 503];
    assert_eq!(statuses.into_iter().collect::<Vec<_>>(), expected);
    // The same over HTTP/2.
    let stream = TcpStream::connect(server.address).await.unwrap();
    let (mut client, connection) =
        hyper::client::conn::http2::handshake(TokioExecutor::new(), TokioIo::new(stream))
            .await
            .unwrap();
    tokio::spawn(connection);
    let answer = whole(soon(client.send_request(call("[1]"))).await.unwrap()).await;
    strict("HTTP/2", answer.headers());
}

#[test]
fn only_tls_is_told_to_stay() {
    for tls in [false, true] {
        let mut answer = Response::new(Full::new(Bytes::new()));
        guard::strict(&mut answer, tls);
        let stay = answer.headers().get("strict-transport-security");
        assert_eq!(stay.is_some(), tls);
    }
}

async fn status(server: &Running, request: Request<Full<Bytes>>) -> StatusCode {
    server.send(request).await.status()
}

#[tokio::test]
async fn only_our_own_names_are_answered_to() {
    let server = start_trusting(Limits::default(), None, trust()).await;
    let port = server.address.port();
    let own = format!("127.0.0.1:{port}");
    for host in [
        "localhost",
        "LOCALHOST:8420",
        "localhost.",
        "127.0.0.1",
        "127.0.0.9:1",
        "[::1]:8420",
        "[::ffff:127.0.0.1]",
        own.as_str(),
        "lockbox.contoso.com",
        "Lockbox.Contoso.com:443",
        "192.0.2.7:8420",
    ] {
        let got = status(&server, with(request("GET", "/healthz"), "host", host)).await;
        assert_eq!(got, StatusCode::OK, "{host}");
    }
    for host in [
        "evil.example",
        "localhost.evil.example",
        "evil.lockbox.contoso.com",
        "127.0.0.1.evil.example",
        "192.0.2.8",
        "0.0.0.0",
        "[2001:db8::1]",
        "localhost@evil.example",
        "evil@localhost",
        "",
        "localhost localhost",
        "localhost, evil.example",
    ] {
        for path in ["/rpc", "/healthz", "/none"] {
            let answer = server.send(with(request("GET", path), "host", host)).await;
            assert_eq!(answer.status(), StatusCode::MISDIRECTED_REQUEST, "{host}");
            let body: serde_json::Value = serde_json::from_slice(answer.body()).unwrap();
            assert_eq!(body["code"], "hostNotAllowed");
            assert!(body["remedy"].as_str().unwrap().contains("allowed_hosts"));
        }
    }
    // None, two, and a target that says something else.
    let none = raw(server.address, b"GET /healthz HTTP/1.0\r\n\r\n").await;
    assert!(none.starts_with("HTTP/1.0 421"), "{none}");
    for (target, host) in [
        ("http://evil.example/healthz", "localhost"),
        ("http://localhost/healthz", "evil.example"),
        ("/healthz", "localhost\r\nhost: localhost"),
        ("/healthz", "localhost\r\nhost: evil.example"),
    ] {
        let text = format!("GET {target} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n\r\n");
        let said = raw(server.address, text.as_bytes()).await;
        assert!(
            said.starts_with("HTTP/1.1 421") || said.starts_with("HTTP/1.1 400"),
            "{target} {host}: {said}"
        );
    }
    let text =
        "GET http://localhost:1/healthz HTTP/1.1\r\nhost: localhost:1\r\nconnection: close\r\n\r\n";
    let said = raw(server.address, text.as_bytes()).await;
    assert!(said.starts_with("HTTP/1.1 200"), "{said}");
}

#[tokio::test]
async fn http2_names_the_host_in_its_target() {
    let server = start(Limits::default()).await;
    for (uri, expected) in [
        ("http://localhost/healthz", StatusCode::OK),
        (
            "http://evil.example/healthz",
            StatusCode::MISDIRECTED_REQUEST,
        ),
    ] {
        let stream = TcpStream::connect(server.address).await.unwrap();
        let (mut client, connection) =
            hyper::client::conn::http2::handshake(TokioExecutor::new(), TokioIo::new(stream))
                .await
                .unwrap();
        tokio::spawn(connection);
        let request = Request::get(uri).body(Full::<Bytes>::default()).unwrap();
        let answer = soon(client.send_request(request)).await.unwrap();
        assert_eq!(answer.status(), expected, "{uri}");
    }
}

#[tokio::test]
async fn pages_of_other_sites_are_refused_on_every_path() {
    let server = start_trusting(Limits::default(), None, trust()).await;
    for origin in [
        "https://evil.example",
        "null",
        "http://lockbox.contoso.com",
        "https://lockbox.contoso.com:444",
        "https://lockbox.contoso.com.evil.example",
        "http://localhost",
        "",
    ] {
        for (method, path) in [
            ("POST", "/rpc"),
            ("OPTIONS", "/rpc"),
            ("GET", "/healthz"),
            ("GET", "/openrpc.json"),
            ("GET", "/none"),
        ] {
            let answer = server
                .send(with(request(method, path), "origin", origin))
                .await;
            assert_eq!(answer.status(), StatusCode::FORBIDDEN, "{origin} {path}");
            let body: serde_json::Value = serde_json::from_slice(answer.body()).unwrap();
            assert_eq!(body["code"], "originNotAllowed");
            assert!(body["remedy"].as_str().unwrap().contains("allowed_origins"));
        }
    }
    let allowed = with(call("[1]"), "origin", "https://lockbox.contoso.com");
    assert_eq!(status(&server, allowed).await, StatusCode::OK);
    // A second one cannot hide behind an allowed one; and a preflight is never answered.
    let mut two = with(call("[1]"), "origin", "https://lockbox.contoso.com");
    two.headers_mut()
        .append(ORIGIN, "https://evil.example".parse().unwrap());
    assert_eq!(status(&server, two).await, StatusCode::FORBIDDEN);
    let preflight = with(
        request("OPTIONS", "/rpc"),
        "origin",
        "https://lockbox.contoso.com",
    );
    let preflight = with(preflight, "access-control-request-method", "POST");
    assert_eq!(
        status(&server, preflight).await,
        StatusCode::METHOD_NOT_ALLOWED
    );
}

#[tokio::test]
async fn the_unix_socket_goes_by_any_name() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("s");
    let _server = start_trusting(Limits::default(), Some(&path), Trust::default()).await;
    let send = async |request| {
        let stream = UnixStream::connect(&path).await.unwrap();
        over_http1(stream, request).await.status()
    };
    let named = with(call("[1]"), "host", "evil.example");
    assert_eq!(send(named).await, StatusCode::OK);
    let mut bare = call("[1]");
    bare.headers_mut().remove(HOST);
    *bare.uri_mut() = "/rpc".parse().unwrap();
    assert_eq!(send(bare).await, StatusCode::OK);
    let page = with(call("[1]"), "origin", "https://evil.example");
    assert_eq!(send(page).await, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn the_application_learns_whom_a_proxy_speaks_for() {
    let server = start_trusting(Limits::default(), None, trust()).await;
    let own = start(Limits::default()).await;
    for server in [&server, &own] {
        server
            .send(with(call("[1]"), "x-forwarded-for", "203.0.113.7"))
            .await;
    }
    let seen = |server: &Running| server.app.seen.lock().unwrap()[0].caller.client_ip();
    assert_eq!(seen(&server), "203.0.113.7");
    assert!(seen(&own).starts_with("127.0.0.1:"));
    assert_eq!(call("x").headers()[CONTENT_TYPE], "application/json");
}
