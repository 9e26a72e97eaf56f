//! The commands that users type: what they print, and how they exit.

use crate::program::{DEADLINE, Done, Home, files, finish, lockboxd, ok, run};
use clap::CommandFactory;
use customer_lockbox::cli::Cli;
use serde_json::{Value, json};
use std::io::Write;
use std::process::Stdio;
use std::sync::mpsc;

/// Runs the program as somebody who speaks to a home's daemon.
fn as_caller(home: &Home, token: &str, args: &[&str]) -> Done {
    let mut command = lockboxd(args);
    command.env("LOCKBOX_DATA_DIR", home.data());
    if !token.is_empty() {
        command.env("LOCKBOX_TOKEN", token);
    }
    finish(command)
}

/// A command and all that are below it, each as it is typed after the program's name.
fn commands(top: &clap::Command) -> Vec<Vec<String>> {
    let mut found = vec![Vec::new()];
    // What people do not type is hidden from them.
    for command in top
        .get_subcommands()
        .filter(|command| !command.is_hide_set())
    {
        for mut below in commands(command) {
            below.insert(0, command.get_name().to_owned());
            found.push(below);
        }
    }
    found
}

fn count(text: &str, word: &str) -> usize {
    text.matches(word).count()
}

#[test]
fn every_command_has_help_on_standard_output() {
    let commands = commands(&Cli::command());
    for known in [&[][..], &["init"], &["service", "install"]] {
        assert!(commands.iter().any(|command| command == known), "{known:?}");
    }
    for command in &commands {
        let mut args: Vec<&str> = command.iter().map(String::as_str).collect();
        args.push("--help");
        let done = ok(&args);
        assert!(
            done.out.contains("Usage: lockboxd"),
            "{command:?} {done:#?}"
        );
        assert!(done.out.lines().next().unwrap().len() > 15, "{done:#?}");
        assert_eq!(done.err, "");
    }
    let root = ok(&["--help"]).out;
    for command in commands.iter().filter(|command| command.len() == 1) {
        assert!(
            root.contains(&format!("\n  {} ", command[0])),
            "{command:?} is missing in {root}"
        );
    }
    let version = ok(&["--version"]).out;
    assert_eq!(
        version.trim(),
        format!("lockboxd {}", env!("CARGO_PKG_VERSION"))
    );
}

#[test]
fn wrong_usage_is_64_and_says_what_is_wrong() {
    let wrong: [(&[&str], &str); 8] = [
        (&[], "Usage"),
        (&["frobnicate"], "frobnicate"),
        (&["init"], "--admin"),
        (&["init", "--admin"], "--admin"),
        (&["serve", "--colour"], "--colour"),
        (&["call"], "METHOD"),
        (&["openrpc", "--output", "xml"], "--output"),
        (
            &["call", "system.info", "--url", "ftp://nowhere"],
            "ftp://nowhere",
        ),
    ];
    for (args, word) in wrong {
        let done = run(args);
        assert_eq!(done.code, 64, "{args:?} {done:#?}");
        assert!(done.err.contains(word), "{args:?} {done:#?}");
        assert_eq!(done.out, "", "{args:?}");
    }
}

#[test]
fn all_problems_of_a_configuration_are_reported_at_once_with_78() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("lockboxd.toml");
    let text = "listen = [\"0.0.0.0:8420\"]\nlsten = []\n[limits]\nbody_bytes = 1\n[log]\nlevel = \"loud\"\n";
    std::fs::write(&file, text).unwrap();
    let file = file.to_str().unwrap();
    // No data directory is named either.
    let words = [
        "data_dir",
        "TLS",
        "lsten",
        "/limits/body_bytes",
        "/log/level",
    ];
    for command in ["serve", "check-config"] {
        let done = run(&[command, "--config", file]);
        assert_eq!(done.code, 78, "{done:#?}");
        for word in words {
            assert!(done.err.contains(word), "{command}: no {word} in {done:#?}");
        }
        assert!(done.err.contains("has 5 problem(s)"), "{done:#?}");
        assert_eq!(done.out, "", "{command}");
    }
    let listed = run(&["check-config", "--config", file, "--output", "json"]);
    assert_eq!(listed.code, 78, "{listed:#?}");
    let problems = listed.json()["problems"].clone();
    assert_eq!(problems.as_array().unwrap().len(), 5, "{problems}");
    // Init judges the same file, and makes nothing.
    let data = dir.path().join("data");
    let args = [
        "init",
        "--config",
        file,
        "--admin",
        "root@fabrikam.example",
        "--data-dir",
    ];
    let done = run(&[&args[..], &[data.to_str().unwrap()]].concat());
    assert_eq!(done.code, 78, "{done:#?}");
    assert!(!data.exists());
}

#[test]
fn a_configuration_file_that_is_missing_or_no_toml_is_a_problem() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().to_str().unwrap();
    let done = run(&[
        "check-config",
        "--data-dir",
        data,
        "--config",
        "nowhere.toml",
    ]);
    assert_eq!(done.code, 78, "{done:#?}");
    assert!(done.err.contains("nowhere.toml"), "{done:#?}");
    let file = dir.path().join("broken.toml");
    std::fs::write(&file, "listen = [\n").unwrap();
    let file = file.to_str().unwrap();
    let done = run(&["check-config", "--data-dir", data, "--config", file]);
    assert_eq!(done.code, 78, "{done:#?}");
    assert!(done.err.contains("broken.toml"), "{done:#?}");
}

#[test]
fn a_sound_configuration_is_told_so() {
    let done = ok(&[
        "check-config",
        "--data-dir",
        "somewhere",
        "--listen",
        "[::1]:9000",
    ]);
    assert!(done.out.contains("sound"), "{done:#?}");
    assert!(done.out.contains("[::1]:9000"), "{done:#?}");
    let mut command = lockboxd(&["check-config", "--output", "json"]);
    command.env("LOCKBOX_DATA_DIR", "somewhere");
    command.env("LOCKBOX_LISTEN", "127.0.0.1:1,127.0.0.1:2");
    let done = finish(command);
    assert_eq!(done.code, 0, "{done:#?}");
    assert_eq!(done.json(), json!({"problems": [], "warnings": []}));
}

#[test]
fn init_prints_the_token_once_and_refuses_to_do_it_again() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    let init = |more: &[&str]| {
        let args = [
            "init",
            "--admin",
            "Root@Fabrikam.example",
            "--name",
            "fabrikam.example",
        ];
        let mut command = lockboxd(&[&args[..], more].concat());
        command.env("LOCKBOX_DATA_DIR", &data);
        finish(command)
    };
    let first = init(&[]);
    assert_eq!(first.code, 0, "{first:#?}");
    assert_eq!(count(&first.out, "lbt_"), 1, "{first:#?}");
    assert!(first.out.contains("root@fabrikam.example"), "{first:#?}");
    assert!(first.out.contains("lockboxd serve"), "{first:#?}");
    let again = init(&[]);
    assert_eq!(again.code, 1, "{again:#?}");
    assert!(again.err.contains("already"), "{again:#?}");
    assert_eq!(count(&(again.out + &again.err), "lbt_"), 0);
    for file in files(&data) {
        let bytes = std::fs::read(&file).unwrap();
        assert!(
            !bytes.windows(4).any(|part| part == b"lbt_"),
            "{}",
            file.display()
        );
    }
}

#[test]
fn init_in_json_holds_what_a_script_needs_and_bad_names_make_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    let data = data.to_str().unwrap();
    for wrong in [
        ["--admin", "nobody", "--name", "fabrikam.example"],
        [
            "--admin",
            "root@fabrikam.example",
            "--name",
            "no name at all",
        ],
    ] {
        let done = run(&[&["init", "--data-dir", data], &wrong[..]].concat());
        assert_eq!(done.code, 65, "{done:#?}");
        assert!(!std::path::Path::new(data).exists());
    }
    let args = ["--admin", "root@fabrikam.example", "--output", "json"];
    let made = ok(&[&["init", "--data-dir", data], &args[..]].concat()).json();
    assert_eq!(made["dataDir"], data);
    assert_eq!(made["administrator"], "root@fabrikam.example");
    assert!(made["token"].as_str().unwrap().starts_with("lbt_"));
    assert!(made["expirationDate"].as_str().unwrap().ends_with('Z'));
}

#[test]
fn a_code_is_redeemed_once_and_shows_the_token_once() {
    let home = Home::new();
    let _daemon = home.serve(&[]).ready();
    let create = json!({"name": "contoso.example", "adminAddress": "ada@contoso.example"});
    let made = home.result(&home.root, "tenant.create", &create);
    let code = made["claimCode"].as_str().unwrap();
    let first = as_caller(&home, "", &["enroll", code]);
    assert_eq!(first.code, 0, "{first:#?}");
    assert_eq!(count(&first.out, "lbt_"), 1, "{first:#?}");
    let again = as_caller(&home, "", &["enroll", code]);
    assert_eq!(again.code, 77, "{again:#?}");
    assert!(again.err.contains("codeInvalid"), "{again:#?}");
    assert_eq!(count(&again.out, "lbt_"), 0);

    let ada = first
        .out
        .split_whitespace()
        .find(|word| word.starts_with("lbt_"));
    let anna = json!({"kind": "person", "address": "anna@contoso.example", "displayName": "Anna"});
    let anna = home.result(ada.unwrap(), "principal.create", &anna);
    let code = anna["enrolmentCode"].as_str().unwrap();
    let shown = as_caller(&home, "", &["enroll", code, "--output", "json"]).json();
    assert_eq!(shown["principal"]["address"], "anna@contoso.example");

    let wrong = as_caller(&home, "", &["enroll", "open-sesame"]);
    assert_eq!(wrong.code, 65, "{wrong:#?}");
    assert!(wrong.err.contains("claim-"), "{wrong:#?}");
}

#[test]
fn exit_codes_tell_failures_apart() {
    let home = Home::new();
    let unreachable = as_caller(&home, "", &["call", "system.info"]);
    assert_eq!(unreachable.code, 69, "{unreachable:#?}");
    assert!(
        unreachable.err.contains("lockboxd serve"),
        "{unreachable:#?}"
    );

    let _daemon = home.serve(&[]).ready();
    let (_, ada) = home.tenant("contoso.example", "ada@contoso.example");
    let cases: [(&str, &[&str], i32, &str); 8] = [
        ("", &["call", "session.whoami"], 77, "unauthenticated"),
        (&ada, &["call", "tenant.list"], 77, "forbidden"),
        (
            &ada,
            &["call", "request.get", r#"{"requestId":"EXSR000001"}"#],
            66,
            "notFound",
        ),
        (&ada, &["call", "request.get", "{}"], 65, "/requestId"),
        (&ada, &["call", "request.get", "[1]"], 65, "invalidParams"),
        (&ada, &["call", "request.frobnicate"], 65, "methodNotFound"),
        (&ada, &["call", "request.get", "{"], 65, "no JSON"),
        (
            &home.root,
            &[
                "call",
                "tenant.create",
                r#"{"name":"contoso.example","adminAddress":"b@contoso.example"}"#,
            ],
            1,
            "alreadyExists",
        ),
    ];
    for (token, args, code, word) in cases {
        let done = as_caller(&home, token, args);
        assert_eq!(done.code, code, "{args:?} {done:#?}");
        assert!(done.err.contains(word), "{args:?} {done:#?}");
        assert_eq!(done.out, "", "{args:?}");
    }
}

#[test]
fn call_reads_params_from_standard_input_and_prints_one_member_alone() {
    let home = Home::new();
    let mut daemon = home.serve(&[]);
    let url = format!("http://{}", daemon.address());
    let _daemon = daemon.ready();
    let mut command = lockboxd(&["call", "tenant.create", "-", "--get", "/claimCode"]);
    command
        .env("LOCKBOX_URL", &url)
        .env("LOCKBOX_TOKEN", &home.root);
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let params = br#"{"name": "contoso.example", "adminAddress": "ada@contoso.example"}"#;
    child.stdin.take().unwrap().write_all(params).unwrap();
    let output = child.wait_with_output().unwrap();
    let code = String::from_utf8(output.stdout).unwrap();
    assert!(code.starts_with("claim-"), "{code}");
    assert_eq!(code.lines().count(), 1);

    let whole = as_caller(
        &home,
        &home.root,
        &["call", "tenant.list", "--get", "/tenants/0"],
    );
    assert_eq!(whole.json()["name"], "contoso.example");
    let none = as_caller(
        &home,
        &home.root,
        &["call", "tenant.list", "--get", "/nothing"],
    );
    assert_eq!(none.code, 66, "{none:#?}");
    let over = as_caller(
        &home,
        "",
        &[
            "call",
            "session.whoami",
            "--url",
            &url,
            "--token",
            &home.root,
        ],
    );
    assert_eq!(over.json()["via"], "tcp");
}

#[test]
fn a_flag_stands_above_the_environment() {
    let home = Home::new();
    let mut daemon = home.serve(&[]);
    let url = format!("http://{}", daemon.address());
    let _daemon = daemon.ready();
    let data = home.data().display().to_string();
    let via = |flags: &[&str], variables: &[(&str, &str)]| {
        let mut command = lockboxd(&[&["call", "session.whoami", "--get", "/via"], flags].concat());
        command.env("LOCKBOX_TOKEN", &home.root);
        for (name, value) in variables {
            command.env(name, value);
        }
        finish(command)
    };
    let nowhere = "unix:/nowhere/lockboxd.sock";
    let told = |done: Done| done.out.trim().to_owned();
    assert_eq!(
        told(via(&["--data-dir", &data], &[("LOCKBOX_URL", nowhere)])),
        "unix"
    );
    assert_eq!(
        told(via(&["--url", &url], &[("LOCKBOX_DATA_DIR", "/nowhere")])),
        "tcp"
    );
    let both = [
        ("LOCKBOX_URL", url.as_str()),
        ("LOCKBOX_DATA_DIR", "/nowhere"),
    ];
    assert_eq!(told(via(&[], &both)), "tcp");
    // An empty variable is none.
    let empty = [("LOCKBOX_URL", ""), ("LOCKBOX_DATA_DIR", data.as_str())];
    assert_eq!(told(via(&[], &empty)), "unix");
    let done = via(&["--url", &url, "--data-dir", &data], &[]);
    assert_eq!(done.code, 64, "{done:#?}");
    let mut none = lockboxd(&["check-config"]);
    none.env("LOCKBOX_DATA_DIR", "");
    assert_eq!(finish(none).code, 64);
}

#[test]
fn tokens_are_issued_listed_and_revoked() {
    let home = Home::new();
    let _daemon = home.serve(&[]).ready();
    let (_, ada) = home.tenant("contoso.example", "ada@contoso.example");
    let issue = [
        "token",
        "issue",
        "--name",
        "laptop",
        "--role",
        "GlobalAdministrator",
        "--decision",
        "Deny",
        "--expires-in-days",
        "7",
        "--output",
        "json",
    ];
    let issued = as_caller(&home, &ada, &issue).json();
    let id = issued["tokenId"].as_str().unwrap();
    let token = issued["token"].as_str().unwrap();
    let who = home.result(token, "session.whoami", &json!({}));
    assert_eq!(who["decisions"], json!(["Deny"]));

    let alone = as_caller(&home, &ada, &["token", "issue", "--output", "token"]).out;
    home.result(alone.trim(), "session.whoami", &json!({}));
    let text = as_caller(&home, &ada, &["token", "issue"]).out;
    assert_eq!(count(&text, "lbt_"), 1, "{text}");

    let list = as_caller(&home, &ada, &["token", "list"]);
    let row = list.out.lines().find(|line| line.contains(id)).unwrap();
    assert!(row.contains("laptop"), "{list:#?}");
    assert_eq!(count(&list.out, "lbt_"), 0, "{list:#?}");

    let revoked = as_caller(&home, &ada, &["token", "revoke", id]);
    assert_eq!(revoked.code, 0, "{revoked:#?}");
    let refused = home.call(token, "session.whoami", &json!({}));
    assert_eq!(refused.code, 77, "{refused:#?}");
    assert!(refused.err.contains("tokenRevoked"), "{refused:#?}");
    let list = as_caller(&home, &ada, &["token", "list"]);
    let row = list.out.lines().find(|line| line.contains(id)).unwrap();
    assert!(row.contains("revoked"), "{list:#?}");
}

#[test]
fn a_tenant_is_recovered_on_the_host_only_and_after_a_day() {
    let home = Home::init(&["--clock-control"]);
    let daemon = home.serve(&["--clock-control"]).ready();
    let (_, ada) = home.tenant("contoso.example", "ada@contoso.example");
    let data = home.data().display().to_string();
    let recover = [
        "tenant",
        "recover",
        "contoso.example",
        "--admin",
        "new@contoso.example",
        "--data-dir",
        &data,
    ];
    let busy = run(&recover);
    assert_eq!(busy.code, 69, "the daemon holds the directory: {busy:#?}");
    assert_eq!(daemon.stop().status.code(), Some(0));
    let done = ok(&recover);
    assert_eq!(count(&done.out, "claim-"), 1, "{done:#?}");
    let code = done
        .out
        .split_whitespace()
        .find(|word| word.starts_with("claim-"));
    let code = code.unwrap();

    let _daemon = home.serve(&["--clock-control"]).ready();
    let refused = home.call(&ada, "session.whoami", &json!({}));
    assert_eq!(refused.code, 77, "{refused:#?}");
    let early = as_caller(&home, "", &["enroll", code]);
    assert_ne!(early.code, 0, "{early:#?}");
    home.result(&home.root, "clock.advance", &json!({"seconds": 86_400}));
    let new = as_caller(&home, "", &["enroll", code, "--output", "token"]);
    assert_eq!(new.code, 0, "{new:#?}");
    let who = home.result(new.out.trim(), "session.whoami", &json!({}));
    assert_eq!(who["roles"][0]["role"], "GlobalAdministrator");
    assert_eq!(who["principal"]["address"], "new@contoso.example");
}

#[test]
fn the_audit_log_is_searched_read_and_exported() {
    let home = Home::new();
    let _daemon = home.serve(&[]).ready();
    let (_, ada) = home.tenant("contoso.example", "ada@contoso.example");
    home.result(&ada, "policy.put", &json!({"hoursToAnswer": 24}));
    home.result(&ada, "policy.put", &json!({"hoursToAnswer": 48}));

    let all = as_caller(&home, &ada, &["audit", "search"]);
    assert_eq!(all.code, 0, "{all:#?}");
    assert!(all.out.contains("3 record(s) match."), "{all:#?}");
    let few = [
        "audit", "search", "--size", "1", "--user", "ada@*", "--output", "json",
    ];
    let few = as_caller(&home, &ada, &few).json();
    assert_eq!(few["total"], 3, "{few}");
    assert_eq!(few["records"].as_array().unwrap().len(), 1);
    let newest = few["records"][0].clone();

    let id = newest["identity"].as_str().unwrap();
    let by_id = as_caller(&home, &ada, &["audit", "get", id]).json();
    let sequence = newest["sequence"].to_string();
    let by_sequence = as_caller(&home, &ada, &["audit", "get", &sequence]).json();
    assert_eq!(by_id, by_sequence);
    assert_eq!(by_id["leafHash"], newest["leafHash"]);

    let file = home.file("log.csv");
    let export = ["audit", "export", "--file", file.to_str().unwrap()];
    let exported = as_caller(&home, &ada, &export);
    assert_eq!(exported.code, 0, "{exported:#?}");
    let csv = std::fs::read_to_string(&file).unwrap();
    assert!(
        csv.starts_with("Date,IP,User,Activity,Item,Detail"),
        "{csv}"
    );
    let again = as_caller(&home, &ada, &export);
    assert_eq!(again.code, 74, "nothing is overwritten: {again:#?}");
    let lines = as_caller(&home, &ada, &["audit", "export", "--format", "jsonl"]);
    let lines: Vec<Value> = lines
        .out
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    // Both exports that began are records themselves.
    assert!(lines.len() >= 4, "{lines:#?}");
    assert!(lines.iter().all(|line| line["Operation"].is_string()));
}

#[test]
fn the_printed_document_is_the_one_that_is_served() {
    let printed = ok(&["openrpc"]).json();
    let home = Home::new();
    let _daemon = home.serve(&[]).ready();
    let mut served = home.result("", "rpc.discover", &json!({}));
    assert!(printed["methods"].as_array().unwrap().len() > 40);
    // Only the address differs.
    served["servers"] = printed["servers"].clone();
    assert_eq!(printed, served);
}

#[test]
fn a_reader_that_goes_away_ends_a_command_quietly() {
    let mut command = lockboxd(&["openrpc"]);
    let mut child = command
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let (sender, receiver) = mpsc::channel();
    std::thread::spawn(move || sender.send(child.wait_with_output()));
    let output = receiver.recv_timeout(DEADLINE).unwrap().unwrap();
    let err = String::from_utf8(output.stderr).unwrap();
    assert_eq!(err, "");
    assert_eq!(output.status.code(), Some(74));
}
