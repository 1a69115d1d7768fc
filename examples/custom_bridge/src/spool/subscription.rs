//! A subscription: what `NetworkConsumer` takes messages from. Attempts, pauses and what becomes of poison are decided
//! there.

use std::collections::VecDeque;
use std::fs;
use std::io;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use pontoon::BridgeError;
use pontoon::adapter::DeadMessage;
use pontoon::adapter::network::{
    BrokerSubscription, DeadLetterPage, DeadLetterQuery, FoundDeadLetter, GivenUp, Outgoing, ReceivedMessage, dead,
};
use tokio::time::sleep;

use super::bridge::{Shared, unavailable};
use super::envelope::{self, Attributes};
use super::folder::{Queue, Taken, names, times_taken};

/// How often a folder is looked at in which there was nothing.
pub(super) const POLL: Duration = Duration::from_millis(5);

/// How many messages are looked at in one go. None of them is taken before its turn.
const AHEAD: usize = 256;

/// The messages in a folder that are still to be taken, in order.
pub(super) struct Taking {
    pub(super) shared: Arc<Shared>,
    pub(super) queue: Queue,
    ahead: Mutex<VecDeque<String>>,
}

impl Taking {
    pub(super) fn new(shared: Arc<Shared>, queue: Queue) -> Self {
        Self { shared, queue, ahead: Mutex::default() }
    }

    /// The next message; nothing once no more is to be taken. Between taking it and returning it nothing waits, so that
    /// none is lost with a future that is dropped.
    pub(super) async fn next(&self) -> Option<Taken> {
        loop {
            if self.shared.takes_no_more() {
                return None;
            }
            let name = self.ahead();
            match name.map(|name| self.shared.folder.take(&self.queue, &name)) {
                Some(Some(taken)) => return Some(taken),
                Some(None) => {}
                None => sleep(POLL).await,
            }
        }
    }

    fn ahead(&self) -> Option<String> {
        let mut ahead = self.ahead.lock().unwrap_or_else(PoisonError::into_inner);
        if ahead.is_empty() && self.shared.is_connected() {
            ahead.extend(self.queue.first(AHEAD));
        }
        ahead.pop_front()
    }
}

/// A subscription in the folder.
pub(super) struct Subscription {
    pub(super) taking: Taking,
    pub(super) subject: &'static str,
}

impl BrokerSubscription for Subscription {
    type Token = Taken;

    async fn receive(&self) -> Option<ReceivedMessage<Taken>> {
        loop {
            let token = self.taking.next().await?;
            // Somebody has removed it by hand.
            let Ok(file) = fs::read(&token.0) else { continue };
            let (attributes, body) = envelope::read(file);
            let incoming = envelope::message(&attributes, &body, SystemTime::now());
            let name = token.0.file_name().unwrap_or_default().to_string_lossy();
            return Some(ReceivedMessage { incoming, redelivered: times_taken(&name), token });
        }
    }

    async fn ack(&self, token: Taken) -> Result<(), BridgeError> {
        fs::remove_file(&token.0).map_err(lost)
    }

    async fn release(&self, token: Taken) -> Result<(), BridgeError> {
        self.taking.queue.back(&token.0).map_err(lost)
    }

    async fn dead_letter(&self, dead: &DeadMessage) -> Result<(), BridgeError> {
        let shared = &self.taking.shared;
        let outgoing = Outgoing {
            dead: Some(GivenUp { reason: &dead.reason, attempts: dead.attempts }),
            ..Outgoing::new(self.subject, &dead.message, &shared.source)
        };
        let file = shared.written(&outgoing, Attributes::new())?;
        shared.folder.put(&self.taking.queue.dead(), &file).map_err(unavailable)
    }

    async fn dead_letters(&self, query: DeadLetterQuery) -> Result<Vec<FoundDeadLetter<Taken>>, BridgeError> {
        let folder = self.taking.queue.dead();
        let (mut names, mut page) = (names(&folder), DeadLetterPage::new(query));
        names.sort_unstable();
        for name in names {
            if page.is_full() {
                break;
            }
            let path = folder.join(name);
            // It may have been replayed meanwhile.
            let Ok(file) = fs::read(&path) else { continue };
            let bytes = file.len();
            let (attributes, body) = envelope::read(file);
            let letter = dead(envelope::message(&attributes, &body, SystemTime::now()));
            let _ = page.add(letter, bytes, Taken(path));
        }
        Ok(page.into_found())
    }
}

/// A file that is not there is somebody else's by now.
fn lost(error: io::Error) -> BridgeError {
    match error.kind() {
        io::ErrorKind::NotFound => BridgeError::LeaseLost,
        _ => unavailable(error),
    }
}
