//! Golden leaves of format 1. `tests/python/recompute_leaves.py` recomputes them from their inputs.
//!
//! `LOCKBOX_UPDATE_GOLDENS=1` writes them anew; format 1 is in use for ever, so only new files may
//! come, and a changed one is a fault.

use super::draft::{Draft, Shape};
use super::samples::{Sample, all};
use super::{PersonalValue, View, merkle, render, seal, verify};
use crate::clock::When;
use serde_json::{Map, Value, json};
use std::path::PathBuf;

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/golden/audit")
}

/// A text, or how to make a long one.
fn text(value: &str) -> Value {
    match value.chars().next() {
        Some(first) if value.len() > 1_000 => {
            let times = value.chars().count();
            assert_eq!(value, String::from(first).repeat(times));
            json!({"repeat": first, "times": times})
        }
        _ => json!(value),
    }
}

fn when(when: When) -> Value {
    match when {
        When::At(instant) => json!({"at": instant.millis()}),
        When::Commit {
            plus_millis,
            not_after,
        } => {
            json!({"plusMillis": plus_millis, "notAfter": not_after.map(|bound| bound.millis())})
        }
    }
}

fn inputs(draft: &Draft) -> Value {
    let parameters: Vec<Value> = draft
        .parameters
        .iter()
        .map(|p| json!({"name": p.name, "value": text(&p.value), "freeText": p.free_text}))
        .collect();
    let actor = &draft.actor;
    json!({
        "id": draft.id,
        "org": draft.org,
        "organizationName": draft.organization_name,
        "shape": match draft.shape { Shape::Decision => "Decision", Shape::Operator => "Operator" },
        "creation": when(draft.creation),
        "operation": draft.operation,
        "recordType": draft.record_type,
        "succeeded": draft.succeeded,
        "user": draft.user,
        "userIsPerson": draft.user_is_person,
        "userType": draft.user_type.number(),
        "externalAccess": draft.external_access,
        "clientIP": draft.client_ip,
        "objectId": draft.object_id,
        "originatingServer": draft.originating_server,
        "workload": draft.workload,
        "parameters": parameters,
        "detail": draft.detail,
        "actor": {
            "id": actor.id, "name": actor.name, "providerName": actor.provider_name,
            "kind": actor.kind, "authentication": actor.authentication, "via": actor.via,
            "tokenId": actor.token_id,
        },
        "reportedBy": draft.reported_by,
        "request": draft.request.as_ref().map(|r| json!({
            "identity": r.identity, "reference": r.reference, "ticket": r.ticket,
            "termsDigest": r.terms_digest,
        })),
        "elevation": draft.elevation.as_ref().map(|e| json!({
            "startTime": when(e.start_time),
            "effectiveOrganization": e.effective_organization,
            "elevationTime": when(e.elevation_time),
            "approver": e.approver,
            "approvedTime": e.approved_time.map(when),
            "requestId": e.request_id,
            "role": e.role,
            "durationSeconds": e.duration_seconds,
            "genericInfo": e.generic_info,
        })),
        "moments": draft.moments.iter()
            .map(|(name, instant)| json!({"name": name, "when": when(*instant)}))
            .collect::<Vec<_>>(),
    })
}

fn golden(sample: &Sample) -> Value {
    let sealed = seal(&sample.draft, &sample.place).expect("the sample can be sealed");
    let salts: Map<String, Value> = sample
        .draft
        .personal_fields()
        .into_iter()
        .zip(&sample.draft.salts)
        .map(|(pointer, salt)| (pointer, json!(hex::encode(salt))))
        .collect();
    let visible = render(&sealed.canonical, &sealed.beside, View::Customer).expect("rendered");
    json!({
        "name": sample.name,
        "place": {
            "logId": sample.place.log_id,
            "sequence": sample.place.sequence,
            "recordedAt": sample.place.recorded_at.millis(),
            "testClock": sample.place.test_clock,
        },
        "draft": inputs(&sample.draft),
        "salts": salts,
        "canonical": String::from_utf8(sealed.canonical).expect("UTF-8"),
        "leafHash": hex::encode(sealed.leaf_hash),
        "auditData": visible.audit_data,
    })
}

fn compare(name: &str, value: &Value) {
    let path = folder().join(format!("{name}.json"));
    let text = serde_json::to_string_pretty(value).expect("JSON") + "\n";
    if std::env::var("LOCKBOX_UPDATE_GOLDENS").is_ok_and(|value| value == "1") {
        std::fs::write(&path, &text).expect("the golden file can be written");
    }
    let golden = std::fs::read_to_string(&path).expect("the golden file is there");
    assert_eq!(text, golden, "{name}");
}

#[test]
fn leaves_of_format_1_are_what_they_were() {
    let samples = all();
    let mut leaves = Vec::new();
    for sample in &samples {
        compare(sample.name, &golden(sample));
        leaves.push(
            seal(&sample.draft, &sample.place)
                .expect("sealed")
                .leaf_hash,
        );
    }
    let names: Vec<&str> = samples.iter().map(|sample| sample.name).collect();
    let tree = json!({"leaves": names, "root": hex::encode(merkle::root(&leaves))});
    compare("tree", &tree);
}

#[test]
fn there_is_no_golden_file_without_its_draft() {
    let mut expected: Vec<String> = all().iter().map(|s| format!("{}.json", s.name)).collect();
    expected.push("tree.json".to_owned());
    expected.sort();
    let mut found: Vec<String> = std::fs::read_dir(folder())
        .expect("the folder is there")
        .map(|entry| {
            entry
                .expect("an entry")
                .file_name()
                .into_string()
                .expect("UTF-8")
        })
        .collect();
    found.sort();
    assert_eq!(found, expected);
}

#[test]
fn every_sample_verifies_with_and_without_its_personal_values() {
    for sample in all() {
        let sealed = seal(&sample.draft, &sample.place).expect("sealed");
        let leaf = sealed.leaf_hash;
        let whole = verify(&sealed.canonical, &sealed.beside, &leaf).expect("holds");
        assert_eq!(
            (whole.sequence, whole.missing.len()),
            (sample.place.sequence, 0)
        );
        let erased: [PersonalValue; 0] = [];
        let bare = verify(&sealed.canonical, &erased, &leaf).expect("holds");
        let mut pointers: Vec<&str> = sealed.beside.iter().map(|v| v.pointer.as_str()).collect();
        pointers.sort_unstable();
        let mut missing = bare.missing.clone();
        missing.sort_unstable();
        assert_eq!(missing, pointers, "{}", sample.name);
        render(&sealed.canonical, &erased, View::Customer).expect("still shown");
    }
}
