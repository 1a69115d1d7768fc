// The deployment `monolith` of the topology `split`.
// Generated from topology.yaml by pontoon-compiler: change it there and build again.

use super::{email, user};
use pontoon::{
    Environment, EventBridge, Intake, Ports, QueueBridge, Route, Started, StateStore,
    Unit,
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

/// The handlers of `user`.
struct UserHandlers {
    sign_up: Handler<user::SignUp>,
}

/// The handlers of `email`.
struct EmailHandlers {
    send_welcome: Handler<email::SendWelcome>,
}

/// The type that handles an operation here.
type Handler<M> = <M as Route<Monolith>>::Handler;

impl Route<Monolith> for user::SignUp {
    type Resources = shop_user::crates::user::Resources;
    type Handler = shop_user::crates::user::SignUp;

    fn handler(unit: &Monolith) -> &Self::Handler {
        &unit.user.sign_up
    }
}

impl Route<Monolith> for email::SendWelcome {
    type Resources = shop_email::crates::email::Resources;
    type Handler = shop_email::crates::email::SendWelcome;

    fn handler(unit: &Monolith) -> &Self::Handler {
        &unit.email.send_welcome
    }
}

impl Unit for Monolith {
    type Resources = Resources;
    const NAME: &'static str = "monolith";
    const GRACE: Duration = Duration::from_secs(30);
    const ENVIRONMENTS: &'static [Environment] = &[
        Environment::new("local")
            .ephemeral()
            .event_bridge(EventBridge::InMemory)
            .queue_bridge(QueueBridge::InMemory)
            .state_store(StateStore::InMemory),
    ];

    fn assemble(resources: &Resources, _: &Ports) -> Self {
        Self {
            user: UserHandlers {
                sign_up: Self::make::<user::SignUp>(&resources.user),
            },
            email: EmailHandlers {
                send_welcome: Self::make::<email::SendWelcome>(&resources.email),
            },
        }
    }

    fn listen(_: &mut Intake<Self>) {}
}

/// Runs this unit until a signal, then stops it.
pub fn run(resources: Resources) -> impl Future<Output = pontoon::Result<()>> + Send {
    pontoon::run::<Monolith>(resources)
}

/// Starts this unit; what comes back has its client, and stops it.
pub fn start(
    resources: Resources,
) -> impl Future<Output = pontoon::Result<Started<Monolith>>> + Send {
    pontoon::start::<Monolith>(resources)
}

/// Starts this unit with everything in memory, whatever the environment: for tests.
pub fn in_memory(
    resources: Resources,
) -> impl Future<Output = pontoon::Result<Started<Monolith>>> + Send {
    pontoon::in_memory::<Monolith>(resources)
}
