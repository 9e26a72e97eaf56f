//! Decision hooks that a policy names: real programs in the real cage, asked by the daemon's own
//! job, and what becomes of the request.

use crate::delivery::client;
use crate::policies::{decide, get, put};
use crate::program::DEADLINE;
use crate::world::World;
use bytes::Bytes;
use customer_lockbox::clock::Clock;
use customer_lockbox::domain::hooks::{HookAnswer, HookOpinion};
use customer_lockbox::egress::{Failure, Guard, Limits};
use customer_lockbox::hook::url::UrlHook;
use customer_lockbox::hook::{Hook, Hooks, Judge, OnFailure};
use customer_lockbox::jobs::hooks::{Host, run};
use customer_lockbox::rpc::Rpc;
use customer_lockbox::service::Options;
use customer_lockbox::store::Store;
use http::HeaderMap;
use serde_json::{Value, json};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

const APPROVER: &str = "CustomerLockboxAccessApprover";

const BESIDE_A_DENIAL: &str = "Another hook denies it, and no approval stands beside a denial.";

const DECIDED_BEFORE: &str = "Another hook's answer decided the request before it.";

/// What a hook writes, as the script that does.
fn says(decision: &str, reason: &str) -> String {
    format!("echo '{{\"decision\": \"{decision}\", \"reason\": \"{reason}\"}}'")
}

/// The host's hooks, in a directory that they can read.
pub struct Scripts {
    dir: TempDir,
    hooks: Hooks,
}

impl Scripts {
    pub fn new() -> Self {
        Self {
            dir: TempDir::new().unwrap(),
            hooks: Hooks::new(),
        }
    }

    fn with(scripts: &[(&str, &str)]) -> Self {
        let mut all = Self::new();
        for (name, body) in scripts {
            all.add(name, body);
        }
        all
    }

    fn add(&mut self, name: &str, body: &str) -> &mut Hook {
        let script = self.script(name, body);
        let hook = Hook {
            program: PathBuf::from("/bin/bash"),
            arguments: vec![script.display().to_string()],
            timeout: Duration::from_secs(60),
            memory_bytes: 512 << 20,
            user: None,
            reads: vec![self.dir.path().to_owned()],
            on_failure: OnFailure::Pass,
        };
        self.hooks.insert(name.to_owned(), Judge::Program(hook));
        self.program(name)
    }

    fn program(&mut self, name: &str) -> &mut Hook {
        match self.hooks.get_mut(name) {
            Some(Judge::Program(hook)) => hook,
            other => panic!("{name} is {other:?}"),
        }
    }

    pub fn script(&self, name: &str, body: &str) -> PathBuf {
        let script = self.dir.path().join(name);
        std::fs::write(&script, body).unwrap();
        script
    }

    /// A script that waits at the pipe of its request before it says this.
    fn slow(&self, said: &str) -> String {
        for number in 1..=4 {
            let made = std::process::Command::new("mkfifo")
                .arg(self.pipe(number))
                .status();
            assert!(made.unwrap().success());
        }
        let dir = self.dir.path().display();
        format!(
            "read -r q; q=${{q#*requestId\\\":\\\"}}; read -r x < \"{dir}/${{q%%\\\"*}}.pipe\"\n{said}\n"
        )
    }

    /// The pipe of a tenant's request, by its number.
    pub fn pipe(&self, number: u32) -> PathBuf {
        self.dir.path().join(format!("EXSR{number:06}.pipe"))
    }

    /// How many hooks run, with what they have started, and those that are on their way.
    fn running(&self) -> usize {
        let dir = format!("{}/", self.dir.path().display());
        let processes = std::fs::read_dir("/proc").unwrap().filter_map(Result::ok);
        let lines = processes.filter_map(|one| std::fs::read(one.path().join("cmdline")).ok());
        lines
            .filter(|line| String::from_utf8_lossy(line).contains(&dir))
            .count()
    }

    fn host(&self, at_once: usize) -> Host {
        Host {
            client: Arc::new(client()),
            hooks: self.hooks.clone(),
            program: PathBuf::from(env!("CARGO_BIN_EXE_lockboxd")),
            at_once,
        }
    }

    fn names(&self) -> Vec<String> {
        self.hooks.keys().cloned().collect()
    }
}

/// A hook that has come to its pipe and waits there; it goes on when this is dropped.
pub struct Waiting(Option<std::fs::File>);

impl Waiting {
    /// Waits until a hook has come.
    pub fn at(pipe: &Path) -> Self {
        let (sender, receiver) = std::sync::mpsc::channel();
        let pipe = pipe.to_owned();
        // To open it for writing waits for a reader.
        std::thread::spawn(move || {
            let opened = std::fs::OpenOptions::new().write(true).open(pipe);
            let _ = sender.send(opened);
        });
        let opened = receiver.recv_timeout(DEADLINE);
        Self(Some(opened.expect("the hook to come").unwrap()))
    }

    pub fn go(mut self) {
        writeln!(self.0.take().unwrap(), "go").unwrap();
    }
}

/// The job that asks; it ends with the value.
struct Asking {
    stop: CancellationToken,
    job: JoinHandle<()>,
}

impl Asking {
    fn start(world: &World, host: Host) -> Self {
        let stop = CancellationToken::new();
        let (rpc, shutdown): (Arc<Rpc>, _) = (Arc::clone(&world.rpc), stop.clone());
        let job = tokio::spawn(async move { run(rpc.services(), host, shutdown).await });
        Self { stop, job }
    }

    async fn end(self) {
        self.stop.cancel();
        self.job.await.unwrap();
    }
}

/// A world whose host has these hooks, each with its robot.
async fn world(scripts: &Scripts) -> World {
    let mut world = World::with(Options {
        hooks: scripts.names(),
        ..Options::default()
    })
    .await;
    for name in scripts.names() {
        world.robot("ada", &name, APPROVER).await;
    }
    world
}

async fn automatic(world: &World) {
    world
        .ok("ada", "policy.put", json!({"automaticApproval": true}))
        .await;
}

/// One rule for each hook that asks it, and more lines for the first.
async fn put_asking(world: &World, hooks: &[String], more: Value) {
    let rules = hooks.iter().enumerate().map(|(index, name)| {
        let mut ask = json!({"hook": name});
        if index == 0 {
            for (line, value) in more.as_object().unwrap() {
                ask[line] = value.clone();
            }
        }
        json!({"id": format!("ask-{name}"), "ask": ask})
    });
    put(world, rules.collect()).await;
}

/// Waits until all hooks of a request have been asked; gives it as customers see it then.
async fn answered(world: &World, request: &Value) -> Value {
    wait_for_hooks(world, request).await;
    get(world, request).await
}

/// A request that has arrived while these hooks are asked, as it is when they have answered.
async fn judged(world: &World, scripts: &Scripts) -> Value {
    let asking = Asking::start(world, scripts.host(4));
    let pending = world.pending().await;
    assert_eq!(pending["state"], "Pending");
    let shown = answered(world, &pending).await;
    asking.end().await;
    shown
}

/// The records of contoso's log from the hooks' answers on: operation, actor, and the parameters
/// that are there.
async fn told(world: &World) -> Vec<(String, String, Value)> {
    let log = world.log("ada").await;
    let records = log.iter().filter(|record| {
        [
            "LockboxHookAnswered",
            "LockboxApprovalRecorded",
            "Set-AccessToCustomerDataRequest",
        ]
        .contains(&record["Operation"].as_str().unwrap())
    });
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let shown = records.map(|record| {
        let parameters: serde_json::Map<String, Value> = record["Parameters"]
            .as_array()
            .unwrap()
            .iter()
            .map(|one| (text(&one["Name"]), one["Value"].clone()))
            .collect();
        (
            text(&record["Operation"]),
            text(&record["Actor"]["Name"]),
            Value::Object(parameters),
        )
    });
    shown.collect()
}

async fn operations(world: &World) -> Vec<String> {
    let told = told(world).await;
    told.into_iter().map(|(operation, ..)| operation).collect()
}

/// Every hook's answer: its name, what it counts as, and why that did not count.
fn opinions(shown: &Value) -> Value {
    let answers = shown["hooks"].as_array().unwrap().iter();
    answers
        .map(|one| json!([one["hook"], one["opinion"], one["notCounted"]]))
        .collect()
}

#[tokio::test]
async fn a_hook_denies_as_its_robot_and_all_of_it_is_recorded_at_once() {
    let scripts = Scripts::with(&[("nights", &says("deny", "Not at night."))]);
    let world = world(&scripts).await;
    put_asking(&world, &scripts.names(), json!({})).await;
    let shown = judged(&world, &scripts).await;
    assert_eq!(shown["state"], "Denied");
    assert_eq!(shown["decidedBy"], "nights");
    assert_eq!(shown["comment"], "Not at night.");
    let answer = &shown["hooks"][0];
    assert_eq!(answer["reason"], "Not at night.");
    assert_eq!(answer["notCounted"], Value::Null);
    let written = "{\"decision\": \"deny\", \"reason\": \"Not at night.\"}\n";
    let digest = hex::encode(customer_lockbox::crypto::sha256(&[written.as_bytes()]));
    assert_eq!(answer["digest"], digest);
    let told = told(&world).await;
    let id = &shown["identity"];
    assert_eq!(
        told[0],
        (
            "LockboxHookAnswered".to_owned(),
            "nights".to_owned(),
            json!({"RequestId": id, "HookName": "nights", "HookAnswer": "deny",
                   "HookReason": "Not at night.", "HookDigest": digest}),
        )
    );
    assert_eq!(told[1].0, "Set-AccessToCustomerDataRequest");
    assert_eq!(told[1].1, "nights");
    assert_eq!(told[1].2["Comment"], "Not at night.");
    assert_eq!(told[1].2["ApprovalDecision"], "Deny");
    assert_eq!(told.len(), 2);
    let log = world.log("ada").await;
    for record in &log[log.len() - 2..] {
        assert_eq!(record["Actor"]["Kind"], "robot");
        assert_eq!(record["Actor"]["Authentication"], "decisionHook");
        assert_eq!(record["Actor"]["Via"], "internal");
        assert_eq!(record["LockboxRequest"]["Identity"], *id);
    }
    let explained = json!({"requestId": id});
    let explained = world.ok("ada", "policy.explain", explained).await;
    assert_eq!(explained["hooks"], shown["hooks"]);
    let runs = world
        .rpc
        .services()
        .metrics_text(customer_lockbox::telemetry::Format::Plain)
        .await;
    let line = "lockbox_hook_runs_total{hook=\"nights\",outcome=\"deny\"} 1";
    assert!(runs.contains(line), "{runs}");
}

#[tokio::test]
async fn an_approval_counts_only_where_robots_may_approve() {
    let scripts = Scripts::with(&[("reads", &says("approve", ""))]);
    let world = world(&scripts).await;
    put_asking(&world, &scripts.names(), json!({"longestMinutes": 30})).await;
    let off = judged(&world, &scripts).await;
    assert_eq!(off["state"], "Pending");
    let why = off["hooks"][0]["notCounted"].as_str().unwrap();
    assert!(why.contains("does not let it approve"), "{why}");
    assert_eq!(operations(&world).await, ["LockboxHookAnswered"]);
    assert_eq!(told(&world).await[0].2["HookNotCounted"], why);
    // People go on.
    world
        .ok("anna", "request.decide", decide(&off, "Deny"))
        .await;
    automatic(&world).await;
    let on = judged(&world, &scripts).await;
    assert_eq!(on["state"], "Approved");
    assert_eq!(on["decidedBy"], "reads");
    assert_eq!(on["comment"], "The decision hook 'reads' approves it.");
    // Within the same caps: an hour was asked.
    assert_eq!(on["grantedDurationSeconds"], 1_800);
    assert_eq!(
        operations(&world).await,
        [
            "LockboxHookAnswered",
            "Set-AccessToCustomerDataRequest",
            "LockboxHookAnswered",
            "Set-AccessToCustomerDataRequest"
        ]
    );
}

#[tokio::test]
async fn an_approval_is_bounded_by_the_calendars() {
    let scripts = Scripts::with(&[("reads", &says("approve", "ok"))]);
    let world = world(&scripts).await;
    automatic(&world).await;
    put_asking(&world, &scripts.names(), json!({"accessWithin": "office"})).await;
    // It is Saturday noon; the office opens on Monday.
    let shown = judged(&world, &scripts).await;
    assert_eq!(shown["state"], "Approved");
    assert_eq!(shown["accessStart"], "2026-11-23T07:00:00.000Z");
}

#[tokio::test]
async fn who_passes_is_asked_once_and_people_decide() {
    let scripts = Scripts::with(&[("shrugs", &says("pass", "Who knows?"))]);
    let world = world(&scripts).await;
    put_asking(&world, &scripts.names(), json!({})).await;
    let asking = Asking::start(&world, scripts.host(4));
    let first = world.pending().await;
    let shown = answered(&world, &first).await;
    assert_eq!(shown["state"], "Pending");
    assert_eq!(opinions(&shown), json!([["shrugs", "pass", null]]));
    assert_eq!(shown["hooks"][0]["reason"], "Who knows?");
    // More commits wake the job, and the first is not asked again.
    let second = world.pending().await;
    answered(&world, &second).await;
    world
        .ok("anna", "request.decide", decide(&first, "Approve"))
        .await;
    let third = world.pending().await;
    answered(&world, &third).await;
    asking.end().await;
    let asked = operations(&world).await;
    let count = asked.iter().filter(|one| *one == "LockboxHookAnswered");
    assert_eq!(count.count(), 3, "{asked:?}");
}

#[tokio::test]
async fn a_failure_counts_as_the_configuration_says_and_never_as_an_approval() {
    let approves_then_fails = format!("{}; exit 3", says("approve", "yes"));
    let mut scripts = Scripts::new();
    scripts.add("fails", &approves_then_fails);
    scripts.add("hangs", "read -r x; sleep 1000").timeout = Duration::from_millis(300);
    scripts.add("mumbles", "echo '{\"secretHost\": 1}'");
    let world = world(&scripts).await;
    automatic(&world).await;
    put_asking(&world, &scripts.names(), json!({})).await;
    let shown = judged(&world, &scripts).await;
    assert_eq!(shown["state"], "Pending");
    assert_eq!(
        opinions(&shown),
        json!([
            ["fails", "pass", null],
            ["hangs", "pass", null],
            ["mumbles", "pass", null]
        ])
    );
    for (index, class) in [
        "ended with a failure",
        "took too long",
        "gave an answer that is not understood",
    ]
    .iter()
    .enumerate()
    {
        let answer = &shown["hooks"][index];
        let failure = answer["failure"].as_str().unwrap();
        assert_eq!(failure, *class);
        assert_eq!(answer["digest"], Value::Null);
        assert_eq!(told(&world).await[index].2["HookFailure"], failure);
    }
    // What counts as a denial ends it.
    scripts.program("hangs").on_failure = OnFailure::Deny;
    let denied = judged(&world, &scripts).await;
    assert_eq!(denied["state"], "Denied");
    assert_eq!(denied["decidedBy"], "hangs");
    assert_eq!(
        opinions(&denied),
        json!([
            ["fails", "pass", null],
            ["hangs", "deny", null],
            ["mumbles", "pass", null]
        ])
    );
    let comment = denied["comment"].as_str().unwrap();
    assert!(comment.ends_with("that counts as a denial."), "{comment}");
}

#[tokio::test]
async fn a_denial_beats_an_approval_whatever_becomes_of_it() {
    let scripts = Scripts::with(&[
        ("a", &says("approve", "yes")),
        ("b", &says("deny", "no")),
        ("c", &says("deny", "neither")),
    ]);
    let world = world(&scripts).await;
    automatic(&world).await;
    put_asking(&world, &scripts.names(), json!({})).await;
    let denied = judged(&world, &scripts).await;
    assert_eq!(denied["state"], "Denied");
    assert_eq!(denied["decidedBy"], "b");
    assert_eq!(
        opinions(&denied),
        json!([
            ["a", "approve", BESIDE_A_DENIAL],
            ["b", "deny", null],
            ["c", "deny", DECIDED_BEFORE]
        ])
    );
    assert_eq!(
        operations(&world).await,
        [
            "LockboxHookAnswered",
            "LockboxHookAnswered",
            "LockboxHookAnswered",
            "Set-AccessToCustomerDataRequest"
        ]
    );
    // One that does not count leaves it to the next one.
    disable(&world, "b").await;
    let denied = judged(&world, &scripts).await;
    assert_eq!(denied["decidedBy"], "c");
    assert_eq!(
        opinions(&denied),
        json!([
            ["a", "approve", BESIDE_A_DENIAL],
            ["b", "deny", "This principal is disabled."],
            ["c", "deny", null]
        ])
    );
    // Denials of which none counts still leave it to people.
    disable(&world, "c").await;
    let left = judged(&world, &scripts).await;
    assert_eq!(left["state"], "Pending");
    assert_eq!(
        opinions(&left),
        json!([
            ["a", "approve", BESIDE_A_DENIAL],
            ["b", "deny", "This principal is disabled."],
            ["c", "deny", "This principal is disabled."]
        ])
    );
}

/// A world whose hooks' robots have an owner each, so that each is one voice.
async fn world_of_owners(scripts: &Scripts, owners: &[(&str, &str)]) -> World {
    let mut world = World::with(Options {
        hooks: scripts.names(),
        ..Options::default()
    })
    .await;
    for (owner, hook) in owners {
        let address = format!("{owner}@contoso.com");
        world
            .person("ada", owner, &address, "GlobalAdministrator")
            .await;
        world.robot(owner, hook, APPROVER).await;
    }
    world
}

#[tokio::test]
async fn every_hook_is_a_voice_of_its_own_in_whatever_order_the_stages_want() {
    // The second stage's hook answers first.
    let scripts = Scripts::with(&[
        ("a", &says("approve", "second")),
        ("b", &says("approve", "first")),
        ("c", &says("pass", "who knows")),
    ]);
    let owners = [("gina", "a"), ("greg", "b"), ("gus", "c")];
    let world = world_of_owners(&scripts, &owners).await;
    automatic(&world).await;
    let stage = |who: &str| json!({"approvers": {"people": [who]}});
    let stages = json!({"stages": [stage("b"), stage("a")]});
    put_asking(&world, &scripts.names(), stages).await;
    let shown = judged(&world, &scripts).await;
    assert_eq!(shown["state"], "Approved", "{shown:#}");
    assert_eq!(shown["decidedBy"], "a");
    assert_eq!(
        opinions(&shown),
        json!([
            ["a", "approve", null],
            ["b", "approve", null],
            ["c", "pass", null]
        ])
    );
    let told = told(&world).await;
    let acts: Vec<_> = told.iter().map(|one| (&*one.0, &*one.1)).collect();
    assert_eq!(
        acts,
        [
            ("LockboxHookAnswered", "b"),
            ("LockboxApprovalRecorded", "b"),
            ("LockboxHookAnswered", "a"),
            ("LockboxHookAnswered", "c"),
            ("Set-AccessToCustomerDataRequest", "a"),
        ]
    );
}

#[tokio::test]
async fn so_many_hooks_deny_as_the_policy_wants_denials() {
    let scripts = Scripts::with(&[("a", &says("deny", "one")), ("b", &says("deny", "two"))]);
    let world = world_of_owners(&scripts, &[("gina", "a"), ("greg", "b")]).await;
    put_asking(&world, &scripts.names(), json!({"denyThreshold": 2})).await;
    let shown = judged(&world, &scripts).await;
    assert_eq!(shown["state"], "Denied", "{shown:#}");
    assert_eq!(shown["decidedBy"], "b");
    assert_eq!(
        opinions(&shown),
        json!([["a", "deny", null], ["b", "deny", null]])
    );
    // One is not enough.
    put_asking(&world, &scripts.names()[..1], json!({"denyThreshold": 2})).await;
    let one = judged(&world, &scripts).await;
    assert_eq!(one["state"], "Pending");
    assert_eq!(opinions(&one), json!([["a", "deny", null]]));
}

#[tokio::test]
async fn two_hooks_of_one_owner_are_one_voice() {
    let scripts = Scripts::with(&[("a", &says("deny", "one")), ("b", &says("deny", "two"))]);
    let mut world = world_of_owners(&scripts, &[("gina", "a")]).await;
    world.robot("gina", "b", APPROVER).await;
    put_asking(&world, &scripts.names(), json!({"denyThreshold": 2})).await;
    let shown = judged(&world, &scripts).await;
    assert_eq!(shown["state"], "Pending", "{shown:#}");
    assert_eq!(
        opinions(&shown),
        json!([["a", "deny", null], ["b", "deny", "a has decided Deny."]])
    );
}

#[tokio::test]
async fn those_whose_answers_are_written_down_are_not_asked_again() {
    let scripts = Scripts::with(&[
        ("a", &says("approve", "again")),
        ("b", &says("approve", "now")),
    ]);
    let world = world_of_owners(&scripts, &[("gina", "a"), ("greg", "b")]).await;
    automatic(&world).await;
    let both = json!({"stages": [{"approvers": {"people": ["a", "b"]}, "needed": 2}]});
    put_asking(&world, &scripts.names(), both).await;
    let pending = world.pending().await;
    // The daemon ended between the two changes.
    let answer = HookAnswer {
        name: "a".to_owned(),
        opinion: HookOpinion::Approve,
        reason: "before".to_owned(),
        digest: None,
        failure: None,
        not_counted: None,
        at: world.clock.now(),
    };
    let row = world.row(&pending).await;
    let services = world.rpc.services();
    services.settle_hooks(&row, &[answer]).await.unwrap();
    let asking = Asking::start(&world, scripts.host(1));
    let shown = answered(&world, &pending).await;
    asking.end().await;
    assert_eq!(shown["state"], "Approved", "{shown:#}");
    assert_eq!(shown["decidedBy"], "b");
    assert_eq!(shown["hooks"][0]["reason"], "before");
}

/// Says it to the database beneath the daemon.
fn beneath(world: &World, sql: &str) {
    let conn = rusqlite::Connection::open(world.dir().join("lockbox.db")).unwrap();
    conn.busy_timeout(DEADLINE).unwrap();
    conn.execute_batch(sql).unwrap();
}

#[tokio::test]
async fn what_could_not_be_read_is_tried_again_soon() {
    let scripts = Scripts::with(&[("nights", &says("deny", "Not at night."))]);
    let world = world(&scripts).await;
    put_asking(&world, &scripts.names(), json!({})).await;
    let pending = world.pending().await;
    beneath(&world, "ALTER TABLE request RENAME TO elsewhere");
    let asking = Asking::start(&world, scripts.host(1));
    // On this one thread it goes on until it sleeps, and then nothing but time wakes it.
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
    beneath(&world, "ALTER TABLE elsewhere RENAME TO request");
    world.pass(customer_lockbox::jobs::hooks::PAUSE_SECONDS);
    assert_eq!(answered(&world, &pending).await["state"], "Denied");
    asking.end().await;
}

#[tokio::test]
async fn the_first_approval_that_counts_decides() {
    let scripts = Scripts::with(&[
        ("a", &says("approve", "first")),
        ("b", &says("approve", "second")),
    ]);
    let world = world(&scripts).await;
    automatic(&world).await;
    put_asking(&world, &scripts.names(), json!({})).await;
    let approved = judged(&world, &scripts).await;
    assert_eq!(approved["decidedBy"], "a");
    assert_eq!(
        opinions(&approved),
        json!([["a", "approve", null], ["b", "approve", DECIDED_BEFORE]])
    );
    disable(&world, "a").await;
    let approved = judged(&world, &scripts).await;
    assert_eq!(approved["decidedBy"], "b");
    assert_eq!(
        opinions(&approved),
        json!([
            ["a", "approve", "This principal is disabled."],
            ["b", "approve", null]
        ])
    );
}

async fn principal(world: &World, name: &str) -> Value {
    let listed = world.ok("ada", "principal.list", json!({})).await;
    let all = listed["principals"].as_array().unwrap().iter();
    let found = all.clone().find(|one| one["displayName"] == name);
    found.unwrap_or_else(|| panic!("no {name}")).clone()
}

async fn disable(world: &World, name: &str) {
    let id = principal(world, name).await["principalId"].clone();
    world
        .ok("ada", "principal.disable", json!({"principal": id}))
        .await;
}

#[tokio::test]
async fn a_robot_that_may_not_act_decides_nothing() {
    let scripts = Scripts::with(&[("nights", &says("deny", "no"))]);
    let mut world = world(&scripts).await;
    put_asking(&world, &scripts.names(), json!({})).await;
    let robot = principal(&world, "nights").await["principalId"].clone();
    let params = json!({"principal": robot, "role": APPROVER});
    world.ok("ada", "role.remove", params.clone()).await;
    let without = judged(&world, &scripts).await;
    assert_eq!(without["state"], "Pending");
    let why = without["hooks"][0]["notCounted"].as_str().unwrap();
    assert!(why.contains("holds no approver's role"), "{why}");
    // It is there, so it is its record; a robot that may not call at all leaves the daemon's.
    assert_eq!(told(&world).await[0].1, "nights");
    world.ok("ada", "role.assign", params).await;
    disable(&world, "nights").await;
    let disabled = judged(&world, &scripts).await;
    assert_eq!(
        disabled["hooks"][0]["notCounted"],
        "This principal is disabled."
    );
    assert_eq!(told(&world).await[1].1, "lockboxd");
    let enable = json!({"principal": robot});
    world.ok("ada", "principal.enable", enable).await;
    // Its owner is disabled: it is stopped until somebody takes it over.
    world
        .person("ada", "gina", "gina@contoso.com", "GlobalAdministrator")
        .await;
    let ada = json!({"principal": "ada@contoso.onmicrosoft.com"});
    world.ok("gina", "principal.disable", ada).await;
    let asking = Asking::start(&world, scripts.host(4));
    let pending = world.pending().await;
    wait_for_hooks(&world, &pending).await;
    asking.end().await;
    let row = world.row(&pending).await;
    let why = row.hooks[0].not_counted.clone().unwrap();
    assert!(why.contains("owner"), "{why}");
}

async fn wait_for_hooks(world: &World, request: &Value) {
    let mut commits = world.store.commits();
    let wait = async {
        loop {
            commits.borrow_and_update();
            let row = world.row(request).await;
            if !row.hooks.is_empty() && row.asking().is_none() {
                return;
            }
            commits.changed().await.unwrap();
        }
    };
    tokio::time::timeout(DEADLINE, wait)
        .await
        .expect("the hooks to be asked");
}

#[tokio::test]
async fn a_hook_is_one_of_several_approvers_where_the_stages_name_it() {
    let scripts = Scripts::with(&[("reads", &says("approve", "ok"))]);
    let mut world = world(&scripts).await;
    automatic(&world).await;
    let stages =
        |people: Value| json!({"stages": [{"approvers": {"people": people}, "needed": 2}]});
    put_asking(
        &world,
        &scripts.names(),
        stages(json!(["reads", "anna@contoso.com", "ben@contoso.com"])),
    )
    .await;
    let first = judged(&world, &scripts).await;
    assert_eq!(
        (&first["state"], &first["approvalsGiven"]),
        (&json!("Pending"), &json!(1))
    );
    assert_eq!(
        operations(&world).await,
        ["LockboxHookAnswered", "LockboxApprovalRecorded"]
    );
    let last = world
        .ok("anna", "request.decide", decide(&first, "Approve"))
        .await["request"]
        .clone();
    assert_eq!(last["state"], "Approved");
    assert_eq!(last["hooks"], first["hooks"]);
    // Where only people may approve, it may not.
    world
        .person("ada", "cleo", "cleo@contoso.com", APPROVER)
        .await;
    put_asking(
        &world,
        &scripts.names(),
        stages(json!(["anna@contoso.com", "ben@contoso.com"])),
    )
    .await;
    let people = judged(&world, &scripts).await;
    assert_eq!(
        (&people["state"], &people["approvalsGiven"]),
        (&json!("Pending"), &json!(0))
    );
    assert!(people["hooks"][0]["notCounted"].is_string());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_written_where_it_waits_no_more() {
    let mut scripts = Scripts::new();
    let body = scripts.slow(&says("deny", "too late"));
    scripts.add("slow", &body);
    let world = world(&scripts).await;
    put_asking(&world, &scripts.names(), json!({})).await;
    let asking = Asking::start(&world, scripts.host(1));
    let first = world.pending().await;
    let waiting = Waiting::at(&scripts.pipe(1));
    let explained = json!({"requestId": first["identity"]});
    let explained = world.ok("ada", "policy.explain", explained).await;
    let sentence = explained["sentence"].as_str().unwrap();
    assert!(
        sentence.ends_with("Its decision hooks are being asked: slow."),
        "{sentence}"
    );
    world
        .ok("anna", "request.decide", decide(&first, "Approve"))
        .await;
    // One at a time: the second is asked when the first is done.
    let second = world.pending().await;
    waiting.go();
    Waiting::at(&scripts.pipe(2)).go();
    let second = answered(&world, &second).await;
    assert_eq!(second["state"], "Denied");
    let first = get(&world, &first).await;
    assert_eq!(
        (&first["state"], &first["hooks"]),
        (&json!("Approved"), &json!([]))
    );
    assert_eq!(
        operations(&world).await,
        [
            "Set-AccessToCustomerDataRequest",
            "LockboxHookAnswered",
            "Set-AccessToCustomerDataRequest"
        ]
    );
    // Nor where its deadline passes meanwhile.
    let third = world.pending().await;
    let waiting = Waiting::at(&scripts.pipe(3));
    world.pass(13 * 3_600);
    waiting.go();
    let fourth = world.pending().await;
    Waiting::at(&scripts.pipe(4)).go();
    answered(&world, &fourth).await;
    assert_eq!(get(&world, &third).await["hooks"], json!([]));
    asking.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn so_many_requests_are_asked_at_once_and_no_more() {
    let mut scripts = Scripts::new();
    let body = scripts.slow(&says("pass", ""));
    scripts.add("slow", &body);
    let world = world(&scripts).await;
    put_asking(&world, &scripts.names(), json!({})).await;
    let mut requests = Vec::new();
    for _ in 0..4 {
        requests.push(world.pending().await);
    }
    let asking = Asking::start(&world, scripts.host(2));
    // Those that arrived first come first.
    let (first, second) = (Waiting::at(&scripts.pipe(1)), Waiting::at(&scripts.pipe(2)));
    assert_eq!(scripts.running(), 2);
    second.go();
    answered(&world, &requests[1]).await;
    let third = Waiting::at(&scripts.pipe(3));
    assert_eq!(scripts.running(), 2);
    first.go();
    third.go();
    Waiting::at(&scripts.pipe(4)).go();
    for request in &requests {
        assert_eq!(answered(&world, request).await["state"], "Pending");
    }
    assert_eq!(operations(&world).await, ["LockboxHookAnswered"; 4]);
    asking.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stop_does_not_wait_for_a_hook_and_takes_it_along() {
    let mut scripts = Scripts::new();
    // It has started something of its own, too.
    let child = scripts.pipe(2).display().to_string();
    let body = format!(
        "(read -r x < {child}) &
{}",
        scripts.slow("wait")
    );
    scripts.add("slow", &body);
    let world = world(&scripts).await;
    put_asking(&world, &scripts.names(), json!({})).await;
    let asking = Asking::start(&world, scripts.host(4));
    let pending = world.pending().await;
    let waiting = Waiting::at(&scripts.pipe(1));
    assert_eq!(scripts.running(), 2);
    asking.end().await;
    let gone = async {
        while scripts.running() > 0 {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(DEADLINE, gone)
        .await
        .expect("the hook to be gone");
    drop(waiting);
    assert_eq!(get(&world, &pending).await["hooks"], json!([]));
}

#[tokio::test]
async fn a_hook_that_the_host_has_no_more_passes() {
    let mut scripts = Scripts::with(&[("gone", &says("deny", "no"))]);
    let world = world(&scripts).await;
    put_asking(&world, &scripts.names(), json!({})).await;
    scripts.hooks.clear();
    let shown = judged(&world, &scripts).await;
    assert_eq!(shown["state"], "Pending");
    assert_eq!(opinions(&shown), json!([["gone", "pass", null]]));
    assert_eq!(
        shown["hooks"][0]["failure"],
        "is not in the daemon's configuration any more"
    );
}

#[tokio::test]
async fn emergency_access_asks_no_hook() {
    let scripts = Scripts::with(&[("nights", &says("deny", "no"))]);
    let world = world(&scripts).await;
    put_asking(&world, &scripts.names(), json!({})).await;
    let granted = world.confirmed("INC-1").await;
    assert_eq!(granted["state"], "Approved");
    assert!(world.row(&granted).await.asking().is_none());
    assert_eq!(operations(&world).await, Vec::<String>::new());
}

#[tokio::test]
async fn a_hook_reads_the_request_as_customers_see_it() {
    let mut scripts = Scripts::new();
    scripts.add("reads", "");
    let script = scripts.script(
        "reads.py",
        "import json, sys\n\
         question = json.load(sys.stdin)\n\
         request = question['request']\n\
         said = [question['format'], request['serviceName'], request['serviceRequestNumber'], \
         request['sentToCustomerDate'], str(request['durationSeconds']), request['tenant'], \
         ','.join(request['policyRules'])]\n\
         assert 'eve@' not in json.dumps(question)\n\
         json.dump({'decision': 'pass', 'reason': ' '.join(said) + '|' + ' '.join(request)}, sys.stdout)\n",
    );
    let hook = scripts.program("reads");
    hook.program = PathBuf::from("/usr/bin/python3");
    hook.arguments = vec![script.display().to_string()];
    let world = world(&scripts).await;
    put_asking(&world, &scripts.names(), json!({})).await;
    let shown = judged(&world, &scripts).await;
    let reason = shown["hooks"][0]["reason"]
        .as_str()
        .unwrap_or_else(|| panic!("{shown:#}"));
    let (said, members) = reason
        .split_once('|')
        .unwrap_or_else(|| panic!("{shown:#}"));
    let sent = shown["sentToCustomerDate"].as_str().unwrap();
    assert_eq!(
        said,
        format!("lockbox-hook/1 Exchange CLB#1 {sent} 3600 contoso.onmicrosoft.com ask-reads")
    );
    // One name for one thing: all of them are those of request.get.
    for member in members.split(' ') {
        assert!(shown.get(member).is_some(), "{member}");
    }
}

#[tokio::test]
async fn a_policy_names_only_a_hook_whose_robot_can_decide() {
    let scripts = Scripts::with(&[("reads", ""), ("nights", "")]);
    let mut world = World::with(Options {
        hooks: scripts.names(),
        ..Options::default()
    })
    .await;
    let refused = async |world: &World, hook: &str, said: &str| {
        let document = crate::policies::document(json!([{"id": "r", "ask": {"hook": hook}}]));
        let params = json!({"document": document});
        let data = world
            .refused("ada", "policy.put", params, "invalidParams")
            .await;
        assert_eq!(data["pointer"], "/document/rules/0/ask/hook");
        let message = data["message"].as_str().unwrap();
        assert!(message.starts_with(said), "{message}");
        data["remedy"].as_str().unwrap().to_owned()
    };
    let near = refused(&world, "nigths", "There is no decision hook 'nigths'.").await;
    assert!(near.contains("'nights'"), "{near}");
    let make = refused(&world, "nights", "The hook 'nights' has no robot").await;
    assert!(make.contains("principal.create"), "{make}");
    world.robot("ada", "nights", "SecurityReader").await;
    refused(&world, "nights", "nights holds no approver's role.").await;
    world.robot("ada", "reads", APPROVER).await;
    disable(&world, "reads").await;
    refused(
        &world,
        "reads",
        "The robot 'reads' of this hook is disabled.",
    )
    .await;
    let id = principal(&world, "reads").await["principalId"].clone();
    world
        .ok("ada", "principal.enable", json!({"principal": id}))
        .await;
    put_asking(&world, &["reads".to_owned()], json!({})).await;
    // A simulation says that it did not ask.
    world.pending().await;
    let simulated = world.ok("ada", "policy.simulate", json!({})).await;
    assert_eq!(simulated["hooksNotAsked"], 1);
    let denies = crate::policies::document(json!([
        {"id": "d", "deny": {"reason": "no"}}, {"id": "r", "ask": {"hook": "reads"}},
    ]));
    let simulated = world
        .ok("ada", "policy.simulate", json!({"document": denies}))
        .await;
    assert_eq!(simulated["hooksNotAsked"], 0);
    let made_up = json!({"request": {"serviceName": "Exchange"}});
    let simulated = world.ok("ada", "policy.simulate", made_up).await;
    assert_eq!(simulated["hooksNotAsked"], 1);
    // Its access is as long as a real one's would be.
    let longer = crate::policies::document(json!([
        {"id": "long", "when": "request.durationMinutes > 60", "deny": {"reason": "long"}},
    ]));
    let mut made_up = json!({"document": longer, "request": {"serviceName": "Exchange"}});
    let simulated = world.ok("ada", "policy.simulate", made_up.clone()).await;
    assert_eq!(
        simulated["would"]["denied"], 1,
        "the profile's 4 hours: {simulated}"
    );
    made_up["request"]["durationSeconds"] = json!(4 * 3_600);
    world.ok("ada", "policy.simulate", made_up.clone()).await;
    made_up["request"]["durationSeconds"] = json!(4 * 3_600 + 1);
    world
        .refused("ada", "policy.simulate", made_up, "durationTooLong")
        .await;
}

/// A host whose daemon is the real one: its configuration, and a tenant whose policy asks a hook
/// that waits at a pipe.
mod killed {
    use super::*;
    use crate::program::{Daemon, Home};

    fn serve(home: &Home, scripts: &Scripts) -> Daemon {
        let config = home.file("lockboxd.toml");
        let dir = scripts.dir.path().display();
        let text = format!(
            "[hooks.slow]\nprogram = \"/bin/bash\"\narguments = [\"{dir}/slow\"]\n\
             reads = [\"{dir}\"]\ntimeout_seconds = 60\n"
        );
        std::fs::write(&config, text).unwrap();
        home.serve(&["--config", config.to_str().unwrap()]).ready()
    }

    /// The token of somebody new.
    fn person(home: &Home, by: &str, address: &str, role: &str) -> String {
        let params = json!({"kind": "person", "address": address, "displayName": address,
                            "roles": [{"role": role}]});
        let made = home.result(by, "principal.create", &params);
        let code = json!({"code": made["enrolmentCode"]});
        let enrolled = home.result("", "principal.enroll", &code);
        enrolled["token"].as_str().unwrap().to_owned()
    }

    #[test]
    fn a_daemon_that_is_killed_asks_again_and_everything_happens_once() {
        let mut scripts = Scripts::new();
        let body = scripts.slow(&says("deny", "Not now."));
        scripts.add("slow", &body);
        let home = Home::new();
        let mut daemon = serve(&home, &scripts);
        let (_, ada) = home.tenant("contoso.onmicrosoft.com", "ada@contoso.com");
        let robot = json!({"kind": "robot", "displayName": "slow", "roles": [{"role": APPROVER}]});
        home.result(&ada, "principal.create", &robot);
        let rules = json!([{"id": "r", "ask": {"hook": "slow"}}]);
        let policy = json!({"document": {"format": "lockbox-policy/1", "rules": rules}});
        home.result(&ada, "policy.put", &policy);
        let eve = person(&home, &home.root, "eve@fabrikam.example", "SupportEngineer");
        let max = person(&home, &home.root, "max@fabrikam.example", "SupportManager");
        let ask = json!({"tenant": "contoso.onmicrosoft.com", "serviceName": "Exchange",
                         "serviceRequestNumber": "1", "reason": "Mail is late."});
        let asked = home.result(&eve, "request.submit", &ask)["request"].clone();
        let review = json!({"requestId": asked["identity"], "decision": "Approve"});
        home.result(&max, "request.review", &review);
        // Killed while the hook is being asked, twice; then while its answer is on its way.
        let pipe = scripts.pipe(1);
        for round in 0..3 {
            let waiting = Waiting::at(&pipe);
            if round == 2 {
                waiting.go();
                daemon.kill();
            } else {
                daemon.kill();
                drop(waiting);
                until("the orphan to be gone", || scripts.running() == 0);
            }
            daemon = serve(&home, &scripts);
        }
        let id = json!({"requestId": asked["identity"]});
        let state = || home.result(&ada, "request.get", &id)["request"]["state"].clone();
        let mut done = false;
        let waiting = std::thread::spawn({
            let pipe = pipe.clone();
            // Where the answer got through before the end, nobody comes any more.
            move || Waiting::at(&pipe).go()
        });
        until("the decision", || {
            done = done || state() == "Denied";
            done
        });
        if !waiting.is_finished() {
            drop(std::fs::File::open(&pipe));
        }
        drop(waiting);
        let found = home.result(&ada, "audit.search", &json!({"resultSize": 100}));
        let count = |operation: &str| {
            let records = found["records"].as_array().unwrap().iter();
            records.filter(|one| one["activity"] == operation).count()
        };
        assert_eq!(count("LockboxHookAnswered"), 1);
        assert_eq!(count("Set-AccessToCustomerDataRequest"), 1);
        let outbox = rusqlite::Connection::open(home.data().join("lockbox.db")).unwrap();
        let told: i64 = outbox
            .query_row(
                "SELECT count(*) FROM outbox WHERE event = 'requestDecided'",
                [],
                |row| row.get(0),
            )
            .unwrap();
        assert_eq!(told, 1);
    }

    #[track_caller]
    fn until(what: &str, mut holds: impl FnMut() -> bool) {
        let (sender, receiver) = std::sync::mpsc::channel::<()>();
        std::thread::spawn(move || {
            std::thread::park_timeout(DEADLINE);
            drop(sender);
        });
        while !holds() {
            let over = receiver.try_recv() == Err(std::sync::mpsc::TryRecvError::Disconnected);
            assert!(!over, "{what} does not come");
            std::thread::yield_now();
        }
    }
}

/// Somebody who answers one question with this, and gives it back.
async fn somebody(answer: &str) -> (String, JoinHandle<String>) {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/nights", listener.local_addr().unwrap());
    let answer = format!(
        "HTTP/1.1 200 -\r\ncontent-length: {}\r\n\r\n{answer}",
        answer.len()
    );
    let heard = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut asked = Vec::new();
        loop {
            asked.push(stream.read_u8().await.unwrap());
            let text = String::from_utf8_lossy(&asked);
            let Some((head, body)) = text.split_once("\r\n\r\n") else {
                continue;
            };
            let length = head.to_lowercase();
            let length = length.split("content-length: ").nth(1).unwrap();
            let length: usize = length.lines().next().unwrap().trim().parse().unwrap();
            if body.len() == length {
                let body = body.to_owned();
                stream.write_all(answer.as_bytes()).await.unwrap();
                return body;
            }
        }
    });
    (url, heard)
}

/// Lets a hook be asked on this machine.
fn here() -> Guard {
    let mut guard = Guard::default();
    guard.allow("127.0.0.1").unwrap();
    guard
}

#[tokio::test(flavor = "multi_thread")]
async fn somebody_at_a_url_judges_as_a_program_does() {
    let (url, heard) = somebody(r#"{"decision": "deny", "reason": "Not at night."}"#).await;
    let mut scripts = Scripts::new();
    let hook = UrlHook {
        url,
        guard: here(),
        timeout: Duration::from_secs(60),
        on_failure: OnFailure::Pass,
        key: None,
    };
    scripts.hooks.insert("nights".to_owned(), Judge::Url(hook));
    let world = world(&scripts).await;
    put_asking(&world, &scripts.names(), json!({})).await;
    let shown = judged(&world, &scripts).await;
    assert_eq!(shown["state"], "Denied");
    assert_eq!(shown["decidedBy"], "nights");
    assert_eq!(shown["comment"], "Not at night.");
    let question: Value = serde_json::from_str(&heard.await.unwrap()).unwrap();
    assert_eq!(question["format"], "lockbox-hook/1");
    assert_eq!(question["request"]["identity"], shown["identity"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_at_a_url_is_a_failure_as_configured_and_never_an_approval() {
    for (on_failure, state) in [(OnFailure::Pass, "Pending"), (OnFailure::Deny, "Denied")] {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/", listener.local_addr().unwrap());
        drop(listener);
        let mut scripts = Scripts::new();
        let hook = UrlHook {
            url,
            guard: here(),
            timeout: Duration::from_secs(60),
            on_failure,
            key: None,
        };
        scripts.hooks.insert("nights".to_owned(), Judge::Url(hook));
        let world = world(&scripts).await;
        automatic(&world).await;
        put_asking(&world, &scripts.names(), json!({})).await;
        let shown = judged(&world, &scripts).await;
        assert_eq!(shown["state"], state);
        let class = "could not be reached, or refused the question";
        assert_eq!(shown["hooks"][0]["failure"], class);
        // Where the operator's hook is, is nothing that the customer reads.
        let records = told(&world).await;
        let read = format!("{shown} {records:?}");
        assert!(
            read.contains(class) && !read.contains("127.0.0.1"),
            "{read}"
        );
    }
}

/// What the operator opens for a hook is open to no tenant.
#[tokio::test(flavor = "multi_thread")]
async fn a_hook_reaches_where_a_webhook_may_not() {
    let (url, heard) = somebody(r#"{"decision": "deny", "reason": "Not at night."}"#).await;
    let mut scripts = Scripts::new();
    let hook = UrlHook {
        url: url.clone(),
        guard: here(),
        timeout: Duration::from_secs(60),
        on_failure: OnFailure::Pass,
        key: None,
    };
    scripts.hooks.insert("nights".to_owned(), Judge::Url(hook));
    let world = world(&scripts).await;
    put_asking(&world, &scripts.names(), json!({})).await;
    // When it is registered.
    let tls = url.replace("http://", "https://");
    let create = json!({"name": "SIEM", "url": tls, "format": "json", "events": []});
    let refusal = world
        .refused("ada", "webhook.create", create, "addressRefused")
        .await;
    let message = refusal["message"].as_str().unwrap();
    assert!(message.contains("allow under [egress]"), "{message}");
    // When it is called, however it came to be there.
    let tenants = Arc::clone(world.rpc.services().egress().unwrap());
    let called = tenants
        .tell(
            &url,
            HeaderMap::new(),
            Bytes::from_static(b"{}"),
            &Limits::default(),
        )
        .await;
    assert!(matches!(called, Err(Failure::Refused(_))), "{called:?}");
    // The hook goes the same way, and arrives.
    let host = Host {
        client: tenants,
        ..scripts.host(1)
    };
    let asking = Asking::start(&world, host);
    let pending = world.pending().await;
    let shown = answered(&world, &pending).await;
    asking.end().await;
    assert_eq!(shown["decidedBy"], "nights");
    heard.await.unwrap();
}
