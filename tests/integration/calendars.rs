//! Calendars against a second implementation, in Python: tests/policy/calendars.py says what is
//! asked. Both read the zone files of this machine.

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
