use super::*;

/// A file with these lines in it.
fn file(lines: &[&str]) -> String {
    let lines = lines.join("\r\n");
    format!("BEGIN:VCALENDAR\r\nVERSION:2.0\r\n{lines}\r\nEND:VCALENDAR\r\n")
}

/// A file with one event.
fn event(lines: &[&str]) -> String {
    file(&[&["BEGIN:VEVENT"], lines, &["END:VEVENT"]].concat())
}

fn found(text: &str) -> Found {
    read(text, &(2026..=2028)).unwrap()
}

fn dates(text: &str) -> Vec<String> {
    found(text).holidays.keys().map(Date::to_string).collect()
}

fn of_event(lines: &[&str]) -> Vec<String> {
    dates(&event(lines))
}

/// The days of a rule that starts on 1 January 2020.
fn by_rule(rule: &str) -> Vec<String> {
    of_event(&["DTSTART;VALUE=DATE:20200101", &format!("RRULE:{rule}")])
}

fn refused(text: &str) -> String {
    read(text, &(2026..=2028)).unwrap_err()
}

#[test]
fn an_all_day_event_is_a_holiday_of_its_days() {
    assert_eq!(of_event(&["DTSTART;VALUE=DATE:20261225"]), ["2026-12-25"]);
    // The end is the first day after; the start itself means one day.
    for end in [
        "DTEND;VALUE=DATE:20261226",
        "DTEND;VALUE=DATE:20261225",
        "DURATION:P1D",
    ] {
        assert_eq!(
            of_event(&["DTSTART;VALUE=DATE:20261225", end]),
            ["2026-12-25"],
            "{end}"
        );
    }
    let four = ["2026-12-30", "2026-12-31", "2027-01-01", "2027-01-02"];
    assert_eq!(of_event(&["DTEND:20270103", "DTSTART:20261230"]), four);
    assert_eq!(of_event(&["DTSTART:20261230", "DURATION:P4D"]), four);
    assert_eq!(of_event(&["DTSTART:20261230", "DURATION:P1W"]).len(), 7);
}

#[test]
fn what_repeats_yearly_is_written_out_for_the_years() {
    let start = "DTSTART;VALUE=DATE:19700704";
    let all = ["2026-07-04", "2027-07-04", "2028-07-04"];
    assert_eq!(of_event(&[start, "RRULE:FREQ=YEARLY"]), all);
    assert_eq!(
        of_event(&[start, "RRULE:FREQ=YEARLY;UNTIL=20270704"]),
        all[..2]
    );
    assert_eq!(
        of_event(&[start, "RRULE:FREQ=YEARLY;UNTIL=20270703T235959Z"]),
        all[..1]
    );
    assert_eq!(of_event(&[start, "RRULE:FREQ=YEARLY;COUNT=58"]), all[..2]);
    assert_eq!(
        of_event(&[start, "RRULE:FREQ=YEARLY;INTERVAL=3"]),
        all[1..2]
    );
    assert_eq!(
        of_event(&[
            start,
            "RRULE:FREQ=YEARLY",
            "EXDATE;VALUE=DATE:20260704,20280704"
        ]),
        all[1..2]
    );
    assert_eq!(
        of_event(&[start, "RDATE;VALUE=DATE:20260705"]),
        ["2026-07-05"]
    );
    // A leap day is one day in four years.
    assert_eq!(
        of_event(&["DTSTART:20240229", "RRULE:FREQ=YEARLY"]),
        ["2028-02-29"]
    );
}

#[test]
fn rules_name_months_days_and_weekdays() {
    // Thanksgiving, Memorial Day, election day, Labour Day in two months.
    assert_eq!(
        by_rule("FREQ=YEARLY;BYMONTH=11;BYDAY=4TH"),
        ["2026-11-26", "2027-11-25", "2028-11-23"]
    );
    assert_eq!(
        by_rule("FREQ=YEARLY;BYDAY=-1MO;BYMONTH=5;WKST=SU"),
        ["2026-05-25", "2027-05-31", "2028-05-29"]
    );
    assert_eq!(
        by_rule("FREQ=YEARLY;INTERVAL=4;BYMONTH=11;BYDAY=TU;BYMONTHDAY=2,3,4,5,6,7,8"),
        ["2028-11-07"]
    );
    assert_eq!(
        by_rule("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=-1"),
        ["2026-02-28", "2027-02-28", "2028-02-29"]
    );
    assert_eq!(
        by_rule("freq=yearly;bymonth=1,7;until=20270101"),
        ["2026-01-01", "2026-07-01", "2027-01-01"]
    );
    assert_eq!(by_rule("FREQ=YEARLY;BYMONTHDAY=31").len(), 3 * 7);
    assert_eq!(by_rule("FREQ=YEARLY;BYMONTH=2;BYDAY=MO").len(), 4 + 4 + 4);
}

#[test]
fn a_day_of_a_series_may_be_moved_or_cancelled() {
    let series = [
        "BEGIN:VEVENT",
        "UID:a",
        "DTSTART:20200501",
        "RRULE:FREQ=YEARLY",
        "END:VEVENT",
    ];
    let moved = [
        "BEGIN:VEVENT",
        "UID:a",
        "RECURRENCE-ID:20270501",
        "DTSTART:20270503",
        "END:VEVENT",
    ];
    let cancelled = [
        "BEGIN:VEVENT",
        "UID:a",
        "RECURRENCE-ID:20280501",
        "DTSTART:20280501",
        "STATUS:CANCELLED",
        "END:VEVENT",
    ];
    let other = [
        "BEGIN:VEVENT",
        "UID:b",
        "RECURRENCE-ID:20260501",
        "DTSTART:20260601",
        "END:VEVENT",
    ];
    let text = file(&[&cancelled[..], &series, &moved, &other].concat());
    assert_eq!(dates(&text), ["2026-05-01", "2026-06-01", "2027-05-03"]);
    assert_eq!(of_event(&["DTSTART:20260501", "STATUS:CANCELLED"]), [""; 0]);
}

#[test]
fn lines_are_joined_and_names_are_plain_text() {
    let named = |summary: &str| {
        let text = event(&["DTSTART:20261225", summary]);
        found(&text).holidays.into_values().next().unwrap()
    };
    assert_eq!(
        named("SUMMARY:Chri\r\n stmas").as_deref(),
        Some("Christmas")
    );
    assert_eq!(
        named(r#"SUMMARY;LANGUAGE=en;X-A="a:b;c":No\, really\;\n not\\"#).as_deref(),
        Some("No, really; not\\")
    );
    assert_eq!(
        named("SUMMARY:\u{1b}[31mRed\u{7}").as_deref(),
        Some("[31mRed")
    );
    assert_eq!(named("SUMMARY:"), None);
    assert_eq!(
        named(&format!("SUMMARY:{}", "x".repeat(101)))
            .unwrap()
            .len(),
        100
    );
    // The first of two on one day; a mark of the byte order; lines of Unix.
    let two = "\u{FEFF}BEGIN:VCALENDAR\nBEGIN:VEVENT\nDTSTART:20261225\nSUMMARY:One\nEND:VEVENT\n\
               BEGIN:VEVENT\nDTSTART:20261225\nSUMMARY:Two\nBEGIN:VALARM\nSUMMARY:Ring\nDTSTART:x\nEND:VALARM\n\
               END:VEVENT\nEND:VCALENDAR";
    let name = found(two).holidays.into_values().next().unwrap();
    assert_eq!(name.as_deref(), Some("One"));
}

#[test]
fn what_is_left_out_is_told() {
    let text = event(&[
        "DTSTART;TZID=Europe/Zurich:20261224T160000",
        "DTEND:20261224T180000",
        "DURATION:PT2H",
        "SUMMARY:Party",
    ]);
    let party = found(&text);
    assert!(party.holidays.is_empty());
    assert_eq!(
        party.left_out,
        ["line 3: 'Party' has a time of day: no holiday"]
    );
    let old = found(&event(&["DTSTART:20251231", "DTEND:20260102"]));
    assert_eq!((old.holidays.len(), old.outside), (1, 1));
}

#[test]
fn what_cannot_be_read_is_an_error_with_its_line() {
    let start = "DTSTART;VALUE=DATE:20261225";
    for (lines, expected) in [
        (
            &["SUMMARY:x"] as &[&str],
            "line 3: this event has no DTSTART.",
        ),
        (
            &["DTSTART:2026-12-25"],
            "line 4: '2026-12-25' is no date such as 20261225.",
        ),
        (&["DTSTART:20260229"], "line 4: '20260229' is no date"),
        (&["DTSTART:+2026225"], "line 4: '+2026225' is no date"),
        (&["DTSTART:2026é12"], "line 4: '2026é12' is no date"),
        (
            &[start, "DTEND:20261224"],
            "line 5: it ends before it starts.",
        ),
        (
            &[start, "DURATION:soon"],
            "line 5: 'soon' is no duration such as P1D.",
        ),
        (
            &[start, "RRULE:FREQ=WEEKLY"],
            "line 5: only what repeats yearly is read, not FREQ=WEEKLY;",
        ),
        (&[start, "RRULE:COUNT=2"], "line 5: this RRULE has no FREQ."),
        (
            &[start, "RRULE:FREQ=YEARLY;BYDAY=20MO"],
            "line 5: 'BYDAY=20MO' cannot be read.",
        ),
        (
            &[start, "RRULE:FREQ=YEARLY;BYDAY=MO"],
            "line 5: BYDAY is only read together with BYMONTH.",
        ),
        (
            &[start, "RRULE:FREQ=YEARLY;BYMONTH=1;BYMONTHDAY=3;BYDAY=1MO"],
            "line 5: BYDAY with a number",
        ),
        (
            &[start, "RRULE:FREQ=YEARLY;BYMONTH=13"],
            "line 5: 'BYMONTH=13' cannot be read.",
        ),
        (
            &[start, "RRULE:FREQ=YEARLY;BYMONTHDAY=0"],
            "line 5: 'BYMONTHDAY=0' cannot be read.",
        ),
        (
            &[start, "RRULE:FREQ=YEARLY;INTERVAL=0"],
            "line 5: 'INTERVAL=0' cannot be read.",
        ),
        (
            &[start, "RRULE:FREQ=YEARLY;BYWEEKNO=1"],
            "line 5: BYWEEKNO in RRULE is not read.",
        ),
        (
            &[start, "RRULE:FREQ=YEARLY", "RRULE:FREQ=YEARLY"],
            "line 6: a second RRULE.",
        ),
        (&[start, "EXRULE:FREQ=YEARLY"], "line 5: EXRULE is not read"),
        (
            &[start, "RDATE;VALUE=PERIOD:20260101T000000Z/P1D"],
            "line 5: periods are not read.",
        ),
        (&[start, "nonsense"], "line 5: there is no colon in it."),
        (
            &[start, "END:VALARM"],
            "line 5: END:VALARM, but line 3 begins VEVENT.",
        ),
    ] {
        let said = refused(&event(lines));
        assert!(said.starts_with(expected), "{lines:?}: {said}");
    }
    for text in [
        "",
        "\n",
        "{\"a\": 1}",
        "<html></html>",
        "DTSTART:20261225",
        "BEGIN:VEVENT\nEND:VEVENT",
        "END:VCALENDAR",
    ] {
        let said = refused(text);
        assert!(
            said.contains("no iCalendar file") || said.contains("no colon"),
            "{text}: {said}"
        );
    }
    let open = refused("BEGIN:VCALENDAR\nBEGIN:VEVENT\nDTSTART:20261225\n");
    assert_eq!(open, "the file ends before the VEVENT of line 2 does.");
}

#[test]
fn a_file_holds_so_much_and_no_more() {
    let events = |count: usize| {
        let one = ["BEGIN:VEVENT", "DTSTART:20261225", "END:VEVENT"];
        read(&file(&one.repeat(count)), &(2026..=2026))
    };
    assert!(events(EVENTS).is_ok());
    assert!(
        events(EVENTS + 1)
            .unwrap_err()
            .contains("more than 10000 events")
    );

    let line = |length: usize| {
        let text = format!("SUMMARY:{}", "x".repeat(length - "SUMMARY:".len()));
        let (begin, end) = text.split_at(100);
        read(
            &event(&["DTSTART:20261225", begin, &format!(" {end}")]),
            &(2026..=2026),
        )
    };
    assert!(line(LONGEST_LINE).is_ok());
    assert!(
        line(LONGEST_LINE + 1)
            .unwrap_err()
            .starts_with("line 5: longer than")
    );

    let days = |count: i32| {
        read(
            &event(&["DTSTART:20260101", &format!("DURATION:P{count}D")]),
            &(2026..=2026),
        )
    };
    assert!(days(LONGEST_EVENT).is_ok());
    assert!(
        days(LONGEST_EVENT + 1)
            .unwrap_err()
            .contains("more than 366 days")
    );

    let all = |events: usize, rest: usize| {
        let year = [
            "BEGIN:VEVENT",
            "DTSTART:20260101",
            "DURATION:P250D",
            "END:VEVENT",
        ];
        let day = ["BEGIN:VEVENT", "DTSTART:20260101", "END:VEVENT"];
        read(
            &file(&[year.repeat(events), day.repeat(rest)].concat()),
            &(2026..=2026),
        )
    };
    assert!(all(MOST_DAYS / 250, 0).is_ok());
    assert!(
        all(MOST_DAYS / 250, 1)
            .unwrap_err()
            .contains("more than 100000 days in all")
    );
}
