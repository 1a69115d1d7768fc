//! Adapters on real brokers, a plain client beside them, and waiting for what has to become true.

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use lapin::{Channel, Connection, ConnectionProperties};
use pontoon::bridge::{Arrival, Asked, EventAdapter, Feed, Inlet, Reply, Request, Settlement};
use pontoon::{
    Amqp, BridgeError, EventBridge, Instance, Instant, Message, Metadata, Opening, Part, Text, Tls, Variables,
};
use pontoon_brokers::{Broker, Kind};

/// Longer than anything takes that does not hang.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// A text that lives as long as the process.
pub(crate) fn leaked(text: impl Into<String>) -> &'static str {
    Box::leak(text.into().into_boxed_str())
}

/// A setting that says this.
pub(crate) fn text(text: impl Into<String>) -> Text {
    Text(Box::leak(Box::new([Part::Literal(leaked(text))])))
}

/// The url of a broker that no test here hurts.
pub(crate) fn shared() -> &'static str {
    Broker::shared(Kind::Amqp).unwrap()
}

/// A name that no other test has.
pub(crate) fn name(what: &str) -> &'static str {
    static NAMES: AtomicU32 = AtomicU32::new(0);
    let number = NAMES.fetch_add(1, Ordering::Relaxed);
    leaked(format!("shop.{what}.{}_{number}.v1", std::process::id()))
}

/// What is wrong with these settings.
pub(crate) async fn problems(amqp: Amqp) -> Vec<String> {
    let mut opening = Opening::new(Instance::new("shop", "test"), false, Variables::default());
    let _ = amqp.open(&mut opening).await;
    opening.problems().to_vec()
}

async fn opened(amqp: Amqp, verify: bool) -> Arc<dyn EventAdapter> {
    let mut opening = Opening::new(Instance::new("shop", "test"), verify, Variables::default());
    let adapter = amqp.open(&mut opening).await;
    assert!(opening.problems().is_empty(), "{:?}", opening.problems());
    adapter
}

/// An adapter with these settings, not connected yet.
pub(crate) async fn with(amqp: Amqp) -> Arc<dyn EventAdapter> {
    opened(amqp, false).await
}

/// An adapter at this url, not connected yet.
pub(crate) async fn at(url: &str) -> Arc<dyn EventAdapter> {
    opened(Amqp::new(text(url)), false).await
}

/// The same with `provision: verify`.
pub(crate) async fn verifying(url: &str) -> Arc<dyn EventAdapter> {
    opened(Amqp::new(text(url)), true).await
}

/// Settings at this url, over TLS.
pub(crate) fn encrypted(url: &str, tls: Tls) -> Amqp {
    Amqp::new(text(url)).tls(tls)
}

/// A channel of a plain client.
pub(crate) async fn outsider(url: &str) -> (Connection, Channel) {
    let connection = Connection::connect(url, ConnectionProperties::default()).await.unwrap();
    let channel = connection.create_channel().await.unwrap();
    (connection, channel)
}

/// Ends what hangs.
pub(crate) async fn soon<T>(what: impl Future<Output = T>) -> T {
    tokio::time::timeout(PATIENCE, what).await.expect("it hangs")
}

/// Waits for something to become true.
pub(crate) async fn until(what: &str, is_so: impl Fn() -> bool) {
    let begun = Instant::now();
    while !is_so() {
        assert!(begun.elapsed() < PATIENCE, "never: {what}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

/// A message with a number as its payload.
pub(crate) fn message(number: u32) -> Message {
    Message::new(Metadata::fresh(), number)
}

/// The number of a message.
pub(crate) fn number(arrival: &Arrival) -> u32 {
    arrival.message.decode().unwrap()
}

/// The next message of a feed.
pub(crate) async fn next(feed: &Arc<dyn Feed>) -> Arrival {
    soon(feed.next()).await.expect("the feed has ended")
}

/// Takes the next message and is done with it.
pub(crate) async fn take(feed: &Arc<dyn Feed>) -> u32 {
    let arrival = next(feed).await;
    feed.settle(&arrival, Settlement::Done).await.unwrap();
    number(&arrival)
}

/// RabbitMQ writes down which quorum queues there are half a second after the last one was made; of one that it has not, a
/// kill leaves nothing.
pub(crate) async fn settled() {
    tokio::time::sleep(Duration::from_secs(2)).await;
}

/// Whether nothing comes for a while.
pub(crate) async fn is_quiet(feed: &Arc<dyn Feed>) -> bool {
    tokio::time::timeout(Duration::from_millis(300), feed.next()).await.is_err()
}

/// A request with a number, that somebody waits for for a minute.
pub(crate) fn request(subject: &'static str, number: u32) -> Request {
    Request { subject, message: message(number), deadline: Instant::now() + PATIENCE, attempt: 1 }
}

/// Answers each request with what it asks.
pub(crate) fn echo(inlet: Arc<dyn Inlet>) {
    tokio::spawn(async move {
        while let Some(Asked { message, reply_to, .. }) = inlet.next().await {
            let json = message.json().unwrap();
            inlet.answer(&reply_to.unwrap(), Reply::Output(json)).await.unwrap();
        }
    });
}

/// What a reply says.
pub(crate) fn output(reply: Result<Reply, BridgeError>) -> String {
    match reply.unwrap() {
        Reply::Output(json) => String::from_utf8(json.to_vec()).unwrap(),
        other => panic!("{other:?}"),
    }
}
