//! Every example of the OpenRPC document, played in a world that holds what it speaks of. The answer
//! has to be the example's, but for what no two runs have in common: identities, instants, digests
//! and secrets.

use crate::world::World;
use customer_lockbox::audit::draft::PersonalValue;
use customer_lockbox::audit::verify;
use customer_lockbox::contract::{Contract, Example};
use customer_lockbox::service::Options;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use tempfile::TempDir;

/// Members that depend on the machine, or on what else the process has done.
const LOOSE: [&str; 4] = ["path", "bytes", "previousLevel", "timeZoneDatabase"];

/// The examples' cast on its stage: `root`, `grace` (SupportEngineer), `linus` (SupportManager) and
/// `gate` at the provider, `ada` (GlobalAdministrator) at contoso once it is claimed.
struct Stage {
    world: World,
    contract: Contract,
    /// What identities and secrets of the examples are called in this world.
    known: BTreeMap<String, String>,
    played: BTreeSet<(String, usize)>,
    wrong: Vec<String>,
    _backups: TempDir,
}

impl Stage {
    /// The provider's people, and nobody else.
    async fn new(test_clock: bool) -> Self {
        let backups = tempfile::tempdir().unwrap();
        let options = Options {
            backup_dir: Some(backups.path().to_owned()),
            ..Options::default()
        };
        let mut world = World::bare(options, test_clock).await;
        for (name, role) in [("grace", "SupportEngineer"), ("linus", "SupportManager")] {
            let address = format!("{name}@provider.example");
            world.person("root", name, &address, role).await;
        }
        world.robot("root", "gate", "ResourceGateway").await;
        Self {
            world,
            contract: Contract::load().unwrap(),
            known: BTreeMap::new(),
            played: BTreeSet::new(),
            wrong: Vec::new(),
            _backups: backups,
        }
    }

    /// As [`Stage::new`], with contoso, claimed by `ada`.
    async fn claimed() -> Self {
        let mut stage = Self::new(false).await;
        stage.play("root", "tenant.create").await;
        stage.play("root", "tenant.invite").await;
        let claimed = stage.play("", "tenant.claim").await;
        stage.world.remember("ada", &claimed["token"]);
        stage
    }

    /// As [`Stage::claimed`], with grace's request at the customer's.
    async fn pending() -> Self {
        let mut stage = Self::claimed().await;
        stage.play("grace", "request.submit").await;
        stage.play("linus", "request.review").await;
        stage
    }

    /// As [`Stage::pending`], and ada has approved.
    async fn approved() -> Self {
        let mut stage = Self::pending().await;
        stage.play("ada", "request.decide").await;
        stage
    }

    async fn play(&mut self, who: &str, method: &str) -> Value {
        self.play_nth(who, method, 0).await
    }

    /// Plays one example of a method; gives the real answer.
    async fn play_nth(&mut self, who: &str, method: &str, index: usize) -> Value {
        let spec = self.contract.method(method).unwrap();
        let example: &Example = &spec.examples[index];
        let mut params = Value::Object(example.params.clone()).to_string();
        for (written, real) in &self.known {
            params = params.replace(written, real);
        }
        let params = serde_json::from_str(&params).unwrap();
        let mut real = self.world.ok(who, method, params).await;
        let answer = real.clone();
        if method == "rpc.discover" {
            // A document cannot hold itself: the example only shows how it begins.
            assert!(!real["methods"].as_array().unwrap().is_empty());
            real["methods"] = json!([]);
            let members = real.as_object_mut().unwrap();
            members.retain(|name, _| example.result.get(name).is_some());
        }
        let place = format!("{method}, {}", example.name);
        compare(&place, &example.result, &real, &mut self.wrong);
        learn(&example.result, &answer, &mut self.known);
        self.played.insert((method.to_owned(), index));
        answer
    }
}

/// Notes every difference that matters.
fn compare(place: &str, example: &Value, real: &Value, wrong: &mut Vec<String>) {
    match (example, real) {
        (Value::Object(written), Value::Object(given)) => {
            let names = |members: &serde_json::Map<String, Value>| -> BTreeSet<String> {
                members.keys().cloned().collect()
            };
            for name in names(written).symmetric_difference(&names(given)) {
                wrong.push(format!("{place}: {name} is on one side only"));
            }
            for (name, value) in written {
                let place = format!("{place}/{name}");
                match given.get(name) {
                    Some(given) if LOOSE.contains(&name.as_str()) => {
                        let alike = value.is_string() == given.is_string();
                        wrong.extend((!alike).then(|| format!("{place}: {value} is {given}")));
                    }
                    Some(given) => compare(&place, value, given, wrong),
                    None => {}
                }
            }
        }
        (Value::Array(written), Value::Array(given)) if written.len() == given.len() => {
            for (index, (value, given)) in written.iter().zip(given).enumerate() {
                compare(&format!("{place}/{index}"), value, given, wrong);
            }
        }
        (Value::String(written), Value::String(given)) => match (lines(written), lines(given)) {
            (Some(written), Some(given)) => compare(place, &written, &given, wrong),
            _ if plain(written) == plain(given) => {}
            _ => wrong.push(format!("{place}: {written:?} is {given:?}")),
        },
        (Value::Number(written), Value::Number(given)) if is_instant(written, given) => {}
        _ if example == real => {}
        _ => wrong.push(format!("{place}: {example} is {real}")),
    }
}

/// Text that is JSON itself, a value a line.
fn lines(text: &str) -> Option<Value> {
    if !text.starts_with('{') {
        return None;
    }
    let lines: Result<Vec<Value>, _> = text.lines().map(serde_json::from_str).collect();
    lines.ok().map(Value::Array)
}

/// Milliseconds, as the canonical bytes hold them.
fn is_instant(written: &serde_json::Number, given: &serde_json::Number) -> bool {
    let is_millis = |number: &serde_json::Number| number.as_u64() > Some(1_000_000_000_000);
    is_millis(written) && is_millis(given)
}

/// A text with a word of ours in place of everything that differs from run to run.
fn plain(text: &str) -> String {
    if text.starts_with("whsec_") {
        return "KEY".to_owned();
    }
    let in_word = |c: char| c.is_ascii_alphanumeric() || ".:-_".contains(c);
    text.split_inclusive(|c: char| !in_word(c))
        .map(|piece| {
            let word = piece.trim_end_matches(|c: char| !in_word(c) || c == '.');
            let rest = piece.strip_prefix(word).unwrap();
            format!("{}{rest}", kind(word).unwrap_or(word))
        })
        .collect()
}

/// What sort of thing a word is that differs from run to run.
fn kind(word: &str) -> Option<&'static str> {
    let hex = |text: &str| text.bytes().all(|byte| byte.is_ascii_hexdigit());
    let shape: String = word
        .chars()
        .map(|c| if c.is_ascii_digit() { '0' } else { c })
        .collect();
    let parts: Vec<&str> = word.split('-').collect();
    let lengths: Vec<usize> = parts.iter().map(|part| part.len()).collect();
    if lengths == [8, 4, 4, 4, 12] && parts.iter().all(|part| hex(part)) {
        Some("GUID")
    } else if word.len() == 64 && hex(word) {
        Some("HASH")
    } else if word.len() == 32 && hex(word) {
        Some("LOG")
    } else if shape.starts_with("0000-00-00T00:00:00") {
        Some("TIME")
    } else if word.len() > 40 && word.starts_with("lbt_") {
        Some("TOKEN")
    } else if word.len() > 40 && (word.starts_with("claim-") || word.starts_with("enroll-")) {
        Some("CODE")
    } else if parts.len() == 2 && parts[0] == "engineer" && hex(parts[1]) {
        Some("PSEUDONYM")
    } else if word == env!("CARGO_PKG_VERSION") || shape == "0.0.0" {
        Some("VERSION")
    } else {
        None
    }
}

/// Remembers what the example's identities and secrets are called here.
fn learn(example: &Value, real: &Value, known: &mut BTreeMap<String, String>) {
    match (example, real) {
        (Value::Object(written), Value::Object(given)) => {
            for (name, value) in written {
                learn(value, given.get(name).unwrap_or(&Value::Null), known);
            }
        }
        (Value::Array(written), Value::Array(given)) => {
            for (value, given) in written.iter().zip(given) {
                learn(value, given, known);
            }
        }
        (Value::String(written), Value::String(given)) => {
            if matches!(kind(written), Some("GUID" | "TOKEN" | "CODE")) {
                known.insert(written.clone(), given.clone());
            }
        }
        _ => {}
    }
}

/// A customer is made, and its people come and go.
async fn beginning() -> Stage {
    let mut stage = Stage::new(false).await;
    stage.play("", "system.info").await;
    stage.play("", "rpc.discover").await;
    stage.play("root", "tenant.create").await;
    stage.play("root", "tenant.invite").await;
    let claimed = stage.play("", "tenant.claim").await;
    stage.world.remember("ada", &claimed["token"]);
    stage.play("root", "tenant.get").await;
    stage.play("root", "tenant.list").await;
    stage.play("ada", "session.whoami").await;
    stage.play("ada", "role.list").await;
    stage.play("ada", "policy.get").await;
    stage.play("ada", "policy.put").await;
    stage.play_nth("ada", "policy.put", 1).await;
    stage.play("ada", "webhook.create").await;
    stage.play("ada", "webhook.list").await;
    stage.play("ada", "webhook.update").await;
    stage.play("ada", "webhook.rotate").await;
    stage.play("ada", "webhook.remove").await;
    stage.play("ada", "template.put").await;
    stage.play("ada", "template.get").await;
    stage.play("ada", "template.list").await;
    stage.play("ada", "template.remove").await;
    stage.play("ada", "principal.get").await;
    stage.play("ada", "principal.invite").await;
    stage.play("", "principal.enroll").await;
    stage.play_nth("ada", "principal.create", 1).await;
    stage.play("ada", "principal.list").await;
    stage.play("ada", "token.list").await;
    stage.play("ada", "token.revoke").await;
    stage.play("ada", "token.issue").await;
    let bob = stage.play("ada", "principal.create").await;
    let code = json!({"code": bob["enrolmentCode"]});
    let bob = stage.world.ok("", "principal.enroll", code).await;
    stage.world.remember("bob", &bob["token"]);
    stage.play("ada", "role.remove").await;
    stage.play("ada", "role.assign").await;
    // Somebody has to stay an administrator.
    let role = json!({"principal": "bob@contoso.com", "role": "GlobalAdministrator"});
    stage.world.ok("ada", "role.assign", role).await;
    stage.play("bob", "principal.disable").await;
    stage.play("bob", "principal.enable").await;
    stage.play("root", "tenant.update").await;
    stage.play("root", "system.setLogLevel").await;
    stage.play("root", "system.backup").await;
    stage
}

/// Access is asked for, granted, used and given back.
async fn use_of_access() -> Stage {
    let mut stage = Stage::claimed().await;
    stage.play("grace", "notification.preview").await;
    stage.play("grace", "request.submit").await;
    stage.play("linus", "request.review").await;
    stage.world.rpc.services().expand_due().await.unwrap();
    stage.play("ada", "notification.list").await;
    stage.play("ada", "notification.retry").await;
    stage.play("ada", "request.list").await;
    stage.play("ada", "request.get").await;
    stage.play("ada", "request.history").await;
    stage.play("ada", "policy.explain").await;
    stage.play("ada", "request.decide").await;
    stage.play("gate", "grant.check").await;
    stage.play("ada", "grant.get").await;
    stage.play("ada", "grant.list").await;
    stage.play("grace", "activity.record").await;
    stage.play("ada", "audit.search").await;
    stage.play("ada", "audit.get").await;
    stage.play("ada", "audit.export").await;
    stage.play("grace", "request.complete").await;
    stage
}

/// A policy, and a second pair of eyes.
async fn policies() -> Stage {
    let mut stage = Stage::claimed().await;
    stage.play("ada", "policy.history").await;
    stage.play("ada", "policy.effective").await;
    stage
        .world
        .person("ada", "ben", "ben@contoso.com", "GlobalAdministrator")
        .await;
    stage.play_nth("ada", "policy.put", 2).await;
    stage.play("ada", "policy.simulate").await;
    stage.play_nth("ada", "policy.put", 3).await;
    stage.play("ben", "policy.confirm").await;
    stage
}

/// There was no time to ask.
async fn emergency() -> Stage {
    let mut stage = Stage::claimed().await;
    stage.play("grace", "emergency.declare").await;
    stage.play("linus", "emergency.confirm").await;
    stage.play("ada", "emergency.list").await;
    stage.play("ada", "emergency.acknowledge").await;
    stage.play("grace", "emergency.report").await;
    stage
}

/// The other ways in which a request ends.
async fn other_ends() -> [Stage; 3] {
    let mut withdrawn = Stage::pending().await;
    withdrawn.play("grace", "request.withdraw").await;
    let mut revoked = Stage::approved().await;
    revoked.play("linus", "grant.revoke").await;
    let mut suspended = Stage::approved().await;
    suspended.play("root", "tenant.suspend").await;
    suspended.play("root", "tenant.resume").await;
    [withdrawn, revoked, suspended]
}

#[tokio::test]
async fn every_example_is_what_really_happens() {
    let mut stages = vec![
        beginning().await,
        use_of_access().await,
        emergency().await,
        policies().await,
    ];
    let mut test_database = Stage::new(true).await;
    test_database.play("root", "clock.advance").await;
    stages.push(test_database);
    stages.extend(other_ends().await);
    let contract = Contract::load().unwrap();
    let written: BTreeSet<(String, usize)> = contract
        .methods()
        .flat_map(|spec| (0..spec.examples.len()).map(|index| (spec.name.clone(), index)))
        .collect();
    let played: BTreeSet<_> = stages
        .iter()
        .flat_map(|stage| stage.played.clone())
        .collect();
    let unplayed: Vec<_> = written.difference(&played).collect();
    assert!(unplayed.is_empty(), "nobody plays {unplayed:?}");
    let wrong: Vec<&str> = stages
        .iter()
        .flat_map(|stage| stage.wrong.iter().map(String::as_str))
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_record_of_the_example_verifies() {
    let contract = Contract::load().unwrap();
    let result = &contract.method("audit.get").unwrap().examples[0].result;
    let beside: Vec<PersonalValue> = serde_json::from_value(result["personal"].clone()).unwrap();
    let leaf = hex::decode(result["leafHash"].as_str().unwrap()).unwrap();
    let canonical = result["canonical"].as_str().unwrap();
    verify(canonical.as_bytes(), &beside, &leaf.try_into().unwrap()).unwrap();
}

#[test]
fn only_what_differs_from_run_to_run_is_passed_over() {
    for (example, real, differences) in [
        (json!({"a": 1}), json!({"a": 1}), 0),
        (json!({"a": 1}), json!({"a": 2}), 1),
        (json!({"a": 1}), json!({"b": 1}), 2),
        (json!([1]), json!([1, 1]), 1),
        (json!(null), json!("x"), 1),
        (json!("Pending"), json!("Denied"), 1),
        (
            json!("until 2026-11-21T13:20:00.000Z."),
            json!("until 2027-01-01T00:00:00.000Z."),
            0,
        ),
        (
            json!("until 2026-11-21T13:20:00.000Z."),
            json!("from 2027-01-01T00:00:00.000Z."),
            1,
        ),
        (
            json!("/tenants/dac0e46e-6bf4-4227-b525-676a25342e91"),
            json!("/tenants/979f5fcc-8442-44f9-a363-c56ab355d452"),
            0,
        ),
        (
            json!("/tenants/dac0e46e-6bf4-4227-b525-676a25342e91"),
            json!("/tenants"),
            1,
        ),
        (json!("203.0.113.7:4711"), json!("203.0.113.8:4711"), 1),
        (json!("{\"a\":1}"), json!("{\"a\":2}"), 1),
    ] {
        let mut wrong = Vec::new();
        compare("", &example, &real, &mut wrong);
        assert_eq!(wrong.len(), differences, "{example} and {real}: {wrong:?}");
    }
}
