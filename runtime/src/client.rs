//! Calls from outside into a unit that runs in this process.

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use crate::error::InvokeError;
use crate::execute::execute;
use crate::fault::{Fault, FaultClass};
use crate::guard::{Limited, Limits, out_of_time};
use crate::handler::Route;
use crate::id::Id;
use crate::operation::{Command, Exposed};
use crate::running::Running;
use crate::scope::{Origin, Scope, Source};

/// Calls the exposed commands of a unit that runs in this process. Cheap to clone.
pub struct Client<U> {
    running: Arc<Running<U>>,
    caller: Caller,
}

/// Who calls.
#[derive(Clone, Default)]
pub(crate) struct Caller {
    pub(crate) principal: Option<Arc<str>>,
    pub(crate) tenant: Option<Arc<str>>,
    pub(crate) correlation: Option<Id>,
    deadline: Option<Instant>,
    timeout: Option<Duration>,
}

impl<U> Clone for Client<U> {
    fn clone(&self) -> Self {
        Self { running: Arc::clone(&self.running), caller: self.caller.clone() }
    }
}

impl<U: Send + Sync> Client<U> {
    pub(crate) fn new(running: Arc<Running<U>>) -> Self {
        Self { running, caller: Caller::default() }
    }

    /// On whose behalf it calls.
    #[must_use]
    pub fn principal(mut self, name: impl Into<Arc<str>>) -> Self {
        self.caller.principal = Some(name.into());
        self
    }

    /// For which tenant it calls.
    #[must_use]
    pub fn tenant(mut self, name: impl Into<Arc<str>>) -> Self {
        self.caller.tenant = Some(name.into());
        self
    }

    /// Which chain of messages its calls belong to. Otherwise each begins one of its own.
    #[must_use]
    pub fn correlation(mut self, id: Id) -> Self {
        self.caller.correlation = Some(id);
        self
    }

    /// When it waits for no answer any more.
    #[must_use]
    pub fn deadline(mut self, at: Instant) -> Self {
        self.caller.deadline = Some(at);
        self
    }

    /// How long it waits for each answer.
    #[must_use]
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.caller.timeout = Some(timeout);
        self
    }

    /// Calls a command and waits for its answer.
    ///
    /// # Errors
    /// [`InvokeError::Rejected`]: it said no. [`InvokeError::Fault`]: it could not answer, also because the unit has
    /// stopped.
    pub async fn invoke<M>(&self, _: M, input: M::Input) -> Result<M::Output, InvokeError<M::Rejection>>
    where
        M: Command + Exposed + Route<U>,
    {
        let core = &self.running.core;
        if !core.lifecycle.is_running() {
            return Err(InvokeError::Fault(stopped()));
        }
        let caller = &self.caller;
        let patience;
        let deadline = match caller.timeout {
            None => &caller.deadline,
            Some(timeout) => {
                patience = caller.deadline.into_iter().chain(Instant::now().checked_add(timeout)).min();
                &patience
            }
        };
        let limits = Limits { deadline, lifecycle: Some(&core.lifecycle) };
        let ended = if limits.are_over() {
            Err(out_of_time())
        } else {
            let origin = Origin::new(&self.running, Source::Client(caller), deadline);
            let before = Scope::before(&origin);
            let run = pin!(execute::<M, U>(&before, input));
            Limited::new(run, &limits).await
        };
        ended.unwrap_or_else(|fault| Err(InvokeError::Fault(fault.report(M::ADDRESS).stripped())))
    }
}

#[cold]
fn stopped() -> Fault {
    Fault::of(FaultClass::Stopped, "the unit has stopped").stripped()
}
