//! JSON-RPC 2.0 and nothing else: envelope, batch, ids, error codes. A leaf.
//!
//! Never interprets a method name or a param, and never executes two calls of a batch at once.
//!
//! What the specification leaves open is decided here:
//! - Positional params are refused: every method takes them by name.
//! - A member that stands twice, in the envelope or anywhere in the params, is refused: two
//!   readers could understand such a text differently.
//! - Other members of the envelope than the four that are specified are ignored.
//! - An error names the call's id wherever the id could be read.

mod envelope;
mod strict;

use envelope::Envelope;
use serde::Serialize;
use serde_json::value::RawValue;
use serde_json::{Map, Value, json};
use std::future::Future;

/// The text is not JSON.
pub const PARSE_ERROR: i64 = -32700;
/// It is JSON, but not a call.
pub const INVALID_REQUEST: i64 = -32600;
/// There is no such method.
pub const METHOD_NOT_FOUND: i64 = -32601;
/// The params are not what the method takes.
pub const INVALID_PARAMS: i64 = -32602;
/// A fault of ours.
pub const INTERNAL_ERROR: i64 = -32603;

/// What one body may hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// The most calls in one batch.
    pub batch_length: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { batch_length: 100 }
    }
}

/// One call, as its handler sees it.
#[derive(Clone, Debug, PartialEq)]
pub struct Call {
    /// The method's name.
    pub method: String,
    /// The params by name; `None` where the call has none.
    pub params: Option<Map<String, Value>>,
    /// Whether the caller wants no answer.
    pub notification: bool,
    /// How many bytes it was sent in.
    pub bytes: usize,
}

/// What stands behind the envelope.
pub trait Handler: Sync {
    /// What a call results in.
    type Answer: Serialize + Send;

    /// Executes a call.
    fn call(&self, call: Call) -> impl Future<Output = Result<Self::Answer, ErrorObject>> + Send;

    /// Is told of a text of so many bytes that was refused before it was a call.
    fn refused(&self, error: &ErrorObject, bytes: usize);
}

/// The `error` member of an answer.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ErrorObject {
    /// The kind of failure, as a number.
    pub code: i64,
    /// A sentence.
    pub message: String,
    /// What the caller needs to go on: `code`, `message`, `remedy` and more.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub data: Option<Value>,
}

impl ErrorObject {
    fn new(code: i64, message: &str, name: &str, detail: &str, remedy: &str) -> Self {
        Self {
            code,
            message: message.to_owned(),
            data: Some(json!({"code": name, "message": detail, "remedy": remedy})),
        }
    }

    fn parse_error(detail: &str) -> Self {
        Self::new(
            PARSE_ERROR,
            "Parse error",
            "parseError",
            detail,
            "Send one JSON text in UTF-8, nested at most 127 levels deep.",
        )
    }

    fn invalid_request(detail: &str) -> Self {
        Self::new(
            INVALID_REQUEST,
            "Invalid Request",
            "invalidRequest",
            detail,
            "Send {\"jsonrpc\": \"2.0\", \"id\": 1, \"method\": \"system.info\", \"params\": {}}, or an array of such objects.",
        )
    }

    fn invalid_params(pointer: &str, expected: &str, detail: &str, remedy: &str) -> Self {
        let mut error = Self::new(
            INVALID_PARAMS,
            "Invalid params",
            "invalidParams",
            detail,
            remedy,
        );
        if let Some(Value::Object(data)) = &mut error.data {
            data.insert("pointer".to_owned(), pointer.into());
            data.insert("expected".to_owned(), expected.into());
        }
        error
    }

    /// The answer to a call of a method that does not exist.
    #[must_use]
    pub fn method_not_found(method: &str) -> Self {
        let method: String = method.chars().take(128).collect();
        Self::new(
            METHOD_NOT_FOUND,
            "Method not found",
            "methodNotFound",
            &format!("There is no method '{method}'."),
            "Call rpc.discover for the methods that there are.",
        )
    }
}

#[derive(Serialize)]
struct Response<'a, T> {
    jsonrpc: &'static str,
    #[serde(flatten)]
    outcome: Outcome<T>,
    id: Option<&'a RawValue>,
}

#[derive(Serialize)]
enum Outcome<T> {
    #[serde(rename = "result")]
    Result(T),
    #[serde(rename = "error")]
    Error(ErrorObject),
}

/// Executes what a body asks for, one call after the other, and gives the body of the answer;
/// `None` where there is nothing to answer.
pub async fn process<H: Handler>(body: &[u8], limits: &Limits, handler: &H) -> Option<Vec<u8>> {
    let refuse = |error| refuse(handler, error, body.len());
    let text: &RawValue = match serde_json::from_slice(body) {
        Ok(text) => text,
        Err(error) => {
            return Some(refuse(ErrorObject::parse_error(&format!(
                "The body is not JSON: {error}."
            ))));
        }
    };
    if !text.get().starts_with('[') {
        return answer(text, handler).await;
    }
    let Ok(batch) = serde_json::from_str::<Vec<&RawValue>>(text.get()) else {
        return Some(refuse(ErrorObject::parse_error(
            "The batch cannot be read.",
        )));
    };
    if batch.is_empty() {
        return Some(refuse(ErrorObject::invalid_request("The batch is empty.")));
    }
    if batch.len() > limits.batch_length {
        let most = limits.batch_length;
        let mut error = ErrorObject::invalid_request(&format!(
            "The batch has {} calls; at most {most} are taken at once.",
            batch.len()
        ));
        if let Some(Value::Object(data)) = &mut error.data {
            data.insert(
                "remedy".to_owned(),
                format!("Send {most} calls or fewer.").into(),
            );
            data.insert("limit".to_owned(), most.into());
        }
        return Some(refuse(error));
    }
    let mut answers = Vec::new();
    for item in batch {
        let Some(one) = answer(item, handler).await else {
            continue;
        };
        answers.push(if answers.is_empty() { b'[' } else { b',' });
        answers.extend_from_slice(&one);
    }
    if answers.is_empty() {
        return None;
    }
    answers.push(b']');
    Some(answers)
}

async fn answer<H: Handler>(text: &RawValue, handler: &H) -> Option<Vec<u8>> {
    let bytes = text.get().len();
    let envelope = match Envelope::read(text) {
        Ok(envelope) => envelope,
        Err(error) => return Some(refuse(handler, error, bytes)),
    };
    let id = envelope.id;
    let outcome = match envelope.call() {
        Ok(known) => handler.call(known).await,
        Err(error) => {
            handler.refused(&error, bytes);
            // Only a valid call without an id is a notification; what cannot be read is answered.
            if error.code != INVALID_PARAMS {
                return Some(write::<()>(Err(error), id));
            }
            Err(error)
        }
    };
    id.map(|id| write(outcome, Some(id)))
}

fn refuse<H: Handler>(handler: &H, error: ErrorObject, bytes: usize) -> Vec<u8> {
    handler.refused(&error, bytes);
    write::<()>(Err(error), None)
}

fn write<T: Serialize>(outcome: Result<T, ErrorObject>, id: Option<&RawValue>) -> Vec<u8> {
    let outcome = match outcome {
        Ok(result) => Outcome::Result(result),
        Err(error) => Outcome::Error(error),
    };
    // Values with text keys can always be written; an empty body would show that this is wrong.
    serde_json::to_vec(&Response {
        jsonrpc: "2.0",
        outcome,
        id,
    })
    .unwrap_or_default()
}

#[cfg(test)]
#[path = "jsonrpc_tests.rs"]
mod tests;
