//! The connection, and who keeps it up: one task that connects again, with pauses, for ever.
//!
//! Whoever asks while Redis is away waits until it is back, but not longer than [`PATIENCE`]. That is more than the longest
//! pause and an attempt that hangs take together: the first who asks after Redis came back gets an answer.

use std::error::Error;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use redis::aio::MultiplexedConnection;
use redis::{RedisResult, cmd};
use tokio::sync::{Mutex, watch};
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep, timeout};

use super::dial::{CONNECT, DialError, Line, dial};
use super::settings::Endpoint;
use crate::health::Health;
use crate::policy::Backoff;
use crate::store::StoreError;

/// The pauses between attempts while nobody answers.
const PAUSES: Backoff = Backoff::new(Duration::from_millis(50), LONGEST);
const LONGEST: Duration = Duration::from_secs(1);
/// The pauses between attempts while the server refuses: somebody has to change something, and that takes its time.
const PAUSES_REFUSED: Backoff = Backoff::new(Duration::from_millis(500), Duration::from_secs(30));
/// How long those who ask wait for a connection.
const PATIENCE: Duration = Duration::from_secs(5);
const _: () = assert!(PATIENCE.as_millis() > (CONNECT.as_millis() + LONGEST.as_millis()), "see above");
/// How long they wait for an answer.
const ANSWER: Duration = Duration::from_secs(5);
/// How often a connection is tried that may have died without a word.
const HEARTBEAT: Duration = Duration::from_secs(3);

/// The connection to Redis.
pub(super) struct Link {
    shared: Arc<Shared>,
    /// There once it has been connected.
    supervisor: Mutex<Option<Supervisor>>,
}

struct Shared {
    endpoint: Endpoint,
    place: String,
    state: watch::Sender<State>,
}

enum State {
    /// Not there: never connected, lost, or refused.
    Away(Arc<str>),
    /// There, and the how manieth connection it is.
    Up(u64, MultiplexedConnection),
    Closed,
}

/// The task that keeps the connection up. Dropped, it ends, and the connection with it.
struct Supervisor(JoinHandle<()>);

impl Drop for Supervisor {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// What became of a question.
enum Unanswered {
    /// The connection broke: whether the server has heard the question is not known.
    Broken(StoreError),
    /// Anything else.
    Failed(StoreError),
}

impl Link {
    pub(super) fn new(endpoint: Endpoint) -> Self {
        let place = endpoint.place();
        let state = watch::Sender::new(State::Away("not connected yet".into()));
        Self { shared: Arc::new(Shared { endpoint, place, state }), supervisor: Mutex::default() }
    }

    /// Connects; waits for a server that is away, and gives up on one that refuses.
    pub(super) async fn connect(&self) -> Result<(), StoreError> {
        let mut supervisor = self.supervisor.lock().await;
        self.open()?;
        if supervisor.is_some() {
            return Ok(());
        }
        let mut closed = self.shared.state.subscribe();
        let shared = &self.shared;
        let line = tokio::select! {
            line = shared.first() => line?,
            _ = closed.wait_for(|state| matches!(state, State::Closed)) => return Err(StoreError::Closed),
        };
        shared.become_up(1, &line);
        *supervisor = Some(Supervisor(tokio::spawn(Arc::clone(shared).keep_up(line))));
        Ok(())
    }

    /// Disconnects, for good.
    pub(super) async fn close(&self) {
        self.shared.state.send_replace(State::Closed);
        *self.supervisor.lock().await = None;
    }

    /// An error once it is closed.
    pub(super) fn open(&self) -> Result<(), StoreError> {
        match *self.shared.state.borrow() {
            State::Closed => Err(StoreError::Closed),
            State::Away(_) | State::Up(..) => Ok(()),
        }
    }

    pub(super) fn health(&self) -> Health {
        match &*self.shared.state.borrow() {
            State::Up(..) => Health::Ready,
            State::Away(reason) => Health::Degraded(format!("redis at {}: {reason}", self.shared.place)),
            State::Closed => Health::Degraded(StoreError::Closed.to_string()),
        }
    }

    /// Asks what changes nothing: once more if the connection breaks before the answer is there.
    pub(super) async fn read<T, F>(&self, ask: impl Fn(MultiplexedConnection) -> F) -> Result<T, StoreError>
    where
        F: Future<Output = RedisResult<T>>,
    {
        let (number, commands) = self.commands(0).await?;
        match self.answer(ask(commands)).await {
            Err(Unanswered::Broken(_)) => {}
            Err(Unanswered::Failed(error)) => return Err(error),
            Ok(answer) => return Ok(answer),
        }
        let (_, commands) = self.commands(number).await?;
        self.answer(ask(commands)).await.map_err(Unanswered::into_error)
    }

    /// Asks for a change, once. It is held back while there is no connection; but once it was handed to one that breaks, the
    /// server may have made it, or make it yet out of its buffers, and nothing tells which: to send it again could undo
    /// what somebody else has done in between. Who asked has to know.
    pub(super) async fn write<T, F>(&self, ask: impl FnOnce(MultiplexedConnection) -> F) -> Result<T, StoreError>
    where
        F: Future<Output = RedisResult<T>>,
    {
        let (_, commands) = self.commands(0).await?;
        self.answer(ask(commands)).await.map_err(Unanswered::into_error)
    }

    /// The connection, if it is a later one than the one that broke. Waits for it.
    async fn commands(&self, broken: u64) -> Result<(u64, MultiplexedConnection), StoreError> {
        let fits = |state: &State| match state {
            State::Up(number, _) => *number > broken,
            State::Away(_) => false,
            State::Closed => true,
        };
        let taken = |state: &State| match state {
            State::Up(number, commands) => Ok((*number, commands.clone())),
            State::Away(reason) => Err(self.unavailable(reason.as_ref())),
            State::Closed => Err(StoreError::Closed),
        };
        {
            let state = self.shared.state.borrow();
            if fits(&state) {
                return taken(&state);
            }
        }
        let mut states = self.shared.state.subscribe();
        if let Ok(Ok(state)) = timeout(PATIENCE, states.wait_for(fits)).await {
            return taken(&state);
        }
        match taken(&self.shared.state.borrow()) {
            Ok((number, _)) if number <= broken => Err(self.unavailable("the connection is broken")),
            now => now,
        }
    }

    async fn answer<T>(&self, asked: impl Future<Output = RedisResult<T>>) -> Result<T, Unanswered> {
        let answer = timeout(ANSWER, asked).await;
        if let Ok(Ok(answer)) = answer {
            return Ok(answer);
        }
        self.open().map_err(Unanswered::Failed)?;
        Err(match answer {
            Ok(Err(error)) if error.is_io_error() || error.is_unrecoverable_error() => {
                let what = format!("the connection broke before the answer was there: {error}");
                Unanswered::Broken(self.unavailable(what))
            }
            Ok(Err(error)) => Unanswered::Failed(self.unavailable(error.to_string())),
            _ => Unanswered::Failed(self.unavailable(format!("no answer within {ANSWER:?}"))),
        })
    }

    fn unavailable(&self, what: impl AsRef<str>) -> StoreError {
        let text = format!("redis at {}: {}", self.shared.place, what.as_ref());
        StoreError::Unavailable(Box::<dyn Error + Send + Sync>::from(text))
    }
}

impl Unanswered {
    fn into_error(self) -> StoreError {
        match self {
            Self::Broken(error) | Self::Failed(error) => error,
        }
    }
}

impl Shared {
    /// The first connection.
    async fn first(&self) -> Result<Line, StoreError> {
        for failures in 1.. {
            match dial(&self.endpoint).await {
                Ok(line) => return Ok(line),
                Err(DialError::Refused(why)) => {
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
    async fn keep_up(self: Arc<Self>, mut line: Line) {
        let mut failures = 0;
        for number in 2.. {
            let since = Instant::now();
            let lost = watch_over(line).await;
            // A connection that never lasts is no success: the pauses grow, and the log is quiet.
            failures = if since.elapsed() > LONGEST { 1 } else { failures + 1 };
            let mut said = self.failed(failures, &lost);
            let mut pauses = PAUSES;
            line = loop {
                sleep(pauses.after(failures)).await;
                match dial(&self.endpoint).await {
                    Ok(line) => break line,
                    Err(error) => {
                        pauses = if matches!(error, DialError::Away(_)) { PAUSES } else { PAUSES_REFUSED };
                        failures += 1;
                        said |= self.failed(failures, &error.to_string());
                    }
                }
            };
            self.become_up(number, &line);
            if said {
                tracing::info!(target: "pontoon", redis = self.place, "connected again");
            }
        }
    }

    fn become_up(&self, number: u64, line: &Line) {
        self.become_state(State::Up(number, line.commands.clone()));
    }

    /// Says it in the log the 1st, 2nd, 4th, 8th… time; and whether it was said.
    fn failed(&self, failures: u32, why: &str) -> bool {
        let say = failures.is_power_of_two();
        if say {
            tracing::warn!(target: "pontoon", redis = self.place, failures, error = why, "the state store is away");
        }
        self.become_state(State::Away(why.into()));
        say
    }

    /// Closed stays closed.
    fn become_state(&self, next: State) {
        self.state.send_if_modified(|state| {
            let open = !matches!(state, State::Closed);
            if open {
                *state = next;
            }
            open
        });
    }
}

/// Drives a connection until it is lost, and says why. One whose other side has gone without a word is found by asking.
async fn watch_over(line: Line) -> String {
    let Line { commands, mut driver } = line;
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
    tokio::select! {
        () = &mut driver => "the connection was lost".into(),
        why = heart => why,
    }
}
