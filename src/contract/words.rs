//! Schemas in words, for people who sent something else.

use serde_json::{Map, Value};

/// The definition that a schema refers to.
pub(super) fn definition<'a>(
    schema: &'a Value,
    definitions: &'a Map<String, Value>,
) -> Option<(&'a str, &'a Value)> {
    let name = schema.get("$ref")?.as_str()?.strip_prefix("#/$defs/")?;
    Some((name, definitions.get(name)?))
}

/// A schema as found at the root of a document, with its definitions.
pub(super) struct Root<'a> {
    root: &'a Value,
    definitions: Option<&'a Map<String, Value>>,
}

impl<'a> Root<'a> {
    /// The schema with `$defs` in it.
    pub(super) fn new(root: &'a Value) -> Self {
        Self {
            root,
            definitions: root.get("$defs").and_then(Value::as_object),
        }
    }

    fn resolve(&self, mut schema: &'a Value) -> &'a Value {
        while let Some(definitions) = self.definitions
            && let Some((_, target)) = definition(schema, definitions)
        {
            schema = target;
        }
        schema
    }

    /// The schema that governs the place of this JSON pointer.
    pub(super) fn at(&self, pointer: &str) -> Option<&'a Value> {
        let mut schema = self.resolve(self.root);
        for step in pointer.split('/').skip(1) {
            let step = step.replace("~1", "/").replace("~0", "~");
            let below = schema
                .get("properties")
                .and_then(|properties| properties.get(&step))
                .or_else(|| schema.get("items"))
                .or_else(|| schema.get("additionalProperties"))?;
            schema = self.resolve(below);
        }
        Some(schema)
    }

    /// The names of an object's members.
    pub(super) fn members(&self, pointer: &str) -> Vec<&'a str> {
        let properties = self.at(pointer).and_then(|schema| schema.get("properties"));
        let properties = properties.and_then(Value::as_object);
        properties.map_or_else(Vec::new, |members| {
            members.keys().map(String::as_str).collect()
        })
    }

    /// The allowed words of an enumeration.
    pub(super) fn options(&self, pointer: &str) -> Vec<&'a str> {
        let options = self.at(pointer).and_then(|schema| schema.get("enum"));
        let options = options.and_then(Value::as_array);
        options.map_or_else(Vec::new, |words| {
            words.iter().filter_map(Value::as_str).collect()
        })
    }

    /// What is expected at a place, as a noun phrase.
    pub(super) fn expected(&self, pointer: &str) -> String {
        self.at(pointer)
            .map_or_else(|| "nothing".to_owned(), |schema| self.describe(schema))
    }

    fn describe(&self, schema: &'a Value) -> String {
        let schema = self.resolve(schema);
        if let Some(title) = schema.get("title").and_then(Value::as_str) {
            return title.to_owned();
        }
        if let Some(options) = schema.get("enum").and_then(Value::as_array) {
            let words: Vec<String> = options.iter().map(quoted).collect();
            return format!("one of {}", words.join(", "));
        }
        match schema.get("type").and_then(Value::as_str) {
            Some("boolean") => "true or false".to_owned(),
            Some("integer") => ranged("a whole number", "", schema, "minimum", "maximum"),
            Some("string") => ranged("text", " characters", schema, "minLength", "maxLength"),
            Some("array") => {
                let list = ranged("a list", " items", schema, "minItems", "maxItems");
                match schema.get("items") {
                    Some(items) => format!("{list}, each {}", self.describe(items)),
                    None => list,
                }
            }
            Some("object") => "an object".to_owned(),
            _ => "what rpc.discover describes".to_owned(),
        }
    }
}

fn quoted(value: &Value) -> String {
    match value {
        Value::String(text) => format!("'{text}'"),
        other => other.to_string(),
    }
}

fn ranged(noun: &str, unit: &str, schema: &Value, low: &str, high: &str) -> String {
    let bound = |name: &str| schema.get(name).and_then(Value::as_i64);
    let of = if unit.is_empty() { "" } else { " of" };
    match (
        bound(low).filter(|low| *low > 0 || unit.is_empty()),
        bound(high),
    ) {
        (Some(low), Some(high)) if unit.is_empty() => format!("{noun} from {low} to {high}"),
        (Some(low), Some(high)) => format!("{noun}{of} {low} to {high}{unit}"),
        (Some(low), None) => format!("{noun}{of} at least {low}{unit}"),
        (None, Some(high)) => format!("{noun}{of} at most {high}{unit}"),
        (None, None) => noun.to_owned(),
    }
}
