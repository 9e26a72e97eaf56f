//! The process is killed; the machine stays up.

use super::random::Random;
use super::rounds::{self, ProcessOnly};

#[test]
fn nothing_acknowledged_is_lost_when_the_process_is_killed() {
    let wanted = rounds::wanted();
    let tally =
        rounds::run(wanted, &ProcessOnly, Random::seed()).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(tally.rounds, wanted);
    assert!(tally.decided >= wanted, "hardly any load: {tally}");
}
