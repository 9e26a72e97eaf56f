//! Text that wants to be more than text.

use super::tests::{clock, sound, tags, with};
use super::*;
use crate::clock::Timestamp;
use crate::domain::notice::Audience;
use proptest::prelude::*;
use serde_json::Value as Json;

/// Every text of a value but those that have a form of their own replaced.
fn replace(value: &mut Json, with: &str) {
    match value {
        Json::String(text) if Timestamp::parse(text).is_none() => *text = with.to_owned(),
        Json::Array(items) => items.iter_mut().for_each(|item| replace(item, with)),
        Json::Object(fields) => {
            for (name, field) in fields.iter_mut() {
                if !["event", "audience"].contains(&name.as_str()) {
                    replace(field, with);
                }
            }
        }
        _ => {}
    }
}

fn hostile(event: Event, audience: Audience, text: &str) -> Facts {
    let mut facts = serde_json::to_value(samples(event, audience)).unwrap();
    replace(&mut facts, text);
    serde_json::from_value(facts).unwrap()
}

#[test]
fn hostile_text_in_every_field_is_only_text() {
    for text in [
        "</dd><script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "\" onload=\"x",
        "x\r\nBcc: eve@example.com\r\n\r\n<b>",
        "\u{202e}\u{2066}moc.live\u{200f}\u{61c}",
        "\0\u{1b}[2J\u{7f}\u{85}\u{2028}",
        "{{ event }}{% include 'x' %}{who}{id}",
        "<!--",
        "]]>",
        "&lt;script&gt;",
        "$(Remove-Item x)`\"; 'x",
    ] {
        for event in Event::ALL {
            for audience in Audience::ALL {
                let facts = hostile(*event, *audience, text);
                let letter = with(&facts, Language::En, |setting| {
                    setting.sender = text;
                    setting.checkpoint = Some(text);
                    setting.link = Some(text);
                });
                sound(&letter);
                let benign = with(&hostile(*event, *audience, "x"), Language::En, |setting| {
                    setting.sender = "x";
                    setting.checkpoint = Some("x");
                });
                assert_eq!(tags(&letter.html), tags(&benign.html), "{text}");
                assert!(!letter.text.contains("Set-Access"), "{text}");
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whatever_stands_in_a_field_the_letter_is_sound(
        text in "(?s).{1,80}",
        event in 0..Event::ALL.len(),
        audience in 0..Audience::ALL.len(),
        language in 0..Language::ALL.len(),
    ) {
        let facts = hostile(Event::ALL[event], Audience::ALL[audience], &text);
        let letter = with(&facts, Language::ALL[language], |setting| setting.sender = &text);
        sound(&letter);
        let envelope = mime::Envelope {
            from: "lockbox@fabrikam.example",
            to: "ada@contoso.example",
            delivery: "1",
            host: "fabrikam.example",
            date: facts.at,
        };
        // Ids of the facts that are none are refused; with sound ones the message has its headers only.
        let mut known = facts.clone();
        let sample = samples(facts.event, facts.audience);
        known.tenant.id = sample.tenant.id;
        if let (Some(request), Some(sample)) = (&mut known.request, sample.request) {
            request.identity = sample.identity;
        }
        let sent = mime::message(&letter, &known, &envelope).unwrap().formatted();
        let sent = String::from_utf8(sent).unwrap();
        prop_assert!(sent.is_ascii());
        let (head, _) = sent.split_once("\r\n\r\n").unwrap();
        for line in head.split("\r\n") {
            let name = line.split(':').next().unwrap();
            let known = ["From", "To", "Subject", "Date", "Message-ID", "In-Reply-To", "References",
                "Auto-Submitted", "X-Auto-Response-Suppress", "List-Id", "X-Lockbox-Event",
                "X-Lockbox-Request", "Importance", "X-Priority", "MIME-Version", "Content-Type"];
            prop_assert!(line.starts_with(' ') || known.contains(&name), "{:?}", line);
            prop_assert!(!line.contains(['\r', '\n']));
        }
    }

    #[test]
    fn whatever_a_tenant_writes_nothing_breaks(text in "(\\{\\{|\\}\\}|\\{%|%\\}|if|for|in|end|\\||request|details|\\.|reason| |\"|<|\n|[a-z]){0,40}") {
        let own = Template { subject: "x".to_owned(), text: text.clone(), html: Some(text) };
        let clock = clock();
        let facts = samples(Event::RequestArrived, Audience::Approvers);
        let checked = check(Event::RequestArrived, &own, &clock);
        let setting = Setting { language: Language::En, zone: None, link: None, checkpoint: None, sender: "x", clock: &clock };
        let letter = render(&facts, &setting, Some(&own));
        if checked.is_ok() {
            prop_assert_eq!(letter.fell_back, None);
        }
    }
}
