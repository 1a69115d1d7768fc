//! The supervisor of the connection: provisions and subscribes, watches, connects again after a loss, and closes.

use std::sync::Arc;
use std::time::Duration;

use async_nats::Message;
use futures_util::StreamExt;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::{sleep, timeout};

use crate::bridge::BridgeError;
use crate::bridge::nats::connect::ClientStatus;
use crate::bridge::nats::connection::{Connection, ENDING};
use crate::bridge::nats::declarations::{BufferedSubscription, Declarations};
use crate::bridge::nats::event_stream::EventStream;
use crate::bridge::nats::live_connection::{Expected, ExpectedAnswer, LiveConnection};
use crate::bridge::nats::provision::Provisioner;
use crate::bridge::nats::publisher::NatsPublisher;
use crate::bridge::nats::pull_consumer::HOLD;
use crate::bridge::nats::requests::Requests;
use crate::bridge::network::Reconnect;
use crate::net::io_thread;
use crate::one_line::OneLine;
use crate::sync::Mutex;

/// Between two looks at what the server has, however many have doubts.
const LOOK: Duration = Duration::from_millis(500);

const LOST: &str = "the connection to NATS is lost";

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

/// The state of the connection of one client, as it is watched.
struct WatchedClient {
    status: watch::Receiver<ClientStatus>,
    /// How often it has connected, as far as we have seen to that.
    settled: u64,
}

impl Supervisor {
    /// Connects, and sees from then on to it that the connection is there.
    pub(super) async fn connect(self: &Arc<Self>) -> Result<(), BridgeError> {
        let mut retry = Reconnect::new("connecting to NATS");
        let client = loop {
            match self.begin().await {
                Ok(client) => break client,
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
        let watching = io_thread::spawn(Arc::clone(self).watch(client));
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
        if consumers.is_empty() {
            return;
        }
        let supervisor = Arc::clone(self);
        io_thread::spawn(async move {
            while supervisor.pause(HOLD).await.is_ok() {
                for consumer in &consumers {
                    consumer.hold(&supervisor.connection).await;
                }
            }
        });
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
    async fn begin(self: &Arc<Self>) -> Result<WatchedClient, BridgeError> {
        let (live, client) = self.open().await?;
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
        Ok(client)
    }

    /// A new client after a loss, however long it takes. What the server has to have is seen to later: it may be what
    /// waiting seldom mends, and meanwhile commands are served. An error only once the bridge is closed.
    async fn begin_again(self: &Arc<Self>) -> Result<WatchedClient, BridgeError> {
        let mut retry = Reconnect::new("connecting to NATS again");
        loop {
            let begun = async {
                let (live, client) = self.open().await?;
                match self.attach(&live).await {
                    Ok(()) => Ok(client),
                    Err(error) => {
                        self.drop_client(&live).await;
                        Err(error)
                    }
                }
            };
            match begun.await {
                Ok(client) => {
                    retry.succeeded();
                    return Ok(client);
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
    async fn open(self: &Arc<Self>) -> Result<(Arc<LiveConnection>, WatchedClient), BridgeError> {
        let connection = &*self.connection;
        if connection.state.is_closed() {
            return Err(BridgeError::Closed);
        }
        connection.refusals.clear();
        let (sender, status) = watch::channel(ClientStatus::default());
        let client = connection.connector.connect(sender).await?;
        let prefix = connection.connector.address.inbox.prefix();
        let live = Arc::new(LiveConnection::new(client, connection.next_number(), prefix));
        let answers = live.client.subscribe(format!("{}*", live.inbox)).await;
        let mut answers = answers.map_err(|error| BridgeError::Unavailable(error.into()))?;
        let (supervisor, of) = (Arc::clone(self), Arc::clone(&live));
        io_thread::spawn(async move {
            while let Some(answer) = answers.next().await {
                supervisor.answered(&of, answer);
            }
        });
        Ok((live, WatchedClient { status, settled: 1 }))
    }

    /// Hands an answer on our inbox to whoever waits for it.
    fn answered(&self, live: &LiveConnection, message: Message) {
        match live.expected(&message.subject) {
            Some(ExpectedAnswer { kind: Expected::Reply, key }) => self.requests.replies.answer(key, Ok(message)),
            Some(ExpectedAnswer { kind: Expected::Confirmation, key }) => {
                // Nobody but a stream says more than the echo has: there is one, since not long ago.
                let is_stream = message.status.is_none() && !message.payload.is_empty();
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
        self.connection.confirmations.round_trip(live).await?;
        self.connection.confirmations.flush_refusals(live).await
    }

    /// Disconnects a client with which not all is as it should be.
    async fn drop_client(&self, live: &LiveConnection) {
        self.connection.replace(None);
        end_client(live).await;
    }

    async fn watch(self: Arc<Self>, mut client: WatchedClient) {
        let connection = &*self.connection;
        while !connection.state.is_closed() {
            let status = *client.status.borrow_and_update();
            if status.connects > client.settled {
                self.lost();
                connection.refusals.clear();
                client.settled = status.connects;
            } else if !status.is_up && status.connects > 0 {
                self.lost();
            }
            if status.is_up && !connection.state.is_up() {
                self.restore(&mut client).await;
            }
            let is_there = tokio::select! {
                changed = client.status.changed() => changed.is_ok(),
                () = connection.doubted() => {
                    self.restore(&mut client).await;
                    true
                }
                () = connection.state.closed() => true,
            };
            if !is_there {
                self.lost();
                connection.replace(None);
                match self.begin_again().await {
                    Ok(next) => client = next,
                    Err(_) => break,
                }
            }
        }
        self.end(&client).await;
    }

    /// The connection is lost: ends the waiting of all who wait for an answer that cannot come any more.
    fn lost(&self) {
        self.connection.state.down(LOST);
        self.requests.replies.fail(|| BridgeError::Unavailable(LOST.into()));
        self.connection.confirmations.fail(|| BridgeError::Unavailable(LOST.into()));
    }

    /// Sees to it that the server has what it has to have, on a client that is there. Gives up when something new is
    /// heard of the client.
    async fn restore(&self, client: &mut WatchedClient) {
        let connection = &*self.connection;
        let mut retry = Reconnect::new("restoring what the NATS server has to have");
        loop {
            let Some(live) = connection.current() else { return };
            match self.provisioner.provision(&live).await {
                Ok(()) => {
                    // Consumers ask for messages anew: the server may have forgotten that they have.
                    connection.replace(Some(Arc::new(live.renewed(connection.next_number()))));
                    connection.state.up();
                    retry.succeeded();
                    // Whoever still doubts by then is not heeded again at once.
                    let _ = self.pause(LOOK).await;
                    return;
                }
                Err(error) => {
                    connection.state.down(error.to_string());
                    let pause = retry.failed(&error);
                    tokio::select! {
                        paused = self.pause(pause) => if paused.is_err() { return },
                        _ = client.status.changed() => {
                            client.status.mark_changed();
                            return;
                        }
                    }
                }
            }
        }
    }

    /// The end: what is in flight is finished, as far as the server takes it, then nobody waits any more.
    async fn end(&self, client: &WatchedClient) {
        let connection = &*self.connection;
        let is_up = client.status.borrow().is_up && client.status.has_changed().is_ok();
        if let Some(live) = connection.current() {
            if is_up {
                // Those who publish when this is over hear that it is closed.
                self.publisher.flush().await;
                for consumer in self.declarations.pull_consumers() {
                    let _ = timeout(ENDING, consumer.drain(connection)).await;
                }
                for subscription in self.declarations.subscriptions() {
                    subscription.close().await;
                }
                // Acknowledgements and replies, too: from here on nobody is given to us any more.
                let _ = timeout(ENDING, connection.confirmations.round_trip(&live)).await;
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
    let _ = timeout(ENDING, live.client.drain()).await;
}
