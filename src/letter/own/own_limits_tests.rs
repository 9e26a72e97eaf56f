//! How long, deep and slow a text may be, and one past it.

use super::tests::{ARRIVED, arrived, checked, sent, setting, still, template};
use super::*;
use crate::clock::{BoxFuture, ManualClock};
use crate::letter::render;
use std::sync::atomic::{AtomicU64, Ordering};

#[test]
fn a_text_has_a_length_tags_and_tags_have_a_length() {
    checked(&"a".repeat(TEMPLATE_LENGTH)).unwrap();
    let refused = checked(&"a".repeat(TEMPLATE_LENGTH + 1)).unwrap_err();
    assert_eq!(
        refused,
        "The text has 32769 bytes; at most 32768 are allowed."
    );

    checked(&"{{ event }}".repeat(MOST_TAGS)).unwrap();
    let refused = checked(&"{{ event }}".repeat(MOST_TAGS + 1)).unwrap_err();
    assert!(refused.contains("more than 500 tags"), "{refused}");

    let long = |tokens: usize| format!("{{{{ event{} }}}}", " or event".repeat((tokens - 1) / 2));
    checked(&long(EXPRESSION_TOKENS - 1)).unwrap();
    let refused = checked(&long(EXPRESSION_TOKENS + 1)).unwrap_err();
    assert!(
        refused.contains("more than 100 words and signs"),
        "{refused}"
    );
}

#[test]
fn what_goes_deep_is_refused_and_breaks_nothing() {
    for deep in [
        "{% if event %}".repeat(400),
        format!("{{{{ {}event{} }}}}", "(".repeat(5_000), ")".repeat(5_000)),
        format!("{{{{ {}event }}}}", "not ".repeat(5_000)),
        format!("{{{{ event{} }}}}", ".a".repeat(10_000)),
        format!("{{{{ event{} }}}}", "|upper".repeat(5_000)),
    ] {
        checked(&deep).unwrap_err();
    }
    // As deep as tags can be.
    let others = "{% elif event %}".repeat(MOST_TAGS - 2);
    checked(&format!("a{{% if event %}}{others}{{% endif %}}")).unwrap();
}

/// A loop in loops: it writes nothing and takes steps.
fn loops(depth: usize, body: &str) -> String {
    let begin = "{% for a in details %}".repeat(depth);
    format!("x{begin}{body}{}", "{% endfor %}".repeat(depth))
}

#[test]
fn steps_are_counted() {
    let clock = still();
    let mut facts = arrived();
    let detail = crate::domain::notice::facts::Detail {
        name: "n".to_owned(),
        value: "v".to_owned(),
    };
    facts.details = vec![detail; 12];
    // 12² turns are few enough, 12⁶ are not.
    let text = template(&loops(2, ""));
    assert_eq!(
        render(&facts, &setting(&clock), Some(&text)).fell_back,
        None
    );
    let fell = render(&facts, &setting(&clock), Some(&template(&loops(6, "")))).fell_back;
    assert_eq!(
        fell.unwrap(),
        "The text takes more than 20000 steps; make it simpler."
    );
}

#[test]
fn the_steps_end_at_the_fuel() {
    let clock = still();
    let text = loops(1, "");
    let with = |details: usize| {
        let detail = crate::domain::notice::facts::Detail {
            name: "n".to_owned(),
            value: "v".to_owned(),
        };
        Facts {
            details: vec![detail; details],
            ..arrived()
        }
    };
    // What so many turns take, found by trying.
    let takes = |details: usize| {
        let mut environment = environment(None);
        let facts = Value::from(Serde(with(details)));
        let enough = |fuel: u64| {
            environment.set_fuel(Some(fuel));
            environment.render_str(&text, facts.clone()).is_ok()
        };
        (1..1_000)
            .find({
                let mut enough = enough;
                move |fuel| enough(*fuel)
            })
            .unwrap()
    };
    let turn = takes(11) - takes(10);
    let most = usize::try_from((FUEL - takes(0)) / turn).unwrap();
    let runs = |details| run(Part::Text, &text, &with(details), &setting(&clock));
    assert_eq!(runs(most).unwrap(), "x");
    assert!(
        runs(most + 1)
            .unwrap_err()
            .contains("more than 20000 steps")
    );
}

#[test]
fn what_is_written_has_a_length() {
    let clock = still();
    let mut facts = arrived();
    let request = facts.request.as_mut().unwrap();
    request.reason = "a".repeat(1_024);
    let times = OUTPUT_LENGTH / 1_024;
    let text = "{{ request.reason }}".repeat(times);
    assert_eq!(sent(&facts, &text).len(), OUTPUT_LENGTH + 1);
    let letter = render(
        &facts,
        &setting(&clock),
        Some(&template(&format!("{text}b"))),
    );
    assert_eq!(
        letter.fell_back.unwrap(),
        "The text writes more than 131072 bytes; make it simpler."
    );
}

/// A clock on which every look takes a while.
struct Ticking {
    by: u64,
    looks: AtomicU64,
    still: ManualClock,
}

impl Ticking {
    fn by(by: u64) -> Self {
        Self {
            by,
            looks: AtomicU64::new(0),
            still: still(),
        }
    }
}

impl Clock for Ticking {
    fn now(&self) -> Timestamp {
        self.still.now()
    }
    fn monotonic(&self) -> Duration {
        Duration::from_millis(self.by * self.looks.fetch_add(1, Ordering::Relaxed))
    }
    fn sleep_until(&self, instant: Timestamp) -> BoxFuture<'_, ()> {
        self.still.sleep_until(instant)
    }
    fn raise_mark(&self, mark: Timestamp) {
        self.still.raise_mark(mark);
    }
    fn advance(&self, by: Duration) -> bool {
        self.still.advance(by)
    }
}

#[test]
fn a_text_runs_for_a_time() {
    // The start, one write, the end: two steps of the clock.
    let half = u64::try_from(RENDER_TIME.as_millis()).unwrap() / 2;
    check(ARRIVED, &template("text"), &Ticking::by(half)).unwrap();
    let refused = check(ARRIVED, &template("text"), &Ticking::by(half + 1)).unwrap_err();
    assert_eq!(
        refused,
        "The subject runs longer than 1000 ms; make it simpler."
    );
}
