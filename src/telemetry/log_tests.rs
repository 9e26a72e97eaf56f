use super::*;
use tracing_subscriber::filter::LevelFilter;

fn written(event: &str) -> String {
    let mut out = Vec::new();
    Clean(&mut out).write_all(event.as_bytes()).unwrap();
    String::from_utf8(out).unwrap()
}

#[test]
fn an_event_stays_on_its_line() {
    assert_eq!(written("plain\n"), "plain\n");
    assert_eq!(
        written("a\nINFO forged\r\n"),
        "a\\u000aINFO forged\\u000d\n"
    );
    assert_eq!(
        written("\u{1b}[31m \u{202e}\u{2028}\u{85}\n"),
        "\\u001b[31m \\u202e\\u2028\\u0085\n"
    );
    assert_eq!(written("Grüße\n"), "Grüße\n", "letters stay");
}

#[test]
fn what_is_escaped_in_json_reads_as_the_same_text() {
    let line = written("{\"a\":\"x\u{7f}y\u{2029}z\"}\n");
    let read: serde_json::Value = serde_json::from_str(&line).unwrap();
    assert_eq!(read["a"], "x\u{7f}y\u{2029}z");
}

#[test]
fn libraries_never_tell_more_than_warnings() {
    for (level, library) in [
        (Level::ERROR, LevelFilter::ERROR),
        (Level::WARN, LevelFilter::WARN),
        (Level::TRACE, LevelFilter::WARN),
    ] {
        let filter = filter(level);
        assert!(filter.would_enable("customer_lockbox::http", &level));
        assert!(filter.would_enable("lockboxd", &level));
        assert_eq!(filter.default_level(), Some(library), "{level}");
        assert!(!filter.would_enable("h2::codec", &Level::INFO));
    }
}

#[test]
fn the_level_is_kept() {
    for level in LEVELS {
        keep(level);
        assert_eq!(super::level(), level);
    }
    keep(Level::INFO);
}
