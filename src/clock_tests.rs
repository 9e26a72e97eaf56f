use super::*;

#[test]
fn text_forms() {
    let instant = Timestamp::parse("2019-02-06T01:46:06.789+01:00").unwrap();
    assert_eq!(instant.to_string(), "2019-02-06T00:46:06.789Z");
    assert_eq!(instant.to_seconds_text(), "2019-02-06T00:46:06");
    for bad in ["2019-02-06", "2019-02-06T00:46:06", "x", ""] {
        assert_eq!(Timestamp::parse(bad), None, "{bad}");
    }
}

/// The short way of writing and reading agrees with the library's at every instant.
#[test]
fn own_texts_are_those_of_rfc_3339() {
    use proptest::prelude::*;
    use proptest::test_runner::TestRunner;
    // From the year -1000 to 15000, so that years without four digits are there too.
    let instants = -93_000_000_000_000_i64..411_000_000_000_000;
    TestRunner::default()
        .run(&instants, |millis| {
            let instant = Timestamp::from_millis(millis);
            let text = instant.to_string();
            let at = DateTime::<Utc>::from_timestamp_millis(millis).unwrap();
            prop_assert_eq!(&text, &at.to_rfc3339_opts(SecondsFormat::Millis, true));
            prop_assert_eq!(
                instant.to_seconds_text(),
                at.format("%Y-%m-%dT%H:%M:%S").to_string()
            );
            if (0..=9_999).contains(&at.year()) {
                prop_assert_eq!(from_own_text(text.as_bytes()), Some(instant));
                prop_assert_eq!(Timestamp::parse(&text), Some(instant));
            }
            Ok(())
        })
        .unwrap();
    for other in [
        "2019-02-30T00:00:00.000Z",
        "2019-02-06T24:00:00.000Z",
        "2019-02-06T00:46:06.78Z",
        "2019-02-06T00:46:06.789z",
        "2019-02-06 00:46:06.789Z",
        "+019-02-06T00:46:06.789Z",
    ] {
        assert_eq!(from_own_text(other.as_bytes()), None, "{other}");
    }
}

#[test]
fn when_counts_from_the_commit_up_to_its_bound() {
    let commit = Timestamp::from_millis(10_000);
    assert_eq!(When::COMMIT.resolve(commit).millis(), 10_000);
    assert_eq!(When::after_seconds(5).resolve(commit).millis(), 15_000);
    let bounded = When::Commit {
        plus_millis: 5_000,
        not_after: Some(Timestamp::from_millis(12_000)),
    };
    assert_eq!(bounded.resolve(commit).millis(), 12_000);
}

#[test]
fn a_mark_ahead_of_the_wall_clock_carries_time_on() {
    let clock = SystemClock::new();
    let ahead = clock.now().plus_seconds(3_600);
    clock.raise_mark(ahead);
    let first = clock.now();
    assert!(first >= ahead, "time fell behind its mark");
    assert!(clock.now() >= first, "time ran back");
    clock.raise_mark(Timestamp::from_millis(0));
    assert!(clock.now() >= first, "an old mark lowered the time");
}

#[test]
fn only_a_test_clock_can_be_advanced() {
    assert!(!SystemClock::new().advance(Duration::from_secs(1)));
    let clock = SystemClock::with_offset(-10_000_000);
    let before = clock.now();
    assert!(clock.advance(Duration::from_secs(100)));
    assert!(clock.now() >= before.plus_seconds(100));
    assert_eq!(clock.offset_millis(), Some(-9_900_000));
    assert_eq!(SystemClock::new().offset_millis(), None);
}

#[tokio::test]
async fn sleepers_wake_when_the_hand_moves() {
    let clock = std::sync::Arc::new(ManualClock::at(Timestamp::from_millis(0)));
    let sleeper = {
        let clock = std::sync::Arc::clone(&clock);
        tokio::spawn(async move { clock.sleep_until(Timestamp::from_millis(1_000)).await })
    };
    clock.set(Timestamp::from_millis(999));
    tokio::task::yield_now().await;
    assert!(!sleeper.is_finished());
    clock.set(Timestamp::from_millis(1_000));
    sleeper.await.unwrap();
}

#[tokio::test]
async fn a_sleeper_on_the_system_clock_wakes_when_it_is_advanced() {
    let clock = std::sync::Arc::new(SystemClock::with_offset(0));
    let far = clock.now().plus_seconds(40);
    let sleeper = {
        let clock = std::sync::Arc::clone(&clock);
        tokio::spawn(async move { clock.sleep_until(far).await })
    };
    tokio::task::yield_now().await;
    assert!(clock.advance(Duration::from_secs(60)));
    tokio::time::timeout(Duration::from_secs(10), sleeper)
        .await
        .expect("the sleeper did not wake")
        .unwrap();
}
