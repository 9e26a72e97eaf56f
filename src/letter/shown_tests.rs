use super::*;
use crate::clock::zones::zone;
use crate::domain::notice::settings::Language;
use crate::letter::words::words;

fn english() -> &'static Words {
    words(Language::En)
}

#[test]
fn what_moves_text_or_ends_a_line_is_written_out() {
    assert_eq!(
        visible("a\u{202e}b\u{2066}\u{61c}\u{200f}c\0\r\u{1b}[31m\u{85}\u{2028}\u{2029}\u{b}"),
        "a\\u202Eb\\u2066\\u061C\\u200Fc\\u0000\\u000D\\u001B[31m\\u0085\\u2028\\u2029\\u000B"
    );
    assert_eq!(
        visible("one\r\ntwo\n\tdrei שלום 😀"),
        "one\ntwo\n    drei שלום 😀"
    );
    assert_eq!(line(" one\r\ntwo\n\t three "), "one two three");
    assert_eq!(line("a\rBcc: x"), "a\\u000DBcc: x");
}

#[test]
fn a_line_of_a_value_never_begins_a_line_of_ours() {
    assert_eq!(quoted("x\nExpires: never"), "x\n    | Expires: never");
}

#[test]
fn texts_values_and_subjects_are_cut_past_their_limits_and_not_at_them() {
    let at = "é".repeat(TEXT_LENGTH);
    assert_eq!(text(&at, english()), at);
    let cut = text(&format!("{at}äö"), english());
    assert!(
        cut.ends_with("é… [2 more characters are cut here; the request itself has them all]"),
        "{cut}"
    );
    assert_eq!(cut.chars().filter(|c| *c == 'é').count(), TEXT_LENGTH);

    let at = "é".repeat(VALUE_LENGTH);
    assert_eq!(value(&at, english()), at);
    let cut = value(&format!("{at}ä"), english());
    assert!(cut.contains("… [1 more characters"), "{cut}");

    let at = "é".repeat(SUBJECT_LENGTH);
    assert_eq!(subject(&at), at);
    let cut = subject(&format!("{at}é"));
    assert_eq!(cut.chars().count(), SUBJECT_LENGTH);
    assert!(cut.ends_with("é…"));
}

#[test]
fn times_stand_in_utc_and_in_the_zone() {
    let at = Timestamp::parse("2026-07-01T23:30:05.999Z").unwrap();
    assert_eq!(time(at, None), "2026-07-01 23:30:05 UTC");
    assert_eq!(time(at, Some(&Zone::utc())), "2026-07-01 23:30:05 UTC");
    let zurich = zone("Europe/Zurich").unwrap();
    assert_eq!(
        time(at, Some(&zurich)),
        "2026-07-01 23:30:05 UTC (2026-07-02 01:30:05 Europe/Zurich)"
    );
}

#[test]
fn durations_are_as_documented() {
    assert_eq!(duration(4 * 3_600), "04:00:00");
    assert_eq!(duration(100 * 3_600 + 61), "100:01:01");
    assert_eq!(duration(-1), "00:00:00");
}

#[test]
fn only_reference_numbers_and_guids_enter_commands() {
    for sound in [
        "EX000042",
        "EXSRABCD123456789012",
        "753680af-f974-4968-b451-bff85bafb18d",
    ] {
        assert_eq!(in_command(sound), Some(sound));
    }
    for refused in [
        "",
        "E000042",
        "EXSRABCDE000042",
        "EXSR00042",
        "EXSR1234567890123",
        "exsr000042",
        "EXSR000042; Remove-Item",
        "EXSR000042\n",
        "EXSR０００００４２",
        "$(whoami)",
        "753680af-f974-4968-b451-bff85bafb18",
        "753680afaf974-4968-b451-bff85bafb18d",
        "753680af-f974-4968-b451-bff85bafb1'd",
    ] {
        assert_eq!(in_command(refused), None, "{refused}");
    }
}

#[test]
fn a_link_is_plain_and_goes_to_a_page() {
    let page = "https://lockbox.example.com/requests/EXSR000042?tab=1";
    assert_eq!(link(page), Some(page));
    for refused in [
        "javascript:alert(1)",
        "https://example.com/\"onclick=\"x",
        "https://example.com/a b",
        "https://exämple.com/",
        "https://example.com/\r\nBcc:x",
        "",
    ] {
        assert_eq!(link(refused), None, "{refused}");
    }
}

#[test]
fn html_has_no_sign_that_means_something() {
    assert_eq!(
        html("<a href=\"x\" b='y'>&"),
        "&lt;a href=&quot;x&quot; b=&#39;y&#39;&gt;&amp;"
    );
}
