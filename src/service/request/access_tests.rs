use super::*;
use crate::domain::request::State;
use crate::domain::samples::{asked, hours};

/// The request as a commit at this instant leaves it.
fn granted(access: &Access, commit: Timestamp) -> Request {
    let mut row = Request {
        state: State::Approved,
        ..asked()
    };
    let mut stamps = Vec::new();
    access.grant(&mut row, &mut stamps);
    for (stamp, when) in stamps {
        row.stamp(stamp, when.resolve(commit));
    }
    row
}

#[test]
fn without_a_window_access_begins_with_the_commit_and_lasts_as_granted() {
    let access = Access::within(None, 3_600, hours(2));
    let row = granted(&access, hours(2).plus_seconds(5));
    assert_eq!(row.access_start, Some(hours(2).plus_seconds(5)));
    assert_eq!(row.access_end, Some(hours(3).plus_seconds(5)));
    assert_eq!((row.granted_seconds, access.basis.len()), (Some(3_600), 0));
}

#[test]
fn the_closing_ends_it_to_the_millisecond() {
    let window = Window {
        start: hours(2),
        end: hours(3),
    };
    // The closing comes first, the end comes first, and both at once.
    for (seconds, lasts) in [(7_200, 3_600), (60, 60), (3_600, 3_600)] {
        let access = Access::within(Some(window), seconds, hours(2));
        assert_eq!(access.basis, [Precondition::Before(hours(3))]);
        let row = granted(&access, hours(2));
        assert_eq!(row.access_start, Some(hours(2)));
        assert_eq!(row.access_end, Some(hours(2).plus_seconds(lasts)));
        assert_eq!(row.granted_seconds, Some(lasts));
    }
    // What waits in the queue ends no later.
    let access = Access::within(Some(window), 3_600, hours(2));
    let row = granted(&access, hours(2).plus_millis(7));
    assert_eq!(row.access_end, Some(hours(3)));
}

#[test]
fn the_opening_holds_its_start_and_access_lasts_from_then() {
    let window = Window {
        start: hours(5),
        end: hours(8),
    };
    for (seconds, lasts) in [(3_600, 3_600), (4 * 3_600, 3 * 3_600)] {
        let access = Access::within(Some(window), seconds, hours(2));
        assert_eq!(access.basis, [Precondition::Before(hours(5))]);
        let row = granted(&access, hours(2));
        assert_eq!(row.access_start, Some(hours(5)));
        assert_eq!(row.access_end, Some(hours(5).plus_seconds(lasts)));
        assert_eq!(row.granted_seconds, Some(lasts));
        // Approved at once, live from the opening on, ended at its end.
        for (now, state, live) in [
            (hours(2), State::Approved, false),
            (hours(5).plus_millis(-1), State::Approved, false),
            (hours(5), State::Approved, true),
            (
                hours(5).plus_seconds(lasts).plus_millis(-1),
                State::Approved,
                true,
            ),
            (hours(5).plus_seconds(lasts), State::Ended, false),
        ] {
            assert_eq!(
                (row.state_at(now), row.live_at(now)),
                (state, live),
                "{now}"
            );
        }
    }
}

#[test]
fn records_and_row_say_the_same() {
    for window in [
        None,
        Some(Window {
            start: hours(1),
            end: hours(9),
        }),
        Some(Window {
            start: hours(5),
            end: hours(9),
        }),
    ] {
        let access = Access::within(window, 600, hours(2));
        let row = granted(&access, hours(2));
        let told: Vec<_> = access
            .moments()
            .into_iter()
            .map(|(_, when)| Some(when.resolve(hours(2))))
            .collect();
        assert_eq!(told, [row.access_start, row.access_end]);
    }
}
