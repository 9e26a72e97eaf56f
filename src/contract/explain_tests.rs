use super::Contract;
use crate::error::Kind;
use serde_json::{Value, json};
use std::collections::BTreeMap;

fn contract() -> Contract {
    Contract::load().unwrap()
}

/// (method, params, pointer, expected contains, message contains, remedy contains)
type Case = (
    &'static str,
    Value,
    &'static str,
    &'static str,
    &'static str,
    &'static str,
);

#[test]
fn an_error_names_the_place_the_expectation_and_the_remedy() {
    let id = "EXSR000042";
    let cases: Vec<Case> = vec![
        (
            "request.decide",
            json!({}),
            "/requestId",
            "reference number, such as EXSR000042",
            "missing in request.decide",
            "at /requestId",
        ),
        (
            "request.decide",
            json!({"requestId": id}),
            "/decision",
            "one of 'Approve', 'Deny', 'Cancel'",
            "missing",
            "Send one of",
        ),
        (
            "request.decide",
            json!({"requestId": id, "decision": "approve"}),
            "/decision",
            "'Approve'",
            "Write 'Approve', spelled like this.",
            "/decision",
        ),
        (
            "request.decide",
            json!({"requestId": id, "decision": 0}),
            "/decision",
            "'Approve'",
            "/decision has to be one of",
            "/decision",
        ),
        (
            "request.decide",
            json!({"requestID": id, "decision": "Deny"}),
            "/requestID",
            "one of requestId, decision",
            "did you mean requestId?",
            "Write requestId",
        ),
        (
            "request.decide",
            json!({"requestId": id, "decision": "Deny", "zzz": 1}),
            "/zzz",
            "requestId",
            "no member 'zzz' in request.decide.",
            "known here: requestId",
        ),
        (
            "request.get",
            json!({"requestId": "42"}),
            "/requestId",
            "GUID",
            "has to be",
            "Send a request's",
        ),
        (
            "request.get",
            json!({"requestId": ""}),
            "/requestId",
            "GUID",
            "has to be",
            "Send",
        ),
        (
            "request.get",
            json!({"requestId": null}),
            "/requestId",
            "GUID",
            "has to be",
            "Send",
        ),
        (
            "grant.get",
            json!({}),
            "",
            "exactly one of grantId, requestId",
            "grant.get takes exactly one",
            "Send exactly one",
        ),
        (
            "grant.get",
            json!({"requestId": id, "grantId": "5b0f8f1c-6a52-4c0e-9d55-0c6d2f0f7f10"}),
            "",
            "exactly one",
            "takes",
            "Send",
        ),
        (
            "policy.put",
            json!({"expectedVersion": 1}),
            "",
            "at least one of approvalRequired, hoursToAnswer",
            "takes",
            "Send",
        ),
        (
            "policy.put",
            json!({"hoursToAnswer": 169}),
            "/hoursToAnswer",
            "a whole number from 1 to 168",
            "has to be",
            "Send",
        ),
        (
            "policy.put",
            json!({"approvalRequired": "yes"}),
            "/approvalRequired",
            "true or false",
            "has to be",
            "Send",
        ),
        (
            "audit.search",
            json!({"recordType": ["A", "B"]}),
            "/recordType",
            "one record type",
            "one after the other",
            "Send",
        ),
        (
            "audit.search",
            json!({"startDate": "11/21/2026"}),
            "/startDate",
            "RFC 3339",
            "has to be",
            "2026-11-21T12:00:00Z",
        ),
        (
            "audit.search",
            json!({"operations": ["x", 7]}),
            "/operations/1",
            "text of 1 to 256 characters",
            "has to be",
            "Send",
        ),
        (
            "audit.search",
            json!({"operations": "x"}),
            "/operations",
            "a list of at most 100 items, each text",
            "has to be",
            "Send",
        ),
        (
            "audit.search",
            json!({"session": {"connectionId": "c"}}),
            "/session/sessionId",
            "text of 1 to 256",
            "missing",
            "Send",
        ),
        (
            "principal.create",
            json!({"kind": "person", "displayName": "Bob"}),
            "/address",
            "ada@contoso.com",
            "missing",
            "Send",
        ),
        (
            "principal.create",
            json!({"kind": "robot", "displayName": "r", "roles": [{"role": "SecurityReader", "scop": "/tenants"}]}),
            "/roles/0/scop",
            "one of role, scope",
            "did you mean scope?",
            "Write scope",
        ),
        (
            "principal.create",
            json!({"kind": "robot", "displayName": "r", "roles": [{"role": "Admin"}]}),
            "/roles/0/role",
            "'SupportEngineer'",
            "has to be",
            "Send",
        ),
        (
            "role.assign",
            json!({"principal": "a@b", "role": "SecurityReader", "scope": "/tenant/x"}),
            "/scope",
            "a scope: /provider",
            "has to be",
            "Send",
        ),
        (
            "request.submit",
            json!({"tenant": "t", "serviceName": "Exchange", "reason": "  ", "serviceRequestNumber": "1"}),
            "/reason",
            "not only blanks",
            "has to be",
            "Send",
        ),
        (
            "request.submit",
            json!({"tenant": "t", "serviceName": "Exchange", "reason": "a\u{7}", "serviceRequestNumber": "1"}),
            "/reason",
            "without control characters",
            "has to be",
            "Send",
        ),
        (
            "system.info",
            json!({"verbose": true}),
            "/verbose",
            "no member",
            "no member 'verbose'",
            "Leave it out",
        ),
    ];
    let contract = contract();
    for (method, params, pointer, expected, message, remedy) in cases {
        let error = contract.validate_params(method, &params).expect_err(method);
        let shown = format!("{method} {params}: {}", error.data());
        assert_eq!(error.kind(), Kind::InvalidParams, "{shown}");
        assert_eq!(
            contract.validate_error_data(&error.data()),
            Ok(()),
            "{shown}"
        );
        let has = |key: &str, part: &str| {
            error.data()[key]
                .as_str()
                .is_some_and(|text| text.contains(part))
        };
        assert_eq!(error.data()["pointer"], pointer, "{shown}");
        assert!(has("expected", expected), "{shown}");
        assert!(has("message", message), "{shown}");
        assert!(has("remedy", remedy), "{shown}");
    }
}

#[test]
fn lengths_and_counts_hold_at_the_limit_and_not_past_it() {
    let contract = contract();
    let submit = |change: Value| {
        let mut params = json!({"tenant": "t", "serviceName": "Exchange", "reason": "r", "serviceRequestNumber": "1"});
        params
            .as_object_mut()
            .unwrap()
            .extend(change.as_object().unwrap().clone());
        contract.validate_params("request.submit", &params).is_ok()
    };
    assert!(submit(json!({"reason": "\u{20ac}".repeat(4000)})));
    assert!(!submit(json!({"reason": "\u{20ac}".repeat(4001)})));
    assert!(submit(json!({"reason": "two\tlines\nof text"})));
    assert!(submit(json!({"operations": vec!["x".repeat(256); 100]})));
    assert!(!submit(json!({"operations": vec!["x"; 101]})));
    assert!(!submit(json!({"operations": ["x".repeat(257)]})));
    assert!(submit(json!({"idempotencyKey": "k".repeat(128)})));
    assert!(!submit(json!({"idempotencyKey": "k".repeat(129)})));
    assert!(!submit(json!({"idempotencyKey": ""})));
    assert!(submit(json!({"requestId": "EXSR123456"})));
    assert!(!submit(json!({"requestId": "exsr123456"})));
    let decide = |comment: usize| {
        let params = json!({"requestId": " exsr000042 ", "decision": "Deny", "comment": "c".repeat(comment)});
        contract.validate_params("request.decide", &params).is_ok()
    };
    assert!(decide(0) && decide(4000) && !decide(4001));
    let search = |size: i64| {
        contract
            .validate_params("audit.search", &json!({"resultSize": size}))
            .is_ok()
    };
    assert!(search(1) && search(5000) && !search(0) && !search(5001));
    let date = |text: &str| {
        contract
            .validate_params("request.list", &json!({"createdAfter": text}))
            .is_ok()
    };
    assert!(date("2026-11-21T12:00:00Z") && date("2026-11-21T13:00:00.5+01:00"));
    assert!(!date("2026-11-21T12:00:00") && !date("2026-11-21") && !date("2026-02-30T12:00:00Z"));
}

#[test]
fn a_configuration_is_told_everything_at_once() {
    let contract = contract();
    assert!(contract.config_problems(&json!({})).is_empty());
    let good = json!({
        "data_dir": "/var/lib/lockboxd", "listen": ["127.0.0.1:0", "[::1]:8420"], "socket": "/run/lockboxd.sock",
        "unix_peers": {"1000": "2f6c7f8e-38a1-4b2a-8d0c-0f1d9a4b6c01"},
        "names": {"operator": "Operator", "forest": "eur01"}, "limits": {"pending_per_tenant": 20, "queue_length": 1024},
        "timeouts": {"drain": 30}, "log": {"level": "debug", "format": "json"},
        "services": [{"name": "Payroll", "profile": "slow"}], "profiles": [{"name": "slow", "review_hours": 24}],
    });
    let problems = contract.config_problems(&good);
    assert!(problems.is_empty(), "{problems:?}");
    let bad = json!({"data-dir": "x", "limits": {"batch_length": 0}, "unix_peers": {"root": "x"}, "log": {"level": "loud"}});
    let found: BTreeMap<String, String> = contract
        .config_problems(&bad)
        .iter()
        .map(|error| {
            (
                error.data()["pointer"].as_str().unwrap().to_owned(),
                error.message().to_owned(),
            )
        })
        .collect();
    assert!(
        found["/data-dir"].contains("did you mean data_dir?"),
        "{found:?}"
    );
    assert!(
        found["/limits/batch_length"].contains("from 1 to 10000"),
        "{found:?}"
    );
    assert!(found["/unix_peers/root"].contains("GUID"), "{found:?}");
    assert!(found["/log/level"].contains("'debug'"), "{found:?}");
}
