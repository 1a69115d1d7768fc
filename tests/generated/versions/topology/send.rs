// The deployment `send` of the topology `names`.
// Generated from topology.yaml by pontoon-compiler: change it there and build again.

use super::{email, event, state, user};
use pontoon::generated::{
    Collection, Emits, Environment, InMemory, Keeps, KnownSubscription, Launch, Ports,
    Publisher, Registration, Started, Unit,
};
use std::future::Future;
use std::time::Duration;

/// What the services of this unit are made from.
pub struct Resources {
    /// For the handlers of `email.v1`.
    pub email_v1: crate::versions::email::v1::Resources,
    /// For the handlers of `email.v2`.
    pub email_v2: crate::versions::email::v2::Resources,
    /// For the handlers of `user`.
    pub user: crate::versions::user::Resources,
}

/// Everything in one process: email.v1, email.v2, user.
pub struct Send {
    email_v1: EmailV1Handlers,
    email_v2: EmailV2Handlers,
    user: UserHandlers,
    email: Publisher<event::Email>,
    some: Publisher<event::Some>,
    user_state: Collection<state::User>,
    some_state: Collection<state::Some>,
}

pontoon::generated::handlers! {
    /// The handlers of `email.v1`.
    struct EmailV1Handlers in Send.email_v1 from crate::versions::email::v1::Resources {
        send: email::v1::Send => crate::versions::email::v1::Send,
    }
}

pontoon::generated::handlers! {
    /// The handlers of `email.v2`.
    struct EmailV2Handlers in Send.email_v2 from crate::versions::email::v2::Resources {
        send: email::v2::Send => crate::versions::email::v2::Send,
    }
}

pontoon::generated::handlers! {
    /// The handlers of `user`.
    struct UserHandlers in Send.user from crate::versions::user::Resources {
        email: user::Email => crate::versions::user::Email,
        command: user::Command => crate::versions::user::Command,
        some: user::Some => crate::versions::user::Some,
        event: user::Event => crate::versions::user::Event,
        other: user::Other => crate::versions::user::Other,
        schedule: user::Schedule => crate::versions::user::Schedule,
        tick: user::Tick => crate::versions::user::Periodical,
    }
}

impl Emits<event::Email> for Send {
    fn publisher(&self) -> &Publisher<event::Email> {
        &self.email
    }
}

impl Emits<event::Some> for Send {
    fn publisher(&self) -> &Publisher<event::Some> {
        &self.some
    }
}

impl Keeps<state::User> for Send {
    fn collection(&self) -> &Collection<state::User> {
        &self.user_state
    }
}

impl Keeps<state::Some> for Send {
    fn collection(&self) -> &Collection<state::Some> {
        &self.some_state
    }
}

impl Unit for Send {
    type Resources = Resources;
    const TOPOLOGY: &'static str = "names";
    const NAME: &'static str = "send";
    const GRACE: Duration = Duration::from_secs(30);
    const ENVIRONMENTS: &'static [Environment] = &[
        Environment::new("local")
            .ephemeral()
            .event_bridge(&InMemory)
            .queue_bridge(&InMemory)
            .state_store(&InMemory),
    ];
    const SUBSCRIPTIONS: &'static [&'static [KnownSubscription]] = event::SUBSCRIPTIONS;

    fn assemble(resources: &Resources, ports: &Ports) -> Self {
        Self {
            email_v1: EmailV1Handlers::make(&resources.email_v1),
            email_v2: EmailV2Handlers::make(&resources.email_v2),
            user: UserHandlers::make(&resources.user),
            email: ports.publisher(),
            some: ports.publisher(),
            user_state: ports.collection(),
            some_state: ports.collection(),
        }
    }

    fn listen(registration: &mut Registration<Self>) {
        registration.serve(email::v1::Send);
        registration.serve(email::v2::Send);
        registration.serve(user::Email);
        registration.serve(user::Command);
        registration.serve(user::Some);
        registration.subscribe(user::Event);
        registration.subscribe(user::Other);
        registration.schedule(user::Schedule);
        registration.schedule(user::Tick);
    }
}

/// Runs this unit until a signal, then stops it.
pub fn run(
    resources: Resources,
) -> impl Future<Output = pontoon::Result<()>> + std::marker::Send {
    pontoon::generated::run::<Send>(resources)
}

/// The same, with something that runs beside it from when it is ready until the signal.
pub fn run_with(
    resources: Resources,
    beside: impl AsyncFnOnce(&Started<Send>) -> pontoon::Result<()>,
) -> impl Future<Output = pontoon::Result<()>> {
    pontoon::generated::run_with::<Send>(resources, beside)
}

/// Starts this unit; what comes back has its client, and stops it.
pub fn start(
    resources: Resources,
) -> impl Future<Output = pontoon::Result<Started<Send>>> + std::marker::Send {
    pontoon::generated::start::<Send>(resources)
}

/// This unit with everything in memory, whatever the environment: for tests. `.await` starts it.
pub fn in_memory(resources: Resources) -> Launch<Send> {
    pontoon::generated::in_memory::<Send>(resources)
}
