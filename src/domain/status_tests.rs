//! Filters and judged states agree on any row, whatever the clock says.

use super::*;
use crate::domain::request::Request;
use crate::domain::samples::{approved, arrived, asked, hours};
use proptest::prelude::*;

/// Whether a stored row passes one alternative of a filter, as its words say.
fn passes(row: &Request, wanted: StoredState) -> bool {
    row.state == wanted.state
        && wanted
            .arrived
            .is_none_or(|arrived| arrived == row.arrived())
        && match (wanted.due, row.due()) {
            (DueBound::Any, _) | (DueBound::After(_), None) => true,
            (DueBound::After(instant), Some(due)) => due > instant,
            (DueBound::Reached(instant), Some(due)) => due <= instant,
            (DueBound::Reached(_), None) => false,
        }
}

fn any_passes(row: &Request, filter: &[StoredState]) -> bool {
    filter.iter().any(|wanted| passes(row, *wanted))
}

/// Instants close together, so that rows meet their deadlines exactly.
fn instant() -> impl Strategy<Value = Timestamp> {
    (0_i64..6).prop_map(|millis| hours(1).plus_millis(millis))
}

/// Any stored state with any deadlines: also rows that no command would leave behind.
fn row() -> impl Strategy<Value = Request> {
    let state = proptest::sample::select(State::ALL);
    let maybe = || proptest::option::of(instant());
    (state, instant(), maybe(), maybe(), maybe(), any::<bool>()).prop_map(
        |(state, review, deadline, start, end, has_arrived)| Request {
            state,
            review_deadline: review,
            sent_at: has_arrived.then(|| hours(0)),
            deadline,
            access_start: start,
            access_end: end,
            ..asked()
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn one_state_is_true_and_its_filter_finds_the_row(row in row(), now in instant()) {
        for state in State::ALL {
            let truth = row.state_at(now) == *state;
            prop_assert_eq!(any_passes(&row, &rows_in_state(*state, None, now)), truth);
            for arrived in [true, false] {
                let found = any_passes(&row, &rows_in_state(*state, Some(arrived), now));
                prop_assert_eq!(found, truth && row.arrived() == arrived);
            }
        }
    }

    #[test]
    fn a_status_finds_what_shows_it(row in row(), now in instant()) {
        let shown = approval_status(row.state_at(now), row.arrived());
        for status in ApprovalStatus::ALL {
            let found = any_passes(&row, &rows_with_status(*status, now));
            prop_assert_eq!(found, shown == Some(*status), "{} at {}", status, now);
        }
        prop_assert!(row.arrived() || shown.is_none(), "nothing before it has arrived");
    }

    #[test]
    fn time_moves_a_row_once_and_never_back(row in row(), now in instant(), later in 0_i64..6) {
        let later = now.plus_millis(later);
        prop_assert_eq!(row.overdue(now), row.due().is_some_and(|due| due <= now));
        prop_assert_eq!(row.overdue(now), row.state_at(now) != row.state);
        if row.overdue(now) {
            prop_assert_eq!(row.state_at(later), row.state_at(now));
        }
        // Written down, it stays as it was judged, and is due no more.
        let written = Request { state: row.state_at(now), ..row.clone() };
        if row.overdue(now) {
            prop_assert_eq!(written.due(), None);
            prop_assert_eq!(written.state_at(later), row.state_at(later));
        }
        prop_assert_eq!(
            approval_status(written.state_at(now), row.arrived()),
            approval_status(row.state_at(now), row.arrived())
        );
    }

    #[test]
    fn access_is_live_from_its_start_up_to_its_end(row in row(), now in instant()) {
        let within = row.access_start.is_some_and(|start| start <= now)
            && row.access_end.is_none_or(|end| now < end);
        prop_assert_eq!(row.live_at(now), row.state == State::Approved && within);
    }
}

#[test]
fn a_deadline_belongs_to_the_later_side() {
    for (row, after) in [
        (asked(), State::Expired),
        (arrived(), State::Expired),
        (approved(), State::Ended),
    ] {
        let due = row.due().expect("a state with a time limit");
        assert_eq!(row.state_at(due.plus_millis(-1)), row.state);
        assert_eq!(row.state_at(due), after);
        assert!(!row.live_at(due));
    }
}
