//! The backlog of one subscription or queue in memory: messages that wait, are in flight, or are dead letters.

use std::collections::VecDeque;
use std::mem;
use std::ops::Deref;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::Instant;

use crate::bridge::in_memory::contents::{BacklogContents, BacklogItem, BacklogLimits, LeasedItem};
use crate::bridge::{BridgeError, DeadMessage, Delivery, Settlement};
use crate::contract::subscription_policy::WhenFull;
use crate::message::Message;
use crate::sync::{Mutex, MutexGuard};

/// The backlog of one subscription or queue.
///
/// Senders put messages into `contents`; readers take them over from there all at once, and hand them out of `taken`
/// without getting in the senders' way. Who holds both locks has locked `taken` first.
pub(super) struct Backlog {
    name: &'static str,
    pub(super) limits: BacklogLimits,
    contents: CacheAligned<Mutex<BacklogContents>>,
    reader_side: CacheAligned<ReaderSide>,
    /// Whether something in `contents` comes back by itself at some time.
    timed: AtomicBool,
    /// How many readers wait for something to come in, and how many senders for room.
    readers: AtomicUsize,
    writers: AtomicUsize,
    pub(super) readable: Notify,
    writable: Notify,
}

/// What readers change with every message, and senders hardly look at.
#[derive(Default)]
struct ReaderSide {
    taken: Mutex<HandedOver>,
    /// How many are in `taken`.
    over: AtomicUsize,
    /// How many events are in flight: those have no lease.
    running: AtomicUsize,
}

/// The messages that readers have taken over.
#[derive(Default)]
struct HandedOver {
    items: VecDeque<BacklogItem>,
    /// How many have gone since a sender that waits was woken.
    gone: usize,
}

/// A value with cache lines of its own: what another thread changes beside it does not take them away. Twice 64 bytes,
/// as processors fetch lines in pairs.
#[derive(Default)]
#[repr(align(128))]
struct CacheAligned<T>(T);

impl<T> Deref for CacheAligned<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

/// The outcome of offering a message to a backlog.
pub(super) enum Offered {
    Accepted,
    /// No room: here it is back, to wait for some.
    Full(Message),
}

/// The next message of a backlog, as a reader finds it.
pub(super) enum NextItem<'b> {
    Message(Delivery),
    /// Nothing before this time, unless something comes in.
    Nothing(Option<Instant>, WaitingReader<'b>),
    Closed,
}

impl Backlog {
    pub(super) fn new(name: &'static str, limits: BacklogLimits) -> Self {
        Self {
            name,
            limits,
            contents: CacheAligned::default(),
            reader_side: CacheAligned::default(),
            timed: AtomicBool::new(false),
            readers: AtomicUsize::new(0),
            writers: AtomicUsize::new(0),
            readable: Notify::new(),
            writable: Notify::new(),
        }
    }

    pub(super) fn name(&self) -> &'static str {
        self.name
    }

    pub(super) fn contents(&self) -> MutexGuard<'_, BacklogContents> {
        self.contents.lock()
    }

    /// How many messages readers have: those that they have taken over, and the events in flight.
    pub(super) fn handed_over(&self) -> usize {
        self.reader_side.over.load(Ordering::SeqCst) + self.reader_side.running.load(Ordering::SeqCst)
    }

    /// Whether the next message would be refused.
    pub(super) fn refuses(&self) -> bool {
        self.limits.when_full == WhenFull::Refuse && !self.has_room(&mut self.contents())
    }

    fn has_room(&self, contents: &mut BacklogContents) -> bool {
        if contents.len() + contents.over >= self.limits.bound {
            // Only now: readers change it all the time, and to look takes as long as to send.
            contents.over = self.reader_side.over.load(Ordering::SeqCst);
        }
        contents.len() + contents.over < self.limits.bound
    }

    /// Whether readers take messages over all at once. A job has a lease from the moment it is handed out, and the
    /// oldest message can only be dropped where all are in one place.
    fn is_split(&self) -> bool {
        self.limits.lease.is_none() && self.limits.when_full != WhenFull::DropOldest
    }

    /// Takes a message in, if there is room.
    pub(super) fn offer(
        &self,
        message: Message,
        delay: Option<Duration>,
        deduplication: Option<&str>,
    ) -> Result<Offered, BridgeError> {
        let since = self.limits.lease.map(|_| Instant::now());
        let mut contents = self.contents();
        if contents.closed {
            return Err(BridgeError::Closed);
        }
        if let (Some(id), Some(now)) = (deduplication, since)
            && contents.remembers(id, now)
        {
            return Ok(Offered::Accepted);
        }
        if !self.has_room(&mut contents) {
            match self.limits.when_full {
                WhenFull::Wait => return Ok(Offered::Full(message)),
                WhenFull::Refuse => return Err(BridgeError::Full { at: self.name }),
                WhenFull::DropOldest => contents.drop_oldest(self.name),
            }
        }
        if let (Some(id), Some(now)) = (deduplication, since) {
            contents.remember(id, now + self.limits.remember);
        }
        let item = BacklogItem { message, attempt: 1, since };
        match delay {
            None => contents.ready.push_back(item),
            Some(delay) => contents.delay_until(Instant::now() + delay, item),
        }
        self.wake(contents);
        Ok(Offered::Accepted)
    }

    /// Takes a message in, as soon as there is room.
    pub(super) async fn wait(
        &self,
        mut message: Message,
        delay: Option<Duration>,
        deduplication: Option<&str>,
    ) -> Result<(), BridgeError> {
        loop {
            let writable = self.writable.notified();
            self.writers.fetch_add(1, Ordering::SeqCst);
            let _writing = WaitingWriter(self);
            match self.offer(message, delay, deduplication)? {
                Offered::Accepted => {
                    // Where there was room for one, there may be for the next.
                    if self.writers.load(Ordering::SeqCst) > 1 {
                        self.writable.notify_one();
                    }
                    return Ok(());
                }
                Offered::Full(back) => message = back,
            }
            writable.await;
        }
    }

    pub(super) fn take(&self) -> NextItem<'_> {
        let mut taken = self.reader_side.taken.lock();
        let timed = self.timed.load(Ordering::Relaxed);
        if taken.items.is_empty() || timed {
            let mut contents = self.contents();
            if contents.closed {
                return NextItem::Closed;
            }
            if timed {
                contents.bring_back(Instant::now());
                self.note_times(&contents);
            }
            if taken.items.is_empty() && self.is_split() {
                mem::swap(&mut taken.items, &mut contents.ready);
                contents.over = taken.items.len();
                self.reader_side.over.store(taken.items.len(), Ordering::SeqCst);
            }
            if taken.items.is_empty() {
                let Some(item) = contents.ready.pop_front() else {
                    self.readers.fetch_add(1, Ordering::SeqCst);
                    return NextItem::Nothing(contents.next_time(), WaitingReader(self));
                };
                let delivery = self.hand_out(&mut contents, item);
                self.wake(contents);
                self.make_room();
                return NextItem::Message(delivery);
            }
        }
        let Some(item) = taken.items.pop_front() else { return NextItem::Closed };
        self.reader_side.running.fetch_add(1, Ordering::Relaxed);
        self.reader_side.over.store(taken.items.len(), Ordering::SeqCst);
        taken.gone += 1;
        // Some room at a time: to wake a sender for each message would cost more than all the rest. It waits a
        // sixteenth longer than the message would that it is about to send.
        let room = taken.gone * 16 >= self.limits.bound || taken.items.is_empty();
        if room {
            taken.gone = 0;
        }
        let more = timed || !taken.items.is_empty();
        drop(taken);
        if more && self.readers.load(Ordering::SeqCst) > 0 {
            self.readable.notify_one();
        }
        if room {
            self.make_room();
        }
        NextItem::Message(Delivery { message: item.message, attempt: item.attempt, tag: 0 })
    }

    /// Lets a sender look that waits for room.
    fn make_room(&self) {
        if self.writers.load(Ordering::SeqCst) > 0 {
            self.writable.notify_one();
        }
    }

    /// Remembers whether something comes back by itself.
    fn note_times(&self, contents: &BacklogContents) {
        let timed = !contents.delayed.is_empty() || !contents.leased.is_empty();
        // Written with each message, it would be fetched anew for each that is taken.
        if self.timed.load(Ordering::Relaxed) != timed {
            self.timed.store(timed, Ordering::Relaxed);
        }
    }

    fn hand_out(&self, contents: &mut BacklogContents, item: BacklogItem) -> Delivery {
        let Some(lease) = self.limits.lease else {
            self.reader_side.running.fetch_add(1, Ordering::Relaxed);
            return Delivery { message: item.message, attempt: item.attempt, tag: 0 };
        };
        contents.tags += 1;
        let delivery = Delivery { message: item.message.clone(), attempt: item.attempt, tag: contents.tags };
        contents.leased.insert(delivery.tag, LeasedItem { until: Instant::now() + lease, item });
        delivery
    }

    /// Lets another reader look, where there is something to look at.
    fn wake(&self, contents: MutexGuard<'_, BacklogContents>) {
        self.note_times(&contents);
        let wake = self.readers.load(Ordering::SeqCst) > 0 && !contents.is_idle();
        drop(contents);
        if wake {
            self.readable.notify_one();
        }
    }

    pub(super) fn settle(&self, delivery: &Delivery, settlement: Settlement) -> Result<(), BridgeError> {
        if self.limits.lease.is_none() && matches!(settlement, Settlement::Ack) {
            self.reader_side.running.fetch_sub(1, Ordering::Release);
            return Ok(());
        }
        let mut contents = self.contents();
        let since = match contents.leased.remove(&delivery.tag) {
            Some(leased) => leased.item.since,
            None if self.limits.lease.is_some() => return Err(BridgeError::LeaseLost),
            None => {
                self.reader_side.running.fetch_sub(1, Ordering::Release);
                None
            }
        };
        let Delivery { message, attempt, .. } = delivery;
        match settlement {
            Settlement::Ack | Settlement::Malformed => return Ok(()),
            Settlement::Retry(pause) => {
                let item = BacklogItem { message: message.clone(), attempt: attempt + 1, since };
                contents.delay_until(Instant::now() + pause, item);
            }
            Settlement::Release => {
                let item = BacklogItem { message: message.clone(), attempt: attempt + 1, since };
                contents.delay_until(Instant::now(), item);
            }
            Settlement::Postpone(pause) => {
                let item = BacklogItem { message: message.clone(), attempt: *attempt, since };
                contents.delay_until(Instant::now() + pause, item);
            }
            Settlement::DeadLetter(reason) => {
                contents.dead_letter(DeadMessage { message: message.clone(), reason, attempts: *attempt }, self.name);
            }
        }
        self.wake(contents);
        Ok(())
    }

    pub(super) fn extend(&self, delivery: &Delivery) -> Result<(), BridgeError> {
        let Some(lease) = self.limits.lease else { return Ok(()) };
        let now = Instant::now();
        let mut contents = self.contents();
        match contents.leased.get_mut(&delivery.tag) {
            Some(leased) if leased.until > now => leased.until = now + lease,
            _ => return Err(BridgeError::LeaseLost),
        }
        Ok(())
    }

    /// Puts a message that was given up back, whether or not there is room: it has been taken in once.
    pub(super) fn revive(&self, dead: DeadMessage) {
        let since = self.limits.lease.map(|_| Instant::now());
        let mut contents = self.contents();
        contents.ready.push_back(BacklogItem { message: dead.message, attempt: 1, since });
        self.wake(contents);
    }

    pub(super) fn close(&self) {
        let mut taken = self.reader_side.taken.lock();
        self.contents().closed = true;
        taken.items.clear();
        drop(taken);
        self.readable.notify_waiters();
        self.writable.notify_waiters();
    }
}

/// A reader that found nothing, and is to be woken.
pub(super) struct WaitingReader<'b>(&'b Backlog);

impl Drop for WaitingReader<'_> {
    fn drop(&mut self) {
        self.0.readers.fetch_sub(1, Ordering::SeqCst);
    }
}

/// A writer that looks for room, and is to be woken when there is some.
struct WaitingWriter<'b>(&'b Backlog);

impl Drop for WaitingWriter<'_> {
    fn drop(&mut self) {
        self.0.writers.fetch_sub(1, Ordering::SeqCst);
    }
}
