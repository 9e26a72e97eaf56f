//! `GET /events`: server-sent events. What is heard is the application's business; here are the
//! framing, the heartbeat, and the limits of a slow listener.
//!
//! A stream holds no permit of a call. It waits in a task of its own, and hands over a few messages
//! at a time, as fast as the other end takes them; who takes none for the limit `write_time` is let
//! go. It ends at once when the daemon stops.

use super::pace::Running;
use super::routes::{Answer, Content, authorization, failed, refusal, set};
use super::server::Shared;
use super::{Feed, Listener, Message};
use crate::auth::peer::Peer;
use bytes::Bytes;
use http::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderName, HeaderValue};
use http::{Request, Response, StatusCode};
use std::fmt::Write;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::time::{MissedTickBehavior, interval, timeout};
use tracing::Instrument;

const LAST_EVENT_ID: HeaderName = HeaderName::from_static("last-event-id");
const STREAM: HeaderValue = HeaderValue::from_static("text/event-stream; charset=utf-8");

/// How long a client is asked to wait before it connects again.
const RETRY: Duration = Duration::from_secs(2);

/// How often a listener looks at most: many commits are heard together.
const PAUSE: Duration = Duration::from_millis(100);

/// Messages that wait for the other end, beside those that the application has just given.
const WAITING: usize = 4;

/// Opens a stream, or says why not.
pub(super) async fn open(
    shared: Arc<Shared>,
    peer: Peer,
    request: Request<hyper::body::Incoming>,
) -> Answer {
    let headers = request.headers();
    let authorization = match authorization(headers) {
        Ok(authorization) => authorization,
        Err(answer) => return *answer,
    };
    let mut places = headers.get_all(LAST_EVENT_ID).iter();
    let last_event_id = places.next().map(HeaderValue::to_str).transpose();
    let (Ok(last_event_id), None) = (last_event_id, places.next()) else {
        return refusal(
            StatusCode::BAD_REQUEST,
            "badRequest",
            "Last-Event-ID is not one id.",
            "Send the id of the last event that arrived, or leave the header out.",
        );
    };
    let listener = Listener {
        authorization,
        caller: peer,
        query: request.uri().query().unwrap_or_default().to_owned(),
        last_event_id: last_event_id.map(str::to_owned),
    };
    let feed = match shared.app.events(listener).await {
        Ok(feed) => feed,
        Err(error) => return failed(&error),
    };
    let (sender, receiver) = mpsc::channel(WAITING);
    // While it runs, the connection is not idle.
    let running = request.extensions().get::<Arc<Running>>().cloned();
    let stream = Stream {
        sender,
        shared: Arc::clone(&shared),
        _running: running,
    };
    let run = async move { stream.run(feed).await };
    shared.handlers.spawn(run.in_current_span());
    let mut answer = Response::new(Content::Stream(receiver));
    set(&mut answer, CONTENT_TYPE, STREAM);
    set(
        &mut answer,
        CACHE_CONTROL,
        HeaderValue::from_static("no-store"),
    );
    // A proxy that gathers an answer would hold it for ever.
    set(
        &mut answer,
        HeaderName::from_static("x-accel-buffering"),
        HeaderValue::from_static("no"),
    );
    answer
}

struct Stream {
    sender: mpsc::Sender<Bytes>,
    shared: Arc<Shared>,
    _running: Option<Arc<Running>>,
}

impl Stream {
    async fn run(self, mut feed: Box<dyn Feed>) {
        let why = tokio::select! {
            biased;
            () = self.shared.shutdown.cancelled() => "the daemon stops",
            () = self.sender.closed() => "the listener has gone",
            why = self.tell(&mut *feed) => why,
        };
        tracing::debug!(why, "a stream of events ended");
    }

    /// Tells what is new until it cannot; returns why.
    async fn tell(&self, feed: &mut dyn Feed) -> &'static str {
        let opening = format!("retry: {}\nid: {}\n\n", RETRY.as_millis(), feed.place());
        if !self.send(opening).await {
            return SLOW;
        }
        let mut pace = interval(PAUSE);
        pace.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut beat = interval(self.shared.limits.heartbeat);
        beat.set_missed_tick_behavior(MissedTickBehavior::Delay);
        // The first ones come at once.
        pace.tick().await;
        beat.tick().await;
        loop {
            let news = match feed.read().await {
                Ok(news) => news,
                Err(error) => {
                    tracing::debug!(?error, "a listener hears no more");
                    return "the listener does not count any more";
                }
            };
            for message in &news.messages {
                if !self.send(framed(message)).await {
                    return SLOW;
                }
            }
            if news.more {
                continue;
            }
            tokio::select! {
                () = feed.woken() => { pace.tick().await; }
                _ = beat.tick() => {
                    if !self.send(":\n\n".to_owned()).await {
                        return SLOW;
                    }
                }
            }
        }
    }

    /// Hands over a part; false where the other end takes nothing.
    async fn send(&self, part: String) -> bool {
        let sent = timeout(
            self.shared.limits.write_time,
            self.sender.send(Bytes::from(part)),
        );
        matches!(sent.await, Ok(Ok(())))
    }
}

const SLOW: &str = "the listener takes nothing";

/// A message as it goes over the wire; its data is one line.
fn framed(message: &Message) -> String {
    let mut text = String::with_capacity(message.data.len() + 80);
    // Writing to a string never fails.
    let _ = write!(
        text,
        "id: {}\nevent: {}\ndata: {}\n\n",
        message.id, message.event, message.data
    );
    text
}
