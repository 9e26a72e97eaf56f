//! The daemon's own log: what a line holds, what it never holds, and how much is written.

use crate::program::{DEADLINE, Daemon, Home, finish, lockboxd, ok};
use crate::world::CONTOSO;
use serde_json::{Value, json};
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::Path;

const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
const SPAN: &str = "00f067aa0ba902b7";

/// Serves with these settings of the log.
fn serve(home: &Home, level: &str, format: &str) -> Daemon {
    let config = home.file("lockboxd.toml");
    std::fs::write(
        &config,
        format!("[log]\nlevel = \"{level}\"\nformat = \"{format}\"\n"),
    )
    .unwrap();
    home.serve(&["--config", config.to_str().unwrap()])
}

/// Posts a body to `/rpc`; the answer as it came.
fn post(address: &str, headers: &str, body: &str) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(DEADLINE)).unwrap();
    write!(
        stream,
        "POST /rpc HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\nContent-Type: application/json\r\n{headers}Content-Length: {}\r\n\r\n{body}",
        body.len()
    )
    .unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

fn request_id(answer: &str) -> &str {
    let line = answer
        .lines()
        .find_map(|line| line.strip_prefix("x-request-id: "));
    line.unwrap_or_else(|| panic!("no id in {answer}"))
}

fn call(method: &str, params: &Value) -> String {
    json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": params}).to_string()
}

/// Every line as JSON, held against the published schema.
fn read(lines: &[String]) -> Vec<Value> {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("schemas/log-line.schema.json");
    let schema = serde_json::from_str(&std::fs::read_to_string(file).unwrap()).unwrap();
    let schema = jsonschema::validator_for(&schema).unwrap();
    let lines = lines.iter().map(|line| {
        let line: Value =
            serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"));
        if let Err(error) = schema.validate(&line) {
            panic!("{error}: {line:#}");
        }
        line
    });
    lines.collect()
}

/// Lines of calls with this request id.
fn calls<'a>(lines: &'a [Value], id: &str) -> Vec<&'a Value> {
    let of = |line: &&Value| line["message"] == "call" && line["span"]["request_id"] == id;
    lines.iter().filter(of).collect()
}

#[test]
fn every_call_leaves_one_line_that_says_who_and_what_and_no_more() {
    let home = Home::new();
    let mut daemon = serve(&home, "info", "json");
    let address = daemon.address();
    let token = format!("Authorization: Bearer {}\r\n", home.root);
    let who = post(&address, &token, &call("session.whoami", &json!({})));
    let parent = format!("traceparent: 00-{TRACE}-{SPAN}-01\r\n");
    let batch = format!(
        "[{}, {}, 7]",
        call("system.info", &json!({})),
        call("made.up", &json!({}))
    );
    let batch = post(&address, &parent, &batch);
    let forged = post(&address, "traceparent: 00-zz-forged-01\r\n", "{");
    let refused = post(&address, "Authorization: a\r\nAuthorization: b\r\n", "{}");
    let lines = read(&daemon.stop().logged);

    let me: Value = serde_json::from_str(who.split("\r\n\r\n").nth(1).unwrap()).unwrap();
    let found = calls(&lines, request_id(&who));
    assert_eq!(found.len(), 1);
    let line = found[0];
    assert_eq!(line["method"], "session.whoami");
    assert_eq!(line["code"], "ok");
    assert_eq!(line["principal"], me["result"]["principal"]["principalId"]);
    assert_eq!(
        line["organization"],
        me["result"]["organization"]["organizationId"]
    );
    assert_eq!(line["via"], "tcp");
    assert_eq!(line["peer"], me["result"]["clientAddress"]);
    assert_eq!(line["bytes"], call("session.whoami", &json!({})).len());
    assert!(line["span"].get("traceparent").is_none());

    let found = calls(&lines, request_id(&batch));
    let codes: Vec<&Value> = found.iter().map(|line| &line["code"]).collect();
    assert_eq!(
        codes,
        ["ok", "methodNotFound", "invalidRequest"],
        "one line each"
    );
    assert_eq!(found[1]["method"], "unknown");
    assert!(found[0].get("principal").is_none());
    for line in &found {
        let ours = line["span"]["traceparent"].as_str().unwrap();
        assert!(
            ours.starts_with(&format!("00-{TRACE}-")) && ours.ends_with("-01"),
            "{ours}"
        );
        assert!(!ours.contains(SPAN), "a place of our own in the trace");
        assert_eq!(line["span"]["parent_span"], SPAN);
    }

    let found = calls(&lines, request_id(&forged));
    assert_eq!(found[0]["code"], "parseError");
    assert!(
        found[0]["span"].get("traceparent").is_none(),
        "an invalid one is not there"
    );

    let not_called = lines
        .iter()
        .find(|line| line["span"]["request_id"] == request_id(&refused));
    assert_eq!(not_called.unwrap()["status"], 400);
    let messages: Vec<&Value> = lines.iter().map(|line| &line["message"]).collect();
    assert_eq!(
        messages.iter().filter(|text| ***text == "serving").count(),
        1
    );
    assert_eq!(**messages.last().unwrap(), "stopped");
}

#[test]
fn no_line_at_any_level_holds_a_secret_or_what_somebody_wrote() {
    let home = Home::new();
    let mut daemon = serve(&home, "trace", "json");
    let address = daemon.address();
    let (claim, ada) = home.tenant(CONTOSO, "ada.lovelace@contoso.example");
    let mut secrets = vec![home.root.clone(), claim, ada.clone()];
    let mut person = |by: &str, address: &str, role: &str| {
        let params = json!({"kind": "person", "address": address, "displayName": "Prudence Personal", "roles": [{"role": role}]});
        let made = home.result(by, "principal.create", &params);
        let code = made["enrolmentCode"].as_str().unwrap().to_owned();
        let enrolled = home.result("", "principal.enroll", &json!({"code": code}));
        let token = enrolled["token"].as_str().unwrap().to_owned();
        secrets.extend([code, token.clone()]);
        token
    };
    let eve = person(
        &home.root,
        "eve.personal@provider.example",
        "SupportEngineer",
    );
    let max = person(
        &home.root,
        "max.personal@provider.example",
        "SupportManager",
    );
    let submitted = home.result(
        &eve,
        "request.submit",
        &json!({"tenant": CONTOSO, "serviceName": "Exchange", "serviceRequestNumber": "TICKET-4711", "reason": "The mailbox of Rick Hofer"}),
    );
    let id = &submitted["request"]["requestId"];
    home.result(&max, "request.review", &json!({"tenant": CONTOSO, "requestId": id, "decision": "Approve", "comment": "Seen by Max himself"}));
    home.result(&ada, "request.decide", &json!({"requestId": id, "decision": "Deny", "comment": "Rick has left", "idempotencyKey": "key-of-the-caller"}));
    // Refused, malformed and misdirected calls tell as little.
    assert_ne!(
        home.call(
            &eve,
            "request.decide",
            &json!({"requestId": "secret-guess", "decision": "Deny"})
        )
        .code,
        0
    );
    let again = json!({"kind": "person", "address": "eve.personal@provider.example", "displayName": "Twin"});
    assert_ne!(home.call(&home.root, "principal.create", &again).code, 0);
    for (headers, body) in [
        (
            "Authorization: Bearer lbt_guessed-by-somebody\r\n",
            call("request.list", &json!({})),
        ),
        (
            "Authorization: Basic cGVyc29uYWw6cGVyc29uYWw=\r\n",
            call("request.list", &json!({})),
        ),
        (
            "X-Request-Id: chosen\r\nCookie: session=personal\r\n",
            call("personal.method\nINFO forged", &json!({})),
        ),
        ("", "personal {".to_owned()),
    ] {
        post(&address, headers, &body);
    }
    let ended = daemon.stop();
    read(&ended.logged);
    let log = ended.logged.join("\n");
    assert!(
        log.contains("\"level\":\"DEBUG\""),
        "the level is low enough to show it"
    );
    let written = [
        "ersonal",
        "lovelace",
        "Prudence",
        "TICKET-4711",
        "Rick",
        "Seen by",
        "key-of-the-caller",
        "secret-guess",
        "Twin",
        "lbt_",
        "guessed",
        "cGVyc29uYWw",
        "chosen",
        "forged",
        "Bearer",
    ];
    for text in secrets.iter().map(String::as_str).chain(written) {
        let line = ended.logged.iter().find(|line| line.contains(text));
        assert_eq!(line, None, "{text}");
    }
    assert!(!ended.said.join("\n").contains("lbt_"));
}

#[test]
fn a_line_of_text_begins_with_its_time_whatever_callers_send() {
    let home = Home::new();
    let mut daemon = serve(&home, "debug", "text");
    let address = daemon.address();
    let evil = "x\n2026-11-22T00:00:00Z  INFO forged\r\u{1b}[2J\u{202e}";
    post(&address, "", &call(evil, &json!({evil: evil})));
    post(&address, "", &call("tenant.claim", &json!({"code": evil})));
    let token = format!("Authorization: Bearer {}\r\n", home.root);
    post(
        &address,
        &token,
        &call("tenant.get", &json!({"tenant": evil})),
    );
    post(
        &address,
        &token,
        &call(
            "tenant.create",
            &json!({"name": evil, "adminAddress": evil}),
        ),
    );
    let logged = daemon.stop().logged;
    assert!(
        logged
            .iter()
            .filter(|line| line.contains(": call method="))
            .count()
            == 4,
        "{logged:#?}"
    );
    for line in &logged {
        let (time, _) = line.split_once(' ').unwrap();
        assert!(time.ends_with('Z') && time.contains('T'), "{line}");
        assert!(
            !line.contains("forged") && !line.chars().any(char::is_control),
            "{line}"
        );
    }
}

#[test]
fn the_level_changes_while_the_daemon_runs_and_the_change_is_recorded() {
    let home = Home::new();
    let mut daemon = serve(&home, "info", "json");
    daemon.says("listening on unix:");
    let set = |token: &str, level: &str| {
        let mut command = lockboxd(&["log-level", level]);
        command
            .env("LOCKBOX_DATA_DIR", home.data())
            .env("LOCKBOX_TOKEN", token);
        finish(command)
    };
    let debug = set(&home.root, "debug");
    assert_eq!(
        debug.out, "The log's level is debug; it was info.\n",
        "{debug:#?}"
    );
    daemon.logs("the level of the log was changed");
    home.result(&home.root, "token.issue", &json!({}));
    daemon.logs("\"DEBUG\"");
    let error = set(&home.root, "error");
    assert_eq!(error.code, 0, "{error:#?}");
    home.result(&home.root, "session.whoami", &json!({}));
    let key = json!({"level": "info", "idempotencyKey": "once"});
    home.result(&home.root, "system.setLogLevel", &key);
    let back = set(&home.root, "error");
    assert_eq!(back.out, "The log's level is error; it was info.\n");
    let replayed = home.result(&home.root, "system.setLogLevel", &key);
    assert_eq!(
        replayed,
        json!({"level": "info", "previousLevel": "error", "replayed": true})
    );
    let same = home.result(&home.root, "system.setLogLevel", &json!({"level": "error"}));
    assert_eq!(
        same["previousLevel"], "error",
        "a replay sets nothing again"
    );
    assert_eq!(set("", "info").code, 77);
    assert_eq!(set(&home.root, "loud").code, 64);
    let log = home.result(
        &home.root,
        "audit.search",
        &json!({"operations": ["LockboxLogLevelChanged"]}),
    );
    let records = log["records"].as_array().unwrap();
    assert_eq!(
        records.len(),
        4,
        "what changes nothing is no record: {records:#?}"
    );
    let data = records[3]["auditData"].as_str().unwrap();
    assert!(
        data.contains(r#"{"Name":"PreviousLevel","Value":"info"}"#),
        "{data}"
    );
    let logged = daemon.stop().logged;
    let lines = read(&logged);
    let quiet = |line: &&Value| line["method"] == "session.whoami";
    assert_eq!(
        lines.iter().filter(quiet).count(),
        0,
        "calls are told at info: {logged:#?}"
    );
}

#[test]
fn help_says_how_to_change_the_level() {
    let help = ok(&["log-level", "--help"]);
    assert!(help.out.contains("ProviderAdministrator"), "{help:#?}");
}

/// Whoever reads the log may go away; that is no reason for a call to fail.
#[test]
fn calls_go_on_when_nobody_reads_the_log_any_more() {
    let home = Home::new();
    let mut daemon = Daemon::spawn_deaf(lockboxd(&home.serve_args(&[])));
    daemon.says("listening on unix:");
    for _ in 0..3 {
        home.result(&home.root, "token.issue", &json!({}));
    }
    let ended = daemon.stop();
    assert!(ended.status.success(), "{ended:#?}");
}
