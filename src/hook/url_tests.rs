use super::*;
use crate::egress::{Guard, SystemResolver};
use crate::hook::{Opinion, REASON_LENGTH};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use std::sync::Arc;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

const NOW: Timestamp = Timestamp::from_millis(1_795_262_400_000);

/// What is allowed beside public addresses.
fn guard(allowed: &[&str]) -> Guard {
    let mut guard = Guard::default();
    for text in allowed {
        guard.allow(text).unwrap();
    }
    guard
}

/// A way on which nothing is allowed to tenants.
fn client() -> Client {
    client_for(Guard::default())
}

fn client_for(tenants: Guard) -> Client {
    let roots = rustls::RootCertStore::empty();
    Client::new(tenants, roots, Arc::new(SystemResolver)).unwrap()
}

/// A hook that answers once with these bytes, or never where there are none.
async fn hook(answer: String) -> UrlHook {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/hook", listener.local_addr().unwrap());
    tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut read = Vec::new();
        while !read.ends_with(b"{\"a\":1}") {
            read.push(stream.read_u8().await.unwrap());
        }
        if answer.is_empty() {
            std::future::pending::<()>().await;
        }
        // Who has enough hangs up.
        let _ = stream.write_all(answer.as_bytes()).await;
    });
    UrlHook {
        url,
        guard: guard(&["127.0.0.1"]),
        timeout: Duration::from_secs(10),
        on_failure: OnFailure::Pass,
        key: None,
    }
}

async fn said(status: &str, body: &str) -> Result<Answer, Failure> {
    let length = body.len();
    let answer = format!("HTTP/1.1 {status} -\r\ncontent-length: {length}\r\n\r\n{body}");
    let hook = hook(answer).await;
    ask(&hook, &client(), "q", b"{\"a\":1}", NOW).await
}

#[tokio::test]
async fn it_answers_as_a_program_does() {
    let body = r#"{"decision": "deny", "reason": "at night"}"#;
    let answer = said("200", body).await.unwrap();
    assert_eq!(answer.opinion, Opinion::Deny);
    assert_eq!(answer.reason, "at night");
    assert_eq!(answer, super::answer(body.as_bytes()).unwrap());
}

#[tokio::test]
async fn whatever_else_it_says_is_a_failure() {
    let approval = r#"{"decision": "approve"}"#;
    let long = format!(
        r#"{{"decision": "pass", "reason": "{}"}}"#,
        "x".repeat(REASON_LENGTH + 1)
    );
    for (status, body) in [
        ("204", ""),
        ("201", approval),
        ("200", "yes"),
        ("200", ""),
        ("200", &long),
    ] {
        let failure = said(status, body).await.unwrap_err();
        assert!(
            matches!(failure, Failure::Nonsense(_)),
            "{status} {body}: {failure:?}"
        );
    }
    for status in ["302", "307", "401", "500"] {
        let failure = said(status, approval).await.unwrap_err();
        assert!(
            matches!(failure, Failure::Unreachable(_)),
            "{status}: {failure:?}"
        );
    }
}

#[tokio::test]
async fn time_and_length_of_an_answer_are_limited() {
    let padded = |length: usize| format!("{:<length$}", r#"{"decision": "pass"}"#);
    assert!(said("200", &padded(OUTPUT_BYTES)).await.is_ok());
    assert_eq!(
        said("200", &padded(OUTPUT_BYTES + 1)).await,
        Err(Failure::TooMuch)
    );
    let hook = UrlHook {
        timeout: Duration::from_millis(100),
        ..hook(String::new()).await
    };
    let failure = ask(&hook, &client(), "q", b"{\"a\":1}", NOW).await;
    assert_eq!(failure, Err(Failure::TimedOut(hook.timeout)));
}

#[tokio::test]
async fn it_is_asked_only_where_its_own_guard_allows() {
    let hook = UrlHook {
        guard: guard(&["127.0.0.2"]),
        ..hook(String::new()).await
    };
    let client = client_for(guard(&["127.0.0.1"]));
    let failure = ask(&hook, &client, "q", b"{\"a\":1}", NOW)
        .await
        .unwrap_err()
        .to_string();
    assert!(failure.contains("a loopback address"), "{failure}");
    assert!(failure.contains("allow of the hook"), "{failure}");
}

/// Whoever has the key knows who asks: the scheme is that of webhooks.
#[tokio::test]
async fn the_question_is_signed_where_there_is_a_key() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let key = Key::read("whsec_AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=").unwrap();
    let hook = UrlHook {
        url: format!("http://{}/hook", listener.local_addr().unwrap()),
        guard: guard(&["127.0.0.1"]),
        timeout: Duration::from_secs(10),
        on_failure: OnFailure::Pass,
        key: Some(key.clone()),
    };
    let asked = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut read = Vec::new();
        while !read.ends_with(b"{\"a\":1}") {
            read.push(stream.read_u8().await.unwrap());
        }
        let body = r#"{"decision": "pass"}"#;
        let answer = format!(
            "HTTP/1.1 200 -\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        );
        stream.write_all(answer.as_bytes()).await.unwrap();
        String::from_utf8(read).unwrap()
    });
    let client = client();
    let answer = ask(&hook, &client, "q", b"{\"a\":1}", NOW).await.unwrap();
    assert_eq!(answer.opinion, Opinion::Pass);
    let asked = asked.await.unwrap();
    let header = |name: &str| {
        let line = asked.lines().find(|line| line.starts_with(name)).unwrap();
        line.split_once(": ").unwrap().1.to_owned()
    };
    assert_eq!(header("webhook-id"), "q");
    assert_eq!(header("webhook-timestamp"), "1795262400");
    let tag = key.sign(&[b"q.1795262400.{\"a\":1}"]);
    assert_eq!(
        header("webhook-signature"),
        format!("v1,{}", STANDARD.encode(tag))
    );
}
