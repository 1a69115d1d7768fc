//! Events in memory: delivery, order, attempts, bounds, dead letters. E01 to E26 of the conformance suite, as far as
//! they apply to memory.

use std::time::Duration;

use pontoon::adapter::in_memory::InMemoryEvents;
use pontoon::adapter::{EventAdapter, Settlement};
use pontoon::adapter::{Message, Metadata, SubscriptionPolicy, WhenFull};
use pontoon::{BridgeError, FaultClass, Instant, InvokeError};

use crate::contract::{NewUser, UserId, UserSignedUp, email, lab, user};
use crate::script::{Act, Script};
use crate::unit::start;

const SUBJECT: &str = "shop.event.test.v1";

fn message(number: u64) -> Message {
    Message::new(Metadata::new(), number)
}

async fn sign_up(unit: &pontoon::Started<crate::unit::Monolith>, email: &str) {
    unit.client().invoke(user::SignUp, NewUser { email: email.into() }).await.unwrap();
}

/// E01, E03, E04.
#[tokio::test(start_paused = true)]
async fn every_subscription_gets_every_event_in_order() {
    let bridge = InMemoryEvents::new();
    let topic = bridge.topic(SUBJECT);
    let consumers = ["one", "two"].map(|name| bridge.subscribe(SUBJECT, name, SubscriptionPolicy::at_least_once()));
    let sent: Vec<_> = (0..100).map(message).collect();
    for event in &sent {
        topic.publish(event.clone()).await.unwrap();
    }
    for consumer in &consumers {
        for (number, event) in (0..100).zip(&sent) {
            let delivery = consumer.next().await.unwrap();
            assert_eq!(delivery.message.decode::<u64>().unwrap(), number);
            assert_eq!(delivery.message.metadata().id, event.metadata().id);
            consumer.settle(&delivery, Settlement::Ack).await.unwrap();
        }
        assert_eq!(consumer.unfinished(Instant::now()), 0);
    }
}

/// E02: two that ask for one subscription share it.
#[tokio::test(start_paused = true)]
async fn instances_of_one_subscription_share_its_events() {
    let bridge = InMemoryEvents::new();
    let consumers = [(); 2].map(|()| bridge.subscribe(SUBJECT, "one", SubscriptionPolicy::at_least_once()));
    bridge.topic(SUBJECT).publish(message(1)).await.unwrap();
    bridge.topic(SUBJECT).publish(message(2)).await.unwrap();
    let first = consumers[0].next().await.unwrap().message.decode::<u64>().unwrap();
    let second = consumers[1].next().await.unwrap().message.decode::<u64>().unwrap();
    assert_eq!((first, second), (1, 2));
}

/// E05: what has one key stays in order, also while one of them fails; other keys do not wait for it.
#[tokio::test(start_paused = true)]
async fn order_is_kept_by_key() {
    let script = Script::new();
    script.then("in_order", [Some(Act::Fail)]);
    let unit = start(&script).await;
    unit.client().invoke(lab::Post, 7_181).await.unwrap();
    unit.settled().await;
    let inputs = script.inputs("in_order");
    let of = |key: &str| inputs.iter().filter(|input| input.contains(key)).cloned().collect::<Vec<_>>();
    let ones = of("\"1\"");
    assert_eq!(ones.last().unwrap(), "(\"1\", 3)", "{inputs:?}");
    assert_eq!(ones.iter().filter(|input| input.contains("1)")).count() + 1, ones.len(), "{inputs:?}");
    assert_eq!(inputs.len(), 5);
}

/// E06, E07.
#[tokio::test(start_paused = true)]
async fn a_failing_event_waits_aside_and_comes_again() {
    let script = Script::new();
    script.next("greet", [Act::Fail]);
    let unit = start(&script).await;
    sign_up(&unit, "a").await;
    sign_up(&unit, "b").await;
    unit.settled().await;
    let runs = script.runs("greet");
    let inputs: Vec<_> = runs.iter().map(|run| (run.input.contains("\"a\""), run.attempt)).collect();
    assert_eq!(inputs, [(true, 1), (false, 1), (true, 2)], "the second does not wait for the first");
    assert!((runs[2].at - runs[0].at) >= Duration::from_millis(500));
    assert_eq!(runs[2].id, runs[0].id);
}

/// E08, E27.
#[tokio::test(start_paused = true)]
async fn poison_ends_in_the_dead_letters_and_can_be_replayed() {
    let script = Script::new();
    script.next("greet", [Act::Fail, Act::Panic, Act::Fail]);
    let unit = start(&script).await;
    let client = unit.client().principal("ada").tenant("acme");
    client.invoke(user::SignUp, NewUser { email: "a".into() }).await.unwrap();
    unit.settled().await;

    let letters = unit.dead_letters(email::Greet).list().await.unwrap();
    let [letter] = &letters[..] else { panic!("{letters:?}") };
    assert_eq!(letter.payload, Some(UserSignedUp { id: UserId("a".into()) }));
    assert_eq!(letter.json, r#"{"id":"a"}"#);
    assert_eq!(letter.attempts, 3);
    assert!(letter.reason.contains("failed as the script says"), "{}", letter.reason);
    assert_eq!(letter.metadata.principal.as_deref(), Some("ada"));
    assert_eq!(letter.metadata.tenant.as_deref(), Some("acme"));

    assert!(unit.dead_letters(email::Greet).replay(letter.metadata.id).await.unwrap());
    assert!(!unit.dead_letters(email::Greet).replay(letter.metadata.id).await.unwrap());
    unit.settled().await;
    let last = script.runs("greet").pop().unwrap();
    assert!(last.done);
    assert_eq!((last.id, last.attempt), (letter.metadata.id, 1));
    assert_eq!(last.tenant.as_deref(), Some("acme"));
    assert!(unit.dead_letters(email::Greet).list().await.unwrap().is_empty());
}

#[tokio::test(start_paused = true)]
async fn dead_letters_can_be_purged_and_replayed_together() {
    let script = Script::new();
    script.next("greet", [Act::Fail; 6]);
    let unit = start(&script).await;
    sign_up(&unit, "a").await;
    sign_up(&unit, "b").await;
    unit.settled().await;
    let letters = unit.dead_letters(email::Greet);
    assert_eq!(letters.replay_all().await.unwrap(), 2);
    unit.settled().await;
    assert_eq!(script.runs("greet").len(), 8);
    assert_eq!(letters.purge().await.unwrap(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_dead_letter_says_why_in_one_line() {
    let script = Script::new();
    script.next("greet", [Act::Forge; 3]);
    let unit = start(&script).await;
    sign_up(&unit, "a").await;
    unit.settled().await;
    let letters = unit.dead_letters(email::Greet).list().await.unwrap();
    assert!(letters[0].reason.contains("forged") && !letters[0].reason.contains('\n'), "{}", letters[0].reason);
}

/// E09: it is given up at once, and the consumer lives on.
#[tokio::test(start_paused = true)]
async fn what_cannot_be_read_is_given_up_at_once() {
    let script = Script::new();
    let events = std::sync::Arc::new(InMemoryEvents::new());
    let unit = crate::unit::launch(&script).adapters(crate::unit::adapters(events.clone())).start().await.unwrap();
    let topic = events.topic("shop.event.user_signed_up.v1");
    topic.publish(Message::received(Metadata::new(), b"{\"id\":7}".to_vec())).await.unwrap();
    topic.publish(Message::received(Metadata::new(), b"{\"id\":\"a\"}".to_vec())).await.unwrap();
    unit.settled().await;
    let letters = unit.dead_letters(email::Greet).list().await.unwrap();
    assert_eq!((letters.len(), letters[0].attempts), (1, 1));
    assert!(letters[0].reason.starts_with("malformed"), "{}", letters[0].reason);
    assert_eq!(letters[0].payload, None);
    assert_eq!(letters[0].json, "{\"id\":7}");
    assert_eq!(script.runs("greet").len(), 1);
}

/// E14: the publisher is held back by its slowest subscription, and nothing is lost.
#[tokio::test(start_paused = true)]
async fn a_full_subscription_holds_its_publisher_back() {
    let bridge = InMemoryEvents::new();
    let consumer = bridge.subscribe(SUBJECT, "one", SubscriptionPolicy::at_least_once().bound(2));
    let topic = bridge.topic(SUBJECT);
    topic.publish(message(1)).await.unwrap();
    topic.publish(message(2)).await.unwrap();
    let mut third = topic.publish(message(3));
    assert!(tokio::time::timeout(Duration::from_secs(1), &mut third).await.is_err());
    for number in 1..=3 {
        let delivery = consumer.next().await.unwrap();
        assert_eq!(delivery.message.decode::<u64>().unwrap(), number);
        if number == 1 {
            (&mut third).await.unwrap();
        }
    }
}

/// E25.
#[tokio::test(start_paused = true)]
async fn a_full_subscription_refuses_or_drops_the_oldest() {
    let bridge = InMemoryEvents::new();
    let policy = SubscriptionPolicy::at_least_once().bound(2);
    let dropping = bridge.subscribe("a", "dropping", policy.when_full(WhenFull::DropOldest));
    let refusing = bridge.subscribe("b", "refusing", policy.when_full(WhenFull::Refuse));
    for number in 1..=3 {
        bridge.topic("a").publish(message(number)).await.unwrap();
        let refused = bridge.topic("b").publish(message(number)).await;
        assert_eq!(matches!(refused, Err(BridgeError::Full { at: "refusing" })), number == 3);
    }
    assert_eq!(dropping.next().await.unwrap().message.decode::<u64>().unwrap(), 2);
    assert_eq!(refusing.next().await.unwrap().message.decode::<u64>().unwrap(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_refusal_is_a_fault_of_the_emitter() {
    let script = Script::new();
    script.next("pong", [Act::Hold; 3]);
    let unit = start(&script).await;
    let client = unit.client();
    // Three run, two wait, one is too many. In between they get their turn.
    for number in 0..5 {
        client.invoke(lab::Post, number).await.unwrap();
        script.begun("pong", (number as usize + 1).min(3)).await;
    }
    let Err(InvokeError::Fault(fault)) = client.invoke(lab::Post, 5).await else { panic!("it is full") };
    assert_eq!(fault.class(), FaultClass::Unavailable);
    script.release();
    unit.settled().await;
    assert_eq!(script.runs("pong").iter().filter(|run| run.done).count(), 5);
}

#[tokio::test(start_paused = true)]
async fn as_many_run_at_a_time_as_declared() {
    let script = Script::new();
    script.next("pong", [Act::Hold; 3]).next("greet", [Act::Hold; 2]);
    let unit = start(&script).await;
    for number in 0..4 {
        unit.client().invoke(lab::Post, number).await.unwrap();
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
    sign_up(&unit, "a").await;
    sign_up(&unit, "b").await;
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!((script.runs("pong").len(), script.runs("greet").len()), (3, 1));
    script.release();
    unit.settled().await;
    assert_eq!((script.runs("pong").len(), script.runs("greet").len()), (4, 2));
}

#[tokio::test(start_paused = true)]
async fn at_most_once_is_not_tried_again() {
    let script = Script::new();
    script.next("pong", [Act::Fail]);
    let unit = start(&script).await;
    unit.client().invoke(lab::Post, 1).await.unwrap();
    unit.settled().await;
    assert_eq!(script.runs("pong").len(), 1);
    assert!(unit.dead_letters(lab::Pong).list().await.unwrap().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_loop_ends_at_max_hops() {
    let script = Script::new();
    let unit = start(&script).await;
    unit.client().invoke(lab::Post, 404).await.unwrap();
    unit.settled().await;
    assert_eq!(script.runs("round").iter().map(|run| run.hops).collect::<Vec<_>>(), [2, 3, 4]);
    let letters = unit.dead_letters(lab::Round).list().await.unwrap();
    assert_eq!((letters.len(), letters[0].attempts), (1, 1), "another attempt would not help");
    assert!(letters[0].reason.contains("max_hops"), "{}", letters[0].reason);
}

/// E19.
#[tokio::test(start_paused = true)]
async fn closed_twice_and_closed_while_publishing() {
    let bridge = InMemoryEvents::new();
    let consumer = bridge.subscribe(SUBJECT, "one", SubscriptionPolicy::at_least_once().bound(1));
    let topic = bridge.topic(SUBJECT);
    topic.publish(message(1)).await.unwrap();
    let waits = tokio::spawn({
        let topic = topic.clone();
        async move { topic.publish(message(2)).await }
    });
    tokio::time::sleep(Duration::from_secs(1)).await;
    bridge.close().await;
    bridge.close().await;
    assert!(matches!(waits.await.unwrap(), Err(BridgeError::Closed)));
    assert!(matches!(topic.publish(message(3)).await, Err(BridgeError::Closed)));
    assert!(consumer.next().await.is_none());
}

/// E23: a message whose deadline is over is not handled.
#[tokio::test(start_paused = true)]
async fn a_message_that_nobody_waits_for_is_not_handled() {
    let script = Script::new();
    let events = std::sync::Arc::new(InMemoryEvents::new());
    let unit = crate::unit::launch(&script).adapters(crate::unit::adapters(events.clone())).start().await.unwrap();
    let mut metadata = Metadata::new();
    metadata.deadline = Some(Instant::now());
    let late = Message::new(metadata, UserSignedUp { id: UserId("a".into()) });
    events.topic("shop.event.user_signed_up.v1").publish(late).await.unwrap();
    unit.settled().await;
    assert!(script.runs("greet").is_empty());
    assert_eq!(unit.dead_letters(email::Greet).list().await.unwrap().len(), 1);
}

/// Nothing is lost and nobody sleeps on while there is work, whoever gets in whose way. Real threads, no clock.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn many_senders_and_readers_lose_nothing() {
    for bound in [1, 7, 1024] {
        let bridge = std::sync::Arc::new(InMemoryEvents::new());
        let policy = SubscriptionPolicy::at_least_once().bound(bound);
        let consumer = bridge.subscribe(SUBJECT, "one", policy);
        let senders: Vec<_> = (0..4)
            .map(|sender| {
                let topic = bridge.topic(SUBJECT);
                tokio::spawn(async move {
                    for number in 0..1000 {
                        topic.publish(message(sender * 1000 + number)).await.unwrap();
                    }
                })
            })
            .collect();
        let readers: Vec<_> = (0..4)
            .map(|_| {
                let consumer = std::sync::Arc::clone(&consumer);
                tokio::spawn(async move {
                    let mut numbers = Vec::new();
                    while let Some(delivery) = consumer.next().await {
                        let number = delivery.message.decode::<u64>().unwrap();
                        // Every tenth comes once more.
                        if number % 10 == 0 && delivery.attempt == 1 {
                            consumer.settle(&delivery, Settlement::Release).await.unwrap();
                        } else {
                            consumer.settle(&delivery, Settlement::Ack).await.unwrap();
                            numbers.push(number);
                        }
                    }
                    numbers
                })
            })
            .collect();
        for sender in senders {
            sender.await.unwrap();
        }
        while consumer.unfinished(Instant::now() + Duration::from_secs(60)) > 0 {
            tokio::task::yield_now().await;
        }
        bridge.close().await;
        let mut numbers = Vec::new();
        for reader in readers {
            numbers.extend(reader.await.unwrap());
        }
        numbers.sort_unstable();
        assert!(numbers.into_iter().eq(0..4000), "with room for {bound}");
    }
}
