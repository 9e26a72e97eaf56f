use super::*;
use serde_json::json;
use std::collections::BTreeSet;
use std::path::Path;

fn contract() -> Contract {
    Contract::load().unwrap()
}

fn schemas() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("schemas")
}

/// Every object inside a schema, with its place.
fn walk<'a>(value: &'a Value, place: &str, visit: &mut dyn FnMut(&str, &'a Map<String, Value>)) {
    match value {
        Value::Object(members) => {
            visit(place, members);
            for (name, member) in members {
                walk(member, &format!("{place}/{name}"), visit);
            }
        }
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                walk(item, &format!("{place}/{index}"), visit);
            }
        }
        _ => {}
    }
}

/// A method's params with the shared definitions that they use.
fn with_definitions(contract: &Contract, schema: &Value) -> Value {
    Value::Array(
        std::iter::once(schema.clone())
            .chain(used(schema, &contract.definitions).values().cloned())
            .collect(),
    )
}

#[test]
fn the_list_is_the_directory() {
    let listed: BTreeSet<String> = files::METHODS
        .iter()
        .map(|(name, _)| format!("{name}.json"))
        .collect();
    let present: BTreeSet<String> = std::fs::read_dir(schemas().join("methods"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    assert_eq!(listed, present);
    assert_eq!(listed.len(), files::METHODS.len(), "no method twice");
    for spec in contract().methods() {
        assert!(
            listed.contains(&format!("{}.json", spec.name)),
            "{} is its file's name",
            spec.name
        );
    }
}

#[test]
fn the_issue_names_these_methods() {
    let names = "rpc.discover system.info system.backup session.whoami tenant.create tenant.invite tenant.claim \
        tenant.get tenant.list tenant.update tenant.suspend tenant.resume principal.create \
        principal.invite principal.enroll principal.get principal.list principal.disable \
        principal.enable role.assign role.remove role.list token.issue token.list token.revoke \
        request.submit request.review request.list request.get request.decide request.withdraw \
        request.complete request.history grant.get grant.list grant.check grant.revoke \
        activity.record policy.get policy.put audit.search audit.get audit.export clock.advance \
        system.setLogLevel emergency.declare emergency.confirm emergency.report \
        emergency.acknowledge emergency.list policy.confirm policy.history policy.effective \
        policy.simulate policy.explain notification.list notification.retry notification.preview \
        webhook.create webhook.list webhook.update webhook.rotate webhook.remove template.put \
        template.get template.list template.remove";
    let expected: BTreeSet<&str> = names.split_whitespace().collect();
    let contract = contract();
    let present: BTreeSet<&str> = contract.methods().map(|spec| spec.name.as_str()).collect();
    assert_eq!(present, expected);
    let test_only: Vec<&str> = contract
        .methods()
        .filter(|spec| spec.test_only)
        .map(|spec| spec.name.as_str())
        .collect();
    assert_eq!(test_only, ["clock.advance"]);
}

#[test]
fn every_example_is_valid() {
    let contract = contract();
    for spec in contract.methods() {
        assert!(!spec.examples.is_empty(), "{} has no example", spec.name);
        for example in &spec.examples {
            let params = Value::Object(example.params.clone());
            if let Err(error) = contract.validate_params(&spec.name, &params) {
                panic!("{}, {}: {error:?}", spec.name, example.name);
            }
            if let Err(problems) = contract.validate_result(&spec.name, &example.result) {
                panic!("{}, {}: {problems}", spec.name, example.name);
            }
        }
    }
}

/// How a policy is described where it is a param.
const POLICY: &str = "A policy as its author writes it; policy.schema.json says how.";

#[test]
fn params_are_closed_and_bounded() {
    let contract = contract();
    for spec in contract.methods() {
        let schema = with_definitions(&contract, &spec.params);
        walk(&schema, &spec.name, &mut |place, members| {
            let kind = members.get("type");
            let is = |name: &str| {
                kind.is_some_and(|kind| {
                    kind == name
                        || kind
                            .as_array()
                            .is_some_and(|kinds| kinds.iter().any(|kind| kind == name))
                })
            };
            // A policy has a schema of its own, with better words for what is wrong.
            let own_schema = members
                .get("description")
                .is_some_and(|text| text == POLICY);
            if is("object") && !own_schema {
                assert_eq!(
                    members.get("additionalProperties"),
                    Some(&json!(false)),
                    "{place} is open"
                );
            }
            if is("array") {
                // Room for each event and audience, twice a hundred of them.
                let most = if place.ends_with("/switches") {
                    256
                } else {
                    100
                };
                assert!(
                    members["maxItems"].as_u64().unwrap() <= most,
                    "{place} has no bound"
                );
            }
            if is("string") {
                let exact = members
                    .get("pattern")
                    .and_then(Value::as_str)
                    .is_some_and(|pattern| {
                        pattern.starts_with('^')
                            && pattern.ends_with('$')
                            && !pattern.contains(['*', '+'])
                    });
                assert!(
                    members.contains_key("maxLength") || members.contains_key("enum") || exact,
                    "{place} has no bound"
                );
            }
        });
    }
}

#[test]
fn writes_take_a_key_and_say_whether_they_are_replayed() {
    let contract = contract();
    let mut writes = 0;
    for spec in contract.methods().filter(|spec| !spec.test_only) {
        let has_key = spec.params["properties"].get("idempotencyKey").is_some();
        let has_replayed = spec.result["properties"].get("replayed").is_some();
        assert_eq!(has_key, spec.write, "{}", spec.name);
        assert_eq!(has_replayed, spec.write, "{}", spec.name);
        writes += usize::from(spec.write);
    }
    assert!(writes > 20, "{writes}");
}

#[test]
fn results_always_have_every_key() {
    let contract = contract();
    for spec in contract
        .methods()
        .filter(|spec| spec.name != "rpc.discover")
    {
        let schema = with_definitions(&contract, &spec.result);
        walk(&schema, &spec.name, &mut |place, members| {
            let Some(Value::Object(properties)) = members.get("properties") else {
                return;
            };
            let required: BTreeSet<&str> = members["required"]
                .as_array()
                .unwrap()
                .iter()
                .filter_map(Value::as_str)
                .collect();
            let known: BTreeSet<&str> = properties.keys().map(String::as_str).collect();
            assert_eq!(required, known, "{place}");
            assert_eq!(
                members.get("additionalProperties"),
                Some(&json!(false)),
                "{place} is open"
            );
        });
    }
    let request = &contract.definitions["Request"]["properties"];
    assert_eq!(request.as_object().unwrap().len(), 49);
    assert_eq!(
        contract.definitions["AuditRecord"]["properties"]
            .as_object()
            .unwrap()
            .len(),
        16
    );
}

#[test]
fn references_lead_somewhere_and_mean_the_same_in_every_draft() {
    let contract = contract();
    let mut seen = BTreeSet::new();
    let mut check = |place: &str, schema: &Value| {
        walk(schema, place, &mut |place, members| {
            let Some(target) = members.get("$ref").and_then(Value::as_str) else {
                return;
            };
            let name = target
                .strip_prefix("#/$defs/")
                .unwrap_or_else(|| panic!("{place}: {target}"));
            assert!(contract.definitions.contains_key(name), "{place}: {target}");
            // draft-07 ignores what stands beside a reference, so only remarks may.
            assert!(
                members
                    .keys()
                    .all(|key| key == "$ref" || key == "description"),
                "{place}"
            );
            seen.insert(name.to_owned());
        });
    };
    for spec in contract.methods() {
        check(&spec.name, &spec.params);
        check(&spec.name, &spec.result);
    }
    for (name, definition) in &contract.definitions {
        check(name, definition);
    }
    let known: BTreeSet<String> = contract.definitions.keys().cloned().collect();
    assert_eq!(seen, known, "a definition that nobody uses");
}

/// PowerShell cannot read an object with such members.
#[test]
fn no_two_names_differ_in_case_alone() {
    let contract = contract();
    let document = contract.openrpc("1", "http://x", |_| true);
    walk(&document, "", &mut |place, members| {
        let lower: BTreeSet<String> = members.keys().map(|name| name.to_lowercase()).collect();
        assert_eq!(lower.len(), members.len(), "{place}");
    });
}

#[test]
fn error_codes_are_one_list() {
    let contract = contract();
    let codes: Vec<&str> = contract
        .errors()
        .iter()
        .map(|spec| spec.code.as_str())
        .collect();
    let unique: BTreeSet<&str> = codes.iter().copied().collect();
    assert_eq!(codes.len(), unique.len());
    let schema: Value = serde_json::from_str(files::ERROR_DATA).unwrap();
    assert_eq!(schema["properties"]["code"]["enum"], json!(codes));
    for spec in contract.methods() {
        for code in &spec.errors {
            assert!(unique.contains(code.as_str()), "{}: {code}", spec.name);
        }
        assert!(
            spec.errors.iter().any(|code| code == "invalidParams"),
            "{}",
            spec.name
        );
        // Whoever has to be known can fail at it too often, or call too often.
        let declares = |wanted: &str| spec.errors.iter().any(|code| code == wanted);
        for wanted in ["tooManyAttempts", "busy"] {
            assert!(
                declares(wanted) || !declares("unauthenticated"),
                "{}: {wanted}",
                spec.name
            );
        }
    }
    let data = Error::busy(1).data();
    assert_eq!(contract.validate_error_data(&data), Ok(()));
    assert!(
        contract
            .validate_error_data(&json!({"code": "busy"}))
            .is_err()
    );
    assert!(
        contract
            .validate_error_data(&json!({"code": "x", "message": "", "remedy": ""}))
            .is_err()
    );
}

#[test]
fn results_that_differ_are_found() {
    let contract = contract();
    let mut result = contract.method("request.get").unwrap().examples[0]
        .result
        .clone();
    assert_eq!(contract.validate_result("request.get", &result), Ok(()));
    result["request"]["state"] = json!("pending");
    result["request"]
        .as_object_mut()
        .unwrap()
        .shift_remove("decision");
    result["request"]["extra"] = json!(1);
    let problems = contract
        .validate_result("request.get", &result)
        .unwrap_err();
    assert_eq!(problems.lines().count(), 3, "{problems}");
    assert!(contract.validate_result("no.such", &json!({})).is_err());
}

/// Writes the document for the official validator, which `tests/openrpc/` runs.
#[test]
fn the_document_is_composed_of_the_registered_methods() {
    let contract = contract();
    let document = contract.openrpc("0.1.0", "http://127.0.0.1:8420/rpc", |_| true);
    let target = Path::new(env!("CARGO_MANIFEST_DIR")).join("target");
    std::fs::create_dir_all(&target).unwrap();
    std::fs::write(
        target.join("openrpc.json"),
        serde_json::to_vec_pretty(&document).unwrap(),
    )
    .unwrap();

    assert_eq!(document["openrpc"], "1.3.2");
    assert_eq!(document["servers"][0]["url"], "http://127.0.0.1:8420/rpc");
    let methods = document["methods"].as_array().unwrap();
    assert_eq!(methods.len(), files::METHODS.len());
    for method in methods {
        assert_eq!(method["paramStructure"], "by-name");
        let params = method["params"].as_array().unwrap();
        let required: Vec<bool> = params
            .iter()
            .map(|param| param["required"].as_bool().unwrap())
            .collect();
        assert!(
            required.is_sorted_by(|a, b| a >= b),
            "{}: required params come first",
            method["name"]
        );
        assert!(
            params.iter().all(|param| param["description"].is_string()),
            "{}",
            method["name"]
        );
        let numbers: Vec<i64> = method["errors"]
            .as_array()
            .unwrap()
            .iter()
            .map(|error| error["code"].as_i64().unwrap())
            .collect();
        let unique: BTreeSet<i64> = numbers.iter().copied().collect();
        assert_eq!(
            numbers.len(),
            unique.len(),
            "{}: numbers are unique",
            method["name"]
        );
    }
    let mut references = 0;
    walk(&document, "", &mut |place, members| {
        if let Some(target) = members.get("$ref").and_then(Value::as_str) {
            let pointer = target.strip_prefix('#').unwrap();
            assert!(
                pointer.starts_with("/components/schemas/"),
                "{place}: {target}"
            );
            assert!(document.pointer(pointer).is_some(), "{place}: {target}");
            references += 1;
        }
    });
    assert!(references > 100);

    let real = contract.openrpc("0.1.0", "x", |method| !method.test_only);
    assert_eq!(
        real["methods"].as_array().unwrap().len(),
        files::METHODS.len() - 1
    );
    assert!(!real.to_string().contains("clock.advance"));
    let two = contract.openrpc("0.1.0", "x", |method| method.name == "tenant.claim");
    assert!(
        two["components"]["schemas"].get("AuditRecord").is_none(),
        "only what is used"
    );
}
