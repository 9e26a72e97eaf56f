//! A daemon without sockets: a provider, a tenant, people, and a request in every stage.

use customer_lockbox::auth::peer::Peer;
use customer_lockbox::clock::{Clock, ManualClock, Timestamp};
use customer_lockbox::contract::Contract;
use customer_lockbox::jsonrpc;
use customer_lockbox::rpc::Rpc;
use customer_lockbox::service::{Options, Services};
use customer_lockbox::store::Store;
use customer_lockbox::store::sqlite::{self, CreateOptions, SqliteStore};
use serde_json::{Value, json};
use std::sync::Arc;

/// After so many bodies everything is made anew: some of them revoke tokens or suspend tenants.
const LIFE: u32 = 1_000;

const TENANT: &str = "contoso.onmicrosoft.com";

pub(crate) struct Lab {
    runtime: tokio::runtime::Runtime,
    world: World,
    age: u32,
}

struct World {
    rpc: Arc<Rpc>,
    store: Arc<SqliteStore>,
    tokens: Vec<String>,
    _dir: tempfile::TempDir,
}

/// A throw-away directory, in memory where the machine has one.
pub(crate) fn scratch() -> tempfile::TempDir {
    tempfile::tempdir_in("/dev/shm")
        .or_else(|_| tempfile::tempdir())
        .expect("a scratch directory")
}

impl Lab {
    pub(crate) fn new() -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .build()
            .expect("a runtime");
        let world = runtime.block_on(World::new());
        Self {
            runtime,
            world,
            age: 0,
        }
    }

    /// The answer to a body that comes with one of the tokens, or with none.
    pub(crate) fn send(&mut self, who: u8, body: &[u8]) -> Option<Vec<u8>> {
        self.age += 1;
        if self.age > LIFE {
            self.world.store.close();
            self.world = self.runtime.block_on(World::new());
            self.age = 1;
        }
        let token = self
            .world
            .tokens
            .get(usize::from(who) % (self.world.tokens.len() + 1));
        let authorization = token.map(|token| format!("Bearer {token}"));
        let rpc = Arc::clone(&self.world.rpc);
        self.runtime
            .block_on(async { rpc.handle(body, authorization.as_deref(), peer()).await })
    }
}

impl Drop for Lab {
    fn drop(&mut self) {
        self.world.store.close();
    }
}

fn peer() -> Peer {
    Peer::tcp(([192, 0, 2, 1], 40_000).into())
}

impl World {
    async fn new() -> Self {
        let dir = scratch();
        SqliteStore::create(dir.path(), CreateOptions::default()).expect("a store");
        let start = Timestamp::parse("2026-11-21T12:00:00.000Z").expect("an instant");
        let clock = Arc::new(ManualClock::at(start));
        let options = sqlite::Options::default();
        let store = SqliteStore::open(dir.path(), options, Arc::clone(&clock) as Arc<dyn Clock>);
        let store = Arc::new(store.expect("an open store"));
        let services = Services::new(
            Arc::clone(&store) as Arc<dyn Store>,
            clock,
            Options::default(),
        );
        let (_, _, root) = services
            .create_provider("fabrikam.example", "root@fabrikam.example")
            .await
            .expect("a provider");
        let rpc = Arc::new(Rpc::new(
            services,
            Contract::load().expect("the contract"),
            jsonrpc::Limits::default(),
            false,
            "http://127.0.0.1/rpc",
        ));
        let mut world = Self {
            rpc,
            store,
            tokens: vec![root.secret.reveal().to_owned()],
            _dir: dir,
        };
        world.populate().await;
        world
    }

    /// Tokens, in this order: root, engineer, manager, gateway, the tenant's administrator and its
    /// approver.
    async fn populate(&mut self) {
        let root = self.tokens[0].clone();
        let made = self
            .call(
                &root,
                "tenant.create",
                json!({"name": TENANT, "adminAddress": "ada@contoso.com"}),
            )
            .await;
        let ada = self.redeem("tenant.claim", &made["claimCode"]).await;
        let mut people = Vec::new();
        for (by, name, role) in [
            (&root, "eve@fabrikam.example", "SupportEngineer"),
            (&root, "max@fabrikam.example", "SupportManager"),
            (&root, "gate@fabrikam.example", "ResourceGateway"),
            (&ada, "anna@contoso.com", "CustomerLockboxAccessApprover"),
        ] {
            let params = json!({"kind": "person", "address": name, "displayName": name, "roles": [{"role": role}]});
            let made = self.call(by, "principal.create", params).await;
            people.push(
                self.redeem("principal.enroll", &made["enrolmentCode"])
                    .await,
            );
        }
        let [eve, max, gate, anna] = <[String; 4]>::try_from(people).expect("four people");
        for ticket in 1..=4 {
            let ask = json!({
                "tenant": TENANT, "serviceName": "Exchange", "reason": "Mail is late",
                "serviceRequestNumber": format!("CLB-{ticket}"), "durationSeconds": 3_600,
            });
            self.call(&eve, "request.submit", ask).await;
            if ticket > 1 {
                let review = json!({
                    "tenant": TENANT, "requestId": format!("EXSR00000{ticket}"), "decision": "Approve", "comment": "Checked",
                });
                self.call(&max, "request.review", review).await;
            }
        }
        let decide = json!({"requestId": "EXSR000003", "decision": "Approve"});
        self.call(&anna, "request.decide", decide).await;
        self.tokens = vec![root, eve, max, gate, ada, anna];
    }

    async fn redeem(&self, method: &str, code: &Value) -> String {
        let made = self.call("", method, json!({"code": code})).await;
        made["token"].as_str().expect("a token").to_owned()
    }

    async fn call(&self, token: &str, method: &str, params: Value) -> Value {
        let body = json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": params});
        let authorization = (!token.is_empty()).then(|| format!("Bearer {token}"));
        let answer = Arc::clone(&self.rpc)
            .handle(
                body.to_string().as_bytes(),
                authorization.as_deref(),
                peer(),
            )
            .await
            .expect("an answer");
        let answer: Value = serde_json::from_slice(&answer).expect("JSON");
        assert!(answer.get("result").is_some(), "{method}: {answer}");
        answer["result"].clone()
    }
}
