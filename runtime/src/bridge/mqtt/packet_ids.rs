//! What is under way on one connection: packet identifiers, and who waits for what the broker says of them.
//!
//! A broker may acknowledge a message before it saves it: Mosquitto handles one packet of each connection, acknowledges, and
//! saves at the end of that round. What it answers to a packet that was sent after the acknowledgement had come, it answers
//! in a later round. So whoever wants to know that a message is safe waits for the acknowledgement, and then for the answer
//! to a ping that was sent after it; one ping serves all who wait by then.

use std::mem;

use tokio::sync::oneshot;

use super::live_connection::{PublishNotify, PublishOutcome};
use super::reason_code::ReasonCode;

/// More than this is never under way on one connection, whatever the broker would allow.
const MOST: u16 = 4096;

/// Who waits until what the broker has said is safe.
type SafeWaiters = (oneshot::Sender<PublishOutcome>, PublishOutcome);

/// What is under way on one connection.
pub(super) struct PacketIds {
    most: usize,
    /// By packet identifier, from 1 on.
    slots: Vec<Slot>,
    free: Vec<u16>,
    /// Acknowledged, and no ping was sent since.
    acknowledged: Vec<SafeWaiters>,
    /// Acknowledged before the ping that is under way.
    pinged: Vec<SafeWaiters>,
}

enum Slot {
    Free,
    /// Something was published.
    MqttTopic(PublishNotify),
    /// A subscription was asked for, by its number.
    Subscribe(usize),
    /// The end of one.
    Unsubscribe(oneshot::Sender<()>),
}

/// A request that the broker has not passed on, by its key.
pub(super) type UnackedRequest = (u64, PublishOutcome);

impl PacketIds {
    /// As large as the broker allows.
    pub(super) fn new(allowed: u16) -> Self {
        let most = usize::from(allowed.clamp(1, MOST));
        Self { most, slots: Vec::new(), free: Vec::new(), acknowledged: Vec::new(), pinged: Vec::new() }
    }

    /// Whether something more can be under way.
    pub(super) fn has_room(&self) -> bool {
        self.slots.len() - self.free.len() < self.most
    }

    /// The identifier of something that is published.
    pub(super) fn publish(&mut self, word: PublishNotify) -> Option<u16> {
        self.put(Slot::MqttTopic(word))
    }

    /// The identifier under which a subscription is asked for.
    pub(super) fn subscribe(&mut self, number: usize) -> Option<u16> {
        self.put(Slot::Subscribe(number))
    }

    /// The identifier under which a subscription is ended.
    pub(super) fn unsubscribe(&mut self, done: oneshot::Sender<()>) -> Option<u16> {
        self.put(Slot::Unsubscribe(done))
    }

    fn put(&mut self, slot: Slot) -> Option<u16> {
        if let Some(identifier) = self.free.pop() {
            self.slots[usize::from(identifier) - 1] = slot;
            return Some(identifier);
        }
        self.slots.push(slot);
        // Of control packets there may be a few more than the broker allows for what is published.
        u16::try_from(self.slots.len()).ok()
    }

    fn take(&mut self, identifier: u16) -> Slot {
        let slot = usize::from(identifier).checked_sub(1).and_then(|place| self.slots.get_mut(place));
        let slot = slot.map_or(Slot::Free, |slot| mem::replace(slot, Slot::Free));
        if !matches!(slot, Slot::Free) {
            self.free.push(identifier);
        }
        slot
    }

    /// What was to be published could not be written.
    pub(super) fn unwritable(&mut self, identifier: u16, why: String) -> Option<UnackedRequest> {
        match self.take(identifier) {
            Slot::MqttTopic(word) => self.settle(word, PublishOutcome::Unwritable(why)),
            _ => None,
        }
    }

    /// The broker acknowledges what was published. `None` where nothing was published under this identifier.
    pub(super) fn acknowledged(&mut self, identifier: u16, reason: ReasonCode) -> Option<Option<UnackedRequest>> {
        match self.take(identifier) {
            Slot::MqttTopic(word) => Some(self.settle(word, reason.into())),
            _ => None,
        }
    }

    /// The number of the subscription that the broker answers to.
    pub(super) fn subscribed(&mut self, identifier: u16) -> Option<usize> {
        match self.take(identifier) {
            Slot::Subscribe(number) => Some(number),
            _ => None,
        }
    }

    /// A subscription has ended.
    pub(super) fn unsubscribed(&mut self, identifier: u16) {
        if let Slot::Unsubscribe(done) = self.take(identifier) {
            // Who has stopped waiting need not know.
            let _ = done.send(());
        }
    }

    fn settle(&mut self, word: PublishNotify, verdict: PublishOutcome) -> Option<UnackedRequest> {
        match word {
            // Also what nobody listens to may be kept.
            PublishNotify::Safe(waits) if matches!(verdict, PublishOutcome::TakenMessage | PublishOutcome::Nobody) => {
                self.acknowledged.push((waits, verdict));
            }
            PublishNotify::Safe(waits) | PublishNotify::TakenMessage(waits) => {
                // Who has stopped waiting need not know.
                let _ = waits.send(verdict);
            }
            PublishNotify::Asked(_) if verdict == PublishOutcome::TakenMessage => {}
            PublishNotify::Asked(key) => return Some((key, verdict)),
        }
        None
    }

    /// Whether somebody waits for a ping to be sent.
    pub(super) fn wants_ping(&self) -> bool {
        !self.acknowledged.is_empty()
    }

    /// A ping is sent: whoever has been acknowledged waits for its answer.
    pub(super) fn pinged(&mut self) {
        self.pinged.append(&mut self.acknowledged);
    }

    /// The answer to the ping has come.
    pub(super) fn ponged(&mut self) {
        for (waits, verdict) in self.pinged.drain(..) {
            // Who has stopped waiting need not know.
            let _ = waits.send(verdict);
        }
    }

    /// The connection is lost: who waits for what was under way is told that it was. Returns the requests that were.
    pub(super) fn broken(&mut self) -> Vec<UnackedRequest> {
        self.free.clear();
        let words = mem::take(&mut self.slots).into_iter().filter_map(|slot| match slot {
            Slot::MqttTopic(word) => Some(word),
            _ => None,
        });
        words.filter_map(|word| self.settle(word, PublishOutcome::Broken)).collect()
    }

    /// Whether the broker owes us a word.
    #[cfg(test)]
    pub(super) fn is_idle(&self) -> bool {
        self.slots.len() == self.free.len() && self.acknowledged.is_empty() && self.pinged.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn publish(window: &mut PacketIds) -> (u16, oneshot::Receiver<PublishOutcome>) {
        let (says, verdict) = oneshot::channel();
        (window.publish(PublishNotify::Safe(says)).unwrap(), verdict)
    }

    #[test]
    fn what_is_acknowledged_is_safe_with_the_answer_to_a_later_ping() {
        let mut window = PacketIds::new(10);
        let (one, mut first) = publish(&mut window);
        let (two, mut second) = publish(&mut window);
        window.acknowledged(one, ReasonCode(0)).unwrap();
        assert!(window.wants_ping());
        window.pinged();
        window.acknowledged(two, ReasonCode(0)).unwrap();
        assert!(first.try_recv().is_err());
        window.ponged();
        assert_eq!(first.try_recv(), Ok(PublishOutcome::TakenMessage));
        assert!(second.try_recv().is_err(), "that ping was under way already");
        window.pinged();
        window.ponged();
        assert_eq!(second.try_recv(), Ok(PublishOutcome::TakenMessage));
        assert!(window.is_idle());
    }

    #[test]
    fn a_refusal_needs_no_ping() {
        let mut window = PacketIds::new(10);
        let (one, mut refused) = publish(&mut window);
        window.acknowledged(one, ReasonCode(0x87)).unwrap();
        assert_eq!(refused.try_recv(), Ok(PublishOutcome::Refused(ReasonCode(0x87))));
        let asked = window.publish(PublishNotify::Asked(7)).unwrap();
        let unanswered = window.acknowledged(asked, ReasonCode::NO_MATCHING_SUBSCRIBERS).unwrap();
        assert_eq!(unanswered, Some((7, PublishOutcome::Nobody)));
        assert!(!window.wants_ping() && window.is_idle());
    }

    #[test]
    fn no_more_is_under_way_than_the_broker_allows() {
        let mut window = PacketIds::new(2);
        let (one, _first) = publish(&mut window);
        let (two, _second) = publish(&mut window);
        assert_eq!((one, two), (1, 2));
        assert!(!window.has_room());
        window.acknowledged(one, ReasonCode(0)).unwrap();
        assert!(window.has_room());
        assert_eq!(publish(&mut window).0, 1, "an identifier that is free is used again");
        assert!(window.acknowledged(9, ReasonCode(0)).is_none(), "nothing was published under it");
        assert!(window.acknowledged(0, ReasonCode(0)).is_none());
    }

    #[test]
    fn who_waits_when_the_connection_is_lost_is_told() {
        let mut window = PacketIds::new(2);
        let (one, mut acknowledged) = publish(&mut window);
        window.acknowledged(one, ReasonCode(0)).unwrap();
        let (_, mut verdict) = publish(&mut window);
        let mut window = PacketIds { most: 4, ..window };
        let cleared = window.publish(PublishNotify::Asked(7)).unwrap();
        window.publish(PublishNotify::Asked(8)).unwrap();
        window.acknowledged(cleared, ReasonCode(0)).unwrap();
        assert_eq!(window.broken(), [(8, PublishOutcome::Broken)], "the broker has taken the other request");
        assert_eq!(verdict.try_recv(), Ok(PublishOutcome::Broken));
        drop(window);
        assert!(matches!(acknowledged.try_recv(), Err(oneshot::error::TryRecvError::Closed)), "the broker took it");
    }
}
