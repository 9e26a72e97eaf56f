//! Whose the files of a data directory are. Commands that repair something run as root while the
//! daemon runs as somebody else, who must be able to read and write what they leave.

use rustix::process::geteuid;
use std::fs::File;
use std::io;
use std::os::unix::fs::{MetadataExt, fchown, lchown};
use std::path::Path;

/// Gives a file that root has just made to the owner of the directory that it lies in. (Never one
/// that was there: its name could be a link that leads elsewhere.)
pub(super) fn hand_over(file: &File, dir: &Path) {
    give(dir, |uid, gid| fchown(file, Some(uid), Some(gid)));
}

/// The same, of a directory that root has just made in another one.
pub(super) fn hand_over_directory(made: &Path, parent: &Path) {
    give(parent, |uid, gid| lchown(made, Some(uid), Some(gid)));
}

fn give(dir: &Path, chown: impl FnOnce(u32, u32) -> io::Result<()>) {
    if !geteuid().is_root() {
        return;
    }
    let given = std::fs::metadata(dir).and_then(|of| match of.uid() {
        0 => Ok(()),
        uid => chown(uid, of.gid()),
    });
    // In a container root may not be allowed this; whoever cannot read the file says so.
    if let Err(error) = given {
        tracing::warn!(%error, dir = %dir.display(), "a new file stays root's");
    }
}
