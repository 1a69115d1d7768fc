//! The connection as those see it who send commands and scripts.
//!
//! Whoever asks while Redis is away waits until it is back, but not longer than [`WAIT_LIMIT`]. That is more than the
//! longest pause and an attempt that hangs take together: the first who asks after Redis came back gets an answer.

use std::error::Error;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use redis::aio::MultiplexedConnection;
use redis::{RedisError, RedisResult};
use tokio::sync::Mutex;
use tokio::task::JoinHandle;
use tokio::time::timeout;

use super::address::Address;
use super::connect::{ANSWER, CONNECT, said};
use super::supervisor::{ConnectionPhase, LONGEST, NumberedConnection, Supervisor};
use crate::health::Health;
use crate::net::io_thread;
use crate::store::StoreError;

/// How long those who ask wait for a connection.
const WAIT_LIMIT: Duration = Duration::from_secs(5);
const _: () = assert!(WAIT_LIMIT.as_millis() > (CONNECT.as_millis() + LONGEST.as_millis()), "see above");

/// The connection to Redis, through which commands and scripts are sent.
pub(crate) struct Connection {
    supervisor: Arc<Supervisor>,
    /// There once it has been connected.
    task: Mutex<Option<SupervisorTask>>,
}

/// The task of the supervisor, which keeps the connection up and its state. Dropped, it ends, and the connection with
/// it.
struct SupervisorTask(JoinHandle<()>);

impl Drop for SupervisorTask {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// Why a command or script has no answer.
enum QueryError {
    /// The connection broke: whether the server has run it is not known.
    Broken(StoreError),
    /// The server does not answer for our keys, and has done nothing.
    Elsewhere(StoreError),
    /// Anything else.
    Failed(StoreError),
}

impl Connection {
    pub(crate) fn new(address: Address, probe: String) -> Self {
        Self { supervisor: Arc::new(Supervisor::new(address, probe)), task: Mutex::default() }
    }

    /// Connects; waits for a server that is away, and gives up on one that refuses.
    pub(crate) async fn connect(&self) -> Result<(), StoreError> {
        let mut task = self.task.lock().await;
        self.open()?;
        if task.is_some() {
            return Ok(());
        }
        let mut closed = self.supervisor.state.subscribe();
        let supervisor = &self.supervisor;
        // Apart from the handlers: one that computes must not hold up the renewals of others.
        let first = {
            let supervisor = Arc::clone(supervisor);
            io_thread::run(async move { supervisor.first().await })
        };
        let live = tokio::select! {
            live = first => live.unwrap_or(Err(StoreError::Closed))?,
            _ = closed.wait_for(|state| matches!(state, ConnectionPhase::Closed)) => return Err(StoreError::Closed),
        };
        supervisor.up(1, &live);
        *task = Some(SupervisorTask(io_thread::spawn(Arc::clone(supervisor).keep_up(live))));
        Ok(())
    }

    /// Disconnects, for good.
    pub(crate) async fn close(&self) {
        self.supervisor.state.send_replace(ConnectionPhase::Closed);
        *self.task.lock().await = None;
    }

    /// An error once it is closed.
    pub(crate) fn open(&self) -> Result<(), StoreError> {
        match *self.supervisor.state.borrow() {
            ConnectionPhase::Closed => Err(StoreError::Closed),
            ConnectionPhase::Away(_) | ConnectionPhase::Up(..) => Ok(()),
        }
    }

    pub(crate) fn health(&self) -> Health {
        match &*self.supervisor.state.borrow() {
            ConnectionPhase::Up(..) => Health::Ready,
            ConnectionPhase::Away(reason) => Health::Degraded(format!("redis at {}: {reason}", self.supervisor.place)),
            ConnectionPhase::Closed => Health::Degraded(format!("redis at {}: closed", self.supervisor.place)),
        }
    }

    /// Sends a command that changes nothing: once more if the connection breaks before the answer is there.
    pub(crate) async fn read<T, F>(&self, ask: impl Fn(MultiplexedConnection) -> F) -> Result<T, StoreError>
    where
        F: Future<Output = RedisResult<T>>,
    {
        self.ask(ask, |error| matches!(error, QueryError::Broken(_) | QueryError::Elsewhere(_))).await
    }

    /// Sends a command or script that changes something. It is held back while there is no connection; but once it was
    /// handed to one that breaks, the server may have made it, or make it yet out of its buffers, and nothing tells
    /// which: to send it again could undo what somebody else has done in between. Who asked has to know. Only what a
    /// server says it has not done is sent again.
    pub(crate) async fn write<T, F>(&self, ask: impl Fn(MultiplexedConnection) -> F) -> Result<T, StoreError>
    where
        F: Future<Output = RedisResult<T>>,
    {
        self.ask(ask, |error| matches!(error, QueryError::Elsewhere(_))).await
    }

    async fn ask<T, F>(
        &self,
        ask: impl Fn(MultiplexedConnection) -> F,
        again: impl Fn(&QueryError) -> bool,
    ) -> Result<T, StoreError>
    where
        F: Future<Output = RedisResult<T>>,
    {
        let NumberedConnection { number, commands } = self.commands(0).await?;
        match self.answer(number, ask(commands)).await {
            Err(error) if again(&error) => {}
            ended => return ended.map_err(QueryError::into_error),
        }
        let NumberedConnection { number, commands } = self.commands(number).await?;
        self.answer(number, ask(commands)).await.map_err(QueryError::into_error)
    }

    /// The connection, if it is a later one than the one that broke. Waits for it.
    async fn commands(&self, broken: u64) -> Result<NumberedConnection, StoreError> {
        let fits = |state: &ConnectionPhase| match state {
            ConnectionPhase::Up(up) => up.number > broken,
            ConnectionPhase::Away(_) => false,
            ConnectionPhase::Closed => true,
        };
        let taken = |state: &ConnectionPhase| match state {
            ConnectionPhase::Up(up) => Ok(up.clone()),
            ConnectionPhase::Away(reason) => Err(self.unavailable(reason.as_ref())),
            ConnectionPhase::Closed => Err(StoreError::Closed),
        };
        {
            let state = self.supervisor.state.borrow();
            if fits(&state) {
                return taken(&state);
            }
        }
        let mut states = self.supervisor.state.subscribe();
        if let Ok(Ok(state)) = timeout(WAIT_LIMIT, states.wait_for(fits)).await {
            return taken(&state);
        }
        match taken(&self.supervisor.state.borrow()) {
            Ok(up) if up.number <= broken => Err(self.unavailable("the connection is broken")),
            now => now,
        }
    }

    async fn answer<T>(&self, number: u64, asked: impl Future<Output = RedisResult<T>>) -> Result<T, QueryError> {
        let answer = timeout(ANSWER, asked).await;
        if let Ok(Ok(answer)) = answer {
            return Ok(answer);
        }
        self.open().map_err(QueryError::Failed)?;
        Err(match answer {
            Ok(Err(error)) if error.is_io_error() || error.is_unrecoverable_error() => {
                let what = format!("the connection broke before the answer was there: {error}");
                QueryError::Broken(self.unavailable(what))
            }
            // A slot of the cluster that went to another node; a server that was made a replica of another one.
            Ok(Err(error)) if is_elsewhere(&error) => {
                self.supervisor.moved(number);
                QueryError::Elsewhere(self.unavailable(said(&error)))
            }
            Ok(Err(error)) => QueryError::Failed(self.unavailable(said(&error))),
            _ => QueryError::Failed(self.unavailable(format!("no answer within {ANSWER:?}"))),
        })
    }

    fn unavailable(&self, what: impl AsRef<str>) -> StoreError {
        let text = format!("redis at {}: {}", self.supervisor.place, what.as_ref());
        StoreError::Unavailable(Box::<dyn Error + Send + Sync>::from(text))
    }
}

/// Before Redis 7, what goes wrong within a script is told in the text of another error.
fn is_elsewhere(error: &RedisError) -> bool {
    matches!(error.code(), Some("MOVED" | "READONLY")) || error.detail().is_some_and(|text| text.contains("-READONLY "))
}

impl QueryError {
    fn into_error(self) -> StoreError {
        match self {
            Self::Broken(error) | Self::Elsewhere(error) | Self::Failed(error) => error,
        }
    }
}
