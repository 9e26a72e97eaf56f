use super::*;
use crate::audit::samples::{decision, elevated_action};
use serde_json::{Value, json};
use std::collections::HashSet;

#[test]
fn the_published_table_is_the_table_in_code() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/schemas/audit-personal.json");
    let text = std::fs::read_to_string(path).expect("the table is published");
    let published: Value = serde_json::from_str(&text).expect("JSON");
    let fields: Vec<Value> = PERSONAL_FIELDS
        .iter()
        .map(|field| json!({"pointer": field.pointer, "when": field.when.name()}))
        .collect();
    assert_eq!(published["fields"], json!(fields));
    assert_eq!(published["formatVersion"], json!(1));
    assert_eq!(published["commitment"]["label"], json!(COMMITMENT_LABEL));
    for field in &PERSONAL_FIELDS {
        let explained = &published["conditions"][field.when.name()];
        assert!(
            explained.as_str().is_some_and(|text| !text.is_empty()),
            "{}",
            field.pointer
        );
    }
}

#[test]
fn names_of_people_and_free_text_are_personal_and_service_accounts_are_not() {
    let mut draft = decision();
    assert_eq!(
        draft.personal_fields(),
        ["/ClientIP", "/Parameters/0/Value", "/Actor/Name"]
    );
    draft.user_is_person = true;
    draft.actor.provider_name = Some("erin@provider.example".to_owned());
    assert_eq!(
        draft.personal_fields(),
        [
            "/UserId",
            "/UserKey",
            "/ClientIP",
            "/Parameters/0/Value",
            "/Actor/Name",
            "/Actor/ProviderName"
        ]
    );
    draft.actor.kind = "daemon".to_owned();
    draft.user_is_person = false;
    draft.client_ip.clear();
    draft.parameters.clear();
    assert_eq!(draft.personal_fields(), ["/Actor/ProviderName"]);
    draft.actor.provider_name = None;
    assert!(draft.personal_fields().is_empty());
}

#[test]
fn every_row_of_the_table_can_be_reached() {
    let mut draft = elevated_action();
    draft.user_is_person = true;
    let reached: HashSet<String> = draft
        .personal_fields()
        .into_iter()
        .map(|pointer| pointer.replace("/0/", "/*/"))
        .collect();
    let table: HashSet<String> = PERSONAL_FIELDS
        .iter()
        .map(|f| f.pointer.to_owned())
        .collect();
    assert_eq!(reached, table);
}

#[test]
fn each_field_gets_a_salt_of_its_own() {
    let mut draft = elevated_action();
    draft.draw_salts();
    let first = draft.salts.clone();
    assert_eq!(first.len(), draft.personal_fields().len());
    draft.draw_salts();
    let distinct: HashSet<[u8; 32]> = first.iter().chain(&draft.salts).copied().collect();
    assert_eq!(distinct.len(), 2 * first.len());
}

#[test]
fn a_commitment_depends_on_each_of_its_parts_and_on_their_borders() {
    let (log, other) = (LogId::new(), LogId::new());
    let salt = [7; 32];
    let base = commitment(log, 1, "/a", &salt, "value");
    let others = [
        commitment(other, 1, "/a", &salt, "value"),
        commitment(log, 2, "/a", &salt, "value"),
        commitment(log, 1, "/b", &salt, "value"),
        commitment(log, 1, "/a", &[8; 32], "value"),
        commitment(log, 1, "/a", &salt, "value "),
        commitment(log, 1, "/a", &[&salt[..], b"v"].concat(), "alue"),
    ];
    let distinct: HashSet<Sha256> = others.into_iter().chain([base]).collect();
    assert_eq!(distinct.len(), 7);
    assert_eq!(base, commitment(log, 1, "/a", &salt, "value"));
}
