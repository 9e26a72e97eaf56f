//! TLS as operators and users of the command line meet it.

use crate::certificates::{Ca, Pair, write_key};
use crate::program::{Daemon, Done, Home, finish, lockboxd, run, signal};
use crate::wire::{HalfCall, connected_tls};
use serde_json::{Value, json};
use std::net::TcpStream;
use std::path::PathBuf;
use std::process::Command;

/// Beside a home: a CA, certificates for `localhost` from it, and a configuration with them.
pub struct Secured {
    dir: PathBuf,
    /// The CA.
    pub ca: Ca,
    /// The CA's file.
    pub ca_file: String,
    /// The configuration file.
    pub config: String,
}

impl Secured {
    pub fn new(home: &Home) -> Self {
        Self::with(home, "")
    }

    /// With more lines, which begin in the section `[tls]`.
    pub fn with(home: &Home, more: &str) -> Self {
        Self::showing(home, Ca::new("ours"), |ca| ca.issue(&["localhost"]), more)
    }

    fn showing(home: &Home, ca: Ca, issue: impl Fn(&Ca) -> Pair, more: &str) -> Self {
        let dir = home.file("tls");
        std::fs::create_dir(&dir).unwrap();
        let (certificate, key) = issue(&ca).write(&dir);
        let ca_file = dir.join("ca.pem");
        std::fs::write(&ca_file, ca.pem()).unwrap();
        let config = dir.join("lockboxd.toml");
        let text = format!(
            "[tls]\nlisten = [\"127.0.0.1:0\"]\ncertificate = {certificate:?}\nkey = {key:?}\n{more}"
        );
        std::fs::write(&config, text).unwrap();
        Self {
            ca,
            ca_file: ca_file.to_str().unwrap().to_owned(),
            config: config.to_str().unwrap().to_owned(),
            dir,
        }
    }

    /// The address for TLS that `serve` prints.
    #[track_caller]
    pub fn address(&self, daemon: &mut Daemon) -> String {
        let line = daemon.says("listening on https://");
        line.rsplit('/').next().unwrap().to_owned()
    }
}

/// `lockboxd call system.info` at a URL.
fn info(url: &str, more: &[&str]) -> Done {
    let mut args = vec!["call", "system.info", "--get", "/product", "--url", url];
    args.extend(more);
    run(&args)
}

#[track_caller]
fn refused(done: &Done, words: &[&str]) {
    assert_ne!(done.code, 0, "{done:#?}");
    assert_eq!(done.out, "");
    for word in words {
        assert!(done.err.contains(word), "'{word}' is missing: {done:#?}");
    }
}

fn port(address: &str) -> &str {
    address.rsplit(':').next().unwrap()
}

#[test]
fn other_machines_are_served_over_tls_and_only_so() {
    let home = Home::new();
    let secured = Secured::new(&home);
    let text = std::fs::read_to_string(&secured.config).unwrap();
    std::fs::write(&secured.config, text.replace("127.0.0.1:0", "0.0.0.0:0")).unwrap();
    let mut daemon = home.serve(&["--config", &secured.config]);
    let line = daemon.says("listening on https://0.0.0.0:");
    let url = format!("https://localhost:{}", port(&line));
    let done = info(&url, &["--ca", &secured.ca_file]);
    assert_eq!(
        (done.code, done.out.as_str()),
        (0, "Customer Lockbox\n"),
        "{done:#?}"
    );

    // The document that describes the methods says where they are: at the certificate's name.
    let discover = [
        "call",
        "rpc.discover",
        "--get",
        "/servers/0/url",
        "--url",
        &url,
    ];
    let done = run(&[&discover[..], &["--ca", &secured.ca_file]].concat());
    assert_eq!(done.out.trim(), format!("{url}/rpc"), "{done:#?}");

    let mut command = lockboxd(&["call", "session.whoami", "--get", "/via"]);
    command
        .env("LOCKBOX_URL", &url)
        .env("LOCKBOX_CA", &secured.ca_file);
    command.env("LOCKBOX_TOKEN", &home.root);
    let done = finish(command);
    assert_eq!((done.code, done.out.as_str()), (0, "tcp\n"), "{done:#?}");
}

#[test]
fn http_2_and_1_1_are_spoken_with_curl() {
    let home = Home::new();
    let secured = Secured::new(&home);
    let mut daemon = home.serve(&["--config", &secured.config]);
    let address = secured.address(&mut daemon);
    for (flag, version) in [("--http2", "2"), ("--http1.1", "1.1")] {
        let mut curl = Command::new("curl");
        curl.args([
            "--silent",
            "--show-error",
            "--fail",
            "--max-time",
            "60",
            flag,
        ]);
        curl.args([
            "--cacert",
            &secured.ca_file,
            "--write-out",
            "\n%{http_version}",
        ]);
        curl.args([
            "--json",
            r#"{"jsonrpc":"2.0","id":1,"method":"system.info"}"#,
        ]);
        curl.arg(format!("https://localhost:{}/rpc", port(&address)));
        let done = finish(curl);
        assert_eq!(done.code, 0, "{done:#?}");
        let (body, spoken) = done.out.rsplit_once('\n').unwrap();
        assert_eq!(spoken, version, "{done:#?}");
        let body: Value = serde_json::from_str(body).unwrap();
        assert_eq!(body["result"]["product"], "Customer Lockbox", "{body}");
    }
}

#[test]
fn what_goes_wrong_on_the_way_is_told_apart_each_with_what_to_do() {
    let home = Home::new();
    let secured = Secured::new(&home);
    let mut daemon = home.serve(&["--config", &secured.config]);
    let plain = daemon.address();
    let address = secured.address(&mut daemon);
    let ca = ["--ca", secured.ca_file.as_str()];
    let url = format!("https://localhost:{}", port(&address));
    assert_eq!(info(&url, &ca).code, 0);

    // The machine's own CAs do not know ours.
    refused(
        &info(&url, &[]),
        &["does not know", "--ca FILE", "LOCKBOX_CA"],
    );
    let other = home.file("other.pem");
    for name in ["others", "ours"] {
        std::fs::write(&other, Ca::new(name).pem()).unwrap();
        let done = info(&url, &["--ca", other.to_str().unwrap()]);
        refused(&done, &["does not come from the CA in", "other.pem"]);
    }
    let done = info(&format!("https://{address}"), &ca);
    refused(&done, &["is for", "localhost", "not for 127.0.0.1"]);
    refused(
        &info(&url, &["--ca", "/nowhere"]),
        &["/nowhere", "check the path"],
    );
    let http = format!("http://{address}");
    refused(&info(&http, &[]), &["This port speaks TLS", "https://"]);
    let https = format!("https://{plain}");
    refused(
        &info(&https, &ca),
        &["not with TLS", &format!("http://{plain}")],
    );
    refused(
        &info("https://127.0.0.1:1", &ca),
        &["No daemon answers", "--url"],
    );

    for (years, words) in [
        ((2020, 2021), "has expired"),
        ((2098, 2099), "not valid yet"),
    ] {
        let home = Home::new();
        let issue = |ca: &Ca| ca.issue_for(&["localhost"], years);
        let secured = Secured::showing(&home, Ca::new("ours"), issue, "");
        let mut daemon = home.serve(&["--config", &secured.config]);
        let address = secured.address(&mut daemon);
        let url = format!("https://localhost:{}", port(&address));
        refused(&info(&url, &["--ca", &secured.ca_file]), &[words, "clock"]);
        // The operator was told, too.
        daemon.logs("clients refuse it");
    }
}

#[test]
fn nothing_is_sent_in_the_clear_to_another_machine_unless_told_to() {
    // Nothing listens there, and the refusal comes before anybody is asked.
    let done = info("http://192.0.2.1:8420", &[]);
    assert_eq!(done.code, 64, "{done:#?}");
    refused(&done, &["nothing was sent", "https://", "--insecure-http"]);
    let done = run(&["enroll", "enroll-x", "--url", "http://lockbox.invalid"]);
    assert_eq!(done.code, 64, "{done:#?}");
    let done = info("http://lockbox.invalid:1", &["--insecure-http"]);
    assert_eq!(done.code, 69, "{done:#?}");
    refused(&done, &["No daemon answers at http://lockbox.invalid:1"]);
}

#[test]
fn client_certificates_let_in_who_has_one_and_a_token_is_needed_all_the_same() {
    let home = Home::new();
    let (clients, others) = (Ca::new("clients"), Ca::new("others"));
    let client_ca = home.file("clients.pem");
    std::fs::write(&client_ca, clients.pem()).unwrap();
    let secured = Secured::with(&home, &format!("client_ca = {client_ca:?}\n"));
    let mut daemon = home.serve(&["--config", &secured.config]);
    let address = secured.address(&mut daemon);

    let url = &format!("https://localhost:{}", port(&address));
    let ca_file = &secured.ca_file;
    let own = |name: &str, pair: &Pair| {
        let (certificate, key) = (
            home.file(&format!("{name}.pem")),
            home.file(&format!("{name}.key")),
        );
        std::fs::write(&certificate, &pair.certificate).unwrap();
        write_key(&key, &pair.key);
        move |method: &str, token: &str| {
            let mut command = lockboxd(&["call", method]);
            command.env("LOCKBOX_URL", url).env("LOCKBOX_CA", ca_file);
            command.env("LOCKBOX_CLIENT_CERTIFICATE", &certificate);
            command.env("LOCKBOX_CLIENT_KEY", &key);
            command.env("LOCKBOX_TOKEN", token);
            finish(command)
        }
    };
    let missing = info(url, &["--ca", ca_file]);
    refused(
        &missing,
        &[
            "wants a client certificate",
            "--client-certificate",
            "--client-key",
        ],
    );
    let half = info(
        url,
        &["--ca", &secured.ca_file, "--client-certificate", "x"],
    );
    assert_eq!(half.code, 64, "{half:#?}");
    let known = own("known", &clients.issue(&["robot"]));
    assert_eq!(known("system.info", "").code, 0);
    let nobody = known("session.whoami", "");
    assert_eq!(nobody.code, 77, "{nobody:#?}");
    assert_eq!(known("session.whoami", &home.root).code, 0);
    let unknown = own("unknown", &others.issue(&["robot"]));
    refused(
        &unknown("system.info", ""),
        &["does not take your client certificate", "client_ca"],
    );
}

#[test]
fn sighup_renews_the_certificate_and_cuts_nobody() {
    let home = Home::new();
    let secured = Secured::new(&home);
    let mut daemon = home.serve(&["--config", &secured.config]);
    let address = secured.address(&mut daemon);
    daemon.says("listening on unix:");
    let shown = |stream: &rustls::StreamOwned<rustls::ClientConnection, TcpStream>| {
        stream.conn.peer_certificates().unwrap()[0].to_vec()
    };
    let open = || {
        let mut stream = connected_tls(&address, &secured.ca.pem());
        while stream.conn.is_handshaking() {
            stream.conn.complete_io(&mut stream.sock).unwrap();
        }
        stream
    };
    let old = shown(&open());
    let call = |name: &str| {
        let params = json!({"name": name, "adminAddress": "ada@contoso.example"});
        HalfCall::start(open(), &home.root, "tenant.create", &params)
    };
    let (first, second) = (call("one.example"), call("two.example"));

    let (certificate, _) = secured.ca.issue(&["localhost"]).write(&secured.dir);
    signal(daemon.id(), "HUP");
    daemon.logs("new connections get the certificates as they are now");
    let new = shown(&open());
    assert_ne!(new, old);
    assert_eq!(first.finish()["result"]["tenant"]["name"], "one.example");

    // What does not work is not taken, and says what to do.
    let other = Ca::new("ours").issue(&["localhost"]);
    std::fs::write(&certificate, other.certificate).unwrap();
    signal(daemon.id(), "HUP");
    let line = daemon.logs("the old certificates stay in use");
    assert!(
        line.contains("ERROR") && line.contains("name the two that belong together"),
        "{line}"
    );
    assert_eq!(shown(&open()), new);
    assert_eq!(second.finish()["result"]["tenant"]["name"], "two.example");

    // One that runs out is taken, with a warning.
    secured
        .ca
        .issue_for(&["localhost"], (2020, 2021))
        .write(&secured.dir);
    signal(daemon.id(), "HUP");
    daemon.logs("new connections get the certificates as they are now");
    let line = daemon.logs("expired on 2021-01-01");
    assert!(line.contains("WARN"), "{line}");
    assert_eq!(daemon.stop().status.code(), Some(0));
}

#[test]
fn without_tls_sighup_does_no_harm() {
    let home = Home::new();
    let mut daemon = home.serve(&[]).ready();
    signal(daemon.id(), "HUP");
    daemon.logs("nothing to read again");
    home.result("", "system.info", &json!({}));
}

#[test]
fn everything_that_is_wrong_is_said_at_once_by_serve_and_by_check_config() {
    let home = Home::new();
    let secured = Secured::new(&home);
    let key = secured.dir.join("key.pem");
    let open = std::os::unix::fs::PermissionsExt::from_mode(0o644);
    std::fs::set_permissions(&key, open).unwrap();
    let config = home.file("faulty.toml");
    let text = format!(
        "listen = [\"192.0.2.1:8420\"]\n[tls]\nkey = {key:?}\nclient_certificates = \"optional\"\n"
    );
    std::fs::write(&config, text).unwrap();
    let config = config.to_str().unwrap();
    let data = home.data();
    let check = run(&[
        "check-config",
        "--data-dir",
        data.to_str().unwrap(),
        "--config",
        config,
    ]);
    let served = run(&[
        "serve",
        "--data-dir",
        data.to_str().unwrap(),
        "--config",
        config,
    ]);
    for done in [check, served] {
        assert_eq!(done.code, 78, "{done:#?}");
        let chmod = format!("chmod o= {}", key.display());
        refused(
            &done,
            &[
                "5 problem(s)",
                "192.0.2.1:8420 can be reached from other machines",
                "under [tls]",
                "tls: no address is given",
                "tls: certificate is missing",
                "tls: client_certificates needs client_ca",
                &chmod,
            ],
        );
    }
    // Commands that repair something do not need the certificates.
    let args = [
        "clock",
        "accept",
        "--data-dir",
        data.to_str().unwrap(),
        "--config",
    ];
    let mut args = args.to_vec();
    std::fs::remove_file(secured.dir.join("certificate.pem")).unwrap();
    args.push(&secured.config);
    assert_eq!(run(&args).code, 0);
    let done = run(&[
        "serve",
        "--data-dir",
        data.to_str().unwrap(),
        "--config",
        &secured.config,
    ]);
    assert_eq!(done.code, 78, "{done:#?}");
    refused(
        &done,
        &["2 problem(s)", "certificate.pem cannot be read", "chmod"],
    );
}

#[test]
fn check_config_warns_and_says_where_it_would_listen() {
    let home = Home::new();
    let issue = |ca: &Ca| ca.issue_for(&["localhost"], (2020, 2021));
    let secured = Secured::showing(&home, Ca::new("ours"), issue, "");
    let data = home.data();
    let args = [
        "check-config",
        "--data-dir",
        data.to_str().unwrap(),
        "--config",
        &secured.config,
    ];
    let done = run(&args);
    assert_eq!(done.code, 0, "{done:#?}");
    assert!(done.out.contains("127.0.0.1:0 (TLS)"), "{done:#?}");
    assert!(
        done.out.contains("Warning: The certificate in"),
        "{done:#?}"
    );
    let done = run(&[&args[..], &["--output", "json"]].concat());
    let said = done.json();
    assert_eq!(said["problems"], json!([]));
    assert_eq!(said["warnings"].as_array().unwrap().len(), 1, "{said}");
    // Serving warns of the same, once, and of what concerns other machines.
    let text = std::fs::read_to_string(&secured.config).unwrap();
    std::fs::write(&secured.config, text.replace("127.0.0.1:0", "0.0.0.0:0")).unwrap();
    let ended = home.serve(&["--config", &secured.config]).ready().stop();
    for words in ["The certificate in", "allowed_hosts: no name"] {
        let said = ended.logged.iter().filter(|line| line.contains(words));
        assert_eq!(said.count(), 1, "{words}: {ended:#?}");
    }
}
