//! What the tests of single adapters have in common: an adapter by hand, without a unit around it, and waiting for what
//! has to become true.

use std::sync::Arc;
use std::time::Duration;

use pontoon::adapter::{Consumer, Delivery, Endpoint, IncomingRequest, Reply, Request, Settlement};
use pontoon::adapter::{Message, Metadata, Template};
use pontoon::{BridgeError, Instant};
use tokio::task::JoinHandle;

/// Longer than anything takes that does not hang.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// A text that lives as long as the process.
pub fn leaked(text: impl Into<String>) -> &'static str {
    Box::leak(text.into().into_boxed_str())
}

/// A setting that says this.
pub fn text(text: impl Into<String>) -> Template {
    Template::literal(leaked(text))
}

/// Ends what hangs.
///
/// # Panics
/// It hangs.
pub async fn soon<T>(what: impl Future<Output = T>) -> T {
    tokio::time::timeout(PATIENCE, what).await.expect("it hangs")
}

/// Waits for something to become true.
///
/// # Panics
/// It never does.
pub async fn until(what: &str, is_so: impl Fn() -> bool) {
    let begun = Instant::now();
    while !is_so() {
        assert!(begun.elapsed() < PATIENCE, "never: {what}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

/// A message with a number as its payload.
pub fn message(number: u32) -> Message {
    Message::new(Metadata::new(), number)
}

/// The number of a message.
///
/// # Panics
/// It has none.
pub fn number(delivery: &Delivery) -> u32 {
    delivery.message.decode().unwrap()
}

/// The next message of a consumer.
///
/// # Panics
/// There is none.
pub async fn next(consumer: &Arc<dyn Consumer>) -> Delivery {
    soon(consumer.next()).await.expect("the consumer has ended")
}

/// Takes the next message and is done with it.
///
/// # Panics
/// There is none, or it cannot be settled.
pub async fn take(consumer: &Arc<dyn Consumer>) -> u32 {
    let delivery = next(consumer).await;
    consumer.settle(&delivery, Settlement::Ack).await.unwrap();
    number(&delivery)
}

/// Whether nothing comes for a while.
pub async fn is_quiet(consumer: &Arc<dyn Consumer>) -> bool {
    tokio::time::timeout(Duration::from_millis(300), consumer.next()).await.is_err()
}

/// A request with a number, that somebody waits for for a minute.
pub fn request(subject: &'static str, number: u32) -> Request {
    Request { subject, message: message(number), deadline: Instant::now() + PATIENCE, attempt: 1 }
}

/// Answers each request with what it asks, until there are no more.
pub fn echo(endpoint: Arc<dyn Endpoint>) -> JoinHandle<()> {
    tokio::spawn(async move {
        while let Some(IncomingRequest { message, reply_to, .. }) = endpoint.next().await {
            let json = message.json().unwrap();
            // A stranger's request may have nowhere to go.
            if let Some(to) = reply_to {
                endpoint.answer(&to, Reply::Output(json)).await.unwrap();
            }
        }
    })
}

/// What a reply says.
///
/// # Panics
/// It is no output.
pub fn output(reply: Result<Reply, BridgeError>) -> String {
    match reply.unwrap() {
        Reply::Output(json) => String::from_utf8(json.to_vec()).unwrap(),
        other => panic!("{other:?}"),
    }
}
