//! The machine loses its power. A killed process leaves its writes in the page cache, so that kill
//! alone would never notice a sync that is missing. A preload library (`keep_synced.c`) notes
//! every write and every sync; after the kill the files are put back to what was synced, and in
//! every second round a part of what was not has reached the disk as well, its last write torn.
//!
//! What is safe when: the bytes of a file after a sync of that file; a name that was made, moved or
//! removed after a sync of its directory. Before that, any prefix of a file's writes may be there,
//! each file for itself, and any prefix of what happened to the names.

use super::random::Random;
use super::rounds::{self, Power};
use crate::program::Home;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

/// The rounds in which a disk that lies must have been found out.
const ROUNDS_TO_FIND_OUT: usize = 8;

/// The preload library, built once.
pub fn library() -> &'static Path {
    static LIBRARY: OnceLock<PathBuf> = OnceLock::new();
    LIBRARY.get_or_init(|| {
        let source =
            Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/integration/crash/keep_synced.c");
        let library = Path::new(env!("CARGO_TARGET_TMPDIR")).join("keep_synced.so");
        // Built beside and moved, so that nobody ever loads half of it.
        let fresh = library.with_extension(std::process::id().to_string());
        let built = Command::new("cc")
            .args([
                "-O1", "-Wall", "-Wextra", "-Werror", "-shared", "-fPIC", "-o",
            ])
            .args([&fresh, &source])
            .arg("-ldl")
            .status()
            .expect("a C compiler, as the bundled SQLite needs one too");
        assert!(built.success());
        std::fs::rename(&fresh, &library).unwrap();
        library
    })
}

/// A disk that keeps what was synced, and as much of the rest as chance will have it.
struct Disk {
    /// Whether it answers syncs without doing anything.
    lies: bool,
}

impl Power for Disk {
    fn serve(&self, home: &Home, mut command: Command) -> Command {
        Files::read(&home.data()).save(&base(home));
        let _ = std::fs::remove_file(journal(home));
        command
            .env("LD_PRELOAD", library())
            .env("LOCKBOX_SYNCED_DIR", home.data())
            .env("LOCKBOX_SYNCED_JOURNAL", journal(home));
        if self.lies {
            command.env("LOCKBOX_SYNCED_SWALLOW", "1");
        }
        command
    }

    fn cut(&self, home: &Home, random: &mut Random) {
        // There is none where the kill was faster than the loader.
        let journal = std::fs::read(journal(home)).unwrap_or_default();
        let mut disk = Machine::new(Files::read(&base(home)));
        for entry in entries(&journal) {
            disk.note(entry);
        }
        let torn = random.once_in(2);
        disk.left(torn.then_some(random)).save(&home.data());
    }
}

fn base(home: &Home) -> PathBuf {
    home.file("at-start")
}

fn journal(home: &Home) -> PathBuf {
    home.file("journal")
}

/// The regular files of a directory, as bytes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Files(BTreeMap<String, Vec<u8>>);

impl Files {
    /// Reads them.
    pub fn read(dir: &Path) -> Self {
        let mut files = BTreeMap::new();
        for entry in std::fs::read_dir(dir).unwrap() {
            let entry = entry.unwrap();
            let name = entry.file_name().into_string().unwrap();
            // The shared memory of SQLite lies in a file, but is none.
            if entry.file_type().unwrap().is_file() && !name.ends_with("-shm") {
                files.insert(name, std::fs::read(entry.path()).unwrap());
            }
        }
        Self(files)
    }

    /// Makes the directory anew, with these and nothing else.
    pub fn save(&self, dir: &Path) {
        use std::os::unix::fs::OpenOptionsExt;
        let _ = std::fs::remove_dir_all(dir);
        std::os::unix::fs::DirBuilderExt::mode(&mut std::fs::DirBuilder::new(), 0o700)
            .create(dir)
            .unwrap();
        for (name, bytes) in &self.0 {
            let mut file = std::fs::OpenOptions::new()
                .create_new(true)
                .write(true)
                .mode(0o600)
                .open(dir.join(name))
                .unwrap();
            std::io::Write::write_all(&mut file, bytes).unwrap();
        }
    }
}

/// One line of the journal.
#[derive(Debug)]
enum Entry<'a> {
    Opened(u64, &'a str),
    Created(u64, &'a str),
    Changed(u64, Change),
    Synced(u64),
    DirectorySynced,
    Renamed(&'a str, &'a str),
    Removed(&'a str),
}

/// What happened to the bytes of a file.
#[derive(Clone, Debug)]
enum Change {
    Write(usize, Vec<u8>),
    Cut(usize),
}

impl Change {
    fn apply(&self, bytes: &mut Vec<u8>) {
        match self {
            Self::Write(offset, data) => {
                let end = offset + data.len();
                if bytes.len() < end {
                    bytes.resize(end, 0);
                }
                bytes[*offset..end].copy_from_slice(data);
            }
            Self::Cut(length) => bytes.resize(*length, 0),
        }
    }

    /// The change as it looks when the power goes in the middle of it.
    fn torn(&self, random: &mut Random) -> Option<Self> {
        let Self::Write(offset, data) = self else {
            return None;
        };
        // Disks write sectors whole, but nobody promises that.
        let unit = if random.once_in(2) { 512 } else { 1 };
        let kept = random.below(data.len().div_ceil(unit)) * unit;
        Some(Self::Write(*offset, data[..kept].to_vec()))
    }
}

/// What happened to a name.
#[derive(Clone, Debug)]
enum Naming {
    Put(String, usize),
    Move(String, String),
    Drop(String),
}

impl Naming {
    fn apply(&self, names: &mut BTreeMap<String, usize>) {
        match self {
            Self::Put(name, file) => {
                names.insert(name.clone(), *file);
            }
            Self::Move(from, to) => {
                if let Some(file) = names.remove(from) {
                    names.insert(to.clone(), file);
                }
            }
            Self::Drop(name) => {
                names.remove(name);
            }
        }
    }
}

/// A file: what is safe of it, and what has happened since.
#[derive(Default)]
struct Kept {
    safe: Vec<u8>,
    since: Vec<Change>,
}

/// A machine whose power can go.
struct Machine {
    files: Vec<Kept>,
    inodes: BTreeMap<u64, usize>,
    names: BTreeMap<String, usize>,
    safe_names: BTreeMap<String, usize>,
    since: Vec<Naming>,
}

impl Machine {
    fn new(files: Files) -> Self {
        let mut machine = Self {
            files: Vec::new(),
            inodes: BTreeMap::new(),
            names: BTreeMap::new(),
            safe_names: BTreeMap::new(),
            since: Vec::new(),
        };
        for (name, safe) in files.0 {
            machine.names.insert(name, machine.files.len());
            let since = Vec::new();
            machine.files.push(Kept { safe, since });
        }
        machine.safe_names = machine.names.clone();
        machine
    }

    fn note(&mut self, entry: Entry<'_>) {
        match entry {
            Entry::Opened(inode, name) => {
                // What is not in the snapshot (shared memory) does not count.
                if let Some(file) = self.names.get(name) {
                    self.inodes.insert(inode, *file);
                }
            }
            Entry::Created(inode, name) => {
                self.inodes.insert(inode, self.files.len());
                self.name(Naming::Put(name.to_owned(), self.files.len()));
                self.files.push(Kept::default());
            }
            Entry::Changed(inode, change) => {
                if let Some(file) = self.inodes.get(&inode) {
                    self.files[*file].since.push(change);
                }
            }
            Entry::Synced(inode) => {
                if let Some(file) = self.inodes.get(&inode) {
                    let file = &mut self.files[*file];
                    for change in std::mem::take(&mut file.since) {
                        change.apply(&mut file.safe);
                    }
                }
            }
            Entry::DirectorySynced => {
                self.since.clear();
                self.safe_names = self.names.clone();
            }
            Entry::Renamed(from, to) => self.name(Naming::Move(from.to_owned(), to.to_owned())),
            Entry::Removed(name) => self.name(Naming::Drop(name.to_owned())),
        }
    }

    fn name(&mut self, naming: Naming) {
        naming.apply(&mut self.names);
        self.since.push(naming);
    }

    /// What is left after the power has gone: what was safe, and a part of the rest where there is
    /// chance to choose one.
    fn left(mut self, mut chance: Option<&mut Random>) -> Files {
        if let Some(random) = &mut chance {
            let kept = random.below(self.since.len() + 1);
            for naming in &self.since[..kept] {
                naming.apply(&mut self.safe_names);
            }
        }
        let mut files = BTreeMap::new();
        for (name, file) in self.safe_names {
            let Kept { safe, since } = &self.files[file];
            let mut bytes = safe.clone();
            if let Some(random) = &mut chance {
                let kept = random.below(since.len() + 1);
                for change in &since[..kept] {
                    change.apply(&mut bytes);
                }
                let torn = since.get(kept).and_then(|change| change.torn(random));
                if let Some(torn) = torn {
                    torn.apply(&mut bytes);
                }
            }
            if !name.ends_with("-shm") {
                files.insert(name, bytes);
            }
        }
        Files(files)
    }
}

/// The journal's entries, up to the one that the kill has cut off.
fn entries(mut journal: &[u8]) -> Vec<Entry<'_>> {
    const HEAD: usize = 32;
    let mut found = Vec::new();
    while journal.len() >= HEAD {
        let (head, rest) = journal.split_at(HEAD);
        let small = |at: usize| u32::from_le_bytes(head[at..at + 4].try_into().unwrap());
        let large = |at: usize| u64::from_le_bytes(head[at..at + 8].try_into().unwrap());
        assert_eq!(small(0), 0x4c6f_636b, "the journal is out of step");
        let (file, offset) = (large(8), usize::try_from(large(16)).unwrap());
        let name = usize::try_from(small(24)).unwrap();
        let data = usize::try_from(small(28)).unwrap();
        if rest.len() < name + data {
            break;
        }
        let text = std::str::from_utf8(&rest[..name]).unwrap();
        let bytes = &rest[name..name + data];
        found.push(match small(4) {
            1 => Entry::Opened(file, text),
            2 => Entry::Created(file, text),
            3 => Entry::Changed(file, Change::Write(offset, bytes.to_vec())),
            4 => Entry::Changed(file, Change::Cut(offset)),
            5 => Entry::Synced(file),
            6 => Entry::DirectorySynced,
            7 => text
                .split_once('/')
                .map(|(from, to)| Entry::Renamed(from, to))
                .unwrap(),
            8 => Entry::Removed(text),
            other => panic!("{other} is no kind of entry"),
        });
        journal = &rest[name + data..];
    }
    found
}

#[test]
fn nothing_acknowledged_is_lost_when_the_power_goes() {
    let disk = Disk { lies: false };
    let wanted = rounds::wanted();
    let tally =
        rounds::run(wanted, &disk, Random::seed()).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(tally.rounds, wanted);
    assert!(tally.decided >= wanted, "hardly any load: {tally}");
}

/// The test above can fail: without syncs (a disk that lies, `synchronous=OFF`) it does.
#[test]
fn a_disk_that_does_not_sync_is_found_out() {
    let disk = Disk { lies: true };
    let lost = rounds::run(ROUNDS_TO_FIND_OUT, &disk, Random::seed()).unwrap_err();
    let found_out = [
        "was acknowledged",
        "acknowledged as",
        "another record now",
        "were seen",
        "the daemon does not start",
    ];
    assert!(found_out.iter().any(|text| lost.contains(text)), "{lost}");
}
