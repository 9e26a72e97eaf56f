//! What a webhook is told: pure, from the facts to headers and body.

mod call;
mod cloudevents;
mod plain;
mod slack;
mod teams;
mod words;

use crate::domain::notice::facts::Facts;
use crate::domain::notice::webhook::Format;
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, header};
use serde::Serialize;

pub use call::Caller;
pub(super) use cloudevents::structured;
pub use cloudevents::{event_type, schema_id};

/// An event that is told.
#[derive(Clone, Copy, Debug)]
pub struct Told<'a> {
    /// The event's identity: the same for every receiver, and when it is told again.
    pub id: &'a str,
    /// Where it happened, as a URI reference: [`source`] where nothing else is wanted.
    pub source: &'a str,
    /// What is told.
    pub facts: &'a Facts,
}

/// Headers and body of a post, not signed yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Post {
    /// The headers, with the type of the body.
    pub headers: HeaderMap,
    /// The body: JSON.
    pub body: Bytes,
}

/// Where the events of an organization happen: `/tenants/ID`.
#[must_use]
pub fn source(facts: &Facts) -> String {
    format!("/tenants/{}", facts.tenant.id)
}

/// What is posted to a webhook of a format.
///
/// # Errors
/// Where the event cannot be written as JSON or in headers; a sentence.
pub fn post(format: Format, told: &Told<'_>) -> Result<Post, String> {
    match format {
        Format::CloudEvents => {
            let body = cloudevents::structured(told)?;
            Ok(of_type("application/cloudevents+json", body.into()))
        }
        Format::CloudEventsBinary => {
            let mut post = json(told.facts)?;
            cloudevents::add_headers(told, &mut post.headers)?;
            Ok(post)
        }
        Format::Slack => json(&slack::message(told.facts)),
        Format::Teams => json(&teams::message(told.facts)),
        Format::Json => json(&plain::message(told)?),
    }
}

fn json(body: &impl Serialize) -> Result<Post, String> {
    let body = serde_json::to_vec(body).map_err(|error| error.to_string())?;
    Ok(of_type("application/json", body.into()))
}

fn of_type(kind: &'static str, body: Bytes) -> Post {
    let mut headers = HeaderMap::new();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    Post { headers, body }
}

#[cfg(test)]
#[path = "webhook_tests.rs"]
mod tests;
