use super::*;
use crate::domain::request::Terms;
use crate::domain::scope::Role;
use proptest::prelude::*;

fn terms() -> Asked {
    plain(&Terms {
        approval_required: true,
        hours_to_answer: 12,
        maximum_access_seconds: 3_600,
        settings_version: 1,
        policy: None,
    })
}

fn stage(people: &[&str], needed: u32) -> AskedStage {
    AskedStage {
        rule: "r".to_owned(),
        approvers: Approvers {
            people: people.iter().map(|one| (*one).to_owned()).collect(),
            ..Approvers::default()
        },
        needed,
    }
}

fn with_stages(stages: &[AskedStage]) -> Asked {
    Asked {
        stages: stages.to_vec(),
        ..terms()
    }
}

#[test]
fn every_line_takes_the_stricter_one() {
    let strict = Asked {
        deny_threshold: 1,
        longest_seconds: 600,
        access_within: vec!["office".to_owned()],
        reason_to_approve: true,
        ..terms()
    };
    let loose = Asked {
        deny_threshold: 2,
        longest_seconds: 1_200,
        access_within: vec!["day".to_owned(), "office".to_owned()],
        reason_to_deny: true,
        answer_seconds: 60,
        ..terms()
    };
    for (then, now) in [(&strict, &loose), (&loose, &strict)] {
        let both = stricter(then, now);
        assert_eq!(both.deny_threshold, 1);
        assert_eq!(both.longest_seconds, 600);
        assert_eq!(both.access_within, ["day", "office"]);
        assert!(both.reason_to_approve && both.reason_to_deny);
        assert_eq!(both.answer_seconds, then.answer_seconds);
    }
}

#[test]
fn stages_become_narrower_and_more_and_never_wider_or_fewer() {
    let (ann, both, three) = (
        &["a@x"][..],
        &["a@x", "b@x"][..],
        &["a@x", "b@x", "c@x"][..],
    );
    let role = |role| AskedStage {
        approvers: Approvers {
            roles: vec![role],
            ..Approvers::default()
        },
        ..stage(&[], 1)
    };
    for (then, now, expected) in [
        // The same approvers, in any case: more of them, never fewer.
        (stage(both, 1), stage(&["B@X", "a@x"], 2), stage(both, 2)),
        (stage(both, 2), stage(both, 1), stage(both, 2)),
        // Fewer approvers take the place, others and more of them do not.
        (stage(both, 1), stage(ann, 1), stage(ann, 1)),
        (stage(both, 1), stage(three, 1), stage(both, 1)),
        (stage(ann, 1), stage(&["b@x"], 1), stage(ann, 1)),
        // Fewer approvers of whom fewer are needed are not stricter.
        (stage(three, 2), stage(ann, 1), stage(three, 2)),
        // A role is not a person.
        (
            role(Role::GlobalAdministrator),
            stage(ann, 1),
            role(Role::GlobalAdministrator),
        ),
    ] {
        let found = stricter(&with_stages(&[then.clone()]), &with_stages(&[now.clone()]));
        assert_eq!(found.stages, [expected], "{then:?} and {now:?}");
    }
    let two = stricter(
        &with_stages(&[stage(both, 1)]),
        &with_stages(&[stage(both, 1), stage(ann, 1)]),
    );
    assert_eq!(
        two.stages,
        [stage(both, 1), stage(ann, 1)],
        "one more is added"
    );
    let kept = stricter(
        &with_stages(&[stage(both, 1), stage(ann, 1)]),
        &with_stages(&[]),
    );
    assert_eq!(
        kept.stages,
        [stage(both, 1), stage(ann, 1)],
        "none falls away"
    );
    let named = stricter(&with_stages(&[]), &with_stages(&[stage(ann, 1)]));
    assert_eq!(named.stages, [stage(ann, 1)], "anybody becomes somebody");
}

fn any_stages() -> impl Strategy<Value = Vec<AskedStage>> {
    let one = (
        proptest::sample::subsequence(vec!["a@x", "b@x", "c@x"], 1..=3),
        1_u32..3,
    )
        .prop_map(|(people, needed)| stage(&people, needed));
    proptest::collection::vec(one, 0..3)
}

proptest! {
    #[test]
    fn the_same_policy_changes_nothing_and_twice_is_once(then in any_stages(), now in any_stages()) {
        let (then, now) = (with_stages(&then), with_stages(&now));
        prop_assert_eq!(&stricter(&then, &then), &then);
        let once = stricter(&then, &now);
        prop_assert_eq!(&stricter(&once, &now), &once);
        prop_assert!(once.stages.len() >= then.stages.len());
        for (before, after) in then.stages.iter().zip(&once.stages) {
            prop_assert!(after.needed >= before.needed);
            prop_assert!(within(&after.approvers, &before.approvers));
        }
    }
}
