use super::Limits;
use super::testing::*;
use crate::telemetry::Format;
use bytes::Bytes;
use http::header::{CONTENT_TYPE, WWW_AUTHENTICATE};
use http::{Request, Response, StatusCode};
use http_body_util::Full;
use std::collections::HashSet;

fn with(
    mut request: Request<Full<Bytes>>,
    name: &'static str,
    value: &'static str,
) -> Request<Full<Bytes>> {
    request.headers_mut().append(name, value.parse().unwrap());
    request
}

fn id(answer: &Response<Bytes>) -> String {
    answer.headers()["x-request-id"]
        .to_str()
        .unwrap()
        .to_owned()
}

#[tokio::test]
async fn every_answer_names_its_own_id_and_never_the_callers() {
    let server = start(Limits::default()).await;
    let mut ids = HashSet::new();
    for asked in [
        call("[1]"),
        call("nothing"),
        call("panic"),
        request("GET", "/healthz"),
        request("GET", "/nowhere"),
        with(request("POST", "/rpc"), "content-type", "text/plain"),
        with(call("[1]"), "x-request-id", "chosen-by-the-caller"),
    ] {
        let answer = server.send(asked).await;
        assert!(ids.insert(id(&answer)), "an id stands twice");
    }
    assert!(
        ids.iter().all(|id| uuid::Uuid::parse_str(id).is_ok()),
        "{ids:?}"
    );
}

#[tokio::test]
async fn answers_are_counted_by_paths_that_are_ours() {
    let server = start(Limits::default()).await;
    server.send(call("[1]")).await;
    server.send(call("[1]")).await;
    server.send(request("GET", "/made-up-by-a-caller")).await;
    let text = server.app.meters.text(Format::Plain);
    for line in [
        "lockbox_http_responses_total{path=\"/rpc\",status=\"200\"} 2",
        "lockbox_http_responses_total{path=\"other\",status=\"404\"} 1",
    ] {
        assert!(text.contains(line), "{line} in\n{text}");
    }
    assert!(!text.contains("made-up"));
}

#[tokio::test]
async fn metrics_come_in_the_format_that_is_asked_for() {
    let server = start(Limits::default()).await;
    let plain = server.send(request("GET", "/metrics")).await;
    assert_eq!(plain.status(), StatusCode::OK);
    assert_eq!(
        plain.headers()[CONTENT_TYPE],
        "text/plain; version=0.0.4; charset=utf-8"
    );
    let accept = "application/openmetrics-text;version=1.0.0,*/*;q=0.1";
    let open = server
        .send(with(request("GET", "/metrics"), "accept", accept))
        .await;
    assert_eq!(
        open.headers()[CONTENT_TYPE],
        "application/openmetrics-text; version=1.0.0; charset=utf-8"
    );
}

/// The test's application lets in what was not forwarded; who may otherwise is the daemon's matter.
#[tokio::test]
async fn metrics_tell_a_forwarded_reader_what_it_lacks() {
    let server = start(Limits::default()).await;
    for header in ["forwarded", "via", "x-forwarded-for", "x-real-ip"] {
        let asked = || with(request("GET", "/metrics"), header, "203.0.113.7");
        let nobody = server.send(asked()).await;
        assert_eq!(nobody.status(), StatusCode::UNAUTHORIZED, "{header}");
        assert_eq!(nobody.headers()[WWW_AUTHENTICATE], "Bearer");
        let other = server
            .send(with(asked(), "authorization", "Bearer other"))
            .await;
        assert_eq!(other.status(), StatusCode::FORBIDDEN);
        let good = server
            .send(with(asked(), "authorization", "Bearer good"))
            .await;
        assert_eq!(good.status(), StatusCode::OK);
    }
}

#[tokio::test]
async fn connections_are_counted_while_they_are_open() {
    let server = start(Limits::default()).await;
    let meters = std::sync::Arc::clone(&server.app.meters);
    let open = |text: &str| text.contains("lockbox_connections{via=\"tcp\"} 1");
    let stream = tokio::net::TcpStream::connect(server.address)
        .await
        .unwrap();
    let (mut client, connection) =
        hyper::client::conn::http1::handshake(hyper_util::rt::TokioIo::new(stream))
            .await
            .unwrap();
    let running = tokio::spawn(connection);
    let answer = client
        .send_request(request("GET", "/healthz"))
        .await
        .unwrap();
    assert_eq!(answer.status(), StatusCode::OK);
    assert!(open(&meters.text(Format::Plain)));
    drop(client);
    drop(answer);
    running.await.unwrap().unwrap();
    server.stop().await;
    assert!(!open(&meters.text(Format::Plain)));
}
