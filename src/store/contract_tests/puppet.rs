//! Holds a writer at a stage, or makes the stage fail.

use crate::store::probe::{Probe, Stage};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;
use tokio::sync::watch;

/// How long a condition may take to come true before a test fails.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

/// The strings that a writer hangs on.
pub(crate) struct Puppet {
    strings: Mutex<Strings>,
    moved: Condvar,
    standing: watch::Sender<Option<Stage>>,
}

#[derive(Default)]
struct Strings {
    held: BTreeSet<Stage>,
    failing: BTreeMap<Stage, u32>,
}

/// Holds a stage until it is dropped.
pub(crate) struct Hold(Arc<Puppet>, Stage);

impl Puppet {
    pub(crate) fn new() -> Arc<Self> {
        Arc::new(Self {
            strings: Mutex::default(),
            moved: Condvar::new(),
            standing: watch::Sender::new(None),
        })
    }

    pub(crate) fn probe(self: &Arc<Self>) -> Probe {
        let puppet = Arc::clone(self);
        Arc::new(move |stage| puppet.reach(stage))
    }

    fn reach(&self, stage: Stage) -> Result<(), String> {
        let mut strings = self.strings.lock().unwrap();
        if strings.held.contains(&stage) {
            self.standing.send_replace(Some(stage));
            while strings.held.contains(&stage) {
                strings = self.moved.wait(strings).unwrap();
            }
            self.standing.send_replace(None);
        }
        match strings.failing.get_mut(&stage) {
            Some(times) if *times > 0 => {
                *times -= 1;
                Err(format!("{stage:?} was made to fail"))
            }
            _ => Ok(()),
        }
    }

    /// The writer stops at this stage until the hold is dropped.
    pub(crate) fn hold(self: &Arc<Self>, stage: Stage) -> Hold {
        self.strings.lock().unwrap().held.insert(stage);
        Hold(Arc::clone(self), stage)
    }

    /// The stage fails so many times.
    pub(crate) fn fail(&self, stage: Stage, times: u32) {
        self.strings.lock().unwrap().failing.insert(stage, times);
    }

    /// Waits until the writer is held at this stage.
    pub(crate) async fn reached(&self, stage: Stage) {
        let mut standing = self.standing.subscribe();
        tokio::time::timeout(PATIENCE, standing.wait_for(|at| *at == Some(stage)))
            .await
            .expect("the writer did not reach the stage")
            .unwrap();
    }
}

impl Drop for Hold {
    fn drop(&mut self) {
        self.0.strings.lock().unwrap().held.remove(&self.1);
        self.0.moved.notify_all();
    }
}
