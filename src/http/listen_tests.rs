use super::Listeners;
use super::testing::{call, over_http1, soon, start_with};
use crate::auth::peer::Via;
use crate::error::Kind;
use std::net::SocketAddr;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::Path;
use tokio::net::{TcpListener, UnixStream};

fn addresses(texts: &[&str]) -> Vec<SocketAddr> {
    texts.iter().map(|text| text.parse().unwrap()).collect()
}

async fn refused(addresses: &[SocketAddr], socket: Option<&Path>) -> String {
    let error = Listeners::bind(addresses, socket)
        .await
        .err()
        .expect("a refusal");
    assert_eq!(error.kind(), Kind::Unavailable);
    assert!(!error.remedy().is_empty());
    error.message().to_owned()
}

#[tokio::test]
async fn only_loopback_is_bound() {
    let free = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let loopback = free.local_addr().unwrap();
    drop(free);
    for other in [
        "0.0.0.0:0",
        "[::]:0",
        "192.0.2.1:0",
        "[2001:db8::1]:0",
        "[::ffff:10.0.0.1]:0",
    ] {
        let mut both = vec![loopback];
        both.extend(addresses(&[other]));
        let message = refused(&both, None).await;
        assert!(message.contains("TLS"), "{message}");
        assert!(message.contains(other), "{message}");
        // The loopback address that stood first was not bound either.
        drop(TcpListener::bind(loopback).await.unwrap());
    }
    let bound = Listeners::bind(&addresses(&["127.0.0.1:0", "127.0.0.2:0"]), None)
        .await
        .unwrap();
    assert_eq!(bound.addresses().len(), 2);
    assert!(bound.addresses().iter().all(|address| address.port() != 0));
    assert_eq!(bound.socket(), None);
}

#[tokio::test]
async fn a_port_in_use_is_an_error() {
    let bound = Listeners::bind(&addresses(&["127.0.0.1:0"]), None)
        .await
        .unwrap();
    let message = refused(bound.addresses(), None).await;
    assert!(
        message.contains(&bound.addresses()[0].to_string()),
        "{message}"
    );
}

#[tokio::test]
async fn the_socket_belongs_to_its_owner_and_tells_who_calls() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("lockboxd.sock");
    let server = start_with(super::Limits::default(), Some(&path)).await;
    let found = std::fs::symlink_metadata(&path).unwrap();
    assert_eq!(found.permissions().mode() & 0o7777, 0o600);
    let stream = UnixStream::connect(&path).await.unwrap();
    assert_eq!(over_http1(stream, call("x")).await.body(), "x");
    {
        let seen = server.app.seen.lock().unwrap();
        let caller = seen[0].caller;
        assert_eq!((caller.via, caller.address), (Via::Unix, None));
        assert_eq!(caller.uid, Some(found.uid()));
    }
    server.send(call("y")).await;
    {
        let seen = server.app.seen.lock().unwrap();
        let caller = seen[1].caller;
        assert_eq!((caller.via, caller.uid), (Via::Tcp, None));
        assert!(caller.address.unwrap().ip().is_loopback());
    }
    server.stop().await;
    let left: Vec<_> = std::fs::read_dir(directory.path()).unwrap().collect();
    assert!(left.is_empty(), "{left:?}");
}

#[tokio::test]
async fn a_dead_socket_is_replaced_and_a_live_one_is_not() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("s");
    drop(std::os::unix::net::UnixListener::bind(&path).unwrap());
    assert!(path.exists(), "as after kill -9");
    let first = Listeners::bind(&[], Some(&path)).await.unwrap();
    let message = refused(&[], Some(&path)).await;
    assert!(message.contains("Another process listens"), "{message}");
    soon(UnixStream::connect(&path))
        .await
        .expect("the first one is untouched");

    // Who is no longer named by the file does not remove it.
    std::fs::remove_file(&path).unwrap();
    let second = Listeners::bind(&[], Some(&path)).await.unwrap();
    drop(first);
    assert_eq!(second.socket(), Some(path.as_path()));
    soon(UnixStream::connect(&path))
        .await
        .expect("the second one is untouched");
    drop(second);
    assert!(!path.exists());
}

#[tokio::test]
async fn other_files_are_never_replaced() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("notes.txt");
    std::fs::write(&path, "mine").unwrap();
    assert!(refused(&[], Some(&path)).await.contains("is no socket"));
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "mine");
    let nowhere = directory.path().join("none").join("s");
    assert!(refused(&[], Some(&nowhere)).await.contains("failed"));
    let long = directory.path().join("x".repeat(120));
    assert!(refused(&[], Some(&long)).await.contains("107"));
    let left = std::fs::read_dir(directory.path()).unwrap().count();
    assert_eq!(left, 1, "nothing but the notes");
}
