//! Users, and what the broker does not let them do.

use std::time::Duration;

use pontoon::{Amqp, BridgeError, Delivery, Health};
use pontoon_brokers::{Broker, Kind, Rights};

use crate::harness::{at, echo, message, name, output, problems, request, soon, take, text, until, with};

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
    adapter.subscribe(subject, SUBSCRIPTION, Delivery::at_least_once());
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
    let feed = adapter.subscribe(allowed, SUBSCRIPTION, Delivery::at_least_once());
    echo(adapter.serve(command));
    soon(adapter.connect()).await.unwrap();
    soon(barred.publish(message(0))).await.unwrap();

    let rest = Rights::everything().write(&["shop\\.event\\.allowed.*", "shop\\.command.*", "amq\\.default", ""]);
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
    assert_eq!(take(&feed).await, 2);
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
