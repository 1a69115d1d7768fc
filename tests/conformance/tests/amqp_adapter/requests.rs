//! Commands that cross the broker.

use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt;
use futures_util::future::join_all;
use lapin::BasicProperties;
use lapin::options::{BasicConsumeOptions, BasicPublishOptions, QueueDeclareOptions};
use lapin::types::{AMQPValue, FieldTable};
use pontoon::bridge::{Reply, Request};
use pontoon::{BridgeError, FaultClass, Instant};

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
    let inlet = adapter.serve(subject);
    adapter.connect().await.unwrap();
    let asked = tokio::time::timeout(Duration::from_millis(200), adapter.request(request(subject, 1)));
    let (given_up, asked) = tokio::join!(asked, inlet.next());
    assert!(given_up.is_err());
    let asked = asked.unwrap();
    inlet.answer(&asked.reply_to.unwrap(), Reply::Output("1".into())).await.unwrap();
    until("late", || adapter.counters().late_replies == 1).await;
    adapter.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_says_until_when_it_is_waited_for_and_which_attempt_it_is() {
    let subject = name("command.attempt");
    let adapter = at(shared()).await;
    let inlet = adapter.serve(subject);
    adapter.connect().await.unwrap();
    let deadline = Instant::now() + Duration::from_secs(30);
    let asking = adapter.request(Request { subject, message: message(7), deadline, attempt: 3 });
    let answering = async {
        let asked = soon(inlet.next()).await.unwrap();
        assert_eq!(asked.attempt, 3);
        let left = asked.message.metadata().deadline.unwrap().saturating_duration_since(Instant::now());
        assert!(left > Duration::from_secs(20) && left < Duration::from_secs(31), "{left:?}");
        inlet.answer(&asked.reply_to.unwrap(), Reply::Rejection("\"no\"".into())).await.unwrap();
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
    let options = QueueDeclareOptions { exclusive: true, ..Default::default() };
    let inbox = channel.queue_declare("".into(), options, FieldTable::default()).await.unwrap();
    let options = BasicConsumeOptions { no_ack: true, ..Default::default() };
    let mut replies =
        channel.basic_consume(inbox.name().clone(), "".into(), options, FieldTable::default()).await.unwrap();
    let asks = BasicProperties::default().with_reply_to(inbox.name().clone()).with_correlation_id("7".into());
    for properties in [asks, BasicProperties::default()] {
        let options = BasicPublishOptions::default();
        channel.basic_publish("".into(), subject.into(), options, b"{", properties).await.unwrap();
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
    let inlets = [one.serve(subject), other.serve(subject)];
    for adapter in [&one, &other, &client] {
        adapter.connect().await.unwrap();
    }
    let asking = tokio::spawn({
        let client = Arc::clone(&client);
        async move { join_all((0..100).map(|number| client.request(request(subject, number)))).await }
    });
    let mut taken = Vec::new();
    for inlet in &inlets {
        taken.push(soon(inlet.next()).await.unwrap());
    }
    one.drain().await;
    let [first, second] = inlets;
    while let Some(asked) = soon(first.next()).await {
        first.answer(&asked.reply_to.unwrap(), Reply::Output("0".into())).await.unwrap();
    }
    for (inlet, asked) in [&first, &second].into_iter().zip(taken) {
        inlet.answer(&asked.reply_to.unwrap(), Reply::Output("0".into())).await.unwrap();
    }
    echo(second);
    assert!(soon(asking).await.unwrap().iter().all(Result::is_ok));
    for adapter in [one, other, client] {
        adapter.close().await;
    }
}
