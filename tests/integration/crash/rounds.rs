//! Rounds: start, hold against what was told before, load, kill.

use super::check::{Checked, Memory};
use super::load::{Asked, Client, People};
use super::random::Random;
use crate::program::{DEADLINE, Daemon, Home, lockboxd};
use customer_lockbox::clock::{Clock, SystemClock};
use std::collections::BTreeSet;
use std::fmt;
use std::ops::AddAssign;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::Command;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::channel;
use std::thread;
use std::time::Duration;

/// Clients of one daemon.
const CLIENTS: usize = 4;

/// Rounds in one data directory, before a fresh one is taken: state piles up, and the checks stay
/// cheap.
const ROUNDS_PER_HOME: usize = 25;

/// Data directories in which rounds run at the same time.
const LANES: usize = 4;

/// The most calls that are acknowledged before the kill.
const MOST_CALLS: usize = 24;

/// The longest that a kill comes after the last call that it waits for, in microseconds.
const MOST_DELAY: usize = 3_000;

/// In one round of so many the daemon's own search is asked too.
const SEARCHED: usize = 4;

/// One kill in so many hits a daemon that is just starting.
const STARTING: usize = 8;

/// The longest that a kill comes after the start, in microseconds.
const MOST_START: usize = 400_000;

/// What becomes of the files when the machine loses its power.
pub trait Power: Sync {
    /// The program, so started that its files can be put back.
    fn serve(&self, home: &Home, command: Command) -> Command;

    /// After a kill: puts the files back to what was safe.
    fn cut(&self, home: &Home, random: &mut Random);
}

/// Only the process is killed: what it has written is there.
pub struct ProcessOnly;

impl Power for ProcessOnly {
    fn serve(&self, _: &Home, command: Command) -> Command {
        command
    }

    fn cut(&self, _: &Home, _: &mut Random) {}
}

/// How often the program is killed.
pub fn wanted() -> usize {
    match std::env::var("LOCKBOX_CRASH_ROUNDS") {
        Ok(text) => text.parse().expect("LOCKBOX_CRASH_ROUNDS is a number"),
        Err(_) => 200,
    }
}

/// What the rounds have seen.
#[derive(Clone, Copy, Debug, Default)]
pub struct Tally {
    /// Kills.
    pub rounds: usize,
    /// Acknowledged calls.
    pub acknowledged: usize,
    /// Acknowledged decisions.
    pub decided: usize,
    /// Calls that had been done although their answer was lost.
    pub replayed: usize,
}

impl AddAssign for Tally {
    fn add_assign(&mut self, other: Self) {
        self.rounds += other.rounds;
        self.acknowledged += other.acknowledged;
        self.decided += other.decided;
        self.replayed += other.replayed;
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} rounds, {} calls acknowledged ({} decisions), {} answers lost after the deed",
            self.rounds, self.acknowledged, self.decided, self.replayed
        )
    }
}

/// Runs so many rounds, some at the same time, each in its lane.
///
/// # Errors
/// What was wrong first, with what is needed to look into it.
pub fn run(rounds: usize, power: &dyn Power, seed: u64) -> Checked<Tally> {
    let clock = SystemClock::new();
    let began = clock.monotonic();
    let homes = rounds.div_ceil(ROUNDS_PER_HOME);
    let next = AtomicUsize::new(0);
    let total = Mutex::new(Ok(Tally::default()));
    thread::scope(|scope| {
        for _ in 0..LANES.min(homes) {
            scope.spawn(|| {
                loop {
                    let home = next.fetch_add(1, Ordering::Relaxed);
                    if home >= homes || total.lock().unwrap().is_err() {
                        return;
                    }
                    let rounds = ROUNDS_PER_HOME.min(rounds - home * ROUNDS_PER_HOME);
                    let random = Random::new(seed.wrapping_add(u64::try_from(home).unwrap()));
                    let outcome = catch_unwind(AssertUnwindSafe(|| {
                        in_one_home(rounds, power, home, random)
                    }))
                    .unwrap_or_else(|_| Err("a panic, told above".to_owned()));
                    let mut total = total.lock().unwrap();
                    match (&mut *total, outcome) {
                        (Ok(total), Ok(tally)) => {
                            *total += tally;
                            println!("so far: {total}");
                        }
                        (Ok(_), Err(error)) => {
                            *total =
                                Err(format!("LOCKBOX_CRASH_SEED={seed}, home {home}: {error}"));
                        }
                        (Err(_), _) => {}
                    }
                }
            });
        }
    });
    let total = total.into_inner().unwrap()?;
    println!("{total}, {:.1?}", clock.monotonic().saturating_sub(began));
    Ok(total)
}

struct Lane<'a> {
    home: Home,
    people: People,
    clients: Vec<Client>,
    memory: Memory,
    random: Random,
    power: &'a dyn Power,
}

fn in_one_home(
    rounds: usize,
    power: &dyn Power,
    number: usize,
    mut random: Random,
) -> Checked<Tally> {
    let home = Home::new();
    let mut first = home.serve(&[]);
    let people = People::new(&first.address(), &home.root);
    first.kill();
    let clients = (0..CLIENTS)
        .map(|client| Client::new(format!("{number}-{client}"), random.split()))
        .collect();
    let mut lane = Lane {
        home,
        people,
        clients,
        memory: Memory::default(),
        random,
        power,
    };
    for round in 0..rounds {
        lane.round()
            .map_err(|error| format!("round {round}: {error}"))?;
    }
    lane.end()
        .map_err(|error| format!("after {rounds} rounds: {error}"))?;
    let mut tally = Tally {
        rounds,
        ..Tally::default()
    };
    for client in &lane.clients {
        tally.acknowledged += client.acknowledged;
        tally.decided += client.decided;
        tally.replayed += client.replayed;
    }
    Ok(tally)
}

impl Lane<'_> {
    fn serve(&self) -> Daemon {
        let command = lockboxd(&self.home.serve_args(&[]));
        Daemon::spawn(self.power.serve(&self.home, command))
    }

    fn kill(&mut self, daemon: &mut Daemon) {
        daemon.kill();
        self.power.cut(&self.home, &mut self.random);
    }

    /// One kill, and before it all that must hold after those before.
    fn round(&mut self) -> Checked {
        if self.random.once_in(STARTING) {
            let mut daemon = self.serve();
            wait(self.random.below(MOST_START));
            self.kill(&mut daemon);
        }
        let mut daemon = self.serve();
        let address = address(&mut daemon)?;
        self.check(&address)
            .and_then(|()| self.load(&address, &mut daemon))
            .map_err(|error| describe(error, &mut daemon))?;
        self.kill(&mut daemon);
        Ok(())
    }

    /// After all kills.
    fn end(&mut self) -> Checked {
        let mut daemon = self.serve();
        let address = address(&mut daemon)?;
        self.check(&address)
            .and_then(|()| self.search(&address, true))
            .map_err(|error| describe(error, &mut daemon))
    }

    /// Lets the clients work, and kills the daemon while they do.
    fn load(&mut self, address: &str, daemon: &mut Daemon) -> Checked {
        let calls = self.random.below(MOST_CALLS);
        let delay = self.random.below(MOST_DELAY);
        let (sender, told) = channel();
        let people = &self.people;
        let clients = &mut self.clients;
        thread::scope(|scope| {
            let working: Vec<_> = clients
                .iter_mut()
                .map(|client| {
                    let sender = sender.clone();
                    scope.spawn(move || client.work(address, people, &sender))
                })
                .collect();
            drop(sender);
            // A client that has met a refusal ends its work; the others go on.
            let heard = (0..calls).try_for_each(|_| told.recv_timeout(DEADLINE));
            wait(delay);
            daemon.kill();
            let ended: Checked = working
                .into_iter()
                .try_for_each(|client| client.join().unwrap());
            ended?;
            heard.map_err(|error| format!("fewer than {calls} calls were answered: {error}"))
        })
    }

    fn check(&mut self, address: &str) -> Checked {
        for client in &mut self.clients {
            client.settle(address)?;
        }
        let asked = || self.clients.iter().flat_map(|client| client.asked.iter());
        distinct(asked())?;
        self.memory.check_file(&self.home.data(), asked())?;
        if self.random.once_in(SEARCHED) {
            self.search(address, false)?;
        }
        Ok(())
    }

    fn search(&mut self, address: &str, everything: bool) -> Checked {
        let asked = self.clients.iter().flat_map(|client| client.asked.iter());
        self.memory
            .check_search(address, &self.people, asked, everything)
    }
}

fn distinct<'a>(asked: impl Iterator<Item = &'a Asked>) -> Checked {
    let mut seen = BTreeSet::new();
    for asked in asked {
        if !seen.insert(&asked.identity) {
            return Err(format!("{} was given to two requests", asked.identity));
        }
    }
    Ok(())
}

/// Where it listens; that it does not start at all is one of the things that can be wrong.
fn address(daemon: &mut Daemon) -> Checked<String> {
    catch_unwind(AssertUnwindSafe(|| daemon.address()))
        .map_err(|_| describe("the daemon does not start".to_owned(), daemon))
}

fn describe(error: String, daemon: &mut Daemon) -> String {
    daemon.kill();
    format!("{error}\n{:#?}", daemon.wait().logged)
}

/// The moment of a kill lies anywhere in this time: there is nothing to wait for.
pub fn wait(micros: usize) {
    let (_nobody, never) = channel::<()>();
    let delay = Duration::from_micros(u64::try_from(micros).unwrap());
    assert!(never.recv_timeout(delay).is_err());
}
