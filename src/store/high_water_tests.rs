use super::*;
use std::os::unix::fs::PermissionsExt;

const HIGH_WATER: &str = "high-water.json";

fn mark(records: u64) -> HighWater {
    HighWater {
        time: Timestamp::parse("2026-11-21T12:00:00Z"),
        logs: vec![LogMark {
            organization_id: OrgId::new(),
            log_id: LogId::new(),
            records,
            leaf_hash: Some("00".repeat(32)),
            next_reference: 42,
        }],
    }
}

#[test]
fn what_is_written_is_read_again_and_is_private() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join(HIGH_WATER);
    assert_eq!(HighWater::read(&path).unwrap(), None);
    for records in [1, 2] {
        let mark = mark(records);
        mark.write(&path).unwrap();
        assert_eq!(HighWater::read(&path).unwrap(), Some(mark));
    }
    let mode = std::fs::metadata(&path).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let names: Vec<_> = std::fs::read_dir(dir.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .collect();
    assert_eq!(names, [HIGH_WATER]);
}

#[test]
fn a_file_that_is_no_high_water_is_not_taken_for_a_missing_one() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join(HIGH_WATER);
    for text in ["", "{", "[]", "{\"logs\": 3}"] {
        std::fs::write(&path, text).unwrap();
        let error = HighWater::read(&path).unwrap_err();
        assert_eq!(error.code(), "highWaterUnreadable", "{text}");
    }
}

#[test]
fn a_place_that_cannot_be_written_is_named_with_the_remedy() {
    let dir = tempfile::tempdir().unwrap();
    let error = mark(1)
        .write(&dir.path().join("none/here.json"))
        .unwrap_err();
    assert_eq!(error.code(), "highWaterUnwritable");
    assert!(error.message().contains("none/here.json"), "{error}");
    assert!(error.remedy().contains("high_water"), "{error:?}");
}
