//! Hooks by URL: the same question and the same answer as programs, by POST through the one door to
//! addresses. Whatever is no answer with status 200 is a failure, a redirect too.

use super::{Answer, Failure, OUTPUT_BYTES, OnFailure, answer};
use crate::clock::Timestamp;
use crate::crypto::signing::Key;
use crate::egress::{self, Client, Guard, Limits};
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, StatusCode, header};
use std::time::Duration;

/// A hook that is asked by URL.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UrlHook {
    /// Where it is asked.
    pub url: String,
    /// What may be connected to for it: more than tenants may name.
    pub guard: Guard,
    /// How long it may take.
    pub timeout: Duration,
    /// What a failure counts as.
    pub on_failure: OnFailure,
    /// What signs the question, so that its receiver knows who asks.
    pub key: Option<Key>,
}

/// Asks a hook, through `client` but behind the hook's own guard. `id` is the question's: who is asked once more, after a crash, sees it again.
///
/// # Errors
/// Where it cannot be reached, fails, hangs or talks nonsense.
pub async fn ask(
    hook: &UrlHook,
    client: &Client,
    id: &str,
    question: &[u8],
    now: Timestamp,
) -> Result<Answer, Failure> {
    let limits = Limits {
        connect: Limits::default().connect.min(hook.timeout),
        whole: hook.timeout,
        body_bytes: OUTPUT_BYTES,
        ..Limits::default()
    };
    let json = HeaderValue::from_static("application/json");
    let mut headers =
        HeaderMap::from_iter([(header::CONTENT_TYPE, json.clone()), (header::ACCEPT, json)]);
    if let Some(key) = &hook.key {
        let keys = std::slice::from_ref(key);
        egress::sign(&mut headers, id, now, question, keys).map_err(Failure::Unreachable)?;
    }
    let question = Bytes::copy_from_slice(question);
    let said = client
        .guarded(hook.guard.clone())
        .post(&hook.url, headers, question, &limits)
        .await
        .map_err(|failure| match failure {
            egress::Failure::TimedOut(_) => Failure::TimedOut(hook.timeout),
            egress::Failure::TooMuch => Failure::TooMuch,
            egress::Failure::Refused(refused) => Failure::Unreachable(refused.of_hook()),
            other => Failure::Unreachable(other.to_string()),
        })?;
    if said.cut {
        return Err(Failure::TooMuch);
    }
    if said.status != StatusCode::OK.as_u16() {
        return Err(Failure::Nonsense(format!(
            "its status is {}, and an answer comes with 200",
            said.status
        )));
    }
    answer(&said.body)
}

#[cfg(test)]
#[path = "url_tests.rs"]
mod tests;
