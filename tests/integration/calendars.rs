//! Business calendars: `lockboxd calendar import`, and all of them against a second implementation in
//! Python, where tests/policy/calendars.py says what is asked. Both read this machine's zone files.

use crate::program::{Done, run};
use customer_lockbox::clock::Timestamp;
use customer_lockbox::clock::zones::{DIRECTORIES, DateTime, zone};
use customer_lockbox::domain::policy::calendar::Calendar;
use customer_lockbox::domain::policy::document::CalendarPlan;
use serde::Deserialize;
use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Stdio};

#[derive(Deserialize)]
struct Question {
    zone: String,
    locals: Vec<i64>,
    walls: Vec<String>,
    calendars: Vec<Asked>,
}

#[derive(Deserialize)]
struct Asked {
    plan: CalendarPlan,
    at: Vec<i64>,
}

fn answer(question: &Question) -> Vec<Value> {
    let zone = zone(&question.zone).unwrap();
    let mut answers = Vec::new();
    for at in &question.locals {
        let local = zone.local(Timestamp::from_millis(*at));
        answers.push(local.to_string().into());
    }
    for wall in &question.walls {
        let wall: DateTime = wall.parse().unwrap();
        answers.push(json!([zone.first(wall).millis(), zone.last(wall).millis()]));
    }
    for asked in &question.calendars {
        let calendar = Calendar::new(&asked.plan, zone.clone()).unwrap();
        for at in &asked.at {
            let at = Timestamp::from_millis(*at);
            answers.push(json!([
                calendar.open_at(at),
                calendar.next_opening(at).map(Timestamp::millis),
                calendar.closing_after(at).map(Timestamp::millis),
            ]));
        }
    }
    answers
}

#[test]
fn calendars_are_what_python_makes_of_them() {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/policy/calendars.py");
    let directory = std::env::var("TZDIR").unwrap_or_else(|_| DIRECTORIES[0].to_owned());
    let mut python = Command::new("python3")
        .arg(script)
        .arg(directory)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut answers = python.stdin.take().unwrap();
    for line in BufReader::new(python.stdout.take().unwrap()).lines() {
        let question: Question = serde_json::from_str(&line.unwrap()).unwrap();
        writeln!(answers, "{}", Value::from(answer(&question))).unwrap();
    }
    drop(answers);
    let end = python.wait_with_output().unwrap();
    let said = String::from_utf8_lossy(&end.stderr);
    println!("{said}");
    assert!(end.status.success(), "{said}");
}

const HOLIDAYS: &str = "BEGIN:VCALENDAR
BEGIN:VEVENT
DTSTART;VALUE=DATE:19700101
RRULE:FREQ=YEARLY
SUMMARY:New Year
END:VEVENT
BEGIN:VEVENT
DTSTART;VALUE=DATE:20261225
SUMMARY:Christ\u{202E}mas
END:VEVENT
BEGIN:VEVENT
DTSTART:20261224T160000Z
SUMMARY:Party
END:VEVENT
END:VCALENDAR
";

/// A directory with a policy and an iCalendar file, and the command on them.
struct Import {
    dir: tempfile::TempDir,
}

impl Import {
    fn new(policy: &Value) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let text = serde_json::to_string_pretty(policy).unwrap();
        std::fs::write(dir.path().join("policy.json"), text).unwrap();
        std::fs::write(dir.path().join("holidays.ics"), HOLIDAYS).unwrap();
        Self { dir }
    }

    fn path(&self, name: &str) -> String {
        self.dir.path().join(name).to_str().unwrap().to_owned()
    }

    fn policy(&self) -> String {
        std::fs::read_to_string(self.path("policy.json")).unwrap()
    }

    fn run(&self, more: &[&str]) -> Done {
        let (file, policy) = (self.path("holidays.ics"), self.path("policy.json"));
        let args = ["calendar", "import", &file, "--policy", &policy];
        run(&[&args, more].concat())
    }
}

fn policy(calendar: Value) -> Value {
    json!({"format": "lockbox-policy/1", "rules": [], "calendars": {"office": calendar}})
}

fn office() -> Value {
    json!({
        "zone": "Europe/Zurich",
        "weekly": {"monday-friday": ["08:00-18:00"]},
        "holidays": [{"date": "2027-08-01", "name": "National day"}, {"date": "2026-12-25"}],
        "exceptions": [{"date": "2026-12-24", "open": ["08:00-12:00"]}],
    })
}

#[test]
fn an_import_shows_the_new_policy_and_writes_only_where_told() {
    let import = Import::new(&policy(office()));
    let before = import.policy();
    let mut expected = policy(office());
    expected["calendars"]["office"]["holidays"] = json!([
        {"date": "2026-01-01", "name": "New Year"},
        {"date": "2026-12-25"},
        {"date": "2027-01-01", "name": "New Year"},
        {"date": "2027-08-01", "name": "National day"},
    ]);
    let told = "added     2026-01-01  New Year\n\
                there     2026-12-25  Christ\\u202Emas\n\
                added     2027-01-01  New Year\n\
                2 holiday(s) added to 'office', 1 already there.\n\
                left out  line 11: 'Party' has a time of day: no holiday\n\
                left out  56 outside 2026-2027\n";

    let args = ["--name", "office", "--years", "2026-2027"];
    let shown = import.run(&args);
    assert_eq!((shown.code, shown.err.as_str()), (0, told), "{shown:#?}");
    assert_eq!(shown.json(), expected);
    assert_eq!(import.policy(), before);

    let written = import.run(&[&args[..], &["--write"]].concat());
    assert_eq!(
        (written.code, written.out.as_str()),
        (0, told),
        "{written:#?}"
    );
    assert_eq!(import.policy(), shown.out);

    // Once more adds nothing, and changes nothing.
    let again = import.run(&[&args[..], &["--write"]].concat());
    assert!(
        again
            .out
            .contains("0 holiday(s) added to 'office', 3 already there."),
        "{again:#?}"
    );
    assert_eq!(import.policy(), shown.out);
    assert!(!std::path::Path::new(&import.path("policy.json.new")).exists());
}

#[test]
fn a_refused_import_leaves_the_policy_as_it_was() {
    let closed: Vec<Value> = (0..1_000)
        .map(|day| json!({"date": format!("{}-{:02}-{:02}", 2100 + day / 336, 1 + day / 28 % 12, 1 + day % 28)}))
        .collect();
    let with = |name: &str, value: Value| {
        let mut calendar = office();
        calendar[name] = value;
        policy(calendar)
    };
    for (document, name, expected) in [
        (
            policy(office()),
            "offices",
            "has no calendar 'offices' (it has: office)",
        ),
        (
            json!({"rules": []}),
            "office",
            "has no calendar 'office' (it has: none)",
        ),
        (json!([]), "office", "has no calendar 'office'"),
        (
            with("zone", json!("Europe/Zuerich")),
            "office",
            "did you mean Europe/Zurich",
        ),
        (
            with("weekly", json!({"monday": ["8-12"]})),
            "office",
            "/weekly/monday/0: '8-12' is no span",
        ),
        (with("hours", json!(1)), "office", "unknown field `hours`"),
        (
            with("holidays", json!(closed)),
            "office",
            "/holidays: 1002 holidays are too many.",
        ),
    ] {
        let import = Import::new(&document);
        let before = import.policy();
        let done = import.run(&["--name", name, "--years", "2026", "--write"]);
        assert_eq!((done.code, done.out.as_str()), (65, ""), "{done:#?}");
        assert!(done.err.contains(expected), "{done:#?}");
        assert_eq!(import.policy(), before);
    }

    let import = Import::new(&policy(office()));
    std::fs::write(import.path("holidays.ics"), "BEGIN:VCALENDAR\nx\n").unwrap();
    let done = import.run(&["--name", "office"]);
    assert_eq!(done.code, 65);
    assert!(
        done.err
            .contains("holidays.ics: line 2: there is no colon in it."),
        "{done:#?}"
    );
    // What somebody else is writing is not touched.
    std::fs::write(import.path("holidays.ics"), HOLIDAYS).unwrap();
    std::fs::write(import.path("policy.json.new"), "mine").unwrap();
    let done = import.run(&["--name", "office", "--write"]);
    assert_eq!(done.code, 74, "{done:#?}");
    assert!(
        done.err.contains("policy.json.new cannot be written"),
        "{done:#?}"
    );
    assert_eq!(
        std::fs::read_to_string(import.path("policy.json.new")).unwrap(),
        "mine"
    );
    std::fs::remove_file(import.path("holidays.ics")).unwrap();
    assert_eq!(import.run(&["--name", "office"]).code, 66);
    for years in ["2026-2025", "26", "2026-2076", "+026", "x"] {
        let done = import.run(&["--name", "office", "--years", years]);
        assert_eq!(done.code, 64, "{years}: {done:#?}");
    }
    std::fs::write(import.path("holidays.ics"), " ".repeat(4 * 1024 * 1024 + 1)).unwrap();
    let done = import.run(&["--name", "office"]);
    assert!(done.err.contains("more than 4194304 bytes"), "{done:#?}");
}
