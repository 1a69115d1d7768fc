// The deployment `monolith` of the topology `split`.
// Generated from topology.yaml by pontoon-compiler: change it there and build again.

use super::{email, user};
use pontoon::generated::{
    Environment, InMemory, Launch, Ports, Registration, Started, Unit,
};
use std::future::Future;
use std::time::Duration;

/// What the services of this unit are made from.
pub struct Resources {
    /// For the handlers of `user`.
    pub user: shop_user::crates::user::Resources,
    /// For the handlers of `email`.
    pub email: shop_email::crates::email::Resources,
}

/// Everything in one process: user, email.
pub struct Monolith {
    user: UserHandlers,
    email: EmailHandlers,
}

pontoon::generated::handlers! {
    /// The handlers of `user`.
    struct UserHandlers in Monolith.user from shop_user::crates::user::Resources {
        sign_up: user::SignUp => shop_user::crates::user::SignUp,
    }
}

pontoon::generated::handlers! {
    /// The handlers of `email`.
    struct EmailHandlers in Monolith.email from shop_email::crates::email::Resources {
        send_welcome: email::SendWelcome => shop_email::crates::email::SendWelcome,
    }
}

impl Unit for Monolith {
    type Resources = Resources;
    const TOPOLOGY: &'static str = "split";
    const NAME: &'static str = "monolith";
    const GRACE: Duration = Duration::from_secs(30);
    const ENVIRONMENTS: &'static [Environment] = &[
        Environment::new("local")
            .ephemeral()
            .event_bridge(&InMemory)
            .queue_bridge(&InMemory)
            .state_store(&InMemory),
    ];

    fn assemble(resources: &Resources, _: &Ports) -> Self {
        Self {
            user: UserHandlers::make(&resources.user),
            email: EmailHandlers::make(&resources.email),
        }
    }

    fn listen(registration: &mut Registration<Self>) {
        registration.serve(user::SignUp);
    }
}

/// Runs this unit until a signal, then stops it.
pub fn run(resources: Resources) -> impl Future<Output = pontoon::Result<()>> + Send {
    pontoon::generated::run::<Monolith>(resources)
}

/// The same, with something that runs beside it from when it is ready until the signal.
pub fn run_with(
    resources: Resources,
    beside: impl AsyncFnOnce(&Started<Monolith>) -> pontoon::Result<()>,
) -> impl Future<Output = pontoon::Result<()>> {
    pontoon::generated::run_with::<Monolith>(resources, beside)
}

/// Starts this unit; what comes back has its client, and stops it.
pub fn start(
    resources: Resources,
) -> impl Future<Output = pontoon::Result<Started<Monolith>>> + Send {
    pontoon::generated::start::<Monolith>(resources)
}

/// This unit with everything in memory, whatever the environment: for tests. `.await` starts it.
pub fn in_memory(resources: Resources) -> Launch<Monolith> {
    pontoon::generated::in_memory::<Monolith>(resources)
}
