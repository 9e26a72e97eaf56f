use super::*;

#[test]
fn what_others_say_is_one_visible_line_of_some_length() {
    assert_eq!(
        said("250 2.0.0 Ok: queued as 4F"),
        "250 2.0.0 Ok: queued as 4F"
    );
    assert_eq!(
        said("550 no\r\n\u{1b}[2J\u{202e}x\0"),
        "550 no \\u001B[2J\\u202Ex\\u0000"
    );
    for (length, kept) in [(KEPT, KEPT), (KEPT + 1, KEPT), (1_000_000, KEPT)] {
        assert_eq!(said(&"é".repeat(length)).chars().count(), kept);
    }
    // What is written out is longer than it was.
    assert_eq!(said(&"\0".repeat(KEPT)).chars().count(), KEPT);
}
