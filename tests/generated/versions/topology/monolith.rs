// The deployment `monolith` of the topology `names`.
// Generated from topology.yaml by pontoon-compiler: change it there and build again.

use super::{email, event, state, user};
use pontoon::{
    Collection, Emits, Environment, EventBridge, Intake, Keeps, Ports, Publisher,
    QueueBridge, Route, Started, StateStore, Unit,
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
pub struct Monolith {
    email_v1: EmailV1Handlers,
    email_v2: EmailV2Handlers,
    user: UserHandlers,
    email: Publisher<event::Email>,
    user_state: Collection<state::User>,
}

/// The handlers of `email.v1`.
struct EmailV1Handlers {
    send: Handler<email::v1::Send>,
}

/// The handlers of `email.v2`.
struct EmailV2Handlers {
    send: Handler<email::v2::Send>,
}

/// The handlers of `user`.
struct UserHandlers {
    email: Handler<user::Email>,
    command: Handler<user::Command>,
    event: Handler<user::Event>,
    schedule: Handler<user::Schedule>,
    tick: Handler<user::Tick>,
}

/// The type that handles an operation here.
type Handler<M> = <M as Route<Monolith>>::Handler;

impl Route<Monolith> for email::v1::Send {
    type Resources = crate::versions::email::v1::Resources;
    type Handler = crate::versions::email::v1::Send;

    fn handler(unit: &Monolith) -> &Self::Handler {
        &unit.email_v1.send
    }
}

impl Route<Monolith> for email::v2::Send {
    type Resources = crate::versions::email::v2::Resources;
    type Handler = crate::versions::email::v2::Send;

    fn handler(unit: &Monolith) -> &Self::Handler {
        &unit.email_v2.send
    }
}

impl Route<Monolith> for user::Email {
    type Resources = crate::versions::user::Resources;
    type Handler = crate::versions::user::Email;

    fn handler(unit: &Monolith) -> &Self::Handler {
        &unit.user.email
    }
}

impl Route<Monolith> for user::Command {
    type Resources = crate::versions::user::Resources;
    type Handler = crate::versions::user::Command;

    fn handler(unit: &Monolith) -> &Self::Handler {
        &unit.user.command
    }
}

impl Route<Monolith> for user::Event {
    type Resources = crate::versions::user::Resources;
    type Handler = crate::versions::user::Event;

    fn handler(unit: &Monolith) -> &Self::Handler {
        &unit.user.event
    }
}

impl Route<Monolith> for user::Schedule {
    type Resources = crate::versions::user::Resources;
    type Handler = crate::versions::user::Schedule;

    fn handler(unit: &Monolith) -> &Self::Handler {
        &unit.user.schedule
    }
}

impl Route<Monolith> for user::Tick {
    type Resources = crate::versions::user::Resources;
    type Handler = crate::versions::user::Periodical;

    fn handler(unit: &Monolith) -> &Self::Handler {
        &unit.user.tick
    }
}

impl Emits<event::Email> for Monolith {
    fn publisher(&self) -> &Publisher<event::Email> {
        &self.email
    }
}

impl Keeps<state::User> for Monolith {
    fn collection(&self) -> &Collection<state::User> {
        &self.user_state
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

    fn assemble(resources: &Resources, ports: &Ports) -> Self {
        Self {
            email_v1: EmailV1Handlers {
                send: Self::make::<email::v1::Send>(&resources.email_v1),
            },
            email_v2: EmailV2Handlers {
                send: Self::make::<email::v2::Send>(&resources.email_v2),
            },
            user: UserHandlers {
                email: Self::make::<user::Email>(&resources.user),
                command: Self::make::<user::Command>(&resources.user),
                event: Self::make::<user::Event>(&resources.user),
                schedule: Self::make::<user::Schedule>(&resources.user),
                tick: Self::make::<user::Tick>(&resources.user),
            },
            email: ports.publisher(),
            user_state: ports.collection(),
        }
    }

    fn listen(intake: &mut Intake<Self>) {
        intake.subscribe(user::Event);
        intake.tick(user::Schedule);
        intake.tick(user::Tick);
    }
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
