//! Commands that cross the broker.

use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt;
use futures_util::future::join_all;
use lapin::options::{BasicConsumeOptions, BasicPublishOptions, QueueBindOptions, QueueDeclareOptions};
use lapin::types::{AMQPValue, FieldTable, ShortString};
use lapin::{BasicProperties, Channel, Consumer};
use pontoon::adapter::SubscriptionPolicy;
use pontoon::adapter::{Reply, Request};
use pontoon::{BridgeError, FaultClass, Id, Instant};
use pontoon_brokers::{Broker, Kind};

use crate::harness::{at, echo, message, name, output, outsider, request, shared, soon, until};

#[tokio::test(flavor = "multi_thread")]
async fn many_requests_at_a_time_each_get_their_reply() {
    let subject = name("command.echo");
    let (server, client) = (at(shared()).await, at(shared()).await);
    echo(server.serve(subject));
    server.connect().await.unwrap();
    client.connect().await.unwrap();
    assert!(client.health().is_ready(), "{}", client.health());
    let replies = join_all((0..500).map(|number| client.request(request(subject, number))));
    for (number, reply) in soon(replies).await.into_iter().enumerate() {
        assert_eq!(output(reply), number.to_string());
    }
    for adapter in [client, server] {
        adapter.close().await;
        adapter.close().await;
        assert!(matches!(adapter.request(request(subject, 1)).await, Err(BridgeError::Closed)));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_nobody_serves_is_an_error_at_once_also_among_others() {
    let (served, nobody) = (name("command.echo"), name("command.nobody"));
    let (server, client) = (at(shared()).await, at(shared()).await);
    echo(server.serve(served));
    server.connect().await.unwrap();
    client.connect().await.unwrap();
    let replies = (0..200).map(|number| client.request(request(if number % 3 == 0 { nobody } else { served }, number)));
    for (number, reply) in soon(join_all(replies)).await.into_iter().enumerate() {
        if number % 3 == 0 {
            assert!(matches!(reply, Err(BridgeError::NoResponder { subject }) if subject == nobody), "{reply:?}");
        } else {
            assert_eq!(output(reply), number.to_string());
        }
    }
    // Once its last server has gone, a command is served by nobody.
    server.drain().await;
    server.close().await;
    let reply = soon(client.request(request(served, 1))).await;
    assert!(matches!(reply, Err(BridgeError::NoResponder { .. })), "{reply:?}");
    client.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reply_that_comes_too_late_is_counted_and_nothing_else() {
    let subject = name("command.slow");
    let adapter = at(shared()).await;
    let endpoint = adapter.serve(subject);
    adapter.connect().await.unwrap();
    let asked = tokio::time::timeout(Duration::from_millis(200), adapter.request(request(subject, 1)));
    let (given_up, asked) = tokio::join!(asked, endpoint.next());
    assert!(given_up.is_err());
    let asked = asked.unwrap();
    endpoint.answer(&asked.reply_to.unwrap(), Reply::Output("1".into())).await.unwrap();
    until("late", || adapter.counters().late_replies == 1).await;
    adapter.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_says_until_when_it_is_waited_for_and_which_attempt_it_is() {
    let subject = name("command.attempt");
    let adapter = at(shared()).await;
    let endpoint = adapter.serve(subject);
    adapter.connect().await.unwrap();
    let deadline = Instant::now() + Duration::from_secs(30);
    let asking = adapter.request(Request { subject, message: message(7), deadline, attempt: 3 });
    let answering = async {
        let asked = soon(endpoint.next()).await.unwrap();
        assert_eq!(asked.attempt, 3);
        let left = asked.message.metadata().deadline.unwrap().saturating_duration_since(Instant::now());
        assert!(left > Duration::from_secs(20) && left < Duration::from_secs(31), "{left:?}");
        endpoint.answer(&asked.reply_to.unwrap(), Reply::Rejection("\"no\"".into())).await.unwrap();
    };
    let (reply, ()) = tokio::join!(asking, answering);
    assert_eq!(reply.unwrap(), Reply::Rejection("\"no\"".into()));
    adapter.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_malformed_request_gets_a_fault_and_the_others_go_on() {
    let subject = name("command.echo");
    let adapter = at(shared()).await;
    echo(adapter.serve(subject));
    adapter.connect().await.unwrap();
    let (_connection, channel) = outsider(shared()).await;
    let (inbox, mut replies) = inbox(&channel).await;
    let asks = BasicProperties::default().with_reply_to(inbox).with_correlation_id("7".into());
    for properties in [asks, BasicProperties::default()] {
        send(&channel, subject, properties).await;
    }
    let reply = soon(replies.next()).await.unwrap().unwrap();
    let headers = reply.properties.headers().clone().unwrap();
    let said = |name: &str| match headers.inner().get(name) {
        Some(AMQPValue::LongString(text)) => text.to_string(),
        other => panic!("{name}: {other:?}"),
    };
    assert_eq!(said("cloudEvents:outcome"), "fault");
    assert_eq!(said("cloudEvents:faultclass"), FaultClass::Malformed.as_str());
    assert_eq!(reply.properties.correlation_id().as_ref().unwrap().as_str(), "7");
    until("both are counted", || adapter.counters().malformed == 2).await;
    assert_eq!(output(soon(adapter.request(request(subject, 1))).await), "1");
    adapter.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_instances_share_the_requests_and_one_that_drains_finishes_what_it_has() {
    let subject = name("command.shared");
    let (one, other, client) = (at(shared()).await, at(shared()).await, at(shared()).await);
    let endpoints = [one.serve(subject), other.serve(subject)];
    for adapter in [&one, &other, &client] {
        adapter.connect().await.unwrap();
    }
    let asking = tokio::spawn({
        let client = Arc::clone(&client);
        async move { join_all((0..100).map(|number| client.request(request(subject, number)))).await }
    });
    let mut taken = Vec::new();
    for endpoint in &endpoints {
        taken.push(soon(endpoint.next()).await.unwrap());
    }
    one.drain().await;
    let [first, second] = endpoints;
    while let Some(asked) = soon(first.next()).await {
        first.answer(&asked.reply_to.unwrap(), Reply::Output("0".into())).await.unwrap();
    }
    for (endpoint, asked) in [&first, &second].into_iter().zip(taken) {
        endpoint.answer(&asked.reply_to.unwrap(), Reply::Output("0".into())).await.unwrap();
    }
    echo(second);
    assert!(soon(asking).await.unwrap().iter().all(Result::is_ok));
    for adapter in [one, other, client] {
        adapter.close().await;
    }
}

/// Where replies come to a plain client.
async fn inbox(channel: &Channel) -> (ShortString, Consumer) {
    let name = ShortString::from(format!("shop.reply.guest.{}", Id::random()));
    let options = QueueDeclareOptions { exclusive: true, ..Default::default() };
    channel.queue_declare(name.clone(), options, FieldTable::default()).await.unwrap();
    let (replies, options) = ("shop.reply".into(), QueueBindOptions::default());
    channel.queue_bind(name.clone(), replies, name.clone(), options, FieldTable::default()).await.unwrap();
    let options = BasicConsumeOptions { no_ack: true, ..Default::default() };
    let consumer = channel.basic_consume(name.clone(), "".into(), options, FieldTable::default()).await.unwrap();
    (name, consumer)
}

/// Sends a request that cannot be read.
async fn send(channel: &Channel, subject: &str, properties: BasicProperties) {
    let options = BasicPublishOptions::default();
    channel.basic_publish("shop.command".into(), subject.into(), options, b"{", properties).await.unwrap();
}

/// How many messages a queue has.
async fn count(channel: &Channel, queue: &str) -> u32 {
    let passive = QueueDeclareOptions { passive: true, ..Default::default() };
    channel.queue_declare(queue.into(), passive, FieldTable::default()).await.unwrap().message_count()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reply_goes_to_callers_and_to_nobody_else() {
    let (command, event) = (name("command.echo"), name("event.untouched"));
    let (adapter, client) = (at(shared()).await, at(shared()).await);
    adapter.retain_for(event, "email.v1.greet", SubscriptionPolicy::at_least_once());
    echo(adapter.serve(command));
    for adapter in [&adapter, &client] {
        adapter.connect().await.unwrap();
    }
    let (_connection, channel) = outsider(shared()).await;
    let options = QueueDeclareOptions { exclusive: true, ..Default::default() };
    let theirs = channel.queue_declare("".into(), options, FieldTable::default()).await.unwrap().name().clone();
    let kept = format!("{event}.email.v1.greet");
    let addresses = [kept.as_str(), theirs.as_str(), command, event, "shop.reply", "shop.reply.", "\u{1b}[2J"];
    for address in addresses {
        send(&channel, command, BasicProperties::default().with_reply_to(address.into())).await;
    }
    let refused = u64::try_from(addresses.len()).unwrap();
    until("they are counted", || adapter.counters().refused_replies == refused).await;
    // The requests themselves were taken.
    until("they are read", || adapter.counters().malformed == refused).await;
    // What came after them is answered, and nothing else was sent anywhere.
    assert_eq!(output(soon(client.request(request(command, 1))).await), "1");
    assert_eq!((count(&channel, &kept).await, count(&channel, theirs.as_str()).await), (0, 0));
    for adapter in [adapter, client] {
        adapter.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_guesses_the_address_of_a_caller_does_not_guess_what_it_asked() {
    let command = name("command.slow");
    let (server, client) = (at(shared()).await, at(shared()).await);
    let endpoint = server.serve(command);
    for adapter in [&server, &client] {
        adapter.connect().await.unwrap();
    }
    let asking = tokio::spawn({
        let client = Arc::clone(&client);
        async move { client.request(request(command, 1)).await }
    });
    let to = soon(endpoint.next()).await.unwrap().reply_to.unwrap();
    let (_connection, channel) = outsider(shared()).await;
    for guess in 0..10 {
        let properties = BasicProperties::default().with_correlation_id(guess.to_string().into());
        let (options, address) = (BasicPublishOptions::default(), to.address.as_str().into());
        channel.basic_publish("shop.reply".into(), address, options, b"99", properties).await.unwrap();
    }
    soon(channel.close(200, "OK".into())).await.unwrap();
    endpoint.answer(&to, Reply::Output("1".into())).await.unwrap();
    assert_eq!(output(soon(asking).await.unwrap()), "1");
    for adapter in [server, client] {
        adapter.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reply_that_the_broker_refuses_is_a_fault_and_takes_no_other_with_it() {
    const COUNT: u32 = 30;
    let broker = Broker::configured(Kind::Amqp).largest(1000).start().unwrap();
    let subject = name("command.large");
    let (server, client) = (at(&broker.url()).await, at(&broker.url()).await);
    let endpoint = server.serve(subject);
    for adapter in [&server, &client] {
        soon(adapter.connect()).await.unwrap();
    }
    for _ in 0..2 {
        let asking = tokio::spawn({
            let client = Arc::clone(&client);
            async move { join_all((0..COUNT).map(|number| client.request(request(subject, number)))).await }
        });
        let mut asked = Vec::new();
        for _ in 0..COUNT {
            asked.push(soon(endpoint.next()).await.unwrap());
        }
        for one in asked {
            let number: u32 = one.message.decode().unwrap();
            let text = if number % 10 == 3 { format!("{:02000}", 1) } else { number.to_string() };
            endpoint.answer(&one.reply_to.unwrap(), Reply::Output(text.into())).await.unwrap();
        }
        for (number, reply) in soon(asking).await.unwrap().into_iter().enumerate() {
            match number % 10 {
                3 => assert!(matches!(reply, Ok(Reply::Fault { class: FaultClass::Malformed, .. })), "{reply:?}"),
                _ => assert_eq!(output(reply), number.to_string()),
            }
        }
    }
    for adapter in [server, client] {
        adapter.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_time_that_a_request_waits_in_the_process_counts() {
    let subject = name("command.waits");
    let adapter = at(shared()).await;
    let endpoint = adapter.serve(subject);
    adapter.connect().await.unwrap();
    let deadline = Instant::now() + Duration::from_secs(2);
    let asking = Request { subject, message: message(1), deadline, attempt: 1 };
    let asking = tokio::spawn({
        let adapter = Arc::clone(&adapter);
        async move { tokio::time::timeout(Duration::from_secs(6), adapter.request(asking)).await }
    });
    // Nobody takes it until its caller has given up.
    assert!(soon(asking).await.unwrap().is_err());
    let asked = soon(endpoint.next()).await.unwrap();
    assert!(asked.message.metadata().deadline.unwrap() < Instant::now());
    adapter.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_one_instance_has_no_room_for_goes_to_another() {
    let subject = name("command.busy");
    let (busy, free, client) = (at(shared()).await, at(shared()).await, at(shared()).await);
    let (_taken_by_nobody, endpoint) = (busy.serve(subject), free.serve(subject));
    for adapter in [&busy, &free, &client] {
        adapter.connect().await.unwrap();
    }
    let asking = tokio::spawn({
        let client = Arc::clone(&client);
        async move { join_all((0..200).map(|number| client.request(request(subject, number)))).await }
    });
    // The busy one holds what it has had beforehand, and nothing more.
    for _ in 0..160 {
        let asked = soon(endpoint.next()).await.unwrap();
        endpoint.answer(&asked.reply_to.unwrap(), Reply::Output("1".into())).await.unwrap();
    }
    asking.abort();
    for adapter in [busy, free, client] {
        adapter.close().await;
    }
}
