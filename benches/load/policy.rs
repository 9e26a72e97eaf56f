//! A policy tried on every request of a tenant's past.

use crate::client::call;
use crate::machine::{Generator, scaled, stopwatch};
use crate::report::{Aim, Report, median};
use crate::servers::Server;
use crate::worlds::Worlds;
use serde_json::{Value, json};

const ROUNDS: usize = 5;

pub async fn run(worlds: &mut Worlds, report: &mut Report) {
    let world = worlds.world("past").await;
    let daemon = Server::daemon(&world.dir);
    let token = &world.tenants[0].admin.token;
    let document = json!({
        "format": "lockbox-policy/1",
        "calendars": {"office": {"zone": "Europe/Zurich", "weekly": {"monday-friday": ["08:00-18:00"]}}},
        "rules": [
            {"id": "nights", "match": {"outside": "office"}, "deny": {"reason": "Office hours only."}},
            {"id": "mail", "match": {"services": ["Exchange"], "resources": ["mailbox:boss*"]},
             "ask": {"denyThreshold": 1}},
            {"id": "short", "match": {"longerThanMinutes": 60}, "ask": {"longestMinutes": 60}},
        ],
    });
    let body = json!({
        "jsonrpc": "2.0", "id": 1, "method": "policy.simulate", "params": {"document": document},
    })
    .to_string();
    let _pinned = Generator::pinned();
    let mut seconds = Vec::new();
    for _ in 0..ROUNDS {
        let began = stopwatch();
        let answer = call(daemon.address, token, &body).await;
        seconds.push(began.elapsed().as_secs_f64());
        let answer: Value = serde_json::from_str(&answer).unwrap();
        let tried = answer["result"]["tried"].as_u64();
        assert_eq!(tried, Some(scaled(100_000) as u64), "{answer}");
    }
    report.value(
        "policy.simulate on 100 000 past requests",
        median(seconds),
        "s",
        Aim::Below(2.0),
    );
    report.value(
        "policy.simulate: daemon memory after",
        daemon.resident(),
        "MB",
        Aim::None,
    );
}
