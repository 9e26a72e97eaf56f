//! Secrets are shown once, to whom they are for, and stand nowhere else.

use crate::program::{Home, files, finish, lockboxd};
use crate::world::World;
use bytes::Bytes;
use customer_lockbox::auth::peer::Peer;
use customer_lockbox::domain::people::CodeKind;
use customer_lockbox::service::tokens::IssueToken;
use http::Request;
use http_body_util::{BodyExt, Full};
use hyper_util::rt::{TokioExecutor, TokioIo};
use serde_json::{Value, json};

/// Bodies and headers as clients get them wrong, with a secret in each place.
fn mistakes(secret: &str) -> Vec<Request<Full<Bytes>>> {
    let post = |path: &str| {
        Request::post(format!("http://localhost{path}")).header("content-type", "application/json")
    };
    let call = |method: &str, params: Value| {
        json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": params}).to_string()
    };
    let body = |text: String| Full::new(Bytes::from(text));
    let bearer = format!("Bearer {secret}");
    vec![
        post("/rpc")
            .header("authorization", &bearer)
            .body(body(call("session.whoami", json!({}))))
            .unwrap(),
        post("/rpc")
            .header("authorization", secret)
            .body(body(call("session.whoami", json!({}))))
            .unwrap(),
        post("/rpc")
            .header("authorization", format!("{bearer}x"))
            .body(body(call("session.whoami", json!({}))))
            .unwrap(),
        post("/rpc")
            .header("authorization", &bearer)
            .body(body(call("tenant.create", json!({"name": "x"}))))
            .unwrap(),
        post("/rpc")
            .header("authorization", &bearer)
            .body(body("{not json".to_owned()))
            .unwrap(),
        post("/rpc")
            .header("authorization", &bearer)
            .header("cookie", format!("token={secret}"))
            .body(body(format!(
                "[{},{}]",
                call("token.list", json!({})),
                call("no.such", json!({}))
            )))
            .unwrap(),
        post("/rpc")
            .header("authorization", &bearer)
            .header("origin", "https://evil.example")
            .body(body(call("session.whoami", json!({}))))
            .unwrap(),
        post("/nowhere")
            .header("authorization", &bearer)
            .body(body(String::new()))
            .unwrap(),
        post(&format!("/rpc?token={secret}"))
            .body(body(call("principal.enroll", json!({"code": secret}))))
            .unwrap(),
        post("/rpc")
            .body(body(call(
                "tenant.claim",
                json!({"code": secret, "idempotencyKey": "k"}),
            )))
            .unwrap(),
        post("/rpc")
            .body(body(call("tenant.claim", json!({"code": {"x": secret}}))))
            .unwrap(),
    ]
}

/// Sends requests on one connection of either version; gives all that came back.
async fn sent(address: &str, http2: bool, requests: Vec<Request<Full<Bytes>>>) -> String {
    let stream = tokio::net::TcpStream::connect(address).await.unwrap();
    let stream = TokioIo::new(stream);
    let mut said = String::new();
    if http2 {
        let (mut client, connection) =
            hyper::client::conn::http2::handshake(TokioExecutor::new(), stream)
                .await
                .unwrap();
        tokio::spawn(connection);
        for request in requests {
            let answer = client.send_request(request).await.unwrap();
            said.push_str(&format!("{answer:?}"));
            let body = answer.into_body().collect().await.unwrap().to_bytes();
            said.push_str(&String::from_utf8_lossy(&body));
        }
        return said;
    }
    let (mut client, connection) = hyper::client::conn::http1::handshake(stream).await.unwrap();
    tokio::spawn(connection);
    for mut request in requests {
        let host = "localhost".parse().unwrap();
        request.headers_mut().insert("host", host);
        client.ready().await.unwrap();
        let answer = client.send_request(request).await.unwrap();
        said.push_str(&format!("{answer:?}"));
        let body = answer.into_body().collect().await.unwrap().to_bytes();
        said.push_str(&String::from_utf8_lossy(&body));
    }
    said
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_busy_daemon_writes_its_secrets_nowhere() {
    let home = Home::new();
    let config = home.file("lockboxd.toml");
    std::fs::write(&config, "[log]\nlevel = \"trace\"\nformat = \"json\"\n").unwrap();
    let mut daemon = home.serve(&["--config", config.to_str().unwrap()]);
    let address = daemon.address();
    let daemon = daemon.ready();
    let mut secrets = vec![home.root.clone()];
    let (claim, ada) = home.tenant("contoso.example", "ada@contoso.example");
    secrets.extend([claim, ada.clone()]);
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let person = json!({"kind": "person", "address": "anna@contoso.example", "displayName": "Anna",
        "roles": [{"role": "CustomerLockboxAccessApprover"}]});
    let made = home.result(&ada, "principal.create", &person);
    secrets.push(text(&made["enrolmentCode"]));
    let anna = home.result(
        "",
        "principal.enroll",
        &json!({"code": made["enrolmentCode"]}),
    );
    secrets.push(text(&anna["token"]));
    let robot = json!({"kind": "robot", "displayName": "bot",
        "roles": [{"role": "CustomerLockboxAccessApprover"}]});
    secrets.push(text(
        &home.result(&ada, "principal.create", &robot)["token"],
    ));
    let issued = json!({"name": "laptop", "idempotencyKey": "k"});
    secrets.push(text(&home.result(&ada, "token.issue", &issued)["token"]));
    let replayed = home.result(&ada, "token.issue", &issued);
    let mut elsewhere = replayed.to_string();
    let mut rotate = lockboxd(&[
        "token",
        "rotate",
        "--overlap-hours",
        "1",
        "--output",
        "token",
    ]);
    rotate
        .env("LOCKBOX_DATA_DIR", home.data())
        .env("LOCKBOX_TOKEN", secrets.last().unwrap());
    let rotated = finish(rotate);
    assert_eq!(rotated.code, 0, "{rotated:#?}");
    secrets.push(rotated.out.trim().to_owned());
    elsewhere.push_str(&rotated.err);
    assert_eq!(secrets.len(), 8);
    for secret in &secrets {
        for http2 in [false, true] {
            elsewhere.push_str(&sent(&address, http2, mistakes(secret)).await);
        }
        for wrong in ["session.whoami", "no.such"] {
            let done = home.call(&format!("{secret}0"), wrong, &json!({}));
            assert_ne!(done.code, 0);
            elsewhere.push_str(&format!("{done:?}"));
        }
    }
    let everything = home.result(&home.root, "audit.search", &json!({"resultSize": 5000}));
    elsewhere.push_str(&everything.to_string());
    elsewhere.push_str(&home.result(&ada, "audit.search", &json!({})).to_string());
    elsewhere.push_str(&home.result(&ada, "token.list", &json!({})).to_string());
    let ended = daemon.stop();
    let logged = ended.logged.join("\n");
    let lines = logged.matches("session.whoami").count();
    assert!(lines > secrets.len(), "the log tells of calls: {lines}");
    let mut stored = Vec::new();
    for file in files(&home.data()) {
        stored.extend(std::fs::read(file).unwrap_or_default());
    }
    for secret in &secrets {
        // Without its prefix too.
        let random = secret.rsplit(['_', '-']).next().unwrap();
        assert_eq!(random.len(), 64);
        for (place, text) in [
            ("log", &logged),
            ("output", &ended.said.join("\n")),
            ("answers", &elsewhere),
        ] {
            let found = text.find(random);
            let around = found.map(|at| &text[at.saturating_sub(300)..at]);
            assert_eq!(around, None, "in the {place} after this");
        }
        let in_files = stored.windows(64).any(|part| part == random.as_bytes());
        assert!(!in_files, "in a file of the data directory");
    }
}

#[tokio::test]
async fn debug_shows_no_secret() {
    let world = World::new().await;
    let services = world.rpc.services();
    let peer = Peer::tcp("203.0.113.7:4711".parse().unwrap());
    let token = world.token("ada").unwrap();
    let header = format!("Bearer {token}");
    let ctx = services
        .context("token.issue", Some(&header), peer)
        .await
        .unwrap();
    let issued = services
        .issue_token(&ctx, &IssueToken::default())
        .await
        .unwrap();
    let invite = json!({"principal": "anna@contoso.com"});
    let code = world.ok("ada", "principal.invite", invite).await["enrolmentCode"].clone();
    let code = code.as_str().unwrap();
    let open = services.open_context("principal.enroll", peer);
    let redeemed = services
        .redeem(&open, CodeKind::Enrolment, code)
        .await
        .unwrap();
    let wrong = services
        .context("session.whoami", Some(&format!("{header}0")), peer)
        .await
        .unwrap_err();
    let incoming = customer_lockbox::http::Incoming {
        body: Bytes::from(code.to_owned()),
        authorization: Some(header.clone()),
        caller: peer,
    };
    let new = |once: &Option<customer_lockbox::service::tokens::ShownOnce>| {
        once.as_ref().unwrap().secret.reveal().to_owned()
    };
    let secrets = [
        token.to_owned(),
        code.to_owned(),
        new(&issued.once),
        new(&redeemed.token),
    ];
    let shown = format!("{ctx:?} {issued:?} {redeemed:?} {wrong:?} {incoming:?}");
    for secret in secrets {
        let random = secret.rsplit(['_', '-']).next().unwrap();
        assert!(!shown.contains(random), "{shown}");
    }
}
