//! What the tests of the audit log share.

use crate::world::{CONTOSO, World};
use customer_lockbox::audit::draft::{ActorField, Draft, Parameter, Shape, UserType};
use customer_lockbox::auth::peer::Peer;
use customer_lockbox::clock::{Timestamp, When};
use customer_lockbox::ids::{OrgId, RecordId};
use customer_lockbox::store::{Change, Store};
use serde_json::{Value, json};
use std::sync::{Arc, OnceLock};

/// Calls from another peer; the answer is `result` or `error.data`.
pub async fn call_from(
    world: &World,
    peer: Peer,
    who: &str,
    method: &str,
    params: Value,
) -> Result<Value, Value> {
    let body = json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": params});
    let header = world.token(who).map(|token| format!("Bearer {token}"));
    let answer = Arc::clone(&world.rpc)
        .handle(body.to_string().as_bytes(), header.as_deref(), peer)
        .await
        .unwrap();
    let answer: Value = serde_json::from_slice(&answer).unwrap();
    match answer.get("error") {
        Some(error) => Err(error["data"].clone()),
        None => Ok(answer["result"].clone()),
    }
}

/// Contoso's GUID.
pub async fn contoso(world: &World) -> OrgId {
    let found = world.ok("ada", "tenant.get", json!({})).await;
    found["tenant"]["tenantId"]
        .as_str()
        .unwrap()
        .parse()
        .unwrap()
}

/// A record to be put into a log directly.
pub fn draft(org: OrgId, operation: &str, creation: Timestamp) -> Draft {
    Draft {
        id: RecordId::new(),
        org,
        organization_name: CONTOSO.to_owned(),
        shape: Shape::Operator,
        creation: When::At(creation),
        operation: operation.to_owned(),
        record_type: 1,
        succeeded: true,
        user: "Microsoft Operator".to_owned(),
        user_is_person: false,
        user_type: UserType::DataCenterAdmin,
        external_access: true,
        client_ip: "198.51.100.9:50123".to_owned(),
        object_id: String::new(),
        originating_server: "lockboxd".to_owned(),
        workload: "Exchange".to_owned(),
        parameters: Vec::new(),
        detail: String::new(),
        actor: ActorField {
            name: "engineer-01234567".to_owned(),
            kind: "person".to_owned(),
            authentication: "token".to_owned(),
            via: "tcp".to_owned(),
            ..ActorField::default()
        },
        reported_by: None,
        request: None,
        elevation: None,
        moments: Vec::new(),
        salts: Vec::new(),
    }
}

/// A parameter that somebody wrote.
pub fn written(name: &str, value: &str) -> Parameter {
    Parameter {
        name: name.to_owned(),
        value: value.to_owned(),
        free_text: true,
    }
}

/// Commits records in one change.
pub async fn insert(world: &World, mut drafts: Vec<Draft>) {
    for draft in &mut drafts {
        draft.draw_salts();
    }
    let change = Change {
        records: drafts,
        ..Change::default()
    };
    world.store.commit(change).await.unwrap();
}

/// The instant so many seconds after now.
pub fn after(world: &World, seconds: i64) -> String {
    use customer_lockbox::clock::Clock;
    world.clock.now().plus_seconds(seconds).to_string()
}

/// Holds AuditData against its published schema.
pub fn check_schema(record: &Value) {
    static SCHEMA: OnceLock<jsonschema::Validator> = OnceLock::new();
    let schema = SCHEMA.get_or_init(|| {
        let text = include_str!("../../schemas/audit-record.schema.json");
        jsonschema::validator_for(&serde_json::from_str(text).unwrap()).unwrap()
    });
    if let Err(problem) = schema.validate(record) {
        panic!("{record:#} against its schema: {problem}");
    }
}
