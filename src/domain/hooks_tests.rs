use super::*;
use crate::domain::request::PolicyTerms;
use crate::domain::samples::{arrived, asked, decided, hours};

fn answer(name: &str, opinion: HookOpinion) -> HookAnswer {
    HookAnswer {
        name: name.to_owned(),
        opinion,
        reason: String::new(),
        digest: Some("00".repeat(32)),
        failure: None,
        not_counted: None,
        at: hours(1),
    }
}

fn with_hooks(mut request: Request, hooks: &[&str]) -> Request {
    if let Some(terms) = &mut request.terms {
        let mut asked = terms.asked();
        asked.hooks = hooks.iter().map(|name| (*name).to_owned()).collect();
        terms.policy = Some(PolicyTerms {
            version: 1,
            hash: "ab".repeat(32),
            rules: vec!["rule".to_owned()],
            asked,
            held_until: None,
            tzdb: None,
        });
    }
    request
}

#[test]
fn only_what_waits_for_its_hooks_asks_since_its_arrival() {
    assert_eq!(with_hooks(arrived(), &["a"]).asking(), Some(hours(1)));
    assert_eq!(with_hooks(arrived(), &[]).asking(), None);
    assert_eq!(arrived().asking(), None, "no policy");
    assert_eq!(asked().asking(), None, "it has not arrived");
    let over = decided(Decision::Deny, State::Denied);
    assert_eq!(with_hooks(over, &["a"]).asking(), None);
    let mut answered = with_hooks(arrived(), &["a"]);
    answered.hooks = vec![answer("a", HookOpinion::Pass)];
    assert_eq!(answered.asking(), None);
    let mut half = with_hooks(arrived(), &["a", "b"]);
    half.hooks = vec![answer("a", HookOpinion::Approve)];
    assert_eq!(half.asking(), Some(hours(1)));
    assert_eq!(half.hooks_left().collect::<Vec<_>>(), ["b"]);
}

#[test]
fn no_approval_stands_beside_a_denial() {
    use HookOpinion::{Approve, Deny, Pass};
    for (opinions, expected) in [
        (vec![], None),
        (vec![Pass, Pass], None),
        (vec![Pass, Approve], Some(Decision::Approve)),
        (vec![Approve, Deny], Some(Decision::Deny)),
        (vec![Deny, Pass], Some(Decision::Deny)),
    ] {
        let answers: Vec<_> = opinions.iter().map(|one| answer("a", *one)).collect();
        assert_eq!(wanted(&answers), expected, "{opinions:?}");
    }
}

#[test]
fn an_answer_always_has_words() {
    let said = |reason: &str, failure: Option<&str>, opinion| {
        HookAnswer {
            reason: reason.to_owned(),
            failure: failure.map(str::to_owned),
            ..answer("h", opinion)
        }
        .comment()
    };
    assert_eq!(said("No.", None, HookOpinion::Deny), "No.");
    for (opinion, text) in [
        (HookOpinion::Approve, "The decision hook 'h' approves it."),
        (HookOpinion::Deny, "The decision hook 'h' denies it."),
        (
            HookOpinion::Pass,
            "The decision hook 'h' lets others decide.",
        ),
    ] {
        assert_eq!(said(" \n", None, opinion), text);
    }
    let failure = Some("took longer than 1 s");
    assert_eq!(
        said("", failure, HookOpinion::Deny),
        "The decision hook 'h' took longer than 1 s; that counts as a denial."
    );
    assert_eq!(
        said("", failure, HookOpinion::Pass),
        "The decision hook 'h' took longer than 1 s."
    );
}
