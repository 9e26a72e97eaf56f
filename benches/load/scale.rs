//! What a decision costs with ten times the records in the database.

use crate::client::Round;
use crate::decisions::{round, round_length};
use crate::machine::Generator;
use crate::report::{Aim, Report, median};
use crate::servers::Server;
use crate::worlds::Worlds;

const ROUNDS: usize = 5;

pub async fn run(worlds: &mut Worlds, report: &mut Report) {
    worlds.world("100k").await;
    worlds.world("1M").await;
    let (small, large) = (worlds.made("100k"), worlds.made("1M"));
    let (few, many) = (Server::daemon(&small.dir), Server::daemon(&large.dir));
    let _pinned = Generator::pinned();
    let (mut light, mut heavy) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        light.push(round(&few, small, small.take_pending(round_length())).await);
        heavy.push(round(&many, large, large.take_pending(round_length())).await);
    }
    let of = |rounds: &[Round], what: fn(&Round) -> f64| median(rounds.iter().map(what));
    let time = |round: &Round| 1e6 / round.a_second();
    report.beside(
        "cost of a decision at 1M records (yardstick: at 100k)",
        of(&heavy, time),
        "µs",
        of(&light, time),
        Aim::RatioAtMost(1.3),
    );
    report.beside(
        "CPU of a decision at 1M records (yardstick: at 100k)",
        of(&heavy, Round::cpu_a_call),
        "µs",
        of(&light, Round::cpu_a_call),
        Aim::None,
    );
    report.value(
        "decisions at 1M records: p99",
        of(&heavy, |r| r.p99),
        "ms",
        Aim::None,
    );
    report.value(
        "memory after the load, 1M records",
        many.resident(),
        "MB",
        Aim::Below(64.0),
    );
}
