use super::*;
use std::os::unix::fs::symlink;

fn at(text: &str) -> Timestamp {
    Timestamp::parse(text).unwrap()
}

fn wall(text: &str) -> DateTime {
    text.parse().unwrap()
}

fn near_of(name: &str) -> Vec<String> {
    zone(name).unwrap_err().near
}

#[test]
fn a_gap_means_its_end_and_a_fold_has_a_first_and_a_last() {
    let zurich = zone("Europe/Zurich").unwrap();
    let both = |text: &str| (zurich.first(wall(text)), zurich.last(wall(text)));
    // Clocks were set from 02:00 to 03:00.
    let end = at("2026-03-29T01:00:00Z");
    for text in [
        "2026-03-29T02:00:00",
        "2026-03-29T02:30:00",
        "2026-03-29T03:00:00",
    ] {
        assert_eq!(both(text), (end, end), "{text}");
    }
    // From 03:00 back to 02:00.
    let (first, last) = (at("2026-10-25T00:30:00Z"), at("2026-10-25T01:30:00Z"));
    assert_eq!(both("2026-10-25T02:30:00"), (first, last));
    assert_eq!(zurich.local(first), zurich.local(last));
    let single = at("2026-10-25T02:00:00Z");
    assert_eq!(both("2026-10-25T03:00:00"), (single, single));
    // A day that Samoa left out.
    let apia = zone("Pacific/Apia").unwrap();
    let after = at("2011-12-30T10:00:00Z");
    assert_eq!(apia.first(wall("2011-12-30T09:00:00")), after);
    assert_eq!(apia.local(after), wall("2011-12-31T00:00:00"));
}

#[test]
fn rules_that_were_changed_hold_from_their_day_on() {
    let shows = |name: &str, instant: &str| zone(name).unwrap().local(at(instant)).to_string();
    // Turkey stayed on summer time in 2016; Brazil gave it up in 2019.
    assert_eq!(
        shows("Europe/Istanbul", "2015-12-01T12:00:00Z"),
        "2015-12-01T14:00:00"
    );
    assert_eq!(
        shows("Europe/Istanbul", "2016-12-01T12:00:00Z"),
        "2016-12-01T15:00:00"
    );
    assert_eq!(
        shows("America/Sao_Paulo", "2018-12-01T12:00:00Z"),
        "2018-12-01T10:00:00"
    );
    assert_eq!(
        shows("America/Sao_Paulo", "2019-12-01T12:00:00Z"),
        "2019-12-01T09:00:00"
    );
    // Morocco sets its clocks back for Ramadan.
    assert_eq!(
        shows("Africa/Casablanca", "2024-03-01T12:00:00Z"),
        "2024-03-01T13:00:00"
    );
    assert_eq!(
        shows("Africa/Casablanca", "2024-03-20T12:00:00Z"),
        "2024-03-20T12:00:00"
    );
}

#[test]
fn instants_beyond_the_years_stand_still() {
    let zurich = zone("Europe/Zurich").unwrap();
    let end = zurich.local(Timestamp::from_millis(i64::MAX));
    assert_eq!(end.year(), 9999);
    assert!(zurich.first(DateTime::MAX) >= at("9999-12-30T00:00:00Z"));
    assert!(zurich.last(DateTime::MIN) < at("0001-01-01T00:00:00Z"));
    assert!(zurich.local(Timestamp::from_millis(i64::MIN)).year() < 0);
    assert_eq!(add_days(Date::MAX, 1), None);
}

#[test]
fn a_wrong_name_is_answered_with_near_ones() {
    for (name, expected) in [
        ("europe/zurich", "Europe/Zurich"),
        ("EUROPE/ZURICH", "Europe/Zurich"),
        ("Zurich", "Europe/Zurich"),
        ("Europe/Zürich", "Europe/Zurich"),
        ("Europe/Zuerich", "Europe/Zurich"),
        ("America/New York", "America/New_York"),
        ("new york", "America/New_York"),
        ("utc", "UTC"),
    ] {
        assert_eq!(
            near_of(name).first().map(String::as_str),
            Some(expected),
            "{name}"
        );
    }
    assert!(near_of("Nowhere/Atall").is_empty());
    let said = zone("Europe/Zuerich").unwrap_err().to_string();
    assert!(
        said.starts_with("There is no time zone 'Europe/Zuerich'; did you mean Europe/Zurich"),
        "{said}"
    );
    let said = zone("Nowhere/Atall").unwrap_err().to_string();
    assert!(said.contains("such as Europe/Zurich"), "{said}");
}

#[test]
fn what_is_no_zone_is_not_read() {
    for name in [
        "",
        "/",
        "Europe",
        "../zoneinfo/Europe/Zurich",
        "/usr/share/zoneinfo/Europe/Zurich",
        "Europe//Zurich",
        "posix/Europe/Zurich",
        "right/Europe/Zurich",
        "posixrules",
        "localtime",
        "Factory",
        "tzdata.zi",
        "leapseconds",
        "Europe/Zurich\0",
        "Europe/Zurich ",
    ] {
        assert!(zone(name).is_err(), "{name}");
    }
}

#[test]
fn the_longest_name_is_looked_for_and_a_longer_one_is_not() {
    let dir = tempfile::tempdir().unwrap();
    let longest = "A".repeat(LONGEST_NAME);
    symlink(
        "/usr/share/zoneinfo/Europe/Zurich",
        dir.path().join(&longest),
    )
    .unwrap();
    assert!(zone_in(Some(dir.path()), &longest).is_ok());
    assert_eq!(
        zone_in(Some(dir.path()), &longest.to_lowercase())
            .unwrap_err()
            .near,
        std::slice::from_ref(&longest)
    );
    let longer = format!("{longest}A");
    symlink(
        "/usr/share/zoneinfo/Europe/Zurich",
        dir.path().join(&longer),
    )
    .unwrap();
    assert!(
        zone_in(Some(dir.path()), &longer)
            .unwrap_err()
            .near
            .is_empty()
    );
}

#[test]
fn old_names_that_are_only_links_lead_to_what_they_stand_for() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::create_dir(dir.path().join("America")).unwrap();
    symlink(
        "/usr/share/zoneinfo/America/New_York",
        dir.path().join("America/New_York"),
    )
    .unwrap();
    std::fs::write(
        dir.path().join("tzdata.zi"),
        "# version 2031z\nL America/New_York US/Eastern\n",
    )
    .unwrap();
    let found = zone_in(Some(dir.path()), "America/New_York").unwrap();
    assert_eq!(
        (found.name(), found.tzdb()),
        ("America/New_York", Some("2031z"))
    );
    for name in ["US/Eastern", "us/eastern"] {
        let unknown = zone_in(Some(dir.path()), name).unwrap_err();
        assert_eq!(unknown.near, ["America/New_York"], "{name}");
    }
}

#[test]
fn the_version_is_where_the_database_has_it() {
    let dir = tempfile::tempdir().unwrap();
    let version = || version_in(dir.path());
    assert_eq!(version(), None);
    std::fs::write(dir.path().join("+VERSION"), "2030a\n").unwrap();
    assert_eq!(version().as_deref(), Some("2030a"));
    std::fs::write(dir.path().join("tzdata.zi"), "# version 2030b\n# more\n").unwrap();
    assert_eq!(version().as_deref(), Some("2030b"));
    std::fs::write(dir.path().join("tzdata.zi"), "# no version here\n").unwrap();
    assert_eq!(version().as_deref(), Some("2030a"));
    assert_eq!(
        zone("Europe/Zurich").unwrap().tzdb(),
        tzdb_version().as_deref()
    );
}

#[test]
fn a_machine_without_a_database_is_told_what_to_do() {
    let unknown = zone_in(None, "Europe/Zurich").unwrap_err();
    assert!(unknown.near.is_empty() && unknown.to_string().contains("install the package tzdata"));
    assert_eq!(
        Zone::utc().local(at("2026-11-21T09:00:00Z")),
        wall("2026-11-21T09:00:00")
    );
}

#[test]
fn a_broken_file_is_no_zone() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("Broken"), "TZif2 and then nothing").unwrap();
    assert!(zone_in(Some(dir.path()), "Broken").is_err());
}
