use super::*;

#[test]
fn what_a_hook_writes_is_read_strictly() {
    let said = |text: &str| answer(text.as_bytes());
    let deny = said(r#"{"decision": "deny", "reason": "closed"}"#).unwrap();
    assert_eq!(deny.opinion, Opinion::Deny);
    assert_eq!(deny.reason, "closed");
    assert_eq!(
        deny.digest,
        sha256(&[br#"{"decision": "deny", "reason": "closed"}"#])
    );
    assert_eq!(
        said(r#"{"decision": "pass"}"#).unwrap().opinion,
        Opinion::Pass
    );
    for nonsense in [
        "",
        "approve",
        r#"{"decision": "Approve"}"#,
        r#"{"decision": "yes"}"#,
        r#"{"reason": "why"}"#,
        r#"{"decision": "approve", "duration": 5}"#,
        r#"{"decision": "approve"} {"decision": "deny"}"#,
        r#"[{"decision": "approve"}]"#,
    ] {
        assert!(
            matches!(said(nonsense), Err(Failure::Nonsense(_))),
            "{nonsense}"
        );
    }
}

#[test]
fn a_reason_has_a_longest_length() {
    let written = |length: usize| {
        let text = serde_json::json!({"decision": "deny", "reason": "ä".repeat(length)});
        answer(text.to_string().as_bytes())
    };
    assert!(written(REASON_LENGTH).is_ok());
    assert!(matches!(
        written(REASON_LENGTH + 1),
        Err(Failure::Nonsense(_))
    ));
}

/// Customers read the class; what others wrote, and where they are, is not in it.
#[test]
fn a_class_says_nothing_of_the_host() {
    let inner = "10.1.2.3 risk.internal".to_owned();
    for failure in [
        Failure::NotStarted(inner.clone()),
        Failure::Unreachable(inner.clone()),
        Failure::Ended(inner.clone()),
        Failure::Nonsense(inner.clone()),
    ] {
        assert!(failure.to_string().contains(&inner), "{failure}");
        assert!(!failure.class().contains("10.1"), "{failure}");
    }
    let limit = Duration::from_secs(3);
    assert_eq!(Failure::TimedOut(limit).class(), "took too long");
}
