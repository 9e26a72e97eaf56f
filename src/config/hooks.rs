//! The section `[hooks]`: decision hooks of the host, by name.

use super::file::FileHook;
use crate::crypto::signing::Key;
use crate::egress::Guard;
use crate::hook::url::UrlHook;
use crate::hook::{Hook, Hooks, Judge, OnFailure, cage};
use std::collections::BTreeMap;
use std::path::{Component, Path, PathBuf};
use std::time::Duration;

/// How long a hook may take where nothing is said, in seconds.
pub(super) const DEFAULT_TIMEOUT_SECONDS: u64 = 10;

/// The longest time that can be given to a hook, in seconds.
pub(super) const MAXIMUM_TIMEOUT_SECONDS: u64 = 300;

/// The memory of a hook where nothing is said, in mebibytes.
pub(super) const DEFAULT_MEMORY_MIB: u64 = 512;

/// The hooks of the file; what is wrong joins the problems. `guard` is what tenants may reach, and so
/// every hook; `secret` are the paths of the daemon's own data, settings, keys and passwords.
pub(super) fn hooks(
    file: BTreeMap<String, FileHook>,
    guard: &Guard,
    secret: &[PathBuf],
    problems: &mut Vec<String>,
) -> Hooks {
    let mut hooks = Hooks::new();
    for (name, written) in file {
        let mut wrong = |what: String| problems.push(format!("hooks.{name}: {what}"));
        let seconds = written.timeout_seconds.unwrap_or(DEFAULT_TIMEOUT_SECONDS);
        if !(1..=MAXIMUM_TIMEOUT_SECONDS).contains(&seconds) {
            wrong(format!(
                "timeout_seconds = {seconds} is not between 1 and {MAXIMUM_TIMEOUT_SECONDS}."
            ));
        }
        let timeout = Duration::from_secs(seconds);
        let judge = match (written.program.clone(), written.url.clone()) {
            (Some(path), None) => Some(Judge::Program(program(
                path, written, timeout, secret, &mut wrong,
            ))),
            (None, Some(url)) => Some(Judge::Url(by_url(
                url, &written, timeout, guard, &mut wrong,
            ))),
            _ => {
                wrong("it takes either program or url, and one of them.".to_owned());
                None
            }
        };
        hooks.extend(judge.map(|judge| (name, judge)));
    }
    hooks
}

/// A hook that is asked by URL.
fn by_url(
    url: String,
    written: &FileHook,
    timeout: Duration,
    guard: &Guard,
    wrong: &mut impl FnMut(String),
) -> UrlHook {
    let of_programs = !written.arguments.is_empty()
        || !written.reads.is_empty()
        || written.memory_mib.is_some()
        || written.uid.is_some()
        || written.gid.is_some();
    if of_programs {
        wrong(
            "arguments, reads, memory_mib, uid and gid are of programs; a url has none.".to_owned(),
        );
    }
    let mut guard = guard.clone();
    for text in &written.allow {
        if let Err(why) = guard.allow(text) {
            wrong(format!("allow: {why}"));
        }
    }
    if let Err(refused) = guard.read(&url) {
        wrong(format!("url: {}", refused.of_hook()));
    }
    let key = written.key_file.as_deref().and_then(|path| {
        let read = std::fs::read_to_string(path).map_err(|error| error.to_string());
        match read.and_then(|text| Key::read(&text)) {
            Ok(key) => Some(key),
            Err(why) => {
                wrong(format!("key_file: {}: {why}", path.display()));
                None
            }
        }
    });
    UrlHook {
        key,
        url,
        guard,
        timeout,
        on_failure: written.on_failure.unwrap_or(OnFailure::Pass),
    }
}

/// A hook that is a program of the host.
fn program(
    path: PathBuf,
    written: FileHook,
    timeout: Duration,
    secret: &[PathBuf],
    wrong: &mut impl FnMut(String),
) -> Hook {
    if written.key_file.is_some() {
        wrong("key_file is of a url: a program is asked by nobody else.".to_owned());
    }
    if !written.allow.is_empty() {
        wrong("allow is of a url: the daemon connects to nobody for a program.".to_owned());
    }
    let mut plainly = true;
    for path in written.reads.iter().chain([&path]) {
        if !plain(path) {
            plainly = false;
            wrong(format!(
                "{} is no absolute path without '..'; write where it lies.",
                path.display()
            ));
        }
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
        program: path,
        arguments: written.arguments,
        timeout,
        memory_bytes: written.memory_mib.unwrap_or(DEFAULT_MEMORY_MIB) * 1_024 * 1_024,
        user,
        reads: written.reads,
        on_failure: written.on_failure.unwrap_or(OnFailure::Pass),
    };
    let open = cage::readable(&hook);
    for path in secret.iter().filter(|_| plainly) {
        // What is named from here on lies somewhere too.
        let path = std::path::absolute(path).unwrap_or_else(|_| path.clone());
        if let Some(above) = open.iter().find(|above| path.starts_with(above)) {
            wrong(format!(
                "it may read {}, and so the daemon's own {}; put the hook, or that, \
                 somewhere else.",
                above.display(),
                path.display()
            ));
        }
    }
    hook
}

fn plain(path: &Path) -> bool {
    path.is_absolute() && !path.components().any(|part| part == Component::ParentDir)
}

#[cfg(test)]
#[path = "hooks_tests.rs"]
mod tests;
