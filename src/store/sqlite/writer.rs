//! The one writer: it drains the queue in groups, and answers nobody before the commit.

use super::apply;
use super::fault::Fault;
use super::queue::{Answer, Job, Queue};
use super::{files, meta};
use crate::clock::{Clock, Timestamp};
use crate::store::probe::{Probe, Stage};
use crate::store::standing::Moves;
use crate::store::{Change, CommitError, Committed, Outcome, RowWrite, Upkeep};
use crate::telemetry::{Metrics, WriteFailure};
use rusqlite::Connection;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::sync::watch;

/// The most changes in one group.
pub(super) const GROUP_LIMIT: usize = 256;

/// How long the writer waits before it tries again to reopen the database.
const REOPEN_PAUSE: Duration = Duration::from_millis(250);

/// What can stand in the queue.
pub(super) enum Work {
    /// A change of state.
    Change(Box<Change>),
    /// Bookkeeping.
    Upkeep(Upkeep),
}

impl Work {
    /// Whether callers go before it.
    pub(super) fn background(&self) -> bool {
        match self {
            Self::Change(change) => change.background,
            Self::Upkeep(_) => true,
        }
    }

    /// Whether it may change who somebody is, or what an organization is.
    fn moves_standing(&self) -> bool {
        match self {
            Self::Change(change) => change.writes.iter().any(RowWrite::moves_standing),
            Self::Upkeep(_) => false,
        }
    }
}

/// What the writer shares with the store.
pub(super) struct Shared {
    /// What is to be written.
    pub(super) queue: Queue,
    /// The instant of the group in flight.
    pub(super) in_flight: watch::Sender<Option<Timestamp>>,
    /// Whether the writer has ended without knowing what became of the group in flight.
    pub(super) abandoned: AtomicBool,
    /// Counts commits.
    pub(super) commits: watch::Sender<u64>,
    /// Tells what is kept of organizations and principals that it may be out of date.
    pub(super) moves: Moves,
}

/// The writer's own.
pub(super) struct Writer {
    pub(super) dir: PathBuf,
    pub(super) conn: Connection,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) test_clock: bool,
    /// The latest instant that a group had; no later group has an earlier one.
    pub(super) mark: Timestamp,
    pub(super) shared: Arc<Shared>,
    pub(super) metrics: Arc<Metrics>,
    pub(super) probe: Option<Probe>,
}

/// Why a transaction came to nothing.
enum Trouble {
    /// A statement failed, and all is rolled back.
    Apply(Fault),
    /// The transaction could not begin, or could not be rolled back.
    Broken(Fault),
    /// The commit failed: it may have happened.
    Commit(Fault),
}

/// A group that has been through its transactions: what to tell whom, once that is allowed.
#[derive(Default)]
struct Group {
    answers: Vec<(Job, Answer)>,
    /// Why the connection cannot be trusted any more, where it cannot.
    broken: Option<CommitError>,
}

impl Group {
    fn add(&mut self, jobs: Vec<Job>, outcome: Result<Vec<Answer>, Trouble>) {
        match outcome {
            Ok(answers) => self.answers.extend(jobs.into_iter().zip(answers)),
            Err(trouble) => {
                let (what, fault) = match &trouble {
                    Trouble::Apply(fault) => (fault.to_commit_error(), fault),
                    Trouble::Broken(fault) => (fault.while_recovering(), fault),
                    Trouble::Commit(fault) => (CommitError::OutcomeUnknown, fault),
                };
                tracing::error!(%fault, size = jobs.len(), answer = ?what, "a transaction failed");
                if !matches!(trouble, Trouble::Apply(_)) {
                    self.broken = Some(fault.while_recovering());
                }
                let answers = jobs.into_iter().map(|job| (job, Err(what.clone())));
                self.answers.extend(answers);
            }
        }
    }
}

/// Runs the writer until its queue is closed and empty; gives its connection back. A panic ends the
/// process: half a group in memory must not be followed by a next one.
pub(super) fn run(writer: Writer) -> Connection {
    catch_unwind(AssertUnwindSafe(|| writer.drain())).unwrap_or_else(|_| {
        tracing::error!("the writer panicked; the process ends, and the database is whole");
        std::process::abort();
    })
}

impl Writer {
    fn drain(mut self) -> Connection {
        let shared = Arc::clone(&self.shared);
        while shared.queue.wait() {
            // An error here would have nobody to go to: this stage can only be held.
            let _ = self.probe(Stage::Gather);
            let jobs = shared.queue.take(GROUP_LIMIT);
            if jobs.is_empty() {
                continue;
            }
            let at = self.begin();
            let group = self.group(jobs, at);
            let Some(reason) = group.broken else {
                shared.in_flight.send_replace(None);
                self.answer(group.answers);
                continue;
            };
            self.metrics.writer_working(false);
            shared.queue.refuse(Some(reason));
            self.answer(group.answers);
            if !self.recover(at) {
                // It stays in flight: whether it happened is known when the database is next open.
                shared.abandoned.store(true, Ordering::Release);
                shared.in_flight.send_modify(|_| {});
                break;
            }
            shared.moves.moved();
            shared.in_flight.send_replace(None);
            self.metrics.writer_working(true);
        }
        self.conn
    }

    /// Reads the clock and publishes the instant, under one lock that is taken before the clock is
    /// read: who has read the clock earlier and then looks here either sees this group, or knows
    /// that its instant will be later.
    fn begin(&mut self) -> Timestamp {
        let (clock, mark) = (&self.clock, &mut self.mark);
        self.shared.in_flight.send_modify(|in_flight| {
            *mark = clock.now().max(*mark);
            *in_flight = Some(*mark);
        });
        self.mark
    }

    /// Writes a group: all in one transaction, or each by itself where that fails.
    fn group(&mut self, jobs: Vec<Job>, at: Timestamp) -> Group {
        let size = jobs.len();
        let started = self.clock.monotonic();
        let outcome = self.transaction(&jobs, at);
        let elapsed = self.clock.monotonic().saturating_sub(started);
        self.metrics.group(size, elapsed);
        tracing::debug!(size, %at, ?elapsed, whole = outcome.is_ok(), "group");
        match outcome {
            Err(Trouble::Apply(fault)) if size > 1 => {
                tracing::warn!(size, %fault, "a group failed; its changes are applied one by one");
                self.one_by_one(jobs, at)
            }
            outcome => {
                let mut group = Group::default();
                group.add(jobs, outcome);
                group
            }
        }
    }

    /// Applies the changes of a failed group each by itself, so that only the guilty one fails.
    fn one_by_one(&mut self, jobs: Vec<Job>, at: Timestamp) -> Group {
        let mut group = Group::default();
        for job in jobs {
            if let Some(reason) = group.broken.clone() {
                group.answers.push((job, Err(reason)));
            } else {
                let job = vec![job];
                let outcome = self.transaction(&job, at);
                group.add(job, outcome);
            }
        }
        group
    }

    /// One transaction over some jobs; the answers are only true once this has returned them.
    fn transaction(&mut self, jobs: &[Job], at: Timestamp) -> Result<Vec<Answer>, Trouble> {
        self.tried(jobs, at).inspect_err(|trouble| {
            self.metrics.write_failed(match trouble {
                Trouble::Apply(_) => WriteFailure::Statement,
                Trouble::Broken(_) => WriteFailure::Transaction,
                Trouble::Commit(_) => WriteFailure::Commit,
            });
        })
    }

    fn tried(&self, jobs: &[Job], at: Timestamp) -> Result<Vec<Answer>, Trouble> {
        self.conn
            .execute_batch("BEGIN IMMEDIATE")
            .map_err(|error| Trouble::Broken(error.into()))?;
        let answers = match self.apply(jobs, at) {
            Ok(answers) => answers,
            Err(fault) => {
                // Some errors have rolled back by themselves.
                if !self.conn.is_autocommit() {
                    self.conn
                        .execute_batch("ROLLBACK")
                        .map_err(|error| Trouble::Broken(error.into()))?;
                }
                return Err(Trouble::Apply(fault));
            }
        };
        let started = self.clock.monotonic();
        self.commit().map_err(Trouble::Commit)?;
        self.metrics
            .synced(self.clock.monotonic().saturating_sub(started));
        Ok(answers)
    }

    fn commit(&self) -> Result<(), Fault> {
        self.probe(Stage::Commit)?;
        self.conn.execute_batch("COMMIT")?;
        self.probe(Stage::Committed)
    }

    fn apply(&self, jobs: &[Job], at: Timestamp) -> Result<Vec<Answer>, Fault> {
        let answers = jobs
            .iter()
            .map(|job| {
                Ok(match &job.work {
                    Work::Change(change) => apply::change(&self.conn, change, at, self.test_clock)?
                        .map(|outcome| Committed { at, outcome }),
                    Work::Upkeep(upkeep) => {
                        apply::upkeep(&self.conn, upkeep, at, self.test_clock)?;
                        Ok(Committed {
                            at,
                            outcome: Outcome::Applied(Vec::new()),
                        })
                    }
                })
            })
            .collect::<Result<_, Fault>>()?;
        meta::put(&self.conn, meta::MARK, at.millis())?;
        Ok(answers)
    }

    /// Wakes those who watch, and answers those who wait.
    fn answer(&self, answers: Vec<(Job, Answer)>) {
        // Whatever came of it: where the disk did not confirm a commit, it may have happened.
        if answers.iter().any(|(job, _)| job.work.moves_standing()) {
            self.shared.moves.moved();
        }
        let mut applied = false;
        for (job, answer) in &answers {
            if let (
                Work::Change(_),
                Ok(Committed {
                    outcome: Outcome::Applied(records),
                    ..
                }),
            ) = (&job.work, answer)
            {
                applied = true;
                self.metrics.audit_records(records.len());
            }
        }
        if applied {
            self.shared.commits.send_modify(|count| *count += 1);
        }
        for (job, answer) in answers {
            // A caller that has gone away needs no answer; its change stands.
            let _ = job.reply.send(answer);
        }
    }

    /// Closes and reopens the database until a write succeeds again; false where the store was
    /// closed meanwhile. The group stays in flight until then, because only then it is known
    /// whether it happened.
    fn recover(&mut self, at: Timestamp) -> bool {
        loop {
            match self.reopen(at) {
                Ok(()) => {
                    tracing::info!("the database is open again");
                    self.shared.queue.refuse(None);
                    return true;
                }
                Err(fault) => {
                    tracing::error!(%fault, "the database cannot be reopened");
                    self.shared.queue.refuse(Some(fault.while_recovering()));
                }
            }
            if self.shared.queue.closed_within(REOPEN_PAUSE) {
                return false;
            }
        }
    }

    /// Reopens the database and proves that it can be written. The write also takes the place in
    /// the log that the failed transaction had, so that it cannot come back after a crash.
    fn reopen(&mut self, at: Timestamp) -> Result<(), Fault> {
        self.probe(Stage::Reopen)?;
        // The old connection must be closed first: it may hold the write lock.
        let idle = Connection::open_in_memory()?;
        drop(std::mem::replace(&mut self.conn, idle));
        let conn = files::write_connection(&files::database(&self.dir))?;
        meta::put(&conn, meta::MARK, at.millis())?;
        self.conn = conn;
        Ok(())
    }

    fn probe(&self, stage: Stage) -> Result<(), Fault> {
        self.probe
            .as_ref()
            .map_or(Ok(()), |probe| probe(stage).map_err(Fault::Other))
    }
}

#[cfg(test)]
#[path = "writer_tests.rs"]
mod tests;
