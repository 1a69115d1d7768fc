//! The context of a running unit: what its handlers get as `ctx`, and where each edge goes.

use std::future::Future;

use tokio::time::Instant;

use crate::bridge::{BridgeError, Job};
use crate::contract::job::JobOptions;
use crate::contract::resource::{Event, Queue, Secret, State};
use crate::handler::context::Context;
use crate::handler::edge::{MayAccess, MayChange, MayEmit, MayEnqueue, MayInvoke, MayRead, MayReveal, MayWrite};
use crate::handler::error::InvokeError;
use crate::handler::state::Access;
use crate::invoke::call::Call;
use crate::invoke::outbox::unit_of_work::OutgoingMessage;
use crate::invoke::transport::{Reachable, Transport};
use crate::maybe_ready::MaybeReady;
use crate::message::Message;
use crate::message::id::Id;
use crate::secret::{SecretError, SecretValue};
use crate::unit::ports::{Emits, Enqueues, Keeps, Reveals};

impl<U: Send + Sync> Context for Call<'_, U> {
    fn id(&self) -> Id {
        self.scope.id()
    }

    fn correlation(&self) -> Id {
        self.scope.correlation()
    }

    fn causation(&self) -> Option<Id> {
        self.scope.causation()
    }

    fn principal(&self) -> Option<&str> {
        self.scope.principal()
    }

    fn tenant(&self) -> Option<&str> {
        self.scope.tenant()
    }

    fn deadline(&self) -> Option<Instant> {
        self.scope.deadline()
    }

    fn attempt(&self) -> u32 {
        self.scope.attempt()
    }

    fn hops(&self) -> u32 {
        self.scope.hops()
    }
}

/// A plain async call of the handler where it is in the unit, a request on the bridge where it is not.
impl<U, M> MayInvoke<M> for Call<'_, U>
where
    U: Send + Sync,
    M: Reachable<U>,
{
    #[inline(always)]
    fn invoke(
        &self,
        _: M,
        input: M::Input,
    ) -> impl Future<Output = Result<M::Output, InvokeError<M::Rejection>>> + Send {
        M::Transport::invoke(self, input)
    }
}

impl<U: Emits<E> + Send + Sync, E: Event> MayEmit<E> for Call<'_, U> {
    fn publish(&self, payload: E::Payload) -> MaybeReady<'_, Result<(), BridgeError>> {
        if let Err(changed) = self.scope.origin.shared.round_trips.survives(&payload) {
            return MaybeReady::ready(Err(BridgeError::Malformed(changed.into())));
        }
        let metadata = self.scope.next();
        if let Some(most) = const { E::MAX_HOPS }.filter(|most| metadata.hops > *most) {
            return MaybeReady::ready(Err(BridgeError::TooManyHops { subject: E::SUBJECT, most }));
        }
        let topic = &self.scope.origin.unit.publisher().topic;
        let event = Message::new(metadata, payload);
        let Some(unit_of_work) = self.scope.unit_of_work() else { return topic.publish(event) };
        let job = Job { message: event, delay: None, deduplication: None };
        unit_of_work.send(OutgoingMessage { subject: E::SUBJECT, job, is_job: false });
        MaybeReady::ready(Ok(()))
    }
}

impl<U: Enqueues<Q> + Send + Sync, Q: Queue> MayEnqueue<Q> for Call<'_, U> {
    fn push(&self, job: Q::Payload, options: JobOptions) -> MaybeReady<'_, Result<(), BridgeError>> {
        if let Err(changed) = self.scope.origin.shared.round_trips.survives(&job) {
            return MaybeReady::ready(Err(BridgeError::Malformed(changed.into())));
        }
        let queue = &self.scope.origin.unit.enqueuer().queue;
        if let Some(what) = Q::POLICY.refuses(&options) {
            return MaybeReady::ready(Err(BridgeError::Unsupported { at: Q::SUBJECT, what }));
        }
        let JobOptions { delay, deduplication } = options;
        let message = Message::new(self.scope.next(), job);
        let deduplication = deduplication.map(|id| of_tenant(message.metadata().tenant.as_deref(), &id));
        let job = Job { message, delay, deduplication };
        let Some(unit_of_work) = self.scope.unit_of_work() else { return queue.push(job) };
        unit_of_work.send(OutgoingMessage { subject: Q::SUBJECT, job, is_job: true });
        MaybeReady::ready(Ok(()))
    }
}

impl<U: Keeps<S> + Send + Sync, S: State> MayAccess<S> for Call<'_, U> {
    fn access(&self) -> Access<'_> {
        Access {
            store: &*self.scope.origin.unit.collection().store,
            unit_of_work: self.scope.unit_of_work(),
            round_trips: self.scope.origin.shared.round_trips,
        }
    }
}

// What a handler may do is in the bounds of its context; the unit's call can do whatever one of them may.
impl<U: Keeps<S> + Send + Sync, S: State> MayRead<S> for Call<'_, U> {}
impl<U: Keeps<S> + Send + Sync, S: State> MayChange<S> for Call<'_, U> {}
impl<U: Keeps<S> + Send + Sync, S: State> MayWrite<S> for Call<'_, U> {}

impl<U: Reveals<X> + Send + Sync, X: Secret> MayReveal<X> for Call<'_, U> {
    fn reveal(&self) -> MaybeReady<'_, Result<SecretValue, SecretError>> {
        self.scope.origin.unit.secret().store.read(X::NAME)
    }
}

/// A deduplication id of a tenant: no two tenants have the same one, and nobody's is a tenant's.
fn of_tenant(tenant: Option<&str>, id: &str) -> String {
    let tenant = tenant.unwrap_or_default();
    format!("{}:{tenant}{id}", tenant.len())
}
