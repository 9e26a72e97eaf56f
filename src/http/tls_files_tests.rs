use super::certificates::{Ca, Pair, write_key};
use super::tls::{Tls, TlsFiles};
use super::validity::validity;
use crate::clock::Timestamp;
use crate::crypto::pem;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use tempfile::TempDir;

fn files(dir: &Path, pair: &Pair) -> TlsFiles {
    let (certificate, key) = pair.write(dir);
    TlsFiles {
        certificate,
        key,
        client_ca: None,
        client_optional: false,
    }
}

fn sound() -> (TempDir, TlsFiles) {
    let dir = tempfile::tempdir().unwrap();
    let files = files(dir.path(), &Ca::new("ours").issue(&["localhost"]));
    (dir, files)
}

fn problems(files: &TlsFiles) -> Vec<String> {
    match Tls::load(files.clone()) {
        Ok(_) => panic!("{files:?} is taken"),
        Err(problems) => problems,
    }
}

#[track_caller]
fn one_problem(files: &TlsFiles, words: &[&str]) {
    let problems = problems(files);
    assert_eq!(problems.len(), 1, "{problems:?}");
    for word in words {
        assert!(problems[0].contains(word), "{word} is not in {problems:?}");
    }
}

fn warnings(years: (i32, i32)) -> Vec<String> {
    let dir = tempfile::tempdir().unwrap();
    let pair = Ca::new("ours").issue_for(&["localhost"], years);
    Tls::load(files(dir.path(), &pair))
        .unwrap_or_else(|problems| panic!("{problems:?}"))
        .1
}

#[test]
fn sound_files_are_taken_without_a_word() {
    let (_dir, mut files) = sound();
    assert_eq!(
        Tls::load(files.clone())
            .unwrap_or_else(|_| panic!("taken"))
            .1,
        [""; 0]
    );
    files.client_ca = Some(files.certificate.clone());
    assert!(Tls::load(files).is_ok());
}

#[test]
fn a_certificate_that_clients_refuse_is_warned_about_and_taken() {
    let expired = warnings((2020, 2021));
    assert!(
        expired[0].contains("expired on 2021-01-01T00:00:00"),
        "{expired:?}"
    );
    assert!(expired[0].contains("SIGHUP"), "{expired:?}");
    let early = warnings((2098, 2099));
    assert!(
        early[0].contains("not valid before 2098-01-01"),
        "{early:?}"
    );
    assert!(warnings((2020, 2099)).is_empty());
}

#[test]
fn a_certificate_is_warned_about_two_weeks_before_its_end() {
    let dir = tempfile::tempdir().unwrap();
    let ends_in = |days: i64| {
        let mut params = rcgen::CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
        let now = crate::clock::behind_wall_clock(Timestamp::from_millis(0)) / 1_000;
        let day = rcgen::date_time_ymd(1970, 1, 1) - rcgen::date_time_ymd(1969, 12, 31);
        let days = i32::try_from(now / 86_400 + days).unwrap();
        params.not_after = rcgen::date_time_ymd(1970, 1, 1) + day * days;
        let key = rcgen::KeyPair::generate().unwrap();
        let pair = Pair {
            certificate: params.self_signed(&key).unwrap().pem(),
            key: key.serialize_pem(),
        };
        Tls::load(files(dir.path(), &pair))
            .unwrap_or_else(|_| panic!("taken"))
            .1
    };
    assert_eq!(ends_in(15), [""; 0]);
    let soon = ends_in(14);
    assert!(soon[0].contains("expires on"), "{soon:?}");
}

#[test]
fn everything_that_is_wrong_is_said_at_once() {
    let (dir, files) = sound();
    let nowhere = dir.path().join("nowhere");
    let files = TlsFiles {
        certificate: nowhere.join("c.pem"),
        client_ca: Some(nowhere.join("ca.pem")),
        key: files.certificate,
        client_optional: false,
    };
    let problems = problems(&files);
    assert_eq!(problems.len(), 3, "{problems:?}");
    for (problem, words) in problems.iter().zip(["c.pem", "certificate.pem", "ca.pem"]) {
        assert!(problem.contains(words), "{problems:?}");
    }
}

#[test]
fn files_that_hold_something_else_are_told_apart() {
    let (dir, files) = sound();
    let junk = dir.path().join("junk.pem");
    std::fs::write(&junk, "no PEM at all").unwrap();
    let broken = dir.path().join("broken.pem");
    write_key(
        &broken,
        "-----BEGIN CERTIFICATE-----\n!!!\n-----END CERTIFICATE-----\n",
    );
    let nonsense = dir.path().join("nonsense.pem");
    write_key(
        &nonsense,
        "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
    );

    let with = |certificate: &Path| TlsFiles {
        certificate: certificate.to_owned(),
        ..files.clone()
    };
    one_problem(&with(&junk), &["holds no certificate", "BEGIN CERTIFICATE"]);
    one_problem(&with(&files.key), &["key.pem holds no certificate"]);
    one_problem(&with(&broken), &["no sound PEM file"]);
    one_problem(&with(&nonsense), &["nonsense.pem", "cannot be"]);
    one_problem(&with(dir.path()), &["cannot be read"]);

    std::fs::set_permissions(&junk, std::fs::Permissions::from_mode(0o600)).unwrap();
    let with = |key: &Path| TlsFiles {
        key: key.to_owned(),
        ..files.clone()
    };
    one_problem(&with(&junk), &["no private key", "passphrase"]);
    one_problem(&with(&broken), &["no sound PEM file"]);
    one_problem(&with(&dir.path().join("no.pem")), &["check the path"]);

    let with = |client_ca: &Path| TlsFiles {
        client_ca: Some(client_ca.to_owned()),
        ..files.clone()
    };
    one_problem(&with(&junk), &["holds no certificate"]);
    one_problem(&with(&nonsense), &["name the file of a CA"]);
}

#[test]
fn the_key_has_to_be_that_of_the_certificate() {
    let (dir, files) = sound();
    let other = Ca::new("ours").issue(&["localhost"]);
    write_key(&files.key, &other.key);
    one_problem(&files, &["is not the key", "key.pem", "certificate.pem"]);
    // A chain in the wrong order looks the same.
    let ca = Ca::new("ours");
    let pair = ca.issue(&["localhost"]);
    let (certificate, _) = pair.write(dir.path());
    std::fs::write(&certificate, ca.pem() + &pair.certificate).unwrap();
    one_problem(&files, &["own certificate first"]);
    std::fs::write(&certificate, pair.certificate + &ca.pem()).unwrap();
    assert!(Tls::load(files).is_ok());
}

#[test]
fn a_key_that_others_can_reach_is_refused() {
    let (_dir, files) = sound();
    let set = |mode| {
        let mode = std::fs::Permissions::from_mode(mode);
        std::fs::set_permissions(&files.key, mode).unwrap();
    };
    for mode in [0o604, 0o602, 0o644, 0o777] {
        set(mode);
        let chmod = format!("run: chmod o= {}", files.key.display());
        one_problem(&files, &[&chmod]);
    }
    for mode in [0o400, 0o600, 0o640, 0o440] {
        set(mode);
        assert!(Tls::load(files.clone()).is_ok(), "{mode:o}");
    }
}

#[test]
fn the_validity_is_read_from_both_forms_of_time() {
    let dir = tempfile::tempdir().unwrap();
    let ca = Ca::new("ours");
    let der = |years| {
        let (path, _) = ca.issue_for(&["localhost"], years).write(dir.path());
        pem::certificates(&path).unwrap().remove(0)
    };
    for (from, to) in [(1950, 1999), (2000, 2049), (2050, 9999)] {
        let found = validity(&der((from, to))).unwrap();
        let first = |year| Timestamp::parse(&format!("{year}-01-01T00:00:00Z")).unwrap();
        assert_eq!((found.from, found.to), (first(from), first(to)));
    }
    // Whatever else it is given, it says no.
    let whole = der((2020, 2030));
    assert_eq!(validity(b""), None);
    for end in 0..whole.len() {
        assert_eq!(validity(&whole[..end]), None, "{end}");
    }
    for at in 0..whole.len() {
        for value in [0x00, 0x7f, 0x80, 0x84, 0xff] {
            let mut changed = whole.to_vec();
            changed[at] = value;
            // No more than that it returns.
            let _ = validity(&changed);
        }
    }
}
