//! `lockboxd policy`: a pipeline lints a policy, and tries it on an export, without a daemon.

use crate::program::{Done, Home, finish, lockboxd, ok, run};
use serde_json::{Value, json};

/// A policy that is sound on every machine.
fn sound() -> Value {
    json!({
        "format": "lockbox-policy/1",
        "calendars": {"office": {"zone": "Europe/Zurich", "weekly": {"monday-friday": ["08:00-18:00"]}}},
        "rules": [
            {"id": "nights", "match": {"outside": "office"}, "deny": {"reason": "Ask between 8 and 18."}},
            {"id": "long", "when": "request.durationMinutes > 60 && local.office.hour >= 17", "ask": {"reasonToApprove": true}}
        ]
    })
}

/// Checks a policy in a file of its own; what is said, with the file's name taken out.
fn check(policy: &Value, more: &[&str]) -> Done {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("policy.json");
    std::fs::write(&path, policy.to_string()).unwrap();
    let mut args = vec!["policy", "check", path.to_str().unwrap()];
    args.extend(more);
    run(&args)
}

#[test]
fn a_sound_policy_is_0_and_shows_its_hash() {
    let done = check(&sound(), &[]);
    assert_eq!(done.code, 0, "{done:#?}");
    assert!(
        done.out
            .contains("is sound: 2 rule(s), 1 calendar(s).\nSHA-256 "),
        "{done:#?}"
    );
    let listed = check(&sound(), &["--output", "json"]);
    let listed: Value = serde_json::from_str(&listed.out).unwrap();
    assert_eq!(listed["problems"], json!([]));
    assert_eq!(listed["warnings"], json!([]));
    assert!(done.out.contains(listed["hash"].as_str().unwrap()));
}

#[test]
fn a_policy_that_is_not_is_65_with_place_reason_and_suggestion() {
    let mut policy = sound();
    policy["calendars"]["office"]["zone"] = json!("Europe/Zurch");
    policy["rules"][0]["match"]["outside"] = json!("ofice");
    let done = check(&policy, &[]);
    assert_eq!(done.code, 65, "{done:#?}");
    assert_eq!(done.out, "");
    for said in [
        "/calendars/office/zone: There is no time zone 'Europe/Zurch' here. Did you mean Europe/Zurich",
        "/rules/0/match/outside: There is no calendar 'ofice'. Did you mean 'office'?",
    ] {
        assert!(done.err.contains(said), "{said}\n{done:#?}");
    }
    let listed = check(&policy, &["--output", "json"]);
    assert_eq!(listed.code, 65);
    let listed: Value = serde_json::from_str(&listed.out).unwrap();
    assert_eq!(listed["problems"][0]["pointer"], "/calendars/office/zone");
    assert_eq!(listed["hash"], Value::Null);
}

#[test]
fn the_schema_is_asked_first() {
    let mut policy = sound();
    policy["rules"][0]["matches"] = json!({});
    policy["rules"][1]["deny"] = json!({"reason": "x"});
    let done = check(&policy, &[]);
    assert_eq!(done.code, 65);
    assert!(
        done.err
            .contains("There is no member 'matches' in the policy."),
        "{done:#?}"
    );
    assert!(
        done.err
            .contains("/rules/1 takes exactly one of deny, approve, ask."),
        "{done:#?}"
    );
}

#[test]
fn what_only_a_daemon_knows_is_a_warning() {
    let mut policy = sound();
    policy["rules"][0]["match"]["services"] = json!(["Vault"]);
    let done = check(&policy, &[]);
    assert_eq!(done.code, 0, "{done:#?}");
    assert!(
        done.out
            .starts_with("Warning: /rules/0/match/services/0: There is no service 'Vault'."),
        "{done:#?}"
    );
}

#[test]
fn what_a_daemon_would_not_keep_is_not_sound() {
    const MOST: usize = 256 * 1024;
    // Most of it in a letter of two bytes, and the rest a byte at a time.
    let document = |size: usize| {
        let reason = |number: usize, text: String| json!({"id": format!("r{number:03}"), "deny": {"reason": text}});
        let mut policy = sound();
        let long = (0..120).map(|number| reason(number, "é".repeat(1_000)));
        policy["rules"] = long.collect();
        for number in 120..200 {
            let left = size - policy.to_string().len();
            let around = reason(number, String::new()).to_string().len() + 1;
            // The last one has to have room for a letter.
            let letters = if left > around + 1_000 + 100 {
                900
            } else {
                left - around
            };
            let last = reason(number, "x".repeat(letters));
            policy["rules"].as_array_mut().unwrap().push(last);
            if policy.to_string().len() == size {
                return policy;
            }
        }
        panic!("it is not that large");
    };
    let done = check(&document(MOST), &[]);
    assert_eq!(done.code, 0, "{}", done.err);
    let done = check(&document(MOST + 1), &[]);
    assert_eq!(done.code, 65);
    let said = "has 262145 bytes, more than the 262144 that a daemon keeps.";
    assert!(done.err.contains(said), "{}", done.err);
}

#[test]
fn a_file_that_is_none_says_so() {
    let done = run(&["policy", "check", "/nowhere/policy.json"]);
    assert_eq!(done.code, 66, "{done:#?}");
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("policy.json");
    let path = path.to_str().unwrap();
    for (text, said) in [
        ("{", "It cannot be read: EOF"),
        (
            "[]",
            "the policy has to be a policy: an object with format and rules.",
        ),
    ] {
        std::fs::write(path, text).unwrap();
        let done = run(&["policy", "check", path]);
        assert_eq!(done.code, 65, "{done:#?}");
        assert!(done.err.contains(said), "{done:#?}");
    }
    // At the limit it is read, one byte past it is not.
    let mut text = sound().to_string();
    text.push_str(&" ".repeat(1024 * 1024 - text.len()));
    std::fs::write(path, &text).unwrap();
    ok(&["policy", "check", path]);
    std::fs::write(path, text + " ").unwrap();
    let done = run(&["policy", "check", path]);
    assert_eq!(
        (done.code, done.err.contains("larger than 1048576 bytes")),
        (65, true),
        "{done:#?}"
    );
}

#[test]
fn what_was_exported_is_tried_and_what_is_no_export_is_65() {
    let home = Home::new();
    let daemon = home.serve(&[]).ready();
    let (_, admin) = home.tenant("contoso.onmicrosoft.com", "ada@contoso.com");
    let mut tokens = Vec::new();
    for (address, role) in [("eve", "SupportEngineer"), ("max", "SupportManager")] {
        let params = json!({"kind": "person", "address": format!("{address}@fabrikam.example"),
                            "displayName": address, "roles": [{"role": role}]});
        let code = home.result(&home.root, "principal.create", &params)["enrolmentCode"].clone();
        let params = json!({"code": code});
        let token = home.result("", "principal.enroll", &params)["token"].clone();
        tokens.push(token.as_str().unwrap().to_owned());
    }
    for service in ["Exchange", "Teams"] {
        let ask = json!({"tenant": "contoso.onmicrosoft.com", "serviceName": service,
                         "reason": "Mail is lost", "serviceRequestNumber": "SR-1"});
        let made = home.result(&tokens[0], "request.submit", &ask)["request"].clone();
        let review = json!({"requestId": made["identity"], "decision": "Approve"});
        home.result(&tokens[1], "request.review", &review);
    }
    let export = |more: &[&str]| {
        let mut command = lockboxd(&[&["policy", "export"], more].concat());
        command.env("LOCKBOX_DATA_DIR", home.data());
        command.env("LOCKBOX_TOKEN", &admin);
        let done = finish(command);
        assert_eq!(done.code, 0, "{done:#?}");
        done.json()
    };
    assert_eq!(
        export(&["--since", "2100-01-01T00:00:00Z"])["requests"],
        json!([])
    );
    let exported = export(&[]);
    let draft = json!({"format": "lockbox-policy/1", "rules": [
        {"id": "no-teams", "match": {"services": ["Teams"]}, "deny": {"reason": "Not Teams."}},
    ]});
    let params = json!({"document": draft});
    let said = home.result(&admin, "policy.simulate", &params);
    daemon.stop();
    let simulate = |policy: &Value, exported: &Value| {
        let (file, past) = (home.file("p.json"), home.file("past.json"));
        std::fs::write(&file, policy.to_string()).unwrap();
        std::fs::write(&past, exported.to_string()).unwrap();
        let (file, past) = (file.to_str().unwrap(), past.to_str().unwrap());
        let args = ["policy", "simulate", file, "--requests", past];
        run(&[&args[..], &["--output", "json", "--fail-on-difference"]].concat())
    };
    let done = simulate(&draft, &exported);
    assert_eq!(done.code, 1, "{done:#?}");
    assert_eq!(done.json(), said);
    assert!(done.err.contains("1 request(s) would have gone otherwise"));
    for (policy, exported, wanted) in [
        (&json!({"format": "x"}), &exported, "/format"),
        (&draft, &draft, "is no export of requests"),
        (
            &draft,
            &json!({"format": "lockbox-past/2", "settings": exported["settings"],
            "profiles": [], "requests": [], "more": false}),
            "its format is not 'lockbox-past/1'",
        ),
        (
            &draft,
            &json!({"format": "lockbox-past/1", "settings": exported["settings"],
            "profiles": [], "requests": exported["requests"], "more": false}),
            "there is no profile 'microsoft365'",
        ),
    ] {
        let done = simulate(policy, exported);
        assert_eq!(done.code, 65, "{done:#?}");
        assert!(done.err.contains(wanted), "{wanted}: {done:#?}");
    }
}
