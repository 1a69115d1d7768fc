//! Calls from outside: into a unit that runs in this process, or over its bridge.

mod remote;

pub use remote::{Remote, connect};

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use crate::contract::operation::{Command, Exposed};
use crate::fault::{Fault, FaultClass};
use crate::handler::Route;
use crate::handler::error::InvokeError;
use crate::invoke::caller::Caller;
use crate::invoke::execute::execute;
use crate::invoke::guard::{Limited, Limits, out_of_time};
use crate::invoke::scope::{Origin, Scope, Source};
use crate::message::id::Id;
use crate::unit::shared::RunningUnit;

/// Calls exposed commands: of a unit in this process ([`Local`]), or of others over a bridge ([`Remote`]). Cheap to
/// clone.
///
/// ```
/// use std::time::Duration;
///
/// use pontoon::client::Local;
/// use pontoon::{Client, InvokeError, Result};
/// use shop::topology::{monolith, secret, user};
/// use shop::{NewUser, SignUpRejected};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<()> {
/// let unit = monolith::in_memory(shop::resources()).secret(secret::SmtpPassword, "hunter2").await?;
/// let client: Client<Local<monolith::Monolith>> = unit.client().timeout(Duration::from_secs(5)).tenant("acme");
/// let ada = NewUser { email: "ada@example.com".to_owned() };
/// let id = client.invoke(user::SignUp, ada.clone()).await?;
/// assert_eq!(id, 15);
///
/// let again = client.invoke(user::SignUp, ada).await;
/// assert!(matches!(again, Err(InvokeError::Rejected(SignUpRejected::EmailTaken))));
/// # unit.shutdown().await?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Client<T> {
    pub(crate) target: T,
    pub(crate) caller: Caller,
}

/// A unit that runs in this process.
pub struct Local<U>(Arc<RunningUnit<U>>);

impl<U> Clone for Local<U> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<T> Client<T> {
    pub(crate) fn to(target: T) -> Self {
        Self { target, caller: Caller::default() }
    }

    /// On whose behalf it calls. It travels as it is, and nobody checks it.
    #[must_use]
    pub fn principal(mut self, name: impl Into<Arc<str>>) -> Self {
        self.caller.principal = Some(name.into());
        self
    }

    /// For which tenant it calls. It travels as it is, and nobody checks it.
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
}

impl<U: Send + Sync> Client<Local<U>> {
    pub(crate) fn new(running: Arc<RunningUnit<U>>) -> Self {
        Self::to(Local(running))
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
        let running = &self.target.0;
        let shared = &running.shared;
        if !shared.lifecycle.is_running() {
            return Err(InvokeError::Fault(stopped()));
        }
        let caller = &self.caller;
        let patience;
        let deadline = match caller.timeout {
            None => &caller.deadline,
            Some(_) => {
                patience = caller.patience();
                &patience
            }
        };
        let limits = Limits { deadline, lifecycle: Some(&shared.lifecycle) };
        let ended = if limits.are_over() {
            Err(out_of_time())
        } else {
            let origin = Origin::new(running, Source::Client(caller), deadline);
            let before = Scope::before(&origin);
            let run = pin!(execute::<M, U>(&before, input));
            Limited::new(run, &limits).await
        };
        ended.unwrap_or_else(|fault| Err(InvokeError::Fault(fault.report(M::ADDRESS).without_cause())))
    }
}

#[cold]
fn stopped() -> Fault {
    Fault::of(FaultClass::Stopped, "the unit has stopped").without_cause()
}
