use crate::config::{Config, Overrides};
use crate::domain::notice::settings::{Language, NoticeSettings};
use crate::domain::notice::{Audience, Event};
use crate::notify::mail::Way;
use crate::notify::mail::smtp::Protection;
use std::path::Path;

/// The configuration with these lines, and what is wrong with it.
fn read(lines: &str) -> Result<Config, Vec<String>> {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("lockboxd.toml");
    std::fs::write(dir.path().join("password"), "s3cret\n").unwrap();
    let lines = lines.replace("$DIR", &dir.path().display().to_string());
    std::fs::write(&file, format!("data_dir = \"/var/lib/x\"\n{lines}")).unwrap();
    let overrides = Overrides {
        file: Some(file),
        ..Overrides::default()
    };
    Config::load(&overrides).map_err(|problems| problems.0)
}

fn problem(lines: &str) -> String {
    let problems = read(lines).unwrap_err();
    assert_eq!(problems.len(), 1, "{problems:?}");
    problems[0].clone()
}

#[test]
fn without_a_server_mails_are_put_into_a_folder_of_the_data_directory() {
    let config = read("").unwrap();
    let Way::Pickup(pickup) = config.mail.mailer().unwrap().way else {
        panic!("a server");
    };
    assert_eq!(pickup.folder(), Path::new("/var/lib/x/mail"));
    assert_eq!(config.patience.give_up_seconds, 24 * 3_600);
    let config = read("[mail]\npickup_dir = \"/srv/mail\"\n[notifications]\ngive_up_hours = 2");
    let config = config.unwrap();
    assert_eq!(config.mail.folder.to_str(), Some("/srv/mail"));
    assert_eq!(config.patience.give_up_seconds, 7_200);
}

#[test]
fn a_server_is_asked_with_tls_where_nothing_else_is_said() {
    for (lines, port, protection) in [
        ("", 587, Protection::StartTls),
        ("tls = \"implicit\"", 465, Protection::Implicit),
        (
            "tls = \"starttls\"\nport = 2525",
            2525,
            Protection::StartTls,
        ),
    ] {
        let config = read(&format!("[mail]\nserver = \"mail.example\"\n{lines}")).unwrap();
        let server = config.mail.server.unwrap();
        assert_eq!((server.port, server.protection), (port, protection));
    }
    let config = read("[mail]\nserver = \"localhost\"\ntls = \"none\"").unwrap();
    assert_eq!(config.mail.server.unwrap().port, 25);
}

#[test]
fn a_password_is_read_from_its_file_and_never_shown() {
    let config = read(
        "[mail]\nserver = \"mail.example\"\nusername = \"u\"\npassword_file = \"$DIR/password\"",
    );
    let server = config.unwrap().mail.server.unwrap();
    assert!(!format!("{server:?}").contains("s3cret"));
    assert_eq!(server.login, Some(("u".to_owned(), "s3cret".to_owned())));
}

#[test]
fn what_would_not_be_safe_is_refused_with_what_to_do() {
    let server = "[mail]\nserver = \"mail.example\"\n";
    assert!(problem(&format!("{server}tls = \"none\"")).contains("in the clear"));
    assert!(problem(&format!("{server}username = \"u\"")).contains("belong together"));
    assert!(problem("[mail]\nfrom = \"nobody\"").contains("from"));
    assert!(problem("[mail]\nrequest_url = \"http://x/{identity}\"").contains("https://"));
    assert!(problem("[mail]\nrequest_url = \"https://x/y/z\"").contains("{identity}"));
    let local = "[mail]\nserver = \"localhost\"\ntls = \"none\"\nusername = \"u\"\npassword_file = \"$DIR/password\"";
    assert!(problem(local).contains("never sent without TLS"));
    let missing = format!("{server}ca_file = \"$DIR/nothing.pem\"");
    assert!(problem(&missing).contains("nothing.pem"));
    assert!(problem(&format!("{server}ca_file = \"$DIR/password\"")).contains("ca_file"));
}

#[test]
fn the_provider_says_in_the_configuration_who_is_told() {
    let settings = read("").unwrap().provider_notices;
    assert_eq!(settings, NoticeSettings::default());
    let config = read(
        "[notifications.provider]\nlanguage = \"de\"\ntime_zone = \"Europe/Zurich\"\n\
         extra_addresses = [\"Team@Fabrikam.example\", \"team@fabrikam.example\"]\n\
         [[notifications.provider.alternates]]\nof = \"max@fabrikam.example\"\n\
         address = \"m@home.example\"\nreplaces = true\n\
         [[notifications.provider.switches]]\nevent = \"requestSubmitted\"\n\
         audience = \"extraAddresses\"\non = true\n",
    );
    let settings = config.unwrap().provider_notices;
    assert_eq!(settings.language, Language::De);
    assert_eq!(settings.extra_addresses, ["team@fabrikam.example"]);
    assert!(settings.alternates[0].replaces);
    assert!(settings.tells(Event::RequestSubmitted, Audience::ExtraAddresses));

    let zone = problem("[notifications.provider]\ntime_zone = \"Europe/Zurik\"");
    assert!(
        zone.starts_with("notifications.provider.time_zone: "),
        "{zone}"
    );
    assert!(zone.contains("Europe/Zurich"), "{zone}");
    for (line, at) in [
        ("language = \"it\"", "language"),
        ("security_contacts = [\"nobody\"]", "security_contacts"),
        ("extra_addresses = 3", "extra_addresses"),
        ("link = true", "link"),
    ] {
        let said = problem(&format!("[notifications.provider]\n{line}"));
        assert!(said.contains(at), "{line}: {said}");
    }
}

/// What customers can say with a method the provider says in the file: the words are the same.
#[test]
fn the_files_words_are_those_of_the_settings() {
    let schema = |text| serde_json::from_str::<serde_json::Value>(text).unwrap();
    let common = schema(include_str!("../../schemas/common.json"));
    let config = schema(include_str!("../../schemas/config.schema.json"));
    let settings = &common["$defs"]["notifications"]["properties"];
    let file = &config["properties"]["notifications"]["properties"]["provider"]["properties"];
    let switch = |of: &serde_json::Value| of["switches"]["items"]["properties"].clone();
    for (word, name) in [("event", "eventName"), ("audience", "audienceName")] {
        assert_eq!(
            switch(file)[word]["enum"],
            common["$defs"][name]["enum"],
            "{word}"
        );
    }
    assert_eq!(
        file["language"]["enum"],
        common["$defs"]["noticeLanguage"]["enum"]
    );
    for (ours, theirs) in [
        ("security_contacts", "securityContacts"),
        ("extra_addresses", "extraAddresses"),
        ("alternates", "alternates"),
        ("switches", "switches"),
    ] {
        assert_eq!(
            file[ours]["maxItems"], settings[theirs]["maxItems"],
            "{ours}"
        );
    }
    let address = &file["extra_addresses"]["items"];
    for limit in ["pattern", "maxLength"] {
        assert_eq!(address[limit], common["$defs"]["mailAddress"][limit]);
    }
}
