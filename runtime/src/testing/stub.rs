//! A context that answers what a handler invokes, and records what it does.

use std::any::{Any, TypeId};
use std::collections::HashMap;
use std::sync::Arc;

use tokio::time::Instant;

use crate::bridge::BridgeError;
use crate::contract::job::JobOptions;
use crate::contract::operation::{Command, Operation};
use crate::contract::resource::{Event, Queue, Secret, State};
use crate::fault::Fault;
use crate::handler::context::Context;
use crate::handler::edge::{MayAccess, MayChange, MayEmit, MayEnqueue, MayInvoke, MayRead, MayReveal, MayWrite};
use crate::handler::error::InvokeError;
use crate::handler::state::{Access, View};
use crate::invoke::round_trip::RoundTrips;
use crate::maybe_ready::MaybeReady;
use crate::message::id::Id;
use crate::message::metadata::Metadata;
use crate::secret::{SecretError, SecretValue};
use crate::store::in_memory::InMemoryState;
use crate::sync::{Mutex, MutexGuard};

/// The context of a handler that is tested alone. It may do everything; what it did can be looked at afterwards.
///
/// ```text
/// let ctx = Stub::new().answer(email::SendWelcome, |_| Ok(()));
/// let id = SignUp { … }.handle(&ctx, new_user).await?;
/// assert_eq!(ctx.invocations(email::SendWelcome).len(), 1);
/// assert_eq!(ctx.emitted(event::UserSignedUp)[0].id, id);
/// ```
///
/// ```
/// use pontoon::edge::MayInvoke;
/// use pontoon::testing::Stub;
/// use pontoon::{Context, InvokeError};
/// use shop::topology::email;
///
/// async fn welcome(ctx: &(impl Context + MayInvoke<email::SendWelcome>)) -> Result<(), InvokeError> {
///     ctx.invoke(email::SendWelcome, "ada@example.com".to_owned()).await
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// let ctx = Stub::new().answer(email::SendWelcome, |_| Ok(()));
/// assert!(welcome(&ctx).await.is_ok());
/// assert_eq!(ctx.invocations(email::SendWelcome), ["ada@example.com"]);
///
/// let ctx = Stub::new().fault(email::SendWelcome);
/// assert!(welcome(&ctx).await.is_err());
/// # }
/// ```
pub struct Stub {
    metadata: Metadata,
    attempt: u32,
    store: InMemoryState,
    round_trips: RoundTrips,
    secrets: HashMap<&'static str, SecretValue>,
    answers: HashMap<TypeId, Box<dyn Any + Send + Sync>>,
    /// By marker: the inputs, payloads or jobs, in the order they came.
    recorded: Mutex<HashMap<TypeId, Vec<Box<dyn Any + Send>>>>,
}

/// What stands in for a command's handler.
type StubAnswer<M> = Box<
    dyn Fn(<M as Operation>::Input) -> Result<<M as Operation>::Output, InvokeError<<M as Operation>::Rejection>>
        + Send
        + Sync,
>;

impl Default for Stub {
    fn default() -> Self {
        Self::new()
    }
}

impl Stub {
    /// A context in which every invocation ends in a fault until it has an answer.
    #[must_use]
    pub fn new() -> Self {
        Self {
            metadata: Metadata::new(),
            attempt: 1,
            store: InMemoryState::new(),
            round_trips: RoundTrips::default(),
            secrets: HashMap::new(),
            answers: HashMap::new(),
            recorded: Mutex::default(),
        }
    }

    /// What a command answers: its output or its rejection.
    #[must_use]
    pub fn answer<M: Command>(
        self,
        _: M,
        answer: impl Fn(M::Input) -> Result<M::Output, M::Rejection> + Send + Sync + 'static,
    ) -> Self {
        self.answer_by::<M>(Box::new(move |input| answer(input).map_err(InvokeError::Rejected)))
    }

    /// A command that ends in a fault.
    #[must_use]
    pub fn fault<M: Command>(self, _: M) -> Self {
        self.answer_by::<M>(Box::new(|_| Err(InvokeError::Fault(Fault::new("a fault, as the test wants it")))))
    }

    fn answer_by<M: Command>(mut self, answer: StubAnswer<M>) -> Self {
        self.answers.insert(TypeId::of::<M>(), Box::new(answer));
        self
    }

    /// Takes values that would not be the same once they have gone through JSON, which debug builds refuse.
    #[must_use]
    pub fn without_round_trips(mut self) -> Self {
        self.round_trips = RoundTrips(false);
        self
    }

    /// The value of a secret.
    #[must_use]
    pub fn secret<X: Secret>(mut self, _: X, value: impl Into<String>) -> Self {
        self.secrets.insert(X::NAME, SecretValue::new(value));
        self
    }

    /// On whose behalf the handler runs.
    #[must_use]
    pub fn principal(mut self, name: impl Into<Arc<str>>) -> Self {
        self.metadata.principal = Some(name.into());
        self
    }

    /// For which tenant the handler runs.
    #[must_use]
    pub fn tenant(mut self, name: impl Into<Arc<str>>) -> Self {
        self.metadata.tenant = Some(name.into());
        self
    }

    /// When the handler is out of time. It is told so; nothing ends it.
    #[must_use]
    pub fn deadline(mut self, at: Instant) -> Self {
        self.metadata.deadline = Some(at);
        self
    }

    /// Which attempt it is.
    #[must_use]
    pub fn attempt(mut self, attempt: u32) -> Self {
        self.attempt = attempt;
        self
    }

    /// A collection of state, to fill it before and to look at it afterwards.
    pub fn state<S: State>(&self, state: S) -> View<'_, S, Self> {
        View::new(self, state)
    }

    /// What a command was invoked with, in order.
    #[must_use]
    pub fn invocations<M: Command>(&self, _: M) -> Vec<M::Input> {
        self.seen::<M, _>()
    }

    /// What was emitted as an event, in order.
    #[must_use]
    pub fn emitted<E: Event>(&self, _: E) -> Vec<E::Payload> {
        self.seen::<E, _>()
    }

    /// Which jobs were put into a queue, in order.
    #[must_use]
    pub fn enqueued<Q: Queue>(&self, queue: Q) -> Vec<Q::Payload> {
        self.enqueued_with(queue).into_iter().map(|(job, _)| job).collect()
    }

    /// Which jobs were put into a queue, in order, and with which options.
    #[must_use]
    pub fn enqueued_with<Q: Queue>(&self, _: Q) -> Vec<(Q::Payload, JobOptions)> {
        self.seen::<Q, _>()
    }

    fn record<K: 'static, T: Send + 'static>(&self, what: T) {
        self.recorded().entry(TypeId::of::<K>()).or_default().push(Box::new(what));
    }

    fn seen<K: 'static, T: Clone + 'static>(&self) -> Vec<T> {
        let recorded = self.recorded();
        let of_marker = recorded.get(&TypeId::of::<K>()).into_iter().flatten();
        of_marker.filter_map(|what| what.downcast_ref::<T>().cloned()).collect()
    }

    fn recorded(&self) -> MutexGuard<'_, HashMap<TypeId, Vec<Box<dyn Any + Send>>>> {
        self.recorded.lock()
    }
}

impl Context for Stub {
    fn id(&self) -> Id {
        self.metadata.id
    }

    fn correlation(&self) -> Id {
        self.metadata.correlation
    }

    fn causation(&self) -> Option<Id> {
        self.metadata.causation
    }

    fn principal(&self) -> Option<&str> {
        self.metadata.principal.as_deref()
    }

    fn tenant(&self) -> Option<&str> {
        self.metadata.tenant.as_deref()
    }

    fn deadline(&self) -> Option<Instant> {
        self.metadata.deadline
    }

    fn attempt(&self) -> u32 {
        self.attempt
    }

    fn hops(&self) -> u32 {
        self.metadata.hops
    }
}

impl<M: Command> MayInvoke<M> for Stub {
    async fn invoke(&self, _: M, input: M::Input) -> Result<M::Output, InvokeError<M::Rejection>> {
        let survives = |fault: Fault| InvokeError::Fault(fault.report(M::ADDRESS));
        self.round_trips.check(&input).map_err(survives)?;
        self.record::<M, _>(input.clone());
        let answer = self.answers.get(&TypeId::of::<M>()).and_then(|answer| answer.downcast_ref::<StubAnswer<M>>());
        match answer {
            Some(answer) => {
                let answer = answer(input);
                match &answer {
                    Ok(output) => self.round_trips.check(output).map_err(survives)?,
                    Err(InvokeError::Rejected(rejection)) => self.round_trips.check(rejection).map_err(survives)?,
                    Err(InvokeError::Fault(_)) => {}
                }
                answer
            }
            None => Err(InvokeError::Fault(Fault::new(format!(
                "the stub has no answer for {}: write `Stub::new().answer({}, |input| Ok(…))`",
                M::ADDRESS,
                written::<M>()
            )))),
        }
    }
}

impl<E: Event> MayEmit<E> for Stub {
    fn publish(&self, payload: E::Payload) -> MaybeReady<'_, Result<(), BridgeError>> {
        if let Err(changed) = self.round_trips.survives(&payload) {
            return MaybeReady::ready(Err(BridgeError::Malformed(changed.into())));
        }
        self.record::<E, _>(payload);
        MaybeReady::ready(Ok(()))
    }
}

impl<Q: Queue> MayEnqueue<Q> for Stub {
    fn push(&self, job: Q::Payload, options: JobOptions) -> MaybeReady<'_, Result<(), BridgeError>> {
        if let Err(changed) = self.round_trips.survives(&job) {
            return MaybeReady::ready(Err(BridgeError::Malformed(changed.into())));
        }
        if let Some(what) = Q::POLICY.refuses(&options) {
            return MaybeReady::ready(Err(BridgeError::Unsupported { at: Q::SUBJECT, what }));
        }
        self.record::<Q, _>((job, options));
        MaybeReady::ready(Ok(()))
    }
}

impl<S: State> MayAccess<S> for Stub {
    fn access(&self) -> Access<'_> {
        Access { store: &self.store, unit_of_work: None, round_trips: self.round_trips }
    }
}

impl<S: State> MayRead<S> for Stub {}
impl<S: State> MayChange<S> for Stub {}
impl<S: State> MayWrite<S> for Stub {}

impl<X: Secret> MayReveal<X> for Stub {
    fn reveal(&self) -> MaybeReady<'_, Result<SecretValue, SecretError>> {
        MaybeReady::ready(self.secrets.get(X::NAME).cloned().ok_or_else(|| SecretError::Missing {
            name: X::NAME.to_owned(),
            place: format!("the stub: write `Stub::new().secret({}, …)`", written::<X>()),
        }))
    }
}

/// A marker as a test writes it: `email::SendWelcome`.
fn written<M>() -> String {
    let path: Vec<&str> = std::any::type_name::<M>().rsplitn(3, "::").take(2).collect();
    path.into_iter().rev().collect::<Vec<_>>().join("::")
}
