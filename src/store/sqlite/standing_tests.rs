use super::*;

fn read(shelf: &Shelf<u8, u8>, moves: &Moves, value: Option<u8>) -> (Option<u8>, bool) {
    let mut asked = false;
    let found = shelf.row(moves, 1, |_| {
        asked = true;
        Ok::<_, ()>(value)
    });
    (found.unwrap(), asked)
}

#[test]
fn a_row_is_read_once_until_something_moves() {
    let (shelf, moves) = (Shelf::default(), Moves::default());
    assert_eq!(read(&shelf, &moves, Some(1)), (Some(1), true));
    assert_eq!(read(&shelf, &moves, Some(2)), (Some(1), false));
    moves.moved();
    assert_eq!(read(&shelf, &moves, Some(3)), (Some(3), true));
    assert_eq!(read(&shelf, &moves, Some(4)), (Some(3), false));
}

#[test]
fn what_is_not_there_is_not_kept() {
    let (shelf, moves) = (Shelf::default(), Moves::default());
    assert_eq!(read(&shelf, &moves, None), (None, true));
    assert_eq!(read(&shelf, &moves, Some(1)), (Some(1), true));
}

/// The commit falls between the read of the row and its being kept.
#[test]
fn a_row_that_was_read_before_a_move_is_not_taken_for_one_after_it() {
    let (shelf, moves) = (Shelf::default(), Moves::default());
    let stale = shelf.row(&moves, 1, |_| {
        moves.moved();
        Ok::<_, ()>(Some(1))
    });
    assert_eq!(stale, Ok(Some(1)));
    assert_eq!(read(&shelf, &moves, Some(2)), (Some(2), true));

    // Somebody who was slower must not put an old row among the new ones either.
    moves.moved();
    let slow = shelf.row(&moves, 1, |_| {
        moves.moved();
        assert_eq!(read(&shelf, &moves, Some(3)), (Some(3), true));
        Ok::<_, ()>(Some(2))
    });
    assert_eq!(slow, Ok(Some(2)));
    assert_eq!(read(&shelf, &moves, Some(4)), (Some(3), false));
}

#[test]
fn no_more_than_so_many_rows_are_kept() {
    let (shelf, moves) = (Shelf::default(), Moves::default());
    for key in 0..=MOST {
        assert_eq!(
            shelf.row(&moves, key, |_| Ok::<_, ()>(Some(key))),
            Ok(Some(key))
        );
        assert!(shelf.lock().1.len() <= MOST);
    }
    assert_eq!(
        shelf.lock().1.len(),
        1,
        "the last one came after the clearing"
    );
}
