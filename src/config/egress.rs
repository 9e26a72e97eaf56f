//! The section `[egress]`: what the daemon may connect to for others.

use super::file::FileEgress;
use crate::egress::{self, Guard};
use std::path::PathBuf;

/// What is connected to beside public addresses, and who is believed there.
#[derive(Clone, Debug, Default)]
pub struct Egress {
    /// What is allowed.
    pub guard: Guard,
    /// A file of CAs that are trusted beside those of this machine (PEM).
    pub ca_file: Option<PathBuf>,
}

/// The settings of the section; what is wrong joins the problems.
pub(super) fn settings(file: &FileEgress, problems: &mut Vec<String>) -> Egress {
    let mut guard = Guard::default();
    for text in &file.allow {
        if let Err(why) = guard.allow(text) {
            problems.push(format!("egress: allow: {why}"));
        }
    }
    Egress {
        guard,
        ca_file: file.ca_file.clone(),
    }
}

/// Reads the file that the section names; what is wrong with it joins the problems.
pub(super) fn check_files(file: &FileEgress, problems: &mut Vec<String>) {
    if let Some(path) = &file.ca_file
        && let Err(why) = egress::roots(Some(path))
    {
        problems.push(format!("egress: ca_file: {why}"));
    }
}

#[cfg(test)]
#[path = "egress_tests.rs"]
mod tests;
