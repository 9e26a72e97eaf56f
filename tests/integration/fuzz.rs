//! The fuzz targets with their seeds, and with random changes of them: a short run. The long ones,
//! guided by coverage, are run by hand; `fuzz/src/lib.rs` says how.

#[path = "../../fuzz/src/lib.rs"]
mod targets;

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use std::path::Path;

/// How many changed seeds each target is given.
const CASES: u32 = 1_000;

fn seeds(target: &str) -> Vec<Vec<u8>> {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("fuzz/seeds")
        .join(target);
    let mut files: Vec<_> = std::fs::read_dir(dir)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    files.sort();
    assert!(!files.is_empty(), "no seeds of {target}");
    files
        .iter()
        .map(|file| std::fs::read(file).unwrap())
        .collect()
}

/// One change of some bytes: so many are replaced, there, by these.
type Edit = (prop::sample::Index, usize, Vec<u8>);

fn edits() -> impl Strategy<Value = Vec<Edit>> {
    let bytes = prop_oneof![
        prop::collection::vec(any::<u8>(), 0..4),
        prop::sample::select(vec![
            "\"",
            "{",
            "]",
            "\\u202e",
            "-1",
            "null",
            "9007199254740992",
            "é"
        ])
        .prop_map(|text: &str| text.as_bytes().to_vec()),
    ];
    prop::collection::vec((any::<prop::sample::Index>(), 0_usize..6, bytes), 1..5)
}

fn feed(target: &str, run: fn(&[u8])) {
    let seeds = seeds(target);
    seeds.iter().for_each(|seed| run(seed));
    let mut runner = TestRunner::new(Config {
        cases: CASES,
        failure_persistence: None,
        ..Config::default()
    });
    let input = (prop::sample::select(seeds), edits()).prop_map(|(mut bytes, edits)| {
        for (place, length, new) in edits {
            let start = place.index(bytes.len() + 1);
            let end = bytes.len().min(start + length);
            bytes.splice(start..end, new);
        }
        bytes
    });
    let outcome = runner.run(&input, |bytes| {
        run(&bytes);
        Ok(())
    });
    if let Err(error) = outcome {
        panic!("{target}: {error}");
    }
}

#[test]
fn the_way_from_a_body_to_its_answer() {
    feed("rpc", targets::rpc);
}

#[test]
fn the_canonical_form() {
    feed("canonical", targets::canonical);
}

#[test]
fn the_configuration() {
    feed("config", targets::config);
}

#[test]
fn instants_ids_scopes_and_addresses() {
    feed("times", targets::times);
}
