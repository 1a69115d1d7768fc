//! The supervisor of the connection: one task that connects again, with a backoff, for ever.

use std::sync::Arc;
use std::time::Duration;

use redis::aio::MultiplexedConnection;
use redis::cmd;
use tokio::sync::watch;
use tokio::time::{Instant, sleep, timeout};

use super::address::Address;
use super::connect::{ANSWER, ConnectError, LiveConnection, connect};
use crate::contract::policy::Backoff;
use crate::store::StoreError;

/// The backoff between attempts while nobody answers.
const BACKOFF: Backoff = Backoff::new(Duration::from_millis(50), LONGEST);
pub(super) const LONGEST: Duration = Duration::from_secs(1);
/// The backoff between attempts while the server refuses: somebody has to change something, and that takes its time.
const BACKOFF_REFUSED: Backoff = Backoff::new(Duration::from_millis(500), Duration::from_secs(30));
/// How often a connection is tried that may have died without a word.
const HEARTBEAT: Duration = Duration::from_secs(3);

/// The supervisor, which keeps the connection up and connects again with a backoff.
pub(super) struct Supervisor {
    address: Address,
    /// A key of ours: who is asked for it has all of them.
    probe: String,
    pub(super) place: String,
    pub(super) state: watch::Sender<ConnectionPhase>,
    /// The last connection whose server said that it does not answer for our keys any more.
    moved: watch::Sender<u64>,
}

/// The state of the connection.
pub(super) enum ConnectionPhase {
    /// Not there: never connected, lost, or refused.
    Away(Arc<str>),
    Up(NumberedConnection),
    Closed,
}

/// A connection that commands are sent through, and its number: they are counted from 1.
#[derive(Clone)]
pub(super) struct NumberedConnection {
    pub(super) number: u64,
    pub(super) commands: MultiplexedConnection,
}

impl Supervisor {
    pub(super) fn new(address: Address, probe: String) -> Self {
        let place = address.place();
        let state = watch::Sender::new(ConnectionPhase::Away("not connected yet".into()));
        Self { address, probe, place, state, moved: watch::Sender::new(0) }
    }

    /// The first connection. Waits for a server that is away, and gives up on one that refuses.
    pub(super) async fn first(&self) -> Result<LiveConnection, StoreError> {
        for failures in 1.. {
            match connect(&self.address, &self.probe).await {
                Ok(live) => {
                    if failures > 1 {
                        tracing::info!(target: "pontoon", redis = self.place, "connected");
                    }
                    if live.unawaited_replicas > 0 {
                        tracing::warn!(
                            target: "pontoon",
                            redis = self.place,
                            replicas = live.unawaited_replicas,
                            "its replicas are not waited for: what was written last may be lost when one of them takes over; \
                             `min-replicas-to-write` and `min-replicas-max-lag` on the server bound how much"
                        );
                    }
                    return Ok(live);
                }
                Err(ConnectError::Refused(why)) => {
                    let text = format!("redis at {} refuses the connection: {why}", self.place);
                    return Err(StoreError::Misconfigured(text));
                }
                Err(error) => {
                    self.failed(failures, &error.to_string());
                }
            }
            sleep(BACKOFF.after(failures)).await;
        }
        Err(StoreError::Closed)
    }

    /// Keeps the connection up, until it is dropped.
    pub(super) async fn keep_up(self: Arc<Self>, mut live: LiveConnection) {
        let mut failures = 0;
        for number in 1.. {
            let since = Instant::now();
            let lost = self.watch_over(number, live).await;
            // A connection that never lasts is no success: the pauses grow, and the log is quiet.
            failures = if since.elapsed() > LONGEST { 1 } else { failures + 1 };
            let mut said = self.failed(failures, &lost);
            let mut backoff = BACKOFF;
            live = loop {
                sleep(backoff.after(failures)).await;
                match connect(&self.address, &self.probe).await {
                    Ok(live) => break live,
                    Err(error) => {
                        backoff = if matches!(error, ConnectError::Refused(_)) { BACKOFF_REFUSED } else { BACKOFF };
                        failures += 1;
                        said |= self.failed(failures, &error.to_string());
                    }
                }
            };
            self.up(number + 1, &live);
            if said {
                tracing::info!(target: "pontoon", redis = self.place, "connected again");
            }
        }
    }

    pub(super) fn up(&self, number: u64, live: &LiveConnection) {
        self.now(ConnectionPhase::Up(NumberedConnection { number, commands: live.commands.clone() }));
    }

    /// Says that the server of a connection does not answer for our keys.
    pub(super) fn moved(&self, number: u64) {
        self.moved.send_if_modified(|moved| {
            let later = *moved < number;
            if later {
                *moved = number;
            }
            later
        });
    }

    /// Says it in the log the 1st, 2nd, 4th, 8th… time; and whether it was said.
    fn failed(&self, failures: u32, why: &str) -> bool {
        let say = failures.is_power_of_two();
        if say {
            tracing::warn!(target: "pontoon", redis = self.place, failures, error = why, "redis is away");
        }
        self.now(ConnectionPhase::Away(why.into()));
        say
    }

    /// Closed stays closed.
    fn now(&self, next: ConnectionPhase) {
        self.state.send_if_modified(|state| {
            let open = !matches!(state, ConnectionPhase::Closed);
            if open {
                *state = next;
            }
            open
        });
    }

    /// Drives a connection until it is lost, and says why. One whose other side has gone without a word is found by
    /// asking.
    async fn watch_over(&self, number: u64, live: LiveConnection) -> String {
        let LiveConnection { commands, mut driver, .. } = live;
        let heart = async {
            loop {
                sleep(HEARTBEAT).await;
                let mut commands = commands.clone();
                let ping = cmd("PING");
                // Any answer will do, also an error: somebody is there.
                if timeout(ANSWER, ping.exec_async(&mut commands)).await.is_err() {
                    break format!("no answer within {ANSWER:?}");
                }
            }
        };
        let mut moved = self.moved.subscribe();
        tokio::select! {
            () = &mut driver => "the connection was lost".into(),
            why = heart => why,
            _ = moved.wait_for(|moved| *moved >= number) => {
                // What it still has to say is heard: others have asked it, too.
                tokio::spawn(timeout(ANSWER, driver));
                "our keys are elsewhere".into()
            }
        }
    }
}
