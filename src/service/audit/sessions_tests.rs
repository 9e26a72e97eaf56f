use super::*;
use crate::crypto::sha256;

fn session(used: i64) -> Session {
    Session {
        range: Range::default(),
        first_call: Timestamp::from_millis(used),
        position: Position {
            below: 1,
            before: None,
            given: 0,
            total: 1,
        },
        drained: None,
        used: Timestamp::from_millis(used),
    }
}

fn key(org: OrgId, who: PrincipalId, number: usize) -> SessionKey {
    (org, who, sha256(&[&number.to_be_bytes()]))
}

#[test]
fn one_principal_keeps_so_many_sessions_and_drives_out_only_its_own() {
    let (org, other, who) = (OrgId::new(), PrincipalId::new(), PrincipalId::new());
    let mut sessions = Sessions::default();
    let theirs = key(org, other, 0);
    sessions.keep(theirs, session(0));
    for number in 0..MAX_SESSIONS_EACH {
        sessions.keep(key(org, who, number), session(1 + number as i64));
    }
    let now = Timestamp::from_millis(1_000);
    let mut there = |key: &SessionKey| sessions.resume(key, Range::default(), now).is_some();
    assert!(there(&theirs), "another's session, though the oldest");
    assert!(there(&key(org, who, 0)), "the limit itself is allowed");

    // Using one again takes no room; one more does.
    sessions.keep(key(org, who, 1), session(500));
    sessions.keep(key(org, who, MAX_SESSIONS_EACH), session(501));
    let mut there = |key: &SessionKey| sessions.resume(key, Range::default(), now).is_some();
    assert!(!there(&key(org, who, 0)), "the one unused longest");
    assert!(there(&key(org, who, 1)));
    assert!(there(&key(org, who, MAX_SESSIONS_EACH)));
    assert!(there(&theirs));
}

#[test]
fn all_together_are_limited_too() {
    let mut sessions = Sessions::default();
    let org = OrgId::new();
    let people: Vec<PrincipalId> = (0..MAX_SESSIONS / MAX_SESSIONS_EACH)
        .map(|_| PrincipalId::new())
        .collect();
    for (nr, who) in people.iter().enumerate() {
        for number in 0..MAX_SESSIONS_EACH {
            let used = (nr * MAX_SESSIONS_EACH + number) as i64 / 1_000;
            sessions.0.insert(key(org, *who, number), session(1 + used));
        }
    }
    let first = key(org, people[0], 0);
    sessions.0.insert(first, session(0));
    assert_eq!(sessions.0.len(), MAX_SESSIONS);
    sessions.keep(key(org, PrincipalId::new(), 0), session(999));
    assert_eq!(sessions.0.len(), MAX_SESSIONS);
    assert!(!sessions.0.contains_key(&first));
}
