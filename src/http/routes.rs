//! Which path answers what. Everything that a body says is the application's business.

use super::server::Shared;
use super::{Incoming, Limits, Reader, events, guard, observe};
use crate::auth::peer::Peer;
use crate::error::{Error, Kind};
use crate::telemetry::Format;
use bytes::Bytes;
use http::header::{ACCEPT, ALLOW, AUTHORIZATION, CONTENT_TYPE, RETRY_AFTER};
use http::header::{HeaderName, HeaderValue, WWW_AUTHENTICATE};
use http::{HeaderMap, Method, Request, Response, StatusCode};
use http_body_util::{BodyExt, Full, LengthLimitError, Limited};
use hyper::body::{Body, Frame, SizeHint};
use serde_json::{Value, json};
use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use tokio::sync::mpsc;
use tokio::time::timeout;
use tracing::Instrument;

pub(super) type Answer = Response<Content>;

/// The body of an answer: there as a whole, or to come until its sender ends.
pub(super) enum Content {
    Whole(Full<Bytes>),
    Stream(mpsc::Receiver<Bytes>),
}

impl Body for Content {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        match self.get_mut() {
            Self::Whole(body) => Pin::new(body).poll_frame(cx),
            Self::Stream(parts) => parts
                .poll_recv(cx)
                .map(|part| part.map(|part| Ok(Frame::data(part)))),
        }
    }

    fn is_end_stream(&self) -> bool {
        match self {
            Self::Whole(body) => body.is_end_stream(),
            Self::Stream(_) => false,
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Whole(body) => body.size_hint(),
            Self::Stream(_) => SizeHint::default(),
        }
    }
}

const JSON: HeaderValue = HeaderValue::from_static("application/json; charset=utf-8");

/// Answers one request, whatever it is.
pub(super) async fn answer(
    shared: Arc<Shared>,
    peer: Peer,
    request: Request<hyper::body::Incoming>,
) -> Answer {
    if let Some(refused) = guard::refused(&shared.trust, &shared.listening, &peer, &request) {
        return refused;
    }
    let Ok(peer) = shared.trust.proxies.caller(peer, request.headers()) else {
        return refusal(
            StatusCode::BAD_REQUEST,
            "forwardingContradicts",
            "X-Forwarded-For and Forwarded name different callers.",
            "Let the proxy set one of them, and remove the other from what clients send.",
        );
    };
    let get = matches!(*request.method(), Method::GET | Method::HEAD);
    let reads = |answer: &dyn Fn() -> Answer| {
        if get {
            answer()
        } else {
            wrong_method("GET, HEAD")
        }
    };
    match request.uri().path() {
        "/rpc" if *request.method() == Method::POST => rpc(shared, peer, request).await,
        "/rpc" => wrong_method("POST"),
        "/healthz" => reads(&|| small(StatusCode::OK, &json!({"status": "ok"}))),
        "/readyz" => reads(&|| {
            if shared.app.ready() {
                small(StatusCode::OK, &json!({"status": "ready"}))
            } else {
                let status = StatusCode::SERVICE_UNAVAILABLE;
                small(status, &json!({"status": "notReady"}))
            }
        }),
        "/metrics" if get => metrics(shared, peer, request).await,
        "/metrics" => wrong_method("GET, HEAD"),
        "/events" if *request.method() == Method::GET => events::open(shared, peer, request).await,
        "/events" => wrong_method("GET"),
        "/openrpc.json" => reads(&|| json_answer(StatusCode::OK, shared.app.openrpc())),
        _ => refusal(
            StatusCode::NOT_FOUND,
            "notFound",
            "There is nothing at this path.",
            "Send JSON-RPC calls with POST to /rpc; GET /openrpc.json describes them.",
        ),
    }
}

async fn rpc(shared: Arc<Shared>, peer: Peer, request: Request<hyper::body::Incoming>) -> Answer {
    let (head, body) = request.into_parts();
    if !is_json(&head.headers) {
        return refusal(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "unsupportedMediaType",
            "The body is not announced as JSON in UTF-8.",
            "Send the header Content-Type: application/json; charset=utf-8.",
        );
    }
    let authorization = match authorization(&head.headers) {
        Ok(authorization) => authorization,
        Err(answer) => return *answer,
    };
    let body = match read(body, &shared.limits).await {
        Ok(body) => body,
        Err(answer) => return *answer,
    };
    // The permit belongs to the call, not to the connection: it comes back when the call is done.
    let Ok(permit) = Arc::clone(&shared.calls).try_acquire_owned() else {
        let mut answer = refusal(
            StatusCode::SERVICE_UNAVAILABLE,
            "busy",
            "As many calls are running as the daemon takes at once.",
            "Try again in 1 s with the same idempotencyKey.",
        );
        set(&mut answer, RETRY_AFTER, HeaderValue::from_static("1"));
        return answer;
    };
    let call = shared.app.rpc(Incoming {
        body,
        authorization,
        caller: peer,
    });
    // Detached: a client that hangs up drops this function, and the call goes on.
    let running = async move {
        let answer = call.await;
        drop(permit);
        answer
    };
    let running = shared.handlers.spawn(running.in_current_span());
    match running.await {
        Ok(Some(body)) => json_answer(StatusCode::OK, body),
        Ok(None) => bare(StatusCode::NO_CONTENT, Bytes::new()),
        Err(error) => {
            tracing::error!(%error, "a call ended without an answer");
            refusal(
                StatusCode::INTERNAL_SERVER_ERROR,
                "internal",
                "The daemon met an error of its own.",
                "Try again; if it stays, look into the daemon's log for this call.",
            )
        }
    }
}

async fn metrics(
    shared: Arc<Shared>,
    peer: Peer,
    request: Request<hyper::body::Incoming>,
) -> Answer {
    let authorization = match authorization(request.headers()) {
        Ok(authorization) => authorization,
        Err(answer) => return *answer,
    };
    let accept = request.headers().get(ACCEPT);
    let accept = accept.and_then(|value| value.to_str().ok());
    let format = Format::wanted(accept.unwrap_or_default());
    let reader = Reader {
        authorization,
        caller: peer,
        forwarded: observe::forwarded(request.headers()),
        format,
    };
    match shared.app.metrics(reader).await {
        Ok(text) => {
            let mut answer = bare(StatusCode::OK, text);
            set(
                &mut answer,
                CONTENT_TYPE,
                HeaderValue::from_static(format.content_type()),
            );
            answer
        }
        Err(error) => failed(&error),
    }
}

/// The answer to a GET that failed.
pub(super) fn failed(error: &Error) -> Answer {
    let status = match error.kind() {
        Kind::InvalidParams => StatusCode::BAD_REQUEST,
        Kind::Unauthenticated => StatusCode::UNAUTHORIZED,
        Kind::Forbidden => StatusCode::FORBIDDEN,
        Kind::NotFound => StatusCode::NOT_FOUND,
        _ => StatusCode::SERVICE_UNAVAILABLE,
    };
    let data = error.data();
    let mut answer = small(status, &data);
    if status == StatusCode::UNAUTHORIZED {
        set(
            &mut answer,
            WWW_AUTHENTICATE,
            HeaderValue::from_static("Bearer"),
        );
    }
    if let Some(seconds) = data.get("retryAfterSeconds").and_then(Value::as_u64) {
        set(&mut answer, RETRY_AFTER, HeaderValue::from(seconds));
    }
    answer
}

/// Only JSON in UTF-8. (A web page cannot send this type to another site without being asked.)
fn is_json(headers: &HeaderMap) -> bool {
    let Some(Ok(kind)) = headers.get(CONTENT_TYPE).map(HeaderValue::to_str) else {
        return false;
    };
    let mut parts = kind.split(';').map(str::trim);
    let media = parts.next().unwrap_or_default();
    media.eq_ignore_ascii_case("application/json")
        && parts.all(|parameter| match parameter.split_once('=') {
            Some((name, value)) if name.trim().eq_ignore_ascii_case("charset") => {
                let value = value.trim().trim_matches('"');
                value.eq_ignore_ascii_case("utf-8") || value.eq_ignore_ascii_case("utf8")
            }
            _ => true,
        })
}

pub(super) fn authorization(headers: &HeaderMap) -> Result<Option<String>, Box<Answer>> {
    let mut values = headers.get_all(AUTHORIZATION).iter();
    let first = values.next();
    if values.next().is_some() {
        return Err(Box::new(refusal(
            StatusCode::BAD_REQUEST,
            "badRequest",
            "There is more than one Authorization header.",
            "Send one.",
        )));
    }
    Ok(first.map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned()))
}

async fn read(body: hyper::body::Incoming, limits: &Limits) -> Result<Bytes, Box<Answer>> {
    let most = limits.body_bytes;
    let too_large = || {
        Box::new(refusal(
            StatusCode::PAYLOAD_TOO_LARGE,
            "bodyTooLarge",
            &format!("The body has more than {most} bytes."),
            "Send less at once: fewer calls in a batch, shorter texts.",
        ))
    };
    let announced = body.size_hint().lower();
    if usize::try_from(announced).map_or(true, |announced| announced > most) {
        return Err(too_large());
    }
    match timeout(limits.body_time, Limited::new(body, most).collect()).await {
        Ok(Ok(body)) => Ok(body.to_bytes()),
        Ok(Err(error)) if error.is::<LengthLimitError>() => Err(too_large()),
        Ok(Err(_)) => Err(Box::new(refusal(
            StatusCode::BAD_REQUEST,
            "badRequest",
            "The body ended too early.",
            "Send the whole body.",
        ))),
        Err(_) => Err(Box::new(refusal(
            StatusCode::REQUEST_TIMEOUT,
            "bodyTimeout",
            "The body did not arrive in time.",
            "Send it without pauses.",
        ))),
    }
}

fn wrong_method(allowed: &'static str) -> Answer {
    let mut answer = refusal(
        StatusCode::METHOD_NOT_ALLOWED,
        "methodNotAllowed",
        "This path does not take this method.",
        &format!("Use {allowed}."),
    );
    set(&mut answer, ALLOW, HeaderValue::from_static(allowed));
    answer
}

pub(super) fn refusal(status: StatusCode, code: &str, message: &str, remedy: &str) -> Answer {
    small(
        status,
        &json!({"code": code, "message": message, "remedy": remedy}),
    )
}

fn small(status: StatusCode, body: &serde_json::Value) -> Answer {
    json_answer(status, Bytes::from(body.to_string()))
}

fn json_answer(status: StatusCode, body: Bytes) -> Answer {
    let mut answer = bare(status, body);
    set(&mut answer, CONTENT_TYPE, JSON);
    answer
}

fn bare(status: StatusCode, body: Bytes) -> Answer {
    let mut answer = Response::new(Content::Whole(Full::new(body)));
    *answer.status_mut() = status;
    answer
}

pub(super) fn set<B>(answer: &mut Response<B>, name: HeaderName, value: HeaderValue) {
    answer.headers_mut().insert(name, value);
}
