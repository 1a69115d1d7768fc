//! The packet identifiers of one connection that are in flight, and who waits for their acknowledgements.
//!
//! A broker may acknowledge a message before it saves it: Mosquitto handles one packet of each connection,
//! acknowledges, and saves at the end of that round. What it answers to a packet that was sent after the
//! acknowledgement had come, it answers in a later round. So whoever wants to know that a message is safe waits for the
//! acknowledgement, and then for the answer to a ping that was sent after it; one ping serves all who wait by then.

use std::mem;

use tokio::sync::oneshot;

use super::live_connection::{PublishNotify, PublishOutcome};
use super::reason_code::ReasonCode;

/// More packet identifiers than this are never in flight on one connection, whatever the broker would allow.
const MOST: u16 = 4096;

/// A publish whose PUBACK has come, and who waits until it is safe.
struct UnsafePublish {
    waiter: oneshot::Sender<PublishOutcome>,
    outcome: PublishOutcome,
}

/// The packet identifiers of one connection.
pub(super) struct PacketIds {
    most: usize,
    /// By packet identifier, from 1 on.
    slots: Vec<Slot>,
    free: Vec<u16>,
    /// Acknowledged, and no ping was sent since.
    acknowledged: Vec<UnsafePublish>,
    /// Acknowledged before the ping that is under way.
    pinged: Vec<UnsafePublish>,
}

/// The use of a packet identifier.
enum Slot {
    Free,
    Publish(PublishNotify),
    /// The number of the topic filter.
    Subscribe(usize),
    Unsubscribe(oneshot::Sender<()>),
}

/// A request whose command has no subscriber, by its key.
#[derive(Debug, Eq, PartialEq)]
pub(super) struct UnansweredRequest {
    pub(super) key: u64,
    pub(super) outcome: PublishOutcome,
}

/// The effect of a PUBACK.
#[derive(Debug, Eq, PartialEq)]
pub(super) enum Acknowledged {
    /// A publish.
    Publish,
    /// A request that has reached no subscriber.
    Unanswered(UnansweredRequest),
    /// Nothing was published under this packet identifier.
    Unknown,
}

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
    pub(super) fn publish(&mut self, notify: PublishNotify) -> Option<u16> {
        self.put(Slot::Publish(notify))
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
    pub(super) fn unwritable(&mut self, identifier: u16, why: String) -> Option<UnansweredRequest> {
        match self.take(identifier) {
            Slot::Publish(notify) => self.settle(notify, PublishOutcome::Unwritable(why)),
            _ => None,
        }
    }

    /// The broker acknowledges what was published.
    pub(super) fn acknowledged(&mut self, identifier: u16, reason: ReasonCode) -> Acknowledged {
        match self.take(identifier) {
            Slot::Publish(notify) => match self.settle(notify, reason.into()) {
                Some(request) => Acknowledged::Unanswered(request),
                None => Acknowledged::Publish,
            },
            _ => Acknowledged::Unknown,
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

    fn settle(&mut self, notify: PublishNotify, outcome: PublishOutcome) -> Option<UnansweredRequest> {
        match notify {
            // Also what nobody listens to may be kept.
            PublishNotify::Safe(waiter) if matches!(outcome, PublishOutcome::Acked | PublishOutcome::NoSubscribers) => {
                self.acknowledged.push(UnsafePublish { waiter, outcome });
            }
            PublishNotify::Safe(waiter) | PublishNotify::Acked(waiter) => {
                // Who has stopped waiting need not know.
                let _ = waiter.send(outcome);
            }
            PublishNotify::Request(_) if outcome == PublishOutcome::Acked => {}
            PublishNotify::Request(key) => return Some(UnansweredRequest { key, outcome }),
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
        for UnsafePublish { waiter, outcome } in self.pinged.drain(..) {
            // Who has stopped waiting need not know.
            let _ = waiter.send(outcome);
        }
    }

    /// The connection is lost: who waits for what was under way is told that it was. Returns the requests that were.
    pub(super) fn broken(&mut self) -> Vec<UnansweredRequest> {
        self.free.clear();
        let notifies = mem::take(&mut self.slots).into_iter().filter_map(|slot| match slot {
            Slot::Publish(notify) => Some(notify),
            _ => None,
        });
        notifies.filter_map(|notify| self.settle(notify, PublishOutcome::Broken)).collect()
    }

    /// Whether the broker owes us a notify.
    #[cfg(test)]
    pub(super) fn is_idle(&self) -> bool {
        self.slots.len() == self.free.len() && self.acknowledged.is_empty() && self.pinged.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn publish(packet_ids: &mut PacketIds) -> (u16, oneshot::Receiver<PublishOutcome>) {
        let (sender, outcome) = oneshot::channel();
        (packet_ids.publish(PublishNotify::Safe(sender)).unwrap(), outcome)
    }

    #[test]
    fn what_is_acknowledged_is_safe_with_the_answer_to_a_later_ping() {
        let mut packet_ids = PacketIds::new(10);
        let (one, mut first) = publish(&mut packet_ids);
        let (two, mut second) = publish(&mut packet_ids);
        packet_ids.acknowledged(one, ReasonCode(0));
        assert!(packet_ids.wants_ping());
        packet_ids.pinged();
        packet_ids.acknowledged(two, ReasonCode(0));
        assert!(first.try_recv().is_err());
        packet_ids.ponged();
        assert_eq!(first.try_recv(), Ok(PublishOutcome::Acked));
        assert!(second.try_recv().is_err(), "that ping was under way already");
        packet_ids.pinged();
        packet_ids.ponged();
        assert_eq!(second.try_recv(), Ok(PublishOutcome::Acked));
        assert!(packet_ids.is_idle());
    }

    #[test]
    fn a_refusal_needs_no_ping() {
        let mut packet_ids = PacketIds::new(10);
        let (one, mut refused) = publish(&mut packet_ids);
        packet_ids.acknowledged(one, ReasonCode(0x87));
        assert_eq!(refused.try_recv(), Ok(PublishOutcome::Refused(ReasonCode(0x87))));
        let request_id = packet_ids.publish(PublishNotify::Request(7)).unwrap();
        let request = UnansweredRequest { key: 7, outcome: PublishOutcome::NoSubscribers };
        let acknowledged = packet_ids.acknowledged(request_id, ReasonCode::NO_MATCHING_SUBSCRIBERS);
        assert_eq!(acknowledged, Acknowledged::Unanswered(request));
        assert!(!packet_ids.wants_ping() && packet_ids.is_idle());
    }

    #[test]
    fn no_more_is_under_way_than_the_broker_allows() {
        let mut packet_ids = PacketIds::new(2);
        let (one, _first) = publish(&mut packet_ids);
        let (two, _second) = publish(&mut packet_ids);
        assert_eq!((one, two), (1, 2));
        assert!(!packet_ids.has_room());
        packet_ids.acknowledged(one, ReasonCode(0));
        assert!(packet_ids.has_room());
        assert_eq!(publish(&mut packet_ids).0, 1, "an identifier that is free is used again");
        assert_eq!(packet_ids.acknowledged(9, ReasonCode(0)), Acknowledged::Unknown);
        assert_eq!(packet_ids.acknowledged(0, ReasonCode(0)), Acknowledged::Unknown);
    }

    #[test]
    fn who_waits_when_the_connection_is_lost_is_told() {
        let mut packet_ids = PacketIds::new(2);
        let (one, mut acknowledged) = publish(&mut packet_ids);
        packet_ids.acknowledged(one, ReasonCode(0));
        let (_, mut outcome) = publish(&mut packet_ids);
        let mut packet_ids = PacketIds { most: 4, ..packet_ids };
        let cleared = packet_ids.publish(PublishNotify::Request(7)).unwrap();
        packet_ids.publish(PublishNotify::Request(8)).unwrap();
        packet_ids.acknowledged(cleared, ReasonCode(0));
        let lost = UnansweredRequest { key: 8, outcome: PublishOutcome::Broken };
        assert_eq!(packet_ids.broken(), [lost], "the broker has taken the other request");
        assert_eq!(outcome.try_recv(), Ok(PublishOutcome::Broken));
        drop(packet_ids);
        assert!(matches!(acknowledged.try_recv(), Err(oneshot::error::TryRecvError::Closed)), "the broker took it");
    }
}
