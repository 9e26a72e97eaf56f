//! An answer that never arrives: the same call with the same key is done once.

use super::http::{Answer, Call, Http};
use super::load::People;
use crate::program::{DEADLINE, Daemon, Home};
use crate::wire::{HalfCall, connected};
use customer_lockbox::audit::operations;
use customer_lockbox::clock::{Clock, SystemClock};
use serde_json::{Value, json};

/// A daemon with a request that waits for the customer.
struct Scene {
    home: Home,
    daemon: Daemon,
    address: String,
    people: People,
    /// The request's GUID.
    request: String,
}

impl Scene {
    fn new() -> Self {
        let home = Home::new();
        let mut daemon = home.serve(&[]);
        let address = daemon.address();
        let people = People::new(&address, &home.root);
        let request = people.request(&address);
        Self {
            home,
            daemon,
            address,
            people,
            request,
        }
    }

    fn decide(&self, decision: &str, key: &str) -> Call {
        Call {
            token: self.people.tenants[0].1.clone(),
            method: "request.decide",
            params: json!({"requestId": self.request, "decision": decision,
                "idempotencyKey": key}),
        }
    }

    /// Sends a call, waits until its effect can be seen by others, and reads no answer.
    fn lose(&self, call: &Call) {
        let mut deaf = Http::new(&self.address);
        deaf.send(call).unwrap();
        let mut http = Http::new(&self.address);
        let clock = SystemClock::new();
        while self.state(&mut http) == "Pending" {
            assert!(clock.monotonic() < DEADLINE, "it is never done: {call:?}");
            std::thread::yield_now();
        }
    }

    fn state(&self, http: &mut Http) -> Value {
        let token = &self.people.tenants[0].1;
        let found = http.ok(token, "request.get", json!({"requestId": self.request}));
        found["request"]["state"].clone()
    }

    fn restart(&mut self) {
        self.daemon.kill();
        self.daemon = self.home.serve(&[]);
        self.address = self.daemon.address();
    }

    fn again(&self, call: &Call) -> Answer {
        Http::new(&self.address).call(call).unwrap()
    }

    /// How often the customer's log says that this request was decided.
    fn decisions(&self) -> usize {
        let token = &self.people.tenants[0].1;
        let params = json!({"operations": [operations::DECISION], "objectIds": [self.request]});
        let found = Http::new(&self.address).ok(token, "audit.search", params);
        found["records"].as_array().unwrap().len()
    }
}

#[test]
fn a_connection_that_breaks_after_the_deed() {
    let scene = Scene::new();
    let approve = scene.decide("Approve", "once");
    scene.lose(&approve);
    let answer = scene.again(&approve).unwrap();
    assert_eq!(answer["replayed"], true, "{answer}");
    assert_eq!(answer["request"]["state"], "Approved", "{answer}");
    assert_eq!(scene.decisions(), 1);
}

#[test]
fn a_daemon_that_is_killed_after_the_deed() {
    let mut scene = Scene::new();
    let deny = scene.decide("Deny", "once");
    scene.lose(&deny);
    scene.restart();
    for _ in 0..2 {
        let answer = scene.again(&deny).unwrap();
        assert_eq!(answer["replayed"], true, "{answer}");
        assert_eq!(answer["request"]["state"], "Denied", "{answer}");
    }
    let other = scene.again(&scene.decide("Approve", "once")).unwrap_err();
    assert_eq!(other["data"]["code"], "idempotencyMismatch", "{other}");
    let fresh = scene.again(&scene.decide("Deny", "another")).unwrap_err();
    assert_eq!(fresh["data"]["code"], "alreadyDecided", "{fresh}");
    assert_eq!(scene.decisions(), 1);
}

#[test]
fn a_daemon_that_is_killed_before_the_deed() {
    let mut scene = Scene::new();
    let deny = scene.decide("Deny", "once");
    // The daemon has read whose call it is, and waits for the end of it.
    let address = connected(&scene.address);
    let half = HalfCall::start(address, &deny.token, deny.method, &deny.params);
    scene.restart();
    drop(half);
    assert_eq!(scene.state(&mut Http::new(&scene.address)), "Pending");
    let answer = scene.again(&deny).unwrap();
    assert_eq!(answer["replayed"], false, "{answer}");
    assert_eq!(scene.decisions(), 1);
}

#[test]
fn impatient_retries_that_overtake_one_another() {
    let scene = Scene::new();
    let approve = scene.decide("Approve", "once");
    let (address, approve) = (&scene.address, &approve);
    let answers: Vec<Answer> = std::thread::scope(|scope| {
        let calls: Vec<_> = (0..8)
            .map(|_| scope.spawn(|| Http::new(address).call(approve).unwrap()))
            .collect();
        calls.into_iter().map(|call| call.join().unwrap()).collect()
    });
    let fresh = answers
        .iter()
        .filter(|answer| answer.as_ref().unwrap()["replayed"] == false);
    assert_eq!(fresh.count(), 1, "{answers:?}");
    assert_eq!(scene.decisions(), 1);
}
