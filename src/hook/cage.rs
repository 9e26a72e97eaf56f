//! Where a hook runs: the daemon starts itself once more as the cage, which gives up everything
//! that a hook does not need and then becomes the hook.
//!
//! The cage reads the system's programs and libraries and some of its settings, the hook's own
//! directory and what the operator named; it writes nowhere but in a directory that is thrown away. It is made with
//! Landlock, so it holds also where the daemon has only one user. Nothing that it starts leaves the
//! group of processes that is killed at its end; a seccomp filter sees to that.

use super::Hook;
use landlock::{
    ABI, Access, AccessFs, CompatLevel, Compatible, Ruleset, RulesetAttr, RulesetCreatedAttr,
    path_beneath_rules,
};
use rustix::process::{Pid, Resource, Rlimit, Signal, kill_process_group, setrlimit};
use seccompiler::{SeccompAction, SeccompFilter, apply_filter};
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::io;
use std::os::unix::fs::DirBuilderExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The hidden subcommand that is the cage.
pub const SUBCOMMAND: &str = "hook-cage";

/// What every hook may read where it is there: programs and libraries, and of the system's settings
/// what programs need to find others, hosts, users, the time and certificates. The whole of `/etc`
/// is not open: keys and passwords lie there, this daemon's own too.
pub const SYSTEM: [&str; 42] = [
    "/usr",
    "/bin",
    "/sbin",
    "/lib",
    "/lib64",
    "/opt",
    "/proc",
    "/dev",
    "/etc/alternatives",
    "/etc/ca-certificates",
    "/etc/ca-certificates.conf",
    "/etc/crypto-policies",
    "/etc/dotnet",
    "/etc/gai.conf",
    "/etc/group",
    "/etc/host.conf",
    "/etc/hostname",
    "/etc/hosts",
    "/etc/ld.so.cache",
    "/etc/ld.so.conf",
    "/etc/ld.so.conf.d",
    "/etc/ld.so.preload",
    "/etc/locale.alias",
    "/etc/localtime",
    "/etc/machine-id",
    "/etc/mime.types",
    "/etc/networks",
    "/etc/nsswitch.conf",
    "/etc/os-release",
    "/etc/passwd",
    "/etc/perl",
    "/etc/pki/ca-trust",
    "/etc/pki/tls/cert.pem",
    "/etc/pki/tls/certs",
    "/etc/pki/tls/openssl.cnf",
    "/etc/protocols",
    "/etc/resolv.conf",
    "/etc/services",
    "/etc/ssl/certs",
    "/etc/ssl/openssl.cnf",
    "/etc/terminfo",
    "/etc/timezone",
];

/// Python's settings of the system stand in a directory for each version.
const PYTHON: &str = "python3";

/// Open files that a hook may have.
const OPEN_FILES: u64 = 256;

/// x86-64 kernels may know each call a second time, with this bit in its number (x32).
const X32: i64 = 1 << 30;

/// The calls by which a process leaves its group. New namespaces need not be here: the signal
/// reaches into them.
const LEAVING: [i64; 4] = [
    libc::SYS_setsid,
    libc::SYS_setpgid,
    libc::SYS_setsid | X32,
    libc::SYS_setpgid | X32,
];

/// A directory for one run of one hook; gone with the value.
#[derive(Debug)]
pub struct Room(PathBuf);

impl Room {
    /// Makes it, for a user.
    ///
    /// # Errors
    /// Where the host's temporary directory refuses.
    pub fn new(user: Option<(u32, u32)>) -> io::Result<Self> {
        let name = format!("lockbox-hook-{}", crate::ids::RecordId::new());
        let path = std::env::temp_dir().join(name);
        std::fs::DirBuilder::new().mode(0o700).create(&path)?;
        let room = Self(path);
        if let Some((uid, gid)) = user {
            std::os::unix::fs::chown(&room.0, Some(uid), Some(gid))?;
        }
        Ok(room)
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Room {
    fn drop(&mut self) {
        if let Err(error) = std::fs::remove_dir_all(&self.0) {
            tracing::warn!(?error, "a hook's directory could not be removed");
        }
    }
}

/// What a hook may read.
#[must_use]
pub fn readable(hook: &Hook) -> Vec<PathBuf> {
    let own = hook.program.parent().map(Path::to_owned);
    let settings = std::fs::read_dir("/etc").into_iter().flatten().flatten();
    let of_python = settings
        .filter(|entry| entry.file_name().to_string_lossy().starts_with(PYTHON))
        .map(|entry| entry.path());
    SYSTEM
        .iter()
        .map(PathBuf::from)
        .chain(of_python)
        .chain(own)
        .chain(hook.reads.iter().cloned())
        .collect()
}

/// The command line of the cage.
pub(super) fn arguments(hook: &Hook, room: &Path) -> Vec<OsString> {
    let mut line: Vec<OsString> = vec![SUBCOMMAND.into(), "--room".into(), room.into()];
    line.extend(["--memory".into(), hook.memory_bytes.to_string().into()]);
    for path in readable(hook) {
        line.extend(["--read".into(), path.into()]);
    }
    line.extend(["--".into(), hook.program.clone().into()]);
    line.extend(hook.arguments.iter().map(OsString::from));
    line
}

/// Gives up everything, and becomes the program. Returns only where that fails: then nothing of
/// the hook has run.
#[must_use]
pub fn enter(
    room: &Path,
    memory: u64,
    read: &[PathBuf],
    program: &Path,
    arguments: &[OsString],
) -> io::Error {
    match restrict(room, memory, read) {
        Ok(()) => Command::new(program).args(arguments).exec(),
        Err(error) => error,
    }
}

fn restrict(room: &Path, memory: u64, read: &[PathBuf]) -> io::Result<()> {
    for (resource, most) in [
        (Resource::Data, memory),
        (Resource::Core, 0),
        (Resource::Nofile, OPEN_FILES),
    ] {
        let limit = Rlimit {
            current: Some(most),
            maximum: Some(most),
        };
        setrlimit(resource, limit)?;
    }
    // Linux 6.2 or later.
    let abi = ABI::V3;
    let cage = || -> Result<(), landlock::RulesetError> {
        Ruleset::default()
            // A kernel that cannot make the cage is refused, rather than trusted.
            .set_compatibility(CompatLevel::HardRequirement)
            .handle_access(AccessFs::from_all(abi))?
            .create()?
            .add_rules(path_beneath_rules(read, AccessFs::from_read(abi)))?
            .add_rules(path_beneath_rules(["/dev/null"], AccessFs::from_file(abi)))?
            .add_rules(path_beneath_rules([room], AccessFs::from_all(abi)))?
            .restrict_self()?;
        Ok(())
    };
    cage().map_err(|error| {
        io::Error::other(format!("the kernel makes no cage (Landlock): {error}"))
    })?;
    stay().map_err(|error| io::Error::other(format!("the kernel makes no cage (seccomp): {error}")))
}

/// Keeps this process, and all that it starts, in its group. A program of another architecture,
/// whose calls have other numbers, is killed.
fn stay() -> Result<(), seccompiler::Error> {
    let filter = SeccompFilter::new(
        BTreeMap::from(LEAVING.map(|call| (call, Vec::new()))),
        SeccompAction::Allow,
        SeccompAction::Errno(libc::EPERM.unsigned_abs()),
        std::env::consts::ARCH.try_into()?,
    )?;
    apply_filter(&seccompiler::BpfProgram::try_from(filter)?)
}

/// Kills a hook and everything that it has started: none of it can leave the group.
pub(super) fn kill_group(group: u32) {
    let group = i32::try_from(group).ok().and_then(Pid::from_raw);
    if let Some(group) = group {
        let _ = kill_process_group(group, Signal::KILL);
    }
}
