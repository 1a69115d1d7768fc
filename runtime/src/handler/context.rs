//! What a handler gets as `ctx`: what its message says about itself, and the edges that are declared.

use tokio::time::Instant;

use crate::bridge::BridgeError;
use crate::contract::job::JobOptions;
use crate::contract::resource::State;
use crate::handler::edge::{EmittedBy, EnqueuedBy, MayInvoke, RevealedTo};
use crate::handler::state::View;
use crate::handler::undeclared::Undeclared;
use crate::maybe_ready::Lazy;
use crate::message::id::Id;
use crate::secret::{SecretError, SecretValue};

/// What every handler has: the metadata of the message it handles, and the edges that its topology declares.
///
/// The context of a handler, such as `topology::user::sign_up::Context`, is this trait with the declared edges.
///
/// What may be invoked is `MayInvoke<…>`, by its method [`invoke`](MayInvoke::invoke); see [`Undeclared`] for the two
/// that are always there.
///
/// Nothing is sent, written or asked for before the future that says so is polled: whoever forgets `.await` has done
/// nothing, wherever the edge leads, and the compiler warns.
///
/// A handler gets it as `ctx`. A function that handlers share asks for what it needs, by the bounds in
/// [`edge`](crate::edge):
///
/// ```
/// use pontoon::edge::{MayEmit, MayUpdate};
/// use pontoon::{Context, Result};
/// use shop::topology::{event, state};
/// use shop::{User, UserSignedUp};
///
/// async fn rename(
///     ctx: &(impl Context + MayUpdate<state::Users> + MayEmit<event::UserSignedUp>),
///     email: &str,
/// ) -> Result<()> {
///     let new = User { id: 1, email: email.to_owned() };
///     let user = ctx.state(state::Users).update(email, |old| old.unwrap_or(new.clone())).await?;
///     ctx.emit(event::UserSignedUp, UserSignedUp { id: user.id }).await?;
///     Ok(())
/// }
/// ```
pub trait Context: Send + Sync + MayInvoke<Undeclared<0>> + MayInvoke<Undeclared<1>> {
    /// Names the message that is handled, or the call; the same for every attempt.
    ///
    /// A command that another handler of its process calls is a part of that one's invocation, as a function would be,
    /// unless the topology promises it a time-out, attempts, an outbox or idempotency: it has the caller's id,
    /// causation, attempt and span. So this names a message, and not each call that its handling makes: what is to be
    /// done once for a call needs a key of its input's.
    fn id(&self) -> Id;

    /// Names the chain of messages that this one belongs to: the same from the first caller on.
    fn correlation(&self) -> Id;

    /// The message whose handling caused this one, if there is one.
    fn causation(&self) -> Option<Id>;

    /// On whose behalf, as the message claims. Nobody has checked it: whoever may publish to the subject of a command
    /// may claim any principal, whether the command is `exposed` or not. Decide by it only where the rights at the
    /// broker let nobody else publish there, or check a token of the input's own.
    fn principal(&self) -> Option<&str>;

    /// For which tenant, as the message claims: see [`Self::principal`].
    fn tenant(&self) -> Option<&str>;

    /// When the handler is out of time: its time-out or its caller's, whichever comes first.
    fn deadline(&self) -> Option<Instant>;

    /// Which attempt this is; the first is 1.
    fn attempt(&self) -> u32;

    /// How many events and jobs led here.
    fn hops(&self) -> u32;

    /// Publishes an event; done once every subscription has it. Declared by `emits:`.
    ///
    /// # Errors
    /// A bridge that is closed or out of reach, a subscription that is full and refuses, too many hops.
    fn emit<E: EmittedBy<Self>>(
        &self,
        event: E,
        payload: E::Payload,
    ) -> Lazy<'_, Self, E::Payload, Result<(), BridgeError>> {
        let _ = event;
        Lazy::new(self, payload, E::publish)
    }

    /// Puts a job into a queue. Declared by `enqueues:`.
    ///
    /// # Errors
    /// A bridge that is closed or out of reach, a queue that is full and refuses.
    fn enqueue<Q: EnqueuedBy<Self>>(
        &self,
        queue: Q,
        job: Q::Payload,
    ) -> Lazy<'_, Self, (Q::Payload, JobOptions), Result<(), BridgeError>> {
        self.enqueue_with(queue, job, JobOptions::new())
    }

    /// Puts a job into a queue that waits a while first, or is taken once however often it is put in.
    ///
    /// # Errors
    /// As [`Self::enqueue`].
    fn enqueue_with<Q: EnqueuedBy<Self>>(
        &self,
        queue: Q,
        job: Q::Payload,
        options: JobOptions,
    ) -> Lazy<'_, Self, (Q::Payload, JobOptions), Result<(), BridgeError>> {
        let _ = queue;
        Lazy::new(self, (job, options), |context, (job, options)| Q::push(context, job, options))
    }

    /// A collection of state: to read with `reads:`, to change what was read with `updates:`, to write with `writes:`.
    fn state<S: State>(&self, state: S) -> View<'_, S, Self> {
        View::new(self, state)
    }

    /// The value of a secret, as it is now. Declared by `secrets:`.
    ///
    /// # Errors
    /// The secret is missing, or its store is out of reach.
    fn secret<X: RevealedTo<Self>>(&self, secret: X) -> Lazy<'_, Self, (), Result<SecretValue, SecretError>> {
        let _ = secret;
        Lazy::new(self, (), |context, ()| X::reveal(context))
    }
}
