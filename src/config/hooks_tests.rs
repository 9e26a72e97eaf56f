use super::*;
use crate::config::file::File;
use crate::config::{Config, Overrides};
use crate::egress::Target;

/// The hooks of a file, and what is wrong with them.
fn read(text: &str) -> (Hooks, Vec<String>) {
    let file: File = toml::from_str(text).unwrap();
    let mut problems = Vec::new();
    let secret = ["/var/lib/lockboxd", "/etc/lockbox/tls.key"].map(PathBuf::from);
    let guard = Guard::default();
    let hooks = hooks(file.hooks, &guard, &secret, &mut problems);
    (hooks, problems)
}

#[test]
fn a_hook_has_defaults() {
    let (hooks, problems) = read("[hooks.hours]\nprogram = '/usr/local/lib/hooks/hours.py'");
    assert_eq!(problems, [] as [&str; 0]);
    let expected = Hook {
        program: "/usr/local/lib/hooks/hours.py".into(),
        arguments: Vec::new(),
        timeout: Duration::from_secs(DEFAULT_TIMEOUT_SECONDS),
        memory_bytes: DEFAULT_MEMORY_MIB << 20,
        user: None,
        reads: Vec::new(),
        on_failure: OnFailure::Pass,
    };
    assert_eq!(hooks.get("hours"), Some(&Judge::Program(expected)));
}

#[test]
fn what_a_hook_could_do_harm_with_is_refused() {
    for (line, part) in [
        ("program = 'hours.py'", "no absolute path"),
        ("program = '/usr/../var/hours.py'", "no absolute path"),
        ("program = '/x/h'\nreads = ['etc']", "no absolute path"),
        ("program = '/x/h'\nuid = 0", "not run as root"),
        ("program = '/x/h'\nuid = 7\ngid = 0", "not run as root"),
        ("program = '/x/h'\ngid = 7", "gid needs uid"),
        ("program = '/x/h'\nreads = ['/var']", "the daemon's own"),
        ("program = '/var/lib/hours.py'", "the daemon's own"),
        ("program = '/etc/lockbox/hours.py'", "/etc/lockbox/tls.key"),
        ("program = '/var/lib/lockboxd/hours.py'", "the daemon's own"),
    ] {
        let (_, problems) = read(&format!("[hooks.hours]\n{line}"));
        assert_eq!(problems.len(), 1, "{line}: {problems:?}");
        assert!(
            problems[0].starts_with("hooks.hours: ") && problems[0].contains(part),
            "{line}: {problems:?}"
        );
    }
    let (hooks, problems) = read("[hooks.hours]\nprogram = '/x/h'\nuid = 7");
    assert_eq!(problems, [] as [&str; 0]);
    let Judge::Program(hook) = &hooks["hours"] else {
        panic!("no program")
    };
    assert_eq!(hook.user, Some((7, 7)));
}

#[test]
fn a_hooks_time_has_bounds() {
    let with = |seconds: u64| {
        read(&format!(
            "[hooks.hours]\nprogram = '/x/h'\ntimeout_seconds = {seconds}"
        ))
        .1
    };
    for good in [1, MAXIMUM_TIMEOUT_SECONDS] {
        assert_eq!(with(good), [] as [&str; 0]);
    }
    for bad in [0, MAXIMUM_TIMEOUT_SECONDS + 1] {
        assert_eq!(with(bad).len(), 1, "{bad}");
    }
}

#[test]
fn a_hook_by_url_goes_where_egress_may_go() {
    let (hooks, problems) = read("[hooks.hours]\nurl = 'https://hooks.example.com/hours'");
    assert_eq!(problems, [] as [&str; 0]);
    let expected = UrlHook {
        url: "https://hooks.example.com/hours".to_owned(),
        guard: Guard::default(),
        timeout: Duration::from_secs(DEFAULT_TIMEOUT_SECONDS),
        on_failure: OnFailure::Pass,
        key: None,
    };
    assert_eq!(hooks.get("hours"), Some(&Judge::Url(expected)));
    for (lines, part) in [
        ("url = 'ftp://hooks.example.com/'", "url: "),
        ("url = 'https://10.0.0.1/'", "url: "),
        ("url = 'https://x.example/'\nmemory_mib = 99", "of programs"),
        ("url = 'https://x.example/'\nprogram = '/x/h'", "either"),
        ("timeout_seconds = 5", "either"),
        (
            "url = 'https://x.example/'\nkey_file = '/nowhere/key'",
            "key_file: /nowhere/key: ",
        ),
        (
            "program = '/x/h'\nkey_file = '/x/key'",
            "key_file is of a url",
        ),
        (
            "program = '/x/h'\nallow = ['10.0.0.1']",
            "allow is of a url",
        ),
        (
            "url = 'https://10.0.0.2/'\nallow = ['10.0.0.1']",
            "add it to allow of the hook",
        ),
        (
            "url = 'https://x.example/'\nallow = ['10.0.0.1/24']",
            "allow: '10.0.0.1/24' is an address inside a network",
        ),
    ] {
        let (_, problems) = read(&format!("[hooks.hours]\n{lines}"));
        assert_eq!(problems.len(), 1, "{lines}: {problems:?}");
        assert!(problems[0].contains(part), "{lines}: {problems:?}");
    }
}

/// What one hook may reach, neither tenants nor other hooks may; what tenants may, it may too.
#[test]
fn what_a_hook_is_allowed_is_allowed_to_that_hook() {
    let lines = "data_dir = '/var/lib/lockboxd'
        egress = { allow = ['10.0.0.1'] }
        [hooks.risk]
        url = 'http://10.0.0.2/'
        allow = ['10.0.0.2', 'risk.internal']
        [hooks.hours]
        url = 'https://10.0.0.1/'";
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), lines).unwrap();
    let config = Config::load(&Overrides {
        file: Some(file.path().to_owned()),
        ..Overrides::default()
    })
    .unwrap();
    let guard = |name: &str| match &config.hooks[name] {
        Judge::Url(hook) => hook.guard.clone(),
        Judge::Program(hook) => panic!("{hook:?}"),
    };
    let (tenants, hours, risk) = (config.egress.guard.clone(), guard("hours"), guard("risk"));
    for (url, expected) in [
        ("https://10.0.0.1/", [true, true, true]),
        ("http://10.0.0.2/", [false, false, true]),
        ("https://10.0.0.3/", [false, false, false]),
    ] {
        let may = [&tenants, &hours, &risk].map(|guard| guard.read(url).is_ok());
        assert_eq!(may, expected, "{url}");
    }
    let named = Target::parse("http://risk.internal/").unwrap();
    let ip = "10.9.9.9".parse().unwrap();
    let may = [&tenants, &hours, &risk].map(|guard| guard.judge(&named, ip).is_ok());
    assert_eq!(may, [false, false, true]);
}

#[test]
fn a_key_is_read_from_its_file_and_shown_nowhere() {
    let file = tempfile::NamedTempFile::new().unwrap();
    let lines = format!(
        "[hooks.risk]\nurl = 'https://x.example/'\nkey_file = '{}'",
        file.path().display()
    );
    let secret = "whsec_AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=";
    std::fs::write(file.path(), format!("{secret}\n")).unwrap();
    let (hooks, problems) = read(&lines);
    assert_eq!(problems, [] as [&str; 0]);
    let Some(Judge::Url(hook)) = hooks.get("risk") else {
        panic!("no hook");
    };
    assert_eq!(hook.key.as_ref().unwrap().reveal(), secret);
    assert!(!format!("{hooks:?}").contains("AQEB"));
    std::fs::write(file.path(), "whsec_short").unwrap();
    let (_, problems) = read(&lines);
    assert!(
        problems[0].contains("whsec_' followed by base64"),
        "{problems:?}"
    );
    assert!(!problems[0].contains("short"));
}
