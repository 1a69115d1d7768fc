//! `outbox: true`: state, events and jobs together, or not at all.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use pontoon::BridgeError;
use pontoon::adapter::in_memory::InMemoryEvents;
use pontoon::adapter::{Consumer, Endpoint, EventAdapter, Reply, Request, Topic};
use pontoon::adapter::{MaybeReady, Message, SubscriptionPolicy};

use crate::contract::{NewUser, UserId, lab, queue, state, user};
use crate::script::{Act, Script};
use crate::unit::{adapters, launch, start};

/// A bridge that can be cut off.
struct Cut {
    events: InMemoryEvents,
    out_of_reach: Arc<AtomicBool>,
}

struct CutTopic(Arc<dyn Topic>, Arc<AtomicBool>);

impl Topic for CutTopic {
    fn publish(&self, event: Message) -> MaybeReady<'_, Result<(), BridgeError>> {
        if self.1.load(Ordering::Relaxed) {
            return MaybeReady::ready(Err(BridgeError::Unavailable("out of reach".into())));
        }
        self.0.publish(event)
    }
}

impl EventAdapter for Cut {
    fn topic(&self, subject: &'static str) -> Arc<dyn Topic> {
        Arc::new(CutTopic(self.events.topic(subject), Arc::clone(&self.out_of_reach)))
    }

    fn subscribe(
        &self,
        subject: &'static str,
        subscription: &'static str,
        policy: SubscriptionPolicy,
    ) -> Arc<dyn Consumer> {
        self.events.subscribe(subject, subscription, policy)
    }

    fn serve(&self, subject: &'static str) -> Arc<dyn Endpoint> {
        self.events.serve(subject)
    }

    fn request(&self, request: Request) -> MaybeReady<'_, Result<Reply, BridgeError>> {
        self.events.request(request)
    }

    fn connect(&self) -> MaybeReady<'_, Result<(), BridgeError>> {
        self.events.connect()
    }

    fn close(&self) -> MaybeReady<'_, ()> {
        self.events.close()
    }
}

#[tokio::test(start_paused = true)]
async fn what_succeeds_takes_effect() {
    let script = Script::new();
    let unit = start(&script).await;
    unit.client().invoke(user::SignUp, NewUser { email: "Ada".into() }).await.unwrap();
    unit.settled().await;
    assert_eq!((script.runs("greet").len(), script.runs("bill").len()), (1, 1));
    assert!(unit.state(state::Users).get(&UserId("ada".into())).await.unwrap().is_some());
}

#[tokio::test(start_paused = true)]
async fn what_fails_leaves_nothing() {
    let script = Script::new();
    script.next("sign_up", [Act::Fail, Act::Panic, Act::Wait(Duration::from_secs(10))]);
    let unit = start(&script).await;
    for _ in 0..3 {
        unit.client().invoke(user::SignUp, NewUser { email: "Ada".into() }).await.unwrap_err();
    }
    unit.settled().await;
    assert_eq!((script.runs("greet").len(), script.runs("bill").len()), (0, 0));
    assert_eq!(unit.state(state::Users).get(&UserId("ada".into())).await.unwrap(), None);
    let depth = unit.depth(queue::Invoices).await.unwrap();
    assert_eq!((depth.waiting, depth.delayed, depth.leased), (0, Some(0), Some(0)));
}

#[tokio::test(start_paused = true)]
async fn nothing_is_seen_before_the_handler_has_succeeded() {
    let script = Script::new();
    script.next("keep", [Act::Hold]);
    let unit = start(&script).await;
    let client = unit.client();
    let call = tokio::spawn(async move { client.invoke(lab::Keep, 7).await });
    script.begun("keep", 1).await;
    tokio::time::sleep(Duration::from_secs(5)).await;
    assert_eq!(unit.state(state::Counters).get(&7).await.unwrap(), None);
    assert!(script.runs("echo").is_empty());
    script.release();
    assert_eq!(call.await.unwrap().unwrap(), 1, "the handler saw its own write in the listing");
    unit.settled().await;
    assert_eq!(unit.state(state::Counters).get(&7).await.unwrap(), Some(7));
    assert_eq!(script.runs("echo").len(), 1);
}

/// Also where it is a plain call, which is otherwise a part of its caller's invocation.
#[tokio::test(start_paused = true)]
async fn what_is_called_has_no_part_in_the_outbox_of_its_caller() {
    let script = Script::new();
    script.next("keep", [Act::Fail]);
    let unit = start(&script).await;
    unit.client().invoke(lab::Keep, 10_007).await.unwrap_err();
    unit.settled().await;
    let (keep, post) = (&script.runs("keep")[0], &script.runs("post")[0]);
    assert_eq!(script.inputs("echo"), ["7"], "the ping of the command that it called, and none of its own");
    assert_eq!((post.causation, post.attempt), (Some(keep.id), 1));
    assert_eq!(script.runs("echo")[0].causation, Some(post.id));
}

#[tokio::test(start_paused = true)]
async fn what_could_not_be_published_is_published_later_under_its_id() {
    let script = Script::new();
    let out_of_reach = Arc::new(AtomicBool::new(true));
    let bridge = Cut { events: InMemoryEvents::new(), out_of_reach: Arc::clone(&out_of_reach) };
    let unit = launch(&script).adapters(adapters(Arc::new(bridge))).start().await.unwrap();
    let client = unit.client().tenant("acme");
    assert_eq!(client.invoke(lab::Keep, 7).await.unwrap(), 1, "it is safe in the outbox: the call succeeds");
    tokio::time::sleep(Duration::from_secs(60)).await;
    assert!(script.runs("echo").is_empty());
    out_of_reach.store(false, Ordering::Relaxed);
    script.begun("echo", 1).await;
    unit.settled().await;
    let (kept, echoed) = (&script.runs("keep")[0], script.runs("echo"));
    assert_eq!(echoed.len(), 1);
    assert_eq!(echoed[0].input, "7");
    assert_eq!((echoed[0].causation, echoed[0].correlation), (Some(kept.id), kept.correlation));
    assert_eq!(echoed[0].tenant.as_deref(), Some("acme"));
    tokio::time::sleep(Duration::from_secs(600)).await;
    assert_eq!(script.runs("echo").len(), 1, "once it is published it is out of the outbox");
}

/// What an earlier process has left behind is published by the next one.
#[tokio::test(start_paused = true)]
async fn what_a_process_left_behind_is_published_by_the_next() {
    let script = Script::new();
    let bridge = Cut { events: InMemoryEvents::new(), out_of_reach: Arc::new(AtomicBool::new(true)) };
    let first = adapters(Arc::new(bridge));
    let state = Arc::clone(&first.state);
    let unit = launch(&script).adapters(first).start().await.unwrap();
    unit.client().invoke(lab::Keep, 7).await.unwrap();
    drop(unit);
    let mut next = adapters(Arc::new(InMemoryEvents::new()));
    next.state = state;
    let unit = launch(&script).adapters(next).start().await.unwrap();
    script.begun("echo", 1).await;
    unit.shutdown().await.unwrap();
    assert_eq!(script.inputs("echo"), ["7"]);
}
