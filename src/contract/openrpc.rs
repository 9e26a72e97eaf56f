//! The OpenRPC document, composed from the same files that validate.

use super::words::definition;
use super::{Contract, ErrorSpec, MethodSpec};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// The version of the specification that the document follows.
const OPENRPC: &str = "1.3.2";

pub(super) fn compose(
    contract: &Contract,
    version: &str,
    server_url: &str,
    registered: impl Fn(&MethodSpec) -> bool,
) -> Value {
    let methods: Vec<&MethodSpec> = contract
        .methods()
        .filter(|method| registered(method))
        .collect();
    let mut definitions = Map::new();
    for method in &methods {
        definitions.extend(super::used(&method.params, &contract.definitions));
        definitions.extend(super::used(&method.result, &contract.definitions));
    }
    definitions.sort_keys();
    let mut document = json!({
        "openrpc": OPENRPC,
        "info": {
            "title": "Customer Lockbox",
            "version": version,
            "description": "A customer decides who reaches its data, for how long, and can prove it. Every error's data has code, message and remedy.",
            "license": {"name": "Apache-2.0"},
        },
        "servers": [{"name": "lockboxd", "url": server_url}],
        "methods": methods.iter().map(|method| describe(contract, method)).collect::<Vec<_>>(),
        "components": {"schemas": definitions},
    });
    rename(&mut document);
    document
}

fn describe(contract: &Contract, method: &MethodSpec) -> Value {
    let params = params(contract, method);
    let names: Vec<&str> = params
        .iter()
        .filter_map(|param| param.get("name")?.as_str())
        .collect();
    let examples: Vec<Value> = method
        .examples
        .iter()
        .map(|example| {
            let values = names.iter().filter_map(|name| {
                let value = example.params.get(*name)?;
                Some(json!({"name": name, "value": value}))
            });
            json!({
                "name": example.name,
                "params": values.collect::<Vec<_>>(),
                "result": {"name": "result", "value": example.result},
            })
        })
        .collect();
    json!({
        "name": method.name,
        "summary": method.summary,
        "description": method.description,
        "paramStructure": "by-name",
        "params": params,
        "result": {"name": "result", "schema": method.result},
        "errors": errors(contract.errors(), &method.errors),
        "examples": examples,
        "x-write": method.write,
    })
}

/// One content descriptor per param, required ones first, as the specification wants.
fn params(contract: &Contract, method: &MethodSpec) -> Vec<Value> {
    let required = method.params.get("required").and_then(Value::as_array);
    let is_required =
        |name: &str| required.is_some_and(|names| names.iter().any(|other| other == name));
    let members = method.params.get("properties").and_then(Value::as_object);
    let mut params: Vec<(bool, Value)> = members
        .into_iter()
        .flatten()
        .map(|(name, schema)| {
            let required = is_required(name);
            let mut param = json!({"name": name, "required": required, "schema": schema});
            let shared = definition(schema, &contract.definitions).map(|(_, shared)| shared);
            let description = schema
                .get("description")
                .or_else(|| shared?.get("description"));
            if let (Value::Object(param), Some(description)) = (&mut param, description) {
                param.insert("description".to_owned(), description.clone());
            }
            (required, param)
        })
        .collect();
    params.sort_by_key(|(required, _)| !required);
    params.into_iter().map(|(_, param)| param).collect()
}

/// One error per JSON-RPC number, because those have to be unique in a method; its data says
/// which codes come with the number.
fn errors(known: &[ErrorSpec], codes: &[String]) -> Vec<Value> {
    let mut numbers: BTreeMap<i64, Map<String, Value>> = BTreeMap::new();
    for spec in known.iter().filter(|spec| codes.contains(&spec.code)) {
        let codes = numbers.entry(spec.number).or_default();
        codes.insert(spec.code.clone(), Value::String(spec.meaning.clone()));
    }
    numbers
        .into_iter()
        .rev()
        .map(|(number, codes)| {
            let names: Vec<&str> = codes.keys().map(String::as_str).collect();
            json!({"code": number, "message": names.join(", "), "data": {"codes": codes}})
        })
        .collect()
}

/// The specification keeps schemas under `components`.
fn rename(value: &mut Value) {
    match value {
        Value::Object(members) => {
            if let Some(Value::String(target)) = members.get_mut("$ref")
                && let Some(name) = target.strip_prefix("#/$defs/")
            {
                *target = format!("#/components/schemas/{name}");
            }
            members.values_mut().for_each(rename);
        }
        Value::Array(items) => items.iter_mut().for_each(rename),
        _ => {}
    }
}
