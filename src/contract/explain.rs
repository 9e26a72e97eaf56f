//! What is wrong with a value, where, and what to do about it.

use super::words::Root;
use crate::error::{Error, Kind, near_word};
use jsonschema::Validator;
use jsonschema::error::{ValidationError, ValidationErrorKind};
use serde_json::Value;

/// One thing that is wrong.
pub(super) struct Finding {
    /// How much it explains: a misspelt name explains a missing one.
    rank: u8,
    /// How deep it lies.
    depth: usize,
    /// The same as an error.
    pub(super) error: Error,
}

/// Everything that is wrong with a value.
pub(super) fn findings(
    schema: &Value,
    validator: &Validator,
    value: &Value,
    place: &str,
) -> Vec<Finding> {
    let root = Root::new(schema);
    validator
        .iter_errors(value)
        .flat_map(|error| explain(&root, &error, place))
        .collect()
}

/// The finding that helps the caller most.
pub(super) fn most_useful(findings: Vec<Finding>) -> Error {
    // Reversed, because of equal ones the last wins, and the first is to be read first.
    findings
        .into_iter()
        .rev()
        .max_by_key(|finding| (finding.rank, finding.depth))
        .map_or_else(
            || Error::internal("params are invalid for no reason"),
            |finding| finding.error,
        )
}

fn explain(root: &Root<'_>, error: &ValidationError<'_>, place: &str) -> Vec<Finding> {
    let at = error.instance_path().as_str();
    let depth = at.matches('/').count();
    let finding = |rank, error| Finding { rank, depth, error };
    match error.kind() {
        ValidationErrorKind::AdditionalProperties { unexpected } => unexpected
            .iter()
            .map(|name| finding(3, unknown_member(root, at, name, place)))
            .collect(),
        ValidationErrorKind::Required { property } => {
            let name = property.as_str().unwrap_or_default();
            let pointer = format!("{at}/{}", escape(name));
            let message = format!("The member {pointer} is missing in {place}.");
            let error = Error::invalid_param(&pointer, message, &root.expected(&pointer));
            vec![finding(2, error)]
        }
        ValidationErrorKind::OneOfNotValid { .. }
        | ValidationErrorKind::OneOfMultipleValid { .. }
        | ValidationErrorKind::AnyOf { .. } => {
            vec![finding(1, alternatives(root, at, error, place))]
        }
        _ => vec![finding(1, wrong_value(root, at, error, place))],
    }
}

fn escape(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1")
}

fn unknown_member(root: &Root<'_>, at: &str, name: &str, place: &str) -> Error {
    let shown: String = name.chars().take(128).collect();
    let pointer = format!("{at}/{}", escape(&shown));
    let known = root.members(at);
    let expected = if known.is_empty() {
        "no member".to_owned()
    } else {
        format!("one of {}", known.join(", "))
    };
    let (hint, remedy) = match near_word(name, &known) {
        Some(meant) => (
            format!("; did you mean {meant}?"),
            format!("Write {meant}, or leave it out."),
        ),
        None => (
            ".".to_owned(),
            format!("Leave it out; known here: {}.", known.join(", ")),
        ),
    };
    Error::new(
        Kind::InvalidParams,
        "invalidParams",
        format!("There is no member '{shown}' in {place}{hint}"),
        remedy,
    )
    .with("pointer", pointer)
    .with("expected", expected)
}

/// Two or more ways to call, of which the value follows none, or too many.
fn alternatives(root: &Root<'_>, at: &str, error: &ValidationError<'_>, place: &str) -> Error {
    let any = matches!(error.kind(), ValidationErrorKind::AnyOf { .. });
    let names = root.at(at).map(|schema| {
        let branches = schema.get(if any { "anyOf" } else { "oneOf" });
        let branches = branches
            .and_then(Value::as_array)
            .map_or(&[][..], Vec::as_slice);
        let required = branches.iter().filter_map(|branch| branch.get("required"));
        let names = required.filter_map(Value::as_array).flatten();
        names.filter_map(Value::as_str).collect::<Vec<_>>()
    });
    let names = names.unwrap_or_default();
    if names.is_empty() {
        return wrong_value(root, at, error, place);
    }
    let how_many = if any { "at least" } else { "exactly" };
    let expected = format!("{how_many} one of {}", names.join(", "));
    let remedy = format!("Send {expected}.");
    let message = match place_of(at) {
        None => format!("{place} takes {expected}."),
        Some(at) => format!("{at} takes {expected}."),
    };
    Error::new(Kind::InvalidParams, "invalidParams", message, remedy)
        .with("pointer", at)
        .with("expected", expected)
}

fn wrong_value(root: &Root<'_>, at: &str, error: &ValidationError<'_>, place: &str) -> Error {
    let expected = root.expected(at);
    let subject = place_of(at).unwrap_or(place);
    let sent = error.instance();
    let meant = sent
        .as_str()
        .and_then(|word| near_word(word, &root.options(at)));
    let hint = match meant {
        Some(meant) => format!(" Write '{meant}', spelled like this."),
        None => String::new(),
    };
    let message = format!("{subject} has to be {expected}.{hint}");
    Error::invalid_param(at, message, &expected)
}

fn place_of(pointer: &str) -> Option<&str> {
    (!pointer.is_empty()).then_some(pointer)
}
