use super::*;

const NOON: Timestamp = Timestamp::from_millis(1_000_000_000);

#[test]
fn a_pause_doubles_up_to_the_longest_and_is_moved_by_a_quarter_at_most() {
    for (attempts, seconds) in [
        (1, 30),
        (2, 60),
        (3, 120),
        (7, 1_920),
        (8, 3_600),
        (99, 3_600),
    ] {
        let mut moved = false;
        for _ in 0..200 {
            let again = Patience::default()
                .again(attempts, NOON, NOON, None)
                .unwrap();
            let pause = again.millis() - NOON.millis();
            let off = pause - seconds * 1_000;
            assert!(off.abs() <= seconds * 250, "{attempts}: {pause}");
            moved |= off != 0;
        }
        assert!(moved, "{attempts}");
    }
}

#[test]
fn it_is_tried_for_so_long_and_no_longer() {
    let patience = Patience {
        give_up_seconds: 1_000,
    };
    let last = NOON.plus_seconds(1_000 - 60);
    assert!(patience.again(1, NOON, last, None).is_some());
    assert_eq!(patience.again(1, NOON, NOON.plus_seconds(990), None), None);
    assert_eq!(
        patience.again(1, NOON, NOON.plus_seconds(1_000), None),
        None
    );
}

#[test]
fn a_receiver_that_asks_for_time_gets_it_while_there_is_some() {
    let patience = Patience {
        give_up_seconds: 1_000,
    };
    let asked = NOON.plus_seconds(999);
    assert_eq!(patience.again(1, NOON, NOON, Some(asked)), Some(asked));
    assert_eq!(
        patience.again(1, NOON, NOON, Some(NOON.plus_seconds(1_000))),
        None
    );
    let early = patience.again(1, NOON, NOON, Some(NOON)).unwrap();
    assert!(early > NOON.plus_seconds(20));
}
