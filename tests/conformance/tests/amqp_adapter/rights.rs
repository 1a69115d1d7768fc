//! Users, and what the broker does not let them do.

use std::sync::Arc;
use std::time::Duration;

use pontoon::adapter::{Amqp, SubscriptionPolicy};
use pontoon::adapter::{Endpoint, IncomingRequest, Reply, Settlement};
use pontoon::{BridgeError, Health};
use pontoon_brokers::{Broker, Kind, Rights};

use crate::harness::{
    at, echo, leaked, message, name, next, output, outsider, problems, request, soon, take, text, until, verifying,
    with,
};

const SUBSCRIPTION: &str = "email.v1.greet";

async fn denied(amqp: Amqp) -> String {
    let adapter = with(amqp).await;
    adapter.topic(name("event.denied"));
    match soon(adapter.connect()).await {
        Err(BridgeError::Denied(why)) => why.to_string(),
        other => panic!("{other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_may_not_is_told_at_once() {
    let broker = Broker::configured(Kind::Amqp).user("ada", "right-one").start().unwrap();
    broker.admit("bob", "bobs-own", &Rights::everything().configure(&[])).unwrap();
    let address = broker.address();

    let why = denied(Amqp::new(text(address.replace("//", "//ada:wrong-one@")))).await;
    assert!(why.contains("ACCESS_REFUSED") && !why.contains("wrong-one"), "{why}");
    let why = denied(Amqp::new(text(broker.url().replace("%2f", "nowhere")))).await;
    assert!(why.contains("nowhere"), "{why}");
    // The settings beside the url win.
    let amqp = Amqp::new(text(broker.url())).username(text("bob")).password(text("bobs-own"));
    let why = denied(amqp).await;
    assert!(why.contains("the exchange `shop.event.denied") && why.contains("ACCESS_REFUSED"), "{why}");

    let subject = name("event.allowed");
    let adapter = with(Amqp::new(text(address)).username(text("ada")).password(text("right-one"))).await;
    adapter.subscribe(subject, SUBSCRIPTION, SubscriptionPolicy::at_least_once());
    soon(adapter.connect()).await.unwrap();
    adapter.close().await;
}

#[tokio::test]
async fn a_url_that_is_none_is_a_problem_without_its_password() {
    let found = problems(Amqp::new(text("http://ada:hidden@host"))).await;
    assert!(found.len() == 1 && found[0].contains("url of amqp") && found[0].contains("`http`"), "{found:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_right_that_is_taken_away_is_an_error_for_whom_it_concerns_and_comes_back() {
    let broker = Broker::configured(Kind::Amqp).user("ada", "secret").start().unwrap();
    let (allowed, forbidden) = (name("event.allowed"), name("event.forbidden"));
    let command = name("command.allowed");
    let adapter = at(&broker.url()).await;
    let (free, barred) = (adapter.topic(allowed), adapter.topic(forbidden));
    let consumer = adapter.subscribe(allowed, SUBSCRIPTION, SubscriptionPolicy::at_least_once());
    echo(adapter.serve(command));
    soon(adapter.connect()).await.unwrap();
    soon(barred.publish(message(0))).await.unwrap();

    let rest = Rights::everything().write(&["shop\\.event\\.allowed.*", "shop\\.command.*", "shop\\.reply.*"]);
    broker.admit("ada", "secret", &rest).unwrap();
    let refused = async {
        let mut pause = Duration::from_secs(1);
        loop {
            match barred.publish(message(1)).await {
                // A channel that has work remembers what its user may do.
                Ok(()) => {
                    tokio::time::sleep(pause).await;
                    pause *= 2;
                }
                Err(BridgeError::Denied(why)) => return why.to_string(),
                Err(other) => panic!("{other}"),
            }
        }
    };
    let why = soon(refused).await;
    assert!(why.contains(forbidden) && why.contains("ACCESS_REFUSED"), "{why}");
    assert!(matches!(adapter.health(), Health::Degraded(why) if why.contains(forbidden)), "{}", adapter.health());
    // Nobody else notices.
    soon(free.publish(message(2))).await.unwrap();
    assert_eq!(take(&consumer).await, 2);
    assert_eq!(output(soon(adapter.request(request(command, 3))).await), "3");
    // However many ask, the broker is asked now and then.
    for _ in 0..1000 {
        assert!(matches!(soon(barred.publish(message(4))).await, Err(BridgeError::Denied(_))));
    }

    broker.admit("ada", "secret", &Rights::everything()).unwrap();
    let again = async {
        while barred.publish(message(5)).await.is_err() {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    soon(again).await;
    until("ready again", || adapter.health().is_ready()).await;
    adapter.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn each_user_needs_only_the_rights_of_its_edges() {
    let broker = Broker::configured(Kind::Amqp).user("ada", "secret").start().unwrap();
    let (command, other) = ("shop.command.sell.v1", "shop.command.refund.v1");
    let (event, queue) = ("shop.event.sold.v1", "shop.event.sold.v1.email.v1.greet");
    let policy = SubscriptionPolicy::at_least_once().dead_letter();
    let maker = at(&broker.url()).await;
    maker.subscribe(event, SUBSCRIPTION, policy);
    echo(maker.serve(other));
    soon(maker.connect()).await.unwrap();
    maker.drain().await;

    let address = broker.address();
    let user = |name: &str| address.replace("//", &format!("//{name}:secret@"));
    let escaped = |names: &[&str]| names.iter().map(|name| name.replace('.', "\\.")).collect::<Vec<_>>();
    let replies = "shop\\.reply\\.una\\..*";
    let (own, shared) = (escaped(&[command]), escaped(&["shop.command", "shop.reply"]));
    let (taken, given) = (escaped(&[queue, &format!("{queue}.dead")]), escaped(&[event, "shop.dead"]));
    let both = |lists: &[&[String]]| lists.concat();
    let only =
        |list: &[String]| list.iter().map(String::as_str).chain([replies]).map(str::to_owned).collect::<Vec<_>>();
    let (configure, write, read) =
        (only(&own), only(&both(&[&own, &shared, &given])), only(&both(&[&own, &shared, &taken])));
    let borrowed = |list: &[String]| list.iter().map(|text| leaked(text.clone())).collect::<Vec<&str>>();
    let rights = Rights::nothing().configure(&borrowed(&configure)).write(&borrowed(&write)).read(&borrowed(&read));
    broker.admit("una", "secret", &rights).unwrap();
    let unit = verifying(&user("una")).await;
    let (topic, consumer) = (unit.topic(event), unit.subscribe(event, SUBSCRIPTION, policy));
    echo(unit.serve(command));
    soon(unit.connect()).await.unwrap();
    soon(topic.publish(message(1))).await.unwrap();
    let delivery = next(&consumer).await;
    consumer.settle(&delivery, Settlement::DeadLetter("poison".to_owned())).await.unwrap();
    assert_eq!(soon(consumer.clear_dead_letters(None, true)).await.unwrap(), 1);
    assert_eq!(take(&consumer).await, 1);
    assert_eq!(output(soon(unit.request(request(command, 2))).await), "2");

    // Who may only call one command.
    let replies = ["shop\\.reply\\.gus\\..*", "shop\\.reply"];
    let rights = Rights::nothing()
        .configure(&replies[..1])
        .write(&[replies[0], "shop\\.command"])
        .read(&replies)
        .topics("shop.command", &["shop\\.command\\.sell\\.v1"], &[]);
    broker.admit("gus", "secret", &rights).unwrap();
    let guest = verifying(&user("gus")).await;
    let denied = guest.topic(event);
    soon(guest.connect()).await.unwrap();
    assert_eq!(output(soon(guest.request(request(command, 3))).await), "3");
    let Err(BridgeError::Denied(why)) = soon(guest.request(request(other, 4))).await else { panic!("it may call it") };
    assert!(why.to_string().contains(other), "{why}");
    assert!(matches!(soon(denied.publish(message(5))).await, Err(BridgeError::Denied(_))));
    // What is refused of one command ends no other.
    assert_eq!(output(soon(guest.request(request(command, 6))).await), "6");
    let to =
        [("", queue), ("", "shop.reply.una.1"), (event, ""), ("shop.reply", "shop.reply.una.1"), ("shop.dead", queue)];
    for (exchange, key) in to {
        let (_connection, channel) = outsider(&user("gus")).await;
        channel.confirm_select(Default::default()).await.unwrap();
        let sent =
            channel.basic_publish(exchange.into(), key.into(), Default::default(), b"1", Default::default()).await;
        assert!(soon(sent.unwrap()).await.is_err(), "{exchange} {key}");
    }
    for taken in [queue, command] {
        let (_connection, channel) = outsider(&user("gus")).await;
        let consumed = channel.basic_consume(taken.into(), "".into(), Default::default(), Default::default()).await;
        assert!(consumed.is_err(), "{taken}");
    }
    for adapter in [maker, unit, guest] {
        adapter.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_may_not_answer_says_so_in_its_health() {
    let broker = Broker::configured(Kind::Amqp).user("ada", "secret").start().unwrap();
    let command = name("command.unanswered");
    let adapter = at(&broker.url()).await;
    echo_what_it_can(adapter.serve(command));
    soon(adapter.connect()).await.unwrap();
    assert_eq!(output(soon(adapter.request(request(command, 1))).await), "1");
    let rest = Rights::everything().write(&["shop\\.command.*", "shop\\.reply\\..*"]);
    broker.admit("ada", "secret", &rest).unwrap();
    let says = || matches!(adapter.health(), Health::Degraded(why) if why.contains("exchange 'shop.reply'"));
    let refused = async {
        let mut pause = Duration::from_secs(1);
        while !says() {
            let _ = tokio::time::timeout(Duration::from_secs(1), adapter.request(request(command, 2))).await;
            // A channel that has work remembers what its user may do.
            tokio::time::sleep(pause).await;
            pause *= 2;
        }
    };
    soon(refused).await;
    broker.admit("ada", "secret", &Rights::everything()).unwrap();
    let again = async {
        while !matches!(
            tokio::time::timeout(Duration::from_secs(1), adapter.request(request(command, 3))).await,
            Ok(Ok(_))
        ) {}
    };
    soon(again).await;
    until("ready again", || adapter.health().is_ready()).await;
    adapter.close().await;
}

/// Answers each request, whether it can or not.
fn echo_what_it_can(endpoint: Arc<dyn Endpoint>) {
    tokio::spawn(async move {
        while let Some(IncomingRequest { message, reply_to, .. }) = endpoint.next().await {
            let _ = endpoint.answer(&reply_to.unwrap(), Reply::Output(message.json().unwrap())).await;
        }
    });
}
