//! Start-up to ready, and memory, with little and with much in the database.

use crate::client;
use crate::machine::stopwatch;
use crate::report::{Aim, Report, median};
use crate::servers::Server;
use crate::worlds::Worlds;

const STARTS: usize = 5;

pub async fn run(worlds: &mut Worlds, report: &mut Report) {
    for name in ["10k", "1M"] {
        let world = worlds.world(name).await;
        let (mut seconds, mut memory) = (Vec::new(), Vec::new());
        for _ in 0..STARTS {
            let daemon = Server::daemon(&world.dir);
            let asked = stopwatch();
            let ready = client::get(daemon.address, "/readyz").await;
            assert!(ready.contains("ready"), "{ready}");
            seconds.push((daemon.listening + asked.elapsed()).as_secs_f64());
            memory.push(daemon.resident());
        }
        report.value(
            &format!("start-up to ready, {name} records"),
            median(seconds),
            "s",
            Aim::Below(0.5),
        );
        report.value(
            &format!("memory at start, {name} records"),
            median(memory),
            "MB",
            Aim::Below(64.0),
        );
    }
}
