//! The data directories of the run, made when a part first asks for them.

use crate::machine::stopwatch;
use crate::seed::{Plan, World, seed};
use std::path::PathBuf;

/// Worlds by name. They live under `target/`, on a disk: a memory file system has no sync.
pub struct Worlds {
    made: Vec<(&'static str, World)>,
    root: PathBuf,
}

/// Where cargo builds.
pub fn target() -> PathBuf {
    let own = std::env::current_exe().unwrap();
    // target/release/deps/load-…
    own.ancestors().nth(3).unwrap().to_owned()
}

impl Worlds {
    pub fn new() -> Self {
        let root = target().join("bench");
        // What an interrupted run left behind.
        let _ = std::fs::remove_dir_all(&root);
        std::fs::create_dir_all(&root).unwrap();
        Self {
            made: Vec::new(),
            root,
        }
    }

    /// A directory for one thing.
    pub fn place(&self, name: &str) -> PathBuf {
        self.root.join(name)
    }

    /// A world that has been made.
    pub fn made(&self, name: &str) -> &World {
        let (_, world) = self.made.iter().find(|(other, _)| *other == name).unwrap();
        world
    }

    /// The world of this name.
    pub async fn world(&mut self, name: &'static str) -> &mut World {
        if let Some(place) = self.made.iter().position(|(other, _)| *other == name) {
            return &mut self.made[place].1;
        }
        let plan = Plan::named(name);
        let began = stopwatch();
        let world = seed(self.place(name), &plan).await;
        println!(
            "({} records in {:.1} s: {name})",
            plan.records,
            began.elapsed().as_secs_f64()
        );
        self.made.push((name, world));
        &mut self.made.last_mut().unwrap().1
    }
}

impl Drop for Worlds {
    fn drop(&mut self) {
        // Gigabytes that nobody needs any more; LOCKBOX_BENCH_KEEP keeps them for a profile.
        if std::env::var_os("LOCKBOX_BENCH_KEEP").is_none() {
            let _ = std::fs::remove_dir_all(&self.root);
        }
    }
}
