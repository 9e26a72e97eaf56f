use super::*;
use crate::egress::testing::{OK, Server, client, post};
use std::sync::atomic::Ordering;

#[tokio::test]
async fn a_connection_is_used_again() {
    let server = Server::plain(OK).await;
    let client = client(&["127.0.0.1"]);
    for _ in 0..5 {
        post(&client, &server.url()).await.unwrap();
    }
    assert_eq!(server.seen(), (1, 5));
    assert_eq!(client.idle(), 1);
}

#[tokio::test]
async fn a_connection_that_was_closed_meanwhile_is_replaced() {
    let server = Server::start("127.0.0.1", OK, true, None).await;
    let client = client(&["127.0.0.1"]);
    for _ in 0..20 {
        post(&client, &server.url()).await.unwrap();
    }
    assert_eq!(server.seen(), (20, 20));
}

/// As if it had closed the connection while the post was on its way.
#[tokio::test]
async fn a_post_into_a_connection_that_closes_is_sent_on_another() {
    let answer = "HTTP/1.1 200 OK\r\ncloses: late\r\ncontent-length: 2\r\n\r\nhi";
    let server = Server::plain(answer).await;
    let client = client(&["127.0.0.1"]);
    for _ in 0..3 {
        post(&client, &server.url()).await.unwrap();
    }
    assert_eq!(server.seen(), (3, 3));
}

/// It may have read every one of them, so it gets no more of them than needed.
#[tokio::test]
async fn a_post_is_sent_twice_at_most() {
    let answer = "HTTP/1.1 200 OK\r\ncloses: late\r\ncontent-length: 2\r\n\r\nhi";
    let server = Server::plain(answer).await;
    let client = client(&["127.0.0.1"]);
    let url = server.url();
    tokio::join!(
        async { post(&client, &url).await.unwrap() },
        async { post(&client, &url).await.unwrap() },
        async { post(&client, &url).await.unwrap() },
    );
    assert_eq!(client.idle(), 3);
    post(&client, &url).await.unwrap();
    assert_eq!(server.unanswered.load(Ordering::SeqCst), 1);
    assert_eq!(server.seen(), (4, 4));
}

#[tokio::test]
async fn only_so_many_connections_wait() {
    let server = Server::plain(OK).await;
    let client = Arc::new(client(&["127.0.0.1"]));
    let posts: Vec<_> = (0..3 * IDLE_PER_TARGET)
        .map(|_| {
            let (client, url) = (Arc::clone(&client), server.url());
            tokio::spawn(async move { post(&client, &url).await.unwrap() })
        })
        .collect();
    for one in posts {
        one.await.unwrap();
    }
    assert!(server.seen().0 > IDLE_PER_TARGET);
    assert_eq!(client.idle(), IDLE_PER_TARGET);
}
