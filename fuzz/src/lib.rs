//! What is fed with arbitrary bytes, and what must hold then. A panic is a finding.
//!
//! The targets of cargo-fuzz call these functions, and `tests/integration/fuzz.rs` calls them with
//! the seeds and with random changes of them. By hand, from this directory's parent:
//!
//! ```text
//! RUSTC_BOOTSTRAP=1 cargo fuzz run --sanitizer none rpc fuzz/corpus/rpc fuzz/seeds/rpc -- -max_total_time=600 -dict=fuzz/words.dict
//! ```

#[path = "lab.rs"]
mod lab;

use customer_lockbox::audit::text::{check_free_text, escape_bidi, fold};
use customer_lockbox::audit::{address, canonical, canonical_json};
use customer_lockbox::clock::Timestamp;
use customer_lockbox::config::{Config, Overrides};
use customer_lockbox::domain::scope::{Role, Scope};
use customer_lockbox::ids::RequestId;
use serde_json::Value;
use std::cell::RefCell;

/// The body of `POST /rpc`, down to the typed params and the use cases. The first byte says whose
/// token is sent.
pub fn rpc(data: &[u8]) {
    thread_local! {
        static LAB: RefCell<lab::Lab> = RefCell::new(lab::Lab::new());
    }
    let Some((who, body)) = data.split_first() else {
        return;
    };
    LAB.with_borrow_mut(|lab| {
        let Some(answer) = lab.send(*who, body) else {
            return;
        };
        let answer: Value = serde_json::from_slice(&answer).expect("an answer is JSON");
        match answer {
            Value::Array(answers) => {
                assert!(!answers.is_empty(), "an empty batch of answers");
                answers.iter().for_each(check_answer);
            }
            answer => check_answer(&answer),
        }
    });
}

fn check_answer(answer: &Value) {
    assert_eq!(answer["jsonrpc"], "2.0", "{answer}");
    let id = answer.get("id").expect("an answer has an id");
    assert!(id.is_null() || id.is_string() || id.is_number(), "{answer}");
    match (answer.get("result"), answer.get("error")) {
        (Some(_), None) => {}
        (None, Some(error)) => {
            assert_ne!(error["code"], -32_603, "a fault of the daemon: {answer}");
            for key in ["code", "message", "remedy"] {
                let text = error["data"][key].as_str().unwrap_or_default();
                assert!(!text.is_empty(), "an error without {key}: {answer}");
            }
        }
        _ => panic!("neither a result nor an error, or both: {answer}"),
    }
}

/// The canonical form: one text for one value, and stable.
pub fn canonical(data: &[u8]) {
    let Ok(value) = canonical::parse(data) else {
        return;
    };
    let Ok(bytes) = canonical_json(&value) else {
        return;
    };
    let again = canonical::parse(&bytes).expect("canonical bytes are JSON");
    assert_eq!(again, value, "the canonical form means something else");
    assert_eq!(canonical_json(&again).expect("canonical twice"), bytes);
    // The order of keys in what was read makes no difference.
    assert_eq!(canonical_json(&turned(value)).expect("turned"), bytes);
}

/// The same value with the keys of its objects the other way round.
fn turned(value: Value) -> Value {
    match value {
        Value::Object(map) => Value::Object(
            map.into_iter()
                .rev()
                .map(|(key, value)| (key, turned(value)))
                .collect(),
        ),
        Value::Array(items) => Value::Array(items.into_iter().map(turned).collect()),
        other => other,
    }
}

/// The configuration file: a configuration, or problems that say something.
pub fn config(data: &[u8]) {
    thread_local! {
        static DIR: tempfile::TempDir = lab::scratch();
    }
    DIR.with(|dir| {
        let file = dir.path().join("lockboxd.toml");
        std::fs::write(&file, data).expect("a scratch file");
        let overrides = Overrides {
            file: Some(file),
            data_dir: Some("/data".into()),
            ..Overrides::default()
        };
        if let Err(problems) = Config::load(&overrides) {
            assert!(!problems.0.is_empty(), "refused without a reason");
            assert!(problems.0.iter().all(|problem| !problem.trim().is_empty()));
        }
    });
}

/// Every parser of instants, ids, scopes and addresses: what was read is written back as itself.
pub fn times(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    if let Some(instant) = Timestamp::parse(text) {
        let written = instant.to_string();
        assert_eq!(Timestamp::parse(&written), Some(instant), "{text:?}");
        let seconds = instant.to_seconds_text();
        assert!(written.starts_with(&seconds[..10]), "{text:?}: {seconds}");
    }
    if let Ok(id) = text.parse::<RequestId>() {
        assert_eq!(id.to_string().parse::<RequestId>(), Ok(id));
    }
    if let Ok(role) = text.parse::<Role>() {
        assert_eq!(role.to_string().parse::<Role>(), Ok(role));
    }
    if let Ok(scope) = text.parse::<Scope>() {
        assert_eq!(scope.to_string().parse::<Scope>(), Ok(scope.clone()));
        assert!(scope.contains(&scope));
    }
    if let Ok(read) = address::read_client_ip("/clientIp", text) {
        let again = address::read_client_ip("/clientIp", &read).expect("read twice");
        assert_eq!(again, read, "{text:?}");
        assert!(!address::address_only(&read).is_empty() || read.is_empty());
    }
    if check_free_text("/text", text).is_ok() {
        let shown = escape_bidi(text);
        assert_eq!(escape_bidi(&shown), shown, "{text:?}");
    }
    assert_eq!(fold(&fold(text)), fold(text), "{text:?}");
}
