//! Requests in memory: a bounded queue for each command, which all who serve it share.

use std::collections::HashMap;
use std::sync::Arc;

use bytes::Bytes;
use tokio::sync::{Mutex as AsyncMutex, mpsc};

use crate::bridge::pending::Pending;
use crate::bridge::{BridgeError, Endpoint, IncomingRequest, Reply, ReplyTo, Request};
use crate::health::Counters;
use crate::maybe_ready::MaybeReady;
use crate::message::Message;
use crate::message::metadata::Metadata;
use crate::sync::{Mutex, MutexGuard};

/// How many requests for one command may wait; who sends the next one waits.
const BOUND: usize = 1024;

/// The commands that are served, by subject.
type Commands = HashMap<&'static str, ServedCommand>;

/// A command that is served: the sender of its requests, and the endpoint that receives them.
struct ServedCommand {
    sender: mpsc::Sender<IncomingRequest>,
    endpoint: Arc<InMemoryEndpoint>,
}

/// The commands that are served, and the requests that wait for their replies.
#[derive(Default)]
pub(crate) struct InMemoryRequests {
    served: Mutex<Commands>,
    pending: Arc<Pending>,
}

/// The endpoint of one command.
struct InMemoryEndpoint {
    requests: AsyncMutex<mpsc::Receiver<IncomingRequest>>,
    pending: Arc<Pending>,
}

impl InMemoryRequests {
    pub(crate) fn serve(&self, subject: &'static str) -> Arc<dyn Endpoint> {
        let mut served = self.served();
        let command = served.entry(subject).or_insert_with(|| {
            let (sender, requests) = mpsc::channel(BOUND);
            let pending = Arc::clone(&self.pending);
            let endpoint = Arc::new(InMemoryEndpoint { requests: AsyncMutex::new(requests), pending });
            ServedCommand { sender, endpoint }
        });
        Arc::<InMemoryEndpoint>::clone(&command.endpoint)
    }

    pub(crate) async fn request(&self, request: Request) -> Result<Reply, BridgeError> {
        let Request { subject, message, deadline, attempt } = request;
        let sender = self.served().get(subject).map(|command| command.sender.clone());
        let sender = sender.ok_or(BridgeError::NoResponder { subject })?;
        let metadata = Metadata { deadline: Some(deadline), ..message.metadata().clone() };
        let json = message.json().map_err(BridgeError::Malformed)?;
        let waiting = self.pending.begin();
        let correlation = Bytes::copy_from_slice(&waiting.key.to_be_bytes());
        let reply_to = Some(ReplyTo { address: String::new(), correlation });
        let incoming = IncomingRequest { message: Message::received(metadata, json), attempt, reply_to };
        sender.send(incoming).await.map_err(|_| BridgeError::NoResponder { subject })?;
        waiting.answer().await
    }

    /// Ends the endpoints once they have handed out what they hold.
    pub(crate) fn drain(&self) {
        self.served().clear();
    }

    /// Ends what waits for a reply, too.
    pub(crate) fn close(&self) {
        self.drain();
        self.pending.fail(|| BridgeError::Closed);
    }

    pub(crate) fn counters(&self) -> Counters {
        Counters { late_replies: self.pending.late(), ..Counters::default() }
    }

    fn served(&self) -> MutexGuard<'_, Commands> {
        self.served.lock()
    }
}

impl Endpoint for InMemoryEndpoint {
    fn next(&self) -> MaybeReady<'_, Option<IncomingRequest>> {
        MaybeReady::boxed(async { self.requests.lock().await.recv().await })
    }

    fn answer<'a>(&'a self, to: &'a ReplyTo, reply: Reply) -> MaybeReady<'a, Result<(), BridgeError>> {
        if let Ok(key) = <[u8; 8]>::try_from(&*to.correlation) {
            self.pending.answer(u64::from_be_bytes(key), Ok(reply));
        }
        MaybeReady::ready(Ok(()))
    }
}
