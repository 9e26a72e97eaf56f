use super::*;
use crate::domain::policy::testing;
use serde_json::json;

#[test]
fn what_is_the_same_has_no_difference_whatever_the_order() {
    let one = json!({"id": "a", "deny": {"reason": "no"}});
    let two = json!({"id": "b", "ask": {"longestMinutes": 60}});
    let before = testing::document(json!([one, two]));
    let after = testing::document(json!([two, one]));
    assert_eq!(difference(&before, &after), []);
}

#[test]
fn every_change_is_a_line_that_a_person_can_read() {
    let before = testing::document(json!([
        {"id": "a", "deny": {"reason": "no"}},
        {"id": "b", "match": {"services": ["Teams"]}, "ask": {"longestMinutes": 240, "reasonToDeny": true}},
    ]));
    let mut after = testing::document(json!([
        {"id": "c", "approve": {"longestMinutes": 5}},
        {"id": "b", "ask": {"longestMinutes": 60, "hook": "h"}},
    ]));
    after.description = Some("Ours".to_owned());
    after.four_eyes = Some(crate::domain::policy::document::FourEyes { recovery_hours: 24 });
    after
        .groups
        .insert("night-shift".to_owned(), vec!["dan@contoso.com".to_owned()]);
    let office = after.calendars.get_mut("office").unwrap();
    office
        .weekly
        .insert("saturday".to_owned(), vec!["09:00-12:00".to_owned()]);
    let found: Vec<(Change, String, String)> = difference(&before, &after)
        .into_iter()
        .map(|line| (line.change, line.pointer, line.text))
        .collect();
    let line = |change, pointer: &str, text: &str| (change, pointer.to_owned(), text.to_owned());
    assert_eq!(
        found,
        [
            line(
                Change::Added,
                "/description",
                "document: description added: \"Ours\""
            ),
            line(
                Change::Added,
                "/fourEyes",
                "document: fourEyes added: {\"recoveryHours\":24}"
            ),
            line(
                Change::Added,
                "/calendars/office/weekly/saturday",
                "calendar 'office': weekly/saturday added: [\"09:00-12:00\"]"
            ),
            line(
                Change::Changed,
                "/groups/night-shift",
                "group 'night-shift': [\"Eve@contoso.com\",\"dan@contoso.com\"] → [\"dan@contoso.com\"]"
            ),
            line(Change::Removed, "/rules/a", "rule 'a' removed"),
            line(
                Change::Removed,
                "/rules/b/match",
                "rule 'b': match removed: {\"services\":[\"Teams\"]}"
            ),
            line(
                Change::Changed,
                "/rules/b/ask/longestMinutes",
                "rule 'b': ask/longestMinutes 240 → 60"
            ),
            line(
                Change::Removed,
                "/rules/b/ask/reasonToDeny",
                "rule 'b': ask/reasonToDeny removed: true"
            ),
            line(
                Change::Added,
                "/rules/b/ask/hook",
                "rule 'b': ask/hook added: \"h\""
            ),
            line(Change::Added, "/rules/c", "rule 'c' added"),
        ]
    );
}
