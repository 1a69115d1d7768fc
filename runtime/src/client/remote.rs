//! Calls from outside, over the event bridge of an environment: the typed client.

use std::pin::pin;
use std::sync::Arc;

use pontoon_schema::capability::Bridge;

use crate::bridge::EventAdapter;
use crate::client::Client;
use crate::contract::operation::{Command, Exposed};
use crate::environment::{Environment, Instance, Setup, Variables};
use crate::fault::panics::Guarded;
use crate::handler::error::{InvokeError, Result};
use crate::health::{Counters, Health};
use crate::invoke::remote::invoke_remote;
use crate::invoke::round_trip::RoundTrips;
use crate::message::id::Id;
use crate::message::metadata::Metadata;
use crate::unit::start::StartError;

/// The event bridge of an environment.
#[derive(Clone)]
pub struct Remote(Arc<dyn EventAdapter>);

/// What the client is called where a unit has its name.
const NAME: &str = "client";

/// Connects to the event bridge of an environment. Generated code has it as `topology::client::connect`. Waits for a
/// broker that is not there yet.
///
/// # Errors
/// A [`StartError`]: there is no such environment, its bridge stays in its process, or something is missing or
/// malformed. A broker that refuses us.
pub async fn connect(
    topology: &'static str,
    environments: &'static [Environment],
    name: &str,
) -> Result<Client<Remote>> {
    let start = |problems| StartError { unit: NAME, problems };
    let Some(environment) = environments.iter().find(|environment| environment.name == name) else {
        let choices: Vec<_> = environments.iter().map(|environment| environment.name).collect();
        let choices = choices.join(", ");
        return Err(start(vec![format!(
            "`{name}` is no environment that can be called from outside; there are: {choices}"
        )]))?;
    };
    let Bridge { crosses_processes, adapter, .. } = environment.event_bridge.capabilities();
    if !crosses_processes {
        let adapter = adapter.name();
        let problem = format!(
            "the event bridge of `{name}` is `{adapter}`, which stays in its process: call the unit in it by \
             `Started::client()`"
        );
        return Err(start(vec![problem]))?;
    }
    let mut setup = Setup::new(Instance::new(topology, NAME), environment.verify, Variables::of_process());
    setup.secrets = environment.secret_store.open(&mut setup).await;
    let events = environment.event_bridge.open_any(&mut setup).await;
    let Some(events) = events.filter(|_| setup.problems.is_empty()) else {
        return Err(start(setup.problems))?;
    };
    events.connect().await?;
    Ok(Client::to(Remote(events)))
}

impl Client<Remote> {
    /// Calls a command and waits for its answer.
    ///
    /// # Errors
    /// [`InvokeError::Rejected`]: it said no. [`InvokeError::Fault`]: it could not answer, or the bridge is out of
    /// reach.
    pub async fn invoke<M>(&self, _: M, input: M::Input) -> Result<M::Output, InvokeError<M::Rejection>>
    where
        M: Command + Exposed,
    {
        let caller = &self.caller;
        let fresh = Metadata::new();
        let metadata = Metadata {
            correlation: caller.correlation.unwrap_or_else(Id::random),
            principal: caller.principal.clone(),
            tenant: caller.tenant.clone(),
            ..fresh
        };
        // The input is written and the answer read by code of the user's, which may panic.
        let answer = pin!(invoke_remote::<M>(&*self.target.0, caller.round_trips, metadata, caller.patience(), input));
        let answer = Guarded::new(answer).await;
        answer.unwrap_or_else(|fault| Err(InvokeError::Fault(fault.report(M::ADDRESS))))
    }

    /// Sends inputs that would not be the same once they have gone through JSON, which debug builds refuse.
    #[must_use]
    pub fn without_round_trips(mut self) -> Self {
        self.caller.round_trips = RoundTrips(false);
        self
    }

    /// Whether its bridge can do its work now.
    #[must_use]
    pub fn health(&self) -> Health {
        self.target.0.health()
    }

    /// What went by on its bridge without anybody being told.
    #[must_use]
    pub fn counters(&self) -> Counters {
        self.target.0.counters()
    }

    /// Disconnects, for all clones of it.
    pub async fn close(&self) {
        self.target.0.close().await;
    }
}
