//! The one contract: embeds `schemas/`, validates params (and results, in tests), and composes
//! the OpenRPC document. A leaf.
//!
//! Never holds a rule of its own: what a method takes stands in its schema file and nowhere else.

mod events;
mod explain;
mod files;
mod openrpc;
mod words;

pub use events::{event_schema, validate_event};

use crate::error::{Error, Result};
use jsonschema::{PatternOptions, Validator};
use serde::Deserialize;
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::sync::OnceLock;

/// One method, as its file says.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct MethodSpec {
    /// Its name.
    #[serde(rename = "method")]
    pub name: String,
    /// What it does, in a few words.
    pub summary: String,
    /// More about it.
    pub description: String,
    /// Whether it changes anything.
    pub write: bool,
    /// Whether it exists on test databases only.
    #[serde(default)]
    pub test_only: bool,
    /// Schema of its params; refers to shared definitions as `#/$defs/NAME`.
    pub params: Value,
    /// Schema of its result.
    pub result: Value,
    /// The codes of `error.data` that it may answer with.
    pub errors: Vec<String>,
    /// Tried examples.
    pub examples: Vec<Example>,
}

/// A call and its answer.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Example {
    /// What it shows.
    pub name: String,
    /// The params, by name.
    pub params: Map<String, Value>,
    /// The result.
    pub result: Value,
}

/// One code of `error.data`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ErrorSpec {
    /// The stable word.
    pub code: String,
    /// The JSON-RPC number that it comes with.
    pub number: i64,
    /// When it is answered.
    pub meaning: String,
}

/// Every method with its schemas, ready to validate.
pub struct Contract {
    methods: BTreeMap<String, Method>,
    definitions: Map<String, Value>,
    errors: Vec<ErrorSpec>,
    config: Schema,
    policy: Schema,
    error_data: Schema,
}

struct Method {
    spec: MethodSpec,
    params: Schema,
    result: OnceLock<Schema>,
}

/// A schema with the definitions that it refers to. Its validator is built when it is first used:
/// building all of them would take most of the daemon's start.
struct Schema {
    schema: Value,
    validator: OnceLock<Validator>,
}

impl Schema {
    fn new(schema: &Value, definitions: &Map<String, Value>) -> Self {
        let mut schema = schema.clone();
        let used = used(&schema, definitions);
        if let Value::Object(members) = &mut schema {
            members.entry("$defs").or_insert(Value::Object(used));
        }
        Self {
            schema,
            validator: OnceLock::new(),
        }
    }

    fn validator(&self) -> Result<&Validator> {
        if let Some(validator) = self.validator.get() {
            return Ok(validator);
        }
        let validator = jsonschema::options()
            .should_validate_formats(true)
            .with_pattern_options(PatternOptions::regex())
            .offline()
            .build(&self.schema)
            .map_err(|error| Error::internal(format!("a schema cannot be used: {error}")))?;
        Ok(self.validator.get_or_init(|| validator))
    }

    /// Everything that is wrong with a value, one line each.
    fn problems(&self, value: &Value) -> Result<(), String> {
        let validator = self.validator().map_err(|error| format!("{error:?}"))?;
        let lines: Vec<String> = validator
            .iter_errors(value)
            .map(|error| format!("{}: {error}", error.instance_path()))
            .collect();
        if lines.is_empty() {
            Ok(())
        } else {
            Err(lines.join("\n"))
        }
    }
}

impl Contract {
    /// Reads the embedded files.
    ///
    /// # Errors
    /// An internal one, where a file is not what it should be (tests show that none is).
    pub fn load() -> Result<Self> {
        let common: Value = read("common.json", files::COMMON)?;
        let definitions = match common.get("$defs") {
            Some(Value::Object(definitions)) => definitions.clone(),
            _ => return Err(Error::internal("common.json has no $defs")),
        };
        let mut methods = BTreeMap::new();
        for (name, text) in files::METHODS {
            let spec: MethodSpec = read(name, text)?;
            let params = Schema::new(&spec.params, &definitions);
            let result = OnceLock::new();
            methods.insert(
                (*name).to_owned(),
                Method {
                    spec,
                    params,
                    result,
                },
            );
        }
        let none = Map::new();
        Ok(Self {
            methods,
            definitions,
            errors: read("errors.json", files::ERRORS)?,
            config: Schema::new(&read("config.schema.json", files::CONFIG)?, &none),
            policy: Schema::new(&read("policy.schema.json", files::POLICY)?, &none),
            error_data: Schema::new(&read("error-data.schema.json", files::ERROR_DATA)?, &none),
        })
    }

    /// Every method, by name.
    pub fn methods(&self) -> impl Iterator<Item = &MethodSpec> {
        self.methods.values().map(|method| &method.spec)
    }

    /// One method.
    #[must_use]
    pub fn method(&self, name: &str) -> Option<&MethodSpec> {
        self.methods.get(name).map(|method| &method.spec)
    }

    /// Every code of `error.data`.
    #[must_use]
    pub fn errors(&self) -> &[ErrorSpec] {
        &self.errors
    }

    /// Holds params against the method's schema.
    ///
    /// # Errors
    /// `invalidParams` with the pointer, what was expected there, and what to do.
    pub fn validate_params(&self, method: &str, params: &Value) -> Result<()> {
        let known = self
            .methods
            .get(method)
            .ok_or_else(|| Error::internal(format!("{method} has no schema")))?;
        let validator = known.params.validator()?;
        if validator.is_valid(params) {
            return Ok(());
        }
        let findings = explain::findings(&known.params.schema, validator, params, method);
        Err(explain::most_useful(findings))
    }

    /// Holds a result against the method's schema; for tests.
    ///
    /// # Errors
    /// Everything that is wrong with it, one line each.
    pub fn validate_result(&self, method: &str, result: &Value) -> Result<(), String> {
        let known = self
            .methods
            .get(method)
            .ok_or_else(|| format!("{method} has no schema"))?;
        known
            .result
            .get_or_init(|| Schema::new(&known.spec.result, &self.definitions))
            .problems(result)
    }

    /// Holds the `data` of an error against its schema; for tests.
    ///
    /// # Errors
    /// Everything that is wrong with it, one line each.
    pub fn validate_error_data(&self, data: &Value) -> Result<(), String> {
        self.error_data.problems(data)
    }

    /// Everything that is wrong with a configuration (the TOML file as JSON).
    #[must_use]
    pub fn config_problems(&self, config: &Value) -> Vec<Error> {
        problems(&self.config, config, "the configuration")
    }

    /// Everything that is wrong with the shape of a policy.
    #[must_use]
    pub fn policy_problems(&self, document: &Value) -> Vec<Error> {
        problems(&self.policy, document, "the policy")
    }

    /// The OpenRPC document of the methods that are registered.
    #[must_use]
    pub fn openrpc(
        &self,
        version: &str,
        server_url: &str,
        registered: impl Fn(&MethodSpec) -> bool,
    ) -> Value {
        openrpc::compose(self, version, server_url, registered)
    }
}

fn problems(schema: &Schema, value: &Value, place: &str) -> Vec<Error> {
    match schema.validator() {
        Ok(validator) => explain::findings(&schema.schema, validator, value, place)
            .into_iter()
            .map(|finding| finding.error)
            .collect(),
        Err(error) => vec![error],
    }
}

fn read<T: for<'de> Deserialize<'de>>(name: &str, text: &str) -> Result<T> {
    serde_json::from_str(text).map_err(|error| Error::internal(format!("{name}: {error}")))
}

/// The definitions that a schema refers to, directly or through others.
fn used(schema: &Value, definitions: &Map<String, Value>) -> Map<String, Value> {
    let mut found = Map::new();
    let mut open = vec![schema];
    while let Some(part) = open.pop() {
        match part {
            Value::Object(members) => {
                if let Some((name, definition)) = words::definition(part, definitions)
                    && !found.contains_key(name)
                {
                    found.insert(name.to_owned(), definition.clone());
                    open.push(definition);
                }
                open.extend(members.values());
            }
            Value::Array(items) => open.extend(items),
            _ => {}
        }
    }
    found
}

#[cfg(test)]
mod contract_tests;
#[cfg(test)]
mod explain_tests;
