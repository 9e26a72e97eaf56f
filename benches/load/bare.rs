//! The yardstick of HTTP: a hyper server that reads a body and answers a fixed one.

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use std::convert::Infallible;
use tokio::net::TcpListener;

/// The argument that makes this program that server; the body is the next one.
pub const ROLE: &str = "--bare-hyper";

/// Serves until it is killed; prints its address as the daemon does.
pub fn serve(body: &str) {
    let body = Bytes::from(body.to_owned());
    tokio::runtime::Runtime::new()
        .unwrap()
        .block_on(async move {
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            println!("listening on http://{}", listener.local_addr().unwrap());
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                stream.set_nodelay(true).unwrap();
                let body = body.clone();
                tokio::spawn(async move {
                    let service = service_fn(move |request: Request<hyper::body::Incoming>| {
                        let body = body.clone();
                        async move {
                            request.into_body().collect().await.unwrap();
                            let mut answer = Response::new(Full::new(body));
                            answer.headers_mut().insert(
                                http::header::CONTENT_TYPE,
                                http::HeaderValue::from_static("application/json; charset=utf-8"),
                            );
                            Ok::<_, Infallible>(answer)
                        }
                    });
                    // A client that has gone away is no error here.
                    let _ = hyper::server::conn::http1::Builder::new()
                        .serve_connection(TokioIo::new(stream), service)
                        .await;
                });
            }
        });
}
