use super::*;
use crate::clock::Timestamp;
use crate::egress::Class;
use crate::egress::testing::{
    OK, Scripted, Server, client, client_of, post, post_within, tell_within,
};
use crate::http::certificates::Ca;
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use std::sync::atomic::Ordering;
use tokio_rustls::TlsAcceptor;

const SHORT: Duration = Duration::from_millis(100);

#[tokio::test]
async fn a_post_arrives_as_it_was_given() {
    let server = Server::plain(OK).await;
    let answer = post(&client(&["127.0.0.1"]), &server.url()).await.unwrap();
    assert_eq!(
        (answer.status, &answer.body[..], answer.cut),
        (200, &b"hi"[..], false)
    );
    let request = server.requests.lock().unwrap()[0].to_lowercase();
    assert!(
        request.starts_with("post /hook?a=b http/1.1\r\n"),
        "{request}"
    );
    let host = format!("\r\nhost: {}\r\n", server.address);
    for expected in [
        host.as_str(),
        "\r\nwebhook-id: msg_1\r\n",
        "\r\nuser-agent: lockboxd\r\n",
    ] {
        assert_eq!(
            request.matches(expected).count(),
            1,
            "{expected}: {request}"
        );
    }
    assert!(request.ends_with("\r\n\r\n{}"));
}

#[tokio::test]
async fn what_is_not_allowed_is_never_connected_to() {
    let server = Server::plain(OK).await;
    let limits = Limits::default();
    for client in [client(&[]), client(&["127.0.0.2"])] {
        for url in [server.url(), server.url().replace("http:", "https:")] {
            let refused = Failure::Refused(Refused::Address(
                Host::Address(server.address.ip()),
                Class::Loopback,
            ));
            assert_eq!(client.check(&url, &limits).await, Err(refused.clone()));
            assert_eq!(post(&client, &url).await, Err(refused));
        }
    }
    // By the real resolver.
    let name = Host::Name("localhost".to_owned());
    let found = client(&[]).check("https://localhost/", &limits).await;
    assert_eq!(
        found,
        Err(Failure::Refused(Refused::Address(name, Class::Loopback)))
    );
    assert_eq!(server.seen(), (0, 0));
}

#[tokio::test]
async fn a_resolver_that_changes_its_answer_changes_nothing() {
    let server = Server::plain(OK).await;
    let url = format!("http://hooks.example:{}/", server.address.port());
    for second in [
        &["127.0.0.2"][..],
        &["127.0.0.1", "127.0.0.2"],
        &["::ffff:127.0.0.2"],
    ] {
        let resolver = Scripted::new(&[&["127.0.0.1"], second]);
        let client = client_of(
            &["127.0.0.1"],
            RootCertStore::empty(),
            Arc::clone(&resolver) as _,
        );
        let limits = Limits::default();
        assert!(client.check(&url, &limits).await.is_ok());
        let failure = post(&client, &url).await.unwrap_err();
        assert!(
            matches!(failure, Failure::Refused(Refused::Address(..))),
            "{failure:?}"
        );
        assert_eq!(resolver.1.load(Ordering::SeqCst), 2);
    }
    assert_eq!(server.seen(), (0, 0));
}

#[tokio::test]
async fn a_connection_that_waits_is_no_way_around_the_judgement() {
    let server = Server::plain(OK).await;
    let url = format!("http://hooks.example:{}/", server.address.port());
    let resolver = Scripted::new(&[&["127.0.0.1"], &["127.0.0.2"]]);
    let client = client_of(&["127.0.0.1"], RootCertStore::empty(), resolver);
    assert!(post(&client, &url).await.is_ok());
    assert_eq!(client.idle(), 1);
    assert!(matches!(
        post(&client, &url).await,
        Err(Failure::Refused(_))
    ));
    assert_eq!(server.seen(), (1, 1));
}

#[tokio::test]
async fn it_connects_to_the_address_that_was_judged() {
    let server = Server::start("127.0.0.3", OK, false, None).await;
    // The real resolver would say 127.0.0.1.
    let url = format!("http://localhost:{}/", server.address.port());
    let resolver = Scripted::new(&[&["127.0.0.3"]]);
    let client = client_of(&["127.0.0.3"], RootCertStore::empty(), resolver);
    assert!(post(&client, &url).await.is_ok());
    let request = server.requests.lock().unwrap()[0].clone();
    assert!(request.contains(&format!("host: localhost:{}\r\n", server.address.port())));
}

#[tokio::test]
async fn the_next_address_is_tried_where_one_takes_no_connection() {
    let server = Server::start("127.0.0.3", OK, false, None).await;
    let url = format!("http://hooks.example:{}/", server.address.port());
    let resolver = Scripted::new(&[&["127.0.0.4", "127.0.0.3"]]);
    let client = client_of(&["127.0.0.0/24"], RootCertStore::empty(), resolver);
    assert!(post(&client, &url).await.is_ok());
    let nobody = Scripted::new(&[&["127.0.0.4"], &[]]);
    let client = client_of(&["127.0.0.0/24"], RootCertStore::empty(), nobody);
    assert!(matches!(
        post(&client, &url).await,
        Err(Failure::Connect(_))
    ));
    assert!(matches!(
        post(&client, &url).await,
        Err(Failure::Resolve(_))
    ));
}

#[tokio::test]
async fn redirects_are_not_followed() {
    let inner = Server::plain(OK).await;
    for code in [301, 302, 303, 307, 308] {
        let answer = format!(
            "HTTP/1.1 {code} Elsewhere\r\nlocation: {}\r\ncontent-length: 0\r\n\r\n",
            inner.url()
        );
        let server = Server::plain(&answer).await;
        let failure = post(&client(&["127.0.0.1"]), &server.url()).await;
        assert_eq!(failure, Err(Failure::Redirect(code)));
        assert_eq!(server.seen(), (1, 1));
    }
    assert_eq!(inner.seen(), (0, 0));
}

#[tokio::test]
async fn a_status_that_is_no_success_is_a_failure_and_says_when_to_come_again() {
    for (code, line, expected) in [
        (500, "", None),
        (404, "retry-after: 7\r\n", None),
        (
            503,
            "retry-after: 7\r\n",
            Some(RetryAfter::After(Duration::from_secs(7))),
        ),
        (
            429,
            "Retry-After: 99999999999999999999999\r\n",
            Some(RetryAfter::After(Duration::from_secs(7 * 86_400))),
        ),
        (429, "Retry-After: soon\r\n", None),
        (429, "Retry-After: -1\r\n", None),
        (
            503,
            "Retry-After: Sat, 21 Nov 2026 12:00:00 GMT\r\n",
            Some(RetryAfter::At(
                Timestamp::parse("2026-11-21T12:00:00Z").unwrap(),
            )),
        ),
    ] {
        let answer = format!("HTTP/1.1 {code} No\r\n{line}content-length: 0\r\n\r\n");
        let server = Server::plain(&answer).await;
        let failure = post(&client(&["127.0.0.1"]), &server.url())
            .await
            .unwrap_err();
        assert_eq!(failure, Failure::Status(code, expected), "{line}");
        assert_eq!(failure.retry_after(), expected);
    }
    let now = Timestamp::parse("2026-11-21T12:00:00Z").unwrap();
    let late = RetryAfter::At(now.plus_seconds(30 * 86_400));
    assert_eq!(late.instant(now), now.plus_seconds(7 * 86_400));
    assert_eq!(RetryAfter::At(now.plus_seconds(-5)).instant(now), now);
    let after = RetryAfter::After(Duration::from_secs(7));
    assert_eq!(after.instant(now), now.plus_seconds(7));
}

#[tokio::test]
async fn an_answer_is_read_up_to_the_limit() {
    let limits = Limits {
        body_bytes: 100,
        ..Limits::default()
    };
    for (length, cut) in [(100, false), (101, true), (5_000_000, true)] {
        let body = "x".repeat(length);
        let answer = format!("HTTP/1.1 200 OK\r\ncontent-length: {length}\r\n\r\n{body}");
        let server = Server::plain(&answer).await;
        let client = client(&["127.0.0.1"]);
        let answer = post_within(&client, &server.url(), &limits).await.unwrap();
        assert_eq!((answer.body.len(), answer.cut), (100, cut), "{length}");
        assert_eq!(client.idle(), usize::from(!cut));
    }
}

#[tokio::test]
async fn the_head_of_an_answer_is_limited() {
    let limits = Limits {
        head_bytes: 8_192,
        ..Limits::default()
    };
    let sent = |bytes: usize| {
        let rest = "HTTP/1.1 200 OK\r\nx: \r\ncontent-length: 0\r\n\r\n".len();
        format!(
            "HTTP/1.1 200 OK\r\nx: {}\r\ncontent-length: 0\r\n\r\n",
            "y".repeat(bytes - rest)
        )
    };
    let client = client(&["127.0.0.1"]);
    let fits = Server::plain(&sent(8_000)).await;
    assert!(post_within(&client, &fits.url(), &limits).await.is_ok());
    let large = Server::plain(&sent(20_000)).await;
    let failure = post_within(&client, &large.url(), &limits).await;
    assert_eq!(failure, Err(Failure::TooMuch));
}

#[tokio::test]
async fn a_receiver_that_stalls_is_given_up() {
    let limits = Limits {
        connect: SHORT,
        whole: SHORT * 3,
        ..Limits::default()
    };
    let client = client(&["127.0.0.1"]);
    let half = "HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhi";
    for answer in ["", "HTTP/1.1 200 OK\r\n", half] {
        let server = Server::plain(answer).await;
        let failure = post_within(&client, &server.url(), &limits).await;
        assert_eq!(failure, Err(Failure::TimedOut("to answer")), "{answer}");
    }
    // It takes connections, but shakes no hands.
    let server = Server::plain("").await;
    let url = server.url().replace("http:", "https:");
    let failure = post_within(&client, &url, &limits).await;
    assert_eq!(failure, Err(Failure::TimedOut("to take a connection")));
}

#[tokio::test]
async fn whoever_is_told_has_it_from_the_head_of_its_answer_on() {
    let limits = Limits {
        whole: SHORT,
        ..Limits::default()
    };
    let client = client(&["127.0.0.1"]);
    let half = "HTTP/1.1 202 OK\r\ncontent-length: 5\r\n\r\nhi";
    for closes in [false, true] {
        let server = Server::start("127.0.0.1", half, closes, None).await;
        assert_eq!(tell_within(&client, &server.url(), &limits).await, Ok(202));
        assert_eq!(client.idle(), 0);
    }
    let gone = "HTTP/1.1 410 Gone\r\ncontent-length: 5\r\n\r\nhi";
    let server = Server::plain(gone).await;
    let failure = tell_within(&client, &server.url(), &limits).await;
    assert_eq!(failure, Err(Failure::Status(410, None)));
    let server = Server::plain("").await;
    let failure = tell_within(&client, &server.url(), &limits).await;
    assert_eq!(failure, Err(Failure::TimedOut("to answer")));
    let server = Server::plain(OK).await;
    assert_eq!(tell_within(&client, &server.url(), &limits).await, Ok(200));
    assert_eq!(client.idle(), 1, "a whole answer leaves a connection");
}

#[tokio::test]
async fn what_is_no_http_is_a_broken_connection() {
    let client = client(&["127.0.0.1"]);
    for (answer, closes) in [
        ("220 mail.example ESMTP\r\n", false),
        ("\u{0}\u{0}\r\n\r\n", false),
        ("HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhi", true),
        ("HTTP/1.1 200", true),
    ] {
        let server = Server::start("127.0.0.1", answer, closes, None).await;
        let failure = post(&client, &server.url()).await.unwrap_err();
        assert!(
            matches!(failure, Failure::Broken(_)),
            "{answer:?}: {failure:?}"
        );
        assert_eq!(client.idle(), 0);
    }
}

fn acceptor(ca: &Ca, names: &[&str]) -> TlsAcceptor {
    let pair = ca.issue(names);
    let config = rustls::ServerConfig::builder_with_provider(trust::provider())
        .with_protocol_versions(rustls::ALL_VERSIONS)
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(
            vec![CertificateDer::from_pem_slice(pair.certificate.as_bytes()).unwrap()],
            PrivateKeyDer::from_pem_slice(pair.key.as_bytes()).unwrap(),
        )
        .unwrap();
    TlsAcceptor::from(Arc::new(config))
}

#[tokio::test]
async fn tls_is_held_against_the_name_in_the_url_and_the_given_roots() {
    let ca = Ca::new("ours");
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("ca.pem");
    std::fs::write(&file, ca.pem()).unwrap();
    let roots = crate::egress::roots(Some(&file)).unwrap();
    let server = Server::start(
        "127.0.0.1",
        OK,
        false,
        Some(acceptor(&ca, &["hooks.example", "127.0.0.1"])),
    )
    .await;
    let to = |host: &str| format!("https://{host}:{}/", server.address.port());
    let resolver = || Scripted::new(&[&["127.0.0.1"]]);
    let trusting = client_of(&["127.0.0.1"], roots, resolver());
    for host in ["hooks.example", "127.0.0.1"] {
        for _ in 0..2 {
            assert!(post(&trusting, &to(host)).await.is_ok(), "{host}");
        }
    }
    assert_eq!(server.seen(), (2, 4));
    let failure = post(&trusting, &to("other.example")).await;
    assert!(matches!(failure, Err(Failure::Tls(_))), "{failure:?}");
    let others = crate::egress::roots(None).unwrap();
    let strange = client_of(&["127.0.0.1"], others, resolver());
    let failure = post(&strange, &to("hooks.example")).await;
    assert!(matches!(failure, Err(Failure::Tls(_))), "{failure:?}");
    let plain = Server::plain("HTTP/1.1 400 Bad Request\r\n\r\n").await;
    let url = format!("https://hooks.example:{}/", plain.address.port());
    let limits = Limits {
        connect: SHORT,
        ..Limits::default()
    };
    let failure = post_within(&trusting, &url, &limits).await;
    assert!(
        matches!(failure, Err(Failure::Tls(_) | Failure::TimedOut(_))),
        "{failure:?}"
    );
    assert_eq!(server.seen().1, 4);
}
