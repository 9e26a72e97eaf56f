//! A small world to test in: a provider, two tenants, their people, and a clock that stands.

use customer_lockbox::audit::draft::{ActorField, Draft, Shape, UserType};
use customer_lockbox::auth::peer::Peer;
use customer_lockbox::clock::{BoxFuture, Clock, ManualClock, Timestamp, When};
use customer_lockbox::contract::Contract;
use customer_lockbox::domain::organization::Organization;
use customer_lockbox::domain::policy::effective::Asked;
use customer_lockbox::domain::request::{PolicyTerms, Request};
use customer_lockbox::egress::{self, Guard, Resolve};
use customer_lockbox::ids::RecordId;
use customer_lockbox::jsonrpc;
use customer_lockbox::rpc::Rpc;
use customer_lockbox::service::{Options, Services};
use customer_lockbox::store::sqlite::{self, CreateOptions, SqliteStore};
use customer_lockbox::store::{Change, OrgRef, OutboxDraft, RequestRef, RowWrite, Store};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::Arc;
use tempfile::TempDir;

/// When every world begins.
pub const START: &str = "2026-11-21T12:00:00.000Z";
/// The provider.
pub const PROVIDER: &str = "fabrikam.example";
/// The tenant that most tests are about.
pub const CONTOSO: &str = "contoso.onmicrosoft.com";
/// Another tenant.
pub const NORTHWIND: &str = "northwind.onmicrosoft.com";

/// Params of `emergency.declare`, for an incident.
pub fn emergency(incident: &str) -> Value {
    json!({
        "tenant": CONTOSO, "serviceName": "Exchange", "serviceRequestNumber": "CLB#1",
        "reason": "Nobody can send mail", "incident": incident,
    })
}

/// Knows `inside.example` at a private address, nothing of `nowhere.example`, and everybody else
/// at a public one.
struct Names;

impl Resolve for Names {
    fn resolve<'a>(&'a self, name: &'a str) -> BoxFuture<'a, std::io::Result<Vec<IpAddr>>> {
        Box::pin(async move {
            match name {
                "inside.example" => Ok(vec!["10.0.0.5".parse().unwrap()]),
                "nowhere.example" => Err(std::io::Error::other("no such name")),
                _ => Ok(vec!["93.184.216.34".parse().unwrap()]),
            }
        })
    }
}

/// The way to addresses that tenants name; nothing is posted in these worlds.
fn way_out() -> Arc<egress::Client> {
    let roots = egress::roots(None).unwrap();
    Arc::new(egress::Client::new(Guard::default(), roots, Arc::new(Names)).unwrap())
}

/// An error as the caller gets it.
#[derive(Debug)]
pub struct Refusal {
    /// JSON-RPC code.
    pub number: i64,
    /// `data.code`
    pub code: String,
    /// All of `data`.
    pub data: Value,
}

/// A provider, two tenants, and their people.
pub struct World {
    /// The hand that tests move.
    pub clock: Arc<ManualClock>,
    /// The store, for tests that look beneath.
    pub store: Arc<SqliteStore>,
    /// The methods.
    pub rpc: Arc<Rpc>,
    contract: Contract,
    tokens: BTreeMap<String, String>,
    dir: TempDir,
}

impl World {
    /// A world with these people, by name:
    /// provider `root` (ProviderAdministrator), `eve` and `ed` (SupportEngineer), `max` and `mia`
    /// (SupportManager), `gate` (robot, ResourceGateway); contoso `ada` (GlobalAdministrator),
    /// `anna` and `ben` (CustomerLockboxAccessApprover), `sam` (SecurityReader), `bot` (robot,
    /// CustomerLockboxAccessApprover); northwind `nora` (GlobalAdministrator).
    pub async fn new() -> Self {
        Self::with(Options::default()).await
    }

    /// As [`World::new`], with options of the use cases.
    pub async fn with(options: Options) -> Self {
        Self::build(options, false).await
    }

    /// As [`World::with`], on a test database: it has `clock.advance`.
    pub async fn with_clock_control(options: Options) -> Self {
        Self::build(options, true).await
    }

    async fn build(options: Options, test_clock: bool) -> Self {
        let mut world = Self::bare(options, test_clock).await;
        world.populate().await;
        world
    }

    /// A world with the provider's administrator `root` alone.
    pub async fn bare(options: Options, test_clock: bool) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let start = Timestamp::parse(START).unwrap();
        let create = CreateOptions {
            test_clock_offset_millis: test_clock.then_some(0),
        };
        SqliteStore::create(dir.path(), create).unwrap();
        let clock = Arc::new(ManualClock::at(start));
        let mut store_options = sqlite::Options::default();
        store_options.test_clock = test_clock;
        let store = SqliteStore::open(
            dir.path(),
            store_options,
            Arc::clone(&clock) as Arc<dyn Clock>,
        )
        .unwrap();
        let store = Arc::new(store);
        let options = Options {
            metrics: Arc::clone(store.metrics()),
            egress: Some(options.egress.clone().unwrap_or_else(way_out)),
            ..options
        };
        let services = Services::new(
            Arc::clone(&store) as Arc<dyn Store>,
            Arc::clone(&clock) as Arc<dyn Clock>,
            options,
        );
        let (_, _, root) = services
            .create_provider(PROVIDER, "root@fabrikam.example")
            .await
            .unwrap();
        let rpc = Arc::new(Rpc::new(
            services,
            Contract::load().unwrap(),
            jsonrpc::Limits::default(),
            test_clock,
            "http://127.0.0.1/rpc",
        ));
        let mut world = Self {
            clock,
            store,
            rpc,
            contract: Contract::load().unwrap(),
            tokens: BTreeMap::new(),
            dir,
        };
        world
            .tokens
            .insert("root".to_owned(), root.secret.reveal().to_owned());
        world
    }

    async fn populate(&mut self) {
        for (name, role) in [
            ("eve", "SupportEngineer"),
            ("ed", "SupportEngineer"),
            ("max", "SupportManager"),
            ("mia", "SupportManager"),
        ] {
            self.person("root", name, &format!("{name}@fabrikam.example"), role)
                .await;
        }
        self.robot("root", "gate", "ResourceGateway").await;
        self.tenant(CONTOSO, "ada").await;
        self.tenant(NORTHWIND, "nora").await;
        for (name, role) in [
            ("anna", "CustomerLockboxAccessApprover"),
            ("ben", "CustomerLockboxAccessApprover"),
            ("sam", "SecurityReader"),
        ] {
            self.person("ada", name, &format!("{name}@contoso.com"), role)
                .await;
        }
        self.robot("ada", "bot", "CustomerLockboxAccessApprover")
            .await;
    }

    /// Creates a tenant and has its administrator, known by `name` from then on, claim it.
    pub async fn tenant(&mut self, tenant: &str, name: &str) {
        let address = format!("{name}@{tenant}");
        let made = self
            .ok(
                "root",
                "tenant.create",
                json!({"name": tenant, "adminAddress": address}),
            )
            .await;
        let claimed = self
            .ok("", "tenant.claim", json!({"code": made["claimCode"]}))
            .await;
        self.remember(name, &claimed["token"]);
    }

    /// Creates a person who enrols, and is known by `name` from then on.
    pub async fn person(&mut self, by: &str, name: &str, address: &str, role: &str) {
        let made = self
            .ok(
                by,
                "principal.create",
                json!({
                    "kind": "person", "address": address, "displayName": name,
                    "roles": [{"role": role}],
                }),
            )
            .await;
        let enrolled = self
            .ok(
                "",
                "principal.enroll",
                json!({"code": made["enrolmentCode"]}),
            )
            .await;
        self.remember(name, &enrolled["token"]);
    }

    /// Creates a robot, known by `name` from then on.
    pub async fn robot(&mut self, by: &str, name: &str, role: &str) {
        let made = self
            .ok(
                by,
                "principal.create",
                json!({"kind": "robot", "displayName": name, "roles": [{"role": role}]}),
            )
            .await;
        self.remember(name, &made["token"]);
    }

    /// Remembers a token under a name.
    pub fn remember(&mut self, name: &str, token: &Value) {
        self.tokens
            .insert(name.to_owned(), token.as_str().unwrap().to_owned());
    }

    /// The token of somebody; nothing for `""`.
    pub fn token(&self, who: &str) -> Option<&str> {
        (!who.is_empty()).then(|| self.tokens[who].as_str())
    }

    /// Calls a method; a result and an error are held against their schemas.
    pub async fn call(&self, who: &str, method: &str, params: Value) -> Result<Value, Refusal> {
        self.call_with(self.token(who), method, params).await
    }

    /// As [`World::call`], with a token of any kind.
    pub async fn call_with(
        &self,
        token: Option<&str>,
        method: &str,
        params: Value,
    ) -> Result<Value, Refusal> {
        let body = json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": params});
        let header = token.map(|token| format!("Bearer {token}"));
        let peer = Peer::tcp("203.0.113.7:4711".parse().unwrap());
        let answer = Arc::clone(&self.rpc)
            .handle(body.to_string().as_bytes(), header.as_deref(), peer)
            .await
            .expect("a call with an id is answered");
        let mut answer: Value = serde_json::from_slice(&answer).unwrap();
        if let Some(error) = answer.get("error") {
            let data = error["data"].clone();
            if let Err(problem) = self.contract.validate_error_data(&data) {
                panic!("{method}: error data {data} against its schema: {problem}");
            }
            let code = data["code"].as_str().unwrap();
            let known = self.contract.errors().iter().find(|one| one.code == code);
            assert_eq!(
                known.map(|one| one.number),
                error["code"].as_i64(),
                "{method}: the number of {code} in errors.json"
            );
            let declared = &self.contract.method(method).unwrap().errors;
            assert!(
                declared.iter().any(|one| one == code),
                "{method} does not declare {code}"
            );
            return Err(Refusal {
                number: error["code"].as_i64().unwrap(),
                code: data["code"].as_str().unwrap().to_owned(),
                data,
            });
        }
        let result = answer["result"].take();
        if let Err(problem) = self.contract.validate_result(method, &result) {
            panic!("{method}: result {result:#} against its schema: {problem}");
        }
        Ok(result)
    }

    /// Calls a method that must succeed.
    #[track_caller]
    pub fn ok<'a>(
        &'a self,
        who: &'a str,
        method: &'a str,
        params: Value,
    ) -> impl Future<Output = Value> + 'a {
        let caller = std::panic::Location::caller();
        async move {
            match self.call(who, method, params.clone()).await {
                Ok(result) => result,
                Err(refusal) => {
                    panic!("{caller}: {who} {method} {params} was refused: {refusal:#?}")
                }
            }
        }
    }

    /// Calls a method that must be refused with this `data.code`; gives the error's data.
    #[track_caller]
    pub fn refused<'a>(
        &'a self,
        who: &'a str,
        method: &'a str,
        params: Value,
        code: &'a str,
    ) -> impl Future<Output = Value> + 'a {
        let caller = std::panic::Location::caller();
        async move {
            match self.call(who, method, params.clone()).await {
                Ok(result) => panic!("{caller}: {who} {method} {params} succeeded: {result:#}"),
                Err(refusal) => {
                    assert_eq!(
                        refusal.code, code,
                        "{caller}: {method} {params}: {refusal:#?}"
                    );
                    refusal.data
                }
            }
        }
    }

    /// The data directory.
    pub fn dir(&self) -> &std::path::Path {
        self.dir.path()
    }

    /// The GUID of a tenant.
    pub async fn tenant_id(&self, tenant: &str) -> String {
        let got = self
            .ok("root", "tenant.get", json!({"tenant": tenant}))
            .await;
        got["tenant"]["tenantId"].as_str().unwrap().to_owned()
    }

    /// Moves the clock forward.
    pub fn pass(&self, seconds: i64) {
        self.clock.set(self.clock.now().plus_seconds(seconds));
    }

    /// Submits a request for contoso's Exchange as `eve`; gives the request.
    pub async fn submit(&self) -> Value {
        self.submit_as("eve", json!({})).await
    }

    /// Submits a request, with some params changed.
    pub async fn submit_as(&self, who: &str, changed: Value) -> Value {
        let mut params = json!({
            "tenant": CONTOSO, "serviceName": "Exchange", "serviceRequestNumber": "CLB#1",
            "reason": "Mail is not delivered", "durationSeconds": 3_600,
        });
        for (name, value) in changed.as_object().unwrap() {
            params[name] = value.clone();
        }
        self.ok(who, "request.submit", params).await["request"].clone()
    }

    /// Submits a request as `eve` and has `max` review it; gives the pending request.
    pub async fn pending(&self) -> Value {
        let submitted = self.submit().await;
        let params = json!({"requestId": submitted["identity"], "decision": "Approve"});
        self.ok("max", "request.review", params).await["request"].clone()
    }

    /// A pending request that arrived under a policy which asks so; the customer's clock starts
    /// with the arrival. Written beneath the use cases.
    pub async fn pending_under(&self, ask: impl FnOnce(&mut Asked)) -> Value {
        let pending = self.pending().await;
        let mut row = self.row(&pending).await;
        let sent = row.sent_at.unwrap();
        let terms = row.terms.as_mut().unwrap();
        let mut asked = terms.asked();
        ask(&mut asked);
        let escalations = asked.escalate.iter().map(|one| one.after_seconds);
        let first = asked.remind_after_seconds.iter().copied();
        row.wake = first
            .chain(escalations)
            .min()
            .map(|after| sent.plus_seconds(after));
        terms.policy = Some(PolicyTerms {
            version: 7,
            hash: "ab".repeat(32),
            rules: vec!["office".to_owned(), "two-eyes".to_owned()],
            asked,
            held_until: None,
            tzdb: None,
        });
        self.write(vec![RowWrite::UpdateRequest(Box::new(row), Vec::new())])
            .await;
        let read = json!({"requestId": pending["requestId"]});
        self.ok("ada", "request.get", read).await["request"].clone()
    }

    /// A request of contoso's as it is stored.
    pub async fn row(&self, request: &Value) -> Request {
        let identity = request["identity"].as_str().unwrap().parse().unwrap();
        let tenant = self.contoso().await.id;
        let found = self.store.request(tenant, RequestRef::Identity(identity));
        found.await.unwrap().expect("the request is there")
    }

    /// Contoso as it is stored.
    pub async fn contoso(&self) -> Organization {
        let found = self.store.organization(OrgRef::Name(CONTOSO.to_owned()));
        found.await.unwrap().expect("contoso is there")
    }

    /// Writes rows beneath the use cases, with one record in contoso's log.
    pub async fn write(&self, writes: Vec<RowWrite>) {
        self.write_and_tell(writes, Vec::new()).await;
    }

    /// As [`World::write`], with events.
    pub async fn write_and_tell(&self, writes: Vec<RowWrite>, outbox: Vec<OutboxDraft>) {
        let contoso = self.contoso().await;
        let mut record = Draft {
            id: RecordId::new(),
            org: contoso.id,
            organization_name: contoso.name,
            shape: Shape::Decision,
            creation: When::COMMIT,
            operation: "Test-Act".to_owned(),
            record_type: 1,
            succeeded: true,
            user: "lockboxd".to_owned(),
            user_is_person: false,
            user_type: UserType::System,
            external_access: false,
            client_ip: String::new(),
            object_id: String::new(),
            originating_server: "lockbox".to_owned(),
            workload: "Exchange".to_owned(),
            parameters: Vec::new(),
            detail: String::new(),
            actor: ActorField::default(),
            reported_by: None,
            request: None,
            elevation: None,
            moments: Vec::new(),
            salts: Vec::new(),
        };
        record.draw_salts();
        let change = Change {
            writes,
            records: vec![record],
            outbox,
            ..Change::default()
        };
        self.store.commit(change).await.unwrap();
    }

    /// A pending request that `anna` has approved.
    pub async fn approved(&self) -> Value {
        let pending = self.pending().await;
        let params = json!({"requestId": pending["requestId"], "decision": "Approve"});
        self.ok("anna", "request.decide", params).await["request"].clone()
    }

    /// Emergency access for an incident that `eve` has declared.
    pub async fn declared(&self, incident: &str) -> Value {
        let params = emergency(incident);
        self.ok("eve", "emergency.declare", params).await["request"].clone()
    }

    /// As [`World::declared`], and `max` has confirmed it.
    pub async fn confirmed(&self, incident: &str) -> Value {
        self.confirmed_by("eve", "max", incident).await
    }

    /// Emergency access for an incident that somebody has declared, and another confirmed.
    pub async fn confirmed_by(&self, engineer: &str, manager: &str, incident: &str) -> Value {
        let params = emergency(incident);
        let declared = self.ok(engineer, "emergency.declare", params).await["request"].clone();
        let params = json!({"requestId": declared["identity"]});
        self.ok(manager, "emergency.confirm", params).await["request"].clone()
    }

    /// Every record of somebody's log, oldest first, as AuditData.
    pub async fn log(&self, who: &str) -> Vec<Value> {
        let found = self
            .ok(who, "audit.search", json!({"resultSize": 5_000}))
            .await;
        let mut records: Vec<Value> = found["records"].as_array().unwrap().clone();
        records.sort_by_key(|record| record["sequence"].as_u64());
        records
            .iter()
            .map(|record| serde_json::from_str(record["auditData"].as_str().unwrap()).unwrap())
            .collect()
    }

    /// The operations in somebody's log, oldest first.
    pub async fn operations(&self, who: &str) -> Vec<String> {
        self.log(who)
            .await
            .iter()
            .map(|record| record["Operation"].as_str().unwrap().to_owned())
            .collect()
    }
}
