//! The writer's bounded queue: callers before jobs.

use super::writer::Work;
use crate::store::{CommitError, Committed};
use crate::telemetry::{Lane, Metrics};
use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::oneshot;

/// What a caller waits for.
pub(super) type Answer = Result<Committed, CommitError>;

/// Something to write, and whom to tell.
pub(super) struct Job {
    pub(super) work: Work,
    pub(super) reply: oneshot::Sender<Answer>,
}

/// Two lanes, each bounded, so that neither callers nor jobs can fill the other's.
pub(super) struct Queue {
    state: Mutex<State>,
    filled: Condvar,
    length: usize,
    metrics: Arc<Metrics>,
}

#[derive(Default)]
struct State {
    callers: VecDeque<Job>,
    background: VecDeque<Job>,
    refusing: Option<CommitError>,
    closed: bool,
}

impl State {
    fn is_empty(&self) -> bool {
        self.callers.is_empty() && self.background.is_empty()
    }
}

impl Queue {
    /// A queue whose lanes take so many jobs each.
    pub(super) fn new(length: usize, metrics: Arc<Metrics>) -> Self {
        Self {
            state: Mutex::default(),
            filled: Condvar::new(),
            length,
            metrics,
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // A job is moved in or out whole, so a panic elsewhere leaves nothing half done.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes a job, or says why not.
    pub(super) fn push(&self, work: Work) -> Result<oneshot::Receiver<Answer>, CommitError> {
        let (reply, answer) = oneshot::channel();
        let mut state = self.state();
        if state.closed {
            return Err(CommitError::closed());
        }
        if let Some(reason) = &state.refusing {
            return Err(reason.clone());
        }
        let (lane, name) = if work.background() {
            (&mut state.background, Lane::Background)
        } else {
            (&mut state.callers, Lane::Callers)
        };
        if lane.len() >= self.length {
            self.metrics.busy(name);
            return Err(CommitError::Busy);
        }
        lane.push_back(Job { work, reply });
        drop(state);
        self.filled.notify_all();
        Ok(answer)
    }

    /// How many jobs wait in each lane (callers, background), and how many may.
    pub(super) fn waiting(&self) -> ((usize, usize), usize) {
        let state = self.state();
        ((state.callers.len(), state.background.len()), self.length)
    }

    /// Waits for work; false once the queue is closed and empty.
    pub(super) fn wait(&self) -> bool {
        let mut state = self.state();
        while state.is_empty() && !state.closed {
            state = self
                .filled
                .wait(state)
                .unwrap_or_else(PoisonError::into_inner);
        }
        !state.is_empty()
    }

    /// Takes what is there, callers first, up to `most`.
    pub(super) fn take(&self, most: usize) -> Vec<Job> {
        let mut state = self.state();
        let callers = most.min(state.callers.len());
        let mut jobs: Vec<Job> = state.callers.drain(..callers).collect();
        let background = most.saturating_sub(callers).min(state.background.len());
        jobs.extend(state.background.drain(..background));
        jobs
    }

    /// Refuses work for this reason, what waits included; `None` takes work again.
    pub(super) fn refuse(&self, reason: Option<CommitError>) {
        let mut state = self.state();
        state.refusing.clone_from(&reason);
        let Some(reason) = reason else { return };
        let waiting: Vec<Job> = std::mem::take(&mut state.callers)
            .into_iter()
            .chain(std::mem::take(&mut state.background))
            .collect();
        drop(state);
        for job in waiting {
            // A caller that has gone away needs no answer.
            let _ = job.reply.send(Err(reason.clone()));
        }
    }

    /// Takes no more work; what waits is still written.
    pub(super) fn close(&self) {
        self.state().closed = true;
        self.filled.notify_all();
    }

    /// Whether it takes no more work.
    pub(super) fn is_closed(&self) -> bool {
        self.state().closed
    }

    /// Waits this long, or until the queue is closed; returns whether it is.
    pub(super) fn closed_within(&self, pause: Duration) -> bool {
        let (state, _) = self
            .filled
            .wait_timeout_while(self.state(), pause, |state| !state.closed)
            .unwrap_or_else(PoisonError::into_inner);
        state.closed
    }
}
