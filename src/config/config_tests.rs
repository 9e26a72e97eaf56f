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
    assert_eq!(config.backup_dir, Path::new("/data/backups"));
    assert_eq!(config.high_water, Path::new("/data/high-water.json"));
    assert_eq!(config.limits, Limits::default());
    assert_eq!(config.http, http::Limits::default());
    assert_eq!(config.names, Names::default());
    assert_eq!(config.catalog, Catalog::default());
}

#[test]
fn values_of_the_file_are_taken_and_flags_stand_above() {
    let text = r#"
        listen = ["127.0.0.1:9000"]
        backup_dir = "/elsewhere/backups"
        high_water = "/elsewhere/high.json"
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
    assert_eq!(config.backup_dir, Path::new("/elsewhere/backups"));
    assert_eq!(config.high_water, Path::new("/elsewhere/high.json"));
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
fn whom_the_server_believes_is_configured() {
    assert_eq!(load("").unwrap().trust, http::Trust::default());
    let trust = load(
        r#"
        allowed_hosts = ["Lockbox.Contoso.com", "192.0.2.7", "2001:db8::7"]
        allowed_origins = ["https://lockbox.contoso.com:8443"]
        trusted_proxies = ["127.0.0.1", "10.0.0.0/8", "unix"]
        "#,
    )
    .unwrap()
    .trust;
    assert_eq!(
        trust.hosts,
        ["lockbox.contoso.com", "192.0.2.7", "2001:db8::7"]
    );
    assert_eq!(trust.origins, ["https://lockbox.contoso.com:8443"]);
    assert_ne!(trust.proxies, http::Proxies::default());
    for (text, word) in [
        ("allowed_hosts = [\"contoso.com:443\"]", "allowed_hosts"),
        ("allowed_hosts = [\"*\"]", "allowed_hosts"),
        ("allowed_origins = [\"contoso.com\"]", "allowed_origins"),
        (
            "allowed_origins = [\"https://contoso.com/\"]",
            "allowed_origins",
        ),
        ("allowed_origins = [\"null\"]", "allowed_origins"),
        ("trusted_proxies = [\"0.0.0.0/0\"]", "trusted_proxies"),
        ("trusted_proxies = [\"proxy\"]", "trusted_proxies"),
    ] {
        let problems = load(text).unwrap_err().0;
        assert_eq!(problems.len(), 1, "{text}: {problems:?}");
        assert!(problems[0].contains(word), "{text}: {problems:?}");
    }
}

#[test]
fn tls_for_others_without_a_name_is_warned_about() {
    let warnings = |hosts: &str, listen: &str| {
        let text = format!(
            "allowed_hosts = [{hosts}]\n[tls]\nlisten = [\"{listen}\"]\ncertificate = \"c\"\nkey = \"k\"\n"
        );
        load(&text).unwrap().warnings
    };
    assert!(warnings("", "0.0.0.0:8443")[0].contains("allowed_hosts"));
    assert!(warnings("", "127.0.0.1:8443").is_empty());
    assert!(warnings("\"lockbox.example\"", "0.0.0.0:8443").is_empty());
    assert!(load("").unwrap().warnings.is_empty());
}

#[test]
fn a_proxy_on_the_socket_beside_users_of_the_machine_is_warned_about() {
    let peers = "[unix_peers]\n1000 = \"6d1f2c3e-0000-4000-8000-000000000001\"\n";
    let warnings = |text: String| load(&text).unwrap().warnings;
    let proxy = "trusted_proxies = [\"10.0.0.1\", \"unix\"]\n";
    assert!(warnings(format!("{proxy}{peers}"))[0].contains("unix_peers"));
    assert!(warnings(proxy.to_owned()).is_empty());
    assert!(warnings(format!("trusted_proxies = [\"10.0.0.1\"]\n{peers}")).is_empty());
}

/// The defaults that the schema publishes and those of the program are the same: a file that sets
/// every limit and time-out to its published default changes nothing, and one that sets each one
/// higher changes each.
#[test]
fn limits_are_what_the_schema_says() {
    let schema: serde_json::Value =
        serde_json::from_str(include_str!("../../schemas/config.schema.json")).unwrap();
    let file = |more: u64| {
        let mut text = String::new();
        for section in ["limits", "timeouts"] {
            text.push_str(&format!("[{section}]\n"));
            for (name, spec) in schema["properties"][section]["properties"]
                .as_object()
                .unwrap()
            {
                let value = spec["default"].as_u64().unwrap() + more;
                text.push_str(&format!("{name} = {value}\n"));
            }
        }
        text
    };
    let shown = |text: &str| {
        let config = load(text).unwrap();
        format!(
            "{:?} {:?} {:?} queue_length: {}, hooks_at_once: {}",
            config.limits, config.http, config.jsonrpc, config.queue_length, config.hooks_at_once
        )
    };
    let defaults = shown("");
    assert_eq!(shown(&file(0)), defaults);
    let fields =
        |text: &str| -> Vec<String> { text.split([',', '{', '}']).map(str::to_owned).collect() };
    let higher = shown(&file(1));
    for (one, other) in fields(&defaults).iter().zip(fields(&higher)) {
        let is_value = one.contains(": ");
        assert_eq!(
            *one != other,
            is_value,
            "{one} stays whatever the file says"
        );
    }
}

/// README shows every limit of the schema, with its default.
#[test]
fn readme_lists_every_limit_with_its_default() {
    let schema: serde_json::Value =
        serde_json::from_str(include_str!("../../schemas/config.schema.json")).unwrap();
    let readme = include_str!("../../README.md");
    for section in ["limits", "timeouts"] {
        for (name, spec) in schema["properties"][section]["properties"]
            .as_object()
            .unwrap()
        {
            let line = format!("\n{name} = {} ", spec["default"]);
            let line = line.trim_end();
            let shown =
                readme.contains(&format!("{line} ")) || readme.contains(&format!("{line}\n"));
            assert!(shown, "README does not show '{}'", line.trim());
        }
    }
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
