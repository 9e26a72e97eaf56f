//! `lockboxd demo`: the story, and the lines that it prints to go on with. Its PowerShell lines are
//! run by `tests/docs/check.py`.

use crate::program::{Daemon, Done, finish, lockboxd, ok, run, signal};
use std::net::TcpListener;
use std::process::Command;

/// Runs lines in bash, until the first one fails.
fn bash(script: &str) -> Done {
    let mut command = Command::new("bash");
    command.args(["-euo", "pipefail", "-c", script]);
    finish(command)
}

#[test]
fn the_demo_tells_the_story_and_its_curl_lines_work_as_printed() {
    // The documented port is taken: the demo takes a free one.
    let _taken = TcpListener::bind("127.0.0.1:8420");
    let mut demo = Daemon::start(&["demo"]);
    demo.says("Serving until Ctrl-C");
    let said = demo.said.join("\n");
    for word in [
        "Eve",
        "Max",
        "Anna of Contoso approves",
        "Is access granted? Yes",
        "Is access granted? No",
        "LockboxViolation",
    ] {
        assert!(said.contains(word), "no '{word}' in {said}");
    }
    assert!(
        !said.contains("127.0.0.1:8420"),
        "the port is taken: {said}"
    );
    let position = |word: &str| {
        said.find(word)
            .unwrap_or_else(|| panic!("no '{word}' in {said}"))
    };
    assert!(position("granted? Yes") < position("granted? No"));

    let curls: Vec<&String> = demo
        .said
        .iter()
        .filter(|line| line.trim_start().starts_with("curl "))
        .collect();
    assert!(curls.len() >= 3, "{said}");
    let mut answers = Vec::new();
    for line in curls {
        let done = bash(line);
        assert_eq!(done.code, 0, "{line}: {done:#?}");
        let answer = done.json();
        assert!(answer.get("error").is_none(), "{line}: {answer}");
        answers.push(answer["result"].clone());
    }
    assert_eq!(
        answers[0]["requests"][0]["state"], "Pending",
        "{}",
        answers[0]
    );
    assert_eq!(answers[1]["request"]["state"], "Denied", "{}", answers[1]);
    assert_eq!(
        answers[2]["records"][0]["activity"],
        "Set-AccessToCustomerDataRequest"
    );

    let dir = said
        .lines()
        .find_map(|line| line.trim().strip_prefix("Data directory: "))
        .unwrap()
        .to_owned();
    assert!(std::path::Path::new(&dir).exists(), "{dir}");
    signal(demo.id(), "INT");
    let ended = demo.wait();
    assert_eq!(ended.status.code(), Some(0), "{ended:#?}");
    assert!(!std::path::Path::new(&dir).exists(), "{dir} stays behind");
}

#[test]
fn the_demo_ends_by_itself_where_asked_and_keeps_a_directory_that_was_named() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("kept");
    let data = data.to_str().unwrap();
    let args = [
        "demo",
        "--exit",
        "--listen",
        "127.0.0.1:0",
        "--data-dir",
        data,
    ];
    let told = ok(&args);
    assert!(
        told.out.contains("Set-AccessToCustomerDataRequest"),
        "{told:#?}"
    );
    assert_eq!(told.err, "", "the story is all there is");
    // What it left can be served again, as what it is.
    let serve = [
        "serve",
        "--data-dir",
        data,
        "--listen",
        "127.0.0.1:0",
        "--clock-control",
    ];
    let daemon = Daemon::start(&serve).ready();
    let mut list = lockboxd(&[
        "call",
        "request.list",
        r#"{"approvalStatus":"Pending"}"#,
        "--data-dir",
        data,
    ]);
    let token = told
        .out
        .lines()
        .find_map(|line| line.trim().strip_prefix("$env:LOCKBOX_TOKEN = '"))
        .unwrap();
    list.env("LOCKBOX_TOKEN", token.trim_end_matches('\''));
    let pending = finish(list).json();
    assert_eq!(
        pending["requests"].as_array().unwrap().len(),
        1,
        "{pending}"
    );
    assert_eq!(daemon.stop().status.code(), Some(0));
    let again = run(&args);
    assert_eq!(again.code, 1, "{again:#?}");
    assert!(again.err.contains("already"), "{again:#?}");
}
