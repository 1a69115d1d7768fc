//! The life of the connection: made, watched over, made again after a loss, ended.

use std::sync::Arc;
use std::sync::PoisonError;
use std::time::Duration;

use futures_util::StreamExt;
use tokio::sync::watch;
use tokio::time::{sleep, timeout};

use crate::bridge::BridgeError;
use crate::bridge::nats::address::ClientStatus;
use crate::bridge::nats::connection::{Connection, ENDING};
use crate::bridge::nats::live_connection::LiveConnection;
use crate::bridge::nats::pull_consumer::HOLD;
use crate::bridge::network::Reconnect;
use crate::net::io_thread;

/// How long the end waits for what is being published.
const PUBLISHING: Duration = Duration::from_secs(5);

/// Between two looks at what the server has, however many have doubts.
const LOOK: Duration = Duration::from_millis(500);

const LOST: &str = "the connection to NATS is lost";

/// A client, and what is heard of it.
struct ConnectedClient {
    heard: watch::Receiver<ClientStatus>,
    /// How often it has connected, as far as we have seen to that.
    settled: u64,
}

impl Connection {
    /// Connects, and sees from then on to it that the connection is there.
    pub(super) async fn connect(self: &Arc<Self>) -> Result<(), BridgeError> {
        let mut retry = Reconnect::new("connecting to NATS");
        let line = loop {
            match self.begin().await {
                Ok(line) => break line,
                Err(error) => {
                    self.link.down(error.to_string());
                    if !matches!(error, BridgeError::Unavailable(_)) {
                        return Err(error);
                    }
                    self.pause(retry.failed(&error)).await?;
                }
            }
        };
        retry.succeeded();
        let (buffers, pulls) = {
            let lists = self.declared.lists();
            (lists.buffers.clone(), lists.pulls.clone())
        };
        for (flow, buffer) in buffers {
            let connection = Arc::clone(self);
            io_thread::spawn(async move {
                while let Some(event) = flow.next(&connection.link).await {
                    buffer.put(event);
                }
                buffer.end();
            });
        }
        if !pulls.is_empty() {
            let connection = Arc::clone(self);
            io_thread::spawn(async move {
                while connection.pause(HOLD).await.is_ok() {
                    for pull in &pulls {
                        pull.hold(&connection).await;
                    }
                }
            });
        }
        let supervisor = io_thread::spawn(Arc::clone(self).supervise(line));
        *self.supervisor.lock().unwrap_or_else(PoisonError::into_inner) = Some(supervisor);
        Ok(())
    }

    /// Ends the connection. What is being published is waited for, not for long.
    pub(super) async fn close(&self) {
        self.link.close();
        let supervisor = self.supervisor.lock().unwrap_or_else(PoisonError::into_inner).take();
        match supervisor {
            // It is bounded, and has nothing to say.
            Some(supervisor) => drop(supervisor.await),
            None => self.end_waiting(),
        }
    }

    /// Waits, unless the bridge is closed meanwhile.
    async fn pause(&self, pause: Duration) -> Result<(), BridgeError> {
        tokio::select! {
            () = sleep(pause) => Ok(()),
            () = self.link.closed() => Err(BridgeError::Closed),
        }
    }

    /// The first client: everything has to be as it should before it counts.
    async fn begin(self: &Arc<Self>) -> Result<ConnectedClient, BridgeError> {
        let (session, line) = self.open().await?;
        let begun = async {
            self.provision(&session).await?;
            self.attach(&session).await?;
            let subscriptions = self.declared.lists().subscriptions.clone();
            let refused = subscriptions.iter().find_map(|flow| self.refusals.watch_subscription(flow.subject).seen());
            refused.map_or(Ok(()), Err)
        };
        if let Err(error) = begun.await {
            self.drop_client(&session).await;
            return Err(error);
        }
        self.link.up();
        Ok(line)
    }

    /// A new client after a loss, however long it takes. What the server has to have is seen to later: it may be what waiting
    /// seldom mends, and meanwhile commands are served. An error only once the bridge is closed.
    async fn begin_again(self: &Arc<Self>) -> Result<ConnectedClient, BridgeError> {
        let mut retry = Reconnect::new("connecting to NATS again");
        loop {
            let begun = async {
                let (session, line) = self.open().await?;
                match self.attach(&session).await {
                    Ok(()) => Ok(line),
                    Err(error) => {
                        self.drop_client(&session).await;
                        Err(error)
                    }
                }
            };
            match begun.await {
                Ok(line) => {
                    retry.succeeded();
                    return Ok(line);
                }
                Err(BridgeError::Closed) => return Err(BridgeError::Closed),
                // Also when we are not let in any more: somebody may change that.
                Err(error) => {
                    self.link.down(error.to_string());
                    self.pause(retry.failed(&error)).await?;
                }
            }
        }
    }

    /// Connects a client that hears answers.
    async fn open(self: &Arc<Self>) -> Result<(Arc<LiveConnection>, ConnectedClient), BridgeError> {
        if self.link.is_closed() {
            return Err(BridgeError::Closed);
        }
        self.refusals.clear();
        let (sender, heard) = watch::channel(ClientStatus::default());
        let client = self.access.connect(sender, Arc::clone(&self.refusals)).await?;
        let session = Arc::new(LiveConnection::new(client, self.next_number(), self.access.inbox.prefix()));
        let answers = session.client.subscribe(format!("{}*", session.inbox)).await;
        let mut answers = answers.map_err(|error| BridgeError::Unavailable(error.into()))?;
        let (connection, of) = (Arc::clone(self), Arc::clone(&session));
        io_thread::spawn(async move {
            while let Some(answer) = answers.next().await {
                connection.answered(&of, answer);
            }
        });
        Ok((session, ConnectedClient { heard, settled: 1 }))
    }

    /// Subscribes with a client; done once the server has it. From then on requests come, and are answered.
    async fn attach(&self, session: &Arc<LiveConnection>) -> Result<(), BridgeError> {
        self.sessions.send_replace(Some(Arc::clone(session)));
        let subscriptions = self.declared.lists().subscriptions.clone();
        for flow in &subscriptions {
            flow.attach(session).await?;
        }
        self.round_trip(session).await?;
        self.flush_refusals(session).await
    }

    /// Disconnects a client with which not all is as it should be.
    async fn drop_client(&self, session: &LiveConnection) {
        self.sessions.send_replace(None);
        end_client(session).await;
    }

    async fn supervise(self: Arc<Self>, mut line: ConnectedClient) {
        while !self.link.is_closed() {
            let heard = *line.heard.borrow_and_update();
            if heard.connects > line.settled {
                self.lost(LOST);
                self.refusals.clear();
                line.settled = heard.connects;
            } else if !heard.is_up && heard.connects > 0 {
                self.lost(LOST);
            }
            if heard.is_up && !self.link.is_up() {
                self.restore(&mut line).await;
            }
            let is_there = tokio::select! {
                changed = line.heard.changed() => changed.is_ok(),
                () = self.doubt.notified() => {
                    self.restore(&mut line).await;
                    true
                }
                () = self.link.closed() => true,
            };
            if !is_there {
                self.lost(LOST);
                self.sessions.send_replace(None);
                match self.begin_again().await {
                    Ok(next) => line = next,
                    Err(_) => break,
                }
            }
        }
        self.end(&line).await;
    }

    /// Sees to it that the server has what it has to have, on a client that is there. Gives up when something new is heard of
    /// the client.
    async fn restore(self: &Arc<Self>, line: &mut ConnectedClient) {
        let mut retry = Reconnect::new("restoring what the NATS server has to have");
        loop {
            let session = self.sessions.borrow().clone();
            let Some(session) = session else { return };
            match self.provision(&session).await {
                Ok(()) => {
                    // Consumers ask for messages anew: the server may have forgotten that they have.
                    self.sessions.send_replace(Some(Arc::new(session.renewed(self.next_number()))));
                    self.link.up();
                    retry.succeeded();
                    // Whoever still doubts by then is not heeded again at once.
                    let _ = self.pause(LOOK).await;
                    return;
                }
                Err(error) => {
                    self.link.down(error.to_string());
                    let pause = retry.failed(&error);
                    tokio::select! {
                        paused = self.pause(pause) => if paused.is_err() { return },
                        _ = line.heard.changed() => {
                            line.heard.mark_changed();
                            return;
                        }
                    }
                }
            }
        }
    }

    /// The end: what is under way is finished, as far as the server takes it, then nobody waits any more.
    async fn end(&self, line: &ConnectedClient) {
        let session = self.sessions.borrow().clone();
        let is_up = line.heard.borrow().is_up && line.heard.has_changed().is_ok();
        if let Some(session) = session {
            if is_up {
                // Those who publish when this is over hear that it is closed.
                let _ = timeout(PUBLISHING, self.under_way.write()).await;
                let (subscriptions, pulls) = {
                    let lists = self.declared.lists();
                    (lists.subscriptions.clone(), lists.pulls.clone())
                };
                for pull in &pulls {
                    let _ = timeout(ENDING, pull.drain(self)).await;
                }
                for flow in &subscriptions {
                    flow.close().await;
                }
                // Acknowledgements and replies, too: from here on nobody is given to us any more.
                let _ = timeout(ENDING, self.round_trip(&session)).await;
            }
            end_client(&session).await;
        }
        self.end_waiting();
        self.sessions.send_replace(None);
    }

    fn end_waiting(&self) {
        self.replies.fail(|| BridgeError::Closed);
        self.confirms.fail(|| BridgeError::Closed);
        for (_, buffer) in &self.declared.lists().buffers {
            buffer.end();
        }
    }
}

/// Disconnects a client.
async fn end_client(session: &LiveConnection) {
    // One that is lost is not told any more, and ends by itself.
    let _ = timeout(ENDING, session.client.drain()).await;
}
