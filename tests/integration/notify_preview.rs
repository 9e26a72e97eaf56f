//! `lockboxd notify preview`: any mail, without a daemon.

use crate::program::{Done, ok, run};

fn preview(args: &[&str]) -> Done {
    run(&[&["notify", "preview"], args].concat())
}

#[test]
fn a_mail_is_printed_or_written_by_the_name_of_its_file() {
    let printed = preview(&["--event", "requestArrived", "--time-zone", "Asia/Tokyo"]);
    assert_eq!(printed.code, 0, "{printed:#?}");
    let subject = "A Customer Lockbox request is pending your approval";
    assert!(
        printed.out.starts_with(&format!("{subject}\n\n")),
        "{printed:#?}"
    );
    assert!(
        printed
            .out
            .contains("Expires: 2026-11-22 01:00:00 UTC (2026-11-22 10:00:00 Asia/Tokyo)")
    );
    let dir = tempfile::tempdir().unwrap();
    for (name, begin) in [
        ("mail.txt", subject),
        ("mail.html", "<!DOCTYPE html>\n<html lang=\"en\">"),
        (
            "mail.eml",
            "From: \"Customer Lockbox\" <lockbox@example.com>\r\n",
        ),
    ] {
        let path = dir.path().join(name);
        let path = path.to_str().unwrap();
        let written = ok(&[
            "notify",
            "preview",
            "--event",
            "requestarrived",
            "--out",
            path,
        ]);
        assert_eq!(written.out, "");
        let text = std::fs::read_to_string(path).unwrap();
        assert!(text.starts_with(begin), "{text}");
    }
    let other = preview(&["--event", "requestArrived", "--out", "mail.pdf"]);
    assert_eq!(other.code, 64, "{other:#?}");
    assert!(
        other
            .err
            .contains("mail.pdf: a file that ends in .html, .txt or .eml"),
        "{other:#?}"
    );
}

#[test]
fn a_wrong_word_is_answered_with_all_there_are() {
    for (args, said) in [
        (
            vec!["--event", "x"],
            "there are: requestSubmitted, requestRejected, ",
        ),
        (
            vec!["--event", "requestArrived", "--audience", "x"],
            "there are: approvers, otherApprovers, ",
        ),
        (
            vec!["--event", "requestArrived", "--language", "x"],
            "there are: en, de, fr, es, ja",
        ),
        (
            vec!["--event", "requestArrived", "--time-zone", "Europe/Zurch"],
            "did you mean Europe/Zurich",
        ),
    ] {
        let done = preview(&args);
        assert_eq!(done.code, 64, "{done:#?}");
        assert!(done.err.contains(said), "{done:#?}");
    }
}

#[test]
fn a_text_of_ones_own_is_checked_and_shown() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("mail.json");
    let path = path.to_str().unwrap();
    let shown = |text: &str| {
        std::fs::write(path, text).unwrap();
        preview(&["--event", "requestArrived", "--template", path])
    };
    let done = shown(
        r#"{"subject": "{{ request.requestId }}", "text": "Hello {{ tenant.displayName }}"}"#,
    );
    assert_eq!(
        (done.code, done.out.as_str()),
        (0, "EXSR000042\n\nHello Contoso\n"),
        "{done:#?}"
    );
    for (text, said) in [
        (
            r#"{"subject": "x", "text": "\n{{ request.reasn }}"}"#,
            "The text, line 2: this event has no 'reasn'",
        ),
        (
            r#"{"subject": "x", "text": "{% include 'x' %}"}"#,
            "'include' is not allowed",
        ),
        (r#"{"subject": "x"}"#, "missing field `text`"),
        ("x", "Write JSON such as"),
    ] {
        let done = shown(text);
        assert_eq!(done.code, 65, "{done:#?}");
        assert!(
            done.err.contains(path) && done.err.contains(said),
            "{done:#?}"
        );
        assert_eq!(done.out, "");
    }
    let missing = preview(&["--event", "requestArrived", "--template", "none.json"]);
    assert_eq!(missing.code, 66, "{missing:#?}");
}
