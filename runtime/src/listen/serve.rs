//! Serves a command on the bridge: takes requests, runs the handler, replies. Each request is boxed once, where it
//! enters the process, and has a task of its own if it waits for something.

use std::collections::VecDeque;
use std::pin::pin;
use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::JoinSet;

use crate::bridge::{Endpoint, IncomingRequest, Reply};
use crate::contract::operation::Command;
use crate::fault::panics::{Guarded, guarded};
use crate::fault::{Fault, FaultClass};
use crate::handler::Route;
use crate::handler::error::InvokeError;
use crate::invoke::execute::execute;
use crate::invoke::guard::{Limited, Limits};
use crate::invoke::scope::{Origin, Scope, Source};
use crate::listen::eager::{BoxedTask, EagerSpawner};
use crate::one_line::OneLine;
use crate::unit::lifecycle::Phase;
use crate::unit::shared::RunningUnit;

/// How many requests for one command a process works on at a time; others wait at the broker, or, where that hands out
/// all that it has, in the adapter.
const AT_A_TIME: usize = 256;

/// How many requests for one command wait here for room.
const WAITING: usize = 8 * 1024;

/// What answers a request for one command, and gives back the room that it takes.
pub(crate) type Answers<U> =
    fn(Arc<RunningUnit<U>>, Arc<dyn Endpoint>, IncomingRequest, OwnedSemaphorePermit) -> BoxedTask;

/// Takes requests until there are no more, and waits for those that it took.
pub(crate) async fn serve<U>(running: Arc<RunningUnit<U>>, endpoint: Arc<dyn Endpoint>, answers: Answers<U>) {
    let room = Arc::new(Semaphore::new(AT_A_TIME));
    let (mut tasks, brevity) = (JoinSet::new(), EagerSpawner::default());
    let mut over = pin!(running.shared.lifecycle.reached(Phase::Drained));
    let mut waiting = VecDeque::new();
    // Never closed: there is always a permit to come.
    while let Some(permit) = permit(&room, &*endpoint, &mut waiting).await {
        let asked = match waiting.pop_front() {
            Some(asked) => Some(asked),
            None => tokio::select! {
                biased;
                asked = endpoint.next() => asked,
                () = &mut over => None,
            },
        };
        let Some(asked) = asked else { break };
        brevity.begin(&mut tasks, answers(Arc::clone(&running), Arc::clone(&endpoint), asked, permit));
        while tasks.try_join_next().is_some() {}
    }
    while tasks.join_next().await.is_some() {}
}

/// Room for one more request. What comes meanwhile, and is in this process in any case, waits here: its deadline was
/// read.
async fn permit(
    room: &Arc<Semaphore>,
    endpoint: &dyn Endpoint,
    waiting: &mut VecDeque<IncomingRequest>,
) -> Option<OwnedSemaphorePermit> {
    if let Ok(permit) = Arc::clone(room).try_acquire_owned() {
        return Some(permit);
    }
    let mut permit = pin!(Arc::clone(room).acquire_owned());
    loop {
        tokio::select! {
            biased;
            permit = &mut permit => return permit.ok(),
            asked = endpoint.next(), if endpoint.has_them_all() && waiting.len() < WAITING => match asked {
                Some(asked) => waiting.push_back(asked),
                // It has ended: those that wait are still handled.
                None => return permit.await.ok(),
            },
        }
    }
}

/// Answers a request for `M`.
pub(crate) fn boxed_answer<M, U>(
    running: Arc<RunningUnit<U>>,
    endpoint: Arc<dyn Endpoint>,
    asked: IncomingRequest,
    permit: OwnedSemaphorePermit,
) -> BoxedTask
where
    U: Send + Sync + 'static,
    M: Command + Route<U>,
{
    Box::pin(async move {
        // The user's is also how the input is read and the output written, and either may panic.
        let answer = pin!(answer::<M, U>(&running, &*endpoint, asked));
        if let Err(fault) = Guarded::new(answer).await {
            let _reported = fault.report(M::ADDRESS);
        }
        drop(permit);
    })
}

async fn answer<M, U>(running: &RunningUnit<U>, endpoint: &dyn Endpoint, asked: IncomingRequest)
where
    U: Send + Sync,
    M: Command + Route<U>,
{
    let reply = reply::<M, U>(running, &asked).await;
    let Some(to) = &asked.reply_to else { return };
    if let Err(error) = endpoint.answer(to, reply).await {
        let id = asked.message.metadata().id;
        tracing::warn!(target: "pontoon", handler = M::ADDRESS, message = %id, error = %OneLine(&error), "a reply could not be sent");
    }
}

/// What the caller gets. A request that comes too late is answered with that: who sent it may have another idea of the
/// time.
async fn reply<M, U>(running: &RunningUnit<U>, asked: &IncomingRequest) -> Reply
where
    U: Send + Sync,
    M: Command + Route<U>,
{
    let metadata = asked.message.metadata();
    let limits = Limits { deadline: &metadata.deadline, lifecycle: None };
    if limits.are_over() {
        tracing::info!(target: "pontoon", handler = M::ADDRESS, message = %metadata.id, "not run: its deadline was over");
        return Reply::Fault { id: metadata.id, class: FaultClass::TimedOut };
    }
    let input = match asked.message.read::<M::Input>() {
        Ok(input) => input,
        Err(fault) => return failed(fault.report(M::ADDRESS)),
    };
    let origin = Origin::new(running, Source::Request(metadata, asked.attempt), &metadata.deadline);
    let before = Scope::before(&origin);
    let run = pin!(execute::<M, U>(&before, input));
    let ended = Limited::new(run, &limits).await;
    let answer = ended.unwrap_or_else(|fault| Err(InvokeError::Fault(fault.report(M::ADDRESS))));
    let written = guarded(|| match &answer {
        Ok(output) => serde_json::to_vec(output).map(|json| Reply::Output(json.into())),
        Err(InvokeError::Rejected(rejection)) => {
            serde_json::to_vec(rejection).map(|json| Reply::Rejection(json.into()))
        }
        Err(InvokeError::Fault(fault)) => Ok(Reply::Fault { id: fault.id(), class: fault.class() }),
    });
    let written = written.and_then(|json| json.map_err(|error| Fault::of(FaultClass::Malformed, error)));
    written.unwrap_or_else(|fault| failed(fault.report(M::ADDRESS)))
}

#[expect(clippy::needless_pass_by_value, reason = "it is done with")]
fn failed(fault: Fault) -> Reply {
    Reply::Fault { id: fault.id(), class: fault.class() }
}
