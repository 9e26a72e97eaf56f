use crate::config::{Config, Overrides, Problems};
use crate::egress::Target;

fn load(text: &str) -> Result<Config, Problems> {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("lockboxd.toml");
    std::fs::write(&file, text).unwrap();
    Config::load_to_serve(&Overrides {
        file: Some(file),
        data_dir: Some("/data".into()),
        listen: Vec::new(),
    })
}

#[test]
fn nothing_is_allowed_by_default_and_what_is_named_is() {
    let url = "https://10.1.2.3/";
    let target = Target::parse(url).unwrap();
    let ip = "10.1.2.3".parse().unwrap();
    assert!(load("").unwrap().egress.guard.judge(&target, ip).is_err());
    let config = load("[egress]\nallow = [\"10.1.2.0/24\", \"hooks.intern.example\"]").unwrap();
    assert!(config.egress.guard.judge(&target, ip).is_ok());
    assert_eq!(config.egress.ca_file, None);
}

#[test]
fn every_problem_is_reported_at_once() {
    let text = "[egress]\nallow = [\"10.1.2.3/24\", \"https://x.example\", \"10.0.0.1\"]\nca_file = \"/nowhere/ca.pem\"";
    let Problems(problems) = load(text).unwrap_err();
    assert_eq!(problems.len(), 3, "{problems:?}");
    assert!(problems.iter().any(|one| one.contains("'10.1.2.3/24'")));
    assert!(
        problems
            .iter()
            .any(|one| one.contains("'https://x.example'"))
    );
    assert!(
        problems
            .iter()
            .any(|one| one.contains("/nowhere/ca.pem cannot be read"))
    );
}
