//! Changes of a queue that wait side by side: they go to the server in one call, and each has an outcome of its own.
//!
//! A change that comes alone goes at once. Those that come while a call is under way are in the next one. The calls are
//! made on the thread of the connections: whoever waits for an outcome may be dropped, and holds up nobody.

use std::mem;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::oneshot;
use tokio::task::yield_now;
use tokio::time::{Instant, sleep};

use super::queue_connection::QueueConnection;
use super::scripts::ScriptCall;
use crate::bridge::BridgeError;
use crate::bridge::network::WAIT_LIMIT;
use crate::contract::policy::Backoff;
use crate::net::io_thread;
use crate::one_line::OneLine;
use crate::sync::Mutex;

/// How many changes are in one call at most: everybody else waits for it.
const TOGETHER: usize = 128;

/// How many bytes of jobs are in one call, unless the first one has more.
const BYTES: usize = 256 * 1024;

/// Between two attempts at a change that the server did not answer for.
const BACKOFF: Backoff = Backoff::new(Duration::from_millis(50), Duration::from_secs(2));

/// A kind of change.
pub(super) trait Grouped: Send + Sync + 'static {
    type Change: Send + Sync;

    /// How many bytes of jobs a change sends.
    fn size(change: &Self::Change) -> usize;

    /// The call that makes changes, one or more. It replies with a number for each, by its place.
    fn call(&self, changes: &[&Self::Change]) -> ScriptCall;
}

/// The changes of a kind that a process makes to a queue.
pub(super) struct Group<G: Grouped> {
    kind: G,
    connection: Arc<QueueConnection>,
    waiting: Mutex<WaitingChanges<G::Change>>,
}

/// The changes that wait for the next call.
struct WaitingChanges<C> {
    members: Vec<Member<C>>,
    /// Somebody makes calls until nothing waits.
    is_running: bool,
}

/// A change, and who waits for its outcome.
struct Member<C> {
    change: C,
    /// When it has waited for long enough for a server that is away.
    until: Instant,
    outcome: oneshot::Sender<Result<u32, BridgeError>>,
}

/// Somebody who makes calls. Should that end before nothing waits, by a panic or with its runtime, who waits is told.
struct Running<G: Grouped> {
    group: Arc<Group<G>>,
    is_over: bool,
}

impl<G: Grouped> Running<G> {
    async fn run(mut self) {
        self.group.run().await;
        self.is_over = true;
    }
}

impl<G: Grouped> Drop for Running<G> {
    fn drop(&mut self) {
        if !self.is_over {
            let left = {
                let mut waiting = self.group.waiting.lock();
                waiting.is_running = false;
                mem::take(&mut waiting.members)
            };
            // Dropped without the lock.
            drop(left);
        }
    }
}

impl<G: Grouped> Group<G> {
    pub(super) fn new(kind: G, connection: &Arc<QueueConnection>) -> Arc<Self> {
        let waiting = Mutex::new(WaitingChanges { members: Vec::new(), is_running: false });
        Arc::new(Self { kind, connection: Arc::clone(connection), waiting })
    }

    /// Makes a change. Returns its outcome once the server has answered, as far as one waits for a server that is away.
    /// Dropped before it was sent, it is not made.
    pub(super) async fn make(self: &Arc<Self>, change: G::Change) -> Result<u32, BridgeError> {
        let (outcome, answer) = oneshot::channel();
        let member = Member { change, until: Instant::now() + WAIT_LIMIT, outcome };
        let is_running = {
            let mut waiting = self.waiting.lock();
            waiting.members.push(member);
            mem::replace(&mut waiting.is_running, true)
        };
        if !is_running {
            let running = Running { group: Arc::clone(self), is_over: false };
            io_thread::spawn(running.run());
        }
        answer.await.unwrap_or(Err(BridgeError::Closed))
    }

    /// Makes calls until nothing waits.
    async fn run(&self) {
        let mut failures = 0;
        // Those who were answered together have more to say together.
        yield_now().await;
        while let Some(members) = self.gather() {
            let changes: Vec<&G::Change> = members.iter().map(|member| &member.change).collect();
            let call = self.kind.call(&changes);
            match self.connection.run::<Vec<u32>>(&call).await {
                Ok(outcomes) => {
                    failures = 0;
                    answer(members, &outcomes);
                    yield_now().await;
                }
                Err(error) => {
                    failures += 1;
                    self.failed(members, &error);
                    if matches!(error, BridgeError::Unavailable(_)) {
                        tracing::debug!(target: "pontoon", error = %OneLine(&error), "redis is asked once more");
                        sleep(BACKOFF.after(failures)).await;
                    }
                }
            }
        }
    }

    fn gather(&self) -> Option<Vec<Member<G::Change>>> {
        self.waiting.lock().next(G::size)
    }

    /// A call has failed. Of its changes those are in the next one that may wait for longer.
    fn failed(&self, mut members: Vec<Member<G::Change>>, error: &BridgeError) {
        let over = take_over(&mut members, error, Instant::now());
        self.waiting.lock().members.splice(..0, members);
        for member in over {
            let _ = member.outcome.send(Err(same(error)));
        }
    }
}

impl<C> WaitingChanges<C> {
    /// What goes into the next call: nothing that nobody waits for any more. `None`: nothing waits, and nobody makes
    /// calls.
    fn next(&mut self, size: fn(&C) -> usize) -> Option<Vec<Member<C>>> {
        let Self { members, is_running } = self;
        members.retain(|member| !member.outcome.is_closed());
        if members.is_empty() {
            *is_running = false;
            return None;
        }
        let mut bytes = 0;
        let fit = members.iter().take(TOGETHER).take_while(|member| {
            bytes += size(&member.change);
            bytes <= BYTES
        });
        let count = fit.count().max(1);
        let later = members.split_off(count);
        Some(mem::replace(members, later))
    }
}

/// Takes those out of a call that has failed whose change is not tried again.
fn take_over<C>(members: &mut Vec<Member<C>>, error: &BridgeError, now: Instant) -> Vec<Member<C>> {
    let may_wait = matches!(error, BridgeError::Unavailable(_));
    members.extract_if(.., |member| !may_wait || member.until <= now).collect()
}

/// Tells each its outcome.
fn answer<C>(members: Vec<Member<C>>, outcomes: &[u32]) {
    for (place, member) in members.into_iter().enumerate() {
        let outcome = outcomes.get(place).copied();
        let missing = || BridgeError::Unavailable("redis has answered for others alone".into());
        // One that has just stopped waiting needs none.
        let _ = member.outcome.send(outcome.ok_or_else(missing));
    }
}

/// The same error for one more.
fn same(error: &BridgeError) -> BridgeError {
    match error {
        BridgeError::Closed => BridgeError::Closed,
        BridgeError::Denied(error) => BridgeError::Denied(error.to_string().into()),
        BridgeError::Unavailable(error) => BridgeError::Unavailable(error.to_string().into()),
        other => BridgeError::Unavailable(other.to_string().into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    type Answer = oneshot::Receiver<Result<u32, BridgeError>>;

    /// Changes of so many bytes, and who waits for them.
    fn waiting(sizes: &[usize]) -> (WaitingChanges<usize>, Vec<Answer>) {
        let (members, answers) = sizes
            .iter()
            .map(|size| {
                let (outcome, answer) = oneshot::channel();
                (Member { change: *size, until: Instant::now(), outcome }, answer)
            })
            .unzip();
        (WaitingChanges { members, is_running: true }, answers)
    }

    fn next(waiting: &mut WaitingChanges<usize>) -> Option<Vec<usize>> {
        Some(waiting.next(|size| *size)?.iter().map(|member| member.change).collect())
    }

    #[test]
    fn a_call_has_what_fits_and_one_at_least() {
        let large = 2 * BYTES;
        let (mut some, _answers) = waiting(&[1, large, large, 2, BYTES - 2, 1]);
        let calls: Vec<_> = std::iter::from_fn(|| next(&mut some)).collect();
        assert_eq!(calls, [vec![1], vec![large], vec![large], vec![2, BYTES - 2], vec![1]]);
        assert!(!some.is_running);
        let (mut many, _answers) = waiting(&[0; 2 * TOGETHER + 1]);
        let calls: Vec<_> = std::iter::from_fn(|| next(&mut many)).map(|call| call.len()).collect();
        assert_eq!(calls, [TOGETHER, TOGETHER, 1]);
    }

    #[test]
    fn what_nobody_waits_for_is_not_sent() {
        let (mut some, mut answers) = waiting(&[1, 2, 3]);
        answers.remove(1);
        assert_eq!(next(&mut some), Some(vec![1, 3]));
        let (mut none, answers) = waiting(&[1]);
        drop(answers);
        assert_eq!(next(&mut none), None);
        assert!(!none.is_running);
    }

    #[test]
    fn each_has_the_outcome_at_its_place() {
        let (some, mut answers) = waiting(&[1, 2, 3, 4]);
        answers.remove(1);
        answer(some.members, &[0, 1, 2]);
        let outcomes: Vec<_> = answers.iter_mut().map(|answer| answer.try_recv().unwrap()).collect();
        assert!(matches!(outcomes[..], [Ok(0), Ok(2), Err(BridgeError::Unavailable(_))]), "{outcomes:?}");
    }

    #[test]
    fn who_has_waited_for_long_enough_is_told() {
        let away = BridgeError::Unavailable("it is away".into());
        let (mut some, _answers) = waiting(&[1, 2]);
        let now = Instant::now();
        some.members[1].until = now + WAIT_LIMIT;
        let over = take_over(&mut some.members, &away, now);
        assert_eq!((over[0].change, over.len(), some.members[0].change), (1, 1, 2));
        assert_eq!(take_over(&mut some.members, &BridgeError::Closed, now).len(), 1);
        assert_eq!(same(&away).to_string(), away.to_string());
    }
}
