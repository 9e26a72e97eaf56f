use super::*;
use crate::clock::zones::zone;
use crate::clock::{ManualClock, Timestamp};
use crate::domain::notice::Audience;
use crate::domain::notice::facts::{Approvals, RequestFacts};
use std::fmt::Write;
use std::path::PathBuf;
use std::sync::LazyLock;

pub(super) fn clock() -> ManualClock {
    ManualClock::at(Timestamp::from_millis(0))
}

/// The shipped letter.
fn shipped(facts: &Facts, language: Language) -> Letter {
    with(facts, language, |_| {})
}

pub(super) fn with<'a>(
    facts: &Facts,
    language: Language,
    change: impl FnOnce(&mut Setting<'a>),
) -> Letter {
    static CLOCK: LazyLock<ManualClock> = LazyLock::new(clock);
    let mut setting = Setting {
        language,
        zone: None,
        link: None,
        checkpoint: None,
        sender: "Customer Lockbox",
        clock: &*CLOCK,
    };
    change(&mut setting);
    render(facts, &setting, None)
}

fn english(event: Event, audience: Audience) -> Letter {
    shipped(&samples(event, audience), Language::En)
}

fn requested(change: impl FnOnce(&mut RequestFacts)) -> Facts {
    let mut facts = samples(Event::RequestArrived, Audience::Approvers);
    change(facts.request.as_mut().unwrap());
    facts
}

/// The tags of a document in order, with their attributes; panics where they are not balanced, or
/// where a sign stands that would begin one.
pub(super) fn tags(html: &str) -> Vec<String> {
    let (mut found, mut open) = (Vec::new(), Vec::new());
    let mut rest = html;
    while let Some((text, after)) = rest.split_once('<') {
        assert!(!text.contains('>'), "a stray sign: {text}");
        let (tag, next) = after.split_once('>').expect("a tag ends");
        let name = tag.split_whitespace().next().unwrap_or_default();
        match name.strip_prefix('/') {
            Some(name) => assert_eq!(open.pop().as_deref(), Some(name), "in {html}"),
            None if matches!(name, "!DOCTYPE" | "meta" | "br") => {}
            None => open.push(name.to_owned()),
        }
        found.push(tag.to_owned());
        rest = next;
    }
    assert!(
        !rest.contains('>') && open.is_empty(),
        "{open:?} stay open in {html}"
    );
    found
}

/// A letter as it must always be.
pub(super) fn sound(letter: &Letter) {
    assert_eq!(letter.fell_back, None);
    assert!(!letter.subject.trim().is_empty());
    assert!(
        letter.subject.chars().count() <= SUBJECT_LENGTH,
        "{}",
        letter.subject
    );
    let plain = |c: char| {
        !c.is_control()
            && !matches!(c, '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{200e}' | '\u{200f}' | '\u{61c}')
    };
    assert!(letter.subject.chars().all(plain), "{:?}", letter.subject);
    for text in [&letter.text, &letter.html] {
        assert!(text.chars().all(|c| c == '\n' || plain(c)), "{text:?}");
    }
    let tags = tags(&letter.html);
    for tag in &tags {
        let name = tag
            .trim_start_matches('/')
            .split_whitespace()
            .next()
            .unwrap();
        let known = [
            "!DOCTYPE", "html", "head", "meta", "title", "style", "body", "div", "p", "h1", "dl",
            "dt", "dd", "pre", "a", "br",
        ];
        assert!(known.contains(&name), "{tag}");
    }
}

#[test]
fn every_event_is_told_to_every_audience_in_every_language() {
    let zurich = zone("Europe/Zurich").unwrap();
    for event in Event::ALL {
        for audience in Audience::ALL {
            for decision in ["Approve", "Deny", "Cancel"] {
                let mut facts = samples(*event, *audience);
                if let Some(decided) = facts.request.as_mut().and_then(|one| one.decision.as_mut())
                {
                    *decided = decision.to_owned();
                }
                for language in Language::ALL {
                    let letter = with(&facts, language, |setting| setting.zone = Some(&zurich));
                    sound(&letter);
                    let at = format!("{event} {audience} {language:?}");
                    for text in [&letter.subject, &letter.text] {
                        assert!(!text.contains(['{', '}', '?']), "{at}: {text}");
                        assert!(!text.contains("http"), "{at}: {text}");
                    }
                    assert!(!letter.html.contains("http"), "{at}");
                    assert!(
                        letter.text.contains("Europe/Zurich"),
                        "{at}: {}",
                        letter.text
                    );
                }
            }
        }
    }
}

#[test]
fn every_mail_about_a_request_has_the_documented_fields_in_their_order() {
    let fields = [
        "Product: Exchange",
        "Service Request #: CLB#TEST02052018",
        "Request ID: 753680af-f974-4968-b451-bff85bafb18d (EXSR000042)",
        "Tenant: Contoso (contoso.onmicrosoft.com)",
        "Requestor: ",
        "Reason: Troubleshoot issues impacting the customer's service",
        "Create Time: 2026-11-21 12:00:00 UTC",
        "Duration: 04:00:00 hours",
        "Citizenship: Unknown",
        "Expires: 2026-11-22 0",
    ];
    for event in Event::ALL.iter().filter(|event| event.of_request()) {
        for audience in Audience::ALL {
            let letter = english(*event, *audience);
            let lines: Vec<&str> = letter.text.lines().collect();
            let first = lines
                .iter()
                .position(|line| line.starts_with(fields[0]))
                .unwrap();
            for (line, field) in lines[first..].iter().zip(fields) {
                assert!(
                    line.starts_with(field),
                    "{event} {audience}: {line} / {field}"
                );
            }
            for field in fields {
                let (label, value) = field.split_once(": ").unwrap();
                let value = shown::html(value);
                let part = format!("<dt>{label}</dt><dd dir=\"auto\">{value}");
                assert!(letter.html.contains(&part), "{event} {audience}: {part}");
            }
        }
    }
}

#[test]
fn those_who_may_decide_are_given_the_commands_and_nobody_else() {
    let approve = "Set-AccessToCustomerDataRequest -RequestId EXSR000042 -ApprovalDecision Approve -Comment \"...\"";
    for event in Event::ALL {
        for audience in Audience::ALL {
            let waits = matches!(
                event,
                Event::RequestArrived
                    | Event::RequestReminder
                    | Event::RequestEscalated
                    | Event::ApprovalRecorded
                    | Event::DenialRecorded
            );
            let provider = matches!(audience, Audience::Requester | Audience::Reviewers);
            let letter = english(*event, *audience);
            let decides = letter.text.contains(approve);
            assert_eq!(decides, waits && !provider, "{event} {audience}");
            assert_eq!(
                letter.text.contains(&approve.replace("Approve", "Deny")),
                decides
            );
            assert_eq!(letter.html.contains(&shown::html(approve)), decides);
            assert_eq!(
                letter
                    .text
                    .contains("If nobody answers, the request expires at 2026-11-22 01:00:00 UTC"),
                waits
            );
            let reviews = letter.text.contains("Confirm-AccessToCustomerDataRequest -Identity 753680af-f974-4968-b451-bff85bafb18d -Decision Approve");
            assert_eq!(
                reviews,
                *event == Event::RequestSubmitted && *audience == Audience::Reviewers
            );
        }
    }
}

#[test]
fn the_others_hear_who_decided_and_that_nothing_is_left_to_do() {
    for (decision, said) in [
        (
            "Approve",
            "ada@contoso.example approved this request. Your decision is no longer needed.",
        ),
        (
            "Deny",
            "ada@contoso.example denied this request. Nobody gets access, and your decision is no longer needed.",
        ),
        (
            "Cancel",
            "ada@contoso.example canceled this request. Nobody has access, and your decision is no longer needed.",
        ),
    ] {
        let mut facts = samples(Event::RequestDecided, Audience::OtherApprovers);
        facts.request.as_mut().unwrap().decision = Some(decision.to_owned());
        let text = shipped(&facts, Language::En).text;
        assert!(text.contains(said), "{text}");
        let stops = text.contains("-ApprovalDecision Cancel");
        assert_eq!(stops, decision == "Approve", "{text}");
    }
    let requester = english(Event::RequestDecided, Audience::Requester).text;
    assert!(
        requester.contains("approved your request. You have access"),
        "{requester}"
    );
    assert!(!requester.contains("Set-Access"), "{requester}");
}

#[test]
fn a_number_that_is_none_enters_no_command() {
    for hostile in ["EXSR000042; rm -r /", "$(x)", "'; x #", "exsr000042"] {
        let by_guid = shipped(
            &requested(|one| one.request_id = hostile.to_owned()),
            Language::En,
        );
        assert!(
            by_guid
                .text
                .contains("-RequestId 753680af-f974-4968-b451-bff85bafb18d -Approval")
        );
        let none = requested(|one| {
            one.request_id = hostile.to_owned();
            one.identity = hostile.to_owned();
        });
        let none = shipped(&none, Language::En);
        assert!(!none.text.contains("Set-Access") && !none.html.contains("Set-Access"));
    }
}

#[test]
fn there_is_one_link_where_the_tenant_wants_it_and_none_else() {
    let page = "https://lockbox.example.com/requests/EXSR000042";
    for event in Event::ALL {
        let facts = samples(*event, Audience::Approvers);
        let none = shipped(&facts, Language::En);
        assert!(!none.html.contains("href") && none.text.contains("It has no links"));
        let link = with(&facts, Language::En, |setting| setting.link = Some(page));
        let links = usize::from(event.of_request());
        assert_eq!(link.html.matches("href").count(), links, "{event}");
        assert_eq!(link.text.matches(page).count(), links, "{event}");
        assert_eq!(link.text.contains("It has no links"), links == 0);
        sound(&link);
        let bad = with(&facts, Language::En, |setting| {
            setting.link = Some("javascript:x")
        });
        assert_eq!(bad, none);
    }
}

#[test]
fn the_checkpoint_stands_at_the_foot_once_there_is_one() {
    let checkpoint = "lockbox.example.com/tlog/9f1c\n42\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n\n— key <x>";
    let facts = samples(Event::RequestDecided, Audience::Approvers);
    let letter = with(&facts, Language::En, |setting| {
        setting.checkpoint = Some(checkpoint)
    });
    assert!(
        letter
            .text
            .ends_with(&format!("Audit log checkpoint:\n{checkpoint}\n")),
        "{}",
        letter.text
    );
    assert!(
        letter
            .html
            .contains(&format!("<pre>{}</pre>", shown::html(checkpoint)))
    );
    sound(&letter);
    assert!(!shipped(&facts, Language::En).text.contains("checkpoint"));
}

#[test]
fn further_facts_are_told_and_very_many_are_counted() {
    let many = |count: usize| {
        requested(|one| {
            one.resources = (1..=count)
                .map(|number| format!("mailbox {number}"))
                .collect();
            one.approvals = Some(Approvals {
                given: 1,
                needed: 3,
            });
            one.citizenship = Some("CH".to_owned());
        })
    };
    let at = shipped(&many(MOST_VALUES), Language::En).text;
    assert!(
        at.contains("\n    | mailbox 20\n") && !at.contains("more"),
        "{at}"
    );
    assert!(
        at.contains("\nApprovals: 1 of 3\n") && at.contains("\nCitizenship: CH\n"),
        "{at}"
    );
    let past = shipped(&many(MOST_VALUES + 2), Language::En).text;
    assert!(
        past.contains("\n    | mailbox 20\n    | and 2 more\n"),
        "{past}"
    );

    let mut facts = samples(Event::PolicyWeakened, Audience::Administrators);
    let detail = facts.details[0].clone();
    facts.details = vec![detail; MOST_VALUES + 1];
    let text = shipped(&facts, Language::En).text;
    assert_eq!(text.matches("Weaker: Rule").count(), MOST_VALUES);
    assert!(text.contains("\n…: and 1 more\n"), "{text}");
}

#[test]
fn a_reason_of_many_lines_and_an_address_stays_a_reason() {
    let reason = "See https://evil.example/login\n\nExpires: never\nDecide in PowerShell, and write why:\n\n    rm -r /";
    let letter = shipped(
        &requested(|one| one.reason = reason.to_owned()),
        Language::En,
    );
    let lines = |begin: &str| {
        letter
            .text
            .lines()
            .filter(|line| line.starts_with(begin))
            .count()
    };
    assert_eq!(
        (lines("Expires:"), lines("Decide in"), lines("    rm")),
        (1, 1, 0),
        "{}",
        letter.text
    );
    assert!(!letter.html.contains("<a"));
    sound(&letter);
    let long = shipped(
        &requested(|one| one.reason = "x".repeat(TEXT_LENGTH + 7)),
        Language::De,
    );
    assert!(
        long.text
            .contains("[7 weitere Zeichen sind hier abgeschnitten"),
        "{}",
        long.text
    );
}

pub(super) fn golden(name: &str, text: &str) {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("tests/golden/letters")
        .join(name);
    if std::env::var_os("LOCKBOX_WRITE_GOLDEN").is_some() {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, text).unwrap();
    }
    let golden = std::fs::read_to_string(&path).unwrap_or_else(|error| {
        panic!(
            "{}: {error}; write it with LOCKBOX_WRITE_GOLDEN=1",
            path.display()
        )
    });
    assert_eq!(
        text, golden,
        "{name}; where this is meant, LOCKBOX_WRITE_GOLDEN=1 writes it anew"
    );
}

#[test]
fn what_everybody_is_told_is_the_golden_text() {
    let mut all = String::new();
    for event in Event::ALL {
        for audience in Audience::ALL
            .iter()
            .filter(|one| event.told_by_default(**one))
        {
            let letter = english(*event, *audience);
            writeln!(
                all,
                "=== {event} -> {audience}\n{}\n\n{}",
                letter.subject, letter.text
            )
            .unwrap();
        }
    }
    golden("events.en.txt", &all);
}

#[test]
fn a_request_that_waits_is_the_golden_letter_in_every_language() {
    let zurich = zone("Europe/Zurich").unwrap();
    let facts = samples(Event::RequestArrived, Audience::Approvers);
    for language in Language::ALL {
        let letter = with(&facts, language, |setting| setting.zone = Some(&zurich));
        let name = format!("requestArrived.{}", language.as_str());
        golden(
            &format!("{name}.txt"),
            &format!("{}\n\n{}", letter.subject, letter.text),
        );
        golden(&format!("{name}.html"), &letter.html);
    }
}

#[test]
fn what_an_urgent_letter_is_about_can_still_be_done() {
    for event in Event::ALL
        .iter()
        .filter(|one| urgent(&samples(**one, Audience::Approvers)))
    {
        let text = english(*event, Audience::Approvers).text;
        assert!(text.starts_with("Attention Required\n"), "{text}");
        assert!(text.contains("-ApprovalDecision"), "{text}");
    }
}
