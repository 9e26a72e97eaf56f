use super::Limits;
use super::testing::{call, raw, request, soon, start, whole};
use bytes::Bytes;
use http::header::{ALLOW, AUTHORIZATION, CONTENT_LENGTH, CONTENT_TYPE, RETRY_AFTER};
use http::{Response, StatusCode};
use hyper_util::rt::{TokioExecutor, TokioIo};
use serde_json::Value;
use std::sync::atomic::Ordering;
use std::time::Duration;
use tokio::net::TcpStream;

/// Holds what every answer has to have, and gives its body.
fn json(response: &Response<Bytes>, status: StatusCode) -> Value {
    assert_eq!(response.status(), status, "{response:?}");
    let header = |name: &str| {
        response
            .headers()
            .get(name)
            .map(|value| value.to_str().unwrap())
    };
    assert_eq!(
        header("content-type"),
        Some("application/json; charset=utf-8")
    );
    assert_eq!(
        header("content-length"),
        Some(response.body().len().to_string().as_str())
    );
    assert_eq!(header("cache-control"), Some("no-store"));
    assert_eq!(header("x-content-type-options"), Some("nosniff"));
    assert_eq!(header("server"), None);
    serde_json::from_slice(response.body()).unwrap()
}

fn refusal(response: &Response<Bytes>, status: StatusCode, code: &str) {
    let body = json(response, status);
    assert_eq!(body["code"], code);
    assert!(
        body["message"].is_string() && body["remedy"].is_string(),
        "{body}"
    );
}

#[tokio::test]
async fn every_route() {
    let server = start(Limits::default()).await;
    let get = async |path: &str| server.send(request("GET", path)).await;
    assert_eq!(json(&get("/healthz").await, StatusCode::OK)["status"], "ok");
    assert_eq!(
        json(&get("/readyz").await, StatusCode::OK)["status"],
        "ready"
    );
    server.app.ready.store(false, Ordering::SeqCst);
    let not_ready = get("/readyz").await;
    assert_eq!(
        json(&not_ready, StatusCode::SERVICE_UNAVAILABLE)["status"],
        "notReady"
    );
    assert_eq!(json(&get("/healthz").await, StatusCode::OK)["status"], "ok");
    assert_eq!(
        json(&get("/openrpc.json").await, StatusCode::OK)["openrpc"],
        "1.3.2"
    );

    for path in ["/", "/rpc/", "/RPC", "/healthz/x", "/metrics/"] {
        refusal(&get(path).await, StatusCode::NOT_FOUND, "notFound");
    }
    let wrong = get("/rpc").await;
    refusal(&wrong, StatusCode::METHOD_NOT_ALLOWED, "methodNotAllowed");
    assert_eq!(wrong.headers()[ALLOW], "POST");
    for path in ["/healthz", "/readyz", "/metrics", "/openrpc.json"] {
        for method in ["POST", "PUT", "DELETE", "OPTIONS"] {
            let wrong = server.send(request(method, path)).await;
            refusal(&wrong, StatusCode::METHOD_NOT_ALLOWED, "methodNotAllowed");
            assert_eq!(wrong.headers()[ALLOW], "GET, HEAD");
        }
    }
    let head = server.send(request("HEAD", "/healthz")).await;
    assert_eq!(head.status(), StatusCode::OK);
    assert!(head.body().is_empty());
    assert_eq!(head.headers()[CONTENT_LENGTH], "15");
}

#[tokio::test]
async fn a_call_is_passed_on_and_answered() {
    let server = start(Limits::default()).await;
    let mut with_token = call("[1]");
    with_token
        .headers_mut()
        .insert(AUTHORIZATION, "Bearer x".parse().unwrap());
    let answer = server.send(with_token).await;
    assert_eq!(json(&answer, StatusCode::OK), serde_json::json!([1]));
    server.send(call("[2]")).await;
    {
        let seen = server.app.seen.lock().unwrap();
        assert_eq!(seen[0].body, "[1]");
        assert_eq!(seen[0].authorization.as_deref(), Some("Bearer x"));
        assert_eq!(seen[1].authorization, None);
        assert!(!format!("{:?}", seen[0]).contains("Bearer"));
    }
    let nothing = server.send(call("nothing")).await;
    assert_eq!(nothing.status(), StatusCode::NO_CONTENT);
    assert!(nothing.body().is_empty());
    assert!(!nothing.headers().contains_key(CONTENT_TYPE));

    let mut two = call("[3]");
    two.headers_mut()
        .append(AUTHORIZATION, "Bearer x".parse().unwrap());
    two.headers_mut()
        .append(AUTHORIZATION, "Bearer y".parse().unwrap());
    refusal(
        &server.send(two).await,
        StatusCode::BAD_REQUEST,
        "badRequest",
    );
    assert_eq!(server.app.seen.lock().unwrap().len(), 3);
}

#[tokio::test]
async fn only_json_in_utf_8_is_taken() {
    let server = start(Limits::default()).await;
    let with = async |kind: Option<&str>| {
        let mut request = call("[1]");
        match kind {
            Some(kind) => request
                .headers_mut()
                .insert(CONTENT_TYPE, kind.parse().unwrap()),
            None => request.headers_mut().remove(CONTENT_TYPE),
        };
        server.send(request).await
    };
    for kind in [
        "application/json",
        "Application/JSON; charset=UTF-8",
        "application/json;charset=\"utf-8\"",
        "application/json; profile=x",
    ] {
        assert_eq!(with(Some(kind)).await.status(), StatusCode::OK, "{kind}");
    }
    for kind in [
        None,
        Some("text/plain"),
        Some("application/x-www-form-urlencoded"),
        Some("application/jsonp"),
        Some("application/json; charset=iso-8859-1"),
        Some("text/plain; application/json"),
    ] {
        let status = StatusCode::UNSUPPORTED_MEDIA_TYPE;
        refusal(&with(kind).await, status, "unsupportedMediaType");
    }
}

#[tokio::test]
async fn a_body_has_at_most_its_limit() {
    let limits = Limits {
        body_bytes: 1000,
        ..Limits::default()
    };
    let server = start(limits).await;
    assert_eq!(server.send(call(vec![b'x'; 1000])).await.body().len(), 1000);
    let past = server.send(call(vec![b'x'; 1001])).await;
    refusal(&past, StatusCode::PAYLOAD_TOO_LARGE, "bodyTooLarge");
    // The same without an announced length.
    let chunked = |bytes: usize| {
        format!(
            "POST /rpc HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\ncontent-type: application/json\r\n\
             transfer-encoding: chunked\r\n\r\n{bytes:x}\r\n{}\r\n0\r\n\r\n",
            "x".repeat(bytes)
        )
    };
    let fits = raw(server.address, chunked(1000).as_bytes()).await;
    assert!(fits.starts_with("HTTP/1.1 200 OK"), "{fits}");
    let past = raw(server.address, chunked(1001).as_bytes()).await;
    assert!(past.starts_with("HTTP/1.1 413 "), "{past}");
    assert_eq!(server.app.seen.lock().unwrap().len(), 2);
    assert_eq!(Limits::default().body_bytes, 1024 * 1024);
}

#[tokio::test]
async fn headers_have_at_most_their_limit() {
    let server = start(Limits::default()).await;
    let get = |bytes: usize| {
        format!(
            "GET /healthz HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\nx-long: {}\r\n\r\n",
            "x".repeat(bytes)
        )
    };
    let fits = raw(server.address, get(60 * 1024).as_bytes()).await;
    assert!(fits.starts_with("HTTP/1.1 200 OK"), "{fits}");
    let past = raw(server.address, get(64 * 1024).as_bytes()).await;
    assert!(!past.starts_with("HTTP/1.1 200"), "{past}");
}

#[tokio::test]
async fn a_stalled_body_is_answered_and_cut() {
    let limits = Limits {
        body_time: Duration::from_millis(50),
        ..Limits::default()
    };
    let server = start(limits).await;
    let head = "POST /rpc HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: 10\r\n\r\n12345";
    let said = raw(server.address, head.as_bytes()).await;
    assert!(said.starts_with("HTTP/1.1 408 "), "{said}");
    assert!(said.contains("bodyTimeout"), "{said}");
    assert!(server.app.seen.lock().unwrap().is_empty());
}

#[tokio::test]
async fn calls_past_the_limit_are_told_to_try_again() {
    let limits = Limits {
        concurrent_calls: 2,
        ..Limits::default()
    };
    let server = std::sync::Arc::new(start(limits).await);
    let held: Vec<_> = (0..2)
        .map(|_| {
            let server = std::sync::Arc::clone(&server);
            tokio::spawn(async move { server.send(call("hold")).await })
        })
        .collect();
    server.app.started(2).await;
    let past = server.send(call("[1]")).await;
    refusal(&past, StatusCode::SERVICE_UNAVAILABLE, "busy");
    assert_eq!(past.headers()[RETRY_AFTER], "1");
    // What takes no permit still answers.
    json(
        &server.send(request("GET", "/healthz")).await,
        StatusCode::OK,
    );
    server.app.gate.add_permits(2);
    for call in held {
        assert_eq!(call.await.unwrap().body(), "hold");
    }
    assert_eq!(server.send(call("[1]")).await.body(), "[1]");
}

#[tokio::test]
async fn a_call_that_panics_is_an_error_and_gives_its_permit_back() {
    let limits = Limits {
        concurrent_calls: 1,
        ..Limits::default()
    };
    let server = start(limits).await;
    for _ in 0..2 {
        let answer = server.send(call("panic")).await;
        refusal(&answer, StatusCode::INTERNAL_SERVER_ERROR, "internal");
    }
    assert_eq!(server.send(call("[1]")).await.body(), "[1]");
}

#[tokio::test]
async fn http2_with_prior_knowledge() {
    let server = start(Limits::default()).await;
    let stream = TcpStream::connect(server.address).await.unwrap();
    let (mut client, connection) =
        hyper::client::conn::http2::handshake(TokioExecutor::new(), TokioIo::new(stream))
            .await
            .unwrap();
    tokio::spawn(connection);
    let held = client.send_request(call("hold"));
    let held = tokio::spawn(held);
    server.app.started(1).await;
    let quick = whole(soon(client.send_request(call("[1]"))).await.unwrap()).await;
    assert_eq!(json(&quick, StatusCode::OK), serde_json::json!([1]));
    assert_eq!(quick.version(), http::Version::HTTP_2);
    server.app.gate.add_permits(1);
    let held = whole(soon(held).await.unwrap().unwrap()).await;
    assert_eq!(held.body(), "hold");
}

#[tokio::test]
async fn a_connection_serves_many_calls() {
    let server = start(Limits::default()).await;
    let stream = TcpStream::connect(server.address).await.unwrap();
    let (mut client, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream))
        .await
        .unwrap();
    tokio::spawn(connection);
    for body in ["[1]", "[2]", "[3]"] {
        soon(client.ready()).await.unwrap();
        let answer = whole(soon(client.send_request(call(body))).await.unwrap()).await;
        assert_eq!(answer.body(), body);
    }
    let seen = server.app.seen.lock().unwrap();
    let addresses: std::collections::HashSet<_> =
        seen.iter().map(|call| call.caller.address).collect();
    assert_eq!((seen.len(), addresses.len()), (3, 1));
}
