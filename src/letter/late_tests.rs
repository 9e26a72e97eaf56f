use super::*;
use crate::domain::notice::Audience;
use crate::domain::notice::settings::Language;
use crate::domain::notice::template::Template;
use crate::letter::tests::{clock, golden, sound, with};
use crate::letter::words::words;
use crate::letter::{Letter, Setting, render, samples, urgent};

/// Those of which somebody may have to do something, with what they wait for.
const WAITING: [(Event, State); 9] = [
    (Event::RequestSubmitted, State::InternalReview),
    (Event::RequestArrived, State::Pending),
    (Event::RequestReminder, State::Pending),
    (Event::RequestEscalated, State::Pending),
    (Event::ApprovalRecorded, State::Pending),
    (Event::DenialRecorded, State::Pending),
    (Event::RequestDecided, State::Approved),
    (Event::AccessEnding, State::Approved),
    (Event::EmergencyAccess, State::Approved),
];

/// Facts of an event, when the request is in another state.
fn facts(event: Event, audience: Audience, state: State) -> Facts {
    let mut facts = samples(event, audience);
    let request = facts.request.as_mut().unwrap();
    request.state = state.as_str().to_owned();
    let decision = match state {
        State::Approved => "Approve",
        State::Denied => "Deny",
        State::Canceled => "Cancel",
        _ => return facts,
    };
    if event != Event::RequestDecided {
        request.decision = Some(decision.to_owned());
        request.decided_by = Some("bob@contoso.example".to_owned());
    }
    facts
}

fn letter(facts: &Facts, language: Language) -> Letter {
    with(facts, language, |_| {})
}

#[test]
fn it_says_first_what_is_so_now() {
    let now = |event, state| {
        let letter = letter(&facts(event, Audience::Approvers, state), Language::En);
        let (first, _) = letter.text.split_once("\n\n").unwrap();
        first.to_owned()
    };
    for (state, said) in [
        (State::Approved, "bob@contoso.example approved the request"),
        (
            State::Denied,
            "bob@contoso.example denied the request, and nobody gets access",
        ),
        (
            State::Canceled,
            "bob@contoso.example canceled the request, and nobody has access",
        ),
        (
            State::Expired,
            "the request expired, and nobody gets access",
        ),
        (
            State::Withdrawn,
            "the request was withdrawn, and nobody gets access",
        ),
        (State::Ended, "the access is over"),
    ] {
        assert_eq!(
            now(Event::RequestArrived, state),
            format!(
                "Meanwhile {said}. This mail comes late: what follows was so at 2026-11-21 13:00:00 UTC."
            )
        );
    }
    assert!(
        now(Event::RequestSubmitted, State::Pending)
            .starts_with("Meanwhile the review is done, and the customer decides.")
    );
    let mut granted = facts(
        Event::RequestSubmitted,
        Audience::Reviewers,
        State::Approved,
    );
    granted.request.as_mut().unwrap().decided_by = None;
    let granted = letter(&granted, Language::En).text;
    assert!(granted.starts_with("Meanwhile access was granted without approval."));
}

#[test]
fn nothing_is_asked_for_when_it_is_over_in_any_language() {
    for (event, waits) in WAITING {
        for audience in Audience::ALL {
            for state in State::ALL {
                let facts = facts(event, *audience, *state);
                let expected = *state != waits;
                let at = format!("{event} {audience} {state}");
                assert_eq!(late(&facts).is_some(), expected, "{at}");
                for language in Language::ALL {
                    let letter = letter(&facts, language);
                    sound(&letter);
                    let words = words(language);
                    let (begin, _) = words.late.split_once('{').unwrap();
                    for text in [&letter.text, &letter.html] {
                        assert!(!text.contains(['{', '?']) || text.starts_with("<!"), "{at}");
                        assert_eq!(text.contains(begin), expected, "{at} {language:?}: {text}");
                        if expected {
                            for command in ["-ApprovalDecision", "-Decision"] {
                                assert!(!text.contains(command), "{at}: {text}");
                            }
                        }
                    }
                    assert_eq!(
                        letter.text.starts_with(begin),
                        expected && event != Event::EmergencyAccess,
                        "{at} {language:?}"
                    );
                    let begins = |phrase: &str| {
                        let (begin, _) = phrase.split_once('{').unwrap();
                        letter.text.contains(begin)
                    };
                    if expected {
                        assert!(!begins(words.unless_answered), "{at} {language:?}");
                        assert!(!begins(words.unless_reviewed), "{at} {language:?}");
                    }
                }
            }
        }
    }
}

#[test]
fn what_is_late_is_not_urgent_and_its_subject_asks_for_nothing() {
    let of = |event, state| {
        let facts = facts(event, Audience::Approvers, state);
        (urgent(&facts), letter(&facts, Language::En).subject)
    };
    let nothing = "Customer Lockbox request EXSR000042: nothing left to do";
    for event in [
        Event::RequestArrived,
        Event::RequestReminder,
        Event::RequestEscalated,
    ] {
        assert!(of(event, State::Pending).0, "{event}");
        assert_eq!(of(event, State::Expired), (false, nothing.to_owned()));
    }
    assert_eq!(of(Event::AccessEnding, State::Ended).1, nothing);
    // It is still to be acknowledged.
    let (urgent, subject) = of(Event::EmergencyAccess, State::Ended);
    assert!(
        urgent && subject.starts_with("Emergency access"),
        "{subject}"
    );
    let text = letter(
        &facts(Event::EmergencyAccess, Audience::Approvers, State::Ended),
        Language::En,
    );
    assert!(text.text.contains("Confirm-CustomerLockboxEmergencyAccess"));
}

/// It was written for what waits, with commands.
#[test]
fn an_own_text_gives_way_when_it_is_late() {
    let clock = clock();
    let setting = Setting {
        language: Language::En,
        zone: None,
        link: None,
        checkpoint: None,
        sender: "Customer Lockbox",
        clock: &clock,
    };
    let template = Template {
        subject: "Ours".to_owned(),
        text: "{{ request.requestId | command(\"Approve\") }}".to_owned(),
        html: None,
    };
    let with_own = |state| {
        let facts = facts(Event::RequestArrived, Audience::Approvers, state);
        render(&facts, &setting, Some(&template))
    };
    assert_eq!(with_own(State::Pending).subject, "Ours");
    let late = with_own(State::Denied);
    assert_eq!(late.fell_back, None);
    assert!(
        late.text
            .starts_with("Meanwhile bob@contoso.example denied")
    );
}

#[test]
fn a_late_letter_is_the_golden_one_in_every_language() {
    let facts = facts(Event::RequestReminder, Audience::Approvers, State::Denied);
    for language in Language::ALL {
        let letter = letter(&facts, language);
        let name = format!("late.{}", language.as_str());
        golden(
            &format!("{name}.txt"),
            &format!("{}\n\n{}", letter.subject, letter.text),
        );
        golden(&format!("{name}.html"), &letter.html);
    }
}
