//! Reads over HTTP, beside a bare server that answers as many bytes.

use crate::client::{Make, Round, Stop, call, post};
use crate::machine::{Generator, scaled};
use crate::report::{Aim, Report, median};
use crate::seed::World;
use crate::servers::Server;
use crate::worlds::Worlds;
use std::sync::Arc;
use std::time::Duration;

const ROUNDS: usize = 5;
/// Length of a round, in milliseconds.
const ROUND_MILLIS: usize = 2_000;

/// A call of a method: the token and the body for a number.
type Calls = Box<dyn Fn(usize) -> (String, String) + Send + Sync>;

pub async fn run(worlds: &mut Worlds, report: &mut Report) {
    let world = worlds.world("100k").await;
    let daemon = Server::daemon(&world.dir);
    report.value(
        "reads: daemon memory before",
        daemon.resident(),
        "MB",
        Aim::None,
    );
    for (name, calls, aim) in [
        ("request.get", get(world), 0.5),
        ("grant.check", check(world), 0.5),
        ("request.list of 20", list(world), 0.2),
    ] {
        beside_bare(&daemon, name, calls, aim, report).await;
    }
    report.value(
        "reads: daemon memory after",
        daemon.resident(),
        "MB",
        Aim::Below(64.0),
    );
}

/// Measures one kind of call against the bare server, in turn.
async fn beside_bare(daemon: &Server, name: &str, calls: Calls, aim: f64, report: &mut Report) {
    let (token, body) = calls(0);
    let answer = call(daemon.address, &token, &body).await;
    assert!(answer.contains("\"result\""), "{answer}");
    let bare = Server::bare(&answer);
    let make: Make = Arc::new(move |number, out| {
        let (token, body) = calls(number);
        post(out, &token, &body);
    });
    let _pinned = Generator::pinned();
    // Warm: connections opened, statements prepared.
    daemon.load(Stop::Calls(scaled(2_000)), &make).await;
    bare.load(Stop::Calls(scaled(2_000)), &make).await;
    let round = Duration::from_millis(scaled(ROUND_MILLIS) as u64);
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        ours.push(daemon.load(Stop::After(round), &make).await);
        theirs.push(bare.load(Stop::After(round), &make).await);
    }
    let of = |rounds: &[Round], what: fn(&Round) -> f64| median(rounds.iter().map(what));
    report.beside(
        &format!("{name}, {} bytes (yardstick: bare hyper)", answer.len()),
        of(&ours, Round::a_second),
        "calls/s",
        of(&theirs, Round::a_second),
        Aim::RatioAtLeast(aim),
    );
    report.beside(
        &format!("{name}: server CPU (yardstick: bare hyper)"),
        of(&ours, Round::cpu_a_call),
        "µs/call",
        of(&theirs, Round::cpu_a_call),
        Aim::None,
    );
    report.value(
        &format!("{name}: p50"),
        of(&ours, |r| r.p50),
        "ms",
        Aim::None,
    );
    report.value(
        &format!("{name}: p99"),
        of(&ours, |r| r.p99),
        "ms",
        Aim::None,
    );
}

fn request(method: &str, params: &str) -> String {
    format!(r#"{{"jsonrpc":"2.0","id":1,"method":"{method}","params":{params}}}"#)
}

/// A customer's administrator looks at one of its requests.
fn get(world: &World) -> Calls {
    let calls: Vec<(String, String)> = world
        .past
        .iter()
        .map(|(place, identity)| {
            let params = format!(r#"{{"requestId":"{identity}"}}"#);
            let token = world.tenants[*place].admin.token.clone();
            (token, request("request.get", &params))
        })
        .collect();
    scattered(calls)
}

/// The gateway asks whether an engineer may reach something.
fn check(world: &World) -> Calls {
    let calls: Vec<(String, String)> = world
        .live
        .iter()
        .map(|(place, identity)| {
            let tenant = &world.tenants[*place].org;
            let params = format!(
                r#"{{"tenant":"{}","requestId":"{identity}","engineer":"{}","serviceName":"Exchange","resource":"mailbox:rick@{}","accessLevel":"read"}}"#,
                tenant.id,
                world.engineer.address(),
                tenant.name
            );
            (world.gateway.token.clone(), request("grant.check", &params))
        })
        .collect();
    scattered(calls)
}

/// A customer's administrator lists the newest requests.
fn list(world: &World) -> Calls {
    let calls: Vec<(String, String)> = world
        .tenants
        .iter()
        .map(|tenant| {
            let body = request("request.list", r#"{"pageSize":20}"#);
            (tenant.admin.token.clone(), body)
        })
        .collect();
    scattered(calls)
}

/// All of them, in an order that jumps about.
fn scattered(calls: Vec<(String, String)>) -> Calls {
    Box::new(move |number| calls[number.wrapping_mul(7_919) % calls.len()].clone())
}
