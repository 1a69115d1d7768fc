//! What the handlers of a Pontoon topology run on, and what its generated code compiles against.
//!
//! A team writes its services once, as plain async Rust. `topology.yaml` says which handlers there are and who may call
//! whom; `pontoon-compiler` checks it when the crate is built and generates the module `topology`. This crate is all
//! that module names.
//!
//! ```text
//! pontoon::topology!();                   // the generated module `topology`
//!
//! use pontoon::{CommandHandler, Error};
//! use crate::topology::monolith::{self, Resources};
//! use crate::topology::{email, event, state, user};
//!
//! #[derive(CommandHandler)]
//! #[command(user.sign_up)]                // its place in topology.yaml
//! pub struct SignUp { mailer: Mailer }    // taken from the service's resources, by type
//!
//! impl SignUp {
//!     async fn handle(
//!         &self,
//!         ctx: &impl user::sign_up::Context,      // has the declared edges, and no others
//!         input: NewUser,
//!     ) -> Result<UserId, Error<SignUpRejected>> {
//!         let id = UserId::new();
//!         ctx.state(state::Users).set(&id, &User::from(&input)).await?;
//!         ctx.invoke(email::SendWelcome, Welcome { to: input.email }).await?;
//!         ctx.emit(event::UserSignedUp, UserSignedUp { id }).await?;
//!         Ok(id)
//!     }
//! }
//!
//! #[tokio::main]
//! async fn main() -> pontoon::Result<()> {
//!     monolith::run(Resources { user: user::Resources::new()?, email: email::Resources::new()? }).await
//! }
//! ```
//!
//! `examples/quickstart` is this, complete and tested. Within a unit, `invoke` is a plain async call: no box, no map,
//! no serialization. Time-outs, retries, idempotency, the outbox, delivery and shutdown are here, once; generated code
//! has structure only.
//!
//! In a handler's test, [`testing::Stub`] is the context. `topology::monolith::in_memory(resources)` starts everything
//! in the memory of the test:
//!
//! ```
//! use shop::NewUser;
//! use shop::topology::{monolith, secret, user};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> pontoon::Result<()> {
//! let unit = monolith::in_memory(shop::resources()).secret(secret::SmtpPassword, "hunter2").await?;
//! let by = pontoon::Instant::now() + std::time::Duration::from_secs(10);
//! let ada = NewUser { email: "ada@example.com".to_owned() };
//! let id = unit.client().deadline(by).invoke(user::SignUp, ada).await?;
//! assert_eq!(id, 15);
//! unit.settled().await;
//! unit.shutdown().await?;
//! # Ok(())
//! # }
//! ```

#![cfg_attr(docsrs, feature(doc_cfg))]

mod bridge;
mod contract;
#[cfg(feature = "embedded")]
mod embedded;
mod environment;
mod fault;
mod handler;
mod health;
mod invoke;
mod listen;
mod maybe_ready;
mod message;
mod net;
mod one_line;
mod secret;
mod store;
mod sync;
mod unit;

pub mod adapter;
pub mod client;
#[doc(hidden)]
pub mod generated;
pub mod testing;

pub use pontoon_macros::{CommandHandler, QueueWorker, Resources, ScheduleHandler, SubscriptionHandler};
/// The clock that deadlines are told by.
pub use tokio::time::Instant;

pub use crate::bridge::{BridgeError, Depth};
pub use crate::client::Client;
pub use crate::contract::job::JobOptions;
pub use crate::contract::never::Never;
pub use crate::contract::operation::Tick;
pub use crate::contract::resource::{Payload, Rejection};
pub use crate::fault::{Fault, FaultClass};
pub use crate::handler::context::Context;
pub use crate::handler::error::{Error, InvokeError, Result};
pub use crate::handler::item::{Item, Outcome};
pub use crate::handler::state::{Batch, Versioned, View};
pub use crate::health::Health;
pub use crate::message::id::{Id, InvalidId};
pub use crate::secret::{SecretError, SecretValue};
pub use crate::store::{Page, StoreError};
pub use crate::unit::dead_letters::{DeadLetter, DeadLetters};
pub use crate::unit::start::{Launch, StartError};
pub use crate::unit::started::{Started, StopError};

/// The bounds of functions that handlers share: what their context may do.
pub mod edge {
    pub use crate::handler::edge::{
        MayAccess, MayChange, MayEmit, MayEnqueue, MayInvoke, MayRead, MayReveal, MayUpdate, MayWrite,
    };
}

/// What whoever operates a unit looks into: what was lost, late or refused, dead letters of the outbox, and what a
/// broker keeps for nobody.
pub mod operating {
    pub use crate::bridge::orphan::Orphan;
    pub use crate::health::Counters;
    pub use crate::invoke::outbox::{OutboxDeadLetter, OutboxDeadLetters};
    pub use crate::unit::orphans::Orphans;
}

/// Brings in the module `topology` that the build script generated.
#[macro_export]
macro_rules! topology {
    () => {
        /// Generated from topology.yaml: the contract, and the units of its deployments.
        #[allow(clippy::module_inception, reason = "a unit may be called as its deployment")]
        #[allow(
            missing_debug_implementations,
            unused_qualifications,
            clippy::pedantic,
            reason = "generated code is not what a crate's own lints are for"
        )]
        pub mod topology {
            include!(concat!(env!("OUT_DIR"), "/topology/mod.rs"));

            #[cfg(panic = "abort")]
            const _: () = $crate::panic_aborts();
        }
    };
}

/// Says in the user's build what `panic = "abort"` takes away.
#[doc(hidden)]
#[deprecated(
    note = "with `panic = \"abort\"` a handler that panics ends its process, with everything that runs in it: it is no fault \
            for its caller, and a message that makes it panic does so again in each process that gets it, until its attempts are \
            used up. Remove `panic = \"abort\"` from the profile in Cargo.toml, or write `#[allow(deprecated)]` above \
            `pontoon::topology!()`"
)]
pub const fn panic_aborts() {}

/// What to log, for a subscriber that takes a filter by target (`tracing_subscriber::EnvFilter`): what Pontoon and the
/// program say, and not what the clients of the brokers say, which log a refused login three times as an error and much
/// that is none. What becomes of their connections, Pontoon says: once, and in one line.
pub const LOG_FILTER: &str = "info,lapin=off,redis=off,rumqttc=off,rumqttc_core=off";
