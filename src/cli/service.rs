//! `lockboxd service`: the systemd unit, put in place and taken away

use crate::cli::{ExitStatus, Failure, print};
use clap::{Args, Subcommand};
use std::fs;
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

const UNIT: &str = include_str!("../../contrib/systemd/lockboxd.service");
const SETTINGS: &str = include_str!("../../contrib/lockboxd.toml");

/// Where the unit stands; the Debian package has its own under /usr/lib.
const UNIT_FILE: &str = "etc/systemd/system/lockboxd.service";
const SETTINGS_FILE: &str = "etc/lockboxd/lockboxd.toml";

/// Where the unit expects the program.
const PROGRAM: &str = "/usr/bin/lockboxd";
/// Where the unit sees nothing (ProtectHome, PrivateTmp).
const HIDDEN: [&str; 5] = ["/home", "/root", "/run/user", "/tmp", "/var/tmp"];
const UNIT_NAME: &str = "lockboxd.service";
const DATA_DIR: &str = "/var/lib/lockboxd";

/// Run as a service of this machine, under systemd.
#[derive(Subcommand)]
pub(super) enum Service {
    /// Put the hardened unit and the settings in place; settings that are there stay
    Install(Install),
    /// Stop the service and take its unit away; settings and data stay
    Uninstall(Uninstall),
}

#[derive(Args)]
pub(super) struct Install {
    /// Root of the system, where it is an image that does not run
    #[arg(long, default_value = "/", value_name = "DIR")]
    root: PathBuf,
    /// The program that the unit starts (default: this one)
    #[arg(long, value_name = "FILE")]
    program: Option<PathBuf>,
}

#[derive(Args)]
pub(super) struct Uninstall {
    /// Root of the system, where it is an image that does not run
    #[arg(long, default_value = "/", value_name = "DIR")]
    root: PathBuf,
}

impl Service {
    pub(super) fn run(self) -> Result<(), Failure> {
        match self {
            Self::Install(install) => install.run(),
            Self::Uninstall(uninstall) => uninstall.run(),
        }
    }
}

impl Install {
    fn run(self) -> Result<(), Failure> {
        let unit = unit(&self.program()?);
        let unit_file = self.root.join(UNIT_FILE);
        let settings = self.root.join(SETTINGS_FILE);
        if !settings.exists() {
            write(&settings, SETTINGS)?;
        }
        write(&unit_file, &unit)?;
        if runs(&self.root) {
            systemctl(&["daemon-reload"])?;
        }
        print(&format!(
            "Put {} in place; the settings are in {}.\n\n\
             Next, as root:\n  \
             lockboxd init --data-dir {DATA_DIR} --admin you@example.com\n  \
             systemctl enable --now lockboxd",
            unit_file.display(),
            settings.display(),
        ))
    }

    fn program(&self) -> Result<String, Failure> {
        let program = match &self.program {
            Some(program) => program.clone(),
            None => std::env::current_exe().map_err(|error| failed("find this program", &error))?,
        };
        let text = program.display().to_string();
        // Systemd would take these apart.
        if !program.is_absolute() || text.contains([' ', '%', '$', '"', '\'', '\\', '\n']) {
            return Err(Failure::new(
                ExitStatus::Usage,
                format!(
                    "A unit cannot start '{text}'; copy the program to {PROGRAM} and name that with --program."
                ),
            ));
        }
        // What is in an image is not to be judged from here.
        if self.root == Path::new("/")
            && let Some(why) = out_of_reach(&program)
        {
            return Err(Failure::new(
                ExitStatus::Usage,
                format!(
                    "The service cannot start {text}: {why}. Copy the program to {PROGRAM}, and name that with --program."
                ),
            ));
        }
        Ok(text)
    }
}

/// Why the unit could not start a program of this machine: it sees neither the homes of people nor
/// the directories for temporary files.
fn out_of_reach(program: &Path) -> Option<String> {
    let Ok(real) = program.canonicalize() else {
        return Some("there is no such file".to_owned());
    };
    let executable = |of: fs::Metadata| of.is_file() && of.permissions().mode() & 0o001 != 0;
    if !fs::metadata(&real).is_ok_and(executable) {
        return Some("it is no program that everybody may run".to_owned());
    }
    HIDDEN
        .into_iter()
        .find(|hidden| program.starts_with(hidden) || real.starts_with(hidden))
        .map(|hidden| format!("{hidden} is hidden from it"))
}

impl Uninstall {
    fn run(self) -> Result<(), Failure> {
        let unit_file = self.root.join(UNIT_FILE);
        if !unit_file.exists() {
            return Err(Failure::new(
                ExitStatus::NoInput,
                format!(
                    "There is no {}; 'lockboxd service install' has not put one there, or the package manager has its own.",
                    unit_file.display()
                ),
            ));
        }
        let running = runs(&self.root);
        if running {
            systemctl(&["disable", "--now", UNIT_NAME])?;
        }
        fs::remove_file(&unit_file).map_err(|error| failed("remove the unit", &error))?;
        if running {
            systemctl(&["daemon-reload"])?;
        }
        print(&format!(
            "Took {} away. The settings in {} and the data in {DATA_DIR} are still there.",
            unit_file.display(),
            self.root.join(SETTINGS_FILE).display()
        ))
    }
}

/// The shipped unit with the program's own place.
fn unit(program: &str) -> String {
    UNIT.replace(
        &format!("ExecStart={PROGRAM} "),
        &format!("ExecStart={program} "),
    )
}

/// Whether systemd runs this very system.
fn runs(root: &Path) -> bool {
    root == Path::new("/") && Path::new("/run/systemd/system").exists()
}

fn systemctl(args: &[&str]) -> Result<(), Failure> {
    let status = Command::new("systemctl")
        .args(args)
        .status()
        .map_err(|error| failed("start systemctl", &error))?;
    if status.success() {
        return Ok(());
    }
    Err(Failure::new(
        ExitStatus::Os,
        format!(
            "'systemctl {}' failed; see what it says above.",
            args.join(" ")
        ),
    ))
}

fn write(path: &Path, text: &str) -> Result<(), Failure> {
    let written = match path.parent() {
        Some(parent) => fs::create_dir_all(parent).and_then(|()| fs::write(path, text)),
        None => fs::write(path, text),
    };
    written.map_err(|error| failed(&format!("write {}", path.display()), &error))
}

fn failed(what: &str, error: &io::Error) -> Failure {
    let status = match error.kind() {
        io::ErrorKind::PermissionDenied => ExitStatus::NoPermission,
        _ => ExitStatus::Io,
    };
    Failure::new(
        status,
        format!("Could not {what}: {error}. Run it as root, or name another --root."),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_unit_starts_the_program_that_was_named() {
        let unit = unit("/opt/lockbox/bin/lockboxd");
        assert!(unit.contains("\nExecStart=/opt/lockbox/bin/lockboxd serve "));
        assert!(!unit.contains(PROGRAM), "{unit}");
    }

    #[test]
    fn a_program_that_the_unit_cannot_see_or_run_is_told() {
        let dir = tempfile::tempdir().unwrap();
        let program = dir.path().join("lockboxd");
        let says = |program: &Path| out_of_reach(program).unwrap_or_default();
        assert!(says(&program).contains("no such file"));
        fs::write(&program, "#!/bin/sh").unwrap();
        assert!(says(&program).contains("everybody may run"));
        assert!(says(dir.path()).contains("no program"));
        fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
        // Where temporary files lie, which is hidden.
        assert!(says(&program).contains("hidden"), "{}", says(&program));
        assert_eq!(out_of_reach(Path::new("/bin/sh")), None);
    }
}
