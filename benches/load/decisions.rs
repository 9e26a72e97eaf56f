//! Durable decisions of 64 clients, beside SQLite alone and PostgreSQL.

use crate::client::{Make, Round, Stop, post};
use crate::machine::{Generator, scaled};
use crate::postgres::Postgres;
use crate::prepared::approvals;
use crate::raw;
use crate::report::{Aim, Report, median};
use crate::seed::{Place, World};
use crate::servers::Server;
use crate::worlds::Worlds;
use customer_lockbox::ids::RecordId;
use std::sync::Arc;

const ROUNDS: usize = 5;

/// Decisions of one round.
pub fn round_length() -> usize {
    scaled(6_000)
}

/// The file of the database in a data directory.
const DATABASE: &str = "lockbox.db";

pub async fn run(worlds: &mut Worlds, report: &mut Report) {
    let copy = worlds.place("raw.db");
    let cluster = worlds.place("postgres");
    let world = &*worlds.world("100k").await;
    let database = world.dir.join(DATABASE);
    std::fs::copy(&database, &copy).unwrap();
    let postgres = Postgres::start(cluster, &database).await;
    let daemon = Server::daemon(&world.dir);
    let _pinned = Generator::pinned();
    let (mut ours, mut alone, mut theirs) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        // The yardsticks decide the same requests, each in its own database.
        let places = world.take_pending(round_length());
        ours.push(round(&daemon, world, places.clone()).await);
        alone.push(raw::round(&copy, approvals(world, &copy, &places)));
        if let Some(postgres) = &postgres {
            theirs.push(postgres.round(approvals(world, &copy, &places)).await);
        }
    }
    let of = |rounds: &[Round], what: fn(&Round) -> f64| median(rounds.iter().map(what));
    let speed = of(&ours, Round::a_second);
    report.beside(
        "decisions, durable (yardstick: SQLite alone)",
        speed,
        "decisions/s",
        of(&alone, Round::a_second),
        Aim::RatioAtLeast(0.6),
    );
    if postgres.is_some() {
        report.beside(
            "decisions, durable (yardstick: PostgreSQL 15)",
            speed,
            "decisions/s",
            of(&theirs, Round::a_second),
            Aim::RatioAtLeast(2.0),
        );
    } else {
        println!(
            "PostgreSQL 15 is not installed (Debian package postgresql-15), so it is left out."
        );
    }
    report.beside(
        "decisions: server CPU (yardstick: SQLite alone)",
        of(&ours, Round::cpu_a_call),
        "µs/decision",
        of(&alone, Round::cpu_a_call),
        Aim::None,
    );
    if postgres.is_some() {
        report.beside(
            "decisions: server CPU (yardstick: PostgreSQL 15)",
            of(&ours, Round::cpu_a_call),
            "µs/decision",
            of(&theirs, Round::cpu_a_call),
            Aim::None,
        );
    }
    report.beside(
        "decisions: p50 (yardstick: SQLite alone)",
        of(&ours, |round| round.p50),
        "ms",
        of(&alone, |round| round.p50),
        Aim::None,
    );
    report.beside(
        "decisions: p99 (yardstick: SQLite alone)",
        of(&ours, |round| round.p99),
        "ms",
        of(&alone, |round| round.p99),
        Aim::Below(10.0),
    );
    report.value(
        "decisions: daemon memory after",
        daemon.resident(),
        "MB",
        Aim::Below(64.0),
    );
}

/// Approves these requests over HTTP, each by its tenant's administrator.
pub async fn round(daemon: &Server, world: &World, places: Vec<Place>) -> Round {
    let tokens: Vec<String> = world
        .tenants
        .iter()
        .map(|t| t.admin.token.clone())
        .collect();
    let stop = Stop::Calls(places.len());
    let make: Make = Arc::new(move |number, out| {
        let (tenant, identity) = &places[number];
        let body = format!(
            r#"{{"jsonrpc":"2.0","id":1,"method":"request.decide","params":{{"requestId":"{identity}","decision":"Approve","comment":"go ahead","idempotencyKey":"{}"}}}}"#,
            RecordId::new()
        );
        post(out, &tokens[*tenant], &body);
    });
    daemon.load(stop, &make).await
}
