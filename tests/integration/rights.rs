//! The table of rights, cell by cell: every method, called by everybody. Hold [`TABLE`] against
//! the table of rights in the design.

use crate::world::{CONTOSO, NORTHWIND, Refusal, World, emergency};
use customer_lockbox::domain::people::PersonKey;
use customer_lockbox::error::Kind;
use customer_lockbox::rpc::{METHODS, number};
use customer_lockbox::service::{Limits, Options};
use customer_lockbox::store::RowWrite;
use serde_json::{Value, json};
use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet};

/// Who stands behind each column.
///
/// `eng` is the requester of every request here, `eng2` another engineer; `other` is another
/// tenant's administrator. All tenant roles but his are contoso's, and so are all requests.
const PEOPLE: [(&str, &str); 10] = [
    ("nobody", ""),
    ("eng", "eve"),
    ("eng2", "ed"),
    ("mgr", "max"),
    ("padm", "root"),
    ("gate", "gate"),
    ("gadm", "ada"),
    ("appr", "anna"),
    ("read", "sam"),
    ("other", "nora"),
];

/// The last four columns are tokens of each of those who are allowed: one that was revoked, one
/// that has expired, one that is limited to a role that its holder has not, and one that is limited
/// to a scope elsewhere (northwind for the provider's people, another service for the customer's).
///
/// `+` allowed, `-` forbidden, `0` not found, `x` unauthenticated. An exception of one holder
/// stands behind a comma.
const TABLE: &str = "
method              object         nobody eng eng2 mgr padm gate gadm appr read other  revoked expired role scope
rpc.discover        anything            +   +    +   +    +    +    +    +    +     +        +       +    +     +
system.info         anything            +   +    +   +    +    +    +    +    +     +        +       +    +     +
session.whoami      oneself             x   +    +   +    +    +    +    +    +     +        x       x    +     +
system.backup       all                 x   -    -   -    +    -    -    -    -     -        x       x    -     -
clock.advance       time                x   -    -   -    +    -    -    -    -     -        x       x    -     -
system.setLogLevel  log                 x   -    -   -    +    -    -    -    -     -        x       x    -     -

tenant.create       new                 x   -    -   -    +    -    -    -    -     -        x       x    -     -
tenant.invite       unclaimed           x   -    -   -    +    -    -    -    -     -        x       x    -     -
tenant.claim        code                +   +    +   +    +    +    +    +    +     +        +       +    +     +
tenant.get          contoso             x   -    -   -    +    -    +    -    -     0        x       x    -     -
tenant.list         all                 x   -    -   -    +    -    -    -    -     -        x       x    -     -
tenant.update       contoso             x   -    -   -    +    -    -    -    -     -        x       x    -     -
tenant.suspend      claimed             x   -    -   -    +    -    -    -    -     -        x       x    -     -
tenant.resume       suspended           x   -    -   -    +    -    -    -    -     -        x       x    -     -

principal.create    person              x   -    -   -    +    -    +    -    -     +        x       x    -     -
principal.create    robot               x   -    -   -    +    -    +    -    -     +        x       x    -     -
principal.invite    contoso's           x   -    -   -    0    -    +    -    -     0        x       x    -     -
principal.invite    provider's          x   -    -   -    +    -    0    -    -     0        x       x    -     -
principal.enroll    code                +   +    +   +    +    +    +    +    +     +        +       +    +     +
principal.get       contoso's           x   -    -   -    0    -    +    -    -     0        x       x    -     -
principal.get       provider's          x   -    -   -    +    -    0    -    -     0        x       x    -     -
principal.get       oneself             x   +    +   +    +    +    +    +    +     +        x       x    +     +
principal.list      own                 x   -    -   -    +    -    +    -    -     +        x       x    -     -
principal.disable   contoso's           x   -    -   -    0    -    +    -    -     0        x       x    -     -
principal.disable   provider's          x   -    -   -    +    -    0    -    -     0        x       x    -     -
principal.enable    contoso's           x   -    -   -    0    -    +    -    -     0        x       x    -     -
principal.enable    provider's          x   -    -   -    +    -    0    -    -     0        x       x    -     -

role.assign         contoso's           x   -    -   -    0    -    +    -    -     0        x       x    -     -
role.assign         provider's          x   -    -   -    +    -    0    -    -     0        x       x    -     -
role.remove         contoso's           x   -    -   -    0    -    +    -    -     0        x       x    -     -
role.remove         provider's          x   -    -   -    +    -    0    -    -     0        x       x    -     -
role.list           own                 x   -    -   -    +    -    +    -    -     +        x       x    -     -
role.list           contoso's           x   -    -   -    0    -    +    -    -     0        x       x    -     -

token.issue         oneself             x   +    +   +    +    +    +    +    +     +        x       x    +     +
token.issue         contoso'sRobot      x   -    -   -    0    -    +    -    -     0        x       x    -     -
token.issue         provider'sRobot     x   -    -   -    +    -    0    -    -     0        x       x    -     -
token.issue         contoso's           x   -    -   -    0    -    -    -    -     0        .       .    .     .
token.list          oneself             x   +    +   +    +    +    +    +    +     +        x       x    +     +
token.list          contoso's           x   -    -   -    0    -    +    -    -     0        x       x    -     -
token.revoke        oneself             x   +    +   +    +    +    +    +    +     +        x       x    +     +
token.revoke        contoso'sRobot      x   -    -   -    0    -    +    -    -     0        x       x    -     -
token.revoke        provider'sRobot     x   -    -   -    +    -    0    -    -     0        x       x    -     -

request.submit      contoso             x   +    +   -    -    -    -    -    -     -        x       x    -     0
request.review      inReview            x   -    -   +    -    -    -    -    -     -        x       x    -     0
request.list        all                 x   +    +   +    -    -    +    +    +     +        x       x    -     +
request.list        contoso             x   +    +   +    -    -    +    +    +     0        x       x    - 0,gadm+,appr+,read+
request.get         inReview            x   +    0   +    -    -    0    0    0     0        x       x    -     0
request.get         pending             x   +    0   +    -    -    +    +    +     0        x       x    -     0
request.decide      inReview            x   -    -   -    -    -    0    0    -     0        .       .    .     .
request.decide      pending             x   -    -   -    -    -    +    +    -     0        x       x    -     0
request.withdraw    inReview            x   +    0   +    -    -    -    -    -     -        x       x    -     0
request.withdraw    pending             x   +    0   +    -    -    -    -    -     -        x       x    -     0
request.complete    approved            x   +    0   +    -    -    -    -    -     -        x       x    -     0
request.history     inReview            x   +    0   +    -    -    0    0    0     0        x       x    -     0
request.history     pending             x   +    0   +    -    -    +    +    +     0        x       x    -     0

emergency.declare   contoso             x   +    +   -    -    -    -    -    -     -        x       x    -     0
emergency.confirm   declared            x   -    -   +    -    -    -    -    -     -        x       x    -     0
emergency.report    contoso             x   +    +   +    -    -    -    -    -     -        x       x    -     0
emergency.acknowledge declared          x   -    -   -    -    -    0    0    -     0        .       .    .     .
emergency.acknowledge confirmed         x   -    -   -    -    -    +    +    -     0        x       x    -     0
emergency.list      all                 x   +    +   +    -    -    +    +    +     +        x       x    -     +
emergency.list      contoso             x   +    +   +    -    -    +    +    +     0        x       x    - 0,gadm+,appr+,read+

grant.get           approved            x   +    0   +    -    -    +    +    +     0        x       x    -     0
grant.get           byGrant             x   +    0   +    -    -    +    +    +     0        x       x    -     0
grant.list          all                 x   +    +   +    -    -    +    +    +     +        x       x    -     +
grant.check         approved            x   +    +   -    -    +    -    -    -     -        x       x    -     0
grant.revoke        approved            x   -    -   +    +    -    -    -    -     -        x       x    - 0,padm-
grant.revoke        byGrant             x   -    -   +    +    -    -    -    -     -        x       x    - 0,padm-
activity.record     approved            x   +    +   -    -    +    -    -    -     -        x       x    -     0

policy.get          own                 x   -    -   -    -    -    +    +    +     +        x       x    -     -
policy.get          contoso             x   -    -   -    -    -    +    +    +     0        x       x    -     -
policy.put          approvalOn          x   -    -   -    -    -    +    +    -     +        x       x    -     -
policy.put          approvalOff         x   -    -   -    -    -    +    -    -     +        x       x    -     -
policy.put          hoursToAnswer       x   -    -   -    -    -    +    -    -     +        x       x    -     -
policy.put          robots              x   -    -   -    -    -    +    -    -     +        x       x    -     -
policy.put          emergency           x   -    -   -    -    -    +    -    -     +        x       x    -     -
policy.put          search              x   -    -   -    -    -    +    -    -     +        x       x    -     -
policy.history      own                 x   -    -   -    -    -    +    +    +     +        x       x    -     -
policy.history      contoso             x   -    -   -    -    -    +    +    +     0        x       x    -     -
policy.effective    own                 x   -    -   -    -    -    +    +    +     +        x       x    -     -
policy.effective    contoso             x   -    -   -    -    -    +    +    +     0        x       x    -     -
policy.simulate     own                 x   -    -   -    -    -    +    +    +     +        x       x    -     -
policy.simulate     contoso             x   -    -   -    -    -    +    +    +     0        x       x    -     -
policy.explain      inReview            x   -    -   -    -    -    0    0    0     0        x       x    -     -
policy.explain      pending             x   -    -   -    -    -    +    +    +     0        x       x    -     -
policy.confirm      missing             x   -    -   -    -    -    0    -    -     0        x       x    -     -

notification.list   own                 x   -    -    -    +    -    +    -    +    +        x       x       -       -
notification.list   pending             x   -    -    -    -    -    +    -    +    0        x       x       -       -
notification.retry  own                 x   -    -    -    +    -    +    -    -    +        x       x       -       -
notification.preview own                 x   -    -    -    +    -    +    -    +    +        x       x       -       -
notification.preview contoso             x   +    +    -    -    -    +    -    +    0        x       x       -       0,gadm-,read-
webhook.create      new                 x   -    -    -    +    -    +    -    -    +        x       x       -       -
webhook.list        own                 x   -    -    -    +    -    +    -    +    +        x       x       -       -
webhook.update      contoso's           x   -    -    -    0    -    +    -    -    0        x       x       -       -
webhook.update      provider's          x   -    -    -    +    -    0    -    -    0        x       x       -       -
webhook.rotate      contoso's           x   -    -    -    0    -    +    -    -    0        x       x       -       -
webhook.rotate      provider's          x   -    -    -    +    -    0    -    -    0        x       x       -       -
webhook.remove      contoso's           x   -    -    -    0    -    +    -    -    0        x       x       -       -
webhook.remove      provider's          x   -    -    -    +    -    0    -    -    0        x       x       -       -
template.put        own                 x   -    -    -    +    -    +    -    -    +        x       x       -       -
template.get        own                 x   -    -    -    +    -    +    -    +    +        x       x       -       -
template.list       own                 x   -    -    -    +    -    +    -    +    +        x       x       -       -
template.remove     own                 x   -    -    -    +    -    +    -    -    +        x       x       -       -

audit.search        own                 x   +    +   +    +    +    +    -    +     +        x       x    -     -
audit.get           contoso's           x   0    0   0    0    0    +    -    +     0        x       x    -     -
audit.get           provider's          x   +    +   +    +    +    0    -    0     0        x       x    -     -
audit.export        own                 x   +    +   +    +    +    +    -    +     +        x       x    -     -
";

/// The columns that are tokens of those who are allowed.
const TOKENS: [&str; 4] = ["revoked", "expired", "role", "scope"];

struct Row<'a> {
    method: &'a str,
    object: &'a str,
    cells: BTreeMap<&'a str, &'a str>,
}

fn table() -> Vec<Row<'static>> {
    let mut lines = TABLE.lines().filter(|line| !line.trim().is_empty());
    let head: Vec<&str> = lines.next().unwrap().split_whitespace().collect();
    let people: Vec<&str> = PEOPLE.iter().map(|(column, _)| *column).collect();
    assert_eq!(head[2..12], people, "the columns are the people");
    assert_eq!(head[12..], TOKENS);
    lines
        .map(|line| {
            let words: Vec<&str> = line.split_whitespace().collect();
            assert_eq!(words.len(), head.len(), "{line}");
            Row {
                method: words[0],
                object: words[1],
                cells: head[2..]
                    .iter()
                    .copied()
                    .zip(words[2..].iter().copied())
                    .collect(),
            }
        })
        .collect()
}

/// What a cell expects of a token of `holder`: the common word, or the holder's exception.
fn expected<'a>(cell: &'a str, holder: &str) -> &'a str {
    let mut words = cell.split(',');
    let common = words.next().unwrap();
    words
        .find_map(|word| word.strip_prefix(holder))
        .unwrap_or(common)
}

fn outcome(answer: &Result<Value, Refusal>) -> String {
    let kinds = [
        (Kind::Forbidden, "-"),
        (Kind::NotFound, "0"),
        (Kind::Unauthenticated, "x"),
    ];
    match answer {
        Ok(_) => "+".to_owned(),
        Err(refusal) => kinds
            .iter()
            .find(|(kind, _)| number(*kind) == refusal.number)
            .map_or_else(
                || format!("{} {}", refusal.code, refusal.data["message"]),
                |(_, letter)| (*letter).to_owned(),
            ),
    }
}

/// Makes the objects that cells are tried on, each fresh, so that no cell disturbs another.
struct Range {
    world: World,
    ids: BTreeMap<&'static str, Value>,
    made: Cell<u32>,
    _backups: tempfile::TempDir,
}

impl Range {
    async fn new() -> Self {
        let backups = tempfile::tempdir().unwrap();
        let mut world = World::with_clock_control(Options {
            backup_dir: Some(backups.path().to_owned()),
            limits: Limits {
                pending_per_tenant: 1_000_000,
                pending_per_engineer: 1_000_000,
                failed_attempts: 1_000_000,
                ..Limits::default()
            },
            ..Options::default()
        })
        .await;
        let mut ids = BTreeMap::new();
        for (_, who) in PEOPLE.into_iter().skip(1) {
            let me = world.ok(who, "session.whoami", json!({})).await;
            ids.insert(who, me["principal"]["principalId"].clone());
            let (role, scope) = if me["organization"]["kind"] == "tenant" {
                let own = me["organization"]["organizationId"].as_str().unwrap();
                let other_role = if who == "sam" {
                    "GlobalAdministrator"
                } else {
                    "SecurityReader"
                };
                (other_role, format!("/tenants/{own}/services/Teams"))
            } else {
                let other_role = if who == "gate" {
                    "SupportManager"
                } else {
                    "ResourceGateway"
                };
                (
                    other_role,
                    format!("/tenants/{}", world.tenant_id(NORTHWIND).await),
                )
            };
            for (column, limits) in [
                ("revoked", json!({})),
                ("expired", json!({"expiresInDays": 1})),
                ("role", json!({"roles": [role]})),
                ("scope", json!({"scope": scope})),
            ] {
                let issued = world.ok(who, "token.issue", limits).await;
                world.remember(&format!("{who}.{column}"), &issued["token"]);
                if column == "revoked" {
                    let params = json!({"tokenId": issued["tokenId"]});
                    world.ok(who, "token.revoke", params).await;
                }
            }
        }
        world.pass(24 * 3_600);
        Self {
            world,
            ids,
            made: Cell::new(0),
            _backups: backups,
        }
    }

    fn name(&self, what: &str) -> String {
        self.made.set(self.made.get() + 1);
        format!("{what}-{}", self.made.get())
    }

    /// A fresh tenant; with whom it is claimed.
    async fn tenant(&self, claimed: bool) -> (Value, Value) {
        let name = format!("{}.example", self.name("tenant"));
        let params = json!({"name": name, "adminAddress": format!("admin@{name}")});
        let made = self.world.ok("root", "tenant.create", params).await;
        let code = made["claimCode"].clone();
        if claimed {
            self.world
                .ok("", "tenant.claim", json!({"code": code}))
                .await;
        }
        (json!(name), code)
    }

    /// A fresh principal of contoso or of the provider, with a role to lose.
    async fn principal(&self, object: &str) -> Value {
        let (by, role) = if object.starts_with("contoso") {
            ("ada", "SecurityReader")
        } else {
            ("root", "SupportEngineer")
        };
        let name = self.name("someone");
        let mut params = json!({"kind": "robot", "displayName": name, "roles": [{"role": role}]});
        if !object.ends_with("Robot") {
            params["kind"] = json!("person");
            params["address"] = json!(format!("{name}@somewhere.example"));
        }
        self.world.ok(by, "principal.create", params).await
    }

    async fn request(&self, state: &str) -> Value {
        match state {
            "inReview" => self.world.submit().await,
            "pending" => self.world.pending().await,
            _ => self.world.approved().await,
        }
    }

    /// Params that are valid but for who calls.
    async fn params(&self, method: &str, object: &str, who: &str) -> Value {
        let world = &self.world;
        match method {
            "clock.advance" => json!({"seconds": 1}),
            "system.setLogLevel" => json!({"level": "info"}),
            "tenant.create" => {
                json!({"name": format!("{}.example", self.name("new")), "adminAddress": "a@b.example"})
            }
            "tenant.invite" => json!({"tenant": self.tenant(false).await.0}),
            "tenant.claim" => json!({"code": self.tenant(false).await.1}),
            "tenant.get" => json!({"tenant": CONTOSO}),
            "tenant.update" => json!({"tenant": CONTOSO, "displayName": "Contoso"}),
            "tenant.suspend" => json!({"tenant": self.tenant(true).await.0, "reason": "unpaid"}),
            "tenant.resume" => {
                let tenant = self.tenant(true).await.0;
                let params = json!({"tenant": tenant, "reason": "unpaid"});
                world.ok("root", "tenant.suspend", params).await;
                json!({"tenant": tenant})
            }
            "principal.create" => {
                let name = self.name("new");
                let mut params = json!({"kind": object, "displayName": name});
                if object == "person" {
                    params["address"] = json!(format!("{name}@somewhere.example"));
                }
                params
            }
            "principal.enroll" => {
                json!({"code": self.principal("contoso's").await["enrolmentCode"]})
            }
            _ if method.starts_with("principal.") || method.starts_with("role.") => {
                self.people_params(method, object, who).await
            }
            _ if method.starts_with("token.") => self.token_params(method, object, who).await,
            "policy.put" => match object {
                "approvalOn" => json!({"approvalRequired": true}),
                // As it is by default, so that no other cell meets another world.
                "approvalOff" => json!({"approvalRequired": true, "automaticApproval": false}),
                "hoursToAnswer" => json!({"hoursToAnswer": 12}),
                "robots" => json!({"automaticApproval": false}),
                "emergency" => json!({"emergencyAccess": "allowed", "tags": []}),
                _ => json!({"auditSearchEnabled": true}),
            },
            _ if method.starts_with("notification.") => {
                self.notification_params(method, object).await
            }
            _ if method.starts_with("webhook.") => self.webhook_params(method, object).await,
            _ if method.starts_with("template.") => self.template_params(method).await,
            "audit.get" => {
                let by = if object == "contoso's" { "ada" } else { "root" };
                let found = world.ok(by, "audit.search", json!({"resultSize": 1})).await;
                json!({"identity": found["records"][0]["identity"]})
            }
            "audit.export" => json!({"format": "csv", "chunkSize": 1}),
            "request.list" | "emergency.list" | "policy.get" | "policy.history"
            | "policy.simulate"
                if object == CONTOSO_COLUMN =>
            {
                json!({"tenant": CONTOSO})
            }
            "policy.effective" if object == CONTOSO_COLUMN => {
                json!({"tenant": CONTOSO, "serviceName": "Exchange"})
            }
            "policy.effective" => json!({"serviceName": "Exchange"}),
            "policy.confirm" => json!({"changeId": "0e7d5f0e-1a5e-4f0e-9a53-5f3a8a1d4c11"}),
            _ if method.starts_with("emergency.") => self.emergency_params(method, object).await,
            _ => self.request_params(method, object).await,
        }
    }

    async fn emergency_params(&self, method: &str, object: &str) -> Value {
        if method == "emergency.list" {
            return json!({});
        }
        // Each for an incident of its own: nobody can renew another's.
        let incident = self.name("INC");
        match (method, object) {
            ("emergency.declare", _) => emergency(&incident),
            ("emergency.report", _) => {
                let mut params = emergency(&incident);
                params["accessStart"] = json!("2026-11-21T10:00:00Z");
                params["accessEnd"] = json!("2026-11-21T11:00:00Z");
                params
            }
            (_, "declared") => {
                let declared = self.world.declared(&incident).await;
                // Somebody else declares each, as the same two cannot have another.
                let mut row = self.world.row(&declared).await;
                row.requester.key = PersonKey::local(&incident);
                let write = RowWrite::UpdateRequest(Box::new(row), Vec::new());
                self.world.write(vec![write]).await;
                json!({"requestId": declared["identity"]})
            }
            _ => {
                let confirmed = self.world.confirmed(&incident).await;
                // The next one is confirmed by somebody else.
                let mut row = self.world.row(&confirmed).await;
                if let Some(manager) = &mut row.reviewer {
                    manager.key = PersonKey::local(&incident);
                }
                let write = RowWrite::UpdateRequest(Box::new(row), Vec::new());
                self.world.write(vec![write]).await;
                json!({"requestId": confirmed["identity"]})
            }
        }
    }

    async fn people_params(&self, method: &str, object: &str, who: &str) -> Value {
        let world = &self.world;
        if object == "oneself" {
            return json!({"principal": self.id(who)});
        }
        if object == "own" {
            return json!({});
        }
        let made = self.principal(object).await;
        let id = made["principal"]["principalId"].clone();
        if method == "principal.enable" {
            let by = if object == "contoso's" { "ada" } else { "root" };
            world
                .ok(by, "principal.disable", json!({"principal": id}))
                .await;
        }
        // A role of the caller's own side, so that only the principal can be missing.
        let customer = ["ada", "anna", "sam", "nora"].contains(&base(who));
        match (method, customer) {
            ("role.assign", true) => {
                json!({"principal": id, "role": "CustomerLockboxAccessApprover"})
            }
            ("role.assign", false) => json!({"principal": id, "role": "SupportManager"}),
            ("role.remove", true) => json!({"principal": id, "role": "SecurityReader"}),
            ("role.remove", false) => json!({"principal": id, "role": "SupportEngineer"}),
            _ => json!({"principal": id}),
        }
    }

    async fn notification_params(&self, method: &str, object: &str) -> Value {
        match (method, object) {
            ("notification.retry", _) => json!({"held": true}),
            (_, "pending") => {
                let request = self.request("pending").await;
                json!({"requestId": request["identity"]})
            }
            (_, CONTOSO_COLUMN) => json!({"tenant": CONTOSO}),
            _ => json!({}),
        }
    }

    /// A webhook of contoso's or of the provider's; the only one, as there may not be many.
    async fn webhook_params(&self, method: &str, object: &str) -> Value {
        let create = json!({
            "name": "SIEM", "url": "https://hooks.example.com/in", "format": "json",
        });
        if method == "webhook.list" {
            return json!({});
        }
        for who in ["ada", "root", "nora"] {
            let found = self.world.ok(who, "webhook.list", json!({})).await;
            for webhook in found["webhooks"].as_array().unwrap() {
                let remove = json!({"webhookId": webhook["webhookId"]});
                self.world.ok(who, "webhook.remove", remove).await;
            }
        }
        if method == "webhook.create" {
            return create;
        }
        let by = if object == "contoso's" { "ada" } else { "root" };
        let made = self.world.ok(by, "webhook.create", create).await;
        json!({"webhookId": made["webhookId"]})
    }

    async fn template_params(&self, method: &str) -> Value {
        let which = json!({"event": "requestDecided", "language": "de"});
        let mut put = which.clone();
        put["subject"] = json!("Entschieden");
        put["text"] = json!("Es ist entschieden.");
        if method == "template.put" {
            return put;
        }
        for who in ["ada", "root", "nora"] {
            self.world.ok(who, "template.put", put.clone()).await;
        }
        match method {
            "template.list" => json!({}),
            _ => which,
        }
    }

    async fn token_params(&self, method: &str, object: &str, who: &str) -> Value {
        match (method, object) {
            ("token.revoke", "oneself") => {
                let holder = if who.is_empty() { "eve" } else { base(who) };
                let issued = self.world.ok(holder, "token.issue", json!({})).await;
                json!({"tokenId": issued["tokenId"]})
            }
            ("token.revoke", _) => json!({"tokenId": self.principal(object).await["tokenId"]}),
            (_, "oneself") => json!({"principal": self.id(who)}),
            _ => {
                let made = self.principal(object).await;
                json!({"principal": made["principal"]["principalId"]})
            }
        }
    }

    async fn request_params(&self, method: &str, object: &str) -> Value {
        if matches!(object, "anything" | "oneself" | "all" | "own") {
            return json!({});
        }
        if method == "request.submit" {
            return json!({
                "tenant": CONTOSO, "serviceName": "Exchange", "serviceRequestNumber": "CLB#1",
                "reason": "Mail is not delivered",
            });
        }
        let request = self.request(object).await;
        let mut params = json!({"requestId": request["identity"]});
        match method {
            "request.review" | "request.decide" => params["decision"] = json!("Approve"),
            "grant.check" => params["tenant"] = json!(CONTOSO),
            "activity.record" => {
                params["tenant"] = json!(CONTOSO);
                params["operation"] = json!("New-MailboxSearch");
            }
            _ => {}
        }
        if object == "byGrant" {
            params = json!({"grantId": request["grantId"]});
        }
        params
    }

    fn id(&self, who: &str) -> &Value {
        let who = if who.is_empty() { "eve" } else { base(who) };
        &self.ids[who]
    }
}

/// The column whose object is the tenant contoso.
const CONTOSO_COLUMN: &str = "contoso";

/// The holder of a token: `eve` of `eve.revoked`.
fn base(who: &str) -> &str {
    who.split('.').next().unwrap_or(who)
}

#[test]
fn every_method_stands_in_the_table() {
    let rows = table();
    let tried: BTreeSet<&str> = rows.iter().map(|row| row.method).collect();
    let registered: BTreeSet<&str> = METHODS.iter().map(|method| method.name).collect();
    assert_eq!(tried, registered);
    let distinct: BTreeSet<(&str, &str)> =
        rows.iter().map(|row| (row.method, row.object)).collect();
    assert_eq!(distinct.len(), rows.len(), "a row stands twice");
}

#[tokio::test]
async fn every_cell_of_the_table_holds() {
    let range = Range::new().await;
    let mut wrong = Vec::new();
    for row in table() {
        let allowed = PEOPLE.iter().filter(|(column, _)| row.cells[column] == "+");
        let people = PEOPLE
            .iter()
            .map(|(column, who)| ((*column).to_owned(), (*who).to_owned(), row.cells[column]));
        let tokens = allowed
            .filter(|(_, who)| !who.is_empty())
            .flat_map(|(holder, who)| TOKENS.map(|token| (*holder, *who, token)))
            .map(|(holder, who, token)| {
                let cell = expected(row.cells[token], holder);
                (format!("{holder}.{token}"), format!("{who}.{token}"), cell)
            });
        for (column, who, cell) in people.chain(tokens).collect::<Vec<_>>() {
            let params = range.params(row.method, row.object, &who).await;
            let answer = range.world.call(&who, row.method, params).await;
            let found = outcome(&answer);
            if found != cell {
                wrong.push(format!(
                    "{} {} by {column}: expected {cell}, found {found} {answer:?}",
                    row.method, row.object
                ));
            }
        }
    }
    assert!(
        wrong.is_empty(),
        "{} cells:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}
