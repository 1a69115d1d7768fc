//! Where the requests for a command arrive.

use std::fs;
use std::time::SystemTime;

use pontoon::adapter::network::{UnreadableMessage, write_reply};
use pontoon::adapter::{Endpoint, IncomingRequest, MaybeReady, Reply, ReplyTo};
use pontoon::{BridgeError, Id};

use super::bridge::{LARGEST, unavailable};
use super::envelope::{self, Attributes, put};
use super::subscription::Taking;

/// The attribute that says who waits for the reply, and the one by which the caller knows the request.
pub(super) const CALLER: &str = "spoolcaller";
pub(super) const KEY: &str = "spoolkey";

/// The requests for a command.
pub(super) struct Requests {
    pub(super) taking: Taking,
    pub(super) subject: &'static str,
}

impl Requests {
    async fn take(&self) -> Option<IncomingRequest> {
        loop {
            let taken = self.taking.next().await?;
            let written = fs::metadata(&taken.0).and_then(|file| file.modified()).unwrap_or_else(|_| SystemTime::now());
            let file = fs::read(&taken.0);
            // It is ours: it is handled here or nowhere.
            let _ = fs::remove_file(&taken.0);
            let Ok(file) = file else { continue };
            let (attributes, body) = envelope::read(file);
            let reply_to = self.reply_to(&attributes);
            match envelope::message(&attributes, &body, written) {
                Ok(incoming) => {
                    return Some(IncomingRequest { message: incoming.message, attempt: incoming.attempt, reply_to });
                }
                Err(UnreadableMessage { malformed, .. }) => {
                    let reply = self.taking.shared.counters.unreadable(self.subject, &malformed);
                    if let Some(to) = reply_to {
                        let _ = self.send(&to, reply);
                    }
                }
            }
        }
    }

    /// Where the reply goes. A stranger may write any address: only those are answered that have the form of ours.
    fn reply_to(&self, attributes: &Attributes) -> Option<ReplyTo> {
        let (address, key) = (attributes.get(CALLER)?, attributes.get(KEY)?);
        if address.parse::<Id>().is_err() || key.parse::<u64>().is_err() {
            self.taking.shared.counters.refuse_reply(self.subject, address);
            return None;
        }
        Some(ReplyTo { address: address.clone(), correlation: key.clone().into() })
    }

    fn send(&self, to: &ReplyTo, reply: Reply) -> Result<(), BridgeError> {
        let mut attributes = Attributes::new();
        let body = write_reply(reply, self.subject, LARGEST, |attribute, text| put(&mut attributes, attribute, text));
        let key = String::from_utf8_lossy(&to.correlation);
        let file = envelope::written(&attributes, &body);
        self.taking.shared.folder.reply(&to.address, &key, &file).map_err(unavailable)
    }
}

impl Endpoint for Requests {
    fn next(&self) -> MaybeReady<'_, Option<IncomingRequest>> {
        MaybeReady::boxed(self.take())
    }

    fn answer<'a>(&'a self, to: &'a ReplyTo, reply: Reply) -> MaybeReady<'a, Result<(), BridgeError>> {
        // Nobody waits for it any more: that is no error of who answers.
        let _ = self.send(to, reply);
        MaybeReady::ready(Ok(()))
    }
}
