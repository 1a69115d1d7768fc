//! Who keeps the connection up: one task that connects again, with pauses, for ever.

use std::sync::Arc;
use std::time::Duration;

use redis::aio::MultiplexedConnection;
use redis::cmd;
use tokio::sync::watch;
use tokio::time::{Instant, sleep, timeout};

use super::address::Address;
use super::connect::{ConnectError, LiveConnection, dial};
use super::connection::ANSWER;
use crate::contract::policy::Backoff;
use crate::store::StoreError;

/// The pauses between attempts while nobody answers.
const PAUSES: Backoff = Backoff::new(Duration::from_millis(50), LONGEST);
pub(super) const LONGEST: Duration = Duration::from_secs(1);
/// The pauses between attempts while the server refuses: somebody has to change something, and that takes its time.
const PAUSES_REFUSED: Backoff = Backoff::new(Duration::from_millis(500), Duration::from_secs(30));
/// How often a connection is tried that may have died without a word.
const HEARTBEAT: Duration = Duration::from_secs(3);

/// The connection, and what is known of it.
pub(super) struct Supervisor {
    address: Address,
    /// A key of ours: who is asked for it has all of them.
    probe: String,
    pub(super) place: String,
    pub(super) state: watch::Sender<ConnectionPhase>,
    /// The last connection whose server said that it does not answer for our keys any more.
    moved: watch::Sender<u64>,
}

pub(super) enum ConnectionPhase {
    /// Not there: never connected, lost, or refused.
    Away(Arc<str>),
    /// There, and which connection it is: they are counted from 1.
    Up(u64, MultiplexedConnection),
    Closed,
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
            match dial(&self.address, &self.probe).await {
                Ok(line) => {
                    if failures > 1 {
                        tracing::info!(target: "pontoon", redis = self.place, "connected");
                    }
                    if line.unguarded > 0 {
                        tracing::warn!(
                            target: "pontoon",
                            redis = self.place,
                            replicas = line.unguarded,
                            "its replicas are not waited for: what was written last may be lost when one of them takes over; \
                             `min-replicas-to-write` and `min-replicas-max-lag` on the server bound how much"
                        );
                    }
                    return Ok(line);
                }
                Err(ConnectError::Refused(why)) => {
                    let text = format!("redis at {} refuses the connection: {why}", self.place);
                    return Err(StoreError::Misconfigured(text));
                }
                Err(error) => {
                    self.failed(failures, &error.to_string());
                }
            }
            sleep(PAUSES.after(failures)).await;
        }
        Err(StoreError::Closed)
    }

    /// Keeps the connection up, until it is dropped.
    pub(super) async fn keep_up(self: Arc<Self>, mut line: LiveConnection) {
        let mut failures = 0;
        for number in 1.. {
            let since = Instant::now();
            let lost = self.watch_over(number, line).await;
            // A connection that never lasts is no success: the pauses grow, and the log is quiet.
            failures = if since.elapsed() > LONGEST { 1 } else { failures + 1 };
            let mut said = self.failed(failures, &lost);
            let mut pauses = PAUSES;
            line = loop {
                sleep(pauses.after(failures)).await;
                match dial(&self.address, &self.probe).await {
                    Ok(line) => break line,
                    Err(error) => {
                        pauses = if matches!(error, ConnectError::Refused(_)) { PAUSES_REFUSED } else { PAUSES };
                        failures += 1;
                        said |= self.failed(failures, &error.to_string());
                    }
                }
            };
            self.up(number + 1, &line);
            if said {
                tracing::info!(target: "pontoon", redis = self.place, "connected again");
            }
        }
    }

    pub(super) fn up(&self, number: u64, line: &LiveConnection) {
        self.now(ConnectionPhase::Up(number, line.commands.clone()));
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
            tracing::warn!(target: "pontoon", redis = self.place, failures, error = why, "the state store is away");
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

    /// Drives a connection until it is lost, and says why. One whose other side has gone without a word is found by asking.
    async fn watch_over(&self, number: u64, line: LiveConnection) -> String {
        let LiveConnection { commands, mut driver, .. } = line;
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
