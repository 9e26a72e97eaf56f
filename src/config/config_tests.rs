use super::*;
use std::path::Path;

fn load(text: &str) -> Result<Config, Problems> {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("lockboxd.toml");
    std::fs::write(&file, text).unwrap();
    Config::load(&Overrides {
        file: Some(file),
        data_dir: Some("/data".into()),
        listen: Vec::new(),
    })
}

#[test]
fn an_empty_file_gives_the_defaults() {
    let config = load("").unwrap();
    assert_eq!(config.listen, [DEFAULT_LISTEN.parse().unwrap()]);
    assert_eq!(config.socket, Path::new("/data/lockboxd.sock"));
    assert_eq!(config.limits, Limits::default());
    assert_eq!(config.http, http::Limits::default());
    assert_eq!(config.names, Names::default());
    assert_eq!(config.catalog, Catalog::default());
}

#[test]
fn values_of_the_file_are_taken_and_flags_stand_above() {
    let text = r#"
        listen = ["127.0.0.1:9000"]
        [names]
        forest = "eurprd01"
        engineer = "Fabrikam Engineer"
        [limits]
        pending_per_tenant = 3
        body_bytes = 2048
        [timeouts]
        drain = 5
        [[profiles]]
        name = "short"
        maximum_access_seconds = 3600
        [[services]]
        name = "Vault"
        profile = "short"
    "#;
    let config = load(text).unwrap();
    assert_eq!(config.listen, ["127.0.0.1:9000".parse().unwrap()]);
    assert_eq!(
        config.names.service_account,
        "BOXServiceAccount@eurprd01.prod.outlook.com"
    );
    assert_eq!(config.names.engineer, "Fabrikam Engineer");
    assert_eq!(config.limits.pending_per_tenant, 3);
    assert_eq!(config.http.body_bytes, 2048);
    assert_eq!(config.http.drain, Duration::from_secs(5));
    assert_eq!(config.catalog.service("vault").unwrap().profile, "short");
    let short = config.catalog.profile("short").unwrap();
    assert_eq!(short.default_access_seconds, 3_600);
}

#[test]
fn a_socket_path_that_nobody_could_connect_to_is_a_problem() {
    let longest = "s".repeat(http::LONGEST_SOCKET_PATH - "/data/".len());
    let load_with = |name: &str| load(&format!("data_dir = \"/data\"\nsocket = \"/data/{name}\""));
    // The schema's own bound is tighter.
    assert!(load_with(&longest[..94]).is_ok());
    assert!(load_with(&longest[..95]).is_err());
    let at = |length: usize| {
        let dir = "d".repeat(length - "//lockboxd.sock".len());
        Config::load(&Overrides {
            data_dir: Some(format!("/{dir}").into()),
            ..Overrides::default()
        })
    };
    assert!(at(http::LONGEST_SOCKET_PATH).is_ok());
    let problems = at(http::LONGEST_SOCKET_PATH + 1).unwrap_err().0;
    assert!(problems[0].contains("108 bytes"), "{problems:?}");
}

#[test]
fn a_faulty_key_does_not_hide_problems_of_the_others() {
    let problems = load("lsten = []\nlisten = [\"192.0.2.1:8420\"]\n[log]\nlevel = \"loud\"\n[[services]]\nname = \"Vault\"\nprofile = \"nowhere\"\n")
        .unwrap_err()
        .0;
    for word in ["lsten", "192.0.2.1", "level", "nowhere"] {
        assert!(
            problems.iter().any(|problem| problem.contains(word)),
            "{word} is missing in {problems:?}"
        );
    }
}

#[test]
fn every_problem_is_reported_at_once() {
    let problems = load("lsten = []\n[limits]\nbody_bytes = 1\n[log]\nlevel = \"loud\"\n")
        .unwrap_err()
        .0;
    for word in ["lsten", "body_bytes", "level"] {
        assert!(
            problems.iter().any(|problem| problem.contains(word)),
            "{word} is missing in {problems:?}"
        );
    }
    let problems = Config::load(&Overrides {
        listen: vec!["0.0.0.0:8420".to_owned(), "nowhere".to_owned()],
        ..Overrides::default()
    })
    .unwrap_err()
    .0;
    assert_eq!(problems.len(), 3, "{problems:?}");
    assert!(
        problems
            .iter()
            .any(|problem| problem.contains("data directory"))
    );
    assert!(problems.iter().any(|problem| problem.contains("TLS")));
    assert!(problems.iter().any(|problem| problem.contains("'nowhere'")));
}

#[test]
fn the_shipped_settings_are_sound_and_their_comments_show_the_defaults() {
    let shipped = include_str!("../../contrib/lockboxd.toml");
    assert!(load(shipped).unwrap().log_json);
    let all: String = shipped
        .lines()
        .map(|line| match line.strip_prefix('#') {
            Some(setting) if !setting.starts_with(' ') => format!("{setting}\n"),
            _ => format!("{line}\n"),
        })
        .collect();
    let (told, silent) = (load(&all).unwrap(), load("").unwrap());
    assert_eq!(told.listen, silent.listen);
    assert_eq!(told.limits, silent.limits);
    assert_eq!(told.http, silent.http);
    assert_eq!(told.log_level, silent.log_level);
}
