//! Replies to requests, sent to where their callers listen, and nowhere else: whoever may send a request may name any address.
//! The broker gives no word for replies: a caller that is gone is no loss, and one that gets nothing tries again.

use std::sync::Arc;

use lapin::options::BasicPublishOptions;
use lapin::types::ShortString;

use super::line::Line;
use super::names::Names;
use super::pipe::Pipe;
use super::properties::Headers;
use super::trouble::Trouble;
use crate::bridge::{BridgeError, Reply, ReplyTo};
use crate::wire::write_reply;

/// Sends replies.
pub(super) struct Replies {
    pipe: Pipe,
    names: Arc<Names>,
    /// In bytes.
    largest: u64,
}

impl Replies {
    pub(super) fn new(line: &Arc<Line>, names: Arc<Names>, largest: u64) -> Self {
        Self { pipe: Pipe::new(line, false), names, largest }
    }

    /// Whether an address is one that a caller of this topology listens at.
    pub(super) fn reaches(&self, address: &str) -> bool {
        self.names.is_reply_address(address)
    }

    /// Sends a reply; done once it is on its way.
    pub(super) async fn send(&self, subject: &str, to: &ReplyTo, reply: Reply) -> Result<(), BridgeError> {
        let mut headers = Headers::default();
        let body = write_reply(reply, subject, self.largest, |attribute, text| {
            headers.put(attribute, text);
        });
        let mut properties = headers.into_properties();
        let correlation = String::from_utf8_lossy(&to.correlation);
        if let Ok(correlation) = ShortString::try_new(correlation) {
            properties = properties.with_correlation_id(correlation);
        }
        let Ok(address) = ShortString::try_new(&*to.address) else {
            return Err(BridgeError::Unavailable("the address of a caller is too long".into()));
        };
        let channel = self.pipe.channel().await?;
        let options = BasicPublishOptions::default();
        let sent = channel.basic_publish(self.names.replies.clone(), address, options, &body, properties).await;
        sent.map(drop).map_err(|error| Trouble::from(error).into())
    }
}
