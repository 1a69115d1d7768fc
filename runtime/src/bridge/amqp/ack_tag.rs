//! The delivery tag of a message, by which it is acknowledged on its channel.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use futures_util::future::FutureExt;
use lapin::Channel;
use lapin::message::Delivery;
use lapin::options::{BasicAckOptions, BasicNackOptions};
use tokio::time::Instant;

use crate::bridge::BridgeError;

/// The delivery tag of a message, and the channel that it came on. An ack or nack is not waited for: the broker does
/// not answer.
#[derive(Clone)]
pub(super) struct AckTag {
    channel: Arc<Channel>,
    tag: u64,
    /// When it came.
    since: Instant,
    peeked: Option<Arc<Peeked>>,
}

/// The delivery tag of a message that is only looked at. Dropped, the message is requeued.
struct Peeked {
    channel: Arc<Channel>,
    tag: u64,
    over: AtomicBool,
}

/// A delivery with its delivery tag.
pub(super) struct TaggedDelivery {
    pub(super) delivery: Delivery,
    pub(super) ack_tag: AckTag,
}

impl AckTag {
    /// Of a message that came on a channel.
    pub(super) fn new(channel: &Arc<Channel>, tag: u64) -> Self {
        Self { channel: Arc::clone(channel), tag, since: Instant::now(), peeked: None }
    }

    /// Of a message that goes back when nobody has its ack_tag any more.
    pub(super) fn peeked(channel: &Arc<Channel>, tag: u64) -> Self {
        let peeked = Peeked { channel: Arc::clone(channel), tag, over: AtomicBool::new(false) };
        Self { peeked: Some(Arc::new(peeked)), ..Self::new(channel, tag) }
    }

    /// Since when this process has it; nothing where it is only looked at.
    pub(super) fn held_since(&self) -> Option<Instant> {
        self.peeked.is_none().then_some(self.since)
    }

    /// When the message came.
    pub(super) fn came(&self) -> Instant {
        self.since
    }

    /// Whether the channel that it came on has ended: the broker has requeued it.
    pub(super) fn is_lost(&self) -> bool {
        !self.channel.status().connected()
    }

    /// The broker may forget it.
    pub(super) fn acknowledge(&self) -> Result<(), BridgeError> {
        self.keep();
        heard(&self.channel.basic_ack(self.tag, BasicAckOptions::default()).now_or_never())
    }

    /// The broker is to give it to others, or to us again.
    pub(super) fn give_back(&self) -> Result<(), BridgeError> {
        self.keep();
        give_back(&self.channel, self.tag)
    }

    fn keep(&self) {
        if let Some(peeked) = &self.peeked {
            peeked.over.store(true, Ordering::SeqCst);
        }
    }
}

impl Drop for Peeked {
    fn drop(&mut self) {
        if !self.over.load(Ordering::SeqCst) {
            // On a channel that has ended, it has gone back.
            let _ = give_back(&self.channel, self.tag);
        }
    }
}

fn give_back(channel: &Channel, tag: u64) -> Result<(), BridgeError> {
    let options = BasicNackOptions { requeue: true, multiple: false };
    heard(&channel.basic_nack(tag, options).now_or_never())
}

/// On a channel that has ended, the broker has taken everything back.
fn heard(said: &Option<lapin::Result<()>>) -> Result<(), BridgeError> {
    match said {
        Some(Err(_)) => Err(BridgeError::LeaseLost),
        _ => Ok(()),
    }
}
