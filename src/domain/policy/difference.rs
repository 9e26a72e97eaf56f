//! What is different between two documents, line by line, for people.

use crate::domain::policy::check::escaped;
use crate::domain::policy::document::Document;
use crate::domain::policy::matching::folded;
use serde::Serialize;
use serde_json::Value;

/// One thing that is different.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Line {
    /// What became of it.
    pub change: Change,
    /// JSON pointer to it; rules by their id, as their place means nothing: `/rules/nights/ask`.
    pub pointer: String,
    /// The same in words: `rule 'nights': ask/longestMinutes 240 → 60`.
    pub text: String,
}

/// What became of a part of the document.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Change {
    /// It is new.
    Added,
    /// It is gone.
    Removed,
    /// It is different.
    Changed,
}

/// Everything that is different, in the order of the document: the head, calendars, groups,
/// delegates, four eyes, rules by id. Nothing where the documents mean the same.
#[must_use]
pub fn difference(before: &Document, after: &Document) -> Vec<Line> {
    let mut lines = Vec::new();
    let whole = |document: &Document| {
        let mut value = serde_json::to_value(document).unwrap_or_default();
        if let Some(members) = value.as_object_mut() {
            members.retain(|name, _| !PARTS.contains(&name.as_str()));
        }
        value
    };
    members(
        "",
        "document",
        "",
        &whole(before),
        &whole(after),
        &mut lines,
    );
    let calendars = |document: &Document| json(&document.calendars);
    each(
        "/calendars",
        "calendar",
        &calendars(before),
        &calendars(after),
        &mut lines,
    );
    let groups = |document: &Document| json(&document.groups);
    each(
        "/groups",
        "group",
        &groups(before),
        &groups(after),
        &mut lines,
    );
    let rules = |document: &Document| {
        let mut rules: Vec<_> = document.rules.iter().collect();
        rules.sort_by_key(|rule| folded(&rule.id));
        let rules = rules.into_iter().map(|rule| (folded(&rule.id), json(rule)));
        Value::Object(rules.collect())
    };
    each("/rules", "rule", &rules(before), &rules(after), &mut lines);
    lines
}

/// The parts that are compared by name.
const PARTS: [&str; 3] = ["calendars", "groups", "rules"];

fn json(value: &impl Serialize) -> Value {
    serde_json::to_value(value).unwrap_or_default()
}

/// Parts that have a name: new, gone, or with other members.
fn each(pointer: &str, what: &str, before: &Value, after: &Value, lines: &mut Vec<Line>) {
    for name in names(before, after) {
        let pointer = format!("{pointer}/{}", escaped(name));
        let what = format!("{what} '{name}'");
        let mut line = |change, word| {
            lines.push(Line {
                change,
                pointer: pointer.clone(),
                text: format!("{what} {word}"),
            });
        };
        match (before.get(name), after.get(name)) {
            (None, Some(_)) => line(Change::Added, "added"),
            (Some(_), None) => line(Change::Removed, "removed"),
            (Some(one), Some(other)) => members(&pointer, &what, "", one, other, lines),
            (None, None) => {}
        }
    }
}

/// The members that differ, down to the first that is no object.
fn members(
    pointer: &str,
    what: &str,
    path: &str,
    before: &Value,
    after: &Value,
    lines: &mut Vec<Line>,
) {
    if before == after {
        return;
    }
    if before.is_object() && after.is_object() {
        for name in names(before, after) {
            let null = Value::Null;
            let one = before.get(name).unwrap_or(&null);
            let other = after.get(name).unwrap_or(&null);
            let pointer = format!("{pointer}/{}", escaped(name));
            let path = format!("{path}/{name}");
            members(&pointer, what, &path, one, other, lines);
        }
        return;
    }
    let (change, word) = match (before, after) {
        (Value::Null, new) => (Change::Added, format!("added: {new}")),
        (old, Value::Null) => (Change::Removed, format!("removed: {old}")),
        (old, new) => (Change::Changed, format!("{old} → {new}")),
    };
    lines.push(Line {
        change,
        pointer: pointer.to_owned(),
        text: match path.trim_start_matches('/') {
            "" => format!("{what}: {word}"),
            path => format!("{what}: {path} {word}"),
        },
    });
}

/// The names of both, those before first.
fn names<'a>(before: &'a Value, after: &'a Value) -> Vec<&'a String> {
    let keys = |value: &'a Value| {
        value
            .as_object()
            .into_iter()
            .flat_map(|object| object.keys())
    };
    let mut names: Vec<&String> = keys(before).collect();
    names.extend(keys(after).filter(|name| before.get(name.as_str()).is_none()));
    names
}

#[cfg(test)]
#[path = "difference_tests.rs"]
mod tests;
