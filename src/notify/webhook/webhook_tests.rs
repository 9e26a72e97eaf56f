use super::*;
use crate::clock::Timestamp;
use crate::contract::{event_schema, validate_event};
use crate::crypto::signing::Key;
use crate::domain::notice::facts::{Approvals, Detail, RequestFacts, TenantFacts};
use crate::domain::notice::{Audience, Event};
use crate::egress::sign;
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

const AT: &str = "2026-11-21T12:00:00.000Z";
const EVENT_ID: &str = "3d1f6f0e-7b1a-4d53-9a63-0f5f2f4c8e01";
const OLD_KEY: &str = "whsec_AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=";
const NEW_KEY: &str = "whsec_AgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgI=";

/// What nobody should be able to do with a reason.
const HOSTILE: &str = "<!channel> <@U024BE7LH> <https://evil.example|Approve> & *bold* _it_ `code` [Approve](https://evil.example) <at>Ada</at>\u{202e}txt.exe\u{2066}\n\nDecision: Approve\u{7}\u{1b}[2J\u{2028}end";

fn at(text: &str) -> Timestamp {
    Timestamp::parse(text).unwrap()
}

/// Facts with everything in them that can be.
fn facts(event: Event, reason: &str) -> Facts {
    Facts {
        event,
        audience: Audience::Approvers,
        at: at(AT),
        tenant: TenantFacts {
            id: "9f1c2f6e-6d0a-4c57-8f2b-5b3c1f0d7a11".to_owned(),
            name: "contoso.onmicrosoft.com".to_owned(),
            display_name: Some("Contoso".to_owned()),
        },
        request: event.of_request().then(|| RequestFacts {
            identity: "0f8fad5b-d9cb-469f-a165-70867728950e".to_owned(),
            request_id: "EXSR000042".to_owned(),
            profile: "microsoft365".to_owned(),
            service_name: "Exchange".to_owned(),
            service_request_number: "SR-4711".to_owned(),
            requestor: "Microsoft Engineer".to_owned(),
            reason: reason.to_owned(),
            state: "Pending".to_owned(),
            resources: vec!["mailbox:ada@contoso.com".to_owned()],
            data_categories: vec!["mail".to_owned()],
            access_level: "read".to_owned(),
            created_date: at("2026-11-21T11:00:00.000Z"),
            duration_seconds: 14_400,
            citizenship: Some("CH".to_owned()),
            expiration_date: Some(at("2026-11-21T23:00:00.000Z")),
            approvals: Some(Approvals {
                given: 1,
                needed: 2,
            }),
            decision: Some("Approve".to_owned()),
            decided_by: Some("ada@contoso.com".to_owned()),
            comment: Some("Änderung ok".to_owned()),
            access_start: Some(at(AT)),
            access_end: Some(at("2026-11-21T16:00:00.000Z")),
            actions: Some(3),
        }),
        actor: Some("ada@contoso.com".to_owned()),
        details: vec![Detail {
            name: "Change".to_owned(),
            value: "approval is not required any more".to_owned(),
        }],
    }
}

/// The least that an event can be told with.
fn bare(event: Event) -> Facts {
    let mut facts = facts(event, "");
    facts.actor = None;
    facts.details.clear();
    facts.tenant.display_name = None;
    if let Some(request) = &mut facts.request {
        request.citizenship = None;
        request.expiration_date = None;
        request.approvals = None;
        request.decided_by = None;
        request.comment = None;
        request.access_start = None;
        request.access_end = None;
        request.resources.clear();
        if event != Event::RequestDecided {
            request.decision = None;
        }
        if event != Event::EngineerActed {
            request.actions = None;
        }
    }
    facts
}

fn posted(format: Format, facts: &Facts) -> Post {
    let source = source(facts);
    let told = Told {
        id: EVENT_ID,
        source: &source,
        facts,
    };
    post(format, &told).unwrap()
}

fn body(post: &Post) -> Value {
    serde_json::from_slice(&post.body).unwrap()
}

fn headers(post: &Post) -> Map<String, Value> {
    let pairs = post.headers.iter();
    pairs
        .map(|(name, value)| (name.to_string(), json!(value.to_str().unwrap())))
        .collect()
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/webhooks")
}

/// Holds a value against its file; LOCKBOX_UPDATE_GOLDENS=1 writes it.
fn hold(name: &str, value: &Value) {
    let path = folder().join(name);
    let text = format!("{}\n", serde_json::to_string_pretty(value).unwrap());
    if std::env::var("LOCKBOX_UPDATE_GOLDENS").is_ok_and(|value| value == "1") {
        std::fs::create_dir_all(folder()).unwrap();
        std::fs::write(&path, &text).unwrap();
    }
    let golden = std::fs::read_to_string(&path).unwrap();
    assert_eq!(text, golden, "{name}");
}

#[test]
fn every_format_is_as_it_was() {
    let mut expected = BTreeSet::from(["signed.json".to_owned()]);
    for format in Format::ALL {
        for (case, facts) in [
            (
                "arrived",
                facts(Event::RequestArrived, "Mailbox is corrupt"),
            ),
            (
                "decided",
                facts(Event::RequestDecided, "Mailbox is corrupt"),
            ),
            ("hostile", facts(Event::RequestArrived, HOSTILE)),
            ("settings", facts(Event::SettingsChanged, "")),
            ("least", bare(Event::RequestExpired)),
        ] {
            let post = posted(*format, &facts);
            let name = format!("{format}-{case}.json");
            hold(
                &name,
                &json!({"headers": headers(&post), "body": body(&post)}),
            );
            expected.insert(name);
        }
    }
    let present: BTreeSet<String> = std::fs::read_dir(folder())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    assert_eq!(present, expected);
}

/// Signed by two keys, as while they change; `tests/notify/check.py` lets another implementation
/// verify this file.
#[test]
fn a_signed_post_is_as_it_was() {
    let post = posted(Format::CloudEvents, &facts(Event::RequestArrived, HOSTILE));
    let mut signed = post.clone();
    let keys = [key(NEW_KEY), key(OLD_KEY)];
    sign(&mut signed.headers, "msg_2Kf", at(AT), &post.body, &keys).unwrap();
    let again = {
        let mut headers = post.headers.clone();
        sign(
            &mut headers,
            "msg_2Kf",
            at("2026-11-21T12:00:00.999Z"),
            &post.body,
            &keys,
        )
        .unwrap();
        headers
    };
    assert_eq!(again, signed.headers, "told again in the same second");
    hold(
        "signed.json",
        &json!({
            "keys": [NEW_KEY, OLD_KEY],
            "headers": headers(&signed),
            "body": std::str::from_utf8(&signed.body).unwrap(),
        }),
    );
}

#[test]
fn nothing_is_posted_unsigned_or_ambiguously_signed() {
    let mut headers = HeaderMap::new();
    let keys = [key(OLD_KEY)];
    for (id, keys) in [
        ("msg_1", &[][..]),
        ("msg.1", &keys),
        ("", &keys),
        ("a\nb", &keys),
    ] {
        sign(&mut headers, id, at(AT), b"{}", keys).unwrap_err();
    }
    assert!(headers.is_empty());
    // The scheme: HMAC-SHA256 of id, seconds and body, with dots between.
    sign(&mut headers, "msg_1", at(AT), b"{}", &keys).unwrap();
    let tag = keys[0].sign(&[b"msg_1.1795262400.{}"]);
    let said = headers["webhook-signature"].to_str().unwrap();
    assert_eq!(said.strip_prefix("v1,").unwrap(), base64(&tag));
}

fn key(text: &str) -> Key {
    Key::read(text).unwrap()
}

fn base64(bytes: &[u8]) -> String {
    use base64::Engine;
    base64::engine::general_purpose::STANDARD.encode(bytes)
}

/// The schema of every event takes everything that is told of it, and knows every member.
#[test]
fn the_data_of_every_event_is_as_its_schema_says() {
    for event in Event::ALL {
        let schema = event_schema(event.as_str()).unwrap().unwrap();
        assert_eq!(schema["$id"], schema_id(*event));
        assert_eq!(schema["title"], event_type(*event));
        for facts in [facts(*event, HOSTILE), bare(*event)] {
            let structured = body(&posted(Format::CloudEvents, &facts));
            let data = &structured["data"];
            assert_eq!(structured["dataschema"], schema["$id"]);
            if let Err(problems) = validate_event(event.as_str(), data) {
                panic!("{event}: {problems}");
            }
            known(data, &schema["properties"], event.as_str());
            for part in ["tenant", "request"] {
                if let Some(part_data) = data.get(part) {
                    known(part_data, &schema["$defs"][part]["properties"], part);
                }
            }
            assert_eq!(body(&posted(Format::CloudEventsBinary, &facts)), *data);
            assert_eq!(body(&posted(Format::Json, &facts))["data"], *data);
        }
        for (name, wrong) in [
            ("event", json!("other")),
            ("at", json!("yesterday")),
            ("tenant", json!({})),
        ] {
            let mut data = body(&posted(Format::CloudEventsBinary, &facts(*event, "")));
            data[name] = wrong;
            assert!(
                validate_event(event.as_str(), &data).is_err(),
                "{event} {name}"
            );
        }
    }
    assert_eq!(event_schema("common").unwrap(), None);
    let files = Path::new(env!("CARGO_MANIFEST_DIR")).join("schemas/events");
    let count = std::fs::read_dir(files).unwrap().count();
    assert_eq!(
        count,
        Event::ALL.len() + 1,
        "a file for each, and the shared one"
    );
}

fn known(data: &Value, properties: &Value, place: &str) {
    for name in data.as_object().unwrap().keys() {
        assert!(
            properties.get(name).is_some(),
            "{place}: {name} is not in the schema"
        );
    }
}

#[test]
fn headers_of_the_binary_mode_are_percent_encoded() {
    // The examples of the HTTP binding, 3.1.3.2.
    for (text, expected) in [
        ("Euro € 😀", "Euro%20%E2%82%AC%20%F0%9F%98%80"),
        ("a\"b%c", "a%22b%25c"),
        ("/tenants/1?x=~!", "/tenants/1?x=~!"),
        ("a\r\nb", "a%0D%0Ab"),
    ] {
        assert_eq!(cloudevents::encoded(text), expected);
    }
    let facts = facts(Event::RequestArrived, "");
    let told = Told {
        id: "i d",
        source: "/tenants/é",
        facts: &facts,
    };
    let post = post(Format::CloudEventsBinary, &told).unwrap();
    assert_eq!(post.headers["ce-id"], "i%20d");
    assert_eq!(post.headers["ce-source"], "/tenants/%C3%A9");
}

/// Every text in a value, with the kind of the object that holds it.
fn texts<'a>(value: &'a Value, found: &mut Vec<(&'a str, &'a str)>) {
    match value {
        Value::Object(members) => {
            if let (Some(kind), Some(text)) = (
                members.get("type").and_then(Value::as_str),
                members.get("text").and_then(Value::as_str),
            ) {
                found.push((kind, text));
            }
            members.values().for_each(|member| texts(member, found));
        }
        Value::Array(items) => items.iter().for_each(|item| texts(item, found)),
        _ => {}
    }
}

#[test]
fn hostile_text_stays_text_and_nothing_decides() {
    for event in Event::ALL {
        let mut facts = facts(*event, HOSTILE);
        facts.actor = Some(HOSTILE.to_owned());
        facts.tenant.display_name = Some(HOSTILE.to_owned());
        facts.details = vec![Detail {
            name: "*<!here>*".to_owned(),
            value: HOSTILE.to_owned(),
        }];
        if let Some(request) = &mut facts.request {
            request.request_id = "A'; <!here>".to_owned();
        }
        let slack = body(&posted(Format::Slack, &facts));
        let teams = body(&posted(Format::Teams, &facts));
        let mut found = vec![("text", slack["text"].as_str().unwrap())];
        texts(&slack, &mut found);
        for (kind, text) in &found {
            assert!(!text.contains(['<', '>']), "{event}, {kind}: {text}");
            let formatted = text.trim_matches('*').contains(['*', '_', '`', '~']);
            assert!(
                *kind == "plain_text" || *kind == "text" || !formatted,
                "{kind}: {text}"
            );
        }
        assert_eq!(slack["mrkdwn"], false);
        let mut runs = Vec::new();
        texts(&teams["attachments"][0]["content"]["body"], &mut runs);
        assert!(runs.iter().all(|(kind, _)| *kind == "TextRun"), "{runs:?}");
        found.extend(runs);
        for (kind, text) in found {
            let odd =
                |c: char| c != '\n' && (c.is_control() || "\u{202e}\u{2066}\u{2028}".contains(c));
            assert!(!text.contains(odd), "{event}, {kind}: {text:?}");
            assert!(!text.contains("RequestId A"), "{text}");
        }
        for value in [&slack, &teams] {
            let all = value.to_string();
            for word in [
                "\"actions\"",
                "\"button\"",
                "\"selectAction\"",
                "\"url\"",
                "Action.",
            ] {
                assert!(!all.contains(word), "{event}: {word}");
            }
        }
    }
}

#[test]
fn long_values_are_cut_to_what_the_receivers_take() {
    let facts = |reason: String| facts(Event::RequestArrived, &reason);
    let longest = |value: &Value| {
        let mut found = Vec::new();
        texts(value, &mut found);
        found
            .iter()
            .map(|(_, text)| text.chars().count())
            .max()
            .unwrap()
    };
    for sign in ["x", "&", "\u{202e}", "\u{7}", "😀"] {
        for format in [Format::Slack, Format::Teams] {
            let all = body(&posted(format, &facts(sign.repeat(4_000))));
            assert!(longest(&all) <= 2_000, "{format} {sign:?}");
        }
    }
    let shown = |length: usize| words::shown(&"x".repeat(length), words::VALUE_LENGTH);
    assert_eq!(shown(words::VALUE_LENGTH), "x".repeat(words::VALUE_LENGTH));
    let cut = shown(words::VALUE_LENGTH + 1);
    assert_eq!(cut.chars().count(), words::VALUE_LENGTH);
    assert!(cut.ends_with('…'));
    let mut many = facts(String::new());
    many.details = vec![many.details[0].clone(); 100];
    let slack = body(&posted(Format::Slack, &many));
    let blocks = slack["blocks"].as_array().unwrap();
    assert!(blocks.len() <= 8, "{}", blocks.len());
    for block in blocks {
        assert!(
            block["fields"]
                .as_array()
                .is_none_or(|fields| fields.len() <= 10)
        );
    }
    assert!(slack.to_string().contains(" more"));
}
