//! A bridge and a store that do what a test says: away, refusing, silent, slow.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use pontoon::Page;
use pontoon::adapter::in_memory::InMemoryEvents;
use pontoon::adapter::in_memory::InMemoryState;
use pontoon::adapter::{Change, Entry, Range, StateAdapter};
use pontoon::adapter::{Consumer, Endpoint, EventAdapter, Reply, Request, Topic};
use pontoon::adapter::{MaybeReady, Message, SubscriptionPolicy};
use pontoon::generated::Adapters;
use pontoon::{BridgeError, Health, Id, StoreError};

use crate::unit::adapters;

/// What becomes of an event.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Fate {
    /// Not sent, and the bridge does not know that it is away.
    Unsent,
    /// Sent, and nobody says so.
    Unheard,
    /// Never answered.
    Silence,
    /// Refused for good.
    Mismatch,
    /// Refused as long as rights are missing.
    Denied,
    /// Too large.
    TooLarge,
    /// The code on the way panics.
    Panic,
}

/// A broker that several instances share, and what it has got. Numbers are written down and go to nobody.
#[derive(Clone, Default)]
pub struct Broker {
    events: Arc<InMemoryEvents>,
    published: Arc<Mutex<Vec<(u64, Id)>>>,
}

impl Broker {
    /// The payloads that came, in their order.
    pub fn published(&self) -> Vec<u64> {
        self.published.lock().unwrap().iter().map(|(payload, _)| *payload).collect()
    }

    /// The same with the ids of the events.
    pub fn ids(&self) -> Vec<(u64, Id)> {
        self.published.lock().unwrap().clone()
    }

    /// Waits until so many events have come.
    pub async fn got(&self, count: usize) -> Vec<u64> {
        while self.published().len() < count {
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        }
        self.published()
    }
}

/// The way of one instance to the broker.
#[derive(Clone, Default)]
pub struct Bridge {
    broker: Broker,
    /// What becomes of all events, and of those with one payload.
    all: Arc<Mutex<Option<Fate>>>,
    some: Arc<Mutex<HashMap<u64, Fate>>>,
    /// It knows that it is away.
    down: Arc<AtomicBool>,
    /// Something else of the bridge is not as it should be.
    degraded: Arc<AtomicBool>,
}

impl Bridge {
    pub fn to(broker: &Broker) -> Self {
        Self { broker: broker.clone(), ..Self::default() }
    }

    pub fn all(&self, fate: impl Into<Option<Fate>>) {
        *self.all.lock().unwrap() = fate.into();
    }

    pub fn one(&self, payload: u64, fate: impl Into<Option<Fate>>) {
        match fate.into() {
            Some(fate) => self.some.lock().unwrap().insert(payload, fate),
            None => self.some.lock().unwrap().remove(&payload),
        };
    }

    pub fn down(&self, down: bool) {
        self.down.store(down, Ordering::SeqCst);
        self.all(down.then_some(Fate::Unsent));
    }

    pub fn degrade(&self) {
        self.degraded.store(true, Ordering::SeqCst);
    }

    fn fate(&self, payload: u64) -> Option<Fate> {
        self.some.lock().unwrap().get(&payload).copied().or(*self.all.lock().unwrap())
    }

    /// An instance that goes this way, with this store.
    pub fn adapters(&self, state: &Arc<impl StateAdapter + 'static>) -> Adapters {
        Adapters { state: Arc::clone(state) as Arc<dyn StateAdapter>, ..adapters(Arc::new(self.clone())) }
    }
}

struct Way {
    bridge: Bridge,
    topic: Arc<dyn Topic>,
}

impl Topic for Way {
    fn publish(&self, event: Message) -> MaybeReady<'_, Result<(), BridgeError>> {
        let Ok(payload) = event.decode::<u64>() else { return self.topic.publish(event) };
        MaybeReady::boxed(async move {
            let fate = self.bridge.fate(payload);
            match fate {
                None | Some(Fate::Unheard) => {}
                Some(Fate::Unsent) => return Err(BridgeError::Unavailable("out of reach".into())),
                Some(Fate::Silence) => std::future::pending().await,
                Some(Fate::Mismatch) => return Err(BridgeError::Mismatch("there is no such exchange".into())),
                Some(Fate::Denied) => return Err(BridgeError::Denied("no right to write".into())),
                Some(Fate::TooLarge) => return Err(too_large()),
                Some(Fate::Panic) => panic!("as the test says"),
            }
            self.bridge.broker.published.lock().unwrap().push((payload, event.metadata().id));
            match fate {
                Some(_) => Err(BridgeError::Unavailable("the connection broke".into())),
                None => Ok(()),
            }
        })
    }

    fn check(&self, event: &Message) -> Result<(), BridgeError> {
        match event.decode::<u64>().ok().and_then(|payload| self.bridge.fate(payload)) {
            Some(Fate::TooLarge) => Err(too_large()),
            _ => Ok(()),
        }
    }

    fn is_away(&self) -> bool {
        self.bridge.down.load(Ordering::SeqCst)
    }
}

fn too_large() -> BridgeError {
    BridgeError::TooLarge { subject: "shop.event.ping.v1".into(), size: 3_000_000, limit: 1_000_000 }
}

impl EventAdapter for Bridge {
    fn topic(&self, subject: &'static str) -> Arc<dyn Topic> {
        Arc::new(Way { bridge: self.clone(), topic: self.broker.events.topic(subject) })
    }

    fn subscribe(
        &self,
        subject: &'static str,
        subscription: &'static str,
        policy: SubscriptionPolicy,
    ) -> Arc<dyn Consumer> {
        self.broker.events.subscribe(subject, subscription, policy)
    }

    fn serve(&self, subject: &'static str) -> Arc<dyn Endpoint> {
        self.broker.events.serve(subject)
    }

    fn request(&self, request: Request) -> MaybeReady<'_, Result<Reply, BridgeError>> {
        self.broker.events.request(request)
    }

    fn connect(&self) -> MaybeReady<'_, Result<(), BridgeError>> {
        self.broker.events.connect()
    }

    /// The broker stays: others are on it.
    fn close(&self) -> MaybeReady<'_, ()> {
        MaybeReady::ready(())
    }

    fn health(&self) -> Health {
        match self.down.load(Ordering::SeqCst) || self.degraded.load(Ordering::SeqCst) {
            true => Health::Degraded("the bridge is away".into()),
            false => Health::Ready,
        }
    }
}

/// Which changes a store refuses.
type Refuses = Box<dyn Fn(&Change) -> bool + Send + Sync>;

/// A store that several instances share, and that refuses what a test says, without a change.
#[derive(Default)]
pub struct Store {
    inner: InMemoryState,
    refuses: Mutex<Option<Refuses>>,
    /// How long a transaction takes.
    takes: Mutex<std::time::Duration>,
}

impl Store {
    pub fn new() -> Arc<Self> {
        Arc::default()
    }

    /// Refuses every transaction with such a change.
    pub fn refuse(&self, refuses: impl Fn(&Change) -> bool + Send + Sync + 'static) {
        *self.refuses.lock().unwrap() = Some(Box::new(refuses));
    }

    /// Every transaction takes so long from now on.
    pub fn slow(&self, takes: std::time::Duration) {
        *self.takes.lock().unwrap() = takes;
    }

    pub fn recover(&self) {
        *self.refuses.lock().unwrap() = None;
    }

    /// The keys of a collection.
    pub async fn keys(&self, collection: &str) -> Vec<String> {
        let range = Range { prefix: String::new(), after: None, limit: 1000 };
        let page = self.inner.list(collection, range).await.unwrap();
        page.entries.into_iter().map(|(key, _)| key).collect()
    }
}

impl StateAdapter for Store {
    fn get<'a>(&'a self, collection: &'a str, key: &'a str) -> MaybeReady<'a, Result<Option<Entry>, StoreError>> {
        self.inner.get(collection, key)
    }

    fn list<'a>(&'a self, collection: &'a str, range: Range) -> MaybeReady<'a, Result<Page<Entry>, StoreError>> {
        self.inner.list(collection, range)
    }

    fn commit(&self, changes: Vec<Change>) -> MaybeReady<'_, Result<(), StoreError>> {
        let refused = self.refuses.lock().unwrap().as_ref().is_some_and(|refuses| changes.iter().any(refuses));
        match refused {
            true => MaybeReady::ready(Err(StoreError::Unavailable("the store is away".into()))),
            false => {
                let takes = *self.takes.lock().unwrap();
                if takes.is_zero() {
                    return self.inner.commit(changes);
                }
                MaybeReady::boxed(async move {
                    tokio::time::sleep(takes).await;
                    self.inner.commit(changes).await
                })
            }
        }
    }

    fn is_in_process(&self) -> bool {
        true
    }

    fn connect(&self) -> MaybeReady<'_, Result<(), StoreError>> {
        self.inner.connect()
    }

    /// The store stays: others use it.
    fn close(&self) -> MaybeReady<'_, ()> {
        MaybeReady::ready(())
    }
}

/// The way of one instance to a store that others share: cut off, it hears nothing of it any more.
pub struct StoreLink {
    store: Arc<Store>,
    cut: AtomicBool,
}

impl StoreLink {
    pub fn to(store: &Arc<Store>) -> Arc<Self> {
        Arc::new(Self { store: Arc::clone(store), cut: AtomicBool::new(false) })
    }

    pub fn cut(&self, cut: bool) {
        self.cut.store(cut, Ordering::SeqCst);
    }

    fn there(&self) -> Result<&Store, StoreError> {
        match self.cut.load(Ordering::SeqCst) {
            true => Err(StoreError::Unavailable("the store is out of reach".into())),
            false => Ok(&self.store),
        }
    }
}

impl StateAdapter for StoreLink {
    fn get<'a>(&'a self, collection: &'a str, key: &'a str) -> MaybeReady<'a, Result<Option<Entry>, StoreError>> {
        match self.there() {
            Ok(store) => store.get(collection, key),
            Err(error) => MaybeReady::ready(Err(error)),
        }
    }

    fn list<'a>(&'a self, collection: &'a str, range: Range) -> MaybeReady<'a, Result<Page<Entry>, StoreError>> {
        match self.there() {
            Ok(store) => store.list(collection, range),
            Err(error) => MaybeReady::ready(Err(error)),
        }
    }

    fn commit(&self, changes: Vec<Change>) -> MaybeReady<'_, Result<(), StoreError>> {
        match self.there() {
            Ok(store) => store.commit(changes),
            Err(error) => MaybeReady::ready(Err(error)),
        }
    }

    fn is_in_process(&self) -> bool {
        true
    }

    fn connect(&self) -> MaybeReady<'_, Result<(), StoreError>> {
        self.store.connect()
    }

    fn close(&self) -> MaybeReady<'_, ()> {
        MaybeReady::ready(())
    }
}
