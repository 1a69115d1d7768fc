//! The supervisor of the connection: provisions and subscribes, watches, connects again after a loss, and closes.

use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinHandle;
use tokio::time::{sleep, timeout};

use crate::bridge::BridgeError;
use crate::bridge::nats::client::NatsMessage;
use crate::bridge::nats::connection::{Connection, ENDING};
use crate::bridge::nats::declarations::{BufferedSubscription, Declarations};
use crate::bridge::nats::done_jobs::DoneJobs;
use crate::bridge::nats::event_stream::EventStream;
use crate::bridge::nats::live_connection::{AnswerInbox, Expected, ExpectedAnswer, LiveConnection};
use crate::bridge::nats::provision::Provisioner;
use crate::bridge::nats::publisher::NatsPublisher;
use crate::bridge::nats::requests::Requests;
use crate::bridge::network::Reconnect;
use crate::net::io_thread;
use crate::one_line::OneLine;
use crate::sync::Mutex;

/// Between two looks at what the server has, however many have doubts.
const LOOK: Duration = Duration::from_millis(500);

/// Whoever lost the same server with us need not come back in the same instant.
const JITTER: Duration = Duration::from_millis(500);

/// Keeps the connection up, with the streams, consumers and subscriptions that have to be there.
pub(super) struct Supervisor {
    pub(super) connection: Arc<Connection>,
    pub(super) declarations: Arc<Declarations>,
    pub(super) event_stream: Arc<EventStream>,
    pub(super) provisioner: Provisioner,
    pub(super) publisher: Arc<NatsPublisher>,
    pub(super) requests: Arc<Requests>,
    /// The task that watches the connection, once there is one.
    pub(super) task: Mutex<Option<JoinHandle<()>>>,
}

impl Supervisor {
    /// Connects, and sees from then on to it that the connection is there.
    pub(super) async fn connect(self: &Arc<Self>) -> Result<(), BridgeError> {
        let mut retry = Reconnect::new("connecting to NATS");
        let live = loop {
            match self.begin().await {
                Ok(live) => break live,
                Err(error) => {
                    self.connection.state.down(error.to_string());
                    if !matches!(error, BridgeError::Unavailable(_)) {
                        return Err(error);
                    }
                    self.pause(retry.failed(&error)).await?;
                }
            }
        };
        retry.succeeded();
        self.fill_buffers();
        self.hold_deliveries();
        self.remove_done_jobs();
        let watching = io_thread::spawn(Arc::clone(self).watch(live));
        *self.task.lock() = Some(watching);
        Ok(())
    }

    /// Moves the events of core subscriptions to their buffers as they come.
    fn fill_buffers(&self) {
        for BufferedSubscription { subscription, buffer } in self.declarations.buffers() {
            let connection = Arc::clone(&self.connection);
            io_thread::spawn(async move {
                while let Some(event) = subscription.next(&connection.state).await {
                    buffer.put(event);
                }
                buffer.end();
            });
        }
    }

    /// Keeps the leases of what pull consumers have handed out.
    fn hold_deliveries(self: &Arc<Self>) {
        let consumers = self.declarations.pull_consumers();
        // Three times in a lease: one that is late is not too late.
        let Some(pause) = consumers.iter().map(|consumer| consumer.lease / 3).min() else { return };
        let supervisor = Arc::clone(self);
        io_thread::spawn(async move {
            while supervisor.pause(pause).await.is_ok() {
                for consumer in &consumers {
                    consumer.hold(&supervisor.connection).await;
                }
            }
        });
    }

    /// Sees to it that queues have no jobs that are done.
    fn remove_done_jobs(&self) {
        let (connection, declarations) = (Arc::clone(&self.connection), Arc::clone(&self.declarations));
        if !declarations.lists().queues.is_empty() {
            let api = self.provisioner.api.clone();
            io_thread::spawn(DoneJobs { connection, api, declarations }.run());
        }
    }

    /// Ends the connection. What is being published is waited for, not for long.
    pub(super) async fn close(&self) {
        self.connection.state.close();
        let task = self.task.lock().take();
        match task {
            // It is bounded, and has nothing to say.
            Some(task) => drop(task.await),
            None => self.end_waiting(),
        }
    }

    /// Waits, unless the bridge is closed meanwhile.
    async fn pause(&self, pause: Duration) -> Result<(), BridgeError> {
        tokio::select! {
            () = sleep(pause) => Ok(()),
            () = self.connection.state.closed() => Err(BridgeError::Closed),
        }
    }

    /// The first client: everything has to be as it should before it counts.
    async fn begin(self: &Arc<Self>) -> Result<Arc<LiveConnection>, BridgeError> {
        let live = self.open().await?;
        let begun = async {
            self.provisioner.provision(&live).await?;
            self.attach(&live).await?;
            let subscriptions = self.declarations.subscriptions();
            let refusals = &self.connection.refusals;
            let refused = subscriptions.iter().find_map(|one| refusals.watch_subscription(one.subject).seen());
            refused.map_or(Ok(()), Err)
        };
        if let Err(error) = begun.await {
            self.drop_client(&live).await;
            return Err(error);
        }
        self.connection.state.up();
        Ok(live)
    }

    /// A new client after a loss, however long it takes. What the server has to have is seen to later: it may be what
    /// waiting seldom mends, and meanwhile commands are served. An error only once the bridge is closed.
    async fn begin_again(self: &Arc<Self>) -> Result<Arc<LiveConnection>, BridgeError> {
        let mut retry = Reconnect::new("connecting to NATS again");
        self.pause(JITTER.mul_f32(fastrand::f32())).await?;
        loop {
            let begun = async {
                let live = self.open().await?;
                match self.attach(&live).await {
                    Ok(()) => Ok(live),
                    Err(error) => {
                        self.drop_client(&live).await;
                        Err(error)
                    }
                }
            };
            match begun.await {
                Ok(live) => {
                    retry.succeeded();
                    return Ok(live);
                }
                Err(BridgeError::Closed) => return Err(BridgeError::Closed),
                // Also when we are not let in any more: somebody may change that.
                Err(error) => {
                    self.connection.state.down(error.to_string());
                    self.pause(retry.failed(&error)).await?;
                }
            }
        }
    }

    /// Connects a client that hears answers.
    async fn open(self: &Arc<Self>) -> Result<Arc<LiveConnection>, BridgeError> {
        let connection = &*self.connection;
        if connection.state.is_closed() {
            return Err(BridgeError::Closed);
        }
        connection.refusals.clear();
        let client = connection.connector.connect().await?;
        let live = Arc::new(LiveConnection::new(client, connection.connector.address.inbox.prefix()));
        let (supervisor, answers) = (Arc::clone(self), Arc::clone(&live.answers));
        let take = move |message| supervisor.answered(&answers, message);
        live.client.subscribe_for_good(&format!("{}*", live.answers.subject), take).await?;
        Ok(live)
    }

    /// Hands an answer on our inbox to whoever waits for it.
    fn answered(&self, answers: &AnswerInbox, message: NatsMessage) {
        match answers.expected(&message.subject) {
            Some(ExpectedAnswer { kind: Expected::Reply, key }) => self.requests.replies.answer(key, Ok(message)),
            Some(ExpectedAnswer { kind: Expected::Confirmation, key }) => {
                // Nobody but a stream answers after nobody waits any more: there is one, since not long ago.
                let is_stream = message.status().is_none() && !message.payload.is_empty();
                if !self.connection.confirmations.answer(key, message) && is_stream {
                    self.event_stream.found();
                }
            }
            None => {
                let subject = OneLine(&message.subject);
                tracing::debug!(target: "pontoon", %subject, "not an answer to anything of ours");
            }
        }
    }

    /// Subscribes with a client; done once the server has it. From then on requests come, and are answered.
    async fn attach(&self, live: &Arc<LiveConnection>) -> Result<(), BridgeError> {
        self.connection.replace(Some(Arc::clone(live)));
        for subscription in self.declarations.subscriptions() {
            subscription.attach(live).await?;
        }
        live.round_trip().await?;
        // Without answers nothing else is of use.
        self.connection.refusals.watch_subscription(&live.answers.subject).seen().map_or(Ok(()), Err)
    }

    /// Disconnects a client with which not all is as it should be.
    async fn drop_client(&self, live: &LiveConnection) {
        self.connection.replace(None);
        end_client(live).await;
    }

    async fn watch(self: Arc<Self>, mut live: Arc<LiveConnection>) {
        let connection = &*self.connection;
        while !connection.state.is_closed() {
            let lost = tokio::select! {
                lost = live.client.lost() => Some(lost),
                () = connection.doubted() => {
                    self.restore(&live).await;
                    None
                }
                () = connection.state.closed() => break,
            };
            if let Some(lost) = lost {
                self.lost(&lost.to_string());
                connection.replace(None);
                match self.begin_again().await {
                    Ok(next) => live = next,
                    Err(_) => break,
                }
                self.restore(&live).await;
            }
        }
        self.end().await;
    }

    /// The connection is lost: ends the waiting of all who wait for an answer that cannot come any more.
    fn lost(&self, why: &str) {
        self.connection.state.down(why);
        self.requests.replies.fail(|| BridgeError::Unavailable(why.into()));
        self.connection.confirmations.fail(|| BridgeError::Unavailable(why.into()));
    }

    /// Sees to it that the server has what it has to have, on a client that is there. Gives up when the client is lost.
    async fn restore(&self, live: &LiveConnection) {
        let connection = &*self.connection;
        let mut retry = Reconnect::new("restoring what the NATS server has to have");
        loop {
            let provisioned = tokio::select! {
                provisioned = self.provisioner.provision(live) => provisioned,
                _ = live.client.lost() => return,
            };
            match provisioned {
                Ok(()) => {
                    // Consumers ask for messages anew: the server may have forgotten that they have.
                    connection.replace(Some(Arc::new(live.clone())));
                    connection.state.up();
                    retry.succeeded();
                    // Whoever still doubts by then is not heeded again at once.
                    tokio::select! {
                        _ = self.pause(LOOK) => {}
                        _ = live.client.lost() => {}
                    }
                    return;
                }
                Err(error) => {
                    connection.state.down(error.to_string());
                    let pause = retry.failed(&error);
                    tokio::select! {
                        paused = self.pause(pause) => if paused.is_err() { return },
                        _ = live.client.lost() => return,
                    }
                }
            }
        }
    }

    /// The end: what is in flight is finished, as far as the server takes it, then nobody waits any more.
    async fn end(&self) {
        let connection = &*self.connection;
        if let Some(live) = connection.current() {
            if live.client.is_connected() {
                // Those who publish when this is over hear that it is closed.
                self.publisher.flush().await;
                for consumer in self.declarations.pull_consumers() {
                    let _ = timeout(ENDING, consumer.drain()).await;
                }
                for subscription in self.declarations.subscriptions() {
                    subscription.close().await;
                }
                // Acknowledgements and replies, too: from here on nobody is given to us any more.
                let _ = timeout(ENDING, live.round_trip()).await;
            }
            end_client(&live).await;
        }
        self.end_waiting();
        connection.replace(None);
    }

    fn end_waiting(&self) {
        self.requests.replies.fail(|| BridgeError::Closed);
        self.connection.confirmations.fail(|| BridgeError::Closed);
        for BufferedSubscription { buffer, .. } in self.declarations.buffers() {
            buffer.end();
        }
    }
}

/// Disconnects a client.
async fn end_client(live: &LiveConnection) {
    // One that is lost is not told any more, and ends by itself.
    let _ = timeout(ENDING, live.client.close()).await;
}
