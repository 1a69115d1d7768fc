//! The connection as those see it who ask.
//!
//! Whoever asks while Redis is away waits until it is back, but not longer than [`PATIENCE`]. That is more than the longest
//! pause and an attempt that hangs take together: the first who asks after Redis came back gets an answer.

use std::error::Error;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use redis::aio::MultiplexedConnection;
use redis::{RedisError, RedisResult};
use tokio::sync::Mutex;
use tokio::task::JoinHandle;
use tokio::time::timeout;

use super::dial::{CONNECT, said};
use super::endpoint::Endpoint;
use super::upkeep::{LONGEST, State, Upkeep};
use crate::health::Health;
use crate::io_thread;
use crate::store::StoreError;

/// How long those who ask wait for a connection.
const PATIENCE: Duration = Duration::from_secs(5);
const _: () = assert!(PATIENCE.as_millis() > (CONNECT.as_millis() + LONGEST.as_millis()), "see above");
/// How long they wait for an answer.
pub(super) const ANSWER: Duration = Duration::from_secs(5);

/// The connection to Redis.
pub(super) struct Link {
    upkeep: Arc<Upkeep>,
    /// There once it has been connected.
    supervisor: Mutex<Option<Supervisor>>,
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
    /// The server does not answer for our keys, and has done nothing.
    Elsewhere(StoreError),
    /// Anything else.
    Failed(StoreError),
}

impl Link {
    pub(super) fn new(endpoint: Endpoint, probe: String) -> Self {
        Self { upkeep: Arc::new(Upkeep::new(endpoint, probe)), supervisor: Mutex::default() }
    }

    /// Connects; waits for a server that is away, and gives up on one that refuses.
    pub(super) async fn connect(&self) -> Result<(), StoreError> {
        let mut supervisor = self.supervisor.lock().await;
        self.open()?;
        if supervisor.is_some() {
            return Ok(());
        }
        let mut closed = self.upkeep.state.subscribe();
        let upkeep = &self.upkeep;
        // Apart from the handlers: one that computes must not hold up the renewals of others.
        let first = {
            let upkeep = Arc::clone(upkeep);
            io_thread::run(async move { upkeep.first().await })
        };
        let line = tokio::select! {
            line = first => line.unwrap_or(Err(StoreError::Closed))?,
            _ = closed.wait_for(|state| matches!(state, State::Closed)) => return Err(StoreError::Closed),
        };
        upkeep.up(1, &line);
        *supervisor = Some(Supervisor(io_thread::spawn(Arc::clone(upkeep).keep_up(line))));
        Ok(())
    }

    /// Disconnects, for good.
    pub(super) async fn close(&self) {
        self.upkeep.state.send_replace(State::Closed);
        *self.supervisor.lock().await = None;
    }

    /// An error once it is closed.
    pub(super) fn open(&self) -> Result<(), StoreError> {
        match *self.upkeep.state.borrow() {
            State::Closed => Err(StoreError::Closed),
            State::Away(_) | State::Up(..) => Ok(()),
        }
    }

    pub(super) fn health(&self) -> Health {
        match &*self.upkeep.state.borrow() {
            State::Up(..) => Health::Ready,
            State::Away(reason) => Health::Degraded(format!("redis at {}: {reason}", self.upkeep.place)),
            State::Closed => Health::Degraded(StoreError::Closed.to_string()),
        }
    }

    /// Asks what changes nothing: once more if the connection breaks before the answer is there.
    pub(super) async fn read<T, F>(&self, ask: impl Fn(MultiplexedConnection) -> F) -> Result<T, StoreError>
    where
        F: Future<Output = RedisResult<T>>,
    {
        self.ask(ask, |unanswered| matches!(unanswered, Unanswered::Broken(_) | Unanswered::Elsewhere(_))).await
    }

    /// Asks for a change. It is held back while there is no connection; but once it was handed to one that breaks, the server
    /// may have made it, or make it yet out of its buffers, and nothing tells which: to send it again could undo what
    /// somebody else has done in between. Who asked has to know. Only what a server says it has not done is sent again.
    pub(super) async fn write<T, F>(&self, ask: impl Fn(MultiplexedConnection) -> F) -> Result<T, StoreError>
    where
        F: Future<Output = RedisResult<T>>,
    {
        self.ask(ask, |unanswered| matches!(unanswered, Unanswered::Elsewhere(_))).await
    }

    async fn ask<T, F>(
        &self,
        ask: impl Fn(MultiplexedConnection) -> F,
        again: impl Fn(&Unanswered) -> bool,
    ) -> Result<T, StoreError>
    where
        F: Future<Output = RedisResult<T>>,
    {
        let (number, commands) = self.commands(0).await?;
        match self.answer(number, ask(commands)).await {
            Err(unanswered) if again(&unanswered) => {}
            ended => return ended.map_err(Unanswered::into_error),
        }
        let (number, commands) = self.commands(number).await?;
        self.answer(number, ask(commands)).await.map_err(Unanswered::into_error)
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
            let state = self.upkeep.state.borrow();
            if fits(&state) {
                return taken(&state);
            }
        }
        let mut states = self.upkeep.state.subscribe();
        if let Ok(Ok(state)) = timeout(PATIENCE, states.wait_for(fits)).await {
            return taken(&state);
        }
        match taken(&self.upkeep.state.borrow()) {
            Ok((number, _)) if number <= broken => Err(self.unavailable("the connection is broken")),
            now => now,
        }
    }

    async fn answer<T>(&self, number: u64, asked: impl Future<Output = RedisResult<T>>) -> Result<T, Unanswered> {
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
            // A slot of the cluster that went to another node; a server that was made a replica of another one.
            Ok(Err(error)) if is_elsewhere(&error) => {
                self.upkeep.moved(number);
                Unanswered::Elsewhere(self.unavailable(said(&error)))
            }
            Ok(Err(error)) => Unanswered::Failed(self.unavailable(said(&error))),
            _ => Unanswered::Failed(self.unavailable(format!("no answer within {ANSWER:?}"))),
        })
    }

    fn unavailable(&self, what: impl AsRef<str>) -> StoreError {
        let text = format!("redis at {}: {}", self.upkeep.place, what.as_ref());
        StoreError::Unavailable(Box::<dyn Error + Send + Sync>::from(text))
    }
}

/// Before Redis 7, what goes wrong within a script is told in the text of another error.
fn is_elsewhere(error: &RedisError) -> bool {
    matches!(error.code(), Some("MOVED" | "READONLY")) || error.detail().is_some_and(|text| text.contains("-READONLY "))
}

impl Unanswered {
    fn into_error(self) -> StoreError {
        match self {
            Self::Broken(error) | Self::Elsewhere(error) | Self::Failed(error) => error,
        }
    }
}
