//! The section `[hooks]`: decision hooks of the host, by name.

use super::file::FileHook;
use crate::hook::{Hook, Hooks, OnFailure, cage};
use std::collections::BTreeMap;
use std::path::{Component, Path};
use std::time::Duration;

/// How long a hook may take where nothing is said, in seconds.
pub(super) const DEFAULT_TIMEOUT_SECONDS: u64 = 10;

/// The longest time that can be given to a hook, in seconds.
pub(super) const MAXIMUM_TIMEOUT_SECONDS: u64 = 300;

/// The memory of a hook where nothing is said, in mebibytes.
pub(super) const DEFAULT_MEMORY_MIB: u64 = 512;

/// The hooks of the file; what is wrong joins the problems. `secret` are the paths of the daemon's
/// own data.
pub(super) fn hooks(
    file: BTreeMap<String, FileHook>,
    secret: &[&Path],
    problems: &mut Vec<String>,
) -> Hooks {
    let mut hooks = Hooks::new();
    for (name, written) in file {
        let mut wrong = |what: String| problems.push(format!("hooks.{name}: {what}"));
        let mut plainly = true;
        for path in written.reads.iter().chain([&written.program]) {
            if !plain(path) {
                plainly = false;
                wrong(format!(
                    "{} is no absolute path without '..'; write where it lies.",
                    path.display()
                ));
            }
        }
        let seconds = written.timeout_seconds.unwrap_or(DEFAULT_TIMEOUT_SECONDS);
        if !(1..=MAXIMUM_TIMEOUT_SECONDS).contains(&seconds) {
            wrong(format!(
                "timeout_seconds = {seconds} is not between 1 and {MAXIMUM_TIMEOUT_SECONDS}."
            ));
        }
        let user = match (written.uid, written.gid) {
            (None, None) => None,
            (Some(0), _) | (_, Some(0)) => {
                wrong("a hook does not run as root; name another uid and gid.".to_owned());
                None
            }
            (Some(uid), gid) => Some((uid, gid.unwrap_or(uid))),
            (None, Some(_)) => {
                wrong("gid needs uid.".to_owned());
                None
            }
        };
        let hook = Hook {
            program: written.program,
            arguments: written.arguments,
            timeout: Duration::from_secs(seconds),
            memory_bytes: written.memory_mib.unwrap_or(DEFAULT_MEMORY_MIB) * 1_024 * 1_024,
            user,
            reads: written.reads,
            on_failure: written.on_failure.unwrap_or(OnFailure::Pass),
        };
        let open = cage::readable(&hook);
        for path in secret.iter().filter(|_| plainly) {
            if let Some(above) = open.iter().find(|above| path.starts_with(above)) {
                wrong(format!(
                    "it may read {}, and so the daemon's own {}; put the hook, or the data, \
                     somewhere else.",
                    above.display(),
                    path.display()
                ));
            }
        }
        hooks.insert(name, hook);
    }
    hooks
}

fn plain(path: &Path) -> bool {
    path.is_absolute() && !path.components().any(|part| part == Component::ParentDir)
}

#[cfg(test)]
#[path = "hooks_tests.rs"]
mod tests;
