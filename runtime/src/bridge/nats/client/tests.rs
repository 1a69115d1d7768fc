//! The client of NATS against servers that are none: no frame of theirs is more than an error, and nobody waits for
//! ever.

use std::future::Future;
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio::time::timeout;

use super::*;

const INFO: &[u8] = b"INFO {\"server_id\":\"x\",\"version\":\"2.10.20\",\"max_payload\":1000}\r\n";

async fn soon<T>(work: impl Future<Output = T>) -> T {
    timeout(Duration::from_secs(60), work).await.expect("it comes to an end")
}

/// A server that does this with the connection that it accepts.
async fn server<F: Future<Output = ()> + Send>(
    serve: impl FnOnce(TcpStream) -> F + Send + 'static,
) -> (ServerAddress, ClientOptions) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = ServerAddress::read(&listener.local_addr().unwrap().to_string(), false).unwrap();
    tokio::spawn(async move { serve(listener.accept().await.unwrap().0).await });
    let servers = Arc::new(KnownServers::new(vec![address.clone()]));
    let authentication = Authentication::default();
    (address, ClientOptions { name: "test", authentication, encryption: None, servers })
}

/// Lets a client in.
async fn accept(stream: &mut TcpStream) {
    stream.write_all(INFO).await.unwrap();
    read_until(stream, b"PING\r\n").await;
    stream.write_all(b"PONG\r\n").await.unwrap();
}

/// Reads until something has come; nothing more where the other side ends.
async fn read_until(stream: &mut TcpStream, end: &[u8]) -> Vec<u8> {
    let mut read = Vec::new();
    while !read.ends_with(end) && stream.read_buf(&mut read).await.is_ok_and(|bytes| bytes > 0) {}
    read
}

/// A client of a server that lets it in, and then does this.
async fn connected<F: Future<Output = ()> + Send>(serve: impl FnOnce(TcpStream) -> F + Send + 'static) -> NatsClient {
    let serving = |mut stream| async move {
        accept(&mut stream).await;
        serve(stream).await;
    };
    let (address, options) = server(serving).await;
    soon(NatsClient::connect(&address, &options, |_| false)).await.unwrap()
}

#[tokio::test]
async fn who_does_not_begin_as_a_server_does_is_none() {
    for words in [&b"HTTP/1.1 400 Bad Request\r\n\r\n"[..], b"PING\r\n", b"INFO {\r\n", b"INFO\r\n", b""] {
        let (address, options) = server(move |mut stream| async move { stream.write_all(words).await.unwrap() }).await;
        let refused = soon(NatsClient::connect(&address, &options, |_| false)).await;
        assert!(matches!(refused, Err(HandshakeError::Unavailable(_))), "{words:?}");
    }
}

#[tokio::test]
async fn who_is_not_let_in_hears_why() {
    for (words, is_denied) in [("Authorization Violation", true), ("maximum connections exceeded", false)] {
        let (address, options) = server(move |mut stream| async move {
            stream.write_all(INFO).await.unwrap();
            read_until(&mut stream, b"PING\r\n").await;
            stream.write_all(format!("-ERR '{words}'\r\n").as_bytes()).await.unwrap();
        })
        .await;
        let refused = soon(NatsClient::connect(&address, &options, |_| false)).await.map(drop).unwrap_err();
        assert_eq!((refused.to_string().as_str(), matches!(refused, HandshakeError::Denied(_))), (words, is_denied));
    }
}

#[tokio::test]
async fn what_is_no_frame_ends_the_connection() {
    let client = connected(|mut stream: TcpStream| async move {
        read_until(&mut stream, b"SUB a 1\r\n").await;
        stream.write_all(b"MSG a 1 1\r\nx\r\nMSG a 1 -1\r\n").await.unwrap();
        read_until(&mut stream, b"never").await;
    })
    .await;
    let mut subscriber = client.subscribe("a", None).await.unwrap();
    assert_eq!(soon(subscriber.next()).await.unwrap().payload, "x");
    assert!(soon(subscriber.next()).await.is_none());
    assert!(soon(client.lost()).await.to_string().contains("protocol"));
    let message = OutboundMessage { subject: "a", reply: None, headers: b"", payload: b"" };
    assert!(matches!(client.send(message).await, Err(SendError::Lost(_))));
    assert!(client.flush().await.is_err() && client.subscribe("b", None).await.is_err());
}

#[tokio::test]
async fn a_server_that_says_nothing_is_taken_for_lost() {
    let client = connected(|mut stream: TcpStream| async move {
        read_until(&mut stream, b"never").await;
    })
    .await;
    let flushing = client.flush();
    assert!(soon(flushing).await.unwrap_err().to_string().contains("PING"));
}

#[tokio::test]
async fn a_message_that_is_too_large_is_not_sent() {
    let client = connected(|mut stream: TcpStream| async move {
        read_until(&mut stream, b"never").await;
    })
    .await;
    let message = OutboundMessage { subject: "a", reply: None, headers: b"", payload: &[0; 1001] };
    assert!(matches!(client.send(message).await, Err(SendError::TooLarge { size: 1001, limit: 1000 })));
}

#[tokio::test]
async fn what_was_sent_is_written_before_the_connection_ends() {
    let (written, read) = oneshot::channel();
    let client = connected(|mut stream: TcpStream| async move {
        let _ = written.send(read_until(&mut stream, b"never").await);
    })
    .await;
    for _ in 0..1000 {
        client.send(OutboundMessage { subject: "a", reply: None, headers: b"", payload: b"x" }).await.unwrap();
    }
    soon(client.close()).await;
    assert_eq!(soon(read).await.unwrap(), b"PUB a 1\r\nx\r\n".repeat(1000));
}

#[tokio::test]
async fn a_subscription_ends_after_as_many_messages_as_were_agreed_on() {
    let client = connected(|mut stream: TcpStream| async move {
        read_until(&mut stream, b"UNSUB 1 2\r\n").await;
        stream.write_all(&b"MSG a 1 1\r\nx\r\n".repeat(3)).await.unwrap();
        read_until(&mut stream, b"never").await;
    })
    .await;
    let mut subscriber = client.subscribe("a", Some("group")).await.unwrap();
    subscriber.unsubscribe_after(2);
    let mut come = 0;
    while soon(subscriber.next()).await.is_some() {
        come += 1;
    }
    assert_eq!(come, 2);
}
