//! Around every answer: its id, its place in the caller's trace, and its count.

use super::routes::{self, Answer};
use super::server::Shared;
use crate::auth::peer::Peer;
use crate::ids::CallId;
use crate::telemetry::TraceParent;
use http::header::{FORWARDED, HeaderName, HeaderValue, VIA};
use http::{HeaderMap, Request};
use std::sync::Arc;
use tracing::{Instrument, Span, field};

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");

/// What proxies add to a request that they pass on.
const PASSED_ON: [HeaderName; 4] = [
    FORWARDED,
    VIA,
    HeaderName::from_static("x-forwarded-for"),
    HeaderName::from_static("x-real-ip"),
];

/// Answers a request. Every line that the log gets meanwhile bears the request's id, which the
/// answer names too, and the trace that the caller has named.
pub(super) async fn answer(
    shared: Arc<Shared>,
    peer: Peer,
    request: Request<hyper::body::Incoming>,
) -> Answer {
    let id = CallId::new().to_string();
    let path = known(request.uri().path());
    // An error's line needs its id too, so the span is as severe as lines get.
    let span = tracing::error_span!(
        "http",
        request_id = id,
        traceparent = field::Empty,
        parent_span = field::Empty
    );
    trace(&span, request.headers());
    let meters = Arc::clone(&shared.meters);
    let mut answer = routes::answer(shared, peer, request)
        .instrument(span.clone())
        .await;
    let status = answer.status();
    meters.response(path, status.as_u16());
    // What was answered without a call leaves a line here; calls leave their own.
    if status.is_client_error() || status.is_server_error() {
        let _inside = span.enter();
        let peer_address = peer.address.map(field::display);
        tracing::info!(
            path,
            status = status.as_u16(),
            via = peer.via.as_str(),
            peer = peer_address,
            "refused"
        );
    }
    if let Ok(id) = HeaderValue::from_str(&id) {
        answer.headers_mut().insert(REQUEST_ID, id);
    }
    answer
}

/// Whether a proxy has passed a request on.
pub(super) fn forwarded(headers: &HeaderMap) -> bool {
    PASSED_ON.iter().any(|name| headers.contains_key(name))
}

/// Continues the caller's trace, where it names one and only one.
fn trace(span: &Span, headers: &HeaderMap) {
    let mut sent = headers.get_all(TRACEPARENT).iter();
    let (Some(first), None) = (sent.next(), sent.next()) else {
        return;
    };
    if let Some(theirs) = first.to_str().ok().and_then(TraceParent::parse) {
        span.record("traceparent", field::display(theirs.continued()));
        span.record("parent_span", theirs.span());
    }
}

/// The path as a label; what a caller has made up is not repeated.
fn known(path: &str) -> &'static str {
    const PATHS: [&str; 6] = [
        "/rpc",
        "/healthz",
        "/readyz",
        "/metrics",
        "/openrpc.json",
        "/events",
    ];
    PATHS
        .into_iter()
        .find(|known| *known == path)
        .unwrap_or("other")
}
