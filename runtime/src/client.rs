//! Calls from outside into a unit that runs in this process.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use tokio::time::Instant;

use crate::call::Call;
use crate::error::InvokeError;
use crate::execute::execute;
use crate::fault::{Fault, FaultClass};
use crate::handler::{Handles, Route};
use crate::id::Id;
use crate::operation::{Command, Exposed};
use crate::running::Running;
use crate::scope::Origin;

/// Calls the exposed commands of a unit that runs in this process. Cheap to clone.
pub struct Client<U> {
    running: Arc<Running<U>>,
    principal: Option<Arc<str>>,
    tenant: Option<Arc<str>>,
    correlation: Option<Id>,
    deadline: Option<Instant>,
    timeout: Option<Duration>,
}

impl<U> Clone for Client<U> {
    fn clone(&self) -> Self {
        Self {
            running: Arc::clone(&self.running),
            principal: self.principal.clone(),
            tenant: self.tenant.clone(),
            ..*self
        }
    }
}

impl<U: Send + Sync> Client<U> {
    pub(crate) fn new(running: Arc<Running<U>>) -> Self {
        Self { running, principal: None, tenant: None, correlation: None, deadline: None, timeout: None }
    }

    /// On whose behalf it calls.
    #[must_use]
    pub fn principal(mut self, name: impl Into<Arc<str>>) -> Self {
        self.principal = Some(name.into());
        self
    }

    /// For which tenant it calls.
    #[must_use]
    pub fn tenant(mut self, name: impl Into<Arc<str>>) -> Self {
        self.tenant = Some(name.into());
        self
    }

    /// Which chain of messages its calls belong to. Otherwise each begins one of its own.
    #[must_use]
    pub fn correlation(mut self, id: Id) -> Self {
        self.correlation = Some(id);
        self
    }

    /// When it waits for no answer any more.
    #[must_use]
    pub fn deadline(mut self, at: Instant) -> Self {
        self.deadline = Some(at);
        self
    }

    /// How long it waits for each answer.
    #[must_use]
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
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
        M::Handler: for<'x> Handles<M, Call<'x, U>>,
    {
        let core = &self.running.core;
        if !core.lifecycle.is_running() {
            return Err(InvokeError::Fault(Fault::of(FaultClass::Stopped, "the unit has stopped").stripped()));
        }
        let patience = self.timeout.map(|timeout| Instant::now() + timeout);
        let origin = Origin {
            correlation: self.correlation.map_or_else(OnceLock::new, OnceLock::from),
            principal: self.principal.as_ref(),
            tenant: self.tenant.as_ref(),
            deadline: self.deadline.into_iter().chain(patience).min(),
            outside: true,
            ..Origin::new(core)
        };
        execute::<M, U>(&self.running.unit, &origin, None, input).await
    }
}
