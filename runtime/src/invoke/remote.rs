//! A command that is called over a bridge: attempts, time-outs and deadlines as they are where caller and handler share
//! a process. The caller's side tries again; the other side runs the handler once for each request.

use std::time::Duration;

use serde::de::DeserializeOwned;
use tokio::time::{Instant, sleep, timeout_at};

use crate::bridge::{EventAdapter, Reply, Request};
use crate::contract::operation::Command;
use crate::fault::{Fault, FaultClass};
use crate::handler::error::InvokeError;
use crate::invoke::guard::out_of_time;
use crate::invoke::round_trip::RoundTrips;
use crate::message::Message;
use crate::message::metadata::Metadata;

/// How long a caller waits for the reply of a command that has no time-out, where it has none itself. In one process it
/// would wait for ever; but a reply can get lost.
const WAIT_LIMIT: Duration = Duration::from_secs(30);

/// Sends a request and waits for its reply, as often as the command allows and the caller's deadline leaves time for.
pub(crate) async fn invoke_remote<M: Command>(
    events: &dyn EventAdapter,
    round_trips: RoundTrips,
    metadata: Metadata,
    inherited: Option<Instant>,
    input: M::Input,
) -> Result<M::Output, InvokeError<M::Rejection>> {
    if let Err(fault) = round_trips.check(&input) {
        return Err(InvokeError::Fault(fault.report(M::ADDRESS).without_cause()));
    }
    let policy = M::POLICY;
    let message = Message::new(metadata, input);
    let mut attempt = 1;
    loop {
        let fault = match once::<M>(events, message.clone(), inherited, attempt).await {
            Ok(answer) => return answer,
            Err(fault) => fault.report(M::ADDRESS),
        };
        let pause = policy.backoff.after(attempt);
        let in_time = inherited.is_none_or(|deadline| Instant::now() + pause < deadline);
        if attempt >= policy.attempts || !fault.class().is_transient() || !in_time {
            return Err(InvokeError::Fault(fault.without_cause()));
        }
        sleep(pause).await;
        attempt += 1;
    }
}

/// One attempt: an answer, or a fault that another attempt may mend.
async fn once<M: Command>(
    events: &dyn EventAdapter,
    message: Message,
    inherited: Option<Instant>,
    attempt: u32,
) -> Result<Result<M::Output, InvokeError<M::Rejection>>, Fault> {
    let now = Instant::now();
    let own = now + M::POLICY.timeout.unwrap_or(WAIT_LIMIT);
    let deadline = inherited.map_or(own, |inherited| inherited.min(own));
    if deadline <= now {
        return Err(out_of_time());
    }
    let request = Request { subject: M::SUBJECT, message, deadline, attempt };
    let reply = timeout_at(deadline, events.request(request)).await.map_err(|_| out_of_time())?;
    match reply.map_err(Fault::caused_by)? {
        Reply::Output(json) => read(&json).map(Ok),
        Reply::Rejection(json) => read(&json).map(|rejection| Err(InvokeError::Rejected(rejection))),
        Reply::Fault { id, class } => Err(Fault::elsewhere(id, class)),
    }
}

fn read<T: DeserializeOwned>(json: &[u8]) -> Result<T, Fault> {
    serde_json::from_slice(json).map_err(|error| Fault::of(FaultClass::Malformed, error))
}
