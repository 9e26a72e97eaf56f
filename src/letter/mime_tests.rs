use super::*;
use crate::clock::SystemClock;
use crate::domain::notice::settings::Language;
use crate::domain::notice::{Audience, Event};
use crate::letter::{Setting, render, samples};

const ENVELOPE: Envelope = Envelope {
    from: "Customer Lockbox <lockbox@fabrikam.example>",
    to: "ada@contoso.example",
    delivery: "0c7e5d5a-6f7f-4e55-9d6b-0d7b7a3d9c11",
    host: "fabrikam.example",
    date: Timestamp::from_millis(1_795_262_400_000),
};

fn letter(facts: &Facts, language: Language) -> Letter {
    let clock = SystemClock::new();
    let setting = Setting {
        language,
        zone: None,
        link: None,
        checkpoint: None,
        sender: "Customer Lockbox",
        clock: &clock,
    };
    render(facts, &setting, None)
}

fn formatted(event: Event, language: Language) -> String {
    let facts = samples(event, Audience::Approvers);
    let message = message(&letter(&facts, language), &facts, &ENVELOPE).unwrap();
    String::from_utf8(message.formatted()).expect("ASCII")
}

fn headers(message: &str) -> Vec<String> {
    let (head, _) = message.split_once("\r\n\r\n").unwrap();
    let unfolded = head.replace("\r\n ", " ");
    unfolded.split("\r\n").map(str::to_owned).collect()
}

#[test]
fn a_request_that_waits_is_urgent_and_one_conversation() {
    let headers = headers(&formatted(Event::RequestArrived, Language::En));
    for expected in [
        "From: \"Customer Lockbox\" <lockbox@fabrikam.example>",
        "To: ada@contoso.example",
        "Subject: A Customer Lockbox request is pending your approval",
        "Date: Sat, 21 Nov 2026 12:00:00 +0000",
        "Message-ID: <0c7e5d5a-6f7f-4e55-9d6b-0d7b7a3d9c11@fabrikam.example>",
        "In-Reply-To: <753680af-f974-4968-b451-bff85bafb18d@fabrikam.example>",
        "References: <753680af-f974-4968-b451-bff85bafb18d@fabrikam.example>",
        "Auto-Submitted: auto-generated",
        "List-Id: Customer Lockbox <9f1c2f6e-6d0a-4c57-8f2b-5b3c1f0d7a11.lockbox.fabrikam.example>",
        "Importance: high",
        "X-Priority: 1",
        "X-Lockbox-Event: requestArrived",
        "X-Lockbox-Request: 753680af-f974-4968-b451-bff85bafb18d",
    ] {
        assert!(
            headers.iter().any(|header| header == expected),
            "{expected}\n{headers:#?}"
        );
    }
}

#[test]
fn what_is_about_no_request_has_no_conversation_and_little_is_urgent() {
    let policy = formatted(Event::PolicyChanged, Language::En);
    let headers = headers(&policy).join("\n");
    for absent in [
        "References",
        "In-Reply-To",
        "Importance",
        "X-Priority",
        "X-Lockbox-Request",
        "Precedence",
    ] {
        assert!(!headers.contains(absent), "{absent}\n{headers}");
    }
    let urgent: Vec<&Event> = Event::ALL
        .iter()
        .filter(|one| super::urgent(&samples(**one, Audience::Approvers)))
        .collect();
    assert_eq!(urgent.len(), 4, "{urgent:?}");
}

#[test]
fn a_second_attempt_is_the_same_message() {
    for language in Language::ALL {
        let first = formatted(Event::RequestArrived, language);
        assert_eq!(first, formatted(Event::RequestArrived, language));
    }
}

#[test]
fn lines_are_ascii_and_short_in_every_language() {
    for language in Language::ALL {
        for event in Event::ALL {
            let message = formatted(*event, language);
            assert!(message.is_ascii());
            let longest = message.split("\r\n").map(str::len).max().unwrap();
            assert!(longest <= 998, "{longest} in {event} {language:?}");
            assert!(!message.replace("\r\n", "").contains(['\r', '\n']));
        }
    }
}

#[test]
fn no_value_of_a_letter_or_an_envelope_makes_a_header() {
    let facts = samples(Event::RequestArrived, Audience::Approvers);
    let mut hostile = letter(&facts, Language::En);
    hostile.subject = "Hi\r\nBcc: eve@example.com\u{2028}ü".to_owned();
    let sent = message(&hostile, &facts, &ENVELOPE).unwrap();
    let sent = String::from_utf8(sent.formatted()).unwrap();
    assert!(!sent.contains("\r\nBcc"), "{sent}");

    let named = Envelope {
        from: "Eve\r\nBcc: x <lockbox@fabrikam.example>",
        ..ENVELOPE
    };
    let sent = message(&hostile, &facts, &named).unwrap();
    assert!(
        !String::from_utf8(sent.formatted())
            .unwrap()
            .contains("\r\nBcc")
    );

    let mut other = facts.clone();
    other.request.as_mut().unwrap().identity = "x>\r\nBcc: y".to_owned();
    for (facts, envelope, said) in [
        (
            &facts,
            Envelope {
                delivery: "a>\r\nBcc: x",
                ..ENVELOPE
            },
            "The delivery 'a>\\r\\nBcc: x' cannot stand",
        ),
        (
            &facts,
            Envelope {
                delivery: "",
                ..ENVELOPE
            },
            "The delivery ''",
        ),
        (
            &facts,
            Envelope {
                host: "fab rikam",
                ..ENVELOPE
            },
            "The host 'fab rikam'",
        ),
        (&other, ENVELOPE, "The request's identity 'x>\\r\\nBcc: y'"),
        (
            &facts,
            Envelope {
                to: "ada@contoso.example, eve@example.com",
                ..ENVELOPE
            },
            "is no address",
        ),
        (
            &facts,
            Envelope {
                to: "ada@contoso.example\r\nBcc: x",
                ..ENVELOPE
            },
            "is no address",
        ),
        (
            &facts,
            Envelope {
                to: "ädä@contoso.example",
                ..ENVELOPE
            },
            "letters beyond ASCII",
        ),
        (
            &facts,
            Envelope {
                to: "ada@exämple.com",
                ..ENVELOPE
            },
            "letters beyond ASCII",
        ),
        (
            &facts,
            Envelope {
                from: "lockbox",
                ..ENVELOPE
            },
            "'lockbox' (from) is no address",
        ),
    ] {
        let refused = message(&hostile, facts, &envelope).expect_err(said);
        assert!(refused.contains(said), "{refused}");
    }
}
