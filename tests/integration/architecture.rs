//! The house as the map in `src/lib.rs` draws it: which room may use which, and how large a file
//! may grow. Every `crate::<room>` path counts, not only `use` lines.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// Rooms that everybody may use: errors, identities, secrets, networks, and the types of the clock.
const FREE: [&str; 5] = ["error", "ids", "crypto", "net", "clock"];

/// Rooms that may use nothing but the free ones.
const LEAVES: [&str; 4] = ["domain", "audit", "jsonrpc", "contract"];

/// Who may use whom, beside the free rooms; everybody but the leaves may also use `telemetry`.
/// `cli` and `daemon` may use all.
const TABLE: [(&str, &[&str]); 22] = [
    ("http", &["auth"]),
    (
        "rpc",
        &["service", "contract", "domain", "audit", "auth", "jsonrpc"],
    ),
    ("jobs", &["service", "store", "domain", "hook", "egress"]),
    ("hook", &["egress"]),
    ("egress", &[]),
    ("letter", &["domain", "audit"]),
    (
        "notify",
        &["service", "store", "domain", "letter", "egress"],
    ),
    (
        "service",
        &["auth", "domain", "store", "audit", "letter", "egress"],
    ),
    ("auth", &["domain", "store"]),
    ("store", &["domain", "audit"]),
    ("domain", &[]),
    ("audit", &[]),
    ("jsonrpc", &[]),
    ("contract", &[]),
    // The settings have the types of the rooms that they are for; only cli and daemon read them.
    (
        "config",
        &[
            "contract", "domain", "egress", "hook", "http", "jsonrpc", "letter", "notify",
            "service",
        ],
    ),
    ("error", &[]),
    ("ids", &[]),
    ("crypto", &[]),
    ("net", &[]),
    ("clock", &[]),
    ("telemetry", &[]),
    ("supervisor", &[]),
];

/// Rooms that may use all.
const ROOTS: [&str; 2] = ["cli", "daemon"];

/// The most lines of a file, tests aside.
const LONGEST_FILE: usize = 500;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

/// Every file of the sources that is no test, as its path under `src/` and its text without tests.
fn sources() -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut open = vec![root()];
    while let Some(dir) = open.pop() {
        for entry in std::fs::read_dir(dir).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let name = path.strip_prefix(root()).unwrap().display().to_string();
                let text = std::fs::read_to_string(&path).unwrap();
                if !is_test(&name) {
                    // Tests that stand in the file itself are the end of it.
                    let own = text.split("\n#[cfg(test)]\nmod tests {").next().unwrap();
                    found.push((name, own.to_owned()));
                }
            }
        }
    }
    found.sort();
    assert!(found.len() > 50, "{} files", found.len());
    found
}

/// Tests lie in siblings: `*_tests.rs`, `contract_tests/`, and a `testing.rs` that serves them.
fn is_test(name: &str) -> bool {
    name.ends_with("_tests.rs") || name.contains("_tests/") || name.ends_with("/testing.rs")
}

/// The room of a file: its folder, or its own name at the top.
fn room(name: &str) -> &str {
    name.split('/').next().unwrap().trim_end_matches(".rs")
}

/// The code of a file: without comments and texts.
fn code(text: &str) -> String {
    let mut code = String::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let skipped = if rest.starts_with("//") {
            rest.find('\n').unwrap_or(rest.len())
        } else if rest.starts_with("/*") {
            rest.find("*/").map_or(rest.len(), |end| end + 2)
        } else if let Some(length) = raw_text(rest) {
            length
        } else if first == '"' {
            plain_text(rest)
        } else if rest.starts_with("'\"'") {
            3
        } else {
            code.push(first);
            first.len_utf8()
        };
        if skipped > first.len_utf8() {
            code.push(' ');
        }
        rest = &rest[skipped..];
    }
    code
}

fn plain_text(rest: &str) -> usize {
    let mut escaped = false;
    for (at, letter) in rest.char_indices().skip(1) {
        match letter {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return at + 1,
            _ => {}
        }
    }
    rest.len()
}

fn raw_text(rest: &str) -> Option<usize> {
    let hashes = rest
        .strip_prefix('r')?
        .chars()
        .take_while(|c| *c == '#')
        .count();
    rest.get(1 + hashes..)?.strip_prefix('"')?;
    let close = format!("\"{}", "#".repeat(hashes));
    let begin = 2 + hashes;
    Some(
        rest[begin..]
            .find(&close)
            .map_or(rest.len(), |end| begin + end + close.len()),
    )
}

/// Every room that code names by a `crate::` path, also in groups and over several lines.
fn rooms_used(code: &str) -> BTreeSet<String> {
    let dense: String = code.split_whitespace().collect::<Vec<_>>().join(" ");
    let dense = dense.replace(" ::", "::").replace(":: ", "::");
    let mut found = BTreeSet::new();
    for (at, _) in dense.match_indices("crate::") {
        // `$crate::` counts; `my_crate::` does not.
        let before = dense[..at].chars().next_back();
        if before.is_some_and(|letter| letter.is_alphanumeric() || letter == '_') {
            continue;
        }
        let rest = dense[at + "crate::".len()..].trim_start();
        match rest.strip_prefix('{') {
            Some(group) => found.extend(group_heads(group)),
            None => found.extend(head(rest)),
        }
    }
    found
}

fn head(rest: &str) -> Option<String> {
    let name: String = rest
        .chars()
        .take_while(|letter| letter.is_alphanumeric() || *letter == '_')
        .collect();
    (!name.is_empty()).then_some(name)
}

/// The first names in a group, its inner groups left out.
fn group_heads(group: &str) -> Vec<String> {
    let (mut depth, mut start, mut parts) = (0, 0, Vec::new());
    for (at, letter) in group.char_indices() {
        match letter {
            '{' => depth += 1,
            '}' if depth == 0 => {
                parts.push(&group[start..at]);
                break;
            }
            '}' => depth -= 1,
            ',' if depth == 0 => {
                parts.push(&group[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    parts
        .iter()
        .filter_map(|part| head(part.trim_start()))
        .collect()
}

/// What every room uses, with one file that does.
fn uses() -> BTreeMap<(String, String), String> {
    let mut found = BTreeMap::new();
    for (name, text) in sources() {
        for used in rooms_used(&code(&text)) {
            found.insert((room(&name).to_owned(), used), name.clone());
        }
    }
    found
}

fn rooms() -> BTreeSet<String> {
    sources()
        .iter()
        .map(|(name, _)| room(name).to_owned())
        .collect()
}

fn allowed(from: &str, to: &str) -> bool {
    let leaf = LEAVES.contains(&from);
    from == to
        || ROOTS.contains(&from)
        || FREE.contains(&to)
        || (to == "telemetry" && !leaf)
        || TABLE
            .iter()
            .any(|(room, may)| *room == from && may.contains(&to))
}

#[test]
fn no_room_uses_what_the_map_does_not_allow() {
    let rooms = rooms();
    let mut wrong = Vec::new();
    for ((from, to), file) in uses() {
        // `crate::Something` that is no room is an item of `lib.rs`, which has none.
        assert!(
            rooms.contains(&to),
            "{file} names crate::{to}, which is no room"
        );
        if !["lib", "main"].contains(&from.as_str()) && !allowed(&from, &to) {
            wrong.push(format!("{from} may not use {to}: {file}"));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn no_path_climbs_out_of_its_room() {
    for (name, text) in sources() {
        // How many modules a file is deep: `service/request/end.rs` is three, `clock.rs` one.
        let depth = name.trim_end_matches("/mod.rs").split('/').count();
        let climbs = "super::".repeat(depth);
        let code = code(&text);
        assert!(!code.contains(&climbs), "{name} climbs out by {climbs}");
    }
}

#[test]
fn every_room_stands_in_the_map_and_no_permission_is_stale() {
    let rooms = rooms();
    let uses = uses();
    for room in &rooms {
        let known = TABLE.iter().any(|(name, _)| name == room)
            || ROOTS.contains(&room.as_str())
            || ["lib", "main"].contains(&room.as_str());
        assert!(known, "the room '{room}' is missing in the table");
    }
    for (from, may) in TABLE {
        assert!(
            rooms.contains(from),
            "the table knows '{from}', which is gone"
        );
        for to in may {
            let used = uses.contains_key(&(from.to_owned(), (*to).to_owned()));
            assert!(used, "{from} may use {to} and does not: take the entry out");
        }
        assert!(
            !LEAVES.contains(&from) || may.is_empty(),
            "{from} is a leaf"
        );
    }
}

#[test]
fn the_map_in_the_documentation_names_every_room() {
    let map = std::fs::read_to_string(root().join("lib.rs")).unwrap();
    for room in rooms()
        .iter()
        .filter(|room| !["lib", "main"].contains(&room.as_str()))
    {
        assert!(map.contains(&format!("[`{room}`]")), "'{room}' is missing");
    }
}

#[test]
fn no_file_is_too_long() {
    let long: Vec<String> = sources()
        .iter()
        .map(|(name, text)| (name, text.lines().count()))
        .filter(|(_, lines)| *lines > LONGEST_FILE)
        .map(|(name, lines)| format!("{name} has {lines} lines"))
        .collect();
    assert!(long.is_empty(), "more than {LONGEST_FILE}: {long:#?}");
}

#[test]
fn only_the_clock_reads_time_and_only_ids_draws_identities() {
    let allowances = [("clock.rs", 2), ("ids.rs", 2)];
    for (name, text) in sources() {
        let lifted = text.matches("clippy::disallowed_methods").count();
        let expected = allowances
            .iter()
            .find(|(file, _)| *file == name)
            .map_or(0, |(_, count)| *count);
        assert!(lifted <= expected, "{name} lifts the ban {lifted} time(s)");
    }
}

#[test]
fn the_scanner_sees_every_form_of_a_path() {
    let text = r##"
        use crate::{
            alpha::{One, Two}, // crate::no_comment
            beta,
        };
        use crate::gamma as other;
        pub(crate) fn f() -> crate::delta::Kind {
            let text = "crate::no_text \" crate::no_text";
            let raw = r#"crate::no_raw " crate::no_raw"#;
            /* crate::no_block */
            let quote = '"'; let after = crate :: epsilon :: call();
            not_crate::no_other::f($crate::zeta!())
        }
    "##;
    let found: Vec<String> = rooms_used(&code(text)).into_iter().collect();
    assert_eq!(
        found,
        ["alpha", "beta", "delta", "epsilon", "gamma", "zeta"]
    );
}

#[test]
fn the_table_says_no_where_it_should() {
    for (from, to) in [
        ("store", "service"),
        ("domain", "store"),
        ("audit", "domain"),
        ("domain", "telemetry"),
        ("service", "rpc"),
        ("http", "rpc"),
        ("rpc", "store"),
        ("rpc", "config"),
        ("auth", "service"),
        ("jobs", "audit"),
    ] {
        assert!(!allowed(from, to), "{from} → {to}");
    }
    assert!(
        allowed("service", "telemetry") && allowed("domain", "clock") && allowed("cli", "http")
    );
}
